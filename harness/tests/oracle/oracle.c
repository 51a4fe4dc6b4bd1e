// Plays scenarios, and holds the path of every TCP socket in their journals against the kernel's own trace of it.
//
// usage: oracle [--altered] PATH...
// exit 0: they agree; 1: they do not, and both are printed; 77: this machine does not allow it
// --altered changes one path of the first journal that has some: then there must be a disagreement, and exit 0 says there was.
//
// What the kernel's trace never shows, and so is no disagreement (net/ipv4/tcp_minisocks.c, inet_connection_sock.c): TIME_WAIT
// is CLOSE there, since another, smaller socket goes on; an orphan's FIN_WAIT2 may be such a one too; a socket that is accepted
// begins as its listener's copy, at LISTEN.
#include "transitions.h"

#include "base/file.h"
#include "engine/engine.h"
#include "net/net.h"
#include "plan/plan.h"
#include "world/fault.h"
#include "world/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// On a busy machine the kernel keeps not every event of a burst; such a case is played anew. Of a few it may never keep all:
// these are named, and say nothing either way.
enum { EXIT_SKIP = 77, ROUNDS = 12, UNCOMPARED_MAX = 3 };

struct oracle {
    struct plan_set **sets;
    const struct plan **plans;
    uint32_t set_count, plan_count;
    struct arena arena;
    uint32_t *numbers; // of the cases of this round, in `plans`
    bool *is_pending;  // by case: the kernel has not kept all of its trace, and they differ
    bool is_to_alter;
    uint32_t compared, disagreed, skipped;
};

// What one case came to.
struct account {
    uint32_t compared, disagreed;
    bool is_altered;
    bool *passed; // by socket: passed_of
    struct buffer differences;
};

// --- a path as the journal tells it

struct told {
    struct trace_point local, peer;
    bool has_peer;
    struct state_path path;
    int64_t at_ns;
};

static bool read_point(struct slice text, struct trace_point *point) {
    struct address address;
    bool has_port;
    return address_parse(text, &address, &has_port) && trace_point_of(&address, point);
}

static struct slice until(struct slice text, const char *mark, struct slice *behind) {
    int64_t const at = slice_find(text, slice_text(mark));
    if (at < 0) return text;
    size_t const skipped = (size_t)at + strlen(mark);
    *behind = slice_of(text.data + skipped, text.len_bytes - skipped);
    return slice_of(text.data, (size_t)at);
}

// "LOCAL <-> PEER  PATH"; false: it never had an address, or its path has a gap.
static bool read_told(const struct event *event, struct told *told) {
    *told = (struct told){.at_ns = event->at_ns};
    struct slice states = {0}, peer = {0};
    struct slice const pair = until(event->bytes, "  ", &states), local = until(pair, " <-> ", &peer);
    told->has_peer = peer.len_bytes > 0;
    while (states.len_bytes > 0) {
        struct slice rest = {0};
        enum state const state = state_of(until(states, " -> ", &rest));
        if (state == STATE_ANY) return false;
        // Connected once more: the addresses are those of the last time.
        if (state == STATE_SYN_SENT && told->path.count > 1 && told->path.states[0] == STATE_CLOSE) told->path.count = 1;
        told->path.states[told->path.count++] = (uint8_t)state;
        states = rest;
    }
    return read_point(local, &told->local) && (!told->has_peer || read_point(peer, &told->peer));
}

// As the kernel's trace would show it.
static void as_traced(const struct state_path *path, struct state_path *traced) {
    *traced = (struct state_path){0};
    if (path->count > 0 && path->states[0] == STATE_SYN_RECV) traced->states[traced->count++] = STATE_LISTEN;
    for (unsigned i = 0; i < path->count; i++)
        traced->states[traced->count++] = path->states[i] == STATE_TIME_WAIT ? STATE_CLOSE : path->states[i];
}

// --- the two beside each other

static bool same_point(const struct trace_point *a, const struct trace_point *b) {
    return a->port == b->port && memcmp(a->host, b->host, sizeof a->host) == 0;
}

static bool is_of(const struct history *history, const struct told *told) {
    bool const is_local = told->has_peer ? same_point(&history->local, &told->local) : history->local.port == told->local.port;
    if (!is_local) return false;
    return told->has_peer ? same_point(&history->peer, &told->peer) : history->path.states[1] == STATE_LISTEN;
}

