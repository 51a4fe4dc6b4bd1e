// A scenario as an assertion.
#include "bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// ---- the arguments

// As sockdrill reads numbers, whatever the caller's locale writes.
static void add_scale(struct sockdrill_list *arguments) {
    char text[64];
    if (sockdrill_scale() == 1) return;
    snprintf(text, sizeof text, "%.6f", sockdrill_scale());
    char *const comma = strpbrk(text, ",.");
    if (comma) *comma = '.';
    sockdrill_list_add(arguments, "--timeout-scale");
    sockdrill_list_add(arguments, "%s", text);
}

void sockdrill_arguments_add(struct sockdrill_list *arguments, enum sockdrill_child_kind kind,
                             const struct sockdrill_list *defines) {
    static const char *const reports[] = {"--colour", "never", "--quiet", "--github"};
    switch (kind) {
    case SOCKDRILL_CHILD_RUNS: sockdrill_list_add(arguments, "run"); break;
    case SOCKDRILL_CHILD_SERVES: sockdrill_list_add(arguments, "serve"); break;
    case SOCKDRILL_CHILD_LISTS: sockdrill_list_add(arguments, "list"); break;
    }
    for (size_t i = 0; i < defines->count; i++) {
        sockdrill_list_add(arguments, "--define");
        sockdrill_list_add(arguments, "%s", defines->items[i]);
    }
    if (kind == SOCKDRILL_CHILD_LISTS) return;
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) sockdrill_list_add(arguments, "%s", reports[i]);
    if (sockdrill_skip_fails()) sockdrill_list_add(arguments, "--fail-on-skip");
    add_scale(arguments);
    if (kind == SOCKDRILL_CHILD_RUNS) return;
    sockdrill_list_add(arguments, "--lifeline");
    sockdrill_list_add(arguments, "3");
}

// ---- the path

static bool is_file(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

// The file of "FILE[case]", which `sockdrill list` prints without its ".drill"; to be freed. NULL: it is none.
static char *split(const char *path, const char **bracket) {
    size_t const len = strlen(path);
    if (len == 0 || path[len - 1] != ']' || is_file(path)) return NULL;
    for (*bracket = strchr(path, '['); *bracket; *bracket = strchr(*bracket + 1, '[')) {
        static const char *const endings[] = {"", ".drill"};
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
            char *file = NULL;
            if (asprintf(&file, "%.*s%s", (int)(*bracket - path), path, endings[i]) < 0) file = NULL;
            if (is_file(sockdrill_need(file))) return file;
            free(file);
        }
    }
    return NULL;
}

static bool ends_with(const char *text, const char *end) {
    size_t const len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool add_case(struct sockdrill_list *arguments, const char *file, const char *bracket,
                     struct sockdrill_text *why) {
    struct sockdrill_cases cases = {0};
    struct sockdrill_result problem = {0};
    size_t at = 0;
    bool const is_listed = sockdrill_cases_list(&cases, file, &problem);
    while (at < cases.count && !ends_with(cases.items[at].name, bracket)) at++;
    bool const is_found = is_listed && at < cases.count;
    if (is_found) {
        sockdrill_list_add(arguments, "--case");
        sockdrill_list_add(arguments, "%s", cases.items[at].name);
        sockdrill_list_add(arguments, "%s", file);
    } else if (!is_listed) {
        sockdrill_text_print(why, "%s", sockdrill_text_of(&problem.message));
    } else {
        sockdrill_text_print(why, "%s has no case %s; it has", file, bracket);
        for (size_t i = 0; i < cases.count; i++) sockdrill_text_print(why, "\n  %s", cases.items[i].name);
    }
    sockdrill_result_fini(&problem);
    sockdrill_cases_fini(&cases);
    return is_found;
}

bool sockdrill_arguments_path(struct sockdrill_list *arguments, const char *path, struct sockdrill_text *why) {
    const char *bracket = NULL;
    char *const file = split(path, &bracket);
    bool ok = true;
    if (file) ok = add_case(arguments, file, bracket, why);
    else if (path[0] == '-') sockdrill_list_add(arguments, "./%s", path);
    else sockdrill_list_add(arguments, "%s", path);
    free(file);
    return ok;
}

// ---- what it is told

// Where it makes no difference which names the path's scenarios have, nobody asks for them.
void sockdrill_given_to_path(struct sockdrill_given *given, const char *path) {
    struct sockdrill_cases cases = {0};
    struct sockdrill_result problem = {0};
    struct sockdrill_names names = {0};
    const char *bracket = NULL;
    bool is_listed = false;
    if (sockdrill_names_matter()) {
        char *const file = split(path, &bracket);
        is_listed = sockdrill_cases_list(&cases, file ? file : path, &problem);
        free(file);
    }
    for (size_t i = 0; i < cases.count; i++) sockdrill_names_add(&names, &cases.items[i].names);
    sockdrill_given_init(given, is_listed ? &names : NULL);
    sockdrill_names_fini(&names);
    sockdrill_result_fini(&problem);
    sockdrill_cases_fini(&cases);
}

// ---- playing it

// What a function's assertion said comes first, then what that made of the scenario.
static void put_first(struct sockdrill_result *result, const struct sockdrill_host_failure *failure) {
    struct sockdrill_text message = {0};
    sockdrill_text_print(&message, "%s\nin the function of '%s'", failure->message, failure->actor);
    if (result->message.len_bytes) sockdrill_text_print(&message, "\n\n%s", sockdrill_text_of(&result->message));
    sockdrill_text_fini(&result->message);
    free(result->file);
    result->message = message;
    result->file = sockdrill_need(strdup(failure->file));
    result->line = failure->line;
    if (result->outcome == SOCKDRILL_PASSED || result->outcome == SOCKDRILL_SKIPPED) result->outcome = SOCKDRILL_FAILED;
}

void sockdrill_play(struct sockdrill_list *arguments, struct sockdrill_given *given, const char *file, int line) {
    struct sockdrill_child child;
    struct sockdrill_result result = {0};
    struct sockdrill_text why = {0};
    bool const is_started = sockdrill_child_start(&child, SOCKDRILL_CHILD_RUNS, arguments, &given->functions, &why);
    sockdrill_list_fini(arguments);
    sockdrill_given_fini(given);
    if (!is_started) sockdrill_fail(file, line, &why);
    sockdrill_child_wait(&child);
    sockdrill_result_read(&result, &child);
    atomic_store(&child.board->is_told, true);
    if (child.failure && child.failure->line) put_first(&result, child.failure);
    sockdrill_child_fini(&child);
    sockdrill_assert_passed(&result, file, line);
}

// What Check says of a test that it kills: the place that came last.
static void mark(const char *scenario, const char *file, int line) {
    char *const name = sockdrill_name_for_check(scenario);
    bool const is_known = is_file(scenario) && strlen(name) < 1024;
    _mark_point(is_known ? name : file, is_known ? 1 : line);
    free(name);
}

void sockdrill_check_scenario(const char *path, const char *file, int line) {
    struct sockdrill_list arguments = {0};
    struct sockdrill_text why = {0};
    struct sockdrill_given given;
    sockdrill_given_to_path(&given, path);
    sockdrill_arguments_add(&arguments, SOCKDRILL_CHILD_RUNS, &given.defines);
    if (!sockdrill_arguments_path(&arguments, path, &why)) {
        sockdrill_list_fini(&arguments);
        sockdrill_given_fini(&given);
        sockdrill_fail(file, line, &why);
    }
    mark(arguments.items[arguments.count - 1], file, line);
    sockdrill_play(&arguments, &given, file, line);
}
