// The lints of steps in their order: a `sleep` before a step that waits by itself, and steps on a socket that has been
// closed, or whose peer has said its last.
#include "lint_parts.h"

#include "plan/message.h"
#include "script/script.h"

// What is known of a socket where a step is reached; forgotten at each block, which may be played often or never.
struct known {
    bool is_closed;
    bool has_ended; // `recv eof` has matched
};

// Of the actor whose steps are looked at. What was known before `forgotten` is not asked any more.
struct sockets {
    uint32_t current;   // index into `known`
    uint32_t *by_slot;  // the same, by socket slot; behind those a program's stdin and stdout, and its stderr
    uint32_t slot_count;
    struct known *known;
    uint32_t known_count;
    uint32_t forgotten;
};

static uint32_t fresh(struct sockets *sockets) {
    sockets->known[sockets->known_count] = (struct known){0};
    return sockets->known_count++;
}

static void forget(struct sockets *sockets) {
    sockets->forgotten = sockets->known_count;
    sockets->current = fresh(sockets);
}

static uint32_t in_slot(struct sockets *sockets, uint32_t slot) {
    if (slot == SLOT_STDIO) slot = sockets->slot_count;
    if (slot == SLOT_STDERR) slot = sockets->slot_count + 1;
    if (sockets->by_slot[slot] < sockets->forgotten) sockets->by_slot[slot] = fresh(sockets);
    return sockets->by_slot[slot];
}

static uint32_t socket_of(struct sockets *sockets, const struct step *step) {
    return step->on == SLOT_CURRENT ? sockets->current : in_slot(sockets, step->on);
}

static bool needs_open(const struct step *step) {
    switch (step->kind) {
    case STEP_LISTEN: return step->operand == NULL;
    case STEP_ACCEPT: return step->on != SLOT_CURRENT; // else it is the listener's, whichever socket is current
    case STEP_SEND:
    case STEP_RECV:
    case STEP_DISCARD:
    case STEP_SHUTDOWN:
    case STEP_CLOSE:
    case STEP_RESET:
    case STEP_SET:
    case STEP_TLS: return true;
    case STEP_SOCKET:
    case STEP_BIND:
    case STEP_CONNECT:
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
    case STEP_SLEEP:
    case STEP_REPEAT:
    case STEP_FOR:
    case STEP_BREAK:
    case STEP_RETURN:
    case STEP_EITHER:
    case STEP_LET:
    case STEP_LOG:
    case STEP_CALL:
    case STEP_BLOCK_END:
    case STEP_ACTOR_END: return false;
    }
    return false;
}

static bool makes_socket(const struct step *step) {
    return step->kind == STEP_SOCKET || step->kind == STEP_BIND || step->kind == STEP_LISTEN ||
           step->kind == STEP_ACCEPT || step->kind == STEP_CONNECT;
}

static bool takes_bytes(const struct step *step) {
    integer bits;
    const struct pattern_code *const pattern = step->kind == STEP_RECV ? step->pattern : NULL;
    return pattern && pattern->element_count && element_fixed_bits(&pattern->elements[0], &bits) && bits > 0;
}

static void check_socket(const struct step *step, const struct known *known, struct diag_list *diags) {
    const char *const word = script_verb_word((enum verb)step->kind);
    if (known->is_closed && needs_open(step)) {
        bool const may_fail = step->kind != STEP_DISCARD && step->kind != STEP_RESET;
        if (lint_warn(diags, step->span, "'%s' always fails here: its socket has been closed", word) && may_fail)
            diag_hint(diags, "where that is meant: fails EBADF");
    } else if (known->has_ended && takes_bytes(step)) {
        lint_warn(diags, step->span, "no bytes can come here any more: an 'eof' has matched");
    }
}

// What the program got is its own from now on.
static void note_run(struct sockets *sockets, const struct step *run) {
    for (uint32_t i = 0; i < run->fd_count; i++) sockets->known[in_slot(sockets, run->fds[i])].is_closed = true;
    sockets->current = in_slot(sockets, SLOT_STDIO);
}

static void note(struct sockets *sockets, const struct step *step) {
    uint32_t const socket = socket_of(sockets, step);
    if (step->kind == STEP_CLOSE || step->kind == STEP_RESET) sockets->known[socket].is_closed = true;
    if (step->kind == STEP_RECV && step->ending == ENDING_EOF) sockets->known[socket].has_ended = true;
    if (step->kind == STEP_RUN) note_run(sockets, step);
    if (!makes_socket(step)) return;
    uint32_t const made = fresh(sockets);
    if (step->on == SLOT_CURRENT) sockets->current = made;
    else sockets->by_slot[step->on] = made;
    if (step->as != PLAN_NONE) sockets->by_slot[step->as] = made;
}

// A sleep before a step that waits for just what the sleep hopes for.
static void check_sleep(const struct step *before, const struct step *sleep, const struct step *next,
                        struct diag_list *diags) {
    const char *hint = NULL;
    if (before && before->kind == STEP_RUN)
        hint = "'listens ENDPOINT' waits until the program does, and 'recv' until it prints";
    else if (next->kind == STEP_CONNECT && next->actor_operand != PLAN_NONE)
        hint = "'connect ACTOR' waits for the actor's address by itself";
    else if (next->kind == STEP_CONNECT) hint = "'wait ACTOR.address', or an event, comes when it has happened";
    else if (next->kind == STEP_RECV && !next->silence) hint = "'recv' waits by itself; 'within D' says how long";
    else if (next->kind == STEP_EXPECT) hint = "'expect EXPR within D' goes on as soon as it holds";
    if (hint && !next->fails_count && lint_warn(diags, sleep->span, "this 'sleep' stands in for something to wait for"))
        diag_hint(diags, "%s", hint);
}

static void lint_actor(const struct plan *plan, const struct actor *actor, struct diag_list *diags) {
    struct arena arena;
    arena_init(&arena);
    struct sockets sockets = {.forgotten = 1};
    size_t handed_count = 0; // to programs
    for (uint32_t i = 0; i < actor->step_count; i++) handed_count += plan->steps[actor->first_step + i].fd_count;
    sockets.slot_count = actor->socket_slot_count;
    sockets.by_slot = arena_array(&arena, (size_t)actor->socket_slot_count + 2, sizeof *sockets.by_slot);
    size_t const known_most = 3 * (size_t)actor->step_count + handed_count + 2; // 3 a step
    sockets.known = arena_array(&arena, known_most, sizeof *sockets.known);
    fresh(&sockets); // which no slot means: they begin below `forgotten`
    forget(&sockets);
    for (uint32_t i = actor->first_step; i + 1 < actor->first_step + actor->step_count; i++) {
        const struct step *const step = &plan->steps[i];
        if (step->kind == STEP_SLEEP) check_sleep(i > actor->first_step ? step - 1 : NULL, step, step + 1, diags);
        if (step->fails_count && makes_socket(step)) note(&sockets, step); // a connect that fails is a socket's, too
        if (step->fails_count) continue; // it changes nothing else
        check_socket(step, &sockets.known[socket_of(&sockets, step)], diags);
        if (step->kind == STEP_BLOCK_END || step->block != PLAN_NONE) forget(&sockets);
        else note(&sockets, step);
    }
    arena_fini(&arena);
}

void lint_steps(const struct plan *plan, struct diag_list *diags) {
    for (uint32_t i = 0; i < plan->actor_count; i++) lint_actor(plan, &plan->actors[i], diags);
}
