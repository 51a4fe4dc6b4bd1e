// A sink's whole text of results made by hand.
#ifndef SOCKDRILL_TESTS_SINK_PLAY_H
#define SOCKDRILL_TESTS_SINK_PLAY_H

#include "reports/reports.h"

extern const struct run_facts SINK_FACTS; // version "0.0.0", began in 2026, one job

// Appends what a FILE sink writes of them, or of a FOLDER sink every part behind the other, and the index.
void sink_text(enum sink_id id, const struct case_result *results, uint32_t count, const struct suite_counts *counts,
               struct buffer *out);

#endif
