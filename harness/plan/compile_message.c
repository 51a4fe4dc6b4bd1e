// Messages: each layout compiled when it is first asked for, so that they may stand in any order and in one another.
#include "compile_message.h"

#include "base/nearest.h"
#include "names.h"

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
    struct table names = {0};
    for (const struct field_decl *field = draft->decl->fields; field; field = field->next, at++) {
        draft->fields[at] = (struct field_code){
            .name = arena_copy(c->arena, field->name.text.data, field->name.text.len_bytes),
            .span = field->name.span,
            .first_check = PLAN_NONE,
            .next_check = PLAN_NONE,
            .bound_by = PLAN_NONE,
        };
        if (field == draft->decl->origin) draft->code.origin = at;
        draft->elements[at] = (struct element_code){.span = field->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
        void **const before = table_place(&names, c->arena, field->name.text);
        if (*before) diag_error(c->diags, field->name.span, "there is a field '%s' already", draft->fields[at].name);
        *before = draft;
    }
    if (count == 0) diag_error(c->diags, draft->decl->name.span, "a message has one field at the least");
    draft->code.field_count = count;
}

// Those of the same name, in the order of the text.
static void link_messages(struct compiler *c) {
    for (uint32_t i = c->message_count; i > 0; i--) {
        struct message_draft *const draft = &c->messages[i - 1];
        void **const first = table_place(&c->message_names, c->arena, draft->decl->name.text);
        draft->same = *first;
        *first = draft;
    }
}

static void check_message_name(struct compiler *c, const struct message_draft *draft) {
    struct name const name = draft->decl->name;
    const struct message_draft *before = table_find(&c->message_names, name.text);
    for (; before != draft; before = before->same) {
        if (!library_together(c, name.span.source, before->decl->name.span.source)) continue;
        diag_error(c->diags, name.span, "there is a message '%s' already", before->code.name);
        return;
    }
}

void compile_messages_declare(struct compiler *c) {
    uint32_t count = 0;
    for (const struct message_decl *decl = c->tree->messages; decl; decl = decl->next) count++;
    c->messages = arena_array(c->arena, count, sizeof *c->messages);
    for (const struct message_decl *decl = c->tree->messages; decl; decl = decl->next)
        c->messages[c->message_count++].decl = decl;
    link_messages(c);
    for (uint32_t i = 0; i < c->message_count; i++) {
        struct message_draft *const draft = &c->messages[i];
        const struct message_decl *const decl = draft->decl;
        check_message_name(c, draft);
        draft->code.name = arena_copy(c->arena, decl->name.text.data, decl->name.text.len_bytes);
        draft->code.span = decl->span;
        draft->code.fixed_bits = -1;
        draft->code.origin = PLAN_NONE;
        declare_fields(c, draft);
        draft->code.fields = draft->fields;
        draft->code.elements = draft->elements;
    }
}

struct message_draft *message_draft_of(const struct message_code *message) {
    return (struct message_draft *)(void *)((uintptr_t)message - offsetof(struct message_draft, code));
}

// ---- layouts

// What is asked of a run cannot be asked of a layout: it holds for every run, and must not wait.
const struct term *layout_term(struct compiler *c, const struct term *term) {
    if (term->kind == TERM_SLOT || term->kind == TERM_EXPORT || term->kind == TERM_ATTRIBUTE) {
        diag_error(c->diags, term->span, "a layout is made of its fields and of constants, and this is known in a run only");
        return term_wrong(c, term->span);
    }
    for (uint32_t i = 0; i < term->item_count; i++) {
        const struct term *const item = layout_term(c, term->items[i]);
        if (item != term->items[i]) return item;
    }
    return term;
}

void compile_layout_type(struct compiler *c, struct element_code *element) {
    if (element->argument) element->argument = layout_term(c, element->argument);
    if (element->most) element->most = layout_term(c, element->most);
    if (element->until) element->until = layout_term(c, element->until);
    if (element->key) element->key = layout_term(c, element->key);
}

static void count_term(struct message_draft *draft, const struct term *term) {
    draft->weight += term->weight;
    if (term->depth > draft->depth) draft->depth = term->depth;
}

