// Plays a target on the files and folders given, each once, with whatever compiler: what ctest runs. Ends 2 where one
// cannot be read, or where there is none: a replay of nothing proves nothing.
#include "base/buffer.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static const char *current; // what is played, for when it does not come back

static _Noreturn void complain(const char *path) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(2);
}

static void say_which(void) {
    if (current) fprintf(stderr, "it was played on %s\n", current);
}

static void on_abort(int number) {
    say_which();
    signal(number, SIG_DFL);
    raise(number);
}

// Of a sanitizer's runtime, where one is linked in: what it calls when it is about to end the process.
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static unsigned play_file(const char *path) {
    FILE *const file = fopen(path, "rb");
    if (!file) complain(path);
    struct buffer contents = {0};
    char piece[4096];
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;) buffer_add(&contents, piece, len);
    if (ferror(file)) complain(path);
    fclose(file);
    // Of just its size, as libFuzzer has it.
    uint8_t *const data = malloc(contents.len_bytes ? contents.len_bytes : 1);
    if (!data) complain(path);
    if (contents.len_bytes) memcpy(data, contents.data, contents.len_bytes);
    current = path;
    LLVMFuzzerTestOneInput(data, contents.len_bytes);
    current = NULL;
    free(data);
    buffer_fini(&contents);
    return 1;
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static unsigned play(const char *path) {
    struct stat facts;
    if (stat(path, &facts) != 0) complain(path);
    if (!S_ISDIR(facts.st_mode)) return play_file(path);
    struct dirent **entries;
    int const count = scandir(path, &entries, is_shown, alphasort);
    if (count < 0) complain(path);
    unsigned played = 0;
    for (int i = 0; i < count; i++) {
        struct buffer inner = {0};
        buffer_printf(&inner, "%s/%s", path, entries[i]->d_name);
        played += play(inner.data);
        buffer_fini(&inner);
        free(entries[i]);
    }
    free(entries);
    return played;
}

int main(int argc, char **argv) {
    unsigned played = 0;
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(say_which);
    for (int i = 1; i < argc; i++) played += play(argv[i]);
    printf("%u inputs\n", played);
    return played ? 0 : 2;
}
