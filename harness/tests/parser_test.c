// Statements, patterns and messages as trees; and texts of every kind that must not break the parser.
#include "tree_dump.h"

START_TEST(precedence) {
    check_expr("a or b and not c == d", "(or a (and b (not (== c d))))");
    check_expr("a + b * c - -d", "(- (+ a (* b c)) (- d))");
    check_expr("a b + 1 \"c\" == d e", "(== (row a (+ b 1) \"c\") (row d e))");
    check_expr("(a or b) and c", "(and (or a b) c)");
    check_expr("not not a", "(not (not a))");
    check_expr("a contains \"x\" and b != c", "(and (contains a \"x\") (!= b c))");
    check_expr("a % b / c", "(/ (% a b) c)");
    check_expr("fd == -1", "(== fd (- 1))");
    check_expr("a or b ? c d : e ? 1 : -1", "(? (or a b) (row c d) (? e 1 (- 1)))");
    check_expr("a ? b ? 1 : 2 : 3", "(? a (? b 1 2) 3)");
    check_expr("M { a: (b ? 1 : 2), c: d }", "M{a==(? b 1 2), c==d}");
}
END_TEST

START_TEST(operands) {
    check_expr("browser[3].local.port", "browser[3].local.port");
    check_expr("a [1]", "(row a (list 1))");
    check_expr("s.option(SO_RCVBUF)", "(call s.option SO_RCVBUF)");
    check_expr("f(a, g(), [])", "(call f a (call g) (list))");
    check_expr("file \"a.txt\" == \"x\"", "(== (file \"a.txt\") \"x\")");
    check_expr("file \"a.txt\" \"x\"", "(row (file \"a.txt\") \"x\")");
    check_expr("crc32(magic .. body)", "(call crc32 (.. magic body))");
    check_expr("u16be(80) zeros(3)", "(row (call u16be 80) (call zeros 3))");
    check_expr("lifecycle == CLOSE -> SYN_SENT -> ...", "(== lifecycle (path CLOSE SYN_SENT ...))");
    check_expr("x.lifecycle == ... and y", "(and (== x.lifecycle (path ...)) y)");
    check_expr("M { a: 1 \"x\", b < 4, c as d, e ~ /x/ as f, reset: N { g: -1 } }",
               "M{a==(row 1 \"x\"), b<4, c as d, e~/x/ as f, reset==N{g==(- 1)}}");
    check_expr("M { }", "M{}");
    check_expr("[x + 1 for x in l]", "(for x l (+ x 1))");
    check_expr("[x y for x in 1 .. n - 1]", "(for x (.. 1 (- n 1)) (row x y))");
    check_expr("[M { a: x } for x in [1, 2]][0]", "(for x (list 1 2) M{a==x})[0]");
    check_expr("l.a contains [each for each in l]", "(contains l.a (for each l each))");
}
END_TEST

// The first step of a server, or NULL.
static const struct statement *first_step(struct parsed *parsed, const char *step) {
    struct buffer whole = {0};
    buffer_printf(&whole, "scenario \"t\"\nserver s {\n  %s\n}\n", step);
    parsed_init(parsed, buffer_view(&whole));
    buffer_fini(&whole);
    dump_diags(&parsed->diags, &parsed->out);
    ck_assert_str_eq(parsed->out.data, "");
    const struct actor_decl *const actor = parsed->tree->actors;
    ck_assert_ptr_nonnull(actor);
    ck_assert_ptr_nonnull(actor->body.first);
    ck_assert_ptr_null(actor->body.first->next);
    return actor->body.first;
}

static void check_recv(const char *pattern, const char *expected) {
    struct buffer step = {0};
    buffer_printf(&step, "recv %s", pattern);
    struct parsed parsed;
    const struct statement *const statement = first_step(&parsed, step.data);
    ck_assert_int_eq(statement->verb, VERB_RECV);
    ck_assert_ptr_nonnull(statement->pattern);
    dump_pattern(statement->pattern, &parsed.out);
    ck_assert_str_eq(parsed.out.data, expected);
    parsed_fini(&parsed);
    buffer_fini(&step);
}

