// Checksums and codes of bytes that need not be held: read a piece at a time. Pure; any thread.
#ifndef SOCKDRILL_PLAN_DIGEST_H
#define SOCKDRILL_PLAN_DIGEST_H

#include "plan/value.h"

// CRC-32 of ISO 3309, as Ethernet, gzip and PNG have it; base/crc32.h tells what it needs.
uint32_t digest_crc32(const struct bytes *bytes);

// CRC-32C of RFC 9260, appendix A: Castagnoli's polynomial.
uint32_t digest_crc32c(const struct bytes *bytes);

// Digests and base64 are OpenSSL's libcrypto, loaded here: they may be called once this has answered NULL; else it says why
// they cannot.
const char *digest_lacks(void);

// RFC 1321.
enum { DIGEST_MD5_BYTES = 16 };
void digest_md5(const struct bytes *bytes, uint8_t out[DIGEST_MD5_BYTES]);

// FIPS 180-4; into `out`, DIGEST_SHA1_BYTES or DIGEST_SHA256_BYTES of it.
enum { DIGEST_SHA1_BYTES = 20, DIGEST_SHA256_BYTES = 32 };
void digest_sha1(const struct bytes *bytes, uint8_t out[DIGEST_SHA1_BYTES]);
void digest_sha256(const struct bytes *bytes, uint8_t out[DIGEST_SHA256_BYTES]);

// RFC 4648, section 4, with padding, on one line; in the arena. `flat` has BYTES_FLAT_MAX bytes at the most.
struct slice digest_base64(struct arena *arena, struct slice flat);

// The bytes that such a text stands for, in the arena. False: it is none, from *wrong_at on; at its end: characters lack.
bool digest_unbase64(struct arena *arena, struct slice text, struct slice *bytes, size_t *wrong_at);

#endif
