// Bytes over real connections: every way to cut them, branches that give them back, large amounts in constant memory.
#include "engine_play.h"

#include "base/clock.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const uint32_t thread_counts[] = {1, 2};
enum { THREAD_COUNTS = 2 };

// --- cuts

// What is sent, and a pattern that takes all of it: each element of the language is in one of them.
static const struct {
    const char *bytes, *pattern;
    unsigned len_bytes;
} messages[] = {
    {"\"hello world\"", "\"hello\" \" \" \"world\"", 11},
    {"u8(1) i8(-2) u16be(3) u16le(4) u24be(5)", "u8 == 1 i8 == -2 u16be == 3 u16le == 4 u24be == 5 as n", 9},
    {"u32be(70000) u64le(9) f32be(1.5)", "u32be == 70000 as n u64le == 9 f32be == 1.5", 16},
    {"hex\"a5 0f\"", "bit == 1 bits(3) == 2 bits(12) == 0x50f", 2},
    {"u8(4) \"abcdef\"", "u8 as n bytes(n) == \"abcd\" text(2) == \"ef\"", 7},
    {"\"key: value\\r\\nrest\\n\"", "until(\": \") as key line == \"value\" line as last", 17},
    {"\"one\\x00two\\x00\" ", "cstring as a cstring == \"two\"", 8},
    {"\"--x--y--xy--\"", "until(\"--xy--\") == \"--x--y\"", 12},
    {"\"abc\\n42\"", "line ~ /^(?<word>[a-c]+)$/ decimal(6 * 7)", 6},
    {"\"all of it\"", "\"all\" rest as tail", 9},
};
enum { MESSAGES = sizeof(messages) / sizeof(*messages) };

static void cut(uint32_t threads, int message, const char *how) {
    play_passes(&(struct play_options){.threads = threads},
                "scenario \"cut\"\nserver host { listen tcp 127.0.0.1:0\n accept { recv %s\n recv eof } }\n"
                "client guest { connect host\n send %s %s\n expect sent == %u }\n",
                messages[message].pattern, messages[message].bytes, how, messages[message].len_bytes);
}

START_TEST(chunks_of_every_size) {
    char how[64];
    for (unsigned size = 1; size <= messages[_i].len_bytes; size++) {
        snprintf(how, sizeof(how), "in chunks of %u", size);
        for (int t = 0; t < THREAD_COUNTS; t++) cut(thread_counts[t], _i, how);
    }
}
END_TEST

// Each byte alone, and time for it to arrive before the next: the pattern sees every prefix.
START_TEST(one_byte_after_the_other) {
    cut(1, _i, "in chunks of 1 every 1ms");
    cut(2, _i, "in chunks of 1 every 1ms");
}
END_TEST

START_TEST(split_at_every_byte) {
    char how[64];
    for (unsigned at = 1; at < messages[_i].len_bytes; at++) {
        snprintf(how, sizeof(how), "split at %u, -1", at);
        cut(2, _i, how);
    }
}
END_TEST

// The same when the pattern is a branch, whose bytes are held until it has matched.
START_TEST(in_a_branch) {
    for (unsigned size = 1; size <= 3; size++)
        play_passes(&(struct play_options){.threads = 2},
                    "scenario \"branch\"\nserver host { listen tcp 127.0.0.1:0\n accept {\n"
                    "  either { recv %s \"something else\" } or { recv %s }\n recv eof } }\n"
                    "client guest { connect host\n send %s in chunks of %u }\n",
                    messages[_i].pattern, messages[_i].pattern, messages[_i].bytes, size);
}
END_TEST

// --- branches give back what they took

START_TEST(a_branch_that_fails_late_consumes_nothing) {
    for (unsigned size = 1; size <= 12; size++)
        play_passes(&(struct play_options){.threads = thread_counts[_i]},
                    "scenario \"fall back\"\nserver host { listen tcp 127.0.0.1:0\n accept {\n"
                    "  either { recv \"abcdefghijkL\" } or { recv \"abcdefX\" as none } or { recv \"ab\"\n"
                    "    expect received == 2\n recv bytes(4) == \"cdef\" } or { recv line }\n"
                    "  recv \"ghi\"\n expect received == 9\n recv \"jkl\" eof } }\n"
                    "client guest { connect host\n send \"abcdefghijkl\" in chunks of %u }\n",
                    size);
}
END_TEST

START_TEST(a_branch_that_is_late_gives_way) {
    play_passes(&(struct play_options){.threads = thread_counts[_i]},
                "scenario \"late\"\nserver host { listen tcp 127.0.0.1:0\n accept {\n"
                "  either { recv \"abcd\" within 20ms } or { recv \"ab\" }\n send \"go\"\n recv \"cd\" eof } }\n"
                "client guest { connect host\n send \"ab\"\n recv \"go\"\n send \"cd\" }\n");
}
END_TEST

