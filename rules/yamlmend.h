/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules files are YAML as Falco's YAML library takes it (rules-language.md 1.1), which in a few ways is more than libyaml
 * does: what is wrong with such a file shows later then, under another code, or not at all. Here the file is read as that
 * library would, and each liberty taken is noted. Other YAML is read strictly (rules/yamltree.h).
 */
#pragma once

#include "rules/yamltree.h"

/* One liberty. */
struct hc_yaml_mend {
	uint32_t off;     /* the place in the file */
	const char *text; /* what was made of it */
};

/* hc_yaml_parse(), but what can be mended is mended, and said. text: NUL-terminated. ret_mends: in arena. */
int hc_yaml_parse_mending(struct hc_arena *arena, const char *text, size_t len, struct hc_yaml_node ***ret_docs,
			  uint32_t *ret_ndocs, struct hc_yaml_mend **ret_mends, uint32_t *ret_nmends,
			  struct hc_diag *reterr_diag);
