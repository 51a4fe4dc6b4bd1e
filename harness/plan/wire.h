// Integers, floats and addresses as they stand in bytes: what the rows of script/types.def say of them.
#ifndef SOCKDRILL_PLAN_WIRE_H
#define SOCKDRILL_PLAN_WIRE_H

#include "plan/value.h"

enum {
    WIRE_BYTES_MAX = 16, // the longest: an IPv6 address
    WIRE_MESSAGE_BYTES = 96,
};

bool wire_is_float(enum type_word type);
bool wire_is_integer(enum type_word type);    // of a fixed width in whole bytes
bool wire_is_address(enum type_word type);
size_t wire_width_bytes(enum type_word type); // of such an integer, a float or an address; 0 for any other type

// Packs an INTEGER, a FLOAT, or the host of an ADDRESS, which may be BYTES that write it; how many bytes, or 0: `message`
// says why it does not fit. FLOATs go into float types only, addresses into those of their family.
size_t wire_pack(enum type_word type, const struct value *value, uint8_t bytes[WIRE_BYTES_MAX],
                 char message[WIRE_MESSAGE_BYTES]);

// The number that wire_width_bytes(type) bytes hold; and the address, which has no port.
struct value wire_unpack(enum type_word type, const uint8_t *bytes);
struct value wire_unpack_address(struct arena *arena, enum type_word type, const uint8_t *bytes);

// A QUIC variable-length integer's length by its first byte, and its value; RFC 9000, section 16.
size_t wire_quic_len(uint8_t first);
uint64_t wire_quic_unpack(const uint8_t *bytes);

#endif
