// world { }: its lines into terms, each with what can be checked of it now.
#include "compile_world.h"

#include "base/nearest.h"

#include <string.h>

enum { HOSTNAME_BYTES_MAX = 64, NAME_BYTES_MAX = 253 }; // sethostname(2); RFC 1123, section 2.1

typedef void line_function(struct compiler *c, const struct world_line *line);

// The words first .. end - 1.
static const struct term **compile_words(struct compiler *c, const struct world_line *line, uint32_t first, uint32_t end) {
    const struct term **words = arena_array(c->arena, end - first, sizeof *words);
    for (uint32_t i = first; i < end; i++) {
        words[i - first] = compile_expr(c, line->words[i]);
        world_check_term(c, words[i - first], false);
    }
    return words;
}

// Says so where there are more words than that.
static bool has_more_words(struct compiler *c, const struct world_line *line, uint32_t most) {
    if (line->word_count <= most) return false;
    diag_error(c->diags, line->words[most]->span, "`%s` ends before this", script_world_word(line->word));
    return true;
}

// Says so where a line says what an earlier one has said; `seen` are their words.
static bool stands_already(struct compiler *c, const struct term *word, const struct term *earlier) {
    struct slice text, before;
    if (!term_is_known(word) || !term_is_known(earlier)) return false;
    if (!bytes_flat(c->arena, word->value.bytes, &text) || !bytes_flat(c->arena, earlier->value.bytes, &before)) return false;
    if (text.len_bytes == 0 || !slice_equal(text, before)) return false;
    diag_error(c->diags, word->span, "'%.*s' stands already in line %u", (int)text.len_bytes, (const char *)text.data,
               source_position(earlier->span).line);
    return true;
}

// The word among `words`, or -1 with a diagnostic.
static int word_among(struct compiler *c, const struct term *word, const char *what, const char *const *words, int count) {
    struct slice text;
    if (!world_text(c, word, &text)) {
        if (!term_is_known(word)) diag_error(c->diags, word->span, "%s must be known before the scenario runs", what);
        return -1;
    }
    struct nearest nearest = {.name = text};
    for (int i = 0; i < count; i++) {
        if (slice_is(text, words[i])) return i;
        nearest_offer(&nearest, words[i]);
    }
    diag_error(c->diags, word->span, "no such %s '%.*s'", what, (int)text.len_bytes, (const char *)text.data);
    if (nearest.best) diag_suggest(c->diags, nearest.best);
    else diag_hint(c->diags, "%s%s%s%s%s", words[0], count > 1 ? ", " : "", count > 1 ? words[1] : "",
                   count > 2 ? " or " : "", count > 2 ? words[2] : "");
    return -1;
}

static void add_hostname(struct compiler *c, const struct world_line *line) {
    struct plan_world *world = &c->plan->world;
    const struct term **words = compile_words(c, line, 0, 1);
    if (world->hostname) diag_error(c->diags, line->word_span, "`hostname` stands here a second time");
    has_more_words(c, line, 1);
    world_check_host(c, words[0], HOSTNAME_BYTES_MAX);
    world->hostname = words[0];
    world->has_names = true;
}

// --- address

static void check_twice(struct compiler *c, const struct term *word, const struct address *address) {
    const struct plan_world *world = &c->plan->world;
    for (uint32_t i = 0; i < world->address_count; i++) {
        const struct term *other = world->addresses[i];
        struct slice text;
        struct address before;
        bool has_port;
        if (!term_is_known(other) || !bytes_flat(c->arena, other->value.bytes, &text)) continue;
        if (!address_parse(text, &before, &has_port) || !address_equal(&before, address)) continue;
        char shown[ADDRESS_TEXT_BYTES];
        diag_error(c->diags, word->span, "the world has the address %s already, since line %u",
                   address_host(address, shown), source_position(world->address_spans[i]).line);
        return;
    }
}

