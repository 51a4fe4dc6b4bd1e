// Expectations of a state that is over, or cannot come to be: nobody should wait for those.
#include "env.h"
#include "lifecycle.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

// The `state` of a socket that the step knows, compared with that one; NULL: it is something else.
static const struct term *state_and(const struct term *term, enum state *wanted) {
    if (term->kind != TERM_BINARY || term->op != OP_EQUAL) return NULL;
    bool const is_behind = term->items[1]->kind == TERM_ATTRIBUTE;
    const struct term *attribute = term->items[is_behind], *state = term->items[!is_behind];
    if (attribute->kind != TERM_ATTRIBUTE || attribute->attribute != ATTRIBUTE_STATE || attribute->actor != PLAN_NONE) return NULL;
    if (state->kind != TERM_CONSTANT || state->value.kind != VALUE_STATE) return NULL;
    *wanted = state->value.state;
    return attribute;
}

// Of a connection that nobody else could begin anew: there is no other block of its actor, and no copy of its descriptor.
static struct sock *own_connection(struct task *task, const struct term *attribute) {
    struct sock *sock = attribute->socket_slot == SLOT_CURRENT ? task_socket(task) : task_socket_in(task, attribute->socket_slot);
    bool const is_own = sock && !sock->stream && !sock->shared && task->actor->unfinished_tasks == 1;
    return is_own && net_is_tcp(sock->family) && sock->family != FAMILY_MPTCP ? sock : NULL;
}

static const char *state_never(struct task *task, const struct term *term) {
    enum state wanted = STATE_ANY;
    const struct term *attribute = state_and(term, &wanted);
    struct sock *sock = attribute ? own_connection(task, attribute) : NULL;
    enum state const now = sock ? sock_state(sock) : STATE_ANY;
    if (state_can_become(now, wanted)) return NULL;
    struct state_path path;
    struct state_path const through = {.states = {STATE_ANY, (uint8_t)wanted, STATE_ANY}, .count = 3};
    lifecycle_path(sock, &path);
    enum path_answer const was = path_compare(&path, &through);
    // The kernel says CLOSE for a moment of what goes on to TIME_WAIT: of CLOSE only that is certain which was before.
    if (now == STATE_CLOSE && was != PATH_EQUAL) return NULL;
    const char *name = state_name(wanted);
    if (was == PATH_DIFFERS) return env_text(task, "from there it cannot become %s", name);
    return env_text(task, "%s, and cannot be again: `expect lifecycle == ... -> %s -> ...` sees states that are over",
                    env_text(task, was == PATH_EQUAL ? "it was %s before" : "it may have been %s before, unseen", name), name);
}

const char *expect_never(struct task *task, const struct term *term) {
    bool const is_logic = term->kind == TERM_BINARY && (term->op == OP_AND || term->op == OP_OR);
    if (!is_logic) return state_never(task, term);
    const char *left = expect_never(task, term->items[0]), *right = expect_never(task, term->items[1]);
    if (term->op == OP_OR) return left && right ? right : NULL;
    return left ? left : right;
}
