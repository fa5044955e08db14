/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition texts, mutated: what parses must print, the print must parse to the same tree, and checking and the event-set
 * algebra must take it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/check.h"
#include "rules/evtset.h"
#include "rules/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_macro(const struct hc_ast *ast)
{
	for (uint32_t i = 0; i < ast->nkids; i++)
		if (has_macro(ast->kids[i]))
			return true;
	return ast->kind == HC_AST_MACRO;
}

/* Canonical text is a fixed point, with one exception that is printed as the reference prints it: a negated negation,
 * `not (not a)`, reads as `a`. Parentheses may take a tree over the nesting limit. */
static void reparse(struct hc_arena *arena, const struct hc_ast *ast)
{
	struct hc_buf first HC_BUF_DONE = { 0 }, second HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct hc_ast *again;

	hc_ast_print(&first, ast);
	if (strstr(first.p, "not not"))
		return;
	if (hc_condition_parse(arena, first.p, first.len, &again, &diag)) {
		if (!strstr(diag.text, "max depth"))
			abort();
		return;
	}
	hc_ast_print(&second, again);
	if (first.len != second.len || memcmp(first.p, second.p, first.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct hc_checker checker;
	struct hc_evset events;
	struct hc_arena arena;
	struct hc_diag diag;
	struct hc_ast *ast;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	hc_arena_init(&arena);
	if (hc_condition_parse(&arena, text, size, &ast, &diag)) {
		if (diag.off < 0 || (size_t)diag.off > size)
			abort();
	} else {
		reparse(&arena, ast);
		if (!has_macro(ast)) {
			hc_checker_init(&checker);
			hc_check_condition(&checker, ast);
			hc_checker_done(&checker);
			(void)hc_evset_of(ast, &events, &diag);
		}
	}
	hc_arena_done(&arena);
	free(text);
	return 0;
}