// 127.0.0.1 and ::1 are there in every world, and need no adding.
static bool is_there_anyway(const struct address *address) {
    if (address->as.any.sa_family == AF_INET) return address->as.in.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    return memcmp(&address->as.in6.sin6_addr, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

static void add_address(struct compiler *c, const struct term *word) {
    struct plan_world *world = &c->plan->world;
    struct address address;
    bool is_known = world_check_own_address(c, word, &address);
    if (is_known) check_twice(c, word, &address);
    if (is_known && is_there_anyway(&address)) return;
    world->addresses = arena_grow(c->arena, world->addresses, world->address_count, sizeof *world->addresses);
    world->address_spans = arena_grow(c->arena, world->address_spans, world->address_count, sizeof *world->address_spans);
    world->address_spans[world->address_count] = word->span;
    world->addresses[world->address_count++] = word;
}

static bool lacks_commas(struct compiler *c, const struct world_line *line, uint32_t first) {
    if (line->first_count <= first) return false;
    diag_error(c->diags, line->words[first]->span, "several addresses have commas between them");
    return true;
}

static void add_addresses(struct compiler *c, const struct world_line *line) {
    if (lacks_commas(c, line, 1)) return;
    const struct term **words = compile_words(c, line, 0, line->word_count);
    for (uint32_t i = 0; i < line->word_count; i++) add_address(c, words[i]);
}

// --- name

// How many words are names: those before the first that reads as an address. Where none is known to, the last one before
// a comma, or the line's end, is meant to be one.
static uint32_t count_names(struct compiler *c, const struct world_line *line, const struct term **words) {
    for (uint32_t i = 0; i < line->first_count; i++)
        if (world_is_address(c, words[i])) return i;
    return line->first_count - 1;
}

static void add_name(struct compiler *c, const struct world_line *line) {
    struct plan_world *world = &c->plan->world;
    const struct term **words = compile_words(c, line, 0, line->word_count);
    uint32_t names = count_names(c, line, words);
    struct slice last;
    if (names == 0) {
        bool is_address = world_is_address(c, words[0]);
        diag_error(c->diags, line->words[0]->span, is_address ? "there is no name before the address"
                                                              : "there is no address behind the name");
        diag_hint(c->diags, "name gnu.org www.gnu.org 209.51.188.116, 2001:470:142:5::116");
        return;
    }
    if (lacks_commas(c, line, names + 1)) return;
    for (uint32_t i = 0; i < names; i++) world_check_host(c, words[i], NAME_BYTES_MAX);
    struct address address;
    bool names_alone = line->word_count == line->first_count && names + 1 == line->word_count &&
                       world_text(c, words[names], &last) && !world_is_address(c, words[names]) &&
                       (last.data[0] < '0' || last.data[0] > '9') && !memchr(last.data, ':', last.len_bytes);
    if (names_alone) {
        diag_error(c->diags, line->span, "there is no address behind the names");
        diag_hint(c->diags, "name gnu.org www.gnu.org 209.51.188.116, 2001:470:142:5::116");
        return;
    }
    for (uint32_t i = names; i < line->word_count; i++) world_check_address(c, words[i], &address);
    world->hosts = arena_grow(c->arena, world->hosts, world->host_count, sizeof *world->hosts);
    world->hosts[world->host_count++] = (struct plan_host){
        .names = words,
        .name_count = names,
        .addresses = words + names,
        .address_count = line->word_count - names,
        .span = line->span,
    };
    world->has_names = true;
}

// --- interface, sysctl, route, file

static void add_interface(struct compiler *c, const struct world_line *line) {
    static const char *const kinds[] = {[INTERFACE_WORD_CAN] = "can"};
    struct plan_world *world = &c->plan->world;
    const struct term **words = compile_words(c, line, 0, line->word_count);
    world_check_interface(c, words[0]);
    for (uint32_t i = 0; i < world->interface_count; i++)
        if (stands_already(c, words[0], world->interfaces[i].name)) break;
    if (line->word_count < 2) {
        diag_error(c->diags, line->span, "`interface` has a name and its kind behind it");
        diag_hint(c->diags, "interface vcan0 can");
        return;
    }
    has_more_words(c, line, 2);
    int kind = word_among(c, words[1], "kind of interface", kinds, sizeof kinds / sizeof *kinds);
    if (kind < 0) return;
    world->interfaces = arena_grow(c->arena, world->interfaces, world->interface_count, sizeof *world->interfaces);
    world->interfaces[world->interface_count++] =
        (struct plan_interface){.name = words[0], .kind = (enum interface_word)kind, .span = line->span};
}

// The words behind the name, a blank between them.
static const struct term *sysctl_value(struct compiler *c, const struct world_line *line, const struct term **words) {
    uint32_t count = 0;
    const struct term **parts = arena_array(c->arena, 2 * (size_t)line->word_count, sizeof *parts);
    for (uint32_t i = 1; i < line->word_count; i++) {
        if (i > 1) parts[count++] = term_constant(c, words[i]->span, value_text(c->arena, slice_text(" ")));
        parts[count++] = words[i];
    }
    return term_join(c, span_join(words[1]->span, words[line->word_count - 1]->span), parts, count);
}

static void add_sysctl(struct compiler *c, const struct world_line *line) {
    struct plan_world *world = &c->plan->world;
    const struct term **words = compile_words(c, line, 0, line->word_count);
    world_check_sysctl(c, words[0]);
    for (uint32_t i = 0; i < world->sysctl_count; i++)
        if (stands_already(c, words[0], world->sysctls[i].name)) break;
    if (line->word_count < 2) {
        diag_error(c->diags, line->span, "`sysctl` has a setting's name and its value behind it");
        diag_hint(c->diags, "sysctl net.ipv4.tcp_syn_retries 1");
        return;
    }
    world->sysctls = arena_grow(c->arena, world->sysctls, world->sysctl_count, sizeof *world->sysctls);
    world->sysctls[world->sysctl_count++] =
        (struct plan_sysctl){.name = words[0], .value = sysctl_value(c, line, words), .span = line->span};
}

static void add_route(struct compiler *c, const struct world_line *line) {
    static const char *const kinds[] = {
        [ROUTE_WORD_UNREACHABLE] = "unreachable", [ROUTE_WORD_BLACKHOLE] = "blackhole", [ROUTE_WORD_PROHIBIT] = "prohibit"};
    struct plan_world *world = &c->plan->world;
    const struct term **words = compile_words(c, line, 0, line->word_count);
    world_check_route(c, words[0]);
    for (uint32_t i = 0; i < world->route_count; i++)
        if (stands_already(c, words[0], world->routes[i].to)) break;
    if (line->word_count < 2) {
        diag_error(c->diags, line->span, "what becomes of packets to there: unreachable, blackhole or prohibit?");
        return;
    }
    has_more_words(c, line, 2);
    int kind = word_among(c, words[1], "kind of route", kinds, sizeof kinds / sizeof *kinds);
    if (kind < 0) return;
    world->routes = arena_grow(c->arena, world->routes, world->route_count, sizeof *world->routes);
    world->routes[world->route_count++] =
        (struct plan_route){.to = words[0], .kind = (enum route_word)kind, .span = line->span};
}

static void add_file(struct compiler *c, const struct world_line *line) {
    struct plan_world *world = &c->plan->world;
    const struct term **words = compile_words(c, line, 0, 1);
    const struct term *bytes = compile_bytes(c, line->bytes);
    world_check_path(c, words[0]);
    world_check_term(c, bytes, true);
    for (uint32_t i = 0; i < world->file_count; i++)
        if (stands_already(c, words[0], world->files[i].path)) break;
    world->files = arena_grow(c->arena, world->files, world->file_count, sizeof *world->files);
    world->files[world->file_count++] = (struct plan_file){.path = words[0], .bytes = bytes, .span = line->span};
    c->plan->uses_scratch = true;
}

void compile_world(struct compiler *c) {
    static line_function *const adders[WORLD_WORD_COUNT] = {
        [WORLD_WORD_HOSTNAME] = add_hostname,   [WORLD_WORD_ADDRESS] = add_addresses, [WORLD_WORD_NAME] = add_name,
        [WORLD_WORD_INTERFACE] = add_interface, [WORLD_WORD_SYSCTL] = add_sysctl,     [WORLD_WORD_ROUTE] = add_route,
        [WORLD_WORD_FILE] = add_file,           [WORLD_WORD_CERTIFICATE] = world_add_certificate,
    };
    const struct world_decl *decl = c->tree->world;
    if (!decl) return;
    c->plan->world.declared = true;
    c->plan->world.span = decl->span;
    for (const struct world_line *line = decl->lines; line; line = line->next) adders[line->word](c, line);
    world_check_certificates(c);
}
