#include "layouts.h"

enum { MESSAGES_MAX = 3, FIELDS_MAX = 9, TYPES_MAX = 3 };

// What has been written so far of the message that is being made.
struct layout {
    struct fuzz_choices *choices;
    struct buffer *out;
    uint32_t message;
    uint32_t field; // that is being made
    int number;     // the newest field with an integer, and the newest with bytes; -1: none yet
    int bytes;
    uint32_t bits_open; // to a whole byte
};

static uint32_t below(struct layout *layout, uint32_t limit) {
    return fuzz_below(layout->choices, limit);
}

static const char *one_of(struct layout *layout, const char *const *words, uint32_t count) {
    return words[below(layout, count)];
}

// An earlier field, or a small constant.
static void make_count(struct layout *layout) {
    if (layout->number >= 0 && below(layout, 3)) buffer_printf(layout->out, "f%d", layout->number);
    else if (layout->number >= 0 && below(layout, 3) == 0) buffer_printf(layout->out, "f%d %% 4", layout->number);
    else buffer_printf(layout->out, "%u", below(layout, 6));
}

static void make_key(struct layout *layout) {
    static const char *const KEYS[] = {"\"k\"", "hex\"01 80 ff\"", "none", "\"\""};
    if (layout->bytes >= 0 && below(layout, 2)) buffer_printf(layout->out, "f%d", layout->bytes);
    else buffer_text(layout->out, one_of(layout, KEYS, 4));
}

static void make_type(struct layout *layout, unsigned depth);

static void make_list(struct layout *layout, unsigned depth) {
    static const char *const ENDS[] = {"last == 0", "last > 200", "size(last) < 2"};
    uint32_t const form = below(layout, 5);
    buffer_text(layout->out, "list(");
    if (form > 1) make_type(layout, depth + 1);
    else buffer_text(layout->out, "u8");
    if (form == 0) buffer_text(layout->out, ")");
    if (form == 1) buffer_printf(layout->out, ") until(%s)", one_of(layout, ENDS, 3));
    if (form < 2) return;
    buffer_text(layout->out, ", ");
    make_count(layout);
    buffer_text(layout->out, ")");
}

static void make_switch(struct layout *layout, unsigned depth) {
    buffer_printf(layout->out, "switch f%d%s { 0: ", layout->number, below(layout, 2) ? " % 4" : "");
    make_type(layout, depth + 1);
    buffer_text(layout->out, ", 1, 2: ");
    make_type(layout, depth + 1);
    if (below(layout, 4)) {
        buffer_text(layout->out, ", else: ");
        make_type(layout, depth + 1);
    }
    buffer_text(layout->out, " }");
}

static void make_sized(struct layout *layout, unsigned depth, const char *word) {
    buffer_printf(layout->out, "%s(", word);
    make_count(layout);
    buffer_text(layout->out, ", ");
    if (*word == 'm') make_key(layout);
    else make_type(layout, depth + 1);
    buffer_text(layout->out, ")");
}

static void make_message_type(struct layout *layout) {
    // Itself, seldom: that is good only where it can end.
    uint32_t const number = below(layout, layout->message + (below(layout, 4) == 0 || !layout->message));
    buffer_printf(layout->out, "M%u", number);
}

static void make_type(struct layout *layout, unsigned depth) {
    static const char *const SIMPLE[] = {
        "u8",   "u16be",   "i24le",       "u32le",           "u64be",         "leb128", "quic_varint", "f32be",   "i8",
        "line", "cstring", "domain_name", "compressed_name", "until(\"ab\")", "rest",   "address4",    "address6",
        "until(\"ab\", 9)"};
    switch (depth < TYPES_MAX ? below(layout, 10) : 9) {
    case 0: make_list(layout, depth); return;
    case 1: make_sized(layout, depth, "sized"); return;
    case 2: make_sized(layout, depth, "masked"); return;
    case 3:
        buffer_text(layout->out, below(layout, 4) ? "bytes(" : "text(");
        make_count(layout);
        buffer_text(layout->out, ")");
        return;
    case 4:
        if (layout->number < 0) break;
        make_switch(layout, depth);
        return;
    case 5: make_message_type(layout); return;
    }
    buffer_text(layout->out, one_of(layout, SIMPLE, sizeof SIMPLE / sizeof *SIMPLE));
}

// ---- fields

static void make_condition(struct layout *layout) {
    if (layout->number < 0 || below(layout, 4)) return;
    buffer_printf(layout->out, " when f%d %s %u", layout->number, below(layout, 2) ? "==" : "<", below(layout, 4));
}

static void begin_field(struct layout *layout) {
    buffer_printf(layout->out, "  f%u ", layout->field++);
}

