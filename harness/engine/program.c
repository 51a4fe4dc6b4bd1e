// A program's beginning: what its steps have asked for becomes a process.
#include "program.h"
#include "board.h"
#include "sock.h"
#include "stream.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

void program_init(struct actor_run *actor) {
    struct part *part = actor->part;
    struct program *program = arena_alloc(&part->arena, sizeof *program);
    const struct plan *plan = part->run->plan;
    program->actor = actor;
    program->name = plan->actors[plan->instances[actor->instance].actor].name;
    program->next_variable = &program->variables;
    program->stdin_fd = -1;
    program->run_step = PLAN_NONE;
    program->timer.fire = program_timer_fires;
    program->report_timer.fire = program_report_timer_fires;
    program->end_target.ready = program_end_ready;
    list_init(&program->exit.waiters);
    list_append(&part->programs, &program->link);
    actor->program = program;
}

void program_release(struct program *program) {
    struct timer_heap *timers = &program->actor->part->worker->timers;
    timer_cancel(timers, &program->timer);
    timer_cancel(timers, &program->report_timer);
    process_free(program->process);
    program->process = NULL;
    if (program->stdin_fd >= 0) close(program->stdin_fd);
    program->stdin_fd = -1;
    if (program->stdio) stream_fini(program->stdio);
    if (program->error) stream_fini(program->error);
}

struct sock *program_stdio(const struct program *program) { return program->stdio; }

// --- its stdio

// What the program gets, and our ends of it. -1: there is none.
struct ends {
    int theirs[3];
    int in, out, error;
};

static void ends_close(struct ends *ends, bool all) {
    for (int i = 0; i < 3; i++) {
        bool const is_second = i > 0 && ends->theirs[i] == ends->theirs[0]; // a terminal's
        if (ends->theirs[i] >= 0 && !is_second) close(ends->theirs[i]);
    }
    if (!all) return;
    if (ends->in >= 0) close(ends->in);
    if (ends->out >= 0) close(ends->out);
    if (ends->error >= 0) close(ends->error);
}

// Ours never blocks; whether theirs does is a matter of its own.
static int pipe_make(int *theirs, int *ours, bool they_read) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return -errno;
    *theirs = fds[they_read ? 0 : 1];
    *ours = fds[they_read ? 1 : 0];
    return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0 ? 0 : -errno;
}

static int terminal_make(struct ends *ends) {
    int fds[2];
    int error = process_terminal_make(fds);
    if (error) return error;
    ends->theirs[0] = ends->theirs[1] = ends->theirs[2] = fds[1];
    ends->out = fds[0];
    ends->in = fcntl(fds[0], F_DUPFD_CLOEXEC, 0); // epoll(7) takes each descriptor once
    return ends->in >= 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : -errno;
}

static int ends_make(struct program *program, const struct actor *actor, bool on_terminal, struct ends *ends) {
    *ends = (struct ends){.theirs = {-1, -1, -1}, .in = -1, .out = -1, .error = -1};
    if (on_terminal) return terminal_make(ends);
    int error = pipe_make(&ends->theirs[1], &ends->out, false);
    if (!error) error = pipe_make(&ends->theirs[2], &ends->error, false);
    if (!error && program->stdin_fd < 0 && actor->sends_stdin) error = pipe_make(&ends->theirs[0], &ends->in, true);
    if (program->stdin_fd >= 0) ends->theirs[0] = program->stdin_fd;
    program->stdin_fd = -1; // closed with the others of theirs
    return error;
}

// --- what is handed over

enum { WITH_MAX = PROCESS_LISTEN_MAX };

