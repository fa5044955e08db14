/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters of the command line. Macros and lists exist only in rules files; asyncevents are always looked at, because no
 * comparison can exclude them (rules/evtset.h).
 */
#include "replay/filter.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "rules/parser.h"

void hc_filter_complain(const char *command, const struct hc_checker *checker, const char *what, const char *text)
{
	/* The last note is the error (rules/check.h). */
	const struct hc_check_note *note = checker->nnotes ? &checker->notes[checker->nnotes - 1] : NULL;

	fprintf(stderr, "%s: %s: %s\n", command, what, note ? note->text : "does not compile");
	if (!note)
		return;
	fprintf(stderr, "  %s\n  %*s%s\n", text, (int)note->pos.off, "", "^");
	if (note->hint)
		fprintf(stderr, "  %s\n", note->hint);
}

char *hc_filter_join(struct hc_checker *checker, int n, char **words)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	for (int i = 0; i < n; i++) {
		if (i)
			hc_buf_putc(&text, ' ');
		hc_buf_puts(&text, words[i]);
	}
	return text.len ? hc_arena_dupn(&checker->arena, text.p, text.len) : NULL;
}

static const struct hc_ast *macro_in(const struct hc_ast *ast)
{
	const struct hc_ast *found = ast->kind == HC_AST_MACRO ? ast : NULL;

	for (uint32_t i = 0; !found && i < ast->nkids; i++)
		found = macro_in(ast->kids[i]);
	return found;
}

struct hc_plan *hc_filter_compile(const char *command, struct hc_checker *checker, const char *text,
				  struct hc_evset *ret_events)
{
	const struct hc_ast *macro;
	struct hc_plan *plan;
	struct hc_ast *ast;
	struct hc_diag diag;

	if (hc_condition_parse(&checker->arena, text, strlen(text), &ast, &diag)) {
		fprintf(stderr, "%s: filter: %s\n  %s\n  %*s^\n", command, diag.text, text, (int)(diag.off > 0 ? diag.off : 0), "");
		return NULL;
	}
	macro = macro_in(ast);
	if (macro) {
		fprintf(stderr, "%s: filter: '%.*s' is no comparison; macros exist only in rules files\n  %s\n  %*s^\n", command,
			(int)macro->macro.len, macro->macro.p, text, (int)macro->pos.off, "");
		return NULL;
	}
	if (hc_check_condition(checker, ast)) {
		hc_filter_complain(command, checker, "filter", text);
		return NULL;
	}
	if (hc_evset_of(ast, ret_events, &diag)) {
		fprintf(stderr, "%s: filter: %s\n  %s\n", command, diag.text, text);
		return NULL;
	}
	hc_evset_add(ret_events, PPME_ASYNCEVENT_E);
	plan = hc_plan_new();
	hc_plan_add(plan, "filter", ast, ret_events);
	hc_plan_seal(plan, false);
	return plan;
}
