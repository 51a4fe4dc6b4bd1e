// The language's integer: wide enough for every i64 and u64 and the results of one operation on them.
#ifndef SOCKDRILL_BASE_INTEGER_H
#define SOCKDRILL_BASE_INTEGER_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 integer;

#define INTEGER_MIN ((integer)INT64_MIN)
#define INTEGER_MAX ((integer)UINT64_MAX)

static inline bool integer_in_range(integer value) { return value >= INTEGER_MIN && value <= INTEGER_MAX; }

enum { INTEGER_TEXT_BYTES = 24 };

// Decimal, into `text`, which is returned; value must be in range.
const char *integer_text(integer value, char text[INTEGER_TEXT_BYTES]);

#endif
