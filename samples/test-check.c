/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts. A failed expectation points at its place in the test file, says what was expected and what there was instead,
 * and, of a rule that did not alert, why.
 */
#include "samples/test-check.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/options.h"
#include "replay/print.h"

enum { LIST_MAX = 8 /* alerts or rules told one by one */, TEXT_MAX = 300 /* bytes of a value shown */ };

void hc_test_result_done(struct hc_test_result *result)
{
	for (uint32_t i = 0; i < result->nedits; i++)
		free(result->edits[i].text);
	free(result->edits);
	hc_buf_done(&result->text);
	*result = (struct hc_test_result){ 0 };
}

void hc_test_result_edit(struct hc_test_result *result, uint32_t off, uint32_t end, const char *text, size_t len)
{
	struct hc_test_edit *e;

	result->edits = hc_realloc(result->edits, (result->nedits + 1) * sizeof *result->edits);
	e = &result->edits[result->nedits++];
	*e = (struct hc_test_edit){ off, end, hc_malloc(len + 1), (uint32_t)len };
	memcpy(e->text, text, len);
	e->text[len] = '\0';
}

/* ---- saying ---- */

/* Texts from captures and rules, safe for terminals, quoted. */
static void put_quoted(struct hc_buf *to, struct hc_str s)
{
	hc_buf_putc(to, '\'');
	hc_print_json(to, (struct hc_str){ s.p, s.len < TEXT_MAX ? s.len : TEXT_MAX });
	hc_buf_puts(to, s.len > TEXT_MAX ? "...'" : "'");
}

/* A finding begins: its place, then a line made by the caller. */
static void begin(const struct hc_test_facts *facts, struct hc_test_result *result, const struct hc_yaml_node *at)
{
	if (result->status == HC_TEST_PASSED)
		result->status = HC_TEST_FAILED;
	hc_buf_printf(&result->text, "%s:%u:%u: ", facts->file->doc.name, at->at.line + 1, at->at.column + 1);
}

static void show(const struct hc_test_facts *facts, struct hc_test_result *result, const struct hc_yaml_node *at)
{
	hc_yamldoc_show(&facts->file->doc, at->at.off, at->end, &result->text);
}

static void put_pattern(struct hc_buf *to, const struct hc_test_pattern *want)
{
	if (want->match == HC_TEST_ABSENT) {
		hc_buf_puts(to, "absent");
		return;
	}
	if (want->match == HC_TEST_REGEX)
		hc_buf_puts(to, "matching ");
	put_quoted(to, want->text);
}

/* "event 12, 20:55:01.000000000: MESSAGE" */
static void put_alert(const struct hc_test_facts *facts, const struct hc_test *test, const struct hc_collected *a, struct hc_buf *to)
{
	const struct hc_test_run *run = &facts->file->runs[test->run];

	hc_buf_printf(to, "event %llu", (unsigned long long)a->event);
	if (run->ncaptures > 1)
		hc_buf_printf(to, " of %s", run->captures[a->capture].shown);
	hc_buf_puts(to, ": ");
	hc_print_json(to, (struct hc_str){ a->message.p, a->message.len < TEXT_MAX ? a->message.len : TEXT_MAX });
	hc_buf_puts(to, a->message.len > TEXT_MAX ? "...\n" : "\n");
}

/* Lines "which alerted: ..." of the alerts for which `which` is true. */
static void put_alerts(const struct hc_test_facts *facts, const struct hc_test *test, const bool *which, bool with_rule,
		       struct hc_buf *to)
{
	uint64_t n = 0;

	for (size_t i = 0; i < facts->alerts->n; i++) {
		if (!which[i] || n++ >= LIST_MAX)
			continue;
		hc_buf_puts(to, "         ");
		if (with_rule) {
			put_quoted(to, hc_str(facts->alerts->items[i].rule->name));
			hc_buf_puts(to, ", ");
		}
		put_alert(facts, test, &facts->alerts->items[i], to);
	}
	if (n > LIST_MAX)
		hc_buf_printf(to, "         and %llu more\n", (unsigned long long)n - LIST_MAX);
}

