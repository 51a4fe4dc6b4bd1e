// Programs as the engine plays them: what the journal has of them, how they are stopped, and that nothing of them is left.
#include "engine_play.h"
#include "world_play.h"

#include "base/clock.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Loop tests: on the machine's own loopback, and in a world.
enum { PLACES = 2 };

static struct play_options in_place(int i) { return (struct play_options){.isolation = i == 1}; }

// --- the journal

// The codes of all events of that kind, a blank behind each.
static const char *codes(const struct journal *journal, enum event_kind kind, bool with_count) {
    static char text[256];
    size_t used = 0;
    text[0] = '\0';
    for (uint64_t i = 0; i < journal->event_count && used < sizeof text; i++) {
        const struct event *event = &journal->events[i];
        if (event->kind != kind) continue;
        if (with_count)
            used += (size_t)snprintf(text + used, sizeof text - used, "%d/%d ", event->code, (int)event->count);
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "%d ", event->code);
    }
    return text;
}

static bool has_note(const struct journal *journal, const char *text) {
    for (const struct event *event = journal->events; event < journal->events + journal->event_count; event++)
        if (event->kind == EVENT_NOTE && slice_is(event->bytes, text)) return true;
    return false;
}

static uint64_t place_of(const struct journal *journal, enum event_kind kind) {
    const struct event *event = first_event(journal, kind);
    ck_assert_msg(event != NULL, "no event '%s'", event_name(kind));
    return (uint64_t)(event - journal->events);
}

START_TEST(what_the_journal_has) {
    struct play_options const options = in_place(_i);
    struct played played;
    play(&played, &options,
         "scenario \"s\"\nprogram p {\n"
         "  run \"sh\" \"-c\" \"echo out; echo err >&2; read word; echo more; kill -TERM $$\" \"it's\"\n"
         "  recv \"out\\n\"\n  recv \"err\\n\" on stderr\n  stop SIGCONT\n  send \"x\\n\"\n  recv \"more\\n\" eof\n"
         "  expect exit == 143\n}\n");
    const struct journal *journal = played.journals[0];
    const struct event *started = first_event(journal, EVENT_STARTED);
    ck_assert_msg(slice_is(started->bytes, "sh -c 'echo out; echo err >&2; read word; echo more; kill -TERM $$' 'it'\\''s'"),
                  "%.*s", (int)started->bytes.len_bytes, (const char *)started->bytes.data);
    ck_assert_int_gt(started->code, 1);
    ck_assert_str_eq(codes(journal, EVENT_STOPPED, true), "18/0 ");
    ck_assert_str_eq(codes(journal, EVENT_EXITED, true), "143/15 ");
    const struct failure *failure = first_failure(journal);
    ck_assert(failure && failure->kind == FAILURE_CRASHED && failure->is_cause);
    ck_assert(slice_is(failure->output, "err\n") && failure->output_of == 2);
    ck_assert_uint_eq(first_event(journal, EVENT_FAILED)->step, started->step);
    uint64_t printed[3] = {0};
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == EVENT_PRINTED) printed[journal->events[i].code] += journal->events[i].count;
    ck_assert_uint_eq(printed[1], 9);
    ck_assert_uint_eq(printed[2], 4);
    played_fini(&played);
}
END_TEST

// --- being stopped

// A tenth of the time that it has otherwise: half a second, and a tenth at a failure.
static struct play_options in_haste(int i) {
    struct play_options options = in_place(i);
    options.timeout_scale = 0.1;
    return options;
}

static const char stubborn[] = "run \"sh\" \"-c\" \"trap '' TERM; echo ready; while :; do sleep 0.01; done\"\n  recv \"ready\\n\"\n";
// Tells that it was told to end, and goes on.
static const char telling[] =
    "run \"sh\" \"-c\" \"trap ': >$TMPDIR/ready' TERM; echo ready; while :; do sleep 0.01; done\"\n  recv \"ready\\n\"\n";
static const char graceful[] =
    "run \"sh\" \"-c\" \"trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done\"\n  recv \"ready\\n\"\n";

