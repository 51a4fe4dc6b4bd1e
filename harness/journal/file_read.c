// The reader's half of journal/file.h: the run, its texts, and where its cases' events lie.
#include "cursor.h"
#include "journal/file.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct journal_contents *contents;
    struct cursor cursor; // of the whole file
    bool has_head, has_kinds, has_end;
};

static int64_t read_time(struct cursor *cursor) {
    int64_t const most = (int64_t)1 << TIME_NS_MAX_BITS;
    int64_t const time_ns = cursor_signed(cursor);
    if (time_ns < most && time_ns > -most) return time_ns;
    cursor_fail(cursor, "a time in it is none");
    return 0;
}

static void read_head(struct reader *reader, struct cursor *record) {
    struct journal_head *const head = &reader->contents->head;
    if (reader->has_head) cursor_fail(record, "it has two heads");
    reader->has_head = true;
    head->version = cursor_text(record);
    head->began_ns = read_time(record);
    head->realtime_ns = read_time(record);
    head->seed = cursor_number(record, UINT64_MAX);
    head->jobs = (uint32_t)cursor_number(record, UINT32_MAX);
    head->fail_on_skip = cursor_number(record, UINT64_MAX) & 1;
    head->chosen = (uint32_t)cursor_number(record, UINT32_MAX / 2);
    uint64_t const count = cursor_number(record, record->rest.len_bytes);
    struct journal_define *const defines = arena_array(record->arena, (size_t)count, sizeof *defines);
    for (uint64_t i = 0; i < count && !record->wrong; i++) {
        defines[i].name = cursor_text(record);
        defines[i].value = cursor_text(record);
    }
    head->defines = defines;
    head->define_count = (uint32_t)count;
    if (record->rest.len_bytes == 0) return; // of an older sockdrill
    head->shard = (uint32_t)cursor_number(record, JOURNAL_SHARDS_MAX);
    head->shards = (uint32_t)cursor_number(record, JOURNAL_SHARDS_MAX);
    head->dealt = (uint32_t)cursor_number(record, UINT32_MAX / 2);
    if (head->shard > head->shards || !head->shard != !head->shards) cursor_fail(record, "it is of a shard that there is none of");
    if (record->rest.len_bytes == 0) return; // the same
    uint64_t const player_count = cursor_number(record, record->rest.len_bytes);
    const char **const players = arena_array(record->arena, (size_t)player_count, sizeof *players);
    for (uint64_t i = 0; i < player_count && !record->wrong; i++) players[i] = cursor_text(record);
    head->players = players;
    head->player_count = (uint32_t)player_count;
}

static int32_t kind_called(const char *name) {
    for (int32_t i = 0; i < EVENT_KIND_COUNT; i++) {
        if (strcmp(event_name((enum event_kind)i), name) == 0) return i;
    }
    return -1;
}

static void read_kinds(struct reader *reader, struct cursor *record) {
    struct journal_contents *const contents = reader->contents;
    if (reader->has_kinds) cursor_fail(record, "it has two lists of kinds");
    reader->has_kinds = true;
    uint64_t const count = cursor_number(record, record->rest.len_bytes);
    int32_t *const kinds = arena_array(record->arena, (size_t)count, sizeof *kinds);
    for (uint64_t i = 0; i < count && !record->wrong; i++) kinds[i] = kind_called(cursor_text(record));
    contents->kinds = kinds;
    contents->kind_count = (uint32_t)count;
}

static void read_text(struct reader *reader, struct cursor *record) {
    struct journal_contents *const contents = reader->contents;
    contents->texts = arena_grow(record->arena, contents->texts, contents->text_count, sizeof *contents->texts);
    struct journal_text *const text = &contents->texts[contents->text_count++];
    text->path = cursor_text(record);
    text->text = cursor_bytes(record);
}

static uint32_t read_text_number(struct reader *reader, struct cursor *record) {
    uint32_t const number = (uint32_t)cursor_number(record, UINT32_MAX);
    if (number < reader->contents->text_count) return number;
    cursor_fail(record, "it lacks a text that it names");
    return 0;
}

