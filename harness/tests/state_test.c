// Addresses and lifecycle paths: base/address.h, base/state.h.
#include "base/address.h"
#include "base/state.h"

#include <arpa/inet.h>
#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct address parsed(const char *text) {
    struct address address;
    bool has_port;
    ck_assert_msg(address_parse(slice_text(text), &address, &has_port), "'%s' is an address", text);
    return address;
}

static struct address unix_address(const char *name, size_t name_bytes) {
    struct address address = {.as.un.sun_family = AF_UNIX};
    memcpy(address.as.un.sun_path, name, name_bytes);
    address.len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_bytes);
    return address;
}

static void check_text(const struct address *address, const char *expected) {
    char text[ADDRESS_TEXT_BYTES];
    ck_assert_str_eq(address_text(address, text), expected);
}

static const struct {
    const char *text, *written, *host;
    int family, port;
    bool has_port, is_loopback;
} addresses[] = {
    {"192.168.0.114:4400", "192.168.0.114:4400", "192.168.0.114", AF_INET, 4400, true, false},
    {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1", AF_INET, 0, true, true},
    {"127.9.8.7", "127.9.8.7:0", "127.9.8.7", AF_INET, 0, false, true},
    {"0.0.0.0:65535", "0.0.0.0:65535", "0.0.0.0", AF_INET, 65535, true, true},
    {"126.255.255.255:1", "126.255.255.255:1", "126.255.255.255", AF_INET, 1, true, false},
    {"[::1]:80", "[::1]:80", "::1", AF_INET6, 80, true, true},
    {"[::1]", "[::1]:0", "::1", AF_INET6, 0, false, true},
    {"::1", "[::1]:0", "::1", AF_INET6, 0, false, true},
    {"::", "[::]:0", "::", AF_INET6, 0, false, true},
    {"2001:DB8::1", "[2001:db8::1]:0", "2001:db8::1", AF_INET6, 0, false, false},
    {"[::ffff:127.0.0.1]:8", "[::ffff:127.0.0.1]:8", "::ffff:127.0.0.1", AF_INET6, 8, true, true},
    {"[::ffff:10.0.0.1]:8", "[::ffff:10.0.0.1]:8", "::ffff:10.0.0.1", AF_INET6, 8, true, false},
};

START_TEST(address_reads_and_writes) {
    struct address address;
    bool has_port;
    char host[ADDRESS_TEXT_BYTES];
    ck_assert(address_parse(slice_text(addresses[_i].text), &address, &has_port));
    ck_assert_int_eq(address.as.any.sa_family, addresses[_i].family);
    ck_assert_int_eq(address_port(&address), addresses[_i].port);
    ck_assert_int_eq(has_port, addresses[_i].has_port);
    ck_assert_int_eq(address_is_loopback(&address), addresses[_i].is_loopback);
    ck_assert_str_eq(address_host(&address, host), addresses[_i].host);
    check_text(&address, addresses[_i].written);
}
END_TEST

static const char *const not_addresses[] = {
    "",
    ":",
    ":80",
    "1.2.3.4:",
    "1.2.3.4:65536",
    "1.2.3.4:080",
    "1.2.3.4:+8",
    "1.2.3.4: 8",
    "1.2.3.4:8 ",
    " 1.2.3.4:8",
    "1.2.3:80",
    "1.2.3.256:80",
    "01.2.3.4:80",
    "1.2.3.4:100000",
    "[::1",
    "[::1]80",
    "[::1]:",
    "[]:80",
    "[1.2.3.4]:80",
    "[::1]:-1",
    "[::1]:80:80",
    "localhost:80",
    "::g",
    "1.2.3.4:0x50",
    "::1%lo",
    "1.2.3.4:4294967376",
};

START_TEST(address_refuses) {
    struct address address;
    bool has_port;
    const char *text = not_addresses[_i];
    ck_assert_msg(!address_parse(slice_text(text), &address, &has_port), "'%s' is no address", text);
}
END_TEST

START_TEST(address_refuses_a_nul_inside) {
    struct address address;
    bool has_port;
    ck_assert(!address_parse(slice_of("1.2.3.4\0", 8), &address, &has_port));
    ck_assert(!address_parse(slice_of("1.2.3.4:8\0", 10), &address, &has_port));
}
END_TEST

START_TEST(address_equality) {
    struct address a = parsed("127.0.0.1:80"), mapped = parsed("[::ffff:127.0.0.1]:80"), six = parsed("[::1]:80");
    struct address other_port = parsed("127.0.0.1:81"), other_host = parsed("127.0.0.2:80");
    ck_assert(address_equal(&a, &a));
    ck_assert(address_equal(&a, &mapped));
    ck_assert(address_equal(&mapped, &a));
    ck_assert(!address_equal(&a, &other_port));
    ck_assert(!address_equal(&a, &other_host));
    ck_assert(!address_equal(&a, &six));
}
END_TEST

START_TEST(address_none) {
    struct address none = {0}, unnamed = unix_address("", 0), a = parsed("127.0.0.1:80");
    ck_assert(address_is_none(&none));
    ck_assert(address_is_none(&unnamed));
    ck_assert(!address_is_none(&a));
    ck_assert(address_equal(&none, &unnamed));
    ck_assert(!address_equal(&none, &a));
    ck_assert_int_eq(address_port(&none), -1);
    ck_assert(!address_is_loopback(&none));
    check_text(&none, "none");
    check_text(&unnamed, "none");
}
END_TEST

START_TEST(address_of_unix_sockets) {
    struct address path = unix_address("/tmp/echo.sock\0", 15), bare = unix_address("/tmp/echo.sock", 14);
    struct address abstract = unix_address("\0echo", 5), with_nul = unix_address("\0echo\0", 6);
    check_text(&path, "/tmp/echo.sock");
    check_text(&abstract, "@echo");
    ck_assert(address_equal(&path, &bare));
    ck_assert(!address_equal(&abstract, &with_nul)); // an abstract name is as long as its length says
    ck_assert(!address_equal(&path, &abstract));
    ck_assert(address_is_loopback(&path));
    ck_assert_int_eq(address_port(&path), -1);
}
END_TEST

START_TEST(address_of_the_longest_unix_path) {
    char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
    memset(name, 'x', sizeof(name));
    struct address full = unix_address(name, sizeof(name)); // bind(2) takes it without a NUL
    char text[ADDRESS_TEXT_BYTES];
    ck_assert_uint_eq(strlen(address_text(&full, text)), sizeof(name));
}
END_TEST

// Paths are written "CLOSE SYN_SENT", a gap "?", any states "...".
static struct state_path path_of(const char *text) {
    struct state_path path = {0};
    char words[512];
    snprintf(words, sizeof(words), "%s", text);
    char *rest = NULL;
    bool gap = false;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, "?") == 0) {
            gap = true;
            continue;
        }
        ck_assert_uint_lt(path.count, PATH_MAX_STATES);
        ck_assert(strcmp(word, "...") == 0 || state_of(slice_text(word)) != STATE_ANY);
        path.gap_before[path.count] = gap;
        path.states[path.count++] = (uint8_t)state_of(slice_text(word));
        gap = false;
    }
    return path;
}

