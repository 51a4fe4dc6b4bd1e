// sized(N, TYPE): a row of one element on the stack, which must end where its bytes do.
#include "matcher_state.h"

uint64_t match_room(const struct matcher *matcher) {
    uint64_t const limit = matcher->state->top->limit;
    return limit == BOUND_NONE ? UINT64_MAX : limit - matcher->consumed_bytes;
}

// ---- lengths that are wrong

// The element that is being matched, and what is wrong with its length.
static enum match_status mismatch_length(struct matcher *matcher, const char *what) {
    struct buffer text = {0};
    match_describe(matcher->state->progress.element, &text);
    enum match_status const status = mismatch_because(matcher, "%s%s", text.data, what);
    buffer_fini(&text);
    return status;
}

// The frame whose end it is says in whose words.
enum match_status mismatch_limit(struct matcher *matcher) {
    const struct frame *frame = matcher->state->top;
    while (frame->parent && frame->parent->limit == frame->limit) frame = frame->parent;
    struct element_code type = *frame->outer.element;
    type.op = OP_NONE; // what is asked of it is not what ends here
    type.field = NULL;
    struct buffer text = {0};
    match_describe(&type, &text);
    const char *const what = frame->is_list ? "what a length before it covers" : "this";
    enum match_status const status =
        mismatch_length(matcher, arena_text(matcher->arena, ", and %s ends here: %s", what, text.data));
    buffer_fini(&text);
    return status;
}

enum match_status mismatch_behind(struct matcher *matcher, uint64_t bound) {
    return mismatch_because(matcher, "begins %llu bytes behind the end that the length before it gives",
                            (unsigned long long)(matcher->consumed_bytes - bound));
}

// ---- sized(N, TYPE)

static enum match_status begin_beyond(struct matcher *matcher, integer len_bytes, uint64_t room_bytes) {
    char digits[INTEGER_TEXT_BYTES];
    return mismatch_length(
        matcher, arena_text(matcher->arena, " with a length of %s, and %llu bytes are left of what it lies in",
                            integer_text(len_bytes, digits), (unsigned long long)room_bytes));
}

static enum match_status region_begin(struct matcher *matcher) {
    const struct progress *const progress = &matcher->state->progress;
    const struct element_code *const element = progress->element;
    struct value len;
    enum match_status const status = match_eval_kind(matcher, element->argument, VALUE_INTEGER, &len);
    if (status != MATCH_DONE) return status;
    if (len.number < 0) return mismatch_negative(matcher, "length", len.number);
    uint64_t const room = match_room(matcher);
    if (len.number > (integer)room) return begin_beyond(matcher, len.number, room);
    integer const end = (integer)matcher->consumed_bytes + len.number;
    bool const holds = progress->holds;
    struct frame *const frame = match_push(matcher, element->element, 1);
    frame->is_sized = true;
    frame->wants_values = holds;
    frame->limit = end < (integer)BOUND_NONE ? (uint64_t)end : BOUND_NONE - 1;
    return MATCH_DONE;
}

enum match_status match_sized_over(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    uint64_t const left = match_room(matcher);
    struct value const value = state->top->last;
    match_pop(matcher);
    if (left) {
        return mismatch_length(matcher, arena_text(matcher->arena, ", and %llu bytes of that length are left over",
                                                   (unsigned long long)left));
    }
    state->progress.value = value;
    state->phase = PHASE_COMPLETE;
    return MATCH_DONE;
}

const struct element_kind MATCH_SIZED = {.begin = region_begin};
