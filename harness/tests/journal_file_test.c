// Journals as files: written and read again, of whatever kind; and what is no journal, or one of another version.
#include "journal/file.h"
#include "replay/replay.h"
#include "reports/reports.h"
#include "shape.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what events hold

static const char *const HELP[EVENT_KIND_COUNT] = {
#define EVENT(id, name, help) [EVENT_##id] = help,
#include "journal/events.def"
};

// The members that a kind uses stand in its help, behind its first `;`.
static bool names_member(enum event_kind kind, const char *member) {
    const char *const list = strchr(HELP[kind], ';');
    const char *const found = list ? strstr(list, member) : NULL;
    return found != NULL;
}

START_TEST(shapes_are_those_of_the_table) {
    enum event_kind const kind = (enum event_kind)_i;
    enum event_holds const holds = event_shape(kind).holds;
    bool const has_bytes = names_member(kind, "; text") || names_member(kind, "; bytes") || names_member(kind, "; failure");
    bool const has_address = names_member(kind, "; address:") || names_member(kind, "; local");
    const char *const name = event_name(kind);
    if (holds == HOLDS_FAILURE) ck_assert_msg(strstr(HELP[kind], "; failure") != NULL, "%s", name);
    else ck_assert_msg(has_bytes == (holds == HOLDS_BYTES), "%s: bytes", name);
    ck_assert_msg(has_address == (holds == HOLDS_ADDRESS || holds == HOLDS_BOTH_ADDRESSES), "%s: address", name);
    if (has_address) ck_assert_msg(names_member(kind, "; peer") == (holds == HOLDS_BOTH_ADDRESSES), "%s: peer", name);
}
END_TEST

// ---- there and back

enum { FIRST_NS = 5000000 };
static const char TEXT[] = "scenario \"x\"\nclient c {\n  sleep 1ms\n}\n";

// A file with one case, as it is written piece by piece. Owned by one test.
struct written {
    struct buffer file;
    struct source source, other;
    struct arena arena;
    struct journal journal;
};

static const struct source *sources[1];

static void written_init(struct written *written) {
    *written = (struct written){0};
    arena_init(&written->arena);
    source_init(&written->source, &written->arena, "x.drill", slice_text(TEXT));
    source_init(&written->other, &written->arena, "--define a", slice_text("let a = 1\n"));
    sources[0] = &written->source;
    struct journal_segment *const segment = calloc(1, sizeof *segment);
    ck_assert_ptr_nonnull(segment);
    journal_segment_init(segment, 0, 1);
    journal_new_socket(segment);
    journal_merge(&written->journal, segment, 1);
    written->journal.begin_ns = FIRST_NS;
    written->journal.socket_count = 3;
}

static void written_fini(struct written *written) {
    journal_fini(&written->journal);
    arena_fini(&written->arena);
    buffer_fini(&written->file);
}

static void write_head(struct buffer *out) {
    struct journal_define const define = {"a", "1"};
    struct journal_head const head = {.version = "7.8.9",
                                      .began_ns = 1700000000000000000,
                                      .realtime_ns = -5,
                                      .seed = UINT64_MAX,
                                      .jobs = 3,
                                      .chosen = 2,
                                      .fail_on_skip = true,
                                      .defines = &define,
                                      .define_count = 1,
                                      .shard = 3,
                                      .shards = 8,
                                      .dealt = 900};
    journal_write_head(&head, out);
    journal_write_text(&(struct journal_text){"x.drill", slice_text(TEXT)}, out);
    journal_write_file(&(struct journal_file){.text = 0}, out);
}

static void write_case(const struct written *written, struct buffer *out) {
    struct journal_case const facts = {.number = 1, .name = "x #2", .fingerprint = UINT64_MAX - 1, .scratch = "/s"};
    struct journal_sources const known = {sources, 1};
    journal_write_case(&facts, &written->journal, out);
    struct journal_reader reader;
    int64_t before_ns = written->journal.begin_ns;
    journal_reader_init(&reader, &written->journal);
    while (journal_write_events(&reader, &before_ns, known, out)) continue;
    journal_reader_fini(&reader);
}

static void write_end(struct buffer *out) {
    journal_write_end(
        &(struct journal_end){.duration_ns = 77,
                              .not_begun = 1,
                              .interrupted = true,
                              .passed_turns = 12,
                              .checksum = journal_checksum(0, buffer_view(out))},
        out);
}

static const struct journal_limits LIMITS = {.instance_count = 4, .step_count = 9, .field_count = 5, .field_fate_count = 4};