START_TEST(branches_in_a_loop) {
    play_passes(&(struct play_options){.threads = thread_counts[_i]},
                "scenario \"loop\"\nserver host { listen tcp 127.0.0.1:0\n accept {\n"
                "  repeat 300 { either { recv \"aab\" } or { recv \"ab\" } or { recv \"b\" } } } }\n"
                "client guest { connect host\n repeat 100 { send \"aababb\" in chunks of 5 } }\n");
}
END_TEST

START_TEST(a_branch_for_the_end) {
    play_passes(&(struct play_options){.threads = thread_counts[_i]},
                "scenario \"the end\"\nserver host { listen tcp 127.0.0.1:0\n accept {\n"
                "  either { recv \"ab\" eof } or { recv \"a\"\n either { recv eof } or { recv \"bc\" } }\n"
                " recv eof } }\n"
                "client guest { connect host\n send \"abc\" in chunks of 1 every 1ms }\n");
}
END_TEST

// --- large

static long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static const char *const generators[] = {"repeat(64MiB, \"0123456789abcdef!\")", "random(64MiB)", "zeros(64MiB)",
                                         "counter(64MiB)"};
enum { GENERATORS = 4 };

START_TEST(large_streams_take_constant_memory) {
    long const before = peak_kib();
    play_passes(&(struct play_options){.threads = thread_counts[_i % THREAD_COUNTS]},
                "scenario \"large\"\ntimeout 60s\nserver host { listen tcp 127.0.0.1:0\n accept { recv %s\n send %s\n"
                " recv eof } }\n"
                "client guest { connect host\n send %s\n recv %s }\n",
                generators[_i / 2], generators[_i / 2], generators[_i / 2], generators[_i / 2]);
    ck_assert_int_lt(peak_kib() - before, 24 * 1024);
}
END_TEST

START_TEST(both_directions_at_once) {
    play_passes(&(struct play_options){.threads = thread_counts[_i]},
                "scenario \"both\"\ntimeout 60s\n"
                "server host { listen tcp 127.0.0.1:0\n accept * 2 { recv u8 as way\n"
                " repeat 1 - way { recv counter(20MiB) }\n"
                "  repeat way { send random(20MiB) } } }\n"
                "client up { connect host\n send u8(0) counter(20MiB) }\n"
                "client down { connect host\n send u8(1)\n recv random(20MiB) }\n");
}
END_TEST

START_TEST(a_reader_that_is_late) {
    play_passes(&(struct play_options){.threads = thread_counts[_i]},
                "scenario \"late reader\"\ntimeout 60s\nserver host { listen tcp 127.0.0.1:0\n"
                "  accept { send counter(16MiB) in chunks of 1000003\n recv eof } }\n"
                "client guest { connect host\n expect unread > 0 within 5s\n sleep 30ms\n expect host.sent < 16MiB\n"
                " recv counter(16MiB) }\n");
}
END_TEST

// A difference far into a large stream is found where it is.
START_TEST(one_wrong_byte_far_away) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"wrong\"\ntimeout 60s\nserver host { listen tcp 127.0.0.1:0\n accept { recv zeros(20000000) } }\n"
         "client guest { connect host\n send zeros(12345678) \"x\" zeros(7654321) }\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_int_eq(failure->kind, FAILURE_MISMATCH);
    ck_assert_uint_eq(failure->offset, 12345678);
    uint64_t const at = failure->offset - failure->window_offset;
    ck_assert_uint_lt(at, failure->received.len_bytes);
    ck_assert_uint_eq(failure->received.data[at], 'x');
    ck_assert_uint_eq(failure->expected.data[at], 0);
    played_fini(&played);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("stream");
    TCase *cuts = tcase_create("cuts"), *branches = tcase_create("branches"), *large = tcase_create("large");
    tcase_set_timeout(cuts, 60);
    tcase_add_loop_test(cuts, chunks_of_every_size, 0, MESSAGES);
    tcase_add_loop_test(cuts, one_byte_after_the_other, 0, MESSAGES);
    tcase_add_loop_test(cuts, split_at_every_byte, 0, MESSAGES);
    tcase_add_loop_test(cuts, in_a_branch, 0, MESSAGES - 1); // nothing may follow `rest`
    tcase_set_timeout(branches, 60);
    tcase_add_loop_test(branches, a_branch_that_fails_late_consumes_nothing, 0, THREAD_COUNTS);
    tcase_add_loop_test(branches, a_branch_that_is_late_gives_way, 0, THREAD_COUNTS);
    tcase_add_loop_test(branches, branches_in_a_loop, 0, THREAD_COUNTS);
    tcase_add_loop_test(branches, a_branch_for_the_end, 0, THREAD_COUNTS);
    tcase_set_timeout(large, 100);
    tcase_add_loop_test(large, large_streams_take_constant_memory, 0, GENERATORS * THREAD_COUNTS);
    tcase_add_loop_test(large, both_directions_at_once, 0, THREAD_COUNTS);
    tcase_add_loop_test(large, a_reader_that_is_late, 0, THREAD_COUNTS);
    tcase_add_loop_test(large, one_wrong_byte_far_away, 0, THREAD_COUNTS);
    suite_add_tcase(suite, cuts);
    suite_add_tcase(suite, branches);
    suite_add_tcase(suite, large);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
