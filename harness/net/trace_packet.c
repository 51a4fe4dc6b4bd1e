#include "trace_packet.h"

#include <string.h>

enum { IPV4_MIN_BYTES = 20, IPV6_BYTES = 40, TCP_MIN_BYTES = 20, FRAGMENT_BYTES = 8 };

// What is left of a packet; every take checks what there is.
struct rest {
    const uint8_t *data;
    size_t len_bytes;   // that were kept
    size_t whole_bytes; // that there were
};

static uint32_t be16(const uint8_t *data) { return (uint32_t)data[0] << 8 | data[1]; }
static uint32_t be32(const uint8_t *data) { return be16(data) << 16 | be16(data + 2); }

static bool skip(struct rest *rest, size_t len_bytes) {
    if (len_bytes > rest->len_bytes || len_bytes > rest->whole_bytes) return false;
    rest->data += len_bytes;
    rest->len_bytes -= len_bytes;
    rest->whole_bytes -= len_bytes;
    return true;
}

// What stands behind the IP packet in its frame is padding. A length of 0 is a packet too long for the field (BIG TCP).
static bool cut(struct rest *rest, size_t packet_bytes) {
    if (packet_bytes > rest->whole_bytes) return false;
    rest->whole_bytes = packet_bytes;
    if (rest->len_bytes > packet_bytes) rest->len_bytes = packet_bytes;
    return true;
}

static void map_ipv4(struct trace_point *point, const uint8_t *host) {
    memset(point->host, 0, 10);
    memset(point->host + 10, 0xff, 2);
    memcpy(point->host + 12, host, 4);
}

// RFC 1071: the kernel takes no packet whose header does not add up. Its own, and so all but a forged one, always do.
static bool adds_up(const uint8_t *header, size_t len_bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len_bytes; i += 2) sum += be16(header + i);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

static bool take_ipv4(struct rest *rest, struct trace_packet *packet) {
    if (rest->len_bytes < IPV4_MIN_BYTES) return false;
    const uint8_t *ip = rest->data;
    size_t const header_bytes = (size_t)(ip[0] & 0x0f) * 4, total_bytes = be16(ip + 2);
    bool const is_later_fragment = (be16(ip + 6) & 0x1fff) != 0;
    if (header_bytes < IPV4_MIN_BYTES || ip[9] != IPPROTO_TCP || is_later_fragment) return false;
    if (rest->len_bytes < header_bytes || !adds_up(ip, header_bytes)) return false;
    map_ipv4(&packet->from, ip + 12);
    map_ipv4(&packet->to, ip + 16);
    if (total_bytes != 0 && (total_bytes < header_bytes || !cut(rest, total_bytes))) return false;
    return skip(rest, header_bytes);
}

// Behind the extension headers of RFC 8200, section 4, as far as a TCP packet has them.
static bool skip_extensions(struct rest *rest, uint8_t next) {
    for (;;) {
        size_t header_bytes;
        switch (next) {
        case IPPROTO_TCP: return true;
        case IPPROTO_FRAGMENT:
            if (rest->len_bytes < FRAGMENT_BYTES || (be16(rest->data + 2) & 0xfff8) != 0) return false;
            header_bytes = FRAGMENT_BYTES;
            break;
        case IPPROTO_HOPOPTS:
        case IPPROTO_ROUTING:
        case IPPROTO_DSTOPTS:
            if (rest->len_bytes < 2) return false;
            header_bytes = (size_t)rest->data[1] * 8 + 8;
            break;
        default: return false;
        }
        next = rest->data[0];
        if (!skip(rest, header_bytes)) return false;
    }
}

static bool take_ipv6(struct rest *rest, struct trace_packet *packet) {
    if (rest->len_bytes < IPV6_BYTES) return false;
    const uint8_t *ip = rest->data;
    size_t const payload_bytes = be16(ip + 4);
    memcpy(packet->from.host, ip + 8, sizeof(packet->from.host));
    memcpy(packet->to.host, ip + 24, sizeof(packet->to.host));
    if (payload_bytes != 0 && !cut(rest, IPV6_BYTES + payload_bytes)) return false;
    return skip(rest, IPV6_BYTES) && skip_extensions(rest, ip[6]);
}

bool trace_parse(const uint8_t *data, size_t len_bytes, size_t whole_bytes, struct trace_packet *packet) {
    struct rest rest = {data, len_bytes, whole_bytes};
    if (len_bytes == 0 || len_bytes > whole_bytes) return false;
    unsigned const version = data[0] >> 4;
    if (version != 4 && version != 6) return false;
    if (!(version == 4 ? take_ipv4(&rest, packet) : take_ipv6(&rest, packet))) return false;

    if (rest.len_bytes < TCP_MIN_BYTES) return false;
    const uint8_t *tcp = rest.data;
    size_t const header_bytes = (size_t)(tcp[12] >> 4) * 4;
    if (header_bytes < TCP_MIN_BYTES || header_bytes > rest.whole_bytes) return false;
    packet->from.port = (uint16_t)be16(tcp);
    packet->to.port = (uint16_t)be16(tcp + 2);
    packet->seq = be32(tcp + 4);
    packet->ack = be32(tcp + 8);
    packet->flags = tcp[13] & (TRACE_FIN | TRACE_SYN | TRACE_RST | TRACE_ACK);
    size_t const payload_bytes = rest.whole_bytes - header_bytes;
    packet->len_bytes = (uint32_t)payload_bytes;
    return payload_bytes <= INT32_MAX; // else nobody knows how long it is
}

bool trace_point_of(const struct address *address, struct trace_point *point) {
    int64_t const port = address_port(address);
    if (address->len_bytes == 0 || port <= 0) return false;
    point->port = (uint16_t)port;
    switch (address->as.any.sa_family) {
    case AF_INET: map_ipv4(point, (const uint8_t *)&address->as.in.sin_addr); return true;
    case AF_INET6: memcpy(point->host, &address->as.in6.sin6_addr, sizeof(point->host)); return true;
    default: return false;
    }
}
