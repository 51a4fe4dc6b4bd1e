#include "verdict/verdict.h"

#include "base/clock.h"
#include "fake_run.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A server and two clients that the tests below play in different ways.
static const char ECHO[] = "scenario \"echo\"\n"
                           "server echo {\n"
                           "  listen tcp 127.0.0.1:0\n"
                           "  accept each {\n"
                           "    recv \"ping\"\n"
                           "    send \"pong\"\n"
                           "  }\n"
                           "}\n"
                           "client caller * 2 {\n"
                           "  connect echo\n"
                           "  send \"ping\"\n"
                           "  close\n"
                           "}\n";

struct echo {
    struct fake_run run;
    uint32_t listen, accept, recv, send; // the server's steps
    uint32_t connect, ask, close;        // the client's
};
enum { SERVER = 0, FIRST_CALLER = 1, SECOND_CALLER = 2 };

static void echo_init(struct echo *echo) {
    struct fake_run *const run = &echo->run;
    fake_run_init(run, "tcp/echo.drill", ECHO);
    fake_actor(run, ROLE_SERVER, "echo", 1, "server echo");
    echo->listen = fake_step(run, STEP_LISTEN, "listen tcp 127.0.0.1:0");
    echo->accept = fake_block(run, STEP_ACCEPT, "accept each");
    run->plan.steps[echo->accept].accept_form = ACCEPT_EACH;
    echo->recv = fake_step(run, STEP_RECV, "recv \"ping\"");
    echo->send = fake_step(run, STEP_SEND, "send \"pong\"");
    fake_block_end(run);
    fake_actor_end(run);
    fake_actor(run, ROLE_CLIENT, "caller", 2, "client caller * 2");
    echo->connect = fake_step(run, STEP_CONNECT, "connect echo");
    echo->ask = fake_step(run, STEP_SEND, "send \"ping\"");
    echo->close = fake_step(run, STEP_CLOSE, "close");
    fake_actor_end(run);
}

// Every step reached, every instance finished.
static void echo_runs(struct echo *echo) {
    fake_instances_run(&echo->run);
    for (uint32_t i = 0; i < echo->run.plan.step_count; i++) {
        fake_step_run(&echo->run, echo->run.plan.steps[i].actor, i);
    }
}

static const struct fault *only_fault(const struct echo *echo, enum fault_kind kind) {
    const struct verdict *const verdict = &echo->run.verdict;
    ck_assert_int_eq(verdict->outcome, OUTCOME_FAILED);
    ck_assert_uint_eq(verdict->fault_count, 1);
    ck_assert_int_eq(verdict->faults[0].kind, kind);
    return &verdict->faults[0];
}

START_TEST(a_run_without_trouble_passes) {
    struct echo echo;
    echo_init(&echo);
    echo_runs(&echo);
    fake_judge(&echo.run);
    ck_assert_int_eq(echo.run.verdict.outcome, OUTCOME_PASSED);
    ck_assert_uint_eq(echo.run.verdict.fault_count, 0);
    ck_assert_uint_eq(echo.run.verdict.lint_count, 0);
    ck_assert_int_eq(echo.run.verdict.duration_ns, echo.run.journal.end_ns - echo.run.journal.begin_ns);
    ck_assert_int_gt(echo.run.verdict.duration_ns, 0);
    fake_run_fini(&echo.run);
}
END_TEST

START_TEST(a_skip_is_told_with_its_reason) {
    struct echo echo;
    echo_init(&echo);
    fake_text(&echo.run, EVENT_SKIPPED, JOURNAL_NONE, 0, JOURNAL_NONE, "no can here");
    fake_failure(&echo.run, SERVER, 0, echo.listen, (struct failure){.kind = FAILURE_CALL, .message = "later"});
    fake_judge(&echo.run);
    ck_assert_int_eq(echo.run.verdict.outcome, OUTCOME_SKIPPED);
    ck_assert_str_eq(echo.run.verdict.skip_reason, "no can here");
    ck_assert_uint_eq(echo.run.verdict.fault_count, 0);
    fake_run_fini(&echo.run);
}
END_TEST

// What a program prints behind the step that failed of it belongs to that failure: its stderr, or where that is empty its stdout,
// but not the bytes that the failure shows anyhow.
static const struct {
    enum failure_kind kind;
    enum stream_code about;       // whose bytes the step waited for
    const char *seen;             // of its stderr, when it failed; NULL: nothing
    const char *stdout_end, *stderr_end; // when it ended; NULL: nothing
    const char *told;
    enum stream_code told_of;
} endings[] = {
    {FAILURE_MISMATCH, STREAM_STDOUT, NULL, "hello\n", "WHY\n", "WHY\n", STREAM_STDERR},
    {FAILURE_MISMATCH, STREAM_STDOUT, "warning\n", "hello\n", "warning\nWHY\n", "warning\nWHY\n", STREAM_STDERR},
    {FAILURE_MISMATCH, STREAM_STDOUT, NULL, "hello\n", NULL, "", STREAM_TERMINAL},
    {FAILURE_MISMATCH, STREAM_STDERR, NULL, "hello\n", "WHY\n", "hello\n", STREAM_STDOUT},
    {FAILURE_UNREAD_OUTPUT, STREAM_TERMINAL, NULL, "hello\n", "WHY\n", "WHY\n", STREAM_STDERR},
    {FAILURE_UNREAD_OUTPUT, STREAM_TERMINAL, NULL, "hello\n", NULL, "", STREAM_TERMINAL},
    {FAILURE_EXPECT, STREAM_STDOUT, NULL, "hello\n", NULL, "hello\n", STREAM_STDOUT},
    {FAILURE_EXPECT, STREAM_STDOUT, NULL, "hello\n", "WHY\n", "WHY\n", STREAM_STDERR},
    {FAILURE_SANITIZER, STREAM_STDOUT, "a report", "hello\n", "a report and more\n", "a report", STREAM_STDERR},
};

