/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of operators, copies of trees, and trees as text.
 */
#include "rules/ast.h"

#include <string.h>

#include "rules/lexer.h"

/* Of a comparison told in a sentence: right-hand sides, bytes of each. */
enum { BRIEF_VALUES = 6, BRIEF_BYTES = 160 };

static const char *const op_names[HC_OP_COUNT] = {
	[HC_OP_EXISTS] = "exists", [HC_OP_EQ] = "=", [HC_OP_NE] = "!=", [HC_OP_LT] = "<", [HC_OP_LE] = "<=",
	[HC_OP_GT] = ">", [HC_OP_GE] = ">=", [HC_OP_IN] = "in", [HC_OP_INTERSECTS] = "intersects",
	[HC_OP_PMATCH] = "pmatch", [HC_OP_CONTAINS] = "contains", [HC_OP_ICONTAINS] = "icontains",
	[HC_OP_BCONTAINS] = "bcontains", [HC_OP_STARTSWITH] = "startswith", [HC_OP_BSTARTSWITH] = "bstartswith",
	[HC_OP_ENDSWITH] = "endswith", [HC_OP_GLOB] = "glob", [HC_OP_IGLOB] = "iglob", [HC_OP_REGEX] = "regex",
};

const char *hc_op_name(enum hc_op op)
{
	return op_names[op];
}

const char *hc_modifier_name(enum hc_modifier modifier)
{
	static const char *const names[HC_MOD_COUNT] = { "", "oneof", "anyof", "allof" };

	return names[modifier];
}

int hc_op_by_name(struct hc_str name)
{
	if (hc_str_is(name, "=="))
		return HC_OP_EQ;
	for (int op = 0; op < HC_OP_COUNT; op++)
		if (hc_str_is(name, op_names[op]))
			return op;
	return -1;
}

static struct hc_operand *copy_operand(struct hc_arena *arena, const struct hc_operand *operand)
{
	struct hc_operand *o;

	if (!operand)
		return NULL;
	o = hc_arena_new(arena, struct hc_operand);
	*o = *operand;
	if (o->nargs) {
		o->args = hc_arena_array(arena, struct hc_operand *, o->nargs);
		for (uint32_t i = 0; i < o->nargs; i++)
			o->args[i] = copy_operand(arena, operand->args[i]);
	}
	return o;
}

struct hc_ast *hc_ast_copy(struct hc_arena *arena, const struct hc_ast *ast)
{
	struct hc_ast *a = hc_arena_new(arena, struct hc_ast);

	*a = *ast;
	a->left = copy_operand(arena, ast->left);
	a->right = copy_operand(arena, ast->right);
	if (a->nkids) {
		a->kids = hc_arena_array(arena, struct hc_ast *, a->nkids);
		for (uint32_t i = 0; i < a->nkids; i++)
			a->kids[i] = hc_ast_copy(arena, ast->kids[i]);
	}
	return a;
}

void hc_ast_print_quoted(struct hc_buf *buf, struct hc_str value)
{
	static const char from[] = "\b\f\n\r\t\\\"", to[] = "bfnrt\\\"";

	hc_buf_putc(buf, '"');
	for (uint32_t i = 0; i < value.len; i++) {
		const char *e = value.p[i] ? strchr(from, value.p[i]) : NULL;

		/* a quote behind a backslash does not close, not even behind two; but a blank makes one of it (Q) */
		if (value.p[i] == '\\' && i + 1 == value.len)
			hc_buf_puts(buf, "\\ ");
		else if (e)
			hc_buf_printf(buf, "\\%c", to[e - from]);
		else if (!value.p[i])
			hc_buf_puts(buf, "\\x00");
		else
			hc_buf_putc(buf, value.p[i]);
	}
	hc_buf_putc(buf, '"');
}

void hc_ast_print_literal(struct hc_buf *buf, struct hc_str value)
{
	/* a backspace may stand in a bare string, but at its start reads as a blank */
	if (hc_lex_is_bare(value) && !memchr(value.p, '\b', value.len))
		hc_buf_put(buf, value.p, value.len);
	else
		hc_ast_print_quoted(buf, value);
}

static void print_str(struct hc_buf *buf, struct hc_str s)
{
	hc_buf_put(buf, s.p, s.len);
}

/* The literals one by one, or with what a list brought in under the list's name; then also no more than a few. */
static void print_values(struct hc_buf *buf, const struct hc_ast *ast, bool brief)
{
	uint32_t shown = 0, left;

	for (uint32_t i = 0; i < ast->nvalues; i++) {
		const char *list = brief ? ast->values[i].list : NULL;

		if (list && i && ast->values[i - 1].list == list)
			continue;
		if (brief && shown++ == BRIEF_VALUES) {
			for (left = 0; i < ast->nvalues; i++)
				left += !ast->values[i].list || ast->values[i].list != ast->values[i - 1].list;
			hc_buf_printf(buf, ", and %u more", left);
			return;
		}
		hc_buf_puts(buf, i ? ", " : "");
		if (list)
			hc_buf_puts(buf, list);
		else if (brief && ast->values[i].value.len > BRIEF_BYTES)
			hc_ast_print_literal(buf, (struct hc_str){ ast->values[i].value.p, BRIEF_BYTES });
		else
			hc_ast_print_literal(buf, ast->values[i].value);
	}
}

static void print_check(struct hc_buf *buf, const struct hc_ast *ast, bool brief)
{
	bool list = ast->modifier || ast->op == HC_OP_IN || ast->op == HC_OP_INTERSECTS || ast->op == HC_OP_PMATCH;

	print_str(buf, ast->left->text);
	hc_buf_printf(buf, " %s", hc_op_name(ast->op));
	if (ast->op == HC_OP_EXISTS)
		return;
	if (ast->modifier)
		hc_buf_printf(buf, " %s", hc_modifier_name(ast->modifier));
	hc_buf_putc(buf, ' ');
	if (ast->right) {
		bool val = ast->right->kind == HC_OPERAND_FIELD;

		hc_buf_puts(buf, val ? "val(" : "");
		print_str(buf, ast->right->text);
		hc_buf_puts(buf, val ? ")" : "");
		return;
	}
	hc_buf_puts(buf, list ? "(" : "");
	print_values(buf, ast, brief);
	hc_buf_puts(buf, list ? ")" : "");
}

void hc_ast_print_brief(struct hc_buf *buf, const struct hc_ast *check)
{
	print_check(buf, check, true);
}

void hc_ast_print(struct hc_buf *buf, const struct hc_ast *ast)
{
	switch (ast->kind) {
	case HC_AST_AND:
	case HC_AST_OR:
		hc_buf_putc(buf, '(');
		for (uint32_t i = 0; i < ast->nkids; i++) {
			hc_buf_puts(buf, !i ? "" : ast->kind == HC_AST_AND ? " and " : " or ");
			hc_ast_print(buf, ast->kids[i]);
		}
		hc_buf_putc(buf, ')');
		break;
	case HC_AST_NOT:
		hc_buf_puts(buf, "not ");
		hc_ast_print(buf, ast->kids[0]);
		break;
	case HC_AST_MACRO:
		print_str(buf, ast->macro);
		break;
	case HC_AST_CHECK:
		print_check(buf, ast, false);
		break;
	}
}
