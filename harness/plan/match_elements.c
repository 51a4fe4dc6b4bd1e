#include "matcher_state.h"
#include "plan/record.h"
#include "wire.h"

#include <string.h>

static size_t least(uint64_t a, uint64_t b) {
    return (size_t)(a < b ? a : b);
}

// ---- exactly these bytes

static enum match_status literal_begin(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    struct value value;
    enum match_status const status = match_eval_kind(matcher, progress->element->bytes, VALUE_BYTES, &value);
    if (status != MATCH_DONE) return status;
    progress->literal = value.bytes;
    progress->value = value;
    return MATCH_DONE;
}

// Also of a number that must equal one: then the literal is that number's bytes.
static enum match_status literal_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    size_t const count = least(bytes.len_bytes, progress->literal->len_bytes - progress->literal_at);
    *used = bytes_differ_at(progress->literal, progress->literal_at, bytes.data, count);
    matcher->state->looked_at_bytes += count;
    progress->literal_at += *used;
    if (*used < count) return MATCH_MISMATCH;
    return progress->literal_at == progress->literal->len_bytes ? MATCH_DONE : MATCH_MORE;
}

// The value has been there from the beginning.
static void literal_finish(struct matcher *matcher) {
    (void)matcher;
}

static integer literal_needs(const struct matcher *matcher, bool *exactly) {
    (void)exactly;
    const struct progress *const progress = &matcher->state->progress;
    return (integer)(progress->literal->len_bytes - progress->literal_at) * 8;
}

// ---- numbers of a fixed width, and addresses

// Where that is known before it comes; else NULL.
static const struct value *must_be(const struct progress *progress) {
    if (progress->has_computed) return &progress->computed;
    return progress->element->op == OP_EQUAL ? &progress->right : NULL;
}

const struct progress *match_asking(const struct matcher *matcher) {
    const struct progress *progress = &matcher->state->progress;
    const struct frame *frame = matcher->state->top;
    for (; !must_be(progress) && frame->is_sized; frame = frame->parent) progress = &frame->outer;
    return progress;
}

const struct value *match_must_be(const struct matcher *matcher) {
    return must_be(match_asking(matcher));
}

// An integer or an address that must equal one is those bytes, so that the first wrong byte is seen when it comes.
static enum match_status number_begin(struct matcher *matcher) {
    struct matcher_state *const state = matcher->state;
    struct progress *const progress = &state->progress;
    enum type_word const type = progress->element->type;
    progress->left = wire_width_bytes(type);
    const struct value *const fixed = must_be(progress);
    if (!fixed || wire_is_float(type)) return MATCH_DONE;
    char message[WIRE_MESSAGE_BYTES];
    size_t const len_bytes = wire_pack(type, fixed, state->number_wire, message);
    if (!len_bytes) return MATCH_DONE; // what never fits is never equal: the comparison will say so
    state->number_literal =
        (struct bytes){.kind = BYTES_HELD, .len_bytes = len_bytes, .held = slice_of(state->number_wire, len_bytes)};
    progress->literal = &state->number_literal;
    progress->value = *fixed;
    return MATCH_DONE;
}

static enum match_status number_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    if (progress->literal) return literal_take(matcher, bytes, used);
    *used = least(bytes.len_bytes, progress->left);
    if (*used) memcpy(progress->raw + progress->raw_bytes, bytes.data, *used);
    progress->raw_bytes += *used;
    progress->left -= *used;
    matcher->state->looked_at_bytes += *used;
    return progress->left ? MATCH_MORE : MATCH_DONE;
}

static void number_finish(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    if (!progress->literal) progress->value = wire_unpack(progress->element->type, progress->raw);
}

// Of a literal too: what it must be may have a port.
static void address_finish(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    enum type_word const type = progress->element->type;
    if (progress->literal) bytes_read(progress->literal, 0, progress->raw, wire_width_bytes(type));
    progress->value = wire_unpack_address(matcher->arena, type, progress->raw);
}

static integer number_needs(const struct matcher *matcher, bool *exactly) {
    const struct progress *const progress = &matcher->state->progress;
    return progress->literal ? literal_needs(matcher, exactly) : (integer)progress->left * 8;
}

// ---- bits

static enum match_status bits_begin(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    progress->bits_left = 1;
    if (progress->element->type == TYPE_WORD_BIT) return MATCH_DONE;
    struct value count;
    enum match_status const status = match_eval_kind(matcher, progress->element->argument, VALUE_INTEGER, &count);
    if (status != MATCH_DONE) return status;
    if (count.number < 1 || count.number > 64) {
        return match_refuse(matcher, progress->element->argument->reads_layout, "bits(N) takes 1 to 64");
    }
    progress->bits_left = (unsigned)count.number;
    return MATCH_DONE;
}

