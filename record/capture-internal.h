/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording under way, as the files see it that make it up: capture.c is the loop, capture-asked.c what signals and sockets
 * ask of it, capture-live.c its dealings with the live replay. Nothing else includes this.
 */
#pragma once

#include "record/capture.h"
#include "record/governor.h"
#include "record/stream.h"

struct hc_capture {
	const struct hc_capture_parts *p;
	const struct hc_capture_options *o;
	struct hc_rings *rings;
	struct hc_stream *stream;
	struct hc_select *select;
	int epoll;
	uint64_t start_ns, tick_ns;
	struct hc_watch *watch;
	uint64_t reload_ns;   /* when to look at changed rules; 0: they have not changed */
	uint64_t ready_ns;    /* when a snapshot was complete; 0: none waits */
	const char *stop;     /* why to end; NULL: go on */
	bool child_running, child_released, stop_asked;
	bool enough;          /* max_events are recorded */
	int full;             /* negative: the file system is about to be; full_diag says it */
	struct hc_diag full_diag;
	bool named;           /* the first file is */
	struct hc_governor governor;
	struct hc_scset recorded; /* selected and not shed */
	char why[160];            /* the governor's last change */
	uint64_t step_ns, step_lost, metrics_ns;
	bool metrics_failed;
	bool save_failed;     /* the last time */
	uint64_t left_out;    /* of the live replay's stream, as told */
	int failure; /* of what a request to the control socket did; failure_diag */
	struct hc_diag failure_diag;
	uint32_t step_fill_pct;
	struct hc_capture_result *result;
};

/* capture.c */
uint64_t hc_capture_now(const struct hc_capture *c);
enum { HC_CAPTURE_REFUSED = 1 };
int hc_capture_reload(struct hc_capture *c, const char *why, struct hc_diag *reterr_diag);

/* capture-asked.c */
int hc_capture_save(struct hc_capture *c, const struct hc_ledger_trigger *trigger, struct hc_diag *reterr_diag);
int hc_capture_signalled(struct hc_capture *c, struct hc_diag *reterr_diag);
int hc_capture_serve(struct hc_capture *c, uint64_t now, struct hc_diag *reterr_diag);
void hc_capture_metrics(void *ctx, struct hc_buf *out);

/* capture-live.c */
int hc_capture_live_begin(struct hc_capture *c, struct hc_diag *reterr_diag);
int hc_capture_live_check(struct hc_capture *c, uint64_t now, struct hc_diag *reterr_diag);
int hc_capture_live_serve(struct hc_capture *c, uint64_t now, struct hc_diag *reterr_diag);
int hc_capture_live_finish(struct hc_capture *c, struct hc_diag *reterr_diag);
