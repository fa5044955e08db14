/* SPDX-License-Identifier: Apache-2.0
 *
 * Building and simplifying the graph of rules/graph.h, and the guesses about cost and truth that order it. Order never
 * changes a result (rules-language.md 5.12), only what it costs.
 */
#include "rules/graph.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/hash.h"
#include "common/mem.h"

void hc_graph_init(struct hc_graph *g)
{
	*g = (struct hc_graph){ 0 };
	hc_arena_init(&g->arena);
	g->cap = 256;
	g->nodes = hc_calloc(g->cap, sizeof *g->nodes);
	g->nodes[0] = (struct hc_node){ .scope = HC_SCOPE_CONST, .truth = 1 };
	g->n = 1;
	g->nbuckets = 256;
	g->buckets = hc_calloc(g->nbuckets, sizeof *g->buckets);
}

void hc_graph_done(struct hc_graph *g)
{
	free(g->nodes);
	free(g->buckets);
	free(g->by_predicate);
	hc_arena_done(&g->arena);
	*g = (struct hc_graph){ 0 };
}

static uint32_t add(struct hc_graph *g, struct hc_node node)
{
	if (g->n == g->cap) {
		g->cap *= 2;
		g->nodes = hc_realloc(g->nodes, g->cap * sizeof *g->nodes);
	}
	if (hc_scope_is_remembered(node.scope))
		node.memo = g->nmemo[node.scope]++;
	g->nodes[g->n] = node;
	return g->n++;
}

/* What it costs to have a field's value at hand, in comparisons of a number: rough, from what extraction has to do. */
static float extraction_cost(const struct hc_field *f)
{
	switch (f->id) {
	case HC_FIELD_EVT_ARG: case HC_FIELD_EVT_ARGS: case HC_FIELD_EVT_INFO: case HC_FIELD_EVT_RES: case HC_FIELD_EVT_ABSPATH:
	case HC_FIELD_FDLIST_NAMES: case HC_FIELD_THREAD_CGROUPS: case HC_FIELD_PROC_AENV: case HC_FIELD_PROC_ACMDLINE:
	case HC_FIELD_PROC_AARGS:
		return 30;
	case HC_FIELD_PROC_CMDLINE: case HC_FIELD_PROC_PCMDLINE: case HC_FIELD_PROC_ARGS: case HC_FIELD_PROC_ENV:
	case HC_FIELD_PROC_EXELINE: case HC_FIELD_PROC_ANAME: case HC_FIELD_PROC_AEXE: case HC_FIELD_PROC_AEXEPATH:
		return 15;
	case HC_FIELD_FD_NUM: case HC_FIELD_EVT_IS_OPEN_READ: case HC_FIELD_EVT_IS_OPEN_WRITE: case HC_FIELD_EVT_RAWRES:
	case HC_FIELD_EVT_FAILED: case HC_FIELD_FD_TYPECHAR: case HC_FIELD_EVT_NUM: case HC_FIELD_EVT_CPU:
		return 2;
	default:
		return hc_value_kind_of(f->type) == HC_VALUE_STRING ? 5 : 3;
	}
}

static float expr_cost(const struct hc_expr *e)
{
	float cost = e->kind == HC_EXPR_FIELD ? extraction_cost(e->field) : 10;

	for (uint32_t i = 0; i < e->nargs; i++)
		cost += expr_cost(e->args[i]);
	return cost;
}

static float operator_cost(const struct hc_predicate *p)
{
	float each;

	switch (p->op) {
	case HC_OP_CONTAINS: case HC_OP_BCONTAINS: each = 6; break;
	case HC_OP_ICONTAINS: case HC_OP_GLOB: case HC_OP_IGLOB: each = 15; break;
	case HC_OP_REGEX: each = 100; break;
	case HC_OP_PMATCH: return 5 + (float)p->nvalues;
	case HC_OP_IN: case HC_OP_INTERSECTS: return p->nvalues > 4 ? 4 : 2;
	default: each = 1;
	}
	return each * (float)(p->modifier == HC_MOD_NONE ? 1 : p->nvalues + 1);
}

static float guessed_truth(const struct hc_predicate *p)
{
	if (p->never)
		return 0;
	switch (p->op) {
	case HC_OP_EXISTS: return 0.9f;
	case HC_OP_NE: return 0.9f;
	case HC_OP_LT: case HC_OP_LE: case HC_OP_GT: case HC_OP_GE: return 0.6f;
	case HC_OP_EQ: return p->kind == HC_VALUE_BOOL ? 0.4f : 0.1f;
	case HC_OP_IN: return p->nvalues > 16 ? 0.3f : 0.15f;
	default: return 0.1f;
	}
}

