// Expressions: what they are before anything runs, and what is said of wrong ones.
#include "compile_text.h"

#include <check.h>

START_TEST(arithmetic_is_done_before_the_run) {
    assert_value("1 + 2 * 3", "7");
    assert_value("(1 + 2) * 3 % 4", "1");
    assert_value("-7 / 2", "-3");
    assert_value("4KiB - 0x10", "4080");
    assert_value("-1.5 * 2", "-3");
    assert_value("250us * 4 + 1ms", "2ms");
    assert_value("5s / 1s", "5");
    assert_value("-5ms + 6ms", "1ms");
}
END_TEST

START_TEST(comparisons_are_too) {
    assert_value("1 < 2 and not 2 < 1", "true");
    assert_value("1 == 2 or \"a\" == \"a\"", "true");
    assert_value("\"abc\" contains \"bc\"", "true");
    assert_value("[1, 2] contains 2", "true");
    assert_value("1.5 > 1", "true");
    assert_value("\"a\" < \"b\"", "true");
    assert_value("5ms > 0", "true");
    assert_value("CLOSE == CLOSE", "true");
    assert_value("none == none", "true");
    assert_value("127.0.0.1:80 == \"127.0.0.1:80\"", "true");
    assert_value("127.0.0.1 == 127.0.0.1:80", "true");
    assert_value("true != false", "true");
}
END_TEST

START_TEST(bytes_are_written_side_by_side) {
    assert_value("\"a\" \"b\" crlf", "\"ab\\r\\n\"");
    assert_value("u16be(258) u8(3)", "\"\\x01\\x02\\x03\"");
    assert_value("\"n=${1 + 1}, ${127.0.0.1:80}, ${CLOSE}\"", "\"n=2, 127.0.0.1:80, CLOSE\"");
    assert_value("hex\"ff fe\" 'raw ${x}'", "\"\\xff\\xferaw ${x}\"");
    assert_value("\"abc\"[1]", "98");
    assert_value("[1, \"b\"][1]", "\"b\"");
    assert_value("len(\"abc\") + len([1, 2])", "5");
    assert_value("upper(slice(\"hello\", 1, 3))", "\"ELL\"");
    assert_value("find(\"hello\", \"l\")", "2");
    assert_value("int(\"0x1f\") + int(decimal(1))", "32");
    assert_value("repeat(3, \"ab\")", "\"ababab\"");
    assert_value("(127.0.0.1:80).port", "80");
    assert_value("([::1]:80).host", "\"::1\"");
}
END_TEST

START_TEST(the_kernels_names_are_known) {
    assert_value("AF_INET", "2");
    assert_value("SOCK_STREAM + IPPROTO_TCP", "7");
    assert_value("ECONNREFUSED", "111");
    assert_value("EWOULDBLOCK == EAGAIN", "true");
    assert_value("TIME_WAIT", "TIME_WAIT");
}
END_TEST

START_TEST(long_bytes_are_not_looked_at) {
    const struct plan *plan = compile_steps("log upper(zeros(1TiB))\nlog zeros(1TiB) == zeros(1TiB)\n"
                                            "log len(zeros(1TiB))");
    ck_assert_int_eq(client_step(plan, 0)->operand->kind, TERM_CALL);
    ck_assert_int_eq(client_step(plan, 1)->operand->kind, TERM_BINARY);
    ck_assert_int_eq(client_step(plan, 2)->operand->kind, TERM_CONSTANT);
}
END_TEST

