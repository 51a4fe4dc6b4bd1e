// tokens FILE...: what each piece of these scenarios is, as the program's own lexer and parser have it.
//
//   FILE LINE START END CLASS   tabs between; the line counts from 1, START and END bytes of the line from 0
//
// A piece that goes over several lines is told line by line. Files with an error in them are told nothing of; 1: there was one.
#include "words.h"

#include "base/file.h"
#include "script/parser.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Owned by main.
struct text {
    const char *path;
    struct source source;
    struct lexer lexer; // for the ends of interpolations
    const struct word_list *lists;
    const struct token_log *log;
};

static void tell(const struct text *text, uint32_t start, uint32_t end, const char *class) {
    while (start < end) {
        uint32_t const line = source_position((struct span){&text->source, start, start}).line;
        uint32_t const line_start = text->source.line_starts[line - 1];
        uint32_t const next = line < text->source.line_count ? text->source.line_starts[line] : UINT32_MAX;
        uint32_t const stop = next - 1 < end ? next - 1 : end; // without the line break
        if (stop > start) printf("%s\t%u\t%u\t%u\t%s\n", text->path, line, start - line_start, stop - line_start, class);
        start = stop < end ? stop + 1 : end;
    }
}

static uint8_t byte_at(const struct text *text, uint32_t at) { return lexer_byte(&text->lexer, at); }

static uint32_t escape_length(const struct text *text, uint32_t at) {
    switch (byte_at(text, at + 1)) {
    case 'x': return 4;
    case 'u': return 6;
    case 'U': return 10;
    case '\r': return 3;
    default: return 2;
    }
}

static uint32_t tell_tokens(const struct text *text, uint32_t first, uint32_t start, uint32_t end);

// A string with escapes and interpolations, whose inner tokens stand behind it in the log, from `next` on; the first that
// does not.
static uint32_t tell_string(const struct text *text, struct used_token token, uint32_t next) {
    uint32_t at = token.start, told = token.start;
    while (at < token.end) {
        bool const opens = byte_at(text, at) == '$' && byte_at(text, at + 1) == '{';
        bool const escapes = byte_at(text, at) == '\\';
        if (!opens && !escapes) {
            at++;
            continue;
        }
        tell(text, told, at, "string");
        if (opens) {
            uint32_t const close = lexer_interpolation_end(&text->lexer, at + 2);
            tell(text, at, at + 2, "interpolation");
            next = tell_tokens(text, next, at + 2, close);
            tell(text, close, close + 1, "interpolation");
            at = close + 1;
        } else {
            uint32_t const len = escape_length(text, at);
            tell(text, at, at + len, "escape");
            at += len;
        }
        told = at;
    }
    tell(text, told, token.end, "string");
    return next;
}

// Comments, and blanks.
static void tell_gap(const struct text *text, uint32_t start, uint32_t end) {
    for (uint32_t at = start; at < end; at++) {
        if (byte_at(text, at) != '#') continue;
        uint32_t const begin = at;
        while (at < end && byte_at(text, at) != '\n') at++;
        tell(text, begin, at, "comment");
    }
}

static bool in_list(const struct text *text, const char *list, struct slice word) {
    return words_has(words_list(text->lists, slice_text(list)), word);
}

// What somebody has named, or a table.
static const char *class_of_name(const struct text *text, struct slice word) {
    return in_list(text, "constants", word) || in_list(text, "numbers", word) ? "constant" : "name";
}

static const char *class_of_call(const struct text *text, struct slice word, bool is_member) {
    if (in_list(text, "attributes", word)) return "attribute";
    if (is_member) return "name";
    if (in_list(text, "types", word)) return "type";
    return in_list(text, "functions", word) ? "function" : "name";
}

// The name behind `let` and its like is a new one, whatever a table has of that name.
static bool is_given(const struct text *text, uint32_t index) {
    const struct used_token *const before = &text->log->tokens[index] - 1;
    if (index == 0 || before->use != TOKEN_USE_STATEMENT) return false;
    struct slice const word = lexer_slice(&text->lexer, before->start, before->end);
    return in_list(text, "named", word) || in_list(text, "actors", word);
}

