/* SPDX-License-Identifier: Apache-2.0
 *
 * A comparison told: to people, as Markdown for a pull request, as JSON.
 */
#include <inttypes.h>
#include <string.h>

#include "replay/print.h"
#include "samples/diff.h"

static const char *const kinds[HC_DIFF_KINDS] = { "lost", "gained", "changed" };

/* ---- shared ---- */

/* A run of items of one rule; ret_n by kind. Where the next rule begins. */
static size_t next_rule(const struct hc_diff *diff, size_t i, uint64_t ret_n[HC_DIFF_KINDS])
{
	const char *rule = hc_diff_alert(&diff->items[i])->rule->name;

	memset(ret_n, 0, HC_DIFF_KINDS * sizeof *ret_n);
	for (; i < diff->nitems && !strcmp(hc_diff_alert(&diff->items[i])->rule->name, rule); i++)
		ret_n[diff->items[i].kind]++;
	return i;
}

/* Texts of captures and rules: one line, safe for terminals. */
static void put_safe(struct hc_buf *to, struct hc_str s)
{
	hc_print_json(to, s);
}

/* Text that must not become markup, nor leave its table cell. */
static void put_markdown(struct hc_buf *to, struct hc_str s)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	put_safe(&text, s);
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '<') {
			hc_buf_puts(to, "&lt;");
			continue;
		}
		if (strchr("\\`*_[]|#~@", text.p[i]))
			hc_buf_putc(to, '\\');
		hc_buf_putc(to, text.p[i]);
	}
}

static void put_place(const struct hc_diff *diff, const struct hc_collected *a, struct hc_buf *to)
{
	hc_buf_printf(to, "event %" PRIu64, a->event);
	if (diff->ncaptures > 1) {
		hc_buf_puts(to, " of ");
		put_safe(to, hc_str(diff->captures[a->capture]));
	}
}

/* Percent with one decimal of how b differs from a; "" if they are equal. */
static void put_percent(struct hc_buf *to, double a, double b)
{
	if (a > 0 && a != b)
		hc_buf_printf(to, " (%+.1f %%)", (b - a) / a * 100);
}

static double lookups_per_1000(const struct hc_diff_side *side)
{
	return side->run.seen ? (double)side->lookups * 1000 / (double)side->run.seen : 0;
}

static void put_cost(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to)
{
	const struct hc_diff_side *old = &diff->side[0], *now = &diff->side[1];

	hc_buf_printf(to, "%.1f -> %.1f", lookups_per_1000(old), lookups_per_1000(now));
	put_percent(to, lookups_per_1000(old), lookups_per_1000(now));
	if (options->with_time) {
		hc_buf_printf(to, "; %.3f s -> %.3f s", old->seconds, now->seconds);
		put_percent(to, old->seconds, now->seconds);
	}
}

static uint64_t alerts_of(const struct hc_diff_side *side)
{
	return side->alerts.n + side->alerts.left_out;
}

/* A rule's name; bold where that means something. */
static void put_name(struct hc_buf *to, const char *name, bool markdown)
{
	if (!markdown) {
		put_safe(to, hc_str(name));
		return;
	}
	hc_buf_puts(to, "**");
	put_markdown(to, hc_str(name));
	hc_buf_puts(to, "**");
}

static void put_names(struct hc_buf *to, const char *before, const char *const *names, uint32_t n, bool markdown)
{
	for (uint32_t i = 0; i < n; i++) {
		hc_buf_puts(to, i ? ", " : before);
		put_name(to, names[i], markdown);
	}
	if (n)
		hc_buf_putc(to, '\n');
}

static const char *const parts[] = { "condition", "output", "priority", "tags" }; /* by bit of enum hc_diff_part */

/* "NAME (condition, tags), NAME (output)" */
static void put_altered(struct hc_buf *to, const char *before, const struct hc_diff *diff, bool markdown)
{
	for (uint32_t i = 0; i < diff->naltered; i++) {
		const char *sep = " (";

		hc_buf_puts(to, i ? ", " : before);
		put_name(to, diff->altered[i].name, markdown);
		for (unsigned k = 0; k < sizeof parts / sizeof *parts; k++)
			if (diff->altered[i].parts & 1u << k) {
				hc_buf_printf(to, "%s%s", sep, parts[k]);
				sep = ", ";
			}
		hc_buf_putc(to, ')');
	}
	if (diff->naltered)
		hc_buf_putc(to, '\n');
}

