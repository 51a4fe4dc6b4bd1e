// Scenarios of sockdrill in a Check program: https://libcheck.github.io/check/
//
//     #include <sockdrill_check.h>
//
//     START_TEST(a_greeting) { ck_assert_scenario("scenarios/greeting.drill"); }
//     END_TEST
//
//     tcase_add_scenarios(tcase, "scenarios"); // or each case of a folder, as a test of its own
//
// sockdrill runs as a child process. The caller's namespaces, signals, descriptors, environment and folder stay as they
// are, in Check's fork mode and with CK_FORK=no; descriptors that the library holds are closed by an exec. A child that
// sockdrill needs is no child that wait(2) or waitpid(2) with -1 would find, and sends no SIGCHLD, but where the
// process has threads and functions by sockdrill_actor(), or the kernel has no clone3(2); SIGCHLD may be ignored.
//
// A scenario that fails is a failed test whose place is the line of the scenario. The message is what `sockdrill run`
// prints: the sentence, the step, the bytes side by side; in Check's log, its XML and its TAP, where each further line
// begins with "# ". Check carries 4 KiB of it, or what CK_MAX_MSG_SIZE says, up to 8 KiB; of a longer message all is on
// standard error. Outside of ASCII a character is written \u{1F600}, and a byte that is no character \xFF: Check's XML
// drops both otherwise.
//
// Threads: what sets something (sockdrill_program, _define, _timeout_scale, _fail_on_skip, _actor, _reset) is for one
// thread, while no other is in the library. Everything else may be called by several threads at once, each with a
// server of its own; that an assertion may fail on another thread than the test's, Check allows in fork mode alone.
// A server may be asked by several threads at once, and is ended by one when no other asks. As with any fork(2), what
// another thread closes at that moment stays open for as long as the child needs to close it.
#ifndef SOCKDRILL_CHECK_H
#define SOCKDRILL_CHECK_H

#include <check.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- scenarios as assertions, and as tests

// void ck_assert_scenario(const char *path);
//
// Plays a scenario, and passes when it passes. `path` is a file, "FILE[case]" as `sockdrill list` prints the case's
// name behind that of the file ("get.drill[method=GET]"), or a folder, all of whose scenarios are played side by side;
// relative to the current folder. A scenario that is skipped passes, with a line on standard error; see
// sockdrill_fail_on_skip().
//
// sockdrill ends a scenario at its own `timeout` (10 s unless it says otherwise) and says who waited for what. Check's
// is shorter: 4 s a test, at which it kills the test with no more words than the scenario's name and place; who waited
// for what then stands on standard error. Where a scenario may take longer, give its test case more:
// tcase_set_timeout(tcase, 15).
#define ck_assert_scenario(path) sockdrill_check_scenario((path), __FILE__, __LINE__)

// Adds each case of a scenario's file, or of all files below a folder, to the test case: a test of its own, whose name
// is the case's and whose place is the scenario's first line, in whatever order `sockdrill list` has them. `folder` is
// kept as it is given: tests run where srunner_run_all() is called. What cannot be listed (no such folder, a wrong
// text, no sockdrill) becomes a test that fails and says why. Sets the timeout of the test case to that of the longest
// scenario and 30 s, so that sockdrill's own comes first; call tcase_set_timeout() behind it for another. Outside of
// tests, before srunner_run_all().
void tcase_add_scenarios(TCase *tcase, const char *folder);

// ---- a scenario's server beside the code under test

// The servers and programs of a scenario, played by a sockdrill of their own. Owned by whoever called
// sockdrill_serve().
struct sockdrill_server;

// How it went. The values are the exit codes of `sockdrill run`.
enum sockdrill_outcome {
    SOCKDRILL_PASSED = 0,
    SOCKDRILL_FAILED = 1,  // a step of the scenario
    SOCKDRILL_WRONG = 2,   // the scenario's text, or how sockdrill was called
    SOCKDRILL_BROKEN = 3,  // sockdrill itself, or what it needs of the machine
    SOCKDRILL_SKIPPED = 77 // the machine lacks what the scenario requires
};

