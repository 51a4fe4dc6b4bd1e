// Sanitizers' reports in what a program prints, recognised by their words as they come. Private to the room.
#ifndef SOCKDRILL_ENGINE_SANITIZER_H
#define SOCKDRILL_ENGINE_SANITIZER_H

#include "base/slice.h"

enum { SANITIZER_CARRY_BYTES = 64 };

// One stream's. Zero-initialised: nothing has come. Owned by one worker.
struct sanitizer_scan {
    const char *name; // of the first sanitizer that has reported; NULL: none has
    uint8_t carry[SANITIZER_CARRY_BYTES]; // the end of what came before
    size_t carry_bytes;
};

// The next bytes of the stream, cut anywhere. True once: a report has begun, scan->name is whose, and *end lies in
// `bytes`, behind the words that tell.
bool sanitizer_scan(struct sanitizer_scan *scan, struct slice bytes, size_t *end);

#endif
