// Certificates: made for a run, or read from PEM.
#include "authority.h"
#include "net/tls.h"

#include "base/address.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

// A certificate that has expired was good for a day at the least.
static const int64_t DAY_S = 24 * 3600, LASTS_S = 5 * 365 * 24 * 3600LL;
enum { SUBJECT_BYTES_MAX = 64 }; // RFC 5280, ub-common-name

// --- signing

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value) {
    X509_EXTENSION *const extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool const ok = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

// Whether subjectAltName has room for it: a person's name stands in the subject alone.
static bool is_alternative(const char *name) {
    bool good = name[0] != '\0';
    for (const char *at = name; *at && good; at++) good = *at > ' ' && *at < 0x7f;
    return good;
}

static GENERAL_NAME *name_of(const char *text) {
    int const kind = strchr(text, '@') ? GEN_EMAIL : GEN_DNS;
    uint8_t address[sizeof(struct in6_addr)];
    int const address_bytes = inet_pton(AF_INET, text, address) == 1 ? 4 : inet_pton(AF_INET6, text, address) == 1 ? 16 : 0;
    GENERAL_NAME *const name = GENERAL_NAME_new();
    ASN1_STRING *const value = ASN1_STRING_type_new(address_bytes ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    bool const ok = name && value && ASN1_STRING_set(value, address_bytes ? (const void *)address : text,
                                                     address_bytes ? address_bytes : (int)strlen(text));
    if (ok) {
        GENERAL_NAME_set0_value(name, address_bytes ? GEN_IPADD : kind, value);
        return name;
    }
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return NULL;
}

static bool add_names(X509 *certificate, const struct certificate_form *form) {
    uint32_t named = 0;
    for (uint32_t i = 0; i < form->name_count; i++) named += is_alternative(form->names[i]);
    if (named == 0) return true;
    GENERAL_NAMES *const names = sk_GENERAL_NAME_new_null();
    bool ok = names != NULL;
    for (uint32_t i = 0; i < form->name_count && ok; i++) {
        if (!is_alternative(form->names[i])) continue;
        GENERAL_NAME *const name = name_of(form->names[i]);
        ok = name && sk_GENERAL_NAME_push(names, name) > 0;
        if (!ok) GENERAL_NAME_free(name);
    }
    ok = ok && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return ok;
}

// Numbers that nobody else's certificates have: RFC 5280, section 4.1.2.2.
static bool set_serial(X509 *certificate) {
    enum { SERIAL_BITS = 127 };
    BIGNUM *const number = BN_new();
    bool const ok = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return ok;
}

static bool fill(X509 *certificate, const struct certificate_form *form) {
    X509 *const issuer = form->issuer ? form->issuer : certificate;
    X509_NAME *const subject = X509_get_subject_name(certificate);
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), form->from_s) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), form->until_s) &&
           X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const uint8_t *)form->subject, -1, -1, 0) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) && X509_set_pubkey(certificate, form->key) &&
           add_extension(certificate, &context, NID_basic_constraints,
                         form->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
           add_extension(certificate, &context, NID_key_usage, form->usage) &&
           (!form->purpose || add_extension(certificate, &context, NID_ext_key_usage, form->purpose)) &&
           add_extension(certificate, &context, NID_subject_key_identifier, "hash") &&
           (!form->issuer || add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always")) &&
           add_names(certificate, form);
}

// OpenSSL works out what the extensions mean when it is first asked: here, and not in several threads at once.
static bool settled(X509 *certificate) { return X509_check_purpose(certificate, -1, 0) == 1; }

X509 *certificate_sign(const struct certificate_form *form, struct buffer *trouble) {
    X509 *const certificate = X509_new();
    if (certificate && fill(certificate, form) && X509_sign(certificate, form->issuer_key, EVP_sha256()) && settled(certificate))
        return certificate;
    openssl_trouble(trouble, "make a certificate");
    X509_free(certificate);
    return NULL;
}

// --- leaves

// A client may be anybody who fits into a subject; a DNS name is ASCII. What OpenSSL would not take is told before.
static bool is_good(const struct certificate_spec *spec, const char *name) {
    if (is_alternative(name)) return true;
    size_t const len = strlen(name);
    bool good = spec->is_client && len > 0 && len <= SUBJECT_BYTES_MAX;
    for (const char *at = name; *at && good; at++) good = (unsigned char)*at >= ' ' && *at != 0x7f;
    return good;
}

static bool names_are_good(const struct certificate_spec *spec, struct buffer *trouble) {
    for (uint32_t i = 0; i < spec->name_count; i++) {
        const char *const name = spec->names[i];
        if (is_good(spec, name)) continue;
        buffer_printf(trouble, "a certificate's name is %sa host or an address, in printable ASCII: \"",
                      spec->is_client ? "a client's name of 64 bytes at the most, or " : "");
        buffer_escaped(trouble, slice_text(name), SUBJECT_BYTES_MAX);
        buffer_text(trouble, "\" is none");
        return false;
    }
    if (spec->name_count == 0) buffer_text(trouble, "a certificate has one name at the least");
    return spec->name_count > 0;
}

static X509 *sign_leaf(struct authority *authority, const struct certificate_spec *spec, EVP_PKEY *key, struct buffer *trouble) {
    int64_t const until_s = spec->expires ? spec->lifetime_s : LASTS_S;
    struct certificate_form form = {
        .key = key,
        .issuer = authority->certificate,
        .issuer_key = authority->key,
        .subject = strlen(spec->names[0]) <= SUBJECT_BYTES_MAX ? spec->names[0] : "sockdrill",
        // RSA keys encrypt too where the key exchange is theirs: RFC 5246, section 7.4.2.
        .usage = EVP_PKEY_is_a(key, "RSA") ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature",
        .purpose = spec->is_client ? "clientAuth" : "serverAuth",
        .names = spec->names,
        .name_count = spec->name_count,
        .from_s = until_s < 0 ? until_s - DAY_S : -DAY_S,
        .until_s = until_s,
    };
    if (spec->is_self_signed) {
        form.issuer = NULL;
        form.issuer_key = key;
    }
    return certificate_sign(&form, trouble);
}

struct certificate *certificate_make(struct authority *authority, const struct certificate_spec *spec, struct buffer *trouble) {
    if (!names_are_good(spec, trouble) || !authority_need(authority, trouble)) return NULL;
    struct certificate *const certificate = memory_need(calloc(1, sizeof *certificate));
    bool ok = (certificate->key = EVP_EC_gen("P-256")) != NULL;
    if (!ok) openssl_trouble(trouble, "make a key");
    ok = ok && (certificate->leaf = sign_leaf(authority, spec, certificate->key, trouble)) != NULL;
    if (ok && spec->has_rsa) {
        EVP_PKEY *const key = authority_rsa_key(authority, trouble);
        if (key && EVP_PKEY_up_ref(key)) certificate->rsa_key = key;
        ok = certificate->rsa_key && (certificate->rsa_leaf = sign_leaf(authority, spec, key, trouble)) != NULL;
    }
    if (ok && !spec->is_self_signed && X509_up_ref(authority->certificate)) certificate->authority = authority->certificate;
    if (ok) return certificate;
    certificate_free(certificate);
    return NULL;
}

void certificate_free(struct certificate *certificate) {
    if (!certificate) return;
    X509_free(certificate->leaf);
    X509_free(certificate->rsa_leaf);
    X509_free(certificate->authority);
    EVP_PKEY_free(certificate->key);
    EVP_PKEY_free(certificate->rsa_key);
    sk_X509_pop_free(certificate->chain, X509_free);
    free(certificate);
}

// --- PEM

// No terminal is ever asked for a pass phrase.
static int no_phrase(char *phrase, int room, int is_for_writing, void *context) {
    (void)phrase, (void)room, (void)is_for_writing, (void)context;
    return -1;
}

static bool read_chain(struct certificate *certificate, struct slice pem) {
    BIO *const from = BIO_new_mem_buf(pem.data, (int)pem.len_bytes);
    X509 *link;
    if (from) certificate->leaf = PEM_read_bio_X509(from, NULL, no_phrase, NULL);
    certificate->chain = sk_X509_new_null();
    while (certificate->leaf && certificate->chain && (link = PEM_read_bio_X509(from, NULL, no_phrase, NULL)))
        if (sk_X509_push(certificate->chain, link) <= 0) X509_free(link);
    BIO_free(from);
    if (certificate->leaf) {
        settled(certificate->leaf); // else a peer will find it wanting
        ERR_clear_error();          // that there are no more
    }
    return certificate->leaf && certificate->chain;
}

struct certificate *certificate_read(struct slice pem, struct slice key, struct buffer *trouble) {
    if (pem.len_bytes > INT32_MAX || key.len_bytes > INT32_MAX) {
        buffer_text(trouble, "a PEM file of more than 2 GiB");
        return NULL;
    }
    if (tls_lacks(trouble)) return NULL;
    struct certificate *const certificate = memory_need(calloc(1, sizeof *certificate));
    BIO *const from = BIO_new_mem_buf(key.data, (int)key.len_bytes);
    const char *what = NULL;
    if (!read_chain(certificate, pem)) what = "read a certificate from this PEM";
    else if (!from || !(certificate->key = PEM_read_bio_PrivateKey(from, NULL, no_phrase, NULL))) what = "read a key from this PEM";
    else if (!X509_check_private_key(certificate->leaf, certificate->key)) what = "use this key with this certificate";
    BIO_free(from);
    if (!what) return certificate;
    openssl_trouble(trouble, what);
    certificate_free(certificate);
    return NULL;
}

static void add_contents(BIO *from, struct buffer *pem) {
    char *data = NULL;
    long const len_bytes = BIO_get_mem_data(from, &data);
    if (len_bytes > 0) buffer_add(pem, data, (size_t)len_bytes);
    BIO_free(from);
}

void certificate_pem(const struct certificate *certificate, struct buffer *pem) {
    BIO *const into = memory_need(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(into, certificate->leaf);
    for (int i = 0; i < sk_X509_num(certificate->chain); i++) PEM_write_bio_X509(into, sk_X509_value(certificate->chain, i));
    if (certificate->authority) PEM_write_bio_X509(into, certificate->authority);
    add_contents(into, pem);
}

void certificate_key_pem(const struct certificate *certificate, struct buffer *pem) {
    BIO *const into = memory_need(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(into, certificate->key, NULL, NULL, 0, NULL, NULL);
    add_contents(into, pem);
}
