// What `requires` may ask for: a family of sockets, a capability, a program.
#include "world/program_file.h"
#include "world/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Families by the names that scenarios give them: what socket(2) is asked to find out whether the kernel has one.
static const struct {
    const char *name;
    int domain, type, protocol;
} families[] = {
#define REQUIRED_FAMILY(word, domain, type, protocol) {word, domain, type, protocol},
#include "script/requirements.def"
};

static const struct {
    const char *name;
    unsigned number;
} capabilities[] = {
#define REQUIRED_CAPABILITY(word, number) {word, number},
#include "script/requirements.def"
};

int world_family_error(int domain, int type, int protocol) {
    int fd = socket(domain, type | SOCK_CLOEXEC, protocol);
    if (fd < 0) return -errno;
    close(fd);
    return 0;
}

static bool has_capability(unsigned number) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) != 0) return false;
    return (data[number / 32].effective & (1u << (number % 32))) != 0;
}

static bool has_folder(const char *path, const char *folder) {
    size_t const len = strlen(folder);
    for (const char *at = path; (at = strstr(at, folder)); at += len)
        if ((at == path || at[-1] == ':') && (at[len] == ':' || at[len] == '\0')) return true;
    return false;
}

void world_program_path(struct buffer *path) {
    static const char *const folders[] = {"/usr/local/sbin", "/usr/sbin", "/sbin"};
    const char *ours = getenv("PATH");
    buffer_text(path, ours && *ours ? ours : "/usr/local/bin:/usr/bin:/bin");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (!has_folder(path->data, folders[i])) buffer_printf(path, ":%s", folders[i]);
}

static bool is_there(const char *program) {
    char file[PATH_MAX];
    struct buffer path = {0};
    world_program_path(&path);
    int const error = program_file_find(AT_FDCWD, program, path.data, file);
    buffer_fini(&path);
    return error == 0;
}

bool world_lacks(const char *name, const char *program, struct buffer *reason) {
    if (program) {
        if (is_there(program)) return false;
        buffer_printf(reason, "requires program \"%s\", which is not on PATH", program);
        return true;
    }
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (strcmp(name, families[i].name) != 0) continue;
        int error = world_family_error(families[i].domain, families[i].type, families[i].protocol);
        if (error == 0 || error == -EPERM) return false; // it is there: a capability is another requirement
        buffer_printf(reason, "requires %s, and socket(2) says %s", name, strerrorname_np(-error));
        return true;
    }
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
        if (strcmp(name, capabilities[i].name) != 0) continue;
        if (has_capability(capabilities[i].number)) return false;
        buffer_printf(reason, "requires %s, and this process does not have it", name);
        return true;
    }
    if (strcmp(name, "root") == 0) {
        if (geteuid() == 0) return false;
        buffer_text(reason, "requires root");
        return true;
    }
    if (strcmp(name, "world") == 0) return false; // known only to whoever makes one
    buffer_printf(reason, "requires '%s', which this build does not know", name);
    return true;
}
