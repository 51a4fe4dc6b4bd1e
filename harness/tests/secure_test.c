// TLS as scenarios play it: what the journal says of it, and what is left when a case ends in the middle.
#include "engine_play.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST, CALLER };

static const struct event *event_of(const struct journal *journal, enum event_kind kind, uint32_t actor) {
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == kind && journal->events[i].actor == actor) return &journal->events[i];
    return NULL;
}

static void assert_secured(const struct journal *journal, uint32_t actor, int code, const char *text) {
    const struct event *const event = event_of(journal, EVENT_SECURED, actor);
    ck_assert_ptr_nonnull(event);
    ck_assert_int_eq(event->code, code);
    ck_assert_msg(slice_is(event->bytes, text), "%.*s", (int)event->bytes.len_bytes, (const char *)event->bytes.data);
}

// A scenario of one connection: what host and caller do on it.
#define TALK                                                                                                           \
    "scenario \"secure\"\ntimeout 20s\n"                                                                               \
    "server host {\n  listen tcp 127.0.0.1:0\n  accept { %s }\n}\n"                                                    \
    "client caller {\n  connect host\n %s\n}\n"

static void talk(struct played *played, const struct play_options *options, const char *host, const char *caller) {
    play(played, options, TALK, host, caller);
}

static const struct play_options PLAINLY = {0};

START_TEST(both_ends_say_what_was_agreed) {
    struct played played;
    talk(&played, &PLAINLY, "tls server alpn \"h2\"\nrecv eof\n", "tls client alpn \"h2\"");
    const struct journal *const journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    assert_secured(journal, HOST, 0, "TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN h2");
    assert_secured(journal, CALLER, 0, "TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN h2, peer localhost");
    played_fini(&played);
}
END_TEST

START_TEST(a_failure_is_noted_and_the_case_goes_on) {
    struct played played;
    talk(&played, &PLAINLY, "tls server fails ALERT_BAD_CERTIFICATE\nrecv eof\n",
         "tls client name \"elsewhere\" fails HOSTNAME_MISMATCH");
    const struct journal *const journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    assert_secured(journal, HOST, 1, "ALERT_BAD_CERTIFICATE (the peer's alert 42)");
    assert_secured(journal, CALLER, 1, "HOSTNAME_MISMATCH (hostname mismatch: it is for localhost, 127.0.0.1, ::1)");
    played_fini(&played);
}
END_TEST

// The lines of NSS's key log (SSLKEYLOGFILE): a label, 32 bytes of the client's random, a secret.
static const struct {
    const char *version;
    unsigned lines; // of each end
    const char *label;
    size_t secret_digits;
} key_logs[] = {
    {"TLSv1.3", 5, "CLIENT_TRAFFIC_SECRET_0 ", 96},
    {"TLSv1.2", 1, "CLIENT_RANDOM ", 96},
};

static struct slice key_line(const struct journal *journal, uint32_t actor, const char *label) {
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind != EVENT_TLS_KEYS || event->actor != actor) continue;
        if (slice_find(event->bytes, slice_text(label)) == 0) return event->bytes;
    }
    return slice_of(NULL, 0);
}

START_TEST(the_journal_keeps_the_keys) {
    struct played played;
    char tls[64];
    snprintf(tls, sizeof tls, "tls client version \"%s\"", key_logs[_i].version);
    talk(&played, &PLAINLY, "tls server\nrecv eof\n", tls);
    const struct journal *const journal = played.journals[0];
    ck_assert_uint_eq(count_events(journal, EVENT_TLS_KEYS), 2 * key_logs[_i].lines);
    struct slice const of_host = key_line(journal, HOST, key_logs[_i].label), of_caller = key_line(journal, CALLER, key_logs[_i].label);
    ck_assert(slice_equal(of_host, of_caller));
    ck_assert_uint_eq(of_host.len_bytes, strlen(key_logs[_i].label) + 64 + 1 + key_logs[_i].secret_digits);
    ck_assert_uint_ne(event_of(journal, EVENT_TLS_KEYS, HOST)->socket, JOURNAL_NONE);
    played_fini(&played);
}
END_TEST

