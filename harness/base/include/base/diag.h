// Diagnostics: what is wrong with a scenario's text, and where. Collected by every room that reads text,
// printed by the command line alone.
#ifndef SOCKDRILL_BASE_DIAG_H
#define SOCKDRILL_BASE_DIAG_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

// One file's text. Immutable after source_init.
struct source {
    const char *path; // as the user wrote it
    struct slice text;
    uint32_t *line_starts; // byte offset of each line's first byte
    uint32_t line_count;
};

// A stretch of a source: byte offsets, `end` exclusive. A zero-length span marks a place between bytes.
struct span {
    const struct source *source;
    uint32_t start;
    uint32_t end;
};

// Both count from 1; the column counts UTF-8 code points, as editors do.
struct position {
    uint32_t line;
    uint32_t column;
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

// Immutable once added. Texts live in the list's arena.
struct diag {
    enum severity severity;
    struct span span;
    const char *message; // a sentence without a full stop
    const char *hint;    // what to do about it, or NULL
    struct diag *next;
    struct diag *alike;  // the one before it whose place falls into the same of the list's `places`
};

enum {
    DIAG_LIMIT = 200, // per list
    DIAG_PLACES = 64,
};

// Owned by one worker. What is told again at the same place in the same words is kept and counted once, however often a
// text is gone through.
struct diag_list {
    struct arena *arena;
    struct diag *first;
    struct diag *last;
    uint32_t error_count;
    uint32_t warning_count;
    uint32_t dropped_count;     // past DIAG_LIMIT nothing is kept, only counted
    uint32_t told_errors;       // those told again counted too: it grows with whatever goes wrong
    bool is_newest_kept;
    struct diag *places[DIAG_PLACES]; // the kept ones by their places
};

// `text` and `path` stay the caller's and must outlive the source; line_starts come from the arena.
void source_init(struct source *source, struct arena *arena, const char *path, struct slice text);
uint32_t source_line_index(const struct source *source, uint32_t offset); // of the last line that starts at or before it; from 0
struct position source_position(struct span span);           // of the span's start
struct slice source_line(const struct source *source, uint32_t line); // without its line break; line counts from 1
struct slice span_text(struct span span);
struct span span_join(struct span first, struct span last);

void diag_list_init(struct diag_list *list, struct arena *arena);
void diag_error(struct diag_list *list, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_warning(struct diag_list *list, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_vwarning(struct diag_list *list, struct span span, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
// Whether the newest diagnostic is new to the list, and kept: else nobody reads what more there is to say of it.
bool diag_is_news(const struct diag_list *list);
// Adds a hint to the newest diagnostic, where it is news.
void diag_hint(struct diag_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Hints "did you mean 'x'?" on the newest diagnostic when nearest is not NULL.
void diag_suggest(struct diag_list *list, const char *nearest);

// Every diagnostic in the order of its place in the text:
//     file:line:column: error: message
//        12 | the source line
//           |     ^~~~
//           = hint
void diag_render(const struct diag_list *list, struct buffer *out);
// The same by themselves: those that were kept, in that order; how many. And one of them.
uint32_t diag_list_sort(const struct diag_list *list, const struct diag *sorted[DIAG_LIMIT]);
void diag_render_one(const struct diag *diag, struct buffer *out);

// The two lines with the caret alone, each behind `indent` spaces; for verdicts, which point at steps the same way.
void diag_render_excerpt(struct span span, struct buffer *out, unsigned indent);

#endif
