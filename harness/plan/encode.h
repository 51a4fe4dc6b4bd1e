// Values into bytes, by the layout of a message. Private to the room.
#ifndef SOCKDRILL_PLAN_ENCODE_H
#define SOCKDRILL_PLAN_ENCODE_H

#include "plan/message.h"

// A record's bytes where its names count from what lies around it: env->names says where it goes, and is brought up to date
// but for `at`. `span` is blamed.
enum eval_status build_again(const struct record *record, struct span span, struct eval_env *env,
                             const struct bytes **bytes);

// A row of fields on its way to become bytes. Owned by one worker; all it makes lies in env->arena.
struct encoder {
    struct eval_env *env; // its scope is the message, for the terms of the types; its names, where the first byte goes
    struct span span;     // of the message's value: blamed
    const struct bytes **parts;
    uint32_t part_count;
    uint8_t *run; // short pieces behind the parts
    size_t run_bytes;
    uint64_t len_bytes; // so far, in whole bytes
    uint8_t bit_byte; // the low bit_count bits of a byte that is not full yet
    unsigned bit_count;
};

void encoder_init(struct encoder *encoder, struct eval_env *env, struct span span);

// Appends the value in the layout of `element`. NULL, or what is wrong, behind the path below the element: ": 300 does not
// fit u8", "[3]: ...".
const char *encoder_put(struct encoder *encoder, const struct element_code *element, const struct value *value);

// Appends bytes as they are, behind a full byte.
void encoder_put_bytes(struct encoder *encoder, const struct bytes *bytes);

// All of it; a byte that is not full gets zero bits. NULL: more bytes than 64 bits count.
const struct bytes *encoder_finish(struct encoder *encoder);

#endif
