// The journal: what happened in one case, in the order it happened, and nothing about what it means.
//
// Every worker writes into a segment of its own, in which an event takes about ten bytes; when all have ended, the journal
// takes the segments over, and is read event by event in the order of time, or expanded into one array. Steps, actors and
// sockets are numbers: a step is an index into plan->steps, an actor into plan->instances (JOURNAL_NONE where there is
// none), a socket a number of the journal's own that never comes twice.
#ifndef SOCKDRILL_JOURNAL_JOURNAL_H
#define SOCKDRILL_JOURNAL_JOURNAL_H

#include "base/address.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_NONE UINT32_MAX

// Of one thread: behind so many events only what the verdict needs is noted.
enum { JOURNAL_TERSE_EVENTS = 1024 * 1024 };

enum event_kind {
#define EVENT(id, name, help) EVENT_##id,
#include "journal/events.def"
    EVENT_KIND_COUNT
};

// How a case is played: the code of its CASE_BEGIN.
enum case_way { CASE_WHOLE, CASE_CLIENTS_OUTSIDE };

enum close_reason {
    CLOSE_BY_STEP,    // `close`
    CLOSE_BY_RESET,   // `reset`
    CLOSE_BY_BLOCK,   // still open when its block ended: the harness closed it
    CLOSE_BY_STOP,    // the case failed elsewhere, and everything was closed
    CLOSE_BY_PROGRAM, // `run ... with`: a program has it from here on
};

// Of a program, in the events of what it has printed.
enum stream_code { STREAM_TERMINAL = 0, STREAM_STDOUT = 1, STREAM_STDERR = 2 };

enum failure_kind {
    FAILURE_MISMATCH,        // received bytes that differ from the pattern
    FAILURE_ENDING,          // FIN, RST or bytes where another of them was expected
    FAILURE_CALL,            // a system call failed, or did not fail as `fails` says
    FAILURE_EXPECT,          // a condition does not hold
    FAILURE_STEP_TIMEOUT,    // `within` has passed
    FAILURE_TIMEOUT,         // the scenario's timeout has passed
    FAILURE_DEADLOCK,        // everybody waits, and nothing can change that
    FAILURE_ABANDONED,       // waits for what an ended actor never set, or an accept that nobody will come to
    FAILURE_UNMATCHED,       // bytes arrived and were never matched when the socket closed
    FAILURE_UNACCEPTED,      // a connection was still queued when its listener closed
    FAILURE_CRASHED,         // a program was ended by a signal that nobody sent, or behind a wrapper by an exit code of its own
    FAILURE_SANITIZER,       // a sanitizer's report was in its output, or valgrind's
    FAILURE_UNREAD_OUTPUT,   // what a program printed to stdout was not read to its end
    FAILURE_LEFT_BEHIND,     // processes of a program that has ended still ran
    FAILURE_VALUE,           // an expression has no value (division by zero, a missing file, too large a number)
    FAILURE_RESOURCE,        // the machine's limit: descriptors, ports, memory
    FAILURE_INTERRUPTED,     // a signal ended the run
    FAILURE_KIND_COUNT
};

// What a failed step saw. Immutable; lives in the journal's arena.
struct failure {
    enum failure_kind kind;
    const char *message;    // one line without a full stop: "connect: ECONNREFUSED, expected success"
    struct span span;       // what of the text is to blame where no step is; source NULL: all of it
    // FAILURE_MISMATCH, ENDING, UNMATCHED and UNREAD_OUTPUT, and where a part of what is waited for has come:
    uint64_t offset;        // in the received stream, of the first byte that differs
    uint64_t window_offset; // in the stream, of the first byte of both windows; at or before `offset`, but where nothing is
                            // expected: of a long value that is wrong as a whole the newest bytes are shown
    struct slice expected;  // bytes expected around the difference; empty where the pattern has no fixed bytes there
    struct slice received;  // bytes received there
    struct slice output;    // of a program that is to blame: the end of what it printed, or a sanitizer's report; empty else
    uint8_t output_of;      // an enum stream_code
    bool is_cause;          // what else has failed may be of its doing: it is told first
    const char *wanted;     // the element in words where no fixed bytes were expected ("u16be == 5", "eof"), or NULL
};

