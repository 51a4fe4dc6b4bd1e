// Sockets of every family the harness can play, and what the kernel says of them.
//
// Every descriptor made here is non-blocking and close-on-exec; no call here waits. Calls return 0 or a count on
// success and a negative errno on failure (man 3 errno), never touch errno themselves, and never raise SIGPIPE.
// Threads: any thread may call anything on a descriptor it owns; a struct diag_socket is owned by one worker.
#ifndef SOCKDRILL_NET_NET_H
#define SOCKDRILL_NET_NET_H

#include "base/address.h"
#include "base/state.h"
#include "script/tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum endpoint_form { FORM_INET, FORM_PATH };

// One line of net/families.def. Immutable.
struct net_family {
    enum family_word word;
    int domain, type, protocol; // socket(2)
    enum endpoint_form form;
    bool built; // false: this build cannot play it
};

const struct net_family *net_family(enum family_word word);

// A bracketed IPv6 host makes `tcp` an IPv6 socket: the kind that is really meant by an address; `word` where no other
// is.
enum family_word net_family_for(enum family_word word, const struct address *address);

// "HOST:PORT" (a name that getaddrinfo knows, or numbers), a Unix path or "@abstract" as an address. A relative Unix
// path lies in `folder` (NULL: where it is). Unless allow_network, a host outside loopback is -EACCES, and so is every
// name but `localhost`.
// -EINVAL: not an endpoint of that kind, -ENAMETOOLONG: longer than sun_path, -ENOENT: no such name, -EAFNOSUPPORT: a
// kind that this build cannot play; *address is none then. A name's look-up is the one thing here that may wait, for
// the resolver.
int net_endpoint(enum family_word word, const char *text, const char *folder, bool allow_network,
                 struct address *address);

// Whether its states are TCP's: tcp, tcp6, mptcp.
bool net_is_tcp(enum family_word word);
// Whether it keeps the edges of what is sent: datagrams and records. Else it is a stream.
bool net_keeps_edges(enum family_word word);
// Whether it needs no connection to send and receive: datagrams.
bool net_is_datagram(enum family_word word);

// socket(2) of that family; the descriptor, or e.g. -EAFNOSUPPORT, -EMFILE.
int net_socket(enum family_word word);
// bind(2); reuse sets SO_REUSEADDR first.
int net_bind(int fd, const struct address *address, bool reuse);
int net_listen(int fd, int backlog);
// A TCP port of 127.0.0.1 that nobody has at this moment, or a negative errno.
int net_free_port(void);
// The connection's descriptor, -EAGAIN when none is queued.
int net_accept(int fd);
// 0 connected, -EINPROGRESS: wait for writable, then ask net_connected. -EAGAIN: a Unix listener's queue is full.
int net_connect(int fd, const struct address *address);
// What became of a connect in progress: 0, -EINPROGRESS, or why it failed; -ENOTCONN when that was asked before. An
// error that came after the connection stood is left to the next send or recv.
int net_connected(int fd);

// Bytes taken by the kernel, -EAGAIN, -EPIPE, -ECONNRESET, ...
ssize_t net_send(int fd, const void *data, size_t len_bytes);
// sendto(2): one datagram to that address.
ssize_t net_send_to(int fd, const void *data, size_t len_bytes, const struct address *to);
// What recvmsg(2) says beside the bytes.
struct message_info {
    struct address sender; // none where it has no name
    bool truncated;        // it was longer than len_bytes
    bool ended;            // it is no record but the end of the connection: see net_stamp_records
};
// One whole datagram or record: its bytes, which may be none, -EAGAIN, -ECONNREFUSED, ...
ssize_t net_recv_message(int fd, void *data, size_t len_bytes, struct message_info *info);
// The same without consuming.
ssize_t net_peek_message(int fd, void *data, size_t len_bytes, struct message_info *info);
// On a record socket recv(2) is 0 for an empty record and for the end alike; but only a record has a time stamp, and this
// asks for them (SO_TIMESTAMP). 0 or a negative errno.
int net_stamp_records(int fd);
// Bytes read, 0 at the end of the stream, -EAGAIN, -ECONNRESET, ...
ssize_t net_recv(int fd, void *data, size_t len_bytes);
// The same without consuming.
ssize_t net_peek(int fd, void *data, size_t len_bytes);

