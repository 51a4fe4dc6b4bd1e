// Which cases a run plays.
#include "run.h"

#include "base/memory.h"

#include <stdlib.h>

static uint64_t count_chosen(const struct suite *suite) {
    uint64_t chosen = 0;
    for (uint32_t i = 0; i < suite->file_count; i++)
        for (uint32_t k = 0; k < suite->files[i].set.plan_count; k++) chosen += suite->files[i].is_chosen[k];
    return chosen;
}

static void choose_turn(struct cases *cases, const struct suite *suite, uint32_t turn) {
    for (uint32_t i = 0; i < suite->file_count; i++) {
        struct plan_set *const set = &suite->files[i].set;
        for (uint32_t k = 0; k < set->plan_count; k++) {
            if (!suite->files[i].is_chosen[k]) continue;
            struct plan *const copy = &cases->copies[cases->count];
            *copy = *set->plans[k];
            if (turn > 0) copy->case_name = arena_text(&set->arena, "%s #%u", copy->case_name, turn);
            cases->plans[cases->count++] = copy;
        }
    }
}

bool cases_choose(struct cases *cases, const struct options *options, struct suite *suite) {
    uint32_t const turns = options->until_fail || options->repeat == 0 ? 1 : options->repeat;
    suite_choose(suite, options);
    uint64_t const chosen = count_chosen(suite);
    *cases = (struct cases){0};
    if (chosen * turns > UINT32_MAX / 2) return false;
    cases->plans = memory_need(calloc((size_t)chosen * turns + 1, sizeof *cases->plans));
    cases->copies = memory_need(calloc((size_t)chosen * turns + 1, sizeof *cases->copies));
    for (uint32_t turn = 1; turn <= turns; turn++) choose_turn(cases, suite, turns > 1 ? turn : 0);
    return true;
}

void cases_fini(struct cases *cases) {
    free(cases->plans);
    free(cases->copies);
}

bool cases_use_scratch(const struct cases *cases) {
    for (uint32_t i = 0; i < cases->count; i++)
        if (cases->plans[i]->uses_scratch) return true;
    return false;
}

bool cases_have_programs(const struct cases *cases) {
    for (uint32_t i = 0; i < cases->count; i++)
        if (cases->plans[i]->has_programs) return true;
    return false;
}

bool cases_have_drops(const struct cases *cases) {
    for (uint32_t i = 0; i < cases->count; i++)
        if (cases->plans[i]->world.has_drops) return true;
    return false;
}
