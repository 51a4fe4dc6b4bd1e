// Expressions into terms: every name looked up, kinds checked as far as they can be known, constants folded.
#include "compile.h"

#include "plan/regex.h"

#include <string.h>

struct term *term_new(struct compiler *c, enum term_kind kind, struct span span) {
    struct term *term = arena_alloc(c->arena, sizeof *term);
    term->kind = kind;
    term->span = span;
    term->actor = PLAN_NONE;
    term->socket_slot = SLOT_CURRENT;
    return term;
}

struct term *term_constant(struct compiler *c, struct span span, struct value value) {
    struct term *term = term_new(c, TERM_CONSTANT, span);
    term->value = value;
    term->type = value.kind;
    term->typed = true;
    return term;
}

// What stands for an expression that was reported: it fits everywhere, so that one mistake is reported once.
static struct term *term_wrong(struct compiler *c, struct span span) { return term_new(c, TERM_CONSTANT, span); }

static struct term *typed(struct term *term, enum value_kind type) {
    term->type = type;
    term->typed = true;
    return term;
}

static bool foldable(const struct term *term) {
    for (uint32_t i = 0; i < term->item_count; i++)
        if (term->items[i]->kind != TERM_CONSTANT || !term->items[i]->typed) return false;
    switch (term->kind) {
    case TERM_JOIN:
    case TERM_UNARY:
    case TERM_BINARY:
    case TERM_LIST:
    case TERM_ITEM:
    case TERM_MEMBER: return true;
    case TERM_CALL:
        return term->function != FUNCTION_FILE && term->function != FUNCTION_EXISTS && term->function != FUNCTION_ENV &&
               term->function != FUNCTION_RANDOM;
    case TERM_CONSTANT:
    case TERM_SLOT:
    case TERM_EXPORT:
    case TERM_ATTRIBUTE:
    case TERM_FIELD:
    case TERM_ENDPOINT:
    case TERM_REGEX:
    case TERM_BUILD: return false;
    }
    return false;
}

// A term whose operands are constants becomes its value; what cannot have one is wrong text.
static const struct term *fold(struct compiler *c, struct term *term) {
    if (!foldable(term)) return term;
    struct eval_env env = {.arena = c->arena};
    struct value value;
    if (term_eval(term, &env, &value) != EVAL_DONE) {
        diag_error(c->diags, env.message_span.source ? env.message_span : term->span, "%s",
                   env.message ? env.message : "this has no value");
        return term_wrong(c, term->span);
    }
    return term_constant(c, term->span, value);
}

const struct term *term_call(struct compiler *c, enum function function, struct span span, const struct term **items,
                             uint32_t count) {
    struct term *term = term_new(c, TERM_CALL, span);
    term->function = function;
    term->items = items;
    term->item_count = count;
    typed(term, function_result(function));
    return fold(c, term);
}

const struct term *term_pack(struct compiler *c, enum type_word type, struct span span, const struct term **items) {
    struct term *term = typed(term_new(c, TERM_CALL, span), VALUE_BYTES);
    term->function = FUNCTION_PACK;
    term->packed = type;
    term->items = items;
    term->item_count = 1;
    return fold(c, term);
}

// --- strings

static const struct term *join(struct compiler *c, struct span span, const struct term **items, uint32_t count) {
    if (count == 1) return items[0];
    struct term *term = term_new(c, TERM_JOIN, span);
    term->items = items;
    term->item_count = count;
    return fold(c, typed(term, VALUE_BYTES));
}

static const struct term *compile_string(struct compiler *c, const struct expr *expr) {
    if (expr->part_count == 0) return term_constant(c, expr->span, value_text(c->arena, slice_text("")));
    const struct term **items = arena_array(c->arena, expr->part_count, sizeof *items);
    for (uint32_t i = 0; i < expr->part_count; i++) {
        const struct string_part *part = &expr->parts[i];
        if (!part->expr) {
            items[i] = term_constant(c, expr->span, value_bytes(bytes_held(c->arena, part->bytes)));
            continue;
        }
        const struct term *inner = compile_expr(c, part->expr);
        if (!inner->typed || inner->type != VALUE_BYTES) {
            const struct term **argument = arena_array(c->arena, 1, sizeof *argument);
            argument[0] = inner;
            inner = term_call(c, FUNCTION_TEXT, inner->span, argument, 1);
        }
        items[i] = inner;
    }
    return join(c, expr->span, items, expr->part_count);
}

