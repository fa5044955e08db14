/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations for people: a sentence that names what is to blame, and the whole tree. Names of rules, macros and lists, and
 * values above all, are somebody else's bytes: everything goes through hc_print_visible and has its length stated.
 */
#include <inttypes.h>
#include <string.h>

#include "replay/explain.h"
#include "replay/print.h"
#include "replay/show.h"

enum {
	SHOWN_MAX = 160,   /* bytes of one value or one comparison */
	FACTS_MAX = 6,     /* comparisons told of something that was true and should not have been */
	CHOICES_MAX = 8,   /* alternatives told of an `or` */
	DEPTH_SHOWN = 60,  /* levels that are still indented */
};

/* Text escaped, and cut behind max bytes. */
static void put_cut(struct hc_buf *to, const char *p, size_t len, size_t max)
{
	hc_print_visible(to, (struct hc_str){ p, (uint32_t)(len < max ? len : max) });
	if (len > max)
		hc_buf_puts(to, "...");
}

static void put_name(struct hc_buf *to, const char *name)
{
	put_cut(to, name, strlen(name), SHOWN_MAX);
}

/* ---- values ---- */

static void put_value(const struct hc_value *v, uint8_t type, uint8_t format, struct hc_buf *raw)
{
	if (v->kind == HC_VALUE_LIST) {
		hc_buf_putc(raw, '(');
		for (uint32_t i = 0; i < v->nitems; i++) {
			hc_buf_puts(raw, i ? ", " : "");
			put_value(&v->items[i], type, format, raw);
		}
		hc_buf_putc(raw, ')');
		return;
	}
	/* networks have no printed form of their own; what was compared is the address */
	if (hc_show_text(raw, v, type == PT_IPNET ? PT_IPADDR : type, format, false))
		return;
	if (v->kind == HC_VALUE_INT)
		hc_buf_i64(raw, (int64_t)v->u);
	else
		hc_buf_puts(raw, "<NA>");
}

void hc_explain_value(const struct hc_value *value, const struct hc_explained *check, struct hc_buf *to)
{
	const struct hc_expr *left = check->ast->predicate->left;
	struct hc_buf raw HC_BUF_DONE = { 0 };
	uint32_t kept = value->kind == HC_VALUE_LIST ? HC_EXPLAIN_ITEMS_MAX : HC_EXPLAIN_BYTES_MAX;

	hc_buf_puts(&raw, "");
	put_value(value, left->type, left->format, &raw);
	put_cut(to, raw.p, raw.len, SHOWN_MAX);
	if (raw.len <= SHOWN_MAX && value == &check->left && check->left_len > kept)
		hc_buf_puts(to, "...");
}

static void put_found(const struct hc_explained *n, struct hc_buf *to)
{
	put_cut(to, n->ast->left->text.p, n->ast->left->text.len, SHOWN_MAX);
	if (!n->present) {
		hc_buf_puts(to, " is absent");
	} else if (n->ast->predicate->left->match == HC_MATCH_UNRESOLVED) {
		hc_buf_puts(to, " is never resolved");
	} else {
		hc_buf_putc(to, '=');
		hc_explain_value(&n->left, n, to);
	}
	if (!n->ast->right)
		return;
	hc_buf_puts(to, ", ");
	put_cut(to, n->ast->right->text.p, n->ast->right->text.len, SHOWN_MAX);
	if (!n->right_present) {
		hc_buf_puts(to, " is absent");
		return;
	}
	hc_buf_putc(to, '=');
	hc_explain_value(&n->right, n, to);
}

/* What matched what, where the comparison leaves that open. */
static void put_match(const struct hc_explained *n, struct hc_buf *to)
{
	const struct hc_literal *literal = n->matched ? &n->ast->values[n->literal] : NULL;
	bool among = n->left.kind == HC_VALUE_LIST && n->left_len > 1;

	/* one value that is in a list written in place says it all itself */
	if (!literal || (!among && !literal->list && (n->ast->nvalues == 1 || n->ast->op == HC_OP_IN)))
		return;
	hc_buf_puts(to, " (");
	if (among) {
		hc_explain_value(&n->match, n, to);
		hc_buf_puts(to, ": ");
	}
	hc_buf_putc(to, '"');
	put_cut(to, literal->value.p, literal->value.len, SHOWN_MAX);
	hc_buf_putc(to, '"');
	if (literal->list) {
		hc_buf_puts(to, " of list ");
		put_name(to, literal->list);
	}
	hc_buf_putc(to, ')');
}

