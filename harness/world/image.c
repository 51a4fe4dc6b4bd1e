// Which process runs a program behind a wrapper: proc(5).
#include "image.h"
#include "world/program_file.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The interpreter that the first line of a script names, env(1) looked through; false: it is no script.
static bool read_interpreter(int fd, char interpreter[PATH_MAX]) {
    char line[512], *rest;
    ssize_t const len = read(fd, line, sizeof line - 1);
    if (len < 3 || line[0] != '#' || line[1] != '!') return false;
    line[len] = '\0';
    line[strcspn(line, "\n")] = '\0';
    const char *word = strtok_r(line + 2, " \t", &rest);
    const char *const slash = word ? strrchr(word, '/') : NULL;
    bool const is_env = slash && strcmp(slash, "/env") == 0;
    while (is_env && (word = strtok_r(NULL, " \t", &rest)) && (word[0] == '-' || strchr(word, '='))) continue;
    if (word) snprintf(interpreter, PATH_MAX, "%s", word);
    return word != NULL;
}

static void image_find(int folder, const char *found, const char *const *variables, struct program_image *image) {
    char path[PATH_MAX], interpreter[PATH_MAX];
    struct stat facts;
    *image = (struct program_image){0};
    snprintf(path, sizeof path, "%s", found);
    for (int i = 0; i < 4; i++) { // an interpreter may be a script: execve(2) goes as deep
        int const fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
        bool const is_script = fd >= 0 && read_interpreter(fd, interpreter);
        if (fd >= 0) close(fd);
        if (!is_script) break;
        if (program_file_find(folder, interpreter, program_file_path(variables), path) != 0) return;
    }
    char *real = folder == AT_FDCWD || path[0] == '/' ? realpath(path, NULL) : NULL;
    const char *const slash = strrchr(real ? real : path, '/');
    if (fstatat(folder, path, &facts, 0) != 0 || !slash) goto out;
    snprintf(image->name, sizeof image->name, "%s", slash + 1);
    image->inode = facts.st_ino;
out:
    free(real);
}

// By the file's number and name: of its device the kernel says one thing here and another in stat(2) on some file systems.
static bool image_is_in(pid_t pid, const struct program_image *image) {
    char path[64], line[PATH_MAX + 128];
    bool is_found = false;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *const maps = fopen(path, "re");
    while (maps && !is_found && fgets(line, sizeof line, maps)) {
        unsigned long long inode = 0;
        if (sscanf(line, "%*s %*s %*s %*s %llu", &inode) != 1 || inode == 0 || inode != image->inode) continue;
        const char *const slash = strrchr(line, '/');
        size_t const len = strlen(image->name);
        is_found = slash && strncmp(slash + 1, image->name, len) == 0 && strchr(" \n", slash[1 + len]);
    }
    if (maps) fclose(maps);
    return is_found;
}

// --- the process

// What executes it first: itself, or of a script the interpreter with the script behind.
void wrapped_init(struct wrapped_program *wrapped, int folder, const char *const *wrapper, const char *const *arguments,
                  const char *const *variables) {
    char found[PATH_MAX];
    struct buffer command = {0};
    *wrapped = (struct wrapped_program){.began_ns = clock_now_ns()};
    image_find(AT_FDCWD, wrapper[0], variables, &wrapped->wrapper_image);
    if (program_file_find(folder, arguments[0], program_file_path(variables), found) != 0) return;
    image_find(folder, found, variables, &wrapped->image);
    buffer_add(&command, found, strlen(found) + 1);
    for (size_t i = 1; arguments[i]; i++) buffer_add(&command, arguments[i], strlen(arguments[i]) + 1);
    wrapped->command = command.data;
    wrapped->command_bytes = command.len_bytes;
}

void wrapped_fini(struct wrapped_program *wrapped) { free(wrapped->command); }

static bool has_command(const struct wrapped_program *wrapped, pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    char *const text = memory_need(malloc(wrapped->command_bytes + 1));
    size_t len = 0;
    for (ssize_t n; fd >= 0 && len <= wrapped->command_bytes; len += (size_t)n)
        if ((n = read(fd, text + len, wrapped->command_bytes + 1 - len)) <= 0) break;
    bool const is_it = len > 0 && len == wrapped->command_bytes && memcmp(text, wrapped->command, len) == 0;
    if (fd >= 0) close(fd);
    free(text);
    return is_it;
}

// The number behind a word of its status, the last of several; 0: it is gone.
static pid_t status_number(pid_t pid, const char *word) {
    char path[64], line[256];
    pid_t number = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *const status = fopen(path, "re");
    while (status && number == 0 && fgets(line, sizeof line, status)) {
        const char *const last = strncmp(line, word, strlen(word)) == 0 ? strrchr(line, '\t') : NULL;
        number = last ? atoi(last + 1) : 0;
    }
    if (status) fclose(status);
    return number;
}

pid_t image_own_pid(pid_t pid) { return status_number(pid, "NSpid:"); }

static pid_t parent_of(pid_t pid) { return status_number(pid, "PPid:"); }

// The file that it executes; 0: nobody knows.
static uint64_t executed(pid_t pid) {
    char path[64];
    struct stat facts;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    return stat(path, &facts) == 0 ? facts.st_ino : 0;
}

// By its command; by the file that it has mapped, as valgrind(1) has it in its own process; or since it no longer executes what the
// wrapper does: what was executed may have gone on to something else before anybody looked.
bool wrapped_is(const struct wrapped_program *wrapped, pid_t pid, pid_t wrapper) {
    static const int64_t changing_ns = 200 * 1000 * 1000LL; // while the wrapper may be on its way to another one
    if (has_command(wrapped, pid)) return true;
    bool const tells = wrapped->image.inode != wrapped->wrapper_image.inode;
    if (tells && image_is_in(pid, &wrapped->image)) return true;
    uint64_t const own = executed(pid);
    if (own == 0 || own == wrapped->wrapper_image.inode) return false;
    if (pid == wrapper) return clock_now_ns() - wrapped->began_ns > changing_ns;
    return parent_of(pid) == wrapper && own != executed(wrapper);
}
