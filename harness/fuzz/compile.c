// What `sockdrill check` and `sockdrill explain` do with a text: no crash, and what is compiled holds together. Lines
// NAME=VALUE behind `#== bytes` are `--define`s.
#include "fuzz.h"
#include "plans.h"

#include "plan/explain.h"
#include "plan/lint.h"
#include "plan/plan.h"

#include <string.h>

enum { DEFINES_MAX = 8, EXPLAINED_MAX = 16 };

static uint32_t read_defines(struct slice lines, struct arena *arena, struct define defines[DEFINES_MAX]) {
    uint32_t count = 0;
    for (size_t at = 0; at < lines.len_bytes && count < DEFINES_MAX;) {
        const uint8_t *const line = lines.data + at;
        const uint8_t *const found = memchr(line, '\n', lines.len_bytes - at);
        size_t const len_bytes = found ? (size_t)(found - line) : lines.len_bytes - at;
        const uint8_t *const equals = memchr(line, '=', len_bytes);
        at += len_bytes + 1;
        if (!equals) continue;
        size_t const name_bytes = (size_t)(equals - line);
        defines[count++] = (struct define){arena_copy(arena, line, name_bytes),
                                           arena_copy(arena, equals + 1, len_bytes - name_bytes - 1)};
    }
    return count;
}

static void check_span(struct span span, const char *what) {
    if (!span.source) return;
    fuzz_check(span.start <= span.end && span.end <= span.source->text.len_bytes,
               "%s: its span is %u .. %u of %zu bytes", what, span.start, span.end, span.source->text.len_bytes);
}

static void check_step(const struct plan *plan, const struct step *step) {
    check_span(step->span, "a step");
    fuzz_check(step->actor < plan->actor_count, "a step is of actor %u of %u", step->actor, plan->actor_count);
    fuzz_check(step->after <= plan->step_count, "a step goes on at %u of %u", step->after, plan->step_count);
    fuzz_check(step->block == PLAN_NONE || step->block < plan->step_count, "a block begins at %u of %u", step->block,
               plan->step_count);
    fuzz_check(step->otherwise == PLAN_NONE || step->otherwise < plan->step_count, "a branch begins at %u of %u",
               step->otherwise, plan->step_count);
}

static void check_plan(const struct plan *plan) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        const struct actor *const actor = &plan->actors[i];
        fuzz_check(actor->first_step == next && actor->step_count > 0, "actor %u has its steps at %u", i,
                   actor->first_step);
        next += actor->step_count;
        fuzz_check(next <= plan->step_count && plan->steps[next - 1].kind == STEP_ACTOR_END, "actor %u has no end", i);
    }
    fuzz_check(next == plan->step_count, "%u steps of %u have an actor", next, plan->step_count);
    for (uint32_t i = 0; i < plan->step_count; i++) check_step(plan, &plan->steps[i]);
    fuzz_check(plan->case_name && plan->title, "a case has no name");
}

void fuzz_one(const struct fuzz_input *input) {
    struct arena arena;
    struct plan_set set;
    struct buffer said = {0}, explained = {0};
    struct define defines[DEFINES_MAX];
    arena_init(&arena);
    uint32_t const define_count = read_defines(input->bytes, &arena, defines);
    fuzz_plans(&set, FUZZ_PATH, input->text, defines, define_count);
    bool const is_good = set.diags.error_count == 0;
    if (is_good) plan_lint(&set);
    fuzz_check(is_good == (set.diags.error_count == 0), "the lints found an error");
    for (const struct diag *diag = set.diags.first; diag; diag = diag->next) check_span(diag->span, diag->message);
    diag_render(&set.diags, &said);
    fuzz_check(is_good || said.len_bytes > 0, "errors, and nothing is said");
    fuzz_check(!is_good || set.plan_count > 0, "neither an error nor a plan");
    for (uint32_t i = 0; is_good && i < set.plan_count && i < EXPLAINED_MAX; i++) {
        check_plan(set.plans[i]);
        buffer_clear(&explained);
        plan_explain(set.plans[i], &explained);
        fuzz_check(explained.len_bytes > 0, "nothing is explained");
    }
    buffer_fini(&explained);
    buffer_fini(&said);
    plan_set_fini(&set);
    arena_fini(&arena);
}
