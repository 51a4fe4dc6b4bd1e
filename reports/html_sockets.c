// Every socket from its beginning to its end: those of the failure first, then those that are alike as one row.
#include "html.h"

#include "script/script.h"

#include <string.h>

enum {
    ROWS_MAX = 250,
    PATH_COLUMNS_MAX = 400,
    NAME_COLUMNS_MAX = 60,
};

// What the journal says of a socket. Lives in the scratch arena.
struct record {
    const struct event *opened, *closed, *lifecycle;
    uint64_t sent, received, discarded;
    uint32_t actor;
    bool is_tls;
};

static void record_note(struct record *record, const struct event *event) {
    if (event->kind == EVENT_OPEN || event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED) {
        record->opened = event;
        record->actor = event->actor;
    }
    if (event->kind == EVENT_CLOSED) record->closed = event;
    if (event->kind == EVENT_LIFECYCLE) record->lifecycle = event;
    if (event->kind == EVENT_SENT) record->sent += event->count;
    if (event->kind == EVENT_MATCHED) record->received += event->count;
    if (event->kind == EVENT_DISCARDED) record->discarded += event->count;
    if (event->kind == EVENT_SECURED) record->is_tls |= !event->code;
}

// Where a TCP socket's states begin in its lifecycle, behind the addresses.
static struct slice lifecycle_path(const struct record *record) {
    struct slice const text = record->lifecycle ? record->lifecycle->bytes : (struct slice){0};
    int64_t const blanks = slice_find(text, slice_text("  "));
    return blanks < 0 ? text : slice_of(text.data + blanks + 2, text.len_bytes - (size_t)blanks - 2);
}

// --- those that are alike

// A row: the first of sockets whose stories are the same but for addresses. Owned by html_sockets.
struct row {
    uint32_t socket, count;
    const char *remark; // what it has to do with the failure, or NULL; it is alone then
};

static uint32_t actor_of(const struct plan *plan, const struct record *record) {
    return record->actor < plan->instance_count ? plan->instances[record->actor].actor : PLAN_NONE;
}

static bool end_alike(const struct event *a, const struct event *b) {
    return a && b ? a->code == b->code && a->count == b->count : a == b;
}

// Which states somebody happened to see makes no difference, the path that the packets tell does.
static bool are_alike(const struct plan *plan, const struct record *a, const struct record *b) {
    return actor_of(plan, a) == actor_of(plan, b) && a->opened->kind == b->opened->kind &&
           a->opened->step == b->opened->step && a->opened->count == b->opened->count && a->is_tls == b->is_tls &&
           a->sent == b->sent && a->received == b->received && a->discarded == b->discarded &&
           end_alike(a->closed, b->closed) && slice_equal(lifecycle_path(a), lifecycle_path(b)) &&
           (a->opened->kind != EVENT_OPEN || slice_equal(a->opened->bytes, b->opened->bytes));
}

// What is laid out. Owned by html_sockets.
struct table {
    struct record *records;
    struct row rows[ROWS_MAX];
    uint32_t count;
    uint32_t folded, left_out; // sockets that share a row, and that have none
};

static void row_find(const struct html_case *page, struct table *table, uint32_t socket) {
    const struct plan *const plan = page->result->plan;
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->rows[i].socket == socket && table->rows[i].remark) return;
        if (table->rows[i].remark || !are_alike(plan, &table->records[table->rows[i].socket], &table->records[socket]))
            continue;
        table->folded += table->rows[i].count++ == 1 ? 2 : 1;
        return;
    }
    if (table->count == ROWS_MAX) table->left_out++;
    else table->rows[table->count++] = (struct row){.socket = socket, .count = 1};
}

static void remark(const struct html_case *page, struct table *table, uint32_t socket, const char *words) {
    if (socket >= page->result->journal->socket_count || !table->records[socket].opened) return;
    table->rows[table->count++] = (struct row){.socket = socket, .count = 1, .remark = words};
}

// Those of the failure, then those of the lanes, then the others.
static void rows_fill(const struct html_case *page, struct table *table) {
    const struct verdict *const verdict = page->result->verdict;
    const struct plan *const plan = page->result->plan;
    uint32_t const failed =
        verdict->fault_count ? html_failed_socket(page->result->journal, &verdict->faults[0]) : JOURNAL_NONE;
    if (failed < page->diagram.ends.count) {
        remark(page, table, failed, "it failed here");
        remark(page, table, page->diagram.ends.other[failed], "the other end of what failed");
    }
    for (unsigned turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < page->result->journal->socket_count; i++) {
            const struct record *const record = &table->records[i];
            if (!record->opened) continue;
            bool const has_lane =
                record->actor >= plan->instance_count || page->diagram.lane_of[record->actor] != DIAGRAM_NONE;
            if (has_lane == (turn == 0)) row_find(page, table, i);
        }
    }
}

// --- the cells

static void path_write(const struct html_case *page, const struct record *record, uint32_t socket) {
    struct buffer *const out = page->out;
    if (record->lifecycle) {
        html_line(lifecycle_path(record), PATH_COLUMNS_MAX, out);
        return;
    }
    for (uint32_t i = 0; i < page->diagram.bar_count; i++) {
        const struct diagram_bar *const bar = &page->diagram.bars[i];
        if (bar->socket != socket) continue;
        for (uint32_t k = 0, shown = 0; k < bar->stretch_count; k++)
            if (bar->stretches[k].state != STATE_ANY)
                buffer_printf(out, "%s%s", shown++ ? ", " : "seen in ", state_name(bar->stretches[k].state));
    }
}

