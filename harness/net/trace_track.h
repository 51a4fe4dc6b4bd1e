// What packets and calls say of the states of connections: a pure function of both. RFC 9293, section 3.10.
//
// Each end has a row of events in the order in which its kernel took them, and TCP's state table makes the path of it. A packet
// is seen a moment before the kernel takes it, and may even be thrown away there (a listener's queue is full): so an event
// counts as confirmed only when the kernel's own word, or what the end sent later, proves it. The one order that arrivals do
// not tell, a FIN that crosses the owner's close, is found from the same proofs.
//
// Time is in ms of any clock, given by the caller. Threads: a struct tracker is owned by one worker.
#ifndef SOCKDRILL_NET_TRACE_TRACK_H
#define SOCKDRILL_NET_TRACE_TRACK_H

#include "net/trace.h"
#include "trace_packet.h"

#include "base/arena.h"

struct track_connection;

struct tracker {
    struct arena arena; // of all connections
    struct track_connection **buckets;
    uint32_t bucket_count; // a power of two
    uint32_t connection_count;
    struct track_connection *first, *newest; // in the order in which they began
};

void tracker_init(struct tracker *tracker);
void tracker_fini(struct tracker *tracker);

// A packet that was delivered.
void tracker_packet(struct tracker *tracker, const struct trace_packet *packet, uint32_t now_ms);

// Packets were missed: of every end that has not come to its end, only the kernel's word counts from now on.
void tracker_lost(struct tracker *tracker);

// See net/trace.h.
struct trace_end *tracker_take(struct tracker *tracker, const struct trace_point *local, const struct trace_point *peer,
                               enum trace_role role, uint32_t now_ms);
// Of the connections to `local` that were reset before anybody accepted them, whose peer the kernel no longer tells: the first,
// if nothing but their ports tells them apart, else NULL.
struct trace_end *tracker_take_reset(struct tracker *tracker, const struct trace_point *local);
void track_call(struct trace_end *end, enum trace_call call, uint32_t now_ms);
void track_seen(struct trace_end *end, enum state state, uint32_t now_ms);
void track_forgotten(struct trace_end *end, uint32_t now_ms);
bool track_path(const struct trace_end *end, struct state_path *path);

#endif
