// What is said of bytes that differ, and of bytes that are waited for.
#include "matcher_state.h"
#include "names.h"
#include "wire.h"

#include "base/integer.h"
#include "script/script.h"

#include <string.h>

enum {
    WINDOW_BYTES = WINDOW_BEFORE_BYTES + WINDOW_AFTER_BYTES,
    LITERAL_SHOWN_BYTES = 60,
};

static size_t least(uint64_t a, uint64_t b) {
    return (size_t)(a < b ? a : b);
}

// ---- how an element reads

static void describe_term(const struct term *term, struct buffer *out) {
    if (term->kind == TERM_CONSTANT) {
        value_print(&term->value, out);
    } else {
        eval_print_source(term->span, out);
    }
}

static void describe_type(const struct element_code *element, struct buffer *out) {
    if (element->message || element->arms) {
        buffer_text(out, element->message ? element->message->name : "switch");
        return;
    }
    buffer_text(out, script_type_word(element->type));
    if (!element->argument && !element->element) return;
    bool const is_list = element->type == TYPE_WORD_LIST;
    buffer_text(out, "(");
    if (is_list) match_describe(element->element, out);
    if (is_list && element->argument) buffer_text(out, ", ");
    if (element->argument) describe_term(element->argument, out);
    if (element->most || element->key || (element->element && !is_list)) buffer_text(out, ", ");
    if (element->most) describe_term(element->most, out);
    if (element->key) describe_term(element->key, out);
    if (element->element && !is_list) match_describe(element->element, out);
    buffer_text(out, ")");
    if (!element->until) return;
    buffer_text(out, " until(");
    describe_term(element->until, out);
    buffer_text(out, ")");
}

void match_describe(const struct element_code *element, struct buffer *out) {
    if (element->bytes) {
        describe_term(element->bytes, out);
    } else {
        describe_type(element, out);
    }
    if (element->field && element->field->value) {
        buffer_text(out, " = ");
        eval_print_source(element->field->value->span, out);
    }
    if (element->op == OP_NONE) return;
    buffer_printf(out, " %s ", operator_word(element->op));
    describe_term(element->right, out);
}

// ---- where it stands

static bool is_in_message(const struct frame *frame) {
    for (; frame; frame = frame->parent) {
        if (frame->message) return true;
    }
    return false;
}

static void add_path(const struct frame *frame, struct buffer *out) {
    if (frame->parent) add_path(frame->parent, out);
    uint32_t const index = frame->index < frame->element_count ? frame->index : frame->element_count - 1;
    const struct element_code *const element = &frame->elements[index];
    if (frame->is_list) {
        buffer_printf(out, "[%llu]", (unsigned long long)frame->item_index);
    } else if (frame->message) {
        buffer_printf(out, ".%s", element->field->name);
    } else if (!frame->is_sized) {
        buffer_text(out, element->message ? element->message->name : script_type_word(element->type));
    }
}

void match_path(const struct matcher *matcher, struct buffer *out) {
    if (is_in_message(matcher->state->top)) add_path(matcher->state->top, out);
}

// The path, and a colon behind it.
static void begin_text(const struct matcher *matcher, struct buffer *out) {
    size_t const before = out->len_bytes;
    match_path(matcher, out);
    if (out->len_bytes > before) buffer_text(out, ": ");
}

// ---- mismatches

static char *keep_text(struct matcher *matcher, struct buffer *text) {
    char *const kept = arena_copy(matcher->arena, text->data, text->len_bytes);
    buffer_fini(text);
    return kept;
}

// The fixed bytes that must come from here on, into `out`; how many, up to `limit`. Past the element that is being matched
// only constants count.
static size_t upcoming(const struct matcher *matcher, uint8_t *out, size_t limit) {
    const struct progress *const progress = &matcher->state->progress;
    if (!progress->literal) return 0;
    size_t count = least(limit, progress->literal->len_bytes - progress->literal_at);
    bytes_read(progress->literal, progress->literal_at, out, count);
    const struct frame *const frame = matcher->state->top;
    for (uint32_t i = frame->index + 1; i < frame->element_count && count < limit; i++) {
        const struct term *const next = frame->elements[i].bytes;
        if (!next || next->kind != TERM_CONSTANT || next->value.kind != VALUE_BYTES) break;
        size_t const more = least(limit - count, next->value.bytes->len_bytes);
        bytes_read(next->value.bytes, 0, out + count, more);
        count += more;
    }
    return count;
}

