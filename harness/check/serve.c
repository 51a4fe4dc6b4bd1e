// A scenario's servers beside the code under test: `sockdrill serve`.
#include "bridge.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADDRESS_S = 10, VERDICT_S = 2 }; // of the second there is less than what Check gives a test

struct sockdrill_server {
    struct sockdrill_child child;
    char *path;
    char *ca_file; // NULL: not told
    struct {
        char *actor, *address;
    } *addresses;
    size_t address_count;
    struct sockdrill_list actors; // that may have one; none: not told
    size_t read_bytes; // of the child's output, whole lines
    bool is_failing;   // a step has failed; how it went comes at the end
    bool is_said;      // by this process
    struct sockdrill_server *next;
};

// ---- those that have not ended

// Of the list, and of all that is read of a server: several threads may ask one for addresses, and a test is a fork.
static pthread_mutex_t servers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sockdrill_server *servers;

static void lock(void) { pthread_mutex_lock(&servers_lock); }

static void unlock(void) { pthread_mutex_unlock(&servers_lock); }

// An exit(3), as a test's that passes is.
static void prepare_process(void) {
    pthread_atfork(lock, unlock, unlock);
    atexit(sockdrill_servers_leave);
}

static void remember(struct sockdrill_server *server) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_process);
    lock();
    server->next = servers;
    servers = server;
    unlock();
}

static void forget(const struct sockdrill_server *server) {
    lock();
    struct sockdrill_server **at = &servers;
    while (*at && *at != server) at = &(*at)->next;
    if (*at) *at = server->next;
    unlock();
}

void sockdrill_servers_forget(void) { servers = NULL; }

static void server_free(struct sockdrill_server *server) {
    forget(server);
    sockdrill_child_fini(&server->child);
    for (size_t i = 0; i < server->address_count; i++) {
        free(server->addresses[i].actor);
        free(server->addresses[i].address);
    }
    free(server->addresses);
    sockdrill_list_fini(&server->actors);
    free(server->ca_file);
    free(server->path);
    free(server);
}

// ---- what it says

static void add_address(struct sockdrill_server *server, char *actor, char *address) {
    server->addresses =
        sockdrill_need(realloc(server->addresses, (server->address_count + 1) * sizeof *server->addresses));
    server->addresses[server->address_count].actor = actor;
    server->addresses[server->address_count++].address = address;
}

// "::debug::actors NAME...", "::debug::failing"; others are for GitHub.
static void read_note(struct sockdrill_server *server, const char *line, size_t len_bytes) {
    static const char actors[] = "::debug::actors";
    size_t const end = strlen(actors);
    if (strncmp(line, SOCKDRILL_FAILING, strlen(SOCKDRILL_FAILING)) == 0) server->is_failing = true;
    if (len_bytes < end || strncmp(line, actors, end) != 0) return;
    for (size_t at = end, name_len; at < len_bytes; at += name_len) {
        at += line[at] == ' ';
        name_len = strcspn(line + at, " \n");
        if (name_len > 0) sockdrill_list_add(&server->actors, "%.*s", (int)name_len, line + at);
    }
}

// "NAME ADDRESS" a line; in front of them "ca_file PATH" where the scenario has TLS.
static void read_lines(struct sockdrill_server *server) {
    for (;;) {
        const char *const line = sockdrill_text_of(&server->child.out_text) + server->read_bytes;
        size_t const len = strcspn(line, "\n"), name_len = strcspn(line, " \n");
        if (!line[len]) return;
        server->read_bytes += len + 1;
        bool const is_note = strncmp(line, "::", 2) == 0;
        if (is_note) read_note(server, line, len);
        if (is_note || name_len == len) continue;
        char *const name = sockdrill_need(strndup(line, name_len));
        char *const value = sockdrill_need(strndup(line + name_len + 1, len - name_len - 1));
        if (strcmp(name, "ca_file") != 0) {
            add_address(server, name, value);
            continue;
        }
        free(name);
        free(server->ca_file);
        server->ca_file = value;
    }
}

static void look(struct sockdrill_server *server) {
    sockdrill_child_look(&server->child);
    read_lines(server);
}

// ---- addresses

static const char *find_address(const struct sockdrill_server *server, const char *actor) {
    for (size_t i = 0; i < server->address_count; i++)
        if (!actor || strcmp(server->addresses[i].actor, actor) == 0) return server->addresses[i].address;
    return NULL;
}