hc_edge hc_graph_predicate(struct hc_graph *g, const struct hc_predicate *p)
{
	if (p->never)
		return HC_EDGE_FALSE;
	if (p->id >= g->npredicates) {
		uint32_t n = 2 * p->id + 64;

		g->by_predicate = hc_realloc(g->by_predicate, n * sizeof *g->by_predicate);
		memset(g->by_predicate + g->npredicates, 0, (n - g->npredicates) * sizeof *g->by_predicate);
		g->npredicates = n;
	}
	if (!g->by_predicate[p->id])
		g->by_predicate[p->id] = add(g, (struct hc_node){ .predicate = p, .scope = p->scope,
								  .cost = expr_cost(p->left) + operator_cost(p),
								  .truth = guessed_truth(p) }) << 1;
	return g->by_predicate[p->id];
}

static float truth_of(const struct hc_graph *g, hc_edge e)
{
	float truth = g->nodes[e >> 1].truth;

	return e & 1 ? 1 - truth : truth;
}

/* Remembered nodes mostly cost a look at a bit. */
static float cost_of(const struct hc_graph *g, hc_edge e)
{
	const struct hc_node *n = &g->nodes[e >> 1];

	return hc_scope_is_remembered(n->scope) ? 1 + n->cost * (n->scope == HC_SCOPE_FD ? 0.3f : 0.02f) : n->cost;
}

float hc_graph_rank(const struct hc_graph *g, hc_edge e)
{
	return cost_of(g, e) / (1.01f - truth_of(g, e));
}

static int by_edge(const void *a, const void *b)
{
	hc_edge x = *(const hc_edge *)a, y = *(const hc_edge *)b;

	return (x > y) - (x < y);
}

static int by_rank(const void *a, const void *b, void *graph)
{
	float x = hc_graph_rank(graph, *(const hc_edge *)a), y = hc_graph_rank(graph, *(const hc_edge *)b);

	return x != y ? (x > y) - (x < y) : by_edge(a, b);
}

/* Behind a conjunction's kids in evaluation order stand the same sorted by edge: its identity. */
static const hc_edge *identity(const struct hc_node *n)
{
	return n->kids + n->nkids;
}

static void grow_buckets(struct hc_graph *g)
{
	free(g->buckets);
	g->nbuckets *= 2;
	g->buckets = hc_calloc(g->nbuckets, sizeof *g->buckets);
	for (uint32_t i = 1; i < g->n; i++) {
		uint32_t b;

		if (g->nodes[i].predicate)
			continue;
		b = (uint32_t)hc_hash_bytes(identity(&g->nodes[i]), g->nodes[i].nkids * sizeof(hc_edge)) & (g->nbuckets - 1);
		while (g->buckets[b])
			b = (b + 1) & (g->nbuckets - 1);
		g->buckets[b] = i;
	}
}

/* The field all kids say no string comparison of holds, as a run of `or` on one field becomes; NULL: they are not alike. */
static const struct hc_field *common_field(const struct hc_graph *g, const hc_edge *kids, uint32_t n)
{
	const struct hc_field *field = NULL;

	for (uint32_t i = 0; i < n; i++) {
		const struct hc_predicate *p = g->nodes[kids[i] >> 1].predicate;

		if (!p || !(kids[i] & 1) || !hc_patterns_can(p) || (field && p->left->field != field))
			return NULL;
		field = p->left->field;
	}
	return field;
}

static const struct hc_patterns *join(struct hc_graph *g, const hc_edge *kids, uint32_t n)
{
	HC_FREE const struct hc_predicate **predicates = hc_malloc(n * sizeof *predicates);

	for (uint32_t i = 0; i < n; i++)
		predicates[i] = g->nodes[kids[i] >> 1].predicate;
	return hc_patterns_new(&g->arena, predicates, n);
}

