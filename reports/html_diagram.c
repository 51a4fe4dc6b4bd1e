// The sequence diagram as SVG: https://www.w3.org/TR/SVG2/. Its heads stand in a picture of their own, so that they stay in
// sight while the rows scroll.
#include "html_drawing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// --- items

static void title_draw(const struct drawing *drawing, const struct diagram_item *item) {
    struct buffer *const out = drawing->out;
    const struct diagram *const diagram = drawing->diagram;
    buffer_text(out, "<title>");
    if (item->from != DIAGRAM_NONE) drawing_lane_words(&diagram->lanes[item->from], TITLE_COLUMNS, out);
    if (item->from != item->to) {
        buffer_text(out, " \u2192 ");
        drawing_lane_words(&diagram->lanes[item->to], TITLE_COLUMNS, out);
    }
    buffer_printf(out, ": %s", diagram_kind_name(item->kind));
    if (html_is_message(item)) {
        buffer_text(out, ", ");
        html_bytes_count(item->count, out);
    }
    if (item->is_lost) buffer_text(out, ", never matched");
    if (item->delay_ns) buffer_text(out, ", after ");
    if (item->delay_ns) html_duration(item->delay_ns, out);
    if (item->text.len_bytes) {
        buffer_text(out, ": ");
        html_line(item->text, TITLE_COLUMNS, out);
    }
    const struct step *const step = step_at(drawing->page->result->plan, item->step);
    if (step) {
        struct buffer place = {0};
        step_place(drawing->page->result->plan, step, &place);
        buffer_text(&place, ": ");
        step_words(step, 100, &place);
        buffer_text(out, "; ");
        html_text(buffer_view(&place), out);
        buffer_fini(&place);
    }
    buffer_text(out, "</title>");
}

static void label_draw(const struct drawing *drawing, const struct diagram_item *item, unsigned columns) {
    struct buffer *const out = drawing->out;
    if (item->kind == DIAGRAM_MESSAGE) {
        unsigned const taken = (item->is_lost ? 26 : 10) + (item->delay_ns ? 14 : 0);
        if (columns > taken + 5 || !item->is_lost)
            html_bytes_preview(item->bytes, item->count, columns > taken + 6 ? columns - taken : 6, out);
        buffer_text(out, "<tspan class=\"count\"> ");
        html_bytes_count(item->count, out);
        buffer_text(out, "</tspan>");
        if (item->is_lost) buffer_text(out, "<tspan class=\"lost\"> \u2717 never matched</tspan>");
    } else {
        html_words(diagram_kind_name(item->kind), out);
        if (item->kind == DIAGRAM_REFUSED) buffer_text(out, " ");
        if (item->kind == DIAGRAM_REFUSED) html_line(item->text, columns, out);
    }
    if (!item->delay_ns) return;
    buffer_text(out, "<tspan class=\"late\"> after ");
    html_duration(item->delay_ns, out);
    buffer_text(out, "</tspan>");
}

static const char *const ITEM_CLASSES[DIAGRAM_KIND_COUNT] = {
    [DIAGRAM_MESSAGE] = "msg", [DIAGRAM_CONNECT] = "meet", [DIAGRAM_FIN] = "fin",      [DIAGRAM_RESET] = "rst",
    [DIAGRAM_FAIL] = "fail",   [DIAGRAM_START] = "life",   [DIAGRAM_EXIT] = "life",    [DIAGRAM_STOP] = "life",
    [DIAGRAM_LOG] = "log",     [DIAGRAM_WAIT] = "waiting", [DIAGRAM_REFUSED] = "meet",
};

