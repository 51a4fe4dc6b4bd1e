// Where everybody else was when the case failed. A thousand clients that wait for the same thing are one line.
#include "console.h"

#include <inttypes.h>
#include <string.h>

enum {
    GROUPS_MAX = 12,
    RANGES_MAX = 4,       // "caller[0..3, 7, 9..12, 20, ...]"
    STEP_GROUPS_MAX = 4,  // of one step of one actor, so that no actor's lines crowd out the others
    STEP_COLUMNS_MAX = 44,
    PROGRAMS_MAX = 8,     // with lines of their own
    END_LINES_MAX = 3,    // of what such a one has said
    QUEUES_MAX = 4,
};

static const char MIXED_WAITS[] = "for different things";

// Instances side by side. A plain value.
struct range {
    uint32_t first, last;
};

// Tasks of one actor that were in the same step and waited for the same sort of thing. Owned by page_meanwhile.
struct group {
    uint32_t actor; // index into plan->actors, PLAN_NONE for the case's own
    uint32_t step;
    const char *waits; // numbers that differ from task to task are `*`
    const struct wait *first;
    uint32_t first_task;
    uint32_t task_count;
    bool has_blocks; // some are blocks of an accept
    struct range ranges[RANGES_MAX];
    uint32_t range_count; // past RANGES_MAX only counted
    uint32_t last_index;
};

// A group as its line will be. Lives in the scratch arena.
struct row {
    struct buffer label, place;
    unsigned place_columns;
};

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static size_t number_bytes(const char *text) {
    size_t len = 0;
    while (is_digit(text[len])) len++;
    return len;
}

// Whether two texts say the same but for their numbers; then `common` is that text, with `*` for a number that differs.
// `pattern` may have such stars already, and `common` room for the longer of both.
static bool texts_fold(const char *pattern, const char *text, char *common) {
    while (*pattern && *text) {
        size_t const pattern_number = number_bytes(pattern), text_number = number_bytes(text);
        bool const is_star = *pattern == '*' && (text_number || *text == '*');
        if (is_star || (pattern_number && text_number)) {
            bool const same = pattern_number == text_number && memcmp(pattern, text, text_number) == 0;
            size_t const len = is_star || !same ? 1 : pattern_number;
            memcpy(common, is_star || !same ? "*" : pattern, len);
            common += len;
            pattern += is_star ? 1 : pattern_number;
            text += text_number ? text_number : 1;
        } else if (*pattern == *text) {
            *common++ = *pattern++;
            text++;
        } else {
            return false;
        }
    }
    *common = '\0';
    return !*pattern && !*text;
}

static uint32_t actor_of(const struct plan *plan, uint32_t instance) {
    return instance < plan->instance_count ? plan->instances[instance].actor : PLAN_NONE;
}

static void group_take(struct group *group, const struct plan *plan, const struct wait *wait) {
    uint32_t const index = wait->actor < plan->instance_count ? plan->instances[wait->actor].index : 0;
    group->task_count++;
    group->has_blocks |= wait->task != 0;
    if (group->task_count > 1 && index == group->last_index) return;
    bool const extends = group->task_count > 1 && index == group->last_index + 1;
    group->last_index = index;
    if (!extends) group->range_count++;
    if (group->range_count > RANGES_MAX) return;
    struct range *const range = &group->ranges[group->range_count - 1];
    if (!extends) range->first = index;
    range->last = index;
}

// The group that this wait belongs to, with `common` as its text then; a new one's place is behind the last, and one
// that is too many within its step goes to the last of that step.
static struct group *group_find(struct group *groups, uint32_t group_count, uint32_t actor, const struct wait *wait,
                                char *common) {
    struct group *of_step = NULL;
    uint32_t of_step_count = 0;
    for (uint32_t i = 0; i < group_count; i++) {
        struct group *const group = &groups[i];
        if (group->actor != actor || group->step != wait->step) continue;
        if (texts_fold(group->waits, wait->waits, common)) return group;
        of_step = group;
        of_step_count++;
    }
    if (of_step_count < STEP_GROUPS_MAX) return &groups[group_count];
    memcpy(common, MIXED_WAITS, sizeof MIXED_WAITS);
    return of_step;
}

static char *common_alloc(const struct verdict *verdict, struct arena *scratch) {
    size_t longest_bytes = sizeof MIXED_WAITS;
    for (uint32_t i = 0; i < verdict->wait_count; i++) {
        size_t const len_bytes = strlen(verdict->waits[i].waits) + 1;
        if (len_bytes > longest_bytes) longest_bytes = len_bytes;
    }
    return arena_alloc(scratch, longest_bytes);
}