static void output_ends(struct fake_run *run, uint32_t actor, enum stream_code code, const char *text) {
    if (!text) return;
    struct event *const event = fake_event(run, EVENT_OUTPUT_END, actor, 0, JOURNAL_NONE);
    event->code = (int32_t)code;
    event->socket = (uint32_t)code;
    event->count = strlen(text);
    event->bytes = slice_text(text);
}

START_TEST(a_programs_last_words_belong_to_its_failure) {
    struct fake_run run;
    fake_run_init(&run, "p.drill", "scenario \"p\"\nprogram p {\n  run \"p\"\n  recv \"x\"\n}\nclient c {\n  sleep 1s\n}\n");
    fake_actor(&run, ROLE_PROGRAM, "p", 1, "program p");
    uint32_t const recv = fake_step(&run, STEP_RECV, "recv \"x\"");
    fake_actor_end(&run);
    fake_actor(&run, ROLE_CLIENT, "c", 1, "client c");
    uint32_t const sleep = fake_step(&run, STEP_SLEEP, "sleep 1s");
    fake_actor_end(&run);
    const char *const seen = endings[_i].seen;
    enum stream_code const about = endings[_i].about;
    struct failure const failure = {.kind = endings[_i].kind, .message = "of it", .output = slice_text(seen ? seen : ""),
                                    .output_of = seen ? STREAM_STDERR : STREAM_TERMINAL};
    fake_failure(&run, 0, 0, recv, failure)->socket = about == STREAM_TERMINAL ? JOURNAL_NONE : (uint32_t)about;
    fake_failure(&run, 1, 0, sleep, (struct failure){.kind = FAILURE_EXPECT, .message = "another's"});
    output_ends(&run, 0, STREAM_STDOUT, endings[_i].stdout_end);
    output_ends(&run, 0, STREAM_STDERR, endings[_i].stderr_end);
    fake_judge(&run);
    ck_assert_uint_eq(run.verdict.fault_count, 2);
    const struct fault *const fault = &run.verdict.faults[0];
    ck_assert_uint_eq(fault->output.len_bytes, strlen(endings[_i].told));
    ck_assert_mem_eq(fault->output.data, endings[_i].told, fault->output.len_bytes);
    if (fault->output.len_bytes) ck_assert_int_eq(fault->output_of, (int)endings[_i].told_of);
    ck_assert_uint_eq(run.verdict.faults[1].output.len_bytes, 0);
    fake_run_fini(&run);
}
END_TEST

START_TEST(a_failure_before_the_skip_is_a_failure) {
    struct echo echo;
    echo_init(&echo);
    fake_failure(&echo.run, SERVER, 0, echo.listen, (struct failure){.kind = FAILURE_CALL, .message = "first"});
    fake_text(&echo.run, EVENT_SKIPPED, JOURNAL_NONE, 0, JOURNAL_NONE, "too late");
    fake_judge(&echo.run);
    ck_assert_str_eq(only_fault(&echo, FAULT_STEP)->message, "first");
    ck_assert_ptr_null(echo.run.verdict.skip_reason);
    fake_run_fini(&echo.run);
}
END_TEST

START_TEST(failures_come_by_time_and_hide_their_consequences) {
    struct echo echo;
    echo_init(&echo);
    uint32_t const socket = fake_connect(&echo.run, FIRST_CALLER, echo.connect, "127.0.0.1:5000", "127.0.0.1:80");
    fake_count(&echo.run, EVENT_SENT, FIRST_CALLER, echo.ask, socket, 4);
    fake_failure(&echo.run, SERVER, 3, echo.recv, (struct failure){.kind = FAILURE_MISMATCH, .message = "one"});
    fake_failure(&echo.run, FIRST_CALLER, 0, echo.ask, (struct failure){.kind = FAILURE_CALL, .message = "two"});
    fake_judge(&echo.run);
    const struct verdict *const verdict = &echo.run.verdict;
    ck_assert_uint_eq(verdict->fault_count, 2); // neither unreached steps nor instances that never ended
    ck_assert_str_eq(verdict->faults[0].message, "one");
    ck_assert_uint_eq(verdict->faults[0].actor, SERVER);
    ck_assert_uint_eq(verdict->faults[0].task, 3);
    ck_assert_uint_eq(verdict->faults[0].step, echo.recv);
    ck_assert_int_eq(verdict->faults[0].failure->kind, FAILURE_MISMATCH);
    ck_assert_str_eq(verdict->faults[1].message, "two");
    ck_assert_int_lt(verdict->faults[0].at_ns, verdict->faults[1].at_ns);
    fake_run_fini(&echo.run);
}
END_TEST

