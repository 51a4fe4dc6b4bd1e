// A sequence diagram of a case in Markdown, as GitHub, GitLab and many editors draw it.
// https://mermaid.js.org/syntax/sequenceDiagram.html
//
// Text from outside is letters, digits and a few marks; all else is written as Mermaid's entity codes, so that nothing of it
// is taken for syntax, for a directive or for the end of the block.
#include "diagram.h"
#include "faults.h"
#include "sinks.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

enum {
    LANES_MAX = 40,
    ITEMS_MAX = 240,
    TEXT_COLUMNS_MAX = 48,
    LABEL_COLUMNS_MAX = 40,
    DIAGRAM_BYTES_MAX = 48000, // Mermaid draws no text of more than 50,000 characters unless its page says so
};

static bool is_plain(uint32_t c) {
    bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || (c && c < 0x80 && strchr(" .,:/()=+_'-", (int)c));
}

static void words_render(struct slice words, struct buffer *out) {
    for (size_t at = 0; at < words.len_bytes;) {
        uint32_t code_point = 0;
        unsigned const len = utf8_decode(slice_of(words.data + at, words.len_bytes - at), &code_point);
        if (is_plain(code_point)) buffer_add(out, words.data + at, len);
        else buffer_printf(out, "#%u;", code_point);
        at += len ? len : 1;
    }
}

static void text_render(struct slice text, unsigned columns, struct buffer *out) {
    struct buffer words = {0};
    report_text(text, columns, &words);
    words_render(buffer_view(&words), out);
    buffer_fini(&words);
}

// --- lanes

static void lane_render(const struct diagram_lane *lane, uint32_t number, struct buffer *out) {
    static const char *const ROLES[] = {
        [ROLE_SERVER] = "server ",
        [ROLE_CLIENT] = "client ",
        [ROLE_PROGRAM] = "program ",
        [ROLE_AFTERWARDS] = "",
    };
    bool const is_ours = lane->count > 0;
    buffer_printf(out, "    %s l%u as %s", is_ours ? "participant" : "actor", number, is_ours ? ROLES[lane->role] : "");
    text_render(slice_text(lane->label), LABEL_COLUMNS_MAX, out);
    if (lane->count > 1) buffer_printf(out, " (%u of them)", lane->count);
    buffer_text(out, "\n");
}

// --- what happened

static void bytes_words(const struct diagram_item *item, struct buffer *words) {
    struct buffer shown = {0};
    report_text(item->bytes, TEXT_COLUMNS_MAX, &shown);
    buffer_printf(words, "%" PRIu64 " byte%s", item->count, item->count == 1 ? "" : "s");
    if (shown.len_bytes) buffer_printf(words, " \"%.*s\"", (int)shown.len_bytes, shown.data);
    buffer_fini(&shown);
}

static bool has_bytes(enum diagram_kind kind) {
    return kind == DIAGRAM_MESSAGE || kind == DIAGRAM_TAKEN || kind == DIAGRAM_DISCARD || kind == DIAGRAM_PRINT ||
           kind == DIAGRAM_INPUT;
}

// "12: connect", "18: 6 bytes "hello\n"", "failed: received bytes differ"
static void item_words(const struct case_result *result, const struct diagram_item *item, struct buffer *words) {
    const struct step *const step = step_at(result->plan, item->step);
    if (step) buffer_printf(words, "%u: ", step_line(step));
    if (item->kind == DIAGRAM_CUT) {
        buffer_printf(words, "%" PRIu64 " more are left out here", item->count);
        if (item->offset) buffer_printf(words, ", with %" PRIu64 " bytes", item->offset);
        return;
    }
    bool const is_told_by_text = item->kind == DIAGRAM_EXIT && item->text.len_bytes;
    if (item->kind != DIAGRAM_MESSAGE && !is_told_by_text) {
        buffer_text(words, diagram_kind_name(item->kind));
        if (item->text.len_bytes || has_bytes(item->kind)) buffer_text(words, item->kind == DIAGRAM_FAIL ? ": " : " ");
    }
    if (has_bytes(item->kind)) bytes_words(item, words);
    if (has_bytes(item->kind) && item->text.len_bytes) buffer_text(words, ", ");
    report_text(item->text, item->kind == DIAGRAM_FAIL ? COLUMNS_ALL : TEXT_COLUMNS_MAX, words);
    if (item->is_lost) buffer_text(words, ", never matched");
}

