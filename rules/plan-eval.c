/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts on nodes for the current event, each worked out at most once: per event, or per thread, lineage or fd until its
 * owner says that something changed.
 */
#include "rules/plan-internal.h"

/* Two bits per node in a memo. */
enum { KNOWN = 1, HOLDS = 2 };

bool hc_plan_extract(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_plan *plan = ctx;
	struct hc_plan_slot *slot = &plan->slots[field->slot];

	(void)for_output; /* never asked for by conditions */
	if (slot->generation != plan->generation) {
		slot->present = plan->ev->extract(plan->ev->ctx, field, false, &slot->value);
		slot->generation = plan->generation;
	}
	*ret = slot->value;
	return slot->present;
}

static bool work_out(struct hc_plan *plan, const struct hc_node *node)
{
	if (node->predicate) {
		struct hc_expr_ctx cx = { hc_plan_extract, plan, &plan->scratch };

		plan->nevaluations++;
		return hc_predicate_eval(node->predicate, &cx);
	}
	for (uint32_t i = 0; i < node->nkids; i++)
		if (!hc_plan_edge(plan, node->kids[i]))
			return false;
	return true;
}

bool hc_plan_edge(struct hc_plan *plan, hc_edge e)
{
	uint32_t id = e >> 1;
	const struct hc_node *node = &plan->graph.nodes[id];
	struct hc_memo *memo = plan->memos[node->scope];
	bool holds;

	if (!id)
		return e == HC_EDGE_TRUE;
	if (memo) {
		uint32_t *word = &memo->bits[node->memo / 16], shift = node->memo % 16 * 2, bits = *word >> shift;

		if (bits & KNOWN)
			return !!(bits & HOLDS) != (e & 1);
		holds = work_out(plan, node);
		*word |= (uint32_t)(holds ? KNOWN | HOLDS : KNOWN) << shift;
		return holds != (e & 1);
	}
	if (plan->stamps[id] >> 1 == plan->generation)
		return (plan->stamps[id] & 1) != (e & 1);
	holds = work_out(plan, node);
	plan->stamps[id] = plan->generation << 1 | holds;
	return holds != (e & 1);
}
