#include "nft.h"

#include "loaded/mnl.h"
#include "loaded/nftables.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SAID_BYTES = 8 * 1024,  // more of what nftables says is cut off
    CHILD_SECONDS = 5,      // it may look names up, where nobody answers
    ANSWER_MS = 10 * 1000,  // the child's time, and more for a machine that is busy
    LEFT_BY_ITSELF = 99,    // exit status of a child that libnftables ended
};

struct answer {
    int32_t error;
    char said[SAID_BYTES]; // as long as the message is
};

// The interpreter as the process that started it sees it.
static struct {
    pthread_mutex_t lock; // held from a request to its answer
    int fd;               // a message each way; that it closes is what ends the interpreter
    pid_t pid;            // 0: it does not run
} interpreter = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

// --- in the child: one request

static void answer_send(int fd, int error, const char *said) {
    static struct answer answer;
    answer.error = error;
    size_t const len_bytes = strnlen(said, SAID_BYTES - 1);
    memcpy(answer.said, said, len_bytes);
    (void)!send(fd, &answer, offsetof(struct answer, said) + len_bytes, MSG_NOSIGNAL); // nobody there: nobody waits
}

// Asks nf_tables for its generation, which changes nothing: libnftables tells reasons in words alone.
static int probe(void) {
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_NETFILTER);
    if (!netlink) return errno == EPROTONOSUPPORT ? -ENOTSUP : -errno;
    _Alignas(struct nlmsghdr) char bytes[1024];
    struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
    header->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct nfgenmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
    message->version = NFNETLINK_V0;
    int error = 0;
    if (mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0) error = -errno;
    ssize_t const len_bytes = error == 0 ? mnl_socket_recvfrom(netlink, bytes, sizeof bytes) : 0;
    if (len_bytes < 0) error = -errno;
    if (len_bytes > 0 && mnl_cb_run(bytes, (size_t)len_bytes, 0, 0, NULL, NULL) < 0) error = -errno;
    mnl_socket_close(netlink);
    return error == -EINVAL || error == -EOPNOTSUPP ? -ENOTSUP : error; // no such subsystem, or none that can be loaded
}

// NULL: it is there; else what it needs, which may be another library. Until the next call.
static const char *cannot_load(const char *name, struct library *library) {
    static char text[512];
    const char *const trouble = library_load(library);
    if (trouble) snprintf(text, sizeof text, "%s cannot be loaded: %s", name, trouble);
    return trouble ? text : NULL;
}

// Nothing is given back: the child ends with its answer, which it may be a part of.
static int work(int namespace_fd, const char *commands, const char **said) {
    if ((*said = cannot_load("libmnl", &mnl_library))) return -ENOTSUP;
    *said = "setns(2) into the world's network";
    if (setns(namespace_fd, CLONE_NEWNET) != 0) return -errno;
    int const error = probe();
    *said = error == -ENOTSUP ? "the kernel has no nf_tables" : "asking for nf_tables";
    if (error != 0) return error;
    if ((*said = cannot_load("libnftables", &nftables_library))) return -ENOTSUP;
    *said = "nft_ctx_new(3)";
    struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);
    if (!context || nft_ctx_buffer_output(context) != 0 || nft_ctx_buffer_error(context) != 0) return -ENOMEM;
    int const refused = nft_run_cmd_from_buffer(context, commands);
    *said = refused != 0 ? nft_ctx_get_error_buffer(context) : "";
    return refused != 0 ? -EINVAL : 0;
}

static _Noreturn void child(int fd, int namespace_fd, const char *commands) {
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(CHILD_SECONDS);
    const char *said;
    int const error = work(namespace_fd, commands, &said);
    answer_send(fd, error, said);
    _exit(0);
}

// --- in the interpreter

// What was registered by the process that we are a copy of must not run here.
static void leave(void) {
    _exit(LEFT_BY_ITSELF);
}

// Answers for a child that could not.
static void answer_for_the_dead(int fd, int status) {
    struct buffer said = {0};
    int error = -EINVAL;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        error = -ETIMEDOUT;
        buffer_printf(&said, "Error: libnftables had not finished after %d s", CHILD_SECONDS);
    } else if (WIFSIGNALED(status)) {
        buffer_printf(&said, "Error: libnftables ended with SIG%s over these words", sigabbrev_np(WTERMSIG(status)));
    } else {
        error = -EIO;
        buffer_printf(&said, "Error: libnftables ended its process with exit status %d", WEXITSTATUS(status));
    }
    answer_send(fd, error, said.data);
    buffer_fini(&said);
}

