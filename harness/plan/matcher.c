#include "matcher_state.h"
#include "names.h"

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

// What is evaluated lies in the matcher's arena, and the innermost message is the one around it.
static struct eval_env enter(struct matcher *matcher) {
    struct eval_env const outer = *matcher->env;
    matcher->env->arena = matcher->arena;
    matcher->env->scope = match_scope(matcher);
    return outer;
}

static enum match_status leave(struct matcher *matcher, const struct eval_env *outer, enum eval_status status) {
    matcher->env->arena = outer->arena;
    matcher->env->scope = outer->scope;
    return OF_EVAL[status];
}

enum match_status match_eval_asked(struct matcher *matcher, const struct term *term, struct value *value) {
    struct eval_env const outer = enter(matcher);
    return leave(matcher, &outer, term_eval(term, matcher->env, value));
}

// Where a term of a layout reads what came, its having no value is the peer's doing; else it is the scenario's own.
static enum match_status blame(struct matcher *matcher, const struct term *term, enum match_status status) {
    if (status != MATCH_FAILED || !match_scope(matcher) || !term->reads_layout) return status;
    struct slice const text = span_text(term->span);
    return mismatch_because(matcher, "%.*s: %s", (int)text.len_bytes, (const char *)text.data, matcher->env->message);
}

enum match_status match_eval(struct matcher *matcher, const struct term *term, struct value *value) {
    return blame(matcher, term, match_eval_asked(matcher, term, value));
}

enum match_status match_eval_kind(struct matcher *matcher, const struct term *term, enum value_kind kind,
                                  struct value *value) {
    struct eval_env const outer = enter(matcher);
    return blame(matcher, term, leave(matcher, &outer, term_eval_kind(term, matcher->env, kind, value)));
}

enum match_status match_fail(struct matcher *matcher, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    matcher->env->message = arena_vtext(matcher->arena, format, arguments);
    va_end(arguments);
    matcher->env->message_span = match_element(matcher)->span;
    return MATCH_FAILED;
}

enum match_status match_refuse(struct matcher *matcher, bool is_of_peer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *const why = arena_vtext(matcher->arena, format, arguments);
    va_end(arguments);
    if (!is_of_peer || !match_scope(matcher)) return match_fail(matcher, "%s", why);
    matcher->state->progress.wrong = why; // for phase_take, where the element takes bytes
    struct buffer text = {0};
    match_describe(matcher->state->progress.element, &text);
    enum match_status const status = mismatch_because(matcher, "%s: %s", text.data, why);
    buffer_fini(&text);
    return status;
}

const struct element_code *match_element(const struct matcher *matcher) {
    const struct frame *const frame = matcher->state->top;
    return &frame->elements[frame->index < frame->element_count ? frame->index : frame->element_count - 1];
}

uint8_t *match_append(struct arena *arena, uint8_t *data, size_t *len_bytes, size_t *cap_bytes, struct slice more) {
    size_t const needed = *len_bytes + more.len_bytes;
    if (needed > *cap_bytes) {
        size_t cap = *cap_bytes ? *cap_bytes * 2 : 64;
        while (cap < needed) cap *= 2;
        uint8_t *const grown = arena_alloc(arena, cap);
        if (*len_bytes) memcpy(grown, data, *len_bytes);
        data = grown;
        *cap_bytes = cap;
    }
    memcpy(data + *len_bytes, more.data, more.len_bytes);
    *len_bytes = needed;
    return data;
}

enum match_status match_hold(struct matcher *matcher, struct slice bytes) {
    struct progress *const progress = &matcher->state->progress;
    if (!progress->holds || bytes.len_bytes == 0) return MATCH_DONE;
    if (bytes.len_bytes > HELD_BYTES_MAX - progress->held_bytes) {
        return match_refuse(matcher, true, "more than %d bytes are not held", HELD_BYTES_MAX);
    }
    progress->held = match_append(matcher->arena, progress->held, &progress->held_bytes, &progress->held_cap_bytes, bytes);
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
    struct place *const places = frame ? frame->places : NULL;
    uint32_t const place_cap = frame ? frame->place_cap : 0;
    if (frame) {
        state->spare = frame->parent;
    } else {
        frame = arena_alloc(matcher->arena, sizeof *frame);
    }
    *frame = (struct frame){
        .parent = state->top, .elements = elements, .element_count = element_count, .outer = state->progress,
        .places = places, .place_cap = place_cap, .bound = BOUND_NONE,
        .limit = state->top ? state->top->limit : BOUND_NONE};
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
    if (frame->is_sized) return match_sized_over(matcher);
    if (frame->message) return match_message_over(matcher);
    if (state->bits_left) return match_fail(matcher, "%u bits are missing to a whole byte", state->bits_left);
    state->phase = PHASE_OVER;
    return MATCH_DONE;
}

static enum match_status phase_ahead(struct matcher *matcher, struct input *input) {
    bool is_there = input->bytes.len_bytes > 0;
    if (!match_knows_ahead(matcher, &is_there) && !is_there && !input->is_end) return MATCH_MORE;
    return match_item_ahead(matcher, is_there);
}

// What may begin in the middle of a byte: bits, a list that may be of bits, and what will be one of them.
static bool may_split_byte(const struct element_code *element) {
    return !element->bytes && !element->message &&
           (element->arms || element->type == TYPE_WORD_BIT || element->type == TYPE_WORD_BITS || element->type == TYPE_WORD_LIST);
}

static void start_progress(struct matcher *matcher, const struct element_code *element) {
    struct matcher_state *const state = matcher->state;
    const struct field_code *const field = element->field;
    state->progress = (struct progress){
        .element = element,
        .kind = match_kind(element),
        .start = matcher->consumed_bytes - (state->bits_left > 0),
        .holds = element->capture != PLAN_NONE || element->op != OP_NONE || state->top->wants_values ||
                 (field && (field->is_read || field->value)),
    };
}

