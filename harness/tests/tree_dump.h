// For the suites that compare trees: a whole file as text, every member of every statement in it.
#ifndef SOCKDRILL_TESTS_TREE_DUMP_H
#define SOCKDRILL_TESTS_TREE_DUMP_H

#include "script_dump.h"

static inline void dump_name(const char *what, struct name name, struct buffer *out) {
    if (name.text.len_bytes == 0) return;
    buffer_printf(out, " %s:", what);
    buffer_slice(out, name.text);
}

static inline void dump_part(const char *what, const struct expr *expr, struct buffer *out) {
    if (!expr) return;
    buffer_printf(out, " %s:", what);
    dump_expr(expr, out);
}

static inline void dump_block(const struct block *block, struct buffer *out);

static inline void dump_tls(const struct statement *s, struct buffer *out) {
    static const char *const VERIFY[] = {"", " verify:off", " verify:required"};
    buffer_text(out, s->tls_role == TLS_CLIENT ? " client" : " server");
    buffer_text(out, VERIFY[s->tls_verify]);
    dump_part("version", s->tls_version, out);
    dump_part("ciphers", s->tls_ciphers, out);
}

static inline void dump_statement(const struct statement *s, struct buffer *out) {
    buffer_printf(out, "(%d", (int)s->verb);
    dump_part("operand", s->operand, out);
    if (s->pattern) {
        buffer_text(out, " pattern:");
        dump_pattern(s->pattern, out);
    }
    dump_name("library", s->library, out);
    dump_name("name", s->name, out);
    dump_name("as", s->as, out);
    dump_name("on", s->on, out);
    dump_name("fails", s->fails, out);
    for (uint32_t i = 0; i < s->or_fail_count; i++) dump_name("or", s->or_fails[i], out);
    dump_part("within", s->within, out);
    dump_part("from", s->from, out);
    dump_part("to", s->to, out);
    dump_part("backlog", s->backlog, out);
    dump_part("count", s->count, out);
    dump_part("chunk", s->chunk, out);
    dump_part("every", s->every, out);
    dump_part("silence", s->silence, out);
    for (uint32_t i = 0; i < s->list_count; i++) dump_part("item", s->list[i], out);
    for (uint32_t i = 0; i < s->fd_count; i++) dump_name("fd", s->fds[i], out);
    for (uint32_t i = 0; i < s->with_count; i++) dump_name("with", s->with[i], out);
    if (s->verb == VERB_TLS) dump_tls(s, out);
    if (s->on_terminal) buffer_text(out, " terminal");
    if (s->is_unset) buffer_text(out, " unset");
    if (s->without_notify || (s->pattern && s->pattern->without_notify)) buffer_text(out, " without");
    buffer_printf(out, " %d %d", (int)s->accept_form, (int)s->shutdown_way);
    for (uint32_t i = 0; i < s->block_count; i++) dump_block(&s->blocks[i], out);
    buffer_text(out, ")\n");
}

static inline void dump_block(const struct block *block, struct buffer *out) {
    buffer_text(out, " {\n");
    for (const struct statement *s = block->first; s; s = s->next) dump_statement(s, out);
    buffer_text(out, "}");
}

static inline void dump_actor(const struct actor_decl *actor, struct buffer *out) {
    buffer_printf(out, "actor %d", (int)actor->role);
    dump_name("name", actor->name, out);
    dump_part("count", actor->count, out);
    dump_block(&actor->body, out);
    buffer_text(out, "\n");
}

static inline void dump_fields(const struct message_decl *message, struct buffer *out) {
    buffer_text(out, "message");
    dump_name("name", message->name, out);
    for (const struct field_decl *field = message->fields; field; field = field->next) {
        dump_name("field", field->name, out);
        buffer_text(out, " ");
        dump_type(field->type, out);
        if (field == message->origin) buffer_text(out, " origin");
        dump_part("value", field->value, out);
        dump_part("default", field->fallback, out);
        dump_part("when", field->condition, out);
        dump_part("where", field->rule, out);
    }
    buffer_text(out, "\n");
}

static inline void dump_certificate(const struct certificate_decl *certificate, struct buffer *out) {
    dump_name("certificate", certificate->name, out);
    for (uint32_t i = 0; i < certificate->name_count; i++) dump_part("name", certificate->names[i], out);
    dump_part("expires", certificate->expires, out);
    if (certificate->is_client) buffer_text(out, " client");
    if (certificate->is_self_signed) buffer_text(out, " self_signed");
    dump_part("file", certificate->file, out);
    dump_part("key", certificate->key, out);
}

static inline void dump_world(const struct world_decl *world, struct buffer *out) {
    buffer_text(out, "world\n");
    for (const struct world_line *line = world->lines; line; line = line->next) {
        buffer_text(out, script_world_word(line->word));
        for (uint32_t i = 0; i < line->word_count; i++) {
            buffer_text(out, i > 0 && i >= line->first_count ? ", " : " ");
            dump_expr(line->words[i], out);
        }
        dump_part("bytes", line->bytes, out);
        if (line->certificate) dump_certificate(line->certificate, out);
        buffer_text(out, "\n");
    }
}

static inline void dump_head(const struct tree *tree, struct buffer *out) {
    buffer_printf(out, "library %d", tree->is_library);
    dump_part("title", tree->title, out);
    dump_part("timeout", tree->timeout, out);
    dump_part("threads", tree->threads, out);
    for (uint32_t i = 0; i < tree->tag_count; i++) dump_name("tag", tree->tags[i], out);
    for (const struct require_decl *r = tree->requires; r; r = r->next) {
        dump_name("requires", r->name, out);
        dump_part("program", r->program, out);
    }
    for (const struct use_decl *u = tree->uses; u; u = u->next) {
        dump_part("use", u->path, out);
        dump_name("as", u->as, out);
    }
    for (const struct let_decl *l = tree->lets; l; l = l->next) {
        dump_name("let", l->name, out);
        dump_part("value", l->value, out);
    }
    for (const struct vary_decl *v = tree->varies; v; v = v->next) {
        dump_name("vary", v->name, out);
        for (uint32_t i = 0; i < v->value_count; i++) dump_part("value", v->values[i], out);
    }
    buffer_text(out, "\n");
}

static inline void dump_tree(const struct tree *tree, struct buffer *out) {
    dump_head(tree, out);
    if (tree->world) dump_world(tree->world, out);
    for (const struct message_decl *m = tree->messages; m; m = m->next) dump_fields(m, out);
    for (const struct procedure_decl *p = tree->procedures; p; p = p->next) {
        buffer_text(out, "procedure");
        dump_name("name", p->name, out);
        for (uint32_t i = 0; i < p->parameter_count; i++) dump_name("parameter", p->parameters[i], out);
        dump_block(&p->body, out);
        buffer_text(out, "\n");
    }
    for (const struct actor_decl *a = tree->actors; a; a = a->next) dump_actor(a, out);
    if (tree->afterwards) dump_actor(tree->afterwards, out);
}

#endif
