// How reports put things into words: text from outside, durations, steps, actors and sockets.
//
// Whatever came over the wire or stands in a file goes through report_text, so that no terminal acts on it.
#ifndef SOCKDRILL_REPORTS_WORDS_H
#define SOCKDRILL_REPORTS_WORDS_H

#include "reports/reports.h"

// As one line: printable UTF-8 as it is, \n \r \t, and \xNN for the rest; cut to `columns`, the last three then "...".
// Returns the columns that it takes.
unsigned report_text(struct slice text, unsigned columns, struct buffer *out);
enum { COLUMNS_ALL = 1000000 }; // for text that is not to be cut

// The same, and blanks up to `columns`.
void report_padded(struct slice text, unsigned columns, struct buffer *out);

// "<1ms", "37ms", "1.2s"; into `text`, which is returned.
enum { DURATION_TEXT_BYTES = 32 };
const char *duration_text(int64_t duration_ns, char text[DURATION_TEXT_BYTES]);

// "shard 3/8 of 96 cases", "shard 8/8 of 3 cases is empty"; of a run that is one. Whether it wrote any.
bool shard_words(const struct run_result *run, struct buffer *out);

// The step of that number, or NULL for JOURNAL_NONE and for what stands in no text.
const struct step *step_at(const struct plan *plan, uint32_t number);
enum { STEP_CALLERS_MAX = 16 }; // procedures have no recursion; a chain longer than this says nothing new
// Whether two texts say the same, numbers aside.
bool says_the_same(struct slice a, struct slice b);
// Of a program, by the number that failures and events have of it: "terminal", "stdout", "stderr".
const char *output_word(int64_t number);
// A statement as one line, `{` aside: of one over several lines the words, joined by blanks, without comments. As
// report_text.
unsigned step_words(const struct step *step, unsigned columns, struct buffer *out);
uint32_t step_line(const struct step *step);
// "line 7", and of a step of a library's "mqtt.drill:7".
void step_place(const struct plan *plan, const struct step *step, struct buffer *out);

// What a wait has of what it waits for, behind its words: `: "\x00\x06assam"`; nothing where it has none.
void came_words(const struct wait *wait, struct buffer *out);

// "client 'caller[3]'"; nothing for JOURNAL_NONE. Whether it wrote any.
bool instance_words(const struct plan *plan, uint32_t instance, struct buffer *out);
// "caller[3]", and "case" for JOURNAL_NONE.
void instance_name(const struct plan *plan, uint32_t instance, struct buffer *out);

// Every socket's addresses as the journal has them, by its number. Lives in the arena it was made in.
struct socket_book {
    const struct address **local, **peer; // NULL: none
    uint32_t count;
};
void socket_book_init(struct socket_book *book, const struct journal *journal, struct arena *arena);
// "127.0.0.1:51000 <- 127.0.0.1:4400", or the one address it has, or nothing. Whether it wrote any.
bool socket_words(const struct socket_book *book, uint32_t socket, struct buffer *out);
void address_words(const struct address *address, struct buffer *out); // NULL: "none"

// "family=AF_INET type=SOCK_STREAM protocol=0"
void family_words(enum family_word family, struct buffer *out);

// "has ended with exit code 3", "was ended by SIGSEGV": of an EVENT_EXITED.
void program_end_words(const struct event *exited, struct buffer *out);
void signal_words(int number, struct buffer *out); // "SIGSEGV"

#endif
