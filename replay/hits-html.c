/* SPDX-License-Identifier: Apache-2.0
 *
 * Exercise of rules as a page: an index of files, each with its rules and its text, lines marked by what became of the
 * comparisons in them. One file, no scripts, nothing fetched. Rules are hostile: every byte of theirs is escaped here, and
 * none gets into an attribute that means anything (links go by number).
 */
#include <inttypes.h>
#include <string.h>

#include "replay/hits.h"
#include "replay/print.h"

enum { LINE_SHOWN = 2000 /* bytes of a line */ };

static const char style[] =
	"body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:90em;padding:0 1em;color:#222;background:#fff}\n"
	"h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;border-top:1px solid #ccc;padding-top:1em}\n"
	"table{border-collapse:collapse}th,td{text-align:left;padding:.15em .8em .15em 0;vertical-align:top}\n"
	"th{border-bottom:1px solid #999}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	"a{color:#0550ae;text-decoration:none}a:hover{text-decoration:underline}\n"
	"table.src{font:12px/1.5 ui-monospace,monospace}table.src td{padding:0 .8em 0 0;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"table.src td.n{color:#777;white-space:nowrap}\n"
	".s0{background:#ffd7d5}.s1,.s2{background:#fff3c4}.s3{background:#d8f5dd}.off{color:#777}\n"
	"span.s0,span.s1,span.s2,span.s3{padding:0 .3em;border-radius:3px}\n"
	"@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}a{color:#7ab7ff}.s0{background:#6b1f1c}"
	".s1,.s2{background:#5a4a10}.s3{background:#1d4a28}}\n";

static void put_text(struct hc_buf *to, const char *p, size_t len)
{
	struct hc_buf visible HC_BUF_DONE = { 0 };

	hc_print_visible(&visible, (struct hc_str){ p, (uint32_t)len });
	for (size_t i = 0; i < visible.len; i++)
		switch (visible.p[i]) {
		case '&': hc_buf_puts(to, "&amp;"); break;
		case '<': hc_buf_puts(to, "&lt;"); break;
		case '>': hc_buf_puts(to, "&gt;"); break;
		case '"': hc_buf_puts(to, "&quot;"); break;
		case '\'': hc_buf_puts(to, "&#39;"); break;
		default: hc_buf_putc(to, visible.p[i]);
		}
}

static void put_name(struct hc_buf *to, const char *name)
{
	put_text(to, name, strlen(name));
}

/* ---- counts ---- */

static void put_states(struct hc_buf *to, const struct hc_hits_summary *s)
{
	hc_buf_printf(to, "<td class=n>%u<td class=n>%u %%", s->comparisons,
		      s->comparisons ? (unsigned)(100ull * s->states[HC_HITS_BOTH] / s->comparisons) : 0);
	for (int state = HC_HITS_STATE_COUNT - 1; state >= 0; state--)
		hc_buf_printf(to, "<td class=n><span class=s%d>%u</span>", state, s->states[state]);
	hc_buf_putc(to, '\n');
}

static const char head_states[] = "<th class=n>comparisons<th class=n>tested<th class=n>both<th class=n>always true<th class=n>never true"
				  "<th class=n>never evaluated\n";

/* Of the places of one file, which are places[from..to). */
static struct hc_hits_summary sum(const struct hc_hits_place *places, uint32_t from, uint32_t to)
{
	struct hc_hits_summary s = { .comparisons = to - from };

	for (; from < to; from++)
		s.states[hc_hits_state_of(places[from].evaluated, places[from].truths)]++;
	return s;
}

static void put_rules(struct hc_hits *h, const struct hc_load_result *file, uint32_t number, struct hc_buf *to)
{
	const struct hc_hits_rule *rules;
	uint32_t n = hc_hits_rules(h, &rules), off = 0;
	const struct hc_ruleset *rs = hc_hits_ruleset(h);

	hc_buf_printf(to, "<table><tr><th>rule<th class=n>line<th class=n>evaluated<th class=n>true%s", head_states);
	for (uint32_t i = 0; i < n; i++) {
		const struct hc_hits_node *root = rules[i].root;
		struct hc_hits_summary s;

		if (strcmp(rules[i].rule->file, file->name))
			continue;
		hc_hits_rule_summary(&rules[i], &s);
		hc_buf_printf(to, "<tr><td><a href=\"#f%u.%u\">", number, rules[i].rule->line);
		put_name(to, rules[i].rule->name);
		hc_buf_printf(to, "</a><td class=n>%u<td class=n><span class=s%d>%" PRIu64 "</span><td class=n>%" PRIu64,
			      rules[i].rule->line, hc_hits_state_of(root->evaluated, root->truths), root->evaluated, root->truths);
		put_states(to, &s);
	}
	hc_buf_puts(to, "</table>\n");
	for (uint32_t i = 0; i < rs->nrules; i++)
		off += !strcmp(rs->rules[i]->file, file->name) && (!rs->rules[i]->enabled || !rs->rules[i]->compiled);
	if (off)
		hc_buf_printf(to, "<p class=off>%u more rules are off.\n", off);
}

/* ---- source ---- */

/* Line number `line` (from 0) with the operands of its comparisons, places[from..to), coloured. */
static void put_line(const struct hc_load_result *file, uint32_t line, const struct hc_hits_place *places, uint32_t from, uint32_t to,
		     struct hc_buf *out)
{
	uint32_t at = file->lines[line], end = line + 1 < file->nlines ? file->lines[line + 1] : (uint32_t)file->len;

	while (end > at && strchr("\r\n", file->text[end - 1]))
		end--;
	if (end - at > LINE_SHOWN)
		end = at + LINE_SHOWN;
	for (; from < to; from++) {
		const struct hc_hits_place *p = &places[from];
		const struct hc_str field = p->ast->left->text;

		/* exceptions bring comparisons to places where no field is written */
		if (p->at.off < at || p->at.off + field.len > end || memcmp(file->text + p->at.off, field.p, field.len))
			continue;
		put_text(out, file->text + at, p->at.off - at);
		hc_buf_printf(out, "<span class=s%d>", hc_hits_state_of(p->evaluated, p->truths));
		put_text(out, field.p, field.len);
		hc_buf_puts(out, "</span>");
		at = p->at.off + field.len;
	}
	put_text(out, file->text + at, end - at);
}

static void put_source(const struct hc_load_result *file, uint32_t number, const struct hc_hits_place *places, uint32_t from,
		       uint32_t to, struct hc_buf *out)
{
	hc_buf_puts(out, "<table class=src>\n");
	for (uint32_t line = 0; line < file->nlines; line++) {
		uint32_t last = from;

		hc_buf_printf(out, "<tr id=\"f%u.%u\"><td class=n>%u<td class=n>", number, line + 1, line + 1);
		for (; last < to && places[last].at.line == line + 1; last++) {
			const struct hc_hits_place *p = &places[last];

			hc_buf_printf(out, "%s<span class=s%d>", last > from ? " " : "", hc_hits_state_of(p->evaluated, p->truths));
			if (p->evaluated)
				hc_buf_printf(out, "%" PRIu64 "/%" PRIu64, p->evaluated, p->truths);
			else
				hc_buf_puts(out, "-");
			hc_buf_puts(out, "</span>");
		}
		hc_buf_puts(out, "<td>");
		put_line(file, line, places, from, last, out);
		hc_buf_putc(out, '\n');
		from = last;
	}
	hc_buf_puts(out, "</table>\n");
}

/* ---- page ---- */

static void put_index(struct hc_hits *h, const struct hc_hits_place *places, uint32_t n, struct hc_buf *to)
{
	const struct hc_ruleset *rs = hc_hits_ruleset(h);

	hc_buf_printf(to, "<table><tr><th>file%s", head_states);
	for (uint32_t f = 0, from = 0, end; f < rs->nresults; f++, from = end) {
		struct hc_hits_summary s;

		for (end = from; end < n && places[end].at.file == rs->results[f]; end++)
			;
		s = sum(places, from, end);
		hc_buf_printf(to, "<tr><td><a href=\"#f%u\">", f);
		put_name(to, rs->results[f]->name);
		hc_buf_puts(to, "</a>");
		put_states(to, &s);
	}
	hc_buf_puts(to, "</table>\n");
}

void hc_hits_html(struct hc_hits *h, struct hc_buf *to)
{
	const struct hc_ruleset *rs = hc_hits_ruleset(h);
	const struct hc_hits_place *places;
	uint32_t n = hc_hits_places(h, &places);

	hc_buf_printf(to, "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		      "<title>Coverage of conditions</title>\n<style>\n%s</style>\n<h1>Coverage of conditions</h1>\n", style);
	hc_buf_printf(to, "<p>%" PRIu64 " events, %u rules. Before each line: how often its comparisons were evaluated / true, by all "
		      "rules that have them.\nColours: <span class=s3>true and false</span> <span class=s2>always true, or never</span> "
		      "<span class=s0>never evaluated</span>.\n", hc_hits_events(h), rs->nactive);
	put_index(h, places, n, to);
	for (uint32_t f = 0, from = 0, end; f < rs->nresults; f++, from = end) {
		for (end = from; end < n && places[end].at.file == rs->results[f]; end++)
			;
		hc_buf_printf(to, "<h2 id=\"f%u\">", f);
		put_name(to, rs->results[f]->name);
		hc_buf_puts(to, "</h2>\n");
		put_rules(h, rs->results[f], f, to);
		put_source(rs->results[f], f, places, from, end, to);
	}
	hc_buf_puts(to, "</html>\n");
}