// What was written, read; `wrong` NULL: it must be right, else just that must be said of it.
static void read_back(const struct written *written, const char *wrong, struct journal_contents *contents, struct journal *journal) {
    struct buffer said = {0};
    bool ok = journal_contents_init(contents, buffer_view(&written->file), &said);
    if (ok) {
        struct journal_sources const known = {sources, 1};
        ok = journal_read_case(contents, &contents->cases[0], known, LIMITS, journal, &said);
    }
    if (wrong) {
        ck_assert(!ok);
        ck_assert_str_eq(said.data, wrong);
    } else {
        ck_assert_msg(ok, "%s", said.len_bytes ? said.data : "");
    }
    buffer_fini(&said);
}

static void same_bytes(struct slice a, struct slice b) { ck_assert(slice_equal(a, b)); }

static void same_address(const struct address *a, const struct address *b) {
    ck_assert_int_eq(a == NULL, b == NULL);
    if (!a) return;
    ck_assert_uint_eq(a->len_bytes, b->len_bytes);
    ck_assert_mem_eq(&a->as, &b->as, sizeof a->as);
    ck_assert_str_eq(a->interface, b->interface);
}

static void same_failure(const struct failure *a, const struct failure *b) {
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_str_eq(a->message, b->message);
    ck_assert_uint_eq(a->span.start, b->span.start);
    ck_assert_uint_eq(a->span.end, b->span.end);
    ck_assert_uint_eq(a->offset, b->offset);
    ck_assert_uint_eq(a->window_offset, b->window_offset);
    same_bytes(a->expected, b->expected);
    same_bytes(a->received, b->received);
    same_bytes(a->output, b->output);
    ck_assert_uint_eq(a->output_of, b->output_of);
    ck_assert_int_eq(a->is_cause, b->is_cause);
    ck_assert_int_eq(a->wanted == NULL, b->wanted == NULL);
    if (a->wanted) ck_assert_str_eq(a->wanted, b->wanted);
}

static void same_event(const struct event *a, const struct event *b) {
    ck_assert_int_eq(a->at_ns, b->at_ns);
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->actor, b->actor);
    ck_assert_uint_eq(a->task, b->task);
    ck_assert_uint_eq(a->step, b->step);
    ck_assert_uint_eq(a->socket, b->socket);
    ck_assert_int_eq(a->code, b->code);
    ck_assert_uint_eq(a->count, b->count);
    ck_assert_uint_eq(a->offset, b->offset);
    switch (event_shape(a->kind).holds) {
    case HOLDS_NOTHING: break;
    case HOLDS_BYTES: same_bytes(a->bytes, b->bytes); break;
    case HOLDS_ADDRESS:
    case HOLDS_BOTH_ADDRESSES:
        same_address(a->address, b->address);
        same_address(a->peer, b->peer);
        break;
    case HOLDS_FAILURE: same_failure(a->failure, b->failure); break;
    }
}

// One event of each kind, with something in all that it may hold.
static void add_all(struct written *written, const struct failure *failure) {
    static struct address local, peer = {.interface = "vcan0"};
    bool has_port;
    ck_assert(address_parse(slice_text("[::1]:443"), &local, &has_port));
    peer.as.un.sun_family = AF_UNIX;
    memset(peer.as.un.sun_path, 'p', sizeof peer.as.un.sun_path);
    peer.len_bytes = sizeof peer.as.un;
    struct event *const events = arena_array(&written->arena, EVENT_KIND_COUNT, sizeof *events);
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        struct event *const event = &events[i];
        struct event_shape const shape = event_shape((enum event_kind)i);
        *event = (struct event){.at_ns = FIRST_NS + i % 5 - 2, .kind = (enum event_kind)i};
        event->actor = i % 3 ? (uint32_t)i % 4 : JOURNAL_NONE;
        event->step = i % 2 ? (uint32_t)i % 9 : JOURNAL_NONE;
        event->socket = i % 4 ? (uint32_t)i % 3 : JOURNAL_NONE;
        event->task = (uint32_t)i * 1000;
        event->code = shape.code_below || shape.is_field ? 1 : INT32_MIN + i;
        event->count = shape.count_below || shape.is_field ? 2 : 1000;
        event->offset = shape.offset_below ? 3 : shape.offset_is_socket ? JOURNAL_NONE : 1u << 31;
        switch (shape.holds) {
        case HOLDS_NOTHING: break;
        case HOLDS_BYTES: event->bytes = slice_of("a\0\xff\n", 4); break;
        case HOLDS_BOTH_ADDRESSES: event->peer = &peer; // fall through
        case HOLDS_ADDRESS: event->address = &local; break;
        case HOLDS_FAILURE: event->failure = failure; break;
        }
    }
    written->journal.events = events;
    written->journal.event_count = EVENT_KIND_COUNT;
    written->journal.end_ns = FIRST_NS + 10;
}

