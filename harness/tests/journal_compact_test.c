// Events as a segment keeps them, in a few bytes each: whatever is put in comes out, read one by one, expanded and followed.
#include "journal/journal.h"

#include "base/clock.h"

#include <check.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES = 24, TEXTS = 40 };

// What is written, and what must be read: an array of plain events, whose addresses are the test's.
struct oracle {
    uint64_t random;
    struct event *events;
    uint32_t *segments; // of each
    uint64_t count;
    struct address addresses[ADDRESSES];
    struct failure failures[4];
};

static uint64_t roll(struct oracle *oracle) {
    oracle->random = oracle->random * 6364136223846793005u + 1442695040888963407u;
    return oracle->random ^ oracle->random >> 33;
}

static uint64_t below(struct oracle *oracle, uint64_t limit) { return (roll(oracle) >> 11) % limit; }

static void oracle_init(struct oracle *oracle, uint64_t seed, uint64_t count) {
    *oracle = (struct oracle){.random = seed, .events = calloc(count, sizeof *oracle->events)};
    oracle->segments = calloc(count, sizeof *oracle->segments);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        struct address *const address = &oracle->addresses[i];
        if (i % 4 == 0) {
            address->as.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = (in_port_t)(i << 8), .sin_addr = {i}};
            address->len_bytes = sizeof address->as.in;
        } else if (i % 4 == 1) {
            address->as.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = 80, .sin6_scope_id = i};
            address->as.in6.sin6_addr.s6_addr[15] = (uint8_t)i;
            address->len_bytes = sizeof address->as.in6;
        } else if (i % 4 == 2) { // as long as one can be, and no zero in it
            memset(&address->as.un, (int)i + 'a', sizeof address->as.un);
            address->as.un.sun_family = AF_UNIX;
            address->len_bytes = sizeof address->as.un;
        } else {
            address->as.ll = (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_ifindex = (int)i};
            address->len_bytes = sizeof address->as.ll;
            memset(address->interface, 'x', i % 8 == 3 ? IFNAMSIZ : 2);
        }
    }
    oracle->addresses[4].len_bytes = 0; // none
    memset(&oracle->addresses[4].as, 0, sizeof oracle->addresses[4].as);
}

static void oracle_fini(struct oracle *oracle) {
    free(oracle->events);
    free(oracle->segments);
}

static bool has_addresses(enum event_kind kind) {
    return kind == EVENT_BOUND || kind == EVENT_CONNECTED || kind == EVENT_ACCEPTED || kind == EVENT_PASSED ||
           kind == EVENT_ADDRESSED || kind == EVENT_SNAPSHOT || kind == EVENT_QUEUED;
}

// A number near the edges of its type, or near another, or any.
static uint64_t number(struct oracle *oracle, uint64_t near) {
    static const uint64_t EDGES[] = {0, 1, 127, 128, INT32_MAX, UINT32_MAX, (uint64_t)INT32_MIN, INT64_MAX,
                                     (uint64_t)INT64_MIN, UINT64_MAX};
    uint64_t const which = below(oracle, 8);
    if (which == 0) return EDGES[below(oracle, sizeof EDGES / sizeof *EDGES)];
    return which == 1 ? roll(oracle) : which < 5 ? near + below(oracle, 5) - 2 : below(oracle, 1000);
}

// A text of several that are alike: the same length, or the same beginning. None is longer than 200 bytes.
static struct slice text_of(struct oracle *oracle, uint8_t room[256]) {
    uint64_t const which = below(oracle, TEXTS);
    memset(room, 'a', 256);
    room[199] = (uint8_t)which;
    return slice_of(room, which < 8 ? which : 200);
}

