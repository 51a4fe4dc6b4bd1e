// The pages of the HTML report, and the diagram that they draw: goldens of a suite made by hand, and what only counts at
// size. That a page is good to look at, harness/tests/html asks a browser.
#include "reports/reports.h"

#include "diagram.h"
#include "fake_run.h"
#include "golden_file.h"
#include "html.h"
#include "sample_suite.h"
#include "sink_play.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES_MAX = 2 * 1024 * 1024 };

// What the pages look like is no golden's business.
static void style_cut(struct buffer *page) {
    for (;;) {
        char *const begin = page->len_bytes ? strstr(page->data, "<style>") : NULL;
        if (!begin) return;
        char *const end = strstr(begin, "</style>\n");
        ck_assert_ptr_nonnull(end);
        char *const rest = end + strlen("</style>\n");
        memmove(begin, rest, strlen(rest) + 1);
        page->len_bytes = strlen(page->data);
    }
}

START_TEST(a_suite_s_pages) {
    struct sample_suite suite;
    struct buffer out = {0};
    sample_suite_init(&suite);
    sink_text(SINK_HTML, suite.results, SAMPLE_CASES, &suite.counts, &out);
    ck_assert_uint_eq(strlen(out.data), out.len_bytes); // no zero byte
    style_cut(&out);
    golden_compare("html/suite.html", &out);
    buffer_fini(&out);
    sample_suite_fini(&suite);
}
END_TEST

START_TEST(text_from_outside_is_text) {
    static const struct {
        const char *text, *shown;
    } ROWS[] = {
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"\" onload=\"x", "&quot; onload=&quot;x"},
        {"a&amp;b", "a&amp;amp;b"},
        {"tab\tline\n", "tab\tline\n"},
        {"bell\a esc\x1b", "bell\\x07 esc\\x1b"},
        {"\r", "\\x0d"},
        {"\u202egnp.exe", "\\xe2\\x80\\xaegnp.exe"},
        {"\u2066x\u200b\ufeff", "\\xe2\\x81\\xa6x\\xe2\\x80\\x8b\\xef\\xbb\\xbf"},
        {"\xff\xc0\x80", "\\xff\\xc0\\x80"},
        {"gr\u00fc\u00df", "gr\u00fc\u00df"},
        {"\xc2\x85", "\\xc2\\x85"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct buffer out = {0};
        html_text(slice_text(ROWS[i].text), &out);
        ck_assert_str_eq(out.data, ROWS[i].shown);
        buffer_fini(&out);
    }
}
END_TEST

