// Names that the language itself gives a meaning: attributes and constants; what stands behind a point.
#include "compile.h"

#include "base/nearest.h"
#include "plan/message.h"
#include "plan/constants.h"

enum subject { SOCKET, ACTOR, WORLD };

// Immutable.
static const struct attribute_line {
    const char *word;
    enum subject subject;
    enum value_kind result;
} attributes[] = {
#define ATTRIBUTE(id, text, of, kind, help) [ATTRIBUTE_##id] = {text, of, VALUE_##kind},
#include "plan/attributes.def"
};

const char *attribute_offer(uint32_t number, bool *of_socket) {
    if (number >= ATTRIBUTE_COUNT) return NULL;
    *of_socket = attributes[number].subject == SOCKET;
    return attributes[number].word;
}

bool attribute_is_of_socket(enum attribute attribute) {
    return attributes[attribute].subject == SOCKET;
}

const char *attribute_word(enum attribute attribute) { return attributes[attribute].word; }

bool attribute_is_of_tls(enum attribute attribute) {
    return attribute == ATTRIBUTE_TLS_VERSION || attribute == ATTRIBUTE_TLS_CIPHER || attribute == ATTRIBUTE_TLS_ALPN ||
           attribute == ATTRIBUTE_TLS_PEER_NAME;
}

static enum attribute attribute_of(struct slice name) {
    for (int i = 0; i < ATTRIBUTE_COUNT; i++)
        if (slice_is(name, attributes[i].word)) return (enum attribute)i;
    return ATTRIBUTE_COUNT;
}

static struct term *attribute_term(struct compiler *c, enum attribute attribute, struct span span) {
    struct term *term = term_new(c, TERM_ATTRIBUTE, span);
    term->attribute = attribute;
    term->type = attributes[attribute].result;
    // An address may be `none`, which is a kind of its own.
    term->typed = term->type != VALUE_ADDRESS;
    if (attribute_is_of_tls(attribute)) c->plan->reads_tls = true;
    if (attribute == ATTRIBUTE_LIFECYCLE) c->plan->world.is_traced = true;
    if (attribute == ATTRIBUTE_SOCKETS) c->plan->world.is_counted = true;
    if (attribute == ATTRIBUTE_SCRATCH) c->plan->uses_scratch = true;
    if (attribute == ATTRIBUTE_CA_FILE) c->plan->uses_scratch = c->plan->has_tls = c->plan->uses_ca_file = true;
    return term;
}

// option(NAME), tcp(FIELD) and sockets(STATE): how each is written. NULL: it takes no name.
static const char *example_with_name(enum attribute attribute) {
    if (attribute == ATTRIBUTE_OPTION) return "option(SO_RCVBUF)";
    if (attribute == ATTRIBUTE_TCP) return "tcp(rtt)";
    return attribute == ATTRIBUTE_SOCKETS ? "sockets(CLOSE_WAIT)" : NULL;
}

static bool needs_name(enum attribute attribute) { return example_with_name(attribute) != NULL; }

static void needs_unix(struct compiler *c, struct span span, enum attribute attribute, enum family_word family) {
    if (attribute != ATTRIBUTE_PEER_PID && attribute != ATTRIBUTE_PEER_UID) return;
    compile_needs_unix(c, span, family, arena_text(c->arena, "`%s` is", attributes[attribute].word));
}

static const struct term *constant_name(struct compiler *c, const struct expr *expr) {
    struct slice name = expr->name.text;
    integer number;
    if (slice_is(name, "crlf")) return term_constant(c, expr->span, value_text(c->arena, slice_text("\r\n")));
    if (slice_is(name, "none")) return term_constant(c, expr->span, (struct value){.kind = VALUE_NONE});
    if (slice_is(name, "true")) return term_constant(c, expr->span, value_boolean(true));
    if (slice_is(name, "false")) return term_constant(c, expr->span, value_boolean(false));
    enum state state = state_of(name);
    if (state != STATE_ANY) return term_constant(c, expr->span, (struct value){.kind = VALUE_STATE, .state = state});
    if (constant_of(name, &number)) return term_constant(c, expr->span, value_integer(number));
    int error = errno_of(name);
    if (error) return term_constant(c, expr->span, value_integer(error));
    return NULL;
}

static const struct term *index_term(struct compiler *c, struct span span) {
    struct term *term = term_new(c, TERM_SLOT, span); // slot 0
    return term_typed(term, VALUE_INTEGER);
}

