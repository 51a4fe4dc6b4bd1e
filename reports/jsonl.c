#include "jsonl.h"

#include "words.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "reports/json_text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *need(json_t *value) { return memory_need(value); }

// The command line has asked before; whoever has not ends here.
static void need_library(void) {
    const char *const lacks = report_json_lacks();
    if (!lacks) return;
    fprintf(stderr, "sockdrill: JSON cannot be written: %s\n", lacks);
    exit(3);
}

json_t *jsonl_object(void) {
    need_library();
    json_object_seed(1); // all keys are ours: no randomness is needed to spread them
    return need(json_object());
}

json_t *jsonl_list(void) {
    need_library();
    return need(json_array());
}

json_t *jsonl_text(struct slice text) {
    need_library();
    struct buffer words = {0};
    for (size_t at = 0; at < text.len_bytes;) {
        uint32_t code_point;
        unsigned const len = utf8_decode(slice_of(text.data + at, text.len_bytes - at), &code_point);
        if (len) buffer_add(&words, text.data + at, len);
        else buffer_printf(&words, "\\x%02x", text.data[at]);
        at += len ? len : 1;
    }
    json_t *const value = need(json_stringn(words.data ? words.data : "", words.len_bytes));
    buffer_fini(&words);
    return value;
}

static bool is_plain(struct slice bytes) {
    for (size_t at = 0; at < bytes.len_bytes;) {
        uint32_t code_point;
        unsigned const len = utf8_decode(slice_of(bytes.data + at, bytes.len_bytes - at), &code_point);
        bool const is_control = len && (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0));
        if (!len || (is_control && !strchr("\t\n\r", (int)code_point)) || !code_point) return false;
        at += len;
    }
    return true;
}

// RFC 4648, section 4.
static void base64(struct slice bytes, struct buffer *out) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < bytes.len_bytes; at += 3) {
        size_t const left = bytes.len_bytes - at;
        uint32_t bits = (uint32_t)bytes.data[at] << 16;
        if (left > 1) bits |= (uint32_t)bytes.data[at + 1] << 8;
        if (left > 2) bits |= bytes.data[at + 2];
        char const digits[4] = {DIGITS[bits >> 18], DIGITS[bits >> 12 & 63], left > 1 ? DIGITS[bits >> 6 & 63] : '=',
                                left > 2 ? DIGITS[bits & 63] : '='};
        buffer_add(out, digits, sizeof digits);
    }
}

json_t *jsonl_bytes(struct slice bytes) {
    json_t *const object = jsonl_object();
    if (is_plain(bytes)) {
        jsonl_put(object, "text", jsonl_text(bytes));
        return object;
    }
    struct buffer digits = {0};
    base64(bytes, &digits);
    jsonl_put(object, "base64", jsonl_text(buffer_view(&digits)));
    buffer_fini(&digits);
    return object;
}

json_t *jsonl_number(uint64_t number) {
    return need(json_integer(number < (uint64_t)INT64_MAX ? (json_int_t)number : INT64_MAX));
}

void jsonl_put(json_t *object, const char *key, json_t *value) {
    if (json_object_set_new_nocheck(object, key, value) != 0) memory_exhausted();
}

void jsonl_put_text(json_t *object, const char *key, const char *text) {
    if (text) jsonl_put(object, key, jsonl_text(slice_text(text)));
}

void jsonl_put_words(json_t *object, const char *key, struct buffer *words) {
    if (words->len_bytes) jsonl_put(object, key, jsonl_text(buffer_view(words)));
    buffer_clear(words);
}

void jsonl_put_number(json_t *object, const char *key, uint64_t number) {
    jsonl_put(object, key, jsonl_number(number));
}

void jsonl_put_flag(json_t *object, const char *key, bool flag) { jsonl_put(object, key, need(json_boolean(flag))); }

void jsonl_put_place(json_t *object, struct span span) {
    if (!span.source) return;
    struct position const position = source_position(span);
    jsonl_put_text(object, "file", span.source->path);
    jsonl_put_number(object, "line", position.line);
    jsonl_put_number(object, "column", position.column);
}

void jsonl_append(json_t *list, json_t *value) {
    if (json_array_append_new(list, value) != 0) memory_exhausted();
}

void jsonl_put_list(json_t *object, const char *key, json_t *list) {
    if (json_array_size(list)) jsonl_put(object, key, list);
    else json_delete(list);
}

void jsonl_put_actor(json_t *object, const struct plan *plan, uint32_t instance) {
    static const char *const ROLES[] = {
        [ROLE_SERVER] = "server",
        [ROLE_CLIENT] = "client",
        [ROLE_PROGRAM] = "program",
        [ROLE_AFTERWARDS] = "afterwards",
    };
    if (instance >= plan->instance_count) return;
    struct buffer name = {0};
    instance_name(plan, instance, &name);
    jsonl_put_words(object, "actor", &name);
    jsonl_put_text(object, "role", ROLES[plan->actors[plan->instances[instance].actor].role]);
    buffer_fini(&name);
}

void jsonl_put_time(json_t *object, const struct journal *journal, int64_t at_ns) {
    jsonl_put_number(object, "at_ns", at_ns > journal->begin_ns ? (uint64_t)(at_ns - journal->begin_ns) : 0);
}

static int take(const char *data, size_t len_bytes, void *out) {
    buffer_add(out, data, len_bytes);
    return 0;
}

static void dump(json_t *value, struct buffer *out) {
    size_t const flags = JSON_ENSURE_ASCII | JSON_ENCODE_ANY;
    if (json_dump_callback(value, take, out, flags) != 0) memory_exhausted();
    json_delete(value); // nobody else has it: json_decref(3) is inline, and out of a loaded library's reach
}

void jsonl_line(json_t *value, struct buffer *out) {
    dump(value, out);
    buffer_text(out, "\n");
}

const char *report_json_lacks(void) { return library_load(&jansson_library); }

void report_json_string(struct slice text, struct buffer *out) { dump(jsonl_text(text), out); }