bool compile_plain_text(struct compiler *c, const struct expr *expr, struct slice *text) {
    *text = slice_text("");
    for (uint32_t i = 0; i < expr->part_count; i++)
        if (expr->parts[i].expr) {
            diag_error(c->diags, expr->parts[i].expr->span, "nothing can be interpolated here");
            return false;
        }
    const struct term *term = compile_string(c, expr);
    return bytes_flat(c->arena, term->value.bytes, text);
}

// --- kinds

static void explain_integer_among_bytes(struct compiler *c, const struct term *term, struct span span) {
    struct slice text = span_text(span);
    diag_error(c->diags, span, "an integer is not bytes until a type says how it is written");
    if (text.len_bytes > 0 && text.len_bytes <= 24 && term->kind != TERM_CONSTANT)
        diag_hint(c->diags, "u8(%.*s), u16be(%.*s), u32be(%.*s), decimal(%.*s), ...", (int)text.len_bytes,
                  (const char *)text.data, (int)text.len_bytes, (const char *)text.data, (int)text.len_bytes,
                  (const char *)text.data, (int)text.len_bytes, (const char *)text.data);
    else
        diag_hint(c->diags, "u8(N), u16be(N), u32le(N), decimal(N), ...");
}

const struct term *compile_bytes(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_expr(c, expr);
    if (!term->typed || term->type == VALUE_BYTES) return term;
    if (term->type == VALUE_INTEGER) {
        explain_integer_among_bytes(c, term, expr->span);
    } else {
        diag_error(c->diags, expr->span, "%s where bytes belong", value_kind_name(term->type));
        diag_hint(c->diags, "text(VALUE) is a value as bytes");
    }
    return term_wrong(c, expr->span);
}

const struct term *compile_kind(struct compiler *c, const struct expr *expr, enum value_kind kind, const char *what) {
    const struct term *term = compile_expr(c, expr);
    if (!term->typed || term->type == kind) return term;
    if (kind == VALUE_DURATION && term->type == VALUE_INTEGER) {
        if (term->kind == TERM_CONSTANT && term->value.number == 0)
            return term_constant(c, expr->span, (struct value){.kind = VALUE_DURATION});
        diag_error(c->diags, expr->span, "%s is a duration and needs a unit", what);
        diag_hint(c->diags, "250us, 20ms, 5s, 2min");
        return term_wrong(c, expr->span);
    }
    diag_error(c->diags, expr->span, "%s is %s, and this is %s", what, value_kind_name(kind), value_kind_name(term->type));
    return term_wrong(c, expr->span);
}

const struct term *compile_endpoint(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_expr(c, expr);
    if (!term->typed || term->type == VALUE_ENDPOINT || term->type == VALUE_ADDRESS) return term;
    diag_error(c->diags, expr->span, "an endpoint belongs here, and this is %s", value_kind_name(term->type));
    diag_hint(c->diags, "tcp 127.0.0.1:0, tcp [::1]:80, unix \"echo.sock\", unix @name");
    return term_wrong(c, expr->span);
}

// --- each kind of expression

static const struct term *compile_address(struct compiler *c, const struct expr *expr) {
    struct address *address = arena_alloc(c->arena, sizeof *address);
    bool has_port;
    if (!address_parse(expr->text, address, &has_port)) {
        diag_error(c->diags, expr->span, "not an address");
        diag_hint(c->diags, "192.168.0.114:4400, [2001:db8::1]:80");
        return term_wrong(c, expr->span);
    }
    return term_constant(c, expr->span,
                         (struct value){.kind = VALUE_ADDRESS, .address = address, .address_has_port = has_port});
}

