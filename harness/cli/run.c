// sockdrill run: plays the cases, and makes the reports.
#include "cli.h"

#include "base/clock.h"
#include "base/limit.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "net/net.h"
#include "reports/reports.h"
#include "world/fault.h"
#include "world/guard.h"
#include "world/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// Guarded by the engine, which calls `finished` one thread at a time.
struct run {
    const struct options *options;
    struct console_style style;
    const struct plan **plans;
    struct case_result *results; // in the order of the plans
    uint32_t count, done;
    struct suite_counts counts;
    struct run_facts facts;
    struct sinks sinks;
    bool isolation;              // every case has a world of its own
    const char *isolation_lacks; // why not
    const char *programs_lack;   // why no program can be run, or NULL
    bool live;   // a progress line stands on the terminal
    bool silent; // standard output is a report's
};

static volatile sig_atomic_t signalled;

static void on_signal(int number) {
    signalled = number;
    engine_interrupt();
}

static void free_result(struct case_result *result) {
    // The run owns what it reports; reports see it as constant.
    struct verdict *verdict = (struct verdict *)(uintptr_t)result->verdict;
    struct journal *journal = (struct journal *)(uintptr_t)result->journal;
    if (verdict) verdict_fini(verdict);
    if (journal) journal_fini(journal);
    free(verdict);
    free(journal);
}

static void tell(const struct run *run, const struct case_result *result, const char *scratch) {
    struct buffer out = {0};
    if (run->live) buffer_text(&out, "\r\033[K");
    console_case(result, &run->style, &out);
    if (scratch) buffer_printf(&out, "      kept: %s (ls -la %s)\n", scratch, scratch);
    if (run->live)
        console_progress(run->done, run->count, run->counts.failed, result->plan->case_name, &run->style, &out);
    print(STDOUT_FILENO, &out);
    buffer_fini(&out);
}

static bool finished(void *context, uint32_t number, struct journal *journal, const char *scratch) {
    struct run *run = context;
    struct case_result *result = &run->results[number];
    struct verdict *verdict = memory_need(calloc(1, sizeof *verdict));
    verdict_init(verdict, run->plans[number], journal);
    if (run->options->fail_on_skip) verdict_fail_skipped(verdict, journal);
    *result = (struct case_result){
        .plan = run->plans[number], .journal = journal, .verdict = verdict, .number = number};
    run->done++;
    run->counts.passed += verdict->outcome == OUTCOME_PASSED;
    run->counts.failed += verdict->outcome == OUTCOME_FAILED;
    run->counts.skipped += verdict->outcome == OUTCOME_SKIPPED;
    if (!run->silent) tell(run, result, scratch);
    sinks_case(&run->sinks, &run->facts, result);
    if (verdict->outcome == OUTCOME_PASSED) journal_fini(journal); // what is still told of it stands in its verdict
    return !(run->options->fail_fast && verdict->outcome == OUTCOME_FAILED);
}

// The chosen plans, each as often as it is to be repeated; a repeated one is named by its turn.
static bool choose_plans(struct run *run, const struct suite *suite, struct plan **copies) {
    const struct options *options = run->options;
    uint64_t chosen = 0;
    for (uint32_t i = 0; i < suite->file_count; i++)
        for (uint32_t k = 0; k < suite->files[i].set.plan_count && !suite->files[i].set.is_library; k++)
            chosen += suite_chooses(options, suite->files[i].set.plans[k]);
    if (chosen * options->repeat > UINT32_MAX / 2) return false;
    size_t total = (size_t)chosen * options->repeat;
    run->plans = memory_need(calloc(total + 1, sizeof *run->plans));
    run->results = memory_need(calloc(total + 1, sizeof *run->results));
    *copies = memory_need(calloc(total + 1, sizeof **copies));
    for (uint32_t turn = 0; turn < options->repeat; turn++)
        for (uint32_t i = 0; i < suite->file_count; i++) {
            struct plan_set *set = &suite->files[i].set;
            for (uint32_t k = 0; k < set->plan_count && !set->is_library; k++) {
                if (!suite_chooses(options, set->plans[k])) continue;
                struct plan *copy = &(*copies)[run->count];
                *copy = *set->plans[k];
                if (options->repeat > 1) copy->case_name = arena_text(&set->arena, "%s #%u", copy->case_name, turn + 1);
                run->plans[run->count++] = copy;
            }
        }
    return true;
}

static unsigned terminal_width(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
    return 100;
}

// What was ignored when we started (nohup, a shell's background) stays so.
static void catch_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before, action = {.sa_handler = on_signal};
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a report that grows too long is an error of write(2)
}

static enum exit_code exit_code_of(const struct run *run) {
    if (run->counts.failed > 0 || signalled) return EXIT_FAILED;
    return run->counts.passed == 0 ? EXIT_ALL_SKIPPED : EXIT_PASSED;
}

// Cases that were never begun have no result: those that were move together.
static void close_ranks(struct run *run) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < run->count; i++)
        if (run->results[i].plan) run->results[kept++] = run->results[i];
}

static bool uses_scratch(const struct run *run) {
    for (uint32_t i = 0; i < run->count; i++)
        if (run->plans[i]->uses_scratch) return true;
    return false;
}

static bool has_programs(const struct run *run) {
    for (uint32_t i = 0; i < run->count; i++)
        if (run->plans[i]->has_programs) return true;
    return false;
}

