// What is compiled costs as much as there is of it: of four times the text, four times the comparisons of names and the memory.
// The linker hands every call of memcmp, strlen and nearest_offer to those here, which count.
#include "base/nearest.h"
#include "plan/lint.h"
#include "plan/plan.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __real_memcmp(const void *a, const void *b, size_t len_bytes);
int __wrap_memcmp(const void *a, const void *b, size_t len_bytes);
size_t __real_strlen(const char *text);
size_t __wrap_strlen(const char *text);

static uint64_t call_count;

int __wrap_memcmp(const void *a, const void *b, size_t len_bytes) {
    call_count++;
    return __real_memcmp(a, b, len_bytes);
}

size_t __wrap_strlen(const char *text) {
    call_count++;
    return __real_strlen(text);
}

void __real_nearest_offer(struct nearest *nearest, const char *candidate);
void __wrap_nearest_offer(struct nearest *nearest, const char *candidate);

static uint64_t offer_count;

void __wrap_nearest_offer(struct nearest *nearest, const char *candidate) {
    offer_count++;
    __real_nearest_offer(nearest, candidate);
}

// A text with many of something. Every @ is the number of the line, in as many digits each time.
struct shape {
    const char *what;
    const char *in_file, *in_server, *in_client; // NULL: nothing
    bool is_wrong;
};

static const struct shape SHAPES[] = {
    {"lets", "let name@ = 1@\n", NULL, "  expect name@ == 1@\n", false},
    {"lets that read each other", "let name@ = 1@\nlet next@ = name@\n", NULL, NULL, false},
    {"names of an actor", NULL, NULL, "  let name@ = 1@\n  expect name@ == 1@\n", false},
    {"the same name in many blocks", NULL, NULL, "  repeat 2 {\n    let name = 1@\n    expect name == 1@\n  }\n", false},
    {"names that nobody uses", NULL, NULL, "  let name@ = 1@\n", false},
    {"captures", NULL, NULL, "  recv u8 as name@\n  expect name@ == 1\n", false},
    {"named groups", NULL, NULL, "  recv line ~ /^(?<name@>.)$/\n  expect name@ == \"x\"\n", false},
    {"sockets", NULL, NULL, "  connect s as name@\n  send \"x\" on name@\n", false},
    {"actors", "client name@ {\n  connect s\n}\n", NULL, "  wait name@\n", false},
    {"actors with the same name in each", "client name@ {\n  recv u8 as first\n  expect first == 1\n}\n", NULL, NULL, false},
    {"what another actor gives", NULL, "  let name@ = 1@\n", "  expect s.name@ == 1@\n", false},
    {"messages", "message Name@ {\n  kind u8\n}\n", NULL, "  send Name@ { kind: 1 }\n", false},
    {"procedures", "procedure name@(a) {\n  log a\n}\n", NULL, "  name@(1@)\n", false},
    {"calls", "let name@ = 1@\n", NULL, "  run_it(name@)\n", false},
    {"events", NULL, "  signal name@\n", "  wait name@\n", false},
    {"barriers", NULL, NULL, "  barrier name@ of 1\n", false},
    {"faults", NULL, NULL, "  drop 'tcp flags syn' as name@\n  undo name@\n", false},
    {"branches", NULL, NULL, "  either {\n    recv \"a@\"\n  } or {\n    recv \"b@\"\n  }\n", false},
    {"strings", NULL, NULL, "  send \"text ${1@} text\" 'text' hex\"1@\"\n", false},
    {"unknown names", NULL, NULL, "  send name@\n", true},
    {"words in wrong places", NULL, NULL, "  send ( , 1@\n", true},
    {"names twice", NULL, NULL, "  let name = 1@\n", true},
};

static void add_lines(struct buffer *out, const char *lines, uint32_t count) {
    for (uint32_t i = 0; lines && i < count; i++) {
        for (const char *at = lines; *at; at++) {
            if (*at == '@') buffer_printf(out, "%05u", i);
            else buffer_add(out, at, 1);
        }
    }
}

struct cost {
    uint64_t call_count;
    size_t arena_bytes;
};

