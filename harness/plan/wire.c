#include "wire.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct wire_type {
    const char *word;
    uint8_t width_bits;
    bool is_signed;
    bool is_little;
};

static const struct wire_type TYPES[TYPE_WORD_COUNT] = {
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help)                                              \
    [TYPE_WORD_##id] = {word, width_bits, is_signed, is_little},
#include "script/types.def"
};

enum { QUIC_FORMS = 4 };
static const uint64_t QUIC_MAX[QUIC_FORMS] = {0x3f, 0x3fff, 0x3fffffff, 0x3fffffffffffffff};

bool wire_is_float(enum type_word type) {
    return type >= TYPE_WORD_F32BE && type <= TYPE_WORD_F64LE;
}

bool wire_is_address(enum type_word type) {
    return type == TYPE_WORD_ADDRESS4 || type == TYPE_WORD_ADDRESS6;
}

bool wire_is_integer(enum type_word type) {
    return wire_width_bytes(type) && !wire_is_float(type) && !wire_is_address(type);
}

size_t wire_width_bytes(enum type_word type) {
    return TYPES[type].width_bits / 8;
}

// The low `width` bytes of `bits`, in the type's order; and back.
static void store(bool is_little, uint64_t bits, size_t width, uint8_t *bytes) {
    for (size_t i = 0; i < width; i++) {
        bytes[is_little ? i : width - 1 - i] = (uint8_t)bits;
        bits >>= 8;
    }
}

static uint64_t load(bool is_little, const uint8_t *bytes, size_t width) {
    uint64_t bits = 0;
    for (size_t i = 0; i < width; i++) bits = bits << 8 | bytes[is_little ? width - 1 - i : i];
    return bits;
}

static size_t pack_float(enum type_word type, double real, uint8_t *bytes, char *message) {
    size_t const width = wire_width_bytes(type);
    uint64_t bits = 0;
    if (width == sizeof(double)) {
        memcpy(&bits, &real, sizeof real);
    } else {
        if (isfinite(real) && fabs(real) >= 0x1.ffffffp127) { // what rounds to more than FLT_MAX
            snprintf(message, WIRE_MESSAGE_BYTES, "%g does not fit %s", real, TYPES[type].word);
            return 0;
        }
        float const narrow = (float)real;
        uint32_t narrow_bits;
        memcpy(&narrow_bits, &narrow, sizeof narrow);
        bits = narrow_bits;
    }
    store(TYPES[type].is_little, bits, width, bytes);
    return width;
}

static size_t does_not_fit(enum type_word type, integer number, integer least, integer most, char *message) {
    char texts[3][INTEGER_TEXT_BYTES];
    snprintf(message, WIRE_MESSAGE_BYTES, "%s does not fit %s (%s to %s)", integer_text(number, texts[0]),
             TYPES[type].word, integer_text(least, texts[1]), integer_text(most, texts[2]));
    return 0;
}

static size_t pack_integer(enum type_word type, integer number, uint8_t *bytes, char *message) {
    unsigned const bits = TYPES[type].width_bits;
    integer const span = (integer)1 << bits;
    integer const least = TYPES[type].is_signed ? -(span / 2) : 0;
    integer const most = TYPES[type].is_signed ? span / 2 - 1 : span - 1;
    if (number < least || number > most) return does_not_fit(type, number, least, most, message);
    store(TYPES[type].is_little, (uint64_t)number, bits / 8, bytes);
    return bits / 8;
}

static size_t pack_leb128(integer number, uint8_t *bytes, char *message) {
    if (number < 0) return does_not_fit(TYPE_WORD_LEB128, number, 0, INTEGER_MAX, message);
    uint64_t bits = (uint64_t)number;
    size_t len = 0;
    do {
        bytes[len++] = (uint8_t)((bits & 0x7f) | (bits > 0x7f ? 0x80 : 0));
        bits >>= 7;
    } while (bits);
    return len;
}

static size_t pack_quic(integer number, uint8_t *bytes, char *message) {
    for (unsigned form = 0; number >= 0 && form < QUIC_FORMS; form++) {
        if (number > (integer)QUIC_MAX[form]) continue;
        size_t const len = (size_t)1 << form;
        store(false, (uint64_t)number, len, bytes);
        bytes[0] = (uint8_t)(bytes[0] | form << 6);
        return len;
    }
    return does_not_fit(TYPE_WORD_QUIC_VARINT, number, 0, (integer)QUIC_MAX[QUIC_FORMS - 1], message);
}

