// What the terms of a world's lines come to. Private to the room.
#ifndef SOCKDRILL_ENGINE_WORLD_TERMS_H
#define SOCKDRILL_ENGINE_WORLD_TERMS_H

#include "setting.h"

// Lives on the stack of one setting_make.
struct terms {
    struct case_run *run;
    struct arena *arena; // of the values
    struct setting_trouble *trouble;
    bool have_ports;     // the case's free ports are known
};

// False, or NULL: terms->trouble says why there is no value, and where.
bool world_term(struct terms *terms, const struct term *term, enum value_kind kind, struct value *value);
const char *world_word(struct terms *terms, const struct term *term);
// All of a world's lines but its files.
bool world_spec_of(struct terms *terms, const struct plan_world *plan, struct world_spec *spec);

#endif
