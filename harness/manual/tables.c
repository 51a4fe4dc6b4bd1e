#include "tables.h"

#include "net/net.h"
#include "plan/constants.h"
#include "plan/message.h"
#include "plan/plan.h"
#include "plan/value.h"
#include "script/script.h"

#include <string.h>

// Where a table goes, and how it looks there.
struct page {
    const struct table_style *style;
    FILE *out;
};

static void row(const struct page *page, const char *code, const char *text) {
    page->style->row(page->out, code, text);
}

static void head(const struct page *page, const char *left, const char *right) {
    if (page->style->head) page->style->head(page->out, left, right);
}

static void names(const struct page *page, const char *const *list, size_t count) {
    page->style->names(page->out, list, count);
}

// --- the language

static void declarations(const struct page *page) {
    head(page, "declaration", "says");
#define DECLARATION(id, word, synopsis, help) row(page, synopsis, help);
#include "script/verbs.def"
}

static void verbs(const struct page *page) {
    head(page, "step", "does");
#define VERB(id, word, synopsis, help) row(page, synopsis, help);
#include "script/verbs.def"
}

static void world_lines(const struct page *page) {
    head(page, "line", "gives");
#define WORLD_LINE(id, word, synopsis, help) row(page, synopsis, help);
#include "script/world.def"
}

static void keywords(const struct page *page) {
    static const char *const list[] = {
#define KEYWORD(id, word) word,
#include "script/keywords.def"
    };
    names(page, list, sizeof list / sizeof *list);
}

// How a type is written, with its arguments. Those of a list are types and more.
static const char *type_written(enum type_word type, const char *word, unsigned arguments, char *buffer, size_t room) {
    if (type == TYPE_WORD_LIST) return "list(TYPE, COUNT)`, `list(TYPE) until(EXPR)` or `list(TYPE)";
    if (type == TYPE_WORD_SIZED) return "sized(N, TYPE)";
    if (type == TYPE_WORD_MASKED) return "masked(N, KEY)";
    if (type == TYPE_WORD_UNTIL) return "until(BYTES)` or `until(BYTES, MAX)";
    snprintf(buffer, room, arguments ? "%s(N)" : "%s", word);
    return buffer;
}

