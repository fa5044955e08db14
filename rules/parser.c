/* SPDX-License-Identifier: Apache-2.0
 *
 * Recursive descent over rules-language.md 4, one function per production in the reference's order, since where a text
 * stops being accepted, what is said about it and how deep it may nest all follow from that order. Each production
 * returns NULL once the error is set; nothing backtracks except a modifier that turns out to be a plain string.
 */
#include "rules/parser.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/lexer.h"

struct parser {
	struct hc_lexer lx;
	struct hc_arena *arena;
	struct hc_diag *diag; /* not NULL */
	uint32_t depth;
};

/* Items of a node under construction; moved to the arena when complete. */
struct pointers {
	void **items;
	uint32_t n, cap;
};

static const char transformers[] = "'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'";

static void *fail(struct parser *p, const char *text)
{
	hc_diag_set(p->diag, -EINVAL, "%s", text);
	p->diag->off = p->lx.pos.off;
	p->diag->line = p->lx.pos.line;
	p->diag->column = p->lx.pos.column;
	return NULL;
}

static bool enter(struct parser *p)
{
	if (++p->depth < HC_PARSE_DEPTH_MAX)
		return true;
	hc_diag_set(p->diag, -EINVAL, "exceeded max depth limit of %d", HC_PARSE_DEPTH_MAX);
	p->diag->off = p->lx.pos.off;
	p->diag->line = p->lx.pos.line;
	p->diag->column = p->lx.pos.column;
	return false;
}

static void *leave(struct parser *p, void *node)
{
	p->depth--;
	return node;
}

static void *fail_escape(struct parser *p)
{
	char text[64];

	snprintf(text, sizeof text, "unsupported string escape sequence: \\%c", p->lx.bad_escape);
	return fail(p, text);
}

static struct hc_str keep(struct parser *p, struct hc_str s)
{
	return (struct hc_str){ hc_arena_dupn(p->arena, s.p, s.len), s.len };
}

static void push(struct parser *p, struct pointers *v, void *item)
{
	if (v->n == v->cap) {
		uint32_t cap = v->cap ? 2 * v->cap : 4;
		void **items = hc_arena_array(p->arena, void *, cap);

		if (v->n)
			memcpy(items, v->items, v->n * sizeof *items);
		v->items = items;
		v->cap = cap;
	}
	v->items[v->n++] = item;
}

static struct hc_ast *new_ast(struct parser *p, enum hc_ast_kind kind, struct hc_ast_pos pos)
{
	struct hc_ast *ast = hc_arena_new(p->arena, struct hc_ast);

	ast->kind = kind;
	ast->pos = pos;
	return ast;
}

static struct hc_ast *parse_or(struct parser *p);

/* What follows an opening parenthesis. */
static struct hc_ast *parse_embedded(struct parser *p)
{
	struct hc_ast *ast;

	if (!enter(p))
		return NULL;
	hc_lex_blank(&p->lx);
	ast = parse_or(p);
	if (!ast)
		return NULL;
	hc_lex_blank(&p->lx);
	if (!hc_lex_text(&p->lx, ")"))
		return fail(p, "expected a ')' token");
	return leave(p, ast);
}

/* ---- operands ---- */

static bool parse_arg(struct parser *p, struct hc_operand *o)
{
	if (!hc_lex_text(&p->lx, "["))
		return true;
	if (!hc_lex_quoted(&p->lx)) {
		if (p->lx.bad_escape)
			return fail_escape(p);
		if (!hc_lex_arg(&p->lx))
			return fail(p, "expected a valid field argument: a quoted string or a bare string");
	}
	o->has_arg = true;
	o->arg = keep(p, p->lx.last);
	if (!hc_lex_text(&p->lx, "]"))
		return fail(p, "expected a ']' token");
	return true;
}

/* The canonical spelling of an operand whose parts are known. */
static void spell(struct parser *p, struct hc_operand *o)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };

	if (o->kind == HC_OPERAND_LITERAL)
		hc_ast_print_quoted(&buf, o->name);
	else
		hc_buf_put(&buf, o->name.p, o->name.len);
	if (o->kind == HC_OPERAND_TRANSFORMER || o->kind == HC_OPERAND_LIST) {
		hc_buf_putc(&buf, '(');
		for (uint32_t i = 0; i < o->nargs; i++) {
			hc_buf_puts(&buf, i ? ", " : "");
			hc_buf_put(&buf, o->args[i]->text.p, o->args[i]->text.len);
		}
		hc_buf_putc(&buf, ')');
	}
	if (o->has_arg) {
		bool bare = o->arg.len > 0;

		for (uint32_t i = 0; i < o->arg.len; i++)
			bare &= !strchr("[]\"' \t\n\v\f\r", o->arg.p[i]); /* finds NUL too */
		hc_buf_putc(&buf, '[');
		if (bare)
			hc_buf_put(&buf, o->arg.p, o->arg.len);
		else
			hc_ast_print_quoted(&buf, o->arg);
		hc_buf_putc(&buf, ']');
	}
	o->text = keep(p, (struct hc_str){ buf.p, (uint32_t)buf.len });
}

