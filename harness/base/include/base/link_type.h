// How a captured packet begins: numbers of draft-ietf-opsawg-pcaplinktype.
#ifndef SOCKDRILL_BASE_LINK_TYPE_H
#define SOCKDRILL_BASE_LINK_TYPE_H

enum link_type { LINK_ETHERNET = 1, LINK_CAN = 227 };

#endif
