// TCP packets that a rule of nftables logs to a group: nfnetlink_log, linux/netfilter/nfnetlink_log.h.
#include "messages.h"
#include "trace_packet.h"
#include "trace_source.h"

#include "net/net.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES = 512,              // room for one packet's message: what the kernel reserves for each
    ANSWER_BYTES = 8192,
    BUFFER_BYTES = 16 * 1024 * 1024,  // of the socket, where we may; else it is net.core.rmem_max
};

struct config {
    struct nlmsghdr header;
    struct nfgenmsg group;
    uint8_t attributes[128];
};

static void add_attribute(struct config *config, uint16_t type, const void *data, size_t len_bytes) {
    struct nlattr attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + len_bytes), .nla_type = type};
    uint8_t *at = (uint8_t *)config + config->header.nlmsg_len;
    memcpy(at, &attribute, sizeof(attribute));
    memcpy(at + NLA_HDRLEN, data, len_bytes);
    config->header.nlmsg_len += (uint32_t)NLA_ALIGN(attribute.nla_len);
}

// Binds the group, and asks for the headers of each packet, numbered, at once. The kernel's answer.
static int configure(int fd, uint16_t group) {
    struct config config = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg)),
                   .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .group = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(group)},
    };
    struct nfulnl_msg_config_cmd const bind_command = {.command = NFULNL_CFG_CMD_BIND};
    struct nfulnl_msg_config_mode const mode = {.copy_range = htonl(TRACE_HEADER_BYTES), .copy_mode = NFULNL_COPY_PACKET};
    uint32_t const threshold = htonl(1), buffer_bytes = htonl(MESSAGE_BYTES);
    uint16_t const flags = htons(NFULNL_CFG_F_SEQ);
    add_attribute(&config, NFULA_CFG_CMD, &bind_command, sizeof(bind_command));
    add_attribute(&config, NFULA_CFG_MODE, &mode, sizeof(mode));
    add_attribute(&config, NFULA_CFG_NLBUFSIZ, &buffer_bytes, sizeof(buffer_bytes));
    add_attribute(&config, NFULA_CFG_QTHRESH, &threshold, sizeof(threshold));
    add_attribute(&config, NFULA_CFG_FLAGS, &flags, sizeof(flags));
    ssize_t count = net_send(fd, &config, config.header.nlmsg_len);
    if (count < 0) return (int)count;

    union {
        struct nlmsghdr header;
        uint8_t bytes[ANSWER_BYTES];
    } answer;
    count = net_recv(fd, answer.bytes, sizeof(answer.bytes)); // the kernel answers while we send
    if (count < 0) return (int)count;
    bool const is_answer = NLMSG_OK(&answer.header, (size_t)count) && answer.header.nlmsg_type == NLMSG_ERROR &&
                           answer.header.nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr));
    return is_answer ? ((const struct nlmsgerr *)NLMSG_DATA(&answer.header))->error : -EBADMSG;
}

int trace_log_open(struct trace_log *log, uint16_t group) {
    *log = (struct trace_log){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_NETFILTER)};
    if (log->fd < 0) return -errno;
    int const room_bytes = BUFFER_BYTES;
    if (net_set_option(log->fd, SOL_SOCKET, SO_RCVBUFFORCE, room_bytes) < 0)
        net_set_option(log->fd, SOL_SOCKET, SO_RCVBUF, room_bytes);
    int const error = configure(log->fd, group);
    if (error) trace_log_close(log);
    return error;
}

void trace_log_close(struct trace_log *log) {
    if (log->fd >= 0) close(log->fd);
    log->fd = -1;
}

static void count_lost(struct trace_log *log, const struct trace_sink *sink, uint32_t sequence) {
    uint32_t const missing = log->has_sequence ? sequence - log->sequence - 1 : 0;
    log->sequence = sequence;
    log->has_sequence = true;
    if (missing > log->told) sink->lost(sink->context, missing - log->told);
    log->told = 0;
}

static void take_packet(struct trace_log *log, const struct nlmsghdr *header, const struct trace_sink *sink) {
    const uint8_t *payload = NULL;
    size_t payload_bytes = 0;
    const uint8_t *at = (const uint8_t *)header + NLMSG_SPACE(sizeof(struct nfgenmsg));
    const uint8_t *end = (const uint8_t *)header + header->nlmsg_len;
    while (at + NLA_HDRLEN <= end) {
        struct nlattr attribute;
        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > end - at) break;
        size_t const len_bytes = attribute.nla_len - NLA_HDRLEN;
        uint32_t sequence;
        if ((attribute.nla_type & NLA_TYPE_MASK) == NFULA_SEQ && len_bytes == sizeof(sequence)) {
            memcpy(&sequence, at + NLA_HDRLEN, sizeof(sequence));
            count_lost(log, sink, ntohl(sequence));
        } else if ((attribute.nla_type & NLA_TYPE_MASK) == NFULA_PAYLOAD) {
            payload = at + NLA_HDRLEN;
            payload_bytes = len_bytes;
        }
        at += NLA_ALIGN(attribute.nla_len);
    }
    // How long the packet was only its own header says.
    if (payload) sink->packet(sink->context, payload, payload_bytes, SIZE_MAX);
}

void trace_log_read(struct trace_log *log, const struct trace_sink *sink) {
    union {
        struct nlmsghdr header;
        uint8_t bytes[ANSWER_BYTES];
    } answer;
    enum { AT_ONCE = 4096 }; // what comes meanwhile is for the next turn
    for (int taken = 0; taken < AT_ONCE; taken++) {
        ssize_t const count = net_recv(log->fd, answer.bytes, sizeof(answer.bytes));
        if (count == -ENOBUFS) { // how many the next number will tell
            sink->lost(sink->context, 1);
            log->told++;
            continue;
        }
        if (count <= 0) return;
        size_t left = (size_t)count;
        for (const struct nlmsghdr *header = &answer.header; NLMSG_OK(header, left); header = message_next(header, &left))
            if (header->nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)) take_packet(log, header, sink);
    }
}
