// A journal as a file: all that a report needs of a run, so that it can be made later, and elsewhere. Pure: bytes in
// memory; opening, writing and renaming is the caller's.
//
// The file begins with 16 bytes: the 8 of JOURNAL_FILE_MAGIC, the format's version, and JOURNAL_FILE_ORDER, both 32 bits in
// the writer's byte order, which is the one of the socket addresses in it. Records follow: a kind (32 bits) and the length
// of what stands behind (64 bits), both little-endian, then that. In it
//     number    LEB128: seven bits a byte, the lowest first, the top bit set on all but the last; at most 64 bits
//     signed    zigzag: 0, -1, 1, -2, ... as the numbers 0, 1, 2, 3, ...
//     id        a number one higher, 0 for JOURNAL_NONE
//     bytes     a number, and that many bytes; a text is bytes without a zero byte
// The records, in this order, JOURNAL_RECORD_x:
//     HEAD      text version, signed began_ns, signed realtime_ns, number seed, number jobs, number flags, number of cases
//               chosen, number of defines, and for each text name, text value; number of its shard, number of shards,
//               number of cases that were dealt to all of them, all 0 where they were not dealt; number of actors that
//               functions played, and the text of each one's name
//     KINDS     number of kinds, text of each event's name: an event's kind is an index into this list
//     TEXT      text path, bytes: a file of the language; the first is 0
//     FILE      number of its TEXT, number of uses, and for each the text path that it was opened by, number of its TEXT; the
//               first is 0. A scenario; behind the TEXTs that it names and before its first CASE
//     CASE      number, number of its FILE, number of the case within it, text name, number fingerprint of its plan, signed
//               begin_ns, signed end_ns, number of sockets, number of events, text of the folder that was kept, or empty. A
//               CASE of the same number right behind it is a later turn of it
//     EVENTS    events of the CASE before, as many as there is room for: number of the kind, and as bytes signed ns since the
//               event before (of a case's first: begin_ns), id actor, number task, id step, id socket, signed code, number
//               count, number offset, and what event_shape says that the kind has:
//                 BYTES      bytes
//                 ADDRESSES  number flags, 1: an address, 2: a peer; each bytes of the sockaddr, text interface
//                 FAILURE    number kind, text message, span, number offset, number window_offset, bytes expected, bytes
//                            received, bytes output, number output_of, number flags, 1: is_cause, 2: text wanted follows
//               A span is number 0; or 1 and up to the number of the file's uses + 1, for its TEXT and those of its uses; or one
//               higher than that, text path, bytes for a text of no file (of a --define); then number start, number end
//     END       number duration_ns, number of cases not begun, number flags, number of turns of all
//               cases that passed, where they were played until one failed; 4 bytes, little-endian: the CRC-32, as gzip's, of
//               all bytes of the file before them. The last record
// What this version does not know is passed over: records of other kinds, events of other names, and whatever stands in a
// record or an event behind what it knows. So all of these may grow; another order, or another meaning, is another version.
#ifndef SOCKDRILL_JOURNAL_FILE_H
#define SOCKDRILL_JOURNAL_FILE_H

#include "base/buffer.h"
#include "journal/journal.h"

#define JOURNAL_FILE_MAGIC "\x89SDJ\r\n\x1a\n" // cannot survive as text, nor be mistaken for it
#define JOURNAL_FILE_ORDER 0x01020304u

enum { JOURNAL_FILE_VERSION = 1, JOURNAL_FILE_MARK_BYTES = 16, JOURNAL_SHARDS_MAX = 1000000 };

enum journal_record {
    JOURNAL_RECORD_HEAD = 1,
    JOURNAL_RECORD_KINDS,
    JOURNAL_RECORD_TEXT,
    JOURNAL_RECORD_FILE,
    JOURNAL_RECORD_CASE,
    JOURNAL_RECORD_EVENTS,
    JOURNAL_RECORD_END,
};

struct journal_define {
    const char *name, *value;
};

