// What the two halves of `sockdrill explain` share. Private to the room.
#ifndef SOCKDRILL_PLAN_EXPLAIN_PLAN_H
#define SOCKDRILL_PLAN_EXPLAIN_PLAN_H

#include "plan/explain.h"

// What is said of one step: facts with "; " between.
struct facts {
    const struct plan *plan;
    const struct actor *actor;
    struct buffer text;
};

void facts_add(struct facts *facts, const char *format, ...) __attribute__((format(printf, 2, 3)));
void facts_add_once(struct facts *facts, const char *format, ...) __attribute__((format(printf, 2, 3))); // if it is new

bool facts_is_constant(const struct term *term, enum value_kind kind);

// explain_world.c: what the case has around it, a line each; nothing where it asks for nothing.
void explain_world(const struct plan *plan, struct buffer *out);

void explain_words(const struct term *const *words, uint32_t count, const char *between, struct buffer *out);

// explain_tls.c: what `tls` asks for and shows, and what a step leaves out; a certificate, behind its line's word.
void facts_add_tls(struct facts *facts, const struct step *step);
void explain_certificate(const struct plan_certificate *certificate, struct buffer *out);

// explain_futures.c: "waits for X" and "sets X" of a step.
void facts_add_futures(struct facts *facts, const struct step *step);

#endif