// As sd_listen_fds(3) promises it: accept(2) on it waits. What is said of it is said of all its copies.
static void set_blocking(int fd, bool is_blocking) {
    int const flags = fcntl(fd, F_GETFL);
    if (flags >= 0) fcntl(fd, F_SETFL, is_blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static int sockets_collect(const struct task *task, const struct step *step, int *fds, struct buffer *trouble) {
    const struct actor *actor = &task->part->run->plan->actors[step->actor];
    if (step->fd_count > WITH_MAX) {
        buffer_printf(trouble, "a program is handed %d sockets at the most", WITH_MAX);
        return -E2BIG;
    }
    for (uint32_t i = 0; i < step->fd_count; i++) {
        struct sock *const sock = task->sockets[step->fds[i]];
        if (sock) sock_tell_no_more(sock);
        fds[i] = sock ? sock->fd : -1;
        if (fds[i] >= 0) continue;
        buffer_printf(trouble, "the socket '%s' is not open", actor->socket_names[step->fds[i]]);
        return -EBADF;
    }
    return 0;
}

// They are the program's now: whoever comes to them is for it to accept.
static void sockets_let_go(struct task *task, const struct step *step) {
    for (uint32_t i = 0; i < step->fd_count; i++) {
        struct sock *sock = task->sockets[step->fds[i]];
        sock->shared = sock->passed_on = true;
        sock_close(task, sock, CLOSE_BY_PROGRAM);
    }
}

// --- the process

static void has_begun(struct task *task, const struct step *step, struct program *program, const char *const *arguments) {
    struct case_run *run = task->part->run;
    struct event *event = task_event(task, EVENT_STARTED);
    program->phase = PROGRAM_RUNS;
    program->run_step = task->pc;
    program->own_pid = process_own_pid(program->process);
    event->code = program->own_pid;
    event->bytes = slice_text(program_command(&task->part->journal->arena, arguments));
    struct program_facts *facts = &run->programs[task->actor->instance];
    atomic_store(&facts->own, program->own_pid);
    atomic_store(&facts->ours, process_pid(program->process));
    struct value pid = value_integer(program->own_pid);
    board_publish(task->part, task->actor->instance, FUTURE_PID, &pid);
    sockets_let_go(task, step);
    task->current = task->actor->latest = program->stdio;
}

// Where the outermost loop ends in which the step lies, or the blocks of an accept; else the step behind it.
static uint32_t behind_for_good(const struct plan *plan, const struct actor *actor, uint32_t number) {
    for (uint32_t i = actor->first_step; i < number; i++) {
        const struct step *step = &plan->steps[i];
        bool const comes_again = step->kind == STEP_REPEAT || step->kind == STEP_FOR || step->kind == STEP_ACCEPT;
        if (comes_again && step->block != PLAN_NONE && step->block_end > number) return step->block_end + 1;
    }
    return number + 1;
}

static uint32_t stderr_until(const struct plan *plan, const struct actor *actor) {
    uint32_t until = 0;
    for (uint32_t i = actor->first_step; i < actor->first_step + actor->step_count; i++)
        if (plan->steps[i].on == SLOT_STDERR) until = behind_for_good(plan, actor, i);
    return until;
}

void program_steps_at(struct program *program, uint32_t pc) {
    if (program->error && !program->error->stream->drops && pc >= program->stderr_until) stream_drop(program->error);
}

// The streams are its own from here on. 0 or a negative errno.
static int attend(struct program *program, const struct step *run, const struct ends *ends) {
    struct part *part = program->actor->part;
    const struct plan *plan = part->run->plan;
    bool const on_terminal = run->on_terminal;
    program->stdio = stream_open(program, on_terminal ? STREAM_TERMINAL : STREAM_STDOUT, ends->out, ends->in);
    if (!on_terminal) program->error = stream_open(program, STREAM_STDERR, ends->error, -1);
    program->stderr_until = stderr_until(plan, &plan->actors[run->actor]);
    program_steps_at(program, (uint32_t)(run - plan->steps));
    int error = stream_watch(program->stdio);
    if (!error && program->error) error = stream_watch(program->error);
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = &program->end_target};
    int const end = process_fd(program->process);
    if (!error && epoll_ctl(part->worker->epoll_fd, EPOLL_CTL_ADD, end, &event) != 0) error = -errno;
    return error;
}

// As if it had never run.
static void leave(struct program *program) {
    process_free(program->process);
    program->process = NULL;
    stream_fini(program->stdio);
    if (program->error) stream_fini(program->error);
    program->stdio = program->error = NULL;
}

int program_run(struct task *task, const struct step *step, const char *const *arguments, int *exec_errno,
                struct buffer *trouble) {
    struct case_run *run = task->part->run;
    struct program *program = task->actor->program;
    int fds[WITH_MAX];
    const char *coverage;
    *exec_errno = 0;
    int error = sockets_collect(task, step, fds, trouble);
    if (error) return error;
    error = program_coverage_folder(program, &task->step_arena, &coverage, trouble);
    if (!error && program->user) error = program_share_scratch(program, coverage, trouble);
    if (error) return error;
    struct ends ends;
    error = ends_make(program, &run->plan->actors[step->actor], step->on_terminal, &ends);
    if (error) {
        buffer_printf(trouble, "%s: %s", step->on_terminal ? "a pseudo-terminal" : "its pipes", errno_name(-error));
        ends_close(&ends, true);
        return error;
    }
    struct process_spec const spec = {
        .arguments = arguments,
        .environment = program_environment(program, &task->step_arena, coverage),
        .folder = program->folder ? program->folder : run->scratch.path,
        .user = program->user,
        .stdio = {ends.theirs[0], ends.theirs[1], ends.theirs[2]},
        .has_terminal = step->on_terminal,
        .listen_fds = fds,
        .listen_count = step->fd_count,
    };
    for (uint32_t i = 0; i < step->fd_count; i++) set_blocking(fds[i], true);
    error = process_start(run->world, &spec, &program->process, exec_errno, trouble);
    ends_close(&ends, error != 0);
    if (!error && (error = attend(program, step, &ends)) != 0) {
        buffer_printf(trouble, "epoll_ctl: %s", errno_name(-error));
        leave(program);
    }
    if (error) {
        for (uint32_t i = 0; i < step->fd_count; i++) set_blocking(fds[i], false);
        return error;
    }
    has_begun(task, step, program, arguments);
    program_note_user(program, task);
    return 0;
}

int program_signal(struct program *program, int number, struct task *task) {
    int error = program->process ? process_signal(program->process, number) : -ESRCH;
    if (error) return error;
    program->signals |= UINT64_C(1) << (number - 1);
    struct journal_segment *journal = program->actor->part->journal;
    struct event *event = task ? task_event(task, EVENT_STOPPED) : journal_add(journal, EVENT_STOPPED);
    event->actor = program->actor->instance;
    event->code = number;
    event->count = task ? 0 : program->was_killed ? 2 : 1;
    return 0;
}
