/* SPDX-License-Identifier: Apache-2.0
 *
 * The program of one event type: the rules of that type with everything folded that the type decides, ordered so that
 * one test rules out as many of them as it can. Made when the first event of the type comes, because only then is
 * there somebody to ask what a field is for that type.
 *
 * Three ways to rule out many at once, in this order: the value of a field leads to the rules that want it (dispatch.h); a
 * conjunct several rules share is tested once for all of them; what is left is one conjunction per rule.
 */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/hash.h"
#include "common/mem.h"
#include "rules/dispatch.h"
#include "rules/plan-internal.h"

enum {
	DISPATCH_MIN = 8, /* different comparisons of one field from which a table beats trying them */
	TREE_MIN = 32,    /* unlike rules from which a tree beats trying them */
	TREE_FANOUT = 8,
};

/* One rule with the conjuncts that are still to be tested. */
struct item {
	uint32_t rule, n, nkept;
	hc_edge *conjuncts; /* in the builder's arena */
	hc_edge *kept;      /* those that led here but are still to be tested, last of all */
};

struct builder {
	struct hc_plan *plan;
	struct hc_program *program;
	struct hc_arena arena;
	uint32_t *uses;   /* by edge: items that have it; zero between uses */
	uint32_t *serial; /* by field slot: comparisons to dispatch by; zero between uses */
};

/* --- what the event type decides --- */

static bool has_param(const struct hc_event_info *info, struct hc_str name)
{
	for (unsigned k = 0; k < info->nparams; k++)
		if (hc_str_is(name, info->params[k].name))
			return true;
	return false;
}

static hc_edge verdict(bool holds)
{
	return holds ? HC_EDGE_TRUE : HC_EDGE_FALSE;
}

static const hc_edge unknown = UINT32_MAX;

/* Events are counted from 1: what rules write as "never" and "always" (selection.md 2). */
static hc_edge fix_number(const struct hc_predicate *p)
{
	uint64_t n;

	if (p->nvalues != 1 || p->right || p->modifier != HC_MOD_NONE)
		return unknown;
	n = p->values[0].u;
	switch (p->op) {
	case HC_OP_EQ: case HC_OP_IN: return n == 0 ? HC_EDGE_FALSE : unknown;
	case HC_OP_NE: return n == 0 ? HC_EDGE_TRUE : unknown;
	case HC_OP_LT: return n <= 1 ? HC_EDGE_FALSE : unknown;
	case HC_OP_LE: return n == 0 ? HC_EDGE_FALSE : unknown;
	case HC_OP_GT: return n == 0 ? HC_EDGE_TRUE : unknown;
	case HC_OP_GE: return n <= 1 ? HC_EDGE_TRUE : unknown;
	default: return unknown;
	}
}

/* Is the field the same for all events of the type, or absent for all (fields-semantics.md 2, 3.1, 5.1)? */
static bool same_for_type(const struct hc_field *f, uint16_t type)
{
	const struct hc_event_info *info = &hc_event_table[type];
	bool generic = type == PPME_GENERIC_E || type == PPME_GENERIC_X;

	switch (f->id) {
	case HC_FIELD_EVT_TYPE: case HC_FIELD_SYSCALL_TYPE:
		return !generic && type != PPME_ASYNCEVENT_E;
	case HC_FIELD_EVT_ARG: case HC_FIELD_EVT_RAWARG:
		return f->key.len && !has_param(info, f->key);
	case HC_FIELD_EVT_BUFFER:
		return !has_param(info, HC_STR("data"));
	case HC_FIELD_EVT_RES: case HC_FIELD_EVT_RAWRES: case HC_FIELD_EVT_FAILED: case HC_FIELD_EVT_COUNT_ERROR:
		return !(info->category & EC_SYSCALL) || !(type & 1) || generic;
	case HC_FIELD_EVT_IS_OPEN_READ: case HC_FIELD_EVT_IS_OPEN_WRITE: case HC_FIELD_EVT_IS_OPEN_EXEC:
	case HC_FIELD_EVT_IS_OPEN_CREATE:
		return !strstr(info->name, "open") && !strstr(info->name, "creat");
	default:
		return !strncmp(f->info->name, "fd.", 3) && !(info->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD));
	}
}

