// --verbose: the socket behind each step, line by line as it happened.
#include "console.h"

#include <inttypes.h>

enum {
    TRACE_INDENT = 2,
    STEP_COLUMNS = 32,
    LINE_DIGITS_MIN = 3,
    PRINTED_BYTES_MAX = 64,
};

// How wide the columns of one case are, and where its sockets' addresses are. Owned by page_trace.
struct trace {
    const struct page *page;
    struct socket_book book;
    unsigned name_columns;
    // Of what a program prints in pieces, as far as its line's end:
    struct buffer pieces; // what is kept of them
    uint64_t piece_count; // bytes of them all
};

static bool is_of_program(const struct event *event) {
    return event->kind == EVENT_STARTED || event->kind == EVENT_PRINTED || event->kind == EVENT_STOPPED ||
           event->kind == EVENT_EXITED;
}

static bool is_shown(const struct event *event) {
    return event->kind == EVENT_SNAPSHOT || event->kind == EVENT_LOGGED || event->kind == EVENT_NOTE ||
           event->kind == EVENT_LIFECYCLE || event->kind == EVENT_SECURED || is_of_program(event) ||
           (event->kind == EVENT_CLOSED && event->code == CLOSE_BY_BLOCK);
}

static unsigned widest_name(const struct case_result *result) {
    size_t widest = 0;
    struct buffer name = {0};
    for (uint64_t i = 0; i < result->journal->event_count; i++) {
        if (!is_shown(&result->journal->events[i])) continue;
        buffer_clear(&name);
        instance_name(result->plan, result->journal->events[i].actor, &name);
        if (name.len_bytes > widest) widest = name.len_bytes;
    }
    buffer_fini(&name);
    return (unsigned)widest;
}

// "  servidor    8: bind tcp 127.0.0.1:4400         "
static void line_head(const struct trace *trace, const struct event *event) {
    const struct case_result *const result = trace->page->result;
    struct buffer *const out = trace->page->out;
    struct buffer name = {0};
    instance_name(result->plan, event->actor, &name);
    buffer_repeat(out, ' ', TRACE_INDENT);
    report_padded(buffer_view(&name), trace->name_columns, out);
    const struct step *const step = step_at(result->plan, event->step);
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

static void printed_render(const struct trace *trace, const struct event *event, struct buffer *out) {
    static const char *const streams[] = {"its terminal", "stdout", "stderr"};
    uint64_t const count = trace->piece_count;
    struct slice const bytes = buffer_view(&trace->pieces);
    buffer_printf(out, "printed %" PRIu64 " byte%s to %s", count, count == 1 ? "" : "s", streams[event->code]);
    if (!bytes.len_bytes) return;
    buffer_text(out, ": \"");
    buffer_escaped(out, bytes, PRINTED_BYTES_MAX);
    buffer_text(out, "\"");
}

static void program_render(const struct trace *trace, const struct event *event, struct buffer *out) {
    if (event->kind == EVENT_PRINTED) {
        printed_render(trace, event, out);
    } else if (event->kind == EVENT_STARTED) {
        buffer_printf(out, "process %d: ", event->code);
        report_text(event->bytes, COLUMNS_ALL, out);
    } else if (event->kind == EVENT_STOPPED) {
        signal_words(event->code, out);
        static const char *const senders[] = {"", " by the harness at the end", " by the harness: `stop` was not heeded"};
        buffer_printf(out, " sent%s", senders[event->count < 3 ? event->count : 0]);
    } else {
        program_end_words(event, out);
    }
}

static void line_render(const struct trace *trace, const struct event *event) {
    struct buffer *const out = trace->page->out;
    line_head(trace, event);
    if (event->kind == EVENT_SNAPSHOT) {
        snapshot_render(event, out);
    } else if (is_of_program(event)) {
        program_render(trace, event, out);
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
    buffer_text(out, "\n");
}

static void piece_add(struct trace *trace, const struct event *event) {
    trace->piece_count += event->count;
    if (trace->pieces.len_bytes <= PRINTED_BYTES_MAX) buffer_slice(&trace->pieces, event->bytes);
}

static bool ends_line(const struct event *event) {
    return event->bytes.len_bytes && event->bytes.len_bytes == event->count &&
           event->bytes.data[event->bytes.len_bytes - 1] == '\n';
}

// Whether something lies between two pieces: what stands in the report, or what the program was told meanwhile.
static bool comes_between(const struct event *event, const struct event *first) {
    return is_shown(event) || (event->actor == first->actor && event->kind == EVENT_SENT);
}

// Many programs print byte by byte: to a reader that is one line. Returns the newest event that belongs to it.
static uint64_t pieces_gather(struct trace *trace, uint64_t first) {
    const struct journal *const journal = trace->page->result->journal;
    const struct event *const begin = &journal->events[first];
    uint64_t newest = first;
    buffer_clear(&trace->pieces);
    trace->piece_count = 0;
    piece_add(trace, begin);
    for (uint64_t i = first + 1; i < journal->event_count && !ends_line(&journal->events[newest]); i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_PRINTED && event->actor == begin->actor && event->code == begin->code) {
            piece_add(trace, event);
            newest = i;
        } else if (comes_between(event, begin)) {
            break;
        }
    }
    return newest;
}

void page_trace(const struct page *page) {
    struct arena scratch;
    arena_init(&scratch);
    const struct journal *const journal = page->result->journal;
    struct trace trace = {.page = page, .name_columns = widest_name(page->result)};
    socket_book_init(&trace.book, journal, &scratch);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_PRINTED) i = pieces_gather(&trace, i);
        if (is_shown(event)) line_render(&trace, event);
    }
    buffer_fini(&trace.pieces);
    arena_fini(&scratch);
}
