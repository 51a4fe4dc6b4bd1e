// A program's end: its exit, what of it breaks the strict rules, and how it is stopped where it does not end by itself.
#include "program.h"
#include "board.h"
#include "case.h"
#include "part.h"
#include "sock.h"
#include "stream.h"
#include "task.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

// How long it may take to end after it was asked to, at the case's good end and at its failure; what it has started may still be
// there behind its end; and a sanitizer may take to write its report.
static const int64_t GRACE_NS = 5000 * 1000 * 1000LL, SHORT_GRACE_NS = 1000 * 1000 * 1000LL, MOMENT_NS = 1000 * 1000 * 1000LL,
                     REPORT_NS = 500 * 1000 * 1000LL, LOOK_PAUSE_NS = 5 * 1000 * 1000LL;

// From now on, as --timeout-scale has it.
static int64_t from_now(const struct program *program, int64_t duration_ns) {
    double scaled = (double)duration_ns * program->actor->part->run->engine->options->timeout_scale;
    return clock_after(clock_now_ns(), scaled > (double)(INT64_MAX / 4) ? INT64_MAX / 4 : (int64_t)scaled);
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
    if (program->is_stopping && !is_fault(number)) return; // whom it talked to is being stopped, too
    char name[SIGNAL_NAME_BYTES];
    struct failure *failure = fail(program, FAILURE_CRASHED);
    failure->is_cause = true;
    failure->message = arena_text(&program->actor->part->journal->arena, "%s ended process %d%s", program_signal_name(number, name),
                                  program->own_pid, is_fault(number) ? "" : ", and no `stop` had sent it");
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
    size_t const unread = sock->held.len_bytes - sock->held_from;
    if (sock->fd < 0 || unread == 0) return;
    struct failure *failure = fail(program, FAILURE_UNREAD_OUTPUT);
    struct arena *arena = &program->actor->part->journal->arena;
    size_t const window = unread < WINDOW_BYTES ? unread : WINDOW_BYTES;
    failure->message = arena_text(arena, "%zu byte%s that it printed to its %s %s never received", unread, unread == 1 ? "" : "s",
                                  stream_word(sock->stream), unread == 1 ? "was" : "were");
    failure->offset = failure->window_offset = sock->received_bytes;
    failure->received = slice_of(arena_copy(arena, sock->held.data + sock->held_from, window), window);
    failure->wanted = "nothing more";
}

void program_accused(struct program *program, struct sock *sock) {
    if (program->accused) return;
    program->accused = sock;
    program->accused_before_stop = !program->is_stopping;
    timer_arm(&program->actor->part->worker->timers, &program->report_timer, from_now(program, REPORT_NS));
}

void program_report_timer_fires(struct timer *timer) {
    judge_report(list_entry(timer, struct program, report_timer));
}

// --- what has been left

static void settle(struct program *program) {
    timer_cancel(&program->actor->part->worker->timers, &program->timer);
    process_free(program->process);
    program->process = NULL;
    program->phase = PROGRAM_SETTLED;
    judge_report(program);
    if (!program->is_stopping) return; // its steps may still ask for what it has printed
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
    failure->message = arena_text(arena, "process %d has ended, and %s that it started still run%s: %s", program->own_pid,
                                  count == 1 ? "a process" : arena_text(arena, "%u processes", count), count == 1 ? "s" : "",
                                  names.data);
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

// --- the end of its process

static void has_ended(struct program *program) {
    struct part *part = program->actor->part;
    program->phase = PROGRAM_ENDED;
    timer_cancel(&part->worker->timers, &program->timer);
    part->activity++;
    stream_drain(program->stdio); // all that it has printed itself is there by now
    if (program->error) stream_drain(program->error);
    struct event *event = journal_add(part->journal, EVENT_EXITED);
    event->actor = program->actor->instance;
    event->code = program->status.exit;
    event->count = (uint64_t)program->status.signal;
    struct value exit = value_integer(program->status.exit);
    if (!part->stopped) board_publish(part, program->actor->instance, FUTURE_EXIT, &exit);
    point_wake(&program->exit);
    if (program->accused) judge_report(program);
    else judge_signal(program);
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

static void signal_or_settle(struct program *program, int number) {
    if (program_signal(program, number, NULL) != 0) program_has_ended(program);
}

void program_timer_fires(struct timer *timer) {
    struct program *program = list_entry(timer, struct program, timer);
    if (program->phase == PROGRAM_RUNS) signal_or_settle(program, SIGKILL);
    else if (program->phase == PROGRAM_ENDED) look_for_left(program);
}

void program_arm_grace(struct program *program) {
    if (program->asked_to_end) return;
    program->asked_to_end = true;
    arm(program, from_now(program, GRACE_NS));
}

static void stop(struct program *program, bool passed) {
    program_has_ended(program);
    stream_drain(program->stdio);
    if (program->error) stream_drain(program->error);
    if (program->phase != PROGRAM_RUNS) judge_report(program);
    if (passed) judge_output(program);
    bool const is_asked = program->asked_to_end && program->phase == PROGRAM_RUNS;
    if (!passed) program->asked_to_end = false; // what is left of it is no fault where its steps were cut short
    program->is_stopping = true;
    stream_drop(program->stdio);
    if (program->error) stream_drop(program->error);
    if (program->phase == PROGRAM_RUNS) {
        if (!is_asked) program_signal(program, SIGTERM, NULL);
        if (!is_asked || !passed) arm(program, from_now(program, passed ? GRACE_NS : SHORT_GRACE_NS));
        if (process_signal(program->process, SIGCONT) != 0) program_has_ended(program); // should somebody have stopped it
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

void programs_hurry(struct part *part) {
    for (struct list *link = part->programs.next; link != &part->programs; link = link->next) {
        struct program *program = list_entry(link, struct program, link);
        program->asked_to_end = false;
        if (program->phase == PROGRAM_RUNS) arm(program, from_now(program, SHORT_GRACE_NS));
        else if (program->phase == PROGRAM_ENDED) settle(program);
    }
}

bool programs_have_settled(const struct part *part) {
    for (const struct list *link = part->programs.next; link != &part->programs; link = link->next) {
        const struct program *program = list_entry(link, struct program, link);
        if (program->phase == PROGRAM_RUNS || program->phase == PROGRAM_ENDED) return false;
    }
    return true;
}

bool programs_run(const struct part *part) {
    for (const struct list *link = part->programs.next; link != &part->programs; link = link->next)
        if (list_entry(link, struct program, link)->phase == PROGRAM_RUNS) return true;
    return false;
}
