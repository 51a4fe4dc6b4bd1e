// The heads of the diagram's lanes, and the bars along them: what state each socket was seen in.
#include "html_drawing.h"

#include <string.h>

// By enum state; the last is of sockets that have none.
static const struct {
    const char *class, *mark;
} STATES[STATE_COUNT] = {
    [STATE_ANY] = {"s-open", ""},         [STATE_ESTABLISHED] = {"s-est", "EST"}, [STATE_SYN_SENT] = {"s-syn", "SYN"},
    [STATE_SYN_RECV] = {"s-syn", "SYR"},  [STATE_FIN_WAIT1] = {"s-fin", "FW1"},   [STATE_FIN_WAIT2] = {"s-fin", "FW2"},
    [STATE_TIME_WAIT] = {"s-time", "TW"}, [STATE_CLOSE] = {"s-close", ""},        [STATE_CLOSE_WAIT] = {"s-wait", "CW"},
    [STATE_LAST_ACK] = {"s-wait", "LA"},  [STATE_LISTEN] = {"s-listen", "LIS"},   [STATE_CLOSING] = {"s-fin", "CLG"},
};

unsigned drawing_lane_x(const struct drawing *drawing, uint32_t lane) {
    return GUTTER + drawing->lane_pixels / 2 + lane * drawing->lane_pixels;
}

unsigned drawing_row_y(uint32_t row) {
    return row * ROW + ROW / 2 + 4;
}

void drawing_lane_words(const struct diagram_lane *lane, unsigned columns, struct buffer *out) {
    html_line(slice_text(lane->label), columns, out);
    if (lane->count > 1) {
        buffer_text(out, " \u00d7");
        html_number(lane->count, out);
    }
}

static const char *role_word(const struct diagram_lane *lane) {
    static const char *const WORDS[] = {[ROLE_SERVER] = "server",
                                        [ROLE_CLIENT] = "client",
                                        [ROLE_PROGRAM] = "program",
                                        [ROLE_AFTERWARDS] = "at the end"};
    return lane->instance == JOURNAL_NONE ? "none of ours" : WORDS[lane->role];
}

void drawing_heads(const struct drawing *drawing) {
    struct buffer *const out = drawing->out;
    buffer_printf(out,
                  "<svg class=\"heads\" width=\"%u\" height=\"%d\" viewBox=\"0 0 %u %d\" "
                  "preserveAspectRatio=\"xMinYMin\" aria-hidden=\"true\">\n",
                  drawing->width, HEAD, drawing->width, HEAD);
    for (uint32_t i = 0; i < drawing->diagram->lane_count; i++) {
        const struct diagram_lane *const lane = &drawing->diagram->lanes[i];
        unsigned const x = drawing_lane_x(drawing, i), half = drawing->lane_pixels / 2 - 8;
        if (lane->count > 1)
            buffer_printf(out, "<rect class=\"head\" x=\"%u\" y=\"2\" width=\"%u\" height=\"38\" rx=\"6\"/>",
                          x - half + 4, 2 * half);
        buffer_printf(out,
                      "<rect class=\"head\" x=\"%u\" y=\"4\" width=\"%u\" height=\"38\" rx=\"6\"/>"
                      "<text class=\"role\" x=\"%u\" y=\"18\">%s</text><text class=\"name\" x=\"%u\" y=\"34\">",
                      x - half, 2 * half, x, role_word(lane), x);
        drawing_lane_words(lane, drawing->lane_pixels / LABEL_PIXELS - (lane->count > 1 ? 9 : 3), out);
        buffer_text(out, "</text>\n");
    }
    buffer_text(out, "</svg>\n");
}

// --- bars

static void stretch_draw(const struct drawing *drawing, const struct diagram_bar *bar,
                         const struct diagram_stretch *stretch) {
    struct buffer *const out = drawing->out;
    unsigned const x = drawing_lane_x(drawing, bar->lane) - drawing->reach[bar->lane] + bar->column * BAR_STEP;
    unsigned const y = drawing_row_y(stretch->row), to = drawing_row_y(stretch->to_row);
    unsigned const height = to > y ? to - y : 6;
    unsigned const known = (unsigned)stretch->state < STATE_COUNT ? stretch->state : STATE_ANY;
    const char *const name =
        known == STATE_ANY ? (stretch->is_closed ? "closed, state not seen" : "open") : state_name(stretch->state);
    buffer_printf(out, "<g class=\"bar %s%s\"><title>", STATES[known].class, stretch->is_closed ? " gone" : "");
    struct buffer addresses = {0};
    if (socket_words(&drawing->page->book, bar->socket, &addresses)) {
        html_text(buffer_view(&addresses), out);
        buffer_text(out, ": ");
    }
    buffer_fini(&addresses);
    buffer_printf(out, "%s%s</title><rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\" rx=\"2\"/>", name,
                  stretch->is_closed && known != STATE_ANY ? ", its descriptor is closed" : "", x, y, BAR, height);
    const char *const full = known == STATE_ANY || known == STATE_CLOSE ? "" : name;
    const char *const shown = strlen(full) * 7 + 6 <= height                 ? full
                              : strlen(STATES[known].mark) * 7 + 4 <= height ? STATES[known].mark
                                                                             : "";
    if (*shown) buffer_printf(out, "<text transform=\"translate(%u %u) rotate(90)\">%s</text>", x + 3, y + 4, shown);
    buffer_text(out, "</g>\n");
}

void drawing_bars(const struct drawing *drawing) {
    for (uint32_t i = 0; i < drawing->diagram->bar_count; i++) {
        const struct diagram_bar *const bar = &drawing->diagram->bars[i];
        for (uint32_t k = 0; k < bar->stretch_count; k++) stretch_draw(drawing, bar, &bar->stretches[k]);
    }
}

void drawing_legend(const struct drawing *drawing) {
    bool seen[STATE_COUNT] = {false};
    bool any = false;
    for (uint32_t i = 0; i < drawing->diagram->bar_count; i++) {
        const struct diagram_bar *const bar = &drawing->diagram->bars[i];
        for (uint32_t k = 0; k < bar->stretch_count; k++)
            if ((unsigned)bar->stretches[k].state < STATE_COUNT) any = seen[bar->stretches[k].state] = true;
    }
    if (!any) return;
    buffer_text(drawing->out, "<ul class=\"legend\" aria-label=\"Socket states\">");
    for (unsigned i = 0; i < STATE_COUNT; i++) {
        if (!seen[i]) continue;
        buffer_printf(drawing->out, "<li><span class=\"swatch %s\"></span>%s%s%s</li>", STATES[i].class,
                      i == STATE_ANY ? "open, without states" : state_name((enum state)i),
                      *STATES[i].mark ? " \u00b7 " : "", STATES[i].mark);
    }
    buffer_text(drawing->out,
                "<li><span class=\"swatch s-est gone\"></span>dashed: the descriptor is closed</li></ul>\n");
}
