#include "matcher_state.h"

#include <string.h>

// What one call of the matcher is given.
struct input {
    struct slice bytes; // not consumed yet
    size_t used_bytes;
    bool is_end; // nothing follows them
};

// ---- for the element kinds

static const enum match_status OF_EVAL[] = {
    [EVAL_DONE] = MATCH_DONE,
    [EVAL_WAIT] = MATCH_WAIT,
    [EVAL_FAILED] = MATCH_FAILED,
    [EVAL_UNSETTLED] = MATCH_UNSETTLED,
};

enum match_status match_eval(struct matcher *matcher, const struct term *term, struct value *value) {
    struct arena *const outer = matcher->env->arena;
    matcher->env->arena = matcher->arena;
    enum eval_status const status = term_eval(term, matcher->env, value);
    matcher->env->arena = outer;
    return OF_EVAL[status];
}

enum match_status match_eval_kind(struct matcher *matcher, const struct term *term, enum value_kind kind,
                                  struct value *value) {
    struct arena *const outer = matcher->env->arena;
    matcher->env->arena = matcher->arena;
    enum eval_status const status = term_eval_kind(term, matcher->env, kind, value);
    matcher->env->arena = outer;
    return OF_EVAL[status];
}

enum match_status match_fail(struct matcher *matcher, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    matcher->env->message = arena_vtext(matcher->arena, format, arguments);
    va_end(arguments);
    matcher->env->message_span = match_element(matcher)->span;
    return MATCH_FAILED;
}

const struct element_code *match_element(const struct matcher *matcher) {
    const struct frame *const frame = matcher->state->top;
    return &frame->elements[frame->index < frame->element_count ? frame->index : frame->element_count - 1];
}

enum match_status match_hold(struct matcher *matcher, struct slice bytes) {
    struct progress *const progress = &matcher->state->progress;
    if (!progress->holds || bytes.len_bytes == 0) return MATCH_DONE;
    if (bytes.len_bytes > HELD_BYTES_MAX - progress->held_bytes) {
        return match_fail(matcher, "more than %d bytes are not held", HELD_BYTES_MAX);
    }
    size_t const needed = progress->held_bytes + bytes.len_bytes;
    if (needed > progress->held_cap_bytes) {
        size_t cap = progress->held_cap_bytes ? progress->held_cap_bytes * 2 : 64;
        while (cap < needed) cap *= 2;
        uint8_t *const grown = arena_alloc(matcher->arena, cap);
        if (progress->held_bytes) memcpy(grown, progress->held, progress->held_bytes);
        progress->held = grown;
        progress->held_cap_bytes = cap;
    }
    memcpy(progress->held + progress->held_bytes, bytes.data, bytes.len_bytes);
    progress->held_bytes = needed;
    return MATCH_DONE;
}

void match_finish_held(struct matcher *matcher, size_t without_bytes) {
    struct progress *const progress = &matcher->state->progress;
    struct slice const held = slice_of(progress->held, progress->held_bytes - without_bytes);
    progress->value = value_bytes(bytes_held(matcher->arena, held));
}

struct frame *match_push(struct matcher *matcher, const struct element_code *elements, uint32_t element_count) {
    struct matcher_state *const state = matcher->state;
    struct frame *frame = state->spare;
    if (frame) {
        state->spare = frame->parent;
    } else {
        frame = arena_alloc(matcher->arena, sizeof *frame);
    }
    *frame = (struct frame){
        .parent = state->top, .elements = elements, .element_count = element_count, .outer = state->progress};
    state->top = frame;
    state->phase = PHASE_NEXT;
    return frame;
}

void match_pop(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    struct frame *const frame = state->top;
    state->progress = frame->outer;
    state->top = frame->parent;
    frame->parent = state->spare;
    state->spare = frame;
}

// ---- phases: each answers DONE to go on with the phase it has set, or what the caller is to be told

static enum match_status phase_next(struct matcher *matcher, struct input *input) {
    (void)input;
    struct matcher_state *const state = matcher->state;
    const struct frame *const frame = state->top;
    if (frame->index < frame->element_count) {
        state->phase = PHASE_BEGIN;
        return MATCH_DONE;
    }
    if (frame->is_list) return match_item_over(matcher);
    if (state->bits_left) return match_fail(matcher, "%u bits are missing to a whole byte", state->bits_left);
    state->phase = PHASE_OVER;
    return MATCH_DONE;
}

// What may begin in the middle of a byte: bits, and a list that may be of bits.
static bool may_split_byte(const struct element_code *element) {
    return !element->bytes &&
           (element->type == TYPE_WORD_BIT || element->type == TYPE_WORD_BITS || element->type == TYPE_WORD_LIST);
}

