// The first process of the guest that `harness/dev kernel` boots: readies the kernel for scenarios, plays them, hands
// their JUnit report out through the second serial port, and turns the machine off. What it cannot do it says on the
// console, and goes on: the scenarios that needed it then say the rest.
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const char CONSOLE[] = "/dev/ttyS0";
static const char REPORT_PORT[] = "/dev/ttyS1";
static const char REPORT[] = "/run/junit.xml";
static const char ARGUMENTS[] = "/arguments"; // of sockdrill, one a line
static const char PROGRAM[] = "/bin/sockdrill";
static const char FOLDER[] = "/project"; // where it works

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    printf("guest: %3ld.%03ld s: ", (long)now.tv_sec, now.tv_nsec / 1000000);
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    putchar('\n');
    fflush(stdout);
}

static bool worked(long result, const char *what) {
    if (result >= 0) return true;
    say("%s: %s", what, strerror(errno));
    return false;
}

// --- files

static void mount_all(void) {
    static const struct {
        const char *type, *target;
    } MOUNTS[] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}, {"tmpfs", "/run"}};
    for (size_t i = 0; i < COUNT_OF(MOUNTS); i++) {
        mkdir(MOUNTS[i].target, 0755);
        worked(mount(MOUNTS[i].type, MOUNTS[i].target, MOUNTS[i].type, 0, NULL), MOUNTS[i].target);
    }
    chmod("/tmp", 01777);
}

// A serial port that gets bytes as they are: its terminal would write \r\n for \n.
static int open_port(const char *path) {
    int const port = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios settings;
    if (port < 0 || tcgetattr(port, &settings) < 0) return port;
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    tcsetattr(port, TCSANOW, &settings);
    return port;
}

static void speak_on_console(void) {
    int const console = open_port(CONSOLE);
    int const nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (console < 0 || nothing < 0) return;
    dup2(nothing, STDIN_FILENO);
    dup2(console, STDOUT_FILENO);
    dup2(console, STDERR_FILENO);
}

// --- the kernel

static void load_module(const char *name) {
    char path[128];
    snprintf(path, sizeof(path), "/modules/%s", name);
    int const module = open(path, O_RDONLY | O_CLOEXEC);
    if (!worked(module, path)) return;
    worked(syscall(SYS_finit_module, module, "", 0), path);
    close(module);
}

static void load_modules(void) {
    FILE *const order = fopen("/modules/order", "re");
    char name[64];
    while (order && fscanf(order, "%63s", name) == 1) load_module(name);
    if (order) fclose(order);
}

static void loopback_up(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int const sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    worked(ioctl(sock, SIOCSIFFLAGS, &request), "loopback");
    close(sock);
}

// --- Bluetooth. The kernel has no header for users: https://git.kernel.org/pub/scm/bluetooth/bluez.git, lib/hci.h.

enum { PROTOCOL_HCI = 1, SOL_HCI = 0, HCI_FILTER = 2, CHANNEL_RAW = 0, NO_DEVICE = 0xffff, CONTROLLERS = 2 };
enum { PACKET_EVENT = 4, EVENT_INTERNAL = 0xfd, INTERNAL_DEVICE = 1, DEVICE_REGISTERED = 1 };
enum { SCAN_INQUIRY = 1, SCAN_PAGE = 2 };

struct hci_address {
    sa_family_t family;
    uint16_t device, channel;
};

struct hci_filter {
    uint32_t packets, events[2];
    uint16_t opcode;
};

struct hci_option {
    uint16_t device;
    uint32_t value;
};

// What a controller's coming is told by.
struct hci_device_event {
    uint8_t packet, event, len_bytes;
    uint16_t internal, what, device;
} __attribute__((packed));

// What is told of a controller, as far as it is read here.
struct hci_device {
    uint16_t number;
    char name[8];
    uint8_t address[6]; // its last byte first
    uint8_t rest[112];
};

static const unsigned long HCI_DEVICE_INFO = _IOR('H', 211, int);
static const unsigned long HCI_DEVICE_UP = _IOW('H', 201, int);
static const unsigned long HCI_SET_SCAN = _IOW('H', 221, int);

// A socket that tells of controllers as they come; to be open before they do.
static int watch_controllers(void) {
    int const sock = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, PROTOCOL_HCI);
    struct hci_filter const filter = {.packets = 1U << PACKET_EVENT, .events = {~0U, ~0U}};
    struct hci_address const everything = {.family = AF_BLUETOOTH, .device = NO_DEVICE, .channel = CHANNEL_RAW};
    if (!worked(sock, "Bluetooth")) return -1;
    worked(setsockopt(sock, SOL_HCI, HCI_FILTER, &filter, sizeof(filter)), "HCI_FILTER");
    worked(bind(sock, (const struct sockaddr *)&everything, sizeof(everything)), "bind of HCI");
    return sock;
}

