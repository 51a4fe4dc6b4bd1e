// Watching a state that may pass in microseconds. `expect state == FIN_WAIT2 within 1s` must not miss FIN_WAIT2 because the
// other end, which is ours too, went on at once. So while an actor is about to look at its connection, whoever acts on the
// other end lets it look after each of its steps.
//
// The watch begins with the step before the `expect`, so that there is no moment between the two in which nobody looks.
#include "part.h"
#include "sock.h"
#include "task.h"
#include "watch.h"

#include <netinet/tcp.h>

// Of a task that watches. In the part's slab.
struct watch {
    struct list link; // in part->watchers
    struct task *task;
    uint32_t bucket;
};

// The same for both ends of a connection; from 1. 0: no TCP connection.
static uint32_t bucket_of(const struct sock *sock) {
    struct address room;
    if (!sock || (sock->local.family != AF_INET && sock->local.family != AF_INET6)) return 0;
    int64_t local = address_port(sock_local(sock, &room)), peer = address_port(sock_peer(sock, &room));
    if (local <= 0 || peer <= 0) return 0;
    uint32_t low = (uint32_t)(local < peer ? local : peer), high = (uint32_t)(local < peer ? peer : local);
    return 1 + (low * 2654435761u ^ high * 40503u) % WATCH_BUCKETS;
}

static bool is_watched_expect(const struct step *step) { return step->kind == STEP_EXPECT && step->within; }

static uint32_t watched(const struct task *task) { return task->watch ? task->watch->bucket : 0; }

void watch_begin_step(struct task *task, const struct step *step) {
    bool before = step->kind < STEP_BLOCK_END && step->after == task->pc + 1 && is_watched_expect(step + 1);
    uint32_t bucket = is_watched_expect(step) || before ? bucket_of(task_socket(task)) : 0;
    if (bucket == watched(task)) return;
    watch_end(task);
    if (bucket == 0) return;
    struct watch *watch = slab_take(&task->part->slab, sizeof *watch);
    watch->task = task;
    watch->bucket = bucket;
    task->watch = watch;
    list_append(&task->part->watchers[bucket - 1], &watch->link);
    atomic_fetch_add(&task->part->run->watched[bucket - 1], 1);
    atomic_fetch_add(&task->part->run->watching, 1);
}

void watch_end(struct task *task) {
    struct watch *watch = task->watch;
    if (!watch) return;
    atomic_fetch_sub(&task->part->run->watching, 1);
    atomic_fetch_sub(&task->part->run->watched[watch->bucket - 1], 1);
    list_remove(&watch->link);
    slab_give(&task->part->slab, watch, sizeof *watch);
    task->watch = NULL;
}

uint32_t watch_acting_on(struct task *task) {
    if (atomic_load(&task->part->run->watching) == 0) return 0;
    uint32_t bucket = bucket_of(task_socket(task));
    if (bucket == 0) return 0;
    uint32_t others = atomic_load(&task->part->run->watched[bucket - 1]) - (watched(task) == bucket);
    return others > 0 ? bucket : 0;
}

// Everyone here who watches that connection looks now, if it has come so far.
static void look(struct part *part, uint32_t bucket) {
    struct list *watchers = &part->watchers[bucket - 1];
    for (struct list *link = watchers->next; link != watchers; link = link->next) {
        struct task *task = list_entry(link, struct watch, link)->task;
        if (task->waiting == STEP_WANTS_TIME) task_wake(task);
    }
}

// An acknowledgement that the kernel keeps back, to send it along with what comes next, would make two transitions of the
// other end one: FIN_WAIT1 would go on to TIME_WAIT at once when our FIN comes with it. TCP_QUICKACK sends it only where nothing
// is queued: of the end of a stream we had only a peek.
static void acknowledge_now(const struct sock *sock) {
    if (!sock || sock->fd < 0 || !sock->connected || !net_is_tcp(sock->family)) return;
    uint8_t none;
    if (sock->end_seen && !sock->tls) net_recv(sock->fd, &none, sizeof none);
    net_set_option(sock->fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

bool watch_let_others_look(struct task *task, uint32_t bucket) {
    struct case_run *run = task->part->run;
    if (bucket == 0) return false;
    acknowledge_now(task_socket(task));
    look(task->part, bucket);
    task->looks_due = run->thread_count - 1;
    if (task->looks_due == 0) {
        task_wake(task); // behind those who look
        return true;
    }
    for (uint32_t i = 0; i < run->thread_count; i++) {
        if (i == task->part->thread) continue;
        task->part->has_asked = true;
        struct mail *mail = mail_new(MAIL_LOOK, task->part, &run->parts[i]);
        mail->number = bucket;
        mail->asker = task;
        task->letters_due++;
        mailbox_post(&mail->to->worker->mailbox, mail);
    }
    task->waiting = STEP_WANTS_EVENT;
    task->waits_for = "for others to look at the connection's state";
    return true;
}

// A worker that is asked runs its watchers at once, and then says that they have looked.
static void look_and_reply(struct part *part, const struct mail *mail) {
    struct list watching, *watchers = &part->watchers[mail->number - 1];
    list_init(&watching);
    struct list *link;
    while ((link = list_take(watchers))) list_append(&watching, link);
    while ((link = list_take(&watching))) {
        struct task *task = list_entry(link, struct watch, link)->task;
        list_append(watchers, link);
        bool can_look = task->waiting == STEP_WANTS_TIME || !list_empty(&task->run_link);
        if (!can_look || part->halted) continue;
        task_wake(task);
        list_remove(&task->run_link);
        task_run(task);
    }
    struct mail *reply = mail_new(MAIL_LOOKED, part, mail->from);
    reply->asker = mail->asker;
    mailbox_post(&reply->to->worker->mailbox, reply);
}

void watch_mail(struct part *part, struct mail *mail) {
    if (mail->kind == MAIL_LOOK) {
        look_and_reply(part, mail);
        return;
    }
    struct task *task = mail->asker;
    if (task_hears(task) && task->looks_due > 0 && --task->looks_due == 0) task_wake(task);
}