static bool expr_same_for_type(const struct hc_expr *e, uint16_t type)
{
	if (e->kind == HC_EXPR_FIELD)
		return e->scope <= HC_SCOPE_TYPE || same_for_type(e->field, type);
	for (uint32_t i = 0; i < e->nargs; i++)
		if (!expr_same_for_type(e->args[i], type))
			return false;
	return true;
}

/* hc_graph_fix_fn; ctx: the plan, with the event at hand. */
static hc_edge fix(void *ctx, const struct hc_predicate *p)
{
	struct hc_plan *plan = ctx;
	struct hc_expr_ctx cx = { plan->ev->extract, plan->ev->ctx, &plan->scratch };

	if (p->left->kind == HC_EXPR_FIELD && p->left->field->id == HC_FIELD_EVT_NUM)
		return fix_number(p);
	/* the printer has no events; only these it can answer for a type */
	if (plan->ev->extract == hc_plan_extract_type && p->scope <= HC_SCOPE_TYPE &&
	    !(p->left->kind == HC_EXPR_FIELD && (p->left->field->id == HC_FIELD_EVT_DIR || p->left->field->id == HC_FIELD_EVT_SOURCE)))
		return unknown;
	if (!expr_same_for_type(p->left, plan->ev->type) || (p->right && !expr_same_for_type(p->right, plan->ev->type)))
		return unknown;
	return verdict(hc_predicate_eval(p, &cx));
}

/* --- steps --- */

static uint32_t emit(struct hc_program *program, struct hc_step step)
{
	if (program->nsteps == program->cap) {
		program->cap = program->cap ? program->cap * 2 : 16;
		program->steps = hc_realloc(program->steps, program->cap * sizeof *program->steps);
	}
	program->steps[program->nsteps] = step;
	return program->nsteps++;
}

/* Ends what depends on the step at `at`. */
static void close_step(struct hc_program *program, uint32_t at)
{
	uint32_t min = UINT32_MAX;

	program->steps[at].skip = program->nsteps;
	for (uint32_t i = at + 1; i < program->nsteps; i++)
		if (program->steps[i].kind == HC_STEP_RULE && program->steps[i].rule < min)
			min = program->steps[i].rule;
	program->steps[at].min_rule = min;
}

static void emit_rule(struct builder *b, uint32_t rule)
{
	emit(b->program, (struct hc_step){ .kind = HC_STEP_RULE, .rule = rule, .min_rule = rule });
}

static void build(struct builder *b, struct item *items, uint32_t n);

static void drop_conjunct(struct item *item, hc_edge e)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < item->n; i++)
		if (item->conjuncts[i] != e)
			item->conjuncts[left++] = item->conjuncts[i];
	item->n = left;
}

static void keep_conjunct(struct builder *b, struct item *item, hc_edge e)
{
	hc_edge *kept = hc_arena_array(&b->arena, hc_edge, item->nkept + 1);

	drop_conjunct(item, e);
	if (item->nkept)
		memcpy(kept, item->kept, item->nkept * sizeof *kept);
	kept[item->nkept++] = e;
	item->kept = kept;
}

/* --- dispatch --- */

static const struct hc_predicate *dispatchable(const struct builder *b, hc_edge e)
{
	const struct hc_predicate *p = b->plan->graph.nodes[e >> 1].predicate;

	return p && !(e & 1) && hc_dispatch_can(p) != HC_DISPATCH_NO ? p : NULL;
}

/* The conjunct of the item that the field can dispatch by, the most telling one; HC_EDGE_TRUE: none. */
static hc_edge key_of(const struct builder *b, const struct item *item, uint32_t slot)
{
	hc_edge best = HC_EDGE_TRUE;
	bool exact = false;

	for (uint32_t i = 0; i < item->n; i++) {
		const struct hc_predicate *p = dispatchable(b, item->conjuncts[i]);
		bool whole = p && (p->op == HC_OP_EQ || p->op == HC_OP_IN);

		if (!p || p->left->field->slot != slot || (best && (exact || !whole)))
			continue;
		best = item->conjuncts[i];
		exact = whole;
	}
	return best;
}

