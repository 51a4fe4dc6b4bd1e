#include "base/crc32.h"

#include "loaded/z.h"

#include <stdio.h>
#include <stdlib.h>

const char *crc32_lacks(void) { return library_load(&z_library); }

uint32_t crc32_add(uint32_t before, struct slice bytes) {
    const char *const lacks = crc32_lacks();
    if (lacks) { // who can say it better has asked before
        fprintf(stderr, "sockdrill: no checksum can be taken: %s\n", lacks);
        exit(3);
    }
    return bytes.len_bytes ? (uint32_t)crc32_z(before, bytes.data, bytes.len_bytes) : before; // of NULL it begins anew
}
