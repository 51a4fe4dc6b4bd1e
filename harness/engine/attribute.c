// Attributes: what a socket, or an actor of this part, says of itself.
#include "env.h"
#include "lifecycle.h"
#include "part.h"
#include "program.h"
#include "secure.h"
#include "sock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct value address_value(struct arena *arena, const struct address *address) {
    return value_address(arena_copy(arena, address, sizeof *address));
}

static enum eval_status option_value(struct sock *sock, const struct term *term, struct value *value, const char **trouble) {
    int number = 0;
    sock_tell_no_more(sock);
    int error = sock->fd < 0 ? -EBADF : net_get_option(sock->fd, term->option->level, term->option->number, &number);
    *value = value_integer(number);
    if (error) *trouble = errno_name(-error);
    return error ? EVAL_FAILED : EVAL_DONE;
}

static enum eval_status tcp_value(const struct sock *sock, const struct term *term, struct value *value,
                                  const char **trouble) {
    uint64_t number = 0;
    bool ok = sock->fd >= 0 && net_tcp_info(sock->fd, term->field->offset_bytes, term->field->width_bytes, &number);
    *value = value_integer(number);
    if (!ok) *trouble = "TCP_INFO is of an open TCP socket only";
    return ok ? EVAL_DONE : EVAL_FAILED;
}

// A connection that we closed first and that the kernel has forgotten: it should be in TIME_WAIT for a minute.
static bool should_be_in_time_wait(const struct sock *sock) {
    if (sock->fd >= 0 || !sock->connected || sock->was_reset || sock->reset_seen || !net_is_tcp(sock->family)) return false;
    for (uint8_t i = 0; i < sock->path.count; i++)
        if (sock->path.states[i] == STATE_FIN_WAIT1) return true;
    return false;
}

static const char TABLE_IS_FULL[] =
    "the kernel's table of TIME_WAIT sockets is full (net.ipv4.tcp_max_tw_buckets), and forgets connections at once";

static enum eval_status state_value(struct sock *sock, struct value *value, const char **trouble) {
    enum state state = sock_state(sock);
    *value = (struct value){.kind = VALUE_STATE, .state = state};
    if (state != STATE_CLOSE || !should_be_in_time_wait(sock) || !net_time_wait_is_full()) return EVAL_DONE;
    *trouble = TABLE_IS_FULL;
    return EVAL_UNSETTLED;
}

static enum eval_status lifecycle_value(struct sock *sock, struct arena *arena, struct value *value, const char **trouble) {
    enum state state = sock_state(sock);
    if (sock->family == FAMILY_MPTCP && (sock->connected || sock->connecting)) {
        *trouble = "the states of an MPTCP connection are not seen: its packets, and what the kernel says, are its subflows'";
        return EVAL_UNSETTLED;
    }
    struct state_path path;
    bool is_clear = lifecycle_path(sock, &path);
    *value = (struct value){.kind = VALUE_PATH, .path = arena_copy(arena, &path, sizeof path)};
    // A closed socket's path is complete when it has come to its end.
    enum state const kernels = state;
    if (sock->trace && path.count > 0) state = path.states[path.count - 1];
    // Where no packet says that there is no room for TIME_WAIT.
    if (state == STATE_TIME_WAIT && kernels == STATE_CLOSE && net_time_wait_is_full()) {
        *trouble = TABLE_IS_FULL;
        return EVAL_UNSETTLED;
    }
    bool ended = state == STATE_CLOSE || state == STATE_TIME_WAIT;
    return is_clear && (sock->fd >= 0 || ended) ? EVAL_DONE : EVAL_WAIT;
}

// A program's number as itself sees it. Of what it has started the kernel tells, for as long as that lives: proc(5), NSpid.
static pid_t own_pid(const struct case_run *run, pid_t pid) {
    for (uint32_t i = 0; run->programs && i < run->plan->instance_count; i++)
        if (atomic_load(&run->programs[i].ours) == pid) return atomic_load(&run->programs[i].own);
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = pid > 0 ? fopen(path, "re") : NULL;
    while (file && fgets(line, sizeof line, file)) {
        char *last = strrchr(line, '\t');
        if (strncmp(line, "NSpid:", strlen("NSpid:")) == 0 && last) pid = (pid_t)strtol(last, NULL, 10);
    }
    if (file) fclose(file);
    return pid;
}

