#include "plain.h"

#include <check.h>

void plain_assert(int whether) { ck_assert(whether); }
