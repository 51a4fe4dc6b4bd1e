// A file's bytes.
#ifndef SOCKDRILL_BASE_FILE_H
#define SOCKDRILL_BASE_FILE_H

#include "base/arena.h"
#include "base/slice.h"

// Reads up to size_bytes from where the descriptor stands, fewer where the file ends before; the bytes lie in the arena.
// 0 or a negative errno of read(2).
int file_read(struct arena *arena, int fd, size_t size_bytes, struct slice *bytes);

#endif