/* Which rules alerted how often: said instead of an alert that is missing. */
static void put_instead(const struct hc_test_facts *facts, const char *but, struct hc_buf *to)
{
	const struct hc_ruleset *rules = facts->rules;
	uint32_t *counts = hc_calloc(rules->nrules + 1, sizeof *counts), n = 0;

	for (size_t i = 0; i < facts->alerts->n; i++)
		counts[facts->alerts->items[i].rule->place]++;
	for (uint32_t i = 0; i < rules->nrules; i++) {
		if (!counts[rules->rules[i]->place] || !strcmp(rules->rules[i]->name, but))
			continue;
		if (n++ >= LIST_MAX)
			continue;
		hc_buf_puts(to, n == 1 ? "       = alerted instead: " : ", ");
		put_quoted(to, hc_str(rules->rules[i]->name));
		if (counts[rules->rules[i]->place] > 1)
			hc_buf_printf(to, " %u times", counts[rules->rules[i]->place]);
	}
	if (n > LIST_MAX)
		hc_buf_printf(to, " and %u more rules", n - LIST_MAX);
	hc_buf_puts(to, n ? "\n" : "       = no other rule alerted either\n");
	free(counts);
}

/* ---- matching ---- */

static const struct hc_rule *rule_named(const struct hc_ruleset *rules, const char *name)
{
	for (uint32_t i = 0; i < rules->nrules; i++)
		if (!strcmp(rules->rules[i]->name, name))
			return rules->rules[i];
	return NULL;
}

static bool has_tags(const struct hc_rule *rule, const struct hc_test_expect *expect)
{
	for (uint32_t i = 0; i < expect->ntags; i++) {
		bool has = false;

		for (uint32_t k = 0; k < rule->ntags && !has; k++)
			has = !strcmp(rule->tags[k], expect->tags[i]);
		if (!has)
			return false;
	}
	return true;
}

/* An absent field shows as <NA>, which a test may expect as a text, too. Numbers are compared as they are printed in
 * either form: times stand as text in messages and as numbers in objects. */
bool hc_test_field_is(const struct hc_collected *alert, const struct hc_test_field *want)
{
	const struct hc_collected_field *f = hc_collected_field(alert, want->key);

	if (!f)
		return false;
	if (want->want.match == HC_TEST_ABSENT)
		return hc_str_is(f->json, "null");
	return hc_test_pattern_has(&want->want, f->text) || (f->json.len && *f->json.p != '"' && hc_test_pattern_has(&want->want, f->json));
}

/* How many of the expectation's properties the alert does not have. */
static uint32_t differences(const struct hc_test_expect *expect, const struct hc_collected *a)
{
	uint32_t n = 0;

	n += !hc_test_pattern_has(&expect->source, hc_str(a->rule->source));
	n += !hc_test_pattern_has(&expect->hostname, hc_str(a->hostname));
	n += !hc_test_pattern_has(&expect->output, a->message);
	n += expect->priority >= 0 && (int)a->rule->priority != expect->priority;
	n += !has_tags(a->rule, expect);
	for (uint32_t i = 0; i < expect->nfields; i++)
		n += !hc_test_field_is(a, &expect->fields[i]);
	return n;
}

static void say_text(const struct hc_test_facts *facts, struct hc_test_result *result, const char *what,
		     const struct hc_test_pattern *want, struct hc_str is)
{
	if (hc_test_pattern_has(want, is))
		return;
	begin(facts, result, want->at);
	hc_buf_printf(&result->text, "%s is ", what);
	put_quoted(&result->text, is);
	hc_buf_puts(&result->text, ", expected ");
	put_pattern(&result->text, want);
	hc_buf_putc(&result->text, '\n');
	show(facts, result, want->at);
}

static void say_field(const struct hc_test_facts *facts, struct hc_test_result *result, const struct hc_test_field *want,
		      const struct hc_collected *a)
{
	const struct hc_collected_field *f = hc_collected_field(a, want->key);

	begin(facts, result, want->want.at);
	if (f) {
		hc_buf_printf(&result->text, "%s is ", want->key.p);
		if (hc_str_is(f->json, "null"))
			hc_buf_puts(&result->text, "absent");
		else
			put_quoted(&result->text, f->text);
		hc_buf_puts(&result->text, ", expected ");
		put_pattern(&result->text, &want->want);
		hc_buf_putc(&result->text, '\n');
	} else {
		hc_buf_printf(&result->text, "the rule's output has no field %s\n", want->key.p);
	}
	show(facts, result, want->want.at);
	for (uint32_t i = 0; !f && i < a->nfields; i++)
		hc_buf_printf(&result->text, "%s%s%s", i ? ", " : "       = it has ", a->fields[i].key.p, i + 1 == a->nfields ? "\n" : "");
}