START_TEST(patterns) {
    check_recv("u32be as length bytes(length) as body", "<u32be> as length, <bytes(length)> as body");
    check_recv("u32be(len(body)) body", "(call u32be (call len body)), body");
    check_recv("u16be == 0xCAFE u8 == -1 rest", "<u16be> == 51966, <u8> == (- 1), <rest>");
    check_recv("\":\" line ~ /^[1-9]*$/ as count", "\":\", <line> ~ /^[1-9]*$/ as count");
    check_recv("until(\"\\r\\n\" crlf) as head eof", "<until((row \"\\r\\n\" crlf))> as head, eof");
    check_recv("Frame { kind: 2, level < 4 } eof", "Frame{kind==2, level<4}, eof");
    check_recv("Frame as f closed", "Frame as f, closed");
    check_recv("list(u8, 3) list(Row) until(last.end == 1) text(5)",
               "<list<u8>(3)>, <list<Row> until (== last.end 1)>, <text(5)>");
    check_recv("\"half\" reset", "\"half\", reset");
    check_recv("eof", "eof");
    check_recv("u8 == (a + 1) \"x\" contains b", "<u8> == (+ a 1), \"x\" contains b");
}
END_TEST

START_TEST(steps_with_sockets) {
    struct parsed p;
    const struct statement *s = first_step(&p, "socket tcp6 as a");
    ck_assert(s->verb == VERB_SOCKET && s->operand->family == FAMILY_TCP6 && s->operand->item_count == 0);
    ck_assert(slice_is(s->as.text, "a"));
    parsed_fini(&p);
    s = first_step(&p, "bind packet lo as a on b within 5s fails EPERM");
    ck_assert(s->operand->item_count == 1 && slice_is(s->as.text, "a") && slice_is(s->on.text, "b"));
    ck_assert(slice_is(s->fails.text, "EPERM") && s->within->number == 5 * (integer)NS_PER_S);
    parsed_fini(&p);
    s = first_step(&p, "listen backlog 1");
    ck_assert(!s->operand && s->backlog->number == 1);
    parsed_fini(&p);
    s = first_step(&p, "listen tcp 127.0.0.1:0 backlog 1024 as l");
    ck_assert(s->operand->kind == EXPR_ENDPOINT && s->backlog->number == 1024 && slice_is(s->as.text, "l"));
    parsed_fini(&p);
    s = first_step(&p, "connect tcp a:1 from tcp b:2 as c fails ECONNREFUSED");
    ck_assert(s->operand->kind == EXPR_ENDPOINT && s->from->kind == EXPR_ENDPOINT && slice_is(s->as.text, "c"));
    parsed_fini(&p);
    s = first_step(&p, "connect echo");
    ck_assert(s->operand->kind == EXPR_NAME && slice_is(s->operand->name.text, "echo"));
    parsed_fini(&p);
    s = first_step(&p, "set TCP_NODELAY 1");
    ck_assert(slice_is(s->name.text, "TCP_NODELAY") && s->operand->number == 1);
    parsed_fini(&p);
    s = first_step(&p, "shutdown both");
    ck_assert_int_eq(s->shutdown_way, SHUTDOWN_BOTH);
    parsed_fini(&p);
}
END_TEST

START_TEST(steps_with_bytes) {
    struct parsed p;
    const struct statement *s = first_step(&p, "send \"a\" b in chunks of 7 every 1ms split at 1, 2 to sender on x");
    ck_assert(s->operand->kind == EXPR_ROW && s->chunk->number == 7 && s->every->number == NS_PER_MS);
    ck_assert(s->list_count == 2 && s->list[1]->number == 2 && s->to->kind == EXPR_NAME && slice_is(s->on.text, "x"));
    parsed_fini(&p);
    s = first_step(&p, "recv nothing for 20ms");
    ck_assert(!s->pattern && s->silence->number == 20 * NS_PER_MS);
    parsed_fini(&p);
    s = first_step(&p, "recv \"x\" from caller.local within 1s");
    ck_assert(s->pattern->element_count == 1 && s->from->kind == EXPR_MEMBER && s->within);
    parsed_fini(&p);
    s = first_step(&p, "say(1, \"x\") on t");
    ck_assert(s->verb == VERB_CALL && slice_is(s->name.text, "say") && s->list_count == 2);
    parsed_fini(&p);
}
END_TEST

