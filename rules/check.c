/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of rules/check.h. Predicates are interned by what they say, so that the copies macros leave all over a rule
 * set are one object from the start: the plan's hash-consing begins here.
 */
#include "rules/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/hash.h"
#include "common/mem.h"
#include "common/options.h"
#include "common/schema.h"
#include "rules/evtset.h"
#include "rules/hint.h"
#include "rules/lint.h"

#define TEXT(s) (int)((s).len < 200 ? (s).len : 200), (s).p

void hc_checker_init(struct hc_checker *checker)
{
	*checker = (struct hc_checker){ 0 };
	hc_field_set_init(&checker->fields);
	hc_arena_init(&checker->arena);
}

void hc_checker_done(struct hc_checker *checker)
{
	for (uint32_t i = 0; i < checker->nregexes; i++)
		hc_regex_free(checker->regexes[i]);
	free(checker->regexes);
	free(checker->predicates);
	free(checker->keys);
	free(checker->buckets);
	free(checker->notes);
	hc_field_set_done(&checker->fields);
	hc_arena_done(&checker->arena);
	*checker = (struct hc_checker){ 0 };
}

void hc_checker_note(struct hc_checker *checker, const struct hc_check_note *note)
{
	struct hc_check_note *n;

	if (checker->nnotes == checker->notes_cap) {
		checker->notes_cap = checker->notes_cap ? checker->notes_cap * 2 : 8;
		checker->notes = hc_realloc(checker->notes, checker->notes_cap * sizeof *checker->notes);
	}
	n = &checker->notes[checker->nnotes++];
	*n = *note;
	n->check = checker->current;
	if (!n->node.line)
		n->node = n->pos;
	n->text = hc_arena_dup(&checker->arena, note->text);
	n->hint = note->hint && note->hint[0] ? hc_arena_dup(&checker->arena, note->hint) : NULL;
	if (!n->len)
		n->len = 1;
}

static int refuse_at(struct hc_checker *c, struct hc_ast_pos pos, uint32_t len, struct hc_ast_pos node, const char *text,
		     const char *hint)
{
	hc_checker_note(c, &(struct hc_check_note){ true, "LOAD_ERR_COMPILE_CONDITION", text, hint, NULL, pos, len, node });
	return -EINVAL;
}

/* The literal is wrong; Falco names the whole right-hand side. */
static int refuse_literal(struct hc_checker *c, const struct hc_ast *a, const struct hc_literal *l, const char *text,
			  const char *hint)
{
	char advice[HC_HINT_MAX];

	hc_hint_value(l->value, text, advice);
	return refuse_at(c, l->pos, l->value.len, a->values_pos, text, hint ? hint : advice);
}

/* The operand as a whole is wrong; Falco names the part it has looked at last. */
static int refuse_operand(struct hc_checker *c, const struct hc_operand *op, const char *text, const char *hint)
{
	const struct hc_operand *leaf = op;

	while (leaf->nargs)
		leaf = leaf->args[leaf->nargs - 1];
	return refuse_at(c, op->pos, op->text.len, leaf->pos, text, hint);
}

/* --- operators and types (5.1) --- */

enum type_class { CLASS_STRING, CLASS_NUMBER, CLASS_BOOL, CLASS_IP, CLASS_BUFFER, CLASS_LIST, CLASS_OTHER };

static enum type_class class_of(uint8_t type, bool is_list)
{
	if (is_list)
		return CLASS_LIST;
	switch (type) {
	case PT_UID: case PT_GID: case PT_SOCKFAMILY: case PT_IPV4ADDR: case PT_IPV6ADDR:
		return CLASS_OTHER;
	case PT_BYTEBUF:
		return CLASS_BUFFER;
	case PT_DOUBLE:
		return CLASS_NUMBER;
	default:
		switch (hc_value_kind_of(type)) {
		case HC_VALUE_STRING: return CLASS_STRING;
		case HC_VALUE_INT: return CLASS_NUMBER;
		case HC_VALUE_BOOL: return CLASS_BOOL;
		case HC_VALUE_IP: return CLASS_IP;
		default: return CLASS_OTHER;
		}
	}
}