static void types(const struct page *page) {
    char written[64];
    head(page, "element", "matches");
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help)                                              \
    row(page, type_written(TYPE_WORD_##id, word, arguments, written, sizeof written), help);
#include "script/types.def"
}

static void functions(const struct page *page) {
    head(page, "function", "value");
#define FUNCTION(id, word, arguments, optional, result, synopsis, help) row(page, synopsis, help);
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

// Both of its forms, where an address is a path or a name.
static void endpoint_row(const struct page *page, const char *word, const struct family_row *kind) {
    char written[80], call[80];
    if (kind->form == FORM_PATH) snprintf(written, sizeof written, "%s PATH` or `%s @NAME", word, word);
    else snprintf(written, sizeof written, "%s %s", word, WRITTEN[kind->form]);
    snprintf(call, sizeof call, "`%s`", kind->arguments);
    row(page, written, call);
}

static void endpoint_kinds(const struct page *page) {
    head(page, "endpoint", "`socket(2)`");
    for (enum family_word family = FAMILY_NONE + 1; family < FAMILY_COUNT; family++) {
        const char *const word = script_family_word(family);
        if (BUILT[family].arguments) endpoint_row(page, word, &BUILT[family]);
        else row(page, word, "not built yet");
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

static void attributes(const struct page *page, enum subject subject) {
    head(page, "attribute", "value");
    for (size_t i = 0; i < sizeof ATTRIBUTES / sizeof *ATTRIBUTES; i++) {
        if (ATTRIBUTES[i].subject == subject) row(page, ATTRIBUTES[i].word, ATTRIBUTES[i].help);
    }
}

static void socket_attributes(const struct page *page) {
    attributes(page, SOCKET);
}

static void actor_attributes(const struct page *page) {
    attributes(page, ACTOR);
}

static void world_attributes(const struct page *page) {
    attributes(page, WORLD);
}

// --- the kernel's names

static void states(const struct page *page) {
    static const char *const list[] = {
#define STATE(name, number) #name,
#include "base/states.def"
    };
    names(page, list, sizeof list / sizeof *list);
}

static void socket_options(const struct page *page) {
    static const char *const list[] = {
#define OPTION(name, level) #name,
#include "plan/options.def"
    };
    names(page, list, sizeof list / sizeof *list);
}

static void tcp_fields(const struct page *page) {
    static const char *const list[] = {
#define TCP_FIELD(name) #name,
#include "plan/tcp_fields.def"
    };
    names(page, list, sizeof list / sizeof *list);
}

static void requirements(const struct page *page) {
    enum { REQUIREMENTS_MAX = 64 };
    const char *list[REQUIREMENTS_MAX];
    uint32_t count = 0;
    while (count < REQUIREMENTS_MAX && (list[count] = requirement_offer(count))) count++;
    names(page, list, count);
}

static void constants(const struct page *page) {
    static const char *const list[] = {
#define CONSTANT(name) #name,
#include "plan/constants.def"
    };
    names(page, list, sizeof list / sizeof *list);
}

// --- the program

static const struct {
    char letter;
    const char *name;
} COMMANDS[] = {
#define COMMAND(name, letter, takes, help) {letter, #name},
#include "cli/commands.def"
};

void table_commands_of(FILE *out, const char *letters, const char *before, const char *behind, const char *between) {
    bool is_first = true;
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        if (!strchr(letters, COMMANDS[i].letter)) continue;
        fprintf(out, "%s%s%s%s", is_first ? "" : between, before, COMMANDS[i].name, behind);
        is_first = false;
    }
}

static void command_options(const struct page *page) {
    if (page->style->option_head) page->style->option_head(page->out);
#define OPTION(id, name, value, commands, help) page->style->option(page->out, name, value, commands, help);
#include "cli/options.def"
}

static void limits(const struct page *page) {
    static const struct {
        const char *of;
        unsigned long long most;
    } list[] = {
        {"bytes of one file's text", SCRIPT_TEXT_BYTES_MAX},
        {"levels of blocks, brackets and operators", SCRIPT_NESTING_MAX},
        {"cases of one file", PLAN_CASES_MAX},
        {"instances of all actors of a case", PLAN_INSTANCES_MAX},
        {"steps of a case, those of every call of a procedure counted", PLAN_STEPS_MAX},
        {"MiB of their text, counted so", PLAN_STEPS_MIB_MAX},
        {"lets and varies of a file, its procedures, its actors: each", PLAN_NAMES_MAX},
        {"MiB that all cases of one file take when compiled", PLAN_SET_MIB_MAX},
        {"messages in one another", MESSAGE_NESTING_MAX},
        {"bytes of a value that is held as a whole: a capture, a file, what is searched", BYTES_FLAT_MAX},
        {"items of a list that is made: by a `for` in brackets, `cut`, `+`", VALUE_ITEMS_MAX},
        {"states that a socket's `lifecycle` records", PATH_MAX_STATES},
        {"diagnostics of one file; further ones are counted", DIAG_LIMIT},
    };
    if (page->style->limit_head) page->style->limit_head(page->out);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) page->style->limit(page->out, list[i].of, list[i].most);
}

static const struct {
    const char *name;
    void (*print)(const struct page *page);
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

bool table_print(const char *name, const struct table_style *style, FILE *out) {
    struct page const page = {style, out};
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        if (strcmp(TABLES[i].name, name) != 0) continue;
        TABLES[i].print(&page);
        return true;
    }
    return false;
}

const char *table_name(unsigned index) {
    return index < sizeof TABLES / sizeof *TABLES ? TABLES[index].name : NULL;
}
