// CAN frames as captures have them. Private to the room.
#ifndef SOCKDRILL_NET_CAPTURE_CAN_H
#define SOCKDRILL_NET_CAPTURE_CAN_H

#include <stddef.h>
#include <stdint.h>

// A frame begins with its identifier and the flags of that, of CAN XL the priority, in this machine's byte order; LINK_CAN has
// them big-endian, and all else as the kernel does. One that is shorter stays as it is.
void capture_can_order(uint8_t *frame, size_t len_bytes);

#endif
