// Packets as a trace reads them, and what it makes of them, from written-down packets: net/trace_packet.h, net/trace_track.h.
#include "trace_packet.h"
#include "trace_track.h"

#include "base/sanitizer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// --- packets

static const uint8_t SYN4[] = {
    0x45, 0, 0, 60, 0, 1, 0x40, 0, 64, 6, 0xfa, 0x9f, 127, 0, 0, 1, 192, 168, 0, 114, // IPv4
    0xc3, 0x50, 0x11, 0x30, 0, 0, 0x10, 0, 0, 0, 0, 0, 0xa0, 0xc2, 0xff, 0xd7, 0, 0, 0, 0,
    2, 4, 0xff, 0xd7, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7,
};
static const uint8_t DATA6[] = {
    0x60, 0, 0, 0, 0, 26, 6, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0x11, 0x30, 0xc3, 0x50, 0xff, 0xff, 0xff, 0xfe, 0x80, 0, 0, 1, 0x50, 0x19, 2, 0, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o', '\n',
};
static const uint8_t OPTIONS4[] = {
    0x46, 0, 0, 44, 0, 1, 0, 0, 64, 6, 0x5e, 0xc5, 10, 0, 0, 1, 10, 0, 0, 2, 7, 4, 0, 0, // a router alert
    0, 80, 1, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0x50, 0x14, 0, 0, 0, 0, 0, 0,
};
static const uint8_t EXTENDED6[] = {
    0x60, 0, 0, 0, 0, 45, 0, 64, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    60, 0, 1, 4, 0, 0, 0, 0, 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 9, // hop by hop, destination, an only fragment
    0, 80, 1, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0x50, 0x10, 0, 0, 0, 0, 0, 0, 'x',
};

static const struct {
    const uint8_t *data;
    size_t len_bytes, header_bytes;
    uint16_t from_port, to_port;
    uint32_t seq, ack, payload_bytes;
    uint8_t flags;
} packets[] = {
    {SYN4, sizeof SYN4, 40, 50000, 4400, 0x1000, 0, 0, TRACE_SYN},
    {DATA6, sizeof DATA6, 60, 4400, 50000, 0xfffffffe, 0x80000001, 6, TRACE_ACK | TRACE_FIN},
    {OPTIONS4, sizeof OPTIONS4, 44, 80, 256, 9, 8, 0, TRACE_RST | TRACE_ACK},
    {EXTENDED6, sizeof EXTENDED6, 84, 80, 256, 9, 8, 1, TRACE_ACK},
};

// A copy at the very end of its memory, so that a byte read behind it is found.
static uint8_t *tail_copy(const uint8_t *data, size_t len_bytes) {
    uint8_t *copy = malloc(len_bytes + (len_bytes == 0));
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, len_bytes);
    return copy;
}

// Makes an IPv4 header add up again, RFC 1071.
static void seal(uint8_t *ip, size_t len_bytes) {
    size_t const header_bytes = len_bytes > 0 && ip[0] >> 4 == 4 ? (size_t)(ip[0] & 0x0f) * 4 : 0;
    if (header_bytes < 12 || header_bytes > len_bytes) return;
    uint32_t sum = 0;
    ip[10] = ip[11] = 0;
    for (size_t i = 0; i < header_bytes; i += 2) sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    ip[10] = (uint8_t)(~sum >> 8);
    ip[11] = (uint8_t)~sum;
}

START_TEST(a_packet_is_read) {
    struct trace_packet packet;
    ck_assert(trace_parse(packets[_i].data, packets[_i].len_bytes, packets[_i].len_bytes, &packet));
    ck_assert_uint_eq(packet.from.port, packets[_i].from_port);
    ck_assert_uint_eq(packet.to.port, packets[_i].to_port);
    ck_assert_uint_eq(packet.seq, packets[_i].seq);
    ck_assert_uint_eq(packet.ack, packets[_i].ack);
    ck_assert_uint_eq(packet.len_bytes, packets[_i].payload_bytes);
    ck_assert_uint_eq(packet.flags, packets[_i].flags);
}
END_TEST

