/* SPDX-License-Identifier: Apache-2.0
 *
 * A second look at captures for rules of which alerts are missing: why they did not alert.
 */
#pragma once

#include "common/arena.h"
#include "common/strmap.h"
#include "replay/run.h"
#include "rules/ruleset.h"
#include "samples/test-file.h"

enum {
	HC_TEST_WHY_RULES_MAX = 64, /* explained in one look; for the rest nothing is said */
	HC_TEST_WHY_LINES_MAX = 3,  /* for each */
};

/* missing: rule names to the expectation (struct hc_test_expect) that was not met: events whose fields are as it wants them are
 * what the rule should have alerted about, and go first. Puts names to texts, lines that begin with "       = ", into ret_whys;
 * texts live in arena. run: as it was for the first look (command, window ...); the inputs' sources are taken. */
void hc_test_why(const struct hc_strmap *missing, const struct hc_ruleset *rules, const struct hc_run *run,
		 struct hc_run_input *inputs, size_t ninputs, struct hc_strmap *ret_whys, struct hc_arena *arena);