/* NULL if that operator may follow a value of that type, else the class of types for the message ("numeric"). */
static const char *refused_for(enum hc_op op, uint8_t type, bool is_list)
{
	static const char *const names[] = {
		[CLASS_STRING] = "string", [CLASS_NUMBER] = "numeric", [CLASS_BOOL] = "bool",
		[CLASS_IP] = "ip address and network", [CLASS_BUFFER] = "buffer", [CLASS_LIST] = "list",
	};
	enum type_class class = class_of(type, is_list);
	enum { S = 1 << CLASS_STRING, N = 1 << CLASS_NUMBER, B = 1 << CLASS_BOOL, I = 1 << CLASS_IP, U = 1 << CLASS_BUFFER,
	       L = 1 << CLASS_LIST };
	static const uint8_t allowed[HC_OP_COUNT] = {
		[HC_OP_EQ] = S | N | B | I | U, [HC_OP_NE] = S | N | B | I | U, [HC_OP_LT] = S | N, [HC_OP_LE] = S | N,
		[HC_OP_GT] = S | N, [HC_OP_GE] = S | N, [HC_OP_IN] = S | N | B | I | U | L,
		[HC_OP_INTERSECTS] = S | N | B | I | U | L, [HC_OP_PMATCH] = S, [HC_OP_CONTAINS] = S | U,
		[HC_OP_ICONTAINS] = S, [HC_OP_BCONTAINS] = U, [HC_OP_STARTSWITH] = S | U, [HC_OP_BSTARTSWITH] = U,
		[HC_OP_ENDSWITH] = S | U, [HC_OP_GLOB] = S, [HC_OP_IGLOB] = S, [HC_OP_REGEX] = S,
	};

	if (op == HC_OP_EXISTS || (class != CLASS_OTHER && allowed[op] >> class & 1))
		return NULL;
	return class == CLASS_OTHER ? hc_type_text(type) : names[class];
}

static int check_operator(struct hc_checker *c, const struct hc_ast *a, const struct hc_expr *left)
{
	const char *class = refused_for(a->op, left->type, left->is_list);
	char text[256], hint[HC_HINT_MAX];

	if (!class && left->is_list && a->modifier != HC_MOD_NONE)
		class = "list";
	if (!class)
		return 0;
	snprintf(text, sizeof text, "filter error: '%s' operator not supported for %s filters", hc_op_name(a->op), class);
	hc_hint_type(class, hint);
	return refuse_operand(c, a->left, text, hint);
}

/* --- literals --- */

static int check_literal(struct hc_checker *c, const struct hc_ast *a, const struct hc_literal *l,
			 const struct hc_expr *left)
{
	bool is_event_type = left->kind == HC_EXPR_FIELD && left->field->id == HC_FIELD_EVT_TYPE;
	char text[256], hint[96] = "";

	if (left->type != PT_BYTEBUF && l->value.len && memchr(l->value.p, '\0', l->value.len))
		return refuse_at(c, l->pos, 1, a->values_pos, "string values with a NUL byte are supported for byte buffer fields only",
				 NULL);
	if (is_event_type && !hc_event_name_known(l->value)) {
		const char *near = l->value.len < 64 ? hc_nearest(l->value.p, hc_event_names()) : NULL;

		if (near)
			snprintf(hint, sizeof hint, "did you mean '%s'?", near);
		snprintf(text, sizeof text, "unknown event type %.*s", TEXT(l->value));
		return refuse_literal(c, a, l, text, hint);
	}
	hc_lint_literal(c, a, l);
	return 0;
}

