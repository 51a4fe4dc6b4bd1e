// generate TEMPLATE [HEADER]: a page of the manual, or a shell's completion, to standard output.
//
// The template's lines pass as they are. Of these lines each stands for what the program's tables have:
//
//   > TEXT                 running text, filled with that of the lines below that begin so; `code` is bold
//   = CODE                 the item of a list, as mdoc_written has it
//   {{version}}            anywhere in a line
//   {{synopsis}}           how each command is called
//   {{command NAME}}       the item of a command; more of it may stand below
//   {{other commands}}     those that no line above has named
//   {{option --NAME ...}}  the items of options; --NAME:LETTER: of the command with that letter alone
//   {{other options}}      those that no line above has named, as a section of their own; nothing where there are none
//   {{table NAME}}         a table of the language, as items or as a paragraph
//   {{file NAME}}          a file beside the template, as literal text
//   {{header PART}}        of HEADER: names, synopsis, functions; header.h
//   {{shell PART}}         of a completion: shell.h
//
// generate --names SECTION prints what a page of that section must have in it, a name a line.
// generate --links HEADER FOLDER writes a page for each of the header's functions, which leads to the one about all of them.
//
// Exit codes: 0; 1 for what cannot be, with the line said on standard error.
#include "header.h"
#include "mdoc.h"
#include "shell.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *value, *letters, *help;
} OPTIONS[] = {
#define OPTION(id, name, value, commands, help) {name, value, commands, help},
#include "cli/options.def"
};

static const struct {
    const char *name, *takes, *help;
} COMMANDS[] = {
#define COMMAND(name, letter, takes, help) {#name, takes, help},
#include "cli/commands.def"
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

// Owned by main.
struct pass {
    const char *template, *header;
    unsigned line;
    struct buffer prose; // of the lines that begin with a `>`
    bool has_option[LENGTH(OPTIONS)], has_command[LENGTH(COMMANDS)]; // were named
};

static _Noreturn void fail(const struct pass *pass, const char *what, const char *name) {
    fprintf(stderr, "%s:%u: %s %s\n", pass->template, pass->line, what, name);
    exit(1);
}

// --- the command line

// "[OPTION...] [PATH...]" as macros.
static void print_takes(const char *takes) {
    while (*takes) {
        bool const is_optional = *takes == '[';
        takes += is_optional;
        size_t const len = strcspn(takes, " ]");
        bool const is_option = *takes == '-';
        printf("%s%s", is_optional ? ".Op " : ".", is_option ? "Fl " : "Ar ");
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)len - is_option, takes + is_option);
        mdoc_word(stdout, word);
        putchar('\n');
        takes += len;
        takes += strspn(takes, "] ");
    }
}

static void print_synopsis(void) {
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        printf(".Nm\n.Cm %s\n", COMMANDS[i].name);
        print_takes(COMMANDS[i].takes);
    }
}

static void print_command(struct pass *pass, size_t i) {
    pass->has_command[i] = true;
    printf(".It Xo\n.Cm %s\n", COMMANDS[i].name);
    print_takes(COMMANDS[i].takes);
    puts(".Xc");
    mdoc_sentence(stdout, COMMANDS[i].help, "");
}

static void print_option(struct pass *pass, size_t i) {
    pass->has_option[i] = true;
    MDOC.option(stdout, OPTIONS[i].name, OPTIONS[i].value, OPTIONS[i].letters, OPTIONS[i].help);
}

static void print_commands(struct pass *pass, const char *name) {
    bool found = false;
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        if (name ? strcmp(COMMANDS[i].name, name) != 0 : pass->has_command[i]) continue;
        print_command(pass, i);
        found = true;
    }
    if (name && !found) fail(pass, "there is no command", name);
}

static bool is_asked_for(const char *name, size_t i) {
    size_t const len = strcspn(name, ":");
    bool const is_same = strlen(OPTIONS[i].name) == len && strncmp(OPTIONS[i].name, name, len) == 0;
    return is_same && (!name[len] || strchr(OPTIONS[i].letters, name[len + 1]));
}

// An option of that name, more than one where commands differ in what it takes.
static void print_options(struct pass *pass, const char *name) {
    bool found = false;
    for (size_t i = 0; i < LENGTH(OPTIONS); i++) {
        if (!is_asked_for(name, i)) continue;
        print_option(pass, i);
        found = true;
    }
    if (!found) fail(pass, "there is no option", name);
}

static void print_other_options(struct pass *pass) {
    bool is_first = true;
    for (size_t i = 0; i < LENGTH(OPTIONS); i++) {
        if (pass->has_option[i]) continue;
        if (is_first) puts(".Ss The others\n.Bl -tag -width Ds");
        print_option(pass, i);
        is_first = false;
    }
    if (!is_first) puts(".El");
}

// --- marks

