// Operators in expressions: which kinds go together.
#include "compile.h"
#include "eval.h"

const struct term *compile_unary(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    enum value_kind kind = VALUE_BOOLEAN;
    if (expr->op == OP_NOT) {
        items[0] = compile_kind(c, expr->left, VALUE_BOOLEAN, "what `not` turns round");
    } else {
        items[0] = compile_expr(c, expr->left);
        kind = items[0]->type;
        if (items[0]->typed && kind != VALUE_INTEGER && kind != VALUE_FLOAT && kind != VALUE_DURATION) {
            diag_error(c->diags, expr->left->span, "%s has no negative", value_kind_name(kind));
            return term_wrong(c, expr->span);
        }
    }
    struct term *term = term_of(c, TERM_UNARY, expr->span, items, 1);
    term->op = expr->op;
    if (expr->op == OP_NOT || items[0]->typed) term_typed(term, kind);
    return term_finish(c, term);
}

// --- comparisons

static bool is_number(enum value_kind kind) { return kind == VALUE_INTEGER || kind == VALUE_FLOAT; }

// Whether `==` can ever hold between the two.
static bool may_be_equal(enum value_kind a, enum value_kind b) {
    return a == b || a == VALUE_NONE || b == VALUE_NONE || (a == VALUE_BYTES && b == VALUE_ADDRESS) ||
           (a == VALUE_ADDRESS && b == VALUE_BYTES) || (a == VALUE_RECORD && b == VALUE_BYTES) ||
           (a == VALUE_BYTES && b == VALUE_RECORD);
}

// A message is bytes where bytes are needed.
static bool is_bytes(enum value_kind kind) { return kind == VALUE_BYTES || kind == VALUE_RECORD; }

static bool is_zero(const struct term *term) {
    return term_is_known(term) && term->type == VALUE_INTEGER && term->value.number == 0;
}

static bool goes_together(enum operator op, enum value_kind a, enum value_kind b, const struct term *right) {
    bool is_equality = op == OP_EQUAL || op == OP_NOT_EQUAL;
    if (op == OP_CONTAINS) return a == VALUE_LIST || (is_bytes(a) && is_bytes(b));
    if (a == VALUE_PATH && (b == VALUE_PATH || b == VALUE_STATE)) return is_equality;
    if (is_number(a) && is_number(b)) return true;
    if (a == VALUE_DURATION && (b == VALUE_DURATION || is_zero(right))) return true;
    if (is_equality) return may_be_equal(a, b);
    return a == VALUE_BYTES && b == VALUE_BYTES;
}

// What a term's value is, as far as a comparison cares: an address that may be none is an address.
static enum value_kind kind_of(const struct term *term) {
    return term->typed || term->type == VALUE_ADDRESS ? term->type : VALUE_KIND_COUNT;
}

static void hint_comparable(struct compiler *c, enum operator op, enum value_kind a, enum value_kind b) {
    bool has_address = a == VALUE_ADDRESS || b == VALUE_ADDRESS;
    if (a == VALUE_STATE && b == VALUE_PATH) diag_hint(c->diags, "`lifecycle` is the whole path of a socket");
    else if (has_address && (a == VALUE_INTEGER || b == VALUE_INTEGER))
        diag_hint(c->diags, "an address has .host and .port");
    else if (has_address && (a == VALUE_ENDPOINT || b == VALUE_ENDPOINT))
        diag_hint(c->diags, "an address is written without the kind: 127.0.0.1:80");
    else if (op == OP_CONTAINS && (is_number(b) || b == VALUE_ADDRESS))
        diag_hint(c->diags, "text(VALUE) is a value as bytes");
    else if ((a == VALUE_BYTES && b == VALUE_INTEGER) || (a == VALUE_INTEGER && b == VALUE_BYTES))
        diag_hint(c->diags, "int(BYTES) reads decimal digits, len(BYTES) counts bytes");
}

bool compile_goes_together(enum operator op, enum value_kind left, const struct term *right) {
    enum value_kind kind = kind_of(right);
    return left == VALUE_KIND_COUNT || kind == VALUE_KIND_COUNT || goes_together(op, left, kind, right);
}