static void event_fill(struct oracle *oracle, struct journal_segment *segment, const struct event *before, struct event *event) {
    if (below(oracle, 4)) {
        event->actor = below(oracle, 3) ? before->actor : (uint32_t)number(oracle, before->actor);
        event->task = below(oracle, 2) ? before->task : (uint32_t)number(oracle, before->task);
        event->step = (uint32_t)number(oracle, before->step);
        event->socket = (uint32_t)number(oracle, before->socket);
        event->code = (int32_t)number(oracle, (uint32_t)before->code);
        event->count = number(oracle, before->count);
        event->offset = number(oracle, before->offset);
    }
    if (event->kind == EVENT_FAILED) {
        event->failure = &oracle->failures[below(oracle, 4)];
    } else if (!has_addresses(event->kind) && below(oracle, 2)) {
        uint8_t room[256];
        event->bytes = journal_keep(segment, text_of(oracle, room));
    }
}

// One more event, in a segment and in the array. Times go on, in a segment, but for equal ones.
static void event_write(struct oracle *oracle, struct journal_segment *segment, uint32_t number_of_it, int64_t *now_ns) {
    struct event *const wanted = &oracle->events[oracle->count];
    struct event const none = {0};
    enum event_kind const kind = (enum event_kind)below(oracle, EVENT_KIND_COUNT);
    bool const grows = !has_addresses(kind) && below(oracle, 16) == 0;
    struct event *const event = grows ? journal_add_growing(segment, kind) : journal_add(segment, kind);
    if (!grows) event->at_ns = *now_ns += (int64_t)below(oracle, below(oracle, 2) ? 3 : 100000);
    event_fill(oracle, segment, oracle->count ? &wanted[-1] : &none, event);
    if (grows) event->at_ns = *now_ns;
    *wanted = *event;
    if (has_addresses(kind)) {
        struct address local = oracle->addresses[below(oracle, ADDRESSES)], peer = oracle->addresses[below(oracle, ADDRESSES)];
        uint64_t const which = below(oracle, 4);
        journal_set_addresses(segment, which & 1 ? &local : NULL, which & 2 ? &peer : NULL);
        wanted->address = wanted->peer = NULL;
        for (uint32_t i = 0; i < ADDRESSES; i++) {
            if (which & 1 && memcmp(&local, &oracle->addresses[i], sizeof local) == 0) wanted->address = &oracle->addresses[i];
            if (which & 2 && memcmp(&peer, &oracle->addresses[i], sizeof peer) == 0) wanted->peer = &oracle->addresses[i];
        }
        memset(&local, 0xee, sizeof local); // they are copied
        memset(&peer, 0xee, sizeof peer);
    }
    oracle->segments[oracle->count++] = number_of_it;
}

static bool same_address(const struct address *a, const struct address *b) {
    return (!a && !b) || (a && b && memcmp(a, b, sizeof *a) == 0);
}

static void assert_same(const struct event *read, const struct event *wanted, uint64_t place) {
    struct event plain = *read;
    if (has_addresses(read->kind)) {
        bool const same = same_address(read->address, wanted->address) && same_address(read->peer, wanted->peer);
        ck_assert_msg(same, "event %llu has other addresses", (unsigned long long)place);
        plain.address = wanted->address;
        plain.peer = wanted->peer;
    }
    ck_assert_msg(memcmp(&plain, wanted, sizeof plain) == 0, "event %llu, a '%s', is another", (unsigned long long)place,
                  event_name(wanted->kind));
}

static struct journal_segment *segments_new(uint32_t count) {
    struct journal_segment *const segments = calloc(count, sizeof *segments);
    for (uint32_t i = 0; i < count; i++) journal_segment_init(&segments[i], i, count);
    return segments;
}

