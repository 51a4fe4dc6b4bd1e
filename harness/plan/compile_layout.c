// What the terms of a layout read, in which order that becomes known, and that nothing depends on itself.
#include "compile_message.h"

// ---- terms

static void add_read(struct compiler *c, enum layout_what what, uint32_t first, uint32_t last, struct span span) {
    struct message_draft *const draft = c->layout;
    if (draft->read_count == LAYOUT_READS_MAX) {
        diag_error(c->diags, span, "a message whose fields are read more than %d times", LAYOUT_READS_MAX);
        return;
    }
    draft->reads = arena_grow(c->arena, draft->reads, draft->read_count, sizeof *draft->reads);
    draft->reads[draft->read_count++] = (struct layout_read){draft->field, draft->part, what, first, last, span};
}

// Whether it may be read here; says so where not. A list's `until` may ask for the size of the list so far.
static bool has_come(struct compiler *c, enum layout_what what, uint32_t field, struct span span) {
    const struct message_draft *const draft = c->layout;
    if (draft->part >= PART_VALUE || field < draft->field) return true;
    if (field == draft->field && draft->in_until && what == READS_SIZE) return true;
    if (field == draft->field && draft->part == PART_WHERE) return true;
    diag_error(c->diags, span, "'%s' has not come yet when this is asked, and matching needs it here",
               draft->fields[field].name);
    if (field == draft->field) diag_hint(c->diags, "of its own list an `until` may ask for `last` and size(%s)", draft->fields[field].name);
    else if (draft->part == PART_WHERE) diag_hint(c->diags, "`where` reads its own field and those above it");
    else diag_hint(c->diags, "lengths, counts, `when` and `switch` read the fields above them");
    return false;
}

// What is known of an element's value: of one that may be absent nothing.
static void shape_term(struct term *term, const struct element_code *element) {
    enum value_kind const kind = compile_element_kind(element);
    term->shape = compile_shape(element);
    bool const may_lack = element->field && element->field->condition;
    if (kind != VALUE_KIND_COUNT && !may_lack) term_typed(term, kind);
}

const struct term *compile_layout_name(struct compiler *c, const struct binding *binding, struct span span) {
    struct message_draft *const draft = c->layout;
    if (binding->kind == BINDING_LAST) {
        struct term *const last = term_new(c, TERM_LAYOUT_LAST, span);
        last->reads_layout = true;
        shape_term(last, binding->shape);
        draft->reads_last = true;
        return last;
    }
    if (!has_come(c, READS_VALUE, binding->slot, span)) return term_wrong(c, span);
    struct term *const term = term_new(c, TERM_LAYOUT_FIELD, span);
    term->slot = binding->slot;
    term->reads_layout = true;
    if (draft->part != PART_FALLBACK) draft->fields[binding->slot].is_read = true;
    shape_term(term, &draft->elements[binding->slot]);
    bool const is_own = draft->part == PART_WHERE && binding->slot == draft->field; // so that it is there
    enum value_kind const kind = compile_element_kind(&draft->elements[binding->slot]);
    if (is_own && kind != VALUE_KIND_COUNT) term_typed(term, kind);
    add_read(c, READS_VALUE, binding->slot, binding->slot, span);
    return term;
}

static const struct term *layout_stretch(struct compiler *c, enum layout_what what, uint32_t first, uint32_t last,
                                         struct span span) {
    struct message_draft *const draft = c->layout;
    if (!has_come(c, what, last, span)) return term_wrong(c, span);
    if (last < first) {
        diag_error(c->diags, span, "'%s' comes before '%s'", draft->fields[last].name, draft->fields[first].name);
        return term_wrong(c, span);
    }
    struct term *const term = term_new(c, what == READS_SIZE ? TERM_LAYOUT_SIZE : TERM_LAYOUT_RANGE, span);
    term->slot = first;
    term->last = last;
    term->reads_layout = true;
    if (what == READS_BYTES && draft->part != PART_FALLBACK) draft->code.keeps_bytes = true;
    add_read(c, what, first, last, span);
    return term_typed(term, what == READS_SIZE ? VALUE_INTEGER : VALUE_BYTES);
}

static uint32_t field_named(struct compiler *c, const struct expr *expr) {
    const struct binding *const binding = expr->kind == EXPR_NAME ? scope_find(c, expr->name.text) : NULL;
    if (binding && binding->kind == BINDING_FIELD) return binding->slot;
    if (expr->kind == EXPR_NAME && !binding) unknown_name(c, expr->name, "field", OFFER_VALUES);
    else diag_error(c->diags, expr->span, "a range goes from one field of the message to another");
    return PLAN_NONE;
}

