// COND ? A : B, lists made item by item, ranges, and functions of lists: what they are before anything runs, and what is said
// of wrong ones.
#include "compile_text.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define TITLE "scenario \"t\"\n"

// ---- COND ? A : B

START_TEST(one_of_two_is_taken) {
    assert_value("true ? 1 : 2", "1");
    assert_value("1 > 2 ? 1 : 2", "2");
    assert_value("false ? 1 : false ? 2 : 3", "3");
    assert_value("true ? false ? 1 : 2 : 3", "2");
    assert_value("false or true ? \"a\" \"b\" : 5", "\"ab\"");
    assert_value("(true ? [1, 2] : [])[1]", "2");
    assert_value("\"${true ? \"yes\" : \"no\"}\"", "\"yes\"");
    assert_value("len(true ? \"abc\" : \"\") + 1", "4");
}
END_TEST

START_TEST(the_other_is_not_evaluated) {
    assert_value("true ? 1 : 1 / 0", "1");
    assert_value("false ? slice(\"\", 5) : \"x\"", "\"x\"");
    const struct plan *plan = compile_steps("log wire.sent > 0 ? 1 / 0 : 2");
    const struct term *term = client_step(plan, 0)->operand;
    ck_assert(term->kind == TERM_CHOICE && term->typed && term->type == VALUE_INTEGER);
    ck_assert_int_eq(term->items[1]->kind, TERM_BINARY); // it fails when it is asked
    ck_assert_int_eq(term->items[2]->kind, TERM_CONSTANT);
}
END_TEST

START_TEST(the_other_is_read_all_the_same) {
    assert_steps_said("log true ? 1 : nobody", "1:16 unknown name 'nobody'\n");
    assert_steps_said("log true ? 1 : upper(5)", "1:22 an integer is not bytes until a type says how it is written = u8(5), "
                                                 "u16be(5), u32be(5), decimal(5)\n");
    assert_steps_said("log 1 ? 1 : 2", "1:5 what stands before `?` is true or false, and this is an integer\n");
    assert_steps_said("log true ? 1", "1:13 expected ':' and the other value, found the end of the line\n");
    assert_steps_said("log true ? 1 / 0 : 2", "1:16 division by zero\n");
}
END_TEST

START_TEST(choices_in_one_another_have_a_limit) {
    char text[1000] = "log ";
    for (int i = 0; i < 101; i++) strcat(text, "true ? ");
    compile_text(TITLE);
    char steps[2000];
    snprintf(steps, sizeof steps, TITLE "client x { %s }", text);
    compile_text(steps);
    ck_assert_uint_gt(compiled.diags.error_count, 0);
    ck_assert_ptr_nonnull(strstr(compiled.diags.first->message, "levels"));
}
END_TEST

// ---- lists

START_TEST(lists_are_made_item_by_item) {
    assert_value("[x * x for x in 1 .. 4]", "[1, 4, 9, 16]");
    assert_value("[x for x in 3 .. 3]", "[3]");
    assert_value("[x for x in 4 .. 3]", "[]");
    assert_value("[x \"!\" for x in [\"a\", \"b\"]]", "[\"a!\", \"b!\"]");
    assert_value("[[x * y for y in 1 .. 2] for x in 1 .. 2]", "[[1, 2], [2, 4]]");
    assert_value("[x > 1 ? x : -x for x in [1, 2]]", "[-1, 2]");
    assert_value("len([x for x in 1..10])", "10");
    assert_value("[u16be(x) for x in -1 + 2 .. 2]", "[\"\\x00\\x01\", \"\\x00\\x02\"]");
    assert_value("[1] + [2, 3] + []", "[1, 2, 3]");
    assert_value("([1] + [x for x in 2 .. 3]) contains 3", "true");
}
END_TEST

