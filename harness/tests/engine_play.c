#include "engine_play.h"

#include "base/clock.h"
#include "world/process.h"

#include <check.h>
#include <dirent.h>
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_bool in_callback;

static bool done(void *context, uint32_t number, struct journal *journal, const char *scratch) {
    struct played *played = context;
    if (atomic_exchange(&in_callback, true)) played->overlapped = true;
    ck_assert_uint_lt(number, played->count);
    ck_assert_ptr_null(played->journals[number]);
    journal_expand(journal);
    played->journals[number] = journal;
    played->scratch[number] = scratch ? strdup(scratch) : NULL;
    played->order[played->done++] = number;
    bool const go_on = !played->stop_at_failure || count_events(journal, EVENT_FAILED) == 0;
    atomic_store(&in_callback, false);
    return go_on;
}

static void compile(struct played *played, const char *text, size_t len_bytes) {
    plan_set_init(&played->set, "test.drill", slice_of(text, len_bytes), NULL, 0);
    struct buffer diags = {0};
    diag_render(&played->set.diags, &diags);
    ck_assert_msg(played->set.diags.error_count == 0, "%s", diags.data);
    ck_assert_uint_eq(played->set.plan_count, 1);
    buffer_fini(&diags);
}

// --- interrupts

struct interrupter {
    int64_t after_ns;
    uint32_t cases;
    char folder[32]; // of the scratch folders
    pthread_t thread;
    atomic_bool is_over;
};

static void *interrupt_later(void *argument) {
    const struct interrupter *const interrupter = argument;
    int64_t const after_ns = interrupter->after_ns;
    nanosleep(&(struct timespec){after_ns / NS_PER_S, after_ns % NS_PER_S}, NULL);
    engine_interrupt();
    return NULL;
}

static void *interrupt_when_ready(void *argument) {
    const struct interrupter *const interrupter = argument;
    char pattern[64];
    size_t ready = 0;
    snprintf(pattern, sizeof pattern, "%s/*/ready", interrupter->folder);
    while (ready < interrupter->cases && !interrupter->is_over) {
        glob_t found;
        poll(NULL, 0, 1);
        ready = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
        globfree(&found);
    }
    if (ready >= interrupter->cases) engine_interrupt();
    return NULL;
}

