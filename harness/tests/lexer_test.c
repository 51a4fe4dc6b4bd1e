// What the text is cut into, seen through expressions.
#include "script_dump.h"

START_TEST(numbers_and_units) {
    check_expr("42", "42");
    check_expr("0x2a", "42");
    check_expr("0XFF_ff", "65535");
    check_expr("1_000_000", "1000000");
    check_expr("18446744073709551615", "18446744073709551615");
    check_expr("4KiB", "4096");
    check_expr("64MiB", "67108864");
    check_expr("1.5GiB", "1610612736");
    check_expr("250us", "250us");
    check_expr("10ms", "10ms");
    check_expr("5s", "5s");
    check_expr("2min", "2min");
    check_expr("3h", "3h");
    check_expr("2d - 1d", "(- 2d 1d)");
    check_expr("1.5s", "1.5s");
    check_expr("10mbit", "10000000bit/s");
    check_expr("80kbit", "80000bit/s");
    check_expr("1.5", "1.5f");
    check_expr("1e3", "1000f");
    check_expr("2.5e-1", "0.25f");
}
END_TEST

START_TEST(bad_numbers) {
    check_expr("18446744073709551616", "3:7 the number does not fit into 64 bits\n");
    check_expr("0x1ffffffffffffffff", "3:7 the number does not fit into 64 bits\n");
    check_expr("16777217TiB", "3:7 the number does not fit into 64 bits\n");
    check_expr("3000000h", "3:7 a duration has at most 292 years\n");
    check_expr("5kb", "3:8 no such unit 'kb' (did you mean 'KiB'?)\n");
    check_expr("5parsecs",
               "3:8 no such unit 'parsecs' (units are KiB MiB GiB TiB, ns us ms s min h d, bit kbit mbit gbit)\n");
    check_expr("0x", "3:7 expected hexadecimal digits after '0x'\n");
    check_expr("0x1g", "3:10 expected hexadecimal digits after '0x'\n");
    check_expr("1.5ns", "3:7 no whole number of nanoseconds\n");
    check_expr("1e999", "3:7 the number does not fit into a double\n");
}
END_TEST

START_TEST(addresses) {
    check_expr("192.168.0.114:4400", "@192.168.0.114:4400");
    check_expr("192.168.0.114", "@192.168.0.114");
    check_expr("[::1]:80", "@[::1]:80");
    check_expr("[2001:db8::1]", "@[2001:db8::1]");
    check_expr("peer == [::ffff:1.2.3.4]:5", "(== peer @[::ffff:1.2.3.4]:5)");
    static const char *const BAD[] = {"1.2.3",    "256.1.1.1", "1.2.3.4.5",  "1.2.3.4:65536",
                                      "1.2.3.4x", "[:::1]:80", "[::1]:99999"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        check_expr(BAD[i], "3:7 not an address (addresses are written 192.0.2.1, 192.0.2.1:80 and [2001:db8::1]:80)\n");
    }
}
END_TEST

START_TEST(escapes) {
    check_expr("\"\"", "\"\"");
    check_expr("\"a\\r\\n\\t\\\\\\\"\"", "\"a\\r\\n\\t\\\\\\\"\"");
    check_expr("\"\\x80\\u00e9\\U0001f600\"", "\"\\x80\xc3\xa9\xf0\x9f\x98\x80\"");
    check_expr("\"\\0\\e\\s\\'\"", "\"\\x00\\x1b '\"");
    check_expr("\"$5 \\$ \\${x} $\"", "\"$5 $ ${x} $\"");
    check_expr("'raw $text ${x} \\n \"'", "\"raw $text ${x} \\\\n \\\"\"");
    check_expr("\"\xff\"", "3:8 the string is not UTF-8: the byte 0xff (a byte is written \"\\xff\")\n");
}
END_TEST

START_TEST(bad_escapes_are_told_at_the_escape) {
    check_expr("\"ab\\q\"", "3:10 no such escape (a backslash itself is written '\\\\')\n");
    check_expr("\"\\x8\"", "3:8 '\\x' takes 2 hexadecimal digits\n");
    check_expr("\"\\u00g0\"", "3:8 '\\u' takes 4 hexadecimal digits\n");
    check_expr("\"\\ud800\"", "3:8 there is no such Unicode character\n");
    check_expr("\"\\U00110000\"", "3:8 there is no such Unicode character\n");
    check_expr("\"\\012\"", "3:8 no such escape (a byte is written '\\x00')\n");
    check_expr("\"\\q\" \"\\w\"", "3:8 no such escape (a backslash itself is written '\\\\')\n"
                                  "3:13 no such escape (a backslash itself is written '\\\\')\n");
}
END_TEST