static void check_path(const struct state_path *path, const char *expected) {
    struct buffer text = {0};
    path_text(path, &text);
    ck_assert_str_eq(text.data ? text.data : "", expected);
    buffer_fini(&text);
}

START_TEST(state_names_are_the_kernels) {
    ck_assert_str_eq(state_name(STATE_ESTABLISHED), "ESTABLISHED");
    ck_assert_str_eq(state_name(STATE_CLOSING), "CLOSING");
    ck_assert_str_eq(state_name(STATE_ANY), "?");
    ck_assert_str_eq(state_name((enum state)99), "?");
    for (unsigned i = 1; i < STATE_COUNT; i++) ck_assert_uint_eq(state_of(slice_text(state_name(i))), i);
    ck_assert_uint_eq(state_of(slice_text("established")), STATE_ANY);
    ck_assert_uint_eq(state_of(slice_text("")), STATE_ANY);
}
END_TEST

// What is noted one after the other, and the record that this leaves. "!" before a state: certain.
static const struct {
    const char *noted, *record;
} notes[] = {
    {"CLOSE SYN_SENT", "CLOSE -> SYN_SENT"},
    {"SYN_SENT ESTABLISHED", "SYN_SENT -> ? -> ESTABLISHED"}, // or by a simultaneous open
    {"SYN_SENT !ESTABLISHED", "SYN_SENT -> ESTABLISHED"},
    {"SYN_RECV ESTABLISHED", "SYN_RECV -> ESTABLISHED"},
    {"SYN_RECV FIN_WAIT1", "SYN_RECV -> ? -> FIN_WAIT1"},
    {"ESTABLISHED ESTABLISHED", "ESTABLISHED"},
    {"ESTABLISHED FIN_WAIT1", "ESTABLISHED -> FIN_WAIT1"},
    {"ESTABLISHED CLOSE_WAIT", "ESTABLISHED -> CLOSE_WAIT"},
    {"ESTABLISHED TIME_WAIT", "ESTABLISHED -> ? -> TIME_WAIT"},
    {"ESTABLISHED LAST_ACK", "ESTABLISHED -> ? -> LAST_ACK"}, // one way, but not one edge
    {"ESTABLISHED CLOSE", "ESTABLISHED -> ? -> CLOSE"},
    {"ESTABLISHED !CLOSE", "ESTABLISHED -> CLOSE"},
    {"FIN_WAIT1 FIN_WAIT2", "FIN_WAIT1 -> FIN_WAIT2"},
    {"FIN_WAIT1 CLOSING", "FIN_WAIT1 -> CLOSING"},
    {"FIN_WAIT1 TIME_WAIT", "FIN_WAIT1 -> ? -> TIME_WAIT"},
    {"FIN_WAIT2 TIME_WAIT", "FIN_WAIT2 -> TIME_WAIT"},
    {"FIN_WAIT2 CLOSE", "FIN_WAIT2 -> ? -> CLOSE"}, // TIME_WAIT may have come and gone
    {"CLOSING TIME_WAIT", "CLOSING -> TIME_WAIT"},
    {"CLOSE_WAIT LAST_ACK", "CLOSE_WAIT -> LAST_ACK"},
    {"CLOSE_WAIT CLOSE", "CLOSE_WAIT -> ? -> CLOSE"},
    {"LAST_ACK CLOSE", "LAST_ACK -> CLOSE"},
    {"CLOSE LISTEN CLOSE", "CLOSE -> LISTEN -> CLOSE"},
    {"FIN_WAIT2 TIME_WAIT CLOSE", "FIN_WAIT2 -> TIME_WAIT"},
    {"FIN_WAIT2 TIME_WAIT !CLOSE CLOSE", "FIN_WAIT2 -> TIME_WAIT"},
    {"CLOSE ... SYN_SENT", "CLOSE -> SYN_SENT"},
    {"ESTABLISHED LISTEN", "ESTABLISHED -> ? -> LISTEN"},           // no edge at all
    {"CLOSE !ESTABLISHED !CLOSE", "CLOSE -> ESTABLISHED -> CLOSE"}, // a Unix socket
};