START_TEST(steps_that_steer) {
    struct parsed p;
    const struct statement *s = first_step(&p, "repeat { break }");
    ck_assert(s->verb == VERB_REPEAT && !s->operand && s->blocks->first->verb == VERB_BREAK);
    parsed_fini(&p);
    s = first_step(&p, "repeat http.turns { return a.b }");
    ck_assert(s->operand->kind == EXPR_MEMBER && s->blocks->first->verb == VERB_RETURN);
    parsed_fini(&p);
    s = first_step(&p, "http.ask(\"/\", 2) within 1s");
    ck_assert(s->verb == VERB_CALL && slice_is(s->library.text, "http") && slice_is(s->name.text, "ask"));
    ck_assert(s->list_count == 2 && s->within);
    parsed_fini(&p);
    s = first_step(&p, "connect x fails EPIPE or ECONNRESET or ETIMEDOUT on y");
    ck_assert(slice_is(s->fails.text, "EPIPE") && s->or_fail_count == 2 && slice_is(s->or_fails[1].text, "ETIMEDOUT"));
    ck_assert(slice_is(s->on.text, "y"));
    parsed_fini(&p);
    check_recv("http.Request { path: http.ROOT } as r list(http.Header, 2)",
               "http.Request{path==http.ROOT} as r, <list<http.Header>(2)>");
}
END_TEST

START_TEST(steps_of_a_program) {
    struct parsed p;
    const struct statement *s = first_step(&p, "run \"a\" 5 (b c) x.y within 1s with l, m on terminal fails ENOENT");
    ck_assert(s->verb == VERB_RUN && s->list_count == 4 && s->list[2]->kind == EXPR_ROW && s->list[3]->kind == EXPR_MEMBER);
    ck_assert(s->with_count == 2 && slice_is(s->with[1].text, "m") && s->on_terminal && s->on.text.len_bytes == 0);
    ck_assert(s->within->number == NS_PER_S && slice_is(s->fails.text, "ENOENT"));
    parsed_fini(&p);
    s = first_step(&p, "run (\n\"a\"\n\"b\" with # a name like others\n\n5)");
    ck_assert(s->list_count == 4 && s->list[2]->kind == EXPR_NAME && s->with_count == 0 && !s->on_terminal);
    parsed_fini(&p);
    s = first_step(&p, "env A \"b\" c");
    ck_assert(slice_is(s->name.text, "A") && s->operand->kind == EXPR_ROW && !s->is_unset);
    parsed_fini(&p);
    s = first_step(&p, "env \"A\\x20B\" unset");
    ck_assert(slice_is(s->name.text, "A B") && !s->operand && s->is_unset);
    parsed_fini(&p);
    s = first_step(&p, "user www-data");
    ck_assert(s->operand->kind == EXPR_STRING && slice_is(s->operand->parts[0].bytes, "www-data"));
    parsed_fini(&p);
    s = first_step(&p, "stop");
    ck_assert(s->verb == VERB_STOP && s->name.text.len_bytes == 0);
    parsed_fini(&p);
    s = first_step(&p, "stop SIGHUP within 1s");
    ck_assert(slice_is(s->name.text, "SIGHUP") && s->within);
    parsed_fini(&p);
    s = first_step(&p, "listens unix \"x.sock\" within 1s");
    ck_assert(s->operand->kind == EXPR_ENDPOINT && s->operand->family == FAMILY_UNIX && s->within);
    parsed_fini(&p);
}
END_TEST

START_TEST(steps_that_wait) {
    struct parsed p;
    const struct statement *s = first_step(&p, "barrier start of 5 within 1s");
    ck_assert(slice_is(s->name.text, "start") && s->count->number == 5);
    parsed_fini(&p);
    s = first_step(&p, "wait gone");
    ck_assert(slice_is(s->name.text, "gone") && s->operand->kind == EXPR_NAME);
    parsed_fini(&p);
    s = first_step(&p, "wait browser[3].done");
    ck_assert(s->name.text.len_bytes == 0 && s->operand->kind == EXPR_MEMBER);
    parsed_fini(&p);
    s = first_step(&p, "expect state == FIN_WAIT2 within 1s");
    ck_assert(s->operand->kind == EXPR_BINARY && s->within->number == NS_PER_S);
    parsed_fini(&p);
    s = first_step(&p, "let x = Frame { a: 1 }");
    ck_assert(slice_is(s->name.text, "x") && s->operand->kind == EXPR_MESSAGE);
    parsed_fini(&p);
}
END_TEST

