// The formatter's columns: the parts of a message's fields, a world's lines, and comments behind code.
#include "layout.h"

enum { FIELD_BLANKS = 2, COMMENT_BLANKS = 2 }; // at the least, between a field's name and its type, code and comment

// One line of a message: NAME TYPE [= EXPR | default EXPR] [when EXPR] [where EXPR]. Each part ends where the next begins.
struct field_parts {
    uint32_t type, value, condition, rule; // tokens; LAYOUT_NONE where there is none
    uint32_t type_end;
};

static bool is_field(const struct layout *layout, const struct layout_line *line) {
    if (line->end < line->first + 2) return false;
    uint32_t const open = layout->tokens[line->first].outer;
    return open != LAYOUT_NONE && layout->tokens[open].used.use == TOKEN_USE_FIELDS && layout->tokens[open].is_spread;
}

static bool is_word(const struct layout *layout, const struct layout_token *token, const char *word) {
    return token->used.kind == TOKEN_NAME && slice_is(layout_text(layout, token->used.start, token->used.end), word);
}

// Whether what follows a token is no operand: a word there is one between two parts, and not a name that is called like it.
static bool ends_operand(const struct layout *layout, uint32_t token) {
    static const char *const BEFORE_OPERAND[] = {"when", "where", "default", "and", "or", "not", "contains", "in"};
    const struct layout_token *const before = &layout->tokens[token];
    for (size_t i = 0; i < sizeof BEFORE_OPERAND / sizeof *BEFORE_OPERAND; i++)
        if (is_word(layout, before, BEFORE_OPERAND[i])) return false;
    return (before->used.kind >= TOKEN_NAME && before->used.kind <= TOKEN_WORD) || before->partner < token;
}

static struct field_parts field_parts(const struct layout *layout, const struct layout_line *line) {
    struct field_parts parts = {line->first + 1, LAYOUT_NONE, LAYOUT_NONE, LAYOUT_NONE, line->end};
    uint32_t const open = layout->tokens[line->first].outer;
    for (uint32_t i = line->end - 1; i > parts.type; i--) {
        const struct layout_token *const token = &layout->tokens[i];
        if (token->outer != open) continue;
        bool const is_where = parts.condition == LAYOUT_NONE && is_word(layout, token, "where") && ends_operand(layout, i - 1);
        bool const is_when = is_word(layout, token, "when") && parts.condition == LAYOUT_NONE;
        bool const is_value = token->used.kind == TOKEN_ASSIGN || is_word(layout, token, "default");
        if (is_where) parts.rule = i;
        if (is_when) parts.condition = i;
        if (is_value) parts.value = i;
        if (is_where || is_when || is_value) parts.type_end = i;
    }
    return parts;
}

static uint32_t greater(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

// The conditions among lines first .. end - 1, or the rules behind them, below each other.
static void align_conditions(struct layout *layout, uint32_t first, uint32_t end, bool is_rule) {
    uint32_t most_columns = 0;
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = first; i < end; i++) {
            const struct layout_line *const line = &layout->lines[i];
            if (!is_field(layout, line)) continue;
            struct field_parts const parts = field_parts(layout, line);
            uint32_t const at = is_rule ? parts.rule : parts.condition;
            if (at == LAYOUT_NONE) continue;
            uint32_t const columns = layout_width(layout, parts.type, at);
            if (turn == 0) most_columns = greater(most_columns, columns);
            else layout->tokens[at].pad = most_columns - columns + FIELD_BLANKS - 1;
        }
    }
}

// The fields among lines first .. end - 1, which have no blank line between them.
static void align_fields(struct layout *layout, uint32_t first, uint32_t end) {
    uint32_t name_columns = 0, type_columns = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct layout_line *const line = &layout->lines[i];
        if (!is_field(layout, line)) continue;
        struct field_parts const parts = field_parts(layout, line);
        uint32_t const columns = layout_width(layout, parts.type, parts.type_end);
        name_columns = greater(name_columns, layout->tokens[line->first].columns);
        if (parts.value != LAYOUT_NONE) type_columns = greater(type_columns, columns);
    }
    for (uint32_t i = first; i < end; i++) {
        const struct layout_line *const line = &layout->lines[i];
        if (!is_field(layout, line)) continue;
        struct field_parts const parts = field_parts(layout, line);
        uint32_t const columns = layout_width(layout, parts.type, parts.type_end);
        layout->tokens[parts.type].pad = name_columns - layout->tokens[line->first].columns + FIELD_BLANKS - 1;
        if (parts.value != LAYOUT_NONE) layout->tokens[parts.value].pad = type_columns - columns;
    }
    align_conditions(layout, first, end, false);
    align_conditions(layout, first, end, true);
}

