// tls: its words into a step; `tls.version` and its like; and by which names a step may fail.
#include "compile.h"

#include "base/nearest.h"
#include "plan/constants.h"

#include <string.h>

// --- what a step fails with

// A `send` or a `recv` may be one over TLS.
static bool may_be_tls(const struct statement *s) {
    return s->verb == VERB_TLS || s->verb == VERB_SEND || s->verb == VERB_RECV;
}

// The alert whose name without its ALERT_ is nearest; NULL: none is near.
static const char *nearest_alert(struct slice name) {
    static const size_t prefix_bytes = sizeof "ALERT_" - 1;
    struct nearest nearest = {.name = name};
    for (enum tls_error error = TLS_ERROR_NONE + 1; error < TLS_ERROR_COUNT; error++)
        if (tls_error_kind(error) == TLS_ALERT) nearest_offer(&nearest, tls_error_name(error) + prefix_bytes);
    return nearest.best ? nearest.best - prefix_bytes : NULL;
}

static const char *nearest_failure(const struct statement *s, struct slice name) {
    struct nearest nearest = {.name = name};
    const char *offer;
    bool is_lookup = s->verb == VERB_RESOLVE;
    for (uint32_t i = 0; (offer = is_lookup ? lookup_error_offer(i) : errno_offer(i)); i++) nearest_offer(&nearest, offer);
    for (unsigned i = TLS_ERROR_NONE + 1; i < TLS_ERROR_COUNT && may_be_tls(s); i++)
        nearest_offer(&nearest, tls_error_name((enum tls_error)i));
    return nearest.best || !may_be_tls(s) ? nearest.best : nearest_alert(name);
}

// A name that OpenSSL's headers have a prefix before.
static bool hint_prefix(struct compiler *c, const struct statement *s, struct slice name) {
    enum tls_error error = may_be_tls(s) ? tls_error_of_prefixed(name) : TLS_ERROR_NONE;
    if (error) diag_hint(c->diags, "OpenSSL's names stand here without their prefix: %s", tls_error_name(error));
    return error != TLS_ERROR_NONE;
}

static void unknown_failure(struct compiler *c, const struct statement *s, struct name wrong) {
    struct slice name = wrong.text;
    bool is_lookup = s->verb == VERB_RESOLVE, is_tls = s->verb == VERB_TLS;
    const char *what = is_lookup ? "error of a look-up" : is_tls ? "error" : "errno";
    diag_error(c->diags, wrong.span, "unknown %s '%.*s'", what, (int)name.len_bytes, (const char *)name.data);
    if (!diag_is_news(c->diags)) return;
    const char *nearest = nearest_failure(s, name);
    if (!is_lookup && lookup_error_of(name)) diag_hint(c->diags, "that is how a 'resolve' fails");
    else if (tls_error_of(name)) diag_hint(c->diags, "that is how a 'tls', or a 'send' or a 'recv' over it, fails");
    else if (hint_prefix(c, s, name)) return;
    else if (nearest) diag_suggest(c->diags, nearest);
    else if (is_lookup) diag_hint(c->diags, "HOST_NOT_FOUND, TRY_AGAIN, NO_RECOVERY, NO_DATA");
    else if (is_tls) diag_hint(c->diags, "CERT_HAS_EXPIRED, NO_SHARED_CIPHER, ALERT_UNKNOWN_CA, ... or an errno");
}

// False: it has no such name, which was reported.
static bool failure_named(struct compiler *c, const struct statement *s, struct name name, struct step_failure *failure) {
    *failure = (struct step_failure){0};
    failure->error = s->verb == VERB_RESOLVE ? lookup_error_of(name.text) : errno_of(name.text);
    if (failure->error == 0 && may_be_tls(s) && !c->on_stdio) failure->tls = tls_error_of(name.text);
    if (failure->error != 0 || failure->tls != TLS_ERROR_NONE) return true;
    unknown_failure(c, s, name);
    return false;
}

