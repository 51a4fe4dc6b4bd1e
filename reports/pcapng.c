// A case as a capture: the packets of its world, and what never was a packet as packets made from the journal. Each case is a
// file of its own. draft-ietf-opsawg-pcapng.
#include "pcapng_parts.h"
#include "sinks.h"

#include "base/link_type.h"

#include <inttypes.h>

enum { WORDS_COLUMNS = 60, TITLE_COLUMNS = 400, INTERFACES_MAX = 64 };

// An interface of the world, as far as its packets tell.
struct seen_interface {
    uint64_t index;
    int32_t link_type;
    uint32_t id;
    uint64_t count;
};

// --- comments

static void begin_line(struct pcapng *pcapng) {
    if (pcapng->comment.len_bytes > 0) buffer_text(&pcapng->comment, "\n");
}

void pcapng_comment_text(struct pcapng *pcapng, const char *text) {
    begin_line(pcapng);
    buffer_text(&pcapng->comment, text);
}

void pcapng_comment(struct pcapng *pcapng, const struct event *event, const char *more) {
    const struct plan *const plan = pcapng->result->plan;
    const struct step *const step = step_at(plan, event->step);
    struct buffer *const out = &pcapng->comment;
    begin_line(pcapng);
    bool const has_actor = instance_words(plan, event->actor, out);
    if (step) {
        if (has_actor) buffer_text(out, ", ");
        step_place(plan, step, out);
        buffer_text(out, ": ");
        step_words(step, WORDS_COLUMNS, out);
    }
    if (more[0]) buffer_printf(out, "%s%s", has_actor || step ? ", " : "", more);
}

void pcapng_comment_end(struct pcapng *pcapng, const struct event *ended) {
    static const char *const REASONS[] = {
        [CLOSE_BY_STEP] = "",
        [CLOSE_BY_RESET] = "",
        [CLOSE_BY_BLOCK] = "closed by the harness at the end of its block",
        [CLOSE_BY_STOP] = "closed since the case was stopped",
        [CLOSE_BY_PROGRAM] = "a program has it from here on",
    };
    bool const is_known = ended->kind == EVENT_CLOSED && ended->code >= 0 && ended->code <= CLOSE_BY_PROGRAM;
    struct event told = *ended;
    if (is_known && REASONS[ended->code][0]) told.step = JOURNAL_NONE;
    pcapng_comment(pcapng, &told, is_known ? REASONS[ended->code] : "");
}

// --- blocks

void pcapng_packet(struct pcapng *pcapng, uint32_t interface, int64_t at_ns, struct slice bytes, uint64_t whole_bytes) {
    struct capture_block const block = block_begin(pcapng->out, BLOCK_PACKET);
    if (at_ns < pcapng->last_ns) at_ns = pcapng->last_ns;
    pcapng->last_ns = at_ns;
    if (whole_bytes < bytes.len_bytes) whole_bytes = bytes.len_bytes;
    block_u32(&block, interface);
    block_time(&block, at_ns + pcapng->facts->realtime_ns);
    block_u32(&block, (uint32_t)bytes.len_bytes);
    block_u32(&block, whole_bytes < UINT32_MAX ? (uint32_t)whole_bytes : UINT32_MAX);
    block_padded(&block, bytes);
    block_option_text(&block, OPTION_COMMENT, &pcapng->comment);
    block_end(&block);
    buffer_clear(&pcapng->comment);
}

static void outcome_words(const struct verdict *verdict, struct buffer *out) {
    switch (verdict->outcome) {
    case OUTCOME_PASSED: buffer_text(out, "\npassed"); return;
    case OUTCOME_FAILED:
        buffer_text(out, "\nfailed: ");
        if (verdict->fault_count) report_text(slice_text(verdict->faults[0].message), TITLE_COLUMNS, out);
        return;
    case OUTCOME_SKIPPED:
        buffer_text(out, "\nskipped: ");
        report_text(slice_text(verdict->skip_reason), TITLE_COLUMNS, out);
        return;
    }
}

static void section_comment(const struct pcapng *pcapng, struct buffer *out) {
    const struct plan *const plan = pcapng->result->plan;
    report_text(slice_text(plan->case_name), TITLE_COLUMNS, out);
    buffer_text(out, "\n");
    report_text(slice_text(plan->path), TITLE_COLUMNS, out);
    buffer_printf(out, ":%u: ", plan->title_line);
    report_text(slice_text(plan->title ? plan->title : ""), TITLE_COLUMNS, out);
    outcome_words(pcapng->result->verdict, out);
    bool is_made = false;
    for (int i = 0; i < MADE_COUNT; i++) is_made = is_made || pcapng->made_ids[i] != UINT32_MAX;
    if (is_made)
        buffer_text(out, "\npackets of the interfaces whose names begin with \"journal\" are made from the journal");
}

