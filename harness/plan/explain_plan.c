// The tables of `sockdrill explain`.
#include "explain_plan.h"

#include "base/clock.h"
#include "eval.h"
#include "plan/message.h"

#include <string.h>

enum { STATEMENT_COLUMNS_MAX = 60, ELEMENTS_SHOWN = 8, LISTEN_FDS_START = 3 }; // sd_listen_fds(3)

static bool is_said(const struct facts *facts, const struct buffer *fact) {
    const char *at = facts->text.len_bytes ? facts->text.data : "";
    for (; (at = strstr(at, fact->data)); at++) {
        bool const begins = at == facts->text.data || at[-1] == ' ';
        char const behind = at[fact->len_bytes];
        if (begins && (behind == '\0' || behind == ';')) return true;
    }
    return false;
}

void facts_add(struct facts *facts, const char *format, ...) {
    va_list arguments;
    if (facts->text.len_bytes) buffer_text(&facts->text, "; ");
    va_start(arguments, format);
    buffer_vprintf(&facts->text, format, arguments);
    va_end(arguments);
}

void facts_add_once(struct facts *facts, const char *format, ...) {
    struct buffer fact = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&fact, format, arguments);
    va_end(arguments);
    if (!is_said(facts, &fact)) facts_add(facts, "%s", fact.data);
    buffer_fini(&fact);
}

bool facts_is_constant(const struct term *term, enum value_kind kind) {
    return term && term->kind == TERM_CONSTANT && term->value.kind == kind;
}

