// JUnit's XML, in the dialect that GitLab, Jenkins and GitHub read, and to the letter of Jenkins' schema
// (fixtures/junit), which has no attributes for a file and a line: they stand in the messages. Without a timestamp, so
// that the same run gives the same file.
#include "console.h"
#include "faults.h"
#include "sinks.h"
#include "xml.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

// In milliseconds where the schema has no room for more: of a suite's.
static void time_attribute(int64_t duration_ns, bool is_suite, struct buffer *out) {
    int64_t const us = (duration_ns < 0 ? 0 : duration_ns) / NS_PER_US;
    buffer_printf(out, " time=\"%" PRId64 ".", us / 1000000);
    if (is_suite) buffer_printf(out, "%03" PRId64 "\"", us % 1000000 / 1000);
    else buffer_printf(out, "%06" PRId64 "\"", us % 1000000);
}

// How much of the case's name is folders, with the last slash; a variation's value behind the `[` may have slashes too.
static size_t folder_bytes(const char *case_name) {
    size_t folders = 0;
    for (size_t i = 0; case_name[i] && case_name[i] != '['; i++) {
        if (case_name[i] == '/') folders = i + 1;
    }
    return folders;
}

// "scenarios/tcp/" as "scenarios.tcp". A dot within a folder's name would be one more level to a reader: it becomes
// `_`; folders that are nothing but dots are left out.
static void class_name(struct slice folders, struct buffer *out) {
    size_t start = 0;
    for (size_t i = 0; i < folders.len_bytes; i++) {
        if (folders.data[i] != '/') continue;
        struct slice const folder = slice_of(folders.data + start, i - start);
        start = i + 1;
        if (!folder.len_bytes || slice_is(folder, ".") || slice_is(folder, "..")) continue;
        if (out->len_bytes) buffer_text(out, ".");
        for (size_t k = 0; k < folder.len_bytes; k++) {
            buffer_add(out, folder.data[k] == '.' ? (const void *)"_" : &folder.data[k], 1);
        }
    }
    if (!out->len_bytes) buffer_text(out, "sockdrill");
}

static void name_attributes(const struct plan *plan, struct buffer *out) {
    size_t const folders = folder_bytes(plan->case_name);
    struct buffer class = {0};
    class_name(slice_of(plan->case_name, folders), &class);
    xml_attribute("classname", buffer_view(&class), out);
    xml_attribute("name", slice_text(plan->case_name + folders), out);
    buffer_fini(&class);
}

static const struct console_style PLAIN = {.colour = false};

static void text_element(const char *name, struct slice text, struct buffer *out) {
    if (!text.len_bytes) return;
    buffer_printf(out, "<%s>", name);
    xml_text(text, out);
    buffer_printf(out, "</%s>", name);
}

// " message=... type=...": where and what, in a line.
static void fault_attributes(const struct case_result *turn, struct buffer *out) {
    const struct plan *const plan = turn->plan;
    const struct fault *const fault = &turn->verdict->faults[0];
    struct buffer message = {0};
    fault_place_words(plan, fault, &message);
    fault_words(plan, fault, &message);
    xml_attribute("message", buffer_view(&message), out);
    xml_attribute("type", slice_text(fault_type(fault)), out);
    buffer_fini(&message);
}

static void failure_text(const struct case_result *turn, struct buffer *text) {
    page_failure(&(struct page){.result = turn, .style = &PLAIN, .out = text});
}

static void failure_element(const struct case_result *turn, struct buffer *out) {
    struct buffer body = {0};
    failure_text(turn, &body);
    buffer_text(out, "      <failure");
    fault_attributes(turn, out);
    buffer_text(out, ">");
    xml_text(buffer_view(&body), out);
    buffer_text(out, "</failure>\n");
    buffer_fini(&body);
}

// What the programs printed to that stream, as far as it is kept: all of one behind its name.
static void output_text(const struct case_result *turn, bool is_stderr, struct buffer *text) {
    for (uint64_t i = 0; i < turn->journal->event_count; i++) {
        const struct event *const event = &turn->journal->events[i];
        if (event->kind != EVENT_OUTPUT_END || (event->code == 2) != is_stderr || !event->bytes.len_bytes) continue;
        instance_words(turn->plan, event->actor, text);
        if (event->bytes.len_bytes < event->count) {
            buffer_printf(text, ", the last %zu of %" PRIu64 " bytes", event->bytes.len_bytes, event->count);
        }
        buffer_text(text, ":\n");
        buffer_slice(text, event->bytes);
        if (event->bytes.data[event->bytes.len_bytes - 1] != '\n') buffer_text(text, "\n");
    }
}

