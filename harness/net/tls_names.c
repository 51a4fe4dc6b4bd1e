// Whom a peer's certificate is of.
#include "tls_parts.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(const ASN1_STRING *string) {
    return strndup((const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

// malloc'ed; NULL: it names no host.
static char *host_of(const GENERAL_NAME *name) {
    char text[INET6_ADDRSTRLEN];
    if (name->type == GEN_DNS) return text_of(name->d.dNSName);
    if (name->type != GEN_IPADD) return NULL;
    const ASN1_STRING *const address = name->d.iPAddress;
    int const family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
    if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return NULL;
    return strdup(inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text));
}

static char *first_name(const GENERAL_NAMES *names) {
    char *name = NULL;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !name; i++) name = host_of(sk_GENERAL_NAME_value(names, i));
    return name;
}

static char *subject_name(X509 *certificate) {
    X509_NAME *const subject = X509_get_subject_name(certificate);
    int const at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    uint8_t *text = NULL;
    int const len = at < 0 ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    char *const name = len < 0 ? NULL : strndup((const char *)text, (size_t)len);
    OPENSSL_free(text);
    return name;
}

// OpenSSL writes an IPv6 address without "::".
static char *address_of(const char *text) {
    uint8_t address[sizeof(struct in6_addr)];
    char shorter[INET6_ADDRSTRLEN];
    bool const is_six = inet_pton(AF_INET6, text, address) == 1;
    return strdup(is_six ? inet_ntop(AF_INET6, address, shorter, sizeof shorter) : text);
}

char *tls_peer_name_of(SSL *ssl) {
    const char *const checked = SSL_get0_peername(ssl);
    if (checked) return memory_need(strdup(checked));
    X509 *const certificate = SSL_get0_peer_certificate(ssl);
    if (!certificate) return memory_need(strdup(""));
    char *const address = X509_VERIFY_PARAM_get1_ip_asc(SSL_get0_param(ssl));
    GENERAL_NAMES *const names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    char *name = address ? address_of(address) : first_name(names);
    if (!name) name = subject_name(certificate);
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    OPENSSL_free(address);
    return name ? name : memory_need(strdup(""));
}

// --- names that are not the one that was asked for

static void add_name(struct buffer *text, const GENERAL_NAME *name) {
    enum { NAME_BYTES_SHOWN = 80 };
    char *const host = host_of(name);
    if (!host) return;
    if (text->len_bytes > 0) buffer_text(text, ", ");
    buffer_escaped(text, slice_text(host), NAME_BYTES_SHOWN);
    free(host);
}

int tls_note_wrong_names(int is_good, X509_STORE_CTX *store) {
    enum { NAMES_SHOWN = 4 };
    int const error = X509_STORE_CTX_get_error(store);
    const SSL *const ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    if (is_good || (error != X509_V_ERR_HOSTNAME_MISMATCH && error != X509_V_ERR_IP_ADDRESS_MISMATCH)) return is_good;
    struct tls *const tls = SSL_get_app_data(ssl);
    struct buffer text = {0};
    GENERAL_NAMES *const names = X509_get_ext_d2i(X509_STORE_CTX_get0_cert(store), NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && i < NAMES_SHOWN; i++) add_name(&text, sk_GENERAL_NAME_value(names, i));
    if (sk_GENERAL_NAME_num(names) > NAMES_SHOWN) buffer_text(&text, ", ...");
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    free(tls->wrong_names);
    tls->wrong_names = text.data;
    return is_good;
}
