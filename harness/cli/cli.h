// What the commands share. Private to the room, which is the one place that prints and exits.
#ifndef SOCKDRILL_CLI_H
#define SOCKDRILL_CLI_H

#include "base/buffer.h"
#include "journal/file.h"
#include "plan/plan.h"
#include "reports/github.h"
#include "reports/reports.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum exit_code {
    EXIT_PASSED = 0,
    EXIT_FAILED = 1,        // a test failed
    EXIT_WRONG = 2,         // the scenario's text, or the command line, is wrong
    EXIT_HARNESS = 3,       // the harness failed: no memory, a report that cannot be written
    EXIT_ALL_SKIPPED = 77,
};

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

// A part of the cases: --shard.
struct shard {
    uint32_t number, total; // from 1; 0 of 0: all of them
};
enum { SHARDS_MAX = JOURNAL_SHARDS_MAX };

// The command line, read. Points into argv, and into the environment.
struct options {
    const char *command;
    const char **paths;
    uint32_t path_count;
    uint32_t jobs, threads;
    uint32_t repeat, rerun_failed; // 0: not given
    struct shard shard;
    const char *shard_status_file; // to be touched, for Bazel; NULL: it does not ask
    double timeout_scale;
    uint64_t seed;
    const char *case_name, *tags, *journal;
    const char *names; // what of the cases `list` names, names_are; NULL: the cases and their titles
    const char *reports[SINK_COUNT]; // where each goes, "-": standard output; NULL: nobody wants it
    struct define *defines;
    uint32_t define_count;
    struct player *players; // their paths are absolute
    uint32_t player_count;
    char **folders; // of libraries: those of --library, of $SOCKDRILL_PATH, and the program's own
    uint32_t folder_count;
    bool libraries_only; // list
    char **under; // the command behind which programs are started, by its path; ends with NULL. NULL: there is none
    uint32_t under_count;
    bool serves;         // `serve`, which is a `run` whose clients are outside
    bool has_lifeline;
    uint32_t lifeline;   // a descriptor
    bool is_filtered; // the case's name is of a filter of Bazel's, which every test of a build is given: it may leave nothing
    bool check, until_fail, fail_fast, fail_on_skip, keep, terse, allow_network, no_isolation, json, verbose, quiet;
    enum colour_when colour;
};

// Reads the command line; false, with a message printed, where it is wrong.
bool options_read(struct options *options, int argc, char **argv);
void options_fini(struct options *options);
// Of one command; NULL: of all.
void options_help(const char *command, struct buffer *out);

// Whether cases may have worlds of their own here; why not goes to `lacks`. Before the process's second thread.
bool cli_isolation(const struct options *options, struct buffer *lacks);

// A file of scenarios, loaded. Owned by its suite.
struct loaded {
    char *path;
    uint64_t device, inode; // of the file: one that is named twice is one file
    uint64_t size_bytes;    // as it was found, a guess of what will be read; 0: of a pipe nobody knows
    char *text;
    size_t len_bytes;
    int error;           // an errno: it could not be read, and the set is empty
    struct plan_set set;
    bool *is_chosen; // by plan: suite_choose
};

// Every file under the paths, in the order of their names. Owned by the command.
struct suite {
    struct loaded *files;
    uint32_t file_count;
    uint32_t error_count; // files that cannot be played
    uint32_t chosen_count; // cases that were dealt to all shards together: suite_choose
};

// The steps of suite_load: only finds the files; reads one of them. Each is false after it has said what cannot be.
bool suite_find(struct suite *suite, const struct options *options);
bool suite_read(struct loaded *file);
bool suite_read_input(struct loaded *file); // standard input
int suite_read_file(struct loaded *file);   // the same, but says nothing: 0, or an errno
// load.c. Reads and compiles all that were found, by several threads where there are many; says nothing. The process has the
// threads again that it had, for the kernel too.
void suite_load_files(struct suite *suite, const struct options *options);
// Finds and loads; says what cannot be read. `paths` without one is the current folder. False: a path does not exist.
bool suite_load(struct suite *suite, const struct options *options);
void suite_fini(struct suite *suite);
// Prints the diagnostics of all files; the number of errors.
uint32_t suite_print_diags(const struct suite *suite);
// Whether no report would overwrite one of its files, or a library of theirs. False, with a message printed.
bool suite_is_spared(const struct suite *suite, const struct options *options);
// Whether --tags and --case choose the plan.
bool suite_chooses(const struct options *options, const struct plan *plan);

// --- names.c

// Whether `list --names` has them: "cases", "tags", "lets".
bool names_are(const char *what);
// Of the files that are not wrong, in their order; tags and lets sorted, each once.
void list_names(struct suite *suite, const char *what, struct buffer *out);
// The members "lets" and "actors" of an object of JSON: what --define and --function may name of the file, each once.
void list_json_names(const struct loaded *file, struct buffer *out);

// --- players.c