static const char *class_of(const struct text *text, uint32_t index) {
    const struct used_token *const token = &text->log->tokens[index];
    struct slice const word = lexer_slice(&text->lexer, token->start, token->end);
    bool const is_member = index > 0 && token[-1].kind == TOKEN_DOT && token[-1].end == token->start;
    switch ((int)token->kind) {
    case TOKEN_NUMBER:
    case TOKEN_FLOAT:
    case TOKEN_DURATION:
    case TOKEN_RATE:
    case TOKEN_ADDRESS: return "number";
    case TOKEN_RAW_STRING:
    case TOKEN_HEX_STRING:
    case TOKEN_LIBRARY: return "string";
    case TOKEN_REGEX: return "regex";
    case TOKEN_WORD: return "word";
    case TOKEN_NAME: break;
    default: return "operator";
    }
    switch (token->use) {
    case TOKEN_USE_STATEMENT: return "statement";
    case TOKEN_USE_PROPERTY:
    case TOKEN_USE_WORD: return "keyword";
    case TOKEN_USE_TYPE: return "type";
    case TOKEN_USE_KIND: return "kind";
    case TOKEN_USE_CALLED: return class_of_call(text, word, is_member);
    case TOKEN_USE_VALUE: return in_list(text, "attributes", word) ? "attribute" : class_of_name(text, word);
    case TOKEN_USE_PLAIN: return is_given(text, index) ? "name" : class_of_name(text, word);
    case TOKEN_USE_SIGN:
    case TOKEN_USE_TIGHT:
    case TOKEN_USE_BLOCK:
    case TOKEN_USE_FIELDS:
    case TOKEN_USE_WORLD:
    case TOKEN_USE_PROPERTIES:
    case TOKEN_USE_ELSE: break;
    }
    return "operator";
}

static bool has_inner(enum token_kind kind) {
    return kind == TOKEN_STRING || kind == TOKEN_TEXT_BLOCK || kind == TOKEN_CRLF_BLOCK;
}

// What lies between two offsets, whose first token is that of the number; the number of the first behind it.
static uint32_t tell_tokens(const struct text *text, uint32_t first, uint32_t start, uint32_t end) {
    uint32_t index = first;
    while (index < text->log->count && text->log->tokens[index].start < end) {
        struct used_token const token = text->log->tokens[index++];
        tell_gap(text, start, token.start);
        if (has_inner(token.kind)) index = tell_string(text, token, index);
        else tell(text, token.start, token.end, class_of(text, index - 1));
        start = token.end;
    }
    tell_gap(text, start, end);
    return index;
}

static bool tell_file(const char *path, const struct word_list *lists) {
    struct arena arena;
    struct diag_list diags;
    struct token_log log = {.takes_inner = true};
    struct text text = {.path = path, .lists = lists, .log = &log};
    struct slice bytes = {0};
    struct stat facts = {0};
    arena_init(&arena);
    diag_list_init(&diags, &arena);
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &facts) == 0 && file_read(&arena, fd, (size_t)facts.st_size, &bytes) == 0;
    if (fd >= 0) close(fd);
    if (good) {
        source_init(&text.source, &arena, path, bytes);
        parser_run(&text.source, &arena, &diags, &log);
        good = diags.error_count == 0;
    }
    if (good) {
        lexer_init(&text.lexer, &text.source, &diags);
        tell_tokens(&text, 0, 0, (uint32_t)bytes.len_bytes);
    } else {
        fprintf(stderr, "%s: not a scenario\n", path);
    }
    arena_fini(&arena);
    return good;
}

int main(int argc, char **argv) {
    struct arena arena;
    bool good = true;
    arena_init(&arena);
    const struct word_list *const lists = words_lists(&arena);
    for (int i = 1; i < argc; i++) good = tell_file(argv[i], lists) && good;
    arena_fini(&arena);
    return !good || fflush(stdout) != 0;
}
