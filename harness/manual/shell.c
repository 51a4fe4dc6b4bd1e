#include "shell.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

// --- the tables

enum value_kind { NOTHING, CASES, TAGS, LETS, WORDS, FILES, FOLDERS, PROGRAMS };

// What a command takes that is no option.
enum operand { NO_OPERAND, SCENARIOS, ANY_FILE };

static const struct command {
    const char *name, *takes, *help;
    char letter;
} COMMANDS[] = {
#define COMMAND(name, letter, takes, help) {#name, takes, help, letter},
#include "cli/commands.def"
};

static const struct option {
    const char *name, *value, *letters, *help;
} OPTIONS[] = {
#define OPTION(id, name, value, commands, help) {name, value, commands, help},
#include "cli/options.def"
};

static const struct value {
    const char *written;
    enum value_kind kind;
    const char *words;
} VALUES[] = {
#define VALUE(written, kind, words) {written, kind, words},
#include "values.def"
};

static struct value value_of(const struct option *option) {
    for (size_t i = 0; i < LENGTH(VALUES); i++)
        if (strcmp(VALUES[i].written, option->value) == 0) return VALUES[i];
    return (struct value){option->value, NOTHING, ""};
}

static enum operand operand_of(const struct command *command) {
    if (strstr(command->takes, "PATH") || strstr(command->takes, "FILE")) return SCENARIOS;
    return strstr(command->takes, "JOURNAL") ? ANY_FILE : NO_OPERAND;
}

// One whose value may be left out has it in the same word, behind a `=`.
static bool is_optional(const struct option *option) { return option->value[0] == '['; }

static bool is_short(const struct option *option) { return option->name[1] != '-'; }

static bool takes(const struct command *command, const struct option *option) {
    return strchr(option->letters, command->letter) != NULL;
}

// Of a text between single quotes; `special` are bytes that need a backslash there.
static void quoted(FILE *out, const char *text, const char *special, const char *quote) {
    for (; *text; text++) {
        if (*text == '\'') fputs(quote, out);
        else if (strchr(special, *text)) fprintf(out, "\\%c", *text);
        else putc(*text, out);
    }
}

// --- bash

static void bash_commands(FILE *out) {
    fputs("    local commands='", out);
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) fprintf(out, "%s ", COMMANDS[i].name);
    fputs("--help --version'\n", out);
}

static void bash_options(FILE *out) {
    static const char *const OPERANDS[] = {"nothing", "scenarios", "files"};
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        fprintf(out, "    %s)\n        operand=%s\n", COMMANDS[i].name, OPERANDS[operand_of(&COMMANDS[i])]);
        fputs("        options='", out);
        for (size_t k = 0; k < LENGTH(OPTIONS); k++)
            if (takes(&COMMANDS[i], &OPTIONS[k])) fprintf(out, "%s ", OPTIONS[k].name);
        fputs("--help'\n        ;;\n", out);
    }
}

// COMMAND:OPTION) what to offer for its value.
static void bash_values(FILE *out) {
    static const char *const KINDS[] = {"nothing", "cases", "tags", "lets", "words", "files", "folders", "programs"};
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        for (size_t k = 0; k < LENGTH(OPTIONS); k++) {
            if (!takes(&COMMANDS[i], &OPTIONS[k]) || !*OPTIONS[k].value) continue;
            struct value const value = value_of(&OPTIONS[k]);
            const char *const optional = is_optional(&OPTIONS[k]) ? "optional-" : "";
            fprintf(out, "    %s:%s) kind=%s%s", COMMANDS[i].name, OPTIONS[k].name, optional, KINDS[value.kind]);
            if (*value.words) fprintf(out, " choices='%s'", value.words);
            fputs(" ;;\n", out);
        }
    }
}

// --- zsh

static void zsh_commands(FILE *out) {
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        fprintf(out, "    '%s:", COMMANDS[i].name);
        quoted(out, COMMANDS[i].help, "", "'\\''");
        fputs("'\n", out);
    }
}

static void zsh_action(FILE *out, struct value value) {
    static const char *const ACTIONS[] = {
        [NOTHING] = " ", [CASES] = "_sockdrill_cases", [TAGS] = "_sockdrill_tags", [LETS] = "_sockdrill_lets",
        [FILES] = "_files", [FOLDERS] = "_files -/", [PROGRAMS] = "_command_names -e",
    };
    if (value.kind == WORDS) fprintf(out, "(%s)", value.words);
    else fputs(ACTIONS[value.kind], out);
}