// The order that a journal must have: by time, then by segment, then as they were written.
static struct event *sorted(const struct oracle *oracle) {
    struct event *const all = calloc(oracle->count, sizeof *all);
    uint32_t *const from = calloc(oracle->count, sizeof *from);
    for (uint64_t i = 0; i < oracle->count; i++) {
        uint64_t at = i;
        for (; at > 0; at--) {
            bool const later = all[at - 1].at_ns > oracle->events[i].at_ns ||
                               (all[at - 1].at_ns == oracle->events[i].at_ns && from[at - 1] > oracle->segments[i]);
            if (!later) break;
            all[at] = all[at - 1];
            from[at] = from[at - 1];
        }
        all[at] = oracle->events[i];
        from[at] = oracle->segments[i];
    }
    free(from);
    return all;
}

static void assert_reads(const struct journal *journal, const struct event *wanted, uint64_t count) {
    struct journal_reader reader;
    journal_reader_init(&reader, journal);
    ck_assert_uint_eq(journal->event_count, count);
    for (uint64_t i = 0; i < count; i++) {
        const struct event *const event = journal_next(&reader);
        ck_assert_ptr_nonnull(event);
        assert_same(event, &wanted[i], i);
    }
    ck_assert_ptr_null(journal_next(&reader));
    journal_reader_fini(&reader);
}

// ---- tests

START_TEST(whatever_is_written_is_read) {
    enum { SEGMENTS = 3, EVENTS = 6000 };
    struct oracle oracle;
    struct journal journal;
    struct journal_segment *const segments = segments_new(SEGMENTS);
    int64_t now_ns[SEGMENTS] = {0};
    oracle_init(&oracle, (uint64_t)_i + 1, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        uint32_t const to = (uint32_t)(below(&oracle, 8) ? 0 : below(&oracle, SEGMENTS));
        event_write(&oracle, &segments[to], to, &now_ns[to]);
    }
    struct event *const wanted = sorted(&oracle);
    journal_merge(&journal, segments, SEGMENTS);
    ck_assert_ptr_null(journal.events);
    ck_assert_int_eq(journal.begin_ns, wanted[0].at_ns);
    ck_assert_int_eq(journal.end_ns, wanted[EVENTS - 1].at_ns);
    assert_reads(&journal, wanted, EVENTS);
    assert_reads(&journal, wanted, EVENTS); // reading changes nothing
    journal_expand(&journal);
    for (uint64_t i = 0; i < EVENTS; i++) assert_same(&journal.events[i], &wanted[i], i);
    const struct event *const events = journal.events;
    journal_expand(&journal);
    ck_assert_ptr_eq(journal.events, events);
    assert_reads(&journal, wanted, EVENTS);
    journal_fini(&journal);
    free(wanted);
    oracle_fini(&oracle);
}
END_TEST

// A follower reads while it is written, and what it was told stays good.
START_TEST(whatever_is_written_is_told) {
    enum { EVENTS = 3000 };
    struct oracle oracle;
    struct journal journal;
    struct journal_segment *const segment = segments_new(1);
    struct event *const told = calloc(EVENTS, sizeof *told);
    const struct event *news;
    uint64_t told_count = 0;
    int64_t now_ns = 0;
    oracle_init(&oracle, (uint64_t)_i + 77, EVENTS);
    ck_assert_uint_eq(journal_news(segment, &news), 0);
    for (int i = 0; i < EVENTS; i++) {
        event_write(&oracle, segment, 0, &now_ns);
        if (below(&oracle, 50)) continue;
        for (uint32_t count; (count = journal_news(segment, &news)) > 0; told_count += count)
            memcpy(told + told_count, news, count * sizeof *told);
        ck_assert_uint_eq(told_count, (uint64_t)i + 1);
    }
    for (uint64_t i = 0; i < told_count; i++) assert_same(&told[i], &oracle.events[i], i);
    journal_merge(&journal, segment, 1);
    assert_reads(&journal, oracle.events, EVENTS);
    journal_expand(&journal);
    for (uint64_t i = 0; i < told_count; i++) assert_same(&told[i], &oracle.events[i], i);
    journal_fini(&journal);
    free(told);
    oracle_fini(&oracle);
}
END_TEST

