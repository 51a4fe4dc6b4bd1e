// The kernel's numbers by the kernel's names: for expressions, and for "did you mean". Pure look-ups; any thread.
#ifndef SOCKDRILL_PLAN_CONSTANTS_H
#define SOCKDRILL_PLAN_CONSTANTS_H

#include "base/integer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// AF_INET, SOCK_STREAM, IPPROTO_TCP, ... and the names of errors, errno(3). False: no such name.
bool constant_of(struct slice name, integer *value);

// SIGTERM, or TERM. 0: no such signal.
int signal_of(struct slice name);

// The names one by one, for base/nearest.h: static texts, NULL past the end of each. errno_of, lookup_error_of, option_of
// and tcp_field_of stand in plan/term.h.
const char *constant_offer(uint32_t index); // without the errors
const char *errno_offer(uint32_t index);
const char *lookup_error_offer(uint32_t index);
const char *option_offer(uint32_t index);
const char *tcp_field_offer(uint32_t index);
const char *signal_offer(uint32_t index);  // without SIG
const char *requirement_offer(uint32_t index); // what `requires` may name, but for programs

#endif
