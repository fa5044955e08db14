/* SPDX-License-Identifier: Apache-2.0
 *
 * One hash table per dispatch; what is hashed is the literal with its kind: a whole string, a prefix, a suffix, a number.
 * A value is looked up once as a whole and once per length of prefix and suffix there is.
 */
#include "rules/dispatch.h"

#include <stdlib.h>

#include "common/hash.h"
#include "common/mem.h"

enum key_kind { KEY_WHOLE, KEY_PREFIX, KEY_SUFFIX, KEY_NUMBER };
enum { AFFIX_MAX = 64 }; /* longer prefixes and suffixes are tried the ordinary way */

struct hc_dispatch_entry {
	struct hc_dispatch_entry *next; /* in the bucket */
	uint64_t hash;
	uint8_t kind; /* enum key_kind */
	struct hc_str s;
	uint64_t number;
	uint32_t *branches;
	uint32_t n, cap;
};

static uint64_t hash_of(enum key_kind kind, struct hc_str s, uint64_t number)
{
	return hc_hash_u64((kind == KEY_NUMBER ? hc_hash_u64(number) : hc_hash_bytes(s.p, s.len)) + kind);
}

bool hc_dispatch_can(const struct hc_predicate *p)
{
	if (p->right || p->modifier != HC_MOD_NONE || p->left->kind != HC_EXPR_FIELD || p->left->is_list ||
	    p->left->match != HC_MATCH_ONE || p->left->field->id == HC_FIELD_EVT_RAWARG)
		return false;
	switch (p->op) {
	case HC_OP_EQ: case HC_OP_IN:
		return p->kind == HC_VALUE_STRING || p->kind == HC_VALUE_INT;
	case HC_OP_STARTSWITH: case HC_OP_ENDSWITH:
		return p->kind == HC_VALUE_STRING && p->values[0].s.len && p->values[0].s.len < AFFIX_MAX;
	default:
		return false;
	}
}

struct hc_dispatch *hc_dispatch_new(struct hc_arena *arena, const struct hc_expr *field, uint32_t nbranches)
{
	struct hc_dispatch *d = hc_arena_new(arena, struct hc_dispatch);

	d->field = field;
	d->arena = arena;
	d->nbuckets = 16;
	d->buckets = hc_arena_array(arena, struct hc_dispatch_entry *, d->nbuckets);
	d->branches = hc_arena_array(arena, struct hc_branch, nbranches);
	d->nbranches = nbranches;
	d->hit = hc_arena_array(arena, uint64_t, (nbranches + 63) / 64);
	d->hits = hc_arena_array(arena, uint32_t, nbranches);
	return d;
}

static void grow(struct hc_dispatch *d)
{
	uint32_t n = d->nbuckets * 2;
	struct hc_dispatch_entry **buckets = hc_arena_array(d->arena, struct hc_dispatch_entry *, n);

	for (uint32_t i = 0; i < d->nbuckets; i++)
		for (struct hc_dispatch_entry *e = d->buckets[i], *next; e; e = next) {
			next = e->next;
			e->next = buckets[e->hash & (n - 1)];
			buckets[e->hash & (n - 1)] = e;
		}
	d->buckets = buckets;
	d->nbuckets = n;
}

static struct hc_dispatch_entry *find(const struct hc_dispatch *d, enum key_kind kind, struct hc_str s, uint64_t number)
{
	uint64_t hash = hash_of(kind, s, number);
	struct hc_dispatch_entry *e = d->buckets[hash & (d->nbuckets - 1)];

	while (e && !(e->hash == hash && e->kind == kind && e->number == number && hc_str_eq(e->s, s)))
		e = e->next;
	return e;
}

static void add(struct hc_dispatch *d, enum key_kind kind, struct hc_str s, uint64_t number, uint32_t branch)
{
	struct hc_dispatch_entry *e = find(d, kind, s, number);

	if (!e) {
		if (d->nentries >= d->nbuckets)
			grow(d);
		e = hc_arena_new(d->arena, struct hc_dispatch_entry);
		e->kind = kind;
		e->s = s;
		e->number = number;
		e->hash = hash_of(kind, s, number);
		e->next = d->buckets[e->hash & (d->nbuckets - 1)];
		d->buckets[e->hash & (d->nbuckets - 1)] = e;
		d->nentries++;
	}
	if (e->n == e->cap) {
		uint32_t *more = hc_arena_array(d->arena, uint32_t, e->cap ? e->cap * 2 : 2);

		if (e->n)
			memcpy(more, e->branches, e->n * sizeof *more);
		e->branches = more;
		e->cap = e->cap ? e->cap * 2 : 2;
	}
	e->branches[e->n++] = branch;
	if (kind == KEY_PREFIX || kind == KEY_SUFFIX)
		d->lens[kind == KEY_SUFFIX] |= 1ull << s.len;
}

void hc_dispatch_add(struct hc_dispatch *d, const struct hc_predicate *p, uint32_t branch)
{
	enum key_kind kind = p->op == HC_OP_STARTSWITH ? KEY_PREFIX : p->op == HC_OP_ENDSWITH ? KEY_SUFFIX :
			     p->kind == HC_VALUE_INT ? KEY_NUMBER : KEY_WHOLE;

	for (uint32_t i = 0; i < p->nvalues; i++)
		add(d, kind, kind == KEY_NUMBER ? (struct hc_str){ 0 } : p->values[i].s, kind == KEY_NUMBER ? p->values[i].u : 0,
		    branch);
}

static uint32_t take(struct hc_dispatch *d, const struct hc_dispatch_entry *e, uint32_t n)
{
	for (uint32_t i = 0; e && i < e->n; i++) {
		uint32_t b = e->branches[i];

		if (d->hit[b / 64] >> (b % 64) & 1)
			continue;
		d->hit[b / 64] |= 1ull << (b % 64);
		d->hits[n++] = b;
	}
	return n;
}

uint32_t hc_dispatch_find(struct hc_dispatch *d, const struct hc_value *v)
{
	static const struct hc_str none;
	uint32_t n = 0;

	if (v->kind == HC_VALUE_INT) {
		n = take(d, find(d, KEY_NUMBER, none, v->u), n);
	} else if (v->kind == HC_VALUE_STRING) {
		struct hc_str s = v->s;

		n = take(d, find(d, KEY_WHOLE, s, 0), n);
		for (uint64_t lens = d->lens[0]; lens; lens &= lens - 1) {
			uint32_t len = (uint32_t)__builtin_ctzll(lens);

			if (len > s.len)
				break;
			n = take(d, find(d, KEY_PREFIX, (struct hc_str){ s.p, len }, 0), n);
		}
		for (uint64_t lens = d->lens[1]; lens; lens &= lens - 1) {
			uint32_t len = (uint32_t)__builtin_ctzll(lens);

			if (len > s.len)
				break;
			n = take(d, find(d, KEY_SUFFIX, (struct hc_str){ s.p + s.len - len, len }, 0), n);
		}
	}
	for (uint32_t i = 0; i < n; i++)
		d->hit[d->hits[i] / 64] &= ~(1ull << (d->hits[i] % 64));
	return n;
}