START_TEST(killed_behind_its_grace) {
    struct play_options const options = in_haste(_i);
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  %s  stop\n  expect exit == 128 + 9\n}\n", stubborn);
    ck_assert_ptr_null(first_failure(played.journals[0]));
    ck_assert_str_eq(codes(played.journals[0], EVENT_STOPPED, true), "15/0 9/2 ");
    ck_assert_int_ge(played.duration_ns, NS_PER_S / 2);
    ck_assert(has_note(played.journals[0], "SIGTERM was not heeded for 500ms: SIGKILL"));
    played_fini(&played);
}
END_TEST

// Whoever reads its exit is told, another actor too.
START_TEST(killed_behind_its_grace_is_told) {
    static const char *const steps[] = {"  expect exit == 0\n}\n", "}\nclient c {\n  expect p.exit + 1 < 2\n}\n"};
    static const char *const words[] = {"exit is 137, expected == 0: ", ": "};
    for (size_t i = 0; i < 2; i++) {
        struct play_options const options = in_haste(_i);
        struct played played;
        play(&played, &options, "scenario \"s\"\nprogram p {\n  %s  stop\n%s", stubborn, steps[i]);
        const struct failure *failure = first_failure(played.journals[0]);
        char text[160];
        snprintf(text, sizeof text, "%sSIGKILL came 500ms after the SIGTERM of line 5, which it did not heed", words[i]);
        ck_assert(failure && failure->kind == FAILURE_EXPECT);
        ck_assert_msg(strstr(failure->message, text) != NULL, "%s", failure->message);
        played_fini(&played);
    }
}
END_TEST

// Nobody but the scenario's own SIGKILL: of that there is nothing to tell.
START_TEST(killed_by_the_scenario) {
    struct play_options const options = in_place(_i);
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  %s  stop\n  stop SIGKILL\n  expect exit == 0\n}\n", stubborn);
    ck_assert_str_eq(first_failure(played.journals[0])->message, "exit is 137, expected == 0");
    played_fini(&played);
}
END_TEST

// What it prints behind the scenario's own `stop` counts, however soon the scenario ends and however much it is; and it
// gets no other signal.
START_TEST(what_comes_behind_a_stop_counts) {
    static const struct {
        const char *trap, *stop, *message;
    } cases[] = {
        {"sleep 0.1; echo bye; exit 0", "stop", "4 bytes that it printed to its stdout were never received"},
        {"head -c 20MiB /dev/zero; exit 0", "stop SIGINT",
         "20971520 bytes that it printed to its stdout were never received"},
        {"(sleep 0.1; echo late) & exit 0", "stop", "5 bytes that it printed to its stdout were never received"},
        {"exit 0", "stop", NULL},
        {"echo not for the test >&2; exit 0", "stop", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play_options const options = in_place(_i);
        struct played played;
        play(&played, &options,
             "scenario \"s\"\ntimeout 60s\nprogram p {\n"
             "  run \"sh\" \"-c\" \"trap '%s' TERM INT; trap 'echo why' CONT; echo ready; "
             "while :; do sleep 0.01; done\"\n"
             "  recv \"ready\\n\"\n  %s\n}\n",
             cases[i].trap, cases[i].stop);
        const struct failure *failure = first_failure(played.journals[0]);
        ck_assert_msg(!failure == !cases[i].message, "%s: %s", cases[i].trap, failure ? failure->message : "no failure");
        if (failure) ck_assert(failure->kind == FAILURE_UNREAD_OUTPUT);
        if (failure) ck_assert_str_eq(failure->message, cases[i].message);
        ck_assert_str_eq(codes(played.journals[0], EVENT_EXITED, true), "0/0 ");
        ck_assert_uint_eq(count_events(played.journals[0], EVENT_STOPPED), 1);
        played_fini(&played);
    }
}
END_TEST

START_TEST(stopped_at_the_end) {
    struct play_options const options = in_place(_i);
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  %s}\n", graceful);
    ck_assert_ptr_null(first_failure(played.journals[0])); // "bye" came behind the end
    ck_assert_str_eq(codes(played.journals[0], EVENT_STOPPED, true), "15/1 ");
    ck_assert_str_eq(codes(played.journals[0], EVENT_EXITED, true), "5/0 ");
    played_fini(&played);
}
END_TEST

