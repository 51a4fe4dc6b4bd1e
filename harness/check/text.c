// Memory, text that grows, and lists of texts.
#include "bridge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *sockdrill_need(void *memory) {
    static const char words[] = "sockdrill_check: out of memory\n";
    if (memory) return memory;
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0) _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

void *sockdrill_share(size_t size_bytes) {
    void *const shared = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? NULL : shared;
}

void sockdrill_text_add(struct sockdrill_text *text, const char *bytes, size_t len_bytes) {
    size_t const needed = text->len_bytes + len_bytes + 1;
    if (needed > text->capacity_bytes) {
        text->capacity_bytes = needed > 2 * text->capacity_bytes ? needed : 2 * text->capacity_bytes;
        text->bytes = sockdrill_need(realloc(text->bytes, text->capacity_bytes));
    }
    if (len_bytes > 0) memcpy(text->bytes + text->len_bytes, bytes, len_bytes);
    text->len_bytes += len_bytes;
    text->bytes[text->len_bytes] = '\0';
}

__attribute__((format(printf, 1, 0))) static char *print_new(const char *format, va_list values) {
    char *made = NULL;
    if (vasprintf(&made, format, values) < 0) made = NULL;
    return sockdrill_need(made);
}

void sockdrill_text_print(struct sockdrill_text *text, const char *format, ...) {
    va_list values;
    va_start(values, format);
    char *const made = print_new(format, values);
    va_end(values);
    sockdrill_text_add(text, made, strlen(made));
    free(made);
}

const char *sockdrill_text_of(const struct sockdrill_text *text) { return text->bytes ? text->bytes : ""; }

void sockdrill_text_fini(struct sockdrill_text *text) {
    free(text->bytes);
    *text = (struct sockdrill_text){0};
}

void sockdrill_list_add(struct sockdrill_list *list, const char *format, ...) {
    va_list values;
    va_start(values, format);
    char *const made = print_new(format, values);
    va_end(values);
    list->items = sockdrill_need(realloc(list->items, (list->count + 2) * sizeof *list->items));
    list->items[list->count++] = made;
    list->items[list->count] = NULL;
}

void sockdrill_list_fini(struct sockdrill_list *list) {
    for (size_t i = 0; i < list->count; i++) free(list->items[i]);
    free(list->items);
    *list = (struct sockdrill_list){0};
}

// ---- the nearest name

// How many letters differ, are too many or too few: Levenshtein's distance. Names up to 63 bytes.
static size_t distance(const char *one, const char *other) {
    enum { NAME_BYTES_MAX = 63 };
    size_t row[NAME_BYTES_MAX + 1];
    size_t const len = strlen(other);
    if (len > NAME_BYTES_MAX) return SIZE_MAX;
    for (size_t i = 0; i <= len; i++) row[i] = i;
    for (size_t k = 0; one[k]; k++) {
        size_t diagonal = row[0];
        row[0] = k + 1;
        for (size_t i = 1; i <= len; i++) {
            size_t const least = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;
            size_t const swapped = diagonal + (one[k] != other[i - 1]);
            diagonal = row[i];
            row[i] = least < swapped ? least : swapped;
        }
    }
    return row[len];
}

const char *sockdrill_list_nearest(const struct sockdrill_list *list, const char *name) {
    const char *nearest = NULL;
    size_t least = strlen(name) / 3 + 2;
    for (size_t i = 0; i < list->count; i++) {
        size_t const far = distance(name, list->items[i]);
        if (far >= least) continue;
        least = far;
        nearest = list->items[i];
    }
    return nearest;
}
