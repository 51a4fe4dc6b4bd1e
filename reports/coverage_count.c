// Counts what the cases of a run exercise: from the steps that ended, what their plan says of them; from the journal the
// families of sockets, and what became of the fields of messages.
#include "coverage.h"

#include "base/memory.h"
#include "plan/constants.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

// ---- what there is. Immutable, but for the options and the fields of tcp_info, whose names are asked for.

static const struct coverage_item VERBS[] = {
#define VERB(id, word, synopsis, help) {"", word[0] ? word : synopsis, {0}},
#include "script/verbs.def"
};

static const struct coverage_item CLAUSES[] = {
#define CLAUSE(verb, words, holds) {"", words, {0}},
#define ANY_CLAUSE(words, holds) {"", words, {0}},
#include "clauses.def"
};

static const enum step_kind CLAUSE_VERBS[] = {
#define CLAUSE(verb, words, holds) STEP_##verb,
#define ANY_CLAUSE(words, holds) STEP_ACTOR_END,
#include "clauses.def"
};

static const struct coverage_item ATTRIBUTES[] = {
#define ATTRIBUTE(id, word, subject, result, help) {"", word, {0}},
#include "plan/attributes.def"
};

static const struct coverage_item FAMILIES[] = {
#define FAMILY(id, word, arguments) {"", word, {0}},
#include "script/families.def"
};

static const struct coverage_item TYPES[] = {
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help) {"", word, {0}},
#include "script/types.def"
};

static const struct coverage_item FUNCTIONS[] = {
#define FUNCTION(id, word, arguments, optional, result, synopsis, help) {"", word[0] ? word : synopsis, {0}},
#include "plan/functions.def"
};

static const struct coverage_item WORLD[] = {
#define WORLD_LINE(id, word, synopsis, help) {"", word, {0}},
#include "script/world.def"
};

static void add_group(struct coverage *coverage, enum coverage_group_id id, const char *title,
                      const struct coverage_item *items, size_t count) {
    coverage->groups[id] = (struct coverage_group){
        title, arena_copy(&coverage->arena, items, count * sizeof *items), (uint32_t)count};
}

static void add_offered(struct coverage *coverage, enum coverage_group_id id, const char *title,
                        const char *(*offer)(uint32_t index)) {
    struct coverage_group *const group = &coverage->groups[id];
    group->title = title;
    for (const char *name; (name = offer(group->count)); group->count++) {
        group->items = arena_grow(&coverage->arena, group->items, group->count, sizeof *group->items);
        group->items[group->count] = (struct coverage_item){.verb = "", .name = name};
    }
}

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct coverage *coverage_new(void) {
    struct coverage *const coverage = memory_need(calloc(1, sizeof *coverage));
    arena_init(&coverage->arena);
    add_group(coverage, COVERAGE_VERBS, "verbs", VERBS, COUNT_OF(VERBS));
    add_group(coverage, COVERAGE_CLAUSES, "clauses", CLAUSES, COUNT_OF(CLAUSES));
    for (size_t i = 0; i < COUNT_OF(CLAUSE_VERBS); i++)
        if (CLAUSE_VERBS[i] < COUNT_OF(VERBS)) coverage->groups[COVERAGE_CLAUSES].items[i].verb = VERBS[CLAUSE_VERBS[i]].name;
    add_group(coverage, COVERAGE_ATTRIBUTES, "attributes", ATTRIBUTES, COUNT_OF(ATTRIBUTES));
    add_offered(coverage, COVERAGE_TCP_FIELDS, "fields of tcp()", tcp_field_offer);
    add_offered(coverage, COVERAGE_OPTIONS, "socket options", option_offer);
    add_group(coverage, COVERAGE_FAMILIES, "families", FAMILIES, COUNT_OF(FAMILIES));
    add_group(coverage, COVERAGE_TYPES, "types", TYPES, COUNT_OF(TYPES));
    add_group(coverage, COVERAGE_FUNCTIONS, "functions", FUNCTIONS, COUNT_OF(FUNCTIONS));
    add_group(coverage, COVERAGE_WORLD, "lines of world", WORLD, COUNT_OF(WORLD));
    return coverage;
}