START_TEST(stopped_at_the_end_against_its_will) {
    struct play_options const options = in_haste(_i);
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  %s}\n", stubborn);
    ck_assert_ptr_null(first_failure(played.journals[0]));
    ck_assert_str_eq(codes(played.journals[0], EVENT_STOPPED, true), "15/1 9/1 ");
    played_fini(&played);
}
END_TEST

// One that hangs in `stop`ped state is woken to be told.
START_TEST(stopped_while_it_is_held) {
    struct play_options options = in_place(_i);
    options.timeout_scale = 20; // it is waited for so much longer before it is killed
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  %s  stop SIGSTOP\n}\n", graceful);
    ck_assert_ptr_null(first_failure(played.journals[0]));
    ck_assert_str_eq(codes(played.journals[0], EVENT_EXITED, true), "5/0 ");
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    played_fini(&played);
}
END_TEST

// Where everybody was is written down before anybody is told to end.
START_TEST(stopped_by_a_failure) {
    struct play_options const options = in_place(_i);
    struct played played;
    play(&played, &options,
         "scenario \"s\"\ntimeout 60s\nprogram p {\n  %s  signal go\n  recv \"never\"\n}\n"
         "client c {\n  wait go\n  expect 1 == 2\n}\n",
         graceful);
    const struct journal *journal = played.journals[0];
    ck_assert(first_failure(journal)->kind == FAILURE_EXPECT);
    ck_assert_uint_eq(count_events(journal, EVENT_FAILED), 1);
    ck_assert_msg(has_waiting(journal, "for \"never\" on its stdout"), "%s", all_waiting(journal));
    ck_assert_uint_lt(place_of(journal, EVENT_WAITING), place_of(journal, EVENT_STOPPED));
    ck_assert_str_eq(codes(journal, EVENT_EXITED, true), "5/0 ");
    played_fini(&played);
}
END_TEST

static const struct event *output_end(const struct journal *journal, int stream) {
    for (const struct event *event = journal->events; event < journal->events + journal->event_count; event++)
        if (event->kind == EVENT_OUTPUT_END && event->code == stream) return event;
    return NULL;
}

// When the case has failed it is let be for a moment: how it ends by itself, and what it says of it, is worth more than
// a SIGTERM.
START_TEST(let_be_by_a_failure) {
    struct play_options options = in_place(_i);
    options.timeout_scale = 20; // two seconds
    struct played played;
    play(&played, &options,
         "scenario \"s\"\ntimeout 60s\nprogram p {\n"
         "  run \"sh\" \"-c\" \"printf ready; printf more; sleep 0.05; echo sorry >&2; exit 3\"\n"
         "  recv \"ready\"\n  signal go\n}\n"
         "client c {\n  wait go\n  expect 1 == 2\n}\n");
    const struct journal *journal = played.journals[0];
    ck_assert(first_failure(journal)->kind == FAILURE_EXPECT);
    ck_assert_str_eq(codes(journal, EVENT_STOPPED, true), "");
    ck_assert_str_eq(codes(journal, EVENT_EXITED, true), "3/0 ");
    const struct event *out = output_end(journal, 1), *error = output_end(journal, 2);
    ck_assert(out && slice_is(out->bytes, "readymore") && out->count == 9 && out->offset == 5);
    ck_assert(error && slice_is(error->bytes, "sorry\n") && error->count == 6 && error->offset == 0);
    ck_assert_uint_eq(count_events(journal, EVENT_OUTPUT_END), 2);
    played_fini(&played);
}
END_TEST

// Whoever has closed what it prints to is about to end: that takes a little longer now and then.
START_TEST(let_be_on_its_way_out) {
    struct play_options options = in_place(_i);
    struct played played;
    play(&played, &options,
         "scenario \"s\"\ntimeout 60s\nprogram p {\n"
         "  run \"sh\" \"-c\" \"exec >&- 2>&-; sleep 0.25; exit 3\"\n  recv \"ready\"\n}\n");
    ck_assert_str_eq(codes(played.journals[0], EVENT_STOPPED, true), "");
    ck_assert_str_eq(codes(played.journals[0], EVENT_EXITED, true), "3/0 ");
    played_fini(&played);
}
END_TEST

