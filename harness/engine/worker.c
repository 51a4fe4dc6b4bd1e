// One thread's loop: letters, then whoever can run, then the next case, then the kernel.
#include "case.h"
#include "deadlock.h"
#include "lifecycle.h"
#include "news.h"
#include "packets.h"
#include "part.h"
#include "sock.h"
#include "task.h"
#include "worker.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 256, TASKS_AT_ONCE = 256, READY_IN_A_ROW = 64, TASKS_BETWEEN_POLLS = 16 };

// How long a trace is left alone while nobody here has anything to do: programs, and other parts, go on all the same.
static const int64_t TRACE_PAUSE_NS = 10 * 1000 * 1000;

int worker_init(struct worker *worker, struct engine *engine, uint32_t number) {
    *worker = (struct worker){.engine = engine, .number = number, .epoll_fd = -1, .diag = {.fd = -1}};
    worker->mailbox.event_fd = -1;
    list_init(&worker->ready);
    list_init(&worker->runnable);
    list_init(&worker->followed);
    int error = mailbox_init(&worker->mailbox);
    if (error) return error;
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (worker->epoll_fd < 0) return -errno;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}; // no socket: the mailbox
    if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->mailbox.event_fd, &event) != 0) return -errno;
    return diag_open(&worker->diag);
}

void worker_fini(struct worker *worker) {
    diag_close(&worker->diag);
    free(worker->bytes);
    arena_fini(&worker->spare);
    timer_heap_fini(&worker->timers);
    if (worker->epoll_fd >= 0) close(worker->epoll_fd);
    mailbox_fini(&worker->mailbox);
}

// A thread that cannot go where the case is must not go on: its sockets would be made in somebody else's network.
void worker_enter(struct worker *worker, const struct case_run *run) {
    uint64_t const number = run ? run->world_number : 0;
    if (worker->inside == number) return;
    int const error = world_enter(run ? run->world : NULL);
    if (error) {
        fprintf(stderr, "sockdrill: cannot change to another network: setns(2) says %s\n", strerror(-error));
        exit(3);
    }
    worker->inside = number;
}

void worker_end_all(struct worker *worker) {
    struct engine *engine = worker->engine;
    atomic_store(&engine->over, true);
    for (uint32_t i = 0; i < engine->worker_count; i++)
        if (i != worker->number) mailbox_nudge(engine->workers[i].mailbox.event_fd);
}

static bool deliver(struct worker *worker) {
    struct list letters;
    list_init(&letters);
    mailbox_take(&worker->mailbox, &letters);
    struct list *link = list_take(&letters);
    if (!link) return false;
    for (; link; link = list_take(&letters)) {
        struct mail *mail = list_entry(link, struct mail, link);
        part_mail(mail->to, mail);
        wait_report_free(mail->report);
        mail_free(mail);
    }
    return true;
}

// The one place where it is chosen who goes on: those first that the kernel has something for, so that a crowd which is
// only beginning does not keep a server from its queue; but they do not keep the crowd waiting for ever.
static struct task *next_task(struct worker *worker) {
    bool ready_first = worker->ready_in_a_row < READY_IN_A_ROW || list_empty(&worker->runnable);
    struct list *link = ready_first ? list_take(&worker->ready) : NULL;
    worker->ready_in_a_row = link ? worker->ready_in_a_row + 1 : 0;
    if (!link) link = list_take(&worker->runnable);
    return link ? list_entry(link, struct task, run_link) : NULL;
}

// What has gone by since it was last asked was that part's work; NULL: nobody's.
static void account(struct worker *worker, struct part *part) {
    int64_t const now_ns = clock_now_ns();
    if (part) part->work_ns += now_ns - worker->worked_ns;
    worker->worked_ns = now_ns;
}

static void run_tasks(struct worker *worker) {
    struct task *task;
    struct part *part = NULL;
    for (int i = 0; i < TASKS_AT_ONCE && (task = next_task(worker)); i++) {
        const struct case_run *run = task->part->run; // which outlives the task
        if (part && part != task->part) account(worker, part);
        part = task->part;
        task_run(task);
        if (i % TASKS_BETWEEN_POLLS == 0) lifecycle_poll(run);
        if (worker->home_of) packets_poll(worker->home_of);
    }
    if (part) account(worker, part);
}

