#include "netlink.h"

#include "loaded/mnl.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

// An answer repeats the request's header, and may explain an error in words.
enum { REQUEST_BYTES = 512, ANSWER_BYTES = 1024 };

// One request, filled in from the front.
struct request {
    _Alignas(struct nlmsghdr) char bytes[REQUEST_BYTES];
    struct nlmsghdr *header;
};

// Begins a request; answers its family's own header, `extra_bytes` zero bytes behind netlink's.
static void *request_begin(struct request *request, uint16_t type, uint16_t flags, size_t extra_bytes) {
    request->header = mnl_nlmsg_put_header(request->bytes);
    request->header->nlmsg_type = type;
    request->header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    request->header->nlmsg_seq = 1; // the socket's only one
    return mnl_nlmsg_put_extra_header(request->header, extra_bytes);
}

// A text from a scenario. False: longer than any name the kernel takes.
static bool put_text(struct request *request, uint16_t attribute, const char *text) {
    if (strlen(text) >= IFNAMSIZ) return false;
    mnl_attr_put_strz(request->header, attribute, text);
    return true;
}

static bool put_address(struct request *request, uint16_t attribute, const struct address *address) {
    switch (address->as.any.sa_family) {
    case AF_INET:
        mnl_attr_put(request->header, attribute, sizeof address->as.in.sin_addr, &address->as.in.sin_addr);
        return true;
    case AF_INET6:
        mnl_attr_put(request->header, attribute, sizeof address->as.in6.sin6_addr, &address->as.in6.sin6_addr);
        return true;
    }
    return false;
}

// The kernel does what it is asked while we send; its answer, an errno, is there when the call returns.
static int converse(const struct mnl_socket *netlink, const struct request *request) {
    _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
    unsigned const port = mnl_socket_get_portid(netlink);
    if (mnl_socket_sendto(netlink, request->header, request->header->nlmsg_len) < 0) return -errno;
    ssize_t const len_bytes = mnl_socket_recvfrom(netlink, answer, sizeof answer);
    if (len_bytes < 0) return -errno;
    return mnl_cb_run(answer, (size_t)len_bytes, request->header->nlmsg_seq, port, NULL, NULL) < 0 ? -errno : 0;
}

static int ask(const struct request *request) {
    struct mnl_socket *netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!netlink) return -errno;
    int const error = mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : converse(netlink, request);
    mnl_socket_close(netlink);
    return error;
}

const char *netlink_lacks(void) { return library_load(&mnl_library); }

int link_up(const char *name) {
    if (netlink_lacks()) return -ELIBACC;
    struct request request;
    struct ifinfomsg *link = request_begin(&request, RTM_NEWLINK, 0, sizeof *link);
    link->ifi_flags = link->ifi_change = IFF_UP;
    return put_text(&request, IFLA_IFNAME, name) ? ask(&request) : -ENAMETOOLONG;
}

int link_set_mtu(const char *name, uint32_t mtu_bytes) {
    if (netlink_lacks()) return -ELIBACC;
    struct request request;
    request_begin(&request, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
    if (!put_text(&request, IFLA_IFNAME, name)) return -ENAMETOOLONG;
    mnl_attr_put_u32(request.header, IFLA_MTU, mtu_bytes);
    return ask(&request);
}

int link_make(const char *name, const char *kind) {
    if (netlink_lacks()) return -ELIBACC;
    struct request request;
    struct ifinfomsg *link = request_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *link);
    link->ifi_flags = link->ifi_change = IFF_UP;
    if (!put_text(&request, IFLA_IFNAME, name)) return -ENAMETOOLONG;
    struct nlattr *info = mnl_attr_nest_start(request.header, IFLA_LINKINFO);
    if (!put_text(&request, IFLA_INFO_KIND, kind)) return -ENAMETOOLONG;
    mnl_attr_nest_end(request.header, info);
    return ask(&request);
}

