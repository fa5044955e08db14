/* SPDX-License-Identifier: Apache-2.0
 *
 * Exceptions of rules (rules-language.md 2): read, checked, and turned into text behind the rule's condition. That it is
 * text, and quoted only for blanks, is part of the language: list names in values expand, odd characters break it.
 */
#include <string.h>

#include "rules/collection.h"
#include "rules/field.h"
#include "rules/parser.h"

enum { ENTRY_DEPTH_MAX = 4 }; /* a value tuple holds lists of scalars; deeper nesting means nothing */

#define ERROR(ld, code, at, ...) (hc_problem_add(ld, code, at, NULL, __VA_ARGS__), HC_RULESET_INVALID)

/* ---- reading ---- */

static int read_entry(struct hc_loader *ld, const struct hc_yaml_node *value, const char *key,
		      const struct hc_location *parent, int depth, struct hc_exception_entry *ret)
{
	const struct hc_location *at = hc_location_new(ld, parent, "value for", key, value);
	int r = 0;

	ret->node = value;
	if (value->kind == HC_YAML_SCALAR) {
		if (!value->text.len)
			return ERROR(ld, HC_LOAD_ERR_YAML_VALIDATE, at, "Value must be non-empty");
		ret->set = true;
		ret->item = value->text.p;
	} else if (value->kind == HC_YAML_SEQUENCE) {
		if (depth > ENTRY_DEPTH_MAX)
			return ERROR(ld, HC_LOAD_ERR_YAML_VALIDATE, at, "exception values are nested too deeply");
		/* an empty list is as good as none (Q) */
		ret->is_list = true;
		ret->set = value->nitems > 0;
		ret->items = hc_arena_array(&ld->ruleset->arena, struct hc_exception_entry, value->nitems + 1);
		ret->nitems = value->nitems;
		ld->ruleset->collection->text_used += value->nitems * sizeof *ret->items;
		if (ld->ruleset->collection->text_used > HC_COLLECTION_TEXT_MAX)
			return ERROR(ld, HC_LOAD_ERR_YAML_VALIDATE, at,
				     "the rules need more than 512 MiB; is an alias used very often?");
		for (uint32_t i = 0; !r && i < value->nitems; i++)
			r = read_entry(ld, value->items[i], "",
				       hc_location_new(ld, at, "exception", "", value->items[i]), depth + 1,
				       &ret->items[i]);
	}
	/* null and mappings leave the entry unset, as in the reference */
	return r;
}

static int read_exception(struct hc_loader *ld, const struct hc_yaml_node *node, const struct hc_location *list_at,
			  const struct hc_location *parent, bool append, struct hc_exception *ex)
{
	const struct hc_location *at = hc_location_new(ld, list_at, "exception", "", node);
	const struct hc_yaml_node *name, *fields, *comps, *values;
	int r;

	if (node->kind != HC_YAML_MAPPING)
		return ERROR(ld, HC_LOAD_ERR_YAML_VALIDATE, at, "Rule exception must be a mapping");
	r = hc_item_scalar(ld, node, "name", at, false, &name);
	if (r)
		return r;
	*ex = (struct hc_exception){ .name = name->text.p, .file = ld->file };
	ex->at = hc_location_new(ld, parent, "exception", ex->name, node);
	fields = hc_yaml_get(node, "fields");
	comps = hc_yaml_get(node, "comps");
	values = hc_yaml_get(node, "values");
	if (!fields && !append)
		return ERROR(ld, HC_LOAD_ERR_YAML_VALIDATE, ex->at, "Item has no mapping for key 'fields'");
	if (fields)
		r = read_entry(ld, fields, "fields", ex->at, 0, &ex->fields);
	if (!r && comps)
		r = read_entry(ld, comps, "comps", ex->at, 0, &ex->comps);
	if (r)
		return r;
	if (!values) {
		if (append)
			hc_problem_add(ld, HC_LOAD_APPEND_NO_VALUES, ex->at, NULL,
				       "Overriding/appending exception with no values");
		return 0;
	}
	at = hc_location_new(ld, ex->at, "exception values", "", values);
	if (values->kind != HC_YAML_SEQUENCE)
		return ERROR(ld, HC_LOAD_ERR_YAML_VALIDATE, at, "Rule exception values must be a sequence");
	ex->values = hc_arena_array(&ld->ruleset->arena, struct hc_exception_entry, values->nitems + 1);
	ex->nvalues = values->nitems;
	for (uint32_t i = 0; !r && i < values->nitems; i++)
		r = read_entry(ld, values->items[i], "",
			       hc_location_new(ld, at, "exception value", "", values->items[i]), 0, &ex->values[i]);
	return r;
}

