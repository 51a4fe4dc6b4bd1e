// Statements into steps: one function a verb, chosen from a table.
#include "compile.h"

#include "base/nearest.h"
#include "plan/constants.h"

#include <string.h>

enum { CALL_DEPTH_MAX = 50 };

struct step *step_new(struct compiler *c, enum step_kind kind, struct span span) {
    struct plan *plan = c->plan;
    if (plan->step_count == PLAN_STEPS_MAX) {
        diag_error(c->diags, span, "more than %d steps in one scenario", PLAN_STEPS_MAX);
        plan->step_count = 0; // compilation goes on for its other errors; the plan is not played
    }
    plan->steps = arena_grow(c->arena, plan->steps, plan->step_count, sizeof *plan->steps);
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
        .called_from = c->called_from,
    };
    return step;
}

static struct step *step_at(struct compiler *c, uint32_t index) { return &c->plan->steps[index]; }

// --- what many verbs share

static uint32_t socket_slot(struct compiler *c, struct name name) {
    if (name.text.len_bytes == 0) return SLOT_CURRENT;
    struct binding *binding = scope_find(c, name.text);
    if (binding && binding->kind == BINDING_SOCKET) return binding->slot;
    if (binding)
        diag_error(c->diags, name.span, "'%.*s' is a value, not a socket", (int)name.text.len_bytes,
                   (const char *)name.text.data);
    else
        scope_unknown(c, name, "socket");
    return SLOT_CURRENT;
}

static uint32_t named_socket(struct compiler *c, struct name name) {
    return name.text.len_bytes == 0 ? PLAN_NONE : scope_socket(c, name)->slot;
}

static bool is_system_call(enum verb verb) {
    switch (verb) {
    case VERB_SOCKET:
    case VERB_BIND:
    case VERB_LISTEN:
    case VERB_ACCEPT:
    case VERB_CONNECT:
    case VERB_SEND:
    case VERB_RECV:
    case VERB_SHUTDOWN:
    case VERB_CLOSE:
    case VERB_SET: return true;
    case VERB_DISCARD:
    case VERB_RESET:
    case VERB_EXPECT:
    case VERB_BARRIER:
    case VERB_SIGNAL:
    case VERB_WAIT:
    case VERB_SLEEP:
    case VERB_REPEAT:
    case VERB_FOR:
    case VERB_EITHER:
    case VERB_LET:
    case VERB_LOG:
    case VERB_CALL:
    case VERB_COUNT: return false;
    }
    return false;
}

static int failure_errno(struct compiler *c, const struct statement *s) {
    struct name name = s->fails;
    if (name.text.len_bytes == 0) return 0;
    if (!is_system_call(s->verb)) {
        diag_error(c->diags, name.span, "`%s` is no system call that could fail", script_verb_word(s->verb));
        return 0;
    }
    int number = errno_of(name.text);
    if (number == 0) {
        struct nearest nearest = {.name = name.text};
        for (int e = 1; e < 134; e++)
            if (errno_name(e)) nearest_offer(&nearest, errno_name(e));
        diag_error(c->diags, name.span, "unknown errno '%.*s'", (int)name.text.len_bytes, (const char *)name.text.data);
        diag_suggest(c->diags, nearest.best);
    }
    return number;
}

// --- blocks

void compile_block(struct compiler *c, const struct block *block) {
    struct binding *outer = c->bindings;
    for (const struct statement *s = block->first; s; s = s->next) compile_statement(c, s);
    c->bindings = outer;
}

// The block of the step `opener`, and its end.
static void block_of(struct compiler *c, uint32_t opener, const struct block *block) {
    step_at(c, opener)->block = c->plan->step_count;
    compile_block(c, block);
    struct span brace = block->span;
    if (brace.end > brace.start) brace.start = brace.end - 1;
    struct step *end = step_new(c, STEP_BLOCK_END, brace);
    end->block = opener;
    step_at(c, opener)->block_end = c->plan->step_count - 1;
    step_at(c, opener)->after = c->plan->step_count;
}

// --- one function a verb; `at` is the index of the step that was made for the statement

