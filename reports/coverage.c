// What the scenarios of a run exercise, as text: first how much of each kind and what never, then how many cases did what.
#include "coverage.h"
#include "sinks.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 100, COUNT_COLUMNS = 7 };

static const char *const FATE_WORDS[COVERAGE_FATE_COUNT] = {"built", "matched", "checked"};

// A list of names over as many lines as it takes, the first behind what stands there already.
struct row {
    struct buffer *out;
    size_t line_start;
    unsigned indent;
    bool any;
};

static void row_begin(struct row *row, struct buffer *out, unsigned indent, const char *head, const char *of) {
    *row = (struct row){.out = out, .line_start = out->len_bytes, .indent = indent};
    buffer_repeat(out, ' ', indent);
    buffer_printf(out, "%s%s:", head, of);
}

static void row_add(struct row *row, struct slice name) {
    struct buffer shown = {0};
    report_text(name, COLUMNS_ALL, &shown);
    if (row->any) buffer_text(row->out, ",");
    if (row->out->len_bytes - row->line_start + shown.len_bytes + 2 > COLUMNS) {
        buffer_text(row->out, "\n");
        row->line_start = row->out->len_bytes;
        buffer_repeat(row->out, ' ', row->indent + 1u);
    }
    buffer_text(row->out, " ");
    buffer_slice(row->out, buffer_view(&shown));
    row->any = true;
    buffer_fini(&shown);
}

// Of all only where it is all.
static void share(uint32_t part, uint32_t whole, struct buffer *out) {
    buffer_printf(out, "%u of %u (%u %%)", part, whole, whole ? (unsigned)((uint64_t)part * 100 / whole) : 100);
}

// ---- verbs, attributes, ...

static void item_name(const struct coverage_item *item, struct buffer *out) {
    buffer_printf(out, "%s%s%s", item->verb, item->verb[0] ? " " : "", item->name);
}

static void group_summary(const struct coverage_group *group, struct buffer *out) {
    uint32_t exercised = 0;
    for (uint32_t i = 0; i < group->count; i++) exercised += group->items[i].mark.cases > 0;
    buffer_printf(out, "%s: ", group->title);
    share(exercised, group->count, out);
    buffer_text(out, "\n");
    if (exercised == group->count) return;
    struct row row;
    row_begin(&row, out, 2, "never", "");
    for (uint32_t i = 0; i < group->count; i++) {
        if (group->items[i].mark.cases > 0) continue;
        struct buffer name = {0};
        item_name(&group->items[i], &name);
        row_add(&row, buffer_view(&name));
        buffer_fini(&name);
    }
    buffer_text(out, "\n");
}

static void group_counts(const struct coverage_group *group, struct buffer *out) {
    buffer_printf(out, "  %s\n", group->title);
    for (uint32_t i = 0; i < group->count; i++) {
        buffer_printf(out, "  %*u  ", COUNT_COLUMNS, group->items[i].mark.cases);
        item_name(&group->items[i], out);
        buffer_text(out, "\n");
    }
}

// ---- messages

static int by_path(const void *left, const void *right) {
    const struct coverage_message *const a = left, *const b = right;
    int const paths = strcmp(a->path, b->path);
    if (paths != 0) return paths;
    return a->code->span.start < b->code->span.start ? -1 : a->code->span.start > b->code->span.start;
}

static bool is_of_one_file(const struct coverage_message *a, const struct coverage_message *b) {
    return strcmp(a->path, b->path) == 0;
}

static void messages_shares(const struct coverage_message *messages, uint32_t count, struct buffer *out) {
    for (int fate = 0; fate < COVERAGE_FATE_COUNT; fate++) {
        uint32_t fields = 0, exercised = 0;
        for (uint32_t i = 0; i < count; i++) {
            fields += messages[i].code->field_count;
            for (uint32_t k = 0; k < messages[i].code->field_count; k++) exercised += messages[i].marks[fate][k].cases > 0;
        }
        buffer_printf(out, "%s%s ", fate > 0 ? ", " : "", FATE_WORDS[fate]);
        share(exercised, fields, out);
    }
    buffer_text(out, "\n");
}