static void read_file(struct reader *reader, struct cursor *record) {
    struct journal_contents *const contents = reader->contents;
    contents->files = arena_grow(record->arena, contents->files, contents->file_count, sizeof *contents->files);
    struct journal_file *const file = &contents->files[contents->file_count++];
    file->text = read_text_number(reader, record);
    uint64_t const count = cursor_number(record, record->rest.len_bytes);
    struct journal_use *const uses = arena_array(record->arena, (size_t)count, sizeof *uses);
    for (uint64_t i = 0; i < count && !record->wrong; i++) {
        uses[i].path = cursor_text(record);
        uses[i].text = read_text_number(reader, record);
    }
    file->uses = uses;
    file->use_count = (uint32_t)count;
}

static void read_case(struct reader *reader, struct cursor *record) {
    enum { SOCKETS_A_EVENT_MAX = 256 }; // threads: each numbers its own, as far apart as there are threads
    struct journal_contents *const contents = reader->contents;
    if (!reader->has_head || !reader->has_kinds) cursor_fail(record, "a case in it comes too early");
    contents->cases = arena_grow(record->arena, contents->cases, contents->case_count, sizeof *contents->cases);
    struct journal_case *const facts = &contents->cases[contents->case_count++];
    facts->number = (uint32_t)cursor_number(record, UINT32_MAX);
    facts->file = (uint32_t)cursor_number(record, UINT32_MAX);
    facts->place = (uint32_t)cursor_number(record, UINT32_MAX);
    facts->name = cursor_text(record);
    facts->fingerprint = cursor_number(record, UINT64_MAX);
    facts->begin_ns = read_time(record);
    facts->end_ns = read_time(record);
    facts->socket_count = (uint32_t)cursor_number(record, UINT32_MAX / 2);
    facts->event_count = cursor_number(record, reader->cursor.rest.len_bytes); // each has a byte at the least
    facts->scratch = cursor_text(record);
    facts->at = facts->end_at = contents->bytes.len_bytes - reader->cursor.rest.len_bytes;
    if (facts->number >= contents->head.chosen) cursor_fail(record, "it has not all of the cases that it speaks of");
    if (facts->file >= contents->file_count) cursor_fail(record, "it lacks the file of a case");
    if (facts->socket_count > SOCKETS_A_EVENT_MAX * (facts->event_count + 1))
        cursor_fail(record, "a case in it has more sockets than events");
}

static void read_events(struct reader *reader, struct cursor *record) {
    struct journal_contents *const contents = reader->contents;
    struct journal_case *const facts = contents->case_count ? &contents->cases[contents->case_count - 1] : NULL;
    size_t const end_at = contents->bytes.len_bytes - reader->cursor.rest.len_bytes;
    if (facts) facts->end_at = end_at;
    else cursor_fail(record, "events in it are of no case");
}

static void read_end(struct reader *reader, struct cursor *record) {
    struct journal_end *const end = &reader->contents->end;
    if (reader->has_end) cursor_fail(record, "it ends twice");
    reader->has_end = true;
    end->duration_ns = cursor_number(record, (uint64_t)1 << TIME_NS_MAX_BITS);
    end->not_begun = (uint32_t)cursor_number(record, UINT32_MAX);
    end->interrupted = cursor_number(record, UINT64_MAX) & 1;
    end->passed_turns = cursor_number(record, UINT64_MAX);
    if (record->wrong || record->rest.len_bytes < sizeof(uint32_t)) return; // the first writers had none
    const struct slice bytes = reader->contents->bytes;
    size_t const at = (size_t)((const char *)record->rest.data - (const char *)bytes.data);
    reader->contents->is_damaged = cursor_fixed32(record) != journal_checksum(0, slice_of(bytes.data, at));
}

// Immutable; by enum journal_record. What is not here is of a later version, and nothing to us.
static void (*const READERS[])(struct reader *, struct cursor *) = {
    [JOURNAL_RECORD_HEAD] = read_head, [JOURNAL_RECORD_KINDS] = read_kinds, [JOURNAL_RECORD_TEXT] = read_text,
    [JOURNAL_RECORD_FILE] = read_file, [JOURNAL_RECORD_CASE] = read_case,   [JOURNAL_RECORD_EVENTS] = read_events,
    [JOURNAL_RECORD_END] = read_end,
};