// The journal was written at some moment, and the kernel went on: each has to be the other's beginning as far as that.
static bool agrees(const struct history *history, const struct told *told) {
    struct state_path path;
    as_traced(&told->path, &path);
    unsigned then = history->path.count;
    while (then > 1 && history->at_ns[then - 1] > told->at_ns) then--;
    bool const is_small = path.count > 0 && path.states[path.count - 1] == STATE_FIN_WAIT2 && then == path.count + 1u &&
                          history->path.states[then - 1] == STATE_CLOSE;
    if (is_small) then--;
    if (path.count < then || path.count > history->path.count) return false;
    return memcmp(path.states, history->path.states, path.count) == 0;
}

static void tell_paths(const struct plan *plan, const struct event *event, const struct history_list *histories,
                       const struct told *told, struct buffer *out) {
    buffer_printf(out, "%s: the harness says\n  ", plan->case_name);
    buffer_slice(out, event->bytes);
    bool is_found = false;
    for (uint32_t i = 0; i < histories->count; i++) {
        if (!is_of(&histories->items[i], told)) continue;
        buffer_printf(out, "\n%s\n  ", is_found ? "or" : "and the kernel");
        path_text(&histories->items[i].path, out);
        is_found = true;
    }
    buffer_text(out, is_found ? "\n" : "\nand the kernel has shown no such socket\n");
}

// By socket: those that came as a descriptor, two sockets of the harness and one of the kernel's. To be freed.
static bool *passed_of(const struct journal *journal) {
    bool *const passed = calloc(journal->socket_count + 1, sizeof *passed);
    if (!passed) abort();
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == EVENT_PASSED) passed[journal->events[i].socket] = true;
    return passed;
}

static void compare(struct oracle *oracle, const struct plan *plan, const struct event *event,
                    struct history_list *histories, const struct journal *journal, struct account *account) {
    struct told told;
    bool const is_plain = read_told(event, &told);
    if (told.path.count == 1 && told.path.states[0] == STATE_CLOSE) return; // it was made, and that is all
    account->compared++;
    if (oracle->is_to_alter && !account->is_altered && told.path.count > 2) {
        account->is_altered = true;
        memmove(told.path.states + 1, told.path.states + 2, --told.path.count - 1u);
    }
    for (uint32_t i = 0; is_plain && i < histories->count; i++) {
        struct history *history = &histories->items[i];
        if (history->begin_ns < journal->begin_ns || !is_of(history, &told) || !agrees(history, &told)) continue;
        if (history->is_matched && !account->passed[event->socket]) continue;
        if (!history->is_ours && history->path.states[0] == STATE_CLOSE) continue; // somebody else's, at the same address
        history->is_matched = !account->passed[event->socket];
        return;
    }
    account->disagreed++;
    tell_paths(plan, event, histories, &told, &account->differences);
}

static bool done(void *context, uint32_t number, struct journal *journal, const char *scratch) {
    struct oracle *oracle = context;
    struct history_list histories = {0};
    struct account account = {0};
    const struct plan *plan = oracle->plans[oracle->numbers[number]];
    bool is_skipped = false;
    (void)scratch;
    journal_expand(journal);
    account.passed = passed_of(journal);
    bool const is_whole = transitions_read(&histories);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *event = &journal->events[i];
        if (event->kind == EVENT_LIFECYCLE) compare(oracle, plan, event, &histories, journal, &account);
        is_skipped = is_skipped || event->kind == EVENT_SKIPPED;
    }
    bool const is_pending = !is_whole && account.disagreed > 0;
    oracle->is_pending[oracle->numbers[number]] = is_pending;
    if (!is_pending) {
        oracle->compared += account.compared;
        oracle->disagreed += account.disagreed;
        oracle->skipped += is_skipped;
        if (account.is_altered) oracle->is_to_alter = false; // else it is altered anew when it is played anew
        if (account.disagreed > 0) fputs(account.differences.data, stdout);
    }
    free(account.passed);
    buffer_fini(&account.differences);
    histories_fini(&histories);
    journal_fini(journal);
    free(journal);
    return true;
}

