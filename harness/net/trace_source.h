// Where packets come from. Private to the trace, and to what else has a ring.
#ifndef SOCKDRILL_NET_TRACE_SOURCE_H
#define SOCKDRILL_NET_TRACE_SOURCE_H

#include "net/trace.h"

#include <linux/if_packet.h>
#include <stddef.h>

// Is told of each packet, IP header first; and of how many were lost before the next.
struct trace_sink {
    void (*packet)(void *context, const uint8_t *data, size_t len_bytes, size_t whole_bytes);
    void (*lost)(void *context, uint64_t count);
    void *context;
};

struct trace_ring {
    int fd; // -1: not open
    uint8_t *frames; // NULL: it is a queue, packet_queue.h
    uint32_t frame_count;
    uint32_t at; // the next frame that the kernel will hand over
    uint32_t dropped; // by the queue, as far as it was told
    bool is_told;     // all of that: there were never many in it since
};

// frame_count: a power of two, 16 or more. 0 or a negative errno.
int trace_ring_open(struct trace_ring *ring, uint32_t frame_count);
void trace_ring_close(struct trace_ring *ring);
void trace_close_later(int fd); // close_later.c
void trace_ring_read(struct trace_ring *ring, const struct trace_sink *sink);

struct trace_log {
    int fd; // -1: not open
    bool has_sequence;
    uint32_t sequence; // of the newest packet
    uint32_t told;     // losses that were told before their number was known
};

int trace_log_open(struct trace_log *log, uint16_t group);
void trace_log_close(struct trace_log *log);
void trace_log_read(struct trace_log *log, const struct trace_sink *sink);

#endif