START_TEST(steps_with_blocks) {
    struct parsed p;
    const struct statement *s = first_step(&p, "accept * n + 1 as c within t { recv eof }");
    ck_assert(s->accept_form == ACCEPT_MANY && s->count->op == OP_ADD && slice_is(s->as.text, "c"));
    ck_assert(s->block_count == 1 && s->blocks[0].first->verb == VERB_RECV && s->within->kind == EXPR_NAME);
    ck_assert(slice_is(span_text(s->span), "accept * n + 1 as c within t"));
    ck_assert(slice_is(span_text(s->blocks[0].span), "{ recv eof }"));
    parsed_fini(&p);
    s = first_step(&p, "accept each {\n close\n }");
    ck_assert(s->accept_form == ACCEPT_EACH && s->block_count == 1);
    parsed_fini(&p);
    s = first_step(&p, "accept as c");
    ck_assert(s->accept_form == ACCEPT_ONE && s->block_count == 0);
    parsed_fini(&p);
    s = first_step(&p, "for e in tcp a:1, unix @x { connect e }");
    ck_assert(s->list_count == 2 && s->list[1]->family == FAMILY_UNIX && s->block_count == 1);
    parsed_fini(&p);
    s = first_step(&p, "repeat len(M { a: 1 }) { close }");
    ck_assert(s->operand->kind == EXPR_CALL && s->operand->items[0]->kind == EXPR_MESSAGE && s->block_count == 1);
    parsed_fini(&p);
    s = first_step(&p, "either { recv \"a\" } or {\n recv \"b\"\n } or { recv eof }");
    ck_assert(s->block_count == 3 && s->blocks[2].first->pattern->ending == ENDING_EOF);
    parsed_fini(&p);
}
END_TEST

static const char WHOLE[] =
    "# a comment\n"
    "scenario \"everything\"\n"
    "timeout 5s\nthreads 2\ntags http, slow\n"
    "requires can, program \"redis-server\"\n"
    "use \"lib/mqtt.drill\"\n"
    "let a = 1\nlet b = tcp 127.0.0.1:0\n"
    "vary c in 1, 2, tcp [::1]:0\n"
    "message Frame {\n"
    "  magic u16be = 0xCAFE\n"
    "  length u32be = size(body) when a == b\n"
    "  urgent bit\n  level bits(7)\n"
    "  token bytes(4)  when kind == 2\n"
    "  what switch kind { 1: Login, 2: list(u8, length)\n else: rest }\n"
    "  rows list(Row) until(last.end)\n"
    "}\n"
    "procedure say(kind, body) {\n  send Frame { kind: kind, body: body }\n}\n"
    "procedure nothing_at_all() { }\n"
    "server one { close }\n"
    "client two * 10 {\n  say(1, \"x\")\n}\n"
    "afterwards { expect one.accepted == 10 }\n";

START_TEST(declarations) {
    struct parsed p;
    parsed_init(&p, slice_of(WHOLE, sizeof WHOLE - 1));
    dump_diags(&p.diags, &p.out);
    ck_assert_str_eq(p.out.data, "");
    const struct tree *const tree = p.tree;
    ck_assert(!tree->is_library && slice_is(tree->title->parts[0].bytes, "everything"));
    ck_assert(tree->timeout->number == 5 * (integer)NS_PER_S && tree->threads->number == 2);
    ck_assert(tree->tag_count == 2 && slice_is(tree->tags[1].text, "slow"));
    ck_assert(slice_is(tree->requires->name.text, "can") && !tree->requires->program);
    ck_assert(slice_is(tree->requires->next->program->parts[0].bytes, "redis-server"));
    ck_assert(slice_is(tree->uses->path->parts[0].bytes, "lib/mqtt.drill"));
    ck_assert(slice_is(tree->lets->name.text, "a") && tree->lets->next->value->kind == EXPR_ENDPOINT);
    ck_assert(tree->varies->value_count == 3 && !tree->varies->next);
    ck_assert(tree->procedures->parameter_count == 2 && tree->procedures->next->parameter_count == 0);
    ck_assert(tree->actors->role == ROLE_SERVER && !tree->actors->count);
    ck_assert(tree->actors->next->role == ROLE_CLIENT && tree->actors->next->count->number == 10);
    ck_assert(tree->afterwards->role == ROLE_AFTERWARDS && tree->afterwards->body.first);
    parsed_fini(&p);
}
END_TEST

