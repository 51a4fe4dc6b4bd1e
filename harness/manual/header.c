#include "header.h"
#include "mdoc.h"

#include "base/arena.h"
#include "base/buffer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A comment and the declarations below it. The texts lie in the header's arena.
struct item {
    const char *section; // "": none has begun
    const char **comment; // lines, without their slashes and one blank
    size_t comment_count;
    const char **code; // declarations, each on one line: those of functions, enums and structs
    size_t code_count;
};

struct header {
    struct arena arena;
    struct item *items; // the first is the description
    size_t count;
};

// --- reading

static void add_line(struct header *header, const char ***lines, size_t *count, const char *line) {
    *lines = arena_grow(&header->arena, *lines, *count, sizeof **lines);
    (*lines)[(*count)++] = line;
}

static struct item *add_item(struct header *header, const char *section) {
    header->items = arena_grow(&header->arena, header->items, header->count, sizeof *header->items);
    header->items[header->count] = (struct item){.section = section};
    return &header->items[header->count++];
}

// One more line of a declaration, which ends with a `;` outside of braces.
static void add_code(struct header *header, struct item *item, struct buffer *open, const char *line) {
    bool const is_enum = strncmp(open->data ? open->data : line, "enum", 4) == 0;
    if (open->len_bytes > 0) buffer_text(open, is_enum ? "\n" : " ");
    buffer_text(open, is_enum ? line : line + strspn(line, " "));
    bool const is_open = strchr(open->data, '{') && !strchr(open->data, '}');
    bool const ends = !is_open && open->data[open->len_bytes - 1] == ';';
    if (!ends) return;
    add_line(header, &item->code, &item->code_count, arena_text(&header->arena, "%s", open->data));
    buffer_clear(open);
}

static bool is_declaration(const char *line) {
    return islower((unsigned char)line[0]) && strncmp(line, "extern", strlen("extern")) != 0;
}

static bool reads_line(struct header *header, char *line, struct buffer *open, bool *in_comment) {
    static const char SECTION[] = "// ---- ";
    struct item *last = &header->items[header->count - 1];
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, SECTION, strlen(SECTION)) == 0) {
        add_item(header, arena_text(&header->arena, "%s", line + strlen(SECTION)));
        *in_comment = false;
        return strncmp(line + strlen(SECTION), "behind", strlen("behind")) != 0;
    }
    if (strncmp(line, "//", 2) == 0) {
        if (!*in_comment) last = add_item(header, last->section);
        const char *const text = line + strlen("//") + (line[strlen("//")] == ' ');
        add_line(header, &last->comment, &last->comment_count, arena_text(&header->arena, "%s", text));
        *in_comment = true;
        return true;
    }
    *in_comment = false;
    if (!*line && open->len_bytes == 0) add_item(header, last->section);
    else if (open->len_bytes > 0 || is_declaration(line)) add_code(header, last, open, line);
    return true;
}

static bool header_read(struct header *header, const char *path) {
    char line[4096];
    struct buffer open = {0};
    bool in_comment = false;
    arena_init(&header->arena);
    header->items = NULL;
    header->count = 0;
    add_item(header, "");
    FILE *const file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file) && reads_line(header, line, &open, &in_comment)) continue;
    if (file) fclose(file);
    else fprintf(stderr, "%s: %s\n", path, strerror(errno));
    buffer_fini(&open);
    return file != NULL;
}

// --- prototypes

// How many lines of the comment are a prototype; 0: it does not begin with one.
static size_t prototype_lines(const struct item *item) {
    for (size_t i = 0; i < item->comment_count && i < 3; i++) {
        size_t const len = strlen(item->comment[i]);
        if (!strchr(item->comment[0], '(') || len < 2) return 0;
        if (strcmp(item->comment[i] + len - 2, ");") == 0) return i + 1;
    }
    return 0;
}

// The name of the function that a declaration is of; 0 bytes: it is of none.
static struct slice function_name(const char *code) {
    const char *const end = strchr(code, '(');
    const char *begin = end;
    while (begin > code && (isalnum((unsigned char)begin[-1]) || begin[-1] == '_')) begin--;
    return end && !strchr(code, '{') ? slice_of(begin, (size_t)(end - begin)) : slice_of("", 0);
}

