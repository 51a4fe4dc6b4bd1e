// Messages from values: fields are worked out when they are asked for, whatever their order in the text.
#include "encode.h"
#include "eval.h"
#include "names.h"
#include "plan/record.h"

#include <string.h>

enum stage { STAGE_UNKNOWN, STAGE_BUSY, STAGE_ABSENT, STAGE_CONDITION_HOLDS, STAGE_KNOWN };

// A field's bytes that were asked for before its turn, and which names there were before and behind them.
struct trial {
    struct name_place place;
    const struct name_note *newest;
    const struct bytes *bytes; // NULL: none was
};

// One message being built. Lives on the stack; env->scope points at it while terms of the layout are evaluated.
struct builder {
    struct message_scope scope; // first, so that it is found from there
    struct message_scope *outer;
    struct span span; // of the message's value
    const struct message_code *message;
    const struct term *const *given; // by field: its value, read in the scope around; NULL in one that is built again
    const struct record *record;     // that is built again: its values stand for those that were given; else NULL
    struct value *values;
    enum stage *stages;
    bool *has_gift; // by field: its value has been read before its `when` was asked
    struct name_place *places; // of a message with names, by field: where it goes
    struct trial *trials;      // and what was tried for it
    uint32_t placed_count;     // of the fields that have a place: the last of them is being written
    bool has_failed; // and said where: whatever asked for that field fails with it
};

static struct builder *builder_of(struct message_scope *scope) {
    return (struct builder *)(void *)scope;
}

// ---- failures

// FAILED, of a field of this message; `what` begins with the path below the field.
static enum eval_status fail_field(struct builder *builder, struct eval_env *env, uint32_t field, struct span span,
                                   const char *what) {
    const struct message_code *const message = builder->message;
    enum eval_status const status = eval_fail(env, span, "%s.%s%s", message->name, message->fields[field].name, what);
    env->message_root_bytes = (uint32_t)strlen(message->name);
    builder->has_failed = true;
    return status;
}

// What failed was the value for a field: the path to it goes before the message.
static enum eval_status wrap_failure(struct builder *builder, struct eval_env *env, uint32_t field, const char *index,
                                     enum eval_status status) {
    if (status != EVAL_FAILED || builder->has_failed) return status;
    struct span const span = env->message_span;
    const char *const below = env->message_root_bytes
                                  ? arena_text(env->arena, "%s%s", index, env->message + env->message_root_bytes)
                                  : arena_text(env->arena, "%s: %s", index, env->message ? env->message : "no value");
    return fail_field(builder, env, field, span, below);
}

// ---- values

static const struct term *given_term(const struct builder *builder, uint32_t field) {
    return builder->given ? builder->given[field] : NULL;
}

// What was received is as if all had been given that the layout does not compute.
static bool was_given(const struct record *record, uint32_t field) {
    return record->is_given ? record->is_given[field] : !record->message->fields[field].value;
}

// A list item by item, so that a failure says which.
static enum eval_status eval_items(struct builder *builder, struct eval_env *env, uint32_t field,
                                   const struct term *list, struct value *value) {
    struct value *const items = arena_array(env->arena, list->item_count, sizeof *items);
    for (uint32_t i = 0; i < list->item_count; i++) {
        enum eval_status const status = term_eval(list->items[i], env, &items[i]);
        if (status != EVAL_DONE) return wrap_failure(builder, env, field, arena_text(env->arena, "[%u]", i), status);
    }
    *value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = list->item_count};
    return EVAL_DONE;
}

