/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands left of an operator, or in an output token: a field under any number of transformers, resolved against the
 * catalogue and type-checked once (rules-language.md 6). Evaluating one asks the extractor for fields and never fails in
 * another way than "absent".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/diag.h"
#include "rules/ast.h"
#include "rules/field.h"

enum hc_expr_kind {
	HC_EXPR_FIELD, HC_EXPR_LITERAL, HC_EXPR_LIST, HC_EXPR_TOLOWER, HC_EXPR_TOUPPER, HC_EXPR_B64, HC_EXPR_BASENAME,
	HC_EXPR_LEN, HC_EXPR_JOIN, HC_EXPR_CONCAT, HC_EXPR_GETOPT,
};

struct hc_expr {
	enum hc_expr_kind kind;
	uint8_t type;     /* enum hc_param_type of the result, or of its items */
	uint8_t format;   /* enum hc_print_format; the innermost field's */
	bool is_list;
	uint8_t scope;    /* enum hc_scope: the widest below */
	uint8_t match;    /* enum hc_field_match; ONE under transformers */
	const struct hc_field *field; /* FIELD */
	struct hc_str literal;        /* LITERAL; owned by the arena */
	char option;                  /* GETOPT: the [c], or 0 */
	struct hc_str text;           /* as written, canonical */
	const struct hc_expr **args;
	uint32_t nargs;
};

/* op: as parsed; its fields are resolved in `fields` and noted in op->field. The expression lives in arena and borrows
 * nothing from op. 0 or -EINVAL with the message; *reterr_at is the operand it is about. */
int hc_expr_compile(struct hc_operand *op, struct hc_field_set *fields, struct hc_arena *arena,
		    const struct hc_expr **ret, const struct hc_operand **reterr_at, struct hc_diag *diag);

/* How fields are asked for, and where intermediate strings live: scratch must outlive the value. */
struct hc_expr_ctx {
	hc_extract_fn extract;
	void *ctx;
	struct hc_arena *scratch;
};

/* False: absent. Strings are cut at their first NUL byte. for_output only reaches a bare field. */
bool hc_expr_eval(const struct hc_expr *e, const struct hc_expr_ctx *cx, bool for_output, struct hc_value *ret);

/* The smallest scope that holds both. */
uint8_t hc_scope_join(uint8_t a, uint8_t b);

/* "CHARBUF": a type without its prefix, for messages. */
const char *hc_type_text(uint8_t param_type);
