/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan for people: per event type what is tested in which order, what is shared, where results are remembered. There is
 * no capture to ask, so what only the event type decides is answered here as far as rules use it; the rest stays as it is.
 */
#include "rules/dispatch.h"
#include "rules/plan-internal.h"

enum { LINE_MAX_LEN = 160 };

static const char *const scope_names[HC_SCOPE_COUNT] = {
	[HC_SCOPE_THREAD] = "thread", [HC_SCOPE_LINEAGE] = "lineage", [HC_SCOPE_FD] = "fd",
};

bool hc_plan_extract_type(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_plan_event *ev = ctx;
	const struct hc_event_info *info = &hc_event_table[ev->type];

	(void)for_output;
	switch (field->id) {
	case HC_FIELD_SYSCALL_TYPE:
		if (!(info->category & EC_SYSCALL))
			return false;
		/* fall through */
	case HC_FIELD_EVT_TYPE:
		*ret = (struct hc_value){ .kind = HC_VALUE_STRING, .s = hc_str(info->name) };
		return true;
	case HC_FIELD_EVT_DIR:
		*ret = (struct hc_value){ .kind = HC_VALUE_STRING, .s = hc_str(ev->type & 1 ? "<" : ">") };
		return true;
	case HC_FIELD_EVT_SOURCE:
		*ret = (struct hc_value){ .kind = HC_VALUE_STRING, .s = hc_str("syscall") };
		return true;
	case HC_FIELD_EVT_IS_OPEN_READ: case HC_FIELD_EVT_IS_OPEN_WRITE: case HC_FIELD_EVT_IS_OPEN_EXEC:
	case HC_FIELD_EVT_IS_OPEN_CREATE:
		*ret = (struct hc_value){ .kind = HC_VALUE_BOOL };
		return true;
	default:
		return false;
	}
}

static void print_edge(const struct hc_plan *plan, hc_edge e, struct hc_buf *out, bool nested)
{
	const struct hc_node *node = &plan->graph.nodes[e >> 1];
	bool is_or = e & 1;

	if (out->len > LINE_MAX_LEN)
		return;
	if (node->predicate) {
		hc_buf_puts(out, e & 1 ? "not " : "");
		hc_buf_put(out, node->predicate->text.p, node->predicate->text.len);
		return;
	}
	if (!node->nkids) {
		hc_buf_puts(out, e ? "never" : "always");
		return;
	}
	hc_buf_puts(out, nested ? "(" : "");
	for (uint32_t i = 0; i < node->nkids; i++) {
		if (i)
			hc_buf_puts(out, is_or ? " or " : " and ");
		print_edge(plan, node->kids[i] ^ is_or, out, true);
	}
	hc_buf_puts(out, nested ? ")" : "");
}

static void print_line(struct hc_buf *out, const struct hc_buf *line)
{
	if (line->len <= LINE_MAX_LEN) {
		hc_buf_put(out, line->p, line->len);
		return;
	}
	hc_buf_put(out, line->p, LINE_MAX_LEN - 3);
	hc_buf_puts(out, "...");
}

static void print_steps(const struct hc_plan *plan, const struct hc_program *program, uint32_t at, uint32_t end,
			unsigned depth, struct hc_buf *out)
{
	while (at < end) {
		const struct hc_step *s = &program->steps[at];
		uint32_t next = s->kind == HC_STEP_RULE ? at + 1 : s->skip;
		struct hc_buf line HC_BUF_DONE = { 0 };

		hc_buf_printf(out, "%*s", 2 * (int)depth + 2, "");
		if (s->kind == HC_STEP_RULE) {
			hc_buf_printf(out, "-> %s\n", plan->rules[s->rule].name);
		} else if (s->kind == HC_STEP_TEST) {
			uint8_t scope = plan->graph.nodes[s->edge >> 1].scope;

			print_edge(plan, s->edge, &line, false);
			hc_buf_puts(out, "if ");
			print_line(out, &line);
			if (scope_names[scope])
				hc_buf_printf(out, "  [%s]", scope_names[scope]);
			hc_buf_putc(out, '\n');
			print_steps(plan, program, at + 1, next, depth + 1, out);
		} else {
			const struct hc_dispatch *d = s->dispatch;

			hc_buf_printf(out, "by %s, one of %u ways:\n", d->field->field->text.p, d->nbranches);
			for (uint32_t i = 0; i < d->nbranches; i++)
				print_steps(plan, program, d->branches[i].begin, d->branches[i].end, depth + 1, out);
		}
		at = next;
	}
}

static void print_head(const struct hc_plan *plan, struct hc_buf *out)
{
	uint32_t predicates = 0;

	for (uint32_t i = 1; i < plan->graph.n; i++)
		predicates += plan->graph.nodes[i].predicate != NULL;
	hc_buf_printf(out,
		      "%u rules, %u different comparisons, %u conditions made of them.\n"
		      "Remembered with a thread: %u, with its lineage: %u, with an fd: %u.\n",
		      plan->nrules, predicates, plan->graph.n - 1 - predicates, plan->graph.nmemo[HC_SCOPE_THREAD],
		      plan->graph.nmemo[HC_SCOPE_LINEAGE], plan->graph.nmemo[HC_SCOPE_FD]);
}

void hc_plan_print(struct hc_plan *plan, struct hc_buf *out)
{
	print_head(plan, out);
	for (uint16_t e = 0; e < HC_EVENT_COUNT; e++) {
		struct hc_plan_event ev = { .type = e, .extract = hc_plan_extract_type, .ctx = &ev };
		struct hc_program *program;

		/* the codes events have after conversion: exits, and what is no system call */
		if (!plan->wants[e] || hc_event_table[e].flags & EF_OLD_VERSION || !strcmp(hc_event_table[e].name, "NA") ||
		    (hc_event_table[e].category & EC_SYSCALL && !(e & 1)))
			continue;
		program = hc_program_get(plan, &ev);
		if (program->nsteps) {
			hc_buf_printf(out, "\n%s (%s)\n", e == PPME_GENERIC_X ? "all other system calls" : hc_event_table[e].name,
				      hc_event_table[e].id);
			print_steps(plan, program, 0, program->nsteps, 0, out);
		}
	}
}
