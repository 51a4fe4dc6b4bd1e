// The lint of names that nothing uses. Every word that stands where a name is used counts for every name of that text,
// whatever is in scope there: so what is reported is never used at all.
#include "lint_parts.h"

#include "base/table.h"

// A name that wants a use.
struct declared {
    struct name name;
    const char *what, *how; // "the WHAT 'name' is never HOW"
};

// Owned by one lint_names.
struct uses {
    const struct tree *tree;
    struct diag_list *diags;
    struct arena arena;
    struct table names; // those that stand where one is used; the values say nothing
    struct declared *declared;
    uint32_t declared_count;
};

static void use(struct uses *uses, struct name name) {
    if (name.text.len_bytes == 0) return;
    *table_place(&uses->names, &uses->arena, name.text) = uses;
}

// `_name` says of itself that it is there for its reader.
static void declare(struct uses *uses, struct name name, const char *what, const char *how) {
    if (name.text.len_bytes == 0 || name.text.data[0] == '_') return;
    if (name.span.source != uses->tree->source) return; // a library's, which others use too
    uses->declared = arena_grow(&uses->arena, uses->declared, uses->declared_count, sizeof *uses->declared);
    uses->declared[uses->declared_count++] = (struct declared){name, what, how};
}

static void check(struct uses *uses, const struct declared *declared) {
    struct slice const text = declared->name.text;
    if (table_find(&uses->names, text)) return;
    lint_warn(uses->diags, declared->name.span, "the %s '%.*s' is never %s", declared->what, (int)text.len_bytes,
              (const char *)text.data, declared->how);
}

static void visit_type(struct uses *uses, const struct type_use *type);

static void visit(struct uses *uses, const struct expr *expr) {
    if (!expr) return;
    if (expr->kind == EXPR_NAME || expr->kind == EXPR_MEMBER || expr->kind == EXPR_CALL || expr->kind == EXPR_MESSAGE)
        use(uses, expr->name);
    visit(uses, expr->left);
    visit(uses, expr->right);
    for (uint32_t i = 0; i < expr->item_count; i++) visit(uses, expr->items[i]);
    for (uint32_t i = 0; i < expr->part_count; i++) visit(uses, expr->parts[i].expr);
    for (uint32_t i = 0; i < expr->field_count; i++) {
        visit(uses, expr->fields[i].value);
        if (expr->fields[i].op == OP_NONE) declare(uses, expr->fields[i].capture, "capture", "used");
    }
}

static void visit_list(struct uses *uses, struct expr *const *list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) visit(uses, list[i]);
}

static void visit_type(struct uses *uses, const struct type_use *type) {
    if (!type) return;
    use(uses, type->message);
    use(uses, type->library);
    visit(uses, type->selector);
    visit(uses, type->key);
    visit(uses, type->argument);
    visit(uses, type->most);
    visit(uses, type->until);
    visit_type(uses, type->element);
    for (uint32_t i = 0; i < type->arm_count; i++) {
        visit_list(uses, type->arms[i].values, type->arms[i].value_count);
        visit_type(uses, type->arms[i].type);
    }
}

// A capture that is compared as well names what it asks for: it has its use.
static void visit_pattern(struct uses *uses, const struct pattern *pattern) {
    for (uint32_t i = 0; pattern && i < pattern->element_count; i++) {
        const struct element *const element = &pattern->elements[i];
        visit(uses, element->bytes);
        visit_type(uses, element->type);
        visit(uses, element->right);
        if (element->op == OP_NONE) declare(uses, element->capture, "capture", "used");
    }
}

static void visit_block(struct uses *uses, const struct block *block);

static void visit_statement(struct uses *uses, const struct statement *s) {
    const struct expr *const parts[] = {s->operand, s->within, s->from,  s->to,     s->backlog,
                                        s->count,   s->chunk,  s->every, s->silence, s->tls_version, s->tls_ciphers};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) visit(uses, parts[i]);
    visit_list(uses, s->list, s->list_count);
    visit_pattern(uses, s->pattern);
    if (s->verb == VERB_CALL) use(uses, s->name);
    if (s->verb == VERB_CALL) use(uses, s->library);
    if (s->verb == VERB_TLS && s->with_count > 0) use(uses, s->with[0]);
    if (s->verb == VERB_LET || s->verb == VERB_RESOLVE) declare(uses, s->name, "value", "used");
    if (s->verb == VERB_SIGNAL && !uses->tree->is_library) declare(uses, s->name, "event", "waited for");
    for (uint32_t i = 0; i < s->block_count; i++) visit_block(uses, &s->blocks[i]);
}

