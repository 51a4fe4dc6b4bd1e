// The files of a run: found, read, compiled.
#include "cli.h"

#include "script/script.h"
#include "world/isolation.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_drill(const char *name) {
    size_t len = strlen(name);
    return len > 6 && strcmp(name + len - 6, ".drill") == 0;
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

static bool add_file(struct suite *suite, const char *path) {
    struct stat facts = {0};
    if (stat(path, &facts) == 0)
        for (uint32_t i = 0; i < suite->file_count; i++)
            if (suite->files[i].inode == facts.st_ino && suite->files[i].device == facts.st_dev) return true;
    struct loaded *files = realloc(suite->files, (suite->file_count + 1) * sizeof *files);
    if (!files) return false;
    suite->files = files;
    files[suite->file_count] = (struct loaded){.path = strdup(path), .device = facts.st_dev, .inode = facts.st_ino};
    return files[suite->file_count++].path != NULL;
}

// Every .drill file below a folder, but for those in folders that begin with a dot. A file named outright needs no ending.
static bool find_files(struct suite *suite, const char *path) {
    struct stat facts;
    if (stat(path, &facts) != 0) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(facts.st_mode)) return add_file(suite, path);
    char *roots[] = {strdup(path), NULL};
    size_t len = strlen(roots[0]);
    while (len > 1 && roots[0][len - 1] == '/') roots[0][--len] = '\0';
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    bool ok = walk != NULL;
    FTSENT *entry;
    while (ok && (entry = fts_read(walk))) {
        if (entry->fts_info == FTS_D && entry->fts_level > 0 && entry->fts_name[0] == '.') fts_set(walk, entry, FTS_SKIP);
        if (entry->fts_info == FTS_F && is_drill(entry->fts_name)) ok = add_file(suite, entry->fts_path);
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
            complain("%s: %s", entry->fts_path, strerror(entry->fts_errno));
            ok = false;
        }
    }
    if (walk) fts_close(walk);
    free(roots[0]);
    return ok;
}

static bool read_stream(struct loaded *file, FILE *stream) {
    size_t capacity = 0;
    bool ok = true;
    while (ok && !feof(stream)) {
        if (file->len_bytes == capacity) {
            capacity = capacity ? capacity * 2 : 16384;
            char *text = realloc(file->text, capacity);
            if (!text) {
                complain("%s: %s", file->path, strerror(errno));
                return false;
            }
            file->text = text;
        }
        file->len_bytes += fread(file->text + file->len_bytes, 1, capacity - file->len_bytes, stream);
        if (ferror(stream)) {
            complain("%s: %s", file->path, strerror(errno));
            ok = false;
        }
        if (file->len_bytes > SCRIPT_TEXT_BYTES_MAX) break; // the parser says so
    }
    return ok;
}

bool suite_read(struct loaded *file) {
    FILE *const stream = fopen(file->path, "re");
    if (!stream) {
        complain("%s: %s", file->path, strerror(errno));
        return false;
    }
    bool const ok = read_stream(file, stream);
    fclose(stream);
    return ok;
}

bool suite_read_input(struct loaded *file) { return read_stream(file, stdin); }

bool cli_isolation(const struct options *options, struct buffer *lacks) {
    // An ordinary user who has entered a user namespace has left the machine's network behind.
    if (!options->no_isolation && !options->allow_network) return world_prepare(lacks);
    buffer_printf(lacks, "%s was given", options->no_isolation ? "--no-isolation" : "--allow-network");
    return false;
}

bool suite_find(struct suite *suite, const struct options *options) {
    static const char *here = ".";
    const char *const *paths = options->path_count ? options->paths : &here;
    uint32_t count = options->path_count ? options->path_count : 1;
    bool ok = true;
    *suite = (struct suite){0};
    for (uint32_t i = 0; i < count; i++) ok = find_files(suite, paths[i]) && ok;
    return ok;
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
    bool ok = suite_find(suite, options);
    for (uint32_t i = 0; i < suite->file_count && ok; i++) {
        struct loaded *file = &suite->files[i];
        ok = suite_read(file);
        plan_set_init(&file->set, file->path, slice_of(file->text, file->len_bytes), options->defines,
                      options->define_count);
        suite->error_count += file->set.diags.error_count > 0;
    }
    return ok && defines_are_known(suite, options);
}

void suite_fini(struct suite *suite) {
    for (uint32_t i = 0; i < suite->file_count; i++) {
        plan_set_fini(&suite->files[i].set);
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
