/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations for programs.
 */
#include "replay/explain.h"
#include "replay/print.h"
#include "replay/show.h"
#include "rules/origin.h"

enum { LITERALS_SHOWN = 256 /* of a comparison's */ };

static void put_key(struct hc_buf *to, const char *key, struct hc_str s)
{
	hc_buf_printf(to, ",\"%s\":", key);
	hc_print_json_quoted(to, s);
}

static void put_bool(struct hc_buf *to, const char *key, bool b)
{
	hc_buf_printf(to, ",\"%s\":%s", key, b ? "true" : "false");
}

static void put_value(struct hc_buf *to, const char *key, const struct hc_value *v, const struct hc_expr *expr)
{
	uint8_t type = expr->type == PT_IPNET ? PT_IPADDR : expr->type;

	hc_buf_printf(to, ",\"%s\":", key);
	/* numbers that outputs do not print are still what was compared */
	hc_show_json(to, v, type, expr->format == PF_NA && v->kind == HC_VALUE_INT ? PF_DEC : expr->format, false);
}

static void put_literals(struct hc_buf *to, const struct hc_ast *ast)
{
	const char *list = NULL;
	uint32_t n = 0;

	hc_buf_puts(to, ",\"literals\":[");
	for (uint32_t i = 0; i < ast->nvalues && n < LITERALS_SHOWN; i++) {
		const struct hc_literal *l = &ast->values[i];

		if (l->list && l->list == list)
			continue;
		list = l->list;
		hc_buf_puts(to, n++ ? "," : "");
		if (list) {
			hc_buf_puts(to, "{\"list\":");
			hc_print_json_quoted(to, hc_str(list));
			hc_buf_putc(to, '}');
		} else {
			hc_print_json_quoted(to, l->value);
		}
	}
	hc_buf_putc(to, ']');
}

static void put_check(const struct hc_explained *n, struct hc_buf *to)
{
	const struct hc_predicate *p = n->ast->predicate;
	struct hc_buf text HC_BUF_DONE = { 0 };

	hc_ast_print_brief(&text, n->ast);
	put_key(to, "text", (struct hc_str){ text.p, (uint32_t)text.len });
	put_key(to, "field", n->ast->left->text);
	put_key(to, "operator", hc_str(hc_op_name(n->ast->op)));
	if (n->ast->modifier)
		put_key(to, "modifier", hc_str(hc_modifier_name(n->ast->modifier)));
	if (n->present)
		put_value(to, "value", &n->left, p->left);
	else
		hc_buf_puts(to, ",\"value\":null");
	if (n->left_len > (n->left.kind == HC_VALUE_LIST ? HC_EXPLAIN_ITEMS_MAX : HC_EXPLAIN_BYTES_MAX))
		hc_buf_printf(to, ",\"value_length\":%u", n->left_len);
	if (n->ast->right) {
		put_key(to, "right_field", n->ast->right->text);
		if (n->right_present)
			put_value(to, "right_value", &n->right, p->right);
		else
			hc_buf_puts(to, ",\"right_value\":null");
	} else if (n->ast->op != HC_OP_EXISTS) {
		put_literals(to, n->ast);
	}
	if (!n->matched)
		return;
	put_value(to, "matched_value", &n->match, p->left);
	put_key(to, "matched_literal", n->ast->values[n->literal].value);
	if (n->ast->values[n->literal].list)
		put_key(to, "matched_list", hc_str(n->ast->values[n->literal].list));
}

static void put_node(const struct hc_explained *n, uint32_t *nodes, struct hc_buf *to)
{
	static const char *const kinds[] = { [HC_AST_AND] = "and", [HC_AST_OR] = "or", [HC_AST_NOT] = "not", [HC_AST_CHECK] = "check" };
	struct hc_place place;

	hc_buf_printf(to, "{\"kind\":\"%s\"", kinds[n->ast->kind]);
	put_bool(to, "result", n->truth);
	put_bool(to, "reached", n->reached);
	put_bool(to, "blamed", n->blamed);
	if (n->ast->uses) {
		hc_buf_puts(to, ",\"macros\":");
		for (const struct hc_ast_use *use = n->ast->uses; use; use = use->inner) {
			hc_buf_puts(to, use == n->ast->uses ? "[" : ",");
			hc_print_json_quoted(to, hc_str(use->macro));
		}
		hc_buf_putc(to, ']');
	}
	if (n->ast->exception)
		put_key(to, "exception", hc_str(n->ast->exception));
	if (hc_origin_place(n->ast, &place)) {
		put_key(to, "file", hc_str(place.file->name));
		hc_buf_printf(to, ",\"line\":%u,\"column\":%u", place.line, place.column);
	}
	if (n->ast->kind == HC_AST_CHECK)
		put_check(n, to);
	if (n->nkids)
		hc_buf_puts(to, ",\"of\":[");
	for (uint32_t i = 0; i < n->nkids; i++) {
		hc_buf_puts(to, i ? "," : "");
		if (++*nodes > HC_EXPLAIN_NODES_MAX) {
			hc_buf_printf(to, "{\"kind\":\"left out\",\"nodes\":%u}", n->nkids - i);
			break;
		}
		put_node(&n->kids[i], nodes, to);
	}
	hc_buf_puts(to, n->nkids ? "]}" : "}");
}

void hc_explain_json(const struct hc_explanation *e, struct hc_buf *to)
{
	struct hc_buf why HC_BUF_DONE = { 0 };
	uint32_t nodes = 0;

	hc_buf_puts(to, "{\"rule\":");
	hc_print_json_quoted(to, hc_str(e->rule->name));
	if (e->capture)
		put_key(to, "capture", hc_str(e->capture));
	hc_buf_puts(to, ",\"evt.num\":");
	hc_buf_u64(to, e->num);
	hc_buf_puts(to, ",\"evt.time\":");
	hc_buf_u64(to, e->ts_ns);
	put_key(to, "evt.type", hc_str(e->event));
	put_key(to, "proc.name", hc_str(e->comm));
	hc_buf_puts(to, ",\"thread.tid\":");
	hc_buf_i64(to, e->tid);
	put_key(to, "output", hc_str(e->output));
	put_bool(to, "looked_at", e->looked_at);
	put_bool(to, "result", e->root->truth);
	hc_buf_printf(to, ",\"distance\":%u", e->root->to_true);
	hc_explain_why(e, &why);
	put_key(to, "why", (struct hc_str){ why.p, (uint32_t)why.len });
	hc_buf_puts(to, ",\"condition\":");
	put_node(e->root, &nodes, to);
	hc_buf_putc(to, '}');
}
