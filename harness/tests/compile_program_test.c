// Programs: what their steps compile to, and what the plan then says of the case.
#include "compile_text.h"

#include <check.h>
#include <errno.h>
#include <signal.h>

#define TITLE "scenario \"t\"\n"

static const struct plan *compile_program(const char *steps) {
    static struct buffer text; // the plan's spans point into it
    buffer_clear(&text);
    buffer_printf(&text, TITLE "server other { listen tcp 127.0.0.1:0\n accept }\nlet n = 5\n"
                               "program it {\n%s\n}\nclient asker { expect it.exit == 0 }\n", steps);
    return compile_good(text.data);
}

static const struct actor *program_of(const struct plan *plan) { return &plan->actors[1]; }

// The program's step with that number, from 0.
static const struct step *step_at(const struct plan *plan, uint32_t number) {
    ck_assert_uint_lt(number, program_of(plan)->step_count);
    return &plan->steps[program_of(plan)->first_step + number];
}

static void assert_text(const struct term *term, const char *text) {
    struct slice flat;
    ck_assert_int_eq(term->kind, TERM_CONSTANT);
    ck_assert(bytes_flat(&compiled.arena, value_as_text(&compiled.arena, &term->value), &flat));
    ck_assert_msg(slice_is(flat, text), "'%.*s', expected '%s'", (int)flat.len_bytes, (const char *)flat.data, text);
}

START_TEST(each_operand_is_an_argument) {
    static const char *const WANTED[] = {"sh", "5", "ab", "-1", "6", "", "10ms", "127.0.0.1:80", "b"};
    const struct step *run = step_at(compile_program("run (\"sh\" n (\"a\" \"b\")\n  (-1) (n + 1) \"\" # empty\n\n"
                                                     "  10ms 127.0.0.1:80 slice(\"abc\", 1, 1))"), 0);
    ck_assert_int_eq(run->kind, STEP_RUN);
    ck_assert_uint_eq(run->list_count, COUNT_OF(WANTED));
    for (uint32_t i = 0; i < run->list_count; i++) assert_text(run->list[i], WANTED[i]);
    ck_assert(!run->on_terminal && run->fd_count == 0 && run->fails_count == 0);
    run = step_at(compile_program("run \"sh\" n \"-c\" \"${n}\" on terminal within 1s fails EACCES"), 0);
    ck_assert_uint_eq(run->list_count, 4);
    assert_text(run->list[3], "5");
    ck_assert(run->on_terminal && run->within && step_fails_with(run, EACCES));
}
END_TEST

START_TEST(what_an_actor_gives_may_be_an_argument) {
    const struct step *run = step_at(compile_program("run \"x\" other.address.port \"${other.address}\""), 0);
    ck_assert_uint_eq(run->list_count, 3);
    ck_assert_int_eq(run->list[1]->kind, TERM_MEMBER);
    ck_assert_int_eq(run->list[1]->type, VALUE_INTEGER);
    ck_assert_int_eq(run->list[2]->type, VALUE_BYTES);
}
END_TEST

START_TEST(what_stands_before_run) {
    const struct plan *plan = compile_program("cwd \"a\" \"b\"\nenv MODE n\nenv \"A B\" \"x\" crlf\nenv C unset\n"
                                              "user www-data\nstdin \"in\"\nrun \"x\"");
    assert_text(step_at(plan, 0)->operand, "ab");
    ck_assert_str_eq(step_at(plan, 1)->variable, "MODE");
    assert_text(step_at(plan, 1)->operand, "5");
    ck_assert_str_eq(step_at(plan, 2)->variable, "A B");
    assert_text(step_at(plan, 2)->operand, "x\r\n");
    ck_assert_str_eq(step_at(plan, 3)->variable, "C");
    ck_assert_ptr_null(step_at(plan, 3)->operand);
    assert_text(step_at(plan, 4)->operand, "www-data");
    assert_text(step_at(plan, 5)->operand, "in");
    ck_assert(!program_of(plan)->sends_stdin);
}
END_TEST

