#include "compact.h"

#include "number.h"

// The first two bytes, from the lowest bit on.
enum {
    KIND_BITS = 6,
    ACTOR_SHIFT = KIND_BITS, // two bits each: enum likeness
    STEP_SHIFT = ACTOR_SHIFT + 2,
    SOCKET_SHIFT = STEP_SHIFT + 2,
    HAS_CODE = 1 << (SOCKET_SHIFT + 2), // it differs
    HAS_COUNT = HAS_CODE << 1,
    HAS_OFFSET = HAS_CODE << 2,
    HAS_PAYLOAD = HAS_CODE << 3,
    KIND_GROWING = EVENT_KIND_COUNT, // a pointer to an event
};

enum likeness {
    IS_NONE, // of an actor: and its task 0
    IS_SAME, // an actor and its task: as the event before
    IS_OTHER,
    IS_BLOCK, // an actor that differs, and so does its task, which is not 0
    IS_NEXT = IS_BLOCK, // a step or socket that is one higher
};

enum { TIME_FAR = 0xffff }; // ns that have no room in two bytes

_Static_assert(KIND_GROWING < 1 << KIND_BITS, "the kind of an event has its bits");

// Where an address stands: the places of `seen` follow.
enum { ADDRESS_NULL, ADDRESS_NEW, ADDRESS_SEEN, ADDRESS_BITS = 4 };

_Static_assert(ADDRESS_SEEN + COMPACT_SEEN <= 1 << ADDRESS_BITS, "where an address stands has its bits");

static bool has_addresses(enum event_kind kind) {
    return kind == EVENT_BOUND || kind == EVENT_CONNECTED || kind == EVENT_ACCEPTED || kind == EVENT_PASSED ||
           kind == EVENT_ADDRESSED || kind == EVENT_SNAPSHOT || kind == EVENT_QUEUED;
}

// ---- writing

static uint8_t *put_short(uint8_t *at, uint32_t number) {
    uint16_t const shorter = (uint16_t)number;
    memcpy(at, &shorter, sizeof shorter);
    return at + sizeof shorter;
}

static uint8_t *put_signed(uint8_t *at, int64_t number) { return number_put(at, zigzag(number)); }

static uint8_t *put_time(struct compact_state *state, const struct event *event, uint8_t *at) {
    int64_t const since_ns = event->at_ns - state->at_ns;
    state->at_ns = event->at_ns;
    if ((uint64_t)since_ns < TIME_FAR) return put_short(at, (uint32_t)since_ns);
    return put_signed(put_short(at, TIME_FAR), since_ns);
}

// From one 32-bit number to another, around their end where that is nearer.
static uint8_t *put_step32(uint8_t *at, uint32_t from, uint32_t to) { return put_signed(at, (int32_t)(to - from)); }

// The same of 64 bits.
static uint8_t *put_step64(uint8_t *at, uint64_t from, uint64_t to) { return put_signed(at, (int64_t)(to - from)); }

static uint8_t *put_actor(struct compact_state *state, const struct event *event, uint8_t *at, uint32_t *head) {
    struct compact_side *const side = &state->sides[event->task != 0];
    if (event->actor == state->actor && event->task == state->task) {
        *head |= IS_SAME << ACTOR_SHIFT;
        return at;
    }
    if (event->actor == JOURNAL_NONE && !event->task) return at;
    *head |= (event->task ? IS_BLOCK : IS_OTHER) << ACTOR_SHIFT;
    at = put_step32(at, side->actor, event->actor);
    if (event->task) {
        at = put_step32(at, state->block_task, event->task);
        state->block_task = event->task;
    }
    state->actor = side->actor = event->actor;
    state->task = event->task;
    return at;
}

static uint8_t *put_id(uint32_t *last, uint32_t id, uint8_t *at, uint32_t *head, unsigned shift) {
    if (id == JOURNAL_NONE) return at;
    uint32_t const before = *last;
    *last = id;
    *head |= (uint32_t)(id == before ? IS_SAME : id == before + 1 ? IS_NEXT : IS_OTHER) << shift;
    return id - before <= 1 ? at : put_step32(at, before, id);
}

