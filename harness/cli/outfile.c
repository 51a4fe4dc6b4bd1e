// How a file gets written: under a name beside it, which it loses when all of it is there. So nobody ever reads half a
// file, and what was there before stays where something fails.
#include "cli.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; // the kernel's own: path_resolution(7)

// ---- the files that have not got their names yet: whoever ends the process in between leaves nothing behind

static pthread_mutex_t unfinished_lock = PTHREAD_MUTEX_INITIALIZER;
static struct outfile *unfinished; // guarded by the lock
static pid_t unfinished_by;        // not by a child of ours, which has the list too

static void remove_unfinished(void) {
    if (unfinished_by != getpid()) return;
    pthread_mutex_lock(&unfinished_lock);
    for (const struct outfile *file = unfinished; file; file = file->next) unlink(file->temporary);
    unfinished = NULL;
    pthread_mutex_unlock(&unfinished_lock);
}

static void remember(struct outfile *file) {
    pthread_mutex_lock(&unfinished_lock);
    if (!unfinished_by) atexit(remove_unfinished);
    unfinished_by = getpid();
    file->next = unfinished;
    unfinished = file;
    pthread_mutex_unlock(&unfinished_lock);
}

static void forget(struct outfile *file) {
    pthread_mutex_lock(&unfinished_lock);
    struct outfile **at = &unfinished;
    while (*at && *at != file) at = &(*at)->next;
    if (*at) *at = file->next;
    pthread_mutex_unlock(&unfinished_lock);
}

// ---- where it lies

// The folder without links in it, and the name there. NULL, with errno: there is no such folder.
static char *place_of(const char *path) {
    const char *const slash = strrchr(path, '/');
    char *const above = memory_need(slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("."));
    char *const folder = realpath(above, NULL);
    int const error = errno;
    char *place = NULL;
    if (!folder && error == ENOMEM) memory_exhausted();
    const char *const name = slash ? slash + 1 : path;
    if (folder && asprintf(&place, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) < 0) memory_exhausted();
    free(above);
    free(folder);
    errno = error;
    return place;
}

static char *place_of_link(const char *place, const char *to) {
    char *path = NULL;
    int const above = to[0] == '/' ? 0 : (int)(strrchr(place, '/') - place) + 1;
    if (asprintf(&path, "%.*s%s", above, place, to) < 0) memory_exhausted();
    char *const next = place_of(path);
    int const error = errno;
    free(path);
    errno = error;
    return next;
}

// Where the path's links lead, whether a file is there yet or not: realpath(3) asks for one. The links of proc(5), as
// /dev/stdout has them, stand for what is open and are not followed: *is_proc. NULL, with errno: there is no such folder.
static char *follow_links(const char *path, bool *is_proc) {
    char to[PATH_MAX];
    char *place = place_of(path);
    for (unsigned links = 0; place; links++) {
        *is_proc = strncmp(place, "/proc/", strlen("/proc/")) == 0;
        ssize_t const len = *is_proc ? -1 : readlink(place, to, sizeof to - 1);
        if (len < 0) return place;
        to[len] = '\0';
        char *const next = links < LINKS_MAX ? place_of_link(place, to) : NULL;
        if (links == LINKS_MAX) errno = ELOOP;
        int const error = errno;
        free(place);
        errno = error;
        place = next;
    }
    return NULL;
}

// The one of ours that is open there already, as under the name /dev/stdout: opened again a file would be written from its
// beginning on, and a socket could not be. -1: none.
static int standard_of(const struct stat *facts) {
    struct stat ours;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &ours) == 0 && ours.st_ino == facts->st_ino && ours.st_dev == facts->st_dev) return fd;
    return -1;
}

bool outfile_is_output(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && !S_ISCHR(facts.st_mode) && standard_of(&facts) == STDOUT_FILENO;
}

bool outfile_is_same(const char *one, const char *other) {
    bool is_proc;
    struct stat facts;
    if (stat(one, &facts) == 0 && S_ISCHR(facts.st_mode)) return false; // /dev/null takes everything
    char *const left = follow_links(one, &is_proc), *const right = follow_links(other, &is_proc);
    bool const same = left && right && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same || strcmp(one, other) == 0;
}

