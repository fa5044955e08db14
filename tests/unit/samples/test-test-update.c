/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts on a few alerts, and what --update makes of expectations that fail: nothing but the bytes that were wrong.
 */
#include <criterion/criterion.h>

#include "samples/test-update.h"

static struct hc_ruleset *rules;
static struct hc_collected items[4];
static struct hc_collect alerts = { .items = items, .n = 4 };
static struct hc_test_file file;
static struct hc_test_result result;
static struct hc_buf out;
static uint32_t judged; /* which test of the file */

static const char rules_text[] =
	"- {rule: A, desc: a, condition: evt.type=open, output: o, priority: ERROR, tags: [x, y]}\n"
	"- {rule: B (b), desc: b, condition: evt.type=open, output: o, priority: INFO}\n"
	"- {rule: Never, desc: c, condition: evt.type=open, output: o, priority: DEBUG}\n";

static void raise(int i, uint32_t rule, const char *name)
{
	static struct hc_collected_field fields[4][2];

	fields[i][0] = (struct hc_collected_field){ HC_STR("fd.name"), hc_str(name), HC_STR("\"\"") };
	if (!strcmp(name, "<NA>"))
		fields[i][0].json = HC_STR("null");
	fields[i][1] = (struct hc_collected_field){ HC_STR("proc.pid"), HC_STR("12"), HC_STR("12") };
	items[i] = (struct hc_collected){ .rule = rules->rules[rule], .event = 10 + (uint64_t)i, .hostname = "host",
					  .message = HC_STR("said: 'it' #1"), .fields = fields[i], .nfields = 2 };
}

static void setup(void)
{
	static const struct hc_ruleset_options options = { 0 };
	struct hc_diag diag;

	rules = hc_ruleset_new(&options);
	cr_assert_eq(hc_ruleset_add(rules, "r.yaml", rules_text, sizeof rules_text - 1, &diag), 0);
	cr_assert_eq(hc_ruleset_finish(rules, &diag), 0);
	raise(0, 0, "/etc/shadow");
	raise(1, 1, "/tmp/a b");
	raise(2, 0, "/etc/passwd");
	raise(3, 1, "<NA>");
}

static void forget(void)
{
	hc_test_result_done(&result);
	hc_test_file_done(&file);
	hc_buf_reset(&out);
}

static void teardown(void)
{
	forget();
	hc_buf_done(&out);
	hc_ruleset_free(rules);
}

TestSuite(test_update, .init = setup, .fini = teardown);

#define HEAD "capture: c\nrules: r\ntests:\n"

/* The test's verdict; the rewritten file is in out, without HEAD. */
static enum hc_test_status judge(const char *test)
{
	static const struct hc_test_where scaffold = { .scaffold = true };
	struct hc_test_facts facts = { .file = &file, .rules = rules, .alerts = &alerts };
	struct hc_buf text HC_BUF_DONE = { 0 };
	enum hc_test_status status;

	forget();
	hc_buf_printf(&text, HEAD "%s", test);
	hc_test_file_parse(&file, "f.test.yaml", text.p, text.len, &scaffold);
	cr_assert_eq(file.doc.nerrors, 0, "%s", file.doc.errors.p);
	if (!hc_test_check_names(&facts, &file.tests[judged], &result))
		return result.status;
	hc_test_check(&facts, &file.tests[judged], &result, NULL);
	hc_test_update(&facts, &file.tests[judged], &result);
	status = result.status;
	hc_test_edited(&file, &result, 1, &out);
	return status;
}

static void becomes(const char *test, const char *expected)
{
	judge(test);
	cr_expect_str_eq(out.p + sizeof HEAD - 1, expected);
	/* and then it holds, and nothing is left to be done */
	cr_expect_eq(judge(expected), HC_TEST_PASSED, "%s", result.text.p);
	cr_expect_eq(result.nedits, 0, "%s", expected);
}

Test(test_update, what_holds_passes_and_stays)
{
	cr_expect_eq(judge("- rule: A\n"), HC_TEST_PASSED);
	cr_expect_eq(judge("- {rule: A, expectedOutcome: {count: 2, hostname: host, source: syscall, priority: error, tags: x}}\n"),
		     HC_TEST_PASSED, "%s", result.text.p);
	cr_expect_eq(judge("- {rule: A, expectedOutcome: {count: 1, outputFields: {fd.name: {regex: '.*w'}, proc.pid: 12}}}\n"),
		     HC_TEST_PASSED, "%s", result.text.p);
	cr_expect_eq(judge("- {rule: B (b), expectedOutcome: {count: 1, outputFields: {fd.name: null}}}\n"), HC_TEST_PASSED);
	cr_expect_eq(judge("- {name: n, expectedOutcome: {counts: {A: 2, Never: none}, order: [A, B (b), A]}}\n"), HC_TEST_PASSED);
	cr_expect_eq(judge("- {name: n, expectedOutcome: {counts: {A: 2+, B (b): 1-2}, others: none}}\n"), HC_TEST_PASSED);
	cr_expect_eq(result.nedits, 0);
}

