// The matcher of a recv: made when there may be something to match, laid aside while there is not.
#include "env.h"
#include "steps.h"
#include "task.h"

void recv_begin_match(struct task *task, const struct step *step, const struct sock *sock, struct eval_env *env) {
    struct progress *progress = &task->progress;
    progress->matching = true;
    progress->first_offset = sock->received_bytes;
    progress->held_before = net_keeps_edges(sock->family) ? 0 : sock->held_from;
    progress->matcher = arena_alloc(&task->step_arena, sizeof *progress->matcher);
    matcher_start(progress->matcher, step->pattern, env, &task->step_arena);
}

// Thousands may wait for a first byte: until it comes none of them needs a matcher, and the match begins anew then. But what
// other parts have answered stays.
void recv_lay_aside(struct task *task) {
    struct progress *progress = &task->progress;
    if (!progress->matching || progress->matcher->consumed_bytes > 0 || progress->questions) return;
    progress->matching = false;
    progress->matcher = NULL;
    arena_clear(&task->step_arena);
}

enum step_answer recv_match_answer(struct task *task, struct eval_env *env, enum match_status status) {
    return env_answer(task, env, status == MATCH_WAIT        ? EVAL_WAIT
                                 : status == MATCH_UNSETTLED ? EVAL_UNSETTLED
                                                             : EVAL_FAILED);
}

void recv_wants(struct task *task, const struct step *step, struct sock *sock, struct buffer *out) {
    struct progress *progress = &task->progress;
    struct eval_env env;
    env_init(&env, task);
    if (!progress->matching) recv_begin_match(task, step, sock, &env);
    progress->matcher->env = &env;
    bool exactly;
    enum match_status status;
    if (!net_keeps_edges(sock->family)) matcher_needs(progress->matcher, &exactly, &status);
    matcher_wants(progress->matcher, out);
}

bool recv_is_underway(const struct task *task) {
    const struct progress *progress = &task->progress;
    return task_step(task)->kind == STEP_RECV && progress->matching && !progress->matched && progress->matcher &&
           progress->matcher->consumed_bytes > 0;
}

static struct slice kept(struct arena *arena, struct slice bytes) {
    if (bytes.len_bytes == 0) return slice_of(NULL, 0);
    return slice_of(arena_copy(arena, bytes.data, bytes.len_bytes), bytes.len_bytes);
}

void recv_show(const struct task *task, struct failure *failure) {
    struct arena *arena = &task->part->journal->arena;
    const struct mismatch *wrong = &task->progress.matcher->mismatch;
    failure->offset = task->progress.first_offset + wrong->offset;
    failure->window_offset = task->progress.first_offset + wrong->window_offset;
    failure->expected = kept(arena, wrong->expected);
    failure->received = kept(arena, wrong->received);
}

void recv_show_so_far(const struct task *task, struct failure *failure) {
    if (!recv_is_underway(task)) return;
    matcher_so_far(task->progress.matcher);
    recv_show(task, failure);
}

uint64_t recv_came(const struct task *task, struct buffer *out) {
    if (!task->step_entered || task->waits_for || !recv_is_underway(task)) return 0;
    matcher_so_far(task->progress.matcher);
    buffer_slice(out, task->progress.matcher->mismatch.received);
    return task->progress.matcher->mismatch.window_offset;
}