// What was given is read in the scope around, what the layout says in the message's own.
static enum eval_status eval_field(struct builder *builder, struct eval_env *env, uint32_t field, struct value *value) {
    const struct term *const given = given_term(builder, field);
    const struct field_code *const code = &builder->message->fields[field];
    const struct term *const term = given ? given : code->value ? code->value : code->fallback;
    if (builder->record && was_given(builder->record, field)) {
        *value = builder->record->values[field];
        return EVAL_DONE;
    }
    if (!term) return fail_field(builder, env, field, builder->span, " needs a value: its `when` holds");
    env->message_root_bytes = 0;
    if (given) env->scope = builder->outer;
    enum eval_status const status = term->kind == TERM_LIST ? eval_items(builder, env, field, term, value)
                                                            : term_eval(term, env, value);
    env->scope = &builder->scope;
    return status == EVAL_DONE ? status : wrap_failure(builder, env, field, "", status);
}

// To a field that is not there nothing but `none` is given.
static enum eval_status check_absent(struct builder *builder, struct eval_env *env, uint32_t field) {
    const struct term *const given = given_term(builder, field);
    if (!given) return EVAL_DONE;
    struct value value;
    enum eval_status const status = eval_field(builder, env, field, &value);
    if (status != EVAL_DONE || value.kind == VALUE_NONE) return status;
    return fail_field(builder, env, field, given->span, " is given a value, and its `when` does not hold");
}

// Whether the field is there at all.
static enum eval_status settle_condition(struct builder *builder, struct eval_env *env, uint32_t field) {
    const struct field_code *const code = &builder->message->fields[field];
    if (builder->stages[field] == STAGE_BUSY) {
        return fail_field(builder, env, field, code->span, ": its value depends on itself");
    }
    if (builder->stages[field] != STAGE_UNKNOWN) return EVAL_DONE;
    struct value truth = value_boolean(true);
    builder->stages[field] = STAGE_BUSY;
    env->message_root_bytes = 0;
    if (code->condition) {
        enum eval_status const status = term_eval_kind(code->condition, env, VALUE_BOOLEAN, &truth);
        if (status != EVAL_DONE) return wrap_failure(builder, env, field, "", status);
    }
    builder->stages[field] = truth.number ? STAGE_CONDITION_HOLDS : STAGE_ABSENT;
    return truth.number ? EVAL_DONE : check_absent(builder, env, field);
}

static bool is_given(const struct builder *builder, uint32_t field) {
    return given_term(builder, field) || (builder->record && was_given(builder->record, field));
}

// Whether the field is there, as far as others are concerned, if it was given a value: so a flag, or a length, that its `when`
// reads may be computed from it. Its `when` is asked when it is written itself.
static bool is_by_gift(const struct builder *builder, uint32_t field) {
    const struct field_code *const code = &builder->message->fields[field];
    return code->condition && !code->value && !code->fallback && builder->stages[field] <= STAGE_BUSY;
}

// What was given to such a field, or `none`.
static enum eval_status read_gift(struct builder *builder, struct eval_env *env, uint32_t field, struct value *value) {
    if (!builder->has_gift[field] && is_given(builder, field)) {
        enum eval_status const status = eval_field(builder, env, field, &builder->values[field]);
        if (status != EVAL_DONE) return status;
        names_settle(env->arena, &builder->message->elements[field], &builder->values[field]);
    }
    builder->has_gift[field] = true;
    *value = builder->values[field];
    return EVAL_DONE;
}

// The field's value where its `when` is asked first.
static enum eval_status read_settled(struct builder *builder, struct eval_env *env, uint32_t field, struct value *value) {
    enum eval_status status = settle_condition(builder, env, field);
    if (status != EVAL_DONE) return status;
    if (builder->stages[field] == STAGE_CONDITION_HOLDS && builder->has_gift[field] && is_given(builder, field)) {
        builder->stages[field] = STAGE_KNOWN;
    } else if (builder->stages[field] == STAGE_CONDITION_HOLDS) {
        builder->stages[field] = STAGE_BUSY;
        status = eval_field(builder, env, field, &builder->values[field]);
        if (status != EVAL_DONE) return status;
        names_settle(env->arena, &builder->message->elements[field], &builder->values[field]);
        builder->stages[field] = STAGE_KNOWN;
    }
    *value = builder->values[field]; // `none` where it is absent
    return EVAL_DONE;
}

