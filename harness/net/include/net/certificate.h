// The authority of a run and the certificates that it signs: X.509 (RFC 5280) with P-256 keys, made by OpenSSL.
//
// Where a call can fail, it answers NULL or false and says why in `trouble`, one line without a full stop.
#ifndef SOCKDRILL_NET_CERTIFICATE_H
#define SOCKDRILL_NET_CERTIFICATE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

// Guards itself: any thread may use it. Its key and certificate, and what all TLS sessions share, are made when first needed.
struct authority;

struct authority *authority_new(void);
// Behind every session and certificate that it was given to.
void authority_free(struct authority *authority);
// Its certificate, PEM.
bool authority_pem(struct authority *authority, struct buffer *pem, struct buffer *trouble);

struct certificate_spec {
    const char *const *names; // hosts and addresses, as subjectAltName has them; the first is the subject's too. A client's may
                              // be anybody's, in UTF-8 and up to 64 bytes, and then stand in the subject alone
    uint32_t name_count;      // one at the least
    bool expires;             // else later than any run ends
    int64_t lifetime_s;       // where it expires: from now, behind us where it is negative
    bool is_client;           // it is for clients (clientAuth); else for servers
    bool is_self_signed;      // by its own key, and no authority
    bool has_rsa;             // beside it another, with an RSA key: for ciphers of TLS 1.2 that are for no other
};

// One with its key, and the chain that it needs. Immutable: any thread may use it.
struct certificate;

struct certificate *certificate_make(struct authority *authority, const struct certificate_spec *spec, struct buffer *trouble);
// From PEM: the certificate, behind it those that signed it, and its key.
struct certificate *certificate_read(struct slice pem, struct slice key, struct buffer *trouble);
void certificate_free(struct certificate *certificate);

// PEM: the certificate and its chain; with the authority's at the end where that signed it.
void certificate_pem(const struct certificate *certificate, struct buffer *pem);
void certificate_key_pem(const struct certificate *certificate, struct buffer *pem);

#endif
