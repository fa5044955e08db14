/* SPDX-License-Identifier: Apache-2.0
 *
 * Which events a cut keeps: by time, filter, process tree and container; and of the others, which must stay as "state only".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/event.h"
#include "common/map.h"
#include "replay/eval.h"
#include "samples/cut.h"

struct hc_cut_relevant;

struct hc_cut_select {
	const struct hc_cut_request *request;
	struct hc_state *state;
	struct hc_eval eval;
	struct hc_cut_window *windows; /* absolute, once an event was seen; owned */
	size_t nwindows;               /* never 0 */
	bool started;
	bool selective;                /* something other than time is asked for */
	struct hc_map members;         /* of the tree: tid -> 1, 0: left */
	struct hc_cut_relevant *relevant; /* whose state matters; NULL: everybody's; borrowed */
	char sha256[65];               /* of the input; empty: unknown */
};

/* state is borrowed. */
void hc_cut_select_init(struct hc_cut_select *select, const struct hc_cut_request *request, struct hc_state *state);
void hc_cut_select_done(struct hc_cut_select *select);
/* The state has just been loaded from a section's lists. */
void hc_cut_select_section(struct hc_cut_select *select);
/* Before the capture's first event; no effect later. */
void hc_cut_select_start(struct hc_cut_select *select, uint64_t first_ts_ns);

/* The window a time is in, or -1. */
int64_t hc_cut_window_of(const struct hc_cut_select *select, uint64_t ts_ns);
/* After the event was applied; shown: rules would see it. Whether it is asked for, its time apart. To be called for every
 * event. */
bool hc_cut_wants(struct hc_cut_select *select, struct hc_event *ev, bool shown);
/* Whether a thread's state is to be written; hc_state_wanted_fn, ctx is the selection. */
bool hc_cut_is_relevant(void *ctx, const struct hc_thread *thread);
/* Of an event that is not: whether a later one may depend on it. */
bool hc_cut_is_needed(const struct hc_cut_select *select, struct hc_event *ev);