static void dump_layout(struct parsed *p) {
    const struct message_decl *const message = p->tree->messages;
    for (const struct field_decl *field = message->fields; field; field = field->next) {
        if (field == message->origin) buffer_text(&p->out, "from here: ");
        buffer_slice(&p->out, field->name.text);
        buffer_text(&p->out, " ");
        dump_type(field->type, &p->out);
        if (field->value) buffer_text(&p->out, " = "), dump_expr(field->value, &p->out);
        if (field->fallback) buffer_text(&p->out, " default "), dump_expr(field->fallback, &p->out);
        if (field->condition) buffer_text(&p->out, " when "), dump_expr(field->condition, &p->out);
        if (field->rule) buffer_text(&p->out, " where "), dump_expr(field->rule, &p->out);
        buffer_text(&p->out, "\n");
    }
}

START_TEST(defaults_origins_and_ends) {
    struct parsed p;
    parsed_init(&p, slice_text("library \"l\"\nmessage M {\n  a u8 default 1 + b when c\n  origin\n"
                               "  b sized(a - 1, switch a % 2 { 1, 2: list(u8)\n 3: M, else: masked(3, k) }) default k\n"
                               "  origin compressed_name = \"x\"\n  default list(domain_name) default default\n"
                               "  where u8 = where when where where where\n  d address4 where d == 1.2.3.4 and not c\n"
                               "  e until(crlf \"x\", a + 1)\n  f list(until(crlf, 9)) until(last == g)\n}\n"));
    dump_layout(&p);
    ck_assert_str_eq(p.out.data, "a u8 default (+ 1 b) when c\n"
                                 "from here: b sized<switch (% a 2) {1 or 2: list<u8>, 3: M, else: masked(3) key k}>((- a 1)) "
                                 "default k\n"
                                 "origin compressed_name = \"x\"\n"
                                 "default list<domain_name> default default\n"
                                 "where u8 = where when where where where\n"
                                 "d address4 where (and (== d @1.2.3.4) (not c))\n"
                                 "e until((row crlf \"x\")) most (+ a 1)\nf list<until(crlf) most 9> until (== last g)\n");
    parsed_fini(&p);
}
END_TEST

START_TEST(message_fields) {
    struct parsed p;
    parsed_init(&p, slice_of(WHOLE, sizeof WHOLE - 1));
    dump_layout(&p);
    ck_assert_str_eq(p.out.data, "magic u16be = 51966\n"
                                 "length u32be = (call size body) when (== a b)\n"
                                 "urgent bit\n"
                                 "level bits(7)\n"
                                 "token bytes(4) when (== kind 2)\n"
                                 "what switch kind {1: Login, 2: list<u8>(length), else: rest}\n"
                                 "rows list<Row> until last.end\n");
    parsed_fini(&p);
}
END_TEST

// The lines of a world as a tree, or what is said of them.
static void check_world(const char *lines, const char *expected) {
    struct buffer whole = {0};
    buffer_printf(&whole, "scenario \"t\"\nworld {%s}\n", lines);
    struct parsed p;
    parsed_init(&p, buffer_view(&whole));
    dump_diags(&p.diags, &p.out);
    if (p.tree->world) dump_world(p.tree->world, &p.out);
    ck_assert_str_eq(p.out.data, expected);
    parsed_fini(&p);
    buffer_fini(&whole);
}

START_TEST(worlds) {
    check_world(" ", "world\n");
    check_world(" hostname DESKTOP-J5V9ICO ", "world\nhostname \"DESKTOP-J5V9ICO\"\n");
    check_world("\n\n  address 192.168.0.114, 2001:db8::1   # two\n  # none\n  address \"${a}\",\"b\"\n",
                "world\naddress \"192.168.0.114\", \"2001:db8::1\"\naddress \"${a}\", \"b\"\n");
    check_world("\n name gnu.org www.gnu.org 1.2.3.4, ::1\n sysctl net.ipv4.tcp_rmem 4096 8192 'a b'\n",
                "world\nname \"gnu.org\" \"www.gnu.org\" \"1.2.3.4\", \"::1\"\n"
                "sysctl \"net.ipv4.tcp_rmem\" \"4096\" \"8192\" \"a b\"\n");
    check_world("\n interface vcan0 can\n route 10.0.0.0/8 blackhole\n", "world\ninterface \"vcan0\" \"can\"\n"
                                                                         "route \"10.0.0.0/8\" \"blackhole\"\n");
    check_world("\n file a.txt \"x\" crlf\n file \"b\" \"\"\"\n  y\n  \"\"\"\n hostname last\n",
                "world\nfile \"a.txt\" bytes:(row \"x\" crlf)\nfile \"b\" bytes:\"y\\n\"\nhostname \"last\"\n");
}
END_TEST

