// The lints of patterns: a comparison that no bytes can fulfil, and a branch of `either` for which nothing is left.
#include "lint_parts.h"

#include "eval.h"
#include "wire.h"
#include "plan/message.h"

#include <string.h>

enum { LOOKED_AT_BYTES_MAX = 4096 };

// --- comparisons

static bool is_known(const struct term *term) {
    return term && term->kind == TERM_CONSTANT;
}

static bool known_bytes(const struct term *term, const struct bytes **bytes) {
    if (!is_known(term) || term->value.kind != VALUE_BYTES) return false;
    *bytes = term->value.bytes;
    return true;
}

// Of bytes that are known, with what is known: whether it holds is known too.
static bool is_false(const struct element_code *element, struct arena *arena) {
    struct eval_env env = {.arena = arena};
    const struct value *const left = &element->bytes->value;
    bool truth = true;
    enum eval_status status;
    if (element->op == OP_MATCH) status = operator_match(&env, element->right, left, &truth);
    else status = operator_compare(&env, element->span, element->op, left, &element->right->value, &truth);
    return status == EVAL_DONE && !truth;
}

// The least and the greatest value of an integer type of a fixed width.
static bool type_range(enum type_word type, integer *least, integer *most) {
    static const struct {
        uint32_t width_bits;
        bool is_signed;
    } TYPES[TYPE_WORD_COUNT] = {
#define TYPE(id, word, arguments, width, sign, is_little, help) [TYPE_WORD_##id] = {width, sign},
#include "script/types.def"
    };
    uint32_t const bits = TYPES[type].width_bits;
    bool const is_float = type >= TYPE_WORD_F32BE && type <= TYPE_WORD_F64LE;
    if (bits == 0 || bits > 64 || is_float || wire_is_address(type)) return false;
    *most = ((integer)1 << (bits - TYPES[type].is_signed)) - 1;
    *least = TYPES[type].is_signed ? -*most - 1 : 0;
    return true;
}

static bool is_out_of_range(const struct element_code *element) {
    integer least, most;
    if (!is_known(element->right) || element->right->value.kind != VALUE_INTEGER) return false;
    if (!type_range(element->type, &least, &most)) return false;
    integer const right = element->right->value.number;
    return (element->op == OP_LESS && right <= least) || (element->op == OP_LESS_EQUAL && right < least) ||
           (element->op == OP_GREATER && right >= most) || (element->op == OP_GREATER_EQUAL && right > most) ||
           (element->op == OP_EQUAL && (right < least || right > most));
}

static bool holds_byte(const struct bytes *bytes, uint8_t byte, struct arena *arena) {
    struct slice flat;
    if (bytes->len_bytes > LOOKED_AT_BYTES_MAX || !bytes_flat(arena, bytes, &flat)) return false;
    return flat.len_bytes && memchr(flat.data, byte, flat.len_bytes);
}

static bool is_longer_than_most(const struct element_code *element, const struct bytes *bytes) {
    const struct bytes *delimiter;
    if (!known_bytes(element->argument, &delimiter)) return false;
    integer const len_bytes = (integer)bytes->len_bytes + (integer)delimiter->len_bytes;
    return is_known(element->most) && element->most->value.kind == VALUE_INTEGER && element->most->value.number < len_bytes;
}

// Bytes of that type are never equal to these, whatever they are.
static bool has_other_shape(const struct element_code *element, struct arena *arena) {
    const struct bytes *right;
    if (element->op != OP_EQUAL || !known_bytes(element->right, &right)) return false;
    if (element->type == TYPE_WORD_LINE) return holds_byte(right, '\n', arena);
    if (element->type == TYPE_WORD_UNTIL) return is_longer_than_most(element, right);
    if (element->type == TYPE_WORD_CSTRING) return holds_byte(right, 0, arena);
    if (element->type != TYPE_WORD_BYTES && element->type != TYPE_WORD_TEXT) return false;
    const struct term *const len = element->argument;
    return is_known(len) && len->value.kind == VALUE_INTEGER && len->value.number != (integer)right->len_bytes;
}

static void lint_comparison(const struct element_code *element, struct arena *arena, struct diag_list *diags) {
    const struct bytes *bytes;
    bool const is_settled = known_bytes(element->bytes, &bytes) && bytes->len_bytes <= LOOKED_AT_BYTES_MAX &&
                            (element->op == OP_MATCH || is_known(element->right));
    bool const is_odd = !element->bytes && (is_out_of_range(element) || has_other_shape(element, arena));
    if (is_settled ? is_false(element, arena) : is_odd)
        lint_warn(diags, element->span, "this can never match: no bytes are like that");
}

// What is asked of a field, and its own `=`, which is verified as well.
static bool is_contradicted(const struct element_code *element, struct arena *arena) {
    const struct term *const computed = element->field ? element->field->value : NULL;
    struct eval_env env = {.arena = arena};
    bool truth = true;
    if (!is_known(computed) || element->op == OP_MATCH || !is_known(element->right)) return false;
    enum eval_status const status =
        operator_compare(&env, element->span, element->op, &computed->value, &element->right->value, &truth);
    return status == EVAL_DONE && !truth;
}