static void compile_socket(struct compiler *c, const struct statement *s, uint32_t at) {
    if (!s->operand || s->operand->kind != EXPR_ENDPOINT || s->operand->item_count > 0) {
        diag_error(c->diags, s->operand ? s->operand->span : s->span, "`socket` takes an endpoint kind: socket tcp");
        return;
    }
    step_at(c, at)->family = s->operand->family;
    c->plan->families |= 1u << s->operand->family;
}

static void compile_endpoint_step(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *operand = s->operand ? compile_endpoint(c, s->operand) : NULL;
    const struct term *backlog = s->backlog ? compile_kind(c, s->backlog, VALUE_INTEGER, "a backlog") : NULL;
    step_at(c, at)->operand = operand;
    step_at(c, at)->backlog = backlog;
}

static void compile_accept(struct compiler *c, const struct statement *s, uint32_t at) {
    step_at(c, at)->accept_form = s->accept_form;
    const struct term *count = s->count ? compile_kind(c, s->count, VALUE_INTEGER, "a number of connections") : NULL;
    step_at(c, at)->count = count;
    if (s->block_count == 0) {
        if (s->accept_form != ACCEPT_ONE)
            diag_error(c->diags, s->span, "`accept %s` needs a block for each of its connections",
                       s->accept_form == ACCEPT_MANY ? "* N" : "each");
        return;
    }
    bool outer = c->in_concurrent_block;
    c->in_concurrent_block = outer || s->accept_form != ACCEPT_ONE;
    block_of(c, at, &s->blocks[0]);
    c->in_concurrent_block = outer;
}

static void compile_connect(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct expr *to = s->operand;
    const struct expr *name = to->kind == EXPR_INDEX ? to->left : to;
    uint32_t actor = PLAN_NONE;
    if (name->kind == EXPR_NAME && !scope_find(c, name->name.text)) actor = scope_actor(c, name->name.text);
    const struct term *operand = NULL;
    if (actor != PLAN_NONE && to->kind == EXPR_INDEX)
        operand = compile_kind(c, to->right, VALUE_INTEGER, "an instance's number");
    else if (actor == PLAN_NONE && name->kind == EXPR_NAME && !scope_find(c, name->name.text))
        scope_unknown(c, name->name, "actor");
    else if (actor == PLAN_NONE)
        operand = compile_endpoint(c, to);
    const struct term *from = s->from ? compile_endpoint(c, s->from) : NULL;
    if (actor != PLAN_NONE) c->plan->actors[actor].is_read = true;
    step_at(c, at)->actor_operand = actor;
    step_at(c, at)->operand = operand;
    step_at(c, at)->from = from;
}

static void compile_send(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *operand = compile_bytes(c, s->operand);
    const struct term *chunk = s->chunk ? compile_kind(c, s->chunk, VALUE_INTEGER, "a chunk's length") : NULL;
    const struct term *every = s->every ? compile_kind(c, s->every, VALUE_DURATION, "the pause between chunks") : NULL;
    if (chunk && chunk->typed && chunk->kind == TERM_CONSTANT && chunk->value.number < 1)
        diag_error(c->diags, s->chunk->span, "a chunk has one byte at the least");
    const struct term **splits = arena_array(c->arena, s->list_count, sizeof *splits);
    for (uint32_t i = 0; i < s->list_count; i++)
        splits[i] = compile_kind(c, s->list[i], VALUE_INTEGER, "an offset to split at");
    if (s->to) diag_error(c->diags, s->to->span, "`to` is for datagrams, which are not built yet");
    struct step *step = step_at(c, at);
    step->operand = operand;
    step->chunk = chunk;
    step->every = every;
    step->list = splits;
    step->list_count = s->list_count;
}

static void compile_recv(struct compiler *c, const struct statement *s, uint32_t at) {
    if (s->from) diag_error(c->diags, s->from->span, "`from` is for datagrams, which are not built yet");
    const struct term *silence = s->silence ? compile_kind(c, s->silence, VALUE_DURATION, "a silence") : NULL;
    const struct pattern_code *pattern = s->pattern ? compile_pattern(c, s->pattern) : NULL;
    step_at(c, at)->silence = silence;
    step_at(c, at)->pattern = pattern;
    step_at(c, at)->ending = s->pattern ? s->pattern->ending : ENDING_NONE;
}

