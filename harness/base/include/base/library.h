// A shared library that is loaded when something of it is first needed: dlopen(3). A run that needs none starts in half the
// time of one that is linked with them all.
//
// sockdrill_loads() of harness/cmake/Loads.cmake makes a `struct library` and a header for it out of a table of functions:
// behind `library_load`, code calls these by their own names.
#ifndef SOCKDRILL_BASE_LIBRARY_H
#define SOCKDRILL_BASE_LIBRARY_H

#include <stdatomic.h>
#include <stddef.h>

// Where the address of a function goes.
struct library_function {
    const char *name;
    void *place; // a pointer to that function
};

// Guarded by a lock of all libraries', but for is_loaded.
struct library {
    const char *soname; // "libssl.so.3", as a linker would have recorded it
    const struct library_function *functions;
    size_t function_count;
    atomic_bool is_loaded; // every function can be called
    char *trouble;         // why not, as it was when it was first asked for; or NULL
};

// NULL: it is there, and stays until the process ends. Or the loader's words, which stay too. Any thread may call it.
const char *library_load(struct library *library);

#endif