const struct term *compile_plain_name(struct compiler *c, const struct expr *expr) {
    bool is_client = c->draft && c->draft->actor->role == ROLE_CLIENT;
    if (is_client && slice_is(expr->name.text, "index")) return index_term(c, expr->span);
    enum attribute attribute = attribute_of(expr->name.text);
    if (attribute == ATTRIBUTE_COUNT) {
        const struct term *constant = constant_name(c, expr);
        if (constant || scope_actor(c, expr->name.text) != PLAN_NONE) return constant;
        return compile_tls_alone(c, expr->name) ? term_wrong(c, expr->span) : NULL;
    }
    if (needs_name(attribute)) {
        diag_error(c->diags, expr->span, "`%s` takes a name in parentheses", attributes[attribute].word);
        diag_hint(c->diags, "%s", example_with_name(attribute));
        return term_wrong(c, expr->span);
    }
    if (!c->draft && attributes[attribute].subject != WORLD) {
        diag_error(c->diags, expr->span, "`%s` is of a socket or an actor, and there is none here",
                   attributes[attribute].word);
        return term_wrong(c, expr->span);
    }
    needs_unix(c, expr->span, attribute, c->current.family);
    if (c->draft && !compile_attribute_of_program(c, expr->span, attribute, PLAN_NONE)) return term_wrong(c, expr->span);
    if (c->on_stdio && !compile_attribute_of_stdio(c, expr->span, attribute)) return term_wrong(c, expr->span);
    return attribute_term(c, attribute, expr->span);
}

bool compile_is_own_word(struct slice name) {
    static const char *const words[] = {"crlf", "none", "true", "false", "index", "tls", "stdin", "stdout", "stderr"};
    integer number;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_is(name, words[i])) return true;
    return attribute_of(name) != ATTRIBUTE_COUNT || state_of(name) != STATE_ANY || constant_of(name, &number) ||
           errno_of(name) != 0;
}

uint32_t compile_actor_name(struct compiler *c, const struct expr *expr, const struct expr **index) {
    *index = NULL;
    if (expr->kind == EXPR_INDEX) {
        *index = expr->right;
        expr = expr->left;
    }
    if (expr->kind != EXPR_NAME || scope_find(c, expr->name.text)) return PLAN_NONE;
    return scope_actor(c, expr->name.text);
}

const struct term *compile_instance(struct compiler *c, uint32_t actor, const struct expr *index) {
    if (!index) return NULL;
    const struct actor *declared = &c->plan->actors[actor];
    const struct term *which = compile_kind(c, index, VALUE_INTEGER, "an instance's number");
    if (!term_is_known(which)) return which;
    if (which->value.number >= 0 && which->value.number < declared->instance_count) return which;
    diag_error(c->diags, index->span, "'%s' has %u instance%s, from 0", declared->name, declared->instance_count,
               declared->instance_count == 1 ? "" : "s");
    return term_wrong(c, index->span);
}

static void unknown_of_actor(struct compiler *c, uint32_t index, struct name name) {
    const struct actor_draft *draft = &c->drafts[index];
    if (unknown_is_excused(c, name.text) || compile_tls_alone(c, name)) return;
    if (c->plan->actors[index].is_replacement) {
        diag_error(c->diags, name.span, "'%s' is played by a function, which gives '%.*s' no value",
                   c->plan->actors[index].name, (int)name.text.len_bytes, (const char *)name.text.data);
        return;
    }
    diag_error(c->diags, name.span, "'%s' never gives '%.*s' a value", c->plan->actors[index].name,
               (int)name.text.len_bytes, (const char *)name.text.data);
    if (!diag_is_news(c->diags)) return;
    struct nearest nearest = {.name = name.text};
    for (uint32_t i = 0; i < draft->given_count; i++)
        nearest_offer(&nearest, arena_copy(c->arena, draft->given[i].name.data, draft->given[i].name.len_bytes));
    for (int i = 0; i < ATTRIBUTE_COUNT; i++)
        if (attributes[i].subject != WORLD) nearest_offer(&nearest, attributes[i].word);
    diag_suggest(c->diags, nearest.best);
}

