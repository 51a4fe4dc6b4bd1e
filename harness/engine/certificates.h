// The certificates of a case, and their files in its scratch folder. Private to the room.
#ifndef SOCKDRILL_ENGINE_CERTIFICATES_H
#define SOCKDRILL_ENGINE_CERTIFICATES_H

#include "world_terms.h"

// Makes those of the world, and the one of servers that name none; writes their files, and the authority's. False:
// terms->trouble says why not.
bool certificates_make(struct terms *terms);
void certificates_free(struct case_run *run);
// Where the authority's own certificate lies, in the arena.
const char *certificates_ca_file(const struct case_run *run, struct arena *arena);

#endif
