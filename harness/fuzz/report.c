// Hostile bytes, names and paths, from the journal through the verdict to every sink. The text of the input is a scenario;
// the bytes are a path for it and a journal of what happened, event by event, as far as the engine could have written it.
#include "plans.h"
#include "sinks.h"
#include "sinks_capture.h"
#include "sinks_github.h"
#include "sinks_lines.h"

#include "base/link_type.h"
#include "journal/journal.h"
#include "plan/plan.h"
#include "reports/github.h"
#include "reports/reports.h"
#include "verdict/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 200, SOCKETS = 6 };

// What of a run is made up. Owned by fuzz_one.
struct maker {
    struct fuzz_choices choices;
    struct arena arena;
    const struct plan *plan;
    struct journal_segment *segment;
    int64_t now_ns;
};

// A text without a zero byte, as a C string.
static const char *make_text(struct maker *maker) {
    struct slice const piece = fuzz_piece(&maker->choices);
    char *const text = arena_copy(&maker->arena, piece.data, piece.len_bytes);
    for (size_t i = 0; i < piece.len_bytes; i++) {
        if (!text[i]) text[i] = '0';
    }
    return text;
}

static struct slice make_bytes(struct maker *maker) {
    struct slice const piece = fuzz_piece(&maker->choices);
    return slice_of(arena_copy(&maker->arena, piece.data, piece.len_bytes), piece.len_bytes);
}

// Now and then one that begins as a packet of TCP over IPv4 does.
static struct slice make_packet(struct maker *maker) {
    static const uint8_t TCP[] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0x45, 0, 1, 0, 0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
        51000 >> 8, 51000 & 0xff, 4400 >> 8, 4400 & 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0,
    };
    struct slice const piece = fuzz_piece(&maker->choices);
    uint8_t *const bytes = arena_copy(&maker->arena, piece.data, piece.len_bytes);
    bool const is_tcp = fuzz_byte(&maker->choices) & 1;
    if (is_tcp) memcpy(bytes, TCP, piece.len_bytes < sizeof TCP ? piece.len_bytes : sizeof TCP);
    return slice_of(bytes, piece.len_bytes);
}

static const struct address *make_unix(struct maker *maker, struct address *address, bool is_abstract) {
    struct slice const path = fuzz_piece(&maker->choices);
    size_t const room = sizeof address->as.un.sun_path - 1;
    size_t const len = path.len_bytes < room ? path.len_bytes : room;
    address->as.un.sun_family = AF_UNIX;
    memcpy(address->as.un.sun_path + is_abstract, path.data, len - (is_abstract && len == room));
    for (size_t i = is_abstract; !is_abstract && i < len; i++) {
        if (!address->as.un.sun_path[i]) address->as.un.sun_path[i] = '0';
    }
    address->len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    return address;
}

static const struct address *make_address(struct maker *maker) {
    static const char *const TEXTS[] = {"127.0.0.1:4400", "127.0.0.1:51000", "[::1]:443", "0.0.0.0:4400"};
    struct address *const address = arena_alloc(&maker->arena, sizeof *address);
    uint32_t const which = fuzz_below(&maker->choices, 8);
    bool has_port;
    if (which == 0) return make_unix(maker, address, false);
    if (which == 1) return make_unix(maker, address, true);
    if (which == 2) { // an interface may be called almost anything, dev_valid_name() of the kernel
        address->as.ll.sll_family = AF_PACKET;
        address->len_bytes = sizeof address->as.ll;
        struct slice const name = fuzz_piece(&maker->choices);
        for (size_t i = 0, k = 0; i < name.len_bytes && k < IFNAMSIZ - 1; i++) {
            if (name.data[i] && name.data[i] != '/' && name.data[i] != ':')
                address->interface[k++] = (char)name.data[i];
        }
        return address;
    }
    if (which == 3) return address; // none
    fuzz_check(address_parse(slice_text(TEXTS[which - 4]), address, &has_port), "no address");
    return address;
}

static const struct failure *make_failure(struct maker *maker) {
    struct failure *const failure = arena_alloc(&maker->arena, sizeof *failure);
    failure->kind = (enum failure_kind)fuzz_below(&maker->choices, FAILURE_KIND_COUNT);
    failure->message = make_text(maker);
    failure->expected = make_bytes(maker);
    failure->received = make_bytes(maker);
    failure->window_offset = fuzz_byte(&maker->choices) % 8 * 5000000000u;
    failure->offset = failure->window_offset + fuzz_below(&maker->choices, (uint32_t)failure->received.len_bytes + 1);
    if (!failure->expected.len_bytes || fuzz_byte(&maker->choices) & 1) failure->wanted = make_text(maker);
    failure->output = make_bytes(maker);
    failure->output_of = (uint8_t)fuzz_below(&maker->choices, 3);
    failure->is_cause = fuzz_byte(&maker->choices) & 1;
    return failure;
}

