// Message values: NAME { field: value, ... } as bytes to be.
#include "compile_message.h"

#include "base/nearest.h"
#include "names.h"
#include "wire.h"

uint32_t compile_field_of(struct compiler *c, const struct message_code *message, struct name name) {
    uint32_t const field = message_field(message, name.text);
    if (field != PLAN_NONE || unknown_is_excused(c, name.text)) return field;
    diag_error(c->diags, name.span, "%s has no field '%.*s'", message->name, (int)name.text.len_bytes,
               (const char *)name.text.data);
    if (!diag_is_news(c->diags)) return PLAN_NONE;
    struct nearest nearest = {.name = name.text};
    for (uint32_t i = 0; i < message->field_count; i++) nearest_offer(&nearest, message->fields[i].name);
    diag_suggest(c->diags, nearest.best);
    return PLAN_NONE;
}

// ---- whether a value may stand in a field

static bool refuse_kind(struct compiler *c, const struct term *term, const char *path, const char *wanted) {
    diag_error(c->diags, term->span, "%s is %s, and this is %s", path, wanted, value_kind_name(term->type));
    return false;
}

static bool fits_message(struct compiler *c, const struct element_code *element, const struct term *term,
                         const char *path) {
    if (term->typed && term->type != VALUE_RECORD && term->type != VALUE_BYTES) {
        return refuse_kind(c, term, path, element->message->name);
    }
    const struct message_code *const given = term->shape ? term->shape->message : NULL;
    if (!given || given == element->message) return true;
    diag_error(c->diags, term->span, "%s is %s, and this is %s", path, element->message->name, given->name);
    return false;
}

// Whether a message may stand there, as itself or as the bytes that it is, too.
static bool takes_message(const struct element_code *element, const struct message_code *given) {
    element = compile_shape(element);
    for (uint32_t i = 0; i < element->arm_count; i++)
        if (takes_message(element->arms[i].element, given)) return true;
    return element->message ? element->message == given : compile_element_kind(element) == VALUE_BYTES;
}

static bool fits_switch(struct compiler *c, const struct element_code *element, const struct term *term,
                        const char *path) {
    const struct message_code *const given = term->shape ? term->shape->message : NULL;
    if (!given || takes_message(element, given)) return true;
    diag_error(c->diags, term->span, "no type of %s is %s", path, given->name);
    return false;
}

static bool fits_list(struct compiler *c, const struct element_code *element, const struct term *term,
                      const char *path) {
    if (term->typed && term->type != VALUE_LIST) return refuse_kind(c, term, path, "a list");
    if (term->kind == TERM_LIST_FOR) return compile_fits(c, element->element, term->items[0], arena_text(c->arena, "%s[]", path));
    if (term->kind != TERM_LIST) return true;
    const struct term *const count = element->argument;
    if (count && term_is_known(count) && count->value.number != term->item_count) {
        char text[INTEGER_TEXT_BYTES];
        diag_error(c->diags, term->span, "%s has %s items, and here are %u", path,
                   integer_text(count->value.number, text), term->item_count);
        return false;
    }
    bool fits = true;
    for (uint32_t i = 0; i < term->item_count; i++)
        fits = compile_fits(c, element->element, term->items[i], arena_text(c->arena, "%s[%u]", path, i)) && fits;
    return fits;
}

// What until(BYTES, MAX) ends must leave room for its delimiter.
static bool fits_delimited(struct compiler *c, const struct element_code *element, const struct term *term,
                           const char *path) {
    const struct term *const most = element->most, *const delimiter = element->argument;
    bool const is_known = most && term_is_known(most) && term_is_known(delimiter) && term_is_known(term);
    if (!is_known || term->value.kind != VALUE_BYTES) return true;
    integer const len_bytes = (integer)term->value.bytes->len_bytes + (integer)delimiter->value.bytes->len_bytes;
    if (len_bytes <= most->value.number) return true;
    char text[INTEGER_TEXT_BYTES], allowed[INTEGER_TEXT_BYTES];
    diag_error(c->diags, term->span, "%s has %s bytes at the most, and these are %s with their delimiter", path,
               integer_text(most->value.number, allowed), integer_text(len_bytes, text));
    return false;
}

