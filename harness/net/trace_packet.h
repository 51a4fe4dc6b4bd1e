// One TCP packet as a trace needs it: RFC 791, RFC 8200, RFC 9293.
#ifndef SOCKDRILL_NET_TRACE_PACKET_H
#define SOCKDRILL_NET_TRACE_PACKET_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_HEADER_BYTES = 128 }; // of a packet: every header that matters lies within

// An end of a connection: IPv4 as an IPv4-mapped address (RFC 4291, section 2.5.5.2), the port in host order.
struct trace_point {
    uint8_t host[16];
    uint16_t port;
};

enum trace_flag { TRACE_FIN = 0x01, TRACE_SYN = 0x02, TRACE_RST = 0x04, TRACE_ACK = 0x10 }; // as they stand in the header

struct trace_packet {
    struct trace_point from, to;
    uint32_t seq, ack;
    uint32_t len_bytes; // of its payload
    uint8_t flags;      // of enum trace_flag
};

// `data` begins at the IP header and has `len_bytes` of a packet that was `whole_bytes` long. False: it is no TCP packet, or
// less of it is there than its headers.
bool trace_parse(const uint8_t *data, size_t len_bytes, size_t whole_bytes, struct trace_packet *packet);

// False: no address of IPv4 or IPv6, or no port.
bool trace_point_of(const struct address *address, struct trace_point *point);

#endif
