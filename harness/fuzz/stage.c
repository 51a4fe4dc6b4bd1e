#include "stage.h"

#include <math.h>
#include <string.h>

static struct stage *stage_of(struct eval_env *env) {
    return env->context;
}

// ---- values that nobody has set

static struct value made_up_address(struct eval_env *env, uint64_t draw) {
    static const char *const TEXTS[] = {"127.0.0.1:80", "[::1]:443", "192.168.0.114:4400", "127.0.0.1"};
    struct address *const address = arena_alloc(env->arena, sizeof *address);
    bool has_port;
    fuzz_check(address_parse(slice_text(TEXTS[draw % 4]), address, &has_port), "no address");
    return (struct value){.kind = VALUE_ADDRESS, .address = address, .address_has_port = has_port};
}

static struct value made_up_path(struct eval_env *env, uint64_t draw) {
    struct state_path *const path = arena_alloc(env->arena, sizeof *path);
    for (unsigned i = 0; i < 2 + draw % 8; i++) {
        draw = fuzz_mix(draw);
        path_note(path, (enum state)(1 + draw % (STATE_COUNT - 1)), draw & 64);
    }
    return (struct value){.kind = VALUE_PATH, .path = path};
}

static struct value made_up(struct eval_env *env, enum value_kind kind, uint64_t draw) {
    static const char *const TEXTS[] = {"", "x", "GET / HTTP/1.1", "12", "a:b\r\nc: d\r\n", "\xff\x80", "0x2a", "\n"};
    draw = fuzz_mix(draw);
    switch (kind) {
    case VALUE_INTEGER: return value_integer(draw & 8 ? (integer)(draw % 64) : (integer)(int64_t)draw);
    case VALUE_FLOAT: return (struct value){.kind = VALUE_FLOAT, .real = (double)(int64_t)draw / 1024};
    case VALUE_BOOLEAN: return value_boolean(draw & 1);
    case VALUE_DURATION:
    case VALUE_RATE: return (struct value){.kind = kind, .number = (integer)(draw % 1000000000)};
    case VALUE_BYTES: return value_text(env->arena, slice_text(TEXTS[draw % 8]));
    case VALUE_ADDRESS: return made_up_address(env, draw);
    case VALUE_STATE: return (struct value){.kind = VALUE_STATE, .state = (enum state)(1 + draw % (STATE_COUNT - 1))};
    case VALUE_PATH: return made_up_path(env, draw);
    case VALUE_NONE:
    case VALUE_ENDPOINT:
    case VALUE_LIST:
    case VALUE_RECORD:
    case VALUE_HOST:
    case VALUE_KIND_COUNT: break;
    }
    return (struct value){.kind = VALUE_NONE};
}

// Mostly what patterns and layouts ask for.
static struct value made_up_any(struct eval_env *env, uint64_t draw) {
    draw = fuzz_mix(draw ^ stage_of(env)->seed << 32);
    switch (draw % 8) {
    case 0: return made_up(env, VALUE_NONE, draw);
    case 1:
    case 2: return made_up(env, VALUE_BYTES, draw);
    case 3: return made_up(env, VALUE_BOOLEAN, draw);
    case 4: return made_up(env, VALUE_FLOAT, draw);
    }
    return value_integer((integer)(draw >> 8) % 16);
}

// ---- what the environment answers

static enum eval_status read_slot(struct eval_env *env, uint32_t slot, struct value *value) {
    struct stage *const stage = stage_of(env);
    fuzz_check(slot < stage->slot_count, "slot %u of %u is read", slot, stage->slot_count);
    if (stage->is_set[slot]) *value = stage->slots[slot];
    else if (stage->waits) return EVAL_WAIT;
    else *value = made_up_any(env, slot);
    return EVAL_DONE;
}

static void write_slot(struct eval_env *env, uint32_t slot, const struct value *value) {
    struct stage *const stage = stage_of(env);
    fuzz_check(slot < stage->slot_count, "slot %u of %u is set", slot, stage->slot_count);
    stage->slots[slot] = *value;
    stage->is_set[slot] = true;
}

