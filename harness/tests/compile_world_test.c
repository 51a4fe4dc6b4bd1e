// The world of a scenario, and the steps about it: what comes into the plan, and what is said of what cannot be one.
#include "compile_text.h"

#include <check.h>
#include <netdb.h>
#include <string.h>

// A scenario with these lines in its world.
static const struct plan *world_of(const char *lines) {
    static struct buffer text; // the plan's words point into it
    buffer_clear(&text);
    buffer_printf(&text, "scenario \"x\"\nlet box = \"box.test\"\nworld {\n%s\n}\nserver s { listen tcp 127.0.0.1:0 }\n", lines);
    return compile_good(text.data);
}

// What is said of a world; its first line is number 4.
static void assert_world_said(const char *lines, const char *said) {
    struct buffer text = {0};
    buffer_printf(&text, "scenario \"x\"\nlet box = \"box.test\"\nworld {\n%s\n}\nserver s { listen tcp 127.0.0.1:0\n recv line as l }\n",
                  lines);
    assert_said(text.data, said);
    buffer_fini(&text);
}

static void assert_word(const struct term *term, const char *wanted) {
    struct slice text;
    struct arena arena;
    arena_init(&arena);
    ck_assert_int_eq(term->kind, TERM_CONSTANT);
    ck_assert(bytes_flat(&arena, term->value.bytes, &text));
    ck_assert_msg(slice_is(text, wanted), "%.*s, expected %s", (int)text.len_bytes, (const char *)text.data, wanted);
    arena_fini(&arena);
}

START_TEST(a_world_comes_into_the_plan) {
    const struct plan_world *world = &world_of("hostname \"${box}\"\naddress 192.168.0.114, 2001:db8::1\naddress 10.0.0.1\n"
                                               "name gnu.org www.gnu.org 209.51.188.116, ::2\ninterface vcan0 can\n"
                                               "sysctl net.ipv4.tcp_rmem 4096 8192 \"16384\"\n"
                                               "route 203.0.113.9 unreachable\nroute 10.0.0.0/8 blackhole\n"
                                               "route 2001:db8::/32 prohibit\nfile www/a.html \"hello\" crlf")
                                          ->world;
    ck_assert(world->declared && world->has_names && !world->has_faults && !world->is_counted && !world->is_traced);
    assert_word(world->hostname, "box.test");
    ck_assert_uint_eq(world->address_count, 3);
    assert_word(world->addresses[1], "2001:db8::1");
    ck_assert_uint_eq(source_position(world->address_spans[2]).line, 6);
    ck_assert(world->host_count == 1 && world->hosts[0].name_count == 2 && world->hosts[0].address_count == 2);
    assert_word(world->hosts[0].names[1], "www.gnu.org");
    assert_word(world->hosts[0].addresses[1], "::2");
    ck_assert(world->interface_count == 1 && world->interfaces[0].kind == INTERFACE_WORD_CAN);
    ck_assert_uint_eq(world->sysctl_count, 1);
    assert_word(world->sysctls[0].value, "4096 8192 16384");
    ck_assert(world->route_count == 3 && world->routes[2].kind == ROUTE_WORD_PROHIBIT);
    assert_word(world->routes[1].to, "10.0.0.0/8");
    ck_assert_uint_eq(world->file_count, 1);
    assert_word(world->files[0].path, "www/a.html");
    assert_word(world->files[0].bytes, "hello\r\n");
    ck_assert(compiled.plans[0]->uses_scratch);
}
END_TEST

START_TEST(a_world_may_be_empty) {
    const struct plan *plan = world_of("");
    ck_assert(plan->world.declared && !plan->world.has_names && !plan->uses_scratch);
    ck_assert(!compile_good("scenario \"x\"\nserver s { listen tcp 127.0.0.1:0 }")->world.declared);
}
END_TEST

// 127.0.0.1 and ::1 are in every world.
START_TEST(what_is_there_anyway_is_not_added) {
    ck_assert_uint_eq(world_of("address 127.0.0.1, ::1, 127.0.0.2")->world.address_count, 1);
}
END_TEST

