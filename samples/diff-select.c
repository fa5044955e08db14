/* SPDX-License-Identifier: Apache-2.0
 *
 * What recording would select for each of two rule sets. This only compares; which events a rule sees in a replay is never
 * decided here (architecture.md decision 4), and nothing but `hindcast diff` may reach it.
 */
#include "rules/selection.h"
#include "samples/diff.h"

static void select_side(struct hc_diff *diff, int side, struct hc_selection *ret)
{
	static const struct hc_selection_options options = { 0 };
	struct hc_selection_rule *rules;
	uint32_t n;

	rules = hc_selection_rules(hc_replay_rules(diff->side[side].replay), &diff->arena, &n);
	hc_selection_make(&options, rules, n, &diff->arena, ret);
	diff->side[side].syscalls = ret->final;
}

void hc_diff_select(struct hc_diff *diff)
{
	struct hc_selection *old = hc_arena_new(&diff->arena, struct hc_selection), *now = hc_arena_new(&diff->arena, struct hc_selection);

	select_side(diff, 0, old);
	select_side(diff, 1, now);
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_scset_has(&old->final, sc) != hc_scset_has(&now->final, sc))
			diff->why_selected[sc] = hc_selection_why(hc_scset_has(&old->final, sc) ? old : now, sc, &diff->arena);
}
