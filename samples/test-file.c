/* SPDX-License-Identifier: Apache-2.0
 *
 * Test files as YAML has them to tests as samples/test-file.h has them. Every mistake found is told before any test runs.
 */
#include "samples/test-file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/strmap.h"
#include "replay/when.h"

struct loader {
	struct hc_test_file *file;
	struct hc_yamldoc *doc; /* of file */
	struct hc_arena *arena; /* of doc */
	const struct hc_test_where *where;
	const char *dir;
	struct hc_strmap runs;  /* what a run is, as text, to its number + 1 */
	struct hc_strmap regexes; /* patterns to what they compile to */
	uint32_t runs_cap, regexes_cap;
};

static const char *const file_keys[] = { "description", "capture", "rules", "options", "tests", NULL };
static const char *const test_keys[] = { "name", "description", "skip", "rule", "capture", "rules", "options", "expectedOutcome", NULL };
static const char *const option_keys[] = { "rule_matching", "priority", "tags", "enable", "disable", "since", "until", "damaged",
					   NULL };
static const char *const switch_keys[] = { "rule", "tag", NULL };
static const char *const outcome_keys[] = { "count", "source", "hostname", "priority", "tags", "output", "outputFields", "alerts",
					    "counts", "order", "others", NULL };
static const char *const alert_keys[] = { "rule", "count", "source", "hostname", "priority", "tags", "output", "outputFields", NULL };
static const char *const pattern_keys[] = { "regex", NULL };

#define complain(ld, ...) hc_yamldoc_complain((ld)->doc, __VA_ARGS__)

/* ---- values ---- */

bool hc_test_count_has(const struct hc_test_count *count, uint64_t n)
{
	return n >= count->min && n <= count->max;
}

void hc_test_count_say(const struct hc_test_count *count, struct hc_buf *to)
{
	if (!count->max)
		hc_buf_puts(to, "none");
	else if (count->max == UINT32_MAX)
		hc_buf_printf(to, "at least %u", count->min);
	else if (count->min == count->max)
		hc_buf_printf(to, "%u", count->min);
	else
		hc_buf_printf(to, "%u to %u", count->min, count->max);
}

bool hc_test_pattern_has(const struct hc_test_pattern *pattern, struct hc_str text)
{
	switch (pattern->match) {
	case HC_TEST_EQUAL: return hc_str_eq(pattern->text, text);
	case HC_TEST_REGEX: return hc_regex_match(pattern->regex, text.p, text.len);
	case HC_TEST_ABSENT: return false; /* what has a text is there */
	default: return true;
	}
}

static bool number(const char **p, uint32_t *ret)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); ++*p) {
		v = v * 10 + (uint64_t)(**p - '0');
		if (v >= UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)v;
	return true;
}

static void read_count(struct loader *ld, const struct hc_yaml_node *node, struct hc_test_count *ret)
{
	const char *p = node->kind == HC_YAML_SCALAR ? node->text.p : "";

	ret->at = node;
	if (node->kind == HC_YAML_SCALAR && hc_str_is(node->text, "none")) {
		ret->min = ret->max = 0;
		return;
	}
	if (number(&p, &ret->min)) {
		ret->max = ret->min;
		if (*p == '+') {
			ret->max = UINT32_MAX;
			p++;
		} else if (*p == '-') {
			p++;
			if (!number(&p, &ret->max) || ret->max < ret->min)
				p = "x";
		}
		if (p == node->text.p + node->text.len)
			return;
	}
	complain(ld, node, "3: exactly three; 3+: three or more; 3-5: three to five; none", "expected a count");
	ret->min = 0;
	ret->max = UINT32_MAX;
}

