#include "tables.h"

#include "net/net.h"
#include "plan/constants.h"
#include "plan/message.h"
#include "plan/plan.h"
#include "plan/value.h"
#include "script/script.h"

#include <string.h>

// --- rows

// Text of a cell: a `|` would end it.
static void cell(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '|') putc('\\', out);
        putc(*text, out);
    }
}

static void code_cell(FILE *out, const char *text) {
    putc('`', out);
    cell(out, text);
    putc('`', out);
}

static void row(FILE *out, const char *code, const char *text) {
    fputs("| ", out);
    code_cell(out, code);
    fputs(" | ", out);
    cell(out, text);
    fputs(" |\n", out);
}

static void head(FILE *out, const char *left, const char *right) {
    fprintf(out, "| %s | %s |\n| --- | --- |\n", left, right);
}

// Names in a row, as a paragraph.
static void names(FILE *out, const char *const *list, size_t count) {
    enum { LINE_COLUMNS = 120 };
    size_t column = 0;
    for (size_t i = 0; i < count; i++) {
        size_t const width = strlen(list[i]) + strlen("``");
        bool const fits = column + 1 + width <= LINE_COLUMNS;
        const char *const between = column == 0 ? "" : fits ? " " : "\n";
        fprintf(out, "%s`%s`", between, list[i]);
        column = fits ? column + strlen(between) + width : width;
    }
    putc('\n', out);
}

// --- the language

static void declarations(FILE *out) {
    head(out, "declaration", "says");
#define DECLARATION(id, word, synopsis, help) row(out, synopsis, help);
#include "script/verbs.def"
}

static void verbs(FILE *out) {
    head(out, "step", "does");
#define VERB(id, word, synopsis, help) row(out, synopsis, help);
#include "script/verbs.def"
}

static void world_lines(FILE *out) {
    head(out, "line", "gives");
#define WORLD_LINE(id, word, synopsis, help) row(out, synopsis, help);
#include "script/world.def"
}

static void keywords(FILE *out) {
    static const char *const list[] = {
#define KEYWORD(id, word) word,
#include "script/keywords.def"
    };
    names(out, list, sizeof list / sizeof *list);
}

// How a type is written, with its arguments. Those of a list are types and more.
static const char *type_written(enum type_word type, const char *word, unsigned arguments, char *buffer, size_t room) {
    if (type == TYPE_WORD_LIST) return "list(TYPE, COUNT)`, `list(TYPE) until(EXPR)` or `list(TYPE)";
    if (type == TYPE_WORD_SIZED) return "sized(N, TYPE)";
    if (type == TYPE_WORD_MASKED) return "masked(N, KEY)";
    if (type == TYPE_WORD_UNTIL) return "until(BYTES)";
    snprintf(buffer, room, arguments ? "%s(N)" : "%s", word);
    return buffer;
}