START_TEST(words_may_wait_for_the_run) {
    const struct plan_world *world = &world_of("hostname \"h${env(\"X\")}\"\naddress \"${env(\"A\")}\", \"10.0.0.${env(\"B\")}\"\n"
                                               "name a.b \"c${env(\"X\")}\" \"${env(\"A\")}\", \"${env(\"A\")}\"\n"
                                               "name \"${env(\"X\")}\" 10.0.0.1\nname d \"${env(\"A\")}\"\n"
                                               "file \"a${env(\"X\")}\" \"${scratch} ${free_port()}\"")
                                          ->world;
    ck_assert_int_eq(world->hostname->type, VALUE_BYTES);
    ck_assert_uint_eq(world->address_count, 2);
    ck_assert(world->hosts[0].name_count == 2 && world->hosts[0].address_count == 2);
    ck_assert(world->hosts[1].name_count == 1 && world->hosts[1].address_count == 1);
    ck_assert(world->hosts[2].name_count == 1 && world->hosts[2].address_count == 1);
    ck_assert_uint_eq(compiled.plans[0]->free_ports, 1);
}
END_TEST

START_TEST(every_case_has_its_own) {
    compile_text("scenario \"x\"\nvary a in \"10.0.0.1\", \"10.0.0.x\"\nworld { address \"${a}\" }\n"
                 "server s { listen tcp 127.0.0.1:0 }");
    assert_says("3:20 not an address = 192.168.0.114, 2001:db8::1\n");
}
END_TEST

