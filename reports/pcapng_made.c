// Packets of sockets whose own nobody has seen, made of what the journal says: each stream once, both ends ours or one.
#include "pcapng_parts.h"
#include "pcapng_wire.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

// One direction of a stream: what the sockets of one end sent, or where that is not known, what those of the other received.
struct flow {
    const struct event **pieces;           // SENT, by time
    uint32_t piece_count, next;            // next: the first that is not written whole
    uint64_t next_bytes;                   // of the stream, before that one
    uint64_t written_bytes, missing_bytes; // missing: of those, since the last packet
    uint64_t sent_bytes;                   // as the journal has told so far
    uint64_t received_bytes;               // by the other end
    uint32_t isn;
    uint32_t acked; // the last number that the other acknowledged
    bool is_ended, is_secured;
    uint32_t open_count; // sockets that can still send on it
};

struct conversation {
    struct wire_point points[2]; // who connected, who accepted
    const struct event *met[2];
    struct flow flows[2]; // by who sends
    enum family_word family;
    enum made_interface interface;
    bool is_begun, is_over;
};

// Where a socket stands.
struct place {
    struct conversation *conversation; // NULL: it sends datagrams, or has not met anybody
    uint32_t side;
    const struct address *to, *from; // of datagrams, as they were last told
    bool is_from_ours, has_point;
    struct wire_point point; // of one without a name
};

// A made-up point for an address that is not of IP.
struct alias {
    char text[ADDRESS_TEXT_BYTES];
    struct wire_point point;
    bool is_told;
};

struct made {
    struct place *places; // by socket
    struct alias **names;
    uint32_t name_count;
    uint32_t nameless_count;
    uint32_t unmet_count; // datagrams that nameless sockets of ours sent, and that have not arrived yet
    struct buffer packet;
};

// --- addresses

static bool is_known(const struct address *address) {
    return address && !address_is_none(address);
}

static bool is_ip(const struct address *address) {
    return is_known(address) && (address->as.any.sa_family == AF_INET || address->as.any.sa_family == AF_INET6);
}

// 192.0.2.0/24 is nobody's, RFC 5737; the ports are above all that readers take for a protocol's.
static struct wire_point made_up(uint32_t number, bool is_named) {
    enum { PORT_FIRST = 61000, PORT_COUNT = 4000, HOSTS = 120 };
    uint8_t const host = (uint8_t)((is_named ? 1 : 129) + number / PORT_COUNT % HOSTS);
    return (struct wire_point){.host = {192, 0, 2, host}, .port = (uint16_t)(PORT_FIRST + number % PORT_COUNT)};
}

static struct wire_point named_point(struct made *made, struct pcapng *pcapng, const struct address *address) {
    char text[ADDRESS_TEXT_BYTES];
    address_text(address, text);
    for (uint32_t i = 0; i < made->name_count; i++)
        if (strcmp(made->names[i]->text, text) == 0) return made->names[i]->point;
    struct alias *const name = arena_alloc(&pcapng->arena, sizeof *name);
    memcpy(name->text, text, sizeof name->text);
    name->point = made_up(made->name_count, true);
    made->names = arena_grow(&pcapng->arena, made->names, made->name_count, sizeof *made->names);
    made->names[made->name_count++] = name;
    return name->point;
}

static struct wire_point nameless_point(struct made *made) {
    return made_up(made->nameless_count++, false);
}

static struct wire_point point_of(struct made *made, struct pcapng *pcapng, const struct address *address) {
    if (!is_known(address)) return nameless_point(made);
    if (!is_ip(address)) return named_point(made, pcapng, address);
    struct address const host = address_unmapped(address);
    struct wire_point point = {.port = (uint16_t)address_port(&host), .is_ipv6 = host.as.any.sa_family == AF_INET6};
    if (point.is_ipv6) memcpy(point.host, &host.as.in6.sin6_addr, 16);
    else memcpy(point.host, &host.as.in.sin_addr, 4);
    return point;
}

// An unspecified host sends from loopback, and both are of one version.
static void settle(struct wire_point *point, const struct wire_point *other) {
    static const uint8_t ANY[16];
    if (memcmp(point->host, ANY, sizeof ANY) == 0) {
        *point = (struct wire_point){.is_ipv6 = other->is_ipv6, .port = point->port};
        if (point->is_ipv6) point->host[15] = 1;
        else memcpy(point->host, (const uint8_t[]){127, 0, 0, 1}, 4);
    }
    if (point->is_ipv6 || !other->is_ipv6) return;
    uint8_t host[4];
    memcpy(host, point->host, sizeof host);
    memset(point->host, 0, 10);
    memset(point->host + 10, 0xff, 2);
    memcpy(point->host + 12, host, sizeof host);
    point->is_ipv6 = true;
}

