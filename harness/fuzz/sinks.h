// What a report may consist of, looked at without any of the code that wrote it.
#ifndef SOCKDRILL_FUZZ_SINKS_H
#define SOCKDRILL_FUZZ_SINKS_H

#include "fuzz.h"

// XML 1.0, fifth edition, as far as a report goes: well-formed UTF-8 of the production Char, one root, elements that close,
// attributes once each, of references the five entities and numbers of characters. No comments, no processing instruction
// but the first, no DOCTYPE, no CDATA. `what` is said when it is not so.
void sinks_check_xml(struct slice text, const char *what);

// What a terminal may be sent: well-formed UTF-8, of controls line breaks only, and none that turns or hides what is
// written; where `colour`, the escapes that set and end a colour; where `live`, a return and the escape that clears a line.
void sinks_check_console(struct slice text, bool colour, bool live);

#endif
