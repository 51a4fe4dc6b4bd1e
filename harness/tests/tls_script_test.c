// TLS and certificates as trees and in the one layout; and what is said of those that are wrong.
#include "tree_dump.h"

#include "script/format.h"

// What behind `scenario "t"` makes a tree, or what is said of it.
static void check_text(const char *text, const char *expected) {
    struct buffer whole = {0};
    buffer_printf(&whole, "scenario \"t\"\n%s", text);
    struct parsed p;
    parsed_init(&p, buffer_view(&whole));
    dump_diags(&p.diags, &p.out);
    if (p.tree->world) dump_world(p.tree->world, &p.out);
    if (p.tree->actors) dump_block(&p.tree->actors->body, &p.out);
    ck_assert_str_eq(p.out.data, expected);
    parsed_fini(&p);
    buffer_fini(&whole);
}

static void check_step(const char *step, const char *expected) {
    struct buffer text = {0}, wanted = {0};
    buffer_printf(&text, "scenario \"t\"\nclient c {\n%s\n}\n", step);
    struct parsed p;
    parsed_init(&p, buffer_view(&text));
    dump_diags(&p.diags, &p.out);
    ck_assert_str_eq(p.out.data, "");
    ck_assert_ptr_nonnull(p.tree->actors);
    const struct statement *const statement = p.tree->actors->body.first;
    ck_assert(statement && !statement->next);
    dump_statement(statement, &p.out);
    buffer_printf(&wanted, "(%d%s)\n", (int)statement->verb, expected);
    ck_assert_str_eq(p.out.data, wanted.data);
    parsed_fini(&p);
    buffer_fini(&text);
    buffer_fini(&wanted);
}

START_TEST(steps) {
    check_step("tls server", " server 0 0");
    check_step("tls client", " client 0 0");
    check_step("tls server with good verify required", " with:good server verify:required 0 0");
    check_step("tls client name host alpn \"h2\", \"http/1.1\" with c", " operand:host item:\"h2\" item:\"http/1.1\" with:c client 0 0");
    check_step("tls client name \"a${x}\" verify off version \"TLSv1.2\" ciphers \"A:B\"",
               " operand:\"a${x}\" client verify:off version:\"TLSv1.2\" ciphers:\"A:B\" 0 0");
    check_step("tls client name (a \".\" b) ciphers (c d)", " operand:(row a \".\" b) client ciphers:(row c d) 0 0");
    check_step("tls client name mail.peer.host on s", " operand:mail.peer.host on:s client 0 0");
}
END_TEST

START_TEST(words_stand_in_any_order) {
    static const char *const ORDERS[] = {
        "tls client name n with w verify off alpn \"a\" version v ciphers c on s within 1s fails CERT_HAS_EXPIRED",
        "tls client fails CERT_HAS_EXPIRED within 1s on s ciphers c version v alpn \"a\" verify off with w name n",
        "tls client on s name n fails CERT_HAS_EXPIRED with w within 1s verify off ciphers c alpn \"a\" version v",
    };
    for (size_t i = 0; i < sizeof ORDERS / sizeof *ORDERS; i++) {
        check_step(ORDERS[i], " operand:n on:s fails:CERT_HAS_EXPIRED within:1s item:\"a\" with:w client verify:off version:v "
                              "ciphers:c 0 0");
    }
}
END_TEST

START_TEST(ends_without_close_notify) {
    check_step("close without close_notify on s", " on:s without 0 0");
    check_step("shutdown write without close_notify", " without 0 1");
    check_step("shutdown both without close_notify within 1s", " within:1s without 0 2");
    check_step("recv eof without close_notify", " pattern:eof without 0 0");
    check_step("recv \"x\" eof without close_notify from p within 1s", " pattern:\"x\", eof within:1s from:p without 0 0");
    check_step("recv eof", " pattern:eof 0 0");
    check_step("close", " 0 0");
    check_step("log without close_notify", " operand:(row without close_notify) 0 0"); // names like others
}
END_TEST

