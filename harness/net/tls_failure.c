// Why TLS failed, by OpenSSL's names.
#include "tls_parts.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int keep(struct tls *tls, enum tls_error error, const char *text) {
    tls->has_failed = true;
    tls->failure = error;
    tls->failure_text = memory_need(strdup(text ? text : "OpenSSL does not say why"));
    ERR_clear_error();
    return -EPROTO;
}

// The oldest error of TLS itself, or else the oldest of all: what came after is what it led to.
static unsigned long oldest_error(void) {
    unsigned long first = 0, error;
    while ((error = ERR_get_error()) != 0) {
        if (ERR_GET_LIB(error) == ERR_LIB_SSL) return error;
        if (!first) first = error;
    }
    return first;
}

static int fail_certificate(struct tls *tls, long verdict) {
    struct buffer text = {0};
    buffer_text(&text, X509_verify_cert_error_string(verdict));
    if (tls->wrong_names) buffer_printf(&text, ": it is for %s", tls->wrong_names);
    int const answer = keep(tls, tls_error_by_number(TLS_CERTIFICATE, (int)verdict), text.data);
    buffer_fini(&text);
    return answer;
}

int tls_fail(struct tls *tls) {
    unsigned long const error = oldest_error();
    int const reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return keep(tls, TLS_ERROR_NONE, ERR_reason_error_string(error));
    if (reason >= SSL_AD_REASON_OFFSET) {
        char text[32];
        int const alert = reason - SSL_AD_REASON_OFFSET;
        snprintf(text, sizeof text, "the peer's alert %d", alert); // of some, OpenSSL knows the number only
        return keep(tls, tls_error_by_number(TLS_ALERT, alert), text);
    }
    long const verdict = SSL_get_verify_result(tls->ssl);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) return fail_certificate(tls, verdict);
    return keep(tls, tls_error_by_number(TLS_REASON, reason), ERR_reason_error_string(error));
}

int tls_fail_at_end(struct tls *tls) {
    return keep(tls, TLS_ERROR_UNEXPECTED_EOF_WHILE_READING, "unexpected eof while reading");
}

enum tls_error tls_failure(const struct tls *tls) { return tls->failure; }

const char *tls_failure_text(const struct tls *tls) { return tls->failure_text ? tls->failure_text : ""; }
