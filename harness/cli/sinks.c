// Where reports go: a file's parts are kept until the run has ended, a folder's files are written as the cases end.
#include "cli.h"

#include "base/memory.h"
#include "reports/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        if (options->reports[i] && SINKS[i].kind != SINK_LOG && is_output(options->reports[i])) return true;
    return false;
}

static bool output_goes_together(const struct options *options) {
    const char *taken = NULL;
    for (int i = 0; i < SINK_COUNT; i++) {
        if (!options->reports[i] || !is_output(options->reports[i])) continue;
        if (SINKS[i].kind == SINK_FOLDER) complain("--%s makes a folder: that is not for standard output", SINKS[i].name);
        else if (taken) complain("--%s and --%s cannot both have standard output", taken, SINKS[i].name);
        if (SINKS[i].kind == SINK_FOLDER || taken) return false;
        taken = SINKS[i].name;
    }
    if (!options->journal || (!is_output(options->journal) && !outfile_is_output(options->journal))) return true;
    complain("--journal: a journal is no text, and not for standard output");
    return false;
}

// What is written to one file, under the names of their options: the last is the journal.
static uint32_t list_files(const struct options *options, const char *names[], const char *paths[]) {
    uint32_t count = 0;
    for (int i = 0; i < SINK_COUNT; i++) {
        if (!options->reports[i] || SINKS[i].kind == SINK_FOLDER) continue;
        names[count] = SINKS[i].name;
        paths[count++] = options->reports[i];
    }
    if (options->journal) {
        names[count] = "journal";
        paths[count++] = options->journal;
    }
    return count;
}

static bool files_go_together(const struct options *options) {
    const char *names[SINK_COUNT + 1], *paths[SINK_COUNT + 1];
    uint32_t const count = list_files(options, names, paths);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++) {
            if (is_output(paths[i]) || is_output(paths[k]) || !outfile_is_same(paths[k], paths[i])) continue;
            complain("--%s and --%s would both write %s", names[k], names[i], paths[i]);
            return false;
        }
    return true;
}

static bool is_named(const char *option, const char *path) {
    if (!path || path[0]) return true;
    complain("--%s needs a name, and '' is none", option);
    return false;
}

bool sinks_go_together(const struct options *options) {
    bool ok = is_named("journal", options->journal);
    for (int i = 0; i < SINK_COUNT; i++) ok = ok && is_named(SINKS[i].name, options->reports[i]);
    return ok && output_goes_together(options) && files_go_together(options);
}

bool sinks_spare(const struct options *options, uint64_t device, uint64_t inode, const char *path) {
    const char *names[SINK_COUNT + 1], *paths[SINK_COUNT + 1];
    uint32_t const count = list_files(options, names, paths);
    for (uint32_t i = 0; i < count; i++) {
        struct stat facts;
        if (is_output(paths[i]) || stat(paths[i], &facts) != 0 || S_ISCHR(facts.st_mode)) continue;
        if (facts.st_dev != device || facts.st_ino != inode) continue;
        complain("--%s would overwrite %s, which is read", names[i], path);
        return false;
    }
    return true;
}

bool can_write_json(void) {
    const char *const lacks = report_json_lacks();
    if (lacks) complain("--json: %s", lacks);
    return !lacks;
}

// Before anything is played: who has a wrong name learns it now.
static bool begin_file(const char *path) {
    bool const is_closed = is_output(path) && (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY;
    if (is_closed) complain("standard output is not open for writing");
    if (is_output(path)) return !is_closed;
    int const error = outfile_try(path);
    return error == 0 || cannot_write(path, -error);
}

bool sinks_begin(struct sinks *sinks, const struct options *options, uint32_t count) {
    *sinks = (struct sinks){.paths = options->reports, .count = count};
    if (sinks->paths[SINK_JSON] && !can_write_json()) return false;
    if (sinks->paths[SINK_COVERAGE]) sinks->coverage = coverage_new();
    for (int i = 0; i < SINK_COUNT; i++) {
        const char *const path = sinks->paths[i];
        if (!path) continue;
        bool const is_folder = SINKS[i].kind == SINK_FOLDER;
        if (is_folder ? !make_folder(path) : !begin_file(path)) return false;
        if (!is_folder) sinks->parts[i] = memory_need(calloc(count + 1, sizeof *sinks->parts[i]));
    }
    return summary_try(options);
}

// The first file that cannot be written is said: the next would say the same. Those that can be are.
static void write_into(struct sinks *sinks, int number, const char *name, const struct buffer *text) {
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", sinks->paths[number], name);
    int const error = write_whole_file(path.data, buffer_view(text));
    if (error && !sinks->failed[number]) cannot_write(path.data, -error);
    if (error) sinks->failed[number] = true;
    buffer_fini(&path);
}

void sinks_case(struct sinks *sinks, const struct run_facts *facts, const struct case_result *result) {
    if (sinks->coverage) coverage_add(sinks->coverage, result);
    for (int i = 0; i < SINK_COUNT; i++) {
        const struct sink *const sink = &SINKS[i];
        if (sinks->parts[i]) sink->one(facts, result, &sinks->parts[i][result->number]);
        if (!sinks->paths[i] || sink->kind != SINK_FOLDER) continue;
        struct buffer text = {0}, name = {0};
        sink->one(facts, result, &text);
        report_file_name(result, sink->extension, &name);
        write_into(sinks, i, name.data, &text);
        buffer_fini(&name);
        buffer_fini(&text);
    }
}

// How a command that is none may stand in it.
static enum github_escape escape_of(int number) {
    if (SINKS[number].kind == SINK_LOG) return GITHUB_OURS;
    if (number == SINK_JUNIT) return GITHUB_IN_XML;
    return number == SINK_JSON ? GITHUB_IN_JSON : GITHUB_IN_TEXT;
}

static bool end_file(const struct sinks *sinks, int number, const struct run_result *run) {
    const struct sink *const sink = &SINKS[number];
    struct buffer text = {0};
    sink->open(run, &text);
    for (uint32_t i = 0; i < sinks->count; i++) buffer_slice(&text, buffer_view(&sinks->parts[number][i]));
    sink->close(run, &text);
    const char *const path = sinks->paths[number];
    bool const ok = is_output(path) ? print_report(buffer_view(&text), escape_of(number)) : write_file(path, buffer_view(&text));
    buffer_fini(&text);
    return ok;
}

static void end_folder(struct sinks *sinks, int number, const struct run_result *run) {
    const struct sink *const sink = &SINKS[number];
    if (!sink->index_name[0]) return;
    struct buffer text = {0};
    sink->close(run, &text);
    write_into(sinks, number, sink->index_name, &text);
    buffer_fini(&text);
}

bool sinks_end(struct sinks *sinks, const struct run_result *run) {
    struct run_result ended = *run;
    ended.coverage = sinks->coverage;
    bool ok = true;
    for (int i = 0; i < SINK_COUNT; i++) {
        if (!sinks->paths[i]) continue;
        if (SINKS[i].kind == SINK_FOLDER) end_folder(sinks, i, &ended);
        else sinks->failed[i] = !end_file(sinks, i, &ended);
        ok = ok && !sinks->failed[i];
    }
    return summary_add(sinks, &ended) && ok;
}

void sinks_fini(struct sinks *sinks) {
    coverage_free(sinks->coverage);
    for (int i = 0; i < SINK_COUNT; i++) {
        for (uint32_t k = 0; sinks->parts[i] && k < sinks->count; k++) buffer_fini(&sinks->parts[i][k]);
        free(sinks->parts[i]);
    }
}
