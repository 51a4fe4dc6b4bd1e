// Terms as they are made: their parts counted, their value taken where it is known.
#include "compile.h"

struct term *term_new(struct compiler *c, enum term_kind kind, struct span span) {
    struct term *term = arena_alloc(c->arena, sizeof *term);
    term->kind = kind;
    term->span = span;
    term->actor = PLAN_NONE;
    term->socket_slot = SLOT_CURRENT;
    term->weight = 1;
    term->depth = 1;
    return term;
}

static bool is_cheap(const struct term *term);

struct term *term_of(struct compiler *c, enum term_kind kind, struct span span, const struct term **items,
                     uint32_t count) {
    struct term *term = term_new(c, kind, span);
    term->items = items;
    term->item_count = count;
    uint64_t weight = 1;
    for (uint32_t i = 0; i < count; i++) {
        weight += items[i]->weight;
        if (items[i]->depth >= term->depth) term->depth = items[i]->depth + 1;
        term->reads_layout = term->reads_layout || items[i]->reads_layout;
        term->has_costly_items = term->has_costly_items || !is_cheap(items[i]);
    }
    term->weight = weight > TERM_WEIGHT_MAX ? TERM_WEIGHT_MAX + 1 : (uint32_t)weight;
    return term;
}

struct term *term_constant(struct compiler *c, struct span span, struct value value) {
    struct term *term = term_new(c, TERM_CONSTANT, span);
    term->value = value;
    return term_typed(term, value.kind);
}

const struct term *term_wrong(struct compiler *c, struct span span) { return term_new(c, TERM_CONSTANT, span); }

struct term *term_typed(struct term *term, enum value_kind type) {
    term->type = type;
    term->typed = true;
    return term;
}

bool term_is_known(const struct term *term) { return term->kind == TERM_CONSTANT && term->typed; }

static bool is_long(const struct term *term) {
    return term->value.kind == VALUE_BYTES && term->value.bytes->len_bytes > FOLD_BYTES_MAX;
}

// Whether a call's value depends on nothing but its arguments, and whether it looks at every byte of them.
static bool is_pure(enum function function, bool *looks) {
    *looks = false;
    switch (function) {
    case FUNCTION_FILE:
    case FUNCTION_EXISTS:
    case FUNCTION_ENV:
    case FUNCTION_RANDOM:
    case FUNCTION_FREE_PORT:
    case FUNCTION_COUNT: return false;
    case FUNCTION_INT:
    case FUNCTION_TEXT:
    case FUNCTION_UPPER:
    case FUNCTION_LOWER:
    case FUNCTION_FIND:
    case FUNCTION_CRC32:
    case FUNCTION_SHA1:
    case FUNCTION_SHA256:
    case FUNCTION_HEADER:
    case FUNCTION_CRC32C:
    case FUNCTION_MD5:
    case FUNCTION_UNBASE64:
    case FUNCTION_HEX:
    case FUNCTION_REPLACE:
    case FUNCTION_BASE64: *looks = true; return true;
    case FUNCTION_SIZE:
    case FUNCTION_REPEAT:
    case FUNCTION_ZEROS:
    case FUNCTION_COUNTER:
    case FUNCTION_LEN:
    case FUNCTION_DECIMAL:
    case FUNCTION_HEXADECIMAL:
    case FUNCTION_MIN:
    case FUNCTION_MAX:
    case FUNCTION_CUT:
    case FUNCTION_JOIN:
    case FUNCTION_XOR:
    case FUNCTION_SLICE:
    case FUNCTION_PACK: return true;
    }
    return false;
}

static uint64_t known_bytes(const struct term *term) {
    return term->value.kind == VALUE_BYTES ? term->value.bytes->len_bytes : 0;
}

// Whether the value of a call is not much greater than what it is called with, which is known.
static bool is_modest(const struct term *term) {
    if (term->function == FUNCTION_REPLACE) {
        uint64_t const whole = known_bytes(term->items[0]), part = known_bytes(term->items[2]);
        return part == 0 || whole <= FOLD_BYTES_MAX / part;
    }
    if (term->function != FUNCTION_CUT) return true;
    const struct value *const by = &term->items[1]->value;
    integer const piece = by->kind == VALUE_INTEGER && by->number > 0 ? by->number : 1;
    return (integer)known_bytes(term->items[0]) / piece <= FOLD_ITEMS_MAX;
}

static bool is_plain(const struct term *term) { return term->typed && term->type != VALUE_BYTES && term->type != VALUE_LIST; }

