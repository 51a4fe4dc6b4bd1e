#include "sock_diag.h"
#include "messages.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <unistd.h>

int diag_open(struct diag_socket *diag) {
    diag->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    diag->sequence = 0;
    return diag->fd < 0 ? -errno : 0;
}

void diag_close(struct diag_socket *diag) {
    if (diag->fd >= 0) close(diag->fd);
    diag->fd = -1;
}

// The kernel answers while we send, so what does not wait here now never comes. An answer to an earlier question, left
// behind when that one failed, is skipped.
static ssize_t take_answer(const struct diag_socket *diag, struct diag_answer *answer) {
    for (;;) {
        ssize_t const len_bytes = net_recv(diag->fd, answer->as.bytes, sizeof(answer->as.bytes));
        if (len_bytes < 0) return len_bytes;
        const struct nlmsghdr *header = &answer->as.header;
        if (!NLMSG_OK(header, (size_t)len_bytes)) return -EBADMSG;
        if (header->nlmsg_seq == diag->sequence) return len_bytes;
    }
}

// Sends the request, with its header filled in. 0 or a negative errno.
static int ask(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes, uint16_t type, uint16_t flags) {
    if (diag->fd < 0) return -EBADF;
    *request = (struct nlmsghdr){
        .nlmsg_len = (uint32_t)len_bytes,
        .nlmsg_type = type,
        .nlmsg_flags = NLM_F_REQUEST | flags,
        .nlmsg_seq = ++diag->sequence,
    };
    ssize_t const count = net_send(diag->fd, request, len_bytes);
    return count < 0 ? (int)count : 0;
}

// Asks, and takes the one answer. Its length, or why there is none.
static ssize_t exchange(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes, uint16_t type, uint16_t flags,
                        struct diag_answer *answer) {
    int const error = ask(diag, request, len_bytes, type, flags);
    return error ? error : take_answer(diag, answer);
}

int diag_destroy(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes) {
    struct diag_answer answer;
    ssize_t const count = exchange(diag, request, len_bytes, SOCK_DESTROY, NLM_F_ACK, &answer);
    if (count < 0) return (int)count;
    const struct nlmsghdr *header = &answer.as.header;
    if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) return -EBADMSG;
    return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

const void *diag_ask(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes, struct diag_answer *answer,
                     size_t min_bytes, int *error) {
    ssize_t const count = exchange(diag, request, len_bytes, SOCK_DIAG_BY_FAMILY, 0, answer);
    *error = count < 0 ? (int)count : -EBADMSG;
    if (count < 0) return NULL;

    const struct nlmsghdr *header = &answer->as.header;
    const void *payload = NLMSG_DATA(header);
    size_t const payload_bytes = header->nlmsg_len - NLMSG_HDRLEN;
    if (header->nlmsg_type == NLMSG_ERROR) {
        if (payload_bytes >= sizeof(struct nlmsgerr)) *error = ((const struct nlmsgerr *)payload)->error;
        return NULL;
    }
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || payload_bytes < min_bytes) return NULL;
    *error = 0;
    return payload;
}

// A dump as far as it has been read.
struct dump {
    diag_visit *visit; // or NULL: they are only counted
    void *context;
    int64_t count;
    bool is_over;
    bool is_torn; // sockets came and went meanwhile, so that some may be counted twice or not at all
    int error;
};

static void take_in(struct dump *dump, const struct nlmsghdr *header) {
    int error = 0;
    if (header->nlmsg_flags & NLM_F_DUMP_INTR) dump->is_torn = true;
    if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
        dump->count++;
        if (dump->visit) dump->visit(NLMSG_DATA(header), header->nlmsg_len - NLMSG_HDRLEN, dump->context);
        return;
    }
    dump->is_over = header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR;
    // Both begin with an errno: of DONE it is 0 or missing, where all went well.
    if (dump->is_over && header->nlmsg_len >= NLMSG_LENGTH(sizeof(error))) memcpy(&error, NLMSG_DATA(header), sizeof(error));
    if (dump->is_over && error < 0) dump->error = error;
}

static void take_dump(struct dump *dump, struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes) {
    union {
        struct nlmsghdr header;
        uint8_t bytes[8 * DIAG_ANSWER_BYTES]; // the kernel fills as much as there is room for
    } answer;
    dump->error = ask(diag, request, len_bytes, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
    while (!dump->is_over && dump->error == 0) {
        // The next piece is made while we take one, so that none is ever waited for.
        ssize_t const count = net_recv(diag->fd, answer.bytes, sizeof(answer.bytes));
        if (count <= 0) dump->error = count == 0 ? -EBADMSG : (int)count;
        size_t left_bytes = count > 0 ? (size_t)count : 0;
        const struct nlmsghdr *header = &answer.header;
        for (; NLMSG_OK(header, left_bytes) && !dump->is_over; header = message_next(header, &left_bytes)) {
            if (header->nlmsg_seq == diag->sequence) take_in(dump, header);
        }
    }
}

int64_t diag_count(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes) {
    enum { TRIES = 16 };
    for (unsigned i = 0; i < TRIES; i++) {
        struct dump dump = {0};
        take_dump(&dump, diag, request, len_bytes);
        if (!dump.is_torn) return dump.error ? dump.error : dump.count;
    }
    return -EAGAIN;
}

int diag_each(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes, diag_visit *visit, void *context) {
    struct dump dump = {.visit = visit, .context = context};
    take_dump(&dump, diag, request, len_bytes);
    return dump.error;
}

enum state diag_state(uint8_t number) {
    return number < STATE_COUNT ? (enum state)number : STATE_ANY;
}
