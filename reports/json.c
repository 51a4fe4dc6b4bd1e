// JSON Lines: the run, every case, the end. reports/README.md has the schema.
#include "faults.h"
#include "jsonl.h"
#include "sinks.h"

#include "base/clock.h"

#include <inttypes.h>
#include <time.h>

enum { SCHEMA_VERSION = 1 };
static const char SCHEMA_NAME[] = "sockdrill-report";

// "2026-11-23T01:50:28.123456789Z", RFC 3339.
static void put_date(json_t *object, const char *key, int64_t realtime_ns) {
    time_t const seconds = (time_t)(realtime_ns / NS_PER_S);
    struct tm date;
    struct buffer text = {0};
    if (!gmtime_r(&seconds, &date)) return;
    buffer_printf(&text, "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRId64 "Z", date.tm_year + 1900, date.tm_mon + 1,
                  date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec, realtime_ns % NS_PER_S);
    jsonl_put_words(object, key, &text);
    buffer_fini(&text);
}

static json_t *line_of(const char *type) {
    json_t *const object = jsonl_object();
    jsonl_put_text(object, "type", type);
    return object;
}

static void put_shard(json_t *line, const struct run_facts *facts) {
    json_t *const shard = jsonl_object();
    jsonl_put_number(shard, "number", facts->shard);
    jsonl_put_number(shard, "total", facts->shards);
    jsonl_put_number(shard, "cases", facts->dealt);
    jsonl_put(line, "shard", shard);
}

void json_open(const struct run_result *run, struct buffer *out) {
    json_t *const line = line_of("run");
    struct buffer seed = {0};
    jsonl_put_text(line, "schema", SCHEMA_NAME);
    jsonl_put_number(line, "version", SCHEMA_VERSION);
    jsonl_put_text(line, "sockdrill", run->facts->version);
    put_date(line, "began", run->facts->began_ns);
    jsonl_put_number(line, "jobs", run->facts->jobs);
    buffer_printf(&seed, "%" PRIu64, run->facts->seed); // of 64 bits: few readers keep such a number
    jsonl_put_words(line, "seed", &seed);
    jsonl_put_number(line, "cases", run->count);
    if (run->facts->shards) put_shard(line, run->facts);
    jsonl_line(line, out);
    buffer_fini(&seed);
}

static void put_tags(json_t *line, const struct plan *plan) {
    json_t *const tags = jsonl_list();
    for (uint32_t i = 0; i < plan->tag_count; i++) jsonl_append(tags, jsonl_text(slice_text(plan->tags[i])));
    jsonl_put(line, "tags", tags);
}

static void put_turn(json_t *object, const struct run_facts *facts, const struct case_result *turn) {
    if (turn->journal->event_count) put_date(object, "began", turn->journal->begin_ns + facts->realtime_ns);
    jsonl_verdict(object, turn);
}

static void put_earlier(json_t *line, const struct run_facts *facts, const struct case_result *result) {
    json_t *const turns = jsonl_list();
    for (uint32_t i = 0; i < result->earlier_count; i++) {
        json_t *const turn = jsonl_object();
        put_turn(turn, facts, &result->earlier[i]);
        jsonl_append(turns, turn);
    }
    jsonl_put_list(line, "earlier", turns);
}

// What the scenario logged, and what the engine noted.
static void put_texts(json_t *line, const char *key, enum event_kind kind, const struct case_result *result) {
    json_t *const texts = jsonl_list();
    for (uint64_t i = 0; i < result->journal->event_count; i++) {
        const struct event *const event = &result->journal->events[i];
        if (event->kind != kind) continue;
        const struct step *const step = step_at(result->plan, event->step);
        json_t *const text = jsonl_object();
        jsonl_put_time(text, result->journal, event->at_ns);
        jsonl_put_actor(text, result->plan, event->actor);
        if (step) jsonl_put_place(text, step->span);
        jsonl_put(text, "text", jsonl_text(event->bytes));
        jsonl_append(texts, text);
    }
    jsonl_put_list(line, key, texts);
}

void json_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    const struct plan *const plan = result->plan;
    json_t *const line = line_of("case");
    jsonl_put_number(line, "number", (uint64_t)result->number + 1);
    jsonl_put_text(line, "name", plan->case_name);
    jsonl_put_text(line, "path", plan->path);
    jsonl_put_number(line, "line", plan->title_line);
    jsonl_put_text(line, "title", plan->title);
    put_tags(line, plan);
    put_turn(line, facts, result);
    jsonl_put_flag(line, "flaky", result->verdict->outcome == OUTCOME_PASSED && result->earlier_count);
    jsonl_sockets(line, result);
    jsonl_programs(line, result);
    put_texts(line, "logged", EVENT_LOGGED, result);
    put_texts(line, "notes", EVENT_NOTE, result);
    put_earlier(line, facts, result);
    jsonl_line(line, out);
}

void json_close(const struct run_result *run, struct buffer *out) {
    json_t *const line = line_of("end");
    jsonl_put_number(line, "passed", run->counts.passed);
    jsonl_put_number(line, "failed", run->counts.failed);
    jsonl_put_number(line, "skipped", run->counts.skipped);
    jsonl_put_number(line, "flaky", run->counts.flaky);
    jsonl_put_number(line, "not_begun", run->not_begun);
    jsonl_put_number(line, "duration_ns", run->counts.duration_ns);
    jsonl_line(line, out);
}
