/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison. Each side replays all captures for itself, as it would without the other; then the two lists of alerts,
 * which are in the order of events, are merged; then one more pass explains the alerts only one side raised, by asking the
 * other side's rule about the event.
 */
#include "samples/diff.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "common/strmap.h"
#include "replay/explain.h"
#include "rules/ruleset.h"

/* ---- both sides ---- */

static const struct hc_rule *rule_named(const struct hc_ruleset *rules, const char *name)
{
	for (uint32_t i = 0; i < rules->nrules; i++)
		if (!strcmp(rules->rules[i]->name, name))
			return rules->rules[i];
	return NULL;
}

static const char **only_in(struct hc_diff *diff, const struct hc_ruleset *rules, const struct hc_ruleset *others, uint32_t *ret_n)
{
	const char **names = hc_arena_array(&diff->arena, const char *, rules->nrules + 1);
	struct hc_strmap known = { 0 };

	*ret_n = 0;
	for (uint32_t i = 0; i < others->nactive; i++)
		hc_strmap_put(&known, hc_str(others->active[i]->name), others->active[i]);
	for (uint32_t i = 0; i < rules->nactive; i++)
		if (!hc_strmap_get(&known, hc_str(rules->active[i]->name)))
			names[(*ret_n)++] = rules->active[i]->name;
	hc_strmap_done(&known);
	return names;
}

static bool same_tags(const struct hc_rule *a, const struct hc_rule *b)
{
	if (a->ntags != b->ntags)
		return false;
	for (uint32_t i = 0; i < a->ntags; i++)
		if (strcmp(a->tags[i], b->tags[i]))
			return false;
	return true;
}

static bool same_condition(const struct hc_rule *a, const struct hc_rule *b)
{
	struct hc_buf x HC_BUF_DONE = { 0 }, y HC_BUF_DONE = { 0 };

	hc_ast_print(&x, a->ast);
	hc_ast_print(&y, b->ast);
	return x.len == y.len && !memcmp(x.p, y.p, x.len);
}

static void find_altered(struct hc_diff *diff, const struct hc_ruleset *old, const struct hc_ruleset *now)
{
	struct hc_strmap known = { 0 };

	diff->altered = hc_arena_array(&diff->arena, struct hc_diff_rule, now->nactive + 1);
	for (uint32_t i = 0; i < old->nactive; i++)
		hc_strmap_put(&known, hc_str(old->active[i]->name), old->active[i]);
	for (uint32_t i = 0; i < now->nactive; i++) {
		const struct hc_rule *b = now->active[i], *a = hc_strmap_get(&known, hc_str(b->name));
		struct hc_diff_rule *r = &diff->altered[diff->naltered];

		if (!a)
			continue;
		*r = (struct hc_diff_rule){ .name = b->name };
		r->parts |= same_condition(a, b) ? 0 : HC_DIFF_CONDITION;
		r->parts |= strcmp(a->output, b->output) ? HC_DIFF_OUTPUT : 0;
		r->parts |= a->priority != b->priority ? HC_DIFF_PRIORITY : 0;
		r->parts |= same_tags(a, b) ? 0 : HC_DIFF_TAGS;
		diff->naltered += r->parts != 0;
	}
	hc_strmap_done(&known);
}

int hc_diff_load(struct hc_diff *diff, struct hc_diag *reterr_diag)
{
	const struct hc_ruleset *rules[2];

	hc_arena_init(&diff->arena);
	for (int i = 0; i < 2; i++) {
		struct hc_diff_side *side = &diff->side[i];
		struct hc_replay_options load = { .config = &side->config, .paths = side->paths, .npaths = side->npaths,
						  .switches = side->config.switches, .nswitches = side->config.nswitches };
		int r = hc_replay_new(&side->replay, &load, reterr_diag);

		if (r)
			return r;
		rules[i] = hc_replay_rules(side->replay);
		hc_collect_init(&side->alerts, HC_COLLECT_MESSAGE | HC_COLLECT_FIELDS);
	}
	diff->removed = only_in(diff, rules[0], rules[1], &diff->nremoved);
	diff->added = only_in(diff, rules[1], rules[0], &diff->nadded);
	find_altered(diff, rules[0], rules[1]);
	hc_diff_select(diff);
	return 0;
}

/* Lookups are counted by standing between conditions and fields. */
static uint64_t lookups;

static bool count_lookup(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	lookups++;
	return hc_extract(ctx, field, for_output, ret);
}

