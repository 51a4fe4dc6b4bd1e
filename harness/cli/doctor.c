// sockdrill doctor: what this machine allows, and which scenarios would skip for want of it.
#include "cli.h"

#include "engine/engine.h"
#include "journal/file.h"
#include "net/net.h"
#include "net/tls.h"
#include "net/trace.h"
#include "plan/regex.h"
#include "reports/json_text.h"
#include "script/script.h"
#include "world/fault.h"
#include "world/process.h"
#include "world/world.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// What scenarios are played in here. Owned by the command.
struct setting {
    struct engine_options engine;
    struct world *world; // the calling thread is in it; NULL: none
    int no_programs;     // why process_begin has failed: a negative errno; 0: it has not
    struct buffer reasons;
};

static void line(struct buffer *out, bool good, const char *what, const char *detail) {
    buffer_printf(out, detail[0] ? "  %-4s %-28s %s\n" : "  %-4s %s%s\n", good ? "yes" : "no", what, detail);
}

static void families(struct buffer *out, const struct setting *setting) {
    buffer_text(out, "families\n");
    for (int word = 1; word < FAMILY_COUNT; word++) {
        struct buffer reason = {0};
        bool lacks = engine_lacks_family((enum family_word)word, &setting->engine, setting->world, &reason);
        line(out, !lacks, script_family_word((enum family_word)word), lacks ? reason.data : "");
        buffer_fini(&reason);
    }
}

static void limits(struct buffer *out) {
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    buffer_text(out, "limits\n");
    buffer_printf(out, "       %-28s %llu now, %llu at the most: about %llu connections with both ends here\n", "descriptors",
                  (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max,
                  (unsigned long long)(limit.rlim_max / 2));
    buffer_printf(out, "       %-28s %ld\n", "cores", sysconf(_SC_NPROCESSORS_ONLN));
}

static void kernel(struct buffer *out) {
    struct diag_socket diag = {.fd = -1};
    int error = diag_open(&diag);
    buffer_text(out, "kernel\n");
    line(out, error == 0, "sock_diag", error ? strerrorname_np(-error) : "states are answered after close too");
    if (error == 0) diag_close(&diag);
    struct buffer reason = {0};
    bool lacks = world_lacks("cap_net_raw", NULL, &reason);
    line(out, !lacks, "cap_net_raw", lacks ? "for packet sockets" : "");
    buffer_fini(&reason);
}

// By making what a run would make.
static void libraries(struct buffer *out) {
    struct authority *authority = authority_new();
    struct buffer pem = {0}, trouble = {0};
    buffer_text(out, "libraries\n");
    bool can = authority_pem(authority, &pem, &trouble);
    line(out, can, "TLS", can ? tls_library() : trouble.data);
    const char *lacks = library_load(regex_library());
    line(out, !lacks, "regular expressions", lacks ? lacks : regex_library()->soname);
    lacks = report_json_lacks();
    line(out, !lacks, "--json", lacks ? lacks : "");
    lacks = journal_file_lacks();
    line(out, !lacks, "crc32, --journal", lacks ? lacks : "");
    lacks = plan_lacks_digests();
    line(out, !lacks, "digests, base64", lacks ? lacks : "");
    lacks = plan_lacks_remainder();
    line(out, !lacks, "% of floats", lacks ? lacks : "");
    buffer_fini(&pem);
    buffer_fini(&trouble);
    authority_free(authority);
}

// A program is started, and ends by itself.
static void programs(struct buffer *out, const struct setting *setting) {
    static const char *const arguments[] = {"true", NULL}, *const environment[] = {NULL};
    struct process_spec const spec = {.arguments = arguments, .environment = environment, .stdio = {-1, -1, -1}};
    struct buffer trouble = {0};
    struct process *process = NULL;
    int error = setting->no_programs, exec_errno;
    if (error) buffer_printf(&trouble, "who starts them cannot be started: %s", strerrorname_np(-error));
    else error = process_start(setting->world, &spec, &process, &exec_errno, &trouble);
    line(out, error == 0, "programs", error ? trouble.data : setting->world ? "in a world" : "in the machine's own network");
    process_free(process);
    buffer_fini(&trouble);
}

// What works in a world, by trying it there.
static void world_abilities(struct buffer *out) {
    struct buffer trouble = {0};
    struct trace *trace = NULL;
    int error = trace_open(&trace, TRACE_RING, 0);
    line(out, error == 0, "the whole lifecycle", error ? strerrorname_np(-error) : "every packet is seen");
    trace_close(trace);
    error = fault_drop(0, "tcp dport 1", &trouble);
    line(out, error == 0, "drop", error ? trouble.data : "");
    buffer_clear(&trouble);
    error = fault_rate(1000 * 1000, &trouble);
    line(out, error == 0, "rate", error ? trouble.data : "");
    buffer_fini(&trouble);
    fault_end();
}

// What a scenario would find: a world where there can be one, and in it the rights that only a world gives.
static void worlds(struct buffer *out, const struct options *options, struct setting *setting) {
    struct buffer lacks = {0}, trouble = {0};
    setting->engine.isolation = cli_isolation(options, &lacks);
    setting->no_programs = process_begin();
    setting->engine.programs_lack = setting->no_programs ? strerrorname_np(-setting->no_programs) : NULL;
    buffer_text(out, "worlds\n");
    line(out, setting->engine.isolation, "a world for each scenario",
         setting->engine.isolation ? (geteuid() == 0 ? "as root" : "in a user namespace") : lacks.data);
    setting->engine.isolation_lacks = lacks.data;
    setting->reasons = lacks;
    if (!setting->engine.isolation) {
        static const char *const others[] = {"names and a hostname", "the whole lifecycle", "drop", "rate"};
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) line(out, false, others[i], "only in a world");
        programs(out, setting);
        return;
    }
    bool made = world_make(&(struct world_spec){.has_names = true}, &setting->world, &trouble) == WORLD_MADE;
    line(out, made, "names and a hostname", made ? "" : trouble.data);
    if (made && world_enter(setting->world) == 0) {
        world_abilities(out);
        programs(out, setting);
    }
    buffer_fini(&trouble);
}

