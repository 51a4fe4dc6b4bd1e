#include "base/tls_error.h"

#include <string.h>

// Immutable.
static const struct {
    const char *name;
    enum tls_error_kind kind;
    int number;
} errors[TLS_ERROR_COUNT] = {
#define TLS_ERROR(id, kind, number) [TLS_ERROR_##id] = {#id, TLS_##kind, number},
#include "base/tls_error.def"
};

enum tls_error tls_error_of(struct slice name) {
    for (unsigned i = TLS_ERROR_NONE + 1; i < TLS_ERROR_COUNT; i++) {
        if (slice_is(name, errors[i].name)) return (enum tls_error)i;
    }
    return TLS_ERROR_NONE;
}

const char *tls_error_name(enum tls_error error) {
    return (unsigned)error < TLS_ERROR_COUNT ? errors[error].name : NULL;
}

enum tls_error_kind tls_error_kind(enum tls_error error) {
    return errors[error].kind;
}

enum tls_error tls_error_by_number(enum tls_error_kind kind, int number) {
    for (unsigned i = TLS_ERROR_NONE + 1; i < TLS_ERROR_COUNT; i++) {
        if (errors[i].kind == kind && errors[i].number == number) return (enum tls_error)i;
    }
    return TLS_ERROR_NONE;
}

static bool cut_prefix(struct slice *name, const char *prefix) {
    size_t const len_bytes = strlen(prefix);
    if (name->len_bytes <= len_bytes || memcmp(name->data, prefix, len_bytes) != 0) return false;
    *name = slice_of(name->data + len_bytes, name->len_bytes - len_bytes);
    return true;
}

// By an alert's name without ALERT_.
static enum tls_error alert_of(struct slice name) {
    for (unsigned i = TLS_ERROR_NONE + 1; i < TLS_ERROR_COUNT; i++) {
        struct slice whole = slice_text(errors[i].name);
        bool const is_alert = errors[i].kind == TLS_ALERT && cut_prefix(&whole, "ALERT_");
        if (is_alert && slice_equal(whole, name)) return (enum tls_error)i;
    }
    return TLS_ERROR_NONE;
}

enum tls_error tls_error_of_prefixed(struct slice name) {
    static const char *const alerts[] = {"SSL_AD_", "SSL3_AD_", "TLS1_AD_", "TLS13_AD_"};
    // Reasons between 1000 and 1255 are alerts; those of extensions have no ALERT_ in their names.
    static const char *const reasons[] = {"SSLV3_ALERT_", "TLSV1_ALERT_", "TLSV13_ALERT_", "TLSV1_"};
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++) {
        if (cut_prefix(&name, alerts[i])) return alert_of(name);
    }
    if (cut_prefix(&name, "X509_V_ERR_")) return tls_error_of(name);
    bool const is_reason = cut_prefix(&name, "SSL_R_");
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (cut_prefix(&name, reasons[i])) return alert_of(name);
    }
    return is_reason ? tls_error_of(name) : TLS_ERROR_NONE;
}
