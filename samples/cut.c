/* SPDX-License-Identifier: Apache-2.0
 *
 * The cutting. Every event of the input goes through the host state, kept or not; where a run of kept events begins, the
 * state is written back (replay/state-lists.h, state-extra.h) as a new section. Invariant: replaying the output gives, at
 * each kept event, the state that replaying the input gives there, as far as its fields can tell.
 */
#include "samples/cut.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit.h"
#include "common/ledger.h"
#include "config.h"
#include "formats/copy.h"
#include "formats/digest.h"
#include "replay/paths.h"
#include "replay/state-extra.h"
#include "replay/state-lists.h"
#include "samples/cut-keep.h"
#include "samples/cut-relevant.h"
#include "samples/cut-select.h"

/* Readers merge the events of several CPUs: how far behind the end of a window one of its events may come. */
static const uint64_t LATE_NS = 2000000000;
/* How long after it the ledger may speak of losses in it. */
static const uint64_t LEDGER_LATE_NS = 120000000000;

struct cut {
	const struct hc_cut_request *request;
	struct hc_copy copy;
	struct hc_reader *reader;
	struct hc_state *state;
	struct hc_cut_keep keep;
	struct hc_cut_select select;
	const struct hc_section *section; /* of the input */
	bool fresh;      /* no event of the section was applied yet: its own lists are the state */
	bool at_start;   /* only initial state was written since the section began */
	bool begun;      /* a section of the output stands for the state, up to the current event */
	bool over;       /* no later event of the section can be wanted */
	size_t window;   /* begun: the one being written */
	uint64_t last_ts_ns, ledger_to_ns;
	uint64_t kept, state_only, sections, threads, fds, left;
};

/* ---- writing ---- */

static int put(void *ctx, struct hc_event *ev)
{
	struct cut *c = ctx;

	return hc_copy_event(&c->copy, c->reader, ev);
}

static int put_state_only(struct cut *c, struct hc_event *ev)
{
	const uint32_t flags = ev->flags;
	int r;

	ev->flags |= HC_EVENT_STATE_ONLY;
	r = put(c, ev);
	ev->flags = flags;
	c->state_only++;
	return r;
}

static int put_extra(void *ctx, struct hc_event *ev)
{
	struct cut *c = ctx;

	c->state_only++;
	return put(c, ev);
}

static void say(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_stringn_nocheck(text, strlen(text)));
}

/* hindcast.cut: where this section comes from. */
static int put_origin(struct cut *c, uint64_t ts_ns, const struct hc_section *lists)
{
	static const uint32_t id = 0;
	const struct hc_cut_request *rq = c->request;
	const struct hc_cut_window *w = &c->select.windows[c->window];
	json_t *o = json_object();
	struct hc_buf data HC_BUF_DONE = { 0 };
	struct hc_event ev = { .type = PPME_ASYNCEVENT_E, .tid = -1, .ts_ns = ts_ns, .nparams = 3 };
	uint32_t lens[3] = { sizeof id, sizeof HC_LEDGER_CUT, 0 };
	char *text;

	json_object_set_new(o, "version", json_string(HC_VERSION));
	if (w->from_ns)
		json_object_set_new(o, "from_ns", json_integer((json_int_t)w->from_ns));
	if (w->to_ns != UINT64_MAX)
		json_object_set_new(o, "to_ns", json_integer((json_int_t)w->to_ns));
	say(o, "source_sha256", c->select.sha256[0] ? c->select.sha256 : NULL);
	say(o, "filter", rq->filter_text);
	if (rq->tree)
		json_object_set_new(o, "tree", json_integer(rq->tree));
	say(o, "container", rq->container);
	say(o, "around", rq->around);
	json_object_set_new(o, "threads", json_integer(lists->nthreads));
	json_object_set_new(o, "fds", json_integer(lists->nfds));
	text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	hc_buf_put(&data, &id, sizeof id);
	hc_buf_put(&data, HC_LEDGER_CUT, sizeof HC_LEDGER_CUT);
	if (text) {
		lens[2] = (uint32_t)strlen(text) + 1;
		hc_buf_put(&data, text, lens[2]);
		free(text);
	}
	ev.lens = (const uint8_t *)lens;
	ev.data = (const uint8_t *)data.p;
	return put(c, &ev);
}

/* Ends what readers take for initial state (state-engine.md 2): kept events of the same kinds are to be seen. */
static int put_border(struct cut *c, uint64_t ts_ns)
{
	static const uint8_t lens[] = { 4, 0, 8, 0 }, data[12];
	struct hc_event ev = { .type = PPME_SCAPEVENT_E, .tid = -1, .ts_ns = ts_ns, .nparams = 2, .lens = lens, .data = data };

	return put_state_only(c, &ev);
}

