#include "plan/value.h"
#include "number.h"
#include "paths.h"
#include "plan/record.h"

#include <string.h>

struct value value_integer(integer number) {
    return (struct value){.kind = VALUE_INTEGER, .number = number};
}

struct value value_boolean(bool truth) {
    return (struct value){.kind = VALUE_BOOLEAN, .number = truth};
}

struct value value_bytes(const struct bytes *bytes) {
    return (struct value){.kind = VALUE_BYTES, .bytes = bytes};
}

struct value value_text(struct arena *arena, struct slice text) {
    return value_bytes(bytes_held(arena, slice_of(arena_copy(arena, text.data, text.len_bytes), text.len_bytes)));
}

struct value value_address(const struct address *address) {
    if (address_is_none(address)) return (struct value){.kind = VALUE_NONE};
    return (struct value){.kind = VALUE_ADDRESS, .address = address, .address_has_port = true};
}

static const char *const KIND_NAMES[VALUE_KIND_COUNT] = {
    [VALUE_NONE] = "none",           [VALUE_INTEGER] = "an integer",
    [VALUE_FLOAT] = "a float",       [VALUE_BOOLEAN] = "true or false",
    [VALUE_DURATION] = "a duration", [VALUE_BYTES] = "bytes",
    [VALUE_ADDRESS] = "an address",  [VALUE_ENDPOINT] = "an endpoint",
    [VALUE_STATE] = "a state",       [VALUE_PATH] = "a path of states",
    [VALUE_LIST] = "a list",         [VALUE_RECORD] = "a message",
    [VALUE_RATE] = "a rate",         [VALUE_HOST] = "what a look-up found",
};

const char *value_kind_name(enum value_kind kind) {
    return KIND_NAMES[kind];
}

// ---- copying

static const struct bytes *bytes_copy(struct arena *arena, const struct bytes *bytes) {
    struct bytes *const copy = arena_alloc(arena, sizeof *copy);
    *copy = *bytes;
    if (bytes->kind == BYTES_HELD) {
        copy->held.data = arena_copy(arena, bytes->held.data, bytes->held.len_bytes);
    }
    if (bytes->part_count) {
        const struct bytes **const parts = arena_array(arena, bytes->part_count, sizeof(struct bytes *));
        for (uint32_t i = 0; i < bytes->part_count; i++) parts[i] = bytes_copy(arena, bytes->parts[i]);
        copy->parts = parts;
    }
    if (bytes->part_ends) {
        copy->part_ends = arena_copy(arena, bytes->part_ends, bytes->part_count * sizeof *bytes->part_ends);
    }
    return copy;
}

static const struct endpoint *endpoint_copy(struct arena *arena, const struct endpoint *endpoint) {
    struct endpoint *const copy = arena_copy(arena, endpoint, sizeof *endpoint);
    for (uint32_t i = 0; i < endpoint->word_count; i++) {
        copy->words[i] = arena_copy(arena, endpoint->words[i], strlen(endpoint->words[i]));
    }
    return copy;
}

static const struct host *host_copy(struct arena *arena, const struct host *host) {
    struct host *const copy = arena_alloc(arena, sizeof *copy);
    copy->name = value_copy(arena, &host->name);
    copy->aliases = value_copy(arena, &host->aliases);
    copy->addresses = value_copy(arena, &host->addresses);
    return copy;
}

struct value value_copy(struct arena *arena, const struct value *value) {
    struct value copy = *value;
    switch (value->kind) {
    case VALUE_NONE:
    case VALUE_INTEGER:
    case VALUE_FLOAT:
    case VALUE_BOOLEAN:
    case VALUE_DURATION:
    case VALUE_RATE:
    case VALUE_STATE: break;
    case VALUE_HOST: copy.host = host_copy(arena, value->host); break;
    case VALUE_RECORD: copy.record = record_copy(arena, value->record); break;
    case VALUE_BYTES: copy.bytes = bytes_copy(arena, value->bytes); break;
    case VALUE_ADDRESS:
        copy.address = arena_copy(arena, value->address, sizeof *value->address);
        if (value->address_name) copy.address_name = arena_text(arena, "%s", value->address_name);
        break;
    case VALUE_ENDPOINT: copy.endpoint = endpoint_copy(arena, value->endpoint); break;
    case VALUE_PATH: copy.path = arena_copy(arena, value->path, sizeof *value->path); break;
    case VALUE_LIST: {
        struct value *const items = arena_array(arena, value->item_count, sizeof *items);
        for (uint32_t i = 0; i < value->item_count; i++) items[i] = value_copy(arena, &value->items[i]);
        copy.items = items;
        break;
    }
    case VALUE_KIND_COUNT: break;
    }
    return copy;
}

