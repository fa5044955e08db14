/* SPDX-License-Identifier: Apache-2.0
 *
 * Many string comparisons of one field joined by `or`, answered in one go: sets of whole values, prefixes, suffixes and
 * substrings. Rules are full of such runs (ruleset-profile.md 4). Inside the rules layer only.
 */
#pragma once

#include <stdbool.h>

#include "common/arena.h"
#include "rules/predicate.h"

struct hc_patterns;

/* Is it one of the comparisons that can be joined with others of the same field? */
bool hc_patterns_can(const struct hc_predicate *p);

/* predicates: all can be joined, of one field. Lives in arena; literals are borrowed from the predicates. */
struct hc_patterns *hc_patterns_new(struct hc_arena *arena, const struct hc_predicate *const *predicates, uint32_t n);

/* Is one of the comparisons true for the value (a string that ends before any NUL, or a list of candidates)? */
bool hc_patterns_match(const struct hc_patterns *patterns, const struct hc_value *value);
