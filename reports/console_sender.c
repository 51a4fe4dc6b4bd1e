// Who sent the byte that is not what it should be: the bug is as often there as where it was found.
#include "console.h"

enum { STEP_COLUMNS_MAX = 60 };

static bool is_end(const struct address *address, const struct address *wanted) {
    return address && address_port(address) >= 0 && address_equal(address, wanted);
}

// The socket at the other end of the connection, or JOURNAL_NONE. Unix sockets that connect have no name to go by.
static uint32_t other_end(const struct socket_book *book, uint32_t socket) {
    if (socket >= book->count || !book->local[socket] || !book->peer[socket]) return JOURNAL_NONE;
    for (uint32_t i = 0; i < book->count; i++) {
        if (i == socket || !book->local[i] || !book->peer[i]) continue;
        if (is_end(book->local[i], book->peer[socket]) && is_end(book->peer[i], book->local[socket])) return i;
    }
    return JOURNAL_NONE;
}

static const struct event *sending(const struct journal *journal, uint32_t socket, uint64_t offset) {
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind != EVENT_SENT || event->socket != socket) continue;
        if (event->offset <= offset && offset - event->offset < event->count) return event;
    }
    return NULL;
}

static bool has_tls(const struct journal *journal, uint32_t socket) {
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == EVENT_SECURED && journal->events[i].socket == socket) return true;
    return false;
}

void page_sender(const struct page *page, const struct socket_book *book, uint32_t socket, uint64_t offset) {
    const struct journal *const journal = page->result->journal;
    uint32_t const sender = other_end(book, socket);
    if (sender == JOURNAL_NONE) return;
    if (has_tls(journal, sender) != has_tls(journal, socket)) return; // one counts records, one plaintext
    const struct event *const event = sending(journal, sender, offset);
    const struct step *const step = event ? step_at(page->result->plan, event->step) : NULL;
    if (!step) return;
    page_indent(page, 0);
    buffer_text(page->out, "sent by ");
    instance_words(page->result->plan, event->actor, page->out);
    buffer_text(page->out, ", ");
    step_place(page->result->plan, step, page->out);
    if (event->code == 0) {
        buffer_text(page->out, ": ");
        step_words(step, STEP_COLUMNS_MAX, page->out);
    } else { // a terse journal
        buffer_text(page->out, ", or a later one");
    }
    buffer_text(page->out, "\n");
}
