/* SPDX-License-Identifier: Apache-2.0
 *
 * The joined comparisons of rules/patterns.h. Prefixes and suffixes are compared by their first or last eight bytes in one
 * register before anything else is looked at; substrings only after a small filter says that all their byte pairs occur.
 */
#include "rules/patterns.h"

enum { AFFIXES_MAX = 24 }; /* prefixes, or suffixes, from which hashing beats trying them */

/* A prefix or suffix: its outermost eight bytes, zero-padded at the inner end. */
struct affix {
	uint64_t bytes, mask;
	struct hc_str s;
};

struct infix {
	uint64_t pairs; /* bit per hashed pair of neighbouring bytes */
	struct hc_str s;
};

/* Prefixes or suffixes beyond a few: a set, and the lengths there are (below 64). */
struct affix_set {
	uint64_t lens;
	struct hc_strset set;
};

struct hc_patterns {
	struct hc_strset whole;
	struct affix *prefixes, *suffixes;   /* few, or too long for: */
	struct affix_set prefix_set, suffix_set;
	struct infix *infixes;
	uint32_t nprefixes, nsuffixes, ninfixes;
	bool always; /* some pattern is empty: every present value has it */
};

bool hc_patterns_can(const struct hc_predicate *p)
{
	if (p->right || p->never || p->kind != HC_VALUE_STRING || p->left->kind != HC_EXPR_FIELD || p->left->is_list ||
	    (p->left->match != HC_MATCH_ONE && p->left->match != HC_MATCH_ANY) ||
	    (p->modifier != HC_MOD_NONE && p->modifier != HC_MOD_ANYOF))
		return false;
	switch (p->op) {
	case HC_OP_EQ: case HC_OP_IN: case HC_OP_INTERSECTS: case HC_OP_STARTSWITH: case HC_OP_ENDSWITH: case HC_OP_CONTAINS:
		return true;
	default:
		return false;
	}
}

static uint64_t load(const char *p, uint32_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len < 8 ? len : 8);
	return v;
}

/* The last eight bytes, the very last one topmost. */
static uint64_t load_end(struct hc_str s)
{
	return s.len >= 8 ? load(s.p + s.len - 8, 8) : s.len ? load(s.p, s.len) << (8 * (8 - s.len)) : 0;
}

static uint64_t pair_bit(const char *p)
{
	return 1ull << (((uint8_t)p[0] * 5u + (uint8_t)p[1] * 29u) % 64);
}

static uint64_t pairs_of(struct hc_str s)
{
	uint64_t pairs = 0;

	for (uint32_t i = 0; i + 1 < s.len; i++)
		pairs |= pair_bit(s.p + i);
	return pairs;
}

static struct affix prefix_of(struct hc_str s)
{
	return (struct affix){ load(s.p, s.len), s.len >= 8 ? UINT64_MAX : (1ull << 8 * s.len) - 1, s };
}

static struct affix suffix_of(struct hc_str s)
{
	return (struct affix){ load_end(s), s.len >= 8 ? UINT64_MAX : s.len ? ~0ull << (8 * (8 - s.len)) : 0, s };
}

/* If there are many, moves those of usual length to the set; returns how many stay. */
static uint32_t move_to_set(struct affix_set *to, struct hc_arena *arena, struct affix *from, uint32_t n)
{
	struct hc_str *items;
	uint32_t left = 0, m = 0;

	if (n <= AFFIXES_MAX)
		return n;
	items = hc_arena_array(arena, struct hc_str, n);
	for (uint32_t i = 0; i < n; i++) {
		if (from[i].s.len < 64) {
			to->lens |= 1ull << from[i].s.len;
			items[m++] = from[i].s;
		} else {
			from[left++] = from[i];
		}
	}
	hc_strset_init(&to->set, arena, items, m);
	return left;
}