START_TEST(waits_come_by_instance_without_who_failed) {
    struct echo echo;
    echo_init(&echo);
    fake_failure(&echo.run, SERVER, 1, echo.recv, (struct failure){.kind = FAILURE_MISMATCH, .message = "one"});
    fake_text(&echo.run, EVENT_WAITING, SECOND_CALLER, 0, echo.ask, "for room to send");
    fake_event(&echo.run, EVENT_WAITING, FIRST_CALLER, 0, echo.ask)->code = 1;
    fake_text(&echo.run, EVENT_WAITING, SERVER, 2, echo.recv, "for bytes");
    fake_text(&echo.run, EVENT_WAITING, SERVER, 1, echo.recv, "itself");
    fake_text(&echo.run, EVENT_WAITING, SERVER, 0, echo.accept, "for a connection");
    fake_judge(&echo.run);
    const struct verdict *const verdict = &echo.run.verdict;
    ck_assert_uint_eq(verdict->wait_count, 4);
    ck_assert_str_eq(verdict->waits[0].waits, "for a connection");
    ck_assert_str_eq(verdict->waits[1].waits, "for bytes");
    ck_assert_uint_eq(verdict->waits[1].task, 2);
    ck_assert_uint_eq(verdict->waits[2].actor, FIRST_CALLER);
    ck_assert_uint_eq(verdict->waits[2].step, JOURNAL_NONE);
    ck_assert_str_eq(verdict->waits[2].waits, "");
    ck_assert_uint_eq(verdict->waits[3].actor, SECOND_CALLER);
    ck_assert_uint_eq(verdict->waits[3].step, echo.ask);
    fake_run_fini(&echo.run);
}
END_TEST

START_TEST(an_instance_that_never_began_or_ended_is_named) {
    struct echo echo;
    echo_init(&echo);
    for (uint32_t i = 0; i < echo.run.plan.step_count; i++) fake_step_run(&echo.run, 0, i);
    fake_event(&echo.run, EVENT_ACTOR_BEGIN, SERVER, 0, JOURNAL_NONE);
    fake_event(&echo.run, EVENT_ACTOR_BEGIN, FIRST_CALLER, 0, JOURNAL_NONE);
    fake_event(&echo.run, EVENT_ACTOR_END, FIRST_CALLER, 0, JOURNAL_NONE);
    fake_judge(&echo.run);
    const struct verdict *const verdict = &echo.run.verdict;
    ck_assert_uint_eq(verdict->fault_count, 2);
    ck_assert_int_eq(verdict->faults[0].kind, FAULT_NEVER_RAN);
    ck_assert_str_eq(verdict->faults[0].message, "server 'echo' never ended");
    ck_assert_str_eq(verdict->faults[1].message, "client 'caller[1]' never began");
    ck_assert_uint_eq(verdict->faults[1].actor, SECOND_CALLER);
    ck_assert_int_eq(verdict->faults[1].at_ns, echo.run.journal.end_ns);
    fake_run_fini(&echo.run);
}
END_TEST

START_TEST(an_empty_journal_is_no_pass) {
    struct echo echo;
    echo_init(&echo);
    fake_judge(&echo.run);
    ck_assert_int_eq(echo.run.verdict.outcome, OUTCOME_FAILED);
    ck_assert_uint_eq(echo.run.verdict.fault_count, 3);
    fake_run_fini(&echo.run);
}
END_TEST

START_TEST(afterwards_must_run_too) {
    struct fake_run run;
    fake_run_init(&run, "x.drill", "client a { sleep 1ms }\nafterwards { expect true }\n");
    fake_actor(&run, ROLE_CLIENT, "a", 1, "client a");
    uint32_t const sleep = fake_step(&run, STEP_SLEEP, "sleep 1ms");
    fake_actor_end(&run);
    fake_actor(&run, ROLE_AFTERWARDS, "afterwards", 1, "afterwards");
    fake_step(&run, STEP_EXPECT, "expect true");
    fake_actor_end(&run);
    fake_event(&run, EVENT_ACTOR_BEGIN, 0, 0, JOURNAL_NONE);
    fake_step_run(&run, 0, sleep);
    fake_event(&run, EVENT_ACTOR_END, 0, 0, JOURNAL_NONE);
    fake_judge(&run);
    ck_assert_uint_eq(run.verdict.fault_count, 1); // and nothing more about its steps
    ck_assert_str_eq(run.verdict.faults[0].message, "`afterwards` never began");
    fake_run_fini(&run);
}
END_TEST

START_TEST(of_unreached_steps_in_a_row_the_first_is_named) {
    struct echo echo;
    echo_init(&echo);
    fake_instances_run(&echo.run);
    fake_step_run(&echo.run, SERVER, echo.listen);
    fake_step_run(&echo.run, SERVER, echo.accept);
    fake_step_run(&echo.run, SERVER, echo.recv);
    fake_step_run(&echo.run, SECOND_CALLER, echo.ask);
    fake_judge(&echo.run);
    const struct verdict *const verdict = &echo.run.verdict;
    ck_assert_uint_eq(verdict->fault_count, 3);
    ck_assert_int_eq(verdict->faults[0].kind, FAULT_UNREACHED);
    ck_assert_str_eq(verdict->faults[0].message, "this step was never reached");
    ck_assert_uint_eq(verdict->faults[0].step, echo.send);
    ck_assert_uint_eq(verdict->faults[1].step, echo.connect);
    ck_assert_uint_eq(verdict->faults[1].actor, FIRST_CALLER);
    ck_assert_uint_eq(verdict->faults[2].step, echo.close);
    fake_run_fini(&echo.run);
}
END_TEST

