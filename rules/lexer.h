/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens of conditions, asked for by kind: the grammar has no fixed token set (`in` is an operator, a macro or a string
 * depending on where it stands), so the parser says what it would accept next, as the reference does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "rules/ast.h"

struct hc_lexer {
	const char *text; /* borrowed; NUL after len bytes */
	size_t len;
	struct hc_ast_pos pos; /* of the next byte */
	struct hc_str last;    /* last token: of text, or unquoted in arena; "unexpected token after ..." names it */
	struct hc_arena *arena;
	char bad_escape;       /* the letter of a `\x` that hc_lex_quoted met and no string may contain; 0 if none */
};

void hc_lexer_init(struct hc_lexer *lx, struct hc_arena *arena, const char *text, size_t len);
static inline const char *hc_lex_cursor(const struct hc_lexer *lx)
{
	return lx->text + lx->pos.off;
}

/* Each consumes what it names and returns true, or leaves the position alone. Only hc_lex_blank leaves last alone. */
bool hc_lex_blank(struct hc_lexer *lx);
bool hc_lex_text(struct hc_lexer *lx, const char *text);       /* exactly these bytes, whatever follows */
bool hc_lex_word_op(struct hc_lexer *lx, const char *word);    /* and at least one blank behind, consumed; last is the word */
bool hc_lex_not(struct hc_lexer *lx);                          /* `not` and white space */
bool hc_lex_identifier(struct hc_lexer *lx);
bool hc_lex_field_name(struct hc_lexer *lx);
bool hc_lex_arg(struct hc_lexer *lx);                          /* bare [argument] */
bool hc_lex_number(struct hc_lexer *lx);
bool hc_lex_bare(struct hc_lexer *lx);
/* Quoted string; last is its value. On a bad escape the string is consumed, bad_escape set, and false returned. */
bool hc_lex_quoted(struct hc_lexer *lx);
/* Could the whole of s stand in a condition without quotes? */
bool hc_lex_is_bare(struct hc_str s);
