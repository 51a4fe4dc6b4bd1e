#include "message_text.h"

#include "digest.h"

#include <check.h>
#include <string.h>

static void assert_hex(const uint8_t *bytes, size_t len_bytes, const char *wanted) {
    struct buffer hex = {0};
    for (size_t i = 0; i < len_bytes; i++) buffer_printf(&hex, "%02x", bytes[i]);
    ck_assert_str_eq(hex.data, wanted);
    buffer_fini(&hex);
}

START_TEST(known_digests) {
    uint8_t out[DIGEST_SHA256_BYTES];
    ck_assert_ptr_null(digest_lacks());
    const struct bytes *const abc = bytes_value(&stage, "abc").bytes;
    const struct bytes *const million = bytes_repeated(&stage.arena, bytes_value(&stage, "a").bytes, 1000 * 1000);
    ck_assert_uint_eq(digest_crc32(bytes_value(&stage, "123456789").bytes), 0xcbf43926);
    ck_assert_uint_eq(digest_crc32(bytes_value(&stage, "").bytes), 0);
    ck_assert_uint_eq(digest_crc32(million), 0xdc25bfbc);
    digest_sha1(abc, out);
    assert_hex(out, DIGEST_SHA1_BYTES, "a9993e364706816aba3e25717850c26c9cd0d89d");
    digest_sha1(million, out);
    assert_hex(out, DIGEST_SHA1_BYTES, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    digest_sha256(abc, out);
    assert_hex(out, DIGEST_SHA256_BYTES, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(known_codes) {
    static const char *const PAIRS[][2] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    ck_assert_ptr_null(digest_lacks());
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        ck_assert(slice_is(digest_base64(&stage.arena, slice_text(PAIRS[i][0])), PAIRS[i][1]));
    }
    load("", "recv \"x\"", "send base64(sha1(\"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11\"))");
    BUILT("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455, section 1.3
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"vectors",
         {known_digests, known_codes}},
    };
    return matcher_main("digest", cases, COUNT_OF(cases));
}
