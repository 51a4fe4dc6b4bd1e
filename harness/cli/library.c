// Where `use <NAME>` looks, and what is there.
#include "cli.h"

#include "base/memory.h"
#include "reports/json_text.h"
#include "script/script.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char BESIDE[] = "/share/sockdrill/library", ENDING[] = ".drill";

static void add(struct options *options, const char *folder, size_t len) {
    size_t const count = (size_t)options->folder_count + 1;
    options->folders = memory_need(realloc(options->folders, count * sizeof *options->folders));
    options->folders[options->folder_count++] = memory_need(strndup(folder, len));
}

bool library_add(struct options *options, const char *folder) {
    struct stat facts;
    int const error = stat(folder, &facts) != 0 ? errno : S_ISDIR(facts.st_mode) ? 0 : ENOTDIR;
    if (error) complain("--library %s: %s", folder, strerror(error));
    else add(options, folder, strlen(folder));
    return !error;
}

// PREFIX, where the program is PREFIX/bin/sockdrill. False: nobody knows, /proc is not mounted.
static bool find_prefix(char prefix[PATH_MAX]) {
    ssize_t const len = readlink("/proc/self/exe", prefix, PATH_MAX - sizeof BESIDE);
    if (len <= 0 || (size_t)len == PATH_MAX - sizeof BESIDE) return false;
    prefix[len] = '\0';
    for (int i = 0; i < 2; i++) {
        char *const slash = strrchr(prefix, '/');
        if (!slash) return false;
        *slash = '\0';
    }
    return true;
}

void libraries_find(struct options *options) {
    const char *path = getenv("SOCKDRILL_PATH");
    char own[PATH_MAX];
    while (path && *path) {
        size_t const len = strcspn(path, ":");
        if (len > 0) add(options, path, len);
        path += len + (path[len] == ':');
    }
    if (!find_prefix(own)) return;
    strcat(own, BESIDE);
    add(options, own, strlen(own));
}

void libraries_forget(struct options *options) {
    for (uint32_t i = 0; i < options->folder_count; i++) free(options->folders[i]);
    free(options->folders);
}

struct plan_options library_options(const struct options *options) {
    return (struct plan_options){.defines = options->defines,
                                 .define_count = options->define_count,
                                 .libraries = {(const char *const *)options->folders, options->folder_count},
                                 .players = options->players,
                                 .player_count = options->player_count};
}

// ---- what is there

// A library by its name. Owned by its list.
struct shelved {
    char *name, *path, *title;
};

struct shelf {
    struct shelved *books;
    uint32_t count;
};

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct shelved *)a)->name, ((const struct shelved *)b)->name);
}

static void shelf_fini(struct shelf *shelf) {
    for (uint32_t i = 0; i < shelf->count; i++) {
        free(shelf->books[i].name);
        free(shelf->books[i].path);
        free(shelf->books[i].title);
    }
    free(shelf->books);
}

// What `use` would read: neither a folder, nor a FIFO that nobody writes to.
static bool is_readable_file(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && access(path, R_OK) == 0;
}

// Its title, to be freed; NULL: it is no library.
static char *title_of(const char *path) {
    struct loaded file = {.path = (char *)path};
    struct arena arena;
    struct diag_list diags;
    struct source source;
    char *title = NULL;
    arena_init(&arena);
    diag_list_init(&diags, &arena);
    if (is_readable_file(path) && suite_read(&file)) {
        source_init(&source, &arena, path, slice_of(file.text, file.len_bytes));
        const struct tree *const tree = script_parse(&source, &arena, &diags);
        bool const has_title = tree->is_library && tree->title && tree->title->part_count == 1;
        struct slice const text = has_title ? tree->title->parts[0].bytes : slice_of("", 0);
        if (tree->is_library) title = memory_need(strndup((const char *)text.data, text.len_bytes));
    }
    free(file.text);
    arena_fini(&arena);
    return title;
}

