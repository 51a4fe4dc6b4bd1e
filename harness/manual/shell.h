// What the shells' completions have of the command line's tables.
#ifndef SOCKDRILL_MANUAL_SHELL_H
#define SOCKDRILL_MANUAL_SHELL_H

#include <stdbool.h>
#include <stdio.h>

// Prints the part of that name, lines of a shell's own language: SHELL-commands, SHELL-options, and bash-values. False: there
// is none, and nothing is printed.
bool shell_print(const char *part, FILE *out);

#endif
