// Both ends of one connection, found by their addresses, and what got lost between them.
//
// Only TCP is judged so: a Unix socket that connects has no name to find its other end by.
#include "parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// What the journal says about one socket, by its number. Owned by connections_judge.
struct record {
    uint32_t actor, task;
    uint32_t step;       // that closed it, or else the last statement it was used by
    int64_t closed_ns;   // 0: never
    enum family_word family;
    const struct event *bound, *connected, *accepted, *passed;
    uint64_t sent;
    uint64_t matched, discarded;
    enum { TLS_NONE, TLS_PLAYED, TLS_FAILED } tls;
    uint64_t sent_plain; // before TLS began
    bool was_reset;
    bool is_a_programs; // whoever is queued there is for it to accept
    bool has_partner;
};

// One end of a connection as it is sorted: the ends of one connection have the same key.
struct end {
    uint8_t key[2 * (2 + 16)]; // the client's port, the server's, the client's host, the server's
    bool accepted;
    uint32_t socket;
    uint64_t order; // in the journal
};

struct judge {
    struct verdict *verdict;
    const struct plan *plan;
    const struct journal *journal;
    struct record *records;
    struct end *ends;
    uint32_t end_count;
    uint32_t *listeners; // sockets that were bound and have not connected
    uint32_t listener_count;
};

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

static void end_add(struct judge *judge, const struct event *event) {
    bool const accepted = event->kind == EVENT_ACCEPTED;
    const struct address *const client = accepted ? event->peer : event->address;
    const struct address *const server = accepted ? event->address : event->peer;
    struct end *const end = &judge->ends[judge->end_count];
    *end = (struct end){
        .accepted = accepted, .socket = event->socket, .order = (uint64_t)(event - judge->journal->events)};
    if (!address_key(client, end->key, end->key + 4)) return;
    if (!address_key(server, end->key + 2, end->key + 20)) return;
    judge->end_count++;
}

// Only what happens to sockets; the other kinds of events are of no interest here.
static void record_note(struct record *record, const struct plan *plan, const struct event *event) {
    if (event->kind == EVENT_OPEN || event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED) {
        record->family = (enum family_word)event->count;
        record->actor = event->actor;
        record->task = event->task;
    }
    if (event->kind == EVENT_BOUND) record->bound = event;
    if (event->kind == EVENT_CONNECTED) record->connected = event;
    if (event->kind == EVENT_ACCEPTED) record->accepted = event;
    if (event->kind == EVENT_PASSED) record->passed = event;
    if (event->kind == EVENT_SENT) record->sent += event->count;
    if (event->kind == EVENT_MATCHED) record->matched += event->count;
    if (event->kind == EVENT_DISCARDED) record->discarded += event->count;
    if (event->kind == EVENT_SECURED) {
        if (record->tls == TLS_NONE) record->sent_plain = record->sent;
        record->tls = event->code ? TLS_FAILED : TLS_PLAYED;
    }
    if (!record->closed_ns && event->step < plan->step_count &&
        step_is_statement(&plan->steps[event->step])) {
        record->step = event->step;
    }
    if (event->kind == EVENT_CLOSED) {
        record->closed_ns = event->at_ns;
        record->was_reset = event->code == CLOSE_BY_RESET;
        record->is_a_programs = event->code == CLOSE_BY_PROGRAM;
        record->actor = event->actor;
        record->task = event->task;
    }
}

static bool is_pair(const struct event *event, const struct event *wanted) {
    return event && event < wanted && address_equal(event->address, wanted->address) &&
           address_equal(event->peer, wanted->peer);
}

// What went through a descriptor that was passed on went through the connection: counted where that was made, which is the
// newest one of that pair of addresses before.
static void passed_add(struct judge *judge, const struct record *record) {
    struct record *made = NULL;
    const struct event *newest = NULL;
    for (uint32_t i = 0; i < judge->journal->socket_count; i++) {
        struct record *const other = &judge->records[i];
        const struct event *const event = other->connected ? other->connected : other->accepted;
        if (!is_pair(event, record->passed) || event < newest) continue;
        made = other;
        newest = event;
    }
    if (!made) return;
    made->sent += record->sent;
    made->matched += record->matched;
    made->discarded += record->discarded;
    made->was_reset = made->was_reset || record->was_reset;
}

static void sockets_gather(struct judge *judge, struct arena *scratch) {
    const struct journal *const journal = judge->journal;
    judge->records = arena_array(scratch, journal->socket_count, sizeof *judge->records);
    judge->ends = arena_array(scratch, 2 * (size_t)journal->socket_count, sizeof *judge->ends);
    judge->listeners = arena_array(scratch, journal->socket_count, sizeof *judge->listeners);
    for (uint32_t i = 0; i < journal->socket_count; i++) {
        judge->records[i].actor = judge->records[i].step = JOURNAL_NONE;
    }
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->socket < journal->socket_count) record_note(&judge->records[event->socket], judge->plan, event);
    }
    for (uint32_t i = 0; i < journal->socket_count; i++) {
        const struct record *const record = &judge->records[i];
        if (!is_tcp(record)) continue;
        if (record->passed) {
            passed_add(judge, record);
        } else if (record->connected) {
            end_add(judge, record->connected);
        } else if (record->accepted) {
            end_add(judge, record->accepted);
        } else if (record->bound && !record->is_a_programs) {
            judge->listeners[judge->listener_count++] = i;
        }
    }
}

