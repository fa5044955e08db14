/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations: which comparison is named, with what value, for every way a condition can be put together; and the
 * collector of nearest misses.
 */
#include "rule-checks.h"

#include "replay/explain.h"
#include "replay/misses.h"
#include "rules/origin.h"

static struct hc_explainer *explainer;
static struct hc_misses *misses;
static struct hc_arena arena;
static struct hc_buf said;

static void setup(void)
{
	host_begin();
	hc_arena_init(&arena);
	explainer = hc_explainer_new();
}

static void teardown(void)
{
	misses = hc_misses_free(misses);
	explainer = hc_explainer_free(explainer);
	hc_arena_done(&arena);
	hc_buf_done(&said);
	host_end();
}

TestSuite(explain, .init = setup, .fini = teardown);

/* prog removes /etc/passwd, event 7: why is the rule false? */
static const char *why(const char *items, const char *condition)
{
	const struct hc_rule *rule = rule_of(items, condition);

	unlinks(11, "/etc/passwd", 7);
	hc_buf_reset(&said);
	hc_explain_line(hc_explain(explainer, rule, &a.eval, &arena), &said);
	rules = hc_ruleset_free(rules);
	return said.p;
}

#define says(condition, text) says_with("", condition, text)
#define says_with(items, condition, text) \
	do { \
		const char *got_ = why(items, condition); \
		cr_expect_str_eq(got_, text, "%s:\n  %s\nexpected\n  %s", condition, got_, text); \
	} while (0)

Test(explain, a_comparison_is_named_with_the_value_found)
{
	says("evt.type = unlink and proc.name = cat", "proc.name = cat was false: proc.name=prog, at event 7");
	says("evt.type = unlink and proc.name != prog", "proc.name != prog was false: proc.name=prog, at event 7");
	says("evt.type = unlink and fd.name startswith /x", "fd.name startswith /x was false: fd.name is absent, at event 7");
	says("evt.type = unlink and fd.num >= 3", "fd.num >= 3 was false: fd.num is absent, at event 7");
	says("evt.type = unlink and proc.pid > 20", "proc.pid > 20 was false: proc.pid=11, at event 7");
	says("evt.type = unlink and proc.name = val(proc.pname)",
	     "proc.name = val(proc.pname) was false: proc.name=prog, proc.pname=bash, at event 7");
	says("evt.type = unlink and tolower(proc.name) = x", "tolower(proc.name) = x was false: tolower(proc.name)=prog, at event 7");
	says("evt.type = unlink and proc.name in ()", "proc.name in () was false: proc.name=prog, at event 7");
	says("evt.type = unlink and proc.name = prog", "the condition was true, at event 7");
}

Test(explain, everything_that_is_missing_is_named)
{
	says("evt.type = unlink and proc.name = cat and proc.pname = sh",
	     "proc.name = cat was false: proc.name=prog; proc.pname = sh was false: proc.pname=bash, at event 7");
	says("evt.type = unlink and proc.pname = bash and (proc.name = a or (proc.name = b and proc.pname = c))",
	     "proc.name = a was false: proc.name=prog, at event 7");
}

Test(explain, of_an_or_the_nearest_alternatives)
{
	says("evt.type = unlink and (proc.name = cat or proc.pname = sh)",
	     "no alternative was true: proc.name = cat was false: proc.name=prog | proc.pname = sh was false: proc.pname=bash, at event 7");
	says("evt.type = unlink and (proc.name = cat or proc.name startswith x)",
	     "no alternative was true: proc.name = cat | proc.name startswith x: proc.name=prog, at event 7");
}

Test(explain, of_a_not_what_made_it_false)
{
	says("evt.type = unlink and not proc.name = prog", "not proc.name = prog was false: proc.name=prog, at event 7");
	says("evt.type = unlink and not (proc.name = prog and proc.pname = bash)",
	     "not (proc.name = prog and proc.pname = bash) was false: proc.name=prog, proc.pname=bash, at event 7");
	says("evt.type = unlink and not (proc.name = x or proc.pname startswith b)",
	     "not (proc.name = x or proc.pname startswith b) was false: proc.pname=bash, at event 7");
	says("evt.type = unlink and not not proc.name = cat", "proc.name = cat was false: proc.name=prog, at event 7");
	says("evt.type = unlink and not (not proc.name = cat)", "not not proc.name = cat was false: proc.name=prog, at event 7");
}