// A field's own rules, and which of its types a switch has here.
static enum match_status begin_in_message(struct matcher *matcher, const struct element_code *element,
                                          bool *is_there) {
    enum match_status status = MATCH_DONE;
    start_progress(matcher, element);
    if (element->field) status = match_field_begin(matcher, element, is_there);
    if (status != MATCH_DONE || !*is_there) return status;
    while (element->arms) {
        status = match_pick(matcher, &element);
        if (status != MATCH_DONE) return status;
        start_progress(matcher, element);
    }
    return element->field ? match_field_rules(matcher, element) : MATCH_DONE;
}

// Whether the peer's bytes say how many items a list around this place has.
static bool is_as_long_as_told(const struct frame *frame) {
    for (; frame; frame = frame->parent) {
        if (!frame->is_list) continue;
        const struct term *const count = frame->outer.element->argument;
        if (!count || count->reads_layout) return true;
    }
    return false;
}

static enum match_status phase_begin(struct matcher *matcher, struct input *input) {
    (void)input;
    struct matcher_state *const state = matcher->state;
    bool is_there = true;
    if (++state->idle_elements > IDLE_ELEMENTS_MAX) {
        start_progress(matcher, match_element(matcher));
        return match_refuse(matcher, is_as_long_as_told(state->top),
                            "more than %d items and fields of no bytes, one behind the other", IDLE_ELEMENTS_MAX);
    }
    enum match_status const begun = begin_in_message(matcher, match_element(matcher), &is_there);
    if (begun != MATCH_DONE || !is_there) return begun;
    const struct element_code *const element = state->progress.element;
    if (state->bits_left && !may_split_byte(element)) {
        return match_fail(matcher, "%u bits are missing to a whole byte before this", state->bits_left);
    }
    if (element->op != OP_NONE && element->op != OP_MATCH) {
        enum match_status const status = match_eval_asked(matcher, element->right, &state->progress.right);
        if (status != MATCH_DONE) return status;
        bool const is_equality = element->op == OP_EQUAL || element->op == OP_NOT_EQUAL;
        if (is_equality) names_settle(matcher->arena, element, &state->progress.right);
    }
    state->phase = PHASE_TAKE;
    enum match_status const status = state->progress.kind->begin(matcher);
    if (status != MATCH_DONE) state->phase = PHASE_BEGIN;
    return status;
}

// The first `count` of the input belong to the match.
static enum match_status consume(struct matcher *matcher, struct input *input, size_t count) {
    if (count == 0) return MATCH_DONE;
    struct matcher_state *const state = matcher->state;
    size_t const fresh = count < TAIL_BYTES ? count : TAIL_BYTES;
    size_t const kept = state->tail_bytes < TAIL_BYTES - fresh ? state->tail_bytes : TAIL_BYTES - fresh;
    memmove(state->tail, state->tail + state->tail_bytes - kept, kept);
    memcpy(state->tail + kept, input->bytes.data + count - fresh, fresh);
    state->tail_bytes = kept + fresh;
    matcher->consumed_bytes += count;
    state->idle_elements = 0;
    input->used_bytes += count;
    struct slice const consumed = slice_of(input->bytes.data, count);
    input->bytes = slice_of(input->bytes.data + count, input->bytes.len_bytes - count);
    return match_keep(matcher, consumed);
}

static enum match_status phase_take(struct matcher *matcher, struct input *input) {
    struct matcher_state *const state = matcher->state;
    size_t used = 0;
    uint64_t const room = match_room(matcher);
    size_t const len_bytes = room < input->bytes.len_bytes ? (size_t)room : input->bytes.len_bytes;
    struct slice const bytes = slice_of(input->bytes.data, len_bytes);
    enum match_status status = state->progress.kind->take(matcher, bytes, &used);
    enum match_status const kept = consume(matcher, input, used);
    if (kept != MATCH_DONE) return kept;
    if (status == MATCH_MISMATCH) return mismatch_byte(matcher, input->bytes);
    if (status == MATCH_MORE && used == room) return mismatch_limit(matcher);
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
    struct eval_env const outer = enter(matcher);
    enum eval_status const status =
        element->op == OP_MATCH
            ? operator_match(matcher->env, element->right, &progress->value, truth)
            : operator_compare(matcher->env, element->span, element->op, &progress->value, &progress->right, truth);
    return leave(matcher, &outer, status);
}

static enum match_status phase_complete(struct matcher *matcher, struct input *input) {
    (void)input;
    struct matcher_state *const state = matcher->state;
    struct progress *const progress = &state->progress;
    if (progress->has_computed && !value_equal(&progress->value, &progress->computed)) {
        return mismatch_field(matcher, state->top->index, &progress->computed);
    }
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
    if (state->top->message) return match_field_over(matcher);
    if (state->top->is_sized) state->top->last = progress->value;
    state->top->index++;
    state->phase = PHASE_NEXT;
    return MATCH_DONE;
}

static enum match_status (*const PHASES[])(struct matcher *matcher, struct input *input) = {
    [PHASE_NEXT] = phase_next,
    [PHASE_AHEAD] = phase_ahead,
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
    for (uint32_t i = 0; i < pattern->element_count; i++) {
        if (!match_has_names(&pattern->elements[i])) continue;
        match_begin_keeping(matcher);
        break;
    }
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
    if (*status != MATCH_MORE || matcher->state->phase == PHASE_AHEAD) return 0;
    return match_needed_bytes(matcher, exactly);
}
