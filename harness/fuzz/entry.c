// What libFuzzer, and the replay, call.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct fuzz_input input;
    fuzz_input_init(&input, data, size_bytes);
    fuzz_machine_begin(&input);
    fuzz_one(&input);
    fuzz_machine_end();
    fuzz_input_fini(&input);
    return 0;
}
