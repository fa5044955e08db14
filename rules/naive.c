/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree walk of rules/naive.h. It remembers nothing and reorders nothing.
 */
#include "rules/naive.h"

#include <assert.h>

#include "rules/predicate.h"

bool hc_naive_eval(const struct hc_ast *ast, const struct hc_expr_ctx *cx)
{
	switch (ast->kind) {
	case HC_AST_AND:
		for (uint32_t i = 0; i < ast->nkids; i++)
			if (!hc_naive_eval(ast->kids[i], cx))
				return false;
		return true;
	case HC_AST_OR:
		for (uint32_t i = 0; i < ast->nkids; i++)
			if (hc_naive_eval(ast->kids[i], cx))
				return true;
		return false;
	case HC_AST_NOT:
		return !hc_naive_eval(ast->kids[0], cx);
	case HC_AST_CHECK:
		return hc_predicate_eval(ast->predicate, cx);
	case HC_AST_MACRO:
		break;
	}
	assert(!"macros are expanded before the checker runs");
	return false;
}
