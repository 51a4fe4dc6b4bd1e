// What of a plan those count on who speak of it by numbers: who acts, in which steps, and where those stand in which text.
#include "plan/plan.h"

static const char *const STEP_WORDS[] = { // by words, since numbers change when the language gets another verb
#define VERB(id, word, synopsis, help) [STEP_##id] = word,
#include "script/verbs.def"
    [STEP_BLOCK_END] = "}",
    [STEP_ACTOR_END] = "end",
};

static const uint64_t FNV_BASIS = 0xcbf29ce484222325u, FNV_PRIME = 0x100000001b3u; // FNV-1a

static void add_number(uint64_t *hash, uint64_t number) {
    for (unsigned i = 0; i < sizeof number; i++) *hash = (*hash ^ (number >> 8 * i & 0xff)) * FNV_PRIME;
}

static void add_text(uint64_t *hash, const char *text) {
    for (; *text; text++) *hash = (*hash ^ (uint8_t)*text) * FNV_PRIME;
    *hash *= FNV_PRIME; // the NUL
}

static void add_actor(uint64_t *hash, const struct actor *actor) {
    add_number(hash, actor->role);
    add_text(hash, actor->name);
    add_number(hash, actor->instance_count);
    add_number(hash, actor->first_step);
    add_number(hash, actor->step_count);
}

static void add_step(uint64_t *hash, const struct step *step) {
    const uint32_t numbers[] = {step->span.start, step->span.end, step->actor, step->after, step->block,
                                step->otherwise,  step->loop,     step->called_from, step->in_either};
    add_text(hash, STEP_WORDS[step->kind]);
    add_text(hash, step->span.source ? step->span.source->path : "");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) add_number(hash, numbers[i]);
}

uint64_t plan_fingerprint(const struct plan *plan) {
    uint64_t hash = FNV_BASIS;
    add_text(&hash, plan->title);
    add_number(&hash, plan->instance_count);
    for (uint32_t i = 0; i < plan->actor_count; i++) add_actor(&hash, &plan->actors[i]);
    for (uint32_t i = 0; i < plan->step_count; i++) add_step(&hash, &plan->steps[i]);
    return hash;
}
