// What a capture may consist of, looked at without any of the code that wrote it.
#ifndef SOCKDRILL_FUZZ_SINKS_CAPTURE_H
#define SOCKDRILL_FUZZ_SINKS_CAPTURE_H

#include "fuzz.h"

// Blocks of draft-ietf-opsawg-pcapng, one section: lengths that agree, options that end, interfaces before their packets, times
// that never go back, words without controls; packets that were made as long as their headers say.
void sinks_check_capture(struct slice file);

#endif
