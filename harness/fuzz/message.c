// Each layout of a scenario against bytes of the input and against the messages that the scenario sends, some of them
// changed; an input without a text is the choices of which a text is made. What was captured is built again, field by
// field and without what the layout computes: that matches again, with the same values, and where no field has two ways
// to write its value it is the same bytes; built a third time it is the same in any case.
#include "layouts.h"
#include "plans.h"
#include "play.h"

#include "plan/message.h"
#include "plan/record.h"

#include <string.h>

enum {
    LAYOUTS_MAX = 24,
    STREAMS_MAX = 6,
    STREAM_BYTES_MAX = 1024,
    SLOTS = 512,
    CAPTURE_SLOT = SLOTS - 1,
    NESTING_MAX = 200, // of terms and types, when they are searched
    ARENA_BYTES_MAX = 96 * 1024 * 1024,
};

struct finds {
    const struct message_code *layouts[LAYOUTS_MAX];
    uint32_t layout_count;
    struct slice streams[STREAMS_MAX];
    uint32_t stream_count;
};

// ---- layouts

static void find_in_element(struct finds *finds, const struct element_code *element, unsigned depth);

static void find_layout(struct finds *finds, const struct message_code *message, unsigned depth) {
    for (uint32_t i = 0; i < finds->layout_count; i++) {
        if (finds->layouts[i] == message) return;
    }
    if (finds->layout_count == LAYOUTS_MAX) return;
    finds->layouts[finds->layout_count++] = message;
    for (uint32_t i = 0; i < message->field_count; i++) find_in_element(finds, &message->elements[i], depth + 1);
}

static void find_in_element(struct finds *finds, const struct element_code *element, unsigned depth) {
    if (depth > NESTING_MAX) return;
    if (element->message) find_layout(finds, element->message, depth);
    if (element->element) find_in_element(finds, element->element, depth + 1);
    for (uint32_t i = 0; i < element->arm_count; i++) find_in_element(finds, element->arms[i].element, depth + 1);
}

// ---- what is sent

static void add_stream(struct finds *finds, struct slice bytes) {
    if (finds->stream_count < STREAMS_MAX) finds->streams[finds->stream_count++] = bytes;
}

static void find_built(struct finds *finds, struct stage *stage, const struct term *term, struct slice changes,
                       unsigned depth) {
    struct slice bytes;
    if (!term || depth > NESTING_MAX || stage->arena.used_bytes > ARENA_BYTES_MAX) return;
    for (uint32_t i = 0; i < term->item_count; i++) find_built(finds, stage, term->items[i], changes, depth + 1);
    if (term->kind != TERM_BUILD) return;
    find_layout(finds, term->build->message, 0);
    for (uint32_t i = 0; i < term->build->message->field_count; i++) {
        find_built(finds, stage, term->build->given[i], changes, depth + 1);
    }
    if (!stage_bytes(stage, term, STREAM_BYTES_MAX, &bytes) || finds->stream_count == STREAMS_MAX) return;
    add_stream(finds, bytes);
    uint8_t *const changed = arena_copy(&stage->arena, bytes.data, bytes.len_bytes);
    for (size_t i = 0; bytes.len_bytes && i + 1 < changes.len_bytes && i < 8; i += 2) {
        changed[(changes.data[i] * 7919u + i) % bytes.len_bytes] += changes.data[i + 1];
    }
    if (bytes.len_bytes && changes.len_bytes > 1) add_stream(finds, slice_of(changed, bytes.len_bytes));
}

static void find_all(struct finds *finds, struct stage *stage, const struct plan *plan, struct slice changes) {
    for (uint32_t i = 0; i < plan->step_count; i++) {
        const struct step *const step = &plan->steps[i];
        if (step->kind == STEP_SEND) find_built(finds, stage, step->operand, changes, 0);
        for (uint32_t k = 0; step->pattern && k < step->pattern->element_count; k++) {
            find_in_element(finds, &step->pattern->elements[k], 0);
        }
    }
}

// ---- whether a value can be written in one way only

