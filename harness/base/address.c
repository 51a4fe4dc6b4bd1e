#include "base/address.h"

#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { LOOPBACK_INDEX = 1 }; // of lo, in every network namespace

static const size_t PATH_OFFSET_BYTES = offsetof(struct sockaddr_un, sun_path);

// A Unix address's name: a path without its NUL, or an abstract name with the NUL it begins with. Empty: no name.
static struct slice unix_name(const struct address *address) {
    size_t len_bytes = address->len_bytes;
    if (len_bytes <= PATH_OFFSET_BYTES) return slice_of(NULL, 0);
    if (len_bytes > sizeof(address->as.un)) len_bytes = sizeof(address->as.un);
    const char *name = address->as.un.sun_path;
    len_bytes -= PATH_OFFSET_BYTES;
    return slice_of(name, name[0] == '\0' ? len_bytes : strnlen(name, len_bytes));
}

static bool is_l2(const struct address *address) {
    return address->len_bytes == sizeof(struct sockaddr_l2);
}

static struct bluetooth_device device_of(const struct address *address) {
    return is_l2(address) ? address->as.l2.l2_bdaddr : address->as.rc.rc_bdaddr;
}

bool address_is_none(const struct address *address) {
    if (address->len_bytes == 0) return true;
    return address->as.any.sa_family == AF_UNIX && unix_name(address).len_bytes == 0;
}

struct address address_unmapped(const struct address *address) {
    struct address plain = *address;
    if (address->len_bytes == 0 || address->as.any.sa_family != AF_INET6) return plain;
    const struct sockaddr_in6 *in6 = &address->as.in6;
    if (!IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) return plain;
    plain = (struct address){.len_bytes = sizeof(struct sockaddr_in)};
    plain.as.in.sin_family = AF_INET;
    plain.as.in.sin_port = in6->sin6_port;
    memcpy(&plain.as.in.sin_addr, &in6->sin6_addr.s6_addr[12], sizeof(plain.as.in.sin_addr));
    return plain;
}

// Equal, or one of them does not say.
static bool same_where_said(uint32_t a, uint32_t b) {
    return a == b || a == 0 || b == 0;
}

static bool packet_equal(const struct sockaddr_ll *a, const struct sockaddr_ll *b) {
    return a->sll_ifindex == b->sll_ifindex && same_where_said(a->sll_protocol, b->sll_protocol);
}

static bool can_equal(const struct sockaddr_can *a, const struct sockaddr_can *b) {
    return a->can_ifindex == b->can_ifindex && same_where_said(a->can_addr.tp.tx_id, b->can_addr.tp.tx_id) &&
           same_where_said(a->can_addr.tp.rx_id, b->can_addr.tp.rx_id);
}

static bool bluetooth_equal(const struct address *a, const struct address *b) {
    struct bluetooth_device left = device_of(a), right = device_of(b);
    if (is_l2(a) != is_l2(b) || memcmp(&left, &right, sizeof(left)) != 0) return false;
    if (address_port(a) != address_port(b)) return false;
    return !is_l2(a) || same_where_said(a->as.l2.l2_cid, b->as.l2.l2_cid);
}

bool address_equal(const struct address *a, const struct address *b) {
    if (address_is_none(a) || address_is_none(b)) return address_is_none(a) && address_is_none(b);
    struct address left = address_unmapped(a), right = address_unmapped(b);
    if (left.as.any.sa_family != right.as.any.sa_family) return false;
    switch (left.as.any.sa_family) {
    case AF_INET:
        return left.as.in.sin_port == right.as.in.sin_port && left.as.in.sin_addr.s_addr == right.as.in.sin_addr.s_addr;
    case AF_INET6:
        return left.as.in6.sin6_port == right.as.in6.sin6_port &&
               left.as.in6.sin6_scope_id == right.as.in6.sin6_scope_id &&
               IN6_ARE_ADDR_EQUAL(&left.as.in6.sin6_addr, &right.as.in6.sin6_addr);
    case AF_UNIX: return slice_equal(unix_name(&left), unix_name(&right));
    case AF_PACKET: return packet_equal(&left.as.ll, &right.as.ll);
    case AF_CAN: return can_equal(&left.as.can, &right.as.can);
    case AF_BLUETOOTH: return bluetooth_equal(&left, &right);
    case AF_VSOCK: return left.as.vm.svm_cid == right.as.vm.svm_cid && left.as.vm.svm_port == right.as.vm.svm_port;
    }
    return left.len_bytes == right.len_bytes && memcmp(&left.as, &right.as, left.len_bytes) == 0;
}

