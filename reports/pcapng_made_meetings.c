// Who of a journal's sockets talks to whom, by their addresses, their order and their bytes.
#include "pcapng_made.h"

#include <string.h>

// Whether what one received may be what the other sent, as far as both are kept.
static bool may_be_sent(const struct pcapng_socket *sender, const struct pcapng_socket *receiver) {
    if (!receiver->received) return true;
    if (!sender->sent_count) return false;
    struct slice const sent = sender->sent[0]->bytes, received = receiver->received->bytes;
    size_t const common = sent.len_bytes < received.len_bytes ? sent.len_bytes : received.len_bytes;
    return common == 0 || memcmp(sent.data, received.data, common) == 0;
}

// Unix sockets that connect have no name: the queue's order tells who is whose, and their bytes whether that can be.
static bool may_meet(const struct pcapng_socket *connected, const struct pcapng_socket *accepted) {
    if (connected->family != accepted->family || !made_is_known(connected->peer) || !made_is_known(accepted->local))
        return false;
    if (!address_equal(connected->peer, accepted->local)) return false;
    if (made_interface_of(connected->family) != MADE_UNIX)
        return made_is_known(connected->local) && made_is_known(accepted->peer) &&
               address_equal(connected->local, accepted->peer);
    if (connected->secured || accepted->secured) return true;
    return may_be_sent(connected, accepted) && may_be_sent(accepted, connected);
}

static void put(struct made *made, struct pcapng *pcapng, uint32_t number, struct conversation *conversation,
                uint32_t side) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[number];
    struct flow *const flow = &conversation->flows[side];
    made->places[number].conversation = conversation;
    made->places[number].side = side;
    if (!conversation->met[side]) conversation->met[side] = socket->met;
    flow->open_count++;
    flow->is_secured = flow->is_secured || socket->secured;
    const struct event **const both = arena_array(&pcapng->arena, flow->piece_count + socket->sent_count, sizeof *both);
    uint32_t count = 0, next = 0;
    for (uint32_t i = 0; i < socket->sent_count; i++) { // both are in the order of time
        while (next < flow->piece_count && flow->pieces[next]->at_ns <= socket->sent[i]->at_ns)
            both[count++] = flow->pieces[next++];
        both[count++] = socket->sent[i];
    }
    while (next < flow->piece_count) both[count++] = flow->pieces[next++];
    flow->pieces = both;
    flow->piece_count = count;
}

static void begin_with(struct made *made, struct pcapng *pcapng, uint32_t number, uint32_t side) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[number];
    struct conversation *const conversation = arena_alloc(&pcapng->arena, sizeof *conversation);
    conversation->family = socket->family;
    conversation->interface = made_interface_of(socket->family);
    conversation->points[side] = made_point_of(made, pcapng, socket->local);
    conversation->points[!side] = made_point_of(made, pcapng, socket->peer);
    made_settle(conversation->points);
    for (uint32_t i = 0; i < 2; i++) conversation->flows[i].isn = (number * 2 + i + 1) << 16;
    put(made, pcapng, number, conversation, side);
}

// A socket that was passed on is at the end that has its addresses.
static bool put_beside(struct made *made, struct pcapng *pcapng, uint32_t number) {
    const struct pcapng_book *const book = &pcapng->book;
    const struct pcapng_socket *const socket = &book->sockets[number];
    for (uint32_t i = 0; i < book->count && made_is_ip(socket->local) && made_is_ip(socket->peer); i++) {
        const struct pcapng_socket *const other = &book->sockets[i];
        if (!made->places[i].conversation || !made_is_known(other->local) || !made_is_known(other->peer)) continue;
        if (!address_equal(socket->local, other->local) || !address_equal(socket->peer, other->peer)) continue;
        put(made, pcapng, number, made->places[i].conversation, made->places[i].side);
        return true;
    }
    return false;
}

// Who has connected, in that order.
struct callers {
    uint32_t *numbers;
    uint32_t count, first; // first: of those that nobody has accepted yet
};

static struct conversation *caller_of(const struct made *made, const struct pcapng *pcapng, struct callers *callers,
                                      const struct pcapng_socket *accepted) {
    while (callers->first < callers->count && made->places[callers->numbers[callers->first]].conversation->met[1])
        callers->first++;
    for (uint32_t i = callers->first; i < callers->count; i++) {
        uint32_t const number = callers->numbers[i];
        struct conversation *const conversation = made->places[number].conversation;
        if (!conversation->met[1] && may_meet(&pcapng->book.sockets[number], accepted)) return conversation;
    }
    return NULL;
}

static void meet(struct made *made, struct pcapng *pcapng, struct callers *callers, const struct event *event) {
    uint32_t const number = event->socket;
    if (event->kind == EVENT_CONNECTED) {
        begin_with(made, pcapng, number, 0);
        callers->numbers[callers->count++] = number;
    } else if (event->kind == EVENT_ACCEPTED) {
        struct conversation *const conversation = caller_of(made, pcapng, callers, &pcapng->book.sockets[number]);
        if (conversation) put(made, pcapng, number, conversation, 1);
        else begin_with(made, pcapng, number, 1);
    } else if (!put_beside(made, pcapng, number)) {
        begin_with(made, pcapng, number, 0);
    }
}

// All who connected come first, since whoever accepts may be told of it before they are.
void made_pair_up(struct made *made, struct pcapng *pcapng) {
    static const enum event_kind TURNS[] = {EVENT_CONNECTED, EVENT_ACCEPTED, EVENT_PASSED};
    const struct journal *const journal = pcapng->result->journal;
    const struct pcapng_book *const book = &pcapng->book;
    struct callers callers = {.numbers = arena_array(&pcapng->arena, book->count, sizeof *callers.numbers)};
    for (uint32_t turn = 0; turn < sizeof TURNS / sizeof *TURNS; turn++) {
        for (uint64_t i = 0; i < journal->event_count; i++) {
            const struct event *const event = &journal->events[i];
            uint32_t const number = event->socket;
            if (event->kind != TURNS[turn] || number >= book->count || made->places[number].conversation) continue;
            const struct pcapng_socket *const socket = &book->sockets[number];
            if (socket->is_made && made_is_connection(socket->family) && socket->met == event)
                meet(made, pcapng, &callers, event);
        }
    }
}
