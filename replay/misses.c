/* SPDX-License-Identifier: Apache-2.0
 *
 * The collector of nearest misses. One tree is filled in for every event; an event that is worth keeping is copied into the
 * arena of its kind, so what is held is bounded by the number of kinds times the size of the tree.
 */
#include "replay/misses.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/mem.h"
#include "replay/print.h"
#include "rules/naive.h"
#include "rules/predicate.h"

enum {
	NODES_HELD = 1 << 19,  /* of all kinds together */
	LITERALS_TRIED = 64,   /* when looking how near a value is */
	ITEMS_TRIED = 16,
	VALUE_SHOWN = 64,      /* bytes of a value that is counted */
};

struct kind {
	struct hc_miss miss;
	uint64_t signature;
	float nearness; /* of miss.nearest: 0 to 1 */
	bool dominated; /* for sorting */
	struct hc_arena arena, values;
};

struct hc_misses {
	const struct hc_ruleset *rules;
	const struct hc_rule *rule;
	const char *capture;
	struct hc_explainer *explainer;
	struct hc_arena arena;
	struct hc_explained *tree;     /* of the event at hand; NULL: the rule is not compiled */
	struct kind *kinds;
	uint32_t nkinds, max, worst;   /* worst: largest distance held once all places are taken */
	const struct hc_miss **sorted;
	uint64_t events, looked_at, matched, taken;
	const struct hc_explanation *first;
	const struct hc_rule *taken_by;
	struct hc_buf text;
};

static uint32_t count(const struct hc_ast *ast)
{
	uint32_t n = 1;

	for (uint32_t i = 0; i < ast->nkids; i++)
		n += count(ast->kids[i]);
	return n;
}

struct hc_misses *hc_misses_new(const struct hc_ruleset *rules, const struct hc_rule *rule)
{
	struct hc_misses *m = hc_calloc(1, sizeof *m);
	uint32_t nodes;

	m->rules = rules;
	m->rule = rule;
	m->explainer = hc_explainer_new();
	hc_arena_init(&m->arena);
	if (!rule->ast)
		return m;
	nodes = count(rule->ast);
	m->tree = hc_explained_new(&m->arena, rule->ast);
	m->max = NODES_HELD / nodes < HC_MISSES_KINDS_MAX ? NODES_HELD / nodes : HC_MISSES_KINDS_MAX;
	m->max = m->max ? m->max : 1;
	m->kinds = hc_calloc(m->max, sizeof *m->kinds);
	m->sorted = hc_calloc(m->max, sizeof *m->sorted);
	return m;
}

struct hc_misses *hc_misses_free(struct hc_misses *m)
{
	if (!m)
		return NULL;
	for (uint32_t i = 0; i < m->nkinds; i++) {
		hc_arena_done(&m->kinds[i].arena);
		hc_arena_done(&m->kinds[i].values);
	}
	hc_explainer_free(m->explainer);
	hc_arena_done(&m->arena);
	hc_buf_done(&m->text);
	free(m->kinds);
	free(m->sorted);
	free(m);
	return NULL;
}

void hc_misses_capture(struct hc_misses *m, const char *name)
{
	m->capture = name;
}

/* ---- how near a value is to what was asked for ---- */

/* The share of common beginning and end. */
static float resemblance(struct hc_str a, struct hc_str b)
{
	uint32_t shorter = a.len < b.len ? a.len : b.len, longer = a.len < b.len ? b.len : a.len, n = 0, m = 0;

	while (n < shorter && a.p[n] == b.p[n])
		n++;
	while (n + m < shorter && a.p[a.len - 1 - m] == b.p[b.len - 1 - m])
		m++;
	return longer ? (float)(n + m) / (float)longer : 1;
}

static float value_nearness(const struct hc_predicate *p, const struct hc_value *v)
{
	float best = 0, now;

	for (uint32_t i = 0; i < p->nvalues && i < LITERALS_TRIED; i++) {
		if (v->kind == HC_VALUE_STRING || v->kind == HC_VALUE_BYTES)
			now = resemblance(v->s, p->values[i].s);
		else if (v->kind == HC_VALUE_INT)
			now = 1 / (1 + (v->u > p->values[i].u ? (float)(v->u - p->values[i].u) : (float)(p->values[i].u - v->u)));
		else
			continue;
		best = now > best ? now : best;
	}
	return best;
}

