// CRC-32 of ISO 3309, as Ethernet, gzip and PNG have it: zlib's, loaded here. Any thread.
#ifndef SOCKDRILL_BASE_CRC32_H
#define SOCKDRILL_BASE_CRC32_H

#include "base/slice.h"

#include <stdint.h>

// NULL; or why zlib cannot be loaded, and then the process would end with exit code 3 in crc32_add.
const char *crc32_lacks(void);

// Of all bytes so far, `before` of those in front of these: 0 of none.
uint32_t crc32_add(uint32_t before, struct slice bytes);

#endif
