// How a program is told: its command, its process, and the end of what it printed.
#include "program.h"
#include "stream.h"

#include <stdio.h>
#include <string.h>

enum { LAST_LINE_BYTES = 160 };

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

// --- what it printed

static bool has_printed(const struct sock *sock) { return sock && sock->stream->printed_bytes > 0; }

// The stream whose end says most about it; NULL: it has printed nothing.
static const struct sock *telling(const struct program *program) {
    if (has_printed(program->error)) return program->error;
    return has_printed(program->stdio) ? program->stdio : NULL;
}

static struct slice last_line(struct slice text) {
    while (text.len_bytes > 0 && strchr(" \t\r\n", text.data[text.len_bytes - 1])) text.len_bytes--;
    size_t begin = text.len_bytes;
    while (begin > 0 && text.data[begin - 1] != '\n') begin--;
    return slice_of(text.data + begin, text.len_bytes - begin);
}

void program_last_line(const struct program *program, struct buffer *out) {
    const struct sock *sock = telling(program);
    struct slice const line = sock ? last_line(buffer_view(&sock->stream->tail)) : slice_of(NULL, 0);
    if (line.len_bytes == 0) return;
    buffer_text(out, "; its last output: \"");
    buffer_escaped(out, line, LAST_LINE_BYTES);
    buffer_text(out, "\"");
}

static bool shows_bytes(enum failure_kind kind) {
    return kind == FAILURE_MISMATCH || kind == FAILURE_ENDING || kind == FAILURE_UNMATCHED || kind == FAILURE_UNREAD_OUTPUT;
}

void program_output(const struct program *program, struct failure *failure, const struct sock *about) {
    if (program->error) stream_drain(program->error); // what it said of it may have come since
    const struct sock *sock = telling(program);
    if (!sock || (sock == about && shows_bytes(failure->kind))) return;
    failure->output = stream_last_lines(sock, &program->actor->part->journal->arena);
    failure->output_of = (uint8_t)sock->stream->code;
}
