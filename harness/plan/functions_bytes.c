// Bytes that are made of others: pieces, parts in the place of parts, codes.
#include "functions.h"
#include "digest.h"

#include <string.h>

static const char HEX_DIGITS[] = "0123456789abcdef";

static enum eval_status too_long(const struct term *term, struct eval_env *env, uint64_t len_bytes) {
    return eval_fail(env, term->span, "%llu bytes are more than can be held at once (%d)", (unsigned long long)len_bytes,
                     BYTES_FLAT_MAX);
}

static struct slice slice_from(struct slice whole, size_t from) {
    return slice_of(whole.data + from, whole.len_bytes - from);
}

// slice_find, quick also where one byte is found over and over.
static int64_t find(struct slice text, struct slice needle) {
    if (needle.len_bytes != 1 || text.len_bytes == 0) return slice_find(text, needle);
    const uint8_t *const found = memchr(text.data, needle.data[0], text.len_bytes);
    return found ? found - text.data : -1;
}

// ---- replace

static uint64_t count_of(struct slice text, struct slice needle) {
    uint64_t count = 0;
    for (;;) {
        int64_t const at = find(text, needle);
        if (at < 0) return count;
        text = slice_from(text, (size_t)at + needle.len_bytes);
        count++;
    }
}

static uint8_t *append(uint8_t *at, struct slice more) {
    if (more.len_bytes) memcpy(at, more.data, more.len_bytes);
    return at + more.len_bytes;
}

static struct slice replaced(struct arena *arena, struct slice text, struct slice from, struct slice to, size_t len_bytes) {
    uint8_t *const data = arena_alloc(arena, len_bytes);
    uint8_t *out = data;
    for (;;) {
        int64_t const at = find(text, from);
        if (at < 0) break;
        out = append(out, slice_of(text.data, (size_t)at));
        out = append(out, to);
        text = slice_from(text, (size_t)at + from.len_bytes);
    }
    append(out, text);
    return slice_of(data, len_bytes);
}

enum eval_status call_replace(const struct term *term, struct eval_env *env, struct value *value) {
    struct slice text, from, to;
    enum eval_status status = argument_flat(term, 0, env, &text);
    if (status == EVAL_DONE) status = argument_flat(term, 1, env, &from);
    if (status == EVAL_DONE) status = argument_flat(term, 2, env, &to);
    if (status != EVAL_DONE) return status;
    if (from.len_bytes == 0) return eval_fail(env, term->items[1]->span, "what is replaced has one byte at the least");
    uint64_t const count = count_of(text, from);
    uint64_t const len_bytes = text.len_bytes - count * from.len_bytes + count * to.len_bytes;
    if (len_bytes > BYTES_FLAT_MAX) return too_long(term, env, len_bytes);
    *value = value_bytes(bytes_held(env->arena, replaced(env->arena, text, from, to, (size_t)len_bytes)));
    return EVAL_DONE;
}

// ---- cut, join

static enum eval_status cut_lengths(const struct term *term, struct eval_env *env, const struct bytes *bytes,
                                    integer piece_bytes, struct value *value) {
    if (piece_bytes < 1) return eval_fail(env, term->items[1]->span, "a piece has one byte at the least");
    integer const count = ((integer)bytes->len_bytes + piece_bytes - 1) / piece_bytes;
    if (count > VALUE_ITEMS_MAX) return eval_too_many(env, term->span);
    struct value *const items = arena_array(env->arena, (size_t)count, sizeof *items);
    uint64_t offset = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t const left = bytes->len_bytes - offset;
        uint64_t const len_bytes = piece_bytes < (integer)left ? (uint64_t)piece_bytes : left;
        items[i] = value_bytes(bytes_slice(env->arena, bytes, offset, len_bytes));
        offset += len_bytes;
    }
    *value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = (uint32_t)count};
    return EVAL_DONE;
}

