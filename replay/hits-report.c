/* SPDX-License-Identifier: Apache-2.0
 *
 * Exercise of rules as text and as JSON.
 */
#include <inttypes.h>

#include "replay/hits.h"
#include "replay/print.h"

enum { COMPARISONS_SHOWN = 5000 /* of one rule */, TEXT_SHOWN = 160 };

static void put_brief(const struct hc_ast *check, struct hc_buf *to)
{
	struct hc_buf raw HC_BUF_DONE = { 0 };

	hc_ast_print_brief(&raw, check);
	hc_print_visible(to, (struct hc_str){ raw.p, (uint32_t)(raw.len < TEXT_SHOWN ? raw.len : TEXT_SHOWN) });
	if (raw.len > TEXT_SHOWN)
		hc_buf_puts(to, "...");
}

/* ---- text ---- */

/* exception: the one that n is part of, or NULL. */
static void put_comparison(const struct hc_hits_node *n, const char *exception, uint32_t *shown, struct hc_buf *to)
{
	enum hc_hits_state state = hc_hits_state_of(n->evaluated, n->truths);

	if (n->ast->exception)
		exception = n->ast->exception;
	for (uint32_t i = 0; i < n->ast->nkids; i++)
		put_comparison(&n->kids[i], exception, shown, to);
	if (n->ast->kind != HC_AST_CHECK || ++*shown > COMPARISONS_SHOWN)
		return;
	if (n->evaluated)
		hc_buf_printf(to, "%12" PRIu64 " %10" PRIu64 "  ", n->evaluated, n->truths);
	else
		hc_buf_printf(to, "%12s %10s  ", "-", "-");
	put_brief(n->ast, to);
	if (n->ast->origin && n->ast->origin->macro) {
		hc_buf_puts(to, "  (macro ");
		hc_print_visible(to, hc_str(n->ast->origin->macro));
		hc_buf_putc(to, ')');
	}
	if (exception) {
		hc_buf_puts(to, "  (exception ");
		hc_print_visible(to, hc_str(exception));
		hc_buf_putc(to, ')');
	}
	if (state != HC_HITS_BOTH)
		hc_buf_printf(to, "   %s", hc_hits_state_name(state));
	hc_buf_putc(to, '\n');
}

static void put_rule(const struct hc_hits_rule *r, struct hc_buf *to)
{
	uint32_t shown = 0;

	hc_buf_puts(to, "\nrule '");
	hc_print_visible(to, hc_str(r->rule->name));
	hc_buf_puts(to, "' (");
	hc_print_visible(to, hc_str(r->rule->file));
	hc_buf_printf(to, ":%u): ", r->rule->line);
	if (!r->root->evaluated) {
		hc_buf_puts(to, "never evaluated: there was no event of the types it looks at\n");
		return;
	}
	hc_buf_printf(to, "evaluated %" PRIu64 ", true %" PRIu64 "\n", r->root->evaluated, r->root->truths);
	put_comparison(r->root, NULL, &shown, to);
	if (shown > COMPARISONS_SHOWN)
		hc_buf_printf(to, "%25s... and %u more comparisons\n", "", shown - COMPARISONS_SHOWN);
}

static uint32_t count_rules(const struct hc_hits *h, bool matched)
{
	const struct hc_hits_rule *rules;
	uint32_t n = hc_hits_rules(h, &rules), count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += matched ? rules[i].root->truths > 0 : rules[i].root->evaluated > 0;
	return count;
}

void hc_hits_text(struct hc_hits *h, struct hc_buf *to)
{
	const struct hc_hits_rule *rules;
	uint32_t n = hc_hits_rules(h, &rules);
	struct hc_hits_summary s;

	hc_hits_summary(h, &s);
	hc_buf_puts(to, "   evaluated       true  comparison\n");
	for (uint32_t i = 0; i < n; i++)
		put_rule(&rules[i], to);
	hc_buf_printf(to, "\nevents of types that some rule looks at: %" PRIu64 "\n", hc_hits_events(h));
	hc_buf_printf(to, "rules: %u; evaluated: %u, true at least once: %u; off: %u\n", n, count_rules(h, false),
		      count_rules(h, true), hc_hits_ruleset(h)->nrules - n);
	hc_buf_printf(to, "comparisons in the files: %u;", s.comparisons);
	for (int state = 0; state < HC_HITS_STATE_COUNT; state++)
		hc_buf_printf(to, "%s %s: %u", state ? "," : "", hc_hits_state_name((enum hc_hits_state)state), s.states[state]);
	hc_buf_putc(to, '\n');
}

