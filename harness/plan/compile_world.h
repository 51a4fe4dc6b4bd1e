// What can be seen to be wrong with a world's words before anything runs. Private to the room.
#ifndef SOCKDRILL_PLAN_COMPILE_WORLD_H
#define SOCKDRILL_PLAN_COMPILE_WORLD_H

#include "compile.h"

// The word's text, where it is known now and may be one: without a zero byte (else reported) and not empty (else reported).
bool world_text(struct compiler *c, const struct term *word, struct slice *text);
// A host's name by RFC 1123, section 2.1, of that many bytes at the most.
void world_check_host(struct compiler *c, const struct term *word, uint32_t most_bytes);
// What a certificate may be for: a host, all of a domain (`*.gnu.org`), or an address; a client's, whoever it is.
void world_check_certified(struct compiler *c, const struct term *word, bool is_client);
// Whether the word is known to read as an address, with a port or without one.
bool world_is_address(struct compiler *c, const struct term *word);
// An address without a port; false: not known now, or reported.
bool world_check_address(struct compiler *c, const struct term *word, struct address *address);
// The same, and it may be an address of the world's.
bool world_check_own_address(struct compiler *c, const struct term *word, struct address *address);
void world_check_interface(struct compiler *c, const struct term *word);
void world_check_sysctl(struct compiler *c, const struct term *word);
void world_check_route(struct compiler *c, const struct term *word);
void world_check_path(struct compiler *c, const struct term *word);
// What only the scenario can know cannot be part of its world; nor can a free port, but in a file.
void world_check_term(struct compiler *c, const struct term *term, bool in_file);

// compile_certificate.c
void world_add_certificate(struct compiler *c, const struct world_line *line);
// What can be said of all of them once all lines are read.
void world_check_certificates(struct compiler *c);

#endif