START_TEST(numbers_in_words) {
    static const struct {
        uint64_t count;
        const char *words;
    } ROWS[] = {{0, "0 bytes"},      {1, "1 byte"},          {9999, "9,999 bytes"},
                {10240, "10 KiB"},   {104857600, "100 MiB"}, {1610612736, "1.5 GiB"},
                {30000, "29.3 KiB"}, {1048570, "1 MiB"},     {UINT64_MAX, "16,777,216 TiB"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct buffer out = {0};
        html_bytes_count(ROWS[i].count, &out);
        ck_assert_str_eq(out.data, ROWS[i].words);
        buffer_fini(&out);
    }
}
END_TEST

// --- the diagram

static const struct diagram_limits WIDE = {.lanes = 100, .items = 1000, .bars = 100};

// A server and its clients. Owned by one test.
struct talk {
    struct fake_run run;
    uint32_t listen, accept, recv, server_send; // the server's steps
    uint32_t connect, send, client_recv;        // a client's
    struct arena arena;
    struct diagram diagram;
};

static const char TALK[] =
    "scenario \"talk\"\n"
    "server keeper {\n  listen tcp 127.0.0.1:80\n  accept {\n    recv line\n    send \"yes\\n\"\n  }\n}\n"
    "client caller {\n  connect keeper\n  send \"hello\\n\"\n  recv line\n}\n";

static void talk_init(struct talk *talk, uint32_t clients) {
    struct fake_run *const run = &talk->run;
    *talk = (struct talk){0};
    fake_run_init(run, "talk.drill", TALK);
    fake_actor(run, ROLE_SERVER, "keeper", 1, "server keeper");
    talk->listen = fake_step(run, STEP_LISTEN, "listen tcp 127.0.0.1:80");
    talk->accept = fake_block(run, STEP_ACCEPT, "accept {");
    talk->recv = fake_step(run, STEP_RECV, "recv line");
    talk->server_send = fake_step(run, STEP_SEND, "send \"yes\\n\"");
    fake_block_end(run);
    fake_actor_end(run);
    fake_actor(run, ROLE_CLIENT, "caller", clients, "client caller");
    talk->connect = fake_step(run, STEP_CONNECT, "connect keeper");
    talk->send = fake_step(run, STEP_SEND, "send \"hello\\n\"");
    talk->client_recv = fake_step(run, STEP_RECV, "recv line");
    fake_actor_end(run);
    arena_init(&talk->arena);
}

static void talk_draw(struct talk *talk, const struct diagram_limits *limits) {
    fake_judge(&talk->run);
    struct case_result const result = {
        .plan = &talk->run.plan, .journal = &talk->run.journal, .verdict = &talk->run.verdict};
    diagram_init(&talk->diagram, &result, limits, &talk->arena);
}

static void talk_fini(struct talk *talk) {
    arena_fini(&talk->arena);
    fake_run_fini(&talk->run);
}

static void bytes_event(struct talk *talk, enum event_kind kind, uint32_t instance, uint32_t step, uint32_t socket,
                        uint64_t offset, const char *bytes) {
    struct event *const event = fake_event(&talk->run, kind, instance, 0, step);
    event->socket = socket;
    event->offset = offset;
    event->count = strlen(bytes);
    event->bytes = slice_text(bytes);
}

static const struct diagram_item *item_of(const struct diagram *diagram, enum diagram_kind kind, uint32_t nth) {
    for (uint32_t i = 0; i < diagram->item_count; i++)
        if (diagram->items[i].kind == kind && !nth--) return &diagram->items[i];
    return NULL;
}

START_TEST(what_one_sends_another_takes) {
    struct talk talk;
    talk_init(&talk, 1);
    fake_listen(&talk.run, 0, talk.listen, "127.0.0.1:80");
    uint32_t const client = fake_connect(&talk.run, 1, talk.connect, "127.0.0.1:5000", "127.0.0.1:80");
    uint32_t const server = fake_accept(&talk.run, 0, 0, talk.accept, "127.0.0.1:80", "127.0.0.1:5000");
    bytes_event(&talk, EVENT_SENT, 1, talk.send, client, 0, "hel");
    bytes_event(&talk, EVENT_SENT, 1, talk.send, client, 3, "lo\n");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, server, 0, "hello\n");
    bytes_event(&talk, EVENT_SENT, 0, talk.server_send, server, 0, "yes\n");
    bytes_event(&talk, EVENT_MATCHED, 1, talk.client_recv, client, 0, "ye");
    fake_code(&talk.run, EVENT_SHUTDOWN, 1, talk.send, client, SHUTDOWN_WRITE);
    fake_code(&talk.run, EVENT_END_OF_STREAM, 0, talk.recv, server, 0);
    talk_draw(&talk, &WIDE);
    const struct diagram *const diagram = &talk.diagram;
    ck_assert_uint_eq(diagram->lane_count, 2);
    ck_assert_uint_eq(diagram->ends.other[client], server);
    ck_assert_uint_eq(diagram->ends.other[server], client);
    const struct diagram_item *const meet = item_of(diagram, DIAGRAM_CONNECT, 0);
    ck_assert(meet && meet->from == 1 && meet->to == 0 && meet->arrival && !item_of(diagram, DIAGRAM_CONNECT, 1));
    const struct diagram_item *const first = item_of(diagram, DIAGRAM_MESSAGE, 0), *const second = item_of(
                                                                                       diagram, DIAGRAM_MESSAGE, 1);
    ck_assert(first->from == 1 && first->to == 0 && first->count == 3 && !first->is_lost);
    ck_assert_ptr_eq(first->arrival, second->arrival); // one recv took both
    ck_assert_uint_eq(first->to_row, second->to_row);
    ck_assert_uint_eq(second->row, second->to_row);
    const struct diagram_item *const answer = item_of(diagram, DIAGRAM_MESSAGE, 2);
    ck_assert(answer->from == 0 && answer->to == 1 && answer->is_lost && !answer->arrival);
    const struct diagram_item *const fin = item_of(diagram, DIAGRAM_FIN, 0);
    ck_assert(fin->from == 1 && fin->to == 0 && fin->arrival);
    ck_assert_ptr_null(item_of(diagram, DIAGRAM_TAKEN, 0));
    talk_fini(&talk);
}
END_TEST