static void put_facts(const struct hc_explained *n, struct hc_buf *to)
{
	put_found(n, to);
	if (n->truth)
		put_match(n, to);
}

/* ---- conditions ---- */

static void put_check(const struct hc_explained *n, struct hc_buf *to)
{
	struct hc_buf raw HC_BUF_DONE = { 0 };

	hc_ast_print_brief(&raw, n->ast);
	put_cut(to, raw.p, raw.len, SHOWN_MAX);
}

/* A node in few words: macros by their names. */
static void put_brief(const struct hc_explained *n, size_t end, struct hc_buf *to)
{
	if (to->len > end)
		return;
	if (n->ast->uses) {
		put_name(to, n->ast->uses->macro);
	} else if (n->ast->kind == HC_AST_CHECK) {
		put_check(n, to);
	} else if (n->ast->kind == HC_AST_NOT) {
		hc_buf_puts(to, "not ");
		put_brief(&n->kids[0], end, to);
	} else {
		hc_buf_putc(to, '(');
		for (uint32_t i = 0; i < n->nkids; i++) {
			if (i)
				hc_buf_puts(to, n->ast->kind == HC_AST_AND ? " and " : " or ");
			if (to->len > end) {
				hc_buf_puts(to, "...");
				break;
			}
			put_brief(&n->kids[i], end, to);
		}
		hc_buf_putc(to, ')');
	}
}

/* The comparisons that make n what it is, as far as there is room: of a false `and` or a true `or` those that do so alone.
 * named: the comparisons themselves, with what was found in brackets, because what was said before does not show them. */
static void put_reasons(const struct hc_explained *n, bool named, uint32_t *told, struct hc_buf *to)
{
	bool decides_alone = n->truth == (n->ast->kind == HC_AST_OR);

	if (n->ast->kind == HC_AST_CHECK) {
		if (*told < FACTS_MAX) {
			hc_buf_puts(to, *told ? ", " : "");
			if (named) {
				hc_buf_puts(to, n->truth ? "" : "not ");
				put_check(n, to);
				hc_buf_puts(to, " [");
			}
			put_facts(n, to);
			hc_buf_puts(to, named ? "]" : "");
		} else if (*told == FACTS_MAX) {
			hc_buf_puts(to, " and more");
		}
		++*told;
		return;
	}
	for (uint32_t i = 0; i < n->nkids && *told <= FACTS_MAX; i++)
		if (n->ast->kind == HC_AST_NOT || !decides_alone || n->kids[i].truth == n->truth)
			put_reasons(&n->kids[i], named, told, to);
}

static bool is_full(const struct hc_buf *to, size_t end)
{
	return to->len > end;
}

static void why_false(const struct hc_explained *n, size_t end, struct hc_buf *to);

static bool has_macro(const struct hc_explained *n)
{
	bool has = n->ast->uses != NULL;

	for (uint32_t i = 0; i < n->nkids && !has; i++)
		has = has_macro(&n->kids[i]);
	return has;
}

static void why_not(const struct hc_explained *n, struct hc_buf *to)
{
	uint32_t told = 0;
	bool named = has_macro(&n->kids[0]);
	size_t start = to->len;

	if (n->ast->exception) {
		hc_buf_puts(to, "exception '");
		put_name(to, n->ast->exception);
		hc_buf_puts(to, "' applied: ");
	} else {
		hc_buf_puts(to, "not ");
		put_brief(&n->kids[0], to->len + SHOWN_MAX, to);
		hc_buf_puts(to, " was false: ");
		named |= n->kids[0].nkids && to->len > start + SHOWN_MAX;
	}
	put_reasons(&n->kids[0], named, &told, to);
}

