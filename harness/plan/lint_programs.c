// The lints of programs: one that nobody looks at, and a command line as a shell would take it.
#include "lint_parts.h"

enum { LINTED_COMMAND_BYTES_MAX = 64 * 1024 };

static bool has_step(const struct plan *plan, const struct actor *actor, enum step_kind kind) {
    for (uint32_t i = 0; i < actor->step_count; i++)
        if (plan->steps[actor->first_step + i].kind == kind) return true;
    return false;
}

static void check_end(const struct plan *plan, const struct actor *actor, struct diag_list *diags) {
    bool const is_watched = actor->exit_is_read || has_step(plan, actor, STEP_LISTENS);
    if (is_watched || !has_step(plan, actor, STEP_RUN)) return;
    for (uint32_t i = 0; i < actor->step_count; i++) // one that must not even start
        if (plan->steps[actor->first_step + i].kind == STEP_RUN && plan->steps[actor->first_step + i].fails_count) return;
    if (lint_warn(diags, actor->span, "nobody looks at how '%s' ends", actor->name))
        diag_hint(diags, "`expect exit == 0` waits for it");
}

// A single argument with a blank in it, which is no path.
static void check_command(const struct step *run, struct diag_list *diags) {
    struct slice text;
    const struct term *const command = run->list_count == 1 ? run->list[0] : NULL;
    if (!command || command->kind != TERM_CONSTANT || command->value.kind != VALUE_BYTES) return;
    struct arena arena;
    arena_init(&arena);
    bool has_blank = false, has_slash = false;
    if (command->value.bytes->len_bytes < LINTED_COMMAND_BYTES_MAX && bytes_flat(&arena, command->value.bytes, &text)) {
        for (size_t i = 0; i < text.len_bytes; i++) {
            has_blank = has_blank || text.data[i] == ' ';
            has_slash = has_slash || (text.data[i] == '/' && !has_blank);
        }
    }
    arena_fini(&arena);
    if (!has_blank || has_slash) return;
    if (lint_warn(diags, command->span, "this is one argument, the program's name: no shell takes it apart"))
        diag_hint(diags, "run \"NAME\" \"ARGUMENT\" ...");
}

void lint_programs(const struct plan *plan, struct diag_list *diags) {
    for (uint32_t i = 0; i < plan->actor_count; i++)
        if (plan->actors[i].role == ROLE_PROGRAM) check_end(plan, &plan->actors[i], diags);
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == STEP_RUN) check_command(&plan->steps[i], diags);
}
