// What a run needs of the machine, made ready before its cases: the guard of their folders, their worlds, their programs.
#include "run.h"

#include "base/limit.h"
#include "world/fault.h"
#include "world/guard.h"
#include "world/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

// fork(2) and pthread_create(3) say EAGAIN where a limit of processes is reached, and other calls for other reasons.
void complain_of(const char *what, int error) {
    struct buffer limit = {0};
    struct rlimit processes;
    bool is_known = limit_text(error, &limit);
    if (error == EAGAIN && getrlimit(RLIMIT_NPROC, &processes) == 0) {
        buffer_printf(&limit, "this user may have %llu processes (ulimit -u, RLIMIT_NPROC)",
                      (unsigned long long)processes.rlim_cur);
        is_known = true;
    }
    if (is_known) complain("%s: %s: %s", what, strerror(error), limit.data);
    else complain("%s: %s", what, strerror(error));
    buffer_fini(&limit);
}

bool outside_begin(struct outside *outside, const struct options *options, const struct cases *cases) {
    int error = cases_use_scratch(cases) && !options->keep ? guard_begin() : 0;
    if (error) {
        const char *parent = getenv("TMPDIR");
        struct buffer what = {0};
        buffer_printf(&what, "cannot make a folder for the scenarios' own in %s (TMPDIR), and its guard",
                      parent && parent[0] == '/' ? parent : "/tmp");
        complain_of(what.data, -error);
        buffer_fini(&what);
        return false;
    }
    outside->isolation = cli_isolation(options, &outside->isolation_lacks);
    if (outside->isolation && cases_have_drops(cases)) fault_begin(); // where it cannot, the first drop tries again, and says why
    error = cases_have_programs(cases) ? process_begin() : 0;
    if (error)
        outside->programs_lack = error == -ENOENT ? "this kernel has no /proc/PID/task/TID/children" : strerror(-error);
    return true;
}

void outside_end(struct outside *outside) {
    process_end();
    fault_end();
    guard_end();
    buffer_fini(&outside->isolation_lacks);
}