// One thing that happened. Immutable; bytes, text, address and failure live in the journal's arena.
struct event {
    int64_t at_ns; // CLOCK_MONOTONIC
    enum event_kind kind;
    uint32_t actor;  // instance
    uint32_t task;   // within the instance: 0 is the actor itself, accept's concurrent blocks count from 1
    uint32_t step;
    uint32_t socket;
    int32_t code;
    uint64_t count;
    uint64_t offset;
    union {
        struct slice bytes; // or text
        struct {
            const struct address *address;
            const struct address *peer;
        };
        const struct failure *failure;
    };
};

struct journal_chunk;
struct journal_news;
struct journal_writer;
struct segment_cursor;

// Where one worker writes. Owned by one worker until journal_merge.
struct journal_segment {
    struct arena arena;
    struct journal_chunk *first;
    struct journal_chunk *last;
    struct journal_writer *writer;
    struct journal_news *news; // who follows it
    uint64_t event_count;
    struct slice *kept; // bytes that may come again, each in the place that its hash has
    uint32_t kept_places; // a power of two, or 0
    uint32_t kept_count;  // of all that were kept
    uint32_t next_socket; // numbers for sockets: this worker's, `socket_stride` apart
    uint32_t socket_stride;
};

// A journal that is whole. Immutable, but for journal_expand.
struct journal {
    const struct event *events; // by time; one worker's events in the order it wrote them. NULL: it is not expanded
    uint64_t event_count;
    int64_t begin_ns, end_ns;
    uint32_t socket_count;      // every socket number is below it
    struct arena arena;         // of `events` and their addresses; the segments' arenas keep what else they point at
    struct journal_segment *segments;
    uint32_t segment_count;
};

// Segment `number` of `count`: its sockets are numbered number, number + count, ...
void journal_segment_init(struct journal_segment *segment, uint32_t number, uint32_t count);
void journal_segment_fini(struct journal_segment *segment); // only of one that no journal took over
uint32_t journal_new_socket(struct journal_segment *segment);
size_t journal_segment_bytes(const struct journal_segment *segment); // all that it takes

// Appends an event of that kind, stamped with the time and with JOURNAL_NONE for actor, step and socket; the caller fills
// in the rest before the next append, or the next journal_news: then it is written, and the pointer is none any more.
// Pointers put into it must live as long as segment->arena, but for addresses, which are copied when it is written.
struct event *journal_add(struct journal_segment *segment, enum event_kind kind);

// The same of an event that may still be added to later: it stays where it is, as long as the segment. Its addresses must
// live as long, too.
struct event *journal_add_growing(struct journal_segment *segment, enum event_kind kind);

// Addresses of the event that was added last, by journal_add: copied at once. Either may be NULL.
void journal_set_addresses(struct journal_segment *segment, const struct address *address, const struct address *peer);

// Bytes for an event of the segment; the same that were kept not long before are kept once.
struct slice journal_keep(struct journal_segment *segment, struct slice bytes);

// For the segment's own worker, and one follower: the next events that it was not told yet, a few at a time; 0: none, by
// now. They are there until the next call, and what they point at as long as the segment.
uint32_t journal_news(struct journal_segment *segment, const struct event **events);

// Takes the segments over: the array is malloc'ed, and the journal frees it.
void journal_merge(struct journal *journal, struct journal_segment *segments, uint32_t segment_count);

// Makes journal->events, for whoever reads it here and there, or twice: it takes six times the memory. Does nothing where
// it is there already.
void journal_expand(struct journal *journal);

// Reads a journal from its beginning, expanded or not. Call journal_reader_fini in any case.
struct journal_reader {
    const struct journal *journal;
    uint64_t next;                   // of an expanded one
    struct segment_cursor *cursors;  // NULL: it is expanded
    struct segment_cursor *newest;   // whose event was read last
    int64_t until_ns;                // it goes on up to here
};

void journal_reader_init(struct journal_reader *reader, const struct journal *journal);
void journal_reader_fini(struct journal_reader *reader);
// The next event, in the order of journal->events; NULL: that was the last. It, and its addresses, are there until the next
// call.
const struct event *journal_next(struct journal_reader *reader);

void journal_fini(struct journal *journal);

const char *event_name(enum event_kind kind);
// Of an event with a text: all of its bytes, but for those that a WAITING has behind it.
struct slice event_text(const struct event *event);

// Whether it has windows of bytes, expected and received; NULL has not.
bool failure_is_about_bytes(const struct failure *failure);

#endif
