/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule sets as a whole: files and directories, order, switches, priorities, appended outputs, caps. What single items mean
 * is in tests/rules.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/ruleset.h"

static struct hc_diag diag;

#define RULE(name, more) \
	"- rule: " name "\n  desc: d\n  condition: evt.type = open\n  output: o %evt.num\n  priority: NOTICE\n" more

static struct hc_ruleset *loaded(const struct hc_ruleset_options *options, const char *text)
{
	struct hc_ruleset *rs = hc_ruleset_new(options);
	int r = hc_ruleset_add(rs, "t.yaml", text, strlen(text), &diag);

	if (r == HC_RULESET_INVALID)
		hc_report_text(stderr, rs, true);
	cr_assert_eq(r, 0);
	cr_assert_eq(hc_ruleset_finish(rs, &diag), 0, "%s", diag.text);
	return rs;
}

/* The names of the active rules in matching order. */
static const char *order(const struct hc_ruleset *rs)
{
	static char text[256];

	text[0] = '\0';
	for (uint32_t i = 0; i < rs->nactive; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", rs->active[i]->name);
	return text;
}

static const char three[] = RULE("alpha", "  tags: [x]\n") RULE("beta", "  enabled: false\n  tags: [x, y]\n")
	RULE("gamma beta", "");

Test(ruleset, rules_switched_on_come_last)
{
	static const struct hc_rule_switch on[] = { { true, "beta", NULL } };
	static const struct hc_rule_switch off_on[] = { { false, "*", NULL }, { true, NULL, "y" }, { true, NULL, "x" } };
	static const struct hc_rule_switch off[] = { { false, "*beta", NULL }, { false, NULL, "nosuch" } };
	struct hc_ruleset_options o = { 0 };
	struct hc_ruleset *rs = loaded(&o, three);

	cr_expect_str_eq(order(rs), "alpha gamma beta");
	hc_ruleset_free(rs);
	o = (struct hc_ruleset_options){ .switches = on, .nswitches = 1 };
	rs = loaded(&o, three);
	cr_expect_str_eq(order(rs), "alpha gamma beta beta");
	hc_ruleset_free(rs);
	o = (struct hc_ruleset_options){ .switches = off_on, .nswitches = 3 };
	rs = loaded(&o, three);
	cr_expect_str_eq(order(rs), "beta alpha");
	hc_ruleset_free(rs);
	o = (struct hc_ruleset_options){ .switches = off, .nswitches = 2 };
	rs = loaded(&o, three);
	cr_expect_str_eq(order(rs), "alpha");
	hc_ruleset_free(rs);
}

Test(ruleset, patterns_do_not_go_back)
{
	static const struct {
		const char *pattern, *left;
	} cases[] = {
		{ "*", "" }, { "alpha", "gamma beta" }, { "a*", "gamma beta" }, { "*ta", "alpha" },
		{ "*a*", "" }, { "*mm*t*", "alpha" }, { "ALPHA", "alpha gamma beta" }, { "*aa*", "alpha gamma beta" },
		/* the first `a` of alpha and of gamma beta is taken, and is not their end (Q) */
		{ "*a", "alpha gamma beta" }, { "*lph", "alpha gamma beta" }, { "a*a", "gamma beta" }, { "al*l*", "alpha gamma beta" },
		{ "", "alpha gamma beta" }, { "**", "" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hc_rule_switch off = { false, cases[i].pattern, NULL };
		struct hc_ruleset_options o = { .switches = &off, .nswitches = 1 };
		struct hc_ruleset *rs = loaded(&o, three);

		cr_expect_str_eq(order(rs), cases[i].left, "%s leaves %s", cases[i].pattern, order(rs));
		hc_ruleset_free(rs);
	}
}

Test(ruleset, less_urgent_rules_take_no_part)
{
	struct hc_ruleset_options o = { .min_priority = "Warning" };
	struct hc_ruleset *rs = loaded(&o, RULE("n", "") "- rule: n\n  priority: error\n  override: {priority: replace}\n"
					   RULE("m", ""));

	cr_expect_str_eq(order(rs), "n");
	hc_ruleset_free(rs);
	o.min_priority = "urgent";
	rs = hc_ruleset_new(&o);
	cr_expect_eq(hc_ruleset_finish(rs, &diag), -22);
	cr_expect(strstr(diag.text, "unknown priority 'urgent'"));
	hc_ruleset_free(rs);
}

Test(ruleset, redefinition_keeps_the_place)
{
	struct hc_ruleset *rs = loaded(NULL, RULE("a", "") RULE("b", "") RULE("a", "  tags: [z, x, z]\n"));

	cr_expect_str_eq(order(rs), "a b");
	cr_assert_eq(rs->rules[0]->ntags, 2);
	cr_expect_str_eq(rs->rules[0]->tags[0], "x");
	cr_expect_str_eq(rs->rules[0]->tags[1], "z");
	cr_expect_eq(rs->rules[0]->line, 11);
	hc_ruleset_free(rs);
}

Test(ruleset, outputs_are_trimmed_and_appended_to_where_they_match)
{
	static const char *const tags[] = { "x", "y" };
	static const struct hc_output_append appends[] = {
		{ .text = "all=%evt.num" }, { .rule = "beta", .text = "beta=%proc.name" },
		{ .tags = tags, .ntags = 2, .text = "xy" }, { .source = "other", .text = "no" },
	};
	struct hc_ruleset_options o = { .appends = appends, .nappends = 4 };
	struct hc_ruleset *rs = loaded(&o, three);

	cr_expect_str_eq(rs->rules[0]->output, "o %evt.num all=%evt.num");
	cr_expect_str_eq(rs->rules[1]->output, "o %evt.num all=%evt.num beta=%proc.name xy");
	cr_expect_eq(rs->rules[1]->compiled_output->nfields, 2);
	hc_ruleset_free(rs);
}

Test(ruleset, event_sets_stand_with_the_rule)
{
	struct hc_ruleset *rs = loaded(NULL, RULE("a", ""));

	cr_expect_eq(hc_evset_count(&rs->active[0]->events), 2);
	cr_expect(hc_evset_has(&rs->active[0]->events, PPME_SYSCALL_OPEN_X));
	hc_ruleset_free(rs);
}

/* ---- files ---- */

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

Test(ruleset, directories_give_their_rules_files_by_name)
{
	char dir[] = "/tmp/hc-ruleset-XXXXXX", sub[64];
	const char *paths[2] = { dir, "ignored.txt" };
	struct hc_ruleset *rs;

	cr_assert(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	put("b.yaml", RULE("b", ""));
	put("a.yml", RULE("a", ""));
	put("c.yaml.bak", RULE("c", ""));
	put("ignored.txt", RULE("i", ""));
	put("a.test.yaml", "tests: of the rules beside it\n");
	put("a.test.yml", "tests: likewise\n");
	snprintf(sub, sizeof sub, "%s/z.yaml", dir);
	cr_assert_eq(mkdir(sub, 0700), 0);
	put("z.yaml/d.yaml", RULE("d", ""));
	cr_assert_eq(hc_ruleset_load(NULL, paths, 2, &rs, &diag), 0);
	cr_expect_str_eq(order(rs), "a b");
	cr_expect_eq(rs->nresults, 2);
	cr_expect_eq(rs->nignored, 1);
	cr_expect_str_eq(rs->ignored[0], "ignored.txt");
	hc_ruleset_free(rs);
	cr_expect_eq(system("rm -r a.test.yaml a.test.yml b.yaml a.yml c.yaml.bak ignored.txt z.yaml && rmdir \"$PWD\""), 0);
}

Test(ruleset, a_missing_file_is_no_load_result)
{
	const char *path = "/no/such/rules.yaml";
	struct hc_ruleset *rs;

	cr_expect_eq(hc_ruleset_load(NULL, &path, 1, &rs, &diag), -2);
	cr_expect(strstr(diag.text, "Could not open file /no/such/rules.yaml for reading"));
}

Test(ruleset, without_validation_the_first_bad_file_is_the_last)
{
	char dir[] = "/tmp/hc-ruleset-XXXXXX";
	const char *path = dir;
	struct hc_ruleset_options o = { 0 };
	struct hc_ruleset *rs;

	cr_assert(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	put("a.yaml", RULE("a", "  tags: no\n"));
	put("b.yaml", RULE("b", ""));
	cr_expect_eq(hc_ruleset_load(&o, &path, 1, &rs, &diag), HC_RULESET_INVALID);
	cr_expect_eq(rs->nresults, 1);
	hc_ruleset_free(rs);
	o.validate = true;
	cr_expect_eq(hc_ruleset_load(&o, &path, 1, &rs, &diag), HC_RULESET_INVALID);
	cr_expect_eq(rs->nresults, 2);
	cr_expect(rs->results[1]->successful);
	hc_ruleset_free(rs);
	cr_expect_eq(system("rm a.yaml b.yaml && rmdir \"$PWD\""), 0);
}

/* ---- hostile rules ---- */

static void refuses(const char *text, const char *part)
{
	struct hc_ruleset *rs = hc_ruleset_new(NULL);

	cr_assert_eq(hc_ruleset_add(rs, "t.yaml", text, strlen(text), &diag), HC_RULESET_INVALID);
	cr_expect(strstr(rs->results[0]->errors[0]->message, part), "%s", rs->results[0]->errors[0]->message);
	hc_ruleset_free(rs);
}

/* A key of 100 kB in an item that aliases repeat: warnings say it until enough is said, and the file loads. */
Test(ruleset, what_aliases_repeat_is_not_said_without_end)
{
	enum { KEY = 100000, TIMES = 2000 };
	struct hc_ruleset_options o = { .validate = true };
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_ruleset *rs;

	hc_buf_puts(&text, "- &a\n  list: x\n  items: []\n  ? ");
	for (int i = 0; i < KEY; i++)
		hc_buf_putc(&text, 'k');
	hc_buf_puts(&text, "\n  : 1\n");
	for (int i = 1; i < TIMES; i++)
		hc_buf_puts(&text, "- *a\n");
	rs = loaded(&o, text.p);
	cr_expect_gt(rs->results[0]->nwarnings, 10);
	cr_expect_lt(rs->results[0]->nwarnings, 400);
	hc_ruleset_free(rs);
}

Test(ruleset, expansion_has_caps)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };

	/* each macro doubles the one before */
	hc_buf_puts(&buf, "- macro: m0\n  condition: evt.num > 1\n");
	for (int i = 1; i < 40; i++)
		hc_buf_printf(&buf, "- macro: m%d\n  condition: m%d or m%d\n", i, i - 1, i - 1);
	refuses(buf.p, "more than 200000 comparisons");
	/* each goes one level deeper */
	hc_buf_reset(&buf);
	hc_buf_puts(&buf, "- macro: m0\n  condition: evt.num > 1\n");
	for (int i = 1; i < 1100; i++)
		hc_buf_printf(&buf, "- macro: m%d\n  condition: not m%d\n", i, i - 1);
	refuses(buf.p, "nested too deeply");
	/* the same among macros that are only visible because all are touched again at the end */
	hc_buf_reset(&buf);
	for (int i = 0; i < 1100; i++)
		hc_buf_printf(&buf, "- macro: m%d\n  condition: not m%d\n", i, i + 1);
	hc_buf_puts(&buf, "- macro: m1100\n  condition: evt.num > 1\n");
	for (int i = 0; i < 1100; i++)
		hc_buf_printf(&buf, "- macro: m%d\n  condition: and evt.num > 2\n  override: {condition: append}\n", i);
	refuses(buf.p, "nested too deeply");
	/* each list multiplies a word of the condition, which the last one makes a long one */
	hc_buf_reset(&buf);
	for (int i = 0; i < 12; i++)
		hc_buf_printf(&buf, "- list: l%d\n  items: [l%d, l%d]\n", i, i + 1, i + 1);
	hc_buf_printf(&buf, "- list: l12\n  items: [%05000d]\n", 0);
	hc_buf_puts(&buf, "- macro: m\n  condition: proc.name in (l0)\n");
	refuses(buf.p, "longer than 16 MiB");
}