// Those of the harness, and in a world also a program's.
START_TEST(who_was_queued) {
    struct play_options const options = in_place(_i);
    struct played played;
    play(&played, &options,
         "scenario \"s\"\ntimeout 60s\nserver s {\n  listen tcp 127.0.0.1:0\n  wait c\n}\n"
         "client c * 2 {\n  connect s\n  recv \"hello\"\n}\n");
    const struct journal *journal = played.journals[0];
    ck_assert(first_failure(journal)->kind == FAILURE_DEADLOCK);
    ck_assert_uint_eq(count_events(journal, EVENT_QUEUED), 1);
    const struct event *queued = first_event(journal, EVENT_QUEUED);
    ck_assert_uint_eq(queued->count, 2);
    ck_assert(address_equal(queued->address, first_event(journal, EVENT_BOUND)->address));
    played_fini(&played);
}
END_TEST

START_TEST(stopped_by_a_timeout) {
    struct play_options const options = in_haste(_i);
    struct played played;
    play(&played, &options,
         "scenario \"s\"\ntimeout 20s\nprogram p {\n  %s  expect exit == 0\n}\nclient c {\n  expect p.exit == 0\n}\n", stubborn);
    const struct journal *journal = played.journals[0];
    int const pid = first_event(journal, EVENT_STARTED)->code;
    char text[128];
    snprintf(text, sizeof text, "for the exit of process %d (p)", pid);
    ck_assert(first_failure(journal)->kind == FAILURE_TIMEOUT);
    ck_assert_msg(has_waiting(journal, text), "%s", all_waiting(journal));
    ck_assert_str_eq(codes(journal, EVENT_STOPPED, true), "15/1 9/1 ");
    ck_assert_int_lt(played.duration_ns, 15 * NS_PER_S); // its timeout is 2 s, and it has 0.1 s more: a tenth of each
    played_fini(&played);
}
END_TEST

START_TEST(stopped_by_an_interrupt) {
    struct play_options options = in_place(_i);
    options.interrupt_cases = 1;
    struct played played;
    play(&played, &options,
         "scenario \"s\"\ntimeout 60s\nprogram p {\n"
         "  run \"sh\" \"-c\" \"trap 'exit 5' TERM; : >$TMPDIR/ready; while :; do sleep 0.01; done\"\n  expect exit == 0\n}\n");
    const struct journal *journal = played.journals[0];
    ck_assert(first_failure(journal)->kind == FAILURE_INTERRUPTED);
    ck_assert_str_eq(codes(journal, EVENT_EXITED, true), "5/0 ");
    played_fini(&played);
}
END_TEST

// At its good end, too: then what it was stays what it was, but nobody waits fifteen seconds for a program that does not listen.
START_TEST(interrupted_at_its_end) {
    struct play_options options = in_place(_i);
    options.interrupt_cases = 1;
    options.timeout_scale = 3;
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  %s}\n", telling);
    ck_assert_ptr_null(first_failure(played.journals[0]));
    ck_assert_str_eq(codes(played.journals[0], EVENT_STOPPED, true), "15/1 9/1 ");
    ck_assert_int_lt(played.duration_ns, 12 * NS_PER_S);
    played_fini(&played);
}
END_TEST

// But one that a `stop` has asked to end is judged by what it does until then, which nobody knows any more.
START_TEST(interrupted_behind_its_stop) {
    struct play_options options = in_place(_i);
    options.interrupt_cases = 1;
    options.timeout_scale = 3;
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  %s  stop\n}\n", telling);
    ck_assert_ptr_nonnull(first_failure(played.journals[0]));
    ck_assert_int_eq(first_failure(played.journals[0])->kind, FAILURE_INTERRUPTED);
    ck_assert_int_lt(played.duration_ns, 12 * NS_PER_S);
    played_fini(&played);
}
END_TEST

// --- what is left

