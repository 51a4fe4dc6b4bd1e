// certificate NAME { ... } in a world.
#include "compile_world.h"

static const struct term *word_term(struct compiler *c, const struct expr *expr) {
    const struct term *word = compile_expr(c, expr);
    struct slice text;
    world_check_term(c, word, false);
    world_text(c, word, &text);
    return word;
}

static void check_names(struct compiler *c, const struct certificate_decl *decl, struct plan_certificate *certificate) {
    certificate->names = arena_array(c->arena, decl->name_count, sizeof *certificate->names);
    for (uint32_t i = 0; i < decl->name_count; i++) {
        const struct term *name = compile_expr(c, decl->names[i]);
        world_check_term(c, name, false);
        world_check_certified(c, name, decl->is_client);
        certificate->names[certificate->name_count++] = name;
    }
}

static const struct term *lifetime(struct compiler *c, const struct expr *expr) {
    uint32_t errors = c->diags->told_errors;
    const struct term *term = compile_kind(c, expr, VALUE_DURATION, "`expires`");
    bool lacks_unit = c->diags->told_errors > errors && diag_is_news(c->diags) && c->diags->last->hint;
    if (lacks_unit) diag_hint(c->diags, "12h, 30d, and -1d for one that has expired");
    world_check_term(c, term, false);
    return term;
}

// One that is read says all of itself.
static void check_files(struct compiler *c, const struct certificate_decl *decl) {
    const struct expr *given = decl->file ? decl->file : decl->key;
    if (!given) return;
    struct slice name = decl->name.text;
    if (!decl->file) {
        diag_error(c->diags, given->span, "a key, and no certificate's file");
        diag_hint(c->diags, "file \"%.*s.pem\" key ...", (int)name.len_bytes, (const char *)name.data);
    } else if (decl->name_count > 0 || decl->expires || decl->is_client || decl->is_self_signed) {
        const struct expr *also = decl->name_count > 0 ? decl->names[0] : decl->expires;
        diag_error(c->diags, also ? also->span : decl->name.span, "a certificate that is read from a file is as that has it");
    }
}

static bool is_new(struct compiler *c, struct name name) {
    const struct plan_world *world = &c->plan->world;
    for (uint32_t i = 0; i < world->certificate_count; i++) {
        if (!slice_is(name.text, world->certificates[i].name)) continue;
        diag_error(c->diags, name.span, "the world has a certificate '%s' already, since line %u", world->certificates[i].name,
                   source_position(world->certificates[i].span).line);
        return false;
    }
    return true;
}

void world_add_certificate(struct compiler *c, const struct world_line *line) {
    const struct certificate_decl *decl = line->certificate;
    struct plan_world *world = &c->plan->world;
    struct plan_certificate certificate = {
        .name = arena_copy(c->arena, decl->name.text.data, decl->name.text.len_bytes),
        .is_client = decl->is_client,
        .is_self_signed = decl->is_self_signed,
        .span = line->span,
    };
    check_names(c, decl, &certificate);
    check_files(c, decl);
    if (decl->expires) certificate.expires = lifetime(c, decl->expires);
    if (decl->file) certificate.file = word_term(c, decl->file);
    if (decl->key) certificate.key = word_term(c, decl->key);
    c->plan->has_tls = true;
    c->plan->uses_scratch = true; // its files lie there
    if (!is_new(c, decl->name)) return;
    world->certificates = arena_grow(c->arena, world->certificates, world->certificate_count, sizeof *world->certificates);
    world->certificates[world->certificate_count++] = certificate;
}

// A file of the world at the place of a certificate's.
static void check_file(struct compiler *c, const struct plan_certificate *certificate, const struct plan_file *file) {
    static const char *const endings[] = {"pem", "key"};
    struct slice path;
    if (!term_is_known(file->path) || !bytes_flat(c->arena, file->path->value.bytes, &path)) return;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (!slice_is(path, arena_text(c->arena, "%s.%s", certificate->name, endings[i]))) continue;
        diag_error(c->diags, file->path->span, "the certificate '%s', line %u, is written there", certificate->name,
                   source_position(certificate->span).line);
    }
}

void world_check_certificates(struct compiler *c) {
    const struct plan_world *world = &c->plan->world;
    for (uint32_t i = 0; i < world->certificate_count; i++)
        for (uint32_t k = 0; k < world->file_count; k++) check_file(c, &world->certificates[i], &world->files[k]);
}