static void each_function(const struct item *item, FILE *out,
                          void (*reader)(FILE *out, const char *prototype, struct slice name)) {
    struct buffer prototype = {0};
    for (size_t i = 0; i < prototype_lines(item); i++) {
        const char *const line = item->comment[i];
        buffer_printf(&prototype, "%s%s", i ? " " : "", line + strspn(line, " "));
    }
    if (prototype.len_bytes > 0) reader(out, prototype.data, function_name(prototype.data));
    for (size_t i = 0; i < item->code_count; i++) {
        struct slice const name = function_name(item->code[i]);
        if (name.len_bytes > 0) reader(out, item->code[i], name);
    }
    buffer_fini(&prototype);
}

// --- parts

static void print_name(FILE *out, const char *prototype, struct slice name) {
    (void)prototype;
    fprintf(out, " ,\n.Nm %.*s", (int)name.len_bytes, (const char *)name.data);
}

// A comma between parentheses, as a parameter that is a function has them, ends no argument.
static void print_arguments(FILE *out, const char *at) {
    int depth = 0;
    fputs(".Fa \"", out);
    for (; *at && !(depth == 0 && *at == ')'); at++) {
        depth += (*at == '(') - (*at == ')');
        if (depth == 0 && *at == ',') {
            fputs("\"\n.Fa \"", out);
            at += strspn(at + 1, " ");
        } else {
            putc(*at, out);
        }
    }
    fputs("\"\n", out);
}

static void print_prototype(FILE *out, const char *prototype, struct slice name) {
    size_t type_len = (size_t)((const char *)name.data - prototype);
    while (type_len > 0 && prototype[type_len - 1] == ' ') type_len--;
    fprintf(out, ".Ft \"%.*s\"\n.Fo %.*s\n", (int)type_len, prototype, (int)name.len_bytes, (const char *)name.data);
    print_arguments(out, (const char *)name.data + name.len_bytes + 1);
    fputs(".Fc\n", out);
}

static void print_tag(FILE *out, const char *prototype, struct slice name) {
    (void)prototype;
    fprintf(out, ".It Fn %.*s\n", (int)name.len_bytes, (const char *)name.data);
}

enum shape { PROSE, POINT, LITERAL };

static enum shape shape_of(const char *line) {
    size_t const indent = strspn(line, " ");
    return indent >= 4 ? LITERAL : indent >= 2 ? POINT : PROSE;
}

// The lines of one shape from there on; where they end.
static size_t print_stretch(const struct item *item, size_t at, FILE *out) {
    enum shape const shape = shape_of(item->comment[at]);
    struct buffer prose = {0};
    if (shape == LITERAL) fputs(".Bd -literal -offset indent\n", out);
    if (shape == POINT) fputs(".Bl -dash -compact\n", out);
    for (; at < item->comment_count; at++) {
        const char *const line = item->comment[at];
        bool const is_last = at + 1 == item->comment_count;
        bool const goes_on = !*line && shape == LITERAL && !is_last && shape_of(item->comment[at + 1]) == LITERAL;
        if (!goes_on && (!*line || shape_of(line) != shape)) break;
        if (shape == POINT) fputs(".It\n", out);
        if (shape == POINT) mdoc_text(out, line);
        if (shape == PROSE) buffer_printf(&prose, "%s ", line);
        if (shape != LITERAL) continue;
        mdoc_literal(out, *line ? line + 4 : "");
        putc('\n', out);
    }
    if (prose.len_bytes > 0) mdoc_text(out, prose.data);
    if (shape == LITERAL) fputs(".Ed\n", out);
    if (shape == POINT) fputs(".El\n", out);
    buffer_fini(&prose);
    return at;
}

