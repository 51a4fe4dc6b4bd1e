// Sockets of every family the harness can play, and what the kernel says of them.
//
// Every descriptor made here is non-blocking and close-on-exec; no call here waits. Calls return 0 or a count on
// success and a negative errno on failure (man 3 errno), never touch errno themselves, and never raise SIGPIPE.
// Threads: any thread may call anything on a descriptor it owns; a struct diag_socket is owned by one worker.
#ifndef SOCKDRILL_NET_NET_H
#define SOCKDRILL_NET_NET_H

#include "base/address.h"
#include "base/buffer.h"
#include "base/state.h"
#include "script/tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum endpoint_form {
#define ENDPOINT_FORM(id, reader, words_min, words_max, synopsis) FORM_##id,
#include "net/forms.def"
};

// One line of net/families.def. Immutable.
struct net_family {
    enum family_word word;
    int domain, type, protocol; // socket(2)
    enum endpoint_form form;
    bool is_global; // the kernel makes its sockets in the first network namespace only, or has one space for all of them
    bool built; // false: this build cannot play it
};

const struct net_family *net_family(enum family_word word);

// A bracketed IPv6 host makes `tcp` an IPv6 socket: the kind that is really meant by an address; `word` where no other
// is.
enum family_word net_family_for(enum family_word word, const struct address *address);

// How far an endpoint may reach.
enum net_reach {
    REACH_LOOPBACK,  // this machine only, and no name but `localhost`
    REACH_ADDRESSES, // any address, and no name but `localhost`
    REACH_NAMES,     // and every name that getaddrinfo knows
};

// The words of an endpoint (see net/forms.def) as an address: "HOST:PORT" (a name, or numbers), a Unix path or
// "@abstract", "lo" "0x88b5", ... A relative Unix path lies in `folder` (NULL: where it is). An interface is looked up
// in the calling thread's network namespace. What lies beyond `reach` is -EACCES: a host outside loopback, a name, an
// interface, a CID. (CAN and Bluetooth leave no IP network, and are always within; a CID is in no namespace, and needs
// REACH_NAMES.) -EINVAL: not an endpoint of that kind, -ENAMETOOLONG: longer than sun_path, -ENOENT: no such name,
// -ENODEV: no such interface, -EAFNOSUPPORT: a kind that this build cannot play; *address is none then. A name's
// look-up is the one thing here that may wait, for the resolver.
int net_endpoint(enum family_word word, const char *const *words, uint32_t word_count, const char *folder,
                 enum net_reach reach, struct address *address);

// Whether that family cannot be played here, and why, into `reason`: this kernel has none, this process may not, or
// (unless it may reach names, and so another machine) vsock has no loopback. Asked by trying, in the calling thread's
// network namespace.
bool net_family_lacks(enum family_word word, enum net_reach reach, struct buffer *reason);
// Whether net_socket failed so for want of the family, and not for want of room; `reason` as above.
bool net_socket_lacks(enum family_word word, int error, struct buffer *reason);

// Whether its states are TCP's: tcp, tcp6, mptcp.
bool net_is_tcp(enum family_word word);
// Whether it keeps the edges of what is sent: datagrams and records. Else it is a stream.
bool net_keeps_edges(enum family_word word);
// Whether it needs no connection to send and receive: datagrams and frames.
bool net_is_datagram(enum family_word word);
// Whether an address may go with what is sent: datagrams, but for isotp, whose peer bind settles.
bool net_sends_to(enum family_word word);
// Whether descriptors cross it: Unix sockets.
bool net_carries_fds(enum family_word word);
// Whether it lies on an IP network: what is on its way there arrives before anybody else can run.
bool net_is_ip(enum family_word word);
// The kind of an open socket, whoever made it: 0, -ENOTSOCK, or -EPFNOSUPPORT where no endpoint kind is one.
int net_family_of(int fd, enum family_word *word);

