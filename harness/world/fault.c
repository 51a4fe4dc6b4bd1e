#include "world/fault.h"

#include "netlink.h"
#include "nft.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char OWN_NETWORK[] = "/proc/thread-self/ns/net";

// --- whose network it is

static struct stat home; // the network namespace that the process began with

void fault_spare_own_network(void) {
    if (home.st_ino == 0 && stat(OWN_NETWORK, &home) != 0) home.st_ino = 0;
}

// The calling thread's network namespace, as a descriptor, if it is one that may be touched; else a negative errno.
static int open_world(struct buffer *trouble) {
    struct stat facts;
    int const fd = open(OWN_NETWORK, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0) {
        int const error = -errno;
        buffer_printf(trouble, "open(2) of %s", OWN_NETWORK);
        if (fd >= 0) close(fd);
        return error;
    }
    if (home.st_ino != 0 && (facts.st_ino != home.st_ino || facts.st_dev != home.st_dev)) return fd;
    close(fd);
    buffer_text(trouble, "faults are for a scenario's own world, and this is the machine's network");
    return -EPERM;
}

// --- drops: the rules

// One chain for each drop, so that it ends without anybody else's rule being looked for. They come on the way in, where
// the sender has already counted the packet as sent.
static const char TABLE[] = "inet sockdrill";
static const char HOOK[] = "type filter hook input priority";
enum { DROP_PRIORITY = 0, LOG_PRIORITY = 100, LOG_BYTES = 128, QUOTE_BYTES = 160 };

// What would make more of a match than a part of one rule, or hide what stands behind it. NULL: nothing does.
static const char *rule_breaker(const char *match) {
    int depth = 0;
    bool is_quoted = false;
    for (const char *at = match; *at; at++) {
        if (*at == '\n' || *at == '\r') return "a line break";
        if (*at == '"') is_quoted = !is_quoted;
        if (is_quoted) continue;
        if (*at == ';') return "a ';'";
        if (*at == '#') return "a '#'";
        if (*at == '{') depth++;
        if (*at == '}' && --depth < 0) return "a '}' without its '{'";
    }
    if (is_quoted) return "a '\"' without its other";
    return depth > 0 ? "a '{' without its '}'" : NULL;
}

struct piece {
    const char *start;
    size_t len_bytes;
};

// The words that nftables marks with carets below the line it shows; empty where it shows another line, or none.
static struct piece marked(const char *said, const char *commands) {
    const char *shown = strchr(said, '\n');
    size_t const len_bytes = strlen(commands);
    if (!shown || strncmp(shown + 1, commands, len_bytes) != 0) return (struct piece){0};
    if (shown[1 + len_bytes] != '\n') return (struct piece){0};
    const char *line = shown + 1 + len_bytes + 1;
    size_t const start = strcspn(line, "^\n");
    size_t const count = strspn(line + start, "^");
    if (start + count > len_bytes) return (struct piece){0};
    return (struct piece){commands + start, count};
}

// "Error: Could not parse TCP flag\nadd table …\n     ^^^\n" as one line about the scenario's own words.
static void tell(const char *said, const char *commands, const char *rule, struct buffer *trouble) {
    static const char LABEL[] = "Error: ";
    const char *label = strstr(said, LABEL);
    const char *message = label ? label + strlen(LABEL) : said;
    buffer_text(trouble, "nftables says: ");
    buffer_escaped(trouble, slice_of(message, strcspn(message, "\n")), QUOTE_BYTES);
    if (!rule) return;
    struct piece const word = marked(message, commands);
    if (word.len_bytes > 0 && word.start >= strstr(commands, rule)) {
        buffer_text(trouble, ", at '");
        buffer_escaped(trouble, slice_of(word.start, word.len_bytes), QUOTE_BYTES);
        buffer_text(trouble, "'");
    }
    buffer_text(trouble, " in the rule '");
    buffer_escaped(trouble, slice_text(rule), QUOTE_BYTES);
    buffer_text(trouble, "'");
}

// Its first line is nftables' own, and what follows may be the rule.
static bool says_exists(const char *said) {
    const char *found = strstr(said, strerrordesc_np(EEXIST));
    return found && found < said + strcspn(said, "\n");
}

// Runs the commands in the caller's world. `rule`, which is a part of them, is what a refusal is told about; NULL: none
// is.
static int run(const char *commands, const char *rule, struct buffer *trouble) {
    int const namespace_fd = open_world(trouble);
    if (namespace_fd < 0) return namespace_fd;
    struct buffer said = {0};
    int error = nft_run(namespace_fd, slice_text(commands), &said);
    buffer_text(&said, ""); // a text, even if nothing was said
    if (error == -EINVAL) tell(said.data, commands, rule, trouble);
    else if (error != 0) buffer_slice(trouble, buffer_view(&said));
    if (error == -EINVAL && says_exists(said.data)) error = -EEXIST;
    buffer_fini(&said);
    close(namespace_fd);
    return error;
}

int fault_begin(void) {
    return nft_begin();
}

void fault_end(void) {
    nft_end();
}

