// Intrusive, circular, doubly linked lists: the link stands inside the thing that is listed.
#ifndef SOCKDRILL_BASE_LIST_H
#define SOCKDRILL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

// A head, or a member's link. A link that is in no list points at itself.
struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *list) { list->next = list->prev = list; }

static inline bool list_empty(const struct list *list) { return list->next == list; }

static inline void list_append(struct list *head, struct list *link) {
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

// Safe on a link that is in no list.
static inline void list_remove(struct list *link) {
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

// The first link, taken out, or NULL.
static inline struct list *list_take(struct list *head) {
    if (list_empty(head)) return NULL;
    struct list *link = head->next;
    list_remove(link);
    return link;
}

// The thing of `type` whose member `member` is this link.
#define list_entry(link, type, member) ((type *)(void *)((char *)(link) - offsetof(type, member)))

#endif
