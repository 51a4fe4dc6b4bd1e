// --verbose: the socket behind each step and the bytes that crossed, line by line as it happened.
#include "console.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    TRACE_INDENT = 2,
    STEP_COLUMNS = 32,
    LINE_DIGITS_MIN = 3,
    BYTES_MAX = 64, // of what was printed, sent or received
    CASE_COLUMNS_MAX = 24,
};

// Bytes that came, or went, in pieces: to a reader that is one line.
struct gathered {
    struct event first; // of the pieces; kind EVENT_KIND_COUNT: there are none
    struct buffer bytes; // what is kept of them
    uint64_t count;      // of them all
};

// How far one case is told. Owned by whoever tells it.
struct console_trace {
    const struct plan *plan;
    struct console_style style;
    unsigned case_columns; // of the case's name, before each line; 0: it is not
    unsigned name_columns;
    struct arena arena; // of the book
    struct socket_book book; // as it is by now
    struct gathered gathered;
};

static bool is_of_program(enum event_kind kind) {
    return kind == EVENT_STARTED || kind == EVENT_PRINTED || kind == EVENT_STOPPED || kind == EVENT_EXITED;
}

static bool is_of_bytes(enum event_kind kind) {
    return kind == EVENT_SENT || kind == EVENT_MATCHED || kind == EVENT_DISCARDED;
}

static bool is_of_addresses(enum event_kind kind) {
    return kind == EVENT_BOUND || kind == EVENT_CONNECTED || kind == EVENT_ACCEPTED || kind == EVENT_PASSED;
}

bool console_trace_reads(const struct event *event) {
    enum event_kind const kind = event->kind;
    return kind == EVENT_SNAPSHOT || kind == EVENT_LOGGED || kind == EVENT_NOTE || kind == EVENT_LIFECYCLE ||
           kind == EVENT_SECURED || is_of_program(kind) || is_of_bytes(kind) || is_of_addresses(kind) ||
           (kind == EVENT_CLOSED && event->code == CLOSE_BY_BLOCK);
}

// What a program prints is told as it comes: that a step has received it says nothing new.
static bool is_shown(const struct console_trace *trace, const struct event *event) {
    if (is_of_addresses(event->kind)) return false;
    if (event->kind != EVENT_MATCHED && event->kind != EVENT_DISCARDED) return true;
    const struct plan *const plan = trace->plan;
    bool const of_program = event->actor < plan->instance_count &&
                            plan->actors[plan->instances[event->actor].actor].role == ROLE_PROGRAM;
    return !of_program || (event->socket < trace->book.count && trace->book.local[event->socket]);
}

// Of all actors, whether they have anything to tell or not: lines come before that is known.
static unsigned widest_name(const struct plan *plan) {
    size_t widest = sizeof "case" - 1;
    struct buffer name = {0};
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        const struct actor *const actor = &plan->actors[i];
        if (!actor->instance_count) continue;
        buffer_clear(&name);
        instance_name(plan, actor->first_instance + actor->instance_count - 1, &name);
        if (actor->role != ROLE_AFTERWARDS && name.len_bytes > widest) widest = name.len_bytes;
    }
    buffer_fini(&name);
    return (unsigned)widest;
}

unsigned console_trace_columns(const struct plan *const *plans, uint32_t count) {
    unsigned columns = 1;
    struct buffer name = {0};
    for (uint32_t i = 0; i < count; i++) {
        buffer_clear(&name);
        unsigned const shown = report_text(slice_text(plans[i]->case_name), CASE_COLUMNS_MAX, &name);
        if (shown > columns) columns = shown;
    }
    buffer_fini(&name);
    return columns;
}

struct console_trace *console_trace_new(const struct plan *plan, const struct console_style *style,
                                        unsigned case_columns) {
    struct console_trace *const trace = memory_need(calloc(1, sizeof *trace));
    trace->plan = plan;
    trace->style = *style;
    trace->case_columns = case_columns;
    trace->name_columns = widest_name(plan);
    trace->gathered.first.kind = EVENT_KIND_COUNT;
    arena_init(&trace->arena);
    return trace;
}

void console_trace_free(struct console_trace *trace) {
    if (!trace) return;
    buffer_fini(&trace->gathered.bytes);
    arena_fini(&trace->arena);
    free(trace);
}

void console_trace_begin(struct console_trace *trace, struct buffer *out) {
    struct page const page = {.style = &trace->style, .out = out};
    size_t const from = out->len_bytes;
    page_paint(&page, PAINT_STRONG, "run   ");
    report_text(slice_text(trace->plan->case_name), COLUMNS_ALL, out);
    buffer_text(out, "\n");
    page_wrap(&page, from);
}

