/* SPDX-License-Identifier: Apache-2.0
 *
 * Near misses of several rules in one pass.
 */
#include "samples/test-why.h"

#include <stdio.h>

#include "replay/misses.h"

struct look {
	struct hc_misses *misses[HC_TEST_WHY_RULES_MAX];
	const struct hc_rule *rules[HC_TEST_WHY_RULES_MAX];
	uint32_t n;
};

static bool see(void *ctx, struct hc_eval *eval)
{
	struct look *look = ctx;

	for (uint32_t i = 0; i < look->n; i++)
		hc_misses_event(look->misses[i], eval, false);
	return true;
}

void hc_test_why(const struct hc_strmap *missing, const struct hc_ruleset *rules, const struct hc_run *run,
		 struct hc_run_input *inputs, size_t ninputs, struct hc_strmap *ret_whys, struct hc_arena *arena)
{
	struct look look = { .n = 0 };
	/* A copy: the totals of the first look stand. */
	struct hc_run again = *run;

	for (uint32_t i = 0; i < missing->cap && look.n < HC_TEST_WHY_RULES_MAX; i++) {
		const struct hc_rule *rule = missing->slots[i].key.p ? missing->slots[i].value : NULL;

		if (!rule || !rule->compiled)
			continue;
		look.rules[look.n] = rule;
		look.misses[look.n++] = hc_misses_new(rules, rule);
	}
	again.fn = see;
	again.ctx = &look;
	again.wanted = NULL;
	again.silent = true;
	for (size_t i = 0; look.n && i < ninputs; i++) {
		for (uint32_t k = 0; ninputs > 1 && k < look.n; k++)
			hc_misses_capture(look.misses[k], inputs[i].path);
		hc_run_capture(&again, &inputs[i]);
	}
	for (uint32_t i = 0; i < look.n; i++) {
		struct hc_buf text HC_BUF_DONE = { 0 };

		hc_misses_lines(look.misses[i], HC_TEST_WHY_LINES_MAX, "       = ", &text);
		hc_strmap_put(ret_whys, hc_str(look.rules[i]->name), hc_arena_dupn(arena, text.p ? text.p : "", text.len));
		hc_misses_free(look.misses[i]);
	}
}
