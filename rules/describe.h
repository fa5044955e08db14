/* SPDX-License-Identifier: Apache-2.0
 *
 * What a rule set is made of, for people and programs: which fields, macros and lists a condition uses, and Falco's
 * description document (rules-language.md 9.6).
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "rules/ruleset.h"

/* Sorted names, each once; in the arena they were made in. */
struct hc_names {
	const char **names;
	uint32_t n;
};

/* Fields of a tree as written ("proc.aname[2]"), transformers' insides too. */
struct hc_names hc_describe_fields(const struct hc_ast *ast, struct hc_arena *arena);
/* Names of the events and calls a rule can match; not more than the reader wants if it is all of them: then none. */
struct hc_names hc_describe_events(const struct hc_ast *ast, struct hc_arena *arena, bool *ret_all);

/* {"rules": [...], "macros": [...], "lists": [...], ...}, one line. */
void hc_describe_json(struct hc_buf *out, const struct hc_ruleset *ruleset);