// What came before the difference was as expected, so both sides begin with it.
static enum match_status mismatch_here(struct matcher *matcher, struct slice following, const char *wanted) {
    const struct matcher_state *const state = matcher->state;
    size_t const before = least(state->tail_bytes, WINDOW_BEFORE_BYTES);
    const uint8_t *const tail = state->tail + state->tail_bytes - before;
    uint8_t *const expected = arena_alloc(matcher->arena, WINDOW_BYTES);
    uint8_t *const received = arena_alloc(matcher->arena, WINDOW_BYTES);
    memcpy(expected, tail, before);
    memcpy(received, tail, before);
    size_t const after = upcoming(matcher, expected + before, WINDOW_AFTER_BYTES);
    size_t const came = least(following.len_bytes, WINDOW_AFTER_BYTES);
    if (came) memcpy(received + before, following.data, came);
    matcher->mismatch = (struct mismatch){
        .offset = matcher->consumed_bytes,
        .window_offset = matcher->consumed_bytes - before,
        .expected = slice_of(expected, state->progress.literal && !state->progress.wrong ? before + after : 0),
        .received = slice_of(received, before + came),
        .wanted = wanted,
        .span = state->progress.element->span,
    };
    return MATCH_MISMATCH;
}

// Up to the byte that is wrong, as a value has them: of a `masked` they cross otherwise.
static void add_received(const struct matcher *matcher, struct slice following, struct buffer *out) {
    const struct progress *const progress = &matcher->state->progress;
    size_t const before = least(progress->literal_at, WINDOW_BEFORE_BYTES);
    uint8_t shown[WINDOW_BEFORE_BYTES + 1];
    bytes_read(progress->value.bytes, progress->literal_at - before, shown, before);
    shown[before] = following.data[0];
    if (progress->key.len_bytes) shown[before] ^= progress->key.data[progress->literal_at % progress->key.len_bytes];
    buffer_text(out, before < progress->literal_at ? ", received ...\"" : ", received \"");
    buffer_escaped(out, slice_of(shown, before + 1), before + 1);
    buffer_text(out, progress->left > 1 ? "...\"" : "\"");
}

enum match_status mismatch_byte(struct matcher *matcher, struct slice following) {
    const struct progress *const progress = &matcher->state->progress;
    if (progress->element->bytes) return mismatch_here(matcher, following, NULL); // the bytes say it all
    const struct progress *const asking = match_asking(matcher);
    bool const is_number = wire_width_bytes(progress->element->type) > 0; // so short that they do
    struct buffer text = {0};
    begin_text(matcher, &text);
    match_describe(is_number ? progress->element : asking->element, &text);
    if (progress->wrong) {
        buffer_printf(&text, ": %s", progress->wrong);
    } else if (progress->literal && !is_number) {
        if (asking->has_computed) buffer_text(&text, ", which is ");
        if (asking->has_computed) value_print(&asking->computed, &text);
        add_received(matcher, following, &text);
        following.len_bytes = least(following.len_bytes, progress->left); // what is behind it is another's
    }
    return mismatch_here(matcher, following, keep_text(matcher, &text));
}

// How much has come is said where the bytes that are shown do not.
enum match_status mismatch_end(struct matcher *matcher) {
    const struct progress *const progress = &matcher->state->progress;
    bool whole;
    uint64_t const total = match_total_bytes(matcher, &whole), left = total - matcher->consumed_bytes;
    struct buffer text = {0};
    matcher_wants(matcher, &text);
    if (total && matcher->consumed_bytes && !(progress->literal && left <= WINDOW_AFTER_BYTES)) {
        buffer_text(&text, ", and ");
        matcher_came(matcher, &text);
        buffer_text(&text, " have come");
    }
    return mismatch_here(matcher, slice_of(NULL, 0), keep_text(matcher, &text));
}

