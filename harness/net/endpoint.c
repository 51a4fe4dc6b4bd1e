// An endpoint's words as an address: hosts with ports, and paths. The other families' stand in files of their own.
#include "forms.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 253 }; // RFC 1035, section 2.3.4, in text

static void set_loopback(int domain, struct address *address) {
    *address = (struct address){0};
    if (domain == AF_INET6) {
        address->len_bytes = sizeof(address->as.in6);
        address->as.in6.sin6_family = AF_INET6;
        address->as.in6.sin6_addr = in6addr_loopback;
    } else {
        address->len_bytes = sizeof(address->as.in);
        address->as.in.sin_family = AF_INET;
        address->as.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
}

// Whether a text may be a host's name: RFC 1123, section 2.1, and the underscore that people use. A last label of
// digits is a mistyped IPv4 address.
static bool is_host_name(struct slice name) {
    if (name.len_bytes == 0 || name.len_bytes > NAME_MAX_BYTES) return false;
    bool has_letter = false; // in the label so far
    uint8_t before = '.';
    for (size_t i = 0; i < name.len_bytes; i++) {
        uint8_t const byte = name.data[i];
        if (byte == '.') {
            if (before == '.') return false;
            has_letter = has_letter && i + 1 == name.len_bytes; // a dot at the very end belongs to the last label
        } else {
            if (!isascii(byte) || !(isalnum(byte) || byte == '-' || byte == '_')) return false;
            has_letter |= !isdigit(byte);
        }
        before = byte;
    }
    return has_letter;
}

// getaddrinfo(3): the first address of that domain, without a port.
static int look_up_in(int domain, int type, const char *host, struct address *address) {
    struct addrinfo const hints = {.ai_family = domain, .ai_socktype = type};
    struct addrinfo *found = NULL;
    int const failure = getaddrinfo(host, NULL, &hints, &found);
    if (failure == EAI_SYSTEM) return -errno;
    if (failure == EAI_MEMORY) return -ENOMEM;
    if (failure != 0) return -ENOENT;
    *address = (struct address){.len_bytes = found->ai_addrlen};
    memcpy(&address->as, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

// A name that has IPv6 addresses alone makes `tcp` and `udp` their IPv6 kind, as such an address does.
static int look_up(const struct net_family *family, struct slice name, struct address *address) {
    char host[NAME_MAX_BYTES + 1];
    memcpy(host, name.data, name.len_bytes);
    host[name.len_bytes] = '\0';
    int const error = look_up_in(family->domain, family->type, host, address);
    bool const has_other_kind = family->word == FAMILY_TCP || family->word == FAMILY_UDP;
    return error == -ENOENT && has_other_kind ? look_up_in(AF_INET6, family->type, host, address) : error;
}

// HOST:PORT where HOST is a name.
static int name_endpoint(const struct net_family *family, struct slice text, enum net_reach reach,
                         struct address *address) {
    const uint8_t *colon = text.len_bytes == 0 ? NULL : memrchr(text.data, ':', text.len_bytes);
    if (!colon) return -EINVAL;
    struct slice const name = slice_of(text.data, (size_t)(colon - text.data));
    uint16_t port;
    if (!address_parse_port(slice_of(colon + 1, text.len_bytes - name.len_bytes - 1), &port)) return -EINVAL;
    if (!is_host_name(name)) return -EINVAL;

    static const char localhost[] = "localhost"; // RFC 6761, section 6.3: never looked up
    if (name.len_bytes == strlen(localhost) && strncasecmp((const char *)name.data, localhost, name.len_bytes) == 0) {
        set_loopback(family->domain, address);
    } else {
        if (reach != REACH_NAMES) return -EACCES;
        int const error = look_up(family, name, address);
        if (error) return error;
    }
    address_set_port(address, port);
    return 0;
}

int inet_endpoint(const struct endpoint_text *text, struct address *address) {
    const struct net_family *family = text->family;
    struct slice const word = slice_text(text->words[0]);
    struct address numbers;
    bool has_port;
    if (!address_parse(word, &numbers, &has_port)) return name_endpoint(family, word, text->reach, address);
    if (!has_port) return -EINVAL;
    if (family->domain == AF_INET6 && numbers.as.any.sa_family != AF_INET6) return -EINVAL;
    if (text->reach == REACH_LOOPBACK && !address_is_loopback(&numbers)) return -EACCES;
    *address = numbers;
    return 0;
}

// unix(7): a path with its NUL, or an abstract name behind a NUL of its own.
int path_endpoint(const struct endpoint_text *text, struct address *address) {
    const char *path = text->words[0], *folder = text->folder;
    size_t const text_bytes = strlen(path);
    bool const is_abstract = path[0] == '@';
    if (text_bytes == (is_abstract ? 1 : 0)) return -EINVAL;

    bool const is_relative = !is_abstract && path[0] != '/' && folder && folder[0] != '\0';
    size_t const folder_bytes = is_relative ? strlen(folder) : 0;
    size_t const name_bytes = folder_bytes + is_relative + text_bytes;
    *address = (struct address){0};
    char *name = address->as.un.sun_path;
    if (name_bytes >= sizeof(address->as.un.sun_path)) return -ENAMETOOLONG;

    address->as.un.sun_family = AF_UNIX;
    if (is_relative) {
        memcpy(name, folder, folder_bytes);
        name[folder_bytes] = '/';
    }
    memcpy(name + folder_bytes + is_relative, path, text_bytes);
    if (is_abstract) name[0] = '\0';
    address->len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_bytes + !is_abstract);
    return 0;
}

static const struct {
    int (*read)(const struct endpoint_text *text, struct address *address);
    uint32_t words_min, words_max;
} forms[] = {
#define ENDPOINT_FORM(id, reader, words_min, words_max, synopsis) [FORM_##id] = {reader, words_min, words_max},
#include "net/forms.def"
};

int net_endpoint(enum family_word word, const char *const *words, uint32_t word_count, const char *folder,
                 enum net_reach reach, struct address *address) {
    struct endpoint_text const text = {net_family(word), words, word_count, folder, reach};
    *address = (struct address){0};
    if (!text.family->built) return -EAFNOSUPPORT;
    if (word_count < forms[text.family->form].words_min || word_count > forms[text.family->form].words_max) return -EINVAL;
    struct address found;
    int const error = forms[text.family->form].read(&text, &found);
    if (error == 0) *address = found;
    return error;
}
