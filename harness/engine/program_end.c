// A program's end: its exit, what of it breaks the strict rules, and how it is stopped where it does not end by itself.
#include "program.h"
#include "board.h"
#include "case.h"
#include "part.h"
#include "sock.h"
#include "stream.h"
#include "task.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

// How long it may take to end after it was asked to, at the case's good end and at its failure; what it has started may
// still be there behind its end; and a sanitizer may take to write its report.
static const int64_t GRACE_NS = 5000 * 1000 * 1000LL, SHORT_GRACE_NS = 1000 * 1000 * 1000LL;
static const int64_t MOMENT_NS = 1000 * 1000 * 1000LL, LOOK_PAUSE_NS = 5 * 1000 * 1000LL;
static const int64_t REPORT_NS = 500 * 1000 * 1000LL;
// And what it may still have to say, or end by itself, when the case has failed: whoever hangs up tells why a moment
// later.
static const int64_t LAST_WORDS_NS = 100 * 1000 * 1000LL;

int64_t program_stretched_ns(const struct case_run *run, int64_t duration_ns) {
    double scaled = (double)duration_ns * run->engine->options->timeout_scale;
    return scaled > (double)(INT64_MAX / 4) ? INT64_MAX / 4 : (int64_t)scaled;
}

int64_t program_grace_ns(const struct case_run *run) { return program_stretched_ns(run, GRACE_NS); }

static int64_t from_now(const struct program *program, int64_t duration_ns) {
    return clock_after(clock_now_ns(), program_stretched_ns(program->actor->part->run, duration_ns));
}

static void arm(struct program *program, int64_t at_ns) {
    timer_arm(&program->actor->part->worker->timers, &program->timer, at_ns);
}

// --- failures, at its `run`

static struct failure *fail(struct program *program, enum failure_kind kind) {
    struct part *part = program->actor->part;
    struct failure *failure = arena_alloc(&part->journal->arena, sizeof *failure);
    failure->kind = kind;
    struct event *event = journal_add(part->journal, EVENT_FAILED);
    event->actor = program->actor->instance;
    event->step = program->run_step;
    event->failure = failure;
    program_output(program, failure, program->stdio);
    if (part->stopped) return failure;
    part->halted = true;
    home_halt(part);
    return failure;
}

static bool is_fault(int number) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (number == faults[i]) return true;
    return false;
}

static void judge_signal(struct program *program) {
    int const number = program->status.signal;
    if (number == 0 || program->signals & UINT64_C(1) << (number - 1)) return;
    // Our own clean-up may make it end in any way but by a fault of its own, which may have come before that.
    if (program->is_stopping && !is_fault(number)) return;
    char name[SIGNAL_NAME_BYTES];
    struct failure *failure = fail(program, FAILURE_CRASHED);
    struct arena *arena = &program->actor->part->journal->arena;
    failure->is_cause = true;
    failure->message = arena_text(arena, "%s ended process %d%s", program_signal_name(number, name), program->own_pid,
                                  is_fault(number) ? "" : ", and no `stop` had sent it");
}

// Behind a wrapper, which tells by its exit code what it has found (valgrind's --error-exitcode): where the scenario does not look
// at it, it is looked at here.
static void judge_exit(struct program *program) {
    struct case_run *run = program->actor->part->run;
    const struct actor *actor = actor_declared(program->actor);
    int const exit = program->status.exit;
    bool const is_by_signal = exit > 128 && exit <= 128 + 64 && program->signals & UINT64_C(1) << (exit - 129);
    bool const is_by_failure = program->is_stopping && !program->has_passed && !program->asked_to_end; // of another
    if (!run->engine->options->under || actor->is_function || actor->exit_is_read || is_by_failure) return;
    if (program->status.signal || exit == 0 || is_by_signal) return;
    struct failure *failure = fail(program, FAILURE_CRASHED);
    struct arena *arena = &program->actor->part->journal->arena;
    const char *const wrapper = run->engine->options->under[0], *slash = strrchr(wrapper, '/');
    failure->message = arena_text(arena, "process %d ended with exit code %d behind %s, and no step reads its exit",
                                  program->own_pid, exit, slash ? slash + 1 : wrapper);
}

// Whom clients outside could still have come to.
static bool was_needed(const struct program *program) {
    const struct case_run *run = program->actor->part->run;
    return run->engine->options->clients_outside && !run->is_alone && !program->is_stopping && !program->asked_to_end &&
           actor_listens(run->plan, actor_declared(program->actor));
}

