// The one layout: what it looks like, and that it neither changes what a text means nor anything it wrote itself.
#include "tree_dump.h"

#include "parser.h"
#include "script/format.h"

#include <fts.h>
#include <stdio.h>

// A text formatted. False where it does not parse.
static bool format(struct slice text, struct buffer *out) {
    struct arena arena;
    arena_init(&arena);
    struct source source;
    source_init(&source, &arena, "t.drill", text);
    struct diag_list diags;
    diag_list_init(&diags, &arena);
    buffer_clear(out);
    buffer_text(out, "");
    bool const parses = script_format(&source, &arena, &diags, out);
    ck_assert_int_eq(parses, diags.error_count == 0);
    if (!parses) ck_assert_uint_eq(out->len_bytes, 0);
    arena_fini(&arena);
    return parses;
}

static void check_format(const char *text, const char *expected) {
    struct buffer out = {0};
    ck_assert(format(slice_text(text), &out));
    ck_assert_str_eq(out.data, expected);
    buffer_fini(&out);
}

// The steps of a server, as they stand in it.
static void check_steps(const char *steps, const char *expected) {
    struct buffer text = {0}, wanted = {0};
    buffer_printf(&text, "scenario \"t\"\nserver s {\n%s\n}\n", steps);
    buffer_printf(&wanted, "scenario \"t\"\nserver s {\n%s}\n", expected);
    check_format(text.data, wanted.data);
    buffer_fini(&text);
    buffer_fini(&wanted);
}

// Every token and every comment of a text, one a line; the blanks at a comment's end left out.
static void dump_words(struct slice text, struct buffer *out) {
    struct arena arena;
    arena_init(&arena);
    struct source source;
    source_init(&source, &arena, "t.drill", text);
    struct diag_list diags;
    diag_list_init(&diags, &arena);
    struct token_log log = {0};
    parser_run(&source, &arena, &diags, &log);
    uint32_t at = 0;
    for (uint32_t i = 0; i <= log.count; i++) {
        uint32_t const end = i < log.count ? log.tokens[i].start : (uint32_t)text.len_bytes;
        for (; at < end; at++) {
            if (text.data[at] != '#') continue;
            uint32_t comment_end = at;
            while (comment_end < end && text.data[comment_end] != '\n') comment_end++;
            uint32_t last = comment_end;
            while (strchr(" \t\r", text.data[last - 1])) last--;
            buffer_slice(out, slice_of(text.data + at, last - at));
            buffer_text(out, "\n");
            at = comment_end;
        }
        if (i == log.count) break;
        buffer_slice(out, slice_of(text.data + end, log.tokens[i].end - end));
        buffer_text(out, "\n");
        at = log.tokens[i].end;
    }
    arena_fini(&arena);
}

// What must hold of any text: true where it parses.
static bool check_properties(struct slice text) {
    struct buffer once = {0}, twice = {0}, words = {0}, words_after = {0};
    bool const parses = format(text, &once);
    if (parses) {
        struct parsed before, after;
        parsed_init(&before, text);
        parsed_init(&after, buffer_view(&once));
        dump_diags(&after.diags, &after.out);
        ck_assert_str_eq(after.out.data, "");
        dump_tree(before.tree, &before.out);
        dump_tree(after.tree, &after.out);
        ck_assert_str_eq(after.out.data, before.out.data);
        parsed_fini(&before);
        parsed_fini(&after);
        dump_words(text, &words);
        dump_words(buffer_view(&once), &words_after);
        ck_assert(slice_equal(buffer_view(&words), buffer_view(&words_after)));
        ck_assert(format(buffer_view(&once), &twice));
        ck_assert_str_eq(twice.data, once.data);
    }
    buffer_fini(&once);
    buffer_fini(&twice);
    buffer_fini(&words);
    buffer_fini(&words_after);
    return parses;
}

