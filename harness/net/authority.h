// What an authority is inside, and how certificates are made and put into a session. Private to the room.
#ifndef SOCKDRILL_NET_AUTHORITY_H
#define SOCKDRILL_NET_AUTHORITY_H

#include "loaded/crypto.h"
#include "loaded/ssl.h"
#include "net/certificate.h"

#include <pthread.h>

struct authority {
    pthread_mutex_t lock; // until it is made
    bool is_made;
    EVP_PKEY *key, *rsa_key; // the second is of leaves, and made when first needed
    X509 *certificate;
    BIO_METHOD *stream_method; // tls_stream.c
    SSL_CTX *context;
};

// A certificate as certificate_sign makes it.
struct certificate_form {
    EVP_PKEY *key;
    X509 *issuer;         // NULL: it signs itself
    EVP_PKEY *issuer_key;
    const char *subject;
    const char *usage;    // as x509v3_config(5) has keyUsage
    const char *purpose;  // extendedKeyUsage, or NULL
    const char *const *names;
    uint32_t name_count;
    int64_t from_s, until_s; // from now
    bool is_authority;
};

struct certificate {
    X509 *leaf, *rsa_leaf; // the second may be NULL
    EVP_PKEY *key, *rsa_key;
    STACK_OF(X509) *chain; // between it and whom the peer knows, of one that was read
    X509 *authority;       // which signed it; NULL: none of ours
};

// Makes the authority unless it is made.
bool authority_need(struct authority *authority, struct buffer *trouble);
// Its leaves' RSA key, or NULL.
EVP_PKEY *authority_rsa_key(struct authority *authority, struct buffer *trouble);
X509 *certificate_sign(const struct certificate_form *form, struct buffer *trouble);
// "OpenSSL cannot DO: REASON", with the oldest of the thread's errors, which are then forgotten.
void openssl_trouble(struct buffer *trouble, const char *what);

#endif
