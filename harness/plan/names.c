#include "names.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

enum { ESCAPED_DIGITS = 3 };

bool name_is(const struct element_code *element) {
    bool const is_name = element->type == TYPE_WORD_DOMAIN_NAME || element->type == TYPE_WORD_COMPRESSED_NAME;
    return is_name && !element->bytes && !element->message && !element->arms;
}

// ---- text

static size_t refuse(char *message, const char *why) {
    snprintf(message, NAME_MESSAGE_BYTES, "%s", why);
    return 0;
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

// The byte that stands behind a backslash, from *at on, which is moved behind it; -1: none does.
static int escaped(struct slice text, size_t *at) {
    if (*at == text.len_bytes) return -1;
    if (!is_digit(text.data[*at])) return text.data[(*at)++];
    int number = 0;
    for (int i = 0; i < ESCAPED_DIGITS; i++) {
        if (*at == text.len_bytes || !is_digit(text.data[*at])) return -1;
        number = number * 10 + (text.data[(*at)++] - '0');
    }
    return number <= UINT8_MAX ? number : -1;
}

size_t name_pack(struct slice text, uint8_t wire[NAME_WIRE_BYTES_MAX], char message[NAME_MESSAGE_BYTES]) {
    size_t len_bytes = 1, label = 0; // where the length of the label is, which is written last
    size_t at = 0;
    if (text.len_bytes == 0) return refuse(message, "a name has a label; that of the root is \".\"");
    if (slice_is(text, ".")) at = 1;
    while (at < text.len_bytes) {
        int byte = text.data[at++];
        bool const is_dot = byte == '.';
        if (byte == '\\') byte = escaped(text, &at);
        if (byte < 0) return refuse(message, "behind a backslash stands a character, or three digits up to 255");
        if (is_dot || len_bytes - label > NAME_LABEL_BYTES_MAX) {
            if (!is_dot) return refuse(message, "a label of more than 63 bytes");
            if (len_bytes - label == 1) return refuse(message, "an empty label within a name");
            wire[label] = (uint8_t)(len_bytes - label - 1);
            label = len_bytes;
        }
        if (len_bytes == NAME_WIRE_BYTES_MAX) return refuse(message, "a name of more than 255 bytes");
        if (is_dot) len_bytes++;
        else wire[len_bytes++] = (uint8_t)byte;
    }
    wire[label] = (uint8_t)(len_bytes - label - 1);
    if (wire[label] == 0) return len_bytes; // a dot, or nothing, stood there
    if (len_bytes == NAME_WIRE_BYTES_MAX) return refuse(message, "a name of more than 255 bytes");
    wire[len_bytes++] = 0;
    return len_bytes;
}

size_t name_unpack(struct slice wire, char text[NAME_TEXT_BYTES_MAX]) {
    size_t len_bytes = 0;
    for (size_t at = 0; at < wire.len_bytes && wire.data[at]; at += 1 + wire.data[at]) {
        if (len_bytes) text[len_bytes++] = '.';
        for (size_t i = at + 1; i <= at + wire.data[at]; i++) {
            uint8_t const byte = wire.data[i];
            char shown[ESCAPED_DIGITS + 2];
            if (byte == '.' || byte == '\\') snprintf(shown, sizeof shown, "\\%c", byte);
            else snprintf(shown, sizeof shown, byte > ' ' && byte < 0x7f ? "%c" : "\\%03u", byte);
            len_bytes += (size_t)sprintf(text + len_bytes, "%s", shown);
        }
    }
    if (len_bytes == 0) text[len_bytes++] = '.';
    return len_bytes;
}

const char *name_refused(struct arena *arena, const struct term *term) {
    uint8_t wire[NAME_WIRE_BYTES_MAX];
    char message[NAME_MESSAGE_BYTES];
    struct slice flat;
    if (term->kind != TERM_CONSTANT || term->value.kind != VALUE_BYTES) return NULL;
    if (!bytes_flat(arena, term->value.bytes, &flat)) return "a name of more than 255 bytes";
    return name_pack(flat, wire, message) ? NULL : arena_text(arena, "%s", message);
}

static bool is_settled(const struct element_code *element) {
    return name_is(element) || (!element->bytes && wire_is_address(element->type));
}

// An address of the type's family; what is none stays as it is.
static void settle_address(struct arena *arena, enum type_word type, struct value *value) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    if (wire_pack(type, value, bytes, message)) *value = wire_unpack_address(arena, type, bytes);
}

