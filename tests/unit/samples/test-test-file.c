/* SPDX-License-Identifier: Apache-2.0
 *
 * Test files: what is read from them, and that every mistake in them is an error.
 */
#include <criterion/criterion.h>

#include "common/mem.h"
#include "samples/test-file.h"

static struct hc_test_file file;

static void parse(const char *text)
{
	hc_test_file_done(&file);
	hc_test_file_parse(&file, "dir/f.test.yaml", text, strlen(text), NULL);
}

static void teardown(void)
{
	hc_test_file_done(&file);
}

TestSuite(test_file, .fini = teardown);

#define HEAD "capture: c.scap\nrules: r.yaml\ntests:\n"

static void sound(const char *text)
{
	parse(text);
	cr_assert_eq(file.doc.nerrors, 0, "%s", file.doc.errors.p);
}

/* The first complaint's first line. */
static void refused(const char *text, const char *complaint)
{
	char line[512];

	parse(text);
	cr_assert_geq(file.doc.nerrors, 1, "no complaint: %s", text);
	snprintf(line, sizeof line, "%.*s", (int)strcspn(file.doc.errors.p, "\n"), file.doc.errors.p);
	cr_expect_str_eq(line, complaint);
	hc_test_file_done(&file);
}

Test(test_file, paths_are_relative_to_the_file)
{
	sound("capture: [c.scap, /abs/d.scap]\nrules: ../rules\ntests: [{rule: A}]\n");
	cr_assert_eq(file.nruns, 1);
	cr_expect_str_eq(file.runs[0].captures[0].path, "dir/c.scap");
	cr_expect_str_eq(file.runs[0].captures[0].shown, "c.scap");
	cr_expect_str_eq(file.runs[0].captures[1].path, "/abs/d.scap");
	cr_expect_str_eq(file.runs[0].rules[0].path, "dir/../rules");
}

Test(test_file, a_rule_alone_must_alert)
{
	sound(HEAD "- rule: A\n");
	cr_assert_eq(file.tests[0].nexpects, 1);
	cr_expect_str_eq(file.tests[0].name, "A");
	cr_expect_eq(file.tests[0].expects[0].count.min, 1);
	cr_expect_eq(file.tests[0].expects[0].count.max, UINT32_MAX);
}