static struct hc_operand *new_operand(struct parser *p, enum hc_operand_kind kind, struct hc_str name,
				      struct hc_ast_pos pos)
{
	struct hc_operand *o = hc_arena_new(p->arena, struct hc_operand);

	o->kind = kind;
	o->pos = pos;
	o->name = keep(p, name);
	return o;
}

/* The field whose name was just read. */
static struct hc_operand *parse_field(struct parser *p, struct hc_ast_pos pos)
{
	struct hc_operand *o;

	if (!enter(p))
		return NULL;
	o = new_operand(p, HC_OPERAND_FIELD, p->lx.last, pos);
	if (!parse_arg(p, o))
		return NULL;
	spell(p, o);
	return leave(p, o);
}

/* `tolower(` and so on; last is the name without the parenthesis. */
static bool lex_transformer(struct parser *p)
{
	static const char *const names[] = { "tolower(", "toupper(", "b64(", "basename(", "len(", "join(", "concat(",
					     "getopt(" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (hc_lex_text(&p->lx, names[i])) {
			p->lx.last.len--;
			return true;
		}
	return false;
}

static struct hc_operand *parse_transformer(struct parser *p, struct hc_ast_pos pos);

/* One argument of a transformer, or an item of a list in there (which then is not a list itself). NULL with no error
 * set in *ret_none if nothing fits. */
static struct hc_operand *parse_transformer_arg(struct parser *p, bool in_list, bool *ret_none)
{
	struct hc_ast_pos pos = p->lx.pos;
	struct hc_operand *o, *item;
	struct pointers items = { 0 };

	*ret_none = false;
	if (lex_transformer(p))
		return parse_transformer(p, pos);
	if (hc_lex_field_name(&p->lx))
		return parse_field(p, pos);
	if (hc_lex_quoted(&p->lx) || (!p->lx.bad_escape && hc_lex_number(&p->lx))) {
		o = new_operand(p, HC_OPERAND_LITERAL, p->lx.last, pos);
		spell(p, o);
		return o;
	}
	if (p->lx.bad_escape)
		return fail_escape(p);
	if (in_list || !hc_lex_text(&p->lx, "(")) {
		*ret_none = true;
		return NULL;
	}
	o = new_operand(p, HC_OPERAND_LIST, (struct hc_str){ "", 0 }, pos);
	hc_lex_blank(&p->lx);
	do {
		hc_lex_blank(&p->lx);
		item = parse_transformer_arg(p, true, ret_none);
		if (!item && (!*ret_none || items.n))
			return *ret_none ? (*ret_none = false, fail(p, "expected a list item: a field, a string, or a number")) : NULL;
		if (item)
			push(p, &items, item);
		hc_lex_blank(&p->lx);
	} while (item && hc_lex_text(&p->lx, ","));
	*ret_none = false;
	if (!hc_lex_text(&p->lx, ")"))
		return fail(p, "expected a ')' token");
	o->args = (struct hc_operand **)items.items;
	o->nargs = items.n;
	spell(p, o);
	return o;
}

/* What follows `name(`, name being the last token. */
static struct hc_operand *parse_transformer(struct parser *p, struct hc_ast_pos pos)
{
	struct hc_operand *o, *arg;
	struct pointers args = { 0 };
	char text[192];
	bool none;

	if (!enter(p))
		return NULL;
	o = new_operand(p, HC_OPERAND_TRANSFORMER, p->lx.last, pos);
	do {
		hc_lex_blank(&p->lx);
		arg = parse_transformer_arg(p, false, &none);
		if (none) {
			snprintf(text, sizeof text, "expected a field or a nested valid transformer: %s", transformers);
			return fail(p, text);
		}
		if (!arg)
			return NULL;
		push(p, &args, arg);
		hc_lex_blank(&p->lx);
	} while (hc_lex_text(&p->lx, ","));
	if (!hc_lex_text(&p->lx, ")"))
		return fail(p, "expected a ')' token closing the transformer");
	o->args = (struct hc_operand **)args.items;
	o->nargs = args.n;
	if (!parse_arg(p, o))
		return NULL;
	spell(p, o);
	return leave(p, o);
}

/* val(field) or a transformer call; NULL and *ret_none if there is neither. */
static struct hc_operand *parse_right(struct parser *p, bool *ret_none)
{
	struct hc_operand *o;
	struct hc_ast_pos pos;

	*ret_none = false;
	if (!enter(p))
		return NULL;
	hc_lex_blank(&p->lx);
	pos = p->lx.pos;
	if (hc_lex_text(&p->lx, "val(")) {
		hc_lex_blank(&p->lx);
		pos = p->lx.pos;
		if (!hc_lex_field_name(&p->lx))
			return fail(p, "expected a field within 'val' transformer");
		o = parse_field(p, pos);
		if (!o)
			return NULL;
		hc_lex_blank(&p->lx);
		if (!hc_lex_text(&p->lx, ")"))
			return fail(p, "expected a ')' token closing the transformer");
		return leave(p, o);
	}
	if (lex_transformer(p)) {
		o = parse_transformer(p, pos);
		return o ? leave(p, o) : NULL;
	}
	*ret_none = true;
	return leave(p, NULL);
}

/* ---- right-hand sides ---- */

static struct hc_literal *literal(struct parser *p, struct hc_ast_pos pos, bool quoted)
{
	struct hc_literal *l = hc_arena_new(p->arena, struct hc_literal);

	*l = (struct hc_literal){ keep(p, p->lx.last), pos, quoted };
	return l;
}

/* A quoted or bare string; NULL with no error set if there is none. */
static struct hc_literal *parse_string(struct parser *p)
{
	struct hc_ast_pos pos = p->lx.pos;

	if (hc_lex_quoted(&p->lx))
		return literal(p, pos, true);
	if (p->lx.bad_escape)
		return fail_escape(p);
	return hc_lex_bare(&p->lx) ? literal(p, pos, false) : NULL;
}

static bool set_values(struct parser *p, struct hc_ast *check, const struct pointers *items, struct hc_ast_pos pos)
{
	check->values_pos = pos;
	check->values = hc_arena_array(p->arena, struct hc_literal, items->n + 1);
	check->nvalues = items->n;
	for (uint32_t i = 0; i < items->n; i++)
		check->values[i] = *(struct hc_literal *)items->items[i];
	return true;
}

static bool set_value(struct parser *p, struct hc_ast *check, struct hc_literal *value)
{
	check->values = value;
	check->nvalues = 1;
	check->values_pos = value->pos;
	return true;
}

/* What follows the opening parenthesis, at pos, of a list of strings. */
static bool parse_list(struct parser *p, struct hc_ast *check, struct hc_ast_pos pos)
{
	struct pointers items = { 0 };
	struct hc_literal *item;

	do {
		hc_lex_blank(&p->lx);
		item = parse_string(p);
		if (!item && p->lx.bad_escape)
			return false;
		if (!item && items.n)
			return fail(p, "expected a string value");
		if (item)
			push(p, &items, item);
		hc_lex_blank(&p->lx);
	} while (item && hc_lex_text(&p->lx, ","));
	if (!hc_lex_text(&p->lx, ")"))
		return fail(p, "expected a ')' token");
	return set_values(p, check, &items, pos);
}

static bool parse_list_value(struct parser *p, struct hc_ast *check, bool or_field)
{
	struct hc_ast_pos pos;
	char text[192];
	bool none = true;

	if (!enter(p))
		return false;
	hc_lex_blank(&p->lx);
	pos = p->lx.pos;
	if (hc_lex_text(&p->lx, "("))
		return parse_list(p, check, pos) && (leave(p, NULL), true);
	if (or_field && !(check->right = parse_right(p, &none)) && !none)
		return false;
	if (check->right)
		return leave(p, NULL), true;
	if (hc_lex_identifier(&p->lx))
		return set_value(p, check, literal(p, pos, false)) && (leave(p, NULL), true);
	snprintf(text, sizeof text, "expected a list, an identifier, or a field with a valid transformer: %s", transformers);
	return fail(p, text);
}

static bool parse_num_value(struct parser *p, struct hc_ast *check)
{
	struct hc_ast_pos pos;
	char text[192];
	bool none;

	if (!enter(p))
		return false;
	hc_lex_blank(&p->lx);
	pos = p->lx.pos;
	check->right = parse_right(p, &none);
	if (!check->right && !none)
		return false;
	if (!check->right) {
		if (!hc_lex_number(&p->lx)) {
			snprintf(text, sizeof text, "expected a number value or a field with a valid transformer: %s",
				 transformers);
			return fail(p, text);
		}
		set_value(p, check, literal(p, pos, false));
	}
	return leave(p, NULL), true;
}

static bool parse_str_value(struct parser *p, struct hc_ast *check)
{
	struct hc_literal *value;
	char text[192];
	bool none;

	if (!enter(p))
		return false;
	hc_lex_blank(&p->lx);
	check->right = parse_right(p, &none);
	if (!check->right && !none)
		return false;
	if (!check->right) {
		value = parse_string(p);
		if (!value && p->lx.bad_escape)
			return false;
		if (!value) {
			snprintf(text, sizeof text, "expected a string value or a field with a valid transformer: %s",
				 transformers);
			return fail(p, text);
		}
		set_value(p, check, value);
	}
	return leave(p, NULL), true;
}

/* A modifier counts as one only if a list or a list's name follows; else the word is the string to compare with. */
static enum hc_modifier parse_modifier(struct parser *p)
{
	struct hc_lexer before = p->lx, after;

	for (int m = HC_MOD_NONE + 1; m < HC_MOD_COUNT; m++) {
		if (!hc_lex_word_op(&p->lx, hc_modifier_name((enum hc_modifier)m)))
			continue;
		after = p->lx;
		if (hc_lex_text(&p->lx, "(") ||
		    (hc_lex_identifier(&p->lx) && !hc_str_is(p->lx.last, "and") && !hc_str_is(p->lx.last, "or") &&
		     !hc_str_is(p->lx.last, "not"))) {
			p->lx = after;
			return (enum hc_modifier)m;
		}
		p->lx = before;
	}
	return HC_MOD_NONE;
}

/* ---- checks ---- */

struct op_token {
	const char *text;
	enum hc_op op;
};

static bool lex_op(struct parser *p, const struct op_token *ops, size_t n, bool word, enum hc_op *ret)
{
	for (size_t i = 0; i < n; i++)
		if (word ? hc_lex_word_op(&p->lx, ops[i].text) : hc_lex_text(&p->lx, ops[i].text)) {
			*ret = ops[i].op;
			return true;
		}
	return false;
}
#define LEX_OP(p, ops, word, ret) lex_op(p, ops, sizeof(ops) / sizeof(*(ops)), word, ret)

static const struct op_token num_ops[] = {
	{ "<=", HC_OP_LE }, { "<", HC_OP_LT }, { ">=", HC_OP_GE }, { ">", HC_OP_GT },
};
static const struct op_token sign_ops[] = { { "==", HC_OP_EQ }, { "=", HC_OP_EQ }, { "!=", HC_OP_NE } };
static const struct op_token word_ops[] = {
	{ "glob", HC_OP_GLOB }, { "iglob", HC_OP_IGLOB }, { "contains", HC_OP_CONTAINS },
	{ "icontains", HC_OP_ICONTAINS }, { "bcontains", HC_OP_BCONTAINS }, { "startswith", HC_OP_STARTSWITH },
	{ "bstartswith", HC_OP_BSTARTSWITH }, { "endswith", HC_OP_ENDSWITH }, { "regex", HC_OP_REGEX },
};
static const struct op_token list_ops[] = {
	{ "intersects", HC_OP_INTERSECTS }, { "in", HC_OP_IN }, { "pmatch", HC_OP_PMATCH },
};

static struct hc_ast *parse_condition(struct parser *p, struct hc_operand *left, struct hc_ast_pos pos)
{
	struct hc_ast *check;
	bool good, blank = true;

	if (!left || !enter(p))
		return NULL;
	check = new_ast(p, HC_AST_CHECK, pos);
	check->left = left;
	hc_lex_blank(&p->lx);
	if (hc_lex_text(&p->lx, "exists")) {
		check->op = HC_OP_EXISTS;
		return leave(p, check);
	}
	if (LEX_OP(p, num_ops, false, &check->op)) {
		good = parse_num_value(p, check);
	} else if (LEX_OP(p, word_ops, true, &check->op) ||
		   (LEX_OP(p, sign_ops, false, &check->op) && (blank = hc_lex_blank(&p->lx), true))) {
		if (blank)
			check->modifier = parse_modifier(p);
		good = check->modifier ? parse_list_value(p, check, false) : parse_str_value(p, check);
	} else if (LEX_OP(p, list_ops, false, &check->op)) {
		good = parse_list_value(p, check, true);
	} else {
		return fail(p, "expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', '=', '!=', 'glob', "
			       "'iglob', 'contains', 'icontains', 'bcontains', 'startswith', 'bstartswith', 'endswith', "
			       "'regex', 'intersects', 'in', 'pmatch'");
	}
	return good ? leave(p, check) : NULL;
}

static struct hc_ast *parse_check(struct parser *p)
{
	struct hc_ast_pos pos;
	struct hc_ast *ast = NULL;

	if (!enter(p))
		return NULL;
	hc_lex_blank(&p->lx);
	pos = p->lx.pos;
	if (hc_lex_text(&p->lx, "(")) {
		ast = parse_embedded(p);
	} else if (hc_lex_field_name(&p->lx)) {
		ast = parse_condition(p, parse_field(p, pos), pos);
	} else if (lex_transformer(p)) {
		ast = parse_condition(p, parse_transformer(p, pos), pos);
	} else if (hc_lex_identifier(&p->lx)) {
		ast = new_ast(p, HC_AST_MACRO, pos);
		ast->macro = keep(p, p->lx.last);
	} else {
		return fail(p, "expected a '(' token, a field check, or an identifier");
	}
	return ast ? leave(p, ast) : NULL;
}

static struct hc_ast *parse_not(struct parser *p)
{
	struct hc_ast_pos pos = p->lx.pos;
	struct hc_ast *ast, *inner;
	bool negated = false;

	if (!enter(p))
		return NULL;
	hc_lex_blank(&p->lx);
	while (hc_lex_not(&p->lx))
		negated = !negated;
	if (hc_lex_text(&p->lx, "not(")) {
		negated = !negated;
		inner = parse_embedded(p);
	} else {
		inner = parse_check(p);
	}
	if (!inner)
		return NULL;
	if (!negated)
		return leave(p, inner);
	ast = new_ast(p, HC_AST_NOT, pos);
	ast->kids = hc_arena_array(p->arena, struct hc_ast *, 1);
	ast->kids[0] = inner;
	ast->nkids = 1;
	return leave(p, ast);
}

/* and_expr and or_expr differ in word, operand and kind only. */
static struct hc_ast *parse_chain(struct parser *p, enum hc_ast_kind kind)
{
	struct hc_ast *(*operand)(struct parser *) = kind == HC_AST_AND ? parse_not : NULL;
	const char *word = kind == HC_AST_AND ? "and" : "or";
	struct hc_ast_pos pos = p->lx.pos;
	struct pointers kids = { 0 };
	struct hc_ast *kid;
	char text[64];

	if (!enter(p))
		return NULL;
	hc_lex_blank(&p->lx);
	kid = operand ? operand(p) : parse_chain(p, HC_AST_AND);
	if (!kid)
		return NULL;
	push(p, &kids, kid);
	hc_lex_blank(&p->lx);
	while (hc_lex_text(&p->lx, word)) {
		if (hc_lex_blank(&p->lx)) {
			kid = operand ? operand(p) : parse_chain(p, HC_AST_AND);
		} else if (hc_lex_text(&p->lx, "(")) {
			kid = parse_embedded(p);
		} else {
			snprintf(text, sizeof text, "expected blank or '(' after '%s'", word);
			return fail(p, text);
		}
		if (!kid)
			return NULL;
		push(p, &kids, kid);
		hc_lex_blank(&p->lx);
	}
	if (kids.n > 1) {
		kid = new_ast(p, kind, pos);
		kid->kids = (struct hc_ast **)kids.items;
		kid->nkids = kids.n;
	}
	return leave(p, kid);
}

static struct hc_ast *parse_or(struct parser *p)
{
	return parse_chain(p, HC_AST_OR);
}

int hc_condition_parse(struct hc_arena *arena, const char *text, size_t len, struct hc_ast **ret_ast,
		       struct hc_diag *reterr_diag)
{
	struct hc_diag unwanted;
	struct parser p = { .arena = arena, .diag = reterr_diag ? reterr_diag : &unwanted };
	char message[256];
	struct hc_ast *ast;

	hc_lexer_init(&p.lx, arena, text, len);
	if (!len)
		return fail(&p, "filter input string is empty"), -EINVAL;
	ast = parse_or(&p);
	if (!ast)
		return -EINVAL;
	if (p.lx.pos.off != len) {
		snprintf(message, sizeof message, "unexpected token after '%.*s', expecting 'or', 'and'",
			 p.lx.last.len > 160 ? 160 : (int)p.lx.last.len, p.lx.last.p);
		return fail(&p, message), -EINVAL;
	}
	*ret_ast = ast;
	return 0;
}
