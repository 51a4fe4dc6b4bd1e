// The parser's state, and what its files share. It goes down by recursion with one token of lookahead.
//
// Errors: the first of a statement is reported, and from then on (`panic`) no token matches anything, so that every
// rule runs to its end without a word. parser_recover goes to where the next statement begins. A statement with an
// error in it is left out of the tree; its blocks are still read, for the errors in them.
#ifndef SOCKDRILL_SCRIPT_PARSER_H
#define SOCKDRILL_SCRIPT_PARSER_H

#include "base/arena.h"
#include "lexer.h"
#include "script/script.h"
#include "script/tree.h"

// A block that is being read. Lives on the stack of its reader.
struct open_block {
    const struct open_block *outer;
    uint32_t brace;      // offset of its `{`
    uint32_t indent;     // of the line its head begins on, in bytes
};

// What a token is there for, where its text does not tell: for the formatter, and for whoever colours text.
enum token_use {
    TOKEN_USE_PLAIN,
    TOKEN_USE_SIGN,   // a minus before its only operand
    TOKEN_USE_TIGHT,  // a bracket that belongs to what stands before it: of a call, an index, a type's argument
    TOKEN_USE_BLOCK,  // the `{` before steps
    TOKEN_USE_FIELDS, // the `{` before a message's fields
    TOKEN_USE_WORLD,  // the `{` before a world's lines
    TOKEN_USE_PROPERTIES, // the `{` before a certificate's properties
    TOKEN_USE_PROPERTY,   // the word of one
    TOKEN_USE_ELSE,       // the `:` of COND ? A : B
    TOKEN_USE_STATEMENT,  // the word that begins one, or a line of a world
    TOKEN_USE_WORD,       // another word of the language, and no name
    TOKEN_USE_TYPE,       // the word of a pattern type
    TOKEN_USE_KIND,       // the word of an endpoint's kind
    TOKEN_USE_VALUE,      // a name that is read
    TOKEN_USE_CALLED,     // the name of a function, or of what else is called
};

struct used_token {
    enum token_kind kind;
    enum token_use use;
    uint32_t start, end; // byte offsets
};

// The tokens of a text in their order, without line breaks. Complete where the text has no error in it. Owned by whoever asks
// for it; the tokens lie in the parser's arena.
struct token_log {
    bool takes_inner; // those inside of a string's ${ }, too, behind the string that they lie in
    struct used_token *tokens;
    uint32_t count;
};

// Owned by one script_parse.
struct parser {
    struct lexer lexer;
    struct arena *arena;
    struct diag_list *diags;
    struct tree *tree;
    struct token_log *log; // or NULL: nobody asks
    struct token token;    // the next one, when `peeked`
    bool peeked;
    bool panic;
    bool in_head;          // of a block: a `{` opens it, and no message value
    bool in_field;         // of a message: `when`, `default` and `where` end an expression
    bool takes_fds;        // a row of bytes ends where `fds NAME`, or `fds as`, stands
    bool unwinding;        // a block is not closed: every open one ends here
    bool lost;             // among the declarations, after something that is none: more of the same is not reported
    unsigned depth;        // of blocks, brackets and operators
    uint32_t taken_end;    // where the last token ended
    uint32_t statement_indent;
    uint32_t line;         // the one that parser_indent was last asked about
    uint32_t line_text;    // what is first on it; PARSER_NOWHERE: it was not asked yet
    uint32_t open_brackets[SCRIPT_NESTING_MAX + 1]; // offsets, the outermost first
    unsigned open_count;
    unsigned open_floor;   // those below are outside of the interpolation that is being read
    const struct open_block *block; // the innermost, or NULL
    uint32_t misclosed;    // offset of the first `{` whose `}` stood too far left, or PARSER_NOWHERE
};

#define PARSER_NOWHERE UINT32_MAX

// parser.c: script_parse, and what it took goes to `log` unless that is NULL.
struct tree *parser_run(const struct source *source, struct arena *arena, struct diag_list *diags,
                        struct token_log *log);

// parser.c: the log. Adds a token; says what the newest one is there for.
void parser_log(struct parser *parser, const struct token *token);
void parser_log_use(struct parser *parser, enum token_use use);

// parser.c: tokens.

const struct token *parser_peek(struct parser *parser);
struct token parser_take(struct parser *parser);
void parser_take_word(struct parser *parser); // one of the language, and no name
bool parser_at(struct parser *parser, enum token_kind kind);
bool parser_at_keyword(struct parser *parser, enum keyword keyword);
bool parser_at_word(struct parser *parser, const char *word); // a NAME with this text
bool parser_at_end(struct parser *parser);                    // of the statement: a line break, a `}`, the text's end
bool parser_accept(struct parser *parser, enum token_kind kind);
bool parser_accept_keyword(struct parser *parser, enum keyword keyword);
bool parser_accept_word(struct parser *parser, const char *word);
struct token parser_expect(struct parser *parser, enum token_kind kind, const char *expected);
void parser_expect_word(struct parser *parser, const char *word);
bool parser_is_tight(const struct parser *parser, const struct token *token, char byte); // it follows with no blank
struct slice parser_text(const struct parser *parser, const struct token *token);
struct span parser_span(const struct parser *parser, uint32_t start, uint32_t end);
struct span parser_token_span(const struct parser *parser, const struct token *token);