// Every kind, with all its numbers as large, and as small, as they can be, one behind the other.
START_TEST(no_number_is_too_large) {
    struct oracle oracle;
    struct journal journal;
    struct journal_segment *const segment = segments_new(1);
    oracle_init(&oracle, 1, 3 * EVENT_KIND_COUNT);
    for (int turn = 0; turn < 3; turn++) {
        for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
            struct event *const event = journal_add(segment, (enum event_kind)kind);
            bool const most = (turn + kind) % 2;
            event->at_ns = most ? ((int64_t)1 << 61) - 1 : -((int64_t)1 << 61) + 1;
            event->actor = event->step = event->socket = most ? UINT32_MAX : 0;
            event->task = most ? 0 : UINT32_MAX;
            event->code = most ? INT32_MAX : INT32_MIN;
            event->count = event->offset = most ? UINT64_MAX : 0;
            struct event *const wanted = &oracle.events[oracle.count++];
            *wanted = *event;
            if (!has_addresses(event->kind)) continue;
            wanted->address = &oracle.addresses[most ? 2 : 6];
            wanted->peer = &oracle.addresses[most ? 3 : 10];
            journal_set_addresses(segment, wanted->address, wanted->peer);
        }
    }
    journal_merge(&journal, segment, 1);
    assert_reads(&journal, oracle.events, oracle.count);
    journal_fini(&journal);
    oracle_fini(&oracle);
}
END_TEST

START_TEST(a_growing_event_is_read_as_it_is_in_the_end) {
    struct journal journal;
    struct journal_reader reader;
    struct journal_segment *const segment = segments_new(1);
    struct event *const grows = journal_add_growing(segment, EVENT_SENT);
    for (int i = 0; i < 1000; i++) {
        journal_add(segment, EVENT_STEP_BEGIN)->step = (uint32_t)i;
        grows->count += 3;
    }
    ck_assert_uint_eq(segment->event_count, 1001);
    journal_merge(&journal, segment, 1);
    journal_reader_init(&reader, &journal);
    const struct event *const first = journal_next(&reader);
    ck_assert_int_eq(first->kind, EVENT_SENT);
    ck_assert_uint_eq(first->count, 3000);
    for (uint32_t i = 0; i < 1000; i++) ck_assert_uint_eq(journal_next(&reader)->step, i);
    ck_assert_ptr_null(journal_next(&reader));
    journal_reader_fini(&reader);
    journal_fini(&journal);
}
END_TEST

// Writes what the clients of a crowd do; all that the segment takes then.
static size_t crowd_bytes(struct journal_segment *own, uint32_t connections) {
    static const uint8_t request[398] = {'G', 'E', 'T'};
    struct address server = {.as.in = {.sin_family = AF_INET, .sin_port = 4400}, .len_bytes = sizeof server.as.in};
    int64_t now_ns = clock_now_ns();
    server.as.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (uint32_t i = 0; i < connections; i++) {
        struct address client = server;
        client.as.in.sin_port = (in_port_t)(40000 + i);
        static const enum event_kind KINDS[] = {
            EVENT_ACTOR_BEGIN, EVENT_STEP_BEGIN, EVENT_OPEN,    EVENT_CONNECTED,  EVENT_STEP_END, EVENT_STEP_BEGIN, EVENT_SENT,
            EVENT_STEP_END,    EVENT_STEP_BEGIN, EVENT_MATCHED, EVENT_STEP_END,   EVENT_CLOSED,   EVENT_ACTOR_END,
        };
        for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
            struct event *const event = journal_add(own, KINDS[k]);
            event->at_ns = now_ns += 1500 + (int64_t)k * 700;
            event->actor = i;
            event->step = KINDS[k] == EVENT_ACTOR_BEGIN || KINDS[k] == EVENT_ACTOR_END ? JOURNAL_NONE : (uint32_t)k / 3;
            if (KINDS[k] == EVENT_OPEN) event->code = (int32_t)i + 10;
            if (KINDS[k] == EVENT_OPEN || KINDS[k] == EVENT_CONNECTED || KINDS[k] >= EVENT_SENT) event->socket = i * 2;
            if (KINDS[k] == EVENT_CONNECTED) journal_set_addresses(own, &client, &server);
            if (KINDS[k] != EVENT_SENT && KINDS[k] != EVENT_MATCHED) continue;
            event->count = sizeof request;
            event->bytes = journal_keep(own, slice_of(request, sizeof request));
        }
    }
    return journal_segment_bytes(own);
}

