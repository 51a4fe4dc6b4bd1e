// Steps: how blocks, branches and calls lie in the plan, and what is said of wrong ones.
#include "compile_text.h"

#include "script/script.h"

#include <check.h>
#include <string.h>

static const char *kind_word(enum step_kind kind) {
    if (kind == STEP_BLOCK_END) return "}";
    if (kind == STEP_ACTOR_END) return "end";
    return kind == STEP_CALL ? "call" : script_verb_word((enum verb)kind);
}

// A line a step, every index counted from the actor's first.
static void print_steps(const struct plan *plan, uint32_t actor, struct buffer *out) {
    uint32_t first = plan->actors[actor].first_step;
    for (uint32_t i = 0; i < plan->actors[actor].step_count; i++) {
        const struct step *step = &plan->steps[first + i];
        buffer_printf(out, "%u %s", i, kind_word(step->kind));
        if (step->kind == STEP_BLOCK_END) buffer_printf(out, " of %u", step->block - first);
        else if (step->block != PLAN_NONE)
            buffer_printf(out, " block %u to %u", step->block - first, step->block_end - first);
        if (step->after != first + i + 1) buffer_printf(out, " after %u", step->after - first);
        if (step->otherwise != PLAN_NONE) buffer_printf(out, " otherwise %u", step->otherwise - first);
        if (step->in_either) buffer_text(out, " in either");
        if (step->called_from != PLAN_NONE) buffer_printf(out, " from %u", step->called_from - first);
        if (step->on != SLOT_CURRENT) buffer_printf(out, " on %u", step->on);
        if (step->as != PLAN_NONE) buffer_printf(out, " as %u", step->as);
        buffer_text(out, "\n");
    }
}

static void assert_steps(const char *steps, const char *wanted) {
    const struct plan *plan = compile_steps(steps);
    struct buffer out = {0};
    print_steps(plan, 0, &out);
    ck_assert_msg(strcmp(out.data, wanted) == 0, "of:\n%s\nare:\n%s\nexpected:\n%s", steps, out.data, wanted);
    buffer_fini(&out);
}

START_TEST(steps_lie_side_by_side) {
    assert_steps("send \"x\"\nclose", "0 connect as 0\n1 send\n2 close\n3 end\n");
}
END_TEST

START_TEST(a_block_ends_in_a_step) {
    assert_steps("repeat 3 { send \"x\"\n send \"y\" }\nclose",
                 "0 connect as 0\n1 repeat block 2 to 4 after 5\n2 send\n3 send\n4 } of 1\n5 close\n6 end\n");
    assert_steps("for x in 1, 2 { repeat x { } }",
                 "0 connect as 0\n1 for block 2 to 4 after 5\n2 repeat block 3 to 3 after 4\n3 } of 2\n4 } of 1\n5 end\n");
    assert_steps("listen tcp 127.0.0.1:0\naccept as guest { send \"x\" on wire }\naccept as guest\nclose on guest",
                 "0 connect as 0\n1 listen\n2 accept block 3 to 4 after 5 as 1\n3 send on 0\n4 } of 2\n5 accept as 2\n"
                 "6 close on 2\n7 end\n");
}
END_TEST

START_TEST(branches_follow_each_other) {
    assert_steps("either { recv \"a\"\n close } or { recv \"b\" } or { recv eof }\nclose",
                 "0 connect as 0\n1 either block 2 to 4 after 9\n2 recv otherwise 5 in either\n3 close in either\n"
                 "4 } of 1 in either\n5 recv otherwise 7 in either\n6 } of 1 in either\n7 recv in either\n"
                 "8 } of 1 in either\n9 close\n10 end\n");
    assert_steps("either { recv \"a\"\n either { recv \"b\" } or { recv \"c\" } } or { recv \"d\" }",
                 "0 connect as 0\n1 either block 2 to 8 after 11\n2 recv otherwise 9 in either\n"
                 "3 either block 4 to 5 after 8 in either\n4 recv otherwise 6 in either\n5 } of 3 in either\n"
                 "6 recv in either\n7 } of 3 in either\n8 } of 1 in either\n9 recv in either\n10 } of 1 in either\n11 end\n");
}
END_TEST