static const struct hc_regex *read_regex(struct loader *ld, const struct hc_yaml_node *node)
{
	struct hc_test_file *file = ld->file;
	struct hc_regex *regex = hc_strmap_get(&ld->regexes, node->text);
	char error[256];

	if (regex)
		return regex;
	if (node->text.len > HC_TEST_PATTERN_MAX || file->nregexes >= HC_TEST_REGEXES_MAX) {
		complain(ld, node, NULL, "more than %d different patterns in one file, or one longer than %d bytes", HC_TEST_REGEXES_MAX,
			 HC_TEST_PATTERN_MAX);
		return NULL;
	}
	regex = hc_regex_new(node->text.p, node->text.len, error, sizeof error);
	if (!regex) {
		complain(ld, node, "RE2 in POSIX syntax; the whole text must match", "no valid pattern: %s", error);
		return NULL;
	}
	if (file->nregexes == ld->regexes_cap) {
		ld->regexes_cap = ld->regexes_cap ? 2 * ld->regexes_cap : 16;
		file->regexes = hc_realloc(file->regexes, ld->regexes_cap * sizeof *file->regexes);
	}
	file->regexes[file->nregexes++] = regex;
	hc_strmap_put(&ld->regexes, node->text, regex);
	return regex;
}

/* TEXT, {regex: PATTERN}; null where a value may be absent. */
static void read_pattern(struct loader *ld, const struct hc_yaml_node *node, const char *what, bool may_be_absent,
			 struct hc_test_pattern *ret)
{
	const struct hc_yaml_node *regex;

	if (node->kind == HC_YAML_SCALAR) {
		*ret = (struct hc_test_pattern){ .match = HC_TEST_EQUAL, .text = node->text, .at = node };
		return;
	}
	if (node->kind == HC_YAML_NULL && may_be_absent) {
		*ret = (struct hc_test_pattern){ .match = HC_TEST_ABSENT, .at = node };
		return;
	}
	if (node->kind != HC_YAML_MAPPING) {
		complain(ld, node, NULL, "%s: expected a text or {regex: PATTERN}", what);
		return;
	}
	hc_yamldoc_mapping(ld->doc, node, "what a text must be", pattern_keys);
	regex = hc_yaml_get(node, "regex");
	if (!regex || !hc_yamldoc_scalar(ld->doc, regex, "regex")) {
		if (!regex && !node->nitems)
			complain(ld, node, NULL, "%s: expected a text or {regex: PATTERN}", what);
		return;
	}
	*ret = (struct hc_test_pattern){ .text = regex->text, .regex = read_regex(ld, regex), .at = regex };
	ret->match = ret->regex ? HC_TEST_REGEX : HC_TEST_ANY;
}

/* ---- expectations ---- */

static void read_fields(struct loader *ld, const struct hc_yaml_node *node, struct hc_test_expect *to)
{
	if (node->kind != HC_YAML_MAPPING) {
		complain(ld, node, NULL, "outputFields: expected fields and their values");
		return;
	}
	to->fields = hc_arena_array(ld->arena, struct hc_test_field, node->nitems / 2 + 1);
	for (uint32_t i = 0; i + 1 < node->nitems; i += 2) {
		struct hc_test_field *f = &to->fields[to->nfields];

		if (!hc_yamldoc_scalar(ld->doc, node->items[i], "the name of a field"))
			continue;
		f->key = node->items[i]->text;
		read_pattern(ld, node->items[i + 1], f->key.p, true, &f->want);
		to->nfields++;
	}
}

static int read_priority(struct loader *ld, const struct hc_yaml_node *node)
{
	const char *text = hc_yamldoc_scalar(ld->doc, node, "priority");
	int priority = text ? hc_priority_parse(text) : -1;

	if (text && priority < 0)
		complain(ld, node, "emergency, alert, critical, error, warning, notice, informational, debug",
			 "'%.60s' is no priority", text);
	return priority;
}