START_TEST(blanks_between_tokens) {
    check_steps("expect  a+b*c- -d==1   and not(x or y)", "  expect a + b * c - -d == 1 and not (x or y)\n");
    check_steps("send u16be( 80 )zeros (3) x[ 1 ] [1,2]", "  send u16be(80) zeros (3) x[1] [1, 2]\n");
    check_steps("recv u16be==-1 as  a list( u8 , 3 ) list(R)until( last.end==1 )",
                "  recv u16be == -1 as a list(u8, 3) list(R) until(last.end == 1)\n");
    check_steps("expect lifecycle==...->CLOSE", "  expect lifecycle == ... -> CLOSE\n");
    check_steps("recv line~/a [#/]/as x", "  recv line ~ /a [#/]/ as x\n");
    check_steps("expect browser[3] . local.port>0", "  expect browser[3].local.port > 0\n");
    check_steps("send M{a:1,b :-x,c:M{} }", "  send M { a: 1, b: -x, c: M { } }\n");
    check_steps("connect tcp   127.0.0.1:0 from tcp [::1]:2  as s",
                "  connect tcp 127.0.0.1:0 from tcp [::1]:2 as s\n");
    check_steps("send (x)\nlog(x)\nsay( 1,f( ) )", "  send (x)\n  log (x)\n  say(1, f())\n");
    check_steps("send hex\"0 0\"\"a\"'b'crlf", "  send hex\"0 0\" \"a\" 'b' crlf\n");
    check_steps("set SO_X -1", "  set SO_X -1\n");
    check_steps("for e in tcp a:1,unix \"b\" { }", "  for e in tcp a:1, unix \"b\" { }\n");
}
END_TEST

START_TEST(declarations) {
    check_format("\n\n  scenario    \"t\"\ntags a,b ,  c\nrequires can,program  \"x\"\n\n\n\ntimeout  5s\n"
                 "procedure say( a,b ){ }\nclient c*3{ }\n\n",
                 "scenario \"t\"\ntags a, b, c\nrequires can, program \"x\"\n\ntimeout 5s\n"
                 "procedure say(a, b) { }\nclient c * 3 { }\n");
    check_format("\xef\xbb\xbfscenario \"t\"\r\n\r\nlet a = 1", "scenario \"t\"\n\nlet a = 1\n");
}
END_TEST

START_TEST(blocks) {
    check_steps("accept{recv eof}", "  accept { recv eof }\n");
    check_steps("accept {\n\n    recv eof\n\n\n    close\n\n}", "  accept {\n    recv eof\n\n    close\n  }\n");
    check_steps("accept { recv eof\n close }", "  accept {\n    recv eof\n    close\n  }\n");
    check_steps("either{recv \"a\"}or{recv \"b\"\n}", "  either { recv \"a\" } or {\n    recv \"b\"\n  }\n");
    check_steps("accept {\n}", "  accept {\n  }\n");
    check_steps("for n in 1, 2 { for m in 1 { send n } }", "  for n in 1, 2 { for m in 1 { send n } }\n");
}
END_TEST

START_TEST(wide_blocks) {
    struct buffer steps = {0}, expected = {0};
    bool const fits_at[] = {[86] = true, [87] = true, [88] = false};
    for (int x = 86; x <= 88; x++) {
        buffer_clear(&steps);
        buffer_clear(&expected);
        buffer_text(&steps, "repeat 2 { accept { send \"");
        buffer_repeat(&steps, 'x', (size_t)x);
        buffer_text(&steps, "\" } }");
        bool const fits = 2 + steps.len_bytes <= FORMAT_LINE_COLUMNS;
        if (fits) {
            buffer_printf(&expected, "  %s\n", steps.data);
        } else {
            buffer_text(&expected, "  repeat 2 {\n    accept { send \"");
            buffer_repeat(&expected, 'x', (size_t)x);
            buffer_text(&expected, "\" }\n  }\n");
        }
        ck_assert_int_eq(fits, fits_at[x]);
        check_steps(steps.data, expected.data);
    }
    buffer_fini(&steps);
    buffer_fini(&expected);
}
END_TEST

