// The scenario's text, with what became of each line; and the lines of libraries that played a part.
#include "html.h"

#include "faults.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOURCES_MAX = 24,
    TEXT_BYTES_MAX = 500 * 1024, // of the page
    KEPT_BYTES_MAX = 800 * 1024, // with the lines that the page leads to
    LINE_COLUMNS_MAX = 1000,
    AROUND_LINES = 2, // of a library's
    SEEN_BITS_MAX = 1 << 26,
};

// In the order in which one outdoes the other.
enum fate {
    FATE_NONE,
    FATE_NOT_TAKEN,
    FATE_PASSED,
    FATE_NOT_REACHED,
    FATE_BEGUN,
    FATE_WAITING,
    FATE_FAILED,
    FATE_COUNT
};

static const struct {
    const char *class, *mark, *word;
} FATES[FATE_COUNT] = {
    [FATE_NONE] = {"none", "", ""},
    [FATE_NOT_TAKEN] = {"never", "\u00b7", "not taken"},
    [FATE_PASSED] = {"passed", "\u2713", "passed"},
    [FATE_NOT_REACHED] = {"never", "\u25cb", "not reached"},
    [FATE_BEGUN] = {"begun", "\u25d0", "begun"},
    [FATE_WAITING] = {"waits", "\u2026", "waiting"},
    [FATE_FAILED] = {"failed", "\u2717", "failed"},
};

// What the journal says of one step. Lives in the page's scratch arena.
struct played {
    uint64_t begun, ended;
    uint32_t instances, waiting;
    bool is_failed;
};

// One line of a text.
struct row {
    uint64_t begun;
    uint32_t instances, waiting;
    enum fate fate;
    uint32_t steps; // that begin there: of a procedure one a call
    bool is_linked; // the page leads there
};

struct reader {
    const struct html_case *page;
    struct played *steps;
    uint8_t *seen;       // bits, by instance and step; NULL: too many
    uint64_t *seen_from; // by actor: its first bit
    const struct source *sources[SOURCES_MAX];
    uint32_t source_count;
    size_t begins; // where the section begins in the page
};

static void seen_init(struct reader *reader, struct arena *arena) {
    const struct plan *const plan = reader->page->result->plan;
    uint64_t bits = 0;
    reader->seen_from = arena_array(arena, plan->actor_count, sizeof *reader->seen_from);
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        reader->seen_from[i] = bits;
        bits += (uint64_t)plan->actors[i].instance_count * plan->actors[i].step_count;
    }
    if (bits <= SEEN_BITS_MAX) reader->seen = arena_alloc(arena, bits / 8 + 1);
}

static void instance_note(struct reader *reader, const struct event *event) {
    const struct plan *const plan = reader->page->result->plan;
    if (!reader->seen || event->actor >= plan->instance_count) return;
    const struct instance *const instance = &plan->instances[event->actor];
    const struct actor *const actor = &plan->actors[instance->actor];
    uint32_t const step = event->step - actor->first_step;
    if (event->step < actor->first_step || step >= actor->step_count) return;
    uint64_t const bit = reader->seen_from[instance->actor] + (uint64_t)instance->index * actor->step_count + step;
    uint8_t const mask = (uint8_t)(1u << bit % 8);
    if (!(reader->seen[bit / 8] & mask)) reader->steps[event->step].instances++;
    reader->seen[bit / 8] |= mask;
}

// What called the procedure whose step failed has failed as well.
static void failed_note(struct reader *reader, uint32_t step) {
    const struct plan *const plan = reader->page->result->plan;
    while (step < plan->step_count && !reader->steps[step].is_failed) {
        reader->steps[step].is_failed = true;
        step = plan->steps[step].called_from;
    }
}

static void steps_read(struct reader *reader) {
    const struct journal *const journal = reader->page->result->journal;
    const struct verdict *const verdict = reader->page->result->verdict;
    uint32_t const count = reader->page->result->plan->step_count;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->step >= count) continue;
        struct played *const step = &reader->steps[event->step];
        if (event->kind == EVENT_STEP_BEGIN) {
            step->begun++;
            instance_note(reader, event);
        }
        step->ended += event->kind == EVENT_STEP_END;
        step->waiting += event->kind == EVENT_WAITING;
    }
    for (uint32_t i = 0; i < verdict->fault_count; i++)
        if (verdict->faults[i].step < count && verdict->faults[i].kind != FAULT_UNREACHED)
            failed_note(reader, verdict->faults[i].step);
}

