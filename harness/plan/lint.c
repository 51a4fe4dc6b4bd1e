// The lints: which of them look at what.
#include "lint_parts.h"

bool lint_warn(struct diag_list *diags, struct span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    diag_vwarning(diags, span, format, arguments);
    va_end(arguments);
    return diag_is_news(diags);
}

static void lint_matching(const struct plan *plan, struct diag_list *diags) {
    for (uint32_t i = 0; i < plan->step_count; i++) {
        const struct step *const step = &plan->steps[i];
        struct arena arena;
        arena_init(&arena);
        if (step->kind == STEP_RECV) lint_pattern(step, &arena, diags);
        if (step->kind == STEP_EITHER) lint_branches(plan, step, &arena, diags);
        arena_fini(&arena);
    }
}

void plan_lint(struct plan_set *set) {
    if (set->diags.error_count > 0 || set->plan_count == 0) return;
    const struct plan *const first = set->plans[0];
    if (first->lacks) lint_warn(&set->diags, first->lacks_span, "%s: it cannot be checked, and is skipped here", first->lacks);
    lint_names(set->tree, &set->diags);
    lint_steps(set->plans[0], &set->diags); // every case has these steps, with other values
    lint_programs(set->plans[0], &set->diags);
    lint_tls(set->plans[0], &set->diags);
    if (set->plan_count == 1) lint_matching(set->plans[0], &set->diags);
}
