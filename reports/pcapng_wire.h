// TCP and UDP over IP, as packets are made, and an Ethernet header as lo has them: RFC 791, RFC 8200, RFC 9293, RFC 768,
// RFC 3828. Private to the pcapng sink.
#ifndef SOCKDRILL_REPORTS_PCAPNG_WIRE_H
#define SOCKDRILL_REPORTS_PCAPNG_WIRE_H

#include "base/buffer.h"

#include <stdint.h>

// An end of a made packet. A plain value.
struct wire_point {
    bool is_ipv6;
    uint8_t host[16]; // IPv4: the first four
    uint16_t port;
};

enum wire_flag { WIRE_FIN = 0x01, WIRE_SYN = 0x02, WIRE_RST = 0x04, WIRE_PSH = 0x08, WIRE_ACK = 0x10 };
enum { WIRE_SEGMENT_BYTES = 65483, WIRE_DATAGRAM_BYTES = 65000, WIRE_UDPLITE = 136 };

// A plain value; both points are of one IP version.
struct wire_packet {
    struct wire_point from, to;
    uint8_t protocol; // IPPROTO_TCP, IPPROTO_UDP, WIRE_UDPLITE
    uint8_t flags;    // TCP; a SYN says that windows are as large as they can be
    uint32_t seq, ack;
    struct slice payload; // WIRE_SEGMENT_BYTES at the most
};

// The packet with its checksums behind what `out` has.
void wire_packet(const struct wire_packet *packet, struct buffer *out);

#endif