int net_shutdown(int fd, enum shutdown_way way);
// close(2). `abortive`: with SO_LINGER 0, so that a TCP connection ends in a RST.
int net_close(int fd, bool abortive);

void net_local(int fd, struct address *address); // none where there is none
void net_peer(int fd, struct address *address);

int64_t net_queued_in(int fd);   // SIOCINQ: bytes that arrived and were not read; 0 for a listener
int64_t net_queued_out(int fd);  // SIOCOUTQ: bytes the peer's kernel has not acknowledged; a FIN is no byte
bool net_readable(int fd); // whether a recv, or an accept, would have something to say: bytes, an end, an error, a connection
bool net_writable(int fd);

// SO_ERROR without looking at anything else; consumes it. Positive errno, or 0.
int net_error(int fd);

// Integer options. -ENOPROTOOPT and so on.
int net_set_option(int fd, int level, int option, int value);
int net_get_option(int fd, int level, int option, int *value);

// A field of struct tcp_info (linux/tcp.h) at `offset_bytes`, 1, 4 or 8 bytes wide. False: this is no TCP socket, or
// the kernel's tcp_info is too short.
bool net_tcp_info(int fd, size_t offset_bytes, size_t width_bytes, uint64_t *value);

// The inode of an open socket, 0 where fstat(2) fails.
uint64_t net_inode(int fd);

// A NETLINK_SOCK_DIAG socket of the network namespace it was opened in; sock_diag(7).
struct diag_socket {
    int fd;            // -1: not open
    uint32_t sequence; // of the last request
};
int diag_open(struct diag_socket *diag);
void diag_close(struct diag_socket *diag);

// The kernel's state of an open socket: TCP_INFO for TCP, unix_diag by inode for a Unix socket (ESTABLISHED, LISTEN,
// CLOSE). STATE_ANY, here and below: the kernel would not say.
enum state net_state(struct diag_socket *diag, int fd);

// The state of a TCP connection by its address pair, whoever holds it: TIME_WAIT and orphans too. CLOSE when the kernel
// has forgotten it (an answer that is the listener's does not count). A Unix pair is CLOSE.
enum state net_state_of_pair(struct diag_socket *diag, const struct address *local, const struct address *peer);

// What waits in an orphan's queues (inet_diag's rqueue and wqueue, without the FIN that they count as a byte); false
// when the kernel has forgotten the pair.
bool net_queues_of_pair(struct diag_socket *diag, const struct address *local, const struct address *peer,
                        uint32_t *in_bytes, uint32_t *out_bytes);

// Whether the kernel's table of TIME_WAIT sockets is (nearly) full, net.ipv4.tcp_max_tw_buckets: then a connection goes to
// CLOSE where it should have stayed in TIME_WAIT. False where /proc does not say.
bool net_time_wait_is_full(void);

// Ends a connection's TIME_WAIT now, so that it no longer holds its port and a place in the kernel's table: 0, also where
// there is none, or a negative errno (-EPERM without CAP_NET_ADMIN, -EOPNOTSUPP where the kernel was built without it).
int net_end_time_wait(struct diag_socket *diag, const struct address *local, const struct address *peer);

// The inode of a Unix stream socket's peer (unix_diag's UNIX_DIAG_PEER), 0 where it has none.
uint64_t net_unix_peer_inode(struct diag_socket *diag, int fd);

// RLIMIT_NOFILE: raises the soft limit to the hard one. The limit then in force.
uint64_t net_raise_descriptor_limit(void);

#endif
