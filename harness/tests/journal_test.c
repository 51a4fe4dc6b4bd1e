#include "journal/journal.h"

#include "base/clock.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct journal_segment *segments_new(uint32_t count) {
    struct journal_segment *const segments = calloc(count, sizeof *segments);
    for (uint32_t i = 0; i < count; i++) journal_segment_init(&segments[i], i, count);
    return segments;
}

// An event at a time of the test's choosing; `mark` is how the test knows it again.
static void event_put(struct journal_segment *segment, int64_t at_ns, uint64_t mark) {
    struct event *const event = journal_add(segment, EVENT_NOTE);
    event->at_ns = at_ns;
    event->count = mark;
}

START_TEST(an_event_is_stamped_and_otherwise_empty) {
    struct journal_segment segment;
    journal_segment_init(&segment, 0, 1);
    int64_t const before_ns = clock_now_ns();
    const struct event *const event = journal_add(&segment, EVENT_SENT);
    int64_t const after_ns = clock_now_ns();
    ck_assert_int_ge(event->at_ns, before_ns);
    ck_assert_int_le(event->at_ns, after_ns);
    ck_assert_int_eq(event->kind, EVENT_SENT);
    ck_assert_uint_eq(event->actor, JOURNAL_NONE);
    ck_assert_uint_eq(event->step, JOURNAL_NONE);
    ck_assert_uint_eq(event->socket, JOURNAL_NONE);
    ck_assert_uint_eq(event->task, 0);
    ck_assert_int_eq(event->code, 0);
    ck_assert_uint_eq(event->count, 0);
    ck_assert_uint_eq(event->offset, 0);
    ck_assert_ptr_null(event->bytes.data);
    ck_assert_uint_eq(event->bytes.len_bytes, 0);
    journal_segment_fini(&segment);
}
END_TEST

START_TEST(a_growing_event_stays_where_it_is) {
    struct journal_segment segment;
    journal_segment_init(&segment, 0, 1);
    struct event *const first = journal_add_growing(&segment, EVENT_OPEN);
    first->count = 42;
    for (int i = 0; i < 100000; i++) journal_add(&segment, EVENT_NOTE);
    ck_assert_int_eq(first->kind, EVENT_OPEN);
    ck_assert_uint_eq(first->count, 42);
    ck_assert_uint_eq(segment.event_count, 100001);
    journal_segment_fini(&segment);
}
END_TEST

START_TEST(nothing_merges_into_nothing) {
    struct journal journal;
    journal_merge(&journal, segments_new(3), 3);
    ck_assert_uint_eq(journal.event_count, 0);
    ck_assert_uint_eq(journal.socket_count, 0);
    ck_assert_int_eq(journal.begin_ns, 0);
    ck_assert_int_eq(journal.end_ns, 0);
    journal_fini(&journal);
    ck_assert_ptr_null(journal.segments);
}
END_TEST

START_TEST(segments_merge_by_time) {
    struct journal_segment *const segments = segments_new(3);
    event_put(&segments[0], 10, 0);
    event_put(&segments[0], 40, 3);
    event_put(&segments[1], 20, 1);
    event_put(&segments[1], 50, 4);
    event_put(&segments[1], 60, 5);
    event_put(&segments[2], 30, 2);
    struct journal journal;
    journal_merge(&journal, segments, 3);
    journal_expand(&journal);
    ck_assert_uint_eq(journal.event_count, 6);
    for (uint64_t i = 0; i < 6; i++) ck_assert_uint_eq(journal.events[i].count, i);
    ck_assert_int_eq(journal.begin_ns, 10);
    ck_assert_int_eq(journal.end_ns, 60);
    journal_fini(&journal);
}
END_TEST

START_TEST(equal_times_keep_the_order_of_segments_and_of_writing) {
    struct journal_segment *const segments = segments_new(2);
    event_put(&segments[1], 5, 0);
    event_put(&segments[1], 7, 3);
    event_put(&segments[1], 7, 4);
    event_put(&segments[0], 7, 1);
    event_put(&segments[0], 7, 2);
    event_put(&segments[0], 8, 5);
    struct journal journal;
    journal_merge(&journal, segments, 2);
    journal_expand(&journal);
    for (uint64_t i = 0; i < 6; i++) ck_assert_uint_eq(journal.events[i].count, i);
    journal_fini(&journal);
}
END_TEST