// Of a packet cut off behind its headers everything is known, of one cut off before, nothing.
START_TEST(a_packet_is_cut_off_anywhere) {
    for (size_t kept = 0; kept < packets[_i].len_bytes; kept++) {
        struct trace_packet packet;
        uint8_t *copy = tail_copy(packets[_i].data, kept);
        bool const is_read = trace_parse(copy, kept, packets[_i].len_bytes, &packet);
        ck_assert_msg(is_read == (kept >= packets[_i].header_bytes), "cut off after %zu bytes", kept);
        if (is_read) ck_assert_uint_eq(packet.len_bytes, packets[_i].payload_bytes);
        ck_assert_msg(!trace_parse(copy, kept, kept, &packet), "%zu bytes are no whole packet", kept);
        free(copy);
    }
}
END_TEST

START_TEST(any_byte_may_be_wrong) {
    for (size_t at = 0; at < packets[_i].len_bytes; at++) {
        for (unsigned value = 0; value < 256; value++) {
            struct trace_packet packet;
            uint8_t *copy = tail_copy(packets[_i].data, packets[_i].len_bytes);
            copy[at] = (uint8_t)value;
            seal(copy, packets[_i].len_bytes);
            if (trace_parse(copy, packets[_i].len_bytes, packets[_i].len_bytes, &packet))
                ck_assert_uint_le(packet.len_bytes, packets[_i].len_bytes);
            free(copy);
        }
    }
}
END_TEST

START_TEST(noise_is_no_packet) {
    srandom(20261122);
    for (int turn = 0; turn < 200000; turn++) {
        uint8_t noise[96];
        size_t const len_bytes = (size_t)random() % sizeof noise;
        for (size_t i = 0; i < len_bytes; i++) noise[i] = (uint8_t)random();
        if (len_bytes > 9 && turn % 2) noise[0] = turn % 4 == 1 ? 0x45 : 0x60, noise[9] = noise[6] = 6;
        seal(noise, len_bytes);
        struct trace_packet packet;
        uint8_t *copy = tail_copy(noise, len_bytes);
        trace_parse(copy, len_bytes, len_bytes + (size_t)(turn % 3), &packet);
        free(copy);
    }
}
END_TEST

START_TEST(what_is_no_tcp_is_none) {
    uint8_t bytes[sizeof SYN4];
    struct trace_packet packet;
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 0x55}, {0, 0x44}, {9, 17}, {6, 0x00 | 0x01}, {32, 0x40}, {32, 0xf0}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        memcpy(bytes, SYN4, sizeof bytes);
        bytes[changes[i].at] = changes[i].value;
        seal(bytes, sizeof bytes);
        ck_assert_msg(!trace_parse(bytes, sizeof bytes, sizeof bytes, &packet), "change %zu", i);
    }
}
END_TEST

// What the kernel does not take changes no state, whatever it says.
START_TEST(a_header_that_does_not_add_up_is_none) {
    uint8_t bytes[sizeof SYN4];
    struct trace_packet packet;
    for (size_t at = 0; at < 20; at++) {
        memcpy(bytes, SYN4, sizeof bytes);
        bytes[at] ^= 0x01;
        ck_assert_msg(!trace_parse(bytes, sizeof bytes, sizeof bytes, &packet), "byte %zu", at);
    }
}
END_TEST

START_TEST(a_packet_without_a_length_is_as_long_as_its_frame) {
    uint8_t bytes[sizeof SYN4];
    struct trace_packet packet;
    memcpy(bytes, SYN4, sizeof bytes);
    bytes[3] = 0;
    seal(bytes, sizeof bytes);
    ck_assert(trace_parse(bytes, sizeof bytes, 200 * 1000, &packet));
    ck_assert_uint_eq(packet.len_bytes, 200 * 1000 - 60);
    ck_assert_msg(!trace_parse(bytes, sizeof bytes, SIZE_MAX, &packet), "and where nobody knows that, it has none");
}
END_TEST

