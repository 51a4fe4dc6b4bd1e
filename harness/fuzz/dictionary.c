// Prints the language's words as libFuzzer's `-dict` takes them.
#include "fuzz.h"

#include <stdio.h>

int main(void) {
    for (uint32_t i = 0; fuzz_word(i); i++) {
        const char *const word = fuzz_word(i);
        if (!*word) continue;
        putchar('"');
        for (const char *c = word; *c; c++) {
            unsigned char const byte = (unsigned char)*c;
            if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') printf("\\x%02x", byte);
            else putchar(byte);
        }
        puts("\"");
    }
    return 0;
}
