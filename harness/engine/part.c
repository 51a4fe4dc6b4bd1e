// One part of a case: the actors that one worker plays of it, from their beginning to their end.
#include "board.h"
#include "case.h"
#include "deadlock.h"
#include "env.h"
#include "lifecycle.h"
#include "news.h"
#include "part.h"
#include "program.h"
#include "sock.h"
#include "steps.h"
#include "task.h"
#include "watch.h"
#include "worker.h"

#include <stdlib.h>

uint32_t instance_thread(const struct case_run *run, uint32_t instance) {
    // `afterwards` belongs to the home.
    if (run->plan->instances[instance].actor == run->plan->afterwards) return 0;
    return instance % run->thread_count;
}

struct actor_run *part_actor(struct part *part, uint32_t instance) {
    if (instance_thread(part->run, instance) != part->thread) return NULL;
    uint32_t last = part->actor_count - 1;
    if (part->actors[last].instance == instance) return &part->actors[last]; // `afterwards` stands out of the row
    return &part->actors[instance / part->run->thread_count];
}

void part_init(struct part *part, struct case_run *run, struct worker *worker, uint32_t thread) {
    *part = (struct part){.run = run, .worker = worker, .thread = thread, .journal = &run->segments[thread]};
    part->diag = &worker->diag;
    part->world_diag.fd = -1;
    arena_init(&part->arena);
    slab_init(&part->slab, &part->arena);
    list_init(&part->tasks);
    list_init(&part->awaited);
    list_init(&part->sockets);
    list_init(&part->programs);
    list_init(&part->follow_link);
    for (uint32_t i = 0; i < WATCH_BUCKETS; i++) list_init(&part->watchers[i]);
    for (uint32_t i = 0; i < run->plan->instance_count; i++) part->actor_count += instance_thread(run, i) == thread;
    part->actors = arena_array(&part->arena, part->actor_count, sizeof *part->actors);
    uint32_t own = 0;
    for (uint32_t i = 0; i < run->plan->instance_count; i++)
        if (instance_thread(run, i) == thread) part->actors[own++] = (struct actor_run){.part = part, .instance = i};
    for (uint32_t i = 0; i < own; i++)
        if (run->plan->actors[run->plan->instances[part->actors[i].instance].actor].role == ROLE_PROGRAM)
            program_init(&part->actors[i]);
    board_init(part);
}

static void abandon_sockets(struct part *part) {
    for (struct list *link = part->sockets.next; link != &part->sockets; link = link->next)
        sock_abandon(list_entry(link, struct sock, link));
}

// A case leaves nothing behind in the kernel where it may clean up: its connections' TIME_WAIT would hold a minute long
// the ports, and the places in the kernel's table, that the next cases need.
static void end_time_waits(struct part *part) {
    bool may = true;
    for (struct list *link = part->sockets.next; link != &part->sockets && may; link = link->next) {
        const struct sock *sock = list_entry(link, struct sock, link);
        if (!sock->connected || sock->was_reset || !net_is_tcp(sock->family)) continue;
        if (sock->end_seen && !sock->end_sent && !sock->shared) continue; // the peer was first: it is the peer's
        struct address local, peer;
        may = net_end_time_wait(part->diag, sock_local(sock, &local), sock_peer(sock, &peer)) == 0;
    }
}

void part_fini(struct part *part) {
    while (!list_empty(&part->tasks)) task_drop(list_entry(part->tasks.next, struct task, part_link));
    task_free_awaited(part);
    struct list *link;
    while ((link = list_take(&part->sockets))) {
        struct sock *sock = list_entry(link, struct sock, link);
        if (sock->fd >= 0) net_close(sock->fd, true);
        sock_free(sock);
    }
    diag_close(&part->world_diag);
    arena_fini(&part->arena);
}

static void begin_actor(struct actor_run *actor) {
    const struct plan *plan = actor->part->run->plan;
    struct event *event = journal_add(actor->part->journal, EVENT_ACTOR_BEGIN);
    event->actor = actor->instance;
    event->code = (int32_t)actor->part->thread;
    struct task *task = task_begin(actor, NULL, plan->actors[plan->instances[actor->instance].actor].first_step);
    task_push_block(task, PLAN_NONE);
}

// A socket that asks about a world's sockets has to be made in that world.
static int open_diag(struct part *part) {
    if (!part->run->world) return 0;
    part->diag = &part->world_diag;
    return diag_open(part->diag);
}