static enum eval_status read_field(struct message_scope *scope, struct eval_env *env, uint32_t field,
                                   struct value *value) {
    struct builder *const builder = builder_of(scope);
    return is_by_gift(builder, field) ? read_gift(builder, env, field, value) : read_settled(builder, env, field, value);
}

// ---- bytes

// Notes where the field goes, which is written next.
static void place_field(struct builder *builder, uint32_t field, const struct name_place *base, uint64_t written_bytes) {
    builder->places[field] = *base;
    builder->places[field].at += written_bytes;
    builder->placed_count = field + 1;
}

// Puts what was tried for the same place: messages in one another, each with the size of the next, would else be built twice
// as often with every level.
static bool put_trial(struct builder *builder, struct encoder *encoder, uint32_t field) {
    struct name_place *const names = encoder->env->names;
    const struct trial *const trial = names ? &builder->trials[field] : NULL;
    if (!trial || !trial->bytes || trial->place.at != names->at + encoder->len_bytes) return false;
    if (trial->place.origin != names->origin || trial->place.newest != names->newest) return false;
    encoder_put_bytes(encoder, trial->bytes);
    names->newest = trial->newest;
    return true;
}

static enum eval_status put_field(struct builder *builder, struct encoder *encoder, uint32_t field, bool is_final) {
    struct value value;
    struct eval_env *const env = encoder->env;
    bool const is_gift = !is_final && is_by_gift(builder, field);
    enum eval_status const status = is_gift ? read_gift(builder, env, field, &value) : read_settled(builder, env, field, &value);
    bool const is_there = is_gift ? value.kind != VALUE_NONE : builder->stages[field] != STAGE_ABSENT;
    if (status != EVAL_DONE || !is_there) return status;
    if (put_trial(builder, encoder, field)) return EVAL_DONE;
    const char *const error = encoder_put(encoder, &builder->message->elements[field], &value);
    if (!error) return EVAL_DONE;
    const struct term *const given = given_term(builder, field);
    return fail_field(builder, env, field, given ? given->span : builder->span, error);
}

// The fields one behind the other, from where `here` says, which is behind the last one then; `is_final`: that is where they
// go. Without `here` they have no names, or none whose place matters.
static enum eval_status encode_row(struct builder *builder, struct eval_env *env, uint32_t first, uint32_t last,
                                   struct name_place *here, bool is_final, struct value *value) {
    struct encoder encoder;
    struct name_place *const around = env->names;
    struct name_place base = here ? *here : (struct name_place){0};
    enum eval_status status = EVAL_DONE;
    encoder_init(&encoder, env, builder->span);
    env->names = here ? &base : NULL;
    for (uint32_t i = first; i <= last && status == EVAL_DONE; i++) {
        if (i == builder->message->origin) base.origin = base.at + encoder.len_bytes;
        if (is_final && here) place_field(builder, i, &base, encoder.len_bytes);
        status = put_field(builder, &encoder, i, is_final);
    }
    env->names = around;
    if (status != EVAL_DONE) return status;
    const struct bytes *const bytes = encoder_finish(&encoder);
    if (!bytes) return fail_field(builder, env, last, builder->span, ": more bytes than 64 bits count");
    *value = value_bytes(bytes);
    if (!here) return EVAL_DONE;
    if (!is_final && first == last) builder->trials[first] = (struct trial){*here, base.newest, bytes};
    *here = base;
    here->at += bytes->len_bytes;
    return EVAL_DONE;
}

// ---- bytes that are asked for out of their turn

static bool is_fixed(const struct builder *builder, uint32_t field, integer *bits) {
    struct element_code element = builder->message->elements[field];
    element.field = NULL; // its condition is settled where this is asked
    return element_fixed_bits(&element, bits);
}

