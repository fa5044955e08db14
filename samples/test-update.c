/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of test files. Places come from the YAML tree; block mappings grow by a line in their own indentation, flow mappings
 * by an entry.
 */
#include "samples/test-update.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/mem.h"
#include "replay/print.h"

struct updater {
	const struct hc_test_facts *facts;
	const struct hc_test *test;
	struct hc_test_result *result;
	const char *text; /* of the file */
	bool *which;      /* scratch, by alert */
};

/* ---- writing YAML ---- */

/* Can the text stand as a plain scalar anywhere, flow mappings included, and be read as the same text? */
static bool is_plain(struct hc_str s)
{
	static const char *const words[] = { "null", "Null", "NULL", "~", "none", NULL };

	if (!s.len || !(isalnum((unsigned char)*s.p) || strchr("/._", *s.p)) || s.p[s.len - 1] == ' ')
		return false;
	for (const char *const *w = words; *w; w++)
		if (hc_str_is(s, *w))
			return false;
	if (hc_yaml_bool(s) >= 0)
		return false;
	for (uint32_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr(" /._()+-", s.p[i]))
			return false;
	return true;
}

/* JSON's quoted strings are YAML's. */
static void put_scalar(struct hc_buf *to, struct hc_str s)
{
	if (is_plain(s))
		hc_buf_put(to, s.p, s.len);
	else
		hc_print_json_quoted(to, s);
}

static void put_count(struct hc_buf *to, uint64_t n)
{
	if (n)
		hc_buf_u64(to, n);
	else
		hc_buf_puts(to, "none");
}

/* Where the node itself begins, behind its anchor and tag. */
static uint32_t start_of(const struct updater *u, const struct hc_yaml_node *node)
{
	uint32_t off = node->at.off;

	while (off < node->end && (u->text[off] == '&' || u->text[off] == '!')) {
		while (off < node->end && !isspace((unsigned char)u->text[off]))
			off++;
		while (off < node->end && (isspace((unsigned char)u->text[off]) || u->text[off] == '#'))
			off += u->text[off] == '#' ? (uint32_t)strcspn(u->text + off, "\n") : 1;
	}
	return off;
}

/* What another test's text says through an alias is not this test's to change. */
static void edit(struct updater *u, uint32_t off, uint32_t end, struct hc_str by)
{
	if (off >= u->test->at->at.off && end <= u->test->at->end)
		hc_test_result_edit(u->result, off, end, by.p, by.len);
}

/* An anchor stays, as others may refer to it; an alias is replaced, not what it refers to. */
static void replace_by(struct updater *u, const struct hc_yaml_node *node, struct hc_str by)
{
	const uint32_t off = start_of(u, node);
	struct hc_buf text HC_BUF_DONE = { 0 };

	/* A block scalar's indentation would have to be known. */
	if (!node->alias && node->kind == HC_YAML_SCALAR && (node->style == HC_YAML_LITERAL || node->style == HC_YAML_FOLDED))
		return;
	if (!node->alias && off == node->end && off && !isspace((unsigned char)u->text[off - 1]))
		hc_buf_putc(&text, ' '); /* `key:` and nothing */
	hc_buf_put(&text, by.p, by.len);
	edit(u, node->alias ? node->alias : off, node->alias ? node->alias_end : node->end,
	     (struct hc_str){ text.p, (uint32_t)text.len });
}

static void replace(struct updater *u, const struct hc_yaml_node *node, struct hc_str by)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	put_scalar(&text, by);
	replace_by(u, node, (struct hc_str){ text.p, (uint32_t)text.len });
}

static void replace_count(struct updater *u, const struct hc_yaml_node *node, uint64_t n)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	put_count(&text, n);
	replace_by(u, node, (struct hc_str){ text.p, (uint32_t)text.len });
}

static bool is_flow(const struct updater *u, const struct hc_yaml_node *node)
{
	const char c = u->text[start_of(u, node)];

	return c == '{' || c == '[';
}

static uint32_t end_of(const struct hc_yaml_node *node)
{
	return node->alias ? node->alias_end : node->end;
}