static void types(FILE *out) {
    char written[64];
    head(out, "element", "matches");
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help)                                              \
    row(out, type_written(TYPE_WORD_##id, word, arguments, written, sizeof written), help);
#include "script/types.def"
}

static void functions(FILE *out) {
    head(out, "function", "value");
#define FUNCTION(id, word, arguments, optional, result, synopsis, help) row(out, synopsis, help);
#include "plan/functions.def"
}

// --- endpoints

static const char *const WRITTEN[] = {
#define ENDPOINT_FORM(id, reader, words_min, words_max, synopsis) [FORM_##id] = synopsis,
#include "net/forms.def"
};

static const struct family_row {
    const char *arguments; // of socket(2); NULL: not built
    enum endpoint_form form;
} BUILT[FAMILY_COUNT] = {
#define NET_FAMILY(id, domain, type, protocol, form, is_global)                                                        \
    [FAMILY_##id] = {#domain ", " #type ", " #protocol, form},
#include "net/families.def"
};

static void endpoint_kinds(FILE *out) {
    head(out, "endpoint", "`socket(2)`");
    for (enum family_word family = FAMILY_NONE + 1; family < FAMILY_COUNT; family++) {
        const char *const word = script_family_word(family);
        const struct family_row *const kind = &BUILT[family];
        if (!kind->arguments) {
            fprintf(out, "| `%s` | not built yet |\n", word);
        } else if (kind->form == FORM_PATH) {
            fprintf(out, "| `%s PATH` or `%s @NAME` | `%s` |\n", word, word, kind->arguments);
        } else {
            fprintf(out, "| `%s %s` | `%s` |\n", word, WRITTEN[kind->form], kind->arguments);
        }
    }
}

// --- attributes

enum subject { SOCKET, ACTOR, WORLD };

static const struct {
    enum subject subject;
    const char *word, *help;
} ATTRIBUTES[] = {
#define ATTRIBUTE(id, word, subject, result, help) {subject, word, help},
#include "plan/attributes.def"
};

static void attributes(FILE *out, enum subject subject) {
    head(out, "attribute", "value");
    for (size_t i = 0; i < sizeof ATTRIBUTES / sizeof *ATTRIBUTES; i++) {
        if (ATTRIBUTES[i].subject == subject) row(out, ATTRIBUTES[i].word, ATTRIBUTES[i].help);
    }
}

static void socket_attributes(FILE *out) {
    attributes(out, SOCKET);
}

static void actor_attributes(FILE *out) {
    attributes(out, ACTOR);
}

static void world_attributes(FILE *out) {
    attributes(out, WORLD);
}

// --- the kernel's names

static void states(FILE *out) {
    static const char *const list[] = {
#define STATE(name, number) #name,
#include "base/states.def"
    };
    names(out, list, sizeof list / sizeof *list);
}

static void socket_options(FILE *out) {
    static const char *const list[] = {
#define OPTION(name, level) #name,
#include "plan/options.def"
    };
    names(out, list, sizeof list / sizeof *list);
}

static void tcp_fields(FILE *out) {
    static const char *const list[] = {
#define TCP_FIELD(name) #name,
#include "plan/tcp_fields.def"
    };
    names(out, list, sizeof list / sizeof *list);
}

static void requirements(FILE *out) {
    enum { REQUIREMENTS_MAX = 64 };
    const char *list[REQUIREMENTS_MAX];
    uint32_t count = 0;
    while (count < REQUIREMENTS_MAX && (list[count] = requirement_offer(count))) count++;
    names(out, list, count);
}

static void constants(FILE *out) {
    static const char *const list[] = {
#define CONSTANT(name) #name,
#include "plan/constants.def"
    };
    names(out, list, sizeof list / sizeof *list);
}

// --- the program

// The commands that take an option, by their letters.
static void commands_of(FILE *out, const char *letters) {
    static const struct {
        char letter;
        const char *name;
    } commands[] = {{'r', "run"},  {'p', "report"}, {'c', "check"},  {'l', "list"},
                    {'d', "doctor"}, {'f', "format"}, {'e', "explain"}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *const found = strchr(letters, commands[i].letter);
        if (found) fprintf(out, "%s`%s`", found == letters ? "" : " ", commands[i].name);
    }
}

static void option_row(FILE *out, const char *name, const char *value, const char *letters, const char *help) {
    fprintf(out, "| `%s%s%s` | ", name, *value ? " " : "", value);
    commands_of(out, letters);
    fputs(" | ", out);
    cell(out, help);
    fputs(" |\n", out);
}

static void command_options(FILE *out) {
    fputs("| option | of | does |\n| --- | --- | --- |\n", out);
#define OPTION(id, name, value, commands, help) option_row(out, name, value, commands, help);
#include "cli/options.def"
}

static void limits(FILE *out) {
    static const struct {
        const char *of;
        unsigned long long most;
    } list[] = {
        {"bytes of one file's text", SCRIPT_TEXT_BYTES_MAX},
        {"levels of blocks, brackets and operators", SCRIPT_NESTING_MAX},
        {"cases of one file", PLAN_CASES_MAX},
        {"instances of all actors of a case", PLAN_INSTANCES_MAX},
        {"steps of a case, those of every call of a procedure counted", PLAN_STEPS_MAX},
        {"lets and varies of a file, its procedures, its actors: each", PLAN_NAMES_MAX},
        {"MiB that all cases of one file take when compiled", PLAN_SET_MIB_MAX},
        {"messages in one another", MESSAGE_NESTING_MAX},
        {"bytes of a value that is held as a whole: a capture, a file, what is searched", BYTES_FLAT_MAX},
        {"items of a list that is made: by a `for` in brackets, `cut`, `+`", VALUE_ITEMS_MAX},
        {"states that a socket's `lifecycle` records", PATH_MAX_STATES},
        {"diagnostics of one file; further ones are counted", DIAG_LIMIT},
    };
    fputs("| limit | at most |\n| --- | ---: |\n", out);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) fprintf(out, "| %s | %llu |\n", list[i].of, list[i].most);
}

static const struct {
    const char *name;
    void (*print)(FILE *out);
} TABLES[] = {
    {"declarations", declarations},
    {"verbs", verbs},
    {"world-lines", world_lines},
    {"keywords", keywords},
    {"types", types},
    {"functions", functions},
    {"endpoint-kinds", endpoint_kinds},
    {"socket-attributes", socket_attributes},
    {"actor-attributes", actor_attributes},
    {"world-attributes", world_attributes},
    {"states", states},
    {"socket-options", socket_options},
    {"tcp-fields", tcp_fields},
    {"constants", constants},
    {"requirements", requirements},
    {"command-options", command_options},
    {"limits", limits},
};

bool table_print(const char *name, FILE *out) {
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        if (strcmp(TABLES[i].name, name) != 0) continue;
        TABLES[i].print(out);
        return true;
    }
    return false;
}

const char *table_name(unsigned index) {
    return index < sizeof TABLES / sizeof *TABLES ? TABLES[index].name : NULL;
}
