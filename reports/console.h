// What the files of the console report share. A page is what is written on, and how.
#ifndef SOCKDRILL_REPORTS_CONSOLE_H
#define SOCKDRILL_REPORTS_CONSOLE_H

#include "programs.h"
#include "words.h"

enum paint { PAINT_GOOD, PAINT_BAD, PAINT_CAUTION, PAINT_STRONG, PAINT_FAINT, PAINT_COUNT };

// Owned by one call of the report.
struct page {
    const struct case_result *result;
    const struct console_style *style;
    struct buffer *out;
    unsigned indent; // blanks before each line
};

// The text in that colour, where the style has colours. `text` is the report's own: it is not escaped.
void page_paint(const struct page *page, enum paint paint, const char *text);
void page_indent(const struct page *page, unsigned more);

// "file:line:column: " of a span; nothing where it has no source.
void page_place(const struct page *page, struct span span);

// What there is to explain of a case: its failure, and of one that was played more than once how often it failed, and of one that
// passed in the end how it did first.
void page_explanation(const struct page *page);
// Everything that explains a failed case: the sentence, the first fault in full, who waited for what, the other faults.
void page_failure(const struct page *page);
// "sent by server 'web', line 8: send "HTTP/1.0 200 OK\r\n"": whose the byte at `offset` of what `socket` received was.
// Nothing where nobody of ours sent it, or the other end cannot be told.
void page_sender(const struct page *page, const struct socket_book *book, uint32_t socket, uint64_t offset);
// Where everybody else was, alike ones folded into one line; what became of the other programs, and what they said
// last. Where time ran out, also who is queued at a listener.
void page_meanwhile(const struct page *page);

// The end of what the failed program printed, or a sanitizer's report, and how its process ended where its streams did.
void page_output(const struct page *page, const struct fault *fault);
// "has ended with exit code 28; its stderr: curl: (28) timed out" and a line break, with further lines below where one
// is not enough, `lines_max` of them; the first begins at column `indent` of the page.
void page_program_end(const struct page *page, const struct program_end *end, unsigned indent, unsigned lines_max);
// The programs that ended badly, but for the failed one, which its failure tells of: as often as not they say why.
void page_bad_ends(const struct page *page);
// How many columns are left of a line of which `used` are taken, the page's indent aside.
unsigned page_columns(const struct page *page, unsigned used);
// Of what was written from there on: lines wider than the page go on below, indented with their line; or are cut.
void page_wrap(const struct page *page, size_t from);
void page_cut(const struct page *page, size_t from);
// The lints, a line each.
void page_lints(const struct page *page);
// At the end of a run: where its time went.
void page_timing(const struct page *page, const struct run_result *run);
// All that --verbose tells of the case while it is played.
void page_trace(const struct page *page);

#endif