/* Where a line after everything of the node ends: block collections end with their last entry, not where libyaml stops. */
static uint32_t end_of_line(const struct updater *u, const struct hc_yaml_node *node)
{
	const struct hc_yaml_node *last = node;
	uint32_t off;

	while ((last->kind == HC_YAML_MAPPING || last->kind == HC_YAML_SEQUENCE) && last->nitems && !last->alias && !is_flow(u, last))
		last = last->items[last->nitems - 1];
	off = end_of(last);
	while (off && isspace((unsigned char)u->text[off - 1]))
		off--;
	while (u->text[off] && u->text[off] != '\n')
		off++;
	return off && u->text[off - 1] == '\r' ? off - 1 : off;
}

/* Behind the last entry: what follows up to the brace may be a comma and comments. */
static void add_flow_entry(struct updater *u, const struct hc_yaml_node *mapping, const char *entry)
{
	const struct hc_yaml_node *last = mapping->nitems ? mapping->items[mapping->nitems - 1] : NULL;
	const uint32_t off = last ? end_of(last) : start_of(u, mapping) + 1;
	struct hc_buf text HC_BUF_DONE = { 0 };

	hc_buf_printf(&text, "%s%s", last ? ", " : "", entry);
	edit(u, off, off, (struct hc_str){ text.p, (uint32_t)text.len });
}

/* Adds KEY: VALUE lines to a mapping; entry has them with '\n' between and relative indentation, or for flow mappings on one line
 * in flow form. */
static void add_entry(struct updater *u, const struct hc_yaml_node *mapping, const char *block, const char *flow)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	uint32_t off, indent;
	const char *nl;

	if (mapping->alias && mapping != u->test->at)
		return;
	if (is_flow(u, mapping)) {
		add_flow_entry(u, mapping, flow);
		return;
	}
	off = end_of_line(u, mapping);
	nl = u->text + (u->text[off] ? off : strcspn(u->text, "\r\n")); /* as this line ends, or, if it does not, the first */
	nl = *nl == '\r' ? "\r\n" : "\n";
	indent = mapping->nitems ? mapping->items[0]->at.column : mapping->at.column;
	while (*block) {
		size_t len = strcspn(block, "\n");

		hc_buf_printf(&text, "%s%*s%.*s", nl, (int)indent, "", (int)len, block);
		block += len + (block[len] == '\n');
	}
	edit(u, off, off, (struct hc_str){ text.p, (uint32_t)text.len });
}

/* ---- single expectations ---- */

static bool update_text(struct updater *u, struct hc_test_pattern *want, struct hc_str is)
{
	if (hc_test_pattern_has(want, is) || want->match != HC_TEST_EQUAL)
		return hc_test_pattern_has(want, is);
	replace(u, want->at, is);
	want->text = is;
	return true;
}

static void update_field(struct updater *u, struct hc_test_field *want, const struct hc_collected *a)
{
	const struct hc_collected_field *f = hc_collected_field(a, want->key);

	if (!f || hc_test_field_is(a, want) || want->want.match == HC_TEST_REGEX)
		return;
	if (hc_str_is(f->json, "null")) {
		replace_by(u, want->want.at, HC_STR("null"));
		want->want.match = HC_TEST_ABSENT;
	} else {
		replace(u, want->want.at, f->text);
		want->want.match = HC_TEST_EQUAL;
		want->want.text = f->text;
	}
}

/* Values that no alert of the rule has become those of the nearest one. expect is a copy. */
static void update_values(struct updater *u, struct hc_test_expect *expect, const struct hc_collected *a)
{
	struct hc_test_field *fields = hc_malloc((expect->nfields + 1) * sizeof *fields);

	if (expect->nfields)
		memcpy(fields, expect->fields, expect->nfields * sizeof *fields);
	expect->fields = fields;
	update_text(u, &expect->source, hc_str(a->rule->source));
	update_text(u, &expect->hostname, hc_str(a->hostname));
	update_text(u, &expect->output, a->message);
	if (expect->priority >= 0 && (int)a->rule->priority != expect->priority) {
		const char *name = hc_priority_name(a->rule->priority);

		replace(u, expect->priority_at, hc_str(name));
		expect->priority = (int)a->rule->priority;
	}
	for (uint32_t i = 0; i < expect->nfields; i++)
		update_field(u, &fields[i], a);
}

