// Apart from the other tables: linux/tcp.h, whose struct tcp_info is the longer one, and netinet/tcp.h exclude each other.
#include "plan/constants.h"
#include "plan/term.h"

#include <linux/tcp.h>
#include <stddef.h>

static const struct tcp_field FIELDS[] = {
#define TCP_FIELD(name) {#name, offsetof(struct tcp_info, tcpi_##name), sizeof(((struct tcp_info *)0)->tcpi_##name)},
#include "tcp_fields.def"
};

enum { FIELD_COUNT = sizeof FIELDS / sizeof *FIELDS };

const struct tcp_field *tcp_field_of(struct slice name) {
    static const char PREFIX[] = "tcpi_";
    size_t const prefix_bytes = sizeof PREFIX - 1;
    if (name.len_bytes > prefix_bytes && slice_is(slice_of(name.data, prefix_bytes), PREFIX)) {
        name = slice_of(name.data + prefix_bytes, name.len_bytes - prefix_bytes);
    }
    for (uint32_t i = 0; i < FIELD_COUNT; i++) {
        if (slice_is(name, FIELDS[i].name)) return &FIELDS[i];
    }
    return NULL;
}

const char *tcp_field_offer(uint32_t index) {
    return index < FIELD_COUNT ? FIELDS[index].name : NULL;
}