// A path as it is, an abstract name behind `@`; a NUL inside one is written as `@` too, as in /proc/net/unix.
static void unix_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]) {
    struct slice name = unix_name(address);
    for (size_t i = 0; i < name.len_bytes; i++) text[i] = name.data[i] == '\0' ? '@' : (char)name.data[i];
    text[name.len_bytes] = '\0';
}

static void bluetooth_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]) {
    struct bluetooth_device const device = device_of(address);
    const uint8_t *b = device.bytes;
    snprintf(text, ADDRESS_TEXT_BYTES, "%02X:%02X:%02X:%02X:%02X:%02X", b[5], b[4], b[3], b[2], b[1], b[0]);
}

static void vsock_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]) {
    uint32_t const cid = address->as.vm.svm_cid;
    snprintf(text, ADDRESS_TEXT_BYTES, cid == VMADDR_CID_ANY ? "any" : "%" PRIu32, cid);
}

const char *address_host(const struct address *address, char text[ADDRESS_TEXT_BYTES]) {
    snprintf(text, ADDRESS_TEXT_BYTES, "none");
    if (address_is_none(address)) return text;
    switch (address->as.any.sa_family) {
    case AF_INET: inet_ntop(AF_INET, &address->as.in.sin_addr, text, ADDRESS_TEXT_BYTES); break;
    case AF_INET6: inet_ntop(AF_INET6, &address->as.in6.sin6_addr, text, ADDRESS_TEXT_BYTES); break;
    case AF_UNIX: unix_text(address, text); break;
    case AF_PACKET:
    case AF_CAN: snprintf(text, ADDRESS_TEXT_BYTES, "%.*s", IFNAMSIZ, address->interface); break;
    case AF_BLUETOOTH: bluetooth_text(address, text); break;
    case AF_VSOCK: vsock_text(address, text); break;
    }
    return text;
}

// What stands behind an interface: an ethertype, or the identifiers of isotp.
static void append_words(const struct address *address, char text[ADDRESS_TEXT_BYTES]) {
    if (address_is_none(address)) return;
    size_t const len = strlen(text);
    const struct sockaddr_can *can = &address->as.can;
    if (address->as.any.sa_family == AF_PACKET && address->as.ll.sll_protocol)
        snprintf(text + len, ADDRESS_TEXT_BYTES - len, " 0x%04x", ntohs(address->as.ll.sll_protocol));
    if (address->as.any.sa_family == AF_CAN && (can->can_addr.tp.tx_id || can->can_addr.tp.rx_id))
        snprintf(text + len, ADDRESS_TEXT_BYTES - len, " 0x%" PRIx32 " 0x%" PRIx32,
                 can->can_addr.tp.tx_id & CAN_EFF_MASK, can->can_addr.tp.rx_id & CAN_EFF_MASK);
}

const char *address_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]) {
    int64_t const port = address_port(address);
    char host[ADDRESS_TEXT_BYTES];
    address_host(address, port < 0 ? text : host);
    if (port < 0) {
        append_words(address, text);
        return text;
    }
    bool is_in6 = address->as.any.sa_family == AF_INET6;
    snprintf(text, ADDRESS_TEXT_BYTES, is_in6 ? "[%.*s]:%" PRId64 : "%.*s:%" PRId64, INET6_ADDRSTRLEN, host, port);
    return text;
}

int64_t address_port(const struct address *address) {
    if (address->len_bytes == 0) return -1;
    switch (address->as.any.sa_family) {
    case AF_INET: return ntohs(address->as.in.sin_port);
    case AF_INET6: return ntohs(address->as.in6.sin6_port);
    case AF_BLUETOOTH: return is_l2(address) ? le16toh(address->as.l2.l2_psm) : address->as.rc.rc_channel;
    case AF_VSOCK: return address->as.vm.svm_port == VMADDR_PORT_ANY ? 0 : address->as.vm.svm_port;
    }
    return -1;
}

