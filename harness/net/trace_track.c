// Connections by their pair, newest first: a pair may be used again while its last connection is in TIME_WAIT.
#include "trace_track.h"

#include "trace_end.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 256, WINDOW_MOST = 1 << 30 };

// One connection. Lives in its tracker's arena.
struct track_connection {
    struct track_connection *next;  // in its bucket
    struct track_connection *older; // of the same pair
    struct track_connection *later; // in the order in which they began
    struct trace_point points[2];   // the smaller one first
    struct trace_end ends[2];
};

void tracker_init(struct tracker *tracker) {
    *tracker = (struct tracker){.bucket_count = FIRST_BUCKETS};
    arena_init(&tracker->arena);
    tracker->buckets = memory_need(calloc(tracker->bucket_count, sizeof(*tracker->buckets)));
}

void tracker_fini(struct tracker *tracker) {
    free(tracker->buckets);
    arena_fini(&tracker->arena);
}

// --- the table

static int order(const struct trace_point *a, const struct trace_point *b) {
    if (a->port != b->port) return a->port < b->port ? -1 : 1;
    return memcmp(a->host, b->host, sizeof(a->host));
}

static uint32_t hash(const struct trace_point points[2]) {
    uint64_t sum = (uint64_t)points[0].port << 16 | points[1].port;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned at = 0; at < sizeof(points[i].host); at += sizeof(uint64_t)) {
            uint64_t word;
            memcpy(&word, points[i].host + at, sizeof(word));
            sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
            sum ^= sum >> 32;
        }
    }
    return (uint32_t)sum;
}

static struct track_connection **bucket_of(const struct tracker *tracker, const struct trace_point points[2]) {
    return &tracker->buckets[hash(points) & (tracker->bucket_count - 1)];
}

static void grow(struct tracker *tracker) {
    struct track_connection **const old = tracker->buckets;
    uint32_t const old_count = tracker->bucket_count;
    tracker->bucket_count *= 2;
    tracker->buckets = memory_need(calloc(tracker->bucket_count, sizeof(*tracker->buckets)));
    for (uint32_t i = 0; i < old_count; i++) {
        for (struct track_connection *c = old[i], *next; c; c = next) {
            next = c->next;
            struct track_connection **bucket = bucket_of(tracker, c->points);
            c->next = *bucket;
            *bucket = c;
        }
    }
    free(old);
}

// The place in its bucket where the newest connection of that pair stands; *place is NULL where there is none.
static struct track_connection **place_of(const struct tracker *tracker, const struct trace_point points[2]) {
    struct track_connection **place = bucket_of(tracker, points);
    while (*place && (order(&(*place)->points[0], &points[0]) != 0 || order(&(*place)->points[1], &points[1]) != 0))
        place = &(*place)->next;
    return place;
}

static struct track_connection *add(struct tracker *tracker, const struct trace_point points[2]) {
    if (tracker->connection_count == tracker->bucket_count) grow(tracker);
    struct track_connection **place = place_of(tracker, points);
    struct track_connection *connection = arena_alloc(&tracker->arena, sizeof(*connection));
    memcpy(connection->points, points, sizeof(connection->points));
    connection->older = *place;
    if (*place) {
        connection->next = (*place)->next;
        (*place)->next = NULL;
        for (unsigned side = 0; side < 2; side++) (*place)->ends[side].is_old = true;
    }
    *place = connection;
    *(tracker->newest ? &tracker->newest->later : &tracker->first) = connection;
    tracker->newest = connection;
    tracker->connection_count++;
    return connection;
}

// The pair in its order; answers which of the two `first` is.
static unsigned arrange(const struct trace_point *first, const struct trace_point *second, struct trace_point points[2]) {
    unsigned const side = order(first, second) > 0;
    points[side] = *first;
    points[!side] = *second;
    return side;
}

// --- packets

static bool is_reset_for(const struct trace_end *end, const struct trace_packet *packet) {
    if (end_state(end) == STATE_SYN_SENT)
        return (packet->flags & TRACE_ACK) && (!end->has_isn || packet->ack == end->isn + 1);
    // RFC 5961, section 3.2: the very next byte. Of what the kernel did not take, only its acknowledgements tell.
    return (end->has_next && packet->seq == end->next) || (end->has_acked && packet->seq == end->acked);
}

