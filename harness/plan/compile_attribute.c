// Names that the language itself gives a meaning: attributes, constants, functions.
#include "compile.h"

#include "base/nearest.h"
#include "plan/constants.h"

#include <string.h>

enum subject { SOCKET, ACTOR, WORLD };

// Immutable.
static const struct attribute_line {
    const char *word;
    enum subject subject;
    enum value_kind result;
} attributes[] = {
#define ATTRIBUTE(id, text, of, kind, help) [ATTRIBUTE_##id] = {text, of, VALUE_##kind},
#include "plan/attributes.def"
};

// Immutable.
static const struct function_line {
    const char *word;
    const char *arguments;
    uint32_t optional;
    enum value_kind result;
    const char *synopsis;
} functions[] = {
#define FUNCTION(id, text, takes, may_lack, gives, how, help) [FUNCTION_##id] = {text, takes, may_lack, VALUE_##gives, how},
#include "plan/functions.def"
};

const char *attribute_offer(uint32_t number) {
    return number < ATTRIBUTE_COUNT ? attributes[number].word : NULL;
}

const char *attribute_word(enum attribute attribute) { return attributes[attribute].word; }

const char *function_word(enum function function) { return functions[function].word; }

enum value_kind function_result(enum function function) { return functions[function].result; }

static enum attribute attribute_of(struct slice name) {
    for (int i = 0; i < ATTRIBUTE_COUNT; i++)
        if (slice_is(name, attributes[i].word)) return (enum attribute)i;
    return ATTRIBUTE_COUNT;
}

static struct term *wrong(struct compiler *c, struct span span) { return term_new(c, TERM_CONSTANT, span); }

static struct term *attribute_term(struct compiler *c, enum attribute attribute, struct span span) {
    struct term *term = term_new(c, TERM_ATTRIBUTE, span);
    term->attribute = attribute;
    term->type = attributes[attribute].result;
    // An address may be `none`, which is a kind of its own.
    term->typed = term->type != VALUE_ADDRESS;
    return term;
}

static const struct term *constant_name(struct compiler *c, const struct expr *expr) {
    struct slice name = expr->name.text;
    integer number;
    if (slice_is(name, "crlf")) return term_constant(c, expr->span, value_text(c->arena, slice_text("\r\n")));
    if (slice_is(name, "none")) return term_constant(c, expr->span, (struct value){.kind = VALUE_NONE});
    if (slice_is(name, "true")) return term_constant(c, expr->span, value_boolean(true));
    if (slice_is(name, "false")) return term_constant(c, expr->span, value_boolean(false));
    enum state state = state_of(name);
    if (state != STATE_ANY) return term_constant(c, expr->span, (struct value){.kind = VALUE_STATE, .state = state});
    if (constant_of(name, &number)) return term_constant(c, expr->span, value_integer(number));
    int error = errno_of(name);
    if (error) return term_constant(c, expr->span, value_integer(error));
    return NULL;
}

const struct term *compile_plain_name(struct compiler *c, const struct expr *expr) {
    if (c->draft && slice_is(expr->name.text, "index") && c->draft->actor->role == ROLE_CLIENT) {
        struct term *term = term_new(c, TERM_SLOT, expr->span);
        term->type = VALUE_INTEGER;
        term->typed = true;
        return term;
    }
    enum attribute attribute = attribute_of(expr->name.text);
    if (attribute == ATTRIBUTE_COUNT) return constant_name(c, expr);
    if (attribute == ATTRIBUTE_OPTION || attribute == ATTRIBUTE_TCP) {
        diag_error(c->diags, expr->span, "`%s` takes a name in parentheses", attributes[attribute].word);
        diag_hint(c->diags, "%s", attribute == ATTRIBUTE_TCP ? "tcp(rtt)" : "option(SO_RCVBUF)");
        return wrong(c, expr->span);
    }
    if (!c->draft && attributes[attribute].subject != WORLD) {
        diag_error(c->diags, expr->span, "`%s` is of a socket or an actor, and there is none here",
                   attributes[attribute].word);
        return wrong(c, expr->span);
    }
    if (attributes[attribute].subject == WORLD) c->plan->uses_scratch = true;
    return attribute_term(c, attribute, expr->span);
}

// An actor by its name, or one of its instances: NAME or NAME[i]. PLAN_NONE: something else.
static uint32_t actor_operand(struct compiler *c, const struct expr *expr, const struct expr **index) {
    *index = NULL;
    const struct expr *name = expr;
    if (expr->kind == EXPR_INDEX) {
        name = expr->left;
        *index = expr->right;
    }
    if (name->kind != EXPR_NAME || scope_find(c, name->name.text)) return PLAN_NONE;
    return scope_actor(c, name->name.text);
}