static bool is_stranger(const struct sockdrill_server *server, const char *actor) {
    for (size_t i = 0; i < server->actors.count; i++)
        if (!actor || strcmp(server->actors.items[i], actor) == 0) return false;
    return server->actors.count > 0;
}

// NULL: it has none, has ended without, or the time is up.
static const char *wait_for_address(struct sockdrill_server *server, const char *actor) {
    int64_t const deadline_ns = sockdrill_now_ns() + (int64_t)(ADDRESS_S * 1e9 * sockdrill_scale());
    for (;;) {
        unsigned const seen = sockdrill_child_news(&server->child);
        lock();
        look(server);
        const char *const found = find_address(server, actor);
        bool const is_vain = !found && (server->child.is_over || is_stranger(server, actor));
        unlock();
        if (found || is_vain) return found;
        if (!sockdrill_child_wait_news(&server->child, seen, deadline_ns)) return NULL;
    }
}

static void add_addresses(const struct sockdrill_server *server, struct sockdrill_text *message) {
    for (size_t i = 0; i < server->address_count; i++)
        sockdrill_text_print(message, "\n  %s %s", server->addresses[i].actor, server->addresses[i].address);
}

static void say_who_is_there(const struct sockdrill_server *server, const char *actor, struct sockdrill_text *message) {
    const char *const nearest = sockdrill_list_nearest(&server->actors, actor);
    sockdrill_text_print(message, "%s has no actor '%s' that could have an address", server->path, actor);
    if (nearest) sockdrill_text_print(message, ": did you mean '%s'?", nearest);
    sockdrill_text_print(message, nearest ? "\nit has" : ": it has");
    for (size_t i = 0; i < server->actors.count; i++)
        sockdrill_text_print(message, "%s %s", i ? "," : "", server->actors.items[i]);
}

static void note_said(struct sockdrill_server *server) {
    server->is_said = true;
    atomic_store(&server->child.board->is_told, true);
}

static void read_result(struct sockdrill_server *server, struct sockdrill_result *result) {
    sockdrill_result_read(result, &server->child);
    note_said(server);
}

// Why there is none: what sockdrill said, if it has ended.
static _Noreturn void fail_without_address(struct sockdrill_server *server, const char *actor, const char *file,
                                           int line) {
    struct sockdrill_result result = {0};
    struct sockdrill_text message = {0};
    lock();
    bool const is_over = server->child.is_over;
    if (is_over) read_result(server, &result);
    if (is_stranger(server, actor)) {
        say_who_is_there(server, actor, &message);
    } else {
        if (actor) sockdrill_text_print(&message, "%s: '%s' has no address", server->path, actor);
        else sockdrill_text_print(&message, "%s: no actor has an address", server->path);
        if (!is_over) sockdrill_text_print(&message, " after %g s", ADDRESS_S * sockdrill_scale());
        add_addresses(server, &message);
    }
    unlock();
    if (is_over && result.outcome != SOCKDRILL_PASSED && result.outcome != SOCKDRILL_SKIPPED) {
        sockdrill_text_fini(&message);
        sockdrill_assert_passed(&result, file, line);
    }
    if (result.skips.len_bytes) sockdrill_text_print(&message, "\n%s", sockdrill_text_of(&result.skips));
    sockdrill_result_fini(&result);
    sockdrill_fail(file, line, &message);
}

const char *sockdrill_check_address(struct sockdrill_server *server, const char *actor, const char *file, int line) {
    const char *const found = wait_for_address(server, actor);
    if (!found) fail_without_address(server, actor, file, line);
    return found;
}

int sockdrill_check_port(struct sockdrill_server *server, const char *actor, const char *file, int line) {
    return sockdrill_address_port(sockdrill_check_address(server, actor, file, line));
}

socklen_t sockdrill_check_sockaddr(struct sockdrill_server *server, const char *actor, struct sockaddr_storage *address,
                                   const char *file, int line) {
    return sockdrill_address_read(sockdrill_check_address(server, actor, file, line), address);
}

const char *sockdrill_ca_file(const struct sockdrill_server *server) { return server->ca_file; }

// ---- its life