// struct sockdrill_server *sockdrill_serve(const char *path);
//
// Begins to play the servers and programs of a scenario on the machine's own network, for the code under test to be the
// client; `path` is a file or "FILE[case]". Returns when the first of them has an address, or sockdrill has ended; a
// scenario that cannot be played fails the test, with the diagnostics. Never NULL. Ends by sockdrill_stop() or
// sockdrill_end(), which free it; a process that ends without leaves nothing behind.
//
// A child that is forked afterwards may use it too, as Check's tests are children of whoever runs an unchecked fixture:
// each asks, and is told, whatever others have asked before. It may end the server, for everybody: whoever ends it
// later gets the same verdict, at once, and its memory is each process's own to free. A child that leaves it alone,
// exits or calls sockdrill_reset(), leaves it to its parent.
//
// A step of the server's that fails makes it hang up, at which the code under test fails as well: an assertion of
// Check's that fails then, in a file that includes this header, has the server's own failure behind its message. Where
// no assertion comes to that (the test crashes, returns, asserts by other means) and nobody ends the server, standard
// error has it when the process that began the server ends, or calls sockdrill_reset(); unless that process has put
// another file in the place of its standard error. It has, too, what a server was waiting for when its test was ended by
// a signal, as Check's timeout ends it.
#define sockdrill_serve(path) sockdrill_check_serve((path), __FILE__, __LINE__)

// const char *sockdrill_address(struct sockdrill_server *server, const char *actor);
//
// Where an actor listens, as the scenario's own NAME.address: "127.0.0.1:41873", "[::1]:41873", or a path. NULL: the
// first that listens, which of one is the only one. Waits for it, 10 s at the most (stretched by
// sockdrill_timeout_scale), then fails the test; at once where the scenario has no server or program of that name. The
// text is the server's, and lives as long.
#define sockdrill_address(server, actor) sockdrill_check_address((server), (actor), __FILE__, __LINE__)

// int sockdrill_port(struct sockdrill_server *server, const char *actor);
//
// The same address's port, in the order of the host: 1 to 65535; 0: it has none, as a path has none.
#define sockdrill_port(server, actor) sockdrill_check_port((server), (actor), __FILE__, __LINE__)

// socklen_t sockdrill_sockaddr(struct sockdrill_server *server, const char *actor, struct sockaddr_storage *address);
//
// The same address for connect(2): fills *address, and returns its length in bytes. 0: it is none of AF_INET, AF_INET6,
// AF_UNIX.
#define sockdrill_sockaddr(server, actor, address) \
    sockdrill_check_sockaddr((server), (actor), (address), __FILE__, __LINE__)

// The PEM file of the certificates that a client of TLS is to trust, as SSL_CTX_load_verify_locations(3) takes it;
// NULL: the scenario has no TLS. The text and the file live as long as the server.
const char *sockdrill_ca_file(const struct sockdrill_server *server);

// void sockdrill_stop(struct sockdrill_server *server);
//
// Tells the servers that no client comes any more, waits until they have ended, and asserts that their part passed:
// each step was done, and nobody waits for what never came. Frees the server, whatever the outcome. NULL is ignored.
#define sockdrill_stop(server) sockdrill_check_stop((server), __FILE__, __LINE__)

// The same without an assertion. *report, unless `report` is NULL, becomes what sockdrill said of failures, errors and
// skips, for the caller to free(3): "" where it passed. In an unchecked fixture's teardown, where a failed assertion
// would end Check's own process, and for what is to fail.
enum sockdrill_outcome sockdrill_end(struct sockdrill_server *server, char **report);

// ---- functions as actors

// What an actor's function is told, for as long as it runs.
struct sockdrill_part;

// From now on `function` takes the place of the actor of that name, in every scenario with such an actor that this
// process plays by ck_assert_scenario() and as a test of tcase_add_scenarios(), until another takes it, or NULL does, or
// sockdrill_reset(). So what several scenarios need may be set once, before all of them; of a name that is nobody's
// sockdrill_define() says what becomes.
//
// The function runs in a process of its own, a fork of the caller's: in the scenario's world, with the stdin, stdout,
// stderr, folder and environment that the scenario gives, every signal as by default, and none of the caller's
// descriptors; but one file is open there that a program's process has not, and `open_fds` counts: Check's for the
// function's assertions. So memory is what it was when ck_assert_scenario() was called, and what the function changes, nobody
// else sees. It takes the place of
//   a program: argv is what `run` has;
//   a client: argv[0] is its name, and behind it come the servers that its block connects to, with their addresses;
//   a server: argv[0] is its name, argv[1] is where it listens, "listen=tcp 127.0.0.1:8080"; a port 0 is any.
// What it returns is the exit code, 0 of a client and of a server unless the scenario expects another. Check's
// assertions work: one that fails ends the function with exit code 1, and the test with the assertion's own place and
// message. `name` is copied, `argument` is the caller's.
void sockdrill_actor(const char *name, int (*function)(struct sockdrill_part *part, void *argument), void *argument);

