#include "plan_terms.h"

#include "plan/constants.h"
#include "wire.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

static const struct bytes *held(struct arena *arena, const char *text) {
    return bytes_held(arena, slice_text(text));
}

static void assert_printed(const struct value *value, const char *wanted) {
    struct buffer text = {0};
    value_print(value, &text);
    ck_assert_str_eq(text.data, wanted);
    buffer_fini(&text);
}

// One of every kind of run, in every kind of wrapping, each a few hundred bytes to some thousands long.
static uint32_t runs_of_every_kind(struct arena *arena, const struct bytes **runs) {
    uint32_t count = 0;
    const struct bytes *const long_random = bytes_random(arena, 7, 5000);
    runs[count++] = held(arena, "a short text");
    runs[count++] = bytes_counter(arena, 1000);
    runs[count++] = long_random;
    runs[count++] = bytes_repeated(arena, held(arena, "abc"), 400);
    runs[count++] = bytes_repeated(arena, held(arena, "x"), 6000);
    runs[count++] = bytes_repeated(arena, long_random, 2);
    runs[count++] = bytes_repeated(arena, bytes_counter(arena, 300), 20);
    const struct bytes *const parts[] = {runs[1], runs[0], runs[5], runs[3]};
    runs[count++] = bytes_joined(arena, parts, 4);
    runs[count++] = bytes_repeated(arena, runs[7], 2);
    const struct bytes *const nested[] = {runs[8], runs[7], runs[2]};
    runs[count++] = bytes_joined(arena, nested, 3);
    runs[count++] = bytes_slice(arena, runs[9], 11, 20000);
    runs[count++] = bytes_slice(arena, runs[6], 299, 1000);
    runs[count++] = bytes_slice(arena, runs[3], 1, 700);
    runs[count++] = bytes_xored(arena, runs[9], held(arena, "a key of its own"));
    runs[count++] = bytes_xored(arena, bytes_slice(arena, runs[13], 3, 12000), long_random);
    runs[count++] = bytes_repeated(arena, runs[14], 2);
    return count;
}

enum { RUNS_MAX = 20 };

START_TEST(runs_read_the_same_at_any_place) {
    struct arena arena = {0};
    const struct bytes *runs[RUNS_MAX];
    uint32_t const count = runs_of_every_kind(&arena, runs);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t const len = runs[i]->len_bytes;
        uint8_t *const whole = malloc(len), *const piece = malloc(len);
        bytes_read(runs[i], 0, whole, len);
        for (uint64_t offset = 0; offset < len; offset += 37) {
            size_t const most = len - offset < 701 ? len - offset : 701;
            bytes_read(runs[i], offset, piece, most);
            ck_assert_mem_eq(piece, whole + offset, most);
        }
        free(whole);
        free(piece);
    }
    arena_fini(&arena);
}
END_TEST

START_TEST(runs_find_the_first_difference) {
    struct arena arena = {0};
    const struct bytes *runs[RUNS_MAX];
    uint32_t const count = runs_of_every_kind(&arena, runs);
    for (uint32_t i = 0; i < count; i++) {
        size_t const len = runs[i]->len_bytes;
        uint8_t *const copy = malloc(len);
        bytes_read(runs[i], 0, copy, len);
        ck_assert_uint_eq(bytes_differ_at(runs[i], 0, copy, len), len);
        for (size_t wrong = 0; wrong < len; wrong += 61) {
            copy[wrong] ^= 0x40;
            ck_assert_uint_eq(bytes_differ_at(runs[i], 0, copy, len), wrong);
            if (wrong > 5) ck_assert_uint_eq(bytes_differ_at(runs[i], 5, copy + 5, len - 5), wrong - 5);
            copy[wrong] ^= 0x40;
        }
        free(copy);
    }
    arena_fini(&arena);
}
END_TEST

