// Names and what each stands for, found by their hash.
//
// Threads: a table is owned by one thread at a time.
#ifndef SOCKDRILL_BASE_TABLE_H
#define SOCKDRILL_BASE_TABLE_H

#include "base/arena.h"
#include "base/slice.h"

struct table_entry {
    struct slice key; // the caller's; NULL data: nobody's
    void *value;
};

// Zero-initialised is a valid, empty table.
struct table {
    struct table_entry *entries;
    uint32_t count;
    uint32_t capacity; // a power of two, or 0
};

// FNV-1a.
static inline uint32_t slice_hash(struct slice key) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < key.len_bytes; i++) hash = (hash ^ key.data[i]) * 16777619u;
    return hash ^ hash >> 16;
}

// The value's place, NULL where the key is new. The key's bytes must outlive the table; the place is good until the next
// call. The entries come from the arena.
void **table_place(struct table *table, struct arena *arena, struct slice key);

// NULL: there is no such key.
void *table_find(const struct table *table, struct slice key);

// The same where the values are numbers, below TABLE_NONE.
#define TABLE_NONE UINT32_MAX
void table_set_number(struct table *table, struct arena *arena, struct slice key, uint32_t number);
uint32_t table_number(const struct table *table, struct slice key); // TABLE_NONE: there is no such key

#endif
