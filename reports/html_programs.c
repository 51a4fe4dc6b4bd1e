// What programs were told, what they printed, and how they ended.
#include "html.h"

#include <inttypes.h>

enum {
    PROGRAMS_MAX = 24,
    ARGUMENTS_COLUMNS_MAX = 4000,
    OUTPUT_BYTES_MAX = 8 * 1024, // of a stream: as many at its beginning, and as many at its end
    PAGE_BYTES_MAX = 300 * 1024, // of this section
    STREAMS = 3,
};

// One program, gathered from the journal. Owned by program_write.
struct program {
    const struct event *started;
    const struct event *exited;
    const struct event *ends[STREAMS]; // EVENT_OUTPUT_END, which keeps the last of it
    struct buffer output[STREAMS];     // as far as it is kept
    uint64_t printed[STREAMS];
};

static void program_read(struct program *program, const struct journal *journal, uint32_t instance) {
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->actor != instance) continue;
        if (event->kind == EVENT_STARTED) program->started = event;
        if (event->kind == EVENT_EXITED) program->exited = event;
        if (event->kind == EVENT_OUTPUT_END && event->code >= 0 && event->code < STREAMS)
            program->ends[event->code] = event;
        if (event->kind != EVENT_PRINTED || event->code < 0 || event->code >= STREAMS) continue;
        program->printed[event->code] += event->count;
        buffer_slice(&program->output[event->code], event->bytes);
    }
}

static void bytes_write(struct slice bytes, struct buffer *out) {
    buffer_text(out, "<pre class=\"box\" tabindex=\"0\">");
    if (html_is_text(bytes)) html_text(bytes, out);
    else
        html_dump(bytes.len_bytes > OUTPUT_BYTES_MAX / 4 ? slice_of(bytes.data, OUTPUT_BYTES_MAX / 4) : bytes, 0, NULL,
                  HTML_DUMP_COLUMNS, out);
    buffer_text(out, "</pre>\n");
}

static void gap_write(uint64_t count, const char *words, struct buffer *out) {
    if (!count) return;
    buffer_text(out, "<p class=\"aside\">");
    html_number(count, out);
    buffer_printf(out, " %s</p>\n", words);
}

// The last of a stream that is longer than what was kept of it from its beginning, and where in it that begins.
static struct slice kept_end(const struct event *end, uint64_t kept_bytes, uint64_t *offset) {
    if (!end || end->count <= kept_bytes || end->bytes.len_bytes > end->count) return (struct slice){0};
    size_t const len = end->bytes.len_bytes < OUTPUT_BYTES_MAX ? end->bytes.len_bytes : OUTPUT_BYTES_MAX;
    *offset = end->count - len;
    return slice_of(end->bytes.data + end->bytes.len_bytes - len, len);
}

static void stream_write(const struct program *program, unsigned stream, struct buffer *out) {
    struct slice const kept = buffer_view(&program->output[stream]);
    uint64_t const count = program->printed[stream];
    uint64_t last_from = 0;
    struct slice const last = kept_end(program->ends[stream], kept.len_bytes, &last_from);
    if (!count) return;
    buffer_printf(out, "<h4>%s <span class=\"faint\">", output_word(stream));
    html_bytes_count(count, out);
    buffer_text(out, "</span></h4>\n");
    if (last.len_bytes) {
        size_t const most = kept.len_bytes < OUTPUT_BYTES_MAX ? kept.len_bytes : OUTPUT_BYTES_MAX;
        size_t const first = last_from < most ? (size_t)last_from : most;
        if (first) bytes_write(slice_of(kept.data, first), out);
        gap_write(last_from - first, "bytes are left out here", out);
        bytes_write(last, out);
        gap_write(count > program->ends[stream]->count ? count - program->ends[stream]->count : 0,
                  "more bytes that the journal did not keep", out);
        return;
    }
    if (kept.len_bytes <= 2 * OUTPUT_BYTES_MAX) {
        if (kept.len_bytes) bytes_write(kept, out);
    } else {
        bytes_write(slice_of(kept.data, OUTPUT_BYTES_MAX), out);
        gap_write(kept.len_bytes - 2 * OUTPUT_BYTES_MAX, "bytes are left out here", out);
        bytes_write(slice_of(kept.data + kept.len_bytes - OUTPUT_BYTES_MAX, OUTPUT_BYTES_MAX), out);
    }
    gap_write(count - kept.len_bytes, "more bytes that the journal did not keep", out);
}

static void program_write(const struct html_case *page, uint32_t instance) {
    struct buffer *const out = page->out;
    struct program program = {0};
    struct buffer words = {0};
    program_read(&program, page->result->journal, instance);
    instance_name(page->result->plan, instance, &words);
    buffer_text(out, "<article>\n<h3>");
    html_text(buffer_view(&words), out);
    buffer_text(out, "</h3>\n<p><code class=\"command\">");
    html_line(program.started->bytes, ARGUMENTS_COLUMNS_MAX, out);
    buffer_printf(out, "</code></p>\n<p>process %d, ", program.started->code);
    buffer_clear(&words);
    if (program.exited) program_end_words(program.exited, &words);
    else buffer_text(&words, "whose end was not seen");
    html_text(buffer_view(&words), out);
    if (program.exited) {
        buffer_text(out, " after ");
        html_duration(program.exited->at_ns - program.started->at_ns, out);
    }
    buffer_text(out, "</p>\n");
    bool has_printed = false;
    for (unsigned i = 0; i < STREAMS; i++) {
        has_printed |= program.printed[i] > 0;
        stream_write(&program, i, out);
        buffer_fini(&program.output[i]);
    }
    if (!has_printed) buffer_text(out, "<p class=\"aside\">It printed nothing.</p>\n");
    buffer_text(out, "</article>\n");
    buffer_fini(&words);
}

static uint32_t started_count(const struct html_case *page, bool *was_started) {
    const struct journal *const journal = page->result->journal;
    uint32_t count = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind != EVENT_STARTED || event->actor >= page->result->plan->instance_count) continue;
        count += !was_started[event->actor];
        was_started[event->actor] = true;
    }
    return count;
}

void html_programs(const struct html_case *page) {
    struct buffer *const out = page->out;
    struct arena scratch;
    arena_init(&scratch);
    bool *const was_started = arena_array(&scratch, page->result->plan->instance_count, sizeof *was_started);
    uint32_t const count = started_count(page, was_started);
    uint32_t shown = 0;
    size_t const begins = out->len_bytes;
    if (count) html_section("programs", "Programs", out);
    for (uint32_t i = 0; count && i < page->result->plan->instance_count; i++) {
        if (!was_started[i] || shown == PROGRAMS_MAX || out->len_bytes - begins > PAGE_BYTES_MAX) continue;
        program_write(page, i);
        shown++;
    }
    if (shown < count) buffer_printf(out, "<p class=\"aside\">%u more programs are left out.</p>\n", count - shown);
    if (count) html_section_end(out);
    arena_fini(&scratch);
}
