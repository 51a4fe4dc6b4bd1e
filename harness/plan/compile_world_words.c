// The words of a world: host names, addresses, settings, paths.
#include "compile_world.h"

#include "base/address.h"
#include "plan/message.h"

#include <net/if.h>
#include <string.h>

bool world_text(struct compiler *c, const struct term *word, struct slice *text) {
    if (!term_is_known(word) || word->value.kind != VALUE_BYTES) return false;
    if (!bytes_flat(c->arena, word->value.bytes, text)) return false;
    if (text->len_bytes == 0) diag_error(c->diags, word->span, "an empty word");
    else if (memchr(text->data, '\0', text->len_bytes)) diag_error(c->diags, word->span, "no word of the world has a zero byte");
    else return true;
    return false;
}

static bool is_letter_or_digit(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

// --- host names

// Why it is none; NULL: it is one.
static const char *wrong_host(struct slice name) {
    enum { LABEL_BYTES_MAX = 63 };
    size_t label_bytes = 0;
    for (size_t i = 0; i <= name.len_bytes; i++) {
        uint8_t byte = i < name.len_bytes ? name.data[i] : '.';
        if (byte == '.') {
            if (label_bytes == 0) return "there is nothing between two dots, or beside one";
            if (label_bytes > LABEL_BYTES_MAX) return "more than 63 bytes between two dots";
            if (name.data[i - 1] == '-' || name.data[i - label_bytes] == '-') return "a '-' stands within a word";
            label_bytes = 0;
        } else if (is_letter_or_digit(byte) || byte == '-') {
            label_bytes++;
        } else {
            return "it has letters, digits, '-' and '.'";
        }
    }
    return NULL;
}

void world_check_host(struct compiler *c, const struct term *word, uint32_t most_bytes) {
    struct slice text;
    if (!world_text(c, word, &text)) return;
    const char *why = wrong_host(text);
    if (world_is_address(c, word)) diag_error(c->diags, word->span, "an address where a host's name belongs");
    else if (text.len_bytes > most_bytes)
        diag_error(c->diags, word->span, "a name of %zu bytes, and %u is the limit", text.len_bytes, most_bytes);
    else if (why) {
        diag_error(c->diags, word->span, "no host can be called '%.*s'", (int)text.len_bytes, (const char *)text.data);
        diag_hint(c->diags, "%s", why);
    }
}

static bool is_dotted_digits(struct slice name) {
    for (size_t i = 0; i < name.len_bytes; i++)
        if (name.data[i] != '.' && (name.data[i] < '0' || name.data[i] > '9')) return false;
    return true;
}

void world_check_certified(struct compiler *c, const struct term *word, bool is_client) {
    enum { HOST_BYTES_MAX = 253, CLIENT_BYTES_MAX = 64 }; // RFC 1123, section 2.1; RFC 5280, ub-common-name
    struct slice text;
    struct address address;
    bool has_port = false;
    if (!world_text(c, word, &text)) return;
    if (address_parse(text, &address, &has_port)) {
        if (has_port) diag_error(c->diags, word->span, "a certificate is for a host, and for no port of it");
        return;
    }
    bool is_domain = text.len_bytes > 2 && memcmp(text.data, "*.", 2) == 0;
    const char *why = wrong_host(is_domain ? slice_of(text.data + 2, text.len_bytes - 2) : text);
    if (!why && is_dotted_digits(text)) why = "an IPv4 address has four numbers from 0 to 255";
    size_t most_bytes = is_client ? CLIENT_BYTES_MAX : HOST_BYTES_MAX;
    if (text.len_bytes > most_bytes)
        diag_error(c->diags, word->span, "a name of %zu bytes, and %zu is the limit", text.len_bytes, most_bytes);
    else if (why && !is_client) {
        diag_error(c->diags, word->span, "no host can be called '%.*s'", (int)text.len_bytes, (const char *)text.data);
        diag_hint(c->diags, "%s", why);
    }
}

// --- addresses

bool world_is_address(struct compiler *c, const struct term *word) {
    struct slice text;
    struct address address;
    bool has_port;
    if (!term_is_known(word) || word->value.kind != VALUE_BYTES) return false;
    return bytes_flat(c->arena, word->value.bytes, &text) && address_parse(text, &address, &has_port);
}

bool world_check_address(struct compiler *c, const struct term *word, struct address *address) {
    struct slice text;
    bool has_port;
    if (!world_text(c, word, &text)) return false;
    if (!address_parse(text, address, &has_port)) {
        diag_error(c->diags, word->span, "not an address");
        diag_hint(c->diags, "192.168.0.114, 2001:db8::1");
        return false;
    }
    if (has_port) diag_error(c->diags, word->span, "an address of the world has no port");
    return !has_port;
}

static bool is_any(const struct address *address) {
    if (address->as.any.sa_family == AF_INET) return address->as.in.sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&address->as.in6.sin6_addr);
}

// Multicast, and 240.0.0.0/4 with the broadcast address.
static bool is_for_many(const struct address *address) {
    if (address->as.any.sa_family == AF_INET) return ntohl(address->as.in.sin_addr.s_addr) >> 28 >= 0xe;
    return IN6_IS_ADDR_MULTICAST(&address->as.in6.sin6_addr);
}

bool world_check_own_address(struct compiler *c, const struct term *word, struct address *address) {
    if (!world_check_address(c, word, address)) return false;
    if (!is_any(address) && !is_for_many(address)) return true;
    diag_error(c->diags, word->span, "no interface can have this address");
    return false;
}

// --- route

