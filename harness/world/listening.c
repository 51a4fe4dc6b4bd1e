#include "listening.h"

#include "base/memory.h"
#include "loaded/mnl.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { PIECE_BYTES = 32 * 1024 }; // of an answer; the kernel fills as much as there is room for

enum precision { ELSEWHERE, AT_ANY_OF_BOTH, AT_ANY, EXACTLY }; // of both: IPv6, and IPv4 with it

// One question, and what comes of its answers.
struct look {
    const struct address *address;
    int type;
    struct stat node; // of a Unix path; st_ino 0: there is none
    struct listening *found;
};

void listening_fini(struct listening *found) {
    free(found->sockets);
    *found = (struct listening){0};
}

struct listening_socket *listening_socket(const struct listening *found, uint32_t inode) {
    for (uint32_t i = 0; i < found->count; i++)
        if (found->sockets[i].inode == inode) return &found->sockets[i];
    return NULL;
}

// Only those that are bound most closely get what is sent there.
static void note(struct look *look, enum precision precision, uint32_t inode, uint16_t port) {
    struct listening *const found = look->found;
    bool const is_any = address_port(look->address) == 0; // which are the closest is another matter at each port
    if (precision == ELSEWHERE || (!is_any && (int)precision < found->precision)) return;
    if (!is_any && (int)precision > found->precision) found->count = 0;
    found->precision = (int)precision;
    if ((found->count & (found->count - 1)) == 0)
        found->sockets = memory_need(realloc(found->sockets, (found->count ? 2 * (size_t)found->count : 1) * sizeof *found->sockets));
    found->sockets[found->count++] = (struct listening_socket){.inode = inode, .port = port};
}

static int converse(const struct nlmsghdr *request, mnl_cb_t each, struct look *look) {
    struct mnl_socket *netlink = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    if (!netlink) return -errno;
    char *const answer = memory_need(malloc(PIECE_BYTES)); // no thread's own: every thread that starts would have it cleared
    int error = mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
    if (error == 0 && mnl_socket_sendto(netlink, request, request->nlmsg_len) < 0) error = -errno;
    for (int more = MNL_CB_OK; error == 0 && more > MNL_CB_STOP;) {
        ssize_t const len = mnl_socket_recvfrom(netlink, answer, PIECE_BYTES);
        if (len < 0) error = -errno;
        else more = mnl_cb_run(answer, (size_t)len, request->nlmsg_seq, mnl_socket_get_portid(netlink), each, look);
        if (more < 0 && errno != EINTR) error = -errno; // EINTR: sockets came and went
    }
    free(answer);
    mnl_socket_close(netlink);
    return error;
}

static void *request_begin(char *bytes, size_t body_bytes) {
    struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
    header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->nlmsg_seq = 1; // the socket's only one
    return mnl_nlmsg_put_extra_header(header, body_bytes);
}

// Of a datagram socket: bound, and not connected.
static uint32_t states(int type) {
    return type == SOCK_DGRAM ? 1u << TCP_CLOSE : 1u << TCP_LISTEN;
}

// --- IPv4 and IPv6

static bool takes_ipv4_too(const struct nlmsghdr *header) {
    struct nlattr *attribute;
    mnl_attr_for_each(attribute, header,
                      sizeof(struct inet_diag_msg)) if (mnl_attr_get_type(attribute) ==
                                                        INET_DIAG_SKV6ONLY) return mnl_attr_get_u8(attribute) == 0;
    return false;
}

static enum precision inet_precision(const struct address *wanted, const struct inet_diag_msg *bound, bool is_both) {
    static const struct in6_addr any;
    struct address here = {.len_bytes = sizeof here.as.in};
    here.as.any.sa_family = bound->idiag_family;
    size_t const host_bytes =
        bound->idiag_family == AF_INET6 ? sizeof here.as.in6.sin6_addr : sizeof here.as.in.sin_addr;
    if (bound->idiag_family == AF_INET6) {
        here.len_bytes = sizeof here.as.in6;
        memcpy(&here.as.in6.sin6_addr, bound->id.idiag_src, host_bytes);
    } else {
        memcpy(&here.as.in.sin_addr, bound->id.idiag_src, host_bytes);
    }
    address_set_port(&here, address_port(wanted) ? ntohs(bound->id.idiag_sport) : 0);
    if (address_equal(&here, wanted)) return EXACTLY;
    if (memcmp(bound->id.idiag_src, &any, host_bytes) != 0) return ELSEWHERE;
    if (bound->idiag_family == wanted->as.any.sa_family) return AT_ANY;
    return is_both ? AT_ANY_OF_BOTH : ELSEWHERE;
}

static int take_inet(const struct nlmsghdr *header, void *data) {
    struct look *look = data;
    const struct inet_diag_msg *bound = mnl_nlmsg_get_payload(header);
    if (mnl_nlmsg_get_payload_len(header) < sizeof *bound) return MNL_CB_OK;
    if (bound->id.idiag_sport == 0) return MNL_CB_OK; // not bound yet
    note(look, inet_precision(look->address, bound, takes_ipv4_too(header)), bound->idiag_inode, ntohs(bound->id.idiag_sport));
    return MNL_CB_OK;
}

