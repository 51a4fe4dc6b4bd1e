#include "net/capture.h"

#include "capture_can.h"
#include "trace_source.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 512 * 1024, // seven packets of 64 KiB, which is as large as segments on lo become
    BLOCK_COUNT = 32,
    RING_BYTES = BLOCK_BYTES * BLOCK_COUNT,
    FRAME_BYTES = 2048, // V3 asks for it, and packs frames closer
    HELD_BACK_MS = 1,   // how long the kernel waits for more before it hands over a block that is not full
    FLUSH_MS = 100,
    ETHERTYPE_LOCAL = 0x88b5, // IEEE 802, local experimental
    MARK_BYTES = ETH_HLEN + 24,
};

struct capture {
    int fd;
    uint8_t *blocks; // RING_BYTES
    uint32_t at;     // the next block that the kernel will hand over
    uint64_t lost;
    uint8_t mark[MARK_BYTES]; // the packet behind all that capture_flush waits for
    bool mark_seen;
};

// A socket filter, bpf(4): all of whatever is not on its way out.
static int filter(int fd) {
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int map(struct capture *capture) {
    int version = TPACKET_V3;
    struct tpacket_req3 request = {
        .tp_block_size = BLOCK_BYTES,
        .tp_block_nr = BLOCK_COUNT,
        .tp_frame_size = FRAME_BYTES,
        .tp_frame_nr = RING_BYTES / FRAME_BYTES,
        .tp_retire_blk_tov = HELD_BACK_MS,
    };
    if (setsockopt(capture->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0) return -errno;
    if (setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0) return -errno;
    void *blocks = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, capture->fd, 0);
    if (blocks == MAP_FAILED) return -errno;
    capture->blocks = blocks;
    return 0;
}

// Its own address makes it a packet that nobody else sends.
static void make_mark(struct capture *capture) {
    static const char name[] = "sockdrill";
    uintptr_t const number = (uintptr_t)capture;
    capture->mark[ETH_HLEN - 2] = ETHERTYPE_LOCAL >> 8;
    capture->mark[ETH_HLEN - 1] = ETHERTYPE_LOCAL & 0xff;
    memcpy(capture->mark + ETH_HLEN, name, sizeof(name));
    memcpy(capture->mark + ETH_HLEN + sizeof(name), &number, sizeof(number));
}

int capture_open(struct capture **out) {
    *out = NULL;
    // No protocol yet: nothing arrives before filter and ring are there.
    int const fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct capture *capture = memory_need(calloc(1, sizeof(*capture)));
    capture->fd = fd;
    make_mark(capture);
    struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int error = filter(fd);
    if (!error) error = map(capture);
    if (!error && bind(fd, (struct sockaddr *)&all, sizeof(all)) < 0) error = -errno;
    if (error) capture_close(capture);
    else *out = capture;
    return error;
}

void capture_close(struct capture *capture) {
    if (!capture) return;
    if (capture->blocks) munmap(capture->blocks, RING_BYTES);
    trace_close_later(capture->fd);
    free(capture);
}

int capture_fd(const struct capture *capture) {
    return capture->fd;
}

uint64_t capture_lost(const struct capture *capture) {
    return capture->lost;
}

static void count_lost(struct capture *capture) {
    struct tpacket_stats_v3 counts;
    socklen_t len_bytes = sizeof(counts);
    if (getsockopt(capture->fd, SOL_PACKET, PACKET_STATISTICS, &counts, &len_bytes) == 0)
        capture->lost += counts.tp_drops;
}

// What the ring's clock, CLOCK_REALTIME, is ahead of ours.
static int64_t realtime_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec - clock_now_ns();
}

static bool link_type_of(uint16_t hardware, enum link_type *type) {
    switch (hardware) {
    case ARPHRD_LOOPBACK:
    case ARPHRD_ETHER: *type = LINK_ETHERNET; return true;
    case ARPHRD_CAN: *type = LINK_CAN; return true;
    default: return false; // ours to name: the header is the kernel's
    }
}

// What is in a block is ours to change until the block goes back.
static void take_frame(struct capture *capture, uint8_t *start, int64_t ahead_ns, capture_sink *sink, void *context) {
    const struct tpacket3_hdr *const header = (const void *)start;
    const struct sockaddr_ll *const from = (const void *)(start + TPACKET_ALIGN(sizeof(*header)));
    uint8_t *const frame = start + header->tp_mac;
    struct captured_packet packet = {
        .at_ns = header->tp_sec * NS_PER_S + header->tp_nsec - ahead_ns,
        .interface = (uint32_t)from->sll_ifindex,
        .whole_bytes = header->tp_len,
        .bytes = slice_of(frame, header->tp_snaplen),
    };
    if (slice_equal(packet.bytes, slice_of(capture->mark, MARK_BYTES))) {
        capture->mark_seen = true;
    } else if (link_type_of(from->sll_hatype, &packet.link_type)) {
        if (packet.link_type == LINK_CAN) capture_can_order(frame, packet.bytes.len_bytes);
        sink(context, &packet);
    }
}

void capture_take(struct capture *capture, capture_sink *sink, void *context) {
    bool is_losing = false;
    int64_t ahead_ns = 0;
    for (uint32_t count = 0; count < BLOCK_COUNT; count++) { // what comes meanwhile is for the next turn
        uint8_t *const start = capture->blocks + (size_t)capture->at * BLOCK_BYTES;
        struct tpacket_hdr_v1 *const block = &((struct tpacket_block_desc *)(void *)start)->hdr.bh1;
        uint32_t const status = __atomic_load_n(&block->block_status, __ATOMIC_ACQUIRE);
        if (!(status & TP_STATUS_USER)) break;
        if (ahead_ns == 0) ahead_ns = realtime_ns();
        is_losing = is_losing || (status & TP_STATUS_LOSING);
        uint8_t *at = start + block->offset_to_first_pkt;
        for (uint32_t i = 0; i < block->num_pkts; i++) {
            take_frame(capture, at, ahead_ns, sink, context);
            at += ((const struct tpacket3_hdr *)(void *)at)->tp_next_offset;
        }
        __atomic_store_n(&block->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        capture->at = (capture->at + 1) % BLOCK_COUNT;
    }
    if (is_losing) count_lost(capture);
}

// A packet of our own comes behind all the others; when it is here, they are.
void capture_flush(struct capture *capture, capture_sink *sink, void *context) {
    struct sockaddr_ll lo = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_LOCAL), .sll_halen = ETH_ALEN};
    lo.sll_ifindex = 1;
    capture->mark_seen = false;
    capture_take(capture, sink, context); // so that there is room for it
    bool const is_sent =
        sendto(capture->fd, capture->mark, MARK_BYTES, 0, (struct sockaddr *)&lo, sizeof(lo)) == MARK_BYTES;
    int64_t const until_ns = clock_now_ns() + FLUSH_MS * NS_PER_MS;
    while (is_sent && !capture->mark_seen) {
        int64_t const left_ns = until_ns - clock_now_ns();
        struct pollfd ready = {.fd = capture->fd, .events = POLLIN};
        struct timespec const pause = {left_ns / NS_PER_S, left_ns % NS_PER_S};
        if (left_ns <= 0 || (ppoll(&ready, 1, &pause, NULL) < 0 && errno != EINTR)) break;
        capture_take(capture, sink, context);
    }
    count_lost(capture);
}
