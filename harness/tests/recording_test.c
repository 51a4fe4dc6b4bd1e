// What the engine writes down of a case: journal/journal.h, as it comes from real sockets.
#include "engine_play.h"

#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t thread_counts[] = {1, 2, 4};
enum { THREAD_COUNTS = 3, KEPT = 64 * 1024 };

// The first event of the kind of one instance.
static const struct event *event_of(const struct journal *journal, enum event_kind kind, uint32_t actor) {
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == kind && journal->events[i].actor == actor) return &journal->events[i];
    return NULL;
}

// All bytes of one kind on one socket: their offsets must follow each other. What is kept of them goes into `kept`.
static uint64_t stream_of(const struct journal *journal, enum event_kind kind, uint32_t socket, struct buffer *kept) {
    uint64_t offset = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *event = &journal->events[i];
        if (event->kind != kind || event->socket != socket) continue;
        ck_assert_uint_eq(event->offset, offset);
        ck_assert_uint_le(event->bytes.len_bytes, event->count);
        buffer_slice(kept, event->bytes);
        offset += event->count;
    }
    return offset;
}

enum { HOST = 0, GUEST = 1 };

START_TEST(a_conversation) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"talk\"\n"
         "server host {\n  listen tcp 127.0.0.1:0 as door\n  accept as talk { recv \"ab\" u16be as n\n"
         "    send \"yes\"\n    recv eof } }\n"
         "client guest {\n  connect host as call\n  send \"ab\" u16be(7) in chunks of 1\n  recv \"yes\" within 2s\n"
         "  shutdown write\n"
         "  recv eof\n  close }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));

    const struct event *open = event_of(journal, EVENT_OPEN, GUEST),
                       *accepted = event_of(journal, EVENT_ACCEPTED, HOST);
    const struct event *connected = event_of(journal, EVENT_CONNECTED, GUEST),
                       *bound = event_of(journal, EVENT_BOUND, HOST);
    ck_assert(slice_is(open->bytes, "call"));
    ck_assert_int_ge(open->code, 0);
    ck_assert(address_equal(connected->address, accepted->peer));
    ck_assert(address_equal(connected->peer, accepted->address));
    ck_assert(address_equal(bound->address, connected->peer));
    ck_assert_uint_eq(accepted->offset, event_of(journal, EVENT_OPEN, HOST)->socket); // the listener

    struct buffer sent = {0}, matched = {0};
    ck_assert_uint_eq(stream_of(journal, EVENT_SENT, connected->socket, &sent), 4);
    ck_assert_uint_eq(stream_of(journal, EVENT_MATCHED, accepted->socket, &matched), 4);
    ck_assert(slice_equal(buffer_view(&sent), slice_of("ab\0\7", 4)));
    ck_assert(slice_equal(buffer_view(&matched), buffer_view(&sent)));
    buffer_fini(&sent);
    buffer_fini(&matched);
    uint64_t chunks = 0;
    for (uint64_t i = 0; i < journal->event_count; i++)
        chunks += journal->events[i].kind == EVENT_SENT && journal->events[i].actor == GUEST;
    ck_assert_uint_eq(chunks, 4); // one byte each

    ck_assert_uint_eq(count_events(journal, EVENT_END_OF_STREAM), 2);
    ck_assert_uint_eq(event_of(journal, EVENT_SHUTDOWN, GUEST)->code, SHUTDOWN_WRITE);
    ck_assert_int_eq(event_of(journal, EVENT_CLOSED, GUEST)->code, CLOSE_BY_STEP);
    ck_assert_int_eq(event_of(journal, EVENT_CLOSED, HOST)->code, CLOSE_BY_BLOCK);
    ck_assert_uint_eq(count_events(journal, EVENT_CLOSED), 3);
    played_fini(&played);
}
END_TEST

