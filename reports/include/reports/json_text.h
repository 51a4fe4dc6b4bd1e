// JSON's strings, for whoever writes JSON; RFC 8259.
#ifndef SOCKDRILL_REPORTS_JSON_TEXT_H
#define SOCKDRILL_REPORTS_JSON_TEXT_H

#include "base/buffer.h"

// NULL; or why jansson, which JSON is written with, cannot be loaded: who writes some all the same ends with that, and 3.
const char *report_json_lacks(void);

// Any bytes as a string in its quotes, in ASCII: what is not, and controls, as \uNNNN; a byte that is no UTF-8 as the
// four characters \xNN.
void report_json_string(struct slice text, struct buffer *out);

#endif
