// Whose socket it is that answers at an address: process_listens of world/process.h.
#include "process_play.h"

#include "world/world.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct process_spec bare = {PROCESS_BARE};

static bool bound_address(const char *text, struct address *address, int *type, int *protocol) {
    const char *rest = strchr(text, ' ') + 1;
    bool has_port;
    *type = strncmp(text, "udp ", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM;
    *protocol = strncmp(text, "mptcp ", 6) == 0 ? IPPROTO_MPTCP : 0;
    if (strncmp(text, "unix ", 5) != 0) return address_parse(slice_text(rest), address, &has_port);
    *address = (struct address){.as.un.sun_family = AF_UNIX};
    memcpy(address->as.un.sun_path, rest, strlen(rest));
    if (rest[0] == '@') address->as.un.sun_path[0] = '\0';
    address->len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(rest));
    return true;
}

// Whether it listens where this text says, in its world's network.
static int listens(struct stage stage, const struct process *process, const char *text) {
    struct address address;
    int type, protocol;
    ck_assert(bound_address(text, &address, &type, &protocol));
    ck_assert_int_eq(world_enter(stage.world), 0);
    int const answer = process_listens(process, type, protocol, &address);
    ck_assert_int_eq(world_enter(NULL), 0);
    return answer;
}

static struct actor play_bound(struct stage stage, const char *role, const char *text) {
    char line[ADDRESS_TEXT_BYTES];
    struct actor const actor = process_play(stage, &bare, role, text);
    process_line(&actor, line, sizeof line);
    ck_assert_msg(strcmp(line, strchr(text, ' ') + 1) == 0, "'%s' at '%s'", text, line);
    return actor;
}

static const struct {
    const char *bound;
    const char *there[3], *elsewhere[3];
} bindings[] = {
    {"tcp 127.0.0.1:4400", {"tcp 127.0.0.1:4400"}, {"tcp 127.0.0.2:4400", "udp 127.0.0.1:4400", "tcp [::1]:4400"}},
    {"tcp 0.0.0.0:80", {"tcp 127.0.0.1:80", "tcp 0.0.0.0:80"}, {"tcp [::1]:80", "tcp 127.0.0.1:81"}},
    {"tcp [::]:80", {"tcp [::1]:80", "tcp 127.0.0.1:80", "tcp [::]:80"}, {"tcp [::1]:81"}},
    {"tcp [::1]:80", {"tcp [::1]:80"}, {"tcp 127.0.0.1:80", "tcp [::]:80"}},
    {"udp 127.0.0.1:53", {"udp 127.0.0.1:53"}, {"tcp 127.0.0.1:53"}},
    {"udp 0.0.0.0:53", {"udp 127.0.0.1:53"}, {"udp 127.0.0.1:54"}},
    {"mptcp 127.0.0.1:80", {"mptcp 127.0.0.1:80"}, {"mptcp 127.0.0.1:81"}},
    {"unix @sockdrill-process", {"unix @sockdrill-process"}, {"unix @sockdrill", "unix @sockdrill-process2"}},
};

START_TEST(its_socket_is_told_from_others) {
    struct stage const stage = process_stage(2 * _i + 1);
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        if (strncmp(bindings[i].bound, "mptcp", 5) == 0 && world_family_error(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) != 0)
            continue;
        struct actor idle = process_play(stage, &bare, "stubborn", NULL);
        struct actor actor = play_bound(stage, "bound", bindings[i].bound);
        for (int j = 0; j < 3 && bindings[i].there[j]; j++) {
            ck_assert_msg(listens(stage, actor.process, bindings[i].there[j]) == 1, "%s", bindings[i].there[j]);
            ck_assert_int_eq(listens(stage, idle.process, bindings[i].there[j]), 0);
        }
        for (int j = 0; j < 3 && bindings[i].elsewhere[j]; j++)
            ck_assert_msg(listens(stage, actor.process, bindings[i].elsewhere[j]) == 0, "%s", bindings[i].elsewhere[j]);
        ck_assert_int_eq(process_open_fds(actor.process), 4);
        process_actor_free(&actor);
        actor = play_bound(stage, "bound daemon", bindings[i].bound);
        ck_assert_int_eq(process_wait(actor.process).exit, 0);
        ck_assert_int_eq(listens(stage, actor.process, bindings[i].bound), 1);
        process_actor_free(&actor);
        process_actor_free(&idle);
    }
    struct address vm = {.as.any.sa_family = AF_VSOCK, .len_bytes = sizeof vm.as.vm};
    ck_assert_int_eq(process_listens(NULL, SOCK_STREAM, 0, &vm), -EAFNOSUPPORT);
    process_stage_end(stage);
}
END_TEST