static void print_comment(const struct item *item, size_t from, FILE *out) {
    bool is_first = true, was_empty = false;
    enum shape was = PROSE;
    for (size_t at = from; at < item->comment_count;) {
        if (!*item->comment[at]) {
            was_empty = true;
            at++;
            continue;
        }
        enum shape const shape = shape_of(item->comment[at]);
        if (!is_first && shape == PROSE && (was_empty || was == POINT)) fputs(".Pp\n", out);
        at = print_stretch(item, at, out);
        is_first = was_empty = false;
        was = shape;
    }
}

// What is no function is shown as it stands.
static void print_types(const struct item *item, FILE *out) {
    for (size_t i = 0; i < item->code_count; i++) {
        if (function_name(item->code[i]).len_bytes > 0) continue;
        fputs(".Bd -literal -offset indent\n", out);
        mdoc_literal(out, item->code[i]);
        fputs("\n.Ed\n", out);
    }
}

static bool is_about_functions(const struct item *item) {
    if (prototype_lines(item) > 0) return true;
    for (size_t i = 0; i < item->code_count; i++)
        if (function_name(item->code[i]).len_bytes > 0) return true;
    return false;
}

static void print_functions(struct header *header, FILE *out) {
    const char *section = "";
    bool in_list = false;
    for (size_t i = 2; i < header->count; i++) {
        const struct item *const item = &header->items[i];
        bool const lists = is_about_functions(item);
        if (item->comment_count == 0 && !lists) continue;
        if (in_list && (!lists || strcmp(section, item->section) != 0)) fputs(".El\n", out);
        in_list = in_list && lists && strcmp(section, item->section) == 0;
        bool const is_new = strcmp(section, item->section) != 0;
        if (is_new) fprintf(out, ".Ss %c%s\n", toupper((unsigned char)item->section[0]), item->section + 1);
        else if (!lists) fputs(".Pp\n", out);
        section = item->section;
        if (lists && !in_list) fputs(".Bl -tag -width Ds\n", out);
        in_list = lists;
        each_function(item, out, print_tag);
        print_comment(item, prototype_lines(item), out);
        print_types(item, out);
    }
    if (in_list) fputs(".El\n", out);
}

static const char *stem_of(struct header *header, const char *path) {
    const char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;
    return arena_text(&header->arena, "%.*s", (int)strcspn(name, "."), name);
}

bool header_print(const char *path, const char *part, FILE *out) {
    struct header header;
    bool known = header_read(&header, path);
    if (known && strcmp(part, "names") == 0) {
        fprintf(out, ".Nm %s", stem_of(&header, path));
        for (size_t i = 1; i < header.count; i++) each_function(&header.items[i], out, print_name);
        putc('\n', out);
    } else if (known && strcmp(part, "synopsis") == 0) {
        for (size_t i = 1; i < header.count; i++) each_function(&header.items[i], out, print_prototype);
    } else if (known && strcmp(part, "description") == 0 && header.count > 1) {
        print_comment(&header.items[1], 0, out);
    } else if (known && strcmp(part, "functions") == 0) {
        print_functions(&header, out);
    } else {
        known = false;
    }
    arena_fini(&header.arena);
    return known;
}

// --- links

// What print_link needs besides the name. One at a time.
static struct {
    const char *folder, *page;
    bool failed;
} links;

static void write_link(FILE *out, const char *prototype, struct slice name) {
    struct buffer path = {0};
    (void)out, (void)prototype;
    buffer_printf(&path, "%s/%.*s.3", links.folder, (int)name.len_bytes, (const char *)name.data);
    FILE *const file = fopen(path.data, "w");
    if (!file || fprintf(file, ".so man3/%s.3\n", links.page) < 0) links.failed = true;
    if (!file || fclose(file) != 0) links.failed = true;
    if (links.failed) fprintf(stderr, "%s: %s\n", path.data, strerror(errno));
    buffer_fini(&path);
}

int header_links(const char *path, const char *folder) {
    struct header header;
    bool const ok = header_read(&header, path);
    links.folder = folder;
    links.page = stem_of(&header, path);
    for (size_t i = 1; i < header.count && ok; i++) each_function(&header.items[i], NULL, write_link);
    arena_fini(&header.arena);
    return !ok || links.failed;
}