static float check_nearness(const struct hc_explained *n)
{
	const struct hc_predicate *p = n->ast->predicate;
	float best = 0, now;

	if (!n->present || p->right || p->op == HC_OP_EXISTS || p->op == HC_OP_REGEX)
		return 0;
	if (n->left.kind != HC_VALUE_LIST)
		return value_nearness(p, &n->left);
	for (uint32_t i = 0; i < n->left.nitems && i < ITEMS_TRIED; i++) {
		now = value_nearness(p, &n->left.items[i]);
		best = now > best ? now : best;
	}
	return best;
}

/* Of what is to blame for n not being `want`: the mean of what all is needed, the best of alternatives. */
static float nearness(const struct hc_explained *n, bool want)
{
	bool all = (n->ast->kind == HC_AST_AND) == want;
	float sum = 0, best = 0, now;
	uint32_t blamed = 0;

	if (n->ast->kind == HC_AST_CHECK)
		return want ? check_nearness(n) : 0;
	if (n->ast->kind == HC_AST_NOT)
		return nearness(&n->kids[0], !want);
	for (uint32_t i = 0; i < n->nkids; i++) {
		if (!n->kids[i].blamed)
			continue;
		now = nearness(&n->kids[i], want);
		sum += now;
		best = now > best ? now : best;
		blamed++;
	}
	return all && blamed ? sum / (float)blamed : best;
}

/* ---- kinds ---- */

/* What distinguishes kinds: which comparisons are to blame, by their number in the tree. */
struct signature {
	uint32_t number;
	uint64_t hash;
	const struct hc_explained *last; /* of the comparisons to blame */
	bool many_fields;                /* they are about more than one */
};

static void sign(const struct hc_explained *n, struct signature *s)
{
	s->number++;
	if (n->ast->kind == HC_AST_CHECK && n->blamed) {
		s->hash = hc_hash_u64(s->hash ^ s->number);
		s->many_fields |= s->last && !hc_str_eq(s->last->ast->left->text, n->ast->left->text);
		s->last = n;
	}
	for (uint32_t i = 0; i < n->nkids; i++)
		sign(&n->kids[i], s);
}

static struct kind *find(struct hc_misses *m, uint64_t signature)
{
	for (uint32_t i = 0; i < m->nkinds; i++)
		if (m->kinds[i].signature == signature)
			return &m->kinds[i];
	return NULL;
}

/* A place for a new kind: a free one, or that of the farthest if the new one is nearer. */
static struct kind *place(struct hc_misses *m, uint32_t distance, bool favoured)
{
	struct kind *worst = NULL;

	if (m->nkinds == m->max) {
		if (distance >= m->worst && !favoured)
			return NULL;
		for (uint32_t i = 0; i < m->nkinds; i++)
			if (!m->kinds[i].miss.favoured && (!worst || m->kinds[i].miss.distance > worst->miss.distance))
				worst = &m->kinds[i];
		if (!worst)
			return NULL;
		hc_arena_done(&worst->arena);
		hc_arena_done(&worst->values);
	} else {
		worst = &m->kinds[m->nkinds++];
	}
	*worst = (struct kind){ .miss = { .distance = distance } };
	hc_arena_init(&worst->arena);
	hc_arena_init(&worst->values);
	m->worst = 0;
	for (uint32_t i = 0; i < m->nkinds; i++)
		if (m->kinds[i].miss.distance > m->worst)
			m->worst = m->kinds[i].miss.distance;
	return worst;
}