static void section_block(struct pcapng *pcapng) {
    struct buffer text = {0};
    struct capture_block const block = block_begin(pcapng->out, BLOCK_SECTION);
    block_u32(&block, 0x1a2b3c4d);
    block_u16(&block, 1);
    block_u16(&block, 0);
    block_u64(&block, UINT64_MAX); // of what length it is nobody says
    section_comment(pcapng, &text);
    block_option_text(&block, OPTION_COMMENT, &text);
    block_option(&block, OPTION_SECTION_OS, slice_text("Linux"));
    buffer_clear(&text);
    buffer_printf(&text, "sockdrill %s", pcapng->facts->version);
    block_option_text(&block, OPTION_SECTION_APPLICATION, &text);
    block_end(&block);
    buffer_fini(&text);
}

static void interface_block(struct pcapng *pcapng, int32_t link_type, const struct buffer *name,
                            const char *description) {
    static const uint8_t NANOSECONDS = 9;
    struct capture_block const block = block_begin(pcapng->out, BLOCK_INTERFACE);
    block_u16(&block, (uint16_t)link_type);
    block_u16(&block, 0);
    block_u32(&block, 0); // no packet was cut short for its length's sake
    block_option_text(&block, OPTION_INTERFACE_NAME, name);
    block_option(&block, OPTION_INTERFACE_DESCRIPTION, slice_text(description));
    block_option(&block, OPTION_INTERFACE_RESOLUTION, slice_of(&NANOSECONDS, 1));
    block_end(&block);
}

// --- interfaces

static struct seen_interface *seen_interface_of(const struct pcapng *pcapng, const struct event *packet) {
    for (uint32_t i = 0; i < pcapng->seen_count; i++)
        if (pcapng->seen[i].index == packet->offset && pcapng->seen[i].link_type == packet->code)
            return &pcapng->seen[i];
    return NULL;
}

static void find_interfaces(struct pcapng *pcapng) {
    const struct journal *const journal = pcapng->result->journal;
    pcapng->seen = arena_array(&pcapng->arena, INTERFACES_MAX, sizeof *pcapng->seen);
    if (pcapng->book.captured)
        pcapng->seen[pcapng->seen_count++] = (struct seen_interface){.index = 1, .link_type = LINK_ETHERNET};
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind != EVENT_PACKET || seen_interface_of(pcapng, event)) continue;
        if (pcapng->seen_count == INTERFACES_MAX) return;
        pcapng->seen[pcapng->seen_count++] = (struct seen_interface){.index = event->offset, .link_type = event->code};
    }
}

static void seen_block(struct pcapng *pcapng, const struct seen_interface *interface) {
    struct buffer name = {0};
    bool const drops = pcapng->result->plan->world.has_drops;
    if (interface->index == 1) buffer_text(&name, "lo");
    else buffer_printf(&name, "interface %" PRIu64, interface->index);
    interface_block(pcapng, interface->link_type, &name,
                    drops ? "of the scenario's world, as packets arrived: those that a drop took are here, too"
                          : "of the scenario's world, as packets arrived");
    buffer_fini(&name);
}

static void interface_blocks(struct pcapng *pcapng) {
    static const char *const NAMES[MADE_COUNT] = {"journal", "journal (unix)", "journal (other)"};
    static const char *const DESCRIPTIONS[MADE_COUNT] = {
        [MADE_IP] = "made from the journal: what was sent and received, at the times it was; of TLS the plaintext",
        [MADE_UNIX] =
            "made from the journal: Unix sockets as TCP and UDP, at made-up addresses that the comments explain",
        [MADE_OTHER] = ("made from the journal: sockets of no IP family as TCP and UDP, at made-up addresses that the "
                        "comments explain"),
    };
    uint32_t id = 0;
    bool is_needed[MADE_COUNT] = {false};
    for (uint32_t i = 0; i < pcapng->book.count; i++)
        if (pcapng->book.sockets[i].is_made) is_needed[made_interface_of(pcapng->book.sockets[i].family)] = true;
    bool const has_any = pcapng->seen_count > 0 || is_needed[MADE_IP] || is_needed[MADE_UNIX] || is_needed[MADE_OTHER];
    is_needed[MADE_IP] = is_needed[MADE_IP] || !has_any; // libpcap reads no file without an interface
    for (int i = 0; i < MADE_COUNT; i++) pcapng->made_ids[i] = is_needed[i] ? pcapng->seen_count + id++ : UINT32_MAX;
    section_block(pcapng); // which says whether there are made ones
    for (uint32_t i = 0; i < pcapng->seen_count; i++) {
        pcapng->seen[i].id = i;
        seen_block(pcapng, &pcapng->seen[i]);
    }
    for (int i = 0; i < MADE_COUNT; i++) {
        struct buffer name = {0};
        buffer_text(&name, NAMES[i]);
        if (is_needed[i]) interface_block(pcapng, LINK_ETHERNET, &name, DESCRIPTIONS[i]);
        buffer_fini(&name);
    }
}

