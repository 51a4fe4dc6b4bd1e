// The matcher's inside: what is shared by the files that match, and by them alone.
//
// A stack of frames says where in the pattern the matcher stands: the bottom frame is the pattern's row, a frame above it
// the row of one item of a list. `progress` is the one element that is being matched, in the topmost frame; what it was
// when a frame was pushed waits in that frame. Everything lives in the matcher's arena, so that a match may be given up or
// laid aside at any byte.
#ifndef SOCKDRILL_PLAN_MATCHER_STATE_H
#define SOCKDRILL_PLAN_MATCHER_STATE_H

#include "eval.h"
#include "plan/pattern.h"
#include "plan/message.h"
#include "plan/plan.h"

enum {
    HELD_BYTES_MAX = 64 * 1024 * 1024, // of one capture
    IDLE_ELEMENTS_MAX = 100 * 1000,    // begun one after the other without a byte: no peer has to send those
    TAIL_BYTES = 32,                   // of what was consumed last, for windows
    WINDOW_BEFORE_BYTES = 24,
    WINDOW_AFTER_BYTES = 24,
    WANTED_BYTES_MAX = 16, // a packed number, or an address
};

#define BOUND_NONE UINT64_MAX

// A place in well-formed UTF-8, RFC 3629: how many bytes are still to come, and what the next one may be.
struct utf8_place {
    uint8_t left, low, high;
};

// One element being matched. Owned by its matcher.
struct progress {
    const struct element_code *element;
    const struct element_kind *kind;
    uint64_t start;     // its first byte, counted from the pattern's first
    bool holds;         // its bytes are needed: for a capture, a comparison or a list
    struct value right; // of its comparison, unless that is a regular expression
    struct value computed; // what a message's `=` says it must be, where that is known already
    bool has_computed;
    struct value value; // once it is complete

    const struct bytes *literal;   // what must come: of bytes, and of a number that must equal one (in number_literal)
    uint64_t literal_at;           // how much of it has
    uint64_t left;                 // bytes that are still to come: bytes(N), text(N), a `rest` whose end is known, numbers
    struct utf8_place utf8;        // text(N)
    unsigned bits_left;            // of bit and bits(N)
    uint64_t number;               // of bits and leb128, as far as it has come
    unsigned shift;                // leb128: where in the number the next seven bits go
    uint8_t raw[WANTED_BYTES_MAX]; // of a number or an address
    size_t raw_bytes;
    struct slice delimiter; // until, cstring, line
    const uint32_t
        *fallback;       // KMP: by how much of the delimiter stands, how much still does when the next byte differs
    size_t delimiter_at; // how much of the delimiter stands
    struct slice key;    // masked

    uint8_t *held;
    size_t held_bytes, held_cap_bytes;
    const char *wrong; // why the byte behind the consumed ones cannot be; NULL where the literal says it
};

// One field of a message that is being matched.
struct place {
    uint64_t start, end; // counted from the pattern's first byte
    struct value value;  // `none` where it is absent, or not looked at
    bool is_there;
};

// What the terms of a layout read while it is matched. Owned by its frame.
struct match_scope {
    struct message_scope scope; // first, so that it is found from there
    struct matcher *matcher;
    struct frame *frame;
};

// A row of elements on the stack. Owned by its matcher.
struct frame {
    struct frame *parent;
    const struct element_code *elements;
    uint32_t element_count;
    uint32_t index;        // of the element that is being matched
    struct progress outer; // the element of the parent's row that this frame is in

    uint64_t limit;        // no byte from there on belongs to the row: the nearest end around it; BOUND_NONE: there is none

    bool is_sized;         // the row is what lies in a sized(N, TYPE), which ends at `limit`
    bool is_list;
    uint64_t list_end;     // of a list that goes to the end: where that is; BOUND_NONE: where the bytes end
    bool wants_values;   // the items' values are looked at
    bool keeps_items;    // and kept, all of them
    uint64_t items_left; // of a list with a count
    uint64_t item_start; // where this item began, to notice those of no bytes
    unsigned item_bits;
    struct value *items;
    uint32_t item_count;
    uint64_t item_index;
    struct value last; // the newest item; what the sized holds

    const struct message_code *message; // the row is of its fields
    struct match_scope scope;
    struct place *places; // by field; kept when the frame is used again
    uint32_t place_cap;
    uint64_t bound;       // where the field that is being matched ends, BOUND_NONE: wherever it does
};

