// The formatter: which blanks stand between two tokens, and the text written out.
#include "layout.h"

#include "base/utf8.h"

#include <string.h>

enum { PROPERTY_BLANKS = 2 }; // between one with its value and the next, on one line

struct slice layout_text(const struct layout *layout, uint32_t start, uint32_t end) {
    return slice_of(layout->source->text.data + start, end - start);
}

uint32_t layout_columns(struct slice text) {
    uint32_t columns = 0;
    for (size_t at = 0; at < text.len_bytes;) {
        uint32_t code_point;
        unsigned const len = utf8_decode(slice_of(text.data + at, text.len_bytes - at), &code_point);
        columns += len ? utf8_columns(code_point) : 1;
        at += len ? len : 1;
    }
    return columns;
}

static bool is_comma_like(enum token_kind kind) {
    return kind == TOKEN_COMMA || kind == TOKEN_COLON || kind == TOKEN_DOT;
}

// A word runs to white space, so that not every bracket or sign ends it.
static bool word_needs_blank(const struct used_token *word, const struct used_token *next) {
    if (next->kind == TOKEN_COMMA || next->kind == TOKEN_RIGHT_PAREN) return false;
    return next->kind != TOKEN_RIGHT_BRACKET || next->start > word->end;
}

uint32_t layout_blanks(const struct layout *layout, uint32_t token) {
    const struct used_token *const before = &layout->tokens[token - 1].used;
    const struct used_token *const here = &layout->tokens[token].used;
    if (here->use == TOKEN_USE_PROPERTY && before->use != TOKEN_USE_PROPERTIES) return PROPERTY_BLANKS;
    if (before->kind == TOKEN_WORD) return word_needs_blank(before, here);
    if (here->use == TOKEN_USE_ELSE) return 1 + layout->tokens[token].pad;
    if (is_comma_like(here->kind) || here->kind == TOKEN_RIGHT_PAREN || here->kind == TOKEN_RIGHT_BRACKET) return 0;
    if (before->kind == TOKEN_LEFT_PAREN || before->kind == TOKEN_LEFT_BRACKET) return 0;
    if (before->kind == TOKEN_DOT || before->use == TOKEN_USE_SIGN || here->use == TOKEN_USE_TIGHT) return 0;
    return 1 + layout->tokens[token].pad;
}

uint32_t layout_width(const struct layout *layout, uint32_t first, uint32_t end) {
    uint32_t columns = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct layout_token *const token = &layout->tokens[i];
        if (i > first) columns += layout_blanks(layout, i);
        columns = token->is_tall ? token->columns : columns + token->columns;
    }
    return columns;
}

uint32_t layout_code_columns(const struct layout *layout, const struct layout_line *line) {
    for (uint32_t i = line->end; i > line->first; i--) {
        if (layout->tokens[i - 1].is_tall) return layout_width(layout, i - 1, line->end);
    }
    return line->indent_columns + layout_width(layout, line->first, line->end);
}

static void write_line(const struct layout *layout, const struct layout_line *line, struct buffer *out) {
    if (line->blank_before) buffer_text(out, "\n");
    uint32_t column = 0;
    if (!line->goes_on) {
        buffer_repeat(out, ' ', line->indent_columns);
        column = line->indent_columns;
    }
    for (uint32_t i = line->first; i < line->end; i++) {
        const struct used_token *const used = &layout->tokens[i].used;
        if (i > line->first) buffer_repeat(out, ' ', layout_blanks(layout, i));
        buffer_slice(out, layout_text(layout, used->start, used->end));
    }
    if (line->end > line->first) column = layout_code_columns(layout, line);
    if (line->comment.len_bytes) {
        if (line->comment_column > column) buffer_repeat(out, ' ', line->comment_column - column);
        buffer_slice(out, line->comment);
    }
    buffer_text(out, "\n");
}

bool script_format(const struct source *source, struct arena *arena, struct diag_list *diags, struct buffer *out) {
    struct token_log log = {0};
    uint32_t const errors = diags->error_count;
    parser_run(source, arena, diags, &log);
    if (diags->error_count > errors) return false;
    struct layout layout = {.source = source, .arena = arena};
    layout_tokens(&layout, &log);
    layout_lines(&layout);
    layout_fields(&layout);
    layout_world(&layout);
    layout_comments(&layout);
    for (uint32_t i = 0; i < layout.line_count; i++) write_line(&layout, &layout.lines[i], out);
    return true;
}
