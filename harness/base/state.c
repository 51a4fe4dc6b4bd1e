#include "base/state.h"

static const char *const state_names[STATE_COUNT] = {
#define STATE(name, number) [STATE_##name] = #name,
#include "base/states.def"
};

const char *state_name(enum state state) {
    if ((unsigned)state >= STATE_COUNT || !state_names[state]) return "?";
    return state_names[state];
}

enum state state_of(struct slice name) {
    for (unsigned i = 0; i < STATE_COUNT; i++) {
        if (state_names[i] && slice_is(name, state_names[i])) return (enum state)i;
    }
    return STATE_ANY;
}
