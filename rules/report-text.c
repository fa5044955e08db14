/* SPDX-License-Identifier: Apache-2.0
 *
 * Load results for people: one line per file with Falco's verdict, and for each problem the exact place, the line, a caret
 * run, and a hint where there is one. The texts are golden-tested (tests/rules).
 */
#include <inttypes.h>
#include <string.h>

#include "rules/report.h"
#include "rules/ruleset.h"
#include "rules/yamlmend.h"

enum { LINE_MAX = 120 }; /* columns of a source line shown; longer ones are cut around the caret */

/* The innermost rule, macro or list the problem is in; NULL if in none. */
static const struct hc_location *item_of(const struct hc_location *at)
{
	const struct hc_location *item = NULL;

	for (; at; at = at->parent)
		if (*at->item_name && (!strcmp(at->item_type, "rule") || !strcmp(at->item_type, "macro") ||
				       !strcmp(at->item_type, "list")))
			item = at;
	return item;
}

/* Length of the UTF-8 sequence at p that a terminal may be shown, or 0: control characters (C1 too), broken sequences. */
static uint32_t shown(const char *p, uint32_t left)
{
	const uint8_t *s = (const uint8_t *)p;
	uint32_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (n > left || (n == 1 && (s[0] < 0x20 || s[0] == 0x7f)) || (s[0] == 0xc2 && left > 1 && s[1] < 0xa0))
		return 0;
	for (uint32_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* Bytes of the line from `from` on; tabs as blanks so that the caret stands right, what is not fit to be shown as dots. */
static void put_line(struct hc_buf *out, const char *line, uint32_t from, uint32_t len)
{
	for (uint32_t i = from, n; i < from + len; i += n ? n : 1) {
		n = shown(line + i, from + len - i);
		if (n)
			hc_buf_put(out, line + i, n);
		else
			hc_buf_putc(out, line[i] == '\t' ? ' ' : '.');
	}
}

/* Columns that bytes take: continuation bytes of UTF-8 take none. */
static uint32_t columns(const char *s, uint32_t len)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++)
		n += (s[i] & 0xc0) != 0x80;
	return n;
}

void hc_report_source(struct hc_buf *out, uint32_t number, uint32_t column, uint32_t width, struct hc_str line)
{
	uint32_t at = column - 1 < line.len ? column - 1 : line.len, from = 0, end;

	if (line.len > LINE_MAX && at > LINE_MAX / 2)
		from = at - LINE_MAX / 2;
	while (from && (line.p[from] & 0xc0) == 0x80)
		from--;
	end = line.len - from > LINE_MAX ? from + LINE_MAX : line.len;
	while (end < line.len && (line.p[end] & 0xc0) == 0x80)
		end++;
	if (at + width > end)
		width = end > at ? end - at : 1;
	hc_buf_printf(out, "%6u | %s", number, from ? "..." : "");
	put_line(out, line.p, from, end - from);
	hc_buf_printf(out, "%s\n       | %*s", end < line.len ? "..." : "",
		      (int)(columns(line.p + from, at - from) + (from ? 3 : 0)), "");
	for (uint32_t i = 0, n = at < line.len ? columns(line.p + at, width) : 1; i < (n ? n : 1); i++)
		hc_buf_putc(out, '^');
	hc_buf_putc(out, '\n');
}

static void put_problem(FILE *out, const struct hc_problem *p)
{
	const struct hc_location *item = item_of(p->at);
	struct hc_buf source HC_BUF_DONE = { 0 };

	fprintf(out, "%s:", p->file ? p->file : p->at->name);
	if (p->line)
		fprintf(out, "%u:%u:", p->line, p->column);
	fprintf(out, " %s: %s\n", hc_load_is_error(p->code) ? "error" : "warning",
		*p->message ? p->message : hc_load_code_short(p->code));
	if (p->line) {
		hc_report_source(&source, p->line, p->column, p->width, hc_str(p->source_line));
		fwrite(source.p, 1, source.len, out);
	}
	fprintf(out, "       = %s (%s", hc_load_code_name(p->code), hc_load_code_short(p->code));
	if (p->deprecated_field)
		fprintf(out, ": field '%s'", p->deprecated_field);
	fprintf(out, ")");
	if (item)
		fprintf(out, " in %s '%s'", item->item_type, item->item_name);
	if (p->macro)
		fprintf(out, ", through macro '%s'", p->macro);
	fprintf(out, "\n");
	if (p->hint)
		fprintf(out, "       = hint: %s\n", p->hint);
}

/* What is no YAML by the book, but was read as Falco reads it: perhaps the cause of all the rest. */
static void put_mend(FILE *out, const struct hc_load_result *res, const struct hc_yaml_mend *mend)
{
	struct hc_buf source HC_BUF_DONE = { 0 };
	uint32_t line = hc_load_line(res, mend->off), from = res->lines[line], to = mend->off;

	while (to < res->len && res->text[to] != '\n' && res->text[to] != '\r')
		to++;
	fprintf(out, "%s:%u:%u: note: %s\n", res->name, line + 1, mend->off - from + 1, mend->text);
	hc_report_source(&source, line + 1, mend->off - from + 1, 1, (struct hc_str){ res->text + from, to - from });
	fwrite(source.p, 1, source.len, out);
}

void hc_report_text(FILE *out, const struct hc_ruleset *ruleset, bool with_warnings)
{
	for (uint32_t i = 0; i < ruleset->nignored; i++)
		fprintf(out, "%s: ignored: the names of rules files end in .yaml or .yml\n", ruleset->ignored[i]);
	for (uint32_t i = 0; i < ruleset->nresults; i++) {
		const struct hc_load_result *res = ruleset->results[i];

		for (uint32_t k = 0; (with_warnings || res->nerrors) && k < res->nmends; k++)
			put_mend(out, res, &res->mends[k]);
		for (uint32_t k = 0; k < res->nerrors; k++)
			put_problem(out, res->errors[k]);
		for (uint32_t k = 0; with_warnings && k < res->nwarnings; k++)
			put_problem(out, res->warnings[k]);
	}
	if (with_warnings && ruleset->nunsaid)
		fprintf(out, "%" PRIu64 " more warnings are left out: those above are enough to begin with\n", ruleset->nunsaid);
}
