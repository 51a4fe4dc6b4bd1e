// The step machine: one task's program counter, and how it waits and is woken.
#include "board.h"
#include "case.h"
#include "env.h"
#include "part.h"
#include "program.h"
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "task.h"
#include "watch.h"
#include "worker.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Immutable.
static step_function *const functions[] = {
    [STEP_SOCKET] = step_socket,   [STEP_BIND] = step_bind,         [STEP_LISTEN] = step_listen,
    [STEP_ACCEPT] = step_accept,   [STEP_CONNECT] = step_connect,   [STEP_SEND] = step_send,
    [STEP_RECV] = step_recv,       [STEP_DISCARD] = step_discard,   [STEP_SHUTDOWN] = step_shutdown,
    [STEP_CLOSE] = step_close,     [STEP_RESET] = step_reset,       [STEP_SET] = step_set,
    [STEP_EXPECT] = step_expect,   [STEP_BARRIER] = step_barrier,   [STEP_SIGNAL] = step_signal,
    [STEP_WAIT] = step_wait,       [STEP_SLEEP] = step_sleep,       [STEP_REPEAT] = step_repeat,
    [STEP_FOR] = step_for,         [STEP_EITHER] = step_either,     [STEP_LET] = step_let,
    [STEP_LOG] = step_log,         [STEP_CALL] = step_call,         [STEP_BLOCK_END] = step_block_end,
    [STEP_ACTOR_END] = step_actor_end, [STEP_DROP] = step_drop,     [STEP_RATE] = step_rate,
    [STEP_UNDO] = step_undo,       [STEP_RESOLVE] = step_resolve,
    [STEP_RUN] = step_run,         [STEP_CWD] = step_cwd,           [STEP_ENV] = step_env,
    [STEP_USER] = step_user,       [STEP_STDIN] = step_stdin,       [STEP_LISTENS] = step_listens,
    [STEP_STOP] = step_stop,       [STEP_TLS] = step_tls,         [STEP_BREAK] = step_break,
    [STEP_RETURN] = step_return,
};

const struct step *task_step(const struct task *task) { return &task->part->run->plan->steps[task->pc]; }

static struct event *sign(const struct task *task, struct event *event) {
    event->actor = task->actor->instance;
    event->task = task->number;
    event->step = task->pc;
    return event;
}

struct event *task_event(struct task *task, enum event_kind kind) {
    return sign(task, journal_add(task->part->journal, kind));
}

struct event *task_event_growing(struct task *task, enum event_kind kind) {
    return sign(task, journal_add_growing(task->part->journal, kind));
}

// --- the journal

// A loop of millions of turns would fill the memory with its steps. Past JOURNAL_TERSE_EVENTS each step is noted once more, and
// then no longer: that it was reached is all that the verdict asks.
static bool is_terse(struct part *part) {
    if (part->journal->event_count < JOURNAL_TERSE_EVENTS && !part->run->engine->options->terse) return false;
    if (part->noted) return true;
    part->noted = arena_array(&part->arena, part->run->plan->step_count, sizeof *part->noted);
    static const char text[] = "the journal is terse from here on: each step is noted once more, bytes are only counted";
    journal_add(part->journal, EVENT_NOTE)->bytes = slice_text(text);
    return true;
}

enum { NOTED_BEGIN = 1, NOTED_END = 2 };

static void note_step(struct task *task, enum event_kind kind) {
    uint8_t bit = kind == EVENT_STEP_BEGIN ? NOTED_BEGIN : NOTED_END;
    if (is_terse(task->part)) {
        if (task->part->noted[task->pc] & bit) return;
        task->part->noted[task->pc] |= bit;
    }
    task_event(task, kind);
}

// The socket behind a step, for --verbose; of a terse journal as often as the step's end.
static void note_socket(struct task *task) {
    const struct part *part = task->part;
    if (!part->run->engine->options->snapshots || (part->noted && part->noted[task->pc] & NOTED_END)) return;
    struct sock *sock = task_socket(task);
    if (sock) sock_snapshot(task, sock);
}

// --- failures

struct failure *task_failure(struct task *task, enum failure_kind kind) {
    return task_failure_on(task, kind, task_socket(task));
}

