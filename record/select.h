/* SPDX-License-Identifier: Apache-2.0
 *
 * From rule files and options to the set of system calls the kernel is asked for. Loading and the algebra are rules/'s;
 * here they are put together, for the start, for --dry-run and for every reload.
 */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/diag.h"
#include "rules/ruleset.h"
#include "rules/selection.h"

/* The rules of --trigger: what they need is recorded besides. Loaded once, because the live replay has them for good. */
struct hc_select_trigger {
	struct hc_arena arena;
	struct hc_ruleset *ruleset;
	struct hc_selection_rule *rules;
	uint32_t nrules;
};

struct hc_select_options {
	const char *const *rules; /* files and directories; none: the shipped ruleset */
	size_t nrules;
	const char *config;       /* falco.yaml, or NULL */
	const char *const *settings; /* -o KEY=VALUE */
	size_t nsettings;
	bool all;                 /* -A: keep the high-volume I/O calls too */
	bool everything;          /* --all-syscalls: rules do not matter */
	const struct hc_select_trigger *trigger; /* borrowed; NULL: none */
	const char *state_set;    /* a name that hc_state_set_parse knows; NULL: current */
};

struct hc_select {
	struct hc_arena arena;
	struct hc_ruleset *ruleset; /* NULL with options.everything */
	struct hc_selection selection;
	char **files;               /* rule files and directories that were used; in the arena */
	size_t nfiles;
	size_t nrules;              /* enabled rules */
	struct timespec read_at;    /* wall clock when reading them began */
};

enum hc_select_outcome { HC_SELECT_INVALID = 1 };

/* 0; HC_SELECT_INVALID: the rules have errors, which were reported to stderr; or negative errno and diag, which is -ENODATA
 * if no rule takes part. priority: only rules at least that urgent; NULL: all. */
int hc_select_trigger_load(struct hc_select_trigger **ret, const char *const *paths, size_t npaths, const char *priority,
			   struct hc_diag *reterr_diag);
struct hc_select_trigger *hc_select_trigger_free(struct hc_select_trigger *trigger);
HC_DEFINE_CLEANUP(struct hc_select_trigger *, hc_select_trigger_free);

/* 0; HC_SELECT_INVALID: the rules have errors, which were reported to stderr; or negative errno and diag. */
int hc_select_make(struct hc_select **ret, const struct hc_select_options *options, struct hc_diag *reterr_diag);
struct hc_select *hc_select_free(struct hc_select *select);
HC_DEFINE_CLEANUP(struct hc_select *, hc_select_free);

/* What of the selection is not as its options want it, to stderr: names no call has, and calls that rules match in vain. */
void hc_select_warn(const struct hc_select *select);
/* The lines of selection.md 5: results to stdout, the two warnings about what cannot be had to stderr. */
void hc_select_print(const struct hc_select *select);
