// COND ? A : B, and what goes through lists and ranges: the values of a loop, [BODY for NAME in LIST].
#include "compile.h"

#include "plan/message.h"

// ---- COND ? A : B

// What is not taken may have no value: only its mistakes of kind and name are told before the run.
static const struct term *compile_lazily(struct compiler *c, const struct expr *expr) {
    c->lazy_depth++;
    const struct term *const term = compile_expr(c, expr);
    c->lazy_depth--;
    return term;
}

const struct term *compile_choice(struct compiler *c, const struct expr *expr) {
    const struct term **const items = arena_array(c->arena, 3, sizeof *items);
    items[0] = compile_kind(c, expr->items[0], VALUE_BOOLEAN, "what stands before `?`");
    if (term_is_known(items[0])) {
        uint32_t const taken = items[0]->value.number ? 1 : 2;
        compile_lazily(c, expr->items[3 - taken]);
        return compile_expr(c, expr->items[taken]);
    }
    for (uint32_t i = 1; i <= 2; i++) items[i] = compile_lazily(c, expr->items[i]);
    struct term *const term = term_of(c, TERM_CHOICE, expr->span, items, 3);
    const struct term *const a = items[1], *const b = items[2];
    if (a->typed && b->typed && a->type == b->type) term_typed(term, a->type);
    if (a->shape == b->shape) term->shape = a->shape;
    return term_finish(c, term);
}

// ---- lists and ranges

// What is known of a list's items: of one that is known, the kind that all of them have.
static struct term item_of(const struct term *list) {
    struct term like = {.type = VALUE_NONE};
    const struct element_code *const element = list->shape ? list->shape->element : NULL;
    if (element) {
        enum value_kind const kind = compile_element_kind(element);
        like.shape = compile_shape(element);
        if (kind != VALUE_KIND_COUNT) term_typed(&like, kind);
    }
    if (!term_is_known(list) || list->type != VALUE_LIST || list->value.item_count == 0) return like;
    like.typed = true;
    like.type = list->value.items[0].kind;
    for (uint32_t i = 1; i < list->value.item_count; i++) like.typed = like.typed && list->value.items[i].kind == like.type;
    return like;
}

static const struct term *compile_interval(struct compiler *c, const struct expr *expr) {
    const struct term **const items = arena_array(c->arena, 2, sizeof *items);
    items[0] = compile_kind(c, expr->left, VALUE_INTEGER, "an end of a range");
    items[1] = compile_kind(c, expr->right, VALUE_INTEGER, "an end of a range");
    return term_typed(term_of(c, TERM_INTERVAL, expr->span, items, 2), VALUE_LIST);
}

static const struct term *compile_each(struct compiler *c, const struct expr *expr) {
    const struct term **const items = arena_array(c->arena, 1, sizeof *items);
    items[0] = compile_kind(c, expr->left, VALUE_LIST, "what `each` goes through");
    return term_typed(term_of(c, TERM_EACH, expr->span, items, 1), VALUE_LIST);
}

const struct term *compile_turn(struct compiler *c, const struct expr *expr, struct term *like) {
    const struct term *term;
    *like = (struct term){.type = VALUE_INTEGER, .typed = true};
    if (expr->kind == EXPR_INTERVAL) return compile_interval(c, expr);
    if (expr->kind == EXPR_EACH) {
        term = compile_each(c, expr);
        *like = item_of(term->items[0]);
        return term;
    }
    term = compile_expr(c, expr);
    *like = (struct term){.type = term->type, .typed = term->typed, .shape = term->shape};
    return term;
}

const struct term *compile_item(struct compiler *c, const struct expr *each, integer item) {
    const struct term **const items = arena_array(c->arena, 2, sizeof *items);
    items[0] = compile_each(c, each)->items[0];
    items[1] = term_constant(c, each->span, value_integer(item));
    if (items[0]->kind == TERM_LIST) return items[0]->items[(uint32_t)item];
    struct term const like = item_of(items[0]);
    struct term *const term = term_of(c, TERM_ITEM, each->left->span, items, 2);
    term->shape = like.shape;
    return term_finish(c, like.typed ? term_typed(term, like.type) : term);
}

static const struct element_code *list_shape(struct compiler *c, struct span span, const struct element_code *item) {
    if (!item) return NULL;
    struct element_code *const shape = arena_alloc(c->arena, sizeof *shape);
    *shape = (struct element_code){
        .span = span, .type = TYPE_WORD_LIST, .capture = PLAN_NONE, .last_slot = PLAN_NONE, .element = item};
    return shape;
}

const struct term *compile_member_of_items(struct compiler *c, const struct expr *expr, const struct term **items) {
    const struct term *const list = items[0];
    struct term *const term = term_of(c, TERM_FIELD, expr->span, items, 1);
    term->member = expr->name.text;
    if (term_is_known(list) && list->value.item_count > 0 && list->value.items[0].kind != VALUE_ADDRESS) {
        diag_error(c->diags, expr->name.span, "%s has no '%.*s', and this list has one",
                   value_kind_name(list->value.items[0].kind), (int)expr->name.text.len_bytes,
                   (const char *)expr->name.text.data);
        return term_wrong(c, expr->span);
    }
    const struct element_code *const item = list->shape ? list->shape->element : NULL;
    if (item && item->message) {
        uint32_t const field = compile_field_of(c, item->message, expr->name);
        if (field == PLAN_NONE) return term_wrong(c, expr->span);
        term->shape = list_shape(c, expr->span, compile_shape(&item->message->elements[field]));
    }
    return term_finish(c, term_typed(term, VALUE_LIST));
}

// ---- [BODY for NAME in LIST]

const struct term *compile_list_for(struct compiler *c, const struct expr *expr) {
    const struct term **const items = arena_array(c->arena, 2, sizeof *items);
    struct term like = {.type = VALUE_INTEGER, .typed = true};
    if (expr->left->kind == EXPR_INTERVAL) {
        items[1] = compile_interval(c, expr->left);
    } else {
        items[1] = compile_kind(c, expr->left, VALUE_LIST, "what `for` goes through in brackets");
        like = item_of(items[1]);
    }
    struct binding *const outer = c->bindings;
    scope_check_new(c, expr->name);
    uint32_t const local = scope_local(c, expr->name, &like)->slot;
    c->local_depth++;
    items[0] = compile_lazily(c, expr->items[0]); // there may be no item at all
    c->local_depth--;
    scope_leave(c, outer);
    struct term *const term = term_of(c, TERM_LIST_FOR, expr->span, items, 2);
    term->slot = local;
    term->shape = list_shape(c, expr->span, items[0]->shape);
    return term_finish(c, term_typed(term, VALUE_LIST));
}
