// What the journal says of each socket, and whether its packets were seen.
#include "pcapng_parts.h"

// Whether it crosses an interface of its world.
static bool crosses(enum family_word family) {
    switch (family) {
    case FAMILY_TCP:
    case FAMILY_TCP6:
    case FAMILY_UDP:
    case FAMILY_UDP6:
    case FAMILY_UDPLITE:
    case FAMILY_MPTCP:
    case FAMILY_PACKET:
    case FAMILY_PACKET_DGRAM:
    case FAMILY_CAN:
    case FAMILY_ISOTP: return true;
    case FAMILY_NONE:
    case FAMILY_UNIX:
    case FAMILY_UNIX_DGRAM:
    case FAMILY_UNIX_SEQPACKET:
    case FAMILY_L2CAP:
    case FAMILY_RFCOMM:
    case FAMILY_VSOCK:
    case FAMILY_COUNT: return false;
    }
    return false;
}

static void note_addresses(struct pcapng_socket *socket, const struct event *event) {
    if (event->address && !address_is_none(event->address)) socket->local = event->address;
    if (event->kind == EVENT_BOUND || event->kind == EVENT_ADDRESSED) return;
    socket->met = event;
    if (event->peer && !address_is_none(event->peer)) socket->peer = event->peer;
}

static bool has_address(enum event_kind kind) {
    return kind == EVENT_BOUND || kind == EVENT_CONNECTED || kind == EVENT_ACCEPTED || kind == EVENT_PASSED ||
           kind == EVENT_ADDRESSED;
}

static void note(struct pcapng_socket *socket, const struct event *event) {
    enum event_kind const kind = event->kind;
    bool const has_family = kind == EVENT_OPEN || kind == EVENT_ACCEPTED || kind == EVENT_PASSED;
    bool const ends = kind == EVENT_CLOSED || (kind == EVENT_SHUTDOWN && event->code != SHUTDOWN_READ);
    if (has_family) socket->family = event->count < FAMILY_COUNT ? (enum family_word)event->count : FAMILY_NONE;
    if (has_address(kind)) note_addresses(socket, event);
    if (kind == EVENT_SECURED && !socket->secured) socket->secured = event;
    if (ends && !socket->ended) socket->ended = event;
    if (kind == EVENT_SENT) socket->sent_count++;
    if ((kind == EVENT_MATCHED || kind == EVENT_DISCARDED) && !socket->received) socket->received = event;
}

void pcapng_book_init(struct pcapng_book *book, const struct journal *journal, struct arena *arena) {
    *book = (struct pcapng_book){.count = journal->socket_count};
    book->sockets = arena_array(arena, book->count, sizeof *book->sockets);
    uint64_t sent_count = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_CAPTURED) book->captured = event;
        if (event->socket >= book->count) continue;
        note(&book->sockets[event->socket], event);
        sent_count += event->kind == EVENT_SENT;
    }
    const struct event **room = arena_array(arena, sent_count, sizeof *room);
    const struct event ***next = arena_array(arena, book->count, sizeof *next);
    for (uint32_t i = 0; i < book->count; i++) {
        struct pcapng_socket *const socket = &book->sockets[i];
        socket->sent = next[i] = room;
        room += socket->sent_count;
        socket->is_made = socket->family != FAMILY_NONE && !(book->captured && crosses(socket->family));
    }
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_SENT && event->socket < book->count) *next[event->socket]++ = event;
    }
}