START_TEST(wide_blocks_in_wide_blocks) {
    struct buffer steps = {0}, expected = {0};
    buffer_text(&steps, "repeat 2 { accept { for a in 1 { send \"");
    buffer_repeat(&steps, 'x', FORMAT_LINE_COLUMNS);
    buffer_text(&steps, "\" } } }");
    buffer_text(&expected, "  repeat 2 {\n    accept {\n      for a in 1 {\n        send \"");
    buffer_repeat(&expected, 'x', FORMAT_LINE_COLUMNS);
    buffer_text(&expected, "\"\n      }\n    }\n  }\n");
    check_steps(steps.data, expected.data);
    buffer_fini(&steps);
    buffer_fini(&expected);
}
END_TEST

START_TEST(brackets_over_lines) {
    check_steps("send f(\n1,\n    g(2,\n 3)\n)", "  send f(\n    1,\n    g(2,\n      3)\n  )\n");
    check_steps("send M { a: 1,\nb: 2 }", "  send M {\n    a: 1,\n    b: 2\n  }\n");
    check_steps("recv M {\na: 1\n\n\nb as x\n} eof", "  recv M {\n    a: 1\n\n    b as x\n  } eof\n");
}
END_TEST

START_TEST(fields) {
    check_format("scenario \"t\"\nmessage F {\nmagic u16be=0xCAFE\nlength u32be = size( body )\nkind u8=1\n"
                 "# what it is\ntoken bytes(4) when kind==2\nbody bytes(length)\n\ncheck u32be=crc32(magic..body)\n}\n",
                 "scenario \"t\"\nmessage F {\n  magic   u16be = 0xCAFE\n  length  u32be = size(body)\n"
                 "  kind    u8    = 1\n  # what it is\n  token   bytes(4)  when kind == 2\n  body    bytes(length)\n\n"
                 "  check  u32be = crc32(magic .. body)\n}\n");
    check_format("scenario \"t\"\nmessage F {\nk u8\nany switch k {\n1:A, 2 : bytes( 3 )\nelse:rest }\n"
                 "x u8 = 1 when k==1\n}",
                 "scenario \"t\"\nmessage F {\n  k    u8\n  any  switch k {\n    1: A, 2: bytes(3)\n    else: rest\n"
                 "  }\n  x    u8 = 1  when k == 1\n}\n");
    check_format("scenario \"t\"\nmessage F {\norigin\norigin u8 default  size(b) when c\nb16 u16be=2\n"
                 "b sized( 4,switch origin%2{1 ,2:list( u8 ), else:masked(2,\"k\")})\nc  u24be default\t0x10\n}",
                 "scenario \"t\"\nmessage F {\n  origin\n  origin  u8    default size(b)  when c\n  b16     u16be = 2\n"
                 "  b       sized(4, switch origin % 2 { 1, 2: list(u8), else: masked(2, \"k\") })\n"
                 "  c       u24be default 0x10\n}\n");
    check_format("scenario \"t\"\nmessage F {\na address4 where   a!=b\nlong u8=2 when where==1 where long<3\n"
                 "where bits( 4 ) where where > 0\nd u16be default 1 when a==b\n}",
                 "scenario \"t\"\nmessage F {\n  a      address4                          where a != b\n"
                 "  long   u8    = 2        when where == 1  where long < 3\n"
                 "  where  bits(4)                           where where > 0\n"
                 "  d      u16be default 1  when a == b\n}\n");
    check_format("scenario \"t\"\nmessage F {\na until( crlf,a+1 )\nbb list(until(\"x\" ,3),2)\n}",
                 "scenario \"t\"\nmessage F {\n  a   until(crlf, a + 1)\n  bb  list(until(\"x\", 3), 2)\n}\n");
    check_format("scenario \"t\"\nmessage F { a  u8 }", "scenario \"t\"\nmessage F { a u8 }\n");
}
END_TEST

