// The files that a scenario names. Private to the room.
#ifndef SOCKDRILL_ENGINE_FILES_H
#define SOCKDRILL_ENGINE_FILES_H

#include "play.h"

// Looked up as the language says; the bytes are in env->arena, and so is env->message where there is no such file.
enum eval_status files_read(struct case_run *run, struct eval_env *env, const char *path, struct value *value);
// The same for a step. Where no program runs nothing of the case writes to a file: it is read once and kept, with the part.
enum eval_status files_read_once(struct part *part, struct eval_env *env, const char *path, struct value *value);
enum eval_status files_have(struct case_run *run, const char *path, struct value *value);
// Writes it into the scratch folder, with the folders that its path names. 0 or a negative errno; -EINVAL: the path would
// lead out of it.
int files_put(struct case_run *run, const char *path, const struct bytes *bytes);

#endif