/* The keys that say of which alerts there must be how many. */
static void read_expect(struct loader *ld, const struct hc_yaml_node *node, struct hc_test_expect *to)
{
	const struct hc_yaml_node *n;

	to->mapping = node;
	to->priority = -1;
	to->count = (struct hc_test_count){ 1, UINT32_MAX, NULL };
	if ((n = hc_yaml_get(node, "count")))
		read_count(ld, n, &to->count);
	if ((n = hc_yaml_get(node, "source")))
		read_pattern(ld, n, "source", false, &to->source);
	if ((n = hc_yaml_get(node, "hostname")))
		read_pattern(ld, n, "hostname", false, &to->hostname);
	if ((n = hc_yaml_get(node, "output")))
		read_pattern(ld, n, "output", false, &to->output);
	if ((n = hc_yaml_get(node, "priority"))) {
		to->priority = read_priority(ld, n);
		to->priority_at = n;
	}
	if ((n = hc_yaml_get(node, "tags"))) {
		hc_yamldoc_scalars(ld->doc, n, "tags", &to->tags, &to->ntags);
		to->tags_at = n;
	}
	if ((n = hc_yaml_get(node, "outputFields")))
		read_fields(ld, n, to);
}

static struct hc_test_expect *more_expects(struct loader *ld, struct hc_test *test, uint32_t extra)
{
	struct hc_test_expect *all = hc_arena_array(ld->arena, struct hc_test_expect, test->nexpects + extra + 1);

	if (test->nexpects)
		memcpy(all, test->expects, test->nexpects * sizeof *all);
	test->expects = all;
	return all + test->nexpects;
}

static void read_alerts(struct loader *ld, const struct hc_yaml_node *node, struct hc_test *test)
{
	struct hc_test_expect *to;

	if (node->kind != HC_YAML_SEQUENCE) {
		complain(ld, node, NULL, "alerts: expected a list of alerts, each with its rule");
		return;
	}
	to = more_expects(ld, test, node->nitems);
	for (uint32_t i = 0; i < node->nitems; i++) {
		const struct hc_yaml_node *item = node->items[i], *rule;

		if (!hc_yamldoc_mapping(ld->doc, item, "an alert", alert_keys))
			continue;
		rule = hc_yaml_get(item, "rule");
		if (!rule)
			complain(ld, item, NULL, "which rule's alert? 'rule' is missing");
		else if ((to->rule = hc_yamldoc_scalar(ld->doc, rule, "rule"))) {
			to->rule_at = rule;
			read_expect(ld, item, to++);
			test->nexpects++;
		}
	}
}

static void read_counts(struct loader *ld, const struct hc_yaml_node *node, struct hc_test *test)
{
	struct hc_strmap seen = { 0 };
	struct hc_test_expect *to;

	if (node->kind != HC_YAML_MAPPING) {
		complain(ld, node, NULL, "counts: expected rules and how often each alerts");
		return;
	}
	to = more_expects(ld, test, node->nitems / 2);
	for (uint32_t i = 0; i + 1 < node->nitems; i += 2) {
		*to = (struct hc_test_expect){ .priority = -1 };
		to->rule = hc_yamldoc_scalar(ld->doc, node->items[i], "the name of a rule");
		to->rule_at = node->items[i];
		if (!to->rule)
			continue;
		if (hc_strmap_put(&seen, node->items[i]->text, to))
			complain(ld, node->items[i], NULL, "'%.100s' stands twice in counts", to->rule);
		read_count(ld, node->items[i + 1], &to->count);
		to++;
		test->nexpects++;
	}
	hc_strmap_done(&seen);
}

static void read_others(struct loader *ld, const struct hc_yaml_node *node, struct hc_test *test)
{
	test->others_at = node;
	test->others_none = node->kind == HC_YAML_SCALAR && hc_str_is(node->text, "none");
	if (!test->others_none && !(node->kind == HC_YAML_SCALAR && hc_str_is(node->text, "any")))
		complain(ld, node, NULL, "others: expected none or any");
}

static bool has_any(const struct hc_yaml_node *node, const char *const *keys)
{
	for (; *keys; keys++)
		if (hc_yaml_get(node, *keys))
			return true;
	return false;
}

