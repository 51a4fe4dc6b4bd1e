// Values for JSON Lines, over jansson. None is ever NULL: no memory ends the process. What is put into another value is
// that one's from then on.
#ifndef SOCKDRILL_REPORTS_JSONL_H
#define SOCKDRILL_REPORTS_JSONL_H

#include "base/diag.h"
#include "loaded/jansson.h"
#include "reports/reports.h"

json_t *jsonl_object(void);
json_t *jsonl_list(void);
// A string; a byte that is no UTF-8 is written \xNN.
json_t *jsonl_text(struct slice text);
// {"text": "..."} where the bytes are UTF-8 without controls but tab and line breaks, else {"base64": "..."}.
json_t *jsonl_bytes(struct slice bytes);
json_t *jsonl_number(uint64_t number);

void jsonl_put(json_t *object, const char *key, json_t *value);
void jsonl_put_text(json_t *object, const char *key, const char *text); // NULL: nothing is put
void jsonl_put_words(json_t *object, const char *key, struct buffer *words); // and clears them; none: nothing is put
void jsonl_put_number(json_t *object, const char *key, uint64_t number);
void jsonl_put_flag(json_t *object, const char *key, bool flag);
// "file", "line" and "column" of its start; nothing where it has no source.
void jsonl_put_place(json_t *object, struct span span);
void jsonl_append(json_t *list, json_t *value);
// A list into an object; one that is empty is not put.
void jsonl_put_list(json_t *object, const char *key, json_t *list);

// On one line of ASCII, with a line break; the value is gone then.
void jsonl_line(json_t *value, struct buffer *out);

// What a case has, put into its object: jsonl_fault.c, jsonl_socket.c, jsonl_program.c.
void jsonl_verdict(json_t *object, const struct case_result *result); // outcome, faults, waits, lints, timing
void jsonl_sockets(json_t *object, const struct case_result *result);
void jsonl_programs(json_t *object, const struct case_result *result);
// "actor" and "role" of an instance; nothing for JOURNAL_NONE.
void jsonl_put_actor(json_t *object, const struct plan *plan, uint32_t instance);
// "at_ns": since the case began.
void jsonl_put_time(json_t *object, const struct journal *journal, int64_t at_ns);

#endif
