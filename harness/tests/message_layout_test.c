#include "message_text.h"

#include <check.h>
#include <string.h>

static void assert_said(const char *messages, const char *server_steps, const char *client_steps, const char *said) {
    compile(messages, server_steps, client_steps);
    ck_assert_msg(set.diags.error_count > 0, "nothing is said, instead of '%s'", said);
    for (const struct diag *diag = set.diags.first; diag; diag = diag->next) {
        if (strcmp(diag->message, said) == 0) return;
    }
    struct buffer all = {0};
    diag_render(&set.diags, &all);
    ck_abort_msg("'%s' is not said, but:\n%s", said, all.data);
}

// A layout by its fields.
static void assert_layout_said(const char *fields, const char *said) {
    assert_said(arena_text(&stage.arena, "message M {\n%s\n}\n", fields), "recv M { }", "send \"\"", said);
}

START_TEST(layouts_are_checked) {
    assert_layout_said("a bytes(n)\nn u8", "'n' has not come yet when this is asked, and matching needs it here");
    assert_layout_said("a u8 when a == 1", "'a' has not come yet when this is asked, and matching needs it here");
    assert_layout_said("a u8\na u8", "there is a field 'a' already");
    assert_layout_said("a Nope", "unknown message 'Nope'");
    assert_layout_said("a bytes(nope)", "unknown name 'nope'");
    assert_layout_said("a switch nope { 1: u8 }", "unknown field 'nope'");
    assert_layout_said("a u8\nb switch a { 1: u8, 1: u16be }", "the switch has a type for this already");
    assert_layout_said("a u8\nb switch a { else: u8, 1: u16be }", "nothing comes to this: `else` stands before it");
    assert_layout_said("a u8\nb switch a { a: u8 }", "what a switch compares with must be known before the scenario runs");
    assert_layout_said("a u8\nb switch a { 1: bits(3), else: u8 }", "a type of a switch has whole bytes");
    assert_layout_said("a bit\nb u8", "bits fill whole bytes, and 7 more would fill this one");
    assert_layout_said("a u8\nb bits(3) when a == 1\nc bits(5)", "bits with a `when` fill whole bytes by themselves");
    assert_layout_said("n u8\na bits(n)", "how many bits this has must be known before the message comes");
    assert_layout_said("a rest\nb u8", "nothing can follow 'a', which takes everything");
    assert_layout_said("a u8 = 256", "M.a: 256 does not fit u8 (0 to 255)");
    assert_layout_said("a u8 = \"x\"", "M.a is an integer, and this is bytes");
    assert_layout_said("a u32be = crc32(a .. a)", "the value of 'a' depends on itself");
    assert_layout_said("a u8 = b\nb u8 = a", "the value of 'a' depends on itself");
    assert_layout_said("a u8\nb u8 = size(b .. a)", "'a' comes before 'b'");
    assert_layout_said("a bit\nb bits(7)\nc u8 = size(b)", "these are not whole bytes");
    assert_layout_said("a M", "a message cannot lie in itself: M -> M");
    assert_layout_said("a list(M, 2)", "a message cannot lie in itself: M -> M");
    assert_layout_said("a u8 = s.done", "a layout is made of its fields and of constants, and this is known in a run only");
    assert_layout_said("a list(rest, 2)", "the first `rest` of a list takes everything");
    assert_layout_said("", "a message has one field at the least");
}
END_TEST

START_TEST(a_cycle_of_messages_is_shown) {
    assert_said("message A {\n b B\n}\nmessage B {\n x u8\n c C\n}\nmessage C {\n b B\n}\n", "recv A { }", "send \"\"",
                "a message cannot lie in itself: B -> C -> B");
    assert_said("message A {\n a u8\n}\nmessage A {\n a u8\n}\n", "recv A { }", "send \"\"",
                "there is a message 'A' already");
}
END_TEST

START_TEST(message_values_are_checked) {
    assert_said(BOX, "recv Box { }", "send Item { tag: 1 }", "Item needs a value for 'value'");
    assert_said(BOX, "recv Box { }", "send Item { tag: 256, value: \"\" }", "Item.tag: 256 does not fit u8 (0 to 255)");
    assert_said(BOX, "recv Box { }", "send Item { tag: 1, value: 7 }", "Item.value is bytes, and this is an integer");
    assert_said(BOX, "recv Box { }", "send Item { tagg: 1, value: \"\" }", "Item has no field 'tagg'");
    assert_said(BOX, "recv Box { }", "send Item { tag: 1, tag: 2, value: \"\" }", "'tag' has a value already");
    assert_said(BOX, "recv Box { }", "send Item { tag < 1, value: \"\" }",
                "a message is built of `field: value`; comparisons and captures are for recv");
    assert_said(BOX, "recv Box { }", "send Box { body: [Item { tag: 1, value: \"\" }, 7] }",
                "Box.body[1] is Item, and this is an integer");
    assert_said(BOX, "recv Box { }", "send Box { body: [Box { body: [] }] }", "Box.body[0] is Item, and this is Box");
    assert_said(BOX, "recv Box { }", "send Nope { a: 1 }", "unknown message 'Nope'");
    assert_said(FRAME, "recv Frame { }", "send Frame { kind: 1, urgent: 2, level: 0, body: \"\" }",
                "Frame.urgent: 2 does not fit 1 bit");
    assert_said(FRAME, "recv Frame { }", "send Frame { kind: 2, urgent: 1, level: 0, token: \"abc\", body: \"\" }",
                "Frame.token has 4 bytes, and these are 3");
}
END_TEST

START_TEST(message_patterns_are_checked) {
    assert_said(BOX, "recv Item { tagg: 1 }", "send \"\"", "Item has no field 'tagg'");
    assert_said(BOX, "recv Item { tag: 256 }", "send \"\"", "this never matches: u8 goes from 0 to 255");
    assert_said(BOX, "recv Item { tag: 1, tag > 0 }", "send \"\"", "'tag' stands here already");
    assert_said(BOX, "recv Item { tag: \"x\" }", "send \"\"", "`==` is not for an integer and bytes");
    assert_said(BOX, "recv Item { tag: Box { } }", "send \"\"", "Item.tag is an integer, and no message");
    assert_said(BOX, "recv Box { body: [Box { }] }", "send \"\"", "Box.body[0] is Item, and never Box");
    assert_said(BOX, "recv Item { } as m\nexpect m.tagg == 1", "send \"\"", "Item has no field 'tagg'");
    assert_said(BOX, "recv Box { } as m\nexpect m.body[0].tagg == 1", "send \"\"", "Item has no field 'tagg'");
    assert_said(BOX, "recv Item", "send \"\"", "'Item' is a message, not a value");
    assert_said("message R {\n all rest\n}\n", "recv R { } \"x\"", "send \"\"", "nothing can follow `R`, which takes everything");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"diagnostics",
         {layouts_are_checked, a_cycle_of_messages_is_shown, message_values_are_checked,
          message_patterns_are_checked}},
    };
    return matcher_main("message_layout", cases, COUNT_OF(cases));
}
