#include "lifecycle.h"
#include "ahead.h"
#include "sock.h"

#include "base/limit.h"
#include "world/fault.h"

#include <string.h>

enum { LOG_GROUP = 0x5d11 }; // of nfnetlink_log: a world has no other

// --- the trace of a case

static const char *keep(struct case_run *run, const char *what, const char *why) {
    return arena_text(&run->parts[0].arena, "%s: %s", what, why);
}

// 0, or a negative errno, and why in run->trace_lacks.
static int open_log(struct case_run *run) {
    struct buffer trouble = {0};
    int error = fault_log_delivered(LOG_GROUP, &trouble);
    if (error) run->trace_lacks = keep(run, "its packets cannot be logged", trouble.data ? trouble.data : strerror(-error));
    else if ((error = trace_open(&run->trace, TRACE_LOG, LOG_GROUP)) != 0)
        run->trace_lacks = keep(run, "its log of packets cannot be read", strerror(-error));
    buffer_fini(&trouble);
    return error;
}

static int open_ring(struct case_run *run) {
    int error = ahead_trace(run, &run->trace);
    if (error) run->trace_lacks = keep(run, "its packets cannot be seen: packet(7) says", strerror(-error));
    return error;
}

bool lifecycle_begin(struct case_run *run, struct buffer *reason) {
    const struct engine_options *options = run->engine->options;
    if (!run->world) {
        run->trace_lacks = options->isolation_lacks
                               ? keep(run, "it is not played in a world of its own", options->isolation_lacks)
                               : "it is not played in a world of its own";
        return true;
    }
    if (!run->plan->world.is_traced && !options->snapshots) return true;
    // The ring stands before the rules that drop packets, and would show what never arrives.
    int error = run->plan->world.has_drops ? open_log(run) : open_ring(run);
    // What this machine cannot do skips what needs it; what it has too little of is a failure.
    bool is_limit = error && run->plan->world.is_traced && limit_text(-error, reason);
    if (is_limit) buffer_printf(reason, ": %s", run->trace_lacks);
    return !is_limit;
}

void lifecycle_end(struct case_run *run) {
    trace_close(run->trace);
    run->trace = NULL;
}

void lifecycle_poll(const struct case_run *run) {
    if (run->trace) trace_poll(run->trace);
}

const char *lifecycle_gaps(struct part *part) {
    const struct case_run *run = part->run;
    if (!run->trace) return run->trace_lacks;
    uint64_t lost = trace_lost(run->trace);
    if (lost == 0) return NULL;
    return arena_text(&part->arena, "%llu packet%s lost to the trace, which had no room", (unsigned long long)lost,
                      lost == 1 ? " was" : "s were");
}

// --- a socket

// In the part's slab.
struct sock_trace {
    struct trace_end *end;       // what its packets say
    struct state_path before;    // what it had been through before that connection
    struct address local, peer;  // of that connection
};

// The packets of an MPTCP connection are its subflows', and they have states of their own.
static bool is_traced(const struct sock *sock) {
    return sock->part->run->trace && net_is_tcp(sock->family) && sock->family != FAMILY_MPTCP;
}

static void take(struct sock *sock, const struct address *peer, enum trace_role role) {
    if (!is_traced(sock)) return;
    struct sock_trace taken = {.peer = *peer};
    lifecycle_path(sock, &taken.before);
    struct address room;
    taken.local = *sock_local(sock, &room);
    taken.end = trace_take(sock->part->run->trace, &taken.local, peer, role);
    if (!taken.end) return;
    if (!sock->trace) sock->trace = slab_take(&sock->part->slab, sizeof *sock->trace);
    *sock->trace = taken;
}

// connect(2) to the unspecified address is to the own one.
static struct address destination(const struct sock *sock, const struct address *to) {
    struct address host = *to, unspecified = *to;
    if (to->as.any.sa_family == AF_INET) unspecified.as.in.sin_addr.s_addr = htonl(INADDR_ANY);
    else if (to->as.any.sa_family == AF_INET6) unspecified.as.in6.sin6_addr = in6addr_any;
    if (!address_equal(to, &unspecified)) return host;
    struct address room;
    host = *sock_local(sock, &room);
    address_set_port(&host, (uint16_t)address_port(to));
    return host;
}

void lifecycle_connects(struct sock *sock, const struct address *to) {
    struct address peer = destination(sock, to);
    take(sock, &peer, TRACE_CONNECTS);
}

void lifecycle_accepted(struct sock *sock) {
    struct address peer;
    take(sock, sock_peer(sock, &peer), TRACE_ACCEPTS);
}

// What it had been through before its connection, if it had one, is known: it was made, and connected or accepted.
void lifecycle_passed(struct sock *sock) {
    if (sock->listening) {
        path_note(&sock->path, STATE_CLOSE, true);
        path_note(&sock->path, STATE_LISTEN, true);
    }
    struct address peer;
    take(sock, sock_peer(sock, &peer), TRACE_SHARES);
    if (!sock->trace) return;
    struct state_path path, *before = &sock->trace->before;
    trace_path(sock->part->run->trace, sock->trace->end, &path);
    *before = (struct state_path){0};
    if (path.count > 0 && path.states[0] == STATE_SYN_SENT) path_note(before, STATE_CLOSE, true);
}

void lifecycle_closes(struct sock *sock, enum trace_call call) {
    if (!sock->trace) return;
    sock_state(sock);
    trace_call(sock->part->run->trace, sock->trace->end, call);
}

void lifecycle_seen(struct sock *sock, enum state state) {
    if (sock->trace) trace_seen(sock->part->run->trace, sock->trace->end, state);
}

void lifecycle_forgotten(struct sock *sock) {
    if (sock->trace) trace_forgotten(sock->part->run->trace, sock->trace->end);
}

bool lifecycle_path(const struct sock *sock, struct state_path *path) {
    *path = sock->path;
    if (!sock->trace) return true;
    struct state_path traced;
    bool is_clear = trace_path(sock->part->run->trace, sock->trace->end, &traced);
    *path = sock->trace->before;
    for (unsigned i = 0; i < traced.count; i++) path_note(path, traced.states[i], !traced.gap_before[i]);
    return is_clear;
}

void lifecycle_free(struct sock *sock) {
    slab_give(&sock->part->slab, sock->trace, sizeof *sock->trace);
    sock->trace = NULL;
}

// --- the journal

static void tell(struct sock *sock) {
    struct arena *arena = &sock->part->journal->arena;
    char text[ADDRESS_TEXT_BYTES];
    struct buffer line = {0};
    struct state_path path;
    sock_state(sock);
    lifecycle_path(sock, &path);
    struct address local;
    buffer_text(&line, address_text(sock->trace ? &sock->trace->local : sock_local(sock, &local), text));
    if (sock->trace) buffer_printf(&line, " <-> %s", address_text(&sock->trace->peer, text));
    buffer_text(&line, "  ");
    path_text(&path, &line);
    struct event *event = journal_add(sock->part->journal, EVENT_LIFECYCLE);
    event->actor = sock->actor->instance;
    event->socket = sock->number;
    event->bytes = slice_of(arena_copy(arena, line.data, line.len_bytes), line.len_bytes);
    buffer_fini(&line);
}

void lifecycle_tell(struct part *part) {
    if (!part->run->trace) return;
    for (struct list *link = part->sockets.next; link != &part->sockets; link = link->next) {
        struct sock *sock = list_entry(link, struct sock, link);
        if (net_is_tcp(sock->family) && sock->family != FAMILY_MPTCP) tell(sock);
    }
}