static void messages_never(const struct coverage_message *messages, uint32_t count, int fate, struct buffer *out) {
    struct row row;
    struct buffer name = {0};
    bool is_begun = false;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < messages[i].code->field_count; k++) {
            if (messages[i].marks[fate][k].cases > 0) continue;
            if (!is_begun) row_begin(&row, out, 4, "never ", FATE_WORDS[fate]);
            is_begun = true;
            buffer_clear(&name);
            buffer_printf(&name, "%s.%s", messages[i].code->name, messages[i].code->fields[k].name);
            row_add(&row, buffer_view(&name));
        }
    if (is_begun) buffer_text(out, "\n");
    buffer_fini(&name);
}

static uint32_t file_end(const struct coverage_message *messages, uint32_t count, uint32_t start) {
    uint32_t end = start;
    while (end < count && is_of_one_file(&messages[start], &messages[end])) end++;
    return end;
}

static void messages_summary(const struct coverage_message *messages, uint32_t count, struct buffer *out) {
    buffer_text(out, "fields of messages: ");
    messages_shares(messages, count, out);
    for (uint32_t start = 0, end; start < count; start = end) {
        end = file_end(messages, count, start);
        buffer_text(out, "  ");
        report_text(slice_text(messages[start].path), COLUMNS_ALL, out);
        buffer_text(out, ": ");
        messages_shares(&messages[start], end - start, out);
        for (int fate = 0; fate < COVERAGE_FATE_COUNT; fate++) messages_never(&messages[start], end - start, fate, out);
    }
}

static void message_counts(const struct coverage_message *message, struct buffer *out) {
    for (uint32_t i = 0; i < message->code->field_count; i++) {
        buffer_text(out, "  ");
        for (int fate = 0; fate < COVERAGE_FATE_COUNT; fate++)
            buffer_printf(out, "%*u", COUNT_COLUMNS + fate, message->marks[fate][i].cases);
        buffer_printf(out, "  %s.%s\n", message->code->name, message->code->fields[i].name);
    }
}

static void messages_counts(const struct coverage_message *messages, uint32_t count, struct buffer *out) {
    for (uint32_t start = 0, end; start < count; start = end) {
        end = file_end(messages, count, start);
        buffer_text(out, "  fields of messages of ");
        report_text(slice_text(messages[start].path), COLUMNS_ALL, out);
        buffer_text(out, "\n  ");
        for (int fate = 0; fate < COVERAGE_FATE_COUNT; fate++) buffer_printf(out, "%*s", COUNT_COLUMNS + fate, FATE_WORDS[fate]);
        buffer_text(out, "\n");
        for (uint32_t i = start; i < end; i++) message_counts(&messages[i], out);
    }
}

// ---- the sink

void coverage_open(const struct run_result *run, struct buffer *out) {
    (void)run;
    (void)out;
}

void coverage_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    (void)facts;
    (void)result;
    (void)out;
}

void coverage_close(const struct run_result *run, struct buffer *out) {
    const struct coverage *const coverage = run->coverage;
    if (!coverage) return;
    uint32_t const count = coverage->message_count;
    struct arena scratch;
    arena_init(&scratch);
    struct coverage_message *const messages = arena_array(&scratch, count, sizeof *messages);
    for (uint32_t i = 0; i < count; i++) messages[i] = coverage->messages[i];
    if (count > 0) qsort(messages, count, sizeof *messages, by_path);
    buffer_printf(out, "what %u case%s exercised, by the steps that ended (%u skipped)\n\n", coverage->played,
                  coverage->played == 1 ? "" : "s", coverage->skipped);
    for (int i = 0; i < COVERAGE_GROUP_COUNT; i++) group_summary(&coverage->groups[i], out);
    if (count > 0) messages_summary(messages, count, out);
    buffer_text(out, "\nhow many cases did each\n");
    for (int i = 0; i < COVERAGE_GROUP_COUNT; i++) group_counts(&coverage->groups[i], out);
    messages_counts(messages, count, out);
    arena_fini(&scratch);
}
