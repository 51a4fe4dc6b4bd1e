// A file as a whole: its head, its names, its cases, its libraries, and its limits.
#include "compile_text.h"

#include "base/clock.h"
#include "plan/constants.h"
#include "world/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TITLE "scenario \"x\"\n"
#define ACTORS "server s { listen tcp 127.0.0.1:0\n accept * 3 { recv eof } }\nclient c * 3 { connect s }\n"

START_TEST(the_head_says_how_it_is_played) {
    const struct plan *plan = compile_good("scenario \"what must be true\"\ntimeout 1min\nthreads 2\ntags http, slow\n"
                                           "requires ipv6, program \"sh\"\n" ACTORS "afterwards { expect c.done }\n");
    ck_assert_str_eq(plan->title, "what must be true");
    ck_assert_uint_eq(plan->title_line, 1);
    ck_assert_str_eq(plan->case_name, "x");
    ck_assert_int_eq(plan->timeout_ns, 60 * NS_PER_S);
    ck_assert_uint_eq(plan->threads, 2);
    ck_assert(plan->tag_count == 2 && strcmp(plan->tags[1], "slow") == 0);
    ck_assert_uint_eq(plan->requirement_count, 2);
    ck_assert(!plan->requirements[0].program && strcmp(plan->requirements[1].program, "sh") == 0);
    ck_assert_uint_eq(plan->actor_count, 3);
    ck_assert_uint_eq(plan->afterwards, 2);
    ck_assert_str_eq(plan->actors[2].name, "afterwards");
    ck_assert_uint_eq(plan->instance_count, 5);
    ck_assert(plan->instances[3].actor == 1 && plan->instances[3].index == 2);
    struct buffer name = {0};
    plan_instance_name(plan, 3, &name);
    ck_assert_str_eq(name.data, "c[2]");
    buffer_fini(&name);
    ck_assert_int_eq(compile_good(TITLE ACTORS)->timeout_ns, 10 * NS_PER_S);
}
END_TEST

START_TEST(the_head_has_bounds) {
    assert_said(TITLE "timeout 0s\nthreads 0\nrequires ipv7, wishes\n" ACTORS,
                "2:9 a timeout of no time: the scenario could do nothing\n3:9 the number of threads is between 1 and 256\n"
                "4:10 unknown requirement 'ipv7' = did you mean 'ipv4'?\n"
                "4:16 unknown requirement 'wishes' = requires ipv6, mptcp, can, cap_net_raw, root, program \"NAME\", ...\n");
    assert_said(TITLE "timeout 25h\n" ACTORS, "2:9 a timeout is at most a day\n");
    assert_said(TITLE "timeout 5\n" ACTORS, "2:9 the timeout is a duration and needs a unit = 250us, 20ms, 5s, 2min\n");
    assert_said(TITLE "client c * 0 { }", "2:12 the number of instances is between 1 and 100000\n");
    assert_said(TITLE "client a * 60000 { }\nclient b * 60000 { }", 
                "3:1 120000 instances in one scenario, and 100000 is the limit\n");
    assert_said(TITLE "client c * s.accepted { }\nserver s { }",
                "2:12 the number of instances must be known before the scenario runs\n");
}
END_TEST

START_TEST(requirements_are_those_of_the_world) {
    struct buffer reason = {0};
    const char *name;
    for (uint32_t i = 0; (name = requirement_offer(i)); i++) {
        buffer_clear(&reason);
        world_lacks(name, NULL, &reason);
        ck_assert_msg(!reason.data || !strstr(reason.data, "does not know"), "%s", name);
    }
    buffer_fini(&reason);
}
END_TEST

START_TEST(actors_have_names_of_their_own) {
    assert_said(TITLE "server a { }\nclient a { }", "3:8 there is an actor 'a' already\n");
    assert_said(TITLE "server afterwards { }", "2:8 `afterwards` is what runs last, and no actor's name\n");
    assert_said(TITLE "procedure p() { }", "1:10 a scenario needs a server, a client or a program\n");
    assert_said(TITLE "server state { listen tcp 127.0.0.1:0\n expect state == LISTEN\n accept { recv eof } }\n"
                      "client send { connect state\n expect state.local == peer }", "");
}
END_TEST

