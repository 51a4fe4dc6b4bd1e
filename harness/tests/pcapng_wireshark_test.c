// Captures as Wireshark reads them: nothing malformed, in the order of time, every stream's bytes those of the journal, TLS
// decrypted by the keys that lie in them. Each without a world, and with one as we are and as an ordinary user.
#include "engine_play.h"
#include "sink_play.h"
#include "world_play.h"

#include "verdict/verdict.h"

#include <check.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// As tshark is asked for their streams' bytes; FOLLOW_NONE: they are datagrams.
enum follow { FOLLOW_NONE, FOLLOW_TCP, FOLLOW_TLS };

#define ECHO_AT(endpoint)                                                                                              \
    "server s {\n  listen " endpoint "\n  accept * 2 {\n    recv \"ping\"\n    send \"pong\"\n    recv eof\n  }\n}\n"  \
    "client c * 2 {\n  connect s\n  send \"pi\"\n  send \"ng\"\n  recv \"pong\"\n}\n"

static const struct {
    const char *name, *text;
    enum follow follow;
    bool needs_world;
} TEXTS[] = {
    {"tcp", ECHO_AT("tcp 127.0.0.1:0"), FOLLOW_TCP, false},
    {"tcp6", ECHO_AT("tcp [::1]:0"), FOLLOW_TCP, false},
    {"mptcp", ECHO_AT("mptcp 127.0.0.1:0"), FOLLOW_TCP, false},
    {"unix", ECHO_AT("unix \"@pcapng\""), FOLLOW_TCP, false},
    {"unix_seqpacket",
     "server s {\n  listen unix_seqpacket \"@pcapng\"\n  accept {\n    recv \"ping\"\n    send \"pong\"\n  }\n}\n"
     "client c {\n  connect s\n  send \"ping\"\n  recv \"pong\"\n}\n",
     FOLLOW_TCP, false},
    {"large",
     "let much = counter(3MiB)\n"
     "server s {\n  listen tcp 127.0.0.1:0\n  accept {\n    recv much\n    send much\n    recv eof\n  }\n}\n"
     "client c {\n  connect s\n  send much\n  recv much\n}\n",
     FOLLOW_TCP, false},
    {"resets",
     "server s {\n  listen tcp 127.0.0.1:0\n  accept {\n    recv \"a\"\n    reset\n  }\n}\n"
     "client c {\n  connect s\n  send \"a\"\n  recv reset\n}\n",
     FOLLOW_TCP, false},
    {"crowd",
     "server s {\n  listen tcp 127.0.0.1:0\n  accept * 1000 {\n    recv \"ping\"\n    send \"pong\"\n    recv eof\n  "
     "}\n}\n"
     "client c * 1000 {\n  connect s\n  send \"ping\"\n  recv \"pong\"\n}\n",
     FOLLOW_NONE, false},
    {"udp",
     "server s {\n  bind udp 127.0.0.1:0\n  repeat 3 {\n    recv \"ask\"\n    send \"answer\" to sender\n  }\n}\n"
     "client c * 3 {\n  connect s\n  send \"ask\"\n  recv \"answer\"\n}\n",
     FOLLOW_NONE, false},
    {"unix_dgram",
     "server s {\n  bind unix_dgram \"@pcapng\"\n  recv \"ask\"\n}\n"
     "client c {\n  connect s\n  send \"ask\"\n}\n",
     FOLLOW_NONE, false},
    {"tls",
     "server s {\n  listen tcp 127.0.0.1:0\n  accept * 2 {\n    tls server\n    recv \"ping\"\n    send \"pong\"\n    "
     "recv eof\n  }\n}\n"
     "client c * 2 {\n  connect s\n  tls client\n  send \"ping\"\n  recv \"pong\"\n}\n",
     FOLLOW_TLS, true},
    {"tls reset",
     "server s {\n  listen tcp 127.0.0.1:0\n  accept {\n    tls server\n    recv \"ping\"\n    send \"pong\"\n    recv "
     "reset\n  }\n}\n"
     "client c {\n  connect s\n  tls client version \"TLSv1.2\"\n  send \"ping\"\n  recv \"pong\"\n  reset\n}\n",
     FOLLOW_TLS, true},
    {"drops",
     "server s {\n  listen tcp 127.0.0.1:4400\n  accept {\n    recv \"ping\"\n    send \"pong\"\n    recv eof\n  }\n}\n"
     "client c {\n  connect s\n  drop \"tcp dport 4400\" as lost\n  send \"ping\"\n  sleep 50ms\n  undo lost\n  recv "
     "\"pong\"\n}\n",
     FOLLOW_TCP, true},
};
enum { TEXT_COUNT = sizeof TEXTS / sizeof *TEXTS };