// Whether it, or what lies in its lists and regions, is a name or an address.
static bool has_settled(const struct element_code *element) {
    while (!element->arms && (element->type == TYPE_WORD_SIZED || element->type == TYPE_WORD_LIST) && element->element)
        element = element->element;
    return is_settled(element);
}

static void settle_items(struct arena *arena, const struct element_code *element, struct value *list) {
    struct value *const items = arena_copy(arena, list->items, list->item_count * sizeof *items);
    for (uint32_t i = 0; i < list->item_count; i++) names_settle(arena, element, &items[i]);
    list->items = items;
}

static void settle_name(struct arena *arena, struct value *value) {
    uint8_t wire[NAME_WIRE_BYTES_MAX];
    char text[NAME_TEXT_BYTES_MAX], message[NAME_MESSAGE_BYTES];
    struct slice flat;
    if (value->kind != VALUE_BYTES || value->bytes->len_bytes > NAME_TEXT_BYTES_MAX) return;
    if (!bytes_flat(arena, value->bytes, &flat)) return;
    size_t const len_bytes = name_pack(flat, wire, message);
    if (len_bytes) *value = value_text(arena, slice_of((const uint8_t *)text, name_unpack(slice_of(wire, len_bytes), text)));
}

void names_settle(struct arena *arena, const struct element_code *element, struct value *value) {
    if (!has_settled(element)) return;
    while (element->type == TYPE_WORD_SIZED) element = element->element;
    if (name_is(element)) settle_name(arena, value);
    else if (is_settled(element)) settle_address(arena, element->type, value);
    else if (value->kind == VALUE_LIST) settle_items(arena, element->element, value);
}

// ---- messages that are being built

// The longest stretch of the name that was written before; its note, and where in the name it begins.
static const struct name_note *find_stretch(const struct name_place *place, struct slice wire, size_t *start) {
    bool begins[NAME_WIRE_BYTES_MAX] = {false}; // by what is left of the name: whether a label begins there
    for (size_t at = 0; wire.data[at]; at += 1 + wire.data[at]) begins[wire.len_bytes - at - 1] = true;
    const struct name_note *best = NULL;
    for (const struct name_note *note = place->newest; note; note = note->older) {
        size_t const left = note->wire.len_bytes;
        bool const is_in_reach = note->at >= place->origin && note->at - place->origin < NAME_OFFSETS;
        if (!is_in_reach || left > wire.len_bytes || !begins[left - 1] || (best && best->wire.len_bytes > left)) continue;
        if (memcmp(note->wire.data, wire.data + wire.len_bytes - left, left) == 0) best = note;
    }
    if (best) *start = wire.len_bytes - best->wire.len_bytes;
    return best;
}

struct slice name_write(struct arena *arena, struct name_place *place, struct slice wire, bool compressed) {
    size_t end = wire.len_bytes - 1; // of the labels that are written
    const struct name_note *const found = compressed ? find_stretch(place, wire, &end) : NULL;
    uint8_t *const bytes = arena_alloc(arena, end + NAME_POINTER_BYTES);
    uint8_t *const own = arena_copy(arena, wire.data, wire.len_bytes);
    memcpy(bytes, wire.data, end);
    for (size_t at = 0; at < end; at += 1 + wire.data[at]) {
        if (place->at + at - place->origin >= NAME_OFFSETS) break;
        struct name_note *const note = arena_alloc(arena, sizeof *note);
        *note = (struct name_note){place->newest, place->at + at, slice_of(own + at, wire.len_bytes - at)};
        place->newest = note;
    }
    if (!found) {
        bytes[end] = 0;
        return slice_of(bytes, end + 1);
    }
    uint64_t const offset = found->at - place->origin;
    bytes[end] = (uint8_t)(NAME_POINTER_MARK | offset >> 8);
    bytes[end + 1] = (uint8_t)offset;
    return slice_of(bytes, end + NAME_POINTER_BYTES);
}
