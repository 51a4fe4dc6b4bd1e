#include "plan_terms.h"

#include "plan/regex.h"

#include <stdlib.h>
#include <string.h>

static struct stage *stage_of(struct eval_env *env) {
    return env->context;
}

static enum eval_status read_slot(struct eval_env *env, uint32_t slot, struct value *value) {
    struct stage *const stage = stage_of(env);
    stage->slot_reads++;
    if (!stage->is_set[slot]) return EVAL_WAIT;
    *value = stage->slots[slot];
    return EVAL_DONE;
}

static void write_slot(struct eval_env *env, uint32_t slot, const struct value *value) {
    stage_set(stage_of(env), slot, *value);
    stage_of(env)->slot_writes++;
}

static enum eval_status read_file(struct eval_env *env, const char *path, struct value *value) {
    if (strcmp(path, "greeting") != 0) {
        env->message = "no such file";
        return EVAL_FAILED;
    }
    *value = value_text(env->arena, slice_text("hello from a file"));
    return EVAL_DONE;
}

static enum eval_status file_exists(struct eval_env *env, const char *path, struct value *value) {
    (void)env;
    *value = value_boolean(strcmp(path, "greeting") == 0);
    return EVAL_DONE;
}

void stage_init(struct stage *stage) {
    *stage = (struct stage){0};
    arena_init(&stage->arena);
    stage->env = (struct eval_env){
        .arena = &stage->arena,
        .context = stage,
        .seed = 42,
        .read_slot = read_slot,
        .write_slot = write_slot,
        .read_file = read_file,
        .file_exists = file_exists,
    };
}

void stage_fini(struct stage *stage) {
    arena_fini(&stage->arena);
}

void stage_text(struct stage *stage, const char *text) {
    source_init(&stage->source, &stage->arena, "x.drill", slice_text(text));
}

struct span span_of(const struct stage *stage, const char *stretch) {
    int64_t const at = slice_find(stage->source.text, slice_text(stretch));
    if (at < 0) abort(); // the test itself is wrong
    return (struct span){&stage->source, (uint32_t)at, (uint32_t)(at + (int64_t)strlen(stretch))};
}

void stage_set(struct stage *stage, uint32_t slot, struct value value) {
    stage->slots[slot] = value;
    stage->is_set[slot] = true;
}

struct value bytes_value(struct stage *stage, const char *text) {
    return value_text(&stage->arena, slice_text(text));
}

struct value address_value(struct stage *stage, const char *text) {
    struct address *const address = arena_alloc(&stage->arena, sizeof *address);
    bool has_port;
    if (!address_parse(slice_text(text), address, &has_port)) abort();
    return (struct value){.kind = VALUE_ADDRESS, .address = address, .address_has_port = has_port};
}

struct value state_value(enum state state) {
    return (struct value){.kind = VALUE_STATE, .state = state};
}

struct value path_value(struct stage *stage, const char *text) {
    struct state_path *const path = arena_alloc(&stage->arena, sizeof *path);
    char *const words = arena_copy(&stage->arena, text, strlen(text));
    bool is_gap = false;
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, "->") == 0) continue;
        if (strcmp(word, "?") == 0) {
            is_gap = true;
            continue;
        }
        path->gap_before[path->count] = is_gap;
        path->states[path->count++] = (uint8_t)state_of(slice_text(word)); // `...` is STATE_ANY
        is_gap = false;
    }
    return (struct value){.kind = VALUE_PATH, .path = path};
}

// ---- terms

static struct term *term_new(struct stage *stage, enum term_kind kind) {
    struct term *const term = arena_alloc(&stage->arena, sizeof *term);
    term->kind = kind;
    return term;
}

static struct term *with_items(struct stage *stage, struct term *term, uint32_t count, va_list items) {
    term->items = arena_array(&stage->arena, count, sizeof(struct term *));
    term->item_count = count;
    for (uint32_t i = 0; i < count; i++) term->items[i] = va_arg(items, const struct term *);
    return term;
}

struct term *term_value(struct stage *stage, struct value value) {
    struct term *const term = term_new(stage, TERM_CONSTANT);
    term->value = value;
    return term;
}

struct term *term_integer(struct stage *stage, integer number) {
    return term_value(stage, value_integer(number));
}

struct term *term_text(struct stage *stage, const char *text) {
    return term_value(stage, bytes_value(stage, text));
}

struct term *term_slot(struct stage *stage, uint32_t slot) {
    struct term *const term = term_new(stage, TERM_SLOT);
    term->slot = slot;
    return term;
}

struct term *term_regex(struct stage *stage, const char *pattern, uint32_t first_slot) {
    struct term *const term = term_new(stage, TERM_REGEX);
    const char *error;
    size_t offset;
    term->regex = regex_compile(&stage->arena, slice_text(pattern), &error, &offset);
    if (!term->regex) abort();
    term->group_count = regex_group_count(term->regex) + 1;
    uint32_t *const slots = arena_array(&stage->arena, term->group_count, sizeof *slots);
    for (uint32_t i = 0; i < term->group_count; i++) {
        slots[i] = regex_group_name(term->regex, i) ? first_slot++ : PLAN_NONE;
    }
    term->group_slots = slots;
    return term;
}

struct term *term_with(struct stage *stage, enum term_kind kind, uint32_t count, ...) {
    va_list items;
    va_start(items, count);
    struct term *const term = with_items(stage, term_new(stage, kind), count, items);
    va_end(items);
    return term;
}

struct term *term_unary(struct stage *stage, enum operator op, const struct term *operand) {
    struct term *const term = term_with(stage, TERM_UNARY, 1, operand);
    term->op = op;
    return term;
}

struct term *term_binary(struct stage *stage, enum operator op, const struct term *left, const struct term *right) {
    struct term *const term = term_with(stage, TERM_BINARY, 2, left, right);
    term->op = op;
    return term;
}

struct term *term_function(struct stage *stage, enum function function, uint32_t count, ...) {
    va_list items;
    va_start(items, count);
    struct term *const term = with_items(stage, term_new(stage, TERM_CALL), count, items);
    va_end(items);
    term->function = function;
    return term;
}

struct term *term_pack(struct stage *stage, enum type_word type, const struct term *operand) {
    struct term *const term = term_function(stage, FUNCTION_PACK, 1, operand);
    term->packed = type;
    return term;
}

// ---- elements

struct element_code element_bytes(const struct term *bytes) {
    return (struct element_code){.bytes = bytes, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
}

struct element_code element_text(struct stage *stage, const char *text) {
    return element_bytes(term_text(stage, text));
}

struct element_code element_type(enum type_word type) {
    return (struct element_code){.type = type, .capture = PLAN_NONE, .last_slot = PLAN_NONE};
}

struct element_code element_sized(enum type_word type, const struct term *argument) {
    struct element_code element = element_type(type);
    element.argument = argument;
    return element;
}

struct element_code element_list(struct stage *stage, struct element_code item, const struct term *count) {
    struct element_code element = element_sized(TYPE_WORD_LIST, count);
    element.element = arena_copy(&stage->arena, &item, sizeof item);
    return element;
}

struct element_code element_until(struct stage *stage, struct element_code item, const struct term *until,
                                  uint32_t last) {
    struct element_code element = element_list(stage, item, NULL);
    element.until = until;
    element.last_slot = last;
    return element;
}

struct element_code element_is(struct element_code element, enum operator op, const struct term *right) {
    element.op = op;
    element.right = right;
    return element;
}

struct element_code element_as(struct element_code element, uint32_t slot) {
    element.capture = slot;
    return element;
}