START_TEST(worlds) {
    check_format("scenario \"t\"\nworld{hostname x}\n", "scenario \"t\"\nworld { hostname x }\n");
    check_format("scenario \"t\"\nworld { }\n", "scenario \"t\"\nworld { }\n");
    check_format("scenario \"t\"\nworld {   # mine\nhostname DESKTOP-J5V9ICO#no\naddress 1.2.3.4 ,::1,\"${a}\" # two\n"
                 "# names\nname    gnu.org   www.gnu.org 1.2.3.4\n\nsysctl net.ipv4.tcp_rmem 1   2 3\n"
                 "file \"a\" \"\"\"\n  x\n  \"\"\" crlf # f\nfile b (\n\"x\")\n}\n",
                 "scenario \"t\"\nworld {                          # mine\n  hostname DESKTOP-J5V9ICO       #no\n"
                 "  address  1.2.3.4, ::1, \"${a}\"  # two\n  # names\n  name     gnu.org www.gnu.org 1.2.3.4\n\n"
                 "  sysctl net.ipv4.tcp_rmem 1 2 3\n  file   \"a\" \"\"\"\n  x\n  \"\"\" crlf  # f\n"
                 "  file   b (\n    \"x\")\n}\n");
    check_steps("drop   'tcp' as r\nrate 8kbit   as s\nundo   r\nresolve  gnu.org   as x within 1s",
                "  drop 'tcp' as r\n  rate 8kbit as s\n  undo r\n  resolve gnu.org as x within 1s\n");
    check_steps("send \"x\"   fds a ,b to c\nrecv line as l fds  as a,b",
                "  send \"x\" fds a, b to c\n  recv line as l fds as a, b\n");
}
END_TEST

START_TEST(comments_on_lines_of_their_own) {
    check_steps("     # first   \n\n\n  close\n# last", "  # first\n\n  close\n  # last\n");
    check_steps("accept {   \n# inner\n}", "  accept {\n    # inner\n  }\n");
    check_steps("send f(  # why\n  # 1\n 1 # one\n)", "  send f(  # why\n    # 1\n    1  # one\n  )\n");
    check_format("# top\nscenario \"t\"  \n#end", "# top\nscenario \"t\"\n#end\n");
}
END_TEST

START_TEST(choices_and_ranges) {
    check_steps("let a=b?c:d ?-1:(e?[f]:g)", "  let a = b ? c : d ? -1 : (e ? [f] : g)\n");
    check_steps("for x in 1..2,-1 ..y,each[1],each [1],each(l),each (l){close}",
                "  for x in 1 .. 2, -1 .. y, each[1], each [1], each(l), each (l) { close }\n");
    check_steps("let l=[ x*2 for  x in[ 1 ,2 ] ]", "  let l = [x * 2 for x in [1, 2]]\n");
}
END_TEST

START_TEST(comments_behind_code) {
    check_steps("close # a\nlisten # b", "  close   # a\n  listen  # b\n");
    check_steps("close            # a\nlisten # b\n\nclose # c",
                "  close          # a\n  listen         # b\n\n  close  # c\n");
    check_steps("  close     # a\n            # goes on\n  # does not",
                "  close     # a\n            # goes on\n  # does not\n");
    check_steps("send \"\xe6\x97\xa5\" # wide\nsend \"ab\" # b",
                "  send \"\xe6\x97\xa5\"  # wide\n  send \"ab\"  # b\n");
}
END_TEST

START_TEST(text_blocks_are_left_alone) {
    check_steps("let t = \"\"\"\n a  \n\t b\n   \"\"\"   # c\nlet u=crlf\"\"\"\n x\"\"\"  \"y\" # d",
                "  let t = \"\"\"\n a  \n\t b\n   \"\"\"   # c\n  let u = crlf\"\"\"\n x\"\"\" \"y\"  # d\n");
    check_steps("accept { send \"\"\"\n  a\n  \"\"\" }", "  accept {\n    send \"\"\"\n  a\n  \"\"\"\n  }\n");
}
END_TEST