// ---- equality

static struct address address_without_port(const struct address *address) {
    struct address host = *address;
    if (host.as.any.sa_family == AF_INET) host.as.in.sin_port = 0;
    if (host.as.any.sa_family == AF_INET6) host.as.in6.sin6_port = 0;
    return host;
}

// A literal without a port equals any address of its host.
static bool addresses_equal(const struct value *a, const struct value *b) {
    if (a->address_has_port && b->address_has_port) return address_equal(a->address, b->address);
    struct address const host_a = address_without_port(a->address), host_b = address_without_port(b->address);
    return address_equal(&host_a, &host_b);
}

static bool bytes_are_address(const struct value *bytes, const struct value *address) {
    char text[ADDRESS_TEXT_BYTES];
    const char *const written =
        address->address_has_port ? address_text(address->address, text) : address_host(address->address, text);
    size_t const len_bytes = strlen(written);
    return bytes->bytes->len_bytes == len_bytes &&
           bytes_differ_at(bytes->bytes, 0, (const uint8_t *)written, len_bytes) == len_bytes;
}

static bool endpoints_equal(const struct endpoint *a, const struct endpoint *b) {
    if (a->family != b->family || a->word_count != b->word_count) return false;
    for (uint32_t i = 0; i < a->word_count; i++) {
        if (strcmp(a->words[i], b->words[i]) != 0) return false;
    }
    return true;
}

static bool lists_equal(const struct value *a, const struct value *b) {
    if (a->item_count != b->item_count) return false;
    for (uint32_t i = 0; i < a->item_count; i++) {
        if (!value_equal(&a->items[i], &b->items[i])) return false;
    }
    return true;
}

static bool hosts_equal(const struct host *a, const struct host *b) {
    return value_equal(&a->name, &b->name) && value_equal(&a->aliases, &b->aliases) &&
           value_equal(&a->addresses, &b->addresses);
}

static bool values_of_a_kind_equal(const struct value *a, const struct value *b) {
    switch (a->kind) {
    case VALUE_NONE: return true;
    case VALUE_INTEGER:
    case VALUE_FLOAT: return number_compare(a, b) == 0;
    case VALUE_BOOLEAN:
    case VALUE_RATE:
    case VALUE_DURATION: return a->number == b->number;
    case VALUE_BYTES: return a->bytes->len_bytes == b->bytes->len_bytes && bytes_compare(a->bytes, b->bytes) == 0;
    case VALUE_ADDRESS: return addresses_equal(a, b);
    case VALUE_ENDPOINT: return endpoints_equal(a->endpoint, b->endpoint);
    case VALUE_STATE: return a->state == b->state;
    case VALUE_PATH: return paths_compare(a->path, b->path) == PATH_EQUAL;
    case VALUE_LIST: return lists_equal(a, b);
    case VALUE_RECORD: return record_equal(a->record, b->record);
    case VALUE_HOST: return hosts_equal(a->host, b->host);
    case VALUE_KIND_COUNT: break;
    }
    return false;
}

static bool is_none(const struct value *value) {
    return value->kind == VALUE_NONE || (value->kind == VALUE_ADDRESS && address_is_none(value->address));
}

// A message beside bytes is its bytes.
static bool record_is_bytes(const struct value *record, const struct value *bytes) {
    const struct bytes *const encoded = record->record->encoded;
    return encoded->len_bytes == bytes->bytes->len_bytes && bytes_compare(encoded, bytes->bytes) == 0;
}

bool value_equal(const struct value *a, const struct value *b) {
    if (a->kind == b->kind) return values_of_a_kind_equal(a, b);
    if (a->kind == VALUE_RECORD && b->kind == VALUE_BYTES) return record_is_bytes(a, b);
    if (a->kind == VALUE_BYTES && b->kind == VALUE_RECORD) return record_is_bytes(b, a);
    if (number_is(a) && number_is(b)) return number_compare(a, b) == 0;
    if (is_none(a) || is_none(b)) return is_none(a) && is_none(b);
    if (a->kind == VALUE_BYTES && b->kind == VALUE_ADDRESS) return bytes_are_address(a, b);
    if (a->kind == VALUE_ADDRESS && b->kind == VALUE_BYTES) return bytes_are_address(b, a);
    return false;
}
