/* SPDX-License-Identifier: Apache-2.0
 *
 * How far captures exercise rules: how often each comparison of each condition was evaluated, and how often it was true.
 * (What a recording let the rules see at all is replay/coverage.h.)
 *
 * Exactly: for every event the rules are to see, each active rule that looks at events of its type is evaluated, whatever
 * rule_matching says and whether other rules matched; `and` stops at the first part that is false, `or` at the first that
 * is true, in the order written, macros in their place. That is how a reader of the condition would go about it, not how
 * the plan does, so it is a pass of its own that costs nothing unless asked for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "replay/eval.h"
#include "rules/origin.h"
#include "rules/ruleset.h"

struct hc_hits;

/* The active rules; borrowed. */
struct hc_hits *hc_hits_new(const struct hc_ruleset *rules);
struct hc_hits *hc_hits_free(struct hc_hits *hits);
/* The current event. */
void hc_hits_event(struct hc_hits *hits, struct hc_eval *eval);

enum hc_hits_format { HC_HITS_TEXT, HC_HITS_JSON, HC_HITS_HTML };
/* By a file's name: .html or .htm, .json, anything else is text. */
enum hc_hits_format hc_hits_format_of(const char *path);
/* The report. HTML is one page that needs nothing else. */
void hc_hits_report(struct hc_hits *hits, enum hc_hits_format format, struct hc_buf *to);

/* ---- what reports are made of ---- */

/* A node of a rule's condition. */
struct hc_hits_node {
	const struct hc_ast *ast;
	struct hc_hits_node *kids; /* ast->nkids */
	uint64_t evaluated, truths;
};

struct hc_hits_rule {
	const struct hc_rule *rule;
	struct hc_hits_node *root; /* evaluated: events looked at; truths: events matched */
};

/* A comparison as it stands in a file, over all rules that have it: those that use its macro. */
struct hc_hits_place {
	struct hc_place at;
	const struct hc_ast *ast; /* one of its nodes */
	uint64_t evaluated, truths;
};

enum hc_hits_state { HC_HITS_NEVER_EVALUATED, HC_HITS_NEVER_TRUE, HC_HITS_ALWAYS_TRUE, HC_HITS_BOTH, HC_HITS_STATE_COUNT };
static inline enum hc_hits_state hc_hits_state_of(uint64_t evaluated, uint64_t truths)
{
	return !evaluated ? HC_HITS_NEVER_EVALUATED : !truths ? HC_HITS_NEVER_TRUE
	       : truths == evaluated ? HC_HITS_ALWAYS_TRUE : HC_HITS_BOTH;
}
/* "never evaluated", "never true", "always true", "both". */
const char *hc_hits_state_name(enum hc_hits_state state);

uint64_t hc_hits_events(const struct hc_hits *hits);
const struct hc_ruleset *hc_hits_ruleset(const struct hc_hits *hits);
/* In matching order. */
uint32_t hc_hits_rules(const struct hc_hits *hits, const struct hc_hits_rule **ret);
/* By file in the order read, then by place; worked out anew. */
uint32_t hc_hits_places(struct hc_hits *hits, const struct hc_hits_place **ret);
/* Comparisons by state: of all rules together (each place once; those in no file by themselves), and of one rule. */
struct hc_hits_summary {
	uint32_t states[HC_HITS_STATE_COUNT], comparisons;
};
void hc_hits_summary(struct hc_hits *hits, struct hc_hits_summary *ret);
void hc_hits_rule_summary(const struct hc_hits_rule *rule, struct hc_hits_summary *ret);

/* One format each. */
void hc_hits_text(struct hc_hits *hits, struct hc_buf *to);
void hc_hits_json(struct hc_hits *hits, struct hc_buf *to);
void hc_hits_html(struct hc_hits *hits, struct hc_buf *to);
