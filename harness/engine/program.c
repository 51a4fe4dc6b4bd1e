// A program's beginning: what its steps have asked for becomes a process.
#include "program.h"
#include "board.h"
#include "linger.h"
#include "sock.h"
#include "stream.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

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

// In the part's arena, but for what the step has made of its arguments.
struct program_start {
    struct task *task; // of its `run`
    struct ends ends;
    struct process_spec spec;
    bool is_watched;
};

static void start_ready(struct epoll_target *target, uint32_t epoll_events) {
    const struct program *program = list_entry(target, struct program, start_target);
    (void)epoll_events;
    if (program->start) task_wake(program->start->task);
}

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
    program->inner_timer.fire = program_inner_timer_fires;
    program->inner_target.ready = program_inner_ready;
    program->start_target.ready = start_ready;
    program->end_target.ready = program_end_ready;
    list_init(&program->exit.waiters);
    list_append(&part->programs, &program->link);
    actor->program = program;
}

void program_release(struct program *program) {
    struct timer_heap *timers = &program->actor->part->worker->timers;
    timer_cancel(timers, &program->timer);
    timer_cancel(timers, &program->report_timer);
    timer_cancel(timers, &program->inner_timer);
    if (program->start) ends_close(&program->start->ends, true);
    program->start = NULL;
    process_free(program->process);
    program->process = NULL;
    if (program->stdin_fd >= 0) close(program->stdin_fd);
    program->stdin_fd = -1;
    if (program->stdio) stream_fini(program->stdio);
    if (program->error) stream_fini(program->error);
}

struct sock *program_stdio(const struct program *program) { return program->stdio; }

// --- its stdio

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

static void set_all_blocking(const struct process_spec *spec, bool is_blocking) {
    for (uint32_t i = 0; i < spec->listen_count; i++) set_blocking(spec->listen_fds[i], is_blocking);
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
        linger_note_passed(sock);
        sock_close(task, sock, CLOSE_BY_PROGRAM);
    }
}

// --- the process

// How long its process is looked for behind a wrapper.
static const int64_t FIND_NS = 2000 * 1000 * 1000LL;

// Both its numbers, for who asks when it is gone.
static void note_pid(struct task *task, struct program *program) {
    struct program_facts *const facts = &task->part->run->programs[task->actor->instance];
    program->own_pid = process_own_pid(program->process);
    atomic_store(&facts->own, program->own_pid);
    atomic_store(&facts->ours, process_pid(program->process));
}

static void has_begun(struct task *task, const struct step *step, struct program *program, const char *const *arguments) {
    const struct case_run *run = task->part->run;
    struct event *event = task_event(task, EVENT_STARTED);
    program->phase = PROGRAM_RUNS;
    program->run_step = task->pc;
    note_pid(task, program);
    program->found_by_ns = clock_after(clock_now_ns(), program_stretched_ns(run, FIND_NS));
    event->code = program->own_pid;
    event->bytes = slice_text(program_command(&task->part->journal->arena, arguments));
    sockets_let_go(task, step);
    task->current = task->actor->latest = program->stdio;
}

bool program_find(struct program *program, struct task *task) {
    if (program->is_found) return true;
    bool const is_over = program_has_ended(program) || clock_now_ns() >= program->found_by_ns;
    bool const is_found = program->process && process_find(program->process);
    if (!is_found && !is_over) return false;
    program->is_found = true;
    pid_t const wrapper_pid = program->own_pid;
    if (program->process) note_pid(task, program);
    struct value pid = value_integer(program->own_pid);
    board_publish(task->part, task->actor->instance, FUTURE_PID, &pid);
    if (!is_found && program->phase == PROGRAM_RUNS) program_inner_ready(&program->inner_target, EPOLLIN);
    if (program->own_pid == wrapper_pid) return true;
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = &program->inner_target};
    epoll_ctl(task->part->worker->epoll_fd, EPOLL_CTL_ADD, process_inner_fd(program->process), &event); // else it is not told
    task_event(task, EVENT_NOTE)->bytes = slice_text(
        arena_text(&task->part->journal->arena, "behind the wrapper it is process %d", program->own_pid));
    return true;
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
    if (plan->actors[run->actor].is_replacement) stream_drop(program->stdio); // no step of its could have received it
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

