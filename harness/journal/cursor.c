#include "cursor.h"

#include "number.h"

#include "journal/journal.h"

#include <endian.h>
#include <string.h>

static const char CUT[] = "it ends too early";

void cursor_fail(struct cursor *cursor, const char *wrong) {
    if (!cursor->wrong) cursor->wrong = wrong;
    cursor->rest.len_bytes = 0;
}

static struct slice take(struct cursor *cursor, uint64_t count) {
    if (count > cursor->rest.len_bytes) {
        cursor_fail(cursor, CUT);
        return slice_of("", 0);
    }
    struct slice const taken = slice_of(cursor->rest.data, (size_t)count);
    cursor->rest = slice_of(cursor->rest.data + count, cursor->rest.len_bytes - (size_t)count);
    return taken;
}

uint64_t cursor_number(struct cursor *cursor, uint64_t most) {
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        struct slice const byte = take(cursor, 1);
        if (!byte.len_bytes) return 0;
        uint64_t const bits = byte.data[0] & 0x7f;
        if (shift > 63 || (shift == 63 && bits > 1)) {
            cursor_fail(cursor, "a number in it has more than 64 bits");
            return 0;
        }
        number |= bits << shift;
        if (!(byte.data[0] & 0x80)) break;
    }
    if (number <= most) return number;
    cursor_fail(cursor, "a number in it is larger than can be");
    return 0;
}

int64_t cursor_signed(struct cursor *cursor) { return zigzag_back(cursor_number(cursor, UINT64_MAX)); }

uint32_t cursor_id(struct cursor *cursor, uint32_t limit) {
    uint64_t const number = cursor_number(cursor, limit);
    return number ? (uint32_t)(number - 1) : JOURNAL_NONE;
}

struct slice cursor_bytes(struct cursor *cursor) { return take(cursor, cursor_number(cursor, UINT64_MAX)); }

const char *cursor_text(struct cursor *cursor) {
    struct slice const text = cursor_bytes(cursor);
    if (text.len_bytes && memchr(text.data, '\0', text.len_bytes)) {
        cursor_fail(cursor, "a text in it has a zero byte");
        return "";
    }
    return arena_copy(cursor->arena, text.data, text.len_bytes);
}

uint32_t cursor_fixed32(struct cursor *cursor) {
    uint32_t number = 0;
    struct slice const bytes = take(cursor, sizeof number);
    memcpy(&number, bytes.data, bytes.len_bytes);
    return le32toh(number);
}

uint64_t cursor_fixed64(struct cursor *cursor) {
    uint64_t number = 0;
    struct slice const bytes = take(cursor, sizeof number);
    memcpy(&number, bytes.data, bytes.len_bytes);
    return le64toh(number);
}
