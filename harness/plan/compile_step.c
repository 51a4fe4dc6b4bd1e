// Statements into steps: one function a verb, chosen from a table.
#include "compile.h"

#include "base/nearest.h"
#include "plan/constants.h"

#include <string.h>

enum { TOLD_MAX = 50 * DIAG_LIMIT }; // mistakes, those counted that a call of a procedure has again

// At first as many as the text has: most are called once.
static void step_reserve(struct compiler *c) {
    struct plan *plan = c->plan;
    if (plan->step_count < c->step_capacity) return;
    c->step_capacity = c->step_capacity ? c->step_capacity + c->step_capacity / 2 + 1 : c->tree->step_count + 1;
    struct step *steps = arena_array(c->arena, c->step_capacity, sizeof *steps);
    if (plan->step_count > 0) memcpy(steps, plan->steps, plan->step_count * sizeof *steps);
    plan->steps = steps;
}

// Before anything is made of a step. Where there is no more room, only the ends of the blocks that are open still come.
static void note_room(struct compiler *c, struct span span) {
    if (c->is_full) return;
    c->is_full = true;
    if (c->step_count > PLAN_STEPS_MAX)
        diag_error(c->diags, span, "more than %d steps in one scenario, those of every call of a procedure counted",
                   PLAN_STEPS_MAX);
    else if (c->step_bytes > (uint64_t)PLAN_STEPS_MIB_MAX << 20)
        diag_error(c->diags, span, "more than %d MiB of text, that of every call of a procedure counted",
                   PLAN_STEPS_MIB_MAX);
    else if ((c->arena->used_bytes - c->arena_before_bytes) >> 20 > PLAN_SET_MIB_MAX)
        diag_error(c->diags, span, "the steps up to here take more than %d MiB, those of every call of a procedure counted",
                   PLAN_SET_MIB_MAX);
    else c->is_full = c->diags->dropped_count > 0 || c->diags->told_errors > TOLD_MAX; // enough is said
}

struct step *step_new(struct compiler *c, enum step_kind kind, struct span span) {
    struct plan *plan = c->plan;
    c->step_count++;
    note_room(c, span);
    step_reserve(c);
    struct step *step = &plan->steps[plan->step_count++];
    *step = (struct step){
        .kind = kind,
        .span = span,
        .actor = c->actor_index,
        .after = plan->step_count,
        .block = PLAN_NONE,
        .block_end = PLAN_NONE,
        .otherwise = PLAN_NONE,
        .in_either = c->either_depth > 0,
        .on = SLOT_CURRENT,
        .as = PLAN_NONE,
        .actor_operand = PLAN_NONE,
        .name = PLAN_NONE,
        .slot = PLAN_NONE,
        .slot_counter = PLAN_NONE,
        .loop = PLAN_NONE,
        .certificate = PLAN_NONE,
        .called_from = c->called_from,
    };
    return step;
}

struct step *plan_step(struct compiler *c, uint32_t index) { return &c->plan->steps[index]; }

// --- what many verbs share

static uint32_t named_socket(struct compiler *c, struct name name) {
    if (name.text.len_bytes > 0 && compile_stdio_slot(c, name.text) != SLOT_CURRENT && !compile_is_alone(c))
        diag_error(c->diags, name.span, "in a program, '%.*s' is its own", (int)name.text.len_bytes,
                   (const char *)name.text.data);
    return name.text.len_bytes == 0 ? PLAN_NONE : scope_socket(c, name)->slot;
}

// --- one function a verb

static void compile_socket(struct compiler *c, const struct statement *s, uint32_t at) {
    if (!s->operand || s->operand->kind != EXPR_ENDPOINT || s->operand->item_count > 0) {
        diag_error(c->diags, s->operand ? s->operand->span : s->span, "`socket` takes an endpoint kind: socket tcp");
        return;
    }
    plan_step(c, at)->family = s->operand->family;
    c->plan->families |= 1u << s->operand->family;
}