static enum eval_status cut_separated(const struct term *term, struct eval_env *env, struct slice text,
                                      struct slice separator, struct value *value) {
    if (separator.len_bytes == 0) return eval_fail(env, term->items[1]->span, "a separator has one byte at the least");
    uint64_t const count = count_of(text, separator) + 1;
    if (count > VALUE_ITEMS_MAX) return eval_too_many(env, term->span);
    struct value *const items = arena_array(env->arena, (size_t)count, sizeof *items);
    for (uint32_t i = 0; i + 1 < count; i++) {
        size_t const len_bytes = (size_t)find(text, separator);
        items[i] = value_bytes(bytes_held(env->arena, slice_of(text.data, len_bytes)));
        text = slice_from(text, len_bytes + separator.len_bytes);
    }
    items[count - 1] = value_bytes(bytes_held(env->arena, text));
    *value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = (uint32_t)count};
    return EVAL_DONE;
}

enum eval_status call_cut(const struct term *term, struct eval_env *env, struct value *value) {
    const struct bytes *bytes;
    struct value by;
    struct slice text, separator;
    enum eval_status status = argument_bytes(term, 0, env, &bytes);
    if (status == EVAL_DONE) status = term_eval(term->items[1], env, &by);
    if (status != EVAL_DONE) return status;
    if (by.kind == VALUE_INTEGER) return cut_lengths(term, env, bytes, by.number, value);
    struct value const whole = value_bytes(bytes);
    status = eval_flat(env, term->items[0]->span, &whole, &text);
    if (status == EVAL_DONE) status = eval_flat(env, term->items[1]->span, &by, &separator);
    return status == EVAL_DONE ? cut_separated(term, env, text, separator, value) : status;
}

// `separator` may be NULL.
static enum eval_status joined(const struct term *term, struct eval_env *env, const struct value *list,
                               const struct bytes *separator, struct value *value) {
    const struct bytes **const parts = arena_array(env->arena, (size_t)list->item_count * 2 + 1, sizeof(struct bytes *));
    uint32_t part_count = 0;
    for (uint32_t i = 0; i < list->item_count; i++) {
        struct value item = list->items[i];
        if (eval_check_kind(env, term->items[0]->span, VALUE_BYTES, &item) != EVAL_DONE) {
            return eval_fail(env, term->items[0]->span, "[%u] of the list: %s", i, env->message);
        }
        if (i > 0 && separator) parts[part_count++] = separator;
        parts[part_count++] = item.bytes;
    }
    if (part_count == 0) parts[part_count++] = bytes_held(env->arena, slice_of(NULL, 0));
    const struct bytes *const bytes = bytes_joined(env->arena, parts, part_count);
    if (!bytes) return eval_fail(env, term->span, "more bytes than 64 bits count");
    *value = value_bytes(bytes);
    return EVAL_DONE;
}

enum eval_status call_join(const struct term *term, struct eval_env *env, struct value *value) {
    struct value list;
    const struct bytes *separator = NULL;
    enum eval_status status = term_eval_kind(term->items[0], env, VALUE_LIST, &list);
    if (status == EVAL_DONE && term->item_count > 1) status = argument_bytes(term, 1, env, &separator);
    return status == EVAL_DONE ? joined(term, env, &list, separator, value) : status;
}

// ---- header

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

static uint8_t lower_case(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? byte ^ ('a' ^ 'A') : byte;
}

static bool begins_with_name(struct slice line, struct slice name) {
    if (line.len_bytes <= name.len_bytes || line.data[name.len_bytes] != ':') return false;
    for (size_t i = 0; i < name.len_bytes; i++) {
        if (lower_case(line.data[i]) != lower_case(name.data[i])) return false;
    }
    return true;
}

// The next line without what ends it, which is taken from `text` too.
static struct slice take_line(struct slice *text) {
    const uint8_t *const found = text->len_bytes ? memchr(text->data, '\n', text->len_bytes) : NULL;
    size_t len_bytes = found ? (size_t)(found - text->data) : text->len_bytes;
    struct slice line = slice_of(text->data, len_bytes);
    if (found && line.len_bytes && line.data[line.len_bytes - 1] == '\r') line.len_bytes--;
    *text = slice_from(*text, len_bytes + (found != NULL));
    return line;
}

static struct slice trimmed(struct slice text) {
    while (text.len_bytes && is_blank(text.data[0])) text = slice_from(text, 1);
    while (text.len_bytes && is_blank(text.data[text.len_bytes - 1])) text.len_bytes--;
    return text;
}

