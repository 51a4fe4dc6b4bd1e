// What a hostile peer's lengths, counts and delimiters may do to a match: nothing but end it.
#include "message_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(hostile_lengths_take_no_memory) {
    static const char MESSAGES[] = "message M {\n length u32be\n body bytes(length)\n}\n"
                                   "message L {\n count u32be\n items list(u32be, count)\n}\n"
                                   "message Z {\n count u32be\n items list(bytes(0), count)\n}\n"
                                   "message N {\n count u16be\n rows list(list(bytes(0), count), count)\n}\n";
    load(MESSAGES, "recv M { body as b }", "send \"\"");
    size_t const before = stage.arena.used_bytes;
    assert_differs(BYTES("\xff\xff\xff\xff"), "M.body: bytes(length): more than 67108864 bytes are not held", 4);
    load(MESSAGES, "recv M { }", "send \"\"");
    assert_differs(BYTES("\xff\xff\xff\xff" "abc"), "M.body: bytes(length)", 7);
    load(MESSAGES, "recv L { items as i }", "send \"\"");
    assert_differs(BYTES("\xff\xff\xff\xff"), "L.items: list(u32be, count): more than ", 4);
    load(MESSAGES, "recv L { }", "send \"\"");
    assert_differs(BYTES("\xff\xff\xff\xff\0\0\0\1"), "L.items[1]: u32be", 8);
    load(MESSAGES, "recv Z { }", "send \"\"");
    assert_differs(BYTES("\xff\xff\xff\xff"), "Z.items[0]: bytes(0): a list of more than 100000 items of no bytes", 4);
    load(MESSAGES, "recv N { }", "send \"\"");
    assert_differs(BYTES("\x03\xe8"), "N.rows[99][", 2);
    ck_assert_uint_lt(stage.arena.used_bytes - before, 256 * 1024);
}
END_TEST

// What the layout itself asks for is nobody's bytes.
START_TEST(limits_that_the_layout_passes_fail) {
    static const char MESSAGES[] = "message M {\n body bytes(67108865)\n}\nmessage L {\n items list(u8, 67108864)\n}\n"
                                   "message Z {\n a u8\n items list(bytes(0), 100002)\n}\n"
                                   "message R {\n n u8\n items list(bytes(0))\n}\n";
    load(MESSAGES, "recv M { body as b }", "send \"\"");
    assert_match_fails(BYTES("x"), "bytes are not held");
    load(MESSAGES, "recv L { items as i }", "send \"\"");
    assert_match_fails(BYTES("x"), "items are not held");
    load(MESSAGES, "recv Z { }", "send \"\"");
    assert_match_fails(BYTES("x"), "items of no bytes");
    load(MESSAGES, "recv R { }", "send \"\"");
    assert_match_fails(BYTES("xy"), "an item of no bytes would be repeated for ever");
}
END_TEST

START_TEST(what_the_peer_chose_cannot_be_is_a_mismatch) {
    static const char MESSAGES[] = "message U {\n n u8\n d bytes(n)\n x until(d)\n}\n"
                                   "message R {\n n u8\n items list(bytes(n))\n}\n"
                                   "message W {\n n u8\n items list(bytes(n)) until(n == 9)\n}\n";
    load(MESSAGES, "recv U { }", "send \"\"");
    assert_differs(BYTES("\0x"), "U.x: until(d): an empty delimiter is found everywhere", 1);
    assert_matches(BYTES("\1;x;"));
    load(MESSAGES, "recv R { }", "send \"\"");
    assert_differs(BYTES("\0x"), "R.items[0]: bytes(n): an item of no bytes would be repeated for ever", 1);
    load(MESSAGES, "recv W { }", "send \"\"");
    assert_differs(BYTES("\0x"), "W.items[0]: bytes(n): an item of no bytes would be repeated for ever", 1);
}
END_TEST