// ---- events

static void fill_socket(struct maker *maker, struct event *event) {
    event->code = (int32_t)fuzz_below(&maker->choices, 8) - 1;
    event->count = 1 + fuzz_below(&maker->choices, FAMILY_COUNT - 1);
    event->address = make_address(maker);
    event->peer = make_address(maker);
    event->offset = 1 + fuzz_below(&maker->choices, STATE_COUNT - 1); // SNAPSHOT's state; ACCEPTED and PASSED: a socket
    if (event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED) event->offset %= SOCKETS;
}

static void fill_counted(struct maker *maker, struct event *event) {
    event->bytes = make_bytes(maker);
    event->count = event->bytes.len_bytes + fuzz_byte(&maker->choices) % 4 * 100;
    event->offset = fuzz_byte(&maker->choices);
    event->code = (int32_t)fuzz_below(&maker->choices, 3);
    if (event->kind == EVENT_OUTPUT_END && event->offset > event->count) event->offset = event->count;
}

static void fill(struct maker *maker, struct event *event) {
    struct fuzz_choices *const choices = &maker->choices;
    switch (event->kind) {
    case EVENT_OPEN:
        event->count = 1 + fuzz_below(choices, FAMILY_COUNT - 1);
        event->bytes = make_bytes(maker);
        break;
    case EVENT_BOUND:
    case EVENT_CONNECTED:
    case EVENT_ACCEPTED:
    case EVENT_PASSED:
    case EVENT_SNAPSHOT:
    case EVENT_QUEUED: fill_socket(maker, event); break;
    case EVENT_ADDRESSED:
        fill_socket(maker, event);
        event->code = fuzz_byte(choices) & 1;
        break;
    case EVENT_PACKET:
        event->bytes = make_packet(maker);
        event->count = event->bytes.len_bytes + fuzz_byte(choices);
        event->offset = fuzz_below(choices, 4);
        event->code = fuzz_byte(choices) & 7 ? LINK_ETHERNET : LINK_CAN;
        break;
    case EVENT_CAPTURED: event->offset = fuzz_byte(choices); break;
    case EVENT_SENT:
    case EVENT_MATCHED:
    case EVENT_DISCARDED:
    case EVENT_PRINTED:
    case EVENT_OUTPUT_END: fill_counted(maker, event); break;
    case EVENT_CLOSED: event->code = (int32_t)fuzz_below(choices, CLOSE_BY_PROGRAM + 1); break;
    case EVENT_SHUTDOWN: event->code = (int32_t)fuzz_below(choices, 3); break;
    case EVENT_STATE: event->code = 1 + (int32_t)fuzz_below(choices, STATE_COUNT - 1); break;
    case EVENT_STOPPED:
        event->code = (int32_t)fuzz_byte(choices) % 70;
        event->count = fuzz_below(choices, 3);
        break;
    case EVENT_EXITED:
        event->count = fuzz_byte(choices) & 1 ? fuzz_byte(choices) % 70 : 0;
        event->code = event->count ? 128 + (int32_t)event->count : fuzz_byte(choices);
        break;
    case EVENT_FAILED: event->failure = make_failure(maker); break;
    case EVENT_TIMING:
        event->count = fuzz_byte(choices) * 1000000u;
        event->offset = fuzz_byte(choices) * 1000000u;
        break;
    case EVENT_FIELD:
        event->code = (int32_t)fuzz_below(choices, FIELD_FATE_COUNT + 1);
        event->count = fuzz_byte(choices);
        break;
    case EVENT_STARTED:
    case EVENT_LIFECYCLE:
    case EVENT_SECURED:
    case EVENT_TLS_KEYS:
    case EVENT_SIGNALLED:
    case EVENT_LOGGED:
    case EVENT_NOTE:
    case EVENT_WAITING:
    case EVENT_SKIPPED:
        event->code = fuzz_byte(choices) & 1;
        event->bytes = slice_text(make_text(maker));
        break;
    case EVENT_CASE_BEGIN:
    case EVENT_ACTOR_BEGIN:
    case EVENT_TASK_BEGIN:
    case EVENT_STEP_BEGIN:
    case EVENT_STEP_END:
    case EVENT_END_OF_STREAM:
    case EVENT_PEER_RESET:
    case EVENT_TASK_END:
    case EVENT_ACTOR_END:
    case EVENT_CASE_END:
    case EVENT_KIND_COUNT: break;
    }
}

