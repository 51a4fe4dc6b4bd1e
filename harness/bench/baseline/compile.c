// How fast a scenario's text is parsed and compiled: again and again in one process, from text to plan and back to nothing.
// Prints MB of text a second, each time's the middle one.
//
//   compile FILE [TIMES]
#include "base/clock.h"
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>

enum { TIMES = 15, TIMES_MAX = 1000 };

// Into memory of malloc's.
static char *read_text(const char *path, size_t *len_bytes) {
    FILE *file = fopen(path, "r");
    size_t size_bytes = file && fseek(file, 0, SEEK_END) == 0 ? (size_t)ftell(file) : 0;
    char *text = size_bytes > 0 ? malloc(size_bytes) : NULL;
    if (!text) {
        perror(path);
        exit(1);
    }
    rewind(file);
    *len_bytes = fread(text, 1, size_bytes, file);
    fclose(file);
    return text;
}

static int64_t compile_once(const char *path, struct slice text) {
    int64_t begin_ns = clock_now_ns();
    struct plan_set set;
    plan_set_init(&set, path, text, NULL, 0);
    bool is_good = set.diags.error_count == 0 && set.plan_count > 0;
    plan_set_fini(&set);
    int64_t spent_ns = clock_now_ns() - begin_ns;
    if (!is_good) {
        fprintf(stderr, "%s does not compile\n", path);
        exit(1);
    }
    return spent_ns;
}

static int by_size(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    int64_t spent_ns[TIMES_MAX];
    int times = argc > 2 ? atoi(argv[2]) : TIMES;
    if (argc < 2 || times < 1 || times > TIMES_MAX) {
        fprintf(stderr, "usage: compile FILE [TIMES]\n");
        return 2;
    }
    size_t len_bytes;
    char *text = read_text(argv[1], &len_bytes);
    for (int i = 0; i < times; i++) spent_ns[i] = compile_once(argv[1], slice_of(text, len_bytes));
    free(text);
    qsort(spent_ns, (size_t)times, sizeof *spent_ns, by_size);
    printf("%.2f\n", (double)len_bytes / 1e6 / ((double)spent_ns[times / 2] / 1e9));
    return 0;
}