START_TEST(what_is_long_is_not_made_before_the_run) {
    const struct plan *plan = compile_steps("log len([x for x in 1 .. 100000])\nlog len([sha256(zeros(x)) for x in [1]])\n"
                                            "log len([1 / x for x in [0]])\nlog len([zeros(x) == zeros(x) for x in [1]])");
    for (uint32_t i = 0; i < 4; i++) ck_assert_int_eq(client_step(plan, i)->operand->items[0]->kind, TERM_LIST_FOR);
}
END_TEST

START_TEST(names_in_brackets_end_with_them) {
    assert_steps_said("log [x for x in [1]]\nlog x", "2:5 unknown name 'x'\n");
    assert_steps_said("let x = 1\nlog [x for x in [1]]", "2:12 'x' has a value already, since line 3\n");
    assert_steps_said("log [x for x in x]", "1:17 unknown name 'x'\n");
    assert_steps_said("log [x for y in 5]", "1:17 what `for` goes through in brackets is a list, and this is an integer\n"
                                            "1:6 unknown name 'x'\n");
    assert_steps_said("log [x for x in each [1]]", "1:17 in brackets `for` goes through a list item by item, without 'each'\n");
    assert_steps_said("log [1, x for x in [1]]", "1:11 expected ',' or ']', found 'for'\n");
}
END_TEST

START_TEST(a_layout_is_compiled_without_the_names_around_it) {
    assert_said(TITLE "let l = [M { a: x, b: \"\" } for x in [1]]\nmessage M {\n  a u8\n  b bytes(x)\n}\nclient c { log l }",
                "5:11 unknown name 'x'\n");
}
END_TEST

START_TEST(fields_of_items) {
    static const char text[] = TITLE "message M {\n  a u8\n  n N\n}\nmessage N {\n  b u8\n}\n"
                                     "let l = [M { a: x, n: N { b: 2 } } for x in 1 .. 2]\nclient c {\n  log %s\n}";
    char whole[400];
    snprintf(whole, sizeof whole, text, "len(l.a) + len(l.n.b)");
    compile_good(whole);
    snprintf(whole, sizeof whole, text, "len(l.c)");
    assert_said(whole, "11:13 M has no field 'c'\n");
    snprintf(whole, sizeof whole, text, "len(l.n.a)");
    assert_said(whole, "11:15 N has no field 'a'\n");
    assert_steps_said("log [1].a", "1:9 an integer has no 'a', and this list has one\n");
}
END_TEST

// ---- functions

START_TEST(functions_of_bytes_and_lists) {
    assert_value("replace(\"aXbX\", \"X\", \"--\")", "\"a--b--\"");
    assert_value("replace(\"aaa\", \"aa\", \"b\")", "\"ba\"");
    assert_value("cut(\"abcde\", 2)", "[\"ab\", \"cd\", \"e\"]");
    assert_value("cut(\"\", 2)", "[]");
    assert_value("cut(\"\", \",\")", "[\"\"]");
    assert_value("cut(\",a,,\", \",\")", "[\"\", \"a\", \"\", \"\"]");
    assert_value("join(cut(\"a, b\", \", \"), \"-\") join([])", "\"a-b\"");
    assert_value("xor(\"abc\", \"\")", "\"abc\"");
    assert_value("xor(\"\\x01\\x02\\x03\", hex\"01 02\")", "\"\\x00\\x00\\x02\"");
    assert_value("hex(\"\\x00\\xfe\")", "\"00fe\"");
    assert_value("hexadecimal(-255)", "\"-ff\"");
    assert_value("hexadecimal(18446744073709551615)", "\"ffffffffffffffff\"");
    assert_value("crc32c(\"123456789\")", "3808858755"); // the check value of CRC-32C
    assert_value("crc32c(\"\")", "0");
    assert_value("hex(md5(\"abc\"))", "\"900150983cd24fb0d6963f7d28e17f72\""); // RFC 1321, A.5
}
END_TEST

