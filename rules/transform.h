/* SPDX-License-Identifier: Apache-2.0
 *
 * The transformers at run time (rules-language.md 6). Inside the rules layer only; rules/expr.h is the way in.
 */
#pragma once

#include "rules/expr.h"

/* e: a transformer expression. False: an operand is absent, or the transformer failed, which is the same. */
bool hc_transform(const struct hc_expr *e, const struct hc_expr_ctx *cx, struct hc_value *ret);
