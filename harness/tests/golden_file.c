#include "golden_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static void file_write(const char *path, const struct buffer *text) {
    FILE *const file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(text->data, 1, text->len_bytes, file), text->len_bytes);
    ck_assert_int_eq(fclose(file), 0);
}

static void file_read(const char *path, struct buffer *contents) {
    FILE *const file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "no golden %s", path);
    char piece[4096];
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;) buffer_add(contents, piece, len);
    fclose(file);
}

enum { SHOWN_BYTES = 400 }; // Check takes no long messages

// Where they part, from the beginning of that line.
static size_t first_difference(const struct buffer *text, const struct buffer *golden) {
    size_t at = 0, line = 0;
    for (; at < text->len_bytes && at < golden->len_bytes && text->data[at] == golden->data[at]; at++)
        if (text->data[at] == '\n') line = at + 1;
    return line;
}

void golden_compare(const char *name, const struct buffer *text) {
    struct buffer path = {0}, golden = {0};
    buffer_printf(&path, "%s/golden/%s", FIXTURES_DIR, name);
    if (getenv("SOCKDRILL_GOLDEN_WRITE")) file_write(path.data, text);
    file_read(path.data, &golden);
    size_t const at = first_difference(text, &golden);
    ck_assert_msg(slice_equal(buffer_view(text), buffer_view(&golden)),
                  "%s differs at byte %zu; it has:\n%.*s\nit is now:\n%.*s", name, at, SHOWN_BYTES, golden.data + at,
                  SHOWN_BYTES, text->data + at);
    buffer_fini(&golden);
    buffer_fini(&path);
}
