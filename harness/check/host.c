// The process that has the functions, and how one is called: inside a run of Check's own in the function's process, so
// that an assertion that fails jumps there, be it with CK_FORK=no, and not into a copy of the test that is running.
#include "bridge.h"

#include "world/function_host.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;
extern void __gcov_dump(void) __attribute__((weak)); // of clang's, and of GCC's where it is called by name
extern void __gcov_exit(void) __attribute__((weak)); // what GCC's calls at exit(3)
extern int __llvm_profile_write_file(void) __attribute__((weak));

struct sockdrill_part {
    const struct function_call *call;
};

// ---- what a function is told

const char *sockdrill_part_name(const struct sockdrill_part *part) { return part->call->name; }

int sockdrill_part_argc(const struct sockdrill_part *part) { return part->call->argc; }

char **sockdrill_part_argv(const struct sockdrill_part *part) { return part->call->argv; }

// "listen=tcp 127.0.0.1:0": an endpoint, whose address is the rest.
static const char *behind_family(const char *endpoint) {
    size_t const word = strcspn(endpoint, " ");
    return endpoint[word] ? endpoint + word + 1 : endpoint;
}

const char *sockdrill_part_address(const struct sockdrill_part *part, const char *actor) {
    bool const is_own = actor && strcmp(actor, part->call->name) == 0;
    for (int i = 1; i < part->call->argc; i++) {
        const char *const argument = part->call->argv[i];
        size_t const len = strcspn(argument, "=");
        if (!argument[len]) continue;
        bool const listens = len == strlen("listen") && strncmp(argument, "listen", len) == 0;
        if (actor && !(is_own && listens) && (strlen(actor) != len || strncmp(argument, actor, len) != 0)) continue;
        return listens ? behind_family(argument + len + 1) : argument + len + 1;
    }
    return NULL;
}

int sockdrill_part_port(const struct sockdrill_part *part, const char *actor) {
    return sockdrill_address_port(sockdrill_part_address(part, actor));
}

socklen_t sockdrill_part_sockaddr(const struct sockdrill_part *part, const char *actor,
                                  struct sockaddr_storage *address) {
    return sockdrill_address_read(sockdrill_part_address(part, actor), address);
}

// ---- a call

// Of the one call that a function's process is for: Check's tests take no argument of their own.
static struct {
    const struct sockdrill_actor_setting *actor;
    struct sockdrill_part part;
    char **environment;
    int code;
} current;

static void write_coverage(void) {
    if (__gcov_dump) __gcov_dump();
    else if (__gcov_exit) __gcov_exit();
    if (__llvm_profile_write_file) __llvm_profile_write_file();
}

static void set_handled(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGALRM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
}

// Check has just installed handlers that kill the group of the test that it knows of.
static void call_function(int unused) {
    (void)unused;
    struct sigaction const by_default = {.sa_handler = SIG_DFL};
    sigset_t handled;
    set_handled(&handled);
    sigaction(SIGALRM, &by_default, NULL);
    sigaction(SIGINT, &by_default, NULL);
    sigaction(SIGTERM, &by_default, NULL);
    sigprocmask(SIG_UNBLOCK, &handled, NULL);
    environ = current.environment;
    current.code = current.actor->function(&current.part, current.actor->argument);
}

// Where Check may keep its messages: it asks TEMP, and ends the process where it cannot.
static char *temporary_variable(void) {
    static char folders[][16] = {"TEMP=/tmp", "TEMP=/dev/shm", "TEMP=/var/tmp", "TEMP=."};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (access(folders[i] + strlen("TEMP="), W_OK | X_OK) == 0) return folders[i];
    return folders[0];
}

static void keep_failure(struct sockdrill_host_failure *failure, SRunner *runner) {
    if (srunner_ntests_failed(runner) == 0 || atomic_exchange(&failure->claimed, 1)) return;
    TestResult **const failures = srunner_failures(runner);
    const char *const file = tr_lfile(failures[0]);
    snprintf(failure->actor, sizeof failure->actor, "%s", current.actor->name);
    snprintf(failure->file, sizeof failure->file, "%s", file ? file : "");
    snprintf(failure->message, sizeof failure->message, "%s", tr_msg(failures[0]));
    failure->line = tr_lno(failures[0]) > 0 ? tr_lno(failures[0]) : 1;
    free(failures);
}

// No variable of Check's own holds for this run: they choose tests, and name files that it would write anew.
static int call_within_check(const struct function_call *call, void *context) {
    static TTest const test = {"function", call_function, __FILE__, __LINE__};
    char *variables[] = {temporary_variable(), NULL};
    sigset_t handled;
    current.actor = sockdrill_actor_find(call->name);
    if (!current.actor) return 127;
    current.part.call = call;
    current.code = 1;
    current.environment = environ;
    environ = variables;
    set_handled(&handled);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    Suite *const suite = suite_create("sockdrill");
    TCase *const tcase = tcase_create("sockdrill");
    _tcase_add_test(tcase, &test, 0, 0, 0, 1);
    suite_add_tcase(suite, tcase);
    SRunner *const runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    environ = current.environment;
    keep_failure(context, runner);
    int const code = srunner_ntests_failed(runner) > 0 ? 1 : current.code;
    srunner_free(runner);
    write_coverage();
    return code;
}

// ---- the host

int sockdrill_host_open(const char *path) { return function_host_listen(path); }

struct sockdrill_host_failure *sockdrill_host_prepare(void) {
    return sockdrill_share(sizeof(struct sockdrill_host_failure));
}

void sockdrill_host_free(struct sockdrill_host_failure *failure) {
    if (failure) munmap(failure, sizeof *failure);
}

_Noreturn void sockdrill_host_run(int listener, int lifeline, struct sockdrill_host_failure *failure) {
    sockdrill_servers_forget();
    function_host_run(listener, lifeline, call_within_check, failure);
}
