// Addresses of a socket: its own, its peer's, and those of its datagrams.
#include "linger.h"
#include "sock.h"

static const struct address NOBODY;

void sock_refresh_addresses(struct sock *sock) {
    if (sock->fd < 0) return;
    struct address local, peer;
    net_local(sock->fd, &local);
    net_peer(sock->fd, &peer);
    // What was known stays known: a connection that was reset has no peer any more, but it had one.
    if (!address_is_none(&local)) sock_set_local(sock, &local);
    if (!address_is_none(&peer)) sock_set_peer(sock, &peer);
}

const struct address *sock_local(const struct sock *sock, struct address *room) { return short_address_get(&sock->local, room); }
const struct address *sock_peer(const struct sock *sock, struct address *room) { return short_address_get(&sock->peer, room); }

bool sock_has_local(const struct sock *sock) {
    struct address local;
    return !address_is_none(sock_local(sock, &local));
}

bool sock_has_peer(const struct sock *sock) {
    struct address peer;
    return !address_is_none(sock_peer(sock, &peer));
}

void sock_set_local(struct sock *sock, const struct address *local) {
    linger_note_local(sock, local);
    short_address_set(&sock->local, local, &sock->part->slab);
}

void sock_set_peer(struct sock *sock, const struct address *peer) {
    short_address_set(&sock->peer, peer, &sock->part->slab);
}

void sock_tell_addresses(const struct sock *sock) {
    struct address local, peer;
    journal_set_addresses(sock->part->journal, sock_local(sock, &local), sock_peer(sock, &peer));
}

// --- datagrams

struct sock_datagrams *sock_datagrams(struct sock *sock) {
    if (!sock->datagrams) sock->datagrams = slab_take(&sock->part->slab, sizeof *sock->datagrams);
    return sock->datagrams;
}

const struct address *sock_sender(const struct sock *sock) { return sock->datagrams ? &sock->datagrams->sender : &NOBODY; }
const struct address *sock_sent_to(const struct sock *sock) { return sock->datagrams ? &sock->datagrams->sent_to : &NOBODY; }
