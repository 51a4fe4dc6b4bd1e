// An assertion of Check's in a file that does not know the bridge.
#ifndef SOCKDRILL_TESTS_CHECK_PLAIN_H
#define SOCKDRILL_TESTS_CHECK_PLAIN_H

void plain_assert(int whether);

#endif
