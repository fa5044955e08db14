/* SPDX-License-Identifier: Apache-2.0
 *
 * What to give up when the host makes more events than can be kept, and when to take it back. Decides, and does nothing
 * itself: a function of what it is told, so that it can be tested without a kernel.
 *
 * Order of shedding: calls that neither the rules nor the state need, then calls only rules need, the one that costs
 * most first. Never: what the state needs, what the user said to keep. One call per step, then a pause to see whether
 * that was enough. Taken back last in, first out after a calm while, which doubles each time that was too early.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rules/selection.h"

struct hc_governor {
	struct hc_scset selected; /* what would be recorded without us */
	struct hc_scset rules;    /* of those, what rules need */
	struct hc_scset keep;     /* off limits */
	struct hc_scset shed;     /* given up at present */
	uint16_t order[HC_SC_COUNT];
	uint32_t norder;
	uint64_t changed_ns, calm_since_ns, wait_ns;
	bool restored_last;       /* the last change took a call back */
};

enum hc_governor_change { HC_GOVERNOR_NONE, HC_GOVERNOR_SHED, HC_GOVERNOR_RESTORED };

/* A new selection; what was shed and is still selected stays shed. */
void hc_governor_init(struct hc_governor *governor, const struct hc_scset *selected, const struct hc_scset *rules,
		      const struct hc_scset *keep);

struct hc_pressure {
	uint64_t now_ns;
	uint64_t lost;                /* events lost since the last step, shed ones aside */
	uint32_t fill_pct;            /* the fullest ring's filling at its fullest since then */
	uint64_t cost[HC_SC_COUNT];   /* bytes each call produced lately */
};

/* One step; *ret_sc is the call that was shed or taken back. */
enum hc_governor_change hc_governor_step(struct hc_governor *governor, const struct hc_pressure *pressure,
					 unsigned *ret_sc);
