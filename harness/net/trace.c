#include "net/trace.h"

#include "trace_source.h"
#include "trace_track.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

// Guarded by `lock`.
struct trace {
    pthread_mutex_t lock;
    enum trace_source source;
    struct trace_ring ring;
    struct trace_log log;
    struct tracker tracker;
    uint32_t now_ms; // when it was last read
    uint64_t lost;
};

static void take_packet(void *context, const uint8_t *data, size_t len_bytes, size_t whole_bytes) {
    struct trace *trace = context;
    struct trace_packet packet;
    if (trace_parse(data, len_bytes, whole_bytes, &packet)) tracker_packet(&trace->tracker, &packet, trace->now_ms);
}

static void take_loss(void *context, uint64_t count) {
    struct trace *trace = context;
    trace->lost += count;
    tracker_lost(&trace->tracker);
}

static void take_in(struct trace *trace) {
    struct trace_sink const sink = {take_packet, take_loss, trace};
    trace->now_ms = (uint32_t)(clock_now_ns() / NS_PER_MS);
    switch (trace->source) {
    case TRACE_RING: trace_ring_read(&trace->ring, &sink); return;
    case TRACE_LOG: trace_log_read(&trace->log, &sink); return;
    }
}

int trace_open(struct trace **out, enum trace_source source, uint16_t group) {
    *out = NULL;
    struct trace *trace = memory_need(calloc(1, sizeof(*trace)));
    trace->source = source;
    trace->ring.fd = trace->log.fd = -1;
    int const error = source == TRACE_RING ? trace_ring_open(&trace->ring, TRACE_ROOM) : trace_log_open(&trace->log, group);
    if (error) {
        free(trace);
        return error;
    }
    pthread_mutex_init(&trace->lock, NULL);
    tracker_init(&trace->tracker);
    *out = trace;
    return 0;
}

void trace_close(struct trace *trace) {
    if (!trace) return;
    trace_ring_close(&trace->ring);
    trace_log_close(&trace->log);
    tracker_fini(&trace->tracker);
    pthread_mutex_destroy(&trace->lock);
    free(trace);
}

void trace_poll(struct trace *trace) {
    if (pthread_mutex_trylock(&trace->lock) != 0) return;
    take_in(trace);
    pthread_mutex_unlock(&trace->lock);
}

// Takes the lock, and what has come.
static void enter(struct trace *trace) {
    pthread_mutex_lock(&trace->lock);
    take_in(trace);
}

struct trace_end *trace_take(struct trace *trace, const struct address *local, const struct address *peer,
                             enum trace_role role) {
    struct trace_point here, there;
    bool const was_reset = role == TRACE_ACCEPTS && address_is_none(peer);
    if (!trace_point_of(local, &here) || (!was_reset && !trace_point_of(peer, &there))) return NULL;
    enter(trace);
    struct trace_end *end = was_reset ? tracker_take_reset(&trace->tracker, &here)
                                      : tracker_take(&trace->tracker, &here, &there, role, trace->now_ms);
    pthread_mutex_unlock(&trace->lock);
    return end;
}

void trace_call(struct trace *trace, struct trace_end *end, enum trace_call call) {
    enter(trace);
    track_call(end, call, trace->now_ms);
    pthread_mutex_unlock(&trace->lock);
}

void trace_seen(struct trace *trace, struct trace_end *end, enum state state) {
    enter(trace);
    track_seen(end, state, trace->now_ms);
    pthread_mutex_unlock(&trace->lock);
}

void trace_forgotten(struct trace *trace, struct trace_end *end) {
    enter(trace);
    track_forgotten(end, trace->now_ms);
    pthread_mutex_unlock(&trace->lock);
}

bool trace_path(struct trace *trace, const struct trace_end *end, struct state_path *path) {
    pthread_mutex_lock(&trace->lock);
    bool const is_clear = track_path(end, path);
    pthread_mutex_unlock(&trace->lock);
    return is_clear;
}

uint64_t trace_lost(struct trace *trace) {
    enter(trace);
    uint64_t const lost = trace->lost;
    pthread_mutex_unlock(&trace->lock);
    return lost;
}
