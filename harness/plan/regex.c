#include "plan/regex.h"

#include "base/memory.h"
#include "loaded/pcre2.h"

#include <ctype.h>
#include <string.h>

// What a hostile pattern may cost before it is given up; about a second.
enum {
    MATCH_STEPS_MAX = 20 * 1000 * 1000,
    DEPTH_MAX = 100 * 1000,
    HEAP_KIB_MAX = 64 * 1024,
    ERROR_BYTES = 160,
};

// Immutable after regex_compile.
struct regex {
    pcre2_code *code;
    pcre2_match_context *match_context; // the limits
    uint32_t group_count;
    const char **names; // by group number
    const char *lacks;  // why there is no PCRE2, and no code; NULL: there is
};

static void *arena_malloc(PCRE2_SIZE size_bytes, void *arena) {
    return arena_alloc(arena, size_bytes);
}

// The arena gives everything back at once.
static void arena_free(void *memory, void *arena) {
    (void)memory, (void)arena;
}

static const char *error_text(struct arena *arena, int number) {
    PCRE2_UCHAR text[ERROR_BYTES];
    if (pcre2_get_error_message(number, text, sizeof text) == PCRE2_ERROR_BADDATA) return "an unknown error of PCRE2";
    return arena_text(arena, "%s", (const char *)text);
}

// The name table: entries of equal size, each a number of two bytes, high byte first, and a name; pcre2api(3).
static void list_names(struct arena *arena, struct regex *regex) {
    PCRE2_SPTR table;
    uint32_t name_count, entry_bytes;
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &name_count);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_bytes);
    regex->names = arena_array(arena, (size_t)regex->group_count + 1, sizeof *regex->names);
    for (uint32_t i = 0; i < name_count; i++) {
        const uint8_t *const entry = table + (size_t)i * entry_bytes;
        regex->names[(uint32_t)entry[0] << 8 | entry[1]] = (const char *)entry + 2;
    }
}

// Where no PCRE2 can tell of its names: (?<name>…), (?P<name>…) and (?'name'…), outside of classes. pcre2pattern(3)
static struct slice named_group(struct slice rest) {
    static const char *const openings[] = {"(?<", "(?P<", "(?'"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        size_t const len = strlen(openings[i]);
        if (rest.len_bytes <= len || memcmp(rest.data, openings[i], len) != 0) continue;
        size_t end = len;
        while (end < rest.len_bytes && (isalnum(rest.data[end]) || rest.data[end] == '_')) end++;
        return slice_of(rest.data + len, end - len); // empty: a look-behind
    }
    return slice_of(NULL, 0);
}

static const struct regex *name_alone(struct arena *arena, struct slice pattern, const char *lacks) {
    struct regex *const regex = arena_alloc(arena, sizeof *regex);
    bool in_class = false;
    regex->lacks = arena_text(arena, "regular expressions need PCRE2: %s", lacks);
    regex->names = arena_grow(arena, NULL, 0, sizeof *regex->names);
    for (size_t at = 0; at < pattern.len_bytes; at++) {
        uint8_t const byte = pattern.data[at];
        if (byte == '\\') at++;
        else if (byte == '[' && !in_class) in_class = true;
        else if (byte == ']') in_class = false;
        else if (byte == '(' && !in_class) {
            struct slice const name = named_group(slice_of(pattern.data + at, pattern.len_bytes - at));
            if (name.len_bytes == 0) continue;
            regex->names = arena_grow(arena, regex->names, ++regex->group_count, sizeof *regex->names);
            regex->names[regex->group_count] = arena_copy(arena, name.data, name.len_bytes);
        }
    }
    return regex;
}

const char *regex_lacks(const struct regex *regex) { return regex->lacks; }

struct library *regex_library(void) { return &pcre2_library; }

const struct regex *regex_compile(struct arena *arena, struct slice pattern, const char **error, size_t *offset_bytes) {
    const char *const trouble = library_load(&pcre2_library);
    if (trouble) return name_alone(arena, pattern, trouble);
    pcre2_general_context *const memory = pcre2_general_context_create(arena_malloc, arena_free, arena);
    pcre2_compile_context *const compile_context = pcre2_compile_context_create(memory);
    PCRE2_SIZE error_offset = 0;
    int number;
    PCRE2_SPTR const text = pattern.len_bytes ? pattern.data : (PCRE2_SPTR) "";
    pcre2_code *const code =
        pcre2_compile(text, pattern.len_bytes, PCRE2_NEVER_BACKSLASH_C, &number, &error_offset, compile_context);
    if (!code) {
        *error = error_text(arena, number);
        *offset_bytes = error_offset < pattern.len_bytes ? error_offset : pattern.len_bytes;
        return NULL;
    }
    pcre2_match_context *const match_context = pcre2_match_context_create(memory);
    pcre2_set_match_limit(match_context, MATCH_STEPS_MAX);
    pcre2_set_depth_limit(match_context, DEPTH_MAX);
    pcre2_set_heap_limit(match_context, HEAP_KIB_MAX);

    struct regex *const regex = arena_alloc(arena, sizeof *regex);
    regex->code = code;
    regex->match_context = match_context;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &regex->group_count);
    list_names(arena, regex);
    return regex;
}

uint32_t regex_group_count(const struct regex *regex) {
    return regex->group_count;
}

const char *regex_group_name(const struct regex *regex, uint32_t number) {
    return number <= regex->group_count ? regex->names[number] : NULL;
}

static void read_groups(const struct regex *regex, struct slice subject, pcre2_match_data *data, int count,
                        struct slice *groups) {
    const PCRE2_SIZE *const ends = pcre2_get_ovector_pointer(data);
    for (uint32_t i = 0; i <= regex->group_count; i++) {
        groups[i] = slice_of(NULL, 0);
        if ((int)i >= count || ends[2 * i] == PCRE2_UNSET) continue;
        // \K in a look-around may end a group before its start.
        size_t const len_bytes = ends[2 * i + 1] > ends[2 * i] ? ends[2 * i + 1] - ends[2 * i] : 0;
        groups[i] = slice_of(subject.data + ends[2 * i], len_bytes);
    }
}

enum regex_answer regex_match(const struct regex *regex, struct slice subject, struct slice *groups,
                              struct arena *arena, const char **error) {
    static const uint8_t NOTHING[1];
    if (regex->lacks) {
        *error = regex->lacks;
        return REGEX_LACKS;
    }
    if (!subject.data) subject.data = NOTHING;
    // From malloc, not from the arena: what backtracking took is given back here.
    pcre2_match_data *const data = pcre2_match_data_create(regex->group_count + 1, NULL);
    int const count = data ? pcre2_match(regex->code, subject.data, subject.len_bytes, 0, 0, data, regex->match_context)
                           : PCRE2_ERROR_NOMEMORY;
    if (count > 0 && groups) read_groups(regex, subject, data, count, groups);
    pcre2_match_data_free(data);
    if (count == PCRE2_ERROR_NOMEMORY) memory_exhausted();
    if (count > 0) return REGEX_MATCHES;
    if (count == PCRE2_ERROR_NOMATCH) return REGEX_DIFFERS;
    *error = arena_text(arena, "the regular expression was given up: %s", error_text(arena, count));
    return REGEX_FAILED;
}
