// What reports may consist of that are read line by line, looked at without any of the code that wrote them.
#ifndef SOCKDRILL_FUZZ_SINKS_LINES_H
#define SOCKDRILL_FUZZ_SINKS_LINES_H

#include "fuzz.h"

// TAP 14: a version, a plan of so many points, the points in their order, blocks of YAML of which each line is a key with
// nothing, a number, a string that ends with its line, or a literal block. What a terminal may be sent, and no more.
void sinks_check_tap(struct slice text, unsigned points);

// RFC 8259, an object a line, in printable ASCII, with no member twice.
void sinks_check_json_lines(struct slice text, unsigned lines);

// Markdown with one block of Mermaid's, of the lines that ours has: lanes that were declared, and text without syntax.
void sinks_check_mermaid(struct slice text);

#endif