static const struct term *compile_stretch(struct compiler *c, const struct expr *range, enum layout_what what,
                                          struct span span) {
    uint32_t const first = field_named(c, range->items[0]);
    uint32_t const last = range->item_count > 1 ? field_named(c, range->items[1]) : PLAN_NONE;
    if (first == PLAN_NONE || last == PLAN_NONE) return term_wrong(c, span);
    return layout_stretch(c, what, first, last, span);
}

const struct term *compile_range(struct compiler *c, const struct expr *expr) {
    if (c->layout) return compile_stretch(c, expr, READS_BYTES, expr->span);
    diag_error(c->diags, expr->span, "a range of fields stands in a message only");
    return term_wrong(c, expr->span);
}

const struct term *compile_layout_size(struct compiler *c, const struct expr *expr) {
    if (!c->layout || expr->left || !slice_is(expr->name.text, "size") || expr->item_count != 1) return NULL;
    const struct expr *const of = expr->items[0];
    if (of->kind == EXPR_RANGE) return compile_stretch(c, of, READS_SIZE, expr->span);
    const struct binding *const binding = of->kind == EXPR_NAME ? scope_find(c, of->name.text) : NULL;
    if (!binding || binding->kind != BINDING_FIELD) return NULL;
    return layout_stretch(c, READS_SIZE, binding->slot, binding->slot, expr->span);
}

void compile_layout_until(struct compiler *c, const struct type_use *type, struct element_code *code) {
    struct message_draft *const draft = c->layout;
    struct binding *const outer = c->bindings;
    struct name const last = {slice_text("last"), type->until->span};
    scope_push(c, BINDING_LAST, last)->shape = compile_shape(code->element);
    bool const was_in_until = draft->in_until, read_last = draft->reads_last;
    draft->in_until = true;
    draft->reads_last = false;
    code->until = compile_kind(c, type->until, VALUE_BOOLEAN, "what ends a list");
    code->may_be_empty = !draft->reads_last;
    draft->in_until = was_in_until;
    draft->reads_last = read_last;
    scope_leave(c, outer);
}

// ---- order

// Which of the fields that a `=` reads comes last; PLAN_NONE: it reads none.
static uint32_t last_read(const struct message_draft *draft, uint32_t field) {
    uint32_t last = PLAN_NONE;
    for (uint32_t i = 0; i < draft->read_count; i++) {
        const struct layout_read *const read = &draft->reads[i];
        if (read->from != field || read->part != PART_VALUE) continue;
        if (last == PLAN_NONE || read->last > last) last = read->last;
    }
    return last;
}

// length = size(body) says where the body ends, which comes behind it.
static void link_bound(struct message_draft *draft, uint32_t field) {
    const struct term *const value = draft->fields[field].value;
    if (value->kind != TERM_LAYOUT_SIZE || value->last <= field) return;
    struct field_code *const bounded = &draft->fields[value->last];
    if (bounded->bound_by != PLAN_NONE) return;
    bounded->bound_by = field;
    bounded->bound_first = value->slot;
    draft->fields[field].is_read = true;
}

void layout_link(struct message_draft *draft) {
    for (uint32_t i = 0; i < draft->code.field_count; i++) {
        struct field_code *const field = &draft->fields[i];
        if (!field->value) continue;
        uint32_t const last = last_read(draft, i);
        field->is_known_before = last == PLAN_NONE || last < i;
        if (field->is_known_before) continue;
        field->next_check = draft->fields[last].first_check;
        draft->fields[last].first_check = i;
        link_bound(draft, i);
    }
}

// ---- what depends on itself: fields

enum visit { VISIT_NOT, VISIT_NOW, VISIT_DONE };

struct field_walk {
    struct compiler *c;
    const struct message_draft *draft;
    uint8_t *visits; // enum visit, by field
    bool is_broken;
};

static bool needs_value(const struct field_walk *walk, const struct layout_read *read, uint32_t field) {
    struct element_code element = walk->draft->elements[field];
    integer bits;
    element.field = NULL; // its `when` is read by itself
    return read->what != READS_SIZE || !element_fixed_bits(&element, &bits);
}

static void walk_field(struct field_walk *walk, uint32_t field);

static void walk_read(struct field_walk *walk, const struct layout_read *read) {
    const struct field_code *const fields = walk->draft->fields;
    for (uint32_t i = read->first; i <= read->last && !walk->is_broken; i++) {
        if (!needs_value(walk, read, i)) continue;
        if (walk->visits[i] == VISIT_NOW) {
            diag_error(walk->c->diags, read->span, "the value of '%s' depends on itself", fields[i].name);
            walk->is_broken = true;
        } else {
            walk_field(walk, i);
        }
    }
}

