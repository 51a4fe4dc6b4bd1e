// Keeps a run's journal in a file. It grows as cases end, under a name beside the one that was asked for, which it gets when
// the run is over.
#include "cli.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool give_up(struct keeper *keeper, int error) {
    keeper->failed = true;
    outfile_drop(&keeper->file);
    return cannot_write(keeper->path, -error);
}

bool can_check_journal(const char *path) {
    const char *const lacks = journal_file_lacks();
    if (lacks) complain("%s: a journal's checksum needs zlib: %s", path, lacks);
    return !lacks;
}

static bool flush(struct keeper *keeper) {
    int const error = outfile_add(&keeper->file, buffer_view(&keeper->out));
    keeper->checksum = journal_checksum(keeper->checksum, buffer_view(&keeper->out));
    buffer_clear(&keeper->out);
    return error == 0 || give_up(keeper, error);
}

bool keeper_begin(struct keeper *keeper, const struct options *options, const struct suite *suite,
                  const struct run_facts *facts, uint32_t count) {
    *keeper = (struct keeper){.path = options->journal, .suite = suite, .file.fd = -1};
    if (!keeper->path) return true;
    if (!can_check_journal(keeper->path)) return false;
    int const error = outfile_open(&keeper->file, keeper->path);
    if (error) return give_up(keeper, error);
    keeper->numbers = memory_need(calloc(suite->file_count, sizeof *keeper->numbers));
    for (uint32_t i = 0; i < suite->file_count; i++) keeper->numbers[i] = PLAN_NONE;
    struct journal_define *const defines = memory_need(calloc(options->define_count + 1, sizeof *defines));
    for (uint32_t i = 0; i < options->define_count; i++)
        defines[i] = (struct journal_define){options->defines[i].name, options->defines[i].value};
    const char **const players = memory_need(calloc(options->player_count + 1, sizeof *players));
    for (uint32_t i = 0; i < options->player_count; i++) players[i] = options->players[i].actor;
    struct journal_head const head = {.version = facts->version,
                                      .began_ns = facts->began_ns,
                                      .realtime_ns = facts->realtime_ns,
                                      .seed = facts->seed,
                                      .jobs = facts->jobs,
                                      .chosen = count,
                                      .fail_on_skip = options->fail_on_skip,
                                      .defines = defines,
                                      .define_count = options->define_count,
                                      .shard = facts->shard,
                                      .shards = facts->shards,
                                      .dealt = facts->dealt,
                                      .players = players,
                                      .player_count = options->player_count};
    journal_write_head(&head, &keeper->out);
    free(players);
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
        uses[i] = (struct journal_use){set->used[i].asked, text_number(keeper, source->path, source->text)};
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
    struct journal_reader reader;
    int64_t before_ns = result->journal->begin_ns;
    journal_reader_init(&reader, result->journal);
    while (flush(keeper) && journal_write_events(&reader, &before_ns, sources, &keeper->out)) continue;
    journal_reader_fini(&reader);
    free(list);
}

void keeper_case(struct keeper *keeper, const struct case_result *result, const char *scratch) {
    if (!keeper->path) return;
    for (uint32_t i = 0; i < result->earlier_count && !keeper->failed; i++) write_turn(keeper, &result->earlier[i], NULL);
    if (!keeper->failed) write_turn(keeper, result, scratch);
}

// ---- the end

bool keeper_end(struct keeper *keeper, const struct teller *teller, bool interrupted) {
    if (!keeper->path) return true;
    if (keeper->failed || !flush(keeper)) return false;
    struct journal_end const end = {.duration_ns = teller->counts.duration_ns,
                                    .not_begun = teller->count - teller->done,
                                    .interrupted = interrupted,
                                    .passed_turns = teller->passed_turns,
                                    .checksum = keeper->checksum};
    journal_write_end(&end, &keeper->out);
    if (!flush(keeper)) return false;
    int const error = outfile_end(&keeper->file);
    return error == 0 || give_up(keeper, error);
}

void keeper_fini(struct keeper *keeper) {
    if (!keeper->path) return;
    outfile_drop(&keeper->file);
    buffer_fini(&keeper->out);
    free(keeper->texts);
    free(keeper->numbers);
}
