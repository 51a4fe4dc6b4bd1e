// What a fault is, in the words that reports for machines use.
#ifndef SOCKDRILL_REPORTS_FAULTS_H
#define SOCKDRILL_REPORTS_FAULTS_H

#include "words.h"

// "mismatch", "never-ran": one word, the same in every report.
const char *fault_type(const struct fault *fault);
// What of the text it is about; source NULL: no place of its own.
struct span fault_span(const struct plan *plan, const struct fault *fault);
// "server 'keeper': received bytes differ at byte 1", on one line; as report_text.
void fault_words(const struct plan *plan, const struct fault *fault, struct buffer *out);
const char *outcome_word(enum outcome outcome); // "passed"

#endif
