/* SPDX-License-Identifier: Apache-2.0
 *
 * Thread groups and families: who belongs together, who inherits the children of the dead (state-engine.md 3.2, 8), and the
 * ring of recent exits (6.1). Invariant: a thread in a group's list points to that group; a child in a list of children
 * points to its parent; entries that were replaced are in neither, but stay in their group's count of the living.
 */
#include "replay/state-internal.h"

#include "common/hash.h"
#include "common/mem.h"

enum {
	PIDS_MIN = 256,
	EXIT_BUCKETS = 4096,
	WALK_MAX = 1024, /* generations looked at for a reaper: bounds what a chain of 262144 forks can cost per exit */
	NO_EXIT = UINT16_MAX,
};

/* An exited thread, for the clone that is told of late (6.1). Ids modulo 2^32. */
struct hc_exit {
	uint32_t ptid, tid;
	uint64_t ts_ns;
};

/* Exits with the same hash are chained, so that a clone need not look through the whole ring. */
struct hc_exits {
	struct hc_exit ring[HC_EXITS_MAX];
	uint16_t next[HC_EXITS_MAX], prev[HC_EXITS_MAX]; /* newest first */
	uint16_t bucket[EXIT_BUCKETS];
	uint64_t n; /* ever added */
};

void hc_groups_init(struct hc_state *s)
{
	s->pids_cap = PIDS_MIN;
	s->pids = hc_calloc(s->pids_cap, sizeof(struct hc_group *));
	s->exits = hc_malloc(sizeof *s->exits);
	memset(s->exits->bucket, 0xff, sizeof s->exits->bucket);
	s->exits->n = 0;
}

void hc_groups_done(struct hc_state *s)
{
	free(s->pids);
	free(s->exits);
	s->pids = NULL;
	s->exits = NULL;
	s->npids = s->pids_cap = 0;
}

static uint32_t pid_home(const struct hc_state *s, int64_t pid)
{
	return (uint32_t)hc_hash_u64(s->seed ^ (uint64_t)pid) & (s->pids_cap - 1);
}

static uint32_t pid_slot(const struct hc_state *s, int64_t pid)
{
	uint32_t i = pid_home(s, pid);

	while (s->pids[i] && s->pids[i]->pid != pid)
		i = (i + 1) & (s->pids_cap - 1);
	return i;
}

struct hc_group *hc_group_find(struct hc_state *s, int64_t pid)
{
	return s->pids[pid_slot(s, pid)];
}

struct hc_group *hc_group_make(struct hc_state *s, int64_t pid)
{
	struct hc_group *g;

	if (s->npids >= HC_GROUPS_MAX || hc_pool_full(&s->pool)) {
		s->stats.threads_refused++;
		return NULL;
	}
	g = hc_pool_alloc(&s->pool, sizeof *g);
	*g = (struct hc_group){ .pid = pid, .listed = true };
	if (++s->npids > s->pids_cap / 2) {
		struct hc_group **old = s->pids;
		const uint32_t old_cap = s->pids_cap;

		s->pids_cap *= 2;
		s->pids = hc_calloc(s->pids_cap, sizeof(struct hc_group *));
		for (uint32_t i = 0; i < old_cap; i++)
			if (old[i])
				s->pids[pid_slot(s, old[i]->pid)] = old[i];
		free(old);
	}
	s->pids[pid_slot(s, pid)] = g;
	return g;
}

static void group_free_unused(struct hc_state *s, struct hc_group *g)
{
	if (!g->listed && !g->first)
		hc_pool_free(&s->pool, g, sizeof *g);
}

/* The pid stands for no group any more. Members that are left - exits got lost, and the numbers were given anew - stay
 * together without being found. */
void hc_group_unlist(struct hc_state *s, struct hc_group *g)
{
	uint32_t hole = pid_slot(s, g->pid), mask = s->pids_cap - 1;

	s->pids[hole] = NULL;
	for (uint32_t i = (hole + 1) & mask; s->pids[i]; i = (i + 1) & mask) {
		if (((i - pid_home(s, s->pids[i]->pid)) & mask) >= ((i - hole) & mask)) {
			s->pids[hole] = s->pids[i];
			s->pids[i] = NULL;
			hole = i;
		}
	}
	s->npids--;
	g->listed = false;
	group_free_unused(s, g);
}

