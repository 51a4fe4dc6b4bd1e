// Whole files: the good ones have no diagnostic, and of the bad ones each has exactly the right ones.
#include "script_dump.h"

#define HEAD "scenario \"t\"\n"
#define SERVER HEAD "server s {\n"

START_TEST(bytes_back_from_a_thousand_clients) {
    check_errors("scenario \"a thousand clients at once, each gets its own bytes back\"\n"
                 "tags tcp, concurrency\ntimeout 20s\n\n"
                 "server echo {\n  listen tcp 127.0.0.1:0 backlog 1024\n  accept * 1000 {\n"
                 "    recv u32be as length bytes(length) as body\n    send u32be(length) body\n    recv eof\n  }\n}\n\n"
                 "client caller * 1000 {\n  let body = \"I am number ${index}; \" repeat(index, \"x\")\n"
                 "  barrier start                      # nobody connects before all are ready\n  connect echo\n"
                 "  send u32be(len(body)) body in chunks of 7\n  recv u32be(len(body)) body\n}\n\n"
                 "afterwards { expect echo.accepted == 1000 }\n", "");
}
END_TEST

START_TEST(datagrams_and_frames) {
    check_errors(
        HEAD
        "requires cap_net_raw\n\n"
        "server clock {\n  bind udp 127.0.0.1:0\n  recv \"what time\" from caller.local\n  send \"late\" to sender\n"
        "  recv bytes(3)                      # one whole datagram of three bytes\n}\n\n"
        "server sniffer {\n  bind packet lo 0x88b5\n  signal sniffing\n"
        "  recv bytes(6) bytes(6) u16be == 0x88b5 \"raw frame\" rest\n}\n\n"
        "client talker {\n  bind packet lo                     # without an ethertype it only sends\n"
        "  wait sniffing\n  send hex\"000000000000 000000000000 88b5\" \"raw frame\"\n}\n",
        "");
}
END_TEST

START_TEST(ways_to_end) {
    check_errors(
        SERVER
        "  listen tcp 127.0.0.1:0\n\n  accept as half {    # half-close\n    recv \"question\" eof\n"
        "    expect state == CLOSE_WAIT\n    send \"answer\"\n    close\n  }\n"
        "  accept as mute {\n    recv nothing for 20ms\n    signal heard_nothing\n    recv closed\n  }\n  close\n}\n\n"
        "client caller {\n  connect s as half\n  shutdown write\n  expect state == FIN_WAIT2 within 1s\n"
        "  recv \"answer\" eof\n  reset\n  connect s fails ECONNREFUSED\n}\n",
        "");
}
END_TEST

START_TEST(one_conversation_over_every_family) {
    check_errors(
        HEAD "vary endpoint in tcp 127.0.0.1:0, tcp [::1]:0, mptcp 127.0.0.1:0, unix \"echo.sock\", unix @echo, "
             "unix_seqpacket \"echo.seq\"\n\nserver echo {\n  listen endpoint\n  accept {\n    recv \"ping\"\n  }\n}\n",
        "");
}
END_TEST

START_TEST(messages_and_choices) {
    check_errors(
        HEAD "message Frame {\n  magic   u16be = 0xCAFE\n  length  u32be = size(body)\n  kind    u8\n  urgent  bit\n"
             "  level   bits(7)\n  body    bytes(length)\n  check   u32be = crc32(magic .. body)\n}\n\n"
             "procedure say(kind, body) {\n  send Frame { kind: kind, urgent: 0, level: 3, body: body }\n}\n\n"
             "server service {\n  listen tcp 127.0.0.1:0\n  accept * 2 {\n    either {\n"
             "      recv Frame { kind: 1, body as words }\n      say(2, upper(words))\n    } or {\n"
             "      # taken apart by hand\n"
             "      recv u16be == 0xCAFE u32be as length bytes(2) bytes(length) u32be == 0xDEAD\n      reset\n    }\n  "
             "}\n}\n\n"
             "client liar {\n  connect service\n"
             "  send Frame { kind: 1, urgent: 1, level: 127, body: \"hello\", check: 0xDEAD }\n  recv reset\n}\n",
        "");
}
END_TEST

