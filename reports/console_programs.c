// What the programs of a failed case did, and what each of them said last: as often as not it says why.
#include "console.h"

#include <inttypes.h>
#include <string.h>

enum { PROGRAMS_MAX = 8 };

// A program as its line will be. Lives in the scratch arena.
struct row {
    uint32_t actor;
    const struct event *started, *exited; // exited NULL: it still ran when the case was over
    const struct event *printed[3];       // the newest of each stream, before that
    bool is_stopping;                     // the harness's clean-up has begun
};

static struct row *row_of(struct row *rows, uint32_t count, uint32_t actor) {
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].actor == actor) return &rows[i];
    return NULL;
}

// How many there are; past PROGRAMS_MAX only counted.
static uint32_t rows_fill(struct row *rows, const struct journal *journal, uint32_t but_for) {
    uint32_t count = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        bool const is_new = event->kind == EVENT_STARTED && event->actor != but_for;
        if (is_new && count++ < PROGRAMS_MAX) rows[count - 1] = (struct row){.actor = event->actor, .started = event};
        struct row *const row = row_of(rows, count < PROGRAMS_MAX ? count : PROGRAMS_MAX, event->actor);
        if (!row || row->is_stopping) continue;
        if (event->kind == EVENT_EXITED) row->exited = event;
        if (event->kind == EVENT_STOPPED) row->is_stopping = event->count == 1;
        if (event->kind == EVENT_PRINTED) row->printed[event->code] = event;
    }
    return count;
}

static struct slice last_line(struct slice text) {
    while (text.len_bytes && strchr(" \t\r\n", text.data[text.len_bytes - 1])) text.len_bytes--;
    size_t begin = text.len_bytes;
    while (begin && text.data[begin - 1] != '\n') begin--;
    return slice_of(text.data + begin, text.len_bytes - begin);
}

static void row_render(const struct page *page, const struct row *row) {
    static const char *const streams[] = {"terminal", "stdout", "stderr"};
    struct buffer *const out = page->out;
    page_indent(page, 2);
    instance_name(page->result->plan, row->actor, out);
    buffer_printf(out, ": process %d ", row->started->code);
    if (!row->exited) buffer_text(out, "still ran");
    else program_end_words(row->exited, out);
    const struct event *const printed =
        row->printed[2] ? row->printed[2] : row->printed[1] ? row->printed[1] : row->printed[0];
    struct slice const line = printed ? last_line(printed->bytes) : slice_of(NULL, 0);
    if (line.len_bytes) {
        buffer_printf(out, "; last on %s: ", streams[printed->code]);
        report_text(line, COLUMNS_ALL, out);
    }
    buffer_text(out, "\n");
}

void page_programs(const struct page *page) {
    const struct verdict *const verdict = page->result->verdict;
    struct row rows[PROGRAMS_MAX];
    uint32_t const failed = verdict->fault_count ? verdict->faults[0].actor : JOURNAL_NONE;
    uint32_t const count = rows_fill(rows, page->result->journal, failed);
    if (!count) return;
    buffer_text(page->out, "\n");
    page_indent(page, 0);
    page_paint(page, PAINT_STRONG, "programs");
    buffer_text(page->out, "\n");
    for (uint32_t i = 0; i < count && i < PROGRAMS_MAX; i++) row_render(page, &rows[i]);
    if (count <= PROGRAMS_MAX) return;
    page_indent(page, 2);
    buffer_printf(page->out, "and %" PRIu32 " more\n", count - PROGRAMS_MAX);
}