void hc_thread_join_group(struct hc_group *g, struct hc_thread *t)
{
	t->group = g;
	if (hc_thread_is_main(t)) {
		t->group_next = g->first;
		if (g->first)
			g->first->group_prev = t;
		else
			g->last = t;
		g->first = t;
	} else {
		t->group_prev = g->last;
		if (g->last)
			g->last->group_next = t;
		else
			g->first = t;
		g->last = t;
	}
}

static void child_link(struct hc_thread *parent, struct hc_thread *child)
{
	child->parent = parent;
	child->ptid = parent->tid;
	child->sibling_prev = parent->child_last;
	child->sibling_next = NULL;
	if (parent->child_last)
		parent->child_last->sibling_next = child;
	else
		parent->child_first = child;
	parent->child_last = child;
}

static void child_unlink(struct hc_thread *child)
{
	struct hc_thread *parent = child->parent;

	if (!parent)
		return;
	if (child->sibling_prev)
		child->sibling_prev->sibling_next = child->sibling_next;
	else
		parent->child_first = child->sibling_next;
	if (child->sibling_next)
		child->sibling_next->sibling_prev = child->sibling_prev;
	else
		parent->child_last = child->sibling_prev;
	child->parent = child->sibling_prev = child->sibling_next = NULL;
}

void hc_thread_create_dependencies(struct hc_state *s, struct hc_thread *t)
{
	struct hc_thread *parent;
	struct hc_group *g;

	if (hc_thread_is_invalid(t) || t->group)
		return;
	g = hc_group_find(s, t->pid);
	if (!g) {
		g = hc_group_make(s, t->pid);
		if (!g)
			return;
		g->reaper = t->pid == 1 || t->vpid == 1;
	}
	g->nlive++;
	hc_thread_join_group(g, t);
	hc_state_touch(s, t);
	if (t->pid == 1)
		return;
	parent = hc_state_find(s, t->ptid);
	child_unlink(t);
	if (!parent || hc_thread_is_invalid(parent))
		t->ptid = 0;
	else
		child_link(parent, t);
}

void hc_thread_leave_group(struct hc_state *s, struct hc_thread *t)
{
	struct hc_group *g = t->group;

	if (!g)
		return;
	if (t->group_prev)
		t->group_prev->group_next = t->group_next;
	else
		g->first = t->group_next;
	if (t->group_next)
		t->group_next->group_prev = t->group_prev;
	else
		g->last = t->group_prev;
	t->group = NULL;
	t->group_prev = t->group_next = NULL;
	group_free_unused(s, g);
}

void hc_thread_set_parent(struct hc_thread *t, struct hc_thread *parent)
{
	const int64_t ptid = t->ptid;

	child_unlink(t);
	if (parent)
		child_link(parent, t);
	t->ptid = ptid;
}

void hc_thread_detach(struct hc_state *s, struct hc_thread *t)
{
	hc_thread_leave_group(s, t);
	child_unlink(t);
	while (t->child_first)
		child_unlink(t->child_first);
}

void hc_thread_kill(struct hc_thread *t)
{
	if (hc_thread_is_dead(t))
		return;
	if (t->group && t->group->nlive)
		t->group->nlive--;
	t->flags |= HC_CL_CLOSED;
}

uint32_t hc_thread_nchilds(const struct hc_thread *t)
{
	const struct hc_thread *main = hc_thread_main(t);
	uint32_t n = hc_thread_nthreads(t);

	return n && main && !hc_thread_is_dead(main) ? n - 1 : n;
}

static struct hc_thread *first_alive(const struct hc_group *g)
{
	for (struct hc_thread *t = g->first; t; t = t->group_next)
		if (!hc_thread_is_dead(t))
			return t;
	return NULL;
}

/* Who gets the children of t (8, step 3); t is dead already. */
static struct hc_thread *find_reaper(struct hc_state *s, struct hc_thread *t)
{
	const bool in_pidns = hc_thread_in_pidns(t);
	struct hc_thread *r;

	if (t->reaper_tid > 0) {
		r = hc_threads_get(s, t->reaper_tid);
		if (r && !hc_thread_is_invalid(r) && r != t)
			return r;
	}
	r = first_alive(t->group);
	if (r)
		return r;
	/* Going round a loop more than once finds nothing new, so a step count serves as loop detection. */
	r = hc_thread_parent(s, t);
	for (uint32_t i = 0; r && r != t && i < WALK_MAX; i++, r = hc_thread_parent(s, r)) {
		struct hc_thread *alive;

		if (hc_thread_in_pidns(r) != in_pidns)
			return NULL;
		alive = r->group && r->group->reaper && r->group->nlive ? first_alive(r->group) : NULL;
		if (alive)
			return alive;
	}
	return NULL;
}