// Whether an attribute of an actor with many instances can be asked of all of them at once.
static bool speaks_for_all(enum attribute attribute) {
    return attribute == ATTRIBUTE_ACCEPTED || attribute == ATTRIBUTE_OPEN_SOCKETS || attribute == ATTRIBUTE_DONE ||
           attribute == ATTRIBUTE_ADDRESS || attribute == ATTRIBUTE_LOCAL || attribute == ATTRIBUTE_PEER;
}

// What a function does with its sockets nobody sees.
static bool is_hidden(const struct actor *actor, enum attribute attribute) {
    return actor->is_replacement && attribute != ATTRIBUTE_ADDRESS && attribute != ATTRIBUTE_DONE &&
           attribute != ATTRIBUTE_PID && attribute != ATTRIBUTE_EXIT && attribute != ATTRIBUTE_OPEN_FDS;
}

// An attribute of another actor, or of an instance of it. NULL: reported.
static struct term *attribute_of_actor(struct compiler *c, const struct expr *expr, enum attribute attribute,
                                       uint32_t index, const struct term *which) {
    struct actor *actor = &c->plan->actors[index];
    if (is_hidden(actor, attribute)) {
        diag_error(c->diags, expr->span, "'%s' is played by a function, whose sockets are not seen", actor->name);
        return NULL;
    }
    if (!which && actor->instance_count > 1 && !speaks_for_all(attribute)) {
        const char *word = attributes[attribute].word;
        diag_error(c->diags, expr->span, "'%s' has %u instances: which one's %s?", actor->name, actor->instance_count,
                   word);
        diag_hint(c->diags, "%s[0].%s", actor->name, word);
        return NULL;
    }
    struct term *term = attribute_term(c, attribute, expr->span);
    term->actor = index;
    term->index = which;
    return term;
}

static const struct term *member_of_actor(struct compiler *c, const struct expr *expr, uint32_t index,
                                          const struct term *which) {
    uint32_t export = scope_export(c, index, expr->name.text);
    c->plan->actors[index].is_read = true;
    if (export != PLAN_NONE) {
        struct term *term = term_new(c, TERM_EXPORT, expr->span);
        term->actor = index;
        term->index = which;
        term->name = export;
        return term;
    }
    enum attribute attribute = attribute_of(expr->name.text);
    if (attribute == ATTRIBUTE_COUNT || attributes[attribute].subject == WORLD) {
        unknown_of_actor(c, index, expr->name);
        return term_wrong(c, expr->span);
    }
    if (needs_name(attribute)) {
        diag_error(c->diags, expr->name.span, "`%s` takes a name in parentheses", attributes[attribute].word);
        return term_wrong(c, expr->span);
    }
    if (!compile_attribute_of_program(c, expr->name.span, attribute, index)) return term_wrong(c, expr->span);
    const struct term *term = attribute_of_actor(c, expr, attribute, index, which);
    return term ? term : term_wrong(c, expr->span);
}

// `binding` is NULL for a stream of a program, whose slot that is.
static const struct term *member_of_socket(struct compiler *c, const struct expr *expr, const struct binding *binding,
                                           uint32_t slot) {
    enum attribute attribute = attribute_of(expr->name.text);
    if (attribute == ATTRIBUTE_COUNT || attributes[attribute].subject != SOCKET) {
        if (!compile_tls_alone(c, expr->name)) unknown_name(c, expr->name, "attribute of a socket", OFFER_SOCKET_ATTRIBUTES);
        return term_wrong(c, expr->span);
    }
    if (needs_name(attribute)) {
        diag_error(c->diags, expr->name.span, "`%s` takes a name in parentheses", attributes[attribute].word);
        return term_wrong(c, expr->span);
    }
    if (binding) needs_unix(c, expr->span, attribute, binding->family);
    else if (!compile_attribute_of_stdio(c, expr->span, attribute)) return term_wrong(c, expr->span);
    struct term *term = attribute_term(c, attribute, expr->span);
    term->socket_slot = slot;
    return term;
}

// A name of this actor's that hides an actor's of the same name; a field that hides a library.
static void hint_hidden(struct compiler *c, const struct expr *owner) {
    if (owner->kind != EXPR_NAME || !scope_find(c, owner->name.text)) return;
    if (library_of(c, owner->name.text)) diag_hint(c->diags, "this field hides the library of the same name");
    uint32_t actor = scope_actor(c, owner->name.text);
    if (actor != PLAN_NONE) diag_hint(c->diags, "this value hides the actor '%s'", c->plan->actors[actor].name);
}