void layout_fields(struct layout *layout) {
    for (uint32_t first = 0, end; first < layout->line_count; first = end) {
        end = first + 1;
        if (!is_field(layout, &layout->lines[first])) continue;
        uint32_t const open = layout->tokens[layout->lines[first].first].outer;
        uint32_t const close_line = layout->tokens[layout->tokens[open].partner].line;
        while (end < close_line && !layout->lines[end].blank_before) end++;
        align_fields(layout, first, end);
    }
}

// A line of a world with something behind its word.
static bool is_world_line(const struct layout *layout, const struct layout_line *line) {
    if (line->end < line->first + 2) return false;
    uint32_t const open = layout->tokens[line->first].outer;
    return open != LAYOUT_NONE && layout->tokens[open].used.use == TOKEN_USE_WORLD && layout->tokens[open].is_spread;
}

void layout_world(struct layout *layout) {
    for (uint32_t first = 0, end; first < layout->line_count; first = end) {
        end = first + 1;
        if (!is_world_line(layout, &layout->lines[first])) continue;
        uint32_t const open = layout->tokens[layout->lines[first].first].outer;
        uint32_t const close_line = layout->tokens[layout->tokens[open].partner].line;
        while (end < close_line && !layout->lines[end].blank_before) end++;
        uint32_t columns = 0;
        for (uint32_t i = first; i < end; i++) {
            const struct layout_line *const line = &layout->lines[i];
            if (is_world_line(layout, line)) columns = greater(columns, layout->tokens[line->first].columns);
        }
        for (uint32_t i = first; i < end; i++) {
            const struct layout_line *const line = &layout->lines[i];
            if (!is_world_line(layout, line)) continue;
            layout->tokens[line->first + 1].pad = columns - layout->tokens[line->first].columns;
        }
    }
}

static bool has_code(const struct layout_line *line) {
    return line->end > line->first;
}

static bool has_tall_token(const struct layout *layout, const struct layout_line *line) {
    for (uint32_t i = line->first; i < line->end; i++) {
        if (layout->tokens[i].is_tall) return true;
    }
    return false;
}

// A comment right below one behind code, at the same column, is the rest of it.
static void join_comments(struct layout *layout) {
    for (uint32_t i = 1; i < layout->line_count; i++) {
        const struct layout_line *const above = &layout->lines[i - 1];
        struct layout_line *const line = &layout->lines[i];
        if (has_code(line) || line->blank_before || above->comment.len_bytes == 0) continue;
        if (!has_code(above) && !above->goes_on) continue;
        line->goes_on = line->comment_column == above->comment_column && line->comment_column != line->indent_columns;
    }
}

static bool is_behind_code(const struct layout_line *line) {
    return line->comment.len_bytes && (has_code(line) || line->goes_on);
}

// The comments of lines first .. end - 1, all behind code, at one column: the first one's own, which is the author's
// taste, as far as there is room.
static void align_comments(struct layout *layout, uint32_t first, uint32_t end) {
    uint32_t code_columns = 0, comment_columns = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct layout_line *const line = &layout->lines[i];
        comment_columns = greater(comment_columns, layout_columns(line->comment));
        if (has_code(line)) code_columns = greater(code_columns, layout_code_columns(layout, line));
    }
    uint32_t const last = comment_columns < FORMAT_LINE_COLUMNS ? FORMAT_LINE_COLUMNS - comment_columns : 0;
    uint32_t const wanted = layout->lines[first].comment_column;
    uint32_t const column = greater(wanted < last ? wanted : last, code_columns + COMMENT_BLANKS);
    for (uint32_t i = first; i < end; i++) layout->lines[i].comment_column = column;
}

void layout_comments(struct layout *layout) {
    join_comments(layout);
    for (uint32_t first = 0, end; first < layout->line_count; first = end) {
        end = first + 1;
        struct layout_line *const line = &layout->lines[first];
        if (!is_behind_code(line)) {
            line->comment_column = line->indent_columns;
            continue;
        }
        for (; end < layout->line_count; end++) {
            const struct layout_line *const next = &layout->lines[end];
            if (!is_behind_code(next) || next->blank_before || has_tall_token(layout, next)) break;
        }
        align_comments(layout, first, end);
    }
}
