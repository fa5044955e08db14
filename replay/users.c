/* SPDX-License-Identifier: Apache-2.0
 *
 * User and group tables (state-engine.md 13). One hash table for both kinds and all containers; an entry belongs to a
 * container by the text of its id, host entries have none. Nothing is ever asked of the machine that replays.
 */
#include "replay/state-internal.h"

#include <stdlib.h>

#include "common/hash.h"
#include "common/mem.h"

enum { SLOTS_MIN = 256, NAME_MAX_LEN = 255, PATH_MAX_LEN = 1023 /* without the NUL */ };

struct hc_user_slot {
	bool used, is_group;
	struct hc_text *container; /* owned reference; NULL: host */
	struct hc_user user;
};

static uint32_t id_of(const struct hc_user_slot *slot)
{
	return slot->is_group ? slot->user.gid : slot->user.uid;
}

static uint32_t home_of(const struct hc_users *u, bool is_group, struct hc_str container, uint32_t id)
{
	uint64_t h = u->seed ^ ((uint64_t)is_group << 32 | id);

	if (container.len)
		h ^= hc_hash_bytes(container.p, container.len);
	return (uint32_t)hc_hash_u64(h) & (u->cap - 1);
}

static uint32_t find_slot(const struct hc_users *u, bool is_group, struct hc_str container, uint32_t id)
{
	uint32_t i = home_of(u, is_group, container, id);

	while (u->slots[i].used && !(u->slots[i].is_group == is_group && id_of(&u->slots[i]) == id &&
				     hc_str_eq(hc_text_str(u->slots[i].container), container)))
		i = (i + 1) & (u->cap - 1);
	return i;
}

static const struct hc_user *find(const struct hc_users *u, bool is_group, const struct hc_text *container, uint32_t id)
{
	const struct hc_user_slot *slot = &u->slots[find_slot(u, is_group, hc_text_str(container), id)];

	return slot->used ? &slot->user : NULL;
}

const struct hc_user *hc_users_find_user(const struct hc_users *users, const struct hc_text *container, uint32_t uid)
{
	return find(users, false, container, uid);
}

const struct hc_user *hc_users_find_group(const struct hc_users *users, const struct hc_text *container, uint32_t gid)
{
	return find(users, true, container, gid);
}

void hc_users_init(struct hc_state *s)
{
	s->users = (struct hc_users){ .cap = SLOTS_MIN, .seed = s->seed };
	s->users.slots = hc_calloc(s->users.cap, sizeof(struct hc_user_slot));
}

static void drop(struct hc_state *s, struct hc_user_slot *slot)
{
	hc_text_unref(&s->pool, slot->container);
	hc_text_unref(&s->pool, slot->user.name);
	hc_text_unref(&s->pool, slot->user.home);
	hc_text_unref(&s->pool, slot->user.shell);
	*slot = (struct hc_user_slot){ 0 };
}

void hc_users_done(struct hc_state *s)
{
	for (uint32_t i = 0; i < s->users.cap; i++)
		if (s->users.slots[i].used)
			drop(s, &s->users.slots[i]);
	free(s->users.slots);
	s->users = (struct hc_users){ 0 };
}

static void grow(struct hc_users *u)
{
	struct hc_user_slot *old = u->slots;
	const uint32_t old_cap = u->cap;

	u->cap *= 2;
	u->slots = hc_calloc(u->cap, sizeof *u->slots);
	for (uint32_t i = 0; i < old_cap; i++)
		if (old[i].used)
			u->slots[find_slot(u, old[i].is_group, hc_text_str(old[i].container), id_of(&old[i]))] = old[i];
	free(old);
}

/* The slot of that key, new or not; NULL if there is no room. */
static struct hc_user_slot *get_slot(struct hc_state *s, bool is_group, struct hc_str container, uint32_t id)
{
	struct hc_users *u = &s->users;
	struct hc_user_slot *slot = &u->slots[find_slot(u, is_group, container, id)];

	if (slot->used)
		return slot;
	if (u->n >= HC_USERS_MAX || hc_pool_full(&s->pool)) {
		u->refused++;
		return NULL;
	}
	if (++u->n > u->cap / 2) {
		grow(u);
		slot = &u->slots[find_slot(u, is_group, container, id)];
	}
	*slot = (struct hc_user_slot){ .used = true, .is_group = is_group, .user = { .uid = id, .gid = id },
				       .container = hc_text_new(&s->pool, container.p, container.len) };
	return slot;
}

static void erase_slot(struct hc_state *s, bool is_group, struct hc_str container, uint32_t id)
{
	struct hc_users *u = &s->users;
	uint32_t hole = find_slot(u, is_group, container, id), mask = u->cap - 1;

	if (!u->slots[hole].used)
		return;
	drop(s, &u->slots[hole]);
	for (uint32_t i = (hole + 1) & mask; u->slots[i].used; i = (i + 1) & mask) {
		struct hc_user_slot *slot = &u->slots[i];
		uint32_t home = home_of(u, slot->is_group, hc_text_str(slot->container), id_of(slot));

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			u->slots[hole] = *slot;
			*slot = (struct hc_user_slot){ 0 };
			hole = i;
		}
	}
	u->n--;
	hc_state_raise(&s->thread_epoch);
}