START_TEST(a_mapped_address_is_its_ipv4) {
    struct address address;
    struct trace_point mapped, plain;
    bool has_port;
    ck_assert(address_parse(slice_text("[::ffff:10.1.2.3]:8"), &address, &has_port));
    ck_assert(trace_point_of(&address, &mapped));
    ck_assert(address_parse(slice_text("10.1.2.3:8"), &address, &has_port));
    ck_assert(trace_point_of(&address, &plain));
    ck_assert_mem_eq(mapped.host, plain.host, sizeof plain.host);
    ck_assert_uint_eq(mapped.port, 8);
    address = (struct address){0};
    ck_assert(!trace_point_of(&address, &plain));
}
END_TEST

// --- stories: a client C and a server S, line by line
//
//   C SA 100 1 5        C's segment with these flags, sequence number, acknowledgement and payload was delivered
//   C connects|accepts|closes|aborts
//   C seen STATE        the kernel says so
//   C forgotten         the kernel knows no such pair
//   C is PATH           its path by now; "unclear" behind it: it can be read in two ways
//   wait 200 · lost     ms pass · packets were missed

struct story {
    const char *name, *lines;
};

struct telling {
    const struct story *story;
    struct tracker tracker;
    struct trace_point points[2];
    struct trace_end *ends[2];
    uint32_t now_ms;
};

enum { CLIENT, SERVER };

static void take(struct telling *telling, int who, enum trace_role role) {
    telling->ends[who] =
        tracker_take(&telling->tracker, &telling->points[who], &telling->points[!who], role, telling->now_ms);
    ck_assert_msg(telling->ends[who], "%s: %c has a connection", telling->story->name, "CS"[who]);
}

static void check_path(const struct telling *telling, int who, const char *wanted) {
    struct state_path path;
    struct buffer text = {0};
    ck_assert_msg(telling->ends[who], "%s: %c is known", telling->story->name, "CS"[who]);
    bool const is_clear = track_path(telling->ends[who], &path);
    path_text(&path, &text);
    if (!is_clear) buffer_text(&text, " unclear");
    const char *is = text.data ? text.data : "";
    ck_assert_msg(strcmp(is, wanted) == 0, "%s: %c is\n  %s, wanted\n  %s", telling->story->name, "CS"[who], is, wanted);
    buffer_fini(&text);
}

static bool is_packet(const char *word) {
    return *word && strspn(word, "SARF") == strlen(word);
}

static void deliver(struct telling *telling, int who, const char *flags, const char *numbers) {
    struct trace_packet packet = {.from = telling->points[who], .to = telling->points[!who]};
    sscanf(numbers, "%u %u %u", &packet.seq, &packet.ack, &packet.len_bytes);
    for (; *flags; flags++)
        packet.flags |= *flags == 'S' ? TRACE_SYN : *flags == 'A' ? TRACE_ACK : *flags == 'R' ? TRACE_RST : TRACE_FIN;
    tracker_packet(&telling->tracker, &packet, telling->now_ms);
}

static void tell_line(struct telling *telling, const char *line) {
    char word[32];
    int at = 0;
    unsigned ms;
    if (sscanf(line, "wait %u", &ms) == 1) {
        telling->now_ms += ms;
        return;
    }
    if (strcmp(line, "lost") == 0) {
        tracker_lost(&telling->tracker);
        return;
    }
    int const who = *line == 'S';
    ck_assert_msg(sscanf(line + 1, "%31s %n", word, &at) == 1, "%s: '%s'", telling->story->name, line);
    const char *rest = line + 1 + at;
    if (is_packet(word)) deliver(telling, who, word, rest);
    else if (strcmp(word, "connects") == 0) take(telling, who, TRACE_CONNECTS);
    else if (strcmp(word, "accepts") == 0) take(telling, who, TRACE_ACCEPTS);
    else if (strcmp(word, "closes") == 0) track_call(telling->ends[who], TRACE_END, telling->now_ms);
    else if (strcmp(word, "aborts") == 0) track_call(telling->ends[who], TRACE_ABORT, telling->now_ms);
    else if (strcmp(word, "seen") == 0) track_seen(telling->ends[who], state_of(slice_text(rest)), telling->now_ms);
    else if (strcmp(word, "forgotten") == 0) track_forgotten(telling->ends[who], telling->now_ms);
    else if (strcmp(word, "is") == 0) check_path(telling, who, rest);
    else ck_abort_msg("%s: '%s'", telling->story->name, line);
}

