// YAML 1.2 out of any bytes, of the kind that readers of TAP understand: block mappings and lists, double-quoted strings,
// literal blocks. https://yaml.org/spec/1.2.2/
//
// Strings go through report_text first, so that nothing is left to escape but the quote and the backslash.
#ifndef SOCKDRILL_REPORTS_YAML_H
#define SOCKDRILL_REPORTS_YAML_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

// Owned by one call of a report.
struct yaml {
    struct buffer *out;
    unsigned indent;
    bool is_item; // the next key begins an item of a list
};

void yaml_string(struct yaml *yaml, const char *key, struct slice text);
void yaml_number(struct yaml *yaml, const char *key, uint64_t number);
// A mapping below the key, until yaml_end.
void yaml_begin(struct yaml *yaml, const char *key);
void yaml_end(struct yaml *yaml);
// A list of mappings, until yaml_list_end: behind yaml_item, keys are of its next item. It has one at least.
void yaml_list_begin(struct yaml *yaml, const char *key);
void yaml_item(struct yaml *yaml);
void yaml_list_end(struct yaml *yaml);
// Lines of printable characters, each with its line break, the first without a blank before it.
void yaml_block(struct yaml *yaml, const char *key, struct slice lines);

#endif
