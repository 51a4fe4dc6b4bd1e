// The authority of a run, and what all TLS sessions share.
#include "authority.h"
#include "tls_parts.h"

#include "base/memory.h"

#include <stdlib.h>

// Longer than any run; and a certificate that `expires` in years still has an authority.
static const int64_t BEGINS_S = -24 * 3600LL, LASTS_S = 20 * 365 * 24 * 3600LL;

void openssl_trouble(struct buffer *trouble, const char *what) {
    const char *const reason = ERR_reason_error_string(ERR_get_error());
    buffer_printf(trouble, "OpenSSL cannot %s: %s", what, reason ? reason : "it does not say why");
    ERR_clear_error();
}

struct authority *authority_new(void) {
    struct authority *const authority = memory_need(calloc(1, sizeof *authority));
    pthread_mutex_init(&authority->lock, NULL);
    return authority;
}

void authority_free(struct authority *authority) {
    if (!authority) return;
    if (authority->key) { // OpenSSL is there
        SSL_CTX_free(authority->context);
        BIO_meth_free(authority->stream_method);
        X509_free(authority->certificate);
        EVP_PKEY_free(authority->key);
        EVP_PKEY_free(authority->rsa_key);
    }
    pthread_mutex_destroy(&authority->lock);
    free(authority);
}

static bool make(struct authority *authority, struct buffer *trouble) {
    if (tls_lacks(trouble)) return false;
    if (!authority->key) authority->key = EVP_EC_gen("P-256");
    if (!authority->key) {
        openssl_trouble(trouble, "make a key");
        return false;
    }
    struct certificate_form const form = {.key = authority->key, .issuer_key = authority->key, .is_authority = true,
                                          .subject = "sockdrill's authority of one run", .usage = "critical,keyCertSign,cRLSign",
                                          .from_s = BEGINS_S, .until_s = LASTS_S};
    if (!authority->certificate) authority->certificate = certificate_sign(&form, trouble);
    return authority->certificate && tls_share(authority, trouble);
}

bool authority_need(struct authority *authority, struct buffer *trouble) {
    pthread_mutex_lock(&authority->lock);
    if (!authority->is_made) authority->is_made = make(authority, trouble);
    bool const is_made = authority->is_made;
    pthread_mutex_unlock(&authority->lock);
    return is_made;
}

EVP_PKEY *authority_rsa_key(struct authority *authority, struct buffer *trouble) {
    enum { RSA_BITS = 2048 };
    pthread_mutex_lock(&authority->lock);
    if (!authority->rsa_key) authority->rsa_key = EVP_RSA_gen(RSA_BITS);
    EVP_PKEY *const key = authority->rsa_key;
    pthread_mutex_unlock(&authority->lock);
    if (!key) openssl_trouble(trouble, "make an RSA key");
    return key;
}

bool authority_pem(struct authority *authority, struct buffer *pem, struct buffer *trouble) {
    if (!authority_need(authority, trouble)) return false;
    struct certificate const own = {.leaf = authority->certificate};
    certificate_pem(&own, pem);
    return true;
}