// Whether a field is there; one that is being worked out is, where that `may_be_busy`.
static enum eval_status settle_presence(struct builder *builder, struct eval_env *env, uint32_t field, bool may_be_busy,
                                        bool *is_there) {
    bool const is_busy = may_be_busy && builder->stages[field] == STAGE_BUSY;
    if (is_by_gift(builder, field)) {
        struct value gift = {.kind = VALUE_NONE};
        enum eval_status const status = read_gift(builder, env, field, &gift);
        *is_there = gift.kind != VALUE_NONE;
        return status;
    }
    enum eval_status const status = is_busy ? EVAL_DONE : settle_condition(builder, env, field);
    *is_there = status == EVAL_DONE && builder->stages[field] != STAGE_ABSENT;
    return status;
}

// Where the field goes: as far as has been written that is known, behind it what has names is tried, and of anything else
// only a fixed size counts.
static enum eval_status find_place(struct builder *builder, struct eval_env *env, uint32_t field, struct name_place *here) {
    integer bits = 0;
    bool is_there;
    struct value tried;
    uint32_t const placed = builder->placed_count;
    *here = builder->places[field < placed ? field : placed - 1];
    for (uint32_t i = placed - 1; i < field; i++) {
        integer more = 0;
        if (i >= placed && i == builder->message->origin) here->origin = here->at + (uint64_t)bits / 8;
        enum eval_status status = settle_presence(builder, env, i, true, &is_there);
        if (status != EVAL_DONE) return status;
        if (!is_there) continue;
        bool const may_be_tried = builder->message->fields[i].has_names && builder->stages[i] != STAGE_BUSY;
        if (!is_fixed(builder, i, &more) && may_be_tried) status = encode_row(builder, env, i, i, here, false, &tried);
        else if (!is_fixed(builder, i, &more)) here->is_guessed = true;
        if (status != EVAL_DONE) return status;
        bits += more;
        here->at += (uint64_t)bits / 8;
        bits %= 8;
    }
    if (field >= placed && field == builder->message->origin) here->origin = here->at;
    return EVAL_DONE;
}

static bool has_names(const struct builder *builder, uint32_t first, uint32_t last) {
    for (uint32_t i = first; i <= last && builder->places; i++) {
        if (builder->message->fields[i].has_names) return true;
    }
    return false;
}

static enum eval_status read_range(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                   struct value *value) {
    struct builder *const builder = builder_of(scope);
    if (!has_names(builder, first, last)) return encode_row(builder, env, first, last, NULL, false, value);
    struct name_place here;
    enum eval_status const status = find_place(builder, env, first, &here);
    if (status != EVAL_DONE) return status;
    if (here.is_guessed && !builder->places[builder->placed_count - 1].is_guessed) { // else it is tried for its size alone
        return fail_field(builder, env, first, builder->span,
                          ": its names have no place yet, behind a field whose size is not known before");
    }
    return encode_row(builder, env, first, last, &here, false, value);
}

static enum eval_status read_field_size(struct builder *builder, struct eval_env *env, uint32_t field, integer *bits) {
    struct value value;
    struct name_place here;
    bool const is_placed = has_names(builder, field, field);
    enum eval_status status = is_placed ? find_place(builder, env, field, &here) : EVAL_DONE;
    if (status == EVAL_DONE) status = encode_row(builder, env, field, field, is_placed ? &here : NULL, false, &value);
    if (status == EVAL_DONE) *bits = (integer)value.bytes->len_bytes * 8;
    return status;
}

// The size of a field with a fixed type is known before its value is: a length may count itself.
static enum eval_status read_size(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                  struct value *value) {
    struct builder *const builder = builder_of(scope);
    integer bits = 0;
    for (uint32_t i = first; i <= last; i++) {
        integer more = 0;
        bool is_there = true;
        bool const is_known = is_fixed(builder, i, &more);
        enum eval_status status = settle_presence(builder, env, i, is_known, &is_there);
        if (status != EVAL_DONE) return status;
        if (!is_there) continue;
        if (!is_known) status = read_field_size(builder, env, i, &more);
        if (status != EVAL_DONE) return status;
        if (__builtin_add_overflow(bits, more, &bits)) bits = INTEGER_MAX * 8;
    }
    *value = value_integer((bits + 7) / 8);
    return EVAL_DONE;
}

