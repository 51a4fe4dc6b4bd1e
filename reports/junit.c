// JUnit's XML, in the dialect that GitLab, Jenkins and GitHub read: testsuites, testsuite, testcase with file and line,
// failure and skipped. Without a timestamp, so that the same run gives the same file.
#include "console.h"
#include "sinks.h"
#include "xml.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

static const char *const FAULT_TYPES[] = {
    [FAULT_STEP] = "failed",
    [FAULT_NEVER_RAN] = "never-ran",
    [FAULT_UNREACHED] = "unreached",
    [FAULT_LOST_BYTES] = "lost-bytes",
    [FAULT_NEVER_ACCEPTED] = "never-accepted",
    [FAULT_SKIPPED] = "skipped",
};

static const char *const FAILURE_TYPES[FAILURE_KIND_COUNT] = {
    [FAILURE_MISMATCH] = "mismatch",
    [FAILURE_ENDING] = "ending",
    [FAILURE_CALL] = "call",
    [FAILURE_EXPECT] = "expect",
    [FAILURE_STEP_TIMEOUT] = "step-timeout",
    [FAILURE_TIMEOUT] = "timeout",
    [FAILURE_DEADLOCK] = "deadlock",
    [FAILURE_ABANDONED] = "abandoned",
    [FAILURE_UNMATCHED] = "unmatched",
    [FAILURE_UNACCEPTED] = "unaccepted",
    [FAILURE_CRASHED] = "crashed",
    [FAILURE_SANITIZER] = "sanitizer",
    [FAILURE_UNREAD_OUTPUT] = "unread-output",
    [FAILURE_LEFT_BEHIND] = "left-behind",
    [FAILURE_VALUE] = "value",
    [FAILURE_RESOURCE] = "resource",
    [FAILURE_INTERRUPTED] = "interrupted",
};

static const char *fault_type(const struct fault *fault) {
    return fault->failure ? FAILURE_TYPES[fault->failure->kind] : FAULT_TYPES[fault->kind];
}

static void time_attribute(int64_t duration_ns, struct buffer *out) {
    int64_t const us = (duration_ns < 0 ? 0 : duration_ns) / NS_PER_US;
    buffer_printf(out, " time=\"%" PRId64 ".%06" PRId64 "\"", us / 1000000, us % 1000000);
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
    xml_attribute("file", slice_text(plan->path), out);
    buffer_printf(out, " line=\"%u\"", plan->title_line);
    buffer_fini(&class);
}

static const struct console_style PLAIN = {.colour = false};

static void failure_element(const struct case_result *result, struct buffer *out) {
    const struct fault *const fault = &result->verdict->faults[0];
    struct buffer body = {0};
    page_failure(&(struct page){.result = result, .style = &PLAIN, .out = &body});
    buffer_text(out, "      <failure");
    xml_attribute("message", slice_text(fault->message), out);
    xml_attribute("type", slice_text(fault_type(fault)), out);
    buffer_text(out, ">");
    xml_text(buffer_view(&body), out);
    buffer_text(out, "</failure>\n");
    buffer_fini(&body);
}

static void skipped_element(const struct case_result *result, struct buffer *out) {
    buffer_text(out, "      <skipped");
    xml_attribute("message", slice_text(result->verdict->skip_reason), out);
    buffer_text(out, "/>\n");
}

static void lints_element(const struct case_result *result, struct buffer *out) {
    if (!result->verdict->lint_count) return;
    struct buffer lints = {0};
    page_lints(&(struct page){.result = result, .style = &PLAIN, .out = &lints});
    buffer_text(out, "      <system-out>");
    xml_text(buffer_view(&lints), out);
    buffer_text(out, "</system-out>\n");
    buffer_fini(&lints);
}

void junit_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    (void)facts;
    const struct verdict *const verdict = result->verdict;
    buffer_text(out, "    <testcase");
    name_attributes(result->plan, out);
    time_attribute(verdict->duration_ns, out);
    if (verdict->outcome == OUTCOME_PASSED && !verdict->lint_count) {
        buffer_text(out, "/>\n");
        return;
    }
    buffer_text(out, ">\n");
    if (verdict->outcome == OUTCOME_FAILED) failure_element(result, out);
    if (verdict->outcome == OUTCOME_SKIPPED) skipped_element(result, out);
    lints_element(result, out);
    buffer_text(out, "    </testcase>\n");
}

static void suite_tag(const char *tag, const struct run_result *run, struct buffer *out) {
    buffer_printf(out, "<%s name=\"sockdrill\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\"", tag, run->count,
                  run->counts.failed, run->counts.skipped);
    time_attribute((int64_t)run->counts.duration_ns, out);
    buffer_text(out, ">\n");
}

void junit_open(const struct run_result *run, struct buffer *out) {
    buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    suite_tag("testsuites", run, out);
    buffer_text(out, "  ");
    suite_tag("testsuite", run, out);
}

void junit_close(const struct run_result *run, struct buffer *out) {
    (void)run;
    buffer_text(out, "  </testsuite>\n</testsuites>\n");
}
