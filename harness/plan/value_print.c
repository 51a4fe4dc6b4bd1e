#include "base/clock.h"
#include "plan/record.h"
#include "plan/value.h"
#include "script/script.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SHOWN_BYTES = 120, // of a run of bytes
    SHOWN_ITEMS = 16,  // of a list
};

static void print_integer(const struct value *value, struct buffer *out) {
    char text[INTEGER_TEXT_BYTES];
    buffer_text(out, integer_text(value->number, text));
}

// The shortest text that reads back as the same number.
static void print_float(const struct value *value, struct buffer *out) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value->real);
        if (strtod(text, NULL) == value->real) break;
    }
    buffer_text(out, text);
}

static void print_boolean(const struct value *value, struct buffer *out) {
    buffer_text(out, value->number ? "true" : "false");
}

static void print_duration(const struct value *value, struct buffer *out) {
    char text[CLOCK_TEXT_BYTES];
    buffer_text(out, clock_text((int64_t)value->number, text));
}

static void print_bytes(const struct value *value, struct buffer *out) {
    uint8_t shown[SHOWN_BYTES];
    uint64_t const len_bytes = value->bytes->len_bytes;
    size_t const shown_bytes = len_bytes < SHOWN_BYTES ? (size_t)len_bytes : SHOWN_BYTES;
    bytes_read(value->bytes, 0, shown, shown_bytes);
    buffer_text(out, "\"");
    buffer_escaped(out, slice_of(shown, shown_bytes), SHOWN_BYTES);
    buffer_text(out, "\"");
    if (shown_bytes < len_bytes) buffer_printf(out, "... (%llu bytes)", (unsigned long long)len_bytes);
}

static void print_address(const struct value *value, struct buffer *out) {
    char text[ADDRESS_TEXT_BYTES];
    buffer_text(out, value->address_has_port ? address_text(value->address, text) : address_host(value->address, text));
}

static void print_endpoint(const struct value *value, struct buffer *out) {
    buffer_text(out, script_family_word(value->endpoint->family));
    for (uint32_t i = 0; i < value->endpoint->word_count; i++) buffer_printf(out, " %s", value->endpoint->words[i]);
}

// In the largest unit that leaves nothing over.
static void print_rate(const struct value *value, struct buffer *out) {
    static const struct {
        const char *unit;
        int64_t bits;
    } UNITS[] = {{"gbit", 1000 * 1000 * 1000}, {"mbit", 1000 * 1000}, {"kbit", 1000}, {"bit", 1}};
    size_t i = 0;
    while (value->number % UNITS[i].bits != 0 || (value->number == 0 && UNITS[i].bits > 1)) i++;
    char text[INTEGER_TEXT_BYTES];
    buffer_printf(out, "%s%s", integer_text(value->number / UNITS[i].bits, text), UNITS[i].unit);
}

static void print_host(const struct value *value, struct buffer *out) {
    const char *member;
    for (uint32_t i = 0; (member = value_host_offer(i)); i++) {
        buffer_printf(out, "%s%s: ", i ? ", " : "{ ", member);
        value_print(value_host_member(value->host, slice_text(member)), out);
    }
    buffer_text(out, " }");
}

static void print_list(const struct value *value, struct buffer *out) {
    buffer_text(out, "[");
    for (uint32_t i = 0; i < value->item_count && i < SHOWN_ITEMS; i++) {
        if (i) buffer_text(out, ", ");
        value_print(&value->items[i], out);
    }
    if (value->item_count > SHOWN_ITEMS) buffer_printf(out, ", ... (%u items)", value->item_count);
    buffer_text(out, "]");
}

void value_print(const struct value *value, struct buffer *out) {
    switch (value->kind) {
    case VALUE_INTEGER: print_integer(value, out); return;
    case VALUE_FLOAT: print_float(value, out); return;
    case VALUE_BOOLEAN: print_boolean(value, out); return;
    case VALUE_DURATION: print_duration(value, out); return;
    case VALUE_BYTES: print_bytes(value, out); return;
    case VALUE_ADDRESS: print_address(value, out); return;
    case VALUE_ENDPOINT: print_endpoint(value, out); return;
    case VALUE_STATE: buffer_text(out, state_name(value->state)); return;
    case VALUE_PATH: path_text(value->path, out); return;
    case VALUE_LIST: print_list(value, out); return;
    case VALUE_RECORD: record_print(value->record, out); return;
    case VALUE_RATE: print_rate(value, out); return;
    case VALUE_HOST: print_host(value, out); return;
    case VALUE_NONE:
    case VALUE_KIND_COUNT: break;
    }
    buffer_text(out, value_kind_name(value->kind));
}

const struct bytes *value_as_text(struct arena *arena, const struct value *value) {
    if (value->kind == VALUE_BYTES) return value->bytes;
    struct buffer text = {0};
    value_print(value, &text);
    const struct bytes *const bytes = value_text(arena, buffer_view(&text)).bytes;
    buffer_fini(&text);
    return bytes;
}