START_TEST(time_and_sockets) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"many\"\nserver host { listen tcp 127.0.0.1:0\n accept * 20 { recv u8 } }\n"
         "client guest * 20 { connect host\n send u8(index) }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    ck_assert_int_eq(journal->events[0].kind, EVENT_CASE_BEGIN);
    ck_assert_int_eq(journal->events[journal->event_count - 1].kind, EVENT_CASE_END);
    bool seen[256] = {false};
    ck_assert_uint_le(journal->socket_count, 256);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *event = &journal->events[i];
        if (i > 0) ck_assert_int_ge(event->at_ns, event[-1].at_ns);
        if (event->kind != EVENT_OPEN && event->kind != EVENT_ACCEPTED) continue;
        ck_assert_uint_lt(event->socket, journal->socket_count);
        ck_assert(!seen[event->socket]);
        seen[event->socket] = true;
    }
    played_fini(&played);
}
END_TEST

// Each step of the text begins and ends as often as it is taken, and each connection's block is a task of its own.
START_TEST(steps_and_tasks) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"steps\"\nserver host {\n listen tcp 127.0.0.1:0\n accept * 3 {\n  repeat 2 { recv u8 }\n } }\n"
         "client guest * 3 {\n connect host\n send \"ab\"\n }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    const struct plan *plan = played.plans[0];
    uint32_t tasks = 0;
    for (uint32_t step = 0; step < plan->step_count; step++) {
        uint32_t begun = 0, ended = 0;
        for (uint64_t i = 0; i < journal->event_count; i++) {
            begun += journal->events[i].kind == EVENT_STEP_BEGIN && journal->events[i].step == step;
            ended += journal->events[i].kind == EVENT_STEP_END && journal->events[i].step == step;
        }
        uint32_t wanted = 0;
        if (plan->steps[step].kind == STEP_LISTEN || plan->steps[step].kind == STEP_ACCEPT) wanted = 1;
        if (plan->steps[step].kind == STEP_REPEAT || plan->steps[step].kind == STEP_CONNECT) wanted = 3;
        if (plan->steps[step].kind == STEP_SEND) wanted = 3;
        if (plan->steps[step].kind == STEP_RECV) wanted = 6;
        ck_assert_uint_eq(begun, wanted);
        ck_assert_uint_eq(ended, wanted);
    }
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == EVENT_TASK_BEGIN) tasks |= 1u << journal->events[i].task;
    ck_assert_uint_eq(tasks, 2 + 4 + 8); // 0 is the server itself
    played_fini(&played);
}
END_TEST

START_TEST(long_streams_are_kept_in_part) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"long\"\nserver host { listen tcp 127.0.0.1:0\n accept { recv counter(200000) as all\n"
         " send counter(70000) } }\n"
         "client guest { connect host\n send counter(200000)\n recv counter(70000) }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    static const struct {
        enum event_kind kind;
        uint32_t actor;
        uint64_t len_bytes;
    } streams[] = {
        {EVENT_SENT, GUEST, 200000},
        {EVENT_MATCHED, HOST, 200000},
        {EVENT_SENT, HOST, 70000},
        {EVENT_MATCHED, GUEST, 70000},
    };
    for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
        struct buffer kept = {0};
        const struct event *event = event_of(journal, streams[i].kind, streams[i].actor);
        ck_assert_uint_eq(stream_of(journal, streams[i].kind, event->socket, &kept), streams[i].len_bytes);
        ck_assert_uint_eq(kept.len_bytes, KEPT);
        for (size_t k = 0; k < kept.len_bytes; k++)
            if ((uint8_t)kept.data[k] != (uint8_t)k) ck_abort_msg("byte %zu is wrong", k);
        buffer_fini(&kept);
    }
    played_fini(&played);
}
END_TEST

