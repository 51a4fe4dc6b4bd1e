// What each sink of the table gives: three functions of its name, as struct sink says.
#ifndef SOCKDRILL_REPORTS_SINKS_H
#define SOCKDRILL_REPORTS_SINKS_H

#include "reports/reports.h"

#define SINK(id, name, kind, extension, index, help)                                                       \
    void name##_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out); \
    void name##_open(const struct run_result *run, struct buffer *out);                                   \
    void name##_close(const struct run_result *run, struct buffer *out);
#include "reports/sinks.def"

#endif
