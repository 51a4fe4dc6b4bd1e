// Packets of the world, and what of the journal each of them carries: by addresses, by where in the stream its bytes stand, and
// where TLS lies between, by time.
#include "pcapng_parts.h"

#include "base/link_type.h"

#include <string.h>

enum {
    ETHERNET_BYTES = 14,
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    TCP_BYTES = 20,
    UDP_BYTES = 8,
    UDPLITE = 136,
    LINES_MAX = 8
};
enum tcp_flag { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

struct point {
    uint8_t host[16]; // IPv4 as an IPv4-mapped address
    uint16_t port;
};

// How far one socket's own direction has come.
struct progress {
    uint32_t next_sent;  // of its SENT events
    uint64_t sent_bytes; // before that one
    bool has_isn, has_met, has_ended;
    uint32_t isn;
    uint64_t position; // of the stream, where its newest segment began
    uint32_t chain;    // the next socket of the same addresses, or of the same port; + 1
};

struct seen {
    struct progress *progress; // by socket
    uint32_t *buckets;         // sockets + 1, by the hash of their points
    uint32_t bucket_count;     // a power of two
};

struct segment {
    struct point from, to;
    uint8_t protocol, flags;
    uint32_t seq;
    size_t payload_bytes;
};

// --- packets

static uint32_t be16(const uint8_t *data) {
    return (uint32_t)data[0] << 8 | data[1];
}
static uint32_t be32(const uint8_t *data) {
    return be16(data) << 16 | be16(data + 2);
}

static bool take(struct slice *rest, size_t len_bytes) {
    if (len_bytes > rest->len_bytes) return false;
    rest->data += len_bytes;
    rest->len_bytes -= len_bytes;
    return true;
}

static void map_ipv4(struct point *point, const uint8_t *host) {
    memset(point->host, 0, 10);
    memset(point->host + 10, 0xff, 2);
    memcpy(point->host + 12, host, 4);
}

// The payload's length goes into *len_bytes, since a long packet may have been kept in part.
static bool take_ip(struct slice *rest, struct segment *segment, size_t *len_bytes) {
    const uint8_t *const ip = rest->data;
    if (rest->len_bytes >= IPV4_BYTES && ip[0] >> 4 == 4) {
        size_t const header_bytes = (size_t)(ip[0] & 0x0f) * 4, total_bytes = be16(ip + 2);
        segment->protocol = ip[9];
        map_ipv4(&segment->from, ip + 12);
        map_ipv4(&segment->to, ip + 16);
        if (header_bytes < IPV4_BYTES || total_bytes < header_bytes || (be16(ip + 6) & 0x1fff)) return false;
        *len_bytes = total_bytes - header_bytes;
        return take(rest, header_bytes);
    }
    if (rest->len_bytes < IPV6_BYTES || ip[0] >> 4 != 6) return false;
    segment->protocol = ip[6];
    *len_bytes = be16(ip + 4);
    memcpy(segment->from.host, ip + 8, sizeof segment->from.host);
    memcpy(segment->to.host, ip + 24, sizeof segment->to.host);
    return take(rest, IPV6_BYTES);
}

static bool segment_of(const struct event *packet, struct segment *segment) {
    struct slice rest = packet->bytes;
    size_t len_bytes, header_bytes;
    if (packet->code != LINK_ETHERNET || !take(&rest, ETHERNET_BYTES) || !take_ip(&rest, segment, &len_bytes))
        return false;
    bool const is_tcp = segment->protocol == IPPROTO_TCP;
    if (!is_tcp && segment->protocol != IPPROTO_UDP && segment->protocol != UDPLITE) return false;
    if (rest.len_bytes < (is_tcp ? TCP_BYTES : UDP_BYTES)) return false;
    segment->from.port = (uint16_t)be16(rest.data);
    segment->to.port = (uint16_t)be16(rest.data + 2);
    segment->seq = is_tcp ? be32(rest.data + 4) : 0;
    segment->flags = is_tcp ? rest.data[13] : 0;
    header_bytes = is_tcp ? (size_t)(rest.data[12] >> 4) * 4 : UDP_BYTES;
    if (header_bytes > len_bytes) return false;
    segment->payload_bytes = len_bytes - header_bytes;
    return true;
}

// --- sockets

static bool point_of(const struct address *address, struct point *point) {
    int64_t const port = address ? address_port(address) : -1;
    if (port <= 0) return false;
    point->port = (uint16_t)port;
    if (address->as.any.sa_family == AF_INET) map_ipv4(point, (const uint8_t *)&address->as.in.sin_addr);
    else if (address->as.any.sa_family == AF_INET6) memcpy(point->host, &address->as.in6.sin6_addr, sizeof point->host);
    else return false;
    return true;
}

static bool is_same(const struct point *a, const struct point *b) {
    return a->port == b->port && memcmp(a->host, b->host, sizeof a->host) == 0;
}

static bool is_unspecified(const struct point *point) {
    static const uint8_t ANY[16], ANY_IPV4[16] = {[10] = 0xff, [11] = 0xff};
    return memcmp(point->host, ANY, sizeof ANY) == 0 || memcmp(point->host, ANY_IPV4, sizeof ANY_IPV4) == 0;
}

// Connections by both ports, since one port may have thousands; whatever else sends, by its own.
static uint32_t bucket_of(const struct seen *seen, uint16_t from, uint16_t to) {
    return (((uint32_t)from << 16 | to) * 0x9e3779b1u >> 8) & (seen->bucket_count - 1);
}

static bool is_stream(enum family_word family) {
    return family == FAMILY_TCP || family == FAMILY_TCP6 || family == FAMILY_MPTCP;
}

struct seen *seen_new(struct pcapng *pcapng) {
    const struct pcapng_book *const book = &pcapng->book;
    struct seen *const seen = arena_alloc(&pcapng->arena, sizeof *seen);
    seen->bucket_count = 16;
    while (seen->bucket_count < book->count) seen->bucket_count *= 2;
    seen->progress = arena_array(&pcapng->arena, book->count, sizeof *seen->progress);
    seen->buckets = arena_array(&pcapng->arena, seen->bucket_count, sizeof *seen->buckets);
    for (uint32_t i = book->count; i > 0; i--) { // so that a chain has them in the order of their numbers
        const struct pcapng_socket *const socket = &book->sockets[i - 1];
        struct point local, peer = {.port = 0};
        if (socket->is_made || !point_of(socket->local, &local)) continue;
        if (is_stream(socket->family) && !point_of(socket->peer, &peer)) continue;
        uint32_t *const bucket = &seen->buckets[bucket_of(seen, local.port, is_stream(socket->family) ? peer.port : 0)];
        seen->progress[i - 1].chain = *bucket;
        *bucket = i;
    }
    return seen;
}

// --- what a packet carries

static void next_sent(struct seen *seen, const struct pcapng *pcapng, uint32_t number) {
    struct progress *const progress = &seen->progress[number];
    progress->sent_bytes += pcapng->book.sockets[number].sent[progress->next_sent++]->count;
}

static void stream_lines(struct seen *seen, struct pcapng *pcapng, uint32_t number, const struct segment *segment) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[number];
    struct progress *const progress = &seen->progress[number];
    uint64_t const at = progress->position, end = at + segment->payload_bytes;
    for (uint32_t lines = 0; progress->next_sent < socket->sent_count && progress->sent_bytes < end; lines++) {
        bool const begins_here = progress->sent_bytes >= at;
        if (begins_here && lines < LINES_MAX) pcapng_comment(pcapng, socket->sent[progress->next_sent], "");
        if (begins_here && lines == LINES_MAX) pcapng_comment_text(pcapng, "and more");
        next_sent(seen, pcapng, number);
    }
}

