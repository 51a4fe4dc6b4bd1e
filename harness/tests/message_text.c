#include "message_text.h"

#include <check.h>
#include <string.h>

const char FRAME[] = "message Frame {\n"
                            "  magic u16be = 0xCAFE\n"
                            "  length u32be = size(body)\n"
                            "  kind u8\n"
                            "  urgent bit\n"
                            "  level bits(7)\n"
                            "  token bytes(4) when kind == 2\n"
                            "  body bytes(length)\n"
                            "  check u32be = crc32(magic .. body)\n"
                            "}\n";

const char BOX[] = "message Item {\n"
                          "  tag u8\n"
                          "  length u8 = size(value)\n"
                          "  value bytes(length)\n"
                          "}\n"
                          "message Box {\n"
                          "  count u16le = len(body)\n"
                          "  body list(Item, count)\n"
                          "}\n";

struct plan_set set;

// ---- texts

void compile(const char *messages, const char *server_steps, const char *client_steps) {
    if (set.arena.blocks) plan_set_fini(&set);
    memset(stage.is_set, 0, sizeof stage.is_set); // records point into the plan that is gone
    const char *const text = arena_text(&stage.arena,
                                        "scenario \"messages\"\n%s\n"
                                        "server s {\n listen tcp 127.0.0.1:0\n accept {\n%s\n}\n}\n"
                                        "client c {\n connect s\n%s\n}\n",
                                        messages, server_steps, client_steps);
    plan_set_init(&set, "x.drill", slice_text(text), NULL, 0);
}

void load(const char *messages, const char *server_steps, const char *client_steps) {
    compile(messages, server_steps, client_steps);
    struct buffer said = {0};
    diag_render(&set.diags, &said);
    ck_assert_msg(set.diags.error_count == 0, "%s", said.data);
    buffer_fini(&said);
}

const struct step *step_of(enum step_kind kind) {
    const struct plan *const plan = set.plans[0];
    for (uint32_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind == kind) return &plan->steps[i];
    }
    ck_abort_msg("the scenario has no such step");
    return NULL;
}

const struct pattern_code *pattern(void) {
    return step_of(STEP_RECV)->pattern;
}

// ---- building

enum eval_status try_build(struct value *value) {
    return term_eval_kind(step_of(STEP_SEND)->operand, &stage.env, VALUE_BYTES, value);
}

struct slice built(void) {
    struct value value;
    enum eval_status const status = try_build(&value);
    ck_assert_msg(status == EVAL_DONE, "%s", stage.env.message ? stage.env.message : "waits");
    struct slice flat;
    ck_assert(bytes_flat(&stage.arena, value.bytes, &flat));
    return flat;
}

void assert_built(const void *wanted, size_t len_bytes) {
    struct slice const bytes = built();
    ck_assert_uint_eq(bytes.len_bytes, len_bytes);
    ck_assert_mem_eq(bytes.data, wanted, len_bytes);
}

void assert_build_fails(const char *said) {
    struct value value;
    ck_assert_int_eq(try_build(&value), EVAL_FAILED);
    ck_assert_msg(strstr(stage.env.message, said), "'%s' does not say '%s'", stage.env.message, said);
}

// ---- matching

struct outcome match(struct slice input) {
    const struct pattern_code *const wanted = pattern();
    struct outcome const outcome = match_bytes(wanted->elements, wanted->element_count, input.data, input.len_bytes);
    memcpy(stage.slots, outcome.slots, sizeof stage.slots);
    memcpy(stage.is_set, outcome.is_set, sizeof stage.is_set);
    return outcome;
}

void assert_matches(struct slice input) {
    struct outcome const outcome = match(input);
    assert_done(&outcome, input.len_bytes);
}

void assert_match_fails(struct slice input, const char *said) {
    struct outcome const outcome = match(input);
    assert_failed(&outcome, said);
}

struct outcome assert_differs(struct slice input, const char *wanted, uint64_t offset) {
    struct outcome const outcome = match(input);
    ck_assert_int_eq(outcome.status, MATCH_MISMATCH);
    ck_assert_msg(strncmp(outcome.mismatch.wanted, wanted, strlen(wanted)) == 0, "'%s' does not begin with '%s'",
                  outcome.mismatch.wanted, wanted);
    ck_assert_uint_eq(outcome.mismatch.offset, offset);
    return outcome;
}

void assert_expects(struct slice input, const char *wanted, uint64_t offset, struct slice expected) {
    struct outcome const outcome = assert_differs(input, wanted, offset);
    const struct mismatch *const mismatch = &outcome.mismatch;
    size_t const place = (size_t)(mismatch->offset - mismatch->window_offset);
    ck_assert_uint_ge(mismatch->expected.len_bytes, place + expected.len_bytes);
    ck_assert_mem_eq(mismatch->expected.data + place, expected.data, expected.len_bytes);
}

// ---- looking

const struct value *captured(void) {
    uint32_t const slot_number = pattern()->elements[0].capture;
    ck_assert_uint_lt(slot_number, STAGE_SLOTS);
    ck_assert(stage.is_set[slot_number]);
    return &stage.slots[slot_number];
}

void assert_prints(const struct value *value, const char *wanted) {
    struct buffer printed = {0};
    value_print(value, &printed);
    ck_assert_str_eq(printed.data, wanted);
    buffer_fini(&printed);
}