static uint8_t *put_address(struct compact_writer *writer, const struct address *address, uint8_t *at, unsigned *place) {
    uint8_t *const begin = at;
    const uint8_t *const name = (const uint8_t *)&address->as;
    size_t const interface_bytes = strnlen(address->interface, sizeof address->interface);
    size_t name_bytes = address->len_bytes;
    while (name_bytes && !name[name_bytes - 1]) name_bytes--; // most end in zeros
    *at++ = (uint8_t)address->len_bytes;
    *at++ = (uint8_t)name_bytes;
    *at++ = (uint8_t)interface_bytes;
    memcpy(at, name, name_bytes);
    memcpy(at + name_bytes, address->interface, interface_bytes);
    at += name_bytes + interface_bytes;
    struct slice const written = slice_of(begin, (size_t)(at - begin));
    for (unsigned i = 0; i < COMPACT_SEEN; i++) {
        if (!slice_equal(writer->seen[i], written)) continue;
        *place = ADDRESS_SEEN + i;
        return begin;
    }
    *place = ADDRESS_NEW;
    writer->seen[writer->state.next_seen++ % COMPACT_SEEN] = written;
    return at;
}

static uint8_t *put_addresses(struct compact_writer *writer, const struct event *event, uint8_t *at, uint32_t *head) {
    unsigned local = ADDRESS_NULL, peer = ADDRESS_NULL;
    if (!event->address && !event->peer) return at;
    *head |= HAS_PAYLOAD;
    uint8_t *const places = at++;
    if (event->address) at = put_address(writer, event->address, at, &local);
    if (event->peer) at = put_address(writer, event->peer, at, &peer);
    *places = (uint8_t)(local | peer << ADDRESS_BITS);
    return at;
}

static uint8_t *put_payload(struct compact_kind *kind, const struct event *event, uint8_t *at, uint32_t *head) {
    bool const is_failure = event->kind == EVENT_FAILED;
    uintptr_t const pointer = is_failure ? (uintptr_t)event->failure : (uintptr_t)event->bytes.data;
    uint64_t const len_bytes = is_failure ? 0 : event->bytes.len_bytes;
    if (pointer == kind->pointer && len_bytes == kind->len_bytes) return at;
    *head |= HAS_PAYLOAD;
    at = put_step64(at, kind->pointer, pointer);
    kind->pointer = pointer;
    kind->len_bytes = len_bytes;
    return number_put(at, len_bytes);
}

uint8_t *compact_put(struct compact_writer *writer, const struct event *event, uint8_t *at) {
    struct compact_state *const state = &writer->state;
    struct compact_side *const side = &state->sides[event->task != 0];
    struct compact_kind *const kind = &state->kinds[event->kind];
    uint8_t *const begin = at;
    uint32_t head = event->kind;
    at = put_time(state, event, at + 2);
    at = put_actor(state, event, at, &head);
    at = put_id(&side->step, event->step, at, &head, STEP_SHIFT);
    at = put_id(&side->socket, event->socket, at, &head, SOCKET_SHIFT);
    if (event->code != kind->code) {
        head |= HAS_CODE;
        at = put_step32(at, (uint32_t)kind->code, (uint32_t)event->code);
        kind->code = event->code;
    }
    if (event->count != kind->count) {
        head |= HAS_COUNT;
        at = put_step64(at, kind->count, event->count);
        kind->count = event->count;
    }
    if (event->offset != kind->offset) {
        head |= HAS_OFFSET;
        at = put_step64(at, kind->offset, event->offset);
        kind->offset = event->offset;
    }
    if (has_addresses(event->kind)) at = put_addresses(writer, event, at, &head);
    else at = put_payload(kind, event, at, &head);
    put_short(begin, head);
    return at;
}

uint8_t *compact_put_growing(const struct event *event, uint8_t *at) {
    at = put_short(at, KIND_GROWING);
    memcpy(at, &event, sizeof event);
    return at + sizeof event;
}

// ---- reading

static uint32_t take_short(const uint8_t **at) {
    uint16_t number;
    memcpy(&number, *at, sizeof number);
    *at += sizeof number;
    return number;
}

static int64_t take_signed(const uint8_t **at) { return zigzag_back(number_take(at)); }
static uint32_t take_step32(const uint8_t **at, uint32_t from) { return from + (uint32_t)take_signed(at); }
static uint64_t take_step64(const uint8_t **at, uint64_t from) { return from + (uint64_t)take_signed(at); }

