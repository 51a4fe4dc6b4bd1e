// The command line.
#include "cli.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_id {
#define OPTION(id, name, value, commands, help) OPTION_##id,
#include "options.def"
    OPTION_COUNT
};

// Immutable.
static const struct option_line {
    const char *name, *value, *commands, *help;
} lines[] = {
#define OPTION(id, text, takes, which, what) [OPTION_##id] = {text, takes, which, what},
#include "options.def"
};

// Immutable.
static const struct command_line {
    const char *name, *takes, *help;
    char letter; // by which options.def knows it
} commands[] = {
#define COMMAND(name, letter, takes, help) {#name, takes, help, letter},
#include "commands.def"
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static char letter_of(const char *command) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command, commands[i].name) == 0) return commands[i].letter;
    return '\0';
}

static bool number(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *result) {
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && value >= least && value <= most) {
        *result = value;
        return true;
    }
    complain("%s takes a number from %llu to %llu, not '%s'", option, (unsigned long long)least, (unsigned long long)most, text);
    return false;
}

static bool small_number(const char *option, const char *text, uint32_t most, uint32_t *result) {
    uint64_t value = 0;
    if (!number(option, text, 1, most, &value)) return false;
    *result = (uint32_t)value;
    return true;
}

static bool scale(const char *text, double *result) {
    char *end;
    double value = strtod(text, &end);
    if (*end == '\0' && end != text && value > 0 && value <= 1e6) {
        *result = value;
        return true;
    }
    complain("--timeout-scale takes a number above 0, not '%s'", text);
    return false;
}

static bool lifeline(const char *text, struct options *options) {
    uint64_t fd = 0;
    if (!number("--lifeline", text, 0, INT_MAX, &fd)) return false;
    options->has_lifeline = true;
    options->lifeline = (uint32_t)fd;
    struct stat facts;
    int const error = fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0 || fstat((int)fd, &facts) != 0 ? errno : 0; // no program may hold it
    if (error) complain("--lifeline %s: %s", text, strerror(error));
    else if (S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode) || S_ISCHR(facts.st_mode)) return true;
    else complain("--lifeline %s is no pipe and no socket: nobody holds its other end", text);
    return false;
}

static bool define(struct options *options, char *text) {
    char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        complain("--define takes NAME=VALUE, not '%s'", text);
        return false;
    }
    *equals = '\0';
    options->defines[options->define_count++] = (struct define){text, equals + 1};
    return true;
}

static bool colour(const char *text, enum colour_when *when) {
    if (strcmp(text, "auto") == 0) *when = COLOUR_AUTO;
    else if (strcmp(text, "always") == 0) *when = COLOUR_ALWAYS;
    else if (strcmp(text, "never") == 0) *when = COLOUR_NEVER;
    else {
        complain("--colour takes auto, always or never, not '%s'", text);
        return false;
    }
    return true;
}

static bool names(const char *text, const char **what) {
    *what = text;
    if (names_are(text)) return true;
    complain("--names takes cases, tags or lets, not '%s'", text);
    return false;
}

static bool apply(struct options *options, enum option_id id, char *value) {
    switch (id) {
    case OPTION_JOBS: return small_number("-j", value, 256, &options->jobs);
    case OPTION_THREADS: return small_number("--threads", value, 256, &options->threads);
    case OPTION_CASE: options->case_name = value; return true;
    case OPTION_TAGS: options->tags = value; return true;
    case OPTION_SHARD: return shard_read(value, &options->shard);
    case OPTION_DEFINE: return define(options, value);
    case OPTION_LIBRARY: return library_add(options, value);
    case OPTION_FUNCTION: return player_add(options, value);
    case OPTION_LIFELINE: return lifeline(value, options);
    case OPTION_TIMEOUT_SCALE: return scale(value, &options->timeout_scale);
    case OPTION_UNDER: return under_read(options, value);
    case OPTION_REPEAT: return small_number("--repeat", value, 1000000, &options->repeat);
    case OPTION_UNTIL_FAIL: options->until_fail = true; return true;
    case OPTION_RERUN_FAILED: return small_number("--rerun-failed", value, 1000, &options->rerun_failed);
    case OPTION_SEED: return number("--seed", value, 0, UINT64_MAX, &options->seed);
    case OPTION_FAIL_FAST: options->fail_fast = true; return true;
    case OPTION_FAIL_ON_SKIP: options->fail_on_skip = true; return true;
    case OPTION_KEEP: options->keep = true; return true;
    case OPTION_TERSE: options->terse = true; return true;
    case OPTION_NO_ISOLATION: options->no_isolation = true; return true;
    case OPTION_ALLOW_NETWORK: options->allow_network = true; return true;
#define SINK(id, name, kind, extension, index, help) \
    case OPTION_SINK_##id: options->reports[SINK_##id] = value ? value : "-"; return true;
#include "reports/sinks.def"
    case OPTION_JOURNAL: options->journal = value; return true;
    case OPTION_CHECK: options->check = true; return true;
    case OPTION_JSON: options->json = true; return true;
    case OPTION_LIBRARIES: options->libraries_only = true; return true;
    case OPTION_NAMES: return names(value, &options->names);
    case OPTION_VERBOSE: options->verbose = true; return true;
    case OPTION_QUIET: options->quiet = true; return true;
    case OPTION_COLOUR: return colour(value, &options->colour);
    case OPTION_COUNT: break;
    }
    return false;
}

