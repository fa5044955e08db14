/* SPDX-License-Identifier: Apache-2.0
 *
 * Dependencies as pairs of tids, collected over the windows of the cut, and what can be reached by them from the threads of
 * the events that are kept. Times are not looked at: a tid that is used twice counts both times, which keeps too much at
 * worst.
 */
#include "samples/cut-relevant.h"

#include <stdlib.h>

#include "common/map.h"
#include "common/mem.h"
#include "common/progress.h"
#include "formats/reader.h"
#include "samples/cut-select.h"

struct pair {
	int64_t from, to;
};

struct hc_cut_relevant {
	struct hc_map has; /* tid -> 1 */
	struct pair *pairs;
	size_t npairs;
};

struct scan {
	struct hc_cut_relevant *found;
	struct hc_state *state;
	struct hc_cut_select select;
	bool begun;        /* the host at the window's start was looked at */
	int64_t *orphans;  /* children of a thread that is about to be removed */
	size_t norphans;
};

static void add(struct scan *c, int64_t from, int64_t to)
{
	struct hc_cut_relevant *f = c->found;

	if (to <= 0 || from == to)
		return;
	if (!(f->npairs & (f->npairs - 1)))
		f->pairs = hc_realloc(f->pairs, (f->npairs ? 2 * f->npairs : 1) * sizeof *f->pairs);
	f->pairs[f->npairs++] = (struct pair){ from, to };
}

static void add_leader(struct scan *c, const struct hc_thread *t, enum hc_leader which)
{
	const struct hc_thread *leader = hc_state_leader(c->state, t, which);

	if (leader)
		add(c, t->tid, leader->tid);
}

/* All that is known to the state about whom a thread depends on. */
static void note(struct scan *c, const struct hc_thread *t)
{
	if (!t)
		return;
	add(c, t->tid, t->pid);
	add(c, t->pid, t->tid); /* threads count in their process */
	add(c, t->tid, t->ptid);
	/* Leaders are looked up by number first: whoever has that number, now or later. */
	add(c, t->tid, t->sid);
	add(c, t->tid, t->vpgid);
	add(c, t->tid, t->pgid);
	add_leader(c, t, HC_LEADER_SID);
	add_leader(c, t, HC_LEADER_VPGID);
	add_leader(c, t, HC_LEADER_PGID);
}

static void note_everybody(struct scan *c)
{
	for (uint32_t i = 0; i < c->state->tids_cap; i++) {
		const struct hc_thread *t = c->state->tids[i];
		uint32_t pos = 0;
		struct hc_fd *fd;
		int64_t num;

		note(c, t);
		while (t && hc_fdtable_next(t->fds, &pos, &num, &fd))
			if (fd->type == HC_FD_PIDFD)
				add(c, t->tid, fd->pid);
	}
}

static void note_clone(struct scan *c, struct hc_event *ev)
{
	enum { PID = 4, PTID = 5 };
	const int64_t res = hc_event_i64(ev, 0, -1), child = res > 0 ? res : ev->tid;

	if (res < 0)
		return;
	if (res > 0)
		add(c, child, ev->tid);
	add(c, child, hc_event_i64(ev, PID, -1));
	add(c, child, hc_event_i64(ev, PTID, -1));
	note(c, hc_state_find(c->state, child));
	if (res > 0)
		note(c, hc_state_find(c->state, ev->tid));
}

static void note_exit(struct scan *c)
{
	const struct hc_thread *t = c->state->thread;
	size_t n = 0;

	for (const struct hc_thread *child = t ? t->child_first : NULL; child; child = child->sibling_next)
		n++;
	c->orphans = hc_realloc(c->orphans, (n ? n : 1) * sizeof *c->orphans);
	for (const struct hc_thread *child = t ? t->child_first : NULL; child; child = child->sibling_next)
		c->orphans[c->norphans++] = child->tid;
}

/* After the event was applied: what it may have changed about dependencies. */
static void note_event(struct scan *c, struct hc_event *ev)
{
	for (; c->norphans; c->norphans--) /* handed over before this event */
		note(c, hc_state_find(c->state, c->orphans[c->norphans - 1]));
	switch (ev->type) {
	case PPME_SYSCALL_CLONE_20_X: case PPME_SYSCALL_FORK_20_X: case PPME_SYSCALL_VFORK_20_X: case PPME_SYSCALL_CLONE3_X:
		note_clone(c, ev);
		break;
	case PPME_SYSCALL_EXECVE_19_X: case PPME_SYSCALL_EXECVEAT_X: case PPME_SYSCALL_SETSID_X:
		note(c, c->state->thread);
		break;
	case PPME_PROCEXIT_1_E:
		note_exit(c);
		break;
	case PPME_SYSCALL_PIDFD_OPEN_X:
		add(c, ev->tid, hc_event_i64(ev, 1, -1));
		break;
	case PPME_SYSCALL_PRLIMIT_X: /* changes another one */
		add(c, hc_event_i64(ev, 5, 0), ev->tid);
		break;
	default:
		break;
	}
}

