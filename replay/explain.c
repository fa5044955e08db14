/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation of a condition for people. Comparisons mean what they mean to the plan, because both ask
 * rules/predicate.h; what is added is who to blame.
 */
#include "replay/explain.h"

#include <stdlib.h>

#include "common/mem.h"
#include "replay/message.h"
#include "rules/predicate.h"

/* The fields that say what an event is; rule sets are not ours to add to. */
struct hc_explainer {
	struct hc_field_set fields;
	const struct hc_field *type, *comm;
};

struct hc_explainer *hc_explainer_new(void)
{
	struct hc_explainer *x = hc_calloc(1, sizeof *x);

	hc_field_set_init(&x->fields);
	x->type = hc_field_of(&x->fields, "evt.type");
	x->comm = hc_field_of(&x->fields, "proc.name");
	return x;
}

struct hc_explainer *hc_explainer_free(struct hc_explainer *x)
{
	if (!x)
		return NULL;
	hc_field_set_done(&x->fields);
	free(x);
	return NULL;
}

/* ---- evaluation ---- */

static uint32_t max_id(const struct hc_ast *ast)
{
	uint32_t max = ast->kind == HC_AST_CHECK ? ast->predicate->id : 0;

	for (uint32_t i = 0; i < ast->nkids; i++) {
		uint32_t id = max_id(ast->kids[i]);

		max = id > max ? id : max;
	}
	return max;
}

/* firsts: by predicate id, the first node that has it. */
static void build(struct hc_explained *n, const struct hc_ast *ast, const struct hc_explained **firsts, struct hc_arena *arena)
{
	n->ast = ast;
	n->nkids = ast->nkids;
	n->kids = ast->nkids ? hc_arena_array(arena, struct hc_explained, ast->nkids) : NULL;
	for (uint32_t i = 0; i < ast->nkids; i++)
		build(&n->kids[i], ast->kids[i], firsts, arena);
	if (ast->kind != HC_AST_CHECK)
		return;
	n->same = firsts[ast->predicate->id];
	if (!n->same)
		firsts[ast->predicate->id] = n;
}

struct hc_explained *hc_explained_new(struct hc_arena *arena, const struct hc_ast *ast)
{
	struct hc_explained *root = hc_arena_new(arena, struct hc_explained);
	const struct hc_explained **firsts = hc_calloc(max_id(ast) + 1, sizeof(*firsts));

	build(root, ast, firsts, arena);
	free(firsts);
	return root;
}

static uint32_t size_of(const struct hc_value *v)
{
	switch (v->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES: return v->s.len;
	case HC_VALUE_LIST: return v->nitems;
	default: return 0;
	}
}

static void eval_check(struct hc_explained *n, const struct hc_expr_ctx *cx)
{
	const struct hc_predicate *p = n->ast->predicate;

	/* a few macros can make one comparison a hundred thousand */
	if (n->same) {
		n->present = n->same->present;
		n->right_present = n->same->right_present;
		n->truth = n->same->truth;
		n->left = n->same->left;
		n->right = n->same->right;
		n->left_len = n->same->left_len;
		n->to_true = !n->truth;
		n->to_false = n->truth;
		return;
	}
	n->present = hc_expr_eval(p->left, cx, false, &n->left);
	n->right_present = p->right && hc_expr_eval(p->right, cx, false, &n->right);
	n->truth = n->present && hc_predicate_test(p, cx, &n->left);
	n->left_len = n->present ? size_of(&n->left) : 0;
	n->matched = false;
	n->to_true = !n->truth;
	n->to_false = n->truth;
}