static int ends_compare(const void *left, const void *right) {
    const struct end *const a = left, *const b = right;
    int const by_key = memcmp(a->key, b->key, sizeof a->key);
    if (by_key) return by_key;
    if (a->accepted != b->accepted) return a->accepted ? 1 : -1;
    return a->order < b->order ? -1 : a->order > b->order;
}

// How much of what `from` sent can be held against what `to` took. Both ends of TLS count plaintext; where it failed, or one end
// writes its records by hand, only what was sent before it can be compared, and that by an end that has none.
static uint64_t comparable_bytes(const struct record *from, const struct record *to) {
    if (from->tls == to->tls && to->tls != TLS_FAILED) return from->sent;
    return to->tls == TLS_NONE ? from->sent_plain : 0;
}

// What `from` sent and `to` never took, whether it had arrived or not, and also where it was sent to nobody any more.
static void direction_judge(struct judge *judge, const struct record *from, const struct record *to) {
    uint64_t const sent = comparable_bytes(from, to);
    uint64_t const taken = to->matched + to->discarded;
    if (sent <= taken) return;
    struct arena *const arena = &judge->verdict->arena;
    const char *const discarded = to->discarded ? arena_text(arena, ", discarded %" PRIu64, to->discarded) : "";
    struct fault *const fault = fault_add(judge->verdict, judge->journal, FAULT_LOST_BYTES);
    fault->actor = to->actor;
    fault->task = to->task;
    fault->step = to->step;
    fault->socket = (uint32_t)(to - judge->records);
    fault->offset = taken;
    if (to->closed_ns) fault->at_ns = to->closed_ns;
    fault->message = arena_text(
        arena, "%" PRIu64 " byte%s that %s sent %s never matched by %s (sent %" PRIu64 ", matched %" PRIu64 "%s)",
        sent - taken, sent - taken == 1 ? "" : "s", instance_text(judge->plan, from->actor, arena),
        sent - taken == 1 ? "was" : "were", instance_text(judge->plan, to->actor, arena), sent, to->matched, discarded);
}

static void connection_judge(struct judge *judge, struct record *client, struct record *server) {
    client->has_partner = server->has_partner = true;
    if (client->was_reset || server->was_reset) return;
    direction_judge(judge, client, server);
    direction_judge(judge, server, client);
}

// An address pair may be used again: the first connect on it is the first accept's, and so on.
static void connections_pair(struct judge *judge) {
    struct end *const ends = judge->ends;
    if (judge->end_count) qsort(ends, judge->end_count, sizeof *ends, ends_compare);
    for (uint32_t start = 0; start < judge->end_count;) {
        uint32_t end = start, connected = 0;
        while (end < judge->end_count && memcmp(ends[end].key, ends[start].key, sizeof ends->key) == 0) {
            if (!ends[end++].accepted) connected++;
        }
        uint32_t const accepted = end - start - connected;
        for (uint32_t i = 0; i < connected && i < accepted; i++) {
            const struct end *const client = &ends[start + i], *const server = &ends[start + connected + i];
            connection_judge(judge, &judge->records[client->socket], &judge->records[server->socket]);
        }
        start = end;
    }
}

static bool listens_on(const struct address *listener, const struct address *wanted) {
    static uint8_t const ANY_HOST[16] = {0}, ANY_IPV4_HOST[16] = {[10] = 0xff, [11] = 0xff};
    uint8_t port[2], host[16], wanted_port[2], wanted_host[16];
    if (!address_key(listener, port, host) || !address_key(wanted, wanted_port, wanted_host)) return false;
    if (memcmp(port, wanted_port, sizeof port) != 0) return false;
    if (memcmp(host, ANY_HOST, sizeof host) == 0 || memcmp(host, ANY_IPV4_HOST, sizeof host) == 0) return true;
    return memcmp(host, wanted_host, sizeof host) == 0;
}

// Only for what found no partner, so seldom: it looks at every listener.
static void unaccepted_judge(struct judge *judge, const struct record *client) {
    const struct event *const connected = client->connected;
    for (uint32_t i = 0; i < judge->listener_count; i++) {
        const struct record *const listener = &judge->records[judge->listeners[i]];
        if (!listens_on(listener->bound->address, connected->peer)) continue;
        struct arena *const arena = &judge->verdict->arena;
        char local[ADDRESS_TEXT_BYTES], peer[ADDRESS_TEXT_BYTES];
        struct fault *const fault = fault_add(judge->verdict, judge->journal, FAULT_NEVER_ACCEPTED);
        fault->actor = connected->actor;
        fault->task = connected->task;
        fault->step = connected->step;
        fault->at_ns = connected->at_ns;
        fault->message = arena_text(arena, "%s never accepted the connection of %s, %s -> %s",
                                    instance_text(judge->plan, listener->actor, arena),
                                    instance_text(judge->plan, connected->actor, arena),
                                    address_text(connected->address, local), address_text(connected->peer, peer));
        return;
    }
}

void connections_judge(struct verdict *verdict, const struct plan *plan, const struct journal *journal) {
    struct arena scratch;
    arena_init(&scratch);
    struct judge judge = {.verdict = verdict, .plan = plan, .journal = journal};
    sockets_gather(&judge, &scratch);
    connections_pair(&judge);
    for (uint32_t i = 0; i < judge.end_count; i++) {
        const struct record *const record = &judge.records[judge.ends[i].socket];
        if (!record->connected || record->has_partner || record->was_reset) continue;
        unaccepted_judge(&judge, record);
    }
    arena_fini(&scratch);
}