// The first records behind what was sent before, and before the call has returned, are those of that call.
static void secured_lines(struct seen *seen, struct pcapng *pcapng, uint32_t number, int64_t at_ns) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[number];
    struct progress *const progress = &seen->progress[number];
    if (at_ns < socket->secured->at_ns) return;
    while (progress->next_sent < socket->sent_count && socket->sent[progress->next_sent]->at_ns < at_ns)
        next_sent(seen, pcapng, number);
    if (progress->next_sent == socket->sent_count) return;
    pcapng_comment(pcapng, socket->sent[progress->next_sent], "");
    next_sent(seen, pcapng, number);
}

static void tcp_lines(struct seen *seen, struct pcapng *pcapng, uint32_t number, const struct segment *segment,
                      int64_t at_ns) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[number];
    struct progress *const progress = &seen->progress[number];
    if (segment->flags & TCP_SYN) {
        progress->isn = segment->seq;
        progress->has_isn = true;
        if (!progress->has_met && socket->met) pcapng_comment(pcapng, socket->met, "");
        progress->has_met = true;
    }
    if (segment->payload_bytes > 0 && progress->has_isn) {
        uint32_t const low = segment->seq - progress->isn - 1;
        progress->position += (uint64_t)(int64_t)(int32_t)(low - (uint32_t)progress->position);
        bool const is_secured = socket->secured && progress->next_sent < socket->sent_count &&
                                socket->sent[progress->next_sent]->at_ns > socket->secured->at_ns;
        if (is_secured) secured_lines(seen, pcapng, number, at_ns);
        else stream_lines(seen, pcapng, number, segment);
    }
    if ((segment->flags & (TCP_FIN | TCP_RST)) && socket->ended && !progress->has_ended) {
        pcapng_comment_end(pcapng, socket->ended);
        progress->has_ended = true;
    }
}