// The groups in the order of their first tasks; returns how many waits found no place in them.
static uint32_t groups_fill(struct group *groups, uint32_t *group_count, const struct case_result *result,
                            struct arena *scratch) {
    const struct verdict *const verdict = result->verdict;
    char *const common = common_alloc(verdict, scratch);
    uint32_t left_out = 0;
    for (uint32_t i = 0; i < verdict->wait_count; i++) {
        const struct wait *const wait = &verdict->waits[i];
        uint32_t const actor = actor_of(result->plan, wait->actor);
        struct group *const group = group_find(groups, *group_count, actor, wait, common);
        if (group == &groups[GROUPS_MAX]) {
            left_out++;
            continue;
        }
        bool const is_new = group == &groups[*group_count];
        if (is_new) {
            *group = (struct group){.actor = actor, .step = wait->step, .first = wait, .first_task = wait->task, .waits = wait->waits};
            ++*group_count;
        } else if (strcmp(group->waits, common) != 0) {
            group->waits = arena_copy(scratch, common, strlen(common));
        }
        group_take(group, result->plan, wait);
    }
    return left_out;
}

static void ranges_render(const struct group *group, struct buffer *out) {
    buffer_text(out, "[");
    for (uint32_t i = 0; i < group->range_count && i < RANGES_MAX; i++) {
        const struct range *const range = &group->ranges[i];
        buffer_printf(out, "%s%u", i ? ", " : "", range->first);
        if (range->last > range->first) buffer_printf(out, "..%u", range->last);
    }
    buffer_text(out, group->range_count > RANGES_MAX ? ", ...]" : "]");
}

// "caller[0..998] (999 of them)", "caller[3]", "echo, connection 7", "echo, 12 connections"
static void label_render(const struct group *group, const struct plan *plan, struct buffer *out) {
    if (group->actor == PLAN_NONE) {
        buffer_text(out, "case");
        return;
    }
    const struct actor *const actor = &plan->actors[group->actor];
    bool const is_one_instance = group->range_count == 1 && group->ranges[0].first == group->ranges[0].last;
    if (is_one_instance) {
        instance_name(plan, actor->first_instance + group->ranges[0].first, out);
    } else {
        buffer_text(out, actor->name);
        ranges_render(group, out);
    }
    if (group->task_count == 1) {
        if (group->has_blocks) buffer_printf(out, ", connection %u", group->first_task);
    } else if (group->has_blocks) {
        buffer_printf(out, ", %u connections", group->task_count);
    } else {
        buffer_printf(out, " (%u of them)", group->task_count);
    }
}

static void row_init(struct row *row, const struct group *group, const struct plan *plan) {
    const struct step *const step = step_at(plan, group->step);
    *row = (struct row){0};
    label_render(group, plan, &row->label);
    if (step) step_place(plan, step, &row->place);
    if (step) buffer_text(&row->place, ": ");
    row->place_columns = (unsigned)row->place.len_bytes;
    row->place_columns += step ? step_words(step, STEP_COLUMNS_MAX, &row->place)
                               : report_text(slice_text("not begun"), STEP_COLUMNS_MAX, &row->place);
}

static void row_fini(struct row *row) {
    buffer_fini(&row->label);
    buffer_fini(&row->place);
}

// Where the programs' lines stand: below that of their only task, or alone. Lives in the scratch arena.
struct programs {
    const struct program_end *ends;
    uint32_t count;
    uint32_t failed; // whose end is told with its failure
    bool *is_shown;
};

static bool is_task_of(const struct group *group, const struct plan *plan, uint32_t instance) {
    return group->actor != PLAN_NONE && group->task_count == 1 && !group->has_blocks &&
           plan->actors[group->actor].first_instance + group->ranges[0].first == instance;
}

// The program whose one task the group is, or NULL.
static const struct program_end *program_of(struct programs *programs, const struct group *group,
                                            const struct plan *plan) {
    for (uint32_t i = 0; i < programs->count; i++) {
        if (programs->is_shown[i] || !is_task_of(group, plan, programs->ends[i].instance)) continue;
        programs->is_shown[i] = true;
        return &programs->ends[i];
    }
    return NULL;
}

static void label_pad(const struct page *page, struct slice label, size_t label_columns) {
    page_indent(page, 2);
    buffer_slice(page->out, label);
    buffer_repeat(page->out, ' ', label_columns - label.len_bytes + 2);
}

static void programs_render(const struct page *page, const struct programs *programs, size_t label_columns) {
    uint32_t shown = 0, left_out = 0;
    for (uint32_t i = 0; i < programs->count; i++) {
        const struct program_end *const end = &programs->ends[i];
        if (programs->is_shown[i] || end->instance == programs->failed) continue;
        if (shown++ >= PROGRAMS_MAX) {
            left_out++;
            continue;
        }
        struct buffer label = {0};
        instance_name(page->result->plan, end->instance, &label);
        if (label.len_bytes > label_columns) label_columns = label.len_bytes;
        label_pad(page, buffer_view(&label), label_columns);
        page_program_end(page, end, (unsigned)label_columns + 4, END_LINES_MAX);
        buffer_fini(&label);
    }
    if (!left_out) return;
    page_indent(page, 2);
    buffer_printf(page->out, "and %u more programs\n", left_out);
}

