// The steps of a program: run, what stands before it, and what behind it.
#include "compile.h"

#include "base/nearest.h"
#include "plan/constants.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>

// --- whose step it is

const char *compile_role_phrase(const struct compiler *c) {
    const struct actor *actor = c->draft->actor;
    switch (actor->role) {
    case ROLE_SERVER: return arena_text(c->arena, "'%s' is a server", actor->name);
    case ROLE_CLIENT: return arena_text(c->arena, "'%s' is a client", actor->name);
    case ROLE_PROGRAM: return arena_text(c->arena, "'%s' is a program", actor->name);
    case ROLE_AFTERWARDS: break;
    }
    return "`afterwards` is none";
}

// A procedure that is compiled on its own may be any actor's.
bool compile_may_be_program(const struct compiler *c) {
    return c->draft && (c->actor_index == PLAN_NONE || c->draft->actor->role == ROLE_PROGRAM);
}

bool compile_is_alone(const struct compiler *c) { return c->actor_index == PLAN_NONE; }

// The call in the actor's own text; NULL: the step stands there itself.
static const struct step *outermost_call(const struct compiler *c) {
    const struct step *call = NULL;
    for (uint32_t at = c->called_from; at != PLAN_NONE; at = call->called_from) call = &c->plan->steps[at];
    return call;
}

// Says what is wrong about a statement's verb, in the actor's own text: of a procedure's at the call, and once. False: at a
// call.
__attribute__((format(printf, 3, 4))) static bool blame(struct compiler *c, const struct statement *s, const char *format,
                                                        ...) {
    const char *word = script_verb_word(s->verb);
    const struct step *call = outermost_call(c);
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vtext(c->arena, format, arguments);
    va_end(arguments);
    if (!call) {
        diag_error(c->diags, s->verb_span, "`%s` %s", word, text);
        return true;
    }
    if (call->span.start == c->blamed.start && call->span.source == c->blamed.source) return false;
    c->blamed = call->span;
    diag_error(c->diags, call->span, "the `%s` in it %s", word, text);
    return false;
}

static bool in_program(struct compiler *c, const struct statement *s) {
    if (compile_may_be_program(c)) return true;
    if (blame(c, s, "stands in a program, and %s", compile_role_phrase(c)))
        diag_hint(c->diags, "program NAME { %s }", script_verb_synopsis(s->verb));
    return false;
}

// "in line 7", or where it is in another file.
const char *compile_place_of(const struct compiler *c, struct span span, struct span from) {
    uint32_t line = source_position(span).line;
    if (span.source == from.source) return arena_text(c->arena, "in line %u", line);
    return arena_text(c->arena, "in %s:%u", span.source->path, line);
}

static bool before_run(struct compiler *c, const struct statement *s) {
    if (!in_program(c, s)) return false;
    if (!c->program.run.source || compile_is_alone(c)) return true;
    blame(c, s, "stands before `run`, which is %s", compile_place_of(c, c->program.run, s->verb_span));
    return false;
}

static void behind_run(struct compiler *c, const struct statement *s) {
    if (!in_program(c, s) || compile_is_alone(c)) return;
    if (c->program.run_fails) blame(c, s, "stands behind a `run` that must fail: nothing runs");
    else if (!c->program.run.source && c->draft->runs) blame(c, s, "stands behind `run`: nothing runs yet");
}

// Whether a step before has made a socket, which is current, or may be.
static bool has_socket(const struct compiler *c) {
    for (uint32_t i = c->plan->step_count; i > 0 && c->plan->steps[i - 1].actor == c->actor_index; i--) {
        switch ((int)c->plan->steps[i - 1].kind) {
        case STEP_SOCKET:
        case STEP_BIND:
        case STEP_LISTEN:
        case STEP_ACCEPT:
        case STEP_CONNECT: return true;
        }
    }
    return false;
}

void compile_transfer_behind_run(struct compiler *c, const struct statement *s, bool is_stdio) {
    bool const is_transfer =
        s->verb == VERB_SEND || s->verb == VERB_RECV || s->verb == VERB_DISCARD || s->verb == VERB_SHUTDOWN;
    bool const is_program = c->draft && !compile_is_alone(c) && c->draft->actor->role == ROLE_PROGRAM;
    if (!is_transfer || !is_program) return;
    bool const is_current = s->on.text.len_bytes == 0 && !c->current.is_stdio && !has_socket(c);
    if (is_stdio || is_current) behind_run(c, s);
}

// Says so where the statement is given a second time; remembers it.
static void once(struct compiler *c, const struct statement *s, struct span *before) {
    const char *where = before->source ? compile_place_of(c, *before, s->verb_span) : NULL;
    if (where) blame(c, s, "stands here a second time: the first is %s", where);
    *before = s->verb_span;
}