struct sockdrill_server *sockdrill_check_serve(const char *path, const char *file, int line) {
    struct sockdrill_server *const server = sockdrill_need(calloc(1, sizeof *server));
    struct sockdrill_list arguments = {0};
    struct sockdrill_text why = {0};
    struct sockdrill_given given;
    sockdrill_given_to_path(&given, path);
    sockdrill_arguments_add(&arguments, SOCKDRILL_CHILD_SERVES, &given.defines);
    sockdrill_given_fini(&given);
    bool const is_started = sockdrill_arguments_path(&arguments, path, &why) &&
                            sockdrill_child_start(&server->child, SOCKDRILL_CHILD_SERVES, &arguments, NULL, &why);
    sockdrill_list_fini(&arguments);
    if (!is_started) {
        free(server);
        sockdrill_fail(file, line, &why);
    }
    server->path = sockdrill_need(strdup(path));
    remember(server);
    if (!wait_for_address(server, NULL)) fail_without_address(server, NULL, file, line);
    return server;
}

// ---- how it went

static void end(struct sockdrill_server *server, struct sockdrill_result *result) {
    sockdrill_child_tell(&server->child, SOCKDRILL_KEEPER_END);
    sockdrill_child_wait(&server->child);
    read_result(server, result);
    server_free(server);
}

enum sockdrill_outcome sockdrill_end(struct sockdrill_server *server, char **report) {
    struct sockdrill_result result = {.outcome = SOCKDRILL_PASSED};
    if (server) end(server, &result);
    const struct sockdrill_text *const said = result.message.len_bytes ? &result.message : &result.skips;
    if (report) *report = sockdrill_need(strdup(sockdrill_text_of(said)));
    sockdrill_result_fini(&result);
    return result.outcome;
}

void sockdrill_check_stop(struct sockdrill_server *server, const char *file, int line) {
    struct sockdrill_result result;
    if (!server) return;
    end(server, &result);
    sockdrill_assert_passed(&result, file, line);
}

// ---- failures that nobody asks for

void sockdrill_servers_leave(void) {
    lock();
    for (struct sockdrill_server *server = servers; server; server = server->next)
        if (server->child.caller == getpid()) atomic_store(&server->child.board->is_left, true);
    unlock();
}

// Whoever hangs up because of a failure has said before that it fails. Under the lock, which others wait for meanwhile.
static bool has_failed_by_itself(struct sockdrill_server *server, struct sockdrill_result *result) {
    int64_t const deadline_ns = sockdrill_now_ns() + (int64_t)(VERDICT_S * 1e9 * sockdrill_scale());
    bool has_time = !server->is_said;
    if (has_time) sockdrill_child_catch_up(&server->child);
    while (has_time) {
        unsigned const seen = sockdrill_child_news(&server->child);
        look(server);
        if (server->child.is_over || !server->is_failing) break;
        has_time = sockdrill_child_wait_news(&server->child, seen, deadline_ns);
    }
    if (server->is_said || !server->child.is_over || !atomic_load(&server->child.board->is_by_itself)) return false;
    sockdrill_result_read(result, &server->child);
    if (result->outcome != SOCKDRILL_PASSED && result->outcome != SOCKDRILL_SKIPPED) return true;
    sockdrill_result_fini(result);
    return false;
}

bool sockdrill_servers_failed(struct sockdrill_text *message) {
    lock();
    for (struct sockdrill_server *server = servers; server; server = server->next) {
        struct sockdrill_result result;
        if (!has_failed_by_itself(server, &result)) continue;
        sockdrill_text_print(message, "%s%s had failed before that:\n", message->len_bytes ? "\n\n" : "", server->path);
        if (result.file) sockdrill_text_print(message, "%s:%d: ", result.file, result.line);
        sockdrill_text_print(message, "%s", sockdrill_text_of(&result.message));
        sockdrill_result_fini(&result);
        note_said(server);
    }
    unlock();
    return message->len_bytes > 0;
}

// Those of a process that this one was forked from go on.
void sockdrill_servers_end(void) {
    while (servers) {
        struct sockdrill_server *const server = servers;
        struct sockdrill_result result;
        bool const is_own = server->child.caller == getpid() && !atomic_load(&server->child.board->is_told);
        if (is_own && has_failed_by_itself(server, &result)) {
            const char *const said = sockdrill_text_of(&server->child.err_text); // as the keeper says it
            const char *const end = strstr(said, "\n::");
            fprintf(stderr, "%s, when its test ended:\n%.*s", server->path,
                    (int)(end ? end + 1 - said : (ptrdiff_t)strlen(said)), said);
            sockdrill_result_fini(&result);
            atomic_store(&server->child.board->is_told, true);
        }
        server_free(server);
    }
}