// Which connection of the pair a packet belongs to; a new one for a new SYN, NULL for what belongs to none.
static struct track_connection *connection_of(struct tracker *tracker, const struct trace_packet *packet,
                                              const struct trace_point points[2], unsigned side) {
    struct track_connection *newest = *place_of(tracker, points);
    bool const opens = (packet->flags & (TRACE_SYN | TRACE_ACK | TRACE_RST)) == TRACE_SYN;
    if (!newest) return opens ? add(tracker, points) : NULL;
    const struct trace_end *sender = &newest->ends[side], *receiver = &newest->ends[!side];
    if (opens) {
        if (sender->has_isn) return sender->isn == packet->seq ? newest : add(tracker, points);
        bool const is_awaited = end_state(sender) == STATE_SYN_SENT || end_state(receiver) == STATE_SYN_SENT;
        return is_awaited ? newest : add(tracker, points);
    }
    // A SYN on a pair that the other side still holds is answered for the old connection, which then is reset.
    bool const resets = packet->flags & TRACE_RST;
    if (resets ? is_reset_for(receiver, packet) : sender->has_isn || (packet->flags & TRACE_SYN)) return newest;
    for (struct track_connection *c = newest->older; c; c = c->older) {
        const struct trace_end *old = &c->ends[!side];
        if (!end_is_over(old) && (resets ? is_reset_for(old, packet) : c->ends[side].has_isn)) return c;
    }
    return resets ? newest : NULL;
}

static bool covers(bool has_number, uint32_t ack, uint32_t number) {
    return has_number && ack - number - 1 < WINDOW_MOST;
}

// Whether the end has all up to the other's FIN by now.
static bool has_come_to_fin(const struct trace_end *end, const struct trace_end *other) {
    return other->has_fin && end->has_next && covers(true, end->next, other->fin);
}

// What it acknowledges it has, also what came out of order.
static void note_acknowledgement(struct trace_end *end, const struct trace_end *other, uint32_t ack, bool covers_fin,
                                 uint32_t now_ms) {
    end->acked = ack;
    end->has_acked = true;
    if (end->has_next && ack - end->next < WINDOW_MOST) end->next = ack;
    if (has_come_to_fin(end, other) && !end_has(end, END_FIN)) end_push(end, END_FIN, now_ms);
    end_acknowledges(end, covers_fin);
}

// What the packet says of the end that sent it.
static void note_sender(struct trace_end *end, const struct trace_end *other, const struct trace_packet *packet,
                        uint32_t now_ms) {
    bool const has_ack = packet->flags & TRACE_ACK;
    bool const covers_fin = has_ack && covers(other->has_fin, packet->ack, other->fin);
    if (packet->flags & TRACE_RST) {
        end_sent_reset(end, has_ack, covers_fin, now_ms);
        return;
    }
    if (has_ack) note_acknowledgement(end, other, packet->ack, covers_fin, now_ms);
    if (packet->flags & TRACE_SYN) {
        end->isn = packet->seq;
        end->has_isn = true;
        if (end_state(end) == STATE_ANY) end_push(end, END_OPENS, now_ms);
    }
    if (packet->flags & TRACE_FIN) {
        end->fin = packet->seq + packet->len_bytes + ((packet->flags & TRACE_SYN) != 0);
        end->has_fin = true;
        end_sent_fin(end, covers_fin, now_ms);
    }
}

static void note_sequence(struct trace_end *end, const struct trace_end *other, const struct trace_packet *packet,
                          uint32_t now_ms) {
    uint32_t const bytes = packet->len_bytes + ((packet->flags & TRACE_SYN) != 0) + ((packet->flags & TRACE_FIN) != 0);
    if (packet->flags & TRACE_SYN) {
        end->next = packet->seq + bytes;
        end->has_next = true;
    } else if (end->has_next && end->next - packet->seq < WINDOW_MOST && packet->seq + bytes - end->next < WINDOW_MOST) {
        end->next = packet->seq + bytes;
    }
    if (!has_come_to_fin(end, other)) return;
    if (!end_has(end, END_FIN)) end_push(end, END_FIN, now_ms);
    else if (packet->flags & TRACE_FIN) end_fin_again(end, now_ms);
}

