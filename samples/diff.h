/* SPDX-License-Identifier: Apache-2.0
 *
 * Two rule sets over the same captures: which alerts were gained, lost, changed, and why; what would be recorded for each; what
 * each costs. The numbers are the same on every machine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "replay/collect.h"
#include "replay/config.h"
#include "replay/replay.h"
#include "replay/run.h"
#include "rules/evtset.h"

enum { HC_DIFF_WHYS_MAX = 10000 /* alerts explained; the others are told without a reason */ };

/* One of the two rule sets. */
struct hc_diff_side {
	const char **paths; /* rules files and directories */
	size_t npaths;
	struct hc_config config; /* the same for both */
	struct hc_replay *replay;
	struct hc_collect alerts;
	struct hc_run run;
	struct hc_scset syscalls; /* that recording for these rules selects */
	uint64_t lookups;         /* of fields, by all conditions */
	double seconds;           /* of this process's processor time */
};

enum hc_diff_kind { HC_DIFF_LOST, HC_DIFF_GAINED, HC_DIFF_CHANGED, HC_DIFF_KINDS };

/* An alert that is not the same on both sides. */
struct hc_diff_item {
	enum hc_diff_kind kind;
	const struct hc_collected *old, *now; /* NULL: gained, lost */
	const char *why; /* what made the difference; NULL: changed, or not asked */
};

/* What a rule both sides have says differently; the condition with its lists and macros put in. */
enum hc_diff_part { HC_DIFF_CONDITION = 1, HC_DIFF_OUTPUT = 2, HC_DIFF_PRIORITY = 4, HC_DIFF_TAGS = 8 };
struct hc_diff_rule {
	const char *name;
	unsigned parts; /* enum hc_diff_part, ORed */
};

struct hc_diff {
	struct hc_diff_side side[2]; /* old, new */
	const char *const *captures; /* names */
	size_t ncaptures;
	struct hc_diff_item *items;  /* by rule, in the order of the rule sets, then by kind and event */
	size_t nitems;
	uint64_t n[HC_DIFF_KINDS];
	const char **added, **removed; /* rules that only one side has; neither disabled nor too little urgent ones count */
	uint32_t nadded, nremoved;
	struct hc_diff_rule *altered; /* rules at work on both sides that are not the same */
	uint32_t naltered;
	const char *why_selected[HC_SC_COUNT]; /* of calls that one side has and the other has not */
	struct hc_arena arena;
};

/* For both sides: loads the rules at side[].paths with side[].config, then works out selection. 0; HC_REPLAY_INVALID (printed
 * to stderr); or negative errno and diag. diff: to be done in any case. */
int hc_diff_load(struct hc_diff *diff, struct hc_diag *reterr_diag);
/* Replays everything; inputs: three sets, for each side and for explanations, whose sources are taken. command: for messages. */
void hc_diff_run(struct hc_diff *diff, const char *command, struct hc_run_input *inputs[3], size_t ninputs);
void hc_diff_done(struct hc_diff *diff);

static inline const struct hc_collected *hc_diff_alert(const struct hc_diff_item *item)
{
	return item->now ? item->now : item->old;
}

/* samples/diff-select.c: fills in syscalls of both sides and why_selected. */
void hc_diff_select(struct hc_diff *diff);

/* samples/diff-report.c. limit: alerts told one by one for each rule and kind; with_time: the seconds too, which differ from run
 * to run. */
struct hc_diff_report {
	uint64_t limit;
	bool with_time;
};
void hc_diff_text(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to);
void hc_diff_markdown(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to);
void hc_diff_json(const struct hc_diff *diff, const struct hc_diff_report *options, struct hc_buf *to);
