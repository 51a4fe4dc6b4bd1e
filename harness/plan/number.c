#include "number.h"

#include <math.h>

bool number_is(const struct value *value) {
    return value->kind == VALUE_INTEGER || value->kind == VALUE_FLOAT;
}

double number_real(const struct value *value) {
    return value->kind == VALUE_FLOAT ? value->real : (double)value->number;
}

static int order_of(bool less, bool greater) {
    return less ? -1 : greater;
}

// The float's whole part is compared as an integer; only where that is equal does the fraction decide.
static int integer_compare_real(integer number, double real) {
    if (isnan(real)) return NUMBER_UNORDERED;
    if (real >= 0x1p64) return -1;
    if (real < -0x1p64) return 1;
    double whole;
    modf(real, &whole);
    if (number != (integer)whole) return number < (integer)whole ? -1 : 1;
    return order_of(real > whole, real < whole);
}

int number_compare(const struct value *a, const struct value *b) {
    if (a->kind == VALUE_INTEGER && b->kind == VALUE_INTEGER)
        return order_of(a->number<b->number, a->number> b->number);
    if (a->kind == VALUE_INTEGER) return integer_compare_real(a->number, b->real);
    if (b->kind == VALUE_INTEGER) {
        int const order = integer_compare_real(b->number, a->real);
        return order == NUMBER_UNORDERED ? order : -order;
    }
    if (isnan(a->real) || isnan(b->real)) return NUMBER_UNORDERED;
    return order_of(a->real<b->real, a->real> b->real);
}