void compile_programs_run(struct compiler *c) {
    for (uint32_t i = 0; i < c->plan->actor_count; i++) {
        const struct actor *actor = &c->plan->actors[i];
        if (actor->role != ROLE_PROGRAM || c->drafts[i].runs) continue;
        if (c->excuses) continue; // what could not be read may be its `run`
        diag_error(c->diags, actor->span, "the program '%s' never runs anything", actor->name);
        diag_hint(c->diags, "run \"NAME\" \"ARGUMENT\" ...");
    }
}

// --- run

// A NUL ends what execve(2) takes.
static void check_system_text(struct compiler *c, struct span span, const struct value *value, const char *what) {
    struct slice text;
    bool is_bytes = value->kind == VALUE_BYTES && bytes_flat(c->arena, value->bytes, &text);
    if (is_bytes && text.len_bytes > 0 && memchr(text.data, '\0', text.len_bytes))
        diag_error(c->diags, span, "%s has no NUL byte in it", what);
}

static const struct term *system_text(struct compiler *c, const struct expr *expr, const char *what) {
    const struct term *term = compile_as_text(c, expr);
    if (term_is_known(term)) check_system_text(c, expr->span, &term->value, what);
    return term;
}

// It becomes a text when it is run: of a list each item does.
static const struct term *argument(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_expr(c, expr);
    if (!term_is_known(term)) return term;
    bool const is_list = term->value.kind == VALUE_LIST;
    const struct value *items = is_list ? term->value.items : &term->value;
    for (uint32_t i = 0; i < (is_list ? term->value.item_count : 1); i++)
        check_system_text(c, expr->span, &items[i], "an argument");
    return term;
}

// Whether a `listen` without an endpoint has made the current socket listen, whichever that was.
static bool has_listened(const struct compiler *c) {
    for (uint32_t i = c->plan->step_count; i > 0 && c->plan->steps[i - 1].actor == c->actor_index; i--)
        if (c->plan->steps[i - 1].kind == STEP_LISTEN && !c->plan->steps[i - 1].operand) return true;
    return false;
}

static bool is_datagram(enum family_word family) {
    return family == FAMILY_UDP || family == FAMILY_UDP6 || family == FAMILY_UDPLITE || family == FAMILY_UNIX_DGRAM;
}

static void check_with(struct compiler *c, struct name name, const struct binding *binding) {
    int len = (int)name.text.len_bytes;
    const char *text = (const char *)name.text.data;
    bool is_connection = binding->made_by == VERB_ACCEPT || binding->made_by == VERB_CONNECT;
    bool is_bare = binding->made_by == VERB_SOCKET || binding->made_by == VERB_BIND;
    if (is_connection)
        diag_error(c->diags, name.span, "'%.*s' is a connection, and a program gets listening sockets", len, text);
    else if (is_bare && !is_datagram(binding->family) && !has_listened(c)) {
        diag_error(c->diags, name.span, "'%.*s' does not listen", len, text);
        diag_hint(c->diags, "listen tcp 127.0.0.1:0 as %.*s", len, text);
    }
}

static void compile_with(struct compiler *c, const struct statement *s, uint32_t at) {
    if (s->with_count == 0) return;
    uint32_t *fds = arena_array(c->arena, s->with_count, sizeof *fds);
    for (uint32_t i = 0; i < s->with_count; i++) {
        struct name name = s->with[i];
        const struct binding *binding = scope_find(c, name.text);
        uint32_t slot = SLOT_CURRENT;
        if (compile_stdio_slot(c, name.text) != SLOT_CURRENT && !binding)
            diag_error(c->diags, name.span, "a program gets its stdin, stdout and stderr anyway");
        else slot = compile_socket_slot(c, name);
        fds[i] = slot == SLOT_CURRENT ? 0 : slot;
        if (slot != SLOT_CURRENT) check_with(c, name, binding);
        for (uint32_t k = 0; k < i; k++)
            if (slot != SLOT_CURRENT && fds[k] == slot)
                diag_error(c->diags, name.span, "'%.*s' stands here already", (int)name.text.len_bytes,
                           (const char *)name.text.data);
    }
    plan_step(c, at)->fds = fds;
    plan_step(c, at)->fd_count = s->with_count;
}

static void check_run(struct compiler *c, const struct statement *s) {
    bool is_alone = compile_is_alone(c);
    uint32_t blocks = is_alone ? c->block_depth : outermost_call(c) ? c->call_block_depth : c->block_depth;
    if (c->program.run.source && !is_alone) {
        if (blame(c, s, "stands here a second time: the first is %s", compile_place_of(c, c->program.run, s->verb_span)))
            diag_hint(c->diags, "another process is another program");
    } else if (blocks > 0) {
        blame(c, s, "stands in no block: a program is started once, and always");
    } else if (s->on_terminal && c->program.stdin_given.source) {
        blame(c, s, "gives it a terminal as its stdin, and `stdin` a file, %s",
              compile_place_of(c, c->program.stdin_given, s->verb_span));
    }
}