// Behind an `either` that may have ended the turn nothing need be reached, up to the end of the loop.
START_TEST(a_break_knows_its_loop) {
    assert_steps("repeat { send \"x\"\n either { recv \"a\"\n break } or { recv \"b\" }\n send \"y\" }\nclose",
                 "0 connect as 0\n1 repeat block 2 to 10 after 11\n2 send\n3 either block 4 to 6 after 9\n"
                 "4 recv otherwise 7 in either\n5 break after 11 in either\n6 } of 3 in either\n7 recv in either\n"
                 "8 } of 3 in either\n9 send in either\n10 } of 1 in either\n11 close\n12 end\n");
    assert_steps("repeat 2 { for x in 1, 2 { break }\n send \"y\" }",
                 "0 connect as 0\n1 repeat block 2 to 6 after 7\n2 for block 3 to 4 after 5\n3 break after 5\n"
                 "4 } of 2 in either\n5 send\n6 } of 1\n7 end\n");
    ck_assert_uint_eq(client_step(compile_steps("repeat 2 { for x in 1, 2 { break } }"), 2)->loop, 2);
}
END_TEST

START_TEST(what_a_loop_ends_with) {
    static const char endless[] = "this `repeat` has no number of turns, and no `break` ends it"
                                  " = `break` stands in it, or in a block of an `either` in it\n";
    struct buffer said = {0};
    buffer_printf(&said, "1:1 %s", endless);
    assert_steps_said("repeat { repeat 2 { break } }", said.data);
    assert_steps_said("repeat { recv line }", said.data);
    buffer_fini(&said);
    assert_steps_said("repeat { break\n send \"x\" }", "2:2 this is never reached: the `break` in line 3 ends the turn\n");
    assert_steps_said("accept { break }", "1:10 `break` ends a loop, and there is none around it\n");
    assert_steps_said("repeat 2 { accept { break } }",
                      "1:21 no `break` leaves the block of an `accept`, and its loop is around that = the loop may lie in "
                      "the block, or `accept as NAME` stand in the loop without a block\n");
    assert_steps_said("accept * 2 { repeat { either { recv eof\n break } or { recv line } } }", "");
}
END_TEST

START_TEST(a_let_is_what_a_procedure_returns) {
    const struct plan *plan =
        compile_good("scenario \"x\"\nprocedure twice(a) { let b = a + a\n return b }\n"
                     "client c { let x = twice(2)\n twice(3)\n expect x == 4 }\nclient d { expect c.x == 4 }");
    struct buffer out = {0};
    print_steps(plan, 0, &out);
    ck_assert_str_eq(out.data, "0 call\n1 let from 0\n2 return from 0\n3 call\n4 let from 3\n5 return from 3\n"
                               "6 expect\n7 end\n");
    buffer_fini(&out);
    uint32_t const slot = plan->steps[2].slot;
    ck_assert(slot != PLAN_NONE && plan->steps[6].operand->items[0]->slot == slot);
    ck_assert_uint_eq(plan->steps[5].slot, PLAN_NONE);
    ck_assert_uint_eq(plan->actors[0].slot_exports[slot], 0);
    assert_said("scenario \"x\"\nprocedure p() { return 1\n log 2 }\nprocedure text_(a) { log a }\n"
                "client c { let a = text_(1)\n let b = p() + 1\n let c = size(\"x\")\n return 1 }",
                "2:17 `return` is the last step of its procedure, and stands in no block\n"
                "5:20 'text_' returns nothing = a procedure that ends with `return EXPR` does\n"
                "6:10 'p' is a procedure: it runs as a step of its own, and has no value\n"
                "8:2 `return` ends a procedure, and this is none\n");
}
END_TEST

// Of a function's name the procedure is meant only where it returns something.
START_TEST(a_function_may_be_a_procedure_too) {
    const struct plan *plan = compile_good("scenario \"x\"\nprocedure size(a) { log a }\nprocedure len(a) { return 7 }\n"
                                           "client c { let a = size(\"x\")\n let b = len(\"x\")\n log len(\"xy\") }");
    ck_assert_int_eq(plan->steps[0].kind, STEP_LET);
    ck_assert_int_eq(plan->steps[1].kind, STEP_CALL);
    ck_assert(plan->steps[3].operand->value.number == 2);
}
END_TEST

