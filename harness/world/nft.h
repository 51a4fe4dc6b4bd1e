// Has libnftables run commands. nft(8), libnftables(3).
//
// Its parser has assertions that a scenario's words can reach, and it ends the process when it gets no socket. So it
// lives in a process of its own, the interpreter, and works in a child of that: one for each call.
#ifndef SOCKDRILL_WORLD_NFT_H
#define SOCKDRILL_WORLD_NFT_H

#include "base/buffer.h"
#include "base/slice.h"

enum { NFT_COMMANDS_BYTES = 32 * 1024 };

// Starts the interpreter, unless it runs; nft_run does it too. Before the process's second thread is best: a process
// that is forked later holds every open socket for a moment, and what another thread closes then is not closed at once.
int nft_begin(void);

// Ends it, and returns when it has ended. Nobody may be in nft_run.
void nft_end(void);

// Runs the commands, one transaction, in the network namespace that `namespace_fd` names; any thread may. 0, or with
// what there is to say about it in `said`:
//   -EINVAL     libnftables refuses them; `said` is its output as it came. Or they made it crash
//   -E2BIG      they are longer than NFT_COMMANDS_BYTES
//   -EPERM      no CAP_NET_ADMIN there
//   -ENOTSUP    no libnftables, or no nf_tables in the kernel
//   -ETIMEDOUT  it did not come back
// and any other negative errno of the calls that lead there.
int nft_run(int namespace_fd, struct slice commands, struct buffer *said);

#endif
