// What a run said, as a failure's place and words: out of the lines of --github, else out of what stands on standard
// error.
#include "bridge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

// ---- lines

// Plain values, within a text that is somebody else's.
struct piece {
    const char *bytes;
    size_t len_bytes;
};

static bool next_line(const char **rest, struct piece *line) {
    if (!**rest) return false;
    *line = (struct piece){*rest, strcspn(*rest, "\n")};
    *rest += line->len_bytes + ((*rest)[line->len_bytes] == '\n');
    return true;
}

static bool skip_word(struct piece *line, const char *word) {
    size_t const len = strlen(word);
    if (line->len_bytes < len || strncmp(line->bytes, word, len) != 0) return false;
    line->bytes += len;
    line->len_bytes -= len;
    return true;
}

static bool is_hex(char byte) { return isxdigit((unsigned char)byte); }

static int hex_digit(char byte) { return byte <= '9' ? byte - '0' : toupper((unsigned char)byte) - 'A' + 10; }

// %25, %0D, %0A, %3A and %2C are all that is escaped.
static void unescape(struct piece from, struct sockdrill_text *to) {
    for (size_t i = 0; i < from.len_bytes; i++) {
        const char *const at = from.bytes + i;
        bool const is_escaped = *at == '%' && i + 2 < from.len_bytes && is_hex(at[1]) && is_hex(at[2]);
        char const byte = is_escaped ? (char)(hex_digit(at[1]) * 16 + hex_digit(at[2])) : *at;
        sockdrill_text_add(to, &byte, 1);
        i += is_escaped ? 2 : 0;
    }
}

// ---- places

// Owned by who reads it; place_fini.
struct place {
    struct sockdrill_text file, title;
    int line;
};

// " file=F,line=L,...,title=T": in a value neither : nor , stands for itself.
static void read_place(struct piece properties, struct place *place) {
    *place = (struct place){0};
    skip_word(&properties, " ");
    while (properties.len_bytes > 0) {
        const char *const end = memchr(properties.bytes, ',', properties.len_bytes);
        struct piece one = {properties.bytes, end ? (size_t)(end - properties.bytes) : properties.len_bytes};
        properties.bytes += one.len_bytes + (end != NULL);
        properties.len_bytes -= one.len_bytes + (end != NULL);
        if (skip_word(&one, "file=")) unescape(one, &place->file);
        else if (skip_word(&one, "title=")) unescape(one, &place->title);
        else if (skip_word(&one, "line=")) place->line = atoi(one.bytes);
    }
}

static void place_fini(struct place *place) {
    sockdrill_text_fini(&place->file);
    sockdrill_text_fini(&place->title);
}

static void set_place(struct sockdrill_result *result, const char *file, size_t len_bytes, int line) {
    if (result->file || len_bytes == 0) return;
    result->file = sockdrill_need(strndup(file, len_bytes));
    result->line = line > 0 ? line : 1;
}

// "FILE:LINE:COLUMN: error: ", as diagnostics begin.
static void find_place(const char *text, struct sockdrill_result *result) {
    struct piece line;
    for (const char *rest = text; !result->file && next_line(&rest, &line);) {
        const char *const word = memmem(line.bytes, line.len_bytes, ": error: ", strlen(": error: "));
        const char *at = word;
        for (int colons = 0; at && at > line.bytes && colons < 2; colons += *at == ':') at--;
        if (!at || at == line.bytes || !isdigit((unsigned char)at[1])) continue;
        set_place(result, line.bytes, (size_t)(at - line.bytes), atoi(at + 1));
    }
}

// ---- words

static bool read_command(struct piece line, const char *word, struct piece *properties, struct piece *message) {
    const char *const end = skip_word(&line, word) ? memmem(line.bytes, line.len_bytes, "::", 2) : NULL;
    if (!end) return false;
    *properties = (struct piece){line.bytes, (size_t)(end - line.bytes)};
    *message = (struct piece){end + 2, line.len_bytes - properties->len_bytes - 2};
    return true;
}

// Past "FILE:LINE:COLUMN: " or "FILE:LINE: " of that place; false: the line does not begin so.
static bool skip_place(struct piece *line, const struct place *place) {
    struct piece at = *line;
    if (!place->file.len_bytes || !skip_word(&at, sockdrill_text_of(&place->file))) return false;
    size_t const numbers = strspn(at.bytes, ":0123456789");
    if (numbers < 2 || numbers >= at.len_bytes || at.bytes[numbers] != ' ') return false;
    *line = (struct piece){at.bytes + numbers + 1, at.len_bytes - numbers - 1};
    return true;
}