/* What the nearest alert of the rule has instead of what is expected. */
static void say_differences(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result,
			    const struct hc_test_expect *expect, const struct hc_collected *a)
{
	hc_buf_puts(&result->text, "       = nearest: ");
	put_alert(facts, test, a, &result->text);
	say_text(facts, result, "source", &expect->source, hc_str(a->rule->source));
	say_text(facts, result, "hostname", &expect->hostname, hc_str(a->hostname));
	say_text(facts, result, "output", &expect->output, a->message);
	if (expect->priority >= 0 && (int)a->rule->priority != expect->priority) {
		begin(facts, result, expect->priority_at);
		hc_buf_printf(&result->text, "priority is %s, expected %s\n", hc_priority_name(a->rule->priority),
			      hc_priority_name((enum hc_priority)expect->priority));
		show(facts, result, expect->priority_at);
	}
	if (!has_tags(a->rule, expect)) {
		begin(facts, result, expect->tags_at);
		hc_buf_puts(&result->text, "tags are");
		for (uint32_t i = 0; i < a->rule->ntags; i++)
			hc_buf_printf(&result->text, "%s %s", i ? "," : "", a->rule->tags[i]);
		hc_buf_puts(&result->text, a->rule->ntags ? "\n" : " none\n");
		show(facts, result, expect->tags_at);
	}
	for (uint32_t i = 0; i < expect->nfields; i++)
		if (!hc_test_field_is(a, &expect->fields[i]))
			say_field(facts, result, &expect->fields[i], a);
}

/* ---- counts ---- */

struct hc_test_tally hc_test_tally(const struct hc_test_facts *facts, const struct hc_test_expect *expect, bool *ret_matching)
{
	struct hc_test_tally t = { 0 };
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < facts->alerts->n; i++) {
		const struct hc_collected *a = &facts->alerts->items[i];
		uint32_t d;

		ret_matching[i] = false;
		if (strcmp(a->rule->name, expect->rule))
			continue;
		t.of_rule++;
		d = differences(expect, a);
		ret_matching[i] = !d;
		t.matching += !d;
		if (d < least) {
			least = d;
			t.nearest = a;
		}
	}
	return t;
}

static void say_why(const struct hc_test_facts *facts, struct hc_test_result *result, const char *name)
{
	const struct hc_rule *rule = rule_named(facts->rules, name);
	const char *why = facts->whys ? hc_strmap_get(facts->whys, hc_str(name)) : NULL;

	if (!rule->enabled)
		hc_buf_puts(&result->text, "       = the rule is disabled\n");
	else if (why)
		hc_buf_puts(&result->text, why);
}

static void check_count(const struct hc_test_facts *facts, const struct hc_test *test, const struct hc_test_expect *expect,
			bool *matching, struct hc_test_result *result, struct hc_strmap *missing)
{
	struct hc_test_tally t = hc_test_tally(facts, expect, matching);
	const struct hc_yaml_node *at = expect->count.at ? expect->count.at : expect->rule_at;

	if (hc_test_count_has(&expect->count, t.matching))
		return;
	begin(facts, result, at);
	hc_buf_puts(&result->text, "expected ");
	hc_test_count_say(&expect->count, &result->text);
	hc_buf_puts(&result->text, " of ");
	put_quoted(&result->text, hc_str(expect->rule));
	if (t.matching || !t.of_rule)
		hc_buf_printf(&result->text, ", got %llu\n", (unsigned long long)t.matching);
	else
		hc_buf_printf(&result->text, "; it alerted %llu time%s, but not like this\n", (unsigned long long)t.of_rule,
			      t.of_rule == 1 ? "" : "s");
	show(facts, result, at);
	if (t.matching > expect->count.max) {
		put_alerts(facts, test, matching, false, &result->text);
		return;
	}
	if (t.of_rule > t.matching)
		say_differences(facts, test, result, expect, t.nearest);
	if (t.matching)
		put_alerts(facts, test, matching, false, &result->text);
	if (t.of_rule >= expect->count.min)
		return;
	say_why(facts, result, expect->rule);
	if (!t.of_rule)
		put_instead(facts, expect->rule, &result->text);
	/* The expectation that says most of the alert helps most to find the event. */
	if (missing && (expect->nfields || !hc_strmap_get(missing, hc_str(expect->rule))))
		hc_strmap_put(missing, hc_str(expect->rule), (void *)expect);
}

