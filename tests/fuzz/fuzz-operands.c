/* SPDX-License-Identifier: Apache-2.0
 *
 * Right-hand sides against values, both mutated: patterns, regular expressions, numbers, addresses, hex, on a field of
 * every type; and the joined and dispatched forms of string comparisons must say what the plain ones say. Input: a line with
 * field and operator by letter, the literal up to the next newline, then the value.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/check.h"
#include "rules/dispatch.h"
#include "rules/patterns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fields[] = { "fd.name", "evt.buffer", "proc.pid", "fd.sport", "fd.sip", "fd.snet", "evt.failed",
				      "proc.fdusage", "evt.cpu", "proc.aname" };

struct input {
	struct hc_value value;
	struct hc_value items[2];
};

static bool extract(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct input *in = ctx;
	struct hc_str bytes = in->value.s;

	*ret = (struct hc_value){ .kind = hc_value_kind_of(field->type) };
	switch (ret->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES: ret->s = bytes; break;
	case HC_VALUE_IP:
		ret->s = (struct hc_str){ bytes.p, bytes.len >= 16 ? 16 : 4 };
		if (bytes.len < 4)
			return false;
		break;
	case HC_VALUE_DOUBLE: ret->d = bytes.len; break;
	default: ret->u = bytes.len; break;
	}
	if (field->match != HC_MATCH_ONE) {
		in->items[0] = in->items[1] = *ret;
		*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = 2, .items = in->items };
	}
	return true;
}

/* Every way to ask must give the same answer. */
static void agree(const struct hc_predicate *p, const struct hc_expr_ctx *cx, bool holds)
{
	struct hc_value value;
	struct hc_arena arena;

	if (!hc_expr_eval(p->left, cx, false, &value))
		return;
	hc_arena_init(&arena);
	if (hc_patterns_can(p) && hc_patterns_match(hc_patterns_new(&arena, &p, 1), &value) != holds)
		abort();
	if (hc_dispatch_can(p) != HC_DISPATCH_NO) {
		struct hc_dispatch *d = hc_dispatch_new(&arena, p->left, 1);
		bool leads;

		hc_dispatch_add(d, p, 0);
		hc_dispatch_seal(d);
		leads = hc_dispatch_find(d, &value) == 1;
		if (hc_dispatch_can(p) == HC_DISPATCH_EXACT ? leads != holds : holds && !leads)
			abort();
	}
	hc_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 3 ? memchr(data + 3, '\n', size - 3) : NULL;
	struct hc_operand left = { .kind = HC_OPERAND_FIELD };
	struct hc_literal literals[2] = { { .quoted = true } };
	struct hc_ast ast = { .kind = HC_AST_CHECK, .left = &left, .values = literals, .nvalues = 2 };
	struct hc_checker checker;
	struct hc_arena scratch;
	struct input in = { 0 };
	struct hc_expr_ctx cx = { extract, &in, &scratch };

	if (!end)
		return 0;
	left.name = left.text = hc_str(fields[data[0] % (sizeof fields / sizeof *fields)]);
	ast.op = (enum hc_op)(data[1] % HC_OP_COUNT);
	ast.modifier = (enum hc_modifier)(data[2] % HC_MOD_COUNT);
	if (ast.op == HC_OP_IN || ast.op == HC_OP_INTERSECTS || ast.op == HC_OP_PMATCH || ast.op == HC_OP_EXISTS)
		ast.modifier = HC_MOD_NONE;
	else if (ast.modifier == HC_MOD_NONE)
		ast.nvalues = 1;
	literals[0].value = (struct hc_str){ (const char *)data + 3, (uint32_t)(end - data - 3) };
	literals[1].value = literals[0].value;
	literals[1].value.len /= 2;
	in.value.s = (struct hc_str){ (const char *)end + 1, (uint32_t)(data + size - end - 1) };
	hc_checker_init(&checker);
	hc_arena_init(&scratch);
	if (hc_check_condition(&checker, &ast) == 0)
		agree(ast.predicate, &cx, hc_predicate_eval(ast.predicate, &cx));
	else if (!checker.nnotes || !checker.notes[checker.nnotes - 1].error)
		abort();
	hc_arena_done(&scratch);
	hc_checker_done(&checker);
	return 0;
}
