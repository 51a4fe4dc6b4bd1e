// Mail: how workers speak to each other about a case they share. Each letter is for one part of one case, and letters from
// one sender to one receiver arrive in the order they were sent.
#ifndef SOCKDRILL_ENGINE_MAIL_H
#define SOCKDRILL_ENGINE_MAIL_H

#include "base/list.h"
#include "plan/value.h"

#include <pthread.h>
#include <stdint.h>

struct part;

enum mail_kind {
    MAIL_BEGIN,     // home -> part: play
    MAIL_FUTURE,    // part -> home -> all: future `number` has `value`
    MAIL_EVENT,     // part -> home -> all: event `number` is set
    MAIL_ARRIVE,    // part -> home: somebody came to barrier `number`, which opens for `count` arrivals
    MAIL_RELEASE,   // home -> all: barrier `number` opens, for the `count`th time
    MAIL_END,       // part -> home -> all: instance `number` has ended
    MAIL_EXIT,      // part -> home: a program's process has ended, and clients outside could still have come to it
    MAIL_QUIET,     // home -> all: every client and program has ended
    MAIL_ASK,       // part -> part: an attribute of an actor of yours, `term` and `instance`
    MAIL_ANSWER,    // part -> part: `number` of them, `value` as their sum or as the only one
    MAIL_LOOK,      // part -> part: whoever watches the connection `number`, look now
    MAIL_LOOKED,    // part -> part: they have
    MAIL_HALT,      // part -> home: a step failed, or the case is to be skipped: it is in the journal
    MAIL_STOP,      // home -> all: say where everybody is, and end them; `count` 1: every step was done
    MAIL_STOPPED,   // part -> home: and its programs have ended; `count` 1: nothing of it is open, and it has asked nobody
    MAIL_DRAIN,     // home -> all, once all have stopped: close everything; `count` 1: all others have
    MAIL_DRAINED,   // part -> home
    MAIL_PROBE,     // home -> all: what is everybody waiting for?
    MAIL_REPORT,    // part -> home: `report`
};

struct task;
struct wait_report;

// Owned by its sender until it is posted, then by its receiver, who frees it.
struct mail {
    struct list link;
    enum mail_kind kind;
    struct part *to;
    struct part *from;
    bool spread;        // FUTURE, EVENT, END: comes from the home, for the board
    uint32_t number;
    uint64_t count;
    const struct term *term;
    uint32_t instance;
    uint64_t question;  // ASK, ANSWER: which question of the task it is
    struct task *asker;
    bool has_value;
    bool is_unsettled;
    struct value value; // deep, in `memory`
    struct arena memory;
    const char *trouble; // ANSWER: why there is no value, in `memory`
    struct wait_report *report;
};

// Guarded by `lock`, but for `event_fd`, which never changes.
struct mailbox {
    pthread_mutex_t lock;
    struct list letters;
    int event_fd; // readable once there may be letters, until that is heeded
};

// 0 or a negative errno.
int mailbox_init(struct mailbox *mailbox);
void mailbox_fini(struct mailbox *mailbox); // frees letters that nobody took
struct mail *mail_new(enum mail_kind kind, struct part *from, struct part *to);
void mail_free(struct mail *mail);
// Any thread.
void mailbox_post(struct mailbox *mailbox, struct mail *mail);
// Wakes its owner without a letter. Any thread, and signal handlers.
void mailbox_nudge(int event_fd);
// Its owner has been woken: the next letter, or nudge, wakes it again. Letters are taken after that. Owner only.
void mailbox_heed(struct mailbox *mailbox);
// Moves all letters into `letters`, oldest first. Owner only.
void mailbox_take(struct mailbox *mailbox, struct list *letters);

#endif
