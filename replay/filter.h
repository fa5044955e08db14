/* SPDX-License-Identifier: Apache-2.0
 *
 * A condition from the command line as a plan of one rule: the filter language of `hindcast events`.
 */
#pragma once

#include "rules/check.h"
#include "rules/evtset.h"
#include "rules/plan.h"

/* Words as one condition, in the checker's arena; NULL if there are none. */
char *hc_filter_join(struct hc_checker *checker, int n, char **words);
/* Prints the newest note of the checker as "COMMAND: WHAT: ..." with a caret under the text to stderr. */
void hc_filter_complain(const char *command, const struct hc_checker *checker, const char *what, const char *text);
/* NULL if it does not compile (the reason is on stderr as "COMMAND: filter: ..."); else to be freed with hc_plan_free. Events
 * outside *ret_events cannot match. text must live as long as the plan. */
struct hc_plan *hc_filter_compile(const char *command, struct hc_checker *checker, const char *text,
				  struct hc_evset *ret_events);