static bool fits_bytes(struct compiler *c, const struct element_code *element, const struct term *term,
                       const char *path) {
    if (term->typed && term->type != VALUE_BYTES && term->type != VALUE_RECORD) return refuse_kind(c, term, path, "bytes");
    const char *const wrong = name_is(element) ? name_refused(c->arena, term) : NULL;
    if (wrong) {
        diag_error(c->diags, term->span, "%s: %s", path, wrong);
        return false;
    }
    if (element->type == TYPE_WORD_UNTIL) return fits_delimited(c, element, term, path);
    const struct term *const len = element->argument;
    if (!len || !term_is_known(len) || !term_is_known(term) || len->value.number == term->value.bytes->len_bytes)
        return true;
    char text[INTEGER_TEXT_BYTES];
    diag_error(c->diags, term->span, "%s has %s bytes, and these are %llu", path, integer_text(len->value.number, text),
               (unsigned long long)term->value.bytes->len_bytes);
    return false;
}

static bool fits_bits(struct compiler *c, const struct element_code *element, const struct term *term,
                      const char *path) {
    integer count = 1;
    if (element->argument && term_is_known(element->argument)) count = element->argument->value.number;
    if (!term_is_known(term) || (term->value.number >= 0 && term->value.number < (integer)1 << count)) return true;
    char text[INTEGER_TEXT_BYTES];
    diag_error(c->diags, term->span, "%s: %s does not fit %d bit%s", path, integer_text(term->value.number, text),
               (int)count, count == 1 ? "" : "s");
    return false;
}

static bool fits_address(struct compiler *c, const struct element_code *element, const struct term *term,
                         const char *path) {
    if (term->typed && term->type != VALUE_ADDRESS && term->type != VALUE_BYTES) return refuse_kind(c, term, path, "an address");
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    if (!term_is_known(term) || wire_pack(element->type, &term->value, bytes, message)) return true;
    diag_error(c->diags, term->span, "%s: %s", path, message);
    return false;
}

static bool fits_number(struct compiler *c, const struct element_code *element, const struct term *term,
                        const char *path) {
    bool const is_float = compile_captured_kind(element->type) == VALUE_FLOAT;
    if (term->typed && term->type != VALUE_INTEGER && !(is_float && term->type == VALUE_FLOAT))
        return refuse_kind(c, term, path, is_float ? "a number" : "an integer");
    if (element->type == TYPE_WORD_BIT || element->type == TYPE_WORD_BITS) return fits_bits(c, element, term, path);
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    if (!term_is_known(term) || wire_pack(element->type, &term->value, bytes, message)) return true;
    diag_error(c->diags, term->span, "%s: %s", path, message);
    return false;
}

bool compile_fits(struct compiler *c, const struct element_code *element, const struct term *term, const char *path) {
    bool const may_lack = element->field && element->field->condition;
    if (may_lack && term->typed && term->type == VALUE_NONE) return true; // it may stand for what is not there
    if (element->message) return fits_message(c, element, term, path);
    if (element->arms) return fits_switch(c, element, term, path);
    if (element->type == TYPE_WORD_NONE) return true; // reported, or not compiled yet
    if (element->type == TYPE_WORD_SIZED) return compile_fits(c, element->element, term, path);
    switch (compile_captured_kind(element->type)) {
    case VALUE_LIST: return fits_list(c, element, term, path);
    case VALUE_BYTES: return fits_bytes(c, element, term, path);
    case VALUE_INTEGER:
    case VALUE_FLOAT: return fits_number(c, element, term, path);
    case VALUE_ADDRESS: return fits_address(c, element, term, path);
    case VALUE_NONE:
    case VALUE_BOOLEAN:
    case VALUE_DURATION:
    case VALUE_ENDPOINT:
    case VALUE_STATE:
    case VALUE_PATH:
    case VALUE_RECORD:
    case VALUE_RATE:
    case VALUE_HOST:
    case VALUE_KIND_COUNT: break;
    }
    return true;
}