// Plays what is pending; how many cases still are.
static uint32_t play(struct oracle *oracle) {
    struct engine_options const options = {
        .workers = 1, .timeout_scale = 1, .seed = 1, .isolation = true, .snapshots = true};
    const struct plan **plans = arena_array(&oracle->arena, oracle->plan_count, sizeof *plans);
    uint32_t count = 0, left = 0;
    for (uint32_t i = 0; i < oracle->plan_count; i++) {
        if (!oracle->is_pending[i]) continue;
        plans[count] = oracle->plans[i];
        oracle->numbers[count++] = i;
    }
    int const error = engine_run(plans, count, &options, done, oracle);
    if (error) {
        printf("the engine: %s\n", strerror(-error));
        return count;
    }
    for (uint32_t i = 0; i < oracle->plan_count; i++) left += oracle->is_pending[i];
    return left;
}

// --- the scenarios

static void *grow(void *items, uint32_t count, size_t item_bytes) {
    void *const grown = realloc(items, (count + 1) * item_bytes);
    if (!grown) abort();
    return grown;
}

static void add_file(struct oracle *oracle, const char *path) {
    struct slice text = {0};
    struct stat facts;
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    bool const is_read =
        fd >= 0 && fstat(fd, &facts) == 0 && file_read(&oracle->arena, fd, (size_t)facts.st_size, &text) == 0;
    if (fd >= 0) close(fd);
    if (!is_read) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    oracle->sets = grow(oracle->sets, oracle->set_count, sizeof *oracle->sets);
    struct plan_set *set = oracle->sets[oracle->set_count++] = arena_alloc(&oracle->arena, sizeof *set);
    plan_set_init(set, arena_text(&oracle->arena, "%s", path), text, NULL, 0);
    for (uint32_t i = 0; i < set->plan_count && !set->is_library && set->diags.error_count == 0; i++) {
        oracle->plans = grow(oracle->plans, oracle->plan_count, sizeof *oracle->plans);
        oracle->plans[oracle->plan_count++] = set->plans[i];
    }
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

static void add_folder(struct oracle *oracle, char *path) {
    char *const roots[] = {path, NULL};
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        const char *ending = strrchr(entry->fts_name, '.');
        if (entry->fts_info == FTS_F && ending && strcmp(ending, ".drill") == 0) add_file(oracle, entry->fts_path);
    }
    if (walk) fts_close(walk);
}

static void oracle_fini(struct oracle *oracle) {
    for (uint32_t i = 0; i < oracle->set_count; i++) plan_set_fini(oracle->sets[i]);
    free(oracle->sets);
    free(oracle->plans);
    arena_fini(&oracle->arena);
}

static int skip(struct buffer *reason) {
    printf("skipped: %s\n", reason->data);
    buffer_fini(reason);
    return EXIT_SKIP;
}

int main(int count, char **arguments) {
    struct oracle oracle = {0};
    struct buffer reason = {0};
    bool const is_altered = count > 1 && strcmp(arguments[1], "--altered") == 0;
    oracle.is_to_alter = is_altered;
    arena_init(&oracle.arena);
    // The trace first: from inside of a user namespace nobody may read it.
    if (!transitions_begin(&reason) || !world_prepare(&reason)) return skip(&reason);
    fault_begin();
    net_raise_descriptor_limit();
    for (int i = 1 + is_altered; i < count; i++) add_folder(&oracle, arguments[i]);
    oracle.numbers = arena_array(&oracle.arena, oracle.plan_count, sizeof *oracle.numbers);
    oracle.is_pending = arena_array(&oracle.arena, oracle.plan_count, sizeof *oracle.is_pending);
    memset(oracle.is_pending, true, oracle.plan_count * sizeof *oracle.is_pending);
    uint32_t left = oracle.plan_count;
    for (int round = 0; round < ROUNDS && left > 0; round++) left = play(&oracle);
    fault_end();
    transitions_end();
    printf("%u cases, %u of them skipped; %u sockets compared, %u of them differ\n", oracle.plan_count, oracle.skipped,
           oracle.compared, oracle.disagreed);
    if (left > 0) printf("of %u cases the kernel has never kept the whole trace:\n", left);
    for (uint32_t i = 0; i < oracle.plan_count && left > 0; i++)
        if (oracle.is_pending[i]) printf("  %s\n", oracle.plans[i]->case_name);
    bool const is_good = oracle.compared > 0 && left <= UNCOMPARED_MAX && (oracle.disagreed > 0) == is_altered;
    oracle_fini(&oracle);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
