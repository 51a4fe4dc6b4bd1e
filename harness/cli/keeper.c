// Keeps a run's journal in a file. It grows as cases end, under a name beside the one that was asked for, which it gets when
// the run is over.
#include "cli.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The file that has not got its name yet: whoever ends the process in between leaves nothing behind.
static char *unfinished; // NULL: there is none, or what was asked for is no file (a pipe)
static pid_t unfinished_by; // not by a child of ours

static void remove_unfinished(void) {
    if (unfinished && unfinished_by == getpid()) unlink(unfinished);
    free(unfinished);
    unfinished = NULL;
}

static bool give_up(struct keeper *keeper, int error) {
    complain("cannot write %s: %s", keeper->path, strerror(error));
    keeper->failed = true;
    if (keeper->fd >= 0) close(keeper->fd);
    keeper->fd = -1;
    remove_unfinished();
    return false;
}

static bool flush(struct keeper *keeper) {
    size_t done = 0;
    while (done < keeper->out.len_bytes) {
        ssize_t const n = write(keeper->fd, keeper->out.data + done, keeper->out.len_bytes - done);
        if (n >= 0) done += (size_t)n;
        else if (errno != EINTR) return give_up(keeper, errno);
    }
    buffer_clear(&keeper->out);
    return true;
}

static bool open_file(struct keeper *keeper) {
    struct stat facts;
    bool const is_there = stat(keeper->path, &facts) == 0;
    if (is_there && S_ISDIR(facts.st_mode)) return give_up(keeper, EISDIR);
    if (is_there && !S_ISREG(facts.st_mode)) {
        keeper->fd = open(keeper->path, O_WRONLY | O_CLOEXEC);
        return keeper->fd >= 0 || give_up(keeper, errno);
    }
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", keeper->path) < 0) memory_exhausted();
    keeper->fd = mkostemp(temporary, O_CLOEXEC);
    if (keeper->fd < 0) {
        int const error = errno;
        free(temporary);
        return give_up(keeper, error);
    }
    unfinished = temporary;
    unfinished_by = getpid();
    atexit(remove_unfinished);
    return true;
}

bool keeper_begin(struct keeper *keeper, const struct options *options, const struct suite *suite,
                  const struct run_facts *facts, uint32_t count) {
    *keeper = (struct keeper){.path = options->journal, .suite = suite, .fd = -1};
    if (!keeper->path) return true;
    if (!open_file(keeper)) return false;
    keeper->numbers = memory_need(calloc(suite->file_count, sizeof *keeper->numbers));
    for (uint32_t i = 0; i < suite->file_count; i++) keeper->numbers[i] = PLAN_NONE;
    struct journal_define *const defines = memory_need(calloc(options->define_count + 1, sizeof *defines));
    for (uint32_t i = 0; i < options->define_count; i++)
        defines[i] = (struct journal_define){options->defines[i].name, options->defines[i].value};
    struct journal_head const head = {.version = facts->version,
                                      .began_ns = facts->began_ns,
                                      .realtime_ns = facts->realtime_ns,
                                      .seed = facts->seed,
                                      .jobs = facts->jobs,
                                      .chosen = count,
                                      .fail_on_skip = options->fail_on_skip,
                                      .defines = defines,
                                      .define_count = options->define_count};
    journal_write_head(&head, &keeper->out);
    free(defines);
    return flush(keeper);
}

// ---- texts

// A library that many files use is written once.
static uint32_t text_number(struct keeper *keeper, const char *path, struct slice text) {
    for (uint32_t i = 0; i < keeper->text_count; i++) {
        const struct journal_text *const known = &keeper->texts[i];
        if (strcmp(known->path, path) == 0 && slice_equal(known->text, text)) return i;
    }
    size_t const count = (size_t)keeper->text_count + 1;
    keeper->texts = memory_need(realloc(keeper->texts, count * sizeof *keeper->texts));
    keeper->texts[keeper->text_count] = (struct journal_text){path, text};
    journal_write_text(&keeper->texts[keeper->text_count], &keeper->out);
    return keeper->text_count++;
}