// socket(2) of that family; the descriptor, or e.g. -EAFNOSUPPORT, -EMFILE. A packet socket does not see what it sends
// itself: -EPERM where SO_MARK, with which that is done, is refused.
int net_socket(enum family_word word);
// bind(2); reuse sets SO_REUSEADDR first.
int net_bind(int fd, const struct address *address, bool reuse);
int net_listen(int fd, int backlog);
// A TCP port of 127.0.0.1 that nobody has at this moment, or a negative errno.
int net_free_port(void);
// The connection's descriptor, -EAGAIN when none is queued. Where it comes from goes to `peer` (which may be NULL): accept(2)
// tells it even of a connection that was reset in the queue, of which getpeername(2) knows nothing any more.
int net_accept(int fd, struct address *peer);
// 0 connected, -EINPROGRESS: wait for writable, then ask net_connected. -EAGAIN: a Unix listener's queue is full.
int net_connect(int fd, const struct address *address);
// What became of a connect in progress: 0, -EINPROGRESS, or why it failed; -ENOTCONN when that was asked before. An
// error that came after the connection stood is left to the next send or recv.
int net_connected(int fd);

// Bytes taken by the kernel, -EAGAIN, -EPIPE, -ECONNRESET, ...
ssize_t net_send(int fd, const void *data, size_t len_bytes);
// The same with MSG_MORE: TCP keeps it back until more follows, a FIN too.
ssize_t net_send_more(int fd, const void *data, size_t len_bytes);
// sendto(2): one datagram to that address.
ssize_t net_send_to(int fd, const void *data, size_t len_bytes, const struct address *to);
// The same, or with NULL for `to` as net_send, and descriptors go along: SCM_RIGHTS of unix(7). With the first byte of
// a stream: what the kernel leaves of the bytes is sent without them.
ssize_t net_send_fds(int fd, const void *data, size_t len_bytes, const struct address *to, const int *fds, uint32_t count);

enum { NET_FDS_MAX = 253 }; // SCM_MAX_FD: of one message
// Descriptors that came along. Whoever received them owns them.
struct net_fds {
    int fds[NET_FDS_MAX]; // as far as `count`
    uint32_t count;
    bool lost; // more came than this process may hold (RLIMIT_NOFILE)
};
// What recvmsg(2) says beside the bytes.
struct message_info {
    struct address sender; // none where it has no name
    bool truncated;        // it was longer than len_bytes
    bool ended;            // it is no record but the end of the connection: see net_stamp_records
};
// One whole datagram or record: its bytes, which may be none, -EAGAIN, -ECONNREFUSED, ... The descriptors that came
// with it go into `fds`; NULL where it is no Unix socket.
ssize_t net_recv_message(int fd, void *data, size_t len_bytes, struct message_info *info, struct net_fds *fds);
// The same without consuming.
ssize_t net_peek_message(int fd, void *data, size_t len_bytes, struct message_info *info);
// On a record socket recv(2) is 0 for an empty record and for the end alike; but only a record has a time stamp, and
// this asks for them (SO_TIMESTAMP). 0 or a negative errno.
int net_stamp_records(int fd);
// Bytes read, 0 at the end of the stream, -EAGAIN, -ECONNRESET, ...
ssize_t net_recv(int fd, void *data, size_t len_bytes);
// The same of a TCP socket, and how much waits behind what was read, a FIN as a byte; -1: it does not tell, see below.
ssize_t net_recv_left(int fd, void *data, size_t len_bytes, int *left_bytes);
// From here on it does, or not: TCP_INQ, since Linux 4.18. 0 or a negative errno.
int net_tell_left(int fd, bool tells);
// The same of a Unix stream, with the descriptors that came along: at the most those of one send(2), and no byte behind
// it.
ssize_t net_recv_fds(int fd, void *data, size_t len_bytes, struct net_fds *fds);
// What a descriptor is of that is no socket: "a regular file (/etc/hosts)", "a pipe".
void net_describe_fd(int fd, struct buffer *out);
// Who has the other end of a connected Unix socket, or had when it was connected: SO_PEERCRED. 0, or -ENOTCONN where
// nobody has.
int net_peer_credentials(int fd, pid_t *pid, uid_t *uid);
// The same without consuming.
ssize_t net_peek(int fd, void *data, size_t len_bytes);

