// The reader of one case's events.
#include "cursor.h"
#include "journal/file.h"
#include "shape.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { OFFSET_MAX_BITS = 62 };

struct case_reader {
    const struct journal_contents *contents;
    const struct journal_case *facts;
    struct journal_sources sources;
    struct journal_limits limits;
    struct arena *arena;
    int64_t at_ns;         // of the event before
    uint32_t socket_count; // above the highest that an event names: what the case says may be far more
};

static struct slice read_bytes(struct cursor *cursor) {
    struct slice const bytes = cursor_bytes(cursor);
    return slice_of(arena_copy(cursor->arena, bytes.data, bytes.len_bytes), bytes.len_bytes);
}

static const struct address *read_address(struct cursor *cursor) {
    struct address *const address = arena_alloc(cursor->arena, sizeof *address);
    struct slice const name = cursor_bytes(cursor);
    struct slice const interface = cursor_bytes(cursor);
    bool const has_family = !name.len_bytes || name.len_bytes >= sizeof address->as.any.sa_family;
    if (name.len_bytes > sizeof address->as || interface.len_bytes >= sizeof address->interface || !has_family) {
        cursor_fail(cursor, "an address in it is none");
        return address;
    }
    memcpy(&address->as, name.data, name.len_bytes);
    memcpy(address->interface, interface.data, interface.len_bytes);
    address->len_bytes = (socklen_t)name.len_bytes;
    return address;
}

static void read_addresses(struct cursor *cursor, struct event *event, bool needs_peer) {
    uint64_t const flags = cursor_number(cursor, 3);
    if (flags & 1) event->address = read_address(cursor);
    if (flags & 2) event->peer = read_address(cursor);
    if (!event->address || (needs_peer && !event->peer)) cursor_fail(cursor, "an event in it lacks an address");
}

// A text of no file.
static const struct source *read_source(struct cursor *cursor) {
    struct source *const source = arena_alloc(cursor->arena, sizeof *source);
    const char *const path = cursor_text(cursor);
    source_init(source, cursor->arena, path, read_bytes(cursor));
    return source;
}

static struct span read_span(struct cursor *cursor, struct journal_sources sources) {
    uint64_t const number = cursor_number(cursor, (uint64_t)sources.count + 1);
    if (!number) return (struct span){0};
    struct span span = {.source = number <= sources.count ? sources.list[number - 1] : read_source(cursor)};
    span.start = (uint32_t)cursor_number(cursor, span.source->text.len_bytes);
    span.end = (uint32_t)cursor_number(cursor, span.source->text.len_bytes);
    if (span.start > span.end) cursor_fail(cursor, "a span in it ends before it begins");
    return span;
}

static const struct failure *read_failure(struct cursor *cursor, struct journal_sources sources) {
    uint64_t const offset_max = (uint64_t)1 << OFFSET_MAX_BITS;
    struct failure *const failure = arena_alloc(cursor->arena, sizeof *failure);
    failure->kind = (enum failure_kind)cursor_number(cursor, FAILURE_KIND_COUNT - 1);
    failure->message = cursor_text(cursor);
    failure->span = read_span(cursor, sources);
    failure->offset = cursor_number(cursor, offset_max);
    failure->window_offset = cursor_number(cursor, offset_max);
    failure->expected = read_bytes(cursor);
    failure->received = read_bytes(cursor);
    failure->output = read_bytes(cursor);
    failure->output_of = (uint8_t)cursor_number(cursor, 2);
    uint64_t const flags = cursor_number(cursor, UINT64_MAX);
    failure->is_cause = flags & 1;
    if (flags & 2) failure->wanted = cursor_text(cursor);
    return failure;
}

// The numbers, as far as what reads them counts on it.
static bool is_sound(const struct case_reader *reader, const struct event *event, struct event_shape shape) {
    uint32_t const socket_count = reader->facts->socket_count;
    uint32_t const code = event->code < 0 ? UINT32_MAX : (uint32_t)event->code;
    uint64_t const most = (uint64_t)1 << OFFSET_MAX_BITS;
    if (shape.code_below && code >= shape.code_below) return false;
    if (shape.count_below && event->count >= shape.count_below) return false;
    if (shape.offset_below && event->offset >= shape.offset_below) return false;
    if (shape.offset_is_socket && event->offset >= socket_count && event->offset != JOURNAL_NONE) return false;
    if (shape.is_field && (code >= reader->limits.field_fate_count || event->count >= reader->limits.field_count)) return false;
    return !shape.is_counted || (event->bytes.len_bytes <= event->count && event->count < most && event->offset < most);
}

