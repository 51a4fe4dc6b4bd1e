// TLS sessions and certificates over socket pairs: net/tls.h, net/certificate.h.
#include "net/net.h"
#include "net/tls.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// One end. Owned by the test.
struct side {
    int fd;
    struct tls *tls;
    int result; // of its handshake: -EAGAIN as long as it has not ended
};

static struct authority *authority;
static struct certificate *localhost, *person;
static struct side client, server;
static struct buffer keys; // what note_key was told

static struct certificate *issue(const char *name, const struct certificate_spec *spec) {
    struct certificate_spec whole = *spec;
    struct buffer trouble = {0};
    whole.names = &name;
    whole.name_count = 1;
    struct certificate *const made = certificate_make(authority, &whole, &trouble);
    ck_assert_msg(made, "%s", trouble.data);
    return made;
}

static void set_up(void) {
    authority = authority_new();
    localhost = issue("localhost", &(struct certificate_spec){0});
    person = issue("somebody", &(struct certificate_spec){.is_client = true});
    client = server = (struct side){.fd = -1};
}

static void end_side(struct side *side) {
    tls_free(side->tls);
    if (side->fd >= 0) close(side->fd);
    *side = (struct side){.fd = -1};
}

static void tear_down(void) {
    end_side(&client);
    end_side(&server);
    certificate_free(localhost);
    certificate_free(person);
    authority_free(authority);
    buffer_fini(&keys);
}

static void pair_up(void) {
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    client.fd = fds[0];
    server.fd = fds[1];
}

static void open_side(struct side *side, const struct tls_options *options) {
    struct buffer trouble = {0};
    side->tls = tls_open(authority, side->fd, options, &trouble);
    ck_assert_msg(side->tls, "%s", trouble.data);
    side->result = -EAGAIN;
}

static void shake_once(struct side *side) {
    if (side->result == -EAGAIN) side->result = tls_handshake(side->tls);
}

// Until both have ended, or neither gets on.
static void shake(void) {
    for (int turn = 0; turn < 20 && (client.result == -EAGAIN || server.result == -EAGAIN); turn++) {
        shake_once(&client);
        shake_once(&server);
    }
}

static struct tls_options serving(void) { return (struct tls_options){.role = TLS_SERVER, .certificate = localhost}; }
static struct tls_options asking(void) { return (struct tls_options){.role = TLS_CLIENT, .name = "localhost"}; }

static void secure(const struct tls_options *of_client, const struct tls_options *of_server) {
    pair_up();
    open_side(&client, of_client);
    open_side(&server, of_server);
    shake();
    ck_assert_msg(client.result == 0, "client: %s", tls_failure_text(client.tls));
    ck_assert_msg(server.result == 0, "server: %s", tls_failure_text(server.tls));
}

static void secure_plainly(void) {
    struct tls_options const of_client = asking(), of_server = serving();
    secure(&of_client, &of_server);
}

static void expect_read(struct side *side, const char *text) {
    char got[64] = {0};
    ck_assert_int_eq(tls_read(side->tls, got, sizeof got), (int)strlen(text));
    ck_assert_str_eq(got, text);
}

// --- a session

static void note_key(void *context, const char *line) {
    ck_assert_ptr_eq(context, &keys);
    buffer_text(&keys, line);
    buffer_text(&keys, "\n");
}

START_TEST(bytes_cross_and_both_say_what_was_agreed) {
    struct slice const offered[] = {slice_text("h2"), slice_text("http/1.1")}, known[] = {slice_text("http/1.1")};
    struct tls_options of_client = asking(), of_server = serving();
    of_client.alpn = offered;
    of_client.alpn_count = 2;
    of_client.certificate = person;
    of_client.note_key = note_key;
    of_client.context = &keys;
    of_server.alpn = known;
    of_server.alpn_count = 1;
    secure(&of_client, &of_server);
    ck_assert(tls_stands(client.tls) && tls_stands(server.tls));
    ck_assert_str_eq(tls_version(client.tls), "TLSv1.3");
    ck_assert_str_eq(tls_cipher(client.tls), "TLS_AES_256_GCM_SHA384");
    ck_assert_str_eq(tls_cipher(server.tls), "TLS_AES_256_GCM_SHA384");
    ck_assert(slice_is(tls_alpn(client.tls), "http/1.1"));
    ck_assert(slice_is(tls_alpn(server.tls), "http/1.1"));
    ck_assert_str_eq(tls_peer_name(client.tls), "localhost");
    ck_assert_str_eq(tls_peer_name(server.tls), "somebody");
    ck_assert_ptr_nonnull(strstr(keys.data, "CLIENT_TRAFFIC_SECRET_0 "));
    char got[8] = {0};
    ck_assert_int_eq(tls_send(client.tls, "ping", 4), 4);
    ck_assert_int_eq(tls_peek(server.tls, got, 2), 2);
    expect_read(&server, "ping");
    ck_assert_int_eq(tls_read(server.tls, got, 1), -EAGAIN);
    ck_assert(!tls_wants_write(server.tls));
    ck_assert_int_eq(tls_send(server.tls, "pong", 4), 4);
    expect_read(&client, "pong");
}
END_TEST