void compile_failure(struct compiler *c, const struct statement *s, uint32_t at) {
    if (s->fails.text.len_bytes == 0) return;
    struct step_failure *failures = arena_array(c->arena, s->or_fail_count + 1, sizeof *failures);
    uint32_t count = 0;
    for (uint32_t i = 0; i <= s->or_fail_count; i++) {
        struct name name = i == 0 ? s->fails : s->or_fails[i - 1];
        if (!failure_named(c, s, name, &failures[count])) continue;
        struct step before = {.fails = failures, .fails_count = count};
        if (step_fails_with(&before, failures[count].error) || step_fails_with_tls(&before, failures[count].tls))
            diag_error(c->diags, name.span, "'%.*s' stands here already", (int)name.text.len_bytes,
                       (const char *)name.text.data);
        count++;
    }
    plan_step(c, at)->fails = failures;
    plan_step(c, at)->fails_count = count;
}

// --- the step

static bool is_stream(enum family_word family) {
    return family == FAMILY_NONE || family == FAMILY_TCP || family == FAMILY_TCP6 || family == FAMILY_MPTCP ||
           family == FAMILY_UNIX || family == FAMILY_RFCOMM || family == FAMILY_VSOCK;
}

static bool is_listener(struct compiler *c, struct name on) {
    if (on.text.len_bytes == 0) return c->current.listens;
    const struct binding *binding = scope_find(c, on.text);
    return binding && binding->kind == BINDING_SOCKET && binding->made_by == VERB_LISTEN;
}

static void check_socket(struct compiler *c, const struct statement *s) {
    struct span at = s->on.text.len_bytes > 0 ? s->on.span : s->verb_span;
    enum family_word family = compile_socket_family(c, s->on);
    if (!is_stream(family)) {
        diag_error(c->diags, at, "TLS goes over a stream, and this socket is `%s`", script_family_word(family));
        diag_hint(c->diags, "TLS over datagrams, DTLS, is not built");
    } else if (is_listener(c, s->on)) {
        diag_error(c->diags, at, "this socket listens, and TLS is between two that are connected");
        diag_hint(c->diags, "accept { tls %s }", s->tls_role == TLS_SERVER ? "server" : "client");
    }
}

// mail.test, as if a name of the scenario's stood there.
static void hint_bare_name(struct compiler *c, const struct expr *expr) {
    struct slice source = span_text(expr->span);
    bool is_bare = expr->kind == EXPR_NAME || expr->kind == EXPR_MEMBER;
    if (is_bare && diag_is_news(c->diags) && !c->diags->last->hint)
        diag_hint(c->diags, "a host's name is a string: \"%.*s\"", (int)source.len_bytes, (const char *)source.data);
}

// A host's name or an address, as bytes.
static const struct term *checked_name(struct compiler *c, const struct expr *expr) {
    uint32_t errors = c->diags->told_errors;
    const struct term *term = compile_expr(c, expr);
    if (c->diags->told_errors > errors) hint_bare_name(c, expr);
    bool is_address = term->type == VALUE_ADDRESS;
    struct slice text;
    char host[ADDRESS_TEXT_BYTES];
    if (is_address && term_is_known(term) && !term->value.address_has_port)
        return term_constant(c, expr->span, value_text(c->arena, slice_text(address_host(term->value.address, host))));
    if (is_address) {
        diag_error(c->diags, expr->span, "a certificate is for a host, and this is an address with a port");
        struct slice source = span_text(expr->span);
        if (term->kind == TERM_ATTRIBUTE) diag_hint(c->diags, "%.*s.host", (int)source.len_bytes, (const char *)source.data);
    } else if (term->typed && term->type != VALUE_BYTES) {
        diag_error(c->diags, expr->span, "the name to check is bytes, and this is %s", value_kind_name(term->type));
    } else if (term_is_known(term) && bytes_flat(c->arena, term->value.bytes, &text)) {
        if (text.len_bytes == 0) diag_error(c->diags, expr->span, "an empty name: every certificate lacks it");
        else if (memchr(text.data, '\0', text.len_bytes)) diag_error(c->diags, expr->span, "no host's name has a zero byte");
    }
    return term;
}