START_TEST(kinds_go_together_or_not) {
    assert_steps_said("log \"a\" + \"b\"",
                      "1:5 bytes cannot be calculated with = bytes are joined by writing them side by side\n");
    assert_steps_said("log \"a\" - 1",
                      "1:5 bytes cannot be calculated with = int(BYTES) is the integer that digits write\n");
    assert_steps_said("log 5s * 5s", "1:5 a duration and a duration do not go together with *\n");
    assert_steps_said("log 5s + 1", "1:5 a duration and an integer do not go together with +\n");
    assert_steps_said("log -\"a\"", "1:6 bytes has no negative\n");
    assert_steps_said("log not 1", "1:9 what `not` turns round is true or false, and this is an integer\n");
    assert_steps_said("log 1 and true", "1:5 each side of `and` and `or` is true or false, and this is an integer\n");
    assert_steps_said("log 1 == \"1\"",
                      "1:5 `==` is not for an integer and bytes"
                      " = int(BYTES) reads decimal digits, len(BYTES) counts bytes\n");
    assert_steps_said("log CLOSE < LISTEN", "1:5 `<` is not for a state and a state\n");
    assert_steps_said("log 5 contains 5",
                      "1:5 `contains` is not for an integer and an integer = text(VALUE) is a value as bytes\n");
    assert_steps_said("log 5ms > 1", "1:5 `>` is not for a duration and an integer\n");
    assert_steps_said("log peer == 80",
                      "1:5 `==` is not for an address and an integer = an address has .host and .port\n");
    assert_steps_said("log state == CLOSE -> LISTEN",
                      "1:5 `==` is not for a state and a path of states = `lifecycle` is the whole path of a socket\n");
}
END_TEST

START_TEST(an_integer_is_not_bytes) {
    assert_steps_said("send 80",
                      "1:6 an integer is not bytes until a type says how it is written"
                      " = u8(80), u16be(80), u32be(80), decimal(80)\n");
    assert_steps_said("send \"x\" 65536",
                      "1:10 an integer is not bytes until a type says how it is written"
                      " = u32be(65536), u64be(65536), decimal(65536)\n");
    assert_steps_said("send -129",
                      "1:6 an integer is not bytes until a type says how it is written"
                      " = i16be(-129), i32be(-129), i64be(-129), decimal(-129)\n");
    assert_steps_said("send received",
                      "1:6 an integer is not bytes until a type says how it is written"
                      " = u8(received), u16be(received), u32be(received), decimal(received)\n");
    assert_steps_said("send true", "1:6 true or false where bytes belong = text(VALUE) is a value as bytes\n");
    assert_steps_said("send peer", "");
}
END_TEST

START_TEST(what_has_no_value_is_said_where_it_has_none) {
    assert_steps_said("log 1 + 2 / (1 - 1)", "1:14 division by zero\n");
    assert_steps_said("log u8(256)", "1:8 256 does not fit u8 (0 to 255)\n");
    assert_steps_said("log int(\"x\")", "1:9 \"x\" is not an integer of 64 bits\n");
    assert_steps_said("log zeros(-1)", "1:11 -1 is negative\n");
    assert_steps_said("log [1][1]", "1:9 there is no item 1 among 1\n");
}
END_TEST

START_TEST(a_mistake_is_said_once) {
    assert_steps_said("log nobody + 1 == \"a\" and nobody.more[2]",
                      "1:5 unknown name 'nobody'\n1:27 unknown name 'nobody'\n");
    assert_steps_said("let x = nobody\nsend x\nlog x + 1", "1:9 unknown name 'nobody'\n");
}
END_TEST

START_TEST(names_are_nearly_right) {
    assert_steps_said("log stat", "1:5 unknown name 'stat' = did you mean 'state'?\n");
    assert_steps_said("log ESTABLISHD", "1:5 unknown name 'ESTABLISHD' = did you mean 'ESTABLISHED'?\n");
    assert_steps_said("log SOCK_STREM", "1:5 unknown name 'SOCK_STREM' = did you mean 'SOCK_STREAM'?\n");
    assert_steps_said("log ECONREFUSED", "1:5 unknown name 'ECONREFUSED' = did you mean 'ECONNREFUSED'?\n");
    assert_steps_said("log eccho.local", "1:5 unknown name 'eccho' = did you mean 'echo'?\n");
    assert_steps_said("log echo.wods", "1:10 'echo' never gives 'wods' a value = did you mean 'words'?\n");
    assert_steps_said("log wire.pear", "1:10 unknown attribute of a socket 'pear' = did you mean 'peer'?\n");
    assert_steps_said("log uper(\"x\")", "1:5 unknown function 'uper' = did you mean 'upper'?\n");
    assert_steps_said("log u16(5)", "1:5 unknown function 'u16' = did you mean u16be, u16le?\n");
    assert_steps_said("log option(SO_RCVBUFF)",
                      "1:12 unknown socket option 'SO_RCVBUFF' = did you mean 'SO_RCVBUF'?\n");
    assert_steps_said("log tcp(rttvarr)", "1:9 unknown field of tcp_info 'rttvarr' = did you mean 'rttvar'?\n");
    assert_steps_said("log lifecycle == CLOSE -> LISTN", "1:27 unknown state 'LISTN' = did you mean 'LISTEN'?\n");
}
END_TEST

