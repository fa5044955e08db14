/* SPDX-License-Identifier: Apache-2.0
 *
 * A trie of path components. A node whose `ends` is set stops a pattern there, so everything below it is redundant and
 * is not stored (rules-language.md 5.7).
 */
#include "rules/pmatch.h"

#include "rules/glob.h"

struct node {
	struct hc_str name;     /* the component, empty for the root */
	bool ends;              /* a pattern ends here: every path that came this far matches */
	struct node *literals;  /* children without * ? [ */
	struct node *globs;     /* children with */
	struct node *next;      /* sibling */
};

struct hc_pmatch {
	struct node root;
	bool any; /* at least one pattern */
};

/* The component at or after *at, which moves behind it; empty at the end. Slashes of any number separate. */
static struct hc_str component(struct hc_str path, uint32_t *at)
{
	uint32_t from;

	while (*at < path.len && path.p[*at] == '/')
		++*at;
	from = *at;
	while (*at < path.len && path.p[*at] != '/')
		++*at;
	return (struct hc_str){ path.p + from, *at - from };
}

static struct node *child(struct hc_arena *arena, struct node *parent, struct hc_str name)
{
	struct node **list = hc_glob_is_magic(name) ? &parent->globs : &parent->literals, *n;

	for (; (n = *list); list = &n->next)
		if (hc_str_eq(n->name, name))
			return n;
	n = hc_arena_new(arena, struct node);
	n->name = (struct hc_str){ hc_arena_dupn(arena, name.p, name.len), name.len };
	return *list = n;
}

struct hc_pmatch *hc_pmatch_new(struct hc_arena *arena, const struct hc_str *patterns, uint32_t n)
{
	struct hc_pmatch *set = hc_arena_new(arena, struct hc_pmatch);

	for (uint32_t i = 0; i < n; i++) {
		struct node *at = &set->root;
		uint32_t off = 0;

		set->any = true;
		for (struct hc_str c; !at->ends && (c = component(patterns[i], &off)).len;)
			at = child(arena, at, c);
		at->ends = true;
		at->literals = at->globs = NULL;
	}
	return set;
}

static bool match(const struct node *at, struct hc_str path, uint32_t off)
{
	struct hc_str c;

	if (at->ends)
		return true;
	c = component(path, &off);
	if (!c.len)
		return false;
	for (const struct node *n = at->literals; n; n = n->next)
		if (hc_str_eq(n->name, c)) {
			if (match(n, path, off))
				return true;
			break;
		}
	/* (Q) The position moves on with every glob that matched and led nowhere: the next sibling is tried on the next
	 * component. */
	for (const struct node *n = at->globs; n; n = n->next) {
		if (!hc_glob_match(n->name, c, false))
			continue;
		if (match(n, path, off))
			return true;
		c = component(path, &off);
		if (!c.len)
			return false;
	}
	return false;
}

bool hc_pmatch(const struct hc_pmatch *set, struct hc_str path)
{
	return set->any && match(&set->root, path, 0);
}
