#include "packet_queue.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

// The kernel takes twice as much, socket(7), and counts with each packet what it weighs in memory: a short one some 2 KiB, one
// of 64 KiB a little more than that. Nothing of it is there before it is needed.
enum { QUEUE_BYTES = 128 * 1024 * 1024 };

static bool set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool packet_queue_may_be(int fd) { return set(fd, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES); }

bool packet_queue_make(int fd) {
    bool const is_one_way = set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1); // since Linux 4.20
    return is_one_way && packet_queue_may_be(fd) && set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) &&
           set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1) && set(fd, SOL_PACKET, PACKET_AUXDATA, 1);
}

static void read_control(struct msghdr *message, struct queued_packet *packet) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_PACKET && part->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata facts;
            memcpy(&facts, CMSG_DATA(part), sizeof facts);
            packet->whole_bytes = facts.tp_len;
        } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(part), sizeof at);
            packet->realtime_ns = at.tv_sec * NS_PER_S + at.tv_nsec;
        } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&packet->dropped, CMSG_DATA(part), sizeof packet->dropped);
        }
    }
}

bool packet_queue_next(int fd, uint8_t *room, size_t room_bytes, struct queued_packet *packet) {
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct timespec)) +
                      CMSG_SPACE(sizeof(uint32_t))];
    } control;
    struct iovec into = {room, room_bytes};
    struct msghdr message = {
        .msg_name = &packet->from,
        .msg_namelen = sizeof packet->from,
        .msg_iov = &into,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t len_bytes;
    do len_bytes = recvmsg(fd, &message, MSG_DONTWAIT);
    while (len_bytes < 0 && (errno == EINTR || errno == ENETDOWN)); // an interface went down: that is told once
    if (len_bytes < 0) return false;
    packet->bytes = slice_of(room, (size_t)len_bytes);
    packet->whole_bytes = (uint64_t)len_bytes;
    packet->realtime_ns = 0;
    packet->dropped = 0;
    read_control(&message, packet);
    return true;
}

uint32_t packet_queue_dropped(int fd) {
    uint32_t facts[SK_MEMINFO_VARS] = {0};
    socklen_t len_bytes = sizeof facts;
    return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, facts, &len_bytes) == 0 ? facts[SK_MEMINFO_DROPS] : 0;
}
