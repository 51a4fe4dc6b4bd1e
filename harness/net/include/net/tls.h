// TLS over a stream, RFC 8446 and RFC 5246, by OpenSSL: from any byte of the conversation on.
//
// Sessions have no tickets and are never resumed; no compression, no renegotiation. Calls never wait, and answer as those of
// net/net.h do: -EAGAIN where the socket must become readable, or writable (tls_wants_write), before the same call is made
// again; -EPROTO where TLS has failed, which tls_failure explains, and which it stays.
// Threads: a session is owned by one worker.
#ifndef SOCKDRILL_NET_TLS_H
#define SOCKDRILL_NET_TLS_H

#include "base/slice.h"
#include "base/tls_error.h"
#include "net/certificate.h"
#include "script/tree.h"

#include <sys/types.h>

// What a session reads and writes instead of its descriptor, for tests: the answers of net_recv and net_send.
struct tls_stream {
    ssize_t (*receive)(void *context, void *data, size_t len_bytes);
    ssize_t (*send)(void *context, const void *data, size_t len_bytes);
    void *context;
};

struct tls_options {
    enum tls_role role;
    enum tls_verify verify;
    const char *name;          // of a client: the host or address that the server's certificate must be for
    const struct certificate *certificate; // must outlive the session; NULL: none, which a server cannot do without
    const struct slice *alpn;  // protocols, the best first
    uint32_t alpn_count;
    const char *version;       // "TLSv1.2": no other; NULL: 1.2 and 1.3
    const char *ciphers;       // those of TLS 1.2 as ciphers(1) has them, and suites of TLS 1.3 by their names; NULL: OpenSSL's
    struct slice ahead;        // bytes that were taken from the socket already: read first; copied
    void (*note_key)(void *context, const char *line); // each line of the key log; NULL: none is kept
    void *context;
    const struct tls_stream *stream; // NULL: the descriptor; must outlive the session
};

struct tls;

// NULL: an option cannot be had, and `trouble` says which. The descriptor stays the caller's.
struct tls *tls_open(struct authority *authority, int fd, const struct tls_options *options, struct buffer *trouble);
void tls_free(struct tls *tls); // says nothing to the peer

// 0: both ends have what they need. A client's certificate, in TLS 1.3, the server looks at only after that.
int tls_handshake(struct tls *tls);
// Plaintext bytes; 0 at the end of the stream: tls_notified tells which end.
ssize_t tls_read(struct tls *tls, void *data, size_t len_bytes);
ssize_t tls_peek(struct tls *tls, void *data, size_t len_bytes); // at the most what is left of one record
// What is left of the newest record, decrypted and not read.
int64_t tls_pending(const struct tls *tls);
// Bytes that went out, a record at the most. Behind -EAGAIN the same bytes must be given again, and more may follow them.
ssize_t tls_send(struct tls *tls, const void *data, size_t len_bytes);
// close_notify, once; nothing where TLS does not stand, or has failed. With `more` it goes out with what follows, which must be
// a FIN.
int tls_notify(struct tls *tls, bool more);

bool tls_wants_write(const struct tls *tls); // the newest -EAGAIN waits for room to write
bool tls_stands(const struct tls *tls);      // the handshake is done
bool tls_has_failed(const struct tls *tls);
bool tls_notified(const struct tls *tls);    // the peer's close_notify has come

// Why it has failed: TLS_ERROR_NONE where OpenSSL's reason has no name of ours; the text is OpenSSL's, or for an alert its number.
enum tls_error tls_failure(const struct tls *tls);
const char *tls_failure_text(const struct tls *tls);

// Behind the handshake; as long as the session.
const char *tls_version(const struct tls *tls);   // "TLSv1.3"
const char *tls_cipher(const struct tls *tls);    // "TLS_AES_256_GCM_SHA384"
struct slice tls_alpn(const struct tls *tls);     // empty: none was agreed on
const char *tls_peer_name(const struct tls *tls); // that was checked, or else the first of its certificate; "" without one

// OpenSSL is loaded when it is first needed: true where it cannot be, and why.
bool tls_lacks(struct buffer *reason);

// "OpenSSL 3.0.19 27 Jan 2026", the library that runs, once there is one.
const char *tls_library(void);

#endif
