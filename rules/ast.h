/* SPDX-License-Identifier: Apache-2.0
 *
 * A condition as a tree (rules-language.md 4). The parser makes it, macro expansion copies subtrees into place, the
 * checker resolves fields and types; selection and the plan read it. Nodes live in an arena and are never freed singly.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"

enum hc_op {
	HC_OP_EXISTS, HC_OP_EQ, HC_OP_NE, HC_OP_LT, HC_OP_LE, HC_OP_GT, HC_OP_GE, HC_OP_IN, HC_OP_INTERSECTS,
	HC_OP_PMATCH, HC_OP_CONTAINS, HC_OP_ICONTAINS, HC_OP_BCONTAINS, HC_OP_STARTSWITH, HC_OP_BSTARTSWITH,
	HC_OP_ENDSWITH, HC_OP_GLOB, HC_OP_IGLOB, HC_OP_REGEX,
	HC_OP_COUNT,
};

enum hc_modifier { HC_MOD_NONE, HC_MOD_ONEOF, HC_MOD_ANYOF, HC_MOD_ALLOF, HC_MOD_COUNT };

/* Where something stands in the condition's text after list substitution: byte offset from 0, line and column (in
 * bytes) from 1. */
struct hc_ast_pos {
	uint32_t off, line, column;
};

enum hc_operand_kind { HC_OPERAND_FIELD, HC_OPERAND_TRANSFORMER, HC_OPERAND_LITERAL, HC_OPERAND_LIST };

/* A field, a transformer call, or (inside a transformer's arguments only) a literal or a parenthesised list. */
struct hc_operand {
	enum hc_operand_kind kind;
	struct hc_ast_pos pos;
	struct hc_str text;          /* canonical spelling: what messages and JSON keys show; NUL-terminated */
	struct hc_str name;          /* field or transformer name; literal: its value. NUL-terminated */
	bool has_arg;                /* a [argument] was written */
	struct hc_str arg;           /* unquoted, NUL-terminated */
	struct hc_operand **args;    /* transformer arguments, list items */
	uint32_t nargs;
	const struct hc_field *field; /* set by the checker for fields; see rules/field.h */
};

struct hc_literal {
	struct hc_str value; /* unquoted, escapes resolved; NUL-terminated as a courtesy, may contain NULs (\x00) */
	struct hc_ast_pos pos;
	bool quoted;
	const char *list; /* name of the list it was an item of; NULL: written in place */
};

struct hc_origin; /* rules/origin.h: the text positions count in */

/* A macro reference that a node replaced. One node may stand for several: a macro can be nothing but another one's name. */
struct hc_ast_use {
	const char *macro;
	const struct hc_ast_use *inner;
};

enum hc_ast_kind { HC_AST_AND, HC_AST_OR, HC_AST_NOT, HC_AST_CHECK, HC_AST_MACRO };

struct hc_ast {
	enum hc_ast_kind kind;
	struct hc_ast_pos pos;

	struct hc_ast **kids; /* AND, OR: 2 or more; NOT: 1 */
	uint32_t nkids;

	struct hc_str macro; /* MACRO: its name; gone after expansion */
	const struct hc_origin *origin; /* of the rule's or the macro's text that has this node; NULL: of no rules file */
	const struct hc_ast_use *uses;  /* the macros this node is all of, outermost first; NULL: of none */
	const char *exception;          /* name of the rule's exception this `not ...` is; NULL: of none */

	/* CHECK */
	struct hc_operand *left;
	enum hc_op op;
	enum hc_modifier modifier;
	struct hc_literal *values; /* right-hand side literals: one for `=` and kin, any number for in, pmatch, modifiers */
	uint32_t nvalues;
	struct hc_ast_pos values_pos; /* where they begin: the literal, or the list's parenthesis */
	struct hc_operand *right;  /* val(field), as the field itself, or a transformer; then nvalues is 0 */
	const struct hc_predicate *predicate; /* set by the checker: the comparison with types and values worked out */
};

const char *hc_op_name(enum hc_op op);
const char *hc_modifier_name(enum hc_modifier modifier);
/* The operator spelled so, or -1; `==` is HC_OP_EQ. */
int hc_op_by_name(struct hc_str name);

/* A copy of everything the checker or macro expansion may write to; texts are shared. */
struct hc_ast *hc_ast_copy(struct hc_arena *arena, const struct hc_ast *ast);

/* The tree as text with canonical blanks, parentheses and quotes (rules-language.md 9.6, condition_compiled). */
void hc_ast_print(struct hc_buf *buf, const struct hc_ast *ast);
/* One comparison for people: lists by their names, of long right-hand sides the beginning. */
void hc_ast_print_brief(struct hc_buf *buf, const struct hc_ast *check);
/* A string in double quotes, with the escapes the language has. */
void hc_ast_print_quoted(struct hc_buf *buf, struct hc_str value);
/* A literal as it has to be written in a condition: quoted if it needs to be. */
void hc_ast_print_literal(struct hc_buf *buf, struct hc_str value);
