// XML 1.0 text out of any bytes; https://www.w3.org/TR/xml/
#ifndef SOCKDRILL_REPORTS_XML_H
#define SOCKDRILL_REPORTS_XML_H

#include "base/buffer.h"

// As character data: line breaks and tabs stay; what XML cannot say (controls, ill-formed UTF-8), and
// what hides or turns its neighbours, is written \xNN.
void xml_text(struct slice text, struct buffer *out);

// ` name="value"`, with line breaks and tabs as character references.
void xml_attribute(const char *name, struct slice value, struct buffer *out);

#endif