/* ---- what changed of an alert ---- */

static void put_change(struct hc_buf *to, bool *any, const char *what, struct hc_str old, struct hc_str now)
{
	if (hc_str_eq(old, now))
		return;
	hc_buf_printf(to, "%s%s: ", *any ? "; " : "", what);
	put_safe(to, old);
	hc_buf_puts(to, " -> ");
	put_safe(to, now);
	*any = true;
}

static void put_tags(const struct hc_rule *rule, struct hc_buf *to)
{
	for (uint32_t i = 0; i < rule->ntags; i++)
		hc_buf_printf(to, "%s%s", i ? ", " : "", rule->tags[i]);
	if (!rule->ntags)
		hc_buf_puts(to, "none");
}

static struct hc_str str_of(const struct hc_buf *b)
{
	return (struct hc_str){ b->p, (uint32_t)b->len };
}

/* "priority: Notice -> Error; output: a -> b"; fields only where the output does not show them. */
static void put_changes(const struct hc_diff_item *item, struct hc_buf *to)
{
	const struct hc_collected *old = item->old, *now = item->now;
	struct hc_buf a HC_BUF_DONE = { 0 }, b HC_BUF_DONE = { 0 };
	bool any = false;

	put_change(to, &any, "priority", hc_str(hc_priority_name(old->rule->priority)), hc_str(hc_priority_name(now->rule->priority)));
	put_change(to, &any, "source", hc_str(old->rule->source), hc_str(now->rule->source));
	put_tags(old->rule, &a);
	put_tags(now->rule, &b);
	put_change(to, &any, "tags", str_of(&a), str_of(&b));
	put_change(to, &any, "output", old->message, now->message);
	for (uint32_t i = 0; !any && i < now->nfields; i++) {
		const struct hc_collected_field *f = hc_collected_field(old, now->fields[i].key);

		put_change(to, &any, now->fields[i].key.p, f ? f->json : HC_STR("not there"), now->fields[i].json);
	}
	for (uint32_t i = 0; !any && i < old->nfields; i++)
		if (!hc_collected_field(now, old->fields[i].key))
			put_change(to, &any, old->fields[i].key.p, old->fields[i].json, HC_STR("not there"));
}

/* ---- text ---- */

static void text_item(const struct hc_diff *diff, const struct hc_diff_item *item, struct hc_buf *to)
{
	const struct hc_collected *a = hc_diff_alert(item);

	hc_buf_puts(to, "    ");
	put_place(diff, a, to);
	hc_buf_puts(to, ": ");
	if (item->kind == HC_DIFF_CHANGED)
		put_changes(item, to);
	else
		put_safe(to, a->message);
	hc_buf_putc(to, '\n');
	if (item->why)
		hc_buf_printf(to, "      = %s\n", item->why);
}

static void text_rule(const struct hc_diff *diff, size_t from, size_t to_item, const uint64_t n[HC_DIFF_KINDS],
		      const struct hc_diff_report *options, struct hc_buf *to)
{
	const char *sep = "";
	uint64_t shown = 0;

	put_safe(to, hc_str(hc_diff_alert(&diff->items[from])->rule->name));
	hc_buf_puts(to, ": ");
	for (int k = 0; k < HC_DIFF_KINDS; k++)
		if (n[k]) {
			hc_buf_printf(to, "%s%" PRIu64 " %s", sep, n[k], kinds[k]);
			sep = ", ";
		}
	hc_buf_putc(to, '\n');
	for (size_t i = from; i < to_item; i++) {
		if (i == from || diff->items[i].kind != diff->items[i - 1].kind) {
			hc_buf_printf(to, "  %s\n", kinds[diff->items[i].kind]);
			shown = 0;
		}
		if (shown++ < options->limit)
			text_item(diff, &diff->items[i], to);
		else if (i + 1 == to_item || diff->items[i + 1].kind != diff->items[i].kind)
			hc_buf_printf(to, "    and %" PRIu64 " more\n", shown - options->limit);
	}
}

