#include "base/table.h"

enum { CAPACITY_FIRST = 8 };

// The entry of that key, or the free one where it belongs.
static struct table_entry *entry_of(const struct table *table, struct slice key) {
    uint32_t const mask = table->capacity - 1;
    uint32_t at = slice_hash(key) & mask;
    while (table->entries[at].key.data && !slice_equal(table->entries[at].key, key)) at = (at + 1) & mask;
    return &table->entries[at];
}

static void grow(struct table *table, struct arena *arena) {
    struct table const old = *table;
    table->capacity = old.capacity ? 2 * old.capacity : CAPACITY_FIRST;
    table->entries = arena_array(arena, table->capacity, sizeof *table->entries);
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.entries[i].key.data) *entry_of(table, old.entries[i].key) = old.entries[i];
}

void **table_place(struct table *table, struct arena *arena, struct slice key) {
    if (key.data == NULL) key = slice_of("", 0); // the empty name is one as well
    if (table->count >= table->capacity / 4 * 3) grow(table, arena);
    struct table_entry *const entry = entry_of(table, key);
    if (!entry->key.data) {
        entry->key = key;
        table->count++;
    }
    return &entry->value;
}

void *table_find(const struct table *table, struct slice key) {
    return table->capacity ? entry_of(table, key)->value : NULL;
}

void table_set_number(struct table *table, struct arena *arena, struct slice key, uint32_t number) {
    *table_place(table, arena, key) = (void *)((uintptr_t)number + 1);
}

uint32_t table_number(const struct table *table, struct slice key) {
    void *const value = table_find(table, key);
    return value ? (uint32_t)((uintptr_t)value - 1) : TABLE_NONE;
}