// ---- the value

static void give_field(struct compiler *c, const struct message_code *message, const struct field_use *use,
                       const struct term **given) {
    uint32_t const field = compile_field_of(c, message, use->name);
    if (use->op != OP_EQUAL || !use->value || use->capture.text.len_bytes) {
        diag_error(c->diags, use->span, "a message is built of `field: value`; comparisons and captures are for recv");
        return;
    }
    const struct term *const value = compile_expr(c, use->value);
    if (field == PLAN_NONE) return;
    if (given[field]) {
        diag_error(c->diags, use->name.span, "'%s' has a value already", message->fields[field].name);
        return;
    }
    compile_fits(c, &message->elements[field], value,
                 arena_text(c->arena, "%s.%s", message->name, message->fields[field].name));
    given[field] = value;
}

static void check_given(struct compiler *c, const struct expr *expr, const struct message_code *message,
                        const struct term *const *given) {
    struct buffer missing = {0};
    if (message_draft_of(message)->state == DRAFT_COMPILING) return; // in its own layout: the run will tell
    for (uint32_t i = 0; i < message->field_count; i++) {
        const struct field_code *const field = &message->fields[i];
        if (given[i] || field->value || field->fallback || field->condition) continue;
        buffer_printf(&missing, "%s'%s'", missing.len_bytes ? ", " : "", message->fields[i].name);
    }
    if (missing.len_bytes) {
        diag_error(c->diags, expr->name.span, "%s needs a value for %s", message->name, missing.data);
    }
    buffer_fini(&missing);
}

static const struct element_code *message_shape(struct compiler *c, const struct message_code *message,
                                                struct span span) {
    struct element_code *const shape = arena_alloc(c->arena, sizeof *shape);
    *shape = (struct element_code){
        .span = span, .capture = PLAN_NONE, .last_slot = PLAN_NONE, .message = message, .row = message->elements};
    return shape;
}

const struct term *compile_build(struct compiler *c, const struct expr *expr) {
    const struct message_code *const message = compile_message_named(c, expr);
    if (!message) {
        for (uint32_t i = 0; i < expr->field_count; i++)
            if (expr->fields[i].value && expr->fields[i].op != OP_MATCH) compile_expr(c, expr->fields[i].value);
        return term_wrong(c, expr->span);
    }
    const struct term **const given = arena_array(c->arena, message->field_count, sizeof *given);
    const struct term **const items = arena_array(c->arena, message->field_count, sizeof *items);
    uint32_t const errors = c->diags->told_errors;
    for (uint32_t i = 0; i < expr->field_count; i++) give_field(c, message, &expr->fields[i], given);
    if (c->diags->told_errors == errors) check_given(c, expr, message, given);
    uint32_t item_count = 0;
    for (uint32_t i = 0; i < message->field_count; i++)
        if (given[i]) items[item_count++] = given[i];
    struct build_code *const build = arena_alloc(c->arena, sizeof *build);
    *build = (struct build_code){.message = message, .given = given};
    struct term *const term = term_of(c, TERM_BUILD, expr->span, items, item_count);
    term->build = build;
    const struct message_draft *const draft = message_draft_of(message);
    uint64_t const weight = term->weight + draft->weight;
    if (draft->depth >= term->depth) term->depth = draft->depth + 1;
    term->weight = weight > TERM_WEIGHT_MAX ? TERM_WEIGHT_MAX + 1 : (uint32_t)weight;
    term->shape = message_shape(c, message, expr->span);
    return term_finish(c, term_typed(term, VALUE_RECORD));
}
