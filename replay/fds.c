/* SPDX-License-Identifier: Apache-2.0
 *
 * Fd tables and entries (state-engine.md 3.3). Two levels of sharing: fork shares the table, a table copied because one side
 * changed it still shares the entries. Invariant: only tables and entries with one reference are ever changed.
 */
#include "replay/state-internal.h"

enum { DENSE_MIN = 16, SPARSE_MIN = 8 };

static size_t dense_bytes(uint32_t cap)
{
	return (size_t)cap * sizeof(struct hc_fd *);
}

static size_t sparse_bytes(uint32_t cap)
{
	return (size_t)cap * sizeof(struct hc_fd_slot);
}

static void entry_unref(struct hc_state *s, struct hc_fd *fd)
{
	if (--fd->refs)
		return;
	if (s->fd == fd)
		s->fd = NULL;
	if (hc_fd_again_keep(s, fd, &fd) && !fd)
		return;
	hc_text_unref(&s->pool, fd->name);
	hc_text_unref(&s->pool, fd->raw);
	if (fd->memo.bits)
		hc_memo_done(&fd->memo);
	hc_pool_free(&s->pool, fd, sizeof *fd);
}

static struct hc_fd *entry_new(struct hc_state *s, uint8_t type)
{
	struct hc_fd *fd = hc_pool_alloc(&s->pool, sizeof *fd);

	*fd = (struct hc_fd){ .refs = 1, .type = type, .pid = -1 };
	return fd;
}

static struct hc_fd *entry_copy(struct hc_state *s, const struct hc_fd *of)
{
	struct hc_fd *fd = hc_pool_alloc(&s->pool, sizeof *fd);

	*fd = *of;
	fd->refs = 1;
	fd->again = 0;
	fd->memo = (struct hc_memo){ 0 };
	hc_text_ref(fd->name);
	hc_text_ref(fd->raw);
	return fd;
}

static struct hc_fdtable *table_new(struct hc_state *s)
{
	struct hc_fdtable *table = hc_pool_alloc(&s->pool, sizeof *table);

	*table = (struct hc_fdtable){ .refs = 1 };
	return table;
}

void hc_fdtable_release(struct hc_state *s, struct hc_fdtable *table)
{
	if (!table || --table->refs)
		return;
	for (uint32_t i = 0; i < table->dense_cap; i++)
		if (table->dense[i])
			entry_unref(s, table->dense[i]);
	for (uint32_t i = 0; i < table->nsparse; i++)
		entry_unref(s, table->sparse[i].entry);
	hc_pool_free(&s->pool, table->dense, dense_bytes(table->dense_cap));
	hc_pool_free(&s->pool, table->sparse, sparse_bytes(table->sparse_cap));
	hc_fd_order_done(s, &table->order);
	hc_pool_free(&s->pool, table, sizeof *table);
}

static struct hc_fdtable *table_copy(struct hc_state *s, const struct hc_fdtable *of, uint32_t times)
{
	struct hc_fdtable *table = hc_pool_alloc(&s->pool, sizeof *table);

	*table = *of;
	table->refs = 1;
	table->sparse_cap = of->nsparse;
	table->dense = of->dense_cap ? hc_pool_alloc(&s->pool, dense_bytes(of->dense_cap)) : NULL;
	table->sparse = of->nsparse ? hc_pool_alloc(&s->pool, sparse_bytes(of->nsparse)) : NULL;
	for (uint32_t i = 0; i < of->dense_cap; i++) {
		table->dense[i] = of->dense[i];
		if (table->dense[i])
			table->dense[i]->refs++;
	}
	for (uint32_t i = 0; i < of->nsparse; i++) {
		table->sparse[i] = of->sparse[i];
		table->sparse[i].entry->refs++;
	}
	hc_fd_order_copy(s, &table->order, &of->order, times);
	return table;
}

