// Reads what a journal's file is made of, piece by piece, and never past its end. Private to the room.
#ifndef SOCKDRILL_JOURNAL_CURSOR_H
#define SOCKDRILL_JOURNAL_CURSOR_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIME_NS_MAX_BITS = 61 }; // of any time that is read: differences and sums of a few stay within 64

// Bytes that are still to be read. Once something in them could not be, `wrong` says what, and everything reads as zero or
// empty.
struct cursor {
    struct slice rest;
    struct arena *arena; // of texts
    const char *wrong;   // or NULL: a sentence without a full stop
};

void cursor_fail(struct cursor *cursor, const char *wrong);
// Up to `most`; a larger one fails.
uint64_t cursor_number(struct cursor *cursor, uint64_t most);
int64_t cursor_signed(struct cursor *cursor);
uint32_t cursor_id(struct cursor *cursor, uint32_t limit); // below the limit, or JOURNAL_NONE
struct slice cursor_bytes(struct cursor *cursor);          // they stay where they are
const char *cursor_text(struct cursor *cursor);            // a copy, in the arena
uint32_t cursor_fixed32(struct cursor *cursor);            // little-endian
uint64_t cursor_fixed64(struct cursor *cursor);

#endif
