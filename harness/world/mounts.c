// What /etc is in a world with names: hosts of its own, and a resolver that asks nobody else. hosts(5), nsswitch.conf(5).
#include "namespaces.h"
#include "world/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

// Where our files are mounted while they are put in their places; in a world it is what it was again.
#define STAGE "/tmp"

// The same in every world. The name server answers nobody: who does not heed nsswitch.conf fails soon.
static const struct {
    const char *name, *text;
} files[] = {
    {"hosts", ""}, // a world puts its own over it
    {"nsswitch.conf",
     "hosts: files\npasswd: files\ngroup: files\nservices: files\nprotocols: files\nnetworks: files\n"},
    {"host.conf", "multi on\n"},
    {"resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"},
};
enum { FILE_COUNT = sizeof files / sizeof *files };

static int refused(struct buffer *trouble, const char *call, const char *path) {
    int error = errno;
    struct buffer text = {0};
    buffer_printf(&text, "%s on %s", call, path);
    refusal_text(trouble, text.data, error);
    buffer_fini(&text);
    return -error;
}

// A new file in the stage; its descriptor, for writing, or -1.
static int new_file(int folder, const char *name) {
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) fchmod(fd, 0644); // whatever the umask is: programs may be another user
    return fd;
}

// The name within the stage, of the path that is written to `path`.
static const char *hosts_name(uint32_t number, char path[64]) {
    snprintf(path, 64, STAGE "/hosts.%u", number);
    return path + strlen(STAGE "/");
}

static int stage_files(int *stage, struct buffer *trouble) {
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        int error = refused(trouble, "mount(MS_PRIVATE)", "/");
        if (error == -EINVAL) buffer_text(trouble, ": it is no mount point, as in a chroot(2) that is none");
        return error;
    }
    if (mount("sockdrill", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m") != 0)
        return refused(trouble, "mount(tmpfs)", STAGE);
    int root = open(STAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) return refused(trouble, "open(2)", STAGE);
    *stage = root;
    int folder = mkdirat(root, "etc", 0755) == 0 && fchmodat(root, "etc", 0755, 0) == 0
                     ? openat(root, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                     : -1;
    int error = folder < 0 ? refused(trouble, "mkdir(2)", STAGE "/etc") : 0;
    for (int i = 0; i < FILE_COUNT && error == 0; i++) {
        int fd = new_file(folder, files[i].name);
        size_t len = strlen(files[i].text);
        if (fd < 0 || write(fd, files[i].text, len) != (ssize_t)len)
            error = refused(trouble, "write(2)", files[i].name);
        if (fd >= 0) close(fd);
    }
    if (folder >= 0) close(folder);
    return error;
}

// Every file of ours over the machine's. Nothing is made on the machine's disk: where one has no counterpart, all of ours lie in
// a layer over /etc.
static int put_in_place(struct buffer *trouble) {
    char from[64], to[64];
    bool all_there = true;
    struct stat facts;
    for (int i = 0; i < FILE_COUNT; i++) {
        snprintf(to, sizeof to, "/etc/%s", files[i].name);
        all_there = all_there && stat(to, &facts) == 0;
    }
    if (!all_there) {
        if (mount("sockdrill", "/etc", "overlay", MS_RDONLY, "lowerdir=" STAGE "/etc:/etc") == 0) return 0;
        return refused(trouble, "/etc lacks a file that a world has, and mount(overlay)", "/etc");
    }
    for (int i = 1; i < FILE_COUNT; i++) { // a world's own hosts go there at once
        snprintf(from, sizeof from, STAGE "/etc/%s", files[i].name);
        snprintf(to, sizeof to, "/etc/%s", files[i].name);
        if (mount(from, to, NULL, MS_BIND, NULL) != 0) return refused(trouble, "mount(MS_BIND)", to);
        // All worlds share it: none may write it.
        if (mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
            return refused(trouble, "mount(MS_REMOUNT)", to);
    }
    return 0;
}

// The C library asks a running nscd(8) before it looks into any file: it must not find its socket.
static int hide_cache(struct buffer *trouble) {
    static const char path[] = "/var/run/nscd";
    struct stat facts;
    if (stat(path, &facts) != 0) return 0;
    if (mount("sockdrill", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k") == 0) return 0;
    return refused(trouble, "mount(tmpfs)", path);
}

static struct mother_mounts mother = {.mnt = -1, .root = -1, .files = -1}; // guarded by mother_lock
static pthread_mutex_t mother_lock = PTHREAD_MUTEX_INITIALIZER;

static int make_mother(struct buffer *trouble) {
    int error = home_leave(-1, -1);
    if (error) {
        refusal_text(trouble, "unshare(CLONE_FS)", -error);
        goto out;
    }
    if (unshare(CLONE_NEWNS) != 0) {
        error = -errno;
        refusal_text(trouble, "unshare(CLONE_NEWNS)", -error);
        if (error == -ENOSPC) refusal_sysctl(trouble, "user.max_mnt_namespaces");
        goto out;
    }
    error = stage_files(&mother.files, trouble);
    if (error == 0) error = put_in_place(trouble);
    if (error == 0) error = hide_cache(trouble);
    if (error) goto out;
    mother.root = open("/", O_PATH | O_CLOEXEC);
    mother.mnt = mother.root < 0 ? -1 : open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (mother.mnt < 0) error = refused(trouble, "open(2)", "/proc/thread-self/ns/mnt");
out:
    home_return();
    if (error && mother.root >= 0) close(mother.root);
    if (error && mother.files >= 0) close(mother.files);
    if (error) mother = (struct mother_mounts){.mnt = -1, .root = -1, .files = -1};
    return error;
}

int mother_mounts_get(const struct mother_mounts **found, struct buffer *trouble) {
    pthread_mutex_lock(&mother_lock);
    int error = mother.mnt < 0 ? make_mother(trouble) : 0;
    pthread_mutex_unlock(&mother_lock);
    *found = &mother;
    return error;
}

int mounts_add_hosts(const struct mother_mounts *from, struct world *world, struct buffer *trouble) {
    static _Atomic uint32_t made_count;
    char path[64];
    world->hosts_number = ++made_count;
    const char *name = hosts_name(world->hosts_number, path);
    world->hosts = new_file(from->files, name);
    if (world->hosts < 0) return refused(trouble, "open(2)", path);
    if (mount(path, "/etc/hosts", NULL, MS_BIND, NULL) != 0) return refused(trouble, "mount(MS_BIND)", "/etc/hosts");
    if (umount2(STAGE, MNT_DETACH) != 0) return refused(trouble, "umount2(2)", STAGE);
    world->root = open("/", O_PATH | O_CLOEXEC);
    return world->root < 0 ? refused(trouble, "open(2)", "/") : 0;
}

// Not while the world lives: nothing can be mounted over a file that is gone, as who makes a world within this one does.
void mounts_remove_hosts(uint32_t number) {
    char path[64];
    unlinkat(mother.files, hosts_name(number, path), 0);
}
