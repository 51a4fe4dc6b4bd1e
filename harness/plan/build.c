// Messages from values: fields are worked out when they are asked for, whatever their order in the text.
#include "encode.h"
#include "eval.h"
#include "plan/record.h"

#include <string.h>

enum stage { STAGE_UNKNOWN, STAGE_BUSY, STAGE_ABSENT, STAGE_CONDITION_HOLDS, STAGE_KNOWN };

// One message being built. Lives on the stack; env->scope points at it while terms of the layout are evaluated.
struct builder {
    struct message_scope scope; // first, so that it is found from there
    struct message_scope *outer;
    const struct term *term;
    const struct build_code *code;
    struct value *values;
    enum stage *stages;
    bool has_failed; // and said where: whatever asked for that field fails with it
};

static struct builder *builder_of(struct message_scope *scope) {
    return (struct builder *)(void *)scope;
}

// ---- failures

// FAILED, of a field of this message; `what` begins with the path below the field.
static enum eval_status fail_field(struct builder *builder, struct eval_env *env, uint32_t field, struct span span,
                                   const char *what) {
    const struct message_code *const message = builder->code->message;
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
    const struct term *const given = builder->code->given[field];
    const struct term *const term = given ? given : builder->code->message->fields[field].value;
    if (!term) return fail_field(builder, env, field, builder->term->span, " needs a value: its `when` holds");
    env->message_root_bytes = 0;
    if (given) env->scope = builder->outer;
    enum eval_status const status = term->kind == TERM_LIST ? eval_items(builder, env, field, term, value)
                                                            : term_eval(term, env, value);
    env->scope = &builder->scope;
    return status == EVAL_DONE ? status : wrap_failure(builder, env, field, "", status);
}

// To a field that is not there nothing but `none` is given.
static enum eval_status check_absent(struct builder *builder, struct eval_env *env, uint32_t field) {
    const struct term *const given = builder->code->given[field];
    if (!given) return EVAL_DONE;
    struct value value;
    enum eval_status const status = eval_field(builder, env, field, &value);
    if (status != EVAL_DONE || value.kind == VALUE_NONE) return status;
    return fail_field(builder, env, field, given->span, " is given a value, and its `when` does not hold");
}

// Whether the field is there at all.
static enum eval_status settle_condition(struct builder *builder, struct eval_env *env, uint32_t field) {
    const struct field_code *const code = &builder->code->message->fields[field];
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

static enum eval_status read_field(struct message_scope *scope, struct eval_env *env, uint32_t field,
                                   struct value *value) {
    struct builder *const builder = builder_of(scope);
    enum eval_status status = settle_condition(builder, env, field);
    if (status != EVAL_DONE) return status;
    if (builder->stages[field] == STAGE_CONDITION_HOLDS) {
        builder->stages[field] = STAGE_BUSY;
        status = eval_field(builder, env, field, &builder->values[field]);
        if (status != EVAL_DONE) return status;
        builder->stages[field] = STAGE_KNOWN;
    }
    *value = builder->values[field]; // `none` where it is absent
    return EVAL_DONE;
}

// ---- bytes

static enum eval_status put_field(struct builder *builder, struct encoder *encoder, uint32_t field) {
    struct value value;
    struct eval_env *const env = encoder->env;
    enum eval_status const status = read_field(&builder->scope, env, field, &value);
    if (status != EVAL_DONE || builder->stages[field] == STAGE_ABSENT) return status;
    const char *const error = encoder_put(encoder, &builder->code->message->elements[field], &value);
    if (!error) return EVAL_DONE;
    const struct term *const given = builder->code->given[field];
    return fail_field(builder, env, field, given ? given->span : builder->term->span, error);
}

static enum eval_status encode_fields(struct builder *builder, struct eval_env *env, uint32_t first, uint32_t last,
                                      struct value *value) {
    struct encoder encoder;
    encoder_init(&encoder, env);
    for (uint32_t i = first; i <= last; i++) {
        enum eval_status const status = put_field(builder, &encoder, i);
        if (status != EVAL_DONE) return status;
    }
    const struct bytes *const bytes = encoder_finish(&encoder);
    if (!bytes) return fail_field(builder, env, last, builder->term->span, ": more bytes than 64 bits count");
    *value = value_bytes(bytes);
    return EVAL_DONE;
}

static enum eval_status read_range(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                   struct value *value) {
    return encode_fields(builder_of(scope), env, first, last, value);
}

// The size of a field with a fixed type is known before its value is: a length may count itself.
static enum eval_status read_size(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                  struct value *value) {
    struct builder *const builder = builder_of(scope);
    integer bits = 0;
    for (uint32_t i = first; i <= last; i++) {
        integer more = 0;
        struct element_code element = builder->code->message->elements[i];
        element.field = NULL; // its condition is settled here
        bool const is_fixed = element_fixed_bits(&element, &more);
        enum eval_status status = is_fixed && builder->stages[i] == STAGE_BUSY
                                      ? EVAL_DONE // its own condition has held, or is what is being asked
                                      : settle_condition(builder, env, i);
        if (status != EVAL_DONE) return status;
        if (builder->stages[i] == STAGE_ABSENT) continue;
        if (!is_fixed) {
            status = encode_fields(builder, env, i, i, value);
            if (status != EVAL_DONE) return status;
            more = (integer)value->bytes->len_bytes * 8;
        }
        if (__builtin_add_overflow(bits, more, &bits)) bits = INTEGER_MAX * 8;
    }
    *value = value_integer((bits + 7) / 8);
    return EVAL_DONE;
}

// ---- the message

static enum eval_status build_record(struct builder *builder, struct eval_env *env, struct value *value) {
    const struct message_code *const message = builder->code->message;
    enum eval_status const status = encode_fields(builder, env, 0, message->field_count - 1, value);
    if (status != EVAL_DONE) return status;
    struct record *const record = arena_alloc(env->arena, sizeof *record);
    *record = (struct record){.message = message, .values = builder->values, .encoded = value->bytes, .depth = 1};
    for (uint32_t i = 0; i < message->field_count; i++) {
        uint32_t const depth = record_depth(&builder->values[i]) + 1;
        if (depth > record->depth) record->depth = depth;
    }
    if (record->depth > MESSAGE_NESTING_MAX) {
        return eval_fail(env, builder->term->span, "messages of more than %d levels", MESSAGE_NESTING_MAX);
    }
    *value = (struct value){.kind = VALUE_RECORD, .record = record};
    return EVAL_DONE;
}

enum eval_status build_eval(const struct term *term, struct eval_env *env, struct value *value) {
    uint32_t const count = term->build->message->field_count;
    if (env->build_depth == MESSAGE_NESTING_MAX) {
        return eval_fail(env, term->span, "messages of more than %d levels", MESSAGE_NESTING_MAX);
    }
    struct builder builder = {
        .scope = {.read_field = read_field, .read_range = read_range, .read_size = read_size},
        .outer = env->scope,
        .term = term,
        .code = term->build,
        .values = arena_array(env->arena, count, sizeof(struct value)),
        .stages = arena_array(env->arena, count, sizeof(enum stage)),
    };
    env->scope = &builder.scope;
    env->build_depth++;
    enum eval_status const status = build_record(&builder, env, value);
    env->build_depth--;
    env->scope = builder.outer;
    return status;
}
