// Both ends of one connection, found by their addresses, and what got lost between them.
//
// Only TCP is judged so: a Unix socket that connects has no name to find its other end by.
#include "parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_RECORDS = 128 };

// What was last said of both its ends. A later one counts for more.
enum meeting { MET_NOBODY, MET_BOUND, MET_ACCEPTED, MET_CONNECTED, MET_PASSED };

// What the journal says about one socket, by its number. Lives in the scratch arena.
struct record {
    uint32_t actor, task;
    uint32_t step;       // that closed it, or else the last statement it was used by
    uint8_t family;      // enum family_word
    uint8_t meeting;     // enum meeting
    uint8_t key[2 * (2 + 16)]; // the client's port, the server's, the client's host, the server's; of one that was passed its
                               // own end is the client, of one that is bound the server
    uint64_t met;        // the place in the journal of the event that said so
    int64_t closed_ns;   // 0: never
    uint64_t sent, matched, discarded;
    uint64_t sent_plain; // before TLS began
    uint8_t tls;         // enum tls
    bool has_key;
    bool was_reset;
    bool is_a_programs;  // whoever is queued there is for it to accept
    bool has_partner;
    bool is_unaccepted;
};

enum tls { TLS_NONE, TLS_PLAYED, TLS_FAILED };

// Records stand in blocks: one long array would be memory that nobody has had before.
struct connections {
    struct arena *arena;
    struct verdict *verdict;
    const struct plan *plan;
    const struct journal *journal;
    struct record **blocks;
    uint32_t *ends;      // sockets, sorted: the ends of one connection side by side
    uint32_t end_count;
    uint32_t *listeners; // sockets that were bound and have not connected
    uint32_t listener_count;
};

static struct record *record_of(const struct connections *all, uint32_t socket) {
    struct record **const block = &all->blocks[socket / BLOCK_RECORDS];
    if (!*block) {
        uint32_t const left = all->journal->socket_count - socket / BLOCK_RECORDS * BLOCK_RECORDS;
        uint32_t const count = left < BLOCK_RECORDS ? left : BLOCK_RECORDS;
        *block = arena_array(all->arena, count, sizeof **block);
        for (uint32_t i = 0; i < count; i++) (*block)[i].actor = (*block)[i].step = JOURNAL_NONE;
    }
    return &(*block)[socket % BLOCK_RECORDS];
}

static bool is_tcp(const struct record *record) {
    return record->family == FAMILY_TCP || record->family == FAMILY_TCP6 || record->family == FAMILY_MPTCP;
}

// Port and host in network order, an IPv4 host mapped into IPv6. False: an address without a port.
static bool address_key(const struct address *address, uint8_t port[2], uint8_t host[16]) {
    if (!address || address_port(address) < 0) return false;
    struct address const plain = address_unmapped(address);
    memset(host, 0, 16);
    if (plain.as.any.sa_family == AF_INET) {
        memcpy(port, &plain.as.in.sin_port, 2);
        host[10] = host[11] = 0xff;
        memcpy(host + 12, &plain.as.in.sin_addr, 4);
    } else {
        memcpy(port, &plain.as.in6.sin6_port, 2);
        memcpy(host, &plain.as.in6.sin6_addr, 16);
    }
    return true;
}

enum { CLIENT_PORT = 0, SERVER_PORT = 2, CLIENT_HOST = 4, SERVER_HOST = 20, HOST_BYTES = 16, PORT_BYTES = 2 };

static void meeting_note(struct record *record, const struct event *event, uint64_t place, enum meeting meeting) {
    bool const serves = meeting == MET_ACCEPTED || meeting == MET_BOUND;
    const struct address *const client = serves ? event->peer : event->address;
    const struct address *const server = serves ? event->address : event->peer;
    uint8_t *const key = record->key;
    if (meeting < record->meeting) return;
    record->meeting = (uint8_t)meeting;
    record->met = place;
    record->has_key = address_key(server, key + SERVER_PORT, key + SERVER_HOST);
    if (meeting != MET_BOUND) record->has_key = address_key(client, key + CLIENT_PORT, key + CLIENT_HOST) && record->has_key;
}

static void end_note(struct record *record, const struct event *event) {
    record->closed_ns = event->at_ns;
    record->was_reset = event->code == CLOSE_BY_RESET;
    record->is_a_programs = event->code == CLOSE_BY_PROGRAM;
    record->actor = event->actor;
    record->task = event->task;
}