// On one line: then it is the one that nftables shows.
int fault_drop(uint32_t number, const char *match, struct buffer *trouble) {
    const char *breaker = rule_breaker(match);
    if (breaker) {
        buffer_printf(trouble, "what to drop is a part of one rule, and has %s", breaker);
        return -EINVAL;
    }
    struct buffer commands = {0}, rule = {0};
    buffer_printf(&rule, "%s%sdrop", match, *match ? " " : "");
    buffer_printf(&commands, "add table %s; ", TABLE);
    buffer_printf(&commands, "create chain %s drop_%u { %s %d; }; ", TABLE, number, HOOK, DROP_PRIORITY);
    buffer_printf(&commands, "add rule %s drop_%u %s", TABLE, number, rule.data);
    int const error = run(commands.data, rule.data, trouble);
    buffer_fini(&commands);
    buffer_fini(&rule);
    return error;
}

int fault_drop_end(uint32_t number, struct buffer *trouble) {
    struct buffer commands = {0};
    buffer_printf(&commands, "flush chain %s drop_%u; delete chain %s drop_%u", TABLE, number, TABLE, number);
    int const error = run(commands.data, NULL, trouble);
    buffer_fini(&commands);
    return error == -EINVAL ? -ENOENT : error; // the words are ours: what is wrong with them is the number
}

int fault_log_delivered(uint16_t group, struct buffer *trouble) {
    struct buffer commands = {0};
    buffer_printf(&commands, "add table %s; create chain %s seen { %s %d; }; ", TABLE, TABLE, HOOK, LOG_PRIORITY);
    buffer_printf(&commands, "add rule %s seen meta l4proto tcp log group %u", TABLE, group);
    buffer_printf(&commands, " snaplen %d queue-threshold 1", LOG_BYTES);
    int const error = run(commands.data, NULL, trouble);
    buffer_fini(&commands);
    return error == -EINVAL ? -ENOTSUP : error; // the words are ours: this kernel has no such thing
}

// --- rate

// lo's own packets have 64 KiB, and a bucket passes each at once: on a slow line everything would come in one lump. An
// Ethernet's MTU is what it gets instead; connections that are open already follow. What waits in the queue is bounded
// by the sockets' send buffers, so the limit is one in name only.
static const char LOOPBACK[] = "lo";
enum { LOOPBACK_MTU_BYTES = 65536, SLOW_MTU_BYTES = 1500, ONE_PACKET_BYTES = 1600, QUEUE_BYTES = INT32_MAX };

// A bucket that is empty is looked at again by a timer, which may come late: so it holds what passes in this time, and
// the rate is reached all the same.
static const uint64_t REFILLS_PER_S = 1000;

static const uint64_t BITS_PER_BYTE = 8;
static const uint64_t AS_EVER_BYTES_PER_S = UINT64_C(1) << 37; // faster than any loopback

static int refused(const char *call, int error, struct buffer *trouble) {
    buffer_text(trouble, call);
    return error;
}

// The guard alone: what follows goes over a netlink socket of this very thread's network.
static int check_world(struct buffer *trouble) {
    int const namespace_fd = open_world(trouble);
    if (namespace_fd < 0) return namespace_fd;
    close(namespace_fd);
    return 0;
}

int fault_rate(uint64_t bits_per_s, struct buffer *trouble) {
    uint64_t const bytes_per_s = bits_per_s / BITS_PER_BYTE;
    if (bytes_per_s == 0) return refused("a rate is a byte a second or more", -EINVAL, trouble);
    int error = check_world(trouble);
    if (error != 0) return error;
    uint64_t const burst_bytes = bytes_per_s / REFILLS_PER_S;
    const struct token_bucket bucket = {
        .bytes_per_s = bytes_per_s < AS_EVER_BYTES_PER_S ? bytes_per_s : AS_EVER_BYTES_PER_S,
        .burst_bytes = burst_bytes < ONE_PACKET_BYTES ? ONE_PACKET_BYTES
                       : burst_bytes < QUEUE_BYTES    ? (uint32_t)burst_bytes
                                                      : QUEUE_BYTES,
        .limit_bytes = QUEUE_BYTES,
    };
    // The MTU first: no packet larger than the bucket may come.
    error = link_set_mtu(LOOPBACK, SLOW_MTU_BYTES);
    if (error != 0) return refused("rtnetlink(7): the loopback's MTU", error, trouble);
    error = queue_set(LOOPBACK, &bucket);
    if (error == 0) return 0;
    link_set_mtu(LOOPBACK, LOOPBACK_MTU_BYTES);
    if (error == -ENOENT) error = -ENOTSUP; // no such queue in this kernel
    return refused("tc-tbf(8) on the loopback", error, trouble);
}

// The queue stays, and is fast: with it would go what waits in it.
int fault_rate_end(struct buffer *trouble) {
    static const struct token_bucket fast = {
        .bytes_per_s = AS_EVER_BYTES_PER_S, .burst_bytes = QUEUE_BYTES, .limit_bytes = QUEUE_BYTES};
    int error = check_world(trouble);
    if (error != 0) return error;
    error = queue_set(LOOPBACK, &fast);
    if (error != 0) return refused("tc-tbf(8) on the loopback", error, trouble);
    error = link_set_mtu(LOOPBACK, LOOPBACK_MTU_BYTES);
    return error != 0 ? refused("rtnetlink(7): the loopback's MTU", error, trouble) : 0;
}