static int compile_regexes(struct hc_checker *c, const struct hc_ast *a, struct hc_predicate *p)
{
	const struct hc_regex **regexes = hc_arena_array(&c->arena, const struct hc_regex *, a->nvalues + 1);
	char why[160], text[256];

	for (uint32_t i = 0; i < a->nvalues; i++) {
		struct hc_str s = a->values[i].value;
		struct hc_regex *re = hc_regex_new(s.p ? s.p : "", s.len, why, sizeof why);

		if (!re) {
			snprintf(text, sizeof text, "invalid regex pattern: %s", why);
			return refuse_literal(c, a, &a->values[i], text, NULL);
		}
		if (!(c->nregexes & (c->nregexes + 1)))
			c->regexes = hc_realloc(c->regexes, 2 * (c->nregexes + 1) * sizeof *c->regexes);
		regexes[i] = c->regexes[c->nregexes++] = re;
	}
	p->regexes = regexes;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* in, intersects: the literals as a set. */
static void compile_set(struct hc_checker *c, struct hc_predicate *p)
{
	if (p->kind == HC_VALUE_INT || p->kind == HC_VALUE_BOOL) {
		uint64_t *numbers = hc_arena_array(&c->arena, uint64_t, p->nvalues + 1);

		for (uint32_t i = 0; i < p->nvalues; i++)
			numbers[i] = p->values[i].u;
		qsort(numbers, p->nvalues, sizeof *numbers, by_value);
		p->numbers = numbers;
	} else if (p->left->type != PT_IPNET) {
		struct hc_str *items = hc_arena_array(&c->arena, struct hc_str, p->nvalues + 1);

		for (uint32_t i = 0; i < p->nvalues; i++)
			items[i] = p->values[i].s;
		hc_strset_init(&p->set, &c->arena, items, p->nvalues);
	}
}

/* Fields that never match `in`, and sets only part of which counts: (Q) of rules-language.md 5.4, 5.5, 5.9. */
static void apply_quirks(struct hc_predicate *p)
{
	bool set = p->op == HC_OP_IN || p->op == HC_OP_INTERSECTS;
	const struct hc_field *f = p->left->kind == HC_EXPR_FIELD ? p->left->field : NULL;

	if (!p->right && !p->nvalues && p->op != HC_OP_EXISTS && !p->left->is_list)
		p->never = true;
	if (!f || !set)
		return;
	if (f->info->flags & HC_FIELD_NO_IN || (f->id == HC_FIELD_PROC_APID && f->match == HC_MATCH_ANY) ||
	    (f->id == HC_FIELD_EVT_RAWARG && p->kind == HC_VALUE_INT))
		p->never = true;
	if (f->id == HC_FIELD_FD_NET && p->op == HC_OP_IN && p->nvalues > 1)
		p->nvalues = 1;
}

static int compile_literals(struct hc_checker *c, const struct hc_ast *a, struct hc_predicate *p)
{
	struct hc_literal_value *values = hc_arena_array(&c->arena, struct hc_literal_value, a->nvalues + 1);
	bool hex = a->op == HC_OP_BCONTAINS || a->op == HC_OP_BSTARTSWITH;
	struct hc_diag diag;

	for (uint32_t i = 0; i < a->nvalues; i++) {
		struct hc_str s = a->values[i].value;

		s.p = hc_arena_dupn(&c->arena, s.p ? s.p : "", s.len);
		if (hc_literal_parse(&c->arena, s, p->left->type, hex, &values[i], &diag) < 0)
			return refuse_literal(c, a, &a->values[i], diag.text, NULL);
	}
	p->values = values;
	p->nvalues = a->nvalues;
	apply_quirks(p);
	if (a->op == HC_OP_IN || a->op == HC_OP_INTERSECTS)
		compile_set(c, p);
	if (a->op == HC_OP_PMATCH) {
		struct hc_str *paths = hc_arena_array(&c->arena, struct hc_str, a->nvalues + 1);

		for (uint32_t i = 0; i < a->nvalues; i++)
			paths[i] = values[i].s;
		p->paths = hc_pmatch_new(&c->arena, paths, a->nvalues);
	}
	return a->op == HC_OP_REGEX ? compile_regexes(c, a, p) : 0;
}

/* --- field against field (5.11) --- */

static bool no_rhs(const struct hc_expr *e)
{
	return e->kind == HC_EXPR_FIELD && e->field->info->flags & HC_FIELD_NO_RHS;
}

static int check_rhs(struct hc_checker *c, const struct hc_ast *a, const struct hc_expr *l, const struct hc_expr *r)
{
	char text[512] = "";

	if (a->op == HC_OP_PMATCH || a->op == HC_OP_REGEX)
		snprintf(text, sizeof text, "filter error: '%s' operator does not support right-hand side fields",
			 hc_op_name(a->op));
	else if (no_rhs(l) || l->type == PT_IPNET)
		snprintf(text, sizeof text, "field '%.*s' doesn't support right-hand side fields", TEXT(l->text));
	else if (no_rhs(r))
		snprintf(text, sizeof text, "field '%.*s' can't be used as a right-hand side field", TEXT(r->text));
	else if (l->type != r->type || l->is_list != r->is_list)
		snprintf(text, sizeof text,
			 "field '%.*s' has type '%s%s' while the right-hand side field '%.*s' has incompatible type '%s%s'",
			 TEXT(l->text), l->is_list ? "LIST of " : "", hc_type_text(l->type), TEXT(r->text),
			 r->is_list ? "LIST of " : "", hc_type_text(r->type));
	return text[0] ? refuse_operand(c, a->right, text, NULL) : 0;
}

static int compile_operand(struct hc_checker *c, struct hc_operand *op, const struct hc_expr **ret)
{
	char hint[HC_FIELD_HINT_MAX] = "";
	const struct hc_operand *at;
	struct hc_diag diag;

	if (hc_expr_compile(op, &c->fields, &c->arena, ret, &at, &diag) == 0)
		return 0;
	if (at->kind == HC_OPERAND_FIELD && !at->field)
		hc_field_hint(at->name, at->has_arg, at->arg, hint);
	return refuse_operand(c, at, diag.text, hint);
}

/* --- interning --- */

static void key_u32(struct hc_buf *key, uint32_t v)
{
	hc_buf_put(key, &v, sizeof v);
}

static void key_str(struct hc_buf *key, struct hc_str s)
{
	key_u32(key, s.len);
	hc_buf_put(key, s.p, s.len);
}

/* Everything that distinguishes an operand, unambiguous because lengths precede texts. */
static void operand_key(struct hc_buf *key, const struct hc_operand *op)
{
	key_u32(key, op->kind);
	key_str(key, op->name);
	key_u32(key, op->has_arg);
	if (op->has_arg)
		key_str(key, op->arg);
	key_u32(key, op->nargs);
	for (uint32_t i = 0; i < op->nargs; i++)
		operand_key(key, op->args[i]);
}

static void predicate_key(struct hc_buf *key, const struct hc_ast *a)
{
	key_u32(key, a->op);
	key_u32(key, a->modifier);
	operand_key(key, a->left);
	key_u32(key, a->nvalues);
	for (uint32_t i = 0; i < a->nvalues; i++)
		key_str(key, a->values[i].value);
	if (a->right)
		operand_key(key, a->right);
}

static void grow(struct hc_checker *c)
{
	uint32_t n = c->nbuckets ? c->nbuckets * 2 : 256;

	free(c->buckets);
	c->buckets = hc_calloc(n, sizeof *c->buckets);
	c->nbuckets = n;
	for (uint32_t i = 0; i < c->npredicates; i++) {
		uint32_t b = (uint32_t)hc_hash_bytes(c->keys[i].p, c->keys[i].len) & (n - 1);

		while (c->buckets[b])
			b = (b + 1) & (n - 1);
		c->buckets[b] = i + 1;
	}
}

/* The slot of that key: 0 in it if there is no such predicate yet. */
static uint32_t *slot_of(struct hc_checker *c, struct hc_str key)
{
	uint32_t b;

	if (c->npredicates * 2 >= c->nbuckets)
		grow(c);
	b = (uint32_t)hc_hash_bytes(key.p, key.len) & (c->nbuckets - 1);
	while (c->buckets[b] && !hc_str_eq(c->keys[c->buckets[b] - 1], key))
		b = (b + 1) & (c->nbuckets - 1);
	return &c->buckets[b];
}

static void add(struct hc_checker *c, uint32_t *slot, struct hc_str key, struct hc_predicate *p)
{
	if (c->npredicates == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 128;
		c->predicates = hc_realloc(c->predicates, c->cap * sizeof *c->predicates);
		c->keys = hc_realloc(c->keys, c->cap * sizeof *c->keys);
	}
	p->id = c->npredicates;
	c->predicates[p->id] = p;
	c->keys[p->id] = (struct hc_str){ hc_arena_dupn(&c->arena, key.p, key.len), key.len };
	*slot = ++c->npredicates;
}

static void write_text(struct hc_checker *c, const struct hc_ast *a, struct hc_predicate *p)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	bool list = a->op == HC_OP_IN || a->op == HC_OP_INTERSECTS || a->op == HC_OP_PMATCH || a->modifier != HC_MOD_NONE;

	hc_buf_put(&text, a->left->text.p, a->left->text.len);
	hc_buf_printf(&text, " %s", hc_op_name(a->op));
	if (a->modifier != HC_MOD_NONE)
		hc_buf_printf(&text, " %s", hc_modifier_name(a->modifier));
	if (a->right) {
		hc_buf_putc(&text, ' ');
		hc_buf_put(&text, a->right->text.p, a->right->text.len);
	} else if (a->op != HC_OP_EXISTS) {
		hc_buf_puts(&text, list ? " (" : " ");
		for (uint32_t i = 0; i < a->nvalues; i++) {
			if (i)
				hc_buf_puts(&text, ", ");
			hc_buf_put(&text, a->values[i].value.p, a->values[i].value.len);
		}
		if (list)
			hc_buf_putc(&text, ')');
	}
	p->text = (struct hc_str){ hc_arena_dupn(&c->arena, text.p, text.len), (uint32_t)text.len };
}

