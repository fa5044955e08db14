/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiling operands to expressions and evaluating them. Transformers live in transform.c.
 */
#include "rules/expr.h"

#include <errno.h>

#include "rules/transform.h"

#define TEXT(s) (int)((s).len < 200 ? (s).len : 200), (s).p

uint8_t hc_scope_join(uint8_t a, uint8_t b)
{
	uint8_t lo = a < b ? a : b, hi = a < b ? b : a;

	/* A thread and an fd have nothing in common but the event. */
	return hi == HC_SCOPE_FD && (lo == HC_SCOPE_THREAD || lo == HC_SCOPE_LINEAGE) ? HC_SCOPE_EVENT : hi;
}

const char *hc_type_text(uint8_t param_type)
{
	const char *name = hc_param_type_name(param_type);

	if (param_type == PT_DYN)
		return "DYNAMIC";
	return strncmp(name, "PT_", 3) ? name : name + 3;
}

struct compiler {
	struct hc_field_set *fields;
	struct hc_arena *arena;
	const struct hc_operand *at; /* what the message is about */
	struct hc_diag *diag;
};

static int compile(struct compiler *c, struct hc_operand *op, const struct hc_expr **ret);

static struct hc_str copy(struct compiler *c, struct hc_str s)
{
	return (struct hc_str){ hc_arena_dupn(c->arena, s.p ? s.p : "", s.len), s.len };
}

static int compile_field(struct compiler *c, struct hc_operand *op, struct hc_expr *e)
{
	int r;

	if (!op->field) {
		r = hc_field_parse(c->fields, op->name, op->has_arg, op->arg, op->text, &op->field, c->diag);
		if (r < 0)
			return r;
	}
	e->kind = HC_EXPR_FIELD;
	e->field = op->field;
	e->type = op->field->type;
	e->format = op->field->format;
	e->is_list = op->field->is_list;
	e->scope = op->field->scope;
	e->match = op->field->match;
	return 0;
}

static bool is_string(const struct hc_expr *e)
{
	return hc_value_kind_of(e->type) == HC_VALUE_STRING;
}

/* The first field below, for messages. */
static struct hc_str subject(const struct hc_expr *e)
{
	while (e->kind != HC_EXPR_FIELD && e->nargs)
		e = e->args[e->kind == HC_EXPR_JOIN ? 1 : 0];
	return e->text;
}

static int refuse_type(struct compiler *c, const struct hc_expr *e, const char *name)
{
	return hc_diag_set(c->diag, -EINVAL,
			   "can't add field transformer: type '%s' is not supported by '%s' transformer applied on field "
			   "'%.*s'", hc_type_text(e->type), name, TEXT(subject(e)));
}

/* Types of arguments in, type of result out (rules-language.md 6). */
static int check_transformer(struct compiler *c, struct hc_expr *e, const char *name, const struct hc_operand *op)
{
	const struct hc_expr *a = e->args[0], *b = e->nargs > 1 ? e->args[1] : NULL;

	switch (e->kind) {
	case HC_EXPR_TOLOWER: case HC_EXPR_TOUPPER:
		if (!is_string(a))
			return refuse_type(c, a, name);
		e->type = a->type;
		e->is_list = a->is_list;
		break;
	case HC_EXPR_BASENAME:
		if (!is_string(a) || a->is_list)
			return refuse_type(c, a, name);
		e->type = a->type;
		break;
	case HC_EXPR_B64:
		if ((!is_string(a) && a->type != PT_BYTEBUF) || a->is_list)
			return refuse_type(c, a, name);
		e->type = a->type;
		break;
	case HC_EXPR_LEN:
		if (!is_string(a) && a->type != PT_BYTEBUF && !a->is_list)
			return refuse_type(c, a, name);
		e->type = PT_UINT64;
		break;
	case HC_EXPR_JOIN:
		if (a->is_list)
			return hc_diag_set(c->diag, -EINVAL, "join() separator must not be a list");
		if (!b->is_list)
			return hc_diag_set(c->diag, -EINVAL, "join() second argument must be a list");
		e->type = PT_CHARBUF;
		break;
	case HC_EXPR_CONCAT:
		for (uint32_t i = 0; i < e->nargs; i++)
			if (!is_string(e->args[i]) || e->args[i]->is_list)
				return hc_diag_set(c->diag, -EINVAL, "concat() arguments must be strings");
		e->type = PT_CHARBUF;
		break;
	case HC_EXPR_GETOPT:
		if (!a->is_list || !is_string(a))
			return hc_diag_set(c->diag, -EINVAL, "getopt() first argument must be a list of strings");
		if (b->is_list || !is_string(b))
			return hc_diag_set(c->diag, -EINVAL, "getopt() second argument must be a string");
		if (op->has_arg && op->arg.len != 1)
			return hc_diag_set(c->diag, -EINVAL, "getopt() takes one option character in brackets, not '%.*s'",
					   TEXT(op->arg));
		e->option = op->has_arg ? op->arg.p[0] : '\0';
		e->type = PT_CHARBUF;
		e->is_list = !op->has_arg;
		break;
	default:
		break;
	}
	if (op->has_arg && e->kind != HC_EXPR_GETOPT)
		return hc_diag_set(c->diag, -EINVAL, "transformer '%s' takes no argument in brackets", name);
	return 0;
}

