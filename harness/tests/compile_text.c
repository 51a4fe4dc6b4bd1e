#include "compile_text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plan_set compiled;

static bool is_compiled;

static const char TITLE[] = "scenario \"a text of a test\"\n";
static const char SERVER[] = "server echo {\n  listen tcp 127.0.0.1:0 as door\n  accept * 2 { recv line as words }\n}\n";

void compile_forget(void) {
    if (is_compiled) plan_set_fini(&compiled);
    is_compiled = false;
}

void compile_text_at(const char *path, const char *text, const struct define *defines, uint32_t define_count) {
    compile_forget();
    plan_set_init(&compiled, path, slice_text(text), defines, define_count);
    is_compiled = true;
}

void compile_text(const char *text) { compile_text_at("x.drill", text, NULL, 0); }

static void print_said(struct buffer *out) {
    for (const struct diag *diag = compiled.diags.first; diag; diag = diag->next) {
        struct position at = source_position(diag->span);
        if (diag->span.source != &compiled.source) buffer_printf(out, "%s:", diag->span.source->path);
        buffer_printf(out, "%u:%u %s", at.line, at.column, diag->message);
        if (diag->hint) buffer_printf(out, " = %s", diag->hint);
        buffer_text(out, "\n");
    }
}

void assert_says(const char *said) {
    struct buffer out = {0};
    print_said(&out);
    ck_assert_msg(strcmp(out.data ? out.data : "", said) == 0, "said:\n%s\nexpected:\n%s", out.data ? out.data : "", said);
    buffer_fini(&out);
}

void assert_said(const char *text, const char *said) {
    compile_text(text);
    assert_says(said);
}

const struct plan *compile_good(const char *text) {
    assert_said(text, "");
    ck_assert_uint_gt(compiled.plan_count, 0);
    return compiled.plans[0];
}

// Two lines stand before the steps.
static char *around(const char *steps) {
    size_t size = sizeof TITLE + sizeof SERVER + strlen(steps) + 64;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    snprintf(text, size, "%sclient caller * 3 { connect echo as wire\n%s\n}\n%s", TITLE, steps, SERVER);
    return text;
}

const struct plan *compile_steps(const char *steps) {
    static char *text; // the plan's spans point into it
    free(text);
    text = around(steps);
    return compile_good(text);
}

void assert_steps_said(const char *steps, const char *said) {
    char *text = around(steps);
    struct buffer out = {0};
    compile_text(text);
    print_said(&out);
    // Lines are those of the whole text: two stand before the steps.
    struct buffer shifted = {0};
    for (const char *line = out.data; line && *line; line = strchr(line, '\n') + 1) {
        char *rest;
        unsigned long number = strtoul(line, &rest, 10);
        buffer_printf(&shifted, "%lu%.*s\n", number - 2, (int)(strchr(rest, '\n') - rest), rest);
    }
    ck_assert_msg(strcmp(shifted.data ? shifted.data : "", said) == 0, "of:\n%s\nsaid:\n%s\nexpected:\n%s", steps,
                  shifted.data ? shifted.data : "", said);
    buffer_fini(&shifted);
    buffer_fini(&out);
    compile_forget();
    free(text);
}

const struct step *client_step(const struct plan *plan, uint32_t number) {
    for (uint32_t i = 0; i < plan->actor_count; i++)
        if (plan->actors[i].role == ROLE_CLIENT) return &plan->steps[plan->actors[i].first_step + 1 + number];
    ck_abort_msg("no client");
    return NULL;
}

void assert_value(const char *expr, const char *value) {
    char *steps = malloc(strlen(expr) + 16);
    ck_assert_ptr_nonnull(steps);
    sprintf(steps, "log (%s)", expr);
    const struct term *term = client_step(compile_steps(steps), 0)->operand;
    struct buffer out = {0};
    ck_assert_msg(term->kind == TERM_CONSTANT, "%s is not known", expr);
    value_print(&term->value, &out);
    ck_assert_msg(strcmp(out.data, value) == 0, "%s is %s, expected %s", expr, out.data, value);
    buffer_fini(&out);
    free(steps);
}

int run_cases(const char *suite_name, const struct test_case *cases, uint32_t case_count) {
    Suite *suite = suite_create(suite_name);
    for (uint32_t i = 0; i < case_count; i++) {
        TCase *tcase = tcase_create(cases[i].name);
        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, NULL, compile_forget);
        for (uint32_t k = 0; k < COUNT_OF(cases[i].tests) && cases[i].tests[k]; k++)
            tcase_add_test(tcase, cases[i].tests[k]);
        suite_add_tcase(suite, tcase);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
