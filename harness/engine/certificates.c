// The certificates of a case: those that its world names, and the one of servers that name none.
#include "certificates.h"
#include "files.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// What the certificates of one case are made with. Lives on the stack.
struct making {
    struct terms *terms;
    const char **usual; // names: localhost, and the world's
    uint32_t usual_count;
    bool has_rsa;
};

// --- names

static void add_name(struct making *making, const char *name) {
    for (uint32_t i = 0; i < making->usual_count; i++)
        if (strcasecmp(making->usual[i], name) == 0) return;
    making->usual = arena_grow(making->terms->arena, making->usual, making->usual_count, sizeof *making->usual);
    making->usual[making->usual_count++] = name;
}

static bool add_words(struct making *making, const struct term *const *words, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const char *name = world_word(making->terms, words[i]);
        if (!name) return false;
        add_name(making, name);
    }
    return true;
}

static bool find_usual_names(struct making *making) {
    const struct plan_world *world = &making->terms->run->plan->world;
    add_name(making, "localhost");
    bool ok = true;
    if (world->hostname) ok = add_words(making, &world->hostname, 1);
    for (uint32_t i = 0; i < world->host_count && ok; i++)
        ok = add_words(making, world->hosts[i].names, world->hosts[i].name_count);
    add_name(making, "127.0.0.1");
    add_name(making, "::1");
    ok = ok && add_words(making, world->addresses, world->address_count);
    for (uint32_t i = 0; i < world->host_count && ok; i++)
        ok = add_words(making, world->hosts[i].addresses, world->hosts[i].address_count);
    return ok;
}

// --- one certificate

static bool fail(struct making *making, struct span span) {
    making->terms->trouble->span = span;
    return false;
}

static bool read_file(struct making *making, const struct term *path, struct slice *bytes) {
    struct terms *terms = making->terms;
    struct eval_env env = {.arena = terms->arena};
    struct value value;
    const char *word = world_word(terms, path);
    if (!word) return false;
    if (files_read(terms->run, &env, word, &value) == EVAL_DONE && bytes_flat(terms->arena, value.bytes, bytes)) return true;
    buffer_text(&terms->trouble->text, env.message ? env.message : "too long a file");
    return fail(making, path->span);
}

static bool read_one(struct making *making, const struct plan_certificate *plan, struct certificate **made) {
    struct slice pem, key;
    if (!read_file(making, plan->file, &pem) || !read_file(making, plan->key ? plan->key : plan->file, &key)) return false;
    *made = certificate_read(pem, key, &making->terms->trouble->text);
    return *made || fail(making, plan->span);
}

static bool names_of(struct making *making, const struct plan_certificate *plan, struct certificate_spec *spec) {
    const char **names = arena_array(making->terms->arena, plan->name_count + 1, sizeof *names);
    for (uint32_t i = 0; i < plan->name_count; i++)
        if (!(names[i] = world_word(making->terms, plan->names[i]))) return false;
    names[plan->name_count] = plan->name;
    bool is_usual = plan->name_count == 0 && !plan->is_client;
    spec->names = is_usual ? making->usual : names;
    spec->name_count = is_usual ? making->usual_count : plan->name_count ? plan->name_count : 1;
    return true;
}

static bool make_one(struct making *making, const struct plan_certificate *plan, struct certificate **made) {
    struct terms *terms = making->terms;
    struct certificate_spec spec = {.is_client = plan->is_client, .is_self_signed = plan->is_self_signed,
                                    .has_rsa = making->has_rsa && !plan->is_client};
    if (plan->file) return read_one(making, plan, made);
    if (!names_of(making, plan, &spec)) return false;
    if (plan->expires) {
        struct value lifetime;
        if (!world_term(terms, plan->expires, VALUE_DURATION, &lifetime)) return false;
        spec.expires = true;
        spec.lifetime_s = (int64_t)(lifetime.number / NS_PER_S) - (lifetime.number < 0 && lifetime.number % NS_PER_S != 0);
    }
    *made = certificate_make(terms->run->engine->authority, &spec, &terms->trouble->text);
    return *made || fail(making, plan->span);
}

// --- files

static const char CA_FILE[] = "run-ca.pem"; // no certificate NAME is written there: a name has no '-'

const char *certificates_ca_file(const struct case_run *run, struct arena *arena) {
    return arena_text(arena, "%s/%s", run->scratch.path ? run->scratch.path : "", CA_FILE);
}

// A key is for its owner alone, or servers and ssh(1) refuse it: `user NAME` makes it NAME's. All else anybody may read.
static bool write_pem(struct terms *terms, const char *path, const struct buffer *pem, mode_t mode) {
    struct case_run *run = terms->run;
    int error = files_put(run, path, bytes_held(terms->arena, buffer_view(pem)));
    const char *whole = arena_text(terms->arena, "%s/%s", run->scratch.path, path);
    if (!error && chmod(whole, mode) != 0) error = -errno;
    if (error) buffer_printf(&terms->trouble->text, "cannot write %s into the scratch folder: %s", path, strerror(-error));
    return error == 0;
}

static bool write_one(struct terms *terms, const struct plan_certificate *plan, const struct certificate *certificate) {
    struct buffer pem = {0}, key = {0};
    certificate_pem(certificate, &pem);
    certificate_key_pem(certificate, &key);
    bool ok = write_pem(terms, arena_text(terms->arena, "%s.pem", plan->name), &pem, 0644) &&
              write_pem(terms, arena_text(terms->arena, "%s.key", plan->name), &key, 0600);
    buffer_fini(&pem);
    buffer_fini(&key);
    return ok;
}

static bool write_authority(struct terms *terms) {
    struct buffer pem = {0};
    bool ok = authority_pem(terms->run->engine->authority, &pem, &terms->trouble->text) && write_pem(terms, CA_FILE, &pem, 0644);
    buffer_fini(&pem);
    return ok;
}

// --- all of them

// Where a step says which ciphers, some may be for RSA keys only; a key of that kind takes its time, and no other scenario
// needs one.
static bool may_need_rsa(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == STEP_TLS && plan->steps[i].tls_ciphers) return true;
    return false;
}

static bool has_plain_server(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->step_count; i++) {
        const struct step *step = &plan->steps[i];
        if (step->kind == STEP_TLS && step->tls_role == TLS_SERVER && step->certificate == PLAN_NONE) return true;
    }
    return false;
}

bool certificates_make(struct terms *terms) {
    struct case_run *run = terms->run;
    const struct plan *plan = run->plan;
    const struct plan_world *world = &plan->world;
    if (!plan->has_tls) return true;
    struct making making = {.terms = terms, .has_rsa = may_need_rsa(plan)};
    struct plan_certificate usual = {.span = world->span};
    if (!find_usual_names(&making)) return false;
    run->certificates = memory_need(calloc(world->certificate_count + 1, sizeof(struct certificate *)));
    for (uint32_t i = 0; i < world->certificate_count; i++) {
        if (!make_one(&making, &world->certificates[i], &run->certificates[i])) return false;
        if (!write_one(terms, &world->certificates[i], run->certificates[i])) return fail(&making, world->certificates[i].span);
    }
    if (has_plain_server(plan) && !make_one(&making, &usual, &run->certificate)) return false;
    return !plan->uses_ca_file || write_authority(terms);
}

void certificates_free(struct case_run *run) {
    for (uint32_t i = 0; run->certificates && i < run->plan->world.certificate_count; i++) certificate_free(run->certificates[i]);
    free(run->certificates);
    certificate_free(run->certificate);
    run->certificates = NULL;
    run->certificate = NULL;
}