START_TEST(runs_are_xored) {
    struct arena arena = {0};
    const struct bytes *runs[RUNS_MAX];
    uint32_t const count = runs_of_every_kind(&arena, runs);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < count; k++) {
            const struct bytes *const xored = bytes_xored(&arena, runs[i], runs[k]);
            size_t const len = runs[i]->len_bytes, key_len = runs[k]->len_bytes;
            uint8_t *const plain = malloc(len), *const key = malloc(key_len);
            bytes_read(runs[i], 0, plain, len);
            bytes_read(runs[k], 0, key, key_len);
            for (size_t at = 0; at < len; at++) plain[at] ^= key[at % key_len];
            ck_assert_uint_eq(xored->len_bytes, len);
            ck_assert_uint_eq(bytes_differ_at(xored, 0, plain, len), len);
            ck_assert_int_eq(bytes_compare(bytes_xored(&arena, xored, runs[k]), runs[i]), 0);
            free(plain);
            free(key);
        }
    }
    const struct bytes *deep = bytes_random(&arena, 1, BYTES_FLAT_MAX + UINT64_C(1));
    uint32_t depth = 0;
    while (deep && depth < 100) { // each key is shorter, so that it is repeated
        const struct bytes *const longer = bytes_random(&arena, ++depth, deep->len_bytes + 1);
        deep = bytes_xored(&arena, longer, deep);
    }
    ck_assert_uint_lt(depth, 100); // too deep to be read, and too long to be held
    arena_fini(&arena);
}
END_TEST

START_TEST(runs_are_cut_anywhere) {
    struct arena arena = {0};
    const struct bytes *runs[RUNS_MAX];
    uint32_t const count = runs_of_every_kind(&arena, runs);
    for (uint32_t i = 0; i < count; i++) {
        size_t const len = runs[i]->len_bytes;
        uint8_t *const whole = malloc(len);
        bytes_read(runs[i], 0, whole, len);
        for (size_t start = 0; start <= len; start += 173) {
            for (size_t end = start; end <= len; end += 419) {
                const struct bytes *const cut = bytes_slice(&arena, runs[i], start, end - start);
                ck_assert_uint_eq(cut->len_bytes, end - start);
                ck_assert_uint_eq(bytes_differ_at(cut, 0, whole + start, end - start), end - start);
            }
        }
        free(whole);
    }
    arena_fini(&arena);
}
END_TEST

START_TEST(runs_compare_as_memcmp_does) {
    struct arena arena = {0};
    const struct bytes *runs[RUNS_MAX];
    uint32_t const count = runs_of_every_kind(&arena, runs);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++) {
            struct slice a, b;
            ck_assert(bytes_flat(&arena, runs[i], &a) && bytes_flat(&arena, runs[j], &b));
            int const wanted = slice_compare(a, b), order = bytes_compare(runs[i], runs[j]);
            ck_assert_int_eq((order > 0) - (order < 0), (wanted > 0) - (wanted < 0));
            struct value const x = value_bytes(runs[i]), y = value_bytes(runs[j]);
            ck_assert_int_eq(value_equal(&x, &y), wanted == 0);
        }
    }
    arena_fini(&arena);
}
END_TEST

START_TEST(runs_of_any_length_take_no_memory) {
    struct arena arena = {0};
    const struct bytes *const huge = bytes_repeated(&arena, held(&arena, "0123456789"), UINT64_C(1) << 60);
    uint8_t read[10];
    bytes_read(huge, (UINT64_C(9) << 60) + 4, read, sizeof read);
    uint64_t const digit = ((UINT64_C(9) << 60) + 4) % 10;
    for (uint64_t i = 0; i < 10; i++) ck_assert_uint_eq(read[i], '0' + (digit + i) % 10);
    ck_assert_uint_lt(arena.used_bytes, 1000);

    struct slice flat;
    ck_assert(!bytes_flat(&arena, huge, &flat));
    ck_assert_ptr_null(bytes_repeated(&arena, huge, 2));
    const struct bytes *const twice[] = {huge, huge};
    ck_assert_ptr_null(bytes_joined(&arena, twice, 2));
    ck_assert_uint_eq(bytes_repeated(&arena, huge, 0)->len_bytes, 0);
    arena_fini(&arena);
}
END_TEST