static void lint_elements(const struct element_code *elements, uint32_t count, struct arena *arena,
                          struct diag_list *diags);

static void lint_fields(const struct element_code *element, struct arena *arena, struct diag_list *diags) {
    while (element->type == TYPE_WORD_SIZED && element->element) element = element->element;
    const struct message_code *const message = element->message;
    for (uint32_t arm = 0; arm < element->arm_count; arm++) lint_fields(element->arms[arm].element, arena, diags);
    if (message && element->row && element->row != message->elements) // else nothing is asked of them
        lint_elements(element->row, message->field_count, arena, diags);
}

static void lint_elements(const struct element_code *elements, uint32_t count, struct arena *arena,
                          struct diag_list *diags) {
    for (uint32_t i = 0; i < count; i++) {
        const struct element_code *const element = &elements[i];
        lint_fields(element, arena, diags);
        if (element->op == OP_NONE || element->arms) continue;
        if (is_contradicted(element, arena)) {
            if (lint_warn(diags, element->span, "this can never match: the '=' of its layout is verified, too"))
                diag_hint(diags, "a field that may hold other values has no '='");
        } else {
            lint_comparison(element, arena, diags);
        }
    }
}

void lint_pattern(const struct step *step, struct arena *arena, struct diag_list *diags) {
    if (step->pattern) lint_elements(step->pattern->elements, step->pattern->element_count, arena, diags);
}

// --- branches

enum { BRANCHES_MAX = 64, LEAD_BYTES_MAX = LOOKED_AT_BYTES_MAX };

// What a branch's `recv` begins with.
struct lead {
    const struct step *recv;
    struct slice bytes; // those that are known before anything comes
    bool is_all; // nothing else is asked for
};

// How many of the pattern's first elements are bytes that are known, and how many bytes that are.
static uint32_t count_lead(const struct pattern_code *pattern, size_t *len_bytes) {
    uint32_t i = 0;
    for (*len_bytes = 0; i < pattern->element_count; i++) {
        const struct bytes *bytes;
        const struct element_code *const element = &pattern->elements[i];
        if (element->op != OP_NONE || !known_bytes(element->bytes, &bytes)) break;
        if (bytes->len_bytes > LEAD_BYTES_MAX - *len_bytes) break;
        *len_bytes += (size_t)bytes->len_bytes;
    }
    return i;
}

static void read_lead(struct lead *lead, const struct step *recv, struct arena *arena) {
    const struct pattern_code *const pattern = recv->pattern;
    *lead = (struct lead){.recv = recv};
    if (!pattern) return;
    size_t len_bytes, at = 0;
    uint32_t const count = count_lead(pattern, &len_bytes);
    uint8_t *const bytes = arena_alloc(arena, len_bytes);
    for (uint32_t i = 0; i < count; i++) {
        const struct bytes *const part = pattern->elements[i].bytes->value.bytes;
        bytes_read(part, 0, bytes + at, (size_t)part->len_bytes);
        at += (size_t)part->len_bytes;
    }
    lead->bytes = slice_of(bytes, len_bytes);
    lead->is_all = count == pattern->element_count && count > 0 && recv->ending == ENDING_NONE;
}

static bool takes_anything(const struct step *recv) {
    const struct pattern_code *const pattern = recv->pattern;
    return pattern && pattern->element_count == 1 && pattern->elements[0].type == TYPE_WORD_REST &&
           pattern->elements[0].op == OP_NONE && recv->ending == ENDING_NONE;
}

static bool only_ends(const struct step *recv) {
    return recv->pattern && recv->pattern->element_count == 0;
}

// Whether the earlier one matches whenever the later one would.
static bool covers(const struct lead *earlier, const struct lead *later) {
    const struct step *const first = earlier->recv, *const second = later->recv;
    if (first->within || first->from || first->fails_count || first->on != second->on) return false;
    if (takes_anything(first)) return true;
    if (only_ends(first) && only_ends(second))
        return first->ending == second->ending || first->ending == ENDING_CLOSED;
    struct slice const begin = earlier->bytes;
    return earlier->is_all && later->bytes.len_bytes >= begin.len_bytes &&
           memcmp(later->bytes.data, begin.data, begin.len_bytes) == 0;
}

void lint_branches(const struct plan *plan, const struct step *either, struct arena *arena, struct diag_list *diags) {
    struct lead *const leads = arena_array(arena, BRANCHES_MAX, sizeof *leads);
    uint32_t count = 0;
    for (uint32_t at = either->block; at != PLAN_NONE && count < BRANCHES_MAX; at = plan->steps[at].otherwise) {
        if (plan->steps[at].kind != STEP_RECV) return;
        struct lead *const later = &leads[count];
        read_lead(later, &plan->steps[at], arena);
        for (uint32_t i = 0; i < count; i++) {
            if (!covers(&leads[i], later)) continue;
            uint32_t const line = source_position(leads[i].recv->span).line;
            lint_warn(diags, later->recv->span, "this block is never taken: the 'recv' in line %u comes first", line);
            break;
        }
        count++;
    }
}
