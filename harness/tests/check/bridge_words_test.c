// What the bridge makes of texts and addresses, without a sockdrill.
#include "bridge.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static void message_is(const char *text, size_t max_bytes, const char *wanted, bool wanted_cut) {
    bool is_cut = !wanted_cut;
    char *const made = sockdrill_message_for_check(text, max_bytes, &is_cut);
    ck_assert_str_eq(made, wanted);
    ck_assert_int_eq(is_cut, wanted_cut);
    free(made);
}

START_TEST(messages) {
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"", ""},
        {"a", "a"},
        {"a\n", "a"},
        {"a\nb", "a\n# b"},
        {"a\n\nb\n", "a\n#\n# b"},
        {"a\tb", "a\tb"},
        {"a\x1b[31m\x07", "a\\x1b[31m\\x07"},
        {"<&>\"'", "<&>\"'"},
        {"gr\u00fc\u00df", "gr\\u{fc}\\u{df}"},
        {"\U0001f600", "\\u{1f600}"},
        {"\xff\xc3", "\\xff\\xc3"},
        {"\xc0\x80", "\\xc0\\x80"},             // longer than need be
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},    // half a pair
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, // behind the last
        {"x # skip it\n# TODO", "x \\# skip it\n# # TODO"},
        {"x #todo", "x \\#todo"},
        {"x #1", "x #1"},
        {"a\nnot ok 1\n1..9\nBail out!", "a\n# not ok 1\n# 1..9\n# Bail out!"},
    };
    message_is(rows[_i].text, 4088, rows[_i].wanted, false);
}
END_TEST

START_TEST(long_messages) {
    char text[3000], longer[3000];
    size_t len = 0;
    for (int i = 0; i < 100; i++) len += (size_t)snprintf(text + len, sizeof text - len, "line %d\n", i);
    for (size_t max = 0; max < 1200; max++) {
        bool is_cut = false;
        char *const made = sockdrill_message_for_check(text, max, &is_cut);
        if (max >= 100) ck_assert_uint_le(strlen(made), max);
        const char *const words = strstr(made, "\n# ... ");
        ck_assert_int_eq(is_cut, words != NULL);
        size_t lines = 0;
        for (const char *at = made; words && at < words; at++) lines += *at == '\n';
        if (words && max >= 200) ck_assert_int_eq(atoi(words + 7), (int)(100 - (lines + 1)));
        free(made);
    }
    memset(longer, 'x', sizeof longer - 1); // one line
    longer[sizeof longer - 1] = '\0';
    bool is_cut = false;
    char *const made = sockdrill_message_for_check(longer, 500, &is_cut);
    ck_assert(is_cut);
    ck_assert_uint_le(strlen(made), 500);
    ck_assert_uint_gt(strlen(made), 400);
    free(made);
}
END_TEST

START_TEST(names) {
    static const struct {
        const char *name, *wanted;
    } rows[] = {
        {"tcp/x[a=1]", "tcp/x[a=1]"},
        {"a<b>&\"c'", "a\uff1cb\uff1e\uff06\"c'"},
        {"gr\u00fc\u00df", "gr\u00fc\u00df"},
        {"a\nb\x01", "a\\x0ab\\x01"},
        {"\xff", "\\xff"},
        {"x # skip", "x \\# skip"},
    };
    char *const made = sockdrill_name_for_check(rows[_i].name);
    ck_assert_str_eq(made, rows[_i].wanted);
    free(made);
}
END_TEST

START_TEST(addresses) {
    struct sockaddr_storage address;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un path;
    ck_assert_int_eq(sockdrill_address_read("127.0.0.1:41873", &address), sizeof four);
    memcpy(&four, &address, sizeof four);
    ck_assert_int_eq(four.sin_family, AF_INET);
    ck_assert_int_eq(ntohs(four.sin_port), 41873);
    ck_assert_int_eq(ntohl(four.sin_addr.s_addr), 0x7f000001);
    ck_assert_int_eq(sockdrill_address_read("[::1]:80", &address), sizeof six);
    memcpy(&six, &address, sizeof six);
    ck_assert_int_eq(six.sin6_family, AF_INET6);
    ck_assert_int_eq(ntohs(six.sin6_port), 80);
    ck_assert_int_eq(sockdrill_address_read("/run/a.sock", &address), offsetof(struct sockaddr_un, sun_path) + 12);
    memcpy(&path, &address, sizeof path);
    ck_assert_str_eq(path.sun_path, "/run/a.sock");
    ck_assert_int_eq(sockdrill_address_read("@echo", &address), offsetof(struct sockaddr_un, sun_path) + 5);
    memcpy(&path, &address, sizeof path);
    ck_assert_mem_eq(path.sun_path, "\0echo", 5);
    ck_assert_int_eq(sockdrill_address_read(NULL, &address), 0);
    ck_assert_int_eq(sockdrill_address_read("example.org:80", &address), 0);
    ck_assert_int_eq(sockdrill_address_read("[::1:80", &address), 0);
    ck_assert_int_eq(sockdrill_address_port("[::1]:80"), 80);
    ck_assert_int_eq(sockdrill_address_port("/run/a:80"), 0);
    ck_assert_int_eq(sockdrill_address_port("127.0.0.1:65536"), 0);
    ck_assert_int_eq(sockdrill_address_port(NULL), 0);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("words");
    TCase *const tcase = tcase_create("words");
    tcase_add_loop_test(tcase, messages, 0, 18);
    tcase_add_test(tcase, long_messages);
    tcase_add_loop_test(tcase, names, 0, 6);
    tcase_add_test(tcase, addresses);
    suite_add_tcase(suite, tcase);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