START_TEST(joining_again_and_again_stays_flat) {
    struct arena arena = {0};
    const struct bytes *all = bytes_random(&arena, 1, 10000);
    for (int i = 0; i < 20000; i++) {
        const struct bytes *const two[] = {all, bytes_counter(&arena, 5)};
        all = bytes_joined(&arena, two, 2);
    }
    unsigned depth = 0;
    for (const struct bytes *at = all; at->kind == BYTES_JOINED; at = at->parts[0]) depth++;
    ck_assert_uint_lt(depth, 200);
    ck_assert_uint_eq(all->len_bytes, 110000);
    uint8_t last[5];
    bytes_read(all, 109995, last, 5);
    ck_assert_mem_eq(last, "\0\1\2\3\4", 5);
    arena_fini(&arena);
}
END_TEST

START_TEST(random_bytes_follow_the_seed) {
    struct arena arena = {0};
    uint8_t a[4096], b[4096];
    bytes_read(bytes_random(&arena, 1, sizeof a), 0, a, sizeof a);
    bytes_read(bytes_random(&arena, 1, 1 << 20), 0, b, sizeof b);
    ck_assert_mem_eq(a, b, sizeof a);
    bytes_read(bytes_random(&arena, 2, sizeof b), 0, b, sizeof b);
    size_t same = 0, ones = 0;
    for (size_t i = 0; i < sizeof a; i++) {
        same += a[i] == b[i];
        ones += (size_t)__builtin_popcount(a[i]);
    }
    ck_assert_uint_lt(same, 60);             // by chance about 16
    ck_assert_uint_gt(ones, 4096 * 4 - 600); // half of the bits, within five deviations
    ck_assert_uint_lt(ones, 4096 * 4 + 600);
    arena_fini(&arena);
}
END_TEST

START_TEST(values_print_as_people_read_them) {
    struct stage stage;
    stage_init(&stage);
    struct value value = value_integer(-42);
    assert_printed(&value, "-42");
    value = value_integer(INTEGER_MAX);
    assert_printed(&value, "18446744073709551615");
    value = bytes_value(&stage, "GET /\r\n");
    assert_printed(&value, "\"GET /\\r\\n\"");
    value = (struct value){.kind = VALUE_FLOAT, .real = 0.1};
    assert_printed(&value, "0.1");
    value = (struct value){.kind = VALUE_DURATION, .number = 20000000};
    assert_printed(&value, "20ms");
    value = address_value(&stage, "127.0.0.1:80");
    assert_printed(&value, "127.0.0.1:80");
    value = address_value(&stage, "127.0.0.1");
    assert_printed(&value, "127.0.0.1");
    value = state_value(STATE_TIME_WAIT);
    assert_printed(&value, "TIME_WAIT");
    value = (struct value){.kind = VALUE_NONE};
    assert_printed(&value, "none");
    value = value_boolean(true);
    assert_printed(&value, "true");
    struct value items[2] = {value_integer(1), bytes_value(&stage, "b")};
    value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = 2};
    assert_printed(&value, "[1, \"b\"]");
    struct endpoint const endpoint = {.family = FAMILY_TCP, .words = {"127.0.0.1:0"}, .word_count = 1};
    value = (struct value){.kind = VALUE_ENDPOINT, .endpoint = &endpoint};
    assert_printed(&value, "tcp 127.0.0.1:0");
    stage_fini(&stage);
}
END_TEST

START_TEST(long_bytes_are_shortened) {
    struct arena arena = {0};
    struct value const value = value_bytes(bytes_repeated(&arena, held(&arena, "x"), UINT64_C(1) << 40));
    struct buffer text = {0};
    value_print(&value, &text);
    ck_assert_uint_lt(text.len_bytes, 200);
    ck_assert_int_ge(slice_find(buffer_view(&text), slice_text("(1099511627776 bytes)")), 0);
    buffer_fini(&text);
    arena_fini(&arena);
}
END_TEST

