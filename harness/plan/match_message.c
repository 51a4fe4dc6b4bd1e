// Messages: a row of fields on the stack, each matched as an element, and what the layout says of them verified as soon as
// it is known.
#include "matcher_state.h"
#include "names.h"
#include "plan/record.h"

#include <string.h>

// ---- what the layout's terms read

static struct match_scope *scope_of(struct message_scope *scope) {
    return (struct match_scope *)(void *)scope;
}

struct message_scope *match_scope(const struct matcher *matcher) {
    for (struct frame *frame = matcher->state->top; frame; frame = frame->parent) {
        if (frame->message) return &frame->scope.scope;
    }
    return NULL;
}

static enum eval_status read_field(struct message_scope *scope, struct eval_env *env, uint32_t field,
                                   struct value *value) {
    (void)env;
    *value = scope_of(scope)->frame->places[field].value;
    return EVAL_DONE;
}

// A list that asks for its own size in `until` asks how much of it has come.
static uint64_t end_of(const struct match_scope *scope, uint32_t field) {
    const struct frame *const frame = scope->frame;
    return field < frame->index || frame->places[field].is_there ? frame->places[field].end
                                                                  : scope->matcher->consumed_bytes;
}

static enum eval_status read_range(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                   struct value *value) {
    const struct match_scope *const matched = scope_of(scope);
    const struct matcher_state *const state = matched->matcher->state;
    uint64_t const start = matched->frame->places[first].start;
    uint64_t const end = end_of(matched, last);
    const uint8_t *const kept = end > start ? state->kept + (start - state->kept_from) : NULL;
    *value = value_bytes(bytes_held(env->arena, slice_of(kept, (size_t)(end - start))));
    return EVAL_DONE;
}

static enum eval_status read_size(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                  struct value *value) {
    (void)env;
    const struct match_scope *const matched = scope_of(scope);
    *value = value_integer((integer)end_of(matched, last) - (integer)matched->frame->places[first].start);
    return EVAL_DONE;
}

// ---- the bytes of messages

void match_begin_keeping(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    if (state->keepers++) return;
    if (state->kept_is_shared) {
        state->kept = NULL;
        state->kept_cap_bytes = 0;
        state->kept_is_shared = false;
    }
    state->kept_bytes = 0;
    state->kept_from = matcher->consumed_bytes;
}

enum match_status match_keep(struct matcher *matcher, struct slice bytes) {
    struct matcher_state *const state = matcher->state;
    if (!state->keepers) return MATCH_DONE;
    if (bytes.len_bytes > HELD_BYTES_MAX - state->kept_bytes) {
        return match_refuse(matcher, true, "the bytes of a message are kept, and more than %d are not", HELD_BYTES_MAX);
    }
    if (bytes.len_bytes == 0) return MATCH_DONE;
    state->kept = match_append(matcher->arena, state->kept, &state->kept_bytes, &state->kept_cap_bytes, bytes);
    return MATCH_DONE;
}

static bool keeps(const struct frame *frame) {
    return frame->wants_values || frame->message->keeps_bytes || frame->message->has_names;
}

// ---- fields

static void go_on(struct matcher *matcher) {
    matcher->state->top->index++;
    matcher->state->phase = PHASE_NEXT;
}

// The `=` that could not be verified before this field had come, its own among them.
static enum match_status verify(struct matcher *matcher, uint32_t field) {
    const struct frame *const frame = matcher->state->top;
    const struct field_code *const fields = frame->message->fields;
    for (uint32_t i = fields[field].first_check; i != PLAN_NONE; i = fields[i].next_check) {
        if (!frame->places[i].is_there) continue;
        struct value wanted;
        enum match_status const status = match_eval(matcher, fields[i].value, &wanted);
        if (status != MATCH_DONE) return status;
        names_settle(matcher->arena, &frame->elements[i], &wanted);
        if (!value_equal(&frame->places[i].value, &wanted)) return mismatch_field(matcher, i, &wanted);
    }
    return MATCH_DONE;
}