int hc_exceptions_read(struct hc_loader *ld, const struct hc_yaml_node *item, const struct hc_location *parent,
		       bool append, struct hc_exception **ret, uint32_t *ret_n)
{
	const struct hc_yaml_node *list = hc_yaml_get(item, "exceptions");
	const struct hc_location *at;
	struct hc_exception *all;
	int r = 0;

	*ret_n = 0;
	if (!list || list->kind == HC_YAML_NULL)
		return 0;
	at = hc_location_new(ld, parent, "exceptions", "", list);
	if (list->kind != HC_YAML_SEQUENCE)
		return ERROR(ld, HC_LOAD_ERR_YAML_VALIDATE, at, "Rule exceptions must be a sequence");
	all = hc_arena_array(&ld->ruleset->arena, struct hc_exception, list->nitems + 1);
	for (uint32_t i = 0; !r && i < list->nitems; i++) {
		r = read_exception(ld, list->items[i], at, parent, append, &all[i]);
		for (uint32_t k = 0; !r && k < i; k++)
			if (!strcmp(all[k].name, all[i].name))
				hc_problem_add(ld, HC_LOAD_EXCEPTION_NAME_NOT_UNIQUE, all[i].at, NULL,
					       "Multiple definitions of exception '%s' in the same rule", all[i].name);
	}
	*ret = all;
	*ret_n = r ? 0 : list->nitems;
	return r;
}

/* ---- checking ---- */

static struct hc_str stripped(const char *s)
{
	size_t len;

	while (*s && strchr(" \t\n\r\v\f", *s))
		s++;
	for (len = strlen(s); len && strchr(" \t\n\r\v\f", s[len - 1]); len--)
		;
	return (struct hc_str){ s, (uint32_t)len };
}

/* `startswith oneof` and the like: a string operator, blanks, a modifier. */
static bool is_modified(struct hc_str comp)
{
	static const enum hc_op string_ops[] = { HC_OP_EQ, HC_OP_NE, HC_OP_GLOB, HC_OP_IGLOB, HC_OP_CONTAINS,
						 HC_OP_ICONTAINS, HC_OP_BCONTAINS, HC_OP_STARTSWITH, HC_OP_BSTARTSWITH,
						 HC_OP_ENDSWITH, HC_OP_REGEX };
	uint32_t n = 0, at;
	int op;

	while (n < comp.len && !strchr(" \t\n\r", comp.p[n]))
		n++;
	for (at = n; at < comp.len && strchr(" \t\n\r", comp.p[at]); at++)
		;
	op = hc_op_by_name((struct hc_str){ comp.p, n });
	for (int m = HC_MOD_NONE + 1; m < HC_MOD_COUNT && at > n; m++)
		if (hc_str_is((struct hc_str){ comp.p + at, comp.len - at }, hc_modifier_name((enum hc_modifier)m)))
			for (size_t i = 0; i < sizeof string_ops / sizeof *string_ops; i++)
				if (op == (int)string_ops[i])
					return true;
	return false;
}

static bool takes_list(struct hc_str comp)
{
	return hc_str_is(comp, "in") || hc_str_is(comp, "pmatch") || hc_str_is(comp, "intersects") || is_modified(comp);
}

static bool operand_known(struct hc_loader *ld, const struct hc_operand *o)
{
	const struct hc_field *field;

	if (o->kind == HC_OPERAND_FIELD)
		return !hc_field_parse(&ld->ruleset->checker.fields, o->name, o->has_arg, o->arg, o->text, &field, NULL);
	for (uint32_t i = 0; i < o->nargs; i++)
		if (!operand_known(ld, o->args[i]))
			return false;
	return true;
}

/* Could it stand on the left-hand side of a comparison? */
static bool is_operand(struct hc_loader *ld, const char *text)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	struct hc_ast *ast;

	hc_buf_printf(&buf, "%s exists", text);
	return !hc_condition_parse(&ld->ruleset->arena, buf.p, buf.len, &ast, NULL) && ast->kind == HC_AST_CHECK &&
	       ast->op == HC_OP_EXISTS && operand_known(ld, ast->left);
}

