#include "digest.h"
#include "functions.h"
#include "names.h"
#include "plan/record.h"
#include "wire.h"

#include "base/crc32.h"

#include <stdlib.h>
#include <string.h>

// ---- arguments

enum eval_status argument_bytes(const struct term *term, uint32_t index, struct eval_env *env,
                                const struct bytes **bytes) {
    struct value value;
    enum eval_status const status = term_eval_kind(term->items[index], env, VALUE_BYTES, &value);
    if (status == EVAL_DONE) *bytes = value.bytes;
    return status;
}

enum eval_status argument_flat(const struct term *term, uint32_t index, struct eval_env *env, struct slice *flat) {
    struct value value;
    enum eval_status const status = term_eval(term->items[index], env, &value);
    return status == EVAL_DONE ? eval_flat(env, term->items[index]->span, &value, flat) : status;
}

enum eval_status argument_count(const struct term *term, uint32_t index, struct eval_env *env, uint64_t *count) {
    struct value value;
    enum eval_status const status = term_eval_kind(term->items[index], env, VALUE_INTEGER, &value);
    if (status != EVAL_DONE) return status;
    char text[INTEGER_TEXT_BYTES];
    if (value.number < 0) {
        return eval_fail(env, term->items[index]->span, "%s is negative", integer_text(value.number, text));
    }
    *count = (uint64_t)value.number;
    return EVAL_DONE;
}

// A name for the system: bytes without a NUL.
static enum eval_status name_argument(const struct term *term, uint32_t index, struct eval_env *env,
                                      const char **name) {
    struct slice flat;
    enum eval_status const status = argument_flat(term, index, env, &flat);
    if (status != EVAL_DONE) return status;
    if (flat.len_bytes && memchr(flat.data, '\0', flat.len_bytes)) {
        return eval_fail(env, term->items[index]->span, "a name has no zero byte in it");
    }
    *name = arena_copy(env->arena, flat.data, flat.len_bytes);
    return EVAL_DONE;
}

// ---- bytes that are made

static enum eval_status call_file(const struct term *term, struct eval_env *env, struct value *value) {
    const char *path = NULL;
    enum eval_status const status = name_argument(term, 0, env, &path);
    return status == EVAL_DONE ? env->read_file(env, path, value) : status;
}

static enum eval_status repeated(const struct term *term, struct eval_env *env, const struct bytes *part,
                                 uint64_t count, struct value *value) {
    const struct bytes *const bytes = bytes_repeated(env->arena, part, count);
    if (!bytes) return eval_fail(env, term->span, "more bytes than 64 bits count");
    *value = value_bytes(bytes);
    return EVAL_DONE;
}

static enum eval_status call_repeat(const struct term *term, struct eval_env *env, struct value *value) {
    uint64_t count = 0;
    const struct bytes *part = NULL;
    enum eval_status status = argument_count(term, 0, env, &count);
    if (status == EVAL_DONE) status = argument_bytes(term, 1, env, &part);
    return status == EVAL_DONE ? repeated(term, env, part, count, value) : status;
}

static enum eval_status call_zeros(const struct term *term, struct eval_env *env, struct value *value) {
    uint64_t count = 0;
    enum eval_status const status = argument_count(term, 0, env, &count);
    if (status != EVAL_DONE) return status;
    return repeated(term, env, bytes_held(env->arena, slice_of("", 1)), count, value);
}

static enum eval_status call_random(const struct term *term, struct eval_env *env, struct value *value) {
    uint64_t count = 0;
    enum eval_status const status = argument_count(term, 0, env, &count);
    if (status == EVAL_DONE) *value = value_bytes(bytes_random(env->arena, env->seed, count));
    return status;
}

static enum eval_status call_counter(const struct term *term, struct eval_env *env, struct value *value) {
    uint64_t count = 0;
    enum eval_status const status = argument_count(term, 0, env, &count);
    if (status == EVAL_DONE) *value = value_bytes(bytes_counter(env->arena, count));
    return status;
}

