/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules and events of a small host, for tests of what explains rules: one process tree init(1) - bash(10) - prog(11),
 * which opens files and unlinks them.
 */
#pragma once

#include <criterion/criterion.h>

#include "field-checks.h"
#include "rules/ruleset.h"

static struct hc_ruleset *rules;

static inline void host_begin(void)
{
	asker_begin();
	world_thread(&a.w, 1, 1, 0)->comm = HC_STR("init");
	world_thread(&a.w, 10, 10, 1)->comm = HC_STR("bash");
	world_thread(&a.w, 11, 11, 10)->comm = HC_STR("prog");
	asker_load();
}

static inline void host_end(void)
{
	rules = hc_ruleset_free(rules);
	asker_end();
}

static inline void load(const char *text)
{
	struct hc_ruleset_options options = { 0 };
	struct hc_diag diag;

	rules = hc_ruleset_new(&options);
	if (hc_ruleset_add(rules, "t.yaml", text, strlen(text), &diag)) {
		hc_report_text(stderr, rules, false);
		cr_assert_fail("the rules do not load");
	}
	cr_assert_eq(hc_ruleset_finish(rules, &diag), 0);
}

/* A rule R with that condition, behind what other items there are. */
static inline const struct hc_rule *rule_of(const char *items, const char *condition)
{
	char text[4096];

	snprintf(text, sizeof text,
		 "%s- rule: R\n  desc: d\n  priority: NOTICE\n  output: removed %%evt.arg.path\n  condition: >\n    %s\n",
		 items, condition);
	load(text);
	return hc_ruleset_find(rules, "R", NULL);
}

static inline void unlinks(int64_t tid, const char *path, uint64_t num)
{
	happens(PPME_SYSCALL_UNLINK_2_X, tid, N(0), S(path));
	a.w.built->ev.num = num;
}