void compile_run(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term **arguments = arena_array(c->arena, s->list_count, sizeof *arguments);
    for (uint32_t i = 0; i < s->list_count; i++) arguments[i] = argument(c, s->list[i]);
    if (!in_program(c, s)) return;
    check_run(c, s);
    compile_with(c, s, at);
    struct step *step = plan_step(c, at);
    step->list = arguments;
    step->list_count = s->list_count;
    step->on_terminal = s->on_terminal;
    if (!c->program.run.source) c->program.run = s->verb_span;
    c->program.run_fails = s->fails.text.len_bytes > 0;
    c->program.on_terminal = s->on_terminal;
    if (!c->program.run_fails) c->current = (struct known_socket){.is_stdio = true};
}

// --- before it

void compile_cwd(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *folder = system_text(c, s->operand, "a folder's path");
    if (before_run(c, s)) once(c, s, &c->program.cwd);
    plan_step(c, at)->operand = folder;
}

void compile_env(struct compiler *c, const struct statement *s, uint32_t at) {
    struct slice name = s->name.text;
    const struct term *value = s->operand ? system_text(c, s->operand, "a variable's value") : NULL;
    before_run(c, s);
    if (memchr(name.data, '=', name.len_bytes) || memchr(name.data, '\0', name.len_bytes))
        diag_error(c->diags, s->name.span, "a variable's name has no '=' and no NUL byte in it");
    plan_step(c, at)->operand = value;
    plan_step(c, at)->variable = arena_copy(c->arena, name.data, name.len_bytes);
}

void compile_user(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *user = system_text(c, s->operand, "a user's name");
    if (before_run(c, s)) once(c, s, &c->program.user);
    if (term_is_known(user) && user->type == VALUE_BYTES && user->value.bytes->len_bytes == 0)
        diag_error(c->diags, s->operand->span, "an empty name");
    plan_step(c, at)->operand = user;
}

void compile_stdin(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *bytes = compile_bytes(c, s->operand);
    if (before_run(c, s)) once(c, s, &c->program.stdin_given);
    plan_step(c, at)->operand = bytes;
}

// --- behind it

static bool can_listen(enum family_word family) {
    switch (family) {
    case FAMILY_TCP:
    case FAMILY_TCP6:
    case FAMILY_UDP:
    case FAMILY_UDP6:
    case FAMILY_UDPLITE:
    case FAMILY_MPTCP:
    case FAMILY_UNIX:
    case FAMILY_UNIX_DGRAM:
    case FAMILY_UNIX_SEQPACKET: return true;
    case FAMILY_PACKET:
    case FAMILY_PACKET_DGRAM:
    case FAMILY_CAN:
    case FAMILY_ISOTP:
    case FAMILY_L2CAP:
    case FAMILY_RFCOMM:
    case FAMILY_VSOCK:
    case FAMILY_NONE:
    case FAMILY_COUNT: break;
    }
    return false;
}

void compile_listens(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *endpoint = compile_endpoint(c, s->operand);
    behind_run(c, s);
    if (endpoint->kind == TERM_ENDPOINT && !can_listen(endpoint->family)) {
        diag_error(c->diags, s->operand->span, "whether a process listens on `%s` is not to be seen",
                   script_family_word(endpoint->family));
        diag_hint(c->diags, "tcp, tcp6, mptcp, udp, udp6, udplite, unix, unix_seqpacket, unix_dgram");
    }
    plan_step(c, at)->operand = endpoint;
}

static int signal_number(struct compiler *c, struct name name) {
    if (name.text.len_bytes == 0) return SIGTERM;
    int number = signal_of(name.text);
    if (number != 0) return number;
    diag_error(c->diags, name.span, "unknown signal '%.*s'", (int)name.text.len_bytes, (const char *)name.text.data);
    if (!diag_is_news(c->diags)) return SIGTERM;
    struct nearest nearest = {.name = name.text};
    bool has_prefix = name.text.len_bytes > 3 && memcmp(name.text.data, "SIG", 3) == 0;
    if (has_prefix) nearest.name = slice_of(name.text.data + 3, name.text.len_bytes - 3);
    const char *offer;
    for (uint32_t i = 0; (offer = signal_offer(i)); i++) nearest_offer(&nearest, offer);
    if (nearest.best) diag_hint(c->diags, "did you mean 'SIG%s'?", nearest.best);
    else diag_hint(c->diags, "SIGTERM, SIGINT, SIGHUP, SIGUSR1, ...: signal(7)");
    return SIGTERM;
}

void compile_stop(struct compiler *c, const struct statement *s, uint32_t at) {
    behind_run(c, s);
    plan_step(c, at)->signal_number = signal_number(c, s->name);
}