START_TEST(every_kind_of_event_comes_back) {
    struct written written;
    struct journal_contents contents;
    struct journal journal;
    written_init(&written);
    struct failure const failure = {.kind = FAILURE_KIND_COUNT - 1,
                                    .message = "what \xff is wrong",
                                    .span = {_i == 2 ? &written.other : _i ? &written.source : NULL, _i ? 1 : 0, _i ? 7 : 0},
                                    .offset = (uint64_t)1 << 40,
                                    .window_offset = ((uint64_t)1 << 40) - 1,
                                    .expected = {(const uint8_t *)"ex", 2},
                                    .received = {(const uint8_t *)"rec", 3},
                                    .output = {(const uint8_t *)"out\0", 4},
                                    .output_of = 2,
                                    .is_cause = true,
                                    .wanted = _i ? "u16be == 5" : NULL};
    add_all(&written, &failure);
    write_head(&written.file);
    write_case(&written, &written.file);
    write_end(&written.file);
    read_back(&written, NULL, &contents, &journal);

    ck_assert_str_eq(contents.head.version, "7.8.9");
    ck_assert_int_eq(contents.head.began_ns, 1700000000000000000);
    ck_assert_int_eq(contents.head.realtime_ns, -5);
    ck_assert_uint_eq(contents.head.seed, UINT64_MAX);
    ck_assert_uint_eq(contents.head.jobs, 3);
    ck_assert(contents.head.fail_on_skip);
    ck_assert_uint_eq(contents.head.define_count, 1);
    ck_assert_uint_eq(contents.head.shard, 3);
    ck_assert_uint_eq(contents.head.shards, 8);
    ck_assert_uint_eq(contents.head.dealt, 900);
    ck_assert_str_eq(contents.head.defines[0].value, "1");
    ck_assert_uint_eq(contents.end.duration_ns, 77);
    ck_assert(contents.end.interrupted);
    ck_assert_uint_eq(contents.end.passed_turns, 12);
    ck_assert_str_eq(contents.cases[0].name, "x #2");
    ck_assert_str_eq(contents.cases[0].scratch, "/s");
    ck_assert_uint_eq(contents.cases[0].fingerprint, UINT64_MAX - 1);
    ck_assert_uint_eq(journal.socket_count, 3);
    ck_assert_int_eq(journal.begin_ns, FIRST_NS);
    ck_assert_int_eq(journal.end_ns, FIRST_NS + 10);
    ck_assert_uint_eq(journal.event_count, EVENT_KIND_COUNT);
    for (int i = 0; i < EVENT_KIND_COUNT; i++) same_event(&written.journal.events[i], &journal.events[i]);
    struct span const span = journal.events[EVENT_FAILED].failure->span;
    if (_i == 1) ck_assert_ptr_eq(span.source, &written.source);
    if (_i == 2) ck_assert_str_eq(span.source->path, "--define a");
    journal_fini(&journal);
    journal_contents_fini(&contents);
    written_fini(&written);
}
END_TEST

// More than one record has room for.
START_TEST(many_events_come_back) {
    enum { COUNT = 60000, BYTES = 100 };
    static uint8_t const bytes[BYTES] = {1, 2, 3};
    struct written written;
    struct journal_contents contents;
    struct journal journal;
    written_init(&written);
    struct event *const events = arena_array(&written.arena, COUNT, sizeof *events);
    for (uint32_t i = 0; i < COUNT; i++)
        events[i] = (struct event){.at_ns = FIRST_NS + i, .kind = EVENT_SENT, .count = BYTES, .bytes = {bytes, i % BYTES}};
    written.journal.events = events;
    written.journal.event_count = COUNT;
    write_head(&written.file);
    write_case(&written, &written.file);
    write_end(&written.file);
    read_back(&written, NULL, &contents, &journal);
    ck_assert_uint_eq(journal.event_count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) same_event(&events[i], &journal.events[i]);
    journal_fini(&journal);
    journal_contents_fini(&contents);
    written_fini(&written);
}
END_TEST

// ---- other versions

static void add_record(struct buffer *out, uint8_t kind, struct slice bytes) {
    uint8_t const head[12] = {kind, 0, 0, 0, (uint8_t)bytes.len_bytes};
    buffer_add(out, head, sizeof head);
    buffer_slice(out, bytes);
}