static void compile_plain(struct compiler *c, const struct statement *s, uint32_t at) {
    step_at(c, at)->shutdown_way = s->shutdown_way;
}

static void compile_set(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct option *option = option_of(s->name.text);
    if (!option) {
        struct nearest nearest = {.name = s->name.text};
        const char *offer;
        for (uint32_t i = 0; (offer = option_offer(i)); i++) nearest_offer(&nearest, offer);
        diag_error(c->diags, s->name.span, "unknown socket option '%.*s'", (int)s->name.text.len_bytes,
                   (const char *)s->name.text.data);
        diag_suggest(c->diags, nearest.best);
    }
    const struct term *value = compile_kind(c, s->operand, VALUE_INTEGER, "an option's value");
    step_at(c, at)->option = option;
    step_at(c, at)->operand = value;
}

static void compile_expect(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *condition = compile_kind(c, s->operand, VALUE_BOOLEAN, "what is expected");
    step_at(c, at)->operand = condition;
}

static void compile_barrier(struct compiler *c, const struct statement *s, uint32_t at) {
    uint32_t name = scope_barrier(c, s->name.text);
    const struct term *count = s->count ? compile_kind(c, s->count, VALUE_INTEGER, "a number of arrivals") : NULL;
    if (!count && c->in_concurrent_block) {
        diag_error(c->diags, s->span, "how many blocks come to this barrier is not known");
        diag_hint(c->diags, "barrier %s of N", c->plan->barriers[name].text);
    }
    step_at(c, at)->name = name;
    step_at(c, at)->count = count;
}

static void compile_signal(struct compiler *c, const struct statement *s, uint32_t at) {
    step_at(c, at)->name = scope_event(c, s->name.text);
}

static void unknown_event(struct compiler *c, struct name name) {
    struct nearest nearest = {.name = name.text};
    for (uint32_t i = 0; i < c->plan->event_count; i++) nearest_offer(&nearest, c->plan->events[i].text);
    for (uint32_t i = 0; i < c->plan->actor_count; i++)
        if (c->plan->actors[i].role != ROLE_AFTERWARDS) nearest_offer(&nearest, c->plan->actors[i].name);
    diag_error(c->diags, name.span, "nobody signals '%.*s', and no actor is called so", (int)name.text.len_bytes,
               (const char *)name.text.data);
    diag_suggest(c->diags, nearest.best);
}

// `wait` for an actor's end: NAME, NAME[i], NAME.done, NAME[i].done. PLAN_NONE: something else.
static uint32_t awaited_actor(struct compiler *c, const struct expr *expr, const struct expr **index) {
    *index = NULL;
    if (expr->kind == EXPR_MEMBER && slice_is(expr->name.text, "done")) expr = expr->left;
    if (expr->kind == EXPR_INDEX) {
        *index = expr->right;
        expr = expr->left;
    }
    if (expr->kind != EXPR_NAME || scope_find(c, expr->name.text)) return PLAN_NONE;
    return scope_actor(c, expr->name.text);
}

static void compile_wait(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct expr *index;
    uint32_t actor = awaited_actor(c, s->operand, &index);
    const struct term *operand = NULL;
    uint32_t event = PLAN_NONE;
    if (actor != PLAN_NONE) {
        if (index) operand = compile_kind(c, index, VALUE_INTEGER, "an instance's number");
        if (actor == c->actor_index && !index)
            diag_error(c->diags, s->operand->span, "an actor cannot wait for its own end");
    } else if (s->name.text.len_bytes > 0 && !scope_find(c, s->name.text)) {
        event = scope_event(c, s->name.text);
        bool signalled = false;
        for (uint32_t i = 0; i < c->plan->actor_count; i++) signalled = signalled || c->plan->events[event].actors[i];
        if (!signalled) {
            c->plan->event_count = event + 1 == c->plan->event_count ? event : c->plan->event_count;
            unknown_event(c, s->name);
        }
    } else {
        operand = compile_expr(c, s->operand);
    }
    struct step *step = step_at(c, at);
    step->actor_operand = actor;
    step->name = event;
    step->operand = operand;
}

