#include "sink_play.h"

const struct run_facts SINK_FACTS = {.version = "0.0.0", .began_ns = INT64_C(1790000000000000000), .seed = 1, .jobs = 1};

void sink_text(enum sink_id id, const struct case_result *results, uint32_t count, const struct suite_counts *counts,
               struct buffer *out) {
    struct run_result const run = {.facts = &SINK_FACTS, .results = results, .count = count, .counts = *counts};
    SINKS[id].open(&run, out);
    for (uint32_t i = 0; i < count; i++) SINKS[id].one(&SINK_FACTS, &results[i], out);
    SINKS[id].close(&run, out);
}
