// Every packet that a network namespace's interfaces deliver, whole, as a socket's queue has them, or else a ring that is shared
// with the kernel: packet(7), TPACKET_V3.
//
// What a packet is seen as is what arrives, before any rule of nftables: on lo each passes twice, and is taken once.
// Threads: a struct capture is owned by one thread at a time.
#ifndef SOCKDRILL_NET_CAPTURE_H
#define SOCKDRILL_NET_CAPTURE_H

#include "base/link_type.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct capture; // opaque

struct captured_packet {
    int64_t at_ns;      // CLOCK_MONOTONIC
    bool is_late;       // the kernel did not note when it came, and that is when it was read, or the packet before it came
    uint32_t interface; // its index in the namespace: 1 is lo
    enum link_type link_type;
    uint64_t whole_bytes; // on the line
    struct slice bytes;   // valid in the call only
};

typedef void capture_sink(void *context, const struct captured_packet *packet);

// In the calling thread's network namespace. 0 or a negative errno: -EPERM without CAP_NET_RAW there.
int capture_open(struct capture **capture);
void capture_close(struct capture *capture); // NULL is none; the descriptor lives up to 40 ms longer: see net/trace.h

// Whether opening one, or a trace's ring, waits for the kernel, some 8 ms long: whoever has CAP_NET_ADMIN over the machine has a
// queue instead, and need not.
bool capture_is_slow(void);

// The kernel begins to note when packets come a moment after the first socket wants to know, and goes on until the last is gone:
// one that wants to, from the one call to the other. Nested calls count.
void capture_times_begin(void);
void capture_times_end(void);

int capture_fd(const struct capture *capture); // readable for poll(2) when there is something to take
// Hands over what the kernel has handed over; never waits. Of a ring's some that has come may be a millisecond later.
void capture_take(struct capture *capture, capture_sink *sink, void *context);
// The same, where it is called again and again, and would else be at it all the time.
void capture_poll(struct capture *capture, capture_sink *sink, void *context);
// Hands over all that has been delivered so far. Waits for the kernel, mostly not at all, 100 ms at the most.
void capture_flush(struct capture *capture, capture_sink *sink, void *context);

// How many packets found no room. Complete behind capture_flush.
uint64_t capture_lost(const struct capture *capture);

#endif