static void text_syscalls(const struct hc_diff *diff, struct hc_buf *to)
{
	const struct hc_scset *old = &diff->side[0].syscalls, *now = &diff->side[1].syscalls;

	hc_buf_printf(to, "syscalls recorded for them: %u -> %u\n", hc_scset_count(old), hc_scset_count(now));
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (diff->why_selected[sc])
			hc_buf_printf(to, "  %c %s (%s)\n", hc_scset_has(now, sc) ? '+' : '-', hc_sc_table[sc].name,
				      diff->why_selected[sc]);
}

void hc_diff_text(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to)
{
	uint64_t n[HC_DIFF_KINDS];

	hc_buf_printf(to, "alerts: %" PRIu64 " -> %" PRIu64 "; %" PRIu64 " lost, %" PRIu64 " gained, %" PRIu64 " changed\n",
		      alerts_of(&diff->side[0]), alerts_of(&diff->side[1]), diff->n[HC_DIFF_LOST], diff->n[HC_DIFF_GAINED],
		      diff->n[HC_DIFF_CHANGED]);
	hc_buf_printf(to, "rules at work: %u -> %u\n", hc_replay_rules(diff->side[0].replay)->nactive,
		      hc_replay_rules(diff->side[1].replay)->nactive);
	put_names(to, "  + ", diff->added, diff->nadded, false);
	put_names(to, "  - ", diff->removed, diff->nremoved, false);
	put_altered(to, "  ~ ", diff, false);
	text_syscalls(diff, to);
	hc_buf_puts(to, "field lookups per 1000 events: ");
	put_cost(diff, options, to);
	hc_buf_putc(to, '\n');
	for (size_t i = 0, end; i < diff->nitems; i = end) {
		end = next_rule(diff, i, n);
		hc_buf_putc(to, '\n');
		text_rule(diff, i, end, n, options, to);
	}
}

/* ---- Markdown ---- */

static void markdown_item(const struct hc_diff *diff, const struct hc_diff_item *item, struct hc_buf *to)
{
	const struct hc_collected *a = hc_diff_alert(item);
	struct hc_buf text HC_BUF_DONE = { 0 };

	hc_buf_printf(to, "- %s, ", kinds[item->kind]);
	put_place(diff, a, &text);
	hc_buf_puts(&text, ": ");
	if (item->kind == HC_DIFF_CHANGED)
		put_changes(item, &text);
	else
		hc_buf_put(&text, a->message.p, a->message.len);
	put_markdown(to, str_of(&text));
	hc_buf_putc(to, '\n');
	if (item->why) {
		hc_buf_puts(to, "  <br>because ");
		put_markdown(to, hc_str(item->why));
		hc_buf_putc(to, '\n');
	}
}

static void markdown_rules(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to)
{
	uint64_t n[HC_DIFF_KINDS];

	hc_buf_puts(to, "\n| Rule | lost | gained | changed |\n|---|---:|---:|---:|\n");
	for (size_t i = 0, end; i < diff->nitems; i = end) {
		end = next_rule(diff, i, n);
		hc_buf_puts(to, "| ");
		put_markdown(to, hc_str(hc_diff_alert(&diff->items[i])->rule->name));
		hc_buf_printf(to, " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " |\n", n[HC_DIFF_LOST], n[HC_DIFF_GAINED],
			      n[HC_DIFF_CHANGED]);
	}
	for (size_t i = 0, end; i < diff->nitems; i = end) {
		uint64_t shown = 0;

		end = next_rule(diff, i, n);
		hc_buf_puts(to, "\n<details><summary>");
		put_markdown(to, hc_str(hc_diff_alert(&diff->items[i])->rule->name));
		hc_buf_puts(to, "</summary>\n\n");
		for (size_t k = i; k < end; k++) {
			shown = k > i && diff->items[k].kind == diff->items[k - 1].kind ? shown + 1 : 0;
			if (shown < options->limit)
				markdown_item(diff, &diff->items[k], to);
		}
		for (int k = 0; k < HC_DIFF_KINDS; k++)
			if (n[k] > options->limit)
				hc_buf_printf(to, "- %s: and %" PRIu64 " more\n", kinds[k], n[k] - options->limit);
		hc_buf_puts(to, "\n</details>\n");
	}
}