static void reparent_children(struct hc_state *s, struct hc_thread *t)
{
	struct hc_thread *reaper = find_reaper(s, t), *child;

	if (reaper && reaper->pid != t->pid && reaper->group)
		reaper->group->reaper = true;
	while ((child = t->child_first)) {
		child_unlink(child);
		/* A reaper that is one of the children becomes its own parent, as odd captures have it. */
		if (reaper)
			child_link(reaper, child);
		else
			child->ptid = 0;
	}
}

void hc_thread_remove(struct hc_state *s, struct hc_thread *t)
{
	const bool is_main = hc_thread_is_main(t);
	const int64_t pid = t->pid, tid = t->tid;
	struct hc_group *g = t->group;

	if (hc_thread_is_invalid(t) || !g) {
		hc_threads_erase(s, t);
		return;
	}
	hc_thread_kill(t);
	if (t->child_first)
		reparent_children(s, t);
	if (!g->nlive) {
		struct hc_thread *main = hc_state_find(s, pid);

		/* By number, which need not be that of g: a thread whose number was given to a new process by an exec
		 * stays in the group it was born in. */
		g = hc_group_find(s, pid);
		if (g)
			hc_group_unlist(s, g);
		if (main)
			hc_threads_erase(s, main);
	}
	t = is_main ? NULL : hc_state_find(s, tid);
	if (t)
		hc_threads_erase(s, t);
	hc_state_raise(&s->lineage_epoch);
}

static uint32_t exit_bucket(const struct hc_state *s, int64_t ptid, int64_t tid)
{
	return (uint32_t)hc_hash_u64(s->seed ^ ((uint64_t)(uint32_t)ptid << 32 | (uint32_t)tid)) & (EXIT_BUCKETS - 1);
}

void hc_exits_add(struct hc_state *s, int64_t ptid, int64_t tid, uint64_t ts_ns)
{
	struct hc_exits *x = s->exits;
	const uint16_t i = (uint16_t)(x->n % HC_EXITS_MAX);
	struct hc_exit *e = &x->ring[i];
	uint16_t *head;

	if (x->n >= HC_EXITS_MAX) {
		/* The oldest goes; it is the last of its chain. */
		if (x->prev[i] == NO_EXIT)
			x->bucket[exit_bucket(s, e->ptid, e->tid)] = NO_EXIT;
		else
			x->next[x->prev[i]] = NO_EXIT;
	}
	*e = (struct hc_exit){ .ptid = (uint32_t)ptid, .tid = (uint32_t)tid, .ts_ns = ts_ns };
	head = &x->bucket[exit_bucket(s, ptid, tid)];
	x->prev[i] = NO_EXIT;
	x->next[i] = *head;
	if (*head != NO_EXIT)
		x->prev[*head] = i;
	*head = i;
	x->n++;
}

bool hc_exits_recent(const struct hc_state *s, int64_t ptid, int64_t tid, uint64_t ts_ns)
{
	const struct hc_exits *x = s->exits;

	for (uint16_t i = x->bucket[exit_bucket(s, ptid, tid)]; i != NO_EXIT; i = x->next[i]) {
		const struct hc_exit *e = &x->ring[i];

		/* The newest one that is not in the future decides: older ones of the same pair cannot be younger. */
		if (e->ptid == (uint32_t)ptid && e->tid == (uint32_t)tid && ts_ns >= e->ts_ns)
			return ts_ns - e->ts_ns < HC_YOUNG_NS;
	}
	return false;
}

bool hc_exits_get(const struct hc_state *s, uint32_t i, int64_t *ret_ptid, int64_t *ret_tid, uint64_t *ret_ts_ns)
{
	const struct hc_exits *x = s->exits;
	const uint64_t first = x->n > HC_EXITS_MAX ? x->n - HC_EXITS_MAX : 0;
	const struct hc_exit *e = &x->ring[(first + i) % HC_EXITS_MAX];

	if (first + i >= x->n)
		return false;
	*ret_ptid = e->ptid;
	*ret_tid = e->tid;
	*ret_ts_ns = e->ts_ns;
	return true;
}