static void statistics_blocks(struct pcapng *pcapng) {
    const struct journal *const journal = pcapng->result->journal;
    int64_t const ahead_ns = pcapng->facts->realtime_ns;
    for (uint32_t i = 0; i < pcapng->seen_count; i++) {
        const struct seen_interface *const interface = &pcapng->seen[i];
        uint64_t const begin_ns = (uint64_t)(journal->begin_ns + ahead_ns),
                       end_ns = (uint64_t)(journal->end_ns + ahead_ns);
        uint32_t const begin[] = {(uint32_t)(begin_ns >> 32), (uint32_t)begin_ns};
        uint32_t const end[] = {(uint32_t)(end_ns >> 32), (uint32_t)end_ns};
        uint64_t const dropped =
            i == 0 && pcapng->book.captured ? pcapng->book.captured->offset : 0; // of all: nobody knows whose
        struct capture_block const block = block_begin(pcapng->out, BLOCK_STATISTICS);
        block_u32(&block, interface->id);
        block_time(&block, journal->end_ns + ahead_ns);
        block_option(&block, OPTION_STATISTICS_START, slice_of(begin, sizeof begin));
        block_option(&block, OPTION_STATISTICS_END, slice_of(end, sizeof end));
        block_option(&block, OPTION_STATISTICS_RECEIVED, slice_of(&interface->count, sizeof interface->count));
        block_option(&block, OPTION_STATISTICS_DROPPED, slice_of(&dropped, sizeof dropped));
        block_end(&block);
    }
}

// Before the first packet, so that no reader comes to one without them. Made packets are plaintext.
static void secrets_block(struct pcapng *pcapng) {
    enum { TLS_KEY_LOG = 0x544c534b };
    const struct journal *const journal = pcapng->result->journal;
    struct buffer lines = {0};
    for (uint64_t i = 0; i < journal->event_count; i++) {
        if (journal->events[i].kind != EVENT_TLS_KEYS) continue;
        report_text(journal->events[i].bytes, COLUMNS_ALL, &lines);
        buffer_text(&lines, "\n");
    }
    if (lines.len_bytes > 0 && pcapng->book.captured) {
        struct capture_block const block = block_begin(pcapng->out, BLOCK_SECRETS);
        block_u32(&block, TLS_KEY_LOG);
        block_u32(&block, (uint32_t)lines.len_bytes);
        block_padded(&block, buffer_view(&lines));
        block_end(&block);
    }
    buffer_fini(&lines);
}

// --- the sink

static void packet_blocks(struct pcapng *pcapng) {
    const struct journal *const journal = pcapng->result->journal;
    struct seen *const seen = seen_new(pcapng);
    struct made *const made = made_new(pcapng);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        struct seen_interface *const interface = event->kind == EVENT_PACKET ? seen_interface_of(pcapng, event) : NULL;
        if (interface) {
            interface->count++;
            seen_comment(seen, pcapng, event);
            pcapng_packet(pcapng, interface->id, event->at_ns, event->bytes, event->count);
        } else if (event->socket < pcapng->book.count && pcapng->book.sockets[event->socket].is_made) {
            made_event(made, pcapng, event);
        }
    }
    made_free(made);
}

void pcapng_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    struct pcapng pcapng = {.facts = facts, .result = result, .out = out, .last_ns = INT64_MIN};
    arena_init(&pcapng.arena);
    pcapng_book_init(&pcapng.book, result->journal, &pcapng.arena);
    find_interfaces(&pcapng);
    interface_blocks(&pcapng);
    secrets_block(&pcapng);
    packet_blocks(&pcapng);
    statistics_blocks(&pcapng);
    buffer_fini(&pcapng.comment);
    arena_fini(&pcapng.arena);
}

void pcapng_open(const struct run_result *run, struct buffer *out) {
    (void)run;
    (void)out;
}

void pcapng_close(const struct run_result *run, struct buffer *out) {
    (void)run;
    (void)out;
}