static void tell(const struct story *story) {
    struct telling telling = {.story = story, .now_ms = UINT32_MAX - 100}; // it may wrap round
    tracker_init(&telling.tracker);
    for (int who = 0; who < 2; who++) {
        telling.points[who] = (struct trace_point){.port = who == CLIENT ? 50000 : 4400};
        memcpy(telling.points[who].host + 10, "\xff\xff\x7f\0\0\1", 6);
    }
    char *lines = strdup(story->lines), *rest = lines;
    for (const char *line; (line = strsep(&rest, "\n"));)
        if (*line) tell_line(&telling, line);
    free(lines);
    tracker_fini(&telling.tracker);
}

#define OPEN                                                                                                           \
    "C S 100\n"                                                                                                        \
    "S SA 300 101\n"                                                                                                   \
    "C A 101 301\n"
#define BOTH                                                                                                           \
    OPEN "C connects\n"                                                                                                \
         "S accepts\n"                                                                                                 \
         "C seen ESTABLISHED\n"                                                                                        \
         "S seen ESTABLISHED\n"
#define CLIENT_CLOSES "C closes\nC FA 101 301\nC seen FIN_WAIT1\n"

static const struct story stories[] = {
    {"each step of an opening", "C connects\nC is SYN_SENT\nC S 100\nS SA 300 101\nC is SYN_SENT -> ESTABLISHED\n"
                                "C A 101 301\nS accepts\nS is SYN_RECV -> ESTABLISHED\nC seen ESTABLISHED\n"
                                "C is SYN_SENT -> ESTABLISHED\n"},
    {"the SYN was seen before its owner spoke", BOTH "C is SYN_SENT -> ESTABLISHED\nS is SYN_RECV -> ESTABLISHED\n"},
    {"the client closes first",
     BOTH CLIENT_CLOSES "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1\nS A 301 102\n"
                        "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2\n"
                        "S is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT\nS seen CLOSE_WAIT\nS closes\nS FA 301 102\n"
                        "S seen LAST_ACK\nS is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK\nC A 102 302\n"
                        "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"
                        "S is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE\nC seen TIME_WAIT\nS seen CLOSE\n"
                        "C seen CLOSE\nC is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"
                        "S is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE\n"},
    {"acknowledgement and FIN in one segment",
     BOTH "S closes\nS FA 301 101\nS seen FIN_WAIT1\nC closes\nC FA 101 302\nS A 302 102\nC seen CLOSE\n"
          "S is SYN_RECV -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"
          "C is SYN_SENT -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE\n"},
    {"both close at once",
     BOTH CLIENT_CLOSES "S closes\nS seen FIN_WAIT1\nS FA 301 101\nC is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> CLOSING\n"
                        "S A 302 102\nC A 102 302\n"
                        "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> CLOSING -> TIME_WAIT\n"
                        "S is SYN_RECV -> ESTABLISHED -> FIN_WAIT1 -> CLOSING -> TIME_WAIT\n"},
    {"a FIN that came while close was at work, shown by the FIN's acknowledgement",
     BOTH "S closes\nS FA 301 101\nC closes\nC FA 101 301\nC is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> CLOSING\n"},
    {"the same, shown by the kernel", BOTH "S closes\nS FA 301 101\nC closes\nC seen CLOSING\n"
                                           "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> CLOSING\n"},
    {"a FIN that was faster than close, shown by the kernel",
     BOTH "C closes\nS FA 301 101\nC seen LAST_ACK\nC is SYN_SENT -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK\n"},
    {"a FIN that was faster than close, and all over",
     BOTH "C closes\nS FA 301 101\nC FA 101 302\nS A 302 102\n"
          "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> CLOSING -> TIME_WAIT unclear\nC forgotten\nwait 101\nC forgotten\n"
          "C is SYN_SENT -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE\n"},
    {"half-closed, and answered with data that acknowledges",
     BOTH CLIENT_CLOSES "S A 301 102 50\nC is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2\nC seen FIN_WAIT2\n"
                        "S FA 351 102\nC is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"},
    {"a second close says nothing new", BOTH "C closes\nC FA 101 301\nC seen FIN_WAIT1\nS A 301 102\nC closes\nC seen FIN_WAIT2\n"
                                             "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2\n"},
    {"refused", "C S 100\nS RA 0 101\nC connects\nC is SYN_SENT -> CLOSE\n"},
    {"a RST that is for no SYN of ours", "C S 100\nS RA 0 77\nC connects\nC is SYN_SENT\n"},
    {"a SYN that nobody answers", "C connects\nC S 100\nwait 1000\nC S 100\nC seen SYN_SENT\nwait 2000\nC seen CLOSE\n"
                                  "C is SYN_SENT -> CLOSE\n"},
    {"both open at once", "C connects\nS connects\nC S 100\nS S 300\nC is SYN_SENT -> SYN_RECV\nS is SYN_SENT -> SYN_RECV\n"
                          "C SA 100 301\nS SA 300 101\nC is SYN_SENT -> SYN_RECV -> ESTABLISHED\n"
                          "S is SYN_SENT -> SYN_RECV -> ESTABLISHED\n"},
    {"reset by its owner", BOTH "C aborts\nC RA 101 301\nC is SYN_SENT -> ESTABLISHED -> CLOSE\n"
                                "S is SYN_RECV -> ESTABLISHED -> CLOSE\n"},
    {"reset with a FIN on its way that was taken in",
     BOTH "S FA 301 101\nC aborts\nC is SYN_SENT -> ESTABLISHED -> ? -> CLOSE\n"},
    {"reset with a FIN on its way that was not", BOTH "S FA 301 101\nC aborts\nC RA 101 301\n"
                                                      "C is SYN_SENT -> ESTABLISHED -> CLOSE\n"},
    {"reset in CLOSE_WAIT", BOTH "S FA 301 101\nC seen CLOSE_WAIT\nC aborts\n"
                                 "C is SYN_SENT -> ESTABLISHED -> CLOSE_WAIT -> CLOSE\n"},
    {"closed with bytes that nobody read: a RST, and no FIN",
     BOTH "S A 301 101 3\nC closes\nC RA 101 301\nC seen CLOSE\nC is SYN_SENT -> ESTABLISHED -> CLOSE\n"
          "S is SYN_RECV -> ESTABLISHED -> CLOSE\n"},
    {"closed, and its RST was not seen", BOTH "C closes\nC seen CLOSE\nC is SYN_SENT -> ESTABLISHED -> ? -> CLOSE\n"},
    {"bytes come to an end that is closed: a RST behind the FIN",
     BOTH CLIENT_CLOSES "S A 301 102 5\nC R 102\nC is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> CLOSE\n"
                        "S is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> CLOSE\n"},
    {"a RST beside the window", BOTH "S R 299\nS R 302\nC is SYN_SENT -> ESTABLISHED\n"},
    {"a RST for what the kernel has not taken", BOTH "C A 101 301\nS A 301 101 500\nS R 301\nC is SYN_SENT -> ESTABLISHED -> CLOSE\n"},
    {"retransmissions change nothing",
     "C S 100\nC S 100\nS SA 300 101\nS SA 300 101\nC A 101 301\nC A 101 301\nC connects\nS accepts\nS seen ESTABLISHED\n"
     "C closes\nC seen FIN_WAIT1\nC FA 101 301\nC FA 101 301\nS seen CLOSE_WAIT\nC FA 101 301\n"
     "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1\nS is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT\n"},
    {"a FIN before the bytes it stands behind",
     BOTH "C FA 151 301\nS is SYN_RECV -> ESTABLISHED\nC A 101 301 50\nS A 301 152\nS is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT\n"},
    {"probes and keep-alives", BOTH "C A 100 301\nS A 301 101\nC A 100 301 1\nC is SYN_SENT -> ESTABLISHED\n"
                                    "S is SYN_RECV -> ESTABLISHED\n"},
    {"its peer is silent until it gives up", BOTH "C seen ESTABLISHED\nwait 9000\nC seen CLOSE\nC is SYN_SENT -> ESTABLISHED -> CLOSE\n"},
    {"forgotten for a moment only", BOTH CLIENT_CLOSES "S A 301 102\nC forgotten\nwait 1\nC forgotten\nC seen FIN_WAIT2\nwait 200\n"
                                    "C forgotten\nC is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2\n"},
    {"an orphan gives up", BOTH CLIENT_CLOSES "wait 9000\nC FA 101 301\nC forgotten\nwait 101\nC forgotten\n"
                                              "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> CLOSE\n"},
    {"an orphan that has waited long enough", BOTH CLIENT_CLOSES "S A 301 102\nwait 60000\nC forgotten\nwait 101\nC forgotten\n"
                                                                 "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> CLOSE\n"},
    {"a FIN that a full queue threw away",
     OPEN "C connects\nC closes\nC FA 101 301\nC seen FIN_WAIT1\nwait 300\nS SA 300 101\nC A 102 301\nC FA 101 301\nS accepts\n"
          "S seen ESTABLISHED\nS is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT\nwait 200\nS seen ESTABLISHED\n"
          "S is SYN_RECV -> ESTABLISHED\nS closes\nS seen FIN_WAIT1\nS FA 301 101\nC A 102 302\nC FA 101 302\n"
          "S is SYN_RECV -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"},
    {"the kernel is behind", BOTH "S FA 301 101\nC seen ESTABLISHED\nC is SYN_SENT -> ESTABLISHED -> CLOSE_WAIT\n"},
    {"what contradicts is a gap", BOTH "C seen CLOSING\nC is SYN_SENT -> ESTABLISHED -> ? -> CLOSING\n"},
    {"a pair used again after TIME_WAIT",
     BOTH CLIENT_CLOSES "S FA 301 102\nC A 102 302\nC S 5000\nS SA 7000 5001\nC A 5001 7001\n"
                        "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"
                        "S is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE\nC connects\nS accepts\n"
                        "C is SYN_SENT -> ESTABLISHED\nS is SYN_RECV -> ESTABLISHED\nS R 7001\n"
                        "C is SYN_SENT -> ESTABLISHED -> CLOSE\nS is SYN_RECV -> ESTABLISHED -> CLOSE\n"},
    {"a new SYN on a pair that the server still holds",
     BOTH "C aborts\nC S 5000\nS A 301 101\nC R 101\nS is SYN_RECV -> ESTABLISHED -> CLOSE\nC connects\nC is SYN_SENT\n"
          "C S 5000\nS SA 7000 5001\nC is SYN_SENT -> ESTABLISHED\n"},
    {"two of one pair are queued", OPEN "C RA 101 301\n" "C S 5000\nS SA 7000 5001\nC A 5001 7001\nS accepts\n"
                                        "S is SYN_RECV -> ESTABLISHED -> CLOSE\nS accepts\nS is SYN_RECV -> ESTABLISHED\n"},
    {"sequence numbers wrap", "C S 4294967290\nS SA 4294967295 4294967291\nC A 4294967291 0\nC connects\nS accepts\n"
                              "C A 4294967291 0 10\nS A 0 5\nC closes\nC FA 5 0\nC seen FIN_WAIT1\nS FA 0 6\nC A 6 1\n"
                              "C is SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"
                              "S is SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE\n"},
    {"missed packets", BOTH "lost\nS FA 301 101\nC is SYN_SENT -> ESTABLISHED\nC seen CLOSE_WAIT\n"
                            "C is SYN_SENT -> ESTABLISHED -> CLOSE_WAIT\nC seen CLOSE\n"
                            "C is SYN_SENT -> ESTABLISHED -> CLOSE_WAIT -> ? -> CLOSE\nS is SYN_RECV -> ESTABLISHED\n"},
    {"missed behind the end", BOTH "C RA 101 301\nlost\nC is SYN_SENT -> ESTABLISHED -> CLOSE\nS is SYN_RECV -> ESTABLISHED -> CLOSE\n"},
};

