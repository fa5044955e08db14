/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording and its live replay (record/trigger.h): alerts become saves, and what the live replay did not get or does no
 * more is said, in the ledger too. None of it ends a recording.
 */
#include "record/capture-internal.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "record/name.h"

enum { FINISH_MS = 10000 /* for its last words */ };

/* hc_alerts_fn */
static void alerted(void *ctx, const struct hc_alerts_one *alert)
{
	struct hc_capture *c = ctx;
	struct hc_diag diag;

	hc_capture_save(c, &(struct hc_ledger_trigger){ .reason = "alert", .at_ns = hc_capture_now(c), .rule = alert->rule,
							.priority = alert->priority, .event_ns = alert->event_ns,
							.alerts = alert->count }, &diag);
}

int hc_capture_live_begin(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < c->o->ntriggers; i++)
		json_array_append_new(rules, hc_name_json(c->o->triggers[i], strlen(c->o->triggers[i])));
	return hc_stream_live(c->stream, json_pack("{s:s, s:o, s:s}", "state", "running", "rules", rules, "confinement",
						   hc_trigger_confinement(c->p->trigger)), true, reterr_diag);
}

static int live_ended(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	hc_stream_feed(c->stream, NULL);
	fprintf(stderr, "hindcast record: the live replay of --trigger %s; recording goes on, but no alert will save it any more\n",
		hc_trigger_why(c->p->trigger));
	return hc_stream_live(c->stream, json_pack("{s:s, s:s}", "state", "ended", "why", hc_trigger_why(c->p->trigger)), true,
			      reterr_diag);
}

/* Once a second: did the live replay have to do without events? */
int hc_capture_live_check(struct hc_capture *c, uint64_t now, struct hc_diag *reterr_diag)
{
	struct hc_trigger_stats stats;
	uint64_t left_out;

	if (!c->p->trigger)
		return 0;
	hc_trigger_stats(c->p->trigger, &stats);
	left_out = stats.feed.left_out - c->left_out;
	if (!left_out)
		return 0;
	if (!c->left_out && !c->o->quiet)
		fprintf(stderr, "hindcast record: the live replay of --trigger is too slow for this host's events; some are left out "
				"for it, and counted. What is recorded is complete\n");
	c->left_out = stats.feed.left_out;
	return hc_stream_live(c->stream, json_pack("{s:s, s:I, s:I}", "state", "behind", "left_out", (json_int_t)left_out, "to_ns",
						   (json_int_t)now), false, reterr_diag);
}

int hc_capture_live_serve(struct hc_capture *c, uint64_t now, struct hc_diag *reterr_diag)
{
	if (c->p->trigger && hc_trigger_serve(c->p->trigger, now, alerted, c) == HC_TRIGGER_ENDED)
		return live_ended(c, reterr_diag);
	return 0;
}

/* At the end: what the last events raise still counts. */
int hc_capture_live_finish(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	int err = 0;

	if (!c->p->trigger)
		return 0;
	if (hc_trigger_finish(c->p->trigger, hc_capture_now(c), FINISH_MS, alerted, c) == HC_TRIGGER_ENDED)
		err = live_ended(c, reterr_diag);
	hc_stream_feed(c->stream, NULL);
	return err ? err : hc_capture_live_check(c, hc_capture_now(c), reterr_diag);
}
