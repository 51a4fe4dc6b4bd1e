// What a fault is, and where: in the words that all reports use.
#ifndef SOCKDRILL_REPORTS_FAULTS_H
#define SOCKDRILL_REPORTS_FAULTS_H

#include "words.h"

enum { FAULT_STEP_COLUMNS = 1000 }; // of a statement, where a machine reads it

// "mismatch", "never-ran": one word, the same in every report.
const char *fault_type(const struct fault *fault);
// The statement whose block ends at the fault's step, where that is none itself; else NULL.
const struct step *fault_ended_block(const struct plan *plan, const struct fault *fault);
// What of the text it is about; source NULL: no place of its own.
struct span fault_span(const struct plan *plan, const struct fault *fault);
// Where that stands; a fault of the case as a whole, at the scenario's title.
struct fault_place {
    const char *path;
    uint32_t line, column; // column 0: the line as a whole
};
struct fault_place fault_place(const struct plan *plan, const struct fault *fault);
// "file:line:column: ", "file:line: "; as report_text.
void fault_place_words(const struct plan *plan, const struct fault *fault, struct buffer *out);
// "server 'keeper': received bytes differ at byte 1", on one line; as report_text.
void fault_words(const struct plan *plan, const struct fault *fault, struct buffer *out);
const char *outcome_word(enum outcome outcome); // "passed"

#endif