// Different threads: the receiver may note what it took before the sender notes that it sent it.
START_TEST(what_was_taken_before_it_was_noted) {
    struct talk talk;
    talk_init(&talk, 1);
    uint32_t const server = fake_accept(&talk.run, 0, 0, talk.accept, "127.0.0.1:80", "127.0.0.1:5000");
    uint32_t const client = fake_connect(&talk.run, 1, talk.connect, "127.0.0.1:5000", "127.0.0.1:80");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, server, 0, "hello\n");
    bytes_event(&talk, EVENT_SENT, 1, talk.send, client, 0, "hello\n");
    talk_draw(&talk, &WIDE);
    const struct diagram_item *const message = item_of(&talk.diagram, DIAGRAM_MESSAGE, 0);
    ck_assert(message && message->from == 1 && message->to == 0 && message->arrival && !message->is_lost);
    ck_assert_ptr_null(item_of(&talk.diagram, DIAGRAM_TAKEN, 0));
    ck_assert_uint_eq(item_of(&talk.diagram, DIAGRAM_CONNECT, 0)->from, 1);
    talk_fini(&talk);
}
END_TEST

// Unix sockets that connect have no name: the order of connecting tells, unless the bytes say otherwise.
START_TEST(nameless_ends_are_told_by_their_bytes) {
    struct talk talk;
    talk_init(&talk, 2);
    uint32_t clients[2], servers[2];
    for (uint32_t i = 0; i < 2; i++) clients[i] = fake_connect(&talk.run, 1 + i, talk.connect, "", "/run/s");
    for (uint32_t i = 0; i < 2; i++) servers[i] = fake_accept(&talk.run, 0, i, talk.accept, "/run/s", "");
    bytes_event(&talk, EVENT_SENT, 1, talk.send, clients[0], 0, "first");
    bytes_event(&talk, EVENT_SENT, 2, talk.send, clients[1], 0, "second");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, servers[0], 0, "second");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, servers[1], 0, "first");
    talk_draw(&talk, &WIDE);
    ck_assert_uint_eq(talk.diagram.ends.other[clients[0]], servers[1]);
    ck_assert_uint_eq(talk.diagram.ends.other[clients[1]], servers[0]);
    talk_fini(&talk);
}
END_TEST

// Datagrams may overtake each other: each is known by its bytes, and by whom its socket is connected to.
START_TEST(datagrams_are_told_by_their_bytes) {
    struct talk talk;
    uint32_t sockets[3]; // the server's, the clients'
    talk_init(&talk, 2);
    for (uint32_t i = 0; i < 3; i++) {
        struct event *const opened = fake_event(&talk.run, EVENT_OPEN, i, 0, i ? talk.connect : talk.listen);
        opened->socket = sockets[i] = journal_new_socket(talk.run.segment);
        opened->count = FAMILY_UDP;
        struct event *const named =
            fake_event(&talk.run, i ? EVENT_CONNECTED : EVENT_BOUND, i, 0, i ? talk.connect : talk.listen);
        named->socket = sockets[i];
        named->address = fake_address(&talk.run, i == 0   ? "127.0.0.1:53"
                                                 : i == 1 ? "127.0.0.1:5001"
                                                          : "127.0.0.1:5002");
        named->peer = i ? fake_address(&talk.run, "127.0.0.1:53") : NULL;
    }
    bytes_event(&talk, EVENT_SENT, 1, talk.send, sockets[1], 0, "one");
    bytes_event(&talk, EVENT_SENT, 2, talk.send, sockets[2], 0, "two");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, sockets[0], 0, "two");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, sockets[0], 3, "new"); // of nobody's
    bytes_event(&talk, EVENT_SENT, 0, talk.server_send, sockets[0], 0, "yes");
    bytes_event(&talk, EVENT_MATCHED, 2, talk.client_recv, sockets[2], 0, "yes");
    talk_draw(&talk, &WIDE);
    const struct diagram *const diagram = &talk.diagram;
    const struct diagram_item *const one = item_of(diagram, DIAGRAM_MESSAGE, 0), *const two = item_of(
                                                                                     diagram, DIAGRAM_MESSAGE, 1);
    ck_assert(one->from == diagram->lane_of[1] && one->to == diagram->lane_of[0] && !one->arrival);
    ck_assert(two->from == diagram->lane_of[2] && two->arrival && slice_is(two->arrival->bytes, "two"));
    const struct diagram_item *const strange = item_of(diagram, DIAGRAM_MESSAGE, 2);
    ck_assert_str_eq(diagram->lanes[strange->from].label, "outside");
    const struct diagram_item *const answer = item_of(diagram, DIAGRAM_MESSAGE, 3);
    ck_assert(answer->from == diagram->lane_of[0] && answer->to == diagram->lane_of[2]);
    talk_fini(&talk);
}
END_TEST