static void compile_sleep(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *duration = compile_kind(c, s->operand, VALUE_DURATION, "a sleep");
    step_at(c, at)->operand = duration;
}

static void compile_repeat(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *count = compile_kind(c, s->operand, VALUE_INTEGER, "a number of turns");
    uint32_t counter = scope_value(c, (struct name){0}, NULL)->slot;
    step_at(c, at)->operand = count;
    step_at(c, at)->slot_counter = counter;
    block_of(c, at, &s->blocks[0]);
}

static void compile_for(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term **values = arena_array(c->arena, s->list_count, sizeof *values);
    struct term like = {.typed = s->list_count > 0};
    for (uint32_t i = 0; i < s->list_count; i++) {
        values[i] = compile_expr(c, s->list[i]);
        if (i == 0) like.type = values[i]->type;
        like.typed = like.typed && values[i]->typed && values[i]->type == like.type && values[i]->type != VALUE_LIST;
    }
    struct binding *outer = c->bindings;
    uint32_t counter = scope_value(c, (struct name){0}, NULL)->slot;
    uint32_t slot = scope_value(c, s->name, &like)->slot;
    struct step *step = step_at(c, at);
    step->list = values;
    step->list_count = s->list_count;
    step->slot_counter = counter;
    step->slot = slot;
    block_of(c, at, &s->blocks[0]);
    c->bindings = outer;
}

static void compile_either(struct compiler *c, const struct statement *s, uint32_t at) {
    uint32_t previous = PLAN_NONE;
    c->either_depth++;
    for (uint32_t i = 0; i < s->block_count; i++) {
        const struct statement *first = s->blocks[i].first;
        if (!first || first->verb != VERB_RECV || first->silence || (first->pattern && first->pattern->element_count == 0 &&
                                                                     first->pattern->ending == ENDING_NONE))
            diag_error(c->diags, first ? first->span : s->blocks[i].span, "each block of `either` begins with a `recv`");
        uint32_t begin = c->plan->step_count;
        uint32_t first_end = step_at(c, at)->block_end;
        block_of(c, at, &s->blocks[i]);
        if (i > 0) step_at(c, at)->block_end = first_end;
        if (previous != PLAN_NONE) step_at(c, previous)->otherwise = begin;
        previous = begin;
        if (i == 0) continue;
        step_at(c, at)->block = at + 1;
    }
    c->either_depth--;
}

static void compile_let(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *value = compile_expr(c, s->operand);
    for (struct binding *b = c->bindings; b; b = b->outer)
        if (b->kind == BINDING_SLOT && slice_equal(b->name.text, s->name.text)) {
            diag_error(c->diags, s->name.span, "'%.*s' has a value already", (int)s->name.text.len_bytes,
                       (const char *)s->name.text.data);
            break;
        }
    uint32_t slot = scope_value(c, s->name, value)->slot;
    step_at(c, at)->operand = value;
    step_at(c, at)->slot = slot;
}

static void compile_log(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *value = compile_expr(c, s->operand);
    step_at(c, at)->operand = value;
}

static void show_recursion(struct compiler *c, const struct statement *s, const struct call_frame *calls) {
    struct buffer path = {0};
    buffer_slice(&path, s->name.text);
    for (const struct call_frame *call = calls; call; call = call->outer) {
        buffer_text(&path, " <- ");
        buffer_slice(&path, call->procedure->name.text);
        if (slice_equal(call->procedure->name.text, s->name.text)) break;
    }
    diag_error(c->diags, s->name.span, "a procedure cannot call itself: %s", path.data);
    buffer_fini(&path);
}

