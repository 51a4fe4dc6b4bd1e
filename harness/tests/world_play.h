// What the suites of worlds share. Every test runs in a process of its own, as libcheck's fork mode has it.
#ifndef SOCKDRILL_TESTS_WORLD_PLAY_H
#define SOCKDRILL_TESTS_WORLD_PLAY_H

#include "world/isolation.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Who a looped test runs as.
enum { AS_ONESELF, AS_USER };
// How many of these can: one where the machine gives ordinary users no user namespaces, and under ThreadSanitizer, which has a
// thread of its own. Why goes to standard output.
int play_who_count(void);
void play_as(int who);

// A mount namespace, so that what the process mounts is its own; for an ordinary user in a user namespace with every right.
void play_own_machine(void);
// The user namespace for root too: what it limits there is its own as well.
void play_own_limits(void);
void play_write(const char *path, const char *text);
// Puts it over a file of one's own machine.
void play_cover(const char *path, const char *text);

struct address play_address(const char *text);
struct world *play_world(const struct world_spec *spec);
// That it cannot be made, as `outcome` says, and that the trouble has these words in it.
void play_no_world(const struct world_spec *spec, enum world_outcome outcome, const char *words);

// A stream socket bound in the calling thread's network and listening; -errno where it cannot be.
int play_listen(const char *address);
// 0, or the negative errno of connect(2).
int play_connect(const char *address);

// What a program prints, started by a child of the calling thread: its first `size` bytes. It must exit with 0.
void play_program(char *output, size_t size, const char *const *arguments);

uint32_t play_open_fds(void);

// As main's answer: 77, and why, where the machine allows no worlds to the one who runs the tests.
int play_suite(Suite *suite);

#endif
