#include "sinks_capture.h"

#include "sinks.h"

#include <string.h>

enum {
    SECTION = 0x0a0d0d0a,
    INTERFACE = 1,
    STATISTICS = 5,
    PACKET = 6,
    SECRETS = 10,
    ETHERNET_BYTES = 14,
    INTERFACES_MAX = 256,
};

struct file {
    struct slice bytes;
    bool is_made[INTERFACES_MAX]; // of its packets the lengths must agree, too
    uint32_t interface_count;
    uint64_t time;
};

static uint32_t word(struct slice bytes, size_t at) {
    uint32_t value;
    fuzz_check(bytes.len_bytes >= sizeof value && at <= bytes.len_bytes - sizeof value, "no word at %zu of %zu", at,
               bytes.len_bytes);
    memcpy(&value, bytes.data + at, sizeof value);
    return value;
}

static uint32_t half(struct slice bytes, size_t at) {
    uint16_t value;
    fuzz_check(bytes.len_bytes >= sizeof value && at <= bytes.len_bytes - sizeof value, "no half word at %zu", at);
    memcpy(&value, bytes.data + at, sizeof value);
    return value;
}

static bool is_text(uint32_t type, uint32_t code) {
    if (code == 1) return true; // a comment
    return (type == SECTION && code <= 4) || (type == INTERFACE && (code == 2 || code == 3));
}

static void check_options(uint32_t type, struct slice body, size_t at) {
    for (;;) {
        uint32_t const code = half(body, at), len_bytes = half(body, at + 2);
        size_t const padded = (len_bytes + 3) / 4 * 4;
        fuzz_check(padded <= body.len_bytes - at - 4, "option %u of block %u is longer than its block", code, type);
        if (is_text(type, code)) sinks_check_console(slice_of(body.data + at + 4, len_bytes), false, false);
        at += 4 + padded;
        if (code != 0) continue;
        fuzz_check(len_bytes == 0 && at == body.len_bytes, "something stands behind the options of block %u", type);
        return;
    }
}

static void check_ip(struct slice packet) {
    fuzz_check(packet.len_bytes >= ETHERNET_BYTES + 20, "a packet of %zu bytes", packet.len_bytes);
    const uint8_t *const ip = packet.data + ETHERNET_BYTES;
    size_t const len_bytes = ip[0] >> 4 == 4 ? (size_t)(ip[2] << 8 | ip[3]) : 40 + (size_t)(ip[4] << 8 | ip[5]);
    fuzz_check(ip[0] >> 4 == 4 || ip[0] >> 4 == 6, "a packet of IP version %d", ip[0] >> 4);
    fuzz_check(ETHERNET_BYTES + len_bytes == packet.len_bytes, "a packet of %zu bytes says %zu", packet.len_bytes,
               len_bytes);
}

static void check_packet(struct file *file, struct slice body) {
    uint32_t const interface = word(body, 0), kept = word(body, 12), whole = word(body, 16);
    uint64_t const time = (uint64_t)word(body, 4) << 32 | word(body, 8);
    fuzz_check(interface < file->interface_count, "a packet of interface %u of %u", interface, file->interface_count);
    fuzz_check(time >= file->time, "a packet before the one before it");
    file->time = time;
    fuzz_check(kept <= body.len_bytes - 20 && kept <= whole, "%u bytes of a packet of %u", kept, whole);
    if (file->is_made[interface]) check_ip(slice_of(body.data + 20, kept));
    check_options(PACKET, body, 20 + (kept + 3) / 4 * 4);
}

static void check_block(struct file *file, uint32_t type, struct slice body) {
    fuzz_check((type == SECTION) == (body.data == file->bytes.data + 8), "block %u stands in a wrong place", type);
    if (type == SECTION) {
        fuzz_check(word(body, 0) == 0x1a2b3c4d && half(body, 4) == 1, "no section header");
        check_options(type, body, 16);
    } else if (type == INTERFACE) {
        fuzz_check(file->interface_count < INTERFACES_MAX, "too many interfaces");
        static const char MADE[] = "journal"; // an interface has its name first
        bool const has_name = half(body, 8) == 2 && half(body, 10) >= sizeof MADE - 1;
        file->is_made[file->interface_count++] = has_name && memcmp(body.data + 12, MADE, sizeof MADE - 1) == 0;
        check_options(type, body, 8);
    } else if (type == PACKET) {
        check_packet(file, body);
    } else if (type == STATISTICS) {
        fuzz_check(word(body, 0) < file->interface_count, "statistics of no interface");
        check_options(type, body, 12);
    } else {
        fuzz_check(type == SECRETS && word(body, 0) == 0x544c534b, "block %u", type);
        uint32_t const len_bytes = word(body, 4);
        fuzz_check((len_bytes + 3) / 4 * 4 <= body.len_bytes - 8, "secrets longer than their block");
        sinks_check_console(slice_of(body.data + 8, len_bytes), false, false);
    }
}

void sinks_check_capture(struct slice bytes) {
    struct file file = {.bytes = bytes};
    fuzz_check(bytes.len_bytes > 0, "an empty capture");
    for (size_t at = 0; at < bytes.len_bytes;) {
        uint32_t const len_bytes = word(bytes, at + 4);
        fuzz_check(len_bytes >= 12 && len_bytes % 4 == 0 && len_bytes <= bytes.len_bytes - at,
                   "a block of %u bytes at %zu", len_bytes, at);
        fuzz_check(word(bytes, at + len_bytes - 4) == len_bytes, "a block whose lengths differ at %zu", at);
        check_block(&file, word(bytes, at), slice_of(bytes.data + at + 8, len_bytes - 12));
        at += len_bytes;
    }
}