// What a connection's end takes: thirteen events, two of them with bytes and one with addresses.
START_TEST(an_event_takes_ten_bytes) {
    struct journal_segment few, many;
    journal_segment_init(&few, 0, 1);
    journal_segment_init(&many, 0, 1);
    size_t const more = crowd_bytes(&many, 9000) - crowd_bytes(&few, 1000);
    ck_assert_uint_le(more, (size_t)8000 * 13 * 10);
    journal_segment_fini(&few);
    journal_segment_fini(&many);
}
END_TEST

START_TEST(the_same_bytes_are_kept_once) {
    struct journal_segment segment;
    journal_segment_init(&segment, 0, 1);
    uint8_t request[398];
    memset(request, 'x', sizeof request);
    struct slice const first = journal_keep(&segment, slice_of(request, sizeof request));
    ck_assert(slice_equal(first, slice_of(request, sizeof request)));
    ck_assert_ptr_ne(first.data, request);
    size_t const used = segment.arena.used_bytes;
    for (int i = 0; i < 1000; i++) ck_assert_ptr_eq(journal_keep(&segment, slice_of(request, sizeof request)).data, first.data);
    ck_assert_uint_eq(segment.arena.used_bytes, used);
    request[397]++;
    struct slice const other = journal_keep(&segment, slice_of(request, sizeof request));
    ck_assert_ptr_ne(other.data, first.data);
    ck_assert(slice_equal(other, slice_of(request, sizeof request)));
    ck_assert_uint_eq(journal_keep(&segment, slice_of(request, 397)).len_bytes, 397);
    ck_assert_uint_eq(journal_keep(&segment, slice_of(request, 0)).len_bytes, 0);
    journal_segment_fini(&segment);
}
END_TEST

// Far more than there are places: they push each other out, and none is taken for another.
START_TEST(bytes_that_share_a_place_stay_apart) {
    enum { CONTENTS = 20000 };
    struct journal_segment segment;
    struct slice *const kept = calloc(CONTENTS, sizeof *kept);
    journal_segment_init(&segment, 0, 1);
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < CONTENTS; i++) {
            uint8_t bytes[40] = {0};
            memcpy(bytes + 36, &i, sizeof i);
            kept[i] = journal_keep(&segment, slice_of(bytes, sizeof bytes));
        }
        for (uint32_t i = 0; i < CONTENTS; i++) {
            ck_assert_uint_eq(kept[i].len_bytes, 40);
            ck_assert_mem_eq(kept[i].data + 36, &i, sizeof i);
        }
    }
    ck_assert_uint_le(segment.kept_places, 1024);
    free(kept);
    journal_segment_fini(&segment);
}
END_TEST

int main(void) {
    TCase *const tests = tcase_create("compact");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, whatever_is_written_is_read, 0, 8);
    tcase_add_loop_test(tests, whatever_is_written_is_told, 0, 4);
    tcase_add_test(tests, no_number_is_too_large);
    tcase_add_test(tests, a_growing_event_is_read_as_it_is_in_the_end);
    tcase_add_test(tests, an_event_takes_ten_bytes);
    tcase_add_test(tests, the_same_bytes_are_kept_once);
    tcase_add_test(tests, bytes_that_share_a_place_stay_apart);
    Suite *const suite = suite_create("journal_compact");
    suite_add_tcase(suite, tests);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
