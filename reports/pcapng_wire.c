#include "pcapng_wire.h"

#include <netinet/in.h>
#include <string.h>

enum {
    ETHERNET_BYTES = 14,
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    TCP_BYTES = 20,
    SYN_OPTION_BYTES = 8,
    UDP_BYTES = 8,
    HEADERS_BYTES = IPV6_BYTES + TCP_BYTES + SYN_OPTION_BYTES,
    HOPS = 64,
    DONT_FRAGMENT = 0x40,
};

static void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

// RFC 1071. `sum` is what came before, of an even number of bytes.
static uint64_t add_up(uint64_t sum, const uint8_t *bytes, size_t len_bytes) {
    for (size_t i = 0; i + 1 < len_bytes; i += 2) sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return len_bytes % 2 ? sum + ((uint32_t)bytes[len_bytes - 1] << 8) : sum;
}

static uint16_t checksum(uint64_t sum) {
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static size_t put_ipv4(const struct wire_packet *packet, size_t len_bytes, uint8_t *ip) {
    ip[0] = 4 << 4 | IPV4_BYTES / 4;
    put16(ip + 2, (uint32_t)(IPV4_BYTES + len_bytes));
    ip[6] = DONT_FRAGMENT;
    ip[8] = HOPS;
    ip[9] = packet->protocol;
    memcpy(ip + 12, packet->from.host, 4);
    memcpy(ip + 16, packet->to.host, 4);
    put16(ip + 10, checksum(add_up(0, ip, IPV4_BYTES)));
    return IPV4_BYTES;
}

static size_t put_ipv6(const struct wire_packet *packet, size_t len_bytes, uint8_t *ip) {
    ip[0] = 6 << 4;
    put16(ip + 4, (uint32_t)len_bytes);
    ip[6] = packet->protocol;
    ip[7] = HOPS;
    memcpy(ip + 8, packet->from.host, 16);
    memcpy(ip + 24, packet->to.host, 16);
    return IPV6_BYTES;
}

// Where its checksum stands.
static uint8_t *put_tcp(const struct wire_packet *packet, size_t header_bytes, uint8_t *tcp) {
    static const uint8_t SYN_OPTIONS[SYN_OPTION_BYTES] = {
        2, 4, WIRE_SEGMENT_BYTES >> 8, WIRE_SEGMENT_BYTES & 0xff, 3, 3, 14, 1};
    put32(tcp + 4, packet->seq);
    put32(tcp + 8, packet->flags & WIRE_ACK ? packet->ack : 0);
    tcp[12] = (uint8_t)(header_bytes / 4 << 4);
    tcp[13] = packet->flags;
    put16(tcp + 14, 0xffff);
    if (packet->flags & WIRE_SYN) memcpy(tcp + TCP_BYTES, SYN_OPTIONS, sizeof SYN_OPTIONS);
    return tcp + 16;
}

// UDP-Lite says here how much the checksum covers: 0 is all.
static uint8_t *put_udp(const struct wire_packet *packet, size_t len_bytes, uint8_t *udp) {
    put16(udp + 4, packet->protocol == WIRE_UDPLITE ? 0 : (uint32_t)len_bytes);
    return udp + 6;
}

void wire_packet(const struct wire_packet *packet, struct buffer *out) {
    uint8_t headers[HEADERS_BYTES] = {0};
    bool const is_tcp = packet->protocol == IPPROTO_TCP;
    size_t const header_bytes = !is_tcp                    ? UDP_BYTES
                                : packet->flags & WIRE_SYN ? TCP_BYTES + SYN_OPTION_BYTES
                                                           : TCP_BYTES;
    size_t const len_bytes = header_bytes + packet->payload.len_bytes;
    bool const is_ipv6 = packet->from.is_ipv6;
    size_t const ip_bytes = is_ipv6 ? put_ipv6(packet, len_bytes, headers) : put_ipv4(packet, len_bytes, headers);
    uint8_t *const header = headers + ip_bytes;
    put16(header, packet->from.port);
    put16(header + 2, packet->to.port);
    uint8_t *const sum_at = is_tcp ? put_tcp(packet, header_bytes, header) : put_udp(packet, len_bytes, header);
    // RFC 9293, section 3.1, and RFC 8200, section 8.1: of both addresses, the protocol and the length, too.
    size_t const host_bytes = is_ipv6 ? 16 : 4;
    uint64_t sum = add_up(packet->protocol + len_bytes, packet->from.host, host_bytes);
    sum = add_up(add_up(sum, packet->to.host, host_bytes), header, header_bytes);
    uint16_t const whole = checksum(add_up(sum, packet->payload.data, packet->payload.len_bytes));
    put16(sum_at, whole == 0 && !is_tcp ? 0xffff : whole); // 0 is none
    uint8_t const ethernet[ETHERNET_BYTES] = {[12] = is_ipv6 ? 0x86 : 0x08, [13] = is_ipv6 ? 0xdd : 0x00};
    buffer_add(out, ethernet, sizeof ethernet);
    buffer_add(out, headers, ip_bytes + header_bytes);
    buffer_slice(out, packet->payload);
}
