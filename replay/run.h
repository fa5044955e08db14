/* SPDX-License-Identifier: Apache-2.0
 *
 * One capture from its first byte to its last: reader, host state and evaluation context tied together, and what there
 * is to say about damage. What happens with an event is the caller's; every recorded event is offered to it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/diag.h"
#include "formats/source.h"
#include "replay/coverage.h"
#include "replay/eval.h"
#include "replay/state.h"
#include "rules/evtset.h"

/* A capture opened but not read: all are opened before the process confines itself. */
struct hc_run_input {
	const char *path;         /* as given */
	struct hc_source *source; /* owned */
};

/* Called for every event the rules are to see; false ends the run of this capture. */
typedef bool (*hc_run_fn)(void *ctx, struct hc_eval *eval);

struct hc_run {
	const char *command; /* "hindcast replay": leads messages */
	hc_run_fn fn;
	void *ctx;
	const struct hc_evset *wanted; /* event codes fn wants to see; NULL: all */
	uint64_t since_ns, until_ns;   /* events outside only change the state; until 0: no end */
	bool since_relative, until_relative; /* they count from the capture's first event */
	bool base64;
	bool no_ahead;                 /* decompress on this thread */
	bool progress;
	bool silent;                   /* a second look: what is wrong with the captures has been said */
	const char *hostname;          /* instead of the capture's; NULL: the capture's */

	/* Totals over all captures so far. */
	uint64_t events, seen;    /* read; given to the rules (fn or not) */
	uint64_t drops;           /* events that state a loss */
	uint64_t foreign;         /* events of other sources: passed over */
	uint64_t damaged, failed; /* captures with damage; captures that could not be read on */
	uint64_t skipped_bytes;
	struct hc_coverage coverage;
	struct hc_state_stats worst; /* sums of what limits refused, peaks of what was held */
};

/* Only one processor to run on: decompressing on a second thread would just make both wait. To be asked before the
 * process confines itself. */
bool hc_run_on_one_cpu(void);

/* Opens a capture without reading from it. 0 or negative errno with diag. */
int hc_run_open(struct hc_run_input *ret, const char *path, struct hc_diag *reterr_diag);

/* Replays it; prints what is wrong with it to stderr. The source is taken. */
void hc_run_capture(struct hc_run *run, struct hc_run_input *input);

/* HC_EXIT_FAIL, HC_EXIT_DAMAGED or HC_EXIT_OK, by what the captures were like. */
int hc_run_exit(const struct hc_run *run);