static void read_record(struct reader *reader) {
    struct cursor *const file = &reader->cursor;
    if (reader->has_end) cursor_fail(file, "something stands behind its end");
    uint32_t const kind = cursor_fixed32(file);
    uint64_t const length = cursor_fixed64(file);
    if (!file->wrong && length > file->rest.len_bytes) cursor_fail(file, "it ends within a record");
    if (file->wrong) return;
    struct cursor record = {.rest = {file->rest.data, (size_t)length}, .arena = file->arena};
    file->rest = slice_of(file->rest.data + length, file->rest.len_bytes - (size_t)length);
    if (kind < sizeof READERS / sizeof *READERS && READERS[kind]) READERS[kind](reader, &record);
    if (record.wrong) cursor_fail(file, record.wrong);
}

static int numbers_compare(const void *left, const void *right) {
    uint32_t const a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

// Every case that was chosen was told once, or not begun.
static const char *check_cases(struct journal_contents *contents) {
    uint32_t *const numbers = arena_array(&contents->arena, contents->case_count, sizeof *numbers);
    uint32_t count = 0;
    for (uint32_t i = 0; i < contents->case_count; i++) {
        struct journal_case *const facts = &contents->cases[i];
        facts->is_last = i + 1 == contents->case_count || facts[1].number != facts->number;
        if (facts->is_last) numbers[count++] = facts->number;
    }
    if (count) qsort(numbers, count, sizeof *numbers, numbers_compare);
    for (uint32_t i = 1; i < count; i++) {
        if (numbers[i] == numbers[i - 1]) return "a case in it comes twice";
    }
    bool const is_all = (uint64_t)count + contents->end.not_begun == contents->head.chosen;
    return is_all ? NULL : "it has not all of the cases that it speaks of";
}

static const char *check_mark(struct slice bytes, struct buffer *wrong) {
    enum { MAGIC_BYTES = sizeof JOURNAL_FILE_MAGIC - 1 };
    uint32_t numbers[2];
    _Static_assert(JOURNAL_FILE_MARK_BYTES == MAGIC_BYTES + sizeof numbers, "the mark is the magic and two numbers");
    if (bytes.len_bytes < JOURNAL_FILE_MARK_BYTES || memcmp(bytes.data, JOURNAL_FILE_MAGIC, MAGIC_BYTES) != 0)
        return "it is no journal";
    memcpy(numbers, bytes.data + MAGIC_BYTES, sizeof numbers);
    if (numbers[1] != JOURNAL_FILE_ORDER)
        return numbers[1] == __builtin_bswap32(JOURNAL_FILE_ORDER) ? "it was written on a machine of the other byte order"
                                                                   : "it is no journal";
    if (numbers[0] == JOURNAL_FILE_VERSION) return NULL;
    buffer_printf(wrong, "it is of format %u, and this sockdrill reads format %d", numbers[0], JOURNAL_FILE_VERSION);
    return "";
}

bool journal_is_readable(struct slice bytes, struct buffer *wrong) {
    const char *const why = check_mark(bytes, wrong);
    if (why) buffer_text(wrong, why);
    return !why;
}

bool journal_contents_init(struct journal_contents *contents, struct slice bytes, struct buffer *wrong) {
    *contents = (struct journal_contents){.bytes = bytes};
    arena_init(&contents->arena);
    const char *why = check_mark(bytes, wrong);
    if (!why) {
        struct slice const rest = slice_of(bytes.data + JOURNAL_FILE_MARK_BYTES, bytes.len_bytes - JOURNAL_FILE_MARK_BYTES);
        struct reader reader = {.contents = contents, .cursor = {.rest = rest, .arena = &contents->arena}};
        while (reader.cursor.rest.len_bytes && !reader.cursor.wrong) read_record(&reader);
        why = reader.cursor.wrong;
        if (!why && !reader.has_end) why = "it has no end: the run was cut short, or the file";
        if (!why && !reader.has_head) why = "it has no head";
        if (!why) why = check_cases(contents);
    }
    if (why) buffer_text(wrong, why);
    return !why;
}

void journal_contents_fini(struct journal_contents *contents) {
    arena_fini(&contents->arena);
    *contents = (struct journal_contents){0};
}
