// What a test wrote, beside its golden below fixtures/golden.
#ifndef SOCKDRILL_TESTS_GOLDEN_FILE_H
#define SOCKDRILL_TESTS_GOLDEN_FILE_H

#include "base/buffer.h"

// Fails the test where the text is another than the golden of that name ("tap/suite.tap"). With SOCKDRILL_GOLDEN_WRITE in
// the environment the golden is written instead.
void golden_compare(const char *name, const struct buffer *text);

#endif
