// What the scenarios of a run exercise, as it is counted and as it is told. Private to the room.
#ifndef SOCKDRILL_REPORTS_COVERAGE_H
#define SOCKDRILL_REPORTS_COVERAGE_H

#include "reports/reports.h"

#include "plan/message.h"

enum coverage_group_id {
    COVERAGE_VERBS,
    COVERAGE_CLAUSES,
    COVERAGE_ATTRIBUTES,
    COVERAGE_TCP_FIELDS,
    COVERAGE_OPTIONS,
    COVERAGE_FAMILIES,
    COVERAGE_TYPES,
    COVERAGE_FUNCTIONS,
    COVERAGE_WORLD,
    COVERAGE_GROUP_COUNT
};

// How many cases did it, and which of them was the newest, from 1: a case counts once.
struct coverage_mark {
    uint32_t cases, newest;
};

struct coverage_item {
    const char *verb; // of a clause; "" else
    const char *name;
    struct coverage_mark mark;
};

struct coverage_group {
    const char *title;
    struct coverage_item *items;
    uint32_t count;
};

enum coverage_fate {
    COVERAGE_BUILT,
    COVERAGE_MATCHED,
    COVERAGE_CHECKED, // by a pattern, by an `expect`, or when it was matched by its layout's own `=` or `where`
    COVERAGE_FATE_COUNT
};

// A message of a file, whichever case's plan it stands in. `code` is the first such plan's.
struct coverage_message {
    const struct message_code *code;
    const char *path; // of the file, without what leads back: however it was used, it is one
    struct coverage_mark *marks[COVERAGE_FATE_COUNT]; // by field
};

struct coverage {
    struct arena arena;
    struct coverage_group groups[COVERAGE_GROUP_COUNT];
    struct coverage_message *messages; // in the order in which they were met
    uint32_t message_count;
    uint32_t played, skipped; // cases
    uint32_t newest;          // the case that is being counted, from 1
};

#endif