int link_add_address(const char *name, const struct address *address, uint8_t prefix_bits) {
    if (netlink_lacks()) return -ELIBACC;
    unsigned const index = if_nametoindex(name);
    if (index == 0) return -errno;
    struct request request;
    struct ifaddrmsg *message = request_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *message);
    *message = (struct ifaddrmsg){
        .ifa_family = (uint8_t)address->as.any.sa_family,
        .ifa_prefixlen = prefix_bits,
        .ifa_flags = address->as.any.sa_family == AF_INET6 ? IFA_F_NODAD : 0,
        .ifa_scope = RT_SCOPE_UNIVERSE,
        .ifa_index = index,
    };
    return put_address(&request, IFA_LOCAL, address) ? ask(&request) : -EAFNOSUPPORT;
}

int route_add(const struct address *to, uint8_t prefix_bits, enum world_route_kind kind) {
    if (netlink_lacks()) return -ELIBACC;
    static const uint8_t types[] = {
        [ROUTE_UNREACHABLE] = RTN_UNREACHABLE,
        [ROUTE_BLACKHOLE] = RTN_BLACKHOLE,
        [ROUTE_PROHIBIT] = RTN_PROHIBIT,
    };
    struct request request;
    struct rtmsg *message = request_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *message);
    *message = (struct rtmsg){
        .rtm_family = (uint8_t)to->as.any.sa_family,
        .rtm_dst_len = prefix_bits,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_scope = RT_SCOPE_UNIVERSE,
        .rtm_type = types[kind],
    };
    return put_address(&request, RTA_DST, to) ? ask(&request) : -EAFNOSUPPORT;
}

int route_add_local(const char *name, const struct address *to) {
    if (netlink_lacks()) return -ELIBACC;
    unsigned const index = if_nametoindex(name);
    if (index == 0) return -errno;
    struct request request;
    struct rtmsg *message = request_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *message);
    *message = (struct rtmsg){
        .rtm_family = AF_INET6,
        .rtm_dst_len = 128,
        .rtm_table = RT_TABLE_LOCAL,
        .rtm_protocol = RTPROT_KERNEL,
        .rtm_type = RTN_LOCAL,
    };
    mnl_attr_put(request.header, RTA_DST, sizeof to->as.in6.sin6_addr, &to->as.in6.sin6_addr);
    mnl_attr_put_u32(request.header, RTA_OIF, index);
    int const error = ask(&request);
    return error == -EEXIST ? 0 : error; // the kernel was first
}

int queue_set(const char *name, const struct token_bucket *bucket) {
    if (netlink_lacks()) return -ELIBACC;
    // Told what link this is, the kernel works the times out by itself and wants no table of them; and told the
    // bucket's size in bytes, it does not look at how long the bucket takes to fill.
    struct tc_tbf_qopt options = {
        .rate.linklayer = TC_LINKLAYER_ETHERNET,
        .rate.rate = bucket->bytes_per_s > UINT32_MAX ? UINT32_MAX : (uint32_t)bucket->bytes_per_s,
        .limit = bucket->limit_bytes,
    };
    unsigned const index = if_nametoindex(name);
    if (index == 0) return -errno;
    struct request request;
    struct tcmsg *message = request_begin(&request, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, sizeof *message);
    message->tcm_ifindex = (int)index;
    message->tcm_parent = TC_H_ROOT;
    mnl_attr_put_strz(request.header, TCA_KIND, "tbf");
    struct nlattr *nest = mnl_attr_nest_start(request.header, TCA_OPTIONS);
    mnl_attr_put(request.header, TCA_TBF_PARMS, sizeof options, &options);
    mnl_attr_put_u32(request.header, TCA_TBF_BURST, bucket->burst_bytes);
    if (bucket->bytes_per_s > UINT32_MAX) mnl_attr_put_u64(request.header, TCA_TBF_RATE64, bucket->bytes_per_s);
    mnl_attr_nest_end(request.header, nest);
    return ask(&request);
}
