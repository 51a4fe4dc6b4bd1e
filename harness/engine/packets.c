#include "packets.h"
#include "ahead.h"
#include "packet_order.h"

#include "base/memory.h"
#include "net/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

// Of a case's packets the journal keeps so much whole, then their headers, then their number.
enum {
    WHOLE_BYTES = 256 * 1024 * 1024,
    HEADERS_BYTES = 512 * 1024 * 1024,
    HEADER_BYTES = 128,
};

// Owned by the worker of the case's home.
struct packets {
    struct epoll_target target;
    struct capture *capture;
    struct journal_segment *segment;
    int epoll_fd;
    int64_t begin_ns; // what came before, when the world was made, is not the case's
    struct packet_order kept; // their bytes are in the segment's arena
    uint64_t kept_bytes;      // with what an event takes
    uint64_t left_out;
};

static void take(void *context, const struct captured_packet *packet) {
    struct packets *packets = context;
    struct slice bytes = packet->bytes;
    if (packet->at_ns < packets->begin_ns) return;
    if (packets->kept_bytes > WHOLE_BYTES && bytes.len_bytes > HEADER_BYTES) bytes.len_bytes = HEADER_BYTES;
    if (packets->kept_bytes > HEADERS_BYTES) {
        packets->left_out++;
        return;
    }
    struct captured_packet kept = *packet;
    kept.bytes = slice_of(arena_copy(&packets->segment->arena, bytes.data, bytes.len_bytes), bytes.len_bytes);
    packets->kept_bytes += bytes.len_bytes + sizeof(struct event) + sizeof kept;
    packet_order_put(&packets->kept, kept);
}

static void ready(struct epoll_target *target, uint32_t epoll_events) {
    struct packets *packets = list_entry(target, struct packets, target);
    (void)epoll_events;
    capture_take(packets->capture, take, packets);
}

static void note(struct journal_segment *segment, const char *text) {
    journal_add(segment, EVENT_NOTE)->bytes = slice_text(text);
}

void packets_begin(struct case_run *run) {
    if (!run->world || !run->engine->options->packets) return;
    struct part *home = &run->parts[0];
    struct packets *packets = memory_need(calloc(1, sizeof *packets));
    packets->target.ready = ready;
    packets->epoll_fd = home->worker->epoll_fd;
    int error = ahead_capture(run, &packets->capture);
    packets->begin_ns = clock_now_ns();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &packets->target};
    if (!error && epoll_ctl(packets->epoll_fd, EPOLL_CTL_ADD, capture_fd(packets->capture), &event) != 0)
        error = -errno;
    if (error) {
        note(home->journal,
             arena_text(&home->journal->arena, "its packets cannot be captured: packet(7) says %s", strerror(-error)));
        capture_close(packets->capture);
        free(packets);
        return;
    }
    packets->segment = &run->segments[run->thread_count];
    journal_segment_init(packets->segment, run->thread_count, run->thread_count + 1); // it numbers no socket
    run->packets = packets;
}

void packets_poll(const struct case_run *run) {
    if (run->packets) capture_poll(run->packets->capture, take, run->packets);
}

static void tell(const struct packets *packets) {
    struct journal_segment *segment = packets->segment;
    uint64_t const lost = capture_lost(packets->capture);
    for (size_t i = 0; i < packets->kept.count; i++) {
        const struct captured_packet *kept = &packets->kept.packets[i];
        struct event *event = journal_add(segment, EVENT_PACKET);
        event->at_ns = kept->at_ns;
        event->code = (int32_t)kept->link_type;
        event->count = kept->whole_bytes;
        event->offset = kept->interface;
        event->bytes = kept->bytes;
    }
    if (lost > 0)
        note(segment, arena_text(&segment->arena, "%llu packet%s lost to the capture, which had no room",
                                 (unsigned long long)lost, lost == 1 ? " was" : "s were"));
    if (packets->left_out > 0)
        note(segment, arena_text(&segment->arena, "%llu packets more than a capture keeps are left out",
                                 (unsigned long long)packets->left_out));
    struct event *event = journal_add(segment, EVENT_CAPTURED);
    event->count = packets->kept.count;
    event->offset = lost + packets->left_out;
}

void packets_end(struct case_run *run) {
    struct packets *packets = run->packets;
    if (!packets) return;
    capture_flush(packets->capture, take, packets);
    epoll_ctl(packets->epoll_fd, EPOLL_CTL_DEL, capture_fd(packets->capture), NULL); // it is not closed at once
    tell(packets);
    capture_close(packets->capture);
    packet_order_fini(&packets->kept);
    free(packets);
    run->packets = NULL;
}
