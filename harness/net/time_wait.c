// How full the kernel's table of TIME_WAIT sockets is: proc(5), tcp(7).
#include "net/net.h"

#include <stdio.h>
#include <string.h>

// The number behind "tw" in the line of TCP; -1 where there is none.
static long in_use(void) {
    FILE *file = fopen("/proc/thread-self/net/sockstat", "re");
    if (!file) return -1;
    char line[256];
    long count = -1;
    while (count < 0 && fgets(line, sizeof(line), file)) {
        const char *tw = strncmp(line, "TCP:", 4) == 0 ? strstr(line, " tw ") : NULL;
        if (tw && sscanf(tw, " tw %ld", &count) != 1) count = -1;
    }
    fclose(file);
    return count;
}

static long limit(void) {
    FILE *file = fopen("/proc/sys/net/ipv4/tcp_max_tw_buckets", "re");
    if (!file) return -1;
    long most = -1;
    if (fscanf(file, "%ld", &most) != 1) most = -1;
    fclose(file);
    return most;
}

bool net_time_wait_is_full(void) {
    long const count = in_use(), most = limit();
    return count >= 0 && most >= 0 && count >= most - most / 10;
}