/* ---- order, others ---- */

static void check_order(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result,
			struct hc_strmap *missing)
{
	size_t next = 0, i;
	const struct hc_collected *last = NULL, *elsewhere = NULL;

	for (uint32_t k = 0; k < test->norder; k++) {
		const struct hc_yaml_node *at = test->order_at->kind == HC_YAML_SEQUENCE ? test->order_at->items[k] : test->order_at;

		for (i = next; i < facts->alerts->n && strcmp(facts->alerts->items[i].rule->name, test->order[k]); i++)
			;
		if (i < facts->alerts->n) {
			last = &facts->alerts->items[i];
			next = i + 1;
			continue;
		}
		for (i = 0; i < facts->alerts->n; i++)
			if (!strcmp(facts->alerts->items[i].rule->name, test->order[k]))
				elsewhere = &facts->alerts->items[i];
		begin(facts, result, at);
		put_quoted(&result->text, hc_str(test->order[k]));
		if (!elsewhere)
			hc_buf_puts(&result->text, " did not alert at all\n");
		else
			hc_buf_printf(&result->text, " did not alert after event %llu, only up to event %llu\n",
				      (unsigned long long)(last ? last->event : 0), (unsigned long long)elsewhere->event);
		show(facts, result, at);
		if (!elsewhere) {
			static const struct hc_test_expect nothing_more = { 0 };

			say_why(facts, result, test->order[k]);
			if (missing && !hc_strmap_get(missing, hc_str(test->order[k])))
				hc_strmap_put(missing, hc_str(test->order[k]), (void *)&nothing_more);
		}
		return;
	}
}

bool hc_test_is_named(const struct hc_test *test, const char *rule)
{
	for (uint32_t i = 0; i < test->nexpects; i++)
		if (!strcmp(test->expects[i].rule, rule))
			return true;
	for (uint32_t i = 0; i < test->norder; i++)
		if (!strcmp(test->order[i], rule))
			return true;
	return false;
}

static void check_others(const struct hc_test_facts *facts, const struct hc_test *test, bool *which, struct hc_test_result *result)
{
	uint64_t n = 0;

	for (size_t i = 0; i < facts->alerts->n; i++)
		n += which[i] = !hc_test_is_named(test, facts->alerts->items[i].rule->name);
	if (!n)
		return;
	begin(facts, result, test->others_at);
	hc_buf_printf(&result->text, "expected no alerts of other rules, got %llu\n", (unsigned long long)n);
	show(facts, result, test->others_at);
	put_alerts(facts, test, which, true, &result->text);
}

/* ---- names ---- */

static bool check_name(const struct hc_test_facts *facts, struct hc_test_result *result, const char *name,
		       const struct hc_yaml_node *at)
{
	const char **names, *near;

	if (rule_named(facts->rules, name))
		return true;
	begin(facts, result, at);
	result->status = HC_TEST_ERROR;
	hc_buf_puts(&result->text, "no rule is named ");
	put_quoted(&result->text, hc_str(name));
	hc_buf_putc(&result->text, '\n');
	show(facts, result, at);
	names = hc_calloc(facts->rules->nrules + 1, sizeof *names);
	for (uint32_t i = 0; i < facts->rules->nrules; i++)
		names[i] = facts->rules->rules[i]->name;
	near = hc_nearest(name, names);
	if (near)
		hc_buf_printf(&result->text, "       = hint: did you mean '%s'?\n", near);
	free(names);
	return false;
}

bool hc_test_check_names(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result)
{
	bool ok = true;

	for (uint32_t i = 0; i < test->nexpects; i++)
		ok &= check_name(facts, result, test->expects[i].rule, test->expects[i].rule_at);
	for (uint32_t i = 0; i < test->norder; i++)
		ok &= check_name(facts, result, test->order[i],
				 test->order_at->kind == HC_YAML_SEQUENCE ? test->order_at->items[i] : test->order_at);
	return ok;
}

void hc_test_check(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result,
		   struct hc_strmap *missing)
{
	bool *which = hc_calloc(facts->alerts->n + 1, sizeof *which);

	for (uint32_t i = 0; i < test->nexpects; i++)
		check_count(facts, test, &test->expects[i], which, result, missing);
	if (test->norder)
		check_order(facts, test, result, missing);
	if (test->others_none)
		check_others(facts, test, which, result);
	free(which);
}
