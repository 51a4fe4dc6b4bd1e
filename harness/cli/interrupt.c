// Signals that end a run.
#include "run.h"

#include <signal.h>

static volatile sig_atomic_t signalled, ends_clients;

// The first one that comes to `serve` says that no more clients do.
static void on_signal(int number) {
    if (ends_clients) {
        ends_clients = false;
        engine_clients_end();
        return;
    }
    signalled = number;
    engine_interrupt();
}

// What was ignored when we started (nohup, a shell's background) stays so.
void interrupt_catch(bool serves) {
    ends_clients = serves;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before, action = {.sa_handler = on_signal};
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a report that grows too long is an error of write(2)
}

int interrupt_signal(void) { return signalled; }