// A field of a message whose layout is known: its name is checked, and what it is.
static const struct term *field_of_message(struct compiler *c, const struct expr *expr, const struct message_code *message,
                                           struct term *term) {
    uint32_t field = compile_field_of(c, message, expr->name);
    if (field == PLAN_NONE) return term_wrong(c, expr->span);
    enum value_kind kind = compile_element_kind(&message->elements[field]);
    term->shape = compile_shape(&message->elements[field]);
    if (kind != VALUE_KIND_COUNT && !message->fields[field].condition) term_typed(term, kind);
    return term_finish(c, term);
}

static const struct term *member_of_host(struct compiler *c, const struct expr *expr, const struct term **items) {
    struct term *term = term_of(c, TERM_FIELD, expr->span, items, 1);
    const char *member;
    term->member = expr->name.text;
    for (uint32_t i = 0; (member = value_host_offer(i)); i++)
        if (slice_is(expr->name.text, member)) return term_typed(term, i == 0 ? VALUE_BYTES : VALUE_LIST);
    diag_error(c->diags, expr->name.span, "%s has no '%.*s'", value_kind_name(VALUE_HOST),
               (int)expr->name.text.len_bytes, (const char *)expr->name.text.data);
    if (!diag_is_news(c->diags)) return term_wrong(c, expr->span);
    struct nearest nearest = {.name = expr->name.text};
    for (uint32_t i = 0; (member = value_host_offer(i)); i++) nearest_offer(&nearest, member);
    if (nearest.best) diag_suggest(c->diags, nearest.best);
    else diag_hint(c->diags, "it has .name, .aliases and .addresses");
    return term_wrong(c, expr->span);
}

// A part of a value: an address's host and port, a record's field.
static const struct term *member_of_value(struct compiler *c, const struct expr *expr) {
    const struct term **items = arena_array(c->arena, 1, sizeof *items);
    items[0] = compile_expr(c, expr->left);
    bool is_host = slice_is(expr->name.text, "host"), is_port = slice_is(expr->name.text, "port");
    bool may_be_address = !items[0]->typed || items[0]->type == VALUE_ADDRESS;
    bool is_member = may_be_address && (is_host || is_port);
    bool may_be_record = !items[0]->typed && items[0]->type != VALUE_ADDRESS;
    if (items[0]->typed && items[0]->type == VALUE_HOST) return member_of_host(c, expr, items);
    if (items[0]->typed && items[0]->type == VALUE_LIST) return compile_member_of_items(c, expr, items);
    if (!is_member && !may_be_record && items[0]->type != VALUE_RECORD) {
        enum value_kind kind = items[0]->type;
        diag_error(c->diags, expr->name.span, "%s has no '%.*s'", value_kind_name(kind), (int)expr->name.text.len_bytes,
                   (const char *)expr->name.text.data);
        if (kind == VALUE_ADDRESS) diag_hint(c->diags, "an address has .host and .port");
        else hint_hidden(c, expr->left);
        return term_wrong(c, expr->span);
    }
    struct term *term = term_of(c, is_member ? TERM_MEMBER : TERM_FIELD, expr->span, items, 1);
    term->member = expr->name.text;
    const struct message_code *message = items[0]->shape ? items[0]->shape->message : NULL;
    if (!is_member && message) return field_of_message(c, expr, message, term);
    if (is_member && (items[0]->typed || items[0]->type == VALUE_ADDRESS))
        term_typed(term, is_port ? VALUE_INTEGER : VALUE_BYTES);
    return term_finish(c, term);
}

const struct term *compile_member(struct compiler *c, const struct expr *expr) {
    const struct expr *index;
    bool const is_bound = expr->left->kind != EXPR_NAME || scope_find(c, expr->left->name.text);
    const struct use_decl *library = is_bound ? NULL : library_of(c, expr->left->name.text);
    if (library) return compile_library_member(c, library, expr);
    const struct term *tls = compile_tls_member(c, expr);
    if (tls) return tls;
    uint32_t actor = compile_actor_name(c, expr->left, &index);
    if (actor != PLAN_NONE) return member_of_actor(c, expr, actor, compile_instance(c, actor, index));
    if (expr->left->kind == EXPR_NAME) {
        const struct binding *binding = scope_find(c, expr->left->name.text);
        if (binding && binding->kind == BINDING_SOCKET) return member_of_socket(c, expr, binding, binding->slot);
        uint32_t stdio = binding ? SLOT_CURRENT : compile_stdio_slot(c, expr->left->name.text);
        if (stdio != SLOT_CURRENT) return member_of_socket(c, expr, NULL, stdio);
    }
    return member_of_value(c, expr);
}