// A specification of _arguments.
static void zsh_option(FILE *out, const struct option *option) {
    const char *const joint = !*option->value ? "" : is_optional(option) ? "=-" : is_short(option) ? "+" : "=";
    fprintf(out, "            '%s%s%s[", *option->value ? "*" : "", option->name, joint);
    quoted(out, option->help, "[]:\\", "'\\''");
    putc(']', out);
    if (*option->value) {
        fputs(is_optional(option) ? "::" : ":", out);
        quoted(out, option->value, "[]:\\", "'\\''");
        putc(':', out);
        zsh_action(out, value_of(option));
    }
    fputs("'\n", out);
}

static void zsh_options(FILE *out) {
    static const char *const OPERANDS[] = {
        [NO_OPERAND] = ": : ", [SCENARIOS] = "*:scenario:_sockdrill_scenarios", [ANY_FILE] = "*:journal:_files",
    };
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        fprintf(out, "    %s)\n        arguments=(\n", COMMANDS[i].name);
        for (size_t k = 0; k < LENGTH(OPTIONS); k++)
            if (takes(&COMMANDS[i], &OPTIONS[k])) zsh_option(out, &OPTIONS[k]);
        fprintf(out, "            '(- *)--help[print how it is called]'\n            '%s'\n        )\n        ;;\n",
                OPERANDS[operand_of(&COMMANDS[i])]);
    }
}

// --- fish

static void fish_commands(FILE *out) {
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        fprintf(out, "complete -c sockdrill -n __sockdrill_has_no_command -a %s -d '", COMMANDS[i].name);
        quoted(out, COMMANDS[i].help, "\\", "\\'");
        fputs("'\n", out);
    }
}

static void fish_value(FILE *out, const struct option *option) {
    static const char *const OFFERS[] = {
        [NOTHING] = "-x", [CASES] = "-x -a '(__sockdrill_names cases)'", [TAGS] = "-x -a '(__sockdrill_tags)'",
        [LETS] = "-x -a '(__sockdrill_lets)'", [FILES] = "-r -F",
        [FOLDERS] = "-x -a '(__fish_complete_directories)'", [PROGRAMS] = "-x -a '(__fish_complete_command)'",
    };
    struct value const value = value_of(option);
    if (!*option->value) return;
    if (is_optional(option)) { // what only a `=` brings; without a value it stands alone
        fputs(" -F", out);
        return;
    }
    if (value.kind == WORDS) fprintf(out, " -x -a '%s'", value.words);
    else fprintf(out, " %s", OFFERS[value.kind]);
}

static void fish_options(FILE *out) {
    for (size_t i = 0; i < LENGTH(COMMANDS); i++) {
        const char *const name = COMMANDS[i].name;
        for (size_t k = 0; k < LENGTH(OPTIONS); k++) {
            const struct option *const option = &OPTIONS[k];
            if (!takes(&COMMANDS[i], option)) continue;
            fprintf(out, "complete -c sockdrill -n '__sockdrill_command_is %s' ", name);
            fprintf(out, is_short(option) ? "-s %s" : "-l %s", option->name + (is_short(option) ? 1 : 2));
            fish_value(out, option);
            fputs(" -d '", out);
            quoted(out, option->help, "\\", "\\'");
            fputs("'\n", out);
        }
        enum operand const operand = operand_of(&COMMANDS[i]);
        if (operand == NO_OPERAND) continue;
        fprintf(out, "complete -c sockdrill -n '__sockdrill_command_is %s' %s\n", name,
                operand == SCENARIOS ? "-a '(__sockdrill_scenarios)'" : "-F");
    }
}

// --- parts

static const struct {
    const char *name;
    void (*print)(FILE *out);
} PARTS[] = {
    {"bash-commands", bash_commands}, {"bash-options", bash_options}, {"bash-values", bash_values},
    {"zsh-commands", zsh_commands},   {"zsh-options", zsh_options},   {"fish-commands", fish_commands},
    {"fish-options", fish_options},
};

bool shell_print(const char *part, FILE *out) {
    for (size_t i = 0; i < LENGTH(PARTS); i++) {
        if (strcmp(PARTS[i].name, part) != 0) continue;
        PARTS[i].print(out);
        return true;
    }
    return false;
}