static const struct term *compile_truth(struct compiler *c, struct message_draft *draft, const struct expr *expr,
                                        const char *what) {
    const struct term *const truth = layout_term(c, compile_kind(c, expr, VALUE_BOOLEAN, what));
    count_term(draft, truth);
    return truth;
}

static void compile_field_type(struct compiler *c, struct message_draft *draft, const struct field_decl *decl) {
    struct element_code *const element = &draft->elements[draft->field];
    draft->part = PART_TYPE;
    element->field = &draft->fields[draft->field];
    compile_type(c, decl->type, element);
    element->span = decl->span;
    draft->part = PART_WHEN;
    struct field_code *const field = &draft->fields[draft->field];
    if (decl->condition) field->condition = compile_truth(c, draft, decl->condition, "what `when` asks");
    draft->part = PART_WHERE;
    if (decl->rule) field->rule = compile_truth(c, draft, decl->rule, "what `where` asks");
}

static void compile_field_value(struct compiler *c, struct message_draft *draft, const struct field_decl *decl) {
    if (!decl->value && !decl->fallback) return;
    draft->part = decl->value ? PART_VALUE : PART_FALLBACK;
    const struct term *const value = layout_term(c, compile_expr(c, decl->value ? decl->value : decl->fallback));
    const char *const path = arena_text(c->arena, "%s.%s", draft->code.name, draft->fields[draft->field].name);
    compile_fits(c, &draft->elements[draft->field], value, path);
    if (decl->value) draft->fields[draft->field].value = value;
    else draft->fields[draft->field].fallback = value;
    count_term(draft, value);
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
    if (draft->code.origin != PLAN_NONE && !begins_byte(draft, draft->code.origin))
        diag_error(c->diags, draft->decl->origin_span, "the byte before this is not full");
}

static void compile_fields(struct compiler *c, struct message_draft *draft) {
    uint32_t at = 0;
    for (const struct field_decl *decl = draft->decl->fields; decl; decl = decl->next)
        scope_push(c, BINDING_FIELD, decl->name)->slot = at++;
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
    uint32_t const lazy_depth = c->lazy_depth;
    uint32_t const file = library_enter(c, draft->decl->name.span.source);
    draft->outer = around ? around->outer : actor ? c->file_bindings : c->bindings;
    while (draft->outer && draft->outer->kind == BINDING_LOCAL) draft->outer = draft->outer->outer;
    uint32_t const local_depth = c->local_depth;
    c->lazy_depth = c->local_depth = 0;
    draft->state = DRAFT_COMPILING;
    c->layout = draft;
    c->draft = NULL;
    c->bindings = draft->outer;
    uint32_t const errors = c->diags->told_errors;
    if (draft->code.field_count && c->layout_depth < MESSAGE_NESTING_MAX) {
        c->layout_depth++;
        compile_fields(c, draft);
        c->layout_depth--;
    } else if (draft->code.field_count) {
        diag_error(c->diags, draft->decl->name.span, "layouts of more than %d levels", MESSAGE_NESTING_MAX);
    }
    if (c->diags->told_errors == errors) {
        check_bits(c, draft);
        check_ranges(c, draft);
    }
    layout_link(draft);
    draft->state = DRAFT_COMPILED;
    c->lazy_depth = lazy_depth;
    c->local_depth = local_depth;
    c->file = file;
    c->layout = around;
    c->draft = actor;
    scope_leave(c, draft->outer);
    c->bindings = bindings;
}

// Of a library, or, where that is NULL, plainly.
static struct message_draft *draft_seen(const struct compiler *c, const struct use_decl *library, struct slice name) {
    struct message_draft *draft = table_find(&c->message_names, name);
    while (draft && !library_shows(c, library, draft->decl->name.span.source)) draft = draft->same;
    return draft;
}

bool compile_is_message(const struct compiler *c, struct slice name) {
    return draft_seen(c, NULL, name) != NULL;
}