static bool has_bits_behind(const struct address *address, uint16_t bits) {
    bool is_four = address->as.any.sa_family == AF_INET;
    const uint8_t *bytes = is_four ? (const uint8_t *)&address->as.in.sin_addr : address->as.in6.sin6_addr.s6_addr;
    unsigned most = is_four ? 32 : 128;
    for (unsigned bit = bits; bit < most; bit++)
        if (bytes[bit / 8] & (0x80 >> bit % 8)) return true;
    return false;
}

void world_check_route(struct compiler *c, const struct term *word) {
    struct slice text;
    struct address address;
    bool has_port;
    if (!world_text(c, word, &text)) return;
    const uint8_t *slash = memchr(text.data, '/', text.len_bytes);
    size_t host_bytes = slash ? (size_t)(slash - text.data) : text.len_bytes;
    if (!address_parse(slice_of(text.data, host_bytes), &address, &has_port) || has_port) {
        diag_error(c->diags, word->span, "not an address, or several of one beginning");
        diag_hint(c->diags, "203.0.113.9, 203.0.113.0/24, 2001:db8::/32");
        return;
    }
    if (!slash) return;
    uint16_t most = address.as.any.sa_family == AF_INET ? 32 : 128, bits;
    if (!address_parse_port(slice_of(slash + 1, text.len_bytes - host_bytes - 1), &bits) || bits > most)
        diag_error(c->diags, word->span, "the bits behind the '/' are a number from 0 to %u", most);
    else if (has_bits_behind(&address, bits))
        diag_error(c->diags, word->span, "this address goes on behind its first %u bits", bits);
}

// --- interface, sysctl, file

void world_check_interface(struct compiler *c, const struct term *word) {
    struct slice text;
    if (!world_text(c, word, &text)) return;
    bool is_wrong = slice_is(text, ".") || slice_is(text, "..");
    for (size_t i = 0; i < text.len_bytes; i++) // dev_valid_name of the kernel
        is_wrong = is_wrong || text.data[i] <= ' ' || text.data[i] == '/' || text.data[i] == ':';
    if (text.len_bytes >= IFNAMSIZ)
        diag_error(c->diags, word->span, "an interface's name has at most %d bytes, and this one %zu", IFNAMSIZ - 1,
                   text.len_bytes);
    else if (is_wrong) diag_error(c->diags, word->span, "no interface can be called so");
    else if (slice_is(text, "lo")) diag_error(c->diags, word->span, "every world has a loopback, and it is 'lo'");
}

// '.' and '/' change their places when a name becomes a path, so that no two may stand side by side.
static bool is_setting(struct slice name) {
    bool was_separator = true;
    for (size_t i = 0; i < name.len_bytes; i++) {
        uint8_t byte = name.data[i];
        bool is_separator = byte == '.' || byte == '/';
        if (is_separator && was_separator) return false;
        if (!is_separator && !is_letter_or_digit(byte) && byte != '_' && byte != '-') return false;
        was_separator = is_separator;
    }
    return !was_separator;
}

void world_check_sysctl(struct compiler *c, const struct term *word) {
    struct slice text;
    if (!world_text(c, word, &text)) return;
    bool is_path = text.len_bytes > 3 && memcmp(text.data, "net/", 4) == 0; // sysctl(8) takes it: a second spelling of each
    if (!is_setting(text) || is_path) {
        diag_error(c->diags, word->span, "not a setting's name");
        diag_hint(c->diags, "net.ipv4.tcp_syn_retries");
    } else if (text.len_bytes < 4 || memcmp(text.data, "net.", 4) != 0) {
        diag_error(c->diags, word->span, "this setting is the whole machine's, and not its network's");
        diag_hint(c->diags, "a world has settings of its own below net.");
    }
}

static bool has_step_up(struct slice path) {
    for (size_t start = 0, end; start <= path.len_bytes; start = end + 1) {
        end = start;
        while (end < path.len_bytes && path.data[end] != '/') end++;
        if (end - start == 2 && path.data[start] == '.' && path.data[start + 1] == '.') return true;
    }
    return false;
}

void world_check_path(struct compiler *c, const struct term *word) {
    struct slice text;
    if (!world_text(c, word, &text)) return;
    bool is_folder = text.data[text.len_bytes - 1] == '/' || slice_is(text, ".") ||
                     (text.len_bytes > 1 && memcmp(text.data + text.len_bytes - 2, "/.", 2) == 0);
    if (text.data[0] == '/' || has_step_up(text)) {
        diag_error(c->diags, word->span, "this path leads out of the scratch folder");
        diag_hint(c->diags, "a world's files lie in the scratch folder, where programs start");
    } else if (is_folder) {
        diag_error(c->diags, word->span, "a folder, and no file");
    }
}

// --- terms

static const char *too_late(const struct term *term, bool in_file) {
    bool is_path = term->kind == TERM_ATTRIBUTE &&
                   (term->attribute == ATTRIBUTE_SCRATCH || term->attribute == ATTRIBUTE_CA_FILE);
    if (term->kind == TERM_EXPORT || (term->kind == TERM_ATTRIBUTE && !is_path))
        return "the world is made before any actor begins, and cannot know this";
    if (!in_file && term->kind == TERM_CALL && term->function == FUNCTION_FREE_PORT)
        return "which port is free is known only in the world that this is part of";
    return NULL;
}

void world_check_term(struct compiler *c, const struct term *term, bool in_file) {
    const char *why = too_late(term, in_file);
    if (why) diag_error(c->diags, term->span, "%s", why);
    for (uint32_t i = 0; i < term->item_count && !why; i++) world_check_term(c, term->items[i], in_file);
    if (!term->build || why) return;
    for (uint32_t i = 0; i < term->build->message->field_count; i++)
        if (term->build->given[i]) world_check_term(c, term->build->given[i], in_file);
}
