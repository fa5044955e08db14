/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators mean (rules-language.md 5), for one candidate value against literals or against another field's value;
 * then for fields with several candidates and for lists. Absent values never get here: they make everything false.
 */
#include "rules/predicate.h"

#include "rules/glob.h"

static int compare_bytes(struct hc_str a, struct hc_str b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* Short literals: from one occurrence of their rarest byte to the next. libc's memmem takes longer to get ready than most
 * values take to search, but its time is linear whatever the literal. */
static bool contains(struct hc_str s, struct hc_str part, uint32_t pivot)
{
	const char *p, *end;

	if (!part.len || s.len < part.len)
		return !part.len;
	if (part.len > 24)
		return memmem(s.p, s.len, part.p, part.len);
	p = s.p + pivot;
	end = s.p + s.len - (part.len - pivot - 1);
	while ((p = memchr(p, part.p[pivot], (size_t)(end - p)))) {
		if (!memcmp(p - pivot, part.p, part.len))
			return true;
		p++;
	}
	return false;
}

static unsigned char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 32) : (unsigned char)c;
}

static bool same_folded(const char *a, const char *b, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (fold(a[i]) != fold(b[i]))
			return false;
	return true;
}

/* Values may be whole environments, so the search jumps from one occurrence of a telling byte to the next: one that has no
 * case if there is one, else the first, in both cases. */
static bool icontains(struct hc_str s, struct hc_str part)
{
	const char *end = s.p + s.len, *low, *up;
	uint32_t pivot = 0;

	if (!part.len || s.len < part.len)
		return !part.len;
	for (uint32_t i = 0; i < part.len; i++)
		if (!((unsigned char)((part.p[i] | 32) - 'a') < 26)) {
			pivot = i;
			break;
		}
	/* hits are places of the pivot; what precedes and follows it must fit */
	s.p += pivot;
	end -= part.len - pivot - 1;
	low = memchr(s.p, fold(part.p[pivot]), (size_t)(end - s.p));
	up = fold(part.p[pivot]) >= 'a' && fold(part.p[pivot]) <= 'z' ?
		     memchr(s.p, fold(part.p[pivot]) & ~32, (size_t)(end - s.p)) : NULL;
	while (low || up) {
		const char **next = !up || (low && low < up) ? &low : &up;
		char c = **next;

		if (same_folded(*next - pivot, part.p, part.len))
			return true;
		*next = memchr(*next + 1, c, (size_t)(end - *next - 1));
	}
	return false;
}

static bool starts(struct hc_str s, struct hc_str part)
{
	return s.len >= part.len && (!part.len || !memcmp(s.p, part.p, part.len));
}

static bool ends(struct hc_str s, struct hc_str part)
{
	return s.len >= part.len && (!part.len || !memcmp(s.p + s.len - part.len, part.p, part.len));
}

static bool order(enum hc_op op, int c)
{
	switch (op) {
	case HC_OP_EQ: return c == 0;
	case HC_OP_NE: return c != 0;
	case HC_OP_LT: return c < 0;
	case HC_OP_LE: return c <= 0;
	case HC_OP_GT: return c > 0;
	case HC_OP_GE: return c >= 0;
	default: return false;
	}
}

static inline bool test_bytes(const struct hc_predicate *p, struct hc_str s, const struct hc_literal_value *l, uint32_t i)
{
	struct hc_str literal = l->s;

	switch (p->op) {
	case HC_OP_EQ: return hc_str_eq(s, literal);
	case HC_OP_NE: return !hc_str_eq(s, literal);
	case HC_OP_CONTAINS: case HC_OP_BCONTAINS: return contains(s, literal, l->pivot);
	case HC_OP_ICONTAINS: return icontains(s, literal);
	case HC_OP_STARTSWITH: case HC_OP_BSTARTSWITH: return starts(s, literal);
	case HC_OP_ENDSWITH: return ends(s, literal);
	case HC_OP_GLOB: return hc_glob_match(literal, s, false);
	case HC_OP_IGLOB: return hc_glob_match(literal, s, true);
	case HC_OP_REGEX: return hc_regex_match(p->regexes[i], s.p ? s.p : "", s.len);
	default: return order(p->op, compare_bytes(s, literal));
	}
}

static int compare_numbers(const struct hc_predicate *p, uint64_t a, uint64_t b)
{
	if (hc_type_is_signed(p->left->type))
		return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
	return (a > b) - (a < b);
}

static int compare_doubles(double a, uint64_t bits)
{
	double b;

	memcpy(&b, &bits, sizeof b);
	return (a > b) - (a < b);
}

static bool test_address(const struct hc_predicate *p, struct hc_str s, const struct hc_literal_value *literal)
{
	bool equal = p->left->type == PT_IPNET ? hc_net_has(literal, s) : hc_str_eq(s, literal->s);

	return p->op == HC_OP_EQ ? equal : p->op == HC_OP_NE && !equal;
}

