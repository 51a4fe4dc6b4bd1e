// The elements whose end is found, not known: until, cstring, line, rest.
#include "matcher_state.h"

#include <string.h>

enum { DELIMITER_SHOWN_BYTES = 60 };

// Knuth, Morris, Pratt: fallback[i] is the longest proper prefix of the delimiter that ends its first i bytes.
static const uint32_t *make_fallback(struct arena *arena, struct slice delimiter) {
    uint32_t *const fallback = arena_array(arena, delimiter.len_bytes + 1, sizeof *fallback);
    uint32_t prefix = 0;
    for (size_t i = 1; i < delimiter.len_bytes; i++) {
        while (prefix && delimiter.data[i] != delimiter.data[prefix]) prefix = fallback[prefix];
        if (delimiter.data[i] == delimiter.data[prefix]) prefix++;
        fallback[i + 1] = prefix;
    }
    return fallback;
}

static enum match_status delimiter_read(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    const struct term *const argument = progress->element->argument;
    struct value value;
    enum match_status const status = match_eval_kind(matcher, argument, VALUE_BYTES, &value);
    if (status != MATCH_DONE) return status;
    if (!bytes_flat(matcher->arena, value.bytes, &progress->delimiter)) {
        return match_refuse(matcher, argument->reads_layout, "a delimiter of more than %d bytes", BYTES_FLAT_MAX);
    }
    if (progress->delimiter.len_bytes == 0) {
        return match_refuse(matcher, argument->reads_layout, "an empty delimiter is found everywhere");
    }
    return MATCH_DONE;
}

// How many bytes it may have, its delimiter's with them.
static enum match_status most_read(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    const struct term *const most = progress->element->most;
    struct value value;
    enum match_status const status = match_eval_kind(matcher, most, VALUE_INTEGER, &value);
    if (status != MATCH_DONE) return status;
    if (value.number < (integer)progress->delimiter.len_bytes) {
        char digits[INTEGER_TEXT_BYTES];
        return match_refuse(matcher, most->reads_layout, "the delimiter alone has %zu bytes, and %s are allowed",
                            progress->delimiter.len_bytes, integer_text(value.number, digits));
    }
    progress->left = value.number < (integer)UINT64_MAX ? (uint64_t)value.number : UINT64_MAX;
    return MATCH_DONE;
}

static enum match_status until_begin(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    enum match_status status = MATCH_DONE;
    progress->left = UINT64_MAX;
    if (progress->element->type == TYPE_WORD_CSTRING) progress->delimiter = slice_of("", 1);
    else status = delimiter_read(matcher);
    if (status == MATCH_DONE && progress->element->most) status = most_read(matcher);
    if (status == MATCH_DONE) progress->fallback = make_fallback(matcher->arena, progress->delimiter);
    return status;
}

// The number of bytes up to the delimiter's end, or all of them where it does not end there. *is_late: the one behind them
// leaves too few for it: what stands of the delimiter and what may still come were always enough before.
static size_t find_end(struct matcher *matcher, struct slice bytes, bool *is_late) {
    struct progress *const progress = &matcher->state->progress;
    struct slice const delimiter = progress->delimiter;
    size_t at = 0;
    while (at < bytes.len_bytes && progress->delimiter_at < delimiter.len_bytes) {
        uint64_t const left = progress->left - at;
        if (progress->delimiter_at == 0) { // nothing stands: the first byte of it is looked for at once
            uint64_t const last = left - delimiter.len_bytes; // where it begins at the latest
            size_t const rest = bytes.len_bytes - at;
            size_t const window = last < rest ? (size_t)last + 1 : rest;
            const uint8_t *const first = memchr(bytes.data + at, delimiter.data[0], window);
            size_t const next = first ? (size_t)(first - bytes.data) : at + window;
            matcher->state->looked_at_bytes += next - at + 1;
            *is_late = !first && last < rest;
            at = next - *is_late;
            if (!first) break;
            progress->delimiter_at = 1;
            at++;
            continue;
        }
        matcher->state->looked_at_bytes++;
        if (bytes.data[at] == delimiter.data[progress->delimiter_at]) {
            progress->delimiter_at++;
            at++;
        } else {
            progress->delimiter_at = progress->fallback[progress->delimiter_at];
            *is_late = left < delimiter.len_bytes - progress->delimiter_at;
            if (*is_late) break;
        }
    }
    return at;
}

