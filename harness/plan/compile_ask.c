// Message patterns: what is asked of the fields, put beside the types that the layout gives them.
#include "compile_message.h"

// ---- messages

static void ask_field(struct compiler *c, const struct field_use *use, const char *path, struct element_code *code);

// The fields of a message with what the pattern asks of them.
static const struct element_code *ask_row(struct compiler *c, const struct message_code *message,
                                          const struct expr *expr) {
    if (!expr->field_count) return message->elements;
    struct element_code *const row =
        arena_copy(c->arena, message->elements, message->field_count * sizeof *message->elements);
    bool *const is_named = arena_array(c->arena, message->field_count, sizeof *is_named);
    for (uint32_t i = 0; i < expr->field_count; i++) {
        const struct field_use *const use = &expr->fields[i];
        uint32_t const field = compile_field_of(c, message, use->name);
        if (field == PLAN_NONE) continue;
        if (is_named[field]) {
            diag_error(c->diags, use->name.span, "'%s' stands here already", message->fields[field].name);
            continue;
        }
        is_named[field] = true;
        ask_field(c, use, arena_text(c->arena, "%s.%s", message->name, message->fields[field].name), &row[field]);
    }
    return row;
}

void compile_message_pattern(struct compiler *c, const struct expr *expr, struct element_code *code) {
    code->message = compile_message_named(c, expr);
    if (code->message) code->row = ask_row(c, code->message, expr);
}

// ---- one value

static struct arm_code *copy_arms(struct compiler *c, struct element_code *code, struct element_code **elements) {
    struct arm_code *const arms = arena_copy(c->arena, code->arms, code->arm_count * sizeof *arms);
    *elements = arena_array(c->arena, code->arm_count, sizeof **elements);
    for (uint32_t i = 0; i < code->arm_count; i++) {
        (*elements)[i] = *code->arms[i].element;
        arms[i].element = &(*elements)[i];
    }
    code->arms = arms;
    return arms;
}

// What lies in a `sized`, as a copy that may be asked something.
static struct element_code *copy_inner(struct compiler *c, struct element_code *code) {
    struct element_code *const inner = arena_copy(c->arena, code->element, sizeof *inner);
    inner->span = code->span;
    inner->is_asked = true;
    code->element = inner;
    return inner;
}

// Asks it of the message where that is the type, or one of a switch, whatever a `sized` around it; false: it is none.
static bool ask_as(struct compiler *c, const struct message_code *message, const struct element_code *row,
                   struct element_code *code) {
    if (code->type == TYPE_WORD_SIZED && code->element) return ask_as(c, message, row, copy_inner(c, code));
    if (code->message == message) code->row = row;
    bool is_possible = code->message == message;
    struct element_code *elements;
    if (code->arms) copy_arms(c, code, &elements);
    for (uint32_t i = 0; i < code->arm_count; i++) {
        bool const fits = ask_as(c, message, row, &elements[i]);
        if (!fits) elements[i].never = arena_text(c->arena, "asked for as %s", message->name);
        elements[i].is_asked = true;
        is_possible = is_possible || fits;
    }
    return is_possible;
}

// NAME { ... } for a field that is a message, or may be that one.
static void ask_message(struct compiler *c, const struct expr *expr, const char *path, struct element_code *code) {
    const struct message_code *const message = compile_message_named(c, expr);
    if (!message) return;
    const struct element_code *const row = ask_row(c, message, expr);
    bool const is_possible = ask_as(c, message, row, code);
    code = (struct element_code *)(uintptr_t)compile_shape(code);
    enum value_kind const kind = compile_element_kind(code);
    if (is_possible || (kind == VALUE_KIND_COUNT && !code->arms)) return; // the type is reported already
    if (code->message) diag_error(c->diags, expr->span, "%s is %s, and never %s", path, code->message->name, message->name);
    else if (code->arms) diag_error(c->diags, expr->span, "no type of %s is %s", path, message->name);
    else if (compile_element_kind(code) != VALUE_KIND_COUNT) // else reported: its type is no message that is known
        diag_error(c->diags, expr->span, "%s is %s, and no message", path, value_kind_name(kind));
}

// The comparison, which is compiled, for each type of a switch that it suits.
static void compare_arms(struct compiler *c, const struct element_code *any, struct element_code *code) {
    struct element_code *elements;
    copy_arms(c, code, &elements);
    for (uint32_t i = 0; i < code->arm_count; i++) {
        elements[i].is_asked = true;
        struct element_code *inner = &elements[i];
        while (inner->type == TYPE_WORD_SIZED && compile_shape(inner)->arms) inner = copy_inner(c, inner);
        if (inner->arms) {
            compare_arms(c, any, inner);
            continue;
        }
        enum value_kind const kind = compile_element_kind(&elements[i]);
        bool const is_regex = any->op == OP_MATCH;
        bool const fits = is_regex ? kind == VALUE_BYTES : compile_goes_together(any->op, kind, any->right);
        elements[i].op = fits ? any->op : OP_NONE;
        elements[i].right = any->right;
        if (fits) continue;
        elements[i].never =
            arena_text(c->arena, "compared with %s", is_regex ? "a regular expression" : value_kind_name(any->right->type));
    }
}

static void ask_comparison(struct compiler *c, const struct field_use *use, struct element_code *code) {
    struct element const element = {.span = use->span, .op = use->op, .right = use->value};
    struct element_code *inner = code;
    while (inner->type == TYPE_WORD_SIZED && compile_shape(inner)->arms) inner = copy_inner(c, inner);
    if (!inner->arms) {
        compile_comparison(c, &element, code);
        return;
    }
    // The right side is one, whatever the type turns out to be.
    struct element_code any = {.selector = inner->selector, .arms = inner->arms};
    compile_comparison(c, &element, &any);
    compare_arms(c, &any, inner);
    if (any.op != OP_EQUAL) return;
    inner->op = any.op; // what is not there may be asked for as `none`
    inner->right = any.right;
}

