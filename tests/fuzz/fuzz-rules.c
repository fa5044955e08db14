/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules files, mutated: YAML, collection, expansion, checks, outputs, every report and description. A line `=====` splits
 * the input into several files, which then change each other's items.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/describe.h"
#include "rules/ruleset.h"
#include "rules/selection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report(struct hc_ruleset *rs)
{
	struct hc_buf json HC_BUF_DONE = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	hc_report_text(f, rs, true);
	fclose(f);
	free(text);
	hc_report_json(&json, rs);
}

static void describe(struct hc_ruleset *rs)
{
	struct hc_selection_options options = { 0 };
	struct hc_buf json HC_BUF_DONE = { 0 };
	struct hc_selection_rule *rules;
	struct hc_selection *sel;
	struct hc_arena arena;
	uint32_t n;

	hc_describe_json(&json, rs);
	hc_arena_init(&arena);
	sel = hc_arena_new(&arena, struct hc_selection);
	rules = hc_selection_rules(rs, &arena, &n);
	hc_selection_make(&options, rules, n, &arena, sel);
	hc_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char split[] = "\n=====\n";
	static const struct hc_rule_switch switches[] = { { false, "*a*b", NULL }, { true, NULL, "x" } };
	struct hc_ruleset_options options = { .validate = true, .switches = switches, .nswitches = 2 };
	struct hc_ruleset *rs = hc_ruleset_new(&options);
	const char *text = (const char *)data, *end = text + size, *next;
	struct hc_diag diag;
	int r = 0;

	while (r >= 0 && text <= end) {
		next = memmem(text, (size_t)(end - text), split, sizeof split - 1);
		r = hc_ruleset_add(rs, "fuzz.yaml", text, (size_t)((next ? next : end) - text), &diag);
		text = next ? next + sizeof split - 1 : end + 1;
	}
	if (r >= 0)
		report(rs);
	if (r >= 0 && !rs->invalid && !hc_ruleset_finish(rs, &diag))
		describe(rs);
	hc_ruleset_free(rs);
	return 0;
}