Test(test_file, counts_are_numbers_ranges_or_none)
{
	static const struct { const char *text; uint32_t min, max; const char *said; } cases[] = {
		{ "3", 3, 3, "3" }, { "3+", 3, UINT32_MAX, "at least 3" }, { "3-5", 3, 5, "3 to 5" }, { "none", 0, 0, "none" },
		{ "0", 0, 0, "none" }, { "'7'", 7, 7, "7" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hc_buf text HC_BUF_DONE = { 0 }, said HC_BUF_DONE = { 0 };
		const struct hc_test_count *count;

		hc_buf_printf(&text, HEAD "- name: x\n  expectedOutcome: {counts: {A: %s}}\n", cases[i].text);
		sound(text.p);
		count = &file.tests[0].expects[0].count;
		hc_test_count_say(count, &said);
		cr_expect_eq(count->min, cases[i].min, "%s", cases[i].text);
		cr_expect_eq(count->max, cases[i].max, "%s", cases[i].text);
		cr_expect_str_eq(said.p, cases[i].said);
		hc_test_file_done(&file);
	}
	refused(HEAD "- name: x\n  expectedOutcome: {counts: {A: 5-3}}\n", "dir/f.test.yaml:5:33: error: expected a count");
	refused(HEAD "- name: x\n  expectedOutcome: {counts: {A: -1}}\n", "dir/f.test.yaml:5:33: error: expected a count");
	refused(HEAD "- name: x\n  expectedOutcome: {counts: {A: 99999999999}}\n", "dir/f.test.yaml:5:33: error: expected a count");
	refused(HEAD "- name: x\n  expectedOutcome: {counts: {A: 3 +}}\n", "dir/f.test.yaml:5:33: error: expected a count");
}

Test(test_file, texts_are_equal_match_or_are_absent)
{
	const struct hc_test_field *f;

	sound(HEAD "- rule: A\n  expectedOutcome: {outputFields: {a: x.y, b: {regex: 'x.*'}, c: null}}\n");
	f = file.tests[0].expects[0].fields;
	cr_expect(hc_test_pattern_has(&f[0].want, HC_STR("x.y")) && !hc_test_pattern_has(&f[0].want, HC_STR("xzy")));
	cr_expect(hc_test_pattern_has(&f[1].want, HC_STR("xzy")) && !hc_test_pattern_has(&f[1].want, HC_STR("axzy")),
		  "a pattern matches the whole text");
	cr_expect_eq(f[2].want.match, HC_TEST_ABSENT);
	refused(HEAD "- rule: A\n  expectedOutcome: {output: {regex: '('}}\n",
		"dir/f.test.yaml:5:37: error: no valid pattern: missing ): (");
	refused(HEAD "- rule: A\n  expectedOutcome: {output: {regexp: x}}\n",
		"dir/f.test.yaml:5:30: error: 'regexp' is no key of what a text must be");
}

Test(test_file, tests_that_want_the_same_share_a_run)
{
	sound("capture: c.scap\nrules: r.yaml\noptions: {rule_matching: all}\ntests:\n- rule: A\n- rule: B\n"
	      "- {rule: C, options: {priority: notice}}\n- {rule: D, capture: d.scap}\n");
	cr_expect_eq(file.nruns, 3);
	cr_expect_eq(file.tests[0].run, file.tests[1].run);
	cr_expect(file.runs[1].match_all, "the file's options hold below the test's");
	cr_expect_str_eq(file.runs[1].priority, "notice");
	cr_expect_null(file.runs[2].priority);
	cr_expect_str_eq(file.runs[2].captures[0].path, "dir/d.scap");
}

Test(test_file, switches_are_those_of_replay)
{
	const struct hc_test_run *run;

	sound(HEAD "- {rule: A, options: {tags: [x, y], disable: ['*shell*', {tag: z}], enable: A}}\n");
	run = &file.runs[0];
	cr_assert_eq(run->nswitches, 6);
	cr_expect(!run->switches[0].enable && !strcmp(run->switches[0].rule, "*"), "tags: only those");
	cr_expect(run->switches[2].enable && !strcmp(run->switches[2].tag, "y"));
	cr_expect(!run->switches[4].enable && !strcmp(run->switches[4].tag, "z"));
	cr_expect(run->switches[5].enable && !strcmp(run->switches[5].rule, "A"));
}

Test(test_file, mistakes_are_errors_with_their_place)
{
	refused("", "dir/f.test.yaml: error: the file is empty; docs/testing.md shows what a test looks like");
	refused("capture: c\nrules: r\n", "dir/f.test.yaml: error: expected tests: a list with at least one test");
	refused("captures: c\nrules: r\ntests: [{rule: A}]\n", "dir/f.test.yaml:1:1: error: 'captures' is no key of a test file");
	refused("rules: r\ntests: [{rule: A}]\n", "dir/f.test.yaml:2:9: error: no capture to replay: 'capture' is missing");
	refused("capture: c\nrules: []\ntests: [{rule: A}]\n", "dir/f.test.yaml:2:8: error: no rules to test: 'rules' is empty");
	refused(HEAD "- nam: x\n", "dir/f.test.yaml:4:3: error: 'nam' is no key of a test");
	refused(HEAD "- name: x\n", "dir/f.test.yaml:4:9: error: the test expects nothing");
	refused(HEAD "- name: x\n  expectedOutcome: {others: any}\n", "dir/f.test.yaml:5:20: error: this expects nothing");
	refused(HEAD "- name: x\n  expectedOutcome: {count: 1}\n",
		"dir/f.test.yaml:5:20: error: which rule's alerts? the test has no 'rule'");
	refused(HEAD "- name: x\n  expectedOutcome: {alerts: [{count: 1}]}\n",
		"dir/f.test.yaml:5:30: error: which rule's alert? 'rule' is missing");
	refused(HEAD "- name: x\n  expectedOutcome: {counts: {A: 1, A: 2}}\n", "dir/f.test.yaml:5:36: error: 'A' stands twice in counts");
	refused(HEAD "- {rule: A, expectedOutcome: {priority: urgent}}\n", "dir/f.test.yaml:4:41: error: 'urgent' is no priority");
	refused(HEAD "- {rule: A, options: {rule_matching: any}}\n", "dir/f.test.yaml:4:38: error: rule_matching: expected first or all");
	refused(HEAD "- {rule: A, options: {since: yesterday}}\n",
		"dir/f.test.yaml:4:30: error: since: expected 2026-11-23T20:55:00Z, @SECONDS or +90s");
	refused(HEAD "- {rule: A, expectedOutcome: {others: some}}\n", "dir/f.test.yaml:4:39: error: others: expected none or any");
}

Test(test_file, an_empty_expectation_is_fine_where_it_is_about_to_be_written)
{
	static const struct hc_test_where scaffold = { .scaffold = true };
	static const char text[] = HEAD "- name: x\n";

	hc_test_file_parse(&file, "f.test.yaml", text, sizeof text - 1, &scaffold);
	cr_expect_eq(file.doc.nerrors, 0, "%s", file.doc.errors.p);
	cr_expect_eq(file.ntests, 1);
}

Test(test_file, caps_on_patterns_hold)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	hc_buf_puts(&text, HEAD "- rule: A\n  expectedOutcome:\n    outputFields:\n");
	for (int i = 0; i <= HC_TEST_REGEXES_MAX; i++)
		hc_buf_printf(&text, "      f%d: {regex: 'a%d'}\n", i, i);
	parse(text.p);
	cr_expect_eq(file.doc.nerrors, 1);
	cr_expect_eq(file.nregexes, HC_TEST_REGEXES_MAX);
}

