/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a rule's condition is true or false for one event: its tree with every comparison evaluated, whatever short circuits
 * would skip, with the values that were found, and with the comparisons that are to blame. replay/misses.h looks for the
 * events worth explaining when a rule did not alert.
 *
 * Everything is a copy, cut to stated lengths: an explanation outlives the event, and rules and captures are hostile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "replay/eval.h"
#include "rules/ast.h"
#include "rules/ruleset.h"
#include "rules/value.h"

enum {
	HC_EXPLAIN_BYTES_MAX = 256,  /* of a value that are kept */
	HC_EXPLAIN_ITEMS_MAX = 32,   /* of a list of values */
	HC_EXPLAIN_NODES_MAX = 5000, /* of a tree that are printed */
	HC_EXPLAIN_LINE_MAX = 1200,  /* bytes of a line, about */
	HC_EXPLAIN_OUTPUT_MAX = 1024 /* bytes of a rule's output */
};

/* One node of the condition for one event. */
struct hc_explained {
	const struct hc_ast *ast;   /* the node it is about: kind, macros, lists, exception, place (rules/origin.h) */
	struct hc_explained *kids;
	uint32_t nkids;
	bool truth;                 /* of the node as a whole */
	bool reached;               /* plain evaluation, in the order written and with short circuits, gets here */
	bool blamed;                /* has to come out otherwise for the rule to match, on the shortest way there */
	uint32_t to_true, to_false; /* fewest comparisons that would have to come out otherwise for it to become so; saturates */

	/* Comparisons. */
	bool present, right_present; /* left-hand side, field on the right-hand side: not absent */
	bool matched;                /* a value matched a literal, and these are they: */
	uint32_t literal;            /* index into ast->values */
	struct hc_value left, right, match;
	uint32_t left_len;           /* of left as it was: its bytes or items; more than what is kept if it was cut */
	const struct hc_explained *same; /* while being filled in: an earlier node of the tree with the same predicate, or NULL */
};

struct hc_explanation {
	const struct hc_rule *rule;
	const char *capture;        /* borrowed from who set it; NULL: not said */
	uint64_t num, ts_ns;        /* evt.num, as alerts show it */
	int64_t tid;
	const char *event;          /* evt.type */
	const char *comm;           /* of the thread; "" if there is none */
	bool looked_at;             /* the rule looks at events of that type; if not, it cannot match whatever the tree says */
	const char *output;         /* what the alert says or would have said, cut; "" if the rule is not compiled */
	const struct hc_explained *root;
};

struct hc_explainer;
struct hc_explainer *hc_explainer_new(void);
struct hc_explainer *hc_explainer_free(struct hc_explainer *explainer);

/* The rule (which is compiled) for the current event. Lives in arena; borrows from the rule set. */
struct hc_explanation *hc_explain(struct hc_explainer *explainer, const struct hc_rule *rule, struct hc_eval *eval,
				  struct hc_arena *arena);

/* The comparison as its tree has it, where it came from, what was found, in a sentence without newline:
 *   proc.name in (shell_binaries) was false: proc.name=python3, at event 1234
 * Never more than HC_EXPLAIN_LINE_MAX bytes, safe for terminals. If the condition is true it says that. */
void hc_explain_line(const struct hc_explanation *e, struct hc_buf *to);
/* The same without the event. */
void hc_explain_why(const struct hc_explanation *e, struct hc_buf *to);
/* The tree, a node per line, indented; utf8: marks beyond ASCII may be used. */
void hc_explain_text(const struct hc_explanation *e, bool utf8, struct hc_buf *to);
/* A JSON object, in one line without newline. */
void hc_explain_json(const struct hc_explanation *e, struct hc_buf *to);

/* Parts, for replay/misses.h. A tree to be filled in again and again: values in it are borrowed until the next event. */
struct hc_explained *hc_explained_new(struct hc_arena *arena, const struct hc_ast *ast);
void hc_explained_eval(struct hc_explained *root, struct hc_eval *eval);
struct hc_explanation *hc_explain_keep(struct hc_explainer *explainer, const struct hc_rule *rule, const struct hc_explained *root,
				       struct hc_eval *eval, struct hc_arena *arena);
/* A kept value for people: safe for terminals. */
void hc_explain_value(const struct hc_value *value, const struct hc_explained *check, struct hc_buf *to);
