/* SPDX-License-Identifier: Apache-2.0
 *
 * One hash table per dispatch; what is hashed is the literal with its kind: a whole string, a prefix, a suffix, a number.
 * A value is looked up once as a whole and once per length of prefix and suffix there is. Substrings are found by four of
 * their bytes, those that fewest other substrings have; a bit field says for most places of a value that nothing is there.
 */
#include "rules/dispatch.h"

#include "common/cleanup.h"
#include "common/hash.h"
#include "common/mem.h"

enum key_kind { KEY_WHOLE, KEY_PREFIX, KEY_SUFFIX, KEY_NUMBER, KEY_GRAM };
enum {
	AFFIX_MAX = 64, /* longer prefixes and suffixes are tried the ordinary way */
	GRAM = 4,       /* bytes substrings are found by; shorter ones are tried the ordinary way */
	GRAM_BITS = 15,
};

struct hc_dispatch_entry {
	struct hc_dispatch_entry *next; /* in the bucket */
	uint64_t hash;
	uint8_t kind; /* enum key_kind */
	struct hc_str s;
	uint64_t number;
	uint32_t *branches;
	uint32_t n, cap;
	struct hc_infix *infixes; /* KEY_GRAM: in place of branches */
};

/* A substring, where in it the four bytes stand that it is found by, and what it leads to. */
struct hc_infix {
	struct hc_str s;
	uint32_t at, branch;
	struct hc_infix *next; /* of the same entry */
};

static uint64_t hash_of(enum key_kind kind, struct hc_str s, uint64_t number)
{
	return hc_hash_u64((kind == KEY_NUMBER || kind == KEY_GRAM ? hc_hash_u64(number) : hc_hash_bytes(s.p, s.len)) + kind);
}

/* The longest run of bytes that a value must contain to match the pattern; empty if that is not plain to see. What
 * follows a bracket or a group is not looked at. */
static struct hc_str literal_run(struct hc_str pattern, bool regex)
{
	const char *special = regex ? "\\^$.[](){}|*+?" : "\\*?[", *quantifier = "*+?{";
	struct hc_str run = { 0 }, best = { 0 };

	if (regex && (memchr(pattern.p, '|', pattern.len) || memchr(pattern.p, '(', pattern.len)))
		return best;
	for (uint32_t i = 0; i <= pattern.len; i++) {
		char c = i < pattern.len ? pattern.p[i] : '*';
		bool optional = regex && i + 1 < pattern.len && strchr(quantifier, pattern.p[i + 1]);

		if (c && (unsigned char)c < 128 && !strchr(special, c) && !optional) {
			if (!run.len)
				run.p = pattern.p + i;
			run.len++;
			continue;
		}
		if (run.len > best.len)
			best = run;
		run.len = 0;
		if (c == '[')
			break;
		i += c == '\\';
	}
	return best;
}