START_TEST(copies_share_nothing) {
    struct stage stage;
    stage_init(&stage);
    struct arena arena = {0};
    char text[] = "changes";
    const struct bytes *const parts[] = {bytes_random(&stage.arena, 3, 5000),
                                         bytes_held(&stage.arena, slice_text(text))};
    struct endpoint const endpoint = {
        .family = FAMILY_UNIX, .words = {arena_text(&stage.arena, "a.sock")}, .word_count = 1};
    struct value items[] = {
        value_bytes(bytes_repeated(&stage.arena, bytes_joined(&stage.arena, parts, 2), 3)),
        address_value(&stage, "[::1]:80"),
        path_value(&stage, "CLOSE -> LISTEN"),
        {.kind = VALUE_ENDPOINT, .endpoint = &endpoint},
    };
    struct value const list = {.kind = VALUE_LIST, .items = items, .item_count = 4};
    struct value const copy = value_copy(&arena, &list);
    ck_assert(value_equal(&list, &copy));
    text[0] = 'X';
    ck_assert(!value_equal(&list, &copy));
    stage_fini(&stage); // under the address sanitizer: the copy must not look there
    assert_printed(&copy.items[1], "[::1]:80");
    assert_printed(&copy.items[2], "CLOSE -> LISTEN");
    assert_printed(&copy.items[3], "unix a.sock");
    uint8_t last[7];
    bytes_read(copy.items[0].bytes, copy.items[0].bytes->len_bytes - 7, last, 7);
    ck_assert_mem_eq(last, "changes", 7);
    arena_fini(&arena);
}
END_TEST

START_TEST(equality_minds_kinds) {
    struct stage stage;
    stage_init(&stage);
    struct value const address = address_value(&stage, "127.0.0.1:80"), host = address_value(&stage, "127.0.0.1");
    struct value const other = address_value(&stage, "127.0.0.1:81"), text = bytes_value(&stage, "127.0.0.1:80");
    ck_assert(value_equal(&address, &host) && value_equal(&host, &other) && !value_equal(&address, &other));
    ck_assert(value_equal(&address, &text) && value_equal(&text, &address) && !value_equal(&text, &other));
    struct value const none = {.kind = VALUE_NONE}, one = value_integer(1), yes = value_boolean(true);
    struct address const unset = {0};
    struct value const unbound = value_address(&unset);
    ck_assert(value_equal(&none, &none) && value_equal(&none, &unbound));
    ck_assert(!value_equal(&none, &address) && !value_equal(&none, &one) && !value_equal(&one, &yes));
    struct value const real = {.kind = VALUE_FLOAT, .real = 1.0};
    ck_assert(value_equal(&one, &real));
    struct value const big = value_integer(((integer)1 << 53) + 1);
    struct value const rounded = {.kind = VALUE_FLOAT, .real = 0x1p53};
    ck_assert(!value_equal(&big, &rounded)); // no rounding on the way
    struct value const nan = {.kind = VALUE_FLOAT, .real = NAN};
    ck_assert(!value_equal(&nan, &nan) && !value_equal(&nan, &one));
    stage_fini(&stage);
}
END_TEST

// ---- on the wire

