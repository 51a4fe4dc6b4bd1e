#include "words.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const SHORT_ESCAPES[256] = {['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
static const char ELLIPSIS[] = "...";

// One character as it is shown. A plain value.
struct glyph {
    unsigned source_bytes;
    unsigned columns;
    char text[8];
    unsigned text_bytes;
};

static struct glyph glyph_at(struct slice text, size_t at) {
    uint8_t const byte = text.data[at];
    struct glyph glyph = {.source_bytes = 1};
    uint32_t code_point;
    unsigned const len = utf8_decode(slice_of(text.data + at, text.len_bytes - at), &code_point);
    if (len && utf8_printable(code_point)) {
        memcpy(glyph.text, text.data + at, len);
        glyph.source_bytes = glyph.text_bytes = len;
        glyph.columns = utf8_columns(code_point);
        return glyph;
    }
    int const written = SHORT_ESCAPES[byte] ? snprintf(glyph.text, sizeof glyph.text, "%s", SHORT_ESCAPES[byte])
                                            : snprintf(glyph.text, sizeof glyph.text, "\\x%02x", byte);
    glyph.text_bytes = glyph.columns = (unsigned)written;
    return glyph;
}

unsigned report_text(struct slice text, unsigned columns, struct buffer *out) {
    unsigned const ellipsis = columns < sizeof ELLIPSIS - 1 ? columns : sizeof ELLIPSIS - 1;
    unsigned shown = 0;
    size_t cut_at = out->len_bytes; // where the text ends if it turns out too long
    unsigned cut_columns = 0;
    for (size_t at = 0; at < text.len_bytes;) {
        struct glyph const glyph = glyph_at(text, at);
        if (shown + glyph.columns > columns) {
            out->len_bytes = cut_at;
            buffer_add(out, ELLIPSIS, ellipsis);
            return cut_columns + ellipsis;
        }
        buffer_add(out, glyph.text, glyph.text_bytes);
        shown += glyph.columns;
        at += glyph.source_bytes;
        if (shown + ellipsis <= columns) {
            cut_at = out->len_bytes;
            cut_columns = shown;
        }
    }
    return shown;
}

void report_padded(struct slice text, unsigned columns, struct buffer *out) {
    unsigned const shown = report_text(text, columns, out);
    buffer_repeat(out, ' ', columns - shown);
}

const char *duration_text(int64_t duration_ns, char text[DURATION_TEXT_BYTES]) {
    int64_t const ns = duration_ns < 0 ? 0 : duration_ns;
    if (ns < NS_PER_MS) {
        snprintf(text, DURATION_TEXT_BYTES, "<1ms");
    } else if (ns < NS_PER_S) {
        snprintf(text, DURATION_TEXT_BYTES, "%" PRId64 "ms", ns / NS_PER_MS);
    } else {
        int64_t const tenth_ns = NS_PER_S / 10;
        snprintf(text, DURATION_TEXT_BYTES, "%" PRId64 ".%" PRId64 "s", ns / NS_PER_S, ns % NS_PER_S / tenth_ns);
    }
    return text;
}

bool says_the_same(struct slice a, struct slice b) {
    size_t i = 0, k = 0;
    while (i < a.len_bytes && k < b.len_bytes) {
        bool const are_digits = a.data[i] >= '0' && a.data[i] <= '9' && b.data[k] >= '0' && b.data[k] <= '9';
        if (!are_digits && a.data[i++] != b.data[k++]) return false;
        while (are_digits && i < a.len_bytes && a.data[i] >= '0' && a.data[i] <= '9') i++;
        while (are_digits && k < b.len_bytes && b.data[k] >= '0' && b.data[k] <= '9') k++;
    }
    return i == a.len_bytes && k == b.len_bytes;
}

const char *output_word(int64_t number) {
    static const char *const WORDS[] = {"terminal", "stdout", "stderr"};
    return number >= 0 && number < 3 ? WORDS[number] : "?";
}

const struct step *step_at(const struct plan *plan, uint32_t number) {
    if (number >= plan->step_count) return NULL;
    const struct step *const step = &plan->steps[number];
    bool const is_statement = step->kind != STEP_BLOCK_END && step->kind != STEP_ACTOR_END;
    return is_statement && step->span.source ? step : NULL;
}

static bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

static const char *const QUOTES[] = {"\"\"\"", "\"", "'"}; // the longest first