static void note_value(struct hc_misses *m, struct kind *k, const struct hc_explained *check)
{
	struct hc_miss *miss = &k->miss;

	hc_buf_reset(&m->text);
	if (check->present) {
		hc_explain_value(&check->left, check, &m->text);
	} else {
		hc_buf_puts(&m->text, "absent");
	}
	if (m->text.len > VALUE_SHOWN) {
		m->text.len = VALUE_SHOWN;
		while (m->text.len && (m->text.p[m->text.len] & 0xc0) == 0x80)
			m->text.len--;
		hc_buf_puts(&m->text, "...");
	}
	for (uint32_t i = 0; i < miss->nvalues; i++)
		if (!strcmp(miss->values[i].text, m->text.p)) {
			miss->values[i].n++;
			return;
		}
	if (miss->nvalues == HC_MISSES_VALUES_MAX)
		miss->others++;
	else
		miss->values[miss->nvalues++] = (struct hc_miss_value){ hc_arena_dupn(&k->values, m->text.p, m->text.len), 1 };
}

static void note_miss(struct hc_misses *m, struct hc_eval *eval, uint32_t distance, bool favoured)
{
	struct signature s = { .hash = distance };
	struct hc_explanation *e;
	struct kind *k;
	float near;

	sign(m->tree, &s);
	k = find(m, s.hash);
	if (!k)
		k = place(m, distance, favoured);
	if (!k)
		return;
	k->signature = s.hash;
	k->miss.events++;
	if (!s.many_fields)
		note_value(m, k, s.last);
	near = nearness(m->tree, true);
	if (k->miss.nearest && (favoured <= k->miss.favoured) && (near <= k->nearness || favoured < k->miss.favoured))
		return;
	hc_arena_reset(&k->arena);
	e = hc_explain_keep(m->explainer, m->rule, m->tree, eval, &k->arena);
	e->capture = m->capture;
	k->miss.nearest = e;
	k->nearness = near;
	k->miss.favoured |= favoured;
}

/* ---- events ---- */

static void note_match(struct hc_misses *m, struct hc_eval *eval)
{
	struct hc_expr_ctx cx = { .extract = hc_extract, .ctx = eval, .scratch = &eval->scratch };

	if (!m->matched++) {
		struct hc_explanation *e = hc_explain_keep(m->explainer, m->rule, m->tree, eval, &m->arena);

		e->capture = m->capture;
		m->first = e;
	}
	for (uint32_t i = 0; i < m->rules->nactive && m->rules->active[i] != m->rule; i++) {
		const struct hc_rule *other = m->rules->active[i];

		if (!hc_evset_has(&other->events, eval->ev->type) || !hc_naive_eval(other->ast, &cx))
			continue;
		m->taken++;
		if (!m->taken_by)
			m->taken_by = other;
		break;
	}
}

void hc_misses_event(struct hc_misses *m, struct hc_eval *eval, bool favoured)
{
	bool looked_at;

	m->events++;
	if (!m->tree)
		return;
	looked_at = hc_evset_has(&m->rule->events, eval->ev->type) || eval->ev->type == PPME_ASYNCEVENT_E;
	m->looked_at += looked_at;
	hc_explained_eval(m->tree, eval);
	if (looked_at && m->tree->truth)
		note_match(m, eval);
	else if (!m->tree->truth)
		note_miss(m, eval, m->tree->to_true + !looked_at, favoured);
}