// parser.c: names. One that is used, one that is new (and must not be a reserved word), one of a fixed set.
struct name parser_name(struct parser *parser, const char *expected);
struct name parser_new_name(struct parser *parser, const char *expected);
struct name parser_name_of(const struct parser *parser, const struct token *token);

// parser.c: brackets. `open` is the token that opens; parser_close expects the one that closes.
void parser_open(struct parser *parser, const struct token *open);
void parser_close(struct parser *parser, enum token_kind kind, const char *expected);

// parser.c: depth. Answers whether there is room for one level more; if not, it was reported.
bool parser_enter(struct parser *parser);
void parser_leave(struct parser *parser);

// parser_error.c. Each reports the first error of a statement and panics.
void parser_error(struct parser *parser, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool parser_expected(struct parser *parser, const char *expected); // "expected X, found Y"; false: a bracket was blamed
bool parser_blames_bracket(struct parser *parser); // whether what stands next shows a bracket that is not closed: reported
void parser_recover(struct parser *parser);      // to the end of the statement
bool parser_recover_block(struct parser *parser); // to the `{` of the statement's block, if it has one
void parser_unclosed_block(struct parser *parser);
uint32_t parser_indent(struct parser *parser, uint32_t offset); // blanks before it, or before what is first on its line

// expr.c, operand.c, string.c
struct expr *expr_parse(struct parser *parser);         // anything, from `? :` down
struct expr *expr_parse_row(struct parser *parser);     // operands side by side, no comparison
struct expr *expr_parse_sum(struct parser *parser);     // one operand, with arithmetic
struct expr *expr_parse_operand(struct parser *parser); // one operand: a value with its .name [index] (call), or -value
struct expr *expr_parse_value(struct parser *parser);   // the same without a sign
bool expr_starts(struct parser *parser);                // whether an operand may begin with the next token
bool expr_is_type(struct parser *parser);               // whether the next token is a pattern type, and no call
struct expr *expr_new(struct parser *parser, enum expr_kind kind, struct span span);
void expr_add_item(struct parser *parser, struct expr *expr, struct expr *item);
void expr_settle(struct parser *parser, struct expr *expr); // all below it is there: takes its depth
enum operator expr_comparison(struct parser *parser);    // the comparison that stands next, taken; or OP_NONE
struct expr *expr_parse_regex(struct parser *parser);
bool expr_at_fds(struct parser *parser);                 // of descriptors that go along with bytes
bool expr_at_keyword_word(const struct parser *parser);  // the word that stands next is one of the language's; nothing is peeked
// loop.c: what a loop goes through: values that `rule` reads, `each LIST`, A .. B; and [BODY for NAME in LIST], whose BODY was
// added and whose `for` stands next.
typedef struct expr *expr_rule(struct parser *parser);
struct expr **loop_parse(struct parser *parser, expr_rule *rule, uint32_t *count);
void loop_parse_list(struct parser *parser, struct expr *list);
struct expr *expr_parse_word(struct parser *parser); // up to white space, or a string; nothing is peeked. NULL: none stands here
struct expr *operand_parse(struct parser *parser);
struct expr *operand_message(struct parser *parser, struct name name);
struct expr *string_parse(struct parser *parser);        // whose token stands next
struct expr *string_from(struct parser *parser, const struct token *token);
struct expr *string_plain(struct parser *parser, const char *expected); // one without interpolation

// pattern.c, type.c
struct pattern *pattern_parse(struct parser *parser);
struct type_use *type_parse(struct parser *parser);

// step_tls.c: without close_notify. False: it does not stand next.
bool without_notify_parse(struct parser *parser);

// use.c: what `use` takes, "FILE" or <NAME>. Nothing is peeked.
struct expr *library_parse(struct parser *parser, bool *is_searched);

// message.c, world.c, certificate.c, declaration.c, block.c, step.c
void message_parse(struct parser *parser, struct message_decl *message);
void world_parse(struct parser *parser, struct world_decl *world); // its `{` stands next
struct certificate_decl *certificate_parse(struct parser *parser); // its word was taken
void declarations_parse(struct parser *parser);
bool block_parse(struct parser *parser, struct block *block); // false: it has no `{`
void parser_note_misclosed(struct parser *parser, uint32_t brace, uint32_t head_indent); // the `}` of that brace stands next
// The lines of a block that holds no steps, from its `{` to its `}`: `line` reads one, to the end of its line.
typedef void lines_read(struct parser *parser, void *context);
void lines_parse(struct parser *parser, enum token_use use, lines_read *line, void *context);
bool step_parse(struct parser *parser, struct statement *statement);
void statement_end(struct parser *parser);

#endif