// A window of `bytes` that shows the byte at `place`, and how far it begins behind their start.
static struct slice window_at(struct arena *arena, const struct bytes *bytes, uint64_t place, uint64_t *start) {
    *start = place > WINDOW_BEFORE_BYTES ? place - WINDOW_BEFORE_BYTES : 0;
    if (*start > bytes->len_bytes) *start = bytes->len_bytes;
    size_t const len_bytes = least(bytes->len_bytes - *start, WINDOW_BYTES);
    uint8_t *const shown = arena_alloc(arena, len_bytes);
    bytes_read(bytes, *start, shown, len_bytes);
    return slice_of(shown, len_bytes);
}

// Where two runs of bytes begin to differ.
static uint64_t difference(const struct bytes *held, const struct bytes *wanted) {
    size_t const shorter = least(held->len_bytes, wanted->len_bytes);
    return bytes_differ_at(wanted, 0, held->held.data, shorter);
}

// Whether a value of bytes is those that came, one for one: a name is their text.
static bool is_as_it_came(const struct element_code *element) {
    bool const is_around = element->type == TYPE_WORD_SIZED;
    while (element->type == TYPE_WORD_SIZED && element->element) element = element->element;
    return !name_is(element) && !(is_around && element->type == TYPE_WORD_MASKED); // whose key is not at hand then
}

// The bytes as they cross: of a `masked` they are compared plain.
static const struct bytes *crossing(const struct matcher *matcher, const struct bytes *bytes) {
    struct slice const key = matcher->state->progress.key;
    if (!key.len_bytes) return bytes;
    const struct bytes *const xored = bytes_xored(matcher->arena, bytes, bytes_held(matcher->arena, key));
    return xored ? xored : bytes;
}

// Bytes that are not equal are shown where they differ.
static void window_of_bytes(struct matcher *matcher, struct mismatch *mismatch) {
    const struct progress *const progress = &matcher->state->progress;
    const struct bytes *const held = progress->value.bytes;
    bool const is_equality = progress->element->op == OP_EQUAL && progress->right.kind == VALUE_BYTES;
    uint64_t const place = is_equality && held->kind == BYTES_HELD ? difference(held, progress->right.bytes) : 0;
    uint64_t start;
    mismatch->received = window_at(matcher->arena, crossing(matcher, held), place, &start);
    if (is_equality) mismatch->expected = window_at(matcher->arena, crossing(matcher, progress->right.bytes), place, &start);
    mismatch->offset = progress->start + place;
    mismatch->window_offset = progress->start + start;
}

// What came from there on, as far as it is kept.
static struct slice bytes_from(struct matcher *matcher, uint64_t start) {
    const struct matcher_state *const state = matcher->state;
    uint64_t const behind = matcher->consumed_bytes - start;
    bool const is_kept = state->keepers && start >= state->kept_from;
    if (!is_kept && behind > state->tail_bytes) return slice_of(NULL, 0);
    const uint8_t *const bytes = behind == 0 ? NULL
                                 : is_kept   ? state->kept + (start - state->kept_from)
                                             : state->tail + state->tail_bytes - behind;
    size_t const len_bytes = least(behind, WINDOW_BYTES);
    return slice_of(arena_copy(matcher->arena, bytes, len_bytes), len_bytes);
}

enum match_status mismatch_value(struct matcher *matcher) {
    const struct progress *const progress = &matcher->state->progress;
    struct buffer text = {0};
    begin_text(matcher, &text);
    match_describe(progress->element, &text);
    buffer_text(&text, ", received ");
    value_print(&progress->value, &text);
    struct mismatch *const mismatch = &matcher->mismatch;
    *mismatch = (struct mismatch){
        .offset = progress->start,
        .window_offset = progress->start,
        .wanted = keep_text(matcher, &text),
        .span = progress->element->span,
    };
    if (progress->value.kind == VALUE_BYTES && is_as_it_came(progress->element)) window_of_bytes(matcher, mismatch);
    else mismatch->received = bytes_from(matcher, progress->start);
    return MATCH_MISMATCH;
}

// ---- mismatches of fields

enum match_status mismatch_because(struct matcher *matcher, const char *format, ...) {
    struct buffer text = {0};
    va_list arguments;
    begin_text(matcher, &text);
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    return mismatch_here(matcher, slice_of(NULL, 0), keep_text(matcher, &text));
}