START_TEST(actors_and_sockets_are_no_values) {
    assert_steps_said("log echo",
                      "1:5 'echo' is an actor, not a value"
                      " = echo.address, echo.local, echo.done, or what it captured\n");
    assert_steps_said("log wire", "1:5 'wire' is a socket, not a value = wire.local, wire.state, ...\n");
    assert_steps_said("log peer.port peer.family",
                      "1:5 an integer is not bytes until a type says how it is written"
                      " = u8(peer.port), u16be(peer.port), u32be(peer.port), decimal(peer.port)\n"
                      "1:20 an address has no 'family' = an address has .host and .port\n");
    assert_steps_said("log option", "1:5 `option` takes a name in parentheses = option(SO_RCVBUF)\n");
    assert_steps_said("log received()", "1:5 unknown function 'received'\n");
    assert_steps_said("log bytes(3)", "1:5 `bytes` is a pattern, for recv; it builds no bytes\n");
}
END_TEST

START_TEST(attributes_know_whose_they_are) {
    const struct plan *plan = compile_steps("log state\nlog wire.option(SO_RCVBUF)\nlog caller[2].tcp(rtt)\nlog echo.accepted\n"
                                            "log option(SO_SNDBUF)\nlog address\nlog caller.words2\nlet words2 = 5");
    const struct term *term = client_step(plan, 0)->operand;
    ck_assert(term->attribute == ATTRIBUTE_STATE && term->actor == PLAN_NONE && term->socket_slot == SLOT_CURRENT);
    term = client_step(plan, 1)->operand;
    ck_assert(term->attribute == ATTRIBUTE_OPTION && term->actor == PLAN_NONE && term->socket_slot == 0);
    ck_assert_str_eq(term->option->name, "SO_RCVBUF");
    term = client_step(plan, 2)->operand;
    ck_assert(term->attribute == ATTRIBUTE_TCP && term->actor == 0 && term->index->value.number == 2);
    term = client_step(plan, 3)->operand;
    ck_assert(term->attribute == ATTRIBUTE_ACCEPTED && term->actor == 1 && !term->index);
    ck_assert_int_eq(client_step(plan, 4)->operand->socket_slot, SLOT_CURRENT);
    ck_assert_int_eq(client_step(plan, 5)->operand->attribute, ATTRIBUTE_ADDRESS);
    ck_assert_int_eq(client_step(plan, 6)->operand->kind, TERM_EXPORT);
}
END_TEST

START_TEST(instances_are_counted) {
    assert_steps_said("log caller[3].local", "1:12 'caller' has 3 instances, from 0\n");
    assert_steps_said("log caller[-1].local", "1:12 'caller' has 3 instances, from 0\n");
    assert_steps_said("log caller.state", "1:5 'caller' has 3 instances: which one's state? = caller[0].state\n");
    assert_steps_said("log caller.tcp(rtt)", "1:5 'caller' has 3 instances: which one's tcp? = caller[0].tcp\n");
    assert_steps_said("log caller[\"a\"].local", "1:12 an instance's number is an integer, and this is bytes\n");
    assert_steps_said("log caller[index].local\nlog caller.accepted\nlog echo[0].local\nconnect echo[1]",
                      "4:14 'echo' has 1 instance, from 0\n");
    assert_said("scenario \"x\"\nserver s { log index }", "2:16 only a client has an `index`\n");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"values",
         {arithmetic_is_done_before_the_run, comparisons_are_too, bytes_are_written_side_by_side,
          the_kernels_names_are_known, long_bytes_are_not_looked_at}},
        {"kinds",
         {kinds_go_together_or_not, an_integer_is_not_bytes, what_has_no_value_is_said_where_it_has_none,
          a_mistake_is_said_once}},
        {"names",
         {names_are_nearly_right, actors_and_sockets_are_no_values, attributes_know_whose_they_are,
          instances_are_counted}},
    };
    return run_cases("compile_expr", cases, COUNT_OF(cases));
}