// The actor's name.
const char *sockdrill_part_name(const struct sockdrill_part *part);

// Its arguments, argv[0] to argv[argc - 1]; argv[argc] is NULL.
int sockdrill_part_argc(const struct sockdrill_part *part);
char **sockdrill_part_argv(const struct sockdrill_part *part);

// The address of another actor, out of an argument "ACTOR=ADDRESS": "127.0.0.1:41873". Of a server's own name, or
// "listen": where it is to listen, without the word for the family. NULL as `actor`: the first. NULL: there is none.
const char *sockdrill_part_address(const struct sockdrill_part *part, const char *actor);

// Its port, in the order of the host; 0: none.
int sockdrill_part_port(const struct sockdrill_part *part, const char *actor);

// It for connect(2) or bind(2): fills *address, and returns its length in bytes. 0: none, or none of AF_INET, AF_INET6,
// AF_UNIX.
socklen_t sockdrill_part_sockaddr(const struct sockdrill_part *part, const char *actor, struct sockaddr_storage *address);

// ---- settings, for what is played afterwards

// Which sockdrill runs: a path, or a name to be looked up on PATH; NULL: as if never called. It is the first of this,
// the environment's SOCKDRILL, the macro SOCKDRILL_PROGRAM that this header was compiled with (CMake's sockdrill::check
// sets it to where it is installed), ../bin/sockdrill beside the folder that this header was found in, where there is
// one, and `sockdrill` on PATH. Copied. None: the test fails, and says so.
void sockdrill_program(const char *path);

// Gives a `let` another value, in every scenario with a `let` of that name, as --define NAME=VALUE does; NULL takes that
// back. Both are copied.
//
// Of sockdrill_actor() and this alike: a scenario without that name is played as if it was not set, where another, which
// tcase_add_scenarios() has added to any test case, has it. Where none of these has it either, the scenario fails, since
// the name is wrong.
void sockdrill_define(const char *name, const char *value);

// Stretches every `timeout` and `within` by a factor above 0, as for a machine that is slow; 1: not at all. The
// environment's SOCKDRILL_TIMEOUT_SCALE says it where this was not called.
void sockdrill_timeout_scale(double factor);

// Whether a scenario that is skipped fails, which else passes; 0: no. The environment's SOCKDRILL_FAIL_ON_SKIP=1 says
// yes where this was not called.
void sockdrill_fail_on_skip(int whether);

// Forgets all settings and functions, and ends every server that this process has begun and not ended; of a failure
// that nobody was told of it says so on standard error. In fork mode a test's end does the same; with CK_FORK=no one
// test's settings are the next one's too, unless this is its teardown.
void sockdrill_reset(void);

// ---- behind the macros: `file` and `line` are the caller's, where a failure has no place in a scenario

void sockdrill_check_scenario(const char *path, const char *file, int line);
struct sockdrill_server *sockdrill_check_serve(const char *path, const char *file, int line);
const char *sockdrill_check_address(struct sockdrill_server *server, const char *actor, const char *file, int line);
int sockdrill_check_port(struct sockdrill_server *server, const char *actor, const char *file, int line);
socklen_t sockdrill_check_sockaddr(struct sockdrill_server *server, const char *actor, struct sockaddr_storage *address,
                                   const char *file, int line);
void sockdrill_check_stop(struct sockdrill_server *server, const char *file, int line);

// What an assertion of Check's (0.15) calls when it fails.
#ifdef CK_ATTRIBUTE_FORMAT
void sockdrill_check_assert_failed(const char *file, int line, const char *expression, const char *format, ...)
    CK_ATTRIBUTE_NORETURN CK_ATTRIBUTE_FORMAT(printf, 4, 5);
#ifndef SOCKDRILL_CHECK_ROOM
#define _ck_assert_failed sockdrill_check_assert_failed
#endif
#endif

#ifndef SOCKDRILL_CHECK_ROOM
extern const char *sockdrill_check_header;
__attribute__((weak)) const char *sockdrill_check_header = __FILE__;
#endif

#if defined(SOCKDRILL_PROGRAM) && !defined(SOCKDRILL_CHECK_ROOM)
extern const char *sockdrill_check_program;
__attribute__((weak)) const char *sockdrill_check_program = SOCKDRILL_PROGRAM;
#endif

#ifdef __cplusplus
}
#endif

#endif