START_TEST(what_reads_nothing_of_the_wire_is_not_the_peers_doing) {
    static const char MESSAGES[] = "message F {\n k u8\n d bytes(2) = file(\"/nonexistent\")\n}\n"
                                   "message E {\n k u8\n d bytes(int(env(\"SOCKDRILL_NONE\")))\n}\n"
                                   "message I {\n a u8\n}\n"
                                   "message B {\n k u8\n i I = I { a: int(env(\"SOCKDRILL_NONE\")) }\n}\n"
                                   "message O {\n k u8\n d u8 = 1 / k\n i I = I { a: 1 / k }\n}\n";
    load(MESSAGES, "recv F { }", "send \"\"");
    assert_match_fails(BYTES("\0\1\2"), "no such file");
    load(MESSAGES, "recv E { }", "send \"\"");
    assert_match_fails(BYTES("\0\1\2"), "is not an integer");
    load(MESSAGES, "recv B { }", "send \"\"");
    assert_match_fails(BYTES("\0\1"), "is not an integer");
    load(MESSAGES, "recv O { }", "send \"\"");
    assert_differs(BYTES("\0\1"), "O.d: 1 / k: ", 1);
    assert_matches(BYTES("\1\1\1"));
}
END_TEST

// A peer's byte costs a match next to nothing, whatever the layout says of it.
START_TEST(items_that_are_not_captured_take_no_memory) {
    static const char MESSAGES[] = "message Zero {\n a u8 = 0\n}\nmessage Same {\n a u8\n b u8 where b == 0\n}\n"
                                   "message M {\n items list(Zero)\n}\nmessage P {\n names list(domain_name)\n}\n";
    static const char *const ASKED[] = {"recv M { }", "recv P { }"};
    enum { MANY = 100 * 1000 };
    uint8_t *const zeros = calloc(1, MANY);
    for (int i = 0; i < 2; i++) {
        load(MESSAGES, ASKED[i], "send \"\"");
        struct matcher matcher;
        size_t used;
        size_t const before = stage.arena.used_bytes;
        matcher_start(&matcher, pattern(), &stage.env, &stage.arena);
        ck_assert_int_eq(matcher_feed(&matcher, slice_of(zeros, MANY), &used), MATCH_MORE);
        ck_assert_uint_eq(used, MANY);
        ck_assert_uint_lt(stage.arena.used_bytes - before, 4 * MANY); // names are kept, for pointers
    }
    free(zeros);
}
END_TEST

START_TEST(a_message_that_goes_on_for_ever_is_refused) {
    static const char MESSAGES[] = "message M {\n k u8\n body rest\n}\nmessage L {\n k u8\n body line\n sum u8\n}\n";
    static const char *const ASKED[] = {"recv M { body as b }", "recv L { body as b }"};
    static const char *const WANTED[] = {"M.body: rest: more than 67108864 bytes are not held",
                                         "L.body: line: more than 67108864 bytes are not held"};
    size_t const chunk_bytes = 1 << 20;
    uint8_t *const chunk = calloc(1, chunk_bytes);
    for (int i = 0; i < 2; i++) {
        load(MESSAGES, ASKED[i], "send \"\"");
        struct matcher matcher;
        size_t used;
        matcher_start(&matcher, pattern(), &stage.env, &stage.arena);
        enum match_status status = MATCH_MORE;
        for (int n = 0; n < 66 && status == MATCH_MORE; n++)
            status = matcher_feed(&matcher, slice_of(chunk, chunk_bytes), &used);
        ck_assert_int_eq(status, MATCH_MISMATCH);
        ck_assert_str_eq(matcher.mismatch.wanted, WANTED[i]);
    }
    free(chunk);
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"refused",
         {hostile_lengths_take_no_memory, limits_that_the_layout_passes_fail,
          what_the_peer_chose_cannot_be_is_a_mismatch, what_reads_nothing_of_the_wire_is_not_the_peers_doing}},
        {"memory", {items_that_are_not_captured_take_no_memory, a_message_that_goes_on_for_ever_is_refused}},
    };
    return matcher_main("message_limits", cases, COUNT_OF(cases));
}
