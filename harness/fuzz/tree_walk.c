#include "tree_walk.h"

#include "fuzz.h"

#include "script/script.h"

#include <string.h>

static const struct source *walked;

static void walk_span(struct span span, const char *what) {
    fuzz_check(span.source == walked, "%s: its span is of no source, or another", what);
    fuzz_check(span.start <= span.end && span.end <= walked->text.len_bytes, "%s: its span is %u .. %u of %zu bytes",
               what, span.start, span.end, walked->text.len_bytes);
}

static void walk_name(struct name name, const char *what) {
    if (!name.text.len_bytes) return;
    walk_span(name.span, what);
    struct slice const written = span_text(name.span);
    if (written.len_bytes && written.data[0] == '"') return; // a name that needs quotes
    fuzz_check(slice_equal(name.text, written), "%s: its name is not what stands there", what);
}

static void walk_expr(const struct expr *expr);

static void walk_exprs(struct expr *const *items, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) walk_expr(items[i]);
}

static void walk_expr(const struct expr *expr) {
    static unsigned depth;
    if (!expr) return;
    walk_span(expr->span, "an expression");
    fuzz_check(depth < SCRIPT_NESTING_MAX * 2, "expressions lie too deep in one another");
    depth++;
    walk_name(expr->name, "an expression");
    walk_expr(expr->left);
    walk_expr(expr->right);
    walk_exprs(expr->items, expr->item_count);
    for (uint32_t i = 0; i < expr->part_count; i++) walk_expr(expr->parts[i].expr);
    for (uint32_t i = 0; i < expr->field_count; i++) {
        walk_span(expr->fields[i].span, "a field");
        walk_name(expr->fields[i].name, "a field");
        walk_name(expr->fields[i].capture, "a field's capture");
        walk_expr(expr->fields[i].value);
    }
    depth--;
}

static void walk_type(const struct type_use *type) {
    if (!type) return;
    walk_span(type->span, "a type");
    walk_name(type->message, "a type");
    walk_name(type->library, "a type's library");
    walk_expr(type->selector);
    walk_expr(type->argument);
    walk_expr(type->most);
    walk_expr(type->until);
    walk_expr(type->key);
    walk_type(type->element);
    for (uint32_t i = 0; i < type->arm_count; i++) {
        walk_span(type->arms[i].span, "an arm");
        walk_exprs(type->arms[i].values, type->arms[i].value_count);
        walk_type(type->arms[i].type);
    }
}

static void walk_pattern(const struct pattern *pattern) {
    if (!pattern) return;
    walk_span(pattern->span, "a pattern");
    if (pattern->ending != ENDING_NONE) walk_span(pattern->ending_span, "an ending");
    for (uint32_t i = 0; i < pattern->element_count; i++) {
        const struct element *const element = &pattern->elements[i];
        walk_span(element->span, "an element");
        walk_expr(element->bytes);
        walk_type(element->type);
        walk_expr(element->right);
        walk_name(element->capture, "a capture");
    }
}

static void walk_block(const struct block *block);

static void walk_names(const struct name *names, uint32_t count, const char *what) {
    for (uint32_t i = 0; i < count; i++) walk_name(names[i], what);
}

static void walk_statement(const struct statement *statement) {
    fuzz_check(statement->verb < VERB_COUNT, "a statement has no verb");
    walk_span(statement->span, "a statement");
    walk_span(statement->verb_span, "a verb");
    const struct expr *const exprs[] = {
        statement->operand, statement->within,      statement->from,        statement->to,
        statement->backlog, statement->count,       statement->chunk,       statement->every,
        statement->silence, statement->tls_version, statement->tls_ciphers,
    };
    for (uint32_t i = 0; i < sizeof exprs / sizeof *exprs; i++) walk_expr(exprs[i]);
    walk_exprs(statement->list, statement->list_count);
    walk_pattern(statement->pattern);
    walk_name(statement->name, "a statement's name");
    walk_name(statement->library, "a call's library");
    walk_name(statement->as, "an `as`");
    walk_name(statement->on, "an `on`");
    walk_name(statement->fails, "a `fails`");
    walk_names(statement->or_fails, statement->or_fail_count, "an `or` of `fails`");
    walk_names(statement->fds, statement->fd_count, "a descriptor");
    walk_names(statement->with, statement->with_count, "a `with`");
    for (uint32_t i = 0; i < statement->block_count; i++) walk_block(&statement->blocks[i]);
}

