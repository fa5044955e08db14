/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions as one hash-consed graph. There are two kinds of nodes, predicates and conjunctions; an edge is a node or its
 * negation, so `or` and `not` cost nothing and equal sub-conditions of different rules are one node whichever way they are
 * written. Inside the rules layer only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "rules/ast.h"
#include "rules/patterns.h"
#include "rules/predicate.h"

/* node << 1 | negated. Node 0 is always true. */
typedef uint32_t hc_edge;
enum { HC_EDGE_TRUE = 0, HC_EDGE_FALSE = 1 };

struct hc_node {
	const struct hc_predicate *predicate; /* NULL: a conjunction */
	const hc_edge *kids;                  /* cheapest way to false first */
	const struct hc_patterns *patterns;   /* all kids are negated string comparisons of one field: false if this matches */
	uint32_t nkids;
	uint32_t memo;  /* index among the nodes of the same scope, for what is remembered per thread, lineage, fd */
	uint8_t scope;  /* enum hc_scope */
	float cost;     /* expected work of one evaluation that is not remembered, in comparisons of a number */
	float truth;    /* guessed share of events for which it is true */
};

struct hc_graph {
	struct hc_arena arena;
	struct hc_node *nodes;
	uint32_t n, cap;
	uint32_t *buckets; /* conjunctions by their sorted kids; node number, 0: free */
	uint32_t nbuckets;
	hc_edge *by_predicate; /* edge by predicate id; 0: none yet */
	uint32_t npredicates;
	uint32_t nmemo[HC_SCOPE_COUNT]; /* nodes per remembered scope */
};

void hc_graph_init(struct hc_graph *graph);
void hc_graph_done(struct hc_graph *graph);

hc_edge hc_graph_predicate(struct hc_graph *graph, const struct hc_predicate *predicate);
/* The conjunction of kids, simplified. */
hc_edge hc_graph_and(struct hc_graph *graph, const hc_edge *kids, uint32_t n);
hc_edge hc_graph_of(struct hc_graph *graph, const struct hc_ast *ast);

/* The edges whose conjunction e is, nested conjunctions opened: the first max of them at out. Returns how many there are. */
uint32_t hc_graph_conjuncts(const struct hc_graph *graph, hc_edge e, hc_edge *out, uint32_t max);

/* What a predicate is for one event type: HC_EDGE_TRUE, HC_EDGE_FALSE, or anything else: not known. */
typedef hc_edge (*hc_graph_fix_fn)(void *ctx, const struct hc_predicate *predicate);
/* e with predicates replaced where fix knows better. map: 0 or result + 1 by node, zeroed before the first call with
 * that fix, at least graph->n of that time. */
hc_edge hc_graph_fold(struct hc_graph *graph, hc_edge e, hc_graph_fix_fn fix, void *ctx, uint32_t *map);

/* Rank for ordering: expected cost until a conjunction over it is known to be false. */
float hc_graph_rank(const struct hc_graph *graph, hc_edge e);

static inline bool hc_scope_is_remembered(uint8_t scope)
{
	return scope == HC_SCOPE_THREAD || scope == HC_SCOPE_LINEAGE || scope == HC_SCOPE_FD;
}
