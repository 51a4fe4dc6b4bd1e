// What actors tell each other: futures, events, barriers, ends. Every part has a board of its own; what one part sets goes
// to the home part and from there to all, so that every board sees everything in one order.
#include "board.h"
#include "case.h"
#include "part.h"
#include "task.h"

#include <string.h>

static void point_init(struct point *point) { list_init(&point->waiters); }

void point_wake(struct point *point) {
    struct list waiting;
    list_init(&waiting);
    struct list *link;
    while ((link = list_take(&point->waiters))) list_append(&waiting, link);
    while ((link = list_take(&waiting))) task_wake(list_entry(link, struct task, wait_link));
}

// --- futures, numbered: an actor that others read has a row of futures for each instance and one for whichever is first

static uint32_t row_length(const struct actor *actor) { return actor->is_read ? FUTURE_EXPORTS + actor->export_count : 0; }

// Each actor's first; how many there are.
static uint32_t number_futures(const struct plan *plan, uint32_t *first_futures) {
    uint32_t first = 0;
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        first_futures[i] = first;
        first += row_length(&plan->actors[i]) * (plan->actors[i].instance_count + 1);
    }
    return first;
}

uint32_t future_number(const struct part *part, uint32_t actor, uint32_t instance, uint32_t which) {
    return part->first_futures[actor] + row_length(&part->run->plan->actors[actor]) * instance + which;
}

void board_init(struct part *part) {
    const struct plan *plan = part->run->plan;
    struct arena *arena = &part->arena;
    part->first_futures = arena_array(arena, plan->actor_count, sizeof *part->first_futures);
    uint32_t futures = number_futures(plan, part->first_futures);
    part->futures = arena_array(arena, futures, sizeof *part->futures);
    part->events = arena_array(arena, plan->event_count, sizeof *part->events);
    part->barriers = arena_array(arena, plan->barrier_count, sizeof *part->barriers);
    part->barrier_turns = arena_array(arena, plan->barrier_count, sizeof *part->barrier_turns);
    part->ends = arena_array(arena, plan->actor_count, sizeof *part->ends);
    part->ended_count = arena_array(arena, plan->actor_count, sizeof *part->ended_count);
    part->ended = arena_array(arena, plan->instance_count, sizeof *part->ended);
    for (uint32_t i = 0; i < futures; i++) point_init(&part->futures[i].point);
    for (uint32_t i = 0; i < plan->event_count; i++) point_init(&part->events[i]);
    for (uint32_t i = 0; i < plan->barrier_count; i++) point_init(&part->barriers[i]);
    for (uint32_t i = 0; i < plan->actor_count; i++) point_init(&part->ends[i]);
}

// --- what is set here goes home

static struct mail *letter(struct part *part, enum mail_kind kind, uint32_t number) {
    struct mail *mail = mail_new(kind, part, &part->run->parts[0]);
    mail->number = number;
    return mail;
}

static void set_future(struct part *part, uint32_t number, const struct value *value) {
    if (part->futures[number].point.set) return; // the first value stays
    struct mail *mail = letter(part, MAIL_FUTURE, number);
    mail->value = value_copy(&mail->memory, value);
    part_send(part, mail->to, mail);
}

void board_publish(struct part *part, uint32_t instance, uint32_t which, const struct value *value) {
    const struct plan *plan = part->run->plan;
    const struct instance *who = &plan->instances[instance];
    const struct actor *actor = &plan->actors[who->actor];
    if (!actor->is_read) return;
    set_future(part, future_number(part, who->actor, who->index, which), value);
    if (actor->instance_count > 1)
        set_future(part, future_number(part, who->actor, actor->instance_count, which), value);
}

void board_signal(struct part *part, uint32_t event) {
    if (part->events[event].set) return;
    struct mail *mail = letter(part, MAIL_EVENT, event);
    part_send(part, mail->to, mail);
}

void board_arrive(struct part *part, uint32_t barrier, uint64_t of) {
    struct mail *mail = letter(part, MAIL_ARRIVE, barrier);
    mail->count = of;
    part_send(part, mail->to, mail);
}

void board_end(struct part *part, uint32_t instance) {
    struct mail *mail = letter(part, MAIL_END, instance);
    part_send(part, mail->to, mail);
}

// --- and comes here from home

static void wake_row(struct part *part, uint32_t actor, uint32_t instance) {
    const struct plan *plan = part->run->plan;
    uint32_t first = future_number(part, actor, instance, 0), length = row_length(&plan->actors[actor]);
    for (uint32_t i = 0; i < length; i++) point_wake(&part->futures[first + i].point);
}

// Who waits for something of an actor looks again when that instance ends, or the last one does: it may wait in vain now.
static void ended(struct part *part, uint32_t instance) {
    const struct plan *plan = part->run->plan;
    uint32_t actor = plan->instances[instance].actor;
    uint32_t instances = plan->actors[actor].instance_count;
    part->ended[instance] = true;
    part->ended_count[actor]++;
    point_wake(&part->ends[actor]);
    wake_row(part, actor, plan->instances[instance].index);
    if (part->ended_count[actor] < instances) return;
    wake_row(part, actor, instances);
    for (uint32_t i = 0; i < plan->event_count; i++)
        if (!list_empty(&part->events[i].waiters) && plan->events[i].actors[actor]) point_wake(&part->events[i]);
}

static void quiet(struct part *part) {
    part->quiet = true;
    if (part->run->is_alone) count_comers(part);
    for (struct list *link = part->tasks.next; link != &part->tasks; link = link->next) {
        struct task *task = list_entry(link, struct task, part_link);
        if (task->waiting == STEP_WANTS_READ && task_step(task)->kind == STEP_ACCEPT) task_wake(task);
    }
}

void board_mail(struct part *part, struct mail *mail) {
    switch (mail->kind) {
    case MAIL_FUTURE: {
        struct future *future = &part->futures[mail->number];
        if (future->point.set) return;
        future->value = value_copy(&part->arena, &mail->value);
        future->point.set = true;
        point_wake(&future->point);
        return;
    }
    case MAIL_EVENT:
        part->events[mail->number].set = true;
        point_wake(&part->events[mail->number]);
        return;
    case MAIL_RELEASE:
        part->barrier_turns[mail->number]++;
        point_wake(&part->barriers[mail->number]);
        return;
    case MAIL_END: ended(part, mail->number); return;
    case MAIL_QUIET: quiet(part); return;
    case MAIL_BEGIN:
    case MAIL_ARRIVE:
    case MAIL_EXIT:
    case MAIL_ASK:
    case MAIL_ANSWER:
    case MAIL_LOOK:
    case MAIL_LOOKED:
    case MAIL_HALT:
    case MAIL_STOP:
    case MAIL_STOPPED:
    case MAIL_DRAIN:
    case MAIL_DRAINED:
    case MAIL_PROBE:
    case MAIL_REPORT: return;
    }
}
