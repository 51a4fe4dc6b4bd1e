// Checksums and codes of bytes that need not be held: read a piece at a time. Pure; any thread.
#ifndef SOCKDRILL_PLAN_DIGEST_H
#define SOCKDRILL_PLAN_DIGEST_H

#include "plan/value.h"

// CRC-32 of ISO 3309, as Ethernet, gzip and PNG have it.
uint32_t digest_crc32(const struct bytes *bytes);

// FIPS 180-4; into `out`, DIGEST_SHA1_BYTES or DIGEST_SHA256_BYTES of it. False: the library refuses that algorithm here.
enum { DIGEST_SHA1_BYTES = 20, DIGEST_SHA256_BYTES = 32 };
bool digest_sha1(const struct bytes *bytes, uint8_t out[DIGEST_SHA1_BYTES]);
bool digest_sha256(const struct bytes *bytes, uint8_t out[DIGEST_SHA256_BYTES]);

// RFC 4648, section 4, with padding, on one line; in the arena. `flat` has BYTES_FLAT_MAX bytes at the most.
struct slice digest_base64(struct arena *arena, struct slice flat);

#endif
