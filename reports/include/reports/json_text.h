// JSON's strings, for whoever writes JSON; RFC 8259.
#ifndef SOCKDRILL_REPORTS_JSON_TEXT_H
#define SOCKDRILL_REPORTS_JSON_TEXT_H

#include "base/buffer.h"

// Any bytes as a string in its quotes, in ASCII: what is not, and controls, as \uNNNN; a byte that is no UTF-8 as the
// four characters \xNN.
void report_json_string(struct slice text, struct buffer *out);

#endif
