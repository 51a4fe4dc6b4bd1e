// The formatter's lines: the author's own breaks are kept, and a `{ }` stands either on one line or with each brace at
// the end or the start of one.
#include "layout.h"

#include <string.h>

static bool opens(enum token_kind kind) {
    return kind == TOKEN_LEFT_PAREN || kind == TOKEN_LEFT_BRACKET || kind == TOKEN_LEFT_BRACE;
}

static bool closes(enum token_kind kind) {
    return kind == TOKEN_RIGHT_PAREN || kind == TOKEN_RIGHT_BRACKET || kind == TOKEN_RIGHT_BRACE;
}

static const uint8_t *last_break(struct slice text) {
    return text.len_bytes ? memrchr(text.data, '\n', text.len_bytes) : NULL;
}

static void measure(const struct layout *layout, struct layout_token *token) {
    struct slice text = layout_text(layout, token->used.start, token->used.end);
    const uint8_t *const line_break = last_break(text);
    token->is_tall = line_break != NULL;
    if (line_break) {
        const uint8_t *const end = text.data + text.len_bytes;
        text = slice_of(line_break + 1, (size_t)(end - line_break - 1));
    }
    token->columns = layout_columns(text);
}

void layout_tokens(struct layout *layout, const struct token_log *log) {
    layout->token_count = log->count;
    layout->tokens = arena_array(layout->arena, log->count, sizeof *layout->tokens);
    uint32_t outer = LAYOUT_NONE;
    for (uint32_t i = 0; i < log->count; i++) {
        struct layout_token *const token = &layout->tokens[i];
        *token = (struct layout_token){.used = log->tokens[i], .partner = LAYOUT_NONE};
        measure(layout, token);
        if (closes(token->used.kind) && outer != LAYOUT_NONE) {
            struct layout_token *const open = &layout->tokens[outer];
            token->partner = outer;
            open->partner = i;
            open->is_spread = open->used.kind == TOKEN_LEFT_BRACE &&
                              last_break(layout_text(layout, open->used.start, token->used.start)) != NULL;
            outer = open->outer;
        }
        token->outer = outer;
        if (opens(token->used.kind)) outer = i;
    }
}

static struct layout_line *add_line(struct layout *layout, uint32_t first, uint32_t breaks) {
    layout->lines = arena_grow(layout->arena, layout->lines, layout->line_count, sizeof *layout->lines);
    struct layout_line *const line = &layout->lines[layout->line_count++];
    const struct layout_line *const above = line - 1;
    bool const is_first = layout->line_count == 1;
    bool const after_opener =
        !is_first && above->end > above->first && opens(layout->tokens[above->end - 1].used.kind);
    *line = (struct layout_line){
        .first = first,
        .end = first,
        .blank_before = breaks > 1 && !is_first && !after_opener,
    };
    return line;
}

static void add_comment(struct layout *layout, struct layout_line *line, uint32_t start, uint32_t end) {
    const uint8_t *const data = layout->source->text.data;
    uint32_t line_start = start;
    while (line_start > 0 && data[line_start - 1] != '\n') line_start--;
    while (end > start && (data[end - 1] == ' ' || data[end - 1] == '\t' || data[end - 1] == '\r')) end--;
    line->comment = layout_text(layout, start, end);
    line->comment_column = layout_columns(layout_text(layout, line_start, start));
}

// The comments before a token; answers how many line breaks stand between it and what is before it.
static uint32_t add_comments(struct layout *layout, uint32_t start, uint32_t end, uint32_t next_token) {
    const uint8_t *const data = layout->source->text.data;
    uint32_t breaks = 0;
    for (uint32_t at = start; at < end; at++) {
        if (data[at] == '\n') breaks++;
        if (data[at] != '#') continue;
        const void *const found = memchr(data + at, '\n', end - at);
        uint32_t const comment_end = found ? (uint32_t)((const uint8_t *)found - data) : end;
        bool const is_behind = breaks == 0 && layout->line_count > 0;
        struct layout_line *const line =
            is_behind ? &layout->lines[layout->line_count - 1] : add_line(layout, next_token, breaks);
        add_comment(layout, line, at, comment_end);
        breaks = 0;
        at = comment_end - 1;
    }
    return breaks;
}

// Whether a brace that is spread makes a line begin with this token.
static bool begins_by_brace(const struct layout *layout, uint32_t token) {
    const struct layout_token *const here = &layout->tokens[token];
    if (token > 0 && layout->tokens[token - 1].is_spread) return true;
    return here->partner != LAYOUT_NONE && here->partner < token && layout->tokens[here->partner].is_spread;
}

static void indent(struct layout *layout) {
    uint32_t next = 0; // the token the line begins with, or the one behind a comment
    for (uint32_t i = 0; i < layout->line_count; i++) {
        struct layout_line *const line = &layout->lines[i];
        if (line->end > line->first) next = line->first;
        const struct layout_token *const token = next < layout->token_count ? &layout->tokens[next] : NULL;
        bool const is_closer = token && closes(token->used.kind);
        bool const is_code = line->end > line->first;
        uint32_t const open = !token ? LAYOUT_NONE : is_closer ? token->partner : token->outer;
        if (open != LAYOUT_NONE) {
            line->indent_columns = layout->lines[layout->tokens[open].line].indent_columns;
            if (!is_closer || !is_code) line->indent_columns += FORMAT_INDENT_COLUMNS;
        }
        for (uint32_t k = line->first; k < line->end; k++) layout->tokens[k].line = i;
        if (is_code) next = line->end;
    }
}

// The outermost blocks among tokens first .. end - 1 get lines of their own; so do inner ones that are still too wide.
static bool spread(struct layout *layout, uint32_t first, uint32_t end, uint32_t indent_columns) {
    bool any = false;
    for (uint32_t i = first; i < end; i++) {
        struct layout_token *const token = &layout->tokens[i];
        bool const is_block = token->used.use == TOKEN_USE_BLOCK || token->used.use == TOKEN_USE_FIELDS ||
                              token->used.use == TOKEN_USE_WORLD || token->used.use == TOKEN_USE_PROPERTIES;
        if (!is_block || token->is_spread || token->partner == i + 1) continue;
        any = token->is_spread = true;
        uint32_t const inner_columns = indent_columns + FORMAT_INDENT_COLUMNS;
        if (inner_columns + layout_width(layout, i + 1, token->partner) > FORMAT_LINE_COLUMNS)
            spread(layout, i + 1, token->partner, inner_columns);
        i = token->partner;
    }
    return any;
}

static bool spread_wide(struct layout *layout, const struct layout_line *line) {
    if (line->end == line->first || layout_code_columns(layout, line) <= FORMAT_LINE_COLUMNS) return false;
    return spread(layout, line->first, line->end, line->indent_columns);
}

static void break_lines(struct layout *layout) {
    layout->lines = NULL;
    layout->line_count = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < layout->token_count; i++) {
        const struct used_token *const used = &layout->tokens[i].used;
        uint32_t const breaks = add_comments(layout, at, used->start, i);
        if (layout->line_count == 0 || breaks || begins_by_brace(layout, i)) {
            add_line(layout, i, closes(used->kind) ? 1 : breaks);
        }
        layout->lines[layout->line_count - 1].end = i + 1;
        at = used->end;
    }
    add_comments(layout, at, (uint32_t)layout->source->text.len_bytes, layout->token_count);
    indent(layout);
}

void layout_lines(struct layout *layout) {
    break_lines(layout);
    bool any = false;
    for (uint32_t i = 0; i < layout->line_count; i++) any = spread_wide(layout, &layout->lines[i]) || any;
    if (any) break_lines(layout);
}