START_TEST(an_accept_each_without_a_connection_is_no_pass) {
    struct echo echo;
    echo_init(&echo);
    fake_instances_run(&echo.run);
    for (uint32_t i = 0; i < echo.run.plan.step_count; i++) {
        if (i != echo.recv && i != echo.send) fake_step_run(&echo.run, 0, i);
    }
    fake_judge(&echo.run);
    const struct fault *const fault = only_fault(&echo, FAULT_UNREACHED);
    ck_assert_uint_eq(fault->step, echo.accept);
    ck_assert_str_eq(fault->message, "the block of this `accept each` never ran: no connection came");
    fake_run_fini(&echo.run);
}
END_TEST

// repeat 0 { repeat 2 { send } recv } close: `turns` says whether the outer loop's block was reached at all.
static uint32_t loop_faults(bool ended, bool turns, enum step_kind outer_kind, enum accept_form form) {
    struct fake_run run;
    fake_run_init(&run, "x.drill", "client a { outer { inner { send } recv } close }\n");
    fake_actor(&run, ROLE_CLIENT, "a", 1, "client a");
    uint32_t const outer = fake_block(&run, outer_kind, "outer");
    run.plan.steps[outer].accept_form = form;
    uint32_t const inner = fake_block(&run, STEP_REPEAT, "inner");
    fake_step(&run, STEP_SEND, "send");
    fake_block_end(&run);
    uint32_t const recv = fake_step(&run, STEP_RECV, "recv");
    fake_block_end(&run);
    uint32_t const close = fake_step(&run, STEP_CLOSE, "close");
    fake_actor_end(&run);
    fake_instances_run(&run);
    fake_event(&run, EVENT_STEP_BEGIN, 0, 0, outer);
    if (turns) {
        fake_step_run(&run, 0, inner);
        fake_step_run(&run, 0, recv);
    }
    if (ended) fake_event(&run, EVENT_STEP_END, 0, 0, outer);
    fake_step_run(&run, 0, close);
    fake_judge(&run);
    uint32_t const count = run.verdict.fault_count;
    fake_run_fini(&run);
    return count;
}

START_TEST(loops_of_no_turns_are_excused) {
    ck_assert_uint_eq(loop_faults(true, false, STEP_REPEAT, ACCEPT_ONE), 0);
    ck_assert_uint_eq(loop_faults(true, false, STEP_FOR, ACCEPT_ONE), 0);
    ck_assert_uint_eq(loop_faults(true, false, STEP_ACCEPT, ACCEPT_MANY), 0);
    ck_assert_uint_eq(loop_faults(true, true, STEP_REPEAT, ACCEPT_ONE), 0); // and so is the inner one
    ck_assert_uint_eq(loop_faults(false, false, STEP_REPEAT, ACCEPT_ONE), 1);
    ck_assert_uint_eq(loop_faults(true, false, STEP_ACCEPT, ACCEPT_ONE), 1);
    ck_assert_uint_eq(loop_faults(true, false, STEP_ACCEPT, ACCEPT_EACH), 1);
}
END_TEST

// client a { either { recv "1" send "2" } or { recv "3" send "4" } close }
struct either {
    struct fake_run run;
    uint32_t either, first, first_send, second, second_send, close;
};

static void either_init(struct either *either) {
    struct fake_run *const run = &either->run;
    fake_run_init(run, "x.drill", "client a { either { recv 1 send 2 } or { recv 3 send 4 } close }\n");
    fake_actor(run, ROLE_CLIENT, "a", 1, "client a");
    either->either = fake_block(run, STEP_EITHER, "either");
    either->first = fake_step(run, STEP_RECV, "recv 1");
    either->first_send = fake_step(run, STEP_SEND, "send 2");
    fake_block_end(run);
    run->blocks[run->block_count++] = either->either;
    either->second = fake_step(run, STEP_RECV, "recv 3");
    either->second_send = fake_step(run, STEP_SEND, "send 4");
    fake_block_end(run);
    either->close = fake_step(run, STEP_CLOSE, "close");
    fake_actor_end(run);
    run->plan.steps[either->first].otherwise = either->second;
    for (uint32_t i = either->first; i < either->close; i++) run->plan.steps[i].in_either = true;
    fake_instances_run(run);
    fake_event(run, EVENT_STEP_BEGIN, 0, 0, either->either);
}

