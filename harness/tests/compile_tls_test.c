// TLS and certificates in the plan; and what is said of what cannot be.
#include "compile_text.h"

#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

// Steps of a client of compile_steps, in a world with certificates. They begin in line 1 there.
static const struct plan *secured(const char *steps) {
    static struct buffer text; // the plan's words point into it
    buffer_clear(&text);
    buffer_printf(&text,
                  "scenario \"x\"\nlet box = \"box.test\"\nworld {\n  certificate good { }\n  certificate old { expires -1d }\n}\n"
                  "server s {\n  listen tcp 127.0.0.1:0\n  accept { recv line as l }\n}\nclient c {\n%s\n}\n",
                  steps);
    return compile_good(text.data);
}

static const struct step *first_tls(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == STEP_TLS) return &plan->steps[i];
    ck_abort_msg("there is no tls");
    return NULL;
}

static void assert_bytes(const struct term *term, const char *wanted) {
    struct slice text;
    struct arena arena;
    arena_init(&arena);
    ck_assert(term && term->kind == TERM_CONSTANT && term->value.kind == VALUE_BYTES);
    ck_assert(bytes_flat(&arena, term->value.bytes, &text));
    ck_assert_msg(slice_is(text, wanted), "%.*s, expected %s", (int)text.len_bytes, (const char *)text.data, wanted);
    arena_fini(&arena);
}

START_TEST(the_words_come_into_the_step) {
    const struct plan *plan = secured("connect s as x\ntls client name box with old verify required alpn \"h2\", \"http/1.1\" "
                                      "version \"TLSv1.2\" ciphers (\"A\" \":B\") on x within 1s fails CERT_HAS_EXPIRED");
    const struct step *step = first_tls(plan);
    ck_assert(plan->has_tls && !plan->uses_ca_file && plan->uses_scratch);
    ck_assert(step->tls_role == TLS_CLIENT && step->tls_verify == TLS_VERIFY_REQUIRED && step->certificate == 1);
    assert_bytes(step->operand, "box.test");
    ck_assert_uint_eq(step->list_count, 2);
    assert_bytes(step->list[0], "h2");
    assert_bytes(step->list[1], "http/1.1");
    assert_bytes(step->tls_version, "TLSv1.2");
    assert_bytes(step->tls_ciphers, "A:B");
    ck_assert(step->on == 0 && step->within && step->fails_count == 1 && step_fails_with_tls(step, TLS_ERROR_CERT_HAS_EXPIRED));

    step = first_tls(secured("connect s\ntls server"));
    ck_assert(step->tls_role == TLS_SERVER && step->tls_verify == TLS_VERIFY_USUAL && step->certificate == PLAN_NONE);
    ck_assert(!step->operand && !step->list_count && !step->tls_version && !step->tls_ciphers && !step->fails_count);

    assert_bytes(first_tls(secured("connect s\ntls client name 127.0.0.1"))->operand, "127.0.0.1");
    assert_bytes(first_tls(secured("connect s\ntls client name [::1]"))->operand, "::1");
    ck_assert(first_tls(secured("connect s\ntls client name peer.host"))->operand->kind == TERM_MEMBER);
    ck_assert(first_tls(secured("connect s\ntls client name s.l"))->operand->kind == TERM_EXPORT);
}
END_TEST

START_TEST(what_a_step_fails_with) {
    const struct step *step = first_tls(secured("connect s\ntls client fails ECONNRESET"));
    ck_assert(step_fails_with(step, ECONNRESET) && !step_fails_by_tls(step));
    const struct plan *plan = compile_steps("connect echo\ntls client\nsend \"x\" fails ALERT_BAD_CERTIFICATE\n"
                                            "recv line fails UNEXPECTED_EOF_WHILE_READING\nrecv line fails ECONNRESET\n"
                                            "resolve a fails NO_DATA");
    ck_assert(step_fails_with_tls(client_step(plan, 2), TLS_ERROR_ALERT_BAD_CERTIFICATE));
    ck_assert(step_fails_with_tls(client_step(plan, 3), TLS_ERROR_UNEXPECTED_EOF_WHILE_READING));
    ck_assert_uint_eq(client_step(plan, 3)->fails_count, 1);
    ck_assert(step_fails_with(client_step(plan, 4), ECONNRESET) && !step_fails_by_tls(client_step(plan, 4)));
    ck_assert(step_fails_with(client_step(plan, 5), NO_DATA));
    step = first_tls(secured("connect s\ntls client fails ECONNRESET or UNEXPECTED_EOF_WHILE_READING or EPIPE"));
    struct arena arena;
    arena_init(&arena);
    ck_assert_str_eq(step_failure_text(step, &arena), "ECONNRESET or UNEXPECTED_EOF_WHILE_READING or EPIPE");
    arena_fini(&arena);
    ck_assert(step_fails_with(step, EPIPE) && !step_fails_with(step, 0) && step_fails_by_tls(step));
    ck_assert(!step_fails_with_tls(step, TLS_ERROR_NONE) && !step_fails_with(step, EBADF));
}
END_TEST

