#include "replay/replay.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

// Owned by the replay.
struct replay_file {
    struct plan_set set;
    struct used_file *given;
    const struct source **sources; // what the spans of its cases point at
};

// Whether `use` opens what it opened then, in that order: spans go by it.
static bool is_used_alike(const struct plan_set *set, const struct journal_file *file) {
    if (set->used_count != file->use_count) return false;
    for (uint32_t i = 0; i < set->used_count; i++) {
        if (strcmp(set->used[i].asked, file->uses[i].path) != 0) return false;
    }
    return true;
}

static bool remake_file(struct replay *replay, uint32_t number, const struct define *defines, const struct player *players) {
    const struct journal_contents *const contents = &replay->contents;
    const struct journal_file *const file = &contents->files[number];
    const struct journal_text *const text = &contents->texts[file->text];
    struct replay_file *const made = &replay->files[number];
    struct plan_set *const set = &made->set;
    made->given = memory_need(calloc((size_t)file->use_count + 1, sizeof *made->given));
    for (uint32_t i = 0; i < file->use_count; i++) {
        const struct journal_use *const use = &file->uses[i];
        const struct journal_text *const used = &contents->texts[use->text];
        made->given[i] = (struct used_file){.asked = use->path, .path = used->path, .file = use->text, .text = used->text};
    }
    struct given_files const given = {made->given, file->use_count};
    struct plan_options const options = {.defines = defines, .define_count = contents->head.define_count, .given = &given,
                                         .players = players, .player_count = contents->head.player_count};
    plan_set_init_with(set, text->path, text->text, &options);
    if (set->diags.error_count || set->is_library || !is_used_alike(set, file)) return false;
    made->sources = memory_need(calloc((size_t)set->used_count + 1, sizeof *made->sources));
    made->sources[0] = &set->source;
    for (uint32_t i = 0; i < set->used_count; i++) made->sources[i + 1] = set->used[i].source;
    return true;
}

static bool remake_plan(struct replay *replay, uint32_t number) {
    const struct journal_case *const facts = &replay->contents.cases[number];
    const struct plan_set *const set = &replay->files[facts->file].set;
    struct plan *const plan = &replay->plans[number];
    if (facts->place >= set->plan_count) return false;
    *plan = *set->plans[facts->place];
    plan->case_name = facts->name;
    return plan_fingerprint(plan) == facts->fingerprint;
}

static bool remake_plans(struct replay *replay) {
    const struct journal_contents *const contents = &replay->contents;
    const struct journal_head *const head = &contents->head;
    struct define *const defines = memory_need(calloc((size_t)head->define_count + 1, sizeof *defines));
    replay->files = memory_need(calloc((size_t)contents->file_count + 1, sizeof *replay->files));
    replay->plans = memory_need(calloc((size_t)contents->case_count + 1, sizeof *replay->plans));
    struct player *const players = memory_need(calloc((size_t)head->player_count + 1, sizeof *players));
    bool ok = true;
    for (uint32_t i = 0; i < head->player_count; i++) players[i].actor = head->players[i];
    for (uint32_t i = 0; i < head->define_count; i++)
        defines[i] = (struct define){head->defines[i].name, head->defines[i].value};
    for (uint32_t i = 0; ok && i < contents->file_count; i++) ok = remake_file(replay, i, defines, players);
    for (uint32_t i = 0; ok && i < contents->case_count; i++) ok = remake_plan(replay, i);
    free(defines);
    free(players);
    return ok;
}

bool replay_read(const struct replay *replay, uint32_t number, struct journal *journal, struct buffer *wrong) {
    const struct journal_case *const facts = &replay->contents.cases[number];
    const struct replay_file *const file = &replay->files[facts->file];
    const struct plan *const plan = &replay->plans[number];
    struct journal_sources const sources = {file->sources, file->set.used_count + 1};
    struct journal_limits const limits = {plan->instance_count, plan->step_count, plan->field_count, FIELD_FATE_COUNT};
    return journal_read_case(&replay->contents, facts, sources, limits, journal, wrong);
}

bool replay_init(struct replay *replay, struct slice bytes, const char *version, struct buffer *wrong) {
    *replay = (struct replay){0};
    if (!journal_contents_init(&replay->contents, bytes, wrong)) return false;
    if (!remake_plans(replay)) {
        buffer_printf(wrong, "sockdrill %s, which wrote it, made other steps of its scenarios than this one, %s, does",
                      replay->contents.head.version, version);
        return false;
    }
    for (uint32_t i = 0; i < replay->contents.case_count; i++) {
        struct journal journal;
        if (!replay_read(replay, i, &journal, wrong)) return false;
        journal_fini(&journal);
    }
    return true;
}

void replay_fini(struct replay *replay) {
    for (uint32_t i = 0; replay->files && i < replay->contents.file_count; i++) {
        plan_set_fini(&replay->files[i].set);
        free(replay->files[i].given);
        free(replay->files[i].sources);
    }
    free(replay->files);
    free(replay->plans);
    journal_contents_fini(&replay->contents);
}
