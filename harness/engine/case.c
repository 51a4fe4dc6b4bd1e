// A case from its dealing to its journal: what its home part knows of all the parts.
#include "case.h"
#include "deadlock.h"
#include "linger.h"
#include "packets.h"
#include "part.h"
#include "setting.h"
#include "task.h"
#include "worker.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { REPORTS_KEPT = 2 };

// How often the home looks whether everybody waits in vain: soon after the last sign of life, then ever more rarely.
static const int64_t PROBE_FIRST_NS = 2 * 1000 * 1000, PROBE_LAST_NS = 100 * 1000 * 1000;

// What only the home knows. Owned by the home part's worker.
struct home {
    struct case_run *run;
    uint64_t *arrivals;        // by barrier, since it last opened
    uint64_t *openings;        // by barrier, how often it has
    uint32_t clients_left, instances_left; // programs count as clients
    bool awaits_clients;       // those outside, who count as one more
    uint32_t outside_count;    // instances that are, and that one
    struct epoll_target lifeline;
    bool afterwards_begun;
    bool stopping;
    uint32_t stopped_parts; // in this round
    uint32_t drain_rounds;
    bool has_loose_ends; // of some part: open sockets, or questions that it has asked
    struct timer timeout, probe;
    int64_t probe_pause_ns;
    uint64_t seen_activity;
    struct wait_report **reports[REPORTS_KEPT]; // by round, by part: the newest and the one before
    uint32_t reports_due;
};

static void spread(struct part *home, const struct mail *mail, enum mail_kind kind, uint64_t count) {
    for (uint32_t i = 0; i < home->run->thread_count; i++) {
        struct mail *copy = mail_new(kind, home, &home->run->parts[i]);
        copy->spread = true;
        copy->number = mail ? mail->number : 0;
        copy->count = count;
        if (mail && mail->kind == MAIL_FUTURE) copy->value = value_copy(&copy->memory, &mail->value);
        part_send(home, copy->to, copy);
    }
}

// Whether an `accept` waits for its end: what may connect.
static bool makes_noise(const struct actor *actor) { return actor->role == ROLE_CLIENT || actor->role == ROLE_PROGRAM; }

// --- clients outside

bool instance_is_outside(const struct case_run *run, uint32_t instance) {
    const struct plan *plan = run->plan;
    return run->engine->options->clients_outside && plan->actors[plan->instances[instance].actor].role == ROLE_CLIENT;
}

static void lifeline_ready(struct epoll_target *target, uint32_t epoll_events) {
    (void)epoll_events;
    case_clients_end(list_entry(target, struct home, lifeline)->run);
}

