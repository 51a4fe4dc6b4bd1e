// Captures from journals made by hand, block by block: draft-ietf-opsawg-pcapng.
#include "fake_run.h"
#include "sink_play.h"

#include "base/link_type.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6, SECRETS = 10, IP_TCP_BYTES = 40 };

static struct fake_run run;
static struct buffer out;
static size_t at;

// --- a walker of blocks

struct seen_block {
    uint32_t type;
    struct slice body; // options, too
};

static uint32_t word(struct slice bytes, size_t offset) {
    uint32_t value;
    ck_assert_uint_le(offset + sizeof value, bytes.len_bytes);
    memcpy(&value, bytes.data + offset, sizeof value);
    return value;
}

static uint32_t half(struct slice bytes, size_t offset) {
    uint16_t value;
    ck_assert_uint_le(offset + sizeof value, bytes.len_bytes);
    memcpy(&value, bytes.data + offset, sizeof value);
    return value;
}

static bool next_block(struct seen_block *block) {
    struct slice const all = buffer_view(&out);
    if (at == all.len_bytes) return false;
    block->type = word(all, at);
    uint32_t const len_bytes = word(all, at + 4);
    ck_assert_uint_ge(len_bytes, 12);
    ck_assert_uint_eq(len_bytes % 4, 0);
    ck_assert_uint_le(len_bytes, all.len_bytes - at);
    ck_assert_uint_eq(word(all, at + len_bytes - 4), len_bytes);
    block->body = slice_of(all.data + at + 8, len_bytes - 12);
    at += len_bytes;
    return true;
}

// The option behind `fixed` bytes, or an empty slice. Walks to the end of them all the same.
static struct slice option_at(struct slice body, size_t fixed, uint32_t code) {
    struct slice found = slice_of(NULL, 0);
    for (size_t i = fixed;;) {
        uint32_t const this = half(body, i), len_bytes = half(body, i + 2);
        ck_assert_uint_le(i + 4 + len_bytes, body.len_bytes);
        if (this == 0) {
            ck_assert_uint_eq(i + 4, body.len_bytes);
            return found;
        }
        if (this == code && !found.data) found = slice_of(body.data + i + 4, len_bytes);
        i += 4 + (len_bytes + 3) / 4 * 4;
    }
}

static struct slice packet_of(struct slice body) {
    return slice_of(body.data + 20, word(body, 12));
}
// Of one that was made.
static struct slice ip_of(struct slice body) {
    struct slice const packet = packet_of(body);
    ck_assert_uint_ge(packet.len_bytes, 14 + 20 + 8);
    ck_assert_uint_eq(packet.data[12], packet.data[14] >> 4 == 4 ? 0x08 : 0x86);
    return slice_of(packet.data + 14, packet.len_bytes - 14);
}

static struct slice comment_of(struct slice body) {
    return option_at(body, 20 + (word(body, 12) + 3) / 4 * 4, 1);
}

static bool next_of(uint32_t type, struct seen_block *block) {
    while (next_block(block))
        if (block->type == type) return true;
    return false;
}

static bool has(struct slice text, const char *words) {
    return slice_find(text, slice_text(words)) >= 0;
}

#define assert_has(bytes, words)                                                                                       \
    do {                                                                                                               \
        struct slice const text_ = (bytes);                                                                            \
        ck_assert_msg(has(text_, words), "no %s in: %.*s", words, (int)text_.len_bytes, (const char *)text_.data);     \
    } while (0)

// --- runs

static const char TEXT[] =
    "scenario \"x\"\nserver web {\n  listen tcp 127.0.0.1:0\n  accept {\n    recv \"GET\"\n  }\n}\n"
    "client caller {\n  connect web\n  send \"GET\"\n}\n";
enum { WEB, CALLER };
static uint32_t listens, accepts, receives, connects, sends;

static void begin(void) {
    fake_run_init(&run, "a/x.drill", TEXT);
    fake_actor(&run, ROLE_SERVER, "web", 1, "server web");
    listens = fake_step(&run, STEP_LISTEN, "listen tcp 127.0.0.1:0");
    accepts = fake_block(&run, STEP_ACCEPT, "accept {");
    receives = fake_step(&run, STEP_RECV, "recv \"GET\"");
    fake_block_end(&run);
    fake_actor_end(&run);
    fake_actor(&run, ROLE_CLIENT, "caller", 1, "client caller");
    connects = fake_step(&run, STEP_CONNECT, "connect web");
    sends = fake_step(&run, STEP_SEND, "send \"GET\"");
    fake_actor_end(&run);
    at = 0;
}

static void tear_down(void) {
    fake_run_fini(&run);
    buffer_fini(&out);
}

