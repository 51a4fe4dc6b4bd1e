// What `sockdrill explain` says of TLS and of certificates.
#include "explain_plan.h"

#include "base/clock.h"
#include "eval.h"

static void add_peer(struct facts *facts, const struct step *step) {
    static const char *const SERVER[] = {
        [TLS_VERIFY_USUAL] = "asks for a client's certificate", [TLS_VERIFY_OFF] = "asks for no client's certificate",
        [TLS_VERIFY_REQUIRED] = "needs a client's certificate"};
    bool const is_checked = step->tls_verify != TLS_VERIFY_OFF;
    if (step->tls_role == TLS_SERVER) facts_add(facts, "%s", SERVER[step->tls_verify]);
    else if (!is_checked) facts_add(facts, "takes any certificate");
    else if (step->operand) facts_add(facts, "checks the certificate for this name");
    else facts_add(facts, "checks the certificate for the host it is connected to");
}

void facts_add_tls(struct facts *facts, const struct step *step) {
    bool const is_ending = step->kind == STEP_CLOSE || step->kind == STEP_SHUTDOWN;
    if (step->without_notify && is_ending) facts_add(facts, "sends no close_notify");
    if (step->kind != STEP_TLS) return;
    const struct plan_world *const world = &facts->plan->world;
    if (step->certificate != PLAN_NONE)
        facts_add(facts, "shows certificate '%s', line %u", world->certificates[step->certificate].name,
                  source_position(world->certificates[step->certificate].span).line);
    else if (step->tls_role == TLS_SERVER) facts_add(facts, "shows one made for the world's names and addresses");
    add_peer(facts, step);
}

static void print_lifetime(const struct term *expires, struct buffer *out) {
    char text[CLOCK_TEXT_BYTES];
    if (!facts_is_constant(expires, VALUE_DURATION)) {
        buffer_text(out, ", expires in ");
        eval_print_source(expires->span, out);
        return;
    }
    int64_t const lifetime_ns = (int64_t)expires->value.number;
    if (lifetime_ns < 0) buffer_printf(out, ", expired %s ago", clock_text(-lifetime_ns, text));
    else buffer_printf(out, ", expires in %s", clock_text(lifetime_ns, text));
}

void explain_certificate(const struct plan_certificate *certificate, struct buffer *out) {
    buffer_printf(out, "%s", certificate->name);
    if (certificate->file) {
        buffer_text(out, ": ");
        explain_words(&certificate->file, 1, "", out);
        if (certificate->key) buffer_text(out, " and ");
        if (certificate->key) explain_words(&certificate->key, 1, "", out);
        return;
    }
    buffer_text(out, certificate->is_client ? ": client " : ": for ");
    if (certificate->name_count) explain_words(certificate->names, certificate->name_count, ", ", out);
    else buffer_text(out, certificate->is_client ? certificate->name : "localhost, the world's names and addresses");
    if (certificate->expires) print_lifetime(certificate->expires, out);
    if (certificate->is_self_signed) buffer_text(out, ", signed by itself");
}
