// A C header's comments and declarations as parts of a page. What it wants of the header:
//
//   The comment at the top is the description. Code in it is indented by five blanks or more, points of a list by two.
//   A comment stands right above what it is about; of a macro it begins with a prototype, and an empty line behind it.
//   `// ---- TITLE` begins a section. One whose title begins with "behind" is not for the page, nor what follows it.
#ifndef SOCKDRILL_MANUAL_HEADER_H
#define SOCKDRILL_MANUAL_HEADER_H

#include <stdbool.h>
#include <stdio.h>

// Prints a part, as mdoc(7): "names" for the section NAME, "synopsis", "description", "functions" by section. False: there is
// none, or the header cannot be read, and that is said.
bool header_print(const char *path, const char *part, FILE *out);

// Writes FOLDER/NAME.3 for each function, which leads to the page that is named like the header. An exit code.
int header_links(const char *path, const char *folder);

#endif
