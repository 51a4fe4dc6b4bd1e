// Expressions into terms: every name looked up, kinds checked as far as they can be known, constants folded.
#include "compile.h"

#include "plan/regex.h"

#include <string.h>

// --- strings

const struct term *compile_as_text(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_expr(c, expr);
    if (term->typed && term->type == VALUE_BYTES) return term;
    const struct term **argument = arena_array(c->arena, 1, sizeof *argument);
    argument[0] = term;
    return term_call(c, FUNCTION_TEXT, term->span, argument, 1);
}

// What stands before the port of an endpoint.
static const struct term *compile_host(struct compiler *c, const struct expr *expr) {
    const struct term **const argument = arena_array(c->arena, 1, sizeof *argument);
    argument[0] = compile_expr(c, expr);
    struct term *const term = term_of(c, TERM_CALL, expr->span, argument, 1);
    term->function = FUNCTION_TEXT;
    term->is_host = true;
    return term_finish(c, term_typed(term, VALUE_BYTES));
}

static bool is_before_port(const struct expr *string, uint32_t part) {
    if (part > 0 || string->part_count < 2 || string->parts[1].expr) return false;
    struct slice const behind = string->parts[1].bytes;
    return behind.len_bytes && behind.data[0] == ':';
}

static const struct term *compile_string(struct compiler *c, const struct expr *expr, bool is_endpoint) {
    if (expr->part_count == 0) return term_constant(c, expr->span, value_text(c->arena, slice_text("")));
    const struct term **items = arena_array(c->arena, expr->part_count, sizeof *items);
    for (uint32_t i = 0; i < expr->part_count; i++) {
        const struct string_part *part = &expr->parts[i];
        if (!part->expr) {
            items[i] = term_constant(c, expr->span, value_bytes(bytes_held(c->arena, part->bytes)));
            continue;
        }
        bool const is_host = is_endpoint && is_before_port(expr, i);
        items[i] = is_host ? compile_host(c, part->expr) : compile_as_text(c, part->expr);
    }
    return term_join(c, expr->span, items, expr->part_count);
}

const struct term *compile_host_port(struct compiler *c, const struct expr *expr) {
    return expr->kind == EXPR_STRING ? compile_string(c, expr, true) : compile_expr(c, expr);
}

bool compile_plain_text(struct compiler *c, const struct expr *expr, struct slice *text) {
    *text = slice_text("");
    for (uint32_t i = 0; i < expr->part_count; i++)
        if (expr->parts[i].expr) {
            diag_error(c->diags, expr->parts[i].expr->span, "nothing can be interpolated here");
            return false;
        }
    const struct term *term = compile_string(c, expr, false);
    return bytes_flat(c->arena, term->value.bytes, text);
}

// --- kinds

// The types that have room for the integer, or the usual ones where it is not known.
static void explain_integer_among_bytes(struct compiler *c, const struct term *term, struct span span) {
    static const struct {
        const char *word;
        int64_t least, most;
    } types[] = {
        {"u8", 0, UINT8_MAX},     {"i8", INT8_MIN, INT8_MAX},     {"u16be", 0, UINT16_MAX},
        {"i16be", INT16_MIN, INT16_MAX}, {"u32be", 0, UINT32_MAX}, {"i32be", INT32_MIN, INT32_MAX},
        {"u64be", 0, INT64_MAX},  {"i64be", INT64_MIN, INT64_MAX},
    };
    enum { SHOWN_TYPES = 3, SHOWN_BYTES = 24 };
    struct slice text = span_text(span);
    bool is_short = text.len_bytes <= SHOWN_BYTES && !memchr(text.data, '\n', text.len_bytes);
    if (!is_short) text = slice_text("N");
    bool known = term_is_known(term);
    struct buffer hint = {0};
    int shown = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types && shown < SHOWN_TYPES; i++) {
        bool has_sign = types[i].least < 0;
        if (known ? term->value.number < types[i].least || term->value.number > types[i].most ||
                        has_sign != (term->value.number < 0)
                  : has_sign)
            continue;
        buffer_printf(&hint, "%s(%.*s), ", types[i].word, (int)text.len_bytes, (const char *)text.data);
        shown++;
    }
    buffer_printf(&hint, "decimal(%.*s)", (int)text.len_bytes, (const char *)text.data);
    diag_error(c->diags, span, "an integer is not bytes until a type says how it is written");
    diag_hint(c->diags, "%s", hint.data);
    buffer_fini(&hint);
}

