#include "mdoc.h"

#include "base/buffer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_COLUMNS = 78 };

// --- characters

// In a literal what typography would make something else of.
static const char *escape_of(char byte, bool is_literal) {
    switch (byte) {
    case '\\': return "\\e";
    case '"': return "\\(dq"; // would end a macro's argument
    case '-': return is_literal ? "\\-" : NULL;
    case '\'': return is_literal ? "\\(aq" : NULL;
    case '`': return "\\(ga";
    case '~': return "\\(ti";
    case '^': return "\\(ha";
    default: return NULL;
    }
}

static void put(FILE *out, char byte, bool is_literal) {
    const char *const escape = escape_of(byte, is_literal);
    if (escape) fputs(escape, out);
    else putc(byte, out);
}

void mdoc_word(FILE *out, const char *text) {
    for (; *text; text++) put(out, *text, true);
}

void mdoc_literal(FILE *out, const char *text) {
    for (bool begins = true; *text; text++) {
        if (begins && strchr(".'", *text)) fputs("\\&", out);
        put(out, *text, true);
        begins = *text == '\n';
    }
}

// --- paragraphs

static bool ends_sentence(const char *word, size_t len) {
    return len > 1 && strchr(".?!", word[len - 1]) && word[len - 2] != '.';
}

// A hyphen between letters may be typography's; any other is a sign, and all of an option's name.
static bool is_sign(const char *word, size_t len, size_t i) {
    bool const at_an_end = i == 0 || i + 1 == len;
    return word[0] == '-' || at_an_end || !isalpha((unsigned char)word[i - 1]) || !isalpha((unsigned char)word[i + 1]);
}

// A name, a path, an option: nothing that may be hyphenated.
static bool is_name(const char *word, size_t len) {
    for (size_t i = 0; i < len; i++) {
        bool const is_letter = islower((unsigned char)word[i]) || (i == 0 && isupper((unsigned char)word[i]));
        if (!is_letter && (i == 0 || !strchr("-,.;:?!'", word[i]))) return true;
    }
    return false;
}

// A function's name before its parentheses; 0: this is none.
static size_t function_length(const char *word, size_t len) {
    size_t name_len = 0;
    while (name_len < len && (isalnum((unsigned char)word[name_len]) || word[name_len] == '_')) name_len++;
    return name_len + 2 <= len && strncmp(word + name_len, "()", 2) == 0 ? name_len : 0;
}

// A word, and whether code is open behind it.
static bool put_word(FILE *out, const char *word, size_t len, bool in_code, bool begins_line) {
    size_t const function_len = in_code ? 0 : function_length(word, len);
    if (in_code || is_name(word, len)) fputs("\\%", out);
    else if (begins_line && strchr(".'", word[0])) fputs("\\&", out);
    if (function_len > 0) fputs("\\fB", out);
    for (size_t i = 0; i < len; i++) {
        if (function_len > 0 && i == function_len) fputs("\\fR", out);
        if (word[i] == '`') {
            in_code = !in_code;
            fputs(in_code ? "\\fB" : "\\fR", out);
        } else {
            put(out, word[i], in_code || (word[i] == '-' && is_sign(word, len, i)));
        }
    }
    return in_code;
}

void mdoc_text(FILE *out, const char *text) {
    size_t column = 0;
    bool in_code = false, ended = false;
    for (const char *at = text + strspn(text, " \n"); *at;) {
        size_t const len = strcspn(at, " \n");
        bool const breaks = column > 0 && (ended || column + 1 + len + 8 > LINE_COLUMNS);
        if (column > 0) putc(breaks ? '\n' : ' ', out);
        column = column == 0 || breaks ? len : column + 1 + len;
        in_code = put_word(out, at, len, in_code, column == len);
        ended = !in_code && ends_sentence(at, len);
        at += len;
        at += strspn(at, " \n");
    }
    putc('\n', out);
}

// A word that may be capitalised, and no name of a call.
static bool begins_plainly(const char *text) {
    size_t const len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    return len > 0 && (text[len] == ' ' || text[len] == ',' || text[len] == ':');
}

void mdoc_sentence(FILE *out, const char *text, const char *behind) {
    struct buffer whole = {0};
    buffer_printf(&whole, "%s%s.", text, behind);
    if (begins_plainly(text)) whole.data[0] = (char)toupper((unsigned char)text[0]);
    mdoc_text(out, whole.data);
    buffer_fini(&whole);
}

// --- what one writes

enum face { ROMAN, BOLD, ITALIC };

static void turn(FILE *out, enum face *now, enum face to) {
    static const char *const FACES[] = {"\\fR", "\\fB", "\\fI"};
    if (*now != to) fputs(FACES[to], out);
    *now = to;
}

static bool is_word(char byte) { return isalnum((unsigned char)byte) || byte == '_'; }

// Of the word that begins here: only capitals are a placeholder, but for those that the kernel has.
static enum face face_of(const char *word, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (!isupper((unsigned char)word[i]) && word[i] != '_') return BOLD;
    return ITALIC;
}

void mdoc_written(FILE *out, const char *code) {
    enum face now = ROMAN;
    bool in_code = true;
    for (const char *at = code; *at;) {
        size_t len = 0;
        while (is_word(at[len])) len++;
        size_t const dots = strspn(at, "."); // two are the language's, three say that more may come
        bool const is_code = in_code && dots != 3 && !strchr("[]|", *at);
        if (*at == '`') in_code = !in_code;
        else if (*at != ' ') turn(out, &now, !is_code ? ROMAN : len > 0 ? face_of(at, len) : BOLD);
        len = len ? len : dots ? dots : 1;
        for (size_t i = 0; i < len && *at != '`'; i++) put(out, at[i], true);
        at += len;
    }
    turn(out, &now, ROMAN);
}

// --- tables

static void row(FILE *out, const char *code, const char *text) {
    fputs(".It \"", out);
    mdoc_written(out, code);
    fputs("\"\n", out);
    mdoc_text(out, text);
}

static void names(FILE *out, const char *const *list, size_t count) {
    size_t column = 0;
    for (size_t i = 0; i < count; i++) {
        size_t const len = strlen(list[i]) + strlen(" \\%");
        if (column > 0) putc(column + len > LINE_COLUMNS ? '\n' : ' ', out);
        column = column + len > LINE_COLUMNS ? len : column + len;
        fputs("\\%", out); // not to be hyphenated
        mdoc_word(out, list[i]);
    }
    putc('\n', out);
}

static void option(FILE *out, const char *name, const char *value, const char *letters, const char *help) {
    fputs(".It Fl ", out);
    mdoc_word(out, name + 1);
    if (*value == '[') fputs(" Ns ", out); // [=FILE]: behind the name, without a blank
    else if (*value) fputs(" Ar ", out);
    if (*value) mdoc_word(out, value);
    putc('\n', out);
    char *commands = NULL;
    size_t len = 0;
    FILE *const list = open_memstream(&commands, &len);
    if (!list) abort();
    fputs(" (", list);
    table_commands_of(list, letters, "`", "`", ", ");
    putc(')', list);
    fclose(list);
    mdoc_sentence(out, help, commands);
    free(commands);
}

static void limit(FILE *out, const char *of, unsigned long long most) {
    fprintf(out, ".It %llu\n", most);
    mdoc_text(out, of);
}

const struct table_style MDOC = {.row = row, .names = names, .option = option, .limit = limit};
