// sockdrill serve: plays a scenario's servers and programs for whoever comes, on the machine's own network.
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int addresses = -1; // standard output, once the console's text goes to standard error
static bool has_notes;     // there, for whoever reads it as GitHub does

// Nobody there is no failure: then nobody wants to know.
static void tell(struct slice line) {
    int const error = write_all(addresses, line);
    if (error && error != -EPIPE) complain("standard output: %s", strerror(-error));
}

// One line at once: whoever reads them waits for that.
void serve_tell(void *context, uint32_t number, const char *name, const char *address) {
    struct buffer line = {0};
    (void)context;
    (void)number;
    buffer_printf(&line, "%s %s\n", name, address);
    tell(buffer_view(&line));
    buffer_fini(&line);
}

// Before the sockets that the failed step leaves behind are closed: who sees that knows why.
void serve_tell_failing(void *context, uint32_t number) {
    static const char line[] = "::debug::failing\n";
    (void)context;
    (void)number;
    if (has_notes) tell(slice_text(line));
}

// Who may have an address, if not yet.
static void tell_actors(const struct plan *plan) {
    struct buffer line = {0};
    buffer_text(&line, "::debug::actors");
    for (uint32_t i = 0; i < plan->instance_count; i++) {
        enum role const role = plan->actors[plan->instances[i].actor].role;
        if (role != ROLE_SERVER && role != ROLE_PROGRAM) continue;
        buffer_text(&line, " ");
        plan_instance_name(plan, i, &line);
    }
    buffer_text(&line, "\n");
    if (has_notes) tell(buffer_view(&line));
    buffer_fini(&line);
}

static void complain_of_world(const struct plan *plan, const char *needs, struct span at) {
    char place[64] = "";
    const char *const path = at.source ? at.source->path : plan->path;
    if (at.source) snprintf(place, sizeof place, ":%u", source_position(at).line);
    complain("%s%s needs %s, which nobody outside could reach: `serve` plays on the machine's own network", path, place, needs);
}

static bool serves_anything(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->actor_count; i++)
        if (plan->actors[i].role == ROLE_SERVER || plan->actors[i].role == ROLE_PROGRAM) return true;
    return false;
}

bool serve_can(struct cases *cases, const struct options *options) {
    const char *const path = options->paths[0];
    if (cases->count != 1) {
        complain("`serve` plays one case, and %s has %u: --case NAME says which (sockdrill list names them)", path, cases->count);
        return false;
    }
    struct plan *const plan = &cases->copies[0];
    struct span at;
    const char *const needs = engine_needs_world(plan, &at);
    if (needs) {
        complain_of_world(plan, needs, at);
        return false;
    }
    if (!serves_anything(plan)) {
        complain("%s has clients only: there is nothing to serve", path);
        return false;
    }
    if (plan->has_tls) plan->uses_scratch = plan->uses_ca_file = true; // for clients to trust
    tell_actors(plan);
    return true;
}

// The report is for people, and standard output for whoever needs the addresses.
static bool part_outputs(void) {
    addresses = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return addresses >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
}

enum exit_code command_serve(const struct options *options) {
    struct options serving = *options;
    if (options->path_count != 1 || strcmp(options->paths[0], "-") == 0) {
        complain("`serve` takes one FILE");
        return EXIT_WRONG;
    }
    if (sinks_take_output(options)) {
        complain("standard output has the addresses: a report goes to a FILE");
        return EXIT_WRONG;
    }
    if (!part_outputs()) {
        complain("standard output cannot be parted from standard error");
        return EXIT_HARNESS;
    }
    const char *const annotations = options->reports[SINK_GITHUB];
    has_notes = annotations && strcmp(annotations, "-") == 0;
    serving.serves = serving.no_isolation = true;
    serving.jobs = serving.threads = 1;
    return command_run(&serving);
}