static enum fate fate_of(const struct played *played, const struct step *step) {
    if (played->is_failed) return FATE_FAILED;
    if (played->waiting) return FATE_WAITING;
    if (played->begun > played->ended) return FATE_BEGUN;
    if (played->begun) return FATE_PASSED;
    return step->in_either ? FATE_NOT_TAKEN : FATE_NOT_REACHED;
}

// Of a procedure every call has steps of its own: a line that one of them reached is reached.
static void row_add(struct row *row, const struct played *played, const struct step *step) {
    enum fate const fate = fate_of(played, step);
    bool const was_idle = !row->begun && row->steps;
    bool const is_idle = !played->begun && fate < FATE_BEGUN && fate != FATE_PASSED;
    if (!row->steps || (was_idle && !is_idle) || (fate > row->fate && !(is_idle && row->begun))) row->fate = fate;
    row->steps++;
    row->begun += played->begun;
    row->waiting += played->waiting;
    row->instances += played->instances;
}

static bool sources_have(const struct reader *reader, const struct source *source) {
    for (uint32_t i = 0; i < reader->source_count; i++)
        if (reader->sources[i] == source) return true;
    return false;
}

static void sources_gather(struct reader *reader) {
    const struct plan *const plan = reader->page->result->plan;
    reader->sources[reader->source_count++] = plan->source;
    for (uint32_t i = 0; i < plan->step_count && reader->source_count < SOURCES_MAX; i++) {
        const struct step *const step = step_at(plan, i);
        if (!step || !reader->steps[i].begun || sources_have(reader, step->span.source)) continue;
        reader->sources[reader->source_count++] = step->span.source;
    }
}

static struct row *rows_make(const struct reader *reader, const struct source *source, struct arena *arena) {
    const struct plan *const plan = reader->page->result->plan;
    struct row *const rows = arena_array(arena, source->line_count + 1, sizeof *rows);
    for (uint32_t i = 0; i < plan->step_count; i++) {
        const struct step *const step = step_at(plan, i);
        if (!step || step->span.source != source) {
            // The end of a block that failed is the block's failure.
            bool const is_end = reader->steps[i].is_failed && plan->steps[i].kind == STEP_BLOCK_END;
            const struct step *const opener = is_end ? step_at(plan, plan->steps[i].block) : NULL;
            if (opener && opener->span.source == source) rows[step_line(opener)].fate = FATE_FAILED;
            continue;
        }
        row_add(&rows[step_line(step)], &reader->steps[i], step);
    }
    return rows;
}

static void link_note(const struct reader *reader, struct row *rows, uint32_t number) {
    const struct plan *const plan = reader->page->result->plan;
    for (const struct step *step = step_at(plan, number); step; step = step_at(plan, step->called_from))
        if (step->span.source == plan->source) rows[step_line(step)].is_linked = true;
}

// Of the scenario's text: where the failure, those who wait and messages lead to.
static void links_note(const struct reader *reader, struct row *rows) {
    const struct html_case *const page = reader->page;
    const struct plan *const plan = page->result->plan;
    const struct verdict *const verdict = page->result->verdict;
    for (uint32_t i = 0; i < verdict->fault_count; i++) {
        struct span const span = fault_span(plan, &verdict->faults[i]);
        if (span.source == plan->source) rows[source_position(span).line].is_linked = true;
        link_note(reader, rows, verdict->faults[i].step);
    }
    for (uint32_t i = 0; i < verdict->wait_count; i++) link_note(reader, rows, verdict->waits[i].step);
    for (uint32_t i = 0; i < page->diagram.item_count; i++)
        if (html_is_message(&page->diagram.items[i])) link_note(reader, rows, page->diagram.items[i].step);
}

static void count_write(const struct reader *reader, const struct row *row) {
    struct buffer *const out = reader->page->out;
    bool const is_terse = reader->page->result->journal->event_count >= JOURNAL_TERSE_EVENTS;
    if (row->begun < 2) return;
    buffer_text(out, is_terse ? "\u2265\u2009" : "\u00d7");
    html_number(row->begun, out);
    if (row->instances < 2 || row->steps > 1) return;
    buffer_text(out, row->instances == row->begun ? " actors" : " by ");
    if (row->instances != row->begun) html_number(row->instances, out);
}