enum phase {
    PHASE_NEXT,     // between elements
    PHASE_AHEAD,    // whether a list that goes to the end has another item
    PHASE_BEGIN,    // what the element needs is evaluated
    PHASE_TAKE,     // it takes bytes
    PHASE_COMPLETE, // it has them: comparison and capture
    PHASE_OVER,     // the whole pattern has matched
};

struct matcher_state {
    enum phase phase;
    struct frame *top;
    struct frame *spare; // frames to use again
    struct progress progress;
    struct name_match *name;     // the name that is being matched: match_name.c. NULL: none has been yet
    struct bytes number_literal; // of the number that is being matched: number_wire
    uint8_t number_wire[WANTED_BYTES_MAX];
    uint8_t bit_byte; // the byte whose low bits_left bits are not taken yet
    unsigned bits_left;
    uint32_t idle_elements; // begun since the last byte
    uint32_t message_depth;
    uint32_t keepers;         // messages whose bytes are kept as they are consumed
    uint8_t *kept;            // them, from kept_from on
    size_t kept_bytes, kept_cap_bytes;
    uint64_t kept_from;
    bool kept_is_shared;      // a record points into it: it is not used again
    uint8_t tail[TAIL_BYTES]; // the last bytes consumed
    size_t tail_bytes;
    uint64_t looked_at_bytes; // how often a byte was looked at, for the proof that matching is linear
};

// One row of the table of element kinds. `begin` evaluates what the element needs; `take` answers DONE when the element is
// complete, MORE when it took all there is, MISMATCH when the byte behind the *used ones cannot be (progress->literal or
// ->wrong says why); `finish` makes progress->value of what is held, and is asked only where `holds`. `needs`: at least how
// many bits are still to come for this element, and whether exactly those.
struct element_kind {
    enum match_status (*begin)(struct matcher *matcher);
    enum match_status (*take)(struct matcher *matcher, struct slice bytes, size_t *used);
    void (*finish)(struct matcher *matcher);
    integer (*needs)(const struct matcher *matcher, bool *exactly);
    bool ends_with_stream; // the end of the stream completes it
};

const struct element_kind *match_kind(const struct element_code *element);
extern const struct element_kind MATCH_UNTIL, MATCH_LINE, MATCH_REST, MATCH_LIST, MATCH_MESSAGE, MATCH_SIZED,
    MATCH_NAME;

// The element the topmost frame stands at.
const struct element_code *match_element(const struct matcher *matcher);

// term_eval and term_eval_kind with the matcher's arena, which outlives the environment's. In a message, a term of its
// layout that reads what came and has no value is a MISMATCH.
enum match_status match_eval(struct matcher *matcher, const struct term *term, struct value *value);
// What a pattern asks for is the scenario's own: FAILED where it has no value.
enum match_status match_eval_asked(struct matcher *matcher, const struct term *term, struct value *value);
enum match_status match_eval_kind(struct matcher *matcher, const struct term *term, enum value_kind kind,
                                  struct value *value);