static enum eval_status call_decimal(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval_kind(term->items[0], env, VALUE_INTEGER, value);
    if (status == EVAL_DONE) *value = value_bytes(value_as_text(env->arena, value));
    return status;
}

// Whether text before a port is an IPv6 address that lacks its brackets.
static bool lacks_brackets(struct eval_env *env, const struct bytes *bytes) {
    struct address address;
    bool has_port;
    struct slice text;
    if (bytes->len_bytes > ADDRESS_TEXT_BYTES || !bytes_flat(env->arena, bytes, &text)) return false;
    return address_parse(text, &address, &has_port) && !has_port && address.as.any.sa_family == AF_INET6 &&
           text.data[0] != '[';
}

static enum eval_status call_text(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval(term->items[0], env, value);
    if (status != EVAL_DONE) return status;
    *value = value_bytes(value_as_text(env->arena, value));
    if (!term->is_host || !lacks_brackets(env, value->bytes)) return status;
    const struct bytes *const parts[] = {value_text(env->arena, slice_text("[")).bytes, value->bytes,
                                         value_text(env->arena, slice_text("]")).bytes};
    *value = value_bytes(bytes_joined(env->arena, parts, sizeof parts / sizeof *parts));
    return status;
}

static enum eval_status pack_name(const struct term *term, struct eval_env *env, struct value *value) {
    struct slice flat;
    uint8_t wire[NAME_WIRE_BYTES_MAX];
    char message[NAME_MESSAGE_BYTES];
    enum eval_status const status = argument_flat(term, 0, env, &flat);
    if (status != EVAL_DONE) return status;
    size_t const len_bytes = name_pack(flat, wire, message);
    if (!len_bytes) return eval_fail(env, term->items[0]->span, "%s", message);
    *value = value_text(env->arena, slice_of(wire, len_bytes));
    return EVAL_DONE;
}

static enum eval_status call_pack(const struct term *term, struct eval_env *env, struct value *value) {
    if (term->packed == TYPE_WORD_DOMAIN_NAME) return pack_name(term, env, value);
    enum eval_status const status = term_eval(term->items[0], env, value);
    if (status != EVAL_DONE) return status;
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    size_t const len_bytes = wire_pack(term->packed, value, bytes, message);
    if (!len_bytes) return eval_fail(env, term->items[0]->span, "%s", message);
    *value = value_text(env->arena, slice_of(bytes, len_bytes));
    return EVAL_DONE;
}

// ---- bytes that are looked at

static enum eval_status call_len(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval(term->items[0], env, value);
    if (status != EVAL_DONE) return status;
    if (value->kind == VALUE_BYTES) {
        *value = value_integer(value->bytes->len_bytes);
    } else if (value->kind == VALUE_RECORD) {
        *value = value_integer(value->record->encoded->len_bytes);
    } else if (value->kind == VALUE_LIST) {
        *value = value_integer(value->item_count);
    } else {
        return eval_fail(env, term->items[0]->span, "%s has no length", value_kind_name(value->kind));
    }
    return EVAL_DONE;
}

static enum eval_status call_size(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval_kind(term->items[0], env, VALUE_BYTES, value);
    if (status == EVAL_DONE) *value = value_integer(value->bytes->len_bytes);
    return status;
}

static enum eval_status letters(const struct term *term, struct eval_env *env, uint8_t first, struct value *value) {
    struct slice flat;
    enum eval_status const status = argument_flat(term, 0, env, &flat);
    if (status != EVAL_DONE) return status;
    uint8_t *const changed = arena_copy(env->arena, flat.data, flat.len_bytes);
    for (size_t i = 0; i < flat.len_bytes; i++) {
        if (changed[i] >= first && changed[i] < first + 26) changed[i] ^= 'a' ^ 'A';
    }
    *value = value_bytes(bytes_held(env->arena, slice_of(changed, flat.len_bytes)));
    return EVAL_DONE;
}