const struct term *compile_bytes(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_expr(c, expr);
    if (!term->typed || term->type == VALUE_BYTES || term->type == VALUE_RECORD) return term;
    if (term->type == VALUE_INTEGER) {
        explain_integer_among_bytes(c, term, expr->span);
    } else {
        diag_error(c->diags, expr->span, "%s where bytes belong", value_kind_name(term->type));
        diag_hint(c->diags, "text(VALUE) is a value as bytes");
    }
    return term_wrong(c, expr->span);
}

const struct term *compile_kind(struct compiler *c, const struct expr *expr, enum value_kind kind, const char *what) {
    const struct term *term = compile_expr(c, expr);
    if (!term->typed || term->type == kind) return term;
    if (kind == VALUE_DURATION && term->type == VALUE_INTEGER) {
        if (term->kind == TERM_CONSTANT && term->value.number == 0)
            return term_constant(c, expr->span, (struct value){.kind = VALUE_DURATION});
        diag_error(c->diags, expr->span, "%s is a duration and needs a unit", what);
        diag_hint(c->diags, "250us, 20ms, 5s, 2min");
        return term_wrong(c, expr->span);
    }
    diag_error(c->diags, expr->span, "%s is %s, and this is %s", what, value_kind_name(kind),
               value_kind_name(term->type));
    return term_wrong(c, expr->span);
}

const struct term *compile_count(struct compiler *c, const struct expr *expr, const char *what, integer least,
                                 integer most) {
    const struct term *term = compile_kind(c, expr, VALUE_INTEGER, what);
    if (!term_is_known(term) || (term->value.number >= least && term->value.number <= most)) return term;
    char low[INTEGER_TEXT_BYTES], high[INTEGER_TEXT_BYTES];
    integer_text(least, low);
    if (most == INTEGER_MAX) diag_error(c->diags, expr->span, "%s is %s at the least", what, low);
    else diag_error(c->diags, expr->span, "%s is between %s and %s", what, low, integer_text(most, high));
    return term_wrong(c, expr->span);
}

// --- each kind of expression

// A let that stands further down.
static bool is_open_let(struct compiler *c, struct name name) {
    for (const struct let_decl *let = c->open_lets; let; let = let->next) {
        if (!slice_equal(let->name.text, name.text) || !library_shows(c, NULL, let->name.span.source)) continue;
        diag_error(c->diags, name.span, "'%.*s' has no value yet: it gets one further down, in line %u",
                   (int)name.text.len_bytes, (const char *)name.text.data, source_position(let->name.span).line);
        return true;
    }
    return false;
}

static const struct term *not_a_value(struct compiler *c, const struct expr *expr) {
    struct slice name = expr->name.text;
    uint32_t actor = scope_actor(c, name);
    int len = (int)name.len_bytes;
    const char *text = (const char *)name.data;
    if (actor != PLAN_NONE) {
        diag_error(c->diags, expr->span, "'%.*s' is an actor, not a value", len, text);
        bool is_program = c->plan->actors[actor].role == ROLE_PROGRAM;
        diag_hint(c->diags, "%.*s.address, %.*s.%s, %.*s.done, or what it captured", len, text, len, text,
                  is_program ? "exit" : "local", len, text);
    } else if (library_of(c, name)) {
        diag_error(c->diags, expr->span, "'%.*s' is a library, not a value", len, text);
        diag_hint(c->diags, "%.*s.NAME is what it calls NAME", len, text);
    } else if (compile_is_message(c, name)) {
        diag_error(c->diags, expr->span, "'%.*s' is a message, not a value", len, text);
        diag_hint(c->diags, "%.*s { } matches any, and %.*s { field: value } asks for or builds one", len, text, len, text);
    } else if (slice_is(name, "index") && c->draft) {
        diag_error(c->diags, expr->span, "only a client has an `index`");
    } else if (!is_open_let(c, expr->name)) {
        unknown_name(c, expr->name, "name",
                     OFFER_VALUES | OFFER_ACTORS | OFFER_ATTRIBUTES | OFFER_CONSTANTS | OFFER_STATES | OFFER_TYPES);
    }
    return term_wrong(c, expr->span);
}

// The same parts, seen from here: what is wrong with it is wrong at this place.
static const struct term *let_from_here(struct compiler *c, const struct binding *binding, struct span span) {
    if (!term_is_known(binding->term)) return binding->term;
    struct term *term = term_constant(c, span, binding->term->value);
    term->weight = binding->term->weight;
    return term;
}