static void compile_procedure_call(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct procedure_decl *procedure = scope_procedure(c, s->name.text);
    if (!procedure) {
        struct nearest nearest = {.name = s->name.text};
        for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next)
            nearest_offer(&nearest, arena_copy(c->arena, p->name.text.data, p->name.text.len_bytes));
        diag_error(c->diags, s->name.span, "unknown procedure '%.*s'", (int)s->name.text.len_bytes,
                   (const char *)s->name.text.data);
        diag_suggest(c->diags, nearest.best);
        return;
    }
    unsigned depth = 0;
    for (const struct call_frame *call = c->calls; call; call = call->outer, depth++)
        if (call->procedure == procedure || depth == CALL_DEPTH_MAX) {
            show_recursion(c, s, c->calls);
            return;
        }
    if (s->list_count != procedure->parameter_count) {
        diag_error(c->diags, s->span, "'%.*s' takes %u argument%s, and %u are given", (int)s->name.text.len_bytes,
                   (const char *)s->name.text.data, procedure->parameter_count,
                   procedure->parameter_count == 1 ? "" : "s", s->list_count);
        return;
    }
    // Arguments are evaluated once, into slots of their own; only then do the parameters' names hide the caller's.
    const struct term **values = arena_array(c->arena, s->list_count, sizeof *values);
    for (uint32_t i = 0; i < s->list_count; i++) values[i] = compile_expr(c, s->list[i]);
    struct binding *outer = c->bindings;
    c->bindings = c->file_bindings;
    uint32_t first_slot = c->draft->actor->slot_count;
    for (uint32_t i = 0; i < s->list_count; i++) scope_value(c, procedure->parameters[i], values[i]);
    step_at(c, at)->list = values;
    step_at(c, at)->list_count = s->list_count;
    step_at(c, at)->slot = first_slot;
    struct call_frame frame = {c->calls, procedure};
    uint32_t called_from = c->called_from;
    c->calls = &frame;
    c->called_from = at;
    compile_block(c, &procedure->body);
    c->calls = frame.outer;
    c->called_from = called_from;
    c->bindings = outer;
    step_at(c, at)->after = at + 1;
}

typedef void compile_function(struct compiler *c, const struct statement *s, uint32_t at);

// Immutable.
static compile_function *const compilers[VERB_COUNT] = {
    [VERB_SOCKET] = compile_socket,     [VERB_BIND] = compile_endpoint_step, [VERB_LISTEN] = compile_endpoint_step,
    [VERB_ACCEPT] = compile_accept,     [VERB_CONNECT] = compile_connect,    [VERB_SEND] = compile_send,
    [VERB_RECV] = compile_recv,         [VERB_DISCARD] = compile_plain,      [VERB_SHUTDOWN] = compile_plain,
    [VERB_CLOSE] = compile_plain,       [VERB_RESET] = compile_plain,        [VERB_SET] = compile_set,
    [VERB_EXPECT] = compile_expect,     [VERB_BARRIER] = compile_barrier,    [VERB_SIGNAL] = compile_signal,
    [VERB_WAIT] = compile_wait,         [VERB_SLEEP] = compile_sleep,        [VERB_REPEAT] = compile_repeat,
    [VERB_FOR] = compile_for,           [VERB_EITHER] = compile_either,      [VERB_LET] = compile_let,
    [VERB_LOG] = compile_log,           [VERB_CALL] = compile_procedure_call,
};

void compile_statement(struct compiler *c, const struct statement *s) {
    uint32_t at = c->plan->step_count;
    struct step *step = step_new(c, (enum step_kind)s->verb, s->span);
    at = c->plan->step_count - 1;
    step->on = socket_slot(c, s->on);
    step->fails_errno = failure_errno(c, s);
    const struct term *within = s->within ? compile_kind(c, s->within, VALUE_DURATION, "`within`") : NULL;
    step_at(c, at)->within = within;
    // The socket's name is known inside an accept's block, and behind every other step.
    if (s->verb == VERB_ACCEPT) {
        struct binding *outer = c->bindings;
        uint32_t slot = named_socket(c, s->as);
        step_at(c, at)->as = slot;
        compilers[s->verb](c, s, at);
        if (s->block_count > 0) c->bindings = outer;
        return;
    }
    compilers[s->verb](c, s, at);
    uint32_t slot = named_socket(c, s->as);
    step_at(c, at)->as = slot;
}