// A line that begins with a blank goes on with the one before it: RFC 5322, 2.2.3; RFC 9112, 5.2. Only the breaks go.
static struct slice unfolded(struct arena *arena, struct slice first, struct slice text) {
    if (text.len_bytes == 0 || !is_blank(text.data[0])) return trimmed(first);
    uint8_t *const data = arena_alloc(arena, first.len_bytes + text.len_bytes);
    uint8_t *end = append(data, first);
    while (text.len_bytes && is_blank(text.data[0])) end = append(end, take_line(&text));
    return trimmed(slice_of(data, (size_t)(end - data)));
}

// Lines as one run of bytes, or a list with one in each item.
static enum eval_status lines_argument(const struct term *term, struct eval_env *env, struct slice *text) {
    struct value value;
    enum eval_status status = term_eval(term->items[0], env, &value);
    if (status == EVAL_DONE && value.kind == VALUE_LIST) {
        struct value const list = value;
        status = joined(term, env, &list, bytes_held(env->arena, slice_text("\n")), &value);
    }
    return status == EVAL_DONE ? eval_flat(env, term->items[0]->span, &value, text) : status;
}

enum eval_status call_header(const struct term *term, struct eval_env *env, struct value *value) {
    struct slice text, name;
    enum eval_status status = lines_argument(term, env, &text);
    if (status == EVAL_DONE) status = argument_flat(term, 1, env, &name);
    if (status != EVAL_DONE) return status;
    if (name.len_bytes == 0) return eval_fail(env, term->items[1]->span, "a header field's name has one byte at the least");
    *value = (struct value){.kind = VALUE_NONE};
    while (text.len_bytes) {
        struct slice const line = take_line(&text);
        if (line.len_bytes == 0) break; // the end of the header
        if (!begins_with_name(line, name)) continue;
        struct slice const field = unfolded(env->arena, slice_from(line, name.len_bytes + 1), text);
        *value = value_bytes(bytes_held(env->arena, field));
        break;
    }
    return EVAL_DONE;
}

// ---- xor

enum eval_status call_xor(const struct term *term, struct eval_env *env, struct value *value) {
    const struct bytes *bytes, *key;
    enum eval_status status = argument_bytes(term, 0, env, &bytes);
    if (status == EVAL_DONE) status = argument_bytes(term, 1, env, &key);
    if (status != EVAL_DONE) return status;
    const struct bytes *const xored = bytes_xored(env->arena, bytes, key);
    if (!xored) return too_long(term, env, bytes->len_bytes);
    *value = value_bytes(xored);
    return EVAL_DONE;
}

// ---- codes

enum eval_status call_unbase64(const struct term *term, struct eval_env *env, struct value *value) {
    struct slice flat, decoded;
    enum eval_status const status = argument_flat(term, 0, env, &flat);
    if (status != EVAL_DONE) return status;
    size_t wrong_at;
    if (!digest_unbase64(env->arena, flat, &decoded, &wrong_at)) {
        if (wrong_at == flat.len_bytes) {
            return eval_fail(env, term->items[0]->span, "this base64 ends in the midst of four characters");
        }
        return eval_fail(env, term->items[0]->span, "no base64 from byte %zu on", wrong_at);
    }
    *value = value_bytes(bytes_held(env->arena, decoded));
    return EVAL_DONE;
}

enum eval_status call_hex(const struct term *term, struct eval_env *env, struct value *value) {
    struct slice flat;
    enum eval_status const status = argument_flat(term, 0, env, &flat);
    if (status != EVAL_DONE) return status;
    uint8_t *const digits = arena_alloc(env->arena, flat.len_bytes * 2);
    for (size_t i = 0; i < flat.len_bytes; i++) {
        digits[2 * i] = (uint8_t)HEX_DIGITS[flat.data[i] >> 4];
        digits[2 * i + 1] = (uint8_t)HEX_DIGITS[flat.data[i] & 0xf];
    }
    *value = value_bytes(bytes_held(env->arena, slice_of(digits, flat.len_bytes * 2)));
    return EVAL_DONE;
}
