// Where a program lies: execvpe(3) asks the kernel, which would say it of the wrapper.
#include "found.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *found_variable(const char *const *variables, const char *name) {
    size_t const len = strlen(name);
    for (const char *const *at = variables; *at; at++)
        if (strncmp(*at, name, len) == 0 && (*at)[len] == '=') return *at + len + 1;
    return NULL;
}

// As execve(2) has it, but for what is in the file.
static int refusal_of(int folder, const char *path) {
    struct stat facts;
    if (fstatat(folder, path, &facts, 0) != 0) return errno;
    if (!S_ISREG(facts.st_mode)) return EACCES;
    return faccessat(folder, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

int found_program(int folder, const char *program, const char *const *variables, char found[PATH_MAX]) {
    if (strchr(program, '/')) {
        if (strlen(program) >= PATH_MAX) return ENAMETOOLONG;
        strcpy(found, program);
        return refusal_of(folder, program);
    }
    const char *path = found_variable(variables, "PATH");
    int error = ENOENT;
    for (path = path ? path : "/bin:/usr/bin";; path++) {
        size_t const len = strcspn(path, ":");
        int const size = snprintf(found, PATH_MAX, "%.*s/%s", len ? (int)len : 1, len ? path : ".", program);
        int const refusal = *program && size < PATH_MAX ? refusal_of(folder, found) : ENOENT;
        if (refusal == 0) return 0;
        if (refusal == EACCES) error = EACCES; // as a shell has it: another may be allowed
        else if (refusal != ENOENT && refusal != ENOTDIR) return refusal;
        path += len;
        if (!*path) return error;
    }
}