static int compile_predicate(struct hc_checker *c, const struct hc_ast *a, struct hc_predicate *p)
{
	int r = compile_operand(c, a->left, &p->left);

	if (r < 0)
		return r;
	p->op = a->op;
	p->modifier = a->modifier;
	p->scope = p->left->scope;
	p->kind = (uint8_t)hc_value_kind_of(p->left->type);
	r = check_operator(c, a, p->left);
	if (r < 0)
		return r;
	if (a->right) {
		r = compile_operand(c, a->right, &p->right);
		if (r == 0)
			r = check_rhs(c, a, p->left, p->right);
		if (r < 0)
			return r;
		p->scope = hc_scope_join(p->scope, p->right->scope);
		apply_quirks(p);
		return 0;
	}
	for (uint32_t i = 0; i < a->nvalues; i++) {
		r = check_literal(c, a, &a->values[i], p->left);
		if (r < 0)
			return r;
	}
	return compile_literals(c, a, p);
}

/* Operators on one value that need nothing but the literals. */
static bool is_plain(const struct hc_predicate *p)
{
	return !p->right && !p->never && p->modifier == HC_MOD_NONE && p->left->match == HC_MATCH_ONE && !p->left->is_list &&
	       p->op != HC_OP_EXISTS && p->op != HC_OP_PMATCH && p->op != HC_OP_INTERSECTS;
}