START_TEST(arguments_may_stand_on_lines_of_their_own) {
    check_steps("run(\"a\"\"b\"  5 )", "  run (\"a\" \"b\" 5)\n");
    check_steps("run   \"a\"  (  b   c )with  l ,m on   terminal", "  run \"a\" (b c) with l, m on terminal\n");
    check_steps("run (\n\"a\"   # what\n      \"--port\"  80\n\n# more\n(-1))  within 1s",
                "  run (\n    \"a\"  # what\n    \"--port\" 80\n\n    # more\n    (-1)) within 1s\n");
    check_steps("run (\n\"a\"\n\"b\"\n)with l", "  run (\n    \"a\"\n    \"b\"\n  ) with l\n");
    check_steps("user   www-data\nstop  TERM\nenv  A   unset", "  user www-data\n  stop TERM\n  env A unset\n");
}
END_TEST

START_TEST(errors_change_nothing) {
    ck_assert(!check_properties(slice_text("")));
    ck_assert(!check_properties(slice_text("scenario \"t\"\nserver s {\n  recv\n}\n")));
    ck_assert(!check_properties(slice_text("scenario \"t\"\nserver s {\n")));
    ck_assert(!check_properties(slice_text("scenario \"t\"\nserver s {\n  send \"${a b\"\n}\n")));
}
END_TEST

// Every corner of the grammar once.
static const char GRAMMAR[] =
    "library  \"everything\"\nuse \"other.drill\"\nlet a=1\nmessage M { a u8=1 when b\n"
    " b switch a{1:M,else :list(u8,2)}\n}\nmessage N {\norigin\n"
    "a sized(2,switch b%2{1,2:masked(1,\"k\")\n3:list(domain_name)}) default 1 when c where d\norigin u8 where e\n}\n"
    "procedure p(x,y){\nsocket tcp6 as a\nbind packet lo 0x88b5 as b on c within 5s fails EPERM\nlisten backlog 1\n"
    "listen tcp a:1 backlog 2 as l\naccept * 2 as d { recv eof }\naccept each {recv \"a\"\n}\naccept\n"
    "connect c[2] from tcp b:2 as q fails ECONNREFUSED\nsend \"a\" b in chunks of 7 every 1ms split at 1,2 "
    "to sender on x\n"
    "recv nothing for 20ms\nrecv M{a:1,b<4,c as d,e~/x/ as f}closed\nrecv u8==(1+2)\"x\"contains b line~/^a$/ as z\n"
    "discard\nshutdown both\nclose on a\nreset\nset TCP_NODELAY 1\nexpect not a==-1 or b.option(SO_X)>=c%2/3\n"
    "expect x.lifecycle!=CLOSE->...->LISTEN within 1s\nbarrier g of 3\nsignal s\nwait other[1].done\nsleep 1min\n"
    "for v in 1..3,each [1],-1 .. x-1,each(2){log v?1:w ?2:[i*2 for i in 1..v]}\nsend \"a\" split at each l,1..2\n"
    "let f=[[y for y in x]for x in l.field+[1]]\nlog \"${a ?b:(c? d :e)}\" [x y for x in l][0]\n"
    "repeat 2*3{log \"${a+b}\"}\nfor v in 1,\"b\",tcp [::1]:0{p(v,[1,2])}\n"
    "either{recv \"a\"\n}or{recv \"b\"}\nlet q=file\"F\"\n"
    "drop 'tcp flags syn' as d1 within 1s\nrate 80kbit as r1\nundo d1\nresolve gnu.org as g1\nresolve \"${a}\" fails NO_DATA\n"
    "send \"x\" fds a,b to sender\nrecv \"x\" fds as f1,f2 from sender\nexpect sockets(CLOSE_WAIT)==peer_pid\n"
    "tls client name q with c1 verify off alpn \"h2\",a version \"TLSv1.3\" ciphers (a b) on l within 1s fails CERT_HAS_EXPIRED\n"
    "tls server on l verify required fails ECONNRESET\nrecv \"x\" eof without close_notify\nclose without close_notify on l\n"
    "shutdown write without close_notify\nexpect tls.version==l.tls.cipher and c[1].tls.alpn!=\"${tls.peer_name}\"\n"
    "cwd \"a\" b\nenv A \"b\" c\nenv \"B\" 5\nenv C unset\nuser www-data\nstdin \"x\" crlf\n"
    "run \"a\" 5 (b c) x.y within 1s with l, a on terminal fails ENOENT\nrun(\"a\"\n(-5) # c\n\n[1,2])with l\n"
    "listens tcp [::1]:80 within 1s\nstop\nstop SIGHUP within 1s\nwait exit\n"
    "expect tcp(rtt)<5 and peer==192.168.0.1:80 and x==1.5e3 and y>64KiB\n}\n";