/* Counts in b->uses how many items have each conjunct; back to zero with by = 0. */
static void count_uses(struct builder *b, const struct item *items, uint32_t n, uint32_t by)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < items[i].n; k++)
			b->uses[items[i].conjuncts[k]] = by ? b->uses[items[i].conjuncts[k]] + by : 0;
}

/* The field with most different comparisons to dispatch by, or UINT32_MAX if it is not worth it. */
static uint32_t best_slot(struct builder *b, const struct item *items, uint32_t n)
{
	uint32_t best = UINT32_MAX, most = DISPATCH_MIN - 1;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < items[i].n; k++) {
			const struct hc_predicate *p = dispatchable(b, items[i].conjuncts[k]);

			if (p && !b->uses[items[i].conjuncts[k]]++ && ++b->serial[p->left->field->slot] > most) {
				most = b->serial[p->left->field->slot];
				best = p->left->field->slot;
			}
		}
	memset(b->serial, 0, (b->plan->max_slot + 1) * sizeof *b->serial);
	count_uses(b, items, n, 0);
	return best;
}

struct keyed {
	hc_edge key;
	struct item item;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) :
				  (x->item.rule > y->item.rule) - (x->item.rule < y->item.rule);
}

/* Items with a key, sorted by it, become the branches of one table. */
static void emit_dispatch(struct builder *b, struct keyed *keyed, uint32_t n)
{
	struct item *items = hc_arena_array(&b->arena, struct item, n);
	uint32_t branches = 0, at;
	struct hc_dispatch *d;

	qsort(keyed, n, sizeof *keyed, by_key);
	for (uint32_t i = 0; i < n; i++)
		branches += !i || keyed[i].key != keyed[i - 1].key;
	d = hc_dispatch_new(&b->plan->arena, b->plan->graph.nodes[keyed[0].key >> 1].predicate->left, branches);
	at = emit(b->program, (struct hc_step){ .kind = HC_STEP_DISPATCH, .dispatch = d });
	branches = 0;
	for (uint32_t i = 0, end; i < n; i = end, branches++) {
		for (end = i; end < n && keyed[end].key == keyed[i].key; end++)
			items[end - i] = keyed[end].item;
		hc_dispatch_add(d, b->plan->graph.nodes[keyed[i].key >> 1].predicate, branches);
		d->branches[branches].begin = b->program->nsteps;
		build(b, items, end - i);
		d->branches[branches].end = b->program->nsteps;
	}
	hc_dispatch_seal(d);
	close_step(b->program, at);
}

/* Takes the items that a field can dispatch out of items; returns how many are left. */
static uint32_t try_dispatch(struct builder *b, struct item *items, uint32_t n)
{
	uint32_t slot, left = 0, m = 0;
	HC_FREE struct keyed *keyed = NULL;

	if (n < DISPATCH_MIN)
		return n;
	slot = best_slot(b, items, n);
	if (slot == UINT32_MAX)
		return n;
	keyed = hc_malloc(n * sizeof *keyed);
	for (uint32_t i = 0; i < n; i++) {
		hc_edge key = key_of(b, &items[i], slot);

		if (key == HC_EDGE_TRUE) {
			items[left++] = items[i];
			continue;
		}
		if (hc_dispatch_can(b->plan->graph.nodes[key >> 1].predicate) == HC_DISPATCH_EXACT)
			drop_conjunct(&items[i], key);
		else
			keep_conjunct(b, &items[i], key);
		keyed[m++] = (struct keyed){ key, items[i] };
	}
	emit_dispatch(b, keyed, m);
	return left;
}

/* --- shared conjuncts --- */

/* How much testing e first saves among `uses` rules. */
static float worth(const struct builder *b, hc_edge e, uint32_t uses)
{
	return (float)(uses - 1) / hc_graph_rank(&b->plan->graph, e);
}