// Against sorting: random times, many chunks, segments of very different length.
START_TEST(a_long_merge_loses_nothing) {
    enum { SEGMENTS = 5, EVENTS = 30000 };
    struct journal_segment *const segments = segments_new(SEGMENTS);
    uint64_t random = 12345;
    int64_t now_ns[SEGMENTS] = {0};
    uint64_t written[SEGMENTS] = {0};
    for (int i = 0; i < EVENTS; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        uint32_t const to = (random >> 33) % 16 < 11 ? 0 : (uint32_t)((random >> 40) % SEGMENTS);
        now_ns[to] += (int64_t)((random >> 50) % 3);
        event_put(&segments[to], now_ns[to], (uint64_t)to << 32 | written[to]++);
    }
    struct journal journal;
    journal_merge(&journal, segments, SEGMENTS);
    journal_expand(&journal);
    ck_assert_uint_eq(journal.event_count, EVENTS);
    uint64_t seen[SEGMENTS] = {0};
    for (uint64_t i = 0; i < EVENTS; i++) {
        const struct event *const event = &journal.events[i];
        uint64_t const from = event->count >> 32;
        ck_assert_uint_eq(event->count & UINT32_MAX, seen[from]);
        seen[from]++;
        if (!i) continue;
        ck_assert_int_ge(event->at_ns, event[-1].at_ns);
        if (event->at_ns == event[-1].at_ns) ck_assert_uint_ge(from, event[-1].count >> 32);
    }
    journal_fini(&journal);
}
END_TEST

START_TEST(sockets_are_numbered_without_meeting) {
    struct journal_segment *const segments = segments_new(3);
    ck_assert_uint_eq(journal_new_socket(&segments[0]), 0);
    ck_assert_uint_eq(journal_new_socket(&segments[0]), 3);
    ck_assert_uint_eq(journal_new_socket(&segments[2]), 2);
    ck_assert_uint_eq(journal_new_socket(&segments[2]), 5);
    ck_assert_uint_eq(journal_new_socket(&segments[2]), 8);
    struct journal journal;
    journal_merge(&journal, segments, 3);
    journal_expand(&journal);
    ck_assert_uint_eq(journal.socket_count, 9);
    journal_fini(&journal);
}
END_TEST

static void *worker(void *context) {
    struct journal_segment *const segment = context;
    for (int i = 0; i < 20000; i++) journal_add(segment, EVENT_STEP_BEGIN)->socket = journal_new_socket(segment);
    return NULL;
}

START_TEST(workers_write_at_the_same_time) {
    struct journal_segment *const segments = segments_new(4);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, worker, &segments[i]);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    struct journal journal;
    journal_merge(&journal, segments, 4);
    journal_expand(&journal);
    ck_assert_uint_eq(journal.event_count, 80000);
    ck_assert_uint_eq(journal.socket_count, 80000);
    bool *const seen = calloc(journal.socket_count, 1);
    for (uint64_t i = 0; i < journal.event_count; i++) {
        ck_assert(!seen[journal.events[i].socket]);
        seen[journal.events[i].socket] = true;
        if (i) ck_assert_int_ge(journal.events[i].at_ns, journal.events[i - 1].at_ns);
    }
    free(seen);
    journal_fini(&journal);
}
END_TEST

START_TEST(every_kind_has_a_name_of_its_own) {
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        for (int k = 0; k < i; k++) ck_assert_str_ne(event_name((enum event_kind)i), event_name((enum event_kind)k));
    }
    ck_assert_str_eq(event_name(EVENT_CASE_BEGIN), "case-begin");
    ck_assert_str_eq(event_name(EVENT_KIND_COUNT), "?");
}
END_TEST

static Suite *journal_suite(void) {
    Suite *const suite = suite_create("journal");
    TCase *const writing = tcase_create("writing");
    tcase_add_test(writing, an_event_is_stamped_and_otherwise_empty);
    tcase_add_test(writing, a_growing_event_stays_where_it_is);
    tcase_add_test(writing, sockets_are_numbered_without_meeting);
    tcase_add_test(writing, every_kind_has_a_name_of_its_own);
    suite_add_tcase(suite, writing);

    TCase *const merging = tcase_create("merging");
    tcase_add_test(merging, nothing_merges_into_nothing);
    tcase_add_test(merging, segments_merge_by_time);
    tcase_add_test(merging, equal_times_keep_the_order_of_segments_and_of_writing);
    tcase_add_test(merging, a_long_merge_loses_nothing);
    tcase_add_test(merging, workers_write_at_the_same_time);
    suite_add_tcase(suite, merging);
    return suite;
}

int main(void) {
    SRunner *const runner = srunner_create(journal_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