static const struct term *compile_name(struct compiler *c, const struct expr *expr) {
    struct binding *binding = scope_find(c, expr->name.text);
    if (!binding) {
        const struct term *plain = compile_plain_name(c, expr);
        if (plain) return plain;
        uint32_t actor = scope_actor(c, expr->name.text);
        if (actor == PLAN_NONE) {
            scope_unknown(c, expr->name, "name");
        } else {
            diag_error(c->diags, expr->span, "'%s' is an actor, not a value", c->plan->actors[actor].name);
            diag_hint(c->diags, "%s.address, %s.local, %s.done, or what it captured", c->plan->actors[actor].name,
                      c->plan->actors[actor].name, c->plan->actors[actor].name);
        }
        return term_wrong(c, expr->span);
    }
    switch (binding->kind) {
    case BINDING_TERM: return binding->term;
    case BINDING_SLOT: {
        struct term *term = term_new(c, TERM_SLOT, expr->span);
        term->slot = binding->slot;
        term->type = binding->type;
        term->typed = binding->typed;
        return term;
    }
    case BINDING_SOCKET:
        diag_error(c->diags, expr->span, "'%.*s' is a socket, not a value", (int)expr->name.text.len_bytes,
                   (const char *)expr->name.text.data);
        diag_hint(c->diags, "%.*s.local, %.*s.state, ...", (int)expr->name.text.len_bytes,
                  (const char *)expr->name.text.data, (int)expr->name.text.len_bytes, (const char *)expr->name.text.data);
        return term_wrong(c, expr->span);
    }
    return term_wrong(c, expr->span);
}

static const struct term *compile_unary(struct compiler *c, const struct expr *expr) {
    struct term *term = term_new(c, TERM_UNARY, expr->span);
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    enum value_kind kind = expr->op == OP_NOT ? VALUE_BOOLEAN : VALUE_INTEGER;
    items[0] = compile_kind(c, expr->left, kind, expr->op == OP_NOT ? "what `not` turns round" : "what `-` negates");
    term->op = expr->op;
    term->items = items;
    term->item_count = 1;
    return fold(c, typed(term, kind));
}

// Whether `==` and its kin can ever be asked of two kinds.
static bool comparable(enum operator op, enum value_kind a, enum value_kind b) {
    if (op == OP_CONTAINS) return (a == VALUE_BYTES && b == VALUE_BYTES) || a == VALUE_LIST;
    if (op == OP_EQUAL || op == OP_NOT_EQUAL)
        if (a == VALUE_NONE || b == VALUE_NONE) return true;
    bool number_a = a == VALUE_INTEGER || a == VALUE_FLOAT, number_b = b == VALUE_INTEGER || b == VALUE_FLOAT;
    if (number_a && number_b) return true;
    if ((a == VALUE_STATE && b == VALUE_PATH) || (a == VALUE_PATH && b == VALUE_STATE)) return true;
    if ((a == VALUE_ADDRESS && b == VALUE_BYTES) || (a == VALUE_BYTES && b == VALUE_ADDRESS)) return true;
    return a == b;
}

static bool is_comparison(enum operator op) { return op >= OP_EQUAL && op <= OP_CONTAINS; }

