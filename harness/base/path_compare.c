// Every way that the state diagram allows through a record's gaps is one word over the states; the wanted path is a
// pattern for words. EQUAL: it matches all of them, DIFFERS: none. The ways may be without number, so both are walked
// at once, as a product of the diagram and the pattern's deterministic automaton.
#include "path.h"

// The pattern's positions, as bits: 1 << i means that its first i elements are behind us.
// A `...` that has been reached makes all earlier positions pointless: what they would still accept, it does too. So
// the furthest position decides which others are set (as in Knuth, Morris and Pratt), and there are no more sets of
// them than positions and the empty one.
enum { SET_LIMIT = PATH_MAX_STATES + 2 };

// A wanted path as an automaton over states. Lives on the stack of one comparison.
struct matcher {
    uint32_t any;                 // the positions before a `...`
    uint32_t before[STATE_COUNT]; // the positions before each state
    uint32_t sets[SET_LIMIT];     // [0] is the start
    uint8_t next[SET_LIMIT][STATE_COUNT];
    uint32_t accepting; // which of the sets, as bits
    unsigned count;
};

// Where a walk may be: for each state, the matcher's sets as bits.
struct places {
    uint32_t at[STATE_COUNT];
};

// Adds what `...` may skip, and drops what the last of them makes pointless.
static uint32_t matcher_settle(const struct matcher *matcher, uint32_t set) {
    for (uint32_t before = 0; before != set;) {
        before = set;
        set |= (set & matcher->any) << 1;
    }
    uint32_t const reached = set & matcher->any;
    return reached ? set & ~((1u << (31 - __builtin_clz(reached))) - 1) : set;
}

static uint8_t matcher_number(struct matcher *matcher, uint32_t set) {
    unsigned number = 0;
    while (number < matcher->count && matcher->sets[number] != set) number++;
    if (number == matcher->count) matcher->sets[matcher->count++] = set;
    return (uint8_t)number;
}

static void matcher_init(struct matcher *matcher, const struct state_path *wanted) {
    *matcher = (struct matcher){0};
    for (unsigned i = 0; i < wanted->count; i++) {
        if (wanted->states[i] == STATE_ANY) matcher->any |= 1u << i;
        else matcher->before[wanted->states[i]] |= 1u << i;
    }
    matcher_number(matcher, matcher_settle(matcher, 1));
    for (unsigned number = 0; number < matcher->count; number++) {
        uint32_t const set = matcher->sets[number];
        if (set & (1u << wanted->count)) matcher->accepting |= 1u << number;
        for (unsigned state = 1; state < STATE_COUNT; state++) {
            uint32_t const after = (set & matcher->any) | (set & matcher->before[state]) << 1;
            matcher->next[number][state] = matcher_number(matcher, matcher_settle(matcher, after));
        }
    }
}

// The matcher's sets behind one more state.
static uint32_t matcher_step(const struct matcher *matcher, uint32_t numbers, enum state state) {
    uint32_t after = 0;
    for (unsigned number = 0; number < matcher->count; number++) {
        if (numbers & (1u << number)) after |= 1u << matcher->next[number][state];
    }
    return after;
}

// One transition of the diagram. CLOSE right behind TIME_WAIT is not part of a path.
static uint32_t places_step(const struct matcher *matcher, uint32_t numbers, enum state from, enum state to) {
    if (from == STATE_TIME_WAIT && to == STATE_CLOSE) return numbers;
    return matcher_step(matcher, numbers, to);
}

// From `from` to `to` by any way of one transition or more.
static uint32_t places_cross(const struct matcher *matcher, uint32_t numbers, enum state from, enum state to,
                             bool through_close) {
    struct places places = {{0}};
    for (unsigned state = 1; state < STATE_COUNT; state++) {
        if (path_edges(from) & (1u << state)) places.at[state] = places_step(matcher, numbers, from, state);
    }
    for (bool grew = true; grew;) {
        grew = false;
        for (unsigned edge = 0; edge < STATE_COUNT * STATE_COUNT; edge++) {
            unsigned const tail = edge / STATE_COUNT, head = edge % STATE_COUNT;
            if (!(path_edges(tail) & (1u << head)) || (tail == STATE_CLOSE && !through_close)) continue;
            uint32_t const more = places_step(matcher, places.at[tail], tail, head) & ~places.at[head];
            places.at[head] |= more;
            grew |= more != 0;
        }
    }
    return places.at[to];
}

enum path_answer path_compare(const struct state_path *record, const struct state_path *wanted) {
    struct matcher matcher;
    matcher_init(&matcher, wanted);
    uint32_t numbers = 1; // the start
    for (unsigned i = 0; i < record->count; i++) {
        enum state const state = record->states[i];
        if (state == STATE_ANY) return PATH_UNSETTLED;
        if (i == 0 || !record->gap_before[i]) {
            numbers = matcher_step(&matcher, numbers, state);
            continue;
        }
        enum state const from = record->states[i - 1];
        // A record that was too long may have lost a CLOSE that was seen.
        bool const through_close = i == PATH_MAX_STATES - 1 || !(path_reach(path_edges(from)) & (1u << state));
        numbers = places_cross(&matcher, numbers, from, state, through_close);
    }
    if (numbers != 0 && !(numbers & ~matcher.accepting)) return PATH_EQUAL;
    return numbers != 0 && !(numbers & matcher.accepting) ? PATH_DIFFERS : PATH_UNSETTLED;
}
