// Numbers of as many bytes as they need: LEB128, and zigzag for what has a sign. Private to the room.
#ifndef SOCKDRILL_JOURNAL_NUMBER_H
#define SOCKDRILL_JOURNAL_NUMBER_H

#include <stdint.h>

enum { NUMBER_BYTES_MAX = 10, NUMBER32_BYTES_MAX = 5 };

// 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
static inline uint64_t zigzag(int64_t number) { return ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0); }
static inline int64_t zigzag_back(uint64_t number) { return (int64_t)(number >> 1) ^ -(int64_t)(number & 1); }

// Where the next byte goes.
static inline uint8_t *number_put(uint8_t *at, uint64_t number) {
    for (; number > 0x7f; number >>= 7) *at++ = (uint8_t)(number | 0x80);
    *at++ = (uint8_t)number;
    return at;
}

// What number_put has written; `at` moves behind it.
static inline uint64_t number_take(const uint8_t **at) {
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t const byte = *(*at)++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return number;
    }
}

#endif