uint32_t compile_certificate_named(struct compiler *c, struct name name) {
    const struct plan_world *world = &c->plan->world;
    for (uint32_t i = 0; i < world->certificate_count; i++)
        if (slice_is(name.text, world->certificates[i].name)) return i;
    if (c->tree->is_library || unknown_is_excused(c, name.text)) return PLAN_NONE; // it is the scenario's that uses it
    int len = (int)name.text.len_bytes;
    const char *text = (const char *)name.text.data;
    diag_error(c->diags, name.span, "the world has no certificate '%.*s'", len, text);
    if (!diag_is_news(c->diags)) return PLAN_NONE;
    struct nearest nearest = {.name = name.text};
    for (uint32_t i = 0; i < world->certificate_count; i++) nearest_offer(&nearest, world->certificates[i].name);
    if (nearest.best) diag_suggest(c->diags, nearest.best);
    else diag_hint(c->diags, "world { certificate %.*s { } }", len, text);
    return PLAN_NONE;
}

static const struct term *compile_protocol(struct compiler *c, const struct expr *expr) {
    uint32_t errors = c->diags->told_errors;
    const struct term *term = compile_bytes(c, expr);
    struct slice name = expr->name.text;
    if (expr->kind == EXPR_NAME && c->diags->told_errors > errors && diag_is_news(c->diags) && !c->diags->last->hint)
        diag_hint(c->diags, "a protocol's name is a string: \"%.*s\"", (int)name.len_bytes, (const char *)name.data);
    if (expr->kind == EXPR_LIST && c->diags->told_errors > errors) diag_hint(c->diags, "alpn \"h2\", \"http/1.1\"");
    return term;
}

// RFC 7301, section 3.1: a protocol's name has 1 to 255 bytes.
static void check_protocol(struct compiler *c, const struct term **protocols, uint32_t index) {
    struct slice text, before;
    const struct term *term = protocols[index];
    if (!term_is_known(term) || !bytes_flat(c->arena, term->value.bytes, &text)) return;
    if (text.len_bytes == 0 || text.len_bytes > 255)
        diag_error(c->diags, term->span, "a protocol's name has 1 to 255 bytes, and this one %zu", text.len_bytes);
    for (uint32_t i = 0; i < index; i++) {
        if (!term_is_known(protocols[i]) || !bytes_flat(c->arena, protocols[i]->value.bytes, &before)) continue;
        if (!slice_equal(text, before)) continue;
        diag_error(c->diags, term->span, "this protocol stands here a second time");
        return;
    }
}

static const struct term *checked_version(struct compiler *c, const struct expr *expr) {
    static const char *const versions[] = {"TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"};
    const struct term *term = compile_expr(c, expr);
    bool is_bytes = !term->typed || term->type == VALUE_BYTES;
    struct slice text = {0};
    if (is_bytes && (!term_is_known(term) || !bytes_flat(c->arena, term->value.bytes, &text))) return term;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (slice_is(text, versions[i])) return term;
    diag_error(c->diags, expr->span, "no such version of TLS");
    diag_hint(c->diags, "\"TLSv1.3\", \"TLSv1.2\", \"TLSv1.1\" or \"TLSv1\"");
    return term;
}

static const struct term *checked_ciphers(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_bytes(c, expr);
    if (term_is_known(term) && term->value.bytes->len_bytes == 0) {
        diag_error(c->diags, expr->span, "no ciphers at all");
        diag_hint(c->diags, "a list as ciphers(1) has it: \"ECDHE-ECDSA-AES128-GCM-SHA256\"");
    }
    return term;
}

