// Terms, patterns and a run's environment made by hand, for the suites of the room `plan`.
#ifndef SOCKDRILL_TESTS_PLAN_TERMS_H
#define SOCKDRILL_TESTS_PLAN_TERMS_H

#include "plan/pattern.h"
#include "plan/plan.h"

enum { STAGE_SLOTS = 16 };

// What terms are evaluated in. Owned by one test.
struct stage {
    struct arena arena;
    struct eval_env env;
    struct source source;
    struct value slots[STAGE_SLOTS];
    bool is_set[STAGE_SLOTS];
    uint32_t slot_reads;
    uint32_t slot_writes;
};

void stage_init(struct stage *stage);
void stage_fini(struct stage *stage);
// The text that spans point into; span_of finds a stretch of it.
void stage_text(struct stage *stage, const char *text);
struct span span_of(const struct stage *stage, const char *stretch);
void stage_set(struct stage *stage, uint32_t slot, struct value value);

struct value bytes_value(struct stage *stage, const char *text);
struct value address_value(struct stage *stage, const char *text);
struct value state_value(enum state state);
// "CLOSE -> SYN_SENT": names and `...`, and `?` for a gap.
struct value path_value(struct stage *stage, const char *text);

struct term *term_value(struct stage *stage, struct value value);
struct term *term_integer(struct stage *stage, integer number);
struct term *term_text(struct stage *stage, const char *text);
struct term *term_slot(struct stage *stage, uint32_t slot); // WAIT until it is set
struct term *term_regex(struct stage *stage, const char *pattern,
                        uint32_t first_slot); // named groups from that slot on
struct term *term_unary(struct stage *stage, enum operator op, const struct term *operand);
struct term *term_binary(struct stage *stage, enum operator op, const struct term *left, const struct term *right);
struct term *term_with(struct stage *stage, enum term_kind kind, uint32_t count, ...); // `const struct term *` each
struct term *term_function(struct stage *stage, enum function function, uint32_t count, ...);
struct term *term_pack(struct stage *stage, enum type_word type, const struct term *operand);

// Elements of a pattern, and what may stand behind them.
struct element_code element_bytes(const struct term *bytes);
struct element_code element_text(struct stage *stage, const char *text);
struct element_code element_type(enum type_word type);
struct element_code element_sized(enum type_word type, const struct term *argument);
struct element_code element_list(struct stage *stage, struct element_code item, const struct term *count);
struct element_code element_until(struct stage *stage, struct element_code item, const struct term *until,
                                  uint32_t last);
struct element_code element_is(struct element_code element, enum operator op, const struct term *right);
struct element_code element_as(struct element_code element, uint32_t slot);

#endif