static enum eval_status peer_value(const struct sock *sock, enum attribute attribute, struct value *value,
                                   const char **trouble) {
    pid_t pid = 0;
    uid_t uid = 0;
    int error = !net_carries_fds(sock->family) ? -EOPNOTSUPP : sock->fd < 0 ? -EBADF : net_peer_credentials(sock->fd, &pid, &uid);
    if (attribute == ATTRIBUTE_PEER_PID && !error) pid = own_pid(sock->part->run, pid);
    *value = value_integer(attribute == ATTRIBUTE_PEER_PID ? (integer)pid : (integer)uid);
    if (error == -EOPNOTSUPP) *trouble = "the kernel tells it of a Unix connection only";
    else if (error) *trouble = errno_name(-error);
    return error ? EVAL_FAILED : EVAL_DONE;
}

// Of a program's stdin, stdout and stderr.
static enum eval_status stream_value(struct sock *sock, enum attribute attribute, struct value *value,
                                     const char **trouble) {
    switch ((int)attribute) {
    case ATTRIBUTE_SENT: *value = value_integer(sock->sent_bytes); return EVAL_DONE;
    case ATTRIBUTE_RECEIVED: *value = value_integer(sock->received_bytes); return EVAL_DONE;
    case ATTRIBUTE_UNREAD: *value = value_integer(sock_unread(sock)); return EVAL_DONE;
    }
    *trouble = "a program's stdin, stdout and stderr are no sockets";
    return EVAL_FAILED;
}

// A slice of struct secured; nothing where there is no TLS.
static enum eval_status secured_value(const struct sock *sock, size_t offset_bytes, struct arena *arena, struct value *value) {
    struct slice text = {0};
    if (sock->secured) memcpy(&text, (const char *)sock->secured + offset_bytes, sizeof text);
    *value = value_text(arena, text);
    return EVAL_DONE;
}

static int socket_error(struct sock *sock) {
    if (sock->fd >= 0) {
        int pending = net_error(sock->fd);
        if (pending == ECONNRESET) sock->reset_seen = true;
        if (pending) sock->last_error = pending;
    }
    return sock->last_error;
}

enum eval_status attribute_of_socket(struct sock *sock, const struct term *term, struct arena *arena,
                                         struct value *value, const char **trouble) {
    const struct net_family *family = net_family(sock->family);
    struct address address;
    if (sock->stream) return stream_value(sock, term->attribute, value, trouble);
    switch (term->attribute) {
    case ATTRIBUTE_FD: *value = value_integer(sock->fd); return EVAL_DONE;
    case ATTRIBUTE_FAMILY: *value = value_integer(family->domain); return EVAL_DONE;
    case ATTRIBUTE_TYPE: *value = value_integer(family->type); return EVAL_DONE;
    case ATTRIBUTE_PROTOCOL: *value = value_integer(family->protocol); return EVAL_DONE;
    case ATTRIBUTE_LOCAL: *value = address_value(arena, sock_local(sock, &address)); return EVAL_DONE;
    case ATTRIBUTE_PEER: *value = address_value(arena, sock_peer(sock, &address)); return EVAL_DONE;
    case ATTRIBUTE_STATE: return state_value(sock, value, trouble);
    case ATTRIBUTE_LIFECYCLE: return lifecycle_value(sock, arena, value, trouble);
    case ATTRIBUTE_SENT: *value = value_integer(sock->sent_bytes); return EVAL_DONE;
    case ATTRIBUTE_RECEIVED: *value = value_integer(sock->received_bytes); return EVAL_DONE;
    case ATTRIBUTE_UNREAD: *value = value_integer(sock_unread(sock)); return EVAL_DONE;
    case ATTRIBUTE_ERROR: *value = value_integer(socket_error(sock)); return EVAL_DONE;
    case ATTRIBUTE_SENDER: *value = address_value(arena, sock_sender(sock)); return EVAL_DONE;
    case ATTRIBUTE_OPTION: return option_value(sock, term, value, trouble);
    case ATTRIBUTE_TCP: return tcp_value(sock, term, value, trouble);
    case ATTRIBUTE_PEER_PID:
    case ATTRIBUTE_PEER_UID: return peer_value(sock, term->attribute, value, trouble);
    case ATTRIBUTE_TLS_VERSION: return secured_value(sock, offsetof(struct secured, version), arena, value);
    case ATTRIBUTE_TLS_CIPHER: return secured_value(sock, offsetof(struct secured, cipher), arena, value);
    case ATTRIBUTE_TLS_ALPN: return secured_value(sock, offsetof(struct secured, alpn), arena, value);
    case ATTRIBUTE_TLS_PEER_NAME: return secured_value(sock, offsetof(struct secured, peer_name), arena, value);
    case ATTRIBUTE_ADDRESS:
    case ATTRIBUTE_DONE:
    case ATTRIBUTE_THREAD:
    case ATTRIBUTE_ACCEPTED:
    case ATTRIBUTE_OPEN_SOCKETS:
    case ATTRIBUTE_PID:
    case ATTRIBUTE_EXIT:
    case ATTRIBUTE_OPEN_FDS:
    case ATTRIBUTE_SCRATCH:
    case ATTRIBUTE_SOCKETS:
    case ATTRIBUTE_CA_FILE:
    case ATTRIBUTE_COUNT: break;
    }
    *trouble = "it is not of a socket";
    return EVAL_FAILED;
}

