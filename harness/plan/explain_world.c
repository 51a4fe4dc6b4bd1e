// What a case has around it, for `sockdrill explain`.
#include "explain_plan.h"

#include "eval.h"

#include <string.h>

// A word as it will be, where that is known now; else as it is written.
static void print_word(const struct term *word, struct buffer *out) {
    uint8_t text[128];
    bool const is_known = facts_is_constant(word, VALUE_BYTES) && word->value.bytes->len_bytes < sizeof text;
    if (!is_known) {
        eval_print_source(word->span, out);
        return;
    }
    size_t const len_bytes = (size_t)word->value.bytes->len_bytes;
    bytes_read(word->value.bytes, 0, text, len_bytes);
    buffer_escaped(out, slice_of(text, len_bytes), sizeof text);
}

void explain_words(const struct term *const *words, uint32_t count, const char *between, struct buffer *out) {
    for (uint32_t i = 0; i < count; i++) {
        if (i) buffer_text(out, between);
        print_word(words[i], out);
    }
}

static void begin_line(struct span span, const char *word, struct buffer *out) {
    buffer_printf(out, "%6u  %s ", source_position(span).line, word);
}

static void print_addresses(const struct plan_world *world, struct buffer *out) {
    for (uint32_t i = 0; i < world->address_count; i++) {
        begin_line(world->address_spans[i], "address", out);
        print_word(world->addresses[i], out);
        buffer_text(out, "\n");
    }
}

static void print_hosts(const struct plan_world *world, struct buffer *out) {
    for (uint32_t i = 0; i < world->host_count; i++) {
        const struct plan_host *const host = &world->hosts[i];
        begin_line(host->span, "name", out);
        explain_words(host->names, host->name_count, " ", out);
        buffer_text(out, ": ");
        explain_words(host->addresses, host->address_count, ", ", out);
        buffer_text(out, "\n");
    }
}

static void print_settings(const struct plan_world *world, struct buffer *out) {
    static const char *const ROUTES[] = {
        [ROUTE_WORD_UNREACHABLE] = "unreachable", [ROUTE_WORD_BLACKHOLE] = "blackhole", [ROUTE_WORD_PROHIBIT] = "prohibit"};
    for (uint32_t i = 0; i < world->interface_count; i++) {
        begin_line(world->interfaces[i].span, "interface", out);
        print_word(world->interfaces[i].name, out);
        buffer_text(out, ": can\n");
    }
    for (uint32_t i = 0; i < world->sysctl_count; i++) {
        begin_line(world->sysctls[i].span, "sysctl", out);
        print_word(world->sysctls[i].name, out);
        buffer_text(out, " = ");
        print_word(world->sysctls[i].value, out);
        buffer_text(out, "\n");
    }
    for (uint32_t i = 0; i < world->route_count; i++) {
        begin_line(world->routes[i].span, "route", out);
        print_word(world->routes[i].to, out);
        buffer_printf(out, " %s\n", ROUTES[world->routes[i].kind]);
    }
}

static void print_files(const struct plan_world *world, struct buffer *out) {
    for (uint32_t i = 0; i < world->file_count; i++) {
        const struct plan_file *const file = &world->files[i];
        begin_line(file->span, "file", out);
        print_word(file->path, out);
        if (facts_is_constant(file->bytes, VALUE_BYTES)) {
            unsigned long long const len = file->bytes->value.bytes->len_bytes;
            buffer_printf(out, ": %llu byte%s", len, len == 1 ? "" : "s");
        }
        buffer_text(out, "\n");
    }
}

static void print_certificates(const struct plan_world *world, struct buffer *out) {
    for (uint32_t i = 0; i < world->certificate_count; i++) {
        begin_line(world->certificates[i].span, "certificate", out);
        explain_certificate(&world->certificates[i], out);
        buffer_text(out, "\n");
    }
}

static void print_head(const struct plan_world *world, struct buffer *out) {
    const struct {
        bool holds;
        const char *text;
    } FACTS[] = {
        {world->declared, "declared"},
        {world->has_names, "names of its own"},
        {world->has_faults, "faults"},
        {world->is_counted, "its sockets are counted"},
        {world->is_traced, "its packets are traced"},
    };
    const char *between = "\nworld: ";
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
        if (!FACTS[i].holds) continue;
        buffer_printf(out, "%s%s", between, FACTS[i].text);
        between = ", ";
    }
    if (*between == ',') buffer_text(out, "\n");
}

void explain_world(const struct plan *plan, struct buffer *out) {
    const struct plan_world *const world = &plan->world;
    bool const has_lines = world->hostname || world->address_count || world->host_count || world->interface_count ||
                           world->sysctl_count || world->route_count || world->file_count || world->certificate_count;
    print_head(world, out);
    if (has_lines) buffer_text(out, "  line  compiled to\n");
    if (world->hostname) {
        begin_line(world->hostname->span, "hostname", out);
        print_word(world->hostname, out);
        buffer_text(out, "\n");
    }
    print_addresses(world, out);
    print_hosts(world, out);
    print_settings(world, out);
    print_files(world, out);
    print_certificates(world, out);
}
