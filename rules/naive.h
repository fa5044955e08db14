/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain evaluation of a checked condition, comparison by comparison in the order written, short circuits included: what
 * the plan is held against (--plan=naive).
 */
#pragma once

#include <stdbool.h>

#include "rules/ast.h"
#include "rules/expr.h"

bool hc_naive_eval(const struct hc_ast *ast, const struct hc_expr_ctx *cx);
