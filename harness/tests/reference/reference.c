// Renews the tables of the language reference: reads Markdown from standard input and writes it to standard output with
// what stands between `<!-- table: NAME -->` and `<!-- end -->` printed anew. All other lines pass as they are.
//
// Exit codes: 0; 1 for a table that is unknown, not closed, missing or there twice, with the line said on standard error.
#include "manual/tables.h"

#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 64 };

// --- tables in Markdown

// Text of a cell: a `|` would end it.
static void cell(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '|') putc('\\', out);
        putc(*text, out);
    }
}

static void head(FILE *out, const char *left, const char *right) {
    fprintf(out, "| %s | %s |\n| --- | --- |\n", left, right);
}

static void row(FILE *out, const char *code, const char *text) {
    fputs("| `", out);
    cell(out, code);
    fputs("` | ", out);
    cell(out, text);
    fputs(" |\n", out);
}

// Names in a row, as a paragraph.
static void names(FILE *out, const char *const *list, size_t count) {
    enum { LINE_COLUMNS = 120 };
    size_t column = 0;
    for (size_t i = 0; i < count; i++) {
        size_t const width = strlen(list[i]) + strlen("``");
        bool const fits = column + 1 + width <= LINE_COLUMNS;
        const char *const between = column == 0 ? "" : fits ? " " : "\n";
        fprintf(out, "%s`%s`", between, list[i]);
        column = fits ? column + strlen(between) + width : width;
    }
    putc('\n', out);
}

static void option_head(FILE *out) { fputs("| option | of | does |\n| --- | --- | --- |\n", out); }

static void option(FILE *out, const char *name, const char *value, const char *letters, const char *help) {
    fprintf(out, "| `%s%s%s` | ", name, *value && *value != '[' ? " " : "", value);
    table_commands_of(out, letters, "`", "`", " ");
    fputs(" | ", out);
    cell(out, help);
    fputs(" |\n", out);
}

static void limit_head(FILE *out) { fputs("| limit | at most |\n| --- | ---: |\n", out); }

static void limit(FILE *out, const char *of, unsigned long long most) { fprintf(out, "| %s | %llu |\n", of, most); }

static const struct table_style MARKDOWN = {head, row, names, option_head, option, limit_head, limit};

// --- the pass

// Owned by main.
struct pass {
    unsigned line;         // being read, from 1
    unsigned table_line;   // where the open table begins; 0: none is open
    bool seen[TABLES_MAX]; // by table
    bool failed;
};

static void complain(struct pass *pass, unsigned line, const char *what, const char *name) {
    fprintf(stderr, "line %u: %s%s%s\n", line, what, *name ? " " : "", name);
    pass->failed = true;
}

// The table that this line opens, or NULL; its name is cut out of the line.
static char *opened_by(char *line) {
    static const char before[] = "<!-- table: ";
    if (strncmp(line, before, strlen(before)) != 0) return NULL;
    char *const name = line + strlen(before);
    char *const end = strstr(name, " -->");
    if (!end) return NULL;
    *end = '\0';
    return name;
}

static void note_seen(struct pass *pass, const char *name) {
    for (unsigned i = 0; i < TABLES_MAX && table_name(i); i++) {
        if (strcmp(table_name(i), name) != 0) continue;
        if (pass->seen[i]) complain(pass, pass->line, "here a second time: the table", name);
        pass->seen[i] = true;
    }
}

static void pass_line(struct pass *pass, char *line) {
    bool const ends = strncmp(line, "<!-- end -->", strlen("<!-- end -->")) == 0;
    if (ends && pass->table_line == 0) complain(pass, pass->line, "no table is open here", "");
    if (ends) pass->table_line = 0;
    if (pass->table_line > 0) return;
    fputs(line, stdout);
    char *const name = opened_by(line);
    if (!name) return;
    pass->table_line = pass->line;
    putchar('\n');
    if (!table_print(name, &MARKDOWN, stdout)) complain(pass, pass->line, "there is no table", name);
    note_seen(pass, name);
    putchar('\n');
}

int main(void) {
    struct pass pass = {0};
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        pass.line++;
        pass_line(&pass, line);
    }
    free(line);
    if (pass.table_line > 0) complain(&pass, pass.table_line, "this table has no <!-- end -->", "");
    for (unsigned i = 0; i < TABLES_MAX && table_name(i); i++) {
        if (!pass.seen[i]) complain(&pass, pass.line, "nowhere is the table", table_name(i));
    }
    return pass.failed || fflush(stdout) != 0;
}