// The address that a value is, or that its text writes; false: none.
static bool address_of(const struct value *value, struct address *address) {
    bool has_port;
    uint8_t text[ADDRESS_TEXT_BYTES];
    if (value->kind == VALUE_ADDRESS) *address = *value->address;
    if (value->kind != VALUE_BYTES) return value->kind == VALUE_ADDRESS;
    if (value->bytes->len_bytes > sizeof text) return false;
    bytes_read(value->bytes, 0, text, (size_t)value->bytes->len_bytes);
    return address_parse(slice_of(text, (size_t)value->bytes->len_bytes), address, &has_port);
}

static size_t pack_address(enum type_word type, const struct value *value, uint8_t *bytes, char *message) {
    struct address address;
    const char *const wanted = type == TYPE_WORD_ADDRESS4 ? "an IPv4 address" : "an IPv6 address";
    sa_family_t const family = type == TYPE_WORD_ADDRESS4 ? AF_INET : AF_INET6;
    char text[ADDRESS_TEXT_BYTES];
    if (!address_of(value, &address)) {
        snprintf(message, WIRE_MESSAGE_BYTES, "%s takes %s, and %s", TYPES[type].word, wanted,
                 value->kind == VALUE_BYTES ? "these bytes write none" : "this is ");
        if (value->kind != VALUE_BYTES) strncat(message, value_kind_name(value->kind), WIRE_MESSAGE_BYTES - strlen(message) - 1);
        return 0;
    }
    if (address_is_none(&address) || address.as.any.sa_family != family) {
        snprintf(message, WIRE_MESSAGE_BYTES, "%s takes %s, and this is %.*s", TYPES[type].word, wanted, INET6_ADDRSTRLEN,
                 address_host(&address, text));
        return 0;
    }
    if (family == AF_INET) memcpy(bytes, &address.as.in.sin_addr, sizeof address.as.in.sin_addr);
    else memcpy(bytes, &address.as.in6.sin6_addr, sizeof address.as.in6.sin6_addr);
    return wire_width_bytes(type);
}

size_t wire_pack(enum type_word type, const struct value *value, uint8_t bytes[WIRE_BYTES_MAX],
                 char message[WIRE_MESSAGE_BYTES]) {
    bool const is_real = value->kind == VALUE_FLOAT;
    if (wire_is_address(type)) return pack_address(type, value, bytes, message);
    if (wire_is_float(type) && (is_real || value->kind == VALUE_INTEGER)) {
        return pack_float(type, is_real ? value->real : (double)value->number, bytes, message);
    }
    if (value->kind == VALUE_INTEGER) {
        if (type == TYPE_WORD_LEB128) return pack_leb128(value->number, bytes, message);
        if (type == TYPE_WORD_QUIC_VARINT) return pack_quic(value->number, bytes, message);
        if (wire_is_integer(type)) return pack_integer(type, value->number, bytes, message);
    }
    snprintf(message, WIRE_MESSAGE_BYTES, "%s takes %s, and this is %s", TYPES[type].word ? TYPES[type].word : "this",
             wire_is_float(type) ? "a number" : "an integer", value_kind_name(value->kind));
    return 0;
}

struct value wire_unpack(enum type_word type, const uint8_t *bytes) {
    size_t const width = wire_width_bytes(type);
    uint64_t const bits = load(TYPES[type].is_little, bytes, width);
    if (wire_is_float(type)) {
        struct value value = {.kind = VALUE_FLOAT};
        if (width == sizeof(double)) {
            memcpy(&value.real, &bits, sizeof value.real);
        } else {
            uint32_t const narrow_bits = (uint32_t)bits;
            float narrow;
            memcpy(&narrow, &narrow_bits, sizeof narrow);
            value.real = narrow;
        }
        return value;
    }
    integer number = bits;
    if (TYPES[type].is_signed && bits >> (TYPES[type].width_bits - 1)) number -= (integer)1 << TYPES[type].width_bits;
    return value_integer(number);
}

struct value wire_unpack_address(struct arena *arena, enum type_word type, const uint8_t *bytes) {
    struct address *const address = arena_alloc(arena, sizeof *address);
    if (type == TYPE_WORD_ADDRESS4) {
        *address = (struct address){.as.in.sin_family = AF_INET, .len_bytes = sizeof address->as.in};
        memcpy(&address->as.in.sin_addr, bytes, sizeof address->as.in.sin_addr);
    } else {
        *address = (struct address){.as.in6.sin6_family = AF_INET6, .len_bytes = sizeof address->as.in6};
        memcpy(&address->as.in6.sin6_addr, bytes, sizeof address->as.in6.sin6_addr);
    }
    return (struct value){.kind = VALUE_ADDRESS, .address = address};
}

size_t wire_quic_len(uint8_t first) {
    return (size_t)1 << (first >> 6);
}

uint64_t wire_quic_unpack(const uint8_t *bytes) {
    size_t const len = wire_quic_len(bytes[0]);
    return load(false, bytes, len) & QUIC_MAX[bytes[0] >> 6];
}
