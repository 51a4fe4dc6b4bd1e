// Endpoints and addresses in the text: what can be seen to be wrong before anything runs.
#include "compile.h"

#include <string.h>

enum endpoint_form { FORM_HOST_PORT, FORM_PATH, FORM_WORDS };

// --- words that are checked one by one

struct word_check {
    bool (*fits)(struct slice text);
    const char *wrong;
};

static bool is_interface(struct slice text) {
    struct address address;
    return text.len_bytes > 0 && text.len_bytes < sizeof address.interface && !memchr(text.data, '/', text.len_bytes);
}

static bool is_ethertype(struct slice text) {
    uint16_t ethertype;
    return address_parse_ethertype(text, &ethertype);
}

static bool is_can_id(struct slice text) {
    canid_t id;
    return address_parse_can_id(text, &id);
}

static bool is_l2cap(struct slice text) {
    struct address address;
    return address_parse_l2cap(text, &address);
}

static bool is_rfcomm(struct slice text) {
    struct address address;
    return address_parse_rfcomm(text, &address);
}

static bool is_vsock(struct slice text) {
    struct address address;
    return address_parse_vsock(text, &address);
}

#define INTERFACE_CHECK {is_interface, "the name of an interface has 1 to 15 bytes and no `/`"}
#define ETHERTYPE_CHECK {is_ethertype, "an ethertype is a number from 1 to 0xffff"}
#define CAN_ID_CHECK {is_can_id, "a CAN identifier is a number from 0 to 0x1fffffff"}

// What stands behind the word of each kind. Immutable.
static const struct {
    const char *words;
    const char *example;
    uint32_t least;
    enum endpoint_form form;
    struct word_check checks[3];
} forms[FAMILY_COUNT] = {
    [FAMILY_TCP] = {"HOST:PORT", "tcp 127.0.0.1:0, tcp [::1]:0", 1, .form = FORM_HOST_PORT},
    [FAMILY_TCP6] = {"HOST:PORT", "tcp6 [::1]:0", 1, .form = FORM_HOST_PORT},
    [FAMILY_UDP] = {"HOST:PORT", "udp 127.0.0.1:0", 1, .form = FORM_HOST_PORT},
    [FAMILY_UDP6] = {"HOST:PORT", "udp6 [::1]:0", 1, .form = FORM_HOST_PORT},
    [FAMILY_UDPLITE] = {"HOST:PORT", "udplite 127.0.0.1:0", 1, .form = FORM_HOST_PORT},
    [FAMILY_MPTCP] = {"HOST:PORT", "mptcp 127.0.0.1:0", 1, .form = FORM_HOST_PORT},
    [FAMILY_UNIX] = {"a path or @NAME", "unix \"echo.sock\", unix @echo", 1, .form = FORM_PATH},
    [FAMILY_UNIX_DGRAM] = {"a path or @NAME", "unix_dgram \"echo.sock\"", 1, .form = FORM_PATH},
    [FAMILY_UNIX_SEQPACKET] = {"a path or @NAME", "unix_seqpacket \"echo.sock\"", 1, .form = FORM_PATH},
    [FAMILY_PACKET] = {"an interface", "packet lo 0x88b5", 1, FORM_WORDS, {INTERFACE_CHECK, ETHERTYPE_CHECK}},
    [FAMILY_PACKET_DGRAM] = {"an interface", "packet_dgram lo 0x88b5", 1, FORM_WORDS, {INTERFACE_CHECK, ETHERTYPE_CHECK}},
    [FAMILY_CAN] = {"an interface", "can vcan0", 1, FORM_WORDS, {INTERFACE_CHECK}},
    [FAMILY_ISOTP] = {"an interface and two identifiers", "isotp vcan0 0x123 0x321", 3, FORM_WORDS,
                      {INTERFACE_CHECK, CAN_ID_CHECK, CAN_ID_CHECK}},
    [FAMILY_L2CAP] = {"ADDRESS:PSM", "l2cap 00:00:00:00:00:00:0x1001", 1, FORM_WORDS,
                      {{is_l2cap, "not the address of a device, six pairs of digits, and a PSM up to 0xffff"}}},
    [FAMILY_RFCOMM] = {"ADDRESS:CHANNEL", "rfcomm 00:00:00:00:00:00:1", 1, FORM_WORDS,
                       {{is_rfcomm, "not the address of a device, six pairs of digits, and a channel up to 30"}}},
    [FAMILY_VSOCK] = {"CID:PORT", "vsock 1:4400", 1, FORM_WORDS,
                      {{is_vsock, "not a CID, a number or `local`, `any` or `host`, and a port up to 0xffffffff"}}},
};

// A stretch of an endpoint's word, where the word stands in the text as it is.
static struct span part_of(const struct term *word, struct slice text, size_t start, size_t end) {
    struct span span = word->span;
    if (span.end - span.start != text.len_bytes) return span; // it was quoted
    span.end = span.start + (uint32_t)end;
    span.start += (uint32_t)start;
    return span;
}

static bool is_dotted_digits(struct slice host) {
    bool digits = host.len_bytes > 0;
    for (size_t i = 0; i < host.len_bytes && digits; i++)
        digits = host.data[i] == '.' || (host.data[i] >= '0' && host.data[i] <= '9');
    return digits;
}

static void no_port(struct compiler *c, enum family_word family, const struct term *word, struct slice text) {
    bool is_bare_six = memchr(text.data, ':', text.len_bytes) && text.data[0] != '[';
    diag_error(c->diags, word->span, "there is no port behind the host");
    const char *word_of = script_family_word(family);
    if (is_bare_six) diag_hint(c->diags, "an IPv6 address with a port has brackets: %s [::1]:80", word_of);
    else diag_hint(c->diags, "%s %.*s:0: with 0 the kernel picks one", word_of, (int)text.len_bytes, (const char *)text.data);
}