// Of --function. False, with a message printed.
bool player_add(struct options *options, char *text);
void players_forget(struct options *options);
// Whether each plays an actor of some file. False, with a message printed.
bool players_are_known(const struct suite *suite, const struct options *options);

// --- github.c

void workspace_init(struct workspace *workspace);
void workspace_fini(struct workspace *workspace);
// Where --github asks for it: an annotation for each diagnostic, and what they are in the step's summary. False, with a message
// printed: it cannot be written.
bool suite_annotate(const struct suite *suite, const struct options *options);

// --- library.c

// Of --library. False, with a message printed: it is no folder.
bool library_add(struct options *options, const char *folder);
// Adds those of $SOCKDRILL_PATH, and the one that lies beside the program: PREFIX/share/sockdrill/library of PREFIX/bin.
void libraries_find(struct options *options);
void libraries_forget(struct options *options);
// What a file of the command line is compiled with.
struct plan_options library_options(const struct options *options);
// The rows of `doctor`: which folders there are, and how much is in them.
void libraries_tell(const struct options *options, struct buffer *out);
// list --libraries.
enum exit_code libraries_list(const struct options *options);

// --- under.c

// Of --under: its words, the first looked up on PATH. False, with a message printed: it has none, or there is no such program.
bool under_read(struct options *options, const char *text);
void under_forget(struct options *options);

// --- shard.c

// "I/N". False, with a message printed: it is none.
bool shard_read(const char *text, struct shard *shard);
// What Bazel's test encyclopedia has in the environment, where the command line says nothing of it: which shard
// (TEST_SHARD_INDEX, TEST_TOTAL_SHARDS, TEST_SHARD_STATUS_FILE), which case (TESTBRIDGE_TEST_ONLY), and where the JUnit
// report goes (XML_OUTPUT_FILE). False, with a message printed: there is no such shard.
bool shard_environment(struct options *options);
// Touches the status file. False, with a message printed: it cannot be.
bool shard_tell(const struct options *options);
// Chooses what --tags and --case choose, and of that what is dealt to the shard. Once.
void suite_choose(struct suite *suite, const struct options *options);

// Everything of the buffer to the descriptor; a broken pipe is no error. Where standard output cannot be written, that is
// said once, what is being played ends, and so does the program, with EXIT_HARNESS: print_has_failed.
void print(int fd, struct buffer *buffer);
bool print_has_failed(void);
// Where GitHub's runner reads it, nothing of what is printed is a command to it.
void print_as_log(bool is_log);
// The same of a text that is a report: false, with a message printed, where it could not be written whole.
bool print_report(struct slice contents, enum github_escape escape);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Always false, after it has said what errno says of the file; where that is no fault of the file's, as ENOMEM, it ends
// the process.
bool cannot_read(const char *path, int error);
// All of it, however often it takes. 0, or a negative errno.
int write_all(int fd, struct slice contents);

// --- outfile.c

// A file that is being written, under a name beside its own until it is all there. Symbolic links to it stay, and so do its
// mode and its owner. What is no file, a pipe or a terminal, or is open already, as /dev/stdout is, is written to. Owned by
// whoever opened it, and not to be moved; any thread.
struct outfile {
    int fd;                // -1: not open
    char *target;          // the file's own name, with no link in it
    char *temporary;       // NULL: it is written through
    struct stat facts;     // of what it replaces
    bool is_new;           // it replaces nothing
    struct outfile *next;  // of those that are unfinished
};

// Before the first thread.
void outfile_begin(void);
// Each is 0, or a negative errno. A file whose opening failed need not be dropped, nor one that has ended, well or not.
int outfile_open(struct outfile *file, const char *path);
int outfile_add(struct outfile *file, struct slice contents);
int outfile_end(struct outfile *file);
void outfile_drop(struct outfile *file); // leaves what was there before
// Whether it could be opened; leaves nothing behind.
int outfile_try(const char *path);
// Whether what is printed goes there too; into a device it may.
bool outfile_is_output(const char *path);
// Whether one would overwrite the other. What takes everything, as /dev/null does, is never the same.
bool outfile_is_same(const char *one, const char *other);
// A file at once. 0, or a negative errno; the same, but false, with a message printed.
int write_whole_file(const char *path, struct slice contents);
bool write_file(const char *path, struct slice contents);
// Always false, after it has said so.
bool cannot_write(const char *path, int error);

// --- variable.c

// Of the environment; NULL: it is not set, or empty, which says as little.
const char *variable(const char *name);
// Whether it is set, to something but "0".
bool variable_is_on(const char *name);

// Whether it is one on which a line can be drawn over.
bool is_terminal(int fd);
// Its columns: those of COLUMNS, which a user may set, or else its own; 0: it is none, and has no width. Its lines into
// *rows, unless that is NULL; 0: they are not known.
unsigned terminal_width(int fd, unsigned *rows);
bool wants_colour(const struct options *options, int fd);

