// The steps that only a program has: cwd, env, user and stdin before `run`, listens and stop behind it.
#include "board.h"
#include "env.h"
#include "program.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

#include "base/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// --- words

// A value as a text for a system call, in the arena.
static enum step_answer value_word(struct task *task, const struct value *value, const char *what, struct arena *arena,
                                   const char **word) {
    struct slice text;
    if (!bytes_flat(&task->step_arena, value_as_text(&task->step_arena, value), &text))
        return task_fail(task, FAILURE_VALUE, "%s of more than 64 MiB", what);
    if (text.len_bytes > 0 && memchr(text.data, '\0', text.len_bytes))
        return task_fail(task, FAILURE_VALUE, "%s has no zero byte in it", what);
    *word = arena_copy(arena, text.data, text.len_bytes);
    return STEP_DONE;
}

static enum step_answer word_of(struct task *task, const struct term *term, const char *what, struct arena *arena,
                                const char **word) {
    struct value value;
    enum step_answer answer = env_eval(task, term, &value);
    return answer == STEP_DONE ? value_word(task, &value, what, arena, word) : answer;
}

// --- before `run`

enum step_answer step_cwd(struct task *task, const struct step *step) {
    const char *folder = NULL;
    enum step_answer answer = word_of(task, step->operand, "a folder's name", &task->part->arena, &folder);
    if (answer != STEP_DONE) return answer;
    if (folder[0] != '/') folder = arena_text(&task->part->arena, "%s/%s", task->part->run->scratch.path, folder);
    task->actor->program->folder = folder;
    return STEP_DONE;
}

enum step_answer step_env(struct task *task, const struct step *step) {
    struct arena *arena = &task->part->arena;
    const char *value = NULL;
    enum step_answer answer = step->operand ? word_of(task, step->operand, "a variable", arena, &value) : STEP_DONE;
    if (answer != STEP_DONE) return answer;
    struct program *program = task->actor->program;
    struct variable *variable = arena_alloc(arena, sizeof *variable);
    variable->name = step->variable;
    variable->value = value;
    *program->next_variable = variable;
    program->next_variable = &variable->next;
    return STEP_DONE;
}

enum step_answer step_user(struct task *task, const struct step *step) {
    return word_of(task, step->operand, "a user's name", &task->part->arena, &task->actor->program->user);
}

