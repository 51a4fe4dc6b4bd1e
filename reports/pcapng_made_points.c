// At which addresses made packets stand: their own, or made-up ones for what is not of IP.
#include "pcapng_made.h"

#include <string.h>

bool made_is_known(const struct address *address) {
    return address && !address_is_none(address);
}

bool made_is_ip(const struct address *address) {
    return made_is_known(address) && (address->as.any.sa_family == AF_INET || address->as.any.sa_family == AF_INET6);
}

// 192.0.2.0/24 is nobody's, RFC 5737; the ports are above all that readers take for a protocol's.
struct wire_point made_up_point(uint32_t number, bool is_named) {
    enum { PORT_FIRST = 61000, PORT_COUNT = 4000, HOSTS = 120 };
    uint8_t const host = (uint8_t)((is_named ? 1 : 129) + number / PORT_COUNT % HOSTS);
    return (struct wire_point){.host = {192, 0, 2, host}, .port = (uint16_t)(PORT_FIRST + number % PORT_COUNT)};
}

static struct wire_point named_point(struct made *made, struct pcapng *pcapng, const struct address *address) {
    char text[ADDRESS_TEXT_BYTES];
    address_text(address, text);
    for (uint32_t i = 0; i < made->name_count; i++)
        if (strcmp(made->names[i]->text, text) == 0) return made->names[i]->point;
    struct alias *const name = arena_alloc(&pcapng->arena, sizeof *name);
    memcpy(name->text, text, sizeof name->text);
    name->point = made_up_point(made->name_count, true);
    made->names = arena_grow(&pcapng->arena, made->names, made->name_count, sizeof *made->names);
    made->names[made->name_count++] = name;
    return name->point;
}

struct wire_point made_nameless_point(struct made *made) {
    return made_up_point(made->nameless_count++, false);
}

struct wire_point made_point_of(struct made *made, struct pcapng *pcapng, const struct address *address) {
    if (!made_is_known(address)) return made_nameless_point(made);
    if (!made_is_ip(address)) return named_point(made, pcapng, address);
    struct address const host = address_unmapped(address);
    struct wire_point point = {.port = (uint16_t)address_port(&host), .is_ipv6 = host.as.any.sa_family == AF_INET6};
    if (point.is_ipv6) memcpy(point.host, &host.as.in6.sin6_addr, 16);
    else memcpy(point.host, &host.as.in.sin_addr, 4);
    return point;
}

// An unspecified host sends from loopback, and both are of one version.
static void settle(struct wire_point *point, const struct wire_point *other) {
    static const uint8_t ANY[16];
    if (memcmp(point->host, ANY, sizeof ANY) == 0) {
        *point = (struct wire_point){.is_ipv6 = other->is_ipv6, .port = point->port};
        if (point->is_ipv6) point->host[15] = 1;
        else memcpy(point->host, (const uint8_t[]){127, 0, 0, 1}, 4);
    }
    if (point->is_ipv6 || !other->is_ipv6) return;
    uint8_t host[4];
    memcpy(host, point->host, sizeof host);
    memset(point->host, 0, 10);
    memset(point->host + 10, 0xff, 2);
    memcpy(point->host + 12, host, sizeof host);
    point->is_ipv6 = true;
}

void made_settle(struct wire_point points[2]) {
    settle(&points[0], &points[1]);
    settle(&points[1], &points[0]);
}

// The first time that it is used: what the made-up address stands for.
void made_tell_name(const struct made *made, struct pcapng *pcapng, const struct address *address) {
    char text[ADDRESS_TEXT_BYTES];
    if (!made_is_known(address) || made_is_ip(address)) return;
    address_text(address, text);
    for (uint32_t i = 0; i < made->name_count; i++) {
        struct alias *const name = made->names[i];
        if (name->is_told || strcmp(name->text, text) != 0) continue;
        name->is_told = true;
        const uint8_t *const host = name->point.host;
        struct buffer line = {0};
        buffer_printf(&line, "%u.%u.%u.%u:%u stands for ", host[0], host[1], host[2], host[3], name->point.port);
        report_text(slice_text(text), COLUMNS_ALL, &line);
        pcapng_comment_text(pcapng, line.data);
        buffer_fini(&line);
    }
}