static const char *const versions[] = {"TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"};

START_TEST(each_version_is_had_by_asking) {
    struct tls_options of_client = asking(), of_server = serving();
    of_client.version = of_server.version = versions[_i];
    secure(&of_client, &of_server);
    ck_assert_str_eq(tls_version(client.tls), versions[_i]);
    ck_assert_int_eq(tls_send(client.tls, "ping", 4), 4);
    expect_read(&server, "ping");
}
END_TEST

// One list for both kinds; where it has one kind only, the other's versions are out.
static const struct {
    const char *ciphers, *version, *agreed;
} lists[] = {
    {"TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"ECDHE-ECDSA-AES128-SHA:TLS_AES_128_GCM_SHA256", "TLSv1.3", "TLS_AES_128_GCM_SHA256"},
    {"ECDHE-ECDSA-NULL-SHA", "TLSv1.2", "ECDHE-ECDSA-NULL-SHA"},
    {"ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"AES128-SHA", "TLSv1.2", "AES128-SHA"},
    {"HIGH:!aRSA", "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"},
};

START_TEST(a_list_of_ciphers_is_kept_to) {
    certificate_free(localhost);
    localhost = issue("localhost", &(struct certificate_spec){.has_rsa = true});
    struct tls_options of_client = asking(), of_server = serving();
    of_server.ciphers = of_client.ciphers = lists[_i].ciphers;
    secure(&of_client, &of_server);
    ck_assert_str_eq(tls_version(client.tls), lists[_i].version);
    ck_assert_str_eq(tls_cipher(client.tls), lists[_i].agreed);
}
END_TEST

static const struct {
    const char *version, *ciphers, *alpn, *name, *trouble;
} refused[] = {
    {.version = "TLSv2", .trouble = "\"TLSv2\" is no version of TLS: those are TLSv1.3, TLSv1.2, TLSv1.1 and TLSv1"},
    {.ciphers = "", .trouble = "the list of ciphers is empty"},
    {.ciphers = "DES\n", .trouble = "OpenSSL has no cipher of the name \"DES\\n\""},
    {.ciphers = "ECDHE-ECDSA-AES128-SHA:NONSENSE", .trouble = "OpenSSL has no cipher of the name \"NONSENSE\""},
    {.ciphers = "TLS_NONSENSE", .trouble = "OpenSSL does not have all of these suites of TLS 1.3: TLS_NONSENSE"},
    {.ciphers = "ALL:!ALL", .trouble = "this list leaves no cipher: ALL:!ALL"},
    {.version = "TLSv1.3", .ciphers = "AES128-SHA", .trouble = "none of these ciphers is of TLSv1.3"},
    {.version = "TLSv1.2", .ciphers = "TLS_AES_128_GCM_SHA256", .trouble = "none of these ciphers is of TLSv1.2"},
    {.alpn = "", .trouble = "an ALPN protocol has 1 to 255 bytes, and this one 0"},
    {.name = "", .trouble = "\"\" cannot be the name of a server"},
};

START_TEST(what_cannot_be_had_is_said) {
    struct slice const alpn = slice_text(refused[_i].alpn ? refused[_i].alpn : "");
    struct tls_options const options = {.role = TLS_CLIENT, .version = refused[_i].version, .ciphers = refused[_i].ciphers,
                                        .name = refused[_i].name, .alpn = &alpn, .alpn_count = refused[_i].alpn != NULL};
    struct buffer trouble = {0};
    ck_assert_ptr_null(tls_open(authority, -1, &options, &trouble));
    ck_assert_str_eq(trouble.data, refused[_i].trouble);
    buffer_fini(&trouble);
}
END_TEST

// --- failures, by name and in both directions

enum which_certificate { OF_NOBODY, OF_SERVER, OF_PERSON, EXPIRED, EXPIRED_PERSON, SELF_SIGNED, ELSEWHERE, UNKNOWN };

static const struct {
    enum which_certificate of_server, of_client;
    enum tls_verify server_verifies, client_verifies;
    const char *name, *server_version, *client_version, *server_ciphers, *client_ciphers, *server_alpn, *client_alpn;
    enum tls_error server, client; // NONE: that end is content
} failures[] = {
    {OF_SERVER, .server_version = "TLSv1.2", .client_version = "TLSv1.3", .server = TLS_ERROR_UNSUPPORTED_PROTOCOL,
     .client = TLS_ERROR_ALERT_PROTOCOL_VERSION},
    {OF_SERVER, .server_version = "TLSv1.3", .client_version = "TLSv1.2", .server = TLS_ERROR_UNSUPPORTED_PROTOCOL,
     .client = TLS_ERROR_ALERT_PROTOCOL_VERSION},
    {OF_SERVER, .server_ciphers = "ECDHE-ECDSA-AES128-SHA", .client_ciphers = "ECDHE-ECDSA-AES256-SHA",
     .server = TLS_ERROR_NO_SHARED_CIPHER, .client = TLS_ERROR_ALERT_HANDSHAKE_FAILURE},
    {OF_SERVER, .server_ciphers = "TLS_AES_128_GCM_SHA256", .client_ciphers = "TLS_AES_256_GCM_SHA384",
     .server = TLS_ERROR_NO_SHARED_CIPHER, .client = TLS_ERROR_ALERT_HANDSHAKE_FAILURE},
    {OF_SERVER, .server_alpn = "h2", .client_alpn = "http/1.1", .server = TLS_ERROR_NO_APPLICATION_PROTOCOL,
     .client = TLS_ERROR_ALERT_NO_APPLICATION_PROTOCOL},
    {OF_SERVER, .server_alpn = "h2", .client = TLS_ERROR_NONE},
    {OF_SERVER, .client_alpn = "h2", .client = TLS_ERROR_NONE},
    {OF_SERVER, .name = "elsewhere", .server = TLS_ERROR_ALERT_BAD_CERTIFICATE, .client = TLS_ERROR_HOSTNAME_MISMATCH},
    {OF_SERVER, .name = "127.0.0.1", .server = TLS_ERROR_ALERT_BAD_CERTIFICATE, .client = TLS_ERROR_IP_ADDRESS_MISMATCH},
    {ELSEWHERE, .server = TLS_ERROR_ALERT_BAD_CERTIFICATE, .client = TLS_ERROR_HOSTNAME_MISMATCH},
    {ELSEWHERE, .name = "elsewhere.test"},
    {ELSEWHERE, .client_verifies = TLS_VERIFY_OFF},
    {EXPIRED, .server = TLS_ERROR_ALERT_CERTIFICATE_EXPIRED, .client = TLS_ERROR_CERT_HAS_EXPIRED},
    {EXPIRED, .client_verifies = TLS_VERIFY_OFF},
    {SELF_SIGNED, .server = TLS_ERROR_ALERT_UNKNOWN_CA, .client = TLS_ERROR_DEPTH_ZERO_SELF_SIGNED_CERT},
    {UNKNOWN, .server = TLS_ERROR_ALERT_UNKNOWN_CA, .client = TLS_ERROR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {OF_PERSON, .name = "somebody", .server = TLS_ERROR_ALERT_UNSUPPORTED_CERTIFICATE, .client = TLS_ERROR_INVALID_PURPOSE},
    {OF_NOBODY, .server = TLS_ERROR_NO_SHARED_CIPHER, .client = TLS_ERROR_ALERT_HANDSHAKE_FAILURE},
    {OF_SERVER, OF_PERSON, .server_verifies = TLS_VERIFY_REQUIRED},
    {OF_SERVER, .of_client = OF_NOBODY},
    {OF_SERVER, OF_NOBODY, .server_verifies = TLS_VERIFY_REQUIRED, .server = TLS_ERROR_PEER_DID_NOT_RETURN_A_CERTIFICATE,
     .client = TLS_ERROR_ALERT_CERTIFICATE_REQUIRED},
    {OF_SERVER, OF_NOBODY, .client_version = "TLSv1.2", .server_verifies = TLS_VERIFY_REQUIRED,
     .server = TLS_ERROR_PEER_DID_NOT_RETURN_A_CERTIFICATE, .client = TLS_ERROR_ALERT_HANDSHAKE_FAILURE},
    {OF_SERVER, EXPIRED_PERSON, .server = TLS_ERROR_CERT_HAS_EXPIRED, .client = TLS_ERROR_ALERT_CERTIFICATE_EXPIRED},
    {OF_SERVER, EXPIRED_PERSON, .client_version = "TLSv1.2", .server = TLS_ERROR_CERT_HAS_EXPIRED,
     .client = TLS_ERROR_ALERT_CERTIFICATE_EXPIRED},
    {OF_SERVER, EXPIRED_PERSON, .server_verifies = TLS_VERIFY_OFF},
    {OF_SERVER, SELF_SIGNED, .server = TLS_ERROR_DEPTH_ZERO_SELF_SIGNED_CERT, .client = TLS_ERROR_ALERT_UNKNOWN_CA},
    {OF_SERVER, UNKNOWN, .server = TLS_ERROR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, .client = TLS_ERROR_ALERT_UNKNOWN_CA},
    {OF_SERVER, OF_SERVER, .server = TLS_ERROR_INVALID_PURPOSE, .client = TLS_ERROR_ALERT_UNSUPPORTED_CERTIFICATE},
};

static struct certificate *of_another_authority(void) {
    struct authority *const ours = authority;
    authority = authority_new();
    struct certificate *const made = issue("localhost", &(struct certificate_spec){0});
    authority_free(authority);
    authority = ours;
    return made;
}

static struct certificate *made_for(enum which_certificate which) {
    enum { YESTERDAY_S = -24 * 3600 };
    switch (which) {
    case OF_NOBODY: break;
    case OF_SERVER: return issue("localhost", &(struct certificate_spec){0});
    case OF_PERSON: return issue("somebody", &(struct certificate_spec){.is_client = true});
    case EXPIRED: return issue("localhost", &(struct certificate_spec){.expires = true, .lifetime_s = YESTERDAY_S});
    case EXPIRED_PERSON:
        return issue("somebody", &(struct certificate_spec){.is_client = true, .expires = true, .lifetime_s = YESTERDAY_S});
    case SELF_SIGNED: return issue("localhost", &(struct certificate_spec){.is_self_signed = true});
    case ELSEWHERE: return issue("elsewhere.test", &(struct certificate_spec){0});
    case UNKNOWN: return of_another_authority();
    }
    return NULL;
}

// An end that has ended its handshake hears what the other makes of it.
static void hear(struct side *side) {
    char byte;
    if (side->result == 0 && tls_peek(side->tls, &byte, 1) == -EPROTO) side->result = -EPROTO;
}

static void expect_failure(const struct side *side, const char *who, enum tls_error wanted) {
    const char *const name = tls_error_name(tls_failure(side->tls));
    ck_assert_msg(tls_failure(side->tls) == wanted, "%s: %s (%s)", who, name ? name : "content", tls_failure_text(side->tls));
    ck_assert_int_eq(side->result, wanted ? -EPROTO : 0);
    ck_assert_int_eq(tls_has_failed(side->tls), wanted != TLS_ERROR_NONE);
    if (wanted) ck_assert_int_eq(tls_send(side->tls, "x", 1), -EPROTO);
}

START_TEST(each_failure_has_its_name_at_both_ends) {
    struct slice const at_server = slice_text(failures[_i].server_alpn ? failures[_i].server_alpn : "");
    struct slice const at_client = slice_text(failures[_i].client_alpn ? failures[_i].client_alpn : "");
    struct certificate *const of_server = made_for(failures[_i].of_server), *const of_client = made_for(failures[_i].of_client);
    struct tls_options const serves = {
        .role = TLS_SERVER, .certificate = of_server, .verify = failures[_i].server_verifies,
        .version = failures[_i].server_version, .ciphers = failures[_i].server_ciphers,
        .alpn = &at_server, .alpn_count = failures[_i].server_alpn != NULL};
    struct tls_options const asks = {
        .role = TLS_CLIENT, .certificate = of_client, .verify = failures[_i].client_verifies,
        .name = failures[_i].name ? failures[_i].name : "localhost",
        .version = failures[_i].client_version, .ciphers = failures[_i].client_ciphers,
        .alpn = &at_client, .alpn_count = failures[_i].client_alpn != NULL};
    pair_up();
    open_side(&client, &asks);
    open_side(&server, &serves);
    shake();
    hear(&client);
    hear(&server);
    expect_failure(&server, "server", failures[_i].server);
    expect_failure(&client, "client", failures[_i].client);
    certificate_free(of_server);
    certificate_free(of_client);
}
END_TEST

// What no TLS is, and what a raw peer would hear.
static const struct {
    const char *bytes;
    size_t len_bytes;
    enum tls_error server;
} garbage[] = {
    {"GET / HTTP/1.0\r\n\r\n", 18, TLS_ERROR_HTTP_REQUEST},
    {"CONNECT x:1 HTTP/1.1\r\n", 22, TLS_ERROR_HTTPS_PROXY_REQUEST},
    {"EHLO me\r\n", 9, TLS_ERROR_WRONG_VERSION_NUMBER},
    {"\x16\x03\x01\xff\xff", 5, TLS_ERROR_PACKET_LENGTH_TOO_LONG},
    {"\x17\x03\x03\x00\x01x", 6, TLS_ERROR_UNEXPECTED_MESSAGE},
    {"\x15\x03\x01\x00\x02\x02\x28", 7, TLS_ERROR_UNEXPECTED_MESSAGE}, // an alert, but nobody has been greeted
    {"\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9, TLS_ERROR_LENGTH_TOO_SHORT},
};

START_TEST(bytes_that_are_no_tls_have_names_too) {
    struct tls_options const options = serving();
    pair_up();
    open_side(&server, &options);
    ck_assert_int_eq(net_send(client.fd, garbage[_i].bytes, garbage[_i].len_bytes), (int)garbage[_i].len_bytes);
    shake_once(&server);
    expect_failure(&server, "server", garbage[_i].server);
}
END_TEST

START_TEST(a_peer_that_goes_in_mid_handshake_has_a_name) {
    struct tls_options const options = asking();
    pair_up();
    open_side(&client, &options);
    shake_once(&client);
    end_side(&server);
    shake_once(&client);
    // The socket of a pair tells that nobody has read what was sent; a FIN alone is the end.
    ck_assert_int_eq(client.result, -ECONNRESET);
    end_side(&client);
    pair_up();
    open_side(&client, &options);
    ck_assert_int_eq(net_shutdown(server.fd, SHUTDOWN_WRITE), 0);
    shake_once(&client);
    expect_failure(&client, "client", TLS_ERROR_UNEXPECTED_EOF_WHILE_READING);
}
END_TEST

// --- the end

START_TEST(close_notify_is_told_from_a_bare_fin) {
    char byte;
    secure_plainly();
    ck_assert_int_eq(tls_send(client.tls, "bye", 3), 3);
    ck_assert_int_eq(tls_notify(client.tls, false), 0);
    ck_assert_int_eq(tls_notify(client.tls, false), 0); // once
    ck_assert_int_eq(tls_send(client.tls, "x", 1), -EPIPE);
    expect_read(&server, "bye");
    ck_assert(!tls_notified(server.tls));
    ck_assert_int_eq(tls_peek(server.tls, &byte, 1), 0);
    ck_assert(tls_notified(server.tls));
    // The other direction is open still, until its bare end.
    ck_assert_int_eq(tls_send(server.tls, "rest", 4), 4);
    ck_assert_int_eq(net_shutdown(server.fd, SHUTDOWN_WRITE), 0);
    expect_read(&client, "rest");
    ck_assert_int_eq(tls_read(client.tls, &byte, 1), 0);
    ck_assert_int_eq(tls_read(client.tls, &byte, 1), 0);
    ck_assert(!tls_notified(client.tls));
    // Nothing was answered to it, and nothing is left.
    ck_assert_int_eq(net_queued_in(server.fd), 0);
    ck_assert_int_eq(net_queued_in(client.fd), 0);
}
END_TEST

START_TEST(an_end_in_mid_record_is_a_bare_one) {
    uint8_t record[64];
    char byte;
    secure_plainly();
    ck_assert_int_eq(tls_send(server.tls, "whole", 5), 5);
    expect_read(&client, "whole");
    ck_assert_int_eq(tls_send(server.tls, "half", 4), 4);
    int const spare = client.fd;
    ssize_t const n = net_recv(spare, record, sizeof record);
    ck_assert_int_gt(n, 10);
    ck_assert_int_eq(net_send(server.fd, record, (size_t)n / 2), n / 2);
    ck_assert_int_eq(tls_read(client.tls, &byte, 1), -EAGAIN);
    ck_assert_int_eq(net_shutdown(server.fd, SHUTDOWN_WRITE), 0);
    ck_assert_int_eq(tls_read(client.tls, &byte, 1), 0);
    ck_assert(!tls_notified(client.tls) && !tls_has_failed(client.tls));
}
END_TEST

START_TEST(a_byte_that_was_tampered_with_fails_both) {
    uint8_t record[64];
    char byte;
    secure_plainly();
    ck_assert_int_eq(tls_send(client.tls, "ping", 4), 4);
    ssize_t const n = net_recv(server.fd, record, sizeof record);
    record[n - 1] ^= 1;
    ck_assert_int_eq(net_send(client.fd, record, (size_t)n), n);
    ck_assert_int_eq(tls_read(server.tls, &byte, 1), -EPROTO);
    ck_assert_int_eq(tls_failure(server.tls), TLS_ERROR_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
    ck_assert_int_eq(tls_read(client.tls, &byte, 1), -EPROTO);
    ck_assert_int_eq(tls_failure(client.tls), TLS_ERROR_ALERT_BAD_RECORD_MAC);
    ck_assert_int_eq(tls_notify(client.tls, false), 0); // what has failed says no more
    ck_assert_int_eq(net_queued_in(server.fd), 0);
}
END_TEST

START_TEST(nothing_is_said_before_there_is_tls) {
    struct tls_options const options = serving();
    pair_up();
    open_side(&server, &options);
    ck_assert_int_eq(tls_notify(server.tls, false), 0);
    ck_assert_int_eq(net_queued_in(client.fd), 0);
}
END_TEST

// --- pieces

// A stream that takes and gives a byte at a time, and says EAGAIN before each.
struct trickle {
    int fd;
    bool may_receive, may_send;
};

static ssize_t trickle_receive(void *context, void *data, size_t len_bytes) {
    struct trickle *const trickle = context;
    trickle->may_receive = !trickle->may_receive;
    return trickle->may_receive ? -EAGAIN : net_recv(trickle->fd, data, len_bytes ? 1 : 0);
}

static ssize_t trickle_send(void *context, const void *data, size_t len_bytes) {
    struct trickle *const trickle = context;
    trickle->may_send = !trickle->may_send;
    return trickle->may_send ? -EAGAIN : net_send(trickle->fd, data, len_bytes ? 1 : 0);
}

START_TEST(every_byte_may_be_waited_for) {
    enum { SENT_BYTES = 20000 };
    struct tls_options of_client = asking(), of_server = serving();
    of_client.version = versions[_i];
    of_server.version = versions[_i];
    of_client.certificate = person;
    pair_up();
    struct trickle client_trickle = {.fd = client.fd}, server_trickle = {.fd = server.fd};
    struct tls_stream const client_stream = {trickle_receive, trickle_send, &client_trickle};
    struct tls_stream const server_stream = {trickle_receive, trickle_send, &server_trickle};
    of_client.stream = &client_stream;
    of_server.stream = &server_stream;
    open_side(&client, &of_client);
    open_side(&server, &of_server);
    for (int turn = 0; turn < 100000 && (client.result == -EAGAIN || server.result == -EAGAIN); turn++) {
        shake_once(&client);
        shake_once(&server);
    }
    ck_assert_int_eq(client.result, 0);
    ck_assert_int_eq(server.result, 0);
    uint8_t *const bytes = malloc(SENT_BYTES), *const got = malloc(SENT_BYTES);
    for (int i = 0; i < SENT_BYTES; i++) bytes[i] = (uint8_t)(i * 7);
    size_t sent = 0, received = 0;
    while (received < SENT_BYTES) {
        ssize_t n = sent < SENT_BYTES ? tls_send(client.tls, bytes + sent, SENT_BYTES - sent) : 0;
        if (n == -EAGAIN) ck_assert(tls_wants_write(client.tls));
        else sent += (size_t)n;
        ck_assert(n >= 0 || n == -EAGAIN);
        n = tls_read(server.tls, got + received, SENT_BYTES - received);
        if (n == -EAGAIN) ck_assert(!tls_wants_write(server.tls));
        ck_assert(n > 0 || n == -EAGAIN);
        if (n > 0) received += (size_t)n;
    }
    ck_assert_mem_eq(bytes, got, SENT_BYTES);
    int result;
    while ((result = tls_notify(server.tls, false)) == -EAGAIN) ck_assert(tls_wants_write(server.tls));
    ck_assert_int_eq(result, 0);
    while ((result = (int)tls_read(client.tls, got, 1)) == -EAGAIN) continue;
    ck_assert_int_eq(result, 0);
    ck_assert(tls_notified(client.tls));
    free(bytes);
    free(got);
}
END_TEST

START_TEST(bytes_taken_ahead_come_first) {
    uint8_t hello[4096];
    struct tls_options const of_client = asking();
    struct tls_options of_server = serving();
    pair_up();
    open_side(&client, &of_client);
    shake_once(&client);
    ssize_t const whole = net_recv(server.fd, hello, sizeof hello);
    ck_assert_int_gt(whole, 100);
    size_t const ahead[] = {1, 5, 6, (size_t)whole - 1, (size_t)whole};
    size_t const n = ahead[_i];
    ck_assert_int_eq(net_send(client.fd, hello + n, (size_t)whole - n), whole - (ssize_t)n);
    of_server.ahead = slice_of(hello, n);
    open_side(&server, &of_server);
    shake();
    ck_assert_int_eq(client.result, 0);
    ck_assert_int_eq(server.result, 0);
}
END_TEST

START_TEST(many_bytes_take_no_memory_and_come_whole) {
    enum { TOTAL_MIB = 64, PIECE_BYTES = 1 << 20, READ_BYTES = 50000 };
    uint64_t const total = (uint64_t)TOTAL_MIB << 20;
    secure_plainly();
    uint8_t *const piece = malloc(PIECE_BYTES + 1), *const got = malloc(READ_BYTES);
    for (int i = 0; i <= PIECE_BYTES; i++) piece[i] = (uint8_t)(i * 31 + i / 251);
    uint64_t sent = 0, received = 0;
    bool waited = false;
    while (received < total) {
        while (sent < total) {
            // What must be given again may lie elsewhere by then.
            size_t const at = (size_t)(sent % PIECE_BYTES);
            uint8_t *const copy = malloc(PIECE_BYTES - at);
            memcpy(copy, piece + at, PIECE_BYTES - at);
            ssize_t const n = tls_send(client.tls, copy, PIECE_BYTES - at);
            free(copy);
            waited = waited || n == -EAGAIN;
            if (n == -EAGAIN) break;
            ck_assert_int_gt(n, 0);
            sent += (uint64_t)n;
        }
        ssize_t n;
        while ((n = tls_read(server.tls, got, READ_BYTES)) > 0) {
            for (ssize_t i = 0; i < n;) {
                size_t const at = (size_t)((received + (uint64_t)i) % PIECE_BYTES);
                size_t const len = (size_t)(n - i) < PIECE_BYTES - at ? (size_t)(n - i) : PIECE_BYTES - at;
                ck_assert_int_eq(memcmp(got + i, piece + at, len), 0);
                i += (ssize_t)len;
            }
            received += (uint64_t)n;
        }
        ck_assert_int_eq(n, -EAGAIN);
    }
    ck_assert(waited);
    free(piece);
    free(got);
}
END_TEST

// --- certificates

START_TEST(pem_comes_back_as_it_went) {
    struct buffer pem = {0}, key = {0}, again = {0}, trouble = {0};
    certificate_pem(localhost, &pem);
    certificate_key_pem(localhost, &key);
    struct certificate *const read = certificate_read(buffer_view(&pem), buffer_view(&key), &trouble);
    ck_assert_msg(read, "%s", trouble.data);
    certificate_pem(read, &again);
    ck_assert_str_eq(pem.data, again.data);
    struct tls_options const of_client = asking(), of_server = {.role = TLS_SERVER, .certificate = read};
    secure(&of_client, &of_server);
    certificate_free(read);
    buffer_fini(&pem);
    buffer_fini(&key);
    buffer_fini(&again);
}
END_TEST

START_TEST(pem_that_is_none_is_refused) {
    struct buffer pem = {0}, key = {0}, trouble = {0};
    certificate_pem(localhost, &pem);
    certificate_key_pem(person, &key);
    ck_assert_ptr_null(certificate_read(buffer_view(&pem), buffer_view(&key), &trouble));
    ck_assert_str_eq(trouble.data, "OpenSSL cannot use this key with this certificate: key values mismatch");
    buffer_clear(&trouble);
    ck_assert_ptr_null(certificate_read(slice_text("nonsense"), buffer_view(&key), &trouble));
    ck_assert_str_eq(trouble.data, "OpenSSL cannot read a certificate from this PEM: no start line");
    buffer_clear(&trouble);
    ck_assert_ptr_null(certificate_read(buffer_view(&pem), slice_of(NULL, 0), &trouble));
    ck_assert_ptr_nonnull(strstr(trouble.data, "OpenSSL cannot read a key from this PEM"));
    buffer_fini(&pem);
    buffer_fini(&key);
    buffer_fini(&trouble);
}
END_TEST

// Names in a certificate, and those that it is good for.
static const struct {
    const char *in, *asked, *told;
    bool good;
} names[] = {
    {"127.0.0.1", "127.0.0.1", "127.0.0.1", true},
    {"::1", "0:0::1", "::1", true},
    {"*.example.test", "www.example.test", "*.example.test", true},
    {"*.example.test", "example.test", NULL, false},
    {"WWW.example.test", "www.EXAMPLE.test", "WWW.example.test", true},
    {"127.0.0.1", "localhost", NULL, false},
    {"under_score.test", "under_score.test", "under_score.test", true},
};

START_TEST(a_name_is_good_for_whom_it_names) {
    struct certificate *const certificate = issue(names[_i].in, &(struct certificate_spec){0});
    struct tls_options const of_client = {.role = TLS_CLIENT, .name = names[_i].asked},
                             of_server = {.role = TLS_SERVER, .certificate = certificate};
    pair_up();
    open_side(&client, &of_client);
    open_side(&server, &of_server);
    shake();
    ck_assert_int_eq(client.result, names[_i].good ? 0 : -EPROTO);
    if (names[_i].good) ck_assert_str_eq(tls_peer_name(client.tls), names[_i].told);
    certificate_free(certificate);
}
END_TEST

// A person is no host: the name stands in the subject.
START_TEST(a_client_is_anybody) {
    static const char *const persons[] = {"Alice Example", "alice@example.org", "M\xc3\xbcller", "10.0.0.1"};
    struct certificate *const theirs = issue(persons[_i], &(struct certificate_spec){.is_client = true});
    struct certificate *const ours = issue("localhost", &(struct certificate_spec){0});
    struct tls_options const of_client = {.role = TLS_CLIENT, .name = "localhost", .certificate = theirs},
                             of_server = {.role = TLS_SERVER, .certificate = ours, .verify = TLS_VERIFY_REQUIRED};
    pair_up();
    open_side(&client, &of_client);
    open_side(&server, &of_server);
    shake();
    ck_assert_int_eq(server.result, 0);
    ck_assert_str_eq(tls_peer_name(server.tls), persons[_i]);
    certificate_free(theirs);
    certificate_free(ours);
}
END_TEST

START_TEST(nobody_is_no_client) {
    static const char *const wrong[] = {"", "a\nb", "\xff\xfe",
                                        "more than the sixty-four bytes that a common name has in RFC 5280, however written"};
    struct buffer trouble = {0};
    struct certificate_spec const spec = {.names = &wrong[_i], .name_count = 1, .is_client = true};
    ck_assert_ptr_null(certificate_make(authority, &spec, &trouble));
    ck_assert_uint_gt(trouble.len_bytes, 0);
    buffer_fini(&trouble);
}
END_TEST

START_TEST(a_name_that_is_none_is_refused) {
    static const char *const wrong[] = {"", "a b", "m\xc3\xbc.test", "x\n"};
    struct buffer trouble = {0};
    struct certificate_spec const spec = {.names = &wrong[_i], .name_count = 1}, none = {0};
    ck_assert_ptr_null(certificate_make(authority, &spec, &trouble));
    ck_assert_ptr_nonnull(strstr(trouble.data, "a certificate's name is a host or an address"));
    buffer_clear(&trouble);
    ck_assert_ptr_null(certificate_make(authority, &none, &trouble));
    ck_assert_str_eq(trouble.data, "a certificate has one name at the least");
    buffer_fini(&trouble);
}
END_TEST

START_TEST(a_long_name_has_room) {
    char name[200];
    memset(name, 'a', sizeof name);
    for (size_t i = 50; i < sizeof name; i += 51) name[i] = '.';
    name[sizeof name - 1] = '\0';
    struct certificate *const certificate = issue(name, &(struct certificate_spec){0});
    struct tls_options const of_client = {.role = TLS_CLIENT, .name = name},
                             of_server = {.role = TLS_SERVER, .certificate = certificate};
    secure(&of_client, &of_server);
    certificate_free(certificate);
}
END_TEST

// --- threads

enum { THREADS = 4, TURNS = 20 };

// Sessions of one authority, which the first of them makes, in many threads at once.
static void *play_alone(void *context) {
    struct authority *const shared = context;
    const char *const name = "localhost";
    struct certificate_spec const spec = {.names = &name, .name_count = 1};
    struct buffer trouble = {0};
    intptr_t done = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0) break;
        struct certificate *const certificate = certificate_make(shared, &spec, &trouble);
        struct tls_options const asks = {.role = TLS_CLIENT, .name = name}, serves = {.role = TLS_SERVER, .certificate = certificate};
        struct tls *const one = tls_open(shared, fds[0], &asks, &trouble), *const other = tls_open(shared, fds[1], &serves, &trouble);
        int a = -EAGAIN, b = -EAGAIN;
        for (int i = 0; i < 20 && (a || b); i++) {
            if (a == -EAGAIN) a = tls_handshake(one);
            if (b == -EAGAIN) b = tls_handshake(other);
        }
        done += a == 0 && b == 0;
        tls_free(one);
        tls_free(other);
        certificate_free(certificate);
        close(fds[0]);
        close(fds[1]);
    }
    return (void *)done;
}

START_TEST(threads_share_an_authority) {
    pthread_t threads[THREADS];
    struct authority *const shared = authority_new();
    for (int i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, play_alone, shared), 0);
    for (int i = 0; i < THREADS; i++) {
        void *done;
        ck_assert_int_eq(pthread_join(threads[i], &done), 0);
        ck_assert_int_eq((intptr_t)done, TURNS);
    }
    authority_free(shared);
}
END_TEST

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void) {
    Suite *const suite = suite_create("tls");
    TCase *const tests = tcase_create("tls");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, bytes_cross_and_both_say_what_was_agreed);
    tcase_add_loop_test(tests, each_version_is_had_by_asking, 0, COUNT_OF(versions));
    tcase_add_loop_test(tests, a_list_of_ciphers_is_kept_to, 0, COUNT_OF(lists));
    tcase_add_loop_test(tests, what_cannot_be_had_is_said, 0, COUNT_OF(refused));
    tcase_add_loop_test(tests, each_failure_has_its_name_at_both_ends, 0, COUNT_OF(failures));
    tcase_add_loop_test(tests, bytes_that_are_no_tls_have_names_too, 0, COUNT_OF(garbage));
    tcase_add_test(tests, a_peer_that_goes_in_mid_handshake_has_a_name);
    tcase_add_test(tests, close_notify_is_told_from_a_bare_fin);
    tcase_add_test(tests, an_end_in_mid_record_is_a_bare_one);
    tcase_add_test(tests, a_byte_that_was_tampered_with_fails_both);
    tcase_add_test(tests, nothing_is_said_before_there_is_tls);
    tcase_add_loop_test(tests, every_byte_may_be_waited_for, 0, COUNT_OF(versions));
    tcase_add_loop_test(tests, bytes_taken_ahead_come_first, 0, 5);
    tcase_add_test(tests, many_bytes_take_no_memory_and_come_whole);
    tcase_add_test(tests, pem_comes_back_as_it_went);
    tcase_add_test(tests, pem_that_is_none_is_refused);
    tcase_add_loop_test(tests, a_name_is_good_for_whom_it_names, 0, COUNT_OF(names));
    tcase_add_loop_test(tests, a_name_that_is_none_is_refused, 0, 4);
    tcase_add_loop_test(tests, a_client_is_anybody, 0, 4);
    tcase_add_loop_test(tests, nobody_is_no_client, 0, 4);
    tcase_add_test(tests, a_long_name_has_room);
    tcase_add_test(tests, threads_share_an_authority);
    suite_add_tcase(suite, tests);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
