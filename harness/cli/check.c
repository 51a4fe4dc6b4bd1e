// sockdrill check and sockdrill list: what the text says, without playing it.
#include "cli.h"

#include "plan/lint.h"
#include "reports/json_text.h"

#include <unistd.h>

// Adds what is suspicious to the files that are not wrong; how much there is of it.
static uint32_t lint(struct suite *suite) {
    uint32_t warnings = 0;
    for (uint32_t i = 0; i < suite->file_count; i++) {
        plan_lint(&suite->files[i].set);
        warnings += suite->files[i].set.diags.warning_count;
    }
    return warnings;
}

enum exit_code command_check(const struct options *options) {
    struct suite suite;
    bool loaded = suite_load(&suite, options);
    uint32_t warnings = lint(&suite);
    uint32_t errors = suite_print_diags(&suite);
    struct buffer out = {0};
    enum exit_code code = loaded && errors == 0 ? EXIT_PASSED : EXIT_WRONG;
    if (code == EXIT_PASSED && suite.file_count == 0) {
        complain("no scenario here");
        code = EXIT_WRONG;
    }
    if (!suite_is_spared(&suite, options)) code = EXIT_WRONG;
    else if (!suite_annotate(&suite, options)) code = EXIT_HARNESS;
    if (code == EXIT_PASSED && warnings > 0)
        buffer_printf(&out, "%u file%s, %u warning%s\n", suite.file_count, suite.file_count == 1 ? "" : "s", warnings,
                      warnings == 1 ? "" : "s");
    else if (code == EXIT_PASSED)
        buffer_printf(&out, "%u file%s, nothing wrong\n", suite.file_count, suite.file_count == 1 ? "" : "s");
    else if (errors > 0)
        buffer_printf(&out, "%u error%s in %u of %u file%s\n", errors, errors == 1 ? "" : "s", suite.error_count,
                      suite.file_count, suite.file_count == 1 ? "" : "s");
    print(code == EXIT_PASSED ? STDOUT_FILENO : STDERR_FILENO, &out);
    buffer_fini(&out);
    suite_fini(&suite);
    return code;
}

static void json_string(struct buffer *out, const char *text) { report_json_string(slice_text(text), out); }

static void json_name(struct buffer *out, const struct loaded *file, const char *name) {
    buffer_text(out, out->len_bytes > 1 ? ",\n " : "\n ");
    buffer_text(out, "{\"name\": ");
    json_string(out, name);
    buffer_text(out, ", \"file\": ");
    json_string(out, file->path);
}

// By a name that is none of its cases, where it has several: nobody knows which these are.
static void json_wrong(struct buffer *out, const struct loaded *file) {
    json_name(out, file, file->set.name ? file->set.name : file->path);
    buffer_text(out, ", \"error\": true}");
}

// `names`: the members that all cases of the file have alike.
static void json_case(struct buffer *out, const struct loaded *file, const struct plan *plan, struct slice names) {
    json_name(out, file, plan->case_name);
    buffer_printf(out, ", \"line\": %u, \"title\": ", plan->title_line);
    json_string(out, plan->title);
    buffer_text(out, ", \"tags\": [");
    for (uint32_t i = 0; i < plan->tag_count; i++) {
        if (i > 0) buffer_text(out, ", ");
        json_string(out, plan->tags[i]);
    }
    buffer_printf(out, "], \"timeout\": %.3f", (double)plan->timeout_ns / 1e9);
    buffer_slice(out, names);
    buffer_text(out, "}");
}

// Names of nothing are silence, and that may be a slip of the pen.
static void tell_empty(const struct suite *suite, const struct options *options) {
    uint32_t const shard = options->shard.number, shards = options->shard.total, count = suite->chosen_count;
    if (shards && shard > count) complain("shard %u/%u of %u case%s is empty", shard, shards, count, count == 1 ? "" : "s");
    else if (count == 0 && options->case_name) complain("no case is called '%s'", options->case_name);
    else if (count == 0 && options->tags) complain("no case goes with --tags %s", options->tags);
}

// A file that cannot be played is listed, so that playing the list says what is wrong. In JSON a line has one object.
static void list_cases(const struct suite *suite, bool as_json, struct buffer *out) {
    struct buffer names = {0};
    if (as_json) buffer_text(out, "[");
    for (uint32_t i = 0; i < suite->file_count; i++) {
        const struct loaded *file = &suite->files[i];
        bool const wrong = file->error || file->set.diags.error_count > 0;
        buffer_clear(&names);
        if (wrong && as_json) json_wrong(out, file);
        else if (as_json) list_json_names(file, &names);
        for (uint32_t k = 0; k < file->set.plan_count && !wrong; k++) {
            const struct plan *plan = file->set.plans[k];
            if (!file->is_chosen[k]) continue;
            if (as_json) json_case(out, file, plan, buffer_view(&names));
            else buffer_printf(out, "%s\t%s\n", plan->case_name, plan->title);
        }
    }
    if (as_json) buffer_text(out, "\n]\n");
    buffer_fini(&names);
}

enum exit_code command_list(const struct options *options) {
    if (options->json && !can_write_json()) return EXIT_HARNESS;
    if (options->libraries_only) return libraries_list(options);
    struct suite suite;
    bool loaded = suite_load(&suite, options);
    uint32_t errors = suite_print_diags(&suite);
    struct buffer out = {0};
    suite_choose(&suite, options);
    tell_empty(&suite, options);
    if (options->names) list_names(&suite, options->names, &out);
    else list_cases(&suite, options->json, &out);
    print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    suite_fini(&suite);
    return loaded && errors == 0 ? EXIT_PASSED : EXIT_WRONG;
}
