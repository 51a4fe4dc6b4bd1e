// Values into bytes, by the layout: what stands in one field, and rows of fields with their bits packed.
#include "encode.h"
#include "eval.h"
#include "plan/record.h"
#include "wire.h"

enum { RUN_BYTES = 256 }; // short pieces lie in one run

void encoder_init(struct encoder *encoder, struct eval_env *env) {
    *encoder = (struct encoder){.env = env};
}

// ---- pieces

static void put_part(struct encoder *encoder, const struct bytes *part) {
    encoder->parts = arena_grow(encoder->env->arena, encoder->parts, encoder->part_count, sizeof *encoder->parts);
    encoder->parts[encoder->part_count++] = part;
}

static void end_run(struct encoder *encoder) {
    if (!encoder->run_bytes) return;
    put_part(encoder, bytes_held(encoder->env->arena, slice_of(encoder->run, encoder->run_bytes)));
    encoder->run = NULL;
    encoder->run_bytes = 0;
}

static void put_byte(struct encoder *encoder, uint8_t byte) {
    if (encoder->run_bytes == RUN_BYTES) end_run(encoder);
    if (!encoder->run) encoder->run = arena_alloc(encoder->env->arena, RUN_BYTES);
    encoder->run[encoder->run_bytes++] = byte;
}

static void put_raw(struct encoder *encoder, const uint8_t *data, size_t len_bytes) {
    for (size_t i = 0; i < len_bytes; i++) put_byte(encoder, data[i]);
}

static void put_bytes(struct encoder *encoder, const struct bytes *bytes) {
    if (bytes->kind == BYTES_HELD && bytes->len_bytes <= RUN_BYTES / 4) {
        put_raw(encoder, bytes->held.data, bytes->held.len_bytes);
    } else {
        end_run(encoder);
        put_part(encoder, bytes);
    }
}

// The low `count` bits, the highest of them first.
static void put_bits(struct encoder *encoder, uint64_t bits, unsigned count) {
    while (count) {
        unsigned const room = 8 - encoder->bit_count;
        unsigned const taken = count < room ? count : room;
        count -= taken;
        encoder->bit_byte = (uint8_t)(encoder->bit_byte << taken | (bits >> count & ((1u << taken) - 1)));
        encoder->bit_count += taken;
        if (encoder->bit_count < 8) continue;
        put_byte(encoder, encoder->bit_byte);
        encoder->bit_byte = 0;
        encoder->bit_count = 0;
    }
}

const struct bytes *encoder_finish(struct encoder *encoder) {
    if (encoder->bit_count) put_bits(encoder, 0, 8 - encoder->bit_count);
    end_run(encoder);
    return bytes_joined(encoder->env->arena, encoder->parts, encoder->part_count);
}

// ---- values: each answers NULL, or the path below the element and what is wrong there

static const char *refuse(struct encoder *encoder, const char *format, ...) __attribute__((format(printf, 2, 3)));

static const char *refuse(struct encoder *encoder, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *const reason = arena_vtext(encoder->env->arena, format, arguments);
    va_end(arguments);
    return arena_text(encoder->env->arena, ": %s", reason);
}

// A term of the layout, of a field's type: its value, as far as it has one.
static const char *read_argument(struct encoder *encoder, const struct term *term, enum value_kind kind,
                                 struct value *value) {
    if (term_eval_kind(term, encoder->env, kind, value) == EVAL_DONE) return NULL;
    return refuse(encoder, "%s", encoder->env->message ? encoder->env->message : "its type has no value");
}

static const char *encode_bits(struct encoder *encoder, const struct element_code *element, const struct value *value) {
    struct value count = value_integer(1);
    if (element->argument) {
        const char *const error = read_argument(encoder, element->argument, VALUE_INTEGER, &count);
        if (error) return error;
    }
    char text[INTEGER_TEXT_BYTES];
    if (value->kind != VALUE_INTEGER) {
        return refuse(encoder, "bits take an integer, and this is %s", value_kind_name(value->kind));
    }
    if (value->number < 0 || value->number >= (integer)1 << count.number) {
        return refuse(encoder, "%s does not fit %d bit%s", integer_text(value->number, text), (int)count.number,
                      count.number == 1 ? "" : "s");
    }
    put_bits(encoder, (uint64_t)value->number, (unsigned)count.number);
    return NULL;
}

static const char *encode_number(struct encoder *encoder, const struct element_code *element,
                                 const struct value *value) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    size_t const len_bytes = wire_pack(element->type, value, bytes, message);
    if (!len_bytes) return refuse(encoder, "%s", message);
    put_raw(encoder, bytes, len_bytes);
    return NULL;
}