START_TEST(programs_certificates_and_tls) {
    check_errors(
        HEAD
        "world {\n  address 209.51.188.116, 2001:db8::1\n  name    gnu.org 209.51.188.116\n"
        "  file    \"apache.conf\" \"\"\"\n    Listen gnu.org:80 }{\n    \"\"\"\n"
        "  certificate old { name good.test  expires -1d }   # also }\n}\n\n"
        "program apache {\n  run (\"apache2\"\n  \"-X\" scratch \"${scratch}/apache.conf\")\n  listens tcp gnu.org:80\n"
        "  recv line ~ /}\"/\n}\n\n"
        "server s {\n  tls server\n  drop 'tcp flags syn' as r\n  rate 80kbit\n  undo r\n  resolve x as y\n"
        "  accept { tls client name \"x\" }\n  close\n}\n",
        "");
}
END_TEST

START_TEST(the_first_statement) {
    check_errors("", "1:1 a file begins with: scenario \"SENTENCE\"\n");
    check_errors("# nothing\n\n", "1:1 a file begins with: scenario \"SENTENCE\"\n");
    check_errors("server s { close }\n", "1:1 a file begins with: scenario \"SENTENCE\"\n");
    check_errors("timeout 5s\n" HEAD, "2:1 'scenario' stands first in a file, and once\n");
    check_errors(HEAD HEAD, "2:1 'scenario' stands first in a file, and once\n");
    check_errors("scenaro \"t\"\n", "1:1 no such declaration 'scenaro' (did you mean 'scenario'?)\n");
    check_errors("scenario\n", "1:9 expected a sentence, as a string, found the end of the line\n");
    check_errors("scenario \"a${b}\"\n", "1:14 this string must be plain, without '${'\n");
}
END_TEST

START_TEST(declarations_that_are_wrong) {
    check_errors(HEAD "timeout 5s\ntimeout 6s\n", "3:1 'timeout' stands here a second time\n");
    check_errors(HEAD "threads 1\nthreads 1\n", "3:1 'threads' stands here a second time\n");
    check_errors(HEAD "afterwards { close }\nafterwards { close }\n", "3:1 'afterwards' stands here a second time\n");
    check_errors(HEAD "let as = 1\n", "2:5 'as' is a word of the language, and cannot be a value's name\n");
    check_errors(HEAD "let line = 1\n", "2:5 'line' is a pattern type, and cannot be a value's name\n");
    check_errors(HEAD "let can = 1\n", "2:5 'can' is an endpoint kind, and cannot be a value's name\n");
    check_errors(HEAD "let x 1\n", "2:7 expected '=', found '1'\n");
    check_errors(HEAD "vary x = 1\n", "2:8 expected 'in', found '='\n");
    check_errors(HEAD "client c 5 { close }\n", "2:10 expected '{', found '5'\n");
    check_errors(HEAD "clent c { send }\n", "2:1 no such declaration 'clent' (did you mean 'client'?)\n"
                                             "2:16 expected a value, found '}'\n");
    check_errors(HEAD "procedure send(a) { close }\n",
                 "2:11 'send' begins a statement, and cannot be a procedure's name\n");
    check_errors(HEAD "procedure f { close }\n", "2:13 expected '(' and the parameters' names, found '{'\n");
    check_errors("library \"l\"\ntags x\nserver s { close }\n",
                 "2:1 a library has messages, procedures and lets, and no 'tags'\n"
                 "3:1 a library has messages, procedures and lets, and no 'server'\n");
}
END_TEST

START_TEST(messages_that_are_wrong) {
    check_errors(HEAD "message M {\n  a u8, b u8\n  c\n  d bytes\n  e sized(u8)\n  f u8 = 1 2 = 3\n  g u8(3)\n}\n",
                 "3:7 one field a line: this one has ended before ','\n"
                 "4:4 expected a type, found the end of the line\n"
                 "5:5 'bytes' takes an argument, in parentheses without a space before them\n"
                 "6:11 'u8' is a pattern type, and no value (its bytes are built by u8(VALUE))\n"
                 "7:14 a field has '=' or 'default': what '=' says is verified, and 'default' is not\n"
                 "8:5 'u8' takes no argument here\n");
    check_errors(HEAD "message M {\n  a u8\nserver s {\n  close\n}\n", "2:11 this block is not closed\n");
    check_errors(HEAD "message M {\nclient u8\nserver text(2)\nmessage M\nlet switch client { 1: u8 }\n}\nserver s { close }\n", "");
}
END_TEST

