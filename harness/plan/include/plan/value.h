// Values of the language at run time. Immutable; they live in the arena they were made in.
#ifndef SOCKDRILL_PLAN_VALUE_H
#define SOCKDRILL_PLAN_VALUE_H

#include "base/address.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/integer.h"
#include "base/state.h"
#include "script/tree.h"

enum value_kind {
    VALUE_NONE,     // `none`
    VALUE_INTEGER,
    VALUE_FLOAT,
    VALUE_BOOLEAN,
    VALUE_DURATION, // integer: ns
    VALUE_BYTES,
    VALUE_ADDRESS,
    VALUE_ENDPOINT,
    VALUE_STATE,    // state
    VALUE_PATH,     // a wanted path, or the record of one
    VALUE_LIST,
    VALUE_RECORD,   // a captured message
    VALUE_RATE,     // integer: bit/s
    VALUE_HOST,     // what a look-up found
    VALUE_KIND_COUNT
};

// A run of bytes, short or endless: held, or made when it is read.
enum bytes_kind {
    BYTES_HELD,    // `held`
    BYTES_JOINED,  // parts, one behind the other
    BYTES_REPEATED, // parts[0], over and over
    BYTES_RANDOM,  // of `seed`
    BYTES_COUNTER, // 0, 1, ... 255, 0, ...
    BYTES_XORED,   // parts, all as long as the whole, xored with each other
};

struct bytes {
    enum bytes_kind kind;
    uint64_t len_bytes;
    struct slice held;
    const struct bytes *const *parts;
    const uint64_t *part_ends; // JOINED: where each part ends in the whole, so that reading anywhere is quick
    uint32_t part_count;
    uint64_t seed;
    uint64_t offset; // REPEATED, RANDOM, COUNTER: where in the endless run the first byte lies
    uint32_t xor_depth; // how many XORED lie in one another: reading costs that much
};

// What an endpoint expression is before it is resolved: the kind and its address words.
struct endpoint {
    enum family_word family;
    const char *words[3];
    uint32_t word_count;
};

struct record; // a captured message: see plan/record.h

struct value {
    enum value_kind kind;
    enum family_word family : 16; // VALUE_ADDRESS of an actor: the kind of its socket; FAMILY_NONE: as the address says
    bool address_has_port : 1;    // VALUE_ADDRESS: a literal without a port equals any address of that host
    const char *address_name;     // VALUE_ADDRESS of an actor: the host's name by which it was given; NULL: by none
    integer number; // INTEGER, DURATION, RATE, BOOLEAN (0 or 1)
    union {
        double real;
        const struct bytes *bytes;
        const struct address *address; // VALUE_ADDRESS
        const struct endpoint *endpoint;
        enum state state;
        const struct state_path *path;
        const struct record *record;
        const struct host *host;
        struct {
            const struct value *items;
            uint32_t item_count;
        };
    };
};

// What `resolve` found: name BYTES, aliases a LIST of BYTES, addresses a LIST of ADDRESS without a port.
struct host {
    struct value name, aliases, addresses;
};

struct value value_integer(integer number);
struct value value_boolean(bool truth);
struct value value_bytes(const struct bytes *bytes);
struct value value_text(struct arena *arena, struct slice text); // a copy
struct value value_address(const struct address *address); // with its port; `none` where the address is
// Copies of all of them, in the arena.
struct value value_host(struct arena *arena, const char *name, const char *const *aliases, uint32_t alias_count,
                        const struct address *addresses, uint32_t address_count);
// The host's member of that name, and the names one by one; NULL: there is none.
const struct value *value_host_member(const struct host *host, struct slice name);
const char *value_host_offer(uint32_t index);
const char *value_kind_name(enum value_kind kind); // "an integer", "bytes", ...

// A deep copy into another arena: for values that cross to another thread or outlive their task.
struct value value_copy(struct arena *arena, const struct value *value);

// As a person reads it, for diagnostics and logs: 42, "text\r\n", 127.0.0.1:80, ESTABLISHED; long bytes are shortened.
void value_print(const struct value *value, struct buffer *out);

// What text(VALUE) and "${VALUE}" give: bytes as they are, anything else as value_print has it.
const struct bytes *value_as_text(struct arena *arena, const struct value *value);

// Equality as `==` has it: numbers by value, bytes by content, addresses by address_equal; bytes equal an address whose
// text they are, and a message whose bytes they are. False for kinds that never equal each other.
bool value_equal(const struct value *a, const struct value *b);

const struct bytes *bytes_held(struct arena *arena, struct slice held); // does not copy `held`
// NULL when the sum of the lengths overflows 64 bits.
const struct bytes *bytes_joined(struct arena *arena, const struct bytes *const *parts, uint32_t count);
// NULL when count * part overflows 64 bits.
const struct bytes *bytes_repeated(struct arena *arena, const struct bytes *part, uint64_t count);
const struct bytes *bytes_random(struct arena *arena, uint64_t seed, uint64_t len_bytes);
const struct bytes *bytes_counter(struct arena *arena, uint64_t len_bytes);
// The bytes xored with the key's, over and over. NULL: too many xored bytes in xored ones, and too long to be held.
const struct bytes *bytes_xored(struct arena *arena, const struct bytes *bytes, const struct bytes *key);
// The stretch of `bytes` from offset on; offset + len_bytes <= bytes->len_bytes.
const struct bytes *bytes_slice(struct arena *arena, const struct bytes *bytes, uint64_t offset, uint64_t len_bytes);

// Copies len_bytes from `offset` on; the range must lie inside. Any thread.
void bytes_read(const struct bytes *bytes, uint64_t offset, void *into, size_t len_bytes);

// After how many bytes they come again, all along; 0: they do not, or nobody knows.
uint64_t bytes_period(const struct bytes *bytes);

// As memcmp, then by length; neither is flattened.
int bytes_compare(const struct bytes *a, const struct bytes *b);

// The bytes as one run, for what needs them held: `held` itself where it is that, else a copy in the arena. False when
// longer than BYTES_FLAT_MAX.
enum { BYTES_FLAT_MAX = 64 * 1024 * 1024 };
bool bytes_flat(struct arena *arena, const struct bytes *bytes, struct slice *flat);

// Items of a list that a function or a `for` in brackets makes.
enum { VALUE_ITEMS_MAX = BYTES_FLAT_MAX / sizeof(struct value) };

// Whether data equals bytes[offset .. offset + len); the index of the first difference, or len_bytes.
size_t bytes_differ_at(const struct bytes *bytes, uint64_t offset, const uint8_t *data, size_t len_bytes);

#endif