START_TEST(integers_round_trip_at_their_limits) {
    for (enum type_word type = TYPE_WORD_U8; type <= TYPE_WORD_I64LE; type++) {
        size_t const width = wire_width_bytes(type);
        integer const span = (integer)1 << (8 * width);
        bool const is_signed = (type >= TYPE_WORD_I16BE && type <= TYPE_WORD_I64LE) || type == TYPE_WORD_I8;
        integer const least = is_signed ? -(span / 2) : 0, most = least + span - 1;
        integer const good[] = {least, least + 1, 0, 1, 0x55, most - 1, most}, bad[] = {least - 1, most + 1};
        uint8_t bytes[WIRE_BYTES_MAX];
        char message[WIRE_MESSAGE_BYTES];
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
            struct value const value = value_integer(good[i]);
            ck_assert_uint_eq(wire_pack(type, &value, bytes, message), width);
            ck_assert(wire_unpack(type, bytes).number == good[i]);
        }
        for (size_t i = 0; i < 2; i++) {
            struct value const value = value_integer(bad[i]);
            if (integer_in_range(bad[i])) ck_assert_uint_eq(wire_pack(type, &value, bytes, message), 0);
        }
    }
}
END_TEST

START_TEST(bytes_stand_in_the_types_order) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    struct value value = value_integer(0x010203);
    wire_pack(TYPE_WORD_U24BE, &value, bytes, message);
    ck_assert_mem_eq(bytes, "\1\2\3", 3);
    wire_pack(TYPE_WORD_U24LE, &value, bytes, message);
    ck_assert_mem_eq(bytes, "\3\2\1", 3);
    value = (struct value){.kind = VALUE_FLOAT, .real = -2.5};
    wire_pack(TYPE_WORD_F32BE, &value, bytes, message);
    ck_assert_mem_eq(bytes, "\xc0\x20\0\0", 4);
    ck_assert_double_eq(wire_unpack(TYPE_WORD_F32BE, bytes).real, -2.5);
    ck_assert_uint_eq(wire_pack(TYPE_WORD_F64LE, &value, bytes, message), 8);
    ck_assert_double_eq(wire_unpack(TYPE_WORD_F64LE, bytes).real, -2.5);
    value.real = 1e300;
    ck_assert_uint_eq(wire_pack(TYPE_WORD_F32LE, &value, bytes, message), 0);
    value.real = INFINITY;
    ck_assert_uint_eq(wire_pack(TYPE_WORD_F32LE, &value, bytes, message), 4);
}
END_TEST

START_TEST(variable_lengths_are_the_standards) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    struct value value = value_integer(624485);
    ck_assert_uint_eq(wire_pack(TYPE_WORD_LEB128, &value, bytes, message), 3);
    ck_assert_mem_eq(bytes, "\xe5\x8e\x26", 3); // DWARF 5, appendix C
    value = value_integer(INTEGER_MAX);
    ck_assert_uint_eq(wire_pack(TYPE_WORD_LEB128, &value, bytes, message), 10);
    ck_assert_uint_eq(bytes[9], 1);
    value = value_integer(151288809941952652); // RFC 9000, appendix A.1
    ck_assert_uint_eq(wire_pack(TYPE_WORD_QUIC_VARINT, &value, bytes, message), 8);
    ck_assert_mem_eq(bytes, "\xc2\x19\x7c\x5e\xff\x14\xe8\x8c", 8);
    ck_assert_uint_eq(wire_quic_unpack(bytes), 151288809941952652);
    value = value_integer(63);
    ck_assert_uint_eq(wire_pack(TYPE_WORD_QUIC_VARINT, &value, bytes, message), 1);
    value = value_integer(64);
    ck_assert_uint_eq(wire_pack(TYPE_WORD_QUIC_VARINT, &value, bytes, message), 2);
    value = value_integer((integer)1 << 62);
    ck_assert_uint_eq(wire_pack(TYPE_WORD_QUIC_VARINT, &value, bytes, message), 0);
}
END_TEST

// ---- the kernel's names