/* The node whose kids are these, sorted by edge, at least two. Equal sets of kids are one node. */
static hc_edge intern(struct hc_graph *g, const hc_edge *sorted, uint32_t n)
{
	struct hc_node node = { .nkids = n, .truth = 1, .scope = HC_SCOPE_CONST };
	hc_edge *kids;
	uint32_t b;

	if (g->n * 2 >= g->nbuckets)
		grow_buckets(g);
	b = (uint32_t)hc_hash_bytes(sorted, n * sizeof *sorted) & (g->nbuckets - 1);
	for (; g->buckets[b]; b = (b + 1) & (g->nbuckets - 1)) {
		const struct hc_node *same = &g->nodes[g->buckets[b]];

		if (same->nkids == n && !memcmp(identity(same), sorted, n * sizeof *sorted))
			return g->buckets[b] << 1;
	}
	kids = hc_arena_array(&g->arena, hc_edge, 2 * (size_t)n);
	memcpy(kids, sorted, n * sizeof *kids);
	memcpy(kids + n, sorted, n * sizeof *kids);
	qsort_r(kids, n, sizeof *kids, by_rank, g);
	node.kids = kids;
	for (uint32_t i = 0; i < n; i++) {
		node.scope = hc_scope_join(node.scope, g->nodes[kids[i] >> 1].scope);
		node.cost += node.truth * cost_of(g, kids[i]);
		node.truth *= truth_of(g, kids[i]);
	}
	if (common_field(g, kids, n)) {
		node.patterns = join(g, kids, n);
		node.cost = g->nodes[kids[0] >> 1].cost + 2 + (float)n / 4;
	}
	return (g->buckets[b] = add(g, node)) << 1;
}

/* Kids of one scope remembered with threads among others become a conjunction of their own: one bit to look at. kids are sorted, and
 * stay so; room is for n of them. */
static uint32_t group(struct hc_graph *g, hc_edge *kids, uint32_t n, hc_edge *room, uint8_t scope)
{
	uint32_t m = 0, left = 0;

	for (uint32_t i = 0; i < n; i++)
		if (g->nodes[kids[i] >> 1].scope == scope)
			room[m++] = kids[i];
	if (m < 2 || m == n)
		return n;
	for (uint32_t i = 0; i < n; i++)
		if (g->nodes[kids[i] >> 1].scope != scope)
			kids[left++] = kids[i];
	kids[left++] = intern(g, room, m);
	qsort(kids, left, sizeof *kids, by_edge);
	return left;
}

/* Negated string comparisons of one field, three or more, become a conjunction of their own, for join(). */
static uint32_t group_runs(struct hc_graph *g, hc_edge *kids, uint32_t n, hc_edge *room)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct hc_field *field = common_field(g, &kids[i], 1);
		uint32_t m = 0, left = i;

		for (uint32_t k = i; field && k < n; k++)
			if (common_field(g, &kids[k], 1) == field)
				room[m++] = kids[k];
		if (m == n)
			break;
		if (m < 3)
			continue;
		for (uint32_t k = i; k < n; k++)
			if (common_field(g, &kids[k], 1) != field)
				kids[left++] = kids[k];
		kids[left++] = intern(g, room, m);
		n = left;
		i--;
	}
	qsort(kids, n, sizeof *kids, by_edge);
	return n;
}

uint32_t hc_graph_conjuncts(const struct hc_graph *g, hc_edge e, hc_edge *out, uint32_t max)
{
	const struct hc_node *n = &g->nodes[e >> 1];
	uint32_t total = 0;

	if (e == HC_EDGE_TRUE)
		return 0;
	if (e & 1 || !n->nkids) {
		if (max)
			out[0] = e;
		return 1;
	}
	for (uint32_t i = 0; i < n->nkids; i++)
		total += hc_graph_conjuncts(g, n->kids[i], out ? out + total : NULL, total < max ? max - total : 0);
	return total;
}

/* Sorted, each once; 0 if the whole is false (x and not x). */
static uint32_t simplify(hc_edge *kids, uint32_t n)
{
	uint32_t left = 0;

	qsort(kids, n, sizeof *kids, by_edge);
	for (uint32_t i = 0; i < n; i++) {
		if (kids[i] == HC_EDGE_FALSE || (left && kids[left - 1] == (kids[i] ^ 1)))
			return 0;
		if (!left || kids[left - 1] != kids[i])
			kids[left++] = kids[i];
	}
	return left;
}

static bool has_conjunct(const struct hc_graph *g, hc_edge e, hc_edge conjunct)
{
	const struct hc_node *n = &g->nodes[e >> 1];

	if (e == conjunct)
		return true;
	for (uint32_t i = 0; !(e & 1) && i < n->nkids; i++)
		if (has_conjunct(g, n->kids[i], conjunct))
			return true;
	return false;
}

/* The conjuncts of e without those in `without`, n of them. */
static hc_edge rest_of(struct hc_graph *g, hc_edge e, const hc_edge *without, uint32_t n)
{
	uint32_t total = hc_graph_conjuncts(g, e, NULL, 0), left = 0;
	HC_FREE hc_edge *all = hc_malloc((total + 1) * sizeof *all);

	hc_graph_conjuncts(g, e, all, total);
	for (uint32_t i = 0; i < total; i++) {
		bool drop = false;

		for (uint32_t k = 0; k < n; k++)
			drop |= all[i] == without[k];
		if (!drop)
			all[left++] = all[i];
	}
	return hc_graph_and(g, all, left);
}

