// What the files of the HTML report share. A page is well-formed XML as well, so that its nesting can be checked; it has no
// script, and asks for nothing.
#ifndef SOCKDRILL_REPORTS_HTML_H
#define SOCKDRILL_REPORTS_HTML_H

#include "diagram.h"

// How much of each part a page has at most, so that it stays below 2 MiB whatever the scenario.
enum {
    HTML_LANES_MAX = 24,
    HTML_ITEMS_MAX = 400,
    HTML_BARS_MAX = 160,
    HTML_TEXT_COLUMNS_MAX = 2000, // of one text from outside
    HTML_DUMP_COLUMNS = 16,       // bytes in a row of a dump
    HTML_DUMP_NARROW = 8,         // where there is little room
};

// The page of one case. Owned by html_one.
struct html_case {
    const struct run_facts *facts;
    const struct case_result *result;
    struct diagram diagram;
    struct socket_book book;
    struct arena arena;
    struct buffer *out;
};

// --- html_text.c

// Text from outside: `&<>"` as entities; controls, ill-formed UTF-8 and what reorders or hides text as \xNN; line breaks and
// tabs stay. Fit for an attribute's value too.
void html_text(struct slice text, struct buffer *out);
// The same of a text without line breaks (they are escapes), cut to `columns`.
void html_line(struct slice text, unsigned columns, struct buffer *out);
void html_words(const char *text, struct buffer *out); // as html_line, of at most HTML_TEXT_COLUMNS_MAX
// "1,234,567"
void html_number(uint64_t number, struct buffer *out);
// "39 bytes", "100 MiB"
void html_bytes_count(uint64_t count, struct buffer *out);
// "+1.25 ms", from the beginning of the case
void html_time(int64_t ns, struct buffer *out);
// A fraction of a second in words: "37 ms".
void html_duration(int64_t ns, struct buffer *out);
// Bytes in short, as text where they are mostly that, else in hexadecimal; cut to `columns`.
void html_bytes_preview(struct slice bytes, uint64_t count, unsigned columns, struct buffer *out);
// Rows of `columns` bytes: offset, hexadecimal, text; for a <pre>. `marks`: which of them to mark, or NULL; of a row that
// is the last they go on to its end.
void html_dump(struct slice bytes, uint64_t offset, const bool *marks, unsigned columns, struct buffer *out);
bool html_is_text(struct slice bytes);

// --- html_page.c

// `class` of the body; `title` is text from outside.
void html_begin(const char *title, struct buffer *out);
void html_end(const struct run_facts *facts, struct buffer *out);
// <span class="badge bad">✗ failed</span>
void html_outcome(const struct case_result *result, struct buffer *out);
void html_section(const char *id, const char *heading, struct buffer *out);
void html_section_end(struct buffer *out);

// --- the sections of a case's page

void html_failure(const struct html_case *page); // html_failure.c
void html_fault(const struct html_case *page,
                const struct fault *fault); // all that is known of one, below its sentence
uint32_t html_failed_socket(const struct journal *journal, const struct fault *fault); // or JOURNAL_NONE
void html_diagram(const struct html_case *page);                                       // html_diagram.c
void html_messages(const struct html_case *page);                                      // html_messages.c
void html_source(const struct html_case *page);                                        // html_source.c
void html_waits(const struct html_case *page);                                         // html_tables.c
void html_sockets(const struct html_case *page);                                       // html_sockets.c
void html_programs(const struct html_case *page);                                      // html_programs.c
void html_timing(const struct html_case *page);                                        // html_tables.c

// Whether the diagram's item has bytes, and so a row of the messages and a number.
bool html_is_message(const struct diagram_item *item);

#endif
