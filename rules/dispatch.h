/* SPDX-License-Identifier: Apache-2.0
 *
 * Many rules that each want another value of one field are not tried one by one: the value itself leads to those it can
 * satisfy. One table per field and program, for `=`, `in`, `startswith`, `endswith`, `contains`, and for the literal part
 * of `glob` and `regex`. Inside the rules layer only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "rules/predicate.h"

struct hc_branch {
	uint32_t begin, end; /* steps of the program */
};

struct hc_dispatch {
	const struct hc_expr *field; /* a bare one */
	struct hc_arena *arena;
	struct hc_dispatch_entry **buckets;
	uint32_t nbuckets, nentries;
	uint64_t lens[2];       /* bit len: some prefix, some suffix has that length */
	struct hc_infix *infixes;
	uint32_t ninfixes, infixes_cap;
	uint64_t *grams;        /* bit by hash of four bytes: some infix is found by them; NULL: no infixes */
	struct hc_branch *branches;
	uint32_t nbranches;
	uint64_t *hit;          /* bit by branch: among hits; all zero between look-ups */
	uint32_t *hits;
};

/* Can the field's value lead to this comparison? NEEDED: it leads to it only if the comparison can hold, which is then
 * still to be tested. */
enum hc_dispatch_use { HC_DISPATCH_NO, HC_DISPATCH_EXACT, HC_DISPATCH_NEEDED };
enum hc_dispatch_use hc_dispatch_can(const struct hc_predicate *p);

/* A table in arena with room for nbranches branches. */
struct hc_dispatch *hc_dispatch_new(struct hc_arena *arena, const struct hc_expr *field, uint32_t nbranches);
/* Values that satisfy p lead to branch. */
void hc_dispatch_add(struct hc_dispatch *d, const struct hc_predicate *p, uint32_t branch);
/* After the last add, before the first find. */
void hc_dispatch_seal(struct hc_dispatch *d);

/* The branches the value leads to, each once, in d->hits until the next call. Returns how many. Strings end before any NUL. */
uint32_t hc_dispatch_find(struct hc_dispatch *d, const struct hc_value *value);