START_TEST(path_notes) {
    struct state_path record = {0};
    char words[256];
    snprintf(words, sizeof(words), "%s", notes[_i].noted);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        bool const certain = word[0] == '!';
        path_note(&record, state_of(slice_text(word + certain)), certain);
    }
    check_path(&record, notes[_i].record);
}
END_TEST

START_TEST(path_too_long_keeps_the_newest) {
    struct state_path record = {0};
    for (unsigned i = 0; i < PATH_MAX_STATES; i++) path_note(&record, i % 2 ? STATE_SYN_SENT : STATE_CLOSE, true);
    ck_assert_uint_eq(record.count, PATH_MAX_STATES);
    ck_assert(!record.gap_before[PATH_MAX_STATES - 1]);
    path_note(&record, STATE_CLOSE, true);
    path_note(&record, STATE_LISTEN, true);
    ck_assert_uint_eq(record.count, PATH_MAX_STATES);
    ck_assert_uint_eq(record.states[PATH_MAX_STATES - 1], STATE_LISTEN);
    ck_assert(record.gap_before[PATH_MAX_STATES - 1]);

    struct state_path wanted = path_of("... LISTEN");
    ck_assert_int_eq(path_compare(&record, &wanted), PATH_EQUAL);
    wanted = path_of("... SYN_SENT");
    ck_assert_int_eq(path_compare(&record, &wanted), PATH_DIFFERS);
    wanted = path_of("... TIME_WAIT ... LISTEN");
    ck_assert_int_eq(path_compare(&record, &wanted), PATH_UNSETTLED);
}
END_TEST

