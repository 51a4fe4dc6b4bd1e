// What a report may consist of, looked at without any of the code that wrote it.
#ifndef SOCKDRILL_FUZZ_SINKS_H
#define SOCKDRILL_FUZZ_SINKS_H

#include "fuzz.h"

// XML 1.0, fifth edition, as far as a report goes: well-formed UTF-8 of the production Char, one root, elements that close,
// attributes once each, of references the five entities and numbers of characters. No comments, no processing instruction
// but the first, no DOCTYPE, no CDATA. `what` is said when it is not so.
void sinks_check_xml(struct slice text, const char *what);

// A page of HTML in the syntax of XML: as sinks_check_xml, behind `<!DOCTYPE html>`; no element and no attribute that runs
// or loads anything, no link but to a place of the page and to a file beside it; no character that turns or hides others; less
// than 2 MiB.
void sinks_check_page(struct slice text);

// What a terminal may be sent: well-formed UTF-8, of controls line breaks only, and none that turns or hides what is
// written; where `colour`, the escapes that set and end a colour; where `live`, returns and the
// escapes that clear a line, clear what is below, and go up some lines.
void sinks_check_console(struct slice text, bool colour, bool live);

#endif