static enum eval_status read_export(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    if (stage_of(env)->waits) return EVAL_WAIT;
    *value = made_up_any(env, 1000 + term->actor * 64 + term->name + (uint64_t)index);
    return EVAL_DONE;
}

static const enum value_kind ATTRIBUTE_KINDS[] = {
#define ATTRIBUTE(id, word, subject, result, help) [ATTRIBUTE_##id] = VALUE_##result,
#include "plan/attributes.def"
};

static enum eval_status read_attribute(struct eval_env *env, const struct term *term, integer index,
                                       struct value *value) {
    uint64_t const draw = stage_of(env)->seed * 100 + term->attribute + (uint64_t)index;
    if (draw % 16 == 0) {
        env->message = "nobody knows";
        env->message_span = term->span;
        return EVAL_UNSETTLED;
    }
    *value = made_up(env, ATTRIBUTE_KINDS[term->attribute], draw);
    return EVAL_DONE;
}

static enum eval_status read_file(struct eval_env *env, const char *path, struct value *value) {
    const struct fuzz_file *const file = fuzz_find_file(path);
    if (!file && path[0] == '/') {
        env->message = "no such file";
        return EVAL_FAILED;
    }
    *value = value_text(env->arena, file ? file->text : slice_text("hello from a file\r\n"));
    return EVAL_DONE;
}

static enum eval_status file_exists(struct eval_env *env, const char *path, struct value *value) {
    (void)env;
    *value = value_boolean(fuzz_find_file(path) != NULL);
    return EVAL_DONE;
}

static enum eval_status free_port(struct eval_env *env, uint32_t site, struct value *value) {
    (void)env;
    *value = value_integer(40000 + site);
    return EVAL_DONE;
}

static const char *why_unseen(struct eval_env *env) {
    (void)env;
    return NULL;
}

void stage_init(struct stage *stage, const struct plan *plan, uint32_t actor, uint32_t extra, uint8_t seed) {
    *stage = (struct stage){.waits = seed % 4 == 3, .seed = seed};
    arena_init(&stage->arena);
    stage->slot_count = extra + (actor == PLAN_NONE ? 0 : plan->actors[actor].slot_count);
    stage->slots = arena_array(&stage->arena, stage->slot_count, sizeof *stage->slots);
    stage->is_set = arena_array(&stage->arena, stage->slot_count, sizeof *stage->is_set);
    stage->env = (struct eval_env){
        .arena = &stage->arena,
        .seed = 42,
        .context = stage,
        .read_slot = read_slot,
        .read_export = read_export,
        .read_attribute = read_attribute,
        .read_file = read_file,
        .file_exists = file_exists,
        .free_port = free_port,
        .why_unseen = why_unseen,
        .write_slot = write_slot,
    };
}

void stage_fini(struct stage *stage) {
    arena_fini(&stage->arena);
}

// ---- looking at values

static bool prints_the_same(const struct value *a, const struct value *b) {
    struct buffer left = {0}, right = {0};
    value_print(a, &left);
    value_print(b, &right);
    bool const same = slice_equal(buffer_view(&left), buffer_view(&right));
    bool const has_nan = slice_find(buffer_view(&left), slice_text("nan")) >= 0;
    buffer_fini(&left);
    buffer_fini(&right);
    return same && has_nan; // which equals nothing, not even itself
}

bool stage_values_equal(const struct value *a, const struct value *b) {
    if (a->kind == VALUE_NONE && b->kind == VALUE_NONE) return true;
    return a->kind == b->kind && (value_equal(a, b) || prints_the_same(a, b));
}

bool stage_bytes(struct stage *stage, const struct term *term, size_t limit, struct slice *bytes) {
    struct value value;
    if (term_eval_kind(term, &stage->env, VALUE_BYTES, &value) != EVAL_DONE) return false;
    size_t const len_bytes = value.bytes->len_bytes < limit ? (size_t)value.bytes->len_bytes : limit;
    uint8_t *const data = arena_alloc(&stage->arena, len_bytes + 1);
    bytes_read(value.bytes, 0, data, len_bytes);
    *bytes = slice_of(data, len_bytes);
    return true;
}
