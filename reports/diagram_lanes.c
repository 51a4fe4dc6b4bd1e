// Who has a lane of its own, and whose story is that of others too.
#include "diagram_parts.h"

#include <stdlib.h>
#include <string.h>

enum { RANGES_MAX = 4 }; // "caller[0..3, 7, 9..12, 20, ...]"

// What an instance did, as a number. Owned by diagram_lanes_init.
struct story {
    uint64_t hash;
    uint64_t last; // its newest part: said again at once, it says nothing new
    bool is_told;  // something that a diagram shows
};

// An instance as it is sorted. Owned by diagram_lanes_init.
struct member {
    uint64_t hash;
    uint32_t instance;
};

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
static uint64_t mix(uint64_t hash, const void *data, size_t len_bytes) {
    const uint8_t *const bytes = data;
    for (size_t i = 0; i < len_bytes; i++) hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

// Numbers aside.
static uint64_t mix_text(uint64_t hash, struct slice text) {
    for (size_t i = 0; i < text.len_bytes; i++) {
        bool const is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        bool const was_digit = i && text.data[i - 1] >= '0' && text.data[i - 1] <= '9';
        if (is_digit && was_digit) continue;
        uint8_t const byte = is_digit ? '0' : text.data[i];
        hash = mix(hash, &byte, 1);
    }
    return hash;
}

// What depends on the moment at which somebody looked is no part of a story, nor is what only some runs write down.
static const bool IS_NO_PART[EVENT_KIND_COUNT] = {
    [EVENT_SNAPSHOT] = true, [EVENT_STATE] = true,      [EVENT_LIFECYCLE] = true, [EVENT_TLS_KEYS] = true,
    [EVENT_PRINTED] = true,  [EVENT_OUTPUT_END] = true, [EVENT_ADDRESSED] = true, [EVENT_PACKET] = true,
    [EVENT_CAPTURED] = true, [EVENT_FIELD] = true,      [EVENT_TIMING] = true,
};

static bool has_text(enum event_kind kind) {
    return kind == EVENT_LOGGED || kind == EVENT_NOTE || kind == EVENT_WAITING || kind == EVENT_SIGNALLED;
}

static bool has_telling_code(enum event_kind kind) {
    return kind == EVENT_SHUTDOWN || kind == EVENT_CLOSED || kind == EVENT_EXITED || kind == EVENT_SECURED;
}

static bool is_shown(enum event_kind kind) {
    return kind != EVENT_ACTOR_BEGIN && kind != EVENT_ACTOR_END && kind != EVENT_STEP_BEGIN && kind != EVENT_STEP_END &&
           kind != EVENT_TASK_BEGIN && kind != EVENT_TASK_END;
}

static void story_note(struct story *story, const struct event *event) {
    if (IS_NO_PART[event->kind]) return;
    uint64_t part = mix(0xcbf29ce484222325, &event->kind, sizeof event->kind);
    part = mix(part, &event->step, sizeof event->step);
    if (has_telling_code(event->kind)) part = mix(part, &event->code, sizeof event->code);
    if (has_text(event->kind)) part = mix_text(part, event_text(event));
    if (event->kind == EVENT_FAILED) part = mix_text(part, slice_text(event->failure->message));
    story->is_told |= is_shown(event->kind);
    if (event->task) { // blocks side by side come in any order
        story->hash += part * 0x9e3779b97f4a7c15;
    } else if (part != story->last) {
        story->hash = mix(story->hash, &part, sizeof part);
        story->last = part;
    }
}

static struct story *stories_read(const struct case_result *result, struct arena *arena) {
    const struct journal *const journal = result->journal;
    struct story *const stories = arena_array(arena, result->plan->instance_count, sizeof *stories);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->actor < result->plan->instance_count) story_note(&stories[event->actor], event);
    }
    return stories;
}

static int members_compare(const void *left, const void *right) {
    const struct member *const a = left, *const b = right;
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    return a->instance < b->instance ? -1 : a->instance > b->instance;
}

static void ranges_words(const struct plan *plan, const struct member *members, uint32_t count, struct buffer *out) {
    uint32_t ranges = 0;
    for (uint32_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && members[end].instance == members[end - 1].instance + 1;) end++;
        buffer_text(out, ranges ? ", " : "");
        if (ranges++ == RANGES_MAX) {
            buffer_text(out, "...");
            return;
        }
        buffer_printf(out, "%u", plan->instances[members[start].instance].index);
        if (end > start + 1) buffer_printf(out, "..%u", plan->instances[members[end - 1].instance].index);
    }
}

