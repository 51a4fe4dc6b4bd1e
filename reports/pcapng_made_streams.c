// Connections as TCP: their segments, and who acknowledges what.
#include "pcapng_made.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

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
    made_packet(made, pcapng, conversation->interface, at_ns,
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

static void begin(struct made *made, struct pcapng *pcapng, struct conversation *conversation,
                  const struct event *event) {
    if (conversation->is_begun) return;
    conversation->is_begun = true;
    struct slice const nothing = slice_of(NULL, 0);
    if (conversation->met[0]) pcapng_comment(pcapng, conversation->met[0], "");
    for (uint32_t i = 0; i < 2; i++) {
        if (!conversation->met[i]) continue;
        made_tell_name(made, pcapng, conversation->met[i]->address);
        made_tell_name(made, pcapng, conversation->met[i]->peer);
    }
    if (conversation->family == FAMILY_MPTCP) pcapng_comment_text(pcapng, "MPTCP, made as plain TCP");
    write_segment(made, pcapng, conversation, 0, event->at_ns, WIRE_SYN, nothing);
    if (conversation->met[1]) pcapng_comment(pcapng, conversation->met[1], "");
    write_segment(made, pcapng, conversation, 1, event->at_ns, WIRE_SYN | WIRE_ACK, nothing);
    write_segment(made, pcapng, conversation, 0, event->at_ns, WIRE_ACK, nothing);
}

// --- bytes, and the end of them

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
    // What none of ours has sent, a program has. Where one end counts records and the other plaintext, nobody knows.
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

void made_stream_event(struct made *made, struct pcapng *pcapng, const struct place *place, const struct event *event) {
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