enum match_status mismatch_negative(struct matcher *matcher, const char *what, integer number) {
    struct buffer text = {0};
    char digits[INTEGER_TEXT_BYTES];
    match_describe(matcher->state->progress.element, &text);
    enum match_status const status =
        mismatch_because(matcher, "%s with a %s of %s", text.data, what, integer_text(number, digits));
    buffer_fini(&text);
    return status;
}

// A number's bytes, as its type writes them; empty for what is no packed number.
static struct slice packed(struct matcher *matcher, const struct element_code *element, const struct value *value) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    bool const is_packed = wire_width_bytes(element->type) > 0;
    size_t const len_bytes = is_packed ? wire_pack(element->type, value, bytes, message) : 0;
    return slice_of(len_bytes ? arena_copy(matcher->arena, bytes, len_bytes) : NULL, len_bytes);
}

// Where the length, or the count, of the element stands: the field that alone says it, in the row of *frame; PLAN_NONE: it
// is no field.
static uint32_t length_field(const struct matcher *matcher, struct frame **frame) {
    const struct element_code *const element = matcher->state->progress.element;
    const struct term *length = element->argument;
    struct frame *at = matcher->state->top;
    if (element->to_end) return PLAN_NONE; // that counts bytes, and no items
    for (; at && !length; at = at->parent) { // as match_bound finds the end of a `rest`
        bool const is_list = at->is_list && at->list_end != BOUND_NONE;
        if (at->bound != BOUND_NONE && !at->is_sized && !is_list) {
            *frame = at;
            return at->message->fields[at->index].bound_by;
        }
        if (at->is_sized) length = at->outer.element->argument;
    }
    while (at && !at->message) at = at->parent;
    *frame = at;
    return at && length->kind == TERM_LAYOUT_FIELD ? length->slot : PLAN_NONE;
}

// A field of a row that the matcher is in.
static void add_field_path(struct frame *frame, uint32_t field, struct buffer *out) {
    uint32_t const current = frame->index;
    frame->index = field;
    add_path(frame, out);
    frame->index = current;
}

// "F.body == \"assam\"", "bytes(6) == \"assam\""
static void add_asked(const struct matcher *matcher, struct buffer *out) {
    const struct progress *const progress = match_asking(matcher);
    size_t const before = out->len_bytes;
    match_path(matcher, out);
    if (out->len_bytes == before) {
        match_describe(progress->element, out);
    } else if (progress->has_computed) {
        buffer_text(out, " = ");
        eval_print_source(progress->element->field->value->span, out);
    } else {
        buffer_text(out, " == ");
        describe_term(progress->element->right, out);
    }
}

// No field says it by itself: it is told where the element begins.
static enum match_status mismatch_size_here(struct matcher *matcher, uint64_t given, uint64_t asked, const char *units) {
    struct buffer text = {0};
    match_describe(match_asking(matcher)->element, &text);
    enum match_status const status =
        mismatch_because(matcher, "%s has %llu %s, and %llu are to come", text.data, (unsigned long long)asked, units,
                         (unsigned long long)given);
    buffer_fini(&text);
    return status;
}

enum match_status mismatch_size(struct matcher *matcher, uint64_t given, uint64_t asked, const char *units) {
    struct frame *frame;
    uint32_t const field = length_field(matcher, &frame);
    if (field == PLAN_NONE) return mismatch_size_here(matcher, given, asked, units);
    const struct element_code *const element = &frame->elements[field];
    const struct place *const place = &frame->places[field];
    struct value const wanted = value_integer(place->value.number - (integer)given + (integer)asked);
    struct buffer text = {0};
    add_field_path(frame, field, &text);
    buffer_text(&text, " is ");
    value_print(&place->value, &text);
    if (place->value.number != (integer)given) {
        buffer_printf(&text, ", which leaves %llu %s here", (unsigned long long)given, units);
    }
    buffer_text(&text, ", and ");
    add_asked(matcher, &text);
    buffer_printf(&text, " has %llu %s", (unsigned long long)asked, units);
    matcher->mismatch = (struct mismatch){
        .offset = place->start,
        .window_offset = place->start,
        .expected = packed(matcher, element, &wanted),
        .received = packed(matcher, element, &place->value),
        .wanted = keep_text(matcher, &text),
        .span = matcher->state->progress.element->span,
    };
    if (!matcher->mismatch.received.len_bytes) matcher->mismatch.received = bytes_from(matcher, place->start);
    return MATCH_MISMATCH;
}