Test(test_update, what_does_not_hold_fails_and_says_so)
{
	cr_expect_eq(judge("- {rule: Never}\n"), HC_TEST_FAILED);
	cr_expect_str_eq(result.text.p, "f.test.yaml:4:10: expected at least 1 of 'Never', got 0\n"
					"     4 | - {rule: Never}\n"
					"       |          ^^^^^\n"
					"       = alerted instead: 'A' 2 times, 'B (b)' 2 times\n");
	cr_expect_eq(judge("- {rule: A, expectedOutcome: {outputFields: {proc.pid: 13}}}\n"), HC_TEST_FAILED);
	cr_expect_str_eq(result.text.p, "f.test.yaml:4:10: expected at least 1 of 'A'; it alerted 2 times, but not like this\n"
					"     4 | - {rule: A, expectedOutcome: {outputFields: {proc.pid: 13}}}\n"
					"       |          ^\n"
					"       = nearest: event 10: said: 'it' #1\n"
					"f.test.yaml:4:56: proc.pid is '12', expected '13'\n"
					"     4 | - {rule: A, expectedOutcome: {outputFields: {proc.pid: 13}}}\n"
					"       |                                                        ^^\n");
	cr_expect_eq(judge("- {name: n, expectedOutcome: {order: [B (b), B (b), A]}}\n"), HC_TEST_FAILED);
	cr_expect(strstr(result.text.p, "'A' did not alert after event 13, only up to event 12\n"), "%s", result.text.p);
	cr_expect_eq(judge("- {name: n, expectedOutcome: {counts: {A: 2}, others: none}}\n"), HC_TEST_FAILED);
	cr_expect(strstr(result.text.p, "expected no alerts of other rules, got 2\n"), "%s", result.text.p);
	cr_expect(strstr(result.text.p, "'B (b)', event 11: said: 'it' #1\n"), "%s", result.text.p);
}

Test(test_update, rules_that_do_not_exist_are_an_error)
{
	cr_expect_eq(judge("- {name: n, expectedOutcome: {counts: {B b: none}}}\n"), HC_TEST_ERROR);
	cr_expect_eq(judge("- {rule: Nevr, expectedOutcome: {count: none}}\n"), HC_TEST_ERROR);
	cr_expect(strstr(result.text.p, "did you mean 'Never'?"), "%s", result.text.p);
}

Test(test_update, counts_become_what_was_counted)
{
	becomes("- name: n # keep\n  expectedOutcome:\n    counts: # and this\n      A:   7  # why\n      Never: 1\n      'B (b)': none\n",
		"- name: n # keep\n  expectedOutcome:\n    counts: # and this\n      A:   2  # why\n      Never: none\n      'B (b)': 2\n");
	becomes("- rule: A\n  expectedOutcome: {count: 3+}\n", "- rule: A\n  expectedOutcome: {count: 2}\n");
	becomes("- rule: Never\n", "- rule: Never\n  expectedOutcome:\n    count: none\n");
	becomes("- {rule: Never}\n", "- {rule: Never, expectedOutcome: {count: none}}\n");
	becomes("- rule: Never\n  expectedOutcome:\n    priority: DEBUG  # x\n\n# end\n",
		"- rule: Never\n  expectedOutcome:\n    priority: DEBUG  # x\n    count: none\n\n# end\n");
}

Test(test_update, values_become_those_of_the_nearest_alert)
{
	becomes("- rule: B (b)\n  expectedOutcome:\n    priority: ERROR\n    hostname: \"x\"\n    output: y\n"
		"    outputFields: {fd.name: z, proc.pid: 12}\n",
		"- rule: B (b)\n  expectedOutcome:\n    priority: Informational\n    hostname: host\n    output: \"said: 'it' #1\"\n"
		"    outputFields: {fd.name: /tmp/a b, proc.pid: 12}\n");
	becomes("- rule: A\n  expectedOutcome:\n    count: 2\n    outputFields:\n      proc.pid: 13\n",
		"- rule: A\n  expectedOutcome:\n    count: 2\n    outputFields:\n      proc.pid: 12\n");
	becomes("- rule: A\n  expectedOutcome:\n    outputFields:\n      fd.name:\n", /* absent was expected */
		"- rule: A\n  expectedOutcome:\n    outputFields:\n      fd.name: /etc/shadow\n");
}