static hc_edge best_shared(const struct builder *b, const struct item *item)
{
	hc_edge best = HC_EDGE_TRUE;
	float most = 0;

	for (uint32_t i = 0; i < item->n; i++) {
		hc_edge e = item->conjuncts[i];
		float w = b->uses[e] > 1 ? worth(b, e, b->uses[e]) : 0;

		if (w > most || (w == most && best && e < best)) {
			most = w;
			best = e;
		}
	}
	return best;
}

/* One step per conjunct, the one that rules out most cheaply first: a step is less work than a node inside a node. */
static void emit_tests(struct builder *b, hc_edge e, uint32_t rule)
{
	const struct hc_node node = b->plan->graph.nodes[e >> 1];
	bool whole = e & 1 || !node.nkids || node.patterns || node.scope == HC_SCOPE_THREAD || node.scope == HC_SCOPE_LINEAGE;
	uint32_t from = b->program->nsteps, n = whole ? 1 : node.nkids;

	for (uint32_t i = 0; i < n; i++)
		emit(b->program, (struct hc_step){ .kind = HC_STEP_TEST, .edge = whole ? e : node.kids[i] });
	emit_rule(b, rule);
	for (uint32_t i = 0; i < n; i++) {
		b->program->steps[from + i].skip = b->program->nsteps;
		b->program->steps[from + i].min_rule = rule;
	}
}

static void emit_alone(struct builder *b, const struct item *item)
{
	HC_FREE hc_edge *all = hc_malloc((item->n + item->nkept + 1) * sizeof *all);
	hc_edge e;

	memcpy(all, item->conjuncts, item->n * sizeof *all);
	if (item->nkept)
		memcpy(all + item->n, item->kept, item->nkept * sizeof *all);
	e = hc_graph_and(&b->plan->graph, all, item->n + item->nkept);
	if (e == HC_EDGE_FALSE)
		return;
	if (e == HC_EDGE_TRUE) {
		emit_rule(b, item->rule);
		return;
	}
	emit_tests(b, e, item->rule);
}

/* What of an item rules it out most cheaply: all that is remembered with the thread, or else its best conjunct. */
static hc_edge telling(struct builder *b, const struct item *item)
{
	struct hc_graph *g = &b->plan->graph;
	HC_FREE hc_edge *some = hc_malloc((item->n + 1) * sizeof *some);
	hc_edge best = HC_EDGE_TRUE;
	uint32_t n = 0;

	for (uint32_t i = 0; i < item->n; i++) {
		hc_edge e = item->conjuncts[i];
		uint8_t scope = g->nodes[e >> 1].scope;

		if (scope == HC_SCOPE_THREAD || scope == HC_SCOPE_LINEAGE)
			some[n++] = e;
		if (best == HC_EDGE_TRUE || hc_graph_rank(g, e) < hc_graph_rank(g, best))
			best = e;
	}
	return n ? hc_graph_and(g, some, n) : best;
}

/* Many rules with nothing in common: a tree of "does any of these hold", so that a handful of tests, mostly remembered
 * or joined to one look-up, rules them all out. */
static void emit_tree(struct builder *b, const struct item *items, uint32_t n)
{
	HC_FREE hc_edge *none = NULL;
	uint32_t at = UINT32_MAX;

	if (n <= TREE_FANOUT) {
		for (uint32_t i = 0; i < n; i++)
			emit_alone(b, &items[i]);
		return;
	}
	none = hc_malloc(n * sizeof *none);
	for (uint32_t i = 0; i < n; i++)
		none[i] = telling(b, &items[i]) ^ 1;
	at = emit(b->program, (struct hc_step){ .kind = HC_STEP_TEST, .edge = hc_graph_and(&b->plan->graph, none, n) ^ 1 });
	for (uint32_t i = 0, part = (n + TREE_FANOUT - 1) / TREE_FANOUT; i < n; i += part)
		emit_tree(b, items + i, n - i < part ? n - i : part);
	close_step(b->program, at);
}

