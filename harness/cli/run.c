// sockdrill run: plays the cases, and makes the reports.
#include "run.h"

#include "base/clock.h"
#include "net/net.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

static enum exit_code play(struct run *run) {
    int64_t const begin_ns = clock_now_ns();
    teller_watch(&run->teller, run->options, run->cases.plans);
    int const error = turns_play(run);
    uint64_t const duration_ns = (uint64_t)(clock_now_ns() - begin_ns);
    struct case_result *const results = turns_results(run);
    enum exit_code code = teller_end(&run->teller, results, duration_ns, run->is_cut_short);
    if (!keeper_end(&run->keeper, &run->teller, run->is_cut_short)) code = EXIT_HARNESS;
    free(results);
    if (error) {
        complain_of("the pool of workers cannot be made", -error);
        code = EXIT_HARNESS;
    }
    return code;
}

static struct run_facts facts_of(const struct options *options, const struct suite *suite) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t const began_ns = (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
    return (struct run_facts){.version = SOCKDRILL_VERSION,
                              .began_ns = began_ns,
                              .realtime_ns = began_ns - clock_now_ns(),
                              .seed = options->seed,
                              .jobs = options->jobs,
                              .shard = options->shard.number,
                              .shards = options->shard.total,
                              .dealt = suite->chosen_count};
}

// Who forgets the FILE of --junit gives it a scenario.
bool suite_is_spared(const struct suite *suite, const struct options *options) {
    bool ok = true;
    for (uint32_t i = 0; i < suite->file_count && ok; i++) {
        const struct loaded *const file = &suite->files[i];
        ok = sinks_spare(options, file->device, file->inode, file->path);
        for (uint32_t k = 0; k < file->set.used_count && ok; k++) {
            const char *const library = file->set.used[k].source->path;
            struct stat facts;
            if (stat(library, &facts) == 0) ok = sinks_spare(options, facts.st_dev, facts.st_ino, library);
        }
    }
    return ok;
}

enum exit_code command_run(const struct options *options) {
    struct suite suite;
    struct run run = {.options = options};
    enum exit_code code = EXIT_WRONG;
    if (!shard_tell(options)) return EXIT_HARNESS;
    bool loaded = suite_load(&suite, options);
    bool const is_wrong = suite_print_diags(&suite) > 0;
    if (!suite_is_spared(&suite, options)) goto out;
    if (is_wrong && !suite_annotate(&suite, options)) code = EXIT_HARNESS;
    if (is_wrong || !loaded) goto out;
    if (!cases_choose(&run.cases, options, &suite)) {
        complain("out of memory");
        code = EXIT_HARNESS;
        goto out;
    }
    if (suite.chosen_count == 0) {
        bool const is_left_out = options->is_filtered && suite.file_count > 0;
        if (is_left_out) complain("no case here is called '%s', which is all that --test_filter leaves", options->case_name);
        else if (options->case_name) complain("no case is called '%s' (sockdrill list names them)", options->case_name);
        else if (options->tags) complain("no case goes with --tags %s", options->tags);
        else complain("no scenario here");
        if (!is_left_out) goto out;
    }
    if (options->serves && !serve_can(&run.cases, options)) goto out;
    struct run_facts const facts = facts_of(options, &suite);
    interrupt_catch(options->serves);
    net_raise_descriptor_limit();
    code = EXIT_HARNESS;
    if (teller_begin(&run.teller, options, &facts, run.cases.count) &&
        keeper_begin(&run.keeper, options, &suite, &facts, run.cases.count) &&
        outside_begin(&run.outside, options, &run.cases))
        code = play(&run);
    outside_end(&run.outside);
out:
    turns_fini(&run);
    keeper_fini(&run.keeper);
    teller_fini(&run.teller);
    cases_fini(&run.cases);
    suite_fini(&suite);
    if (run.is_cut_short) { // the reports are written: end as the signal says
        signal(interrupt_signal(), SIG_DFL);
        raise(interrupt_signal());
    }
    return code;
}