// From here on they are refused: who asks for that looks at its exit.
static void judge_leaving(struct program *program) {
    bool const is_read = actor_declared(program->actor)->exit_is_read;
    if (program->status.signal || program->status.exit == 0 || is_read || !was_needed(program)) return;
    fail(program, FAILURE_CRASHED)->message =
        arena_text(&program->actor->part->journal->arena, "process %d ended with exit code %d, and clients could still come",
                   program->own_pid, program->status.exit);
}

static void judge_report(struct program *program) {
    struct sock *sock = program->accused;
    if (!sock) return;
    program->accused = NULL;
    timer_cancel(&program->actor->part->worker->timers, &program->report_timer);
    struct failure *failure = fail(program, FAILURE_SANITIZER);
    struct arena *arena = &program->actor->part->journal->arena;
    failure->is_cause = program->accused_before_stop;
    failure->message = arena_text(arena, "%s has reported on process %d", sock->stream->scan.name, program->own_pid);
    struct slice const report = buffer_view(&sock->stream->report);
    failure->output = slice_of(arena_copy(arena, report.data, report.len_bytes), report.len_bytes);
    failure->output_of = (uint8_t)sock->stream->code;
}

// What its steps did not receive of what it has printed.
static void judge_output(struct program *program) {
    struct sock *sock = program->stdio;
    uint64_t const unread = sock->stream->printed_bytes - sock->received_bytes;
    size_t const held = sock->held.len_bytes - sock->held_from;
    if (sock->fd < 0 || unread == 0 || sock->stream->drops) return;
    struct failure *failure = fail(program, FAILURE_UNREAD_OUTPUT);
    struct arena *arena = &program->actor->part->journal->arena;
    size_t const window = held < WINDOW_BYTES ? held : WINDOW_BYTES;
    failure->message = arena_text(arena, "%llu byte%s that it printed to its %s %s never received",
                                  (unsigned long long)unread, unread == 1 ? "" : "s", stream_word(sock->stream),
                                  unread == 1 ? "was" : "were");
    failure->offset = failure->window_offset = sock->received_bytes;
    failure->received = slice_of(arena_copy(arena, sock->held.data + sock->held_from, window), window);
    failure->wanted = "nothing more";
}

void program_accused(struct program *program, struct sock *sock) {
    if (program->accused) return;
    program->accused = sock;
    program->was_accused = true;
    program->accused_before_stop = !program->is_stopping || program->is_spared;
    timer_arm(&program->actor->part->worker->timers, &program->report_timer, from_now(program, REPORT_NS));
}

void program_report_timer_fires(struct timer *timer) {
    judge_report(list_entry(timer, struct program, report_timer));
}

// --- what has been left

// Who waits for room to print is left where it is: what would come is nothing that anybody has waited for.
static void streams_look(struct program *program) {
    if (!program->stdio->stream->overflowed) stream_drain(program->stdio);
    if (program->error && !program->error->stream->overflowed) stream_drain(program->error);
}

static void streams_drop(struct program *program) {
    stream_drop(program->stdio);
    if (program->error) stream_drop(program->error);
}

static void streams_drain(struct program *program) {
    stream_drain(program->stdio);
    if (program->error) stream_drain(program->error);
}

static void settle(struct program *program) {
    timer_cancel(&program->actor->part->worker->timers, &program->timer);
    process_free(program->process);
    program->process = NULL;
    program->phase = PROGRAM_SETTLED;
    if (program->is_let_end) streams_drain(program);
    judge_report(program);
    if (!program->is_stopping) return; // its steps may still ask for what it has printed
    if (program->is_let_end) {
        judge_output(program);
        program_note_output(program);
    }
    program_release(program);
    part_program_settled(program->actor->part);
}

static void judge_left(struct program *program, const struct process_member *members, uint32_t count) {
    enum { NAMED_MAX = 4 };
    struct arena *arena = &program->actor->part->journal->arena;
    struct buffer names = {0};
    for (uint32_t i = 0; i < count && i < NAMED_MAX; i++) buffer_printf(&names, "%s'%s'", i ? ", " : "", members[i].name);
    if (count > NAMED_MAX) buffer_printf(&names, " and %u more", count - NAMED_MAX);
    struct failure *failure = fail(program, FAILURE_LEFT_BEHIND);
    const char *what = count == 1 ? "a process" : arena_text(arena, "%u processes", count);
    failure->message = arena_text(arena, "process %d has ended, and %s that it started still run%s: %s", program->own_pid,
                                  what, count == 1 ? "s" : "", names.data);
    buffer_fini(&names);
}

