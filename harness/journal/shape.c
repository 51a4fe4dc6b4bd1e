#include "shape.h"

#include "base/state.h"
#include "script/tree.h"

struct event_shape event_shape(enum event_kind kind) {
    enum { DIRECTIONS = 2, STREAMS = 3, WAYS = SHUTDOWN_BOTH + 1, REASONS = CLOSE_BY_PROGRAM + 1 };
    static struct event_shape const PLAIN = {.holds = HOLDS_NOTHING}, TEXT = {.holds = HOLDS_BYTES};
    static struct event_shape const COUNTED = {.holds = HOLDS_BYTES, .is_counted = true};
    static struct event_shape const PRINTED = {.holds = HOLDS_BYTES, .is_counted = true, .code_below = STREAMS};
    static struct event_shape const CONNECTION = {
        .holds = HOLDS_BOTH_ADDRESSES, .count_below = FAMILY_COUNT, .offset_is_socket = true};
    switch (kind) {
    case EVENT_CASE_BEGIN:
    case EVENT_ACTOR_BEGIN:
    case EVENT_TASK_BEGIN:
    case EVENT_STEP_BEGIN:
    case EVENT_STEP_END:
    case EVENT_END_OF_STREAM:
    case EVENT_PEER_RESET:
    case EVENT_STOPPED:
    case EVENT_EXITED:
    case EVENT_TASK_END:
    case EVENT_ACTOR_END:
    case EVENT_CASE_END: return PLAIN;
    case EVENT_SHUTDOWN: return (struct event_shape){.holds = HOLDS_NOTHING, .code_below = WAYS};
    case EVENT_CLOSED: return (struct event_shape){.holds = HOLDS_NOTHING, .code_below = REASONS};
    case EVENT_STATE: return (struct event_shape){.holds = HOLDS_NOTHING, .code_below = STATE_COUNT};
    case EVENT_OPEN: return (struct event_shape){.holds = HOLDS_BYTES, .count_below = FAMILY_COUNT};
    case EVENT_STARTED:
    case EVENT_LIFECYCLE:
    case EVENT_SECURED:
    case EVENT_TLS_KEYS:
    case EVENT_SIGNALLED:
    case EVENT_LOGGED:
    case EVENT_NOTE:
    case EVENT_WAITING:
    case EVENT_SKIPPED: return TEXT;
    case EVENT_TIMING:
    case EVENT_CAPTURED: return (struct event_shape){.holds = HOLDS_NOTHING, .is_counted = true};
    case EVENT_FIELD: return (struct event_shape){.holds = HOLDS_NOTHING, .is_field = true};
    case EVENT_ADDRESSED: return (struct event_shape){.holds = HOLDS_BOTH_ADDRESSES, .code_below = DIRECTIONS};
    case EVENT_PACKET:
    case EVENT_SENT:
    case EVENT_MATCHED:
    case EVENT_DISCARDED: return COUNTED;
    case EVENT_PRINTED:
    case EVENT_OUTPUT_END: return PRINTED;
    case EVENT_BOUND:
    case EVENT_QUEUED: return (struct event_shape){.holds = HOLDS_ADDRESS};
    case EVENT_CONNECTED: return (struct event_shape){.holds = HOLDS_BOTH_ADDRESSES};
    case EVENT_ACCEPTED:
    case EVENT_PASSED: return CONNECTION;
    case EVENT_SNAPSHOT:
        return (struct event_shape){
            .holds = HOLDS_BOTH_ADDRESSES, .count_below = FAMILY_COUNT, .offset_below = STATE_COUNT};
    case EVENT_FAILED: return (struct event_shape){.holds = HOLDS_FAILURE};
    case EVENT_KIND_COUNT: break;
    }
    return PLAIN;
}