// --- a case as a file

struct capture_file {
    struct played played;
    char path[64];
};

static void capture(struct capture_file *file, const char *text, bool isolation) {
    play(&file->played, &(struct play_options){.packets = true, .isolation = isolation},
         "scenario \"x\"\ntimeout 20s\n%s", text);
    const struct journal *const journal = file->played.journals[0];
    const struct failure *const failure = first_failure(journal);
    ck_assert_msg(!failure, "%s", failure ? failure->message : "");
    struct verdict verdict;
    verdict_init(&verdict, file->played.plans[0], journal);
    struct case_result const result = {.plan = file->played.plans[0], .journal = journal, .verdict = &verdict};
    struct buffer out = {0};
    SINKS[SINK_PCAPNG].one(&SINK_FACTS, &result, &out);
    verdict_fini(&verdict);
    strcpy(file->path, "/tmp/sockdrill-pcapng-XXXXXX");
    int const fd = mkstemp(file->path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, out.data, out.len_bytes), (ssize_t)out.len_bytes);
    close(fd);
    buffer_fini(&out);
}

static void capture_fini(struct capture_file *file) {
    unlink(file->path);
    played_fini(&file->played);
}

// --- what Wireshark's programs print

static void ask(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void ask(struct buffer *out, const char *format, ...) {
    struct buffer command = {0};
    buffer_text(&command, "WIRESHARK_CONFIG_DIR=/nonexistent "); // nobody's own settings
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&command, format, arguments);
    va_end(arguments);
    buffer_clear(out);
    buffer_text(out, "");
    FILE *const pipe = popen(command.data, "r");
    ck_assert_ptr_nonnull(pipe);
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, pipe)) > 0;) buffer_add(out, piece, n);
    ck_assert_msg(pclose(pipe) == 0, "%s: %s", command.data, out->data);
    buffer_fini(&command);
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// "-z follow,tcp,raw": hexadecimal digits, a tab before those of the second node. Of TLS the first is who sends first.
static void follow(const struct capture_file *file, const char *protocol, uint32_t stream, const struct address *peer,
                   struct buffer sides[2]) {
    struct buffer text = {0};
    ask(&text, "tshark -r %s -q -z follow,%s,raw,%u 2>/dev/null", file->path, protocol, stream);
    bool is_turned = false;
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "Node 0:", 7) == 0) is_turned = atoi(strrchr(line, ':') + 1) == address_port(peer);
        struct buffer *const side = &sides[(line[0] == '\t') != is_turned];
        line += line[0] == '\t';
        if (strspn(line, "0123456789abcdef") != strlen(line)) continue;
        for (; line[0] && line[1]; line += 2)
            buffer_add(side, &(uint8_t){(uint8_t)(digit(line[0]) << 4 | digit(line[1]))}, 1);
    }
    buffer_fini(&text);
}

// One direction of a stream as the journal has it: how many bytes, and the first of them, as far as they are kept.
struct side {
    uint64_t count;
    struct buffer kept;
};