// The same file with an event kind's name changed: it is of one that is not known here.
static void rename_kind(struct buffer *file, const char *from) {
    int64_t const at = slice_find(buffer_view(file), slice_text(from));
    ck_assert_int_ge(at, 0);
    file->data[at] = 'X';
}

START_TEST(what_is_not_known_is_passed_over) {
    struct written written;
    struct journal_contents contents;
    struct journal journal;
    written_init(&written);
    struct failure const failure = {.kind = FAILURE_CALL, .message = "connect: ECONNREFUSED"};
    add_all(&written, &failure);
    write_head(&written.file);
    rename_kind(&written.file, event_name(EVENT_PEER_RESET));
    add_record(&written.file, 99, slice_text("what a later version says here"));
    write_case(&written, &written.file);
    add_record(&written.file, 98, slice_text("and here"));
    write_end(&written.file);
    add_record(&written.file, 97, slice_text(""));
    read_back(&written, "something stands behind its end", &contents, &journal);
    journal_contents_fini(&contents);
    written.file.len_bytes -= 12;
    read_back(&written, NULL, &contents, &journal);
    ck_assert_uint_eq(journal.event_count, EVENT_KIND_COUNT - 1);
    for (uint32_t i = 0; i + 1 < EVENT_KIND_COUNT; i++)
        same_event(&written.journal.events[i + (i >= EVENT_PEER_RESET)], &journal.events[i]);
    journal_fini(&journal);
    journal_contents_fini(&contents);
    written_fini(&written);
}
END_TEST

START_TEST(a_shard_is_one_of_those_that_are_dealt_to) {
    static const struct {
        uint32_t shard, shards;
        const char *wrong;
    } ROWS[] = {
        {0, 0, NULL}, {1, 1, NULL}, {8, 8, NULL}, {JOURNAL_SHARDS_MAX, JOURNAL_SHARDS_MAX, NULL},
        {9, 8, "it is of a shard that there is none of"}, {0, 8, "it is of a shard that there is none of"},
        {1, 0, "it is of a shard that there is none of"}, {1, JOURNAL_SHARDS_MAX + 1, "a number in it is larger than can be"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct journal_head const head = {.version = "1", .chosen = 1, .shard = ROWS[i].shard, .shards = ROWS[i].shards};
        struct buffer file = {0}, said = {0};
        struct journal_contents contents;
        journal_write_head(&head, &file);
        write_end(&file);
        bool const ok = journal_contents_init(&contents, buffer_view(&file), &said);
        ck_assert_msg(ok == !ROWS[i].wrong, "%u of %u: %s", head.shard, head.shards, ok ? "taken" : said.data);
        if (!ok) ck_assert_str_eq(said.data, ROWS[i].wrong);
        journal_contents_fini(&contents);
        buffer_fini(&said);
        buffer_fini(&file);
    }
}
END_TEST

START_TEST(events_say_only_what_can_be) {
    static const struct {
        struct event event;
        const char *wrong;
    } ROWS[] = {
        {{.kind = EVENT_STEP_BEGIN, .actor = 4}, "a number in it is larger than can be"},
        {{.kind = EVENT_STEP_BEGIN, .step = 9}, "a number in it is larger than can be"},
        {{.kind = EVENT_STEP_BEGIN, .socket = 3}, "a number in it is larger than can be"},
        {{.kind = EVENT_OPEN, .count = FAMILY_COUNT}, "an event in it is none"},
        {{.kind = EVENT_CLOSED, .code = -1}, "an event in it is none"},
        {{.kind = EVENT_CLOSED, .code = CLOSE_BY_PROGRAM + 1}, "an event in it is none"},
        {{.kind = EVENT_PRINTED, .code = 3}, "an event in it is none"},
        {{.kind = EVENT_SENT, .count = 2, .bytes = {(const uint8_t *)"abc", 3}}, "an event in it is none"},
        {{.kind = EVENT_SENT, .offset = UINT64_MAX}, "an event in it is none"},
        {{.kind = EVENT_FIELD, .count = 5}, "an event in it is none"},
        {{.kind = EVENT_BOUND}, "an event in it lacks an address"},
        {{.kind = EVENT_STEP_BEGIN, .at_ns = (int64_t)1 << 61}, "a time in it is none"},
    };
    struct written written;
    struct journal_contents contents;
    struct journal journal;
    written_init(&written);
    written.journal.events = &ROWS[_i].event;
    written.journal.event_count = 1;
    write_head(&written.file);
    write_case(&written, &written.file);
    write_end(&written.file);
    read_back(&written, ROWS[_i].wrong, &contents, &journal);
    journal_contents_fini(&contents);
    written_fini(&written);
}
END_TEST

// ---- hostile files

static const char *const FIXTURES[] = {"defined", "skipped", "flaky", "hostile"};

// Owned by the caller.
static struct buffer read_fixture(const char *name) {
    struct buffer path = {0}, bytes = {0};
    buffer_printf(&path, "%s/journals/%s.journal", FIXTURES_DIR, name);
    FILE *const file = fopen(path.data, "rb");
    ck_assert_msg(file != NULL, "%s", path.data);
    char piece[4096];
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;) buffer_add(&bytes, piece, len);
    fclose(file);
    buffer_fini(&path);
    return bytes;
}