static void interrupter_begin(struct interrupter *interrupter, const struct play_options *options) {
    *interrupter = (struct interrupter){.after_ns = options->interrupt_after_ns, .cases = options->interrupt_cases};
    if (interrupter->cases) {
        strcpy(interrupter->folder, "/tmp/sockdrill-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(interrupter->folder));
        setenv("TMPDIR", interrupter->folder, 1);
    }
    void *(*const wait)(void *) = interrupter->cases ? interrupt_when_ready : interrupt_later;
    if (interrupter->cases || interrupter->after_ns)
        ck_assert_int_eq(pthread_create(&interrupter->thread, NULL, wait, interrupter), 0);
}

static void interrupter_end(struct interrupter *interrupter) {
    interrupter->is_over = true;
    if (interrupter->cases || interrupter->after_ns) pthread_join(interrupter->thread, NULL);
    if (interrupter->cases) ck_assert_int_eq(rmdir(interrupter->folder), 0);
}

// --- a run

static void run(struct played *played, const struct play_options *options) {
    struct engine_options const engine = {
        .workers = options->workers ? options->workers : 1,
        .threads = options->threads ? options->threads : 1,
        .timeout_scale = options->timeout_scale > 0 ? options->timeout_scale : 1,
        .seed = 1,
        .snapshots = options->snapshots,
        .keep = options->keep,
        .fields = options->fields,
        .terse = options->terse,
        .allow_network = options->allow_network,
        .isolation = options->isolation,
        .packets = options->packets,
        .kept_bytes = options->packets ? 64 * 1024 * 1024 : 0,
    };
    struct buffer reason = {0};
    ck_assert_msg(!options->isolation || world_prepare(&reason), "%s", reason.data);
    bool const has_programs = played->set.plans[0]->has_programs;
    ck_assert_int_eq(has_programs ? process_begin() : 0, 0);
    struct interrupter interrupter;
    interrupter_begin(&interrupter, options);
    int64_t const begin_ns = clock_now_ns();
    played->error = engine_run(played->plans, played->count, &engine, done, played);
    played->duration_ns = clock_now_ns() - begin_ns;
    interrupter_end(&interrupter);
    if (has_programs) process_end();
}

static void play_text(struct played *played, const struct play_options *options, const struct buffer *text) {
    *played =
        (struct played){.count = options->copies ? options->copies : 1, .stop_at_failure = options->stop_at_failure};
    compile(played, text->data, text->len_bytes);
    played->plans = calloc(played->count, sizeof *played->plans);
    played->journals = calloc(played->count, sizeof *played->journals);
    played->scratch = calloc(played->count, sizeof *played->scratch);
    played->order = calloc(played->count, sizeof *played->order);
    for (uint32_t i = 0; i < played->count; i++) played->plans[i] = played->set.plans[0];
    run(played, options);
    ck_assert(!played->overlapped);
}

void play(struct played *played, const struct play_options *options, const char *format, ...) {
    struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    play_text(played, options, &text);
    played->text = text; // which spans point into
    ck_assert_int_eq(played->error, 0);
}

void played_fini(struct played *played) {
    for (uint32_t i = 0; i < played->count; i++) {
        if (played->journals[i]) journal_fini(played->journals[i]);
        free(played->journals[i]);
        free(played->scratch[i]);
    }
    free(played->plans);
    free(played->journals);
    free(played->scratch);
    free(played->order);
    buffer_fini(&played->text);
    plan_set_fini(&played->set);
}

void play_passes(const struct play_options *options, const char *format, ...) {
    struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    struct played played;
    play_text(&played, options, &text);
    ck_assert_int_eq(played.error, 0);
    ck_assert_uint_eq(played.done, played.count);
    for (uint32_t i = 0; i < played.count; i++) {
        const struct failure *failure = first_failure(played.journals[i]);
        ck_assert_msg(!failure, "case %u of\n%s\n%s\n%s", i, text.data, failure ? failure->message : "",
                      all_waiting(played.journals[i]));
        ck_assert_uint_eq(count_events(played.journals[i], EVENT_SKIPPED), 0);
    }
    played_fini(&played);
    buffer_fini(&text);
}

uint64_t count_events(const struct journal *journal, enum event_kind kind) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) count += journal->events[i].kind == kind;
    return count;
}

const struct event *first_event(const struct journal *journal, enum event_kind kind) {
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == kind) return &journal->events[i];
    return NULL;
}

const struct failure *first_failure(const struct journal *journal) {
    const struct event *event = first_event(journal, EVENT_FAILED);
    return event ? event->failure : NULL;
}

bool has_waiting(const struct journal *journal, const char *text) {
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *event = &journal->events[i];
        if (event->kind == EVENT_WAITING && slice_equal(event->bytes, slice_text(text))) return true;
    }
    return false;
}

const char *all_waiting(const struct journal *journal) {
    static char lines[4096];
    size_t used = 0;
    lines[0] = '\0';
    for (uint64_t i = 0; i < journal->event_count && used < sizeof(lines) - 1; i++) {
        const struct event *event = &journal->events[i];
        if (event->kind != EVENT_WAITING) continue;
        int const n = snprintf(lines + used, sizeof(lines) - used, "waits %.*s\n", (int)event->bytes.len_bytes,
                               (const char *)event->bytes.data);
        used += n > 0 ? (size_t)n : 0;
    }
    return lines;
}

unsigned descriptors_open(void) {
    DIR *folder = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(folder);
    unsigned count = 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

void load_begin(struct load *load) {
    for (int i = 0; i < 2; i++) {
        load->children[i] = fork();
        ck_assert_int_ge(load->children[i], 0);
        if (load->children[i] > 0) continue;
        alarm(100); // should the test be killed before it ends us
        for (volatile unsigned long turns = 0;;) turns++;
    }
}

void load_end(struct load *load) {
    for (int i = 0; i < 2; i++) {
        kill(load->children[i], SIGKILL);
        waitpid(load->children[i], NULL, 0);
    }
}
