// What a `vary` goes through, and what its name has in one case. How many cases there are must be known before anything is
// evaluated: lists are counted, and the ends of ranges are constants.
#include "compile.h"

static const char NOT_KNOWN[] = "what a `vary` goes through must be known before the scenario runs, and without the other varies";

// ---- one case

const struct term *compile_chosen(struct compiler *c, const struct choice *choice) {
    const struct expr *const value = choice->value;
    uint32_t const errors = c->diags->told_errors;
    struct term like;
    if (choice->trouble) {
        compile_turn(c, value, &like);
        if (c->diags->told_errors > errors) return term_wrong(c, value->span);
        diag_error(c->diags, value->span, "%s", choice->trouble);
        if (choice->trouble == NOT_KNOWN) diag_hint(c->diags, "a `for` goes through what is known in a run");
        return term_wrong(c, value->span);
    }
    if (value->kind == EXPR_INTERVAL) return term_constant(c, value->span, value_integer(choice->turn));
    return value->kind == EXPR_EACH ? compile_item(c, value, choice->turn) : compile_expr(c, value);
}

// ---- all values

static void add(struct compiler *c, struct variation *variation, struct choice choice) {
    if (variation->count > PLAN_CASES_MAX) return; // too many already
    choice.name = variation->vary->name;
    variation->choices =
        arena_grow(c->arena, variation->choices, variation->count, sizeof *variation->choices);
    variation->choices[variation->count++] = choice;
}

static void add_trouble(struct compiler *c, struct variation *variation, const struct expr *value, const char *trouble) {
    add(c, variation, (struct choice){.value = value, .trouble = trouble});
}

static bool ends_of(const struct term *interval, integer *first, integer *last) {
    bool const known = term_is_known(interval->items[0]) && term_is_known(interval->items[1]);
    *first = interval->items[0]->value.number;
    *last = interval->items[1]->value.number;
    return known;
}

// How many items the list has; -1: not known before the run.
static integer count_of(const struct term *list) {
    integer first, last;
    if (term_is_known(list)) return list->value.item_count;
    if (list->kind == TERM_LIST) return list->item_count;
    if (list->kind == TERM_LIST_FOR) return count_of(list->items[1]);
    if (list->kind != TERM_INTERVAL || !ends_of(list, &first, &last)) return -1;
    return last < first ? 0 : last - first + 1;
}

static void add_interval(struct compiler *c, struct variation *variation, const struct expr *value,
                         const struct term *interval) {
    integer first, last;
    if (!ends_of(interval, &first, &last)) {
        add_trouble(c, variation, value, NOT_KNOWN);
        return;
    }
    for (integer i = first; i <= last && variation->count <= PLAN_CASES_MAX; i++) {
        add(c, variation, (struct choice){.value = value, .turn = i});
    }
}

// An item is called what it is, or as it is written; else by its place in the list.
static const char *item_text(struct compiler *c, const struct expr *each, const struct term *list, uint32_t item) {
    struct buffer text = {0};
    const struct term *const own = list->kind == TERM_LIST ? list->items[item] : NULL;
    if (term_is_known(list)) value_print(&list->value.items[item], &text);
    else if (own && term_is_known(own)) value_print(&own->value, &text);
    else if (own) buffer_slice(&text, span_text(own->span));
    else buffer_printf(&text, "%.*s[%u]", (int)span_text(each->left->span).len_bytes,
                       (const char *)span_text(each->left->span).data, item);
    const char *const kept = arena_copy(c->arena, text.data ? text.data : "", text.len_bytes);
    buffer_fini(&text);
    return kept;
}

static void add_items(struct compiler *c, struct variation *variation, const struct expr *value, const struct term *list) {
    integer const count = count_of(list);
    if (count < 0) add_trouble(c, variation, value, NOT_KNOWN);
    for (integer i = 0; i < count && variation->count <= PLAN_CASES_MAX; i++) {
        const char *const text = item_text(c, value, list, (uint32_t)i);
        add(c, variation, (struct choice){.value = value, .turn = i, .text = text});
    }
}

void compile_variation(struct compiler *c, struct variation *variation) {
    const struct vary_decl *const vary = variation->vary;
    for (uint32_t i = 0; i < vary->value_count; i++) {
        const struct expr *const value = vary->values[i];
        uint32_t const errors = c->diags->told_errors;
        struct term like;
        if (value->kind != EXPR_INTERVAL && value->kind != EXPR_EACH) {
            add(c, variation, (struct choice){.value = value});
            continue;
        }
        const struct term *const turns = compile_turn(c, value, &like);
        if (c->diags->told_errors > errors) add_trouble(c, variation, value, NOT_KNOWN);
        else if (value->kind == EXPR_INTERVAL) add_interval(c, variation, value, turns);
        else add_items(c, variation, value, turns->items[0]);
    }
    if (variation->count == 0) add_trouble(c, variation, vary->values[0], "there is no value here, and so no case");
}