void coverage_free(struct coverage *coverage) {
    if (!coverage) return;
    arena_fini(&coverage->arena);
    free(coverage);
}

// ---- marks

static void mark(const struct coverage *coverage, struct coverage_mark *mark) {
    if (mark->newest == coverage->newest) return;
    mark->newest = coverage->newest;
    mark->cases++;
}

static void mark_item(struct coverage *coverage, enum coverage_group_id group, uint64_t item) {
    if (item < coverage->groups[group].count) mark(coverage, &coverage->groups[group].items[item].mark);
}

static void mark_named(struct coverage *coverage, enum coverage_group_id id, const char *name) {
    struct coverage_group *const group = &coverage->groups[id];
    for (uint32_t i = 0; i < group->count; i++)
        if (strcmp(group->items[i].name, name) == 0) mark(coverage, &group->items[i].mark);
}

// ---- terms and patterns

static void count_term(struct coverage *coverage, const struct term *term) {
    if (!term) return;
    count_term(coverage, term->made_of);
    count_term(coverage, term->index);
    for (uint32_t i = 0; i < term->item_count; i++) count_term(coverage, term->items[i]);
    for (uint32_t i = 0; term->build && i < term->build->message->field_count; i++)
        count_term(coverage, term->build->given[i]);
    if (term->kind == TERM_ATTRIBUTE) mark_item(coverage, COVERAGE_ATTRIBUTES, term->attribute);
    if (term->option) mark_named(coverage, COVERAGE_OPTIONS, term->option->name);
    if (term->field) mark_named(coverage, COVERAGE_TCP_FIELDS, term->field->name);
    if (term->kind == TERM_LAYOUT_SIZE) mark_item(coverage, COVERAGE_FUNCTIONS, FUNCTION_SIZE);
    if (term->kind != TERM_CALL) return;
    mark_item(coverage, COVERAGE_FUNCTIONS, term->function);
    if (term->function == FUNCTION_PACK) mark_item(coverage, COVERAGE_TYPES, term->packed - TYPE_WORD_NONE - 1u);
}

// The type itself and the types in it. What lies in a message is its fields'.
static void count_type(struct coverage *coverage, const struct element_code *element) {
    for (; element; element = element->element) {
        if (element->type != TYPE_WORD_NONE) mark_item(coverage, COVERAGE_TYPES, element->type - TYPE_WORD_NONE - 1u);
        count_term(coverage, element->argument);
        count_term(coverage, element->key);
        count_term(coverage, element->until);
        count_term(coverage, element->selector);
    }
}

// What a pattern asks of the element, and of what lies in it.
static void count_asked(struct coverage *coverage, const struct element_code *element) {
    count_term(coverage, element->bytes);
    count_term(coverage, element->right);
    if (element->element) count_asked(coverage, element->element);
    for (uint32_t i = 0; i < element->item_count; i++) count_asked(coverage, &element->items[i]);
    for (uint32_t i = 0; i < element->arm_count; i++)
        if (element->arms[i].element->is_asked) count_asked(coverage, element->arms[i].element);
    for (uint32_t i = 0; element->message && element->row && i < element->message->field_count; i++)
        if (element->row[i].is_asked) count_asked(coverage, &element->row[i]);
}

static void count_pattern(struct coverage *coverage, const struct pattern_code *pattern) {
    for (uint32_t i = 0; pattern && i < pattern->element_count; i++) {
        if (!pattern->elements[i].bytes) count_type(coverage, &pattern->elements[i]);
        count_asked(coverage, &pattern->elements[i]);
    }
}

// ---- steps

static bool has_item(const struct step *step, enum term_kind kind) {
    for (uint32_t i = 0; i < step->list_count; i++)
        if (step->list[i]->kind == kind) return true;
    return false;
}

