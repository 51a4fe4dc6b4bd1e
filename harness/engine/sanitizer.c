// The first lines of sanitizers' reports: "==7==ERROR: AddressSanitizer: …", "WARNING: ThreadSanitizer: …", and of
// UndefinedBehaviorSanitizer "main.c:3:5: runtime error: …".
#include "sanitizer.h"

#include <ctype.h>
#include <string.h>

// Each has a word that is looked for, and what must stand before it.
static const char *const sanitizers[] = {
    "AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "MemorySanitizer", "UndefinedBehaviorSanitizer", "HWAddressSanitizer",
};
static const char *const heads[] = {"ERROR: ", "WARNING: ", "FATAL: "};
static const char ANCHOR[] = "Sanitizer", RUNTIME_ERROR[] = ": runtime error: ";

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

// A place in the source or in the program stands before it; Go's "panic: runtime error: " is no sanitizer's.
static const char *find_runtime_error(const uint8_t *begin, const uint8_t *end, size_t *behind) {
    size_t const len = sizeof RUNTIME_ERROR - 1;
    const uint8_t *at = begin;
    while ((at = memmem(at, (size_t)(end - at), RUNTIME_ERROR, len))) {
        bool const is_place = at > begin && (isdigit(at[-1]) || at[-1] == ')' || at[-1] == '>');
        at += len;
        *behind = (size_t)(at - begin);
        if (is_place) return "UndefinedBehaviorSanitizer";
    }
    return NULL;
}

static const char *find(const uint8_t *begin, size_t len_bytes, size_t *behind) {
    const char *name = find_named(begin, begin + len_bytes, behind);
    return name ? name : find_runtime_error(begin, begin + len_bytes, behind);
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
    scan->name = find(seam, scan->carry_bytes + more, end);
    if (scan->name) *end -= scan->carry_bytes; // words that end before were found with what came before
    else if (bytes.len_bytes > more) scan->name = find(bytes.data, bytes.len_bytes, end);
    carry_on(scan, bytes);
    return scan->name != NULL;
}