// The quote that stands there, or NULL.
static const char *quote_at(struct slice text, size_t at) {
    for (size_t i = 0; i < sizeof QUOTES / sizeof *QUOTES; i++) {
        size_t const len = strlen(QUOTES[i]);
        if (len <= text.len_bytes - at && memcmp(text.data + at, QUOTES[i], len) == 0) return QUOTES[i];
    }
    return NULL;
}

static size_t comment_bytes(struct slice text, size_t at) {
    bool const begins = text.data[at] == '#' && (at == 0 || is_blank(text.data[at - 1]));
    const uint8_t *const line_break = begins ? memchr(text.data + at, '\n', text.len_bytes - at) : NULL;
    return !begins ? 0 : line_break ? (size_t)(line_break - text.data) - at : text.len_bytes - at;
}

// How many bytes there are no word's: blanks and comments, and of what is quoted the line breaks with the blanks behind.
static size_t gap_bytes(struct slice text, size_t at, bool is_quoted) {
    size_t end = at;
    if (is_quoted && text.data[at] != '\n') return 0;
    while (end < text.len_bytes) {
        size_t const more = is_blank(text.data[end]) ? 1 : is_quoted ? 0 : comment_bytes(text, end);
        if (!more) break;
        end += more;
    }
    return end - at;
}

static void words_join(struct slice text, struct buffer *out) {
    const char *quote = NULL; // that is open
    for (size_t at = 0, len; at < text.len_bytes; at += len) {
        len = gap_bytes(text, at, quote);
        if (len) {
            buffer_text(out, " ");
            continue;
        }
        const char *const found = quote_at(text, at);
        bool const turns = found && (!quote || found == quote);
        bool const is_escape = quote && *quote == '"' && text.data[at] == '\\' && at + 1 < text.len_bytes;
        len = turns ? strlen(found) : is_escape ? 2 : 1;
        buffer_add(out, text.data + at, len);
        if (turns) quote = quote ? NULL : found;
    }
}

static struct slice without_brace(struct slice text) {
    while (text.len_bytes && strchr(" \t\r{", text.data[text.len_bytes - 1])) text.len_bytes--;
    return text;
}

unsigned step_words(const struct step *step, unsigned columns, struct buffer *out) {
    struct slice const text = span_text(step->span);
    bool const has_lines = text.len_bytes && memchr(text.data, '\n', text.len_bytes);
    if (!has_lines) return report_text(without_brace(text), columns, out);
    struct buffer words = {0};
    words_join(text, &words);
    unsigned const shown = report_text(without_brace(buffer_view(&words)), columns, out);
    buffer_fini(&words);
    return shown;
}

uint32_t step_line(const struct step *step) { return source_position(step->span).line; }

void step_place(const struct plan *plan, const struct step *step, struct buffer *out) {
    if (step->span.source == plan->source) {
        buffer_printf(out, "line %u", step_line(step));
        return;
    }
    const char *const slash = strrchr(step->span.source->path, '/');
    report_text(slice_text(slash ? slash + 1 : step->span.source->path), COLUMNS_ALL, out);
    buffer_printf(out, ":%u", step_line(step));
}

static const char *const ROLE_WORDS[] = {
    [ROLE_SERVER] = "server ",
    [ROLE_CLIENT] = "client ",
    [ROLE_PROGRAM] = "program ",
    [ROLE_AFTERWARDS] = "",
};

void instance_name(const struct plan *plan, uint32_t instance, struct buffer *out) {
    if (instance >= plan->instance_count) {
        buffer_text(out, "case");
    } else if (plan->actors[plan->instances[instance].actor].role == ROLE_AFTERWARDS) {
        buffer_text(out, "afterwards");
    } else {
        plan_instance_name(plan, instance, out);
    }
}

bool instance_words(const struct plan *plan, uint32_t instance, struct buffer *out) {
    if (instance >= plan->instance_count) return false;
    const struct actor *const actor = &plan->actors[plan->instances[instance].actor];
    buffer_printf(out, "%s'", actor->is_function ? "function " : ROLE_WORDS[actor->role]);
    instance_name(plan, instance, out);
    buffer_text(out, "'");
    return true;
}

void socket_book_init(struct socket_book *book, const struct journal *journal, struct arena *arena) {
    book->count = journal->socket_count;
    book->local = arena_array(arena, book->count, sizeof *book->local);
    book->peer = arena_array(arena, book->count, sizeof *book->peer);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->socket >= book->count) continue;
        bool const has_peer = event->kind == EVENT_CONNECTED || event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED;
        if (has_peer || event->kind == EVENT_BOUND) book->local[event->socket] = event->address;
        if (has_peer) book->peer[event->socket] = event->peer;
    }
}