START_TEST(discarded_bytes_have_their_offset) {
    struct played played;
    play(&played, &(struct play_options){0},
         "scenario \"drop\"\nserver host { listen tcp 127.0.0.1:0\n accept { recv \"ab\"\n"
         " expect unread == 3 within 2s\n discard\n send \"!\" } }\n"
         "client guest { connect host\n send \"abcde\"\n recv \"!\" }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    const struct event *discarded = first_event(journal, EVENT_DISCARDED);
    ck_assert_uint_eq(discarded->offset, 2);
    ck_assert(slice_is(discarded->bytes, "cde"));
    played_fini(&played);
}
END_TEST

// --- how much is noted

static const char PING_PONG[] = "scenario \"turns\"\nserver host { listen tcp 127.0.0.1:0\n"
                                " accept { repeat 50 { recv \"ab\"\n send \"c\" } } }\n"
                                "client guest { connect host\n repeat 50 { send \"ab\"\n recv \"c\" } }\n";

// Each step once, and all bytes of a direction in one event, which grows.
START_TEST(a_terse_journal_notes_each_step_once) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i], .terse = true}, "%s", PING_PONG);
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    ck_assert_uint_eq(count_events(journal, EVENT_SENT), 2);
    ck_assert_uint_eq(count_events(journal, EVENT_MATCHED), 2);
    ck_assert_uint_eq(event_of(journal, EVENT_SENT, GUEST)->count, 100);
    ck_assert_uint_eq(event_of(journal, EVENT_MATCHED, HOST)->count, 100);
    for (uint32_t step = 0; step < played.plans[0]->step_count; step++) {
        uint32_t begun = 0;
        for (uint64_t i = 0; i < journal->event_count; i++)
            begun += journal->events[i].kind == EVENT_STEP_BEGIN && journal->events[i].step == step;
        ck_assert_uint_le(begun, 1);
    }
    ck_assert_uint_ge(count_events(journal, EVENT_NOTE), 1);
    played_fini(&played);
}
END_TEST

static bool weigh(void *context, uint32_t number, struct journal *journal, const char *scratch) {
    size_t *const size_bytes = context;
    (void)number, (void)scratch;
    for (uint32_t i = 0; i < journal->segment_count; i++) *size_bytes += journal_segment_bytes(&journal->segments[i]);
    journal_fini(journal);
    free(journal);
    return true;
}

static size_t crowd_bytes(uint32_t clients) {
    struct plan_set set;
    struct buffer text = {0};
    size_t size_bytes = 0;
    buffer_printf(&text,
                  "scenario \"crowd\"\nserver host { listen tcp 127.0.0.1:0\n accept * %u { recv zeros(398)\n send zeros(398)\n"
                  " recv eof } }\nclient guest * %u { connect host\n barrier open\n send zeros(398)\n recv zeros(398) }\n",
                  clients, clients);
    plan_set_init(&set, "crowd.drill", buffer_view(&text), NULL, 0);
    ck_assert_uint_eq(set.diags.error_count, 0);
    const struct plan *plan = set.plans[0];
    struct engine_options const options = {.workers = 2, .threads = 2, .timeout_scale = 1};
    ck_assert_int_eq(engine_run(&plan, 1, &options, weigh, &size_bytes), 0);
    plan_set_fini(&set);
    buffer_fini(&text);
    return size_bytes;
}

// Both ends, their steps and their bytes, which are the same: with what the last chunk has left.
START_TEST(a_connection_takes_little_of_the_journal) {
    enum { FEW = 20, MANY = 420, BYTES = 400 };
    size_t const few_bytes = crowd_bytes(FEW), many_bytes = crowd_bytes(MANY);
    ck_assert_uint_gt(many_bytes, few_bytes);
    ck_assert_uint_le(many_bytes - few_bytes, (MANY - FEW) * BYTES);
}
END_TEST

// --- where everybody was