static void arrow_draw(const struct drawing *drawing, const struct diagram_item *item) {
    struct buffer *const out = drawing->out;
    unsigned const from = drawing_lane_x(drawing, item->from), to = drawing_lane_x(drawing, item->to);
    unsigned const y = drawing_row_y(item->row), to_y = drawing_row_y(item->to_row);
    const char *const head = item->kind == DIAGRAM_RESET || item->kind == DIAGRAM_REFUSED || item->is_lost ? "rst"
                             : item->kind == DIAGRAM_MESSAGE                                               ? "arrow"
                                                                                                           : "open";
    if (item->from == item->to) {
        buffer_printf(out, "<path class=\"line\" marker-end=\"url(#a-%s)\" d=\"M%u %u h34 v%u h-26\"/>", head,
                      from + drawing->reach[item->from] + 2, y - 4, to_y - y + 10);
        buffer_printf(out, "<text class=\"label\" x=\"%u\" y=\"%u\">", from + drawing->reach[item->from] + 42, y + 6);
        label_draw(drawing, item, NOTE_COLUMNS);
        buffer_text(out, "</text>");
        return;
    }
    bool const is_right = to > from;
    unsigned const from_reach = drawing->reach[item->from] + 2, to_reach = drawing->reach[item->to] + 2;
    unsigned const begin = is_right ? from + from_reach : from - from_reach,
                   end = is_right ? to - to_reach : to + to_reach;
    unsigned const wide = is_right ? end - begin : begin - end;
    buffer_printf(out, "<line class=\"line\" marker-end=\"url(#a-%s)\" x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\"/>", head,
                  begin, y, end, to_y);
    // Beside its beginning, where the line is still near, and over it where it is level.
    buffer_printf(out, "<text class=\"label%s\" x=\"%u\" y=\"%u\">", is_right ? "" : " left",
                  is_right ? begin + 8 : begin - 8, y - 4);
    unsigned const columns = wide / LABEL_PIXELS > 60 ? 60 : wide / LABEL_PIXELS;
    label_draw(drawing, item, columns);
    buffer_text(out, "</text>");
}

static unsigned note_x(const struct drawing *drawing, const struct diagram_item *item) {
    uint32_t const lane = item->from == DIAGRAM_NONE ? 0 : item->from;
    return drawing_lane_x(drawing, lane) + drawing->reach[lane] + 8;
}

// How far to the right it may reach.
static unsigned note_pixels(const struct diagram_item *item) {
    unsigned const most = item->kind == DIAGRAM_FAIL ? 3 * NOTE_COLUMNS : NOTE_COLUMNS;
    size_t const columns = html_is_message(item) ? most : item->text.len_bytes < most ? item->text.len_bytes : most;
    return ((unsigned)columns + 10) * LABEL_PIXELS;
}

static void note_draw(const struct drawing *drawing, const struct diagram_item *item) {
    struct buffer *const out = drawing->out;
    unsigned const x = note_x(drawing, item), y = drawing_row_y(item->row);
    buffer_printf(out, "<circle class=\"dot\" cx=\"%u\" cy=\"%u\" r=\"3.5\"/><text class=\"note\" x=\"%u\" y=\"%u\">",
                  x, y, x + 10, y + 4);
    buffer_printf(out, "<tspan class=\"kind\">%s</tspan> ", diagram_kind_name(item->kind));
    if (html_is_message(item)) {
        if (item->kind == DIAGRAM_PRINT) html_line(item->text, NOTE_COLUMNS, out);
        buffer_text(out, "<tspan class=\"count\"> ");
        html_bytes_count(item->count, out);
        buffer_text(out, " </tspan>");
        html_bytes_preview(item->bytes, item->count, NOTE_COLUMNS - 12, out);
    } else {
        html_line(item->text, item->kind == DIAGRAM_FAIL ? 3 * NOTE_COLUMNS : NOTE_COLUMNS, out);
        if (item->kind == DIAGRAM_WAIT && item->count > 1) {
            buffer_text(out, " \u00d7");
            html_number(item->count, out);
        }
    }
    buffer_text(out, "</text>");
}

static void cut_draw(const struct drawing *drawing, const struct diagram_item *item) {
    struct buffer *const out = drawing->out;
    unsigned const y = drawing_row_y(item->row);
    buffer_printf(
        out, "<g class=\"cut\"><rect x=\"%d\" y=\"%u\" width=\"%u\" height=\"%d\" rx=\"4\"/><text x=\"%d\" y=\"%u\">",
        GUTTER, y - 11, drawing->width - GUTTER - 4, ROW - 4, GUTTER + 16, y + 4);
    html_number(item->count, out);
    buffer_printf(out, " %s left out here", item->count == 1 ? "line" : "lines");
    if (item->offset) {
        buffer_text(out, ", with ");
        html_bytes_count(item->offset, out);
    }
    buffer_text(out, "</text></g>\n");
}

