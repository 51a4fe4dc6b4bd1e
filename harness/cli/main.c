// sockdrill: drills what people build on a TCP stack.
#include "cli.h"

#include "base/nearest.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// Immutable.
static const struct {
    const char *name;
    enum exit_code (*command)(const struct options *options);
} commands[] = {
#define COMMAND(name, letter, takes, help) {#name, command_##name},
#include "commands.def"
};

// Of a command, or of all of them: NULL, or what is none.
static enum exit_code help(int fd, const char *command) {
    struct buffer out = {0};
    bool is_known = false;
    for (size_t i = 0; i < sizeof commands / sizeof *commands && command; i++)
        is_known = is_known || strcmp(command, commands[i].name) == 0;
    options_help(is_known ? command : NULL, &out);
    print(fd, &out);
    buffer_fini(&out);
    return fd == STDOUT_FILENO ? EXIT_PASSED : EXIT_WRONG;
}

static bool is_one_of(const char *argument, const char *a, const char *b) {
    return strcmp(argument, a) == 0 || strcmp(argument, b) == 0;
}

// Who starts us with a standard descriptor closed would get our next socket in its place, and our text on that. In place of
// standard output there is one that cannot be written to either: a report is not lost there without a word.
static void fill_standard_descriptors(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int const flags = fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd) _exit(EXIT_HARNESS);
    }
}

static enum exit_code command(int argc, char **argv) {
    if (argc < 2) return help(STDERR_FILENO, NULL);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_one_of(argv[i], "--help", "-h")) return help(STDOUT_FILENO, argv[1]);
    if (is_one_of(argv[1], "--version", "version")) {
        struct buffer out = {0};
        buffer_printf(&out, "sockdrill %s\n", SOCKDRILL_VERSION);
        print(STDOUT_FILENO, &out);
        buffer_fini(&out);
        return EXIT_PASSED;
    }
    struct nearest nearest = {.name = slice_text(argv[1])};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        nearest_offer(&nearest, commands[i].name);
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        struct options options;
        enum exit_code code = options_read(&options, argc, argv) ? commands[i].command(&options) : EXIT_WRONG;
        options_fini(&options);
        return code;
    }
    if (nearest.best) complain("there is no command '%s': did you mean '%s'?", argv[1], nearest.best);
    else complain("there is no command '%s' (see sockdrill --help)", argv[1]);
    return EXIT_WRONG;
}

int main(int argc, char **argv) {
    fill_standard_descriptors();
    outfile_begin();
    enum exit_code const code = command(argc, argv);
    return print_has_failed() ? EXIT_HARNESS : code;
}
