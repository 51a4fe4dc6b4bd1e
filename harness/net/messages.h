// The messages of one datagram of netlink(7), bounds included. Private to the room.
#ifndef SOCKDRILL_NET_MESSAGES_H
#define SOCKDRILL_NET_MESSAGES_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

// The message behind this one, as NLMSG_NEXT has it. That takes a last message without its padding for one with more than 4 GiB
// behind it, where what is left is counted without a sign.
static inline const struct nlmsghdr *message_next(const struct nlmsghdr *message, size_t *left_bytes) {
    size_t const len_bytes = NLMSG_ALIGN((size_t)message->nlmsg_len);
    *left_bytes = len_bytes < *left_bytes ? *left_bytes - len_bytes : 0;
    return (const void *)((const uint8_t *)message + len_bytes);
}

#endif
