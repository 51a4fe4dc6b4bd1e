// NAME(items): functions, and types that build bytes.
#include "compile.h"
#include "eval.h"
#include "wire.h"

#include <string.h>

// Immutable.
static const struct function_line {
    const char *word;
    const char *arguments;
    uint32_t optional;
    enum value_kind result;
    const char *synopsis;
} functions[] = {
#define FUNCTION(id, text, takes, may_lack, gives, how, help) \
    [FUNCTION_##id] = {text, takes, may_lack, VALUE_##gives, how},
#include "plan/functions.def"
};

const char *function_word(enum function function) { return functions[function].word; }

enum value_kind function_result(enum function function) { return functions[function].result; }

static bool packs(enum type_word type) {
    static const uint32_t widths[TYPE_WORD_COUNT] = {
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help) [TYPE_WORD_##id] = width_bits,
#include "script/types.def"
    };
    return widths[type] >= 8 || type == TYPE_WORD_LEB128 || type == TYPE_WORD_QUIC_VARINT || type == TYPE_WORD_DOMAIN_NAME;
}

const char *function_offer(uint32_t number) {
    if (number < FUNCTION_PACK) return functions[number].word;
    number -= FUNCTION_PACK;
    for (enum type_word type = TYPE_WORD_NONE + 1; type < TYPE_WORD_COUNT; type++)
        if (packs(type) && number-- == 0) return script_type_word(type);
    return NULL;
}

static const struct term *call_pack(struct compiler *c, const struct expr *expr, enum type_word type) {
    if (expr->item_count != 1) {
        diag_error(c->diags, expr->span, "`%s` packs one value", script_type_word(type));
        return term_wrong(c, expr->span);
    }
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    bool const is_name = type == TYPE_WORD_DOMAIN_NAME;
    items[0] = is_name ? compile_bytes(c, expr->items[0]) : compile_expr(c, expr->items[0]);
    bool const is_address = wire_is_address(type);
    if (is_address && items[0]->typed && items[0]->type != VALUE_ADDRESS && items[0]->type != VALUE_BYTES) {
        diag_error(c->diags, expr->items[0]->span, "`%s` packs an address, and this is %s", script_type_word(type),
                   value_kind_name(items[0]->type));
        return term_wrong(c, expr->span);
    }
    if (!is_name && !is_address && items[0]->typed && items[0]->type != VALUE_INTEGER && items[0]->type != VALUE_FLOAT) {
        diag_error(c->diags, expr->items[0]->span, "`%s` packs a number, and this is %s", script_type_word(type),
                   value_kind_name(items[0]->type));
        return term_wrong(c, expr->span);
    }
    struct term *term = term_of(c, TERM_CALL, expr->span, items, 1);
    term->function = FUNCTION_PACK;
    term->packed = type;
    return term_finish(c, term_typed(term, VALUE_BYTES));
}

// Whether an argument that may be of several kinds may be of this one.
static bool suits(enum function function, enum value_kind kind) {
    bool is_bytes = kind == VALUE_BYTES || kind == VALUE_RECORD;
    if (function == FUNCTION_LEN) return is_bytes || kind == VALUE_LIST;
    if (function == FUNCTION_HEADER) return is_bytes || kind == VALUE_LIST;
    if (function == FUNCTION_CUT) return is_bytes || kind == VALUE_INTEGER;
    if (function == FUNCTION_MIN || function == FUNCTION_MAX)
        return kind == VALUE_INTEGER || kind == VALUE_FLOAT || kind == VALUE_DURATION;
    return true;
}

static const struct term *argument(struct compiler *c, enum function function, char letter, const struct expr *expr) {
    if (letter == 'b') return compile_bytes(c, expr);
    const char *what = arena_text(c->arena, "this argument of %s", functions[function].synopsis);
    if (letter == 'i') return compile_kind(c, expr, VALUE_INTEGER, what);
    if (letter == 'l') return compile_kind(c, expr, VALUE_LIST, what);
    const struct term *term = compile_expr(c, expr);
    if (!term->typed || suits(function, term->type)) return term;
    if (function == FUNCTION_LEN) diag_error(c->diags, expr->span, "%s has no length", value_kind_name(term->type));
    else diag_error(c->diags, expr->span, "%s is not for %s", functions[function].synopsis, value_kind_name(term->type));
    return term_wrong(c, expr->span);
}

static const struct term *call_function(struct compiler *c, const struct expr *expr, enum function function) {
    const struct function_line *line = &functions[function];
    uint32_t most = (uint32_t)strlen(line->arguments);
    if (expr->item_count > most || expr->item_count < most - line->optional) {
        diag_error(c->diags, expr->span, "`%s` is called as %s", line->word, line->synopsis);
        return term_wrong(c, expr->span);
    }
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    for (uint32_t i = 0; i < expr->item_count; i++)
        items[i] = argument(c, function, line->arguments[i], expr->items[i]);
    const char *lacks;
    const char *const library = function_needs(function, &lacks);
    if (lacks) compile_lacks(c, expr->span, arena_text(c->arena, "%s() needs %s: %s", line->word, library, lacks));
    return term_call(c, function, expr->span, items, expr->item_count);
}

bool compile_is_function(struct slice name) {
    for (int i = 0; i < FUNCTION_PACK; i++)
        if (slice_is(name, functions[i].word)) return true;
    return false;
}

// Why NAME(...) is no call of a function.
static void refuse(struct compiler *c, struct name name) {
    int len = (int)name.text.len_bytes;
    const char *text = (const char *)name.text.data;
    if (script_type_of(name.text) != TYPE_WORD_NONE) {
        diag_error(c->diags, name.span, "`%.*s` is a pattern, for recv; it builds no bytes", len, text);
        if (script_type_of(name.text) == TYPE_WORD_COMPRESSED_NAME)
            diag_hint(c->diags, "outside of a message there is nothing to point to: domain_name(NAME)");
    } else if (scope_procedure(c, name.text) && compile_procedure_returns(scope_procedure(c, name.text))) {
        diag_error(c->diags, name.span, "'%.*s' is a procedure: it runs as a step of its own", len, text);
        diag_hint(c->diags, "let NAME = %.*s(...)", len, text);
    } else if (scope_procedure(c, name.text)) {
        diag_error(c->diags, name.span, "'%.*s' is a procedure: it runs as a step of its own, and has no value", len,
                   text);
    } else {
        unknown_name(c, name, "function", OFFER_FUNCTIONS);
    }
}

const struct term *compile_call(struct compiler *c, const struct expr *expr) {
    const struct use_decl *library =
        expr->left && expr->left->kind == EXPR_NAME ? library_of(c, expr->left->name.text) : NULL;
    if (library) {
        library_unknown(c, library, expr->name);
        return term_wrong(c, expr->span);
    }
    if (expr->left) {
        diag_error(c->diags, expr->name.span, "only option(NAME) and tcp(FIELD) are called behind a point");
        return term_wrong(c, expr->span);
    }
    enum type_word type = script_type_of(expr->name.text);
    if (packs(type)) return call_pack(c, expr, type);
    for (int i = 0; i < FUNCTION_PACK; i++)
        if (slice_is(expr->name.text, functions[i].word)) return call_function(c, expr, (enum function)i);
    refuse(c, expr->name);
    return term_wrong(c, expr->span);
}
