#include "paths.h"

static bool has_gap(const struct state_path *path) {
    for (uint8_t i = 0; i < path->count; i++) {
        if (path->gap_before[i]) return true;
    }
    return false;
}

static bool has_any(const struct state_path *path) {
    for (uint8_t i = 0; i < path->count; i++) {
        if (path->states[i] == STATE_ANY) return true;
    }
    return false;
}

const struct state_path *paths_record(const struct state_path *a, const struct state_path *b) {
    if (has_gap(a)) return a;
    if (has_gap(b)) return b;
    return has_any(a) ? b : a;
}

enum path_answer paths_compare(const struct state_path *a, const struct state_path *b) {
    if (has_gap(a) && has_gap(b)) return PATH_UNSETTLED;
    const struct state_path *const record = paths_record(a, b);
    return path_compare(record, record == a ? b : a);
}
