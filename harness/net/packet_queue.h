// Packets in a socket's own queue, packet(7), for who may let it grow as far as a ring: CAP_NET_ADMIN over the machine, not
// just over its network namespace. Opening one waits for nothing, where a ring's opening waits until no CPU can be at it, and
// a queue takes no memory before packets are in it. Private to the room.
#ifndef SOCKDRILL_NET_PACKET_QUEUE_H
#define SOCKDRILL_NET_PACKET_QUEUE_H

#include "base/slice.h"

#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdint.h>

struct queued_packet {
    struct slice bytes;   // as much as there was room for
    uint64_t whole_bytes; // on the line
    int64_t realtime_ns;  // when it was delivered, CLOCK_REALTIME; 0: the kernel does not say
    uint32_t dropped;     // how many had found no room when it came, of all that there ever were: modulo 2^32
    struct sockaddr_ll from;
};

// Of a packet socket that has no protocol yet; what is on its way out is not for it, and no filter is needed: the kernel compiles
// one each time, which takes longer than all else here. False: it may not have such a queue.
bool packet_queue_make(int fd);
// Whether it may, of a socket of any kind, which has room for so much then.
bool packet_queue_may_be(int fd);
// The next packet, into `room`; false: there is none. Never waits.
bool packet_queue_next(int fd, uint8_t *room, size_t room_bytes, struct queued_packet *packet);
// How many have found no room so far, modulo 2^32.
uint32_t packet_queue_dropped(int fd);

#endif
