/* SPDX-License-Identifier: Apache-2.0
 *
 * One comparison of a condition with everything worked out that can be before the first event: the field, its type, the
 * literals as values, sets, compiled patterns. Made by the checker (rules/check.h), one object per distinct comparison of
 * a rule set; evaluated by the plan and by the naive evaluator alike, so operators mean the same in both
 * (rules-language.md 5).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rules/ast.h"
#include "rules/expr.h"
#include "rules/literal.h"
#include "rules/pmatch.h"
#include "rules/regex.h"
#include "rules/strset.h"

struct hc_predicate {
	uint32_t id; /* dense number within the rule set */
	enum hc_op op;
	enum hc_modifier modifier;
	const struct hc_expr *left;
	const struct hc_expr *right; /* NULL: literals */
	uint8_t kind;  /* enum hc_value_kind of left, or of its items */
	uint8_t scope; /* enum hc_scope: of both sides */
	bool plain;    /* one value of a bare or transformed field against one literal, or membership in literals */
	bool never;    /* false whatever the field holds: `in ()`, and fields that never match `in` */
	uint32_t nvalues;
	const struct hc_literal_value *values;
	const uint64_t *numbers; /* in, intersects on numbers: sorted */
	struct hc_strset set;    /* in, intersects on strings, buffers, addresses */
	const struct hc_pmatch *paths;        /* pmatch */
	const struct hc_regex *const *regexes; /* regex: one per value */
	struct hc_str text; /* the comparison for people: `proc.name in (a, b)` */
};

/* The verdict for the current event: extracts, then compares. */
bool hc_predicate_eval(const struct hc_predicate *p, const struct hc_expr_ctx *cx);

/* The same with the left-hand side's value at hand (it is not absent). cx is not looked at for plain predicates. */
bool hc_predicate_test(const struct hc_predicate *p, const struct hc_expr_ctx *cx, const struct hc_value *left);

/* For those who explain: the first value of left's (which is one, or a list of them) that fulfils the operator with one of
 * the literals, and with which. False: none does, or there are no literals. */
bool hc_predicate_match(const struct hc_predicate *p, struct hc_arena *scratch, const struct hc_value *left,
			uint32_t *ret_value, uint32_t *ret_literal);
