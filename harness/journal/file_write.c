// The writer's half of journal/file.h.
#include "journal/file.h"
#include "number.h"
#include "shape.h"

#include "base/crc32.h"

#include <endian.h>
#include <string.h>

enum { EVENTS_BYTES = 64 * 1024 }; // of a record, about: what a cache holds

// ---- what records are made of

enum { NUMBERS_MAX = 8 };

static inline void add_numbers(struct buffer *out, const uint64_t *numbers, unsigned count) {
    uint8_t bytes[NUMBERS_MAX * NUMBER_BYTES_MAX], *end = bytes;
    for (unsigned i = 0; i < count; i++) end = number_put(end, numbers[i]);
    buffer_add(out, bytes, (size_t)(end - bytes));
}

static void add_number(struct buffer *out, uint64_t number) { add_numbers(out, &number, 1); }

static void add_signed(struct buffer *out, int64_t number) { add_number(out, zigzag(number)); }

static uint64_t id_number(uint32_t id) { return id == JOURNAL_NONE ? 0 : (uint64_t)id + 1; }

static void add_bytes(struct buffer *out, struct slice bytes) {
    add_number(out, bytes.len_bytes);
    buffer_slice(out, bytes);
}

static void add_text(struct buffer *out, const char *text) { add_bytes(out, slice_text(text)); }

// Where the record begins; record_end fills in its length.
static size_t record_begin(struct buffer *out, enum journal_record kind) {
    uint32_t const number = htole32(kind);
    uint64_t const length = 0;
    buffer_add(out, &number, sizeof number);
    buffer_add(out, &length, sizeof length);
    return out->len_bytes;
}

static void record_end(struct buffer *out, size_t begin) {
    uint64_t const length = htole64(out->len_bytes - begin);
    memcpy(out->data + begin - sizeof length, &length, sizeof length);
}

// ---- the run

static void write_kinds(struct buffer *out) {
    size_t const begin = record_begin(out, JOURNAL_RECORD_KINDS);
    add_number(out, EVENT_KIND_COUNT);
    for (int i = 0; i < EVENT_KIND_COUNT; i++) add_text(out, event_name((enum event_kind)i));
    record_end(out, begin);
}

void journal_write_head(const struct journal_head *head, struct buffer *out) {
    uint32_t const numbers[] = {JOURNAL_FILE_VERSION, JOURNAL_FILE_ORDER};
    buffer_text(out, JOURNAL_FILE_MAGIC);
    buffer_add(out, numbers, sizeof numbers);
    size_t const begin = record_begin(out, JOURNAL_RECORD_HEAD);
    add_text(out, head->version);
    add_signed(out, head->began_ns);
    add_signed(out, head->realtime_ns);
    add_number(out, head->seed);
    add_number(out, head->jobs);
    add_number(out, head->fail_on_skip);
    add_number(out, head->chosen);
    add_number(out, head->define_count);
    for (uint32_t i = 0; i < head->define_count; i++) {
        add_text(out, head->defines[i].name);
        add_text(out, head->defines[i].value);
    }
    add_number(out, head->shard);
    add_number(out, head->shards);
    add_number(out, head->dealt);
    add_number(out, head->player_count);
    for (uint32_t i = 0; i < head->player_count; i++) add_text(out, head->players[i]);
    record_end(out, begin);
    write_kinds(out);
}

void journal_write_text(const struct journal_text *text, struct buffer *out) {
    size_t const begin = record_begin(out, JOURNAL_RECORD_TEXT);
    add_text(out, text->path);
    add_bytes(out, text->text);
    record_end(out, begin);
}

void journal_write_file(const struct journal_file *file, struct buffer *out) {
    size_t const begin = record_begin(out, JOURNAL_RECORD_FILE);
    add_number(out, file->text);
    add_number(out, file->use_count);
    for (uint32_t i = 0; i < file->use_count; i++) {
        add_text(out, file->uses[i].path);
        add_number(out, file->uses[i].text);
    }
    record_end(out, begin);
}

const char *journal_file_lacks(void) { return crc32_lacks(); }

uint32_t journal_checksum(uint32_t before, struct slice bytes) { return crc32_add(before, bytes); }

