/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of threads (state-engine.md 3.1, 5.2): look-up by tid, creation, deletion. What an exit means for groups and
 * families is in groups.c. Open addressing with linear probing and backward-shift deletion: no tombstones, so a fork bomb
 * does not wear the table out.
 */
#include "replay/state-internal.h"

#include "common/hash.h"
#include "common/mem.h"

enum { TIDS_MIN = 256 };

void hc_text_share(struct hc_state *s, struct hc_text **slot, struct hc_text *text)
{
	struct hc_text *old = *slot;

	*slot = hc_text_ref(text);
	hc_text_unref(&s->pool, old);
}

void hc_text_set(struct hc_state *s, struct hc_text **slot, const void *p, size_t len)
{
	struct hc_text *text = NULL;

	if (hc_text_is(*slot, p, len))
		return;
	if (hc_pool_full(&s->pool) && len)
		s->stats.texts_refused++;
	else
		text = hc_text_new(&s->pool, p, len);
	hc_text_unref(&s->pool, *slot);
	*slot = text;
}

void hc_text_set_param(struct hc_state *s, struct hc_text **slot, struct hc_event *ev, uint32_t k)
{
	struct hc_str str = hc_event_str(ev, k);

	hc_text_set(s, slot, str.p, str.len);
}

void hc_text_set_bytes(struct hc_state *s, struct hc_text **slot, struct hc_event *ev, uint32_t k, struct hc_text *like)
{
	uint32_t len;
	const uint8_t *p = hc_event_param(ev, k, &len);

	if (like && hc_text_is(like, p, len))
		hc_text_share(s, slot, like);
	else
		hc_text_set(s, slot, p, len);
}

void hc_threads_init(struct hc_state *s)
{
	s->tids_cap = TIDS_MIN;
	s->tids = hc_calloc(s->tids_cap, sizeof(struct hc_thread *));
}

static uint32_t tid_home(const struct hc_state *s, int64_t tid)
{
	return (uint32_t)hc_hash_u64(s->seed ^ (uint64_t)tid) & (s->tids_cap - 1);
}

/* The slot that holds tid, or the empty one where it would go. */
static uint32_t tid_slot(const struct hc_state *s, int64_t tid)
{
	uint32_t i = tid_home(s, tid);

	while (s->tids[i] && s->tids[i]->tid != tid)
		i = (i + 1) & (s->tids_cap - 1);
	return i;
}

struct hc_thread *hc_state_find(struct hc_state *s, int64_t tid)
{
	struct hc_thread *t = s->last_found;

	if (t && t->tid == tid)
		return t;
	t = s->tids[tid_slot(s, tid)];
	if (t)
		s->last_found = t;
	return t;
}

static void free_thread(struct hc_state *s, struct hc_thread *t)
{
	struct hc_text *const texts[] = { t->enter, t->comm, t->exe, t->exepath, t->args, t->cwd, t->env, t->cgroups,
					  t->root, t->container };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		hc_text_unref(&s->pool, texts[i]);
	hc_fdtable_release(s, t->fds);
	hc_memo_done(&t->memo);
	hc_memo_done(&t->lineage);
	hc_pool_free(&s->pool, t, sizeof *t);
}

void hc_threads_done(struct hc_state *s)
{
	for (uint32_t i = 0; i < s->tids_cap; i++)
		if (s->tids[i])
			free_thread(s, s->tids[i]);
	free(s->tids);
	s->tids = NULL;
	s->ntids = s->tids_cap = 0;
	s->last_found = s->thread = s->exited = s->closed_in = NULL;
	s->fd = NULL;
}

struct hc_thread *hc_thread_new(struct hc_state *s, int64_t tid)
{
	struct hc_thread *t;

	if (s->ntids >= HC_THREADS_MAX || hc_pool_full(&s->pool)) {
		s->stats.threads_refused++;
		return NULL;
	}
	t = hc_pool_alloc(&s->pool, sizeof *t);
	*t = (struct hc_thread){
		.tid = tid, .pid = -1, .ptid = -1, .enter_type = PPME_NONE,
		.sid = -1, .vpgid = -1, .pgid = -1, .vtid = -1, .vpid = -1, .fdlimit = -1, .reaper_tid = -1,
		.uid = UINT32_MAX, .gid = UINT32_MAX, .loginuid = UINT32_MAX,
	};
	return t;
}

static void grow(struct hc_state *s)
{
	struct hc_thread **old = s->tids;
	const uint32_t old_cap = s->tids_cap;

	s->tids_cap *= 2;
	s->tids = hc_calloc(s->tids_cap, sizeof(struct hc_thread *));
	for (uint32_t i = 0; i < old_cap; i++)
		if (old[i])
			s->tids[tid_slot(s, old[i]->tid)] = old[i];
	free(old);
}

/* Takes t out of everything that points to it. */
static void forget(struct hc_state *s, struct hc_thread *t)
{
	hc_thread_detach(s, t);
	if (s->last_found == t)
		s->last_found = NULL;
	if (s->thread == t) {
		s->thread = NULL;
		s->fd = NULL;
	}
	if (s->exited == t)
		s->exited = NULL;
	if (s->closed_in == t)
		s->closed_in = NULL;
}

void hc_threads_put(struct hc_state *s, struct hc_thread *t)
{
	uint32_t i = tid_slot(s, t->tid);

	if (s->tids[i]) {
		struct hc_thread *old = s->tids[i];

		s->tids[i] = t;
		forget(s, old);
		free_thread(s, old);
	} else {
		if (++s->ntids > s->tids_cap / 2) {
			grow(s);
			i = tid_slot(s, t->tid);
		}
		s->tids[i] = t;
		if (s->ntids > s->stats.threads_peak)
			s->stats.threads_peak = s->ntids;
	}
	hc_state_raise(&s->lineage_epoch);
}

void hc_thread_discard(struct hc_state *s, struct hc_thread *t)
{
	hc_thread_detach(s, t);
	free_thread(s, t);
}

void hc_threads_erase(struct hc_state *s, struct hc_thread *t)
{
	uint32_t hole = tid_slot(s, t->tid), mask = s->tids_cap - 1;

	s->tids[hole] = NULL;
	for (uint32_t i = (hole + 1) & mask; s->tids[i]; i = (i + 1) & mask) {
		/* An entry may move into the hole unless its home lies behind it. */
		if (((i - tid_home(s, s->tids[i]->tid)) & mask) >= ((i - hole) & mask)) {
			s->tids[hole] = s->tids[i];
			s->tids[i] = NULL;
			hole = i;
		}
	}
	s->ntids--;
	forget(s, t);
	free_thread(s, t);
	hc_state_raise(&s->lineage_epoch);
}

struct hc_thread *hc_threads_get(struct hc_state *s, int64_t tid)
{
	struct hc_thread *t = hc_state_find(s, tid);

	if (t)
		return t;
	t = hc_thread_new(s, tid);
	if (!t)
		return NULL;
	hc_text_set(s, &t->comm, "<NA>", 4);
	hc_text_share(s, &t->exe, t->comm);
	hc_threads_put(s, t);
	s->stats.placeholders++;
	return t;
}