void part_begin(struct part *part) {
    news_begin(part);
    int error = open_diag(part);
    if (error) {
        struct failure *failure = arena_alloc(&part->journal->arena, sizeof *failure);
        failure->kind = FAILURE_RESOURCE;
        failure->message = arena_text(&part->journal->arena, "cannot ask the kernel about sockets: %s", errno_name(-error));
        journal_add(part->journal, EVENT_FAILED)->failure = failure;
        part->halted = true;
        home_halt(part);
        return;
    }
    for (uint32_t i = 0; i < part->actor_count; i++) {
        uint32_t const instance = part->actors[i].instance;
        if (part->run->plan->instances[instance].actor != part->run->plan->afterwards && !instance_is_outside(part->run, instance))
            begin_actor(&part->actors[i]);
    }
}

// --- the end before the end: somebody failed

// Who was to go on when the case was stopped waits no longer for what it has waited for.
static void describe_stopped(struct task *task, struct buffer *out) {
    const struct case_run *run = task->part->run;
    const struct step *step = task_step(task);
    const struct progress *progress = &task->progress;
    bool const is_at_barrier = step->kind == STEP_BARRIER && task->step_entered && progress->arrived;
    if (is_at_barrier && home_has_opened(run, step->name, progress->turn)) {
        buffer_printf(out, "for its turn: barrier %s has opened", run->plan->barriers[step->name].text);
        return;
    }
    // Whom a clock wakes looks again, and may wait on for the same.
    bool const is_woken = task->waiting == STEP_DONE && task->step_entered && task->wake_ns == CLOCK_NEVER;
    if (is_woken && task->waits_for) buffer_text(out, "for its turn, woken from waiting ");
    describe_wait(task, out);
    if (is_at_barrier)
        buffer_printf(out, ", %llu of %llu there", (unsigned long long)home_arrivals(run, step->name),
                      (unsigned long long)progress->arrivals);
}

static void note_where(struct task *task) {
    struct buffer text = {0};
    describe_stopped(task, &text);
    const struct step *step = task_step(task);
    size_t const text_bytes = text.len_bytes;
    uint64_t const came_from = recv_came(task, &text);
    struct event *event = task_event(task, EVENT_WAITING);
    if (step->kind == STEP_BLOCK_END) event->step = step->block; // which stands in the text
    event->count = text.len_bytes - text_bytes;
    event->offset = came_from;
    event->bytes = slice_of(arena_copy(&task->part->journal->arena, text.data ? text.data : "", text.len_bytes), text.len_bytes);
    buffer_fini(&text);
}

// Whether a listener of that address is this part's. In a world they all are the scenario's, programs' ones too: its home
// tells of them.
static bool tells_of(const struct part *part, const struct net_queue *queue) {
    if (part->run->world) return part->thread == 0;
    for (const struct list *link = part->sockets.next; link != &part->sockets; link = link->next) {
        const struct sock *sock = list_entry(link, struct sock, link);
        struct address local;
        if (sock->listening && sock->fd >= 0 && address_equal(sock_local(sock, &local), &queue->local)) return true;
    }
    return false;
}

// Who waits for an accept: where nobody accepts, that is why nothing goes on.
static void note_queues(struct part *part) {
    enum { QUEUES_MAX = 64 };
    struct net_queue queues[QUEUES_MAX];
    int const count = net_queues(part->diag, queues, QUEUES_MAX);
    for (int i = 0; i < count; i++) {
        if (!tells_of(part, &queues[i])) continue;
        struct event *event = journal_add(part->journal, EVENT_QUEUED);
        event->count = queues[i].count;
        journal_set_addresses(part->journal, &queues[i].local, NULL);
    }
}

static bool has_open_sockets(const struct part *part) {
    for (const struct list *link = part->sockets.next; link != &part->sockets; link = link->next)
        if (list_entry(link, struct sock, link)->fd >= 0) return true;
    return false;
}

static void say_stopped(struct part *part) {
    part->awaits_programs = false;
    struct mail *mail = mail_new(MAIL_STOPPED, part, &part->run->parts[0]);
    mail->count = !part->has_asked && !has_open_sockets(part);
    part_send(part, mail->to, mail);
}

void part_program_settled(struct part *part) {
    if (part->awaits_programs && programs_have_settled(part)) say_stopped(part);
}