static bool see(void *ctx, struct hc_eval *eval)
{
	eval->extract = count_lookup;
	return hc_replay_event(ctx, eval);
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void replay_side(struct hc_diff_side *side, const char *command, struct hc_run_input *inputs, size_t ninputs, bool silent)
{
	double start = cpu_seconds();

	/* One thread: the other's time would be counted as well. */
	side->run = (struct hc_run){ .command = command, .base64 = side->config.base64, .no_ahead = true, .silent = silent, .fn = see,
				     .ctx = side->replay, .wanted = hc_replay_wanted(side->replay) };
	lookups = 0;
	hc_replay_collect(side->replay, &side->alerts);
	for (size_t i = 0; i < ninputs; i++) {
		side->alerts.capture = (uint32_t)i;
		hc_run_capture(&side->run, &inputs[i]);
	}
	side->lookups = lookups;
	side->seconds = cpu_seconds() - start;
}

/* ---- comparing ---- */

static bool same(const struct hc_collected *a, const struct hc_collected *b)
{
	if (!hc_str_eq(a->message, b->message) || a->rule->priority != b->rule->priority || strcmp(a->rule->source, b->rule->source) ||
	    !same_tags(a->rule, b->rule) || a->nfields != b->nfields)
		return false;
	for (uint32_t i = 0; i < a->nfields; i++)
		if (!hc_str_eq(a->fields[i].key, b->fields[i].key) || !hc_str_eq(a->fields[i].json, b->fields[i].json))
			return false;
	return true;
}

static void put(struct hc_diff *diff, size_t *cap, enum hc_diff_kind kind, const struct hc_collected *old, const struct hc_collected *now)
{
	if (diff->nitems == *cap) {
		*cap = *cap ? 2 * *cap : 64;
		diff->items = hc_realloc(diff->items, *cap * sizeof *diff->items);
	}
	diff->items[diff->nitems++] = (struct hc_diff_item){ .kind = kind, .old = old, .now = now };
	diff->n[kind]++;
}

/* Alerts of one event: same capture and number. How many there are at i. */
static size_t of_event(const struct hc_collect *alerts, size_t i)
{
	size_t n = 0;

	while (i + n < alerts->n && alerts->items[i + n].capture == alerts->items[i].capture &&
	       alerts->items[i + n].event == alerts->items[i].event)
		n++;
	return n;
}

static const struct hc_collected *find(const struct hc_collected *alerts, size_t n, const char *rule)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(alerts[i].rule->name, rule))
			return &alerts[i];
	return NULL;
}

static void compare_event(struct hc_diff *diff, size_t *cap, const struct hc_collected *old, size_t nold, const struct hc_collected *now,
			  size_t nnow)
{
	for (size_t i = 0; i < nold; i++) {
		const struct hc_collected *there = find(now, nnow, old[i].rule->name);

		if (!there)
			put(diff, cap, HC_DIFF_LOST, &old[i], NULL);
		else if (!same(&old[i], there))
			put(diff, cap, HC_DIFF_CHANGED, &old[i], there);
	}
	for (size_t i = 0; i < nnow; i++)
		if (!find(old, nold, now[i].rule->name))
			put(diff, cap, HC_DIFF_GAINED, NULL, &now[i]);
}

static int event_order(const struct hc_collected *a, const struct hc_collected *b)
{
	if (a->capture != b->capture)
		return a->capture < b->capture ? -1 : 1;
	return (a->event > b->event) - (a->event < b->event);
}

static void compare(struct hc_diff *diff)
{
	const struct hc_collect *old = &diff->side[0].alerts, *now = &diff->side[1].alerts;
	size_t i = 0, k = 0, cap = 0;

	while (i < old->n || k < now->n) {
		int order = i == old->n ? 1 : k == now->n ? -1 : event_order(&old->items[i], &now->items[k]);
		size_t nold = order <= 0 ? of_event(old, i) : 0, nnow = order >= 0 ? of_event(now, k) : 0;

		compare_event(diff, &cap, old->items + i, nold, now->items + k, nnow);
		i += nold;
		k += nnow;
	}
}

/* By rule (in the new set's order, then rules that are gone), kind, event. */
static int item_order(const void *a, const void *b, void *ctx)
{
	const struct hc_diff_item *x = a, *y = b;
	const struct hc_collected *ax = hc_diff_alert(x), *ay = hc_diff_alert(y);
	const struct hc_strmap *places = ctx;
	uintptr_t px = (uintptr_t)hc_strmap_get(places, hc_str(ax->rule->name));
	uintptr_t py = (uintptr_t)hc_strmap_get(places, hc_str(ay->rule->name));

	if (px != py)
		return px < py ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return event_order(ax, ay);
}

static void sort_by_rule(struct hc_diff *diff)
{
	struct hc_strmap places = { 0 };
	uintptr_t place = 0;

	for (int side = 1; side >= 0; side--) {
		const struct hc_ruleset *rules = hc_replay_rules(diff->side[side].replay);

		for (uint32_t i = 0; i < rules->nrules; i++)
			if (!hc_strmap_get(&places, hc_str(rules->rules[i]->name)))
				hc_strmap_put(&places, hc_str(rules->rules[i]->name), (void *)++place);
	}
	if (diff->nitems)
		qsort_r(diff->items, diff->nitems, sizeof *diff->items, item_order, &places);
	hc_strmap_done(&places);
}

/* ---- why ---- */

