/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting of comparisons. A comparison that several rules share is evaluated once per event, and counted for each of them.
 */
#include "replay/hits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "rules/predicate.h"

/* Bytes of conditions gone through to find places: a hostile file could make each of a million comparisons cost all of it.
 * What is not found counts, too, but has no line. */
#define PLACING_MAX (1ull << 30)

struct list {
	uint32_t *rules; /* indices */
	uint32_t n;
};

struct hc_hits {
	const struct hc_ruleset *ruleset;
	struct hc_arena arena;
	struct hc_hits_rule *rules;
	uint32_t n;
	struct list by_type[HC_EVENT_COUNT];
	uint64_t events;
	/* by predicate id: what came out for which event */
	uint64_t *asked;
	bool *truths;
	struct hc_hits_place *places; /* heap */
	uint32_t nplaces, places_cap;
	uint64_t placing;
};

static void build(struct hc_hits_node *n, const struct hc_ast *ast, struct hc_arena *arena)
{
	n->ast = ast;
	n->kids = ast->nkids ? hc_arena_array(arena, struct hc_hits_node, ast->nkids) : NULL;
	for (uint32_t i = 0; i < ast->nkids; i++)
		build(&n->kids[i], ast->kids[i], arena);
}

/* Every rule looks at async events (rules-language.md 7.1). */
static bool looks_at(const struct hc_rule *rule, uint16_t type)
{
	return type == PPME_ASYNCEVENT_E || hc_evset_has(&rule->events, type);
}

struct hc_hits *hc_hits_new(const struct hc_ruleset *ruleset)
{
	struct hc_hits *h = hc_calloc(1, sizeof *h);

	h->ruleset = ruleset;
	h->n = ruleset->nactive;
	hc_arena_init(&h->arena);
	h->rules = hc_arena_array(&h->arena, struct hc_hits_rule, h->n + 1);
	h->asked = hc_arena_array(&h->arena, uint64_t, ruleset->checker.npredicates + 1);
	h->truths = hc_arena_array(&h->arena, bool, ruleset->checker.npredicates + 1);
	for (uint32_t i = 0; i < h->n; i++) {
		h->rules[i] = (struct hc_hits_rule){ ruleset->active[i], hc_arena_new(&h->arena, struct hc_hits_node) };
		build(h->rules[i].root, ruleset->active[i]->ast, &h->arena);
	}
	for (uint16_t type = 0; type < HC_EVENT_COUNT; type++) {
		struct list *list = &h->by_type[type];

		for (uint32_t i = 0; i < h->n; i++)
			list->n += looks_at(ruleset->active[i], type);
		list->rules = hc_arena_array(&h->arena, uint32_t, list->n + 1);
		list->n = 0;
		for (uint32_t i = 0; i < h->n; i++)
			if (looks_at(ruleset->active[i], type))
				list->rules[list->n++] = i;
	}
	return h;
}

struct hc_hits *hc_hits_free(struct hc_hits *h)
{
	if (!h)
		return NULL;
	hc_arena_done(&h->arena);
	free(h->places);
	free(h);
	return NULL;
}

static bool ask(struct hc_hits *h, const struct hc_predicate *p, const struct hc_expr_ctx *cx)
{
	if (h->asked[p->id] != h->events) {
		h->asked[p->id] = h->events;
		h->truths[p->id] = hc_predicate_eval(p, cx);
	}
	return h->truths[p->id];
}

static bool eval(struct hc_hits *h, struct hc_hits_node *n, const struct hc_expr_ctx *cx)
{
	bool truth = false;

	switch (n->ast->kind) {
	case HC_AST_AND: case HC_AST_OR:
		truth = n->ast->kind == HC_AST_AND;
		for (uint32_t i = 0; i < n->ast->nkids; i++)
			if (eval(h, &n->kids[i], cx) != truth) {
				truth = !truth;
				break;
			}
		break;
	case HC_AST_NOT:
		truth = !eval(h, &n->kids[0], cx);
		break;
	case HC_AST_CHECK:
		truth = ask(h, n->ast->predicate, cx);
		break;
	case HC_AST_MACRO:
		assert(!"macros are expanded before rules run");
	}
	n->evaluated++;
	n->truths += truth;
	return truth;
}

void hc_hits_event(struct hc_hits *h, struct hc_eval *ev)
{
	struct hc_expr_ctx cx = { .extract = hc_extract, .ctx = ev, .scratch = &ev->scratch };
	const struct list *list = &h->by_type[ev->ev->type];

	h->events++;
	for (uint32_t i = 0; i < list->n; i++)
		eval(h, h->rules[list->rules[i]].root, &cx);
}

/* ---- places ---- */

