// perf_event_open(2): one event a CPU, each with a ring of raw samples; linux/perf_event.h tells their layout.
#include "transitions.h"

#include "base/memory.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, RING_PAGES = 4096, CPU_MOST = 1024, RECORD_MOST = 512 };

// As /sys/kernel/tracing/events/sock/inet_sock_set_state/format has it; IPv4 addresses are mapped ones in the last two.
struct transition {
    uint16_t type;
    uint8_t flags, preempt_count;
    int32_t pid;
    uint64_t socket;
    int32_t from, to;
    uint16_t local_port, peer_port, family, protocol;
    uint8_t local4[4], peer4[4], local[16], peer[16];
};

struct sample { // of PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW
    struct perf_event_header header;
    uint32_t pid, tid;
    uint64_t at_ns;
    uint32_t raw_bytes;
    uint8_t raw[sizeof(struct transition)]; // at an address that is no multiple of 8
};

static struct cpu {
    int fd;
    struct perf_event_mmap_page *page;
    uint64_t seen; // events that were taken from it, or given up
} cpus[CPU_MOST];
static unsigned cpu_count;

static const char TRACING[] = "/sys/kernel/tracing";

static bool read_id(const char *mount_point, int *id) {
    char path[256];
    snprintf(path, sizeof path, "%s/events/sock/inet_sock_set_state/id", mount_point);
    FILE *file = fopen(path, "re");
    bool const is_read = file && fscanf(file, "%d", id) == 1;
    if (file) fclose(file);
    return is_read;
}

// Where it is mounted nowhere, a child mounts it for itself, and nothing is left behind.
static bool mount_and_read_id(int *id) {
    int answer[2];
    if (pipe(answer) != 0) return false;
    pid_t const pid = fork();
    if (pid == 0) {
        bool const is_mounted = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                                mount("tracefs", TRACING, "tracefs", 0, NULL) == 0;
        if (is_mounted && read_id(TRACING, id)) (void)!write(answer[1], id, sizeof *id);
        _exit(0);
    }
    close(answer[1]);
    bool const is_read = pid > 0 && read(answer[0], id, sizeof *id) == sizeof *id;
    close(answer[0]);
    return is_read;
}

bool transitions_begin(struct buffer *reason) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof attributes,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .wakeup_events = UINT32_MAX,
    };
    int id = 0;
    if (geteuid() != 0) {
        buffer_text(reason, "only root may read the kernel's trace points");
        return false;
    }
    if (!read_id(TRACING, &id) && !mount_and_read_id(&id)) {
        buffer_printf(reason, "no trace point sock:inet_sock_set_state below %s", TRACING);
        return false;
    }
    attributes.config = (uint64_t)id;
    long const count = sysconf(_SC_NPROCESSORS_CONF);
    for (int cpu = 0; cpu < count && cpu < CPU_MOST; cpu++) {
        int const fd = (int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
        if (fd < 0 && errno == ENODEV) continue; // it is offline
        void *page = fd < 0 ? MAP_FAILED
                            : mmap(NULL, (RING_PAGES + 1) * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (page == MAP_FAILED) {
            buffer_printf(reason, "perf_event_open(2) on CPU %d: %s", cpu, strerror(errno));
            return false;
        }
        cpus[cpu_count].fd = fd;
        cpus[cpu_count++].page = page;
    }
    return cpu_count > 0;
}

void transitions_end(void) {
    for (unsigned i = 0; i < cpu_count; i++) {
        munmap(cpus[i].page, (RING_PAGES + 1) * PAGE_BYTES);
        close(cpus[i].fd);
    }
    cpu_count = 0;
}

// --- transitions into histories

struct seen {
    uint32_t pid;
    uint64_t at_ns;
    struct transition transition;
};

struct seen_list {
    struct seen *items;
    uint32_t count, capacity;
};

static void add_seen(struct seen_list *list, const struct seen *seen) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 1024;
        list->items = memory_need(realloc(list->items, list->capacity * sizeof *list->items));
    }
    list->items[list->count++] = *seen;
}

static void copy_from_ring(const uint8_t *ring, uint64_t at, void *to, size_t len_bytes) {
    uint64_t const ring_bytes = (uint64_t)RING_PAGES * PAGE_BYTES;
    for (size_t i = 0; i < len_bytes; i++) ((uint8_t *)to)[i] = ring[(at + i) % ring_bytes];
}

