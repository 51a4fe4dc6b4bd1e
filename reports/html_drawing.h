// How the sequence diagram is laid out: what the files that draw it share. All in pixels.
#ifndef SOCKDRILL_REPORTS_HTML_DRAWING_H
#define SOCKDRILL_REPORTS_HTML_DRAWING_H

#include "html.h"

enum {
    GUTTER = 84, // for the times
    ROW = 26,    // pixels
    HEAD = 46,
    LANE_MIN = 170,
    LANE_FEW = 250, // where there is room
    LANE_MAX = 270,
    RIGHT = 60, // of the last lane
    WIDTH_MIN = 780,
    BLAME_WIDTH = 9999, // whatever the box's
    LABEL_PIXELS = 7,   // of a character, on average
    BAR = 12,
    BAR_STEP = 14,
    NOTE_COLUMNS = 30,
    TITLE_COLUMNS = 300,
};

// Where everything stands. Owned by html_diagram.
struct drawing {
    const struct html_case *page;
    const struct diagram *diagram;
    struct buffer *out;
    unsigned lane_pixels;
    unsigned width, height;
    uint32_t messages; // numbered so far
    unsigned *reach;   // by lane: how far its bars reach to each side
};

unsigned drawing_lane_x(const struct drawing *drawing, uint32_t lane);
unsigned drawing_row_y(uint32_t row);
// "caller[0..998] ×999"
void drawing_lane_words(const struct diagram_lane *lane, unsigned columns, struct buffer *out);

void drawing_heads(const struct drawing *drawing);
void drawing_bars(const struct drawing *drawing);
void drawing_legend(const struct drawing *drawing); // of the bars' colours

#endif
