// What a waiting task says of itself when the case is stopped.
#include "env.h"
#include "program.h"
#include "sock.h"
#include "steps.h"
#include "stream.h"
#include "task.h"

#include <string.h>

void describe_socket(const struct sock *sock, struct buffer *out) {
    if (sock->stream) {
        buffer_printf(out, "its %s", stream_word(sock->stream));
        return;
    }
    char text[ADDRESS_TEXT_BYTES];
    struct address room;
    if (sock->name) buffer_printf(out, "'%s' ", sock->name);
    buffer_text(out, sock_has_local(sock) ? address_text(sock_local(sock, &room), text) : "unnamed");
    if (sock->connected || sock->connecting)
        buffer_printf(out, " <-> %s", sock_has_peer(sock) ? address_text(sock_peer(sock, &room), text) : "unnamed");
}

static void describe_recv(struct task *task, const struct step *step, struct buffer *out) {
    const struct progress *progress = &task->progress;
    struct sock *sock = task_socket(task);
    buffer_text(out, "for ");
    if (step->silence) {
        buffer_slice(out, span_text(step->silence->span));
        buffer_text(out, " of silence");
    } else if (sock && !progress->matched && step->pattern->element_count > 0) {
        recv_wants(task, step, sock, out);
    } else if (step->ending == ENDING_EOF) buffer_text(out, "eof");
    else if (step->ending == ENDING_RESET) buffer_text(out, "a reset");
    else if (step->ending == ENDING_CLOSED) buffer_text(out, "the end of the connection");
    else buffer_text(out, "bytes");
    if (!sock) return;
    buffer_text(out, " on ");
    describe_socket(sock, out);
    if (!recv_is_underway(task)) return;
    buffer_text(out, ", ");
    matcher_came(progress->matcher, out);
    buffer_text(out, " of it have come");
}

static void describe_barrier(struct task *task, const struct step *step, struct buffer *out) {
    buffer_printf(out, "at barrier %s", task->part->run->plan->barriers[step->name].text);
}

static void describe_accept(struct task *task, const struct step *step, struct buffer *out) {
    const struct progress *progress = &task->progress;
    char text[ADDRESS_TEXT_BYTES];
    if (step->accept_form == ACCEPT_MANY && progress->taken >= progress->connections) {
        buffer_printf(out, "for %u of its %llu connections to end", progress->children, (unsigned long long)progress->connections);
        return;
    }
    buffer_text(out, "for a connection");
    if (step->accept_form == ACCEPT_MANY)
        buffer_printf(out, " (%u of %llu have come)", progress->taken, (unsigned long long)progress->connections);
    struct address local;
    if (progress->socket) buffer_printf(out, " at %s", address_text(sock_local(progress->socket, &local), text));
}

// At which port does not matter: it is the one found then.
static bool listens_anywhere(const struct program *program, enum family_word family, struct address *host) {
    const struct net_family *const net = net_family(family);
    address_set_port(host, 0);
    return process_listens(program->process, net->type, net->protocol, host) == 1;
}

// Where it listens in place of that: at another port, or at the other address that localhost is.
static void describe_elsewhere(struct task *task, const struct step *step, struct buffer *out) {
    const struct program *program = task->actor->program;
    enum family_word family;
    struct address at;
    char text[ADDRESS_TEXT_BYTES];
    bool has_port;
    if (!program->process || env_endpoint(task, step->operand, &family, &at) != STEP_DONE) return;
    if (address_port(&at) <= 0) return; // a path's; or it listens nowhere
    if (!listens_anywhere(program, family, &at)) {
        address_parse(slice_text(at.as.any.sa_family == AF_INET ? "::1" : "127.0.0.1"), &at, &has_port);
        family = net_family_for(family, &at);
        if (!listens_anywhere(program, family, &at)) return;
    }
    buffer_printf(out, "; it listens at %s %s", script_family_word(family), address_text(&at, text));
}

static void describe_listens(struct task *task, const struct step *step, struct buffer *out) {
    struct program *program = task->actor->program;
    struct slice at = span_text(step->operand->span);
    buffer_printf(out, "for %s to listen at %.*s: ", program->name, (int)at.len_bytes, (const char *)at.data);
    program_state_words(program, out);
    buffer_text(out, ", and nothing of it listens there");
    describe_elsewhere(task, step, out);
    program_room_words(task->part->run, task->actor->instance, out);
}

void describe_wait(struct task *task, struct buffer *out) {
    const struct step *step = task_step(task);
    if (task->waits_for) {
        buffer_text(out, task->waits_for);
        // Told of a case that was stopped, it stands below what may have been that very process's end.
        if (task->waits_exit && !task->part->halted) buffer_text(out, ", which still runs");
        if (task->waits_exit) program_room_words(task->part->run, task->waits_program, out);
        return;
    }
    if (!task->step_entered) { // what its progress tells is of the step before
        buffer_text(out, "for its turn");
        return;
    }
    struct sock *sock = task_socket(task);
    if (step->kind == STEP_RECV) {
        describe_recv(task, step, out);
    } else if (step->kind == STEP_LISTENS) {
        describe_listens(task, step, out);
    } else if (step->kind == STEP_BARRIER) {
        describe_barrier(task, step, out);
    } else if (step->kind == STEP_ACCEPT) {
        describe_accept(task, step, out);
    } else if (step->kind == STEP_SEND && sock) {
        buffer_text(out, "for room to send on ");
        if (sock->stream) buffer_text(out, "its stdin");
        else describe_socket(sock, out);
        buffer_printf(out, ", %llu of %llu bytes are sent", (unsigned long long)task->progress.sent_bytes,
                      (unsigned long long)(task->progress.bytes ? task->progress.bytes->len_bytes : 0));
        if (sock->stream) program_room_words(task->part->run, task->actor->instance, out);
    } else if (step->kind == STEP_TLS && sock) {
        buffer_text(out, task->progress.matched ? "for what the peer makes of the TLS handshake on "
                                                : "for the peer's part of the TLS handshake on ");
        describe_socket(sock, out);
    } else if (step->kind == STEP_CONNECT && task->progress.socket) {
        buffer_text(out, "for the connection ");
        describe_socket(task->progress.socket, out);
    } else {
        buffer_text(out, "for its turn");
    }
}
