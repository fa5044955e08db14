/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations and coverage of mutated rules over a few events. Rules come first; what follows a line `=====` is what the
 * events are about. Verdicts must be those of plain evaluation, reports bounded and free of control characters.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/replay/event-builder.h"
#include "replay/hits.h"
#include "replay/misses.h"
#include "rules/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES_TRIED = 8, SUBJECT_MAX = 3000, EVENTS = 4 };

static void check_text(struct hc_buf *text, size_t max)
{
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->p[i] < 0x20 && text->p[i] != '\n')
			abort();
	if (text->len > max)
		abort();
	hc_buf_reset(text);
}

static void explain(const struct hc_rule *rule, struct hc_explainer *explainer, struct hc_eval *eval)
{
	struct hc_expr_ctx cx = { .extract = hc_extract, .ctx = eval, .scratch = &eval->scratch };
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_explanation *e;
	struct hc_arena arena;

	hc_arena_init(&arena);
	e = hc_explain(explainer, rule, eval, &arena);
	if (e->root->truth != hc_naive_eval(rule->ast, &cx) || e->root->truth != !e->root->to_true || e->root->truth == e->root->blamed)
		abort();
	hc_explain_why(e, &text);
	check_text(&text, HC_EXPLAIN_LINE_MAX);
	hc_explain_text(e, true, &text);
	check_text(&text, (HC_EXPLAIN_NODES_MAX + 10) * 4000);
	hc_explain_json(e, &text);
	check_text(&text, SIZE_MAX);
	hc_arena_done(&arena);
}

static bool happens(struct world *w, struct hc_eval *eval, const char *subject, int i)
{
	bool seen = false;

	switch (i) {
	case 0: seen = feed(w, PPME_SYSCALL_UNLINK_2_X, 11, N(0), S(subject)); break;
	case 1: seen = feed(w, PPME_SYSCALL_OPENAT_2_X, 10, N(3), N(-100), S(subject), N(1), N(0), N(0), N(0)); break;
	case 2: seen = feed(w, PPME_SYSCALL_UNLINK_2_X, 10, N(-2), S("/etc/passwd")); break;
	default: seen = feed(w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(3)); break;
	}
	if (seen)
		hc_eval_begin(eval, &w->built->ev);
	return seen;
}

static void try(const struct hc_ruleset *rules, const char *subject)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_misses *misses[RULES_TRIED];
	struct hc_explainer *explainer = hc_explainer_new();
	struct hc_hits *hits = hc_hits_new(rules);
	struct world w = world_begin();
	struct hc_eval eval;
	uint32_t n = rules->nactive < RULES_TRIED ? rules->nactive : RULES_TRIED;

	world_thread(&w, 10, 10, 1)->comm = HC_STR("bash");
	world_thread(&w, 11, 11, 10)->comm = hc_str(subject);
	world_load(&w);
	hc_eval_init(&eval, w.state);
	for (uint32_t k = 0; k < n; k++)
		misses[k] = hc_misses_new(rules, rules->active[k]);
	for (int i = 0; i < EVENTS; i++) {
		if (!happens(&w, &eval, subject, i))
			continue;
		hc_hits_event(hits, &eval);
		for (uint32_t k = 0; k < n; k++) {
			explain(rules->active[k], explainer, &eval);
			hc_misses_event(misses[k], &eval, i & 1);
		}
	}
	for (uint32_t k = 0; k < n; k++) {
		hc_misses_lines(misses[k], 3, "  ", &text);
		check_text(&text, 3 * (HC_EXPLAIN_LINE_MAX + 2000));
		hc_misses_free(misses[k]);
	}
	for (int format = HC_HITS_TEXT; format <= HC_HITS_HTML; format++) {
		hc_hits_report(hits, (enum hc_hits_format)format, &text);
		check_text(&text, SIZE_MAX);
	}
	hc_hits_free(hits);
	hc_explainer_free(explainer);
	hc_eval_done(&eval);
	world_end(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char split[] = "\n=====\n";
	struct hc_ruleset_options options = { 0 };
	struct hc_ruleset *rules = hc_ruleset_new(&options);
	const char *text = (const char *)data, *end = text + size, *cut = size ? memmem(text, size, split, sizeof split - 1) : NULL;
	const char *rest = cut ? cut + sizeof split - 1 : end;
	char subject[SUBJECT_MAX + 1];
	struct hc_diag diag;

	snprintf(subject, sizeof subject, "%.*s", (int)(end - rest < SUBJECT_MAX ? end - rest : SUBJECT_MAX), rest);
	if (!hc_ruleset_add(rules, "fuzz.yaml", text, (size_t)((cut ? cut : end) - text), &diag) && !rules->invalid &&
	    !hc_ruleset_finish(rules, &diag))
		try(rules, subject);
	hc_ruleset_free(rules);
	return 0;
}