static uint32_t file_number(struct keeper *keeper, uint32_t file) {
    const struct plan_set *const set = &keeper->suite->files[file].set;
    if (keeper->numbers[file] != PLAN_NONE) return keeper->numbers[file];
    struct journal_use *const uses = memory_need(calloc(set->used_count + 1, sizeof *uses));
    for (uint32_t i = 0; i < set->used_count; i++) {
        const struct source *const source = set->used[i].source;
        uses[i] = (struct journal_use){set->used[i].path, text_number(keeper, source->path, source->text)};
    }
    uint32_t const text = text_number(keeper, set->source.path, set->source.text);
    journal_write_file(&(struct journal_file){text, uses, set->used_count}, &keeper->out);
    free(uses);
    return keeper->numbers[file] = keeper->file_count++;
}

// ---- cases

static const struct source **sources_of(const struct plan_set *set) {
    const struct source **const sources = memory_need(calloc((size_t)set->used_count + 1, sizeof *sources));
    sources[0] = &set->source;
    for (uint32_t i = 0; i < set->used_count; i++) sources[i + 1] = set->used[i].source;
    return sources;
}

// The plan is a copy of one of the suite's, and called by its turn.
static uint32_t find_file(const struct suite *suite, const struct plan *plan) {
    uint32_t file = 0;
    while (plan->source != &suite->files[file].set.source) file++;
    return file;
}

static uint32_t find_place(const struct plan_set *set, const struct plan *plan) {
    uint32_t place = 0;
    while (place + 1 < set->plan_count && set->plans[place]->steps != plan->steps) place++;
    return place;
}

static void write_turn(struct keeper *keeper, const struct case_result *result, const char *scratch) {
    uint32_t const file = find_file(keeper->suite, result->plan);
    const struct plan_set *const set = &keeper->suite->files[file].set;
    struct journal_case const facts = {.number = result->number,
                                       .file = file_number(keeper, file),
                                       .place = find_place(set, result->plan),
                                       .name = result->plan->case_name,
                                       .fingerprint = plan_fingerprint(result->plan),
                                       .scratch = scratch ? scratch : ""};
    const struct source **const list = sources_of(set);
    struct journal_sources const sources = {list, set->used_count + 1};
    journal_write_case(&facts, result->journal, &keeper->out);
    bool ok = flush(keeper);
    for (uint64_t next = 0; ok && next < result->journal->event_count;) {
        next = journal_write_events(result->journal, next, sources, &keeper->out);
        ok = flush(keeper);
    }
    free(list);
}

void keeper_case(struct keeper *keeper, const struct case_result *result, const char *scratch) {
    if (!keeper->path) return;
    for (uint32_t i = 0; i < result->earlier_count && !keeper->failed; i++) write_turn(keeper, &result->earlier[i], NULL);
    if (!keeper->failed) write_turn(keeper, result, scratch);
}

// ---- the end

static bool finish(struct keeper *keeper) {
    if (fchmod(keeper->fd, 0644) != 0 && unfinished) return give_up(keeper, errno);
    int const fd = keeper->fd;
    keeper->fd = -1;
    if (close(fd) != 0) return give_up(keeper, errno);
    if (unfinished && rename(unfinished, keeper->path) != 0) return give_up(keeper, errno);
    free(unfinished);
    unfinished = NULL;
    return true;
}

bool keeper_end(struct keeper *keeper, const struct teller *teller, bool interrupted) {
    if (!keeper->path) return true;
    if (keeper->failed) return false;
    struct journal_end const end = {.duration_ns = teller->counts.duration_ns,
                                    .not_begun = teller->count - teller->done,
                                    .interrupted = interrupted,
                                    .passed_turns = teller->passed_turns};
    journal_write_end(&end, &keeper->out);
    return flush(keeper) && finish(keeper);
}

void keeper_fini(struct keeper *keeper) {
    if (!keeper->path) return;
    if (keeper->fd >= 0) close(keeper->fd);
    remove_unfinished();
    buffer_fini(&keeper->out);
    free(keeper->texts);
    free(keeper->numbers);
}