static void walk_block(const struct block *block) {
    static unsigned depth;
    walk_span(block->span, "a block");
    fuzz_check(depth++ < SCRIPT_NESTING_MAX * 2, "blocks lie too deep in one another");
    for (const struct statement *step = block->first; step; step = step->next) walk_statement(step);
    depth--;
}

static void walk_world(const struct world_decl *world) {
    if (!world) return;
    walk_span(world->span, "a world");
    for (const struct world_line *line = world->lines; line; line = line->next) {
        walk_span(line->span, "a world's line");
        walk_span(line->word_span, "a world's word");
        fuzz_check(line->first_count <= line->word_count, "a world's line has too few words");
        walk_exprs(line->words, line->word_count);
        walk_expr(line->bytes);
        if (!line->certificate) continue;
        walk_name(line->certificate->name, "a certificate");
        walk_exprs(line->certificate->names, line->certificate->name_count);
        walk_expr(line->certificate->expires);
        walk_expr(line->certificate->file);
        walk_expr(line->certificate->key);
    }
}

static void walk_definitions(const struct tree *tree) {
    for (const struct let_decl *let = tree->lets; let; let = let->next) {
        walk_name(let->name, "a let");
        walk_expr(let->value);
    }
    for (const struct vary_decl *vary = tree->varies; vary; vary = vary->next) {
        walk_name(vary->name, "a vary");
        walk_exprs(vary->values, vary->value_count);
    }
    for (const struct message_decl *message = tree->messages; message; message = message->next) {
        walk_span(message->span, "a message");
        walk_name(message->name, "a message");
        if (message->origin) walk_span(message->origin_span, "an origin");
        for (const struct field_decl *field = message->fields; field; field = field->next) {
            walk_span(field->span, "a layout's field");
            walk_name(field->name, "a layout's field");
            walk_type(field->type);
            walk_expr(field->value);
            walk_expr(field->condition);
            walk_expr(field->rule);
            walk_expr(field->fallback);
            walk_expr(field->rule);
        }
    }
    for (const struct procedure_decl *procedure = tree->procedures; procedure; procedure = procedure->next) {
        walk_span(procedure->span, "a procedure");
        walk_name(procedure->name, "a procedure");
        walk_names(procedure->parameters, procedure->parameter_count, "a parameter");
        walk_block(&procedure->body);
    }
}

static void walk_actors(const struct actor_decl *actor) {
    for (; actor; actor = actor->next) {
        walk_span(actor->span, "an actor");
        walk_name(actor->name, "an actor");
        walk_expr(actor->count);
        walk_block(&actor->body);
    }
}

void tree_walk(const struct tree *tree, const struct source *source) {
    walked = source;
    walk_expr(tree->title);
    walk_expr(tree->timeout);
    walk_expr(tree->threads);
    walk_names(tree->tags, tree->tag_count, "a tag");
    for (const struct require_decl *require = tree->requires; require; require = require->next) {
        walk_name(require->name, "a requirement");
        walk_expr(require->program);
    }
    for (const struct use_decl *use = tree->uses; use; use = use->next) {
        walk_span(use->span, "a use");
        walk_expr(use->path);
        walk_name(use->as, "a library's name");
    }
    walk_definitions(tree);
    walk_world(tree->world);
    walk_actors(tree->actors);
    walk_actors(tree->afterwards);
}
