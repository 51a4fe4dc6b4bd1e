// Check's side of an outcome: a failure's place and message, and what is said of skips.
#include "bridge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What Check takes of a message: check_set_max_msg_size() and CK_MAX_MSG_SIZE of it, with 8 bytes in front, and a
// buffer of its own.
enum { CHECK_MESSAGE_BYTES = 4096, CHECK_FRONT_BYTES = 8, CHECK_FILE_BYTES_MAX = 2048 };

static size_t message_bytes_max(void) {
    const char *const told = getenv("CK_MAX_MSG_SIZE");
    unsigned long const size = told ? strtoul(told, NULL, 10) : 0;
    size_t const taken = size ? size : CHECK_MESSAGE_BYTES;
    size_t const room = taken > CHECK_FRONT_BYTES ? taken - CHECK_FRONT_BYTES : 0;
    return room < BUFSIZ ? room : BUFSIZ - 1;
}

static void tell_all(const char *file, int line, const char *message) {
    bool is_cut = false;
    char *const all = sockdrill_message_for_check(message, SIZE_MAX, &is_cut);
    fprintf(stderr, "%s:%d: %s\n", file, line, all);
    free(all);
}

_Noreturn void sockdrill_fail(const char *file, int line, struct sockdrill_text *message) {
    bool is_cut = false;
    char *const made = sockdrill_message_for_check(sockdrill_text_of(message), message_bytes_max(), &is_cut);
    char *const place = sockdrill_name_for_check(file);
    size_t const place_len = strlen(place);
    size_t const from = place_len > CHECK_FILE_BYTES_MAX ? place_len - CHECK_FILE_BYTES_MAX : 0;
    sockdrill_servers_leave();
    // Check leaves by a jump: what is on the stack stays, what is on the heap must go first.
    char text[BUFSIZ], where[CHECK_FILE_BYTES_MAX + 1];
    snprintf(text, sizeof text, "%s", made);
    snprintf(where, sizeof where, "%s", place + from);
    if (is_cut) tell_all(where, line, sockdrill_text_of(message));
    free(made);
    free(place);
    sockdrill_text_fini(message);
    _ck_assert_failed(where, line, "scenario", "%s", text);
}

void sockdrill_assert_passed(struct sockdrill_result *result, const char *file, int line) {
    if (result->skips.len_bytes) fprintf(stderr, "%s", sockdrill_text_of(&result->skips));
    if (result->outcome == SOCKDRILL_PASSED || result->outcome == SOCKDRILL_SKIPPED) {
        sockdrill_result_fini(result);
        return;
    }
    char where[CHECK_FILE_BYTES_MAX * 2];
    snprintf(where, sizeof where, "%s", result->file ? result->file : file);
    int const at = result->file ? result->line : line;
    struct sockdrill_text message = result->message;
    result->message = (struct sockdrill_text){0};
    sockdrill_result_fini(result);
    sockdrill_fail(where, at, &message);
}

// ---- assertions of the user's

// Behind the assertion's own words, as a comment of TAP's; where there is no room, on standard error.
static void add_servers(char *text, size_t size, const char *file, int line, const char *servers) {
    enum { WORTH_IT_BYTES = 256 };
    size_t const len = strlen(text), taken = len + strlen("\n# "), max = message_bytes_max();
    bool is_cut = true;
    if (taken + WORTH_IT_BYTES <= max && taken + WORTH_IT_BYTES <= size) {
        char *const made = sockdrill_message_for_check(servers, (max < size ? max : size - 1) - taken, &is_cut);
        snprintf(text + len, size - len, "\n# %s", made);
        free(made);
    }
    if (is_cut) tell_all(file, line, servers);
}

void sockdrill_check_assert_failed(const char *file, int line, const char *expression, const char *format, ...) {
    char text[BUFSIZ]; // what Check itself has
    struct sockdrill_text servers = {0};
    va_list values;
    va_start(values, format);
    if (format) vsnprintf(text, sizeof text, format, values);
    else snprintf(text, sizeof text, "%s", expression);
    va_end(values);
    if (sockdrill_servers_failed(&servers)) add_servers(text, sizeof text, file, line, sockdrill_text_of(&servers));
    sockdrill_text_fini(&servers);
    sockdrill_servers_leave();
    _ck_assert_failed(file, line, expression, "%s", text);
}