static void record_note(struct record *record, const struct plan *plan, const struct event *event, uint64_t place) {
    if (event->kind == EVENT_OPEN || event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED) {
        record->family = (uint8_t)event->count;
        record->actor = event->actor;
        record->task = event->task;
    }
    if (event->kind == EVENT_BOUND) meeting_note(record, event, place, MET_BOUND);
    if (event->kind == EVENT_CONNECTED) meeting_note(record, event, place, MET_CONNECTED);
    if (event->kind == EVENT_ACCEPTED) meeting_note(record, event, place, MET_ACCEPTED);
    if (event->kind == EVENT_PASSED) meeting_note(record, event, place, MET_PASSED);
    if (event->kind == EVENT_SENT) record->sent += event->count;
    if (event->kind == EVENT_MATCHED) record->matched += event->count;
    if (event->kind == EVENT_DISCARDED) record->discarded += event->count;
    if (event->kind == EVENT_SECURED) {
        if (record->tls == TLS_NONE) record->sent_plain = record->sent;
        record->tls = event->code ? TLS_FAILED : TLS_PLAYED;
    }
    if (!record->closed_ns && event->step < plan->step_count && step_is_statement(&plan->steps[event->step]))
        record->step = event->step;
    if (event->kind == EVENT_CLOSED) end_note(record, event);
}

struct connections *connections_new(struct arena *arena, const struct plan *plan, const struct journal *journal) {
    struct connections *const all = arena_alloc(arena, sizeof *all);
    *all = (struct connections){.arena = arena, .plan = plan, .journal = journal};
    all->blocks = arena_array(arena, (size_t)journal->socket_count / BLOCK_RECORDS + 1, sizeof *all->blocks);
    return all;
}

void connections_note(struct connections *all, const struct event *event, uint64_t place) {
    if (event->socket < all->journal->socket_count) record_note(record_of(all, event->socket), all->plan, event, place);
}

// Whether `passed` is the descriptor of that connection: between the same two addresses.
static bool is_pair(const struct record *record, const struct record *passed) {
    const uint8_t *const made = record->key, *const came = passed->key;
    bool const accepted = record->meeting == MET_ACCEPTED;
    if (!accepted && record->meeting != MET_CONNECTED) return false;
    if (!record->has_key || !passed->has_key || record->met > passed->met) return false;
    if (!accepted) return memcmp(made, came, sizeof record->key) == 0;
    return memcmp(made + SERVER_PORT, came + CLIENT_PORT, PORT_BYTES) == 0 &&
           memcmp(made + CLIENT_PORT, came + SERVER_PORT, PORT_BYTES) == 0 &&
           memcmp(made + SERVER_HOST, came + CLIENT_HOST, HOST_BYTES) == 0 &&
           memcmp(made + CLIENT_HOST, came + SERVER_HOST, HOST_BYTES) == 0;
}

// What went through a descriptor that was passed on went through the connection: counted where that was made, which is the
// newest one of that pair of addresses before.
static void passed_add(const struct connections *all, const struct record *passed) {
    struct record *made = NULL;
    for (uint32_t i = 0; i < all->journal->socket_count; i++) {
        struct record *const other = record_of(all, i);
        if (is_pair(other, passed) && (!made || other->met > made->met)) made = other;
    }
    if (!made) return;
    made->sent += passed->sent;
    made->matched += passed->matched;
    made->discarded += passed->discarded;
    made->was_reset = made->was_reset || passed->was_reset;
}

static void sockets_sort_out(struct connections *all) {
    uint32_t const count = all->journal->socket_count;
    all->ends = arena_array(all->arena, count, sizeof *all->ends);
    all->listeners = arena_array(all->arena, count, sizeof *all->listeners);
    for (uint32_t i = 0; i < count; i++) {
        const struct record *const record = record_of(all, i);
        if (!is_tcp(record)) continue;
        if (record->meeting == MET_PASSED) {
            passed_add(all, record);
        } else if (record->meeting == MET_BOUND) {
            if (!record->is_a_programs) all->listeners[all->listener_count++] = i;
        } else if (record->meeting != MET_NOBODY && record->has_key) {
            all->ends[all->end_count++] = i;
        }
    }
}

static int ends_compare(const void *left, const void *right, void *context) {
    const struct connections *const all = context;
    const struct record *const a = record_of(all, *(const uint32_t *)left), *const b = record_of(all, *(const uint32_t *)right);
    int const by_key = memcmp(a->key, b->key, sizeof a->key);
    if (by_key) return by_key;
    if (a->meeting != b->meeting) return a->meeting == MET_ACCEPTED ? 1 : -1;
    return a->met < b->met ? -1 : a->met > b->met;
}

// How much of what `from` sent can be held against what `to` took. Both ends of TLS count plaintext; where it failed, or one end
// writes its records by hand, only what was sent before it can be compared, and that by an end that has none.
static uint64_t comparable_bytes(const struct record *from, const struct record *to) {
    if (from->tls == to->tls && to->tls != TLS_FAILED) return from->sent;
    return to->tls == TLS_NONE ? from->sent_plain : 0;
}

