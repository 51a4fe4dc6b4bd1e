// Each actor of a scenario, played by itself: its steps in the order of the text, what it sends built, and each `recv` fed
// with what the others send and with the bytes of the input. A loop is gone through once, of `either` every block is.
#include "plans.h"
#include "play.h"

#include <string.h>

enum {
    SENT_BYTES_MAX = 2048,  // of an actor
    PIECE_BYTES_MAX = 1024, // of one send
    STREAMS_MAX = 6,
    STEPS_MAX = 200,
    ARENA_BYTES_MAX = 64 * 1024 * 1024,
};

// What an actor may receive.
struct streams {
    struct slice bytes[STREAMS_MAX];
    uint32_t count;
};

struct pattern_player {
    const struct plan *plan;
    const struct actor *actor;
    struct stage stage;
    struct slice stream; // what has not been received yet
    struct buffer *sent; // NULL: nobody asks
    uint64_t cuts;
};

static void look_at(struct pattern_player *player, const struct term *term) {
    struct value value;
    struct buffer text = {0};
    if (!term) return;
    if (term_eval(term, &player->stage.env, &value) == EVAL_DONE) value_print(&value, &text);
    buffer_fini(&text);
}

static void step_send(struct pattern_player *player, const struct step *step) {
    struct slice bytes;
    if (!step->operand || !stage_bytes(&player->stage, step->operand, PIECE_BYTES_MAX, &bytes)) return;
    if (player->sent && player->sent->len_bytes + bytes.len_bytes <= SENT_BYTES_MAX) buffer_slice(player->sent, bytes);
}

static void step_recv(struct pattern_player *player, const struct step *step) {
    if (!step->pattern || player->sent) return;
    struct buffer wants = {0};
    struct matcher matcher;
    matcher_start(&matcher, step->pattern, &player->stage.env, &player->stage.arena);
    matcher_wants(&matcher, &wants);
    buffer_fini(&wants);
    player->cuts = fuzz_mix(player->cuts);
    struct outcome const outcome = play_match(&player->stage, step->pattern, player->stream, player->cuts);
    if (outcome.status != MATCH_DONE) return;
    play_keep(&player->stage, &outcome);
    player->stream = slice_of(player->stream.data + outcome.consumed_bytes,
                              player->stream.len_bytes - (size_t)outcome.consumed_bytes);
}

static void step_set(struct pattern_player *player, const struct step *step, const struct term *term) {
    struct value value;
    if (!term || step->slot == PLAN_NONE || term_eval(term, &player->stage.env, &value) != EVAL_DONE) return;
    player->stage.env.write_slot(&player->stage.env, step->slot, &value);
}

// The first item that a loop goes through.
static void step_for(struct pattern_player *player, const struct step *step) {
    struct value value;
    const struct term *const first = step->list_count ? step->list[0] : NULL;
    bool const is_list = first && (first->kind == TERM_EACH || first->kind == TERM_INTERVAL);
    if (!first || term_eval(first, &player->stage.env, &value) != EVAL_DONE) return;
    if (is_list && value.kind == VALUE_LIST && value.item_count) value = value.items[0];
    if (step->slot != PLAN_NONE) player->stage.env.write_slot(&player->stage.env, step->slot, &value);
}

static void step_resolve(struct pattern_player *player, const struct step *step) {
    struct address address = {0};
    bool has_port;
    look_at(player, step->operand);
    fuzz_check(address_parse(slice_text("127.0.0.1"), &address, &has_port), "no address");
    struct value const host =
        value_host(&player->stage.arena, "host.test", (const char *const[]){"alias.test"}, 1, &address, 1);
    if (step->slot != PLAN_NONE) player->stage.env.write_slot(&player->stage.env, step->slot, &host);
}

static void step_play(struct pattern_player *player, const struct step *step) {
    const struct term *const others[] = {step->within,      step->from,       step->to,    step->backlog,
                                         step->count,       step->chunk,      step->every, step->silence,
                                         step->tls_version, step->tls_ciphers};
    struct buffer text = {0};
    for (uint32_t i = 0; i < sizeof others / sizeof *others; i++) look_at(player, others[i]);
    for (uint32_t i = 0; i < step->list_count && i < 16; i++) look_at(player, step->list[i]);
    if (step->kind == STEP_SEND) step_send(player, step);
    else if (step->kind == STEP_RECV) step_recv(player, step);
    else if (step->kind == STEP_LET) step_set(player, step, step->operand);
    else if (step->kind == STEP_FOR) step_for(player, step);
    else if (step->kind == STEP_RESOLVE) step_resolve(player, step);
    else look_at(player, step->operand);
    if (step->kind == STEP_EXPECT && step->operand) term_explain(step->operand, &player->stage.env, &text);
    buffer_fini(&text);
}

static void actor_play(const struct plan *plan, uint32_t number, struct slice stream, struct buffer *sent,
                       uint8_t seed) {
    struct pattern_player player = {.plan = plan, .actor = &plan->actors[number], .stream = stream, .sent = sent, .cuts = seed};
    stage_init(&player.stage, plan, number, 0, seed);
    for (uint32_t i = 0; i < player.actor->step_count && i < STEPS_MAX; i++) {
        if (player.stage.arena.used_bytes > ARENA_BYTES_MAX) break;
        step_play(&player, &plan->steps[player.actor->first_step + i]);
    }
    stage_fini(&player.stage);
}

static void streams_add(struct streams *streams, struct slice bytes) {
    if (streams->count < STREAMS_MAX && (bytes.len_bytes || !streams->count)) streams->bytes[streams->count++] = bytes;
}

// What another sent, with a few bytes of it changed: pairs of a place and what is added there.
static struct slice changed(struct arena *arena, struct slice sent, struct slice bytes) {
    uint8_t *const copy = arena_copy(arena, sent.data, sent.len_bytes);
    for (size_t i = 0; sent.len_bytes && i + 1 < bytes.len_bytes && i < 8; i += 2) {
        copy[(bytes.data[i] * 7919u + i) % sent.len_bytes] += bytes.data[i + 1];
    }
    return slice_of(copy, sent.len_bytes);
}

void fuzz_one(const struct fuzz_input *input) {
    struct plan_set set;
    struct arena arena;
    struct fuzz_choices choices = {input->bytes};
    uint8_t const seed = fuzz_byte(&choices);
    arena_init(&arena);
    fuzz_plans(&set, FUZZ_PATH, input->text, NULL, 0);
    const struct plan *const plan =
        set.diags.error_count == 0 && set.plan_count && !set.is_library ? set.plans[0] : NULL;
    uint32_t const actor_count = plan && plan->actor_count < 8 ? plan->actor_count : plan ? 8 : 0;
    struct streams streams = {0};
    struct buffer sent[8] = {0};
    streams_add(&streams, choices.bytes);
    for (uint32_t i = 0; i < actor_count; i++) {
        actor_play(plan, i, slice_of("", 0), &sent[i], seed);
        streams_add(&streams, slice_of(sent[i].data, sent[i].len_bytes));
        if (sent[i].len_bytes) streams_add(&streams, changed(&arena, buffer_view(&sent[i]), choices.bytes));
    }
    for (uint32_t i = 0; i < actor_count; i++) {
        for (uint32_t k = 0; k < streams.count; k++) actor_play(plan, i, streams.bytes[k], NULL, seed);
    }
    for (uint32_t i = 0; i < 8; i++) buffer_fini(&sent[i]);
    plan_set_fini(&set);
    arena_fini(&arena);
}
