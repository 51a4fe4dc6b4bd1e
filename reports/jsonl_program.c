// Every program of a case: what was run, what it printed last, how it ended.
#include "jsonl.h"
#include "words.h"

// One as the journal tells it. Lives in the scratch arena.
struct told {
    uint32_t instance;
    json_t *object, *signals, *outputs;
};

static struct told *told_of(struct told *tolds, uint32_t count, uint32_t instance) {
    for (uint32_t i = count; i > 0; i--)
        if (tolds[i - 1].instance == instance) return &tolds[i - 1];
    return NULL;
}

static struct told begin(const struct case_result *result, const struct event *event) {
    const struct step *const step = step_at(result->plan, event->step);
    struct told const told = {
        .instance = event->actor, .object = jsonl_object(), .signals = jsonl_list(), .outputs = jsonl_list()};
    jsonl_put_actor(told.object, result->plan, event->actor);
    jsonl_put_time(told.object, result->journal, event->at_ns);
    if (step) jsonl_put_place(told.object, step->span);
    if (event->code > 0) jsonl_put_number(told.object, "pid", (uint64_t)event->code);
    jsonl_put(told.object, "arguments", jsonl_text(event->bytes));
    return told;
}

static void put_signal_name(json_t *object, int number) {
    struct buffer name = {0};
    signal_words(number, &name);
    jsonl_put_words(object, "signal", &name);
    buffer_fini(&name);
}

static void note_stop(struct told *told, const struct journal *journal, const struct event *event) {
    json_t *const object = jsonl_object();
    put_signal_name(object, event->code);
    jsonl_put_time(object, journal, event->at_ns);
    jsonl_put_flag(object, "by_harness", event->count);
    jsonl_append(told->signals, object);
}

static void note_exit(struct told *told, const struct journal *journal, const struct event *event) {
    json_t *const object = jsonl_object();
    jsonl_put_time(object, journal, event->at_ns);
    if (event->count) put_signal_name(object, (int)event->count);
    else jsonl_put_number(object, "code", (uint64_t)event->code);
    jsonl_put(told->object, "exit", object);
}

static void note_output(struct told *told, const struct event *event) {
    json_t *const object = jsonl_object();
    jsonl_put_text(object, "stream", output_word(event->code));
    jsonl_put_number(object, "printed_bytes", event->count);
    jsonl_put_number(object, "received_bytes", event->offset);
    jsonl_put(object, "last", jsonl_bytes(event->bytes));
    jsonl_append(told->outputs, object);
}

static void note(struct told *told, const struct journal *journal, const struct event *event) {
    if (event->kind == EVENT_STOPPED) note_stop(told, journal, event);
    if (event->kind == EVENT_EXITED) note_exit(told, journal, event);
    if (event->kind == EVENT_OUTPUT_END) note_output(told, event);
}

void jsonl_programs(json_t *object, const struct case_result *result) {
    const struct journal *const journal = result->journal;
    struct arena scratch;
    arena_init(&scratch);
    struct told *tolds = NULL;
    uint32_t count = 0;
    json_t *const programs = jsonl_list();
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_STARTED) {
            tolds = arena_grow(&scratch, tolds, count, sizeof *tolds);
            tolds[count++] = begin(result, event);
            continue;
        }
        struct told *const told = count ? told_of(tolds, count, event->actor) : NULL;
        if (told) note(told, journal, event);
    }
    for (uint32_t i = 0; i < count; i++) {
        jsonl_put_list(tolds[i].object, "signals", tolds[i].signals);
        jsonl_put_list(tolds[i].object, "outputs", tolds[i].outputs);
        jsonl_append(programs, tolds[i].object);
    }
    jsonl_put_list(object, "programs", programs);
    arena_fini(&scratch);
}