// What `from` sent and `to` never took, whether it had arrived or not, and also where it was sent to nobody any more.
static void direction_judge(const struct connections *all, uint32_t from_socket, uint32_t to_socket) {
    const struct record *const from = record_of(all, from_socket), *const to = record_of(all, to_socket);
    uint64_t const sent = comparable_bytes(from, to);
    uint64_t const taken = to->matched + to->discarded;
    if (sent <= taken) return;
    struct arena *const arena = &all->verdict->arena;
    const char *const discarded = to->discarded ? arena_text(arena, ", discarded %" PRIu64, to->discarded) : "";
    struct fault *const fault = fault_add(all->verdict, all->journal, FAULT_LOST_BYTES);
    fault->actor = to->actor;
    fault->task = to->task;
    fault->step = to->step;
    fault->socket = to_socket;
    fault->offset = taken;
    if (to->closed_ns) fault->at_ns = to->closed_ns;
    fault->message = arena_text(
        arena, "%" PRIu64 " byte%s that %s sent %s never matched by %s (sent %" PRIu64 ", matched %" PRIu64 "%s)",
        sent - taken, sent - taken == 1 ? "" : "s", instance_text(all->plan, from->actor, arena),
        sent - taken == 1 ? "was" : "were", instance_text(all->plan, to->actor, arena), sent, to->matched, discarded);
}

static void connection_judge(const struct connections *all, uint32_t client_socket, uint32_t server_socket) {
    struct record *const client = record_of(all, client_socket), *const server = record_of(all, server_socket);
    client->has_partner = server->has_partner = true;
    if (client->was_reset || server->was_reset) return;
    direction_judge(all, client_socket, server_socket);
    direction_judge(all, server_socket, client_socket);
}

// An address pair may be used again: the first connect on it is the first accept's, and so on.
static void connections_pair(struct connections *all) {
    const uint32_t *const ends = all->ends;
    if (all->end_count) qsort_r(all->ends, all->end_count, sizeof *all->ends, ends_compare, all);
    for (uint32_t start = 0; start < all->end_count;) {
        const uint8_t *const key = record_of(all, ends[start])->key;
        uint32_t end = start, connected = 0;
        while (end < all->end_count && memcmp(record_of(all, ends[end])->key, key, sizeof ((struct record *)0)->key) == 0)
            connected += record_of(all, ends[end++])->meeting == MET_CONNECTED;
        uint32_t const accepted = end - start - connected;
        for (uint32_t i = 0; i < connected && i < accepted; i++)
            connection_judge(all, ends[start + i], ends[start + connected + i]);
        start = end;
    }
}

static bool listens_on(const struct record *listener, const struct record *client) {
    static uint8_t const ANY_HOST[HOST_BYTES] = {0}, ANY_IPV4_HOST[HOST_BYTES] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *const host = listener->key + SERVER_HOST;
    if (!listener->has_key || memcmp(listener->key + SERVER_PORT, client->key + SERVER_PORT, PORT_BYTES) != 0) return false;
    if (memcmp(host, ANY_HOST, HOST_BYTES) == 0 || memcmp(host, ANY_IPV4_HOST, HOST_BYTES) == 0) return true;
    return memcmp(host, client->key + SERVER_HOST, HOST_BYTES) == 0;
}

// Only for what found no partner, so seldom: it looks at every listener.
static const struct record *listener_of(const struct connections *all, const struct record *client) {
    for (uint32_t i = 0; i < all->listener_count; i++) {
        const struct record *const listener = record_of(all, all->listeners[i]);
        if (listens_on(listener, client)) return listener;
    }
    return NULL;
}

static void unaccepted_tell(const struct connections *all, const struct record *client, const struct event *connected) {
    struct arena *const arena = &all->verdict->arena;
    char local[ADDRESS_TEXT_BYTES], peer[ADDRESS_TEXT_BYTES];
    struct fault *const fault = fault_add(all->verdict, all->journal, FAULT_NEVER_ACCEPTED);
    fault->actor = connected->actor;
    fault->task = connected->task;
    fault->step = connected->step;
    fault->at_ns = connected->at_ns;
    fault->message = arena_text(arena, "%s never accepted the connection of %s, %s -> %s",
                                instance_text(all->plan, listener_of(all, client)->actor, arena),
                                instance_text(all->plan, connected->actor, arena),
                                address_text(connected->address, local), address_text(connected->peer, peer));
}

// Who it was, and between which addresses, the journal says once more.
static void unaccepted_judge(const struct connections *all) {
    struct journal_reader reader;
    journal_reader_init(&reader, all->journal);
    uint64_t seen = 0;
    for (const struct event *event; (event = journal_next(&reader)); seen++) {
        if (event->kind != EVENT_CONNECTED || event->socket >= all->journal->socket_count) continue;
        const struct record *const client = record_of(all, event->socket);
        if (client->is_unaccepted && client->met == seen) unaccepted_tell(all, client, event);
    }
    journal_reader_fini(&reader);
}

void connections_judge(struct connections *all, struct verdict *verdict) {
    bool any = false;
    all->verdict = verdict;
    sockets_sort_out(all);
    connections_pair(all);
    for (uint32_t i = 0; i < all->end_count; i++) {
        struct record *const record = record_of(all, all->ends[i]);
        if (record->meeting != MET_CONNECTED || record->has_partner || record->was_reset) continue;
        record->is_unaccepted = listener_of(all, record) != NULL;
        any = any || record->is_unaccepted;
    }
    if (any) unaccepted_judge(all);
}