static void set_cut(struct hc_state *s, struct hc_text **slot, struct hc_str str, uint32_t max)
{
	hc_text_set(s, slot, str.p, str.len < max ? str.len : max);
}

/* NIS entries ("+", "-") are not users. */
static bool is_ignored(struct hc_str name)
{
	return name.len && (name.p[0] == '+' || name.p[0] == '-');
}

static void set_user(struct hc_state *s, struct hc_str container, const struct hc_user_info *info, bool may_add)
{
	struct hc_user_slot *slot;

	if (is_ignored(info->name))
		return;
	if (!may_add && !s->users.slots[find_slot(&s->users, false, container, info->uid)].used)
		return;
	slot = get_slot(s, false, container, info->uid);
	if (!slot)
		return;
	slot->user.gid = info->gid;
	set_cut(s, &slot->user.name, info->name, NAME_MAX_LEN);
	set_cut(s, &slot->user.home, info->home, PATH_MAX_LEN);
	set_cut(s, &slot->user.shell, info->shell, PATH_MAX_LEN);
	hc_state_raise(&s->thread_epoch);
}

static void set_group(struct hc_state *s, struct hc_str container, const struct hc_group_info *info, bool may_add)
{
	struct hc_user_slot *slot;

	if (is_ignored(info->name))
		return;
	if (!may_add && !s->users.slots[find_slot(&s->users, true, container, info->gid)].used)
		return;
	slot = get_slot(s, true, container, info->gid);
	if (!slot)
		return;
	set_cut(s, &slot->user.name, info->name, NAME_MAX_LEN);
	hc_state_raise(&s->thread_epoch);
}

void hc_users_section(struct hc_state *s, const struct hc_section *section)
{
	for (uint32_t i = 0; i < section->nusers; i++)
		set_user(s, HC_STR(""), &section->users[i], true);
	for (uint32_t i = 0; i < section->ngroups; i++)
		set_group(s, HC_STR(""), &section->groups[i], true);
}

static int by_uid(const void *a, const void *b)
{
	const struct hc_user_info *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static int by_gid(const void *a, const void *b)
{
	const struct hc_group_info *x = a, *y = b;

	return x->gid < y->gid ? -1 : x->gid > y->gid;
}

void hc_users_lists(const struct hc_state *s, struct hc_section *ret)
{
	for (uint32_t i = 0; i < s->users.cap; i++) {
		const struct hc_user_slot *slot = &s->users.slots[i];
		const struct hc_user *u = &slot->user;

		if (!slot->used || slot->container)
			continue;
		if (slot->is_group)
			*hc_section_add_group(ret) = (struct hc_group_info){ .gid = u->gid, .name = hc_text_str(u->name) };
		else
			*hc_section_add_user(ret) = (struct hc_user_info){ .uid = u->uid, .gid = u->gid,
				.name = hc_text_str(u->name), .home = hc_text_str(u->home), .shell = hc_text_str(u->shell) };
	}
	/* The table's order is chance. */
	if (ret->nusers)
		qsort(ret->users, ret->nusers, sizeof *ret->users, by_uid);
	if (ret->ngroups)
		qsort(ret->groups, ret->ngroups, sizeof *ret->groups, by_gid);
}

/* Only root is known without a list, and only on the host: a container's names would have to be read from its files. */
void hc_users_note(struct hc_state *s, const struct hc_text *container, uint32_t uid, uint32_t gid)
{
	if (container)
		return;
	if (uid == 0 && !find(&s->users, false, NULL, 0))
		set_user(s, HC_STR(""),
			 &(struct hc_user_info){ .name = HC_STR("root"), .home = HC_STR("/root"), .shell = HC_STR("<NA>") },
			 true);
	if (gid == 0 && !find(&s->users, true, NULL, 0))
		set_group(s, HC_STR(""), &(struct hc_group_info){ .name = HC_STR("root") }, true);
}

/* useradded, userdeleted, groupadded, groupdeleted. */
void hc_users_event(struct hc_state *s, struct hc_event *ev)
{
	const bool is_user = ev->type == PPME_USER_ADDED_E || ev->type == PPME_USER_DELETED_E;
	const uint32_t id = (uint32_t)hc_event_u64(ev, 0, UINT32_MAX);
	struct hc_str container = HC_STR("");
	uint32_t len;

	hc_event_param(ev, is_user ? 5 : 2, &len);
	if (len)
		container = hc_event_str(ev, is_user ? 5 : 2);
	if (ev->type == PPME_USER_DELETED_E || ev->type == PPME_GROUP_DELETED_E)
		erase_slot(s, !is_user, container, id);
	else if (is_user)
		set_user(s, container,
			 &(struct hc_user_info){ .uid = id, .gid = (uint32_t)hc_event_u64(ev, 1, UINT32_MAX),
						 .name = hc_event_str(ev, 2), .home = hc_event_str(ev, 3),
						 .shell = hc_event_str(ev, 4) },
			 !container.len);
	else
		set_group(s, container, &(struct hc_group_info){ .gid = id, .name = hc_event_str(ev, 1) },
			  !container.len);
}
