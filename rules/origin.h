/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the nodes of an expanded condition come from: which macro's or rule's text, which place in which file, which list
 * brought a literal, which exception a `not ...`. Noted on the trees when rules load, for those who explain them; the plan
 * does not look at it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rules/ast.h"
#include "rules/collection.h"
#include "rules/expand.h"

/* The text of one condition as the parser saw it. */
struct hc_origin {
	const char *macro;             /* whose text it is; NULL: a rule's own */
	const struct hc_srctext *text; /* before list substitution */
	const uint32_t *from;          /* offset after list substitution to offset in text; len + 1 entries */
	uint32_t len;
};

/* Where byte off of the parsed text stands; *width, if not 0, is what part of so many bytes stands there as one. False: in
 * no file (rules made from other than files, text that exceptions added). */
bool hc_origin_find(const struct hc_origin *origin, uint32_t off, uint32_t *width, const struct hc_load_result **ret_file,
		    uint32_t *ret_off);

/* Notes origin on every node of a parsed tree whose macros are not in place yet, lists on literals, exceptions on
 * the `not`s at its root. */
void hc_origin_note(struct hc_ast *ast, const struct hc_origin *origin, const struct hc_list_texts *lists);

/* Where a node is written; of a comparison that an exception was turned into, where its first value is. */
struct hc_place {
	const struct hc_load_result *file;
	uint32_t off, line, column; /* in bytes; off from 0, the others from 1 */
};
/* False: in no file. */
bool hc_origin_place(const struct hc_ast *ast, struct hc_place *ret);