START_TEST(a_branch_nobody_took_is_a_lint) {
    struct either either;
    either_init(&either);
    fake_event(&either.run, EVENT_STEP_BEGIN, 0, 0, either.first); // tried, and passed over
    fake_step_run(&either.run, 0, either.second); // its match alone is what takes a branch
    fake_step_run(&either.run, 0, either.close);
    fake_judge(&either.run);
    ck_assert_int_eq(either.run.verdict.outcome, OUTCOME_PASSED);
    ck_assert_uint_eq(either.run.verdict.lint_count, 1);
    ck_assert_uint_eq(either.run.verdict.lints[0].step, either.first);
    ck_assert_str_eq(either.run.verdict.lints[0].message, "this branch of `either` was never taken");
    fake_run_fini(&either.run);
}
END_TEST

START_TEST(branches_that_were_all_taken_leave_no_lint) {
    struct either either;
    either_init(&either);
    for (uint32_t i = either.first; i <= either.close; i++) fake_step_run(&either.run, 0, i);
    fake_judge(&either.run);
    ck_assert_int_eq(either.run.verdict.outcome, OUTCOME_PASSED);
    ck_assert_uint_eq(either.run.verdict.lint_count, 0);
    fake_run_fini(&either.run);
}
END_TEST

// One connection between the first caller and the server, whose ends take and send what a test says.
struct talk {
    struct echo echo;
    uint32_t client, server; // sockets
};

static void talk_init(struct talk *talk, const char *client_address, const char *listener, const char *server_address) {
    echo_init(&talk->echo);
    echo_runs(&talk->echo);
    struct fake_run *const run = &talk->echo.run;
    fake_listen(run, SERVER, talk->echo.listen, listener);
    talk->client = fake_connect(run, FIRST_CALLER, talk->echo.connect, client_address, server_address);
    talk->server = fake_accept(run, SERVER, 1, talk->echo.accept, server_address, client_address);
}

static void talk_on_loopback(struct talk *talk) { talk_init(talk, "127.0.0.1:5000", "127.0.0.1:80", "127.0.0.1:80"); }

static void client_sends(struct talk *talk, uint64_t count) {
    fake_count(&talk->echo.run, EVENT_SENT, FIRST_CALLER, talk->echo.ask, talk->client, count);
}

static void server_matches(struct talk *talk, uint64_t count) {
    fake_count(&talk->echo.run, EVENT_MATCHED, SERVER, talk->echo.recv, talk->server, count);
}

static void talk_ends(struct talk *talk, int client_reason, int server_reason) {
    struct fake_run *const run = &talk->echo.run;
    fake_code(run, EVENT_CLOSED, FIRST_CALLER, talk->echo.close, talk->client, client_reason);
    fake_code(run, EVENT_CLOSED, SERVER, talk->echo.send, talk->server, server_reason);
    fake_judge(run);
}

START_TEST(bytes_that_were_never_matched_are_lost) {
    struct talk talk;
    talk_on_loopback(&talk);
    client_sends(&talk, 5);
    client_sends(&talk, 7);
    server_matches(&talk, 5);
    talk_ends(&talk, CLOSE_BY_STEP, CLOSE_BY_BLOCK);
    const struct fault *const fault = only_fault(&talk.echo, FAULT_LOST_BYTES);
    ck_assert_str_eq(fault->message, "7 bytes that client 'caller[0]' sent were never matched by server 'echo' "
                                     "(sent 12, matched 5)");
    ck_assert_uint_eq(fault->actor, SERVER);
    ck_assert_uint_eq(fault->step, talk.echo.send);
    ck_assert_int_eq(fault->at_ns, talk.echo.run.journal.end_ns);
    fake_run_fini(&talk.echo.run);
}
END_TEST

START_TEST(one_lost_byte_is_one_byte_in_either_direction) {
    struct talk talk;
    talk_init(&talk, "[::1]:5000", "[::]:80", "[::1]:80");
    fake_count(&talk.echo.run, EVENT_SENT, SERVER, talk.echo.send, talk.server, 4);
    fake_count(&talk.echo.run, EVENT_MATCHED, FIRST_CALLER, talk.echo.ask, talk.client, 1);
    fake_count(&talk.echo.run, EVENT_DISCARDED, FIRST_CALLER, talk.echo.ask, talk.client, 2);
    talk_ends(&talk, CLOSE_BY_STEP, CLOSE_BY_STEP);
    const struct fault *const fault = only_fault(&talk.echo, FAULT_LOST_BYTES);
    ck_assert_str_eq(fault->message, "1 byte that server 'echo' sent was never matched by client 'caller[0]' "
                                     "(sent 4, matched 1, discarded 2)");
    ck_assert_uint_eq(fault->step, talk.echo.close);
    fake_run_fini(&talk.echo.run);
}
END_TEST

START_TEST(discarding_is_taking) {
    struct talk talk;
    talk_on_loopback(&talk);
    client_sends(&talk, 12);
    server_matches(&talk, 5);
    fake_count(&talk.echo.run, EVENT_DISCARDED, SERVER, talk.echo.recv, talk.server, 7);
    talk_ends(&talk, CLOSE_BY_STEP, CLOSE_BY_STEP);
    ck_assert_int_eq(talk.echo.run.verdict.outcome, OUTCOME_PASSED);
    fake_run_fini(&talk.echo.run);
}
END_TEST