START_TEST(a_connect_that_fails_as_it_should) {
    static const struct step_failure REFUSED = {.error = ECONNREFUSED};
    struct talk talk;
    talk_init(&talk, 2);
    struct step *const connect = &((struct step *)talk.run.plan.steps)[talk.connect];
    connect->fails = &REFUSED;
    connect->fails_count = 1;
    connect->actor_operand = PLAN_NONE;
    fake_event(&talk.run, EVENT_STEP_BEGIN, 1, 0, talk.connect);
    struct event *const opened = fake_event(&talk.run, EVENT_OPEN, 1, 0, talk.connect);
    opened->socket = journal_new_socket(talk.run.segment);
    opened->count = FAMILY_TCP;
    fake_event(&talk.run, EVENT_STEP_END, 1, 0, talk.connect);
    fake_event(&talk.run, EVENT_STEP_BEGIN, 2, 0, talk.connect); // and never ends
    talk_draw(&talk, &WIDE);
    const struct diagram *const diagram = &talk.diagram;
    const struct diagram_item *const refused = item_of(diagram, DIAGRAM_REFUSED, 0);
    ck_assert(refused && refused->from == diagram->lane_of[1] && !item_of(diagram, DIAGRAM_REFUSED, 1));
    ck_assert_str_eq(diagram->lanes[refused->to].label, "outside");
    ck_assert(slice_is(refused->text, "ECONNREFUSED"));
    talk_fini(&talk);
}
END_TEST

START_TEST(what_takes_long_has_rows_of_its_own) {
    struct talk talk;
    talk_init(&talk, 1);
    uint32_t const client = fake_connect(&talk.run, 1, talk.connect, "127.0.0.1:5000", "127.0.0.1:80");
    uint32_t const server = fake_accept(&talk.run, 0, 0, talk.accept, "127.0.0.1:80", "127.0.0.1:5000");
    bytes_event(&talk, EVENT_SENT, 1, talk.send, client, 0, "soon\n");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, server, 0, "soon\n");
    bytes_event(&talk, EVENT_SENT, 1, talk.send, client, 5, "late\n");
    talk.run.now_ns += 800 * NS_PER_MS;
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, server, 5, "late\n");
    talk_draw(&talk, &WIDE);
    const struct diagram_item *const soon = item_of(&talk.diagram, DIAGRAM_MESSAGE, 0), *const late =
                                                                                            item_of(&talk.diagram,
                                                                                                    DIAGRAM_MESSAGE, 1);
    ck_assert(soon->to_row == soon->row && soon->delay_ns == 0);
    ck_assert(late->to_row == late->row + 1 && late->delay_ns > 800 * NS_PER_MS);
    talk_fini(&talk);
}
END_TEST