START_TEST(header_fields_are_found) {
    assert_value("header(\"GET / HTTP/1.1\\r\\nHost: a\\r\\nhost: b\", \"HOST\")", "\"a\"");
    assert_value("header(\"a:\\t x \\t\\nb:\", \"a\")", "\"x\"");
    assert_value("header(\"a: 1\\r\\n 2\\r\\n\\t3\\r\\nb: 4\", \"a\")", "\"1 2\\t3\"");
    assert_value("header(\"a: 1\\r\\n\\r\\nb: 2\", \"b\")", "none");
    assert_value("header(\"ab: 1\\na : 2\", \"a\")", "none");
    assert_value("header([\"a: 1\", \"b: 2\", \"\", \"c: 3\"], \"b\")", "\"2\"");
    assert_value("header([\"a: 1\", \"\", \"c: 3\"], \"c\")", "none");
    assert_value("header(\"\", \"c\")", "none");
}
END_TEST

START_TEST(digits_are_read_in_any_base) {
    assert_value("int(\"ff\", 16)", "255");
    assert_value("int(\"-101\", 2)", "-5");
    assert_value("int(\"+Zz\", 36)", "1295");
    assert_value("int(\"ffffffffffffffff\", 16)", "18446744073709551615");
    assert_value("int(\"010\")", "10");
    assert_steps_said("log int(\"0x1f\", 16)", "1:9 \"0x1f\" is not an integer of 64 bits in base 16\n");
    assert_steps_said("log int(\" 1\", 10)", "1:9 \" 1\" is not an integer of 64 bits in base 10\n");
    assert_steps_said("log int(\"\", 10)", "1:9 \"\" is not an integer of 64 bits in base 10\n");
    assert_steps_said("log int(\"10000000000000000\", 16)",
                      "1:9 \"10000000000000000\" is not an integer of 64 bits in base 16\n");
    assert_steps_said("log int(\"1\", 1)", "1:14 a base is between 2 and 36\n");
}
END_TEST

START_TEST(base64_is_read_strictly) {
    assert_value("unbase64(\"\")", "\"\"");
    assert_value("unbase64(\"Zg==\") unbase64(\"Zm8=\") unbase64(\"Zm9v\")", "\"ffofoo\"");
    assert_steps_said("log unbase64(\"Zg=\")", "1:14 this base64 ends in the midst of four characters\n");
    assert_steps_said("log unbase64(\"====\")", "1:14 no base64 from byte 0 on\n");
    assert_steps_said("log unbase64(\"Zg==Zg==\")", "1:14 no base64 from byte 2 on\n");
    assert_steps_said("log unbase64(\"Zh==\")", "1:14 no base64 from byte 1 on\n"); // bits that no byte has
    assert_steps_said("log unbase64(\"Zm9v\\n\")", "1:14 no base64 from byte 4 on\n");
}
END_TEST

START_TEST(smaller_and_greater) {
    assert_value("min(1, -2)", "-2");
    assert_value("max(18446744073709551615, -1)", "18446744073709551615");
    assert_value("min(1.5, 2)", "1.5");
    assert_value("max(5ms, 1s)", "1s");
    assert_steps_said("log min(1, 5ms)", "1:5 a duration and an integer are not compared by <\n");
    assert_steps_said("log min(1, \"a\")", "1:12 min(A, B) is not for bytes\n");
}
END_TEST

START_TEST(what_would_be_long_is_not_folded) {
    const struct plan *plan = compile_steps("log replace(zeros(65536), \"\\x00\", repeat(1000, \"x\"))\nlog len(cut(zeros(65536), 1))");
    ck_assert_int_eq(client_step(plan, 0)->operand->kind, TERM_CALL);
    ck_assert_int_eq(client_step(plan, 1)->operand->kind, TERM_CALL);
}
END_TEST

// ---- loops, cases

START_TEST(a_loop_knows_what_its_turns_have) {
    const struct plan *plan = compile_steps("for i in 1 .. 3, each [4, 5] { send u8(i) }\nfor x in each [\"a\"] { send x }");
    ck_assert_int_eq(client_step(plan, 0)->list[0]->kind, TERM_INTERVAL);
    ck_assert_int_eq(client_step(plan, 0)->list[1]->kind, TERM_EACH);
    assert_steps_said("for i in 1 .. 3 { send i }", "1:24 an integer is not bytes until a type says how it is written = u8(i), "
                                                    "u16be(i), u32be(i), decimal(i)\n");
    assert_steps_said("let each = 5\nfor i in each, 2 { send u8(i) }", "");
    assert_steps_said("for x in each [1, \"a\"] { send x }", "");
}
END_TEST