static uint32_t add(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* A conjunction is made true by making all of it true, false by the cheapest of it; a disjunction the other way. */
static void eval(struct hc_explained *n, const struct hc_expr_ctx *cx, bool reached)
{
	bool and = n->ast->kind == HC_AST_AND, open = reached;
	uint32_t all = 0, one = UINT32_MAX;

	n->reached = reached;
	n->blamed = false;
	if (n->ast->kind == HC_AST_CHECK) {
		eval_check(n, cx);
		return;
	}
	if (n->ast->kind == HC_AST_NOT) {
		eval(&n->kids[0], cx, reached);
		n->truth = !n->kids[0].truth;
		n->to_true = n->kids[0].to_false;
		n->to_false = n->kids[0].to_true;
		return;
	}
	n->truth = and;
	for (uint32_t i = 0; i < n->nkids; i++) {
		struct hc_explained *kid = &n->kids[i];

		eval(kid, cx, open);
		all = add(all, and ? kid->to_true : kid->to_false);
		one = min(one, and ? kid->to_false : kid->to_true);
		if (kid->truth != and)
			open = false, n->truth = !and;
	}
	n->to_true = and ? all : one;
	n->to_false = and ? one : all;
}

/* Marks what has to come out otherwise for n to become `want`: all that is in the way, or of alternatives the nearest. */
static void blame(struct hc_explained *n, bool want)
{
	bool all = (n->ast->kind == HC_AST_AND) == want;
	uint32_t need = want ? n->to_true : n->to_false;

	if (n->truth == want)
		return;
	n->blamed = true;
	for (uint32_t i = 0; i < n->nkids; i++) {
		struct hc_explained *kid = &n->kids[i];

		if (n->ast->kind == HC_AST_NOT)
			blame(kid, !want);
		else if (all || (want ? kid->to_true : kid->to_false) == need)
			blame(kid, want);
	}
}

void hc_explained_eval(struct hc_explained *root, struct hc_eval *ev)
{
	struct hc_expr_ctx cx = { .extract = hc_extract, .ctx = ev, .scratch = &ev->scratch };

	eval(root, &cx, true);
	blame(root, true);
}

/* ---- keeping ---- */

static struct hc_value keep_value(const struct hc_value *v, struct hc_arena *arena)
{
	struct hc_value copy = *v, *items;

	switch (v->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES: case HC_VALUE_IP:
		copy.s.len = min(v->s.len, HC_EXPLAIN_BYTES_MAX);
		copy.s.p = hc_arena_dupn(arena, v->s.p ? v->s.p : "", copy.s.len);
		break;
	case HC_VALUE_LIST:
		copy.nitems = min(v->nitems, HC_EXPLAIN_ITEMS_MAX);
		copy.items = items = hc_arena_array(arena, struct hc_value, copy.nitems + 1);
		for (uint32_t i = 0; i < copy.nitems; i++)
			items[i] = keep_value(&v->items[i], arena);
		break;
	default:
		break;
	}
	return copy;
}

static void keep(struct hc_explained *to, const struct hc_explained *from, struct hc_arena *arena, struct hc_arena *scratch)
{
	uint32_t value, literal;

	*to = *from;
	to->same = NULL;
	to->kids = from->nkids ? hc_arena_array(arena, struct hc_explained, from->nkids) : NULL;
	for (uint32_t i = 0; i < from->nkids; i++)
		keep(&to->kids[i], &from->kids[i], arena, scratch);
	if (from->ast->kind != HC_AST_CHECK)
		return;
	if (from->present) {
		to->left = keep_value(&from->left, arena);
		to->matched = from->truth &&
			      hc_predicate_match(from->ast->predicate, scratch, &from->left, &value, &literal);
		if (to->matched) {
			to->literal = literal;
			to->match = keep_value(from->left.kind == HC_VALUE_LIST ? &from->left.items[value] : &from->left, arena);
		}
	}
	if (from->right_present)
		to->right = keep_value(&from->right, arena);
}

static const char *text_of(struct hc_eval *ev, const struct hc_field *field, struct hc_arena *arena)
{
	struct hc_value v;

	if (!hc_extract(ev, field, true, &v) || v.kind != HC_VALUE_STRING)
		return "";
	return hc_arena_dupn(arena, v.s.p, min(v.s.len, HC_EXPLAIN_BYTES_MAX));
}

static const char *output_of(struct hc_eval *ev, const struct hc_rule *rule, struct hc_arena *arena)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	hc_buf_puts(&text, "");
	hc_message_text(ev, rule->compiled_output, true, &text);
	return hc_arena_dupn(arena, text.p, min((uint32_t)text.len, HC_EXPLAIN_OUTPUT_MAX));
}

struct hc_explanation *hc_explain_keep(struct hc_explainer *x, const struct hc_rule *rule, const struct hc_explained *root,
				       struct hc_eval *ev, struct hc_arena *arena)
{
	struct hc_explanation *e = hc_arena_new(arena, struct hc_explanation);
	struct hc_explained *copy = hc_arena_new(arena, struct hc_explained);

	keep(copy, root, arena, &ev->scratch);
	*e = (struct hc_explanation){
		.rule = rule, .num = ev->ev->num, .ts_ns = ev->ev->ts_ns, .tid = ev->ev->tid, .root = copy,
		.event = text_of(ev, x->type, arena), .comm = text_of(ev, x->comm, arena),
		.output = output_of(ev, rule, arena),
		/* every rule looks at async events (rules-language.md 7.1) */
		.looked_at = hc_evset_has(&rule->events, ev->ev->type) || ev->ev->type == PPME_ASYNCEVENT_E };
	return e;
}

struct hc_explanation *hc_explain(struct hc_explainer *x, const struct hc_rule *rule, struct hc_eval *ev, struct hc_arena *arena)
{
	struct hc_explained *root = hc_explained_new(arena, rule->ast);

	hc_explained_eval(root, ev);
	return hc_explain_keep(x, rule, root, ev, arena);
}