static int begin_section(struct cut *c, uint64_t ts_ns)
{
	const bool as_it_was = c->fresh && !c->select.relevant;
	struct hc_state_extra_stats extra = { 0 };
	struct hc_section made;
	const struct hc_section *lists = as_it_was ? c->section : &made;
	struct hc_diag diag;
	int r;

	hc_section_init(&made);
	if (!as_it_was) {
		hc_state_loaded(c->state);
		hc_state_settle(c->state, ts_ns);
		hc_state_lists(c->state, hc_cut_is_relevant, &c->select, &made);
		c->left += hc_state_lists_cut_texts(&made);
	}
	r = hc_writer_section(c->copy.output.writer, lists, &diag);
	if (r)
		hc_copy_complain(&c->copy, &diag);
	if (!r)
		r = put_origin(c, ts_ns, lists);
	if (!r && !as_it_was) {
		r = hc_cut_keep_each(&c->keep, ts_ns, put, c);
		if (!r)
			r = put_border(c, ts_ns);
		if (!r)
			r = hc_state_extra(c->state, &made, hc_cut_is_relevant, &c->select, ts_ns, put_extra, c, &extra);
		c->left += extra.left;
	}
	if (!c->sections++) {
		c->threads = lists->nthreads;
		c->fds = lists->nfds;
	}
	hc_section_done(&made);
	c->begun = true;
	c->at_start = as_it_was;
	return r;
}

/* ---- events ---- */

static bool is_ledger(struct hc_event *ev)
{
	struct hc_str name;

	if (ev->type != PPME_ASYNCEVENT_E || hc_event_u64(ev, 0, 1) != 0)
		return false;
	name = hc_event_str(ev, 1);
	return name.len >= strlen(HC_LEDGER_PREFIX) && !memcmp(name.p, HC_LEDGER_PREFIX, strlen(HC_LEDGER_PREFIX));
}

/* Which interval a ledger entry is about; 0 if about none. */
static uint64_t interval_start(struct hc_event *ev)
{
	uint32_t len;
	const char *p = (const char *)hc_event_param(ev, 2, &len);
	json_t *o = len ? json_loadb(p, strnlen(p, len), 0, NULL) : NULL;
	const uint64_t from = (uint64_t)json_integer_value(json_object_get(o, "from_ns"));

	json_decref(o);
	return from;
}

/* Behind the last window: losses that began inside it are told only now. Raises `over` when nothing more can come. */
static int behind(struct cut *c, struct hc_event *ev, uint64_t end_ns)
{
	const bool ledger = is_ledger(ev);
	uint64_t from;

	if (ledger && hc_str_is(hc_event_str(ev, 1), HC_LEDGER_END))
		c->ledger_to_ns = UINT64_MAX;
	if (ledger && (hc_str_is(hc_event_str(ev, 1), HC_LEDGER_LOSS) || hc_str_is(hc_event_str(ev, 1), HC_LEDGER_COST))) {
		from = interval_start(ev);
		if (from > c->ledger_to_ns)
			c->ledger_to_ns = from;
		if (hc_str_is(hc_event_str(ev, 1), HC_LEDGER_LOSS) && from && from <= end_ns && c->sections)
			return put_state_only(c, ev);
	}
	c->over = ev->ts_ns > end_ns + LATE_NS &&
		  (!c->keep.has_ledger || c->ledger_to_ns > end_ns || ev->ts_ns > end_ns + LEDGER_LATE_NS);
	return 0;
}

static int one_event(struct cut *c, struct hc_event *ev)
{
	const int64_t window = hc_cut_window_of(&c->select, ev->ts_ns);
	const uint64_t end_ns = c->select.windows[c->select.nwindows - 1].to_ns;
	const bool as_it_was = c->fresh && !c->select.relevant;
	const bool initial = hc_state_is_initial_type(ev->type), hidden = initial && c->state->loading;
	bool shown;
	int r = 0;

	/* A picture drawn anew has what belongs to the initial state in it already: that does not begin one. */
	if (window >= 0 && (c->begun ? (size_t)window != c->window : as_it_was || !hidden)) {
		c->window = (size_t)window;
		r = begin_section(c, ev->ts_ns);
		if (r)
			return r;
	}
	/* What ended the initial state was an event that is not delivered: the output has to say so. */
	if (c->begun && c->at_start && !hidden) {
		c->at_start = false;
		r = initial ? put_border(c, ev->ts_ns) : 0;
		if (r)
			return r;
	}
	shown = hc_state_event(c->state, ev);
	c->fresh = false;
	c->last_ts_ns = ev->ts_ns;
	hc_cut_keep_note(&c->keep, c->state, ev);
	if (hc_cut_wants(&c->select, ev, shown) && window >= 0 && c->begun) {
		c->kept += shown;
		return put(c, ev);
	}
	if (ev->ts_ns > end_ns)
		r = behind(c, ev, end_ns);
	if (!c->begun || r)
		return r;
	if (window < 0 && ev->ts_ns > c->select.windows[c->window].to_ns) {
		/* Should an event of the window come after all, the picture is drawn anew. */
		c->begun = !hc_state_matters(c->state);
		return 0;
	}
	return hc_cut_is_needed(&c->select, ev) ? put_state_only(c, ev) : 0;
}

