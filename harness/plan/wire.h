// Integers and floats as they stand in bytes: what the rows of script/types.def say of them.
#ifndef SOCKDRILL_PLAN_WIRE_H
#define SOCKDRILL_PLAN_WIRE_H

#include "plan/value.h"

enum {
    WIRE_BYTES_MAX = 10, // the longest: leb128 of 64 bits
    WIRE_MESSAGE_BYTES = 96,
};

bool wire_is_float(enum type_word type);
bool wire_is_integer(enum type_word type);    // of a fixed width in whole bytes
size_t wire_width_bytes(enum type_word type); // of such an integer or a float; 0 for any other type

// Packs an INTEGER or a FLOAT; how many bytes, or 0: `message` says why it does not fit. FLOATs go into float types only.
size_t wire_pack(enum type_word type, const struct value *value, uint8_t bytes[WIRE_BYTES_MAX],
                 char message[WIRE_MESSAGE_BYTES]);

// The value that wire_width_bytes(type) bytes hold.
struct value wire_unpack(enum type_word type, const uint8_t *bytes);

// A QUIC variable-length integer's length by its first byte, and its value; RFC 9000, section 16.
size_t wire_quic_len(uint8_t first);
uint64_t wire_quic_unpack(const uint8_t *bytes);

#endif