// A file without a name, in the scratch folder where that can be, else in memory; or a negative errno.
static int nameless_file(const char *folder) {
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (fd < 0) fd = memfd_create("stdin", MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int write_all(struct task *task, int fd, const struct bytes *bytes) {
    uint8_t *piece = task->part->worker->bytes;
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        uint64_t const left = bytes->len_bytes - at;
        size_t const wanted = left < SCRATCH_BYTES ? (size_t)left : SCRATCH_BYTES;
        bytes_read(bytes, at, piece, wanted);
        ssize_t const n = write(fd, piece, wanted);
        if (n < 0 && errno != EINTR) return -errno;
        at += n > 0 ? (uint64_t)n : 0;
    }
    return 0;
}

// From its beginning, and only to be read.
static int opened_for_reading(int fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int const reader = open(path, O_RDONLY | O_CLOEXEC);
    return reader < 0 ? -errno : reader;
}

enum step_answer step_stdin(struct task *task, const struct step *step) {
    struct program *program = task->actor->program;
    struct value value;
    enum step_answer answer = env_eval_kind(task, step->operand, VALUE_BYTES, &value);
    if (answer != STEP_DONE) return answer;
    int const fd = nameless_file(task->part->run->scratch.path);
    int error = fd < 0 ? fd : write_all(task, fd, value.bytes);
    int const reader = error ? error : opened_for_reading(fd);
    if (fd >= 0) close(fd);
    if (reader < 0) return task_fail(task, FAILURE_RESOURCE, "the file that is to be its stdin: %s", errno_name(-reader));
    if (program->stdin_fd >= 0) close(program->stdin_fd);
    program->stdin_fd = reader;
    return STEP_DONE;
}

// --- run

// What is to be run, ended by a NULL: of a list each item is an argument.
static enum step_answer arguments_of(struct task *task, const struct step *step, const char ***arguments) {
    struct arena *arena = &task->step_arena;
    struct value *values = arena_array(arena, step->list_count, sizeof *values);
    size_t count = 0, at = 0;
    enum step_answer answer = STEP_DONE;
    for (uint32_t i = 0; i < step->list_count && answer == STEP_DONE; i++) {
        answer = env_eval(task, step->list[i], &values[i]);
        if (answer == STEP_DONE) count += values[i].kind == VALUE_LIST ? values[i].item_count : 1;
    }
    *arguments = arena_array(arena, count + 1, sizeof **arguments);
    for (uint32_t i = 0; i < step->list_count && answer == STEP_DONE; i++) {
        bool is_list = values[i].kind == VALUE_LIST;
        const struct value *items = is_list ? values[i].items : &values[i];
        for (size_t k = 0; k < (is_list ? values[i].item_count : 1) && answer == STEP_DONE; k++)
            answer = value_word(task, &items[k], "an argument", arena, &(*arguments)[at++]);
    }
    if (answer != STEP_DONE || count > 0) return answer;
    return task_fail(task, FAILURE_VALUE, "there is nothing to run: the lists are empty");
}

// What `fails` foretells is execve(2)'s failure: that there is no such user, or folder, is the scenario's mistake.
static enum step_answer refused(struct task *task, const struct step *step, int error, int exec_errno,
                                const char *trouble) {
    if (error == -ENOTSUP && !exec_errno)
        return task_skip(task, "this machine cannot have programs in worlds: %s", trouble);
    if (exec_errno && step_fails_with(step, exec_errno)) return STEP_DONE;
    if (exec_errno && step->fails_count > 0)
        return task_fail(task, FAILURE_CALL, "run failed with %s, expected %s: %s", errno_name(-error),
                         step_failure_text(step, &task->step_arena), trouble);
    struct buffer limit = {0};
    bool const is_limit = limit_text(-error, &limit);
    enum step_answer answer = task_fail(task, is_limit ? FAILURE_RESOURCE : FAILURE_CALL, "run: %s%s%s", trouble,
                                        is_limit ? ": " : "", is_limit ? limit.data : "");
    buffer_fini(&limit);
    return answer;
}

// Until its own process is known, which behind a wrapper takes as long as that one needs to begin.
static enum step_answer find_process(struct task *task, struct program *program) {
    static const int64_t first_pause_ns = 200 * 1000, longest_pause_ns = 10 * 1000 * 1000;
    struct progress *progress = &task->progress;
    if (program_find(program, task)) return STEP_DONE;
    progress->poll_ns = progress->poll_ns ? progress->poll_ns * 2 : first_pause_ns;
    if (progress->poll_ns > longest_pause_ns) progress->poll_ns = longest_pause_ns;
    return task_wait_until(task, clock_after(clock_now_ns(), progress->poll_ns), "for its process behind the wrapper");
}

enum step_answer step_run(struct task *task, const struct step *step) {
    struct program *program = task->actor->program;
    const char **arguments = NULL;
    if (task->progress.poll_ns > 0) return find_process(task, program);
    if (program->stdio) return task_fail(task, FAILURE_CALL, "it has been run already");
    enum step_answer answer = program->start ? STEP_DONE : arguments_of(task, step, &arguments);
    if (answer != STEP_DONE) return answer;
    struct buffer trouble = {0};
    int exec_errno;
    int const error = program->start ? program_start_on(task, &exec_errno, &trouble)
                                     : program_run(task, step, arguments, &exec_errno, &trouble);
    if (error == -EINPROGRESS && program->start) answer = program_wait_start(task);
    else if (error) answer = refused(task, step, error, exec_errno, trouble.data ? trouble.data : strerror(-error));
    else if (step->fails_count > 0)
        answer = task_fail(task, FAILURE_CALL, "run succeeded, expected %s", step_failure_text(step, &task->step_arena));
    else answer = find_process(task, program);
    buffer_fini(&trouble);
    return answer;
}

// --- behind it

static enum step_answer not_run(struct task *task) { return task_fail(task, FAILURE_CALL, "it has not been run"); }

static enum step_answer it_listens(struct task *task, const struct step *step, const struct address *address,
                                   enum family_word family) {
    struct actor_run *actor = task->actor;
    const char *host;
    if (actor->has_address) return STEP_DONE;
    enum step_answer answer = env_host(task, step->operand, &host);
    if (answer != STEP_DONE) return answer;
    actor->has_address = true;
    struct value value = {.kind = VALUE_ADDRESS, .address_has_port = true, .family = family, .address = address,
                          .address_name = env_name(host)};
    board_publish(task->part, actor->instance, FUTURE_ADDRESS, &value);
    task_tell_address(task, &value);
    return STEP_DONE;
}

static enum step_answer ended_before(struct task *task, const struct step *step, struct program *program) {
    if (task->part->halted) return STEP_FAILED; // how it has ended is a failure of its own
    struct buffer text = {0};
    program_state_words(program, &text);
    struct slice at = span_text(step->operand->span);
    enum step_answer answer = task_fail(task, FAILURE_CALL, "%s, and never listened at %.*s", text.data, (int)at.len_bytes,
                                        (const char *)at.data);
    buffer_fini(&text);
    return answer;
}

enum step_answer step_listens(struct task *task, const struct step *step) {
    static const int64_t first_pause_ns = 200 * 1000, longest_pause_ns = 10 * 1000 * 1000;
    struct program *program = task->actor->program;
    struct progress *progress = &task->progress;
    enum family_word family;
    struct address address;
    if (!program->stdio) return not_run(task);
    enum step_answer answer = env_endpoint(task, step->operand, &family, &address);
    if (answer != STEP_DONE) return answer;
    const struct net_family *net = net_family(family);
    int const listens = program->process ? process_listens(program->process, net->type, net->protocol, &address) : 0;
    if (listens == -EAFNOSUPPORT)
        return task_fail(task, FAILURE_VALUE, "of %s the kernel does not tell who listens", script_family_word(family));
    if (listens < 0) return task_fail(task, FAILURE_RESOURCE, "who listens cannot be known: %s", errno_name(-listens));
    if (listens > 0) return it_listens(task, step, &address, family);
    if (program_has_ended(program)) return ended_before(task, step, program);
    progress->poll_ns = progress->poll_ns ? progress->poll_ns * 2 : first_pause_ns;
    if (progress->poll_ns > longest_pause_ns) progress->poll_ns = longest_pause_ns;
    return task_wait_until(task, clock_after(clock_now_ns(), progress->poll_ns), NULL);
}

static bool asks_to_end(int number) {
    return number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGKILL;
}

enum step_answer step_stop(struct task *task, const struct step *step) {
    struct program *program = task->actor->program;
    if (!program->stdio) return not_run(task);
    int const error = program_signal(program, step->signal_number, task);
    if (error == 0 && asks_to_end(step->signal_number)) program_arm_grace(program, task->pc);
    // What is to end and has ended is as it should be, whoever was first.
    if (error == -ESRCH && asks_to_end(step->signal_number) && step->fails_count == 0) return STEP_DONE;
    if (error == -ESRCH && !step_fails_with(step, ESRCH)) {
        struct buffer text = {0};
        program_has_ended(program);
        if (task->part->halted) return STEP_FAILED;
        program_state_words(program, &text);
        enum step_answer answer = task_fail(task, FAILURE_CALL, "stop failed with ESRCH: %s", text.data);
        buffer_fini(&text);
        return answer;
    }
    return call_result(task, step, NULL, error);
}