/* (a and b) or (a and c) is a and (b or c): what the branches of an `or` have in common comes to the top, where rules
 * share it. kids: the negated branches. HC_EDGE_TRUE: nothing in common. */
static hc_edge factor(struct hc_graph *g, const hc_edge *kids, uint32_t n)
{
	HC_FREE hc_edge *common = NULL, *rests = NULL;
	uint32_t total, m = 0;

	for (uint32_t i = 0; i < n; i++)
		if (!(kids[i] & 1) || kids[i] <= HC_EDGE_FALSE)
			return HC_EDGE_TRUE;
	total = hc_graph_conjuncts(g, kids[0] ^ 1, NULL, 0);
	common = hc_malloc((total + 2) * sizeof *common);
	hc_graph_conjuncts(g, kids[0] ^ 1, common, total);
	for (uint32_t i = 0; i < total; i++) {
		uint32_t k = 1;

		while (k < n && has_conjunct(g, kids[k] ^ 1, common[i]))
			k++;
		if (k == n)
			common[m++] = common[i];
	}
	if (!m)
		return HC_EDGE_TRUE;
	rests = hc_malloc(n * sizeof *rests);
	for (uint32_t i = 0; i < n; i++)
		rests[i] = rest_of(g, kids[i] ^ 1, common, m) ^ 1;
	common[m] = hc_graph_and(g, rests, n) ^ 1;
	return hc_graph_and(g, common, m + 1) ^ 1;
}

hc_edge hc_graph_and(struct hc_graph *g, const hc_edge *kids, uint32_t n)
{
	HC_FREE hc_edge *flat = NULL;
	uint32_t total = 0, at = 0;
	hc_edge *room, factored;

	for (uint32_t i = 0; i < n; i++)
		total += hc_graph_conjuncts(g, kids[i], NULL, 0);
	if (!total)
		return HC_EDGE_TRUE;
	flat = hc_malloc(2 * (size_t)total * sizeof *flat);
	room = flat + total;
	for (uint32_t i = 0; i < n; i++)
		at += hc_graph_conjuncts(g, kids[i], flat + at, total - at);
	n = simplify(flat, total);
	if (n < 2)
		return n ? flat[0] : HC_EDGE_FALSE;
	factored = factor(g, flat, n);
	if (factored != HC_EDGE_TRUE)
		return factored;
	n = group_runs(g, flat, n, room);
	n = group(g, flat, n, room, HC_SCOPE_THREAD);
	n = group(g, flat, n, room, HC_SCOPE_LINEAGE);
	return intern(g, flat, n);
}

hc_edge hc_graph_of(struct hc_graph *g, const struct hc_ast *ast)
{
	HC_FREE hc_edge *kids = NULL;
	/* a or b is not (not a and not b) */
	hc_edge flip = ast->kind == HC_AST_OR;

	if (ast->kind == HC_AST_CHECK)
		return hc_graph_predicate(g, ast->predicate);
	if (ast->kind == HC_AST_NOT)
		return hc_graph_of(g, ast->kids[0]) ^ 1;
	kids = hc_malloc((ast->nkids + 1) * sizeof *kids);
	for (uint32_t i = 0; i < ast->nkids; i++)
		kids[i] = hc_graph_of(g, ast->kids[i]) ^ flip;
	return hc_graph_and(g, kids, ast->nkids) ^ flip;
}

hc_edge hc_graph_fold(struct hc_graph *g, hc_edge e, hc_graph_fix_fn fix, void *ctx, uint32_t *map)
{
	uint32_t id = e >> 1, n = g->nodes[id].nkids;
	HC_FREE hc_edge *kids = NULL;
	hc_edge folded;
	bool changed = false;

	if (map[id])
		return (map[id] - 1) ^ (e & 1);
	if (!n) {
		folded = g->nodes[id].predicate ? fix(ctx, g->nodes[id].predicate) : HC_EDGE_TRUE;
		if (folded > HC_EDGE_FALSE)
			folded = id << 1;
	} else {
		kids = hc_malloc(n * sizeof *kids);
		for (uint32_t i = 0; i < n; i++) {
			kids[i] = hc_graph_fold(g, g->nodes[id].kids[i], fix, ctx, map);
			changed |= kids[i] != g->nodes[id].kids[i];
		}
		folded = changed ? hc_graph_and(g, kids, n) : id << 1;
	}
	map[id] = folded + 1;
	return folded ^ (e & 1);
}
