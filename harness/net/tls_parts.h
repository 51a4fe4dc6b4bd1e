// A TLS session's inside, for the files that it is made of. Private to the room.
#ifndef SOCKDRILL_NET_TLS_PARTS_H
#define SOCKDRILL_NET_TLS_PARTS_H

#include "authority.h"
#include "net/tls.h"

#include "base/buffer.h"

struct tls {
    SSL *ssl;
    int fd;
    const struct tls_stream *stream;
    struct buffer ahead; // read before the socket
    size_t ahead_from;
    int stream_error;    // that the newest call met on the stream: a negative errno, or 0
    bool at_end;         // a FIN has come
    bool more_follows;   // MSG_MORE
    bool wants_write;
    bool is_sending;     // a record has gone out in part: the next call must be its end
    bool stands, has_failed, peer_notified, has_notified;
    enum tls_error failure;
    char *failure_text, *peer_name;
    char *wrong_names;   // of a certificate that is for others, or NULL
    struct buffer alpn;  // as it goes over the wire: each with its length before it
    void (*note_key)(void *context, const char *line);
    void *context;
};

// What all sessions of a run share: SSL_CTX and BIO_METHOD, the authority's from then on.
bool tls_share(struct authority *authority, struct buffer *trouble);
BIO_METHOD *tls_stream_method(void);
// The session's options, on its SSL.
bool tls_settle(struct tls *tls, struct authority *authority, const struct tls_options *options, struct buffer *trouble);
// Keeps why TLS failed, out of the thread's OpenSSL errors. Always -EPROTO.
int tls_fail(struct tls *tls);
int tls_fail_at_end(struct tls *tls); // a FIN in mid-handshake
char *tls_peer_name_of(SSL *ssl); // malloc'ed
int tls_note_wrong_names(int is_good, X509_STORE_CTX *store); // as SSL_set_verify(3) has it; changes nothing

#endif