// Of what stands in a `for` in brackets: whether it takes next to no time however often, and needs nothing but its names.
static bool is_cheap(const struct term *term) {
    bool looks = false;
    if (term->has_costly_items) return false;
    switch (term->kind) {
    case TERM_CONSTANT: return term->typed;
    case TERM_JOIN:
    case TERM_LIST:
    case TERM_LOCAL:
    case TERM_CHOICE:
    case TERM_INTERVAL:
    case TERM_LIST_FOR: return true;
    case TERM_UNARY:
    case TERM_BINARY:
        for (uint32_t i = 0; i < term->item_count; i++)
            if (!is_plain(term->items[i])) return false;
        return true;
    case TERM_CALL:
        if (term->function == FUNCTION_TEXT) return is_plain(term->items[0]);
        return term->function != FUNCTION_CUT && term->function != FUNCTION_XOR && is_pure(term->function, &looks) && !looks;
    case TERM_SLOT:
    case TERM_EXPORT:
    case TERM_ATTRIBUTE:
    case TERM_FIELD:
    case TERM_MEMBER:
    case TERM_ITEM:
    case TERM_ENDPOINT:
    case TERM_REGEX:
    case TERM_BUILD:
    case TERM_EACH:
    case TERM_LAYOUT_FIELD:
    case TERM_LAYOUT_RANGE:
    case TERM_LAYOUT_SIZE:
    case TERM_LAYOUT_LAST: return false;
    }
    return false;
}

static bool is_foldable(const struct term *term) {
    bool any_long = false, looks = false;
    if (term->kind == TERM_LIST_FOR) return is_cheap(term);
    for (uint32_t i = 0; i < term->item_count; i++) {
        if (!term_is_known(term->items[i])) return false;
        any_long = any_long || is_long(term->items[i]);
    }
    switch (term->kind) {
    case TERM_JOIN:
    case TERM_UNARY:
    case TERM_LIST:
    case TERM_ITEM:
    case TERM_MEMBER: return true;
    case TERM_BINARY: return !any_long;
    case TERM_CALL: return is_pure(term->function, &looks) && !(looks && any_long) && is_modest(term);
    case TERM_CONSTANT:
    case TERM_SLOT:
    case TERM_EXPORT:
    case TERM_ATTRIBUTE:
    case TERM_FIELD:
    case TERM_ENDPOINT:
    case TERM_REGEX:
    case TERM_BUILD:
    case TERM_CHOICE:
    case TERM_LIST_FOR:
    case TERM_LOCAL:
    case TERM_EACH:
    case TERM_INTERVAL:
    case TERM_LAYOUT_FIELD:
    case TERM_LAYOUT_RANGE:
    case TERM_LAYOUT_SIZE:
    case TERM_LAYOUT_LAST: return false;
    }
    return false;
}

void compile_lacks(struct compiler *c, struct span span, const char *why) {
    if (c->plan->lacks) return;
    c->plan->lacks = why;
    c->plan->lacks_span = span;
}

const struct term *term_finish(struct compiler *c, struct term *term) {
    if (term->weight > TERM_WEIGHT_MAX) {
        diag_error(c->diags, term->span, "this has more than %d parts, those of the names in it counted",
                   TERM_WEIGHT_MAX);
        diag_hint(c->diags, "repeat(N, BYTES) is many bytes in one part");
        return term_wrong(c, term->span);
    }
    if (term->depth > TERM_DEPTH_MAX) {
        diag_error(c->diags, term->span, "more than %d parts lie in one another here, those of the names in it counted",
                   TERM_DEPTH_MAX);
        return term_wrong(c, term->span);
    }
    if (!is_foldable(term) || c->arena->used_bytes >> 20 > FOLD_MIB_MAX) return term;
    bool const is_made = term->kind == TERM_LIST_FOR;
    if (is_made && c->local_depth > 0) return term; // it is a part of another, or of what reads the name of one
    struct eval_env env = {.arena = c->arena, .made_items_max = FOLD_ITEMS_MAX};
    struct value value;
    enum eval_status const status = term_eval(term, &env, &value);
    if (status == EVAL_UNSETTLED) {
        compile_lacks(c, term->span, env.message);
        return term;
    }
    if (status != EVAL_DONE) {
        if (c->lazy_depth > 0 || is_made) return term; // perhaps nobody asks for it; or it is long
        diag_error(c->diags, env.message_span.source ? env.message_span : term->span, "%s",
                   env.message ? env.message : "this has no value");
        return term_wrong(c, term->span);
    }
    struct term *folded = term_constant(c, term->span, value);
    folded->made_of = term;
    // A list and joined bytes still share their parts with others, and copying them copies every one.
    if (value.kind == VALUE_LIST || value.kind == VALUE_BYTES) folded->weight = term->weight;
    if ((term->kind == TERM_CALL || is_made) && value.kind == VALUE_LIST) folded->weight += value.item_count;
    return folded;
}

const struct term *term_join(struct compiler *c, struct span span, const struct term **items, uint32_t count) {
    if (count == 1) return items[0];
    return term_finish(c, term_typed(term_of(c, TERM_JOIN, span, items, count), VALUE_BYTES));
}

const struct term *term_call(struct compiler *c, enum function function, struct span span, const struct term **items,
                             uint32_t count) {
    struct term *term = term_of(c, TERM_CALL, span, items, count);
    term->function = function;
    if (function == FUNCTION_FREE_PORT) term->slot = c->plan->free_ports++;
    enum value_kind const result = function_result(function);
    if (result == VALUE_KIND_COUNT && (function == FUNCTION_MIN || function == FUNCTION_MAX)) {
        // Two of a kind make one of it.
        if (items[0]->typed && items[1]->typed && items[0]->type == items[1]->type) term_typed(term, items[0]->type);
        return term_finish(c, term);
    }
    return term_finish(c, result == VALUE_KIND_COUNT ? term : term_typed(term, result));
}