// Bytes count as plaintext, and nothing of the handshake does.
START_TEST(only_plaintext_is_sent_and_matched) {
    struct played played;
    talk(&played, &PLAINLY, "recv \"go\"\ntls server\nrecv \"secret\" eof\n", "send \"go\"\ntls client\nsend \"secret\"");
    const struct journal *const journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    uint64_t sent = 0, matched = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        if (journal->events[i].kind == EVENT_SENT) sent += journal->events[i].count;
        if (journal->events[i].kind == EVENT_MATCHED) matched += journal->events[i].count;
    }
    ck_assert_uint_eq(sent, 8);
    ck_assert_uint_eq(matched, 8);
    played_fini(&played);
}
END_TEST

START_TEST(what_was_found_is_told_before_the_alert_for_it) {
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct played played;
        talk(&played, &(struct play_options){.threads = threads, .workers = threads}, "tls server\nrecv eof\n",
             "tls client name \"elsewhere\"");
        const struct failure *found = NULL;
        for (uint64_t i = 0; i < played.journals[0]->event_count; i++) {
            const struct event *const event = &played.journals[0]->events[i];
            if (event->kind == EVENT_FAILED && event->actor == CALLER) found = event->failure;
            if (event->kind == EVENT_FAILED && event->actor == HOST) ck_assert(!event->failure->is_cause);
        }
        ck_assert_ptr_nonnull(found);
        ck_assert(found->is_cause);
        played_fini(&played);
    }
}
END_TEST

// Sessions in every stage: nothing stays open, and under a sanitizer nothing leaks.
static const struct {
    const char *host, *caller;
} unfinished[] = {
    {"tls server\nexpect false\n", "tls client\nrecv \"never\""},
    {"wait caller\n", "tls client within 20ms"},
    {"tls server\nrecv \"never\"\n", "recv nothing for 20ms\nexpect false"},
    {"tls server\nwait caller\n", "tls client fails ALERT_CERTIFICATE_REQUIRED within 20ms"},
    {"tls server\nwait caller\n", "tls client\nsend zeros(64MiB) within 20ms"},
};

START_TEST(nothing_is_left_of_a_case_that_ends_in_the_middle) {
    unsigned const before = descriptors_open();
    struct played played;
    talk(&played, &PLAINLY, unfinished[_i].host, unfinished[_i].caller);
    ck_assert_ptr_nonnull(first_failure(played.journals[0]));
    played_fini(&played);
    ck_assert_uint_eq(descriptors_open(), before);
}
END_TEST

// Cases that share one authority, on several workers.
START_TEST(cases_share_an_authority) {
    struct played played;
    talk(&played, &(struct play_options){.copies = 12, .workers = 4}, "tls server\nrecv \"x\" eof\n", "tls client\nsend \"x\"");
    for (uint32_t i = 0; i < played.count; i++) {
        const struct failure *const failure = first_failure(played.journals[i]);
        ck_assert_msg(!failure, "%s", failure ? failure->message : "");
    }
    played_fini(&played);
}
END_TEST

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void) {
    Suite *const suite = suite_create("secure");
    TCase *const tests = tcase_create("secure");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, both_ends_say_what_was_agreed);
    tcase_add_test(tests, a_failure_is_noted_and_the_case_goes_on);
    tcase_add_loop_test(tests, the_journal_keeps_the_keys, 0, COUNT_OF(key_logs));
    tcase_add_test(tests, only_plaintext_is_sent_and_matched);
    tcase_add_test(tests, what_was_found_is_told_before_the_alert_for_it);
    tcase_add_loop_test(tests, nothing_is_left_of_a_case_that_ends_in_the_middle, 0, COUNT_OF(unfinished));
    tcase_add_test(tests, cases_share_an_authority);
    suite_add_tcase(suite, tests);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
