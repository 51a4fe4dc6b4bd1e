// Which sanitizer this is compiled with: each is 1 or 0. GCC defines a macro for it, clang answers __has_feature.
#ifndef SOCKDRILL_BASE_SANITIZER_H
#define SOCKDRILL_BASE_SANITIZER_H

#ifdef __has_feature
#define SANITIZER_FEATURE(name) __has_feature(name)
#else
#define SANITIZER_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || SANITIZER_FEATURE(address_sanitizer)
#define SANITIZER_ADDRESS 1
#else
#define SANITIZER_ADDRESS 0
#endif

#if defined(__SANITIZE_THREAD__) || SANITIZER_FEATURE(thread_sanitizer)
#define SANITIZER_THREAD 1
#else
#define SANITIZER_THREAD 0
#endif

enum { SANITIZER_ANY = SANITIZER_ADDRESS || SANITIZER_THREAD }; // that looks after memory

#endif
