// A program's stdin, stdout and stderr, as sockets that are none: all steps of a stream work on them. Private to the
// room.
//
// What a program prints is taken from its pipe as it comes, and held for whoever receives it, so that a program that
// talks a lot is not held up by a scenario that listens later. sock->fd is our end of the pipe; it stays open behind the
// stream's end.
#ifndef SOCKDRILL_ENGINE_STREAM_H
#define SOCKDRILL_ENGINE_STREAM_H

#include "play.h"
#include "sanitizer.h"
#include "valgrind.h"

enum {
    STREAM_HELD_BYTES = 16 * 1024 * 1024, // ahead of the reader; behind that the program has to wait
    STREAM_TAIL_BYTES = 4096,             // of its end that reports may show
};

// Owned by one worker.
struct stream {
    struct program *program;
    enum stream_code code;
    int in_fd;          // what it reads; -1: not ours to write, or closed
    bool had_in;        // it was ours
    bool in_registered;
    struct epoll_target in_target;
    bool ended;         // nobody can print any more
    bool overflowed;    // it waits for room to hold it in
    bool drops;         // what comes is not for any step
    bool counts;        // nor for any step, but it counts: what there is no room for is only counted
    bool was_full;      // and the journal has it
    bool is_pinned;     // a branch of `either` may want back what it has taken from `held`
    uint64_t printed_bytes;
    uint32_t kept;
    struct event *printed_event; // the newest, to which a terse journal adds
    uint8_t *room;               // of its bytes, in the journal's arena
    size_t room_bytes;
    struct buffer tail;          // STREAM_TAIL_BYTES to twice as many
    struct sanitizer_scan scan;
    struct valgrind_scan valgrind; // behind a wrapper
    struct buffer report;        // of one of them, from its first line on: STREAM_TAIL_BYTES of it
};

// Takes our ends over: `fd` of what it prints, `in_fd` of what it reads or -1.
struct sock *stream_open(struct program *program, enum stream_code code, int fd, int in_fd);
void stream_fini(struct sock *sock); // and forgets what was printed
void stream_close_in(struct sock *sock); // `shutdown write`: of a terminal ^D
int stream_watch(struct sock *sock);     // for room to write, and for what is printed. 0 or a negative errno

// As read(2) and write(2), and as recv(2) with MSG_PEEK.
ssize_t stream_read(struct sock *sock, void *data, size_t len_bytes);
ssize_t stream_peek(struct sock *sock, void *data, size_t len_bytes);
ssize_t stream_write(struct sock *sock, const void *data, size_t len_bytes);
int64_t stream_unread(const struct sock *sock);
void stream_consumed(struct sock *sock); // some of `held` was taken: there may be room again
// Nobody will receive what is held, nor what still comes.
void stream_drop(struct sock *sock);
// No step will receive what is held, nor what still comes, but it counts as unread, and the program need not wait.
void stream_count(struct sock *sock);
// Takes whatever has been printed so far, however much is held.
void stream_drain(struct sock *sock);
// The last lines of what was printed, in the arena.
struct slice stream_last_lines(const struct sock *sock, struct arena *arena);
const char *stream_word(const struct stream *stream); // "stdout"
const char *stream_code_word(enum stream_code code);

#endif
