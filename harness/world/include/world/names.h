// Looking up a host's name: gethostbyname(3), as Python's gethostbyname_ex tells it.
#ifndef SOCKDRILL_WORLD_NAMES_H
#define SOCKDRILL_WORLD_NAMES_H

#include "base/address.h"
#include "base/arena.h"
#include "world/isolation.h"

// Immutable; lives in the arena it was asked for in.
struct host_entry {
    const char *name; // canonical
    const char **aliases;
    uint32_t alias_count;
    struct address *addresses; // IPv4, in the resolver's order, without a port
    uint32_t address_count;
};

// What the world's own files say of that name; for NULL, what the machine's resolver says. 0, or an h_errno: HOST_NOT_FOUND,
// TRY_AGAIN, NO_RECOVERY, NO_DATA; negative errno where the world could not be entered. May wait where there is no world.
int world_resolve(const struct world *world, const char *name, struct arena *arena, struct host_entry *entry);

#endif
