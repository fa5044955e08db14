/* SPDX-License-Identifier: Apache-2.0
 *
 * The replay loop. Order per event as state-engine.md 1 has it: the state first, then whoever wants to see the event.
 * Damage never ends it early: whatever the reader can still deliver is replayed.
 */
#include "replay/run.h"

#include <sched.h>
#include <stdio.h>

#include "common/exit.h"
#include "common/ledger.h"
#include "common/progress.h"
#include "formats/reader.h"
#include "replay/paths.h"

bool hc_run_on_one_cpu(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1;
}

int hc_run_open(struct hc_run_input *ret, const char *path, struct hc_diag *reterr_diag)
{
	*ret = (struct hc_run_input){ .path = path };
	return hc_source_open(&ret->source, path, false, reterr_diag);
}

static void say(const struct hc_run *run, struct hc_progress *progress, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	if (run->silent)
		return;
	hc_progress_clear(progress);
	fprintf(stderr, "%s: %s\n", run->command, hc_diag_format(diag, text, sizeof text));
}

/* Events by which a recorder speaks of its own work: the ledger, and what others write when they lose events. */
static void note_recorder(struct hc_run *run, struct hc_event *ev)
{
	struct hc_str name, json;

	if (ev->type == PPME_DROP_E)
		run->drops++;
	if (ev->type != PPME_ASYNCEVENT_E)
		return;
	name = hc_event_str(ev, 1);
	json.p = (const char *)hc_event_param(ev, 2, &json.len);
	run->drops += hc_str_is(name, HC_LEDGER_LOSS);
	if (json.len)
		hc_coverage_note(&run->coverage, name, json);
}

static void add_stats(struct hc_run *run, const struct hc_state *state)
{
	struct hc_state_stats s;

	hc_state_stats(state, &s);
	if (s.threads_peak > run->worst.threads_peak)
		run->worst.threads_peak = s.threads_peak;
	if (s.bytes_peak > run->worst.bytes_peak)
		run->worst.bytes_peak = s.bytes_peak;
	run->worst.threads_refused += s.threads_refused;
	run->worst.placeholders += s.placeholders;
	run->worst.fds_refused += s.fds_refused;
	run->worst.texts_refused += s.texts_refused;
	run->worst.users_refused += s.users_refused;
	run->worst.containers_refused += s.containers_refused;
	run->worst.containers_bad += s.containers_bad;
}

static bool in_window(const struct hc_run *run, uint64_t ts_ns, uint64_t start_ns)
{
	uint64_t since = run->since_ns + (run->since_relative ? start_ns : 0);
	uint64_t until = run->until_ns + (run->until_relative ? start_ns : 0);

	return ts_ns >= since && (!run->until_ns || ts_ns <= until);
}

/* Events of plugins are of another source than the rules here; the container plugin's have id 0. */
static bool is_foreign(struct hc_event *ev)
{
	return ev->type == PPME_PLUGINEVENT_E || (ev->type == PPME_ASYNCEVENT_E && hc_event_u64(ev, 0, 0) != 0);
}

/* One event through the state and on to the caller. False: the caller has seen enough. */
static bool one_event(struct hc_run *run, struct hc_eval *eval, struct hc_event *ev, uint64_t start_ns)
{
	const bool meta = hc_event_info(ev)->category & (EC_METAEVENT | EC_PLUGIN);

	if (meta)
		note_recorder(run, ev);
	if (!hc_state_event(eval->state, ev))
		return true;
	if (meta && is_foreign(ev)) {
		run->foreign++;
		return true;
	}
	run->seen++;
	if (run->wanted && !hc_evset_has(run->wanted, ev->type))
		return true;
	if (!in_window(run, ev->ts_ns, start_ns))
		return true;
	hc_eval_begin(eval, ev);
	return run->fn(run->ctx, eval);
}

static void replay(struct hc_run *run, struct hc_reader *reader, struct hc_progress *progress)
{
	HC_CLEANUP(hc_state_free) struct hc_state *state = hc_state_new(0);
	struct hc_reader_stats stats;
	struct hc_eval eval;
	struct hc_diag diag;
	struct hc_event *ev;
	uint64_t start_ns = 0;
	bool damaged = false, more = true, first = true;

	hc_eval_init(&eval, state);
	eval.base64 = run->base64;
	eval.hostname = run->hostname;
	hc_state_section(state, hc_reader_section(reader));
	while (more) {
		int r = hc_reader_next(reader, &ev, &diag);

		if (state->loading) {
			hc_reader_stats(reader, &stats);
			if (stats.section_filtered)
				hc_state_loaded(state);
		}
		switch (r) {
		case HC_READ_EVENT:
			if (first)
				start_ns = ev->ts_ns;
			first = false;
			run->events++;
			more = one_event(run, &eval, ev, start_ns);
			if (hc_progress_due(progress)) {
				hc_reader_stats(reader, &stats);
				hc_progress_show(progress, stats.bytes_in, stats.input_size, stats.events, "events");
			}
			break;
		case HC_READ_SECTION: hc_state_section(state, hc_reader_section(reader)); break;
		case HC_READ_SKIPPED:
			say(run, progress, &diag);
			damaged = true;
			break;
		case HC_READ_EOF: more = false; break;
		case HC_READ_TRUNCATED: case HC_READ_UNSUPPORTED:
			say(run, progress, &diag);
			damaged = true;
			more = false;
			break;
		default:
			say(run, progress, &diag);
			run->failed++;
			more = false;
		}
	}
	hc_reader_stats(reader, &stats);
	run->skipped_bytes += stats.skipped_bytes;
	run->damaged += damaged;
	add_stats(run, state);
	hc_eval_done(&eval);
}

void hc_run_capture(struct hc_run *run, struct hc_run_input *input)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct hc_reader_options options = { .decompress_ahead = !run->no_ahead };
	struct hc_progress progress;
	struct hc_diag diag;
	int r;

	hc_progress_init(&progress, input->path, run->progress);
	r = hc_reader_open_source(&reader, TAKE(input->source), input->path, &options, &diag);
	if (r) {
		say(run, &progress, &diag);
		if (r < 0)
			run->failed++;
		else
			run->damaged++;
		return;
	}
	replay(run, reader, &progress);
	hc_progress_clear(&progress);
}

int hc_run_exit(const struct hc_run *run)
{
	if (run->failed)
		return HC_EXIT_FAIL;
	return run->damaged ? HC_EXIT_DAMAGED : HC_EXIT_OK;
}
