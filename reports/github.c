// GitHub's annotations, a line each: ::error file=F,line=L,endLine=L,col=C,endColumn=C,title=T::MESSAGE. How they are read,
// and which columns go with which lines, its runner says: github.com/actions/runner, ActionCommand.cs and
// ActionCommandManager.cs.
#include "reports/github.h"

#include "console.h"
#include "faults.h"
#include "sinks.h"

// ---- commands

// `%` and line breaks; in a property also what ends it.
static void escape(struct slice text, bool is_property, struct buffer *out) {
    for (size_t i = 0; i < text.len_bytes; i++) {
        uint8_t const byte = text.data[i];
        bool const ends = byte == '%' || byte == '\r' || byte == '\n' || (is_property && (byte == ':' || byte == ','));
        if (ends) buffer_printf(out, "%%%02X", byte);
        else buffer_add(out, &text.data[i], 1);
    }
}

static void property(const char *before, const char *text, struct buffer *out) {
    struct buffer shown = {0};
    report_text(slice_text(text), COLUMNS_ALL, &shown);
    buffer_text(out, before);
    escape(buffer_view(&shown), true, out);
    buffer_fini(&shown);
}

// What an annotation is about. A plain value.
struct place {
    const char *path;
    struct position begin, end; // both are within it; column 0: the lines as a whole
};

// Up to its last character. Columns only stand beside one line alone.
static struct place place_of(struct span span) {
    struct place place = {.path = span.source->path, .begin = source_position(span)};
    uint32_t const last = span.end > span.start ? span.end - 1 : span.start;
    place.end = source_position((struct span){span.source, last, last});
    if (place.end.line != place.begin.line) place.begin.column = place.end.column = 0;
    else if (place.end.column < place.begin.column) place.end.column = place.begin.column;
    return place;
}

static struct place place_of_line(const char *path, uint32_t line) {
    return (struct place){.path = path, .begin.line = line, .end.line = line};
}

// "a/../b/./c" as "b/c": what a symbolic link would make of `..` is not asked.
static void tidy(struct slice path, struct buffer *out) {
    size_t const from = out->len_bytes;
    for (size_t at = 0, stop; at < path.len_bytes; at = stop + 1) {
        for (stop = at; stop < path.len_bytes && path.data[stop] != '/';) stop++;
        struct slice const part = slice_of(path.data + at, stop - at);
        if (!part.len_bytes || slice_is(part, ".")) continue;
        if (slice_is(part, "..")) {
            while (out->len_bytes > from && out->data[out->len_bytes - 1] != '/') out->len_bytes--;
            if (out->len_bytes > from) out->len_bytes--;
            continue;
        }
        buffer_text(out, "/");
        buffer_slice(out, part);
    }
    buffer_add(out, "", 1); // a text, for who reads it
    out->len_bytes--;
}

// Whether it lies below the top of the workspace, and its path from there.
static bool is_below(const struct workspace *workspace, const char *path, struct buffer *below) {
    struct buffer whole = {0}, tidied = {0}, top = {0};
    if (path[0] != '/') buffer_printf(&whole, "%s/", workspace->folder ? workspace->folder : "");
    buffer_text(&whole, path);
    tidy(buffer_view(&whole), &tidied);
    tidy(slice_text(workspace->top ? workspace->top : ""), &top);
    buffer_text(&top, "/");
    bool const is = workspace->top && tidied.len_bytes > top.len_bytes &&
                    memcmp(tidied.data, top.data, top.len_bytes) == 0;
    if (is) buffer_text(below, tidied.data + top.len_bytes);
    buffer_fini(&whole);
    buffer_fini(&tidied);
    buffer_fini(&top);
    return is;
}

// What does not lie below the workspace keeps its name.
static void path_property(const struct workspace *workspace, const char *path, struct buffer *out) {
    struct buffer below = {0};
    property(" file=", is_below(workspace, path, &below) ? below.data : path, out);
    buffer_fini(&below);
}

// `word` is what it is: "error". No more than the blanks at its end are taken from the message.
static void command(const char *word, const struct workspace *workspace, const struct place *place, const char *title,
                    struct slice message, struct buffer *out) {
    buffer_printf(out, "::%s", word);
    path_property(workspace, place->path, out);
    buffer_printf(out, ",line=%u,endLine=%u", place->begin.line, place->end.line);
    if (place->begin.column) buffer_printf(out, ",col=%u,endColumn=%u", place->begin.column, place->end.column);
    property(",title=", title, out);
    buffer_text(out, "::");
    while (message.len_bytes && message.data[message.len_bytes - 1] == '\n') message.len_bytes--;
    escape(message, false, out);
    buffer_text(out, "\n");
}

// ---- cases

static const struct console_style PLAIN = {.colour = false};

// GitHub shows no file but the workspace's: of a step in an installed library, the nearest call that stands in one.
static struct span span_shown(const struct workspace *workspace, const struct plan *plan, const struct fault *fault) {
    struct span const span = fault_span(plan, fault);
    const struct step *step = step_at(plan, fault->step);
    struct buffer below = {0};
    struct span shown = span;
    while (step && workspace->top && !is_below(workspace, shown.source->path, &below)) {
        step = step_at(plan, step->called_from);
        shown = step ? step->span : span;
    }
    buffer_fini(&below);
    return shown;
}

