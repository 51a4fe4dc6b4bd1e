// What the fuzz targets share: how an input is cut up, a machine that is not there, and how a broken promise ends.
//
// An input is a scenario's text. A line `#== file PATH` begins a file that the text may `use` or read, a line
// `#== bytes` what lies behind both: bytes that a peer sends, `--define`s, or what a target makes of them. To the language
// those lines are comments, so that a whole input can be read as a scenario too.
//
// Threads: none. One input at a time.
#ifndef SOCKDRILL_FUZZ_FUZZ_H
#define SOCKDRILL_FUZZ_FUZZ_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { FUZZ_FILES_MAX = 16 };

struct fuzz_file {
    struct slice path; // as it would be written from where the scenario lies, `..` resolved
    struct slice text;
};

// Each slice is an allocation of just its size, so that a sanitizer sees a byte read past its end.
struct fuzz_input {
    struct slice text;
    struct slice bytes;
    struct fuzz_file files[FUZZ_FILES_MAX];
    uint32_t file_count;
};

extern const char FUZZ_FILE_LINE[], FUZZ_BYTES_LINE[]; // "#== file ", "#== bytes\n"
extern const char FUZZ_PATH[];                         // of the scenario

// Each target's own: what is done with one input. What must hold is asked with fuzz_check.
void fuzz_one(const struct fuzz_input *input);

// Says what does not hold, and aborts: a finding.
void fuzz_check(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

// ---- input.c

void fuzz_input_init(struct fuzz_input *input, const uint8_t *data, size_t size_bytes);
void fuzz_input_fini(struct fuzz_input *input);

// Where the line stands in the text, at the start of one; text.len_bytes: nowhere.
size_t fuzz_find_line(struct slice text, const char *line);

// A stream of choices out of bytes: each read takes one, and past the end there are zeros.
struct fuzz_choices {
    struct slice bytes;
};
uint8_t fuzz_byte(struct fuzz_choices *choices);
uint32_t fuzz_below(struct fuzz_choices *choices, uint32_t limit); // 0 where limit is 0
struct slice fuzz_piece(struct fuzz_choices *choices);             // up to 255 bytes, its length first
uint64_t fuzz_mix(uint64_t number);                                // splitmix64: a number that nothing can be seen in

// ---- machine.c: while a target works, files are those of the input, the environment is empty, the clock stands still, and
// there are no sockets.

void fuzz_machine_begin(const struct fuzz_input *input);
void fuzz_machine_end(void);
const struct fuzz_file *fuzz_find_file(const char *path); // NULL: there is none

// ---- words.c

const char *fuzz_word(uint32_t index); // every word of the language's tables; NULL past the last

#endif