// What the field's `where` says of it.
static enum match_status check_rule(struct matcher *matcher, uint32_t field) {
    const struct term *const rule = matcher->state->top->message->fields[field].rule;
    struct value truth = value_boolean(true);
    enum match_status const status = rule ? match_eval_kind(matcher, rule, VALUE_BOOLEAN, &truth) : MATCH_DONE;
    return status == MATCH_DONE && !truth.number ? mismatch_rule(matcher, rule) : status;
}

static enum match_status pass_absent(struct matcher *matcher, const struct element_code *element) {
    const struct frame *const frame = matcher->state->top;
    struct value const none = {.kind = VALUE_NONE};
    bool is_wrong = element->is_asked;
    uint32_t const capture = element->capture;
    while (element->type == TYPE_WORD_SIZED && element->op == OP_NONE) element = element->element; // what asks lies in it
    if (element->op == OP_EQUAL) { // `none` is what may be asked for here
        struct value right;
        enum match_status const status = match_eval_asked(matcher, element->right, &right);
        if (status != MATCH_DONE) return status;
        is_wrong = right.kind != VALUE_NONE;
    }
    if (is_wrong) return mismatch_because(matcher, "is not there: its `when` does not hold");
    if (capture != PLAN_NONE) matcher->env->write_slot(matcher->env, capture, &none);
    frame->places[frame->index].end = matcher->consumed_bytes;
    enum match_status const status = verify(matcher, frame->index);
    if (status == MATCH_DONE) go_on(matcher);
    return status;
}

enum match_status match_field_begin(struct matcher *matcher, const struct element_code *element, bool *is_there) {
    struct frame *const frame = matcher->state->top;
    const struct field_code *const field = element->field;
    frame->places[frame->index] = (struct place){.start = matcher->state->progress.start};
    frame->bound = BOUND_NONE;
    struct value truth = value_boolean(true);
    if (field->condition) {
        enum match_status const status = match_eval_kind(matcher, field->condition, VALUE_BOOLEAN, &truth);
        if (status != MATCH_DONE) return status;
    }
    *is_there = truth.number;
    return *is_there ? MATCH_DONE : pass_absent(matcher, element);
}

enum match_status match_field_rules(struct matcher *matcher, const struct element_code *element) {
    struct frame *const frame = matcher->state->top;
    struct progress *const progress = &matcher->state->progress;
    const struct field_code *const field = element->field;
    if (field->bound_by != PLAN_NONE && frame->places[field->bound_by].is_there) {
        integer const len = frame->places[field->bound_by].value.number;
        integer const end = (integer)frame->places[field->bound_first].start + len;
        if (len >= 0 && end < (integer)BOUND_NONE) frame->bound = (uint64_t)end;
    }
    if (!field->value || !field->is_known_before) return MATCH_DONE;
    enum match_status const status = match_eval(matcher, field->value, &progress->computed);
    progress->has_computed = status == MATCH_DONE;
    if (progress->has_computed) names_settle(matcher->arena, element, &progress->computed);
    return status;
}

uint64_t match_bound(const struct matcher *matcher) {
    for (const struct frame *frame = matcher->state->top; frame; frame = frame->parent) {
        if (frame->is_sized) return frame->limit;
        if (frame->is_list && frame->list_end != BOUND_NONE) return frame->list_end;
        if (frame->bound != BOUND_NONE) return frame->bound;
    }
    return BOUND_NONE;
}

enum match_status match_pick(struct matcher *matcher, const struct element_code **element) {
    const struct element_code *const choice = *element;
    struct value selector;
    enum match_status const status = match_eval(matcher, choice->selector, &selector);
    if (status != MATCH_DONE) return status;
    const struct arm_code *const arm = message_arm(choice, &selector);
    if (arm) *element = arm->element;
    if (arm && !arm->element->never) return MATCH_DONE;
    struct buffer shown = {0};
    value_print(&selector, &shown);
    struct slice const name = span_text(choice->selector->span);
    enum match_status const wrong =
        arm ? mismatch_because(matcher, "%s, and %.*s is %s", arm->element->never, (int)name.len_bytes,
                               (const char *)name.data, shown.data)
            : mismatch_because(matcher, "no type of the switch is for %.*s == %s", (int)name.len_bytes,
                               (const char *)name.data, shown.data);
    buffer_fini(&shown);
    return wrong;
}