static bool lives(const char *marker) {
    DIR *folder = opendir("/proc");
    bool is_found = false;
    for (struct dirent *entry; !is_found && (entry = readdir(folder));) {
        char path[300], text[512];
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        int const fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t const len = fd < 0 ? 0 : read(fd, text, sizeof text);
        if (fd >= 0) close(fd);
        is_found = len > 0 && memmem(text, (size_t)len, marker, strlen(marker));
    }
    closedir(folder);
    return is_found;
}

// What the first world of a process leaves open is for all.
static unsigned descriptors_before(int i) {
    struct play_options const options = in_place(i);
    play_passes(&options, "scenario \"s\"\nprogram p {\n  run \"true\"\n  expect exit == 0\n}\n");
    return descriptors_open();
}

START_TEST(nobody_is_left) {
    static const char *const ends[] = {"", "  expect 1 == 2\n", "  stop SIGKILL\n  expect exit == 137\n"};
    char marker[32];
    snprintf(marker, sizeof marker, "6%d.%d", _i, getpid()); // so many seconds
    unsigned const before = descriptors_before(_i);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct play_options options = in_place(_i);
        struct played played;
        play(&played, &options,
             "scenario \"s\"\nprogram p {\n  run \"sh\" \"-c\" \"(setsid sh -c 'setsid sleep %s & sleep %s' &); sleep %s & echo ready; "
             "exec sleep %s\"\n  recv \"ready\\n\"\n%s}\n",
             marker, marker, marker, marker, ends[i]);
        const struct failure *failure = first_failure(played.journals[0]);
        ck_assert(i == 0 ? !failure : failure->kind == (i == 1 ? FAILURE_EXPECT : FAILURE_LEFT_BEHIND));
        played_fini(&played);
        ck_assert_msg(!lives(marker), "end %zu", i);
    }
    ck_assert_uint_eq(descriptors_open(), before);
}
END_TEST

START_TEST(no_descriptor_is_left) {
    static const char *const steps[] = {
        "run \"cat\"\n  send \"x\"\n  recv \"x\"\n  shutdown write\n  recv eof\n  expect exit == 0\n",
        "stdin \"x\"\n  run \"no-such-program-anywhere\" fails ENOENT\n",
        "stdin \"x\"\n  expect 1 == 2\n  run \"cat\"\n",
        "run \"cat\" on terminal\n  send \"x\\n\"\n  recv \"x\\r\\nx\\r\\n\"\n",
        "listen unix @here as s\n  run \"sleep\" \"0\" with s\n  expect exit == 0\n",
        "run \"cat\"\n  send \"never read\"\n",
    };
    struct play_options options = in_place(_i);
    unsigned const before = descriptors_before(_i);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct played played;
        play(&played, &options, "scenario \"s\"\nprogram p {\n  %s}\n", steps[i]);
        played_fini(&played);
        ck_assert_msg(descriptors_open() == before, "%s", steps[i]);
    }
}
END_TEST

// --- streams

START_TEST(held_ahead_of_its_reader_so_far) {
    struct play_options const options = in_place(_i);
    play_passes(&options, "scenario \"s\"\ntimeout 60s\nprogram p {\n  run \"head\" \"-c\" 64MiB \"/dev/zero\"\n"
                          "  expect unread >= 16MiB within 30s\n  sleep 50ms\n  expect unread <= 18MiB\n"
                          "  recv zeros(1MiB)\n  expect unread >= 15MiB\n  recv zeros(63MiB) eof\n  expect exit == 0\n}\n");
}
END_TEST

// A reader that comes half-way lets the program go on, though it waits for something else then.
START_TEST(room_again_while_nobody_reads) {
    struct play_options const options = in_place(_i);
    play_passes(&options, "scenario \"s\"\ntimeout 60s\nprogram p {\n"
                          "  run \"sh\" \"-c\" \"head -c 25165824 /dev/zero; echo done >&2; read word\"\n"
                          "  expect unread >= 16MiB within 30s\n  recv zeros(20MiB)\n  recv \"done\\n\" on stderr\n"
                          "  recv zeros(4MiB)\n  shutdown write\n  recv eof\n  expect exit == 1\n}\n");
}
END_TEST

