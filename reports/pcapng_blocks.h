// Blocks of a pcapng file, draft-ietf-opsawg-pcapng, in the byte order of this machine. Private to the sink.
#ifndef SOCKDRILL_REPORTS_PCAPNG_BLOCKS_H
#define SOCKDRILL_REPORTS_PCAPNG_BLOCKS_H

#include "base/buffer.h"

#include <stdint.h>

enum block_type {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
};

enum option_code {
    OPTION_COMMENT = 1,
    OPTION_SECTION_OS = 3,
    OPTION_SECTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_DESCRIPTION = 3,
    OPTION_INTERFACE_RESOLUTION = 9,
    OPTION_STATISTICS_START = 2,
    OPTION_STATISTICS_END = 3,
    OPTION_STATISTICS_RECEIVED = 4,
    OPTION_STATISTICS_DROPPED = 5,
};

enum { COMMENT_BYTES_MAX = 8192 }; // an option has room for 65,535

// A block that is being written. Between begin and end nothing else is added to `out`.
struct capture_block {
    struct buffer *out;
    size_t start; // where its length will stand
};

struct capture_block block_begin(struct buffer *out, enum block_type type);
void block_end(const struct capture_block *block);
void block_u16(const struct capture_block *block, uint16_t value);
void block_u32(const struct capture_block *block, uint32_t value);
void block_u64(const struct capture_block *block, uint64_t value);
void block_time(const struct capture_block *block, int64_t realtime_ns);  // two words, the higher first
void block_padded(const struct capture_block *block, struct slice bytes); // up to a multiple of four bytes

// Options stand behind everything else; block_end ends them.
void block_option(const struct capture_block *block, enum option_code code, struct slice value);
// Of text that is escaped already, and cut between two characters where it is long. Nothing for an empty one.
void block_option_text(const struct capture_block *block, enum option_code code, const struct buffer *text);

#endif
