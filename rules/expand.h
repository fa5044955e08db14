/* SPDX-License-Identifier: Apache-2.0
 *
 * References in conditions (rules-language.md 3): lists are substituted as text before parsing, macros as trees after it.
 * Private to loading.
 */
#pragma once

#include "rules/collection.h"

/* What expansion may make of one condition, and of all together: a few lines of rules can ask for any amount. */
enum {
	HC_EXPANDED_TEXT_MAX = 16 << 20,   /* bytes of one condition after list substitution */
	HC_EXPANDED_NODES_MAX = 200000,    /* comparisons and connectives of one condition after macro expansion */
	HC_EXPANDED_TOTAL_MAX = 2 << 20,   /* ... of all conditions of a rule set */
	HC_EXPANDED_DEPTH_MAX = 1000,      /* levels of one tree: those who walk it recurse */
};

/* A list as compiled: its items joined and quoted, ready to be put in place. */
struct hc_list_text {
	const char *name;
	uint32_t name_len;
	const char *text;
	uint32_t len;
	bool used;
	bool odd_name; /* holds delimiters: no single word of a condition can be it */
};

struct hc_list_texts {
	struct hc_list_text *lists; /* in order of index */
	uint32_t n;
	struct hc_strmap names;
	bool any_odd;
};

/* A text with lists substituted; from[i] is the offset in the original of what stands at i. */
struct hc_expanded {
	struct hc_buf text;
	uint32_t *from; /* text.len + 1 entries, heap */
	size_t from_cap;
};
void hc_expanded_done(struct hc_expanded *expanded);

/* Substitutes lists in text. -EINVAL and diag if it grows beyond its cap. */
int hc_expand_lists(struct hc_list_texts *lists, const char *text, size_t len, struct hc_expanded *ret,
		    struct hc_diag *reterr_diag);

/* A macro during compilation. */
struct hc_macro_tree {
	const char *name;
	struct hc_ast *ast;
	uint32_t index, nodes, depth;
	bool done; /* its own references are replaced */
	bool used;
	bool open; /* on the path being expanded: meeting it again is a loop */
};

struct hc_macro_trees {
	struct hc_macro_tree *macros; /* in order of index */
	uint32_t n;
	struct hc_strmap names;
	uint64_t total; /* nodes copied so far */
};

/* Replaces the macro references of *ast by copies; only macros with an index below visibility are seen. -EINVAL: diag has
 * the message; *reterr_at is the reference it is about, *reterr_undefined whether it is to a macro that is not there. */
int hc_expand_macros(struct hc_macro_trees *macros, struct hc_arena *arena, struct hc_ast **ast, uint32_t visibility,
		     uint32_t *ret_nodes, uint32_t *ret_depth, struct hc_diag *reterr_diag,
		     const struct hc_ast **reterr_at, bool *reterr_undefined);
