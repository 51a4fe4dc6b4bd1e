// Parts that C functions play. A program keeps its steps; a server or a client becomes a program, as if it were written
//
//     program NAME { let its endpoint = ENDPOINT;  run NAME "listen=${its endpoint}";  listens its endpoint }
//     program NAME { run NAME "X=${X.address}" ...;  expect exit == 0 }
//
// with the endpoint of its `listen`, or with all actors X that its block connects or sends to. What is made here stands where
// the actor's head does.
#include "players.h"

#include "compile.h"

#include <string.h>

struct maker {
    struct arena *arena;
    struct diag_list *diags;
    const struct tree *tree;
    const struct actor_decl *decl;
    struct span span; // of all that is made
};

// --- pieces of a tree

static struct name name_of(const struct maker *maker, const char *text) {
    return (struct name){slice_text(text), maker->span};
}

static struct expr *expr_of(const struct maker *maker, enum expr_kind kind, uint32_t depth) {
    struct expr *const expr = arena_alloc(maker->arena, sizeof *expr);
    expr->kind = kind;
    expr->depth = depth;
    expr->span = maker->span;
    return expr;
}

static struct expr *name_expr(const struct maker *maker, struct slice text) {
    struct expr *const expr = expr_of(maker, EXPR_NAME, 1);
    expr->name = (struct name){text, maker->span};
    return expr;
}

// "TEXT", or "TEXT${value}".
static struct expr *text_expr(const struct maker *maker, const char *text, struct expr *value) {
    struct expr *const expr = expr_of(maker, EXPR_STRING, value ? value->depth + 1 : 1);
    expr->part_count = value ? 2 : 1;
    expr->parts = arena_array(maker->arena, expr->part_count, sizeof *expr->parts);
    expr->parts[0].bytes = slice_text(text);
    if (value) expr->parts[1].expr = value;
    return expr;
}

static struct statement *add_statement(const struct maker *maker, struct block *body, enum verb verb) {
    struct statement **last = &body->first;
    while (*last) last = &(*last)->next;
    *last = arena_alloc(maker->arena, sizeof **last);
    (*last)->verb = verb;
    (*last)->span = (*last)->verb_span = maker->span;
    return *last;
}

static void add_argument(const struct maker *maker, struct statement *run, struct expr *argument) {
    run->list = arena_grow(maker->arena, run->list, run->list_count, sizeof *run->list);
    run->list[run->list_count++] = argument;
}

static struct statement *add_run(const struct maker *maker, struct block *body) {
    struct statement *const run = add_statement(maker, body, VERB_RUN);
    struct slice const name = maker->decl->name.text;
    add_argument(maker, run, text_expr(maker, arena_copy(maker->arena, name.data, name.len_bytes), NULL));
    return run;
}

// --- what the block that is not played would have done

// A look through a block, and those of the procedures of this file that it calls.
struct look {
    const struct maker *maker;
    void (*see)(struct look *look, const struct statement *s);
    uint32_t depth;
    struct expr *endpoint;   // the first that is listened at
    struct statement *run;   // gets the actors that are connected or sent to
};

static void look_through(struct look *look, const struct block *block) {
    enum { CALLS_MAX = 16 }; // in one another; procedures that call themselves are a mistake that the compiler tells of
    for (const struct statement *s = block->first; s; s = s->next) {
        look->see(look, s);
        for (uint32_t i = 0; i < s->block_count; i++) look_through(look, &s->blocks[i]);
        if (s->verb != VERB_CALL || s->library.text.len_bytes > 0 || look->depth == CALLS_MAX) continue;
        look->depth++;
        for (const struct procedure_decl *p = look->maker->tree->procedures; p; p = p->next)
            if (slice_equal(p->name.text, s->name.text)) look_through(look, &p->body);
        look->depth--;
    }
}

static void see_endpoint(struct look *look, const struct statement *s) {
    if ((s->verb == VERB_LISTEN || s->verb == VERB_BIND) && s->operand && !look->endpoint) look->endpoint = s->operand;
}

static const struct actor_decl *actor_named(const struct tree *tree, struct slice name) {
    const struct actor_decl *actor = tree->actors;
    while (actor && !slice_equal(actor->name.text, name)) actor = actor->next;
    return actor;
}

static bool is_given_already(const struct statement *run, const char *text) {
    for (uint32_t i = 1; i < run->list_count; i++)
        if (slice_is(run->list[i]->parts[0].bytes, text)) return true;
    return false;
}