START_TEST(names_of_the_kernel_are_known) {
    integer number;
    ck_assert(constant_of(slice_text("AF_INET6"), &number) && number == AF_INET6);
    ck_assert(constant_of(slice_text("ECONNREFUSED"), &number) && number == ECONNREFUSED);
    ck_assert(!constant_of(slice_text("AF_NONSENSE"), &number));
    ck_assert_int_eq(errno_of(slice_text("EWOULDBLOCK")), EWOULDBLOCK);
    ck_assert_int_eq(errno_of(slice_text("EOPNOTSUPP")), EOPNOTSUPP);
    ck_assert_int_eq(errno_of(slice_text("ENOTSUP")), ENOTSUP);
    ck_assert_int_eq(errno_of(slice_text("ENONSENSE")), 0);
    ck_assert_str_eq(errno_name(EPIPE), "EPIPE");
    const struct option *const option = option_of(slice_text("TCP_NODELAY"));
    ck_assert(option && option->level == IPPROTO_TCP && option->number == TCP_NODELAY);
    ck_assert_ptr_null(option_of(slice_text("SO_NONSENSE")));
    const struct tcp_field *const field = tcp_field_of(slice_text("rtt"));
    ck_assert(field && field->offset_bytes == offsetof(struct tcp_info, tcpi_rtt) && field->width_bytes == 4);
    ck_assert_ptr_eq(tcp_field_of(slice_text("tcpi_rtt")), field);
    ck_assert_uint_eq(tcp_field_of(slice_text("bytes_acked"))->width_bytes, 8);
    ck_assert_ptr_null(tcp_field_of(slice_text("nonsense")));
}
END_TEST

START_TEST(offered_names_are_the_known_ones) {
    uint32_t count = 0;
    const char *name;
    integer number;
    for (uint32_t i = 0; (name = constant_offer(i)); i++) count += constant_of(slice_text(name), &number);
    for (uint32_t i = 0; (name = errno_offer(i)); i++) count += errno_of(slice_text(name)) > 0;
    for (uint32_t i = 0; (name = option_offer(i)); i++) count += option_of(slice_text(name)) != NULL;
    for (uint32_t i = 0; (name = tcp_field_offer(i)); i++) count += tcp_field_of(slice_text(name)) != NULL;
    uint32_t offered = 0;
    while (constant_offer(offered)) offered++;
    for (uint32_t i = 0; errno_offer(i); i++) offered++;
    for (uint32_t i = 0; option_offer(i); i++) offered++;
    for (uint32_t i = 0; tcp_field_offer(i); i++) offered++;
    ck_assert_uint_eq(count, offered);
    ck_assert_uint_gt(count, 250);
}
END_TEST

static Suite *value_suite(void) {
    Suite *const suite = suite_create("value");
    TCase *const runs = tcase_create("runs of bytes");
    tcase_set_timeout(runs, 60);
    tcase_add_test(runs, runs_read_the_same_at_any_place);
    tcase_add_test(runs, runs_find_the_first_difference);
    tcase_add_test(runs, runs_are_xored);
    tcase_add_test(runs, runs_are_cut_anywhere);
    tcase_add_test(runs, runs_compare_as_memcmp_does);
    tcase_add_test(runs, runs_of_any_length_take_no_memory);
    tcase_add_test(runs, joining_again_and_again_stays_flat);
    tcase_add_test(runs, random_bytes_follow_the_seed);
    suite_add_tcase(suite, runs);
    TCase *const values = tcase_create("values");
    tcase_add_test(values, values_print_as_people_read_them);
    tcase_add_test(values, long_bytes_are_shortened);
    tcase_add_test(values, copies_share_nothing);
    tcase_add_test(values, equality_minds_kinds);
    suite_add_tcase(suite, values);
    TCase *const wire = tcase_create("on the wire");
    tcase_add_test(wire, integers_round_trip_at_their_limits);
    tcase_add_test(wire, bytes_stand_in_the_types_order);
    tcase_add_test(wire, variable_lengths_are_the_standards);
    suite_add_tcase(suite, wire);
    TCase *const names = tcase_create("the kernel's names");
    tcase_add_test(names, names_of_the_kernel_are_known);
    tcase_add_test(names, offered_names_are_the_known_ones);
    suite_add_tcase(suite, names);
    return suite;
}

int main(void) {
    SRunner *const runner = srunner_create(value_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