START_TEST(a_story_is_told) {
    tell(&stories[_i]);
}
END_TEST

// One socket is both ends: its SYN opens it from both sides, and its FIN crosses itself.
START_TEST(a_socket_connected_to_itself) {
    static const struct {
        uint8_t flags;
        uint32_t seq, ack;
    } segments[] = {{TRACE_SYN, 1, 0}, {TRACE_SYN | TRACE_ACK, 1, 2}, {TRACE_FIN | TRACE_ACK, 2, 2}, {TRACE_ACK, 3, 3}};
    struct tracker tracker;
    struct state_path path;
    tracker_init(&tracker);
    struct trace_point const point = {.port = 4400};
    struct trace_end *end = tracker_take(&tracker, &point, &point, TRACE_CONNECTS, 0);
    for (unsigned i = 0; i < sizeof segments / sizeof *segments; i++) {
        struct trace_packet const packet = {.from = point, .to = point, .flags = segments[i].flags, .seq = segments[i].seq,
                                            .ack = segments[i].ack};
        if (packet.flags & TRACE_FIN) track_call(end, TRACE_END, 0);
        tracker_packet(&tracker, &packet, 0);
    }
    track_seen(end, STATE_TIME_WAIT, 0);
    track_path(end, &path);
    struct state_path const wanted = {.states = {STATE_SYN_SENT, STATE_SYN_RECV, STATE_ESTABLISHED, STATE_FIN_WAIT1,
                                                 STATE_CLOSING, STATE_TIME_WAIT},
                                      .count = 6};
    ck_assert_int_eq(path_compare(&path, &wanted), PATH_EQUAL);
    tracker_fini(&tracker);
}
END_TEST

