// Frames as the interface has them, packet(7).
//
// On lo every frame comes back, to the socket that sent it too. What such a socket sends carries a mark that no other
// has, and its filter lets nothing of that mark in.
#include "forms.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>

int packet_endpoint(const struct endpoint_text *text, struct address *address) {
    uint16_t ethertype = 0; // only sends
    *address = (struct address){.len_bytes = sizeof(address->as.ll)};
    if (text->word_count > 1 && !address_parse_ethertype(slice_text(text->words[1]), &ethertype)) return -EINVAL;
    int const error = interface_find(text->words[0], address, &address->as.ll.sll_ifindex);
    if (error) return error;
    address->as.ll.sll_family = AF_PACKET;
    address->as.ll.sll_protocol = htons(ethertype);
    address->as.ll.sll_halen = ETH_ALEN; // all zero, as lo's is: whom a cooked frame is for
    return text->reach == REACH_LOOPBACK && !address_is_loopback(address) ? -EACCES : 0;
}

int packet_ignore_own(int fd) {
    uint32_t const mark = (uint32_t)net_inode(fd); // of no other socket on this machine
    struct sock_filter unmarked[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mark, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog const filter = {.len = sizeof(unmarked) / sizeof(*unmarked), .filter = unmarked};
    int error = net_set_option(fd, SOL_SOCKET, SO_MARK, (int)mark);
    if (error) return error;
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0) return -errno;
    // With every ethertype (ETH_P_ALL) a frame comes a second time, when it goes out.
    return net_set_option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
}