static void count_clauses(struct coverage *coverage, const struct step *step) {
    bool const holds[] = {
#define CLAUSE(verb, words, holds) step->kind == STEP_##verb && (holds),
#define ANY_CLAUSE(words, holds) (holds),
#include "clauses.def"
    };
    for (size_t i = 0; i < COUNT_OF(holds); i++)
        if (holds[i]) mark_item(coverage, COVERAGE_CLAUSES, i);
}

static void count_step(struct coverage *coverage, const struct step *step) {
    const struct term *const terms[] = {step->within,  step->operand, step->from,    step->to,
                                        step->backlog, step->count,   step->chunk,   step->every,
                                        step->silence, step->tls_version, step->tls_ciphers};
    mark_item(coverage, COVERAGE_VERBS, step->kind);
    count_clauses(coverage, step);
    for (size_t i = 0; i < COUNT_OF(terms); i++) count_term(coverage, terms[i]);
    for (uint32_t i = 0; i < step->list_count; i++) count_term(coverage, step->list[i]);
    count_pattern(coverage, step->pattern);
    if (step->option) mark_named(coverage, COVERAGE_OPTIONS, step->option->name);
}

static void count_world(struct coverage *coverage, const struct plan_world *world) {
    static const enum world_word none = WORLD_WORD_NONE;
    bool const has[] = {
        [WORLD_WORD_HOSTNAME] = world->hostname,       [WORLD_WORD_ADDRESS] = world->address_count > 0,
        [WORLD_WORD_NAME] = world->host_count > 0,     [WORLD_WORD_INTERFACE] = world->interface_count > 0,
        [WORLD_WORD_SYSCTL] = world->sysctl_count > 0, [WORLD_WORD_ROUTE] = world->route_count > 0,
        [WORLD_WORD_FILE] = world->file_count > 0,     [WORLD_WORD_CERTIFICATE] = world->certificate_count > 0,
    };
    for (uint32_t i = 0; i < COUNT_OF(WORLD); i++)
        if (has[none + 1u + i]) mark_item(coverage, COVERAGE_WORLD, i);
    for (uint32_t i = 0; i < world->address_count; i++) count_term(coverage, world->addresses[i]);
    for (uint32_t i = 0; i < world->file_count; i++) count_term(coverage, world->files[i].bytes);
}

// ---- messages

// "scenarios/clients/../http/http.drill" as "scenarios/http/http.drill": as it is written, no link is followed.
static const char *plain_path(const char *path, struct arena *arena) {
    char *const plain = arena_alloc(arena, strlen(path) + 1);
    size_t len = 0;
    for (const char *at = path; *at;) {
        size_t const part = strcspn(at, "/"), whole = part + (at[part] == '/');
        size_t last = len;
        while (last > 0 && (last == len || plain[last - 1] != '/')) last--;
        bool const is_back = part == 2 && strncmp(at, "..", 2) == 0;
        bool const goes_back = is_back && len > 1 && strncmp(plain + last, "../", 3) != 0;
        if (goes_back) len = last;
        else if (!(part == 1 && at[0] == '.') && (part > 0 || len == 0)) {
            memcpy(plain + len, at, whole);
            len += whole;
        }
        at += whole;
    }
    plain[len] = '\0';
    return plain;
}

static bool is_same(const struct coverage_message *message, const struct message_code *code, const char *path) {
    return message->code->field_count == code->field_count && strcmp(message->code->name, code->name) == 0 &&
           strcmp(message->path, path) == 0;
}

// Added where it is new. Plans have their messages in the order of their texts: `hint`, the one behind the last, is it mostly.
static uint32_t find_message(struct coverage *coverage, const struct message_code *code, const char *path, uint32_t hint) {
    uint32_t const count = coverage->message_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t const at = (hint + i) % count;
        if (is_same(&coverage->messages[at], code, path)) return at;
    }
    coverage->messages = arena_grow(&coverage->arena, coverage->messages, count, sizeof *coverage->messages);
    struct coverage_message *const message = &coverage->messages[coverage->message_count++];
    message->code = code;
    message->path = arena_copy(&coverage->arena, path, strlen(path));
    for (int fate = 0; fate < COVERAGE_FATE_COUNT; fate++)
        message->marks[fate] = arena_array(&coverage->arena, code->field_count, sizeof *message->marks[fate]);
    return count;
}