START_TEST(worlds_that_are_wrong) {
    check_world("\n hostnam x\n address 1.2.3.4\n",
                "3:2 a world has no 'hostnam' (did you mean 'hostname'?)\nworld\naddress \"1.2.3.4\"\n");
    check_world("\n hostname\n address\n name ",
                "3:10 expected a host's name, found the end of the line\n"
                "4:9 expected an address, found the end of the line\n5:7 expected a host's name, found '}'\nworld\n");
    check_world("\n address 1.2.3.4,\n hostname ${x}\n file\n file a\n",
                "3:18 expected an address, found the end of the line\n"
                "4:12 expected the end of the line, found '{' (only a quoted string interpolates: \"${NAME}\")\n"
                "5:6 expected the file's path, found the end of the line\n"
                "6:8 expected a value, found the end of the line\nworld\n");
    check_world("\n 5\n\n hostname x)\n",
                "3:2 expected a line of the world, found '5'\n"
                "5:12 expected the end of the line, found ')'\nworld\n");
    check_world("\n ;\n \"x\n hostname y\n", "3:2 the character ';' means nothing here (a statement ends with its line)\n"
                                            "4:2 this string is not closed on its line\nworld\nhostname \"y\"\n");
    check_errors("scenario \"t\"\nworld { }\nworld { }\n", "3:1 'world' stands here a second time\n");
    check_errors("scenario \"t\"\nworld x { }\n", "2:7 expected '{', found 'x'\n");
    check_errors("library \"t\"\nworld { }\n", "2:1 a library has messages, procedures and lets, and no 'world'\n");
    check_errors("scenario \"t\"\nserver s {\n  world { }\n}\n",
                 "3:3 'world' stands at the top of a file, not among steps\n");
}
END_TEST

static void check_step(const char *step, const char *expected) {
    struct parsed p;
    dump_statement(first_step(&p, step), &p.out);
    char *const head = strchr(p.out.data, ' '); // behind the verb's number
    ck_assert_str_eq(head ? head : "", expected);
    parsed_fini(&p);
}

START_TEST(steps_about_the_world) {
    check_step("drop 'tcp flags syn' as r", " operand:\"tcp flags syn\" name:r 0 0)\n");
    check_step("drop \"tcp dport ${p}\" \" drop\"", " operand:(row \"tcp dport ${p}\" \" drop\") 0 0)\n");
    check_step("rate 80kbit as r", " operand:80000bit/s name:r 0 0)\n");
    check_step("rate slow", " operand:slow 0 0)\n");
    check_step("undo r", " name:r 0 0)\n");
    check_step("resolve www.gnu.org as x", " operand:\"www.gnu.org\" name:x 0 0)\n");
    check_step("resolve \"${host}\" fails NO_DATA within 1s", " operand:\"${host}\" fails:NO_DATA within:1s 0 0)\n");
}
END_TEST

// `fds` ends a row where a name or `as` stands behind it; else it is a name like others.
START_TEST(descriptors) {
    check_step("send \"x\" fds a, b", " operand:\"x\" fd:a fd:b 0 0)\n");
    check_step("send \"x\" fds a to d", " operand:\"x\" to:d fd:a 0 0)\n");
    check_step("send \"x\" to d fds a on c", " operand:\"x\" on:c to:d fd:a 0 0)\n");
    check_step("send \"x\" fds \"y\"", " operand:(row \"x\" fds \"y\") 0 0)\n");
    check_step("send \"x\" fds", " operand:(row \"x\" fds) 0 0)\n");
    check_step("send \"x\" (fds y)", " operand:(row \"x\" (row fds y)) 0 0)\n");
    check_step("send \"x\" fds to d", " operand:(row \"x\" fds) to:d 0 0)\n");
    check_step("log fds x", " operand:(row fds x) 0 0)\n");
    check_step("recv \"x\" fds as a, b", " pattern:\"x\" fd:a fd:b 0 0)\n");
    check_step("recv line as l fds as a from d", " pattern:<line> as l from:d fd:a 0 0)\n");
    check_step("recv u8 == fds from d fds as a", " pattern:<u8> == fds from:d fd:a 0 0)\n");
    check_step("recv \"x\" fds eof", " pattern:\"x\", fds, eof 0 0)\n");
    check_errors("scenario \"t\"\nserver s {\n  send fds a\n  recv fds as a\n  recv \"x\" fds a\n  send \"x\" fds as a\n"
                 "  recv \"x\" fds as line\n}\n",
                 "3:8 expected the bytes that the descriptors go with, found 'fds'\n"
                 "4:8 expected a pattern, 'eof', 'reset', 'closed' or 'nothing for', found 'fds'\n"
                 "5:16 expected 'as' and names for the sockets, found 'a'\n"
                 "6:16 expected a socket's name, found 'as'\n"
                 "7:19 'line' is a pattern type, and cannot be a socket's name\n");
}
END_TEST

