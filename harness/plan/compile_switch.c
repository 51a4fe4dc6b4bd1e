// What may be a field besides the pattern types: a message by its name, and a switch.
#include "compile_message.h"

// A field, or what is made of the earlier ones.
static const struct term *compile_selector(struct compiler *c, const struct expr *selector) {
    if (selector->kind != EXPR_NAME) return layout_term(c, compile_expr(c, selector));
    const struct binding *const binding = scope_find(c, selector->name.text);
    if (binding && binding->kind == BINDING_FIELD) return compile_layout_name(c, binding, selector->span);
    unknown_name(c, selector->name, "field", OFFER_VALUES);
    return term_wrong(c, selector->span);
}

static bool is_same(const struct term *a, const struct term *b) {
    return term_is_known(a) && term_is_known(b) && value_equal(&a->value, &b->value);
}

// Whether an arm before this one, the first `count`, or one of its own first `value_count` values takes what equals it.
static void check_value(struct compiler *c, struct span span, const struct term *value, const struct arm_code *arms,
                        uint32_t count, uint32_t value_count) {
    if (value->typed && !term_is_known(value)) {
        diag_error(c->diags, span, "what a switch compares with must be known before the scenario runs");
    }
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t const others = i < count ? arms[i].value_count : value_count;
        for (uint32_t k = 0; k < others; k++) {
            if (!is_same(arms[i].values[k], value)) continue;
            diag_error(c->diags, span, "the switch has a type for this already");
            return;
        }
    }
}

static void compile_values(struct compiler *c, const struct switch_arm *arm, struct arm_code *arms, uint32_t index) {
    const struct term **const values = arena_array(c->arena, arm->value_count, sizeof *values);
    for (uint32_t i = 0; i < index; i++) {
        if (arms[i].value_count) continue;
        diag_error(c->diags, arm->span, "nothing comes to this: `else` stands before it");
        break;
    }
    arms[index].values = values;
    for (uint32_t i = 0; i < arm->value_count; i++) {
        values[i] = compile_expr(c, arm->values[i]);
        check_value(c, arm->values[i]->span, values[i], arms, index, i);
    }
    arms[index].value_count = arm->value_count;
}

// The type of an arm.
static const struct element_code *compile_arm(struct compiler *c, const struct switch_arm *arm,
                                              const struct field_code *field) {
    struct element_code *const element = arena_alloc(c->arena, sizeof *element);
    *element = (struct element_code){.span = arm->span, .capture = PLAN_NONE, .last_slot = PLAN_NONE, .field = field};
    compile_type(c, arm->type, element);
    if (compile_odd_bits(element) % 8 != 0) diag_error(c->diags, arm->type->span, "a type of a switch has whole bytes");
    return element;
}

static void compile_switch(struct compiler *c, const struct type_use *type, struct element_code *code) {
    if (!c->layout) {
        diag_error(c->diags, type->span, "a switch is the type of a message's field");
        return;
    }
    uint64_t value_count = 0;
    for (uint32_t i = 0; i < type->arm_count; i++) value_count += type->arms[i].value_count;
    if (type->arm_count > LAYOUT_ARMS_MAX || value_count > LAYOUT_ARMS_MAX) {
        diag_error(c->diags, type->span, "more than %d types of one switch, or values for them", LAYOUT_ARMS_MAX);
        return;
    }
    struct arm_code *const arms = arena_array(c->arena, type->arm_count, sizeof *arms);
    code->selector = compile_selector(c, type->selector);
    for (uint32_t i = 0; i < type->arm_count; i++) {
        compile_values(c, &type->arms[i], arms, i);
        arms[i].element = compile_arm(c, &type->arms[i], code->field);
    }
    code->arms = arms;
    code->arm_count = type->arm_count;
}

void compile_message_type(struct compiler *c, const struct type_use *type, struct element_code *code) {
    if (type->arm_count) {
        compile_switch(c, type, code);
    } else if (type->message.text.len_bytes) {
        const struct message_draft *const draft = message_draft_named(c, type->library, type->message);
        code->message = draft ? &draft->code : NULL;
        code->row = draft ? draft->elements : NULL;
    }
}

const struct element_code *compile_shape(const struct element_code *element) {
    while (element->type == TYPE_WORD_SIZED && element->element && !element->bytes) element = element->element;
    return element;
}

enum value_kind compile_element_kind(const struct element_code *element) {
    if (element->bytes) return VALUE_BYTES;
    element = compile_shape(element);
    if (element->message) return VALUE_RECORD;
    return element->type == TYPE_WORD_NONE ? VALUE_KIND_COUNT : compile_captured_kind(element->type);
}
