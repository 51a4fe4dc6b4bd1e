// Why a family cannot be played on this machine, found out by trying.
#include "forms.h"
#include "script/script.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool net_socket_lacks(enum family_word word, int error, struct buffer *reason) {
    const char *name = script_family_word(word);
    if (!net_family(word)->built) {
        buffer_printf(reason, "%s sockets are not built yet", name);
        return true;
    }
    const char *why = strerrorname_np(-error);
    switch (-error) {
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
        // Bluetooth's answer is the same in every network namespace but the machine's first.
        buffer_printf(reason, "this kernel has no %s sockets%s: socket(2) says %s", name,
                      net_family(word)->is_global ? " in this network namespace" : "", why);
        return true;
    case EPERM:
        if (net_family(word)->domain != AF_PACKET) return false;
        buffer_printf(reason, "%s sockets need CAP_NET_RAW (and before Linux 5.17 CAP_NET_ADMIN, for SO_MARK): %s", name, why);
        return true;
    }
    return false;
}

// Bound to the CID of the loopback, which is an address only where something carries to it.
static int vsock_loopback_error(int fd) {
    struct address local = {.len_bytes = sizeof(local.as.vm)};
    local.as.vm = (struct sockaddr_vm){.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = VMADDR_PORT_ANY};
    return net_bind(fd, &local, false);
}

bool net_family_lacks(enum family_word word, enum net_reach reach, struct buffer *reason) {
    int const fd = net_socket(word);
    if (fd < 0) return net_socket_lacks(word, fd, reason);
    int const error = net_family(word)->domain == AF_VSOCK && reach != REACH_NAMES ? vsock_loopback_error(fd) : 0;
    close(fd);
    if (error != -EADDRNOTAVAIL) return false;
    buffer_printf(reason, "this kernel has no loopback for vsock (vsock_loopback): bind(2) to VMADDR_CID_LOCAL says %s",
                  strerrorname_np(-error));
    return true;
}