static enum eval_status call_upper(const struct term *term, struct eval_env *env, struct value *value) {
    return letters(term, env, 'a', value);
}

static enum eval_status call_lower(const struct term *term, struct eval_env *env, struct value *value) {
    return letters(term, env, 'A', value);
}

static enum eval_status call_slice(const struct term *term, struct eval_env *env, struct value *value) {
    const struct bytes *bytes;
    uint64_t offset = 0, len_bytes = 0;
    enum eval_status status = argument_bytes(term, 0, env, &bytes);
    if (status == EVAL_DONE) status = argument_count(term, 1, env, &offset);
    if (status == EVAL_DONE && term->item_count > 2) status = argument_count(term, 2, env, &len_bytes);
    if (status != EVAL_DONE) return status;
    if (term->item_count < 3 && offset <= bytes->len_bytes) len_bytes = bytes->len_bytes - offset;
    if (offset > bytes->len_bytes || len_bytes > bytes->len_bytes - offset) {
        return eval_fail(env, term->span, "the slice ends past the end of %llu bytes",
                         (unsigned long long)bytes->len_bytes);
    }
    *value = value_bytes(bytes_slice(env->arena, bytes, offset, len_bytes));
    return EVAL_DONE;
}

static enum eval_status call_find(const struct term *term, struct eval_env *env, struct value *value) {
    struct slice haystack, needle;
    enum eval_status status = argument_flat(term, 0, env, &haystack);
    if (status == EVAL_DONE) status = argument_flat(term, 1, env, &needle);
    if (status == EVAL_DONE) *value = value_integer(slice_find(haystack, needle));
    return status;
}

// ---- checksums and codes

static enum eval_status call_crc32(const struct term *term, struct eval_env *env, struct value *value) {
    const struct bytes *bytes;
    enum eval_status const status = argument_bytes(term, 0, env, &bytes);
    if (status == EVAL_DONE) *value = value_integer(digest_crc32(bytes));
    return status;
}

static enum eval_status call_crc32c(const struct term *term, struct eval_env *env, struct value *value) {
    const struct bytes *bytes;
    enum eval_status const status = argument_bytes(term, 0, env, &bytes);
    if (status == EVAL_DONE) *value = value_integer(digest_crc32c(bytes));
    return status;
}

static enum eval_status digest_of(const struct term *term, struct eval_env *env, size_t digest_bytes,
                                  void (*digest)(const struct bytes *bytes, uint8_t *out), struct value *value) {
    const struct bytes *bytes;
    enum eval_status const status = argument_bytes(term, 0, env, &bytes);
    if (status != EVAL_DONE) return status;
    uint8_t *const out = arena_alloc(env->arena, digest_bytes);
    digest(bytes, out);
    *value = value_bytes(bytes_held(env->arena, slice_of(out, digest_bytes)));
    return EVAL_DONE;
}

static enum eval_status call_md5(const struct term *term, struct eval_env *env, struct value *value) {
    return digest_of(term, env, DIGEST_MD5_BYTES, digest_md5, value);
}

static enum eval_status call_sha1(const struct term *term, struct eval_env *env, struct value *value) {
    return digest_of(term, env, DIGEST_SHA1_BYTES, digest_sha1, value);
}

static enum eval_status call_sha256(const struct term *term, struct eval_env *env, struct value *value) {
    return digest_of(term, env, DIGEST_SHA256_BYTES, digest_sha256, value);
}

static enum eval_status call_base64(const struct term *term, struct eval_env *env, struct value *value) {
    struct slice flat;
    enum eval_status const status = argument_flat(term, 0, env, &flat);
    if (status == EVAL_DONE) *value = value_bytes(bytes_held(env->arena, digest_base64(env->arena, flat)));
    return status;
}

