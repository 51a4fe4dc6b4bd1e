// Who waited for what, every socket from its beginning to its end, where the time went.
#include "html.h"

#include "script/script.h"

#include <inttypes.h>
#include <string.h>

enum {
    GROUPS_MAX = 64,
    WAIT_COLUMNS_MAX = 400,
    SOCKETS_MAX = 250,
    STEP_COLUMNS_MAX = 120,
};

// --- waits

// Tasks of one actor in the same step that wait for the same but for numbers. Owned by html_waits.
struct group {
    const struct wait *first;
    uint32_t actor, count;
};

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

// Whether two texts say the same, numbers aside.
static bool says_the_same(const char *a, const char *b) {
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            while (is_digit(*a)) a++;
            while (is_digit(*b)) b++;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return !*a && !*b;
}

static uint32_t groups_fill(const struct html_case *page, struct group *groups, uint32_t *left_out) {
    const struct verdict *const verdict = page->result->verdict;
    const struct plan *const plan = page->result->plan;
    uint32_t count = 0;
    for (uint32_t i = 0; i < verdict->wait_count; i++) {
        const struct wait *const wait = &verdict->waits[i];
        uint32_t const actor = wait->actor < plan->instance_count ? plan->instances[wait->actor].actor : PLAN_NONE;
        uint32_t k = 0;
        while (k < count && !(groups[k].actor == actor && groups[k].first->step == wait->step &&
                              says_the_same(groups[k].first->waits, wait->waits)))
            k++;
        if (k == GROUPS_MAX) {
            ++*left_out;
            continue;
        }
        if (k == count) groups[count++] = (struct group){.first = wait, .actor = actor};
        groups[k].count++;
    }
    return count;
}

static void group_write(const struct html_case *page, const struct group *group) {
    struct buffer *const out = page->out;
    const struct plan *const plan = page->result->plan;
    const struct step *const step = step_at(plan, group->first->step);
    struct buffer words = {0};
    instance_name(plan, group->first->actor, &words);
    buffer_text(out, "<tr><th scope=\"row\">");
    html_text(buffer_view(&words), out);
    if (group->first->task) buffer_printf(out, ", connection %u", group->first->task);
    if (group->count > 1) {
        buffer_text(out, " and ");
        html_number(group->count - 1, out);
        buffer_text(out, " more");
    }
    buffer_text(out, "</th><td>");
    buffer_clear(&words);
    if (step) {
        step_place(plan, step, &words);
        bool const is_here = step->span.source == plan->source;
        if (is_here) buffer_printf(out, "<a href=\"#L%u\">", step_line(step));
        html_text(buffer_view(&words), out);
        buffer_text(out, is_here ? "</a> <code>" : " <code>");
        buffer_clear(&words);
        step_words(step, STEP_COLUMNS_MAX, &words);
        html_text(buffer_view(&words), out);
        buffer_text(out, "</code>");
    } else {
        buffer_text(out, "not begun");
    }
    buffer_text(out, "</td><td>");
    html_line(slice_text(group->first->waits), WAIT_COLUMNS_MAX, out);
    buffer_text(out, "</td></tr>\n");
    buffer_fini(&words);
}

void html_waits(const struct html_case *page) {
    struct buffer *const out = page->out;
    struct group groups[GROUPS_MAX];
    uint32_t left_out = 0;
    uint32_t const count = groups_fill(page, groups, &left_out);
    if (!count) return;
    html_section("waits", "Meanwhile", out);
    buffer_text(out, "<p class=\"aside\">Where everybody else was when the case was stopped.</p>\n"
                     "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Waits\">\n<table><thead><tr><th "
                     "scope=\"col\">Actor</th>"
                     "<th scope=\"col\">Step</th><th scope=\"col\">Waits</th></tr></thead>\n<tbody>\n");
    for (uint32_t i = 0; i < count; i++) group_write(page, &groups[i]);
    if (left_out)
        buffer_printf(out, "<tr class=\"gap\"><td colspan=\"3\">%u more waits are left out</td></tr>\n", left_out);
    buffer_text(out, "</tbody></table>\n</div>\n");
    html_section_end(out);
}

// --- sockets

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

