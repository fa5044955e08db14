/* SPDX-License-Identifier: Apache-2.0
 *
 * The alerts of a run as values instead of lines: for commands that compare, count or look for them. The order is the
 * order of the run; what is too much to be kept is counted, never silently missing.
 *
 *	struct hc_collect alerts;
 *	hc_collect_init(&alerts, HC_COLLECT_MESSAGE | HC_COLLECT_FIELDS);
 *	hc_collect_run(&alerts, replay, &run, inputs, ninputs);  // replay.h, run.h; confine before
 *	for (size_t i = 0; i < alerts.n; i++)
 *		... alerts.items[i].rule->name, .event, .ts_ns ...
 *	hc_collect_done(&alerts);                                // before hc_replay_free
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"
#include "replay/alert.h"
#include "replay/replay.h"
#include "replay/run.h"

/* Against captures that alert at every event. */
enum { HC_COLLECT_ALERTS_MAX = 1 << 20, HC_COLLECT_BYTES_MAX = 256 << 20 };

enum hc_collect_what {
	HC_COLLECT_MESSAGE = 1, /* the output filled in */
	HC_COLLECT_FIELDS = 2,  /* output_fields */
};

/* One entry of output_fields; texts NUL-terminated. */
struct hc_collected_field {
	struct hc_str key;
	struct hc_str text; /* as in a message; "<NA>" if absent */
	struct hc_str json; /* as in the alert's JSON object: quoted and escaped, or a number, null ... */
};

struct hc_collected {
	const struct hc_rule *rule; /* name, priority, source, tags; borrowed from the replay */
	uint32_t capture;           /* index in inputs */
	uint64_t event;             /* evt.num */
	uint64_t ts_ns;
	int64_t tid;
	const char *hostname;       /* key hostname of the alert */
	struct hc_str message;      /* without time and priority, NUL-terminated; HC_COLLECT_MESSAGE */
	const struct hc_collected_field *fields; /* by key in byte order; HC_COLLECT_FIELDS */
	uint32_t nfields;
};

struct hc_collect {
	unsigned what; /* enum hc_collect_what, ORed */
	struct hc_collected *items;
	size_t n, cap;
	uint64_t left_out; /* beyond the limits above */
	uint32_t capture;  /* index of the one being read */
	struct hc_arena arena; /* all texts */
};

void hc_collect_init(struct hc_collect *collect, unsigned what);
void hc_collect_done(struct hc_collect *collect);

/* One alert of the current event: what hc_alert_put writes. number: the rule's place, for fields that count per rule. */
void hc_collect_put(struct hc_collect *collect, struct hc_eval *eval, const struct hc_alert_rule *alert, uint32_t number);

/* Replays all inputs, whose sources are taken. run says how (command, window, hostname ...) and has the totals afterwards;
 * its fn, ctx and wanted are set here. */
void hc_collect_run(struct hc_collect *collect, struct hc_replay *replay, struct hc_run *run, struct hc_run_input *inputs,
		    size_t ninputs);
/* The alert's field of that key, or NULL. */
const struct hc_collected_field *hc_collected_field(const struct hc_collected *alert, struct hc_str key);