static int find_inet(struct look *look, int protocol) {
    static const uint8_t domains[] = {AF_INET, AF_INET6};
    int error = 0;
    for (size_t i = look->address->as.any.sa_family == AF_INET6; i < 2 && error == 0; i++) {
        _Alignas(struct nlmsghdr) char bytes[256] = {0};
        struct inet_diag_req_v2 *body = request_begin(bytes, sizeof *body);
        body->sdiag_family = domains[i];
        body->sdiag_protocol = (uint8_t)protocol;
        body->idiag_states = states(look->type);
        body->id.idiag_sport = htons((uint16_t)address_port(look->address));
        error = converse((struct nlmsghdr *)(void *)bytes, take_inet, look);
    }
    return error;
}

// --- Unix

// The path may have been another socket's once, which still has the name, and it may have been named otherwise when it was bound:
// what it leads to now is asked for.
static bool is_at_node(const struct look *look, const struct unix_diag_vfs *vfs, bool is_same_name) {
    if (look->node.st_ino == 0 || vfs->udiag_vfs_ino != (uint32_t)look->node.st_ino) return false;
    unsigned const device = vfs->udiag_vfs_dev; // as the kernel itself has it: 12 bits and 20
    // A file system over several devices may have one number for the kernel, another for stat(2).
    return is_same_name || (device >> 20 == major(look->node.st_dev) && (device & 0xfffff) == minor(look->node.st_dev));
}

// A path may be followed by a NUL or not; an abstract name's bytes all count.
static bool is_name_of(const struct address *address, const char *name, size_t name_bytes) {
    const char *wanted = address->as.un.sun_path;
    size_t wanted_bytes = address->len_bytes - offsetof(struct sockaddr_un, sun_path);
    if (wanted[0] != '\0') {
        wanted_bytes = strnlen(wanted, wanted_bytes);
        name_bytes = strnlen(name, name_bytes);
    }
    return name_bytes == wanted_bytes && memcmp(name, wanted, wanted_bytes) == 0;
}

static int take_unix(const struct nlmsghdr *header, void *data) {
    struct look *look = data;
    const struct unix_diag_msg *bound = mnl_nlmsg_get_payload(header);
    if (mnl_nlmsg_get_payload_len(header) < sizeof *bound || bound->udiag_type != look->type) return MNL_CB_OK;
    bool const is_abstract = look->address->as.un.sun_path[0] == '\0';
    const struct unix_diag_vfs *vfs = NULL;
    bool is_same_name = false;
    struct nlattr *attribute;
    mnl_attr_for_each(attribute, header, sizeof *bound) {
        uint16_t const type = mnl_attr_get_type(attribute), bytes = mnl_attr_get_payload_len(attribute);
        if (type == UNIX_DIAG_VFS && bytes >= sizeof *vfs) vfs = mnl_attr_get_payload(attribute);
        if (type == UNIX_DIAG_NAME) is_same_name = is_name_of(look->address, mnl_attr_get_payload(attribute), bytes);
    }
    if (is_abstract ? is_same_name : vfs && is_at_node(look, vfs, is_same_name))
        note(look, EXACTLY, bound->udiag_ino, 0);
    return MNL_CB_OK;
}

static int find_unix(struct look *look) {
    _Alignas(struct nlmsghdr) char bytes[256] = {0};
    const struct sockaddr_un *wanted = &look->address->as.un;
    if (wanted->sun_path[0] != '\0') {
        char path[sizeof wanted->sun_path + 1] = {0}; // it need not end with a NUL
        memcpy(path, wanted->sun_path, look->address->len_bytes - offsetof(struct sockaddr_un, sun_path));
        if (stat(path, &look->node) != 0) return 0; // nothing is bound there
    }
    struct unix_diag_req *body = request_begin(bytes, sizeof *body);
    body->sdiag_family = AF_UNIX;
    body->udiag_states = states(look->type) | (look->type == SOCK_DGRAM ? 1u << TCP_ESTABLISHED : 0);
    body->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS;
    return converse((struct nlmsghdr *)(void *)bytes, take_unix, look);
}

int listening_find(int type, int protocol, const struct address *address, struct listening *found) {
    struct address const wanted = address_unmapped(address);
    struct look look = {.address = &wanted, .type = type, .found = found};
    if (address_is_none(address)) return -EINVAL;
    if (library_load(&mnl_library)) return -ELIBACC;
    switch (wanted.as.any.sa_family) {
    case AF_UNIX: return find_unix(&look);
    case AF_INET:
    case AF_INET6:
        if (type == SOCK_STREAM)
            return find_inet(&look, IPPROTO_TCP); // an MPTCP listener has one of these, with its own inode
        return find_inet(&look, protocol == IPPROTO_UDPLITE ? IPPROTO_UDPLITE : IPPROTO_UDP);
    }
    return -EAFNOSUPPORT;
}
