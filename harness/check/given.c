// What of the settings a scenario is told: a function and a define are for those that have an actor and a `let` of that
// name, so that they can be set once for many. What neither it nor any that was added has is told all the same, and
// sockdrill says that there is no such name.
#include "bridge.h"

#include <stdlib.h>
#include <string.h>

// Of all that tcase_add_scenarios() has added, each name once. Written before tests run, read by these.
static struct sockdrill_names known;

static bool has(const struct sockdrill_list *names, const char *name, size_t len_bytes) {
    for (size_t i = 0; i < names->count; i++)
        if (strncmp(names->items[i], name, len_bytes) == 0 && names->items[i][len_bytes] == '\0') return true;
    return false;
}

static void add_new(struct sockdrill_list *names, const struct sockdrill_list *more) {
    for (size_t i = 0; i < more->count; i++)
        if (!has(names, more->items[i], strlen(more->items[i]))) sockdrill_list_add(names, "%s", more->items[i]);
}

void sockdrill_names_add(struct sockdrill_names *names, const struct sockdrill_names *more) {
    add_new(&names->lets, &more->lets);
    add_new(&names->actors, &more->actors);
}

void sockdrill_names_fini(struct sockdrill_names *names) {
    sockdrill_list_fini(&names->lets);
    sockdrill_list_fini(&names->actors);
}

void sockdrill_names_know(const struct sockdrill_names *names) { sockdrill_names_add(&known, names); }

bool sockdrill_names_matter(void) {
    bool const is_set = sockdrill_defines()->count > 0 || sockdrill_actor_count() > 0;
    return is_set && known.lets.count + known.actors.count > 0;
}

void sockdrill_defines_of(struct sockdrill_list *defines, const struct sockdrill_names *names) {
    const struct sockdrill_list *const all = sockdrill_defines();
    for (size_t i = 0; i < all->count; i++)
        if (has(&names->lets, all->items[i], strcspn(all->items[i], "=")))
            sockdrill_list_add(defines, "%s", all->items[i]);
}

static bool is_told(const struct sockdrill_list *own, const struct sockdrill_list *others, const char *name,
                    size_t len_bytes) {
    return has(own, name, len_bytes) || !has(others, name, len_bytes);
}

void sockdrill_given_init(struct sockdrill_given *given, const struct sockdrill_names *names) {
    static const struct sockdrill_names nobodys;
    const struct sockdrill_names *const others = names ? &known : &nobodys;
    const struct sockdrill_list *const defines = sockdrill_defines();
    *given = (struct sockdrill_given){0};
    if (!names) names = &nobodys;
    for (size_t i = 0; i < defines->count; i++)
        if (is_told(&names->lets, &others->lets, defines->items[i], strcspn(defines->items[i], "=")))
            sockdrill_list_add(&given->defines, "%s", defines->items[i]);
    for (size_t i = 0; i < sockdrill_actor_count(); i++) {
        const char *const actor = sockdrill_actor_at(i)->name;
        if (is_told(&names->actors, &others->actors, actor, strlen(actor)))
            sockdrill_list_add(&given->functions, "%s", actor);
    }
}

void sockdrill_given_fini(struct sockdrill_given *given) {
    sockdrill_list_fini(&given->defines);
    sockdrill_list_fini(&given->functions);
}
