/* SPDX-License-Identifier: Apache-2.0
 *
 * Output templates, mutated: every template either compiles to segments that cover it, in order, or is refused with a place
 * inside it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Literal pieces are pieces of the template; with tokens, their % and their width, nothing else is in it. */
static void covers(const struct hc_output *o)
{
	uint32_t literal = 0, least = 0;

	for (uint32_t i = 0; i < o->nsegments; i++) {
		const struct hc_output_segment *s = &o->segments[i];

		if (s->expr)
			least += 1 + (s->expr->kind == HC_EXPR_FIELD ? s->text.len : 1);
		else if (s->text.p < o->text.p || s->text.p + s->text.len > o->text.p + o->text.len || !s->text.len)
			abort();
		else
			literal += s->text.len;
	}
	if (literal + least > o->text.len)
		abort();
	for (uint32_t i = 1; i < o->nfields; i++)
		if (strcmp(o->fields[i - 1]->text.p, o->fields[i]->text.p) >= 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hc_output *o = NULL;
	struct hc_checker checker;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	hc_checker_init(&checker);
	if (hc_output_compile(&checker, text, size, &o) == 0)
		covers(o);
	else if (!checker.nnotes || !checker.notes[checker.nnotes - 1].error ||
		 checker.notes[checker.nnotes - 1].pos.off > size)
		abort();
	hc_checker_done(&checker);
	free(text);
	return 0;
}
