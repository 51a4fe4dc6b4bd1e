// sockdrill report: makes the reports of a run again, from the journal that was kept of it. Of the files and the machine
// that it was played on nothing is asked.
#include "cli.h"

#include "base/memory.h"
#include "replay/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_input(const char *path) { return strcmp(path, "-") == 0; }

static const char *name_of(const char *path) { return is_input(path) ? "standard input" : path; }

// The cases of a journal, as they were told. Owned by the command.
struct reported {
    struct replay replay;
    struct teller teller;
    struct case_result *results; // by the journal's case
    uint32_t count;
    struct case_result *told;    // the last turns of cases
    uint32_t told_count;
};

// What begins as no journal does is not read on: it may be a device, and have no end.
static bool read_descriptor(int fd, const char *path, struct buffer *bytes, struct buffer *wrong) {
    char piece[64 * 1024];
    bool is_journal = false;
    for (;;) {
        ssize_t const n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cannot_read(path, errno);
        buffer_add(bytes, piece, (size_t)n);
        if (n > 0 && bytes->len_bytes < JOURNAL_FILE_MARK_BYTES) continue;
        if (!is_journal && !journal_is_readable(buffer_view(bytes), wrong)) return false;
        is_journal = true;
        if (n == 0) return true;
    }
}

static bool read_bytes(const char *path, struct buffer *bytes, struct buffer *wrong) {
    if (is_input(path)) return read_descriptor(STDIN_FILENO, name_of(path), bytes, wrong);
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_read(path, errno);
    bool const ok = read_descriptor(fd, path, bytes, wrong);
    close(fd);
    return ok;
}

static bool read_journal(struct reported *reported, const char *path, struct buffer *bytes) {
    struct buffer wrong = {0};
    bool const ok = read_bytes(path, bytes, &wrong) &&
                    replay_init(&reported->replay, buffer_view(bytes), SOCKDRILL_VERSION, &wrong);
    if (reported->replay.contents.is_damaged) { // whatever else is wrong with it comes of that
        buffer_clear(&wrong);
        buffer_text(&wrong, "it is damaged: its checksum does not fit what stands in it");
    }
    if (wrong.len_bytes) complain("%s: %s", name_of(path), wrong.data);
    buffer_fini(&wrong);
    return ok && !reported->replay.contents.is_damaged;
}

// `first` is where its earliest turn lies.
static void tell_case(struct reported *reported, uint32_t first, uint32_t number) {
    const char *const scratch = reported->replay.contents.cases[number].scratch;
    struct case_result *const result = &reported->results[number];
    if (number > first) result->earlier = &reported->results[first];
    result->earlier_count = number - first;
    teller_case(&reported->teller, result, scratch[0] ? scratch : NULL);
    reported->told[reported->told_count++] = *result;
}

static bool tell_cases(struct reported *reported, const char *path) {
    const struct journal_contents *const contents = &reported->replay.contents;
    size_t const room = (size_t)contents->case_count + 1;
    struct buffer wrong = {0};
    reported->results = memory_need(calloc(room, sizeof *reported->results));
    reported->told = memory_need(calloc(room, sizeof *reported->told));
    bool ok = true;
    for (uint32_t i = 0, first = 0; ok && i < contents->case_count; i++) {
        struct journal *const journal = memory_need(calloc(1, sizeof *journal));
        ok = replay_read(&reported->replay, i, journal, &wrong);
        if (!ok) {
            free(journal);
            break;
        }
        teller_judge(&reported->teller, &reported->replay.plans[i], contents->cases[i].number, journal,
                     &reported->results[reported->count++]);
        if (!contents->cases[i].is_last) continue;
        tell_case(reported, first, i);
        first = i + 1;
    }
    if (!ok) complain("%s: %s", name_of(path), wrong.data);
    buffer_fini(&wrong);
    return ok;
}

static int by_number(const void *left, const void *right) {
    const struct case_result *const a = left, *const b = right;
    return (a->number > b->number) - (a->number < b->number);
}

static enum exit_code tell(struct reported *reported, const char *path, const struct options *options) {
    const struct journal_head *const head = &reported->replay.contents.head;
    const struct journal_end *const end = &reported->replay.contents.end;
    struct run_facts const facts = {.version = head->version,
                                    .began_ns = head->began_ns,
                                    .realtime_ns = head->realtime_ns,
                                    .seed = head->seed,
                                    .jobs = head->jobs,
                                    .shard = head->shard,
                                    .shards = head->shards,
                                    .dealt = head->dealt};
    if (!teller_begin(&reported->teller, options, &facts, head->chosen)) return EXIT_HARNESS;
    reported->teller.fail_on_skip = head->fail_on_skip;
    reported->teller.passed_turns = end->passed_turns;
    if (!tell_cases(reported, path)) return EXIT_WRONG;
    if (reported->told_count) qsort(reported->told, reported->told_count, sizeof *reported->told, by_number);
    return teller_end(&reported->teller, reported->told, end->duration_ns, end->interrupted);
}

static void reported_fini(struct reported *reported) {
    for (uint32_t i = 0; i < reported->count; i++) result_fini(&reported->results[i]);
    free(reported->results);
    free(reported->told);
    teller_fini(&reported->teller);
    replay_fini(&reported->replay);
}

enum exit_code command_report(const struct options *options) {
    struct reported reported = {0};
    struct buffer bytes = {0};
    enum exit_code code = EXIT_WRONG;
    if (options->path_count != 1) {
        complain("report takes one journal: sockdrill report JOURNAL");
        return EXIT_WRONG;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a report that grows too long is an error of write(2)
    const char *const path = options->paths[0];
    struct stat facts;
    bool const is_there = !is_input(path) && stat(path, &facts) == 0;
    if (is_there && !sinks_spare(options, facts.st_dev, facts.st_ino, path)) return EXIT_WRONG;
    if (!can_check_journal(name_of(path))) code = EXIT_HARNESS;
    else if (read_journal(&reported, path, &bytes)) code = tell(&reported, path, options);
    reported_fini(&reported);
    buffer_fini(&bytes);
    return code;
}
