// For the script suites: a text parsed, its diagnostics one a line, and its expressions as S-expressions.
#ifndef SOCKDRILL_TESTS_SCRIPT_DUMP_H
#define SOCKDRILL_TESTS_SCRIPT_DUMP_H

#include "base/clock.h"
#include "script/script.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct parsed {
    struct arena arena;
    struct source source;
    struct diag_list diags;
    struct tree *tree;
    struct buffer out;
    char *copy;
};

// The text is copied to a place of just its size, so that a sanitizer sees who reads past its end.
static inline void parsed_init(struct parsed *parsed, struct slice text) {
    *parsed = (struct parsed){0};
    parsed->copy = malloc(text.len_bytes ? text.len_bytes : 1);
    ck_assert_ptr_nonnull(parsed->copy);
    if (text.len_bytes) memcpy(parsed->copy, text.data, text.len_bytes);
    source_init(&parsed->source, &parsed->arena, "t.drill", slice_of(parsed->copy, text.len_bytes));
    diag_list_init(&parsed->diags, &parsed->arena);
    parsed->tree = script_parse(&parsed->source, &parsed->arena, &parsed->diags);
    ck_assert_ptr_nonnull(parsed->tree);
    buffer_text(&parsed->out, "");
}

static inline void parsed_fini(struct parsed *parsed) {
    buffer_fini(&parsed->out);
    arena_fini(&parsed->arena);
    free(parsed->copy);
}

// "LINE:COLUMN message (hint)" for each, in the order they were found.
static inline void dump_diags(const struct diag_list *diags, struct buffer *out) {
    for (const struct diag *diag = diags->first; diag; diag = diag->next) {
        struct position const position = source_position(diag->span);
        buffer_printf(out, "%u:%u %s", position.line, position.column, diag->message);
        if (diag->hint) buffer_printf(out, " (%s)", diag->hint);
        buffer_text(out, "\n");
    }
}

static inline void dump_expr(const struct expr *expr, struct buffer *out);

static inline void dump_items(const struct expr *expr, struct buffer *out) {
    for (uint32_t i = 0; i < expr->item_count; i++) {
        buffer_text(out, " ");
        dump_expr(expr->items[i], out);
    }
    buffer_text(out, ")");
}

static inline void dump_string(const struct expr *expr, struct buffer *out) {
    buffer_text(out, "\"");
    for (uint32_t i = 0; i < expr->part_count; i++) {
        if (!expr->parts[i].expr) {
            buffer_escaped(out, expr->parts[i].bytes, SIZE_MAX);
            continue;
        }
        buffer_text(out, "${");
        dump_expr(expr->parts[i].expr, out);
        buffer_text(out, "}");
    }
    buffer_text(out, "\"");
}

static inline void dump_message(const struct expr *expr, struct buffer *out) {
    if (expr->left) {
        dump_expr(expr->left, out);
        buffer_text(out, ".");
    }
    buffer_slice(out, expr->name.text);
    buffer_text(out, "{");
    for (uint32_t i = 0; i < expr->field_count; i++) {
        const struct field_use *const field = &expr->fields[i];
        if (i) buffer_text(out, ", ");
        buffer_slice(out, field->name.text);
        buffer_text(out, script_operator_word(field->op));
        if (field->value) dump_expr(field->value, out);
        if (field->capture.text.len_bytes) buffer_text(out, " as ");
        buffer_slice(out, field->capture.text);
    }
    buffer_text(out, "}");
}

static inline void dump_expr(const struct expr *expr, struct buffer *out) {
    char text[CLOCK_TEXT_BYTES];
    if (!expr) {
        buffer_text(out, "NULL");
        return;
    }
    switch (expr->kind) {
    case EXPR_NUMBER: buffer_text(out, integer_text(expr->number, text)); return;
    case EXPR_FLOAT: buffer_printf(out, "%gf", expr->real); return;
    case EXPR_DURATION: buffer_text(out, clock_text((int64_t)expr->number, text)); return;
    case EXPR_RATE: buffer_printf(out, "%sbit/s", integer_text(expr->number, text)); return;
    case EXPR_STRING: dump_string(expr, out); return;
    case EXPR_REGEX: buffer_printf(out, "/%.*s/", (int)expr->text.len_bytes, (const char *)expr->text.data); return;
    case EXPR_NAME: buffer_slice(out, expr->name.text); return;
    case EXPR_MEMBER:
        dump_expr(expr->left, out);
        buffer_printf(out, ".%.*s", (int)expr->name.text.len_bytes, (const char *)expr->name.text.data);
        return;
    case EXPR_INDEX:
        dump_expr(expr->left, out);
        buffer_text(out, "[");
        dump_expr(expr->right, out);
        buffer_text(out, "]");
        return;
    case EXPR_CALL:
        buffer_text(out, "(call ");
        if (expr->left) dump_expr(expr->left, out);
        if (expr->left) buffer_text(out, ".");
        buffer_slice(out, expr->name.text);
        dump_items(expr, out);
        return;
    case EXPR_FILE:
        buffer_text(out, "(file ");
        dump_expr(expr->left, out);
        buffer_text(out, ")");
        return;
    case EXPR_UNARY:
        buffer_printf(out, "(%s ", script_operator_word(expr->op));
        dump_expr(expr->left, out);
        buffer_text(out, ")");
        return;
    case EXPR_BINARY:
        buffer_printf(out, "(%s ", script_operator_word(expr->op));
        dump_expr(expr->left, out);
        buffer_text(out, " ");
        dump_expr(expr->right, out);
        buffer_text(out, ")");
        return;
    case EXPR_ROW: buffer_text(out, "(row"), dump_items(expr, out); return;
    case EXPR_LIST: buffer_text(out, "(list"), dump_items(expr, out); return;
    case EXPR_MESSAGE: dump_message(expr, out); return;
    case EXPR_ENDPOINT: buffer_printf(out, "(%s", script_family_word(expr->family)), dump_items(expr, out); return;
    case EXPR_ADDRESS: buffer_printf(out, "@%.*s", (int)expr->text.len_bytes, (const char *)expr->text.data); return;
    case EXPR_PATH: buffer_text(out, "(path"), dump_items(expr, out); return;
    case EXPR_ANY_STATES: buffer_text(out, "..."); return;
    case EXPR_RANGE: buffer_text(out, "(.."), dump_items(expr, out); return;
    case EXPR_CHOICE: buffer_text(out, "(?"), dump_items(expr, out); return;
    case EXPR_LIST_FOR:
        buffer_printf(out, "(for %.*s ", (int)expr->name.text.len_bytes, (const char *)expr->name.text.data);
        dump_expr(expr->left, out);
        dump_items(expr, out);
        return;
    case EXPR_EACH:
        buffer_text(out, "(each ");
        dump_expr(expr->left, out);
        buffer_text(out, ")");
        return;
    case EXPR_INTERVAL:
        buffer_text(out, "(.. ");
        dump_expr(expr->left, out);
        buffer_text(out, " ");
        dump_expr(expr->right, out);
        buffer_text(out, ")");
        return;
    }
}