static bool is_one_way(const struct element_code *element, unsigned depth) {
    switch (element->type) {
    case TYPE_WORD_LEB128:
    case TYPE_WORD_QUIC_VARINT:
    case TYPE_WORD_LINE:        // LF and CRLF
    case TYPE_WORD_DOMAIN_NAME: // with pointers and without
    case TYPE_WORD_COMPRESSED_NAME:
    case TYPE_WORD_F32BE:
    case TYPE_WORD_F32LE:
    case TYPE_WORD_F64BE:
    case TYPE_WORD_F64LE: return false; // NaNs
    default: break;                     // each other type of the table
    }
    if (depth > NESTING_MAX) return false;
    if (element->element && !is_one_way(element->element, depth + 1)) return false;
    for (uint32_t i = 0; i < element->arm_count; i++) {
        if (!is_one_way(element->arms[i].element, depth + 1)) return false;
    }
    for (uint32_t i = 0; element->message && i < element->message->field_count; i++) {
        if (!is_one_way(&element->message->elements[i], depth + 1)) return false;
    }
    return true;
}

// ---- building again

static struct value built_again(struct stage *stage, const struct value *value);

static struct value record_again(struct stage *stage, const struct record *record) {
    const struct message_code *const message = record->message;
    struct arena *const arena = &stage->arena;
    const struct term **const given = arena_array(arena, message->field_count, sizeof *given);
    for (uint32_t i = 0; i < message->field_count; i++) {
        if (message->fields[i].value || record->values[i].kind == VALUE_NONE) continue;
        struct term *const term = arena_alloc(arena, sizeof *term);
        *term = (struct term){.kind = TERM_CONSTANT, .span = message->fields[i].span};
        term->value = built_again(stage, &record->values[i]);
        given[i] = term;
    }
    struct build_code *const build = arena_alloc(arena, sizeof *build);
    *build = (struct build_code){.message = message, .given = given};
    struct term *const term = arena_alloc(arena, sizeof *term);
    *term = (struct term){.kind = TERM_BUILD, .span = message->span, .build = build};
    struct value again;
    enum eval_status const status = term_eval(term, &stage->env, &again);
    fuzz_check(status == EVAL_DONE, "%s matched, and cannot be built: %s", message->name,
               stage->env.message ? stage->env.message : "it waits");
    return again;
}

static struct value built_again(struct stage *stage, const struct value *value) {
    if (value->kind == VALUE_RECORD) return record_again(stage, value->record);
    if (value->kind != VALUE_LIST) return *value;
    struct value *const items = arena_array(&stage->arena, value->item_count, sizeof *items);
    for (uint32_t i = 0; i < value->item_count; i++) items[i] = built_again(stage, &value->items[i]);
    return (struct value){.kind = VALUE_LIST, .items = items, .item_count = value->item_count};
}

static struct slice flat(struct stage *stage, const struct value *record) {
    struct slice bytes;
    fuzz_check(bytes_flat(&stage->arena, record->record->encoded, &bytes), "too many bytes");
    return bytes;
}

// Field by field, without what the layout computes unless that is asked for: a length that covers a name says how that is
// written.
static bool agree(const struct value *a, const struct value *b, bool with_computed) {
    if (a->kind != b->kind) return false;
    if (a->kind == VALUE_LIST) {
        bool all = a->item_count == b->item_count;
        for (uint32_t i = 0; all && i < a->item_count; i++) all = agree(&a->items[i], &b->items[i], with_computed);
        return all;
    }
    if (a->kind != VALUE_RECORD) return stage_values_equal(a, b);
    const struct message_code *const message = a->record->message;
    bool all = message == b->record->message;
    for (uint32_t i = 0; all && i < message->field_count; i++) {
        if (message->fields[i].value && !with_computed) continue;
        all = agree(&a->record->values[i], &b->record->values[i], with_computed);
    }
    return all;
}

