// A text of an input compiled: `use <NAME>` finds NAME.drill among its files.
#ifndef SOCKDRILL_FUZZ_PLANS_H
#define SOCKDRILL_FUZZ_PLANS_H

#include "plan/plan.h"

static inline void fuzz_plans(struct plan_set *set, const char *path, struct slice text, const struct define *defines,
                              uint32_t define_count) {
    static const char *const folders[] = {"."};
    struct plan_options const options = {
        .defines = defines, .define_count = define_count, .libraries = {folders, sizeof folders / sizeof *folders}};
    plan_set_init_with(set, path, text, &options);
}

#endif
