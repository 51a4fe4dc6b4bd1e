// Socket addresses as values: what getsockname(2) gives and bind(2) takes.
#ifndef SOCKDRILL_BASE_ADDRESS_H
#define SOCKDRILL_BASE_ADDRESS_H

#include "base/slice.h"

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
    } as;
    socklen_t len_bytes;
};

enum { ADDRESS_TEXT_BYTES = 160 };

bool address_is_none(const struct address *address);

// Same family, host and port (or path); an IPv4-mapped IPv6 address equals its IPv4 address. None equals none.
bool address_equal(const struct address *a, const struct address *b);

// "192.168.0.114:4400", "[::1]:80", a Unix path, "@abstract", "none"; into `text`, which is returned.
const char *address_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]);

// The host alone: "192.168.0.114", "::1"; a Unix address has its path here.
const char *address_host(const struct address *address, char text[ADDRESS_TEXT_BYTES]);

// The port in host order, or -1 where the family has none.
int address_port(const struct address *address);

// Reads "1.2.3.4:80", "[::1]:80", "1.2.3.4" or "::1" or "[::1]" (port 0 then, has_port false). Numbers only, no
// look-up. False: not an address; *address is unspecified then.
bool address_parse(struct slice text, struct address *address, bool *has_port);

// A port as text: 0 to 65535 in decimal digits and nothing else, no sign and no leading zero. False: not a port.
bool address_parse_port(struct slice text, uint16_t *port);

// Sets the port (host order) of an IPv4 or IPv6 address; nothing on others.
void address_set_port(struct address *address, uint16_t port);

// An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) as the IPv4 address it stands for; any other as it is.
struct address address_unmapped(const struct address *address);

// Whether only this machine can be meant: 127.0.0.0/8, ::1, the unspecified address, and every Unix address.
bool address_is_loopback(const struct address *address);

#endif