static void want(struct scan *c, int64_t tid)
{
	if (tid > 0)
		*hc_map_put(&c->found->has, (uint64_t)tid, NULL) = 1;
}

/* Processes that parameters name are shown with their names. */
static void want_named(struct scan *c, struct hc_event *ev)
{
	const struct hc_event_info *info = hc_event_info(ev);

	for (uint32_t k = 0; k < info->nparams; k++)
		if (info->params[k].type == PT_PID || info->params[k].type == PT_PID32)
			want(c, hc_event_i64(ev, k, -1));
}

static void one_event(struct scan *c, struct hc_event *ev)
{
	const bool inside = hc_cut_window_of(&c->select, ev->ts_ns) >= 0;
	bool shown;

	if (!inside)
		c->begun = false;
	if (inside && !c->begun) {
		hc_state_settle(c->state, ev->ts_ns);
		note_everybody(c);
		c->begun = true;
	}
	shown = hc_state_event(c->state, ev);
	if (c->begun)
		note_event(c, ev);
	c->norphans *= c->begun;
	if (hc_cut_wants(&c->select, ev, shown) && inside) {
		want(c, ev->tid);
		want_named(c, ev);
	}
}

static void read_all(struct scan *c, struct hc_reader *reader)
{
	struct hc_progress progress;
	struct hc_reader_stats stats;
	struct hc_diag diag;
	struct hc_event *ev;
	int r = HC_READ_SECTION;

	hc_progress_init(&progress, "looking for what matters", true);
	while (r == HC_READ_EVENT || r == HC_READ_SECTION || r == HC_READ_SKIPPED) {
		if (r == HC_READ_SECTION) {
			hc_state_section(c->state, hc_reader_section(reader));
			hc_cut_select_section(&c->select);
			c->begun = false;
			c->norphans = 0;
		}
		r = hc_reader_next(reader, &ev, &diag);
		if (c->state->loading) {
			hc_reader_stats(reader, &stats);
			if (stats.section_filtered)
				hc_state_loaded(c->state);
		}
		if (r == HC_READ_EVENT) {
			hc_cut_select_start(&c->select, ev->ts_ns);
			one_event(c, ev);
		}
		if (hc_progress_due(&progress)) {
			hc_reader_stats(reader, &stats);
			hc_progress_show(&progress, stats.bytes_in, stats.input_size, stats.events, "events");
		}
	}
	hc_progress_clear(&progress);
}

/* ---- who can be reached ---- */

static int by_from(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static size_t first_pair(const struct hc_cut_relevant *f, int64_t from)
{
	size_t lo = 0, hi = f->npairs;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (f->pairs[mid].from < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void reach(struct hc_cut_relevant *f)
{
	HC_FREE int64_t *todo = hc_calloc(f->has.n + f->npairs + 1, sizeof *todo);
	size_t n = 0;
	bool is_new;

	if (f->npairs)
		qsort(f->pairs, f->npairs, sizeof *f->pairs, by_from);
	for (size_t i = 0; i < f->has.cap; i++)
		if (f->has.slots[i].used)
			todo[n++] = (int64_t)f->has.slots[i].key;
	while (n) {
		const int64_t from = todo[--n];

		for (size_t i = first_pair(f, from); i < f->npairs && f->pairs[i].from == from; i++) {
			*hc_map_put(&f->has, (uint64_t)f->pairs[i].to, &is_new) = 1;
			if (is_new)
				todo[n++] = f->pairs[i].to;
		}
	}
	free(f->pairs);
	f->pairs = NULL;
	f->npairs = 0;
}

struct hc_cut_relevant *hc_cut_relevant_find(const struct hc_cut_request *request)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	HC_CLEANUP(hc_state_free) struct hc_state *state = hc_state_new(0);
	struct hc_reader_options reading = { .decompress_ahead = true };
	struct scan c = { .state = state };
	struct hc_diag diag;

	if (hc_reader_open(&reader, request->in, &reading, &diag))
		return NULL;
	c.found = hc_calloc(1, sizeof *c.found);
	hc_cut_select_init(&c.select, request, state);
	read_all(&c, reader);
	hc_cut_select_done(&c.select);
	free(c.orphans);
	reach(c.found);
	return c.found;
}

struct hc_cut_relevant *hc_cut_relevant_free(struct hc_cut_relevant *relevant)
{
	if (relevant) {
		hc_map_done(&relevant->has);
		free(relevant->pairs);
		free(relevant);
	}
	return NULL;
}

bool hc_cut_relevant_has(const struct hc_cut_relevant *relevant, int64_t tid)
{
	return hc_map_get(&relevant->has, (uint64_t)tid) != NULL;
}