START_TEST(ends_without_close_notify) {
    const struct plan *plan = compile_steps("connect echo\ntls client\nrecv eof without close_notify\nshutdown write without "
                                            "close_notify\nclose without close_notify\nrecv eof\nclose");
    for (uint32_t i = 2; i < 7; i++) ck_assert_int_eq(client_step(plan, i)->without_notify, i < 5);
    ck_assert(client_step(plan, 2)->ending == ENDING_EOF && client_step(plan, 3)->shutdown_way == SHUTDOWN_WRITE);
    ck_assert(!client_step(plan, 1)->without_notify && plan->has_tls && !plan->uses_scratch && !plan->world.declared);
}
END_TEST

static void assert_attribute(const struct term *term, enum attribute attribute, uint32_t actor, uint32_t slot) {
    ck_assert(term->kind == TERM_ATTRIBUTE && term->typed && term->type == VALUE_BYTES);
    ck_assert_int_eq(term->attribute, attribute);
    ck_assert_uint_eq(term->actor, actor);
    if (actor == PLAN_NONE) ck_assert_uint_eq(term->socket_slot, slot);
}

START_TEST(attributes) {
    const struct plan *plan = compile_steps("connect echo as x\nlog tls.version\nlog x.tls.cipher\nlog echo.tls.alpn\n"
                                            "log \"${tls.peer_name}\"\nlog many[1].tls.version\nlog ca_file\n}\n"
                                            "client many * 2 { connect echo");
    assert_attribute(client_step(plan, 1)->operand, ATTRIBUTE_TLS_VERSION, PLAN_NONE, SLOT_CURRENT);
    assert_attribute(client_step(plan, 2)->operand, ATTRIBUTE_TLS_CIPHER, PLAN_NONE, client_step(plan, 0)->as);
    assert_attribute(client_step(plan, 3)->operand, ATTRIBUTE_TLS_ALPN, 2, 0);
    assert_attribute(client_step(plan, 4)->operand, ATTRIBUTE_TLS_PEER_NAME, PLAN_NONE, SLOT_CURRENT);
    const struct term *of_instance = client_step(plan, 5)->operand;
    assert_attribute(of_instance, ATTRIBUTE_TLS_VERSION, 1, 0);
    ck_assert(of_instance->index && of_instance->index->value.number == 1 && plan->actors[1].is_read);
    assert_attribute(client_step(plan, 6)->operand, ATTRIBUTE_CA_FILE, PLAN_NONE, SLOT_CURRENT);
    ck_assert(plan->has_tls && plan->uses_ca_file && plan->uses_scratch);
    ck_assert(!compile_steps("connect echo\nlog tls.version")->has_tls);
}
END_TEST

// A name of the scenario's own comes first.
START_TEST(tls_may_be_a_name) {
    const struct plan *plan = compile_good("scenario \"x\"\nmessage M { version u8 }\nserver s { listen tcp 127.0.0.1:0\n accept { "
                                           "recv M { } as tls\n log tls.version } }\nclient c { connect s\n log s.tls.version }\n");
    ck_assert(plan->steps[3].operand->kind == TERM_FIELD);
    ck_assert(plan->steps[plan->step_count - 2].operand->kind == TERM_FIELD);
    compile_good("scenario \"x\"\nserver tls { listen tcp 127.0.0.1:0 }\nclient c { connect tls\n log tls.local }\n");
    compile_good("scenario \"x\"\nserver s { listen tcp 127.0.0.1:0 }\nclient c { connect s as tls\n log tls.local tls.tls.version }\n");
}
END_TEST