enum hc_dispatch_use hc_dispatch_can(const struct hc_predicate *p)
{
	if (p->right || p->modifier != HC_MOD_NONE || p->left->kind != HC_EXPR_FIELD || p->left->is_list ||
	    p->left->match != HC_MATCH_ONE || p->left->field->id == HC_FIELD_EVT_RAWARG)
		return HC_DISPATCH_NO;
	if (p->kind == HC_VALUE_INT)
		return p->op == HC_OP_EQ || p->op == HC_OP_IN ? HC_DISPATCH_EXACT : HC_DISPATCH_NO;
	if (p->kind != HC_VALUE_STRING)
		return HC_DISPATCH_NO;
	switch (p->op) {
	case HC_OP_EQ: case HC_OP_IN:
		return HC_DISPATCH_EXACT;
	case HC_OP_STARTSWITH: case HC_OP_ENDSWITH:
		return p->values[0].s.len && p->values[0].s.len < AFFIX_MAX ? HC_DISPATCH_EXACT : HC_DISPATCH_NO;
	case HC_OP_CONTAINS:
		return p->values[0].s.len >= GRAM ? HC_DISPATCH_EXACT : HC_DISPATCH_NO;
	case HC_OP_GLOB: case HC_OP_REGEX:
		return literal_run(p->values[0].s, p->op == HC_OP_REGEX).len >= GRAM ? HC_DISPATCH_NEEDED : HC_DISPATCH_NO;
	default:
		return HC_DISPATCH_NO;
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

static struct hc_dispatch_entry *entry_of(struct hc_dispatch *d, enum key_kind kind, struct hc_str s, uint64_t number)
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
	return e;
}

static void add(struct hc_dispatch *d, enum key_kind kind, struct hc_str s, uint64_t number, uint32_t branch)
{
	struct hc_dispatch_entry *e = entry_of(d, kind, s, number);

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

static void add_infix(struct hc_dispatch *d, struct hc_str s, uint32_t branch)
{
	if (d->ninfixes == d->infixes_cap) {
		struct hc_infix *more;

		d->infixes_cap = d->infixes_cap ? d->infixes_cap * 2 : 8;
		more = hc_arena_array(d->arena, struct hc_infix, d->infixes_cap);
		if (d->ninfixes)
			memcpy(more, d->infixes, d->ninfixes * sizeof *more);
		d->infixes = more;
	}
	d->infixes[d->ninfixes++] = (struct hc_infix){ s, 0, branch, NULL };
}

void hc_dispatch_add(struct hc_dispatch *d, const struct hc_predicate *p, uint32_t branch)
{
	static const struct hc_str none;

	for (uint32_t i = 0; i < p->nvalues; i++) {
		struct hc_str s = p->values[i].s;

		if (p->kind == HC_VALUE_INT)
			add(d, KEY_NUMBER, none, p->values[i].u, branch);
		else if (p->op == HC_OP_CONTAINS)
			add_infix(d, s, branch);
		else if (p->op == HC_OP_GLOB || p->op == HC_OP_REGEX)
			add_infix(d, literal_run(s, p->op == HC_OP_REGEX), branch);
		else
			add(d, p->op == HC_OP_STARTSWITH ? KEY_PREFIX : p->op == HC_OP_ENDSWITH ? KEY_SUFFIX : KEY_WHOLE, s, 0,
			    branch);
	}
}

static uint32_t gram_at(const char *p)
{
	uint32_t gram;

	memcpy(&gram, p, GRAM);
	return gram;
}

static uint32_t gram_bit(uint32_t gram)
{
	return gram * 2654435761u >> (32 - GRAM_BITS);
}

void hc_dispatch_seal(struct hc_dispatch *d)
{
	HC_FREE uint32_t *uses = NULL;

	if (!d->ninfixes)
		return;
	uses = hc_calloc(1u << GRAM_BITS, sizeof *uses);
	d->grams = hc_arena_array(d->arena, uint64_t, (1u << GRAM_BITS) / 64);
	for (uint32_t i = 0; i < d->ninfixes; i++)
		for (uint32_t k = 0; k + GRAM <= d->infixes[i].s.len; k++)
			uses[gram_bit(gram_at(d->infixes[i].s.p + k))]++;
	for (uint32_t i = 0; i < d->ninfixes; i++) {
		struct hc_infix *x = &d->infixes[i];
		struct hc_dispatch_entry *e;
		uint32_t gram;

		for (uint32_t k = 1; k + GRAM <= x->s.len; k++)
			if (uses[gram_bit(gram_at(x->s.p + k))] < uses[gram_bit(gram_at(x->s.p + x->at))])
				x->at = k;
		gram = gram_at(x->s.p + x->at);
		d->grams[gram_bit(gram) / 64] |= 1ull << (gram_bit(gram) % 64);
		e = entry_of(d, KEY_GRAM, (struct hc_str){ 0 }, gram);
		x->next = e->infixes;
		e->infixes = x;
	}
}

static uint32_t hit(struct hc_dispatch *d, uint32_t branch, uint32_t n)
{
	if (!(d->hit[branch / 64] >> (branch % 64) & 1)) {
		d->hit[branch / 64] |= 1ull << (branch % 64);
		d->hits[n++] = branch;
	}
	return n;
}

static uint32_t take(struct hc_dispatch *d, const struct hc_dispatch_entry *e, uint32_t n)
{
	for (uint32_t i = 0; e && i < e->n; i++)
		n = hit(d, e->branches[i], n);
	return n;
}

static uint32_t find_infixes(struct hc_dispatch *d, struct hc_str s, uint32_t n)
{
	for (uint32_t i = 0; i + GRAM <= s.len; i++) {
		uint32_t gram = gram_at(s.p + i), bit = gram_bit(gram);
		const struct hc_dispatch_entry *e;

		if (!(d->grams[bit / 64] >> (bit % 64) & 1))
			continue;
		e = find(d, KEY_GRAM, (struct hc_str){ 0 }, gram);
		for (const struct hc_infix *x = e ? e->infixes : NULL; x; x = x->next)
			if (i >= x->at && s.len - (i - x->at) >= x->s.len && !memcmp(s.p + i - x->at, x->s.p, x->s.len))
				n = hit(d, x->branch, n);
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
		if (d->grams)
			n = find_infixes(d, s, n);
	}
	for (uint32_t i = 0; i < n; i++)
		d->hit[d->hits[i] / 64] &= ~(1ull << (d->hits[i] % 64));
	return n;
}
