// What a look-up found, as a value; and why it found nothing.
#include "plan/constants.h"
#include "plan/term.h"

#include <netdb.h>

// Immutable.
static const struct {
    const char *name;
    size_t offset_bytes;
} members[] = {
    {"name", offsetof(struct host, name)},
    {"aliases", offsetof(struct host, aliases)},
    {"addresses", offsetof(struct host, addresses)},
};

const char *value_host_offer(uint32_t index) {
    return index < sizeof members / sizeof *members ? members[index].name : NULL;
}

const struct value *value_host_member(const struct host *host, struct slice name) {
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (slice_is(name, members[i].name)) return (const void *)((const char *)host + members[i].offset_bytes);
    return NULL;
}

struct value value_host(struct arena *arena, const char *name, const char *const *aliases, uint32_t alias_count,
                        const struct address *addresses, uint32_t address_count) {
    struct value *const alias_values = arena_array(arena, alias_count, sizeof *alias_values);
    for (uint32_t i = 0; i < alias_count; i++) alias_values[i] = value_text(arena, slice_text(aliases[i]));
    struct value *const address_values = arena_array(arena, address_count, sizeof *address_values);
    for (uint32_t i = 0; i < address_count; i++) {
        const struct address *const address = arena_copy(arena, &addresses[i], sizeof *addresses);
        address_values[i] = (struct value){.kind = VALUE_ADDRESS, .address = address};
    }
    struct host *const host = arena_alloc(arena, sizeof *host);
    *host = (struct host){
        .name = value_text(arena, slice_text(name)),
        .aliases = {.kind = VALUE_LIST, .items = alias_values, .item_count = alias_count},
        .addresses = {.kind = VALUE_LIST, .items = address_values, .item_count = address_count},
    };
    return (struct value){.kind = VALUE_HOST, .host = host};
}

// ---- why there is none, gethostbyname(3)

// Immutable.
static const struct {
    const char *name;
    int number;
} errors[] = {
    {"HOST_NOT_FOUND", HOST_NOT_FOUND}, {"TRY_AGAIN", TRY_AGAIN}, {"NO_RECOVERY", NO_RECOVERY}, {"NO_DATA", NO_DATA},
};

const char *lookup_error_offer(uint32_t index) {
    return index < sizeof errors / sizeof *errors ? errors[index].name : NULL;
}

int lookup_error_of(struct slice name) {
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (slice_is(name, errors[i].name)) return errors[i].number;
    return 0;
}

const char *lookup_error_name(int number) {
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].number == number) return errors[i].name;
    return NULL;
}