static struct event *add(struct maker *maker, enum event_kind kind, uint32_t instance, uint32_t step) {
    struct event *const event = journal_add(maker->segment, kind);
    maker->now_ns += 1000000;
    event->at_ns = maker->now_ns;
    event->actor = instance;
    event->step = step;
    return event;
}

// One instance, one of its actor's steps, and whatever the choices make of them.
static void make_event(struct maker *maker) {
    struct fuzz_choices *const choices = &maker->choices;
    const struct plan *const plan = maker->plan;
    enum event_kind const kind = (enum event_kind)fuzz_below(choices, EVENT_KIND_COUNT);
    uint32_t const instance = fuzz_below(choices, plan->instance_count);
    const struct actor *const actor = &plan->actors[plan->instances[instance].actor];
    uint32_t const step = actor->first_step + fuzz_below(choices, actor->step_count);
    bool const of_nobody = kind == EVENT_SKIPPED || kind == EVENT_CASE_BEGIN || kind == EVENT_CASE_END;
    struct event *const event = add(maker, kind, of_nobody ? JOURNAL_NONE : instance, of_nobody ? JOURNAL_NONE : step);
    event->task = fuzz_below(choices, 4) ? 0 : fuzz_byte(choices);
    event->socket = fuzz_below(choices, SOCKETS);
    fill(maker, event);
}

// Both ends of a connection, so that what is sent on one and taken from the other can be told together.
static void make_connection(struct maker *maker) {
    uint32_t const client = fuzz_below(&maker->choices, SOCKETS / 2) * 2;
    uint32_t const instances = maker->plan->instance_count;
    const struct address *const local = make_address(maker), *const peer = make_address(maker);
    for (uint32_t i = 0; i < 2; i++) {
        struct event *const opened = add(maker, EVENT_OPEN, (client + i) % instances, JOURNAL_NONE);
        opened->socket = client + i;
        opened->count = FAMILY_TCP;
        struct event *const met =
            add(maker, i ? EVENT_ACCEPTED : EVENT_CONNECTED, (client + i) % instances, JOURNAL_NONE);
        met->socket = client + i;
        met->count = i ? FAMILY_TCP : 0;
        met->address = i ? peer : local;
        met->peer = i ? local : peer;
    }
}

// All that the plan asks for has happened: what fails then is what the events above say.
static void make_complete(struct maker *maker) {
    for (uint32_t i = 0; i < maker->plan->instance_count && i < 32; i++) {
        add(maker, EVENT_ACTOR_BEGIN, i, JOURNAL_NONE);
        add(maker, EVENT_ACTOR_END, i, JOURNAL_NONE);
    }
    for (uint32_t i = 0; i < maker->plan->step_count && i < 200; i++) {
        add(maker, EVENT_STEP_BEGIN, 0, i);
        add(maker, EVENT_STEP_END, 0, i);
    }
}

static void make_journal(struct maker *maker, struct journal *journal) {
    maker->segment = calloc(1, sizeof *maker->segment);
    if (!maker->segment) abort();
    journal_segment_init(maker->segment, 0, 1);
    for (unsigned i = 0; i < SOCKETS; i++) journal_new_socket(maker->segment);
    if (fuzz_byte(&maker->choices) & 1) make_complete(maker);
    for (unsigned i = 0; i < EVENTS_MAX && maker->choices.bytes.len_bytes; i++) {
        if (fuzz_byte(&maker->choices) % 16 == 0) make_connection(maker);
        else make_event(maker);
    }
    journal_merge(journal, maker->segment, 1);
    journal_expand(journal);
}

// ---- sinks

static void sink_text(enum sink_id id, const struct run_result *run, struct buffer *out) {
    buffer_clear(out);
    SINKS[id].open(run, out);
    SINKS[id].one(run->facts, run->results, out);
    SINKS[id].close(run, out);
}

static void play_coverage(const struct case_result *result, const struct run_facts *facts) {
    struct coverage *const coverage = coverage_new();
    struct run_result const run = {.facts = facts, .results = result, .count = 1, .coverage = coverage};
    struct buffer out = {0};
    coverage_add(coverage, result);
    sink_text(SINK_COVERAGE, &run, &out);
    sinks_check_console(buffer_view(&out), false, false);
    buffer_fini(&out);
    coverage_free(coverage);
}

