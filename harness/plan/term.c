#include "eval.h"
#include "plan/record.h"

#include <string.h>

static void say(struct eval_env *env, struct span span, const char *format, va_list arguments) {
    env->message = arena_vtext(env->arena, format, arguments);
    env->message_span = span;
    env->message_root_bytes = 0;
}

enum eval_status eval_fail(struct eval_env *env, struct span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(env, span, format, arguments);
    va_end(arguments);
    return EVAL_FAILED;
}

enum eval_status eval_unsettled(struct eval_env *env, struct span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(env, span, format, arguments);
    va_end(arguments);
    return EVAL_UNSETTLED;
}

enum eval_status eval_too_many(struct eval_env *env, struct span span) {
    return eval_fail(env, span, "a list of more than %d items", VALUE_ITEMS_MAX);
}

enum eval_status eval_check_kind(struct eval_env *env, struct span span, enum value_kind kind, struct value *value) {
    if (value->kind == kind) return EVAL_DONE;
    if (kind == VALUE_BYTES && value->kind == VALUE_RECORD) {
        *value = value_bytes(value->record->encoded);
        return EVAL_DONE;
    }
    if (kind == VALUE_DURATION && value->kind == VALUE_INTEGER && value->number == 0) {
        value->kind = VALUE_DURATION;
        return EVAL_DONE;
    }
    return eval_fail(env, span, "%s is needed here, and this is %s", value_kind_name(kind),
                     value_kind_name(value->kind));
}

enum eval_status eval_flat(struct eval_env *env, struct span span, const struct value *value, struct slice *flat) {
    struct value bytes = *value;
    enum eval_status const status = eval_check_kind(env, span, VALUE_BYTES, &bytes);
    if (status != EVAL_DONE) return status;
    if (bytes_flat(env->arena, bytes.bytes, flat)) return EVAL_DONE;
    return eval_fail(env, span, "%llu bytes are more than can be held at once (%d)",
                     (unsigned long long)bytes.bytes->len_bytes, BYTES_FLAT_MAX);
}

// What the environment answers; where it has no value, this term is to blame.
static enum eval_status blame(const struct term *term, struct eval_env *env, enum eval_status status) {
    if (status == EVAL_FAILED || status == EVAL_UNSETTLED) env->message_span = term->span;
    return status;
}

static enum eval_status eval_constant(const struct term *term, struct eval_env *env, struct value *value) {
    (void)env;
    *value = term->value;
    return EVAL_DONE;
}

static enum eval_status eval_slot(const struct term *term, struct eval_env *env, struct value *value) {
    return blame(term, env, env->read_slot(env, term->slot, value));
}

// Which instance of an actor is meant; -1 where the text does not say.
static enum eval_status instance_index(const struct term *term, struct eval_env *env, integer *index) {
    *index = -1;
    if (!term->index) return EVAL_DONE;
    struct value value;
    enum eval_status const status = term_eval_kind(term->index, env, VALUE_INTEGER, &value);
    if (status != EVAL_DONE) return status;
    if (value.number < 0) return eval_fail(env, term->index->span, "an instance's number is 0 or more");
    *index = value.number;
    return EVAL_DONE;
}

static enum eval_status eval_export(const struct term *term, struct eval_env *env, struct value *value) {
    integer index;
    enum eval_status const status = instance_index(term, env, &index);
    return status == EVAL_DONE ? blame(term, env, env->read_export(env, term, index, value)) : status;
}

static enum eval_status eval_attribute(const struct term *term, struct eval_env *env, struct value *value) {
    integer index;
    enum eval_status const status = instance_index(term, env, &index);
    return status == EVAL_DONE ? blame(term, env, env->read_attribute(env, term, index, value)) : status;
}

static enum eval_status eval_call(const struct term *term, struct eval_env *env, struct value *value) {
    env->message_span = (struct span){0};
    enum eval_status const status = function_call(term, env, value);
    return env->message_span.source ? status : blame(term, env, status);
}

static enum eval_status eval_join(const struct term *term, struct eval_env *env, struct value *value) {
    const struct bytes **const parts = arena_array(env->arena, term->item_count, sizeof(struct bytes *));
    for (uint32_t i = 0; i < term->item_count; i++) {
        enum eval_status const status = term_eval_kind(term->items[i], env, VALUE_BYTES, value);
        if (status != EVAL_DONE) return status;
        parts[i] = value->bytes;
    }
    const struct bytes *const joined = bytes_joined(env->arena, parts, term->item_count);
    if (!joined) return eval_fail(env, term->span, "more bytes than 64 bits count");
    *value = value_bytes(joined);
    return EVAL_DONE;
}

static enum eval_status eval_list(const struct term *term, struct eval_env *env, struct value *value) {
    struct value *const items = arena_array(env->arena, term->item_count, sizeof *items);
    for (uint32_t i = 0; i < term->item_count; i++) {
        enum eval_status const status = term_eval(term->items[i], env, &items[i]);
        if (status != EVAL_DONE) return status;
    }
    *value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = term->item_count};
    return EVAL_DONE;
}