START_TEST(interpolations) {
    check_expr("\"a${b}c\"", "\"a${b}c\"");
    check_expr("\"${a}${b}\"", "\"${a}${b}\"");
    check_expr("\"${f(\"x}\", 'y}')}\"", "\"${(call f \"x}\" \"y}\")}\"");
    check_expr("\"${\"in ${\"deep\"}\"}\"", "\"${\"in ${\"deep\"}\"}\"");
    check_expr("\"${M { a: 1 }}\"", "\"${M{a==1}}\"");
    check_expr("\"n=${len(b) + 1}\" x", "(row \"n=${(+ (call len b) 1)}\" x)");
}
END_TEST

START_TEST(bad_interpolations) {
    check_expr("\"a${}\"", "3:11 expected a value, found the '}' of '${'\n");
    check_expr("\"a${x y = 3}\"", "3:15 expected the '}' of '${', found '='\n");
    check_expr("\"a${x\"", "3:9 this '${' is not closed on its line\n");
    check_expr("\"a${f(1}\"", "3:12 this '(' is not closed\n");
    check_expr("\"${1 +}\" \"${2 +}\"", "3:13 expected a value, found the '}' of '${'\n"
                                        "3:22 expected a value, found the '}' of '${'\n");
    // The place is the true one, whatever stands before it.
    check_expr("\"\\u00e9\xc3\xa9${ 5kb }\"", "3:19 no such unit 'kb' (did you mean 'KiB'?)\n");
}
END_TEST

START_TEST(hexadecimal_strings) {
    check_expr("hex\"fe ad\tBE 0f\"", "\"\\xfe\\xad\\xbe\\x0f\"");
    check_expr("hex\"\"", "\"\"");
    check_expr("hex\"00\n 01\"", "\"\\x00\\x01\"");
    check_expr("hex \"00\"", "(row hex \"00\")");
    check_expr("hex\"abc\"", "3:13 an odd number of hexadecimal digits: this one is half a byte\n");
    check_expr("hex\"a z\"", "3:13 no hexadecimal digit\n");
    check_expr("hex\"ab", "3:7 this string is not closed\n");
}
END_TEST

START_TEST(text_blocks_follow_java) {
    check_expr("\"\"\"\n    a\n      b  \n\n    c\"\"\"", "\"a\\n  b\\n\\nc\"");
    check_expr("\"\"\"\n    a\n    b\n    \"\"\"", "\"a\\nb\\n\"");
    check_expr("\"\"\"\n    a\n  \"\"\"", "\"  a\\n\"");              // the closing quotes set the margin
    check_expr("\"\"\"\n    a  \\\n    b\"\"\"", "\"a  b\"");            // a line that goes on
    check_expr("\"\"\"\n  a\\s\n  b\\t  \n  c \"\"\"", "\"a \\nb\\t\\nc\""); // escapes are no trailing blanks
    check_expr("\"\"\"\n  x=${x}  \n  \\\"\"\" \"q\"\n  \"\"\"", "\"x=${x}\\n\\\"\\\"\\\" \\\"q\\\"\\n\"");
    check_expr("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"", "\"a\\nb\\n\"");
    check_expr("\"\"\"\n\"\"\"", "\"\"");
}
END_TEST

START_TEST(crlf_blocks) {
    check_expr("crlf\"\"\"\n  a\n  b\\n\n  \"\"\"", "\"a\\r\\nb\\n\\r\\n\"");
    check_expr("crlf\"\"\"\r\n  a\r\n  \"\"\"", "\"a\\r\\n\"");
    check_expr("crlf \"x\" crlf", "(row crlf \"x\" crlf)");
}
END_TEST

START_TEST(bad_text_blocks) {
    check_expr("\"\"\"a\"\"\"", "3:10 a text block begins on the line after its opening quotes\n");
    check_expr("\"\"\"\n  a", "3:7 this text block is not closed\n");
    check_expr("\"\"\"\n  a ${b\n  \"\"\"", "4:5 this '${' is not closed on its line\n");
}
END_TEST

START_TEST(unclosed_quotes) {
    check_expr("\"abc", "3:7 this string is not closed on its line\n");
    check_expr("'abc", "3:7 this string is not closed on its line\n");
    check_expr("f(\"abc)", "3:9 this string is not closed on its line\n");
    check_expr("x ~ /abc", "3:11 this regular expression is not closed on its line\n");
}
END_TEST

START_TEST(regular_expressions_only_after_a_tilde) {
    check_expr("x ~ /^(?<code>\\d{3}) [^/]+\\//", "(~ x /^(?<code>\\d{3}) [^/]+\\//)");
    check_expr("x ~ /[]/]\"{/ and y", "(and (~ x /[]/]\"{/) y)");
    check_expr("a / b / c", "(/ (/ a b) c)");
    check_expr("x ~ y", "3:11 expected a regular expression, /.../, after '~', found 'y'\n");
}
END_TEST