START_TEST(names_come_one_after_the_other) {
    compile_good(TITLE "let a = 2\nlet b = a * 3\nvary n in b, b + 1\nlet c = n * 10\nclient x { log c }");
    ck_assert_uint_eq(compiled.plan_count, 2);
    ck_assert(compiled.plans[0]->steps[0].operand->value.number == 60);
    ck_assert(compiled.plans[1]->steps[0].operand->value.number == 70);
    assert_said(TITLE "let a = b\nlet b = 5\nlet b = 6\nvary a in 1, 2\n" ACTORS,
                "2:9 'b' has no value yet: it gets one further down, in line 3\n4:5 'b' has a value already, since line 3\n"
                "5:6 'a' has a value already, since line 2\n");
    assert_said(TITLE "let where = s.address\nlet said = s.words\n"
                      "server s { recv line as words }\nclient c { log where said }", "");
    assert_said(TITLE "let here = local\n" ACTORS, "2:12 `local` is of a socket or an actor, and there is none here\n");
}
END_TEST

static void assert_case(uint32_t number, const char *name) {
    ck_assert_uint_lt(number, compiled.plan_count);
    ck_assert_str_eq(compiled.plans[number]->case_name, name);
}

START_TEST(every_choice_is_a_case) {
    static const char text[] = TITLE "vary x in 1, \"two  words\"\nvary y in tcp [::1]:0, u8(1)\nclient c { log x\n log y }";
    compile_text_at("./a/b.drill", text, NULL, 0);
    assert_says("");
    ck_assert_uint_eq(compiled.plan_count, 4);
    assert_case(0, "a/b[x=1,y=tcp [::1]:0]");
    assert_case(1, "a/b[x=1,y=u8(1)]");
    assert_case(2, "a/b[x=\"two words\",y=tcp [::1]:0]");
    ck_assert(compiled.plans[2]->steps[0].operand->type == VALUE_BYTES);
}
END_TEST

START_TEST(cases_have_names_of_their_own) {
    char text[1024];
    snprintf(text, sizeof text, TITLE "vary x in \"a\", \"b\", \"a\", (\"a\"), \"%0200d\", \"%0200d\"\nclient c { }", 1, 2);
    compile_good(text);
    ck_assert_uint_eq(compiled.plan_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        ck_assert_uint_lt(strlen(compiled.plans[i]->case_name), 100);
        for (uint32_t k = 0; k < i; k++)
            ck_assert_str_ne(compiled.plans[i]->case_name, compiled.plans[k]->case_name);
    }
    assert_case(2, "x[x=\"a\"#2]");
}
END_TEST

START_TEST(mistakes_of_one_case_are_found) {
    assert_said(TITLE "vary x in \"1\", \"one\"\nclient c { log int(x) }", "3:20 \"one\" is not an integer of 64 bits\n");
    assert_said(TITLE "vary x in 1, 2, 3\nclient c { log nobody }", "3:16 unknown name 'nobody'\n");
    char text[4096] = TITLE;
    for (char name = 'a'; name <= 'e'; name++)
        sprintf(text + strlen(text), "vary %c in 1, 2, 3, 4, 5, 6, 7, 8, 9, 10\n", name);
    strcat(text, "client c { log nobody }");
    assert_said(text, "6:6 more than 10000 cases of one scenario\n7:16 unknown name 'nobody'\n");
}
END_TEST

static void assert_defined(const char *text, const char *value, const char *said) {
    struct define const define = {"x", value};
    compile_text_at("x.drill", text, &define, 1);
    assert_says(said);
}

