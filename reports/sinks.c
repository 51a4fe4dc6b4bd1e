// The table of sinks, and the names of their files.
#include "sinks.h"

#include <string.h>

const struct sink SINKS[SINK_COUNT] = {
#define SINK(id, name, kind, extension, index, help) \
    [SINK_##id] = {#name, SINK_##kind, extension, index, name##_one, name##_open, name##_close},
#include "reports/sinks.def"
};

enum { FILE_NAME_BYTES_MAX = 120 };

// What every file system takes, and no shell or address of a page has to quote.
static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

void report_file_name(const struct case_result *result, const char *extension, struct buffer *out) {
    buffer_printf(out, "%04u", result->number + 1);
    bool between = true;
    const char *const name = result->plan->case_name;
    for (size_t i = 0; name[i] && i < FILE_NAME_BYTES_MAX; i++) {
        if (is_plain(name[i])) {
            if (between) buffer_text(out, "-");
            buffer_add(out, &name[i], 1);
        }
        between = !is_plain(name[i]);
    }
    buffer_printf(out, ".%s", extension);
}
