// Messages: each layout compiled when it is first asked for, so that they may stand in any order and in one another.
#include "compile_message.h"

#include "base/nearest.h"

#include <stddef.h>

// ---- declarations

static void declare_fields(struct compiler *c, struct message_draft *draft) {
    uint32_t count = 0;
    for (const struct field_decl *field = draft->decl->fields; field; field = field->next) {
        if (++count <= LAYOUT_FIELDS_MAX) continue;
        diag_error(c->diags, field->name.span, "more than %d fields of one message", LAYOUT_FIELDS_MAX);
        count = 0;
        draft->code.field_count = 0;
        return;
    }
    draft->fields = arena_array(c->arena, count, sizeof *draft->fields);
    draft->elements = arena_array(c->arena, count, sizeof *draft->elements);
    uint32_t at = 0;
    for (const struct field_decl *field = draft->decl->fields; field; field = field->next, at++) {
        draft->fields[at] = (struct field_code){
            .name = arena_copy(c->arena, field->name.text.data, field->name.text.len_bytes),
            .span = field->name.span,
            .first_check = PLAN_NONE,
            .next_check = PLAN_NONE,
            .bound_by = PLAN_NONE,
        };
        draft->elements[at] = (struct element_code){.span = field->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
        for (uint32_t i = 0; i < at; i++) {
            if (!slice_is(field->name.text, draft->fields[i].name)) continue;
            diag_error(c->diags, field->name.span, "there is a field '%s' already", draft->fields[i].name);
            break;
        }
    }
    if (count == 0) diag_error(c->diags, draft->decl->name.span, "a message has one field at the least");
    draft->code.field_count = count;
}

void compile_messages_declare(struct compiler *c) {
    uint32_t count = 0;
    for (const struct message_decl *decl = c->tree->messages; decl; decl = decl->next) count++;
    c->messages = arena_array(c->arena, count, sizeof *c->messages);
    for (const struct message_decl *decl = c->tree->messages; decl; decl = decl->next) {
        struct message_draft *draft = &c->messages[c->message_count];
        for (uint32_t i = 0; i < c->message_count; i++) {
            if (!slice_is(decl->name.text, c->messages[i].code.name)) continue;
            diag_error(c->diags, decl->name.span, "there is a message '%s' already", c->messages[i].code.name);
            break;
        }
        c->message_count++;
        draft->decl = decl;
        draft->code.name = arena_copy(c->arena, decl->name.text.data, decl->name.text.len_bytes);
        draft->code.span = decl->span;
        draft->code.fixed_bits = -1;
        declare_fields(c, draft);
        draft->code.fields = draft->fields;
        draft->code.elements = draft->elements;
    }
}

struct message_draft *message_draft_of(const struct message_code *message) {
    return (struct message_draft *)(void *)((uintptr_t)message - offsetof(struct message_draft, code));
}

// ---- layouts

static struct binding *bind_field(struct compiler *c, struct name name, uint32_t field, struct binding *outer) {
    struct binding *const binding = arena_alloc(c->arena, sizeof *binding);
    *binding = (struct binding){.outer = outer, .kind = BINDING_FIELD, .name = name, .slot = field};
    return binding;
}

// What is asked of a run cannot be asked of a layout: it holds for every run, and must not wait.
static const struct term *check_layout_term(struct compiler *c, const struct term *term) {
    if (term->kind == TERM_SLOT || term->kind == TERM_EXPORT || term->kind == TERM_ATTRIBUTE) {
        diag_error(c->diags, term->span, "a layout is made of its fields and of constants, and this is known in a run only");
        return term_wrong(c, term->span);
    }
    for (uint32_t i = 0; i < term->item_count; i++) {
        const struct term *const item = check_layout_term(c, term->items[i]);
        if (item != term->items[i]) return item;
    }
    return term;
}

static void check_type_terms(struct compiler *c, struct element_code *element) {
    if (element->argument) element->argument = check_layout_term(c, element->argument);
    if (element->until) element->until = check_layout_term(c, element->until);
}

static void compile_field_type(struct compiler *c, struct message_draft *draft, const struct field_decl *decl) {
    struct element_code *const element = &draft->elements[draft->field];
    draft->part = PART_TYPE;
    element->field = &draft->fields[draft->field];
    compile_type(c, decl->type, element);
    element->span = decl->span;
    check_type_terms(c, element);
    draft->part = PART_WHEN;
    if (!decl->condition) return;
    const struct term *const condition =
        check_layout_term(c, compile_kind(c, decl->condition, VALUE_BOOLEAN, "what `when` asks"));
    draft->fields[draft->field].condition = condition;
    draft->weight += condition->weight;
}

static void compile_field_value(struct compiler *c, struct message_draft *draft, const struct field_decl *decl) {
    if (!decl->value) return;
    draft->part = PART_VALUE;
    const struct term *const value = check_layout_term(c, compile_expr(c, decl->value));
    const char *const path = arena_text(c->arena, "%s.%s", draft->code.name, draft->fields[draft->field].name);
    compile_fits(c, &draft->elements[draft->field], value, path);
    draft->fields[draft->field].value = value;
    draft->weight += value->weight;
}

// ---- bits

enum { BITS_UNKNOWN = -1 };

// Bits fill whole bytes, and those of a field that may be absent do so on their own.
static void check_bits(struct compiler *c, const struct message_draft *draft) {
    integer bits = 0; // of the byte that is not full yet
    uint32_t const count = draft->code.field_count;
    for (uint32_t i = 0; i <= count; i++) {
        const struct element_code *const element = i < count ? &draft->elements[i] : NULL;
        integer const more = element ? compile_odd_bits(element) : 0;
        bool const may_lack = element && draft->fields[i].condition;
        if (more == BITS_UNKNOWN) {
            diag_error(c->diags, element->span, "how many bits this has must be known before the message comes");
        } else if ((more == 0 || may_lack) && bits > 0) {
            diag_error(c->diags, draft->elements[i - 1].span, "bits fill whole bytes, and %d more would fill this one",
                       (int)(8 - bits));
            bits = 0;
        } else if (may_lack && more % 8 != 0) {
            diag_error(c->diags, element->span, "bits with a `when` fill whole bytes by themselves");
            diag_hint(c->diags, "a message of the bits of one byte may have a `when`");
        } else {
            bits = (bits + more) % 8;
        }
    }
}

// Whether the field begins at a whole byte.
static bool begins_byte(const struct message_draft *draft, uint32_t field) {
    integer bits = 0;
    for (uint32_t i = 0; i < field; i++) bits += compile_odd_bits(&draft->elements[i]);
    return bits % 8 == 0;
}

static void check_ranges(struct compiler *c, const struct message_draft *draft) {
    for (uint32_t i = 0; i < draft->read_count; i++) {
        const struct layout_read *const read = &draft->reads[i];
        if (read->what == READS_VALUE) continue;
        if (begins_byte(draft, read->first) && begins_byte(draft, read->last + 1)) continue;
        diag_error(c->diags, read->span, "these are not whole bytes");
    }
}

static void compile_fields(struct compiler *c, struct message_draft *draft) {
    uint32_t at = 0;
    for (const struct field_decl *decl = draft->decl->fields; decl; decl = decl->next)
        c->bindings = bind_field(c, decl->name, at++, c->bindings);
    draft->field = 0;
    for (const struct field_decl *decl = draft->decl->fields; decl; decl = decl->next, draft->field++)
        compile_field_type(c, draft, decl);
    draft->field = 0;
    for (const struct field_decl *decl = draft->decl->fields; decl; decl = decl->next, draft->field++)
        compile_field_value(c, draft, decl);
}

static void compile_layout(struct compiler *c, struct message_draft *draft) {
    struct message_draft *const around = c->layout;
    struct binding *const bindings = c->bindings;
    struct actor_draft *const actor = c->draft;
    draft->outer = around ? around->outer : actor ? c->file_bindings : c->bindings;
    draft->state = DRAFT_COMPILING;
    c->layout = draft;
    c->draft = NULL;
    c->bindings = draft->outer;
    uint32_t const errors = c->diags->error_count;
    if (draft->code.field_count && c->layout_depth < MESSAGE_NESTING_MAX) {
        c->layout_depth++;
        compile_fields(c, draft);
        c->layout_depth--;
    } else if (draft->code.field_count) {
        diag_error(c->diags, draft->decl->name.span, "layouts of more than %d levels", MESSAGE_NESTING_MAX);
    }
    if (c->diags->error_count == errors) {
        check_bits(c, draft);
        check_ranges(c, draft);
    }
    layout_link(draft);
    draft->state = DRAFT_COMPILED;
    c->layout = around;
    c->draft = actor;
    c->bindings = bindings;
}

bool compile_is_message(const struct compiler *c, struct slice name) {
    for (uint32_t i = 0; i < c->message_count; i++) {
        if (slice_is(name, c->messages[i].code.name)) return true;
    }
    return false;
}

// NULL: there is no such message, or it has no fields, which is reported.
static struct message_draft *draft_named(struct compiler *c, struct name name) {
    for (uint32_t i = 0; i < c->message_count; i++) {
        struct message_draft *const draft = &c->messages[i];
        if (slice_is(name.text, draft->code.name)) return draft->code.field_count ? draft : NULL;
    }
    if (unknown_is_excused(c, name.text)) return NULL;
    struct nearest nearest = {.name = name.text};
    for (uint32_t i = 0; i < c->message_count; i++) nearest_offer(&nearest, c->messages[i].code.name);
    for (enum type_word word = TYPE_WORD_NONE + 1; word < TYPE_WORD_COUNT; word++) {
        nearest_offer(&nearest, script_type_word(word));
    }
    diag_error(c->diags, name.span, "unknown message '%.*s'", (int)name.text.len_bytes, (const char *)name.text.data);
    if (!unknown_hint_types(c, name.text)) diag_suggest(c->diags, nearest.best);
    return NULL;
}

const struct message_code *compile_message_named(struct compiler *c, struct name name) {
    struct message_draft *const draft = draft_named(c, name);
    if (draft && draft->state == DRAFT_DECLARED) compile_layout(c, draft);
    return draft ? &draft->code : NULL;
}

// ---- what follows a `rest`

static bool takes_rest(const struct element_code *element, uint32_t depth) {
    if (element->bytes || depth == MESSAGE_NESTING_MAX) return false;
    if (element->field && element->field->bound_by != PLAN_NONE) return false;
    for (uint32_t i = 0; i < element->arm_count; i++) {
        if (takes_rest(element->arms[i].element, depth)) return true;
    }
    if (!element->message) return element->type == TYPE_WORD_REST;
    struct message_draft *const draft = message_draft_of(element->message);
    if (draft->rest == REST_UNKNOWN) {
        draft->rest = REST_ASKED; // where it comes round to itself another field, or another type, ends it
        bool const takes = takes_rest(&draft->elements[draft->code.field_count - 1], depth + 1);
        draft->rest = takes ? REST_YES : REST_NO;
    }
    return draft->rest == REST_YES;
}

bool compile_takes_rest(const struct element_code *element) {
    return takes_rest(element, 0);
}

static void check_rest(struct compiler *c, const struct message_draft *draft) {
    for (uint32_t i = 0; i < draft->code.field_count; i++) {
        const struct element_code *const element = &draft->elements[i];
        if (element->element && compile_takes_rest(element->element)) {
            diag_error(c->diags, element->span, "the first item of the list takes everything");
        }
        if (i + 1 == draft->code.field_count || !compile_takes_rest(element)) continue;
        diag_error(c->diags, draft->fields[i + 1].span, "nothing can follow '%s', which takes everything",
                   draft->fields[i].name);
        diag_hint(c->diags, "a field before it with `= size(%s)` would say where it ends", draft->fields[i].name);
    }
}

void compile_messages(struct compiler *c) {
    for (uint32_t i = 0; i < c->message_count; i++) {
        if (c->messages[i].state == DRAFT_DECLARED) compile_layout(c, &c->messages[i]);
    }
    if (c->diags->error_count) return;
    for (uint32_t i = 0; i < c->message_count; i++) check_rest(c, &c->messages[i]);
    for (uint32_t i = 0; i < c->message_count; i++) layout_check(c, &c->messages[i]);
}

// ---- types

static const struct term *compile_selector(struct compiler *c, struct name name) {
    const struct binding *const binding = scope_find(c, name.text);
    if (binding && binding->kind == BINDING_FIELD) {
        return compile_layout_name(c, binding, name.span);
    }
    if (name.text.len_bytes) unknown_name(c, name, "field", OFFER_VALUES);
    return term_wrong(c, name.span);
}

static void check_arm(struct compiler *c, const struct switch_arm *arm, const struct arm_code *arms, uint32_t index) {
    const struct term *const value = arms[index].value;
    const struct element_code *const element = arms[index].element;
    if (element->arms) diag_error(c->diags, arm->type->span, "a switch in a switch: give it a message of its own");
    if (compile_odd_bits(element) % 8 != 0) diag_error(c->diags, arm->type->span, "a type of a switch has whole bytes");
    if (value && value->typed && !term_is_known(value)) {
        diag_error(c->diags, arm->value->span, "what a switch compares with must be known before the scenario runs");
    }
    for (uint32_t i = 0; i < index; i++) {
        const struct term *const other = arms[i].value;
        bool const is_same = other && value && term_is_known(other) && term_is_known(value) &&
                             value_equal(&other->value, &value->value);
        if (other && !is_same) continue;
        if (other) diag_error(c->diags, arm->value->span, "the switch has a type for this already");
        else diag_error(c->diags, arm->span, "nothing comes to this: `else` stands before it");
        break;
    }
}

static void compile_switch(struct compiler *c, const struct type_use *type, struct element_code *code) {
    if (!c->layout) {
        diag_error(c->diags, type->span, "a switch is the type of a message's field");
        return;
    }
    if (type->arm_count > LAYOUT_ARMS_MAX) {
        diag_error(c->diags, type->span, "more than %d types of one switch", LAYOUT_ARMS_MAX);
        return;
    }
    struct arm_code *const arms = arena_array(c->arena, type->arm_count, sizeof *arms);
    code->selector = compile_selector(c, type->selector);
    for (uint32_t i = 0; i < type->arm_count; i++) {
        const struct switch_arm *const arm = &type->arms[i];
        struct element_code *const element = arena_alloc(c->arena, sizeof *element);
        *element = (struct element_code){
            .span = arm->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE, .field = code->field};
        arms[i] = (struct arm_code){.value = arm->value ? compile_expr(c, arm->value) : NULL, .element = element};
        compile_type(c, arm->type, element);
        check_type_terms(c, element);
        check_arm(c, arm, arms, i);
    }
    code->arms = arms;
    code->arm_count = type->arm_count;
}

void compile_message_type(struct compiler *c, const struct type_use *type, struct element_code *code) {
    if (type->arm_count) {
        compile_switch(c, type, code);
    } else if (type->message.text.len_bytes) {
        const struct message_draft *const draft = draft_named(c, type->message);
        code->message = draft ? &draft->code : NULL;
        code->row = draft ? draft->elements : NULL;
    }
}

enum value_kind compile_element_kind(const struct element_code *element) {
    if (element->bytes) return VALUE_BYTES;
    if (element->message) return VALUE_RECORD;
    return element->type == TYPE_WORD_NONE ? VALUE_KIND_COUNT : compile_captured_kind(element->type);
}