START_TEST(path_text_writes_wildcards) {
    struct state_path path = path_of("... ESTABLISHED ...");
    check_path(&path, "... -> ESTABLISHED -> ...");
    path = path_of("");
    check_path(&path, "");
}
END_TEST

static const struct {
    const char *record, *wanted;
    enum path_answer answer;
} comparisons[] = {
    {"", "", PATH_EQUAL},
    {"", "...", PATH_EQUAL},
    {"", "CLOSE", PATH_DIFFERS},
    {"CLOSE", "", PATH_DIFFERS},
    {"CLOSE SYN_SENT ESTABLISHED", "CLOSE SYN_SENT ESTABLISHED", PATH_EQUAL},
    {"CLOSE SYN_SENT ESTABLISHED", "CLOSE SYN_SENT", PATH_DIFFERS},
    {"CLOSE SYN_SENT ESTABLISHED", "CLOSE SYN_SENT ESTABLISHED FIN_WAIT1", PATH_DIFFERS},
    {"CLOSE SYN_SENT ESTABLISHED", "CLOSE SYN_SENT ... ESTABLISHED", PATH_EQUAL},
    {"CLOSE SYN_SENT ESTABLISHED", "... ESTABLISHED ...", PATH_EQUAL},
    {"CLOSE SYN_SENT ESTABLISHED", "... ... ESTABLISHED", PATH_EQUAL},
    {"CLOSE SYN_SENT ESTABLISHED", "... SYN_RECV ...", PATH_DIFFERS},
    {"CLOSE SYN_SENT ? ESTABLISHED", "CLOSE SYN_SENT ESTABLISHED", PATH_UNSETTLED},
    {"CLOSE SYN_SENT ? ESTABLISHED", "CLOSE SYN_SENT SYN_RECV ESTABLISHED", PATH_UNSETTLED},
    {"CLOSE SYN_SENT ? ESTABLISHED", "CLOSE SYN_SENT ... ESTABLISHED", PATH_EQUAL},
    {"CLOSE SYN_SENT ? ESTABLISHED", "CLOSE SYN_SENT FIN_WAIT1 ESTABLISHED", PATH_DIFFERS},
    {"ESTABLISHED ? TIME_WAIT", "ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT", PATH_UNSETTLED},
    {"ESTABLISHED ? TIME_WAIT", "ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT", PATH_UNSETTLED},
    {"ESTABLISHED ? TIME_WAIT", "ESTABLISHED FIN_WAIT1 TIME_WAIT", PATH_UNSETTLED},
    {"ESTABLISHED ? TIME_WAIT", "ESTABLISHED FIN_WAIT1 ... TIME_WAIT", PATH_EQUAL},
    {"ESTABLISHED ? TIME_WAIT", "ESTABLISHED TIME_WAIT", PATH_DIFFERS},
    {"ESTABLISHED ? TIME_WAIT", "... CLOSE_WAIT ...", PATH_DIFFERS},
    {"ESTABLISHED FIN_WAIT1 ? TIME_WAIT", "... FIN_WAIT2 TIME_WAIT", PATH_UNSETTLED},
    {"ESTABLISHED ? LAST_ACK", "ESTABLISHED CLOSE_WAIT LAST_ACK", PATH_EQUAL}, // no other way
    {"ESTABLISHED ? LAST_ACK", "ESTABLISHED LAST_ACK", PATH_DIFFERS},
    {"ESTABLISHED ? CLOSE", "ESTABLISHED CLOSE", PATH_UNSETTLED},
    {"ESTABLISHED ? CLOSE", "ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE", PATH_UNSETTLED},
    {"FIN_WAIT2 ? CLOSE", "FIN_WAIT2 TIME_WAIT", PATH_UNSETTLED}, // forgotten before anybody looked
    {"FIN_WAIT2 ? CLOSE", "FIN_WAIT2 CLOSE", PATH_UNSETTLED},
    {"FIN_WAIT2 ? CLOSE", "FIN_WAIT2 TIME_WAIT CLOSE", PATH_DIFFERS},
    {"ESTABLISHED ? LISTEN", "ESTABLISHED CLOSE LISTEN", PATH_UNSETTLED}, // only through a CLOSE, and in many ways
    {"ESTABLISHED ? LISTEN", "... CLOSE_WAIT LISTEN", PATH_DIFFERS},
    {"ESTABLISHED FIN_WAIT1 ? CLOSE SYN_SENT", "... SYN_SENT", PATH_EQUAL},
};

