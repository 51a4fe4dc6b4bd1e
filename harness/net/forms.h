// The words of an endpoint, and what makes an address of them: a reader for each line of net/forms.def, in the file of
// its family. Each answers as net_endpoint does.
#ifndef SOCKDRILL_NET_FORMS_H
#define SOCKDRILL_NET_FORMS_H

#include "net/net.h"

struct endpoint_text {
    const struct net_family *family;
    const char *const *words; // as many as the form takes
    uint32_t word_count;
    const char *folder;
    enum net_reach reach;
};

#define ENDPOINT_FORM(id, reader, words_min, words_max, synopsis)                                                      \
    int reader(const struct endpoint_text *text, struct address *address);
#include "net/forms.def"

// --- interface.c

// The interface of that name in the calling thread's network namespace, as an address's index and name: 0 or -ENODEV.
int interface_find(const char *name, struct address *address, int *index);
// The name of an address's interface in the namespace of that socket, netdevice(7); left empty where it is gone.
void interface_name(int fd, struct address *address);

// --- packet.c

// Keeps a fresh packet socket from seeing what it sends itself: 0 or a negative errno.
int packet_ignore_own(int fd);

// --- can.c

// The kernel does not say whose message an isotp socket received, but only one can have sent it: who has the socket's
// own identifiers the other way round.
void isotp_set_sender(int fd, struct address *sender);

#endif