static enum match_status bits_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct matcher_state *const state = matcher->state;
    struct progress *const progress = &state->progress;
    while (progress->bits_left) {
        if (state->bits_left == 0) {
            if (*used == bytes.len_bytes) return MATCH_MORE;
            state->bit_byte = bytes.data[(*used)++];
            state->bits_left = 8;
            state->looked_at_bytes++;
        }
        unsigned const count = progress->bits_left < state->bits_left ? progress->bits_left : state->bits_left;
        state->bits_left -= count;
        progress->bits_left -= count;
        progress->number = progress->number << count | (state->bit_byte >> state->bits_left & ((1u << count) - 1));
    }
    return MATCH_DONE;
}

static void bits_finish(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    progress->value = value_integer(progress->number);
}

static integer bits_needs(const struct matcher *matcher, bool *exactly) {
    (void)exactly;
    return matcher->state->progress.bits_left;
}

// ---- integers of a variable length

static enum match_status varint_begin(struct matcher *matcher) {
    (void)matcher;
    return MATCH_DONE;
}

static enum match_status leb128_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    while (*used < bytes.len_bytes) {
        uint8_t const byte = bytes.data[*used];
        matcher->state->looked_at_bytes++;
        if (progress->shift == 63 && byte > 1) { // the tenth byte has one bit of the 64
            progress->wrong = "an integer of 64 bits";
            return MATCH_MISMATCH;
        }
        (*used)++;
        progress->number |= (uint64_t)(byte & 0x7f) << progress->shift;
        progress->shift += 7;
        if (!(byte & 0x80)) return MATCH_DONE;
    }
    return MATCH_MORE;
}

static integer leb128_needs(const struct matcher *matcher, bool *exactly) {
    (void)matcher;
    *exactly = false;
    return 8;
}

static enum match_status quic_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    while (*used < bytes.len_bytes) {
        progress->raw[progress->raw_bytes++] = bytes.data[(*used)++];
        matcher->state->looked_at_bytes++;
        if (progress->raw_bytes < wire_quic_len(progress->raw[0])) continue;
        progress->number = wire_quic_unpack(progress->raw);
        return MATCH_DONE;
    }
    return MATCH_MORE;
}

static integer quic_needs(const struct matcher *matcher, bool *exactly) {
    const struct progress *const progress = &matcher->state->progress;
    *exactly = progress->raw_bytes > 0;
    return *exactly ? (integer)(wire_quic_len(progress->raw[0]) - progress->raw_bytes) * 8 : 8;
}

// ---- bytes(N) and text(N)

// Bytes of a known length that must equal some are those: another length is told before they come, and the first wrong byte
// when it does.
enum match_status match_fix_bytes(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    const struct value *const fixed = match_must_be(matcher);
    bool const is_record = fixed && fixed->kind == VALUE_RECORD;
    if (!is_record && !(fixed && fixed->kind == VALUE_BYTES)) return MATCH_DONE;
    const struct bytes *const bytes = is_record ? fixed->record->encoded : fixed->bytes;
    if (bytes->len_bytes != progress->left) return mismatch_size(matcher, progress->left, bytes->len_bytes, "bytes");
    progress->value = value_bytes(bytes);
    progress->literal = bytes;
    if (!progress->key.len_bytes) return MATCH_DONE;
    progress->literal = bytes_xored(matcher->arena, bytes, bytes_held(matcher->arena, progress->key));
    return MATCH_DONE; // without room for that they are compared once they are there
}

enum match_status match_take_known(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    struct slice const own = slice_of(bytes.data, least(bytes.len_bytes, progress->left));
    if (progress->literal) {
        enum match_status const status = literal_take(matcher, own, used);
        progress->left -= *used;
        return status;
    }
    enum match_status const status = match_hold(matcher, own);
    if (status != MATCH_DONE) return status;
    if (progress->holds) matcher->state->looked_at_bytes += own.len_bytes;
    *used = own.len_bytes;
    progress->left -= own.len_bytes;
    return progress->left ? MATCH_MORE : MATCH_DONE;
}

void match_finish_known(struct matcher *matcher) {
    if (!matcher->state->progress.literal) match_finish_held(matcher, 0); // that has been there from the beginning
}

static enum match_status sized_begin(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    struct value count;
    enum match_status const status = match_eval_kind(matcher, progress->element->argument, VALUE_INTEGER, &count);
    if (status != MATCH_DONE) return status;
    if (count.number < 0) return mismatch_negative(matcher, "length", count.number);
    progress->left = (uint64_t)count.number;
    enum match_status const fixed = match_fix_bytes(matcher);
    if (fixed != MATCH_DONE) return fixed;
    if (progress->holds && !progress->literal && progress->left > HELD_BYTES_MAX) {
        return match_refuse(matcher, progress->element->argument->reads_layout, "more than %d bytes are not held",
                            HELD_BYTES_MAX);
    }
    return MATCH_DONE;
}