static void read_outcome(struct loader *ld, const struct hc_yaml_node *node, struct hc_test *test, const struct hc_yaml_node *rule)
{
	static const char *const of_one_rule[] = { "count", "source", "hostname", "priority", "tags", "output", "outputFields", NULL };
	const struct hc_yaml_node *n;

	test->outcome = node;
	if (!hc_yamldoc_mapping(ld->doc, node, "expectedOutcome", outcome_keys))
		return;
	if (rule) {
		struct hc_test_expect *to = more_expects(ld, test, 1);

		to->rule = rule->text.p;
		to->rule_at = rule;
		read_expect(ld, node, to);
		test->nexpects++;
	} else if (has_any(node, of_one_rule)) {
		complain(ld, node, "add 'rule: NAME' to the test, or list 'alerts', each with its rule",
			 "which rule's alerts? the test has no 'rule'");
	}
	if ((n = hc_yaml_get(node, "alerts")))
		read_alerts(ld, n, test);
	if ((n = hc_yaml_get(node, "counts")))
		read_counts(ld, n, test);
	if ((n = hc_yaml_get(node, "order"))) {
		hc_yamldoc_scalars(ld->doc, n, "order", &test->order, &test->norder);
		test->order_at = n;
	}
	if ((n = hc_yaml_get(node, "others")))
		read_others(ld, n, test);
	if (!test->nexpects && !test->norder && !test->others_none && !ld->where->scaffold)
		complain(ld, node, "name rules in counts, alerts or order; or 'others: none'", "this expects nothing");
}

/* ---- what is run ---- */

static void more_inputs(struct loader *ld, struct hc_test_input **inputs, uint32_t n, struct hc_test_input input)
{
	/* grows in powers of two */
	if (!(n & (n - 1))) {
		struct hc_test_input *all = hc_arena_array(ld->arena, struct hc_test_input, n ? 2 * (size_t)n : 1);

		if (n)
			memcpy(all, *inputs, n * sizeof *all);
		*inputs = all;
	}
	(*inputs)[n] = input;
}

static bool is_rules_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")) && !hc_ruleset_is_test_name(name);
}

/* A directory of rules means the rules files in it. */
static void members_below(struct loader *ld, const char *path, struct hc_test_input **inputs, uint32_t *n)
{
	const struct hc_archive_member *m = NULL;
	struct hc_buf dir HC_BUF_DONE = { 0 };

	if (!hc_bundle_path(ld->where->member->name, path, &dir))
		return;
	if (dir.len)
		hc_buf_putc(&dir, '/');
	while ((m = hc_bundle_next(ld->where->bundle, m, dir.p, "")) && *n < HC_TEST_PATHS_MAX)
		if (!strchr(m->name + dir.len, '/') && is_rules_name(m->name))
			more_inputs(ld, inputs, (*n)++, (struct hc_test_input){ .path = m->name, .shown = m->name, .member = m });
}

static void read_path(struct loader *ld, const struct hc_yaml_node *at, const char *path, bool rules, struct hc_test_input **inputs,
		      uint32_t *n)
{
	const struct hc_archive_member *m;
	uint32_t before = *n;

	if (!ld->where->bundle) {
		const char *full = *path == '/' || !*ld->dir ? path : hc_arena_printf(ld->arena, "%s/%s", ld->dir, path);

		more_inputs(ld, inputs, (*n)++, (struct hc_test_input){ .path = full, .shown = path });
		return;
	}
	m = hc_bundle_resolve(ld->where->bundle, ld->where->member->name, path);
	if (m) {
		more_inputs(ld, inputs, (*n)++, (struct hc_test_input){ .path = m->name, .shown = path, .member = m });
		return;
	}
	if (rules)
		members_below(ld, path, inputs, n);
	if (*n == before)
		complain(ld, at, "a bundle's tests can only name what the bundle holds", "the bundle holds no such file");
}

