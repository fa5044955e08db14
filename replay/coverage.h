/* SPDX-License-Identifier: Apache-2.0
 *
 * What a capture's own ledger (common/ledger.h) means for the rules: which could see everything they look at, which only
 * part of it (degraded), which nothing (blind). Captures without a ledger say nothing, and nothing is said about them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/str.h"
#include "rules/evtset.h"
#include "rules/ruleset.h"

struct hc_coverage {
	bool known;              /* some capture had a ledger */
	struct hc_scset ever;    /* system calls recorded at some time */
	struct hc_scset always;  /* ... from the first selection to the end */
	uint64_t lost[HC_SC_COUNT];
	uint64_t unfollowed;     /* processes that should have been recorded and were not */
	uint64_t lost_from_ns, lost_to_ns; /* around all losses; 0: none */
};

/* One ledger event: name and its JSON. Entries of other kinds and broken ones are ignored. */
void hc_coverage_note(struct hc_coverage *coverage, struct hc_str name, struct hc_str json);

/* A line if whole processes are missing, one per rule that is degraded or blind, with the reason, and how many are neither.
 * Nothing without a ledger. */
void hc_coverage_print(const struct hc_coverage *coverage, const struct hc_ruleset *rules, FILE *out);
