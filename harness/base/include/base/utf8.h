// UTF-8, RFC 3629: well-formed sequences only, so neither surrogates nor overlong forms nor more than U+10FFFF.
#ifndef SOCKDRILL_BASE_UTF8_H
#define SOCKDRILL_BASE_UTF8_H

#include "base/slice.h"

enum { UTF8_BYTES_MAX = 4 };

// How many bytes the sequence at the start of `bytes` has, and its code point into *code_point; 0 where none that is
// well-formed and complete stands there.
unsigned utf8_decode(struct slice bytes, uint32_t *code_point);

// The sequence of a code point into `bytes`; returns its length, 0 where there is none (a surrogate, past U+10FFFF).
unsigned utf8_encode(uint32_t code_point, uint8_t bytes[UTF8_BYTES_MAX]);

// Whether a terminal may be shown it: neither a control of C0 or C1 nor one that reorders or hides text.
bool utf8_printable(uint32_t code_point);

// The columns a terminal gives a printable code point: 0 for a combining one, 2 for a wide one, else 1.
unsigned utf8_columns(uint32_t code_point);

#endif