// A connection that has the addresses of one before it begins with its SYN.
static bool is_of(const struct progress *progress, const struct segment *segment) {
    return !(segment->flags & TCP_SYN) || !progress->has_isn || progress->isn == segment->seq;
}

static void find_stream(struct seen *seen, struct pcapng *pcapng, const struct segment *segment, int64_t at_ns) {
    uint32_t found = 0;
    uint32_t next = seen->buckets[bucket_of(seen, segment->from.port, segment->to.port)];
    for (; next > 0; next = seen->progress[next - 1].chain) {
        const struct pcapng_socket *const socket = &pcapng->book.sockets[next - 1];
        struct point local, peer;
        if (!is_stream(socket->family) || !point_of(socket->local, &local) || !point_of(socket->peer, &peer)) continue;
        if (!is_same(&local, &segment->from) || !is_same(&peer, &segment->to)) continue;
        if (segment->flags & TCP_SYN ? !found && is_of(&seen->progress[next - 1], segment)
                                     : seen->progress[next - 1].has_isn)
            found = next; // the newest of those that have begun
    }
    if (found) tcp_lines(seen, pcapng, found - 1, segment, at_ns);
}

static void find_datagram(struct seen *seen, struct pcapng *pcapng, const struct segment *segment, int64_t at_ns) {
    uint32_t next = seen->buckets[bucket_of(seen, segment->from.port, 0)];
    for (; next > 0; next = seen->progress[next - 1].chain) {
        const struct pcapng_socket *const socket = &pcapng->book.sockets[next - 1];
        const struct progress *const progress = &seen->progress[next - 1];
        struct point local;
        if (is_stream(socket->family) || !point_of(socket->local, &local)) continue;
        if (!is_same(&local, &segment->from) && !(local.port == segment->from.port && is_unspecified(&local))) continue;
        while (progress->next_sent < socket->sent_count && socket->sent[progress->next_sent]->at_ns < at_ns)
            next_sent(seen, pcapng, next - 1); // no packet came of it
        if (progress->next_sent == socket->sent_count) continue;
        const struct event *const sent = socket->sent[progress->next_sent];
        if (sent->count != segment->payload_bytes) continue;
        pcapng_comment(pcapng, sent, "");
        next_sent(seen, pcapng, next - 1);
        return;
    }
}

void seen_comment(struct seen *seen, struct pcapng *pcapng, const struct event *packet) {
    struct segment segment;
    if (!segment_of(packet, &segment)) return;
    if (segment.protocol == IPPROTO_TCP) find_stream(seen, pcapng, &segment, packet->at_ns);
    else find_datagram(seen, pcapng, &segment, packet->at_ns);
}
