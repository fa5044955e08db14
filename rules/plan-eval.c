/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts on nodes for the current event, each worked out at most once: per event, or per thread, lineage or fd until its
 * owner says that something changed.
 */
#include "rules/plan-internal.h"

/* Two bits per node in a memo. */
enum { KNOWN = 1, HOLDS = 2 };

static void fill(struct hc_plan *plan, struct hc_plan_slot *slot, const struct hc_expr *e)
{
	slot->generation = plan->generation;
	slot->present = plan->ev->extract(plan->ev->ctx, e->field, false, &slot->value);
	if (!slot->present)
		return;
	if (slot->value.kind == HC_VALUE_STRING) {
		struct hc_str *s = &slot->value.s;
		const char *nul = s->len ? memchr(s->p, '\0', s->len) : NULL;

		if (nul)
			s->len = (uint32_t)(nul - s->p);
	} else if (slot->value.kind == HC_VALUE_LIST) {
		struct hc_expr_ctx cx = { plan->ev->extract, plan->ev->ctx, &plan->scratch };

		slot->present = hc_expr_eval(e, &cx, false, &slot->value);
	}
}

/* The value of a bare field, extracted and cut at its NUL once per event. */
static inline const struct hc_plan_slot *slot_of(struct hc_plan *plan, const struct hc_expr *e)
{
	struct hc_plan_slot *slot = &plan->slots[e->field->slot];

	if (slot->generation != plan->generation)
		fill(plan, slot, e);
	return slot;
}

/* hc_extract_fn for what is not a bare field; ctx: the plan. */
static bool extract(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_expr e = { .kind = HC_EXPR_FIELD, .field = field };
	const struct hc_plan_slot *slot = slot_of(ctx, &e);

	(void)for_output; /* conditions never ask for it */
	*ret = slot->value;
	return slot->present;
}

bool hc_plan_field(struct hc_plan *plan, const struct hc_expr *e, const struct hc_value **ret)
{
	const struct hc_plan_slot *slot = slot_of(plan, e);

	*ret = &slot->value;
	return slot->present;
}

static bool eval_predicate(struct hc_plan *plan, const struct hc_predicate *p)
{
	const struct hc_plan_slot *slot;

	if (p->left->kind == HC_EXPR_FIELD) {
		slot = slot_of(plan, p->left);
		if (!slot->present)
			return false;
		if (p->plain)
			return hc_predicate_test(p, NULL, &slot->value);
		return hc_predicate_test(p, &(struct hc_expr_ctx){ extract, plan, &plan->scratch }, &slot->value);
	}
	return hc_predicate_eval(p, &(struct hc_expr_ctx){ extract, plan, &plan->scratch });
}

static bool eval_patterns(struct hc_plan *plan, const struct hc_node *node)
{
	const struct hc_plan_slot *slot = slot_of(plan, plan->graph.nodes[node->kids[0] >> 1].predicate->left);

	return !slot->present || !hc_patterns_match(node->patterns, &slot->value);
}

/* The node's verdict. Inlined into the loop over kids, which is where the time goes: what was worked out already costs a
 * look at a stamp or a bit. */
static inline __attribute__((always_inline)) bool verdict(struct hc_plan *plan, uint32_t id);

static bool eval_kids(struct hc_plan *plan, const struct hc_node *node)
{
	const hc_edge *kids = node->kids;

	for (uint32_t i = 0, n = node->nkids; i < n; i++)
		if (verdict(plan, kids[i] >> 1) == (kids[i] & 1))
			return false;
	return true;
}

static bool work_out(struct hc_plan *plan, const struct hc_node *node)
{
	if (node->predicate)
		return eval_predicate(plan, node->predicate);
	return node->patterns ? eval_patterns(plan, node) : eval_kids(plan, node);
}

static bool remembered(struct hc_plan *plan, const struct hc_node *node, struct hc_memo *memo)
{
	uint32_t *word = &memo->bits[node->memo / 16], shift = node->memo % 16 * 2, bits = *word >> shift;
	bool holds;

	if (bits & KNOWN)
		return bits & HOLDS;
	holds = work_out(plan, node);
	*word |= (uint32_t)(holds ? KNOWN | HOLDS : KNOWN) << shift;
	return holds;
}

static inline bool verdict(struct hc_plan *plan, uint32_t id)
{
	uint32_t stamp = plan->stamps[id];
	const struct hc_node *node;
	bool holds;

	if (stamp >> 1 == plan->generation)
		return stamp & 1;
	node = &plan->graph.nodes[id];
	holds = plan->memos[node->scope] ? remembered(plan, node, plan->memos[node->scope]) : work_out(plan, node);
	plan->stamps[id] = plan->generation << 1 | holds;
	return holds;
}

bool hc_plan_edge(struct hc_plan *plan, hc_edge e)
{
	return verdict(plan, e >> 1) != (e & 1);
}
