// What the files of the pcapng sink share. Private to it.
//
// What crossed an interface of a world stands in the journal as packets, and is only given comments (pcapng_seen.c). What did
// not is made (pcapng_made.c and its like): TCP or UDP over IP, by the events that tell of it. All interfaces are of one link
// type but for CAN: libpcap reads no file of several.
#ifndef SOCKDRILL_REPORTS_PCAPNG_PARTS_H
#define SOCKDRILL_REPORTS_PCAPNG_PARTS_H

#include "pcapng_blocks.h"
#include "words.h"

// --- every socket of the journal

struct pcapng_socket {
    enum family_word family;         // NONE: it is a program's stream, or nothing is known of it
    const struct address *local;     // as it was last told, or NULL
    const struct address *peer;      // of its connection, or NULL
    const struct event *met;         // CONNECTED, ACCEPTED or PASSED
    const struct event *secured;     // the first
    const struct event *ended;       // the first SHUTDOWN for writing, or CLOSED
    const struct event *const *sent; // SENT, in their order
    uint32_t sent_count;
    const struct event *received; // the first MATCHED or DISCARDED
    bool is_made;                 // no packet of it can stand in the journal
};

struct pcapng_book {
    struct pcapng_socket *sockets;
    uint32_t count;
    const struct event *captured; // NULL: there are no packets
};

// Lives in the arena.
void pcapng_book_init(struct pcapng_book *book, const struct journal *journal, struct arena *arena);

// --- what is written

enum made_interface { MADE_IP, MADE_UNIX, MADE_OTHER, MADE_COUNT };

struct pcapng {
    const struct run_facts *facts;
    const struct case_result *result;
    struct buffer *out;
    struct arena arena;
    struct pcapng_book book;
    struct seen_interface *seen; // of the world, in the order of their first packets
    uint32_t seen_count;
    uint32_t made_ids[MADE_COUNT]; // of interface blocks; UINT32_MAX: there is none
    struct buffer comment;         // of the packet that comes next
    int64_t last_ns;               // of the packet that came last: none comes before it
};

// A packet block with the comment, which is empty from then on.
void pcapng_packet(struct pcapng *pcapng, uint32_t interface, int64_t at_ns, struct slice bytes, uint64_t whole_bytes);

// One more line of the comment: "client 'caller', line 12: send "GET"", and behind it `more`, which may be empty.
void pcapng_comment(struct pcapng *pcapng, const struct event *event, const char *more);
void pcapng_comment_text(struct pcapng *pcapng, const char *text);
// How and by whom a direction was ended.
void pcapng_comment_end(struct pcapng *pcapng, const struct event *ended);

// --- packets that were seen

struct seen;
struct seen *seen_new(struct pcapng *pcapng);
// Notes in the comment what of the journal begins with that packet.
void seen_comment(struct seen *seen, struct pcapng *pcapng, const struct event *packet);

// --- packets that are made

struct made;
struct made *made_new(struct pcapng *pcapng);
void made_free(struct made *made); // what is not in the arena
enum made_interface made_interface_of(enum family_word family);
// Writes the packets that the event says there were.
void made_event(struct made *made, struct pcapng *pcapng, const struct event *event);

#endif