static void compile_endpoint_step(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *operand = s->operand ? compile_endpoint(c, s->operand) : NULL;
    const struct term *backlog = s->backlog ? compile_count(c, s->backlog, "a backlog", 0, INT32_MAX) : NULL;
    plan_step(c, at)->operand = operand;
    plan_step(c, at)->backlog = backlog;
}

static void compile_accept(struct compiler *c, const struct statement *s, uint32_t at) {
    plan_step(c, at)->accept_form = s->accept_form;
    const struct term *count = s->count ? compile_count(c, s->count, "a number of connections", 0, INTEGER_MAX) : NULL;
    plan_step(c, at)->count = count;
    if (s->block_count == 0) {
        if (s->accept_form == ACCEPT_ONE) return;
        const char *form = s->accept_form == ACCEPT_MANY ? "* N" : "each";
        diag_error(c->diags, s->span, "`accept %s` needs a block for its connections", form);
        diag_hint(c->diags, "accept %s { STEPS }", form);
        return;
    }
    if (s->fails.text.len_bytes > 0)
        diag_error(c->diags, s->fails.span, "an `accept` that fails has no connection for its block");
    bool outer = c->in_concurrent_block;
    c->in_concurrent_block = outer || s->accept_form != ACCEPT_ONE;
    compile_loop_block(c, at, &s->blocks[0]);
    c->in_concurrent_block = outer;
}

static void compile_send(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *operand = compile_bytes(c, s->operand);
    const struct term *chunk = s->chunk ? compile_count(c, s->chunk, "a chunk's length", 1, INTEGER_MAX) : NULL;
    const struct term *every = s->every ? compile_kind(c, s->every, VALUE_DURATION, "the pause between chunks") : NULL;
    const struct term **splits = arena_array(c->arena, s->list_count, sizeof *splits);
    for (uint32_t i = 0; i < s->list_count; i++) {
        struct term like;
        splits[i] = compile_turn(c, s->list[i], &like);
        if (!like.typed || like.type == VALUE_INTEGER) continue;
        diag_error(c->diags, s->list[i]->span, "an offset to split at is an integer, and this is %s",
                   value_kind_name(like.type));
        if (like.type == VALUE_LIST) diag_hint(c->diags, "split at each LIST");
    }
    const struct term *to = s->to ? compile_endpoint(c, s->to) : NULL;
    compile_descriptors(c, s, at);
    struct step *step = plan_step(c, at);
    step->to = to;
    step->operand = operand;
    step->chunk = chunk;
    step->every = every;
    step->list = splits;
    step->list_count = s->list_count;
}

static void compile_recv(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *silence = s->silence ? compile_kind(c, s->silence, VALUE_DURATION, "a silence") : NULL;
    const struct pattern_code *pattern = s->pattern ? compile_pattern(c, s->pattern) : NULL;
    const struct term *from = s->from ? compile_endpoint(c, s->from) : NULL;
    compile_descriptors(c, s, at);
    plan_step(c, at)->from = from;
    plan_step(c, at)->silence = silence;
    plan_step(c, at)->pattern = pattern;
    plan_step(c, at)->ending = s->pattern ? s->pattern->ending : ENDING_NONE;
    plan_step(c, at)->without_notify = s->pattern && s->pattern->without_notify;
}

static void compile_plain(struct compiler *c, const struct statement *s, uint32_t at) {
    plan_step(c, at)->shutdown_way = s->shutdown_way;
    plan_step(c, at)->without_notify = s->without_notify;
}

static void compile_set(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct option *option = option_of(s->name.text);
    if (!option) {
        diag_error(c->diags, s->name.span, "unknown socket option '%.*s'", (int)s->name.text.len_bytes,
                   (const char *)s->name.text.data);
        struct nearest nearest = {.name = s->name.text};
        const char *offer;
        for (uint32_t i = 0; diag_is_news(c->diags) && (offer = option_offer(i)); i++) nearest_offer(&nearest, offer);
        diag_suggest(c->diags, nearest.best);
    }
    const struct term *value = compile_count(c, s->operand, "an option's value", INT32_MIN, INT32_MAX);
    plan_step(c, at)->option = option;
    plan_step(c, at)->operand = value;
}

