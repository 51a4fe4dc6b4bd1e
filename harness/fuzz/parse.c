// Any text at all: no crash, what is wrong with it ends in diagnostics, and every span lies in the text.
#include "fuzz.h"
#include "lexer.h"
#include "tree_walk.h"

#include "script/script.h"

// Token by token, in the three ways that the parser asks for one: each moves on, and none reaches past the end.
static void cut(const struct source *source, struct arena *arena, uint64_t ways) {
    struct diag_list diags;
    struct lexer lexer;
    diag_list_init(&diags, arena);
    lexer_init(&lexer, source, &diags);
    uint32_t offset = 0;
    for (struct token token = {.kind = TOKEN_NOTHING}; token.kind != TOKEN_END;) {
        ways = fuzz_mix(ways);
        uint64_t const way = ways % 16;
        token = way == 0 ? lexer_word(&lexer) : way == 1 ? lexer_regex(&lexer) : lexer_next(&lexer);
        fuzz_check(token.start <= token.end && token.end <= source->text.len_bytes, "a token is %u .. %u of %zu bytes",
                   token.start, token.end, source->text.len_bytes);
        fuzz_check(lexer.offset >= offset && lexer.offset <= source->text.len_bytes, "the lexer went from %u to %u",
                   offset, lexer.offset);
        fuzz_check(way < 2 || token.kind == TOKEN_END || lexer.offset > offset, "a token at %u has no bytes", offset);
        offset = lexer.offset;
    }
}

static void check_diags(const struct diag_list *diags, const struct source *source) {
    uint32_t errors = 0, warnings = 0;
    for (const struct diag *diag = diags->first; diag; diag = diag->next) {
        fuzz_check(diag->span.source == source, "a diagnostic is of no source: %s", diag->message);
        fuzz_check(diag->span.start <= diag->span.end && diag->span.end <= source->text.len_bytes,
                   "a diagnostic stands at %u .. %u of %zu bytes: %s", diag->span.start, diag->span.end,
                   source->text.len_bytes, diag->message);
        fuzz_check(diag->message && *diag->message, "a diagnostic says nothing");
        if (diag->severity == SEVERITY_ERROR) errors++;
        else warnings++;
    }
    fuzz_check(diags->dropped_count || (errors == diags->error_count && warnings == diags->warning_count),
               "%u errors are counted, and there are %u", diags->error_count, errors);
}

void fuzz_one(const struct fuzz_input *input) {
    struct arena arena;
    struct source source;
    struct diag_list diags;
    struct buffer said = {0};
    arena_init(&arena);
    source_init(&source, &arena, FUZZ_PATH, input->text);
    diag_list_init(&diags, &arena);
    const struct tree *const tree = script_parse(&source, &arena, &diags);
    fuzz_check(tree != NULL, "there is no tree");
    tree_walk(tree, &source);
    check_diags(&diags, &source);
    fuzz_check(diags.error_count > 0 || tree->title, "neither a title nor an error");
    diag_render(&diags, &said);
    fuzz_check(diags.error_count == 0 || said.len_bytes > 0, "errors, and nothing is said");
    cut(&source, &arena, input->text.len_bytes);
    buffer_fini(&said);
    arena_fini(&arena);
}