void hc_diff_markdown(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to)
{
	const struct hc_diff_side *old = &diff->side[0], *now = &diff->side[1];

	hc_buf_printf(to, "### Alerts: %" PRIu64 " lost, %" PRIu64 " gained, %" PRIu64 " changed\n\n", diff->n[HC_DIFF_LOST],
		      diff->n[HC_DIFF_GAINED], diff->n[HC_DIFF_CHANGED]);
	hc_buf_puts(to, "| | old | new |\n|---|---:|---:|\n");
	hc_buf_printf(to, "| Alerts over %zu capture%s, %" PRIu64 " events | %" PRIu64 " | %" PRIu64 " |\n", diff->ncaptures,
		      diff->ncaptures == 1 ? "" : "s", now->run.seen, alerts_of(old), alerts_of(now));
	hc_buf_printf(to, "| Rules at work | %u | %u |\n", hc_replay_rules(old->replay)->nactive, hc_replay_rules(now->replay)->nactive);
	hc_buf_printf(to, "| Syscalls recorded for them | %u | %u |\n", hc_scset_count(&old->syscalls), hc_scset_count(&now->syscalls));
	hc_buf_printf(to, "| Field lookups per 1000 events | %.1f | %.1f |\n", lookups_per_1000(old), lookups_per_1000(now));
	if (options->with_time)
		hc_buf_printf(to, "| Processor time | %.3f s | %.3f s |\n", old->seconds, now->seconds);
	put_names(to, "\nNew rules: ", diff->added, diff->nadded, true);
	put_names(to, "\nRules gone: ", diff->removed, diff->nremoved, true);
	put_altered(to, "\nRules changed: ", diff, true);
	for (int added = 1; added >= 0; added--) {
		const char *sep = added ? "\nSyscalls to record besides: " : "\nSyscalls no longer to record: ";
		bool any = false;

		for (unsigned sc = 0; sc < HC_SC_COUNT; sc++) {
			if (!diff->why_selected[sc] || hc_scset_has(&now->syscalls, sc) != (bool)added)
				continue;
			hc_buf_printf(to, "%s`%s`", sep, hc_sc_table[sc].name);
			sep = ", ";
			any = true;
		}
		if (any)
			hc_buf_putc(to, '\n');
	}
	if (diff->nitems)
		markdown_rules(diff, options, to);
}

/* ---- JSON ---- */

static void key(struct hc_buf *to, const char *name)
{
	char last = to->len ? to->p[to->len - 1] : '{';

	if (last != '{' && last != '[')
		hc_buf_putc(to, ',');
	hc_buf_printf(to, "\"%s\":", name);
}

static void string(struct hc_buf *to, const char *name, struct hc_str s)
{
	key(to, name);
	hc_print_json_quoted(to, s);
}

static void json_names(struct hc_buf *to, const char *name, const char *const *names, uint32_t n)
{
	key(to, name);
	hc_buf_putc(to, '[');
	for (uint32_t i = 0; i < n; i++) {
		hc_buf_puts(to, i ? "," : "");
		hc_print_json_quoted(to, hc_str(names[i]));
	}
	hc_buf_putc(to, ']');
}

/* What of an alert can differ between the sides. */
static void json_alert(const struct hc_collected *a, struct hc_buf *to)
{
	string(to, "priority", hc_str(hc_priority_name(a->rule->priority)));
	string(to, "source", hc_str(a->rule->source));
	json_names(to, "tags", a->rule->tags, a->rule->ntags);
	string(to, "message", a->message);
	key(to, "output_fields");
	hc_buf_putc(to, '{');
	for (uint32_t i = 0; i < a->nfields; i++) {
		hc_buf_puts(to, i ? "," : "");
		hc_print_json_quoted(to, a->fields[i].key);
		hc_buf_putc(to, ':');
		hc_buf_put(to, a->fields[i].json.p, a->fields[i].json.len);
	}
	hc_buf_putc(to, '}');
}