// eval_fail, as a match_status.
enum match_status match_fail(struct matcher *matcher, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A limit is passed, or something asked for that cannot be: where the peer's bytes chose that, `is_of_peer`, a MISMATCH
// within a message; else FAILED.
enum match_status match_refuse(struct matcher *matcher, bool is_of_peer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// `data` with `more` behind it, grown in the arena by doubling; its length and room are brought up to date.
uint8_t *match_append(struct arena *arena, uint8_t *data, size_t *len_bytes, size_t *cap_bytes, struct slice more);

// Keeps bytes of the element, where it holds them. Refused past HELD_BYTES_MAX.
enum match_status match_hold(struct matcher *matcher, struct slice bytes);
// What is held, without the last `without_bytes`, as the element's value.
void match_finish_held(struct matcher *matcher, size_t without_bytes);

// What the element must be, or the sized around it, where that is known before it comes; else NULL. And whose it is.
const struct value *match_must_be(const struct matcher *matcher);
const struct progress *match_asking(const struct matcher *matcher);
// Of an element of progress->left bytes that must equal some: MISMATCH where those have another length, else they are the
// literal that must come. Asked by its `begin`; its `take` and `finish` are the other two.
enum match_status match_fix_bytes(struct matcher *matcher);
enum match_status match_take_known(struct matcher *matcher, struct slice bytes, size_t *used);
void match_finish_known(struct matcher *matcher);

// A row on top of the stack, matched next; and the row taken off, `progress` again what it was.
struct frame *match_push(struct matcher *matcher, const struct element_code *elements, uint32_t element_count);
void match_pop(struct matcher *matcher);

// The end of a list's item: the next one, or the end of the list.
enum match_status match_item_over(struct matcher *matcher);
// An item of the list in the topmost frame is complete.
enum match_status match_item_value(struct matcher *matcher, const struct value *value);

// Whether the list in the topmost frame, which goes to the end, has another item: begins it, or ends the list.
enum match_status match_item_ahead(struct matcher *matcher, bool is_there);
// Whether that is known here: then *is_there says.
bool match_knows_ahead(const struct matcher *matcher, bool *is_there);

// How many bytes may still come before the nearest end around this place; UINT64_MAX: there is none.
uint64_t match_room(const struct matcher *matcher);
// The end of what lies in the sized of the topmost frame.
enum match_status match_sized_over(struct matcher *matcher);
// Mismatches of lengths: the element needs more than what is left before the nearest end; it begins behind that end.
enum match_status mismatch_limit(struct matcher *matcher);
enum match_status mismatch_behind(struct matcher *matcher, uint64_t bound);

// --- match_message.c

// The innermost message that is being matched, or NULL.
struct message_scope *match_scope(const struct matcher *matcher);
// Before a field is matched: whether it is there (else the matcher stands behind it), where it ends, what it must be.
enum match_status match_field_begin(struct matcher *matcher, const struct element_code *element, bool *is_there);
enum match_status match_field_rules(struct matcher *matcher, const struct element_code *element);
// The type of a switch, or what it mismatches with.
enum match_status match_pick(struct matcher *matcher, const struct element_code **element);
// A field is complete: what its value settles is verified.
enum match_status match_field_over(struct matcher *matcher);
// The end of the message in the topmost frame.
enum match_status match_message_over(struct matcher *matcher);
// From here on what is consumed is kept, until a message that wants it is over.
void match_begin_keeping(struct matcher *matcher);
// Whether the element of a row is a name, or a list of names: they may point to what came before.
bool match_has_names(const struct element_code *element);
// Keeps consumed bytes, where a message wants its own.
enum match_status match_keep(struct matcher *matcher, struct slice bytes);
// Where a field around this place says that its bytes end; BOUND_NONE: nowhere.
uint64_t match_bound(const struct matcher *matcher);

// "Frame.body[3].length", or nothing outside of messages.
void match_path(const struct matcher *matcher, struct buffer *out);

// Mismatches; each fills matcher->mismatch and answers MATCH_MISMATCH.
enum match_status mismatch_byte(struct matcher *matcher, struct slice following); // the next byte cannot be
enum match_status mismatch_end(struct matcher *matcher);                          // bytes are missing
enum match_status mismatch_value(struct matcher *matcher);                        // the comparison does not hold
// A field of the message in the topmost frame is not what its `=` says: `wanted`.
enum match_status mismatch_field(struct matcher *matcher, uint32_t field, const struct value *wanted);
// The `where` of the field that is complete does not hold.
enum match_status mismatch_rule(struct matcher *matcher, const struct term *rule);
// Here, and no byte is to blame; the text goes behind the path.
enum match_status mismatch_because(struct matcher *matcher, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// What came before gives the element so many bytes, or items, and what it must be has another number of them.
enum match_status mismatch_size(struct matcher *matcher, uint64_t given, uint64_t asked, const char *units);
// What came before gives the element a length, or a count, below zero: `what`.
enum match_status mismatch_negative(struct matcher *matcher, const char *what, integer number);

// How an element reads: "u16be == 5".
void match_describe(const struct element_code *element, struct buffer *out);

// At least how many bytes are still to come; *exactly: all of them belong to the match whatever they are.
uint64_t match_needed_bytes(const struct matcher *matcher, bool *exactly);
// How many bytes the match has at the least, where what is being matched has a known size; *whole: and no more than those.
// 0: that is not known.
uint64_t match_total_bytes(const struct matcher *matcher, bool *whole);

#endif
