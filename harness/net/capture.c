#include "net/capture.h"

#include "capture_can.h"
#include "packet_queue.h"
#include "trace_source.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
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
    FILLER_BYTES = 60000, // a mark with so much behind it
    FILLERS = BLOCK_BYTES / FILLER_BYTES + 1, // fill a block
    QUEUED_BYTES = 96 * 1024, // above 64 KiB, below where malloc(3) asks the kernel each time
    QUEUED_AT_ONCE = 1024,
    POLLS_A_TURN = 64,
};

struct capture {
    int fd;
    uint8_t *blocks; // RING_BYTES; NULL: it is a queue, packet_queue.h
    uint32_t at;     // the next block that the kernel will hand over
    uint8_t *room;   // QUEUED_BYTES, of a queue
    uint32_t polls;
    int64_t last_ns; // the time of its newest packet, CLOCK_REALTIME
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

bool capture_is_slow(void) {
    int const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool const is_slow = fd < 0 || !packet_queue_may_be(fd);
    if (fd >= 0) close(fd);
    return is_slow;
}

// Guarded by its lock.
static struct {
    pthread_mutex_t lock;
    uint32_t wanted;
    int fd; // while it is wanted
} times = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

void capture_times_begin(void) {
    int const yes = 1;
    pthread_mutex_lock(&times.lock);
    if (times.wanted++ == 0) times.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (times.fd >= 0) setsockopt(times.fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    pthread_mutex_unlock(&times.lock);
}

void capture_times_end(void) {
    pthread_mutex_lock(&times.lock);
    if (--times.wanted == 0 && times.fd >= 0) {
        close(times.fd);
        times.fd = -1;
    }
    pthread_mutex_unlock(&times.lock);
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
    bool const is_queue = packet_queue_make(fd);
    if (is_queue) capture->room = memory_need(malloc(QUEUED_BYTES));
    int error = is_queue ? 0 : filter(fd);
    if (!error && !is_queue) error = map(capture);
    if (!error && bind(fd, (struct sockaddr *)&all, sizeof(all)) < 0) error = -errno;
    if (error) capture_close(capture);
    else *out = capture;
    return error;
}

void capture_close(struct capture *capture) {
    if (!capture) return;
    if (capture->blocks) munmap(capture->blocks, RING_BYTES);
    trace_close_later(capture->fd);
    free(capture->room);
    free(capture);
}

int capture_fd(const struct capture *capture) {
    return capture->fd;
}

uint64_t capture_lost(const struct capture *capture) {
    return capture->lost;
}

static void count_lost(struct capture *capture) {
    if (!capture->blocks) {
        capture->lost += (uint32_t)(packet_queue_dropped(capture->fd) - (uint32_t)capture->lost);
        return;
    }
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

// `frame` is where its bytes lie, which are ours to change.
static void take_packet(struct capture *capture, struct captured_packet *packet, uint8_t *frame, uint16_t hardware,
                        capture_sink *sink, void *context) {
    struct slice const begin = slice_of(packet->bytes.data, packet->bytes.len_bytes < MARK_BYTES ? 0 : MARK_BYTES);
    if (slice_equal(begin, slice_of(capture->mark, MARK_BYTES))) {
        capture->mark_seen = capture->mark_seen || packet->whole_bytes == MARK_BYTES;
    } else if (link_type_of(hardware, &packet->link_type)) {
        if (packet->link_type == LINK_CAN) capture_can_order(frame, packet->bytes.len_bytes);
        sink(context, packet);
    }
}

static void take_frame(struct capture *capture, uint8_t *start, int64_t ahead_ns, capture_sink *sink, void *context) {
    const struct tpacket3_hdr *const header = (const void *)start;
    const struct sockaddr_ll *const from = (const void *)(start + TPACKET_ALIGN(sizeof(*header)));
    struct captured_packet packet = {
        .at_ns = header->tp_sec * NS_PER_S + header->tp_nsec - ahead_ns,
        .interface = (uint32_t)from->sll_ifindex,
        .whole_bytes = header->tp_len,
        .bytes = slice_of(start + header->tp_mac, header->tp_snaplen),
    };
    take_packet(capture, &packet, start + header->tp_mac, from->sll_hatype, sink, context);
}

// Whether the kernel noted when it came, which it begins a moment after it was asked to. What it noted none of has the time of its
// reading, which tells nothing: it is given the newest that was noted, or at first that of our own reading.
static bool note_time(struct capture *capture, const struct queued_packet *packet, int64_t before_ns) {
    bool const is_noted = packet->realtime_ns > 0 && packet->realtime_ns < before_ns;
    if (is_noted) capture->last_ns = packet->realtime_ns;
    else if (capture->last_ns == 0) capture->last_ns = before_ns;
    return is_noted;
}

// Whether it was emptied.
static bool take_queued(struct capture *capture, capture_sink *sink, void *context) {
    int64_t ahead_ns = 0;
    for (uint32_t count = 0; count < QUEUED_AT_ONCE; count++) { // what comes meanwhile is for the next turn
        struct queued_packet queued;
        int64_t const before_ns = clock_now_ns();
        if (!packet_queue_next(capture->fd, capture->room, QUEUED_BYTES, &queued)) return true;
        if (ahead_ns == 0) ahead_ns = realtime_ns();
        bool const is_noted = note_time(capture, &queued, before_ns + ahead_ns);
        struct captured_packet packet = {
            .at_ns = capture->last_ns - ahead_ns,
            .is_late = !is_noted,
            .interface = (uint32_t)queued.from.sll_ifindex,
            .whole_bytes = queued.whole_bytes,
            .bytes = queued.bytes,
        };
        take_packet(capture, &packet, capture->room, queued.from.sll_hatype, sink, context);
    }
    return false;
}

void capture_take(struct capture *capture, capture_sink *sink, void *context) {
    if (!capture->blocks) {
        take_queued(capture, sink, context);
        return;
    }
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

void capture_poll(struct capture *capture, capture_sink *sink, void *context) {
    // To look into a ring costs nothing, and a queue is a system call each time, with room for long.
    if (capture->blocks || ++capture->polls % POLLS_A_TURN == 0) capture_take(capture, sink, context);
}

static bool send_mark(const struct capture *capture, size_t filler_bytes) {
    static const uint8_t filler[FILLER_BYTES];
    struct sockaddr_ll lo = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_LOCAL), .sll_halen = ETH_ALEN};
    lo.sll_ifindex = 1;
    struct iovec parts[] = {{(void *)(uintptr_t)capture->mark, MARK_BYTES}, {(void *)(uintptr_t)filler, filler_bytes}};
    struct msghdr const message = {.msg_name = &lo, .msg_namelen = sizeof lo, .msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(capture->fd, &message, 0) > 0;
}

// A packet of our own comes behind all the others; when it is here, they are.
void capture_flush(struct capture *capture, capture_sink *sink, void *context) {
    capture->mark_seen = false;
    if (capture->blocks) capture_take(capture, sink, context); // so that there is room for it
    while (!capture->blocks && !take_queued(capture, sink, context)) continue;
    bool const is_sent = send_mark(capture, 0);
    // A block that is full is handed over at once.
    for (int i = 0; capture->blocks && is_sent && i < FILLERS; i++) send_mark(capture, FILLER_BYTES - MARK_BYTES);
    int64_t const until_ns = clock_now_ns() + FLUSH_MS * NS_PER_MS;
    if (is_sent) capture_take(capture, sink, context);
    while (is_sent && !capture->mark_seen) {
        int64_t const left_ns = until_ns - clock_now_ns();
        struct pollfd ready = {.fd = capture->fd, .events = POLLIN};
        struct timespec const pause = {left_ns / NS_PER_S, left_ns % NS_PER_S};
        if (left_ns <= 0 || (ppoll(&ready, 1, &pause, NULL) < 0 && errno != EINTR)) break;
        capture_take(capture, sink, context);
    }
    count_lost(capture);
}