/* Alternatives that are comparisons of one field: their common value is told once. */
static bool is_one_field(const struct hc_explained *n)
{
	const struct hc_ast *first = NULL;

	for (uint32_t i = 0; i < n->nkids; i++) {
		const struct hc_ast *kid = n->kids[i].ast;

		if (!n->kids[i].blamed)
			continue;
		if (kid->kind != HC_AST_CHECK || kid->right || kid->uses || (first && !hc_str_eq(first->left->text, kid->left->text)))
			return false;
		first = kid;
	}
	return true;
}

/* Of a false `or`: the alternatives that were nearest. */
static void why_none(const struct hc_explained *n, size_t end, struct hc_buf *to)
{
	uint32_t choices = 0, told = 0;
	const struct hc_explained *last = NULL;
	bool one_field = is_one_field(n);

	for (uint32_t i = 0; i < n->nkids; i++)
		choices += n->kids[i].blamed;
	if (choices > 1)
		hc_buf_puts(to, "no alternative was true: ");
	for (uint32_t i = 0; i < n->nkids; i++) {
		if (!n->kids[i].blamed)
			continue;
		if (told == CHOICES_MAX || is_full(to, end)) {
			hc_buf_printf(to, " | and %u more", choices - told);
			break;
		}
		hc_buf_puts(to, told++ ? " | " : "");
		last = &n->kids[i];
		if (choices > 1 && one_field)
			put_check(last, to);
		else
			why_false(last, end, to);
	}
	if (choices > 1 && one_field) {
		hc_buf_puts(to, ": ");
		put_facts(last, to);
	}
}

/* n is false and was to be true. */
static void why_false(const struct hc_explained *n, size_t end, struct hc_buf *to)
{
	uint32_t told = 0;

	if (n->ast->uses) {
		hc_buf_puts(to, "macro ");
		put_name(to, n->ast->uses->macro);
		hc_buf_puts(to, ": ");
	}
	switch (n->ast->kind) {
	case HC_AST_CHECK:
		put_check(n, to);
		hc_buf_puts(to, " was false: ");
		put_facts(n, to);
		break;
	case HC_AST_NOT:
		why_not(n, to);
		break;
	case HC_AST_OR:
		why_none(n, end, to);
		break;
	default:
		for (uint32_t i = 0; i < n->nkids; i++) {
			if (n->kids[i].truth)
				continue;
			if (is_full(to, end)) {
				hc_buf_puts(to, "; and more");
				break;
			}
			hc_buf_puts(to, told++ ? "; " : "");
			why_false(&n->kids[i], end, to);
		}
	}
}

void hc_explain_why(const struct hc_explanation *e, struct hc_buf *to)
{
	const size_t start = to->len, end = start + HC_EXPLAIN_LINE_MAX / 2;

	if (e->root->truth && e->looked_at)
		hc_buf_puts(to, "the condition was true");
	else if (e->root->truth) /* selection knows better than the tree: fields that only some events have */
		hc_buf_puts(to, "the rule does not look at events of this type");
	else
		why_false(e->root, end, to);
	if (to->len > start + HC_EXPLAIN_LINE_MAX) {
		to->len = start + HC_EXPLAIN_LINE_MAX - 3;
		while (to->len > start && (to->p[to->len] & 0xc0) == 0x80) /* not inside a character */
			to->len--;
		hc_buf_puts(to, "...");
	}
}

void hc_explain_line(const struct hc_explanation *e, struct hc_buf *to)
{
	hc_explain_why(e, to);
	hc_buf_printf(to, ", at event %" PRIu64, e->num);
	if (e->capture) {
		hc_buf_puts(to, " of ");
		put_name(to, e->capture);
	}
}

/* ---- the tree ---- */

struct tree {
	struct hc_buf *to;
	bool utf8;
	bool unreached;  /* some node was not */
	uint32_t nodes, left_out;
};

