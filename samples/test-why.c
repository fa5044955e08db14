/* SPDX-License-Identifier: Apache-2.0
 *
 * Near misses of several rules in one pass.
 */
#include "samples/test-why.h"

#include <stdlib.h>

#include "common/mem.h"
#include "replay/misses.h"
#include "replay/show.h"

/* A field of the rule's output and what the test wants it to be. */
struct wanted {
	const struct hc_field *field;
	const struct hc_test_field *want;
};

struct asked {
	const struct hc_rule *rule;
	struct hc_misses *misses;
	struct wanted *wanted; /* owned */
	uint32_t nwanted;
};

struct look {
	struct asked asked[HC_TEST_WHY_RULES_MAX];
	uint32_t n;
};

static bool is_as_wanted(const struct wanted *w, struct hc_eval *eval)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	hc_show_field_text(eval, w->field, &text);
	if (w->want->want.match == HC_TEST_ABSENT)
		return hc_str_is((struct hc_str){ text.p, (uint32_t)text.len }, "<NA>");
	return hc_test_pattern_has(&w->want->want, (struct hc_str){ text.p, (uint32_t)text.len });
}

static bool see(void *ctx, struct hc_eval *eval)
{
	struct look *look = ctx;

	for (uint32_t i = 0; i < look->n; i++) {
		const struct asked *a = &look->asked[i];
		bool favoured = a->nwanted && hc_evset_has(&a->rule->events, eval->ev->type);

		for (uint32_t k = 0; favoured && k < a->nwanted; k++)
			favoured = is_as_wanted(&a->wanted[k], eval);
		hc_misses_event(a->misses, eval, favoured);
	}
	return true;
}

static void ask(struct look *look, const struct hc_ruleset *rules, const char *name, const struct hc_test_expect *expect)
{
	struct asked *a = &look->asked[look->n];
	const struct hc_output *output;

	for (uint32_t i = 0; i < rules->nrules; i++)
		if (rules->rules[i]->compiled && !strcmp(rules->rules[i]->name, name))
			a->rule = rules->rules[i];
	if (!a->rule)
		return;
	output = a->rule->compiled_output;
	a->wanted = hc_calloc(expect->nfields + 1, sizeof *a->wanted);
	for (uint32_t i = 0; i < expect->nfields; i++)
		for (uint32_t k = 0; k < output->nfields; k++)
			if (hc_str_eq(output->fields[k]->text, expect->fields[i].key))
				a->wanted[a->nwanted++] = (struct wanted){ output->fields[k], &expect->fields[i] };
	a->misses = hc_misses_new(rules, a->rule);
	look->n++;
}

void hc_test_why(const struct hc_strmap *missing, const struct hc_ruleset *rules, const struct hc_run *run,
		 struct hc_run_input *inputs, size_t ninputs, struct hc_strmap *ret_whys, struct hc_arena *arena)
{
	struct look *look = hc_calloc(1, sizeof *look);
	/* A copy: the totals of the first look stand. */
	struct hc_run again = *run;

	for (uint32_t i = 0; i < missing->cap && look->n < HC_TEST_WHY_RULES_MAX; i++)
		if (missing->slots[i].key.p)
			ask(look, rules, missing->slots[i].key.p, missing->slots[i].value);
	again.fn = see;
	again.ctx = look;
	again.wanted = NULL;
	again.silent = true;
	for (size_t i = 0; look->n && i < ninputs; i++) {
		for (uint32_t k = 0; ninputs > 1 && k < look->n; k++)
			hc_misses_capture(look->asked[k].misses, inputs[i].path);
		hc_run_capture(&again, &inputs[i]);
	}
	for (uint32_t i = 0; i < look->n; i++) {
		struct hc_buf text HC_BUF_DONE = { 0 };

		hc_misses_lines(look->asked[i].misses, HC_TEST_WHY_LINES_MAX, "       = ", &text);
		hc_strmap_put(ret_whys, hc_str(look->asked[i].rule->name), hc_arena_dupn(arena, text.p ? text.p : "", text.len));
		hc_misses_free(look->asked[i].misses);
		free(look->asked[i].wanted);
	}
	free(look);
}