// An integer, and now and then what it says: a constant, or a checksum of all that came before.
static void make_number(struct layout *layout) {
    static const char *const TYPES[] = {"u8", "u8", "u8", "u16be", "u16le", "leb128", "quic_varint", "u32be"};
    uint32_t const field = layout->field, rule = below(layout, 8);
    begin_field(layout);
    buffer_text(layout->out, one_of(layout, TYPES, 8));
    if (rule == 0) buffer_printf(layout->out, " = %u", below(layout, 120));
    if (rule == 1) buffer_printf(layout->out, " default %u", below(layout, 120));
    if (rule == 2 && field) buffer_printf(layout->out, " = crc32(f0 .. f%u) %% 120", field - 1);
    if (rule == 3 && field) buffer_printf(layout->out, " = size(f%u .. f%u)", below(layout, field + 1), field);
    make_condition(layout);
    if (rule == 4) buffer_printf(layout->out, " where f%u < %u", field, 100 + field);
    // What tells of bytes that came before changes with how they are written, and is no length of anything.
    if (rule != 2 && rule != 3) layout->number = (int)field;
}

// How long the next field is, or how many items it has, and that field.
static void make_pair(struct layout *layout) {
    static const char *const TYPES[] = {"u8", "u16be", "leb128", "u24le"};
    uint32_t const field = layout->field, form = below(layout, 5);
    begin_field(layout);
    buffer_printf(layout->out, "%s = %s(f%u)\n", one_of(layout, TYPES, 4), form == 0 ? "len" : "size", field + 1);
    begin_field(layout);
    if (form == 0) buffer_text(layout->out, "list(");
    if (form == 1) buffer_printf(layout->out, "bytes(f%u)", field);
    if (form == 2) buffer_printf(layout->out, "masked(f%u, ", field);
    if (form > 2) buffer_printf(layout->out, "sized(f%u, ", field);
    if (form == 2) make_key(layout);
    if (form == 0 || form > 2) make_type(layout, 0);
    if (form == 0) buffer_printf(layout->out, ", f%u)", field);
    if (form > 1) buffer_text(layout->out, ")");
    layout->number = (int)field;
    if (form == 1 || form == 2) layout->bytes = (int)field + 1;
}

static void make_bits(struct layout *layout) {
    uint32_t const field = layout->field;
    uint32_t const count = layout->bits_open ? layout->bits_open : 1 + below(layout, 7);
    layout->bits_open = layout->bits_open ? 0 : 8 - count;
    begin_field(layout);
    buffer_printf(layout->out, "bits(%u)%s", count, below(layout, 4) ? "" : " default 1");
    layout->number = (int)field;
}

static void make_key_field(struct layout *layout) {
    layout->bytes = (int)layout->field;
    begin_field(layout);
    buffer_printf(layout->out, "bytes(%u)", below(layout, 5));
    make_condition(layout);
}

static void make_field(struct layout *layout) {
    uint32_t const kind = layout->bits_open ? 1 : below(layout, 8);
    if (kind == 0) make_number(layout);
    else if (kind == 1) make_bits(layout);
    else if (kind == 2) make_key_field(layout);
    else if (kind < 5) make_pair(layout);
    else if (layout->field == 0) make_number(layout); // what others depend on comes first
    else {
        begin_field(layout);
        make_type(layout, 0);
        make_condition(layout);
    }
    buffer_text(layout->out, "\n");
}

void layouts_make(struct fuzz_choices *choices, struct buffer *out) {
    uint32_t const message_count = 1 + fuzz_below(choices, MESSAGES_MAX);
    buffer_text(out, "scenario \"made up\"\n");
    for (uint32_t i = 0; i < message_count; i++) {
        struct layout layout = {.choices = choices, .out = out, .message = i, .number = -1, .bytes = -1};
        uint32_t const field_count = 1 + fuzz_below(choices, FIELDS_MAX);
        uint32_t const origin = fuzz_below(choices, 4) ? FIELDS_MAX : fuzz_below(choices, field_count);
        buffer_printf(out, "message M%u {\n", i);
        while (layout.field < field_count || layout.bits_open) {
            if (layout.field == origin && !layout.bits_open) buffer_text(out, "  origin\n");
            make_field(&layout);
        }
        buffer_text(out, "}\n");
    }
    buffer_text(out, "server s {\n  listen tcp 127.0.0.1:0\n  accept {\n");
    for (uint32_t i = 0; i < message_count; i++) buffer_printf(out, "    recv M%u { } as m%u\n", i, i);
    buffer_text(out, "  }\n}\nclient c {\n  connect s\n}\n");
}
