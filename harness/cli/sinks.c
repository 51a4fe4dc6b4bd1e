// Where reports go: a file's parts are kept until the run has ended, a folder's files are written as the cases end.
#include "cli.h"

#include "base/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_output(const char *path) { return strcmp(path, "-") == 0; }

// With what lies above it, where that is missing.
static bool make_folder(const char *path) {
    struct buffer folder = {0};
    bool made = true;
    for (size_t i = 1; made && i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        buffer_clear(&folder);
        buffer_add(&folder, path, i);
        made = mkdir(folder.data, 0777) == 0 || errno == EEXIST;
    }
    struct stat facts;
    int error = made ? 0 : errno;
    if (made && stat(path, &facts) != 0) error = errno;
    else if (made && !S_ISDIR(facts.st_mode)) error = ENOTDIR;
    if (error) complain("cannot make the folder %s: %s", path, strerror(error));
    buffer_fini(&folder);
    return error == 0;
}

bool sinks_take_output(const struct options *options) {
    for (int i = 0; i < SINK_COUNT; i++)
        if (options->reports[i] && is_output(options->reports[i])) return true;
    return false;
}

bool sinks_go_together(const struct options *options) {
    const char *taken = NULL;
    for (int i = 0; i < SINK_COUNT; i++) {
        if (!options->reports[i] || !is_output(options->reports[i])) continue;
        if (SINKS[i].kind == SINK_FOLDER) complain("--%s makes a folder: that is not for standard output", SINKS[i].name);
        else if (taken) complain("--%s and --%s cannot both have standard output", taken, SINKS[i].name);
        if (SINKS[i].kind == SINK_FOLDER || taken) return false;
        taken = SINKS[i].name;
    }
    return true;
}

bool sinks_begin(struct sinks *sinks, const struct options *options, uint32_t count) {
    *sinks = (struct sinks){.paths = options->reports, .count = count};
    if (sinks->paths[SINK_COVERAGE]) sinks->coverage = coverage_new();
    for (int i = 0; i < SINK_COUNT; i++) {
        const char *const path = sinks->paths[i];
        if (!path) continue;
        bool const is_folder = SINKS[i].kind == SINK_FOLDER;
        if (is_folder && !make_folder(path)) return false;
        if (!is_folder) sinks->parts[i] = memory_need(calloc(count + 1, sizeof *sinks->parts[i]));
    }
    return true;
}

static bool write_into(const char *folder, const char *name, const struct buffer *text) {
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", folder, name);
    bool const ok = write_file(path.data, buffer_view(text));
    buffer_fini(&path);
    return ok;
}

void sinks_case(struct sinks *sinks, const struct run_facts *facts, const struct case_result *result) {
    if (sinks->coverage) coverage_add(sinks->coverage, result);
    for (int i = 0; i < SINK_COUNT; i++) {
        const struct sink *const sink = &SINKS[i];
        if (sinks->parts[i]) sink->one(facts, result, &sinks->parts[i][result->number]);
        if (!sinks->paths[i] || sink->kind != SINK_FOLDER || sinks->failed) continue;
        struct buffer text = {0}, name = {0};
        sink->one(facts, result, &text);
        report_file_name(result, sink->extension, &name);
        if (!write_into(sinks->paths[i], name.data, &text)) sinks->failed = true; // said once: the next would say the same
        buffer_fini(&name);
        buffer_fini(&text);
    }
}

static bool end_file(const struct sinks *sinks, int number, const struct run_result *run) {
    const struct sink *const sink = &SINKS[number];
    struct buffer text = {0};
    sink->open(run, &text);
    for (uint32_t i = 0; i < sinks->count; i++) buffer_slice(&text, buffer_view(&sinks->parts[number][i]));
    sink->close(run, &text);
    const char *const path = sinks->paths[number];
    bool const ok = is_output(path) ? print_report(buffer_view(&text)) : write_file(path, buffer_view(&text));
    buffer_fini(&text);
    return ok;
}

static bool end_folder(const struct sinks *sinks, int number, const struct run_result *run) {
    const struct sink *const sink = &SINKS[number];
    if (!sink->index_name[0]) return true;
    struct buffer text = {0};
    sink->close(run, &text);
    bool const ok = write_into(sinks->paths[number], sink->index_name, &text);
    buffer_fini(&text);
    return ok;
}

bool sinks_end(struct sinks *sinks, const struct run_result *run) {
    struct run_result ended = *run;
    ended.coverage = sinks->coverage;
    for (int i = 0; i < SINK_COUNT; i++) {
        if (!sinks->paths[i]) continue;
        if (SINKS[i].kind == SINK_FILE) sinks->failed = !end_file(sinks, i, &ended) || sinks->failed;
        else if (!sinks->failed) sinks->failed = !end_folder(sinks, i, &ended);
    }
    return !sinks->failed;
}

void sinks_fini(struct sinks *sinks) {
    coverage_free(sinks->coverage);
    for (int i = 0; i < SINK_COUNT; i++) {
        for (uint32_t k = 0; sinks->parts[i] && k < sinks->count; k++) buffer_fini(&sinks->parts[i][k]);
        free(sinks->parts[i]);
    }
}
