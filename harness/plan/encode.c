// Values into bytes, by the layout: what stands in one field, and rows of fields with their bits packed.
#include "encode.h"
#include "eval.h"
#include "names.h"
#include "plan/plan.h"
#include "plan/record.h"
#include "wire.h"

enum { RUN_BYTES = 256 }; // short pieces lie in one run

void encoder_init(struct encoder *encoder, struct eval_env *env, struct span span) {
    *encoder = (struct encoder){.env = env, .span = span};
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
    encoder->len_bytes++;
}

static void put_raw(struct encoder *encoder, const uint8_t *data, size_t len_bytes) {
    for (size_t i = 0; i < len_bytes; i++) put_byte(encoder, data[i]);
}

void encoder_put_bytes(struct encoder *encoder, const struct bytes *bytes) {
    if (bytes->kind == BYTES_HELD && bytes->len_bytes <= RUN_BYTES / 4) {
        put_raw(encoder, bytes->held.data, bytes->held.len_bytes);
    } else {
        end_run(encoder);
        put_part(encoder, bytes);
        if (__builtin_add_overflow(encoder->len_bytes, bytes->len_bytes, &encoder->len_bytes))
            encoder->len_bytes = UINT64_MAX; // bytes_joined will say so
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
static const char *check_length(struct encoder *encoder, const struct element_code *element, uint64_t len_bytes) {
    const struct term *const length = element->argument;
    char text[INTEGER_TEXT_BYTES];
    if (!length || length->kind != TERM_CONSTANT || length->value.number == (integer)len_bytes) return NULL;
    return refuse(encoder, "%s bytes belong here, and these are %llu", integer_text(length->value.number, text),
                  (unsigned long long)len_bytes);
}

static const char *encode_bytes(struct encoder *encoder, const struct element_code *element,
                                const struct value *value) {
    const struct bytes *bytes = NULL;
    const char *error = want_bytes(encoder, value, &bytes);
    if (!error) error = check_length(encoder, element, bytes->len_bytes);
    if (!error) encoder_put_bytes(encoder, bytes);
    return error;
}

static const char *encode_masked(struct encoder *encoder, const struct element_code *element,
                                 const struct value *value) {
    struct value key;
    const struct bytes *bytes = NULL, *mask = NULL;
    if (term_eval(element->key, encoder->env, &key) != EVAL_DONE) {
        return refuse(encoder, "%s", encoder->env->message ? encoder->env->message : "its key has no value");
    }
    const char *error = key.kind == VALUE_NONE ? NULL : want_bytes(encoder, &key, &mask);
    if (!error) error = want_bytes(encoder, value, &bytes);
    if (!error) error = check_length(encoder, element, bytes->len_bytes);
    if (error) return error;
    const struct bytes *const masked = mask ? bytes_xored(encoder->env->arena, bytes, mask) : bytes;
    if (!masked) return refuse(encoder, "too many xored bytes in xored ones, and more than %d of them", BYTES_FLAT_MAX);
    encoder_put_bytes(encoder, masked);
    return NULL;
}

static const char *encode_sized(struct encoder *encoder, const struct element_code *element,
                                const struct value *value) {
    uint64_t const before = encoder->len_bytes;
    const char *const error = encoder_put(encoder, element->element, value);
    return error ? error : check_length(encoder, element, encoder->len_bytes - before);
}

// Of until(BYTES, MAX), likewise.
static const char *check_most(struct encoder *encoder, const struct element_code *element, uint64_t len_bytes) {
    const struct term *const most = element->most;
    char text[INTEGER_TEXT_BYTES];
    if (!most || most->kind != TERM_CONSTANT || most->value.number >= (integer)len_bytes) return NULL;
    return refuse(encoder, "%s bytes are allowed, and these are %llu with their delimiter",
                  integer_text(most->value.number, text), (unsigned long long)len_bytes);
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
    const char *const longer = check_most(encoder, element, flat.len_bytes + end.len_bytes);
    if (longer) return longer;
    encoder_put_bytes(encoder, bytes);
    encoder_put_bytes(encoder, delimiter.bytes);
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

// Where the next byte goes.
static struct name_place place_of(const struct encoder *encoder) {
    struct name_place place = *encoder->env->names;
    place.at += encoder->len_bytes;
    return place;
}

// What was written there is what later names may point to.
static void note_names(struct encoder *encoder, const struct name_place *place) {
    encoder->env->names->newest = place->newest;
}

static const char *encode_name(struct encoder *encoder, const struct element_code *element, const struct value *value) {
    uint8_t wire[NAME_WIRE_BYTES_MAX];
    char message[NAME_MESSAGE_BYTES];
    const struct bytes *bytes = NULL;
    struct slice flat;
    const char *const error = want_bytes(encoder, value, &bytes);
    if (error) return error;
    if (!bytes_flat(encoder->env->arena, bytes, &flat)) return refuse(encoder, "a name of more than 255 bytes");
    size_t const len_bytes = name_pack(flat, wire, message);
    if (!len_bytes) return refuse(encoder, "%s", message);
    struct slice name = slice_of(wire, len_bytes);
    if (encoder->env->names) {
        struct name_place place = place_of(encoder);
        name = name_write(encoder->env->arena, &place, name, element->type == TYPE_WORD_COMPRESSED_NAME);
        note_names(encoder, &place);
    }
    put_raw(encoder, name.data, name.len_bytes);
    return NULL;
}

// A message with names is built for the place that it has in another.
static const char *encode_again(struct encoder *encoder, const struct record *record) {
    struct eval_env *const env = encoder->env;
    struct name_place *const names = env->names;
    struct name_place place = place_of(encoder);
    const struct bytes *bytes = NULL;
    env->names = &place;
    enum eval_status const status = build_again(record, encoder->span, env, &bytes);
    env->names = names;
    if (status != EVAL_DONE) return refuse(encoder, "%s", env->message ? env->message : "it has no bytes");
    if (record->message->origin == PLAN_NONE) note_names(encoder, &place); // else they count from elsewhere
    encoder_put_bytes(encoder, bytes);
    return NULL;
}

static const char *encode_message(struct encoder *encoder, const struct element_code *element,
                                  const struct value *value) {
    const struct bytes *bytes = NULL;
    if (value->kind == VALUE_RECORD && value->record->message != element->message) {
        return refuse(encoder, "%s belongs here, and this is %s", element->message->name,
                      value->record->message->name);
    }
    bool const has_place = encoder->env->names && element->message->has_names;
    if (has_place && value->kind == VALUE_RECORD) return encode_again(encoder, value->record);
    const char *const error = want_bytes(encoder, value, &bytes);
    if (!error) encoder_put_bytes(encoder, bytes);
    return error;
}

// The rest of the types are numbers and addresses.
static const char *(*const ENCODERS[TYPE_WORD_COUNT])(struct encoder *, const struct element_code *,
                                                       const struct value *) = {
    [TYPE_WORD_BIT] = encode_bits,        [TYPE_WORD_BITS] = encode_bits,         [TYPE_WORD_BYTES] = encode_bytes,
    [TYPE_WORD_TEXT] = encode_bytes,      [TYPE_WORD_REST] = encode_bytes,        [TYPE_WORD_UNTIL] = encode_delimited,
    [TYPE_WORD_CSTRING] = encode_delimited, [TYPE_WORD_LINE] = encode_delimited, [TYPE_WORD_LIST] = encode_list,
    [TYPE_WORD_MASKED] = encode_masked,   [TYPE_WORD_SIZED] = encode_sized,
    [TYPE_WORD_DOMAIN_NAME] = encode_name, [TYPE_WORD_COMPRESSED_NAME] = encode_name,
};

const char *encoder_put(struct encoder *encoder, const struct element_code *element, const struct value *value) {
    while (element->arms) {
        if (message_pick(element, encoder->env, &element) == EVAL_DONE) continue;
        return refuse(encoder, "%s", encoder->env->message);
    }
    if (element->message) return encode_message(encoder, element, value);
    return ENCODERS[element->type] ? ENCODERS[element->type](encoder, element, value)
                                   : encode_number(encoder, element, value);
}