static void row_write(const struct reader *reader, const struct source *source, uint32_t number, const struct row *row,
                      uint32_t which) {
    struct buffer *const out = reader->page->out;
    const char *const class = FATES[row->fate].class;
    if (which) buffer_printf(out, "<tr class=\"%s\"><th scope=\"row\">%u</th>", class, number);
    else buffer_printf(out, "<tr class=\"%s\" id=\"L%u\"><th scope=\"row\">%u</th>", class, number, number);
    buffer_text(out, "<td class=\"fate\">");
    if (row->fate != FATE_NONE)
        buffer_printf(out, "<span aria-hidden=\"true\">%s</span> %s", FATES[row->fate].mark, FATES[row->fate].word);
    if (row->fate == FATE_WAITING && row->waiting > 1) {
        buffer_text(out, " \u00d7");
        html_number(row->waiting, out);
    }
    buffer_text(out, "</td><td class=\"times\">");
    if (row->steps) count_write(reader, row);
    buffer_text(out, "</td><td class=\"code\"><code>");
    struct slice const line = source_line(source, number);
    if (line.len_bytes > LINE_COLUMNS_MAX) html_line(line, LINE_COLUMNS_MAX, out);
    else html_text(line, out);
    buffer_text(out, "</code></td></tr>\n");
}

// Whether a line about there was reached or, of the scenario's own text, is led to.
static bool is_near(const struct row *rows, const struct source *source, uint32_t number, bool is_own) {
    uint32_t const from = number > AROUND_LINES ? number - AROUND_LINES : 1;
    for (uint32_t i = from; i <= number + AROUND_LINES && i <= source->line_count; i++)
        if (is_own ? rows[i].is_linked : rows[i].begun) return true;
    return false;
}

static void gap_write(struct buffer *out, uint32_t lines) {
    if (!lines) return;
    buffer_text(out, "<tr class=\"gap\"><td colspan=\"4\">");
    html_number(lines, out);
    buffer_printf(out, " %s left out here</td></tr>\n", lines == 1 ? "line is" : "lines are");
}

static void source_write(struct reader *reader, uint32_t which, struct arena *arena) {
    struct buffer *const out = reader->page->out;
    const struct source *const source = reader->sources[which];
    struct row *const rows = rows_make(reader, source, arena);
    if (!which) links_note(reader, rows);
    buffer_text(
        out,
        "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Text\">\n<table class=\"source\"><caption>");
    html_words(source->path, out);
    buffer_text(out, "</caption>\n<thead><tr><th scope=\"col\">Line</th><th scope=\"col\">Outcome</th>"
                     "<th scope=\"col\">Times</th><th scope=\"col\">Text</th></tr></thead>\n<tbody>\n");
    uint32_t left_out = 0;
    for (uint32_t i = 1; i <= source->line_count; i++) {
        if (i == source->line_count && !source_line(source, i).len_bytes) break; // behind the last
        size_t const used = out->len_bytes - reader->begins;
        bool const is_shown =
            which ? used <= TEXT_BYTES_MAX && is_near(rows, source, i, false)
                  : used <= TEXT_BYTES_MAX || (used <= KEPT_BYTES_MAX && is_near(rows, source, i, true));
        if (!is_shown) {
            left_out++;
            continue;
        }
        gap_write(out, left_out);
        left_out = 0;
        row_write(reader, source, i, &rows[i], which);
    }
    gap_write(out, left_out);
    buffer_text(out, "</tbody></table>\n</div>\n");
}

void html_source(const struct html_case *page) {
    struct arena scratch;
    arena_init(&scratch);
    struct reader reader = {.page = page, .begins = page->out->len_bytes};
    reader.steps = arena_array(&scratch, page->result->plan->step_count, sizeof *reader.steps);
    if (page->result->plan->source) {
        seen_init(&reader, &scratch);
        steps_read(&reader);
        sources_gather(&reader);
        html_section("source", "Scenario", page->out);
        for (uint32_t i = 0; i < reader.source_count; i++) source_write(&reader, i, &scratch);
        html_section_end(page->out);
    }
    arena_fini(&scratch);
}