// Only its end is heard: whatever is written into it is nobody's.
static int watch_lifeline(struct home *home) {
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = &home->lifeline};
    int const fd = home->awaits_clients ? home->run->engine->options->lifeline : -1;
    home->lifeline.ready = lifeline_ready;
    return fd < 0 || epoll_ctl(home->run->parts[0].worker->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

bool actor_listens(const struct plan *plan, const struct actor *actor) {
    for (uint32_t i = actor->first_step; i < actor->first_step + actor->step_count; i++)
        if (plan->steps[i].kind == STEP_LISTENS) return true;
    return false;
}

// Whose process has not ended yet.
static bool has_listening_program(const struct case_run *run) {
    const struct plan *plan = run->plan;
    for (uint32_t i = 0; run->programs && i < plan->instance_count; i++)
        if (!atomic_load(&run->programs[i].has_ended) && actor_listens(plan, &plan->actors[plan->instances[i].actor])) return true;
    return false;
}

// Every other has come to its end, and nobody is left that they could come to.
static void end_clients_of_nobody(struct part *part) {
    const struct home *home = part->run->home;
    bool const is_done = home->awaits_clients && home->instances_left == home->outside_count;
    if (is_done && !has_listening_program(part->run)) case_clients_end(part->run);
}

static uint32_t count_outside(const struct case_run *run) {
    uint32_t count = 1;
    for (uint32_t i = 0; i < run->plan->instance_count; i++) count += instance_is_outside(run, i);
    return count;
}

// --- the end

static void note_timing(const struct case_run *run) {
    int64_t work_ns = 0;
    for (uint32_t i = 0; i < run->thread_count; i++) work_ns += run->parts[i].work_ns;
    struct event *timing = journal_add(&run->segments[0], EVENT_TIMING);
    timing->count = (uint64_t)run->setup_ns;
    timing->offset = (uint64_t)work_ns;
}

void case_finish(struct case_run *run) {
    struct engine *engine = run->engine;
    struct worker *worker = run->parts[0].worker;
    timer_cancel(&worker->timers, &run->home->timeout);
    timer_cancel(&worker->timers, &run->home->probe);
    note_timing(run);
    for (uint32_t i = 0; i < run->thread_count; i++) part_fini(&run->parts[i]);
    uint32_t const segment_count = run->thread_count + (run->packets != NULL);
    packets_end(run);
    // After the last case nobody needs the other workers: they end while this one tells of it.
    if (atomic_fetch_sub(&engine->unfinished, 1) == 1) worker_end_all(worker);
    journal_add(&run->segments[0], EVENT_CASE_END);
    struct journal *journal = memory_need(calloc(1, sizeof *journal));
    journal_merge(journal, run->segments, segment_count);
    char *kept = engine->options->keep ? run->scratch.path : NULL;
    setting_end(run);
    pthread_mutex_lock(&engine->lock);
    bool go_on = engine->done(engine->context, run->number, journal, kept);
    pthread_mutex_unlock(&engine->lock);
    scratch_keep(&run->scratch);
    if (!go_on) atomic_store(&engine->no_more, true);
    for (int round = 0; round < REPORTS_KEPT; round++) {
        for (uint32_t i = 0; i < run->thread_count; i++) wait_report_free(run->home->reports[round][i]);
        free(run->home->reports[round]);
    }
    free(run->home->arrivals);
    free(run->home->openings);
    free(run->home);
    free(run->free_ports);
    free(run->programs);
    free(run->own_ports);
    free(run->parts);
    free(run);
    worker->home_of = NULL;
}

static void stop_parts(struct part *home, bool passed) {
    struct case_run *run = home->run;
    // The last of them hands the case over, and then there is nothing left to look at.
    for (uint32_t i = run->thread_count; i > 0; i--) {
        struct part *part = &run->parts[i - 1];
        struct mail *mail = mail_new(MAIL_STOP, home, part);
        mail->count = passed;
        part_send(home, part, mail);
    }
}

static void stop_all(struct part *home, bool passed) {
    if (home->run->home->stopping) return;
    home->run->home->stopping = true;
    stop_parts(home, passed);
}

void home_halt(struct part *part) {
    struct part *home = &part->run->parts[0];
    mailbox_post(&home->worker->mailbox, mail_new(MAIL_HALT, part, home));
}

static const struct span WHOLE_TEXT;

static void fail_case(struct part *home, enum failure_kind kind, const char *message, struct span span) {
    if (home->run->home->stopping) return; // what ended it has come before
    struct failure *failure = arena_alloc(&home->journal->arena, sizeof *failure);
    failure->kind = kind;
    failure->message = message;
    failure->span = span;
    journal_add(home->journal, EVENT_FAILED)->failure = failure;
    stop_all(home, false);
}

static void timeout_fires(struct timer *timer) {
    struct home *home = list_entry(timer, struct home, timeout);
    char text[CLOCK_TEXT_BYTES], stretched[CLOCK_TEXT_BYTES];
    struct part *part = &home->run->parts[0];
    struct arena *arena = &part->journal->arena;
    const char *message = arena_text(arena, "the scenario was not over within its timeout of %s",
                                     clock_text(home->run->plan->timeout_ns, text));
    if (home->run->engine->options->timeout_scale != 1)
        message = arena_text(arena, "%s, which --timeout-scale made %s", message,
                             clock_text(home->run->timeout_ns, stretched));
    fail_case(part, FAILURE_TIMEOUT, message, WHOLE_TEXT);
}

// --- ends of instances

static void begin_timers(struct home *home) {
    struct timer_heap *timers = &home->run->parts[0].worker->timers;
    int64_t now_ns = clock_now_ns(); // the world and its keys, which may take their time, are not the actors' delay
    timer_arm(timers, &home->timeout, clock_after(now_ns, home->run->timeout_ns));
    timer_arm(timers, &home->probe, clock_after(now_ns, PROBE_FIRST_NS));
}

static void begin_afterwards(struct part *home) {
    const struct plan *plan = home->run->plan;
    home->run->home->afterwards_begun = true;
    struct actor_run *actor = part_actor(home, plan->actors[plan->afterwards].first_instance);
    journal_add(home->journal, EVENT_ACTOR_BEGIN)->actor = actor->instance;
    struct task *task = task_begin(actor, NULL, plan->actors[plan->afterwards].first_step);
    task_push_block(task, PLAN_NONE);
}

static void one_less(struct part *part, bool is_client) {
    struct home *home = part->run->home;
    const struct plan *plan = part->run->plan;
    home->instances_left--;
    if (is_client && --home->clients_left == 0) spread(part, NULL, MAIL_QUIET, 0);
    end_clients_of_nobody(part);
    if (home->instances_left > 0 || home->stopping) return;
    if (plan->afterwards != PLAN_NONE && !home->afterwards_begun) {
        home->instances_left = 1;
        begin_afterwards(part);
    } else {
        stop_all(part, true);
    }
}

static void instance_ended(struct part *part, const struct mail *mail) {
    const struct plan *plan = part->run->plan;
    spread(part, mail, MAIL_END, 0);
    one_less(part, makes_noise(&plan->actors[plan->instances[mail->number].actor]));
}

bool case_clients_end(struct case_run *run) {
    struct home *home = run->home;
    struct part *part = &run->parts[0];
    if (!home->awaits_clients || home->stopping) return false;
    home->awaits_clients = false;
    run->is_alone = true;
    begin_timers(home);
    for (uint32_t i = 0; i < run->plan->instance_count; i++)
        if (instance_is_outside(run, i)) instance_ended(part, &(struct mail){.kind = MAIL_END, .from = part, .number = i});
    one_less(part, true);
    return true;
}

uint64_t home_arrivals(const struct case_run *run, uint32_t barrier) { return run->home->arrivals[barrier]; }

bool home_has_opened(const struct case_run *run, uint32_t barrier, uint64_t turn) {
    return run->home->openings[barrier] > turn;
}

static void arrived(struct part *part, const struct mail *mail) {
    struct home *home = part->run->home;
    if (home->stopping) return; // other parts may be reading how many there are
    if (++home->arrivals[mail->number] < mail->count) return;
    home->arrivals[mail->number] = 0;
    home->openings[mail->number]++;
    spread(part, mail, MAIL_RELEASE, 0);
}

// --- deadlocks

static void probe_fires(struct timer *timer) {
    struct home *home = list_entry(timer, struct home, probe);
    struct part *part = &home->run->parts[0];
    if (home->stopping) return;
    if (part->activity != home->seen_activity || home->reports_due > 0) {
        home->seen_activity = part->activity;
        home->probe_pause_ns = PROBE_FIRST_NS;
    } else {
        if (home->probe_pause_ns < PROBE_LAST_NS) home->probe_pause_ns *= 2;
        home->reports_due = home->run->thread_count;
        for (uint32_t i = 0; i < home->run->thread_count; i++) {
            struct part *to = &home->run->parts[i];
            part_send(part, to, mail_new(MAIL_PROBE, part, to));
        }
        if (home->stopping) return;
    }
    timer_arm(&part->worker->timers, timer, clock_after(clock_now_ns(), home->probe_pause_ns));
}

// Two rounds that say the same, with nothing done between them, and in which nobody can go on: that is a deadlock.
static void reported(struct part *part, struct mail *mail) {
    struct home *home = part->run->home;
    uint32_t thread = mail->from->thread;
    wait_report_free(home->reports[1][thread]);
    home->reports[1][thread] = home->reports[0][thread];
    home->reports[0][thread] = mail->report;
    mail->report = NULL;
    if (--home->reports_due > 0 || home->stopping) return;
    for (uint32_t i = 0; i < part->run->thread_count; i++)
        if (!home->reports[1][i] || !wait_report_same(home->reports[0][i], home->reports[1][i])) return;
    if (!deadlock_found(home->reports[0], home->reports[1], part->run->thread_count, part->run->is_alone)) return;
    if (part->run->is_alone && task_fail_in_vain(part)) return;
    fail_case(part, FAILURE_DEADLOCK, "everybody waits for somebody else, and nothing can change that", WHOLE_TEXT);
}

// A part that has stopped sends nothing of its own, but what it was asked before it may still be on its way, and the answer
// to that behind it. Two rounds through every mailbox see both arrive; only then may the parts be freed.
static void one_more_stopped(struct part *part, const struct mail *mail) {
    enum { ROUNDS = 2 };
    struct case_run *run = part->run;
    struct home *home = run->home;
    if (mail->kind == MAIL_STOPPED && mail->count == 0) home->has_loose_ends = true;
    if (++home->stopped_parts < run->thread_count) return;
    home->stopped_parts = 0;
    if (home->drain_rounds == 0 && !home->has_loose_ends) home->drain_rounds = 1; // the first would find nothing
    if (home->drain_rounds++ == ROUNDS) {
        run->finished = true;
        return;
    }
    bool const is_last = home->drain_rounds == ROUNDS;
    for (uint32_t i = 0; i < run->thread_count; i++) {
        struct part *to = &run->parts[i];
        struct mail *drain = mail_new(MAIL_DRAIN, part, to);
        drain->count = is_last;
        part_send(part, to, drain);
    }
}

// --- letters

void home_mail(struct part *part, struct mail *mail) {
    switch (mail->kind) {
    case MAIL_FUTURE:
    case MAIL_EVENT: spread(part, mail, mail->kind, 0); return;
    case MAIL_END: instance_ended(part, mail); return;
    case MAIL_ARRIVE: arrived(part, mail); return;
    case MAIL_EXIT: end_clients_of_nobody(part); return;
    case MAIL_HALT: stop_all(part, false); return;
    case MAIL_STOPPED:
    case MAIL_DRAINED: one_more_stopped(part, mail); return;
    case MAIL_REPORT: reported(part, mail); return;
    case MAIL_BEGIN:
    case MAIL_RELEASE:
    case MAIL_QUIET:
    case MAIL_ASK:
    case MAIL_ANSWER:
    case MAIL_LOOK:
    case MAIL_LOOKED:
    case MAIL_STOP:
    case MAIL_DRAIN:
    case MAIL_PROBE: return;
    }
}

// --- the beginning

static void set_up(struct case_run *run) {
    struct part *home = &run->parts[0];
    struct event *begin = journal_add(home->journal, EVENT_CASE_BEGIN);
    begin->count = run->thread_count;
    begin->code = run->engine->options->clients_outside ? CASE_CLIENTS_OUTSIDE : 0;
    struct setting_trouble trouble = {0};
    enum setting_outcome setting = setting_make(run, &trouble);
    run->setup_ns = clock_now_ns() - run->begin_ns;
    const char *why = arena_text(&home->journal->arena, "%s", trouble.text.data ? trouble.text.data : "");
    buffer_fini(&trouble.text);
    if (setting == SETTING_LACKS) {
        journal_add(home->journal, EVENT_SKIPPED)->bytes = slice_text(why);
        stop_all(home, false);
        return;
    }
    if (setting == SETTING_FAILED) {
        fail_case(home, FAILURE_RESOURCE, why, trouble.span);
        return;
    }
    int const error = watch_lifeline(run->home);
    if (error) {
        fail_case(home, FAILURE_RESOURCE,
                  arena_text(&home->journal->arena, "the lifeline cannot be watched: %s", errno_name(-error)), WHOLE_TEXT);
        return;
    }
    if (!run->home->awaits_clients) begin_timers(run->home);
    if (run->home->clients_left == 0) spread(home, NULL, MAIL_QUIET, 0);
    for (uint32_t i = run->thread_count; i > 0; i--) {
        struct part *part = &run->parts[i - 1];
        part_send(home, part, mail_new(MAIL_BEGIN, home, part));
    }
}

static struct home *home_new(struct case_run *run) {
    const struct plan *plan = run->plan;
    struct home *home = memory_need(calloc(1, sizeof *home));
    home->run = run;
    home->arrivals = memory_need(calloc(plan->barrier_count + 1, sizeof *home->arrivals));
    home->openings = memory_need(calloc(plan->barrier_count + 1, sizeof *home->openings));
    for (int round = 0; round < REPORTS_KEPT; round++)
        home->reports[round] = memory_need(calloc(run->thread_count, sizeof(struct wait_report *)));
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        if (plan->actors[i].role == ROLE_AFTERWARDS) continue;
        home->instances_left += plan->actors[i].instance_count;
        if (makes_noise(&plan->actors[i])) home->clients_left += plan->actors[i].instance_count;
    }
    home->awaits_clients = run->engine->options->clients_outside;
    home->outside_count = home->awaits_clients ? count_outside(run) : 0;
    home->instances_left += home->awaits_clients;
    home->clients_left += home->awaits_clients;
    home->timeout.fire = timeout_fires;
    home->probe.fire = probe_fires;
    home->probe_pause_ns = PROBE_FIRST_NS;
    return home;
}