static bool in_set(const struct affix_set *in, struct hc_str s, bool suffix)
{
	for (uint64_t lens = in->lens; lens; lens &= lens - 1) {
		uint32_t len = (uint32_t)__builtin_ctzll(lens);

		if (len > s.len)
			return false;
		if (hc_strset_has(&in->set, (struct hc_str){ suffix ? s.p + s.len - len : s.p, len }))
			return true;
	}
	return false;
}

struct hc_patterns *hc_patterns_new(struct hc_arena *arena, const struct hc_predicate *const *predicates, uint32_t n)
{
	struct hc_patterns *ps = hc_arena_new(arena, struct hc_patterns);
	struct hc_str *whole;
	uint32_t total = 0, nwhole = 0;

	for (uint32_t i = 0; i < n; i++)
		total += predicates[i]->nvalues;
	whole = hc_arena_array(arena, struct hc_str, total + 1);
	ps->prefixes = hc_arena_array(arena, struct affix, total + 1);
	ps->suffixes = hc_arena_array(arena, struct affix, total + 1);
	ps->infixes = hc_arena_array(arena, struct infix, total + 1);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < predicates[i]->nvalues; k++) {
			struct hc_str s = predicates[i]->values[k].s;

			switch (predicates[i]->op) {
			case HC_OP_STARTSWITH: ps->prefixes[ps->nprefixes++] = prefix_of(s); break;
			case HC_OP_ENDSWITH: ps->suffixes[ps->nsuffixes++] = suffix_of(s); break;
			case HC_OP_CONTAINS: ps->infixes[ps->ninfixes++] = (struct infix){ pairs_of(s), s }; break;
			default: whole[nwhole++] = s; continue;
			}
			ps->always |= !s.len;
		}
	hc_strset_init(&ps->whole, arena, whole, nwhole);
	ps->nprefixes = move_to_set(&ps->prefix_set, arena, ps->prefixes, ps->nprefixes);
	ps->nsuffixes = move_to_set(&ps->suffix_set, arena, ps->suffixes, ps->nsuffixes);
	return ps;
}

static bool match(const struct hc_patterns *ps, struct hc_str s)
{
	uint64_t outer, pairs;

	if (ps->always || hc_strset_has(&ps->whole, s))
		return true;
	if (!s.len)
		return false;
	if (in_set(&ps->prefix_set, s, false) || in_set(&ps->suffix_set, s, true))
		return true;
	outer = load(s.p, s.len);
	for (uint32_t i = 0; i < ps->nprefixes; i++) {
		const struct affix *a = &ps->prefixes[i];

		if (!((outer ^ a->bytes) & a->mask) && s.len >= a->s.len && !memcmp(s.p, a->s.p, a->s.len))
			return true;
	}
	outer = ps->nsuffixes ? load_end(s) : 0;
	for (uint32_t i = 0; i < ps->nsuffixes; i++) {
		const struct affix *a = &ps->suffixes[i];

		if (!((outer ^ a->bytes) & a->mask) && s.len >= a->s.len &&
		    !memcmp(s.p + s.len - a->s.len, a->s.p, a->s.len))
			return true;
	}
	pairs = ps->ninfixes > 1 ? pairs_of(s) : UINT64_MAX;
	for (uint32_t i = 0; i < ps->ninfixes; i++) {
		const struct infix *x = &ps->infixes[i];

		if (!(x->pairs & ~pairs) && s.len >= x->s.len && memmem(s.p, s.len, x->s.p, x->s.len))
			return true;
	}
	return false;
}

bool hc_patterns_match(const struct hc_patterns *patterns, const struct hc_value *value)
{
	if (value->kind == HC_VALUE_STRING)
		return match(patterns, value->s);
	if (value->kind != HC_VALUE_LIST)
		return false;
	for (uint32_t i = 0; i < value->nitems; i++)
		if (value->items[i].kind == HC_VALUE_STRING && match(patterns, value->items[i].s))
			return true;
	return false;
}
