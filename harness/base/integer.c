#include "base/integer.h"

#include <inttypes.h>
#include <stdio.h>

const char *integer_text(integer value, char text[INTEGER_TEXT_BYTES]) {
    uint64_t const magnitude = (uint64_t)(value < 0 ? -value : value);
    snprintf(text, INTEGER_TEXT_BYTES, "%s%" PRIu64, value < 0 ? "-" : "", magnitude);
    return text;
}
