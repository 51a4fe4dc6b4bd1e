#include "mail.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *mailbox) {
    list_init(&mailbox->letters);
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return mailbox->event_fd < 0 ? -errno : 0;
}

void mailbox_fini(struct mailbox *mailbox) {
    struct list *link;
    while ((link = list_take(&mailbox->letters))) mail_free(list_entry(link, struct mail, link));
    if (mailbox->event_fd >= 0) close(mailbox->event_fd);
    pthread_mutex_destroy(&mailbox->lock);
}

struct mail *mail_new(enum mail_kind kind, struct part *from, struct part *to) {
    struct mail *mail = memory_need(calloc(1, sizeof *mail));
    list_init(&mail->link);
    mail->kind = kind;
    mail->from = from;
    mail->to = to;
    return mail;
}

void mail_free(struct mail *mail) {
    arena_fini(&mail->memory);
    free(mail);
}

void mailbox_nudge(int event_fd) {
    uint64_t one = 1;
    ssize_t n = write(event_fd, &one, sizeof one);
    (void)n; // full means that its owner is woken already
}

void mailbox_post(struct mailbox *mailbox, struct mail *mail) {
    pthread_mutex_lock(&mailbox->lock);
    bool was_empty = list_empty(&mailbox->letters);
    list_append(&mailbox->letters, &mail->link);
    pthread_mutex_unlock(&mailbox->lock);
    if (was_empty) mailbox_nudge(mailbox->event_fd);
}

void mailbox_heed(struct mailbox *mailbox) {
    uint64_t count;
    ssize_t n = read(mailbox->event_fd, &count, sizeof count);
    (void)n; // none: it has been heeded already
}

void mailbox_take(struct mailbox *mailbox, struct list *letters) {
    pthread_mutex_lock(&mailbox->lock);
    struct list *link;
    while ((link = list_take(&mailbox->letters))) list_append(letters, link);
    pthread_mutex_unlock(&mailbox->lock);
}
