// What a world costs, beside the least that the kernel takes for one: a network namespace with its loopback up, and nothing
// else. Both in one run, in turns, as medians over the rounds.
#include "base/clock.h"
#include "world/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, TURNS = 200, PLAY_NS = 1000 * 1000 };

static int home_fd;

static void must(bool ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "bench_worlds: %s: %s\n", what, strerror(errno));
    exit(1);
}

// --- what is measured, one turn each

static void namespace_alone(void) {
    must(unshare(CLONE_NEWNET) == 0, "unshare(2)");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0, "lo");
    close(fd);
    must(setns(home_fd, CLONE_NEWNET) == 0, "setns(2)");
}

static void world_of(const struct world_spec *spec) {
    struct buffer trouble = {0};
    struct world *world;
    bool made = world_make(spec, &world, &trouble) == WORLD_MADE;
    if (!made) fprintf(stderr, "bench_worlds: %s\n", trouble.data);
    must(made && world_enter(world) == 0 && world_enter(NULL) == 0, "a world");
    world_free(world);
    buffer_fini(&trouble);
}

static void bare_world(void) { world_of(&(struct world_spec){0}); }

static void named_world(void) {
    static const char *names[] = {"gnu.org"};
    struct address address;
    bool has_port;
    address_parse(slice_text("209.51.188.116"), &address, &has_port);
    const struct world_host host = {.names = names, .name_count = 1, .addresses = &address, .address_count = 1};
    world_of(&(struct world_spec){.has_names = true, .hostname = "box", .hosts = &host, .host_count = 1,
                                  .addresses = &address, .address_count = 1});
}

static const struct {
    const char *name;
    void (*turn)(void);
    bool supplied; // by a thread that makes them ahead of need, while a case of PLAY_NS plays
} rows[] = {
    {"a network namespace, lo up", namespace_alone, false},
    {"a world", bare_world, false},
    {"a world, made while another case played", bare_world, true},
    {"a world with names", named_world, false},
};
enum { ROWS = sizeof rows / sizeof *rows };

static int by_size(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(void) {
    static double us[ROWS][ROUNDS];
    struct buffer reason = {0};
    if (!world_prepare(&reason)) {
        fprintf(stderr, "bench_worlds: no worlds here: %s\n", reason.data);
        return 77;
    }
    home_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    for (int round = 0; round < ROUNDS; round++)
        for (int row = 0; row < ROWS; row++) {
            if (rows[row].supplied) must(world_supply_begin(2, false, NULL) == 0, "the supply");
            int64_t spent_ns = 0;
            for (int turn = 0; turn < TURNS; turn++) {
                if (rows[row].supplied) nanosleep(&(struct timespec){.tv_nsec = PLAY_NS}, NULL);
                int64_t begin_ns = clock_now_ns();
                rows[row].turn();
                spent_ns += clock_now_ns() - begin_ns;
            }
            us[row][round] = (double)spent_ns / 1000 / TURNS;
            if (rows[row].supplied) world_supply_end();
        }
    printf("| | us, median of %d rounds | against the first |\n| --- | ---: | ---: |\n", ROUNDS);
    for (int row = 0; row < ROWS; row++) qsort(us[row], ROUNDS, sizeof us[row][0], by_size);
    for (int row = 0; row < ROWS; row++)
        printf("| %s | %.0f | %.2f |\n", rows[row].name, us[row][ROUNDS / 2], us[row][ROUNDS / 2] / us[0][ROUNDS / 2]);
    buffer_fini(&reason);
    return 0;
}