static void settle_both(struct wire_point points[2]) {
    settle(&points[0], &points[1]);
    settle(&points[1], &points[0]);
}

enum made_interface made_interface_of(enum family_word family) {
    static const enum made_interface INTERFACES[FAMILY_COUNT] = {
        [FAMILY_UNIX] = MADE_UNIX,    [FAMILY_UNIX_DGRAM] = MADE_UNIX,    [FAMILY_UNIX_SEQPACKET] = MADE_UNIX,
        [FAMILY_PACKET] = MADE_OTHER, [FAMILY_PACKET_DGRAM] = MADE_OTHER, [FAMILY_CAN] = MADE_OTHER,
        [FAMILY_ISOTP] = MADE_OTHER,  [FAMILY_L2CAP] = MADE_OTHER,        [FAMILY_RFCOMM] = MADE_OTHER,
        [FAMILY_VSOCK] = MADE_OTHER,
    };
    return INTERFACES[family];
}

// --- who talks to whom

static bool is_connection(enum family_word family) {
    switch (family) {
    case FAMILY_TCP:
    case FAMILY_TCP6:
    case FAMILY_MPTCP:
    case FAMILY_UNIX:
    case FAMILY_UNIX_SEQPACKET:
    case FAMILY_L2CAP:
    case FAMILY_RFCOMM:
    case FAMILY_VSOCK: return true;
    case FAMILY_NONE:
    case FAMILY_UDP:
    case FAMILY_UDP6:
    case FAMILY_UDPLITE:
    case FAMILY_UNIX_DGRAM:
    case FAMILY_PACKET:
    case FAMILY_PACKET_DGRAM:
    case FAMILY_CAN:
    case FAMILY_ISOTP:
    case FAMILY_COUNT: return false;
    }
    return false;
}

// Whether what one received may be what the other sent, as far as both are kept.
static bool may_be_sent(const struct pcapng_socket *sender, const struct pcapng_socket *receiver) {
    if (!receiver->received) return true;
    if (!sender->sent_count) return false;
    struct slice const sent = sender->sent[0]->bytes, received = receiver->received->bytes;
    size_t const common = sent.len_bytes < received.len_bytes ? sent.len_bytes : received.len_bytes;
    return common == 0 || memcmp(sent.data, received.data, common) == 0;
}

// Unix sockets that connect have no name: the queue's order tells who is whose, and their bytes whether that can be.
static bool may_meet(const struct pcapng_socket *connected, const struct pcapng_socket *accepted) {
    if (connected->family != accepted->family || !is_known(connected->peer) || !is_known(accepted->local)) return false;
    if (!address_equal(connected->peer, accepted->local)) return false;
    if (made_interface_of(connected->family) != MADE_UNIX)
        return is_known(connected->local) && is_known(accepted->peer) &&
               address_equal(connected->local, accepted->peer);
    if (connected->secured || accepted->secured) return true;
    return may_be_sent(connected, accepted) && may_be_sent(accepted, connected);
}

static void put(struct made *made, struct pcapng *pcapng, uint32_t number, struct conversation *conversation,
                uint32_t side) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[number];
    struct flow *const flow = &conversation->flows[side];
    made->places[number].conversation = conversation;
    made->places[number].side = side;
    if (!conversation->met[side]) conversation->met[side] = socket->met;
    flow->open_count++;
    flow->is_secured = flow->is_secured || socket->secured;
    const struct event **const both = arena_array(&pcapng->arena, flow->piece_count + socket->sent_count, sizeof *both);
    uint32_t count = 0, next = 0;
    for (uint32_t i = 0; i < socket->sent_count; i++) { // both are in the order of time
        while (next < flow->piece_count && flow->pieces[next]->at_ns <= socket->sent[i]->at_ns)
            both[count++] = flow->pieces[next++];
        both[count++] = socket->sent[i];
    }
    while (next < flow->piece_count) both[count++] = flow->pieces[next++];
    flow->pieces = both;
    flow->piece_count = count;
}

