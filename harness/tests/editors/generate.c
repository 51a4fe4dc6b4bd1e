// A template of an editor's files from standard input to standard output, with the words of the language in it.
//
//   {{NAME:SEPARATOR}}          all words of a list, the separator between them
//   {{for NAME}} ... {{end}}    the lines between, each on its own, once for every word of the list; in them:
//   {{word}}                    that word
//   {{own:SEPARATOR}}           its own words; a line with this is left out where it has none
//   {{name:TEXT}}               TEXT, where a name stands behind the word
//   {{count}}                   how many words an endpoint's kind has behind it
//
// Exit codes: 0; 1 for what is no such list, with the line said on standard error.
#include "words.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Owned by main.
struct pass {
    const struct word_list *lists;
    const struct word_list *loop; // or NULL
    struct buffer body;           // the loop's lines
    unsigned line;
};

static _Noreturn void fail(const struct pass *pass, const char *what) {
    fprintf(stderr, "line %u: %s\n", pass->line, what);
    exit(1);
}

static void print_words(const struct word *words, uint32_t count, struct slice separator) {
    for (uint32_t i = 0, shown = 0; i < count; i++) {
        if (!words[i].text[0]) continue;
        if (shown++ > 0) printf("%.*s", (int)separator.len_bytes, (const char *)separator.data);
        fputs(words[i].text, stdout);
    }
}

static void print_own(const struct word *word, struct slice separator) {
    for (uint32_t i = 0; i < word->own_count; i++) {
        if (i > 0) printf("%.*s", (int)separator.len_bytes, (const char *)separator.data);
        fputs(word->own[i], stdout);
    }
}

// What stands between {{ and }}.
static void print_mark(const struct pass *pass, struct slice mark, const struct word *word) {
    const uint8_t *const colon = memchr(mark.data, ':', mark.len_bytes);
    size_t const name_len = colon ? (size_t)(colon - mark.data) : mark.len_bytes;
    struct slice const name = slice_of(mark.data, name_len);
    struct slice const separator = colon ? slice_of(colon + 1, mark.len_bytes - name_len - 1) : slice_of("", 0);
    const struct word_list *const list = words_list(pass->lists, name);
    if (word && slice_is(name, "word")) fputs(word->text, stdout);
    else if (word && slice_is(name, "own")) print_own(word, separator);
    else if (word && slice_is(name, "name")) printf("%.*s", word->names ? (int)separator.len_bytes : 0, (const char *)separator.data);
    else if (word && slice_is(name, "count")) printf("%u", word->arguments);
    else if (list) print_words(list->words, list->count, separator);
    else fail(pass, "no such list");
}

static void print_line(const struct pass *pass, const char *line, const struct word *word) {
    if (word && word->own_count == 0 && strstr(line, "{{own:")) return;
    for (const char *at = line; *at;) {
        const char *const end = strncmp(at, "{{", 2) == 0 ? strstr(at, "}}") : NULL;
        if (end) print_mark(pass, slice_of(at + 2, (size_t)(end - at) - 2), word);
        else putchar(*at);
        at = end ? end + 2 : at + 1;
    }
}

static void print_loop(struct pass *pass) {
    for (uint32_t i = 0; i < pass->loop->count; i++) {
        char *const lines = strdup(pass->body.data ? pass->body.data : "");
        char *rest = lines;
        for (char *line = strsep(&rest, "\n"); line && rest; line = strsep(&rest, "\n")) {
            struct buffer whole = {0};
            buffer_printf(&whole, "%s\n", line);
            print_line(pass, whole.data, &pass->loop->words[i]);
            buffer_fini(&whole);
        }
        free(lines);
    }
    buffer_clear(&pass->body);
    pass->loop = NULL;
}

static void pass_line(struct pass *pass, const char *line) {
    char name[64];
    if (sscanf(line, " {{for %63[a-z]}}", name) == 1) {
        pass->loop = words_list(pass->lists, slice_text(name));
        if (!pass->loop) fail(pass, "no such list");
    } else if (strncmp(line + strspn(line, " "), "{{end}}", strlen("{{end}}")) == 0) {
        if (!pass->loop) fail(pass, "nothing to end");
        print_loop(pass);
    } else if (pass->loop) {
        buffer_text(&pass->body, line);
    } else {
        print_line(pass, line, NULL);
    }
}

int main(void) {
    struct arena arena;
    arena_init(&arena);
    struct pass pass = {.lists = words_lists(&arena)};
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        pass.line++;
        pass_line(&pass, line);
    }
    if (pass.loop) fail(&pass, "no {{end}}");
    free(line);
    buffer_fini(&pass.body);
    arena_fini(&arena);
    return fflush(stdout) != 0;
}
