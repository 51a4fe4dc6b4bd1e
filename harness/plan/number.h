// Numbers of different kinds beside each other.
#ifndef SOCKDRILL_PLAN_NUMBER_H
#define SOCKDRILL_PLAN_NUMBER_H

#include "plan/value.h"

// INTEGER or FLOAT.
bool number_is(const struct value *value);

// Which of two numbers, INTEGER or FLOAT, is the greater: -1, 0, 1, without rounding. NUMBER_UNORDERED: one is not a number.
enum { NUMBER_UNORDERED = 2 };
int number_compare(const struct value *a, const struct value *b);

// The number as a double, the nearest one.
double number_real(const struct value *value);

#endif
