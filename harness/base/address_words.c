// The words of endpoints that are no IP address and no path.
#include "base/address.h"

#include <endian.h>
#include <string.h>

// A number in decimal or, behind 0x, in hexadecimal digits: digits and nothing else.
static bool parse_number(struct slice text, uint64_t most, uint64_t *number) {
    bool const is_hex = text.len_bytes > 2 && text.data[0] == '0' && (text.data[1] == 'x' || text.data[1] == 'X');
    uint64_t value = 0;
    if (text.len_bytes == 0) return false;
    for (size_t i = is_hex ? 2 : 0; i < text.len_bytes; i++) {
        unsigned const byte = text.data[i], lower = byte | 0x20, base = is_hex ? 16 : 10;
        unsigned digit = base; // none
        if (byte >= '0' && byte <= '9') digit = byte - '0';
        if (lower >= 'a' && lower <= 'f') digit = lower - 'a' + 10;
        if (digit >= base) return false;
        value = value * base + digit;
        if (value > most) return false;
    }
    *number = value;
    return true;
}

// Six pairs of hexadecimal digits with colons between them. What stands behind the colon after them is left in *rest.
static bool parse_device(struct slice text, struct bluetooth_device *device, struct slice *rest) {
    enum { PAIR_BYTES = 3, WHOLE_BYTES = sizeof(device->bytes) * PAIR_BYTES };
    if (text.len_bytes <= WHOLE_BYTES) return false;
    for (size_t i = 0; i < sizeof(device->bytes); i++) {
        char digits[] = {'0', 'x', (char)text.data[i * PAIR_BYTES], (char)text.data[i * PAIR_BYTES + 1]};
        uint64_t byte;
        if (!parse_number(slice_of(digits, sizeof(digits)), UINT8_MAX, &byte)) return false;
        if (text.data[i * PAIR_BYTES + 2] != ':') return false;
        device->bytes[sizeof(device->bytes) - 1 - i] = (uint8_t)byte;
    }
    *rest = slice_of(text.data + WHOLE_BYTES, text.len_bytes - WHOLE_BYTES);
    return true;
}

bool address_parse_l2cap(struct slice text, struct address *address) {
    struct slice rest;
    uint64_t psm;
    *address = (struct address){.len_bytes = sizeof(address->as.l2)};
    address->as.l2.l2_family = AF_BLUETOOTH;
    if (!parse_device(text, &address->as.l2.l2_bdaddr, &rest) || !parse_number(rest, UINT16_MAX, &psm)) return false;
    address->as.l2.l2_psm = htole16((uint16_t)psm);
    return true;
}

bool address_parse_rfcomm(struct slice text, struct address *address) {
    enum { CHANNEL_MAX = 30 };
    struct slice rest;
    uint64_t channel;
    *address = (struct address){.len_bytes = sizeof(address->as.rc)};
    address->as.rc.rc_family = AF_BLUETOOTH;
    if (!parse_device(text, &address->as.rc.rc_bdaddr, &rest) || !parse_number(rest, CHANNEL_MAX, &channel)) return false;
    address->as.rc.rc_channel = (uint8_t)channel;
    return true;
}

static bool parse_cid(struct slice text, uint32_t *cid) {
    static const struct {
        const char *word;
        uint32_t cid;
    } words[] = {{"local", VMADDR_CID_LOCAL}, {"any", VMADDR_CID_ANY}, {"host", VMADDR_CID_HOST}};
    uint64_t number;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (!slice_equal(text, slice_text(words[i].word))) continue;
        *cid = words[i].cid;
        return true;
    }
    if (!parse_number(text, UINT32_MAX, &number)) return false;
    *cid = (uint32_t)number;
    return true;
}

bool address_parse_vsock(struct slice text, struct address *address) {
    const uint8_t *colon = text.len_bytes == 0 ? NULL : memchr(text.data, ':', text.len_bytes);
    uint64_t port;
    if (!colon) return false;
    size_t const cid_bytes = (size_t)(colon - text.data);
    *address = (struct address){.len_bytes = sizeof(address->as.vm)};
    address->as.vm.svm_family = AF_VSOCK;
    if (!parse_cid(slice_of(text.data, cid_bytes), &address->as.vm.svm_cid)) return false;
    if (!parse_number(slice_of(colon + 1, text.len_bytes - cid_bytes - 1), UINT32_MAX, &port)) return false;
    address->as.vm.svm_port = port == 0 ? VMADDR_PORT_ANY : (uint32_t)port;
    return true;
}

bool address_parse_ethertype(struct slice text, uint16_t *ethertype) {
    uint64_t number;
    if (!parse_number(text, UINT16_MAX, &number) || number == 0) return false;
    *ethertype = (uint16_t)number;
    return true;
}

bool address_parse_can_id(struct slice text, canid_t *id) {
    uint64_t number;
    if (!parse_number(text, CAN_EFF_MASK, &number)) return false;
    *id = (canid_t)number | (number > CAN_SFF_MASK ? CAN_EFF_FLAG : 0);
    return true;
}
