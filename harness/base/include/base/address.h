// Socket addresses as values: what getsockname(2) gives and bind(2) takes.
#ifndef SOCKDRILL_BASE_ADDRESS_H
#define SOCKDRILL_BASE_ADDRESS_H

#include "base/bluetooth.h"
#include "base/slice.h"

#include <linux/can.h>
#include <linux/if_packet.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

// A plain value. len_bytes == 0: no address (`none`). A Unix socket without a name has just its family, and is `none`
// too.
struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_ll ll;
        struct sockaddr_can can;
        struct sockaddr_vm vm;
        struct sockaddr_l2 l2; // len_bytes tells it from `rc`
        struct sockaddr_rc rc;
    } as;
    socklen_t len_bytes;
    char interface[IFNAMSIZ]; // packet and can: the name, since an index means something in its own namespace only
};

enum { ADDRESS_TEXT_BYTES = 160 };

bool address_is_none(const struct address *address);

// Same family, host and port (or path); an IPv4-mapped IPv6 address equals its IPv4 address. None equals none. What
// only one of the two says is not compared: an ethertype (a packet socket that only sends has none), the identifiers of
// isotp (a raw CAN socket has none), an L2CAP channel (an endpoint has none).
bool address_equal(const struct address *a, const struct address *b);

// "192.168.0.114:4400", "[::1]:80", a Unix path, "@abstract", "lo 0x88b5", "vcan0 0x700 0x708",
// "00:AA:01:00:00:00:4097", "1:4400" (vsock; a CID of VMADDR_CID_ANY is "any"), "none"; into `text`, which is returned.
const char *address_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]);

// The host alone: "192.168.0.114", "::1", "00:AA:01:00:00:00"; a Unix address has its path here, packet and can the
// interface.
const char *address_host(const struct address *address, char text[ADDRESS_TEXT_BYTES]);

// The port in host order, an L2CAP PSM, an RFCOMM channel; -1 where the family has none.
int64_t address_port(const struct address *address);

// Reads "1.2.3.4:80", "[::1]:80", "1.2.3.4" or "::1" or "[::1]" (port 0 then, has_port false). Numbers only, no
// look-up. False: not an address; *address is unspecified then.
bool address_parse(struct slice text, struct address *address, bool *has_port);

// A port as text: 0 to 65535 in decimal digits and nothing else, no sign and no leading zero. False: not a port.
bool address_parse_port(struct slice text, uint16_t *port);

// Sets the port (host order) of an IPv4 or IPv6 address; nothing on others.
void address_set_port(struct address *address, uint16_t port);

// An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) as the IPv4 address it stands for; any other as it is.
struct address address_unmapped(const struct address *address);

// "00:AA:01:00:00:00:4097": a device of six pairs of hexadecimal digits, and a PSM (l2cap) or a channel up to 30
// (rfcomm).
bool address_parse_l2cap(struct slice text, struct address *address);
bool address_parse_rfcomm(struct slice text, struct address *address);

// "1:4400"; for the CID also `local`, `any`, `host`. Port 0 is VMADDR_PORT_ANY: the kernel picks.
bool address_parse_vsock(struct slice text, struct address *address);

// An ethertype from 1 to 0xffff, in host order.
bool address_parse_ethertype(struct slice text, uint16_t *ethertype);

// A CAN identifier: above 0x7ff it is an extended one, of 29 bits, and gets CAN_EFF_FLAG.
bool address_parse_can_id(struct slice text, canid_t *id);

// Whether only this machine can be meant: 127.0.0.0/8, ::1, the unspecified address; a packet address on lo, a vsock
// one with the CID local or any; and every Unix, CAN and Bluetooth address, which no IP network reaches.
bool address_is_loopback(const struct address *address);

#endif