void address_set_port(struct address *address, uint16_t port) {
    if (address->len_bytes == 0) return;
    switch (address->as.any.sa_family) {
    case AF_INET: address->as.in.sin_port = htons(port); break;
    case AF_INET6: address->as.in6.sin6_port = htons(port); break;
    }
}

bool address_parse_port(struct slice text, uint16_t *port) {
    if (text.len_bytes == 0 || text.len_bytes > 5) return false;
    if (text.data[0] == '0' && text.len_bytes > 1) return false;
    unsigned value = 0;
    for (size_t i = 0; i < text.len_bytes; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        value = value * 10 + (text.data[i] - '0');
    }
    if (value > UINT16_MAX) return false;
    *port = (uint16_t)value;
    return true;
}

static bool parse_host(struct slice host, int family, struct address *address) {
    char text[INET6_ADDRSTRLEN];
    if (host.len_bytes == 0 || host.len_bytes >= sizeof(text)) return false;
    if (memchr(host.data, '\0', host.len_bytes)) return false;
    memcpy(text, host.data, host.len_bytes);
    text[host.len_bytes] = '\0';

    *address = (struct address){.len_bytes = sizeof(struct sockaddr_in)};
    address->as.in.sin_family = AF_INET;
    if (family == AF_INET) return inet_pton(AF_INET, text, &address->as.in.sin_addr) == 1;

    *address = (struct address){.len_bytes = sizeof(struct sockaddr_in6)};
    address->as.in6.sin6_family = AF_INET6;
    return inet_pton(AF_INET6, text, &address->as.in6.sin6_addr) == 1;
}

static const uint8_t *find_byte(struct slice text, int byte) {
    return text.len_bytes == 0 ? NULL : memchr(text.data, byte, text.len_bytes);
}

bool address_parse(struct slice text, struct address *address, bool *has_port) {
    struct slice host = text;
    const uint8_t *end = text.len_bytes == 0 ? NULL : text.data + text.len_bytes;
    const uint8_t *colon = NULL; // the one before the port
    int family = AF_INET;

    if (text.len_bytes > 0 && text.data[0] == '[') {
        const uint8_t *bracket = find_byte(text, ']');
        if (!bracket) return false;
        family = AF_INET6;
        host = slice_of(text.data + 1, (size_t)(bracket - text.data) - 1);
        if (bracket + 1 < end) {
            colon = bracket + 1;
            if (*colon != ':') return false;
        }
    } else {
        colon = find_byte(text, ':');
        if (colon && memchr(colon + 1, ':', (size_t)(end - colon) - 1)) {
            family = AF_INET6; // two colons and no brackets: a host alone
            colon = NULL;
        }
        if (colon) host.len_bytes = (size_t)(colon - text.data);
    }

    uint16_t port = 0;
    if (colon && !address_parse_port(slice_of(colon + 1, (size_t)(end - colon) - 1), &port)) return false;
    if (!parse_host(host, family, address)) return false;
    address_set_port(address, port);
    *has_port = colon != NULL;
    return true;
}

static bool is_loopback_host(in_addr_t host) {
    return host >> 24 == IN_LOOPBACKNET || host == INADDR_ANY;
}

bool address_is_loopback(const struct address *address) {
    if (address->len_bytes == 0) return false;
    struct address plain = address_unmapped(address);
    const struct in6_addr *in6 = &plain.as.in6.sin6_addr;
    switch (plain.as.any.sa_family) {
    case AF_INET: return is_loopback_host(ntohl(plain.as.in.sin_addr.s_addr));
    case AF_INET6: return IN6_IS_ADDR_LOOPBACK(in6) || IN6_IS_ADDR_UNSPECIFIED(in6);
    case AF_PACKET: return plain.as.ll.sll_ifindex == LOOPBACK_INDEX;
    case AF_VSOCK: return plain.as.vm.svm_cid == VMADDR_CID_LOCAL || plain.as.vm.svm_cid == VMADDR_CID_ANY;
    case AF_UNIX:
    case AF_CAN:
    case AF_BLUETOOTH: return true;
    }
    return false;
}