static void unknown_of_actor(struct compiler *c, uint32_t index, struct name name) {
    const struct actor_draft *draft = &c->drafts[index];
    struct nearest nearest = {.name = name.text};
    for (uint32_t i = 0; i < draft->given_count; i++)
        nearest_offer(&nearest, arena_copy(c->arena, draft->given[i].data, draft->given[i].len_bytes));
    for (int i = 0; i < ATTRIBUTE_COUNT; i++) nearest_offer(&nearest, attributes[i].word);
    diag_error(c->diags, name.span, "'%s' never gives '%.*s' a value", c->plan->actors[index].name,
               (int)name.text.len_bytes, (const char *)name.text.data);
    diag_suggest(c->diags, nearest.best);
}

// Whether an attribute of an actor with many instances can be asked of all of them at once.
static bool speaks_for_all(enum attribute attribute) {
    return attribute == ATTRIBUTE_ACCEPTED || attribute == ATTRIBUTE_OPEN_SOCKETS || attribute == ATTRIBUTE_DONE ||
           attribute == ATTRIBUTE_ADDRESS || attribute == ATTRIBUTE_LOCAL || attribute == ATTRIBUTE_PEER;
}

static const struct term *member_of_actor(struct compiler *c, const struct expr *expr, uint32_t index,
                                          const struct expr *instance) {
    const struct actor *actor = &c->plan->actors[index];
    const struct term *which = instance ? compile_kind(c, instance, VALUE_INTEGER, "an instance's number") : NULL;
    if (which && which->typed && which->kind == TERM_CONSTANT &&
        (which->value.number < 0 || which->value.number >= actor->instance_count)) {
        diag_error(c->diags, instance->span, "'%s' has %u instance%s, from 0", actor->name, actor->instance_count,
                   actor->instance_count == 1 ? "" : "s");
        return wrong(c, expr->span);
    }
    uint32_t export = scope_export(c, index, expr->name.text);
    c->plan->actors[index].is_read = true;
    if (export != PLAN_NONE) {
        struct term *term = term_new(c, TERM_EXPORT, expr->span);
        term->actor = index;
        term->index = which;
        term->name = export;
        return term;
    }
    enum attribute attribute = attribute_of(expr->name.text);
    if (attribute == ATTRIBUTE_COUNT || attributes[attribute].subject == WORLD || attribute == ATTRIBUTE_OPTION ||
        attribute == ATTRIBUTE_TCP) {
        unknown_of_actor(c, index, expr->name);
        return wrong(c, expr->span);
    }
    if (!which && actor->instance_count > 1 && !speaks_for_all(attribute)) {
        diag_error(c->diags, expr->span, "'%s' has %u instances: which one's %s?", actor->name, actor->instance_count,
                   attributes[attribute].word);
        diag_hint(c->diags, "%s[0].%s", actor->name, attributes[attribute].word);
        return wrong(c, expr->span);
    }
    struct term *term = attribute_term(c, attribute, expr->span);
    term->actor = index;
    term->index = which;
    return term;
}

static const struct term *member_of_socket(struct compiler *c, const struct expr *expr, uint32_t slot) {
    enum attribute attribute = attribute_of(expr->name.text);
    if (attribute == ATTRIBUTE_COUNT || attributes[attribute].subject != SOCKET || attribute == ATTRIBUTE_OPTION ||
        attribute == ATTRIBUTE_TCP) {
        scope_unknown(c, expr->name, "attribute of a socket");
        return wrong(c, expr->span);
    }
    struct term *term = attribute_term(c, attribute, expr->span);
    term->socket_slot = slot;
    return term;
}

// A part of a value: an address's host and port, a record's field.
static const struct term *member_of_value(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    items[0] = compile_expr(c, expr->left);
    bool is_host = slice_is(expr->name.text, "host"), is_port = slice_is(expr->name.text, "port");
    bool may_be_record = !items[0]->typed || items[0]->type == VALUE_RECORD;
    bool may_be_address = !items[0]->typed || items[0]->type == VALUE_ADDRESS;
    if (!(may_be_address && (is_host || is_port)) && !may_be_record) {
        diag_error(c->diags, expr->name.span, "%s has no '%.*s'", value_kind_name(items[0]->type),
                   (int)expr->name.text.len_bytes, (const char *)expr->name.text.data);
        if (items[0]->type == VALUE_ADDRESS) diag_hint(c->diags, "an address has .host and .port");
        return wrong(c, expr->span);
    }
    bool member = may_be_address && (is_host || is_port);
    struct term *term = term_new(c, member ? TERM_MEMBER : TERM_FIELD, expr->span);
    term->items = items;
    term->item_count = 1;
    term->member = expr->name.text;
    if (member && items[0]->typed) {
        term->type = is_port ? VALUE_INTEGER : VALUE_BYTES;
        term->typed = true;
    }
    return term;
}