static void path_write(const struct html_case *page, const struct record *record, uint32_t socket) {
    struct buffer *const out = page->out;
    if (record->lifecycle) {
        struct slice text = record->lifecycle->bytes;
        int64_t const blanks = slice_find(text, slice_text("  "));
        if (blanks >= 0) text = slice_of(text.data + blanks + 2, text.len_bytes - (size_t)blanks - 2);
        html_line(text, WAIT_COLUMNS_MAX, out);
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

static void record_write(const struct html_case *page, const struct record *record, uint32_t socket) {
    struct buffer *const out = page->out;
    struct buffer name = {0};
    instance_name(page->result->plan, record->actor, &name);
    buffer_text(out, "<tr><th scope=\"row\">");
    html_text(buffer_view(&name), out);
    buffer_fini(&name);
    if (record->opened->kind == EVENT_OPEN && record->opened->bytes.len_bytes) {
        buffer_text(out, " <code>");
        html_line(record->opened->bytes, 60, out);
        buffer_text(out, "</code>");
    }
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

void html_sockets(const struct html_case *page) {
    struct buffer *const out = page->out;
    const struct journal *const journal = page->result->journal;
    const struct plan *const plan = page->result->plan;
    struct arena scratch;
    arena_init(&scratch);
    struct record *const records = arena_array(&scratch, journal->socket_count, sizeof *records);
    uint32_t count = 0, shown = 0;
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].socket < journal->socket_count)
            record_note(&records[journal->events[i].socket], &journal->events[i]);
    for (uint32_t i = 0; i < journal->socket_count; i++) count += records[i].opened != NULL;
    if (count) {
        html_section("sockets", "Sockets", out);
        buffer_text(out, "<div class=\"box\" tabindex=\"0\" role=\"region\" "
                         "aria-label=\"Sockets\">\n<table><thead><tr><th scope=\"col\">Actor</th>"
                         "<th scope=\"col\">Family</th><th scope=\"col\">Local</th><th scope=\"col\">Peer</th>"
                         "<th scope=\"col\">States</th><th scope=\"col\" class=\"number\">Bytes sent</th>"
                         "<th scope=\"col\" class=\"number\">Bytes received</th><th "
                         "scope=\"col\">Closed</th></tr></thead>\n<tbody>\n");
        // Those of the lanes first, then the others.
        for (unsigned turn = 0; turn < 2; turn++) {
            for (uint32_t i = 0; i < journal->socket_count && shown < SOCKETS_MAX; i++) {
                if (!records[i].opened) continue;
                bool const has_lane =
                    records[i].actor >= plan->instance_count || page->diagram.lane_of[records[i].actor] != DIAGRAM_NONE;
                if (has_lane != (turn == 0)) continue;
                record_write(page, &records[i], i);
                shown++;
            }
        }
        buffer_text(out, "</tbody></table>\n</div>\n");
        if (shown < count) {
            buffer_text(out, "<p class=\"aside\">");
            html_number(count - shown, out);
            buffer_text(out, " more sockets are left out.</p>\n");
        }
        html_section_end(out);
    }
    arena_fini(&scratch);
}

// --- time

void html_timing(const struct html_case *page) {
    struct buffer *const out = page->out;
    const struct verdict *const verdict = page->result->verdict;
    const struct timing *const timing = &verdict->timing;
    const struct step *const step = step_at(page->result->plan, timing->step);
    if (!timing->is_known && !step) return;
    html_section("time", "Time", out);
    buffer_text(out, "<dl class=\"facts\">\n");
    if (timing->is_known) {
        int64_t const waiting = verdict->duration_ns - timing->setup_ns - timing->work_ns;
        buffer_text(out, "<dt>set-up</dt><dd>");
        html_duration(timing->setup_ns, out);
        buffer_text(out, "</dd>\n<dt>the steps\u2019 own work</dt><dd>");
        html_duration(timing->work_ns, out);
        buffer_text(out, "</dd>\n<dt>waiting on the kernel and on peers</dt><dd>");
        html_duration(waiting, out);
        buffer_text(out, "</dd>\n");
    }
    if (step) {
        struct buffer words = {0};
        buffer_text(out, "<dt>the step that took longest</dt><dd>");
        html_duration(timing->step_ns, out);
        buffer_text(out, ": ");
        instance_name(page->result->plan, timing->actor, &words);
        buffer_text(&words, ", ");
        step_place(page->result->plan, step, &words);
        html_text(buffer_view(&words), out);
        buffer_clear(&words);
        buffer_text(out, " <code>");
        step_words(step, STEP_COLUMNS_MAX, &words);
        html_text(buffer_view(&words), out);
        buffer_text(out, "</code></dd>\n");
        buffer_fini(&words);
    }
    buffer_text(out, "</dl>\n");
    html_section_end(out);
}