static struct conversation *begin_with(struct made *made, struct pcapng *pcapng, uint32_t number, uint32_t side) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[number];
    struct conversation *const conversation = arena_alloc(&pcapng->arena, sizeof *conversation);
    conversation->family = socket->family;
    conversation->interface = made_interface_of(socket->family);
    conversation->points[side] = point_of(made, pcapng, socket->local);
    conversation->points[!side] = point_of(made, pcapng, socket->peer);
    settle_both(conversation->points);
    for (uint32_t i = 0; i < 2; i++) conversation->flows[i].isn = (number * 2 + i + 1) << 16;
    put(made, pcapng, number, conversation, side);
    return conversation;
}

// A socket that was passed on is at the end that has its addresses.
static bool put_beside(struct made *made, struct pcapng *pcapng, uint32_t number) {
    const struct pcapng_book *const book = &pcapng->book;
    const struct pcapng_socket *const socket = &book->sockets[number];
    for (uint32_t i = 0; i < book->count && is_ip(socket->local) && is_ip(socket->peer); i++) {
        const struct pcapng_socket *const other = &book->sockets[i];
        if (!made->places[i].conversation || !is_known(other->local) || !is_known(other->peer)) continue;
        if (!address_equal(socket->local, other->local) || !address_equal(socket->peer, other->peer)) continue;
        put(made, pcapng, number, made->places[i].conversation, made->places[i].side);
        return true;
    }
    return false;
}

static void pair_up(struct made *made, struct pcapng *pcapng) {
    const struct journal *const journal = pcapng->result->journal;
    const struct pcapng_book *const book = &pcapng->book;
    uint32_t *const connected = arena_array(&pcapng->arena, book->count, sizeof *connected);
    uint32_t count = 0, first = 0; // of those, the first that nobody has accepted yet
    static const enum event_kind TURNS[] = {EVENT_CONNECTED, EVENT_ACCEPTED, EVENT_PASSED};
    for (uint32_t turn = 0; turn < sizeof TURNS / sizeof *TURNS; turn++) {
        for (uint64_t i = 0; i < journal->event_count; i++) {
            const struct event *const event = &journal->events[i];
            uint32_t const number = event->socket;
            if (event->kind != TURNS[turn] || number >= book->count || made->places[number].conversation) continue;
            const struct pcapng_socket *const socket = &book->sockets[number];
            if (!socket->is_made || !is_connection(socket->family) || socket->met != event) continue;
            struct conversation *found = NULL;
            while (first < count && made->places[connected[first]].conversation->met[1]) first++;
            for (uint32_t k = first; turn == 1 && !found && k < count; k++) {
                struct conversation *const conversation = made->places[connected[k]].conversation;
                if (!conversation->met[1] && may_meet(&book->sockets[connected[k]], socket)) found = conversation;
            }
            if (found) put(made, pcapng, number, found, 1);
            else if (turn < 2 || !put_beside(made, pcapng, number)) begin_with(made, pcapng, number, turn == 1);
            if (turn == 0) connected[count++] = number;
        }
    }
}

struct made *made_new(struct pcapng *pcapng) {
    struct made *const made = arena_alloc(&pcapng->arena, sizeof *made);
    made->places = arena_array(&pcapng->arena, pcapng->book.count, sizeof *made->places);
    pair_up(made, pcapng);
    return made;
}

void made_free(struct made *made) {
    buffer_fini(&made->packet);
}

// --- packets

static void write_packet(struct made *made, struct pcapng *pcapng, enum made_interface interface, int64_t at_ns,
                         const struct wire_packet *packet) {
    buffer_clear(&made->packet);
    wire_packet(packet, &made->packet);
    pcapng_packet(pcapng, pcapng->made_ids[interface], at_ns, buffer_view(&made->packet), 0);
}

static uint32_t number_of(const struct flow *flow) {
    return flow->isn + 1 + (uint32_t)flow->written_bytes + flow->is_ended;
}

// From that side; a direction's number is read before what it sends counts.
static void write_segment(struct made *made, struct pcapng *pcapng, struct conversation *conversation, uint32_t side,
                          int64_t at_ns, uint8_t flags, struct slice payload) {
    struct flow *const flow = &conversation->flows[side], *const other = &conversation->flows[!side];
    if (flow->missing_bytes > 0) {
        char text[96];
        snprintf(text, sizeof text, "%" PRIu64 " bytes before this packet are missing: the journal did not keep them",
                 flow->missing_bytes);
        pcapng_comment_text(pcapng, text);
        flow->missing_bytes = 0;
    }
    if (flags & WIRE_ACK) other->acked = number_of(other);
    write_packet(made, pcapng, conversation->interface, at_ns,
                 &(struct wire_packet){
                     .from = conversation->points[side],
                     .to = conversation->points[!side],
                     .protocol = IPPROTO_TCP,
                     .flags = flags,
                     .seq = flags & WIRE_SYN ? flow->isn : number_of(flow),
                     .ack = number_of(other),
                     .payload = payload,
                 });
}

