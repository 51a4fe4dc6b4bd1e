#include "yaml.h"

#include "words.h"

#include <inttypes.h>
#include <string.h>

enum { LEVEL_COLUMNS = 2 };

static void key_render(struct yaml *yaml, const char *key) {
    buffer_repeat(yaml->out, ' ', yaml->indent - (yaml->is_item ? LEVEL_COLUMNS : 0));
    buffer_printf(yaml->out, "%s%s:", yaml->is_item ? "- " : "", key);
    yaml->is_item = false;
}

void yaml_string(struct yaml *yaml, const char *key, struct slice text) {
    struct buffer words = {0};
    report_text(text, COLUMNS_ALL, &words);
    key_render(yaml, key);
    buffer_text(yaml->out, " \"");
    for (size_t i = 0; i < words.len_bytes; i++) {
        if (words.data[i] == '"' || words.data[i] == '\\') buffer_text(yaml->out, "\\");
        buffer_add(yaml->out, &words.data[i], 1);
    }
    buffer_text(yaml->out, "\"\n");
    buffer_fini(&words);
}

void yaml_number(struct yaml *yaml, const char *key, uint64_t number) {
    key_render(yaml, key);
    buffer_printf(yaml->out, " %" PRIu64 "\n", number);
}

void yaml_begin(struct yaml *yaml, const char *key) {
    key_render(yaml, key);
    buffer_text(yaml->out, "\n");
    yaml->indent += LEVEL_COLUMNS;
}

void yaml_end(struct yaml *yaml) { yaml->indent -= LEVEL_COLUMNS; }

void yaml_list_begin(struct yaml *yaml, const char *key) {
    yaml_begin(yaml, key);
    yaml->indent += LEVEL_COLUMNS; // of the keys: the dash stands before them
}

void yaml_item(struct yaml *yaml) { yaml->is_item = true; }

void yaml_list_end(struct yaml *yaml) { yaml->indent -= 2 * LEVEL_COLUMNS; }

void yaml_block(struct yaml *yaml, const char *key, struct slice lines) {
    key_render(yaml, key);
    buffer_text(yaml->out, " |\n");
    for (size_t at = 0; at < lines.len_bytes;) {
        const uint8_t *const line_break = memchr(lines.data + at, '\n', lines.len_bytes - at);
        size_t const stop = line_break ? (size_t)(line_break - lines.data) : lines.len_bytes;
        buffer_repeat(yaml->out, ' ', yaml->indent + LEVEL_COLUMNS);
        buffer_add(yaml->out, lines.data + at, stop - at);
        buffer_text(yaml->out, "\n");
        at = stop + 1;
    }
}