// By the plan's messages: which of all they are.
static uint32_t *find_messages(struct coverage *coverage, const struct plan *plan, struct arena *scratch) {
    uint32_t *const numbers = arena_array(scratch, plan->message_count, sizeof *numbers);
    const struct source *source = NULL;
    const char *path = NULL;
    for (uint32_t i = 0; i < plan->message_count; i++) {
        if (plan->messages[i]->span.source != source) path = plain_path(plan->messages[i]->span.source->path, scratch);
        source = plan->messages[i]->span.source;
        numbers[i] = find_message(coverage, plan->messages[i], path, i > 0 ? numbers[i - 1] + 1 : 0);
    }
    return numbers;
}

// What the layout makes of the field, its terms and its types, has worked with it.
static void count_layout(struct coverage *coverage, const struct message_code *code, uint32_t number, bool is_built) {
    const struct field_code *const field = &code->fields[number];
    count_type(coverage, &code->elements[number]);
    count_term(coverage, field->condition);
    count_term(coverage, field->value);
    count_term(coverage, is_built ? field->fallback : field->rule);
}

static void count_field(struct coverage *coverage, const struct plan *plan, const uint32_t *numbers,
                        const struct event *event) {
    static const enum coverage_fate FATES[FIELD_FATE_COUNT] = {
        [FIELD_BUILT] = COVERAGE_BUILT,
        [FIELD_MATCHED] = COVERAGE_MATCHED,
        [FIELD_ASKED] = COVERAGE_CHECKED,
        [FIELD_READ] = COVERAGE_CHECKED,
    };
    if (event->code < 0 || event->code >= FIELD_FATE_COUNT) return;
    for (uint32_t i = 0; i < plan->message_count; i++) {
        const struct message_code *const code = plan->messages[i];
        if (event->count < code->first_field || event->count >= code->first_field + code->field_count) continue;
        uint32_t const field = (uint32_t)(event->count - code->first_field);
        enum coverage_fate const fate = FATES[event->code];
        struct coverage_mark *const *const marks = coverage->messages[numbers[i]].marks;
        bool const is_verified = fate == COVERAGE_MATCHED && (code->fields[field].value || code->fields[field].rule);
        mark(coverage, &marks[fate][field]);
        if (is_verified) mark(coverage, &marks[COVERAGE_CHECKED][field]);
        if (fate != COVERAGE_CHECKED) count_layout(coverage, code, field, fate == COVERAGE_BUILT);
        return;
    }
}

// ---- the case

void coverage_add(struct coverage *coverage, const struct case_result *result) {
    const struct plan *const plan = result->plan;
    struct arena scratch;
    arena_init(&scratch);
    const uint32_t *const numbers = find_messages(coverage, plan, &scratch);
    bool *const has_ended = arena_array(&scratch, plan->step_count, sizeof *has_ended);
    bool const skipped = result->verdict->outcome == OUTCOME_SKIPPED;
    bool any = false;
    coverage->newest++;
    coverage->played += !skipped;
    coverage->skipped += skipped;
    for (uint64_t i = 0; i < result->journal->event_count && !skipped; i++) {
        const struct event *const event = &result->journal->events[i];
        bool const opens = event->kind == EVENT_OPEN || event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED;
        if (opens && event->count > FAMILY_NONE) mark_item(coverage, COVERAGE_FAMILIES, event->count - FAMILY_NONE - 1u);
        if (event->kind == EVENT_FIELD) count_field(coverage, plan, numbers, event);
        if (event->kind != EVENT_STEP_END || event->step >= plan->step_count || has_ended[event->step]) continue;
        any = has_ended[event->step] = true;
        count_step(coverage, &plan->steps[event->step]);
    }
    if (any) count_world(coverage, &plan->world);
    arena_fini(&scratch);
}
