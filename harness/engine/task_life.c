// A task's beginning and its end, and what it has in between: its slots, and its blocks with their sockets.
#include "board.h"
#include "linger.h"
#include "part.h"
#include "sock.h"
#include "task.h"
#include "watch.h"

#include <string.h>

const struct actor *actor_declared(const struct actor_run *actor) {
    const struct plan *plan = actor->part->run->plan;
    return &plan->actors[plan->instances[actor->instance].actor];
}

// --- slots

static uint32_t slots_of(const struct actor *actor) { return actor->slot_count - 1; }

struct slot *task_slot(struct task *task, uint32_t slot) { return &task->slots[slot - 1]; }

void task_set_slot(struct task *task, uint32_t slot, const struct value *value) {
    struct slot *place = task_slot(task, slot);
    arena_fini(&place->memory);
    arena_init(&place->memory);
    place->value = value_copy(&place->memory, value);
    place->set = true;
    place->written = actor_declared(task->actor)->slot_exports[slot] != PLAN_NONE;
    task->has_written = task->has_written || place->written;
}

void task_forget_written(struct task *task) {
    uint32_t const count = task->has_written ? slots_of(actor_declared(task->actor)) : 0;
    for (uint32_t i = 0; i < count; i++) task->slots[i].written = false;
    task->has_written = false;
}

// A branch that is passed over has captured nothing.
void task_publish_written(struct task *task) {
    const struct actor *actor = actor_declared(task->actor);
    for (uint32_t slot = 1; task->has_written && slot < actor->slot_count; slot++) {
        if (!task_slot(task, slot)->written) continue;
        board_publish(task->part, task->actor->instance, FUTURE_EXPORTS + actor->slot_exports[slot],
                      &task_slot(task, slot)->value);
    }
    task_forget_written(task);
}

// --- blocks

struct block_run *task_push_block(struct task *task, uint32_t opener) {
    struct block_run *block = slab_take(&task->part->slab, sizeof *block);
    block->outer = task->block;
    block->opener = opener;
    block->current = task->current;
    list_init(&block->sockets);
    task->block = block;
    return block;
}

// Its sockets are closed, or whoever stops the case closes them.
static void drop_block(struct task *task) {
    struct block_run *block = task->block;
    struct list *link;
    while ((link = list_take(&block->sockets))) continue;
    task->block = block->outer;
    slab_give(&task->part->slab, block, sizeof *block);
}

// Connections first and listeners last, each newest first: a listener that goes takes what is queued with it.
enum step_answer task_pop_block(struct task *task) {
    struct block_run *block = task->block;
    enum step_answer const lingers = linger_block(task, block);
    if (lingers != STEP_DONE) return lingers;
    for (int listeners = 0; listeners < 2; listeners++) {
        struct list *link = block->sockets.prev;
        while (link != &block->sockets) {
            struct sock *sock = list_entry(link, struct sock, block_link);
            link = link->prev;
            if (sock->fd < 0 || (sock->listening && !listeners)) continue;
            enum step_answer answer = sock_close(task, sock, CLOSE_BY_BLOCK);
            if (answer != STEP_DONE) return answer;
        }
    }
    task->current = block->current;
    drop_block(task);
    return STEP_DONE;
}

// --- beginning and end

// With its slots, and behind them what it calls its sockets.
static size_t bytes_of(const struct actor *actor) {
    return sizeof(struct task) + slots_of(actor) * sizeof(struct slot) + actor->socket_slot_count * sizeof(struct sock *);
}

struct task *task_begin(struct actor_run *actor, struct task *parent, uint32_t pc) {
    struct part *part = actor->part;
    uint32_t const slot_count = slots_of(actor_declared(actor));
    struct task *task = slab_take(&part->slab, bytes_of(actor_declared(actor)));
    task->sockets = (struct sock **)(task->slots + slot_count);
    list_init(&task->run_link);
    list_init(&task->part_link);
    list_init(&task->wait_link);
    task->part = part;
    task->actor = actor;
    task->parent = parent;
    task->number = actor->next_task++;
    task->pc = pc;
    task->timer.fire = task_timer_fires;
    task->deadline_ns = task->wake_ns = CLOCK_NEVER;
    actor->unfinished_tasks++;
    list_append(&part->tasks, &task->part_link);
    if (parent) {
        // It sees what its parent has; the parent waits until it has ended, so nothing is copied.
        for (uint32_t i = 0; i < slot_count; i++) {
            task->slots[i].value = parent->slots[i].value;
            task->slots[i].set = parent->slots[i].set;
        }
        memcpy(task->sockets, parent->sockets, actor_declared(actor)->socket_slot_count * sizeof(struct sock *));
        task->current = parent->current;
    }
    task_wake(task);
    return task;
}

static void free_task(struct task *task) {
    list_remove(&task->part_link);
    slab_give(&task->part->slab, task, bytes_of(actor_declared(task->actor)));
}

void task_drop(struct task *task) {
    struct part *part = task->part;
    for (uint32_t i = 0; i < slots_of(actor_declared(task->actor)); i++) arena_fini(&task->slots[i].memory);
    arena_fini(&task->step_arena);
    watch_end(task);
    timer_cancel(&part->worker->timers, &task->timer);
    while (task->block) drop_block(task);
    list_remove(&task->wait_link);
    list_remove(&task->run_link);
    list_remove(&task->part_link);
    task->has_ended = true;
    if (task->letters_due == 0) free_task(task);
    else list_append(&part->awaited, &task->part_link);
}

bool task_hears(struct task *task) {
    task->letters_due--;
    if (!task->has_ended) return true;
    if (task->letters_due == 0) free_task(task);
    return false;
}

void task_free_awaited(struct part *part) {
    while (!list_empty(&part->awaited)) free_task(list_entry(part->awaited.next, struct task, part_link));
}

void task_end(struct task *task) {
    struct actor_run *actor = task->actor;
    struct task *parent = task->parent;
    task_event(task, parent ? EVENT_TASK_END : EVENT_ACTOR_END)->step = JOURNAL_NONE;
    actor->unfinished_tasks--;
    task_drop(task);
    if (parent) {
        parent->progress.children--;
        task_wake(parent);
        return;
    }
    actor->ended = true;
    board_end(actor->part, actor->instance);
}