START_TEST(nothing_is_seen_before_it_was_done) {
    struct talk talk;
    talk_init(&talk, 1);
    uint32_t const server = fake_accept(&talk.run, 0, 0, talk.accept, "127.0.0.1:80", "127.0.0.1:5000");
    fake_text(&talk.run, EVENT_LOGGED, 0, 0, talk.recv, "accepted");
    uint32_t const client = fake_connect(&talk.run, 1, talk.connect, "127.0.0.1:5000", "127.0.0.1:80");
    talk_draw(&talk, &WIDE);
    const struct diagram_item *const meet = item_of(&talk.diagram, DIAGRAM_CONNECT, 0);
    ck_assert(meet && meet == &talk.diagram.items[0] && meet->row == 0 && meet->event->socket == client);
    ck_assert_uint_eq(meet->arrival->socket, server);
    ck_assert_uint_eq(talk.diagram.items[1].kind, DIAGRAM_LOG);
    talk_fini(&talk);
}
END_TEST

// A send is noted behind send(2): of a datagram that was taken before, it is told by its bytes too, if its step had begun.
START_TEST(datagrams_that_were_taken_before_they_were_noted) {
    struct talk talk;
    uint32_t sockets[2];
    talk_init(&talk, 1);
    for (uint32_t i = 0; i < 2; i++) {
        struct event *const opened = fake_event(&talk.run, EVENT_OPEN, i, 0, i ? talk.connect : talk.listen);
        opened->socket = sockets[i] = journal_new_socket(talk.run.segment);
        opened->count = FAMILY_UDP;
    }
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, sockets[0], 0, "one"); // somebody else's
    fake_event(&talk.run, EVENT_STEP_BEGIN, 1, 0, talk.send);
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, sockets[0], 3, "two");
    fake_code(&talk.run, EVENT_CLOSED, 0, talk.recv, sockets[0], CLOSE_BY_BLOCK);
    bytes_event(&talk, EVENT_SENT, 1, talk.send, sockets[1], 0, "two");
    bytes_event(&talk, EVENT_SENT, 1, talk.send, sockets[1], 3, "one");
    talk_draw(&talk, &WIDE);
    const struct diagram *const diagram = &talk.diagram;
    const struct diagram_item *const strange = item_of(diagram, DIAGRAM_MESSAGE, 0),
                                     *const two = item_of(diagram, DIAGRAM_MESSAGE, 1),
                                     *const one = item_of(diagram, DIAGRAM_MESSAGE, 2);
    ck_assert_str_eq(diagram->lanes[strange->from].label, "outside");
    ck_assert(two->from == diagram->lane_of[1] && two->arrival && two < item_of(diagram, DIAGRAM_CLOSE, 0));
    ck_assert(one->from == diagram->lane_of[1] && !one->arrival);
    talk_fini(&talk);
}
END_TEST

START_TEST(whom_nobody_plays_is_outside) {
    struct talk talk;
    talk_init(&talk, 1);
    uint32_t const server = fake_accept(&talk.run, 0, 0, talk.accept, "127.0.0.1:80", "127.0.0.1:6000");
    bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, server, 0, "hello\n");
    bytes_event(&talk, EVENT_SENT, 0, talk.server_send, server, 0, "yes\n");
    talk_draw(&talk, &WIDE);
    const struct diagram *const diagram = &talk.diagram;
    ck_assert_uint_eq(diagram->lane_count, 3);
    ck_assert_str_eq(diagram->lanes[2].label, "outside");
    ck_assert_uint_eq(item_of(diagram, DIAGRAM_CONNECT, 0)->from, 2);
    ck_assert_uint_eq(item_of(diagram, DIAGRAM_MESSAGE, 0)->from, 2);
    ck_assert(item_of(diagram, DIAGRAM_MESSAGE, 1)->to == 2 && !item_of(diagram, DIAGRAM_MESSAGE, 1)->is_lost);
    talk_fini(&talk);
}
END_TEST

// A thousand clients; one of them says something, another fails.
static void crowd_init(struct talk *talk, uint32_t clients, uint32_t silent) {
    talk_init(talk, clients);
    for (uint32_t i = 0; i < clients; i++) {
        char local[64];
        snprintf(local, sizeof local, "127.0.0.1:%u", 5000 + i);
        uint32_t const client = fake_connect(&talk->run, 1 + i, talk->connect, local, "127.0.0.1:80");
        uint32_t const server = fake_accept(&talk->run, 0, 1 + i, talk->accept, "127.0.0.1:80", local);
        if (i == silent) continue;
        bytes_event(talk, EVENT_SENT, 1 + i, talk->send, client, 0, "hello\n");
        bytes_event(talk, EVENT_MATCHED, 0, talk->recv, server, 0, "hello\n");
    }
}

