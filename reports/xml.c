#include "xml.h"

#include "base/utf8.h"

#include <stdbool.h>

// `>` too, so that no `]]>` can stand in character data.
static const char *const ENTITIES[128] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;",
};
static const char *const REFERENCES[128] = {['\n'] = "&#10;", ['\t'] = "&#9;"};

// The production Char, but without what a terminal or an editor would act on, and without CR, which a reader of XML turns
// into LF.
static bool is_char(uint32_t code_point) {
    return code_point == '\n' || code_point == '\t' || utf8_printable(code_point);
}

static void escape(struct slice text, bool is_attribute, struct buffer *out) {
    for (size_t at = 0; at < text.len_bytes;) {
        uint32_t code_point = 0;
        unsigned const len = utf8_decode(slice_of(text.data + at, text.len_bytes - at), &code_point);
        size_t const stop = at + (len ? len : 1);
        const char *const entity = len == 1 ? ENTITIES[code_point] : NULL;
        const char *const reference = len == 1 && is_attribute ? REFERENCES[code_point] : NULL;
        if (entity || reference) {
            buffer_text(out, entity ? entity : reference);
        } else if (len && is_char(code_point)) {
            buffer_add(out, text.data + at, len);
        } else {
            for (size_t i = at; i < stop; i++) buffer_printf(out, "\\x%02x", text.data[i]);
        }
        at = stop;
    }
}

void xml_text(struct slice text, struct buffer *out) { escape(text, false, out); }

void xml_attribute(const char *name, struct slice value, struct buffer *out) {
    buffer_printf(out, " %s=\"", name);
    escape(value, true, out);
    buffer_text(out, "\"");
}
