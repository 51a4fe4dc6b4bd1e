// Actors that functions of the caller's play: --function NAME=SOCKET.
#include "cli.h"

#include "base/memory.h"
#include "base/nearest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

// The workers that look for it stand in folders of their worlds'.
static char *absolute(const char *path) {
    char *const here = path[0] == '/' ? NULL : getcwd(NULL, 0);
    struct buffer whole = {0};
    if (here) buffer_printf(&whole, "%s/", here);
    buffer_text(&whole, path);
    char *const copy = memory_need(strdup(whole.data));
    buffer_fini(&whole);
    free(here);
    return copy;
}

bool player_add(struct options *options, char *text) {
    char *const equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1]) {
        complain("--function takes NAME=SOCKET, not '%s'", text);
        return false;
    }
    *equals = '\0';
    struct player const player = {text, absolute(equals + 1)};
    uint32_t const number = options->player_count++;
    options->players = memory_need(realloc(options->players, options->player_count * sizeof player));
    options->players[number] = player;
    for (uint32_t i = 0; i < number; i++) {
        if (strcmp(options->players[i].actor, text) != 0) continue;
        complain("--function %s: only one function plays an actor, and this is the second", text);
        return false;
    }
    size_t const most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    if (strlen(player.path) <= most) return true;
    complain("--function %s: a Unix path has at most %zu bytes, and this one %zu: %s", text, most, strlen(player.path), player.path);
    return false;
}

void players_forget(struct options *options) {
    for (uint32_t i = 0; i < options->player_count; i++) free((char *)(uintptr_t)options->players[i].path);
    free(options->players);
}

static void offer_actors(struct nearest *nearest, const struct plan_set *set) {
    for (uint32_t i = 0; set->plan_count > 0 && i < set->plans[0]->actor_count; i++)
        nearest_offer(nearest, set->plans[0]->actors[i].name);
}

bool players_are_known(const struct suite *suite, const struct options *options) {
    bool all = true;
    for (uint32_t i = 0; i < options->player_count; i++) {
        struct nearest nearest = {.name = slice_text(options->players[i].actor)};
        bool known = suite->error_count > 0; // a file that could not be read whole may have it
        for (uint32_t k = 0; k < suite->file_count && !known; k++) {
            known = suite->files[k].set.player_known[i];
            if (!known) offer_actors(&nearest, &suite->files[k].set);
        }
        all = all && known;
        if (known) continue;
        const char *const actor = options->players[i].actor;
        if (nearest.best) complain("--function %s: no scenario here has an actor of that name: did you mean '%s'?", actor, nearest.best);
        else complain("--function %s: no scenario here has an actor of that name", actor);
    }
    return all;
}
