// A tree, looked at from root to leaf: every span lies in the text, every name is what stands at its span.
#ifndef SOCKDRILL_FUZZ_TREE_WALK_H
#define SOCKDRILL_FUZZ_TREE_WALK_H

#include "script/tree.h"

void tree_walk(const struct tree *tree, const struct source *source);

#endif