/* The line's beginning: truth, in parentheses if plain evaluation would not have asked. */
static void put_mark(struct tree *t, const struct hc_explained *n, uint32_t depth)
{
	const char *mark = n->truth ? (t->utf8 ? "✓" : "+") : t->utf8 ? "✗" : "-";

	hc_buf_puts(t->to, "  ");
	for (uint32_t i = 0; i < depth && i < DEPTH_SHOWN; i++)
		hc_buf_puts(t->to, "   ");
	hc_buf_puts(t->to, n->reached ? " " : "(");
	hc_buf_puts(t->to, mark);
	hc_buf_puts(t->to, n->reached ? "  " : ") ");
	t->unreached |= !n->reached;
}

static void put_node(struct tree *t, const struct hc_explained *n, uint32_t depth)
{
	const struct hc_explained *check = n;
	bool blamed = n->blamed;

	if (t->nodes++ >= HC_EXPLAIN_NODES_MAX) {
		t->left_out++;
		return;
	}
	put_mark(t, n, depth);
	for (const struct hc_ast_use *use = n->ast->uses; use; use = use->inner) {
		hc_buf_puts(t->to, "macro ");
		put_name(t->to, use->macro);
		hc_buf_puts(t->to, ": ");
	}
	if (n->ast->exception) {
		hc_buf_puts(t->to, "exception '");
		put_name(t->to, n->ast->exception);
		hc_buf_puts(t->to, "': ");
	}
	/* a negated comparison is one line */
	if (n->ast->kind == HC_AST_NOT && n->kids[0].ast->kind == HC_AST_CHECK && !n->kids[0].ast->uses) {
		hc_buf_puts(t->to, "not ");
		check = &n->kids[0];
	}
	if (check->ast->kind == HC_AST_CHECK) {
		put_check(check, t->to);
		hc_buf_puts(t->to, "   [");
		put_facts(check, t->to);
		hc_buf_putc(t->to, ']');
		hc_buf_puts(t->to, blamed ? (t->utf8 ? "   ←\n" : "   <--\n") : "\n");
		return;
	}
	hc_buf_puts(t->to, n->ast->kind == HC_AST_NOT ? "not\n" : n->ast->kind == HC_AST_AND ? "all of\n" : "any of\n");
	for (uint32_t i = 0; i < n->nkids; i++)
		put_node(t, &n->kids[i], depth + 1);
}

static void put_rule_place(const struct hc_rule *rule, struct hc_buf *to)
{
	hc_buf_puts(to, "rule '");
	put_name(to, rule->name);
	hc_buf_puts(to, "' (");
	put_name(to, rule->file);
	hc_buf_printf(to, ":%u)", rule->line);
}

void hc_explain_text(const struct hc_explanation *e, bool utf8, struct hc_buf *to)
{
	struct tree t = { .to = to, .utf8 = utf8 };

	hc_buf_printf(to, "event %" PRIu64, e->num);
	if (e->capture) {
		hc_buf_puts(to, " of ");
		put_name(to, e->capture);
	}
	hc_buf_puts(to, " at ");
	hc_print_time(to, e->ts_ns, HC_PRINT_ISO8601_Z);
	hc_buf_puts(to, ": ");
	put_name(to, e->event);
	hc_buf_puts(to, " by ");
	put_name(to, *e->comm ? e->comm : "<NA>");
	hc_buf_printf(to, " (%" PRId64 ")\n", e->tid);
	put_rule_place(e->rule, to);
	hc_buf_puts(to, e->root->truth ? ": true\n" : ": false\n");
	hc_buf_puts(to, e->root->truth && e->looked_at ? "output: " : "it would have said: ");
	put_cut(to, e->output, strlen(e->output), HC_EXPLAIN_OUTPUT_MAX);
	hc_buf_putc(to, '\n');
	if (!e->looked_at) {
		hc_buf_puts(to, "the rule does not look at ");
		put_name(to, e->event);
		hc_buf_puts(to, " events: its condition cannot be true for them\n");
	}
	if (!e->root->truth) {
		hc_explain_why(e, to);
		hc_buf_putc(to, '\n');
	}
	put_node(&t, e->root, 0);
	if (t.left_out)
		hc_buf_printf(to, "  ... and %u more comparisons and connectives\n", t.left_out);
	if (t.unreached)
		hc_buf_puts(to, "  in parentheses: what a replay does not come to, because what precedes it decides already\n");
}