static void give_address(struct look *look, const struct expr *to) {
    const struct maker *const maker = look->maker;
    if (to && to->kind == EXPR_INDEX) to = to->left;
    if (to && to->kind == EXPR_MEMBER && slice_is(to->name.text, "address")) to = to->left;
    const struct actor_decl *const actor = to && to->kind == EXPR_NAME ? actor_named(maker->tree, to->name.text) : NULL;
    if (!actor || actor == maker->decl) return;
    const char *const text =
        arena_text(maker->arena, "%.*s=", (int)actor->name.text.len_bytes, (const char *)actor->name.text.data);
    if (is_given_already(look->run, text)) return;
    struct expr *const address = expr_of(maker, EXPR_MEMBER, 2);
    address->left = name_expr(maker, actor->name.text);
    address->name = name_of(maker, "address");
    add_argument(maker, look->run, text_expr(maker, text, address));
}

static void see_peers(struct look *look, const struct statement *s) {
    if (s->verb == VERB_CONNECT) give_address(look, s->operand);
    if (s->verb == VERB_SEND) give_address(look, s->to);
}

// --- what stands in its place

static void play_client(const struct maker *maker, struct block *body) {
    struct look look = {.maker = maker, .see = see_peers, .run = add_run(maker, body)};
    look_through(&look, &maker->decl->body);
    struct expr *const zero = expr_of(maker, EXPR_NUMBER, 1);
    struct expr *const condition = expr_of(maker, EXPR_BINARY, 2);
    struct source *const words = arena_alloc(maker->arena, sizeof *words); // as which a failure tells it
    source_init(words, maker->arena, "", slice_text("exit == 0"));
    condition->op = OP_EQUAL;
    condition->left = name_expr(maker, slice_text("exit"));
    condition->left->span = (struct span){words, 0, sizeof "exit" - 1};
    condition->span = (struct span){words, 0, sizeof "exit == 0" - 1};
    condition->right = zero;
    add_statement(maker, body, VERB_EXPECT)->operand = condition;
}

// A name that no text has: it is read twice, and may be another each time that it is worked out.
#define ENDPOINT_NAME "its endpoint"

static void play_server(const struct maker *maker, struct block *body) {
    struct look look = {.maker = maker, .see = see_endpoint};
    look_through(&look, &maker->decl->body);
    if (!look.endpoint) {
        diag_error(maker->diags, maker->decl->name.span, "a function cannot play '%.*s', which never listens",
                   (int)maker->decl->name.text.len_bytes, (const char *)maker->decl->name.text.data);
        diag_hint(maker->diags, "it is told where by a `listen` or a `bind`, as in: listen tcp 127.0.0.1:0");
        return;
    }
    struct statement *const let = add_statement(maker, body, VERB_LET);
    let->name = name_of(maker, ENDPOINT_NAME);
    let->operand = look.endpoint;
    struct expr *const endpoint = name_expr(maker, slice_text(ENDPOINT_NAME));
    add_argument(maker, add_run(maker, body), text_expr(maker, "listen=", endpoint));
    struct statement *const listens = add_statement(maker, body, VERB_LISTENS);
    listens->operand = name_expr(maker, slice_text(ENDPOINT_NAME));
    listens->operand->span = look.endpoint->span;
}

static struct actor_decl *played(struct plan_set *set, const struct tree *tree, const struct actor_decl *decl,
                                 const struct player *player) {
    struct actor_decl *const program = arena_alloc(&set->arena, sizeof *program);
    struct maker const maker = {&set->arena, &set->diags, tree, decl, decl->span};
    *program = *decl;
    program->player = player->actor;
    if (decl->role == ROLE_PROGRAM) return program;
    program->role = ROLE_PROGRAM;
    program->replaces = decl;
    program->body = (struct block){.span = decl->body.span};
    if (decl->role == ROLE_SERVER) play_server(&maker, &program->body);
    else play_client(&maker, &program->body);
    return program;
}

void players_take(struct plan_set *set, struct tree *tree, const struct plan_options *options) {
    set->player_known = arena_array(&set->arena, options->player_count, sizeof *set->player_known);
    for (uint32_t i = 0; i < options->player_count; i++) {
        struct actor_decl **link = &tree->actors;
        while (*link && !slice_is((*link)->name.text, options->players[i].actor)) link = &(*link)->next;
        if (!*link) continue;
        set->player_known[i] = true;
        *link = played(set, tree, *link, &options->players[i]);
    }
}
