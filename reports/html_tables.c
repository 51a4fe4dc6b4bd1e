// Who waited for what, and where the time went.
#include "html.h"

#include <inttypes.h>

enum {
    GROUPS_MAX = 64,
    WAIT_COLUMNS_MAX = 400,
    STEP_COLUMNS_MAX = 120,
};

// --- waits

// Tasks of one actor in the same step that wait for the same but for numbers. Owned by html_waits.
struct group {
    const struct wait *first;
    uint32_t actor, count;
};

static uint32_t groups_fill(const struct html_case *page, struct group *groups, uint32_t *left_out) {
    const struct verdict *const verdict = page->result->verdict;
    const struct plan *const plan = page->result->plan;
    uint32_t count = 0;
    for (uint32_t i = 0; i < verdict->wait_count; i++) {
        const struct wait *const wait = &verdict->waits[i];
        uint32_t const actor = wait->actor < plan->instance_count ? plan->instances[wait->actor].actor : PLAN_NONE;
        uint32_t k = 0;
        while (k < count && !(groups[k].actor == actor && groups[k].first->step == wait->step &&
                              says_the_same(slice_text(groups[k].first->waits), slice_text(wait->waits))))
            k++;
        if (k == GROUPS_MAX) {
            ++*left_out;
            continue;
        }
        if (k == count) groups[count++] = (struct group){.first = wait, .actor = actor};
        groups[k].count++;
    }
    return count;
}

static void group_write(const struct html_case *page, const struct group *group) {
    struct buffer *const out = page->out;
    const struct plan *const plan = page->result->plan;
    const struct step *const step = step_at(plan, group->first->step);
    struct buffer words = {0};
    instance_name(plan, group->first->actor, &words);
    buffer_text(out, "<tr><th scope=\"row\">");
    html_text(buffer_view(&words), out);
    if (group->first->task) buffer_printf(out, ", connection %u", group->first->task);
    if (group->count > 1) {
        buffer_text(out, " and ");
        html_number(group->count - 1, out);
        buffer_text(out, " more");
    }
    buffer_text(out, "</th><td>");
    buffer_clear(&words);
    if (step) {
        step_place(plan, step, &words);
        bool const is_here = step->span.source == plan->source;
        if (is_here) buffer_printf(out, "<a href=\"#L%u\">", step_line(step));
        html_text(buffer_view(&words), out);
        buffer_text(out, is_here ? "</a> <code>" : " <code>");
        buffer_clear(&words);
        step_words(step, STEP_COLUMNS_MAX, &words);
        html_text(buffer_view(&words), out);
        buffer_clear(&words);
        buffer_text(out, "</code>");
    } else {
        buffer_text(out, "not begun");
    }
    buffer_text(out, "</td><td>");
    html_line(slice_text(group->first->waits), WAIT_COLUMNS_MAX, out);
    if (group->count == 1) came_words(group->first, &words);
    html_text(buffer_view(&words), out);
    buffer_text(out, "</td></tr>\n");
    buffer_fini(&words);
}

void html_waits(const struct html_case *page) {
    struct buffer *const out = page->out;
    struct group groups[GROUPS_MAX];
    uint32_t left_out = 0;
    uint32_t const count = groups_fill(page, groups, &left_out);
    if (!count) return;
    html_section("waits", "Meanwhile", out);
    buffer_text(out, "<p class=\"aside\">Where everybody else was when the case was stopped.</p>\n"
                     "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Waits\">\n<table><thead><tr><th "
                     "scope=\"col\">Actor</th>"
                     "<th scope=\"col\">Step</th><th scope=\"col\">Waits</th></tr></thead>\n<tbody>\n");
    for (uint32_t i = 0; i < count; i++) group_write(page, &groups[i]);
    if (left_out)
        buffer_printf(out, "<tr class=\"gap\"><td colspan=\"3\">%u more waits are left out</td></tr>\n", left_out);
    buffer_text(out, "</tbody></table>\n</div>\n");
    html_section_end(out);
}

// --- time

void html_timing(const struct html_case *page) {
    struct buffer *const out = page->out;
    const struct verdict *const verdict = page->result->verdict;
    const struct timing *const timing = &verdict->timing;
    const struct step *const step = step_at(page->result->plan, timing->step);
    if (!timing->is_known && !step) return;
    html_section("time", "Time", out);
    buffer_text(out, "<dl class=\"facts\">\n");
    if (timing->is_known) {
        int64_t const waiting = verdict->duration_ns - timing->setup_ns - timing->work_ns;
        buffer_text(out, "<dt>set-up</dt><dd>");
        html_duration(timing->setup_ns, out);
        buffer_text(out, "</dd>\n<dt>the steps\u2019 own work</dt><dd>");
        html_duration(timing->work_ns, out);
        buffer_text(out, "</dd>\n<dt>waiting on the kernel and on peers</dt><dd>");
        html_duration(waiting, out);
        buffer_text(out, "</dd>\n");
    }
    if (step) {
        struct buffer words = {0};
        buffer_text(out, "<dt>the step that took longest</dt><dd>");
        html_duration(timing->step_ns, out);
        buffer_text(out, ": ");
        instance_name(page->result->plan, timing->actor, &words);
        buffer_text(&words, ", ");
        step_place(page->result->plan, step, &words);
        html_text(buffer_view(&words), out);
        buffer_clear(&words);
        buffer_text(out, " <code>");
        step_words(step, STEP_COLUMNS_MAX, &words);
        html_text(buffer_view(&words), out);
        buffer_text(out, "</code></dd>\n");
        buffer_fini(&words);
    }
    buffer_text(out, "</dl>\n");
    html_section_end(out);
}
