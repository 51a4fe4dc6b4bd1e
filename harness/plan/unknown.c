// What is said of a name that means nothing here, and when nothing is said.
#include "compile.h"

#include "base/nearest.h"
#include "plan/constants.h"

#include <stdlib.h>
#include <string.h>

// --- excuses

// Behind these a new name stands. Immutable.
static const char *const defining_words[] = {
    "let", "vary", "as", "for", "server", "client", "program", "procedure", "message", "signal", "certificate",
};

static bool defines(struct slice word) {
    for (size_t i = 0; i < sizeof defining_words / sizeof *defining_words; i++)
        if (slice_is(word, defining_words[i])) return true;
    return false;
}

static bool is_name_byte(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

struct gathering {
    struct arena *arena;
    struct excuses *excuses;
};

static void gather(struct gathering *g, struct slice name) {
    struct excuses *excuses = g->excuses;
    excuses->names = arena_grow(g->arena, excuses->names, excuses->count, sizeof *excuses->names);
    excuses->names[excuses->count++] = name;
}

// The words of a text: all of them, or those that stand where a name is defined.
static void gather_words(struct gathering *g, struct slice text, bool all) {
    struct slice before = {0};
    for (size_t at = 0; at < text.len_bytes;) {
        size_t start = at;
        while (at < text.len_bytes && is_name_byte(text.data[at])) at++;
        if (at == start) {
            at++;
            continue;
        }
        struct slice word = slice_of(text.data + start, at - start);
        bool in_group = start > 0 && text.data[start - 1] == '<'; // (?<name>
        if (all || in_group || defines(before)) gather(g, word);
        before = word;
    }
}

static int compare_names(const void *a, const void *b) {
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

// What cannot be read is not in the tree, with all that it defines, and an actor is missing with its whole block. So a
// name counts as defined where any text looks as if it did, and where it stands in a line that could not be read.
const struct excuses *unknown_excuses(struct arena *arena, const struct diag_list *diags, bool lacks_library) {
    struct excuses *excuses = arena_alloc(arena, sizeof *excuses);
    struct gathering g = {arena, excuses};
    excuses->any_name = lacks_library;
    const struct source *source = NULL;
    uint32_t line = 0;
    for (const struct diag *diag = diags->first; diag; diag = diag->next) {
        if (diag->severity != SEVERITY_ERROR || !diag->span.source) continue;
        uint32_t at = source_position(diag->span).line;
        if (diag->span.source != source) gather_words(&g, diag->span.source->text, false);
        if (diag->span.source != source || at != line) gather_words(&g, source_line(diag->span.source, at), true);
        source = diag->span.source;
        line = at;
    }
    if (excuses->count > 0) qsort(excuses->names, excuses->count, sizeof *excuses->names, compare_names);
    return excuses;
}

bool unknown_is_excused(const struct compiler *c, struct slice name) {
    if (!c->excuses || name.len_bytes == 0) return false;
    if (c->excuses->any_name) return true;
    return c->excuses->count > 0 &&
           bsearch(&name, c->excuses->names, c->excuses->count, sizeof name, compare_names) != NULL;
}

// --- suggestions

static void offer_name(struct compiler *c, struct nearest *nearest, struct slice name) {
    if (name.len_bytes > 0 && name.len_bytes <= 2 * nearest->name.len_bytes + 2)
        nearest_offer(nearest, arena_copy(c->arena, name.data, name.len_bytes));
}

static void offer_bindings(struct compiler *c, struct nearest *nearest, unsigned offers) {
    for (const struct binding *binding = c->bindings; binding; binding = binding->outer) {
        bool is_socket = binding->kind == BINDING_SOCKET;
        if (binding->file && !library_shows(c, NULL, binding->file)) continue;
        if (offers & (is_socket ? OFFER_SOCKETS : OFFER_VALUES)) offer_name(c, nearest, binding->name.text);
    }
}

static void offer_words(struct compiler *c, struct nearest *nearest, unsigned offers) {
    const char *word;
    bool of_socket = false;
    if (offers & (OFFER_ATTRIBUTES | OFFER_SOCKET_ATTRIBUTES))
        for (uint32_t i = 0; (word = attribute_offer(i, &of_socket)); i++)
            if (of_socket || (offers & OFFER_ATTRIBUTES)) nearest_offer(nearest, word);
    if (offers & OFFER_CONSTANTS) {
        for (uint32_t i = 0; (word = constant_offer(i)); i++) nearest_offer(nearest, word);
        for (uint32_t i = 0; (word = errno_offer(i)); i++) nearest_offer(nearest, word);
    }
    if (offers & OFFER_STATES)
        for (int state = 1; state < STATE_COUNT; state++) nearest_offer(nearest, state_name((enum state)state));
    if (offers & OFFER_FUNCTIONS)
        for (uint32_t i = 0; (word = function_offer(i)); i++) nearest_offer(nearest, word);
    if (offers & (OFFER_FUNCTIONS | OFFER_TYPES))
        for (enum type_word type = TYPE_WORD_NONE + 1; type < TYPE_WORD_COUNT; type++)
            nearest_offer(nearest, script_type_word(type));
    for (uint32_t i = 0; offers & (OFFER_EVENTS | OFFER_FAULTS) && i < c->plan->event_count; i++) {
        bool is_fault = c->plan->events[i].giver >= GIVEN_BY_DROP;
        if (is_fault || (offers & OFFER_EVENTS)) nearest_offer(nearest, c->plan->events[i].text);
    }
}

void unknown_suggest(struct compiler *c, struct slice name, unsigned offers) {
    struct nearest nearest = {.name = name};
    if (!diag_is_news(c->diags)) return;
    offer_bindings(c, &nearest, offers);
    if (offers & OFFER_ACTORS)
        for (uint32_t i = 0; i < c->plan->actor_count; i++)
            if (c->plan->actors[i].role != ROLE_AFTERWARDS) nearest_offer(&nearest, c->plan->actors[i].name);
    if (offers & OFFER_PROCEDURES)
        for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next)
            if (library_shows(c, NULL, p->name.span.source)) offer_name(c, &nearest, p->name.text);
    offer_words(c, &nearest, offers);
    diag_suggest(c->diags, nearest.best);
}

bool unknown_hint_types(struct compiler *c, struct slice name) {
    struct buffer hint = {0};
    for (enum type_word type = TYPE_WORD_NONE + 1; type < TYPE_WORD_COUNT && name.len_bytes > 1; type++) {
        const char *word = script_type_word(type);
        if (strlen(word) <= name.len_bytes || memcmp(word, name.data, name.len_bytes) != 0) continue;
        buffer_printf(&hint, "%s%s", hint.len_bytes > 0 ? ", " : "did you mean ", word);
    }
    if (hint.len_bytes > 0) diag_hint(c->diags, "%s?", hint.data);
    bool any = hint.len_bytes > 0;
    buffer_fini(&hint);
    return any;
}

// A name that the actor gives a value to, though none that is seen from here.
static bool hint_given(struct compiler *c, struct slice name) {
    const struct actor_draft *draft = c->draft;
    for (uint32_t i = 0; draft && i < draft->slot_given_count; i++)
        if (slice_equal(draft->slots[i].name, name)) {
            diag_hint(c->diags, "it has a value only inside of the block, or the procedure, that gives it one");
            return true;
        }
    if (!draft || table_number(&draft->given_numbers, name) == TABLE_NONE) return false;
    diag_hint(c->diags, "it has no value here yet");
    return true;
}

void unknown_name(struct compiler *c, struct name name, const char *what, unsigned offers) {
    if (unknown_is_excused(c, name.text)) return;
    if (library_of(c, name.text)) {
        library_check_free(c, name);
        return;
    }
    diag_error(c->diags, name.span, "unknown %s '%.*s'", what, (int)name.text.len_bytes, (const char *)name.text.data);
    if (!diag_is_news(c->diags)) return;
    if ((offers & OFFER_VALUES) && hint_given(c, name.text)) return;
    if ((offers & (OFFER_VALUES | OFFER_PROCEDURES)) && library_hint(c, name.text)) return;
    if ((offers & (OFFER_VALUES | OFFER_FUNCTIONS)) && unknown_hint_types(c, name.text)) return;
    unknown_suggest(c, name.text, offers);
}