/* ---- JSON ---- */

static void put_counts(struct hc_buf *to, const struct hc_ast *ast, uint64_t evaluated, uint64_t truths)
{
	struct hc_buf raw HC_BUF_DONE = { 0 };

	hc_ast_print_brief(&raw, ast);
	hc_buf_puts(to, "\"text\":");
	hc_print_json_quoted(to, (struct hc_str){ raw.p, (uint32_t)raw.len });
	if (ast->origin && ast->origin->macro) {
		hc_buf_puts(to, ",\"macro\":");
		hc_print_json_quoted(to, hc_str(ast->origin->macro));
	}
	hc_buf_printf(to, ",\"evaluated\":%" PRIu64 ",\"true\":%" PRIu64 ",\"state\":\"%s\"}", evaluated, truths,
		      hc_hits_state_name(hc_hits_state_of(evaluated, truths)));
}

static void put_comparison_json(const struct hc_hits_node *n, uint32_t *shown, struct hc_buf *to)
{
	for (uint32_t i = 0; i < n->ast->nkids; i++)
		put_comparison_json(&n->kids[i], shown, to);
	if (n->ast->kind != HC_AST_CHECK || ++*shown > COMPARISONS_SHOWN)
		return;
	hc_buf_puts(to, *shown > 1 ? ",{" : "{");
	put_counts(to, n->ast, n->evaluated, n->truths);
}

static void put_rule_json(const struct hc_hits_rule *r, struct hc_buf *to)
{
	uint32_t shown = 0;

	hc_buf_puts(to, "{\"rule\":");
	hc_print_json_quoted(to, hc_str(r->rule->name));
	hc_buf_puts(to, ",\"file\":");
	hc_print_json_quoted(to, hc_str(r->rule->file));
	hc_buf_printf(to, ",\"line\":%u,\"evaluated\":%" PRIu64 ",\"true\":%" PRIu64 ",\"comparisons\":[", r->rule->line,
		      r->root->evaluated, r->root->truths);
	put_comparison_json(r->root, &shown, to);
	hc_buf_printf(to, "],\"left_out\":%u}", shown > COMPARISONS_SHOWN ? shown - COMPARISONS_SHOWN : 0);
}

static void put_places_json(struct hc_hits *h, struct hc_buf *to)
{
	const struct hc_hits_place *places;
	uint32_t n = hc_hits_places(h, &places);
	const struct hc_load_result *file = NULL;

	for (uint32_t i = 0; i < n && places[i].at.file; i++) {
		if (places[i].at.file != file) {
			hc_buf_puts(to, file ? "]},{\"file\":" : "{\"file\":");
			file = places[i].at.file;
			hc_print_json_quoted(to, hc_str(file->name));
			hc_buf_puts(to, ",\"comparisons\":[");
		} else {
			hc_buf_putc(to, ',');
		}
		hc_buf_printf(to, "{\"line\":%u,\"column\":%u,", places[i].at.line, places[i].at.column);
		put_counts(to, places[i].ast, places[i].evaluated, places[i].truths);
	}
	hc_buf_puts(to, file ? "]}" : "");
}

void hc_hits_json(struct hc_hits *h, struct hc_buf *to)
{
	const struct hc_hits_rule *rules;
	uint32_t n = hc_hits_rules(h, &rules);
	struct hc_hits_summary s;

	hc_hits_summary(h, &s);
	hc_buf_printf(to, "{\"events\":%" PRIu64 ",\"summary\":{\"rules\":%u,\"rules_evaluated\":%u,\"rules_true\":%u,\"comparisons\":%u",
		      hc_hits_events(h), n, count_rules(h, false), count_rules(h, true), s.comparisons);
	for (int state = 0; state < HC_HITS_STATE_COUNT; state++)
		hc_buf_printf(to, ",\"%s\":%u", hc_hits_state_name((enum hc_hits_state)state), s.states[state]);
	hc_buf_puts(to, "},\"rules\":[");
	for (uint32_t i = 0; i < n; i++) {
		hc_buf_puts(to, i ? "," : "");
		put_rule_json(&rules[i], to);
	}
	hc_buf_puts(to, "],\"files\":[");
	put_places_json(h, to);
	hc_buf_puts(to, "]}\n");
}
