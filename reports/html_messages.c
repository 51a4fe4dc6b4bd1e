// The bytes of every message, on demand.
#include "html.h"

#include <inttypes.h>

enum {
    DUMPED_BYTES_MAX = 48 * 1024, // of a page; the longest give way first
    DUMPED_EACH_MAX = 4096,
    PREVIEW_COLUMNS = 44,
    STEP_COLUMNS_MAX = 100,
};

bool html_is_message(const struct diagram_item *item) {
    return item->kind == DIAGRAM_MESSAGE || item->kind == DIAGRAM_TAKEN || item->kind == DIAGRAM_DISCARD ||
           item->kind == DIAGRAM_PRINT || (item->kind == DIAGRAM_INPUT && item->count);
}

// How many bytes of each message may be shown, so that all stay within the limit.
static size_t share_bytes(const struct diagram *diagram) {
    for (size_t share = DUMPED_EACH_MAX; share > 16; share /= 2) {
        size_t sum = 0;
        for (uint32_t i = 0; i < diagram->item_count; i++) {
            const struct diagram_item *const item = &diagram->items[i];
            if (html_is_message(item)) sum += item->bytes.len_bytes < share ? item->bytes.len_bytes : share;
        }
        if (sum <= DUMPED_BYTES_MAX) return share;
    }
    return 16;
}

// From where to where, as far as addresses tell. Whether it wrote any.
static bool way_words(const struct html_case *page, const struct diagram_item *item, struct buffer *out) {
    bool const is_sent = item->event->kind == EVENT_SENT && item->socket < page->book.count;
    const struct address *const local = is_sent ? page->book.local[item->socket] : NULL;
    const struct address *const peer = is_sent ? page->book.peer[item->socket] : NULL;
    if (!local || !peer || address_is_none(local) || address_is_none(peer))
        return socket_words(&page->book, item->socket, out);
    address_words(local, out);
    buffer_text(out, " -> ");
    address_words(peer, out);
    return true;
}

static void facts_write(const struct html_case *page, const struct diagram_item *item) {
    struct buffer *const out = page->out;
    struct buffer addresses = {0}, place = {0};
    const struct plan *const plan = page->result->plan;
    const struct step *const step = step_at(plan, item->step);
    buffer_text(out, "<p class=\"facts\">");
    if (step) {
        bool const is_here = step->span.source == plan->source;
        if (is_here) buffer_printf(out, "<a href=\"#L%u\">", step_line(step));
        step_place(plan, step, &place);
        html_text(buffer_view(&place), out);
        buffer_text(out, is_here ? "</a> <code>" : " <code>");
        buffer_clear(&place);
        step_words(step, STEP_COLUMNS_MAX, &place);
        html_text(buffer_view(&place), out);
        buffer_text(out, "</code><br/>");
    }
    if (way_words(page, item, &addresses)) {
        html_text(buffer_view(&addresses), out);
        buffer_text(out, ", ");
    }
    buffer_text(out, "from byte ");
    html_number(item->offset, out);
    buffer_text(out, " of its stream on");
    if (item->arrival && item->kind == DIAGRAM_MESSAGE) {
        buffer_text(out, item->arrival->kind == EVENT_DISCARDED ? "; discarded at the other end after "
                                                                : "; received after ");
        html_duration(item->arrival->at_ns - item->event->at_ns, out);
    }
    if (item->is_lost) buffer_text(out, "; <strong>never matched</strong>");
    if (item->kind == DIAGRAM_TAKEN && !item->text.len_bytes) buffer_text(out, "; whose they were cannot be told");
    buffer_text(out, "</p>\n");
    buffer_fini(&place);
    buffer_fini(&addresses);
}

static void bytes_write(const struct html_case *page, const struct diagram_item *item, size_t share) {
    struct buffer *const out = page->out;
    struct slice bytes = item->bytes;
    if (bytes.len_bytes > share) bytes.len_bytes = share;
    if (bytes.len_bytes) {
        buffer_text(out, "<pre class=\"box\" tabindex=\"0\">");
        html_dump(bytes, item->offset, NULL, HTML_DUMP_NARROW, out);
        buffer_text(out, "</pre>\n");
    }
    if (bytes.len_bytes == item->count) return;
    buffer_text(out, "<p class=\"aside\">");
    html_number(item->count - bytes.len_bytes, out);
    buffer_text(out, bytes.len_bytes ? " more bytes" : " bytes");
    buffer_text(out,
                bytes.len_bytes < item->bytes.len_bytes ? " are not shown here" : " that the journal did not keep");
    buffer_text(out, "</p>\n");
}

static void lane_name(const struct diagram *diagram, uint32_t lane, struct buffer *out) {
    html_line(slice_text(diagram->lanes[lane].label), 40, out);
}

static void message_write(const struct html_case *page, const struct diagram_item *item, uint32_t number,
                          size_t share) {
    struct buffer *const out = page->out;
    const struct diagram *const diagram = &page->diagram;
    buffer_printf(out, "<li><details><summary><span class=\"number\">%u</span> <span class=\"way\">", number);
    if (item->from != DIAGRAM_NONE) lane_name(diagram, item->from, out);
    if (item->kind == DIAGRAM_MESSAGE) {
        buffer_text(out, " \u2192 ");
        lane_name(diagram, item->to, out);
    } else {
        buffer_printf(out, " %s", diagram_kind_name(item->kind));
        if (item->kind == DIAGRAM_PRINT) {
            buffer_text(out, " to ");
            html_text(item->text, out);
        }
    }
    buffer_text(out, "</span> <span class=\"count\">");
    html_bytes_count(item->count, out);
    buffer_text(out, "</span>");
    if (item->delay_ns) {
        buffer_text(out, " <span class=\"late\">after ");
        html_duration(item->delay_ns, out);
        buffer_text(out, "</span>");
    }
    if (item->is_lost) buffer_text(out, " <span class=\"badge bad\">\u2717 never matched</span>");
    buffer_text(out, " <code class=\"preview\">");
    html_bytes_preview(item->bytes, item->count, PREVIEW_COLUMNS, out);
    buffer_printf(out, "</code></summary>\n<div id=\"m%u\" class=\"bytes\">\n", number);
    facts_write(page, item);
    bytes_write(page, item, share);
    buffer_printf(out, "<p><a href=\"#d%u\">to its arrow</a></p>\n</div>\n</details></li>\n", number);
}

void html_messages(const struct html_case *page) {
    const struct diagram *const diagram = &page->diagram;
    struct buffer *const out = page->out;
    size_t const share = share_bytes(diagram);
    uint32_t number = 0;
    buffer_text(out,
                "<div class=\"messages\" role=\"region\" aria-label=\"Messages\" tabindex=\"0\">\n<h3>Messages</h3>\n");
    for (uint32_t i = 0; i < diagram->item_count; i++) {
        if (!html_is_message(&diagram->items[i])) continue;
        if (!number) buffer_text(out, "<ol>\n");
        message_write(page, &diagram->items[i], ++number, share);
    }
    buffer_text(out, number ? "</ol>\n" : "<p class=\"aside\">No bytes were sent.</p>\n");
    buffer_text(out, "</div>\n");
}
