// What a session is asked for: versions, ciphers, protocols, whose certificate must be good and for whom.
#include "tls_parts.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

// --- for all sessions

static int select_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len, const uint8_t *offered, unsigned offered_len, void *unused) {
    (void)unused;
    const struct tls *const tls = SSL_get_app_data(ssl);
    if (tls->alpn.len_bytes == 0) return SSL_TLSEXT_ERR_NOACK;
    int const found = SSL_select_next_proto((uint8_t **)out, out_len, (const uint8_t *)tls->alpn.data,
                                            (unsigned)tls->alpn.len_bytes, offered, offered_len);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL; // RFC 7301, section 3.2
}

static void note_key(const SSL *ssl, const char *line) {
    const struct tls *const tls = SSL_get_app_data(ssl);
    if (tls->note_key) tls->note_key(tls->context, line);
}

// What openssl.cnf(5) of the machine says is overruled: a scenario means the same everywhere. Level 2 is Debian's own.
static bool settle_defaults(SSL_CTX *context) {
    enum { SECURITY_LEVEL = 2 };
    static const uint8_t SESSIONS[] = "sockdrill";
    SSL_CTX_clear_options(context, ~(uint64_t)0);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS |
                                  SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_security_level(context, SECURITY_LEVEL);
    SSL_CTX_set_dh_auto(context, 1);
    SSL_CTX_set_alpn_select_cb(context, select_alpn, NULL);
    SSL_CTX_set_keylog_callback(context, note_key);
    return SSL_CTX_set_num_tickets(context, 0) && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) &&
           SSL_CTX_set_cipher_list(context, OSSL_default_cipher_list()) &&
           SSL_CTX_set_ciphersuites(context, OSSL_default_ciphersuites()) &&
           SSL_CTX_set_session_id_context(context, SESSIONS, sizeof SESSIONS - 1);
}

bool tls_share(struct authority *authority, struct buffer *trouble) {
    authority->stream_method = tls_stream_method();
    authority->context = SSL_CTX_new(TLS_method());
    if (authority->stream_method && authority->context && settle_defaults(authority->context) &&
        X509_STORE_add_cert(SSL_CTX_get_cert_store(authority->context), authority->certificate) &&
        SSL_CTX_add_client_CA(authority->context, authority->certificate))
        return true;
    openssl_trouble(trouble, "begin TLS");
    return false;
}

// --- versions

// Immutable.
static const struct {
    const char *name;
    int number;
} VERSIONS[] = {
    {"TLSv1.3", TLS1_3_VERSION}, {"TLSv1.2", TLS1_2_VERSION}, {"TLSv1.1", TLS1_1_VERSION}, {"TLSv1", TLS1_VERSION},
    {"TLSv1.0", TLS1_VERSION},
};

// What OpenSSL refuses by itself, for its weakness, is had by asking for it.
static void allow_weak(struct tls *tls) { SSL_set_security_level(tls->ssl, 0); }

static bool settle_version(struct tls *tls, const char *version, struct buffer *trouble) {
    for (size_t i = 0; i < sizeof VERSIONS / sizeof *VERSIONS; i++) {
        if (strcmp(version, VERSIONS[i].name) != 0) continue;
        if (VERSIONS[i].number < TLS1_2_VERSION) allow_weak(tls);
        if (SSL_set_min_proto_version(tls->ssl, VERSIONS[i].number) && SSL_set_max_proto_version(tls->ssl, VERSIONS[i].number))
            return true;
        buffer_printf(trouble, "this OpenSSL has no %s", version);
        return false;
    }
    buffer_text(trouble, "\"");
    buffer_escaped(trouble, slice_text(version), 40);
    buffer_text(trouble, "\" is no version of TLS: those are TLSv1.3, TLSv1.2, TLSv1.1 and TLSv1");
    return false;
}

// --- ciphers

// One option for what OpenSSL keeps apart.
struct cipher_lists {
    struct buffer older, suites; // up to TLS 1.2, and of TLS 1.3
};

static const char SEPARATORS[] = ": ,;";

static void sort_ciphers(const char *list, struct cipher_lists *lists) {
    for (const char *word = list + strspn(list, SEPARATORS); *word; word += strspn(word, SEPARATORS)) {
        size_t const len = strcspn(word, SEPARATORS);
        struct buffer *const into = strncmp(word, "TLS_", 4) == 0 ? &lists->suites : &lists->older;
        if (into->len_bytes > 0) buffer_text(into, ":");
        buffer_add(into, word, len);
        word += len;
    }
}

// OpenSSL passes over a name that it does not know, as long as it knows one of them.
static bool are_known(struct tls *tls, const char *list, struct buffer *trouble) {
    char *const words = memory_need(strdup(list));
    char *rest = NULL;
    bool known = true;
    for (char *word = strtok_r(words, ":", &rest); word && known; word = strtok_r(NULL, ":", &rest)) {
        if (strchr("!-+@", word[0])) continue;
        known = SSL_set_cipher_list(tls->ssl, word);
        if (!known) {
            buffer_text(trouble, "OpenSSL has no cipher of the name \"");
            buffer_escaped(trouble, slice_text(word), 80);
            buffer_text(trouble, "\"");
        }
    }
    ERR_clear_error();
    free(words);
    return known;
}

