// Numbers with their units, and addresses.
#include "lexer.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
    const char *word;
    enum token_kind kind;
    int64_t factor;
} UNITS[] = {
    {"KiB", TOKEN_NUMBER, INT64_C(1) << 10},
    {"MiB", TOKEN_NUMBER, INT64_C(1) << 20},
    {"GiB", TOKEN_NUMBER, INT64_C(1) << 30},
    {"TiB", TOKEN_NUMBER, INT64_C(1) << 40},
    {"ns", TOKEN_DURATION, 1},
    {"us", TOKEN_DURATION, 1000},
    {"ms", TOKEN_DURATION, 1000 * 1000},
    {"s", TOKEN_DURATION, 1000 * 1000 * 1000},
    {"min", TOKEN_DURATION, INT64_C(60) * 1000 * 1000 * 1000},
    {"h", TOKEN_DURATION, INT64_C(3600) * 1000 * 1000 * 1000},
    {"d", TOKEN_DURATION, INT64_C(86400) * 1000 * 1000 * 1000},
    {"bit", TOKEN_RATE, 1},
    {"kbit", TOKEN_RATE, 1000},
    {"mbit", TOKEN_RATE, 1000 * 1000},
    {"gbit", TOKEN_RATE, 1000 * 1000 * 1000},
};

enum { UNIT_COUNT = sizeof UNITS / sizeof *UNITS, FRACTION_DIGITS_MAX = 18, FLOAT_TEXT_BYTES = 80 };

// A decimal as it was written, before its unit is known.
struct decimal {
    integer whole;
    integer fraction; // numerator over `scale`
    integer scale;
    bool overflows;
    bool has_fraction;
    bool has_exponent;
};

static const struct unit *unit_of(struct slice word) {
    for (unsigned i = 0; i < UNIT_COUNT; i++) {
        if (slice_is(word, UNITS[i].word)) return &UNITS[i];
    }
    return NULL;
}

static void bad_unit(struct lexer *lexer, uint32_t start, uint32_t end) {
    struct nearest nearest = {.name = lexer_slice(lexer, start, end)};
    for (unsigned i = 0; i < UNIT_COUNT; i++) nearest_offer(&nearest, UNITS[i].word);
    int const shown = end - start < 20 ? (int)(end - start) : 20;
    if (!lexer_error(lexer, start, end, "no such unit '%.*s'", shown, (const char *)nearest.name.data)) return;
    if (nearest.best) {
        diag_suggest(lexer->diags, nearest.best);
    } else {
        diag_hint(lexer->diags, "units are KiB MiB GiB TiB, ns us ms s min h d, bit kbit mbit gbit");
    }
}

// Digits of `base` with underscores between; past 64 bits the rest is passed over.
static integer lex_digits(struct lexer *lexer, int base, bool *overflows) {
    integer value = 0;
    for (;; lexer->offset++) {
        uint8_t const byte = lexer_byte(lexer, lexer->offset);
        if (byte == '_') continue;
        int const digit = byte_hex_value(byte);
        if (digit < 0 || digit >= base) return value;
        if (!*overflows) value = value * base + digit;
        if (value > INTEGER_MAX) *overflows = true;
    }
}

static void lex_fraction(struct lexer *lexer, struct decimal *decimal) {
    lexer->offset++; // the point
    decimal->has_fraction = true;
    unsigned digits = 0;
    for (; byte_is_digit(lexer_byte(lexer, lexer->offset)); lexer->offset++) {
        if (digits++ >= FRACTION_DIGITS_MAX) continue;
        decimal->fraction = decimal->fraction * 10 + (lexer_byte(lexer, lexer->offset) - '0');
        decimal->scale *= 10;
    }
}

static void lex_exponent(struct lexer *lexer, struct decimal *decimal) {
    uint32_t at = lexer->offset;
    if (lexer_byte(lexer, at) != 'e' && lexer_byte(lexer, at) != 'E') return;
    at++;
    if (lexer_byte(lexer, at) == '+' || lexer_byte(lexer, at) == '-') at++;
    if (!byte_is_digit(lexer_byte(lexer, at))) return;
    while (byte_is_digit(lexer_byte(lexer, at))) at++;
    lexer->offset = at;
    decimal->has_exponent = true;
}