void compile_tls(struct compiler *c, const struct statement *s, uint32_t at) {
    c->plan->has_tls = true;
    if (!c->on_stdio) check_socket(c, s);
    if (s->operand && s->tls_role == TLS_SERVER) {
        diag_error(c->diags, s->operand->span, "a server checks no name: a client's certificate is for whom it says");
        diag_hint(c->diags, "expect tls.peer_name == ...");
    }
    const struct term *name = s->operand ? checked_name(c, s->operand) : NULL;
    uint32_t certificate = s->with_count > 0 ? compile_certificate_named(c, s->with[0]) : PLAN_NONE;
    const struct term **protocols = arena_array(c->arena, s->list_count, sizeof *protocols);
    for (uint32_t i = 0; i < s->list_count; i++) {
        protocols[i] = compile_protocol(c, s->list[i]);
        check_protocol(c, protocols, i);
    }
    const struct term *version = s->tls_version ? checked_version(c, s->tls_version) : NULL;
    const struct term *ciphers = s->tls_ciphers ? checked_ciphers(c, s->tls_ciphers) : NULL;
    struct step *step = plan_step(c, at);
    step->tls_role = s->tls_role;
    step->tls_verify = s->tls_verify;
    step->operand = name;
    step->certificate = certificate;
    step->list = protocols;
    step->list_count = s->list_count;
    step->tls_version = version;
    step->tls_ciphers = ciphers;
}

// --- attributes

static const char TLS_ATTRIBUTES[] = "tls.version, tls.cipher, tls.alpn, tls.peer_name";

static bool gives_tls(const struct compiler *c, uint32_t actor) {
    return table_number(&c->drafts[actor].given_numbers, slice_text("tls")) != TABLE_NONE;
}

// Whether what stands before `.tls` has a socket: an actor, a socket, or nothing at all. Else it is a value like others.
static bool owns_tls(struct compiler *c, const struct expr *owner) {
    const struct expr *index;
    if (!owner) return !scope_find(c, slice_text("tls")) && scope_actor(c, slice_text("tls")) == PLAN_NONE;
    uint32_t actor = compile_actor_name(c, owner, &index);
    if (actor != PLAN_NONE) return !gives_tls(c, actor);
    if (owner->kind != EXPR_NAME) return false;
    const struct binding *binding = scope_find(c, owner->name.text);
    return binding ? binding->kind == BINDING_SOCKET : compile_stdio_slot(c, owner->name.text) != SLOT_CURRENT;
}

static bool is_attribute(struct compiler *c, const struct name *name, const char *word) {
    bool of_socket;
    const char *offer;
    for (uint32_t i = 0; (offer = attribute_offer(i, &of_socket)); i++)
        if (strcmp(offer, word) == 0) return true;
    diag_error(c->diags, name->span, "`tls` has no '%.*s'", (int)name->text.len_bytes, (const char *)name->text.data);
    if (!diag_is_news(c->diags)) return false;
    struct nearest nearest = {.name = slice_text(word)};
    for (uint32_t i = 0; (offer = attribute_offer(i, &of_socket)); i++)
        if (strncmp(offer, "tls.", 4) == 0) nearest_offer(&nearest, offer);
    if (nearest.best) diag_suggest(c->diags, nearest.best);
    else diag_hint(c->diags, "%s", TLS_ATTRIBUTES);
    return false;
}

const struct term *compile_tls_member(struct compiler *c, const struct expr *expr) {
    const struct expr *tls = expr->left;
    bool is_tls = (tls->kind == EXPR_NAME || tls->kind == EXPR_MEMBER) && slice_is(tls->name.text, "tls");
    if (!is_tls || !owns_tls(c, tls->kind == EXPR_MEMBER ? tls->left : NULL)) return NULL;
    const char *word = arena_text(c->arena, "tls.%.*s", (int)expr->name.text.len_bytes, (const char *)expr->name.text.data);
    if (!is_attribute(c, &expr->name, word)) return term_wrong(c, expr->span);
    struct expr *whole = arena_copy(c->arena, expr, sizeof *expr);
    whole->kind = tls->kind;
    whole->left = tls->kind == EXPR_MEMBER ? tls->left : NULL;
    whole->name = (struct name){slice_text(word), span_join(tls->name.span, expr->name.span)};
    return compile_expr(c, whole);
}

bool compile_tls_alone(struct compiler *c, struct name name) {
    if (!slice_is(name.text, "tls")) return false;
    diag_error(c->diags, name.span, "`tls` alone has no value");
    diag_hint(c->diags, "%s", TLS_ATTRIBUTES);
    return true;
}
