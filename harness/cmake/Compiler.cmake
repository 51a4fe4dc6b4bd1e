# How every room is compiled: C11, and no warning passes.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# One place for every program, so that people find build/PRESET/bin/sockdrill.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
  -Wwrite-strings -Wvla -Wundef)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  add_compile_options(-fdebug-default-version=4) # clang's DWARF 5 makes valgrind 3.19 give up
endif()
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

if(SOCKDRILL_SANITIZE)
  add_compile_options(-fsanitize=${SOCKDRILL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1)
  add_link_options(-fsanitize=${SOCKDRILL_SANITIZE})
endif()
if(SOCKDRILL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # counts edges; only a fuzz target links libFuzzer and its main
endif()
if(SOCKDRILL_COVERAGE)
  # Workers count the same lines at once: without atomic updates counts get lost, or go negative.
  add_compile_options(--coverage -fprofile-update=atomic -O0)
  add_link_options(--coverage)
endif()