/* ---- in a bundle ---- */

static void add(struct hc_archive *archive, const char *name)
{
	struct hc_buf data = { 0 };

	hc_buf_puts(&data, "x");
	hc_archive_add(archive, name, &data);
}

Test(test_file, a_bundles_tests_name_members_and_nothing_else)
{
	static const char good[] = "capture: ../c.scap\nrules: [../rules, ../extra/x.yaml]\ntests: [{rule: A}]\n",
			  bad[] = "capture: ../../c.scap\nrules: [/etc/passwd, ../../rules, nowhere]\ntests: [{rule: A}]\n";
	struct hc_bundle bundle = { .archive = hc_calloc(1, sizeof *bundle.archive) };
	struct hc_test_where where = { .name = "b.tar.zst:t/f.test.yaml", .bundle = &bundle };
	struct hc_diag diag;

	add(bundle.archive, "t/f.test.yaml");
	add(bundle.archive, "c.scap");
	add(bundle.archive, "rules/a.yaml");
	add(bundle.archive, "rules/b.test.yaml");
	add(bundle.archive, "rules/deep/c.yaml");
	add(bundle.archive, "extra/x.yaml");
	cr_assert_eq(hc_archive_seal(bundle.archive, "b", &diag), 0);
	where.member = hc_archive_get(bundle.archive, "t/f.test.yaml");
	hc_test_file_parse(&file, "t/f.test.yaml", good, sizeof good - 1, &where);
	cr_assert_eq(file.doc.nerrors, 0, "%s", file.doc.errors.p);
	cr_expect_str_eq(file.runs[0].captures[0].member->name, "c.scap");
	cr_assert_eq(file.runs[0].nrules, 2, "a directory means the rules files in it");
	cr_expect_str_eq(file.runs[0].rules[0].member->name, "rules/a.yaml");
	cr_expect_str_eq(file.runs[0].rules[1].member->name, "extra/x.yaml");
	hc_test_file_done(&file);
	hc_test_file_parse(&file, "t/f.test.yaml", bad, sizeof bad - 1, &where);
	cr_expect_eq(file.doc.nerrors, 4, "%s", file.doc.errors.p);
	cr_expect_eq(file.runs[0].nrules, 0);
	hc_archive_free(bundle.archive);
}