static void write_ack(struct made *made, struct pcapng *pcapng, struct conversation *conversation, uint32_t side,
                      int64_t at_ns) {
    const struct flow *const other = &conversation->flows[!side];
    if (conversation->is_over || other->acked == number_of(other)) return;
    write_segment(made, pcapng, conversation, side, at_ns, WIRE_ACK, slice_of(NULL, 0));
}

// The first time that it is used: what the made-up address stands for.
static void tell_name(const struct made *made, struct pcapng *pcapng, const struct address *address) {
    char text[ADDRESS_TEXT_BYTES];
    if (!is_known(address) || is_ip(address)) return;
    address_text(address, text);
    for (uint32_t i = 0; i < made->name_count; i++) {
        struct alias *const name = made->names[i];
        if (name->is_told || strcmp(name->text, text) != 0) continue;
        name->is_told = true;
        const uint8_t *const host = name->point.host;
        struct buffer line = {0};
        buffer_printf(&line, "%u.%u.%u.%u:%u stands for ", host[0], host[1], host[2], host[3], name->point.port);
        report_text(slice_text(text), COLUMNS_ALL, &line);
        pcapng_comment_text(pcapng, line.data);
        buffer_fini(&line);
    }
}

static void begin(struct made *made, struct pcapng *pcapng, struct conversation *conversation,
                  const struct event *event) {
    if (conversation->is_begun) return;
    conversation->is_begun = true;
    struct slice const nothing = slice_of(NULL, 0);
    if (conversation->met[0]) pcapng_comment(pcapng, conversation->met[0], "");
    for (uint32_t i = 0; i < 2; i++) {
        if (!conversation->met[i]) continue;
        tell_name(made, pcapng, conversation->met[i]->address);
        tell_name(made, pcapng, conversation->met[i]->peer);
    }
    if (conversation->family == FAMILY_MPTCP) pcapng_comment_text(pcapng, "MPTCP, made as plain TCP");
    write_segment(made, pcapng, conversation, 0, event->at_ns, WIRE_SYN, nothing);
    if (conversation->met[1]) pcapng_comment(pcapng, conversation->met[1], "");
    write_segment(made, pcapng, conversation, 1, event->at_ns, WIRE_SYN | WIRE_ACK, nothing);
    write_segment(made, pcapng, conversation, 0, event->at_ns, WIRE_ACK, nothing);
}

// --- streams

static void write_bytes(struct made *made, struct pcapng *pcapng, struct conversation *conversation, uint32_t side,
                        int64_t at_ns, struct slice bytes) {
    struct flow *const flow = &conversation->flows[side];
    while (bytes.len_bytes > 0) {
        size_t const n = bytes.len_bytes < WIRE_SEGMENT_BYTES ? bytes.len_bytes : WIRE_SEGMENT_BYTES;
        write_segment(made, pcapng, conversation, side, at_ns, WIRE_PSH | WIRE_ACK, slice_of(bytes.data, n));
        flow->written_bytes += n;
        bytes = slice_of(bytes.data + n, bytes.len_bytes - n);
    }
}

static void skip_bytes(struct flow *flow, uint64_t count) {
    flow->written_bytes += count;
    flow->missing_bytes += count;
}

// Of what was sent, all up to there.
static void write_up_to(struct made *made, struct pcapng *pcapng, struct conversation *conversation, uint32_t side,
                        int64_t at_ns, uint64_t upto_bytes) {
    struct flow *const flow = &conversation->flows[side];
    while (flow->next < flow->piece_count && flow->written_bytes < upto_bytes && !flow->is_ended) {
        const struct event *const piece = flow->pieces[flow->next];
        uint64_t const done = flow->written_bytes - flow->next_bytes, left = upto_bytes - flow->written_bytes;
        if (done == 0) pcapng_comment(pcapng, piece, "");
        if (done < piece->bytes.len_bytes) {
            size_t const kept = piece->bytes.len_bytes - (size_t)done, n = kept < left ? kept : (size_t)left;
            write_bytes(made, pcapng, conversation, side, at_ns, slice_of(piece->bytes.data + done, n));
        } else if (done < piece->count) {
            skip_bytes(flow, piece->count - done < left ? piece->count - done : left);
        }
        if (flow->written_bytes - flow->next_bytes < piece->count) continue;
        flow->next_bytes += piece->count;
        flow->next++;
    }
}

