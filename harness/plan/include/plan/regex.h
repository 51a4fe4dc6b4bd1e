// Regular expressions: PCRE2's, over bytes (pcre2pattern(3)); a pattern asks for UTF-8 itself, with (*UTF).
#ifndef SOCKDRILL_PLAN_REGEX_H
#define SOCKDRILL_PLAN_REGEX_H

#include "base/arena.h"
#include "base/library.h"
#include "base/slice.h"

#include <stdint.h>

// Immutable after regex_compile; any thread may match with it. Lives in the arena, and needs no fini.
struct regex;

// PCRE2, which the first regex_compile loads.
struct library *regex_library(void);

// NULL: *error says what is wrong (in the arena) and *offset_bytes where in the pattern. `pattern` must outlive the regex. Where
// there is no PCRE2 any pattern is good, and has its named groups alone.
const struct regex *regex_compile(struct arena *arena, struct slice pattern, const char **error, size_t *offset_bytes);

// Why there is no PCRE2 to match with, or NULL.
const char *regex_lacks(const struct regex *regex);

// The highest group number; 0 where there are none but the whole match.
uint32_t regex_group_count(const struct regex *regex);

// The name of group `number`, NULL where it has none.
const char *regex_group_name(const struct regex *regex, uint32_t number);

enum regex_answer {
    REGEX_MATCHES,
    REGEX_DIFFERS,
    REGEX_LACKS,  // there is no PCRE2
    REGEX_FAILED, // it took too many steps or too much memory, or the subject is not the UTF-8 that was asked for
};

// Searches `subject`. On a match, groups[n] is what group n took, `data` NULL where it took no part; `groups` has
// regex_group_count() + 1 entries, the first for the whole match, or is NULL. On REGEX_FAILED and REGEX_LACKS *error says why, in `arena`.
enum regex_answer regex_match(const struct regex *regex, struct slice subject, struct slice *groups,
                              struct arena *arena, const char **error);

#endif