static const char WORLD[] =
    "scenario  \"t\"\nlet a=1\nworld{hostname \"a${a}\" # h\n address 1.2.3.4,::1 , 'b'\n# c\n\nname a.b c \"${a}\",1.2.3.4\n"
    "interface vcan0 can\nsysctl net.ipv4.tcp_rmem 1 2 \"3\"\nroute 10.0.0.0/8 blackhole\nfile x/y.z \"a\"crlf\n"
    "certificate c1{name a,\"b${a}\" expires -1d client}\ncertificate c2 {\nself_signed # why\n\nname c,\n d  key\nk file f}\n"
    "certificate c3 { }\nfile \"q\" \"\"\"\n  a\n    ${a}\n  \"\"\"\n file w (\n'x'\n\"y\")}\nserver s{close}\n";

START_TEST(meaning_is_kept) {
    ck_assert(check_properties(slice_text(GRAMMAR)));
    ck_assert(check_properties(slice_text(WORLD)));
}
END_TEST

// --- over files and mutations

static struct slice read_text(const char *path) {
    FILE *const file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    static char text[1 << 20];
    size_t const len = fread(text, 1, sizeof text, file);
    fclose(file);
    return slice_of(text, len);
}

static void for_each_file(const char *folder, void (*check)(struct slice text)) {
    char *const roots[] = {strdup(folder), NULL};
    FTS *const walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    ck_assert_ptr_nonnull(walk);
    unsigned files = 0;
    for (FTSENT *entry; (entry = fts_read(walk));) {
        size_t const len = strlen(entry->fts_path);
        if (entry->fts_info != FTS_F || len < 6 || strcmp(entry->fts_path + len - 6, ".drill") != 0) continue;
        check(read_text(entry->fts_path));
        files++;
    }
    fts_close(walk);
    free(roots[0]);
    ck_assert_uint_gt(files, 0);
}

