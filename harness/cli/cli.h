// What the commands share. Private to the room, which is the one place that prints and exits.
#ifndef SOCKDRILL_CLI_H
#define SOCKDRILL_CLI_H

#include "base/buffer.h"
#include "plan/plan.h"
#include "reports/reports.h"

#include <stdbool.h>
#include <stdint.h>

enum exit_code {
    EXIT_PASSED = 0,
    EXIT_FAILED = 1,        // a test failed
    EXIT_WRONG = 2,         // the scenario's text, or the command line, is wrong
    EXIT_HARNESS = 3,       // the harness failed: no memory, a report that cannot be written
    EXIT_ALL_SKIPPED = 77,
};

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

// The command line, read. Points into argv.
struct options {
    const char *command;
    const char **paths;
    uint32_t path_count;
    uint32_t jobs, threads, repeat;
    double timeout_scale;
    uint64_t seed;
    const char *case_name, *tags;
    const char *reports[SINK_COUNT]; // where each goes, "-": standard output; NULL: nobody wants it
    struct define *defines;
    uint32_t define_count;
    bool check, fail_fast, fail_on_skip, keep, allow_network, no_isolation, json, verbose, quiet;
    enum colour_when colour;
};

// Reads the command line; false, with a message printed, where it is wrong.
bool options_read(struct options *options, int argc, char **argv);
void options_fini(struct options *options);
void options_help(struct buffer *out);

// Whether cases may have worlds of their own here; why not goes to `lacks`. Before the process's second thread.
bool cli_isolation(const struct options *options, struct buffer *lacks);

// A file of scenarios, loaded. Owned by its suite.
struct loaded {
    char *path;
    uint64_t device, inode; // of the file: one that is named twice is one file
    char *text;
    size_t len_bytes;
    struct plan_set set;
};

// Every file under the paths, in the order of their names. Owned by the command.
struct suite {
    struct loaded *files;
    uint32_t file_count;
    uint32_t error_count; // files that cannot be played
};

// The steps of suite_load: only finds the files; reads one of them. Each is false after it has said what cannot be.
bool suite_find(struct suite *suite, const struct options *options);
bool suite_read(struct loaded *file);
bool suite_read_input(struct loaded *file); // standard input
// Finds and loads; says what cannot be read. `paths` without one is the current folder. False: a path does not exist.
bool suite_load(struct suite *suite, const struct options *options);
void suite_fini(struct suite *suite);
// Prints the diagnostics of all files; the number of errors.
uint32_t suite_print_diags(const struct suite *suite);
// Whether --tags and --case choose the plan.
bool suite_chooses(const struct options *options, const struct plan *plan);

// Everything of the buffer to the descriptor; a broken pipe is no error.
void print(int fd, struct buffer *buffer);
// The same of a text that is a report: false, with a message printed, where it could not be written whole.
bool print_report(struct slice contents);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Always false, after it has said what errno says of the file; where that is no fault of the file's, as ENOMEM, it ends
// the process.
bool cannot_read(const char *path, int error);
// Writes to a temporary name beside it and renames; what is no file (a pipe, a terminal) is written to. False, with a message printed: it could not be written whole.
bool write_file(const char *path, struct slice contents);
// The same for a file that is there: keeps its mode, and a symbolic link to it.
bool rewrite_file(const char *path, struct slice contents);
// Whether it is one on which a line can be drawn over.
bool is_terminal(int fd);
bool wants_colour(const struct options *options, int fd);

// The reports that are files, while a run is on. Owned by the command; whoever ends a case has the run's lock.
struct sinks {
    const char *const *paths; // by sink
    struct buffer *parts[SINK_COUNT]; // of a file: by case
    uint32_t count;
    bool failed; // one could not be written, and that was said
};

// For `count` cases; makes the folders. False, with a message printed: one cannot be.
bool sinks_begin(struct sinks *sinks, const struct options *options, uint32_t count);
// Whether one of them is written to standard output, which is its alone then.
bool sinks_take_output(const struct options *options);
void sinks_case(struct sinks *sinks, const struct run_facts *facts, const struct case_result *result);
// False, with a message printed: not every report could be written, now or before.
bool sinks_end(struct sinks *sinks, const struct run_result *run);
void sinks_fini(struct sinks *sinks);

enum exit_code command_run(const struct options *options);
enum exit_code command_check(const struct options *options);
enum exit_code command_list(const struct options *options);
enum exit_code command_new(const struct options *options);
enum exit_code command_doctor(const struct options *options);
enum exit_code command_format(const struct options *options);
enum exit_code command_explain(const struct options *options);

#endif