START_TEST(a_reset_of_either_end_excuses_lost_bytes) {
    static int const REASONS[][2] = {{CLOSE_BY_RESET, CLOSE_BY_STEP}, {CLOSE_BY_STEP, CLOSE_BY_RESET}};
    for (int i = 0; i < 2; i++) {
        struct talk talk;
        talk_on_loopback(&talk);
        client_sends(&talk, 12);
        talk_ends(&talk, REASONS[i][0], REASONS[i][1]);
        ck_assert_int_eq(talk.echo.run.verdict.outcome, OUTCOME_PASSED);
        fake_run_fini(&talk.echo.run);
    }
}
END_TEST

// recv eof, then send into the closed connection: whoever means to do that says `reset`.
START_TEST(bytes_sent_behind_the_end_count) {
    struct talk talk;
    talk_on_loopback(&talk);
    fake_code(&talk.echo.run, EVENT_CLOSED, SERVER, talk.echo.send, talk.server, CLOSE_BY_STEP);
    fake_code(&talk.echo.run, EVENT_END_OF_STREAM, FIRST_CALLER, talk.echo.ask, talk.client, 0);
    client_sends(&talk, 12);
    fake_code(&talk.echo.run, EVENT_CLOSED, FIRST_CALLER, talk.echo.close, talk.client, CLOSE_BY_STEP);
    fake_judge(&talk.echo.run);
    only_fault(&talk.echo, FAULT_LOST_BYTES);
    fake_run_fini(&talk.echo.run);
}
END_TEST

START_TEST(bytes_sent_to_a_half_closed_end_count) {
    struct talk talk;
    talk_on_loopback(&talk);
    fake_code(&talk.echo.run, EVENT_SHUTDOWN, SERVER, talk.echo.send, talk.server, SHUTDOWN_WRITE);
    fake_code(&talk.echo.run, EVENT_END_OF_STREAM, FIRST_CALLER, talk.echo.ask, talk.client, 0);
    client_sends(&talk, 12);
    talk_ends(&talk, CLOSE_BY_STEP, CLOSE_BY_STEP);
    only_fault(&talk.echo, FAULT_LOST_BYTES);
    fake_run_fini(&talk.echo.run);
}
END_TEST

// What the client sent before and behind `tls`, what the server took of it, and how many bytes are lost.
enum { PLAIN, SECURED, FAILED };
static const struct {
    int client_tls, server_tls;
    uint64_t sent_before, sent_behind, taken_before, taken_behind;
    const char *lost; // NULL: nothing is
} tls_talks[] = {
    {SECURED, SECURED, 5, 7, 5, 7, NULL},
    {SECURED, SECURED, 5, 7, 5, 4, "3 bytes"},
    {SECURED, FAILED, 5, 7, 5, 0, NULL},  // TLS 1.3: the client was done before the server found fault
    {FAILED, FAILED, 5, 0, 5, 0, NULL},
    {PLAIN, FAILED, 5, 7, 5, 0, NULL},    // no ClientHello, and TLS took it
    {PLAIN, SECURED, 5, 300, 5, 7, NULL}, // records written by hand
    {SECURED, PLAIN, 5, 7, 5, 300, NULL}, // and read
    {SECURED, PLAIN, 5, 7, 3, 0, "2 bytes"},
};

START_TEST(plaintext_is_held_against_plaintext) {
    struct talk talk;
    talk_on_loopback(&talk);
    client_sends(&talk, tls_talks[_i].sent_before);
    server_matches(&talk, tls_talks[_i].taken_before);
    struct fake_run *const run = &talk.echo.run;
    int const client_tls = tls_talks[_i].client_tls, server_tls = tls_talks[_i].server_tls;
    if (client_tls) fake_code(run, EVENT_SECURED, FIRST_CALLER, talk.echo.ask, talk.client, client_tls == FAILED);
    if (server_tls) fake_code(run, EVENT_SECURED, SERVER, talk.echo.recv, talk.server, server_tls == FAILED);
    client_sends(&talk, tls_talks[_i].sent_behind);
    server_matches(&talk, tls_talks[_i].taken_behind);
    talk_ends(&talk, CLOSE_BY_STEP, CLOSE_BY_STEP);
    const struct verdict *const verdict = &talk.echo.run.verdict;
    ck_assert_uint_eq(verdict->fault_count, tls_talks[_i].lost != NULL);
    if (tls_talks[_i].lost) ck_assert_ptr_nonnull(strstr(verdict->faults[0].message, tls_talks[_i].lost));
    fake_run_fini(run);
}
END_TEST

START_TEST(an_address_pair_used_again_is_another_connection) {
    struct talk talk;
    talk_on_loopback(&talk);
    struct fake_run *const run = &talk.echo.run;
    client_sends(&talk, 4);
    server_matches(&talk, 4);
    talk.client = fake_connect(run, FIRST_CALLER, talk.echo.connect, "127.0.0.1:5000", "127.0.0.1:80");
    talk.server = fake_accept(run, SERVER, 2, talk.echo.accept, "127.0.0.1:80", "127.0.0.1:5000");
    client_sends(&talk, 9);
    server_matches(&talk, 8);
    fake_judge(run);
    const struct fault *const fault = only_fault(&talk.echo, FAULT_LOST_BYTES);
    ck_assert_ptr_nonnull(strstr(fault->message, "(sent 9, matched 8)"));
    fake_run_fini(run);
}
END_TEST