static enum eval_status open_fds_value(const struct actor_run *actor, struct value *value, const char **trouble) {
    const struct program *program = actor->program;
    if (program && program->phase == PROGRAM_WAITS && !actor->ended) return EVAL_WAIT;
    int64_t count = program && program->process ? process_open_fds(program->process) : -ENOENT;
    *value = value_integer(count);
    if (count >= 0) return EVAL_DONE;
    *trouble = count == -ENOENT ? "its process does not run" : errno_name((int)-count);
    return EVAL_FAILED;
}

enum eval_status attribute_of_instance(struct part *part, const struct term *term, uint32_t instance, struct arena *arena,
                                       struct value *value, const char **trouble) {
    struct actor_run *actor = part_actor(part, instance);
    switch (term->attribute) {
    case ATTRIBUTE_DONE: *value = value_boolean(actor->ended); return EVAL_DONE;
    case ATTRIBUTE_THREAD: *value = value_integer(part->thread); return EVAL_DONE;
    case ATTRIBUTE_ACCEPTED: *value = value_integer(actor->accepted); return EVAL_DONE;
    case ATTRIBUTE_OPEN_SOCKETS: *value = value_integer(actor->open_sockets); return EVAL_DONE;
    case ATTRIBUTE_OPEN_FDS: return open_fds_value(actor, value, trouble);
    case ATTRIBUTE_PID: // these two are futures
    case ATTRIBUTE_EXIT:
    case ATTRIBUTE_FD:
    case ATTRIBUTE_FAMILY:
    case ATTRIBUTE_TYPE:
    case ATTRIBUTE_PROTOCOL:
    case ATTRIBUTE_LOCAL:
    case ATTRIBUTE_PEER:
    case ATTRIBUTE_STATE:
    case ATTRIBUTE_LIFECYCLE:
    case ATTRIBUTE_SENT:
    case ATTRIBUTE_RECEIVED:
    case ATTRIBUTE_UNREAD:
    case ATTRIBUTE_ERROR:
    case ATTRIBUTE_SENDER:
    case ATTRIBUTE_OPTION:
    case ATTRIBUTE_TCP:
    case ATTRIBUTE_PEER_PID:
    case ATTRIBUTE_PEER_UID:
    case ATTRIBUTE_TLS_VERSION:
    case ATTRIBUTE_TLS_CIPHER:
    case ATTRIBUTE_TLS_ALPN:
    case ATTRIBUTE_TLS_PEER_NAME:
    case ATTRIBUTE_ADDRESS:
    case ATTRIBUTE_SCRATCH:
    case ATTRIBUTE_SOCKETS:
    case ATTRIBUTE_CA_FILE:
    case ATTRIBUTE_COUNT: break;
    }
    if (actor->latest) return attribute_of_socket(actor->latest, term, arena, value, trouble);
    if (!actor->ended) return EVAL_WAIT; // it may yet make one
    *trouble = "it never had a socket";
    return EVAL_FAILED;
}

enum eval_status attribute_of_all(struct part *part, const struct term *term, struct arena *arena, struct value *value,
                                  const char **trouble) {
    const struct actor *actor = &part->run->plan->actors[term->actor];
    integer sum = 0;
    for (uint32_t i = 0; i < actor->instance_count; i++) {
        if (!part_actor(part, actor->first_instance + i)) continue;
        enum eval_status status = attribute_of_instance(part, term, actor->first_instance + i, arena, value, trouble);
        if (status != EVAL_DONE) return status;
        sum += value->number;
    }
    *value = value_integer(sum);
    return EVAL_DONE;
}
