// What a program has around it: its environment, and the folders that it may write into.
#include "program.h"
#include "task.h"

#include "world/world.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- variables

static const struct variable *find(const struct program *program, const char *name) {
    const struct variable *found = NULL;
    for (const struct variable *at = program->variables; at; at = at->next)
        if (strcmp(at->name, name) == 0) found = at;
    return found;
}

const char *const *program_environment(struct program *program, struct arena *arena, const char *coverage_folder) {
    struct buffer path = {0};
    world_program_path(&path);
    const char *scratch = program->actor->part->run->scratch.path;
    const struct {
        const char *name, *value; // value NULL: it does not get it
    } usual[] = {
        {"PATH", path.data}, {"HOME", scratch}, {"TMPDIR", scratch}, {"LANG", "C.UTF-8"}, {"TZ", "UTC"},
        {"GCOV_PREFIX", coverage_folder}, {"GCOV_PREFIX_STRIP", coverage_folder ? getenv("GCOV_PREFIX_STRIP") : NULL},
    };
    uint32_t const usual_count = sizeof usual / sizeof *usual;
    uint32_t count = 0;
    for (const struct variable *at = program->variables; at; at = at->next) count++;
    const char **variables = arena_array(arena, usual_count + count + 1, sizeof *variables);
    const char **next = variables;
    for (uint32_t i = 0; i < usual_count; i++)
        if (usual[i].value && !find(program, usual[i].name))
            *next++ = arena_text(arena, "%s=%s", usual[i].name, usual[i].value);
    for (const struct variable *at = program->variables; at; at = at->next)
        if (at->value && find(program, at->name) == at) *next++ = arena_text(arena, "%s=%s", at->name, at->value);
    buffer_fini(&path);
    return variables;
}

// --- coverage data, gcov(1)

// A case's name as that of one folder, and of no other case's.
static void add_folder_name(struct buffer *out, const char *case_name) {
    uint32_t hash = 2166136261u; // FNV-1a
    for (const char *at = case_name; *at; at++) {
        bool const is_plain = isalnum((unsigned char)*at) || (strchr("_-.", *at) && at != case_name);
        buffer_add(out, is_plain ? at : "_", 1);
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    }
    buffer_printf(out, "-%08x", hash);
}

static int make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) *slash = '\0';
        int const error = mkdir(path, 0777) != 0 && errno != EEXIST ? -errno : 0;
        if (slash) *slash = '/';
        if (error || !slash) return error;
    }
}

int program_coverage_folder(struct program *program, struct arena *arena, const char **folder, struct buffer *trouble) {
    const char *prefix = getenv("GCOV_PREFIX");
    *folder = NULL;
    if (!prefix || !*prefix) return 0;
    struct buffer path = {0};
    char *here = prefix[0] == '/' ? NULL : getcwd(NULL, 0);
    if (here) buffer_printf(&path, "%s/", here);
    free(here);
    buffer_printf(&path, "%s/", prefix);
    add_folder_name(&path, program->actor->part->run->plan->case_name);
    int const error = make_folders(path.data);
    if (!error) *folder = arena_text(arena, "%s", path.data);
    else buffer_printf(trouble, "the folder %s for coverage data (GCOV_PREFIX): %s", path.data, strerror(-error));
    buffer_fini(&path);
    return error;
}

// --- another user's

// Who that is; false: nobody, or oneself.
static bool find_user(const char *name, uid_t *user, gid_t *group) {
    enum { RECORD_BYTES = 16 * 1024 };
    char *record = malloc(RECORD_BYTES);
    struct passwd entry, *found = NULL;
    if (record) getpwnam_r(name, &entry, record, RECORD_BYTES, &found);
    if (found) *user = entry.pw_uid, *group = entry.pw_gid;
    free(record);
    return found && *user != geteuid();
}

int program_share_scratch(struct program *program, const char *coverage_folder, struct buffer *trouble) {
    uid_t user;
    gid_t group;
    if (geteuid() != 0 || !find_user(program->user, &user, &group)) return 0; // who starts it says what there is to say
    int error = scratch_share(&program->actor->part->run->scratch, user, group);
    if (error) buffer_printf(trouble, "cannot give the scratch folder to '%s': %s", program->user, strerror(-error));
    // Programs of several users may write there.
    if (!error && coverage_folder && chmod(coverage_folder, 01777) != 0) {
        error = -errno;
        buffer_printf(trouble, "cannot open the folder %s to '%s': %s", coverage_folder, program->user, strerror(errno));
    }
    return error;
}

void program_note_user(const struct program *program, struct task *task) {
    uid_t user;
    gid_t group;
    if (!program->user || geteuid() == 0 || !find_user(program->user, &user, &group)) return;
    struct arena *arena = &task->part->journal->arena;
    task_event(task, EVENT_NOTE)->bytes = slice_text(arena_text(
        arena, "it does not run as '%s', but as who plays the scenario: only root starts others' programs",
        program->user));
}