static void report(void) {
    fake_judge(&run);
    struct case_result const result = {.plan = &run.plan, .journal = &run.journal, .verdict = &run.verdict};
    SINKS[SINK_PCAPNG].one(&SINK_FACTS, &result, &out);
}

static void bytes_event(enum event_kind kind, uint32_t instance, uint32_t step, uint32_t socket, const char *bytes,
                        uint64_t count) {
    struct event *const event = fake_event(&run, kind, instance, 0, step);
    event->socket = socket;
    event->count = count;
    event->bytes = slice_text(bytes);
}

static uint32_t sum_of(struct slice bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.len_bytes; i += 2)
        sum += (uint32_t)bytes.data[i] << 8 | (i + 1 < bytes.len_bytes ? bytes.data[i + 1] : 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static uint32_t be32(const uint8_t *data) {
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

START_TEST(a_stream_is_made_once_from_both_of_its_ends) {
    begin();
    fake_listen(&run, WEB, listens, "127.0.0.1:4400");
    uint32_t const client = fake_connect(&run, CALLER, connects, "127.0.0.1:51000", "127.0.0.1:4400");
    uint32_t const server = fake_accept(&run, WEB, 0, accepts, "127.0.0.1:4400", "127.0.0.1:51000");
    bytes_event(EVENT_SENT, CALLER, sends, client, "GET", 3);
    bytes_event(EVENT_MATCHED, WEB, receives, server, "GET", 3);
    fake_code(&run, EVENT_CLOSED, CALLER, sends, client, CLOSE_BY_STEP);
    fake_code(&run, EVENT_END_OF_STREAM, WEB, receives, server, 0);
    fake_code(&run, EVENT_CLOSED, WEB, receives, server, CLOSE_BY_RESET);
    report();
    struct seen_block block;
    ck_assert(next_block(&block));
    ck_assert_uint_eq(block.type, SECTION);
    ck_assert_uint_eq(word(block.body, 0), 0x1a2b3c4d);
    assert_has(option_at(block.body, 16, 1), "a/x.drill:1: what must be true");
    assert_has(option_at(block.body, 16, 1), "made from the journal");
    assert_has(option_at(block.body, 16, 4), "sockdrill 0.0.0");
    ck_assert(next_block(&block));
    ck_assert_uint_eq(block.type, INTERFACE);
    ck_assert_uint_eq(half(block.body, 0), LINK_ETHERNET);
    ck_assert_uint_eq(option_at(block.body, 8, 9).data[0], 9);
    assert_has(option_at(block.body, 8, 3), "made from the journal");
    static const struct {
        uint8_t flags;
        const char *payload, *comment;
    } WANTED[] = {
        {0x02, "", "client 'caller', line 9: connect web"},
        {0x12, "", "server 'web', line 4: accept"},
        {0x10, "", ""},
        {0x18, "GET", "client 'caller', line 10: send \"GET\""},
        {0x10, "", ""},
        {0x11, "", "client 'caller'"},
        {0x10, "", ""},
        {0x14, "", "server 'web'"},
    };
    uint32_t isn[2] = {0}, count[2] = {0};
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++) {
        ck_assert(next_of(PACKET, &block));
        struct slice const ip = ip_of(block.body);
        size_t const tcp_bytes = (size_t)(ip.data[32] >> 4) * 4;
        int const side = ip.data[20] == 51000 >> 8 ? 0 : 1;
        ck_assert_uint_eq(ip.data[33], WANTED[i].flags);
        ck_assert(slice_is(slice_of(ip.data + 20 + tcp_bytes, ip.len_bytes - 20 - tcp_bytes), WANTED[i].payload));
        assert_has(comment_of(block.body), WANTED[i].comment);
        // Sums: of the header, and of the segment with its addresses, its protocol and its length.
        ck_assert_uint_eq(sum_of(slice_of(ip.data, 20)), 0xffff);
        uint64_t sum = sum_of(slice_of(ip.data + 12, ip.len_bytes - 12)) + 6 + ip.len_bytes - 20;
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        ck_assert_uint_eq(sum, 0xffff);
        uint32_t const seq = be32(ip.data + 24);
        if (WANTED[i].flags & 0x02) isn[side] = seq;
        ck_assert_uint_eq(seq - isn[side], count[side]);
        if (WANTED[i].flags & 0x10) ck_assert_uint_eq(be32(ip.data + 28) - isn[!side], count[!side]);
        count[side] += (WANTED[i].flags & 0x03 ? 1 : 0) + (uint32_t)strlen(WANTED[i].payload);
    }
    ck_assert(!next_of(PACKET, &block));
}
END_TEST

START_TEST(what_was_not_kept_is_told_and_numbers_go_on) {
    begin();
    uint32_t const client = fake_connect(&run, CALLER, connects, "[::1]:51000", "[::1]:4400");
    bytes_event(EVENT_SENT, CALLER, sends, client, "abc", 1003);
    bytes_event(EVENT_SENT, CALLER, sends, client, "d", 1);
    report();
    struct seen_block block;
    for (int i = 0; i < 4; i++) ck_assert(next_of(PACKET, &block));
    uint32_t const seq = be32(ip_of(block.body).data + 44);
    ck_assert(next_of(PACKET, &block));
    ck_assert_uint_eq(be32(ip_of(block.body).data + 44) - seq, 1003);
    assert_has(comment_of(block.body), "1000 bytes before this packet are missing");
}
END_TEST

START_TEST(a_program_at_the_other_end_is_seen_by_what_was_received) {
    begin();
    uint32_t const client = fake_connect(&run, CALLER, connects, "127.0.0.1:51000", "127.0.0.1:4400");
    bytes_event(EVENT_MATCHED, CALLER, sends, client, "hello", 5);
    fake_code(&run, EVENT_PEER_RESET, CALLER, sends, client, 0);
    report();
    struct seen_block block;
    for (int i = 0; i < 4; i++) ck_assert(next_of(PACKET, &block));
    struct slice const ip = ip_of(block.body);
    ck_assert_uint_eq(ip.data[20] << 8 | ip.data[21], 4400);
    ck_assert(slice_is(slice_of(ip.data + IP_TCP_BYTES, ip.len_bytes - IP_TCP_BYTES), "hello"));
    ck_assert(next_of(PACKET, &block)); // its acknowledgement
    ck_assert(next_of(PACKET, &block));
    ck_assert_uint_eq(ip_of(block.body).data[33], 0x14);
}
END_TEST

START_TEST(unix_sockets_stand_at_addresses_that_are_explained) {
    begin();
    uint32_t const client = fake_connect(&run, CALLER, connects, "", "/tmp/a\x1b[31m\n\xff");
    fake_accept(&run, WEB, 0, accepts, "/tmp/a\x1b[31m\n\xff", "");
    bytes_event(EVENT_SENT, CALLER, sends, client, "GET", 3);
    report();
    struct seen_block block;
    ck_assert(next_of(INTERFACE, &block));
    assert_has(option_at(block.body, 8, 2), "journal (unix)");
    ck_assert(next_of(PACKET, &block));
    assert_has(comment_of(block.body), " stands for /tmp/a\\x1b[31m\\n\\xff");
    ck_assert_uint_eq(be32(ip_of(block.body).data + 12) >> 8, 0xc00002);
    ck_assert_uint_eq(be32(ip_of(block.body).data + 16) >> 8, 0xc00002);
    int count = 1;
    while (next_of(PACKET, &block)) count++;
    ck_assert_int_eq(count, 4);
}
END_TEST

START_TEST(packets_of_a_world_are_as_they_were_captured) {
    static const uint8_t SYN[] = {
        0,         0,           0,    0,  0, 0,   0,    0, 0,  0,          0,
        0,         8,           0, // Ethernet
        0x45,      0,           0,    40, 0, 0,   0x40, 0, 64, 6,          0,
        0,         127,         0,    0,  1, 127, 0,    0, 1,  51000 >> 8, 51000 & 0xff,
        4400 >> 8, 4400 & 0xff, 0,    0,  0, 9,   0,    0, 0,  0,          0x50,
        0x02,      0xff,        0xff, 0,  0, 0,   0,
    };
    begin();
    struct event *const packet = fake_event(&run, EVENT_PACKET, JOURNAL_NONE, 0, JOURNAL_NONE);
    packet->code = LINK_ETHERNET;
    packet->count = 1000;
    packet->offset = 1;
    packet->bytes = slice_of(SYN, sizeof SYN);
    int64_t const at_ns = packet->at_ns;
    fake_connect(&run, CALLER, connects, "127.0.0.1:51000", "127.0.0.1:4400");
    fake_text(&run, EVENT_TLS_KEYS, CALLER, 0, JOURNAL_NONE, "CLIENT_RANDOM 00 11");
    struct event *const captured = fake_event(&run, EVENT_CAPTURED, JOURNAL_NONE, 0, JOURNAL_NONE);
    captured->count = 1;
    captured->offset = 7;
    report();
    struct seen_block block;
    ck_assert(next_of(INTERFACE, &block));
    ck_assert_uint_eq(half(block.body, 0), LINK_ETHERNET);
    ck_assert(slice_is(option_at(block.body, 8, 2), "lo"));
    ck_assert(next_block(&block)); // and no other interface
    ck_assert_uint_eq(block.type, SECRETS);
    ck_assert_uint_eq(word(block.body, 0), 0x544c534b);
    ck_assert(slice_is(slice_of(block.body.data + 8, word(block.body, 4)), "CLIENT_RANDOM 00 11\n"));
    ck_assert(next_block(&block));
    ck_assert_uint_eq(block.type, PACKET);
    uint64_t const ns = (uint64_t)word(block.body, 4) << 32 | word(block.body, 8);
    ck_assert_uint_eq(ns, (uint64_t)(at_ns + SINK_FACTS.realtime_ns));
    ck_assert(slice_equal(packet_of(block.body), slice_of(SYN, sizeof SYN)));
    ck_assert_uint_eq(word(block.body, 16), 1000);
    ck_assert(slice_is(comment_of(block.body), "client 'caller', line 9: connect web"));
    ck_assert(next_block(&block));
    ck_assert_uint_eq(block.type, STATISTICS);
    ck_assert_uint_eq(word(option_at(block.body, 12, 4), 0), 1);
    ck_assert_uint_eq(word(option_at(block.body, 12, 5), 0), 7);
    ck_assert(!next_block(&block));
}
END_TEST

START_TEST(hostile_words_stay_words) {
    begin();
    run.plan.title = "a\x1b]0;b\x07\xc3\x28\r\n\xe2\x80\xae";
    run.plan.case_name = "\x01";
    report();
    struct seen_block block;
    ck_assert(next_block(&block));
    struct slice const comment = option_at(block.body, 16, 1);
    assert_has(comment, "a\\x1b]0;b\\x07\\xc3(\\r\\n");
    for (size_t i = 0; i < comment.len_bytes; i++) ck_assert(comment.data[i] >= 0x20 || comment.data[i] == '\n');
    ck_assert(!next_of(PACKET, &block));
}
END_TEST

START_TEST(a_datagram_is_made_where_it_is_sent) {
    begin();
    struct event *opened = fake_event(&run, EVENT_OPEN, CALLER, 0, connects);
    uint32_t const from = opened->socket = journal_new_socket(run.segment);
    opened->count = FAMILY_UDP;
    opened = fake_event(&run, EVENT_OPEN, WEB, 0, listens);
    uint32_t const to = opened->socket = journal_new_socket(run.segment);
    opened->count = FAMILY_UDP;
    struct event *const bound = fake_event(&run, EVENT_BOUND, WEB, 0, listens);
    bound->socket = to;
    bound->address = fake_address(&run, "127.0.0.1:53000");
    for (int receives_it = 0; receives_it < 2; receives_it++) {
        struct event *const addressed = fake_event(&run, EVENT_ADDRESSED, receives_it ? WEB : CALLER, 0, sends);
        addressed->socket = receives_it ? to : from;
        addressed->code = receives_it;
        addressed->address = fake_address(&run, receives_it ? "127.0.0.1:53000" : "0.0.0.0:40000");
        addressed->peer = fake_address(&run, receives_it ? "127.0.0.1:40000" : "127.0.0.1:53000");
        bytes_event(receives_it ? EVENT_MATCHED : EVENT_SENT, receives_it ? WEB : CALLER, sends, addressed->socket,
                    "odd", 3);
    }
    report();
    struct seen_block block;
    ck_assert(next_of(PACKET, &block));
    struct slice const ip = ip_of(block.body);
    ck_assert_uint_eq(ip.data[9], 17);
    ck_assert_uint_eq(be32(ip.data + 12), 0x7f000001);
    ck_assert_uint_eq(ip.data[20] << 8 | ip.data[21], 40000);
    ck_assert_uint_eq(ip.data[22] << 8 | ip.data[23], 53000);
    ck_assert(slice_is(slice_of(ip.data + 28, ip.len_bytes - 28), "odd"));
    ck_assert(!next_of(PACKET, &block));
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("pcapng");
    TCase *const tests = tcase_create("all");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, a_stream_is_made_once_from_both_of_its_ends);
    tcase_add_test(tests, what_was_not_kept_is_told_and_numbers_go_on);
    tcase_add_test(tests, a_program_at_the_other_end_is_seen_by_what_was_received);
    tcase_add_test(tests, unix_sockets_stand_at_addresses_that_are_explained);
    tcase_add_test(tests, packets_of_a_world_are_as_they_were_captured);
    tcase_add_test(tests, hostile_words_stay_words);
    tcase_add_test(tests, a_datagram_is_made_where_it_is_sent);
    suite_add_tcase(suite, tests);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