// As a run asks: for what is required outside of the world, for families in it.
static bool lacks(const struct plan *plan, const struct setting *setting, struct buffer *reason) {
    world_enter(NULL);
    bool lacks_some = engine_lacks(plan, &setting->engine, reason);
    world_enter(setting->world);
    return lacks_some || engine_lacks_families(plan, &setting->engine, setting->world, reason);
}

static uint32_t would_skip(struct buffer *out, const struct suite *suite, const struct setting *setting) {
    uint32_t skipped = 0;
    for (uint32_t i = 0; i < suite->file_count; i++)
        for (uint32_t k = 0; k < suite->files[i].set.plan_count && !suite->files[i].set.is_library; k++) {
            const struct plan *plan = suite->files[i].set.plans[k];
            struct buffer reason = {0};
            if (suite->files[i].set.diags.error_count == 0 && lacks(plan, setting, &reason)) {
                if (skipped++ == 0) buffer_text(out, "would skip\n");
                buffer_printf(out, "       %s: %s\n", plan->case_name, reason.data);
            }
            buffer_fini(&reason);
        }
    return skipped;
}

enum exit_code command_doctor(const struct options *options) {
    struct suite suite;
    bool loaded = suite_load(&suite, options);
    uint32_t errors = suite_print_diags(&suite);
    struct buffer out = {0};
    struct setting setting = {0};
    worlds(&out, options, &setting);
    kernel(&out);
    libraries(&out);
    libraries_tell(options, &out);
    families(&out, &setting);
    limits(&out);
    uint32_t skipped = would_skip(&out, &suite, &setting);
    uint32_t cases = 0;
    for (uint32_t i = 0; i < suite.file_count; i++)
        cases += suite.files[i].set.is_library ? 0 : suite.files[i].set.plan_count;
    buffer_printf(&out, "%u case%s here, %u would skip\n", cases, cases == 1 ? "" : "s", skipped);
    print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    world_enter(NULL);
    world_free(setting.world);
    process_end();
    buffer_fini(&setting.reasons);
    suite_fini(&suite);
    return loaded && errors == 0 ? EXIT_PASSED : EXIT_WRONG;
}