START_TEST(steps_that_are_wrong) {
    check_errors(SERVER "  acept\n}\n", "3:3 no such step 'acept' (did you mean 'accept'?)\n");
    check_errors(SERVER "  say (1)\n}\n",
                 "3:3 no such step 'say' (a call is written without a space before its '(')\n");
    check_errors(SERVER "  \"x\"\n}\n", "3:3 expected a step, found a string\n");
    check_errors(SERVER "  close close\n}\n", "3:9 one statement a line: 'close' begins another\n");
    check_errors(SERVER "  expect a = b\n}\n",
                 "3:12 expected the end of the statement, found '=' (values are compared with '==')\n");
    check_errors(SERVER "  expect a == b == c\n}\n", "3:17 comparisons do not chain: join two of them with 'and'\n");
    check_errors(SERVER "  send u8\n}\n",
                 "3:8 'u8' is a pattern type, and no value (its bytes are built by u8(VALUE))\n");
    check_errors(SERVER "  socket tpc\n}\n", "3:10 no such endpoint kind 'tpc' (did you mean 'tcp'?)\n");
    check_errors(SERVER "  recv bytes eof\n}\n",
                 "3:8 'bytes' takes an argument, in parentheses without a space before them\n");
    check_errors(SERVER "  recv within 1s\n}\n",
                 "3:8 expected a pattern, 'eof', 'reset', 'closed' or 'nothing for', found 'within'\n");
    check_errors(SERVER "  send \"a\" in chunk of 3\n}\n", "3:15 expected 'chunks', found 'chunk'\n");
    check_errors(SERVER "  shutdown reed\n}\n", "3:12 expected 'read', 'write' or 'both', found 'reed'\n");
    check_errors(SERVER "  close on a on b\n}\n", "3:14 'on' stands here a second time\n");
    check_errors(SERVER "  sleep 1s fails EPERM\n}\n", "3:12 'sleep' makes no system call that could fail\n");
    check_errors(SERVER "  set SO_RCVBUF   # why\n}\n", "3:16 expected a value, found the end of the line\n");
    check_errors(SERVER "  recv u8 as eof\n}\n",
                 "3:14 'eof' is a word of the language, and cannot be a capture's name\n");
    check_errors(SERVER "  expect lifecycle == \"x\" -> B\n}\n", "3:23 a path is made of states and '...'\n");
    check_errors(SERVER "  log crc32(1 .. b)\n}\n", "3:13 '..' stands between two fields' names\n");
    check_errors(SERVER "  send M { a: 1, b 2 }\n}\n", "3:20 expected ':', a comparison or 'as', found '2'\n");
    check_errors(SERVER "  timeout 5s\n}\n", "3:3 'timeout' stands at the top of a file, not among steps\n");
}
END_TEST

START_TEST(choices_that_are_wrong) {
    check_errors(SERVER "  either {\n    recv \"a\"\n  }\n}\n",
                 "3:3 'either' needs a second block: '} or {' stands on one line\n");
    check_errors(SERVER "  either {\n    recv \"a\"\n  }\n  or {\n    recv \"b\"\n  }\n}\n",
                 "6:3 '} or {' stands on one line\n");
    check_errors(SERVER "  either {\n    send \"a\"\n  } or {\n  }\n}\n",
                 "4:5 a block of 'either' begins with a 'recv', which decides whether it is taken\n"
                 "5:8 a block of 'either' begins with a 'recv', which decides whether it is taken\n");
}
END_TEST

START_TEST(an_unclosed_block_is_told_where_it_opens) {
    check_errors(SERVER "  close\n", "2:10 this block is not closed\n");
    check_errors(SERVER "  accept {\n    close\n}\nclient c {\n  close\n}\n", "3:10 this block is not closed\n");
    check_errors(SERVER "  accept {\n    close\n  }\nclient c {\n  bad\n}\n", "2:10 this block is not closed\n"
                                                                            "7:3 no such step 'bad'\n");
    check_errors(HEAD "world {\n  hostname x\nserver s {\n}\n",
                 "2:7 this block is not closed\n");
}
END_TEST

