#include "base/diag.h"

#include <string.h>

// The byte behind the first line break at or after `at`, or NULL.
static const uint8_t *next_line(struct slice text, size_t at) {
    const uint8_t *const found = at < text.len_bytes ? memchr(text.data + at, '\n', text.len_bytes - at) : NULL;
    return found ? found + 1 : NULL;
}

void source_init(struct source *source, struct arena *arena, const char *path, struct slice text) {
    *source = (struct source){.path = path, .text = text, .line_count = 1};
    const uint8_t *line;
    for (size_t at = 0; (line = next_line(text, at)); at = (size_t)(line - text.data)) source->line_count++;
    source->line_starts = arena_array(arena, source->line_count, sizeof *source->line_starts);
    uint32_t *start = source->line_starts;
    for (size_t at = 0; (line = next_line(text, at)); at = (size_t)(line - text.data)) *++start = (uint32_t)(line - text.data);
}

uint32_t source_line_index(const struct source *source, uint32_t offset) {
    uint32_t low = 0, high = source->line_count;
    while (high - low > 1) {
        uint32_t const middle = low + (high - low) / 2;
        if (source->line_starts[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct position source_position(struct span span) {
    const struct source *const source = span.source;
    uint32_t const index = source_line_index(source, span.start);
    struct position position = {.line = index + 1, .column = 1};
    size_t const end = span.start < source->text.len_bytes ? span.start : source->text.len_bytes;
    for (size_t i = source->line_starts[index]; i < end; i++) {
        position.column += (source->text.data[i] & 0xc0) != 0x80; // continuation bytes begin no code point
    }
    return position;
}

struct slice source_line(const struct source *source, uint32_t line) {
    if (line == 0 || line > source->line_count) return slice_of("", 0);
    size_t const start = source->line_starts[line - 1];
    size_t end = line < source->line_count ? source->line_starts[line] - 1 : source->text.len_bytes;
    if (end > start && source->text.data[end - 1] == '\r') end--;
    return slice_of(source->text.data + start, end - start);
}

struct slice span_text(struct span span) {
    return slice_of(span.source->text.data + span.start, span.end - span.start);
}

struct span span_join(struct span first, struct span last) {
    return (struct span){first.source, first.start, last.end > first.end ? last.end : first.end};
}

void diag_list_init(struct diag_list *list, struct arena *arena) {
    *list = (struct diag_list){.arena = arena};
}

static struct diag **place_of(struct diag_list *list, struct span span) {
    return &list->places[span.start % DIAG_PLACES];
}

// Whether the list has it, at this place and in these words.
static bool is_told(struct diag_list *list, struct span span, const char *format, va_list arguments) {
    struct buffer words = {0};
    const struct diag *diag = *place_of(list, span);
    for (; diag; diag = diag->alike) {
        if (diag->span.source != span.source || diag->span.start != span.start) continue;
        if (!words.data) buffer_vprintf(&words, format, arguments);
        if (strcmp(diag->message, words.data ? words.data : "") == 0) break;
    }
    buffer_fini(&words);
    return diag != NULL;
}

static void diag_keep(struct diag_list *list, enum severity severity, struct span span, const char *message) {
    struct diag **const place = place_of(list, span);
    struct diag *const diag = arena_alloc(list->arena, sizeof *diag);
    *diag = (struct diag){.severity = severity, .span = span, .message = message, .alike = *place};
    *place = diag;
    if (list->last) {
        list->last->next = diag;
    } else {
        list->first = diag;
    }
    list->last = diag;
    list->is_newest_kept = true;
}

static void diag_add(struct diag_list *list, enum severity severity, struct span span, const char *format,
                     va_list arguments) {
    bool const is_error = severity == SEVERITY_ERROR;
    va_list again;
    va_copy(again, arguments);
    bool const was_told = is_told(list, span, format, again);
    va_end(again);
    list->is_newest_kept = false;
    list->told_errors += is_error;
    if (was_told) return;
    list->error_count += is_error;
    list->warning_count += !is_error;
    if (list->error_count + list->warning_count > DIAG_LIMIT) list->dropped_count++;
    else diag_keep(list, severity, span, arena_vtext(list->arena, format, arguments));
}

void diag_error(struct diag_list *list, struct span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    diag_add(list, SEVERITY_ERROR, span, format, arguments);
    va_end(arguments);
}

void diag_warning(struct diag_list *list, struct span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    diag_vwarning(list, span, format, arguments);
    va_end(arguments);
}

void diag_vwarning(struct diag_list *list, struct span span, const char *format, va_list arguments) {
    diag_add(list, SEVERITY_WARNING, span, format, arguments);
}

bool diag_is_news(const struct diag_list *list) {
    return list->is_newest_kept;
}

void diag_hint(struct diag_list *list, const char *format, ...) {
    if (!list->is_newest_kept) return;
    va_list arguments;
    va_start(arguments, format);
    list->last->hint = arena_vtext(list->arena, format, arguments);
    va_end(arguments);
}

void diag_suggest(struct diag_list *list, const char *nearest) {
    if (nearest) diag_hint(list, "did you mean '%s'?", nearest);
}