// What was looked for, and how far.
static enum match_status too_late(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    struct buffer text = {0};
    buffer_text(&text, "no \"");
    buffer_escaped(&text, progress->delimiter, DELIMITER_SHOWN_BYTES);
    uint64_t const most = progress->left + (matcher->consumed_bytes - progress->start);
    buffer_printf(&text, "\" within %llu bytes", (unsigned long long)most);
    progress->wrong = arena_copy(matcher->arena, text.data, text.len_bytes);
    buffer_fini(&text);
    return MATCH_MISMATCH;
}

static enum match_status until_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    bool is_late = false;
    size_t const count = find_end(matcher, bytes, &is_late);
    enum match_status const status = match_hold(matcher, slice_of(bytes.data, count));
    if (status != MATCH_DONE) return status;
    *used = count;
    if (is_late) return too_late(matcher);
    progress->left -= progress->left == UINT64_MAX ? 0 : count;
    return progress->delimiter_at == progress->delimiter.len_bytes ? MATCH_DONE : MATCH_MORE;
}

static void until_finish(struct matcher *matcher) {
    match_finish_held(matcher, matcher->state->progress.delimiter.len_bytes);
}

static integer until_needs(const struct matcher *matcher, bool *exactly) {
    const struct progress *const progress = &matcher->state->progress;
    *exactly = false;
    return (integer)(progress->delimiter.len_bytes - progress->delimiter_at) * 8;
}

// A line is what comes before LF, without the CR that may stand before that.
static enum match_status line_begin(struct matcher *matcher) {
    static const uint32_t NO_FALLBACK[] = {0, 0};
    struct progress *const progress = &matcher->state->progress;
    progress->left = UINT64_MAX;
    progress->delimiter = slice_of("\n", 1);
    progress->fallback = NO_FALLBACK;
    return MATCH_DONE;
}

static void line_finish(struct matcher *matcher) {
    const struct progress *const progress = &matcher->state->progress;
    size_t const line_bytes = progress->held_bytes - 1;
    match_finish_held(matcher, line_bytes && progress->held[line_bytes - 1] == '\r' ? 2 : 1);
}

static const struct element_kind BOUNDED;

// In a message whose length another field says, the rest ends there.
static enum match_status rest_begin(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    uint64_t const bound = match_bound(matcher);
    if (bound == BOUND_NONE) return MATCH_DONE;
    if (bound < matcher->consumed_bytes) return mismatch_behind(matcher, bound);
    progress->kind = &BOUNDED;
    progress->left = bound - matcher->consumed_bytes;
    return match_fix_bytes(matcher);
}

static integer bounded_needs(const struct matcher *matcher, bool *exactly) {
    (void)exactly;
    return (integer)matcher->state->progress.left * 8;
}

static enum match_status rest_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    enum match_status const status = match_hold(matcher, bytes);
    if (status != MATCH_DONE) return status;
    *used = bytes.len_bytes;
    return MATCH_MORE;
}

static void rest_finish(struct matcher *matcher) {
    match_finish_held(matcher, 0);
}

static integer rest_needs(const struct matcher *matcher, bool *exactly) {
    (void)matcher;
    *exactly = false;
    return 0;
}

static const struct element_kind BOUNDED = {rest_begin, match_take_known, match_finish_known, bounded_needs, false};
const struct element_kind MATCH_UNTIL = {until_begin, until_take, until_finish, until_needs, false};
const struct element_kind MATCH_LINE = {line_begin, until_take, line_finish, until_needs, false};
const struct element_kind MATCH_REST = {rest_begin, rest_take, rest_finish, rest_needs, true};