START_TEST(a_procedure_stands_where_it_is_called) {
    const struct plan *plan =
        compile_good("scenario \"x\"\nprocedure twice(a, b) { send a\n once(b) }\nprocedure once(a) { send a }\n"
                     "client c { twice(\"1\", u8(2))\n once(\"3\") }");
    struct buffer out = {0};
    print_steps(plan, 0, &out);
    ck_assert_str_eq(out.data, "0 call\n1 send from 0\n2 call from 0\n3 send from 2\n4 call\n5 send from 4\n6 end\n");
    buffer_fini(&out);
    const struct step *first = &plan->steps[0], *inner = &plan->steps[2];
    ck_assert_uint_eq(first->list_count, 2);
    ck_assert_uint_eq(plan->steps[1].operand->slot, first->slot);
    ck_assert_uint_eq(inner->list[0]->slot, first->slot + 1);
    ck_assert_uint_eq(plan->steps[3].operand->slot, inner->slot);
    ck_assert_uint_gt(plan->actors[0].slot_count, inner->slot + 1);
}
END_TEST

START_TEST(what_stands_behind_a_verb_is_kept) {
    const struct plan *plan = compile_steps(
        "send \"abc\" in chunks of 2 every 1ms\nsend \"abc\" split at 1, -1 on wire\nrecv \"x\" eof within 5ms\n"
        "recv nothing for 1ms\nshutdown write fails ENOTCONN\nset TCP_NODELAY 1\nbarrier b of 2\nsocket tcp6 as other\n"
        "connect tcp 127.0.0.1:80 from 127.0.0.1:0 fails ECONNREFUSED\nlisten unix \"x\" backlog 7");
    const struct step *step = client_step(plan, 0);
    ck_assert(step->chunk->value.number == 2 && step->every->value.number == 1000000);
    step = client_step(plan, 1);
    ck_assert(step->list_count == 2 && step->list[1]->value.number == -1 && step->on == 0);
    step = client_step(plan, 2);
    ck_assert(step->ending == ENDING_EOF && step->pattern->element_count == 1 && step->within->value.number == 5000000);
    ck_assert(client_step(plan, 3)->silence->value.number == 1000000 && !client_step(plan, 3)->pattern);
    ck_assert(client_step(plan, 4)->shutdown_way == SHUTDOWN_WRITE);
    ck_assert_str_eq(errno_name(client_step(plan, 4)->fails[0].error), "ENOTCONN");
    ck_assert_str_eq(client_step(plan, 5)->option->name, "TCP_NODELAY");
    ck_assert(client_step(plan, 6)->count->value.number == 2);
    ck_assert_str_eq(plan->barriers[client_step(plan, 6)->name].text, "b");
    ck_assert_int_eq(client_step(plan, 7)->family, FAMILY_TCP6);
    step = client_step(plan, 8);
    ck_assert(step->actor_operand == PLAN_NONE && step->operand->kind == TERM_ENDPOINT);
    ck_assert(step->from->type == VALUE_ADDRESS);
    ck_assert(client_step(plan, 9)->backlog->value.number == 7);
    ck_assert(plan->uses_scratch);
    ck_assert_uint_eq(plan->families, 1u << FAMILY_TCP | 1u << FAMILY_TCP6 | 1u << FAMILY_UNIX);
}
END_TEST

START_TEST(waits_know_for_what) {
    const struct plan *plan = compile_steps("signal ready\nwait ready\nwait echo\nwait echo.done\nwait caller[1]\n"
                                            "wait echo.words\nwait echo.address\nrecv line as mine\nwait mine");
    ck_assert_str_eq(plan->events[client_step(plan, 1)->name].text, "ready");
    ck_assert_uint_eq(client_step(plan, 2)->actor_operand, 1);
    ck_assert_uint_eq(client_step(plan, 3)->actor_operand, 1);
    ck_assert(client_step(plan, 4)->actor_operand == 0 && client_step(plan, 4)->operand->value.number == 1);
    ck_assert_int_eq(client_step(plan, 5)->operand->kind, TERM_EXPORT);
    ck_assert_int_eq(client_step(plan, 6)->operand->attribute, ATTRIBUTE_ADDRESS);
    ck_assert_int_eq(client_step(plan, 8)->operand->kind, TERM_SLOT);
    assert_steps_said("wait 5ms",
                      "1:6 `wait` is for an event, the end of an actor, or a name that another actor sets"
                      " = `sleep` lets time pass\n");
    assert_steps_said("wait wire.state",
                      "1:6 `wait` is for an event, the end of an actor, or a name that another actor sets"
                      " = `expect EXPR within D` waits until a condition holds\n");
    assert_steps_said("signal ready\nwait redy",
                      "2:6 nobody signals 'redy', and no actor is called so = did you mean 'ready'?\n");
    assert_steps_said("wait caller", "1:6 an actor cannot wait for its own end\n");
    assert_steps_said("wait echo.word", "1:11 'echo' never gives 'word' a value = did you mean 'words'?\n");
}
END_TEST