static bool float_value(struct lexer *lexer, struct token *token) {
    char text[FLOAT_TEXT_BYTES];
    size_t len = 0;
    for (uint32_t at = token->start; at < token->end && len < sizeof text; at++) {
        if (lexer_byte(lexer, at) != '_') text[len++] = (char)lexer_byte(lexer, at);
    }
    if (len < sizeof text) {
        text[len] = '\0';
        token->real = strtod(text, NULL);
        token->kind = TOKEN_FLOAT;
        if (isfinite(token->real)) return true;
    }
    lexer_error(lexer, token->start, token->end, "the number does not fit into a double");
    return false;
}

static bool unit_value(struct lexer *lexer, struct token *token, const struct decimal *decimal,
                       const struct unit *unit) {
    integer const part = decimal->fraction * unit->factor;
    integer const value = decimal->whole * unit->factor + part / decimal->scale;
    integer const most = unit->kind == TOKEN_DURATION ? (integer)(CLOCK_NEVER - 1) : INTEGER_MAX;
    if (decimal->overflows || value > most) {
        const char *const limit = unit->kind == TOKEN_DURATION ? "a duration has at most 292 years"
                                                               : "the number does not fit into 64 bits";
        lexer_error(lexer, token->start, token->end, "%s", limit);
        return false;
    }
    if (part % decimal->scale) {
        lexer_error(lexer, token->start, token->end, "no whole number of %s",
                    unit->kind == TOKEN_DURATION ? "nanoseconds" : unit->kind == TOKEN_RATE ? "bits" : "bytes");
        return false;
    }
    token->kind = unit->kind;
    token->number = value;
    return true;
}

static bool whole_value(struct lexer *lexer, struct token *token, integer value, bool overflows) {
    if (overflows) {
        lexer_error(lexer, token->start, token->end, "the number does not fit into 64 bits");
        return false;
    }
    token->kind = TOKEN_NUMBER;
    token->number = value;
    return true;
}

static bool lex_hexadecimal(struct lexer *lexer, struct token *token) {
    bool overflows = false;
    lexer->offset += 2;
    uint32_t const first = lexer->offset;
    integer const value = lex_digits(lexer, 16, &overflows);
    uint32_t const digits_end = lexer->offset;
    while (byte_is_name(lexer_byte(lexer, lexer->offset))) lexer->offset++;
    token->end = lexer->offset;
    if (digits_end == first || digits_end != token->end) {
        // What stands there in their place; where nothing does, at the end of a name or of the text, the 0x itself.
        if (token->end > digits_end) lexer_error(lexer, digits_end, token->end, "expected hexadecimal digits after '0x'");
        else lexer_error(lexer, token->start, token->end, "expected hexadecimal digits after '0x'");
        return false;
    }
    return whole_value(lexer, token, value, overflows);
}

static bool lex_decimal(struct lexer *lexer, struct token *token) {
    struct decimal decimal = {.scale = 1};
    decimal.whole = lex_digits(lexer, 10, &decimal.overflows);
    if (lexer_byte(lexer, lexer->offset) == '.' && byte_is_digit(lexer_byte(lexer, lexer->offset + 1))) {
        lex_fraction(lexer, &decimal);
    }
    lex_exponent(lexer, &decimal);
    uint32_t const unit_start = lexer->offset;
    while (byte_is_name(lexer_byte(lexer, lexer->offset))) lexer->offset++;
    token->end = lexer->offset;
    if (unit_start == token->end) {
        if (decimal.has_fraction || decimal.has_exponent) return float_value(lexer, token);
        return whole_value(lexer, token, decimal.whole, decimal.overflows);
    }
    const struct unit *const unit = unit_of(lexer_slice(lexer, unit_start, token->end));
    if (!unit || decimal.has_exponent) {
        bad_unit(lexer, unit_start, token->end);
        return false;
    }
    return unit_value(lexer, token, &decimal, unit);
}

