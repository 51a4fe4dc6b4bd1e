// Addresses as scenarios write them.
#include "bridge.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <sys/un.h>

// The port behind the last colon; -1: none that is one.
static long read_port(const char *text) {
    const char *const colon = text ? strrchr(text, ':') : NULL;
    char *end = NULL;
    if (!colon || colon[1] < '0' || colon[1] > '9') return -1;
    long const port = strtol(colon + 1, &end, 10);
    return *end || port > UINT16_MAX ? -1 : port;
}

static bool is_path(const char *text) { return text[0] == '/' || text[0] == '@' || text[0] == '.'; }

int sockdrill_address_port(const char *text) {
    long const port = text && !is_path(text) ? read_port(text) : -1;
    return port > 0 ? (int)port : 0;
}

// "@name" is Linux's abstract one: its first byte is 0, and no 0 ends it. unix(7)
static socklen_t read_path(const char *text, struct sockaddr_storage *address) {
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    size_t const len = strlen(text);
    if (len >= sizeof path.sun_path) return 0;
    memcpy(path.sun_path, text, len);
    if (text[0] == '@') path.sun_path[0] = '\0';
    memcpy(address, &path, sizeof path);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (text[0] != '@'));
}

static bool read_inet6(const char *host, struct sockaddr_in6 *address) {
    char plain[INET6_ADDRSTRLEN];
    size_t const len = strcspn(host, "%");
    if (len >= sizeof plain) return false;
    memcpy(plain, host, len);
    plain[len] = '\0';
    address->sin6_scope_id = host[len] ? if_nametoindex(host + len + 1) : 0;
    return inet_pton(AF_INET6, plain, &address->sin6_addr) == 1;
}

socklen_t sockdrill_address_read(const char *text, struct sockaddr_storage *address) {
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
    *address = (struct sockaddr_storage){0};
    if (!text) return 0;
    long const port = read_port(text);
    if (is_path(text) || port < 0) return read_path(text, address);
    size_t const len = (size_t)(strrchr(text, ':') - text);
    if (len >= sizeof host) return 0;
    bool const has_brackets = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(has_brackets ? len - 2 : len), text + has_brackets);
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    if (!has_brackets && inet_pton(AF_INET, host, &four.sin_addr) == 1) {
        memcpy(address, &four, sizeof four);
        return sizeof four;
    }
    if (!has_brackets || !read_inet6(host, &six)) return 0;
    memcpy(address, &six, sizeof six);
    return sizeof six;
}