static int cut_all(struct cut *c)
{
	struct hc_event *ev = NULL;
	int r = HC_READ_SECTION;

	for (;;) {
		struct hc_reader_stats stats;

		if (r == HC_READ_SECTION) {
			c->section = hc_reader_section(c->reader);
			c->fresh = true;
			c->begun = c->over = false;
			c->ledger_to_ns = 0;
			hc_state_section(c->state, c->section);
			hc_cut_keep_section(&c->keep);
			hc_cut_select_section(&c->select);
		}
		r = hc_copy_next(&c->copy, c->reader, &ev);
		if (r < 0)
			return r;
		if (r == HC_READ_EOF)
			break;
		if (c->state->loading) {
			hc_reader_stats(c->reader, &stats);
			if (stats.section_filtered)
				hc_state_loaded(c->state);
		}
		if (r == HC_READ_EVENT && !c->over) {
			hc_cut_select_start(&c->select, ev->ts_ns);
			r = one_event(c, ev);
			if (r < 0)
				return r;
		}
	}
	/* A capture without any event, but of the right host. */
	return c->sections ? 0 : begin_section(c, c->last_ts_ns);
}

static void summarise(const struct cut *c)
{
	hc_progress_clear((struct hc_progress *)&c->copy.progress);
	if (!c->kept)
		fprintf(stderr, "hindcast cut: no event is in what was asked for; the output has none but the picture of the host\n");
	else
		fprintf(stderr, "hindcast cut: %" PRIu64 " events kept; %" PRIu64 " more only keep the state right; "
			"%" PRIu64 " threads and %" PRIu64 " fds at the start\n", c->kept, c->state_only, c->threads, c->fds);
	if (c->left)
		fprintf(stderr, "hindcast cut: %" PRIu64 " attributes of threads and fds could not be carried over exactly\n", c->left);
	if (c->keep.left_out)
		fprintf(stderr, "hindcast cut: metadata of containers too large to keep: %" PRIu64 " descriptions left out\n",
			c->keep.left_out);
}

int hc_cut_run(const struct hc_cut_request *request)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	HC_CLEANUP(hc_state_free) struct hc_state *state = hc_state_new(0);
	struct cut c = { .request = request, .copy = { .command = "cut" }, .state = state };
	struct hc_reader_options reading = { .decompress_ahead = true };
	HC_CLEANUP(hc_cut_relevant_free) struct hc_cut_relevant *relevant = NULL;
	char sha256[HC_DIGEST_HEX] = "";
	struct hc_diag diag;
	int r;

	r = hc_reader_open(&reader, request->in, &reading, &diag);
	if (r) {
		hc_copy_complain(&c.copy, &diag);
		return r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED;
	}
	c.reader = reader;
	/* Only a file can be read several times. Of a pipe everybody's state is kept; a member of an archive has no hash. */
	if (!strcmp(request->in, "-") || hc_digest_file(request->in, sha256))
		sha256[0] = '\0';
	else if (request->filter || request->tree || request->container)
		relevant = hc_cut_relevant_find(request);
	r = hc_output_open(&c.copy.output, request->out, &request->writing, &diag);
	if (r) {
		hc_copy_complain(&c.copy, &diag);
		return HC_EXIT_FAIL;
	}
	hc_progress_init(&c.copy.progress, "cutting", true);
	hc_cut_keep_init(&c.keep);
	hc_cut_select_init(&c.select, request, state);
	memcpy(c.select.sha256, sha256, sizeof sha256);
	c.select.relevant = relevant;
	r = cut_all(&c);
	if (!r)
		summarise(&c);
	hc_cut_select_done(&c.select);
	hc_cut_keep_done(&c.keep);
	return hc_copy_finish(&c.copy, r);
}