static const char *socket_name(const struct facts *facts, uint32_t slot) {
    return slot < facts->actor->socket_slot_count ? facts->actor->socket_names[slot] : "?";
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

// --- what a step sends and matches

static void add_bytes(struct facts *facts, const struct step *step) {
    if (!facts_is_constant(step->operand, VALUE_BYTES)) return;
    unsigned long long const len = step->operand->value.bytes->len_bytes;
    facts_add(facts, "%llu byte%s", len, plural(len));
}

// Its own size, whatever it is compared with.
static void print_size(const struct element_code *element, struct buffer *out) {
    struct element_code alone = *element;
    alone.op = OP_NONE;
    integer bits;
    if (!element_fixed_bits(&alone, &bits)) {
        buffer_text(out, "no fixed size");
        return;
    }
    bool const whole = bits % 8 == 0;
    unsigned long long const count = (unsigned long long)(whole ? bits / 8 : bits);
    buffer_printf(out, "%llu %s%s", count, whole ? "byte" : "bit", plural(count));
}

static void add_pattern(struct facts *facts, const struct step *step) {
    static const char *const ENDINGS[] = {
        [ENDING_NONE] = NULL, [ENDING_EOF] = "eof", [ENDING_RESET] = "reset", [ENDING_CLOSED] = "eof or reset"};
    uint32_t const count = step->pattern ? step->pattern->element_count : 0;
    for (uint32_t i = 0; i < count && i < ELEMENTS_SHOWN; i++) {
        struct buffer text = {0};
        eval_print_source(step->pattern->elements[i].span, &text);
        buffer_text(&text, ": ");
        print_size(&step->pattern->elements[i], &text);
        facts_add(facts, "%s", text.data);
        buffer_fini(&text);
    }
    if (count > ELEMENTS_SHOWN) facts_add(facts, "and %u elements more", count - ELEMENTS_SHOWN);
    if (ENDINGS[step->ending])
        facts_add(facts, "%s%s%s", count ? "then " : "", ENDINGS[step->ending],
                  step->without_notify ? " without close_notify" : "");
    if (step->otherwise != PLAN_NONE) facts_add(facts, "else %u", step->otherwise);
}

// --- where a step leads

static void add_branches(struct facts *facts, const struct step *step) {
    struct buffer text = {0};
    for (uint32_t at = step->block; at != PLAN_NONE; at = facts->plan->steps[at].otherwise)
        buffer_printf(&text, "%s%u", text.len_bytes ? ", " : "", at);
    facts_add(facts, "tries %s; then %u", text.data, step->after);
    buffer_fini(&text);
}

static void add_block(struct facts *facts, const struct step *step) {
    if (step->block == PLAN_NONE) return;
    facts_add(facts, "block %u to %u, then %u", step->block, step->block_end, step->after);
}

static void add_block_end(struct facts *facts, const struct step *step) {
    const struct step *const opener = &facts->plan->steps[step->block];
    switch (opener->kind) {
    case STEP_REPEAT:
    case STEP_FOR: facts_add(facts, "next turn of %u", step->block); return;
    case STEP_ACCEPT: facts_add(facts, "closes what %u accepted", step->block); return;
    case STEP_EITHER: facts_add(facts, "goes on at %u", opener->after); return;
    case STEP_SOCKET:
    case STEP_BIND:
    case STEP_LISTEN:
    case STEP_CONNECT:
    case STEP_SEND:
    case STEP_RECV:
    case STEP_DISCARD:
    case STEP_SHUTDOWN:
    case STEP_CLOSE:
    case STEP_RESET:
    case STEP_SET:
    case STEP_EXPECT:
    case STEP_BARRIER:
    case STEP_SIGNAL:
    case STEP_WAIT:
    case STEP_DROP:
    case STEP_RATE:
    case STEP_UNDO:
    case STEP_RESOLVE:
    case STEP_RUN:
    case STEP_CWD:
    case STEP_ENV:
    case STEP_USER:
    case STEP_STDIN:
    case STEP_LISTENS:
    case STEP_STOP:
    case STEP_TLS:
    case STEP_SLEEP:
    case STEP_BREAK:
    case STEP_RETURN:
    case STEP_LET:
    case STEP_LOG:
    case STEP_CALL:
    case STEP_BLOCK_END:
    case STEP_ACTOR_END: return;
    }
}

static void add_descriptors(struct facts *facts, const struct step *step) {
    for (uint32_t i = 0; i < step->fd_count; i++) {
        const char *const name = socket_name(facts, step->fds[i]);
        if (step->kind == STEP_RUN) facts_add(facts, "socket '%s' is its descriptor %u", name, LISTEN_FDS_START + i);
        else facts_add(facts, "%s socket '%s'", step->kind == STEP_SEND ? "passes" : "makes", name);
    }
}

// How its stdin comes to be, and what it gets.
static void add_run(struct facts *facts, const struct step *step) {
    const struct actor *const actor = facts->actor;
    bool has_file = false;
    for (uint32_t i = 0; i < actor->step_count; i++)
        has_file = has_file || facts->plan->steps[actor->first_step + i].kind == STEP_STDIN;
    bool has_lists = false;
    for (uint32_t i = 0; i < step->list_count; i++)
        has_lists = has_lists || !step->list[i]->typed || step->list[i]->type == VALUE_LIST;
    if (has_lists) facts_add(facts, "an argument for each item of a list");
    else facts_add(facts, "%u argument%s", step->list_count, plural(step->list_count));
    if (step->on_terminal) facts_add(facts, "on a terminal");
    else facts_add(facts, "stdin is %s", has_file ? "a file" : actor->sends_stdin ? "a pipe" : "/dev/null");
}

static void add_kind(struct facts *facts, const struct step *step) {
    if (step->kind == STEP_SEND) add_bytes(facts, step);
    if (step->kind == STEP_RECV) add_pattern(facts, step);
    if (step->kind == STEP_RUN) add_run(facts, step);
    if (step->kind == STEP_STDIN) add_bytes(facts, step);
    if (step->kind == STEP_STOP) facts_add(facts, "SIG%s, %d", sigabbrev_np(step->signal_number), step->signal_number);
    if (step->kind == STEP_SET && step->option)
        facts_add(facts, "level %d, option %d", step->option->level, step->option->number);
    if (step->kind == STEP_RATE && facts_is_constant(step->operand, VALUE_RATE))
        facts_add(facts, "%lld bit/s", (long long)step->operand->value.number);
    bool const has_slot = step->kind == STEP_LET || step->kind == STEP_FOR || step->kind == STEP_RESOLVE ||
                          step->kind == STEP_RETURN;
    if (has_slot && step->slot != PLAN_NONE) facts_add(facts, "value slot %u", step->slot);
    add_descriptors(facts, step);
    facts_add_tls(facts, step);
    if (step->kind == STEP_CALL) facts_add(facts, "its steps follow");
    if (step->kind == STEP_BREAK && step->loop != PLAN_NONE) facts_add(facts, "ends %u, then %u", step->loop, step->after);
    if (step->kind == STEP_EITHER) add_branches(facts, step);
    else if (step->kind == STEP_BLOCK_END) add_block_end(facts, step);
    else add_block(facts, step);
}

static void add_deadline(struct facts *facts, const struct step *step) {
    char text[CLOCK_TEXT_BYTES];
    if (facts_is_constant(step->within, VALUE_DURATION))
        facts_add(facts, "deadline after %s", clock_text((int64_t)step->within->value.number, text));
    else if (step->within) facts_add(facts, "deadline of its own");
}

static void add_failure(struct facts *facts, const struct step *step) {
    if (step->fails_count == 0) return;
    struct arena arena;
    arena_init(&arena);
    facts_add(facts, "must fail with %s", step_failure_text(step, &arena));
    arena_fini(&arena);
}

static void collect(struct facts *facts, const struct step *step) {
    if (step->span.source != facts->plan->source) facts_add(facts, "from %s", step->span.source->path);
    if (step->on == SLOT_STDIO || step->on == SLOT_STDERR)
        facts_add(facts, "on its %s", step->on == SLOT_STDERR ? "stderr" : "stdin and stdout");
    else if (step->on != SLOT_CURRENT) facts_add(facts, "on socket '%s'", socket_name(facts, step->on));
    if (step->as != PLAN_NONE) facts_add(facts, "makes socket '%s'", socket_name(facts, step->as));
    add_kind(facts, step);
    add_failure(facts, step);
    add_deadline(facts, step);
    facts_add_futures(facts, step);
}

// --- the table

// One actor's. Owned by explain_actor.
struct table {
    const struct plan *plan;
    const struct actor *actor;
    size_t columns; // of the widest statement that is not too wide
    struct buffer *out;
};

static void measure_row(struct table *table, uint32_t at, const struct buffer *statement) {
    (void)at;
    size_t const len = statement->len_bytes;
    if (len > table->columns && len <= STATEMENT_COLUMNS_MAX) table->columns = len;
}

static void print_row(struct table *table, uint32_t at, const struct buffer *statement) {
    const struct step *const step = &table->plan->steps[at];
    struct facts facts = {.plan = table->plan, .actor = table->actor};
    collect(&facts, step);
    buffer_printf(table->out, "%6u %5u  %s", at, source_position(step->span).line, statement->data);
    if (facts.text.len_bytes) {
        size_t const len = statement->len_bytes;
        buffer_repeat(table->out, ' ', 2 + (len < table->columns ? table->columns - len : 0));
        buffer_slice(table->out, buffer_view(&facts.text));
    }
    buffer_text(table->out, "\n");
    buffer_fini(&facts.text);
}

static unsigned call_depth(const struct plan *plan, const struct step *step) {
    unsigned depth = 0;
    for (uint32_t call = step->called_from; call != PLAN_NONE; call = plan->steps[call].called_from) depth++;
    return depth;
}

// Each step with its text, as far in as it lies in blocks and calls; without the one that only ends the actor.
static void each_row(struct table *table,
                     void (*row)(struct table *table, uint32_t at, const struct buffer *statement)) {
    const struct plan *const plan = table->plan;
    struct buffer statement = {0};
    unsigned depth = 0; // of blocks
    for (uint32_t i = table->actor->first_step; i + 1 < table->actor->first_step + table->actor->step_count; i++) {
        const struct step *const step = &plan->steps[i];
        bool const is_end = step->kind == STEP_BLOCK_END;
        if (is_end) depth--;
        buffer_clear(&statement);
        buffer_repeat(&statement, ' ', 2 * (size_t)(depth + call_depth(plan, step)));
        eval_print_source(step->span, &statement);
        row(table, i, &statement);
        bool const next_branch = is_end && i + 1 < plan->steps[step->block].after; // of either
        if (next_branch || (!is_end && step->block != PLAN_NONE)) depth++;
    }
    buffer_fini(&statement);
}

static void explain_actor(const struct plan *plan, const struct actor *actor, struct buffer *out) {
    static const char *const ROLES[] = {
        [ROLE_SERVER] = "server ", [ROLE_CLIENT] = "client ", [ROLE_PROGRAM] = "program ", [ROLE_AFTERWARDS] = ""};
    struct table table = {.plan = plan, .actor = actor, .columns = strlen("statement"), .out = out};
    buffer_printf(out, "\n%s%s", ROLES[actor->role], actor->name);
    if (actor->instance_count > 1) buffer_printf(out, " * %u", actor->instance_count);
    buffer_printf(out, ": %u value slot%s, %u socket slot%s\n", actor->slot_count, plural(actor->slot_count),
                  actor->socket_slot_count, plural(actor->socket_slot_count));
    each_row(&table, measure_row);
    buffer_printf(out, "  step  line  %-*s  compiled to\n", (int)table.columns, "statement");
    each_row(&table, print_row);
}

void plan_explain(const struct plan *plan, struct buffer *out) {
    char text[CLOCK_TEXT_BYTES];
    buffer_printf(out, "%s: %s\n", plan->case_name, plan->title ? plan->title : "");
    buffer_printf(out, "within %s", clock_text(plan->timeout_ns, text));
    if (plan->threads) buffer_printf(out, ", over %u threads", plan->threads);
    buffer_text(out, "\n");
    explain_world(plan, out);
    for (uint32_t i = 0; i < plan->actor_count; i++) explain_actor(plan, &plan->actors[i], out);
}
