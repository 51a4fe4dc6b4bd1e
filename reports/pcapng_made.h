// What the files of made packets share. Private to them.
#ifndef SOCKDRILL_REPORTS_PCAPNG_MADE_H
#define SOCKDRILL_REPORTS_PCAPNG_MADE_H

#include "pcapng_parts.h"
#include "pcapng_wire.h"

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
    bool *sends_from; // by port, whether a socket of ours sends datagrams of IP from there; NULL: nobody asked yet
    uint32_t unmet_count; // datagrams that nameless sockets of ours sent, and that have not arrived yet
    struct buffer packet;
};

bool made_is_connection(enum family_word family);
// Writes it, with the comment so far.
void made_packet(struct made *made, struct pcapng *pcapng, enum made_interface interface, int64_t at_ns,
                 const struct wire_packet *packet);

// --- addresses (pcapng_made_points.c); an address may be NULL everywhere

bool made_is_known(const struct address *address);
bool made_is_ip(const struct address *address);
struct wire_point made_up_point(uint32_t number, bool is_named);
struct wire_point made_nameless_point(struct made *made); // another one each time
struct wire_point made_point_of(struct made *made, struct pcapng *pcapng, const struct address *address);
// Makes two points such that a packet can go from one to the other.
void made_settle(struct wire_point points[2]);
// Where a made-up point stands for the address, notes in the comment for which, the first time.
void made_tell_name(const struct made *made, struct pcapng *pcapng, const struct address *address);

// --- what is made of events

void made_pair_up(struct made *made,
                  struct pcapng *pcapng); // before the first of them: gives places their conversations
void made_stream_event(struct made *made, struct pcapng *pcapng, const struct place *place, const struct event *event);
void made_datagram_event(struct made *made, struct pcapng *pcapng, struct place *place, const struct event *event);

#endif