START_TEST(the_nearest_binding_answers) {
    struct stage const stage = process_stage(2 * _i + 1);
    struct actor any = play_bound(stage, "bound", "udp 0.0.0.0:53");
    ck_assert_int_eq(listens(stage, any.process, "udp 127.0.0.1:53"), 1);
    struct actor one = play_bound(stage, "bound", "udp 127.0.0.1:53");
    ck_assert_int_eq(listens(stage, any.process, "udp 127.0.0.1:53"), 0);
    ck_assert_int_eq(listens(stage, one.process, "udp 127.0.0.1:53"), 1);
    ck_assert_int_eq(listens(stage, any.process, "udp 127.0.0.2:53"), 1);
    process_actor_free(&any);
    process_actor_free(&one);
    process_stage_end(stage);
}
END_TEST

START_TEST(paths_lead_to_one_socket) {
    struct stage const stage = process_stage(_i);
    char folder[] = "/var/tmp/sockdrill-process.XXXXXX", absolute[80];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(absolute, sizeof absolute, "unix %s/s", folder);
    struct process_spec const there = {PROCESS_BARE, .folder = folder};
    struct actor first = process_play(stage, &there, "bound", "unix s"); // by another name than is asked for
    char line[64];
    ck_assert_str_eq(process_line(&first, line, sizeof line), "s");
    ck_assert_int_eq(listens(stage, first.process, absolute), 1);
    ck_assert_int_eq(unlink(absolute + strlen("unix ")), 0);
    ck_assert_int_eq(listens(stage, first.process, absolute), 0);
    struct actor second = play_bound(stage, "bound", absolute);
    ck_assert_int_eq(listens(stage, second.process, absolute), 1);
    ck_assert_int_eq(listens(stage, first.process, absolute), 0);
    process_actor_free(&first);
    process_actor_free(&second);
    ck_assert_int_eq(unlink(absolute + strlen("unix ")) + rmdir(folder), 0);
    process_stage_end(stage);
}
END_TEST

START_TEST(a_port_of_the_machines) {
    struct stage const stage = process_stage(2 * _i);
    char line[ADDRESS_TEXT_BYTES], text[ADDRESS_TEXT_BYTES + 8];
    struct actor actor = process_play(stage, &bare, "bound", "tcp 127.0.0.1:0");
    snprintf(text, sizeof text, "tcp %s", process_line(&actor, line, sizeof line));
    ck_assert_int_eq(listens(stage, actor.process, text), 1);
    int const own = play_listen("127.0.0.1:0");
    struct address address = {.len_bytes = sizeof address.as};
    ck_assert_int_eq(getsockname(own, &address.as.any, &address.len_bytes), 0);
    ck_assert_int_eq(process_listens(actor.process, SOCK_STREAM, 0, &address), 0);
    close(own);
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

// Port 0 is any at which it listens itself, and where nobody else is bound more closely.
START_TEST(any_port_is_the_lowest_of_its_own) {
    struct stage const stage = process_stage(2 * _i + 1);
    struct address address;
    int type, protocol;
    struct actor others = play_bound(stage, "bound", "tcp 127.0.0.1:80");
    struct actor actor = process_play(stage, &bare, "stubborn", NULL);
    ck_assert_int_eq(listens(stage, actor.process, "tcp 127.0.0.1:0"), 0);
    process_actor_free(&actor);
    static const struct {
        const char *bound, *asked;
        int port;
    } ports[] = {
        {"tcp 127.0.0.1:4400", "tcp 127.0.0.1:0", 4400}, {"tcp 0.0.0.0:4401", "tcp 127.0.0.1:0", 4401},
        {"tcp [::]:4402", "tcp [::1]:0", 4402},          {"udp 127.0.0.1:53", "udp 127.0.0.1:0", 53},
        {"tcp 127.0.0.2:80", "tcp 127.0.0.1:0", 0},      {"udp 127.0.0.1:53", "tcp 127.0.0.1:0", 0},
        {"tcp 127.0.0.1:82", "tcp 0.0.0.0:0", 0},
    };
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        actor = play_bound(stage, "bound", ports[i].bound);
        ck_assert(bound_address(ports[i].asked, &address, &type, &protocol));
        ck_assert_int_eq(world_enter(stage.world), 0);
        ck_assert_int_eq(process_listens(actor.process, type, protocol, &address), ports[i].port > 0);
        ck_assert_int_eq(world_enter(NULL), 0);
        ck_assert_int_eq(address_port(&address), ports[i].port);
        process_actor_free(&actor);
    }
    process_actor_free(&others);
    process_stage_end(stage);
}
END_TEST

int main(int argc, char **argv) {
    process_role(argc, argv);
    Suite *suite = suite_create("process_listens");
    TCase *tcase = tcase_create("listens");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, its_socket_is_told_from_others, 0, play_who_count());
    tcase_add_loop_test(tcase, the_nearest_binding_answers, 0, play_who_count());
    tcase_add_loop_test(tcase, paths_lead_to_one_socket, 0, process_case_count());
    tcase_add_loop_test(tcase, a_port_of_the_machines, 0, play_who_count());
    tcase_add_loop_test(tcase, any_port_is_the_lowest_of_its_own, 0, play_who_count());
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
