#include "eval.h"

enum { SOURCE_SHOWN_BYTES = 100 };

void eval_print_source(struct span span, struct buffer *out) {
    if (!span.source) return;
    struct slice const text = span_text(span);
    struct buffer line = {0};
    bool is_blank = false;
    for (size_t i = 0; i < text.len_bytes; i++) {
        uint8_t const byte = text.data[i];
        bool const was_blank = is_blank;
        is_blank = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
        if (!is_blank) {
            buffer_add(&line, &byte, 1);
        } else if (!was_blank) {
            buffer_text(&line, " ");
        }
    }
    size_t shown = line.len_bytes < SOURCE_SHOWN_BYTES ? line.len_bytes : SOURCE_SHOWN_BYTES;
    while (shown && shown < line.len_bytes && ((uint8_t)line.data[shown] & 0xc0) == 0x80) shown--; // whole characters
    buffer_add(out, line.data, shown);
    if (shown < line.len_bytes) buffer_text(out, "...");
    buffer_fini(&line);
}

static void explain_plain(const struct term *term, struct eval_env *env, struct buffer *out) {
    struct value value;
    enum eval_status const status = term_eval(term, env, &value);
    eval_print_source(term->span, out);
    switch (status) {
    case EVAL_DONE:
        buffer_text(out, " is ");
        value_print(&value, out);
        break;
    case EVAL_WAIT: buffer_text(out, " waits for a name that is not set"); break;
    case EVAL_FAILED:
    case EVAL_UNSETTLED: buffer_printf(out, " has no value: %s", env->message); break;
    }
}

static void explain_comparison(const struct term *term, struct eval_env *env, struct buffer *out) {
    const struct term *const right = term->items[1];
    struct value value;
    explain_plain(term->items[0], env, out);
    buffer_printf(out, ", expected %s ", operator_word(term->op));
    if (right->kind != TERM_REGEX && term_eval(right, env, &value) == EVAL_DONE) {
        value_print(&value, out);
    } else {
        eval_print_source(right->span, out);
    }
}

static void explain(const struct term *term, struct eval_env *env, struct buffer *out);

// Of `and` the first operand that does not hold, of `or` both.
static void explain_and_or(const struct term *term, struct eval_env *env, struct buffer *out) {
    struct value value;
    enum eval_status const status = term_eval(term->items[0], env, &value);
    bool const left_holds = status == EVAL_DONE && value.kind == VALUE_BOOLEAN && value.number;
    if (!left_holds) explain(term->items[0], env, out);
    if (term->op == OP_OR && !left_holds) buffer_text(out, ", and ");
    if (term->op == OP_OR || left_holds) explain(term->items[1], env, out);
}

static void explain(const struct term *term, struct eval_env *env, struct buffer *out) {
    bool const is_binary = term->kind == TERM_BINARY;
    if (is_binary && (term->op == OP_AND || term->op == OP_OR)) {
        explain_and_or(term, env, out);
    } else if (is_binary && term->op >= OP_EQUAL && term->op <= OP_CONTAINS) {
        explain_comparison(term, env, out);
    } else if (term->kind == TERM_UNARY && term->op == OP_NOT) {
        explain_plain(term->items[0], env, out);
    } else {
        explain_plain(term, env, out);
    }
}

void term_explain(const struct term *term, struct eval_env *env, struct buffer *out) {
    struct eval_env reading = *env; // an explanation sets no slot and leaves the message as it was
    reading.write_slot = NULL;
    explain(term, &reading, out);
}
