// A journal that is followed while it is being written: each thread tells what it has written before it sleeps.
#include "news.h"

static void hand_over(const struct part *part, const struct event *events, uint32_t count, int64_t until_ns) {
    const struct case_run *run = part->run;
    run->engine->options->follow(run->engine->context, run->number, part->thread, events, count, until_ns);
}

static void tell(struct part *part, bool sleeps) {
    const struct event *events;
    part->told_ns = clock_now_ns();
    for (uint32_t count; (count = journal_news(part->journal, &events)) > 0;)
        hand_over(part, events, count, events->at_ns);
    hand_over(part, NULL, 0, sleeps ? CLOCK_NEVER : part->told_ns);
}

static void tell_awake(struct part *part) {
    part->told_ns = clock_now_ns();
    hand_over(part, NULL, 0, part->told_ns);
}

void news_begin(struct part *part) {
    if (!part->run->engine->options->follow) return;
    list_append(&part->worker->followed, &part->follow_link);
    tell(part, false); // the first thread has written of the setting already
}

void news_end(struct part *part) {
    if (list_empty(&part->follow_link)) return;
    tell(part, true);
    list_remove(&part->follow_link);
}

void news_tell(struct worker *worker, bool sleeps) {
    for (struct list *link = worker->followed.next; link != &worker->followed; link = link->next)
        tell(list_entry(link, struct part, follow_link), sleeps);
}

void news_wake(struct worker *worker) {
    for (struct list *link = worker->followed.next; link != &worker->followed; link = link->next)
        tell_awake(list_entry(link, struct part, follow_link));
}

bool news_has_told(const struct part *part, const struct event *event) { return event->at_ns <= part->told_ns; }
