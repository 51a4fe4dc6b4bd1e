// Which limit of the machine an error of the kernel's stands for. getrlimit(2), proc(5).
#ifndef SOCKDRILL_BASE_LIMIT_H
#define SOCKDRILL_BASE_LIMIT_H

#include "base/buffer.h"

#include <stdbool.h>

// For a positive errno that a limit brings about, appends what limit that is, and its value where it has one: "this process may
// hold 80 descriptors (ulimit -n, RLIMIT_NOFILE)". False: none is known to; nothing is appended.
bool limit_text(int error, struct buffer *out);

#endif