static inline void dump_type(const struct type_use *type, struct buffer *out) {
    buffer_text(out, script_type_word(type->word));
    buffer_slice(out, type->library.text);
    if (type->library.text.len_bytes) buffer_text(out, ".");
    buffer_slice(out, type->message.text);
    if (type->element) {
        buffer_text(out, "<");
        dump_type(type->element, out);
        buffer_text(out, ">");
    }
    if (type->argument) {
        buffer_text(out, "(");
        dump_expr(type->argument, out);
        buffer_text(out, ")");
    }
    if (type->most) {
        buffer_text(out, " most ");
        dump_expr(type->most, out);
    }
    if (type->key) {
        buffer_text(out, " key ");
        dump_expr(type->key, out);
    }
    if (type->until) {
        buffer_text(out, " until ");
        dump_expr(type->until, out);
    }
    if (type->arm_count) {
        buffer_text(out, "switch ");
        dump_expr(type->selector, out);
    }
    for (uint32_t i = 0; i < type->arm_count; i++) {
        buffer_text(out, i ? ", " : " {");
        if (!type->arms[i].value_count) buffer_text(out, "else");
        for (uint32_t k = 0; k < type->arms[i].value_count; k++) {
            if (k) buffer_text(out, " or ");
            dump_expr(type->arms[i].values[k], out);
        }
        buffer_text(out, ": ");
        dump_type(type->arms[i].type, out);
    }
    if (type->arm_count) buffer_text(out, "}");
}

static inline void dump_pattern(const struct pattern *pattern, struct buffer *out) {
    static const char *const ENDINGS[] = {
        [ENDING_NONE] = "", [ENDING_EOF] = "eof", [ENDING_RESET] = "reset", [ENDING_CLOSED] = "closed"};
    for (uint32_t i = 0; i < pattern->element_count; i++) {
        const struct element *const element = &pattern->elements[i];
        if (i) buffer_text(out, ", ");
        if (element->type) {
            buffer_text(out, "<");
            dump_type(element->type, out);
            buffer_text(out, ">");
        } else {
            dump_expr(element->bytes, out);
        }
        if (element->op) {
            buffer_printf(out, " %s ", script_operator_word(element->op));
            dump_expr(element->right, out);
        }
        if (element->capture.text.len_bytes) buffer_text(out, " as ");
        buffer_slice(out, element->capture.text);
    }
    if (pattern->ending) buffer_printf(out, "%s%s", pattern->element_count ? ", " : "", ENDINGS[pattern->ending]);
}

static inline int run_suite(Suite *suite) {
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

// What `log TEXT` makes of the text.
static inline void check_expr(const char *text, const char *expected) {
    struct buffer whole = {0};
    buffer_printf(&whole, "scenario \"t\"\nserver s {\n  log %s\n}\n", text);
    struct parsed parsed;
    parsed_init(&parsed, buffer_view(&whole));
    dump_diags(&parsed.diags, &parsed.out);
    const struct actor_decl *const actor = parsed.tree->actors;
    ck_assert_ptr_nonnull(actor);
    if (parsed.diags.error_count == 0) {
        ck_assert_ptr_nonnull(actor->body.first);
        ck_assert_ptr_null(actor->body.first->next);
        dump_expr(actor->body.first->operand, &parsed.out);
    }
    ck_assert_str_eq(parsed.out.data, expected);
    parsed_fini(&parsed);
    buffer_fini(&whole);
}

// The diagnostics of a whole text.
static inline void check_errors(const char *text, const char *expected) {
    struct parsed parsed;
    parsed_init(&parsed, slice_text(text));
    dump_diags(&parsed.diags, &parsed.out);
    ck_assert_str_eq(parsed.out.data, expected);
    parsed_fini(&parsed);
}

#endif
