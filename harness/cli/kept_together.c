// Several journals as one run: those of a run's shards, or of machines that played the same.
#include "kept.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct journal_head *head_of(const struct kept *kept) { return &kept->replay.contents.head; }

// ---- whether they can be

static bool is_same_file(const struct kept *a, const struct kept *b) {
    return strcmp(a->path, b->path) == 0 || (a->inode && a->device == b->device && a->inode == b->inode);
}

// A report has one version and one seed.
static bool fit(const struct kept *a, const struct kept *b) {
    const struct journal_head *const one = head_of(a), *const other = head_of(b);
    if (is_same_file(a, b)) complain("%s is named twice", kept_name(b));
    else if (strcmp(one->version, other->version) != 0)
        complain("%s was written by sockdrill %s and %s by %s: only journals of one version are told together", kept_name(a),
                 one->version, kept_name(b), other->version);
    else if (one->seed != other->seed)
        complain("%s is of --seed %" PRIu64 " and %s of --seed %" PRIu64 ": only journals of one seed are told together",
                 kept_name(a), one->seed, kept_name(b), other->seed);
    else return true;
    return false;
}

bool kept_go_together(const struct kept *list, uint32_t count) {
    for (uint32_t i = 0; i < count && count > 1; i++) {
        if (list[i].replay.contents.end.passed_turns) {
            complain("%s is of --until-fail, which goes with no other journal", kept_name(&list[i]));
            return false;
        }
        for (uint32_t k = 0; k < i; k++)
            if (!fit(&list[k], &list[i])) return false;
    }
    return true;
}

// ---- their cases

// Of one file, and of its case.
static const char *path_of(const struct kept_case *listed) {
    const struct journal_contents *const contents = &listed->kept->replay.contents;
    return contents->texts[contents->files[contents->cases[listed->last].file].text].path;
}

static const struct journal_case *facts_of(const struct kept_case *listed) {
    return &listed->kept->replay.contents.cases[listed->last];
}

// As suite_find orders them: folder by folder, each by its name.
static int compare_paths(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    unsigned char const x = *a == '/' ? 1 : (unsigned char)*a, y = *b == '/' ? 1 : (unsigned char)*b;
    return (x > y) - (x < y);
}

static int by_place(const void *left, const void *right) {
    const struct kept_case *const a = left, *const b = right;
    const struct journal_case *const one = facts_of(a), *const other = facts_of(b);
    int const paths = compare_paths(path_of(a), path_of(b));
    if (paths) return paths;
    if (one->place != other->place) return one->place < other->place ? -1 : 1;
    if (a->kept != b->kept) return a->kept < b->kept ? -1 : 1; // they lie in the order in which they were named
    return (one->number > other->number) - (one->number < other->number);
}

static const char *case_name(const struct kept_case *listed) { return listed->kept->replay.plans[listed->last].case_name; }

static int by_name(const void *left, const void *right) {
    const struct kept_case *const a = *(struct kept_case *const *)left, *const b = *(struct kept_case *const *)right;
    int const names = strcmp(case_name(a), case_name(b));
    return names ? names : (a->kept > b->kept) - (a->kept < b->kept);
}

static void rename_case(struct kept_case *listed) {
    struct replay *const replay = &listed->kept->replay;
    const char *const name = arena_text(&replay->contents.arena, "%s (%s)", case_name(listed), kept_name(listed->kept));
    for (uint32_t i = listed->first; i <= listed->last; i++) replay->plans[i].case_name = name;
}

// "tcp/echo (arm.journal)", where tcp/echo is in another one too.
static void name_apart(struct kept_case *cases, uint32_t count) {
    struct kept_case **const sorted = memory_need(calloc((size_t)count + 1, sizeof *sorted));
    for (uint32_t i = 0; i < count; i++) sorted[i] = &cases[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (uint32_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && strcmp(case_name(sorted[begin]), case_name(sorted[end])) == 0;) end++;
        if (sorted[begin]->kept == sorted[end - 1]->kept) continue;
        for (uint32_t i = begin; i < end; i++) rename_case(sorted[i]);
    }
    free(sorted);
}

