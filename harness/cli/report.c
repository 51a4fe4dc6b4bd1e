// sockdrill report: makes the reports of a run again, from the journal that was kept of it, or of several as if they were one.
// Of the files and the machine that it was played on nothing is asked.
#include "kept.h"

#include "base/memory.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// The cases of journals, as they were told. Owned by the command.
struct reported {
    struct kept *journals;
    uint32_t journal_count;
    struct kept_case *cases;
    uint32_t case_count;
    struct teller teller;
    struct case_result *told; // the last turns of cases
    uint32_t told_count;
};

// What of a case's report depends on where it was played.
static void take_facts(struct teller *teller, const struct kept *kept) {
    const struct journal_head *const head = &kept->replay.contents.head;
    teller->fail_on_skip = head->fail_on_skip;
    teller->facts.realtime_ns = head->realtime_ns;
}

// Judges its turns, and tells of the last.
static bool tell_case(struct reported *reported, const struct kept_case *listed, uint32_t number, struct buffer *wrong) {
    struct kept *const kept = listed->kept;
    take_facts(&reported->teller, kept);
    for (uint32_t i = listed->first; i <= listed->last; i++) {
        struct journal *const journal = memory_need(calloc(1, sizeof *journal));
        if (!replay_read(&kept->replay, i, journal, wrong)) {
            free(journal);
            return false;
        }
        teller_judge(&reported->teller, &kept->replay.plans[i], number, journal, &kept->results[i]);
    }
    struct case_result *const result = &kept->results[listed->last];
    const char *const scratch = kept->replay.contents.cases[listed->last].scratch;
    if (listed->last > listed->first) result->earlier = &kept->results[listed->first];
    result->earlier_count = listed->last - listed->first;
    teller_case(&reported->teller, result, scratch[0] ? scratch : NULL);
    reported->told[reported->told_count++] = *result;
    return true;
}

// Of one journal each has the number that it had.
static bool tell_cases(struct reported *reported) {
    struct buffer wrong = {0};
    bool ok = true;
    reported->told = memory_need(calloc((size_t)reported->case_count + 1, sizeof *reported->told));
    for (uint32_t i = 0; ok && i < reported->case_count; i++) {
        const struct kept_case *const listed = &reported->cases[i];
        uint32_t const own = listed->kept->replay.contents.cases[listed->last].number;
        ok = tell_case(reported, listed, reported->journal_count > 1 ? i : own, &wrong);
        if (!ok) complain("%s: %s", kept_name(listed->kept), wrong.data);
    }
    buffer_fini(&wrong);
    return ok;
}

static int by_number(const void *left, const void *right) {
    const struct case_result *const a = left, *const b = right;
    return (a->number > b->number) - (a->number < b->number);
}

static enum exit_code tell(struct reported *reported, const struct options *options) {
    struct journal_end end;
    struct run_facts const facts = kept_facts(reported->journals, reported->journal_count, &end);
    uint32_t chosen = 0, lacked;
    for (uint32_t i = 0; i < reported->journal_count; i++) chosen += reported->journals[i].replay.contents.head.chosen;
    reported->cases = kept_list(reported->journals, reported->journal_count, &reported->case_count);
    if (!teller_begin(&reported->teller, options, &facts, chosen)) return EXIT_HARNESS;
    reported->teller.passed_turns = end.passed_turns;
    if (!tell_cases(reported)) return EXIT_WRONG;
    reported->teller.facts.realtime_ns = facts.realtime_ns;
    if (reported->told_count) qsort(reported->told, reported->told_count, sizeof *reported->told, by_number);
    bool const is_part = kept_lack_shards(reported->journals, reported->journal_count, &lacked);
    reported->teller.count += lacked;
    return teller_end(&reported->teller, reported->told, end.duration_ns, end.interrupted || is_part);
}

static bool read_journals(struct reported *reported, const struct options *options) {
    reported->journals = memory_need(calloc(options->path_count, sizeof *reported->journals));
    for (uint32_t i = 0; i < options->path_count; i++) {
        struct kept *const kept = &reported->journals[reported->journal_count++];
        if (!kept_read(kept, options->paths[i])) return false;
        kept->result_count = kept->replay.contents.case_count;
        kept->results = memory_need(calloc((size_t)kept->result_count + 1, sizeof *kept->results));
    }
    return kept_go_together(reported->journals, reported->journal_count);
}

static void reported_fini(struct reported *reported) {
    teller_fini(&reported->teller);
    for (uint32_t i = 0; i < reported->journal_count; i++) kept_fini(&reported->journals[i]);
    free(reported->journals);
    free(reported->cases);
    free(reported->told);
}

static bool are_spared(const struct options *options) {
    for (uint32_t i = 0; i < options->path_count; i++) {
        const char *const path = options->paths[i];
        struct stat facts;
        bool const is_there = strcmp(path, "-") != 0 && stat(path, &facts) == 0;
        if (is_there && !sinks_spare(options, facts.st_dev, facts.st_ino, path)) return false;
    }
    return true;
}

enum exit_code command_report(const struct options *options) {
    struct reported reported = {0};
    enum exit_code code = EXIT_WRONG;
    if (options->path_count == 0) {
        complain("report takes a journal, or several: sockdrill report JOURNAL...");
        return EXIT_WRONG;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a report that grows too long is an error of write(2)
    if (!are_spared(options)) return EXIT_WRONG;
    const char *const first = options->paths[0];
    if (!can_check_journal(strcmp(first, "-") == 0 ? "standard input" : first)) code = EXIT_HARNESS;
    else if (read_journals(&reported, options)) code = tell(&reported, options);
    reported_fini(&reported);
    return code;
}
