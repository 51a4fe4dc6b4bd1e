// Renews the tables of the language reference: reads Markdown from standard input and writes it to standard output with
// what stands between `<!-- table: NAME -->` and `<!-- end -->` printed anew. All other lines pass as they are.
//
// Exit codes: 0; 1 for a table that is unknown, not closed, missing or there twice, with the line said on standard error.
#include "tables.h"

#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 64 };

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
    if (!table_print(name, stdout)) complain(pass, pass->line, "there is no table", name);
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
