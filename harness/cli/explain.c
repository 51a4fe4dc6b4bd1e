// sockdrill explain: what a file's steps compile to.
#include "cli.h"

#include "plan/explain.h"

#include <unistd.h>

enum exit_code command_explain(const struct options *options) {
    if (options->path_count == 0) {
        complain("sockdrill explain takes a file");
        return EXIT_WRONG;
    }
    struct suite suite;
    bool const loaded = suite_load(&suite, options);
    uint32_t const errors = suite_print_diags(&suite);
    struct buffer out = {0};
    for (uint32_t i = 0; i < suite.file_count; i++) {
        const struct plan_set *const set = &suite.files[i].set;
        if (set->diags.error_count > 0) continue;
        for (uint32_t k = 0; k < set->plan_count; k++) {
            if (out.len_bytes > 0) buffer_text(&out, "\n");
            plan_explain(set->plans[k], &out);
        }
    }
    print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    suite_fini(&suite);
    return loaded && errors == 0 ? EXIT_PASSED : EXIT_WRONG;
}