static bool has_drops(const struct run *run) {
    for (uint32_t i = 0; i < run->count; i++)
        if (run->plans[i]->world.has_drops) return true;
    return false;
}

// fork(2) and pthread_create(3) say EAGAIN where a limit of processes is reached, and other calls for other reasons.
static void complain_of(const char *what, int error) {
    struct buffer limit = {0};
    struct rlimit processes;
    bool is_known = limit_text(error, &limit);
    if (error == EAGAIN && getrlimit(RLIMIT_NPROC, &processes) == 0) {
        buffer_printf(&limit, "this user may have %llu processes (ulimit -u, RLIMIT_NPROC)",
                      (unsigned long long)processes.rlim_cur);
        is_known = true;
    }
    if (is_known) complain("%s: %s: %s", what, strerror(error), limit.data);
    else complain("%s: %s", what, strerror(error));
    buffer_fini(&limit);
}

// What is made before the process's second thread.
static bool begin_outside(struct run *run, struct buffer *isolation_lacks) {
    int error = uses_scratch(run) && !run->options->keep ? guard_begin() : 0;
    if (error) {
        const char *parent = getenv("TMPDIR");
        struct buffer what = {0};
        buffer_printf(&what, "cannot make a folder for the scenarios' own in %s (TMPDIR), and its guard",
                      parent && parent[0] == '/' ? parent : "/tmp");
        complain_of(what.data, -error);
        buffer_fini(&what);
        return false;
    }
    run->isolation = cli_isolation(run->options, isolation_lacks);
    run->isolation_lacks = isolation_lacks->data;
    if (run->isolation && has_drops(run)) fault_begin(); // where it cannot, the first drop tries again, and says why
    error = has_programs(run) ? process_begin() : 0;
    if (error) run->programs_lack = error == -ENOENT ? "this kernel has no /proc/PID/task/TID/children" : strerror(-error);
    return true;
}

static void end_outside(void) {
    process_end();
    fault_end();
    guard_end();
}

static enum exit_code play(struct run *run) {
    struct engine_options options = {
        .workers = run->options->jobs,
        .threads = run->options->threads,
        .timeout_scale = run->options->timeout_scale,
        .seed = run->options->seed,
        .allow_network = run->options->allow_network,
        .isolation = run->isolation,
        .isolation_lacks = run->isolation_lacks,
        .programs_lack = run->programs_lack,
        .snapshots = run->options->verbose,
        .keep = run->options->keep,
    };
    int64_t begin_ns = clock_now_ns();
    int error = engine_run(run->plans, run->count, &options, finished, run);
    run->counts.duration_ns = (uint64_t)(clock_now_ns() - begin_ns);
    close_ranks(run);
    struct run_result const ended = {.facts = &run->facts,
                                     .results = run->results,
                                     .count = run->done,
                                     .not_begun = run->count - run->done,
                                     .counts = run->counts};
    struct buffer out = {0};
    if (run->live) buffer_text(&out, "\r\033[K");
    console_end(&ended, &run->style, &out);
    if (!run->silent) print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    enum exit_code code = exit_code_of(run);
    if (!sinks_end(&run->sinks, &ended)) code = EXIT_HARNESS;
    if (error) {
        complain_of("the pool of workers cannot be made", -error);
        code = EXIT_HARNESS;
    }
    return code;
}

static struct run_facts facts_of(const struct options *options) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t const began_ns = (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
    return (struct run_facts){.version = SOCKDRILL_VERSION,
                              .began_ns = began_ns,
                              .realtime_ns = began_ns - clock_now_ns(),
                              .seed = options->seed,
                              .jobs = options->jobs};
}

enum exit_code command_run(const struct options *options) {
    struct suite suite;
    struct plan *copies = NULL;
    struct buffer isolation_lacks = {0};
    struct run run = {.options = options};
    enum exit_code code = EXIT_WRONG;
    bool loaded = suite_load(&suite, options);
    if (suite_print_diags(&suite) > 0 || !loaded) goto out;
    if (!choose_plans(&run, &suite, &copies)) {
        complain("out of memory");
        code = EXIT_HARNESS;
        goto out;
    }
    if (run.count == 0) {
        if (options->case_name) complain("no case is called '%s' (sockdrill list names them)", options->case_name);
        else if (options->tags) complain("no case goes with --tags %s", options->tags);
        else complain("no scenario here");
        goto out;
    }
    run.style = (struct console_style){
        .colour = wants_colour(options, STDOUT_FILENO),
        .verbose = options->verbose,
        .quiet = options->quiet,
        .width = terminal_width(),
    };
    run.silent = sinks_take_output(options);
    run.live = is_terminal(STDOUT_FILENO) && !run.silent && !options->quiet && !options->verbose && run.count > 1;
    run.facts = facts_of(options);
    catch_signals();
    net_raise_descriptor_limit();
    code = EXIT_HARNESS;
    if (sinks_begin(&run.sinks, options, run.count) && begin_outside(&run, &isolation_lacks)) code = play(&run);
    end_outside();
out:
    buffer_fini(&isolation_lacks);
    for (uint32_t i = 0; i < run.done; i++) free_result(&run.results[i]);
    sinks_fini(&run.sinks);
    free(run.results);
    free(run.plans);
    free(copies);
    suite_fini(&suite);
    if (signalled) { // the reports are written: end as the signal says
        signal(signalled, SIG_DFL);
        raise(signalled);
    }
    return code;
}
