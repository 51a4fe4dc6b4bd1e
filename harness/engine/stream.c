#include "stream.h"
#include "news.h"
#include "program.h"
#include "sock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 64 * 1024,
    DRAINED_BYTES = 4 * 1024 * 1024, // more than a pipe takes: pipe(7)
};

const char *stream_code_word(enum stream_code code) {
    static const char *const words[] = {
        [STREAM_TERMINAL] = "terminal", [STREAM_STDOUT] = "stdout", [STREAM_STDERR] = "stderr",
    };
    return words[code];
}

const char *stream_word(const struct stream *stream) { return stream_code_word(stream->code); }

// --- the journal

// Bytes of which nothing is kept are added to the newest event, so that a long stream is one line.
static bool adds_to_newest(const struct sock *sock) {
    const struct stream *stream = sock->stream;
    if (!stream->printed_event || news_has_told(sock->part, stream->printed_event)) return false;
    return stream->kept == KEPT_BYTES || sock->part->noted;
}

// A program that prints byte by byte has printed a word: what comes within a moment is one event.
static bool joins_newest(const struct sock *sock) {
    const struct event *newest = sock->stream->printed_event;
    if (!newest || news_has_told(sock->part, newest)) return false;
    return newest->bytes.len_bytes == newest->count && clock_now_ns() - newest->at_ns < NS_PER_MS;
}

// Behind what the newest event has of them, as far as there is room for any.
static void keep(struct stream *stream, struct arena *arena, struct slice bytes) {
    struct event *event = stream->printed_event;
    size_t const before = event->bytes.len_bytes;
    size_t kept = KEPT_BYTES - stream->kept;
    if (kept > bytes.len_bytes) kept = bytes.len_bytes;
    if (kept == 0) return;
    if (before + kept > stream->room_bytes) {
        uint8_t *room = arena_alloc(arena, before ? 2 * (before + kept) : kept);
        if (before) memcpy(room, stream->room, before);
        stream->room = room;
        stream->room_bytes = before ? 2 * (before + kept) : kept;
    }
    memcpy(stream->room + before, bytes.data, kept);
    event->bytes = slice_of(stream->room, before + kept);
    stream->kept += (uint32_t)kept;
}

static void note_printed(struct sock *sock, struct slice bytes) {
    struct stream *stream = sock->stream;
    struct journal_segment *journal = sock->part->journal;
    bool const adds = adds_to_newest(sock), joins = !adds && joins_newest(sock);
    if (!adds && !joins) {
        struct event *event = journal_add_growing(journal, EVENT_PRINTED);
        event->actor = sock->actor->instance;
        event->socket = sock->number;
        event->code = (int32_t)stream->code;
        event->offset = stream->printed_bytes;
        stream->printed_event = event;
        stream->room_bytes = 0;
    }
    if (!adds) keep(stream, &journal->arena, bytes);
    stream->printed_event->count += bytes.len_bytes;
    stream->printed_bytes += bytes.len_bytes;
}

static void keep_tail(struct buffer *tail, struct slice bytes) {
    if (bytes.len_bytes > STREAM_TAIL_BYTES) {
        bytes = slice_of(bytes.data + bytes.len_bytes - STREAM_TAIL_BYTES, STREAM_TAIL_BYTES);
        buffer_clear(tail);
    }
    buffer_slice(tail, bytes);
    if (tail->len_bytes <= 2 * STREAM_TAIL_BYTES) return;
    memmove(tail->data, tail->data + tail->len_bytes - STREAM_TAIL_BYTES, STREAM_TAIL_BYTES);
    tail->len_bytes = STREAM_TAIL_BYTES;
}

static void keep_report(struct buffer *report, struct slice bytes) {
    size_t const room = STREAM_TAIL_BYTES - report->len_bytes;
    buffer_add(report, bytes.data, bytes.len_bytes < room ? bytes.len_bytes : room);
}

// A report begins where the line does in which it was recognised; `tail` is what came before these bytes.
static void begin_report(struct stream *stream, struct slice bytes, size_t end) {
    size_t from = end > 0 && bytes.data[end - 1] == '\n' ? end - 1 : end;
    while (from > 0 && bytes.data[from - 1] != '\n') from--;
    struct slice before = buffer_view(&stream->tail);
    size_t last = before.len_bytes;
    while (from == 0 && last > 0 && before.data[last - 1] != '\n') last--;
    if (last < before.len_bytes) buffer_add(&stream->report, before.data + last, before.len_bytes - last);
    if (stream->report.len_bytes > STREAM_TAIL_BYTES) buffer_clear(&stream->report); // no line of a report's
    keep_report(&stream->report, slice_of(bytes.data + from, bytes.len_bytes - from));
}

