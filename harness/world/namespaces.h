// What the files of isolation share: the namespaces the process is at home in, those that worlds are copies of, and a world.
#ifndef SOCKDRILL_WORLD_NAMESPACES_H
#define SOCKDRILL_WORLD_NAMESPACES_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

// Descriptors, -1: none. Written by world_prepare before there are threads, and only read from then on.
struct home {
    bool is_ready;
    int net, uts, mnt;
    int root;       // of the mount namespace, as the process sees it: it may have had a chroot(2)
    int mother_net; // whose settings decide how large the tables of a world are
};
extern struct home world_home;

// A mount namespace in which /etc has the names of no machine, and its worlds' hosts are still to come. Immutable once made.
struct mother_mounts {
    int mnt, root;
    int files; // the folder, on a tmpfs of its own, that its files lie in
};

// Owned by who made it; nothing in it changes once world_make has returned it, but for `init`.
struct world {
    bool has_names;
    int net;
    int uts, mnt, root;    // with names, else -1
    int hosts;             // its hosts(5), for writing, until they are written; then -1
    uint32_t hosts_number; // of that file on the mother's tmpfs; 0: there is none
    void *outfit;            // NULL: none
    void (*drop_outfit)(void *outfit);
    struct world_init *init; // of its PID namespace, which the first program makes; NULL: none has come yet
};

// "CALL says EMFILE", and the limit that this errno stands for with its value. The limits of namespaces are their makers' to tell.
void refusal_text(struct buffer *trouble, const char *call, int error);
// Adds "; NAME is VALUE" where the machine has that sysctl.
void refusal_sysctl(struct buffer *trouble, const char *name);
// The value of a sysctl without its newline, false: there is none. `name` with dots.
bool sysctl_read(const char *name, struct buffer *value);
// Writes one of the calling thread's namespaces. 0 or a negative errno, of open(2) or of write(2): *is_open tells.
int sysctl_write(const char *name, const char *value, bool *is_open);

// Has the calling thread, and no other, stand in that mount namespace, its root at `root`, in the folder of the same path if there
// is one; -1: it stays, and whatever it unshares is undone by the next. 0 or a negative errno.
int home_leave(int mnt, int root);
// Its mounts, hostname and current folder are again what they were before home_leave; nothing where it has not left.
void home_return(void);

// Those that worlds with names are copies of; made when they are first asked for. The calling thread is at home afterwards. 0 or a
// negative errno with its `trouble`.
int mother_mounts_get(const struct mother_mounts **mother, struct buffer *trouble);

// In the mount namespace of a new world: gives it hosts of its own, empty so far, in world->hosts. 0 or a negative errno with
// its `trouble`.
int mounts_add_hosts(const struct mother_mounts *mother, struct world *world, struct buffer *trouble);

void mounts_remove_hosts(uint32_t number);

// A world with nothing but its loopback, and its hosts unwritten. Waits as long as `patience_ns` for a namespace to come free where
// the machine's limit is reached. 0 or a negative errno with its `trouble`. The calling thread is at home afterwards.
int blank_make(bool has_names, int64_t patience_ns, struct world **world, struct buffer *trouble);

// Ends all that runs in its PID namespace, and returns when nothing does; NULL is none.
void init_end(struct world_init *init);

// One that was made ahead of need; NULL: there is none.
struct world *supply_take(bool has_names);

#endif
