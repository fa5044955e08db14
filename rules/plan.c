/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan's face: rules in, events in, matching rules out. See rules/plan.h; the work is done in plan-eval.c and
 * plan-program.c.
 */
#include "rules/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "rules/naive.h"
#include "rules/plan-internal.h"

struct hc_plan *hc_plan_new(void)
{
	struct hc_plan *plan = hc_calloc(1, sizeof *plan);

	hc_arena_init(&plan->arena);
	hc_arena_init(&plan->scratch);
	hc_graph_init(&plan->graph);
	return plan;
}

struct hc_plan *hc_plan_free(struct hc_plan *plan)
{
	if (!plan)
		return NULL;
	for (struct hc_program *p = plan->all_programs, *next; p; p = next) {
		next = p->next;
		hc_program_free(p);
	}
	hc_graph_done(&plan->graph);
	hc_arena_done(&plan->scratch);
	hc_arena_done(&plan->arena);
	free(plan->rules);
	free(plan->stamps);
	free(plan->slots);
	free(plan->matches);
	free(plan);
	return NULL;
}

static void count_slots(struct hc_plan *plan, const struct hc_expr *e)
{
	if (!e)
		return;
	if (e->kind == HC_EXPR_FIELD && e->field->slot >= plan->max_slot)
		plan->max_slot = e->field->slot + 1;
	for (uint32_t i = 0; i < e->nargs; i++)
		count_slots(plan, e->args[i]);
}

static void count_tree_slots(struct hc_plan *plan, const struct hc_ast *ast)
{
	if (ast->kind == HC_AST_CHECK) {
		count_slots(plan, ast->predicate->left);
		count_slots(plan, ast->predicate->right);
	}
	for (uint32_t i = 0; i < ast->nkids; i++)
		count_tree_slots(plan, ast->kids[i]);
}

uint32_t hc_plan_add(struct hc_plan *plan, const char *name, const struct hc_ast *ast, const struct hc_evset *events)
{
	struct hc_plan_rule *rule;

	assert(!plan->sealed);
	if (plan->nrules == plan->rules_cap) {
		plan->rules_cap = plan->rules_cap ? plan->rules_cap * 2 : 64;
		plan->rules = hc_realloc(plan->rules, plan->rules_cap * sizeof *plan->rules);
	}
	rule = &plan->rules[plan->nrules];
	*rule = (struct hc_plan_rule){ name, ast, *events, HC_EDGE_TRUE };
	/* every rule is also looked at for asynchronous events (rules-language.md 7.1) */
	hc_evset_add(&rule->events, PPME_ASYNCEVENT_E);
	for (unsigned e = 0; e < HC_EVENT_COUNT; e++)
		plan->wants[e] |= hc_evset_has(&rule->events, e);
	count_tree_slots(plan, ast);
	return plan->nrules++;
}

void hc_plan_seal(struct hc_plan *plan, bool naive)
{
	plan->sealed = true;
	plan->naive = naive;
	plan->matches = hc_calloc(plan->nrules + 1, sizeof *plan->matches);
	if (naive)
		return;
	for (uint32_t i = 0; i < plan->nrules; i++)
		plan->rules[i].edge = hc_graph_of(&plan->graph, plan->rules[i].ast);
	plan->slots = hc_calloc(plan->max_slot + 1, sizeof *plan->slots);
}

bool hc_plan_wants(const struct hc_plan *plan, uint16_t event_type)
{
	return event_type < HC_EVENT_COUNT && plan->wants[event_type];
}

static void eval_naive(struct hc_plan *plan, const struct hc_plan_event *ev, bool all)
{
	struct hc_expr_ctx cx = { ev->extract, ev->ctx, &plan->scratch };

	for (uint32_t i = 0; i < plan->nrules; i++) {
		if (!hc_evset_has(&plan->rules[i].events, ev->type) || !hc_naive_eval(plan->rules[i].ast, &cx))
			continue;
		plan->matches[plan->nmatches++] = i;
		if (!all)
			return;
	}
}

/* What was remembered with the subject, if it still holds and the program looks at it; NULL: nothing can be. */
static struct hc_memo *recall(const struct hc_plan_subject *subject, bool used, uint32_t words)
{
	struct hc_memo *memo = subject->memo;

	if (!memo || !used)
		return NULL;
	if (memo->epoch != subject->epoch) {
		memo->epoch = subject->epoch;
		if (!memo->bits) {
			/* Most fds and many threads are never looked at again: the first time costs nothing. */
			memo->size = 1;
			return NULL;
		}
		memset(memo->bits, 0, memo->size * sizeof *memo->bits);
	}
	return hc_memo_room(memo, words) ? memo : NULL;
}

static uint32_t memo_words(const struct hc_plan *plan, uint8_t scope)
{
	return (plan->graph.nmemo[scope] + 15) / 16;
}

/* A new event: everything worked out for the last one is stale. */
static void next_generation(struct hc_plan *plan)
{
	if (plan->graph.n > plan->nstamps) {
		plan->stamps = hc_realloc(plan->stamps, plan->graph.cap * sizeof *plan->stamps);
		memset(plan->stamps + plan->nstamps, 0, (plan->graph.cap - plan->nstamps) * sizeof *plan->stamps);
		plan->nstamps = plan->graph.cap;
	}
	if (++plan->generation < 1u << 31)
		return;
	memset(plan->stamps, 0, plan->nstamps * sizeof *plan->stamps);
	for (uint32_t i = 0; i < plan->max_slot; i++)
		plan->slots[i].generation = 0;
	plan->generation = 1;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void eval_plan(struct hc_plan *plan, const struct hc_plan_event *ev, bool all)
{
	struct hc_program *program = plan->programs[ev->type];
	bool has_fd_fields = hc_event_table[ev->type].flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD);

	plan->ev = ev;
	if (!program)
		program = plan->programs[ev->type] = hc_program_get(plan, ev);
	if (!program->nsteps)
		return;
	next_generation(plan);
	plan->memos[HC_SCOPE_THREAD] = recall(&ev->thread, program->uses[HC_SCOPE_THREAD], memo_words(plan, HC_SCOPE_THREAD));
	plan->memos[HC_SCOPE_LINEAGE] =
		recall(&ev->lineage, program->uses[HC_SCOPE_LINEAGE], memo_words(plan, HC_SCOPE_LINEAGE));
	/* for other events fd fields are absent whatever fd there is (fields-semantics.md 5.1) */
	plan->memos[HC_SCOPE_FD] =
		has_fd_fields ? recall(&ev->fd, program->uses[HC_SCOPE_FD], memo_words(plan, HC_SCOPE_FD)) : NULL;
	hc_program_run(plan, program, !all);
	if (plan->nmatches > 1)
		qsort(plan->matches, plan->nmatches, sizeof *plan->matches, by_number);
	if (!all && plan->nmatches > 1)
		plan->nmatches = 1;
}

uint32_t hc_plan_eval(struct hc_plan *plan, const struct hc_plan_event *ev, bool all, const uint32_t **ret_rules)
{
	assert(plan->sealed && ev->type < HC_EVENT_COUNT);
	plan->nmatches = 0;
	*ret_rules = plan->matches;
	if (!plan->wants[ev->type])
		return 0;
	if (plan->scratch.used)
		hc_arena_reset(&plan->scratch);
	if (plan->naive)
		eval_naive(plan, ev, all);
	else
		eval_plan(plan, ev, all);
	return plan->nmatches;
}
