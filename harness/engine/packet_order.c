#include "packet_order.h"

#include "base/memory.h"

#include <stdlib.h>

static void make_room(struct packet_order *order) {
    if (order->count < order->cap) return;
    order->cap = order->cap ? order->cap * 2 : 64;
    order->packets = memory_need(realloc(order->packets, order->cap * sizeof *order->packets));
}

void packet_order_put(struct packet_order *order, struct captured_packet packet) {
    make_room(order);
    size_t at = order->count++;
    int64_t const at_ns = packet.at_ns;
    for (; at > 0 && !order->packets[at - 1].is_late && order->packets[at - 1].at_ns > at_ns; at--)
        order->packets[at] = order->packets[at - 1];
    order->packets[at] = packet;
    // They came before it, though they were read behind that.
    for (; at > 0 && order->packets[at - 1].is_late && order->packets[at - 1].at_ns > at_ns; at--)
        order->packets[at - 1].at_ns = at_ns;
}

void packet_order_fini(struct packet_order *order) {
    free(order->packets);
    *order = (struct packet_order){0};
}