void journal_write_end(const struct journal_end *end, struct buffer *out) {
    size_t const before = out->len_bytes;
    size_t const begin = record_begin(out, JOURNAL_RECORD_END);
    uint32_t checksum = 0;
    add_number(out, end->duration_ns);
    add_number(out, end->not_begun);
    add_number(out, end->interrupted);
    add_number(out, end->passed_turns);
    buffer_add(out, &checksum, sizeof checksum);
    record_end(out, begin);
    size_t const at = out->len_bytes - sizeof checksum;
    checksum = htole32(journal_checksum(end->checksum, slice_of(out->data + before, at - before)));
    memcpy(out->data + at, &checksum, sizeof checksum);
}

// ---- a case

void journal_write_case(const struct journal_case *facts, const struct journal *journal, struct buffer *out) {
    size_t const begin = record_begin(out, JOURNAL_RECORD_CASE);
    add_number(out, facts->number);
    add_number(out, facts->file);
    add_number(out, facts->place);
    add_text(out, facts->name);
    add_number(out, facts->fingerprint);
    add_signed(out, journal->begin_ns);
    add_signed(out, journal->end_ns);
    add_number(out, journal->socket_count);
    add_number(out, journal->event_count);
    add_text(out, facts->scratch);
    record_end(out, begin);
}

static void add_address(struct buffer *out, const struct address *address) {
    add_bytes(out, slice_of(&address->as, address->len_bytes));
    add_bytes(out, slice_of(address->interface, strnlen(address->interface, sizeof address->interface)));
}

static void add_addresses(struct buffer *out, const struct event *event) {
    add_number(out, (event->address ? 1 : 0) | (event->peer ? 2 : 0));
    if (event->address) add_address(out, event->address);
    if (event->peer) add_address(out, event->peer);
}

static void add_span(struct buffer *out, struct span span, struct journal_sources sources) {
    if (!span.source) {
        add_number(out, 0);
        return;
    }
    uint32_t number = 0;
    while (number < sources.count && sources.list[number] != span.source) number++;
    add_number(out, (uint64_t)number + 1);
    if (number == sources.count) {
        add_text(out, span.source->path);
        add_bytes(out, span.source->text);
    }
    add_number(out, span.start);
    add_number(out, span.end);
}

static void add_failure(struct buffer *out, const struct failure *failure, struct journal_sources sources) {
    _Static_assert(sizeof *failure == 112, "what a failure has is written, read, and told in journal/file.h");
    add_number(out, failure->kind);
    add_text(out, failure->message);
    add_span(out, failure->span, sources);
    add_number(out, failure->offset);
    add_number(out, failure->window_offset);
    add_bytes(out, failure->expected);
    add_bytes(out, failure->received);
    add_bytes(out, failure->output);
    add_number(out, failure->output_of);
    add_number(out, (failure->is_cause ? 1 : 0) | (failure->wanted ? 2 : 0));
    if (failure->wanted) add_text(out, failure->wanted);
}

static void add_event(struct buffer *out, const struct event *event, int64_t before_ns, struct journal_sources sources) {
    uint64_t const numbers[] = {zigzag(event->at_ns - before_ns), id_number(event->actor), event->task,  id_number(event->step),
                                id_number(event->socket),         zigzag(event->code),     event->count, event->offset};
    add_numbers(out, numbers, sizeof numbers / sizeof *numbers);
    switch (event_shape(event->kind).holds) {
    case HOLDS_NOTHING: break;
    case HOLDS_BYTES: add_bytes(out, event->bytes); break;
    case HOLDS_ADDRESS:
    case HOLDS_BOTH_ADDRESSES: add_addresses(out, event); break;
    case HOLDS_FAILURE: add_failure(out, event->failure, sources); break;
    }
}

bool journal_write_events(struct journal_reader *reader, int64_t *before_ns, struct journal_sources sources, struct buffer *out) {
    const struct event *event = journal_next(reader);
    struct buffer one = {0};
    if (!event) return false;
    size_t const begin = record_begin(out, JOURNAL_RECORD_EVENTS);
    for (; event; event = out->len_bytes - begin < EVENTS_BYTES ? journal_next(reader) : NULL) {
        buffer_clear(&one);
        add_event(&one, event, *before_ns, sources);
        add_numbers(out, (uint64_t[]){event->kind, one.len_bytes}, 2);
        buffer_slice(out, buffer_view(&one));
        *before_ns = event->at_ns;
    }
    record_end(out, begin);
    buffer_fini(&one);
    return true;
}