static enum match_status phase_begin(struct matcher *matcher, struct input *input) {
    (void)input;
    struct matcher_state *const state = matcher->state;
    const struct element_code *const element = match_element(matcher);
    if (state->bits_left && !may_split_byte(element)) {
        return match_fail(matcher, "%u bits are missing to a whole byte before this", state->bits_left);
    }
    state->progress = (struct progress){
        .element = element,
        .kind = match_kind(element),
        .start = matcher->consumed_bytes - (state->bits_left > 0),
        .holds = element->capture != PLAN_NONE || element->op != OP_NONE || state->top->wants_values,
    };
    if (element->op != OP_NONE && element->op != OP_MATCH) {
        enum match_status const status = match_eval(matcher, element->right, &state->progress.right);
        if (status != MATCH_DONE) return status;
    }
    state->phase = PHASE_TAKE;
    enum match_status const status = state->progress.kind->begin(matcher);
    if (status != MATCH_DONE) state->phase = PHASE_BEGIN;
    return status;
}

// The first `count` of the input belong to the match.
static void consume(struct matcher *matcher, struct input *input, size_t count) {
    if (count == 0) return;
    struct matcher_state *const state = matcher->state;
    size_t const fresh = count < TAIL_BYTES ? count : TAIL_BYTES;
    size_t const kept = state->tail_bytes < TAIL_BYTES - fresh ? state->tail_bytes : TAIL_BYTES - fresh;
    memmove(state->tail, state->tail + state->tail_bytes - kept, kept);
    memcpy(state->tail + kept, input->bytes.data + count - fresh, fresh);
    state->tail_bytes = kept + fresh;
    matcher->consumed_bytes += count;
    input->used_bytes += count;
    input->bytes = slice_of(input->bytes.data + count, input->bytes.len_bytes - count);
}

static enum match_status phase_take(struct matcher *matcher, struct input *input) {
    struct matcher_state *const state = matcher->state;
    size_t used = 0;
    enum match_status status = state->progress.kind->take(matcher, input->bytes, &used);
    consume(matcher, input, used);
    if (status == MATCH_MISMATCH) return mismatch_byte(matcher, input->bytes);
    if (status == MATCH_MORE && input->is_end) {
        if (!state->progress.kind->ends_with_stream) return mismatch_end(matcher);
        status = MATCH_DONE;
    }
    if (status != MATCH_DONE) return status;
    if (state->progress.holds) state->progress.kind->finish(matcher);
    state->phase = PHASE_COMPLETE;
    return MATCH_DONE;
}

static enum match_status compare_value(struct matcher *matcher, bool *truth) {
    const struct progress *const progress = &matcher->state->progress;
    const struct element_code *const element = progress->element;
    struct arena *const outer = matcher->env->arena;
    matcher->env->arena = matcher->arena;
    enum eval_status const status =
        element->op == OP_MATCH
            ? operator_match(matcher->env, element->right, &progress->value, truth)
            : operator_compare(matcher->env, element->span, element->op, &progress->value, &progress->right, truth);
    matcher->env->arena = outer;
    return OF_EVAL[status];
}

static enum match_status phase_complete(struct matcher *matcher, struct input *input) {
    (void)input;
    struct matcher_state *const state = matcher->state;
    struct progress *const progress = &state->progress;
    if (progress->element->op != OP_NONE) {
        bool truth = false;
        enum match_status const status = compare_value(matcher, &truth);
        if (status != MATCH_DONE) return status;
        if (!truth) return mismatch_value(matcher);
    }
    if (progress->element->capture != PLAN_NONE) {
        matcher->env->write_slot(matcher->env, progress->element->capture, &progress->value);
    }
    if (state->top->is_list) {
        enum match_status const status = match_item_value(matcher, &progress->value);
        if (status != MATCH_DONE) return status;
    }
    state->top->index++;
    state->phase = PHASE_NEXT;
    return MATCH_DONE;
}

static enum match_status (*const PHASES[])(struct matcher *matcher, struct input *input) = {
    [PHASE_NEXT] = phase_next,
    [PHASE_BEGIN] = phase_begin,
    [PHASE_TAKE] = phase_take,
    [PHASE_COMPLETE] = phase_complete,
};

static enum match_status matcher_run(struct matcher *matcher, struct input *input) {
    while (matcher->state->phase != PHASE_OVER) {
        enum match_status const status = PHASES[matcher->state->phase](matcher, input);
        if (status != MATCH_DONE) return status;
    }
    return MATCH_DONE;
}

// ---- the matcher

void matcher_start(struct matcher *matcher, const struct pattern_code *pattern, struct eval_env *env,
                   struct arena *arena) {
    *matcher = (struct matcher){.pattern = pattern, .env = env, .arena = arena};
    matcher->state = arena_alloc(arena, sizeof *matcher->state);
    match_push(matcher, pattern->elements, pattern->element_count);
}

enum match_status matcher_feed(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct input input = {.bytes = bytes};
    enum match_status const status = matcher_run(matcher, &input);
    *used = input.used_bytes;
    return status;
}

enum match_status matcher_end(struct matcher *matcher) {
    struct input input = {.is_end = true};
    return matcher_run(matcher, &input);
}

uint64_t matcher_needs(struct matcher *matcher, bool *exactly, enum match_status *status) {
    struct input input = {0};
    *exactly = false;
    *status = matcher_run(matcher, &input);
    if (*status != MATCH_MORE) return 0;
    return match_needed_bytes(matcher, exactly);
}