static void update_expect(struct updater *u, const struct hc_test_expect *expect)
{
	struct hc_test_expect now = *expect;
	struct hc_test_tally t = hc_test_tally(u->facts, expect, u->which);
	struct hc_buf block HC_BUF_DONE = { 0 }, flow HC_BUF_DONE = { 0 };

	if (hc_test_count_has(&expect->count, t.matching))
		return;
	if (!t.matching && t.of_rule) {
		update_values(u, &now, t.nearest);
		t = hc_test_tally(u->facts, &now, u->which);
		free(now.fields);
		if (!t.matching)
			return; /* a pattern or a missing field is in the way: "none" would turn its meaning round */
	}
	if (hc_test_count_has(&expect->count, t.matching))
		return;
	if (expect->count.at) {
		replace_count(u, expect->count.at, t.matching);
		return;
	}
	hc_buf_puts(&block, expect->mapping ? "count: " : "expectedOutcome:\n  count: ");
	hc_buf_puts(&flow, expect->mapping ? "count: " : "expectedOutcome: {count: ");
	put_count(&block, t.matching);
	put_count(&flow, t.matching);
	if (!expect->mapping)
		hc_buf_putc(&flow, '}');
	add_entry(u, expect->mapping ? expect->mapping : u->test->at, block.p, flow.p);
}

/* ---- the whole picture ---- */

/* The first alert of a rule, or their number if there is none. */
static size_t first_of(const struct updater *u, const char *rule)
{
	const struct hc_collect *alerts = u->facts->alerts;
	size_t i;

	for (i = 0; i < alerts->n && strcmp(alerts->items[i].rule->name, rule); i++)
		;
	return i;
}

struct placed {
	const char *rule;
	size_t at;
};

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* The rules of `order` sorted by their first alerts; not if one has none or stands twice. */
static void update_order(struct updater *u)
{
	const struct hc_test *test = u->test;
	HC_FREE struct placed *rules = hc_calloc(test->norder + 1, sizeof *rules);
	bool sorted = true;

	for (uint32_t i = 0; i < test->norder; i++)
		rules[i] = (struct placed){ test->order[i], first_of(u, test->order[i]) };
	for (uint32_t i = 0; i < test->norder; i++) {
		if (rules[i].at == u->facts->alerts->n)
			return;
		sorted &= !i || rules[i - 1].at < rules[i].at;
	}
	if (sorted || test->order_at->kind != HC_YAML_SEQUENCE)
		return;
	qsort(rules, test->norder, sizeof *rules, by_place);
	for (uint32_t i = 1; i < test->norder; i++)
		if (rules[i].at == rules[i - 1].at)
			return;
	for (uint32_t i = 0; i < test->norder; i++)
		if (strcmp(rules[i].rule, test->order[i]))
			replace(u, test->order_at->items[i], hc_str(rules[i].rule));
}

/* RULE: N of every rule that alerted and is not named, in both forms; how many. */
static uint32_t put_unnamed(struct updater *u, const char *indent, struct hc_buf *block, struct hc_buf *flow)
{
	const struct hc_ruleset *rules = u->facts->rules;
	HC_FREE uint64_t *counts = hc_calloc(rules->nrules + 1, sizeof *counts);
	uint32_t n = 0;

	for (size_t i = 0; i < u->facts->alerts->n; i++)
		counts[u->facts->alerts->items[i].rule->place]++;
	for (uint32_t i = 0; i < rules->nrules; i++) {
		if (!counts[rules->rules[i]->place] || hc_test_is_named(u->test, rules->rules[i]->name))
			continue;
		hc_buf_puts(flow, n ? ", " : "");
		hc_buf_puts(block, n ? "\n" : "");
		hc_buf_puts(block, indent);
		put_scalar(block, hc_str(rules->rules[i]->name));
		put_scalar(flow, hc_str(rules->rules[i]->name));
		hc_buf_printf(block, ": %llu", (unsigned long long)counts[rules->rules[i]->place]);
		hc_buf_printf(flow, ": %llu", (unsigned long long)counts[rules->rules[i]->place]);
		n++;
	}
	return n;
}

