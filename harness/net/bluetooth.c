// Bluetooth's endpoints: records of L2CAP, streams of RFCOMM. They leave no IP network, so all of them are within
// reach.
#include "forms.h"

#include <errno.h>

int l2cap_endpoint(const struct endpoint_text *text, struct address *address) {
    return address_parse_l2cap(slice_text(text->words[0]), address) ? 0 : -EINVAL;
}

int rfcomm_endpoint(const struct endpoint_text *text, struct address *address) {
    return address_parse_rfcomm(slice_text(text->words[0]), address) ? 0 : -EINVAL;
}