static void received(struct made *made, struct pcapng *pcapng, const struct place *place, const struct event *event) {
    struct conversation *const conversation = place->conversation;
    uint32_t const side = !place->side;
    struct flow *const flow = &conversation->flows[side];
    flow->received_bytes += event->count;
    write_up_to(made, pcapng, conversation, side, event->at_ns, flow->received_bytes);
    // What none of ours has sent, a program has. Where one end counts records and the other plaintext, nothing is known.
    bool const is_comparable = !conversation->met[side] || flow->is_secured == conversation->flows[!side].is_secured;
    uint64_t const more = flow->received_bytes > flow->written_bytes ? flow->received_bytes - flow->written_bytes : 0;
    if (more > 0 && more <= event->count && is_comparable && !flow->is_ended) {
        uint64_t const before = event->count - more;
        struct slice kept = slice_of(NULL, 0);
        if (before < event->bytes.len_bytes)
            kept = slice_of(event->bytes.data + before, event->bytes.len_bytes - (size_t)before);
        if (kept.len_bytes > 0) pcapng_comment(pcapng, event, "");
        write_bytes(made, pcapng, conversation, side, event->at_ns, kept);
        skip_bytes(flow, more - kept.len_bytes);
        flow->next_bytes = flow->written_bytes;
    }
    write_ack(made, pcapng, conversation, place->side, event->at_ns);
}

static void end(struct made *made, struct pcapng *pcapng, struct conversation *conversation, uint32_t side,
                const struct event *event, bool is_reset) {
    struct flow *const flow = &conversation->flows[side];
    bool const is_own =
        conversation == made->places[event->socket].conversation && side == made->places[event->socket].side;
    begin(made, pcapng, conversation, event);
    if (conversation->is_over || (flow->is_ended && !is_reset)) return;
    write_up_to(made, pcapng, conversation, side, event->at_ns, UINT64_MAX);
    if (is_own) pcapng_comment_end(pcapng, event);
    uint8_t const flags = is_reset ? WIRE_RST | WIRE_ACK : WIRE_FIN | WIRE_ACK;
    write_segment(made, pcapng, conversation, side, event->at_ns, flags, slice_of(NULL, 0));
    conversation->is_over = is_reset;
    flow->is_ended = true;
    write_ack(made, pcapng, conversation, !side, event->at_ns);
}

static void closed(struct made *made, struct pcapng *pcapng, const struct place *place, const struct event *event) {
    struct flow *const flow = &place->conversation->flows[place->side];
    if (event->code == CLOSE_BY_PROGRAM || (flow->open_count > 0 && --flow->open_count > 0)) return;
    // unix(7), and RFC 9293, section 3.10.4: what nobody has read resets the connection.
    bool const is_reset = event->code == CLOSE_BY_RESET || event->code == CLOSE_BY_STOP || event->count > 0;
    end(made, pcapng, place->conversation, place->side, event, is_reset);
}

static void stream_event(struct made *made, struct pcapng *pcapng, const struct place *place,
                         const struct event *event) {
    struct conversation *const conversation = place->conversation;
    uint32_t const side = place->side;
    enum event_kind const kind = event->kind;
    if (kind == EVENT_CONNECTED || kind == EVENT_ACCEPTED || kind == EVENT_PASSED) {
        begin(made, pcapng, conversation, event);
    } else if (kind == EVENT_SENT) {
        begin(made, pcapng, conversation, event);
        conversation->flows[side].sent_bytes += event->count;
        write_up_to(made, pcapng, conversation, side, event->at_ns, conversation->flows[side].sent_bytes);
    } else if (kind == EVENT_MATCHED || kind == EVENT_DISCARDED) {
        begin(made, pcapng, conversation, event);
        received(made, pcapng, place, event);
    } else if (kind == EVENT_SHUTDOWN && event->code != SHUTDOWN_READ) {
        end(made, pcapng, conversation, side, event, false);
    } else if (kind == EVENT_END_OF_STREAM) {
        end(made, pcapng, conversation, !side, event, false);
    } else if (kind == EVENT_PEER_RESET) {
        end(made, pcapng, conversation, !side, event, true);
    } else if (kind == EVENT_CLOSED) {
        closed(made, pcapng, place, event);
    }
}