START_TEST(equal_stories_share_a_lane) {
    struct talk talk;
    crowd_init(&talk, 1000, 417);
    talk_draw(&talk, &WIDE);
    const struct diagram *const diagram = &talk.diagram;
    ck_assert_uint_eq(diagram->lane_count, 3);
    ck_assert_str_eq(diagram->lanes[1].label, "caller[0..416, 418..999]");
    ck_assert_uint_eq(diagram->lanes[1].count, 999);
    ck_assert_str_eq(diagram->lanes[2].label, "caller[417]");
    ck_assert_uint_eq(diagram->item_count, 3); // two connections, one message
    ck_assert_uint_eq(diagram->instances_left_out, 0);
    ck_assert_uint_eq(diagram->lane_of[1], 1);
    ck_assert_uint_eq(diagram->lane_of[2], DIAGRAM_NONE);
    talk_fini(&talk);
}
END_TEST

START_TEST(the_middle_of_a_long_conversation_is_cut) {
    static const struct diagram_limits FEW = {.lanes = 8, .items = 64, .bars = 8};
    enum { MESSAGES = 10000 };
    struct talk talk;
    talk_init(&talk, 1);
    uint32_t const client = fake_connect(&talk.run, 1, talk.connect, "127.0.0.1:5000", "127.0.0.1:80");
    uint32_t const server = fake_accept(&talk.run, 0, 0, talk.accept, "127.0.0.1:80", "127.0.0.1:5000");
    for (unsigned i = 0; i < MESSAGES; i++) {
        bytes_event(&talk, EVENT_SENT, 1, talk.send, client, 4 * i, "ping");
        bytes_event(&talk, EVENT_MATCHED, 0, talk.recv, server, 4 * i, "ping");
        if (i == MESSAGES / 2)
            fake_failure(&talk.run, 0, 0, talk.recv, (struct failure){.kind = FAILURE_EXPECT, .message = "here"});
    }
    talk_draw(&talk, &FEW);
    const struct diagram *const diagram = &talk.diagram;
    uint64_t left_out = 0, shown = 0, cuts = 0;
    bool has_failure = false;
    for (uint32_t i = 0; i < diagram->item_count; i++) {
        const struct diagram_item *const item = &diagram->items[i];
        ck_assert(i == 0 || item->row > diagram->items[i - 1].row);
        if (item->kind == DIAGRAM_CUT) left_out += item->count;
        cuts += item->kind == DIAGRAM_CUT;
        shown += item->kind != DIAGRAM_CUT;
        has_failure |= item->is_failure;
    }
    ck_assert(has_failure);
    ck_assert_uint_eq(cuts, 2);
    ck_assert_uint_eq(shown + left_out, MESSAGES + 2); // with the connect and the failure
    ck_assert_uint_eq(diagram->items_left_out, left_out);
    ck_assert_uint_le(shown, 80);
    talk_fini(&talk);
}
END_TEST

// --- how large a page gets

static size_t page_bytes(struct talk *talk) {
    struct case_result const result = {
        .plan = &talk->run.plan, .journal = &talk->run.journal, .verdict = &talk->run.verdict};
    struct buffer out = {0};
    SINKS[SINK_HTML].one(&SINK_FACTS, &result, &out);
    size_t const len_bytes = out.len_bytes;
    buffer_fini(&out);
    return len_bytes;
}

