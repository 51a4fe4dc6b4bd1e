#include "digest.h"

#include <openssl/evp.h>
#include <zlib.h>

enum { CHUNK_BYTES = 16 * 1024 };

static size_t read_chunk(const struct bytes *bytes, uint64_t offset, uint8_t chunk[CHUNK_BYTES]) {
    uint64_t const left = bytes->len_bytes - offset;
    size_t const count = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
    bytes_read(bytes, offset, chunk, count);
    return count;
}

uint32_t digest_crc32(const struct bytes *bytes) {
    uint8_t chunk[CHUNK_BYTES];
    uLong crc = crc32(0, NULL, 0);
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        size_t const count = read_chunk(bytes, at, chunk);
        crc = crc32(crc, chunk, (uInt)count);
        at += count;
    }
    return (uint32_t)crc;
}

static bool digest(const EVP_MD *algorithm, const struct bytes *bytes, uint8_t *out) {
    uint8_t chunk[CHUNK_BYTES];
    EVP_MD_CTX *const context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestInit_ex(context, algorithm, NULL) == 1;
    for (uint64_t at = 0; ok && at < bytes->len_bytes;) {
        size_t const count = read_chunk(bytes, at, chunk);
        ok = EVP_DigestUpdate(context, chunk, count) == 1;
        at += count;
    }
    ok = ok && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

bool digest_sha1(const struct bytes *bytes, uint8_t out[DIGEST_SHA1_BYTES]) {
    return digest(EVP_sha1(), bytes, out);
}

bool digest_sha256(const struct bytes *bytes, uint8_t out[DIGEST_SHA256_BYTES]) {
    return digest(EVP_sha256(), bytes, out);
}

struct slice digest_base64(struct arena *arena, struct slice flat) {
    size_t const len_bytes = (flat.len_bytes + 2) / 3 * 4;
    uint8_t *const text = arena_alloc(arena, len_bytes + 1); // the library adds a NUL
    if (flat.len_bytes) EVP_EncodeBlock(text, flat.data, (int)flat.len_bytes);
    return slice_of(text, len_bytes);
}
