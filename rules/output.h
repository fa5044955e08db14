/* SPDX-License-Identifier: Apache-2.0
 *
 * An output template worked out: literal text and tokens in order (rules-language.md 8.1). Rendering values is the
 * business of whoever has them (replay/): walk the segments, evaluate each expression with hc_expr_eval(e, cx, true, &v),
 * render by e->type and e->format, apply the width.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rules/check.h"
#include "rules/expr.h"

/* A width beyond this is refused: every alert would be padded to it. */
enum { HC_OUTPUT_WIDTH_MAX = 65535 };

struct hc_output_segment {
	const struct hc_expr *expr; /* NULL: literal text */
	struct hc_str text;         /* the literal; for tokens what was written behind % and width */
	uint32_t width;             /* bytes to cut or pad to with blanks on the right; 0: as it comes */
};

/* All of it lives in the checker that compiled it. */
struct hc_output {
	struct hc_str text; /* the template without leading `*` and %container.info; NUL-terminated */
	bool star;          /* began with `*`: absent fields print <NA>. Rule outputs are printed as if it did */
	struct hc_output_segment *segments;
	uint32_t nsegments;
	const struct hc_field **fields; /* of all tokens, transformers' insides too, each once, by key in byte order: the
					   keys of output_fields (8.4) */
	uint32_t nfields;
};

/* Compiles a template. 0 and *ret; or -EINVAL. Either way checker->notes says what there is to say: an error
 * LOAD_ERR_COMPILE_OUTPUT with pos.off in the template; LOAD_DEPRECATED_ITEM for %container.info and deprecated fields. */
int hc_output_compile(struct hc_checker *checker, const char *template, size_t len, const struct hc_output **ret);