START_TEST(a_library) {
    struct parsed p;
    parsed_init(&p, slice_text("library \"x\"\nlet a = 1\nprocedure f() { close }\n"));
    ck_assert(p.tree->is_library && p.tree->lets && p.tree->procedures && p.diags.error_count == 0);
    parsed_fini(&p);
}
END_TEST

START_TEST(a_wrong_step_is_left_out_and_the_others_stay) {
    struct parsed p;
    parsed_init(&p,
                slice_text("scenario \"x\"\nserver s {\n  send\n  close\n  accept * {\n    recv\n  }\n  discard\n}\n"));
    ck_assert_uint_eq(p.diags.error_count, 3);
    const struct statement *const first = p.tree->actors->body.first;
    ck_assert(first->verb == VERB_CLOSE && first->next->verb == VERB_DISCARD && !first->next->next);
    parsed_fini(&p);
}
END_TEST

START_TEST(word_tables) {
    ck_assert_str_eq(script_verb_word(VERB_SEND), "send");
    ck_assert_ptr_null(script_verb_word(VERB_COUNT));
    ck_assert_str_eq(script_verb_synopsis(VERB_CLOSE), "close [without close_notify]");
    ck_assert_str_eq(script_type_word(TYPE_WORD_U24BE), "u24be");
    ck_assert_ptr_null(script_type_word(TYPE_WORD_COUNT));
    ck_assert_str_eq(script_family_word(FAMILY_VSOCK), "vsock");
    ck_assert_str_eq(script_operator_word(OP_CONTAINS), "contains");
    ck_assert_ptr_null(script_operator_word(OP_NEGATE + 1));
    ck_assert_int_eq(script_type_of(slice_text("rest")), TYPE_WORD_REST);
    ck_assert_int_eq(script_type_of(slice_text("rests")), TYPE_WORD_NONE);
    ck_assert_int_eq(script_family_of(slice_text("unix_dgram")), FAMILY_UNIX_DGRAM);
    ck_assert_int_eq(script_family_of(slice_text("")), FAMILY_NONE);
}
END_TEST

static const char RICH[] =
    "scenario \"rich\"\nlet r = \"\"\"\n  a ${b}\n    c\\n\n  \"\"\"\nlet q = crlf\"\"\"\n x\"\"\"\nworld { file \"a\" "
    "'b'\n name a.b \"c${1}\" 1.2.3.4, ::1 }\n"
    "vary e in tcp [::1]:0, unix \"a${1 + 2}\", packet lo 0x1\nmessage M {\n a u8 = 1 when b where a < 3\n l list(u8, 2)\n"
    " s switch a % 2 { 1, 2: A, else: rest }\n origin\n d sized(2, list(u8)) default a when c\n}\n"
    "server s {\n  accept * 2 as c within 5s {\n    either { recv u8 == -1 as x line ~ /[/]\\d/ eof } or {\n"
    "      recv M { a: 1, b < 2 as d }\n    }\n  }\n  send f(hex\"ab cd\",\n    [1, 2.5]) in chunks of 4KiB split at "
    "1, 2\n"
    "  expect lifecycle == ... -> A -> B and not x[1].y != 192.0.2.1:80 or z contains \"\\x80\\u00e9\"\n"
    "  tls client name \"x\"\n  say((1 + 2) * -3 / 4 % 5)\n}\nafterwards { log 'x' } # end\n";

static void parse_and_render(struct slice text) {
    struct parsed p;
    parsed_init(&p, text);
    diag_render(&p.diags, &p.out);
    parsed_fini(&p);
}

START_TEST(the_rich_sample_is_good) {
    check_errors(RICH, "");
}
END_TEST

START_TEST(every_truncation_is_survived) {
    for (size_t len = 0; len < sizeof RICH; len++) parse_and_render(slice_of(RICH, len));
    for (size_t len = 0; len < sizeof WHOLE; len++) parse_and_render(slice_of(WHOLE, len));
}
END_TEST