static void count_socket(struct case_reader *reader, uint64_t socket) {
    if (socket != JOURNAL_NONE && socket >= reader->socket_count) reader->socket_count = (uint32_t)socket + 1;
}

static void read_event(struct case_reader *reader, struct cursor *body, struct event *event) {
    int64_t const most_ns = (int64_t)1 << TIME_NS_MAX_BITS;
    struct event_shape const shape = event_shape(event->kind);
    int64_t const since_ns = cursor_signed(body);
    event->actor = cursor_id(body, reader->limits.instance_count);
    event->task = (uint32_t)cursor_number(body, UINT32_MAX);
    event->step = cursor_id(body, reader->limits.step_count);
    event->socket = cursor_id(body, reader->facts->socket_count);
    int64_t const code = cursor_signed(body);
    event->code = (int32_t)code;
    event->count = cursor_number(body, UINT64_MAX);
    event->offset = cursor_number(body, UINT64_MAX);
    if (since_ns >= most_ns || since_ns <= -most_ns || event->code != code) cursor_fail(body, "an event in it is none");
    event->at_ns = reader->at_ns + (body->wrong ? 0 : since_ns);
    if (event->at_ns >= most_ns || event->at_ns <= -most_ns) cursor_fail(body, "a time in it is none");
    switch (shape.holds) {
    case HOLDS_NOTHING: break;
    case HOLDS_BYTES: event->bytes = read_bytes(body); break;
    case HOLDS_ADDRESS: read_addresses(body, event, false); break;
    case HOLDS_BOTH_ADDRESSES: read_addresses(body, event, true); break;
    case HOLDS_FAILURE: event->failure = read_failure(body, reader->sources); break;
    }
    if (!body->wrong && !is_sound(reader, event, shape)) cursor_fail(body, "an event in it is none");
    if (body->wrong) return;
    count_socket(reader, event->socket);
    if (shape.offset_is_socket) count_socket(reader, event->offset);
}

// The events of a record, behind those that were read before; how many there are then.
static uint64_t read_events(struct case_reader *reader, struct cursor *record, struct event *events, uint64_t *seen,
                            uint64_t count) {
    while (record->rest.len_bytes && !record->wrong) {
        uint64_t const kind = cursor_number(record, UINT64_MAX);
        struct cursor body = {.rest = cursor_bytes(record), .arena = reader->arena};
        if (record->wrong) break;
        if (++*seen > reader->facts->event_count) cursor_fail(record, "a case in it has more events than it says");
        bool const is_known = kind < reader->contents->kind_count && reader->contents->kinds[kind] >= 0;
        struct event unknown = {0}, *const event = is_known && !record->wrong ? &events[count++] : &unknown;
        event->kind = is_known ? (enum event_kind)reader->contents->kinds[kind] : EVENT_KIND_COUNT;
        read_event(reader, &body, event);
        reader->at_ns = event->at_ns;
        if (body.wrong) cursor_fail(record, body.wrong);
    }
    return count;
}

bool journal_read_case(const struct journal_contents *contents, const struct journal_case *facts,
                       struct journal_sources sources, struct journal_limits limits, struct journal *journal,
                       struct buffer *wrong) {
    struct journal_segment *const segment = memory_need(calloc(1, sizeof *segment));
    journal_segment_init(segment, 0, 1);
    journal_merge(journal, segment, 1);
    struct case_reader reader = {contents, facts, sources, limits, &segment->arena, facts->begin_ns, 0};
    struct cursor file = {.rest = {contents->bytes.data + facts->at, facts->end_at - facts->at}};
    struct event *const events = arena_array(&journal->arena, facts->event_count, sizeof *events);
    uint64_t seen = 0, count = 0;
    while (file.rest.len_bytes && !file.wrong) {
        uint32_t const kind = cursor_fixed32(&file);
        uint64_t const length = cursor_fixed64(&file);
        struct cursor record = {.rest = {file.rest.data, (size_t)length}};
        file.rest = slice_of(file.rest.data + length, file.rest.len_bytes - (size_t)length); // looked at before
        if (kind == JOURNAL_RECORD_EVENTS) count = read_events(&reader, &record, events, &seen, count);
        if (record.wrong) cursor_fail(&file, record.wrong);
    }
    if (!file.wrong && seen != facts->event_count) cursor_fail(&file, "a case in it has fewer events than it says");
    journal->events = events;
    journal->event_count = count;
    journal->begin_ns = facts->begin_ns;
    journal->end_ns = facts->end_ns;
    journal->socket_count = reader.socket_count;
    if (file.wrong) {
        buffer_text(wrong, file.wrong);
        journal_fini(journal);
    }
    return !file.wrong;
}