// Its sockets stay open until all parts have stopped: whoever still plays would take our end of them for the peer's.
void part_stop(struct part *part, bool passed) {
    if (part->stopped) {
        if (part->awaits_programs && !passed) programs_hurry(part);
        return;
    }
    part->halted = part->stopped = true;
    for (struct list *link = part->tasks.next; link != &part->tasks; link = link->next) {
        struct task *task = list_entry(link, struct task, part_link);
        if (task->waiting != STEP_FAILED) note_where(task);
    }
    if (!passed) note_queues(part);
    while (!list_empty(&part->tasks)) {
        struct task *task = list_entry(part->tasks.next, struct task, part_link);
        task_drop(task);
    }
    programs_stop(part, passed);
    part->awaits_programs = true;
    part_program_settled(part);
}

// --- letters

void part_send(struct part *from, struct part *to, struct mail *mail) {
    mail->to = to;
    mail->from = from;
    if (from->worker != to->worker) {
        mailbox_post(&to->worker->mailbox, mail);
        return;
    }
    part_mail(to, mail);
    mail_free(mail);
}

static void answer(struct part *part, const struct mail *question) {
    struct mail *mail = mail_new(MAIL_ANSWER, part, question->from);
    mail->asker = question->asker;
    mail->question = question->question;
    struct value value = value_integer(0);
    const char *trouble = NULL;
    enum eval_status status =
        question->instance == UINT32_MAX
            ? attribute_of_all(part, question->term, &mail->memory, &value, &trouble)
            : attribute_of_instance(part, question->term, question->instance, &mail->memory, &value, &trouble);
    mail->has_value = status == EVAL_DONE; // WAIT: not yet at its end, ask again
    mail->is_unsettled = status == EVAL_UNSETTLED;
    mail->value = value_copy(&mail->memory, &value);
    mail->trouble = trouble;
    mailbox_post(&mail->to->worker->mailbox, mail);
}

struct question *part_open_question(const struct task *task) {
    struct question *question = task->progress.questions;
    while (question && question->answers_due == 0) question = question->next;
    return question;
}

static void take_answer(const struct mail *mail) {
    struct task *task = mail->asker;
    if (!task_hears(task)) return;
    struct question *question = task->progress.questions;
    while (question && question->number != mail->question) question = question->next;
    if (!question) return; // nobody wants to know any more
    struct value value = value_copy(&task->step_arena, &mail->value);
    if (value.kind == VALUE_INTEGER) value.number += question->value.number;
    question->value = value;
    question->has_value = question->has_value && mail->has_value;
    question->is_unsettled = question->is_unsettled || mail->is_unsettled;
    if (mail->trouble) question->trouble = arena_text(&task->step_arena, "%s", mail->trouble);
    if (--question->answers_due == 0) task_wake(task);
}

void part_mail(struct part *part, struct mail *mail) {
    worker_enter(part->worker, part->run);
    if (mail->kind != MAIL_PROBE && mail->kind != MAIL_REPORT) part->activity++;
    switch (mail->kind) {
    case MAIL_BEGIN: part_begin(part); return;
    case MAIL_FUTURE:
    case MAIL_EVENT:
    case MAIL_END:
        // On its way to the home, or from the home to everybody.
        if (mail->from != &part->run->parts[0] || !mail->spread) home_mail(part, mail);
        else board_mail(part, mail);
        return;
    case MAIL_RELEASE:
    case MAIL_QUIET: board_mail(part, mail); return;
    case MAIL_ARRIVE:
    case MAIL_EXIT:
    case MAIL_HALT:
    case MAIL_STOPPED:
    case MAIL_DRAINED:
    case MAIL_REPORT: home_mail(part, mail); return;
    case MAIL_ASK: answer(part, mail); return;
    case MAIL_ANSWER: take_answer(mail); return;
    case MAIL_LOOK:
    case MAIL_LOOKED: watch_mail(part, mail); return;
    case MAIL_STOP: part_stop(part, mail->count == 1); return;
    case MAIL_DRAIN:
        news_end(part);
        abandon_sockets(part);
        if (mail->count == 1) { // every path has come to its end
            lifecycle_tell(part);
            if (!part->run->world) end_time_waits(part);
        }
        // When all have answered, the home frees the world, and none may be in it but itself.
        if (mail->count == 1 && part->worker != mail->from->worker) worker_enter(part->worker, NULL);
        part_send(part, mail->from, mail_new(MAIL_DRAINED, part, mail->from));
        return;
    case MAIL_PROBE: {
        struct mail *report = mail_new(MAIL_REPORT, part, mail->from);
        report->report = deadlock_report(part);
        part_send(part, mail->from, report);
        return;
    }
    }
}