static void start_emulator(void) {
    pid_t const emulator = fork();
    if (emulator != 0) return;
    int const log = open("/run/btvirt.log", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execl("/bin/btvirt", "btvirt", "-B", "-l2", (char *)NULL);
    _exit(127);
}

// The next controller that comes, or -1 when none does in 10 s.
static int await_controller(int sock) {
    struct hci_device_event event;
    while (poll(&(struct pollfd){.fd = sock, .events = POLLIN}, 1, 10000) == 1) {
        ssize_t const len_bytes = read(sock, &event, sizeof(event));
        if (len_bytes == (ssize_t)sizeof(event) && event.event == EVENT_INTERNAL && event.internal == INTERNAL_DEVICE &&
            event.what == DEVICE_REGISTERED) {
            return event.device;
        }
    }
    return -1;
}

static void controller_up(int sock, uint16_t number) {
    struct hci_option const connectable = {.device = number, .value = SCAN_PAGE | SCAN_INQUIRY};
    struct hci_device device = {.number = number};
    // The kernel switches a new one on by itself, for a while: then it is up already.
    if (ioctl(sock, HCI_DEVICE_UP, number) < 0 && errno != EALREADY) say("HCIDEVUP: %s", strerror(errno));
    worked(ioctl(sock, HCI_SET_SCAN, &connectable), "HCISETSCAN");
    if (!worked(ioctl(sock, HCI_DEVICE_INFO, &device), "HCIGETDEVINFO")) return;
    uint8_t const *const at = device.address;
    say("%.8s is %02x:%02x:%02x:%02x:%02x:%02x", device.name, at[5], at[4], at[3], at[2], at[1], at[0]);
}

static void controllers_up(void) {
    int const sock = watch_controllers();
    if (sock < 0) return;
    start_emulator();
    for (int i = 0; i < CONTROLLERS; i++) {
        int const device = await_controller(sock);
        if (device < 0) {
            say("Bluetooth controller %d of %d never came", i + 1, CONTROLLERS);
            break;
        }
        controller_up(sock, (uint16_t)device);
    }
    close(sock);
}

// --- the scenarios

// The program's arguments from their file; never freed, as they are needed to the end.
static char **read_arguments(void) {
    FILE *const file = fopen(ARGUMENTS, "re");
    char **arguments = calloc(2, sizeof(*arguments));
    if (!arguments) return NULL;
    arguments[0] = (char *)(uintptr_t)PROGRAM;
    char *line = NULL;
    size_t room = 0;
    ssize_t len_bytes;
    for (size_t count = 1; file && (len_bytes = getline(&line, &room, file)) > 0; count++) {
        char **const more = realloc(arguments, (count + 2) * sizeof(*more));
        if (!more) return NULL;
        arguments = more;
        if (line[len_bytes - 1] == '\n') line[len_bytes - 1] = '\0';
        arguments[count] = strdup(line);
        arguments[count + 1] = NULL;
    }
    free(line);
    if (file) fclose(file);
    return arguments;
}

// Its exit code, as a shell would have it. Reaps what else ends meanwhile, as a first process must.
static int play(void) {
    char **const arguments = read_arguments();
    pid_t const program = fork();
    if (!worked(program, "fork")) return 3;
    if (program == 0) {
        if (arguments && chdir(FOLDER) == 0) execv(PROGRAM, arguments);
        say("%s: %s", PROGRAM, strerror(errno));
        _exit(127);
    }
    int status = 0;
    for (pid_t ended = 0; ended != program;) {
        ended = wait(&status);
        if (ended < 0 && errno != EINTR) return 3;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void hand_back(void) {
    int const report = open(REPORT, O_RDONLY | O_CLOEXEC);
    int const port = open_port(REPORT_PORT);
    struct stat about;
    if (!worked(report, REPORT) || !worked(port, REPORT_PORT) || !worked(fstat(report, &about), REPORT)) return;
    for (off_t sent = 0; sent < about.st_size;) {
        if (!worked(sendfile(port, report, &sent, (size_t)(about.st_size - sent)), REPORT_PORT)) break;
    }
    tcdrain(port);
}

int main(void) {
    setenv("PATH", "/bin", true);
    setenv("TERM", "dumb", true);
    mount_all();
    speak_on_console();
    say("booted");
    loopback_up();
    load_modules();
    say("modules loaded");
    controllers_up();
    int const code = play();
    hand_back();
    say("sockdrill exited with %d", code);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
    return 1; // never reached but by a kernel that cannot turn itself off, and then panics: that ends it too
}
