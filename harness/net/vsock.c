// Streams between a machine and its guests, vsock(7); on one machine, over its loopback transport.
#include "forms.h"

#include <errno.h>

int vsock_endpoint(const struct endpoint_text *text, struct address *address) {
    if (!address_parse_vsock(slice_text(text->words[0]), address)) return -EINVAL;
    // No namespace keeps it in: whoever else is meant is another machine.
    return text->reach != REACH_NAMES && !address_is_loopback(address) ? -EACCES : 0;
}