START_TEST(every_deletion_and_change_is_survived) {
    static const char CHANGES[] = "{}()[]\"'\n\\$#~/\0\xff";
    char text[sizeof RICH];
    for (size_t at = 0; at + 1 < sizeof RICH; at++) {
        memcpy(text, RICH, at);
        memcpy(text + at, RICH + at + 1, sizeof RICH - at - 1);
        parse_and_render(slice_of(text, sizeof RICH - 2));
        memcpy(text, RICH, sizeof RICH);
        for (size_t i = 0; i < sizeof CHANGES; i++) {
            text[at] = CHANGES[i];
            parse_and_render(slice_of(text, sizeof RICH - 1));
        }
    }
}
END_TEST

// `count` times a text, behind the head of a scenario.
static void check_repeated(const char *before, const char *text, size_t count) {
    struct buffer whole = {0};
    buffer_text(&whole, "scenario \"t\"\n");
    buffer_text(&whole, before);
    for (size_t i = 0; i < count; i++) buffer_text(&whole, text);
    parse_and_render(buffer_view(&whole));
    buffer_fini(&whole);
}

// Each of these takes seconds or the whole stack where something is not linear, or not bounded.
START_TEST(hostile_repetition_is_survived) {
    static const struct {
        const char *before, *text;
    } CASES[] = {
        {"server s {\n", "repeat 1 {\n"},
        {"server s { log ", "("},
        {"server s { log ", "["},
        {"server s { log ", "-"},
        {"server s { log ", "not "},
        {"server s { log ", "a."},
        {"server s { log ", "1 + "},
        {"server s { log ", "f("},
        {"server s { log ", "M { a: "},
        {"server s { log ", "a["},
        {"server s { log ", "\"${"},
        {"server s { log ", "\""},
        {"server s { log ", "'"},
        {"server s { recv ", "list("},
        {"server s { recv ", "u8 "},
        {"", "}"},
        {"", "} x "},
        {"", "{"},
        {"", "server a {}"},
        {"", "server a {\n"},
        {"message M {\n", "a switch b { 1: "},
        {"", "\n"},
        {"server s {\n", "f(1,\n"},
        {"server s {\n", "recv (\nsend \n"},
        {"", "\"\"\"\n${\n"},
        {"let a = \"\"\"\n", "${"},
        {"", "let a = \"${\"\"\"\n"},
        {"", "hex\"\n"},
        {"", "[a"},
        {"let a = ", "[::"},
        {"let a = ", "1"},
        {"", "#\xff"},
        {"", "a"},
        {"let a = tcp ", "["},
        {"server s { expect a ~ ", "/["},
        {"server s { log ", "a "},
        {"", "\xff"},
        {"server s {\n", "x = (\n"},
        {"", "world {\n"},
        {"", "let a = M {\n"},
        {"server s {\n", "either { } \n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        check_repeated(CASES[i].before, CASES[i].text, 20000);
    }
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("parser");
    TCase *const trees = tcase_create("trees");
    tcase_add_test(trees, precedence);
    tcase_add_test(trees, operands);
    tcase_add_test(trees, patterns);
    tcase_add_test(trees, steps_with_sockets);
    tcase_add_test(trees, steps_with_bytes);
    tcase_add_test(trees, steps_that_wait);
    tcase_add_test(trees, steps_that_steer);
    tcase_add_test(trees, steps_of_a_program);
    tcase_add_test(trees, steps_with_blocks);
    tcase_add_test(trees, declarations);
    tcase_add_test(trees, message_fields);
    tcase_add_test(trees, defaults_origins_and_ends);
    tcase_add_test(trees, worlds);
    tcase_add_test(trees, worlds_that_are_wrong);
    tcase_add_test(trees, steps_about_the_world);
    tcase_add_test(trees, descriptors);
    tcase_add_test(trees, a_library);
    tcase_add_test(trees, a_wrong_step_is_left_out_and_the_others_stay);
    tcase_add_test(trees, word_tables);
    suite_add_tcase(suite, trees);
    TCase *const hostile = tcase_create("hostile");
    tcase_set_timeout(hostile, 60);
    tcase_add_test(hostile, the_rich_sample_is_good);
    tcase_add_test(hostile, every_truncation_is_survived);
    tcase_add_test(hostile, every_deletion_and_change_is_survived);
    tcase_add_test(hostile, hostile_repetition_is_survived);
    suite_add_tcase(suite, hostile);
    return run_suite(suite);
}
