#include "base/utf8.h"

// Both ends belong to it.
struct code_range {
    uint32_t first;
    uint32_t last;
};

// C0 and DEL, C1, and the format characters that hide or reorder their neighbours (Unicode's Bidi_Control, the
// separators of lines and paragraphs, the zero-width ones, tags), and the two that no text may have.
static const struct code_range HIDDEN[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e},   {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},   {0xe0000, 0xe0fff},
};

static const struct code_range COMBINING[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

// East_Asian_Width W and F, by blocks.
static const struct code_range WIDE[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static bool in_ranges(uint32_t code_point, const struct code_range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (code_point >= ranges[i].first && code_point <= ranges[i].last) return true;
    }
    return false;
}

unsigned utf8_decode(struct slice bytes, uint32_t *code_point) {
    if (bytes.len_bytes == 0) return 0;
    uint8_t const lead = bytes.data[0];
    unsigned len;
    uint32_t value, smallest;
    if (lead < 0x80) {
        len = 1, value = lead, smallest = 0;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
        len = 2, value = lead & 0x1fu, smallest = 0x80;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        len = 3, value = lead & 0x0fu, smallest = 0x800;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        len = 4, value = lead & 0x07u, smallest = 0x10000;
    } else {
        return 0;
    }
    if (bytes.len_bytes < len) return 0;
    for (unsigned i = 1; i < len; i++) {
        if ((bytes.data[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (bytes.data[i] & 0x3fu);
    }
    if (value < smallest || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
    *code_point = value;
    return len;
}

unsigned utf8_encode(uint32_t code_point, uint8_t bytes[UTF8_BYTES_MAX]) {
    if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)) return 0;
    if (code_point < 0x80) {
        bytes[0] = (uint8_t)code_point;
        return 1;
    }
    unsigned const len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const uint8_t LEADS[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = len - 1; i > 0; i--) {
        bytes[i] = (uint8_t)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    bytes[0] = (uint8_t)(LEADS[len] | code_point);
    return len;
}

bool utf8_printable(uint32_t code_point) {
    if (code_point >= 0x20 && code_point < 0x7f) return true;
    return !in_ranges(code_point, HIDDEN, sizeof HIDDEN / sizeof *HIDDEN);
}

unsigned utf8_columns(uint32_t code_point) {
    if (code_point < 0x300) return 1;
    if (in_ranges(code_point, COMBINING, sizeof COMBINING / sizeof *COMBINING)) return 0;
    return in_ranges(code_point, WIDE, sizeof WIDE / sizeof *WIDE) ? 2 : 1;
}