static const struct term *compile_binary(struct compiler *c, const struct expr *expr) {
    struct term *term = term_new(c, TERM_BINARY, expr->span);
    const struct term **items = arena_array(c->arena, 2, sizeof *items);
    term->op = expr->op;
    term->items = items;
    term->item_count = 2;
    if (expr->op == OP_AND || expr->op == OP_OR) {
        items[0] = compile_kind(c, expr->left, VALUE_BOOLEAN, "each side of `and` and `or`");
        items[1] = compile_kind(c, expr->right, VALUE_BOOLEAN, "each side of `and` and `or`");
        return fold(c, typed(term, VALUE_BOOLEAN));
    }
    if (expr->op == OP_MATCH) {
        items[0] = compile_bytes(c, expr->left);
        struct term *regex = term_new(c, TERM_REGEX, expr->right->span);
        if (!compile_regex(c, expr->right, regex)) return term_wrong(c, expr->span);
        items[1] = regex;
        return typed(term, VALUE_BOOLEAN);
    }
    items[0] = compile_expr(c, expr->left);
    items[1] = compile_expr(c, expr->right);
    bool known = items[0]->typed && items[1]->typed;
    if (is_comparison(expr->op)) {
        if (known && !comparable(expr->op, items[0]->type, items[1]->type)) {
            diag_error(c->diags, expr->span, "%s is never compared with %s", value_kind_name(items[0]->type),
                       value_kind_name(items[1]->type));
            return term_wrong(c, expr->span);
        }
        return fold(c, typed(term, VALUE_BOOLEAN));
    }
    for (int side = 0; side < 2; side++)
        if (items[side]->typed && items[side]->type != VALUE_INTEGER && items[side]->type != VALUE_DURATION &&
            items[side]->type != VALUE_FLOAT) {
            diag_error(c->diags, items[side]->span, "%s cannot be calculated with", value_kind_name(items[side]->type));
            return term_wrong(c, expr->span);
        }
    if (known) {
        bool duration = items[0]->type == VALUE_DURATION || items[1]->type == VALUE_DURATION;
        bool real = items[0]->type == VALUE_FLOAT || items[1]->type == VALUE_FLOAT;
        typed(term, duration ? VALUE_DURATION : real ? VALUE_FLOAT : VALUE_INTEGER);
    }
    return fold(c, term);
}

static const struct term *compile_row(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    for (uint32_t i = 0; i < expr->item_count; i++) items[i] = compile_bytes(c, expr->items[i]);
    return join(c, expr->span, items, expr->item_count);
}

static const struct term *compile_list(struct compiler *c, const struct expr *expr) {
    struct term *term = term_new(c, TERM_LIST, expr->span);
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    for (uint32_t i = 0; i < expr->item_count; i++) items[i] = compile_expr(c, expr->items[i]);
    term->items = items;
    term->item_count = expr->item_count;
    return fold(c, typed(term, VALUE_LIST));
}

static const struct term *compile_endpoint_words(struct compiler *c, const struct expr *expr) {
    struct term *term = term_new(c, TERM_ENDPOINT, expr->span);
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    for (uint32_t i = 0; i < expr->item_count; i++) items[i] = compile_expr(c, expr->items[i]);
    term->family = expr->family;
    term->items = items;
    term->item_count = expr->item_count;
    c->plan->families |= 1u << expr->family;
    if (expr->family == FAMILY_UNIX || expr->family == FAMILY_UNIX_DGRAM || expr->family == FAMILY_UNIX_SEQPACKET)
        c->plan->uses_scratch = true;
    return typed(term, VALUE_ENDPOINT);
}

static const struct term *compile_path(struct compiler *c, const struct expr *expr) {
    struct state_path *path = arena_alloc(c->arena, sizeof *path);
    for (uint32_t i = 0; i < expr->item_count; i++) {
        const struct expr *item = expr->items[i];
        enum state state = item->kind == EXPR_ANY_STATES ? STATE_ANY : state_of(item->name.text);
        if (item->kind == EXPR_NAME && state == STATE_ANY) {
            scope_unknown(c, item->name, "state");
            return term_wrong(c, expr->span);
        }
        if (path->count == PATH_MAX_STATES) {
            diag_error(c->diags, item->span, "a path of more than %d states", PATH_MAX_STATES);
            return term_wrong(c, expr->span);
        }
        path->states[path->count++] = (uint8_t)state;
    }
    return term_constant(c, expr->span, (struct value){.kind = VALUE_PATH, .path = path});
}