static void delay_words(int64_t delay_ns, struct buffer *words) {
    char text[DURATION_TEXT_BYTES];
    if (delay_ns) buffer_printf(words, ", after %s", duration_text(delay_ns, text));
}

static const char *arrow_of(const struct diagram_item *item) {
    if (item->is_lost || item->kind == DIAGRAM_RESET || item->kind == DIAGRAM_REFUSED) return "-x";
    return item->kind == DIAGRAM_FIN ? "--)" : "->>";
}

static void item_render(const struct case_result *result, const struct diagram *diagram, const struct diagram_item *item,
                        struct buffer *out) {
    struct buffer words = {0};
    item_words(result, item, &words);
    delay_words(item->delay_ns, &words);
    if (item->is_failure) buffer_text(out, "    rect rgba(220, 60, 60, 0.25)\n");
    bool const is_of_all = item->kind == DIAGRAM_CUT || item->from == DIAGRAM_NONE;
    if (is_of_all && diagram->lane_count > 1) buffer_printf(out, "    Note over l0,l%u: ", diagram->lane_count - 1);
    else if (is_of_all) buffer_text(out, "    Note over l0: ");
    else if (diagram_is_arrow(item->kind) && item->to != DIAGRAM_NONE)
        buffer_printf(out, "    l%u%sl%u: ", item->from, arrow_of(item), item->to);
    else buffer_printf(out, "    Note right of l%u: ", item->from);
    words_render(buffer_view(&words), out);
    buffer_text(out, "\n");
    if (item->is_failure) buffer_text(out, "    end\n");
    buffer_fini(&words);
}

static void diagram_render(const struct case_result *result, uint32_t items_max, struct buffer *out) {
    struct diagram_limits const limits = {.lanes = LANES_MAX, .items = items_max, .bars = 1};
    struct diagram diagram;
    struct arena scratch;
    arena_init(&scratch);
    diagram_init(&diagram, result, &limits, &scratch);
    if (diagram.lane_count) buffer_text(out, "sequenceDiagram\n");
    for (uint32_t i = 0; i < diagram.lane_count; i++) lane_render(&diagram.lanes[i], i, out);
    for (uint32_t i = 0; diagram.lane_count && i < diagram.item_count; i++)
        item_render(result, &diagram, &diagram.items[i], out);
    if (diagram.lane_count && diagram.instances_left_out)
        buffer_printf(out, "    Note over l0: %u more actors are left out\n", diagram.instances_left_out);
    arena_fini(&scratch);
}

// --- Markdown

// As code, in which nothing is taken for markup: between more backticks than stand in it side by side.
static void code_render(struct slice text, struct buffer *out) {
    struct buffer words = {0};
    size_t longest = 0, run = 0;
    report_text(text, COLUMNS_ALL, &words);
    for (size_t i = 0; i < words.len_bytes; i++) {
        run = words.data[i] == '`' ? run + 1 : 0;
        if (run > longest) longest = run;
    }
    buffer_repeat(out, '`', longest + 1);
    buffer_text(out, " ");
    buffer_slice(out, buffer_view(&words));
    buffer_text(out, " ");
    buffer_repeat(out, '`', longest + 1);
    buffer_fini(&words);
}

void mermaid_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    (void)facts;
    const struct verdict *const verdict = result->verdict;
    struct buffer words = {0}, diagram = {0};
    buffer_text(out, "# ");
    code_render(slice_text(result->plan->case_name), out);
    buffer_text(out, "\n\n");
    code_render(slice_text(result->plan->title), out);
    buffer_printf(out, "\n\n%s", outcome_word(verdict->outcome));
    if (verdict->outcome == OUTCOME_SKIPPED) buffer_text(&words, verdict->skip_reason);
    else if (verdict->fault_count) fault_words(result->plan, &verdict->faults[0], &words);
    if (words.len_bytes) buffer_text(out, ": ");
    if (words.len_bytes) code_render(buffer_view(&words), out);
    buffer_text(out, "\n");
    for (uint32_t items = ITEMS_MAX; items; items /= 2) {
        buffer_clear(&diagram);
        diagram_render(result, items, &diagram);
        if (diagram.len_bytes <= DIAGRAM_BYTES_MAX) break;
    }
    if (diagram.len_bytes) buffer_printf(out, "\n```mermaid\n%s```\n", diagram.data);
    buffer_fini(&diagram);
    buffer_fini(&words);
}

void mermaid_open(const struct run_result *run, struct buffer *out) {
    (void)run;
    (void)out;
}

void mermaid_close(const struct run_result *run, struct buffer *out) {
    (void)run;
    (void)out;
}