static int field_error(struct hc_loader *ld, const struct hc_exception *ex, const struct hc_exception_entry *field)
{
	const char *name = field->item ? field->item : "", *near;
	struct hc_problem *p = hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, ex->at, NULL, "'%s' is not a supported filter field",
					      name);

	if (field->node)
		hc_problem_place_node(ld, p, ex->file, field->node);
	near = hc_field_nearest(hc_str(name));
	if (near)
		hc_problem_hint(ld, p, "did you mean '%s'?", near);
	return HC_RULESET_INVALID;
}

int hc_exception_shape(struct hc_loader *ld, struct hc_exception *ex)
{
	struct hc_arena *arena = &ld->ruleset->arena;

	if (ex->fields.is_list) {
		if (!ex->comps.set) {
			ex->comps.set = ex->comps.is_list = true;
			ex->comps.nitems = ex->fields.nitems;
			ex->comps.items = hc_arena_array(arena, struct hc_exception_entry, ex->comps.nitems + 1);
			for (uint32_t i = 0; i < ex->comps.nitems; i++)
				ex->comps.items[i] = (struct hc_exception_entry){ .set = true, .item = "=" };
		}
		if (ex->fields.nitems != ex->comps.nitems || !ex->comps.is_list)
			return ERROR(ld, HC_LOAD_ERR_VALIDATE, ex->at, "Fields and comps lists must have equal length");
		return 0;
	}
	if (!ex->comps.set)
		ex->comps = (struct hc_exception_entry){ .set = true, .item = "in" };
	if (ex->comps.is_list || !ex->fields.set)
		return ERROR(ld, HC_LOAD_ERR_VALIDATE, ex->at, "Fields and comps must both be strings");
	return 0;
}

int hc_exception_check(struct hc_loader *ld, struct hc_exception *ex, bool known_source)
{
	struct hc_problem *p;

	if (hc_exception_shape(ld, ex))
		return HC_RULESET_INVALID;
	for (uint32_t i = 0; i < ex->comps.nitems; i++) {
		const struct hc_exception_entry *comp = &ex->comps.items[i];
		struct hc_str s = stripped(comp->item ? comp->item : "");

		if (hc_op_by_name(s) >= 0 || is_modified(s))
			continue;
		p = hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, ex->at, NULL, "'%.*s' is not a supported comparison operator",
				   (int)s.len, s.p);
		if (comp->node)
			hc_problem_place_node(ld, p, ex->file, comp->node);
		return HC_RULESET_INVALID;
	}
	if (!ex->fields.is_list && !takes_list(stripped(ex->comps.item))) {
		p = hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, ex->at, NULL,
				   "When fields is a single value, comps must be one of (in, pmatch, intersects) or a modifier "
				   "operator (e.g. startswith oneof)");
		if (ex->comps.node)
			hc_problem_place_node(ld, p, ex->file, ex->comps.node);
		return HC_RULESET_INVALID;
	}
	if (!known_source)
		return 0;
	if (!ex->fields.is_list && !is_operand(ld, ex->fields.item))
		return field_error(ld, ex, &ex->fields);
	for (uint32_t i = 0; i < ex->fields.nitems; i++)
		if (!ex->fields.items[i].item || !is_operand(ld, ex->fields.items[i].item))
			return field_error(ld, ex, &ex->fields.items[i]);
	return 0;
}

/* ---- translation ---- */

/* The condition growing, and which part came from where. */
struct writer {
	struct hc_loader *ld;
	struct hc_buf text;
	struct hc_srctext_piece *pieces; /* arena */
	uint32_t npieces, cap;
};

static void add_piece(struct writer *w, struct hc_srctext_piece piece)
{
	if (w->npieces == w->cap) {
		uint32_t cap = 2 * w->cap + 8;
		struct hc_srctext_piece *pieces = hc_arena_array(&w->ld->ruleset->compile_arena, struct hc_srctext_piece, cap);

		if (w->npieces)
			memcpy(pieces, w->pieces, w->npieces * sizeof *pieces);
		w->pieces = pieces;
		w->cap = cap;
	}
	w->pieces[w->npieces++] = piece;
}

/* An entry's text, in quotes if it holds a blank and does not begin with one; or in parentheses if it has none. */
static void put_item(struct writer *w, const struct hc_exception *ex, const struct hc_exception_entry *e, bool paren)
{
	const char *item = e->item ? e->item : "";
	bool quote = !paren && strchr(item, ' ') && *item != '"' && *item != '\'';

	paren &= *item != '(';
	hc_buf_puts(&w->text, quote ? "\"" : paren ? "(" : "");
	if (e->node && e->item)
		add_piece(w, (struct hc_srctext_piece){ (uint32_t)w->text.len, (uint32_t)strlen(item), ex->file, e->node, 0 });
	hc_buf_puts(&w->text, item);
	hc_buf_puts(&w->text, quote ? "\"" : paren ? ")" : "");
}