bool compile_comparable(struct compiler *c, struct span span, enum operator op, enum value_kind left,
                        const struct term *right) {
    enum value_kind kind = kind_of(right);
    if (left == VALUE_KIND_COUNT || kind == VALUE_KIND_COUNT || goes_together(op, left, kind, right)) return true;
    diag_error(c->diags, span, "`%s` is not for %s and %s", operator_word(op), value_kind_name(left),
               value_kind_name(kind));
    return false;
}

static const struct term *compile_match(struct compiler *c, const struct expr *expr, const struct term **items) {
    items[0] = compile_bytes(c, expr->left);
    struct term *regex = term_new(c, TERM_REGEX, expr->right->span);
    if (!compile_regex(c, expr->right, regex)) return term_wrong(c, expr->span);
    items[1] = regex;
    struct term *term = term_of(c, TERM_BINARY, expr->span, items, 2);
    term->op = OP_MATCH;
    return term_finish(c, term_typed(term, VALUE_BOOLEAN));
}

// --- arithmetic

static bool may_calculate(enum operator op, const struct term *term) {
    return !term->typed || is_number(term->type) || term->type == VALUE_DURATION ||
           (op == OP_ADD && term->type == VALUE_LIST);
}

// VALUE_NONE: reported.
static enum value_kind arithmetic_kind(struct compiler *c, const struct term *term) {
    for (int side = 0; side < 2; side++) {
        const struct term *operand = term->items[side];
        if (may_calculate(term->op, operand)) continue;
        diag_error(c->diags, operand->span, "%s cannot be calculated with", value_kind_name(operand->type));
        if (operand->type == VALUE_BYTES)
            diag_hint(c->diags, term->op == OP_ADD ? "bytes are joined by writing them side by side"
                                                   : "int(BYTES) is the integer that digits write");
        return VALUE_NONE;
    }
    enum value_kind left = term->items[0]->type, right = term->items[1]->type;
    enum value_kind kind = operator_result(term->op, left, right);
    if (kind == VALUE_NONE)
        diag_error(c->diags, term->span, "%s and %s do not go together with %s", value_kind_name(left),
                   value_kind_name(right), operator_word(term->op));
    return kind;
}

static const struct term *compile_logic(struct compiler *c, const struct expr *expr, const struct term **items) {
    items[0] = compile_kind(c, expr->left, VALUE_BOOLEAN, "each side of `and` and `or`");
    items[1] = compile_kind(c, expr->right, VALUE_BOOLEAN, "each side of `and` and `or`");
    struct term *term = term_of(c, TERM_BINARY, expr->span, items, 2);
    term->op = expr->op;
    return term_finish(c, term_typed(term, VALUE_BOOLEAN));
}

const struct term *compile_binary(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, 2, sizeof *items);
    if (expr->op == OP_MATCH) return compile_match(c, expr, items);
    if (expr->op == OP_AND || expr->op == OP_OR) return compile_logic(c, expr, items);
    items[0] = compile_expr(c, expr->left);
    items[1] = compile_expr(c, expr->right);
    struct term *term = term_of(c, TERM_BINARY, expr->span, items, 2);
    term->op = expr->op;
    if (expr->op >= OP_EQUAL && expr->op <= OP_CONTAINS) {
        if (!compile_comparable(c, expr->span, expr->op, kind_of(items[0]), items[1])) {
            hint_comparable(c, expr->op, kind_of(items[0]), kind_of(items[1]));
            return term_wrong(c, expr->span);
        }
        return term_finish(c, term_typed(term, VALUE_BOOLEAN));
    }
    if (!items[0]->typed || !items[1]->typed) {
        bool can = may_calculate(expr->op, items[0]) && may_calculate(expr->op, items[1]);
        if (!can) arithmetic_kind(c, term);
        return can ? term_finish(c, term) : term_wrong(c, expr->span);
    }
    enum value_kind kind = arithmetic_kind(c, term);
    bool is_list = kind == VALUE_LIST && items[0]->shape && items[1]->shape;
    if (is_list && items[0]->shape->element == items[1]->shape->element) term->shape = items[0]->shape;
    return kind == VALUE_NONE ? term_wrong(c, expr->span) : term_finish(c, term_typed(term, kind));
}