START_TEST(certificates) {
    const struct plan *plan = compile_good(
        "scenario \"x\"\nlet days = 2d\nworld {\n  certificate a { }\n  certificate b { name x.test, \"${env(\"X\")}\", *.y.test, ::1 "
        "expires 0s - days self_signed }\n  certificate c { client name \"Jo <jo@x>\" }\n  certificate d {\n    file \"a b.pem\"\n    key "
        "k.pem\n  }\n  file conf \"${ca_file}\"\n}\nserver s { listen tcp 127.0.0.1:0 }\n");
    const struct plan_world *world = &plan->world;
    ck_assert(plan->has_tls && plan->uses_scratch && plan->uses_ca_file && world->certificate_count == 4);
    const struct plan_certificate *a = &world->certificates[0], *b = &world->certificates[1], *d = &world->certificates[3];
    ck_assert_str_eq(a->name, "a");
    ck_assert(!a->name_count && !a->expires && !a->is_client && !a->is_self_signed && !a->file && !a->key);
    ck_assert(b->name_count == 4 && b->is_self_signed && b->expires->value.number == -2 * 86400 * (integer)1000000000);
    assert_bytes(b->names[2], "*.y.test");
    ck_assert(b->names[1]->kind != TERM_CONSTANT && world->certificates[2].is_client);
    assert_bytes(d->file, "a b.pem");
    assert_bytes(d->key, "k.pem");
    ck_assert_uint_eq(source_position(d->span).line, 7);
    ck_assert(!compile_good("scenario \"x\"\nworld { }\nserver s { listen tcp 127.0.0.1:0 }\n")->has_tls);
}
END_TEST

// What is compiled for its mistakes alone leaves nothing behind.
START_TEST(procedures_that_nobody_calls) {
    const struct plan *plan = compile_steps("connect echo\n}\nprocedure secure() {\n  tls server\n  log ca_file");
    ck_assert(!plan->has_tls && !plan->uses_ca_file && !plan->uses_scratch);
    assert_steps_said("connect echo\n}\nprocedure secure() {\n  tls server with mine",
                      "4:19 the world has no certificate 'mine' = world { certificate mine { } }\n");
    assert_said("library \"x\"\nprocedure secure() {\n  tls server with mine\n}\n", "");
}
END_TEST

START_TEST(sockets_that_cannot_have_it) {
    static const char *const others[] = {"udp", "udp6", "udplite", "unix_dgram", "unix_seqpacket", "packet", "packet_dgram",
                                         "can", "isotp", "l2cap"};
    static const char *const streams[] = {"tcp", "tcp6", "mptcp", "unix", "rfcomm", "vsock"};
    struct buffer steps = {0}, said = {0};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        buffer_clear(&steps), buffer_clear(&said);
        buffer_printf(&steps, "socket %s\ntls client", others[i]);
        buffer_printf(&said, "2:1 TLS goes over a stream, and this socket is `%s` = TLS over datagrams, DTLS, is not built\n", others[i]);
        assert_steps_said(steps.data, said.data);
    }
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        buffer_clear(&steps);
        buffer_printf(&steps, "socket %s\ntls client", streams[i]);
        compile_steps(steps.data);
    }
    buffer_fini(&steps);
    buffer_fini(&said);
    assert_steps_said("listen tcp 127.0.0.1:0 as l\ntls server\naccept as c\ntls server\ntls client on l\naccept { tls server }\nclose\n"
                      "connect echo\ntls client",
                      "2:1 this socket listens, and TLS is between two that are connected = accept { tls server }\n"
                      "5:15 this socket listens, and TLS is between two that are connected = accept { tls client }\n");
}
END_TEST

START_TEST(failures_that_are_none) {
    assert_steps_said("connect echo fails NO_SHARED_CIPHER\ntls client fails NO_SUCH\ntls client fails cert_has_expired\n"
                      "tls client fails SSL_AD_UNKNOWN_CA\nrecv \"x\" fails EBAD\nresolve x fails ALERT_BAD_CERTIFICATE\n",
                      "1:20 unknown errno 'NO_SHARED_CIPHER' = that is how a 'tls', or a 'send' or a 'recv' over it, fails\n"
                      "2:18 unknown error 'NO_SUCH' = CERT_HAS_EXPIRED, NO_SHARED_CIPHER, ALERT_UNKNOWN_CA, ... or an errno\n"
                      "3:18 unknown error 'cert_has_expired' = did you mean 'CERT_HAS_EXPIRED'?\n"
                      "4:18 unknown error 'SSL_AD_UNKNOWN_CA' = OpenSSL's names stand here without their prefix: ALERT_UNKNOWN_CA\n"
                      "5:16 unknown errno 'EBAD' = did you mean 'EBADF'?\n"
                      "6:17 unknown error of a look-up 'ALERT_BAD_CERTIFICATE' = that is how a 'tls', or a 'send' or a 'recv' over it, fails\n");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"plan", {the_words_come_into_the_step, what_a_step_fails_with, ends_without_close_notify, attributes, tls_may_be_a_name,
                  certificates}},
        {"said", {procedures_that_nobody_calls, sockets_that_cannot_have_it, failures_that_are_none}},
    };
    return run_cases("compile_tls", cases, COUNT_OF(cases));
}