struct slice stream_last_lines(const struct sock *sock, struct arena *arena) {
    struct slice tail = buffer_view(&sock->stream->tail);
    bool const is_cut = sock->stream->printed_bytes > STREAM_TAIL_BYTES;
    if (tail.len_bytes > STREAM_TAIL_BYTES)
        tail = slice_of(tail.data + tail.len_bytes - STREAM_TAIL_BYTES, STREAM_TAIL_BYTES);
    const uint8_t *line_break = is_cut ? memchr(tail.data, '\n', tail.len_bytes) : NULL;
    size_t const cut = line_break ? (size_t)(line_break - tail.data) + 1 : 0;
    // Whole lines, but for one that has no end.
    if (cut < tail.len_bytes) tail = slice_of(tail.data + cut, tail.len_bytes - cut);
    if (tail.len_bytes == 0) return slice_of(NULL, 0);
    return slice_of(arena_copy(arena, tail.data, tail.len_bytes), tail.len_bytes);
}

// --- what is printed

static void unregister(struct sock *sock) {
    if (sock->registered) epoll_ctl(sock->part->worker->epoll_fd, EPOLL_CTL_DEL, sock->fd, NULL);
    sock->registered = false;
}

// Into `data`, which is for whoever asks: what is said of a stream is said of all that ever came from it.
static ssize_t take(struct sock *sock, void *data, size_t len_bytes) {
    struct stream *stream = sock->stream;
    ssize_t n;
    do n = read(sock->fd, data, len_bytes);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EIO && stream->code == STREAM_TERMINAL) n = 0; // it has hung up
    if (n < 0) return -errno;
    if (n == 0) {
        stream->ended = true;
        unregister(sock);
        return 0;
    }
    struct slice const bytes = slice_of(data, (size_t)n);
    size_t end;
    note_printed(sock, bytes);
    if (stream->scan.name) {
        keep_report(&stream->report, bytes);
    } else if (sanitizer_scan(&stream->scan, bytes, &end)) {
        begin_report(stream, bytes, end);
        program_accused(stream->program, sock);
    } else if (sock->part->run->engine->options->under && valgrind_scan(&stream->valgrind, bytes, &end)) {
        stream->scan.name = "valgrind";
        keep_report(&stream->report, buffer_view(&stream->valgrind.head));
        keep_report(&stream->report, slice_of(bytes.data + end, bytes.len_bytes - end));
        program_accused(stream->program, sock);
    }
    keep_tail(&stream->tail, bytes);
    return n;
}

static size_t held_bytes(const struct sock *sock) {
    return sock->held.len_bytes - sock->held_from;
}

// What was taken from `held` is forgotten now and then, unless a branch may want it back.
static void hold(struct sock *sock, const void *data, size_t len_bytes) {
    struct buffer *held = &sock->held;
    size_t const left = held_bytes(sock);
    if (!sock->stream->is_pinned && sock->held_from > 0 && sock->held_from >= left) {
        memmove(held->data, held->data + sock->held_from, left);
        held->len_bytes = left;
        sock->held_from = 0;
    }
    buffer_add(held, data, len_bytes);
}

// One read into `held`; the same answers.
static ssize_t take_ahead(struct sock *sock) {
    uint8_t *bytes = sock->part->worker->bytes;
    const struct stream *stream = sock->stream;
    ssize_t n = take(sock, bytes, SCRATCH_BYTES);
    bool const has_room = !stream->counts || held_bytes(sock) < STREAM_HELD_BYTES;
    if (n > 0 && !stream->drops && has_room) hold(sock, bytes, (size_t)n);
    return n;
}

static void set_overflowed(struct sock *sock, bool is_full) {
    struct stream *stream = sock->stream;
    stream->overflowed = is_full;
    // What was so when the case was stopped, others may only be about to tell.
    if (!sock->part->stopped)
        atomic_store(&sock->part->run->programs[sock->actor->instance].is_full[stream->code], is_full);
    if (!is_full || stream->was_full) return;
    stream->was_full = true;
    struct event *event = journal_add(sock->part->journal, EVENT_NOTE);
    event->actor = sock->actor->instance;
    event->bytes = slice_text(arena_text(&sock->part->journal->arena,
                                         "%d MiB of its %s wait to be received: it may have to wait for room",
                                         STREAM_HELD_BYTES / 1024 / 1024, stream_word(stream)));
}

static void output_ready(struct epoll_target *target, uint32_t epoll_events) {
    struct sock *sock = list_entry(target, struct sock, target);
    (void)epoll_events;
    if (sock->fd < 0 || !sock->registered) return; // closed since
    sock->part->activity++;
    if (held_bytes(sock) >= STREAM_HELD_BYTES && !sock->stream->counts) {
        set_overflowed(sock, true);
        unregister(sock);
    } else if (take_ahead(sock) != -EAGAIN) {
        sock_wake_readers(sock);
    }
}

void stream_consumed(struct sock *sock) {
    struct stream *stream = sock->stream;
    if (!stream->overflowed || held_bytes(sock) >= STREAM_HELD_BYTES / 2) return;
    set_overflowed(sock, false);
    stream_watch(sock);
}

