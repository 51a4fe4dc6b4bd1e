// The tables of the language reference, as Markdown, from the .def files that the program is built from.
#ifndef SOCKDRILL_TESTS_REFERENCE_TABLES_H
#define SOCKDRILL_TESTS_REFERENCE_TABLES_H

#include <stdbool.h>
#include <stdio.h>

// Prints the table of that name; false: there is none, and nothing is printed.
bool table_print(const char *name, FILE *out);

// The tables' names one by one, NULL past the last.
const char *table_name(unsigned index);

#endif