Test(test_update, order_and_others_follow_what_happened)
{
	becomes("- name: n\n  expectedOutcome:\n    order:\n      - B (b) # second\n      - A\n",
		"- name: n\n  expectedOutcome:\n    order:\n      - A # second\n      - B (b)\n");
	becomes("- name: n\n  expectedOutcome:\n    counts:\n      A: 2\n    others: none\n",
		"- name: n\n  expectedOutcome:\n    counts:\n      A: 2\n      B (b): 2\n    others: none\n");
	becomes("- {name: n, expectedOutcome: {others: none, counts: {A: 2}}}\n",
		"- {name: n, expectedOutcome: {others: none, counts: {A: 2, B (b): 2}}}\n");
	becomes("- name: n\n  expectedOutcome:\n    others: none\n",
		"- name: n\n  expectedOutcome:\n    others: none\n    counts:\n      A: 2\n      B (b): 2\n");
}

Test(test_update, a_test_without_expectations_gets_the_whole_picture)
{
	static const char all[] = "    counts:\n      A: 2\n      B (b): 2\n    others: none\n";
	struct hc_buf expected HC_BUF_DONE = { 0 };

	hc_buf_printf(&expected, "- name: n\n  description: d\n  expectedOutcome:\n%s", all);
	becomes("- name: n\n  description: d\n", expected.p);
	becomes("- {name: n}\n", "- {name: n, expectedOutcome: {counts: {A: 2, B (b): 2}, others: none}}\n");
	becomes("- name: n\n  expectedOutcome:\n", "- name: n\n  expectedOutcome: {counts: {A: 2, B (b): 2}, others: none}\n");
	becomes("- name: n\n  expectedOutcome: null # x\n",
		"- name: n\n  expectedOutcome: {counts: {A: 2, B (b): 2}, others: none} # x\n");
}

Test(test_update, comments_and_commas_before_a_brace_do_not_swallow_what_is_added)
{
	becomes("- {rule: Never,}\n", "- {rule: Never, expectedOutcome: {count: none},}\n");
	becomes("- {rule: Never # x, }\n  }\n", "- {rule: Never, expectedOutcome: {count: none} # x, }\n  }\n");
	becomes("- name: n\n  expectedOutcome: {others: none, counts: {A: 2 # {y\n    }}\n",
		"- name: n\n  expectedOutcome: {others: none, counts: {A: 2, B (b): 2 # {y\n    }}\n");
	becomes("- name: n\n  expectedOutcome: &all !!map {others: none}\n",
		"- name: n\n  expectedOutcome: &all !!map {others: none, counts: {A: 2, B (b): 2}}\n");
}

Test(test_update, anchors_stay_and_aliases_are_replaced)
{
	becomes("- name: n\n  expectedOutcome: {counts: {A: &n 2, B (b): 2, Never: *n}}\n",
		"- name: n\n  expectedOutcome: {counts: {A: &n 2, B (b): 2, Never: none}}\n");
	becomes("- name: n\n  expectedOutcome: {counts: {A: &n !!str '7', B (b): *n}}\n",
		"- name: n\n  expectedOutcome: {counts: {A: &n !!str 2, B (b): 2}}\n");
	becomes("- name: n\n  expectedOutcome:\n    others: none\n    counts:\n      Never: &n none\n      A: *n\n",
		"- name: n\n  expectedOutcome:\n    others: none\n    counts:\n      Never: &n none\n      A: 2\n      B (b): 2\n");
	/* what belongs to another test is not touched */
	judged = 1;
	judge("- {name: n, expectedOutcome: &o {others: none}}\n- {name: m, expectedOutcome: *o}\n");
	cr_expect_eq(result.status, HC_TEST_FAILED);
	cr_expect_eq(result.nedits, 0);
	judged = 0;
}

Test(test_update, lines_end_as_the_others_do)
{
	judge("- rule: Never\r\n  description: d\r\n");
	cr_expect_str_eq(out.p + sizeof HEAD - 1, "- rule: Never\r\n  description: d\r\n  expectedOutcome:\r\n    count: none\r\n");
}

Test(test_update, what_cannot_be_written_stays)
{
	judge("- rule: A\n  expectedOutcome: {output: {regex: 'no.*'}}\n");
	cr_expect_eq(result.nedits, 0, "a pattern is not turned into its opposite");
	judge("- name: n\n  expectedOutcome: {order: [Never, A]}\n");
	cr_expect_eq(result.nedits, 0);
}