START_TEST(signals_have_names) {
    static const struct {
        const char *steps;
        int number;
    } SIGNALS[] = {{"stop", SIGTERM},      {"stop SIGTERM", SIGTERM}, {"stop KILL", SIGKILL},
                   {"stop SIGHUP fails ESRCH", SIGHUP}, {"stop USR1", SIGUSR1},   {"stop SIGWINCH within 1s", SIGWINCH}};
    for (uint32_t i = 0; i < COUNT_OF(SIGNALS); i++) {
        struct buffer steps = {0};
        buffer_printf(&steps, "run \"x\"\n%s", SIGNALS[i].steps);
        ck_assert_int_eq(step_at(compile_program(steps.data), 1)->signal_number, SIGNALS[i].number);
        buffer_fini(&steps);
    }
}
END_TEST

START_TEST(sockets_are_handed_over) {
    const struct plan *plan = compile_program("listen tcp 127.0.0.1:0 as a\nsocket tcp as b\nbind tcp 127.0.0.1:0\nlisten\n"
                                              "bind udp 127.0.0.1:0 as c\nrun \"x\" with c, a, b");
    const struct step *run = step_at(plan, 5);
    ck_assert_uint_eq(run->fd_count, 3);
    ck_assert_str_eq(program_of(plan)->socket_names[run->fds[0]], "c");
    ck_assert_str_eq(program_of(plan)->socket_names[run->fds[1]], "a");
    ck_assert_str_eq(program_of(plan)->socket_names[run->fds[2]], "b");
}
END_TEST

START_TEST(streams_are_aimed_at_like_sockets) {
    const struct plan *plan = compile_program("run \"x\"\nrecv \"a\"\nrecv \"a\" on stdout\nrecv \"b\" on stderr\ndiscard on stderr\n"
                                              "expect stderr.received == stdin.sent + unread");
    ck_assert_uint_eq(step_at(plan, 1)->on, SLOT_CURRENT);
    ck_assert_uint_eq(step_at(plan, 2)->on, SLOT_STDIO);
    ck_assert_uint_eq(step_at(plan, 3)->on, SLOT_STDERR);
    ck_assert_uint_eq(step_at(plan, 4)->on, SLOT_STDERR);
    const struct term *condition = step_at(plan, 5)->operand;
    ck_assert_uint_eq(condition->items[0]->socket_slot, SLOT_STDERR);
    ck_assert_uint_eq(condition->items[1]->items[0]->socket_slot, SLOT_STDIO);
    ck_assert_uint_eq(condition->items[1]->items[1]->socket_slot, SLOT_CURRENT);
    ck_assert(!program_of(plan)->sends_stdin);
}
END_TEST

// What is sent behind `run` goes to its stdin, unless another socket is current by then.
START_TEST(stdin_is_a_pipe_where_something_is_sent) {
    static const struct {
        const char *steps;
        bool sends;
    } CASES[] = {
        {"run \"x\"\nrecv \"a\"", false},
        {"run \"x\"\nsend \"a\"", true},
        {"run \"x\"\nshutdown write", true},
        {"run \"x\"\nconnect other\nsend \"a\"\nshutdown write", false},
        {"connect other\nsend \"a\"\nrun \"x\"", false},
        {"connect other as wire\nrun \"x\"\nsend \"a\" on wire", false},
        {"run \"x\"\nconnect other\nsend \"a\" on stdin", true},
        {"run \"x\"\nrepeat 2 {\nconnect other\n}\nsend \"a\"", true},
        {"listen tcp 127.0.0.1:0\nrun \"x\"\naccept { send \"a\" }", false},
        {"run \"x\" on terminal\nfeed()", true},
    };
    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        struct buffer text = {0};
        buffer_printf(&text, TITLE "server other { listen tcp 127.0.0.1:0\n accept }\nprogram it {\n%s\n}\n"
                                   "procedure feed() { send \"x\" }\n", CASES[i].steps);
        const struct plan *plan = compile_good(text.data);
        ck_assert_msg(program_of(plan)->sends_stdin == CASES[i].sends, "%s", CASES[i].steps);
        compile_forget();
        buffer_fini(&text);
    }
}
END_TEST

START_TEST(a_plan_says_that_it_has_programs) {
    const struct plan *plan = compile_program("run \"x\"\nlistens unix \"x.sock\"\nlistens udp6 [::1]:53");
    ck_assert(plan->has_programs && plan->uses_scratch && plan->world.has_names && !plan->world.declared);
    ck_assert_uint_ne(plan->families & 1u << FAMILY_UNIX, 0);
    ck_assert_uint_ne(plan->families & 1u << FAMILY_UDP6, 0);
    ck_assert(program_of(plan)->role == ROLE_PROGRAM && program_of(plan)->instance_count == 1);
    ck_assert(program_of(plan)->is_read && program_of(plan)->exit_is_read);
    plan = compile_good(TITLE "client c { connect tcp 127.0.0.1:1 fails ECONNREFUSED }\nprocedure starts() { run \"x\" }\n");
    ck_assert(!plan->has_programs && !plan->uses_scratch && !plan->world.has_names);
}
END_TEST

