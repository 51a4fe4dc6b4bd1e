// TLS sessions: net/tls.h.
#include "tls_parts.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>

struct tls *tls_open(struct authority *authority, int fd, const struct tls_options *options, struct buffer *trouble) {
    if (!authority_need(authority, trouble)) return NULL;
    struct tls *const tls = memory_need(calloc(1, sizeof *tls));
    tls->fd = fd;
    tls->stream = options->stream;
    tls->note_key = options->note_key;
    tls->context = options->context;
    if (options->ahead.len_bytes > 0) buffer_slice(&tls->ahead, options->ahead);
    tls->ssl = SSL_new(authority->context);
    if (!tls->ssl) openssl_trouble(trouble, "begin TLS");
    if (tls->ssl && tls_settle(tls, authority, options, trouble)) return tls;
    tls_free(tls);
    return NULL;
}

void tls_free(struct tls *tls) {
    if (!tls) return;
    SSL_free(tls->ssl);
    buffer_fini(&tls->ahead);
    buffer_fini(&tls->alpn);
    free(tls->failure_text);
    free(tls->peer_name);
    free(tls->wrong_names);
    free(tls);
}

// Whether the call may be made; every call begins so.
static bool begins(struct tls *tls) {
    ERR_clear_error();
    tls->stream_error = 0;
    return !tls->has_failed;
}

// What OpenSSL's answer means: a negative errno, or 0 for the end of the stream.
static int answer_of(struct tls *tls, int given) {
    int const error = SSL_get_error(tls->ssl, given);
    switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: tls->wants_write = error == SSL_ERROR_WANT_WRITE; return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN: tls->peer_notified = true; return 0;
    case SSL_ERROR_SYSCALL:
        if (tls->stream_error) return tls->stream_error;
        return tls->at_end && tls->stands ? 0 : tls->at_end ? tls_fail_at_end(tls) : tls_fail(tls);
    default: return tls_fail(tls);
    }
}

int tls_handshake(struct tls *tls) {
    if (!begins(tls)) return -EPROTO;
    int const given = SSL_do_handshake(tls->ssl);
    if (given != 1) {
        int const answer = answer_of(tls, given);
        return answer ? answer : tls_fail_at_end(tls); // close_notify before there was TLS
    }
    if (!tls->stands) tls->peer_name = tls_peer_name_of(tls->ssl);
    tls->stands = true;
    return 0;
}

ssize_t tls_read(struct tls *tls, void *data, size_t len_bytes) {
    size_t n = 0;
    if (!begins(tls)) return -EPROTO;
    int const given = SSL_read_ex(tls->ssl, data, len_bytes, &n);
    return given == 1 ? (ssize_t)n : answer_of(tls, given);
}

ssize_t tls_peek(struct tls *tls, void *data, size_t len_bytes) {
    size_t n = 0;
    if (!begins(tls)) return -EPROTO;
    int const given = SSL_peek_ex(tls->ssl, data, len_bytes, &n);
    return given == 1 ? (ssize_t)n : answer_of(tls, given);
}

int64_t tls_pending(const struct tls *tls) { return SSL_pending(tls->ssl); }

ssize_t tls_send(struct tls *tls, const void *data, size_t len_bytes) {
    size_t n = 0;
    if (!begins(tls)) return -EPROTO;
    if (tls->has_notified) return -EPIPE;
    if (len_bytes == 0) return 0;
    int const given = SSL_write_ex(tls->ssl, data, len_bytes, &n);
    int const answer = given == 1 ? 0 : answer_of(tls, given);
    tls->is_sending = answer == -EAGAIN;
    return given == 1 ? (ssize_t)n : answer;
}

int tls_notify(struct tls *tls, bool more) {
    if (!begins(tls) || !tls->stands || tls->has_notified || tls->is_sending) return 0;
    tls->more_follows = more;
    int const given = SSL_shutdown(tls->ssl); // 0: it is out, and the peer's has not come
    tls->more_follows = false;
    int const answer = given < 0 ? answer_of(tls, given) : 0;
    tls->has_notified = answer != -EAGAIN;
    return answer;
}

bool tls_wants_write(const struct tls *tls) { return tls->wants_write; }
bool tls_stands(const struct tls *tls) { return tls->stands; }
bool tls_has_failed(const struct tls *tls) { return tls->has_failed; }
bool tls_notified(const struct tls *tls) { return tls->peer_notified; }

const char *tls_version(const struct tls *tls) { return SSL_get_version(tls->ssl); }
const char *tls_cipher(const struct tls *tls) { return SSL_get_cipher_name(tls->ssl); }

struct slice tls_alpn(const struct tls *tls) {
    const uint8_t *protocol = NULL;
    unsigned len_bytes = 0;
    SSL_get0_alpn_selected(tls->ssl, &protocol, &len_bytes);
    return slice_of(protocol, len_bytes);
}

const char *tls_peer_name(const struct tls *tls) { return tls->peer_name ? tls->peer_name : ""; }

bool tls_lacks(struct buffer *reason) {
    const char *trouble = library_load(&crypto_library);
    if (!trouble) trouble = library_load(&ssl_library);
    if (trouble) buffer_printf(reason, "TLS needs OpenSSL: %s", trouble);
    return trouble != NULL;
}

const char *tls_library(void) { return OpenSSL_version(OPENSSL_VERSION); }
