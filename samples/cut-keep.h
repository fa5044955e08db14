/* SPDX-License-Identifier: Apache-2.0
 *
 * Events that what follows depends on however long ago they were: what the ledger says is in force, and what is known of
 * each container. Copies, to be written again where a cut begins.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/event.h"
#include "common/strmap.h"
#include "replay/state.h"

/* Container documents kept at a time; of those that do not fit the metadata will be missing. */
enum { HC_CUT_KEEP_BYTES_MAX = 256 << 20 };

struct hc_cut_keep {
	struct hc_kept_event **ledger; /* by enum in cut-keep.c; owned */
	struct hc_kept_event **containers; /* in the order of the events; owned; NULL: replaced */
	uint32_t ncontainers;
	struct hc_strmap by_id; /* container id -> index + 1 */
	struct hc_arena ids;
	uint64_t bytes, left_out;
	bool has_ledger;
};

void hc_cut_keep_init(struct hc_cut_keep *keep);
void hc_cut_keep_done(struct hc_cut_keep *keep);
/* A new section: everything starts anew. */
void hc_cut_keep_section(struct hc_cut_keep *keep);
/* After the event was applied. */
void hc_cut_keep_note(struct hc_cut_keep *keep, const struct hc_state *state, struct hc_event *ev);

typedef int (*hc_cut_keep_fn)(void *ctx, struct hc_event *ev);
/* Gives copies with the time ts_ns, borrowed: first the ledger's, then containers'. 0 or what fn returned. */
int hc_cut_keep_each(const struct hc_cut_keep *keep, uint64_t ts_ns, hc_cut_keep_fn fn, void *ctx);