static void tell(const struct replay *replay, uint32_t number) {
    struct console_style const style = {.verbose = true, .width = 80};
    struct journal journal;
    struct verdict verdict;
    struct buffer out = {0};
    ck_assert(replay_read(replay, number, &journal, &out));
    verdict_init(&verdict, &replay->plans[number], &journal);
    struct case_result const result = {.plan = &replay->plans[number], .journal = &journal, .verdict = &verdict};
    console_case(&result, &style, &out);
    ck_assert_uint_gt(out.len_bytes, 0);
    verdict_fini(&verdict);
    journal_fini(&journal);
    buffer_fini(&out);
}

// Whether it is a journal; then it can be told, else just one sentence is said.
static bool play(const uint8_t *data, size_t len_bytes) {
    struct replay replay;
    struct buffer wrong = {0};
    uint8_t *const own = malloc(len_bytes ? len_bytes : 1); // so that a sanitizer sees a byte read past its end
    ck_assert_ptr_nonnull(own);
    if (len_bytes) memcpy(own, data, len_bytes);
    bool const ok = replay_init(&replay, slice_of(own, len_bytes), "0", &wrong);
    ck_assert_int_eq(ok, wrong.len_bytes == 0);
    ck_assert(ok || !memchr(wrong.data, '\n', wrong.len_bytes));
    for (uint32_t i = 0; ok && i < replay.contents.case_count; i++) tell(&replay, i);
    replay_fini(&replay);
    buffer_fini(&wrong);
    free(own);
    return ok;
}

START_TEST(cut_anywhere_it_is_no_journal) {
    struct buffer file = read_fixture(FIXTURES[_i]);
    for (size_t len_bytes = 0; len_bytes < file.len_bytes; len_bytes++)
        ck_assert_msg(!play((const uint8_t *)file.data, len_bytes), "cut at byte %zu", len_bytes);
    ck_assert(play((const uint8_t *)file.data, file.len_bytes));
    buffer_fini(&file);
}
END_TEST

START_TEST(with_any_byte_changed_it_is_told_or_refused) {
    static const uint8_t CHANGES[] = {0xff, 0x01, 0x80};
    struct buffer file = read_fixture(FIXTURES[_i]);
    size_t told = 0, refused = 0;
    for (size_t at = 0; at < file.len_bytes; at++) {
        for (size_t k = 0; k < sizeof CHANGES; k++) {
            char const before = file.data[at];
            file.data[at] = (char)((uint8_t)before ^ CHANGES[k]);
            bool const ok = play((const uint8_t *)file.data, file.len_bytes);
            told += ok;
            refused += !ok;
            file.data[at] = before;
        }
    }
    ck_assert_uint_gt(told, 0);
    ck_assert_uint_gt(refused, 0);
    buffer_fini(&file);
}
END_TEST

int main(void) {
    enum { FIXTURE_COUNT = sizeof FIXTURES / sizeof *FIXTURES };
    Suite *const suite = suite_create("journal_file");
    TCase *const tcase = tcase_create("all");
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, shapes_are_those_of_the_table, 0, EVENT_KIND_COUNT);
    tcase_add_loop_test(tcase, every_kind_of_event_comes_back, 0, 3);
    tcase_add_test(tcase, many_events_come_back);
    tcase_add_test(tcase, what_is_not_known_is_passed_over);
    tcase_add_test(tcase, a_shard_is_one_of_those_that_are_dealt_to);
    tcase_add_loop_test(tcase, events_say_only_what_can_be, 0, 12);
    tcase_add_loop_test(tcase, cut_anywhere_it_is_no_journal, 0, FIXTURE_COUNT);
    tcase_add_loop_test(tcase, with_any_byte_changed_it_is_told_or_refused, 0, FIXTURE_COUNT);
    suite_add_tcase(suite, tcase);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