static void lints_text(const struct case_result *turn, struct buffer *text) {
    page_lints(&(struct page){.result = turn, .style = &PLAIN, .out = text});
}

// Surefire's flakyFailure and rerunFailure.
// https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html
static void turn_element(const char *name, const struct case_result *turn, struct buffer *out) {
    static const char *const STREAMS[] = {"system-out", "system-err"};
    struct buffer text = {0};
    failure_text(turn, &text);
    buffer_printf(out, "      <%s", name);
    fault_attributes(turn, out);
    buffer_text(out, ">");
    text_element("stackTrace", buffer_view(&text), out);
    for (int i = 0; i < 2; i++) {
        buffer_clear(&text);
        output_text(turn, i, &text);
        text_element(STREAMS[i], buffer_view(&text), out);
    }
    buffer_printf(out, "</%s>\n", name);
    buffer_fini(&text);
}

static void outputs_elements(const struct case_result *result, struct buffer *out) {
    struct buffer text = {0};
    bool const failed = result->verdict->outcome == OUTCOME_FAILED;
    lints_text(result, &text);
    if (failed) output_text(result, false, &text);
    if (text.len_bytes) buffer_text(out, "      ");
    text_element("system-out", buffer_view(&text), out);
    if (text.len_bytes) buffer_text(out, "\n");
    buffer_clear(&text);
    if (failed) output_text(result, true, &text);
    if (text.len_bytes) buffer_text(out, "      ");
    text_element("system-err", buffer_view(&text), out);
    if (text.len_bytes) buffer_text(out, "\n");
    buffer_fini(&text);
}

static void skipped_element(const struct case_result *result, struct buffer *out) {
    buffer_text(out, "      <skipped");
    xml_attribute("message", slice_text(result->verdict->skip_reason), out);
    buffer_text(out, "/>\n");
}

static bool has_failed(const struct case_result *turn) {
    return turn->verdict->outcome == OUTCOME_FAILED && turn->verdict->fault_count;
}

// A case that passed in the end has its failed turns as flakyFailure; of one that did not, the first turn is its
// failure and the others are rerunFailure.
static void turns_elements(const struct case_result *result, struct buffer *out) {
    bool const failed = has_failed(result);
    for (uint32_t i = 0; i < result->earlier_count; i++) {
        const struct case_result *const turn = &result->earlier[i];
        if (!has_failed(turn)) continue;
        if (failed && i == 0) failure_element(turn, out);
        else turn_element(failed ? "rerunFailure" : "flakyFailure", turn, out);
    }
    if (failed && result->earlier_count) turn_element("rerunFailure", result, out);
    else if (failed) failure_element(result, out);
}

void junit_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    (void)facts;
    struct buffer content = {0};
    turns_elements(result, &content);
    if (result->verdict->outcome == OUTCOME_SKIPPED) skipped_element(result, &content);
    outputs_elements(result, &content);
    buffer_text(out, "    <testcase");
    name_attributes(result->plan, out);
    time_attribute(result->verdict->duration_ns, false, out);
    buffer_text(out, content.len_bytes ? ">\n" : "/>\n");
    buffer_slice(out, buffer_view(&content));
    if (content.len_bytes) buffer_text(out, "    </testcase>\n");
    buffer_fini(&content);
}

static void counts_attributes(const struct run_result *run, struct buffer *out) {
    buffer_printf(out, " name=\"sockdrill\" tests=\"%u\" failures=\"%u\" errors=\"0\"", run->count, run->counts.failed);
    time_attribute((int64_t)run->counts.duration_ns, true, out);
}

void junit_open(const struct run_result *run, struct buffer *out) {
    buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    counts_attributes(run, out);
    buffer_text(out, ">\n  <testsuite");
    counts_attributes(run, out);
    buffer_printf(out, " skipped=\"%u\">\n", run->counts.skipped);
}

void junit_close(const struct run_result *run, struct buffer *out) {
    (void)run;
    buffer_text(out, "  </testsuite>\n</testsuites>\n");
}