static int compile_args(struct compiler *c, struct hc_operand *op, struct hc_expr *e)
{
	int r;

	e->nargs = op->nargs;
	e->args = hc_arena_array(c->arena, const struct hc_expr *, op->nargs ? op->nargs : 1);
	for (uint32_t i = 0; i < op->nargs; i++) {
		r = compile(c, op->args[i], &e->args[i]);
		if (r < 0)
			return r;
		c->at = op;
		e->scope = hc_scope_join(e->scope, e->args[i]->scope);
		if (e->kind != HC_EXPR_LIST || i == 0)
			e->format = e->args[i]->format;
		if (e->args[i]->kind == HC_EXPR_FIELD && e->args[i]->field->info->flags & HC_FIELD_NO_TRANSFORMER)
			return hc_diag_set(c->diag, -EINVAL, "field '%.*s' does not support transformers",
					   TEXT(e->args[i]->text));
		/* Fields that compare in ways of their own have no single value to transform. */
		if (e->args[i]->match != HC_MATCH_ONE)
			return hc_diag_set(c->diag, -EINVAL, "field '%.*s' does not support transformers",
					   TEXT(e->args[i]->text));
	}
	return 0;
}

static int compile_list(struct compiler *c, struct hc_operand *op, struct hc_expr *e)
{
	int r;

	e->kind = HC_EXPR_LIST;
	e->is_list = true;
	r = compile_args(c, op, e);
	if (r < 0)
		return r;
	/* Items of several types only make sense to join(); one that is no string says so to the others. */
	e->type = PT_CHARBUF;
	for (uint32_t i = 0; i < e->nargs; i++) {
		if (e->args[i]->is_list)
			return hc_diag_set(c->diag, -EINVAL, "'%.*s' is a list and cannot be an item of a list",
					   TEXT(e->args[i]->text));
		if (!is_string(e->args[i]))
			e->type = e->args[i]->type;
	}
	return 0;
}

static int compile_transformer(struct compiler *c, struct hc_operand *op, struct hc_expr *e)
{
	static const struct {
		const char *name;
		enum hc_expr_kind kind;
		uint32_t min, max;
	} table[] = {
		{ "tolower", HC_EXPR_TOLOWER, 1, 1 }, { "toupper", HC_EXPR_TOUPPER, 1, 1 }, { "b64", HC_EXPR_B64, 1, 1 },
		{ "basename", HC_EXPR_BASENAME, 1, 1 }, { "len", HC_EXPR_LEN, 1, 1 }, { "join", HC_EXPR_JOIN, 2, 2 },
		{ "concat", HC_EXPR_CONCAT, 2, UINT32_MAX }, { "getopt", HC_EXPR_GETOPT, 2, 2 },
	};
	size_t i = 0;
	int r;

	while (i < sizeof table / sizeof *table && !hc_str_is(op->name, table[i].name))
		i++;
	if (i == sizeof table / sizeof *table || (op->nargs == 1 && table[i].min > 1))
		return hc_diag_set(c->diag, -EINVAL, "unknown field transformer '%.*s'", TEXT(op->name));
	if (op->nargs < table[i].min || op->nargs > table[i].max)
		return hc_diag_set(c->diag, -EINVAL, "transformer '%s' takes %u argument%s, not %u", table[i].name,
				   table[i].min, table[i].min == 1 ? "" : "s", op->nargs);
	e->kind = table[i].kind;
	r = compile_args(c, op, e);
	if (r < 0)
		return r;
	return check_transformer(c, e, table[i].name, op);
}

