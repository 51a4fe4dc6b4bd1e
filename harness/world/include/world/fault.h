// Faults on a world's loopback: packets that get lost, and a slow line. nft(8), tc-tbf(8).
//
// All of these work in the calling thread's network namespace, which must be a world's: in the one that the process
// began with they touch nothing and answer -EPERM. 0 or a negative errno, with what the kernel or nftables said in
// `trouble`. -ENOTSUP: this machine cannot do it.
//
// Threads: any, at once.
#ifndef SOCKDRILL_WORLD_FAULT_H
#define SOCKDRILL_WORLD_FAULT_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

// Notes which network the process began with: before any thread leaves it. world_prepare does, and until then every network
// counts as that one.
void fault_spare_own_network(void);

// Starts the process in which libnftables lives; before the process's second thread and behind world_prepare, where
// something may be dropped in this run. Without it the first fault_drop or fault_log_delivered does, and for a moment
// that process then holds the sockets of other threads open. fault_end returns when it has ended.
int fault_begin(void);
void fault_end(void);

// Packets that match are dropped on their way in, as if the line had lost them. `match` is nftables' own words, and
// none matches every packet; -EINVAL: nftables knows no such words. `number` is the caller's, for fault_drop_end;
// -EEXIST: there is one of that number. One to two milliseconds each.
int fault_drop(uint32_t number, const char *match, struct buffer *trouble);
int fault_drop_end(uint32_t number, struct buffer *trouble); // -ENOENT: there is no such drop

// Everything on the loopback shares this rate from now on, and packets have an Ethernet's size. Nothing is lost for it:
// what has to wait does. A second call replaces the first. -EINVAL: less than a byte a second.
int fault_rate(uint64_t bits_per_s, struct buffer *trouble);

// The loopback is as fast as ever. The packet that is on the line stays that slow; what waits behind it goes at once.
int fault_rate_end(struct buffer *trouble);

// Has every TCP packet that no drop took logged to this nfnetlink_log group, its first 128 bytes, each at once: before
// the first fault_drop.
int fault_log_delivered(uint16_t group, struct buffer *trouble);

#endif