// What a branch has taken it gives back, wherever the pieces end.
START_TEST(branches_give_back) {
    struct play_options const options = in_place(_i);
    play_passes(&options, "scenario \"s\"\nprogram p {\n"
                          "  run \"sh\" \"-c\" \"printf ab; sleep 0.02; printf cd; sleep 0.02; printf 'ef\\n'; sleep 0.02; echo end\"\n"
                          "  either {\n    recv \"abcdeX\"\n  } or {\n    recv \"abcX\"\n  } or {\n    recv \"ab\" text(2) \"ef\\n\"\n  }\n"
                          "  recv \"end\\n\" eof\n  expect received == 11\n  expect exit == 0\n}\n");
}
END_TEST

START_TEST(what_nobody_reads_of_stderr) {
    struct play_options const options = in_place(_i);
    play_passes(&options, "scenario \"s\"\ntimeout 60s\nprogram p {\n  run \"sh\" \"-c\" \"head -c 67108864 /dev/zero >&2; echo done\"\n"
                          "  recv \"done\\n\" eof\n  expect exit == 0\n}\n");
}
END_TEST

// Nor behind the last step that does: in a loop, and in a procedure of a loop.
START_TEST(what_nobody_reads_of_stderr_any_more) {
    static const char *const readers[] = {
        "recv \"a\" on stderr\n", "repeat 2 {\n  recv \"a\" on stderr\n}\n", "repeat 2 { reads() }\n",
        "either { recv \"b\" on stderr } or { recv \"aa\" on stderr }\n",
        "recv \"a\" on stderr\ndiscard on stderr\n",
    };
    struct play_options const options = in_place(_i);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        play_passes(&options, "scenario \"s\"\ntimeout 60s\nprocedure reads() { recv \"a\" on stderr }\nprogram p {\n"
                              "  run \"sh\" \"-c\" \"printf aa >&2; head -c 67108864 /dev/zero >&2; echo done\"\n  %s"
                              "  recv \"done\\n\" eof\n  expect exit == 0\n  expect stderr.unread >= 64MiB - 1MiB\n}\n",
                    readers[i]);
}
END_TEST

// But in the turns before the last one it is held, and between two steps that do.
START_TEST(what_somebody_may_still_read_of_stderr) {
    struct play_options const options = in_place(_i);
    play_passes(&options, "scenario \"s\"\nprogram p {\n"
                          "  run \"sh\" \"-c\" \"printf abc >&2; echo 1; read word; printf def >&2; echo 2; read word\"\n"
                          "  for byte in \"a\", \"b\" {\n"
                          "    either { recv \"x\" on stderr } or { recv (byte) on stderr }\n"
                          "    sleep 20ms\n  }\n  recv \"1\\n\"\n"
                          "  send \"x\\n\"\n  recv \"2\\n\"\n  recv \"cdef\" on stderr\n  shutdown write\n  recv eof\n"
                          "  expect exit == 1\n}\n");
}
END_TEST

// Whoever waits for the end of a program that waits for room is told so, by itself and by others.
START_TEST(full_of_what_nobody_reads) {
    struct play_options options = in_haste(_i);
    options.threads = options.workers = 2;
    struct played played;
    play(&played, &options,
         "scenario \"s\"\ntimeout 20s\nprogram p {\n"
         "  run \"head\" \"-c\" 20MiB \"/dev/zero\"\n  recv bytes(1)\n  expect exit == 0\n}\n"
         "client c {\n  expect p.exit == 0\n}\n");
    const struct journal *journal = played.journals[0];
    ck_assert(first_failure(journal)->kind == FAILURE_TIMEOUT);
    char text[160];
    snprintf(text, sizeof text,
             "for the exit of process %d (p); 16 MiB of its stdout wait to be received, and it may be waiting for room",
             first_event(journal, EVENT_STARTED)->code);
    int found = 0;
    for (const struct event *event = journal->events; event < journal->events + journal->event_count; event++)
        found += event->kind == EVENT_WAITING && slice_is(event->bytes, text);
    ck_assert_msg(found == 2, "%s", all_waiting(journal));
    ck_assert(has_note(journal, "16 MiB of its stdout wait to be received: it may have to wait for room"));
    ck_assert_str_eq(codes(journal, EVENT_STOPPED, true), "15/1 "); // it was not let go on before
    played_fini(&played);
}
END_TEST

