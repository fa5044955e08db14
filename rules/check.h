/* SPDX-License-Identifier: Apache-2.0
 *
 * The type checker: takes an expanded condition, resolves its fields, checks operators against types after transformers,
 * turns literals into values (rules-language.md 5, 6, 9.3), and leaves a predicate at every comparison. It prints
 * nothing: what there is to say comes back as notes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "rules/ast.h"
#include "rules/field.h"
#include "rules/predicate.h"

/* One thing to say about a condition or an output. Texts live in the checker. */
struct hc_check_note {
	bool error;       /* else a warning */
	const char *code; /* "LOAD_ERR_COMPILE_CONDITION", "LOAD_COMPILE_CONDITION", "LOAD_DEPRECATED_ITEM", ... */
	const char *text; /* the message, Falco's where it is known */
	const char *hint; /* ours on top: what may have been meant; NULL if nothing comes to mind */
	const char *deprecated_field; /* LOAD_DEPRECATED_ITEM about a field; else NULL */
	struct hc_ast_pos pos; /* where in the condition (or its macro's), or byte offset in an output template */
	uint32_t len;          /* bytes the caret run covers; at least 1 */
	struct hc_ast_pos node; /* where Falco says it is: the syntax node, like the list an item is of; line 0: at pos */
	const struct hc_ast *check; /* the comparison it is about; NULL for an output. Set by hc_checker_note() */
};

/* Owns what checked conditions of one rule set point to: fields, predicates, compiled patterns. */
struct hc_checker {
	struct hc_field_set fields;
	struct hc_arena arena;
	struct hc_predicate **predicates; /* by id */
	struct hc_str *keys;              /* by id: what makes a predicate this one */
	uint32_t npredicates, cap;
	uint32_t *buckets; /* id + 1 */
	uint32_t nbuckets;
	struct hc_regex **regexes; /* to free */
	uint32_t nregexes;
	struct hc_check_note *notes; /* of the last call */
	uint32_t nnotes, notes_cap;
	const struct hc_ast *current; /* the comparison being checked */
};

void hc_checker_init(struct hc_checker *checker);
void hc_checker_done(struct hc_checker *checker);

/* Checks ast (no macros left in it) and sets ->predicate of every comparison, which live as long as the checker and borrow
 * nothing from the tree. Returns 0 or -EINVAL; either way checker->notes[0..nnotes) says what there is to say: deprecated
 * fields, then the error, or if there is none the other warnings. */
int hc_check_condition(struct hc_checker *checker, struct hc_ast *ast);

/* For others that find something to say (output templates): appends a note; text and hint are copied, NULL for none. */
void hc_checker_note(struct hc_checker *checker, const struct hc_check_note *note);