// The sentence first, of the first failure without its place, which Check prints in front of it; then what stands above
// it there, which is the scenario's title.
static void add_failure(struct sockdrill_text *to, const struct place *place, const char *message) {
    struct piece line = {0};
    const char *rest = message, *above = message;
    bool const is_first = to->len_bytes == 0;
    bool is_found = false;
    while (!is_found && next_line(&rest, &line)) {
        above = line.bytes;
        is_found = skip_place(&line, place);
    }
    if (!is_first) sockdrill_text_add(to, "\n\n", 2);
    if (!is_found) {
        sockdrill_text_print(to, "%s", message);
        return;
    }
    if (!is_first) line = (struct piece){above, strcspn(above, "\n")};
    size_t above_len = (size_t)(above - message);
    while (above_len > 0 && message[above_len - 1] == '\n') above_len--;
    sockdrill_text_add(to, line.bytes, line.len_bytes);
    if (above_len)
        sockdrill_text_print(to, "\nin %s: %.*s", sockdrill_text_of(&place->title), (int)above_len, message);
    if (*rest) sockdrill_text_print(to, "\n%s", rest);
}

static void read_commands(struct sockdrill_result *result, const char *text) {
    struct piece line, properties, message;
    for (const char *rest = text; next_line(&rest, &line);) {
        bool const is_error = read_command(line, "::error", &properties, &message);
        struct place place;
        struct sockdrill_text words = {0};
        if (!is_error && !read_command(line, "::notice", &properties, &message)) continue;
        read_place(properties, &place);
        unescape(message, &words);
        if (is_error) {
            set_place(result, sockdrill_text_of(&place.file), place.file.len_bytes, place.line);
            add_failure(&result->message, &place, sockdrill_text_of(&words));
        } else {
            sockdrill_text_print(&result->skips, "%s:%d: %s: %s\n", sockdrill_text_of(&place.file), place.line,
                                 sockdrill_text_of(&place.title), sockdrill_text_of(&words));
        }
        sockdrill_text_fini(&words);
        place_fini(&place);
    }
}

static void add_trimmed(struct sockdrill_text *to, const char *text) {
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n') len--;
    if (len == 0) return;
    if (to->len_bytes) sockdrill_text_add(to, "\n", 1);
    sockdrill_text_add(to, text, len);
}

static enum sockdrill_outcome outcome_of(int status) {
    if (!WIFEXITED(status)) return SOCKDRILL_BROKEN;
    switch (WEXITSTATUS(status)) {
    case SOCKDRILL_PASSED: return SOCKDRILL_PASSED;
    case SOCKDRILL_FAILED: return SOCKDRILL_FAILED;
    case SOCKDRILL_WRONG: return SOCKDRILL_WRONG;
    case SOCKDRILL_SKIPPED: return SOCKDRILL_SKIPPED;
    default: return SOCKDRILL_BROKEN;
    }
}

// Of an end that is no verdict, with all that was said on the way.
static void explain_end(struct sockdrill_result *result, const struct sockdrill_child *child) {
    const struct sockdrill_keeper_report *report = &child->report;
    if (report->failed)
        sockdrill_text_print(&result->message, "sockdrill %s: %s", report->failed, strerror(report->error));
    else if (WIFSIGNALED(report->status))
        sockdrill_text_print(&result->message, "sockdrill was ended by signal %d (%s)", WTERMSIG(report->status),
                             strsignal(WTERMSIG(report->status)));
    else sockdrill_text_print(&result->message, "sockdrill ended with exit code %d", WEXITSTATUS(report->status));
    add_trimmed(&result->message, sockdrill_text_of(&child->err_text));
    add_trimmed(&result->message, sockdrill_text_of(&child->out_text));
}

void sockdrill_result_read(struct sockdrill_result *result, const struct sockdrill_child *child) {
    const char *const err = sockdrill_text_of(&child->err_text);
    *result = (struct sockdrill_result){
        .outcome = child->report.failed ? SOCKDRILL_BROKEN : outcome_of(child->report.status)};
    read_commands(result, sockdrill_text_of(&child->out_text));
    read_commands(result, err);
    if (result->outcome == SOCKDRILL_PASSED || result->outcome == SOCKDRILL_SKIPPED) return;
    find_place(err, result);
    bool const is_told = result->outcome != SOCKDRILL_BROKEN;
    if (!result->message.len_bytes && is_told) add_trimmed(&result->message, err);
    if (!result->message.len_bytes || !is_told) explain_end(result, child);
}

void sockdrill_result_fini(struct sockdrill_result *result) {
    free(result->file);
    sockdrill_text_fini(&result->message);
    sockdrill_text_fini(&result->skips);
    result->file = NULL;
}