static void read_paths(struct loader *ld, const struct hc_yaml_node *node, const char *what, bool rules, struct hc_test_input **ret,
		       uint32_t *ret_n)
{
	const char **paths;
	uint32_t n;

	*ret_n = 0;
	if (!hc_yamldoc_scalars(ld->doc, node, what, &paths, &n))
		return;
	if (n > HC_TEST_PATHS_MAX) {
		complain(ld, node, NULL, "%s: more than %d paths", what, HC_TEST_PATHS_MAX);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		read_path(ld, node->kind == HC_YAML_SEQUENCE ? node->items[i] : node, paths[i], rules, ret, ret_n);
}

static void read_when(struct loader *ld, const struct hc_yaml_node *node, const char *what, uint64_t *ret_ns, bool *ret_relative)
{
	const char *text = hc_yamldoc_scalar(ld->doc, node, what);

	if (text && !hc_when_parse(text, ret_ns, ret_relative))
		complain(ld, node, NULL, "%s: expected 2026-11-23T20:55:00Z, @SECONDS or +90s", what);
}

/* RULE-PATTERN or {tag: TAG} or {rule: PATTERN}, one or a list. */
static void read_switches(struct loader *ld, const struct hc_yaml_node *node, bool enable, struct hc_test_run *run)
{
	const struct hc_yaml_node *const one[] = { node };
	const struct hc_yaml_node *const *items = node->kind == HC_YAML_SEQUENCE ? (const struct hc_yaml_node *const *)node->items : one;
	uint32_t n = node->kind == HC_YAML_SEQUENCE ? node->nitems : 1;

	for (uint32_t i = 0; i < n; i++) {
		struct hc_rule_switch *s = &run->switches[run->nswitches];
		const struct hc_yaml_node *rule, *tag;

		*s = (struct hc_rule_switch){ .enable = enable };
		if (items[i]->kind != HC_YAML_MAPPING) {
			s->rule = hc_yamldoc_scalar(ld->doc, items[i], enable ? "enable" : "disable");
		} else {
			hc_yamldoc_mapping(ld->doc, items[i], "a choice of rules", switch_keys);
			rule = hc_yaml_get(items[i], "rule");
			tag = hc_yaml_get(items[i], "tag");
			if (!rule && !tag)
				complain(ld, items[i], NULL, "expected the name of a rule, or {tag: TAG}");
			s->rule = rule ? hc_yamldoc_scalar(ld->doc, rule, "rule") : NULL;
			s->tag = tag ? hc_yamldoc_scalar(ld->doc, tag, "tag") : NULL;
		}
		run->nswitches += s->rule || s->tag;
	}
}

/* Only rules with these tags: what -t does. */
static void read_tags(struct loader *ld, const struct hc_yaml_node *node, struct hc_test_run *run)
{
	const char **tags;
	uint32_t n;

	if (!hc_yamldoc_scalars(ld->doc, node, "tags", &tags, &n))
		return;
	run->switches[run->nswitches++] = (struct hc_rule_switch){ .rule = "*" };
	for (uint32_t i = 0; i < n; i++)
		run->switches[run->nswitches++] = (struct hc_rule_switch){ .enable = true, .tag = tags[i] };
}

static uint32_t items_of(const struct hc_yaml_node *node)
{
	return !node || node->kind == HC_YAML_NULL ? 0 : node->kind == HC_YAML_SEQUENCE ? node->nitems : 1;
}

/* An option of the test, else of the file. */
static const struct hc_yaml_node *option(const struct hc_yaml_node *options[2], const char *key)
{
	for (int i = 0; i < 2; i++)
		if (options[i] && hc_yaml_get(options[i], key))
			return hc_yaml_get(options[i], key);
	return NULL;
}

static void read_options(struct loader *ld, const struct hc_yaml_node *options[2], struct hc_test_run *run)
{
	const struct hc_yaml_node *tags = option(options, "tags"), *enable = option(options, "enable"),
				  *disable = option(options, "disable"), *n;

	run->switches = hc_arena_array(ld->arena, struct hc_rule_switch, items_of(tags) + items_of(enable) + items_of(disable) + 2);
	if (tags)
		read_tags(ld, tags, run);
	if (disable)
		read_switches(ld, disable, false, run);
	if (enable)
		read_switches(ld, enable, true, run);
	if ((n = option(options, "rule_matching"))) {
		run->match_all = n->kind == HC_YAML_SCALAR && hc_str_is(n->text, "all");
		if (!run->match_all && !(n->kind == HC_YAML_SCALAR && hc_str_is(n->text, "first")))
			complain(ld, n, NULL, "rule_matching: expected first or all");
	}
	if ((n = option(options, "priority")) && read_priority(ld, n) >= 0)
		run->priority = n->text.p;
	if ((n = option(options, "since")))
		read_when(ld, n, "since", &run->since_ns, &run->since_relative);
	if ((n = option(options, "until")))
		read_when(ld, n, "until", &run->until_ns, &run->until_relative);
	if ((n = option(options, "damaged"))) {
		run->damaged = n->kind == HC_YAML_SCALAR && hc_str_is(n->text, "allowed");
		if (!run->damaged && !(n->kind == HC_YAML_SCALAR && hc_str_is(n->text, "refused")))
			complain(ld, n, NULL, "damaged: expected allowed or refused");
	}
}

/* The nodes a run is made of tell it apart: tests that inherit all of the file's share one. */
static uint32_t read_run(struct loader *ld, const struct hc_yaml_node *root, const struct hc_yaml_node *test)
{
	const struct hc_yaml_node *capture = hc_yaml_get(test, "capture"), *rules = hc_yaml_get(test, "rules"),
				  *options[2] = { hc_yaml_get(test, "options"), hc_yaml_get(root, "options") };
	struct hc_test_file *file = ld->file;
	struct hc_test_run *run;
	char *key;
	void *known;

	capture = capture ? capture : hc_yaml_get(root, "capture");
	rules = rules ? rules : hc_yaml_get(root, "rules");
	key = hc_arena_printf(ld->arena, "%p %p %p", (const void *)capture, (const void *)rules, (const void *)options[0]);
	known = hc_strmap_get(&ld->runs, hc_str(key));
	if (known)
		return (uint32_t)(uintptr_t)known - 1;
	if (file->nruns == ld->runs_cap) {
		ld->runs_cap = ld->runs_cap ? 2 * ld->runs_cap : 4;
		file->runs = hc_realloc(file->runs, ld->runs_cap * sizeof *file->runs);
	}
	run = &file->runs[file->nruns++];
	*run = (struct hc_test_run){ .ncaptures = 0 };
	hc_strmap_put(&ld->runs, hc_str(key), (void *)(uintptr_t)file->nruns);
	if (capture)
		read_paths(ld, capture, "capture", false, &run->captures, &run->ncaptures);
	if (rules)
		read_paths(ld, rules, "rules", true, &run->rules, &run->nrules);
	if (!run->ncaptures && !items_of(capture))
		complain(ld, capture ? capture : test, NULL, "no capture to replay: 'capture' is %s", capture ? "empty" : "missing");
	if (!run->nrules && !items_of(rules))
		complain(ld, rules ? rules : test, NULL, "no rules to test: 'rules' is %s", rules ? "empty" : "missing");
	if (options[0])
		hc_yamldoc_mapping(ld->doc, options[0], "options", option_keys);
	read_options(ld, options, run);
	return file->nruns - 1;
}

/* ---- tests ---- */

static void read_test(struct loader *ld, const struct hc_yaml_node *root, const struct hc_yaml_node *node, struct hc_test *test)
{
	const struct hc_yaml_node *name = hc_yaml_get(node, "name"), *rule = hc_yaml_get(node, "rule"),
				  *outcome = hc_yaml_get(node, "expectedOutcome"), *n;

	test->at = node;
	if (rule && !hc_yamldoc_scalar(ld->doc, rule, "rule"))
		rule = NULL;
	test->name_at = name ? name : rule ? rule : node->nitems ? node->items[0] : node;
	test->name = name ? hc_yamldoc_scalar(ld->doc, name, "name") : rule ? rule->text.p : NULL;
	if (!name && !rule)
		complain(ld, test->name_at, NULL, "a test needs a name");
	if ((n = hc_yaml_get(node, "description")))
		test->description = hc_yamldoc_scalar(ld->doc, n, "description");
	if ((n = hc_yaml_get(node, "skip")))
		test->skip = hc_yamldoc_scalar(ld->doc, n, "skip");
	test->run = read_run(ld, root, node);
	if (outcome && outcome->kind != HC_YAML_NULL) {
		read_outcome(ld, outcome, test, rule);
	} else if (rule) {
		struct hc_test_expect *to = more_expects(ld, test, 1);

		to->rule = rule->text.p;
		to->rule_at = rule;
		to->priority = -1;
		to->count = (struct hc_test_count){ 1, UINT32_MAX, NULL };
		test->nexpects++;
	} else if (!ld->where->scaffold) {
		complain(ld, test->name_at, "write an expectedOutcome, or let --update write it", "the test expects nothing");
	}
	if (!test->name)
		test->name = "";
}

static void read_file(struct loader *ld)
{
	const struct hc_yaml_node *root = ld->doc->root, *tests, *n;
	struct hc_test_file *file = ld->file;

	if (!root) {
		if (!ld->doc->nerrors)
			complain(ld, NULL, NULL, "the file is empty; docs/testing.md shows what a test looks like");
		return;
	}
	if (!hc_yamldoc_mapping(ld->doc, root, "a test file", file_keys))
		return;
	if ((n = hc_yaml_get(root, "description")))
		file->description = hc_yamldoc_scalar(ld->doc, n, "description");
	if ((n = hc_yaml_get(root, "options")) && n->kind != HC_YAML_NULL)
		hc_yamldoc_mapping(ld->doc, n, "options", option_keys);
	tests = hc_yaml_get(root, "tests");
	if (!tests || tests->kind != HC_YAML_SEQUENCE || !tests->nitems) {
		complain(ld, tests, NULL, "expected tests: a list with at least one test");
		return;
	}
	if (tests->nitems > HC_TEST_TESTS_MAX) {
		complain(ld, tests, NULL, "more than %d tests in one file", HC_TEST_TESTS_MAX);
		return;
	}
	file->tests = hc_arena_array(ld->arena, struct hc_test, tests->nitems);
	for (uint32_t i = 0; i < tests->nitems; i++)
		if (hc_yamldoc_mapping(ld->doc, tests->items[i], "a test", test_keys))
			read_test(ld, root, tests->items[i], &file->tests[file->ntests++]);
}

static void read_doc(struct hc_test_file *file, const char *path, const struct hc_test_where *where)
{
	static const struct hc_test_where here = { 0 };
	struct loader ld = { .file = file, .doc = &file->doc, .arena = &file->doc.arena, .where = where ? where : &here };
	const char *slash = strrchr(path, '/');

	ld.dir = ld.where->dir ? ld.where->dir : slash == path ? "/" : slash ? hc_arena_dupn(ld.arena, path, (size_t)(slash - path)) : "";
	read_file(&ld);
	hc_strmap_done(&ld.runs);
	hc_strmap_done(&ld.regexes);
}

int hc_test_file_load(struct hc_test_file *file, const char *path, const struct hc_test_where *where, struct hc_diag *reterr_diag)
{
	int r;

	*file = (struct hc_test_file){ 0 };
	r = hc_yamldoc_load(&file->doc, path, where && where->name ? where->name : path, HC_TEST_BYTES_MAX, reterr_diag);
	if (!r)
		read_doc(file, path, where);
	return r;
}

void hc_test_file_parse(struct hc_test_file *file, const char *path, const char *text, size_t len, const struct hc_test_where *where)
{
	*file = (struct hc_test_file){ 0 };
	hc_yamldoc_parse(&file->doc, where && where->name ? where->name : path, text, len);
	read_doc(file, path, where);
}

void hc_test_file_done(struct hc_test_file *file)
{
	for (uint32_t i = 0; i < file->nregexes; i++)
		hc_regex_free(file->regexes[i]);
	free(file->regexes);
	free(file->runs);
	hc_yamldoc_done(&file->doc);
	*file = (struct hc_test_file){ 0 };
}