static const char items[] =
	"- list: inner\n  items: [x, prog]\n"
	"- list: progs\n  items: [cat, inner]\n"
	"- list: cats\n  items: [cat, lynx]\n"
	"- macro: removes\n  condition: (evt.type in (unlink, unlinkat) and evt.failed = false)\n"
	"- macro: by_cat\n  condition: proc.name in (cats)\n"
	"- macro: by_animal\n  condition: by_cat\n"
	"- macro: trusted\n  condition: (proc.name in (progs) or proc.name = y)\n";

Test(explain, macros_and_lists_are_told_by_name)
{
	says_with(items, "removes and proc.name in (cats)", "proc.name in (cats) was false: proc.name=prog, at event 7");
	says_with(items, "removes and proc.name in (a, cats, b)", "proc.name in (a, cats, b) was false: proc.name=prog, at event 7");
	says_with(items, "removes and by_cat", "macro by_cat: proc.name in (cats) was false: proc.name=prog, at event 7");
	says_with(items, "removes and by_animal", "macro by_animal: proc.name in (cats) was false: proc.name=prog, at event 7");
	says_with(items, "removes and not trusted",
		  "not trusted was false: proc.name in (progs) [proc.name=prog (\"prog\" of list progs)], at event 7");
	says_with(items, "removes and not (trusted and not by_cat)",
		  "not (trusted and not by_cat) was false: proc.name in (progs) [proc.name=prog (\"prog\" of list progs)], "
		  "not proc.name in (cats) [proc.name=prog], at event 7");
	says_with(items, "removes and (by_cat or proc.pname = x)",
		  "no alternative was true: macro by_cat: proc.name in (cats) was false: proc.name=prog | proc.pname = x was false: "
		  "proc.pname=bash, at event 7");
}

Test(explain, of_several_values_the_one_that_matched)
{
	says("evt.type = unlink and proc.aname = sshd", "proc.aname = sshd was false: proc.aname=(bash, init), at event 7");
	says_with("- list: ancestors\n  items: [a, init]\n", "evt.type = unlink and not proc.aname in (ancestors)",
		  "not proc.aname in (ancestors) was false: proc.aname=(bash, init) (init: \"init\" of list ancestors), at event 7");
	says("evt.type = unlink and not evt.arg.path pmatch (/usr, /etc, /var)",
	     "not evt.arg.path pmatch (/usr, /etc, /var) was false: evt.arg.path=/etc/passwd (\"/etc\"), at event 7");
	says("evt.type = unlink and not evt.arg.path contains anyof (x, ass)",
	     "not evt.arg.path contains anyof (x, ass) was false: evt.arg.path=/etc/passwd (\"ass\"), at event 7");
}

/* Exceptions are keys of the rule, so this one is written out. */
static const char *with_exception(const char *exception)
{
	char text[2048];
	const struct hc_rule *rule;

	snprintf(text, sizeof text,
		 "- list: bashes\n  items: [bash, dash]\n- rule: R\n  desc: d\n  priority: NOTICE\n  output: o\n"
		 "  condition: evt.type = unlink and proc.pname = bash\n  exceptions:\n%s", exception);
	load(text);
	rule = hc_ruleset_find(rules, "R", NULL);
	unlinks(11, "/etc/passwd", 7);
	hc_buf_reset(&said);
	hc_explain_line(hc_explain(explainer, rule, &a.eval, &arena), &said);
	rules = hc_ruleset_free(rules);
	return said.p;
}

Test(explain, the_exception_that_applied_is_named)
{
	const char *got;

	got = with_exception("    - name: other\n      fields: proc.name\n      values: [cat]\n"
			     "    - name: ours\n      fields: [proc.name, proc.pname]\n      comps: [=, in]\n"
			     "      values: [[cat, [x]], [prog, [bashes]]]\n");
	cr_expect_str_eq(got, "exception 'ours' applied: proc.name=prog, proc.pname=bash (\"bash\" of list bashes), at event 7", "%s", got);
	got = with_exception("    - name: empty\n      fields: proc.name\n      values: []\n"
			     "    - name: single\n      fields: proc.name\n      values: [cat, prog]\n");
	cr_expect_str_eq(got, "exception 'single' applied: proc.name=prog, at event 7", "%s", got);
}

