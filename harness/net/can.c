// Controller area networks: raw frames, and messages of many frames (ISO 15765-2). Documentation/networking/can.rst.
#include "capture_can.h"
#include "forms.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

int can_endpoint(const struct endpoint_text *text, struct address *address) {
    *address = (struct address){.len_bytes = sizeof(address->as.can)};
    address->as.can.can_family = AF_CAN;
    return interface_find(text->words[0], address, &address->as.can.can_ifindex);
}

int isotp_endpoint(const struct endpoint_text *text, struct address *address) {
    canid_t tx, rx;
    if (!address_parse_can_id(slice_text(text->words[1]), &tx)) return -EINVAL;
    if (!address_parse_can_id(slice_text(text->words[2]), &rx)) return -EINVAL;
    int const error = can_endpoint(text, address);
    address->as.can.can_addr.tp.tx_id = tx;
    address->as.can.can_addr.tp.rx_id = rx;
    return error;
}

void isotp_set_sender(int fd, struct address *sender) {
    struct address own;
    net_local(fd, &own);
    if (address_is_none(&own)) return;
    *sender = own;
    sender->as.can.can_addr.tp.tx_id = own.as.can.can_addr.tp.rx_id;
    sender->as.can.can_addr.tp.rx_id = own.as.can.can_addr.tp.tx_id;
}

void capture_can_order(uint8_t *frame, size_t len_bytes) {
    canid_t id;
    if (len_bytes < sizeof(id)) return;
    memcpy(&id, frame, sizeof(id));
    id = htonl(id);
    memcpy(frame, &id, sizeof(id));
}