static void emit_shared(struct builder *b, struct keyed *keyed, uint32_t n)
{
	struct item *items = hc_arena_array(&b->arena, struct item, n + 1);
	struct item *alone = hc_arena_array(&b->arena, struct item, n + 1);
	uint32_t nalone = 0;

	qsort(keyed, n, sizeof *keyed, by_key);
	for (uint32_t i = 0, end; i < n; i = end) {
		uint32_t at;

		for (end = i; end < n && keyed[end].key == keyed[i].key; end++)
			items[end - i] = keyed[end].item;
		if (keyed[i].key == HC_EDGE_TRUE || end - i == 1) {
			for (uint32_t k = i; k < end; k++)
				alone[nalone++] = keyed[k].item;
			continue;
		}
		for (uint32_t k = 0; k < end - i; k++)
			drop_conjunct(&items[k], keyed[i].key);
		at = emit(b->program, (struct hc_step){ .kind = HC_STEP_TEST, .edge = keyed[i].key });
		build(b, items, end - i);
		close_step(b->program, at);
	}
	if (nalone >= TREE_MIN)
		emit_tree(b, alone, nalone);
	else
		for (uint32_t i = 0; i < nalone; i++)
			emit_alone(b, &alone[i]);
}

static void build(struct builder *b, struct item *items, uint32_t n)
{
	HC_FREE struct keyed *keyed = NULL;

	for (uint32_t before = n + 1; n < before;) {
		before = n;
		n = try_dispatch(b, items, n);
	}
	keyed = hc_malloc((n + 1) * sizeof *keyed);
	count_uses(b, items, n, 1);
	for (uint32_t i = 0; i < n; i++)
		keyed[i] = (struct keyed){ best_shared(b, &items[i]), items[i] };
	count_uses(b, items, n, 0);
	emit_shared(b, keyed, n);
}

/* --- whole programs --- */

static void mark_uses(struct hc_plan *plan, struct hc_program *program, hc_edge e, uint8_t *seen)
{
	const struct hc_node *node = &plan->graph.nodes[e >> 1];

	if (seen[e >> 1])
		return;
	seen[e >> 1] = 1;
	program->uses[node->scope] = true;
	for (uint32_t i = 0; i < node->nkids; i++)
		mark_uses(plan, program, node->kids[i], seen);
}

static uint32_t collect(struct builder *b, const struct hc_plan_event *ev, struct item *items)
{
	struct hc_plan *plan = b->plan;
	HC_FREE uint32_t *map = hc_calloc(plan->graph.n, sizeof *map);
	uint32_t n = 0;

	for (uint32_t i = 0; i < plan->nrules; i++) {
		struct item *item = &items[n];
		hc_edge e;

		if (!hc_evset_has(&plan->rules[i].events, ev->type))
			continue;
		e = hc_graph_fold(&plan->graph, plan->rules[i].edge, fix, plan, map);
		if (e == HC_EDGE_FALSE)
			continue;
		item->rule = i;
		item->n = hc_graph_conjuncts(&plan->graph, e, NULL, 0);
		item->conjuncts = hc_arena_array(&b->arena, hc_edge, item->n + 1);
		hc_graph_conjuncts(&plan->graph, e, item->conjuncts, item->n);
		n++;
	}
	return n;
}

/* What a program is made of: rules and their conjuncts, in order. */
static uint64_t signature(const struct item *items, uint32_t n)
{
	uint64_t h = n;

	for (uint32_t i = 0; i < n; i++)
		h = hc_hash_u64(h ^ hc_hash_bytes(items[i].conjuncts, items[i].n * sizeof(hc_edge)) ^ (uint64_t)items[i].rule << 32);
	return h;
}

static struct hc_program *known_program(const struct hc_plan *plan, const struct item *items, uint32_t n, uint64_t sign)
{
	for (struct hc_program *p = plan->all_programs; p; p = p->next) {
		uint32_t i = 0, at = 0;

		if (p->signature != sign || p->nrules != n)
			continue;
		for (; i < n && p->rules[i] == items[i].rule && p->nconjuncts[i] == items[i].n &&
		       (!items[i].n || !memcmp(p->conjuncts + at, items[i].conjuncts, items[i].n * sizeof(hc_edge)));
		     i++)
			at += items[i].n;
		if (i == n)
			return p;
	}
	return NULL;
}

