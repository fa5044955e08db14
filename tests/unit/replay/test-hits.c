/* SPDX-License-Identifier: Apache-2.0
 *
 * Coverage of conditions: what counts as evaluated, and the reports.
 */
#include "rule-checks.h"

#include <jansson.h>

#include "replay/hits.h"

static struct hc_hits *hits;
static struct hc_buf report;

static void teardown(void)
{
	hits = hc_hits_free(hits);
	hc_buf_done(&report);
	host_end();
}

TestSuite(hits, .init = host_begin, .fini = teardown);

static void removes(int64_t tid, const char *path)
{
	unlinks(tid, path, 1);
	hc_hits_event(hits, &a.eval);
}

/* "evaluated/true" of every comparison of the first rule, in order. */
static void put_counts(const struct hc_hits_node *n, struct hc_buf *to)
{
	for (uint32_t i = 0; i < n->ast->nkids; i++)
		put_counts(&n->kids[i], to);
	if (n->ast->kind == HC_AST_CHECK)
		hc_buf_printf(to, "%s%d/%d", to->len ? " " : "", (int)n->evaluated, (int)n->truths);
}

static const char *counts(void)
{
	const struct hc_hits_rule *all;

	cr_assert_gt(hc_hits_rules(hits, &all), 0);
	hc_buf_reset(&report);
	put_counts(all[0].root, &report);
	return report.p;
}

#define counted(condition, want) \
	do { \
		rule_of("", condition); \
		hits = hc_hits_new(rules); \
		removes(10, "/a"); \
		removes(11, "/a"); \
		removes(11, "/b"); \
		cr_expect_str_eq(counts(), want, "%s: %s, expected %s", condition, counts(), want); \
		hits = hc_hits_free(hits); \
		rules = hc_ruleset_free(rules); \
	} while (0)

Test(hits, an_and_stops_at_the_first_that_is_false)
{
	counted("evt.type = unlink and proc.name = prog and evt.arg.path = /a", "3/3 3/2 2/1");
	counted("evt.type = unlink and proc.name = x and evt.arg.path = /a", "3/3 3/0 0/0");
}

Test(hits, an_or_stops_at_the_first_that_is_true)
{
	counted("evt.type = unlink and (proc.name = prog or evt.arg.path = /a or proc.pid = 1)", "3/3 3/2 1/1 0/0");
}

Test(hits, a_not_changes_what_is_true_not_what_is_evaluated)
{
	counted("evt.type = unlink and not (proc.name = prog and evt.arg.path = /a)", "3/3 3/2 2/1");
}

Test(hits, rules_only_see_the_types_they_look_at)
{
	counted("evt.type = rename and proc.name = prog", "0/0 0/0");
}

Test(hits, every_rule_counts_whatever_others_matched)
{
	const struct hc_hits_rule *all;

	load("- rule: A\n  desc: d\n  condition: evt.type = unlink\n  output: o\n  priority: NOTICE\n"
	     "- rule: B\n  desc: d\n  condition: evt.type = unlink\n  output: o\n  priority: NOTICE\n"
	     "- rule: C\n  desc: d\n  condition: evt.type = unlink\n  output: o\n  priority: NOTICE\n  enabled: false\n");
	hits = hc_hits_new(rules);
	removes(10, "/a");
	cr_assert_eq(hc_hits_rules(hits, &all), 2);
	cr_expect(all[0].root->evaluated == 1 && all[0].root->truths == 1 && all[1].root->evaluated == 1);
}

Test(hits, a_macro_counts_once_per_place_for_all_its_users)
{
	const struct hc_hits_place *places;

	load("- macro: m\n  condition: proc.name = prog\n"
	     "- rule: A\n  desc: d\n  condition: evt.type = unlink and m\n  output: o\n  priority: NOTICE\n"
	     "- rule: B\n  desc: d\n  condition: evt.type = unlink and not m\n  output: o\n  priority: NOTICE\n");
	hits = hc_hits_new(rules);
	removes(10, "/a");
	removes(11, "/a");
	cr_assert_eq(hc_hits_places(hits, &places), 3);
	cr_expect(places[0].at.line == 2 && places[0].evaluated == 4 && places[0].truths == 2);
	cr_expect(places[1].at.line == 5 && places[1].evaluated == 2 && places[1].truths == 2);
}