START_TEST(certificates) {
    check_text("world {\ncertificate a { }\ncertificate b { name good.test  expires -1d }\n"
               "certificate c { client self_signed name x,\"${y}\",::1 }\n certificate d {\n  key k.pem # why\n\n  file 'f g'\n}\n"
               "certificate e {\n  name a,\n    b expires 2 * h - 1d client }\nhostname z\n}\n",
               "world\ncertificate certificate:a\ncertificate certificate:b name:\"good.test\" expires:(- 1d)\n"
               "certificate certificate:c name:\"x\" name:\"${y}\" name:\"::1\" client self_signed\n"
               "certificate certificate:d file:\"f g\" key:\"k.pem\"\n"
               "certificate certificate:e name:\"a\" name:\"b\" expires:(- (* 2 h) 1d) client\nhostname \"z\"\n");
    check_text("world { certificate a { name *.x } }\n", "world\ncertificate certificate:a name:\"*.x\"\n");
}
END_TEST

START_TEST(steps_that_are_wrong) {
    check_text("client c {\n  tls\n  tls sever\n  tls client nam x\n  tls client verify\n  tls client verify on\n"
               "  tls client name\n  tls client alpn\n  tls client alpn \"a\",\n  tls server with \"x\"\n}\n",
               "3:6 expected 'server' or 'client', found the end of the line\n"
               "4:7 expected 'server' or 'client', found 'sever'\n"
               "5:14 'tls' has no 'nam' (did you mean 'name'?)\n"
               "6:20 expected 'off' or 'required', found the end of the line\n"
               "7:21 expected 'off' or 'required', found 'on'\n"
               "8:18 expected a value, found the end of the line\n"
               "9:18 expected a value, found the end of the line\n"
               "10:23 expected a value, found the end of the line\n"
               "11:19 expected a certificate's name, found a string\n {\n}");
    check_text("client c {\n  tls client name a name b\n  tls client alpn \"a\" with x alpn \"b\"\n  tls server verify off verify off\n"
               "  tls server version a version b\n  tls server ciphers a on s ciphers b\n  tls server with a with b\n}\n",
               "3:21 'name' stands here a second time\n4:30 'alpn' stands here a second time\n"
               "5:25 'verify' stands here a second time\n6:24 'version' stands here a second time\n"
               "7:29 'ciphers' stands here a second time\n8:21 'with' stands here a second time\n {\n}");
    check_text("client c {\n  tls client certificate x\n  tls client send \"x\"\n  tls client say(1)\n  tls client \"x\"\n  tls client { }\n"
               "  tls client fails\n}\n",
               "3:14 'tls' has no 'certificate' (name, with, verify, alpn, version, ciphers; then on, within, fails)\n"
               "4:14 one statement a line: 'send' begins another\n5:14 one statement a line: 'say' begins another\n"
               "6:14 expected the end of the statement, found a string\n"
               "7:14 expected the end of the statement, found '{'\n"
               "8:19 expected an error's name, like CERT_HAS_EXPIRED, found the end of the line\n {\n}");
    check_text("client c {\n  close without\n  close without notify\n  shutdown read without close_notify\n"
               "  recv closed without close_notify\n  recv reset without close_notify\n  reset without close_notify\n"
               "  recv eof without close_notify eof\n}\n",
               "3:16 expected 'close_notify', found the end of the line\n4:17 expected 'close_notify', found 'notify'\n"
               "5:17 'shutdown read' sends nothing, and no close_notify either\n"
               "6:15 only 'eof' asks for a close_notify ('closed' takes an end with it, and one without)\n"
               "7:14 only 'eof' asks for a close_notify\n8:9 expected the end of the statement, found 'without'\n"
               "9:33 expected the end of the statement, found 'eof'\n {\n}");
}
END_TEST