static void play_github(const struct run_result *run, size_t summary_bytes) {
    static const struct console_style PLAIN = {.verbose = true};
    struct buffer out = {0}, log = {0};
    struct run_facts facts = *run->facts;
    facts.workspace = (struct workspace){.folder = "/w/a/b", .top = "/w/a"};
    sink_text(SINK_GITHUB, run, &out);
    SINKS[SINK_GITHUB].one(&facts, run->results, &out);
    sinks_check_github(buffer_view(&out));
    buffer_clear(&out);
    console_case(run->results, &PLAIN, &out);
    bool const is_other = github_harmless(buffer_view(&out), GITHUB_IN_TEXT, &log);
    sinks_check_log(buffer_view(is_other ? &log : &out));
    for (size_t i = 0; i < 2; i++) {
        buffer_clear(&out);
        github_summary(run, i ? SIZE_MAX : summary_bytes, &out);
        sinks_check_summary(buffer_view(&out), i ? SIZE_MAX : summary_bytes);
    }
    buffer_fini(&log);
    buffer_fini(&out);
}

static void play_sinks(const struct case_result *result, const char *newest, unsigned width) {
    enum outcome const outcome = result->verdict->outcome;
    struct suite_counts const counts = {.passed = outcome == OUTCOME_PASSED,
                                        .failed = outcome == OUTCOME_FAILED,
                                        .skipped = outcome == OUTCOME_SKIPPED,
                                        .duration_ns = (uint64_t)result->verdict->duration_ns};
    static const struct run_facts facts = {.version = "0", .jobs = 1};
    struct run_result const run = {.facts = &facts, .results = result, .count = 1, .counts = counts};
    struct buffer out = {0};
    for (unsigned style = 0; style < 8; style++) {
        struct console_style const with = {
            .colour = style & 1, .verbose = style & 2, .quiet = style & 4, .width = style & 1 ? width : 80};
        buffer_clear(&out);
        console_case(result, &with, &out);
        console_end(&run, &with, &out);
        sinks_check_console(buffer_view(&out), with.colour, false);
        buffer_clear(&out);
        struct live_case const cases[] = {{newest, result->verdict->duration_ns}, {newest, 1}};
        struct live_state const live = {
            .total = 2, .counts = counts, .running = cases, .running_listed = 2, .running_count = 9, .slowest = cases, .slowest_count = 2};
        console_live(&live, &with, style & 2 ? 24 : 8, &out);
        sinks_check_console(buffer_view(&out), with.colour, true);
    }
    sink_text(SINK_JUNIT, &run, &out);
    sinks_check_xml(buffer_view(&out), "junit");
    sink_text(SINK_TAP, &run, &out);
    sinks_check_tap(buffer_view(&out), 1);
    sink_text(SINK_JSON, &run, &out);
    sinks_check_json_lines(buffer_view(&out), 3);
    sink_text(SINK_MERMAID, &run, &out);
    sinks_check_mermaid(buffer_view(&out));
    buffer_clear(&out);
    SINKS[SINK_HTML].one(&facts, result, &out);
    sinks_check_page(buffer_view(&out));
    buffer_clear(&out);
    SINKS[SINK_HTML].close(&run, &out);
    sinks_check_page(buffer_view(&out));
    play_coverage(result, &facts);
    play_github(&run, width * 16u);
    sink_text(SINK_PCAPNG, &run, &out);
    sinks_check_capture(buffer_view(&out));
    buffer_fini(&out);
}

void fuzz_one(const struct fuzz_input *input) {
    static const char FALLBACK[] =
        "scenario \"nothing\"\nserver s {\n  listen tcp 127.0.0.1:0\n}\nclient c {\n  connect s\n"
        "  send \"x\"\n}\nprogram p {\n  run \"true\"\n}\n";
    struct maker maker = {.choices = {input->bytes}};
    struct plan_set set;
    struct journal journal;
    struct verdict verdict;
    arena_init(&maker.arena);
    const char *const path = make_text(&maker);
    unsigned const width = fuzz_byte(&maker.choices);
    fuzz_plans(&set, *path ? path : FUZZ_PATH, input->text, NULL, 0);
    if (set.diags.error_count || set.is_library || !set.plan_count || !set.plans[0]->instance_count) {
        plan_set_fini(&set);
        fuzz_plans(&set, *path ? path : FUZZ_PATH, slice_text(FALLBACK), NULL, 0);
    }
    maker.plan = set.plans[fuzz_below(&maker.choices, set.plan_count)];
    make_journal(&maker, &journal);
    verdict_init(&verdict, maker.plan, &journal);
    struct case_result const turn = {.plan = maker.plan, .journal = &journal, .verdict = &verdict};
    struct case_result result = turn;
    result.earlier = &turn;
    result.earlier_count = verdict.outcome == OUTCOME_FAILED ? width & 1 : 0;
    play_sinks(&result, maker.plan->case_name, width);
    verdict_fail_skipped(&verdict, &journal);
    play_sinks(&result, maker.plan->title, width);
    verdict_fini(&verdict);
    journal_fini(&journal);
    plan_set_fini(&set);
    arena_fini(&maker.arena);
}
