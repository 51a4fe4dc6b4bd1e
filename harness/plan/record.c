#include "plan/record.h"
#include "plan/message.h"
#include "plan/plan.h"

enum { SHOWN_DEPTH = 4 }; // of records in one another, when they are printed

const struct value *record_field(const struct record *record, struct slice name) {
    uint32_t const field = message_field(record->message, name);
    return field == PLAN_NONE ? NULL : &record->values[field];
}

uint32_t record_depth(const struct value *value) {
    if (value->kind == VALUE_RECORD) return value->record->depth;
    if (value->kind != VALUE_LIST) return 0;
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < value->item_count; i++) {
        uint32_t const depth = record_depth(&value->items[i]);
        if (depth > deepest) deepest = depth;
    }
    return deepest;
}

const struct record *record_copy(struct arena *arena, const struct record *record) {
    struct record *const copy = arena_copy(arena, record, sizeof *record);
    uint32_t const count = record->message->field_count;
    struct value *const values = arena_array(arena, count, sizeof *values);
    for (uint32_t i = 0; i < count; i++) values[i] = value_copy(arena, &record->values[i]);
    struct value const encoded = value_bytes(record->encoded);
    copy->values = values;
    if (record->is_given) copy->is_given = arena_copy(arena, record->is_given, count * sizeof *record->is_given);
    copy->encoded = value_copy(arena, &encoded).bytes;
    return copy;
}

// Of what was built, that the layout has computed a field, where it was received that this was verified: it may depend on
// what lies around the message.
static bool is_settled(const struct record *built, const struct record *received, uint32_t field) {
    return built->is_given && !received->is_given && !built->is_given[field] && built->message->fields[field].value;
}

bool record_equal(const struct record *a, const struct record *b) {
    if (a->message != b->message) return false;
    for (uint32_t i = 0; i < a->message->field_count; i++) {
        if (is_settled(a, b, i) || is_settled(b, a, i)) continue;
        if (!value_equal(&a->values[i], &b->values[i])) return false;
    }
    return true;
}

void record_print(const struct record *record, struct buffer *out) {
    buffer_printf(out, "%s { ", record->message->name);
    bool is_first = true;
    for (uint32_t i = 0; i < record->message->field_count; i++) {
        const struct value *const value = &record->values[i];
        if (value->kind == VALUE_NONE) continue;
        buffer_printf(out, "%s%s: ", is_first ? "" : ", ", record->message->fields[i].name);
        is_first = false;
        if (record->depth > SHOWN_DEPTH && record_depth(value)) {
            buffer_text(out, "...");
        } else {
            value_print(value, out);
        }
    }
    buffer_text(out, is_first ? "}" : " }");
}
