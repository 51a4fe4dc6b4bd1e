// Valgrind's reports in what a program prints behind it. Private to the room.
#ifndef SOCKDRILL_ENGINE_VALGRIND_H
#define SOCKDRILL_ENGINE_VALGRIND_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>

enum { VALGRIND_LINE_BYTES = 256 }; // longer ones are looked at so far, from the mark on

// One stream's. Zero-initialised: nothing has come. Owned by one worker.
struct valgrind_scan {
    char line[VALGRIND_LINE_BYTES]; // that has not ended
    size_t line_bytes;
    bool is_full; // it begins at the mark, and there is no room for what is still to come of it
    struct buffer head; // the lines since one that may begin an error
    bool has_reported;
};

// The next bytes of the stream, cut anywhere. True once: an error has been told, scan->head has its lines so far, and *end
// lies in `bytes`, behind them.
bool valgrind_scan(struct valgrind_scan *scan, struct slice bytes, size_t *end);
void valgrind_scan_fini(struct valgrind_scan *scan);

#endif