// The reports that are files, while a run is on. Owned by the command; whoever ends a case has the run's lock.
struct sinks {
    const char *const *paths; // by sink
    struct buffer *parts[SINK_COUNT]; // of a file: by case
    uint32_t count;
    struct coverage *coverage; // for the sink of that name; NULL: nobody wants it
    bool failed[SINK_COUNT];   // it could not be written whole, and that was said
};

// False, with a message printed.
bool can_write_json(void);
bool can_check_journal(const char *path);

// The summary of GitHub's step, where --github and the environment ask for one: whether it could be written; adds the run to it.
// False, with a message printed.
bool summary_try(const struct options *options);
bool summary_add(const struct sinks *sinks, const struct run_result *run);

// For `count` cases; makes the folders. False, with a message printed: one cannot be, or a file not be written.
bool sinks_begin(struct sinks *sinks, const struct options *options, uint32_t count);
// Of the journal too. False, with a message printed: a name is empty, two want the same file or standard output, or what is
// not for standard output does.
bool sinks_go_together(const struct options *options);
// Whether none of them, nor the journal, would overwrite a file that they are made from: its device, inode and name. False,
// with a message printed.
bool sinks_spare(const struct options *options, uint64_t device, uint64_t inode, const char *path);
// Whether one of them is written to standard output, which is its alone then.
bool sinks_take_output(const struct options *options);
void sinks_case(struct sinks *sinks, const struct run_facts *facts, const struct case_result *result);
// False, with a message printed: not every report could be written, now or before.
bool sinks_end(struct sinks *sinks, const struct run_result *run);
void sinks_fini(struct sinks *sinks);

// What is told while cases end, and behind the last: on the console, and in the reports. The same, whether they are played
// or read from a journal. Owned by the command; whoever ends a case has the run's lock.
struct teller {
    struct console_style style;
    struct run_facts facts;
    struct sinks sinks;
    struct suite_counts counts;
    uint32_t count, done; // cases
    uint64_t passed_turns; // --until-fail: of all cases, the last one too where that passed
    bool fail_on_skip;
    bool silent; // standard output is a report's
    bool wants_events; // of cases that pass, too
    bool skips_pass; // that all were skipped is no exit code of its own
    struct live *live;     // the block on a terminal; NULL: there is none
    struct follow *follow; // --verbose as it happens; NULL: each case is told when it has ended
};

// False, with a message printed: a report cannot be written where it is to be.
bool teller_begin(struct teller *teller, const struct options *options, const struct run_facts *facts, uint32_t count);
// Before cases are played: begins what is shown meanwhile, which needs a thread. teller_end ends it.
void teller_watch(struct teller *teller, const struct options *options, const struct plan *const *plans);
// A case begins, over so many threads; it ends, and teller_case comes later, with its last turn. Any thread may call.
void teller_begun(struct teller *teller, uint32_t number, const struct plan *plan, uint32_t thread_count);
void teller_put_off(struct teller *teller, uint32_t number);
// What the journal comes to; expands it where somebody will read it. The result owns it then, with its verdict: result_fini.
void teller_judge(const struct teller *teller, const struct plan *plan, uint32_t number, struct journal *journal,
                  struct case_result *result);
void result_fini(struct case_result *result);
// Counts the case and tells of it. `scratch` is the folder that was kept, or NULL. Of one that passed the events are freed.
void teller_case(struct teller *teller, const struct case_result *result, const char *scratch);
// `results` are those of the cases that were begun, in the order of their numbers.
enum exit_code teller_end(struct teller *teller, const struct case_result *results, uint64_t duration_ns, bool interrupted);
void teller_fini(struct teller *teller);

// The journal of a run that is kept in a file, as it grows: --journal. Owned by the command; whoever ends a case has the
// run's lock.
struct keeper {
    const char *path;         // NULL: none is kept
    const struct suite *suite;
    struct buffer out;
    struct journal_text *texts; // that were written
    uint32_t text_count;
    uint32_t *numbers;        // by file of the suite: in the journal, or PLAN_NONE
    uint32_t file_count;      // that were written
    struct outfile file;
    uint32_t checksum;        // of what was written
    bool failed;              // it could not be written, and that was said
};

// False, with a message printed: it cannot be written, now or before.
bool keeper_begin(struct keeper *keeper, const struct options *options, const struct suite *suite,
                  const struct run_facts *facts, uint32_t count);
// With its earlier turns; before it is told, while its events are there.
void keeper_case(struct keeper *keeper, const struct case_result *result, const char *scratch);
bool keeper_end(struct keeper *keeper, const struct teller *teller, bool interrupted); // behind teller_end
void keeper_fini(struct keeper *keeper); // one that has not ended leaves nothing behind

enum exit_code command_run(const struct options *options);
enum exit_code command_serve(const struct options *options);
enum exit_code command_report(const struct options *options);
enum exit_code command_check(const struct options *options);
enum exit_code command_list(const struct options *options);
enum exit_code command_new(const struct options *options);
enum exit_code command_doctor(const struct options *options);
enum exit_code command_format(const struct options *options);
enum exit_code command_explain(const struct options *options);

#endif