static struct place place_of_turn(const struct workspace *workspace, const struct case_result *turn) {
    const struct plan *const plan = turn->plan;
    if (!turn->verdict->fault_count) return place_of_line(plan->path, plan->title_line);
    struct span const span = span_shown(workspace, plan, &turn->verdict->faults[0]);
    return span.source ? place_of(span) : place_of_line(plan->path, plan->title_line);
}

static void explain(const char *word, const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    const struct case_result *const turn = result->verdict->outcome == OUTCOME_FAILED ? result : result->earlier;
    struct place const place = place_of_turn(&facts->workspace, turn);
    struct buffer text = {0};
    page_explanation(&(struct page){.result = result, .style = &PLAIN, .out = &text});
    command(word, &facts->workspace, &place, result->plan->case_name, buffer_view(&text), out);
    buffer_fini(&text);
}

static void tell_skipped(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    const struct plan *const plan = result->plan;
    struct place const place = place_of_line(plan->path, plan->title_line);
    struct buffer text = {0};
    buffer_text(&text, "skipped: ");
    report_text(slice_text(result->verdict->skip_reason), COLUMNS_ALL, &text);
    command("notice", &facts->workspace, &place, plan->case_name, buffer_view(&text), out);
    buffer_fini(&text);
}

static void tell_lints(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    const struct plan *const plan = result->plan;
    struct buffer text = {0};
    for (uint32_t i = 0; i < result->verdict->lint_count; i++) {
        const struct lint *const lint = &result->verdict->lints[i];
        const struct step *const step = step_at(plan, lint->step);
        struct place const place = step ? place_of(step->span) : place_of_line(plan->path, plan->title_line);
        buffer_clear(&text);
        report_text(slice_text(lint->message), COLUMNS_ALL, &text);
        command("warning", &facts->workspace, &place, plan->case_name, buffer_view(&text), out);
    }
    buffer_fini(&text);
}

void github_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    switch (result->verdict->outcome) {
    case OUTCOME_FAILED: explain("error", facts, result, out); break;
    case OUTCOME_SKIPPED: tell_skipped(facts, result, out); break;
    case OUTCOME_PASSED:
        if (result->earlier_count) explain("warning", facts, result, out);
        break;
    }
    tell_lints(facts, result, out);
}

void github_open(const struct run_result *run, struct buffer *out) {
    (void)run;
    (void)out;
}

// What nobody played is no file's. Where something failed, that is why, or tells enough.
void github_close(const struct run_result *run, struct buffer *out) {
    if (!run->not_begun || run->counts.failed) return;
    uint32_t const all = run->count + run->not_begun;
    buffer_printf(out, "::error title=not begun::%u of %u case%s\n", run->not_begun, all, all == 1 ? "" : "s");
}

// ---- texts

void github_diags(const struct workspace *workspace, const struct diag_list *diags, struct buffer *out) {
    const struct diag *sorted[DIAG_LIMIT];
    uint32_t const count = diag_list_sort(diags, sorted);
    struct buffer text = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct diag *const diag = sorted[i];
        bool const is_error = diag->severity == SEVERITY_ERROR;
        if (!diag->span.source) continue; // of no text
        struct place const place = place_of(diag->span);
        buffer_clear(&text);
        diag_render_one(diag, &text);
        command(is_error ? "error" : "warning", workspace, &place, is_error ? "wrong text" : "suspicious text",
                buffer_view(&text), out);
    }
    buffer_fini(&text);
}

// ---- what is no command

// .NET, in which the runner is written, takes more for a blank than ASCII has: whatever is none of its own is passed over.
static bool may_be_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f' || byte >= 0x80;
}

bool github_harmless(struct slice text, enum github_escape escape, struct buffer *out) {
    static const char *const FORMATS[] = {
        [GITHUB_IN_TEXT] = "\\x%02x", [GITHUB_IN_XML] = "&#%u;", [GITHUB_IN_JSON] = "\\u%04x",
        [GITHUB_OURS] = "%c"};
    size_t written = 0;
    bool at_start = true;
    for (size_t i = 0; i < text.len_bytes; i++) {
        struct slice const rest = slice_of(text.data + i, text.len_bytes - i);
        bool const is_command = (at_start && rest.len_bytes >= 2 && memcmp(rest.data, "::", 2) == 0) ||
                                (rest.len_bytes >= 3 && memcmp(rest.data, "##[", 3) == 0);
        uint8_t const byte = text.data[i];
        at_start = byte == '\n' || byte == '\r' || (at_start && may_be_blank(byte));
        if (!is_command) continue;
        buffer_add(out, text.data + written, i - written);
        buffer_printf(out, FORMATS[escape], byte);
        written = i + 1;
    }
    if (written) buffer_add(out, text.data + written, text.len_bytes - written);
    return written > 0;
}