static const struct term *compile_index(struct compiler *c, const struct expr *expr) {
    struct term *term = term_new(c, TERM_ITEM, expr->span);
    const struct term **items = arena_array(c->arena, 2, sizeof *items);
    items[0] = compile_expr(c, expr->left);
    items[1] = compile_kind(c, expr->right, VALUE_INTEGER, "an index");
    if (items[0]->typed && items[0]->type != VALUE_LIST && items[0]->type != VALUE_BYTES) {
        diag_error(c->diags, expr->left->span, "%s has no items", value_kind_name(items[0]->type));
        return term_wrong(c, expr->span);
    }
    term->items = items;
    term->item_count = 2;
    if (items[0]->typed && items[0]->type == VALUE_BYTES) typed(term, VALUE_INTEGER);
    return fold(c, term);
}

static const struct term *compile_file_bytes(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    items[0] = compile_bytes(c, expr->left);
    return term_call(c, FUNCTION_FILE, expr->span, items, 1);
}

const struct regex *compile_regex(struct compiler *c, const struct expr *expr, struct term *term) {
    if (expr->kind != EXPR_REGEX) {
        diag_error(c->diags, expr->span, "`~` needs a regular expression: /.../");
        return NULL;
    }
    const char *error = NULL;
    size_t offset = 0;
    const struct regex *regex = regex_compile(c->arena, expr->text, &error, &offset);
    if (!regex) {
        struct span at = expr->span;
        at.start += 1 + (uint32_t)offset;
        if (at.start >= at.end) at.start = at.end - 1;
        diag_error(c->diags, at, "regular expression: %s", error);
        return NULL;
    }
    term->regex = regex;
    uint32_t groups = regex_group_count(regex);
    uint32_t *slots = arena_array(c->arena, groups + 1, sizeof *slots);
    for (uint32_t i = 0; i <= groups; i++) {
        slots[i] = PLAN_NONE;
        const char *name = regex_group_name(regex, i);
        if (!name || !c->draft) continue;
        struct term like = {.type = VALUE_BYTES, .typed = true};
        slots[i] = scope_value(c, (struct name){slice_text(name), expr->span}, &like)->slot;
    }
    term->group_slots = slots;
    term->group_count = groups + 1;
    return regex;
}

static const struct term *not_here(struct compiler *c, const struct expr *expr, const char *message) {
    diag_error(c->diags, expr->span, "%s", message);
    return term_wrong(c, expr->span);
}

const struct term *compile_expr(struct compiler *c, const struct expr *expr) {
    switch (expr->kind) {
    case EXPR_NUMBER: return term_constant(c, expr->span, value_integer(expr->number));
    case EXPR_FLOAT: return term_constant(c, expr->span, (struct value){.kind = VALUE_FLOAT, .real = expr->real});
    case EXPR_DURATION:
        return term_constant(c, expr->span, (struct value){.kind = VALUE_DURATION, .number = expr->number});
    case EXPR_RATE: return not_here(c, expr, "a rate only goes with `rate`, which is not built yet");
    case EXPR_STRING: return compile_string(c, expr);
    case EXPR_REGEX: return not_here(c, expr, "a regular expression stands behind `~` only");
    case EXPR_NAME: return compile_name(c, expr);
    case EXPR_MEMBER: return compile_member(c, expr);
    case EXPR_INDEX: return compile_index(c, expr);
    case EXPR_CALL: return compile_call(c, expr);
    case EXPR_FILE: return compile_file_bytes(c, expr);
    case EXPR_UNARY: return compile_unary(c, expr);
    case EXPR_BINARY: return compile_binary(c, expr);
    case EXPR_ROW: return compile_row(c, expr);
    case EXPR_LIST: return compile_list(c, expr);
    case EXPR_MESSAGE: return not_here(c, expr, "messages are not built yet");
    case EXPR_ENDPOINT: return compile_endpoint_words(c, expr);
    case EXPR_ADDRESS: return compile_address(c, expr);
    case EXPR_PATH: return compile_path(c, expr);
    case EXPR_ANY_STATES: return compile_path(c, &(struct expr){.kind = EXPR_PATH, .span = expr->span,
                                                                 .items = (struct expr *[]){(struct expr *)(uintptr_t)expr},
                                                                 .item_count = 1});
    case EXPR_RANGE: return not_here(c, expr, "a range of fields stands in a message only");
    }
    return term_wrong(c, expr->span);
}