void address_words(const struct address *address, struct buffer *out) {
    char text[ADDRESS_TEXT_BYTES];
    report_text(slice_text(address ? address_text(address, text) : "none"), COLUMNS_ALL, out);
}

static bool is_known(const struct address *address) { return address && !address_is_none(address); }

bool socket_words(const struct socket_book *book, uint32_t socket, struct buffer *out) {
    if (socket >= book->count) return false;
    const struct address *const local = book->local[socket], *const peer = book->peer[socket];
    if (is_known(local)) address_words(local, out);
    if (is_known(local) && is_known(peer)) buffer_text(out, " <- ");
    if (is_known(peer)) address_words(peer, out);
    return is_known(local) || is_known(peer);
}

// socket(2)'s arguments as a C programmer writes them; by enum family_word.
static const struct {
    const char *domain;
    const char *type;
    int protocol;
} FAMILY_WORDS[FAMILY_COUNT] = {
    [FAMILY_NONE] = {"?", "?", 0},
    [FAMILY_TCP] = {"AF_INET", "SOCK_STREAM", 0},
    [FAMILY_TCP6] = {"AF_INET6", "SOCK_STREAM", 0},
    [FAMILY_UDP] = {"AF_INET", "SOCK_DGRAM", 0},
    [FAMILY_UDP6] = {"AF_INET6", "SOCK_DGRAM", 0},
    [FAMILY_UDPLITE] = {"AF_INET", "SOCK_DGRAM", 136},
    [FAMILY_MPTCP] = {"AF_INET", "SOCK_STREAM", 262},
    [FAMILY_UNIX] = {"AF_UNIX", "SOCK_STREAM", 0},
    [FAMILY_UNIX_DGRAM] = {"AF_UNIX", "SOCK_DGRAM", 0},
    [FAMILY_UNIX_SEQPACKET] = {"AF_UNIX", "SOCK_SEQPACKET", 0},
    [FAMILY_PACKET] = {"AF_PACKET", "SOCK_RAW", 0},
    [FAMILY_PACKET_DGRAM] = {"AF_PACKET", "SOCK_DGRAM", 0},
    [FAMILY_CAN] = {"AF_CAN", "SOCK_RAW", 1},
    [FAMILY_ISOTP] = {"AF_CAN", "SOCK_DGRAM", 6},
    [FAMILY_L2CAP] = {"AF_BLUETOOTH", "SOCK_SEQPACKET", 0},
    [FAMILY_RFCOMM] = {"AF_BLUETOOTH", "SOCK_STREAM", 3},
    [FAMILY_VSOCK] = {"AF_VSOCK", "SOCK_STREAM", 0},
};

void family_words(enum family_word family, struct buffer *out) {
    unsigned const known = (unsigned)family < FAMILY_COUNT ? family : FAMILY_NONE;
    buffer_printf(out, "family=%s type=%s protocol=%d", FAMILY_WORDS[known].domain, FAMILY_WORDS[known].type,
                  FAMILY_WORDS[known].protocol);
}

void came_words(const struct wait *wait, struct buffer *out) {
    if (!wait->came.len_bytes) return;
    buffer_text(out, wait->came_from ? ": ...\"" : ": \"");
    buffer_escaped(out, wait->came, wait->came.len_bytes);
    buffer_text(out, "\"");
}

void signal_words(int number, struct buffer *out) {
    const char *const name = sigabbrev_np(number);
    if (name) buffer_printf(out, "SIG%s", name);
    else buffer_printf(out, "signal %d", number);
}

void program_end_words(const struct event *exited, struct buffer *out) {
    if (!exited->count) {
        buffer_printf(out, "has ended with exit code %d", exited->code);
        return;
    }
    buffer_text(out, "was ended by ");
    signal_words((int)exited->count, out);
}

bool shard_words(const struct run_result *run, struct buffer *out) {
    const struct run_facts *const facts = run->facts;
    if (facts->shards == 0) return false;
    buffer_printf(out, "shard %u/%u of %u case%s%s", facts->shard, facts->shards, facts->dealt, facts->dealt == 1 ? "" : "s",
                  run->count + run->not_begun == 0 ? " is empty" : "");
    return true;
}
