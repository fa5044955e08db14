/* SPDX-License-Identifier: Apache-2.0
 *
 * Shedding with hysteresis (record/governor.h).
 */
#include "record/governor.h"

#define MS 1000000ull
#define PAUSE_NS (200 * MS)         /* after a change: what is in the rings still tells of the time before */
#define WAIT_MIN_NS (5000 * MS)     /* of calm before something is taken back */
#define WAIT_MAX_NS (640000 * MS)
#define CALM_RESETS_NS (3 * WAIT_MAX_NS)

enum {
	FILL_HIGH_PCT = 60,
	FILL_LOW_PCT = 15,
	COST_SHARE_MIN = 50, /* what makes less than a fiftieth of the volume is not worth losing */
};

void hc_governor_init(struct hc_governor *g, const struct hc_scset *selected, const struct hc_scset *rules,
		      const struct hc_scset *keep)
{
	uint32_t n = 0;

	g->selected = *selected;
	g->rules = *rules;
	g->keep = *keep;
	for (uint32_t i = 0; i < g->norder; i++)
		if (hc_scset_has(selected, g->order[i]) && !hc_scset_has(keep, g->order[i]))
			g->order[n++] = g->order[i];
	g->norder = n;
	g->shed = (struct hc_scset){ 0 };
	for (uint32_t i = 0; i < n; i++)
		hc_scset_add(&g->shed, g->order[i]);
	if (!g->wait_ns)
		g->wait_ns = WAIT_MIN_NS;
}

/* The dearest call that may go and whose going would be felt; HC_SC_COUNT if there is none. */
static unsigned dearest(const struct hc_governor *g, const uint64_t *cost)
{
	unsigned best = HC_SC_COUNT;
	struct hc_scset may_go = g->selected;
	uint64_t sum = 0;

	hc_scset_subtract(&may_go, &g->shed);
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		sum += hc_scset_has(&may_go, sc) ? cost[sc] : 0;
	hc_scset_subtract(&may_go, &g->keep);

	for (int wanted_by_rules = 0; wanted_by_rules < 2 && best == HC_SC_COUNT; wanted_by_rules++)
		for (unsigned sc = 0; sc < HC_SC_COUNT; sc++) {
			if (!hc_scset_has(&may_go, sc) || hc_scset_has(&g->rules, sc) != wanted_by_rules)
				continue;
			if (!cost[sc] || cost[sc] < sum / COST_SHARE_MIN)
				continue;
			if (best == HC_SC_COUNT || cost[sc] > cost[best])
				best = sc;
		}
	return best;
}

static enum hc_governor_change shed(struct hc_governor *g, const struct hc_pressure *p, unsigned *ret_sc)
{
	unsigned sc = dearest(g, p->cost);

	if (sc == HC_SC_COUNT)
		return HC_GOVERNOR_NONE;
	if (g->restored_last && g->wait_ns < WAIT_MAX_NS)
		g->wait_ns *= 2; /* taking back was too early */
	hc_scset_add(&g->shed, sc);
	g->order[g->norder++] = (uint16_t)sc;
	g->restored_last = false;
	*ret_sc = sc;
	return HC_GOVERNOR_SHED;
}

static enum hc_governor_change restore(struct hc_governor *g, unsigned *ret_sc)
{
	struct hc_scset one = { 0 };

	*ret_sc = g->order[--g->norder];
	hc_scset_add(&one, *ret_sc);
	hc_scset_subtract(&g->shed, &one);
	g->restored_last = true;
	return HC_GOVERNOR_RESTORED;
}

enum hc_governor_change hc_governor_step(struct hc_governor *g, const struct hc_pressure *p, unsigned *ret_sc)
{
	enum hc_governor_change change = HC_GOVERNOR_NONE;
	bool high = p->lost || p->fill_pct >= FILL_HIGH_PCT, low = !p->lost && p->fill_pct <= FILL_LOW_PCT;

	if (!low || !g->calm_since_ns)
		g->calm_since_ns = p->now_ns;
	if (!g->norder && p->now_ns - g->calm_since_ns > CALM_RESETS_NS)
		g->wait_ns = WAIT_MIN_NS;
	if (high && p->now_ns - g->changed_ns >= PAUSE_NS)
		change = shed(g, p, ret_sc);
	else if (low && g->norder && p->now_ns - g->changed_ns >= g->wait_ns && p->now_ns - g->calm_since_ns >= g->wait_ns)
		change = restore(g, ret_sc);
	if (change != HC_GOVERNOR_NONE)
		g->changed_ns = p->now_ns;
	return change;
}