static struct cost cost_of(const struct shape *shape, uint32_t count) {
    struct buffer text = {0};
    buffer_text(&text, "scenario \"many\"\nworld { }\nprocedure run_it(a) {\n  log a\n}\n");
    add_lines(&text, shape->in_file, count);
    buffer_text(&text, "server s {\n  listen tcp 127.0.0.1:0\n");
    add_lines(&text, shape->in_server, count);
    buffer_text(&text, "}\nclient c {\n  connect s\n");
    add_lines(&text, shape->in_client, count);
    buffer_text(&text, "}\n");
    struct plan_set set;
    call_count = 0;
    plan_set_init(&set, "many.drill", slice_of(text.data, text.len_bytes), NULL, 0);
    plan_lint(&set);
    struct cost const cost = {call_count, set.arena.used_bytes};
    ck_assert_msg((set.diags.error_count > 0) == shape->is_wrong, "%s: %s", shape->what,
                  set.diags.first ? set.diags.first->message : "nothing is wrong");
    plan_set_fini(&set);
    buffer_fini(&text);
    return cost;
}

// What doubles when it is full may have done so once more. Were each compared with each, there would be 16 times as many.
START_TEST(costs_are_linear) {
    enum { COUNT = 300, TIMES = 4 };
    const struct shape *const shape = &SHAPES[_i];
    struct cost const few = cost_of(shape, COUNT), many = cost_of(shape, TIMES * COUNT);
    ck_assert_msg(many.call_count <= few.call_count * TIMES * 5 / 4, "%s: %llu calls, and %llu of %d times the text",
                  shape->what, (unsigned long long)few.call_count, (unsigned long long)many.call_count, TIMES);
    ck_assert_msg(many.arena_bytes <= few.arena_bytes * TIMES * 5 / 4, "%s: %zu bytes, and %zu of %d times the text",
                  shape->what, few.arena_bytes, many.arena_bytes, TIMES);
}
END_TEST

// Mistakes that have a nearest name to offer, or more to say. A text's are told once, however often the procedure is put
// where it is called.
static const char *const MISTAKES[] = {
    "recv \"x\" fails ALERT_UNKNOWN_CAETH_P_IP",
    "resolve \"a.test\" as r fails HOST_NOT_FUOND",
    "set TCP_NODELAI 1",
    "send nmae",
    "send Mesage { kind: 1 }",
    "send Message { knid: 1 }",
    "recv Message { knid: 1 }",
    "recv u17be",
    "expect s.adress == s.local",
    "expect option(TCP_NODELAI) == 1",
    "expect tcp(snd_cwdn) == 1",
    "expect tls.cypher == \"x\"",
    "tls server with certificat",
    "tls client name mail.test",
    "resolve \"a.test\" as r\n  expect r.adresses == []",
    "undo dorp",
    "wait evnet",
    "nobody.steps()",
    "setps()",
    "expect libary.value == 1",
};

static uint64_t offers_of(const char *mistake, uint32_t calls, char said[1024]) {
    struct buffer text = {0}, out = {0};
    struct plan_set set;
    buffer_printf(&text, "scenario \"told once\"\nmessage Message { kind u8 }\nprocedure steps() {\n  %s\n}\n", mistake);
    buffer_text(&text, "procedure many() {\n");
    for (uint32_t i = 0; i < calls; i++) buffer_text(&text, "  steps()\n");
    buffer_text(&text, "}\nserver s {\n  listen tcp 127.0.0.1:0\n  accept\n  drop 'tcp' as drops\n  many()\n}\n");
    offer_count = 0;
    plan_set_init(&set, "once.drill", slice_of(text.data, text.len_bytes), NULL, 0);
    uint64_t const offers = offer_count;
    diag_render(&set.diags, &out);
    snprintf(said, 1024, "%s", out.data ? out.data : "");
    plan_set_fini(&set);
    buffer_fini(&text);
    buffer_fini(&out);
    return offers;
}

START_TEST(mistakes_of_a_procedure_are_told_once) {
    char once[1024], often[1024];
    uint64_t const offers = offers_of(MISTAKES[_i], 1, once);
    ck_assert_msg(strstr(once, "error: "), "%s: nothing is wrong", MISTAKES[_i]);
    ck_assert_uint_eq(offers_of(MISTAKES[_i], 500, often), offers);
    ck_assert_str_eq(often, once);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("linear");
    TCase *costs = tcase_create("costs");
    tcase_set_timeout(costs, 60);
    tcase_add_loop_test(costs, costs_are_linear, 0, sizeof SHAPES / sizeof *SHAPES);
    tcase_add_loop_test(costs, mistakes_of_a_procedure_are_told_once, 0, sizeof MISTAKES / sizeof *MISTAKES);
    suite_add_tcase(suite, costs);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
