// What `use` takes: a file's path, or a library's <NAME>.
#include "parser.h"

#include "base/utf8.h"

#include <string.h>

static bool name_may_have(uint8_t byte) {
    return byte_is_name(byte) || byte == '-' || byte == '.' || byte == '/';
}

// The length of the first character that no name has; 0: all are good. It stands at *at.
static unsigned wrong_character(struct slice name, uint32_t *at) {
    for (*at = 0; *at < name.len_bytes; ++*at) {
        if (name_may_have(name.data[*at])) continue;
        uint32_t code_point;
        unsigned const len = utf8_decode(slice_of(name.data + *at, name.len_bytes - *at), &code_point);
        return len ? len : 1;
    }
    return 0;
}

// Whether a part between slashes, from *at to *end, leads elsewhere than below the folder.
static bool wrong_part(struct slice name, uint32_t *at, uint32_t *end) {
    for (*at = 0; *at <= name.len_bytes; *at = *end + 1) {
        *end = *at;
        while (*end < name.len_bytes && name.data[*end] != '/') ++*end;
        struct slice const part = slice_of(name.data + *at, *end - *at);
        if (part.len_bytes == 0 || slice_is(part, ".") || slice_is(part, "..")) return true;
    }
    return false;
}

static bool has_ending(struct slice name) {
    static const char ending[] = ".drill";
    size_t const len = sizeof ending - 1;
    return name.len_bytes >= len && memcmp(name.data + name.len_bytes - len, ending, len) == 0;
}

// False: it is none, which was reported.
static bool check_name(struct parser *parser, const struct token *token, struct slice name) {
    uint32_t at, end;
    unsigned const len = wrong_character(name, &at);
    uint32_t const start = token->inner_start;
    if (name.len_bytes == 0) {
        parser_error(parser, parser_token_span(parser, token), "a library's name stands between '<' and '>'");
    } else if (len > 0) {
        parser_error(parser, parser_span(parser, start + at, start + at + len),
                     "a library's name has letters, digits, '_', '-', '.' and '/' only");
    } else if (wrong_part(name, &at, &end)) {
        parser_error(parser, parser_span(parser, start + at, start + end),
                     "a library's name is a path below a folder of libraries, without an empty part, '.' or '..'");
    } else if (has_ending(name)) {
        parser_error(parser, parser_token_span(parser, token), "a library's name stands without '.drill'");
        diag_hint(parser->diags, "use <%.*s>", (int)name.len_bytes - 6, (const char *)name.data);
    }
    return !parser->panic;
}

// A path that is written as a name.
static void refuse_quoted_name(struct parser *parser, const struct expr *path) {
    struct slice const text = path->part_count == 1 ? path->parts[0].bytes : slice_of("", 0);
    if (text.len_bytes < 2 || text.data[0] != '<' || text.data[text.len_bytes - 1] != '>') return;
    parser_error(parser, path->span, "a library's <NAME> stands without quotes");
}

struct expr *library_parse(struct parser *parser, bool *is_searched) {
    struct token const token = lexer_library(&parser->lexer);
    if (token.kind == TOKEN_NOTHING) {
        struct expr *const path = string_plain(parser, "the file's path, a string, or a library's <NAME>");
        if (path) refuse_quoted_name(parser, path);
        return path;
    }
    if (token.kind == TOKEN_BAD) parser->panic = true;
    if (parser->panic) return NULL;
    parser_log(parser, &token);
    parser->taken_end = token.end;
    struct slice const name = lexer_slice(&parser->lexer, token.inner_start, token.inner_end);
    if (!check_name(parser, &token, name)) return NULL;
    struct expr *const library = expr_new(parser, EXPR_STRING, parser_token_span(parser, &token));
    library->parts = arena_array(parser->arena, 1, sizeof *library->parts);
    library->parts[library->part_count++].bytes = name;
    expr_settle(parser, library);
    *is_searched = true;
    return library;
}