// How often the event has come about on that CPU; false: it did not look all the time, or nobody knows.
static bool read_count(const struct cpu *cpu, uint64_t *count) {
    struct {
        uint64_t count, enabled_ns, running_ns;
    } facts;
    bool const is_read = read(cpu->fd, &facts, sizeof facts) == sizeof facts;
    *count = is_read ? facts.count : 0;
    return is_read && facts.enabled_ns == facts.running_ns;
}

static bool read_ring(struct cpu *cpu, struct seen_list *all) {
    struct perf_event_mmap_page *page = cpu->page;
    const uint8_t *ring = (const uint8_t *)page + PAGE_BYTES;
    uint64_t count;
    bool is_whole = read_count(cpu, &count);
    uint64_t const head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = page->data_tail;
    while (tail < head) {
        struct sample sample = {0};
        copy_from_ring(ring, tail, &sample.header, sizeof sample.header);
        size_t const len_bytes = sample.header.size < sizeof sample ? sample.header.size : sizeof sample;
        copy_from_ring(ring, tail, &sample, len_bytes);
        if (sample.header.type == PERF_RECORD_SAMPLE) cpu->seen++;
        struct seen seen = {.pid = sample.pid, .at_ns = sample.at_ns};
        memcpy(&seen.transition, sample.raw, sizeof seen.transition);
        bool const is_sample = sample.header.type == PERF_RECORD_SAMPLE &&
                               len_bytes >= offsetof(struct sample, raw) + sizeof sample.raw;
        if (is_sample && seen.transition.protocol == IPPROTO_TCP) add_seen(all, &seen);
        tail += sample.header.size;
    }
    __atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
    is_whole = is_whole && cpu->seen >= count;
    if (cpu->seen < count) cpu->seen = count;
    return is_whole;
}

static int by_time(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

// The one of that socket that has not come to its end.
static struct history *find_open(struct history_list *list, uint64_t socket) {
    for (uint32_t i = list->count; i > 0; i--) {
        struct history *history = &list->items[i - 1];
        if (history->socket != socket) continue;
        return history->path.states[history->path.count - 1] == STATE_CLOSE ? NULL : history;
    }
    return NULL;
}

static struct history *add_history(struct history_list *list, const struct seen *seen) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 1024;
        list->items = memory_need(realloc(list->items, list->capacity * sizeof *list->items));
    }
    struct history *history = &list->items[list->count++];
    *history = (struct history){.socket = seen->transition.socket, .begin_ns = (int64_t)seen->at_ns,
                                .is_ours = seen->pid == (uint32_t)getpid()};
    history->at_ns[0] = (int64_t)seen->at_ns;
    path_note(&history->path, (enum state)seen->transition.from, true);
    return history;
}

static void add_transition(struct history_list *list, const struct seen *seen) {
    const struct transition *transition = &seen->transition;
    struct history *history = find_open(list, transition->socket);
    bool const begins = transition->from == STATE_CLOSE || transition->from == STATE_LISTEN;
    bool const goes_on = history && history->path.states[history->path.count - 1] == transition->from;
    if (!goes_on && !begins) return; // it was there before us
    if (!goes_on) history = add_history(list, seen);
    path_note(&history->path, (enum state)transition->to, true);
    history->at_ns[history->path.count - 1] = (int64_t)seen->at_ns;
    if (transition->local_port != 0) {
        history->local.port = transition->local_port;
        memcpy(history->local.host, transition->local, sizeof history->local.host);
    }
    if (transition->peer_port != 0) {
        history->peer.port = transition->peer_port;
        memcpy(history->peer.host, transition->peer, sizeof history->peer.host);
    }
}

bool transitions_read(struct history_list *histories) {
    struct seen_list all = {0};
    bool is_whole = true;
    for (unsigned i = 0; i < cpu_count; i++) is_whole = read_ring(&cpus[i], &all) && is_whole;
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, by_time);
    for (uint32_t i = 0; i < all.count; i++) add_transition(histories, &all.items[i]);
    free(all.items);
    return is_whole;
}

void histories_fini(struct history_list *histories) {
    free(histories->items);
    *histories = (struct history_list){0};
}
