// Mailboxes between threads: engine/mail.h.
#include "mail.h"

#include "base/clock.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { SENDERS = 4, LETTERS = 5000 };

static struct mailbox mailbox;

static void set_up(void) {
    ck_assert_int_eq(mailbox_init(&mailbox), 0);
}

static void tear_down(void) {
    mailbox_fini(&mailbox);
}

static bool is_readable(void) {
    struct pollfd waiting = {.fd = mailbox.event_fd, .events = POLLIN};
    return poll(&waiting, 1, 0) == 1;
}

static void post(uint32_t sender, uint32_t number) {
    struct mail *mail = mail_new(MAIL_EVENT, NULL, NULL);
    mail->instance = sender;
    mail->number = number;
    struct value const value = value_integer(number);
    mail->value = value_copy(&mail->memory, &value);
    mailbox_post(&mailbox, mail);
}

START_TEST(an_empty_mailbox_gives_nothing) {
    struct list letters;
    list_init(&letters);
    ck_assert(!is_readable());
    mailbox_take(&mailbox, &letters);
    ck_assert(list_empty(&letters));
}
END_TEST

START_TEST(a_letter_wakes_and_is_taken_once) {
    struct list letters;
    list_init(&letters);
    post(0, 7);
    post(0, 8);
    ck_assert(is_readable());
    mailbox_heed(&mailbox);
    mailbox_take(&mailbox, &letters);
    ck_assert(!is_readable());
    for (uint32_t number = 7; number <= 8; number++) {
        struct mail *mail = list_entry(list_take(&letters), struct mail, link);
        ck_assert_uint_eq(mail->number, number);
        mail_free(mail);
    }
    ck_assert(list_empty(&letters));
    mailbox_take(&mailbox, &letters);
    ck_assert(list_empty(&letters));
}
END_TEST

START_TEST(a_nudge_wakes_without_a_letter) {
    struct list letters;
    list_init(&letters);
    mailbox_nudge(mailbox.event_fd);
    ck_assert(is_readable());
    mailbox_heed(&mailbox);
    mailbox_take(&mailbox, &letters);
    ck_assert(list_empty(&letters));
    ck_assert(!is_readable());
}
END_TEST

// What nobody took is freed with the box: a leak checker sees to it.
START_TEST(letters_that_nobody_takes_are_freed) {
    for (uint32_t i = 0; i < 100; i++) post(0, i);
}
END_TEST

static void *sender(void *argument) {
    uint32_t const number = *(const uint32_t *)argument;
    for (uint32_t i = 0; i < LETTERS; i++) post(number, i);
    return NULL;
}

// None is lost, no wake-up is lost, and letters of one sender stay in order.
START_TEST(many_senders_one_owner) {
    pthread_t threads[SENDERS];
    uint32_t numbers[SENDERS], next[SENDERS] = {0}, total = 0;
    for (uint32_t i = 0; i < SENDERS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sender, &numbers[i]), 0);
    }
    while (total < SENDERS * LETTERS) {
        struct pollfd waiting = {.fd = mailbox.event_fd, .events = POLLIN};
        ck_assert_int_eq(poll(&waiting, 1, 20 * 1000), 1);
        struct list letters, *link;
        list_init(&letters);
        mailbox_heed(&mailbox);
        mailbox_take(&mailbox, &letters);
        while ((link = list_take(&letters))) {
            struct mail *mail = list_entry(link, struct mail, link);
            ck_assert_uint_eq(mail->number, next[mail->instance]++);
            ck_assert(mail->value.number == mail->number);
            mail_free(mail);
            total++;
        }
    }
    for (uint32_t i = 0; i < SENDERS; i++) pthread_join(threads[i], NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mail");
    TCase *tcase = tcase_create("mailbox");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, an_empty_mailbox_gives_nothing);
    tcase_add_test(tcase, a_letter_wakes_and_is_taken_once);
    tcase_add_test(tcase, a_nudge_wakes_without_a_letter);
    tcase_add_test(tcase, letters_that_nobody_takes_are_freed);
    tcase_add_test(tcase, many_senders_one_owner);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
