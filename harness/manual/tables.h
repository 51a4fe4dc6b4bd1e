// The tables of the language and of the command line, from the .def files that the program is built from, in whatever form
// somebody needs them: the language reference's Markdown, the manual's mdoc.
#ifndef SOCKDRILL_MANUAL_TABLES_H
#define SOCKDRILL_MANUAL_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// What a table's parts look like. In `text` stands code between backquotes; of `code` all is code but what stands between
// a pair of backquotes: "unix PATH` or `unix @NAME". A style without a head is one whose tables have none.
struct table_style {
    void (*head)(FILE *out, const char *left, const char *right); // or NULL, and so the other heads
    void (*row)(FILE *out, const char *code, const char *text);
    void (*names)(FILE *out, const char *const *list, size_t count);
    void (*option_head)(FILE *out);
    void (*option)(FILE *out, const char *name, const char *value, const char *letters, const char *help);
    void (*limit_head)(FILE *out);
    void (*limit)(FILE *out, const char *of, unsigned long long most);
};

// Prints the table of that name; false: there is none, and nothing is printed.
bool table_print(const char *name, const struct table_style *style, FILE *out);

// The tables' names one by one, NULL past the last.
const char *table_name(unsigned index);

// The commands that an option's letters stand for, cli/commands.def: each with what stands before and behind it.
void table_commands_of(FILE *out, const char *letters, const char *before, const char *behind, const char *between);

#endif
