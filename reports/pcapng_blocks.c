#include "pcapng_blocks.h"

#include <string.h>

static const uint8_t PADDING[4];

static void pad(struct buffer *out, size_t len_bytes) {
    buffer_add(out, PADDING, (4 - len_bytes % 4) % 4);
}

void block_u16(const struct capture_block *block, uint16_t value) {
    buffer_add(block->out, &value, sizeof value);
}
void block_u32(const struct capture_block *block, uint32_t value) {
    buffer_add(block->out, &value, sizeof value);
}
void block_u64(const struct capture_block *block, uint64_t value) {
    buffer_add(block->out, &value, sizeof value);
}

void block_time(const struct capture_block *block, int64_t realtime_ns) {
    uint64_t const ns = realtime_ns < 0 ? 0 : (uint64_t)realtime_ns;
    block_u32(block, (uint32_t)(ns >> 32));
    block_u32(block, (uint32_t)ns);
}

void block_padded(const struct capture_block *block, struct slice bytes) {
    buffer_slice(block->out, bytes);
    pad(block->out, bytes.len_bytes);
}

struct capture_block block_begin(struct buffer *out, enum block_type type) {
    struct capture_block const block = {.out = out, .start = out->len_bytes + sizeof(uint32_t)};
    block_u32(&block, type);
    block_u32(&block, 0);
    return block;
}

// Its length stands at both ends. Without an option the end of options stands there all the same, which is allowed.
void block_end(const struct capture_block *block) {
    block_u32(block, 0);
    uint32_t const len_bytes = (uint32_t)(block->out->len_bytes - block->start + 2 * sizeof(uint32_t));
    memcpy(block->out->data + block->start, &len_bytes, sizeof len_bytes);
    block_u32(block, len_bytes);
}

void block_option(const struct capture_block *block, enum option_code code, struct slice value) {
    block_u16(block, (uint16_t)code);
    block_u16(block, (uint16_t)value.len_bytes);
    block_padded(block, value);
}

void block_option_text(const struct capture_block *block, enum option_code code, const struct buffer *text) {
    struct slice value = buffer_view(text);
    if (value.len_bytes > COMMENT_BYTES_MAX) {
        value.len_bytes = COMMENT_BYTES_MAX;
        while (value.len_bytes > 0 && (value.data[value.len_bytes] & 0xc0) == 0x80) value.len_bytes--;
    }
    if (value.len_bytes > 0) block_option(block, code, value);
}
