// The files of a run: read, compiled.
#include "cli.h"

#include "base/memory.h"
#include "script/script.h"
#include "world/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A suite has thousands of small files: no more than each needs, and a byte where its end is seen.
static size_t first_capacity(const struct loaded *file) {
    bool const is_told = file->size_bytes > 0 && file->size_bytes <= SCRIPT_TEXT_BYTES_MAX;
    return is_told ? file->size_bytes + 1 : 16384;
}

// 0, or an errno.
static int read_descriptor(struct loaded *file, int fd) {
    size_t capacity = 0;
    while (file->len_bytes <= SCRIPT_TEXT_BYTES_MAX) { // of more the parser says that it is too much
        if (file->len_bytes == capacity) {
            capacity = capacity ? capacity * 2 : first_capacity(file);
            file->text = memory_need(realloc(file->text, capacity));
        }
        ssize_t const n = read(fd, file->text + file->len_bytes, capacity - file->len_bytes);
        if (n == 0) return 0;
        if (n > 0) file->len_bytes += (size_t)n;
        else if (errno != EINTR) return errno;
    }
    return 0;
}

int suite_read_file(struct loaded *file) {
    int const fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int const error = read_descriptor(file, fd);
    close(fd);
    return error;
}

static bool is_read(const struct loaded *file, int error) { return error == 0 || cannot_read(file->path, error); }

bool suite_read(struct loaded *file) { return is_read(file, suite_read_file(file)); }

bool suite_read_input(struct loaded *file) { return is_read(file, read_descriptor(file, STDIN_FILENO)); }

bool cli_isolation(const struct options *options, struct buffer *lacks) {
    // An ordinary user who has entered a user namespace has left the machine's network behind.
    if (!options->no_isolation && !options->allow_network) return world_prepare(lacks);
    buffer_printf(lacks, "%s was given", options->no_isolation ? "--no-isolation" : "--allow-network");
    return false;
}

// A --define that no file has a `let` for is a slip of the pen.
static bool defines_are_known(const struct suite *suite, const struct options *options) {
    bool all = true;
    for (uint32_t i = 0; i < options->define_count; i++) {
        bool known = suite->error_count > 0; // a file that could not be read whole may have it
        for (uint32_t k = 0; k < suite->file_count && !known; k++) known = suite->files[k].set.define_known[i];
        if (!known) complain("--define %s: no file here has a `let %s`", options->defines[i].name, options->defines[i].name);
        all = all && known;
    }
    return all;
}

bool suite_load(struct suite *suite, const struct options *options) {
    if (!suite_find(suite, options)) return false;
    suite_load_files(suite, options);
    bool ok = true;
    for (uint32_t i = 0; i < suite->file_count; i++) {
        const struct loaded *const file = &suite->files[i];
        ok = is_read(file, file->error) && ok;
        suite->error_count += file->set.diags.error_count > 0;
    }
    return ok && defines_are_known(suite, options) && players_are_known(suite, options);
}

void suite_fini(struct suite *suite) {
    for (uint32_t i = 0; i < suite->file_count; i++) {
        plan_set_fini(&suite->files[i].set);
        free(suite->files[i].is_chosen);
        free(suite->files[i].text);
        free(suite->files[i].path);
    }
    free(suite->files);
}

uint32_t suite_print_diags(const struct suite *suite) {
    struct buffer out = {0};
    uint32_t errors = 0;
    for (uint32_t i = 0; i < suite->file_count; i++) {
        const struct diag_list *diags = &suite->files[i].set.diags;
        diag_render(diags, &out);
        errors += diags->error_count;
    }
    print(STDERR_FILENO, &out);
    buffer_fini(&out);
    return errors;
}

static bool has_tag(const struct plan *plan, const char *tag, size_t len) {
    for (uint32_t i = 0; i < plan->tag_count; i++)
        if (strlen(plan->tags[i]) == len && strncmp(plan->tags[i], tag, len) == 0) return true;
    return false;
}

bool suite_chooses(const struct options *options, const struct plan *plan) {
    if (options->case_name && strcmp(options->case_name, plan->case_name) != 0) return false;
    if (!options->tags) return true;
    bool wanted = false, any_wanted = false;
    for (const char *tag = options->tags; *tag;) {
        size_t len = strcspn(tag, ",");
        bool without = *tag == '!';
        bool has = has_tag(plan, tag + without, len - without);
        if (without && has) return false;
        any_wanted = any_wanted || !without;
        wanted = wanted || (!without && has);
        tag += len;
        if (*tag == ',') tag++;
    }
    return wanted || !any_wanted;
}