static void rows_render(const struct page *page, const struct group *groups, uint32_t group_count,
                        struct programs *programs) {
    struct row rows[GROUPS_MAX];
    size_t label_columns = 0;
    unsigned place_columns = 0;
    for (uint32_t i = 0; i < group_count; i++) {
        row_init(&rows[i], &groups[i], page->result->plan);
        if (rows[i].label.len_bytes > label_columns) label_columns = rows[i].label.len_bytes;
        if (rows[i].place_columns > place_columns) place_columns = rows[i].place_columns;
    }
    for (uint32_t i = 0; i < group_count; i++) {
        label_pad(page, buffer_view(&rows[i].label), label_columns);
        buffer_slice(page->out, buffer_view(&rows[i].place));
        if (groups[i].waits[0]) {
            buffer_repeat(page->out, ' ', place_columns - rows[i].place_columns + 2);
            buffer_text(page->out, "waits ");
            report_text(slice_text(groups[i].waits), COLUMNS_ALL, page->out);
            if (groups[i].task_count == 1) came_words(groups[i].first, page->out);
        }
        buffer_text(page->out, "\n");
        row_fini(&rows[i]);
        const struct program_end *const end = program_of(programs, &groups[i], page->result->plan);
        if (!end) continue;
        label_pad(page, slice_of("", 0), label_columns);
        page_program_end(page, end, (unsigned)label_columns + 4, END_LINES_MAX);
    }
    programs_render(page, programs, label_columns);
}

// --- connections that nobody accepts

static bool has_run_out_of_time(const struct verdict *verdict) {
    const struct failure *const failure = verdict->fault_count ? verdict->faults[0].failure : NULL;
    return failure && (failure->kind == FAILURE_TIMEOUT || failure->kind == FAILURE_DEADLOCK ||
                       failure->kind == FAILURE_STEP_TIMEOUT);
}

static uint32_t queues_count(const struct case_result *result) {
    uint32_t count = 0;
    if (!has_run_out_of_time(result->verdict)) return 0;
    const struct journal *const journal = result->journal;
    for (uint64_t i = 0; i < journal->event_count; i++) count += journal->events[i].kind == EVENT_QUEUED;
    return count;
}

static void queues_render(const struct page *page, uint32_t count) {
    const struct journal *const journal = page->result->journal;
    uint32_t shown = 0;
    for (uint64_t i = 0; i < journal->event_count && shown < count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind != EVENT_QUEUED) continue;
        page_indent(page, 2);
        if (shown++ == QUEUES_MAX && count > QUEUES_MAX + 1) {
            buffer_printf(page->out, "and at %u more listeners\n", count - QUEUES_MAX);
            return;
        }
        bool const is_one = event->count == 1;
        buffer_printf(page->out, "%" PRIu64 " connection%s queued at ", event->count, is_one ? " is" : "s are");
        address_words(event->address, page->out);
        buffer_printf(page->out, ", and nobody has accepted %s\n", is_one ? "it" : "them");
    }
}

static void programs_init(struct programs *programs, const struct case_result *result, struct arena *scratch) {
    const struct verdict *const verdict = result->verdict;
    programs->ends = program_ends(result->journal, scratch, &programs->count);
    programs->is_shown = arena_array(scratch, programs->count, sizeof *programs->is_shown);
    programs->failed = verdict->fault_count ? verdict->faults[0].actor : JOURNAL_NONE;
    for (uint32_t i = 0; i < programs->count; i++) // those are told first
        programs->is_shown[i] = programs->ends[i].instance != programs->failed &&
                                program_ended_badly(result->journal, &programs->ends[i]);
}

// Whether any program has a line.
static bool has_others(const struct programs *programs) {
    for (uint32_t i = 0; i < programs->count; i++)
        if (programs->ends[i].instance != programs->failed && !programs->is_shown[i]) return true;
    return false;
}

void page_meanwhile(const struct page *page) {
    struct arena scratch;
    arena_init(&scratch);
    struct programs programs;
    programs_init(&programs, page->result, &scratch);
    uint32_t const queues = queues_count(page->result);
    if (page->result->verdict->wait_count || has_others(&programs) || queues) {
        struct group groups[GROUPS_MAX];
        uint32_t group_count = 0;
        uint32_t const left_out = groups_fill(groups, &group_count, page->result, &scratch);
        buffer_text(page->out, "\n");
        size_t const from = page->out->len_bytes;
        page_indent(page, 0);
        page_paint(page, PAINT_STRONG, "meanwhile");
        buffer_text(page->out, "\n");
        rows_render(page, groups, group_count, &programs);
        if (left_out) {
            page_indent(page, 2);
            buffer_printf(page->out, "and %u more\n", left_out);
        }
        queues_render(page, queues);
        page_wrap(page, from);
    }
    arena_fini(&scratch);
}