// Nothing that comes may do harm, whatever it says of itself.
START_TEST(any_packets_are_taken) {
    enum { TURNS = (SANITIZER_THREAD ? 30 : 300) * 1000, POINTS = 3, NUMBERS = 8 };
    struct tracker tracker;
    struct trace_end *ends[64];
    unsigned end_count = 0;
    tracker_init(&tracker);
    srandom(4400);
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        struct trace_point const from = {.port = 1 + (uint16_t)(random() % POINTS)}, to = {.port = 1 + (uint16_t)(random() % POINTS)};
        struct trace_packet const packet = {
            .from = from, .to = to, .seq = (uint32_t)(random() % NUMBERS), .ack = (uint32_t)(random() % NUMBERS),
            .len_bytes = (uint32_t)(random() % 3), .flags = (uint8_t)(random() & (TRACE_FIN | TRACE_SYN | TRACE_RST | TRACE_ACK)),
        };
        tracker_packet(&tracker, &packet, turn / 64);
        if (random() % 512 == 0) tracker_lost(&tracker);
        if (end_count < sizeof ends / sizeof *ends && random() % 1024 == 0) {
            struct trace_end *end = tracker_take(&tracker, &from, &to, (enum trace_role)(random() % 3), turn / 64);
            if (end) ends[end_count++] = end;
        }
        if (end_count == 0) continue;
        struct trace_end *end = ends[random() % end_count];
        struct state_path path;
        track_seen(end, (enum state)(random() % STATE_COUNT), turn / 64);
        if (random() % 16 == 0) track_call(end, random() % 2 ? TRACE_END : TRACE_ABORT, turn / 64);
        if (random() % 16 == 0) track_forgotten(end, turn / 64);
        track_path(end, &path);
        ck_assert_uint_gt(path.count, 0);
    }
    tracker_fini(&tracker);
}
END_TEST

