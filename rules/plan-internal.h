/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the plan share: plan.c (rules, events in, matches out), plan-eval.c (nodes to verdicts), plan-program.c
 * (what is done for events of one type), plan-print.c.
 */
#pragma once

#include "rules/graph.h"
#include "rules/plan.h"

struct hc_plan_rule {
	const char *name; /* borrowed */
	const struct hc_ast *ast;
	struct hc_evset events;
	hc_edge edge; /* for any event type */
};

/* What is done for events of one type: a list of steps, each with the place to go on at if it says no. */
enum hc_step_kind {
	HC_STEP_TEST,     /* edge false: go to skip */
	HC_STEP_RULE,     /* the rule matches */
	HC_STEP_DISPATCH, /* run the branches the field's value selects, go to skip */
};

struct hc_step {
	uint8_t kind;
	uint32_t skip;     /* first step behind what depends on this one */
	uint32_t min_rule; /* lowest rule number from here to skip */
	hc_edge edge;      /* TEST */
	uint32_t rule;     /* RULE */
	struct hc_dispatch *dispatch; /* DISPATCH */
};

struct hc_program {
	struct hc_step *steps;
	uint32_t nsteps, cap;
	bool uses[HC_SCOPE_COUNT]; /* scopes of the nodes below */

	/* What it was made of: event types that come to the same share one program. */
	struct hc_program *next; /* in the plan's list, which owns them */
	uint64_t signature;
	uint32_t nrules, *rules; /* owned, with the two that follow */
	uint32_t *nconjuncts, *conjuncts;
};

struct hc_plan {
	struct hc_arena arena;   /* dispatch tables */
	struct hc_arena scratch; /* strings of one event */
	struct hc_graph graph;
	struct hc_plan_rule *rules;
	uint32_t nrules, rules_cap;
	bool sealed, naive;
	bool wants[HC_EVENT_COUNT];
	struct hc_program *programs[HC_EVENT_COUNT]; /* made when the first such event comes; borrowed from: */
	struct hc_program *all_programs;
	uint32_t max_slot; /* of fields in predicates, plus one */

	/* One event. */
	const struct hc_plan_event *ev;
	uint32_t generation; /* of the event: stamps of another one are stale */
	uint32_t *stamps;    /* by node: generation << 1 | verdict */
	uint32_t nstamps;
	struct hc_memo *memos[HC_SCOPE_COUNT]; /* where to remember; NULL: not now */
	struct hc_plan_slot {
		uint32_t generation;
		bool present;
		struct hc_value value;
	} *slots; /* by field slot */
	uint32_t *matches;
	uint32_t nmatches;
};

/* plan-eval.c: the verdict on one edge for the current event. */
bool hc_plan_edge(struct hc_plan *plan, hc_edge e);
/* The value of a bare field for the current event, extracted at most once; false: absent. */
bool hc_plan_field(struct hc_plan *plan, const struct hc_expr *e, const struct hc_value **ret);

/* plan-print.c: hc_extract_fn over an event type alone, for fields whose answer the type decides. ctx: the hc_plan_event. */
bool hc_plan_extract_type(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret);

/* plan-program.c */
/* The program for ev's type, borrowed from the plan. */
struct hc_program *hc_program_get(struct hc_plan *plan, const struct hc_plan_event *ev);
struct hc_program *hc_program_free(struct hc_program *program);
/* Appends the rules that match the current event to plan->matches, unordered; first: none beyond the lowest is needed. */
void hc_program_run(struct hc_plan *plan, const struct hc_program *program, bool first);
