// Journals that are followed while they are written: what is told is what the journal has in the end, in its order, and a
// thread writes nothing older than it has promised. And where the time of a case went.
#include "engine/engine.h"

#include "base/clock.h"
#include "base/memory.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 4, CASES_MAX = 4 };

// What one thread of a case has told.
struct told {
    struct event *events;
    size_t count;
    int64_t until_ns;
};

struct following {
    pthread_mutex_t lock;
    struct told told[CASES_MAX][THREADS_MAX];
    struct journal *journals[CASES_MAX];
    uint32_t begun[CASES_MAX], broken; // promises
    uint32_t calls_while_played;
};

static void begun(void *context, uint32_t number) {
    struct following *const following = context;
    pthread_mutex_lock(&following->lock);
    following->begun[number]++;
    // The first thread writes at once, the others tell when they begin.
    for (uint32_t i = 1; i < THREADS_MAX; i++) following->told[number][i].until_ns = CLOCK_NEVER;
    pthread_mutex_unlock(&following->lock);
}

static void follow(void *context, uint32_t number, uint32_t thread, const struct event *events, uint32_t count,
                   int64_t until_ns) {
    struct following *const following = context;
    pthread_mutex_lock(&following->lock);
    struct told *const told = &following->told[number][thread];
    told->events = memory_need(realloc(told->events, (told->count + count + 1) * sizeof *told->events));
    for (uint32_t i = 0; i < count; i++) {
        following->broken += events[i].at_ns < told->until_ns;
        told->events[told->count++] = events[i];
    }
    told->until_ns = until_ns;
    following->calls_while_played += !following->journals[number];
    pthread_mutex_unlock(&following->lock);
}

static bool done(void *context, uint32_t number, struct journal *journal, const char *scratch) {
    struct following *const following = context;
    (void)scratch;
    journal_expand(journal);
    pthread_mutex_lock(&following->lock);
    following->journals[number] = journal;
    pthread_mutex_unlock(&following->lock);
    return true;
}

// Plays so many cases of the text, one at a time.
static void play(struct following *following, uint32_t count, uint32_t threads, const char *text) {
    struct plan_set set;
    *following = (struct following){0};
    pthread_mutex_init(&following->lock, NULL);
    plan_set_init(&set, "followed.drill", slice_text(text), NULL, 0);
    ck_assert_uint_eq(set.diags.error_count, 0);
    const struct plan *plans[CASES_MAX];
    for (uint32_t i = 0; i < count; i++) plans[i] = set.plans[0];
    struct engine_options const options = {.workers = 2, .threads = threads, .timeout_scale = 1, .snapshots = true,
                                           .begun = begun, .follow = follow};
    ck_assert_int_eq(engine_run(plans, count, &options, done, following), 0);
    plan_set_fini(&set);
}

static void following_fini(struct following *following) {
    for (uint32_t i = 0; i < CASES_MAX; i++) {
        for (uint32_t k = 0; k < THREADS_MAX; k++) free(following->told[i][k].events);
        if (following->journals[i]) journal_fini(following->journals[i]);
        free(following->journals[i]);
    }
    pthread_mutex_destroy(&following->lock);
}

static bool is_same_address(const struct address *one, const struct address *other) {
    return (!one && !other) || (one && other && memcmp(one, other, sizeof *one) == 0);
}

// Addresses are read anew for each who reads them.
static bool is_same(const struct event *told, const struct event *event) {
    struct event same = *told;
    bool const has_addresses = told->kind == EVENT_SNAPSHOT || told->kind == EVENT_BOUND || told->kind == EVENT_CONNECTED ||
                               told->kind == EVENT_ACCEPTED;
    if (event->kind != told->kind) return false;
    if (has_addresses) {
        if (!is_same_address(told->address, event->address) || !is_same_address(told->peer, event->peer)) return false;
        same.address = event->address;
        same.peer = event->peer;
    }
    return memcmp(&same, event, sizeof same) == 0;
}

// Every event that was told is in the journal, as it was told, and those of one thread in their order.
static uint64_t told_is_in_order(const struct following *following, uint32_t number) {
    const struct journal *const journal = following->journals[number];
    uint64_t all = 0;
    for (uint32_t thread = 0; thread < THREADS_MAX; thread++) {
        const struct told *const told = &following->told[number][thread];
        uint64_t at = 0;
        for (size_t i = 0; i < told->count; i++, all++) {
            while (at < journal->event_count && !is_same(&told->events[i], &journal->events[at])) at++;
            ck_assert_msg(at++ < journal->event_count, "event %zu of thread %u, a '%s', is another in the end", i, thread,
                          event_name(told->events[i].kind));
        }
    }
    return all;
}

static const char CONVERSATION[] =
    "scenario \"c\"\n"
    "server host {\n  listen tcp 127.0.0.1:0\n  accept each {\n    recv \"hi\"\n    send \"ho\"\n    recv zeros(4MiB) eof\n  }\n}\n"
    "client guest * 4 {\n  connect host\n  send \"hi\"\n  recv \"ho\"\n  send zeros(4MiB)\n}\n";

START_TEST(told_while_it_is_written) {
    struct following following;
    uint32_t const threads = (uint32_t)_i;
    play(&following, 3, threads, CONVERSATION);
    ck_assert_uint_eq(following.broken, 0);
    ck_assert_uint_gt(following.calls_while_played, 0);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(following.begun[i], 1);
        ck_assert_ptr_nonnull(following.journals[i]);
        uint64_t const told = told_is_in_order(&following, i);
        // All but what only the end of the case adds.
        ck_assert_uint_ge(told + 40, following.journals[i]->event_count);
        for (uint32_t thread = 0; thread < threads; thread++)
            ck_assert_int_eq(following.told[i][thread].until_ns, CLOCK_NEVER);
    }
    following_fini(&following);
}
END_TEST

static const struct event *only(const struct journal *journal, enum event_kind kind) {
    const struct event *found = NULL;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        if (journal->events[i].kind != kind) continue;
        ck_assert_ptr_null(found);
        found = &journal->events[i];
    }
    ck_assert_ptr_nonnull(found);
    return found;
}

// The steps of one thread cannot have worked longer than the case lasted, and 16 MiB are some work; one that sleeps does next to none.
START_TEST(where_the_time_went) {
    struct following following;
    play(&following, 1, 1, CONVERSATION);
    const struct journal *journal = following.journals[0];
    int64_t lasted_ns = journal->end_ns - journal->begin_ns;
    const struct event *timing = only(journal, EVENT_TIMING);
    ck_assert_int_gt((int64_t)timing->offset, 100 * NS_PER_US);
    ck_assert_int_le((int64_t)(timing->count + timing->offset), lasted_ns);
    following_fini(&following);

    play(&following, 1, 2, "scenario \"s\"\nclient guest { sleep 1s }\n");
    journal = following.journals[0];
    lasted_ns = journal->end_ns - journal->begin_ns;
    timing = only(journal, EVENT_TIMING);
    ck_assert_int_ge(lasted_ns, 1000 * NS_PER_MS);
    ck_assert_int_le((int64_t)(timing->count + timing->offset), lasted_ns - 500 * NS_PER_MS);
    following_fini(&following);
}
END_TEST

int main(void) {
    TCase *const tests = tcase_create("follow");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, told_while_it_is_written, 1, THREADS_MAX + 1);
    tcase_add_test(tests, where_the_time_went);
    Suite *const suite = suite_create("follow");
    suite_add_tcase(suite, tests);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
