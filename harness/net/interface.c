// Network interfaces by name and by number, netdevice(7).
#include "forms.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

int interface_find(const char *name, struct address *address, int *index) {
    if (name[0] == '\0' || strlen(name) >= sizeof(address->interface)) return -ENODEV;
    *index = (int)if_nametoindex(name);
    if (*index == 0) return -ENODEV;
    strcpy(address->interface, name);
    return 0;
}

static int index_of(const struct address *address) {
    switch (address->as.any.sa_family) {
    case AF_PACKET: return address->as.ll.sll_ifindex;
    case AF_CAN: return address->as.can.can_ifindex;
    }
    return 0;
}

// By the socket and not by if_indextoname(3): the thread may be in another namespace by now.
void interface_name(int fd, struct address *address) {
    struct ifreq request = {.ifr_ifindex = address->len_bytes == 0 ? 0 : index_of(address)};
    if (request.ifr_ifindex == 0 || ioctl(fd, SIOCGIFNAME, &request) < 0) return;
    memcpy(address->interface, request.ifr_name, sizeof(address->interface));
}
