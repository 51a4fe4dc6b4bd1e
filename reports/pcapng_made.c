// Packets of sockets whose own nobody has seen, made of what the journal says: each stream once, both ends ours or one.
#include "pcapng_made.h"

enum made_interface made_interface_of(enum family_word family) {
    static const enum made_interface INTERFACES[FAMILY_COUNT] = {
        [FAMILY_UNIX] = MADE_UNIX,    [FAMILY_UNIX_DGRAM] = MADE_UNIX,    [FAMILY_UNIX_SEQPACKET] = MADE_UNIX,
        [FAMILY_PACKET] = MADE_OTHER, [FAMILY_PACKET_DGRAM] = MADE_OTHER, [FAMILY_CAN] = MADE_OTHER,
        [FAMILY_ISOTP] = MADE_OTHER,  [FAMILY_L2CAP] = MADE_OTHER,        [FAMILY_RFCOMM] = MADE_OTHER,
        [FAMILY_VSOCK] = MADE_OTHER,
    };
    return INTERFACES[family];
}

bool made_is_connection(enum family_word family) {
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

struct made *made_new(struct pcapng *pcapng) {
    struct made *const made = arena_alloc(&pcapng->arena, sizeof *made);
    made->places = arena_array(&pcapng->arena, pcapng->book.count, sizeof *made->places);
    made_pair_up(made, pcapng);
    return made;
}

void made_free(struct made *made) {
    buffer_fini(&made->packet);
}

void made_packet(struct made *made, struct pcapng *pcapng, enum made_interface interface, int64_t at_ns,
                 const struct wire_packet *packet) {
    buffer_clear(&made->packet);
    wire_packet(packet, &made->packet);
    pcapng_packet(pcapng, pcapng->made_ids[interface], at_ns, buffer_view(&made->packet), 0);
}

void made_event(struct made *made, struct pcapng *pcapng, const struct event *event) {
    struct place *const place = &made->places[event->socket];
    if (place->conversation) made_stream_event(made, pcapng, place, event);
    else if (!made_is_connection(pcapng->book.sockets[event->socket].family))
        made_datagram_event(made, pcapng, place, event);
}
