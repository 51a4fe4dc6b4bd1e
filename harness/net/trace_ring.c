// TCP packets that arrive on lo, in a queue, or else in a ring that is shared with the kernel: packet(7), TPACKET_V2, which
// hands over each packet at once (V3 only when a block is full).
#include "packet_queue.h"
#include "trace_packet.h"
#include "trace_source.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    FRAME_BYTES = 256,
    BLOCK_BYTES = 4096,
    LO = 1, // of every network namespace
    QUEUED_MANY = 64, // a queue that has lost some had more than these in it
    QUEUED_AT_ONCE = 4096,
};

// A socket filter, bpf(4): TCP over IPv4 and IPv6, the headers of it, and what arrives: on lo each packet passes twice.
static int filter(int fd) {
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 12),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), // of the IP header, since the socket is cooked
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 2),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 6, 7),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 6),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_HOPOPTS, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ROUTING, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_DSTOPTS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, TRACE_HEADER_BYTES),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int map(struct trace_ring *ring) {
    int version = TPACKET_V2;
    struct tpacket_req request = {
        .tp_block_size = BLOCK_BYTES,
        .tp_block_nr = ring->frame_count / (BLOCK_BYTES / FRAME_BYTES),
        .tp_frame_size = FRAME_BYTES,
        .tp_frame_nr = ring->frame_count,
    };
    if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0) return -errno;
    if (setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0) return -errno;
    void *frames = mmap(NULL, (size_t)ring->frame_count * FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
    if (frames == MAP_FAILED) return -errno;
    ring->frames = frames;
    return 0;
}

int trace_ring_open(struct trace_ring *ring, uint32_t frame_count) {
    // No protocol yet: nothing arrives before filter and ring are there.
    *ring = (struct trace_ring){.fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                                .frame_count = frame_count};
    if (ring->fd < 0) return -errno;
    struct sockaddr_ll const lo = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = LO};
    bool const is_queue = packet_queue_make(ring->fd);
    int error = is_queue ? 0 : filter(ring->fd);
    if (!error && !is_queue) error = map(ring);
    if (!error && bind(ring->fd, (const struct sockaddr *)&lo, sizeof(lo)) < 0) error = -errno;
    if (error) trace_ring_close(ring);
    return error;
}

void trace_ring_close(struct trace_ring *ring) {
    if (ring->frames) munmap(ring->frames, (size_t)ring->frame_count * FRAME_BYTES);
    ring->frames = NULL;
    if (ring->fd >= 0) trace_close_later(ring->fd);
    ring->fd = -1;
}

// How many found no frame since this was last asked.
static void tell_losses(const struct trace_ring *ring, const struct trace_sink *sink) {
    struct tpacket_stats counts;
    socklen_t len_bytes = sizeof(counts);
    if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &counts, &len_bytes) == 0 && counts.tp_drops > 0)
        sink->lost(sink->context, counts.tp_drops);
}

static void tell_dropped(struct trace_ring *ring, uint32_t dropped, const struct trace_sink *sink) {
    if (dropped != ring->dropped) sink->lost(sink->context, dropped - ring->dropped);
    ring->dropped = dropped;
}

static void read_queue(struct trace_ring *ring, const struct trace_sink *sink) {
    uint8_t room[FRAME_BYTES];
    struct queued_packet packet;
    uint32_t count = 0;
    // What comes meanwhile is for the next turn.
    for (; count < QUEUED_AT_ONCE && packet_queue_next(ring->fd, room, sizeof room, &packet); count++) {
        if (packet.dropped != 0) tell_dropped(ring, packet.dropped, sink);
        sink->packet(sink->context, packet.bytes.data, packet.bytes.len_bytes, packet.whole_bytes);
    }
    if (count > QUEUED_MANY) ring->is_told = false;
    if (ring->is_told) return;
    tell_dropped(ring, packet_queue_dropped(ring->fd), sink); // behind the last that had room
    ring->is_told = true;
}

void trace_ring_read(struct trace_ring *ring, const struct trace_sink *sink) {
    if (!ring->frames) {
        read_queue(ring, sink);
        return;
    }
    uint32_t count = 0;
    for (; count < ring->frame_count; count++) { // what comes meanwhile is for the next turn
        uint8_t *frame = ring->frames + (size_t)ring->at * FRAME_BYTES;
        struct tpacket2_hdr *header = (struct tpacket2_hdr *)(void *)frame;
        uint32_t const status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
        if (!(status & TP_STATUS_USER)) break;
        if (status & TP_STATUS_LOSING) tell_losses(ring, sink);
        size_t const room_bytes = FRAME_BYTES - header->tp_net;
        size_t const len_bytes = header->tp_snaplen < room_bytes ? header->tp_snaplen : room_bytes;
        sink->packet(sink->context, frame + header->tp_net, len_bytes, header->tp_len);
        __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        ring->at = (ring->at + 1) % ring->frame_count;
    }
    if (count >= ring->frame_count) tell_losses(ring, sink); // only a full ring loses any
}