// ---- opened, written, closed

static int open_through(struct outfile *file, const char *path, const struct stat *facts) {
    int const standard = facts ? standard_of(facts) : -1;
    file->fd = standard >= 0 ? fcntl(standard, F_DUPFD_CLOEXEC, 0) : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    return file->fd < 0 ? -errno : 0;
}

static int open_beside(struct outfile *file, const char *target, const struct stat *facts) {
    if (target[strlen(target) - 1] == '/') return -EISDIR;
    file->is_new = !facts;
    if (facts) file->facts = *facts;
    file->target = memory_need(strdup(target));
    if (asprintf(&file->temporary, "%s.XXXXXX", target) < 0) memory_exhausted();
    file->fd = mkostemp(file->temporary, O_CLOEXEC);
    if (file->fd >= 0) {
        remember(file);
        return 0;
    }
    int const error = -errno;
    free(file->temporary);
    file->temporary = NULL;
    outfile_drop(file);
    return error;
}

int outfile_open(struct outfile *file, const char *path) {
    struct stat facts;
    bool const is_there = stat(path, &facts) == 0;
    *file = (struct outfile){.fd = -1};
    if (is_there && S_ISDIR(facts.st_mode)) return -EISDIR;
    bool is_proc = false;
    char *const target = follow_links(path, &is_proc);
    if (!target) return -errno;
    bool const goes_through = is_proc || (is_there && (!S_ISREG(facts.st_mode) || standard_of(&facts) >= 0));
    int const error = goes_through ? open_through(file, path, is_there ? &facts : NULL)
                                   : open_beside(file, target, is_there ? &facts : NULL);
    free(target);
    return error;
}

int outfile_try(const char *path) {
    struct stat facts;
    bool const is_there = stat(path, &facts) == 0;
    if (is_there && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) { // to open a pipe waits for its reader
        if (standard_of(&facts) >= 0) return 0;
        return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? 0 : -errno;
    }
    struct outfile file;
    int const error = outfile_open(&file, path);
    if (!error) outfile_drop(&file);
    return error;
}

int outfile_add(struct outfile *file, struct slice contents) { return write_all(file->fd, contents); }

static mode_t mask; // of the modes of new files; the kernel tells it only to who changes it

void outfile_begin(void) {
    mask = umask(0);
    umask(mask);
}

// As what is replaced was: its owner where we may give files away.
static int take_mode(const struct outfile *file) {
    const struct stat *const old = &file->facts;
    if (file->is_new) return fchmod(file->fd, 0666 & ~mask) == 0 ? 0 : -errno;
    bool const is_theirs = fchown(file->fd, old->st_uid, old->st_gid) == 0; // first: it clears bits of the mode
    return fchmod(file->fd, old->st_mode & (is_theirs ? 07777 : 0777)) == 0 ? 0 : -errno;
}

int outfile_end(struct outfile *file) {
    int error = file->temporary ? take_mode(file) : 0;
    if (close(file->fd) != 0 && !error) error = -errno;
    file->fd = -1;
    if (!error && file->temporary && rename(file->temporary, file->target) != 0) error = -errno;
    if (!error && file->temporary) {
        forget(file);
        free(file->temporary);
        file->temporary = NULL;
    }
    outfile_drop(file);
    return error;
}

void outfile_drop(struct outfile *file) {
    if (file->fd >= 0) close(file->fd);
    if (file->temporary) {
        unlink(file->temporary);
        forget(file);
    }
    free(file->temporary);
    free(file->target);
    *file = (struct outfile){.fd = -1};
}

int write_whole_file(const char *path, struct slice contents) {
    struct outfile file;
    int error = outfile_open(&file, path);
    if (error) return error;
    error = outfile_add(&file, contents);
    if (!error) return outfile_end(&file);
    outfile_drop(&file);
    return error;
}

bool cannot_write(const char *path, int error) {
    complain("cannot write %s: %s", path, strerror(error));
    return false;
}

bool write_file(const char *path, struct slice contents) {
    int const error = write_whole_file(path, contents);
    return error == 0 || cannot_write(path, -error);
}