static int by_nearness(const void *a, const void *b)
{
	const struct kind *x = *(const struct kind *const *)a, *y = *(const struct kind *const *)b;

	if (x->miss.favoured != y->miss.favoured)
		return y->miss.favoured - x->miss.favoured;
	if (x->dominated != y->dominated)
		return x->dominated - y->dominated;
	if (x->miss.distance != y->miss.distance)
		return x->miss.distance < y->miss.distance ? -1 : 1;
	if (x->nearness != y->nearness)
		return x->nearness > y->nearness ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Did b lack all that a lacked? Both are of one condition. */
static bool lacked_too(const struct hc_explained *a, const struct hc_explained *b)
{
	if (a->ast->kind == HC_AST_CHECK)
		return b->blamed || !a->blamed;
	for (uint32_t i = 0; i < a->nkids; i++)
		if (!lacked_too(&a->kids[i], &b->kids[i]))
			return false;
	return true;
}

/* A kind that lacked all that a nearer one lacked, and more, says nothing new. */
static void find_dominated(struct hc_misses *m)
{
	for (uint32_t i = 0; i < m->nkinds; i++) {
		struct kind *k = &m->kinds[i];

		k->dominated = false;
		for (uint32_t j = 0; j < m->nkinds && !k->dominated; j++)
			k->dominated = m->kinds[j].miss.distance < k->miss.distance &&
				       lacked_too(m->kinds[j].miss.nearest->root, k->miss.nearest->root);
	}
}

uint32_t hc_misses_get(struct hc_misses *m, const struct hc_miss *const **ret)
{
	_Static_assert(offsetof(struct kind, miss) == 0, "sorted points to kinds, too");

	find_dominated(m);
	for (uint32_t i = 0; i < m->nkinds; i++)
		m->sorted[i] = &m->kinds[i].miss;
	if (m->nkinds)
		qsort(m->sorted, m->nkinds, sizeof *m->sorted, by_nearness);
	*ret = m->sorted;
	return m->nkinds;
}

uint64_t hc_misses_matched(const struct hc_misses *m, const struct hc_explanation **ret_first)
{
	if (ret_first)
		*ret_first = m->first;
	return m->matched;
}

uint64_t hc_misses_taken(const struct hc_misses *m, const struct hc_rule **ret_by)
{
	if (ret_by)
		*ret_by = m->taken_by;
	return m->taken;
}

uint64_t hc_misses_looked_at(const struct hc_misses *m)
{
	return m->looked_at;
}

uint64_t hc_misses_events(const struct hc_misses *m)
{
	return m->events;
}

/* ---- lines ---- */

void hc_miss_line(const struct hc_miss *miss, struct hc_buf *to)
{
	hc_explain_line(miss->nearest, to);
	if (miss->events == 1)
		return;
	hc_buf_printf(to, " (and %" PRIu64 " more", miss->events - 1);
	if (miss->nvalues > 1) {
		hc_buf_puts(to, "; all values:");
		for (uint32_t i = 0; i < miss->nvalues; i++)
			hc_buf_printf(to, "%s %s %" PRIu64, i ? "," : "", miss->values[i].text, miss->values[i].n);
		if (miss->others)
			hc_buf_printf(to, ", others %" PRIu64, miss->others);
	}
	hc_buf_putc(to, ')');
}

static void put_matched(const struct hc_misses *m, struct hc_buf *to)
{
	hc_buf_printf(to, "the condition was true for %" PRIu64 " event%s, first at event %" PRIu64, m->matched,
		      m->matched == 1 ? "" : "s", m->first->num);
	if (!m->taken_by)
		return;
	hc_buf_puts(to, "; but rule '");
	hc_print_visible(to, hc_str(m->taken_by->name));
	hc_buf_printf(to, "' comes before it and matched %" PRIu64 " of them, too: with rule_matching 'first' that one alerts",
		      m->taken);
}

static bool is_active(const struct hc_misses *m)
{
	for (uint32_t i = 0; i < m->rules->nactive; i++)
		if (m->rules->active[i] == m->rule)
			return true;
	return false;
}

void hc_misses_lines(struct hc_misses *m, uint32_t max, const char *indent, struct hc_buf *to)
{
	const struct hc_miss *const *misses;
	uint32_t n = hc_misses_get(m, &misses), lines = 0;

	if (!m->tree || !is_active(m)) {
		hc_buf_printf(to, "%s%s\n", indent,
			      !m->tree ? "the rule was left out: its source is another one, or it asks for fields that do not exist here"
			      : !m->rule->enabled ? "the rule is disabled" : "the rule's priority is below the one asked for");
		lines++;
	}
	if (lines < max && m->matched) {
		hc_buf_puts(to, indent);
		put_matched(m, to);
		hc_buf_putc(to, '\n');
		lines++;
	}
	if (lines < max && m->tree && !m->matched && !n) {
		hc_buf_printf(to, "%sthere was no event to look at\n", indent);
		lines++;
	}
	/* with alerts, too: there may have been too few */
	for (uint32_t i = 0; i < n && lines < max && (m->taken == m->matched ? !m->matched || misses[i]->favoured : true); i++, lines++) {
		hc_buf_puts(to, indent);
		hc_miss_line(misses[i], to);
		hc_buf_putc(to, '\n');
	}
}
