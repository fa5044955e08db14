/* SPDX-License-Identifier: Apache-2.0
 *
 * All conditions of a rule set as one plan (architecture.md decision 3): a predicate that fifty rules share exists once,
 * rules are indexed by event type, results that depend on a thread or an fd alone are remembered with it (rules/memo.h).
 * What it answers is what plain evaluation of each condition answers (rules/naive.h); tests hold the two against each
 * other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "rules/ast.h"
#include "rules/evtset.h"
#include "rules/field.h"
#include "rules/memo.h"

struct hc_plan;

struct hc_plan *hc_plan_new(void);
struct hc_plan *hc_plan_free(struct hc_plan *plan);

/* Adds a rule: the next number (0, 1, ...) is its identity and its place in the matching order. ast: expanded, checked
 * by hc_check_condition(); borrowed as long as the plan. events: the event codes it is looked at for (selection.md 2),
 * copied; asynchronous events are added. name: for hc_plan_print, borrowed. */
uint32_t hc_plan_add(struct hc_plan *plan, const char *name, const struct hc_ast *ast, const struct hc_evset *events);
/* After the last rule, before the first event. naive: evaluate one tree at a time, remembering nothing (--plan=naive). */
void hc_plan_seal(struct hc_plan *plan, bool naive);

/* Does any rule look at events of that code? (The asyncevent code has them all.) */
bool hc_plan_wants(const struct hc_plan *plan, uint16_t event_type);

/* A thing results are remembered with; memo NULL: there is none, or now is no time to remember (during events that
 * themselves say what a thread-scoped field is, like container events). epoch: any number but 0; another number than at
 * the last call outdates what was remembered. */
struct hc_plan_subject {
	struct hc_memo *memo;
	uint32_t epoch;
};

struct hc_plan_event {
	uint16_t type; /* enum hc_event_type */
	hc_extract_fn extract;
	void *ctx; /* extract's first argument */
	struct hc_plan_subject thread, lineage, fd; /* HC_SCOPE_THREAD, HC_SCOPE_LINEAGE, HC_SCOPE_FD */
};

/* Matching rules in rule order: all of them, or the first. Returns how many, *ret_rules borrowed until the next call. */
uint32_t hc_plan_eval(struct hc_plan *plan, const struct hc_plan_event *ev, bool all, const uint32_t **ret_rules);

/* The plan for people: after hc_plan_seal, without naive. Names given to hc_plan_add must still be there. */
void hc_plan_print(struct hc_plan *plan, struct hc_buf *out);