// Everything at its worst: a thousand clients that do all something else, long messages of what takes six bytes to write.
// The page of a talk of a thousand, one of whom failed: its socket and the other end stand first, equal ones share a row.
START_TEST(the_sockets_of_the_failure_stand_first) {
    enum { CLIENTS = 1000, FAILED = 417 };
    struct talk talk;
    struct buffer out = {0};
    talk_init(&talk, CLIENTS);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        char local[64];
        snprintf(local, sizeof local, "127.0.0.1:%u", 5000 + i);
        uint32_t const client = fake_connect(&talk.run, 1 + i, talk.connect, local, "127.0.0.1:80");
        fake_accept(&talk.run, 0, 0, talk.accept, "127.0.0.1:80", local);
        struct failure const failure = {.kind = FAILURE_CALL, .message = "no"};
        if (i == FAILED) fake_failure(&talk.run, 1 + i, 0, talk.client_recv, failure)->socket = client;
    }
    fake_judge(&talk.run);
    struct case_result const result = {
        .plan = &talk.run.plan, .journal = &talk.run.journal, .verdict = &talk.run.verdict};
    SINKS[SINK_HTML].one(&SINK_FACTS, &result, &out);
    const char *const section = strstr(out.data, "<section id=\"sockets\"");
    ck_assert_ptr_nonnull(section);
    const char *const failed =
        strstr(section, "<tr><th scope=\"row\">caller[417]<br/><span class=\"bad\">it failed here");
    const char *const other = strstr(section, "<tr><th scope=\"row\">keeper<br/><span class=\"bad\">the other end");
    ck_assert(failed && other && failed < other);
    const char *const folded =
        strstr(section, "<tr><th scope=\"row\">caller[0] <span class=\"faint\">\u00d7999</span>");
    ck_assert(folded && other < folded && strstr(section, "127.0.0.1:5417"));
    ck_assert_ptr_nonnull(strstr(section, "1,998 sockets share rows"));
    buffer_fini(&out);
    talk_fini(&talk);
}
END_TEST

START_TEST(no_page_reaches_two_mebibytes) {
    enum { CLIENTS = 1000, BYTES = 4096 };
    struct talk talk;
    talk_init(&talk, CLIENTS);
    char *const bytes = arena_alloc(&talk.arena, BYTES + 1);
    memset(bytes, '"', BYTES);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        char local[64];
        snprintf(local, sizeof local, "127.0.0.1:%u", 5000 + i);
        uint32_t const client = fake_connect(&talk.run, 1 + i, talk.connect, local, "127.0.0.1:80");
        for (uint32_t k = 0; k < 8; k++) bytes_event(&talk, EVENT_SENT, 1 + i, talk.send, client, k * BYTES, bytes);
        char *const name = arena_alloc(&talk.arena, BYTES + 1);
        memset(name, '"', BYTES);
        for (uint32_t k = i, at = 0; k; k /= 2, at++) name[at] = k % 2 ? '&' : '<'; // no two alike, numbers aside
        fake_text(&talk.run, EVENT_LOGGED, 1 + i, 0, talk.send, name);
        fake_text(&talk.run, EVENT_WAITING, 1 + i, 0, talk.client_recv, name);
        fake_text(&talk.run, EVENT_STARTED, 1 + i, 0, talk.send, name);
        struct event *const printed = fake_event(&talk.run, EVENT_PRINTED, 1 + i, 0, talk.send);
        printed->code = 2;
        printed->count = BYTES;
        printed->bytes = slice_of(name, BYTES);
    }
    fake_failure(&talk.run, 1, 0, talk.send,
                 (struct failure){.kind = FAILURE_CALL, .message = bytes, .output = slice_of(bytes, BYTES)});
    talk_draw(&talk, &WIDE);
    ck_assert_uint_lt(page_bytes(&talk), PAGE_BYTES_MAX);
    talk_fini(&talk);
}
END_TEST

START_TEST(of_a_long_text_the_failed_line_is_shown) {
    enum { LINES = 20000 };
    struct buffer text = {0}, out = {0};
    struct fake_run run;
    buffer_text(&text, "scenario \"long\"\nserver a {\n");
    for (unsigned i = 0; i < LINES; i++) buffer_text(&text, "  # nothing happens here\n");
    buffer_text(&text, "  bind udp 127.0.0.1:53\n  close\n}\n");
    fake_run_init(&run, "long.drill", text.data);
    fake_actor(&run, ROLE_SERVER, "a", 1, "server a");
    uint32_t const step = fake_step(&run, STEP_BIND, "bind udp 127.0.0.1:53");
    fake_actor_end(&run);
    fake_event(&run, EVENT_STEP_BEGIN, 0, 0, step);
    fake_failure(&run, 0, 0, step, (struct failure){.kind = FAILURE_CALL, .message = "no"});
    fake_judge(&run);
    struct case_result const result = {.plan = &run.plan, .journal = &run.journal, .verdict = &run.verdict};
    SINKS[SINK_HTML].one(&SINK_FACTS, &result, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "href=\"#L20003\""));
    ck_assert_ptr_nonnull(strstr(out.data, "<tr class=\"failed\" id=\"L20003\">"));
    ck_assert_ptr_nonnull(strstr(out.data, " lines are left out here</td>"));
    buffer_fini(&out);
    fake_run_fini(&run);
    buffer_fini(&text);
}
END_TEST