const struct term *compile_library_member(struct compiler *c, const struct use_decl *library, const struct expr *expr) {
    const struct binding *binding = library_let(c, library, expr->name.text);
    if (binding) return let_from_here(c, binding, expr->span);
    library_unknown(c, library, expr->name);
    return term_wrong(c, expr->span);
}

static const struct term *compile_name(struct compiler *c, const struct expr *expr) {
    const struct binding *binding = scope_find(c, expr->name.text);
    if (!binding) {
        const struct term *plain = compile_plain_name(c, expr);
        return plain ? plain : not_a_value(c, expr);
    }
    int len = (int)expr->name.text.len_bytes;
    const char *text = (const char *)expr->name.text.data;
    struct term *term;
    switch (binding->kind) {
    case BINDING_TERM: return let_from_here(c, binding, expr->span);
    case BINDING_SLOT:
    case BINDING_LOCAL:
        term = term_new(c, binding->kind == BINDING_LOCAL ? TERM_LOCAL : TERM_SLOT, expr->span);
        term->slot = binding->slot;
        term->type = binding->type;
        term->typed = binding->typed;
        term->shape = binding->shape;
        return term;
    case BINDING_FIELD:
    case BINDING_LAST: return compile_layout_name(c, binding, expr->span);
    case BINDING_SOCKET:
        diag_error(c->diags, expr->span, "'%.*s' is a socket, not a value", len, text);
        diag_hint(c->diags, "%.*s.local, %.*s.state, ...", len, text, len, text);
        break;
    }
    return term_wrong(c, expr->span);
}

static const struct term *compile_row(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    for (uint32_t i = 0; i < expr->item_count; i++) items[i] = compile_bytes(c, expr->items[i]);
    return term_join(c, expr->span, items, expr->item_count);
}

static const struct term *compile_list(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    for (uint32_t i = 0; i < expr->item_count; i++) items[i] = compile_expr(c, expr->items[i]);
    return term_finish(c, term_typed(term_of(c, TERM_LIST, expr->span, items, expr->item_count), VALUE_LIST));
}

static const struct term *compile_path(struct compiler *c, struct span span, struct expr *const *items,
                                       uint32_t item_count) {
    struct state_path *path = arena_alloc(c->arena, sizeof *path);
    bool is_good = true;
    for (uint32_t i = 0; i < item_count; i++) {
        const struct expr *item = items[i];
        enum state state = item->kind == EXPR_ANY_STATES ? STATE_ANY : state_of(item->name.text);
        if (item->kind == EXPR_NAME && state == STATE_ANY) {
            unknown_name(c, item->name, "state", OFFER_STATES);
            is_good = false;
        } else if (path->count == PATH_MAX_STATES) {
            diag_error(c->diags, item->span, "a path of more than %d states", PATH_MAX_STATES);
            return term_wrong(c, span);
        } else {
            path->states[path->count++] = (uint8_t)state;
        }
    }
    if (!is_good) return term_wrong(c, span);
    return term_constant(c, span, (struct value){.kind = VALUE_PATH, .path = path});
}

static const struct term *compile_index(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, 2, sizeof *items);
    items[0] = compile_expr(c, expr->left);
    items[1] = compile_kind(c, expr->right, VALUE_INTEGER, "an index");
    if (items[0]->typed && items[0]->type != VALUE_LIST && items[0]->type != VALUE_BYTES) {
        diag_error(c->diags, expr->left->span, "%s has no items", value_kind_name(items[0]->type));
        return term_wrong(c, expr->span);
    }
    struct term *term = term_of(c, TERM_ITEM, expr->span, items, 2);
    const struct element_code *list = items[0]->shape;
    if (list && list->element) {
        enum value_kind kind = compile_element_kind(list->element);
        term->shape = compile_shape(list->element);
        if (kind != VALUE_KIND_COUNT) term_typed(term, kind);
    }
    if (items[0]->typed && items[0]->type == VALUE_BYTES) term_typed(term, VALUE_INTEGER);
    return term_finish(c, term);
}

static const struct term *compile_file_bytes(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    items[0] = compile_bytes(c, expr->left);
    return term_call(c, FUNCTION_FILE, expr->span, items, 1);
}