START_TEST(a_block_closed_too_often_is_one_error) {
    check_errors(SERVER "  accept {\n    close\n  }\n  }\n  close\n  send \"x\"\n}\nclient c {\n  bad\n}\n",
                 "7:3 'close' is a step: it stands in a server, a client, a program, a procedure or afterwards\n"
                 "11:3 no such step 'bad'\n");
    check_errors(HEAD "}\n}\nclient c { close }\n", "2:1 no block is open here that this could close\n");
}
END_TEST

START_TEST(a_brace_on_the_next_line) {
    check_errors(HEAD "server s\n{\n  bad\n}\n",
                 "3:1 a block's '{' stands on the line of its head\n4:3 no such step 'bad'\n");
}
END_TEST

START_TEST(an_unclosed_bracket_is_told_where_it_opens) {
    check_errors(SERVER "  send foo(1,\n    2\n  recv line\n  bad\n}\n",
                 "3:11 this '(' is not closed\n6:3 no such step 'bad'\n");
    check_errors(SERVER "  send [1, 2\n  close\n}\n", "3:8 this '[' is not closed\n");
    check_errors(SERVER "  send M { a: 1,\n    b: 2\n  recv \"x\"\n  bad\n}\n",
                 "3:10 this '{' is not closed\n6:3 no such step 'bad'\n");
    check_errors(SERVER "  send (\"\"\"\n  close\n  x\n    \"\"\" = 1)\n  bad\n}\n",
                 "6:9 expected ')', found '='\n7:3 no such step 'bad'\n");
    check_errors(SERVER "  send f(\n    1,\n    = 2,\n    3\n  )\n  bad\n}\n",
                 "5:5 expected a value, found '='\n8:3 no such step 'bad'\n");
}
END_TEST

START_TEST(a_wrong_head_does_not_hide_its_block) {
    check_errors(SERVER "  accept * {\n    recv\n  }\n  repeet 3 {\n    send\n  }\n}\n",
                 "3:12 expected a value, found '{'\n"
                 "4:9 expected a pattern, 'eof', 'reset', 'closed' or 'nothing for', found the end of the line\n"
                 "6:3 no such step 'repeet' (did you mean 'repeat'?)\n"
                 "7:9 expected a value, found the end of the line\n");
}
END_TEST

START_TEST(nesting_has_a_limit) {
    struct buffer text = {0};
    buffer_text(&text, SERVER "  log ");
    buffer_repeat(&text, '(', 200);
    buffer_text(&text, "1");
    buffer_repeat(&text, ')', 200);
    buffer_text(&text, "\n  bad\n}\n");
    check_errors(text.data, "3:107 nested more than 100 levels deep\n4:3 no such step 'bad'\n");
    buffer_clear(&text);
    buffer_text(&text, SERVER "  log 1");
    for (int i = 0; i < 200; i++) buffer_text(&text, "+1");
    buffer_text(&text, "\n}\n");
    check_errors(text.data, "3:208 an expression of more than 100 levels\n");
    buffer_fini(&text);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("script");
    TCase *const good = tcase_create("good");
    tcase_add_test(good, bytes_back_from_a_thousand_clients);
    tcase_add_test(good, datagrams_and_frames);
    tcase_add_test(good, ways_to_end);
    tcase_add_test(good, one_conversation_over_every_family);
    tcase_add_test(good, messages_and_choices);
    suite_add_tcase(suite, good);
    TCase *const bad = tcase_create("bad");
    tcase_add_test(bad, programs_certificates_and_tls);
    tcase_add_test(bad, the_first_statement);
    tcase_add_test(bad, declarations_that_are_wrong);
    tcase_add_test(bad, messages_that_are_wrong);
    tcase_add_test(bad, steps_that_are_wrong);
    tcase_add_test(bad, choices_that_are_wrong);
    tcase_add_test(bad, an_unclosed_block_is_told_where_it_opens);
    tcase_add_test(bad, a_block_closed_too_often_is_one_error);
    tcase_add_test(bad, a_brace_on_the_next_line);
    tcase_add_test(bad, an_unclosed_bracket_is_told_where_it_opens);
    tcase_add_test(bad, a_wrong_head_does_not_hide_its_block);
    tcase_add_test(bad, nesting_has_a_limit);
    suite_add_tcase(suite, bad);
    return run_suite(suite);
}
