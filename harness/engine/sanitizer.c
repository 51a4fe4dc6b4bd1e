// The first lines of sanitizers' reports: "==7==ERROR: AddressSanitizer: …", "WARNING: ThreadSanitizer: …", and of
// UndefinedBehaviorSanitizer "main.c:3:5: runtime error: …", or of its minimal runtime "ubsan: add-overflow by 0x…".
#include "sanitizer.h"

#include <ctype.h>
#include <string.h>

// Each has a word that is looked for, and what must stand before it.
static const char *const sanitizers[] = {
    "AddressSanitizer", "LeakSanitizer",      "ThreadSanitizer",
    "MemorySanitizer",  "HWAddressSanitizer", "UndefinedBehaviorSanitizer",
    "TypeSanitizer",    "RealtimeSanitizer",  "NumericalStabilitySanitizer",
};
static const char *const heads[] = {"ERROR: ", "WARNING: ", "FATAL: "};
static const char ANCHOR[] = "Sanitizer", RUNTIME_ERROR[] = " runtime error: ", MINIMAL[] = "ubsan: ";
// What the minimal runtime says, on a line of its own or with " by 0x…" behind it.
static const char *const minimal_words[] = {
    "add-overflow",           "alignment-assumption", "builtin-unreachable", "cfi-check-fail",
    "divrem-overflow",        "float-cast-overflow",  "function-type-mismatch", "implicit-conversion",
    "invalid-builtin",        "invalid-objc-cast",    "load-invalid-value",  "missing-return",
    "mul-overflow",           "negate-overflow",      "nonnull-arg",         "nonnull-return",
    "nullability-arg",        "nullability-return",   "out-of-bounds",       "pointer-overflow",
    "shift-out-of-bounds",    "sub-overflow",         "type-mismatch",       "vla-bound-not-positive",
};

static bool ends_with(const uint8_t *begin, const uint8_t *end, const char *text) {
    size_t const len = strlen(text);
    return (size_t)(end - begin) >= len && memcmp(end - len, text, len) == 0;
}

// Whose report it is where `end` lies behind "…Sanitizer"; NULL: nobody's.
static const char *reporter(const uint8_t *begin, const uint8_t *end) {
    for (size_t i = 0; i < sizeof sanitizers / sizeof *sanitizers; i++) {
        if (!ends_with(begin, end, sanitizers[i])) continue;
        const uint8_t *head_end = end - strlen(sanitizers[i]);
        for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
            if (ends_with(begin, head_end, heads[k])) return sanitizers[i];
    }
    return NULL;
}

static const char *find_named(const uint8_t *begin, const uint8_t *end, size_t *behind) {
    size_t const len = sizeof ANCHOR - 1;
    const uint8_t *at = begin;
    while ((at = memmem(at, (size_t)(end - at), ANCHOR, len))) {
        at += len;
        const char *name = reporter(begin, at);
        *behind = (size_t)(at - begin);
        if (name) return name;
    }
    return NULL;
}

// Before what colours it: "ESC [ 31 m", any number of them.
static const uint8_t *before_colours(const uint8_t *begin, const uint8_t *end) {
    while (end > begin && end[-1] == 'm') {
        const uint8_t *at = end - 1;
        while (at > begin && (isdigit(at[-1]) || at[-1] == ';')) at--;
        if (at - begin < 2 || at[-1] != '[' || at[-2] != '\033') break;
        end = at - 2;
    }
    return end;
}

// A place in the source or in the program stands before it, and a colon; Go's "panic: runtime error: " is nobody's.
static const char *find_runtime_error(const uint8_t *begin, const uint8_t *end, size_t *behind) {
    size_t const len = sizeof RUNTIME_ERROR - 1;
    const uint8_t *at = begin;
    while ((at = memmem(at, (size_t)(end - at), RUNTIME_ERROR, len))) {
        const uint8_t *place = before_colours(begin, at);
        bool const has_place = place - begin >= 2 && place[-1] == ':';
        bool const is_place = has_place && (isdigit(place[-2]) || place[-2] == ')' || place[-2] == '>');
        at += len;
        *behind = (size_t)(at - begin);
        if (is_place) return "UndefinedBehaviorSanitizer";
    }
    return NULL;
}

static size_t starts_with(const uint8_t *begin, const uint8_t *end, const char *text) {
    size_t const len = strlen(text);
    return (size_t)(end - begin) >= len && memcmp(begin, text, len) == 0 ? len : 0;
}

// How long the words are, with what must stand behind them; 0: they are others.
static size_t minimal_bytes(const uint8_t *begin, const uint8_t *end) {
    static const char *const tails[] = {"\n", "\r", " by 0x"};
    for (size_t i = 0; i < sizeof minimal_words / sizeof *minimal_words; i++) {
        size_t const len = starts_with(begin, end, minimal_words[i]);
        for (size_t k = 0; k < sizeof tails / sizeof *tails && len > 0; k++)
            if (starts_with(begin + len, end, tails[k])) return len + strlen(tails[k]);
    }
    return 0;
}

static const char *find_minimal(const uint8_t *begin, const uint8_t *end, bool begins_line, size_t *behind) {
    size_t const len = sizeof MINIMAL - 1;
    const uint8_t *at = begin;
    while ((at = memmem(at, (size_t)(end - at), MINIMAL, len))) {
        bool const is_first = at > begin ? at[-1] == '\n' : begins_line;
        at += len;
        size_t const words_bytes = minimal_bytes(at, end);
        *behind = (size_t)(at - begin) + words_bytes;
        if (is_first && words_bytes > 0) return "UndefinedBehaviorSanitizer";
    }
    return NULL;
}

static const char *find(const uint8_t *begin, size_t len_bytes, bool begins_line, size_t *behind) {
    const uint8_t *end = begin + len_bytes;
    const char *name = find_named(begin, end, behind);
    if (!name) name = find_runtime_error(begin, end, behind);
    return name ? name : find_minimal(begin, end, begins_line, behind);
}

static void carry_on(struct sanitizer_scan *scan, struct slice bytes) {
    size_t taken = bytes.len_bytes < SANITIZER_CARRY_BYTES ? bytes.len_bytes : SANITIZER_CARRY_BYTES;
    size_t kept = SANITIZER_CARRY_BYTES - taken;
    if (kept > scan->carry_bytes) kept = scan->carry_bytes;
    memmove(scan->carry, scan->carry + scan->carry_bytes - kept, kept);
    if (taken > 0) memcpy(scan->carry + kept, bytes.data + bytes.len_bytes - taken, taken);
    scan->carry_bytes = kept + taken;
}

bool sanitizer_scan(struct sanitizer_scan *scan, struct slice bytes, size_t *end) {
    if (scan->name || bytes.len_bytes == 0) return false;
    uint8_t seam[2 * SANITIZER_CARRY_BYTES];
    size_t const more = bytes.len_bytes < SANITIZER_CARRY_BYTES ? bytes.len_bytes : SANITIZER_CARRY_BYTES;
    memcpy(seam, scan->carry, scan->carry_bytes);
    memcpy(seam + scan->carry_bytes, bytes.data, more);
    bool const is_first = scan->carry_bytes < SANITIZER_CARRY_BYTES; // the seam begins where the stream does
    scan->name = find(seam, scan->carry_bytes + more, is_first, end);
    if (scan->name) *end -= scan->carry_bytes; // words that end before were found with what came before
    else if (bytes.len_bytes > more) scan->name = find(bytes.data, bytes.len_bytes, false, end);
    carry_on(scan, bytes);
    return scan->name != NULL;
}