int net_shutdown(int fd, enum shutdown_way way);
// close(2). `abortive`: with SO_LINGER 0, so that a TCP connection ends in a RST.
int net_close(int fd, bool abortive);

void net_local(int fd, struct address *address); // none where there is none
void net_peer(int fd, struct address *address);

// Bytes that arrived and were not read, of datagrams those of the first: SIOCINQ, or a peek; 0 for a listener.
int64_t net_queued_in(int fd);
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

// Whether listen(2) was called on it: SO_ACCEPTCONN.
bool net_is_listening(int fd);
// Whether it has a peer, be it one without a name: getpeername(2).
bool net_is_connected(int fd);

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
// CLOSE); of other families whether it listens (LISTEN), is connected (ESTABLISHED), or neither (CLOSE). STATE_ANY,
// here and below: the kernel would not say; so it is while a Bluetooth connection comes about.
enum state net_state(struct diag_socket *diag, int fd);

// The state of a TCP connection by its address pair, whoever holds it: TIME_WAIT and orphans too. CLOSE when the kernel
// has forgotten it (an answer that is the listener's does not count). A Unix pair is CLOSE.
enum state net_state_of_pair(struct diag_socket *diag, const struct address *local, const struct address *peer);

// What waits in an orphan's queues (inet_diag's rqueue and wqueue, without the FIN that they count as a byte); false
// when the kernel has forgotten the pair.
bool net_queues_of_pair(struct diag_socket *diag, const struct address *local, const struct address *peer,
                        uint32_t *in_bytes, uint32_t *out_bytes);

// Whether nobody holds that end any more, and the kernel still knows it: its process has closed it.
bool net_is_orphan(struct diag_socket *diag, const struct address *local, const struct address *peer);

// Whether the kernel's table of TIME_WAIT sockets is (nearly) full, net.ipv4.tcp_max_tw_buckets: then a connection goes
// to CLOSE where it should have stayed in TIME_WAIT. False where /proc does not say.
bool net_time_wait_is_full(void);

// Ends a connection's TIME_WAIT now, so that it no longer holds its port and a place in the kernel's table: 0, also
// where there is none, or a negative errno (-EPERM without CAP_NET_ADMIN, -EOPNOTSUPP where the kernel was built
// without it).
int net_end_time_wait(struct diag_socket *diag, const struct address *local, const struct address *peer);

// How many TCP sockets of its network namespace are in that state, IPv4 and IPv6, whoever holds them: orphans,
// TIME_WAIT and, as SYN_RECV, connections that no accept could have got yet. Or a negative errno.
int64_t net_count_sockets(struct diag_socket *diag, enum state state);

// How many connections wait for an accept at that listener, or a negative errno: -EOPNOTSUPP of a family that the kernel does not
// tell it of.
int64_t net_waiting(struct diag_socket *diag, int fd);

// A listener at which connections wait for an accept.
struct net_queue {
    struct address local; // none: a Unix listener without a name
    uint32_t count;
};

// Every such listener of its network namespace, TCP's and Unix ones, whoever holds it; at most `most` of them, into
// `queues`. How many those are, or a negative errno.
int net_queues(struct diag_socket *diag, struct net_queue *queues, unsigned most);

// The inode of a Unix stream socket's peer (unix_diag's UNIX_DIAG_PEER), 0 where it has none.
uint64_t net_unix_peer_inode(struct diag_socket *diag, int fd);

// RLIMIT_NOFILE: raises the soft limit to the hard one. The limit then in force.
uint64_t net_raise_descriptor_limit(void);

#endif