/* evt.around[T]=D: within D ms of T. The window's ends saturate, they do not wrap. */
static bool around(const struct hc_predicate *p, uint64_t ts, uint64_t ms)
{
	uint64_t t = (uint64_t)p->left->field->index, d, lo, hi;

	if (p->op != HC_OP_EQ)
		return false;
	d = ms > UINT64_MAX / 1000000 ? UINT64_MAX : ms * 1000000;
	lo = t > d ? t - d : 0;
	hi = t > UINT64_MAX - d ? UINT64_MAX : t + d;
	return lo <= ts && ts <= hi;
}

/* The base operator with one literal (or the other field's value); i: which one. */
static inline bool test_literal(const struct hc_predicate *p, const struct hc_value *v, const struct hc_literal_value *literal,
			 uint32_t i)
{
	switch (v->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES:
		return test_bytes(p, v->s, literal, i);
	case HC_VALUE_INT:
		if (p->left->match == HC_MATCH_AROUND)
			return around(p, v->u, literal->u);
		return order(p->op, compare_numbers(p, v->u, literal->u));
	case HC_VALUE_BOOL:
		return order(p->op, compare_numbers(p, v->u, literal->u));
	case HC_VALUE_DOUBLE:
		return order(p->op, compare_doubles(v->d, literal->u));
	case HC_VALUE_IP:
		return test_address(p, v->s, literal);
	default:
		return false;
	}
}

/* Membership of one value in the literals. */
static bool in_literals(const struct hc_predicate *p, const struct hc_value *v)
{
	uint32_t lo = 0, hi = p->nvalues;

	switch (v->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES:
		return hc_strset_has(&p->set, v->s);
	case HC_VALUE_IP:
		if (p->left->type != PT_IPNET)
			return hc_strset_has(&p->set, v->s);
		for (uint32_t i = 0; i < p->nvalues; i++)
			if (hc_net_has(&p->values[i], v->s))
				return true;
		return false;
	case HC_VALUE_DOUBLE:
		for (uint32_t i = 0; i < p->nvalues; i++)
			if (compare_doubles(v->d, p->values[i].u) == 0)
				return true;
		return false;
	case HC_VALUE_INT: case HC_VALUE_BOOL:
		while (lo < hi) {
			uint32_t mid = (lo + hi) / 2;

			if (p->numbers[mid] < v->u)
				lo = mid + 1;
			else
				hi = mid;
		}
		return lo < p->nvalues && p->numbers[lo] == v->u;
	default:
		return false;
	}
}

static struct hc_literal_value as_literal(const struct hc_value *v)
{
	struct hc_literal_value l = { 0 };

	switch (v->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES: case HC_VALUE_IP:
		l.s = v->s;
		break;
	case HC_VALUE_DOUBLE:
		memcpy(&l.u, &v->d, sizeof l.u);
		break;
	case HC_VALUE_INT: case HC_VALUE_BOOL:
		l.u = v->u;
		break;
	case HC_VALUE_LIST:
		break;
	}
	return l;
}

static bool same(const struct hc_value *a, const struct hc_value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES: case HC_VALUE_IP: return hc_str_eq(a->s, b->s);
	case HC_VALUE_DOUBLE: return compare_doubles(a->d, as_literal(b).u) == 0;
	case HC_VALUE_INT: case HC_VALUE_BOOL: return a->u == b->u;
	default: return false;
	}
}

static bool in_value(const struct hc_value *v, const struct hc_value *set)
{
	if (set->kind != HC_VALUE_LIST)
		return same(v, set);
	for (uint32_t i = 0; i < set->nitems; i++)
		if (same(v, &set->items[i]))
			return true;
	return false;
}

/* The whole operator for one candidate: modifiers count literals (5.10). rhs: the right-hand side field's value, or NULL. */
static bool test_candidate(const struct hc_predicate *p, const struct hc_value *v, const struct hc_value *rhs)
{
	struct hc_literal_value other;
	uint32_t hits = 0;

	/* A parameter whose type is another one in this event (fields-semantics.md 3.3). */
	if (v->kind != p->kind)
		return false;
	if (p->op == HC_OP_IN || p->op == HC_OP_INTERSECTS)
		return rhs ? in_value(v, rhs) : in_literals(p, v);
	if (p->op == HC_OP_PMATCH)
		return hc_pmatch(p->paths, v->s);
	if (rhs) {
		if (rhs->kind != v->kind)
			return false;
		other = as_literal(rhs);
		return test_literal(p, v, &other, 0);
	}
	if (p->modifier == HC_MOD_NONE)
		return test_literal(p, v, &p->values[0], 0);
	for (uint32_t i = 0; i < p->nvalues; i++)
		hits += test_literal(p, v, &p->values[i], i);
	switch (p->modifier) {
	case HC_MOD_ANYOF: return hits > 0;
	case HC_MOD_ALLOF: return hits == p->nvalues && hits > 0;
	default: return hits == 1;
	}
}

