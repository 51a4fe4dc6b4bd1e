#include "base/nearest.h"

#include <string.h>

// Distances are counted in sixteenths, so that another case weighs little, and still decides between equals.
enum {
    COST_EDIT = 16,
    COST_CASE = 1,
    NAME_BYTES_MAX = 64, // longer ones are no typing mistakes
};

static uint8_t folded(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static unsigned cost_of(uint8_t a, uint8_t b) {
    if (a == b) return 0;
    return folded(a) == folded(b) ? COST_CASE : COST_EDIT;
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

// The optimal string alignment distance, three rows at a time.
static unsigned distance_of(struct slice a, struct slice b) {
    unsigned rows[3][NAME_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.len_bytes; j++) rows[0][j] = (unsigned)j * COST_EDIT;
    for (size_t i = 1; i <= a.len_bytes; i++) {
        unsigned *const row = rows[i % 3];
        const unsigned *const above = rows[(i - 1) % 3];
        row[0] = (unsigned)i * COST_EDIT;
        for (size_t j = 1; j <= b.len_bytes; j++) {
            unsigned cost = above[j - 1] + cost_of(a.data[i - 1], b.data[j - 1]);
            cost = least(cost, above[j] + COST_EDIT);
            cost = least(cost, row[j - 1] + COST_EDIT);
            bool const swapped = i > 1 && j > 1 && folded(a.data[i - 1]) == folded(b.data[j - 2]) &&
                                 folded(a.data[i - 2]) == folded(b.data[j - 1]);
            if (swapped) cost = least(cost, rows[(i - 2) % 3][j - 2] + COST_EDIT);
            row[j] = cost;
        }
    }
    return rows[a.len_bytes % 3][b.len_bytes];
}

// A third of the name, and one edit for the shortest; as long as something of it is left.
static unsigned distance_allowed(struct slice name) {
    unsigned const edits = name.len_bytes < 3 ? 1 : (unsigned)name.len_bytes / 3;
    return edits * COST_EDIT + COST_EDIT - 1; // the rest of an edit is for cases
}

void nearest_offer(struct nearest *nearest, const char *candidate) {
    struct slice const other = slice_text(candidate);
    struct slice const name = nearest->name;
    if (name.len_bytes == 0 || name.len_bytes > NAME_BYTES_MAX || other.len_bytes > NAME_BYTES_MAX) return;
    unsigned const distance = distance_of(name, other);
    if (distance > distance_allowed(name) || distance >= name.len_bytes * COST_EDIT) return;
    if (nearest->best && distance >= nearest->distance) return;
    nearest->best = candidate;
    nearest->distance = distance;
}