// --- lines

// The end of the case's name, which tells most.
static void case_columns(const struct console_trace *trace, struct buffer *out) {
    struct slice name = slice_text(trace->plan->case_name);
    unsigned const columns = trace->case_columns;
    bool const is_cut = columns == CASE_COLUMNS_MAX && name.len_bytes > columns;
    if (is_cut) name = slice_of(name.data + name.len_bytes - (columns - 3), columns - 3);
    buffer_repeat(out, ' ', TRACE_INDENT);
    if (is_cut) buffer_text(out, "...");
    report_padded(name, is_cut ? columns - 3 : columns, out);
}

// "  servidor    8: bind tcp 127.0.0.1:4400         "
static void line_head(const struct console_trace *trace, const struct event *event, struct buffer *out) {
    struct buffer name = {0};
    instance_name(trace->plan, event->actor, &name);
    if (trace->case_columns) case_columns(trace, out);
    buffer_repeat(out, ' ', TRACE_INDENT);
    bool const is_wider = name.len_bytes > trace->name_columns;
    report_padded(buffer_view(&name), is_wider ? (unsigned)name.len_bytes : trace->name_columns, out);
    const struct step *const step = step_at(trace->plan, event->step);
    if (step) {
        buffer_printf(out, "  %*u: ", LINE_DIGITS_MIN, step_line(step));
        buffer_repeat(out, ' ', STEP_COLUMNS - step_words(step, STEP_COLUMNS, out));
    }
    buffer_text(out, "  ");
    buffer_fini(&name);
}

static void snapshot_render(const struct event *event, struct buffer *out) {
    if (event->code == -1) buffer_text(out, "[closed] ");
    buffer_printf(out, "fd=%d ", event->code);
    family_words((enum family_word)event->count, out);
    buffer_text(out, " local=");
    address_words(event->address, out);
    buffer_text(out, " peer=");
    address_words(event->peer, out);
    buffer_printf(out, " state=%s", state_name((enum state)event->offset));
}

static void text_render(const char *label, const struct event *event, struct buffer *out) {
    buffer_text(out, label);
    report_text(event->bytes, COLUMNS_ALL, out);
}

static void program_render(const struct event *event, struct buffer *out) {
    if (event->kind == EVENT_STARTED) {
        buffer_printf(out, "process %d: ", event->code);
        report_text(event->bytes, COLUMNS_ALL, out);
    } else if (event->kind == EVENT_STOPPED) {
        signal_words(event->code, out);
        static const char *const senders[] = {"", " by the harness at the end",
                                              " by the harness: `stop` was not heeded"};
        buffer_printf(out, " sent%s", senders[event->count < 3 ? event->count : 0]);
    } else {
        program_end_words(event, out);
    }
}

static void line_end(const struct console_trace *trace, size_t from, struct buffer *out) {
    struct page const page = {.style = &trace->style, .out = out};
    buffer_text(out, "\n");
    page_wrap(&page, from);
}

static void line_render(const struct console_trace *trace, const struct event *event, struct buffer *out) {
    size_t const from = out->len_bytes;
    line_head(trace, event, out);
    if (event->kind == EVENT_SNAPSHOT) {
        snapshot_render(event, out);
    } else if (is_of_program(event->kind)) {
        program_render(event, out);
    } else if (event->kind == EVENT_LOGGED) {
        text_render("log: ", event, out);
    } else if (event->kind == EVENT_NOTE) {
        text_render("note: ", event, out);
    } else if (event->kind == EVENT_SECURED) {
        text_render(event->code ? "TLS failed: " : "TLS: ", event, out);
    } else if (event->kind == EVENT_LIFECYCLE) {
        text_render("lifecycle ", event, out);
    } else {
        struct buffer addresses = {0};
        bool const has_address = socket_words(&trace->book, event->socket, &addresses);
        if (has_address) buffer_slice(out, buffer_view(&addresses));
        buffer_printf(out, "%sclosed by the harness at the end of its block", has_address ? " " : "");
        buffer_fini(&addresses);
    }
    line_end(trace, from, out);
}

// --- bytes

static bool gathers(enum event_kind kind) { return kind == EVENT_PRINTED || is_of_bytes(kind); }