// Those that go with it have a moment to do so.
static void look_for_left(struct program *program) {
    struct process_member *members;
    uint32_t const count = process_descendants(program->process, &members);
    bool const is_over = clock_now_ns() >= program->give_up_ns;
    if (count > 0 && !is_over) {
        free(members);
        arm(program, clock_after(clock_now_ns(), LOOK_PAUSE_NS));
        return;
    }
    if (count > 0) judge_left(program, members, count);
    free(members);
    settle(program);
}

// The program has ended, and the wrapper has not: it may wait for what the program has left behind (strace -f), and would for ever.
void program_inner_ready(struct epoll_target *target, uint32_t epoll_events) {
    struct program *program = list_entry(target, struct program, inner_target);
    (void)epoll_events;
    if (program->phase == PROGRAM_RUNS)
        timer_arm(&program->actor->part->worker->timers, &program->inner_timer, from_now(program, MOMENT_NS));
}

void program_inner_timer_fires(struct timer *timer) {
    struct program *program = list_entry(timer, struct program, inner_timer);
    struct process_member *members;
    if (program_has_ended(program) || (program->is_stopping && !program->asked_to_end)) return;
    if (process_inner_fd(program->process) < 0 && !process_is_alone(program->process)) return; // it was never seen
    uint32_t const count = process_descendants(program->process, &members);
    if (count > 0) judge_left(program, members, count);
    free(members);
}

// --- the end of its process

static void has_ended(struct program *program) {
    struct part *part = program->actor->part;
    program->phase = PROGRAM_ENDED;
    timer_cancel(&part->worker->timers, &program->timer);
    part->activity++;
    streams_drain(program); // all that it has printed itself is there by now
    struct event *event = journal_add(part->journal, EVENT_EXITED);
    event->actor = program->actor->instance;
    event->code = program->status.exit;
    event->count = (uint64_t)program->status.signal;
    struct value exit = value_integer(program->status.exit);
    if (program->was_killed && program->status.signal == SIGKILL)
        atomic_store(&part->run->programs[program->actor->instance].killed_after, program->stop_step);
    if (!part->stopped) board_publish(part, program->actor->instance, FUTURE_EXIT, &exit);
    point_wake(&program->exit);
    if (program->accused) judge_report(program);
    else judge_signal(program);
    if (!program->was_accused) judge_exit(program);
    if (!program->was_accused) judge_leaving(program);
    atomic_store(&part->run->programs[program->actor->instance].has_ended, true);
    if (was_needed(program)) part_send(part, &part->run->parts[0], mail_new(MAIL_EXIT, part, &part->run->parts[0]));
    if (program->is_spared) program_note_output(program);
    program->give_up_ns = program->is_stopping && !program->asked_to_end ? 0 : from_now(program, MOMENT_NS);
    if (program->give_up_ns == 0) settle(program);
    else look_for_left(program);
}

bool program_has_ended(struct program *program) {
    if (program->phase == PROGRAM_RUNS && process_status(program->process, &program->status)) has_ended(program);
    return program->phase >= PROGRAM_ENDED;
}

void program_end_ready(struct epoll_target *target, uint32_t epoll_events) {
    (void)epoll_events;
    program_has_ended(list_entry(target, struct program, end_target));
}

// --- stopping it

// SIGTERM, and a SIGKILL follows. Whom the scenario has asked gets no other signal, unless the case has failed.
static void ask_to_end(struct program *program, bool is_asked, bool passed) {
    if (is_asked && passed) return;
    if (!is_asked) program_signal(program, SIGTERM, NULL);
    arm(program, from_now(program, passed ? GRACE_NS : SHORT_GRACE_NS));
    if (process_signal(program->process, SIGCONT) != 0) program_has_ended(program); // should somebody have stopped it
}

// What comes from here on is another event.
static void streams_part(struct program *program) {
    program->stdio->stream->printed_event = NULL;
    if (program->error) program->error->stream->printed_event = NULL;
}

// Nobody can print any more: as good as always its process is on its way out.
static bool is_leaving(const struct program *program) {
    return program->stdio->stream->ended && (!program->error || program->error->stream->ended);
}

static void moment_is_over(struct program *program) {
    if (program_has_ended(program)) return;
    streams_look(program);
    if (is_leaving(program) && !program->is_awaited) {
        program->is_awaited = true;
        arm(program, from_now(program, REPORT_NS));
        return;
    }
    program_note_output(program);
    streams_part(program);
    streams_drop(program);
    program->is_spared = false;
    ask_to_end(program, false, false);
}

// Who may not be killed is let be: one that another user's program has become, set-user-ID.
static void leave_it(struct program *program, int error) {
    struct failure *failure = fail(program, FAILURE_LEFT_BEHIND);
    failure->message = arena_text(&program->actor->part->journal->arena, "process %d does not end, and SIGKILL says %s",
                                  program->own_pid, errno_name(-error));
    settle(program);
}

