// The whole path of states of a TCP connection, from the packets of its world. RFC 9293, section 3.10, as Linux walks it.
//
// A trace is opened in a world's network namespace and sees every TCP packet that is delivered on its loopback. What a packet
// proves about the state of each end is put through TCP's state table; what no packet shows (a close whose FIN cannot be sent
// yet) its owner tells. Nothing is guessed: where a packet was lost to the trace, or two sources contradict each other, the
// path has a gap there.
//
// Threads: any thread may call anything; a struct trace has a lock of its own.
#ifndef SOCKDRILL_NET_TRACE_H
#define SOCKDRILL_NET_TRACE_H

#include "base/address.h"
#include "base/state.h"

#include <stdbool.h>
#include <stdint.h>

struct trace;     // opaque
struct trace_end; // one end of one connection; opaque, lives as long as its trace

enum trace_source {
    TRACE_RING, // an AF_PACKET queue or ring on lo, packet(7): what arrived. Wrong where a rule drops packets behind it
    TRACE_LOG,  // nfnetlink_log: what no rule dropped; see fault_log_delivered
};

// In the calling thread's network namespace, before the first connection there. 0 or a negative errno: -EPERM without
// CAP_NET_RAW (ring) or CAP_NET_ADMIN (log) there. `group` is TRACE_LOG's. A ring, which is for those who may have no
// queue (capture_is_slow), waits for the kernel, some 8 ms long.
int trace_open(struct trace **trace, enum trace_source source, uint16_t group);
void trace_close(struct trace *trace); // NULL is none. A ring's descriptor lives up to 40 ms longer: its closing waits, too

// Takes in every packet that has come so far, unless another thread is at it; never waits for packets. What is below, but for
// trace_path, does that too; it is needed as often as TRACE_ROOM packets may have come.
enum { TRACE_ROOM = 8192 };
void trace_poll(struct trace *trace);

// The end at `local`, which the caller owns from now on, of a connection of that pair that nobody owns. CONNECTS: right behind
// connect(2), of the newest; it is made where no packet was seen yet. ACCEPTS: of the oldest; a `peer` of none is a connection
// that was reset while it was queued, of which the kernel tells no more. NULL: there is none, or it is not clear which.
// SHARES: of the newest, somebody owns it already.
enum trace_role { TRACE_CONNECTS, TRACE_ACCEPTS, TRACE_SHARES };
struct trace_end *trace_take(struct trace *trace, const struct address *local, const struct address *peer,
                             enum trace_role role);

// What its owner is about to do. What became of it, trace_seen must say right behind the system call.
enum trace_call {
    TRACE_END,   // close(2), or shutdown(2) for writing
    TRACE_ABORT, // close(2) with SO_LINGER 0
};
void trace_call(struct trace *trace, struct trace_end *end, enum trace_call call);

// What the kernel said of the end's state a moment ago: it proves what was processed of what has arrived, and what only time
// brings (a timeout) is known from nowhere else. STATE_ANY says nothing.
void trace_seen(struct trace *trace, struct trace_end *end, enum state state);

// Instead, where nobody has its descriptor any more: the kernel knows no such pair. It says so too for a moment while it puts a
// socket's remains in its place, so this is believed when it has been said for a while.
void trace_forgotten(struct trace *trace, struct trace_end *end);

// The end's path from SYN_SENT or SYN_RECV on, up to what trace_seen last confirmed and what has arrived since. It has a gap
// where it cannot be known. False: what has arrived can be read in two ways, and the kernel's next word will tell.
bool trace_path(struct trace *trace, const struct trace_end *end, struct state_path *path);

// How many packets the trace has missed.
uint64_t trace_lost(struct trace *trace);

#endif