// What the packet does to the end that receives it; `other` has sent it.
static void note_receiver(struct trace_end *end, const struct trace_end *other, const struct trace_packet *packet,
                          uint32_t now_ms) {
    if (packet->flags & TRACE_RST) {
        if (is_reset_for(end, packet)) end_push(end, END_RESET, now_ms);
        return;
    }
    enum state const before = end_state(end);
    if (packet->flags & TRACE_ACK) {
        bool const acks_syn = covers(end->has_isn, packet->ack, end->isn);
        if ((packet->flags & TRACE_SYN) && acks_syn && before == STATE_SYN_SENT) end_push(end, END_SYN_ACK, now_ms);
        else if (acks_syn && before == STATE_SYN_RECV) end_push(end, END_ACKNOWLEDGED, now_ms);
        if (covers(end->has_fin, packet->ack, end->fin) && !end_has(end, END_FIN_ACKED))
            end_push(end, END_FIN_ACKED, now_ms);
    } else if ((packet->flags & TRACE_SYN) && !end_has(end, END_SYN)) {
        end_push(end, END_SYN, now_ms);
    }
    note_sequence(end, other, packet, now_ms);
}

void tracker_packet(struct tracker *tracker, const struct trace_packet *packet, uint32_t now_ms) {
    struct trace_point points[2];
    unsigned const side = arrange(&packet->from, &packet->to, points);
    struct track_connection *connection = connection_of(tracker, packet, points, side);
    if (!connection) return;
    bool const is_to_itself = order(&packet->from, &packet->to) == 0; // then both ends are one
    struct trace_end *sender = &connection->ends[side], *receiver = is_to_itself ? sender : &connection->ends[!side];
    bool const resets = (packet->flags & TRACE_RST) && is_reset_for(receiver, packet);
    // A RST for a pair whose newest connection does not know it answers what is long over.
    if ((packet->flags & TRACE_RST) && !resets && end_state(receiver) != STATE_CLOSE) return;
    note_sender(sender, receiver, packet, now_ms);
    note_receiver(receiver, sender, packet, now_ms);
}

void tracker_lost(struct tracker *tracker) {
    for (uint32_t i = 0; i < tracker->bucket_count; i++)
        for (struct track_connection *newest = tracker->buckets[i]; newest; newest = newest->next)
            for (struct track_connection *c = newest; c; c = c->older)
                for (unsigned side = 0; side < 2; side++) c->ends[side].is_blind |= !end_is_over(&c->ends[side]);
}

// --- owners

static struct trace_end *take(struct trace_end *end) {
    if (end) end->is_taken = true;
    return end;
}

static bool may_take(const struct trace_end *end, enum trace_role role) {
    return !end->is_taken && end->count > 0 && end->events[0] == (role == TRACE_CONNECTS ? END_OPENS : END_SYN);
}

struct trace_end *tracker_take(struct tracker *tracker, const struct trace_point *local, const struct trace_point *peer,
                               enum trace_role role, uint32_t now_ms) {
    struct trace_point points[2];
    unsigned const side = arrange(local, peer, points);
    struct track_connection *newest = *place_of(tracker, points);
    struct trace_end *found = NULL;
    if (role == TRACE_SHARES) return newest && newest->ends[side].count > 0 ? &newest->ends[side] : NULL;
    for (struct track_connection *c = newest; c && !(found && role == TRACE_CONNECTS); c = c->older)
        if (may_take(&c->ends[side], role)) found = &c->ends[side];
    if (found || role == TRACE_ACCEPTS) return take(found);

    // Its SYN has not come yet. Where the other one's is on its way too, this is the same connection.
    bool const both = newest && newest->ends[side].count == 0 && end_state(&newest->ends[!side]) == STATE_SYN_SENT;
    found = both ? &newest->ends[side] : &add(tracker, points)->ends[side];
    found->events[found->count++] = END_OPENS;
    found->at_ms[0] = now_ms;
    return take(found);
}

struct trace_end *tracker_take_reset(struct tracker *tracker, const struct trace_point *local) {
    struct trace_end *found = NULL;
    struct state_path path, other;
    for (struct track_connection *c = tracker->first; c; c = c->later) {
        struct trace_end *end = &c->ends[order(&c->points[0], local) != 0];
        bool const is_here = order(&c->points[end == &c->ends[1]], local) == 0;
        if (!is_here || !may_take(end, TRACE_ACCEPTS) || end_state(end) != STATE_CLOSE) continue;
        if (!end_has(end, END_ACKNOWLEDGED)) continue; // it never came into a listener's queue
        track_path(end, found ? &other : &path);
        if (found && memcmp(&path, &other, sizeof(path)) != 0) return NULL;
        if (!found) found = end;
    }
    return take(found);
}