uint32_t engine_threads_of(const struct plan *plan, const struct engine_options *options, uint32_t count) {
    uint32_t threads = options->threads ? options->threads : plan->threads;
    if (threads == 0) threads = count == 1 ? options->workers : 1;
    return threads < 1 ? 1 : threads;
}

static struct program_facts *program_facts_new(uint32_t count) {
    struct program_facts *facts = memory_need(calloc(count, sizeof *facts));
    for (uint32_t i = 0; i < count; i++) atomic_store(&facts[i].killed_after, PLAN_NONE);
    return facts;
}

void case_begin(struct worker *worker, uint32_t number) {
    struct engine *engine = worker->engine;
    struct case_run *run = memory_need(calloc(1, sizeof *run));
    run->engine = engine;
    run->plan = engine->plans[number];
    run->number = number;
    run->thread_count = engine_threads_of(run->plan, engine->options, engine->count);
    run->begin_ns = clock_now_ns();
    double timeout = (double)run->plan->timeout_ns * engine->options->timeout_scale;
    run->timeout_ns = timeout > (double)(INT64_MAX / 4) ? INT64_MAX / 4 : (int64_t)timeout;
    run->segments = memory_need(calloc(run->thread_count + 1, sizeof *run->segments));
    run->parts = memory_need(calloc(run->thread_count, sizeof *run->parts));
    for (uint32_t i = 0; i < run->thread_count; i++) journal_segment_init(&run->segments[i], i, run->thread_count);
    run->home = home_new(run);
    run->free_ports = memory_need(calloc(run->plan->free_ports + 1, sizeof *run->free_ports));
    if (run->plan->has_programs) run->programs = program_facts_new(run->plan->instance_count);
    if (run->plan->has_programs || engine->options->clients_outside) run->own_ports = linger_ports_new();
    for (uint32_t i = 0; i < run->thread_count; i++) {
        struct worker *player = &engine->workers[(worker->number + i) % engine->worker_count];
        part_init(&run->parts[i], run, player, i);
    }
    worker->home_of = run;
    if (engine->options->begun) engine->options->begun(engine->context, number);
    set_up(run);
}

// One that is at its end anyway, and waits for its programs, waits no longer than at a failure.
void case_interrupt(struct case_run *run) {
    if (run->home->stopping && run->home->drain_rounds == 0) stop_parts(&run->parts[0], false);
    fail_case(&run->parts[0], FAILURE_INTERRUPTED, "the run was interrupted", WHOLE_TEXT);
}