struct failure *task_failure_on(struct task *task, enum failure_kind kind, const struct sock *sock) {
    struct failure *failure = arena_alloc(&task->part->journal->arena, sizeof *failure);
    failure->kind = kind;
    struct event *event = task_event(task, EVENT_FAILED);
    event->failure = failure;
    if (sock) event->socket = sock->number;
    if (task->actor->program) program_output(task->actor->program, failure, sock);
    task_tell_failing(task);
    return failure;
}

enum step_answer task_fail(struct task *task, enum failure_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    task_failure(task, kind)->message = arena_vtext(&task->part->journal->arena, format, arguments);
    va_end(arguments);
    return STEP_FAILED;
}

enum step_answer task_skip(struct task *task, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vtext(&task->part->journal->arena, format, arguments);
    va_end(arguments);
    task_event(task, EVENT_SKIPPED)->bytes = slice_text(text);
    return STEP_FAILED;
}

// --- waiting

void task_timer_fires(struct timer *timer) {
    struct task *task = list_entry(timer, struct task, timer);
    if (timer->due_ns >= task->deadline_ns) task->timed_out = true;
    task_wake(task);
}

void task_wake(struct task *task) {
    list_remove(&task->wait_link);
    task->waits_socket = NULL;
    task->waits_exit = false;
    timer_cancel(&task->part->worker->timers, &task->timer);
    task->waiting = STEP_DONE;
    if (task->part->halted) return;
    list_remove(&task->run_link);
    list_append(&task->part->worker->runnable, &task->run_link);
}

void task_wake_first(struct task *task) {
    task_wake(task);
    if (list_empty(&task->run_link)) return;
    list_remove(&task->run_link);
    list_append(&task->part->worker->ready, &task->run_link);
}

enum step_answer task_wait_point(struct task *task, struct point *point, const char *waits_for) {
    list_append(&point->waiters, &task->wait_link);
    task->waits_for = waits_for;
    task->wake_ns = CLOCK_NEVER;
    return STEP_WANTS_EVENT;
}

enum step_answer task_wait_until(struct task *task, int64_t at_ns, const char *waits_for) {
    task->waits_for = waits_for;
    task->wake_ns = at_ns;
    return STEP_WANTS_TIME;
}

enum step_answer task_wait_socket(struct task *task, struct sock *sock, enum step_answer direction) {
    int error = sock_watch(sock);
    if (error) return task_fail(task, FAILURE_RESOURCE, "epoll_ctl: %s", errno_name(-error));
    direction = secure_direction(task, sock, direction);
    task->waits_for = NULL;
    task->waits_socket = sock;
    list_append(direction == STEP_WANTS_READ ? &sock->readers : &sock->writers, &task->wait_link);
    task->wake_ns = CLOCK_NEVER;
    return direction;
}

static void arm(struct task *task) {
    int64_t due = task->wake_ns < task->deadline_ns ? task->wake_ns : task->deadline_ns;
    if (due != CLOCK_NEVER) timer_arm(&task->part->worker->timers, &task->timer, due);
}

// --- sockets

struct sock *task_socket_in(struct task *task, uint32_t slot) {
    const struct program *program = task->actor->program;
    if (slot == SLOT_CURRENT) return task->current;
    if (slot == SLOT_STDIO) return program ? program->stdio : NULL;
    if (slot == SLOT_STDERR) return program ? program->error : NULL;
    return task->sockets[slot];
}

struct sock *task_socket(struct task *task) { return task_socket_in(task, task_step(task)->on); }

// --- the machine

static int64_t stretched(const struct task *task, integer duration_ns) {
    double scaled = (double)duration_ns * task->part->run->engine->options->timeout_scale;
    return scaled > (double)(INT64_MAX / 4) ? INT64_MAX / 4 : (int64_t)scaled;
}

static void enter_step(struct task *task, const struct step *step) {
    if (step->kind < STEP_BLOCK_END) note_step(task, EVENT_STEP_BEGIN);
    watch_begin_step(task, step);
    memset(&task->progress, 0, sizeof task->progress);
    task->step_entered = true;
    task->timed_out = false;
    task->passed_over = false;
    task_forget_written(task);
    task->deadline_ns = CLOCK_NEVER;
}

// Its `within` may have to wait for others: then it begins anew, but is not entered twice.
static enum step_answer begin_step(struct task *task, const struct step *step) {
    if (!task->step_entered) enter_step(task, step);
    task->step_begun = true;
    if (!step->within) return STEP_DONE;
    struct value within;
    enum step_answer answer = env_eval_kind(task, step->within, VALUE_DURATION, &within);
    if (answer == STEP_DONE) task->deadline_ns = clock_after(clock_now_ns(), stretched(task, within.number));
    else task->step_begun = answer == STEP_FAILED;
    return answer;
}