START_TEST(waits_are_told) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i], .timeout_scale = 0.05},
         "scenario \"waits\"\n"
         "server host {\n listen tcp 127.0.0.1:0\n accept * 3 { recv \"hello \" u8\n recv \"bye\" } }\n"
         "client reader { connect host\n send \"hello 1b\"\n recv line }\n"
         "client ender { connect host\n send \"hello 2\"\n recv eof }\n"
         "client sleeper { sleep 1min\n let word = \"never\"\n signal done }\n"
         "client meeter { barrier start of 2 }\n"
         "client listener { wait done }\n"
         "client waiter { wait sleeper }\n"
         "client asker { let copy = sleeper.word }\n"
         "client looker { socket tcp\n expect fd < 0 within 1min }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_int_eq(first_failure(journal)->kind, FAILURE_TIMEOUT);
    static const char *const wanted[] = {
        "for its sleep to end",
        "for the signal done",
        "for the end of sleeper",
        "for sleeper.word",
        "for the expectation to come true",
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
        ck_assert_msg(has_waiting(journal, wanted[i]), "nobody waits %s:\n%s", wanted[i], all_waiting(journal));
    static const char *const parts[] = {
        "for a connection (2 of 3 have come) at 127.0.0.1:",
        "for line on 127.0.0.1:",
        "for eof on 127.0.0.1:",
        "for \"bye\" on 127.0.0.1:",
        "for \"ye\" on 127.0.0.1:",
        "1 of 3 bytes of it have come",
        "at barrier start",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        ck_assert_msg(strstr(all_waiting(journal), parts[i]), "nobody waits %s:\n%s", parts[i], all_waiting(journal));
    played_fini(&played);
}
END_TEST

START_TEST(a_full_socket_is_told) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i], .timeout_scale = 0.03},
         "scenario \"full\"\nserver host { listen tcp 127.0.0.1:0\n accept { sleep 1min } }\n"
         "client guest { connect host\n send zeros(64MiB) }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_int_eq(first_failure(journal)->kind, FAILURE_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(all_waiting(journal), "for room to send on 127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(all_waiting(journal), "of 67108864 bytes are sent"));
    played_fini(&played);
}
END_TEST

// --- snapshots, for --verbose

START_TEST(snapshots_show_the_socket_behind_each_step) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i], .snapshots = true},
         "scenario \"shots\"\nserver host { listen tcp 127.0.0.1:0\n accept { recv eof } }\n"
         "client guest { socket tcp\n connect host\n close }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    const struct event *shots[3];
    uint32_t count = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *event = &journal->events[i];
        if (event->kind == EVENT_SNAPSHOT && event->actor == GUEST) {
            ck_assert_uint_lt(count, 3);
            shots[count++] = event;
        }
    }
    ck_assert_uint_eq(count, 3);
    ck_assert_int_ge(shots[0]->code, 0);
    ck_assert(address_is_none(shots[0]->address) && address_is_none(shots[0]->peer));
    ck_assert_uint_eq(shots[0]->offset, STATE_CLOSE);
    ck_assert_uint_eq(shots[1]->offset, STATE_ESTABLISHED);
    ck_assert(!address_is_none(shots[1]->peer));
    ck_assert_int_eq(shots[2]->code, -1);
    ck_assert(address_equal(shots[2]->peer, shots[1]->peer));
    played_fini(&played);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recording");
    TCase *record = tcase_create("record"), *waits = tcase_create("waits");
    tcase_set_timeout(record, 60);
    tcase_add_loop_test(record, a_conversation, 0, THREAD_COUNTS);
    tcase_add_loop_test(record, time_and_sockets, 0, THREAD_COUNTS);
    tcase_add_loop_test(record, steps_and_tasks, 0, THREAD_COUNTS);
    tcase_add_loop_test(record, long_streams_are_kept_in_part, 0, THREAD_COUNTS);
    tcase_add_test(record, discarded_bytes_have_their_offset);
    tcase_add_loop_test(record, a_terse_journal_notes_each_step_once, 0, THREAD_COUNTS);
    tcase_add_test(record, a_connection_takes_little_of_the_journal);
    tcase_add_loop_test(record, snapshots_show_the_socket_behind_each_step, 0, THREAD_COUNTS);
    tcase_set_timeout(waits, 60);
    tcase_add_loop_test(waits, waits_are_told, 0, THREAD_COUNTS);
    tcase_add_loop_test(waits, a_full_socket_is_told, 0, THREAD_COUNTS);
    suite_add_tcase(suite, record);
    suite_add_tcase(suite, waits);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