// A length reads nothing when a message is built, and the rest of a type no field that comes behind it.
static void walk_field(struct field_walk *walk, uint32_t field) {
    if (walk->visits[field] != VISIT_NOT) return;
    walk->visits[field] = VISIT_NOW;
    for (uint32_t i = 0; i < walk->draft->read_count && !walk->is_broken; i++) {
        const struct layout_read *const read = &walk->draft->reads[i];
        if (read->from == field && read->part >= PART_VALUE) walk_read(walk, read);
    }
    walk->visits[field] = VISIT_DONE;
}

static void check_values(struct compiler *c, const struct message_draft *draft) {
    struct field_walk walk = {c, draft, arena_alloc(c->arena, draft->code.field_count), false};
    for (uint32_t i = 0; i < draft->code.field_count && !walk.is_broken; i++) walk_field(&walk, i);
}

// ---- what depends on itself: messages

// The message that always lies in this element, or NULL: a list may be empty, a field absent, a switch another type.
static const struct message_code *always_holds(const struct element_code *element) {
    if (element->field && element->field->condition) return NULL;
    while (element->element && !element->bytes) {
        bool const may_be_empty = !element->argument || !term_is_known(element->argument);
        if (element->type == TYPE_WORD_LIST && may_be_empty) return NULL;
        element = element->element;
    }
    return element->message;
}

static void report_cycle(struct compiler *c, const struct message_draft *draft, uint32_t field) {
    struct buffer way = {0};
    buffer_text(&way, draft->code.name);
    const struct message_draft *at = draft;
    uint32_t through = field;
    do { // along the fields that are being checked
        const struct message_code *const next = always_holds(&at->elements[through]);
        buffer_printf(&way, " -> %s", next->name);
        at = message_draft_of(next);
        through = at->field;
    } while (at != draft);
    diag_error(c->diags, draft->fields[field].span, "a message cannot lie in itself: %s", way.data);
    diag_hint(c->diags, "in a list, or with a `when` or a `switch`, it may");
    buffer_fini(&way);
}

static void note_fixed_bits(struct message_draft *draft) {
    integer bits = 0;
    for (uint32_t i = 0; i < draft->code.field_count; i++) {
        integer more;
        if (!element_fixed_bits(&draft->elements[i], &more) || __builtin_add_overflow(bits, more, &bits)) return;
    }
    draft->code.fixed_bits = bits;
}

void layout_check(struct compiler *c, struct message_draft *draft) {
    if (draft->state != DRAFT_COMPILED) return;
    draft->state = DRAFT_CHECKING;
    uint32_t const errors = c->diags->told_errors;
    for (draft->field = 0; draft->field < draft->code.field_count; draft->field++) {
        const struct message_code *const inner = always_holds(&draft->elements[draft->field]);
        if (!inner) continue;
        struct message_draft *const next = message_draft_of(inner);
        if (next->state == DRAFT_CHECKING) report_cycle(c, next, next->field);
        else layout_check(c, next);
        if (c->diags->told_errors == errors && next->state != DRAFT_ENDLESS) continue;
        draft->state = DRAFT_ENDLESS; // lengths of what has no end are not asked for
        return;
    }
    note_fixed_bits(draft);
    draft->state = DRAFT_CHECKED;
    check_values(c, draft);
}

// ---- what can only be infinite

// Whether it may come to an end with what is known to do so.
static bool may_end(const struct element_code *element) {
    bool const is_list = element->type == TYPE_WORD_LIST && !element->bytes;
    if (element->field && element->field->condition) return true;
    bool const may_be_empty = element->until ? element->may_be_empty
                                             : !element->argument || !term_is_known(element->argument);
    if (is_list && may_be_empty) return true;
    if (element->element) return may_end(element->element);
    for (uint32_t i = 0; i < element->arm_count; i++)
        if (may_end(element->arms[i].element)) return true;
    if (element->arm_count) return false;
    return !element->message || message_draft_of(element->message)->ends;
}

static bool ends(const struct message_draft *draft) {
    for (uint32_t i = 0; i < draft->code.field_count; i++)
        if (!may_end(&draft->elements[i])) return false;
    return true;
}

void layout_check_ends(struct compiler *c) {
    for (bool found = true; found;) {
        found = false;
        for (uint32_t i = 0; i < c->message_count; i++) {
            struct message_draft *const draft = &c->messages[i];
            if (!draft->ends && ends(draft)) draft->ends = found = true;
        }
    }
    for (uint32_t i = 0; i < c->message_count; i++) {
        const struct message_draft *const draft = &c->messages[i];
        if (draft->ends) continue;
        diag_error(c->diags, draft->decl->name.span,
                   "'%s' never ends: whatever comes, there is a message in it that holds another", draft->code.name);
        diag_hint(c->diags, "a list that may be empty, a `when`, or one more type in a `switch` would end it");
    }
}