START_TEST(path_compares) {
    struct state_path record = path_of(comparisons[_i].record), wanted = path_of(comparisons[_i].wanted);
    ck_assert_msg(path_compare(&record, &wanted) == comparisons[_i].answer, "'%s' against '%s'", comparisons[_i].record,
                  comparisons[_i].wanted);
}
END_TEST

// The oracle: every way is spelled out by recursion, and matched the naive way.
struct oracle {
    const struct state_path *record, *wanted;
    uint8_t word[64];
    unsigned matches, ways;
};

static bool oracle_edge(unsigned from, unsigned to) {
    static const char *const out[] = {
        "CLOSE LISTEN",        "CLOSE SYN_SENT",        "LISTEN CLOSE",           "SYN_SENT ESTABLISHED",
        "SYN_SENT SYN_RECV",   "SYN_SENT CLOSE",        "SYN_RECV ESTABLISHED",   "SYN_RECV FIN_WAIT1",
        "SYN_RECV CLOSE",      "ESTABLISHED FIN_WAIT1", "ESTABLISHED CLOSE_WAIT", "ESTABLISHED CLOSE",
        "FIN_WAIT1 FIN_WAIT2", "FIN_WAIT1 CLOSING",     "FIN_WAIT1 TIME_WAIT",    "FIN_WAIT1 CLOSE",
        "FIN_WAIT2 TIME_WAIT", "FIN_WAIT2 CLOSE",       "CLOSING TIME_WAIT",      "CLOSING CLOSE",
        "TIME_WAIT CLOSE",     "CLOSE_WAIT LAST_ACK",   "CLOSE_WAIT CLOSE",       "LAST_ACK CLOSE",
    };
    char edge[64];
    snprintf(edge, sizeof(edge), "%s %s", state_name(from), state_name(to));
    for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++) {
        if (strcmp(edge, out[i]) == 0) return true;
    }
    return false;
}

static bool oracle_matches(const uint8_t *word, unsigned length, const uint8_t *wanted, unsigned count) {
    if (count == 0) return length == 0;
    if (wanted[0] != STATE_ANY) {
        return length > 0 && word[0] == wanted[0] && oracle_matches(word + 1, length - 1, wanted + 1, count - 1);
    }
    for (unsigned skipped = 0; skipped <= length; skipped++) {
        if (oracle_matches(word + skipped, length - skipped, wanted + 1, count - 1)) return true;
    }
    return false;
}