// Bytes where they begin to differ.
static void windows_of_field(struct matcher *matcher, const struct bytes *wanted, const struct bytes *received) {
    struct mismatch *const mismatch = &matcher->mismatch;
    uint64_t const place = received->kind == BYTES_HELD ? difference(received, wanted) : 0;
    uint64_t start;
    mismatch->expected = window_at(matcher->arena, wanted, place, &start);
    mismatch->received = window_at(matcher->arena, received, place, &start);
    mismatch->offset += place;
    mismatch->window_offset += start;
}

enum match_status mismatch_field(struct matcher *matcher, uint32_t field, const struct value *wanted) {
    struct frame *const frame = matcher->state->top;
    const struct place *const place = &frame->places[field];
    struct value const received = place->is_there ? place->value : matcher->state->progress.value;
    struct buffer text = {0};
    add_field_path(frame, field, &text); // to the one that is wrong, which may lie before this one
    buffer_text(&text, ": ");
    match_describe(&frame->elements[field], &text);
    buffer_text(&text, ", which is ");
    value_print(wanted, &text);
    buffer_text(&text, ", received ");
    value_print(&received, &text);
    matcher->mismatch = (struct mismatch){
        .offset = place->start,
        .window_offset = place->start,
        .expected = packed(matcher, &frame->elements[field], wanted),
        .received = packed(matcher, &frame->elements[field], &received),
        .wanted = keep_text(matcher, &text),
        .span = frame->elements[field].span,
    };
    if (received.kind == VALUE_BYTES && wanted->kind == VALUE_BYTES && is_as_it_came(&frame->elements[field])) {
        windows_of_field(matcher, wanted->bytes, received.bytes);
    } else if (!matcher->mismatch.received.len_bytes) {
        matcher->mismatch.received = bytes_from(matcher, place->start);
    }
    return MATCH_MISMATCH;
}

enum match_status mismatch_rule(struct matcher *matcher, const struct term *rule) {
    const struct progress *const progress = &matcher->state->progress;
    struct buffer text = {0};
    begin_text(matcher, &text);
    eval_print_source(rule->span, &text);
    buffer_text(&text, " does not hold");
    if (progress->holds) buffer_text(&text, ", received ");
    if (progress->holds) value_print(&progress->value, &text);
    matcher->mismatch = (struct mismatch){
        .offset = progress->start,
        .window_offset = progress->start,
        .received = bytes_from(matcher, progress->start),
        .wanted = keep_text(matcher, &text),
        .span = progress->element->span,
    };
    return MATCH_MISMATCH;
}

// ---- waits

static void describe_remaining(const struct progress *progress, struct buffer *out) {
    uint8_t shown[LITERAL_SHOWN_BYTES];
    uint64_t const left = progress->literal->len_bytes - progress->literal_at;
    size_t const count = least(left, sizeof shown);
    bytes_read(progress->literal, progress->literal_at, shown, count);
    buffer_text(out, "\"");
    buffer_escaped(out, slice_of(shown, count), count);
    buffer_text(out, count < left ? "...\"" : "\"");
}

void matcher_wants(const struct matcher *matcher, struct buffer *out) {
    const struct matcher_state *const state = matcher->state;
    if (state->phase == PHASE_OVER || state->top->element_count == 0) return;
    begin_text(matcher, out);
    if (state->phase == PHASE_TAKE && state->progress.element->bytes) {
        describe_remaining(&state->progress, out);
    } else {
        match_describe(match_element(matcher), out);
    }
}

void matcher_came(const struct matcher *matcher, struct buffer *out) {
    bool whole;
    uint64_t const total = match_total_bytes(matcher, &whole), came = matcher->consumed_bytes;
    buffer_printf(out, "%llu", (unsigned long long)came);
    if (total) buffer_printf(out, whole ? " of %llu" : " of at least %llu", (unsigned long long)total);
    buffer_text(out, (total ? total : came) == 1 ? " byte" : " bytes");
}

void matcher_so_far(struct matcher *matcher) {
    mismatch_here(matcher, slice_of(NULL, 0), NULL);
    if (matcher->state->phase != PHASE_TAKE) matcher->mismatch.expected = slice_of(NULL, 0); // the literal has come
}