// --- datagrams

static struct wire_point own_point(struct made *made, struct pcapng *pcapng, uint32_t number) {
    struct place *const place = &made->places[number];
    const struct address *const local = pcapng->book.sockets[number].local;
    if (is_known(local)) return point_of(made, pcapng, local);
    if (!place->has_point) place->point = nameless_point(made);
    place->has_point = true;
    return place->point;
}

static void write_datagram(struct made *made, struct pcapng *pcapng, const struct event *event,
                           struct wire_point points[2]) {
    enum family_word const family = pcapng->book.sockets[event->socket].family;
    struct wire_packet packet = {.protocol = family == FAMILY_UDPLITE ? WIRE_UDPLITE : IPPROTO_UDP};
    settle_both(points);
    for (uint32_t i = 0; i < 2; i++)
        if (points[i].port == 0) points[i].port = made_up(event->socket, true).port; // it was never told
    packet.from = points[0];
    packet.to = points[1];
    pcapng_comment(pcapng, event, "");
    if (event->bytes.len_bytes < event->count)
        pcapng_comment_text(pcapng, "more than this the journal did not keep of it");
    struct slice left = event->bytes;
    do {
        size_t const n = left.len_bytes < WIRE_DATAGRAM_BYTES ? left.len_bytes : WIRE_DATAGRAM_BYTES;
        packet.payload = slice_of(left.data, n);
        left.len_bytes -= n;
        if (left.len_bytes > 0) pcapng_comment_text(pcapng, "longer than a packet: it goes on in the next one");
        if (left.len_bytes > 0) left.data += n;
        write_packet(made, pcapng, made_interface_of(family), event->at_ns, &packet);
    } while (left.len_bytes > 0);
}

// Whether one of ours sends from there: then what it sends is written, and not what of it arrives.
static bool is_ours(const struct pcapng *pcapng, const struct pcapng_socket *receiver, const struct address *from) {
    for (uint32_t i = 0; i < pcapng->book.count; i++) {
        const struct pcapng_socket *const socket = &pcapng->book.sockets[i];
        if (!socket->sent_count || made_interface_of(socket->family) != made_interface_of(receiver->family)) continue;
        if (made_interface_of(socket->family) == MADE_OTHER) return true; // frames of one interface
        if (is_connection(socket->family) || !is_known(socket->local)) continue;
        if (address_equal(socket->local, from)) return true;
        if (is_ip(from) && address_port(from) == address_port(socket->local)) return true; // it is bound to no host
    }
    return false;
}

static void datagram_event(struct made *made, struct pcapng *pcapng, struct place *place, const struct event *event) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[event->socket];
    enum event_kind const kind = event->kind;
    if (kind == EVENT_ADDRESSED && event->code == 0) place->to = event->peer;
    if (kind == EVENT_ADDRESSED && event->code == 1) {
        place->from = event->peer;
        place->is_from_ours = is_known(place->from) && is_ours(pcapng, socket, place->from);
    }
    if (kind == EVENT_SENT) {
        const struct address *const to = is_known(place->to) ? place->to : socket->peer;
        made->unmet_count += !is_known(socket->local);
        tell_name(made, pcapng, socket->local);
        struct wire_point points[] = {own_point(made, pcapng, event->socket), point_of(made, pcapng, to)};
        tell_name(made, pcapng, to);
        write_datagram(made, pcapng, event, points);
    } else if (kind == EVENT_MATCHED || kind == EVENT_DISCARDED) {
        bool const is_nameless = !is_known(place->from) && made->unmet_count > 0;
        made->unmet_count -= is_nameless;
        if (place->is_from_ours || is_nameless) return;
        struct wire_point points[] = {point_of(made, pcapng, place->from), own_point(made, pcapng, event->socket)};
        tell_name(made, pcapng, place->from);
        tell_name(made, pcapng, socket->local);
        write_datagram(made, pcapng, event, points);
    }
}

void made_event(struct made *made, struct pcapng *pcapng, const struct event *event) {
    struct place *const place = &made->places[event->socket];
    if (place->conversation) stream_event(made, pcapng, place, event);
    else if (!is_connection(pcapng->book.sockets[event->socket].family)) datagram_event(made, pcapng, place, event);
}
