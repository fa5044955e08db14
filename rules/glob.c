/* SPDX-License-Identifier: Apache-2.0
 *
 * The matcher of rules/glob.h. Only the last `*` met is ever retried, which is enough: a later star can always give
 * back what an earlier one could.
 */
#include "rules/glob.h"

#include <ctype.h>

static unsigned char lower(unsigned char c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? c | 32 : c;
}

static bool in_class(const char *name, size_t len, unsigned char c)
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = {
		{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl }, { "digit", isdigit },
		{ "graph", isgraph }, { "lower", islower }, { "print", isprint }, { "punct", ispunct }, { "space", isspace },
		{ "upper", isupper }, { "xdigit", isxdigit },
	};

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strlen(classes[i].name) == len && !memcmp(classes[i].name, name, len))
			return c < 128 && classes[i].is(c);
	return false;
}

/* What libc makes of brackets that are not closed: `[` is an ordinary character, unless the end comes where a range or an
 * escape wants one more; then nothing matches. */
enum { NOT_CLOSED = 0, BROKEN = UINT32_MAX };

/* One bracket expression at p[at] == '['. Returns the place behind its `]`, or one of the above. */
static uint32_t bracket(struct hc_str p, uint32_t at, unsigned char c, bool fold, bool *ret_in)
{
	uint32_t i = at + 1;
	bool negated = i < p.len && (p.p[i] == '!' || p.p[i] == '^'), in = false, first = true;

	for (i += negated; i < p.len; first = false) {
		unsigned char lo = (unsigned char)p.p[i], hi;

		if (lo == ']' && !first) {
			*ret_in = in != negated;
			return i + 1;
		}
		if (lo == '[' && i + 1 < p.len && p.p[i + 1] == ':') {
			uint32_t end = i + 2;

			while (end + 1 < p.len && p.p[end] >= 'a' && p.p[end] <= 'z')
				end++;
			if (end + 1 < p.len && p.p[end] == ':' && p.p[end + 1] == ']') {
				const char *name = p.p + i + 2;

				/* [:upper:] under folding takes both cases, like libc's */
				in |= in_class(name, end - i - 2, c) ||
				      (fold && (in_class(name, end - i - 2, (unsigned char)tolower(c)) ||
						in_class(name, end - i - 2, (unsigned char)toupper(c))));
				i = end + 2;
				continue;
			}
		}
		if (lo == '\\') {
			if (i + 1 >= p.len)
				return BROKEN;
			lo = (unsigned char)p.p[++i];
		}
		i++;
		hi = lo;
		/* once something matched, libc only looks for the end */
		if (!in && i < p.len && p.p[i] == '-' && !(i + 1 < p.len && p.p[i + 1] == ']')) {
			i++;
			if (i < p.len && p.p[i] == '\\')
				i++;
			if (i >= p.len)
				return BROKEN;
			hi = (unsigned char)p.p[i++];
		}
		in |= lower(lo, fold) <= lower(c, fold) && lower(c, fold) <= lower(hi, fold);
	}
	return NOT_CLOSED;
}

/* Matches one pattern element against c; returns the place behind the element, 0 if it does not match. */
static uint32_t one(struct hc_str p, uint32_t at, unsigned char c, bool fold)
{
	unsigned char m = (unsigned char)p.p[at];
	uint32_t next;
	bool in;

	if (m == '?')
		return at + 1;
	if (m == '[' && (next = bracket(p, at, c, fold, &in)))
		return next != BROKEN && in ? next : 0;
	if (m == '\\') {
		/* a lone backslash at the end matches nothing */
		if (at + 1 >= p.len)
			return 0;
		m = (unsigned char)p.p[++at];
	}
	return lower(m, fold) == lower(c, fold) ? at + 1 : 0;
}

bool hc_glob_match(struct hc_str p, struct hc_str s, bool fold)
{
	uint32_t pi = 0, si = 0, star = 0, star_si = 0;
	bool starred = false;

	while (si < s.len) {
		uint32_t next;

		if (pi < p.len && p.p[pi] == '*') {
			starred = true;
			star = ++pi;
			star_si = si;
		} else if (pi < p.len && (next = one(p, pi, (unsigned char)s.p[si], fold))) {
			pi = next;
			si++;
		} else if (starred) {
			pi = star;
			si = ++star_si;
		} else {
			return false;
		}
	}
	while (pi < p.len && p.p[pi] == '*')
		pi++;
	return pi == p.len;
}

bool hc_glob_is_magic(struct hc_str p)
{
	for (uint32_t i = 0; i < p.len; i++)
		if (p.p[i] == '*' || p.p[i] == '?' || p.p[i] == '[')
			return true;
	return false;
}
