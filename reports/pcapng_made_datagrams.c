// Datagrams as UDP and UDP-Lite: each once, where it is sent if one of ours sends it.
#include "pcapng_made.h"

#include <netinet/in.h>

static struct wire_point own_point(struct made *made, struct pcapng *pcapng, uint32_t number) {
    struct place *const place = &made->places[number];
    const struct address *const local = pcapng->book.sockets[number].local;
    if (made_is_known(local)) return made_point_of(made, pcapng, local);
    if (!place->has_point) place->point = made_nameless_point(made);
    place->has_point = true;
    return place->point;
}

static void write_datagram(struct made *made, struct pcapng *pcapng, const struct event *event,
                           struct wire_point points[2]) {
    enum family_word const family = pcapng->book.sockets[event->socket].family;
    struct wire_packet packet = {.protocol = family == FAMILY_UDPLITE ? WIRE_UDPLITE : IPPROTO_UDP};
    made_settle(points);
    for (uint32_t i = 0; i < 2; i++)
        if (points[i].port == 0) points[i].port = made_up_point(event->socket, true).port; // it was never told
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
        made_packet(made, pcapng, made_interface_of(family), event->at_ns, &packet);
    } while (left.len_bytes > 0);
}

static bool sends_datagrams(const struct pcapng_socket *socket, enum made_interface interface) {
    return socket->sent_count && made_interface_of(socket->family) == interface && !made_is_connection(socket->family) &&
           made_is_known(socket->local);
}

// The ports that ours send from, gone through once: a crowd asks for every datagram.
static void note_ports(struct made *made, struct pcapng *pcapng) {
    made->sends_from = arena_array(&pcapng->arena, UINT16_MAX + 1, sizeof *made->sends_from);
    for (uint32_t i = 0; i < pcapng->book.count; i++) {
        const struct pcapng_socket *const socket = &pcapng->book.sockets[i];
        if (made_is_ip(socket->local) && sends_datagrams(socket, made_interface_of(socket->family)))
            made->sends_from[(uint16_t)address_port(socket->local)] = true;
    }
}

// Whether one of ours sends from there: then what it sends is written, and not what of it arrives. Of IP the port tells, since
// a socket may be bound to no host.
static bool is_ours(struct made *made, struct pcapng *pcapng, const struct pcapng_socket *receiver,
                    const struct address *from) {
    enum made_interface const interface = made_interface_of(receiver->family);
    if (made_is_ip(from)) {
        if (!made->sends_from) note_ports(made, pcapng);
        return made->sends_from[(uint16_t)address_port(from)];
    }
    for (uint32_t i = 0; i < pcapng->book.count; i++) {
        const struct pcapng_socket *const socket = &pcapng->book.sockets[i];
        bool const is_frame = interface == MADE_OTHER && made_interface_of(socket->family) == interface;
        if (is_frame && socket->sent_count) return true; // frames of one interface
        if (sends_datagrams(socket, interface) && address_equal(socket->local, from)) return true;
    }
    return false;
}

void made_datagram_event(struct made *made, struct pcapng *pcapng, struct place *place, const struct event *event) {
    const struct pcapng_socket *const socket = &pcapng->book.sockets[event->socket];
    enum event_kind const kind = event->kind;
    if (kind == EVENT_ADDRESSED && event->code == 0) place->to = event->peer;
    if (kind == EVENT_ADDRESSED && event->code == 1) {
        place->from = event->peer;
        place->is_from_ours = made_is_known(place->from) && is_ours(made, pcapng, socket, place->from);
    }
    if (kind == EVENT_SENT) {
        const struct address *const to = made_is_known(place->to) ? place->to : socket->peer;
        made->unmet_count += !made_is_known(socket->local);
        made_tell_name(made, pcapng, socket->local);
        struct wire_point points[] = {own_point(made, pcapng, event->socket), made_point_of(made, pcapng, to)};
        made_tell_name(made, pcapng, to);
        write_datagram(made, pcapng, event, points);
    } else if (kind == EVENT_MATCHED || kind == EVENT_DISCARDED) {
        bool const is_nameless = !made_is_known(place->from) && made->unmet_count > 0;
        made->unmet_count -= is_nameless;
        if (place->is_from_ours || is_nameless) return;
        struct wire_point points[] = {made_point_of(made, pcapng, place->from), own_point(made, pcapng, event->socket)};
        made_tell_name(made, pcapng, place->from);
        made_tell_name(made, pcapng, socket->local);
        write_datagram(made, pcapng, event, points);
    }
}