// What was found in a folder before is what `use` finds.
static void shelve(struct shelf *shelf, const char *name, const char *path) {
    for (uint32_t i = 0; i < shelf->count; i++)
        if (strcmp(shelf->books[i].name, name) == 0) return;
    char *const title = title_of(path);
    if (!title) return;
    size_t const count = (size_t)shelf->count + 1;
    shelf->books = memory_need(realloc(shelf->books, count * sizeof *shelf->books));
    shelf->books[shelf->count++] = (struct shelved){memory_need(strdup(name)), memory_need(strdup(path)), title};
}

static bool ends_drill(const char *name, size_t *len) {
    size_t const ending = sizeof ENDING - 1;
    *len = strlen(name);
    if (*len <= ending || strcmp(name + *len - ending, ENDING) != 0) return false;
    *len -= ending;
    return true;
}

// `below` is the name of the folder's folder, or NULL: those are looked into once. A negative errno: it cannot be read.
static int look_into(struct shelf *shelf, const char *folder, const char *below) {
    struct dirent **entries = NULL;
    int const count = scandir(folder, &entries, NULL, alphasort);
    int const error = count < 0 ? -errno : 0;
    for (int pass = 0; pass < 2; pass++) // files before folders: mqtt.drill before mqtt/mqtt.drill
        for (int i = 0; i < count; i++) {
            struct buffer path = {0}, name = {0};
            size_t len;
            bool const is_file = ends_drill(entries[i]->d_name, &len);
            bool const is_namesake = below && strlen(below) == len && strncmp(below, entries[i]->d_name, len) == 0;
            buffer_printf(&path, "%s/%s", folder, entries[i]->d_name);
            buffer_printf(&name, "%s%s%.*s", below && !is_namesake ? below : "", below && !is_namesake ? "/" : "", (int)len,
                          entries[i]->d_name);
            if (entries[i]->d_name[0] != '.' && is_file == (pass == 0)) {
                if (is_file) shelve(shelf, name.data, path.data);
                else if (!below) look_into(shelf, path.data, name.data);
            }
            buffer_fini(&path);
            buffer_fini(&name);
        }
    for (int i = 0; i < count; i++) free(entries[i]);
    free(entries);
    return error;
}

void libraries_tell(const struct options *options, struct buffer *out) {
    buffer_text(out, "use <NAME> looks in\n");
    for (uint32_t i = 0; i < options->folder_count; i++) {
        struct shelf shelf = {0};
        int const error = look_into(&shelf, options->folders[i], NULL);
        struct buffer found = {0};
        if (error) buffer_text(&found, strerror(-error));
        else buffer_printf(&found, "%u librar%s", shelf.count, shelf.count == 1 ? "y" : "ies");
        buffer_printf(out, "  %-4s %-28s %s\n", error ? "no" : "yes", found.data, options->folders[i]);
        buffer_fini(&found);
        shelf_fini(&shelf);
    }
}

static void tell_json(const struct shelved *book, bool is_first, struct buffer *out) {
    buffer_text(out, is_first ? "\n {\"name\": " : ",\n {\"name\": ");
    report_json_string(slice_text(book->name), out);
    buffer_text(out, ", \"file\": ");
    report_json_string(slice_text(book->path), out);
    buffer_text(out, ", \"title\": ");
    report_json_string(slice_text(book->title), out);
    buffer_text(out, "}");
}

enum exit_code libraries_list(const struct options *options) {
    if (options->path_count > 0) {
        complain("--libraries lists what lies in the folders of libraries, and takes no PATH");
        return EXIT_WRONG;
    }
    struct shelf shelf = {0};
    struct buffer out = {0};
    for (uint32_t i = 0; i < options->folder_count; i++) look_into(&shelf, options->folders[i], NULL);
    if (shelf.count > 0) qsort(shelf.books, shelf.count, sizeof *shelf.books, by_name);
    if (options->json) buffer_text(&out, "[");
    for (uint32_t i = 0; i < shelf.count; i++) {
        if (options->json) tell_json(&shelf.books[i], i == 0, &out);
        else buffer_printf(&out, "%s\t%s\t%s\n", shelf.books[i].name, shelf.books[i].title, shelf.books[i].path);
    }
    if (options->json) buffer_text(&out, "\n]\n");
    print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    shelf_fini(&shelf);
    return EXIT_PASSED;
}