/* Index of the first sparse slot whose number is not below fd. */
static uint32_t sparse_find(const struct hc_fdtable *table, int64_t fd)
{
	uint32_t lo = 0, hi = table->nsparse;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (table->sparse[mid].fd < fd)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct hc_fd *hc_fdtable_get_sparse(const struct hc_fdtable *table, int64_t fd)
{
	uint32_t i = sparse_find(table, fd);

	return i < table->nsparse && table->sparse[i].fd == fd ? table->sparse[i].entry : NULL;
}

/* Where the entry of fd is kept, or NULL; negative numbers too. */
static struct hc_fd **slot_of(struct hc_fdtable *table, int64_t fd)
{
	uint32_t i;

	if (fd >= 0 && fd < HC_FDS_DENSE_MAX)
		return fd < table->dense_cap && table->dense[fd] ? &table->dense[fd] : NULL;
	i = sparse_find(table, fd);
	return i < table->nsparse && table->sparse[i].fd == fd ? &table->sparse[i].entry : NULL;
}

bool hc_fdtable_next(const struct hc_fdtable *table, uint32_t *pos, int64_t *ret_fd, struct hc_fd **ret_entry)
{
	if (!table)
		return false;
	for (; *pos < table->dense_cap; ++*pos) {
		if (!table->dense[*pos])
			continue;
		*ret_fd = *pos;
		*ret_entry = table->dense[(*pos)++];
		return true;
	}
	if (*pos - table->dense_cap >= table->nsparse)
		return false;
	*ret_fd = table->sparse[*pos - table->dense_cap].fd;
	*ret_entry = table->sparse[*pos - table->dense_cap].entry;
	++*pos;
	return true;
}

/* The thread whose own table is in use (3.1), or NULL. */
static struct hc_thread *owner_of(struct hc_thread *t)
{
	return t->flags & HC_CL_CLONE_FILES ? hc_thread_main(t) : t;
}

/* The owner's table, not shared with anybody; NULL if it cannot be changed any more, because that would need a copy and
 * memory is full. */
static struct hc_fdtable *own_table(struct hc_state *s, struct hc_thread *owner)
{
	struct hc_fdtable *table = owner->fds;

	if (table && table->refs > 1 && hc_pool_full(&s->pool)) {
		s->stats.fds_refused++;
		return NULL;
	}
	if (!table) {
		owner->fds = table_new(s);
	} else if (table->refs > 1) {
		owner->fds = table_copy(s, table, owner->fds_copies);
		table->refs--;
	} else if (owner->fds_copies) {
		/* All others have left. */
		struct hc_fd_order old = table->order;

		hc_fd_order_copy(s, &table->order, &old, owner->fds_copies);
		hc_fd_order_done(s, &old);
	}
	owner->fds_copies = 0;
	return owner->fds;
}

struct hc_fdtable *hc_fds_in_order(struct hc_state *state, struct hc_thread *thread)
{
	struct hc_thread *owner = owner_of(thread);

	if (!owner || !owner->fds)
		return NULL;
	if (owner->fds_copies)
		own_table(state, owner);
	return owner->fds;
}

bool hc_fdtable_next_in_order(const struct hc_fdtable *table, uint32_t *pos, struct hc_fd **ret_entry)
{
	int64_t fd;

	if (!table || table->order.lost)
		return hc_fdtable_next(table, pos, &fd, ret_entry);
	*pos = *pos ? table->order.next[*pos - 1] : table->order.first;
	if (!*pos)
		return false;
	*ret_entry = table->dense[*pos - 1];
	return true;
}

static struct hc_fd **grow_dense(struct hc_state *s, struct hc_fdtable *table, int64_t fd)
{
	uint32_t cap = table->dense_cap ? table->dense_cap : DENSE_MIN;
	struct hc_fd **dense;

	while (cap <= fd)
		cap *= 2;
	dense = hc_pool_alloc(&s->pool, dense_bytes(cap));
	if (table->dense)
		memcpy(dense, table->dense, dense_bytes(table->dense_cap));
	memset(dense + table->dense_cap, 0, dense_bytes(cap - table->dense_cap));
	hc_pool_free(&s->pool, table->dense, dense_bytes(table->dense_cap));
	table->dense = dense;
	table->dense_cap = cap;
	return &dense[fd];
}

static struct hc_fd **insert_sparse(struct hc_state *s, struct hc_fdtable *table, int64_t fd)
{
	uint32_t i = sparse_find(table, fd);

	if (table->nsparse == table->sparse_cap) {
		uint32_t cap = table->sparse_cap < SPARSE_MIN ? SPARSE_MIN : table->sparse_cap * 2;
		struct hc_fd_slot *sparse = hc_pool_alloc(&s->pool, sparse_bytes(cap));

		if (table->sparse)
			memcpy(sparse, table->sparse, sparse_bytes(table->nsparse));
		hc_pool_free(&s->pool, table->sparse, sparse_bytes(table->sparse_cap));
		table->sparse = sparse;
		table->sparse_cap = cap;
	}
	memmove(table->sparse + i + 1, table->sparse + i, sparse_bytes(table->nsparse - i));
	table->nsparse++;
	table->sparse[i] = (struct hc_fd_slot){ .fd = fd };
	return &table->sparse[i].entry;
}

/* Puts an entry under fd, taking the reference; false (and the entry dropped) if there is no room. */
static bool put(struct hc_state *s, struct hc_thread *owner, int64_t fd, struct hc_fd *entry)
{
	struct hc_fdtable *table = own_table(s, owner);
	struct hc_fd **slot = table ? slot_of(table, fd) : NULL;

	if (!table) {
		entry_unref(s, entry);
		return false;
	}
	if (slot) {
		struct hc_fd *old = *slot;

		*slot = entry;
		entry_unref(s, old);
		return true;
	}
	if (table->n >= HC_FDS_MAX || hc_pool_full(&s->pool)) {
		s->stats.fds_refused++;
		entry_unref(s, entry);
		return false;
	}
	if (fd >= 0 && fd < HC_FDS_DENSE_MAX)
		slot = fd < table->dense_cap ? &table->dense[fd] : grow_dense(s, table, fd);
	else
		slot = insert_sparse(s, table, fd);
	*slot = entry;
	table->n++;
	hc_fd_order_add(s, &table->order, fd, table->dense_cap);
	return true;
}

static struct hc_fd *add_event_fd(struct hc_state *s, struct hc_thread *t, int64_t fd, struct hc_fd *entry)
{
	struct hc_thread *owner = owner_of(t);

	s->fd = NULL;
	if (!owner) {
		entry_unref(s, entry);
		return NULL;
	}
	t->last_fd = fd;
	if (!put(s, owner, fd, entry))
		return NULL;
	s->fd = entry;
	return entry;
}

struct hc_fd *hc_fds_add(struct hc_state *s, struct hc_thread *t, int64_t fd, uint8_t type)
{
	return add_event_fd(s, t, fd, entry_new(s, type));
}

struct hc_fd *hc_fds_add_opened(struct hc_state *s, struct hc_thread *t, int64_t fd, const struct hc_fd_opened *o)
{
	uint16_t again;
	struct hc_fd *known = hc_fd_again_take(s, o, &again);
	struct hc_fd *entry = add_event_fd(s, t, fd, known ? known : entry_new(s, o->type));

	if (!entry)
		return NULL;
	entry->open_flags = o->open_flags;
	if (known) {
		s->fd_name_changed = o->name.len > 0;
		return entry;
	}
	entry->flags = o->flags;
	entry->dev = o->dev;
	entry->ino = o->ino;
	entry->again = again;
	hc_fd_set_name(s, entry, o->name.p, o->name.len);
	if (hc_str_eq(o->name, o->raw))
		hc_text_share(s, &entry->raw, entry->name);
	else
		hc_text_set(s, &entry->raw, o->raw.p, o->raw.len);
	return entry;
}

struct hc_fd *hc_fds_add_copy(struct hc_state *s, struct hc_thread *t, int64_t fd, const struct hc_fd *of)
{
	return add_event_fd(s, t, fd, entry_copy(s, of));
}

struct hc_fd *hc_fds_add_own(struct hc_state *s, struct hc_thread *t, int64_t fd, uint8_t type)
{
	struct hc_fd *entry = entry_new(s, type);

	return put(s, t, fd, entry) ? entry : NULL;
}

void hc_fds_copy(struct hc_state *s, struct hc_thread *to, const struct hc_thread *from)
{
	struct hc_fdtable *table = hc_thread_fds(from);

	if (table) {
		table->refs++;
		to->fds_copies = owner_of((struct hc_thread *)from)->fds_copies + 1;
	}
	hc_fdtable_release(s, to->fds);
	to->fds = table;
}

struct hc_fd *hc_fdtable_find(struct hc_fdtable *table, int64_t fd)
{
	struct hc_fd **slot = table ? slot_of(table, fd) : NULL;

	return slot ? *slot : NULL;
}

struct hc_fd *hc_fds_edit_own(struct hc_state *s, struct hc_thread *owner, int64_t fd)
{
	struct hc_fd **slot, *old;

	if (!owner || !owner->fds || !slot_of(owner->fds, fd) || !own_table(s, owner))
		return NULL;
	slot = slot_of(owner->fds, fd);
	old = *slot;
	if (old->refs > 1) {
		*slot = entry_copy(s, old);
		old->refs--;
		if (s->fd == old)
			s->fd = *slot;
	} else {
		hc_memo_reset(&old->memo);
		old->again = 0;
	}
	return *slot;
}

struct hc_fd *hc_fds_edit(struct hc_state *s, struct hc_thread *t, int64_t fd)
{
	return hc_fds_edit_own(s, owner_of(t), fd);
}

void hc_fds_set_order(struct hc_state *s, struct hc_thread *t, const uint16_t *nums, uint32_t n, uint16_t nbuckets)
{
	struct hc_fdtable *table = t->fds ? own_table(s, t) : NULL;
	uint8_t given[HC_FDS_DENSE_MAX / 8] = { 0 };

	if (!table || table->nsparse || n != table->n || n > nbuckets)
		return;
	/* Each entry once: what is not linked could never be unlinked. */
	for (uint32_t i = 0; i < n; i++) {
		if (nums[i] >= table->dense_cap || !table->dense[nums[i]] || given[nums[i] / 8] >> (nums[i] % 8) & 1)
			return;
		given[nums[i] / 8] |= (uint8_t)(1u << (nums[i] % 8));
	}
	hc_fd_order_set(s, &table->order, nums, n, nbuckets, table->dense_cap);
}

struct hc_fd *hc_fds_edit_event(struct hc_state *s)
{
	return hc_fds_edit(s, s->thread, s->thread->last_fd);
}

static void remove_slot(struct hc_state *s, struct hc_fdtable *table, int64_t fd, struct hc_fd **slot)
{
	entry_unref(s, *slot);
	table->n--;
	hc_fd_order_remove(&table->order, fd);
	if (fd >= 0 && fd < HC_FDS_DENSE_MAX) {
		*slot = NULL;
	} else {
		uint32_t i = (uint32_t)((struct hc_fd_slot *)((char *)slot - offsetof(struct hc_fd_slot, entry)) -
					table->sparse);

		memmove(table->sparse + i, table->sparse + i + 1, sparse_bytes(table->nsparse - i - 1));
		table->nsparse--;
	}
}

void hc_fds_remove(struct hc_state *s, struct hc_thread *t, int64_t fd)
{
	struct hc_thread *owner = owner_of(t);

	if (owner && owner->fds && slot_of(owner->fds, fd) && own_table(s, owner))
		remove_slot(s, owner->fds, fd, slot_of(owner->fds, fd));
}

static bool is_cloexec(const struct hc_fd *fd)
{
	return fd->open_flags & HC_CLOEXEC ||
	       ((fd->type == HC_FD_EVENTPOLL || fd->type == HC_FD_MEMFD) && fd->open_flags & 1);
}

void hc_fd_set_cloexec(struct hc_fd *fd, bool on)
{
	if (on)
		fd->open_flags |= HC_CLOEXEC;
	else
		fd->open_flags &= ~(HC_CLOEXEC | (fd->type == HC_FD_EVENTPOLL || fd->type == HC_FD_MEMFD ? 1u : 0));
}

/* Calls what is to be done with every entry between first and last, on an unshared table. Removing keeps the walk valid:
 * dense numbers stay in place, and the sparse list is walked from its end. */
static void each_in(struct hc_state *s, struct hc_fdtable *table, int64_t first, int64_t last,
		    void (*act)(struct hc_state *s, struct hc_fdtable *table, int64_t fd, struct hc_fd **slot))
{
	for (int64_t fd = first < 0 ? 0 : first; fd <= last && fd < table->dense_cap; fd++)
		if (table->dense[fd])
			act(s, table, fd, &table->dense[fd]);
	for (uint32_t i = table->nsparse; i-- > 0;)
		if (table->sparse[i].fd >= first && table->sparse[i].fd <= last)
			act(s, table, table->sparse[i].fd, &table->sparse[i].entry);
}

static void remove_if_cloexec(struct hc_state *s, struct hc_fdtable *table, int64_t fd, struct hc_fd **slot)
{
	if (is_cloexec(*slot))
		remove_slot(s, table, fd, slot);
}

static void mark_cloexec(struct hc_state *s, struct hc_fdtable *table, int64_t fd, struct hc_fd **slot)
{
	struct hc_fd *old = *slot;

	if (old->refs > 1) {
		*slot = entry_copy(s, old);
		old->refs--;
	}
	hc_fd_set_cloexec(*slot, true);
}

static bool any_cloexec(const struct hc_fdtable *table)
{
	uint32_t pos = 0;
	struct hc_fd *fd;
	int64_t n;

	while (hc_fdtable_next(table, &pos, &n, &fd))
		if (is_cloexec(fd))
			return true;
	return false;
}

void hc_fds_remove_cloexec(struct hc_state *s, struct hc_thread *t)
{
	struct hc_thread *owner = owner_of(t);

	/* After a fork the table is still the parent's: do not copy it for nothing. */
	if (owner && any_cloexec(owner->fds) && own_table(s, owner))
		each_in(s, owner->fds, INT64_MIN, INT64_MAX, remove_if_cloexec);
}

void hc_fds_range(struct hc_state *s, struct hc_thread *t, int64_t first, int64_t last, bool cloexec)
{
	struct hc_thread *owner = owner_of(t);

	if (owner && owner->fds && own_table(s, owner))
		each_in(s, owner->fds, first, last, cloexec ? mark_cloexec : remove_slot);
}

void hc_fd_set_name(struct hc_state *s, struct hc_fd *fd, const void *p, size_t len)
{
	if (fd == s->fd && !hc_text_is(fd->name, p, len))
		s->fd_name_changed = true;
	hc_text_set(s, &fd->name, p, len);
}

uint8_t hc_fd_l4proto(const struct hc_fd *fd)
{
	switch (fd->type) {
	case HC_FD_IPV4_SOCK: return fd->sock[HC_V4_L4];
	case HC_FD_IPV6_SOCK: return fd->sock[HC_V6_L4];
	case HC_FD_IPV4_SERVSOCK: return fd->sock[HC_V4S_L4];
	case HC_FD_IPV6_SERVSOCK: return fd->sock[HC_V6S_L4];
	default: return HC_L4_NA;
	}
}

static const uint8_t *end_of(const struct hc_fd *fd, bool destination, uint32_t *ret_len, uint16_t *ret_port)
{
	const bool v4 = fd->type == HC_FD_IPV4_SOCK || fd->type == HC_FD_IPV4_SERVSOCK;
	unsigned ip, port;

	if (hc_fd_is_ip_server(fd)) {
		ip = 0;
		port = v4 ? HC_V4S_PORT : HC_V6S_PORT;
	} else if (hc_fd_is_ip_tuple(fd)) {
		ip = !destination ? 0 : v4 ? HC_V4_DST : HC_V6_DST;
		port = v4 ? (destination ? HC_V4_DPORT : HC_V4_SPORT) : (destination ? HC_V6_DPORT : HC_V6_SPORT);
	} else {
		return NULL;
	}
	*ret_len = v4 ? 4 : 16;
	*ret_port = hc_le16(fd->sock + port);
	return fd->sock + ip;
}

const uint8_t *hc_fd_source(const struct hc_fd *fd, uint32_t *ret_len, uint16_t *ret_port)
{
	return end_of(fd, false, ret_len, ret_port);
}

const uint8_t *hc_fd_destination(const struct hc_fd *fd, uint32_t *ret_len, uint16_t *ret_port)
{
	return end_of(fd, true, ret_len, ret_port);
}