ssize_t stream_peek(struct sock *sock, void *data, size_t len_bytes) {
    ssize_t n = take_ahead(sock);
    if (n <= 0) return n;
    size_t const held = held_bytes(sock), seen = held < len_bytes ? held : len_bytes;
    memcpy(data, sock->held.data + sock->held_from, seen);
    return (ssize_t)seen;
}

// By large pieces always, so that the journal has few; a branch of `either` holds what it has read by itself.
ssize_t stream_read(struct sock *sock, void *data, size_t len_bytes) {
    if (sock->stream->is_pinned || len_bytes >= PIECE_BYTES) return take(sock, data, len_bytes);
    ssize_t n = stream_peek(sock, data, len_bytes);
    if (n > 0) sock->held_from += (size_t)n;
    return n;
}

void stream_drop(struct sock *sock) {
    sock->stream->drops = true;
    buffer_clear(&sock->held);
    sock->held_from = 0;
    stream_consumed(sock);
}

void stream_count(struct sock *sock) {
    struct stream *stream = sock->stream;
    stream->counts = true;
    if (!stream->overflowed) return;
    set_overflowed(sock, false);
    stream_watch(sock);
}

void stream_drain(struct sock *sock) {
    if (sock->fd < 0) return;
    // What lies there now, however much of it, and not what somebody goes on printing; and the end behind it.
    int64_t left = DRAINED_BYTES;
    for (ssize_t n = 1; n > 0 && left > 0; left -= n) n = take_ahead(sock);
    sock_wake_readers(sock);
}

// What was dropped, since no step could ever receive it, was not received either.
int64_t stream_unread(const struct sock *sock) {
    int queued = 0;
    if (sock->fd >= 0 && ioctl(sock->fd, FIONREAD, &queued) != 0) queued = 0;
    return (int64_t)(sock->stream->printed_bytes - sock->received_bytes) + queued;
}

// --- what is written

static void input_ready(struct epoll_target *target, uint32_t epoll_events) {
    struct stream *stream = list_entry(target, struct stream, in_target);
    (void)epoll_events;
    if (stream->in_fd >= 0) sock_wake_writers(program_stdio(stream->program));
}

ssize_t stream_write(struct sock *sock, const void *data, size_t len_bytes) {
    const struct stream *stream = sock->stream;
    if (stream->in_fd < 0) return stream->had_in ? -EPIPE : -EBADF;
    ssize_t n;
    do n = write(stream->in_fd, data, len_bytes); // where nobody reads, SIGPIPE is blocked in all threads of the pool
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

void stream_close_in(struct sock *sock) {
    struct stream *stream = sock->stream;
    if (stream->in_fd < 0) return;
    static const char end_of_transmission = 4; // termios(3), VEOF
    ssize_t n = stream->code == STREAM_TERMINAL ? write(stream->in_fd, &end_of_transmission, 1) : 0;
    (void)n;
    close(stream->in_fd);
    stream->in_fd = -1;
    stream->in_registered = false;
}

// --- opening, watching, closing

int stream_watch(struct sock *sock) {
    struct stream *stream = sock->stream;
    int const epoll_fd = sock->part->worker->epoll_fd;
    if (stream->in_fd >= 0 && !stream->in_registered) {
        struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data.ptr = &stream->in_target};
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, stream->in_fd, &event) != 0) return -errno;
        stream->in_registered = true;
    }
    if (sock->fd < 0 || sock->registered || stream->ended || stream->overflowed) return 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &sock->target};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, sock->fd, &event) != 0) return -errno;
    sock->registered = true;
    return 0;
}

struct sock *stream_open(struct program *program, enum stream_code code, int fd, int in_fd) {
    struct part *part = program->actor->part;
    struct sock *sock = arena_alloc(&part->arena, sizeof *sock);
    struct stream *stream = arena_alloc(&part->arena, sizeof *stream);
    stream->program = program;
    stream->code = code;
    stream->in_fd = in_fd;
    stream->had_in = in_fd >= 0;
    stream->in_target.ready = input_ready;
    sock->stream = stream;
    sock->target.ready = output_ready;
    sock->part = part;
    sock->actor = program->actor;
    sock->number = journal_new_socket(part->journal);
    sock->fd = fd;
    sock->connected = true;
    list_init(&sock->link);
    list_init(&sock->block_link);
    list_init(&sock->readers);
    list_init(&sock->writers);
    return sock;
}

static void stream_close(struct sock *sock) {
    struct stream *stream = sock->stream;
    if (sock->fd >= 0) close(sock->fd); // which epoll(7) forgets
    if (stream->in_fd >= 0) close(stream->in_fd);
    sock->fd = stream->in_fd = -1;
    sock->registered = stream->in_registered = false;
    buffer_fini(&sock->held);
    sock->held_from = 0;
    sock_wake_readers(sock);
    sock_wake_writers(sock);
}

void stream_fini(struct sock *sock) {
    stream_close(sock);
    buffer_fini(&sock->stream->tail);
    buffer_fini(&sock->stream->report);
    valgrind_scan_fini(&sock->stream->valgrind);
}