static int check_comparison(struct hc_checker *c, struct hc_ast *a)
{
	struct hc_buf key HC_BUF_DONE = { 0 };
	struct hc_predicate *p;
	struct hc_str k;
	uint32_t *slot;
	int r;

	predicate_key(&key, a);
	k = (struct hc_str){ key.p, (uint32_t)key.len };
	slot = slot_of(c, k);
	if (*slot) {
		/* known good; only what is said about this occurrence is new */
		a->predicate = c->predicates[*slot - 1];
		a->left->field = a->predicate->left->field;
		for (uint32_t i = 0; i < a->nvalues; i++)
			hc_lint_literal(c, a, &a->values[i]);
		return 0;
	}
	p = hc_arena_new(&c->arena, struct hc_predicate);
	r = compile_predicate(c, a, p);
	if (r < 0)
		return r;
	p->plain = is_plain(p);
	write_text(c, a, p);
	add(c, slot, k, p);
	a->predicate = p;
	return 0;
}

static int check(struct hc_checker *c, struct hc_ast *a)
{
	int r;

	if (a->kind == HC_AST_CHECK) {
		c->current = a;
		return check_comparison(c, a);
	}
	for (uint32_t i = 0; i < a->nkids; i++) {
		r = check(c, a->kids[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int hc_check_condition(struct hc_checker *checker, struct hc_ast *ast)
{
	uint32_t deprecated;
	int r;

	checker->nnotes = 0;
	hc_lint_deprecated_fields(checker, ast);
	deprecated = checker->nnotes;
	r = check(checker, ast);
	checker->current = NULL;
	if (r < 0) {
		/* what else there is to say is said once it compiles */
		checker->notes[deprecated] = checker->notes[checker->nnotes - 1];
		checker->nnotes = deprecated + 1;
	}
	return r;
}
