// Bluetooth's socket addresses, as the kernel has them in include/net/bluetooth/{l2cap,rfcomm}.h: no header of its uapi
// does, and BlueZ's library brings the same. Numbers are little-endian, an address's bytes stand in the reverse of how
// it is written.
#ifndef SOCKDRILL_BASE_BLUETOOTH_H
#define SOCKDRILL_BASE_BLUETOOTH_H

#include <stdint.h>
#include <sys/socket.h>

enum { BTPROTO_L2CAP = 0, BTPROTO_RFCOMM = 3 }; // the third argument of socket(2)

struct bluetooth_device {
    uint8_t bytes[6];
};

struct sockaddr_l2 {
    sa_family_t l2_family;
    uint16_t l2_psm;
    struct bluetooth_device l2_bdaddr;
    uint16_t l2_cid; // of a connection's channel; tells two connections between the same devices apart
    uint8_t l2_bdaddr_type;
};

struct sockaddr_rc {
    sa_family_t rc_family;
    struct bluetooth_device rc_bdaddr;
    uint8_t rc_channel;
};

#endif
