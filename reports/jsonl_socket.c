// Every socket of a case: where it came from, what went over it, what states it was seen in, how it ended.
#include "jsonl.h"
#include "words.h"

#include "script/script.h"

// One as the journal tells it. Lives in the scratch arena.
struct told {
    json_t *object; // NULL: nothing of it yet
    uint64_t sent, matched, discarded, unmatched;
    enum state state; // the newest
    json_t *states;
};

static const char *const CLOSE_WORDS[] = {
    [CLOSE_BY_STEP] = "close",
    [CLOSE_BY_RESET] = "reset",
    [CLOSE_BY_BLOCK] = "end-of-block",
    [CLOSE_BY_STOP] = "end-of-case",
    [CLOSE_BY_PROGRAM] = "given-to-program",
};

static const char *const ORIGINS[EVENT_KIND_COUNT] = {
    [EVENT_OPEN] = "socket",
    [EVENT_ACCEPTED] = "accept",
    [EVENT_PASSED] = "passed",
};

static void put_address(json_t *object, const char *key, const struct address *address) {
    char text[ADDRESS_TEXT_BYTES];
    if (address && !address_is_none(address)) jsonl_put_text(object, key, address_text(address, text));
}

static void begin(struct told *told, const struct case_result *result, const struct event *event) {
    told->object = jsonl_object();
    told->states = jsonl_list();
    jsonl_put_number(told->object, "number", event->socket);
    jsonl_put_actor(told->object, result->plan, event->actor);
    jsonl_put_time(told->object, result->journal, event->at_ns);
    const char *const origin = ORIGINS[event->kind];
    jsonl_put_text(told->object, "origin", origin ? origin : "program"); // a program's stdin, stdout and stderr
    if (!origin) return;
    if (event->count && event->count < FAMILY_COUNT)
        jsonl_put_text(told->object, "family", script_family_word((enum family_word)event->count));
    if (event->kind != EVENT_OPEN) jsonl_put_number(told->object, "of", event->offset);
    else if (event->bytes.len_bytes) jsonl_put(told->object, "as", jsonl_text(event->bytes));
}

static void note_bound(struct told *told, const struct journal *journal, const struct event *event) {
    (void)journal;
    put_address(told->object, "local", event->address);
}

static void note_peer(struct told *told, const struct journal *journal, const struct event *event) {
    note_bound(told, journal, event);
    put_address(told->object, "peer", event->peer);
}

static void note_bytes(struct told *told, const struct journal *journal, const struct event *event) {
    (void)journal;
    if (event->kind == EVENT_SENT) told->sent += event->count;
    else if (event->kind == EVENT_MATCHED) told->matched += event->count;
    else told->discarded += event->count;
}

static void note_ending(struct told *told, const struct journal *journal, const struct event *event) {
    (void)journal;
    jsonl_put_flag(told->object, event->kind == EVENT_PEER_RESET ? "reset_by_peer" : "eof", true);
}

static void note_state(struct told *told, const struct journal *journal, const struct event *event) {
    enum state const state = event->kind == EVENT_STATE ? (enum state)event->code : (enum state)event->offset;
    if (state == STATE_ANY || state == told->state) return;
    json_t *const object = jsonl_object();
    jsonl_put_text(object, "state", state_name(state));
    jsonl_put_time(object, journal, event->at_ns);
    jsonl_append(told->states, object);
    told->state = state;
}

// "LOCAL <-> PEER", two blanks, the path: the path alone, since the addresses are told already.
static void note_lifecycle(struct told *told, const struct journal *journal, const struct event *event) {
    (void)journal;
    struct slice path = event->bytes;
    int64_t const gap = slice_find(path, slice_text("  "));
    if (gap >= 0) path = slice_of(path.data + gap + 2, path.len_bytes - (size_t)gap - 2);
    jsonl_put(told->object, "lifecycle", jsonl_text(path));
}

static void note_secured(struct told *told, const struct journal *journal, const struct event *event) {
    (void)journal;
    json_t *const tls = jsonl_object();
    jsonl_put_flag(tls, "failed", event->code);
    jsonl_put(tls, "text", jsonl_text(event->bytes));
    jsonl_put(told->object, "tls", tls);
}

static void note_closed(struct told *told, const struct journal *journal, const struct event *event) {
    (void)journal;
    jsonl_put_text(told->object, "closed", CLOSE_WORDS[event->code]);
    told->unmatched = event->count;
}

// By enum event_kind: what it adds to its socket; the others say nothing of one.
static void (*const NOTES[EVENT_KIND_COUNT])(struct told *, const struct journal *, const struct event *) = {
    [EVENT_BOUND] = note_bound,
    [EVENT_CONNECTED] = note_peer,
    [EVENT_ACCEPTED] = note_peer,
    [EVENT_PASSED] = note_peer,
    [EVENT_SENT] = note_bytes,
    [EVENT_MATCHED] = note_bytes,
    [EVENT_DISCARDED] = note_bytes,
    [EVENT_END_OF_STREAM] = note_ending,
    [EVENT_PEER_RESET] = note_ending,
    [EVENT_STATE] = note_state,
    [EVENT_SNAPSHOT] = note_state,
    [EVENT_LIFECYCLE] = note_lifecycle,
    [EVENT_SECURED] = note_secured,
    [EVENT_CLOSED] = note_closed,
};

// Of a program's output that failed before any of it matched nothing else is told; the fault names its socket.
static bool tells(const struct event *event) {
    return NOTES[event->kind] || ORIGINS[event->kind] || event->kind == EVENT_FAILED;
}

static void end(struct told *told) {
    jsonl_put_number(told->object, "sent_bytes", told->sent);
    jsonl_put_number(told->object, "matched_bytes", told->matched);
    if (told->discarded) jsonl_put_number(told->object, "discarded_bytes", told->discarded);
    if (told->unmatched) jsonl_put_number(told->object, "unmatched_bytes", told->unmatched);
    jsonl_put_list(told->object, "states", told->states);
}

void jsonl_sockets(json_t *object, const struct case_result *result) {
    const struct journal *const journal = result->journal;
    struct arena scratch;
    arena_init(&scratch);
    struct told *const tolds = arena_array(&scratch, journal->socket_count, sizeof *tolds);
    json_t *const sockets = jsonl_list();
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (!tells(event) || event->socket >= journal->socket_count) continue;
        struct told *const told = &tolds[event->socket];
        if (!told->object) begin(told, result, event);
        if (NOTES[event->kind]) NOTES[event->kind](told, journal, event);
    }
    for (uint32_t i = 0; i < journal->socket_count; i++) {
        if (!tolds[i].object) continue;
        end(&tolds[i]);
        jsonl_append(sockets, tolds[i].object);
    }
    jsonl_put_list(object, "sockets", sockets);
    arena_fini(&scratch);
}
