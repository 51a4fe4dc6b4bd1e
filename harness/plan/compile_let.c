// The names of a file: lets, what varies have chosen, and what --define puts in the place of a let.
#include "compile.h"
#include "use.h"

#include "script/script.h"

#include <string.h>

// --- defines

bool define_is_of(const struct file_scopes *scopes, const struct let_decl *let, const char *name) {
    const char *const point = strchr(name, '.');
    const struct file_scope *seen = point ? NULL : &scopes->files[0];
    for (const struct use_decl *use = scopes->files[0].uses; use && point; use = use->next)
        for (uint32_t i = 0; slice_equal(use->as.text, slice_of(name, (size_t)(point - name))) && i < scopes->count; i++)
            if (scopes->files[i].source == use->library) seen = &scopes->files[i];
    if (!seen || !slice_is(let->name.text, point ? point + 1 : name)) return false;
    for (uint32_t i = 0; i < scopes->count; i++)
        if (scopes->files[i].source == let->name.span.source) return seen->sees[i];
    return false;
}

static const struct define *define_of(const struct circumstances *with, const struct let_decl *let) {
    for (uint32_t i = with->define_count; i > 0; i--) // the last one on the command line wins
        if (define_is_of(with->files, let, with->defines[i - 1].name)) return &with->defines[i - 1];
    return NULL;
}

static bool is_literal(const struct expr *expr) {
    switch (expr->kind) {
    case EXPR_NUMBER:
    case EXPR_FLOAT:
    case EXPR_DURATION:
    case EXPR_RATE:
    case EXPR_ADDRESS:
    case EXPR_ENDPOINT: return true;
    case EXPR_UNARY: return expr->op == OP_NEGATE && is_literal(expr->left);
    case EXPR_NAME: return slice_is(expr->name.text, "true") || slice_is(expr->name.text, "false");
    case EXPR_STRING:
    case EXPR_REGEX:
    case EXPR_MEMBER:
    case EXPR_INDEX:
    case EXPR_CALL:
    case EXPR_FILE:
    case EXPR_BINARY:
    case EXPR_ROW:
    case EXPR_LIST:
    case EXPR_MESSAGE:
    case EXPR_PATH:
    case EXPR_ANY_STATES:
    case EXPR_CHOICE:
    case EXPR_LIST_FOR:
    case EXPR_EACH:
    case EXPR_INTERVAL:
    case EXPR_RANGE: return false;
    }
    return false;
}

// The text as a literal of the language; NULL: it is none.
static const struct term *literal_term(struct compiler *c, const struct define *define) {
    struct source *source = arena_alloc(c->arena, sizeof *source);
    const char *path = arena_text(c->arena, "--define %s", define->name);
    const char *point = strchr(define->name, '.'); // behind a library's name
    const char *text = arena_text(c->arena, "library \"\"\nlet %s = %s\n", point ? point + 1 : define->name, define->value);
    source_init(source, c->arena, path, slice_text(text));
    struct diag_list unheard;
    diag_list_init(&unheard, c->arena);
    const struct tree *tree = script_parse(source, c->arena, &unheard);
    if (unheard.error_count > 0 || !tree->lets || tree->lets->next || !is_literal(tree->lets->value)) return NULL;
    return compile_expr(c, tree->lets->value);
}

static const struct term *defined_term(struct compiler *c, const struct let_decl *let, const struct define *define) {
    const struct term *own = compile_expr(c, let->value);
    const struct term *bytes = term_constant(c, let->name.span, value_text(c->arena, slice_text(define->value)));
    if (own->typed && own->type == VALUE_BYTES) return bytes;
    const struct term *literal = literal_term(c, define);
    if (!own->typed) return literal && literal->typed && literal->type == VALUE_INTEGER ? literal : bytes;
    bool is_place = own->type == VALUE_ENDPOINT || own->type == VALUE_ADDRESS;
    if (literal && literal->typed) {
        if (literal->type == own->type || (own->type == VALUE_FLOAT && literal->type == VALUE_INTEGER)) return literal;
        if (is_place && (literal->type == VALUE_ENDPOINT || literal->type == VALUE_ADDRESS)) return literal;
    } else if (literal) {
        return literal; // reported
    }
    diag_error(c->diags, let->name.span, "--define %s=%s: this `let` is %s", define->name, define->value,
               value_kind_name(own->type));
    return term_wrong(c, let->name.span);
}

// --- names, in the order of the text

static const struct term *let_term(struct compiler *c, const struct circumstances *with, const struct let_decl *let) {
    const struct define *define = define_of(with, let);
    return define ? defined_term(c, let, define) : compile_expr(c, let->value);
}

static void name_value(struct compiler *c, struct name name, const struct term *term) {
    const struct binding *before = scope_first(c, name.text);
    while (before && !(before->file && library_together(c, before->file, name.span.source))) before = scope_next(c, before);
    if (before) scope_report_taken(c, name, before);
    scope_term(c, name, term)->file = name.span.source;
}

// A let of a library stands before everything in the file that uses it.
static bool stands_before(const struct compiler *c, struct span a, struct span b) {
    return a.source != c->tree->source || a.start < b.start;
}

// Where values are only counted, the name has none: nothing that reads it is known.
static const struct term *choice_term(struct compiler *c, const struct choice *choice) {
    if (!choice->asked) return compile_chosen(c, choice);
    compile_variation(c, choice->asked);
    return term_new(c, TERM_SLOT, choice->name.span);
}

void compile_lets(struct compiler *c, const struct circumstances *with) {
    const struct let_decl *let = c->tree->lets;
    uint32_t choice = 0, count = 0;
    while (let || choice < with->choice_count) {
        const struct choice *next = choice < with->choice_count ? &with->choices[choice] : NULL;
        struct name name = next ? next->name : let->name;
        if (let && (!next || stands_before(c, let->name.span, next->name.span))) {
            name = let->name;
            c->open_lets = let->next;
            uint32_t const file = library_enter(c, name.span.source);
            name_value(c, name, let_term(c, with, let));
            c->file = file;
            let = let->next;
        } else {
            c->open_lets = let;
            name_value(c, name, choice_term(c, next));
            choice++;
        }
        if (++count <= PLAN_NAMES_MAX) continue;
        diag_error(c->diags, name.span, "more than %d names of one file", PLAN_NAMES_MAX);
        break;
    }
    c->open_lets = NULL;
}