// --- option(NAME) and tcp(FIELD)

// Whose it is: an actor's, a named socket's, or what stands in the current one. NULL: reported.
static struct term *called_attribute(struct compiler *c, const struct expr *expr, enum attribute attribute) {
    const struct expr *owner = expr->left, *index;
    if (!owner && !c->draft) {
        diag_error(c->diags, expr->span, "`%s` is of a socket, and there is none here", attributes[attribute].word);
        return NULL;
    }
    if (!owner && c->on_stdio && !compile_attribute_of_stdio(c, expr->span, attribute)) return NULL;
    if (!owner) return attribute_term(c, attribute, expr->span);
    uint32_t actor = compile_actor_name(c, owner, &index);
    if (actor != PLAN_NONE) {
        const struct term *which = compile_instance(c, actor, index);
        c->plan->actors[actor].is_read = true;
        return attribute_of_actor(c, expr, attribute, actor, which);
    }
    const struct binding *binding = owner->kind == EXPR_NAME ? scope_find(c, owner->name.text) : NULL;
    if (binding && binding->kind == BINDING_SOCKET) {
        struct term *term = attribute_term(c, attribute, expr->span);
        term->socket_slot = binding->slot;
        return term;
    }
    if (owner->kind == EXPR_NAME && !binding && compile_stdio_slot(c, owner->name.text) != SLOT_CURRENT) {
        compile_attribute_of_stdio(c, expr->span, attribute);
        return NULL;
    }
    if (owner->kind == EXPR_NAME && !binding) unknown_name(c, owner->name, "socket", OFFER_SOCKETS | OFFER_ACTORS);
    else diag_error(c->diags, owner->span, "`%s` is of a socket or an actor", attributes[attribute].word);
    return NULL;
}

// sockets(STATE)
static const struct term *counted_sockets(struct compiler *c, const struct expr *expr, struct name name) {
    if (expr->left) {
        diag_error(c->diags, expr->left->span, "`sockets` is of the world, and of nothing in it");
        return term_wrong(c, expr->span);
    }
    struct term *term = attribute_term(c, ATTRIBUTE_SOCKETS, expr->span);
    term->state = state_of(name.text);
    if (term->state != STATE_ANY) return term;
    unknown_name(c, name, "state", OFFER_STATES);
    return term_wrong(c, expr->span);
}

const struct term *compile_attribute_call(struct compiler *c, const struct expr *expr) {
    enum attribute attribute = attribute_of(expr->name.text);
    if (attribute == ATTRIBUTE_COUNT || !needs_name(attribute)) return NULL;
    bool is_count = attribute == ATTRIBUTE_SOCKETS;
    struct term *term = is_count ? NULL : called_attribute(c, expr, attribute);
    if (!term && !is_count) return term_wrong(c, expr->span);
    if (expr->item_count != 1 || expr->items[0]->kind != EXPR_NAME) {
        diag_error(c->diags, expr->span, "`%s` takes one name", attributes[attribute].word);
        diag_hint(c->diags, "%s", example_with_name(attribute));
        return term_wrong(c, expr->span);
    }
    if (is_count) return counted_sockets(c, expr, expr->items[0]->name);
    struct name name = expr->items[0]->name;
    bool const is_option = attribute == ATTRIBUTE_OPTION;
    if (is_option) term->option = option_of(name.text);
    else term->field = tcp_field_of(name.text);
    if (term->option || term->field) return term;
    diag_error(c->diags, name.span, "unknown %s '%.*s'", is_option ? "socket option" : "field of tcp_info",
               (int)name.text.len_bytes, (const char *)name.text.data);
    if (!diag_is_news(c->diags)) return term_wrong(c, expr->span);
    struct nearest nearest = {.name = name.text};
    const char *offer;
    for (uint32_t i = 0; (offer = is_option ? option_offer(i) : tcp_field_offer(i)); i++) nearest_offer(&nearest, offer);
    diag_suggest(c->diags, nearest.best);
    return term_wrong(c, expr->span);
}