static void assert_defined_value(const char *own, const char *value, const char *wanted) {
    char text[256];
    snprintf(text, sizeof text, TITLE "let x = %s\nclient c { log x }", own);
    assert_defined(text, value, "");
    struct buffer out = {0};
    const struct term *term = compiled.plans[0]->steps[0].operand;
    if (term->kind == TERM_ENDPOINT) buffer_text(&out, "an endpoint");
    else value_print(&term->value, &out);
    ck_assert_str_eq(out.data, wanted);
    buffer_fini(&out);
}

START_TEST(a_define_has_the_kind_of_its_let) {
    assert_defined_value("5", "42", "42");
    assert_defined_value("5", "-0x10", "-16");
    assert_defined_value("\"a\"", "42", "\"42\"");
    assert_defined_value("\"a\"", "two \"words\"", "\"two \\\"words\\\"\"");
    assert_defined_value("5ms", "2s", "2s");
    assert_defined_value("true", "false", "false");
    assert_defined_value("1.5", "2", "2");
    assert_defined_value("tcp 127.0.0.1:0", "unix @x", "an endpoint");
    assert_defined_value("file \"f\" \"x\"", "5", "\"5\"");
    assert_defined(TITLE "let x = 5\n" ACTORS, "five", "2:5 --define x=five: this `let` is an integer\n");
    assert_defined(TITLE "let x = 5ms\n" ACTORS, "5", "2:5 --define x=5: this `let` is a duration\n");
    assert_defined(TITLE "let x = 5\n" ACTORS, "5\nserver t { }", "2:5 --define x=5\nserver t { }: this `let` is an integer\n");
    assert_defined(TITLE "let x = tcp 127.0.0.1:0\n" ACTORS, "tcp 127.0.0.1",
                   "--define x:2:13 there is no port behind the host = tcp 127.0.0.1:0: with 0 the kernel picks one\n");
}
END_TEST

START_TEST(unknown_defines_are_noted) {
    struct define const defines[] = {{"x", "1"}, {"y", "1"}};
    compile_text_at("x.drill", TITLE "let y = 2\nvary x in 1, 2\n" ACTORS, defines, 2);
    assert_says("");
    ck_assert(!compiled.define_known[0] && compiled.define_known[1]);
}
END_TEST

START_TEST(futures_are_exports) {
    const struct plan *plan = compile_good(TITLE
        "server s { listen tcp 127.0.0.1:0\n accept * 3 { recv line as words line as words\n p() } }\n"
        "procedure p() { recv line ~ /(?'inner'x)/ as within_p }\n"
        "client c * 3 { connect s\n let mine = s.words s.inner s.within_p\n for turn in 1, 2 { log s.words } }\n"
        "afterwards { log c.mine\n log c[1].turn }");
    const struct actor *s = &plan->actors[0], *c = &plan->actors[1];
    ck_assert_uint_eq(s->export_count, 3);
    ck_assert(slice_is(s->export_names[0], "words") && slice_is(s->export_names[1], "inner") && s->is_read);
    uint32_t words = 0;
    for (uint32_t i = 0; i < s->slot_count; i++) words += s->slot_exports[i] == 0;
    ck_assert_uint_eq(words, 2);
    ck_assert_uint_eq(c->export_count, 2);
    ck_assert_uint_eq(plan->actors[2].export_count, 0);
}
END_TEST

START_TEST(events_and_barriers_know_who_comes) {
    const struct plan *plan = compile_good(TITLE
        "procedure meet() { barrier b }\nserver s { signal e\n accept { barrier c } }\n"
        "client c * 3 { meet()\n wait e\n barrier c }\nclient d { meet()\n signal e }");
    ck_assert_uint_eq(plan->event_count, 1);
    ck_assert(plan->events[0].actors[0] && !plan->events[0].actors[1] && plan->events[0].actors[2]);
    ck_assert_uint_eq(plan->barrier_count, 2);
    for (uint32_t i = 0; i < 2; i++) ck_assert_uint_eq(plan->barriers[i].arrivals, 4);
}
END_TEST