static void print_file(const struct pass *pass, const char *name) {
    char path[4096], line[4096];
    const char *const slash = strrchr(pass->template, '/');
    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - pass->template) + 1 : 0, pass->template, name);
    FILE *const file = fopen(path, "r");
    if (!file) fail(pass, "cannot open", path);
    while (fgets(line, sizeof line, file)) mdoc_literal(stdout, line);
    fclose(file);
}

// One thing that a mark asks for; false: there is no such mark.
static bool print_part(struct pass *pass, const char *what, const char *name) {
    bool const is_others = strcmp(what, "other") == 0;
    if (strcmp(what, "table") == 0) return table_print(name, &MDOC, stdout);
    if (strcmp(what, "shell") == 0) return shell_print(name, stdout);
    if (strcmp(what, "header") == 0) return pass->header && header_print(pass->header, name, stdout);
    if (strcmp(what, "file") == 0) print_file(pass, name);
    else if (strcmp(what, "command") == 0) print_commands(pass, name);
    else if (strcmp(what, "option") == 0) print_options(pass, name);
    else if (is_others && strcmp(name, "commands") == 0) print_commands(pass, NULL);
    else if (is_others && strcmp(name, "options") == 0) print_other_options(pass);
    else return false;
    return true;
}

// What stands between {{ and }}, taken apart.
static void print_mark(struct pass *pass, char *mark) {
    char *rest = mark;
    const char *const what = strsep(&rest, " ");
    if (!rest && strcmp(what, "synopsis") == 0) print_synopsis();
    else if (!rest) fail(pass, "there is no mark", what);
    for (const char *name = strsep(&rest, " "); name; name = strsep(&rest, " "))
        if (!print_part(pass, what, name)) fail(pass, what, name);
}

static void print_prose(struct pass *pass) {
    if (pass->prose.len_bytes > 0) mdoc_text(stdout, pass->prose.data);
    buffer_clear(&pass->prose);
}

static void print_line(const char *line) {
    static const char VERSION[] = "{{version}}";
    for (const char *mark; (mark = strstr(line, VERSION)); line = mark + strlen(VERSION))
        printf("%.*s%s", (int)(mark - line), line, SOCKDRILL_VERSION);
    fputs(line, stdout);
}

static void pass_line(struct pass *pass, char *line) {
    size_t const len = strcspn(line, "\n");
    bool const is_mark = len > 4 && strncmp(line, "{{", 2) == 0 && strncmp(line + len - 2, "}}", 2) == 0;
    if (strncmp(line, "> ", 2) == 0) {
        buffer_text(&pass->prose, line + 2);
        return;
    }
    print_prose(pass);
    if (is_mark) {
        line[len - 2] = '\0';
        print_mark(pass, line + 2);
    } else if (strncmp(line, "= ", 2) == 0) {
        line[len] = '\0';
        fputs(".It \"", stdout);
        mdoc_written(stdout, line + 2);
        fputs("\"\n", stdout);
    } else {
        print_line(line);
    }
}

static int fill(const char *template, const char *header) {
    struct pass pass = {.template = template, .header = header};
    char line[4096];
    FILE *const file = fopen(template, "r");
    if (!file) fail(&pass, "cannot open", template);
    while (fgets(line, sizeof line, file)) {
        pass.line++;
        pass_line(&pass, line);
    }
    print_prose(&pass);
    buffer_fini(&pass.prose);
    fclose(file);
    return fflush(stdout) != 0;
}

// --- names

static void name_row(FILE *out, const char *code, const char *text) {
    (void)text;
    fprintf(out, "%s\n", code);
}

static void name_list(FILE *out, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++) fprintf(out, "%s\n", list[i]);
}

static void name_option(FILE *out, const char *name, const char *value, const char *letters, const char *help) {
    (void)letters, (void)help;
    fprintf(out, "%s%s%s\n", name, *value && *value != '[' ? " " : "", value);
}

static void name_limit(FILE *out, const char *of, unsigned long long most) { fprintf(out, "%llu %s\n", most, of); }

// The first section has the command line, the fifth the language.
static int print_names(const char *section) {
    static const struct table_style NAMES = {
        .row = name_row, .names = name_list, .option = name_option, .limit = name_limit};
    bool const is_first = strcmp(section, "1") == 0;
    for (size_t i = 0; i < LENGTH(COMMANDS) && is_first; i++) printf("sockdrill %s\n", COMMANDS[i].name);
    for (unsigned i = 0; table_name(i); i++)
        if ((strcmp(table_name(i), "command-options") == 0) == is_first) table_print(table_name(i), &NAMES, stdout);
    return fflush(stdout) != 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--names") == 0) return print_names(argv[2]);
    if (argc == 4 && strcmp(argv[1], "--links") == 0) return header_links(argv[2], argv[3]);
    if (argc == 2 || argc == 3) return fill(argv[1], argc == 3 ? argv[2] : NULL);
    fputs("usage: generate TEMPLATE [HEADER] | --names SECTION | --links HEADER FOLDER\n", stderr);
    return 1;
}