// [a, b] for a list: item by item, so that a difference says which.
static void ask_list(struct compiler *c, const struct expr *expr, const char *path, struct element_code *code) {
    while (code->type == TYPE_WORD_SIZED) code = copy_inner(c, code);
    struct element_code *const items = arena_array(c->arena, expr->item_count, sizeof *items);
    const struct term *const count = code->argument;
    if (count && term_is_known(count) && count->value.number != expr->item_count) {
        char text[INTEGER_TEXT_BYTES];
        diag_error(c->diags, expr->span, "%s has %s items, and here are %u", path, integer_text(count->value.number, text),
                   expr->item_count);
    }
    for (uint32_t i = 0; i < expr->item_count; i++) {
        items[i] = *code->element;
        struct field_use const use = {.op = OP_EQUAL, .value = expr->items[i], .span = expr->items[i]->span};
        ask_field(c, &use, arena_text(c->arena, "%s[%u]", path, i), &items[i]);
    }
    code->items = items;
    code->item_count = expr->item_count;
    code->by_item = true;
}

static bool may_be(const struct message_code *message, const struct element_code *code) {
    code = compile_shape(code);
    for (uint32_t i = 0; i < code->arm_count; i++)
        if (may_be(message, code->arms[i].element)) return true;
    return code->message == message;
}

// Whether each item that is a message may be one of this list's.
static bool may_be_items(struct compiler *c, const struct expr *list, const struct element_code *code) {
    bool has_messages = false;
    for (uint32_t i = 0; i < list->item_count; i++) {
        if (list->items[i]->kind != EXPR_MESSAGE) continue;
        has_messages = true;
        if (!may_be(compile_message_named(c, list->items[i]), code->element)) return false;
    }
    return has_messages;
}

// The same for the lists among the types of a switch: those that may have such items are asked; false: none is one.
static bool ask_list_among(struct compiler *c, const struct expr *expr, const char *path, struct element_code *code) {
    if (code->type == TYPE_WORD_SIZED && code->element) return ask_list_among(c, expr, path, copy_inner(c, code));
    if (code->type == TYPE_WORD_LIST) {
        if (!may_be_items(c, expr, code)) return false;
        ask_list(c, expr, path, code);
        return true;
    }
    struct element_code *elements;
    bool is_possible = false;
    if (code->arms) copy_arms(c, code, &elements);
    for (uint32_t i = 0; i < code->arm_count; i++) {
        bool const fits = ask_list_among(c, expr, path, &elements[i]);
        if (!fits) elements[i].never = "asked for as a list of other items";
        elements[i].is_asked = true;
        is_possible = is_possible || fits;
    }
    return is_possible;
}

static bool has_such_list(struct compiler *c, const struct expr *expr, const struct element_code *code) {
    code = compile_shape(code);
    for (uint32_t i = 0; i < code->arm_count; i++)
        if (has_such_list(c, expr, code->arms[i].element)) return true;
    return code->type == TYPE_WORD_LIST && may_be_items(c, expr, code);
}

// The type that a switch turns out to have is what is captured.
static void capture_arm(struct compiler *c, struct element_code *element, uint32_t slot) {
    struct element_code *elements;
    element->capture = slot;
    if (element->arms) copy_arms(c, element, &elements);
    for (uint32_t i = 0; i < element->arm_count; i++) capture_arm(c, &elements[i], slot);
}

// The capture's slot, and what is known of what will be in it.
static void ask_capture(struct compiler *c, const struct field_use *use, struct element_code *code) {
    enum value_kind const kind = compile_element_kind(code);
    bool const is_known = kind != VALUE_KIND_COUNT && !(code->field && code->field->condition);
    struct binding *const binding = scope_capture(c, use->capture, is_known ? kind : VALUE_NONE);
    binding->typed = is_known;
    binding->shape = compile_shape(code);
    capture_arm(c, code, binding->slot);
}

// Whether a message's value may stand here as the bytes that it is: no type here is that message, and one takes bytes.
static bool is_bytes_for(const struct message_code *message, const struct element_code *code) {
    code = compile_shape(code);
    if (code->message || !message) return false;
    bool has_bytes = compile_element_kind(code) == VALUE_BYTES;
    for (uint32_t i = 0; i < code->arm_count; i++) {
        const struct element_code *const arm = compile_shape(code->arms[i].element);
        if (arm->message == message || (arm->arms && may_be(message, arm))) return false;
        has_bytes = has_bytes || compile_element_kind(arm) == VALUE_BYTES || (arm->arms && is_bytes_for(message, arm));
    }
    return has_bytes;
}

static void ask_field(struct compiler *c, const struct field_use *use, const char *path, struct element_code *code) {
    bool const is_equality = use->op == OP_EQUAL && use->value;
    code->span = use->span;
    code->is_asked = use->op != OP_NONE;
    bool const is_message = is_equality && use->value->kind == EXPR_MESSAGE;
    bool const is_list = is_equality && use->value->kind == EXPR_LIST && compile_shape(code)->type == TYPE_WORD_LIST;
    bool const is_bytes = is_message && is_bytes_for(compile_message_named(c, use->value), code);
    if (is_message && !is_bytes) ask_message(c, use->value, path, code);
    else if (is_list) ask_list(c, use->value, path, code);
    else if (is_equality && use->value->kind == EXPR_LIST && has_such_list(c, use->value, code))
        ask_list_among(c, use->value, path, code);
    else if (use->op != OP_NONE && use->value) ask_comparison(c, use, code);
    if (use->capture.text.len_bytes) ask_capture(c, use, code);
}