enum { MUTANTS = 40 }; // of each file

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit) {
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

// One to three changes: bytes left out, doubled, or scraps of the language put in.
static void mutate(struct slice text, struct buffer *out) {
    static const char *const SCRAPS[] = {" ", "\n", "#c\n", " # c\n", "(", ")", "{ ", " }", "[", "]", ",", "-", ".",
                                         ":", "\t", "\r\n", "  ", "\n\n\n", "x", "1", "\"", " or ", "{\n",
                                         "\n}", "=", "*"};
    buffer_clear(out);
    buffer_slice(out, text);
    for (uint32_t changes = 1 + random_below(3); changes; changes--) {
        struct buffer copy = {0};
        buffer_slice(&copy, buffer_view(out));
        uint32_t const at = random_below((uint32_t)copy.len_bytes);
        uint32_t const left = (uint32_t)copy.len_bytes - at;
        uint32_t const kind = random_below(4);
        uint32_t const skip = kind == 0 ? 1 : kind == 1 ? random_below(left < 20 ? left : 20) : 0;
        buffer_clear(out);
        buffer_add(out, copy.data, at);
        if (kind >= 2) buffer_text(out, SCRAPS[random_below(sizeof SCRAPS / sizeof *SCRAPS)]);
        buffer_add(out, copy.data + at + skip, left - skip);
        buffer_fini(&copy);
    }
}

static unsigned mutants_parsed;

static void check_mutants(struct slice text) {
    struct buffer mutant = {0};
    ck_assert(check_properties(text));
    for (unsigned i = 0; i < MUTANTS; i++) {
        mutate(text, &mutant);
        if (check_properties(buffer_view(&mutant))) mutants_parsed++;
    }
    buffer_fini(&mutant);
}

START_TEST(mutants_keep_their_meaning) {
    check_mutants(slice_text(GRAMMAR));
    check_mutants(slice_text(WORLD));
    for_each_file(SCENARIOS_DIR, check_mutants);
    ck_assert_uint_gt(mutants_parsed, 1000);
}
END_TEST

// The text's words again, with other blanks between them, where that does not change what they mean.
static void blanks_changed(struct slice text, struct buffer *out) {
    struct arena arena;
    arena_init(&arena);
    struct source source;
    source_init(&source, &arena, "t.drill", text);
    struct diag_list diags;
    diag_list_init(&diags, &arena);
    struct token_log log = {0};
    parser_run(&source, &arena, &diags, &log);
    uint32_t at = 0;
    buffer_clear(out);
    for (uint32_t i = 0; i < log.count; i++) {
        bool const blank = log.tokens[i].start > at;
        for (; at < log.tokens[i].start; at++) {
            if (text.data[at] == '\n') buffer_text(out, "\n");
        }
        if (blank) buffer_repeat(out, random_below(2) ? ' ' : '\t', 1 + random_below(4));
        else if (log.tokens[i].use != TOKEN_USE_TIGHT && random_below(2) && log.tokens[i].kind == TOKEN_RIGHT_PAREN)
            buffer_text(out, " ");
        buffer_slice(out, slice_of(text.data + at, log.tokens[i].end - at));
        at = log.tokens[i].end;
    }
    buffer_text(out, "\n");
    arena_fini(&arena);
}

// Two texts that differ in blanks alone have one layout. Without their comments, whose columns are the author's.
static void check_blanks(struct slice text) {
    struct buffer plain = {0}, other = {0}, formatted = {0}, formatted_other = {0};
    blanks_changed(text, &plain);
    ck_assert(format(buffer_view(&plain), &formatted));
    for (unsigned i = 0; i < 10; i++) {
        blanks_changed(buffer_view(&plain), &other);
        ck_assert(format(buffer_view(&other), &formatted_other));
        ck_assert_str_eq(formatted_other.data, formatted.data);
    }
    buffer_fini(&plain);
    buffer_fini(&other);
    buffer_fini(&formatted);
    buffer_fini(&formatted_other);
}

START_TEST(blanks_do_not_matter) {
    check_blanks(slice_text(GRAMMAR));
    check_blanks(slice_text(WORLD));
    for_each_file(SCENARIOS_DIR, check_blanks);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("format");
    TCase *const looks = tcase_create("looks");
    suite_add_tcase(suite, looks);
    tcase_add_test(looks, blanks_between_tokens);
    tcase_add_test(looks, declarations);
    tcase_add_test(looks, blocks);
    tcase_add_test(looks, wide_blocks);
    tcase_add_test(looks, wide_blocks_in_wide_blocks);
    tcase_add_test(looks, brackets_over_lines);
    tcase_add_test(looks, fields);
    tcase_add_test(looks, worlds);
    tcase_add_test(looks, comments_on_lines_of_their_own);
    tcase_add_test(looks, choices_and_ranges);
    tcase_add_test(looks, comments_behind_code);
    tcase_add_test(looks, text_blocks_are_left_alone);
    tcase_add_test(looks, arguments_may_stand_on_lines_of_their_own);
    TCase *const properties = tcase_create("properties");
    suite_add_tcase(suite, properties);
    tcase_set_timeout(properties, 300);
    tcase_add_test(properties, errors_change_nothing);
    tcase_add_test(properties, meaning_is_kept);
    tcase_add_test(properties, mutants_keep_their_meaning);
    tcase_add_test(properties, blanks_do_not_matter);
    return run_suite(suite);
}