// What one branch wants of it does not cut it into pieces.
START_TEST(branches_do_not_cut_it) {
    struct play_options const options = in_place(_i);
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  run \"sh\" \"-c\" \"sleep 0.05; echo nothing\"\n"
                            "  either { recv \"port \" line as port } or { recv \"nothing\\n\" }\n"
                            "  recv eof\n  expect exit == 0\n}\n");
    ck_assert_ptr_null(first_failure(played.journals[0]));
    ck_assert_uint_eq(count_events(played.journals[0], EVENT_PRINTED), 1);
    ck_assert(slice_is(first_event(played.journals[0], EVENT_PRINTED)->bytes, "nothing\n"));
    played_fini(&played);
}
END_TEST

// --- who it runs as

START_TEST(nobody_elses_but_roots) {
    if (geteuid() == 0) return; // the others' half of it is a scenario's
    struct play_options const options = in_place(_i);
    struct played played;
    play(&played, &options, "scenario \"s\"\nprogram p {\n  user daemon\n  run \"true\"\n  expect exit == 0\n}\n");
    ck_assert_ptr_null(first_failure(played.journals[0]));
    ck_assert(has_note(played.journals[0], "it does not run as 'daemon', but as who plays the scenario: "
                                           "only root starts others' programs"));
    played_fini(&played);
}
END_TEST

// --- waiting

// Also by whoever has asked for it before there was a process, while that program's own steps wait for somebody.
START_TEST(an_exit_is_waited_for_from_the_beginning) {
    struct play_options const options = in_place(_i);
    play_passes(&options, "scenario \"s\"\nprogram p {\n  sleep 10ms\n  run \"sleep\" \"0.7\"\n  wait go\n}\n"
                          "client c {\n  wait p.exit\n  signal go\n}\n");
}
END_TEST

// Nobody is wrongly held to wait in vain, and it takes a while.
START_TEST(an_exit_is_waited_for) {
    struct play_options options = in_place(_i);
    options.threads = 2;
    options.workers = 2;
    play_passes(&options, "scenario \"s\"\nprogram p {\n  run \"sleep\" \"0.7\"\n}\nclient c {\n  expect p.exit == 0\n}\n"
                          "program q {\n  wait p.exit\n  run \"true\"\n  expect exit == 0\n}\n");
}
END_TEST

START_TEST(many_on_many_threads) {
    struct play_options options = in_place(_i);
    options.threads = options.workers = 4;
    options.copies = 4;
    struct buffer text = {0};
    buffer_text(&text, "scenario \"s\"\ntimeout 60s\n");
    for (int i = 0; i < 6; i++)
        buffer_printf(&text,
                      "program p%d {\n  run \"cat\"\n  send \"%d\"\n  recv \"%d\"\n  wait p%d.pid\n  shutdown write\n  recv eof\n"
                      "  expect exit == 0\n}\nclient c%d {\n  expect p%d.exit == 0\n  expect p%d.pid > 1\n}\n",
                      i, i, i, (i + 1) % 6, i, i, (i + 3) % 6);
    play_passes(&options, "%s", text.data);
    buffer_fini(&text);
}
END_TEST

// --- coverage data