enum match_status match_field_over(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    struct place *const place = &state->top->places[state->top->index];
    place->end = matcher->consumed_bytes;
    place->is_there = true;
    if (state->progress.holds) place->value = state->progress.value;
    enum match_status status = check_rule(matcher, state->top->index);
    if (status == MATCH_DONE) status = verify(matcher, state->top->index);
    if (status == MATCH_DONE) go_on(matcher);
    return status;
}

// ---- the message

static enum match_status message_begin(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    const struct element_code *const element = state->progress.element;
    const struct message_code *const message = element->message;
    bool const holds = state->progress.holds;
    if (state->message_depth == MESSAGE_NESTING_MAX) {
        return mismatch_because(matcher, "messages of more than %d levels", MESSAGE_NESTING_MAX);
    }
    state->message_depth++;
    struct frame *const frame = match_push(matcher, element->row, message->field_count);
    frame->message = message;
    frame->wants_values = holds;
    if (frame->place_cap < message->field_count) {
        frame->places = arena_array(matcher->arena, message->field_count, sizeof *frame->places);
        frame->place_cap = message->field_count;
    }
    memset(frame->places, 0, message->field_count * sizeof *frame->places);
    frame->scope = (struct match_scope){
        .scope = {.read_field = read_field, .read_range = read_range, .read_size = read_size},
        .matcher = matcher,
        .frame = frame,
    };
    if (keeps(frame)) match_begin_keeping(matcher);
    return MATCH_DONE;
}

static struct value record_value(struct matcher *matcher, const struct frame *frame) {
    struct matcher_state *const state = matcher->state;
    uint32_t const count = frame->message->field_count;
    struct value *const values = arena_array(matcher->arena, count, sizeof *values);
    struct record *const record = arena_alloc(matcher->arena, sizeof *record);
    uint64_t const start = frame->outer.start;
    size_t const len_bytes = (size_t)(matcher->consumed_bytes - start);
    const uint8_t *const bytes = len_bytes ? state->kept + (start - state->kept_from) : NULL;
    *record = (struct record){
        .message = frame->message,
        .values = values,
        .depth = 1,
        .encoded = bytes_held(matcher->arena, slice_of(bytes, len_bytes)),
    };
    for (uint32_t i = 0; i < count; i++) {
        values[i] = frame->places[i].value;
        uint32_t const depth = record_depth(&values[i]) + 1;
        if (depth > record->depth) record->depth = depth;
    }
    state->kept_is_shared = true;
    return (struct value){.kind = VALUE_RECORD, .record = record};
}

static void note_fields(struct matcher *matcher, const struct frame *frame) {
    struct eval_env *const env = matcher->env;
    for (uint32_t i = 0; i < frame->message->field_count && env->note_field; i++) {
        if (frame->places[i].is_there) env->note_field(env, frame->message, i, FIELD_MATCHED);
        if (frame->elements[i].is_asked) env->note_field(env, frame->message, i, FIELD_ASKED);
    }
}

enum match_status match_message_over(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    const struct frame *const frame = state->top;
    if (state->bits_left) return match_fail(matcher, "%u bits are missing to a whole byte", state->bits_left);
    struct value value = {.kind = VALUE_NONE};
    if (frame->wants_values) value = record_value(matcher, frame);
    note_fields(matcher, frame);
    if (keeps(frame)) state->keepers--;
    state->message_depth--;
    match_pop(matcher);
    state->progress.value = value;
    state->phase = PHASE_COMPLETE;
    return MATCH_DONE;
}

const struct element_kind MATCH_MESSAGE = {.begin = message_begin};