// The next case of the queue, where this worker leads none. False: there is none to take.
static bool take_case(struct worker *worker) {
    struct engine *engine = worker->engine;
    if (!worker->takes_cases || worker->home_of) return false;
    if (atomic_load(&engine->no_more) || engine_interrupted()) {
        // What nobody takes any more is not waited for.
        uint32_t from = atomic_exchange(&engine->next, engine->count);
        if (from < engine->count && atomic_fetch_sub(&engine->unfinished, engine->count - from) == engine->count - from)
            worker_end_all(worker);
        return false;
    }
    uint32_t number = atomic_load(&engine->next);
    do {
        if (number >= engine->count) return false;
    } while (!atomic_compare_exchange_weak(&engine->next, &number, number + 1));
    case_begin(worker, number);
    return true;
}

static void wait_for_kernel(struct worker *worker, bool idle) {
    struct epoll_event events[EVENTS_AT_ONCE];
    struct timespec pause = {0}, *timeout = &pause;
    if (idle) {
        int64_t due = timer_next(&worker->timers);
        int64_t left = due == CLOCK_NEVER ? CLOCK_NEVER : due - clock_now_ns();
        if (worker->home_of && worker->home_of->trace && left > TRACE_PAUSE_NS) left = TRACE_PAUSE_NS;
        if (left == CLOCK_NEVER) timeout = NULL;
        else if (left > 0) pause = (struct timespec){left / NS_PER_S, left % NS_PER_S};
    }
    bool const follows = !list_empty(&worker->followed);
    if (follows) news_tell(worker, timeout != &pause || pause.tv_sec > 0 || pause.tv_nsec > 0);
    int count = epoll_pwait2(worker->epoll_fd, events, EVENTS_AT_ONCE, timeout, worker->signals);
    if (count < 0 && errno == ENOSYS) // before Linux 5.11: whole milliseconds, rounded up
        count = epoll_pwait(worker->epoll_fd, events, EVENTS_AT_ONCE,
                            timeout ? (int)(pause.tv_sec * 1000 + (pause.tv_nsec + 999999) / 1000000) : -1, worker->signals);
    if (follows) news_wake(worker);
    if (idle) account(worker, NULL);
    for (int i = 0; i < count; i++) {
        struct epoll_target *target = events[i].data.ptr;
        if (target) target->ready(target, events[i].events);
        else mailbox_heed(&worker->mailbox);
    }
}

// epoll_pwait(2) lets a signal in only where it sleeps: who is always busy does so now and then.
static void hear_signals(struct worker *worker) {
    enum { BUSY_NS = 20 * 1000 * 1000 };
    if (!worker->signals || worker->worked_ns - worker->heard_ns < BUSY_NS) return;
    sigset_t busy;
    pthread_sigmask(SIG_SETMASK, worker->signals, &busy);
    pthread_sigmask(SIG_SETMASK, &busy, NULL);
    worker->heard_ns = worker->worked_ns;
}

static bool nothing_to_do(const struct worker *worker) {
    return list_empty(&worker->ready) && list_empty(&worker->runnable) &&
           !(worker->home_of && worker->home_of->finished);
}

void *worker_main(void *argument) {
    struct worker *worker = argument;
    struct engine *engine = worker->engine;
    bool seen_interrupt = false;
    worker->bytes = memory_need(malloc(SCRATCH_BYTES)); // here: the first makes a thread's heap, while others begin the case
    account(worker, NULL);
    while (!atomic_load(&engine->over)) {
        deliver(worker);
        timer_fire(&worker->timers, worker->worked_ns);
        run_tasks(worker);
        if (worker->home_of) lifecycle_poll(worker->home_of);
        bool const ends = worker->home_of && worker->home_of->finished;
        if (ends) case_finish(worker->home_of);
        if (engine_interrupted() && worker->home_of && !seen_interrupt) {
            seen_interrupt = true;
            case_interrupt(worker->home_of);
            continue;
        }
        if (engine_clients_ended() && worker->home_of && case_clients_end(worker->home_of)) continue;
        bool took = take_case(worker);
        if (ends || took) account(worker, NULL); // beginnings and ends are no step's work
        if (atomic_load(&engine->over)) break;
        wait_for_kernel(worker, !took && nothing_to_do(worker));
        hear_signals(worker);
    }
    return NULL;
}
