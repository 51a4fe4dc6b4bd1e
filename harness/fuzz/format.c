// Formatting twice is formatting once, and what was formatted compiles to the same plan.
#include "fuzz.h"
#include "plans.h"

#include "plan/explain.h"
#include "plan/plan.h"

#include "script/format.h"

#include <string.h>

enum { EXPLAINED_MAX = 8 };

static bool format(struct slice text, struct buffer *out) {
    struct arena arena;
    struct source source;
    struct diag_list diags;
    arena_init(&arena);
    source_init(&source, &arena, FUZZ_PATH, text);
    diag_list_init(&diags, &arena);
    bool const parses = script_format(&source, &arena, &diags, out);
    fuzz_check(parses == (diags.error_count == 0), "formatted: %d, with %u errors", parses, diags.error_count);
    fuzz_check(parses || out->len_bytes == 0, "it does not parse, and something is written");
    arena_fini(&arena);
    return parses;
}

// The plans as `explain` tells them, each line of the text counted as its first. How many errors there are instead.
static uint32_t explain(struct slice text, struct buffer *out) {
    struct plan_set set;
    fuzz_plans(&set, FUZZ_PATH, text, NULL, 0);
    uint32_t const errors = set.diags.error_count + set.diags.dropped_count;
    set.source.line_count = 1;
    for (uint32_t i = 0; !errors && i < set.plan_count && i < EXPLAINED_MAX; i++) plan_explain(set.plans[i], out);
    plan_set_fini(&set);
    return errors;
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static struct slice take_row(struct slice *text) {
    const uint8_t *const end = text->len_bytes ? memchr(text->data, '\n', text->len_bytes) : NULL;
    struct slice const row = slice_of(text->data, end ? (size_t)(end - text->data) : text->len_bytes);
    size_t const taken = row.len_bytes + (end != NULL);
    *text = slice_of(text->data + taken, text->len_bytes - taken);
    return row;
}

// Blanks aside; a text that is cut short was cut elsewhere with other blanks in it, and so ends the comparison.
static bool rows_agree(struct slice a, struct slice b) {
    struct slice const dots = slice_text("...");
    for (size_t i = 0, k = 0;;) {
        while (i < a.len_bytes && is_blank(a.data[i])) i++;
        while (k < b.len_bytes && is_blank(b.data[k])) k++;
        if (i == a.len_bytes || k == b.len_bytes) return i == a.len_bytes && k == b.len_bytes;
        if (slice_find(slice_of(a.data + i, a.len_bytes - i), dots) == 0) return true;
        if (slice_find(slice_of(b.data + k, b.len_bytes - k), dots) == 0) return true;
        if (a.data[i++] != b.data[k++]) return false;
    }
}

static void compare(struct slice before, struct slice after) {
    while (before.len_bytes || after.len_bytes) {
        struct slice const old = take_row(&before), new = take_row(&after);
        fuzz_check(rows_agree(old, new), "the plan was\n%.*s\nand is now\n%.*s", (int)old.len_bytes,
                   (const char *)old.data, (int)new.len_bytes, (const char *)new.data);
    }
}

void fuzz_one(const struct fuzz_input *input) {
    struct buffer once = {0}, twice = {0}, before = {0}, after = {0};
    if (format(input->text, &once)) {
        fuzz_check(format(buffer_view(&once), &twice), "what was formatted does not parse:\n%s", once.data);
        fuzz_check(slice_equal(buffer_view(&once), buffer_view(&twice)), "formatted once:\n%s\nand twice:\n%s",
                   once.data, twice.data);
        uint32_t const old_errors = explain(input->text, &before), new_errors = explain(buffer_view(&once), &after);
        fuzz_check(old_errors == new_errors, "there were %u errors, and now there are %u:\n%s", old_errors, new_errors,
                   once.data);
        compare(buffer_view(&before), buffer_view(&after));
    }
    buffer_fini(&after);
    buffer_fini(&before);
    buffer_fini(&twice);
    buffer_fini(&once);
}