START_TEST(counts_have_bounds) {
    assert_steps_said("repeat -1 { }\nsend \"x\" in chunks of 0\nbarrier b of 0\nset SO_RCVBUF 1TiB\n"
                      "listen tcp 127.0.0.1:0 backlog -1\naccept * -1 { }",
                      
                      "1:8 a number of turns is 0 at the least\n2:23 a chunk's length is 1 at the least\n"
                      "3:14 a number of arrivals is 1 at the least\n"
                      "4:15 an option's value is between -2147483648 and 2147483647\n"
                      "5:32 a backlog is between 0 and 2147483647\n6:10 a number of connections is 0 at the least\n");
    assert_steps_said("sleep 5\nrecv \"x\" within 5\nsleep 0",
                      "1:7 a sleep is a duration and needs a unit = 250us, 20ms, 5s, 2min\n"
                      "2:17 `within` is a duration and needs a unit = 250us, 20ms, 5s, 2min\n");
}
END_TEST

START_TEST(accept_and_barrier_go_together) {
    assert_steps_said("accept each", "1:1 `accept each` needs a block for its connections = accept each { STEPS }\n");
    assert_steps_said("accept fails EAGAIN { recv \"x\" }",
                      "1:14 an `accept` that fails has no connection for its block\n");
    assert_steps_said("accept * 2 { barrier b }",
                      "1:14 how many blocks of the `accept` come to this barrier is not known = barrier b of N\n");
    assert_steps_said("accept * 2 { accept { barrier b } }",
                      "1:23 how many blocks of the `accept` come to this barrier is not known = barrier b of N\n");
    assert_steps_said("accept * 2 { barrier b of 2 }\naccept { barrier c }", "");
}
END_TEST

START_TEST(either_needs_something_to_decide) {
    assert_steps_said("either { recv nothing for 5ms } or { recv \"x\" }", "");
    assert_steps_said("either { send \"x\" } or { recv \"x\" }",
                      "1:10 a block of 'either' begins with a 'recv', which decides whether it is taken\n");
}
END_TEST

START_TEST(sockets_have_names_in_their_scope) {
    assert_steps_said("accept as guest { send \"x\" on guest }\nclose on guest", "2:10 unknown socket 'guest'\n");
    assert_steps_said("accept { connect echo as inner }\nclose on inner", "2:10 unknown socket 'inner'\n");
    assert_steps_said("let x = 5\nclose on x", "2:10 'x' is a value, not a socket\n");
    assert_steps_said("close on wired", "1:10 unknown socket 'wired' = did you mean 'wire'?\n");
    assert_steps_said("connect echo as wire\nclose on wire\naccept * 2 { send \"x\" on wire }", "");
}
END_TEST

// Lines inside of a message are those of the whole text, in which two stand before the steps.
START_TEST(a_let_keeps_its_value) {
    assert_steps_said("let x = 5\nlet x = 6", "2:5 'x' has a value already, since line 3\n");
    assert_steps_said("let x = 5\nrepeat 2 { let x = 6 }", "2:16 'x' has a value already, since line 3\n");
    assert_steps_said("let x = 5\nrecv u8 as x", "2:12 'x' has a value already, since line 3\n");
    assert_steps_said("for x in 1, 2 { recv line ~ /(?<x>a)/ }", "1:29 'x' has a value already, since line 3\n");
    assert_steps_said("recv u8 as x\nlet x = 6", "2:5 'x' has a value already, since line 3\n");
    assert_steps_said("repeat 2 { let x = 5 }\nlet x = 6\nrecv u8 as y\nrecv u16be as y\nlet local = 5\nlet CLOSE = 5",
                      "");
    assert_said("scenario \"x\"\nprocedure p(x) { recv u8 as x }\nclient c { let x = 5\n p(x) }",
                "2:29 'x' has a value already, since line 2\n");
}
END_TEST