// NULL: there is no such message, or it has no fields, which is reported.
struct message_draft *message_draft_named(struct compiler *c, struct name library_name, struct name name) {
    const struct use_decl *library;
    if (!library_named(c, library_name, &library)) return NULL;
    struct message_draft *const draft = draft_seen(c, library, name.text);
    if (draft) return draft->code.field_count ? draft : NULL;
    if (library) library_unknown(c, library, name);
    if (library || unknown_is_excused(c, name.text)) return NULL;
    diag_error(c->diags, name.span, "unknown message '%.*s'", (int)name.text.len_bytes, (const char *)name.text.data);
    if (!diag_is_news(c->diags)) return NULL;
    struct nearest nearest = {.name = name.text};
    for (uint32_t i = 0; i < c->message_count; i++)
        if (library_shows(c, NULL, c->messages[i].decl->name.span.source))
            nearest_offer(&nearest, c->messages[i].code.name);
    for (enum type_word word = TYPE_WORD_NONE + 1; word < TYPE_WORD_COUNT; word++) {
        nearest_offer(&nearest, script_type_word(word));
    }
    if (!library_hint(c, name.text) && !unknown_hint_types(c, name.text)) diag_suggest(c->diags, nearest.best);
    return NULL;
}

const struct message_code *compile_message_named(struct compiler *c, const struct expr *expr) {
    struct name const library = expr->left ? expr->left->name : (struct name){0};
    struct message_draft *const draft = message_draft_named(c, library, expr->name);
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
    if (!element->message) return element->type == TYPE_WORD_REST || element->to_end;
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

// Lists wherever they stand in a type.
static void check_items(struct compiler *c, const struct element_code *element) {
    if (element->type == TYPE_WORD_LIST && compile_takes_rest(element->element))
        diag_error(c->diags, element->span, "the first item of the list takes everything");
    if (element->element) check_items(c, element->element);
    for (uint32_t i = 0; i < element->arm_count; i++) check_items(c, element->arms[i].element);
}

static void check_rest(struct compiler *c, const struct message_draft *draft) {
    for (uint32_t i = 0; i < draft->code.field_count; i++) {
        const struct element_code *const element = &draft->elements[i];
        check_items(c, element);
        if (i + 1 == draft->code.field_count || !compile_takes_rest(element)) continue;
        diag_error(c->diags, draft->fields[i + 1].span, "nothing can follow '%s', which takes everything",
                   draft->fields[i].name);
        diag_hint(c->diags, "a field before it with `= size(%s)` would say where it ends", draft->fields[i].name);
    }
}

// ---- names

static bool holds_names(const struct element_code *element) {
    if (name_is(element) || (element->message && element->message->has_names)) return true;
    if (element->element && holds_names(element->element)) return true;
    for (uint32_t i = 0; i < element->arm_count; i++)
        if (holds_names(element->arms[i].element)) return true;
    return false;
}

// A message that holds one with names has names: asked until no more are found, since they may hold each other.
static void find_names(struct compiler *c) {
    for (bool found = true; found;) {
        found = false;
        for (uint32_t i = 0; i < c->message_count; i++) {
            struct message_draft *const draft = &c->messages[i];
            for (uint32_t k = 0; k < draft->code.field_count && !draft->code.has_names; k++) {
                if (holds_names(&draft->elements[k])) draft->code.has_names = found = true;
            }
        }
    }
    for (uint32_t i = 0; i < c->message_count; i++)
        for (uint32_t k = 0; k < c->messages[i].code.field_count; k++)
            c->messages[i].fields[k].has_names = holds_names(&c->messages[i].elements[k]);
}

static void list_messages(struct compiler *c) {
    struct plan *const plan = c->plan;
    plan->messages = arena_array(c->arena, c->message_count, sizeof *plan->messages);
    for (uint32_t i = 0; i < c->message_count; i++) {
        struct message_code *const message = &c->messages[i].code;
        message->first_field = plan->field_count;
        plan->field_count += message->field_count;
        plan->messages[plan->message_count++] = message;
    }
}

void compile_messages(struct compiler *c) {
    for (uint32_t i = 0; i < c->message_count; i++) {
        if (c->messages[i].state == DRAFT_DECLARED) compile_layout(c, &c->messages[i]);
    }
    if (c->diags->error_count) return;
    list_messages(c);
    find_names(c);
    for (uint32_t i = 0; i < c->message_count; i++) check_rest(c, &c->messages[i]);
    for (uint32_t i = 0; i < c->message_count; i++) layout_check(c, &c->messages[i]);
    if (!c->diags->error_count) layout_check_ends(c);
}
