// A world's lines as values: their terms are evaluated before anybody acts.
#include "world_terms.h"
#include "certificates.h"
#include "files.h"

#include <string.h>

static enum eval_status too_early(struct eval_env *env, const char *message) {
    env->message = message;
    return EVAL_FAILED;
}

static enum eval_status read_slot(struct eval_env *env, uint32_t slot, struct value *value) {
    (void)slot, (void)value;
    return too_early(env, "nobody has given it a value before the scenario begins");
}

static enum eval_status read_actor(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    struct terms *terms = env->context;
    (void)index;
    if (term->kind == TERM_ATTRIBUTE && term->attribute == ATTRIBUTE_CA_FILE) {
        *value = value_text(env->arena, slice_text(certificates_ca_file(terms->run, env->arena)));
        return EVAL_DONE;
    }
    if (term->kind != TERM_ATTRIBUTE || term->attribute != ATTRIBUTE_SCRATCH)
        return too_early(env, "no actor has given it a value before the scenario begins");
    *value = value_text(env->arena, slice_text(terms->run->scratch.path ? terms->run->scratch.path : ""));
    return EVAL_DONE;
}

static enum eval_status read_file(struct eval_env *env, const char *path, struct value *value) {
    return files_read(((struct terms *)env->context)->run, env, path, value);
}

static enum eval_status file_exists(struct eval_env *env, const char *path, struct value *value) {
    return files_have(((struct terms *)env->context)->run, path, value);
}

static enum eval_status free_port(struct eval_env *env, uint32_t site, struct value *value) {
    const struct terms *terms = env->context;
    if (!terms->have_ports) return too_early(env, "what port is free is known only in the world that this is part of");
    *value = value_integer(terms->run->free_ports[site]);
    return EVAL_DONE;
}

bool world_term(struct terms *terms, const struct term *term, enum value_kind kind, struct value *value) {
    struct eval_env env = {
        .arena = terms->arena,
        .context = terms,
        .seed = terms->run->engine->options->seed,
        .read_slot = read_slot,
        .read_export = read_actor,
        .read_attribute = read_actor,
        .read_file = read_file,
        .file_exists = file_exists,
        .free_port = free_port,
    };
    if (term_eval_kind(term, &env, kind, value) == EVAL_DONE) return true;
    buffer_text(&terms->trouble->text, env.message ? env.message : "no value");
    terms->trouble->span = term->span;
    return false;
}

// NULL: terms->trouble says why there is none.
const char *world_word(struct terms *terms, const struct term *term) {
    struct value value;
    struct slice text;
    if (!world_term(terms, term, VALUE_BYTES, &value)) return NULL;
    if (bytes_flat(terms->arena, value.bytes, &text) && !memchr(text.data, '\0', text.len_bytes))
        return arena_copy(terms->arena, text.data, text.len_bytes);
    buffer_text(&terms->trouble->text, "a word of the world has no zero byte and is not that long");
    terms->trouble->span = term->span;
    return NULL;
}

// "192.0.2.1", "2001:db8::/32"; without bits it is one host.
static bool network_word(struct terms *terms, const struct term *term, struct address *address, uint8_t *prefix_bits) {
    const char *text = world_word(terms, term);
    if (!text) return false;
    size_t host_bytes = strcspn(text, "/");
    bool has_port = false;
    bool ok = address_parse(slice_of(text, host_bytes), address, &has_port) && !has_port;
    unsigned most = ok && address->as.any.sa_family == AF_INET6 ? 128 : 32;
    uint16_t bits = (uint16_t)most;
    if (ok && text[host_bytes]) ok = address_parse_port(slice_text(text + host_bytes + 1), &bits) && bits <= most;
    if (!ok) {
        buffer_printf(&terms->trouble->text, "'%s' is no address", text);
        terms->trouble->span = term->span;
    }
    *prefix_bits = (uint8_t)bits;
    return ok;
}

// One host, which a world may have as its own: no network, no group and no broadcast.
static bool address_word(struct terms *terms, const struct term *term, struct address *address) {
    uint8_t bits;
    if (!network_word(terms, term, address, &bits)) return false;
    bool is_six = address->as.any.sa_family == AF_INET6;
    bool is_host = bits == (is_six ? 128 : 32) &&
                   (is_six ? address->as.in6.sin6_addr.s6_addr[0] != 0xff
                           : ntohl(address->as.in.sin_addr.s_addr) < 0xe0000000); // RFC 5771
    if (is_host) return true;
    buffer_text(&terms->trouble->text, "this is no host's address");
    terms->trouble->span = term->span;
    return false;
}

