#include "base/limit.h"

#include <errno.h>
#include <sys/resource.h>

static void memory_text(struct buffer *out) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        buffer_printf(out, "this process may have %llu KiB of memory (ulimit -v, RLIMIT_AS)",
                      (unsigned long long)limit.rlim_cur / 1024);
    else buffer_text(out, "the kernel has no memory for it");
}

bool limit_text(int error, struct buffer *out) {
    struct rlimit limit;
    switch (error) {
    case EMFILE:
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
        buffer_printf(out, "this process may hold %llu descriptors (ulimit -n, RLIMIT_NOFILE)",
                      (unsigned long long)limit.rlim_cur);
        return true;
    case ENFILE: buffer_text(out, "the system's table of open files is full (fs.file-max)"); return true;
    case ENOMEM:
    case ENOBUFS: memory_text(out); return true;
    case EADDRNOTAVAIL:
        buffer_text(out, "no such address here, or no port is left (net.ipv4.ip_local_port_range)");
        return true;
    default: return false;
    }
}
