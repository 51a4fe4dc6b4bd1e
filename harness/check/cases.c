// What `sockdrill list` knows, out of its JSON.
#include "bridge.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// ---- JSON, as much as a list of flat objects needs. RFC 8259

static void skip_blanks(const char **at) { *at += strspn(*at, " \t\r\n"); }

static bool take(const char **at, char byte) {
    skip_blanks(at);
    if (**at != byte) return false;
    ++*at;
    return true;
}

static uint32_t read_hex4(const char **at) {
    char digits[5] = {0};
    for (int i = 0; i < 4 && isxdigit((unsigned char)**at); i++) digits[i] = *(*at)++;
    return (uint32_t)strtoul(digits, NULL, 16);
}

static void add_character(struct sockdrill_text *text, uint32_t code) {
    char bytes[4];
    size_t len = 0;
    if (code < 0x80) bytes[len++] = (char)code;
    else if (code < 0x800) bytes[len++] = (char)(0xc0 | code >> 6);
    else if (code < 0x10000) bytes[len++] = (char)(0xe0 | code >> 12);
    else bytes[len++] = (char)(0xf0 | code >> 18);
    if (code >= 0x10000) bytes[len++] = (char)(0x80 | (code >> 12 & 0x3f));
    if (code >= 0x800) bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    if (code >= 0x80) bytes[len++] = (char)(0x80 | (code & 0x3f));
    sockdrill_text_add(text, bytes, len);
}

static void read_escape(const char **at, struct sockdrill_text *text) {
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    char const letter = **at;
    if (!letter) return;
    ++*at;
    const char *const found = strchr(letters, letter);
    if (letter == 'u') {
        uint32_t code = read_hex4(at);
        bool const has_low = code >= 0xd800 && code < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u';
        if (has_low) {
            *at += 2;
            code = 0x10000 + ((code - 0xd800) << 10) + (read_hex4(at) - 0xdc00);
        }
        add_character(text, code);
    } else if (found) {
        sockdrill_text_add(text, &meant[found - letters], 1);
    } else {
        sockdrill_text_add(text, &letter, 1);
    }
}

static bool read_string(const char **at, struct sockdrill_text *text) {
    if (!take(at, '"')) return false;
    sockdrill_text_add(text, "", 0);
    while (**at && **at != '"') {
        if (*(*at)++ == '\\') read_escape(at, text);
        else sockdrill_text_add(text, *at - 1, 1);
    }
    return take(at, '"');
}

static void skip_value(const char **at) {
    struct sockdrill_text ignored = {0};
    int depth = 0;
    do {
        skip_blanks(at);
        if (**at == '"') {
            read_string(at, &ignored);
        } else if (strchr("[{", **at) && **at) {
            depth++;
            ++*at;
        } else if (**at == ']' || **at == '}') {
            depth--;
            ++*at;
        } else {
            *at += strcspn(*at, depth ? "\"[]{}" : ",]}");
        }
    } while (depth > 0 && **at);
    sockdrill_text_fini(&ignored);
}

// ---- cases

// False: not all of them are strings.
static bool read_strings(const char **at, struct sockdrill_list *list) {
    if (!take(at, '[')) return false;
    if (take(at, ']')) return true;
    do {
        struct sockdrill_text text = {0};
        bool const is_string = read_string(at, &text);
        if (is_string) sockdrill_list_add(list, "%s", sockdrill_text_of(&text));
        sockdrill_text_fini(&text);
        if (!is_string) return false;
    } while (take(at, ','));
    return take(at, ']');
}

// False: it is not what it is to be.
static bool read_member(const char **at, const char *name, struct sockdrill_case *one) {
    struct sockdrill_text text = {0};
    char *end = NULL;
    skip_blanks(at);
    if (strcmp(name, "lets") == 0) return read_strings(at, &one->names.lets);
    if (strcmp(name, "actors") == 0) return read_strings(at, &one->names.actors);
    if (strcmp(name, "name") == 0 && read_string(at, &text)) {
        free(one->name);
        one->name = text.bytes;
    } else if (strcmp(name, "file") == 0 && read_string(at, &text)) {
        free(one->file);
        one->file = text.bytes;
    } else if (strcmp(name, "error") == 0) {
        one->is_wrong = **at == 't';
        skip_value(at);
    } else if (strcmp(name, "line") == 0) {
        one->line = (int)strtol(*at, &end, 10);
        *at = end;
    } else if (strcmp(name, "timeout") == 0) {
        long const whole = strtol(*at, &end, 10);
        one->timeout_s = (double)whole + 1; // a locale may have another point
        *at = end + strspn(end, ".0123456789eE+-");
    } else {
        skip_value(at);
    }
    return true;
}