static const char *want_bytes(struct encoder *encoder, const struct value *value, const struct bytes **bytes) {
    if (value->kind == VALUE_BYTES) *bytes = value->bytes;
    else if (value->kind == VALUE_RECORD) *bytes = value->record->encoded;
    else return refuse(encoder, "bytes are needed here, and this is %s", value_kind_name(value->kind));
    return NULL;
}

// A length that the layout fixes is kept; one that a field says is not looked at: it may be wrong on purpose.
static const char *encode_sized(struct encoder *encoder, const struct element_code *element,
                                const struct value *value) {
    const struct bytes *bytes = NULL;
    const char *const error = want_bytes(encoder, value, &bytes);
    if (error) return error;
    const struct term *const length = element->argument;
    if (length && length->kind == TERM_CONSTANT && length->value.number != (integer)bytes->len_bytes) {
        char text[INTEGER_TEXT_BYTES];
        return refuse(encoder, "%s bytes belong here, and these are %llu", integer_text(length->value.number, text),
                      (unsigned long long)bytes->len_bytes);
    }
    put_bytes(encoder, bytes);
    return NULL;
}

// until, cstring, line: what is searched for may not come before the end.
static const char *encode_delimited(struct encoder *encoder, const struct element_code *element,
                                    const struct value *value) {
    struct value delimiter = value_bytes(bytes_held(encoder->env->arena, slice_of("", 1)));
    const char *error = NULL;
    if (element->type == TYPE_WORD_UNTIL) {
        error = read_argument(encoder, element->argument, VALUE_BYTES, &delimiter);
    } else if (element->type == TYPE_WORD_LINE) {
        delimiter = value_bytes(bytes_held(encoder->env->arena, slice_text("\r\n")));
    }
    const struct bytes *bytes = NULL;
    if (!error) error = want_bytes(encoder, value, &bytes);
    if (error) return error;
    struct slice flat, end;
    if (!bytes_flat(encoder->env->arena, bytes, &flat) || !bytes_flat(encoder->env->arena, delimiter.bytes, &end)) {
        return refuse(encoder, "more than %d bytes before a delimiter", BYTES_FLAT_MAX);
    }
    struct slice const forbidden = element->type == TYPE_WORD_LINE ? slice_text("\n") : end;
    if (slice_find(flat, forbidden) >= 0) {
        return refuse(encoder, "the bytes hold the delimiter that ends them");
    }
    put_bytes(encoder, bytes);
    put_bytes(encoder, delimiter.bytes);
    return NULL;
}

static const char *encode_list(struct encoder *encoder, const struct element_code *element, const struct value *value) {
    if (value->kind != VALUE_LIST) return refuse(encoder, "a list is needed here, and this is %s", value_kind_name(value->kind));
    const struct term *const count = element->argument;
    if (count && count->kind == TERM_CONSTANT && count->value.number != (integer)value->item_count) {
        char text[INTEGER_TEXT_BYTES];
        return refuse(encoder, "%s items belong here, and these are %u", integer_text(count->value.number, text),
                      value->item_count);
    }
    for (uint32_t i = 0; i < value->item_count; i++) {
        const char *const error = encoder_put(encoder, element->element, &value->items[i]);
        if (error) return arena_text(encoder->env->arena, "[%u]%s", i, error);
    }
    return NULL;
}

static const char *encode_message(struct encoder *encoder, const struct element_code *element,
                                  const struct value *value) {
    const struct bytes *bytes = NULL;
    if (value->kind == VALUE_RECORD && value->record->message != element->message) {
        return refuse(encoder, "%s belongs here, and this is %s", element->message->name,
                      value->record->message->name);
    }
    const char *const error = want_bytes(encoder, value, &bytes);
    if (!error) put_bytes(encoder, bytes);
    return error;
}

// The rest of the types are numbers.
static const char *(*const ENCODERS[TYPE_WORD_COUNT])(struct encoder *, const struct element_code *,
                                                       const struct value *) = {
    [TYPE_WORD_BIT] = encode_bits,        [TYPE_WORD_BITS] = encode_bits,         [TYPE_WORD_BYTES] = encode_sized,
    [TYPE_WORD_TEXT] = encode_sized,      [TYPE_WORD_REST] = encode_sized,        [TYPE_WORD_UNTIL] = encode_delimited,
    [TYPE_WORD_CSTRING] = encode_delimited, [TYPE_WORD_LINE] = encode_delimited, [TYPE_WORD_LIST] = encode_list,
};

const char *encoder_put(struct encoder *encoder, const struct element_code *element, const struct value *value) {
    if (element->arms && message_pick(element, encoder->env, &element) != EVAL_DONE) {
        return refuse(encoder, "%s", encoder->env->message);
    }
    if (element->message) return encode_message(encoder, element, value);
    return ENCODERS[element->type] ? ENCODERS[element->type](encoder, element, value)
                                   : encode_number(encoder, element, value);
}