static int put_scalar_fields(struct writer *w, const struct hc_exception *ex)
{
	hc_buf_printf(&w->text, " and not (%s %s (", ex->fields.item, ex->comps.item);
	for (uint32_t i = 0; i < ex->nvalues; i++) {
		if (ex->values[i].is_list)
			return ERROR(w->ld, HC_LOAD_ERR_VALIDATE, ex->at, "Expected values array to contain a list of strings");
		hc_buf_puts(&w->text, i ? ", " : "");
		put_item(w, ex, &ex->values[i], false);
	}
	hc_buf_puts(&w->text, "))");
	return 0;
}

static int put_list_fields(struct writer *w, const struct hc_exception *ex)
{
	hc_buf_puts(&w->text, " and not (");
	for (uint32_t i = 0; i < ex->nvalues; i++) {
		const struct hc_exception_entry *tuple = &ex->values[i];

		if (tuple->nitems != ex->fields.nitems) {
			struct hc_problem *p = hc_problem_add(w->ld, HC_LOAD_ERR_VALIDATE, ex->at, NULL,
							      "Fields and values lists must have equal length");

			if (tuple->node)
				hc_problem_place_node(w->ld, p, ex->file, tuple->node);
			if (ex->fields.nitems == 1)
				hc_problem_hint(w->ld, p, "fields is a list, so each entry of values is one too: [[a], [b]]");
			else
				hc_problem_hint(w->ld, p, "there are %u fields, so each entry of values is a list of %u; several values "
							  "for one field are a list in it: [[[a, b], c]]",
						ex->fields.nitems, ex->fields.nitems);
			return HC_RULESET_INVALID;
		}
		hc_buf_puts(&w->text, i ? " or (" : "(");
		for (uint32_t k = 0; k < tuple->nitems; k++) {
			const struct hc_exception_entry *e = &tuple->items[k];
			const char *comp = ex->comps.items[k].item ? ex->comps.items[k].item : "";

			hc_buf_printf(&w->text, "%s %s %s ", k ? " and " : "",
				      ex->fields.items[k].item ? ex->fields.items[k].item : "", comp);
			if (!e->is_list) {
				put_item(w, ex, e, takes_list(stripped(comp)));
				continue;
			}
			hc_buf_putc(&w->text, '(');
			for (uint32_t m = 0; m < e->nitems; m++) {
				hc_buf_puts(&w->text, m ? ", " : "");
				put_item(w, ex, &e->items[m], false);
			}
			hc_buf_putc(&w->text, ')');
		}
		hc_buf_putc(&w->text, ')');
	}
	hc_buf_putc(&w->text, ')');
	return 0;
}

int hc_exceptions_apply(struct hc_loader *ld, const struct hc_rule_item *rule, struct hc_srctext *ret_condition)
{
	struct writer w = { .ld = ld };
	struct hc_srctext_exception *spans;
	uint32_t nspans = 0;
	int r = 0;

	*ret_condition = rule->condition;
	if (!rule->nexceptions)
		return 0;
	for (uint32_t i = 0; i < rule->condition.npieces; i++) {
		add_piece(&w, rule->condition.pieces[i]);
		w.pieces[i].off++;
	}
	hc_buf_putc(&w.text, '(');
	hc_buf_put(&w.text, rule->condition.p, rule->condition.len);
	hc_buf_putc(&w.text, ')');
	spans = hc_arena_array(&ld->ruleset->compile_arena, struct hc_srctext_exception, rule->nexceptions);
	for (uint32_t i = 0; !r && i < rule->nexceptions; i++) {
		const struct hc_exception *ex = &rule->exceptions[i];
		uint32_t off = (uint32_t)w.text.len;

		if (!ex->nvalues)
			continue;
		r = ex->fields.is_list ? put_list_fields(&w, ex) : put_scalar_fields(&w, ex);
		spans[nspans++] = (struct hc_srctext_exception){ off, (uint32_t)w.text.len - off, ex->name };
	}
	if (!r) {
		ret_condition->len = (uint32_t)w.text.len;
		ret_condition->p = hc_arena_dupn(&ld->ruleset->compile_arena, w.text.p, w.text.len);
		ret_condition->pieces = w.pieces;
		ret_condition->npieces = w.npieces;
		ret_condition->exceptions = spans;
		ret_condition->nexceptions = nspans;
	}
	hc_buf_done(&w.text);
	return r;
}
