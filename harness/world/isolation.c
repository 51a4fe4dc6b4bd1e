// Worlds: a blank one is given what the scenario says of it.
#include "world/isolation.h"
#include "base/clock.h"
#include "base/memory.h"
#include "namespaces.h"
#include "netlink.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

// --- going in and out

int world_enter(const struct world *world) {
    if (!world_home.is_ready) return 0; // the process was never anywhere else
    return setns(world ? world->net : world_home.net, CLONE_NEWNET) == 0 ? 0 : -errno;
}

int world_enter_names(const struct world *world) {
    if (!world || !world->has_names) return 0;
    int error = home_leave(world->mnt, world->root);
    if (error == 0 && setns(world->uts, CLONE_NEWUTS) != 0) error = -errno;
    if (error) home_return();
    return error;
}

void world_leave_names(const struct world *world) {
    if (world && world->has_names) home_return();
}

// --- what the scenario says of it

static enum world_outcome failed(struct buffer *trouble, const char *call, int error) {
    refusal_text(trouble, call, -error);
    return WORLD_FAILED;
}

static bool is_named(const struct world_spec *spec, const char *hostname) {
    for (uint32_t i = 0; i < spec->host_count; i++)
        for (uint32_t j = 0; j < spec->hosts[i].name_count; j++)
            if (strcasecmp(spec->hosts[i].names[j], hostname) == 0) return true;
    return strcasecmp(hostname, "localhost") == 0;
}

