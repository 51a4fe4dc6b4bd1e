// A world of a scenario's own: namespaces in which its addresses, ports, names and packets are nobody else's.
// namespaces(7), network_namespaces(7), user_namespaces(7).
//
// The process is prepared once, before its second thread. From then on any thread may make a world and enter it: which
// network a socket belongs to is decided when it is made, by the thread that makes it. A world ends when it is freed and the
// last socket in it is closed; the kernel takes it down in its own time, some tens of milliseconds later.
//
// Threads: a struct world is made by one thread and may be entered by many at once; it is freed when none is in it.
#ifndef SOCKDRILL_WORLD_ISOLATION_H
#define SOCKDRILL_WORLD_ISOLATION_H

#include "base/address.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

// Makes the process able to have worlds, before its second thread; a second call answers as the first. With CAP_SYS_ADMIN the
// process stays where it is. Else it enters a user namespace of its own in which its user and group keep their numbers, and a
// home of its own there: the kernel lets nobody back into a network of another user namespace's, so the machine's is out of its
// reach from then on, and home has a loopback and nothing else. Its files and its hostname are the machine's all the same.
// False: this machine forbids worlds, and the process is as it was; why goes to `reason` (which may be NULL), with the call and
// its errno, and how to allow it where that is known.
bool world_prepare(struct buffer *reason);

// --- what a world is made of; plain values, owned by the caller

// One line of hosts(5): the canonical name, its aliases behind it.
struct world_host {
    const char **names;
    uint32_t name_count; // 1 or more
    const struct address *addresses;
    uint32_t address_count;
};

struct world_sysctl {
    const char *name;  // "net.ipv4.tcp_syn_retries"; nothing outside `net.`
    const char *value;
};

enum world_route_kind { ROUTE_UNREACHABLE, ROUTE_BLACKHOLE, ROUTE_PROHIBIT };

struct world_route {
    struct address to;
    uint8_t prefix_bits; // 32 or 128 for one host
    enum world_route_kind kind;
};

struct world_interface {
    const char *name;
    const char *kind; // of rtnetlink(7), IFLA_INFO_KIND: "vcan"
};

// What of a world was being made when it could not be.
enum world_part { WORLD_ITSELF, WORLD_SYSCTL, WORLD_INTERFACE, WORLD_ADDRESS, WORLD_ROUTE };

struct world_place {
    enum world_part part;
    uint32_t index; // of the spec's sysctls, interfaces, ...
};

struct world_spec {
    struct world_place *place; // filled in by world_make; or NULL
    bool has_names;       // a hostname and hosts of its own are wanted: mount and UTS namespaces
    const char *hostname; // NULL: localhost
    const struct address *addresses; // on its loopback, beside 127.0.0.1 and ::1
    uint32_t address_count;
    const struct world_host *hosts;
    uint32_t host_count;
    const struct world_sysctl *sysctls;
    uint32_t sysctl_count;
    const struct world_route *routes;
    uint32_t route_count;
    const struct world_interface *interfaces;
    uint32_t interface_count;
};

enum world_outcome {
    WORLD_MADE,
    WORLD_LACKS,  // this kernel has not what is asked for: the case skips
    WORLD_FAILED, // what is asked for is refused, or a limit is reached: the case fails
};

struct world; // opaque

// Makes one, with its loopback up. Called outside any world, where the thread is again when this returns. But for WORLD_MADE,
// *world is NULL and `trouble` says what the kernel refused and with which errno, and which limit that is. Waits only where the
// machine allows no more namespaces: 2 s for one to come free, since the kernel may still be at taking one down.
enum world_outcome world_make(const struct world_spec *spec, struct world **world, struct buffer *trouble);
// NULL is none.
void world_free(struct world *world);

// The calling thread's network from here on is that of the world, or for NULL the one the process began with. 0 or a
// negative errno. About half a microsecond.
int world_enter(const struct world *world);

// While the calling thread is between these two, its mounts and its hostname are the world's: getaddrinfo(3) and its like read
// the world's hosts, and so does a child that it starts there. Its current folder is that of the same path. A thread that was in
// a world with names has a root, a current folder and a umask of its own for good: a later chdir(2) of another does not move it.
// Does nothing for NULL and for a world without names. 0 or a negative errno.
int world_enter_names(const struct world *world);
void world_leave_names(const struct world *world);

// Something that each world gets that is made ahead, by the thread that makes it, and while that is in the world: what takes
// long and is the kernel's to wait for. Several threads may be at it at once.
struct world_outfit {
    void *(*make)(void *context); // NULL: it could not be, and whoever needs it makes it himself
    void (*drop)(void *outfit);   // with its world
    void *context;
};

// Has threads make worlds ahead of need, as far as `ahead`, until world_supply_end; world_make then takes one of those and
// never waits for one. Without an outfit it is one thread, else as many as `ahead`, up to 8. Once a process at a time, and begun
// and ended while no thread makes worlds; without it every world is made when it is asked for. Those made ahead have names or
// have none, and help those that want the same. `outfit`, or NULL, is copied. 0 or a negative errno.
int world_supply_begin(uint32_t ahead, bool has_names, const struct world_outfit *outfit);
void world_supply_end(void);
// NULL: it has none.
void *world_outfit(const struct world *world);

#endif
