// Which of the cases are this machine's: --shard I/N, and what Bazel says in the environment.
//
// The cases that --tags and --case choose are put in the order of their names, and dealt one by one: neighbours, which take
// about as long, go to different shards, no shard has more than one case more than another, and neither the order of the
// paths nor -j makes a difference. A case more or less deals those behind it anew.
#include "cli.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- the command line

// What the digits up to `end` come to; 0: there are others than digits, or too many.
static uint32_t part(const char *text, const char *end) {
    uint64_t value = 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || value > SHARDS_MAX) return 0;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    return value <= SHARDS_MAX ? (uint32_t)value : 0;
}

bool shard_read(const char *text, struct shard *shard) {
    const char *const slash = strchr(text, '/');
    const char *const end = text + strlen(text);
    *shard = (struct shard){.number = slash ? part(text, slash) : 0, .total = slash ? part(slash + 1, end) : 0};
    if (shard->number >= 1 && shard->number <= shard->total) return true;
    complain("--shard takes I/N, the I-th of N shards, with I from 1 to N and N up to %d, not '%s'", SHARDS_MAX, text);
    return false;
}

// ---- Bazel's test encyclopedia

// A test that is not sharded has no total, or one of 0.
static bool read_shard(struct shard *shard) {
    const char *const index = variable("TEST_SHARD_INDEX"), *const total = variable("TEST_TOTAL_SHARDS");
    if (total ? strcmp(total, "0") == 0 : !index) return true;
    uint32_t const shards = total ? part(total, total + strlen(total)) : 0;
    uint32_t const number = index ? part(index, index + strlen(index)) : 0;
    bool const is_zero = index && strspn(index, "0") == strlen(index);
    *shard = (struct shard){.number = number + 1, .total = shards};
    if (shards > 0 && number < shards && (number > 0 || is_zero)) return true;
    complain("TEST_SHARD_INDEX=%s and TEST_TOTAL_SHARDS=%s name no shard: the index counts from 0 and is below the total, "
             "which is at most %d",
             index ? index : "(not set)", total ? total : "(not set)", SHARDS_MAX);
    return false;
}

bool shard_environment(struct options *options) {
    const char *const filter = variable("TESTBRIDGE_TEST_ONLY"), *const report = variable("XML_OUTPUT_FILE");
    options->is_filtered = !options->case_name && filter;
    if (!options->case_name) options->case_name = filter;
    // There it is the name of a file, whatever it is.
    if (!options->reports[SINK_JUNIT]) options->reports[SINK_JUNIT] = report && strcmp(report, "-") == 0 ? "./-" : report;
    if (options->shard.total > 0) return true; // not as Bazel deals: it is not told that it is
    options->shard_status_file = variable("TEST_SHARD_STATUS_FILE");
    return read_shard(&options->shard);
}

bool shard_tell(const struct options *options) {
    const char *const path = options->shard_status_file;
    if (!path) return true;
    int const fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    int const error = fd < 0 || futimens(fd, NULL) != 0 ? errno : 0;
    if (fd >= 0) close(fd);
    return error == 0 || cannot_write(path, error);
}

// ---- the deal

struct dealt_case {
    const struct plan *plan;
    bool *is_chosen;
    uint32_t place;
};

// Two have one name where a file's ending is another's none, or a value varies in itself.
static int by_name(const void *left, const void *right) {
    const struct dealt_case *const a = left, *const b = right;
    int order = strcmp(a->plan->case_name, b->plan->case_name);
    if (order == 0) order = strcmp(a->plan->path, b->plan->path);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static void deal(struct suite *suite, const struct shard *shard) {
    struct dealt_case *const cases = memory_need(calloc((size_t)suite->chosen_count + 1, sizeof *cases));
    uint32_t count = 0;
    for (uint32_t i = 0; i < suite->file_count; i++) {
        struct loaded *const file = &suite->files[i];
        for (uint32_t k = 0; k < file->set.plan_count; k++) {
            if (!file->is_chosen[k]) continue;
            cases[count] = (struct dealt_case){file->set.plans[k], &file->is_chosen[k], count};
            count++;
        }
    }
    qsort(cases, count, sizeof *cases, by_name);
    for (uint32_t i = 0; i < count; i++) *cases[i].is_chosen = i % shard->total == shard->number - 1;
    free(cases);
}

void suite_choose(struct suite *suite, const struct options *options) {
    for (uint32_t i = 0; i < suite->file_count; i++) {
        struct loaded *const file = &suite->files[i];
        file->is_chosen = memory_need(calloc((size_t)file->set.plan_count + 1, sizeof *file->is_chosen));
        for (uint32_t k = 0; k < file->set.plan_count && !file->set.is_library; k++) {
            file->is_chosen[k] = suite_chooses(options, file->set.plans[k]);
            suite->chosen_count += file->is_chosen[k];
        }
    }
    if (options->shard.total > 0 && suite->chosen_count > 0) deal(suite, &options->shard);
}
