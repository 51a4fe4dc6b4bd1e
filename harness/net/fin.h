// Linux counts a FIN in a TCP queue as a byte: it takes a sequence number (RFC 9293, section 3.4), and is the last to.
#ifndef SOCKDRILL_NET_FIN_H
#define SOCKDRILL_NET_FIN_H

#include "base/state.h"

#include <stdint.h>

enum fin_side {
    FIN_SENT,     // our own: in the send queue until it is acknowledged
    FIN_RECEIVED, // the peer's: in the receive queue until a recv has returned 0
};

// The bytes of a queue that had `queued` in it while the connection was in `state`.
static inline uint32_t fin_left_out(enum fin_side side, enum state state, uint32_t queued) {
    static const bool counted[][STATE_COUNT] = {
        [FIN_SENT] = {[STATE_FIN_WAIT1] = true, [STATE_CLOSING] = true, [STATE_LAST_ACK] = true},
        [FIN_RECEIVED] = {[STATE_CLOSE_WAIT] = true, [STATE_CLOSING] = true, [STATE_LAST_ACK] = true},
    };
    return queued > 0 && (unsigned)state < STATE_COUNT && counted[side][state] ? queued - 1 : queued;
}

#endif