START_TEST(procedures_are_checked_uncalled) {
    assert_said(TITLE "procedure p(x, x) { send nobody\n wait s\n socket vsock }\nprocedure p() { }\n" ACTORS,
                "2:16 'x' is a parameter already\n2:26 unknown name 'nobody'\n5:11 there is a procedure 'p' already\n");
    ck_assert_uint_eq(compiled.plans[0]->families & 1u << FAMILY_VSOCK, 0);
    assert_said(TITLE "procedure p() { q() }\nprocedure q() { p() }\nclient c { p() }",
                "3:17 a procedure cannot call itself: p, called by q, called by p\n"
                "2:17 a procedure cannot call itself: q, called by p, called by q\n");
    assert_said(TITLE "procedure p(x) { send x }\nclient c { p()\n pp(1)\n send p(1) }",
                "3:12 'p' takes 1 argument, and 0 are given\n4:2 unknown procedure 'pp' = did you mean 'p'?\n"
                "5:7 'p' is a procedure: it runs as a step of its own, and has no value\n");
}
END_TEST

START_TEST(expansion_has_limits) {
    char text[8192] = TITLE "client x { a() }\nprocedure z() { log 1 }\n";
    for (char name = 'a'; name < 'z'; name++)
        sprintf(text + strlen(text), "procedure %c() {\n %c()\n %c() }\n", name, name + 1, name + 1);
    compile_text(text);
    ck_assert_uint_eq(compiled.diags.error_count, 1);
    ck_assert_ptr_nonnull(strstr(compiled.diags.first->message, "more than 100000 steps"));
    ck_assert_uint_lt(compiled.arena.used_bytes, (size_t)500 << 20);

    size_t const end = (size_t)sprintf(text, TITLE "client x { a() }\nprocedure h() { log \"");
    memset(text + end, 'x', 4000);
    strcpy(text + end + 4000, "\" }\n");
    for (char name = 'a'; name < 'h'; name++)
        sprintf(text + strlen(text), "procedure %c() { %c()\n %c()\n %c()\n %c() }\n", name, name + 1, name + 1, name + 1, name + 1);
    assert_said(text, "3:17 more than 16 MiB of text, that of every call of a procedure counted\n");

    strcpy(text, TITLE "let a = \"x\" \"y\"\n");
    for (char name = 'b'; name <= 'z'; name++) sprintf(text + strlen(text), "let %c = %c %c\n", name, name - 1, name - 1);
    strcat(text, "client actor { }\n");
    compile_text(text);
    ck_assert_uint_eq(compiled.diags.error_count, 1);
    ck_assert_ptr_nonnull(strstr(compiled.diags.first->message, "more than 100000 parts"));
}
END_TEST

// Evaluation goes down as deep as terms lie in one another, and what is no constant is put in whole.
START_TEST(lets_in_one_another_have_a_limit) {
    struct buffer text = {0};
    buffer_printf(&text, "scenario \"x\"\nlet x0 = env(\"A\") == \"\" ? 1 : 2\n");
    for (int i = 1; i < 600; i++) buffer_printf(&text, "let x%d = [x%d + 1][0]\n", i, i - 1);
    buffer_printf(&text, "client c { log x599 }\n");
    compile_text(text.data);
    buffer_fini(&text);
    ck_assert_uint_eq(compiled.diags.error_count, 1);
    ck_assert_ptr_nonnull(strstr(compiled.diags.first->message, "more than 1000 parts lie in one another"));
}
END_TEST

START_TEST(what_could_not_be_read_is_not_missed) {
    assert_said(TITLE "let greeting \"hello\"\nserver s on 5 {\n recv line as words\n signal e }\n"
                      "client c { connect s\n send greeting\n wait e\n log s.words\n log nobody }",
                "2:14 expected '=', found a string\n3:10 expected '{', found 'on'\n10:6 unknown name 'nobody'\n");
}
END_TEST

// --- libraries, in a folder of the test's

static char folder[] = "/tmp/sockdrill-use.XXXXXX";