static void serve(int fd, int namespace_fd, const char *commands) {
    pid_t const pid = fork();
    if (pid == 0) child(fd, namespace_fd, commands);
    if (pid < 0) {
        answer_send(fd, -errno, "fork(2)");
        return;
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (status != 0) answer_for_the_dead(fd, status);
}

// The commands, NUL-terminated, and the descriptor that came with them. False: nobody will ask any more.
static bool request_receive(int fd, char commands[NFT_COMMANDS_BYTES + 1], int *namespace_fd) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec piece = {.iov_base = commands, .iov_len = NFT_COMMANDS_BYTES};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t const len_bytes = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (len_bytes <= 0) return false;
    commands[len_bytes] = '\0';
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *namespace_fd = -1; // the sender had none left to send, or we none to take it with: setns(2) says EBADF
    if (header && header->cmsg_type == SCM_RIGHTS) memcpy(namespace_fd, CMSG_DATA(header), sizeof *namespace_fd);
    return true;
}

// Keeps nothing of the process that it is a copy of: no descriptor, no handler. It ends when that process does.
static _Noreturn void interpret(int fd) {
    static char commands[NFT_COMMANDS_BYTES + 1];
    int const own_fd = 3;
    dup2(fd, own_fd);
    closefrom(own_fd + 1);
    int const null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int standard = 0; standard < own_fd; standard++) dup2(null_fd, standard);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    atexit(leave);
    for (int namespace_fd; request_receive(own_fd, commands, &namespace_fd); close(namespace_fd))
        serve(own_fd, namespace_fd, commands);
    _exit(0);
}

// --- in the process that asks

static int begin(void) {
    if (interpreter.pid != 0) return 0;
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) return -errno;
    pid_t const pid = fork();
    if (pid == 0) interpret(fds[1]);
    int const error = pid < 0 ? -errno : 0;
    close(fds[1]);
    if (error != 0) {
        close(fds[0]);
        return error;
    }
    interpreter.fd = fds[0];
    interpreter.pid = pid;
    return 0;
}

static void end(void) {
    if (interpreter.pid == 0) return;
    close(interpreter.fd);
    while (waitpid(interpreter.pid, NULL, 0) < 0 && errno == EINTR) continue;
    interpreter.fd = -1;
    interpreter.pid = 0;
}

int nft_begin(void) {
    pthread_mutex_lock(&interpreter.lock);
    int const error = begin();
    pthread_mutex_unlock(&interpreter.lock);
    return error;
}

void nft_end(void) {
    pthread_mutex_lock(&interpreter.lock);
    end();
    pthread_mutex_unlock(&interpreter.lock);
}

static int request_send(int namespace_fd, struct slice commands) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &namespace_fd, sizeof namespace_fd);
    struct iovec piece = {.iov_base = (void *)commands.data, .iov_len = commands.len_bytes};
    const struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    return sendmsg(interpreter.fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

// The answer's length, or a negative errno.
static ssize_t answer_receive(struct answer *answer) {
    struct pollfd ready = {.fd = interpreter.fd, .events = POLLIN};
    int count;
    do count = poll(&ready, 1, ANSWER_MS);
    while (count < 0 && errno == EINTR);
    if (count == 0) return -ETIMEDOUT;
    ssize_t const len_bytes = recv(interpreter.fd, answer, sizeof *answer, 0);
    if (len_bytes < 0) return -errno;
    return (size_t)len_bytes < offsetof(struct answer, said) ? -EIO : len_bytes; // its end, but for which it says more
}

// The answer's length, or a negative errno. Without an answer the interpreter goes too: its next one would be taken for
// that to another question.
static ssize_t ask(int namespace_fd, struct slice commands, struct answer *answer) {
    int const error = begin();
    if (error != 0) return error;
    ssize_t len_bytes = request_send(namespace_fd, commands);
    if (len_bytes == 0) len_bytes = answer_receive(answer);
    if (len_bytes > 0) return len_bytes;
    kill(interpreter.pid, SIGKILL);
    end();
    return len_bytes;
}

int nft_run(int namespace_fd, struct slice commands, struct buffer *said) {
    if (commands.len_bytes > NFT_COMMANDS_BYTES) {
        buffer_printf(said, "more than %d bytes", NFT_COMMANDS_BYTES);
        return -E2BIG;
    }
    struct answer answer;
    pthread_mutex_lock(&interpreter.lock);
    ssize_t const len_bytes = ask(namespace_fd, commands, &answer);
    pthread_mutex_unlock(&interpreter.lock);
    if (len_bytes < 0) {
        buffer_text(said, "the process in which libnftables lives");
        return (int)len_bytes;
    }
    buffer_add(said, answer.said, (size_t)len_bytes - offsetof(struct answer, said));
    return answer.error;
}