// ---- the machine

static enum eval_status call_exists(const struct term *term, struct eval_env *env, struct value *value) {
    const char *path = NULL;
    enum eval_status const status = name_argument(term, 0, env, &path);
    return status == EVAL_DONE ? env->file_exists(env, path, value) : status;
}

static enum eval_status call_env(const struct term *term, struct eval_env *env, struct value *value) {
    const char *name = NULL;
    enum eval_status const status = name_argument(term, 0, env, &name);
    if (status != EVAL_DONE) return status;
    const char *const text = getenv(name);
    *value = value_text(env->arena, slice_text(text ? text : ""));
    return EVAL_DONE;
}

static enum eval_status call_free_port(const struct term *term, struct eval_env *env, struct value *value) {
    return env->free_port(env, term->slot, value);
}

static enum eval_status (*const CALLS[FUNCTION_COUNT])(const struct term *, struct eval_env *, struct value *) = {
    [FUNCTION_FILE] = call_file,
    [FUNCTION_REPEAT] = call_repeat,
    [FUNCTION_ZEROS] = call_zeros,
    [FUNCTION_RANDOM] = call_random,
    [FUNCTION_COUNTER] = call_counter,
    [FUNCTION_LEN] = call_len,
    [FUNCTION_SIZE] = call_size,
    [FUNCTION_DECIMAL] = call_decimal,
    [FUNCTION_HEXADECIMAL] = call_hexadecimal,
    [FUNCTION_INT] = call_int,
    [FUNCTION_MIN] = call_min,
    [FUNCTION_MAX] = call_max,
    [FUNCTION_TEXT] = call_text,
    [FUNCTION_UPPER] = call_upper,
    [FUNCTION_LOWER] = call_lower,
    [FUNCTION_SLICE] = call_slice,
    [FUNCTION_FIND] = call_find,
    [FUNCTION_REPLACE] = call_replace,
    [FUNCTION_CUT] = call_cut,
    [FUNCTION_JOIN] = call_join,
    [FUNCTION_HEADER] = call_header,
    [FUNCTION_XOR] = call_xor,
    [FUNCTION_CRC32] = call_crc32,
    [FUNCTION_CRC32C] = call_crc32c,
    [FUNCTION_MD5] = call_md5,
    [FUNCTION_SHA1] = call_sha1,
    [FUNCTION_SHA256] = call_sha256,
    [FUNCTION_BASE64] = call_base64,
    [FUNCTION_UNBASE64] = call_unbase64,
    [FUNCTION_HEX] = call_hex,
    [FUNCTION_EXISTS] = call_exists,
    [FUNCTION_ENV] = call_env,
    [FUNCTION_FREE_PORT] = call_free_port,
    [FUNCTION_PACK] = call_pack,
};

// Immutable; by enum function. Of what is not here: nothing.
static const struct {
    const char *name;
    const char *(*lacks)(void);
} NEEDS[FUNCTION_PACK + 1] = {
    [FUNCTION_CRC32] = {"zlib", crc32_lacks},      [FUNCTION_MD5] = {"OpenSSL", digest_lacks},
    [FUNCTION_SHA1] = {"OpenSSL", digest_lacks},   [FUNCTION_SHA256] = {"OpenSSL", digest_lacks},
    [FUNCTION_BASE64] = {"OpenSSL", digest_lacks},
};

const char *function_needs(enum function function, const char **lacks) {
    *lacks = NEEDS[function].lacks ? NEEDS[function].lacks() : NULL;
    return NEEDS[function].name;
}

enum eval_status function_call(const struct term *term, struct eval_env *env, struct value *value) {
    const char *lacks;
    const char *const library = function_needs(term->function, &lacks);
    if (lacks) return eval_unsettled(env, term->span, "%s() needs %s: %s", function_word(term->function), library, lacks);
    return CALLS[term->function](term, env, value);
}
