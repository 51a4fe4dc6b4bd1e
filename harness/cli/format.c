// sockdrill format: files into the one layout.
#include "cli.h"

#include "script/format.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The file's text as it should be, into `out`. False, with its diagnostics printed, where it does not parse.
static bool format(const struct loaded *file, struct buffer *out) {
    struct arena arena;
    arena_init(&arena);
    struct source source;
    source_init(&source, &arena, file->path, slice_of(file->text, file->len_bytes));
    struct diag_list diags;
    diag_list_init(&diags, &arena);
    bool const parses = script_format(&source, &arena, &diags, out);
    if (!parses) {
        struct buffer text = {0};
        diag_render(&diags, &text);
        print(STDERR_FILENO, &text);
        buffer_fini(&text);
    }
    arena_fini(&arena);
    return parses;
}

static enum exit_code format_file(struct loaded *file, bool only_check, struct buffer *changed) {
    struct buffer out = {0};
    enum exit_code code = EXIT_PASSED;
    if (!suite_read(file) || !format(file, &out)) {
        code = EXIT_WRONG;
    } else if (!slice_equal(buffer_view(&out), slice_of(file->text, file->len_bytes))) {
        if (only_check) buffer_printf(changed, "%s\n", file->path);
        if (only_check) code = EXIT_FAILED;
        else if (!write_file(file->path, buffer_view(&out))) code = EXIT_HARNESS;
    }
    buffer_fini(&out);
    return code;
}

// Each file is looked at, whatever became of those before it; the worst is what is answered.
static enum exit_code format_files(const struct options *options) {
    struct suite suite = {0};
    struct buffer changed = {0};
    enum exit_code code = suite_find(&suite, options) ? EXIT_PASSED : EXIT_WRONG;
    for (uint32_t i = 0; i < suite.file_count; i++) {
        enum exit_code const one = format_file(&suite.files[i], options->check, &changed);
        if (one > code) code = one;
    }
    print(STDOUT_FILENO, &changed);
    buffer_fini(&changed);
    suite_fini(&suite);
    return code;
}

static enum exit_code format_input(const struct options *options) {
    char path[] = "standard input";
    struct loaded file = {.path = path};
    struct buffer out = {0};
    enum exit_code code = suite_read_input(&file) && format(&file, &out) ? EXIT_PASSED : EXIT_WRONG;
    if (code == EXIT_PASSED && options->check) {
        bool const same = slice_equal(buffer_view(&out), slice_of(file.text, file.len_bytes));
        buffer_clear(&out);
        if (!same) buffer_printf(&out, "%s\n", path);
        if (!same) code = EXIT_FAILED;
    }
    if (code != EXIT_WRONG) print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    free(file.text);
    return code;
}

enum exit_code command_format(const struct options *options) {
    bool const reads_input = options->path_count == 0 || strcmp(options->paths[0], "-") == 0;
    if (reads_input && options->path_count > 1) {
        complain("'-' is standard input, and stands alone");
        return EXIT_WRONG;
    }
    return reads_input ? format_input(options) : format_files(options);
}