START_TEST(captures_are_known_behind_their_element) {
    const struct plan *plan = compile_steps("recv u32be as n bytes(n) as body u8 == n\nsend body\n"
                                            "recv line ~ /(?<a>x)(?<b>y)/ as l\nsend a b l");
    const struct pattern_code *row = client_step(plan, 0)->pattern;
    ck_assert_uint_eq(row->elements[1].argument->slot, row->elements[0].capture);
    ck_assert_uint_eq(row->elements[2].right->slot, row->elements[0].capture);
    ck_assert_uint_eq(client_step(plan, 1)->operand->slot, row->elements[1].capture);
    const struct element_code *line = &client_step(plan, 2)->pattern->elements[0];
    ck_assert_uint_eq(line->right->group_count, 3);
    ck_assert_uint_eq(line->right->group_slots[0], PLAN_NONE);
    ck_assert_uint_eq(client_step(plan, 3)->operand->items[1]->slot, line->right->group_slots[2]);
    assert_steps_said("recv bytes(n) u8 as n", "1:12 unknown name 'n' = it has no value here yet\n");
    assert_steps_said("recv line as l\nlog l - 1",
                      "2:5 bytes cannot be calculated with = int(BYTES) is the integer that digits write\n");
}
END_TEST

START_TEST(patterns_can_match) {
    assert_steps_said("recv u8 == 300", "1:12 this never matches: u8 goes from 0 to 255\n");
    assert_steps_said("recv i16le == -32769", "1:15 this never matches: i16le goes from -32768 to 32767\n");
    assert_steps_said("recv u64be == -1", "1:15 this never matches: u64be goes from 0 to 18446744073709551615\n");
    assert_steps_said("recv u8 == \"x\"", "1:6 `==` is not for an integer and bytes\n");
    assert_steps_said("recv u8 ~ /x/", "1:6 a regular expression is for bytes, and this is an integer\n");
    assert_steps_said("recv rest \"x\"", "1:11 nothing can follow `rest`, which takes everything\n");
    assert_steps_said("recv until(\"\") bytes(-1) bits(65)",
                      "1:12 an empty delimiter is found everywhere\n1:22 a length is 0 at the least\n"
                      "1:31 a number of bits is between 1 and 64\n");
    assert_steps_said("recv line ~ /(x/", "1:16 regular expression: missing closing parenthesis\n");
    assert_steps_said("recv list(u8, 4) contains 3 f32be == -1 line == 127.0.0.1:80 list(line) until(last == \"\")",
                      "");
}
END_TEST

START_TEST(bits_fill_bytes) {
    assert_steps_said("recv bit bits(6) u8", "1:10 bits fill whole bytes, and 1 more would fill this one\n");
    assert_steps_said("recv u8 bits(12)", "1:9 bits fill whole bytes, and 4 more would fill this one\n");
    assert_steps_said("recv list(bit, 3) bits(4) \"x\"",
                      "1:19 bits fill whole bytes, and 1 more would fill this one\n");
    assert_steps_said("recv bit bits(7) list(bits(4), 3) bits(4) u8 as n bits(n) u8", "");
}
END_TEST

START_TEST(endpoints_are_looked_at) {
    assert_steps_said("connect tcp localhost",
                      "1:13 there is no port behind the host = tcp localhost:0: with 0 the kernel picks one\n");
    assert_steps_said("connect tcp 1.2.3.4:http", "1:21 a port is a number from 0 to 65535\n");
    assert_steps_said("connect tcp \"1.2.3.400:80\"", "1:13 an IPv4 address has four numbers from 0 to 255\n");
    assert_steps_said("connect tcp6 127.0.0.1:80", "1:14 `tcp6` takes an IPv6 address\n");
    assert_steps_said("connect unix \"\"", "1:14 an empty path\n");
    assert_steps_said("connect 5",
                      "1:9 an endpoint belongs here, and this is an integer"
                      " = tcp 127.0.0.1:0, tcp [::1]:80, unix \"echo.sock\", unix @name\n");
    assert_steps_said("connect nobody", "1:9 unknown actor 'nobody'\n");
    assert_steps_said("connect tcp \"localhost:${index}\"\nconnect address\nconnect echo.local\n"
                      "connect tcp [::1]:80\nconnect tcp name.example:80",
                      "");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"layout",
         {steps_lie_side_by_side, a_block_ends_in_a_step, branches_follow_each_other,
          a_break_knows_its_loop, what_a_loop_ends_with, a_let_is_what_a_procedure_returns,
          a_function_may_be_a_procedure_too, a_procedure_stands_where_it_is_called, what_stands_behind_a_verb_is_kept}},
        {"verbs",
         {waits_know_for_what, counts_have_bounds, accept_and_barrier_go_together, either_needs_something_to_decide,
          endpoints_are_looked_at}},
        {"names", {sockets_have_names_in_their_scope, a_let_keeps_its_value}},
        {"patterns", {captures_are_known_behind_their_element, patterns_can_match, bits_fill_bytes}},
    };
    return run_cases("compile_step", cases, COUNT_OF(cases));
}
