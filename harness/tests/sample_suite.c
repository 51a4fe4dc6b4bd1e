#include "sample_suite.h"

#include <string.h>

#define HOSTILE_TEXT                                                                                             \
    "\x1b]0;owned\x07 ]]></failure><x y='&'>\"\\# SKIP\n...\n---\nnot ok 9\nBail out!\r\n\tcaf\xc3\xa9 \xff\xc0\x80 " \
    "\xed\xa0\x80 \xef\xbf\xbe \xef\xbb\xbf \xc2\x85\xc2\x9b \xe2\x80\xa8\xe2\x80\xae\xf0\x9f\x90\x9f %%{init}%% #lt; ;\x7f"

const struct slice SAMPLE_HOSTILE = {(const uint8_t *)HOSTILE_TEXT "\0end", sizeof HOSTILE_TEXT "\0end" - 1};
static const char HOSTILE[] = HOSTILE_TEXT;

static const char TEXT[] = "scenario \"an echo answers\"\n"
                           "\n"
                           "server echo {\n"
                           "  listen tcp 127.0.0.1:4400\n"
                           "  accept {\n"
                           "    recv \"hello # --- \\\"there\\\"\\n\"\n"
                           "    either { send \"a\" } or { send \"b\" }\n"
                           "  }\n"
                           "}\n"
                           "client caller * 30 {\n"
                           "  connect echo\n"
                           "  send \"hello\"\n"
                           "}\n"
                           "program tool {\n"
                           "  run \"tool\" \"--quick\"\n"
                           "  expect exit == 0\n"
                           "}\n";

// The numbers of its steps: all runs have the same text.
enum { LISTEN, ACCEPT, RECV, EITHER, SEND, EITHER_END, ACCEPT_END, SERVER_END, CONNECT, SAY, CLIENT_END, RUN, EXPECT };
enum { ECHO, CALLER, TOOL = 31, INSTANCES };

static void text_plan(struct fake_run *run, const char *path) {
    fake_run_init(run, path, TEXT);
    run->plan.title = "an echo answers";
    fake_actor(run, ROLE_SERVER, "echo", 1, "server echo");
    fake_step(run, STEP_LISTEN, "listen tcp 127.0.0.1:4400");
    fake_block(run, STEP_ACCEPT, "accept");
    fake_step(run, STEP_RECV, "recv \"hello # --- \\\"there\\\"\\n\"");
    fake_block(run, STEP_EITHER, "either");
    uint32_t const branch = fake_step(run, STEP_SEND, "send \"a\"");
    fake_block_end(run);
    fake_block_end(run);
    fake_actor_end(run);
    fake_actor(run, ROLE_CLIENT, "caller", 30, "client caller * 30");
    fake_step(run, STEP_CONNECT, "connect echo");
    fake_step(run, STEP_SEND, "send \"hello\"");
    fake_actor_end(run);
    fake_actor(run, ROLE_PROGRAM, "tool", 1, "program tool");
    fake_step(run, STEP_RUN, "run \"tool\" \"--quick\"");
    fake_step(run, STEP_EXPECT, "expect exit == 0");
    fake_actor_end(run);
    run->plan.steps[branch].in_either = true;
}

static void passes(struct fake_run *run, bool took_branch) {
    fake_instances_run(run);
    for (uint32_t i = 0; i < run->plan.step_count; i++)
        if (i != SEND || took_branch) fake_step_run(run, ECHO, i);
}

static void print(struct fake_run *run, int stream, struct slice bytes) {
    struct event *const event = fake_event(run, EVENT_OUTPUT_END, TOOL, 0, JOURNAL_NONE);
    event->code = stream;
    event->count = bytes.len_bytes + 1000;
    event->offset = 3;
    event->bytes = bytes;
}

// A connection whose server gets something else, while everybody else waits and a program has ended.
static void mismatch(struct fake_run *run, struct slice received) {
    fake_event(run, EVENT_CASE_BEGIN, JOURNAL_NONE, 0, JOURNAL_NONE);
    uint32_t const listener = fake_listen(run, ECHO, LISTEN, "127.0.0.1:4400");
    uint32_t const client = fake_connect(run, CALLER, CONNECT, "127.0.0.1:51000", "127.0.0.1:4400");
    uint32_t const server = fake_accept(run, ECHO, 1, ACCEPT, "127.0.0.1:4400", "127.0.0.1:51000");
    struct event *const state = fake_event(run, EVENT_STATE, ECHO, 1, RECV);
    state->socket = server;
    state->code = STATE_ESTABLISHED;
    fake_count(run, EVENT_SENT, CALLER, SAY, client, received.len_bytes);
    fake_text(run, EVENT_STARTED, TOOL, 0, RUN, "tool --quick");
    fake_text(run, EVENT_LOGGED, CALLER, 0, SAY, HOSTILE);
    struct event *const exited = fake_event(run, EVENT_EXITED, TOOL, 0, EXPECT);
    exited->code = 139;
    exited->count = 11;
    print(run, 1, slice_text("first line\nlast line\n"));
    print(run, 2, SAMPLE_HOSTILE);
    fake_failure(run, ECHO, 1, RECV, (struct failure){
        .kind = FAILURE_MISMATCH,
        .message = "received bytes differ at byte 5 of the stream",
        .offset = 5,
        .expected = slice_text("hello # --- \"there\"\n"),
        .received = received,
    })->socket = server;
    for (uint32_t i = 0; i < 30; i++) fake_text(run, EVENT_WAITING, CALLER + i, 0, SAY, i ? "for room to send" : HOSTILE);
    fake_text(run, EVENT_LIFECYCLE, ECHO, 0, JOURNAL_NONE, "127.0.0.1:4400  CLOSE -> LISTEN");
    fake_code(run, EVENT_CLOSED, ECHO, JOURNAL_NONE, listener, CLOSE_BY_STOP);
    fake_code(run, EVENT_CLOSED, CALLER, JOURNAL_NONE, client, CLOSE_BY_BLOCK);
    struct event *const secured = fake_event(run, EVENT_SECURED, ECHO, 1, RECV);
    secured->socket = server;
    secured->bytes = slice_text("TLSv1.3, TLS_AES_256_GCM_SHA384");
    struct event *const timing = fake_event(run, EVENT_TIMING, JOURNAL_NONE, 0, JOURNAL_NONE);
    timing->count = 3000000;
    timing->offset = 500000;
}