static void assert_cases(const char *text, const char *names) {
    struct buffer out = {0};
    compile_text(text);
    assert_says("");
    for (uint32_t i = 0; i < compiled.plan_count; i++) buffer_printf(&out, "%s\n", compiled.plans[i]->case_name);
    ck_assert_str_eq(out.data, names);
    buffer_fini(&out);
}

START_TEST(a_range_makes_a_case_of_each_number) {
    assert_cases(TITLE "let most = 2\nvary n in 1 .. most, 7, -1..-1\nclient c { expect n < 8 }",
                 "x[n=1]\nx[n=2]\nx[n=7]\nx[n=-1]\n");
    assert_cases(TITLE "vary n in 5 .. 1, 3, 3 .. 3\nclient c * n { }", "x[n=3]\nx[n=3#2]\n");
}
END_TEST

START_TEST(a_list_makes_a_case_of_each_item) {
    assert_cases(TITLE "let l = [\"a\", \"a\"]\nvary x in each l, each [], 5ms\nclient c { log x }",
                 "x[x=\"a\"]\nx[x=\"a\"#2]\nx[x=5ms]\n");
    assert_cases(TITLE "let l = [random(1), u8(2)]\nvary x in each l\nclient c { send x }", "x[x=random(1)]\nx[x=\"\\x02\"]\n");
    assert_cases(TITLE "vary x in each [random(i) for i in 1 .. 2]\nclient c { send x }",
                 "x[x=[random(i) for i in 1 .. 2][0]]\nx[x=[random(i) for i in 1 .. 2][1]]\n");
}
END_TEST

START_TEST(how_many_cases_is_known) {
    assert_said(TITLE "vary n in 1 .. 10001\nclient c { log n == 1 }", "2:6 more than 10000 cases of one scenario\n");
    assert_said(TITLE "vary n in -9223372036854775808 .. 18446744073709551615\nclient c { log n == 1 }",
                "2:6 more than 10000 cases of one scenario\n");
    assert_said(TITLE "vary n in 1 .. 101\nvary m in 1 .. 101\nclient c { log n == m }",
                "3:6 more than 10000 cases of one scenario\n");
    assert_said(TITLE "vary n in 2 .. 1\nclient c { log n == 1 }", "2:11 there is no value here, and so no case\n");
    assert_said(TITLE "vary n in 1, 2\nvary m in 1 .. n\nclient c { log m == 1 }",
                "3:11 what a `vary` goes through must be known before the scenario runs, and without the other varies = a `for` "
                "goes through what is known in a run\n");
    assert_said(TITLE "vary n in 1 .. c.sent\nclient c { log n == 1 }",
                "2:11 what a `vary` goes through must be known before the scenario runs, and without the other varies = a `for` "
                "goes through what is known in a run\n");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"choices",
         {one_of_two_is_taken, the_other_is_not_evaluated, the_other_is_read_all_the_same, choices_in_one_another_have_a_limit}},
        {"lists",
         {lists_are_made_item_by_item, what_is_long_is_not_made_before_the_run, names_in_brackets_end_with_them,
          a_layout_is_compiled_without_the_names_around_it, fields_of_items}},
        {"functions",
         {functions_of_bytes_and_lists, header_fields_are_found, digits_are_read_in_any_base, base64_is_read_strictly,
          smaller_and_greater, what_would_be_long_is_not_folded}},
        {"loops",
         {a_loop_knows_what_its_turns_have, a_range_makes_a_case_of_each_number, a_list_makes_a_case_of_each_item,
          how_many_cases_is_known}},
    };
    return run_cases("compile_loop", cases, COUNT_OF(cases));
}
