/* SPDX-License-Identifier: Apache-2.0
 *
 * From the merged events to files that each replay alone: a snapshot in front, the ledger's entries between the events,
 * a last word at the end, the next file where a limit says so.
 *
 * Order of things in a file. Hooks are live at time A; from then on events are held back in memory while a thread reads
 * /proc, until time B. Then come: the lists as of A..B, hindcast.start, .selection and .snapshot, the events held back,
 * and the rest as it happens. So nothing between A and B is missing. What happened to a task in that interval before it
 * was read is in the lists already and comes once more as event: opening, closing, duplicating, exec, exit and absolute
 * directory changes can be applied twice without harm; the capture says the interval (hindcast.snapshot) for what
 * cannot, such as a relative chdir. Tasks that ended before they could be read are in no list, so their last events
 * from before B would come from nowhere: those are left out, and counted (skipped) in hindcast.snapshot. Tasks born since
 * A are introduced by their clone events.
 *
 * The next file: from time A on, when a limit is reached, events go to the old file and are kept as well, while /proc is
 * read. (If it cannot be read, the old file goes on, and that is tried again.) At B the old file ends; the new one holds
 * the lists, the kept events of A..B marked STATE_ONLY (scap-format.md 9.2: replay applies and does not show them), and
 * all since B. No event is shown twice, none is missing, no file depends on another. So a file can be larger than its
 * limit by what happens while /proc is read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/diag.h"
#include "record/iterators.h"
#include "record/feed.h"
#include "record/ledger.h"
#include "record/output.h"
#include "record/rings.h"
#include "record/select.h"

struct hc_stream;

struct hc_stream_options {
	struct hc_output *output;             /* borrowed */
	const struct hc_kernel *kernel;       /* borrowed */
	const struct hc_iterators *iterators; /* borrowed; for the snapshots */
	struct hc_rings *rings;               /* borrowed; for fill levels */
	const struct hc_bpf_config *config;   /* borrowed */
	const char *host_root;
	uint64_t max_events;                  /* in all files; 0: no limit */
};

struct hc_stream *hc_stream_new(const struct hc_stream_options *options, uint64_t now_ns);
struct hc_stream *hc_stream_free(struct hc_stream *stream);

/* Starts reading /proc for the first file; later ones are the stream's own business. */
int hc_stream_snapshot(struct hc_stream *stream, uint64_t now_ns, struct hc_diag *reterr_diag);
/* Readable when the snapshot is there. Acknowledge that, and once all events up to that time have been emitted, ready opens
 * the file and lets them through. */
int hc_stream_fd(const struct hc_stream *stream);
int hc_stream_acknowledge(struct hc_stream *stream);
int hc_stream_ready(struct hc_stream *stream, uint64_t now_ns, struct hc_diag *reterr_diag);

/* For hc_rings_drain; ctx is the stream. An error leaves its diag in hc_stream_diag. */
enum hc_stream_emit { HC_STREAM_ENOUGH = 1 /* max_events reached */, HC_STREAM_HOLD = 2 /* no room to hold more back */ };
int hc_stream_emit(void *ctx, uint16_t cpu, const void *wire, uint32_t len);
const struct hc_diag *hc_stream_diag(const struct hc_stream *stream);

/* Says in the capture what is recorded from here on, and why that changed; the set is borrowed until the next call. */
int hc_stream_selection(struct hc_stream *stream, const struct hc_select *select, const struct hc_scset *set,
			const char *reason, const char *why, struct hc_diag *reterr_diag);
/* Bytes by system call of the last seconds; tick halves them. */
void hc_stream_costs(const struct hc_stream *stream, uint64_t ret_cost[HC_SC_COUNT]);
/* Once a second: losses, costs, what is in memory goes to the file, limits. */
int hc_stream_tick(struct hc_stream *stream, uint64_t now_ns, struct hc_diag *reterr_diag);
/* From now on everything goes there as well; NULL: no longer. Borrowed. */
void hc_stream_feed(struct hc_stream *stream, struct hc_feed *feed);
/* A hindcast.live entry, taken; lasting: it is the state of things, and is told again in each file to come. */
int hc_stream_live(struct hc_stream *stream, json_t *entry, bool lasting, struct hc_diag *reterr_diag);
/* Flight recorder: what is in memory goes to a file, and what follows; the trigger into the ledger. */
int hc_stream_save(struct hc_stream *stream, uint64_t now_ns, const struct hc_ledger_trigger *trigger,
		   struct hc_diag *reterr_diag);
/* The hooks are gone: no further file is begun, and events need not be held back any longer (drain once more after this). */
int hc_stream_settle(struct hc_stream *stream, uint64_t now_ns, struct hc_diag *reterr_diag);
/* The last words and the end of the file; after settle. */
int hc_stream_end(struct hc_stream *stream, uint64_t now_ns, const char *reason, struct hc_diag *reterr_diag);

/* Something to tell people about that does not end the recording; forgotten by the call. NULL: nothing. */
const char *hc_stream_notice(struct hc_stream *stream);

/* What became of the events of the kernel so far. */
struct hc_stream_counts {
	uint64_t events;  /* written */
	uint64_t refused; /* could not be: malformed; never seen */
	uint64_t skipped; /* left out, because of tasks that are in no list (hindcast.snapshot) */
};
void hc_stream_counts(const struct hc_stream *stream, struct hc_stream_counts *ret);
