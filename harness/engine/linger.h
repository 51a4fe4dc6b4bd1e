// What a program still sends behind the end of our block: a connection that the harness closes ends its sending first, and
// reads on until the other end has ended too. Private to the room.
#ifndef SOCKDRILL_ENGINE_LINGER_H
#define SOCKDRILL_ENGINE_LINGER_H

#include "play.h"

// Of all connections of the block whose other end is no actor's of ours, at the same time: what comes becomes held, for
// sock_close to judge. DONE: each has ended, or its time is over. Else the answers of sock_close; the step is taken again.
enum step_answer linger_block(struct task *task, const struct block_run *block);

// The ports that our own actors' TCP sockets have had: whoever has another is a program. 65536 bits; from calloc.
_Atomic(uint64_t) *linger_ports_new(void);
void linger_note_local(struct sock *sock, const struct address *local);
void linger_note_passed(const struct sock *sock); // to a program

#endif
