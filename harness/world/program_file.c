// Where a program lies. execvpe(3) itself knows no PATH but that of its caller, and hands a file without a #! line to a shell.
#include "world/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usual_path[] = "/bin:/usr/bin";

const char *program_file_path(const char *const *variables) {
    static const char name[] = "PATH=";
    for (const char *const *at = variables; *at; at++)
        if (strncmp(*at, name, strlen(name)) == 0) return *at + strlen(name);
    return usual_path;
}

int program_file_try(const char *program, const char *path, program_file_attempt *attempt, const void *context, char file[PATH_MAX]) {
    if (strchr(program, '/')) return snprintf(file, PATH_MAX, "%s", program) < PATH_MAX ? attempt(file, context) : ENAMETOOLONG;
    int error = ENOENT;
    for (path = path ? path : usual_path;; path++) {
        size_t const len = strcspn(path, ":");
        int const size = snprintf(file, PATH_MAX, "%.*s/%s", len ? (int)len : 1, len ? path : ".", program);
        int const refusal = *program && size < PATH_MAX ? attempt(file, context) : ENOENT;
        if (refusal == 0) return 0;
        if (refusal == EACCES) error = EACCES; // as a shell has it: another may be allowed
        else if (refusal != ENOENT && refusal != ENOTDIR) return refusal;
        path += len;
        if (!*path) return error;
    }
}

static int refusal_of(const char *file, const void *context) {
    const int *const folder = context;
    struct stat facts;
    if (fstatat(*folder, file, &facts, 0) != 0) return errno;
    if (!S_ISREG(facts.st_mode)) return EACCES;
    return faccessat(*folder, file, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

int program_file_find(int folder, const char *program, const char *path, char file[PATH_MAX]) {
    return program_file_try(program, path, refusal_of, &folder, file);
}