static void end_write(const struct record *record, struct buffer *out) {
    static const char *const REASONS[] = {
        [CLOSE_BY_STEP] = "<code>close</code>",
        [CLOSE_BY_RESET] = "<code>reset</code>",
        [CLOSE_BY_BLOCK] = "by the harness, at the end of its block",
        [CLOSE_BY_STOP] = "by the harness, when the case was stopped",
        [CLOSE_BY_PROGRAM] = "given to a program",
    };
    if (!record->closed) {
        buffer_text(out, "never");
        return;
    }
    unsigned const reason = (unsigned)record->closed->code;
    buffer_text(out, reason < sizeof REASONS / sizeof *REASONS ? REASONS[reason] : "?");
    if (!record->closed->count) return;
    buffer_text(out, ", with ");
    html_bytes_count(record->closed->count, out);
    buffer_text(out, " unread");
}

static void address_cell(const struct address *address, struct buffer *out) {
    struct buffer words = {0};
    buffer_text(out, "<td class=\"mono\">");
    if (address && !address_is_none(address)) address_words(address, &words);
    if (words.len_bytes) html_text(buffer_view(&words), out);
    else buffer_text(out, "<span class=\"faint\">none</span>");
    buffer_text(out, "</td>");
    buffer_fini(&words);
}

static void row_write(const struct html_case *page, const struct table *table, const struct row *row) {
    struct buffer *const out = page->out;
    uint32_t const socket = row->socket;
    const struct record *const record = &table->records[socket];
    struct buffer name = {0};
    instance_name(page->result->plan, record->actor, &name);
    buffer_text(out, "<tr><th scope=\"row\">");
    html_text(buffer_view(&name), out);
    buffer_fini(&name);
    if (record->opened->kind == EVENT_OPEN && record->opened->bytes.len_bytes) {
        buffer_text(out, " <code>");
        html_line(record->opened->bytes, NAME_COLUMNS_MAX, out);
        buffer_text(out, "</code>");
    }
    if (row->count > 1) {
        buffer_text(out, " <span class=\"faint\">\u00d7");
        html_number(row->count, out);
        buffer_text(out, "</span>");
    }
    if (row->remark) buffer_printf(out, "<br/><span class=\"bad\">%s</span>", row->remark);
    buffer_text(out, "</th><td>");
    unsigned const family = (unsigned)record->opened->count;
    html_words(family < FAMILY_COUNT ? script_family_word((enum family_word)family) : "?", out);
    buffer_text(out, record->is_tls ? " + TLS</td>" : "</td>");
    address_cell(page->book.local[socket], out);
    address_cell(page->book.peer[socket], out);
    buffer_text(out, "<td class=\"path\">");
    path_write(page, record, socket);
    buffer_text(out, "</td><td class=\"number\">");
    html_number(record->sent, out);
    buffer_text(out, "</td><td class=\"number\">");
    html_number(record->received, out);
    if (record->discarded) {
        buffer_text(out, " + ");
        html_number(record->discarded, out);
        buffer_text(out, " discarded");
    }
    buffer_text(out, "</td><td class=\"end\">");
    end_write(record, out);
    buffer_text(out, "</td></tr>\n");
}

static void aside_write(const struct html_case *page, uint32_t count, const char *words) {
    if (!count) return;
    buffer_text(page->out, "<p class=\"aside\">");
    html_number(count, page->out);
    buffer_printf(page->out, " %s</p>\n", words);
}

void html_sockets(const struct html_case *page) {
    struct buffer *const out = page->out;
    const struct journal *const journal = page->result->journal;
    struct arena scratch;
    arena_init(&scratch);
    struct table *const table = arena_array(&scratch, 1, sizeof *table);
    table->records = arena_array(&scratch, journal->socket_count, sizeof *table->records);
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].socket < journal->socket_count)
            record_note(&table->records[journal->events[i].socket], &journal->events[i]);
    rows_fill(page, table);
    if (table->count) {
        html_section("sockets", "Sockets", out);
        aside_write(page, table->folded,
                    "sockets share rows with \u00d7: their stories are the same but for addresses, and the first "
                    "one\u2019s are shown.");
        buffer_text(out, "<div class=\"box\" tabindex=\"0\" role=\"region\" "
                         "aria-label=\"Sockets\">\n<table><thead><tr><th scope=\"col\">Actor</th>"
                         "<th scope=\"col\">Family</th><th scope=\"col\">Local</th><th scope=\"col\">Peer</th>"
                         "<th scope=\"col\">States</th><th scope=\"col\" class=\"number\">Bytes sent</th>"
                         "<th scope=\"col\" class=\"number\">Bytes received</th><th "
                         "scope=\"col\">Closed</th></tr></thead>\n<tbody>\n");
        for (uint32_t i = 0; i < table->count; i++) row_write(page, table, &table->rows[i]);
        buffer_text(out, "</tbody></table>\n</div>\n");
        aside_write(page, table->left_out, "more sockets are left out.");
        html_section_end(out);
    }
    arena_fini(&scratch);
}