static void json_items(const struct hc_diff *diff, enum hc_diff_kind kind, struct hc_buf *to)
{
	bool any = false;

	key(to, kinds[kind]);
	hc_buf_putc(to, '[');
	for (size_t i = 0; i < diff->nitems; i++) {
		const struct hc_diff_item *item = &diff->items[i];
		const struct hc_collected *a = hc_diff_alert(item);

		if (item->kind != kind)
			continue;
		hc_buf_puts(to, any ? ",{" : "{");
		any = true;
		string(to, "rule", hc_str(a->rule->name));
		string(to, "capture", hc_str(diff->captures[a->capture]));
		key(to, "event");
		hc_buf_u64(to, a->event);
		key(to, "time");
		hc_buf_putc(to, '"');
		hc_print_time(to, a->ts_ns, HC_PRINT_ISO8601_Z);
		hc_buf_putc(to, '"');
		if (item->why)
			string(to, "why", hc_str(item->why));
		json_alert(a, to);
		if (kind == HC_DIFF_CHANGED) {
			key(to, "was");
			hc_buf_putc(to, '{');
			json_alert(item->old, to);
			hc_buf_putc(to, '}');
		}
		hc_buf_putc(to, '}');
	}
	hc_buf_putc(to, ']');
}

static void json_side(const struct hc_diff *diff, int i, const struct hc_diff_report *options, struct hc_buf *to)
{
	const struct hc_diff_side *side = &diff->side[i];

	key(to, i ? "new" : "old");
	hc_buf_putc(to, '{');
	json_names(to, "rules_files", side->paths, (uint32_t)side->npaths);
	hc_buf_printf(to, ",\"alerts\":%" PRIu64 ",\"rules\":%u,\"syscalls\":%u,\"field_lookups\":%" PRIu64, alerts_of(side),
		      hc_replay_rules(side->replay)->nactive, hc_scset_count(&side->syscalls), side->lookups);
	if (options->with_time)
		hc_buf_printf(to, ",\"seconds\":%.6f", side->seconds);
	hc_buf_putc(to, '}');
}

static void json_syscalls(const struct hc_diff *diff, bool added, struct hc_buf *to)
{
	bool any = false;

	key(to, added ? "syscalls_added" : "syscalls_removed");
	hc_buf_putc(to, '[');
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++) {
		if (!diff->why_selected[sc] || hc_scset_has(&diff->side[1].syscalls, sc) != added)
			continue;
		hc_buf_puts(to, any ? ",{" : "{");
		any = true;
		string(to, "name", hc_str(hc_sc_table[sc].name));
		string(to, "why", hc_str(diff->why_selected[sc]));
		hc_buf_putc(to, '}');
	}
	hc_buf_putc(to, ']');
}

static void json_altered(const struct hc_diff *diff, struct hc_buf *to)
{
	key(to, "rules_changed");
	hc_buf_putc(to, '[');
	for (uint32_t i = 0; i < diff->naltered; i++) {
		const char *names[sizeof parts / sizeof *parts];
		uint32_t n = 0;

		for (unsigned k = 0; k < sizeof parts / sizeof *parts; k++)
			if (diff->altered[i].parts & 1u << k)
				names[n++] = parts[k];
		hc_buf_puts(to, i ? ",{" : "{");
		string(to, "name", hc_str(diff->altered[i].name));
		json_names(to, "what", names, n);
		hc_buf_putc(to, '}');
	}
	hc_buf_putc(to, ']');
}

void hc_diff_json(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to)
{
	hc_buf_putc(to, '{');
	json_names(to, "captures", diff->captures, (uint32_t)diff->ncaptures);
	key(to, "events");
	hc_buf_u64(to, diff->side[1].run.seen);
	json_side(diff, 0, options, to);
	json_side(diff, 1, options, to);
	json_names(to, "rules_added", diff->added, diff->nadded);
	json_names(to, "rules_removed", diff->removed, diff->nremoved);
	json_altered(diff, to);
	json_syscalls(diff, true, to);
	json_syscalls(diff, false, to);
	for (int k = 0; k < HC_DIFF_KINDS; k++)
		json_items(diff, (enum hc_diff_kind)k, to);
	hc_buf_puts(to, "}\n");
}
