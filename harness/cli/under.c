// --under: the command behind which every program is started.
#include "cli.h"

#include "base/memory.h"
#include "world/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\n'; }

static void add_word(struct options *options, char *word) {
    options->under = memory_need(realloc(options->under, (options->under_count + 2) * sizeof *options->under));
    options->under[options->under_count++] = word;
    options->under[options->under_count] = NULL;
}

// One byte of a word, or a run of them in quotes, behind *at; false: the quotes are not closed.
static bool read_piece(const char **at, struct buffer *word) {
    char const quote = **at;
    if (quote != '\'' && quote != '"') {
        if (quote == '\\') ++*at;
        if (**at == '\0') return false;
        buffer_add(word, (*at)++, 1);
        return true;
    }
    for (++*at; **at && **at != quote; ++*at) {
        bool const escapes = quote == '"' && **at == '\\' && strchr("\"\\$`", (*at)[1]) && (*at)[1];
        if (escapes) ++*at;
        buffer_add(word, *at, 1);
    }
    return *(*at)++ == quote;
}

// As a shell cuts a simple command into words.
static bool cut(struct options *options, const char *text) {
    for (const char *at = text; *at;) {
        struct buffer word = {0};
        bool ok = true;
        if (is_blank(*at)) {
            at++;
            continue;
        }
        buffer_text(&word, "");
        while (ok && *at && !is_blank(*at)) ok = read_piece(&at, &word);
        if (ok) add_word(options, memory_need(strdup(word.data)));
        buffer_fini(&word);
        if (ok) continue;
        complain("--under: a quote is not closed, or nothing stands behind a backslash: %s", text);
        return false;
    }
    return true;
}

// On the caller's PATH; to be freed. NULL, and errno. What has a path's beginning keeps it: a program may do what its link's name says.
static char *find(const char *name) {
    char file[PATH_MAX];
    errno = program_file_find(AT_FDCWD, name, getenv("PATH"), file);
    if (errno) return NULL;
    return file[0] == '/' ? strdup(file) : realpath(file, NULL);
}

bool under_read(struct options *options, const char *text) {
    under_forget(options);
    if (!cut(options, text)) return false;
    if (options->under_count == 0) {
        complain("--under takes a command, as in --under 'valgrind -q --error-exitcode=9'");
        return false;
    }
    char *const path = find(options->under[0]);
    if (!path) {
        complain("--under: cannot run '%s': %s", options->under[0], strerror(errno));
        return false;
    }
    free(options->under[0]);
    options->under[0] = path;
    return true;
}

void under_forget(struct options *options) {
    for (uint32_t i = 0; i < options->under_count; i++) free(options->under[i]);
    free(options->under);
    options->under = NULL;
    options->under_count = 0;
}