Test(explain, nodes_know_their_place_in_the_file)
{
	const struct hc_rule *rule = rule_of(items, "removes and\n    proc.name = cat");
	struct hc_place place;

	cr_assert(hc_origin_place(rule->ast, &place));
	cr_expect_str_eq(place.file->name, "t.yaml");
	cr_expect_eq(place.line, 20, "%u", place.line);
	cr_assert(hc_origin_place(rule->ast->kids[0]->kids[1], &place));
	cr_expect(place.line == 8 && place.column == 50, "%u:%u", place.line, place.column);
	cr_assert(hc_origin_place(rule->ast->kids[1], &place));
	cr_expect(place.line == 21 && place.column == 5, "%u:%u", place.line, place.column);
}

Test(explain, the_tree_shows_every_comparison_and_what_was_not_reached)
{
	const struct hc_rule *rule = rule_of(items, "removes and proc.name = cat and not (trusted or evt.failed = true)");

	unlinks(11, "/etc/passwd", 7);
	hc_explain_text(hc_explain(explainer, rule, &a.eval, &arena), false, &said);
	cr_expect_str_eq(said.p,
		"event 7 at 1970-01-01T00:16:40.000000000Z: unlink by prog (11)\n"
		"rule 'R' (t.yaml:15): false\n"
		"it would have said: removed /etc/passwd\n"
		"proc.name = cat was false: proc.name=prog; not (trusted or evt.failed = true) was false: "
		"proc.name in (progs) [proc.name=prog (\"prog\" of list progs)]\n"
		"   -  all of\n"
		"      +  macro removes: all of\n"
		"         +  evt.type in (unlink, unlinkat)   [evt.type=unlink]\n"
		"         +  evt.failed = false   [evt.failed=false]\n"
		"      -  proc.name = cat   [proc.name=prog]   <--\n"
		"     (-) not\n"
		"        (+) any of\n"
		"           (+) macro trusted: any of\n"
		"              (+) proc.name in (progs)   [proc.name=prog (\"prog\" of list progs)]   <--\n"
		"              (-) proc.name = y   [proc.name=prog]\n"
		"           (-) evt.failed = true   [evt.failed=false]\n"
		"  in parentheses: what a replay does not come to, because what precedes it decides already\n", "%s", said.p);
}

Test(explain, hostile_values_are_escaped_and_cut)
{
	const struct hc_rule *rule = rule_of("", "evt.type = unlink and evt.arg.path = x");
	char path[900];

	memset(path, 'p', sizeof path);
	memcpy(path, "/\033]0;hi\a\n\xc2\x9b\xff\xe2\x80\xae", 15);
	path[sizeof path - 1] = '\0';
	unlinks(11, path, 7);
	hc_explain_line(hc_explain(explainer, rule, &a.eval, &arena), &said);
	cr_expect_not_null(strstr(said.p, "evt.arg.path=/\\x1b]0;hi\\x07\\n\\u009b\\xff\\u202eppp"), "%s", said.p);
	cr_expect_lt(said.len, 400);
	hc_buf_reset(&said);
	hc_explain_json(hc_explain(explainer, rule, &a.eval, &arena), &said);
	cr_expect_not_null(strstr(said.p, "\"value_length\":899"), "%s", said.p);
	cr_expect_lt(said.len, 8000);
	for (size_t i = 0; i < said.len; i++)
		cr_assert_geq((unsigned char)said.p[i], 0x20);
}

/* ---- nearest misses ---- */

static void collect(const struct hc_rule *rule)
{
	misses = hc_misses_new(rules, rule);
}

static void unlinks_and_is_collected(int64_t tid, const char *path, uint64_t num)
{
	unlinks(tid, path, num);
	hc_misses_event(misses, &a.eval, false);
}

static const char *lines(uint32_t max)
{
	hc_buf_reset(&said);
	hc_buf_puts(&said, "");
	hc_misses_lines(misses, max, "  ", &said);
	return said.p;
}

Test(explain, misses_are_put_together_and_the_nearest_comes_first)
{
	collect(rule_of("", "evt.type = unlink and evt.arg.path startswith /var/log and proc.name = prog"));
	unlinks_and_is_collected(10, "/tmp/x", 1);
	unlinks_and_is_collected(11, "/tmp/x", 2);
	unlinks_and_is_collected(11, "/var/lib", 3);
	unlinks_and_is_collected(11, "/tmp/x", 4);
	cr_expect_str_eq(lines(9),
		"  evt.arg.path startswith /var/log was false: evt.arg.path=/var/lib, at event 3 "
		"(and 2 more; all values: /tmp/x 2, /var/lib 1)\n"
		"  evt.arg.path startswith /var/log was false: evt.arg.path=/tmp/x; "
		"proc.name = prog was false: proc.name=bash, at event 1\n",
		"%s", lines(9));
	cr_expect_null(strchr(strchr(lines(1), '\n') + 1, '\n'));
	cr_expect_eq(hc_misses_matched(misses, NULL), 0);
	cr_expect_eq(hc_misses_looked_at(misses), 4);
}