struct kept_case *kept_list(struct kept *list, uint32_t count, uint32_t *case_count) {
    size_t room = 1;
    for (uint32_t i = 0; i < count; i++) room += list[i].replay.contents.case_count;
    struct kept_case *const cases = memory_need(calloc(room, sizeof *cases));
    uint32_t listed = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct journal_contents *const contents = &list[i].replay.contents;
        for (uint32_t k = 0, first = 0; k < contents->case_count; k++) {
            if (!contents->cases[k].is_last) continue;
            cases[listed++] = (struct kept_case){&list[i], first, k};
            first = k + 1;
        }
    }
    if (count > 1) {
        qsort(cases, listed, sizeof *cases, by_place);
        name_apart(cases, listed);
    }
    *case_count = listed;
    return cases;
}

// ---- the run that they are

struct run_facts kept_facts(const struct kept *list, uint32_t count, struct journal_end *end) {
    const struct journal_head *const head = head_of(&list[0]);
    struct run_facts facts = {.version = head->version,
                              .began_ns = head->began_ns,
                              .realtime_ns = head->realtime_ns,
                              .seed = head->seed,
                              .jobs = head->jobs,
                              .shard = head->shard,
                              .shards = head->shards,
                              .dealt = head->dealt};
    *end = list[0].replay.contents.end;
    for (uint32_t i = 1; i < count; i++) {
        const struct journal_head *const other = head_of(&list[i]);
        const struct journal_end *const more = &list[i].replay.contents.end;
        if (other->began_ns < facts.began_ns) facts.began_ns = other->began_ns;
        if (other->jobs > facts.jobs) facts.jobs = other->jobs;
        end->duration_ns += more->duration_ns;
        end->not_begun += more->not_begun;
        end->interrupted = end->interrupted || more->interrupted;
    }
    if (count > 1) facts.shard = facts.shards = facts.dealt = 0;
    return facts;
}

static bool is_of_deal(const struct kept *kept, const struct journal_head *deal) {
    return head_of(kept)->shards == deal->shards && head_of(kept)->dealt == deal->dealt;
}

static bool has_shard(const struct kept *list, uint32_t count, const struct journal_head *deal, uint32_t number) {
    for (uint32_t i = 0; i < count; i++)
        if (is_of_deal(&list[i], deal) && head_of(&list[i])->shard == number) return true;
    return false;
}

// suite_choose deals them one by one.
static uint32_t size_of(const struct journal_head *deal, uint32_t number) {
    return (deal->dealt + deal->shards - number) / deal->shards;
}

// How many of a shard that is missing were not begun: it has as many turns of each case as one of the same deal.
static uint32_t lacked(const struct journal_head *deal, uint32_t number) {
    uint32_t const own = size_of(deal, deal->shard);
    return size_of(deal, number) * (own ? deal->chosen / own : 1);
}

bool kept_lack_shards(const struct kept *list, uint32_t count, uint32_t *not_begun) {
    bool any = false;
    *not_begun = 0;
    for (uint32_t i = 0; i < count && count > 1; i++) {
        const struct journal_head *const deal = head_of(&list[i]);
        bool is_first = true; // of this deal
        for (uint32_t k = 0; k < i; k++) is_first = is_first && !is_of_deal(&list[k], deal);
        for (uint32_t number = 1; is_first && number <= deal->shards; number++) {
            if (has_shard(list, count, deal, number)) continue;
            complain("shard %u/%u of %u case%s is in none of these journals", number, deal->shards, deal->dealt,
                     deal->dealt == 1 ? "" : "s");
            *not_begun += lacked(deal, number);
            any = true;
        }
    }
    return any;
}
