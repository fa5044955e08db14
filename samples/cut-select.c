/* SPDX-License-Identifier: Apache-2.0
 *
 * The selection. A process tree is followed from birth to death: who once descended from its root stays in it when its
 * parents die and it is handed to init.
 */
#include "samples/cut-select.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "samples/cut-relevant.h"

enum { CLONE_PID = 4, CLONE_PTID = 5 /* parameters */ };

void hc_cut_select_init(struct hc_cut_select *s, const struct hc_cut_request *request, struct hc_state *state)
{
	static const struct hc_cut_window everything = { 0, UINT64_MAX, false, false };
	const struct hc_cut_window *from = request->nwindows ? request->windows : &everything;

	*s = (struct hc_cut_select){ .request = request, .state = state, .nwindows = request->nwindows ? request->nwindows : 1 };
	s->selective = request->filter || request->tree || request->container;
	s->windows = hc_calloc(s->nwindows, sizeof *s->windows);
	memcpy(s->windows, from, s->nwindows * sizeof *s->windows);
	hc_eval_init(&s->eval, state);
}

void hc_cut_select_done(struct hc_cut_select *s)
{
	hc_eval_done(&s->eval);
	hc_map_done(&s->members);
	free(s->windows);
}

void hc_cut_select_start(struct hc_cut_select *s, uint64_t first_ts_ns)
{
	if (s->started)
		return;
	s->started = true;
	for (size_t i = 0; i < s->nwindows; i++) {
		struct hc_cut_window *w = &s->windows[i];

		w->from_ns += w->from_relative ? first_ts_ns : 0;
		w->to_ns += w->to_relative ? first_ts_ns : 0;
	}
}

int64_t hc_cut_window_of(const struct hc_cut_select *s, uint64_t ts_ns)
{
	size_t lo = 0, hi = s->nwindows;

	/* The first window that does not end before. */
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;

		if (s->windows[mid].to_ns < ts_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->nwindows && s->windows[lo].from_ns <= ts_ns ? (int64_t)lo : -1;
}

/* ---- the tree ---- */

static bool is_member(const struct hc_cut_select *s, int64_t tid)
{
	const uint64_t *v = hc_map_get(&s->members, (uint64_t)tid);

	return v && *v;
}

static void set_member(struct hc_cut_select *s, int64_t tid, bool member)
{
	*hc_map_put(&s->members, (uint64_t)tid, NULL) = member;
}

static bool descends(struct hc_cut_select *s, struct hc_thread *t)
{
	struct hc_thread *main = hc_thread_main(t);
	struct hc_walk walk;

	if (t->pid == s->request->tree)
		return true;
	if (!main)
		return false;
	walk = hc_walk_begin(s->state, main);
	while ((t = hc_walk_next(&walk)))
		if (t->pid == s->request->tree)
			return true;
	return false;
}

void hc_cut_select_section(struct hc_cut_select *s)
{
	hc_map_done(&s->members);
	s->members = (struct hc_map){ 0 };
	if (!s->request->tree)
		return;
	for (uint32_t i = 0; i < s->state->tids_cap; i++)
		if (s->state->tids[i] && descends(s, s->state->tids[i]))
			set_member(s, s->state->tids[i]->tid, true);
}

static void follow_clone(struct hc_cut_select *s, struct hc_event *ev)
{
	const int64_t res = hc_event_i64(ev, 0, -1);
	int64_t pid, ptid;

	if (res > 0) {
		set_member(s, res, is_member(s, ev->tid) || res == s->request->tree);
	} else if (res == 0) {
		pid = hc_event_i64(ev, CLONE_PID, -1);
		ptid = hc_event_i64(ev, CLONE_PTID, -1);
		set_member(s, ev->tid, is_member(s, ev->tid) || is_member(s, pid) || is_member(s, ptid) ||
					       pid == s->request->tree);
	}
}

/* Processes whose birth was not recorded: the first event that tells their parent tells whether they belong. */
static void note_unseen(struct hc_cut_select *s, struct hc_event *ev)
{
	struct hc_thread *t = s->state->thread;
	const bool is_exec = ev->type == PPME_SYSCALL_EXECVE_19_X || ev->type == PPME_SYSCALL_EXECVEAT_X;

	if (!t || hc_thread_is_invalid(t) || is_member(s, t->tid))
		return;
	if (is_exec || !hc_map_get(&s->members, (uint64_t)t->tid))
		*hc_map_put(&s->members, (uint64_t)t->tid, NULL) = is_member(s, t->ptid) || is_member(s, t->pid) || descends(s, t);
}

/* Keeps the tree's members up to date; whether the event is of one. */
static bool in_tree(struct hc_cut_select *s, struct hc_event *ev)
{
	bool member;

	switch (ev->type) {
	case PPME_SYSCALL_CLONE_20_X: case PPME_SYSCALL_FORK_20_X: case PPME_SYSCALL_VFORK_20_X: case PPME_SYSCALL_CLONE3_X:
		follow_clone(s, ev);
		break;
	case PPME_PROCEXIT_1_E:
		member = is_member(s, ev->tid);
		set_member(s, ev->tid, false);
		return member;
	default:
		break;
	}
	note_unseen(s, ev);
	return is_member(s, ev->tid);
}

/* ---- all conditions ---- */

static bool in_container(const struct hc_cut_select *s)
{
	const struct hc_state *state = s->state;
	const struct hc_text *id = state->container ? state->container->id : state->thread ? state->thread->container : NULL;
	const size_t n = strlen(s->request->container);

	return id && id->len >= n && !memcmp(id->p, s->request->container, n);
}

static bool matches(struct hc_cut_select *s, struct hc_event *ev)
{
	const uint32_t *rules;

	if (!hc_evset_has(s->request->filter_events, ev->type))
		return false;
	hc_eval_begin(&s->eval, ev);
	return hc_eval_rules(&s->eval, s->request->filter, false, &rules) > 0;
}

bool hc_cut_wants(struct hc_cut_select *s, struct hc_event *ev, bool shown)
{
	const bool in = !s->request->tree || in_tree(s, ev);

	if (!s->selective)
		return true;
	return shown && in && (!s->request->container || in_container(s)) && (!s->request->filter || matches(s, ev));
}

bool hc_cut_is_relevant(void *ctx, const struct hc_thread *thread)
{
	const struct hc_cut_select *s = ctx;

	return !s->relevant || hc_cut_relevant_has(s->relevant, thread->tid);
}

bool hc_cut_is_needed(const struct hc_cut_select *s, struct hc_event *ev)
{
	const uint16_t type = ev->type;

	/* What was lost is part of the truth about what is kept. */
	if (type == PPME_DROP_E || type == PPME_DROP_X)
		return true;
	if (!hc_state_matters(s->state))
		return false;
	/* Without a thread: users, containers, the ledger. */
	return !s->relevant || hc_event_info(ev)->category & EC_METAEVENT || ev->tid <= 0 || hc_cut_relevant_has(s->relevant, ev->tid);
}