static void check_again(struct stage *stage, const struct pattern_code *pattern, const struct outcome *first,
                        struct slice input) {
    const struct value *const captured = &first->slots[CAPTURE_SLOT];
    fuzz_check(first->is_set[CAPTURE_SLOT] && captured->kind == VALUE_RECORD, "nothing is captured");
    const char *const name = captured->record->message->name;
    struct slice const taken = slice_of(input.data, (size_t)first->consumed_bytes);
    fuzz_check(slice_equal(flat(stage, captured), taken), "%s: the captured bytes are not those that came", name);
    struct value const again = built_again(stage, captured);
    struct slice const bytes = flat(stage, &again);
    bool const one_way = is_one_way(&pattern->elements[0], 0);
    fuzz_check(!one_way || slice_equal(bytes, taken), "%s: built again it has other bytes", name);
    struct outcome const second = play_match(stage, pattern, bytes, bytes.len_bytes);
    const struct value *const received = &second.slots[CAPTURE_SLOT];
    bool const fits = second.status == MATCH_DONE && second.consumed_bytes == bytes.len_bytes;
    // Another way to write a value may take more bytes than a length says that was given, or change a checksum that is
    // the length of something else: then nothing is promised.
    bool const may_differ = !one_way && (bytes.len_bytes != taken.len_bytes || !agree(captured, &again, true));
    if (may_differ && (!fits || !agree(captured, received, false))) return;
    fuzz_check(second.status == MATCH_DONE, "%s: built again it does not match: %d, %s", name, second.status,
               second.mismatch.wanted ? second.mismatch.wanted : "-");
    fuzz_check(fits, "%s: built again there is more than matches", name);
    fuzz_check(agree(captured, received, one_way), "%s: built again it has other values", name);
    struct value const thrice = built_again(stage, received);
    fuzz_check(slice_equal(flat(stage, &thrice), bytes), "%s: built a third time it has other bytes", name);
}

// ---- all of them

static void play_layout(const struct plan *plan, const struct message_code *message, struct slice stream,
                        uint8_t seed) {
    struct element_code const element = {.span = message->span,
                                         .message = message,
                                         .row = message->elements,
                                         .capture = CAPTURE_SLOT,
                                         .last_slot = PLAN_NONE};
    struct pattern_code const pattern = {.span = message->span, .elements = &element, .element_count = 1};
    struct stage stage;
    stage_init(&stage, plan, PLAN_NONE, SLOTS, seed);
    struct outcome outcome = play_match(&stage, &pattern, stream, seed);
    if (outcome.status == MATCH_MISMATCH) {
        stream = play_mend(&stage, &pattern, stream, STREAM_BYTES_MAX);
        outcome = play_match(&stage, &pattern, stream, seed);
    }
    if (outcome.status == MATCH_DONE) check_again(&stage, &pattern, &outcome, stream);
    stage_fini(&stage);
}

static void play_text(struct slice text, struct slice given, uint8_t seed) {
    struct plan_set set;
    struct stage stage;
    struct finds finds = {0};
    fuzz_plans(&set, FUZZ_PATH, text, NULL, 0);
    bool const is_good = set.diags.error_count == 0 && set.plan_count && !set.is_library;
    const struct plan *const plan = is_good ? set.plans[0] : NULL;
    stage_init(&stage, plan, PLAN_NONE, SLOTS, seed);
    add_stream(&finds, given);
    if (plan) find_all(&finds, &stage, plan, given);
    for (uint32_t i = 0; i < finds.layout_count; i++) {
        for (uint32_t k = 0; k < finds.stream_count; k++) {
            play_layout(plan, finds.layouts[i], finds.streams[k], seed);
        }
    }
    stage_fini(&stage);
    plan_set_fini(&set);
}

void fuzz_one(const struct fuzz_input *input) {
    struct fuzz_choices choices = {input->bytes};
    struct buffer made = {0};
    uint8_t const seed = fuzz_byte(&choices);
    bool const has_text = input->text.len_bytes > 0;
    if (!has_text) layouts_make(&choices, &made);
    struct slice given = choices.bytes;
    if (given.len_bytes > STREAM_BYTES_MAX) given.len_bytes = STREAM_BYTES_MAX;
    play_text(has_text ? input->text : buffer_view(&made), given, seed);
    buffer_fini(&made);
}