/* Both ends of a connection (5.5): any end satisfies, but `!=` wants all. Modifiers combine per literal. */
static bool test_ends(const struct hc_predicate *p, const struct hc_value *ends_)
{
	uint32_t hits = 0, n = ends_->nitems;

	if (p->op == HC_OP_INTERSECTS && (p->left->type == PT_IPNET || p->left->type == PT_IPADDR))
		return false;
	if (p->modifier == HC_MOD_NONE) {
		for (uint32_t i = 0; i < n; i++)
			hits += test_candidate(p, &ends_->items[i], NULL);
		return p->op == HC_OP_NE ? hits == n && n > 0 : hits > 0;
	}
	for (uint32_t k = 0; k < p->nvalues; k++) {
		uint32_t here = 0;

		for (uint32_t i = 0; i < n; i++)
			here += ends_->items[i].kind == p->kind && test_literal(p, &ends_->items[i], &p->values[k], k);
		hits += p->op == HC_OP_NE ? here == n && n > 0 : here > 0;
	}
	return p->modifier == HC_MOD_ANYOF ? hits > 0 : p->modifier == HC_MOD_ALLOF ? hits == p->nvalues && hits : hits == 1;
}

/* Names never resolve, so every literal differs from them (5.5, offline). */
static bool test_unresolved(const struct hc_predicate *p, bool has_role)
{
	uint32_t hits = has_role ? p->nvalues : 0;

	if (p->op != HC_OP_NE)
		return false;
	return p->modifier == HC_MOD_ONEOF ? hits == 1 : hits > 0;
}

static bool test_any(const struct hc_predicate *p, const struct hc_value *candidates)
{
	for (uint32_t i = 0; i < candidates->nitems; i++)
		if (test_candidate(p, &candidates->items[i], NULL))
			return true;
	return false;
}

static bool test_list(const struct hc_predicate *p, const struct hc_value *list, const struct hc_value *rhs)
{
	uint32_t hits = 0;

	for (uint32_t i = 0; i < list->nitems; i++)
		hits += test_candidate(p, &list->items[i], rhs);
	return p->op == HC_OP_IN ? hits == list->nitems : hits > 0;
}

bool hc_predicate_test(const struct hc_predicate *p, const struct hc_expr_ctx *cx, const struct hc_value *left)
{
	bool list = left->kind == HC_VALUE_LIST;
	struct hc_value rhs;

	/* most of them */
	if (p->plain)
		return left->kind == p->kind && (p->op == HC_OP_IN ? in_literals(p, left) : test_literal(p, left, p->values, 0));
	if (p->op == HC_OP_EXISTS)
		return p->left->match != HC_MATCH_ANY || !list || left->nitems;
	if (p->never)
		return false;
	if (p->right && !hc_expr_eval(p->right, cx, false, &rhs))
		return false;
	switch (p->left->match) {
	case HC_MATCH_ANY:
		return list ? test_any(p, left) : test_candidate(p, left, NULL);
	case HC_MATCH_BOTH_ENDS:
		return list && test_ends(p, left);
	case HC_MATCH_UNRESOLVED:
		return left->kind == HC_VALUE_BOOL && test_unresolved(p, left->u);
	default:
		if (p->left->is_list)
			return list && test_list(p, left, p->right ? &rhs : NULL);
		return test_candidate(p, left, p->right ? &rhs : NULL);
	}
}

bool hc_predicate_eval(const struct hc_predicate *p, const struct hc_expr_ctx *cx)
{
	struct hc_value left;

	return hc_expr_eval(p->left, cx, false, &left) && hc_predicate_test(p, cx, &left);
}

/* The predicate with its i-th literal alone; `in` and modifiers come down to the base operator then. */
static struct hc_predicate with_literal(const struct hc_predicate *p, struct hc_arena *scratch, uint32_t i)
{
	struct hc_predicate one = *p;

	one.modifier = HC_MOD_NONE;
	one.values = &p->values[i];
	one.nvalues = 1;
	if (p->op == HC_OP_IN || p->op == HC_OP_INTERSECTS)
		one.op = HC_OP_EQ;
	if (p->op == HC_OP_PMATCH)
		one.paths = hc_pmatch_new(scratch, &p->values[i].s, 1);
	if (p->op == HC_OP_REGEX)
		one.regexes = &p->regexes[i];
	return one;
}

bool hc_predicate_match(const struct hc_predicate *p, struct hc_arena *scratch, const struct hc_value *left,
			uint32_t *ret_value, uint32_t *ret_literal)
{
	bool list = left->kind == HC_VALUE_LIST;
	const struct hc_value *values = list ? left->items : left;

	if (p->never || p->right || p->left->match == HC_MATCH_UNRESOLVED)
		return false;
	for (uint32_t i = 0; i < p->nvalues; i++) {
		struct hc_predicate one = with_literal(p, scratch, i);

		for (uint32_t k = 0; k < (list ? left->nitems : 1); k++)
			if (test_candidate(&one, &values[k], NULL)) {
				*ret_value = k;
				*ret_literal = i;
				return true;
			}
	}
	return false;
}