static void check_host_port(struct compiler *c, enum family_word family, const struct term *word, struct slice text) {
    struct address address;
    bool has_port;
    uint16_t port;
    bool wants_six = family == FAMILY_TCP6 || family == FAMILY_UDP6;
    if (address_parse(text, &address, &has_port)) {
        if (!has_port) no_port(c, family, word, text);
        else if (wants_six && address.as.any.sa_family != AF_INET6)
            diag_error(c->diags, word->span, "`%s` takes an IPv6 address", script_family_word(family));
        return;
    }
    const uint8_t *colon = text.len_bytes > 0 ? memrchr(text.data, ':', text.len_bytes) : NULL;
    if (!colon) {
        no_port(c, family, word, text);
        return;
    }
    size_t host_bytes = (size_t)(colon - text.data);
    struct slice host = slice_of(text.data, host_bytes);
    if (!address_parse_port(slice_of(colon + 1, text.len_bytes - host_bytes - 1), &port))
        diag_error(c->diags, part_of(word, text, host_bytes + 1, text.len_bytes), "a port is a number from 0 to 65535");
    if (host_bytes == 0) diag_error(c->diags, word->span, "there is no host before the port");
    else if (is_dotted_digits(host) && !address_parse(host, &address, &has_port))
        diag_error(c->diags, part_of(word, text, 0, host_bytes), "an IPv4 address has four numbers from 0 to 255");
    else if ((host.data[0] == '[' || memchr(host.data, ':', host_bytes)) && !address_parse(host, &address, &has_port))
        diag_error(c->diags, part_of(word, text, 0, host_bytes), "not an IPv6 address");
}

static void check_path(struct compiler *c, const struct term *word, struct slice text) {
    static const size_t most = sizeof((struct sockaddr_un){0}.sun_path) - 1;
    if (text.len_bytes == 0 || (text.len_bytes == 1 && text.data[0] == '@'))
        diag_error(c->diags, word->span, "an empty path");
    else if (text.len_bytes > most + (text.data[0] == '@'))
        diag_error(c->diags, word->span, "a Unix path has at most %zu bytes, and this one %zu", most, text.len_bytes);
}

// As far as they are known before the run.
static void check_words(struct compiler *c, enum family_word family, const struct term *const *words, uint32_t count) {
    static const uint32_t most = sizeof forms->checks / sizeof *forms->checks;
    for (uint32_t i = 0; i < count && i < most; i++) {
        const struct word_check *check = &forms[family].checks[i];
        struct slice text;
        bool is_plain = check->fits && term_is_known(words[i]) && words[i]->type == VALUE_BYTES;
        if (!is_plain || !bytes_flat(c->arena, words[i]->value.bytes, &text) || check->fits(text)) continue;
        diag_error(c->diags, words[i]->span, "%s", check->wrong);
        diag_hint(c->diags, "%s", forms[family].example);
    }
}

const struct term *compile_endpoint_words(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, expr->item_count, sizeof *items);
    enum endpoint_form form = forms[expr->family].form;
    for (uint32_t i = 0; i < expr->item_count; i++)
        items[i] = form == FORM_HOST_PORT ? compile_host_port(c, expr->items[i]) : compile_expr(c, expr->items[i]);
    struct term *term = term_of(c, TERM_ENDPOINT, expr->span, items, expr->item_count);
    term->family = expr->family;
    c->plan->families |= 1u << expr->family;
    if (form == FORM_PATH) c->plan->uses_scratch = true;
    struct slice text;
    if (expr->item_count < forms[expr->family].least) {
        diag_error(c->diags, expr->span, "`%s` has %s behind it", script_family_word(expr->family),
                   forms[expr->family].words);
        diag_hint(c->diags, "%s", forms[expr->family].example);
        return term_wrong(c, expr->span);
    }
    bool is_plain = term_is_known(items[0]) && items[0]->type == VALUE_BYTES;
    if (is_plain && bytes_flat(c->arena, items[0]->value.bytes, &text)) {
        if (form == FORM_HOST_PORT) check_host_port(c, expr->family, items[0], text);
        if (form == FORM_PATH) check_path(c, items[0], text);
    }
    check_words(c, expr->family, items, expr->item_count);
    return term_finish(c, term_typed(term, VALUE_ENDPOINT));
}

const struct term *compile_endpoint(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_expr(c, expr);
    if (!term->typed || term->type == VALUE_ENDPOINT || term->type == VALUE_ADDRESS) return term;
    diag_error(c->diags, expr->span, "an endpoint belongs here, and this is %s", value_kind_name(term->type));
    diag_hint(c->diags, "tcp 127.0.0.1:0, tcp [::1]:80, unix \"echo.sock\", unix @name");
    return term_wrong(c, expr->span);
}

const struct term *compile_address(struct compiler *c, const struct expr *expr) {
    struct address *address = arena_alloc(c->arena, sizeof *address);
    bool has_port;
    if (!address_parse(expr->text, address, &has_port)) {
        diag_error(c->diags, expr->span, "not an address");
        diag_hint(c->diags, "192.168.0.114:4400, [2001:db8::1]:80");
        return term_wrong(c, expr->span);
    }
    return term_constant(c, expr->span,
                         (struct value){.kind = VALUE_ADDRESS, .address = address, .address_has_port = has_port});
}
