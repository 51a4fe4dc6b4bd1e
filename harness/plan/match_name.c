// domain_name and compressed_name: labels one behind the other, and a pointer to earlier ones, RFC 1035, 3.1 and 4.1.4.
//
// A pointer goes backwards: to before the labels that led to it, so that following ends. What it leads to lies among the
// bytes that a message with a name in it keeps.
#include "matcher_state.h"
#include "names.h"

#include <string.h>

enum { POINTER_BITS = 0x3f };

enum name_step { NAME_LENGTH, NAME_LABEL, NAME_POINTER };

// A name that is being matched: one at a time, so that all of a match share one. In the matcher's arena.
struct name_match {
    enum name_step step;
    uint8_t high; // of the pointer
    size_t label_left;
    uint8_t wire[NAME_WIRE_BYTES_MAX];
    size_t wire_bytes;
};

// Where the names of this place count from.
static uint64_t origin_of(const struct matcher *matcher) {
    uint64_t origin = 0;
    for (const struct frame *frame = matcher->state->top; frame; frame = frame->parent) {
        if (!frame->message) continue;
        uint32_t const field = frame->message->origin;
        if (field != PLAN_NONE && frame->index >= field) return frame->places[field].start;
        origin = frame->outer.start;
    }
    return origin;
}

static enum match_status name_begin(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    if (!state->name) state->name = arena_alloc(matcher->arena, sizeof *state->name);
    *state->name = (struct name_match){.step = NAME_LENGTH};
    return MATCH_DONE;
}

// The length of a label, which may be 0; NULL, or why it cannot be.
static const char *begin_label(struct name_match *name, uint8_t len) {
    if (len > NAME_LABEL_BYTES_MAX) return "a label of a reserved kind";
    if (name->wire_bytes + 1 + len + (len > 0) > NAME_WIRE_BYTES_MAX) return "a name of more than 255 bytes";
    name->wire[name->wire_bytes++] = len;
    return NULL;
}

// The labels that a pointer leads to; NULL, or why they are none. They lie before the name itself.
static const char *follow(const struct matcher *matcher, struct name_match *name, uint64_t target) {
    const struct matcher_state *const state = matcher->state;
    uint64_t const origin = origin_of(matcher), end = state->progress.start - origin;
    uint64_t from = end; // of the labels that led here
    for (unsigned pointers = 1;; pointers++) {
        if (target >= from) return "a pointer that does not go backwards";
        if (pointers > NAME_POINTERS_MAX) return "more pointers than a name has labels";
        from = target;
        for (;;) {
            if (target >= end) return "a pointer to labels without an end";
            const uint8_t *const at = state->kept + (origin - state->kept_from) + target++;
            uint8_t const len = *at;
            if (len >= NAME_POINTER_MARK) {
                if (target >= end) return "a pointer to labels without an end";
                target = (uint64_t)(len & POINTER_BITS) << 8 | at[1];
                break;
            }
            const char *const wrong = begin_label(name, len);
            if (wrong) return wrong;
            if (len == 0) return NULL;
            if (len > end - target) return "a pointer to labels without an end";
            memcpy(name->wire + name->wire_bytes, at + 1, len);
            name->wire_bytes += len;
            target += len;
        }
    }
}

// One byte of the name; DONE with its last one.
static enum match_status name_byte(struct matcher *matcher, struct name_match *name, uint8_t byte) {
    const char **const wrong = &matcher->state->progress.wrong;
    switch (name->step) {
    case NAME_LENGTH:
        if (byte >= NAME_POINTER_MARK) {
            name->step = NAME_POINTER;
            name->high = byte & POINTER_BITS;
            return MATCH_MORE;
        }
        *wrong = begin_label(name, byte);
        name->label_left = byte;
        if (byte) name->step = NAME_LABEL;
        return *wrong ? MATCH_MISMATCH : byte ? MATCH_MORE : MATCH_DONE;
    case NAME_LABEL:
        name->wire[name->wire_bytes++] = byte;
        if (--name->label_left == 0) name->step = NAME_LENGTH;
        return MATCH_MORE;
    case NAME_POINTER:
        *wrong = follow(matcher, name, (uint64_t)name->high << 8 | byte);
        return *wrong ? MATCH_MISMATCH : MATCH_DONE;
    }
    return MATCH_MISMATCH;
}

static enum match_status name_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct name_match *const name = matcher->state->name;
    while (*used < bytes.len_bytes) {
        matcher->state->looked_at_bytes++;
        enum match_status const status = name_byte(matcher, name, bytes.data[*used]);
        if (status == MATCH_MISMATCH) return status;
        (*used)++;
        if (status == MATCH_DONE) return status;
    }
    return MATCH_MORE;
}

static void name_finish(struct matcher *matcher) {
    const struct name_match *const name = matcher->state->name;
    char text[NAME_TEXT_BYTES_MAX];
    size_t const len_bytes = name_unpack(slice_of(name->wire, name->wire_bytes), text);
    matcher->state->progress.value = value_text(matcher->arena, slice_of((const uint8_t *)text, len_bytes));
}

// Only of a pointer it is known that nothing follows it.
static integer name_needs(const struct matcher *matcher, bool *exactly) {
    const struct name_match *const name = matcher->state->name;
    *exactly = name->step == NAME_POINTER;
    return name->step == NAME_LABEL ? (integer)(name->label_left + 1) * 8 : 8;
}

bool match_has_names(const struct element_code *element) {
    while (element->element) element = element->element;
    return name_is(element);
}

const struct element_kind MATCH_NAME = {name_begin, name_take, name_finish, name_needs, false};