START_TEST(endpoint_words) {
    check_expr("tcp 127.0.0.1:0", "(tcp \"127.0.0.1:0\")");
    check_expr("tcp [::1]:80", "(tcp \"[::1]:80\")");
    check_expr("unix @echo", "(unix \"@echo\")");
    check_expr("unix \"a ${b}.sock\"", "(unix \"a ${b}.sock\")");
    check_expr("packet lo 0x88b5", "(packet \"lo\" \"0x88b5\")");
    check_expr("packet lo", "(packet \"lo\")");
    check_expr("isotp vcan0 0x1 2", "(isotp \"vcan0\" \"0x1\" \"2\")");
    check_expr("tcp a-b.c:80# comment", "(tcp \"a-b.c:80\")");
    check_expr("[tcp a:1, tcp [::1]:2]", "(list (tcp \"a:1\") (tcp \"[::1]:2\"))");
    check_expr("(udp a:1) == local", "(== (udp \"a:1\") local)");
    check_expr("tcp", "(tcp)");
    check_expr("tcp(tcpi_rtt)", "(call tcp tcpi_rtt)");
    check_expr("tcp a:1 == local", "(== (tcp \"a:1\") local)");
}
END_TEST

START_TEST(brackets_join_lines) {
    check_expr("f(a,\n  b\n)", "(call f a b)");
    check_expr("(a +\n # why\n b)", "(+ a b)");
    check_expr("[\n1,\n2\n]", "(list 1 2)");
    check_expr("M {\n a: 1\n b: 2,\n c: 3,\n}", "M{a==1, b==2, c==3}");
}
END_TEST

START_TEST(bytes_that_are_no_text) {
    check_expr("\xff", "3:7 the text is not UTF-8: the byte 0xff\n");
    check_expr("1 # \xc3(", "3:11 the comment is not UTF-8: the byte 0xc3\n");
    check_expr("1 # \xc3\xa9", "1");
    check_expr("\x01", "3:7 the character U+0001 cannot stand here\n");
    check_expr("\xc3\xa9", "3:7 the character '\xc3\xa9' means nothing here\n");
    check_expr("a && b", "3:9 the character '&' means nothing here (write 'and')\n");
    check_expr("\xe2\x80\x9cx\xe2\x80\x9d",
               "3:7 the character '\xe2\x80\x9c' means nothing here (a string's quotes are \")\n");
}
END_TEST

START_TEST(nul_bytes) {
    static const char TEXT[] = "scenario \"t\"\nserver s {\n  log \"a\0b\"\n  log \0\n  close # \0\n}\n";
    struct parsed parsed;
    parsed_init(&parsed, slice_of(TEXT, sizeof TEXT - 1));
    dump_diags(&parsed.diags, &parsed.out);
    ck_assert_str_eq(parsed.out.data, "3:9 a NUL byte in the text: write '\\x00'\n"
                                      "4:7 a NUL byte in the text\n"
                                      "5:11 a NUL byte in the comment\n");
    parsed_fini(&parsed);
}
END_TEST

START_TEST(crlf_files_and_a_byte_order_mark) {
    check_errors("\xef\xbb\xbfscenario \"t\"\r\n\r\nserver s {\r\n  close\r\n}\r\n", "");
    check_errors("scenario \"t\"", "");
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("lexer");
    TCase *const numbers = tcase_create("numbers");
    tcase_add_test(numbers, numbers_and_units);
    tcase_add_test(numbers, bad_numbers);
    tcase_add_test(numbers, addresses);
    suite_add_tcase(suite, numbers);
    TCase *const strings = tcase_create("strings");
    tcase_add_test(strings, escapes);
    tcase_add_test(strings, bad_escapes_are_told_at_the_escape);
    tcase_add_test(strings, interpolations);
    tcase_add_test(strings, bad_interpolations);
    tcase_add_test(strings, hexadecimal_strings);
    tcase_add_test(strings, text_blocks_follow_java);
    tcase_add_test(strings, crlf_blocks);
    tcase_add_test(strings, bad_text_blocks);
    tcase_add_test(strings, unclosed_quotes);
    suite_add_tcase(suite, strings);
    TCase *const context = tcase_create("context");
    tcase_add_test(context, regular_expressions_only_after_a_tilde);
    tcase_add_test(context, endpoint_words);
    tcase_add_test(context, brackets_join_lines);
    tcase_add_test(context, bytes_that_are_no_text);
    tcase_add_test(context, nul_bytes);
    tcase_add_test(context, crlf_files_and_a_byte_order_mark);
    suite_add_tcase(suite, context);
    return run_suite(suite);
}