// Where the list has ciphers of one kind only, and no version is given, versions of the other kind are out: no cipher that the
// list does not have is ever agreed on.
static bool settle_ciphers(struct tls *tls, const char *list, const char *version, struct buffer *trouble) {
    struct cipher_lists lists = {0};
    sort_ciphers(list, &lists);
    bool const has_older = lists.older.len_bytes > 0, has_suites = lists.suites.len_bytes > 0;
    bool ok = has_older || has_suites;
    allow_weak(tls);
    if (!ok) buffer_text(trouble, "the list of ciphers is empty");
    bool const is_suites_version = version && strcmp(version, "TLSv1.3") == 0;
    if (ok && version && !(is_suites_version ? has_suites : has_older)) {
        buffer_printf(trouble, "none of these ciphers is of %s", version);
        ok = false;
    }
    if (ok && has_suites && !SSL_set_ciphersuites(tls->ssl, lists.suites.data)) {
        buffer_printf(trouble, "OpenSSL does not have all of these suites of TLS 1.3: %s", lists.suites.data);
        ok = false;
    }
    if (ok && has_older) ok = are_known(tls, lists.older.data, trouble);
    if (ok && has_older && !SSL_set_cipher_list(tls->ssl, lists.older.data)) {
        buffer_printf(trouble, "this list leaves no cipher: %s", lists.older.data);
        ok = false;
    }
    if (ok && !version && !has_suites) ok = SSL_set_max_proto_version(tls->ssl, TLS1_2_VERSION);
    if (ok && !version && !has_older) ok = SSL_set_min_proto_version(tls->ssl, TLS1_3_VERSION);
    ERR_clear_error();
    buffer_fini(&lists.older);
    buffer_fini(&lists.suites);
    return ok;
}

// --- protocols

static bool settle_alpn(struct tls *tls, const struct tls_options *options, struct buffer *trouble) {
    enum { PROTOCOL_BYTES_MAX = 255 };
    for (uint32_t i = 0; i < options->alpn_count; i++) {
        struct slice const protocol = options->alpn[i];
        if (protocol.len_bytes == 0 || protocol.len_bytes > PROTOCOL_BYTES_MAX) {
            buffer_printf(trouble, "an ALPN protocol has 1 to 255 bytes, and this one %zu", protocol.len_bytes);
            return false;
        }
        uint8_t const len = (uint8_t)protocol.len_bytes;
        buffer_add(&tls->alpn, &len, 1);
        buffer_slice(&tls->alpn, protocol);
    }
    if (tls->alpn.len_bytes == 0 || options->role == TLS_SERVER) return true;
    bool const ok = tls->alpn.len_bytes <= UINT16_MAX &&
                    SSL_set_alpn_protos(tls->ssl, (const uint8_t *)tls->alpn.data, (unsigned)tls->alpn.len_bytes) == 0;
    if (!ok) buffer_text(trouble, "more ALPN protocols than there is room for");
    return ok;
}

// --- certificates

static bool show(struct tls *tls, const struct certificate *certificate, struct buffer *trouble) {
    if (!certificate) return true;
    bool const ok = SSL_use_cert_and_key(tls->ssl, certificate->leaf, certificate->key, certificate->chain, 1) == 1 &&
                    (!certificate->rsa_leaf ||
                     SSL_use_cert_and_key(tls->ssl, certificate->rsa_leaf, certificate->rsa_key, NULL, 1) == 1);
    if (!ok) openssl_trouble(trouble, "use this certificate");
    return ok;
}

static bool is_address(const char *name) {
    uint8_t address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

// A server is asked for by its name (RFC 6066, section 3), which an address is not.
static bool settle_name(struct tls *tls, const char *name, bool is_checked, struct buffer *trouble) {
    bool ok = name[0] != '\0';
    if (ok && is_address(name)) {
        if (is_checked) ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), name);
    } else if (ok) {
        SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        ok = (!is_checked || SSL_set1_host(tls->ssl, name)) && SSL_set_tlsext_host_name(tls->ssl, name);
    }
    if (ok) return true;
    ERR_clear_error();
    buffer_text(trouble, "\"");
    buffer_escaped(trouble, slice_text(name), 80);
    buffer_text(trouble, "\" cannot be the name of a server");
    return false;
}

static void settle_verify(struct tls *tls, const struct tls_options *options) {
    int mode = options->verify == TLS_VERIFY_OFF ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    if (options->verify == TLS_VERIFY_REQUIRED) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_set_verify(tls->ssl, mode, tls_note_wrong_names);
}

bool tls_settle(struct tls *tls, struct authority *authority, const struct tls_options *options, struct buffer *trouble) {
    BIO *const stream = BIO_new(authority->stream_method);
    if (!stream) {
        openssl_trouble(trouble, "begin TLS");
        return false;
    }
    BIO_set_data(stream, tls);
    BIO_set_init(stream, 1);
    SSL_set_bio(tls->ssl, stream, stream);
    SSL_set_app_data(tls->ssl, tls);
    if (options->role == TLS_SERVER) SSL_set_accept_state(tls->ssl);
    else SSL_set_connect_state(tls->ssl);
    settle_verify(tls, options);
    bool ok = true;
    if (options->role == TLS_CLIENT && options->name)
        ok = settle_name(tls, options->name, options->verify != TLS_VERIFY_OFF, trouble);
    ok = ok && settle_alpn(tls, options, trouble);
    if (ok && options->version) ok = settle_version(tls, options->version, trouble);
    if (ok && options->ciphers) ok = settle_ciphers(tls, options->ciphers, options->version, trouble);
    return ok && show(tls, options->certificate, trouble);
}
