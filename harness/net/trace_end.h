// One end of a connection: its row of events, and the path that TCP's state table makes of it. Private to the tracker.
#ifndef SOCKDRILL_NET_TRACE_END_H
#define SOCKDRILL_NET_TRACE_END_H

#include "net/trace.h"

enum end_event {
    END_NONE,
    END_OPENS,      // connect(2), or its SYN
    END_SYN,        // the other's SYN came
    END_SYN_ACK,    // the answer to ours came
    END_ACKNOWLEDGED, // our SYN is, by any segment
    END_CLOSES,     // close(2) or shutdown(2), or our FIN
    END_FIN,        // the other's FIN came, and all before it
    END_FIN_ACKED,  // our FIN is acknowledged
    END_RESET,      // the other's RST came
    END_GONE,       // we sent a RST, gave up, or were aborted
    END_GONE_SOMEHOW, // the same, and it is not known whether the other's FIN was taken in before
    END_EVENT_COUNT,
    END_LEAP = 16   // and more: the kernel says it is in state number event - 16, and nothing says how it got there
};

enum { END_MAX_EVENTS = 12 };

// Owned by its tracker.
struct trace_end {
    uint32_t at_ms[END_MAX_EVENTS];
    uint8_t events[END_MAX_EVENTS];
    uint8_t count;
    uint8_t confirmed;   // of them, from the first on
    bool close_is_proven; // END_CLOSES is more than the owner's intention
    bool is_blind;       // packets were missed: they no longer count
    bool is_taken;
    bool is_forgotten;   // by the kernel, since forgotten_ms
    uint32_t forgotten_ms;
    bool is_old;         // its pair is a newer connection's by now
    bool has_isn, has_fin, has_next, has_acked;
    uint32_t isn;        // of what it sends, as far as that was seen
    uint32_t fin;        // the sequence number of its FIN
    uint32_t next;       // what it expects to receive next, if its kernel has taken everything
    uint32_t acked;      // what it last acknowledged: the kernel had taken all before that
};

enum state end_state(const struct trace_end *end);
bool end_is_over(const struct trace_end *end); // TIME_WAIT, or CLOSE behind something else

bool end_has(const struct trace_end *end, enum end_event event);
// Adds an event if the state table has a way for it from where the end is.
void end_push(struct trace_end *end, enum end_event event, uint32_t now_ms);

// A segment of its own proves that all up to its acknowledgement was taken in when it was sent: whether the other's FIN, whose
// number is `fin`, was.
void end_acknowledges(struct trace_end *end, bool covers_fin);
// Its FIN was sent, with an acknowledgement that covers the other's FIN or not.
void end_sent_fin(struct trace_end *end, bool covers_fin, uint32_t now_ms);
void end_sent_reset(struct trace_end *end, bool has_ack, bool covers_fin, uint32_t now_ms);
// The other's FIN came again, which says that the first one may have been thrown away.
void end_fin_again(struct trace_end *end, uint32_t now_ms);

#endif