START_TEST(unix_sockets_are_not_paired) {
    struct talk talk;
    talk_init(&talk, "", "echo.sock", "echo.sock");
    client_sends(&talk, 12);
    talk_ends(&talk, CLOSE_BY_STEP, CLOSE_BY_STEP);
    ck_assert_int_eq(talk.echo.run.verdict.outcome, OUTCOME_PASSED);
    fake_run_fini(&talk.echo.run);
}
END_TEST

static void unaccepted_case(const char *listener, const char *peer, int close_reason, const char *message) {
    struct echo echo;
    echo_init(&echo);
    echo_runs(&echo);
    fake_listen(&echo.run, SERVER, echo.listen, "127.0.0.1:81");
    fake_listen(&echo.run, SERVER, echo.listen, listener);
    uint32_t const socket = fake_connect(&echo.run, SECOND_CALLER, echo.connect, "127.0.0.1:5000", peer);
    fake_code(&echo.run, EVENT_CLOSED, SECOND_CALLER, echo.close, socket, close_reason);
    fake_judge(&echo.run);
    if (message) {
        const struct fault *const fault = only_fault(&echo, FAULT_NEVER_ACCEPTED);
        ck_assert_str_eq(fault->message, message);
        ck_assert_uint_eq(fault->step, echo.connect);
        ck_assert_uint_eq(fault->actor, SECOND_CALLER);
    } else {
        ck_assert_int_eq(echo.run.verdict.outcome, OUTCOME_PASSED);
    }
    fake_run_fini(&echo.run);
}

START_TEST(a_connection_must_be_accepted) {
    static const char MESSAGE[] = "server 'echo' never accepted the connection of client 'caller[1]', "
                                  "127.0.0.1:5000 -> 127.0.0.1:80";
    unaccepted_case("127.0.0.1:80", "127.0.0.1:80", CLOSE_BY_STEP, MESSAGE);
    unaccepted_case("0.0.0.0:80", "127.0.0.1:80", CLOSE_BY_STEP, MESSAGE);
    unaccepted_case("[::]:80", "127.0.0.1:80", CLOSE_BY_STEP, MESSAGE);
    unaccepted_case("127.0.0.1:80", "127.0.0.1:80", CLOSE_BY_RESET, NULL);
    unaccepted_case("127.0.0.2:80", "127.0.0.1:80", CLOSE_BY_STEP, NULL); // somebody else's listener
}
END_TEST

// The order of accepting need not be that of connecting, and no pair may be looked for twice.
START_TEST(many_connections_find_their_other_ends) {
    enum { CONNECTIONS = 9000 };
    struct echo echo;
    echo_init(&echo);
    echo_runs(&echo);
    fake_listen(&echo.run, SERVER, echo.listen, "127.0.0.1:80");
    char address[ADDRESS_TEXT_BYTES];
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        snprintf(address, sizeof address, "127.0.0.1:%u", 1024 + i);
        uint32_t const socket = fake_connect(&echo.run, FIRST_CALLER, echo.connect, address, "127.0.0.1:80");
        for (unsigned k = 0; k < 10; k++) fake_count(&echo.run, EVENT_SENT, FIRST_CALLER, echo.ask, socket, i);
    }
    for (unsigned i = CONNECTIONS; i-- > 0;) {
        snprintf(address, sizeof address, "127.0.0.1:%u", 1024 + i);
        uint32_t const socket = fake_accept(&echo.run, SERVER, i + 1, echo.accept, "127.0.0.1:80", address);
        uint64_t const taken = i == 4321 ? 10 * i - 1 : 10 * i;
        fake_count(&echo.run, EVENT_MATCHED, SERVER, echo.recv, socket, taken);
    }
    fake_judge(&echo.run);
    ck_assert_ptr_nonnull(strstr(only_fault(&echo, FAULT_LOST_BYTES)->message, "(sent 43210, matched 43209)"));
    fake_run_fini(&echo.run);
}
END_TEST

static void diff_case(uint64_t offset, const char *expected, const char *received, uint64_t first, unsigned indent,
                      const char *wanted) {
    struct buffer out = {0};
    buffer_text(&out, "");
    verdict_byte_diff(offset, slice_text(expected), slice_text(received), first, &out, indent);
    ck_assert_str_eq(out.data, wanted);
    buffer_fini(&out);
}

START_TEST(a_diff_marks_what_differs) {
    diff_case(16, "HTTP/1.1 200 OK\r", "HTTP/1.1 400 Bad", 25, 4,
              "    expected  00000010  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  |HTTP/1.1 200 OK.|\n"
              "    received  00000010  48 54 54 50 2f 31 2e 31  20 34 30 30 20 42 61 64  |HTTP/1.1 400 Bad|\n"
              "                                                    ^^          ^^ ^^ ^^            ^   ^^^\n");
}
END_TEST

START_TEST(a_diff_stands_in_rows_of_the_stream) {
    diff_case(14, "abcd", "abXd", 16, 0,
              "both      00000000                                             61 62  |              ab|\n"
              "expected  00000010  63 64                                             |cd              |\n"
              "received  00000010  58 64                                             |Xd              |\n"
              "                    ^^                                                 ^\n");
}
END_TEST