// SIGKILL, and where a `stop` has asked it to end, what for.
static void kill_it(struct program *program) {
    char name[SIGNAL_NAME_BYTES], text[CLOCK_TEXT_BYTES];
    struct part *part = program->actor->part;
    if (program_has_ended(program)) return;
    program->was_killed = program->asked_to_end;
    int const error = program_signal(program, SIGKILL, NULL);
    if (error && program_has_ended(program)) return;
    if (error && error != -ESRCH) {
        leave_it(program, error);
        return;
    }
    if (program->process) process_kill_wrapper(program->process);
    if (!program->was_killed) return;
    const struct step *step = &part->run->plan->steps[program->stop_step];
    struct event *event = journal_add(part->journal, EVENT_NOTE);
    event->actor = program->actor->instance;
    event->step = program->stop_step;
    event->bytes = slice_text(arena_text(&part->journal->arena, "%s was not heeded for %s: SIGKILL",
                                         program_signal_name(step->signal_number, name),
                                         clock_text(program_grace_ns(part->run), text)));
}

void program_timer_fires(struct timer *timer) {
    struct program *program = list_entry(timer, struct program, timer);
    if (program->phase == PROGRAM_RUNS && program->is_spared) moment_is_over(program);
    else if (program->phase == PROGRAM_RUNS) kill_it(program);
    else if (program->phase == PROGRAM_ENDED) look_for_left(program);
}

void program_arm_grace(struct program *program, uint32_t step) {
    if (program->asked_to_end) return;
    program->asked_to_end = true;
    program->stop_step = step;
    arm(program, from_now(program, GRACE_NS));
}

static void stop(struct program *program, bool passed) {
    program_has_ended(program);
    streams_look(program);
    if (program->phase != PROGRAM_RUNS) judge_report(program);
    bool const is_asked = program->asked_to_end && program->phase == PROGRAM_RUNS;
    program->is_let_end = passed && (is_asked || program->phase == PROGRAM_ENDED);
    if (passed && !program->is_let_end) judge_output(program);
    if (!passed) program->asked_to_end = false; // what is left of it is no fault where its steps were cut short
    program->is_stopping = true;
    program->has_passed = passed;
    program->is_spared = program->phase == PROGRAM_RUNS && !passed && !is_asked;
    if (program->is_let_end) {
        stream_count(program->stdio);
        if (program->error) stream_drop(program->error);
    } else if (!program->is_spared) {
        program_note_output(program);
        streams_part(program);
        streams_drop(program);
    }
    if (program->is_spared) {
        arm(program, from_now(program, LAST_WORDS_NS));
    } else if (program->phase == PROGRAM_RUNS) {
        ask_to_end(program, is_asked, passed);
    } else if (program->phase == PROGRAM_ENDED && !passed) {
        settle(program);
    } else if (program->phase == PROGRAM_SETTLED) {
        program_release(program);
    }
}

void programs_stop(struct part *part, bool passed) {
    for (struct list *link = part->programs.next; link != &part->programs; link = link->next) {
        struct program *program = list_entry(link, struct program, link);
        if (program->stdio) stop(program, passed);
        else program_release(program);
    }
}

static bool has_settled(const struct program *program) {
    return program->phase != PROGRAM_RUNS && program->phase != PROGRAM_ENDED;
}

void programs_hurry(struct part *part) {
    for (struct list *link = part->programs.next; link != &part->programs; link = link->next) {
        struct program *program = list_entry(link, struct program, link);
        bool const is_unjudged = program->is_let_end && !has_settled(program);
        if (is_unjudged) fail(program, FAILURE_INTERRUPTED)->message = "the run was interrupted before it was seen to end";
        program->asked_to_end = program->is_let_end = false;
        program->is_awaited = true;
        if (program->phase == PROGRAM_RUNS && program->is_spared) moment_is_over(program);
        else if (program->phase == PROGRAM_RUNS) arm(program, from_now(program, SHORT_GRACE_NS));
        else if (program->phase == PROGRAM_ENDED) settle(program);
    }
}

bool programs_have_settled(const struct part *part) {
    for (const struct list *link = part->programs.next; link != &part->programs; link = link->next)
        if (!has_settled(list_entry(link, struct program, link))) return false;
    return true;
}

bool programs_run(const struct part *part) {
    for (const struct list *link = part->programs.next; link != &part->programs; link = link->next)
        if (list_entry(link, struct program, link)->phase == PROGRAM_RUNS) return true;
    return false;
}
