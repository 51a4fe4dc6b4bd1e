// The stream below a TLS session, as a BIO of OpenSSL's.
//
// A FIN is told by the session and not by the BIO: OpenSSL would answer one that comes without close_notify with an alert.
#include "tls_parts.h"

#include "net/net.h"

#include <errno.h>
#include <string.h>

static ssize_t take_ahead(struct tls *tls, void *data, size_t len_bytes) {
    size_t const left = tls->ahead.len_bytes - tls->ahead_from;
    size_t const n = left < len_bytes ? left : len_bytes;
    memcpy(data, tls->ahead.data + tls->ahead_from, n);
    tls->ahead_from += n;
    if (tls->ahead_from == tls->ahead.len_bytes) {
        buffer_fini(&tls->ahead);
        tls->ahead_from = 0;
    }
    return (ssize_t)n;
}

static ssize_t receive(struct tls *tls, void *data, size_t len_bytes) {
    if (tls->ahead.len_bytes > 0) return take_ahead(tls, data, len_bytes);
    if (tls->stream) return tls->stream->receive(tls->stream->context, data, len_bytes);
    return net_recv(tls->fd, data, len_bytes);
}

static ssize_t put(struct tls *tls, const void *data, size_t len_bytes) {
    if (tls->stream) return tls->stream->send(tls->stream->context, data, len_bytes);
    return tls->more_follows ? net_send_more(tls->fd, data, len_bytes) : net_send(tls->fd, data, len_bytes);
}

static int bio_read(BIO *bio, char *data, int len_bytes) {
    struct tls *const tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t const n = receive(tls, data, (size_t)len_bytes);
    if (n == -EAGAIN) BIO_set_retry_read(bio);
    else if (n < 0) tls->stream_error = (int)n;
    else if (n == 0) tls->at_end = true;
    return n < 0 ? -1 : (int)n;
}

static int bio_write(BIO *bio, const char *data, int len_bytes) {
    struct tls *const tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t const n = put(tls, data, (size_t)len_bytes);
    if (n == -EAGAIN) BIO_set_retry_write(bio);
    else if (n < 0) tls->stream_error = (int)n;
    return n < 0 ? -1 : (int)n;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *tls_stream_method(void) {
    BIO_METHOD *const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    if (!method) return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
}