START_TEST(a_diff_shows_one_row_on_either_side) {
    char expected[80], received[80];
    memset(expected, 'a', sizeof expected);
    memset(received, 'a', sizeof received);
    expected[79] = received[79] = '\0';
    received[33] = 'b';
    diff_case(0, expected, received, 33, 0,
              "both      00000010  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n"
              "expected  00000020  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n"
              "received  00000020  61 62 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |abaaaaaaaaaaaaaa|\n"
              "                       ^^                                               ^\n"
              "both      00000030  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n");
}
END_TEST

START_TEST(a_byte_that_one_side_lacks_differs) {
    diff_case(0, "abc", "ab", 2, 2,
              "  expected  00000000  61 62 63                                          |abc             |\n"
              "  received  00000000  61 62                                             |ab              |\n"
              "                            ^^                                             ^\n");
    diff_case(0, "", "\x1b", 0, 0,
              "expected  00000000                                                    |                |\n"
              "received  00000000  1b                                                |.               |\n"
              "                    ^^                                                 ^\n");
    diff_case(5, "", "", 5, 0, "");
}
END_TEST

// What has not come may still come; only where it is the first difference is it known not to.
START_TEST(what_has_not_come_is_not_marked) {
    diff_case(0, "hello, world", "j", 0, 0,
              "expected  00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64              |hello, world    |\n"
              "received  00000000  6a                                                |j               |\n"
              "                    ^^                                                 ^\n");
    diff_case(14, "abcd", "aX", 15, 0,
              "expected  00000000                                             61 62  |              ab|\n"
              "received  00000000                                             61 58  |              aX|\n"
              "                                                                  ^^                  ^\n"
              "expected  00000010  63 64                                             |cd              |\n"
              "received  00000010                                                    |                |\n");
}
END_TEST

START_TEST(a_diff_far_into_the_stream_stays_aligned) {
    diff_case(0xffffffff, "ab", "ac", 0x100000000, 0,
              "both      0fffffff0                                                61  |               a|\n"
              "expected  100000000  62                                                |b               |\n"
              "received  100000000  63                                                |c               |\n"
              "                     ^^                                                 ^\n");
}
END_TEST

static Suite *verdict_suite(void) {
    Suite *const suite = suite_create("verdict");
    TCase *const outcome = tcase_create("outcome");
    tcase_add_test(outcome, a_run_without_trouble_passes);
    tcase_add_test(outcome, a_skip_is_told_with_its_reason);
    tcase_add_test(outcome, a_failure_before_the_skip_is_a_failure);
    tcase_add_loop_test(outcome, a_programs_last_words_belong_to_its_failure, 0, sizeof endings / sizeof *endings);
    tcase_add_test(outcome, failures_come_by_time_and_hide_their_consequences);
    tcase_add_test(outcome, waits_come_by_instance_without_who_failed);
    suite_add_tcase(suite, outcome);

    TCase *const reach = tcase_create("reach");
    tcase_add_test(reach, an_instance_that_never_began_or_ended_is_named);
    tcase_add_test(reach, an_empty_journal_is_no_pass);
    tcase_add_test(reach, afterwards_must_run_too);
    tcase_add_test(reach, of_unreached_steps_in_a_row_the_first_is_named);
    tcase_add_test(reach, an_accept_each_without_a_connection_is_no_pass);
    tcase_add_test(reach, loops_of_no_turns_are_excused);
    tcase_add_test(reach, a_branch_nobody_took_is_a_lint);
    tcase_add_test(reach, branches_that_were_all_taken_leave_no_lint);
    suite_add_tcase(suite, reach);

    TCase *const connections = tcase_create("connections");
    tcase_add_test(connections, bytes_that_were_never_matched_are_lost);
    tcase_add_test(connections, one_lost_byte_is_one_byte_in_either_direction);
    tcase_add_test(connections, discarding_is_taking);
    tcase_add_test(connections, a_reset_of_either_end_excuses_lost_bytes);
    tcase_add_loop_test(connections, plaintext_is_held_against_plaintext, 0, sizeof tls_talks / sizeof *tls_talks);
    tcase_add_test(connections, bytes_sent_behind_the_end_count);
    tcase_add_test(connections, bytes_sent_to_a_half_closed_end_count);
    tcase_add_test(connections, an_address_pair_used_again_is_another_connection);
    tcase_add_test(connections, unix_sockets_are_not_paired);
    tcase_add_test(connections, a_connection_must_be_accepted);
    tcase_add_test(connections, many_connections_find_their_other_ends);
    suite_add_tcase(suite, connections);

    TCase *const diff = tcase_create("diff");
    tcase_add_test(diff, a_diff_marks_what_differs);
    tcase_add_test(diff, a_diff_stands_in_rows_of_the_stream);
    tcase_add_test(diff, a_diff_shows_one_row_on_either_side);
    tcase_add_test(diff, a_byte_that_one_side_lacks_differs);
    tcase_add_test(diff, what_has_not_come_is_not_marked);
    tcase_add_test(diff, a_diff_far_into_the_stream_stays_aligned);
    suite_add_tcase(suite, diff);
    return suite;
}

int main(void) {
    SRunner *const runner = srunner_create(verdict_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