// "sent 398 bytes: "GET / HTTP/1.1\r\n"...", "printed 5 bytes to stdout: "ready""
static void bytes_render(const struct gathered *gathered, struct buffer *out) {
    static const char *const streams[] = {"its terminal", "stdout", "stderr"};
    enum event_kind const kind = gathered->first.kind;
    uint64_t const count = gathered->count;
    buffer_printf(out, "%s %" PRIu64 " byte%s",
                  kind == EVENT_PRINTED   ? "printed"
                  : kind == EVENT_SENT    ? "sent"
                  : kind == EVENT_MATCHED ? "received"
                                          : "discarded",
                  count, count == 1 ? "" : "s");
    if (kind == EVENT_PRINTED)
        buffer_printf(out, " to %s", streams[(unsigned)gathered->first.code < 3 ? gathered->first.code : 0]);
    struct slice const bytes = buffer_view(&gathered->bytes);
    if (!bytes.len_bytes) return;
    buffer_text(out, ": \"");
    buffer_escaped(out, bytes, BYTES_MAX);
    buffer_text(out, "\"");
}

static void gathered_tell(struct console_trace *trace, struct buffer *out) {
    struct gathered *const gathered = &trace->gathered;
    if (gathered->first.kind == EVENT_KIND_COUNT) return;
    size_t const from = out->len_bytes;
    line_head(trace, &gathered->first, out);
    bytes_render(gathered, out);
    line_end(trace, from, out);
    gathered->first.kind = EVENT_KIND_COUNT;
}

static bool goes_on(const struct gathered *gathered, const struct event *event) {
    const struct event *const first = &gathered->first;
    return event->kind == first->kind && event->actor == first->actor && event->socket == first->socket &&
           (event->kind == EVENT_PRINTED ? event->code == first->code
                                         : event->task == first->task && event->step == first->step);
}

// Many programs print byte by byte, and a long stream goes in pieces. A printed line is told when it ends; the rest
// waits for what comes next.
static void gather(struct console_trace *trace, const struct event *event, struct buffer *out) {
    struct gathered *const gathered = &trace->gathered;
    if (!goes_on(gathered, event)) {
        gathered_tell(trace, out);
        gathered->first = *event;
        gathered->count = 0;
        buffer_clear(&gathered->bytes);
    }
    gathered->count += event->count;
    if (gathered->bytes.len_bytes <= BYTES_MAX) buffer_slice(&gathered->bytes, event->bytes);
    struct slice const bytes = event->bytes;
    bool const is_whole = bytes.len_bytes && bytes.len_bytes == event->count;
    bool const ends_line = event->kind == EVENT_PRINTED && is_whole && bytes.data[bytes.len_bytes - 1] == '\n';
    if (ends_line) gathered_tell(trace, out);
}

// ---

static const struct address **grown(struct arena *arena, const struct address **old, uint32_t old_count,
                                    uint32_t count) {
    const struct address **const addresses = arena_array(arena, count, sizeof *addresses);
    for (uint32_t i = 0; i < old_count; i++) addresses[i] = old[i];
    return addresses;
}

static void book_note(struct console_trace *trace, const struct event *event) {
    struct socket_book *const book = &trace->book;
    if (event->socket == JOURNAL_NONE) return;
    if (event->socket >= book->count) {
        bool const may_double = event->socket < UINT32_MAX / 2;
        uint32_t const count = event->socket < 32 ? 64 : may_double ? event->socket * 2 : UINT32_MAX;
        book->local = grown(&trace->arena, book->local, book->count, count);
        book->peer = grown(&trace->arena, book->peer, book->count, count);
        book->count = count;
    }
    book->local[event->socket] = event->address;
    if (event->kind != EVENT_BOUND) book->peer[event->socket] = event->peer;
}

void console_trace_event(struct console_trace *trace, const struct event *event, struct buffer *out) {
    if (is_of_addresses(event->kind)) book_note(trace, event);
    if (!console_trace_reads(event) || !is_shown(trace, event)) return;
    if (gathers(event->kind)) {
        gather(trace, event, out);
    } else {
        gathered_tell(trace, out);
        line_render(trace, event, out);
    }
}

void console_trace_end(struct console_trace *trace, struct buffer *out) { gathered_tell(trace, out); }

void page_trace(const struct page *page) {
    struct console_trace *const trace = console_trace_new(page->result->plan, page->style, 0);
    const struct journal *const journal = page->result->journal;
    console_trace_begin(trace, page->out);
    for (uint64_t i = 0; i < journal->event_count; i++) console_trace_event(trace, &journal->events[i], page->out);
    console_trace_end(trace, page->out);
    console_trace_free(trace);
}