static int compile(struct compiler *c, struct hc_operand *op, const struct hc_expr **ret)
{
	struct hc_expr *e = hc_arena_new(c->arena, struct hc_expr);
	int r = 0;

	c->at = op;
	e->text = copy(c, op->text);
	switch (op->kind) {
	case HC_OPERAND_FIELD:
		r = compile_field(c, op, e);
		break;
	case HC_OPERAND_LITERAL:
		e->kind = HC_EXPR_LITERAL;
		e->type = PT_CHARBUF;
		e->literal = copy(c, op->name);
		break;
	case HC_OPERAND_LIST:
		r = compile_list(c, op, e);
		break;
	case HC_OPERAND_TRANSFORMER:
		/* val(F) is F (right-hand side only; the grammar sees to that) */
		if (hc_str_is(op->name, "val") && op->nargs == 1)
			return compile(c, op->args[0], ret);
		r = compile_transformer(c, op, e);
		break;
	}
	*ret = e;
	return r;
}

int hc_expr_compile(struct hc_operand *op, struct hc_field_set *fields, struct hc_arena *arena,
		    const struct hc_expr **ret, const struct hc_operand **reterr_at, struct hc_diag *diag)
{
	struct compiler c = { fields, arena, op, diag };
	const struct hc_expr *e;
	int r = compile(&c, op, &e);

	if (r < 0) {
		*reterr_at = c.at;
		return r;
	}
	*ret = e;
	return 0;
}

static struct hc_str cut(struct hc_str s)
{
	const char *nul = s.len ? memchr(s.p, '\0', s.len) : NULL;

	if (nul)
		s.len = (uint32_t)(nul - s.p);
	return s;
}

static bool eval_field(const struct hc_expr *e, const struct hc_expr_ctx *cx, bool for_output, struct hc_value *ret)
{
	if (!cx->extract(cx->ctx, e->field, for_output, ret))
		return false;
	if (ret->kind == HC_VALUE_STRING) {
		ret->s = cut(ret->s);
	} else if (ret->kind == HC_VALUE_LIST && ret->nitems && ret->items[0].kind == HC_VALUE_STRING) {
		struct hc_value *items = hc_arena_array(cx->scratch, struct hc_value, ret->nitems);

		for (uint32_t i = 0; i < ret->nitems; i++) {
			items[i] = ret->items[i];
			items[i].s = cut(items[i].s);
		}
		ret->items = items;
	}
	return true;
}

static bool eval_list(const struct hc_expr *e, const struct hc_expr_ctx *cx, struct hc_value *ret)
{
	struct hc_value *items = hc_arena_array(cx->scratch, struct hc_value, e->nargs ? e->nargs : 1);

	for (uint32_t i = 0; i < e->nargs; i++)
		if (!hc_expr_eval(e->args[i], cx, false, &items[i]))
			return false;
	*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = e->nargs, .items = items };
	return true;
}

bool hc_expr_eval(const struct hc_expr *e, const struct hc_expr_ctx *cx, bool for_output, struct hc_value *ret)
{
	switch (e->kind) {
	case HC_EXPR_FIELD:
		return eval_field(e, cx, for_output, ret);
	case HC_EXPR_LITERAL:
		*ret = (struct hc_value){ .kind = HC_VALUE_STRING, .s = cut(e->literal) };
		return true;
	case HC_EXPR_LIST:
		return eval_list(e, cx, ret);
	default:
		return hc_transform(e, cx, ret);
	}
}