// The slots of the named groups; those of one name share one.
static void name_groups(struct compiler *c, const struct expr *expr, struct term *term) {
    uint32_t groups = regex_group_count(term->regex);
    uint32_t *slots = arena_array(c->arena, groups + 1, sizeof *slots);
    for (uint32_t i = 0; i <= groups; i++) {
        const char *name = regex_group_name(term->regex, i);
        slots[i] = PLAN_NONE;
        if (!name || !c->draft) continue;
        for (uint32_t k = 0; k < i; k++) {
            const char *other = regex_group_name(term->regex, k);
            if (other && strcmp(name, other) == 0) slots[i] = slots[k];
        }
        if (slots[i] == PLAN_NONE)
            slots[i] = scope_capture(c, (struct name){slice_text(name), expr->span}, VALUE_BYTES)->slot;
    }
    term->group_slots = slots;
    term->group_count = groups + 1;
}

const struct regex *compile_regex(struct compiler *c, const struct expr *expr, struct term *term) {
    if (expr->kind != EXPR_REGEX) {
        diag_error(c->diags, expr->span, "`~` needs a regular expression: /.../");
        return NULL;
    }
    const char *error = NULL;
    size_t offset = 0;
    const struct regex *regex = regex_compile(c->arena, expr->text, &error, &offset);
    if (!regex) {
        struct span at = expr->span;
        at.start += 1 + (uint32_t)offset;
        if (at.start >= at.end) at.start = at.end - 1;
        diag_error(c->diags, at, "regular expression: %s", error);
        return NULL;
    }
    if (regex_lacks(regex)) compile_lacks(c, expr->span, regex_lacks(regex));
    term->regex = regex;
    name_groups(c, expr, term);
    return regex;
}

// `...` alone: a path through any states.
static const struct state_path *any_path(struct compiler *c) {
    struct state_path *path = arena_alloc(c->arena, sizeof *path);
    path->states[path->count++] = STATE_ANY;
    return path;
}

static const struct term *not_here(struct compiler *c, const struct expr *expr, const char *message) {
    diag_error(c->diags, expr->span, "%s", message);
    return term_wrong(c, expr->span);
}

const struct term *compile_expr(struct compiler *c, const struct expr *expr) {
    switch (expr->kind) {
    case EXPR_NUMBER: return term_constant(c, expr->span, value_integer(expr->number));
    case EXPR_FLOAT: return term_constant(c, expr->span, (struct value){.kind = VALUE_FLOAT, .real = expr->real});
    case EXPR_DURATION:
        return term_constant(c, expr->span, (struct value){.kind = VALUE_DURATION, .number = expr->number});
    case EXPR_RATE:
        return term_constant(c, expr->span, (struct value){.kind = VALUE_RATE, .number = expr->number});
    case EXPR_STRING: return compile_string(c, expr, false);
    case EXPR_REGEX: return not_here(c, expr, "a regular expression stands behind `~` only");
    case EXPR_NAME: return compile_name(c, expr);
    case EXPR_MEMBER: return compile_member(c, expr);
    case EXPR_INDEX: return compile_index(c, expr);
    case EXPR_CALL: {
        const struct term *term = compile_attribute_call(c, expr);
        if (!term) term = compile_layout_size(c, expr);
        return term ? term : compile_call(c, expr);
    }
    case EXPR_FILE: return compile_file_bytes(c, expr);
    case EXPR_UNARY: return compile_unary(c, expr);
    case EXPR_BINARY: return compile_binary(c, expr);
    case EXPR_ROW: return compile_row(c, expr);
    case EXPR_LIST: return compile_list(c, expr);
    case EXPR_MESSAGE: return compile_build(c, expr);
    case EXPR_ENDPOINT: return compile_endpoint_words(c, expr);
    case EXPR_ADDRESS: return compile_address(c, expr);
    case EXPR_PATH: return compile_path(c, expr->span, expr->items, expr->item_count);
    case EXPR_ANY_STATES: return term_constant(c, expr->span, (struct value){.kind = VALUE_PATH, .path = any_path(c)});
    case EXPR_RANGE: return compile_range(c, expr);
    case EXPR_CHOICE: return compile_choice(c, expr);
    case EXPR_LIST_FOR: return compile_list_for(c, expr);
    case EXPR_EACH:
    case EXPR_INTERVAL: return not_here(c, expr, "only a loop, `vary` and `split at` go through this");
    }
    return term_wrong(c, expr->span);
}
