// A socket's whole path of states: what its owner did, and the trace of its world's packets. Private to the room.
#ifndef SOCKDRILL_ENGINE_LIFECYCLE_H
#define SOCKDRILL_ENGINE_LIFECYCLE_H

#include "play.h"

// Opens the case's trace where it reads a lifecycle or shows them; the calling thread is in its world. Where there is none,
// run->trace_lacks says why. False only where a limit of the machine is in the way, which then stands in `reason`.
bool lifecycle_begin(struct case_run *run, struct buffer *reason);
void lifecycle_end(struct case_run *run);
// Every trace has room for so many packets only: between steps, and when nobody has anything to do.
void lifecycle_poll(const struct case_run *run);

// connect(2) to `to` has begun; accept(2) gave it, or a Unix socket brought it.
void lifecycle_connects(struct sock *sock, const struct address *to);
void lifecycle_accepted(struct sock *sock);
void lifecycle_passed(struct sock *sock);
// Right before a call that ends its direction. sock_state must follow the call.
void lifecycle_closes(struct sock *sock, enum trace_call call);
void lifecycle_seen(struct sock *sock, enum state state); // of its descriptor or its pair
void lifecycle_forgotten(struct sock *sock);              // the kernel knows no such pair

// The path so far. False: it can be read in two ways, and the next sock_state will tell.
bool lifecycle_path(const struct sock *sock, struct state_path *path);
// Why it may have gaps, in the part's arena; NULL: nothing to say.
const char *lifecycle_gaps(struct part *part);
void lifecycle_free(struct sock *sock); // what it has in the slab
// Writes every TCP socket's path into the journal, where there is a trace.
void lifecycle_tell(struct part *part);

#endif