static void ending(struct fake_run *run, const char *message) {
    fake_event(run, EVENT_CASE_BEGIN, JOURNAL_NONE, 0, JOURNAL_NONE);
    uint32_t const client = fake_connect(run, CALLER, CONNECT, "127.0.0.1:51000", "127.0.0.1:4400");
    uint32_t const server = fake_accept(run, ECHO, 1, ACCEPT, "127.0.0.1:4400", "127.0.0.1:51000");
    fake_code(run, EVENT_PEER_RESET, CALLER, SAY, client, 0);
    fake_failure(run, ECHO, 1, RECV, (struct failure){
        .kind = FAILURE_ENDING,
        .message = message,
        .offset = 3,
        .received = SAMPLE_HOSTILE,
        .wanted = HOSTILE,
    })->socket = server;
    fake_failure(run, TOOL, 0, EXPECT, (struct failure){.kind = FAILURE_EXPECT, .message = HOSTILE});
}

static void crash(struct fake_run *run) {
    fake_event(run, EVENT_CASE_BEGIN, JOURNAL_NONE, 0, JOURNAL_NONE);
    fake_text(run, EVENT_STARTED, TOOL, 0, RUN, HOSTILE);
    fake_event(run, EVENT_STOPPED, TOOL, 0, EXPECT)->code = 15;
    fake_failure(run, TOOL, 0, EXPECT, (struct failure){
        .kind = FAILURE_CRASHED,
        .message = "it was ended by SIGSEGV",
        .output = SAMPLE_HOSTILE,
        .output_of = 2,
    });
}

static struct case_result judged(struct fake_run *run, uint32_t number) {
    fake_judge(run);
    return (struct case_result){
        .plan = &run->plan, .journal = &run->journal, .verdict = &run->verdict, .number = number};
}

void sample_suite_init(struct sample_suite *suite) {
    *suite = (struct sample_suite){0};
    static const char *const NAMES[SAMPLE_CASES] = {
        "scenarios/tcp/passed",         "scenarios/tcp/warned[endpoint=unix \"a/b<c>\", n=2]",
        "scenarios/tcp/failed",         "./../v1.2/slow/skipped",
        "flaky #1",                     "scenarios/tcp/failed at every turn",
        HOSTILE,                        "crashed",
    };
    static const char *const TAGS[] = {"tcp", "a \"tag\""};
    for (uint32_t i = 0; i < SAMPLE_CASES; i++) text_plan(&suite->runs[i], "scenarios/tcp/echo.drill");
    for (uint32_t i = 0; i < SAMPLE_TURNS; i++) text_plan(&suite->turns[i], "scenarios/tcp/echo.drill");
    for (uint32_t i = 0; i < SAMPLE_CASES; i++) suite->runs[i].plan.case_name = NAMES[i];
    suite->runs[0].plan.tags = (const char **)(uintptr_t)TAGS;
    suite->runs[0].plan.tag_count = 2;
    suite->runs[6].plan.title = HOSTILE;
    passes(&suite->runs[0], true);
    passes(&suite->runs[1], false);
    mismatch(&suite->runs[2], SAMPLE_HOSTILE);
    fake_text(&suite->runs[3], EVENT_SKIPPED, JOURNAL_NONE, 0, JOURNAL_NONE, "no \"can\" & no <vsock> # TODO");
    passes(&suite->runs[4], true);
    mismatch(&suite->runs[5], slice_text("the third"));
    ending(&suite->runs[6], HOSTILE);
    crash(&suite->runs[7]);
    mismatch(&suite->turns[0], slice_text("the first"));
    ending(&suite->turns[1], "the stream ended");
    mismatch(&suite->turns[2], slice_text("hello"));
    crash(&suite->turns[3]);
    for (uint32_t i = 0; i < SAMPLE_TURNS; i++) suite->earlier[i] = judged(&suite->turns[i], i < 2 ? 4 : 5);
    for (uint32_t i = 0; i < SAMPLE_CASES; i++) suite->results[i] = judged(&suite->runs[i], i);
    suite->results[4].earlier = &suite->earlier[0];
    suite->results[5].earlier = &suite->earlier[2];
    suite->results[4].earlier_count = suite->results[5].earlier_count = 2;
    suite->counts = (struct suite_counts){.passed = 3, .failed = 4, .skipped = 1, .flaky = 1, .duration_ns = 61002003004};
}

void sample_suite_fini(struct sample_suite *suite) {
    for (uint32_t i = 0; i < SAMPLE_CASES; i++) fake_run_fini(&suite->runs[i]);
    for (uint32_t i = 0; i < SAMPLE_TURNS; i++) fake_run_fini(&suite->turns[i]);
}
