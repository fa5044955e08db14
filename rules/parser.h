/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition text to tree (rules-language.md 4). Macro references stay HC_AST_MACRO nodes; fields and types are not
 * looked at. Error texts are Falco's.
 */
#pragma once

#include "common/arena.h"
#include "common/diag.h"
#include "rules/ast.h"

/* Levels of nesting a condition may have; a pair of parentheses costs five (rules-language.md 4). */
enum { HC_PARSE_DEPTH_MAX = 1000 };

/* Parses text (len bytes, followed by a NUL). The tree lives in arena and borrows nothing from text. 0, or -EINVAL with
 * diag's text, off (from 0), line and column (from 1) in text. */
int hc_condition_parse(struct hc_arena *arena, const char *text, size_t len, struct hc_ast **ret_ast,
		       struct hc_diag *reterr_diag);