// `:PORT` behind an address; what is no port of 0 to 65535 is left standing, and so refused.
static void skip_port(struct lexer *lexer) {
    uint32_t at = lexer->offset;
    if (lexer_byte(lexer, at) != ':' || !byte_is_digit(lexer_byte(lexer, at + 1))) return;
    unsigned port = 0;
    for (at++; byte_is_digit(lexer_byte(lexer, at)); at++) {
        if (port <= UINT16_MAX) port = port * 10 + (lexer_byte(lexer, at) - '0');
    }
    if (port <= UINT16_MAX) lexer->offset = at;
}

static struct token finish_address(struct lexer *lexer, struct token token, struct slice host, int family) {
    char text[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    bool good = host.len_bytes < sizeof text;
    if (good) {
        memcpy(text, host.data, host.len_bytes);
        text[host.len_bytes] = '\0';
        good = inet_pton(family, text, address) == 1;
    }
    skip_port(lexer);
    uint32_t const good_end = lexer->offset;
    while (byte_is_name(lexer_byte(lexer, lexer->offset)) ||
           (lexer_byte(lexer, lexer->offset) == ':' && byte_is_name(lexer_byte(lexer, lexer->offset + 1)))) {
        lexer->offset++;
    }
    token.end = lexer->offset;
    if (good && good_end == token.end) {
        token.kind = TOKEN_ADDRESS;
    } else if (lexer_error(lexer, token.start, token.end, "not an address")) {
        diag_hint(lexer->diags, "addresses are written 192.0.2.1, 192.0.2.1:80 and [2001:db8::1]:80");
    }
    return token;
}

// Three runs of digits with points between can only be the start of an IPv4 address.
static bool at_dotted_address(const struct lexer *lexer) {
    uint32_t at = lexer->offset;
    for (unsigned points = 0; points < 2; points++) {
        while (byte_is_digit(lexer_byte(lexer, at))) at++;
        if (lexer_byte(lexer, at) != '.' || !byte_is_digit(lexer_byte(lexer, at + 1))) return false;
        at++;
    }
    return true;
}

struct token lexer_number(struct lexer *lexer) {
    struct token token = {.kind = TOKEN_BAD, .start = lexer->offset};
    if (at_dotted_address(lexer)) {
        while (byte_is_digit(lexer_byte(lexer, lexer->offset)) ||
               (lexer_byte(lexer, lexer->offset) == '.' && byte_is_digit(lexer_byte(lexer, lexer->offset + 1)))) {
            lexer->offset++;
        }
        return finish_address(lexer, token, lexer_slice(lexer, token.start, lexer->offset), AF_INET);
    }
    uint8_t const second = lexer_byte(lexer, token.start + 1);
    bool const hexadecimal = lexer_byte(lexer, token.start) == '0' && (second == 'x' || second == 'X');
    bool const good = hexadecimal ? lex_hexadecimal(lexer, &token) : lex_decimal(lexer, &token);
    if (!good) token.kind = TOKEN_BAD;
    return token;
}

// The offset of the `]` of an IPv6 address in brackets: digits, points and two colons at the least; 0 where it is none.
static uint32_t bracketed_address_end(const struct lexer *lexer) {
    unsigned colons = 0;
    for (uint32_t at = lexer->offset + 1; at < lexer->limit; at++) {
        uint8_t const byte = lexer_byte(lexer, at);
        if (byte == ']') return colons >= 2 ? at : 0;
        if (byte == ':') {
            colons++;
        } else if (byte != '.' && byte_hex_value(byte) < 0) {
            return 0;
        }
    }
    return 0;
}

bool lexer_at_bracketed_address(const struct lexer *lexer) {
    return bracketed_address_end(lexer) != 0;
}

struct token lexer_bracketed_address(struct lexer *lexer) {
    struct token const token = {.kind = TOKEN_BAD, .start = lexer->offset};
    uint32_t const close = bracketed_address_end(lexer);
    lexer->offset = close + 1;
    return finish_address(lexer, token, lexer_slice(lexer, token.start + 1, close), AF_INET6);
}
