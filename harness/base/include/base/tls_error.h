// How TLS fails, by OpenSSL's names without their prefixes: its reasons (SSL_R_NO_SHARED_CIPHER), what it finds wrong with a
// certificate (X509_V_ERR_CERT_HAS_EXPIRED), and the peer's alerts (RFC 8446, section 6, as ALERT_BAD_CERTIFICATE).
#ifndef SOCKDRILL_BASE_TLS_ERROR_H
#define SOCKDRILL_BASE_TLS_ERROR_H

#include "base/slice.h"

enum tls_error {
    TLS_ERROR_NONE,
#define TLS_ERROR(id, kind, number) TLS_ERROR_##id,
#include "base/tls_error.def"
    TLS_ERROR_COUNT
};

enum tls_error_kind { TLS_REASON, TLS_CERTIFICATE, TLS_ALERT };

enum tls_error tls_error_of(struct slice name);     // TLS_ERROR_NONE: unknown
const char *tls_error_name(enum tls_error error);   // "NO_SHARED_CIPHER"; NULL for TLS_ERROR_NONE
enum tls_error_kind tls_error_kind(enum tls_error error); // of one that is there
// By the number that OpenSSL, or the alert, gives; TLS_ERROR_NONE: one that is not in the table.
enum tls_error tls_error_by_number(enum tls_error_kind kind, int number);

// The name that is meant by one with a prefix of OpenSSL's headers: SSL_R_, X509_V_ERR_, SSL_AD_ (also TLS1_AD_ and the
// like), and the reasons that tell an alert (SSL_R_TLSV1_ALERT_UNKNOWN_CA, or without SSL_R_). TLS_ERROR_NONE: none.
enum tls_error tls_error_of_prefixed(struct slice name);

#endif
