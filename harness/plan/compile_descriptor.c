// What kind a socket is, as far as the text tells; and the descriptors that go along with bytes.
#include "compile.h"

uint32_t compile_socket_slot(struct compiler *c, struct name name) {
    if (name.text.len_bytes == 0) return SLOT_CURRENT;
    const struct binding *binding = scope_find(c, name.text);
    if (binding && binding->kind == BINDING_SOCKET) return binding->slot;
    uint32_t stdio = compile_stdio_slot(c, name.text);
    if (stdio != SLOT_CURRENT) return stdio;
    if (binding) {
        diag_error(c->diags, name.span, "'%.*s' is a value, not a socket", (int)name.text.len_bytes,
                   (const char *)name.text.data);
    } else {
        unknown_name(c, name, "socket", OFFER_SOCKETS);
        bool is_stream = slice_is(name.text, "stdin") || slice_is(name.text, "stdout") || slice_is(name.text, "stderr");
        if (is_stream) diag_hint(c->diags, "stdin, stdout and stderr are a program's");
    }
    return SLOT_CURRENT;
}

enum family_word compile_socket_family(const struct compiler *c, struct name on) {
    if (on.text.len_bytes == 0) return c->current.family;
    const struct binding *binding = scope_first(c, on.text);
    return binding ? binding->family : FAMILY_NONE;
}

// The kind of the socket that the step makes, or turns into the current one; FAMILY_NONE: the text does not tell.
static enum family_word made_family(const struct compiler *c, const struct statement *s, const struct step *step) {
    if (s->verb == VERB_SOCKET) return step->family;
    bool names_listener = s->on.text.len_bytes > 0 || c->current.listens; // else it is another of the actor's
    if (s->verb == VERB_ACCEPT) return names_listener ? compile_socket_family(c, s->on) : FAMILY_NONE;
    return step->operand && step->operand->kind == TERM_ENDPOINT ? step->operand->family : FAMILY_NONE;
}

void compile_note_family(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct step *step = plan_step(c, at);
    bool is_current = s->on.text.len_bytes == 0;
    if (is_current && s->verb == VERB_CLOSE) c->current.listens = false;
    if (is_current && s->verb == VERB_LISTEN) c->current.listens = true;
    bool makes = s->verb == VERB_SOCKET || s->verb == VERB_BIND || s->verb == VERB_ACCEPT || s->verb == VERB_CONNECT ||
                 (s->verb == VERB_LISTEN && s->operand);
    if (!makes) return;
    enum family_word family = made_family(c, s, step);
    struct binding *named = s->as.text.len_bytes > 0 ? scope_find(c, s->as.text) : NULL;
    struct binding *on = is_current || s->verb == VERB_ACCEPT ? NULL : scope_find(c, s->on.text);
    if (named) named->family = family;
    if (named) named->made_by = s->verb;
    if (on) on->family = family;
    else c->current = (struct known_socket){.family = family, .listens = s->verb == VERB_LISTEN};
}

void compile_needs_unix(struct compiler *c, struct span span, enum family_word family, const char *what) {
    if (family == FAMILY_NONE || family == FAMILY_UNIX || family == FAMILY_UNIX_DGRAM || family == FAMILY_UNIX_SEQPACKET)
        return;
    diag_error(c->diags, span, "%s of a Unix socket only, and this one is `%s`", what, script_family_word(family));
}

void compile_descriptors(struct compiler *c, const struct statement *s, uint32_t at) {
    if (s->fd_count == 0) return;
    uint32_t *fds = arena_array(c->arena, s->fd_count, sizeof *fds), errors = c->diags->told_errors;
    for (uint32_t i = 0; i < s->fd_count; i++)
        fds[i] = s->verb == VERB_SEND ? compile_socket_slot(c, s->fds[i]) : scope_socket(c, s->fds[i])->slot;
    struct span names = span_join(s->fds[0].span, s->fds[s->fd_count - 1].span);
    if (c->diags->told_errors == errors)
        compile_needs_unix(c, names, compile_socket_family(c, s->on), "descriptors are passed in the data");
    plan_step(c, at)->fds = fds;
    plan_step(c, at)->fd_count = s->fd_count;
}