static void send_between(struct tracker *tracker, uint32_t number, int from_client, uint8_t flags, uint32_t seq, uint32_t ack) {
    struct trace_point const client = {.host = {[10] = 0xff, 0xff, 127, 0, 0, 1}, .port = (uint16_t)(1024 + number % 60000)};
    struct trace_point const server = {.host = {[10] = 0xff, 0xff, 127, 0, (uint8_t)(number / 60000), 2}, .port = 80};
    struct trace_packet const packet = {.from = from_client ? client : server, .to = from_client ? server : client,
                                        .seq = seq, .ack = ack, .flags = flags};
    tracker_packet(tracker, &packet, 0);
}

// Nanoseconds of CPU a packet.
static double cost_of(uint32_t count) {
    struct tracker tracker;
    struct timespec begin, end;
    tracker_init(&tracker);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (uint32_t i = 0; i < count; i++) send_between(&tracker, i, 1, TRACE_SYN, 1, 0);
    for (uint32_t i = 0; i < count; i++) send_between(&tracker, i, 0, TRACE_SYN | TRACE_ACK, 1, 2);
    for (uint32_t i = 0; i < count; i++) send_between(&tracker, i, 1, TRACE_ACK, 2, 2);
    for (uint32_t i = 0; i < count; i++) send_between(&tracker, i, 1, TRACE_FIN | TRACE_ACK, 2, 2);
    for (uint32_t i = 0; i < count; i++) send_between(&tracker, i, 0, TRACE_FIN | TRACE_ACK, 2, 3);
    for (uint32_t i = 0; i < count; i++) send_between(&tracker, i, 1, TRACE_ACK, 3, 3);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    ck_assert_uint_eq(tracker.connection_count, count);
    tracker_fini(&tracker);
    double const spent_ns = (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
    return spent_ns / (count * 6.0);
}

// Were they searched for, fifty times as many would cost fifty times as much each.
START_TEST(many_connections_stay_cheap) {
    double const few_ns = cost_of(2 * 1000), many_ns = cost_of(100 * 1000);
    ck_assert_msg(many_ns < 20 * few_ns, "%.0f ns a packet, and %.0f ns where they are few", many_ns, few_ns);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("trace");
    TCase *tcase = tcase_create("packet");
    int const packet_count = sizeof packets / sizeof *packets, story_count = sizeof stories / sizeof *stories;
    tcase_add_loop_test(tcase, a_packet_is_read, 0, packet_count);
    tcase_add_loop_test(tcase, a_packet_is_cut_off_anywhere, 0, packet_count);
    tcase_add_loop_test(tcase, any_byte_may_be_wrong, 0, packet_count);
    tcase_add_test(tcase, noise_is_no_packet);
    tcase_add_test(tcase, what_is_no_tcp_is_none);
    tcase_add_test(tcase, a_packet_without_a_length_is_as_long_as_its_frame);
    tcase_add_test(tcase, a_header_that_does_not_add_up_is_none);
    tcase_add_test(tcase, a_mapped_address_is_its_ipv4);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("tracker");
    tcase_add_loop_test(tcase, a_story_is_told, 0, story_count);
    tcase_add_test(tcase, a_socket_connected_to_itself);
    tcase_add_test(tcase, any_packets_are_taken);
    tcase_add_test(tcase, many_connections_stay_cheap);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
