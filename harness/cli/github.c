// GitHub Actions: where the paths of its annotations begin, the annotations of texts that are wrong, and the step's summary.
#include "cli.h"

#include "base/memory.h"
#include "reports/github.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUMMARY_BYTES_MAX = 1024 * 1024 }; // of a step: more, and GitHub refuses all of it

// Real names, as getcwd(3) has them.
void workspace_init(struct workspace *workspace) {
    const char *const top = variable("GITHUB_WORKSPACE");
    *workspace = (struct workspace){0};
    if (!top) return;
    workspace->top = realpath(top, NULL);
    workspace->folder = getcwd(NULL, 0);
}

void workspace_fini(struct workspace *workspace) {
    free((void *)(uintptr_t)workspace->top); // the command owns what reports see as constant
    free((void *)(uintptr_t)workspace->folder);
    *workspace = (struct workspace){0};
}

// ---- the summary

// -1, and *error: it cannot be.
static int open_summary(int *error) {
    int const fd = open(variable("GITHUB_STEP_SUMMARY"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    *error = fd < 0 ? errno : 0;
    return fd;
}

static bool wants_summary(const struct options *options) {
    return options->reports[SINK_GITHUB] && variable("GITHUB_STEP_SUMMARY");
}

bool summary_try(const struct options *options) {
    int error;
    if (!wants_summary(options)) return true;
    int const fd = open_summary(&error);
    if (fd >= 0) close(fd);
    return error == 0 || cannot_write(variable("GITHUB_STEP_SUMMARY"), error);
}

// What the steps before have left of it.
static size_t room_of(int fd) {
    struct stat facts;
    off_t const taken = fstat(fd, &facts) == 0 ? facts.st_size : 0;
    return taken < SUMMARY_BYTES_MAX ? (size_t)(SUMMARY_BYTES_MAX - taken) : 0;
}

// Of a run, or where that is NULL of texts.
static bool add_summary(const struct run_result *run, const char *title, struct slice said) {
    struct buffer text = {0};
    int error;
    int const fd = open_summary(&error);
    if (fd >= 0) {
        if (run) github_summary(run, room_of(fd), &text);
        else github_summary_diags(title, said, room_of(fd), &text);
        error = -write_all(fd, buffer_view(&text));
        close(fd);
    }
    buffer_fini(&text);
    return error == 0 || cannot_write(variable("GITHUB_STEP_SUMMARY"), error);
}

bool summary_add(const struct sinks *sinks, const struct run_result *run) {
    bool const is_wanted = sinks->paths[SINK_GITHUB] && variable("GITHUB_STEP_SUMMARY");
    return !is_wanted || add_summary(run, NULL, (struct slice){0});
}

// ---- texts

static bool summarize_diags(const struct suite *suite) {
    struct buffer said = {0}, title = {0};
    uint32_t errors = 0, warnings = 0;
    for (uint32_t i = 0; i < suite->file_count; i++) {
        const struct diag_list *const diags = &suite->files[i].set.diags;
        diag_render(diags, &said);
        errors += diags->error_count;
        warnings += diags->warning_count;
    }
    buffer_printf(&title, "%u error%s, %u warning%s in the text", errors, errors == 1 ? "" : "s", warnings,
                  warnings == 1 ? "" : "s");
    bool const ok = !said.len_bytes || add_summary(NULL, title.data, buffer_view(&said));
    buffer_fini(&title);
    buffer_fini(&said);
    return ok;
}

bool suite_annotate(const struct suite *suite, const struct options *options) {
    const char *const path = options->reports[SINK_GITHUB];
    if (!path) return true;
    struct workspace workspace;
    struct buffer out = {0};
    workspace_init(&workspace);
    for (uint32_t i = 0; i < suite->file_count; i++) github_diags(&workspace, &suite->files[i].set.diags, &out);
    bool const is_output = strcmp(path, "-") == 0;
    bool ok = is_output ? print_report(buffer_view(&out), GITHUB_OURS) : write_file(path, buffer_view(&out));
    if (ok && wants_summary(options)) ok = summarize_diags(suite);
    buffer_fini(&out);
    workspace_fini(&workspace);
    return ok;
}
