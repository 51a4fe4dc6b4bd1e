// Nine thousand clients in one case, as far as the machine has descriptors for both ends of each.
#include "engine_play.h"

#include "base/clock.h"
#include "base/sanitizer.h"
#include "net/net.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { CLIENTS = 9000, DESCRIPTORS_BESIDES = 200 };

// What the engine itself may need for a connection with both ends here: two tasks, two sockets, and what the journal
// notes of some twenty steps and of the bytes.
enum { BYTES_PER_PAIR = 16 * 1024 };

static unsigned clients_possible(void) {
    uint64_t const limit = net_raise_descriptor_limit();
    uint64_t const possible = limit > 2 * DESCRIPTORS_BESIDES ? (limit - DESCRIPTORS_BESIDES) / 2 : 1;
    if (possible >= CLIENTS) return CLIENTS;
    fprintf(stderr, "crowd_test: only %llu clients: RLIMIT_NOFILE is %llu\n", (unsigned long long)possible,
            (unsigned long long)limit);
    return (unsigned)possible;
}

START_TEST(each_gets_its_own_bytes_back) {
    unsigned const clients = clients_possible();
    play_passes(&(struct play_options){.threads = (uint32_t)_i},
                "scenario \"crowd\"\ntimeout 90s\n"
                "server echo { listen tcp 127.0.0.1:0\n"
                "  accept * %u { recv u32be as length bytes(length) as body\n send u32be(length) body\n recv eof } }\n"
                "client caller * %u { let body = \"I am number ${index}; \" repeat(index %% 50, \"x\")\n"
                " barrier start\n"
                "  connect echo\n send u32be(len(body)) body in chunks of 7\n recv u32be(len(body)) body }\n"
                "afterwards { expect echo.accepted == %u and echo.open_sockets == 0 and caller.open_sockets == 0 }\n",
                clients, clients, clients);
    if (SANITIZER_ANY) return; // which take more memory than they watch
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    ck_assert_int_lt(usage.ru_maxrss, 32 * 1024 + (long)clients * BYTES_PER_PAIR / 1024);
}
END_TEST

// All open at the same time, before anybody closes.
START_TEST(all_are_open_at_once) {
    unsigned const clients = clients_possible();
    play_passes(&(struct play_options){.threads = (uint32_t)_i},
                "scenario \"all at once\"\ntimeout 90s\n"
                "server host { listen tcp 127.0.0.1:0\n accept * %u { recv \"a\"\n barrier there of %u\n send \"b\"\n"
                " recv eof } }\n"
                "client guest * %u { connect host\n send \"a\"\n recv \"b\"\n close }\n",
                clients, clients, clients);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("crowd");
    TCase *tcase = tcase_create("crowd");
    tcase_set_timeout(tcase, 110);
    tcase_add_loop_test(tcase, each_gets_its_own_bytes_back, 1, 3);
    tcase_add_loop_test(tcase, all_are_open_at_once, 1, 3);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