static void gather(const struct journal *journal, uint32_t socket, struct side sides[2]) {
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        bool const is_received = event->kind == EVENT_MATCHED || event->kind == EVENT_DISCARDED;
        if (event->socket != socket || (event->kind != EVENT_SENT && !is_received)) continue;
        struct side *const side = &sides[is_received];
        if (side->kept.len_bytes == side->count) buffer_slice(&side->kept, event->bytes);
        side->count += event->count;
    }
}

static bool is_same(const struct side *wanted, const struct buffer *seen) {
    return wanted->count == seen->len_bytes && wanted->kept.len_bytes <= seen->len_bytes &&
           slice_equal(buffer_view(&wanted->kept), slice_of(seen->data, wanted->kept.len_bytes));
}

// Streams are numbered by their first packets, which is the order of the connections where they come one after the other: what
// each has is the same for all.
static void check_streams(const struct capture_file *file, const char *protocol) {
    const struct journal *const journal = file->played.journals[0];
    uint32_t stream = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        if (journal->events[i].kind != EVENT_CONNECTED) continue;
        struct side wanted[2] = {{0}};
        struct buffer seen[2] = {{0}};
        gather(journal, journal->events[i].socket, wanted);
        follow(file, protocol, stream, journal->events[i].peer, seen);
        for (int side = 0; side < 2; side++)
            ck_assert_msg(is_same(&wanted[side], &seen[side]), "stream %u, side %d: %" PRIu64 " bytes, and tshark has %zu", stream,
                          side, wanted[side].count, seen[side].len_bytes);
        for (int side = 0; side < 2; side++) {
            buffer_fini(&wanted[side].kept);
            buffer_fini(&seen[side]);
        }
        stream++;
    }
    ck_assert_uint_gt(stream, 0);
}

static void check_whole(const struct capture_file *file, bool is_made) {
    struct buffer text = {0};
    // Sums of packets that never left the machine are the network card's to fill in: of made ones they are right.
    const char *const sums =
        is_made ? "-o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE" : "";
    ask(&text,
        "tshark -r %s %s -Y '_ws.malformed || _ws.expert.severity == 0x800000 || tcp.analysis.lost_segment || "
        "tcp.analysis.ack_lost_segment' -T fields -e frame.number -e _ws.col.Info "
        "-e _ws.expert.message 2>/dev/null",
        file->path, sums);
    ck_assert_str_eq(text.data, "");
    ask(&text, "capinfos -o -c -m %s", file->path);
    ck_assert_msg(strstr(text.data, "Strict time order:   True"), "%s", text.data);
    ck_assert_msg(!strstr(text.data, "packets:   0 "), "%s", text.data);
    buffer_fini(&text);
}

static void check_comments(const struct capture_file *file) {
    struct buffer text = {0};
    ask(&text, "tshark -r %s -T fields -e frame.comment 2>/dev/null", file->path);
    ck_assert_msg(strstr(text.data, "client 'c"), "%s", text.data);
    ck_assert_msg(strstr(text.data, ": send "), "%s", text.data);
    buffer_fini(&text);
}

// ---

START_TEST(wireshark_reads_it) {
    int const number = _i % TEXT_COUNT, way = _i / TEXT_COUNT;
    bool const isolation = way > 0;
    if (TEXTS[number].needs_world && !isolation) return;
    play_as(way == 2 ? AS_USER : AS_ONESELF);
    struct capture_file file;
    capture(&file, TEXTS[number].text, isolation);
    check_whole(&file, !isolation);
    check_comments(&file);
    if (TEXTS[number].follow == FOLLOW_TCP) check_streams(&file, "tcp");
    if (TEXTS[number].follow == FOLLOW_TLS) check_streams(&file, "tls");
    capture_fini(&file);
}
END_TEST

int main(void) {
    if (system("command -v tshark capinfos >/dev/null") != 0) {
        puts("there is no tshark here");
        return 77;
    }
    Suite *const suite = suite_create("pcapng_wireshark");
    TCase *const tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, wireshark_reads_it, 0, TEXT_COUNT * (1 + play_who_count()));
    suite_add_tcase(suite, tests);
    return play_suite(suite);
}