static void item_draw(struct drawing *drawing, const struct diagram_item *item) {
    struct buffer *const out = drawing->out;
    if (item->kind == DIAGRAM_CUT) {
        cut_draw(drawing, item);
        return;
    }
    bool const is_message = html_is_message(item);
    const char *const class = ITEM_CLASSES[item->kind] ? ITEM_CLASSES[item->kind] : "own";
    if (is_message) {
        uint32_t const number = ++drawing->messages;
        buffer_printf(out, "<a class=\"item %s%s\" id=\"d%u\" href=\"#m%u\">", class, item->is_lost ? " gone" : "",
                      number, number);
    } else {
        buffer_printf(out, "<g class=\"item %s\">", class);
    }
    title_draw(drawing, item);
    if (diagram_is_arrow(item->kind)) arrow_draw(drawing, item);
    else note_draw(drawing, item);
    buffer_text(out, is_message ? "</a>\n" : "</g>\n");
}

// --- the whole

static void rows_draw(struct drawing *drawing) {
    struct buffer *const out = drawing->out;
    const struct diagram *const diagram = drawing->diagram;
    for (uint32_t i = 0; i < diagram->item_count; i++) {
        const struct diagram_item *const item = &diagram->items[i];
        if (item->is_failure || item->kind == DIAGRAM_FAIL)
            buffer_printf(out, "<rect class=\"blame\" y=\"%u\" width=\"%d\" height=\"%d\"/>",
                          drawing_row_y(item->row) - ROW / 2, BLAME_WIDTH, ROW);
    }
    for (uint32_t i = 0; i < diagram->row_count; i++) {
        buffer_printf(out, "<text class=\"time\" x=\"%d\" y=\"%u\">", GUTTER - 8, drawing_row_y(i) + 4);
        html_time(diagram->row_ns[i] - drawing->page->result->journal->begin_ns, out);
        buffer_text(out, "</text>\n");
    }
    for (uint32_t i = 0; i < diagram->lane_count; i++) {
        buffer_printf(out, "<line class=\"lane\" x1=\"%u\" y1=\"0\" x2=\"%u\" y2=\"%u\"/>\n",
                      drawing_lane_x(drawing, i), drawing_lane_x(drawing, i), drawing->height);
    }
    drawing_bars(drawing);
    for (uint32_t i = 0; i < diagram->item_count; i++) item_draw(drawing, &diagram->items[i]);
}

static void left_out_write(const struct drawing *drawing) {
    const struct diagram *const diagram = drawing->diagram;
    struct buffer *const out = drawing->out;
    uint32_t folded = 0, lanes = 0;
    for (uint32_t i = 0; i < diagram->lane_count; i++) {
        if (diagram->lanes[i].count < 2) continue;
        folded += diagram->lanes[i].count;
        lanes++;
    }
    if (folded) {
        buffer_text(out, "<p class=\"aside\">");
        html_number(folded, out);
        buffer_printf(out,
                      " actors share %u %s: their stories are the same but for times, addresses and numbers, and the "
                      "first one\u2019s is shown, "
                      "with what others did with it.</p>\n",
                      lanes, lanes == 1 ? "lane" : "lanes");
    }
    if (diagram->instances_left_out) {
        buffer_text(out, "<p class=\"aside\">");
        html_number(diagram->instances_left_out, out);
        buffer_text(out, " more actors, each with a story of its own, found no lane here.</p>\n");
    }
    if (diagram->items_left_out) {
        buffer_text(out, "<p class=\"aside\">Of a long conversation the beginning, the end and what is around the "
                         "failure are shown: ");
        html_number(diagram->items_left_out, out);
        buffer_text(out, " lines are left out.</p>\n");
    }
    if (diagram->bars_left_out) {
        buffer_text(out, "<p class=\"aside\">");
        html_number(diagram->bars_left_out, out);
        buffer_text(out, " more sockets have no bar.</p>\n");
    }
}