static enum eval_status eval_item(const struct term *term, struct eval_env *env, struct value *value) {
    struct value whole, index;
    enum eval_status status = term_eval(term->items[0], env, &whole);
    if (status == EVAL_DONE) status = term_eval_kind(term->items[1], env, VALUE_INTEGER, &index);
    if (status != EVAL_DONE) return status;
    if (whole.kind != VALUE_LIST && whole.kind != VALUE_BYTES) {
        return eval_fail(env, term->items[0]->span, "%s has no items", value_kind_name(whole.kind));
    }
    uint64_t const count = whole.kind == VALUE_LIST ? whole.item_count : whole.bytes->len_bytes;
    if (index.number < 0 || index.number >= (integer)count) {
        char text[INTEGER_TEXT_BYTES];
        return eval_fail(env, term->items[1]->span, "there is no item %s among %llu", integer_text(index.number, text),
                         (unsigned long long)count);
    }
    if (whole.kind == VALUE_LIST) {
        *value = whole.items[(uint64_t)index.number];
    } else {
        uint8_t byte;
        bytes_read(whole.bytes, (uint64_t)index.number, &byte, 1);
        *value = value_integer(byte);
    }
    return EVAL_DONE;
}

enum eval_status eval_address_part(const struct term *term, struct eval_env *env, const struct value *address,
                                   struct value *value) {
    if (slice_is(term->member, "host")) {
        char text[ADDRESS_TEXT_BYTES];
        *value = value_text(env->arena, slice_text(address_host(address->address, text)));
        return EVAL_DONE;
    }
    int64_t const port = address_port(address->address);
    if (!slice_is(term->member, "port") || port < 0) {
        return eval_fail(env, term->span, "this address has no %.*s", (int)term->member.len_bytes,
                         (const char *)term->member.data);
    }
    *value = value_integer(port);
    return EVAL_DONE;
}

static enum eval_status eval_member(const struct term *term, struct eval_env *env, struct value *value) {
    struct value whole;
    enum eval_status status = term_eval(term->items[0], env, &whole);
    if (status != EVAL_DONE) return status;
    bool const has_parts = whole.kind == VALUE_RECORD || whole.kind == VALUE_HOST || whole.kind == VALUE_LIST;
    if (has_parts) return eval_record_field(term, env, value);
    status = eval_check_kind(env, term->items[0]->span, VALUE_ADDRESS, &whole);
    return status == EVAL_DONE ? eval_address_part(term, env, &whole, value) : status;
}

static enum eval_status eval_endpoint(const struct term *term, struct eval_env *env, struct value *value) {
    struct endpoint *const endpoint = arena_alloc(env->arena, sizeof *endpoint);
    endpoint->family = term->family;
    endpoint->word_count = term->item_count;
    for (uint32_t i = 0; i < term->item_count; i++) {
        struct slice flat;
        enum eval_status status = term_eval(term->items[i], env, value);
        if (status != EVAL_DONE) return status;
        *value = value_bytes(value_as_text(env->arena, value));
        status = eval_flat(env, term->items[i]->span, value, &flat);
        if (status != EVAL_DONE) return status;
        if (flat.len_bytes && memchr(flat.data, '\0', flat.len_bytes)) {
            return eval_fail(env, term->items[i]->span, "an endpoint has no zero byte in it");
        }
        endpoint->words[i] = arena_copy(env->arena, flat.data, flat.len_bytes);
    }
    *value = (struct value){.kind = VALUE_ENDPOINT, .endpoint = endpoint};
    return EVAL_DONE;
}

static enum eval_status eval_regex(const struct term *term, struct eval_env *env, struct value *value) {
    (void)value;
    return eval_fail(env, term->span, "a regular expression stands behind ~ only");
}

static enum eval_status (*const EVALUATORS[])(const struct term *, struct eval_env *, struct value *) = {
    [TERM_CONSTANT] = eval_constant,   [TERM_SLOT] = eval_slot,       [TERM_EXPORT] = eval_export,
    [TERM_ATTRIBUTE] = eval_attribute, [TERM_CALL] = eval_call,       [TERM_JOIN] = eval_join,
    [TERM_UNARY] = operator_eval,      [TERM_BINARY] = operator_eval, [TERM_LIST] = eval_list,
    [TERM_ITEM] = eval_item,           [TERM_MEMBER] = eval_member,   [TERM_ENDPOINT] = eval_endpoint,
    [TERM_REGEX] = eval_regex,         [TERM_FIELD] = eval_record_field, [TERM_BUILD] = build_eval,
    [TERM_LAYOUT_FIELD] = eval_layout, [TERM_LAYOUT_RANGE] = eval_layout, [TERM_LAYOUT_SIZE] = eval_layout,
    [TERM_LAYOUT_LAST] = eval_layout,  [TERM_CHOICE] = eval_choice,   [TERM_LIST_FOR] = eval_list_for,
    [TERM_LOCAL] = eval_local,         [TERM_EACH] = eval_each,       [TERM_INTERVAL] = eval_interval,
};

enum eval_status term_eval(const struct term *term, struct eval_env *env, struct value *value) {
    return EVALUATORS[term->kind](term, env, value);
}

enum eval_status term_eval_kind(const struct term *term, struct eval_env *env, enum value_kind kind,
                                struct value *value) {
    enum eval_status const status = term_eval(term, env, value);
    return status == EVAL_DONE ? eval_check_kind(env, term->span, kind, value) : status;
}
