// What a connection costs in memory, both ends ours: by malloc's own count, which the resident set follows.
#include "engine_play.h"

#include <check.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

// The linker has every room's calls come here: see CMakeLists.txt.
void *__real_malloc(size_t size_bytes);
void *__real_calloc(size_t count, size_t size_bytes);
void *__real_realloc(void *memory, size_t size_bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t size_bytes);
void *__wrap_calloc(size_t count, size_t size_bytes);
void *__wrap_realloc(void *memory, size_t size_bytes);
void __wrap_free(void *memory);

static atomic_long live_bytes, most_bytes;

static void *count(void *memory, long before_bytes) {
    long const change = (memory ? (long)malloc_usable_size(memory) : 0) - before_bytes;
    long const live = atomic_fetch_add(&live_bytes, change) + change;
    long most = atomic_load(&most_bytes);
    while (live > most && !atomic_compare_exchange_weak(&most_bytes, &most, live)) continue;
    return memory;
}

void *__wrap_malloc(size_t size_bytes) { return count(__real_malloc(size_bytes), 0); }
void *__wrap_calloc(size_t count_of, size_t size_bytes) { return count(__real_calloc(count_of, size_bytes), 0); }

void *__wrap_realloc(void *memory, size_t size_bytes) {
    long const before_bytes = memory ? (long)malloc_usable_size(memory) : 0;
    return count(__real_realloc(memory, size_bytes), before_bytes);
}

void __wrap_free(void *memory) {
    if (memory) count(NULL, (long)malloc_usable_size(memory));
    __real_free(memory);
}

static bool done(void *context, uint32_t number, struct journal *journal, const char *scratch) {
    long *most = context;
    (void)number;
    (void)scratch;
    *most = atomic_load(&most_bytes); // what comes now is the test's
    journal_expand(journal);
    const struct failure *failure = first_failure(journal);
    ck_assert_msg(!failure, "%s", failure ? failure->message : "");
    journal_fini(journal);
    free(journal);
    return true;
}

// The most that was held at once while it was played, beside what there was before.
static long played_bytes(uint32_t threads, const char *text, unsigned number) {
    struct buffer whole = {0};
    buffer_printf(&whole, "scenario \"crowd\"\ntimeout 60s\nlet number = %u\n%s", number, text);
    struct plan_set set;
    plan_set_init(&set, "test.drill", buffer_view(&whole), NULL, 0);
    ck_assert_uint_eq(set.plan_count, 1);
    const struct plan *plan = set.plans[0];
    struct engine_options const options = {.workers = 1, .threads = threads, .timeout_scale = 1, .seed = 1};
    long const before_bytes = atomic_load(&live_bytes);
    long most = 0;
    atomic_store(&most_bytes, before_bytes);
    ck_assert_int_eq(engine_run(&plan, 1, &options, done, &most), 0);
    plan_set_fini(&set);
    buffer_fini(&whole);
    return most - before_bytes;
}

// One more, where there are many: what all share, and blocks that are not full, does not count.
static long bytes_of_one_more(uint32_t threads, const char *text, unsigned few, unsigned many) {
    long const few_bytes = played_bytes(threads, text, few), many_bytes = played_bytes(threads, text, many);
    long const each_bytes = (many_bytes - few_bytes) / (long)(many - few);
    fprintf(stderr, "crowd_memory_test: %u threads: %ld bytes\n", threads, each_bytes);
    return each_bytes;
}

// All are open at once: two sockets, two tasks, an actor, and what the journal notes of them.
START_TEST(a_connection_that_is_open) {
    static const char text[] = "server echo { listen tcp 127.0.0.1:0 backlog 4096\n"
                               "  accept * number { recv \"ping\"\n send \"pong\"\n recv eof } }\n"
                               "client caller * number { connect echo\n barrier open\n send \"ping\"\n recv \"pong\" }\n"
                               "afterwards { expect echo.accepted == number }\n";
    ck_assert_int_lt(bytes_of_one_more((uint32_t)_i, text, 200, 2000), 2048);
}
END_TEST

// One after another: when it is over nothing is left of it but what the journal has noted.
START_TEST(a_connection_that_is_over) {
    static const char text[] = "server sink { listen tcp 127.0.0.1:0\n"
                               "  repeat number { accept { recv \"ping\" reset } } }\n"
                               "client caller { repeat number { connect sink\n send \"ping\"\n reset } }\n"
                               "afterwards { expect sink.accepted == number }\n";
    ck_assert_int_lt(bytes_of_one_more((uint32_t)_i, text, 4000, 12000), 256);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("crowd_memory");
    TCase *tcase = tcase_create("crowd_memory");
    tcase_set_timeout(tcase, 110);
    tcase_add_loop_test(tcase, a_connection_that_is_open, 1, 3);
    tcase_add_loop_test(tcase, a_connection_that_is_over, 1, 3);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