static void hosts_text(const struct world_spec *spec, const char *hostname, struct buffer *text) {
    buffer_text(text, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n");
    char address[ADDRESS_TEXT_BYTES];
    for (uint32_t i = 0; i < spec->host_count; i++) {
        const struct world_host *host = &spec->hosts[i];
        for (uint32_t j = 0; j < host->address_count; j++) {
            buffer_text(text, address_host(&host->addresses[j], address));
            for (uint32_t k = 0; k < host->name_count; k++) buffer_printf(text, " %s", host->names[k]);
            buffer_text(text, "\n");
        }
    }
    if (!is_named(spec, hostname)) buffer_printf(text, "127.0.1.1 %s\n", hostname); // as Debian has it
}

static enum world_outcome set_names(struct world *world, const struct world_spec *spec, struct buffer *trouble) {
    const char *hostname = spec->hostname ? spec->hostname : "localhost";
    struct buffer text = {0};
    hosts_text(spec, hostname, &text);
    ssize_t len = write(world->hosts, text.data, text.len_bytes);
    int error = len < 0 ? errno : len < (ssize_t)text.len_bytes ? ENOSPC : 0;
    buffer_fini(&text);
    close(world->hosts);
    world->hosts = -1;
    if (error) return failed(trouble, "writing the world's hosts", -error);
    error = setns(world->uts, CLONE_NEWUTS) == 0 && sethostname(hostname, strlen(hostname)) == 0 ? 0 : errno;
    if (setns(world_home.uts, CLONE_NEWUTS) != 0) memory_exhausted();
    return error ? failed(trouble, "sethostname(2)", -error) : WORLD_MADE;
}

static enum world_outcome set_sysctl(const struct world_sysctl *sysctl, struct buffer *trouble) {
    if (strncmp(sysctl->name, "net.", strlen("net.")) != 0) {
        buffer_printf(trouble, "sysctl %s: a world has those below net. alone", sysctl->name);
        return WORLD_FAILED;
    }
    bool is_open;
    int error = sysctl_write(sysctl->name, sysctl->value, &is_open);
    if (error == 0) return WORLD_MADE;
    const char *call = is_open ? "write(2)" : "open(2)";
    if (error == -ENOENT) buffer_printf(trouble, "a world has no setting %s: ", sysctl->name);
    else if (error == -EINVAL || error == -ERANGE)
        buffer_printf(trouble, "%s does not take the value '%s': ", sysctl->name, sysctl->value);
    else if (error == -EACCES || error == -EPERM) buffer_printf(trouble, "%s can only be read: ", sysctl->name);
    else buffer_printf(trouble, "sysctl %s %s: ", sysctl->name, sysctl->value);
    refusal_text(trouble, call, -error);
    return error == -EROFS ? WORLD_LACKS : WORLD_FAILED; // a container's /proc/sys
}

static uint8_t all_bits(const struct address *address) {
    return address->as.any.sa_family == AF_INET6 ? 128 : 32;
}

static enum world_outcome add_address(const struct address *address, struct buffer *trouble) {
    int error = link_add_address("lo", address, all_bits(address));
    if (error == -EEXIST) return WORLD_MADE; // ::1 is there from the beginning
    if (error == 0 && address->as.any.sa_family == AF_INET6) error = route_add_local("lo", address);
    if (error == 0) return WORLD_MADE;
    char text[ADDRESS_TEXT_BYTES];
    buffer_printf(trouble, "address %s: ", address_host(address, text));
    refusal_text(trouble, "rtnetlink(7)", -error);
    bool is_lacking = address->as.any.sa_family == AF_INET6 && (error == -EAFNOSUPPORT || error == -EOPNOTSUPP);
    return is_lacking ? WORLD_LACKS : WORLD_FAILED;
}

static enum world_outcome add_route(const struct world_route *route, struct buffer *trouble) {
    int error = route_add(&route->to, route->prefix_bits, route->kind);
    if (error == 0) return WORLD_MADE;
    char text[ADDRESS_TEXT_BYTES];
    buffer_printf(trouble, "route %s/%u: ", address_host(&route->to, text), route->prefix_bits);
    refusal_text(trouble, "rtnetlink(7)", -error);
    bool is_lacking = route->to.as.any.sa_family == AF_INET6 && (error == -EAFNOSUPPORT || error == -EOPNOTSUPP);
    return is_lacking ? WORLD_LACKS : WORLD_FAILED;
}

static enum world_outcome add_interface(const struct world_interface *interface, struct buffer *trouble) {
    int error = link_make(interface->name, interface->kind);
    if (error == 0) return WORLD_MADE;
    buffer_printf(trouble, "interface %s of kind %s: ", interface->name, interface->kind);
    refusal_text(trouble, "rtnetlink(7)", -error);
    return error == -EOPNOTSUPP ? WORLD_LACKS : WORLD_FAILED;
}

static void now_at(const struct world_spec *spec, enum world_part part, uint32_t index) {
    if (spec->place) *spec->place = (struct world_place){part, index};
}

// In the world's network. Settings come first: they may be those that a new interface begins with.
static enum world_outcome set_network(const struct world_spec *spec, struct buffer *trouble) {
    enum world_outcome outcome = WORLD_MADE;
    for (uint32_t i = 0; i < spec->sysctl_count && outcome == WORLD_MADE; i++) {
        now_at(spec, WORLD_SYSCTL, i);
        outcome = set_sysctl(&spec->sysctls[i], trouble);
    }
    for (uint32_t i = 0; i < spec->interface_count && outcome == WORLD_MADE; i++) {
        now_at(spec, WORLD_INTERFACE, i);
        outcome = add_interface(&spec->interfaces[i], trouble);
    }
    for (uint32_t i = 0; i < spec->address_count && outcome == WORLD_MADE; i++) {
        now_at(spec, WORLD_ADDRESS, i);
        outcome = add_address(&spec->addresses[i], trouble);
    }
    for (uint32_t i = 0; i < spec->route_count && outcome == WORLD_MADE; i++) {
        now_at(spec, WORLD_ROUTE, i);
        outcome = add_route(&spec->routes[i], trouble);
    }
    return outcome;
}

// --- a world's life

// Somewhat above what the kernel takes to get rid of a world, were it busy with many.
static const int64_t PATIENCE_NS = 2 * (int64_t)1000 * 1000 * 1000;

static bool is_limit(int error) {
    return error == -ENOSPC || error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -EAGAIN;
}

enum world_outcome world_make(const struct world_spec *spec, struct world **made, struct buffer *trouble) {
    *made = NULL;
    now_at(spec, WORLD_ITSELF, 0);
    if (!world_home.is_ready) {
        buffer_text(trouble, "this process has not been prepared for worlds");
        return WORLD_LACKS;
    }
    struct world *world = supply_take(spec->has_names);
    int error = world ? 0 : blank_make(spec->has_names, PATIENCE_NS, &world, trouble);
    if (error) return is_limit(error) ? WORLD_FAILED : WORLD_LACKS;

    enum world_outcome outcome = spec->has_names ? set_names(world, spec, trouble) : WORLD_MADE;
    if (outcome == WORLD_MADE) {
        error = world_enter(world);
        outcome = error ? failed(trouble, "setns(2)", error) : set_network(spec, trouble);
        if (world_enter(NULL) != 0) memory_exhausted();
    }
    if (outcome == WORLD_MADE) *made = world;
    else world_free(world);
    return outcome;
}

void world_free(struct world *world) {
    if (!world) return;
    init_end(world->init);
    if (world->outfit) world->drop_outfit(world->outfit);
    const int fds[] = {world->net, world->uts, world->mnt, world->root, world->hosts};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0) close(fds[i]);
    if (world->hosts_number != 0) mounts_remove_hosts(world->hosts_number);
    free(world);
}