// The function that is called in its place; NULL: it is a program.
static const struct player *player_of(const struct case_run *run, const struct actor *actor) {
    const struct engine_options *options = run->engine->options;
    for (uint32_t i = 0; i < options->player_count && actor->is_function; i++)
        if (strcmp(options->players[i].actor, actor->name) == 0) return &options->players[i];
    return NULL;
}

// All words of the command.
static const char *const *behind(struct arena *arena, const char *const *wrapper, const char *const *arguments) {
    size_t before = 0, count = 0;
    while (wrapper && wrapper[before]) before++;
    while (arguments[count]) count++;
    const char **const words = arena_array(arena, before + count + 1, sizeof *words);
    for (size_t i = 0; i < before + count; i++) words[i] = i < before ? wrapper[i] : arguments[i - before];
    return words;
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
    const struct player *player = player_of(run, &run->plan->actors[step->actor]);
    struct program_start *start = program->start = arena_alloc(&task->part->arena, sizeof *start);
    *start = (struct program_start){.task = task, .ends = ends};
    start->spec = (struct process_spec){
        .arguments = arguments,
        .wrapper = player ? NULL : run->engine->options->under,
        .function = player ? player->actor : NULL,
        .function_path = player ? player->path : NULL,
        .environment = program_environment(program, &task->step_arena, coverage),
        .folder = program->folder ? program->folder : run->scratch.path,
        .user = program->user,
        .stdio = {ends.theirs[0], ends.theirs[1], ends.theirs[2]},
        .has_terminal = step->on_terminal,
        .listen_fds = arena_copy(&task->part->arena, fds, step->fd_count * sizeof *fds),
        .listen_count = step->fd_count,
    };
    set_all_blocking(&start->spec, true);
    return program_start_on(task, exec_errno, trouble);
}

// 1: it has begun; 0: not yet; or a negative errno.
static int ask(struct task *task, int *exec_errno, struct buffer *trouble) {
    struct program *program = task->actor->program;
    const struct process_spec *spec = &program->start->spec;
    struct process **process = &program->process;
    int error = *process ? 0 : process_start(task->part->run->world, spec, process, exec_errno, trouble);
    return error ? error == -EINPROGRESS ? 0 : error : process_has_begun(*process, spec, exec_errno, trouble);
}

int program_start_on(struct task *task, int *exec_errno, struct buffer *trouble) {
    const struct step *step = task_step(task);
    struct program *program = task->actor->program;
    struct program_start *start = program->start;
    int const answer = ask(task, exec_errno, trouble);
    if (answer == 0) return -EINPROGRESS;
    program->start = NULL;
    if (start->is_watched && program->process)
        epoll_ctl(task->part->worker->epoll_fd, EPOLL_CTL_DEL, process_fd(program->process), NULL);
    ends_close(&start->ends, answer < 0);
    int error = answer < 0 ? answer : attend(program, step, &start->ends);
    if (answer > 0 && error) {
        buffer_printf(trouble, "epoll_ctl: %s", errno_name(-error));
        leave(program);
    }
    if (error) {
        process_free(program->process);
        program->process = NULL;
        set_all_blocking(&start->spec, false);
        return error;
    }
    has_begun(task, step, program, behind(&task->step_arena, start->spec.wrapper, start->spec.arguments));
    program_note_user(program, task);
    return 0;
}

enum step_answer program_wait_start(struct task *task) {
    static const int64_t full_pause_ns = 5 * 1000 * 1000; // no descriptor tells when others have gone
    struct program *program = task->actor->program;
    struct program_start *start = program->start;
    const char *what = arena_text(&task->step_arena, "for who calls the functions, at '%s', to begin '%s'",
                                  start->spec.function_path, start->spec.function);
    if (!program->process) return task_wait_until(task, clock_after(clock_now_ns(), full_pause_ns), what);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &program->start_target};
    if (!start->is_watched &&
        epoll_ctl(task->part->worker->epoll_fd, EPOLL_CTL_ADD, process_fd(program->process), &event) != 0)
        return task_fail(task, FAILURE_RESOURCE, "epoll_ctl: %s", errno_name(errno));
    start->is_watched = true;
    return task_wait_until(task, CLOCK_NEVER, what);
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