START_TEST(its_end_is_a_future) {
    const struct plan *plan = compile_program("run \"x\"\nexpect exit == 0 and pid > 0 and open_fds > 2\nwait exit\nwait pid\n"
                                              "expect it.exit == 0");
    const struct step *wait = step_at(plan, 2);
    ck_assert_uint_eq(wait->name, PLAN_NONE);
    ck_assert_int_eq(wait->operand->attribute, ATTRIBUTE_EXIT);
    ck_assert_uint_eq(wait->operand->actor, PLAN_NONE);
    ck_assert_int_eq(step_at(plan, 3)->operand->attribute, ATTRIBUTE_PID);
    ck_assert_uint_eq(step_at(plan, 4)->operand->items[0]->actor, 1);
    // An event of that name comes first.
    plan = compile_good(TITLE "program it {\n  signal exit\n  run \"x\"\n  wait exit\n}\n");
    ck_assert_uint_eq(plan->steps[2].name, 0);
    assert_said(TITLE "program it {\n  run \"x\"\n  wait open_fds\n}\n",
                "4:8 nobody signals 'open_fds', and no actor is called so\n");
}
END_TEST

START_TEST(others_wait_for_it) {
    const struct plan *plan = compile_good(TITLE "program it {\n  run \"x\"\n  listens tcp 127.0.0.1:5\n}\n"
                                                 "client c {\n  wait it\n  wait it.exit\n  connect it\n}\n"
                                                 "afterwards { expect it.exit == it.pid and it.open_fds == 1 }\n");
    const struct step *steps = &plan->steps[plan->actors[1].first_step];
    ck_assert_uint_eq(steps[0].actor_operand, 0);
    ck_assert_ptr_null(steps[0].operand);
    ck_assert_int_eq(steps[1].operand->attribute, ATTRIBUTE_EXIT);
    ck_assert_uint_eq(steps[2].actor_operand, 0);
}
END_TEST

START_TEST(procedures_may_be_a_programs) {
    const struct plan *plan = compile_good(TITLE "procedure starts(name) {\n  env A \"b\"\n  run name\n  recv \"ready\\n\" on stderr\n}\n"
                                                 "procedure ends() {\n  stop\n  expect exit == 143\n}\n"
                                                 "program it {\n  starts(\"x\")\n  send \"quit\\n\"\n  ends()\n}\n");
    ck_assert(plan->actors[0].sends_stdin && plan->actors[0].exit_is_read);
    assert_said("library \"l\"\nprocedure starts() {\n  listens tcp 127.0.0.1:1\n  run \"x\"\n  recv \"x\" on stdout\n}\n", "");
}
END_TEST

// A `run` with a mistake in it is left out of the tree: that none is there is no second mistake.
START_TEST(one_mistake_is_reported_once) {
    assert_said(TITLE "program it {\n  run \"x\",\n  listens tcp 127.0.0.1:1\n  stop\n}\n",
                "3:10 expected an argument or the end of the statement, found ',' = arguments stand side by side, without "
                "commas\n");
    assert_said(TITLE "program it {\n  run nosuch\n  listens tcp 127.0.0.1:1\n}\n", "3:7 unknown name 'nosuch'\n");
    assert_said(TITLE "program it {\n  run \"x\" with nosuch\n}\n", "3:16 unknown socket 'nosuch'\n");
}
END_TEST

int main(void) {
    const struct test_case CASES[] = {
        {"before and at run", {each_operand_is_an_argument, what_an_actor_gives_may_be_an_argument, what_stands_before_run,
                               sockets_are_handed_over, procedures_may_be_a_programs}},
        {"behind it", {signals_have_names, streams_are_aimed_at_like_sockets, stdin_is_a_pipe_where_something_is_sent,
                       its_end_is_a_future, others_wait_for_it}},
        {"the plan", {a_plan_says_that_it_has_programs, one_mistake_is_reported_once}},
    };
    return run_cases("compile_program", CASES, COUNT_OF(CASES));
}