static unsigned lane_pixels(const struct diagram *diagram) {
    size_t longest = 0;
    for (uint32_t i = 0; i < diagram->lane_count; i++) {
        size_t const columns = strlen(diagram->lanes[i].label) + (diagram->lanes[i].count > 1 ? 7 : 0);
        if (columns > longest) longest = columns;
    }
    unsigned const wanted = longest < 100 ? (unsigned)longest * LABEL_PIXELS + 36 : LANE_MAX;
    unsigned const least = diagram->lane_count < 4 ? LANE_FEW : LANE_MIN;
    return wanted < least ? least : wanted > LANE_MAX ? LANE_MAX : wanted;
}

static void drawing_measure(struct drawing *drawing, struct arena *arena) {
    const struct diagram *const diagram = drawing->diagram;
    drawing->reach = arena_array(arena, diagram->lane_count, sizeof *drawing->reach);
    for (uint32_t i = 0; i < diagram->lane_count; i++) drawing->reach[i] = BAR / 2;
    for (uint32_t i = 0; i < diagram->bar_count; i++) {
        const struct diagram_bar *const bar = &diagram->bars[i];
        unsigned const reach = (bar->column * BAR_STEP + BAR) / 2;
        if (reach > drawing->reach[bar->lane]) drawing->reach[bar->lane] = reach;
    }
    drawing->width = GUTTER + diagram->lane_count * drawing->lane_pixels + RIGHT;
    if (drawing->width < WIDTH_MIN) drawing->width = WIDTH_MIN;
    drawing->height = diagram->row_count * ROW + ROW;
    for (uint32_t i = 0; i < diagram->item_count; i++) {
        const struct diagram_item *const item = &diagram->items[i];
        if (diagram_is_arrow(item->kind) || item->kind == DIAGRAM_CUT) continue;
        unsigned const right = note_x(drawing, item) + note_pixels(item);
        if (right > drawing->width) drawing->width = right;
    }
}

void html_diagram(const struct html_case *page) {
    const struct diagram *const diagram = &page->diagram;
    struct buffer *const out = page->out;
    if (!diagram->item_count) return;
    struct arena scratch;
    arena_init(&scratch);
    struct drawing drawing = {.page = page, .diagram = diagram, .out = out, .lane_pixels = lane_pixels(diagram)};
    drawing_measure(&drawing, &scratch);
    html_section("conversation", "Conversation", out);
    left_out_write(&drawing);
    buffer_text(out, "<div class=\"talk\">\n<div>\n<div class=\"box diagram\" tabindex=\"0\" role=\"region\" "
                     "aria-label=\"Sequence diagram\">\n");
    drawing_heads(&drawing);
    buffer_printf(
        out,
        "<svg class=\"rows\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" preserveAspectRatio=\"xMinYMin\" "
        "role=\"group\" aria-labelledby=\"d-t\">\n"
        "<title id=\"d-t\">Who sent what to whom, from above in the order of time; arrows with bytes lead to "
        "them</title>\n"
        "<defs><marker id=\"a-arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" "
        "orient=\"auto\"><path d=\"M0 0 L10 5 L0 10 z\"/></marker>"
        "<marker id=\"a-open\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" "
        "orient=\"auto\"><path class=\"stroke\" d=\"M1 1 L9 5 L1 9\"/></marker>"
        "<marker id=\"a-rst\" viewBox=\"0 0 10 10\" refX=\"5\" refY=\"5\" markerWidth=\"10\" markerHeight=\"10\" "
        "orient=\"0\"><path class=\"stroke cross\" d=\"M1 1 L9 9 M9 1 L1 9\"/></marker></defs>\n",
        drawing.width, drawing.height, drawing.width, drawing.height);
    rows_draw(&drawing);
    buffer_text(out, "</svg>\n</div>\n");
    drawing_legend(&drawing);
    buffer_text(out, "</div>\n");
    html_messages(page);
    buffer_text(out, "</div>\n");
    html_section_end(out);
    arena_fini(&scratch);
}