/* Notes in the program what it is made of, before the building changes items. */
static void sign_program(struct hc_program *program, const struct item *items, uint32_t n, uint64_t sign)
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < n; i++)
		total += items[i].n;
	program->signature = sign;
	program->nrules = n;
	program->rules = hc_calloc(2 * (size_t)n + total + 1, sizeof *program->rules);
	program->nconjuncts = program->rules + n;
	program->conjuncts = program->nconjuncts + n;
	total = 0;
	for (uint32_t i = 0; i < n; i++) {
		program->rules[i] = items[i].rule;
		program->nconjuncts[i] = items[i].n;
		if (items[i].n)
			memcpy(program->conjuncts + total, items[i].conjuncts, items[i].n * sizeof(hc_edge));
		total += items[i].n;
	}
}

struct hc_program *hc_program_get(struct hc_plan *plan, const struct hc_plan_event *ev)
{
	struct hc_program *program;
	struct builder b = { .plan = plan };
	HC_FREE struct item *items = hc_calloc(plan->nrules + 1, sizeof *items);
	HC_FREE uint8_t *seen = NULL;
	uint64_t sign;
	uint32_t n;

	plan->ev = ev;
	hc_arena_init(&b.arena);
	n = collect(&b, ev, items);
	sign = signature(items, n);
	program = known_program(plan, items, n, sign);
	if (program) {
		hc_arena_done(&b.arena);
		return program;
	}
	program = b.program = hc_calloc(1, sizeof *program);
	sign_program(program, items, n, sign);
	program->next = plan->all_programs;
	plan->all_programs = program;
	/* all edges items have exist by now; conjunctions made while building are not counted */
	b.uses = hc_calloc(2 * (size_t)plan->graph.n, sizeof *b.uses);
	b.serial = hc_calloc(plan->max_slot + 1, sizeof *b.serial);
	build(&b, items, n);
	seen = hc_calloc(plan->graph.n, 1);
	for (uint32_t i = 0; i < program->nsteps; i++)
		if (program->steps[i].kind == HC_STEP_TEST)
			mark_uses(plan, program, program->steps[i].edge, seen);
	free(b.uses);
	free(b.serial);
	hc_arena_done(&b.arena);
	return program;
}

struct hc_program *hc_program_free(struct hc_program *program)
{
	if (!program)
		return NULL;
	free(program->steps);
	free(program->rules);
	free(program);
	return NULL;
}

static void run(struct hc_plan *plan, const struct hc_program *program, uint32_t at, uint32_t end, uint32_t *limit);

static void run_dispatch(struct hc_plan *plan, const struct hc_program *program, const struct hc_step *step, uint32_t *limit)
{
	struct hc_dispatch *d = step->dispatch;
	const struct hc_value *value;
	uint32_t n;

	if (!hc_plan_field(plan, d->field, &value))
		return;
	n = hc_dispatch_find(d, value);
	for (uint32_t i = 0; i < n; i++)
		run(plan, program, d->branches[d->hits[i]].begin, d->branches[d->hits[i]].end, limit);
}

/* Rules from *limit on are of no interest; with `first` it falls to the lowest match. */
static void run(struct hc_plan *plan, const struct hc_program *program, uint32_t at, uint32_t end, uint32_t *limit)
{
	while (at < end) {
		const struct hc_step *step = &program->steps[at];

		if (step->min_rule >= *limit) {
			at = step->kind == HC_STEP_RULE ? at + 1 : step->skip;
			continue;
		}
		switch (step->kind) {
		case HC_STEP_TEST:
			at = hc_plan_edge(plan, step->edge) ? at + 1 : step->skip;
			break;
		case HC_STEP_RULE:
			plan->matches[plan->nmatches++] = step->rule;
			if (*limit != UINT32_MAX)
				*limit = step->rule;
			at++;
			break;
		default:
			run_dispatch(plan, program, step, limit);
			at = step->skip;
		}
	}
}

void hc_program_run(struct hc_plan *plan, const struct hc_program *program, bool first)
{
	uint32_t limit = first ? plan->nrules : UINT32_MAX;

	run(plan, program, 0, program->nsteps, &limit);
}
