/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules at work: a loaded rule set as a plan, its outputs ready to be filled in, and counts of what matched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/diag.h"
#include "replay/config.h"
#include "replay/eval.h"
#include "replay/inside.h"
#include "replay/sink.h"
#include "rules/evtset.h"

struct hc_collect;
struct hc_replay;

struct hc_replay_options {
	const struct hc_config *config; /* borrowed for the life of the replay */
	const char *const *paths;       /* rules files and directories */
	size_t npaths;
	const struct hc_rules_text *texts; /* instead of paths: rules from inside a bundle; copied */
	size_t ntexts;
	const struct hc_rule_switch *switches;
	uint32_t nswitches;
	const char *extra_output; /* appended to every rule's output; NULL: nothing */
	bool naive;
	bool live; /* alerts as hc_alert_options.live has them */
};

enum hc_replay_outcome { HC_REPLAY_INVALID = 1 /* rules have errors, which were printed to stderr */ };

/* 0, HC_REPLAY_INVALID, or negative errno with diag. *ret is to be freed. */
int hc_replay_new(struct hc_replay **ret, const struct hc_replay_options *options, struct hc_diag *reterr_diag);
struct hc_replay *hc_replay_free(struct hc_replay *replay);

/* The event codes any rule looks at; borrowed. */
const struct hc_evset *hc_replay_wanted(const struct hc_replay *replay);
/* Before each capture: its name if alerts are to tell it, and where they go. Both borrowed. */
void hc_replay_capture(struct hc_replay *replay, const char *name, struct hc_sinks *sinks);
/* Instead: alerts go there as values; borrowed. hc_collect_run (replay/collect.h) calls it. */
void hc_replay_collect(struct hc_replay *replay, struct hc_collect *collect);
/* hc_run_fn: evaluates all rules for the event and writes or collects the alerts. */
bool hc_replay_event(void *ctx, struct hc_eval *eval);

uint64_t hc_replay_alerts(const struct hc_replay *replay);
const struct hc_ruleset *hc_replay_rules(const struct hc_replay *replay);
/* Falco's closing statistics (rules-language.md 8.7). */
void hc_replay_statistics(const struct hc_replay *replay, FILE *out);