struct why {
	struct hc_diff *diff;
	struct hc_explainer *explainer;
	struct hc_diff_item **todo; /* by event; the first left is at next */
	size_t n, next;
	uint32_t capture;
};

static int todo_order(const void *a, const void *b)
{
	return event_order(hc_diff_alert(*(struct hc_diff_item *const *)a), hc_diff_alert(*(struct hc_diff_item *const *)b));
}

static bool is_active(const struct hc_ruleset *rules, const struct hc_rule *rule)
{
	for (uint32_t i = 0; i < rules->nactive; i++)
		if (rules->active[i] == rule)
			return true;
	return false;
}

/* The alert the side raised at that event, which with rule_matching `first` stood in the way. */
static const struct hc_collected *instead(const struct hc_diff_side *side, const struct hc_collected *at)
{
	size_t lo = 0, hi = side->alerts.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = event_order(&side->alerts.items[mid], at);

		if (!order)
			return &side->alerts.items[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Why this side did not raise an alert the other did: by the rule alone, or NULL: the event has to be looked at. */
static const char *why_rule(const struct hc_diff_side *side, const char *name, bool old, const struct hc_rule **ret)
{
	const struct hc_ruleset *rules = hc_replay_rules(side->replay);
	const struct hc_rule *rule = *ret = rule_named(rules, name);

	if (!rule)
		return old ? "the rule is new" : "the rule is gone";
	if (!rule->enabled)
		return old ? "the rule was disabled" : "the rule is disabled";
	if (!is_active(rules, rule))
		return old ? "the rule took no part" : "the rule takes no part";
	return NULL;
}

static void explain(struct why *why, struct hc_diff_item *item, struct hc_eval *eval)
{
	const bool old = item->kind == HC_DIFF_GAINED; /* then the old side is asked */
	const struct hc_diff_side *side = &why->diff->side[old ? 0 : 1];
	const struct hc_collected *there;
	struct hc_explanation *e;
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_arena arena;
	const struct hc_rule *rule;

	if (why_rule(side, hc_diff_alert(item)->rule->name, old, &rule))
		return; /* said already */
	hc_arena_init(&arena);
	e = hc_explain(why->explainer, rule, eval, &arena);
	there = instead(side, hc_diff_alert(item));
	if (e->root->truth && e->looked_at && there)
		hc_buf_printf(&text, "'%s' alert%s there before it", there->rule->name, old ? "ed" : "s");
	else
		hc_explain_why(e, &text);
	item->why = hc_arena_dupn(&why->diff->arena, text.p ? text.p : "", text.len);
	hc_arena_done(&arena);
}

static bool see_why(void *ctx, struct hc_eval *eval)
{
	struct why *why = ctx;

	while (why->next < why->n) {
		const struct hc_collected *a = hc_diff_alert(why->todo[why->next]);

		if (a->capture > why->capture || (a->capture == why->capture && a->event > eval->ev->num))
			return true;
		if (a->capture == why->capture && a->event == eval->ev->num)
			explain(why, why->todo[why->next], eval);
		why->next++;
	}
	return false; /* nothing left to explain */
}

static void explain_all(struct hc_diff *diff, struct hc_run_input *inputs, size_t ninputs)
{
	struct hc_run run = { .command = "", .no_ahead = true, .silent = true, .fn = see_why };
	struct why why = { .diff = diff };

	why.todo = hc_calloc(diff->nitems + 1, sizeof *why.todo);
	for (size_t i = 0; i < diff->nitems && why.n < HC_DIFF_WHYS_MAX; i++) {
		struct hc_diff_item *item = &diff->items[i];
		const bool old = item->kind == HC_DIFF_GAINED;
		const struct hc_rule *rule;

		if (item->kind == HC_DIFF_CHANGED)
			continue;
		item->why = why_rule(&diff->side[old ? 0 : 1], hc_diff_alert(item)->rule->name, old, &rule);
		if (!item->why)
			why.todo[why.n++] = item;
	}
	qsort(why.todo, why.n, sizeof *why.todo, todo_order);
	why.explainer = hc_explainer_new();
	run.ctx = &why;
	for (size_t i = 0; i < ninputs && why.next < why.n; i++) {
		why.capture = (uint32_t)i;
		hc_run_capture(&run, &inputs[i]);
	}
	hc_explainer_free(why.explainer);
	free(why.todo);
}

void hc_diff_run(struct hc_diff *diff, const char *command, struct hc_run_input *inputs[3], size_t ninputs)
{
	for (int i = 0; i < 2; i++)
		replay_side(&diff->side[i], command, inputs[i], ninputs, i > 0);
	compare(diff);
	sort_by_rule(diff);
	explain_all(diff, inputs[2], ninputs);
}

void hc_diff_done(struct hc_diff *diff)
{
	free(diff->items);
	for (int i = 0; i < 2; i++) {
		hc_collect_done(&diff->side[i].alerts);
		hc_replay_free(diff->side[i].replay);
		hc_config_done(&diff->side[i].config);
	}
	hc_arena_done(&diff->arena);
}