START_TEST(certificates_that_are_wrong) {
    check_text("world {\n  certificate\n  certificate a\n  certificate file { }\n  certificate tcp { }\n  certificate a { nam x }\n"
               "  certificate a { name x, }\n  certificate a { expires }\n  certificate a { file }\n  certificate a { hosts x }\n}\n",
               "3:14 expected a certificate's name, found the end of the line\n"
               "4:16 expected '{', found the end of the line (certificate a { })\n"
               "6:15 'tcp' is an endpoint kind, and cannot be a certificate's name\n"
               "7:19 a certificate has no 'nam' (did you mean 'name'?)\n"
               "8:27 expected a host's name or an address, found '}'\n9:27 expected a value, found '}'\n"
               "10:24 expected the file's path, found '}'\n"
               "11:19 a certificate has no 'hosts' (name, expires, client, self_signed, file and key)\n"
               "world\ncertificate certificate:file\n");
    check_text("world {\n  certificate a { client, self_signed }\n  certificate a { client client }\n  certificate a { name a name b }\n"
               "  certificate a { expires 1d expires 2d }\n  certificate a { 5 }\n  certificate a { } x\n}\n",
               "3:25 expected a certificate's property or '}', found ',' (between properties stands white space)\n"
               "4:26 'client' stands here a second time\n5:26 'name' stands here a second time\n"
               "6:30 'expires' stands here a second time\n7:19 expected a certificate's property or '}', found '5'\n"
               "8:21 expected the end of the line, found 'x'\nworld\n");
    check_text("world {\n  certificate a {\n    client\n  address 1.2.3.4\n}\nserver s { close }\n",
               "3:17 this '{' is not closed\nworld\naddress \"1.2.3.4\"\n {\n(9 0 0)\n}");
}
END_TEST

static void check_format(const char *text, const char *expected) {
    struct parsed p;
    parsed_init(&p, slice_text(text));
    ck_assert(script_format(&p.source, &p.arena, &p.diags, &p.out));
    ck_assert_str_eq(p.out.data, expected);
    parsed_fini(&p);
}

START_TEST(the_layout) {
    check_format("scenario \"t\"\nworld{\naddress 1.2.3.4\ncertificate a{name x ,y expires -1d    client}\ncertificate b{ }\n}\n",
                 "scenario \"t\"\nworld {\n  address     1.2.3.4\n  certificate a { name x, y  expires -1d  client }\n"
                 "  certificate b { }\n}\n");
    check_format("scenario \"t\"\nworld{\nname x 1.2.3.4\ncertificate a{ # mine\nname x,\n y\n\nexpires - 1d client\n}\nhostname h\n}\n",
                 "scenario \"t\"\nworld {\n  name        x 1.2.3.4\n  certificate a {  # mine\n    name x,\n    y\n\n"
                 "    expires -1d  client\n  }\n  hostname h\n}\n");
    check_format("scenario \"t\"\nclient c{\ntls   client   name x   alpn \"a\",\"b\"   on  s\nclose   without   close_notify\n"
                 "recv eof  without  close_notify\nexpect tls . version==s . tls . alpn\n}\n",
                 "scenario \"t\"\nclient c {\n  tls client name x alpn \"a\", \"b\" on s\n  close without close_notify\n"
                 "  recv eof without close_notify\n  expect tls.version == s.tls.alpn\n}\n");
}
END_TEST

int main(void) {
    TCase *const tests = tcase_create("tls_script");
    tcase_add_test(tests, steps);
    tcase_add_test(tests, words_stand_in_any_order);
    tcase_add_test(tests, ends_without_close_notify);
    tcase_add_test(tests, certificates);
    tcase_add_test(tests, steps_that_are_wrong);
    tcase_add_test(tests, certificates_that_are_wrong);
    tcase_add_test(tests, the_layout);
    Suite *const suite = suite_create("tls_script");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