static void take_actor(struct compact_state *state, const uint8_t **at, struct event *event, enum likeness likeness) {
    event->actor = JOURNAL_NONE;
    event->task = 0;
    if (likeness == IS_NONE) return;
    if (likeness != IS_SAME) {
        struct compact_side *const side = &state->sides[likeness == IS_BLOCK];
        state->actor = side->actor = take_step32(at, side->actor);
        if (likeness == IS_BLOCK) state->block_task = take_step32(at, state->block_task);
        state->task = likeness == IS_BLOCK ? state->block_task : 0;
    }
    event->actor = state->actor;
    event->task = state->task;
}

static uint32_t take_id(uint32_t *last, const uint8_t **at, enum likeness likeness) {
    if (likeness == IS_NONE) return JOURNAL_NONE;
    if (likeness == IS_OTHER) *last = take_step32(at, *last);
    else if (likeness == IS_NEXT) ++*last;
    return *last;
}

static const struct address *take_new(struct compact_reader *reader, const uint8_t **at) {
    uint32_t const number = reader->state.next_seen++;
    struct address *const address =
        reader->arena ? arena_alloc(reader->arena, sizeof *address) : &reader->room[number % (COMPACT_SEEN + 1)];
    size_t const name_bytes = (*at)[1], interface_bytes = (*at)[2];
    *address = (struct address){.len_bytes = (*at)[0]};
    *at += 3;
    memcpy(&address->as, *at, name_bytes);
    memcpy(address->interface, *at + name_bytes, interface_bytes);
    *at += name_bytes + interface_bytes;
    reader->seen[number % COMPACT_SEEN] = address;
    return address;
}

static const struct address *take_address(struct compact_reader *reader, const uint8_t **at, unsigned place) {
    if (place == ADDRESS_NULL) return NULL;
    return place == ADDRESS_NEW ? take_new(reader, at) : reader->seen[place - ADDRESS_SEEN];
}

static void take_addresses(struct compact_reader *reader, const uint8_t **at, struct event *event, bool has_any) {
    unsigned const places = has_any ? *(*at)++ : 0;
    event->address = take_address(reader, at, places & ((1 << ADDRESS_BITS) - 1));
    event->peer = take_address(reader, at, places >> ADDRESS_BITS);
}

static void take_payload(struct compact_kind *kind, const uint8_t **at, struct event *event, bool differs) {
    if (differs) {
        kind->pointer = (uintptr_t)take_step64(at, kind->pointer);
        kind->len_bytes = number_take(at);
    }
    event->bytes = slice_of((const void *)kind->pointer, (size_t)kind->len_bytes);
    if (event->kind == EVENT_FAILED) event->failure = (const struct failure *)kind->pointer;
}

const uint8_t *compact_take(struct compact_reader *reader, const uint8_t *at, struct event *event) {
    struct compact_state *const state = &reader->state;
    uint32_t const head = take_short(&at);
    uint32_t const number = head & ((1 << KIND_BITS) - 1);
    if (number == KIND_GROWING) {
        const struct event *growing;
        memcpy(&growing, at, sizeof growing);
        *event = *growing;
        return at + sizeof growing;
    }
    struct compact_kind *const kind = &state->kinds[number];
    uint32_t const since_ns = take_short(&at);
    state->at_ns += since_ns == TIME_FAR ? take_signed(&at) : (int64_t)since_ns;
    event->at_ns = state->at_ns;
    event->kind = (enum event_kind)number;
    take_actor(state, &at, event, (enum likeness)(head >> ACTOR_SHIFT & 3));
    struct compact_side *const side = &state->sides[event->task != 0];
    event->step = take_id(&side->step, &at, (enum likeness)(head >> STEP_SHIFT & 3));
    event->socket = take_id(&side->socket, &at, (enum likeness)(head >> SOCKET_SHIFT & 3));
    if (head & HAS_CODE) kind->code = (int32_t)take_step32(&at, (uint32_t)kind->code);
    if (head & HAS_COUNT) kind->count = take_step64(&at, kind->count);
    if (head & HAS_OFFSET) kind->offset = take_step64(&at, kind->offset);
    event->code = kind->code;
    event->count = kind->count;
    event->offset = kind->offset;
    if (!has_addresses(event->kind)) take_payload(kind, &at, event, head & HAS_PAYLOAD);
    else take_addresses(reader, &at, event, head & HAS_PAYLOAD);
    return at;
}
