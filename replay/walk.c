/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions fields ask about other threads: ancestors, leaders (fields-semantics.md 4.2, 4.3), and which addresses are the
 * machine's own (5.4). Nothing here changes the state.
 */
#include "replay/state-internal.h"

#include "replay/sockets.h"

/* Generations a walk follows: a chain of 262144 forks must not make every event cost as much. */
enum { WALK_MAX = 4096 };

struct hc_thread *hc_state_ancestor(struct hc_state *state, const struct hc_thread *thread, uint32_t n)
{
	struct hc_thread *t = hc_thread_main(thread);

	if (n > WALK_MAX)
		return NULL;
	while (t && n--) {
		t = hc_thread_parent(state, t);
		t = t ? hc_thread_main(t) : NULL;
	}
	return t;
}

static struct hc_thread *parent_of(struct hc_state *state, const struct hc_thread *t)
{
	return t ? hc_thread_parent(state, t) : NULL;
}

struct hc_walk hc_walk_begin(struct hc_state *state, struct hc_thread *from)
{
	struct hc_thread *parent = parent_of(state, from);

	return (struct hc_walk){ .state = state, .at = parent, .hare = parent_of(state, parent), .left = WALK_MAX };
}

struct hc_thread *hc_walk_next(struct hc_walk *w)
{
	struct hc_thread *t = w->at;

	if (!t || t->tid == -1 || !w->left--)
		return NULL;
	w->at = parent_of(w->state, t);
	for (int i = 0; i < 2 && w->at; i++) {
		w->hare = parent_of(w->state, w->hare);
		/* Both met, or the next one is its own parent: a loop, the walk ends with t. */
		if (w->at == w->hare || w->at->ptid == w->at->tid)
			w->at = NULL;
	}
	return t;
}

static int64_t leader_id(const struct hc_thread *t, enum hc_leader which)
{
	return which == HC_LEADER_SID ? t->sid : which == HC_LEADER_VPGID ? t->vpgid : t->pgid;
}

struct hc_thread *hc_state_leader(struct hc_state *state, const struct hc_thread *thread, enum hc_leader which)
{
	const int64_t id = leader_id(thread, which);
	struct hc_thread *t, *leader = NULL;
	struct hc_walk walk;

	if (id == -1)
		return NULL;
	if (which == HC_LEADER_PGID || !hc_thread_in_pidns(thread)) {
		t = hc_state_find(state, id);
		if (t)
			return t;
	}
	walk = hc_walk_begin(state, (struct hc_thread *)thread);
	while ((t = hc_walk_next(&walk)) && leader_id(t, which) == id)
		leader = t;
	return leader;
}

static bool is_interface(const struct hc_section *section, const uint8_t *addr, uint32_t len)
{
	for (uint32_t i = 0; section && i < section->ninterfaces; i++) {
		const struct hc_interface *f = &section->interfaces[i];

		if ((f->type == 1 || f->type == 3 ? 4u : 16u) == len && !memcmp(f->addr, addr, len == 4 ? 4 : 8))
			return true;
	}
	return false;
}

bool hc_state_is_local(struct hc_state *state, const struct hc_thread *thread, const uint8_t *addr, uint32_t len)
{
	const struct hc_containers *cs = &state->containers;

	if (thread && thread->container) {
		const struct hc_container *own = hc_containers_find(cs, hc_text_str(thread->container));
		char text[HC_SOCK_TEXT_SIZE];
		uint32_t n;

		if (len == 16)
			return false;
		n = hc_ip_text(text, addr, len);
		if (own && own->ip) {
			if (hc_text_is(own->ip, text, n))
				return true;
		} else {
			for (uint32_t i = 0; i < cs->cap; i++)
				if (cs->slots[i] && cs->slots[i]->ip && hc_text_is(cs->slots[i]->ip, text, n))
					return true;
			return false;
		}
	}
	return is_interface(state->section, addr, len);
}
