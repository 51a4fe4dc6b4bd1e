// How a program is told: its command, its process, and the end of what it printed.
#include "program.h"
#include "stream.h"
#include "task.h"

#include <stdio.h>
#include <string.h>

const char *program_signal_name(int number, char text[SIGNAL_NAME_BYTES]) {
    const char *name = sigabbrev_np(number);
    if (name) snprintf(text, SIGNAL_NAME_BYTES, "SIG%s", name);
    else snprintf(text, SIGNAL_NAME_BYTES, "signal %d", number);
    return text;
}

// --- its command

static bool is_plain(const char *word) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+";
    return word[0] && word[strspn(word, letters)] == '\0';
}

const char *program_command(struct arena *arena, const char *const *arguments) {
    struct buffer text = {0};
    for (const char *const *at = arguments; *at; at++) {
        if (at != arguments) buffer_text(&text, " ");
        if (is_plain(*at)) {
            buffer_text(&text, *at);
            continue;
        }
        buffer_text(&text, "'");
        for (const char *byte = *at; *byte; byte++) buffer_printf(&text, *byte == '\'' ? "'\\''" : "%c", *byte);
        buffer_text(&text, "'");
    }
    const char *command = arena_copy(arena, text.data, text.len_bytes);
    buffer_fini(&text);
    return command;
}

// --- its process

void program_state_words(struct program *program, struct buffer *out) {
    char name[SIGNAL_NAME_BYTES];
    if (program->phase == PROGRAM_WAITS) buffer_text(out, "it does not run");
    else if (program->phase == PROGRAM_RUNS) buffer_printf(out, "process %d runs", program->own_pid);
    else if (program->status.signal)
        buffer_printf(out, "process %d was ended by %s", program->own_pid, program_signal_name(program->status.signal, name));
    else buffer_printf(out, "process %d has ended with exit code %d", program->own_pid, program->status.exit);
}

// The first mention of an `exit`.
static const struct term *find_exit(const struct term *term) {
    const struct term *found = term->kind == TERM_ATTRIBUTE && term->attribute == ATTRIBUTE_EXIT ? term : NULL;
    for (uint32_t i = 0; i < term->item_count && !found; i++) found = find_exit(term->items[i]);
    return found;
}

// The `stop` for which one of the instances was killed, or NULL.
static const struct step *killed_after(const struct case_run *run, uint32_t first, uint32_t count) {
    for (uint32_t i = first; i < first + count; i++) {
        uint32_t const step = atomic_load(&run->programs[i].killed_after);
        if (step != PLAN_NONE) return &run->plan->steps[step];
    }
    return NULL;
}

void program_function_words(const struct task *task, const struct term *condition, struct buffer *out) {
    const struct plan *plan = task->part->run->plan;
    const struct term *exit = plan->has_programs ? find_exit(condition) : NULL;
    if (!exit || exit->actor == PLAN_NONE) return; // of its own a report says who that is
    const struct actor *actor = &plan->actors[exit->actor];
    if (actor->is_function) buffer_printf(out, ": the function '%s' ended with it", actor->name);
}

void program_kill_words(const struct task *task, const struct term *condition, struct buffer *out) {
    const struct case_run *run = task->part->run;
    const struct term *exit = run->programs ? find_exit(condition) : NULL;
    if (!exit) return;
    const struct actor *actor = exit->actor != PLAN_NONE ? &run->plan->actors[exit->actor] : NULL;
    const struct step *stop = actor ? killed_after(run, actor->first_instance, actor->instance_count)
                                    : killed_after(run, task->actor->instance, 1);
    if (!stop) return;
    char name[SIGNAL_NAME_BYTES], text[CLOCK_TEXT_BYTES];
    struct position const at = source_position(stop->span);
    buffer_printf(out, ": SIGKILL came %s after the %s of ", clock_text(program_grace_ns(run), text),
                  program_signal_name(stop->signal_number, name));
    if (stop->span.source == run->plan->source) buffer_printf(out, "line %u", at.line);
    else buffer_printf(out, "%s:%u", stop->span.source->path, at.line);
    buffer_text(out, ", which it did not heed");
}

// --- what it printed

void program_room_words(const struct case_run *run, uint32_t instance, struct buffer *out) {
    if (instance == PLAN_NONE) return;
    const struct program_facts *facts = &run->programs[instance];
    for (enum stream_code code = STREAM_TERMINAL; code <= STREAM_STDERR; code++)
        if (atomic_load(&facts->is_full[code]))
            buffer_printf(out, "; %d MiB of its %s wait to be received, and it may be waiting for room",
                          STREAM_HELD_BYTES / 1024 / 1024, stream_code_word(code));
}

static bool has_printed(const struct sock *sock) { return sock && sock->stream->printed_bytes > 0; }

// The stream whose end says most about it; NULL: it has printed nothing.
static const struct sock *telling(const struct program *program) {
    if (has_printed(program->error)) return program->error;
    return has_printed(program->stdio) ? program->stdio : NULL;
}

void program_output(const struct program *program, struct failure *failure, const struct sock *about) {
    if (program->error) stream_drain(program->error); // what it said of it may have come since
    const struct sock *sock = telling(program);
    if (!sock || (sock == about && failure_is_about_bytes(failure))) return;
    failure->output = stream_last_lines(sock, &program->actor->part->journal->arena);
    failure->output_of = (uint8_t)sock->stream->code;
}

static void note_end(const struct sock *sock) {
    if (!has_printed(sock)) return;
    struct journal_segment *journal = sock->part->journal;
    struct event *event = journal_add(journal, EVENT_OUTPUT_END);
    event->actor = sock->actor->instance;
    event->socket = sock->number;
    event->code = (int32_t)sock->stream->code;
    event->count = sock->stream->printed_bytes;
    event->offset = sock->received_bytes;
    event->bytes = stream_last_lines(sock, &journal->arena);
}

void program_note_output(struct program *program) {
    note_end(program->stdio);
    note_end(program->error);
}
