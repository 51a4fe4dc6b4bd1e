#include "programs.h"

#include <stdbool.h>

// One as it is found. Owned by program_ends.
struct found {
    struct program_end end;
    bool is_stopping; // what it does from here on is the harness's doing
};

static struct found *found_of(struct found *founds, uint32_t count, uint32_t instance) {
    for (uint32_t i = 0; i < count; i++)
        if (founds[i].end.instance == instance) return &founds[i];
    return NULL;
}

static bool is_unread(const struct event *output) { return output->offset < output->count; }

// What nobody has received first, and of two such the complaints; of what was received only those are worth a second
// look.
static bool tells_more(const struct event *output, const struct event *than) {
    bool const is_complaint = output->code == 2;
    if (!than) return is_unread(output) || is_complaint;
    return is_unread(output) && (is_complaint || !is_unread(than));
}

static void found_note(struct found *found, const struct event *event) {
    struct program_end *const end = &found->end;
    if (event->kind == EVENT_OUTPUT_END && event->count && tells_more(event, end->output)) end->output = event;
    if (found->is_stopping) return;
    if (event->kind == EVENT_EXITED) end->exited = event;
    if (event->kind == EVENT_STOPPED) found->is_stopping = event->count == 1;
}

const struct program_end *program_ends(const struct journal *journal, struct arena *arena, uint32_t *count) {
    struct found *founds = NULL;
    *count = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_STARTED) {
            founds = arena_grow(arena, founds, *count, sizeof *founds);
            founds[(*count)++] = (struct found){.end.instance = event->actor};
            continue;
        }
        bool const is_of_program =
            event->kind == EVENT_OUTPUT_END || event->kind == EVENT_EXITED || event->kind == EVENT_STOPPED;
        struct found *const found = is_of_program ? found_of(founds, *count, event->actor) : NULL;
        if (found) found_note(found, event);
    }
    struct program_end *const ends = arena_array(arena, *count, sizeof *ends);
    for (uint32_t i = 0; i < *count; i++) ends[i] = founds[i].end;
    return ends;
}

bool program_ended_badly(const struct journal *journal, const struct program_end *end) {
    if (!end->exited || end->exited->code == 0) return false;
    for (uint64_t i = 0; i < journal->event_count && &journal->events[i] != end->exited; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_STOPPED && event->actor == end->instance) return false;
    }
    return true;
}