// `state` is where the walk stands, `at` the record's next element.
static void oracle_walk(struct oracle *oracle, unsigned length, unsigned state, unsigned at) {
    const struct state_path *record = oracle->record;
    if (at == record->count) {
        oracle->ways++;
        oracle->matches += oracle_matches(oracle->word, length, oracle->wanted->states, oracle->wanted->count);
        return;
    }
    unsigned const target = record->states[at];
    if (at == 0 || !record->gap_before[at]) {
        oracle->word[length] = (uint8_t)target;
        oracle_walk(oracle, length + 1, target, at + 1);
        return;
    }
    for (unsigned next = 1; next < STATE_COUNT; next++) {
        if (!oracle_edge(state, next) || (next == STATE_CLOSE && target != STATE_CLOSE)) continue;
        unsigned longer = length;
        if (!(state == STATE_TIME_WAIT && next == STATE_CLOSE)) oracle->word[longer++] = (uint8_t)next;
        // Without an unseen CLOSE the diagram has no circle, so the target is reached once.
        oracle_walk(oracle, longer, next, next == target ? at + 1 : at);
    }
}

// A random walk along the diagram, of which some states were not seen.
static struct state_path random_record(unsigned *seed) {
    struct state_path record = {0};
    unsigned state = 1 + (unsigned)rand_r(seed) % (STATE_COUNT - 1);
    record.states[record.count++] = (uint8_t)state;
    bool missed = false;
    for (unsigned steps = 0; steps < 7; steps++) {
        unsigned const next = 1 + (unsigned)rand_r(seed) % (STATE_COUNT - 1);
        if (!oracle_edge(state, next) || state == STATE_TIME_WAIT) continue;
        state = next;
        if (state != STATE_CLOSE && rand_r(seed) % 2) {
            missed = true;
            continue;
        }
        record.gap_before[record.count] = missed;
        record.states[record.count++] = (uint8_t)state;
        missed = false;
    }
    return record;
}

// A pattern near the record: its states, some left out, some replaced, some wild.
static struct state_path random_wanted(const struct state_path *record, unsigned *seed) {
    struct state_path wanted = {0};
    for (unsigned i = 0; i < record->count; i++) {
        if (rand_r(seed) % 3 == 0) wanted.states[wanted.count++] = STATE_ANY;
        if (rand_r(seed) % 4 == 0) wanted.states[wanted.count++] = (uint8_t)(1 + rand_r(seed) % (STATE_COUNT - 1));
        if (rand_r(seed) % 5) wanted.states[wanted.count++] = record->states[i];
    }
    return wanted;
}

START_TEST(path_compares_as_spelled_out) {
    unsigned seed = 4400;
    unsigned seen[3] = {0};
    for (unsigned round = 0; round < 20000; round++) {
        struct state_path record = random_record(&seed), wanted = random_wanted(&record, &seed);
        struct oracle oracle = {.record = &record, .wanted = &wanted};
        oracle_walk(&oracle, 0, STATE_ANY, 0);
        ck_assert_uint_gt(oracle.ways, 0);
        enum path_answer const expected = oracle.matches == oracle.ways ? PATH_EQUAL
                                          : oracle.matches == 0         ? PATH_DIFFERS
                                                                        : PATH_UNSETTLED;
        ck_assert_int_eq(path_compare(&record, &wanted), expected);
        seen[expected]++;
    }
    for (unsigned i = 0; i < 3; i++) ck_assert_uint_gt(seen[i], 300); // or the rounds prove little
}
END_TEST

START_TEST(path_compares_the_widest_pattern) {
    struct state_path record = {0}, wanted = {0};
    for (unsigned i = 0; i < PATH_MAX_STATES; i++) {
        path_note(&record, i % 2 ? STATE_CLOSE : STATE_SYN_SENT, true);
        wanted.states[wanted.count++] = i % 2 ? STATE_CLOSE : STATE_ANY;
    }
    ck_assert_int_eq(path_compare(&record, &record), PATH_EQUAL);
    ck_assert_int_eq(path_compare(&record, &wanted), PATH_EQUAL);
    wanted.states[0] = STATE_CLOSE; // one CLOSE more than there are
    ck_assert_int_eq(path_compare(&record, &wanted), PATH_DIFFERS);
}
END_TEST