static bool unknown(const char *argument) {
    struct nearest nearest = {.name = slice_of(argument, strcspn(argument, "="))};
    bool const is_letter = argument[1] != '-' && strlen(argument) == 2; // -v: of which other tools have more
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!is_letter) nearest_offer(&nearest, lines[i].name);
        else if (!nearest.best && lines[i].name[2] == argument[1]) nearest.best = lines[i].name;
    }
    if (nearest.best) complain("unknown option %s: did you mean %s?", argument, nearest.best);
    else complain("unknown option %s (see sockdrill --help)", argument);
    return false;
}

// --name VALUE, --name=VALUE, -jN, and where it may be left out --name=VALUE alone
static bool read_option(struct options *options, int argc, char **argv, int *at) {
    char *argument = argv[*at];
    const char *elsewhere = NULL; // an option of that name that other commands have
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_line *line = &lines[i];
        size_t len = strlen(line->name);
        if (strncmp(argument, line->name, len) != 0) continue;
        char *value = argument[len] == '=' ? argument + len + 1 : len == 2 && argument[len] ? argument + len : NULL;
        if (argument[len] != '\0' && !value) continue;
        if (!strchr(line->commands, letter_of(options->command))) {
            elsewhere = line->name;
            continue;
        }
        if (line->value[0] == '\0' && value) {
            complain("%s takes no value", line->name);
            return false;
        }
        if (line->value[0] != '\0' && line->value[0] != '[' && !value) {
            if (*at + 1 == argc) {
                complain("%s needs a value: %s %s", line->name, line->name, line->value);
                return false;
            }
            value = argv[++*at];
        }
        return apply(options, (enum option_id)i, value);
    }
    if (!elsewhere) return unknown(argument);
    complain("%s does not go with `sockdrill %s`", elsewhere, options->command);
    return false;
}

// Whether what the command prints besides is read by GitHub's runner, which takes some of it for commands.
static bool is_log(const struct options *options) {
    const char *const actions = variable("GITHUB_ACTIONS");
    bool const annotates = strchr(lines[OPTION_SINK_GITHUB].commands, letter_of(options->command)) != NULL;
    return options->reports[SINK_GITHUB] || (annotates && actions && strcmp(actions, "true") == 0);
}

static bool go_together(const struct options *options) {
    if (options->names && options->json) {
        complain("--names is names alone, and --json all that is known of the cases: only one of them can be had");
        return false;
    }
    if (!options->until_fail || !options->rerun_failed) return sinks_go_together(options);
    complain("--until-fail ends with the first failure, and --rerun-failed %u plays it again: only one of them can be had",
             options->rerun_failed);
    return false;
}

// One word for all of a CI server's runs, those of ctest and those of Check programs (sockdrill_check.h) too.
static bool skip_fails(const struct options *options) {
    bool const plays = strchr(lines[OPTION_FAIL_ON_SKIP].commands, letter_of(options->command)) != NULL;
    return plays && variable_is_on("SOCKDRILL_FAIL_ON_SKIP");
}

bool options_read(struct options *options, int argc, char **argv) {
    cpu_set_t mine; // sysconf(3) reads a file, and does not know of taskset(1)
    int const cores = sched_getaffinity(0, sizeof mine, &mine) == 0 ? CPU_COUNT(&mine) : 1;
    *options = (struct options){
        .command = argv[1],
        .jobs = cores < 256 ? (uint32_t)cores : 1,
        .timeout_scale = 1,
        .seed = 1,
        .paths = memory_need(calloc((size_t)argc, sizeof(char *))),
        .defines = memory_need(calloc((size_t)argc, sizeof(struct define))),
    };
    bool only_paths = false;
    for (int i = 2; i < argc; i++) {
        if (!only_paths && strcmp(argv[i], "--") == 0) only_paths = true;
        else if (only_paths || argv[i][0] != '-' || argv[i][1] == '\0') options->paths[options->path_count++] = argv[i];
        else if (!read_option(options, argc, argv, &i)) return false;
    }
    if (strcmp(options->command, "run") == 0 && !shard_environment(options)) return false;
    options->fail_on_skip = options->fail_on_skip || skip_fails(options);
    libraries_find(options);
    print_as_log(is_log(options));
    return go_together(options);
}

void options_fini(struct options *options) {
    free(options->paths);
    free(options->defines);
    libraries_forget(options);
    under_forget(options);
    players_forget(options);
}

// NULL: of all of them.
static void help_usages(const char *command, struct buffer *out) {
    const char *before = "usage:";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command_line *const line = &commands[i];
        if (command && strcmp(command, line->name) != 0) continue;
        int const len = (int)(strlen(line->name) + strlen(line->takes)) + 1;
        buffer_printf(out, "%6s sockdrill %s %s%*s%s\n", before, line->name, line->takes, len < 29 ? 29 - len : 1, "", line->help);
        before = "";
    }
}

static void help_options(const char *command, struct buffer *out) {
    const char *title = command ? "\noptions:\n" : "\noptions of run (some of the others too: sockdrill COMMAND --help):\n";
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (command && !strchr(lines[i].commands, letter_of(command))) continue;
        int const len = (int)(strlen(lines[i].name) + strlen(lines[i].value)) + (lines[i].value[0] != '[');
        const char *const between = lines[i].value[0] == '[' ? "" : " ";
        buffer_printf(out, "%s  %s%s%s%*s%s\n", title, lines[i].name, between, lines[i].value, len < 26 ? 26 - len : 1, "",
                      lines[i].help);
        title = "";
    }
}

void options_help(const char *command, struct buffer *out) {
    help_usages(command, out);
    if (!command) buffer_text(out, "       sockdrill --version | --help\n");
    help_options(command, out);
    buffer_text(out, "\nexit codes: 0 passed, 1 a test failed, 2 wrong text or command line, 3 the harness failed, 77 all skipped\n");
}
