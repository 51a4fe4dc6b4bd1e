// The stdin, stdout and stderr of a program, which steps are aimed at as at sockets; and what only a program has to say.
#include "compile.h"

#include <string.h>

// --- stdin, stdout and stderr

static const struct {
    const char *word;
    uint32_t slot;
} streams[] = {{"stdin", SLOT_STDIO}, {"stdout", SLOT_STDIO}, {"stderr", SLOT_STDERR}};

uint32_t compile_stdio_slot(const struct compiler *c, struct slice name) {
    for (size_t i = 0; i < sizeof streams / sizeof *streams && compile_may_be_program(c); i++)
        if (slice_is(name, streams[i].word)) return streams[i].slot;
    return SLOT_CURRENT;
}

// Bytes for its stdin: it is a pipe then, or a terminal.
static void note_stdin(struct compiler *c, const struct statement *s) {
    c->draft->actor->sends_stdin = true;
    if (compile_is_alone(c) || !c->program.stdin_given.source) return;
    diag_error(c->diags, s->verb_span, "its stdin is a file: `stdin` is %s",
               compile_place_of(c, c->program.stdin_given, s->verb_span));
    diag_hint(c->diags, "without `stdin`, what is sent goes through a pipe");
}

static bool check_direction(struct compiler *c, const struct statement *s, const char *right) {
    bool is_reader = slice_is(s->on.text, "stdin");
    bool is_writer = slice_is(s->on.text, "stdout") || slice_is(s->on.text, "stderr");
    bool wants_stdin = strcmp(right, "stdin") == 0;
    if (wants_stdin ? !is_writer : !is_reader) return true;
    diag_error(c->diags, s->on.span, "`%s` is for its %s", script_verb_word(s->verb), right);
    return false;
}

static void refuse_stdio(struct compiler *c, const struct statement *s) {
    const char *word = script_verb_word(s->verb);
    if (s->on.text.len_bytes > 0)
        diag_error(c->diags, s->on.span, "`%s` is for a socket, and '%.*s' is none", word, (int)s->on.text.len_bytes,
                   (const char *)s->on.text.data);
    else
        diag_error(c->diags, s->verb_span,
                   "`%s` is for a socket, and behind `run` the program's stdin and stdout are current", word);
    if (s->verb == VERB_CLOSE || s->verb == VERB_RESET)
        diag_hint(c->diags, "`shutdown write` ends its stdin, and `stop` the program");
}

// Whether it moves bytes, and may do so here.
static bool is_transfer(struct compiler *c, const struct statement *s) {
    switch ((int)s->verb) {
    case VERB_SHUTDOWN:
        if (s->shutdown_way == SHUTDOWN_WRITE) return check_direction(c, s, "stdin");
        diag_error(c->diags, s->verb_span, "only its stdin can be ended: shutdown write");
        return false;
    case VERB_SEND: return check_direction(c, s, "stdin");
    case VERB_RECV:
    case VERB_DISCARD: return check_direction(c, s, "stdout or stderr");
    }
    return false;
}

static bool needs_socket(const struct statement *s) {
    bool is_named = s->on.text.len_bytes > 0; // else it makes a socket, or goes to the actor's listener
    switch ((int)s->verb) {
    case VERB_LISTEN: return is_named || !s->operand;
    case VERB_SOCKET:
    case VERB_BIND:
    case VERB_ACCEPT:
    case VERB_CONNECT: return is_named;
    case VERB_CLOSE:
    case VERB_RESET:
    case VERB_SET:
    case VERB_TLS: return true;
    }
    return false;
}

void compile_note_stdio(struct compiler *c, const struct statement *s) {
    bool is_mixed = c->program.on_terminal && !compile_is_alone(c) && slice_is(s->on.text, "stderr");
    if (is_mixed) diag_error(c->diags, s->on.span, "on a terminal stdout and stderr are one: `recv` reads both");
    if (needs_socket(s)) refuse_stdio(c, s);
    if (!is_transfer(c, s)) return;
    if (s->to || s->from || s->fd_count > 0)
        diag_error(c->diags, s->verb_span,
                   "a program's stdin, stdout and stderr have no addresses and pass no descriptors");
    if (s->verb == VERB_SEND || s->verb == VERB_SHUTDOWN) note_stdin(c, s);
}

// --- attributes

static bool is_of_program(enum attribute attribute) {
    return attribute == ATTRIBUTE_PID || attribute == ATTRIBUTE_EXIT || attribute == ATTRIBUTE_OPEN_FDS;
}

bool compile_attribute_of_program(struct compiler *c, struct span span, enum attribute attribute, uint32_t index) {
    if (!is_of_program(attribute)) return true;
    bool is_own = index == PLAN_NONE;
    struct actor *actor = is_own ? c->draft->actor : &c->plan->actors[index];
    if ((is_own && compile_is_alone(c)) || actor->role == ROLE_PROGRAM) {
        if (attribute == ATTRIBUTE_EXIT) actor->exit_is_read = true;
        return true;
    }
    diag_error(c->diags, span, "`%s` is of a program, and %s", attribute_word(attribute),
               is_own ? compile_role_phrase(c) : arena_text(c->arena, "'%s' is none", actor->name));
    for (uint32_t i = 0; i < c->plan->actor_count; i++) {
        if (c->plan->actors[i].role != ROLE_PROGRAM) continue;
        diag_hint(c->diags, "%s.%s", c->plan->actors[i].name, attribute_word(attribute));
        break;
    }
    return false;
}

bool compile_attribute_of_stdio(struct compiler *c, struct span span, enum attribute attribute) {
    bool has_it = attribute == ATTRIBUTE_SENT || attribute == ATTRIBUTE_RECEIVED || attribute == ATTRIBUTE_UNREAD;
    if (has_it || !attribute_is_of_socket(attribute)) return true;
    diag_error(c->diags, span, "`%s` is of a socket, and a program's stdin, stdout and stderr are none",
               attribute_word(attribute));
    diag_hint(c->diags, "they have `sent`, `received` and `unread`");
    return false;
}
