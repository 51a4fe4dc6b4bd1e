// A socket's state, and the path of states it has been through. RFC 9293, section 3.3.2, with the kernel's names.
#ifndef SOCKDRILL_BASE_STATE_H
#define SOCKDRILL_BASE_STATE_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum state {
    STATE_ANY = 0, // in a wanted path: `...`, any states, none included. In a record: not known
#define STATE(name, number) STATE_##name = number,
#include "base/states.def"
    STATE_COUNT = 12
};

// "ESTABLISHED"; "?" for a number that is no state.
const char *state_name(enum state state);
// STATE_ANY when the text is none.
enum state state_of(struct slice name);

// Whether what the kernel and the other end do can take a socket from the one to the other, which may be the same; and calls of its
// owner that do not begin anew: connect(2) and listen(2) alone take it out of CLOSE. Of STATE_ANY all can be.
bool state_can_become(enum state from, enum state to);

enum { PATH_MAX_STATES = 24 };

// A path as it was seen (a record) or as it is wanted. A plain value.
// In a record, gap_before[i] says that between states[i-1] and states[i] there may have been others that nobody saw.
struct state_path {
    uint8_t states[PATH_MAX_STATES];
    bool gap_before[PATH_MAX_STATES];
    uint8_t count;
};

// Notes that the socket was seen in `state`. The same state again changes nothing, nor does STATE_ANY, nor CLOSE right
// behind TIME_WAIT: a path ends at TIME_WAIT, or else at CLOSE. The record says by itself whether others may lie
// between: where the state diagram has an edge from the last to this one and no other way, or `certain` is true (the
// caller saw this very transition), there is no gap. Past PATH_MAX_STATES the newest is kept, behind a gap.
void path_note(struct state_path *record, enum state state, bool certain);

enum path_answer { PATH_DIFFERS, PATH_EQUAL, PATH_UNSETTLED };

// Whether `record` is the `wanted` path. UNSETTLED: it is, if what was not seen went one way, and is not if another;
// decided over every way the state diagram allows through the gaps. What was not seen never left CLOSE again: that
// takes a call of the socket's owner, who notes it.
enum path_answer path_compare(const struct state_path *record, const struct state_path *wanted);

// "CLOSE -> SYN_SENT -> ESTABLISHED"; a gap is written "-> ? ->", a STATE_ANY "...".
void path_text(const struct state_path *path, struct buffer *out);

#endif