// RFC 1123, section 2.1, as the compiler asks of what it can see. Anything else could write lines of its own into hosts(5).
static const char *host_word(struct terms *terms, const struct term *term) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    const char *text = world_word(terms, term);
    if (!text || (text[0] && text[strspn(text, letters)] == '\0')) return text;
    buffer_text(&terms->trouble->text, "a host's name has letters, digits, '-' and '.'");
    terms->trouble->span = term->span;
    return NULL;
}

static bool host_spec(struct terms *terms, const struct plan_host *host, struct world_host *spec) {
    const char **names = arena_array(terms->arena, host->name_count, sizeof *names);
    struct address *addresses = arena_array(terms->arena, host->address_count, sizeof *addresses);
    for (uint32_t i = 0; i < host->name_count; i++)
        if (!(names[i] = host_word(terms, host->names[i]))) return false;
    for (uint32_t i = 0; i < host->address_count; i++)
        if (!address_word(terms, host->addresses[i], &addresses[i])) return false;
    *spec = (struct world_host){names, host->name_count, addresses, host->address_count};
    return true;
}

static const enum world_route_kind route_kinds[] = {
    [ROUTE_WORD_UNREACHABLE] = ROUTE_UNREACHABLE,
    [ROUTE_WORD_BLACKHOLE] = ROUTE_BLACKHOLE,
    [ROUTE_WORD_PROHIBIT] = ROUTE_PROHIBIT,
};
static const char *const interface_kinds[] = {[INTERFACE_WORD_CAN] = "vcan"};

static bool addresses_of(struct terms *terms, const struct plan_world *plan, struct address *addresses) {
    bool ok = true;
    for (uint32_t i = 0; i < plan->address_count && ok; i++)
        ok = address_word(terms, plan->addresses[i], &addresses[i]);
    return ok;
}

static bool hosts_of(struct terms *terms, const struct plan_world *plan, struct world_host *hosts,
                     struct world_spec *spec) {
    bool ok = true;
    if (plan->hostname) ok = (spec->hostname = host_word(terms, plan->hostname)) != NULL;
    for (uint32_t i = 0; i < plan->host_count && ok; i++) ok = host_spec(terms, &plan->hosts[i], &hosts[i]);
    return ok;
}

static bool sysctls_of(struct terms *terms, const struct plan_world *plan, struct world_sysctl *sysctls) {
    bool ok = true;
    for (uint32_t i = 0; i < plan->sysctl_count && ok; i++) {
        sysctls[i].name = world_word(terms, plan->sysctls[i].name);
        sysctls[i].value = sysctls[i].name ? world_word(terms, plan->sysctls[i].value) : NULL;
        ok = sysctls[i].value != NULL;
    }
    return ok;
}

static bool routes_of(struct terms *terms, const struct plan_world *plan, struct world_route *routes) {
    bool ok = true;
    for (uint32_t i = 0; i < plan->route_count && ok; i++) {
        routes[i].kind = route_kinds[plan->routes[i].kind];
        ok = network_word(terms, plan->routes[i].to, &routes[i].to, &routes[i].prefix_bits);
    }
    return ok;
}

static bool interfaces_of(struct terms *terms, const struct plan_world *plan, struct world_interface *interfaces) {
    bool ok = true;
    for (uint32_t i = 0; i < plan->interface_count && ok; i++) {
        interfaces[i].kind = interface_kinds[plan->interfaces[i].kind];
        ok = (interfaces[i].name = world_word(terms, plan->interfaces[i].name)) != NULL;
    }
    return ok;
}

bool world_spec_of(struct terms *terms, const struct plan_world *plan, struct world_spec *spec) {
    struct arena *arena = terms->arena;
    struct address *addresses = arena_array(arena, plan->address_count, sizeof *addresses);
    struct world_host *hosts = arena_array(arena, plan->host_count, sizeof *hosts);
    struct world_sysctl *sysctls = arena_array(arena, plan->sysctl_count, sizeof *sysctls);
    struct world_route *routes = arena_array(arena, plan->route_count, sizeof *routes);
    struct world_interface *interfaces = arena_array(arena, plan->interface_count, sizeof *interfaces);
    *spec = (struct world_spec){
        .has_names = plan->has_names,
        .addresses = addresses, .address_count = plan->address_count,
        .hosts = hosts, .host_count = plan->host_count,
        .sysctls = sysctls, .sysctl_count = plan->sysctl_count,
        .routes = routes, .route_count = plan->route_count,
        .interfaces = interfaces, .interface_count = plan->interface_count,
    };
    return addresses_of(terms, plan, addresses) && hosts_of(terms, plan, hosts, spec) &&
           sysctls_of(terms, plan, sysctls) && routes_of(terms, plan, routes) && interfaces_of(terms, plan, interfaces);
}
