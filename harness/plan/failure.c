// By which names a step may fail.
#include "plan/plan.h"

bool step_fails_with(const struct step *step, int error) {
    for (uint32_t i = 0; i < step->fails_count; i++)
        if (step->fails[i].error != 0 && step->fails[i].error == error) return true;
    return false;
}

bool step_fails_with_tls(const struct step *step, enum tls_error error) {
    for (uint32_t i = 0; i < step->fails_count; i++)
        if (step->fails[i].tls != TLS_ERROR_NONE && step->fails[i].tls == error) return true;
    return false;
}

bool step_fails_by_tls(const struct step *step) {
    for (uint32_t i = 0; i < step->fails_count; i++)
        if (step->fails[i].tls != TLS_ERROR_NONE) return true;
    return false;
}

const char *step_failure_text(const struct step *step, struct arena *arena) {
    const char *text = NULL;
    for (uint32_t i = 0; i < step->fails_count; i++) {
        const struct step_failure *failure = &step->fails[i];
        const char *name = failure->tls                  ? tls_error_name(failure->tls)
                           : step->kind == STEP_RESOLVE ? lookup_error_name(failure->error)
                                                        : errno_name(failure->error);
        text = text ? arena_text(arena, "%s or %s", text, name) : name;
    }
    return text;
}