/* Rules that were not to alert get their place in counts. */
static void update_others(struct updater *u)
{
	const struct hc_yaml_node *counts = hc_yaml_get(u->test->outcome, "counts");
	struct hc_buf block HC_BUF_DONE = { 0 }, flow HC_BUF_DONE = { 0 };

	if (counts && counts->kind == HC_YAML_MAPPING && counts->nitems) {
		if (put_unnamed(u, "", &block, &flow))
			add_entry(u, counts, block.p, flow.p);
		return;
	}
	hc_buf_puts(&block, "counts:\n");
	hc_buf_puts(&flow, "counts: {");
	if (!put_unnamed(u, "  ", &block, &flow))
		return;
	hc_buf_putc(&flow, '}');
	if (!counts)
		add_entry(u, u->test->outcome, block.p, flow.p);
}

/* A test that expects nothing yet: all that happened. */
static void scaffold(struct updater *u)
{
	const struct hc_yaml_node *value = hc_yaml_get(u->test->at, "expectedOutcome");
	struct hc_buf block HC_BUF_DONE = { 0 }, flow HC_BUF_DONE = { 0 };

	hc_buf_puts(&block, "expectedOutcome:\n  counts:\n");
	hc_buf_puts(&flow, "expectedOutcome: {counts: {");
	if (put_unnamed(u, "    ", &block, &flow)) {
		hc_buf_puts(&block, "\n  others: none");
		hc_buf_puts(&flow, "}, others: none}");
	} else {
		hc_buf_reset(&block);
		hc_buf_reset(&flow);
		hc_buf_puts(&block, "expectedOutcome:\n  others: none");
		hc_buf_puts(&flow, "expectedOutcome: {others: none}");
	}
	if (value) { /* `expectedOutcome:` and nothing: the flow form fits on its line */
		replace_by(u, value, hc_str(strchr(flow.p, '{')));
		return;
	}
	add_entry(u, u->test->at, block.p, flow.p);
}

void hc_test_update(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result)
{
	struct updater u = { .facts = facts, .test = test, .result = result, .text = facts->file->doc.text };

	u.which = hc_calloc(facts->alerts->n + 1, sizeof *u.which);
	for (uint32_t i = 0; i < test->nexpects; i++)
		update_expect(&u, &test->expects[i]);
	if (test->norder)
		update_order(&u);
	if (test->others_none)
		update_others(&u);
	if (!test->nexpects && !test->norder && !test->others_none)
		scaffold(&u);
	free(u.which);
}

/* ---- the file ---- */

static int by_off(const void *a, const void *b)
{
	const struct hc_test_edit *x = *(const struct hc_test_edit *const *)a, *y = *(const struct hc_test_edit *const *)b;

	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return (x > y) - (x < y);
}

uint32_t hc_test_edited(const struct hc_test_file *file, const struct hc_test_result *results, uint32_t nresults, struct hc_buf *ret)
{
	HC_FREE const struct hc_test_edit **edits = NULL;
	uint32_t n = 0, made = 0, done = 0;

	for (uint32_t i = 0; i < nresults; i++)
		n += results[i].nedits;
	edits = hc_calloc(n + 1, sizeof *edits);
	n = 0;
	for (uint32_t i = 0; i < nresults; i++)
		for (uint32_t k = 0; k < results[i].nedits; k++)
			edits[n++] = &results[i].edits[k];
	qsort(edits, n, sizeof *edits, by_off);
	for (uint32_t i = 0; i < n; i++) {
		const struct hc_test_edit *e = edits[i], *before = i ? edits[i - 1] : NULL;

		/* Aliases make two tests want the same change. */
		if (before && before->off == e->off && before->end == e->end && before->len == e->len &&
		    !memcmp(before->text, e->text, e->len))
			continue;
		if (e->off < done || e->end < e->off || e->end > file->doc.len)
			continue;
		hc_buf_put(ret, file->doc.text + done, e->off - done);
		hc_buf_put(ret, e->text, e->len);
		done = e->end;
		made++;
	}
	hc_buf_put(ret, file->doc.text + done, file->doc.len - done);
	return made;
}

int hc_test_rewrite(const char *path, const struct hc_buf *text, struct hc_diag *reterr_diag)
{
	HC_FREE char *real = realpath(path, NULL);
	struct stat st;

	if (!real || stat(real, &st))
		return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot be rewritten: %m");
	return hc_file_write(real, text->p, text->len, st.st_mode & 07777, reterr_diag);
}
