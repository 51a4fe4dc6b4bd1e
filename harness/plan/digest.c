#include "digest.h"

#include "plan/plan.h"

#include "base/crc32.h"
#include "loaded/digest.h"

enum { CHUNK_BYTES = 16 * 1024 };

static size_t read_chunk(const struct bytes *bytes, uint64_t offset, uint8_t chunk[CHUNK_BYTES]) {
    uint64_t const left = bytes->len_bytes - offset;
    size_t const count = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
    bytes_read(bytes, offset, chunk, count);
    return count;
}

uint32_t digest_crc32(const struct bytes *bytes) {
    uint8_t chunk[CHUNK_BYTES];
    uint32_t crc = 0;
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        size_t const count = read_chunk(bytes, at, chunk);
        crc = crc32_add(crc, slice_of(chunk, count));
        at += count;
    }
    return crc;
}

// What four more bits do to a remainder: polynomial 0x1edc6f41, low bit first.
static const uint32_t CASTAGNOLI[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t digest_crc32c(const struct bytes *bytes) {
    uint8_t chunk[CHUNK_BYTES];
    uint32_t crc = UINT32_MAX;
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        size_t const count = read_chunk(bytes, at, chunk);
        for (size_t i = 0; i < count; i++) {
            crc ^= chunk[i];
            crc = crc >> 4 ^ CASTAGNOLI[crc & 0xf];
            crc = crc >> 4 ^ CASTAGNOLI[crc & 0xf];
        }
        at += count;
    }
    return ~crc;
}

const char *digest_lacks(void) { return library_load(&digest_library); }

const char *plan_lacks_digests(void) { return digest_lacks(); }

// Not by way of EVP_DigestInit(3): that allocates at hundreds of places, answers the same whether memory or an algorithm is
// missing, and where an allocation fails in its beginnings it may never answer.

void digest_md5(const struct bytes *bytes, uint8_t out[DIGEST_MD5_BYTES]) {
    uint8_t chunk[CHUNK_BYTES];
    MD5_CTX context;
    MD5_Init(&context);
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        size_t const count = read_chunk(bytes, at, chunk);
        MD5_Update(&context, chunk, count);
        at += count;
    }
    MD5_Final(out, &context);
}

void digest_sha1(const struct bytes *bytes, uint8_t out[DIGEST_SHA1_BYTES]) {
    uint8_t chunk[CHUNK_BYTES];
    SHA_CTX context;
    SHA1_Init(&context);
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        size_t const count = read_chunk(bytes, at, chunk);
        SHA1_Update(&context, chunk, count);
        at += count;
    }
    SHA1_Final(out, &context);
}

void digest_sha256(const struct bytes *bytes, uint8_t out[DIGEST_SHA256_BYTES]) {
    uint8_t chunk[CHUNK_BYTES];
    SHA256_CTX context;
    SHA256_Init(&context);
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        size_t const count = read_chunk(bytes, at, chunk);
        SHA256_Update(&context, chunk, count);
        at += count;
    }
    SHA256_Final(out, &context);
}

struct slice digest_base64(struct arena *arena, struct slice flat) {
    size_t const len_bytes = (flat.len_bytes + 2) / 3 * 4;
    uint8_t *const text = arena_alloc(arena, len_bytes + 1); // the library adds a NUL
    if (flat.len_bytes) EVP_EncodeBlock(text, flat.data, (int)flat.len_bytes);
    return slice_of(text, len_bytes);
}

static int base64_value(uint8_t byte) {
    if (byte >= 'A' && byte <= 'Z') return byte - 'A';
    if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9') return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

// How many `=` end the text: 0, 1 or 2.
static size_t padding_of(struct slice text) {
    size_t count = 0;
    while (count < 2 && count < text.len_bytes && text.data[text.len_bytes - 1 - count] == '=') count++;
    return count;
}

bool digest_unbase64(struct arena *arena, struct slice text, struct slice *bytes, size_t *wrong_at) {
    size_t const padding = padding_of(text), sixes = text.len_bytes - padding;
    uint8_t *const data = arena_alloc(arena, text.len_bytes / 4 * 3 + 3);
    size_t len_bytes = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < sixes; i++) {
        int const six = base64_value(text.data[i]);
        *wrong_at = i;
        if (six < 0) return false;
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 > 0) data[len_bytes++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    *wrong_at = text.len_bytes;
    if (text.len_bytes % 4 != 0) return false;
    *wrong_at = sixes ? sixes - 1 : 0; // RFC 4648, 3.5: the bits that no byte has are zero
    if (padding && bits & ((1u << padding * 2) - 1)) return false;
    *bytes = slice_of(data, len_bytes);
    return true;
}