static void end_step(struct task *task, const struct step *step) {
    if (step->kind < STEP_BLOCK_END && !task->passed_over) note_step(task, EVENT_STEP_END);
    task_publish_written(task);
    arena_clear(&task->step_arena);
    task->progress.questions = NULL; // they lived there
    task->step_entered = task->step_begun = false;
    task->waits_for = NULL;
}

// A deadline that passes fails the step, unless it is a branch of `either` that gives way to the next.
static enum step_answer overdue(struct task *task, const struct step *step) {
    if (step->kind == STEP_RECV && step->otherwise != PLAN_NONE) return STEP_DONE;
    if (task->progress.last_seen) return expect_overdue(task, step, task->progress.last_seen);
    struct buffer text = {0};
    describe_wait(task, &text);
    struct slice within = span_text(step->within->span);
    struct failure *failure = task_failure(task, FAILURE_STEP_TIMEOUT);
    failure->message = arena_text(&task->part->journal->arena, "not within %.*s: still waiting %s", (int)within.len_bytes,
                                  (const char *)within.data, text.data ? text.data : "");
    recv_show_so_far(task, failure);
    buffer_fini(&text);
    return STEP_FAILED;
}

// Takes one step as far as it goes.
static enum step_answer take_step(struct task *task) {
    const struct step *step = task_step(task);
    if (!task->progress.queue_full) task->part->activity++;
    if (!task->step_begun) {
        enum step_answer answer = begin_step(task, step);
        if (answer != STEP_DONE) return answer;
    }
    task->next = step->block != PLAN_NONE && step->kind != STEP_BLOCK_END ? step->block : step->after;
    enum step_answer answer = functions[step->kind](task, step);
    if (answer == STEP_FAILED) return answer;
    if (answer != STEP_DONE) {
        if (!task->timed_out) return answer;
        if (overdue(task, step) == STEP_FAILED) return STEP_FAILED;
        list_remove(&task->wait_link);
        task->waits_socket = NULL;
        task->passed_over = true;
        task->next = step->otherwise;
    }
    if (step->kind < STEP_BLOCK_END) note_socket(task);
    end_step(task, step);
    task->pc = task->next;
    if (task->actor->program && !task->parent) program_steps_at(task->actor->program, task->pc);
    return STEP_DONE;
}

// Until it waits or fails. True: it was at its end.
static bool take_steps(struct task *task) {
    struct part *part = task->part;
    // A task that never has to wait still lets the others have their turn.
    for (int turns = 0; turns < 64; turns++) {
        if (part->halted) return false;
        bool last = task_step(task)->kind == STEP_ACTOR_END ||
                    (task->parent && !task->block->outer && task_step(task)->kind == STEP_BLOCK_END &&
                     task->block->opener == task_step(task)->block);
        uint32_t acting_on = watch_acting_on(task);
        enum step_answer answer = take_step(task);
        if (answer == STEP_FAILED) {
            part->halted = true;
            task->waiting = STEP_FAILED;
            home_halt(part);
            return false;
        }
        if (answer != STEP_DONE) {
            task->waiting = answer;
            arm(task);
            return false;
        }
        if (last) return true;
        if (acting_on == 0) acting_on = watch_acting_on(task); // somebody has begun to watch while it was at it
        if (watch_let_others_look(task, acting_on)) return false;
    }
    task_wake(task);
    return false;
}

// What a step's memory was is the next one's, whoever takes it: one block a worker goes from task to task.
static void lend_memory(struct worker *worker, struct task *task) {
    if (task->step_arena.blocks) return;
    task->step_arena = worker->spare;
    arena_init(&worker->spare);
}

static void take_memory_back(struct worker *worker, struct task *task) {
    if (task->step_arena.used_bytes > 0) return; // it waits in the middle of a step
    if (!worker->spare.blocks) {
        worker->spare = task->step_arena;
        arena_init(&task->step_arena);
    } else {
        arena_fini(&task->step_arena);
    }
}

void task_run(struct task *task) {
    struct worker *worker = task->part->worker;
    worker_enter(worker, task->part->run);
    lend_memory(worker, task);
    bool const has_ended = take_steps(task);
    take_memory_back(worker, task);
    if (has_ended) task_end(task);
}