START_TEST(a_folder_for_coverage_data) {
    char prefix[] = "/var/tmp/sockdrill-gcov.XXXXXX", path[256];
    ck_assert_ptr_nonnull(mkdtemp(prefix));
    ck_assert_int_eq(chmod(prefix, 0755), 0);
    snprintf(path, sizeof path, "%s/data", prefix);
    setenv("GCOV_PREFIX", path, 1);
    setenv("GCOV_PREFIX_STRIP", "3", 1);
    struct play_options const options = in_place(_i);
    // Below the prefix a folder of the case's own, which another user may write into, and which stays.
    play_passes(&options, "scenario \"s\"\nprogram p {\n  %s  run \"sh\" \"-c\" \"echo $GCOV_PREFIX $GCOV_PREFIX_STRIP; mkdir -p $GCOV_PREFIX/a && "
                          "echo x > $GCOV_PREFIX/a/data\"\n  recv \"%s/test-\" bytes(8) \" 3\\n\" eof\n  expect exit == 0\n}\n",
                geteuid() == 0 ? "user \"nobody\"\n" : "", path);
    DIR *folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    int found = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char name[600];
        found++;
        snprintf(name, sizeof name, "%s/%s/a/data", path, entry->d_name);
        ck_assert_int_eq(unlink(name), 0);
        snprintf(name, sizeof name, "%s/%s/a", path, entry->d_name);
        ck_assert_int_eq(rmdir(name), 0);
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        ck_assert_int_eq(rmdir(name), 0);
    }
    closedir(folder);
    ck_assert_int_eq(found, 1);
    ck_assert_int_eq(rmdir(path) + rmdir(prefix), 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("programs");
    tcase_set_timeout(tests, 90);
    tcase_add_loop_test(tests, what_the_journal_has, 0, PLACES);
    tcase_add_loop_test(tests, killed_behind_its_grace, 0, PLACES);
    tcase_add_loop_test(tests, killed_behind_its_grace_is_told, 0, PLACES);
    tcase_add_loop_test(tests, killed_by_the_scenario, 0, PLACES);
    tcase_add_loop_test(tests, what_comes_behind_a_stop_counts, 0, PLACES);
    tcase_add_loop_test(tests, stopped_at_the_end, 0, PLACES);
    tcase_add_loop_test(tests, stopped_at_the_end_against_its_will, 0, PLACES);
    tcase_add_loop_test(tests, stopped_while_it_is_held, 0, PLACES);
    tcase_add_loop_test(tests, stopped_by_a_failure, 0, PLACES);
    tcase_add_loop_test(tests, let_be_by_a_failure, 0, PLACES);
    tcase_add_loop_test(tests, let_be_on_its_way_out, 0, PLACES);
    tcase_add_loop_test(tests, who_was_queued, 0, PLACES);
    tcase_add_loop_test(tests, stopped_by_a_timeout, 0, PLACES);
    tcase_add_loop_test(tests, stopped_by_an_interrupt, 0, PLACES);
    tcase_add_loop_test(tests, interrupted_at_its_end, 0, PLACES);
    tcase_add_loop_test(tests, interrupted_behind_its_stop, 0, PLACES);
    tcase_add_loop_test(tests, nobody_is_left, 0, PLACES);
    tcase_add_loop_test(tests, no_descriptor_is_left, 0, PLACES);
    tcase_add_loop_test(tests, held_ahead_of_its_reader_so_far, 0, PLACES);
    tcase_add_loop_test(tests, room_again_while_nobody_reads, 0, PLACES);
    tcase_add_loop_test(tests, branches_give_back, 0, PLACES);
    tcase_add_loop_test(tests, what_nobody_reads_of_stderr, 0, PLACES);
    tcase_add_loop_test(tests, what_nobody_reads_of_stderr_any_more, 0, PLACES);
    tcase_add_loop_test(tests, what_somebody_may_still_read_of_stderr, 0, PLACES);
    tcase_add_loop_test(tests, full_of_what_nobody_reads, 0, PLACES);
    tcase_add_loop_test(tests, branches_do_not_cut_it, 0, PLACES);
    tcase_add_loop_test(tests, nobody_elses_but_roots, 0, PLACES);
    tcase_add_loop_test(tests, an_exit_is_waited_for, 0, PLACES);
    tcase_add_loop_test(tests, an_exit_is_waited_for_from_the_beginning, 0, PLACES);
    tcase_add_loop_test(tests, many_on_many_threads, 0, PLACES);
    tcase_add_loop_test(tests, a_folder_for_coverage_data, 0, PLACES);
    Suite *suite = suite_create("program");
    suite_add_tcase(suite, tests);
    return play_suite(suite);
}