static void visit_block(struct uses *uses, const struct block *block) {
    for (const struct statement *s = block->first; s; s = s->next) visit_statement(uses, s);
}

static void visit_message(struct uses *uses, const struct message_decl *message) {
    for (const struct field_decl *field = message->fields; field; field = field->next) {
        visit_type(uses, field->type);
        visit(uses, field->value);
        visit(uses, field->fallback);
        visit(uses, field->condition);
        visit(uses, field->rule);
    }
}

static void visit_definitions(struct uses *uses) {
    const struct tree *const tree = uses->tree;
    for (const struct use_decl *library = tree->uses; library; library = library->next)
        declare(uses, library->as, "library", "used");
    for (const struct let_decl *let = tree->lets; let; let = let->next) {
        visit(uses, let->value);
        if (!tree->is_library) declare(uses, let->name, "value", "used");
    }
    for (const struct vary_decl *vary = tree->varies; vary; vary = vary->next) {
        visit_list(uses, vary->values, vary->value_count);
        declare(uses, vary->name, "value", "used");
    }
    for (const struct message_decl *message = tree->messages; message; message = message->next) {
        visit_message(uses, message);
        if (!tree->is_library) declare(uses, message->name, "message", "used");
    }
    for (const struct procedure_decl *procedure = tree->procedures; procedure; procedure = procedure->next) {
        visit_block(uses, &procedure->body);
        if (!tree->is_library) declare(uses, procedure->name, "procedure", "called");
    }
}

// The files of a certificate, NAME.pem and NAME.key, are there for programs, and for whoever names them.
static bool is_certificate_open(const struct uses *uses, struct name name) {
    for (const struct actor_decl *actor = uses->tree->actors; actor; actor = actor->next)
        if (actor->role == ROLE_PROGRAM) return true;
    struct slice const text = uses->tree->source->text;
    int64_t at = 0;
    for (struct slice rest = text; (at = slice_find(rest, name.text)) >= 0;) {
        size_t const behind = (size_t)at + name.text.len_bytes;
        if (behind < rest.len_bytes && rest.data[behind] == '.') return true;
        rest = slice_of(rest.data + behind, rest.len_bytes - behind);
    }
    return false;
}

static void visit_certificate(struct uses *uses, const struct certificate_decl *certificate) {
    visit_list(uses, certificate->names, certificate->name_count);
    visit(uses, certificate->expires);
    visit(uses, certificate->file);
    visit(uses, certificate->key);
    if (!is_certificate_open(uses, certificate->name)) declare(uses, certificate->name, "certificate", "used");
}

static void visit_world(struct uses *uses, const struct world_decl *world) {
    for (const struct world_line *line = world ? world->lines : NULL; line; line = line->next) {
        visit_list(uses, line->words, line->word_count);
        visit(uses, line->bytes);
        if (line->certificate) visit_certificate(uses, line->certificate);
    }
}

static void visit_all(struct uses *uses) {
    visit_definitions(uses);
    visit_world(uses, uses->tree->world);
    for (const struct actor_decl *actor = uses->tree->actors; actor; actor = actor->next) {
        visit(uses, actor->count);
        visit_block(uses, &actor->body);
    }
    if (uses->tree->afterwards) visit_block(uses, &uses->tree->afterwards->body);
}

void lint_names(const struct tree *tree, struct diag_list *diags) {
    struct uses uses = {.tree = tree, .diags = diags};
    arena_init(&uses.arena);
    visit_all(&uses);
    for (uint32_t i = 0; i < uses.declared_count; i++) check(&uses, &uses.declared[i]);
    arena_fini(&uses.arena);
}