const struct term *compile_member(struct compiler *c, const struct expr *expr) {
    const struct expr *instance;
    uint32_t actor = actor_operand(c, expr->left, &instance);
    if (actor != PLAN_NONE) return member_of_actor(c, expr, actor, instance);
    if (expr->left->kind == EXPR_NAME) {
        const struct binding *binding = scope_find(c, expr->left->name.text);
        if (binding && binding->kind == BINDING_SOCKET) return member_of_socket(c, expr, binding->slot);
    }
    return member_of_value(c, expr);
}

// option(NAME) and tcp(FIELD), plain or of a named socket.
static const struct term *call_attribute(struct compiler *c, const struct expr *expr, enum attribute attribute) {
    if (expr->item_count != 1 || expr->items[0]->kind != EXPR_NAME) {
        diag_error(c->diags, expr->span, "`%s` takes one name", attributes[attribute].word);
        return wrong(c, expr->span);
    }
    struct term *term = attribute_term(c, attribute, expr->span);
    struct name name = expr->items[0]->name;
    struct nearest nearest = {.name = name.text};
    const char *offer;
    if (attribute == ATTRIBUTE_OPTION) {
        if ((term->option = option_of(name.text))) return term;
        for (uint32_t i = 0; (offer = option_offer(i)); i++) nearest_offer(&nearest, offer);
    } else {
        if ((term->field = tcp_field_of(name.text))) return term;
        for (uint32_t i = 0; (offer = tcp_field_offer(i)); i++) nearest_offer(&nearest, offer);
    }
    diag_error(c->diags, name.span, "unknown %s '%.*s'", attribute == ATTRIBUTE_OPTION ? "socket option" : "field of tcp_info",
               (int)name.text.len_bytes, (const char *)name.text.data);
    diag_suggest(c->diags, nearest.best);
    return wrong(c, expr->span);
}

static const struct term *call_pack(struct compiler *c, const struct expr *expr, enum type_word type) {
    if (expr->item_count != 1) {
        diag_error(c->diags, expr->span, "`%s` packs one value", script_type_word(type));
        return wrong(c, expr->span);
    }
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    items[0] = compile_expr(c, expr->items[0]);
    if (items[0]->typed && items[0]->type != VALUE_INTEGER && items[0]->type != VALUE_FLOAT) {
        diag_error(c->diags, expr->items[0]->span, "`%s` packs a number, and this is %s", script_type_word(type),
                   value_kind_name(items[0]->type));
        return wrong(c, expr->span);
    }
    return term_pack(c, type, expr->span, items);
}

static bool packs(enum type_word type) {
    switch (type) {
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help) \
    case TYPE_WORD_##id: return (width_bits) >= 8 || TYPE_WORD_##id == TYPE_WORD_LEB128 || TYPE_WORD_##id == TYPE_WORD_QUIC_VARINT;
#include "script/types.def"
    case TYPE_WORD_NONE:
    case TYPE_WORD_COUNT: return false;
    }
    return false;
}

static const struct term *argument(struct compiler *c, char letter, const struct expr *expr) {
    if (letter == 'b') return compile_bytes(c, expr);
    if (letter == 'i') return compile_kind(c, expr, VALUE_INTEGER, "this argument");
    return compile_expr(c, expr);
}

static const struct term *call_function(struct compiler *c, const struct expr *expr, enum function function) {
    const struct function_line *line = &functions[function];
    uint32_t most = (uint32_t)strlen(line->arguments);
    if (expr->item_count > most || expr->item_count < most - line->optional) {
        diag_error(c->diags, expr->span, "`%s` is called as %s", line->word, line->synopsis);
        return wrong(c, expr->span);
    }
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    for (uint32_t i = 0; i < expr->item_count; i++) items[i] = argument(c, line->arguments[i], expr->items[i]);
    return term_call(c, function, expr->span, items, expr->item_count);
}

static void unknown_function(struct compiler *c, struct name name) {
    struct nearest nearest = {.name = name.text};
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (functions[i].word[0]) nearest_offer(&nearest, functions[i].word);
    for (int i = 1; i < TYPE_WORD_COUNT; i++)
        if (packs((enum type_word)i)) nearest_offer(&nearest, script_type_word((enum type_word)i));
    diag_error(c->diags, name.span, "unknown function '%.*s'", (int)name.text.len_bytes, (const char *)name.text.data);
    diag_suggest(c->diags, nearest.best);
}

const struct term *compile_call(struct compiler *c, const struct expr *expr) {
    struct slice name = expr->name.text;
    if (slice_is(name, "option")) return call_attribute(c, expr, ATTRIBUTE_OPTION);
    if (slice_is(name, "tcp")) return call_attribute(c, expr, ATTRIBUTE_TCP);
    enum type_word type = script_type_of(name);
    if (packs(type)) return call_pack(c, expr, type);
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        if (!functions[i].word[0] || !slice_is(name, functions[i].word)) continue;
        return call_function(c, expr, (enum function)i);
    }
    unknown_function(c, expr->name);
    return wrong(c, expr->span);
}