static bool read_case(const char **at, struct sockdrill_case *one) {
    if (!take(at, '{')) return false;
    do {
        struct sockdrill_text name = {0};
        bool const is_member = read_string(at, &name) && take(at, ':');
        bool const is_read = is_member && read_member(at, sockdrill_text_of(&name), one);
        sockdrill_text_fini(&name);
        if (!is_read) break;
    } while (take(at, ','));
    return take(at, '}') && one->name && one->file;
}

static bool read_cases(const char *text, struct sockdrill_cases *cases) {
    if (!take(&text, '[')) return false;
    if (take(&text, ']')) return true;
    do {
        struct sockdrill_case one = {0};
        bool const ok = read_case(&text, &one);
        cases->items = sockdrill_need(realloc(cases->items, (cases->count + 1) * sizeof *cases->items));
        cases->items[cases->count++] = one;
        if (!ok) return false;
    } while (take(&text, ','));
    return take(&text, ']');
}

static bool list_cases(struct sockdrill_cases *cases, const char *path, const struct sockdrill_list *defines,
                       struct sockdrill_result *problem) {
    struct sockdrill_child child;
    struct sockdrill_list arguments = {0};
    *cases = (struct sockdrill_cases){0};
    *problem = (struct sockdrill_result){.outcome = SOCKDRILL_BROKEN};
    sockdrill_arguments_add(&arguments, SOCKDRILL_CHILD_LISTS, defines);
    sockdrill_list_add(&arguments, "--json");
    sockdrill_list_add(&arguments, path[0] == '-' ? "./%s" : "%s", path);
    bool const is_started = sockdrill_child_start(&child, SOCKDRILL_CHILD_LISTS, &arguments, NULL, &problem->message);
    sockdrill_list_fini(&arguments);
    if (!is_started) return false;
    sockdrill_child_wait(&child);
    bool const is_read = read_cases(sockdrill_text_of(&child.out_text), cases);
    if (is_read) sockdrill_text_fini(&child.out_text); // no words about an end
    sockdrill_result_read(problem, &child);
    bool const ok = is_read && problem->outcome == SOCKDRILL_PASSED;
    if (!ok && !problem->message.len_bytes)
        sockdrill_text_print(&problem->message, "this is no list of cases: sockdrill list --json");
    sockdrill_child_fini(&child);
    return ok;
}

// A define may decide how many cases there are, and which of them the files have nobody knows before they are listed.
bool sockdrill_cases_list(struct sockdrill_cases *cases, const char *path, struct sockdrill_result *problem) {
    struct sockdrill_list defines = {0};
    struct sockdrill_names names = {0};
    bool ok = list_cases(cases, path, &defines, problem);
    if (ok && sockdrill_defines()->count > 0) {
        for (size_t i = 0; i < cases->count; i++) sockdrill_names_add(&names, &cases->items[i].names);
        sockdrill_defines_of(&defines, &names);
    }
    if (defines.count > 0) {
        sockdrill_cases_fini(cases);
        sockdrill_result_fini(problem);
        ok = list_cases(cases, path, &defines, problem);
    }
    sockdrill_names_fini(&names);
    sockdrill_list_fini(&defines);
    return ok;
}

void sockdrill_cases_fini(struct sockdrill_cases *cases) {
    for (size_t i = 0; i < cases->count; i++) {
        free(cases->items[i].name);
        free(cases->items[i].file);
        sockdrill_names_fini(&cases->items[i].names);
    }
    free(cases->items);
    *cases = (struct sockdrill_cases){0};
}