Test(hits, an_exception_counts_where_its_values_are)
{
	const struct hc_hits_place *places;

	load("- rule: A\n  desc: d\n  condition: evt.type = unlink\n  output: o\n  priority: NOTICE\n  exceptions:\n"
	     "    - name: e\n      fields: [proc.name]\n      values:\n        - [x]\n        - [prog]\n");
	hits = hc_hits_new(rules);
	removes(10, "/a");
	removes(11, "/a");
	cr_assert_eq(hc_hits_places(hits, &places), 3);
	cr_expect(places[1].at.line == 10 && places[1].evaluated == 2 && places[1].truths == 0);
	cr_expect(places[2].at.line == 11 && places[2].evaluated == 2 && places[2].truths == 1);
	hc_hits_report(hits, HC_HITS_TEXT, &report);
	cr_expect(strstr(report.p, "           2          1  proc.name = prog  (exception e)\n"), "%s", report.p);
}

Test(hits, formats_go_by_the_ending)
{
	cr_expect_eq(hc_hits_format_of("a.html"), HC_HITS_HTML);
	cr_expect_eq(hc_hits_format_of("a.b/c.json"), HC_HITS_JSON);
	cr_expect_eq(hc_hits_format_of("-"), HC_HITS_TEXT);
	cr_expect_eq(hc_hits_format_of("html"), HC_HITS_TEXT);
}

static void load_hostile(void)
{
	load("# <script>alert(1)</script>\n"
	     "- rule: \"<img src=x onerror=alert(1)> & \\\"'\\e[31m\"\n  desc: d\n"
	     "  condition: evt.type = unlink and (proc.name = \"</td><script>\" or proc.name = y)\n  output: o\n  priority: NOTICE\n");
	hits = hc_hits_new(rules);
	removes(10, "/a");
}

Test(hits, pages_escape_what_is_in_rules)
{
	load_hostile();
	hc_hits_report(hits, HC_HITS_HTML, &report);
	cr_expect_null(strstr(report.p, "<script"));
	cr_expect_null(strstr(report.p, "<img"));
	cr_expect_null(strchr(report.p, '\033'));
	cr_expect_not_null(strstr(report.p, "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;&#39;\\x1b[31m"));
	cr_expect_not_null(strstr(report.p, "# &lt;script&gt;"));
	cr_expect_not_null(strstr(report.p, "<span class=s1>1/0</span> <span class=s1>1/0</span><td>"), "%s", report.p);
}

Test(hits, json_is_json)
{
	json_t *doc, *rule;

	load_hostile();
	hc_hits_report(hits, HC_HITS_JSON, &report);
	doc = json_loads(report.p, 0, NULL);
	cr_assert_not_null(doc, "%s", report.p);
	rule = json_array_get(json_object_get(doc, "rules"), 0);
	cr_expect_eq(json_integer_value(json_object_get(rule, "evaluated")), 1);
	cr_expect_eq(json_array_size(json_object_get(rule, "comparisons")), 3);
	cr_expect_eq(json_integer_value(json_object_get(json_object_get(doc, "summary"), "never true")), 2);
	json_decref(doc);
}

Test(hits, text_names_what_was_never_evaluated)
{
	rule_of("- macro: m\n  condition: (proc.name = x and proc.pid = 1)\n", "evt.type = unlink and m");
	hits = hc_hits_new(rules);
	removes(10, "/a");
	hc_hits_report(hits, HC_HITS_TEXT, &report);
	cr_expect_str_eq(report.p,
			 "   evaluated       true  comparison\n\n"
			 "rule 'R' (t.yaml:3): evaluated 1, true 0\n"
			 "           1          1  evt.type = unlink   always true\n"
			 "           1          0  proc.name = x  (macro m)   never true\n"
			 "           -          -  proc.pid = 1  (macro m)   never evaluated\n\n"
			 "events of types that some rule looks at: 1\n"
			 "rules: 1; evaluated: 1, true at least once: 0; off: 0\n"
			 "comparisons in the files: 3; never evaluated: 1, never true: 1, always true: 1, both: 0\n",
			 "%s", report.p);
}
