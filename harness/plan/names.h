// Domain names, RFC 1035: as text, as the labels that stand in bytes, and where those of a message being built lie, so
// that later ones may point to them (4.1.4). Private to the room.
#ifndef SOCKDRILL_PLAN_NAMES_H
#define SOCKDRILL_PLAN_NAMES_H

#include "plan/pattern.h"

enum {
    NAME_WIRE_BYTES_MAX = 255,  // with every length and the empty label, RFC 1035, 2.3.4
    NAME_LABEL_BYTES_MAX = 63,
    NAME_POINTER_BYTES = 2,
    NAME_POINTER_MARK = 0xc0,   // its two high bits
    NAME_POINTERS_MAX = 127,    // one behind each label of the longest name
    NAME_OFFSETS = 0x4000,      // a pointer has 14 bits
    NAME_TEXT_BYTES_MAX = 1024, // every byte as \DDD, and a dot a label
    NAME_MESSAGE_BYTES = 96,
    NAME_WORK_MAX = 100 * 1000, // messages built anew because of where their names lie in another
};

// The labels of a text, with the empty one at their end; how many bytes, or 0: `message` says what is wrong. A dot at the
// end changes nothing; \. \\ and \DDD are RFC 1035's, 5.1.
size_t name_pack(struct slice text, uint8_t wire[NAME_WIRE_BYTES_MAX], char message[NAME_MESSAGE_BYTES]);

// The text of such labels: "www.example.org", "." for none. How many bytes.
size_t name_unpack(struct slice wire, char text[NAME_TEXT_BYTES_MAX]);

// Whether the type is a name.
bool name_is(const struct element_code *element);

// Why a term, whose value is known, is no name; NULL: it is one, or it is not known.
const char *name_refused(struct arena *arena, const struct term *term);

// Names and addresses as matching gives them, so that they compare: no dot at a name's end, no needless escapes; no port, and
// no text. Other values, and what is no name and no address, stay as they are; of a list its items.
void names_settle(struct arena *arena, const struct element_code *element, struct value *value);

// A stretch of a name that was written, from one of its labels to its end.
struct name_note {
    const struct name_note *older;
    uint64_t at; // counted from the outermost message's first byte
    struct slice wire;
};

// Where in a message that is being built the next bytes go. Copied to try something; the notes are shared, and immutable.
struct name_place {
    uint64_t at;     // of the next byte, counted from the outermost message's first one
    uint64_t origin; // where its names count from
    bool is_guessed; // bytes before it have no length yet
    const struct name_note *newest;
    uint32_t *work;  // of the outermost one
};

// The bytes of a name at `place`, which is brought up to date but for `at`; with a pointer where `compressed`.
struct slice name_write(struct arena *arena, struct name_place *place, struct slice wire, bool compressed);

#endif
