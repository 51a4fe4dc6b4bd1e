// How TLS fails, beside OpenSSL's own headers: base/tls_error.h.
#include "base/tls_error.h"

#include <check.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#define NUMBER_OF_REASON(id) SSL_R_##id
#define NUMBER_OF_CERTIFICATE(id) X509_V_ERR_##id
#define NUMBER_OF_ALERT(id) TLS_NUMBER_##id
// ALERT_BAD_CERTIFICATE is SSL_AD_BAD_CERTIFICATE there.
enum {
#define ALERT(id) TLS_NUMBER_ALERT_##id = SSL_AD_##id,
    ALERT(CLOSE_NOTIFY) ALERT(UNEXPECTED_MESSAGE) ALERT(BAD_RECORD_MAC) ALERT(DECRYPTION_FAILED) ALERT(RECORD_OVERFLOW)
    ALERT(DECOMPRESSION_FAILURE) ALERT(HANDSHAKE_FAILURE) ALERT(NO_CERTIFICATE) ALERT(BAD_CERTIFICATE)
    ALERT(UNSUPPORTED_CERTIFICATE) ALERT(CERTIFICATE_REVOKED) ALERT(CERTIFICATE_EXPIRED) ALERT(CERTIFICATE_UNKNOWN)
    ALERT(ILLEGAL_PARAMETER) ALERT(UNKNOWN_CA) ALERT(ACCESS_DENIED) ALERT(DECODE_ERROR) ALERT(DECRYPT_ERROR)
    ALERT(EXPORT_RESTRICTION) ALERT(PROTOCOL_VERSION) ALERT(INSUFFICIENT_SECURITY) ALERT(INTERNAL_ERROR)
    ALERT(INAPPROPRIATE_FALLBACK) ALERT(USER_CANCELLED) ALERT(NO_RENEGOTIATION) ALERT(MISSING_EXTENSION)
    ALERT(UNSUPPORTED_EXTENSION) ALERT(CERTIFICATE_UNOBTAINABLE) ALERT(UNRECOGNIZED_NAME)
    ALERT(BAD_CERTIFICATE_STATUS_RESPONSE) ALERT(BAD_CERTIFICATE_HASH_VALUE) ALERT(UNKNOWN_PSK_IDENTITY)
    ALERT(CERTIFICATE_REQUIRED) ALERT(NO_APPLICATION_PROTOCOL)
#undef ALERT
};

#define TLS_ERROR(id, kind, number) _Static_assert(NUMBER_OF_##kind(id) == (number), #id);
#include "base/tls_error.def"

START_TEST(every_name_leads_to_itself) {
    for (unsigned i = TLS_ERROR_NONE + 1; i < TLS_ERROR_COUNT; i++) {
        const char *const name = tls_error_name((enum tls_error)i);
        ck_assert_ptr_nonnull(name);
        ck_assert_msg(tls_error_of(slice_text(name)) == (enum tls_error)i, "%s", name);
    }
    ck_assert_ptr_null(tls_error_name(TLS_ERROR_NONE));
    ck_assert_ptr_null(tls_error_name(TLS_ERROR_COUNT));
    ck_assert_int_eq(tls_error_of(slice_text("NO_SHARED_CYPHER")), TLS_ERROR_NONE);
    ck_assert_int_eq(tls_error_of(slice_text("")), TLS_ERROR_NONE);
}
END_TEST

START_TEST(every_number_leads_to_its_name) {
#define TLS_ERROR(id, kind, number) \
    ck_assert_int_eq(tls_error_by_number(TLS_##kind, number), TLS_ERROR_##id); \
    ck_assert_int_eq(tls_error_kind(TLS_ERROR_##id), TLS_##kind);
#include "base/tls_error.def"
    ck_assert_int_eq(tls_error_by_number(TLS_CERTIFICATE, X509_V_OK), TLS_ERROR_NONE);
    ck_assert_int_eq(tls_error_by_number(TLS_ALERT, 255), TLS_ERROR_NONE);
}
END_TEST

// Every result of a chain's verification has its name, and every alert that this OpenSSL can name.
START_TEST(none_is_missing) {
    for (int number = X509_V_ERR_UNSPECIFIED; number <= X509_V_ERR_EC_KEY_EXPLICIT_PARAMS; number++) {
        ck_assert_msg(tls_error_by_number(TLS_CERTIFICATE, number) != TLS_ERROR_NONE, "%d", number);
    }
    for (int number = 0; number < 256; number++) {
        bool const is_known = strcmp(SSL_alert_desc_string_long(number), "unknown") != 0;
        if (is_known) ck_assert_msg(tls_error_by_number(TLS_ALERT, number) != TLS_ERROR_NONE, "%d", number);
    }
}
END_TEST

START_TEST(a_name_with_its_prefix_is_understood) {
    static const struct {
        const char *name;
        enum tls_error error;
    } cases[] = {
        {"SSL_R_NO_SHARED_CIPHER", TLS_ERROR_NO_SHARED_CIPHER},
        {"X509_V_ERR_CERT_HAS_EXPIRED", TLS_ERROR_CERT_HAS_EXPIRED},
        {"SSL_AD_BAD_CERTIFICATE", TLS_ERROR_ALERT_BAD_CERTIFICATE},
        {"TLS1_AD_UNKNOWN_CA", TLS_ERROR_ALERT_UNKNOWN_CA},
        {"TLS13_AD_CERTIFICATE_REQUIRED", TLS_ERROR_ALERT_CERTIFICATE_REQUIRED},
        {"SSL_R_SSLV3_ALERT_BAD_CERTIFICATE", TLS_ERROR_ALERT_BAD_CERTIFICATE},
        {"SSLV3_ALERT_HANDSHAKE_FAILURE", TLS_ERROR_ALERT_HANDSHAKE_FAILURE},
        {"TLSV1_ALERT_UNKNOWN_CA", TLS_ERROR_ALERT_UNKNOWN_CA},
        {"TLSV13_ALERT_CERTIFICATE_REQUIRED", TLS_ERROR_ALERT_CERTIFICATE_REQUIRED},
        {"TLSV1_UNRECOGNIZED_NAME", TLS_ERROR_ALERT_UNRECOGNIZED_NAME},
        {"NO_SHARED_CIPHER", TLS_ERROR_NONE}, // which has none
        {"SSL_R_", TLS_ERROR_NONE},
        {"SSL_R_NO_SUCH_THING", TLS_ERROR_NONE},
        {"X509_V_ERR_NO_SHARED_CYPHER", TLS_ERROR_NONE},
        {"SSL_AD_ALERT_UNKNOWN_CA", TLS_ERROR_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(tls_error_of_prefixed(slice_text(cases[i].name)) == cases[i].error, "%s", cases[i].name);
    }
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("tls_error");
    TCase *const tcase = tcase_create("names");
    tcase_add_test(tcase, every_name_leads_to_itself);
    tcase_add_test(tcase, every_number_leads_to_its_name);
    tcase_add_test(tcase, none_is_missing);
    tcase_add_test(tcase, a_name_with_its_prefix_is_understood);
    suite_add_tcase(suite, tcase);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