static void collect(struct hc_hits *h, const struct hc_hits_node *n)
{
	struct hc_place at = { 0 };

	for (uint32_t i = 0; i < n->ast->nkids; i++)
		collect(h, &n->kids[i]);
	if (n->ast->kind != HC_AST_CHECK)
		return;
	if (h->placing < PLACING_MAX) {
		h->placing += n->ast->pos.off;
		if (!hc_origin_place(n->ast, &at))
			at = (struct hc_place){ 0 };
	}
	if (h->nplaces == h->places_cap) {
		h->places_cap = h->places_cap ? 2 * h->places_cap : 256;
		h->places = hc_realloc(h->places, h->places_cap * sizeof *h->places);
	}
	h->places[h->nplaces++] = (struct hc_hits_place){ at, n->ast, n->evaluated, n->truths };
}

/* A file's number in the order read; those in no file go last. */
static uint32_t order(const struct hc_hits *h, const struct hc_load_result *file)
{
	uint32_t i = 0;

	while (i < h->ruleset->nresults && h->ruleset->results[i] != file)
		i++;
	return i;
}

static int by_place(const void *a, const void *b, void *ctx)
{
	const struct hc_hits_place *x = a, *y = b;

	if (x->at.file != y->at.file)
		return order(ctx, x->at.file) < order(ctx, y->at.file) ? -1 : 1;
	return (x->at.off > y->at.off) - (x->at.off < y->at.off);
}

/* One comparison in a file, seen through several macro references. Values of an exception and appended conditions may
 * begin at one place without being one comparison. */
static bool same(const struct hc_hits_place *a, const struct hc_hits_place *b)
{
	return a->at.file && a->at.file == b->at.file && a->at.off == b->at.off && a->ast->predicate == b->ast->predicate;
}

uint32_t hc_hits_places(struct hc_hits *h, const struct hc_hits_place **ret)
{
	uint32_t n = 0;

	h->nplaces = 0;
	h->placing = 0;
	for (uint32_t i = 0; i < h->n; i++)
		collect(h, h->rules[i].root);
	if (h->nplaces)
		qsort_r(h->places, h->nplaces, sizeof *h->places, by_place, h);
	for (uint32_t i = 0; i < h->nplaces; i++) {
		if (n && same(&h->places[n - 1], &h->places[i])) {
			h->places[n - 1].evaluated += h->places[i].evaluated;
			h->places[n - 1].truths += h->places[i].truths;
		} else {
			h->places[n++] = h->places[i];
		}
	}
	h->nplaces = n;
	*ret = h->places;
	return n;
}

/* ---- sums ---- */

const char *hc_hits_state_name(enum hc_hits_state state)
{
	static const char *const names[HC_HITS_STATE_COUNT] = { "never evaluated", "never true", "always true", "both" };

	return names[state];
}

void hc_hits_summary(struct hc_hits *h, struct hc_hits_summary *ret)
{
	const struct hc_hits_place *places;
	uint32_t n = hc_hits_places(h, &places);

	*ret = (struct hc_hits_summary){ .comparisons = n };
	for (uint32_t i = 0; i < n; i++)
		ret->states[hc_hits_state_of(places[i].evaluated, places[i].truths)]++;
}

static void add(const struct hc_hits_node *n, struct hc_hits_summary *to)
{
	for (uint32_t i = 0; i < n->ast->nkids; i++)
		add(&n->kids[i], to);
	if (n->ast->kind != HC_AST_CHECK)
		return;
	to->states[hc_hits_state_of(n->evaluated, n->truths)]++;
	to->comparisons++;
}

void hc_hits_rule_summary(const struct hc_hits_rule *rule, struct hc_hits_summary *ret)
{
	*ret = (struct hc_hits_summary){ 0 };
	add(rule->root, ret);
}

uint64_t hc_hits_events(const struct hc_hits *h)
{
	return h->events;
}

const struct hc_ruleset *hc_hits_ruleset(const struct hc_hits *h)
{
	return h->ruleset;
}

uint32_t hc_hits_rules(const struct hc_hits *h, const struct hc_hits_rule **ret)
{
	*ret = h->rules;
	return h->n;
}

enum hc_hits_format hc_hits_format_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot && (!strcmp(dot, ".html") || !strcmp(dot, ".htm")))
		return HC_HITS_HTML;
	return dot && !strcmp(dot, ".json") ? HC_HITS_JSON : HC_HITS_TEXT;
}

void hc_hits_report(struct hc_hits *h, enum hc_hits_format format, struct hc_buf *to)
{
	switch (format) {
	case HC_HITS_TEXT: hc_hits_text(h, to); break;
	case HC_HITS_JSON: hc_hits_json(h, to); break;
	case HC_HITS_HTML: hc_hits_html(h, to); break;
	}
}
