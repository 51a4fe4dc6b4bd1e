// How libFuzzer changes an input: by its words and its lines, so that what comes of it still parses now and then. A word is
// cut by this file's own rules, since the text may be anything. Every third change is libFuzzer's own, of bytes.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size_bytes, size_t max_bytes);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size_bytes, size_t max_bytes, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size_bytes, const uint8_t *other, size_t other_bytes,
                                 uint8_t *out, size_t max_bytes, unsigned seed);

enum { STRETCHES_MAX = 16384 };

// A word, or a statement: where it begins and ends.
struct stretch {
    size_t start, end;
};

struct cuts {
    struct stretch stretches[STRETCHES_MAX];
    uint32_t count;
};

static uint64_t state;

static uint32_t draw(uint32_t limit) { // 0 where limit is 0
    state = fuzz_mix(state);
    return limit ? (uint32_t)(state >> 16) % limit : 0;
}

// ---- cutting

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool is_wordly(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static size_t word_end(struct slice text, size_t at) {
    uint8_t const first = text.data[at++];
    if (first == '"' || first == '\'') {
        while (at < text.len_bytes && text.data[at] != first && text.data[at] != '\n') {
            at += text.data[at] == '\\' && at + 1 < text.len_bytes ? 2 : 1;
        }
        return at < text.len_bytes && text.data[at] == first ? at + 1 : at;
    }
    if (first == '#') {
        while (at < text.len_bytes && text.data[at] != '\n') at++;
    } else if (is_wordly(first)) {
        while (at < text.len_bytes && is_wordly(text.data[at])) at++;
    }
    return at;
}

static void cut_words(struct slice text, struct cuts *cuts) {
    cuts->count = 0;
    for (size_t at = 0; at < text.len_bytes && cuts->count < STRETCHES_MAX;) {
        if (is_blank(text.data[at])) {
            at++;
            continue;
        }
        size_t const end = word_end(text, at);
        cuts->stretches[cuts->count++] = (struct stretch){at, end};
        at = end;
    }
}

// A line, and where it opens a block, now and then the lines up to the one that closes it.
static size_t statement_end(struct slice text, size_t at, bool with_block) {
    int depth = 0;
    while (at < text.len_bytes) {
        uint8_t const byte = text.data[at++];
        if (byte == '{') depth++;
        if (byte == '}') depth--;
        if (byte == '\n' && (depth <= 0 || !with_block)) return at;
    }
    return at;
}

static void cut_statements(struct slice text, struct cuts *cuts) {
    cuts->count = 0;
    for (size_t at = 0; at < text.len_bytes && cuts->count < STRETCHES_MAX;) {
        cuts->stretches[cuts->count++] = (struct stretch){at, statement_end(text, at, draw(2))};
        at = statement_end(text, at, false);
    }
}

static struct slice drawn(struct slice text, const struct cuts *cuts) {
    if (!cuts->count) return slice_of(text.data, 0);
    struct stretch const one = cuts->stretches[draw(cuts->count)];
    return slice_of(text.data + one.start, one.end - one.start);
}

// ---- changing

// `text` with the stretch replaced, into `out`, and blanks around it where words would grow together.
static size_t replace(struct slice text, struct stretch old, struct slice fresh, uint8_t *out, size_t max_bytes) {
    bool const space = fresh.len_bytes && is_wordly(fresh.data[0]) && old.start && is_wordly(text.data[old.start - 1]);
    size_t const total = old.start + space + fresh.len_bytes + (text.len_bytes - old.end);
    if (total > max_bytes) return 0;
    size_t at = old.start;
    if (at) memcpy(out, text.data, at);
    if (space) out[at++] = ' ';
    if (fresh.len_bytes) memcpy(out + at, fresh.data, fresh.len_bytes);
    at += fresh.len_bytes;
    if (text.len_bytes > old.end) memcpy(out + at, text.data + old.end, text.len_bytes - old.end);
    return at + text.len_bytes - old.end;
}

static uint32_t word_count(void) {
    static uint32_t count;
    while (fuzz_word(count)) count++;
    return count;
}

// One change of `text`, with stretches taken from it, from `donor` or from the tables. 0: it came to nothing.
static size_t change(struct slice text, struct slice donor, uint8_t *out, size_t max_bytes) {
    static struct cuts cuts, donor_cuts;
    bool const by_words = draw(3) > 0;
    void (*const cut)(struct slice, struct cuts *) = by_words ? cut_words : cut_statements;
    cut(text, &cuts);
    cut(donor, &donor_cuts);
    if (!cuts.count) return 0;
    uint32_t const number = draw(cuts.count);
    struct stretch const here = cuts.stretches[number];
    struct stretch const before = {here.start, here.start};
    struct slice const own = drawn(text, &cuts), other = drawn(donor, &donor_cuts);
    switch (draw(7)) {
    case 0: return replace(text, here, slice_of(text.data, 0), out, max_bytes);
    case 1: return replace(text, before, slice_of(text.data + here.start, here.end - here.start), out, max_bytes);
    case 2: return replace(text, here, own, out, max_bytes);
    case 3: return replace(text, before, own, out, max_bytes);
    case 4: return replace(text, here, other, out, max_bytes);
    case 5: return replace(text, before, other, out, max_bytes);
    }
    struct slice const word = slice_text(fuzz_word(draw(word_count())));
    return replace(text, draw(2) ? here : before, word, out, max_bytes);
}

// Several changes one behind the other; the text ends where the bytes of the peer begin, which are left alone.
static size_t change_text(const uint8_t *data, size_t size_bytes, struct slice donor, uint8_t *out, size_t max_bytes) {
    uint8_t *const spare = malloc(max_bytes + 1), *const work = malloc(max_bytes + 1);
    if (!spare || !work) abort();
    struct slice const whole = slice_of(data, size_bytes);
    size_t const text_bytes = fuzz_find_line(whole, FUZZ_BYTES_LINE);
    size_t const tail_bytes = size_bytes - text_bytes;
    struct slice text = slice_of(data, text_bytes);
    uint8_t *into = work, *next = spare;
    for (uint32_t left = 1 + draw(4); left; left--) {
        size_t const len = change(text, donor.len_bytes ? donor : text, into, max_bytes - tail_bytes);
        if (!len) continue;
        text = slice_of(into, len);
        uint8_t *const swapped = into;
        into = next;
        next = swapped;
    }
    if (text.len_bytes) memmove(out, text.data, text.len_bytes);
    memcpy(out + text.len_bytes, data + text_bytes, tail_bytes);
    free(work);
    free(spare);
    return text.len_bytes + tail_bytes;
}

// libFuzzer's own changes, of the bytes behind the text alone where there are any.
static size_t change_bytes(uint8_t *data, size_t size_bytes, size_t max_bytes) {
    size_t start = fuzz_find_line(slice_of(data, size_bytes), FUZZ_BYTES_LINE);
    if (start == size_bytes || draw(4) == 0) return LLVMFuzzerMutate(data, size_bytes, max_bytes);
    start += strlen(FUZZ_BYTES_LINE);
    return start + LLVMFuzzerMutate(data + start, size_bytes - start, max_bytes - start);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size_bytes, size_t max_bytes, unsigned seed) {
    state = seed;
    bool const has_text = fuzz_find_line(slice_of(data, size_bytes), FUZZ_BYTES_LINE) > 0 && size_bytes > 0;
    if (draw(3) == 0 || !has_text) return change_bytes(data, size_bytes, max_bytes);
    uint8_t *const old = malloc(size_bytes);
    if (!old) abort();
    memcpy(old, data, size_bytes);
    size_t const changed = change_text(old, size_bytes, slice_of(old, 0), data, max_bytes);
    free(old);
    return changed;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size_bytes, const uint8_t *other, size_t other_bytes,
                                 uint8_t *out, size_t max_bytes, unsigned seed) {
    state = seed;
    if (size_bytes > max_bytes) size_bytes = max_bytes;
    size_t const donor_bytes = fuzz_find_line(slice_of(other, other_bytes), FUZZ_BYTES_LINE);
    return change_text(data, size_bytes, slice_of(other, donor_bytes), out, max_bytes);
}
