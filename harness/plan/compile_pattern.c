// Patterns: the elements of a `recv`, their comparisons and captures.
#include "compile.h"
#include "names.h"
#include "plan/message.h"
#include "wire.h"

// What a captured element is.
enum value_kind compile_captured_kind(enum type_word type) {
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
    case TYPE_WORD_MASKED:
    case TYPE_WORD_DOMAIN_NAME:
    case TYPE_WORD_COMPRESSED_NAME:
    case TYPE_WORD_SIZED: // the type in it says
    case TYPE_WORD_NONE: return VALUE_BYTES;
    case TYPE_WORD_LIST: return VALUE_LIST;
    case TYPE_WORD_ADDRESS4:
    case TYPE_WORD_ADDRESS6: return VALUE_ADDRESS;
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

// until(BYTES, MAX)
static void compile_delimiter(struct compiler *c, const struct type_use *type, struct element_code *code) {
    code->argument = compile_bytes(c, type->argument);
    bool const is_known = term_is_known(code->argument);
    if (is_known && code->argument->value.bytes->len_bytes == 0)
        diag_error(c->diags, type->argument->span, "an empty delimiter is found everywhere");
    if (!type->most) return;
    code->most = compile_count(c, type->most, "a number of bytes", 1, INTEGER_MAX);
    if (!is_known || !term_is_known(code->most)) return;
    uint64_t const len_bytes = code->argument->value.bytes->len_bytes;
    char digits[INTEGER_TEXT_BYTES];
    if (code->most->value.number < (integer)len_bytes)
        diag_error(c->diags, type->most->span, "this never matches: the delimiter alone has %llu bytes, and %s are allowed",
                   (unsigned long long)len_bytes, integer_text(code->most->value.number, digits));
}

static void compile_argument(struct compiler *c, const struct type_use *type, struct element_code *code) {
    enum { BITS_MAX = 64 };
    if (type->word == TYPE_WORD_UNTIL) {
        compile_delimiter(c, type, code);
    } else if (type->word == TYPE_WORD_BITS) {
        code->argument = compile_count(c, type->argument, "a number of bits", 1, BITS_MAX);
    } else {
        bool is_list = type->word == TYPE_WORD_LIST;
        code->argument = compile_count(c, type->argument, is_list ? "a count" : "a length", 0, INTEGER_MAX);
    }
}

// What may be xored with nothing: `none`, where a message has no key.
static void compile_key(struct compiler *c, const struct type_use *type, struct element_code *code) {
    code->key = compile_expr(c, type->key);
    if (!code->key->typed || code->key->type == VALUE_NONE) return;
    if (code->key->type == VALUE_BYTES || code->key->type == VALUE_RECORD) return;
    diag_error(c->diags, type->key->span, "a key is bytes, or none, and this is %s", value_kind_name(code->key->type));
}

// The type in a list, or in a sized.
static struct element_code *compile_inner(struct compiler *c, const struct type_use *type, struct element_code *code) {
    struct element_code *element = arena_alloc(c->arena, sizeof *element);
    *element = (struct element_code){.span = type->element->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
    compile_type(c, type->element, element);
    code->element = element;
    return element;
}

static void compile_sized_type(struct compiler *c, const struct type_use *type, struct element_code *code) {
    const struct element_code *element = compile_inner(c, type, code);
    if (compile_odd_bits(element) % 8 != 0)
        diag_error(c->diags, element->span, "a type in `sized` has whole bytes");
}

static void compile_list_type(struct compiler *c, const struct type_use *type, struct element_code *code) {
    struct element_code *element = compile_inner(c, type, code);
    if (element->type == TYPE_WORD_REST || element->to_end)
        diag_error(c->diags, element->span, "the first `%s` of a list takes everything", script_type_word(element->type));
    code->to_end = !type->argument && !type->until;
    if (code->to_end && compile_odd_bits(element) % 8 != 0)
        diag_error(c->diags, element->span, "an item of a list that goes to the end has whole bytes");
    if (!type->until) return;
    if (c->layout) {
        compile_layout_until(c, type, code);
        return;
    }
    struct binding *outer = c->bindings;
    enum value_kind kind = compile_element_kind(element);
    struct term like = {.type = kind, .typed = kind != VALUE_KIND_COUNT, .shape = compile_shape(element)};
    code->last_slot = scope_value(c, (struct name){slice_text("last"), type->until->span}, &like)->slot;
    code->until = compile_kind(c, type->until, VALUE_BOOLEAN, "what ends a list");
    scope_leave(c, outer);
}

void compile_type(struct compiler *c, const struct type_use *type, struct element_code *code) {
    code->type = type->word;
    if (type->word == TYPE_WORD_NONE) compile_message_type(c, type, code);
    if (type->argument) compile_argument(c, type, code);
    if (type->key) compile_key(c, type, code);
    if (type->element && type->word == TYPE_WORD_SIZED) compile_sized_type(c, type, code);
    else if (type->element) compile_list_type(c, type, code);
    if (c->layout) compile_layout_type(c, code);
}

// Bytes that are no name: the element never equals them.
static void check_name(struct compiler *c, const struct element *element, const struct element_code *code) {
    const char *wrong = name_is(code) && code->op == OP_EQUAL ? name_refused(c->arena, code->right) : NULL;
    if (wrong) diag_error(c->diags, element->right->span, "this never matches: %s", wrong);
}

// What is no address of the type's family; one that is mapped equals the other family's.
static void check_address(struct compiler *c, const struct element *element, const struct element_code *code) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    bool const is_asked = wire_is_address(code->type) && code->op == OP_EQUAL && term_is_known(code->right);
    if (!is_asked || code->right->type == VALUE_NONE) return;
    const struct value *const right = &code->right->value;
    bool const is_plain = right->kind == VALUE_ADDRESS && !address_is_none(right->address);
    if (is_plain && address_unmapped(right->address).as.any.sa_family == AF_INET) return; // may stand for the other family's
    if (wire_pack(code->type, right, bytes, message)) return;
    diag_error(c->diags, element->right->span, "this never matches: %s", message);
}

// An integer that the type cannot hold: the element never equals it.
static void check_range(struct compiler *c, const struct element *element, const struct element_code *code) {
    static const struct {
        uint32_t width_bits;
        bool is_signed;
    } types[TYPE_WORD_COUNT] = {
#define TYPE(id, word, arguments, width, sign, is_little, help) [TYPE_WORD_##id] = {width, sign},
#include "script/types.def"
    };
    uint32_t bits = types[code->type].width_bits;
    if (code->type == TYPE_WORD_BITS && term_is_known(code->argument)) bits = (uint32_t)code->argument->value.number;
    if (bits == 0 || code->op != OP_EQUAL || !term_is_known(code->right) || code->right->type != VALUE_INTEGER) return;
    if (compile_captured_kind(code->type) != VALUE_INTEGER) return;
    integer most = ((integer)1 << (bits - types[code->type].is_signed)) - 1;
    integer least = types[code->type].is_signed ? -most - 1 : 0;
    if (code->right->value.number >= least && code->right->value.number <= most) return;
    char low[INTEGER_TEXT_BYTES], high[INTEGER_TEXT_BYTES];
    struct slice word = element->type ? span_text(element->type->span) : slice_text(script_type_word(code->type));
    diag_error(c->diags, element->right->span, "this never matches: %.*s goes from %s to %s", (int)word.len_bytes,
               (const char *)word.data, integer_text(least, low), integer_text(most, high));
}

void compile_comparison(struct compiler *c, const struct element *element, struct element_code *code) {
    enum value_kind kind = compile_element_kind(code);
    code->op = element->op;
    if (element->op == OP_NONE) return;
    if (element->op == OP_MATCH) {
        struct term *regex = term_new(c, TERM_REGEX, element->right->span);
        if (kind != VALUE_BYTES && kind != VALUE_KIND_COUNT)
            diag_error(c->diags, element->span, "a regular expression is for bytes, and this is %s",
                       value_kind_name(kind));
        compile_regex(c, element->right, regex);
        code->right = regex;
        return;
    }
    code->right = compile_expr(c, element->right);
    if (!compile_comparable(c, element->span, element->op, kind, code->right)) return;
    check_range(c, element, code);
    check_name(c, element, code);
    check_address(c, element, code);
}

static void compile_element(struct compiler *c, const struct element *element, struct element_code *code) {
    *code = (struct element_code){.span = element->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
    if (element->type) compile_type(c, element->type, code);
    else if (element->bytes->kind == EXPR_MESSAGE) compile_message_pattern(c, element->bytes, code);
    else code->bytes = compile_bytes(c, element->bytes);
    if (code->type == TYPE_WORD_NONE && !code->bytes && !code->message) return; // reported
    compile_comparison(c, element, code);
    if (element->capture.text.len_bytes == 0) return;
    struct binding *binding = scope_capture(c, element->capture, compile_element_kind(code));
    binding->shape = compile_shape(code);
    code->capture = binding->slot;
}

// --- bits

enum { BITS_UNKNOWN = -1 };

integer compile_odd_bits(const struct element_code *code) {
    if (code->bytes) return 0;
    if (code->type == TYPE_WORD_BIT) return 1;
    if (code->type == TYPE_WORD_BITS) return term_is_known(code->argument) ? code->argument->value.number : BITS_UNKNOWN;
    if (code->type != TYPE_WORD_LIST || code->to_end) return 0;
    integer item = compile_odd_bits(code->element);
    if (item <= 0) return item;
    return code->argument && term_is_known(code->argument) ? item * (code->argument->value.number % 8) : BITS_UNKNOWN;
}

static void check_bits(struct compiler *c, const struct pattern_code *pattern) {
    integer bits = 0; // of the byte that is not full yet
    for (uint32_t i = 0; i <= pattern->element_count; i++) {
        integer more = i < pattern->element_count ? compile_odd_bits(&pattern->elements[i]) : 0;
        if (more == BITS_UNKNOWN || bits == BITS_UNKNOWN) {
            bits = more == 0 ? 0 : BITS_UNKNOWN; // whole bytes follow: the run will tell
        } else if (more == 0 && bits > 0) {
            diag_error(c->diags, pattern->elements[i - 1].span,
                       "bits fill whole bytes, and %d more would fill this one", (int)(8 - bits));
            bits = 0;
        } else {
            bits = (bits + more) % 8;
        }
    }
}

const struct pattern_code *compile_pattern(struct compiler *c, const struct pattern *pattern) {
    struct pattern_code *code = arena_alloc(c->arena, sizeof *code);
    struct element_code *elements = arena_array(c->arena, pattern->element_count, sizeof *elements);
    for (uint32_t i = 0; i < pattern->element_count; i++) {
        compile_element(c, &pattern->elements[i], &elements[i]);
        if (i + 1 < pattern->element_count && compile_takes_rest(&elements[i]))
            diag_error(c->diags, pattern->elements[i + 1].span, "nothing can follow `%s`, which takes everything",
                       elements[i].message ? elements[i].message->name : script_type_word(elements[i].type));
    }
    *code = (struct pattern_code){.span = pattern->span, .elements = elements, .element_count = pattern->element_count};
    check_bits(c, code);
    return code;
}