// Long patterns of segments that begin alike: where a matcher's sets of positions would multiply.
START_TEST(path_compares_patterns_of_many_segments) {
    unsigned seed = 209;
    unsigned equal = 0;
    for (unsigned round = 0; round < 2000; round++) {
        struct state_path record = {0}, wanted = {0};
        for (unsigned i = 0; i < PATH_MAX_STATES; i++) {
            enum state const between = rand_r(&seed) % 2 ? STATE_LISTEN : STATE_SYN_SENT;
            path_note(&record, i % 2 ? between : STATE_CLOSE, true);
            if (rand_r(&seed) % 4 == 0) wanted.states[wanted.count++] = STATE_ANY;
            else if (rand_r(&seed) % 2) wanted.states[wanted.count++] = i % 2 ? (uint8_t)between : STATE_CLOSE;
        }
        bool const matches = oracle_matches(record.states, record.count, wanted.states, wanted.count);
        ck_assert_int_eq(path_compare(&record, &wanted), matches ? PATH_EQUAL : PATH_DIFFERS);
        equal += matches;
    }
    ck_assert_uint_gt(equal, 100);
}
END_TEST

START_TEST(what_a_state_can_become) {
    static const struct {
        enum state from, to;
        bool can;
    } pairs[] = {
        {STATE_ESTABLISHED, STATE_TIME_WAIT, true},  {STATE_ESTABLISHED, STATE_ESTABLISHED, true},
        {STATE_SYN_SENT, STATE_CLOSE_WAIT, true},    {STATE_FIN_WAIT1, STATE_FIN_WAIT2, true},
        {STATE_TIME_WAIT, STATE_CLOSE, true},        {STATE_ANY, STATE_FIN_WAIT2, true},
        {STATE_TIME_WAIT, STATE_FIN_WAIT2, false},   {STATE_TIME_WAIT, STATE_ESTABLISHED, false},
        {STATE_CLOSE_WAIT, STATE_FIN_WAIT2, false},  {STATE_LAST_ACK, STATE_TIME_WAIT, false},
        {STATE_CLOSE, STATE_ESTABLISHED, false},     {STATE_FIN_WAIT2, STATE_CLOSE_WAIT, false},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        ck_assert_msg(state_can_become(pairs[i].from, pairs[i].to) == pairs[i].can, "%s to %s", state_name(pairs[i].from),
                      state_name(pairs[i].to));
}
END_TEST

static Suite *state_suite(void) {
    Suite *suite = suite_create("state");
    TCase *address = tcase_create("address");
    tcase_add_loop_test(address, address_reads_and_writes, 0, sizeof(addresses) / sizeof(*addresses));
    tcase_add_loop_test(address, address_refuses, 0, sizeof(not_addresses) / sizeof(*not_addresses));
    tcase_add_test(address, address_refuses_a_nul_inside);
    tcase_add_test(address, address_equality);
    tcase_add_test(address, address_none);
    tcase_add_test(address, address_of_unix_sockets);
    tcase_add_test(address, address_of_the_longest_unix_path);
    suite_add_tcase(suite, address);

    TCase *path = tcase_create("path");
    tcase_set_timeout(path, 30);
    tcase_add_test(path, state_names_are_the_kernels);
    tcase_add_loop_test(path, path_notes, 0, sizeof(notes) / sizeof(*notes));
    tcase_add_test(path, path_too_long_keeps_the_newest);
    tcase_add_test(path, path_text_writes_wildcards);
    tcase_add_loop_test(path, path_compares, 0, sizeof(comparisons) / sizeof(*comparisons));
    tcase_add_test(path, path_compares_as_spelled_out);
    tcase_add_test(path, path_compares_the_widest_pattern);
    tcase_add_test(path, path_compares_patterns_of_many_segments);
    tcase_add_test(path, what_a_state_can_become);
    suite_add_tcase(suite, path);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(state_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