START_TEST(host_names_are_looked_at) {
    assert_world_said("hostname a_b\nhostname c", "4:10 no host can be called 'a_b' = it has letters, digits, '-' and '.'\n"
                                                   "5:1 `hostname` stands here a second time\n");
    assert_world_said("hostname -a", "4:10 no host can be called '-a' = a '-' stands within a word\n");
    assert_world_said("hostname a-.b", "4:10 no host can be called 'a-.b' = a '-' stands within a word\n");
    assert_world_said("hostname a..b", "4:10 no host can be called 'a..b' = there is nothing between two dots, or beside one\n");
    assert_world_said("hostname a.", "4:10 no host can be called 'a.' = there is nothing between two dots, or beside one\n");
    assert_world_said("hostname 10.0.0.1", "4:10 an address where a host's name belongs\n");
    assert_world_said("hostname a b", "4:12 `hostname` ends before this\n");
    assert_world_said("hostname \"\"", "4:10 an empty word\n");
    assert_world_said("hostname \"a\\0\"", "4:10 no word of the world has a zero byte\n");
    struct buffer lines = {0};
    buffer_printf(&lines, "hostname %.32s.%.32s", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    assert_world_said(lines.data, "4:10 a name of 65 bytes, and 64 is the limit\n");
    buffer_clear(&lines);
    buffer_text(&lines, "name ");
    buffer_repeat(&lines, 'a', 64);
    buffer_text(&lines, " 10.0.0.1");
    assert_world_said(lines.data,
                      "4:6 no host can be called 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
                      " = more than 63 bytes between two dots\n");
    buffer_fini(&lines);
}
END_TEST

START_TEST(addresses_are_looked_at) {
    assert_world_said("address 10.0.0.256, 10.0.0.1:80, [::1]:2, gnu.org",
                      "4:9 not an address = 192.168.0.114, 2001:db8::1\n4:21 an address of the world has no port\n"
                      "4:34 an address of the world has no port\n4:43 not an address = 192.168.0.114, 2001:db8::1\n");
    assert_world_said("address 10.0.0.1\naddress 10.0.0.2, 10.0.0.1, 2001:db8::1, 2001:db8:0::1",
                      "5:19 the world has the address 10.0.0.1 already, since line 4\n"
                      "5:42 the world has the address 2001:db8::1 already, since line 5\n");
    assert_world_said("address 0.0.0.0, 224.0.0.1, 255.255.255.255, ::, ff02::1",
                      "4:9 no interface can have this address\n4:18 no interface can have this address\n"
                      "4:29 no interface can have this address\n4:46 no interface can have this address\n"
                      "4:50 no interface can have this address\n");
    assert_world_said("address 10.0.0.1 10.0.0.2", "4:18 several addresses have commas between them\n");
}
END_TEST

START_TEST(names_have_an_address) {
    assert_world_said("name gnu.org",
                      "4:6 there is no address behind the name = name gnu.org www.gnu.org 209.51.188.116, 2001:470:142:5::116\n");
    assert_world_said("name gnu.org www.gnu.org", "4:1 there is no address behind the names"
                                                  " = name gnu.org www.gnu.org 209.51.188.116, 2001:470:142:5::116\n");
    assert_world_said("name 10.0.0.1", "4:6 there is no name before the address"
                                       " = name gnu.org www.gnu.org 209.51.188.116, 2001:470:142:5::116\n");
    assert_world_said("name gnu.org 209.51.188", "4:14 not an address = 192.168.0.114, 2001:db8::1\n");
    assert_world_said("name gnu.org 10.0.0.1:80", "4:14 an address of the world has no port\n");
    assert_world_said("name gnu.org 10.0.0.1 10.0.0.2", "4:23 several addresses have commas between them\n");
    assert_world_said("name gnu.org 10.0.0.1, www.gnu.org", "4:24 not an address = 192.168.0.114, 2001:db8::1\n");
    assert_world_said("name gnu_org 10.0.0.1", "4:6 no host can be called 'gnu_org' = it has letters, digits, '-' and '.'\n");
}
END_TEST

START_TEST(settings_are_looked_at) {
    assert_world_said("sysctl kernel.hostname x\nsysctl network.x 1\nsysctl net 1",
                      "4:8 this setting is the whole machine's, and not its network's = a world has settings of its own below net.\n"
                      "5:8 this setting is the whole machine's, and not its network's = a world has settings of its own below net.\n"
                      "6:8 this setting is the whole machine's, and not its network's = a world has settings of its own below net.\n");
    assert_world_said("sysctl net.ipv4.//.//kernel/x 1\nsysctl net. 1\nsysctl net/x 1\nsysctl \"net.a b\" 1",
                      "4:8 not a setting's name = net.ipv4.tcp_syn_retries\n5:8 not a setting's name = net.ipv4.tcp_syn_retries\n"
                      "6:8 not a setting's name = net.ipv4.tcp_syn_retries\n7:8 not a setting's name = net.ipv4.tcp_syn_retries\n");
    assert_world_said("sysctl net.ipv4.tcp_syn_retries\nsysctl net.a 1\nsysctl net.a 2",
                      "4:1 `sysctl` has a setting's name and its value behind it = sysctl net.ipv4.tcp_syn_retries 1\n"
                      "6:8 'net.a' stands already in line 5\n");
}
END_TEST

START_TEST(routes_are_looked_at) {
    assert_world_said("route 10.0.0.1\nroute 10.0.0.2 unreachabel\nroute 10.0.0.3 drop\nroute 10.0.0.4 prohibit now",
                      "4:1 what becomes of packets to there: unreachable, blackhole or prohibit?\n"
                      "5:16 no such kind of route 'unreachabel' = did you mean 'unreachable'?\n"
                      "6:16 no such kind of route 'drop' = unreachable, blackhole or prohibit\n"
                      "7:25 `route` ends before this\n");
    assert_world_said("route 10.0.0.0/33 blackhole\nroute 10.0.0.0/ blackhole\nroute 2001:db8::/129 blackhole\n"
                      "route 10.0.0.1/8 blackhole\nroute 2001:db8::1/64 blackhole\nroute gnu.org blackhole\n"
                      "route 10.0.0.1:80 blackhole",
                      "4:7 the bits behind the '/' are a number from 0 to 32\n5:7 the bits behind the '/' are a number from 0 to 32\n"
                      "6:7 the bits behind the '/' are a number from 0 to 128\n7:7 this address goes on behind its first 8 bits\n"
                      "8:7 this address goes on behind its first 64 bits\n"
                      "9:7 not an address, or several of one beginning = 203.0.113.9, 203.0.113.0/24, 2001:db8::/32\n"
                      "10:7 not an address, or several of one beginning = 203.0.113.9, 203.0.113.0/24, 2001:db8::/32\n");
    assert_world_said("route 10.0.0.1 \"${env(\"X\")}\"", "4:19 kind of route must be known before the scenario runs\n");
}
END_TEST

START_TEST(interfaces_are_looked_at) {
    assert_world_said("interface vcan0\ninterface vcan1 cann\ninterface vcan1 can 5\ninterface a234567890123456 can\n"
                      "interface a/b can\ninterface lo can\ninterface vcan1 can",
                      "4:1 `interface` has a name and its kind behind it = interface vcan0 can\n"
                      "5:17 no such kind of interface 'cann' = did you mean 'can'?\n6:21 `interface` ends before this\n"
                      "7:11 an interface's name has at most 15 bytes, and this one 16\n8:11 no interface can be called so\n"
                      "9:11 every world has a loopback, and it is 'lo'\n10:11 'vcan1' stands already in line 6\n");
}
END_TEST

START_TEST(files_stay_in_the_scratch_folder) {
    assert_world_said("file /etc/passwd \"x\"\nfile ../a \"x\"\nfile a/../../b \"x\"\nfile a/.. \"x\"\nfile a/ \"x\"\nfile . \"x\"\n"
                      "file a..b \"x\"\nfile a..b \"y\"\nfile c 5",
                      "4:6 this path leads out of the scratch folder = a world's files lie in the scratch folder, where programs start\n"
                      "5:6 this path leads out of the scratch folder = a world's files lie in the scratch folder, where programs start\n"
                      "6:6 this path leads out of the scratch folder = a world's files lie in the scratch folder, where programs start\n"
                      "7:6 this path leads out of the scratch folder = a world's files lie in the scratch folder, where programs start\n"
                      "8:6 a folder, and no file\n9:6 a folder, and no file\n11:6 'a..b' stands already in line 10\n"
                      "12:8 an integer is not bytes until a type says how it is written = u8(5), u16be(5), u32be(5), decimal(5)\n");
}
END_TEST

START_TEST(a_world_knows_no_actor) {
    assert_world_said("hostname \"${s.l}\"\nfile a \"${s.address}\"\nfile b \"${local}\"\nfile c \"${sockets(LISTEN)}\"",
                      "4:13 the world is made before any actor begins, and cannot know this\n"
                      "5:11 the world is made before any actor begins, and cannot know this\n"
                      "6:11 `local` is of a socket or an actor, and there is none here\n"
                      "7:11 the world is made before any actor begins, and cannot know this\n");
    assert_world_said("sysctl net.ipv4.ip_local_port_range \"${free_port()}\"",
                      "4:40 which port is free is known only in the world that this is part of\n");
    assert_said("scenario \"x\"\nlet l = s.l\nworld { file a \"${l}\" }\nserver s { listen tcp 127.0.0.1:0\n recv line as l }",
                "2:9 the world is made before any actor begins, and cannot know this\n");
}
END_TEST

// --- drop, rate, undo

START_TEST(faults_have_names_as_events_have) {
    const struct plan *plan = compile_steps("drop 'tcp flags syn' as lossy\nrate 80kbit as slow\ndrop 'udp'\nundo slow\nundo lossy");
    ck_assert(plan->world.has_faults && plan->world.has_drops && !plan->world.declared);
    ck_assert_str_eq(plan->events[client_step(plan, 0)->name].text, "lossy");
    ck_assert_int_eq(plan->events[client_step(plan, 0)->name].giver, GIVEN_BY_DROP);
    ck_assert_int_eq(plan->events[client_step(plan, 1)->name].giver, GIVEN_BY_RATE);
    ck_assert(client_step(plan, 1)->operand->type == VALUE_RATE && client_step(plan, 1)->operand->value.number == 80000);
    ck_assert_uint_eq(client_step(plan, 2)->name, PLAN_NONE);
    ck_assert_uint_eq(client_step(plan, 3)->name, client_step(plan, 1)->name);
    ck_assert_uint_eq(client_step(plan, 4)->name, client_step(plan, 0)->name);
    plan = compile_steps("rate 1mbit");
    ck_assert(plan->world.has_faults && !plan->world.has_drops);
}
END_TEST

START_TEST(an_unused_procedure_changes_no_world) {
    const struct plan *plan = compile_good("scenario \"x\"\nprocedure p() { drop 'x'\n resolve a as b\n expect lifecycle == CLOSE\n"
                                           " expect sockets(LISTEN) == 0 }\nserver s { listen tcp 127.0.0.1:0 }");
    ck_assert(!plan->world.has_drops && !plan->world.has_faults && !plan->world.has_names);
    ck_assert(!plan->world.is_traced && !plan->world.is_counted);
}
END_TEST

START_TEST(faults_are_looked_at) {
    assert_steps_said("drop 5\ndrop ''\nrate 5\nrate 0kbit\nrate \"x\"",
                      "1:6 an integer is not bytes until a type says how it is written = u8(5), u16be(5), u32be(5), decimal(5)\n"
                      "2:6 this matches nothing: what is to be dropped? = drop 'tcp flags syn', in nftables' own words\n"
                      "3:6 `rate` takes a rate, and this is an integer = 80kbit, 10mbit, 1gbit: bits a second\n"
                      "4:6 a rate of nothing: nothing would ever arrive = `drop` loses packets\n"
                      "5:6 `rate` takes a rate, and this is bytes = 80kbit, 10mbit, 1gbit: bits a second\n");
    assert_steps_said("drop 'x' as lossy\nsignal ready\nundo losy\nundo ready\nundo nothing_like",
                      "3:6 no `drop` and no `rate` is called 'losy' = did you mean 'lossy'?\n"
                      "4:6 'ready' is a signal's, and nothing that could be undone\n"
                      "5:6 no `drop` and no `rate` is called 'nothing_like'\n");
    assert_steps_said("drop 'x' as a\nsignal a\nrate 1kbit as a\nsignal b\ndrop 'y' as b\nwait a\nrate 1kbit as c\ndrop 'z' as c",
                      "2:8 'a' is the name of a `drop` already\n3:15 'a' is the name of a `drop` already\n"
                      "5:13 'b' is the name of a `signal` already\n8:13 'c' is the name of a `rate` already\n");
    assert_steps_said("drop 'x' fails EPERM", "1:10 'drop' makes no system call that could fail\n");
}
END_TEST

// --- resolve

START_TEST(a_look_up_names_what_it_found) {
    const struct plan *plan = compile_steps("resolve gnu.org as x\nexpect x.name == \"gnu.org\" and x.addresses[0] == 1.2.3.4\n"
                                            "resolve \"${echo.words}\" fails NO_DATA\nresolve box within 1s");
    const struct step *step = client_step(plan, 0);
    ck_assert(plan->world.has_names && step->slot != PLAN_NONE && step->fails_count == 0);
    ck_assert_int_eq(step->operand->type, VALUE_BYTES);
    step = client_step(plan, 2);
    ck_assert(step_fails_with(step, NO_DATA) && step->slot == PLAN_NONE);
    plan = compile_good("scenario \"x\"\nclient a { resolve b as x }\nclient c { wait a.x\n log a.x.addresses }");
    ck_assert_uint_eq(plan->actors[0].export_count, 1);
}
END_TEST

START_TEST(look_ups_are_looked_at) {
    assert_steps_said("resolve a as x\nexpect x.adresses == []\nexpect x.qqq == 1\nsend x\nexpect x == 5\nexpect x[0] == 1\n"
                      "expect x.name == 5",
                      "2:10 what a look-up found has no 'adresses' = did you mean 'addresses'?\n"
                      "3:10 what a look-up found has no 'qqq' = it has .name, .aliases and .addresses\n"
                      "4:6 what a look-up found where bytes belong = text(VALUE) is a value as bytes\n"
                      "5:8 `==` is not for what a look-up found and an integer\n6:8 what a look-up found has no items\n"
                      "7:8 `==` is not for bytes and an integer = int(BYTES) reads decimal digits, len(BYTES) counts bytes\n");
    assert_steps_said("resolve a fails HOST_NOT_FOND\nresolve a fails ENOENT\nresolve a as x fails NO_DATA\nresolve \"\" as y\n"
                      "close fails NO_DATA",
                      "1:17 unknown error of a look-up 'HOST_NOT_FOND' = did you mean 'HOST_NOT_FOUND'?\n"
                      "2:17 unknown error of a look-up 'ENOENT' = HOST_NOT_FOUND, TRY_AGAIN, NO_RECOVERY, NO_DATA\n"
                      "3:14 a look-up that fails finds nothing that could be called 'x'\n4:9 an empty name\n"
                      "5:13 unknown errno 'NO_DATA' = that is how a 'resolve' fails\n");
}
END_TEST

START_TEST(what_was_found_is_a_value) {
    struct arena arena;
    arena_init(&arena);
    const char *aliases[] = {"www.gnu.org"};
    struct address address;
    bool has_port;
    ck_assert(address_parse(slice_text("209.51.188.116"), &address, &has_port));
    struct value host = value_host(&arena, "gnu.org", aliases, 1, &address, 1);
    struct value copy = value_copy(&arena, &host), none = value_host(&arena, "gnu.org", NULL, 0, NULL, 0);
    struct buffer text = {0};
    value_print(&copy, &text);
    ck_assert_str_eq(text.data, "{ name: \"gnu.org\", aliases: [\"www.gnu.org\"], addresses: [209.51.188.116] }");
    ck_assert(value_equal(&host, &copy) && !value_equal(&host, &none));
    ck_assert_ptr_null(value_host_member(host.host, slice_text("nam")));
    const struct value literal = {.kind = VALUE_BYTES, .bytes = bytes_held(&arena, slice_text("209.51.188.116"))};
    const struct value wanted = {.kind = VALUE_LIST, .items = &literal, .item_count = 1};
    ck_assert(value_equal(value_host_member(host.host, slice_text("addresses")), &wanted));
    buffer_fini(&text);
    arena_fini(&arena);
}
END_TEST

START_TEST(rates_are_values) {
    assert_value("80kbit", "80kbit");
    assert_value("8000kbit", "8mbit");
    assert_value("1500bit", "1500bit");
    assert_value("2gbit", "2gbit");
    assert_value("0mbit", "0bit");
    assert_value("1mbit == 1000kbit", "true");
    assert_steps_said("expect 1mbit > 1kbit\nexpect 1mbit == 5\nsend 1mbit",
                      "1:8 `>` is not for a rate and a rate\n2:8 `==` is not for a rate and an integer\n"
                      "3:6 a rate where bytes belong = text(VALUE) is a value as bytes\n");
}
END_TEST

// --- descriptors and peers

START_TEST(descriptors_are_sockets) {
    const struct plan *plan = compile_steps("connect unix \"a\" as u\nsend \"x\" fds u, wire\nrecv \"y\" fds as v, w\nclose on w");
    const struct step *send = client_step(plan, 1), *recv = client_step(plan, 2);
    ck_assert(send->fd_count == 2 && send->fds[1] == 0 && recv->fd_count == 2);
    ck_assert_str_eq(plan->actors[0].socket_names[recv->fds[1]], "w");
    ck_assert_uint_eq(client_step(plan, 3)->on, recv->fds[1]);
    assert_steps_said("connect unix \"a\" as u\nsend \"x\" fds v\nlet a = 1\nsend \"x\" fds a\nexpect w.fd == 1",
                      "2:14 unknown socket 'v'\n4:14 'a' is a value, not a socket\n5:8 unknown name 'w'\n");
}
END_TEST

START_TEST(descriptors_and_peers_are_unix) {
    assert_steps_said("connect tcp 127.0.0.1:1 as t\nsend \"x\" fds t\nexpect peer_pid == 1\nconnect unix \"a\" as u\n"
                      "expect peer_uid == 0 and t.peer_uid == 0\nsend \"x\" fds t\nsend \"x\" fds u on t",
                      "2:14 descriptors are passed in the data of a Unix socket only, and this one is `tcp`\n"
                      "3:8 `peer_pid` is of a Unix socket only, and this one is `tcp`\n"
                      "5:26 `peer_uid` is of a Unix socket only, and this one is `tcp`\n"
                      "7:14 descriptors are passed in the data of a Unix socket only, and this one is `tcp`\n");
    // What an actor listens on is not known here, nor whose connection an accept takes behind a connect.
    assert_steps_said("expect peer_pid == 1\nlisten unix \"a\"\naccept { expect peer_pid > 0 }\nconnect tcp 127.0.0.1:1\n"
                      "accept { expect peer_pid > 0 }\nlisten tcp6 [::1]:1\naccept as g { expect g.peer_pid > 0 }\nexpect peer_uid == 1",
                      "7:22 `peer_pid` is of a Unix socket only, and this one is `tcp6`\n"
                      "8:8 `peer_uid` is of a Unix socket only, and this one is `tcp6`\n");
}
END_TEST

START_TEST(sockets_are_counted_by_state) {
    const struct plan *plan = compile_steps("expect sockets(CLOSE_WAIT) == 0");
    const struct term *count = client_step(plan, 0)->operand->items[0];
    ck_assert(plan->world.is_counted && !plan->world.is_traced);
    ck_assert(count->kind == TERM_ATTRIBUTE && count->attribute == ATTRIBUTE_SOCKETS && count->state == STATE_CLOSE_WAIT);
    ck_assert(compile_steps("expect lifecycle == CLOSE")->world.is_traced);
    ck_assert(compile_steps("expect echo.lifecycle == CLOSE")->world.is_traced);
    assert_steps_said("expect sockets(CLOSEWAIT) == 0\nexpect sockets == 0\nexpect sockets() == 0\nexpect wire.sockets(LISTEN) == 0\n"
                      "expect echo.sockets == 1",
                      "1:16 unknown state 'CLOSEWAIT' = did you mean 'CLOSE_WAIT'?\n"
                      "2:8 `sockets` takes a name in parentheses = sockets(CLOSE_WAIT)\n"
                      "3:8 `sockets` takes one name = sockets(CLOSE_WAIT)\n"
                      "4:8 `sockets` is of the world, and of nothing in it\n5:13 'echo' never gives 'sockets' a value\n");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"worlds",
         {a_world_comes_into_the_plan, a_world_may_be_empty, what_is_there_anyway_is_not_added, words_may_wait_for_the_run,
          every_case_has_its_own, a_world_knows_no_actor}},
        {"words",
         {host_names_are_looked_at, addresses_are_looked_at, names_have_an_address, settings_are_looked_at, routes_are_looked_at,
          interfaces_are_looked_at, files_stay_in_the_scratch_folder}},
        {"faults", {faults_have_names_as_events_have, an_unused_procedure_changes_no_world, faults_are_looked_at, rates_are_values}},
        {"names", {a_look_up_names_what_it_found, look_ups_are_looked_at, what_was_found_is_a_value}},
        {"sockets", {descriptors_are_sockets, descriptors_and_peers_are_unix, sockets_are_counted_by_state}},
    };
    return run_cases("compile_world", cases, COUNT_OF(cases));
}
