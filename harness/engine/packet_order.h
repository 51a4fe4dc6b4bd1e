// A case's packets in the order in which they came. Private to the room.
#ifndef SOCKDRILL_ENGINE_PACKET_ORDER_H
#define SOCKDRILL_ENGINE_PACKET_ORDER_H

#include "net/capture.h"

#include <stddef.h>

struct packet_order {
    struct captured_packet *packets; // whose bytes are whoever's put them here
    size_t count, cap;
};

// As they are taken, one by one. Packets that two CPUs delivered at the same moment may have changed places, which their times
// tell. One that is_late keeps its place, and gets the time of what came behind it where that was earlier.
void packet_order_put(struct packet_order *order, struct captured_packet packet);
void packet_order_fini(struct packet_order *order);

#endif
