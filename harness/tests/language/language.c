// language SCENARIOS FIXTURES...: whether each verb, declaration, pattern type, function and attribute is used in a scenario
// below SCENARIOS, and misused in one of the FIXTURES folders.
//
// A fixture says in a comment what it misuses: `# misuse: u16be bits len`. It is held to that: what its user is told, the
// .txt beside it, must show a line of code with each of these words in it.
//
// Exit codes: 0; 1 for words that are not, each named; 2 for what cannot be read.
#include "words.h"

#include "base/buffer.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MISUSE[] = "# misuse:";

static unsigned faults; // that were told

static bool file_read(const char *path, struct buffer *contents) {
    FILE *const file = fopen(path, "r");
    if (!file) return false;
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, file)) > 0) buffer_add(contents, piece, n);
    bool const ok = !ferror(file);
    fclose(file);
    buffer_text(contents, ""); // an empty file is a text, too
    return ok;
}

static bool is_word_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

// Whether the word stands in the line, and not as a part of another.
static bool line_has(const char *line, size_t len, const char *word) {
    size_t const word_len = strlen(word);
    for (size_t i = 0; i + word_len <= len; i++) {
        if (memcmp(line + i, word, word_len) != 0) continue;
        if (i > 0 && is_word_byte(line[i - 1])) continue;
        if (i + word_len == len || !is_word_byte(line[i + word_len])) return true;
    }
    return false;
}

// Behind "   12 | " of a line that shows code; NULL: it does not.
static const char *code_of(const char *line) {
    line += strspn(line, " ");
    size_t const digits = strspn(line, "0123456789");
    return digits > 0 && strncmp(line + digits, " | ", 3) == 0 ? line + digits + 3 : NULL;
}

static bool golden_shows(const char *golden, const char *word) {
    for (const char *line = golden; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *const code = code_of(line);
        if (code && line_has(code, strcspn(code, "\n"), word)) return true;
    }
    return false;
}

static void note_misuse(const char *path, const char *golden, const char *text) {
    bool known = false;
    for (unsigned i = 0; i < word_count; i++) {
        if (strcmp(words[i].text, text) != 0) continue;
        known = true;
        words[i].misused = true;
    }
    bool const shown = golden_shows(golden, text);
    if (!known) printf("%s: '%s' is no word of the language\n", path, text);
    else if (!shown) printf("%s: '%s' is misused, it says, and no line of its report shows that\n", path, text);
    faults += !known || !shown;
}

static void note_misuses(const char *path, char *contents) {
    char *line = strstr(contents, MISUSE);
    if (!line) return;
    struct buffer golden_path = {0}, golden = {0};
    buffer_printf(&golden_path, "%.*s.txt", (int)(strlen(path) - strlen(".drill")), path);
    if (!file_read(golden_path.data, &golden)) {
        printf("%s cannot be read\n", golden_path.data);
        exit(2);
    }
    for (; line; line = strstr(line, MISUSE)) {
        line += strlen(MISUSE);
        size_t const len = strcspn(line, "\n");
        char *const rest = line + len + (line[len] == '\n');
        line[len] = '\0';
        for (char *text = strtok(line, " "); text; text = strtok(NULL, " ")) note_misuse(path, golden.data, text);
        line = rest;
    }
    buffer_fini(&golden);
    buffer_fini(&golden_path);
}

static bool is_drill(const FTSENT *entry) {
    return entry->fts_info == FTS_F && entry->fts_namelen > 6 &&
           strcmp(entry->fts_name + entry->fts_namelen - 6, ".drill") == 0;
}

static void folder_note(char *folder, bool uses) {
    char *const roots[] = {folder, NULL};
    FTS *const walk = fts_open(roots, FTS_NOCHDIR | FTS_LOGICAL, NULL);
    unsigned count = 0;
    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        if (!is_drill(entry)) continue;
        struct buffer contents = {0};
        if (!file_read(entry->fts_path, &contents)) continue;
        count++;
        if (uses) words_note_uses(buffer_view(&contents));
        else note_misuses(entry->fts_path, contents.data);
        buffer_fini(&contents);
    }
    if (walk) fts_close(walk);
    if (count > 0) return;
    printf("there is no .drill in %s\n", folder);
    exit(2);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    folder_note(argv[1], true);
    for (int i = 2; i < argc; i++) folder_note(argv[i], false);
    for (unsigned i = 0; i < word_count; i++) {
        const struct word *const word = &words[i];
        if (!word->text[0] || (word->used && word->misused)) continue;
        printf("%s '%s' is %s%s%s\n", word->kind, word->text, word->used ? "" : "used in no scenario",
               word->used || word->misused ? "" : ", and ", word->misused ? "" : "misused in no fixture");
        faults++;
    }
    return faults > 0;
}
