/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in which the reference lists the entries of an fd table, which fd.types shows: that of a chained hash table with
 * one list through all buckets, new buckets at the front, rebuilt whenever it grows. It follows from the history of the
 * table alone, so it is kept beside the entries, as links between their numbers. A copied table is filled in the order of the
 * other one; shared tables only count how often that would have happened (hc_thread.fds_copies).
 *
 * Tables with a number that does not index the array fall back to ascending order.
 */
#include "replay/state-internal.h"

enum { NOWHERE = 0, BEFORE = UINT16_MAX /* the place before the first entry */ };

/* Numbers are kept plus one in 16 bits; 0 is the end, or an empty bucket. */
_Static_assert((int)HC_FDS_DENSE_MAX < (int)BEFORE, "numbers fit");

/* Each at least twice the one before; the size of a table never falls. */
static const uint16_t sizes[] = { 13, 29, 59, 127, 257, 541, 1109, 2357, 5087 };

static size_t order_bytes(uint32_t dense_cap, uint16_t nbuckets)
{
	return ((size_t)dense_cap + nbuckets) * sizeof(uint16_t);
}

static uint16_t *next_of(struct hc_fd_order *o, uint16_t at)
{
	return at == BEFORE ? &o->first : &o->next[at - 1];
}

static uint16_t bucket_of(const struct hc_fd_order *o, uint16_t at)
{
	return (uint16_t)((at - 1) % o->nbuckets);
}

void hc_fd_order_done(struct hc_state *s, struct hc_fd_order *o)
{
	hc_pool_free(&s->pool, o->next, order_bytes(o->cap, o->nbuckets));
	*o = (struct hc_fd_order){ 0 };
}

static void link_in(struct hc_fd_order *o, uint16_t at)
{
	uint16_t *bucket = &o->bucket[bucket_of(o, at)];

	if (*bucket) {
		uint16_t *before = next_of(o, *bucket);

		o->next[at - 1] = *before;
		*before = at;
		return;
	}
	o->next[at - 1] = o->first;
	if (o->first)
		o->bucket[bucket_of(o, o->first)] = at;
	o->first = at;
	*bucket = BEFORE;
}

/* Room for numbers below cap and n entries. Rebuilding walks the old order and links each entry into the new one. */
static void resize(struct hc_state *s, struct hc_fd_order *o, uint32_t cap, uint16_t nbuckets)
{
	struct hc_fd_order old = *o;
	const size_t bytes = order_bytes(cap, nbuckets);

	o->next = hc_pool_alloc(&s->pool, bytes);
	memset(o->next, 0, bytes);
	o->bucket = o->next + cap;
	o->cap = cap;
	o->nbuckets = nbuckets;
	if (old.nbuckets != nbuckets) {
		o->first = NOWHERE;
		for (uint16_t at = old.first; at; at = old.next[at - 1])
			link_in(o, at);
	} else if (old.next) {
		memcpy(o->next, old.next, old.cap * sizeof *o->next);
		memcpy(o->bucket, old.bucket, nbuckets * sizeof *o->bucket);
	}
	hc_pool_free(&s->pool, old.next, order_bytes(old.cap, old.nbuckets));
}

void hc_fd_order_add(struct hc_state *s, struct hc_fd_order *o, int64_t fd, uint32_t dense_cap)
{
	uint16_t nbuckets = o->nbuckets;

	if (o->lost)
		return;
	if (fd < 0 || fd >= HC_FDS_DENSE_MAX) {
		hc_fd_order_done(s, o);
		o->lost = true;
		return;
	}
	if (o->n + 1u > nbuckets) {
		size_t i = 0;

		while (sizes[i] <= nbuckets)
			i++;
		nbuckets = sizes[i];
	}
	if (nbuckets != o->nbuckets || dense_cap != o->cap)
		resize(s, o, dense_cap, nbuckets);
	o->n++;
	link_in(o, (uint16_t)(fd + 1));
}

void hc_fd_order_remove(struct hc_fd_order *o, int64_t fd)
{
	uint16_t at, prev, next;
	uint16_t *bucket;

	if (o->lost) /* as it is in every table that ever had a number that is not dense */
		return;
	at = (uint16_t)(fd + 1);
	bucket = &o->bucket[bucket_of(o, at)];
	for (prev = *bucket; *next_of(o, prev) != at; prev = *next_of(o, prev))
		;
	next = o->next[at - 1];
	*next_of(o, prev) = next;
	o->next[at - 1] = 0;
	o->n--;
	/* The bucket after this one begins behind the removed entry; this one may be empty now. */
	if (next && bucket_of(o, next) != bucket_of(o, at))
		o->bucket[bucket_of(o, next)] = prev;
	if (prev == *bucket && (!next || bucket_of(o, next) != bucket_of(o, at)))
		*bucket = NOWHERE;
}

/* The order a table has that was filled from another one in its order. */
static void copy_once(struct hc_state *s, struct hc_fd_order *to, const struct hc_fd_order *from)
{
	for (uint16_t at = from->first; at; at = from->next[at - 1])
		hc_fd_order_add(s, to, at - 1, from->cap);
}

void hc_fd_order_copy(struct hc_state *s, struct hc_fd_order *to, const struct hc_fd_order *from, uint32_t times)
{
	*to = (struct hc_fd_order){ .lost = from->lost };
	if (from->lost || !from->n)
		return;
	/* Copies of copies mostly alternate between two orders; more generations than four that never touched their fds are
	 * not worth exactness. */
	if (times > 4)
		times = 4 - (times & 1);
	if (!times) {
		*to = *from;
		to->next = hc_pool_alloc(&s->pool, order_bytes(from->cap, from->nbuckets));
		memcpy(to->next, from->next, order_bytes(from->cap, from->nbuckets));
		to->bucket = to->next + to->cap;
		return;
	}
	copy_once(s, to, from);
	while (--times) {
		struct hc_fd_order older = *to;

		*to = (struct hc_fd_order){ 0 };
		copy_once(s, to, &older);
		hc_fd_order_done(s, &older);
	}
}

bool hc_fd_order_equal(const struct hc_fd_order *a, const struct hc_fd_order *b)
{
	uint16_t x = a->first, y = b->first;

	if (a->n != b->n || a->nbuckets != b->nbuckets)
		return false;
	for (; x && x == y; y = b->next[y - 1], x = a->next[x - 1])
		;
	return x == y;
}

void hc_fd_order_set(struct hc_state *s, struct hc_fd_order *o, const uint16_t *nums, uint32_t n, uint16_t nbuckets,
		     uint32_t dense_cap)
{
	bool known = false;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		known |= sizes[i] == nbuckets;
	if (o->lost || !known)
		return;
	hc_fd_order_done(s, o);
	resize(s, o, dense_cap, nbuckets);
	o->n = (uint16_t)n;
	/* Filling a table puts new entries in front. */
	while (n-- > 0)
		link_in(o, (uint16_t)(nums[n] + 1));
}
