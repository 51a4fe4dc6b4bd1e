// The route by which an IPv6 address is this machine's own. The kernel adds it behind the new address, some time after it has
// said that the address is there; until then packets to the address are refused, and a connect(2) fails or waits a second.
#include "namespaces.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static int send_route(struct mnl_socket *netlink, const struct address *to) {
    _Alignas(struct nlmsghdr) char bytes[256], answer[512];
    struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
    header->nlmsg_type = RTM_NEWROUTE;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    struct rtmsg *route = mnl_nlmsg_put_extra_header(header, sizeof *route);
    *route = (struct rtmsg){
        .rtm_family = AF_INET6,
        .rtm_dst_len = 128,
        .rtm_table = RT_TABLE_LOCAL,
        .rtm_protocol = RTPROT_KERNEL,
        .rtm_type = RTN_LOCAL,
    };
    mnl_attr_put(header, RTA_DST, sizeof to->as.in6.sin6_addr, &to->as.in6.sin6_addr);
    mnl_attr_put_u32(header, RTA_OIF, if_nametoindex("lo"));
    if (mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0) return -errno;
    ssize_t len = mnl_socket_recvfrom(netlink, answer, sizeof answer);
    if (len < 0) return -errno;
    return mnl_cb_run(answer, (size_t)len, 0, mnl_socket_get_portid(netlink), NULL, NULL) < 0 ? -errno : 0;
}

int local_route_add(const struct address *to) {
    struct mnl_socket *netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!netlink) return -errno;
    int error = mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : send_route(netlink, to);
    mnl_socket_close(netlink);
    return error == -EEXIST ? 0 : error; // the kernel was first
}
