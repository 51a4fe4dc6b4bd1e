// Which sockets are two ends of one connection.
#include "diagram_parts.h"

#include <stdlib.h>
#include <string.h>

// What the journal says about one socket. Owned by diagram_ends_init.
struct record {
    const struct event *connected, *accepted, *passed, *bound;
    struct slice sent, taken; // the first bytes of each direction, as far as they are kept
};

// One end as it is sorted: both ends of a connection have the same key. Owned by diagram_ends_init.
struct end {
    const char *key;
    bool is_accepted;
    uint32_t socket;
    const struct event *event;
};

static void record_note(struct record *record, const struct event *event) {
    if (event->kind == EVENT_CONNECTED) record->connected = event;
    if (event->kind == EVENT_ACCEPTED) record->accepted = event;
    if (event->kind == EVENT_PASSED) record->passed = event;
    if (event->kind == EVENT_BOUND) record->bound = event;
    if (event->kind == EVENT_SENT && event->offset == 0) record->sent = event->bytes;
    if (event->kind == EVENT_MATCHED && event->offset == 0) record->taken = event->bytes;
}

static const char *pair_key(const struct address *client, const struct address *server, struct arena *arena) {
    char client_text[ADDRESS_TEXT_BYTES], server_text[ADDRESS_TEXT_BYTES];
    if (!client || !server) return NULL;
    struct address const from = address_unmapped(client), to = address_unmapped(server);
    if (address_is_none(&from) && address_is_none(&to)) return NULL;
    return arena_text(arena, "%s %s", address_text(&from, client_text), address_text(&to, server_text));
}

static int ends_compare(const void *left, const void *right) {
    const struct end *const a = left, *const b = right;
    int const by_key = strcmp(a->key, b->key);
    if (by_key) return by_key;
    if (a->is_accepted != b->is_accepted) return a->is_accepted ? 1 : -1;
    return a->event < b->event ? -1 : a->event > b->event;
}

static bool begin_alike(struct slice a, struct slice b) {
    size_t const len = a.len_bytes < b.len_bytes ? a.len_bytes : b.len_bytes;
    return !len || memcmp(a.data, b.data, len) == 0;
}

static bool may_be_one(const struct record *client, const struct record *server) {
    return begin_alike(client->sent, server->taken) && begin_alike(server->sent, client->taken);
}

static void join(struct diagram_ends *ends, uint32_t a, uint32_t b) {
    ends->other[a] = b;
    ends->other[b] = a;
}

// The clients stand first. The first accepted is the first that connected, unless their bytes say that it cannot be.
static void group_pair(struct diagram_ends *ends, const struct record *records, struct end *group, uint32_t connected,
                       uint32_t count) {
    enum { LOOKED_AT_MAX = 512 };
    uint32_t next = 0;
    for (uint32_t i = connected; i < count; i++) {
        uint32_t found = DIAGRAM_NONE;
        while (next < connected && !group[next].key) next++;
        for (uint32_t k = next; k < connected && k < next + LOOKED_AT_MAX && found == DIAGRAM_NONE; k++) {
            if (group[k].key && may_be_one(&records[group[k].socket], &records[group[i].socket])) found = k;
        }
        if (found == DIAGRAM_NONE) continue;
        join(ends, group[found].socket, group[i].socket);
        group[found].key = NULL;
    }
}

static uint32_t ends_gather(struct end *list, const struct record *records, uint32_t socket_count,
                            struct arena *arena) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < socket_count; i++) {
        const struct event *const event = records[i].accepted ? records[i].accepted : records[i].connected;
        bool const accepted = records[i].accepted;
        const char *const key = !event     ? NULL
                                : accepted ? pair_key(event->peer, event->address, arena)
                                           : pair_key(event->address, event->peer, arena);
        if (key) list[count++] = (struct end){.key = key, .is_accepted = accepted, .socket = i, .event = event};
    }
    if (count) qsort(list, count, sizeof *list, ends_compare);
    return count;
}

static void connections_pair(struct diagram_ends *ends, const struct record *records, struct arena *arena) {
    struct end *const list = arena_array(arena, ends->count, sizeof *list);
    uint32_t const count = ends_gather(list, records, ends->count, arena);
    for (uint32_t start = 0; start < count;) {
        uint32_t end = start, connected = 0;
        const char *const key = list[start].key;
        for (; end < count && strcmp(list[end].key, key) == 0; end++) connected += !list[end].is_accepted;
        group_pair(ends, records, &list[start], connected, end - start);
        start = end;
    }
}

// A datagram socket that is connected to an address that one of ours is bound to. What comes back comes from there too,
// if it is the only one.
static void datagrams_pair(struct diagram_ends *ends, const struct record *records, struct arena *arena) {
    uint32_t *const bound = arena_array(arena, ends->count, sizeof *bound);
    uint32_t bound_count = 0;
    enum { BOUND_MAX = 64 };
    for (uint32_t i = 0; i < ends->count && bound_count < BOUND_MAX; i++) {
        if (records[i].bound && !records[i].accepted && !address_is_none(records[i].bound->address))
            bound[bound_count++] = i;
    }
    for (uint32_t i = 0; i < ends->count; i++) {
        if (!records[i].connected || ends->other[i] != JOURNAL_NONE) continue;
        for (uint32_t k = 0; k < bound_count; k++) {
            const struct event *const at = records[bound[k]].bound;
            if (bound[k] == i || !address_equal(records[i].connected->peer, at->address)) continue;
            ends->other[i] = bound[k];
            break;
        }
    }
}

static void passed_follow(struct diagram_ends *ends, const struct record *records) {
    for (uint32_t i = 0; i < ends->count; i++) {
        const struct event *const passed = records[i].passed, *newest = NULL;
        for (uint32_t k = 0; passed && k < ends->count; k++) {
            const struct event *const made = records[k].connected ? records[k].connected : records[k].accepted;
            if (!made || made > passed || made < newest || !address_equal(made->address, passed->address) ||
                !address_equal(made->peer, passed->peer) || address_is_none(made->address)) {
                continue;
            }
            newest = made;
            ends->same[i] = k;
            ends->other[i] = ends->other[k];
        }
    }
}

void diagram_ends_init(struct diagram_ends *ends, const struct journal *journal, struct arena *arena) {
    ends->count = journal->socket_count;
    ends->other = arena_array(arena, ends->count, sizeof *ends->other);
    ends->same = arena_array(arena, ends->count, sizeof *ends->same);
    struct record *const records = arena_array(arena, ends->count, sizeof *records);
    for (uint32_t i = 0; i < ends->count; i++) {
        ends->other[i] = JOURNAL_NONE;
        ends->same[i] = i;
    }
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->socket < ends->count) record_note(&records[event->socket], event);
    }
    connections_pair(ends, records, arena);
    datagrams_pair(ends, records, arena);
    passed_follow(ends, records);
}