Test(explain, misses_that_only_add_to_nearer_ones_come_last)
{
	const struct hc_miss *const *kinds;

	collect(rule_of("", "evt.type = unlink and evt.arg.path = /a and proc.name = prog and proc.pid in (10, 11)"));
	unlinks_and_is_collected(11, "/x", 1); /* the path */
	unlinks_and_is_collected(10, "/x", 2); /* and the name */
	unlinks_and_is_collected(1, "/a", 3);  /* the name, the pid */
	cr_assert_eq(hc_misses_get(misses, &kinds), 3);
	cr_expect(kinds[0]->nearest->num == 1 && kinds[1]->nearest->num == 3 && kinds[2]->nearest->num == 2);
}

Test(explain, the_wrong_event_type_is_a_miss_too)
{
	collect(rule_of("", "evt.type = rename and proc.name = prog"));
	unlinks_and_is_collected(11, "/tmp/x", 2);
	cr_expect_str_eq(lines(9), "  evt.type = rename was false: evt.type=unlink, at event 2\n", "%s", lines(9));
	cr_expect_eq(hc_misses_looked_at(misses), 0);
}

Test(explain, favoured_events_go_first)
{
	collect(rule_of("", "evt.type = unlink and evt.arg.path = /a and proc.name = prog"));
	unlinks_and_is_collected(11, "/aa", 1);
	unlinks(10, "/tmp/x", 2);
	hc_misses_event(misses, &a.eval, true);
	cr_expect(strstr(lines(1), "at event 2\n"), "%s", lines(1));
}

Test(explain, an_earlier_rule_that_takes_the_alert_is_named)
{
	load("- rule: First\n  desc: d\n  condition: evt.type = unlink\n  output: o\n  priority: NOTICE\n"
	     "- rule: Second\n  desc: d\n  condition: evt.type = unlink and proc.name = prog\n  output: o\n  priority: NOTICE\n");
	collect(hc_ruleset_find(rules, "Second", NULL));
	unlinks_and_is_collected(10, "/x", 1);
	unlinks_and_is_collected(11, "/x", 2);
	cr_expect_str_eq(lines(3), "  the condition was true for 1 event, first at event 2; but rule 'First' comes before it "
			 "and matched 1 of them, too: with rule_matching 'first' that one alerts\n", "%s", lines(3));
}

Test(explain, rules_that_take_no_part_say_so)
{
	load("- rule: Off\n  desc: d\n  condition: evt.type = rename\n  output: o\n  priority: NOTICE\n  enabled: false\n"
	     "- rule: Other\n  desc: d\n  condition: evt.type = rename\n  output: o\n  priority: NOTICE\n  source: moon\n");
	collect(hc_ruleset_find(rules, "Off", NULL));
	cr_expect_str_eq(lines(3), "  the rule is disabled\n  there was no event to look at\n", "%s", lines(3));
	hc_misses_free(misses);
	collect(hc_ruleset_find(rules, "Other", NULL));
	unlinks_and_is_collected(10, "/x", 1);
	cr_expect(strstr(lines(3), "  the rule was left out"), "%s", lines(3));
}

Test(explain, kinds_are_bounded)
{
	struct hc_buf condition HC_BUF_DONE = { 0 };
	const struct hc_miss *const *kinds;
	char path[16];

	/* one kind per number of slashes */
	hc_buf_puts(&condition, "evt.type = unlink");
	for (int i = 0; i < 12; i++)
		hc_buf_printf(&condition, " and not evt.arg.path contains %c", 'A' + i);
	collect(rule_of("", condition.p));
	for (uint64_t i = 1; i < 4096; i++) {
		char *p = path;

		for (int b = 0; b < 12; b++)
			if (i >> b & 1)
				*p++ = (char)('A' + b);
		*p = '\0';
		unlinks_and_is_collected(10, path, i);
	}
	cr_expect_eq(hc_misses_get(misses, &kinds), HC_MISSES_KINDS_MAX);
	for (int i = 0; i < 12; i++)
		cr_expect_eq(kinds[i]->distance, 1);
	cr_expect_geq(kinds[12]->distance, 2);
}