// What holds for the whole run.
struct journal_head {
    const char *version; // sockdrill's
    int64_t began_ns, realtime_ns;
    uint64_t seed;
    uint32_t jobs;
    uint32_t chosen;   // cases, their turns of --repeat counted
    bool fail_on_skip;
    const struct journal_define *defines;
    uint32_t define_count;
    uint32_t shard, shards, dealt; // from 1; 0 of 0: all cases were chosen
    const char *const *players;    // the actors that functions played
    uint32_t player_count;
};

// A file of the language, by the path it was read from.
struct journal_text {
    const char *path;
    struct slice text;
};

struct journal_use {
    const char *path; // that it was opened by, or <NAME>
    uint32_t text;
};

// A scenario's file.
struct journal_file {
    uint32_t text;
    const struct journal_use *uses;
    uint32_t use_count;
};

struct journal_case {
    uint32_t number; // its place among all that were chosen
    uint32_t file;
    uint32_t place;  // among the file's cases
    const char *name; // with its turn of --repeat
    uint64_t fingerprint;
    const char *scratch; // the folder that was kept, or ""
    // Of the journal; a writer takes them from there.
    int64_t begin_ns, end_ns;
    uint32_t socket_count;
    uint64_t event_count;
    // A reader's: where its records of events lie in the file; and whether it is the last turn, or the only one.
    size_t at, end_at;
    bool is_last;
};

struct journal_end {
    uint64_t duration_ns;
    uint32_t not_begun;
    bool interrupted;
    uint64_t passed_turns; // --until-fail: of all cases
    uint32_t checksum;     // a writer's: of all bytes of the file before this record
};

// What spans point at: the file of the case first, then its uses.
struct journal_sources {
    const struct source *const *list;
    uint32_t count;
};

// ---- Writing. Each adds its record to `out`.

void journal_write_head(const struct journal_head *head, struct buffer *out);
void journal_write_text(const struct journal_text *text, struct buffer *out);
void journal_write_file(const struct journal_file *file, struct buffer *out);
void journal_write_case(const struct journal_case *facts, const struct journal *journal, struct buffer *out);
// The next events of the reader, some KiB of them; *before_ns is when the last one was, begin_ns of the journal at first. False:
// there were none, and nothing is added.
bool journal_write_events(struct journal_reader *reader, int64_t *before_ns, struct journal_sources sources, struct buffer *out);
void journal_write_end(const struct journal_end *end, struct buffer *out);
// NULL; or why neither checksums nor journals can be had: zlib takes them, and is loaded here.
const char *journal_file_lacks(void);
// Of bytes that stand behind those of which it is `before`, 0 where they are the first.
uint32_t journal_checksum(uint32_t before, struct slice bytes);

// ---- Reading. Nothing in it is believed: what cannot be is a sentence without a full stop in `wrong`, and false.

// What can be told by the first JOURNAL_FILE_MARK_BYTES, before the rest is read: that it is a journal, and of this format.
bool journal_is_readable(struct slice bytes, struct buffer *wrong);

// A file, without its events. All lives in the arena and in the bytes that it was read from.
struct journal_contents {
    struct arena arena;
    struct slice bytes;
    struct journal_head head;
    const int32_t *kinds; // of the file's kind, ours, or -1
    uint32_t kind_count;
    struct journal_text *texts;
    uint32_t text_count;
    struct journal_file *files;
    uint32_t file_count;
    struct journal_case *cases; // in the order in which they ended
    uint32_t case_count;
    struct journal_end end;
    bool is_damaged; // its checksum says so; all else may be in order
};

// `bytes` must outlive the contents. Call journal_contents_fini in any case.
bool journal_contents_init(struct journal_contents *contents, struct slice bytes, struct buffer *wrong);
void journal_contents_fini(struct journal_contents *contents);

// What an event may speak of.
struct journal_limits {
    uint32_t instance_count, step_count, field_count, field_fate_count;
};

// The journal of a case, which owns all that it points at but the sources: journal_fini, where it was true.
bool journal_read_case(const struct journal_contents *contents, const struct journal_case *facts,
                       struct journal_sources sources, struct journal_limits limits, struct journal *journal,
                       struct buffer *wrong);

#endif
