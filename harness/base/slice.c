#include "base/slice.h"

int slice_compare(struct slice a, struct slice b) {
    size_t const shorter = a.len_bytes < b.len_bytes ? a.len_bytes : b.len_bytes;
    int const order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    if (order) return order;
    return (a.len_bytes > b.len_bytes) - (a.len_bytes < b.len_bytes);
}

int64_t slice_find(struct slice haystack, struct slice needle) {
    if (needle.len_bytes == 0) return 0;
    if (needle.len_bytes > haystack.len_bytes) return -1;
    const uint8_t *const found = memmem(haystack.data, haystack.len_bytes, needle.data, needle.len_bytes);
    return found ? found - haystack.data : -1;
}
