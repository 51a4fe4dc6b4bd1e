// What the user has set, for what is played afterwards.
#include "bridge.h"

#include "world/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Written by the setters alone, which is one thread's to do while no other is in here.
static struct {
    char *program;
    double scale;                                                // 0: not set
    enum { SKIP_UNSET, SKIP_PASSES, SKIP_FAILS } skip;
    struct sockdrill_list defines;
    struct sockdrill_actor_setting *actors;
    size_t actor_count;
} settings;

// The program that the user's build knows, where one of its files was compiled with the macro.
extern const char *sockdrill_check_program __attribute__((weak));
// Where it found the header: "/usr/include/sockdrill_check.h".
extern const char *sockdrill_check_header __attribute__((weak));

// ---- the setters

void sockdrill_program(const char *path) {
    free(settings.program);
    settings.program = path ? sockdrill_need(strdup(path)) : NULL;
}

static bool is_define_of(const char *define, const char *name) {
    size_t const len = strlen(name);
    return strncmp(define, name, len) == 0 && define[len] == '=';
}

void sockdrill_define(const char *name, const char *value) {
    struct sockdrill_list kept = {0};
    for (size_t i = 0; i < settings.defines.count; i++)
        if (!is_define_of(settings.defines.items[i], name)) sockdrill_list_add(&kept, "%s", settings.defines.items[i]);
    if (value) sockdrill_list_add(&kept, "%s=%s", name, value);
    sockdrill_list_fini(&settings.defines);
    settings.defines = kept;
}

void sockdrill_timeout_scale(double factor) { settings.scale = factor > 0 ? factor : 1; }

void sockdrill_fail_on_skip(int whether) { settings.skip = whether ? SKIP_FAILS : SKIP_PASSES; }

static void forget_actor(size_t i) {
    free(settings.actors[i].name);
    settings.actors[i] = settings.actors[--settings.actor_count];
}

void sockdrill_actor(const char *name, int (*function)(struct sockdrill_part *part, void *argument), void *argument) {
    for (size_t i = 0; i < settings.actor_count; i++)
        if (strcmp(settings.actors[i].name, name) == 0) forget_actor(i--);
    if (!function) return;
    settings.actors =
        sockdrill_need(realloc(settings.actors, (settings.actor_count + 1) * sizeof *settings.actors));
    settings.actors[settings.actor_count++] =
        (struct sockdrill_actor_setting){sockdrill_need(strdup(name)), function, argument};
}

void sockdrill_reset(void) {
    sockdrill_program(NULL);
    settings.scale = 0;
    settings.skip = SKIP_UNSET;
    sockdrill_list_fini(&settings.defines);
    while (settings.actor_count > 0) forget_actor(0);
    free(settings.actors);
    settings.actors = NULL;
    sockdrill_servers_end();
}

// ---- what they set

size_t sockdrill_actor_count(void) { return settings.actor_count; }

const struct sockdrill_actor_setting *sockdrill_actor_at(size_t i) { return &settings.actors[i]; }

const struct sockdrill_actor_setting *sockdrill_actor_find(const char *name) {
    for (size_t i = 0; i < settings.actor_count; i++)
        if (strcmp(settings.actors[i].name, name) == 0) return &settings.actors[i];
    return NULL;
}

bool sockdrill_skip_fails(void) {
    const char *const value = getenv("SOCKDRILL_FAIL_ON_SKIP");
    if (settings.skip != SKIP_UNSET) return settings.skip == SKIP_FAILS;
    return value && value[0] && strcmp(value, "0") != 0;
}

double sockdrill_scale(void) {
    const char *const value = getenv("SOCKDRILL_TIMEOUT_SCALE");
    double const told = settings.scale > 0 ? settings.scale : value ? strtod(value, NULL) : 1;
    return told > 0 ? told : 1;
}

const struct sockdrill_list *sockdrill_defines(void) { return &settings.defines; }

// ---- the program

// To be freed; NULL, and errno.
static char *look_up(const char *name) {
    char file[PATH_MAX];
    errno = program_file_find(AT_FDCWD, name, getenv("PATH"), file);
    return errno ? NULL : sockdrill_need(strdup(file));
}

// Of an installation whose header the user has. To be freed; NULL: there is none, or the header's path is another
// folder's to understand.
static char *find_beside_header(void) {
    const char *const header = &sockdrill_check_header ? sockdrill_check_header : "";
    const char *const name = strrchr(header, '/');
    char *path = NULL;
    if (header[0] != '/') return NULL;
    if (asprintf(&path, "%.*s/../bin/sockdrill", (int)(name - header), header) < 0) path = NULL;
    char *const found = look_up(sockdrill_need(path));
    free(path);
    return found;
}

char *sockdrill_find_program(struct sockdrill_text *why) {
    const char *const told = getenv("SOCKDRILL");
    struct {
        const char *path, *from;
    } const places[] = {{settings.program, "sockdrill_program()"},
                        {told && told[0] ? told : NULL, "the environment's SOCKDRILL"},
                        {&sockdrill_check_program ? sockdrill_check_program : NULL, "SOCKDRILL_PROGRAM of the build"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *const path = places[i].path;
        if (!path) continue;
        char *const found = look_up(path);
        if (found) return found;
        if (strchr(path, '/'))
            sockdrill_text_print(why, "%s names '%s', which is no program that can be run: %s", places[i].from, path, strerror(errno));
        else sockdrill_text_print(why, "%s names '%s', which no folder of PATH has", places[i].from, path);
        return NULL;
    }
    char *const beside = find_beside_header(), *const found = beside ? beside : look_up("sockdrill");
    if (!found)
        sockdrill_text_print(why, "there is no sockdrill: no folder of PATH has it; the environment's SOCKDRILL or "
                                  "sockdrill_program() say where it is");
    return found;
}