static void make_folder(void) {
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void remove_folder(void) {
    static const char *const names[] = {"a.drill",     "b.drill",   "c.drill",       "d",         "one/c/b/b.drill",
                                        "one/c/b",     "one/c",     "one",           "two/b/b.drill", "two/b",
                                        "two/own.drill", "two"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) remove(names[i]);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(libraries_are_merged) {
    make_folder();
    write_file("a.drill", "library \"a\"\nuse \"./b.drill\"\nlet a = b + 1\nprocedure p() { send u8(a) }\n");
    write_file("b.drill", "library \"b\"\nlet b = 1\n");
    const struct plan *plan = compile_good(TITLE "use \"a.drill\"\nuse \"b.drill\"\nlet c = a + b\nclient x { log c\n p() }");
    ck_assert(plan->steps[0].operand->value.number == 3);
    assert_said(TITLE "use \"a.drill\"\nlet b = 5\nprocedure p() { }\nclient x { }",
                "3:5 'b' has a value already, since ./b.drill:2\n4:11 there is a procedure 'p' already\n");
    remove_folder();
}
END_TEST

START_TEST(libraries_have_names) {
    make_folder();
    write_file("a.drill", "library \"a\"\nuse \"c.drill\"\nlet x = 1\nmessage M { a u8 }\nprocedure p() { log \"${x} ${y}\" }\n");
    write_file("b.drill", "library \"b\"\nuse \"a.drill\" as a\nlet x = a.x + 1\nmessage M { a a.M\n b list(a.M, 1) }\n"
                          "procedure p() { log x\n a.p() }\n");
    write_file("c.drill", "library \"c\"\nlet y = \"c\"\n");
    static const char text[] = TITLE "use \"a.drill\" as a\nuse \"b.drill\" as b\nlet x = b.x + a.x\n"
                                     "client c { log x\n b.p()\n let m = a.M { a: 1 }\n"
                                     "send b.M { a: m, b: [m] }\n log a.y }";
    struct define const defines[] = {{"a.x", "7"}, {"a.y", "d"}, {"y", "e"}, {"b.y", "f"}, {"a.M", "g"}};
    const struct plan *plan = compile_good(text);
    ck_assert(plan->steps[0].operand->value.number == 3);
    ck_assert(plan->steps[2].operand->value.number == 2); // b's own
    compile_text_at("x.drill", text, defines, COUNT_OF(defines));
    assert_says("");
    ck_assert(compiled.plans[0]->steps[0].operand->value.number == 15);
    ck_assert(compiled.define_known[0] && compiled.define_known[1]);
    ck_assert(!compiled.define_known[2] && !compiled.define_known[3] && !compiled.define_known[4]);
    assert_said(TITLE "use \"a.drill\" as a\nclient c { log x\n log a.z\n log y\n log M { a: 1 } }",
                "3:16 unknown name 'x' = did you mean 'a.x'?\n4:8 the library 'a' has no 'z'\n"
                "5:6 unknown name 'y' = did you mean 'a.y'?\n6:6 unknown message 'M' = did you mean 'a.M'?\n");
    remove_folder();
}
END_TEST

// Used plainly and with a name it is one library: seen both ways, and its messages are the same.
START_TEST(a_library_is_one_by_whatever_name) {
    make_folder();
    write_file("a.drill", "library \"a\"\nlet x = 1\nmessage M { a u8 }\nmessage Outer { m M }\n");
    write_file("b.drill", "library \"b\"\nuse \"./a.drill\" as other\nmessage Outer { m other.M }\n");
    compile_good(TITLE "use \"a.drill\"\nuse \"b.drill\" as b\nuse \"./a.drill\" as a\n"
                       "client c { let m = M { a: 1 }\n send Outer { m: m } a.Outer { m: m } b.Outer { m: m } u8(x) u8(a.x) }");
    assert_said(TITLE "use \"a.drill\"\nuse \"b.drill\"\nclient c { }", "b.drill:3:9 there is a message 'Outer' already\n");
    remove_folder();
}
END_TEST

START_TEST(a_cycle_is_shown) {
    make_folder();
    write_file("a.drill", "library \"a\"\nuse \"./b.drill\"\n");
    write_file("b.drill", "library \"b\"\nuse \"../x/../a.drill\"\nuse \"a.drill\"\n");
    assert_said(TITLE "use \"a.drill\"\nclient x { }",
                "./b.drill:2:5 ./../x/../a.drill: No such file or directory\n"
                "./b.drill:3:5 a library cannot use itself: a.drill, used by ./b.drill, used by a.drill\n");
    write_file("c.drill", "library \"c\"\nuse \"c.drill\"\n");
    assert_said(TITLE "use \"c.drill\"\nclient x { }", "c.drill:2:5 a library cannot use itself: c.drill, used by c.drill\n");
    remove_folder();
}
END_TEST

START_TEST(only_libraries_are_used) {
    make_folder();
    write_file("a.drill", TITLE ACTORS "server s { what\n");
    write_file("b.drill", "library \"b\"\nlet x = nobody\nserver s { }\n");
    ck_assert_int_eq(mkfifo("d", 0600), 0);
    assert_said(TITLE "use \"a.drill\"\nclient x { y() }",
                "2:5 a.drill is not a library: it does not begin with one's title = library \"TITLE\"\n");
    assert_said(TITLE "use \"b.drill\"\nclient x { }",
                "b.drill:3:1 a library has messages, procedures and lets, and no 'server'\nb.drill:2:9 unknown name 'nobody'\n");
    assert_said(TITLE "use \"none.drill\"\nuse \".\"\nuse \"d\"\nuse \"\"\nclient x { y() }",
                "2:5 none.drill: No such file or directory\n3:5 .: it is a folder\n"
                "4:5 d: it is no file\n5:5 no file can be called so\n");
    remove_folder();
}
END_TEST

// What was opened is given to another set, which asks nothing of the machine, and comes to the same plan.
START_TEST(libraries_can_be_given) {
    static const char text[] = TITLE "use \"a.drill\"\nuse \"./b.drill\"\nuse \"b.drill\" as b\nclient x { log a + b.y\n p() }";
    struct plan_set first, second;
    make_folder();
    write_file("a.drill", "library \"a\"\nuse \"b.drill\"\nlet a = y + 1\nprocedure p() { log a }\n");
    write_file("b.drill", "library \"b\"\nlet y = 1\n");
    plan_set_init(&first, "x.drill", slice_text(text), NULL, 0);
    ck_assert_uint_eq(first.diags.error_count, 0);
    ck_assert_uint_eq(first.used_count, 3);
    static const char *const paths[] = {"b.drill", "a.drill", "./b.drill"};
    for (uint32_t i = 0; i < 3; i++) ck_assert_str_eq(first.used[i].path, paths[i]);
    ck_assert(first.used[0].file == first.used[2].file && first.used[0].file != first.used[1].file);
    ck_assert_ptr_eq(first.used[0].source, first.used[2].source);
    remove_folder();

    struct used_file files[3] = {first.used[0], first.used[1], first.used[2]};
    struct given_files given = {files, 3};
    struct plan_options const options = {.given = &given};
    plan_set_init_with(&second, "x.drill", slice_text(text), &options);
    ck_assert_uint_eq(second.diags.error_count, 0);
    ck_assert_uint_eq(second.used_count, 3);
    ck_assert(plan_fingerprint(first.plans[0]) == plan_fingerprint(second.plans[0]));
    plan_set_fini(&second);

    files[1].text = slice_text("library \"a\"\nuse \"b.drill\"\nlet a = y + 1\nprocedure p() {  log a }\n");
    plan_set_init_with(&second, "x.drill", slice_text(text), &options);
    ck_assert_uint_eq(second.diags.error_count, 0);
    ck_assert(plan_fingerprint(first.plans[0]) != plan_fingerprint(second.plans[0]));
    plan_set_fini(&second);

    given.count = 2;
    plan_set_init_with(&second, "x.drill", slice_text(text), &options);
    ck_assert_uint_eq(second.diags.error_count, 1);
    ck_assert_str_eq(second.diags.first->message, "./b.drill: No such file or directory");
    plan_set_fini(&second);
    plan_set_fini(&first);
}
END_TEST

// By name, from the first folder that has it, in both places; and given by that name, without folders.
START_TEST(libraries_are_searched) {
    static const char text[] = TITLE "use <b>\nuse <c/b> as n\nuse \"two/b/b.drill\" as m\nclient x { log y + n.y + m.y }";
    struct plan_set first, second;
    make_folder();
    ck_assert(mkdir("one", 0700) == 0 && mkdir("two", 0700) == 0 && mkdir("two/b", 0700) == 0);
    ck_assert(mkdir("one/c", 0700) == 0 && mkdir("one/c/b", 0700) == 0);
    write_file("two/b/b.drill", "library \"b\"\nuse \"../own.drill\"\nlet y = z\n");
    write_file("two/own.drill", "library \"its own\"\nlet z = 1\n");
    write_file("one/c/b/b.drill", "library \"another b\"\nuse <own>\nlet y = z\n");
    static const char *const folders[] = {"none", "one/", "two//"};
    struct plan_options options = {.libraries = {folders, 3}};
    plan_set_init_with(&first, "x.drill", slice_text(text), &options);
    ck_assert_uint_eq(first.diags.error_count, 0);
    static const char *const ways[][2] = {{"two/b/../own.drill", "two/b/../own.drill"},
                                          {"<b>", "two/b/b.drill"},
                                          {"<own>", "two/own.drill"},
                                          {"<c/b>", "one/c/b/b.drill"},
                                          {"two/b/b.drill", "two/b/b.drill"}};
    ck_assert_uint_eq(first.used_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_str_eq(first.used[i].asked, ways[i][0]);
        ck_assert_str_eq(first.used[i].path, ways[i][1]);
    }
    ck_assert_ptr_eq(first.used[0].source, first.used[2].source);
    ck_assert_ptr_eq(first.used[1].source, first.used[4].source);
    remove_folder();

    struct given_files const given = {first.used, first.used_count};
    plan_set_init_with(&second, "x.drill", slice_text(text), &(struct plan_options){.given = &given});
    ck_assert_uint_eq(second.diags.error_count, 0);
    ck_assert(plan_fingerprint(first.plans[0]) == plan_fingerprint(second.plans[0]));
    ck_assert_str_eq(second.used[1].source->path, "two/b/b.drill");
    plan_set_fini(&second);
    plan_set_fini(&first);
}
END_TEST

START_TEST(a_library_stands_on_its_own) {
    assert_said("library \"x\"\nlet a = 1\nprocedure p(x) { send x u8(a)\n connect theirs\n wait theirs }", "");
    ck_assert(compiled.is_library);
    assert_said("library \"x\"\nclient c { }", "2:1 a library has messages, procedures and lets, and no 'client'\n");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"head",
         {the_head_says_how_it_is_played, the_head_has_bounds, requirements_are_those_of_the_world,
          actors_have_names_of_their_own}},
        {"names",
         {names_come_one_after_the_other, a_define_has_the_kind_of_its_let, unknown_defines_are_noted,
          what_could_not_be_read_is_not_missed}},
        {"cases", {every_choice_is_a_case, cases_have_names_of_their_own, mistakes_of_one_case_are_found}},
        {"meeting", {futures_are_exports, events_and_barriers_know_who_comes}},
        {"procedures", {procedures_are_checked_uncalled, expansion_has_limits, lets_in_one_another_have_a_limit}},
        {"libraries",
         {libraries_are_merged, libraries_have_names, a_library_is_one_by_whatever_name, a_cycle_is_shown,
          only_libraries_are_used, libraries_can_be_given, libraries_are_searched,
          a_library_stands_on_its_own}},
    };
    return run_cases("plan_set", cases, COUNT_OF(cases));
}