// ---- the message

static enum eval_status encode_all(struct builder *builder, struct eval_env *env, struct name_place *here,
                                   struct value *value) {
    const struct message_code *const message = builder->message;
    builder->scope = (struct message_scope){.read_field = read_field, .read_range = read_range, .read_size = read_size};
    builder->outer = env->scope;
    builder->values = arena_array(env->arena, message->field_count, sizeof *builder->values);
    builder->stages = arena_array(env->arena, message->field_count, sizeof *builder->stages);
    builder->has_gift = arena_array(env->arena, message->field_count, sizeof *builder->has_gift);
    if (here) builder->places = arena_array(env->arena, message->field_count, sizeof *builder->places);
    if (here) builder->trials = arena_array(env->arena, message->field_count, sizeof *builder->trials);
    if (env->build_depth == MESSAGE_NESTING_MAX) {
        return eval_fail(env, builder->span, "messages of more than %d levels", MESSAGE_NESTING_MAX);
    }
    env->scope = &builder->scope;
    env->build_depth++;
    enum eval_status const status = encode_row(builder, env, 0, message->field_count - 1, here, true, value);
    env->build_depth--;
    env->scope = builder->outer;
    return status;
}

// Which fields were given: whoever compares it, or builds it again for a place of its own, needs to know.
static const bool *note_given(const struct builder *builder, struct eval_env *env) {
    bool *const is_given = arena_array(env->arena, builder->message->field_count, sizeof *is_given);
    for (uint32_t i = 0; i < builder->message->field_count; i++) is_given[i] = builder->given[i] != NULL;
    return is_given;
}

enum eval_status build_eval(const struct term *term, struct eval_env *env, struct value *value) {
    const struct message_code *const message = term->build->message;
    struct builder builder = {.span = term->span, .message = message, .given = term->build->given};
    uint32_t work = 0;
    struct name_place place = {.work = env->names && env->names->work ? env->names->work : &work};
    enum eval_status const status = encode_all(&builder, env, message->has_names ? &place : NULL, value);
    if (status != EVAL_DONE) return status;
    struct record *const record = arena_alloc(env->arena, sizeof *record);
    *record = (struct record){.message = message, .values = builder.values, .encoded = value->bytes, .depth = 1};
    record->is_given = note_given(&builder, env);
    for (uint32_t i = 0; i < message->field_count; i++) {
        uint32_t const depth = record_depth(&builder.values[i]) + 1;
        if (depth > record->depth) record->depth = depth;
    }
    if (record->depth > MESSAGE_NESTING_MAX) {
        return eval_fail(env, term->span, "messages of more than %d levels", MESSAGE_NESTING_MAX);
    }
    for (uint32_t i = 0; i < message->field_count && env->note_field; i++)
        if (builder.stages[i] != STAGE_ABSENT) env->note_field(env, message, i, FIELD_BUILT);
    *value = (struct value){.kind = VALUE_RECORD, .record = record};
    return EVAL_DONE;
}

enum eval_status build_again(const struct record *record, struct span span, struct eval_env *env,
                             const struct bytes **bytes) {
    struct builder builder = {.span = span, .message = record->message, .record = record};
    struct value value;
    if (++*env->names->work > NAME_WORK_MAX) {
        return eval_fail(env, span, "messages with names in one another are built anew more than %d times", NAME_WORK_MAX);
    }
    enum eval_status const status = encode_all(&builder, env, env->names, &value);
    if (status == EVAL_DONE) *bytes = value.bytes;
    return status;
}
