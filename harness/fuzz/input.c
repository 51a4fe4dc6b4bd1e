#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char FUZZ_FILE_LINE[] = "#== file ";
const char FUZZ_BYTES_LINE[] = "#== bytes\n";
const char FUZZ_PATH[] = "scenario.drill";

void fuzz_check(bool holds, const char *format, ...) {
    if (holds) return;
    va_list arguments;
    va_start(arguments, format);
    fputs("does not hold: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    abort();
}

size_t fuzz_find_line(struct slice text, const char *line) {
    size_t const len_bytes = strlen(line);
    for (size_t at = 0; at + len_bytes <= text.len_bytes; at++) {
        if ((at == 0 || text.data[at - 1] == '\n') && memcmp(text.data + at, line, len_bytes) == 0) return at;
    }
    return text.len_bytes;
}

static struct slice copy(const uint8_t *data, size_t len_bytes) {
    uint8_t *const own = malloc(len_bytes ? len_bytes : 1);
    if (!own) abort();
    if (len_bytes) memcpy(own, data, len_bytes);
    return slice_of(own, len_bytes);
}

static void add_file(struct fuzz_input *input, struct slice section) {
    const uint8_t *const end = memchr(section.data, '\n', section.len_bytes);
    size_t const path_bytes = end ? (size_t)(end - section.data) : section.len_bytes;
    size_t const text_start = end ? path_bytes + 1 : path_bytes;
    if (input->file_count == FUZZ_FILES_MAX) return;
    input->files[input->file_count++] = (struct fuzz_file){
        .path = copy(section.data, path_bytes),
        .text = copy(section.data + text_start, section.len_bytes - text_start),
    };
}

void fuzz_input_init(struct fuzz_input *input, const uint8_t *data, size_t size_bytes) {
    *input = (struct fuzz_input){0};
    struct slice rest = slice_of(size_bytes ? data : (const uint8_t *)"", size_bytes);
    size_t const text_bytes = fuzz_find_line(rest, FUZZ_BYTES_LINE);
    size_t const mark_bytes = text_bytes < size_bytes ? strlen(FUZZ_BYTES_LINE) : 0;
    input->bytes = copy(rest.data + text_bytes + mark_bytes, size_bytes - text_bytes - mark_bytes);
    rest.len_bytes = text_bytes;

    size_t at = fuzz_find_line(rest, FUZZ_FILE_LINE);
    input->text = copy(rest.data, at);
    while (at < rest.len_bytes) {
        at += strlen(FUZZ_FILE_LINE);
        struct slice const behind = slice_of(rest.data + at, rest.len_bytes - at);
        size_t const next = fuzz_find_line(slice_of(behind.data, behind.len_bytes), FUZZ_FILE_LINE);
        add_file(input, slice_of(behind.data, next));
        at += next;
    }
}

void fuzz_input_fini(struct fuzz_input *input) {
    free((void *)(uintptr_t)input->text.data);
    free((void *)(uintptr_t)input->bytes.data);
    for (uint32_t i = 0; i < input->file_count; i++) {
        free((void *)(uintptr_t)input->files[i].path.data);
        free((void *)(uintptr_t)input->files[i].text.data);
    }
    *input = (struct fuzz_input){0};
}

// ---- choices

uint8_t fuzz_byte(struct fuzz_choices *choices) {
    if (!choices->bytes.len_bytes) return 0;
    choices->bytes.len_bytes--;
    return *choices->bytes.data++;
}

uint32_t fuzz_below(struct fuzz_choices *choices, uint32_t limit) {
    if (limit <= 1) return 0;
    uint32_t number = fuzz_byte(choices);
    if (limit > 256) number = number << 8 | fuzz_byte(choices);
    return number % limit;
}

struct slice fuzz_piece(struct fuzz_choices *choices) {
    size_t len_bytes = fuzz_byte(choices);
    if (len_bytes > choices->bytes.len_bytes) len_bytes = choices->bytes.len_bytes;
    struct slice const piece = slice_of(choices->bytes.data, len_bytes);
    choices->bytes = slice_of(choices->bytes.data + len_bytes, choices->bytes.len_bytes - len_bytes);
    return piece;
}

uint64_t fuzz_mix(uint64_t number) {
    number += 0x9e3779b97f4a7c15u;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    number = (number ^ number >> 27) * 0x94d049bb133111ebu;
    return number ^ number >> 31;
}
