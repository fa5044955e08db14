/* SPDX-License-Identifier: Apache-2.0
 *
 * Two runs of one plan, and their alerts side by side. Both files have the same events under the same numbers: what
 * redaction adds stands behind them.
 */
#include "samples/redact-verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "formats/source.h"
#include "replay/collect.h"
#include "replay/config.h"
#include "replay/confine.h"

enum { ORIGINAL, REDACTED, SIDES };

struct job {
	struct hc_config config;
	struct hc_replay *replay;
	struct hc_run_input inputs[SIDES];
	struct hc_collect alerts;
};

/* By event, side, rule: what belongs together stands together. */
static int by_event(const void *a, const void *b)
{
	const struct hc_collected *x = a, *y = b;

	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	if (x->capture != y->capture)
		return x->capture < y->capture ? -1 : 1;
	return x->rule->place < y->rule->place ? -1 : x->rule->place > y->rule->place;
}

static bool has(const struct hc_collected *alerts, size_t n, const struct hc_rule *rule)
{
	for (size_t i = 0; i < n; i++)
		if (alerts[i].rule == rule)
			return true;
	return false;
}

/* The next alert of one side that the other does not have. */
static const struct hc_collected *unmatched(const struct hc_collected *mine, size_t n, const struct hc_collected *theirs, size_t m,
					    size_t *at)
{
	while (*at < n) {
		const struct hc_collected *a = &mine[(*at)++];

		if (!has(theirs, m, a->rule))
			return a;
	}
	return NULL;
}

/* One event: n alerts of the original, then m of the redacted. */
static void compare_event(const struct hc_collected *alerts, size_t n, size_t m, struct hc_redact_verdict *v)
{
	size_t i = 0, k = 0;

	for (;;) {
		const struct hc_collected *gone = unmatched(alerts, n, alerts + n, m, &i);
		const struct hc_collected *new = unmatched(alerts + n, m, alerts, n, &k);

		if (!gone && !new)
			return;
		v->gone += gone && !new;
		v->new += new && !gone;
		v->exchanged += gone && new;
		if (gone && new)
			printf("event %" PRIu64 ": %s instead of %s: %s\n", gone->event, new->rule->name, gone->rule->name, new->message.p);
		else if (gone)
			printf("event %" PRIu64 ": gone: %s: %s\n", gone->event, gone->rule->name, gone->message.p);
		else
			printf("event %" PRIu64 ": new: %s: %s\n", new->event, new->rule->name, new->message.p);
	}
}

static void compare(struct hc_collect *all, struct hc_redact_verdict *v)
{
	if (all->n)
		qsort(all->items, all->n, sizeof *all->items, by_event);
	for (size_t i = 0, n, m; i < all->n; i += n + m) {
		const struct hc_collected *a = &all->items[i];

		for (n = 0; i + n < all->n && a[n].event == a->event && a[n].capture == ORIGINAL; n++)
			;
		for (m = 0; i + n + m < all->n && a[n + m].event == a->event && a[n + m].capture == REDACTED; m++)
			;
		v->before += n;
		v->after += m;
		compare_event(a, n, m, v);
	}
}

static int run(struct job *job, struct hc_diag *reterr_diag)
{
	struct hc_run how = { .command = "hindcast redact", .no_ahead = hc_run_on_one_cpu(), .progress = true };
	struct hc_confinement confinement;

	tzset();
	hc_confine(&confinement);
	hc_collect_run(&job->alerts, job->replay, &how, job->inputs, SIDES);
	if (how.failed)
		return hc_diag_set(reterr_diag, -EIO, "a capture could not be read to its end; the alerts were not compared");
	if (job->alerts.left_out)
		return hc_diag_set(reterr_diag, -E2BIG, "%" PRIu64 " alerts are too many to be compared", job->alerts.left_out);
	return 0;
}

int hc_redact_verify(const char *original, const char *redacted, const char *const *rules, size_t nrules,
		     struct hc_redact_verdict *ret, struct hc_diag *reterr_diag)
{
	struct job job = { 0 };
	struct hc_replay_options load = { .config = &job.config, .paths = rules, .npaths = nrules };
	int r;

	*ret = (struct hc_redact_verdict){ 0 };
	hc_config_init(&job.config);
	job.config.match_all = true;
	hc_collect_init(&job.alerts, HC_COLLECT_MESSAGE);
	r = hc_replay_new(&job.replay, &load, reterr_diag);
	if (r > 0)
		r = HC_REDACT_VERIFY_RULES;
	if (!r)
		r = hc_run_open(&job.inputs[ORIGINAL], original, reterr_diag);
	if (!r)
		r = hc_run_open(&job.inputs[REDACTED], redacted, reterr_diag);
	if (!r)
		r = run(&job, reterr_diag);
	if (!r)
		compare(&job.alerts, ret);
	hc_collect_done(&job.alerts);
	for (int i = 0; i < SIDES; i++)
		hc_source_close(job.inputs[i].source);
	hc_replay_free(job.replay);
	hc_config_done(&job.config);
	return r;
}