// A key that is `none` or empty masks nothing.
static enum match_status masked_begin(struct matcher *matcher) {
    struct progress *const progress = &matcher->state->progress;
    struct value key;
    enum match_status status = match_eval(matcher, progress->element->key, &key);
    if (status != MATCH_DONE) return status;
    if (key.kind == VALUE_RECORD) key = value_bytes(key.record->encoded);
    if (key.kind != VALUE_BYTES && key.kind != VALUE_NONE) {
        return match_refuse(matcher, progress->element->key->reads_layout, "a key is bytes, or none, and this is %s",
                            value_kind_name(key.kind));
    }
    if (key.kind == VALUE_BYTES && !bytes_flat(matcher->arena, key.bytes, &progress->key)) {
        return match_refuse(matcher, progress->element->key->reads_layout, "a key of more than %d bytes",
                            BYTES_FLAT_MAX);
    }
    return sized_begin(matcher);
}

static enum match_status masked_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    size_t const before = progress->held_bytes;
    enum match_status const status = match_take_known(matcher, bytes, used);
    if (progress->key.len_bytes == 0) return status;
    for (size_t i = before; i < progress->held_bytes; i++)
        progress->held[i] ^= progress->key.data[i % progress->key.len_bytes];
    return status;
}

// One byte further; false: it cannot stand there.
static bool utf8_step(struct utf8_place *place, uint8_t byte) {
    if (place->left) {
        if (byte < place->low || byte > place->high) return false;
        *place = (struct utf8_place){.left = (uint8_t)(place->left - 1), .low = 0x80, .high = 0xbf};
        return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    place->left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    place->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;  // no overlong form
    place->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf; // no surrogate, nothing past U+10FFFF
    return true;
}

static enum match_status text_take(struct matcher *matcher, struct slice bytes, size_t *used) {
    struct progress *const progress = &matcher->state->progress;
    size_t const count = least(bytes.len_bytes, progress->left);
    size_t good = 0;
    while (good < count && utf8_step(&progress->utf8, bytes.data[good])) good++;
    matcher->state->looked_at_bytes += count;
    bool const is_cut = progress->left == good && progress->utf8.left; // N ends within a character
    enum match_status const status = match_take_known(matcher, slice_of(bytes.data, count), used);
    bool const is_other = status == MATCH_MISMATCH && *used <= good; // that it is no UTF-8 either goes without saying
    if ((good == count && !is_cut) || is_other || status == MATCH_FAILED) return status;
    progress->wrong = is_cut && good == count ? "a whole character" : "UTF-8";
    *used = good;
    return MATCH_MISMATCH;
}

static integer sized_needs(const struct matcher *matcher, bool *exactly) {
    (void)exactly;
    return (integer)matcher->state->progress.left * 8;
}

// ---- the table

static const struct element_kind LITERAL = {literal_begin, literal_take, literal_finish, literal_needs, false};
static const struct element_kind NUMBER = {number_begin, number_take, number_finish, number_needs, false};
static const struct element_kind ADDRESS = {number_begin, number_take, address_finish, number_needs, false};
static const struct element_kind BITS = {bits_begin, bits_take, bits_finish, bits_needs, false};
static const struct element_kind LEB128 = {varint_begin, leb128_take, bits_finish, leb128_needs, false};
static const struct element_kind QUIC_VARINT = {varint_begin, quic_take, bits_finish, quic_needs, false};
static const struct element_kind BYTES = {sized_begin, match_take_known, match_finish_known, sized_needs, false};
static const struct element_kind MASKED = {masked_begin, masked_take, match_finish_known, sized_needs, false};
static const struct element_kind TEXT = {sized_begin, text_take, match_finish_known, sized_needs, false};

// The rest of the types are numbers of a fixed width.
static const struct element_kind *const KINDS[TYPE_WORD_COUNT] = {
    [TYPE_WORD_BIT] = &BITS,          [TYPE_WORD_BITS] = &BITS,
    [TYPE_WORD_LEB128] = &LEB128,     [TYPE_WORD_QUIC_VARINT] = &QUIC_VARINT,
    [TYPE_WORD_BYTES] = &BYTES,       [TYPE_WORD_TEXT] = &TEXT,
    [TYPE_WORD_UNTIL] = &MATCH_UNTIL, [TYPE_WORD_CSTRING] = &MATCH_UNTIL,
    [TYPE_WORD_LINE] = &MATCH_LINE,   [TYPE_WORD_REST] = &MATCH_REST,
    [TYPE_WORD_LIST] = &MATCH_LIST,   [TYPE_WORD_SIZED] = &MATCH_SIZED,
    [TYPE_WORD_MASKED] = &MASKED,     [TYPE_WORD_DOMAIN_NAME] = &MATCH_NAME,
    [TYPE_WORD_COMPRESSED_NAME] = &MATCH_NAME, [TYPE_WORD_ADDRESS4] = &ADDRESS,
    [TYPE_WORD_ADDRESS6] = &ADDRESS,
};

const struct element_kind *match_kind(const struct element_code *element) {
    if (element->bytes) return &LITERAL;
    if (element->message) return &MATCH_MESSAGE;
    return KINDS[element->type] ? KINDS[element->type] : &NUMBER;
}