START_TEST(no_text_is_too_long) {
    enum { LINES = 100000 };
    struct buffer text = {0};
    buffer_text(&text, "scenario \"long\"\nserver a {\n");
    for (unsigned i = 0; i < LINES; i++) buffer_text(&text, "  \"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\n");
    struct talk talk = {0};
    fake_run_init(&talk.run, "long.drill", text.data);
    fake_actor(&talk.run, ROLE_SERVER, "a", 1, "server a");
    fake_actor_end(&talk.run);
    fake_instances_run(&talk.run);
    fake_judge(&talk.run);
    ck_assert_uint_lt(page_bytes(&talk), PAGE_BYTES_MAX);
    fake_run_fini(&talk.run);
    buffer_fini(&text);
}
END_TEST

START_TEST(no_index_is_too_long) {
    enum { CASES = 10000 };
    struct talk talk;
    talk_init(&talk, 1);
    talk_draw(&talk, &WIDE);
    struct case_result *const results = calloc(CASES, sizeof *results);
    ck_assert_ptr_nonnull(results);
    for (uint32_t i = 0; i < CASES; i++)
        results[i] = (struct case_result){
            .plan = &talk.run.plan, .journal = &talk.run.journal, .verdict = &talk.run.verdict, .number = i};
    struct run_result const run = {
        .facts = &SINK_FACTS, .results = results, .count = CASES, .counts = {.failed = CASES}};
    struct buffer out = {0};
    SINKS[SINK_HTML].close(&run, &out);
    ck_assert_uint_lt(out.len_bytes, PAGE_BYTES_MAX);
    ck_assert_ptr_nonnull(strstr(out.data, "more cases are left out here"));
    buffer_fini(&out);
    free(results);
    talk_fini(&talk);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("html");
    TCase *const pages = tcase_create("pages"), *const drawn = tcase_create("diagram"),
                 *const sizes = tcase_create("sizes");
    tcase_add_test(pages, a_suite_s_pages);
    tcase_add_test(pages, text_from_outside_is_text);
    tcase_add_test(pages, numbers_in_words);
    tcase_add_test(drawn, what_one_sends_another_takes);
    tcase_add_test(drawn, what_was_taken_before_it_was_noted);
    tcase_add_test(drawn, nameless_ends_are_told_by_their_bytes);
    tcase_add_test(drawn, datagrams_are_told_by_their_bytes);
    tcase_add_test(drawn, a_connect_that_fails_as_it_should);
    tcase_add_test(drawn, what_takes_long_has_rows_of_its_own);
    tcase_add_test(drawn, nothing_is_seen_before_it_was_done);
    tcase_add_test(drawn, datagrams_that_were_taken_before_they_were_noted);
    tcase_add_test(drawn, whom_nobody_plays_is_outside);
    tcase_add_test(drawn, equal_stories_share_a_lane);
    tcase_add_test(drawn, the_middle_of_a_long_conversation_is_cut);
    tcase_add_test(sizes, the_sockets_of_the_failure_stand_first);
    tcase_add_test(sizes, no_page_reaches_two_mebibytes);
    tcase_add_test(sizes, of_a_long_text_the_failed_line_is_shown);
    tcase_add_test(sizes, no_text_is_too_long);
    tcase_add_test(sizes, no_index_is_too_long);
    tcase_set_timeout(sizes, 60);
    suite_add_tcase(suite, pages);
    suite_add_tcase(suite, drawn);
    suite_add_tcase(suite, sizes);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