static void compile_expect(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *condition = compile_kind(c, s->operand, VALUE_BOOLEAN, "what is expected");
    plan_step(c, at)->operand = condition;
}

static void compile_sleep(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *duration = compile_kind(c, s->operand, VALUE_DURATION, "a sleep");
    plan_step(c, at)->operand = duration;
}

static void compile_log(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *value = compile_expr(c, s->operand);
    plan_step(c, at)->operand = value;
}

// Immutable.
static compile_function *const compilers[VERB_COUNT] = {
    [VERB_SOCKET] = compile_socket,     [VERB_BIND] = compile_endpoint_step, [VERB_LISTEN] = compile_endpoint_step,
    [VERB_ACCEPT] = compile_accept,     [VERB_CONNECT] = compile_connect,    [VERB_SEND] = compile_send,
    [VERB_RECV] = compile_recv,         [VERB_DISCARD] = compile_plain,      [VERB_SHUTDOWN] = compile_plain,
    [VERB_CLOSE] = compile_plain,       [VERB_RESET] = compile_plain,        [VERB_SET] = compile_set,
    [VERB_EXPECT] = compile_expect,     [VERB_BARRIER] = compile_barrier,    [VERB_SIGNAL] = compile_signal,
    [VERB_WAIT] = compile_wait,         [VERB_SLEEP] = compile_sleep,        [VERB_REPEAT] = compile_repeat,
    [VERB_FOR] = compile_for,           [VERB_EITHER] = compile_either,      [VERB_LET] = compile_let,
    [VERB_LOG] = compile_log,           [VERB_CALL] = compile_procedure_call, [VERB_DROP] = compile_drop,
    [VERB_RATE] = compile_rate,         [VERB_UNDO] = compile_undo,          [VERB_RESOLVE] = compile_resolve,
    [VERB_RUN] = compile_run,           [VERB_CWD] = compile_cwd,            [VERB_ENV] = compile_env,
    [VERB_USER] = compile_user,         [VERB_STDIN] = compile_stdin,        [VERB_LISTENS] = compile_listens,
    [VERB_STOP] = compile_stop,         [VERB_TLS] = compile_tls,            [VERB_BREAK] = compile_break,
    [VERB_RETURN] = compile_return,
};

void compile_statement(struct compiler *c, const struct statement *s) {
    c->step_bytes += (s->block_count > 0 ? s->blocks[0].span.start : s->span.end) - s->span.start;
    struct step *step = step_new(c, (enum step_kind)s->verb, s->span);
    uint32_t at = c->plan->step_count - 1; // `step` moves as soon as another is made
    if (c->is_full) return;
    step->on = compile_socket_slot(c, s->on);
    bool is_stdio = step->on == SLOT_STDIO || step->on == SLOT_STDERR;
    c->on_stdio = is_stdio || (s->on.text.len_bytes == 0 && c->current.is_stdio);
    if (c->on_stdio) compile_note_stdio(c, s);
    compile_transfer_behind_run(c, s, is_stdio);
    compile_failure(c, s, at);
    const struct term *within = s->within ? compile_kind(c, s->within, VALUE_DURATION, "`within`") : NULL;
    plan_step(c, at)->within = within;
    // The socket's name is known inside an accept's block, and behind every other step.
    if (s->verb == VERB_ACCEPT) {
        struct binding *outer = c->bindings;
        uint32_t slot = named_socket(c, s->as);
        plan_step(c, at)->as = slot;
        struct known_socket listener = c->current;
        compile_note_family(c, s, at);
        compilers[s->verb](c, s, at);
        if (s->block_count > 0) {
            scope_leave(c, outer);
            c->current = listener;
        }
        return;
    }
    compilers[s->verb](c, s, at);
    uint32_t slot = named_socket(c, s->as);
    plan_step(c, at)->as = slot;
    compile_note_family(c, s, at);
}