static const char *lane_label(const struct plan *plan, const struct member *members, uint32_t count,
                              struct arena *arena) {
    struct buffer label = {0};
    if (count == 1) {
        instance_name(plan, members[0].instance, &label);
    } else {
        buffer_text(&label, plan->actors[plan->instances[members[0].instance].actor].name);
        buffer_text(&label, "[");
        ranges_words(plan, members, count, &label);
        buffer_text(&label, "]");
    }
    const char *const kept = arena_copy(arena, label.data, label.len_bytes);
    buffer_fini(&label);
    return kept;
}

static int lanes_compare(const void *left, const void *right) {
    const struct diagram_lane *const a = left, *const b = right;
    return a->instance < b->instance ? -1 : a->instance > b->instance;
}

// One actor's lanes, behind those that are there.
static void actor_lanes(struct diagram *diagram, const struct case_result *result, const struct actor *actor,
                        const struct story *stories, struct arena *arena) {
    struct member *const members = arena_array(arena, actor->instance_count, sizeof *members);
    for (uint32_t i = 0; i < actor->instance_count; i++) {
        uint32_t const instance = actor->first_instance + i;
        members[i] = (struct member){.hash = stories[instance].hash, .instance = instance};
    }
    qsort(members, actor->instance_count, sizeof *members, members_compare);
    struct diagram_lane *const first = &diagram->lanes[diagram->lane_count];
    for (uint32_t start = 0, end; start < actor->instance_count; start = end) {
        for (end = start + 1; end < actor->instance_count && members[end].hash == members[start].hash;) end++;
        diagram->lanes[diagram->lane_count++] = (struct diagram_lane){
            .instance = members[start].instance,
            .count = end - start,
            .role = actor->role,
            .label = lane_label(result->plan, &members[start], end - start, arena),
        };
    }
    qsort(first, (size_t)(&diagram->lanes[diagram->lane_count] - first), sizeof *first, lanes_compare);
}

// Whose lane must not be left out: each actor's first, and that of who failed.
static bool is_needed(const struct diagram *diagram, const struct case_result *result, uint32_t lane) {
    const struct plan *const plan = result->plan;
    const struct verdict *const verdict = result->verdict;
    uint32_t const instance = diagram->lanes[lane].instance;
    if (verdict->fault_count && verdict->faults[0].actor == instance) return true;
    return lane == 0 || plan->instances[diagram->lanes[lane - 1].instance].actor != plan->instances[instance].actor;
}

static void lanes_cut(struct diagram *diagram, const struct case_result *result, uint32_t lanes_max,
                      struct arena *arena) {
    if (diagram->lane_count <= lanes_max) return;
    bool *const is_kept = arena_array(arena, diagram->lane_count, sizeof *is_kept);
    uint32_t kept = 0;
    for (uint32_t turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < diagram->lane_count && kept < lanes_max; i++) {
            if (is_kept[i] || (turn == 0 && !is_needed(diagram, result, i))) continue;
            is_kept[i] = true;
            kept++;
        }
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < diagram->lane_count; i++) {
        if (is_kept[i]) diagram->lanes[count++] = diagram->lanes[i];
        else diagram->instances_left_out += diagram->lanes[i].count;
    }
    diagram->lane_count = count;
}

void diagram_lanes_init(struct diagram *diagram, const struct case_result *result, uint32_t lanes_max, bool outside,
                        struct arena *arena) {
    const struct plan *const plan = result->plan;
    const struct story *const stories = stories_read(result, arena);
    diagram->lanes = arena_array(arena, plan->instance_count + 1, sizeof *diagram->lanes);
    diagram->lane_of = arena_array(arena, plan->instance_count, sizeof *diagram->lane_of);
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        bool const is_silent = i == plan->afterwards && !stories[plan->actors[i].first_instance].is_told;
        if (!is_silent) actor_lanes(diagram, result, &plan->actors[i], stories, arena);
    }
    lanes_cut(diagram, result, lanes_max, arena);
    for (uint32_t i = 0; i < plan->instance_count; i++) diagram->lane_of[i] = DIAGRAM_NONE;
    for (uint32_t i = 0; i < diagram->lane_count; i++) diagram->lane_of[diagram->lanes[i].instance] = i;
    if (!outside) return;
    diagram->lanes[diagram->lane_count++] =
        (struct diagram_lane){.instance = JOURNAL_NONE, .role = ROLE_PROGRAM, .label = "outside"};
}
