// Patterns: the elements of a `recv`, their comparisons and captures.
#include "compile.h"

#include <string.h>

// What a captured element is.
static enum value_kind captured_kind(enum type_word type) {
    switch (type) {
    case TYPE_WORD_F32BE:
    case TYPE_WORD_F32LE:
    case TYPE_WORD_F64BE:
    case TYPE_WORD_F64LE: return VALUE_FLOAT;
    case TYPE_WORD_BYTES:
    case TYPE_WORD_TEXT:
    case TYPE_WORD_UNTIL:
    case TYPE_WORD_CSTRING:
    case TYPE_WORD_LINE:
    case TYPE_WORD_REST:
    case TYPE_WORD_NONE: return VALUE_BYTES;
    case TYPE_WORD_LIST: return VALUE_LIST;
    case TYPE_WORD_U8:
    case TYPE_WORD_I8:
    case TYPE_WORD_U16BE:
    case TYPE_WORD_U16LE:
    case TYPE_WORD_U24BE:
    case TYPE_WORD_U24LE:
    case TYPE_WORD_U32BE:
    case TYPE_WORD_U32LE:
    case TYPE_WORD_U64BE:
    case TYPE_WORD_U64LE:
    case TYPE_WORD_I16BE:
    case TYPE_WORD_I16LE:
    case TYPE_WORD_I24BE:
    case TYPE_WORD_I24LE:
    case TYPE_WORD_I32BE:
    case TYPE_WORD_I32LE:
    case TYPE_WORD_I64BE:
    case TYPE_WORD_I64LE:
    case TYPE_WORD_BIT:
    case TYPE_WORD_BITS:
    case TYPE_WORD_LEB128:
    case TYPE_WORD_QUIC_VARINT:
    case TYPE_WORD_COUNT: return VALUE_INTEGER;
    }
    return VALUE_BYTES;
}

static void compile_type(struct compiler *c, const struct type_use *type, struct element_code *code) {
    code->type = type->word;
    if (type->word == TYPE_WORD_NONE) {
        diag_error(c->diags, type->span, "messages are not built yet");
        return;
    }
    if (type->word == TYPE_WORD_UNTIL) {
        code->argument = compile_bytes(c, type->argument);
        if (code->argument->kind == TERM_CONSTANT && code->argument->typed && code->argument->value.bytes->len_bytes == 0)
            diag_error(c->diags, type->argument->span, "an empty delimiter is found everywhere");
    } else if (type->argument) {
        code->argument = compile_kind(c, type->argument, VALUE_INTEGER, "a length or count");
        const struct term *n = code->argument;
        if (n->kind == TERM_CONSTANT && n->typed) {
            bool bits = type->word == TYPE_WORD_BITS;
            if (n->value.number < (bits ? 1 : 0) || (bits && n->value.number > 64))
                diag_error(c->diags, type->argument->span, bits ? "bits(N) takes 1 to 64" : "a length cannot be negative");
        }
    }
    if (type->element) {
        struct element_code *element = arena_alloc(c->arena, sizeof *element);
        *element = (struct element_code){.span = type->element->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
        compile_type(c, type->element, element);
        code->element = element;
    }
    if (type->until) {
        struct binding *outer = c->bindings;
        struct term like = {.type = captured_kind(type->element->word), .typed = type->element->word != TYPE_WORD_NONE};
        code->last_slot = scope_value(c, (struct name){slice_text("last"), type->until->span}, &like)->slot;
        code->until = compile_kind(c, type->until, VALUE_BOOLEAN, "what ends a list");
        c->bindings = outer;
    }
}

static void compile_comparison(struct compiler *c, const struct element *element, struct element_code *code) {
    code->op = element->op;
    if (element->op == OP_NONE) return;
    if (element->op == OP_MATCH) {
        struct term *regex = term_new(c, TERM_REGEX, element->right->span);
        compile_regex(c, element->right, regex);
        code->right = regex;
    } else {
        code->right = compile_expr(c, element->right);
    }
    enum value_kind kind = captured_kind(code->type);
    bool bytes_only = element->op == OP_MATCH || element->op == OP_CONTAINS;
    if (bytes_only ? kind != VALUE_BYTES : code->right->typed && code->right->type != kind &&
                                               !(kind == VALUE_FLOAT && code->right->type == VALUE_INTEGER)) {
        diag_error(c->diags, element->span, "the element is %s, and what it is compared with is %s", value_kind_name(kind),
                   bytes_only ? "for bytes" : value_kind_name(code->right->type));
    }
}

static bool takes_no_argument(enum type_word word) {
    switch (word) {
#define TYPE(id, text, arguments, width_bits, is_signed, is_little, help) case TYPE_WORD_##id: return (arguments) == 0;
#include "script/types.def"
    case TYPE_WORD_NONE:
    case TYPE_WORD_COUNT: return false;
    }
    return false;
}

static void compile_element(struct compiler *c, const struct element *element, struct element_code *code) {
    *code = (struct element_code){.span = element->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
    if (element->type && element->type->argument && takes_no_argument(element->type->word)) {
        // u16be(80): a value as bytes, not a type
        const struct term **items = arena_array(c->arena, 1, sizeof *items);
        items[0] = compile_expr(c, element->type->argument);
        code->bytes = term_pack(c, element->type->word, element->span, items);
    } else if (element->type) {
        compile_type(c, element->type, code);
    } else {
        code->bytes = compile_bytes(c, element->bytes);
    }
    compile_comparison(c, element, code);
    if (element->capture.text.len_bytes > 0) {
        struct term like = {.type = captured_kind(code->type), .typed = true};
        code->capture = scope_value(c, element->capture, &like)->slot;
    }
}

const struct pattern_code *compile_pattern(struct compiler *c, const struct pattern *pattern) {
    struct pattern_code *code = arena_alloc(c->arena, sizeof *code);
    struct element_code *elements = arena_array(c->arena, pattern->element_count, sizeof *elements);
    for (uint32_t i = 0; i < pattern->element_count; i++) {
        compile_element(c, &pattern->elements[i], &elements[i]);
        if (elements[i].type == TYPE_WORD_REST && i + 1 < pattern->element_count)
            diag_error(c->diags, pattern->elements[i + 1].span, "nothing can follow `rest`, which takes everything");
    }
    *code = (struct pattern_code){.span = pattern->span, .elements = elements, .element_count = pattern->element_count};
    return code;
}
